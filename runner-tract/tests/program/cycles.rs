//! A thousand workers loaded and given up again.

use std::fs;

use crate::{
    digit_reader,
    program::{Runner, portal},
    sample_app, with,
};

const CYCLES: usize = 1_000;
/// Buffers and tables reach their size in these.
const WARM_UP: usize = 100;
/// What the supervisor may hold more in the end than after the warm-up: about 2 KB for each cycle, where the photo of one
/// run is 20 times that.
const GROWTH_BYTES: u64 = 2 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_loaded_and_unloaded_leave_memory_as_it_was() {
    let photo = fs::read(sample_app().join("examples/house-number/photo.jpg")).unwrap();
    let portal = portal(photo);
    let runner = Runner::start(with(&["--workers", "1", "--spares", "2"]), &portal);
    for release in [1, 2] {
        let published = runner.publish(release, digit_reader()).await;
        assert_eq!(published["hasError"], false, "{published}");
    }
    let mut warm = 0;
    for cycle in 0..CYCLES {
        // Each takes the only place from the other.
        let answer = runner.run(cycle as i64 % 2 + 1, &format!("{portal}/photo")).await;
        assert!(answer["timings"]["appLoadingMs"].as_f64().is_some_and(|loading| loading > 0.0), "{answer}");
        if cycle == WARM_UP {
            warm = resident_bytes(runner.child.id());
        }
    }
    let end = resident_bytes(runner.child.id());
    println!("the supervisor holds {warm} bytes after {WARM_UP} workers, {end} after {CYCLES}");
    assert!(end <= warm + GROWTH_BYTES, "{warm} bytes have become {end}");
    assert!(runner.workers().len() <= 4, "workers are left: {:?}", runner.workers());
}

fn resident_bytes(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
