//! A worker on a thread, and its supervisor's end of the socket.

use std::{fs, os::unix::net::UnixStream, sync::Arc, thread};

use runner_tract::TractEngine;
use vision_protocol::{
    limits::RunLimits,
    messages::{ErrorCode, LogLine, Timings},
};
use vision_runner::{
    ipc::{Frame, FromWorker, Mode, ToWorker, WireValue, read_frame, write_frame},
    worker,
};

use super::package::Package;

/// A worker that serves a package. It ends when this is dropped.
pub(crate) struct Worker {
    socket: UnixStream,
}

#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) outputs: Vec<(String, WireValue)>,
    pub(crate) timings: Timings,
    pub(crate) logs: Vec<LogLine>,
}

#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) timings: Timings,
}

fn start(package: &Package, mode: Mode, limits: RunLimits) -> (UnixStream, Frame<FromWorker>) {
    let (mut ours, theirs) = UnixStream::pair().expect("a socket pair");
    thread::spawn(move || worker::serve(Arc::new(TractEngine), theirs).expect("the worker ends well"));
    let start = ToWorker::Start { package: package.folder.path().to_owned(), mode, limits, parallel: 2 };
    write_frame(&mut ours, &start, &[] as &[Vec<u8>]).expect("the worker listens");
    let answer = read_frame(&mut ours, 1 << 30).expect("the worker speaks the protocol").expect("the worker answers");
    (ours, answer)
}

/// The worker's verdict on a new package; what it compiled is left where a serving worker looks for it.
pub(crate) fn prove(package: &Package) -> FromWorker {
    let (_, Frame { message, attachments }) = start(package, Mode::Prove, RunLimits::default());
    if let FromWorker::Ready { .. } = message {
        let folder = package.folder.path().join(".compiled");
        fs::create_dir_all(&folder).expect("the temporary folder takes files");
        fs::write(folder.join("app.cwasm"), &attachments[0]).expect("the temporary folder takes files");
    }
    message
}

impl Worker {
    /// Proves the package and starts to serve it.
    pub(crate) fn serve(package: &Package, limits: RunLimits) -> Self {
        let verdict = prove(package);
        assert!(matches!(verdict, FromWorker::Ready { .. }), "{verdict:?}");
        let (socket, answer) = start(package, Mode::Serve, limits);
        assert!(matches!(answer.message, FromWorker::Ready { .. }), "{answer:?}");
        Self { socket }
    }

    pub(crate) fn run(
        &mut self,
        inputs: Vec<(String, WireValue)>,
        attachments: &[Vec<u8>],
        deadline_ms: u64,
    ) -> Result<Done, Failed> {
        self.start(1, inputs, attachments, deadline_ms);
        self.answer()
    }

    pub(crate) fn start(
        &mut self,
        id: u64,
        inputs: Vec<(String, WireValue)>,
        attachments: &[Vec<u8>],
        deadline_ms: u64,
    ) {
        write_frame(&mut self.socket, &ToWorker::Run { id, inputs, deadline_ms }, attachments)
            .expect("the worker listens");
    }

    pub(crate) fn cancel(&mut self, id: u64) {
        write_frame(&mut self.socket, &ToWorker::Cancel { id }, &[] as &[Vec<u8>]).expect("the worker listens");
    }

    pub(crate) fn answer(&mut self) -> Result<Done, Failed> {
        let frame: Frame<FromWorker> =
            read_frame(&mut self.socket, 1 << 30).expect("the worker speaks the protocol").expect("the worker answers");
        match frame.message {
            FromWorker::Done { outputs, timings, logs, .. } => Ok(Done { outputs, timings, logs }),
            FromWorker::Failed { code, message, timings, .. } => Err(Failed { code, message, timings }),
            other => panic!("unexpected {other:?}"),
        }
    }
}
