//! The tests.

use std::{
    env, fs,
    net::TcpListener,
    os::{
        linux::net::SocketAddrExt,
        unix::{
            net::{SocketAddr, UnixListener},
            process::CommandExt,
        },
    },
    path::Path,
    process::{Command, ExitCode, Stdio},
};

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use vision_runner::supervisor::{StartError, WorkerCommand};

use crate::{
    attempts::{self, Attempt, End, Free, Surroundings},
    engine::ESCAPED,
    say,
    supervised::Supervised,
};

/// Where an operator reads of them.
const DOCUMENT: &str = include_str!("../../../../docs/security.md");
/// Nobody on any machine that builds this.
const SOMEBODY: u32 = 54_321;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether this machine lets a test do what only root can; a CI that does not is set up wrongly.
fn root_or_skipped() -> bool {
    if !is_root() {
        assert!(env::var_os("CI").is_none(), "CI runs these tests as root");
        say("skipped: only root can start workers as other users");
    }
    is_root()
}

/// That an attempt is refused says something only if it would otherwise succeed.
pub(crate) fn outside_a_cell_the_attempts_succeed() {
    if !root_or_skipped() {
        return;
    }
    for attempt in attempts::all().filter(|attempt| attempt.free == Free::Succeeds) {
        let data = TempDir::new().unwrap();
        let (neighbour, package) = (data.path().join("packages/1"), data.path().join("incoming/own/package"));
        fs::create_dir_all(neighbour.join(".compiled")).unwrap();
        fs::create_dir_all(package.join("models")).unwrap();
        for file in
            [neighbour.join("app.json"), neighbour.join(".compiled/app.cwasm"), package.join("models/model.onnx")]
        {
            fs::write(file, "content").unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let abstract_socket = format!("vision-free-{}", std::process::id());
        let name = SocketAddr::from_abstract_name(&abstract_socket).unwrap();
        let _abstract = UnixListener::bind_addr(&name).unwrap();
        let around = Surroundings {
            attempt: attempt.name.to_owned(),
            data: data.path().to_owned(),
            port: listener.local_addr().unwrap().port(),
            abstract_socket,
        };
        let mut free = this("attempt", &serde_json::to_string(&around).unwrap());
        let ended = free.current_dir(&package).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout);
        assert!(said.contains(ESCAPED), "{}: {said} {}", attempt.name, String::from_utf8_lossy(&ended.stderr));
    }
}

/// The process of [`outside_a_cell_the_attempts_succeed`].
pub(crate) fn attempt_freely(surroundings: &str) -> ExitCode {
    match attempts::carry_out(&Surroundings::parse(surroundings)) {
        Ok(gained) => say(&format!("{ESCAPED}: {gained}")),
        Err(error) => say(&format!("refused: {error}")),
    }
    ExitCode::SUCCESS
}

pub(crate) fn the_start_up_check_tells_what_holds() {
    Runtime::new().unwrap().block_on(async {
        let ready = Supervised::start(|_| {}).unwrap().ready().await;
        let cell = &ready.body["cell"];
        assert!(cell["landlock"].as_u64().is_some_and(|version| version > 0), "{ready:?}");
        let layers = ["seccomp", "limits", "own_user", "own_root"].map(|layer| cell[layer] == Value::Bool(true));
        assert_eq!(layers, [true, true, is_root(), is_root()], "{ready:?}");
        assert_eq!(cell["missing"], json!([]), "{ready:?}");
    });
}

/// Some containers have a kernel with Landlock and forbid its calls.
pub(crate) fn a_machine_that_gives_no_cell_is_refused_unless_told() {
    // The filter is for good: it is put on a thread that ends, and on the processes that it starts.
    std::thread::spawn(without_landlock).join().unwrap();
}

fn without_landlock() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let calls = [libc::SYS_landlock_create_ruleset].map(|call| (call, Vec::new()));
    let refuse = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let target = env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(calls.into_iter().collect(), SeccompAction::Allow, refuse, target).unwrap();
    seccompiler::apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
    runtime.block_on(async {
        let refused = Supervised::start(|_| {}).err().unwrap();
        assert!(matches!(refused, StartError::Cell(_)), "{refused}");
        let words = refused.to_string();
        assert!(words.contains("Landlock needs Linux 5.13") && words.contains("--allow-open-cell"), "{words}");

        let open = Supervised::start(|config| config.cell.required = false).unwrap();
        let cell = open.ready().await.body["cell"].take();
        assert_eq!((&cell["landlock"], &cell["seccomp"]), (&json!(0), &json!(true)), "{cell}");
        open.publishes(1).await;
        open.runs(1).await;

        let broken = WorkerCommand { program: "/bin/false".into(), args: Vec::new(), env: Vec::new() };
        let unknown = Supervised::start(|config| config.cell.check = Some(broken)).err().unwrap();
        assert!(matches!(unknown, StartError::CellCheck(_)), "{unknown}");
    });
}

pub(crate) fn every_way_out_is_refused_to_a_user_of_its_own() {
    if root_or_skipped() {
        try_all_ways();
    }
}

/// As most people start a runner: the worker's user is the supervisor's.
pub(crate) fn every_way_out_is_refused_without_root() {
    if !is_root() {
        return try_all_ways();
    }
    let mut as_user = this("as-user", "");
    let ended = as_user.uid(SOMEBODY).gid(SOMEBODY).current_dir("/").env_clear().stdout(Stdio::inherit()).status();
    assert!(ended.unwrap().success());
}

/// Publishes each attempt, and after each runs a neighbour.
pub(crate) fn try_all_ways() {
    Runtime::new().unwrap().block_on(async {
        let supervised = Supervised::start(|_| {}).unwrap();
        supervised.publishes(1).await;
        let (mut tried, mut wrong) = (0, Vec::new());
        for (index, attempt) in attempts::all().enumerate() {
            let model = serde_json::to_string(&supervised.around(attempt.name)).unwrap();
            let answer = supervised.publish(1000 + index, &model).await;
            let words = answer.body["faults"][0]["message"].as_str().unwrap_or("no fault").to_owned();
            say(&format!("    {:<55} {words}", attempt.name));
            if answer.status != 400 || !ended_as_it_should(attempt, &words) {
                wrong.push(format!("{}: {answer:?}", attempt.name));
            }
            supervised.runs(1).await;
            if attempt.end != End::Refused {
                supervised.publishes(2000 + index).await;
                supervised.runs(2000 + index).await;
            }
            tried += 1;
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert!(tried >= 40, "{tried} attempts");
        let untold = attempts::all().filter(|attempt| !DOCUMENT.contains(&format!("\n| {} |", attempt.name)));
        assert_eq!(untold.map(|attempt| attempt.name).collect::<Vec<_>>(), [""; 0], "docs/security.md has them all");
        assert!(!Path::new("core").exists(), "a core dump was left");
        supervised.publishes(2).await;
        supervised.runs(2).await;
    });
}

fn ended_as_it_should(attempt: &Attempt, words: &str) -> bool {
    match attempt.end {
        End::Refused => words.starts_with("refused: "),
        End::Death => words.contains("was ended by signal"),
        End::Timeout => words.contains("took longer than"),
    }
}

fn this(command: &str, argument: &str) -> Command {
    let mut this = Command::new("/proc/self/exe");
    this.args([command, argument]).stdin(Stdio::null());
    this
}
