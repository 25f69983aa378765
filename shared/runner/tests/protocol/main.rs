//! The supervisor through HTTP, with worker processes that only pretend to compute: this very program, started
//! with [`worker_process`] as its only test.

#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made ends its test")]

mod access;
mod caching;
mod harness;
mod lives;
mod losses;
mod measuring;
mod outbound;
mod pretender;
mod publishing;
mod queueing;
mod running;

/// What a supervisor under test starts as its worker; does nothing where no supervisor started it.
#[test]
#[ignore = "the worker process of the other tests"]
fn worker_process() {
    pretender::serve();
}
