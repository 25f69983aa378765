//! A worker that speaks the protocol of `ipc` and computes nothing. What it does is said by the input `Do`, or by
//! the name of the app when a package is proved.
//!
//! A run that does `hold` connects to the address in its input `Gate`, writes its worker's process id, and goes on
//! when it reads a line. So a test knows where a run is, and decides when it goes on, without ever sleeping.

use std::{
    collections::HashMap,
    fs,
    io::{self, BufRead, BufReader, Write},
    net::TcpStream,
    os::{fd::AsFd, unix::net::UnixStream},
    path::Path,
    process,
    sync::{Arc, Mutex},
    thread,
};

use vision_protocol::{
    Fault, Manifest,
    messages::{ErrorCode, LogLevel, LogLine, Timings},
};
use vision_runner::{
    ipc::{Attachment, Frame, FromWorker, Incoming, Stages, ToWorker, WireValue, write_frame},
    learned::{Learned, LearnedModel},
};

/// What the supervisor has to store and show again.
const COMPILED: &[u8] = b"compiled";

type Socket = Arc<Mutex<UnixStream>>;
type Gates = Arc<Mutex<HashMap<u64, TcpStream>>>;

pub(crate) fn serve() {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().unwrap());
    let Ok(out) = socket.try_clone().map(|socket| Arc::new(Mutex::new(socket))) else { return };
    let mut input = Incoming::new(socket);
    let Ok(Some(start)) = input.read::<ToWorker>(0) else { return };
    let ToWorker::Start(start) = start.message else { panic!("{start:?}") };
    if start.proof && !prove(&start.package, &mut input, &out) {
        return;
    }
    if !start.proof && stumbles(&start.package) {
        process::abort();
    }
    // As in a cell: a worker finds its package where it stands, wherever that is moved.
    std::env::set_current_dir(&start.package).unwrap();
    if fs::read(".compiled/app.cwasm").unwrap() != COMPILED {
        return refuse(&out, ".compiled/app.cwasm", "was compiled by another version");
    }
    let (mut warnings, mut learned) = (Vec::new(), start.learned);
    if start.proof {
        warnings.push(Fault::new("models/a.onnx", "computes slowly"));
        warnings.push(Fault::new("", format!("proved by {}", process::id())));
        learned
            .models
            .insert("a".to_owned(), LearnedModel { batch: 4, memory_bytes: 1 << 20, ..LearnedModel::default() });
    }
    say(&out, &FromWorker::Ready { loading_ms: 1.0, warnings, learned: learned.clone() }, &[]);
    let gates = Gates::default();
    while let Some(frame) = input.read::<ToWorker>(u64::MAX).unwrap() {
        match frame {
            Frame { message: ToWorker::Run { id, inputs, .. }, attachments } => {
                let (out, gates, learned) = (out.clone(), gates.clone(), learned.clone());
                let inputs = inputs.into_iter().collect();
                thread::spawn(move || run(id, &inputs, attachments, &learned, &out, &gates));
            }
            Frame { message: ToWorker::Cancel { id }, .. } => {
                if let Some(gate) = gates.lock().unwrap().get_mut(&id) {
                    writeln!(gate, "cancelled").unwrap();
                }
            }
            frame => panic!("{frame:?}"),
        }
    }
}

/// Whether it is the first process to load a package that one stumbles over.
fn stumbles(package: &Path) -> bool {
    let manifest = Manifest::parse(&fs::read(package.join("app.json")).unwrap()).unwrap();
    manifest.name == "Stumbling" && fs::File::create_new(package.join(".compiled/stumbled")).is_ok()
}

/// Whether the package was found good.
fn prove(package: &Path, input: &mut Incoming, out: &Socket) -> bool {
    let manifest = Manifest::parse(&fs::read(package.join("app.json")).unwrap()).unwrap();
    match &*manifest.name {
        "Faulty" => refuse(out, "models/a.onnx", "operator QLinearAdd (node “add_1”): is not supported"),
        "Crashing" => process::abort(),
        "Endless" => loop {
            thread::park();
        },
        _ => {
            say(out, &FromWorker::Compiled, &[COMPILED.to_vec().into()]);
            let answer = input.read::<ToWorker>(0).unwrap().unwrap();
            assert!(matches!(answer.message, ToWorker::Stored), "{answer:?}");
            return true;
        }
    }
    false
}

fn run(
    id: u64,
    inputs: &HashMap<String, WireValue>,
    attachments: Vec<Attachment>,
    learned: &Learned,
    out: &Socket,
    gates: &Gates,
) {
    let text = |name: &str| match inputs.get(name) {
        Some(WireValue::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let said = |said: String| vec![("said".to_owned(), WireValue::Text(said))];
    let (outputs, attachments) = match &*text("Do") {
        "say inputs" => {
            let mut names: Vec<_> = inputs.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
            names.sort();
            let sizes: Vec<_> = attachments.iter().map(|bytes| bytes.len()).collect();
            (said(format!("{} {sizes:?}", names.join(" "))), Vec::new())
        }
        "say shared" => {
            let shared: Vec<_> = attachments.iter().map(|bytes| (bytes.len(), bytes.is_shared())).collect();
            (said(format!("{shared:?}")), Vec::new())
        }
        "say learned" => (said(format!("{learned:?}")), Vec::new()),
        "say pid" => (said(process::id().to_string()), Vec::new()),
        "hold" => (said(hold(id, &text("Gate"), gates)), Vec::new()),
        "give back" => (vec![("picture".to_owned(), WireValue::Picture(0))], attachments),
        "say nothing" => (Vec::new(), Vec::new()),
        "say much" => (said("x".repeat(1 << 20)), Vec::new()),
        "flood" => {
            for number in 0..500 {
                eprintln!("{number} {}", "x".repeat(1_500));
            }
            (said("flooded".to_owned()), Vec::new())
        }
        "die" => process::abort(),
        "babble" => {
            out.lock().unwrap().write_all(&[0xff; 64]).unwrap();
            return;
        }
        "fail" => {
            let logs = vec![LogLine { level: LogLevel::Info, at_ms: 1, message: "so far, so good".to_owned() }];
            let message = "no cat on this photo".to_owned();
            let timings = Timings::default();
            say(
                out,
                &FromWorker::Failed {
                    id,
                    code: ErrorCode::AppFailed,
                    message,
                    timings,
                    logs,
                    stages: Stages::default(),
                },
                &[],
            );
            return;
        }
        other => panic!("does not know how to {other}"),
    };
    let timings = Timings { running_model_ms: 0.01, total_ms: 0.02, ..Timings::default() };
    let (facts, logs, stages) = (Vec::new(), Vec::new(), Stages::default());
    say(out, &FromWorker::Done { id, outputs, facts, timings, logs, stages }, &attachments);
}

fn hold(id: u64, gate: &str, gates: &Gates) -> String {
    let mut gate = TcpStream::connect(gate).unwrap();
    gates.lock().unwrap().insert(id, gate.try_clone().unwrap());
    writeln!(gate, "{}", process::id()).unwrap();
    let mut line = String::new();
    BufReader::new(gate).read_line(&mut line).unwrap();
    line.trim().to_owned()
}

fn refuse(out: &Socket, place: &str, message: &str) {
    say(out, &FromWorker::Refused { faults: vec![Fault::new(place, message)] }, &[]);
}

fn say(out: &Socket, message: &FromWorker, attachments: &[Attachment]) {
    write_frame(&mut *out.lock().unwrap(), message, attachments).unwrap();
}
