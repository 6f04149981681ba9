//! Software: on trial, confirmed by a login, given up without one, and never neither.

mod common;

use cardwire_codec::{Message, message::*};
use cardwire_core::boot::{self, Slot};
use common::{Records, identity, pair::*, updates::*};

/// A board with two places for software.
fn board() -> Pair {
    let records = Records::default();
    records.borrow_mut().software_max = 4096;
    let mut pair = Pair::with(records, identity());
    pair.serve(&[ECHO]);
    pair
}

fn new_software(counter: u32) -> Part {
    Part::new(UpdateKind::SOFTWARE, counter, software("reader-2.0", 900))
}

fn running(pair: &Pair) -> Slot {
    pair.records.borrow().running
}

/// Brings an update and commits it, which puts its software on trial.
fn on_trial(package: &Package, pair: &mut Pair) {
    package.bring(pair);
    let answer = package.commit_in_full(pair);
    assert_eq!((answer.state, answer.error), (UpdateState::Trial, NONE));
    assert!(pair.reader.poll_reset(), "the reset is due");
}

fn counters(pair: &mut Pair) -> [u32; 3] {
    pair.connect();
    let (_, confirm) = pair.login_with(&[], |_| {});
    let confirm = LoginConfirm::decode(&confirm).unwrap();
    [
        confirm.software_counter,
        confirm.authentication_counter,
        confirm.logic_counter,
    ]
}

#[test]
fn a_login_confirms_software_on_trial_and_only_that_raises_the_counter() {
    let mut pair = board();
    let package = Package::of(&[new_software(5)]);
    on_trial(&package, &mut pair);
    assert_eq!(
        package.commit_in_full(&mut pair),
        Committed::success(UpdateState::Trial, [0; 3]),
        "again, and nothing has changed"
    );
    let mut pair = pair.reset();
    assert_eq!(running(&pair), Slot::B);
    assert!(!pair.reader.poll_reset());
    pair.connect();
    pair.login_with(&[], |result| result.outcome = LoginOutcome::Denied);
    assert_eq!(counters(&mut pair), [0; 3], "until this login");
    assert_eq!(package.query(&mut pair).0, UpdateState::Installed);
    assert_eq!(
        package.commit_in_full(&mut pair),
        Committed::success(UpdateState::Installed, [5, 0, 0])
    );
    assert_eq!(counters(&mut pair), [5, 0, 0]);
    for _ in 0..3 {
        pair = pair.reset();
        assert_eq!(running(&pair), Slot::B);
        assert_eq!(counters(&mut pair), [5, 0, 0]);
    }
    // A trial lifts no rule.
    let old = Package::of(&[new_software(5)]);
    assert_eq!(old.offer(&mut pair).1, ErrorCode::UPDATE_COUNTER);
    // The other slot is the next one's place.
    let next = Package::of(&[new_software(6)]);
    on_trial(&next, &mut pair);
    let mut pair = pair.reset();
    assert_eq!(running(&pair), Slot::A);
    assert_eq!(counters(&mut pair), [5, 0, 0]);
    assert_eq!(counters(&mut pair), [6, 0, 0]);
}

#[test]
fn software_that_does_not_log_in_goes_back_at_the_next_start_and_may_be_offered_again() {
    let mut pair = board();
    let package = Package::of(&[new_software(5)]);
    for _ in 0..2 {
        on_trial(&package, &mut pair);
        let trial = pair.reset();
        assert_eq!(running(&trial), Slot::B);
        // A watchdog, a loss of power.
        pair = trial.reset();
        assert_eq!(running(&pair), Slot::A);
        assert_eq!(counters(&mut pair), [0; 3]);
        assert_eq!(package.query(&mut pair), (UpdateState::None, 0), "it is gone");
    }
    on_trial(&package, &mut pair);
    let mut pair = pair.reset();
    assert_eq!((counters(&mut pair), counters(&mut pair)), ([0; 3], [5, 0, 0]));
}

