//! A worker, and its supervisor's end of the socket.

use std::{
    fs,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, Stdio},
};

use vision_protocol::{
    limits::RunLimits,
    messages::{ErrorCode, LogLine, Timings},
};
use vision_runner::{
    cell,
    ipc::{Frame, FromWorker, Start, ToWorker, WireValue, read_frame, write_frame},
    learned::Learned,
};

use super::package::Package;

/// A worker that serves a package. It ends when this is dropped.
pub(crate) struct Worker {
    socket: UnixStream,
    child: Child,
}

#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) outputs: Vec<(String, WireValue)>,
    /// What the outputs refer to by index.
    pub(crate) pictures: Vec<Vec<u8>>,
    pub(crate) timings: Timings,
    pub(crate) logs: Vec<LogLine>,
}

#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    pub(crate) timings: Timings,
    pub(crate) logs: Vec<LogLine>,
}

const CELL: cell::Settings =
    cell::Settings { uid: None, memory_bytes: 4 << 30, open_files: 256, threads: 512, required: false };

/// The worker's verdict on a new package.
pub(crate) fn prove(package: &Package) -> FromWorker {
    Worker::spawn().begin(package, true, RunLimits::default())
}

impl Worker {
    fn spawn() -> Self {
        let (socket, theirs) = UnixStream::pair().expect("a socket pair");
        let child = Command::new(env!("CARGO_BIN_EXE_runner-tract"))
            .arg("worker")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            // Not the tests' own: where that is a file, the cell's limit of file sizes holds for it too.
            .stderr(Stdio::null())
            .spawn()
            .expect("the program was built");
        Self { socket, child }
    }

    fn begin(&mut self, package: &Package, proof: bool, limits: RunLimits) -> FromWorker {
        let folder = package.folder.path();
        let (package, learned) = (folder.to_owned(), Learned::default());
        let start = Start { package, proof, limits, parallel: 2, cell: CELL, learned };
        self.say(&ToWorker::Start(Box::new(start)));
        let Frame { message, attachments } = self.hear();
        if !matches!(message, FromWorker::Compiled) {
            return message;
        }
        fs::create_dir_all(folder.join(".compiled")).expect("the temporary folder takes files");
        fs::write(folder.join(".compiled/app.cwasm"), &*attachments[0]).expect("the temporary folder takes files");
        self.say(&ToWorker::Stored);
        self.hear().message
    }

    fn say(&mut self, message: &ToWorker) {
        write_frame(&mut self.socket, message, &[] as &[Vec<u8>]).expect("the worker listens");
    }

    fn hear(&mut self) -> Frame<FromWorker> {
        read_frame(&mut self.socket, 1 << 30).expect("the worker speaks the protocol").expect("the worker answers")
    }

    /// Proves the package in one worker and serves it in another, which compiles nothing.
    pub(crate) fn serve(package: &Package, limits: RunLimits) -> Self {
        let verdict = prove(package);
        assert!(matches!(verdict, FromWorker::Ready { .. }), "{verdict:?}");
        let mut worker = Self::spawn();
        let answer = worker.begin(package, false, limits);
        assert!(matches!(answer, FromWorker::Ready { .. }), "{answer:?}");
        worker
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
        self.say(&ToWorker::Cancel { id });
    }

    pub(crate) fn answer(&mut self) -> Result<Done, Failed> {
        let Frame { message, attachments } = self.hear();
        let pictures = attachments.iter().map(|picture| picture.to_vec()).collect();
        match message {
            FromWorker::Done { outputs, timings, logs, .. } => Ok(Done { outputs, pictures, timings, logs }),
            FromWorker::Failed { code, message, timings, logs, .. } => Err(Failed { code, message, timings, logs }),
            other => panic!("unexpected {other:?}"),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
