//! Updates with several components: all of them come into force, or none; and what is refused of manifests.

mod common;

use cardwire_codec::message::*;
use common::{AUTHORITY_KEY, Records, identity, pair::*, updates::*};

const OTHER: ServiceId = ServiceId(0xF123);

fn value(text: &str) -> Vec<(String, String)> {
    vec![("echo".to_owned(), text.to_owned())]
}

/// Two services in one update.
fn two(first: &[u8], second: &[u8], counters: [u32; 2]) -> Package {
    let mut parts = [
        Part::logic(ECHO, counters[0], echo_of(ECHO, first)),
        Part::logic(OTHER, counters[1], echo_of(OTHER, second)),
    ];
    parts.sort_by_key(|part| part.service.0);
    Package::of(&parts)
}

#[test]
fn two_services_come_into_force_at_once_also_after_a_reset() {
    let mut pair = updating();
    assert_eq!(two(b"one", b"other", [3, 5]).install(&mut pair), (NONE, 0, 5));
    for _ in 0..2 {
        pair.serve(&[ECHO, OTHER]);
        assert_eq!(pair.run(1, ECHO), value("one"));
        assert_eq!(pair.run(2, OTHER), value("other"));
        pair = pair.reset();
    }
    pair.serve(&[ECHO]);
    // The counter of the kind is the higher one.
    assert_eq!(
        Package::new(echo(b"x"), 5, |_, _| {}).offer(&mut pair).1,
        ErrorCode::UPDATE_COUNTER
    );
}

#[test]
fn where_one_component_does_not_fit_none_comes_into_force() {
    let mut pair = updating();
    assert_eq!(two(b"one", b"other", [1, 1]).install(&mut pair), (NONE, 0, 1));
    let bad = logic_of(OTHER, Policy::WholeService, &[], 8, &[Instruction::Again]);
    for parts in [
        [Part::logic(ECHO, 2, echo(b"new")), Part::logic(OTHER, 2, bad)],
        // The logic of another service than the manifest says.
        [
            Part::logic(ECHO, 2, echo(b"new")),
            Part::logic(OTHER, 2, echo(b"strange")),
        ],
    ] {
        let mut parts = parts;
        parts.sort_by_key(|part| part.service.0);
        let (error, _, counter) = Package::of(&parts).install(&mut pair);
        assert_eq!((error, counter), (ErrorCode::UPDATE_LOGIC, 1));
    }
    let keys = Part::new(UpdateKind::AUTHENTICATION, 1, b"no document".to_vec());
    let package = Package::of(&[keys, Part::logic(ECHO, 2, echo(b"new"))]);
    package.bring(&mut pair);
    assert_eq!(
        package.commit_in_full(&mut pair),
        Committed::refused(
            ErrorCode::UPDATE_AUTHENTICATION,
            u16::from(AuthenticationRule::Document.value()),
            [0, 0, 1]
        )
    );
    for _ in 0..2 {
        pair.serve(&[ECHO, OTHER]);
        assert_eq!(pair.run(1, ECHO), value("one"));
        assert_eq!(pair.run(2, OTHER), value("other"));
        pair = pair.reset();
    }
}

#[test]
fn manifests_whose_components_are_not_in_order_are_malformed() {
    let mut pair = updating();
    let malformed = |rule: CodecRule| (UpdateState::None, ErrorCode::MALFORMED, u16::from(rule.value()));
    let one = || Part::logic(ECHO, 1, echo(b"x"));
    let twice = Package::of(&[one(), one()]);
    assert_eq!(twice.offer_in_full(&mut pair), malformed(CodecRule::Order));
    let again = Package::of(&[one(), Part::logic(ECHO, 2, echo(b"y"))]);
    assert_eq!(again.offer_in_full(&mut pair), malformed(CodecRule::Order));
    let keys = || Part::new(UpdateKind::AUTHENTICATION, 1, vec![0]);
    let backwards = Package::of(&[one(), keys()]);
    assert_eq!(backwards.offer_in_full(&mut pair), malformed(CodecRule::Order));
    let strange = Package::of(&[Part {
        service: ECHO,
        ..keys()
    }]);
    assert_eq!(strange.offer_in_full(&mut pair), malformed(CodecRule::Range));
}