#[test]
fn software_on_trial_resets_itself_when_its_time_is_over() {
    let mut pair = board();
    on_trial(&Package::of(&[new_software(5)]), &mut pair);
    let mut pair = pair.reset();
    let due = pair.reader.next_timeout().expect("the end of the trial");
    assert_eq!(due.as_millis(), limits::T_TRIAL_MS);
    pair.pass(limits::T_TRIAL_MS - 1);
    assert!(!pair.reader.poll_reset());
    pair.pass(1);
    assert!(pair.reader.poll_reset());
    assert_eq!(running(&pair.reset()), Slot::A);
}

#[test]
fn no_other_update_is_taken_while_software_waits_or_is_on_trial() {
    let mut pair = board();
    let package = Package::of(&[new_software(5)]);
    on_trial(&package, &mut pair);
    let other = Package::new(echo(b"other"), 1, |_, _| {});
    let digest_of_none = (UpdateState::None, ErrorCode::UPDATE_TRIAL);
    assert_eq!(other.offer(&mut pair), digest_of_none);
    assert_eq!(other.chunk(&mut pair, 0, 9).1, ErrorCode::UPDATE_ORDER);
    assert_eq!(other.commit(&mut pair).0, ErrorCode::UPDATE_ORDER);
    assert_eq!(package.offer(&mut pair), (UpdateState::Trial, NONE));
    assert_eq!(package.chunk(&mut pair, 0, 9).1, ErrorCode::UPDATE_ORDER);
    assert_eq!(other.offer(&mut pair), digest_of_none, "still");
    // Once it is confirmed others are welcome.
    let mut pair = pair.reset();
    pair.serve(&[]);
    assert_eq!(other.install(&mut pair), (NONE, 0, 1));
}

#[test]
fn the_reset_waits_until_no_job_runs_and_the_answer_is_out() {
    let mut pair = board();
    let wait = logic(
        Policy::WholeService,
        &[ModuleId::INDICATOR],
        8,
        &[
            Instruction::Show { pattern: 1 },
            Instruction::End {
                outcome: Outcome::SUCCESS,
            },
        ],
    );
    assert_eq!(Package::new(wait, 1, |_, _| {}).install(&mut pair).0, NONE);
    pair.serve(&[ECHO]);
    pair.hung = true;
    pair.request(&Instruct {
        job: &[1; 16],
        service: ECHO,
        parameters: &[],
        extensions: Default::default(),
    });
    let package = Package::of(&[new_software(5)]);
    package.bring(&mut pair);
    assert_eq!(package.commit_in_full(&mut pair).state, UpdateState::Trial);
    assert!(!pair.reader.poll_reset(), "a job runs");
    pair.pass(limits::T_MODULE_MS + 1);
    assert!(pair.reader.poll_reset());
}

#[test]
fn what_came_with_software_comes_into_force_with_it_or_not_at_all() {
    let package = Package::of(&[new_software(5), Part::logic(ECHO, 7, echo(b"with two")).needs(5)]);
    let mut pair = board();
    assert_eq!(Package::new(echo(b"one"), 1, |_, _| {}).install(&mut pair).2, 1);
    on_trial(&package, &mut pair);
    pair.serve(&[ECHO]);
    assert_eq!(pair.run(1, ECHO), [("echo".to_owned(), "one".to_owned())]);
    // Given up: the old logic runs.
    let mut given_up = pair.reset().reset();
    assert_eq!(counters(&mut given_up), [0, 0, 1]);
    given_up.serve(&[ECHO]);
    assert_eq!(given_up.run(2, ECHO), [("echo".to_owned(), "one".to_owned())]);
    // Confirmed: both are in force.
    on_trial(&package, &mut given_up);
    let mut pair = given_up.reset();
    assert_eq!(counters(&mut pair), [0, 0, 1]);
    assert_eq!(counters(&mut pair), [5, 0, 7]);
    let mut pair = pair.reset();
    pair.serve(&[ECHO]);
    assert_eq!(pair.run(3, ECHO), [("echo".to_owned(), "with two".to_owned())]);
    assert_eq!(running(&pair), Slot::B);
}

#[test]
fn logic_that_the_new_software_refuses_takes_it_back() {
    let mut pair = board();
    // The old software leaves it to the new one to judge this logic.
    let bad = logic(Policy::WholeService, &[], 8, &[Instruction::Again]);
    let package = Package::of(&[new_software(5), Part::logic(ECHO, 7, bad).needs(5)]);
    on_trial(&package, &mut pair);
    let mut pair = pair.reset();
    assert_eq!(counters(&mut pair), [0; 3]);
    assert!(pair.reader.poll_reset());
    assert_eq!(running(&pair.reset()), Slot::A);
}

