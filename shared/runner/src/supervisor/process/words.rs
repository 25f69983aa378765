//! What a worker writes to its standard error: a little of it is logged, the rest is read and dropped.

use std::time::Duration;

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader},
    time,
};

/// Lines of one worker that are logged.
const LINES: usize = 100;
/// Bytes of a line that are logged.
const LINE_BYTES: u64 = 1 << 10;
/// What is read of a worker that has said too much, and how often: enough that an honest one is never held up, and
/// little enough that one that writes without end costs the supervisor nothing.
const DROPPED_BYTES: usize = 64 << 10;
const PAUSE: Duration = Duration::from_millis(100);

/// Logs a worker's words until it ends.
pub(super) async fn log(pid: u32, words: impl AsyncRead + Unpin) {
    let mut words = BufReader::with_capacity(4 << 10, words);
    let mut line = Vec::new();
    for _ in 0..LINES {
        line.clear();
        match (&mut words).take(LINE_BYTES).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => tracing::info!(worker.pid = pid, worker.said = shown(&line), "a worker wrote"),
        }
    }
    let mut rest = vec![0; DROPPED_BYTES];
    let mut dropped = false;
    while words.read(&mut rest).await.is_ok_and(|read| read > 0) {
        if !dropped {
            tracing::warn!(worker.pid = pid, "a worker writes more than {LINES} lines; the rest is dropped");
            dropped = true;
        }
        time::sleep(PAUSE).await;
    }
}

/// A line that cannot pass for another one, nor move a terminal's cursor.
fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    text.trim_end().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;

    use super::*;

    #[tokio::test]
    async fn a_flood_is_taken_to_its_end() {
        let (ours, mut theirs) = tokio::io::duplex(64 << 10);
        let logging = tokio::spawn(log(1, ours));
        for _ in 0..60 {
            theirs.write_all(&[b'x'; 5_000]).await.unwrap();
        }
        drop(theirs);
        logging.await.unwrap();
    }

    #[test]
    fn control_characters_are_not_shown() {
        assert_eq!(shown(b"a\x1b[2Jb\rc\xff\n"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
    }
}
