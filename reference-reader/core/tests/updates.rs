//! Updates: what is accepted, what is refused, and that accepted logic is what runs.

mod common;

use cardwire_codec::{Message, message::*};
use common::{Records, identity, pair::*, updates::*};

#[test]
fn installed_logic_is_what_runs_also_after_a_reset() {
    let records = Records::default();
    let mut pair = Pair::with(records.clone(), identity());
    pair.serve(&[ECHO]);
    assert_eq!(
        Package::new(echo(b"one"), 1, |_, _| {}).install(&mut pair),
        (NONE, 0, 1)
    );
    pair.serve(&[ECHO]);
    assert_eq!(pair.run(1, ECHO), [("echo".to_owned(), "one".to_owned())]);
    assert_eq!(
        Package::new(echo(b"two"), 7, |_, _| {}).install(&mut pair),
        (NONE, 0, 7)
    );
    assert_eq!(pair.run(2, ECHO), [("echo".to_owned(), "two".to_owned())]);
    let mut pair = Pair::with(records, identity());
    pair.serve(&[ECHO]);
    assert_eq!(pair.run(3, ECHO), [("echo".to_owned(), "two".to_owned())]);
    assert_eq!(
        Package::new(echo(b"old"), 7, |_, _| {}).offer(&mut pair).1,
        ErrorCode::UPDATE_COUNTER
    );
}

#[test]
fn a_commit_of_nothing_changes_nothing() {
    let mut pair = updating();
    assert_eq!(Package::new(echo(b"one"), 5, |_, _| {}).install(&mut pair).2, 5);
    let answer = pair.cloud(&UpdateCommit {
        digest: &[1; 32],
        extensions: Default::default(),
    });
    let result = UpdateResult::decode(&answer).unwrap();
    assert_eq!(
        (result.state, result.error, result.logic_counter),
        (UpdateState::None, ErrorCode::UPDATE_ORDER, 5)
    );
}

#[test]
fn refused_manifests() {
    let mut pair = updating();
    let mut forged = Package::new(echo(b"x"), 1, |_, _| {});
    forged.signature[0] ^= 1;
    assert_eq!(
        forged.offer(&mut pair),
        (UpdateState::None, ErrorCode::UPDATE_SIGNATURE)
    );
    let package = Package::new(echo(b"x"), 1, |class, _| *class = HardwareClass(9));
    assert_eq!(package.offer(&mut pair).1, ErrorCode::UPDATE_HARDWARE);
    for kind in [UpdateKind::SOFTWARE, UpdateKind(99)] {
        let package = Package::new(echo(b"x"), 1, |_, component| {
            component.kind = kind;
            component.service = ServiceId(0);
        });
        assert_eq!(package.offer(&mut pair).1, ErrorCode::NOT_SUPPORTED);
    }
    let package = Package::new(echo(b"x"), 1, |_, component| component.size = 2000);
    assert_eq!(package.offer(&mut pair).1, ErrorCode::UPDATE_SIZE);
}

#[test]
fn bytes_come_in_order_whole_and_as_announced() {
    let mut pair = updating();
    let package = Package::new(echo(b"resumed"), 1, |_, _| {});
    let end = package.content.len();
    assert_eq!(
        package.chunk(&mut pair, 0, 4).1,
        ErrorCode::UPDATE_ORDER,
        "before its manifest"
    );
    assert_eq!(package.offer(&mut pair), (UpdateState::Receiving, NONE));
    assert_eq!(
        package.commit(&mut pair).0,
        ErrorCode::UPDATE_ORDER,
        "before its bytes"
    );
    assert_eq!(package.chunk(&mut pair, 0, 10), (UpdateState::Receiving, NONE));
    assert_eq!(
        package.chunk(&mut pair, 20, 30).1,
        ErrorCode::UPDATE_ORDER,
        "a hole"
    );
    // A new session takes up where the old one stopped.
    pair.serve(&[ECHO]);
    assert_eq!(package.offer(&mut pair), (UpdateState::Receiving, NONE));
    assert_eq!(package.chunk(&mut pair, 10, end), (UpdateState::Received, NONE));
    assert_eq!(package.commit(&mut pair), (NONE, 0, 1));

    let mut wrong = Package::new(echo(b"wrong"), 2, |_, _| {});
    wrong.content[end - 10] ^= 1;
    assert_eq!(wrong.offer(&mut pair), (UpdateState::Receiving, NONE));
    let last = wrong.content.len();
    assert_eq!(
        wrong.chunk(&mut pair, 0, last),
        (UpdateState::None, ErrorCode::UPDATE_DIGEST)
    );
    pair.serve(&[ECHO]);
    assert_eq!(
        pair.run(1, ECHO),
        [("echo".to_owned(), "resumed".to_owned())],
        "the reader is as it was"
    );
}