#[test]
fn what_is_no_software_for_this_reader_is_refused() {
    let right = software("reader-2.0", 900);
    let spoilt = |at: usize| {
        let mut content = right.clone();
        content[at] ^= 0x01;
        content
    };
    let mut pair = board();
    for (what, content) in [
        ("less than a header", right[..511].to_vec()),
        ("one byte more than the header says", {
            let mut content = right.clone();
            content.push(0);
            content
        }),
        ("no document", spoilt(2)),
        ("a document that ends elsewhere", spoilt(1)),
        (
            "another class of hardware",
            spoilt(2 + 1 + 1 + "reader-2.0".len() + 1),
        ),
        (
            "something behind the document",
            spoilt(limits::SOFTWARE_HEADER - 1),
        ),
    ] {
        let package = Package::of(&[Part::new(UpdateKind::SOFTWARE, 1, content)]);
        package.bring(&mut pair);
        assert_eq!(
            package.commit_in_full(&mut pair),
            Committed::refused(ErrorCode::UPDATE_SOFTWARE, 0, [0; 3]),
            "{what}"
        );
        assert!(!pair.reader.poll_reset());
    }
    let large = Part::new(UpdateKind::SOFTWARE, 1, software("reader-2.0", 4096));
    assert_eq!(
        Package::of(&[large]).offer_in_full(&mut pair),
        (UpdateState::None, ErrorCode::UPDATE_SIZE, 0)
    );
}

#[test]
fn an_image_that_has_changed_is_not_started() {
    // On trial: it goes back at once.
    let mut pair = board();
    let package = Package::of(&[new_software(5)]);
    on_trial(&package, &mut pair);
    pair.records.borrow_mut().slots[1][700] ^= 0x01;
    let mut pair = pair.reset();
    assert_eq!(running(&pair), Slot::A);
    pair.serve(&[]);
    assert_eq!(package.query(&mut pair), (UpdateState::None, 0));
    // In force: the one before it starts, where it is whole, and the counter stays.
    for counter in [5, 6] {
        on_trial(&Package::of(&[new_software(counter)]), &mut pair);
        pair = pair.reset();
        pair.serve(&[]);
    }
    assert_eq!(running(&pair), Slot::A);
    pair.records.borrow_mut().slots[0][700] ^= 0x01;
    let mut pair = pair.reset();
    assert_eq!(running(&pair), Slot::B);
    assert_eq!(counters(&mut pair), [6, 0, 0]);
    // The next update goes where the spoilt one was, and not over what runs.
    on_trial(&Package::of(&[new_software(7)]), &mut pair);
    let mut pair = pair.reset();
    assert_eq!(running(&pair), Slot::A);
    assert_eq!((counters(&mut pair), counters(&mut pair)), ([6, 0, 0], [7, 0, 0]));
    // Neither is whole: nothing is started.
    for slot in &mut pair.records.borrow_mut().slots {
        slot[0] ^= 0x01;
    }
    assert_eq!(boot::choose(&mut *pair.records.borrow_mut()), None);
}

#[test]
fn every_bit_of_an_image_on_trial_counts() {
    let mut pair = board();
    on_trial(
        &Package::of(&[Part::new(UpdateKind::SOFTWARE, 5, software("x", 20))]),
        &mut pair,
    );
    let records = pair.records.borrow().clone();
    for bit in (0..532 * 8).step_by(7) {
        let mut flash = pair.records.borrow_mut();
        flash.clone_from(&records);
        flash.slots[1][bit / 8] ^= 1 << (bit % 8);
        assert_eq!(boot::choose(&mut *flash), Some(Slot::A), "bit {bit}");
        flash.slots[1][bit / 8] ^= 1 << (bit % 8);
    }
    let mut flash = pair.records.borrow_mut();
    flash.clone_from(&records);
    assert_eq!(boot::choose(&mut *flash), Some(Slot::B));
    assert_eq!(boot::choose(&mut *flash), Some(Slot::A), "not confirmed");
}
