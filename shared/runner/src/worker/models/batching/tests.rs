use std::{
    sync::{
        atomic::AtomicBool,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use super::*;
use crate::engine::{Data, Element, Port, Tensor};

/// A model that adds one, and stops at every call until it is let through.
struct Gated {
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    calls: Mutex<Sender<Vec<f32>>>,
    passes: Mutex<Receiver<()>>,
    /// Ignores all but the first item in its answer.
    lossy: bool,
}

/// The test's side of the gate.
struct Gate {
    calls: Receiver<Vec<f32>>,
    passes: Sender<()>,
}

impl Model for Gated {
    fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    fn infer(&self, inputs: Named) -> Result<Named, EngineError> {
        let tensor = &inputs[0].1;
        let values = tensor.floats().unwrap().to_vec();
        self.calls.lock().unwrap().send(values.clone()).unwrap();
        self.passes.lock().unwrap().recv().unwrap();
        if values.contains(&13.0) {
            return Err(EngineError::new("13 cannot be computed"));
        }
        assert!(!values.contains(&99.0), "99 is beyond me");
        let mut shape = tensor.shape().to_vec();
        let mut sums: Vec<f32> = values.iter().map(|value| value + 1.0).collect();
        if self.lossy {
            shape[0] = 1;
            sums.truncate(shape.iter().product());
        }
        Ok(vec![("y".to_owned(), Tensor::new(shape, Data::Float32(sums)).unwrap())])
    }

    fn memory_bytes(&self) -> u64 {
        0
    }
}

impl Gate {
    /// The values of the call that has begun.
    fn next(&self) -> Vec<f32> {
        self.calls.recv_timeout(Duration::from_secs(20)).expect("a call begins")
    }

    fn open(&self) {
        self.passes.send(()).unwrap();
    }
}

fn shared(instances: usize, largest: usize, lossy: bool) -> (Arc<Shared>, Gate) {
    let (calls, begun) = mpsc::channel();
    let (passes, let_through) = mpsc::channel();
    let port = |name: &str| Port { name: name.to_owned(), shape: vec![0, 0], element: Element::Float32 };
    let model = Gated {
        inputs: vec![port("x")],
        outputs: vec![port("y")],
        calls: Mutex::new(calls),
        passes: Mutex::new(let_through),
        lossy,
    };
    let shared = Shared::new(Box::new(model), instances, Loading::default());
    shared.batch_up_to(largest);
    (Arc::new(shared), Gate { calls: begun, passes })
}

fn tensor(shape: [usize; 2], values: &[f32]) -> Named {
    vec![("x".to_owned(), Tensor::new(shape, Data::Float32(values.to_vec())).unwrap())]
}

type Run = thread::JoinHandle<Result<Answer, Unfinished>>;

/// Asks on a thread of its own, and returns when the request leads or stands in the queue.
fn ask(shared: &Arc<Shared>, inputs: Named, clock: Clock) -> Run {
    let standing = |shared: &Shared| {
        let queue = shared.lock();
        (queue.busy, queue.waiting.len())
    };
    let before = standing(shared);
    let asking = shared.clone();
    let run = thread::spawn(move || asking.infer(inputs, &clock));
    while standing(shared) == before && !run.is_finished() {
        thread::yield_now();
    }
    run
}

fn clock() -> Clock {
    Clock::new(Duration::from_secs(60), Arc::new(AtomicBool::new(false)))
}

fn value(shared: &Arc<Shared>, value: f32) -> Run {
    ask(shared, tensor([1, 1], &[value]), clock())
}

fn result(run: Run) -> (Vec<f32>, usize) {
    let answer = run.join().unwrap().unwrap();
    (answer.outputs[0].1.floats().unwrap().to_vec(), answer.batch)
}

#[test]
fn one_that_finds_an_instance_free_is_computed_at_once_and_alone() {
    let (shared, gate) = shared(2, 8, false);
    let first = value(&shared, 1.0);
    assert_eq!(gate.next(), [1.0]);
    let second = value(&shared, 2.0);
    assert_eq!(gate.next(), [2.0]);
    gate.open();
    gate.open();
    assert_eq!((result(first), result(second)), ((vec![2.0], 1), (vec![3.0], 1)));
    assert_eq!(shared.lock().busy, 0);
}

#[test]
fn what_waits_is_computed_together_in_the_order_of_its_coming() {
    let (shared, gate) = shared(1, 4, false);
    let runs: Vec<Run> = (0..8).map(|n| value(&shared, n as f32)).collect();
    // The first alone; then as many as fit; then a power of two of the rest; then the last.
    for expected in [vec![0.0], vec![1.0, 2.0, 3.0, 4.0], vec![5.0, 6.0], vec![7.0]] {
        assert_eq!(gate.next(), expected);
        gate.open();
    }
    let batches = [1, 4, 4, 4, 4, 2, 2, 1];
    for (n, (run, batch)) in runs.into_iter().zip(batches).enumerate() {
        assert_eq!(result(run), (vec![n as f32 + 1.0], batch));
    }
}

#[test]
fn each_gets_its_own_share() {
    let (shared, gate) = shared(1, 8, false);
    let first = value(&shared, 0.0);
    let two = ask(&shared, tensor([2, 2], &[1.0, 2.0, 3.0, 4.0]), clock());
    let one = ask(&shared, tensor([1, 2], &[5.0, 6.0]), clock());
    let other = ask(&shared, tensor([1, 2], &[7.0, 8.0]), clock());
    gate.next();
    gate.open();
    assert_eq!(gate.next(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    gate.open();
    assert_eq!(result(first), (vec![1.0], 1));
    assert_eq!(result(two), (vec![2.0, 3.0, 4.0, 5.0], 4));
    assert_eq!(result(one), (vec![6.0, 7.0], 4));
    assert_eq!(result(other), (vec![8.0, 9.0], 4));
}

#[test]
fn other_shapes_are_passed_over_but_not_left_behind() {
    let (shared, gate) = shared(1, 8, false);
    let first = value(&shared, 0.0);
    let (one, wide, other) =
        (value(&shared, 1.0), ask(&shared, tensor([1, 2], &[2.0, 3.0]), clock()), value(&shared, 4.0));
    let late = value(&shared, 5.0);
    for expected in [vec![0.0], vec![1.0, 4.0], vec![2.0, 3.0], vec![5.0]] {
        assert_eq!(gate.next(), expected);
        gate.open();
    }
    for run in [first, one, wide, other, late] {
        run.join().unwrap().unwrap();
    }
}

#[test]
fn one_that_cannot_be_computed_fails_alone() {
    for poison in [13.0, 99.0] {
        let (shared, gate) = shared(1, 4, false);
        let first = value(&shared, 0.0);
        let runs: Vec<Run> = [1.0, poison, 3.0, 4.0].into_iter().map(|n| value(&shared, n)).collect();
        for expected in [vec![0.0], vec![1.0, poison, 3.0, 4.0], vec![1.0], vec![poison], vec![3.0], vec![4.0]] {
            assert_eq!(gate.next(), expected);
            gate.open();
        }
        result(first);
        let ends: Vec<bool> = runs
            .into_iter()
            .map(|run| match run.join().unwrap() {
                Ok(answer) => answer.batch == 1,
                Err(Unfinished::Failed(error)) => {
                    assert!(error.message.contains(&poison.to_string()), "{error}");
                    false
                }
                Err(stopped) => panic!("{stopped:?}"),
            })
            .collect();
        assert_eq!(ends, [true, false, true, true]);
        assert_eq!(shared.lock().busy, 0);
    }
}

#[test]
fn outputs_that_do_not_grow_end_batching_for_this_model() {
    let (shared, gate) = shared(1, 4, true);
    let runs: Vec<Run> = (0..5).map(|n| value(&shared, n as f32)).collect();
    for expected in [vec![0.0], vec![1.0, 2.0, 3.0, 4.0], vec![1.0], vec![2.0], vec![3.0], vec![4.0]] {
        assert_eq!(gate.next(), expected);
        gate.open();
    }
    for (n, run) in runs.into_iter().enumerate() {
        assert_eq!(result(run), (vec![n as f32 + 1.0], 1));
    }
    assert_eq!(shared.largest.load(Ordering::Relaxed), 1);
}

#[test]
fn a_cancelled_one_leaves_the_queue_before_it_costs_anything() {
    let (shared, gate) = shared(1, 1, false);
    let first = value(&shared, 0.0);
    let gone = Arc::new(AtomicBool::new(false));
    let cancelled = ask(&shared, tensor([1, 1], &[1.0]), Clock::new(Duration::from_secs(60), gone.clone()));
    let late = ask(&shared, tensor([1, 1], &[2.0]), Clock::new(Duration::from_millis(30), Arc::default()));
    let last = value(&shared, 3.0);
    gone.store(true, Ordering::Relaxed);
    assert_eq!(cancelled.join().unwrap().unwrap_err(), Unfinished::Stopped(Stopped::Cancelled));
    assert_eq!(late.join().unwrap().unwrap_err(), Unfinished::Stopped(Stopped::Deadline));
    assert_eq!(gate.next(), [0.0]);
    gate.open();
    assert_eq!(gate.next(), [3.0]);
    gate.open();
    assert_eq!((result(first).0, result(last).0), (vec![1.0], vec![4.0]));
    assert_eq!(shared.lock().busy, 0);
}

#[test]
fn one_that_is_cancelled_when_called_calls_the_next() {
    let (shared, gate) = shared(1, 1, false);
    let (first, gone) = (value(&shared, 0.0), Arc::new(AtomicBool::new(true)));
    assert_eq!(gate.next(), [0.0]);
    // Its turn comes in the moment in which it goes: the request stands in the queue without a thread.
    let seat = Arc::new(Seat::new());
    shared.lock().waiting.push_back(Request::new(tensor([1, 1], &[1.0]), seat.clone()));
    let last = value(&shared, 2.0);
    gate.open();
    result(first);
    while !shared.lock().waiting.front().is_some_and(|request| request.called) {
        thread::yield_now();
    }
    assert!(matches!(seat.wait(&Clock::new(Duration::from_secs(60), gone)), Turn::Stopped(Stopped::Cancelled)));
    shared.leave(&seat);
    assert_eq!(gate.next(), [2.0]);
    gate.open();
    assert_eq!(result(last).0, [3.0]);
    assert_eq!(shared.lock().busy, 0);
}

#[test]
fn no_more_inferences_than_instances_are_under_way() {
    let (shared, gate) = shared(2, 2, false);
    let runs: Vec<Run> = (0..6).map(|n| value(&shared, n as f32)).collect();
    let (one, other) = (gate.next(), gate.next());
    assert_eq!(one.len() + other.len(), 2);
    assert!(gate.calls.try_recv().is_err());
    assert_eq!(shared.lock().busy, 2);
    assert_eq!(shared.lock().waiting.len(), 4);
    for _ in 0..2 {
        gate.open();
        assert_eq!(gate.next().len(), 2);
        assert!(gate.calls.try_recv().is_err());
    }
    gate.open();
    gate.open();
    for (n, run) in runs.into_iter().enumerate() {
        assert_eq!(result(run).0, [n as f32 + 1.0]);
    }
    assert_eq!(shared.lock().busy, 0);
}
