//! What NVIDIA's management library tells of the GPUs, for `/metrics`.

use std::{collections::BTreeMap, fs, process, sync::OnceLock};

use nvml_wrapper::{
    Nvml,
    enum_wrappers::device::{Clock, TemperatureSensor},
    enums::device::UsedGpuMemory,
};
use vision_runner::engine::DeviceFact;

/// What one GPU says of itself; what it does not tell is left out.
#[derive(Clone, Debug, Default)]
struct Reading {
    index: u32,
    uuid: String,
    name: String,
    /// Percent of the last moments in which it computed.
    busy_percent: Option<u32>,
    memory_used_bytes: Option<u64>,
    memory_total_bytes: Option<u64>,
    celsius: Option<u32>,
    milliwatts: Option<u32>,
    sm_megahertz: Option<u32>,
    /// Bytes by the number of the process that holds them.
    processes: BTreeMap<u32, u64>,
}

/// The facts of all GPUs. None where there is no driver.
pub(crate) fn read() -> Vec<DeviceFact> {
    static NVML: OnceLock<Option<Nvml>> = OnceLock::new();
    let Some(nvml) = NVML.get_or_init(|| Nvml::init().ok()) else { return Vec::new() };
    let count = nvml.device_count().unwrap_or(0);
    (0..count).filter_map(|index| reading(nvml, index)).flat_map(|reading| facts(&reading, is_ours)).collect()
}

fn reading(nvml: &Nvml, index: u32) -> Option<Reading> {
    let device = nvml.device_by_index(index).ok()?;
    let memory = device.memory_info().ok();
    let processes = device.running_compute_processes().unwrap_or_default();
    Some(Reading {
        index,
        uuid: device.uuid().unwrap_or_default(),
        name: device.name().unwrap_or_default(),
        busy_percent: device.utilization_rates().ok().map(|rates| rates.gpu),
        memory_used_bytes: memory.as_ref().map(|memory| memory.used),
        memory_total_bytes: memory.as_ref().map(|memory| memory.total),
        celsius: device.temperature(TemperatureSensor::Gpu).ok(),
        milliwatts: device.power_usage().ok(),
        sm_megahertz: device.clock_info(Clock::SM).ok(),
        processes: processes
            .into_iter()
            .filter_map(|process| match process.used_gpu_memory {
                UsedGpuMemory::Used(bytes) => Some((process.pid, bytes)),
                UsedGpuMemory::Unavailable => None,
            })
            .collect(),
    })
}

/// Base units, as Prometheus has it. Of the processes only those that are ours: others' are nobody's business here.
fn facts(reading: &Reading, is_ours: impl Fn(u32) -> bool) -> Vec<DeviceFact> {
    let labels =
        vec![("device", reading.index.to_string()), ("name", reading.name.clone()), ("uuid", reading.uuid.clone())];
    let fact = |name, value: Option<f64>| Some(DeviceFact { name, labels: labels.clone(), value: value? });
    let whole = [
        fact("vision_gpu_utilization_ratio", reading.busy_percent.map(|percent| f64::from(percent) / 100.0)),
        fact("vision_gpu_memory_used_bytes", reading.memory_used_bytes.map(|bytes| bytes as f64)),
        fact("vision_gpu_memory_total_bytes", reading.memory_total_bytes.map(|bytes| bytes as f64)),
        fact("vision_gpu_temperature_celsius", reading.celsius.map(f64::from)),
        fact("vision_gpu_power_watts", reading.milliwatts.map(|milliwatts| f64::from(milliwatts) / 1e3)),
        fact("vision_gpu_sm_clock_hertz", reading.sm_megahertz.map(|megahertz| f64::from(megahertz) * 1e6)),
    ];
    let ours = reading.processes.iter().filter(|(pid, _)| is_ours(**pid)).map(|(pid, bytes)| DeviceFact {
        name: "vision_gpu_process_memory_bytes",
        labels: vec![("device", reading.index.to_string()), ("pid", pid.to_string())],
        value: *bytes as f64,
    });
    whole.into_iter().flatten().chain(ours).collect()
}

/// Whether a process is this one or a worker that it started. Inside a container the driver counts processes as the
/// host does; then none is found to be ours.
fn is_ours(pid: u32) -> bool {
    let own = process::id();
    pid == own
        || fs::read_to_string(format!("/proc/{pid}/status"))
            .is_ok_and(|status| status.lines().any(|line| parent(line) == Some(own)))
}

fn parent(line: &str) -> Option<u32> {
    line.strip_prefix("PPid:")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_become_facts_in_base_units() {
        let reading = Reading {
            index: 1,
            uuid: "GPU-1".to_owned(),
            name: "A GPU".to_owned(),
            busy_percent: Some(37),
            memory_used_bytes: Some(3 << 30),
            memory_total_bytes: Some(80 << 30),
            celsius: Some(41),
            milliwatts: Some(123_456),
            sm_megahertz: Some(1_980),
            processes: BTreeMap::from([(10, 1 << 20), (11, 2 << 20)]),
        };
        let facts = facts(&reading, |pid| pid == 11);
        let shown: Vec<_> = facts.iter().map(|fact| (fact.name, fact.value)).collect();
        assert_eq!(
            shown,
            [
                ("vision_gpu_utilization_ratio", 0.37),
                ("vision_gpu_memory_used_bytes", 3_221_225_472.0),
                ("vision_gpu_memory_total_bytes", 85_899_345_920.0),
                ("vision_gpu_temperature_celsius", 41.0),
                ("vision_gpu_power_watts", 123.456),
                ("vision_gpu_sm_clock_hertz", 1.98e9),
                ("vision_gpu_process_memory_bytes", 2_097_152.0),
            ]
        );
        assert!(facts.iter().all(|fact| fact.labels.contains(&("device", "1".to_owned()))), "{facts:?}");
        assert!(facts[6].labels.contains(&("pid", "11".to_owned())), "{facts:?}");
    }

    #[test]
    fn what_a_gpu_does_not_tell_is_left_out() {
        let reading = Reading { celsius: Some(30), ..Reading::default() };
        let facts = facts(&reading, |_| true);
        assert_eq!(facts.iter().map(|fact| fact.name).collect::<Vec<_>>(), ["vision_gpu_temperature_celsius"]);
    }

    #[test]
    fn workers_are_told_by_their_parent() {
        assert!(is_ours(process::id()) && !is_ours(1));
        assert_eq!((parent("PPid:\t42"), parent("Pid:\t42"), parent("PPid:")), (Some(42), None, None));
    }
}