#[test]
fn a_refusal_names_the_component_and_checks_go_over_all_of_them_in_turn() {
    let mut pair = updating();
    assert_eq!(Package::new(echo(b"x"), 4, |_, _| {}).install(&mut pair).2, 4);
    let keys = Part::new(UpdateKind::AUTHENTICATION, 1, vec![0; 40]);
    let logic = |counter| Part::logic(ECHO, counter, echo(b"y"));
    let refused = |error, detail| (UpdateState::None, error, detail);
    for (parts, expected) in [
        // Old and of an unknown kind: the kind is asked of all before the counter.
        (
            vec![logic(4), Part::new(UpdateKind(0x77), 1, vec![0])],
            refused(ErrorCode::NOT_SUPPORTED, 1),
        ),
        (
            vec![keys.clone(), logic(4)],
            refused(ErrorCode::UPDATE_COUNTER, 1),
        ),
        (
            vec![Part::new(UpdateKind::AUTHENTICATION, 1, vec![0; 1025]), logic(5)],
            refused(ErrorCode::UPDATE_SIZE, 0),
        ),
        (
            vec![keys.clone(), logic(5).needs(1)],
            refused(ErrorCode::UPDATE_PRECURSOR, 1),
        ),
    ] {
        assert_eq!(Package::of(&parts).offer_in_full(&mut pair), expected);
    }
    // All together are more than the stage holds.
    pair.records.borrow_mut().slot_size = 60;
    let all = Package::of(&[keys, logic(5)]);
    assert_eq!(all.offer_in_full(&mut pair), refused(ErrorCode::UPDATE_SIZE, 0));
}

#[test]
fn bytes_that_change_in_the_stage_are_found_at_the_commit() {
    let mut pair = updating();
    let package = two(b"one", b"other", [1, 1]);
    package.bring(&mut pair);
    let last = package.content.len() - 1;
    pair.records.borrow_mut().slots[1][last] ^= 0x10;
    assert_eq!(
        package.commit_in_full(&mut pair),
        Committed::refused(ErrorCode::UPDATE_DIGEST, 0, [0; 3])
    );
    assert_eq!(package.query(&mut pair), (UpdateState::None, 0));
}

#[test]
fn an_update_goes_on_after_a_reset_where_it_stopped() {
    let mut pair = updating();
    let package = two(b"one", b"other", [1, 2]);
    assert_eq!(package.offer(&mut pair), (UpdateState::Receiving, NONE));
    package.chunk(&mut pair, 0, 30);
    let mut pair = pair.reset();
    pair.serve(&[]);
    assert_eq!(package.query(&mut pair), (UpdateState::Receiving, 30));
    assert_eq!(package.offer(&mut pair), (UpdateState::Receiving, NONE));
    assert_eq!(package.send(&mut pair, 30), (UpdateState::Received, NONE));
    let mut pair = pair.reset();
    pair.serve(&[]);
    assert_eq!(package.query(&mut pair).0, UpdateState::Received);
    assert_eq!(package.commit(&mut pair), (NONE, 0, 2));
    assert_eq!(package.query(&mut pair).0, UpdateState::Installed);
    // What is in force is not resumed: its counter is not above the reader's.
    let mut pair = pair.reset();
    pair.serve(&[]);
    assert_eq!(package.query(&mut pair), (UpdateState::None, 0));
}

