//! The figures as tables, as JSON, and as a chart.

use std::{fs, path::Path};

use anyhow::Result;
use serde_json::{Value, json};

use crate::{chart, common::figures::Figures};

/// One service at some number of callers.
pub(crate) struct Row {
    pub(crate) service: String,
    pub(crate) callers: usize,
    pub(crate) times: Figures,
    /// Runs per second.
    pub(crate) rate: f64,
    /// Processor seconds per run.
    pub(crate) cpu: f64,
    /// The most memory, in bytes.
    pub(crate) memory: u64,
}

/// All about one model.
pub(crate) struct Compared {
    pub(crate) model: String,
    /// Times of decoding the photo.
    pub(crate) decode: Figures,
    /// Times of the engines alone, by their names.
    pub(crate) bare: Vec<(String, Figures)>,
    pub(crate) rows: Vec<Row>,
}

/// Our own services, by engine.
const OURS: [(&str, &str); 2] = [("tract", "/run, tract"), ("ONNX Runtime", "/run, ONNX Runtime")];

impl Compared {
    fn row(&self, service: &str, callers: usize) -> Option<&Row> {
        self.rows.iter().find(|row| row.service == service && row.callers == callers)
    }

    fn most_callers(&self) -> usize {
        self.rows.iter().map(|row| row.callers).max().unwrap_or(1)
    }

    /// The services with the most callers.
    pub(crate) fn busiest(&self) -> impl Iterator<Item = &Row> {
        let most = self.most_callers();
        self.rows.iter().filter(move |row| row.callers == most)
    }

    /// Milliseconds of `/run` at one caller beyond the engine's call and the decoding of the photo.
    fn platform_cost(&self, engine: &str, service: &str) -> Option<f64> {
        let (_, bare) = self.bare.iter().find(|(name, _)| name == engine)?;
        let run = self.row(service, 1)?;
        Some(run.times.quantile(0.5) - bare.quantile(0.5) - self.decode.quantile(0.5))
    }

    /// Runs per second with the most callers, in multiples of the best peer's.
    fn against_peers(&self, service: &str) -> Option<f64> {
        let peers = self.busiest().filter(|row| OURS.iter().all(|(_, our)| row.service != *our));
        let best = peers.map(|row| row.rate).fold(f64::NAN, f64::max);
        Some(self.row(service, self.most_callers())?.rate / best)
    }
}

/// Prints one model's table and what became of the targets.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
pub(crate) fn print(one: &Compared) {
    println!("{}\n{}", table(one), verdicts(one));
}

/// Writes everything into a folder.
pub(crate) fn write(all: &[Compared], cores: usize, into: &Path) -> Result<()> {
    fs::create_dir_all(into)?;
    let chapters = all.iter().map(|one| format!("## {}\n\n{}\n{}\n", one.model, table(one), verdicts(one)));
    fs::write(into.join("results.md"), chapters.collect::<Vec<_>>().join("\n"))?;
    let json = json!({ "cores": cores, "models": all.iter().map(values).collect::<Vec<_>>() });
    fs::write(into.join("results.json"), serde_json::to_string_pretty(&json)?)?;
    chart::draw(all, &into.join("results.svg"))
}

fn table(one: &Compared) -> String {
    let head = "| | callers | runs/s | p50 ms | p99 ms | CPU ms per run | peak MiB |\n|---|--:|--:|--:|--:|--:|--:|\n";
    let alone = one.bare.iter().map(|(name, figures)| (format!("bare {name}"), figures));
    let alone = alone.chain([("decoding the photo".to_owned(), &one.decode)]).map(|(name, figures)| {
        let (p50, p99) = (figures.quantile(0.5), figures.quantile(0.99));
        format!("| {name} | 1 | {:.1} | {p50:.2} | {p99:.2} | | |\n", 1e3 / figures.mean())
    });
    let services = one.rows.iter().map(|row| {
        let (p50, p99) = (row.times.quantile(0.5), row.times.quantile(0.99));
        let (cpu, memory) = (row.cpu * 1e3, row.memory >> 20);
        let Row { service, callers, rate, .. } = row;
        format!("| {service} | {callers} | {rate:.1} | {p50:.2} | {p99:.2} | {cpu:.1} | {memory} |\n")
    });
    std::iter::once(head.to_owned()).chain(alone).chain(services).collect()
}

fn verdicts(one: &Compared) -> String {
    let word = |met: bool| if met { "met" } else { "missed" };
    let lines = OURS.iter().flat_map(|&(engine, service)| {
        let wanted = if engine == "tract" { 1.0 } else { 2.0 };
        let cost = one.platform_cost(engine, service).map(|cost| {
            format!("- {service}: {cost:.2} ms beyond the bare engine and decoding (target 2: {})\n", word(cost <= 2.0))
        });
        let times = one.against_peers(service).map(|times| {
            format!(
                "- {service}: {times:.2} times the best peer's runs per second (target {wanted}: {})\n",
                word(times >= wanted)
            )
        });
        cost.into_iter().chain(times)
    });
    lines.collect()
}

fn values(one: &Compared) -> Value {
    let quantiles = |figures: &Figures| json!({ "p50_ms": figures.quantile(0.5), "p99_ms": figures.quantile(0.99) });
    let rows = one.rows.iter().map(|row| {
        json!({
            "service": row.service,
            "callers": row.callers,
            "runs_per_second": row.rate,
            "times": quantiles(&row.times),
            "cpu_seconds_per_run": row.cpu,
            "peak_bytes": row.memory
        })
    });
    let bare: serde_json::Map<_, _> =
        one.bare.iter().map(|(name, figures)| (name.clone(), quantiles(figures))).collect();
    json!({
        "model": one.model,
        "decode": quantiles(&one.decode),
        "bare": bare,
        "rows": rows.collect::<Vec<_>>()
    })
}
