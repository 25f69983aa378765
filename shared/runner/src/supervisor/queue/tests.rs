//! Turns, bounds and waits, without any time passing.

use futures_util::FutureExt;

use super::*;

const A: ReleaseId = ReleaseId(1);
const B: ReleaseId = ReleaseId(2);

fn queue(slots: usize, waiting: usize) -> Arc<Queue> {
    let expected_run = Duration::from_secs(2);
    Queue::new(&FleetConfig { slots, queue: waiting, held: 12, expected_run, ..FleetConfig::default() })
}

fn ask(queue: &Arc<Queue>, release: ReleaseId, caller: Option<&str>) -> Result<Place, Failure> {
    queue.admit(&Applicant { release, share: 1, caller })
}

fn admit(queue: &Arc<Queue>, release: ReleaseId, caller: &str) -> Place {
    ask(queue, release, Some(caller)).unwrap()
}

fn may_fetch(place: &mut Place) -> bool {
    place.turn.as_mut().is_none_or(|turn| turn.now_or_never().is_some_and(|told| told.is_ok()))
}

/// The run goes as far as it may without waiting.
fn may_run(place: &mut Place) -> bool {
    place.turn = None;
    place.run_turn().now_or_never().is_some()
}

/// The names of those who run, one after the other.
fn order(mut waiting: Vec<(&'static str, Place)>) -> Vec<&'static str> {
    let mut order = Vec::new();
    while !waiting.is_empty() {
        let next = waiting.iter_mut().position(|(_, place)| may_fetch(place)).expect("somebody has a turn");
        let (name, mut place) = waiting.remove(next);
        assert!(may_run(&mut place), "{name} is alone and waits");
        order.push(name);
    }
    order
}

#[test]
fn one_persons_many_do_not_come_before_anothers_one() {
    let queue = queue(1, 10);
    let mut first = admit(&queue, A, "anna");
    assert!(may_fetch(&mut first) && may_run(&mut first));
    let waiting = [("anna 1", "anna"), ("anna 2", "anna"), ("anna 3", "anna"), ("ben 1", "ben"), ("ben 2", "ben")];
    let waiting = waiting.map(|(name, caller)| (name, admit(&queue, A, caller))).into();
    drop(first);
    assert_eq!(order(waiting), ["anna 1", "anna 2", "ben 1", "anna 3", "ben 2"], "anna 1 was fetching already");
}

#[test]
fn one_apps_many_do_not_come_before_anothers_one() {
    let queue = queue(1, 10);
    let mut first = admit(&queue, A, "anna");
    assert!(may_fetch(&mut first) && may_run(&mut first));
    let waiting = [("a 1", A), ("a 2", A), ("a 3", A), ("b 1", B), ("b 2", B)];
    let waiting = waiting.map(|(name, release)| (name, admit(&queue, release, "anna"))).into();
    drop(first);
    assert_eq!(order(waiting), ["a 1", "a 2", "b 1", "a 3", "b 2"], "a 1 was fetching already");
}

#[test]
fn a_release_keeps_to_its_share_and_leaves_slots_to_others() {
    let queue = queue(2, 10);
    let mut a = [admit(&queue, A, "anna"), admit(&queue, A, "anna"), admit(&queue, A, "anna")];
    assert!(may_fetch(&mut a[0]) && may_run(&mut a[0]));
    assert!(may_fetch(&mut a[1]) && !may_run(&mut a[1]), "more than its share is computed");
    assert!(!may_fetch(&mut a[2]), "more inputs are fetched than can be used soon");
    let mut b = admit(&queue, B, "anna");
    assert!(may_fetch(&mut b) && may_run(&mut b));
    let lengths = [Length { release: A, waiting: 2, running: 1 }, Length { release: B, waiting: 0, running: 1 }];
    assert_eq!(queue.lengths(), lengths);
}

#[test]
fn who_leaves_makes_room_wherever_he_stood() {
    let queue = queue(1, 2);
    let mut running = admit(&queue, A, "anna");
    assert!(may_fetch(&mut running) && may_run(&mut running));
    let mut ready = admit(&queue, A, "ben");
    assert!(may_fetch(&mut ready) && !may_run(&mut ready));
    let waiting = admit(&queue, A, "cleo");
    assert!(ask(&queue, A, Some("dora")).is_err());
    drop(waiting);
    let mut next = admit(&queue, A, "dora");
    assert!(!may_fetch(&mut next));
    drop(ready);
    assert!(may_fetch(&mut next) && !may_run(&mut next));
    drop(running);
    drop(next);
    let state = queue.state();
    assert_eq!((state.held, state.running, state.ahead), (0, 0, 0));
}

#[test]
fn lines_and_people_have_their_bounds() {
    let queue = queue(1, 4);
    let places: Vec<_> = (0..3).map(|_| admit(&queue, A, "anna")).collect();
    let own = ask(&queue, A, Some("anna")).err().unwrap();
    assert!(own.message.starts_with("3 runs of this app are in hand for you"), "{own}");
    let others: Vec<_> = (0..2).map(|_| ask(&queue, A, None).unwrap()).collect();
    let full = ask(&queue, A, None).err().unwrap();
    assert!(full.message.starts_with("4 runs of this app are waiting already"), "{full}");
    let b: Vec<_> = (0..5).map(|_| ask(&queue, B, None).unwrap()).collect();
    let c: Vec<_> = (0..2).map(|_| ask(&queue, ReleaseId(3), None).unwrap()).collect();
    let over = ask(&queue, ReleaseId(3), None).err().unwrap();
    assert!(over.message.starts_with("this runner has 12 runs in hand"), "{over}");
    drop((places, others, b, c));
    assert!(ask(&queue, ReleaseId(3), None).is_ok());
}

#[test]
fn the_longer_the_line_the_later_one_should_come_again() {
    let seconds = |queue: &Arc<Queue>| ask(queue, A, None).err().unwrap().retry_after.unwrap();
    for (waiting, expected) in [(0, 2), (3, 8), (9, 20)] {
        let queue = queue(1, waiting);
        let _places: Vec<_> = (0..=waiting).map(|_| ask(&queue, A, None).unwrap()).collect();
        assert_eq!(seconds(&queue), expected, "with {waiting} waiting");
        let note = |took| queue.state().lines.get_mut(&A).unwrap().note(took);
        note(Duration::from_millis(10));
        assert_eq!(seconds(&queue), 1);
        (0..100).for_each(|_| note(Duration::from_secs(3_600)));
        assert_eq!(seconds(&queue), 60);
    }
}