#[test]
fn logic_that_does_not_verify_is_never_stored() {
    use Instruction as I;
    let r = Register(0);
    let end = I::End {
        outcome: Outcome::SUCCESS,
    };
    let show = I::Show { pattern: 1 };
    let done = I::Done {
        module: ModuleId::INDICATOR,
    };
    let apdu = |command| I::Apdu { command, into: r };
    let modules = [ModuleId::CONTACT_CARD, ModuleId::INDICATOR];
    let whole = |code: &[I<'_>]| logic(Policy::WholeService, &modules, 50, code);
    let step = |code: &[I<'_>]| logic(Policy::PerStep, &modules, 50, code);
    let cases: [(&str, Vec<u8>, LogicRule); 17] = [
        ("no end", whole(&[show]), LogicRule::End),
        (
            "end on one path only",
            whole(&[
                I::WhenEmpty {
                    register: r,
                    target: Label(7),
                },
                end,
                show,
            ]),
            LogicRule::End,
        ),
        (
            "a label behind the code",
            whole(&[I::Go { target: Label(99) }]),
            LogicRule::Target,
        ),
        (
            "a label backwards",
            whole(&[show, I::Go { target: Label(0) }, end]),
            LogicRule::Target,
        ),
        (
            "a label inside an instruction",
            whole(&[
                I::WhenEmpty {
                    register: r,
                    target: Label(5),
                },
                end,
            ]),
            LogicRule::Target,
        ),
        (
            "code that nothing reaches",
            whole(&[end, show, end]),
            LogicRule::Target,
        ),
        (
            "a jump out of a loop",
            whole(&[
                I::Loop { times: 2 },
                I::WhenEmpty {
                    register: r,
                    target: Label(7),
                },
                I::Again,
                end,
            ]),
            LogicRule::Target,
        ),
        (
            "a loop without end",
            whole(&[I::Loop { times: 2 }, end]),
            LogicRule::Loop,
        ),
        ("an end without loop", whole(&[I::Again, end]), LogicRule::Loop),
        (
            "three loops deep",
            whole(&[
                I::Loop { times: 1 },
                I::Loop { times: 1 },
                I::Loop { times: 1 },
                I::Again,
                I::Again,
                I::Again,
                end,
            ]),
            LogicRule::Loop,
        ),
        (
            "a loop over the budget",
            whole(&[I::Loop { times: 50 }, show, I::Again, end]),
            LogicRule::Budget,
        ),
        (
            "an undeclared module",
            logic(Policy::WholeService, &[], 50, &[show, end]),
            LogicRule::Module,
        ),
        ("per-step without done", step(&[show, end]), LogicRule::Done),
        (
            "per-step with two",
            step(&[show, done, done, end]),
            LogicRule::Done,
        ),
        (
            "per-step, used after done",
            step(&[show, done, show, end]),
            LogicRule::Done,
        ),
        (
            "VERIFY in clear",
            whole(&[apdu(&[0x00, 0x20, 0x00, 0x01]), end]),
            LogicRule::Filter,
        ),
        (
            "not an APDU",
            whole(&[apdu(&[0x00, 0xA4, 0x00, 0x04, 0x05, 0x3F]), end]),
            LogicRule::Filter,
        ),
    ];
    let mut pair = updating();
    for (counter, (name, content, rule)) in (1..).zip(cases) {
        let (error, detail, kept) = Package::new(content, counter, |_, _| {}).install(&mut pair);
        assert_eq!(
            (error, detail),
            (ErrorCode::UPDATE_LOGIC, u16::from(rule.value())),
            "{name}"
        );
        assert_eq!(kept, 0, "{name}");
    }
    let good = step(&[I::Loop { times: 5 }, show, I::Again, done, end]);
    assert_eq!(
        Package::new(good, 99, |_, _| {}).install(&mut pair),
        (NONE, 0, 99)
    );
    let foreign = Package::new(echo(b"x"), 100, |_, component| {
        component.service = ServiceId::CARD_IDENTIFY
    });
    assert_eq!(foreign.install(&mut pair).0, ErrorCode::UPDATE_LOGIC);
}

#[test]
fn a_flipped_bit_anywhere_in_a_manifest_is_refused() {
    let mut pair = updating();
    let mut package = Package::new(echo(b"x"), 1, |_, _| {});
    for bit in 0..package.manifest.len() * 8 {
        package.manifest[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(package.offer(&mut pair).1, ErrorCode::UPDATE_SIGNATURE);
        package.manifest[bit / 8] ^= 1 << (bit % 8);
    }
}
