//! Whether this runner can do its work.

use std::{io::Write, sync::atomic::Ordering};

use serde_json::{Map, Value, json};

use super::Supervisor;

impl Supervisor {
    /// What `/health/ready` answers, and whether it is good. Looked up anew each time: what was good once may be broken.
    pub(super) async fn readiness(&self) -> (bool, Value) {
        if self.stopping.load(Ordering::Acquire) {
            return (false, json!({"status": "stopping", "engine": self.config.engine}));
        }
        let packages = self.packages.clone();
        let data = tokio::task::spawn_blocking(move || {
            let folder = packages.incoming()?;
            std::fs::File::create_new(folder.path().join("probe"))?.write_all(b"probe")
        });
        let data = match data.await {
            Ok(Ok(())) => None,
            // The path is nobody's business.
            Ok(Err(error)) => Some(format!("the data folder cannot be written: {}", error.kind())),
            Err(error) => Some(error.to_string()),
        };
        let checks = [("cell", self.cell_fault()), ("data", data), ("worker", self.fleet.start_fault())];
        let ready = checks.iter().all(|(_, fault)| fault.is_none());
        let checks: Map<_, _> = checks
            .into_iter()
            .map(|(name, fault)| (name.to_owned(), Value::String(fault.unwrap_or_else(|| "ok".to_owned()))))
            .collect();
        let status = if ready { "ready" } else { "unready" };
        let cell = self.cell.checked.then_some(&self.cell.entered);
        (ready, json!({"status": status, "engine": self.config.engine, "checks": checks, "cell": cell}))
    }

    /// What the operator has accepted is no fault.
    fn cell_fault(&self) -> Option<String> {
        let missing = &self.cell.entered.missing;
        (self.config.cell.required && !missing.is_empty()).then(|| missing.join("; "))
    }
}