#[test]
fn another_offer_leaves_the_stage_until_its_first_bytes() {
    let mut pair = updating();
    let first = two(b"one", b"other", [1, 1]);
    first.bring(&mut pair);
    let writes = pair.records.borrow().writes;
    let second = Package::new(echo(b"second"), 9, |_, _| {});
    assert_eq!(second.offer(&mut pair), (UpdateState::Receiving, NONE));
    assert_eq!(
        pair.records.borrow().writes,
        writes + 1,
        "the manifest, nothing else"
    );
    let mut pair = pair.reset();
    pair.serve(&[]);
    assert_eq!(second.query(&mut pair), (UpdateState::Receiving, 0));
    assert_eq!(second.send(&mut pair, 0), (UpdateState::Received, NONE));
    assert_eq!(second.commit(&mut pair), (NONE, 0, 9));
}

#[test]
fn storage_that_fails_leaves_the_reader_as_it_was() {
    let records = Records::default();
    let mut pair = Pair::with(records.clone(), identity());
    pair.serve(&[]);
    let package = Package::new(echo(b"x"), 1, |_, _| {});
    let fail = |writes| records.borrow_mut().cut = Some((writes, false));
    fail(1);
    assert_eq!(
        package.offer(&mut pair),
        (UpdateState::None, ErrorCode::STORAGE_FAILED)
    );
    fail(2);
    assert_eq!(package.offer(&mut pair), (UpdateState::Receiving, NONE));
    let end = package.content.len();
    assert_eq!(
        package.chunk(&mut pair, 0, end),
        (UpdateState::None, ErrorCode::STORAGE_FAILED)
    );
    for writes in 1..=2 {
        records.borrow_mut().cut = None;
        package.bring(&mut pair);
        fail(writes);
        assert_eq!(
            package.commit_in_full(&mut pair),
            Committed::refused(ErrorCode::STORAGE_FAILED, 0, [0; 3])
        );
    }
    records.borrow_mut().cut = None;
    assert_eq!(package.install(&mut pair), (NONE, 0, 1));
}

#[test]
fn a_commit_that_fails_in_the_middle_goes_on_with_the_next_one() {
    let mut pair = updating();
    let package = two(b"one", b"other", [1, 1]);
    package.bring(&mut pair);
    // The note and the first logic are stored, the second is not.
    pair.records.borrow_mut().cut = Some((3, false));
    let failed = package.commit_in_full(&mut pair);
    assert_eq!(
        (failed.state, failed.error),
        (UpdateState::Received, ErrorCode::STORAGE_FAILED)
    );
    pair.records.borrow_mut().cut = None;
    assert_eq!(
        package.commit_in_full(&mut pair),
        Committed::success(UpdateState::Installed, [0, 0, 1])
    );
    pair.serve(&[ECHO, OTHER]);
    assert_eq!(pair.run(1, ECHO), value("one"));
    assert_eq!(pair.run(2, OTHER), value("other"));
}

#[test]
fn a_running_service_ends_with_the_logic_that_it_began_with() {
    let mut pair = updating();
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
    let job = [9; 16];
    let instruct = Instruct {
        job: &job,
        service: ECHO,
        parameters: &[],
        extensions: Default::default(),
    };
    pair.request(&instruct);
    assert_eq!(
        Package::new(echo(b"new"), 2, |_, _| {}).install(&mut pair),
        (NONE, 0, 2)
    );
    pair.hung = false;
    pair.pass(limits::T_MODULE_MS + 1);
    assert_eq!(pair.run(1, ECHO), value("new"));
}

#[test]
fn another_authority_signs_nothing() {
    let mut pair = updating();
    let parts = [Part::logic(ECHO, 1, echo(b"x"))];
    let foreign = Package::with(&parts, &[1; 32], |_, _| {});
    assert_eq!(foreign.offer(&mut pair).1, ErrorCode::UPDATE_SIGNATURE);
    let right = Package::with(&parts, &AUTHORITY_KEY, |_, _| {});
    assert_eq!(right.offer(&mut pair).1, NONE);
}
