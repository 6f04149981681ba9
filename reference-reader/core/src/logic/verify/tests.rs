//! Programs that keep all rules or break them, and which rule is named.

extern crate std;

use super::verify;
use crate::env::{Env, RandomFailed, Record, StoreFailed};
use cardwire_codec::{
    List, Name,
    message::{
        ClientLoss, ItemKind, Logic, LogicRule, ModuleId, Occurrence, Parameter, ParameterSource, Policy,
        ServiceId,
    },
};
use std::vec::Vec;

/// An environment that has nothing.
struct Nothing;

impl Env for Nothing {
    fn random(&mut self, _: &mut [u8]) -> Result<(), RandomFailed> {
        Err(RandomFailed)
    }

    fn load(&mut self, _: Record, _: &mut [u8]) -> Option<usize> {
        None
    }

    fn store(&mut self, _: Record, _: &[u8]) -> Result<(), StoreFailed> {
        Err(StoreFailed)
    }
}

const END: [u8; 3] = [0x3F, 0x00, 0x00];
const SHOW: [u8; 2] = [0x12, 0x01];
const DONE: [u8; 2] = [0x18, 0x04];
const AGAIN: [u8; 1] = [0x24];

const fn times(count: u8) -> [u8; 2] {
    [0x23, count]
}

/// Goes on at the offset if the register r0 has no bytes.
const fn when_empty(offset: u8) -> [u8; 4] {
    [0x21, 0x00, 0x00, offset]
}

fn check(policy: Policy, modules: &[ModuleId], budget: u16, parts: &[&[u8]]) -> Result<(), LogicRule> {
    check_with(&Nothing, &[], policy, modules, budget, parts)
}

fn check_with(
    env: &impl Env,
    parameters: &[Parameter<'_>],
    policy: Policy,
    modules: &[ModuleId],
    budget: u16,
    parts: &[&[u8]],
) -> Result<(), LogicRule> {
    let code: Vec<u8> = parts.concat();
    let logic = Logic {
        service: ServiceId(0xF001),
        name: Name::from_text("example.test"),
        version: 1,
        policy,
        on_client_loss: ClientLoss::Abort,
        modules: List::from_items(modules),
        parameters: List::from_items(parameters),
        budget,
        code: &code,
        extensions: Default::default(),
    };
    verify(&logic, env)
}

/// A board that has every module.
struct Everything;

impl Env for Everything {
    fn random(&mut self, _: &mut [u8]) -> Result<(), RandomFailed> {
        Err(RandomFailed)
    }

    fn load(&mut self, _: Record, _: &mut [u8]) -> Option<usize> {
        None
    }

    fn store(&mut self, _: Record, _: &[u8]) -> Result<(), StoreFailed> {
        Err(StoreFailed)
    }

    fn modules(&self) -> &'static [ModuleId] {
        &crate::modules::SERVICE_MODULES
    }
}

fn plain(budget: u16, parts: &[&[u8]]) -> Result<(), LogicRule> {
    let modules = [ModuleId::CONTACT_CARD, ModuleId::INDICATOR];
    check(Policy::WholeService, &modules, budget, parts)
}

/// The least budget with which a program verifies is the length of its longest path.
fn assert_longest(longest: u16, parts: &[&[u8]]) {
    assert_eq!(plain(longest, parts), Ok(()));
    assert_eq!(plain(longest - 1, parts), Err(LogicRule::Budget));
}

#[test]
fn the_longest_path_is_counted() {
    assert_longest(3, &[&SHOW, &SHOW, &END]);
    // 1 + 5 * 2, and `end`.
    assert_longest(12, &[&times(5), &SHOW, &AGAIN, &END]);
    // 1 + 3 * (1 + 4 * 2 + 1), and `end`.
    assert_longest(32, &[&times(3), &times(4), &SHOW, &AGAIN, &AGAIN, &END]);
    // A branch past the longer way.
    assert_longest(4, &[&when_empty(8), &SHOW, &SHOW, &END]);
}

#[test]
fn an_end_in_a_loop_is_reached_in_its_last_round() {
    // Body: branch, ten patterns, `end`; or branch and `again`. Behind the loop: 1 + 5 * 2 + 1 = 12. In it:
    // 1 + 4 * 2, then branch, ten patterns, `end`: 21.
    let shows = SHOW.repeat(10);
    let body = [&when_empty(29)[..], &shows, &END].concat();
    assert_longest(21, &[&times(5), &body, &AGAIN, &END]);
    // The same in a loop of three: 1 + 2 * (11 + 1) rounds of the outer one, then 21.
    let body = [&when_empty(31)[..], &shows, &END].concat();
    assert_longest(
        1 + 2 * 12 + 21,
        &[&times(3), &times(5), &body, &AGAIN, &AGAIN, &END],
    );
}

#[test]
fn loops_are_as_many_as_fit() {
    let one = [&times(1)[..], &AGAIN].concat();
    assert_eq!(plain(4096, &[&one.repeat(299), &END]), Ok(()));
}

#[test]
fn labels_lead_nowhere_else_than_ahead_in_the_same_loop() {
    // Out of a loop; from one loop into the next of the same depth; onto its own `again`; over a whole loop.
    let out = [&times(2)[..], &when_empty(9), &SHOW, &AGAIN, &END].concat();
    assert_eq!(plain(64, &[&out]), Err(LogicRule::Target));
    let into_next = [
        &times(2)[..],
        &when_empty(11),
        &SHOW,
        &AGAIN,
        &times(2),
        &SHOW,
        &AGAIN,
        &END,
    ];
    assert_eq!(plain(64, &into_next), Err(LogicRule::Target));
    let onto_again = [&times(2)[..], &when_empty(8), &SHOW, &AGAIN, &END].concat();
    assert_eq!(plain(64, &[&onto_again]), Ok(()));
    let over = [&when_empty(9)[..], &times(2), &SHOW, &AGAIN, &END].concat();
    assert_eq!(plain(64, &[&over]), Ok(()));
    let into = [&when_empty(6)[..], &times(2), &SHOW, &AGAIN, &END].concat();
    assert_eq!(plain(64, &[&into]), Err(LogicRule::Target));
}

#[test]
fn the_first_rule_in_order_is_named() {
    let card = [ModuleId::CONTACT_CARD];
    let per_step =
        |modules: &[ModuleId], budget, parts: &[&[u8]]| check(Policy::PerStep, modules, budget, parts);
    let light = [ModuleId::INDICATOR];
    let unknown = [ModuleId::SECURITY];
    // A declared module before an opcode; an opcode before a module that is not declared; a budget before `done`.
    assert_eq!(per_step(&unknown, 8, &[&[0xFF]]), Err(LogicRule::Module));
    assert_eq!(per_step(&card, 8, &[&[0xFF], &SHOW]), Err(LogicRule::Opcode));
    assert_eq!(per_step(&light, 1, &[&SHOW, &END]), Err(LogicRule::Budget));
    assert_eq!(per_step(&light, 8, &[&SHOW, &END]), Err(LogicRule::Done));
    assert_eq!(per_step(&light, 8, &[&SHOW, &DONE, &END]), Ok(()));
    // Behind the last instruction: an open loop, a label inside an instruction, a path that arrives there.
    let open = [&times(2)[..], &when_empty(7), &SHOW].concat();
    assert_eq!(plain(64, &[&open]), Err(LogicRule::Loop));
    assert_eq!(plain(64, &[&when_empty(5), &SHOW]), Err(LogicRule::Target));
    assert_eq!(plain(64, &[&SHOW]), Err(LogicRule::End));
}

const CRITICAL: [u8; 1] = [0x28];
const SETTLED: [u8; 1] = [0x29];

#[test]
fn writes_that_belong_together_are_begun_and_ended_in_turn() {
    assert_eq!(
        plain(8, &[&CRITICAL, &SHOW, &SETTLED, &CRITICAL, &SETTLED, &END]),
        Ok(())
    );
    for wrong in [
        &[&SETTLED[..], &END][..],
        &[&CRITICAL, &CRITICAL, &SETTLED, &END],
        &[&CRITICAL, &END],
        // Past the beginning, past the end.
        &[&when_empty(5), &CRITICAL, &SETTLED, &END],
        &[&CRITICAL, &when_empty(6), &SETTLED, &END],
        // Begun in the first round of a loop and not ended; ended in it, and begun before.
        &[&times(2), &CRITICAL, &AGAIN, &SETTLED, &END],
        &[&CRITICAL, &times(2), &SETTLED, &AGAIN, &END],
    ] {
        assert_eq!(plain(64, wrong), Err(LogicRule::Critical), "{wrong:02X?}");
    }
    // Around a loop, in a loop, around a branch, and on both ways of one.
    for right in [
        &[&CRITICAL[..], &times(2), &SHOW, &AGAIN, &SETTLED, &END][..],
        &[&times(2), &CRITICAL, &SETTLED, &AGAIN, &END],
        &[&CRITICAL, &when_empty(7), &SHOW, &SETTLED, &END],
        &[
            &when_empty(9),
            &CRITICAL,
            &SETTLED,
            &END,
            &CRITICAL,
            &SETTLED,
            &END,
        ],
    ] {
        assert_eq!(plain(64, right), Ok(()), "{right:02X?}");
    }
    // Where paths meet, it comes before the budget and behind the loop that is open.
    let meet = [&when_empty(5)[..], &CRITICAL, &SHOW, &END].concat();
    assert_eq!(plain(2, &[&meet]), Err(LogicRule::Critical));
}

#[test]
fn commands_are_filtered_by_their_header_and_secrets_are_presented_by_no_command() {
    for (instruction, allowed) in [
        (0xB2, true),
        (0x88, true),
        (0x20, false),
        (0x2C, false),
        (0xC0, false),
    ] {
        let command = [0x13, 0x00, instruction, 0x00, 0x01, 0x00, 0x01, 0x00, 0x02];
        let expected = if allowed { Ok(()) } else { Err(LogicRule::Filter) };
        assert_eq!(plain(8, &[&command, &END]), expected, "{instruction:02X}");
        let apdu = [0x11, 0x05, 0x00, instruction, 0x00, 0x01, 0x00, 0x00];
        assert_eq!(plain(8, &[&apdu, &END]), expected, "{instruction:02X}");
    }
}

#[test]
fn every_call_of_a_module_counts_as_one() {
    let calls: [(&[u8], ModuleId); 7] = [
        (&[0x10, 0x00], ModuleId::CONTACT_CARD),
        (
            &[0x13, 0x00, 0xB2, 0x00, 0x04, 0x00, 0x01, 0x00, 0x02],
            ModuleId::CONTACT_CARD,
        ),
        (&[0x14, 0x00, 0x01], ModuleId::CONTACT_CARD),
        (&[0x15, 0x01, 0x00, 0x01, 0x02, 0x03], ModuleId::CONTACT_CARD),
        (&[0x16, 0x01, 0x00], ModuleId::PIN_PAD),
        (&[0x17, 0x00], ModuleId::CONTACTLESS_CARD),
        (&SHOW, ModuleId::INDICATOR),
    ];
    for (call, module) in calls {
        let done = [0x18, module.0];
        let check = |modules: &[ModuleId], parts: &[&[u8]]| {
            check_with(&Everything, &[], Policy::PerStep, modules, 8, parts)
        };
        assert_eq!(check(&[module], &[call, &done, &END]), Ok(()));
        assert_eq!(check(&[module], &[call, &END]), Err(LogicRule::Done));
        assert_eq!(check(&[module], &[call, &done, call, &END]), Err(LogicRule::Done));
        assert_eq!(check(&[], &[call, &done, &END]), Err(LogicRule::Module));
    }
    // A module that this reader knows and does not have.
    assert_eq!(
        check(Policy::WholeService, &[ModuleId::PIN_PAD], 8, &[&END]),
        Err(LogicRule::Module)
    );
    // All of them at once: every one has its own facts.
    let all = crate::modules::SERVICE_MODULES;
    let uses = [[0x10, 0x00], [0x17, 0x00], SHOW].concat();
    let dones = [[0x18, 2], [0x18, 3], DONE].concat();
    let check = |parts: &[&[u8]]| check_with(&Everything, &[], Policy::PerStep, &all, 16, parts);
    assert_eq!(
        check(&[&uses, &[0x16, 0x01, 0x00], &dones, &[0x18, 5], &END]),
        Ok(())
    );
    assert_eq!(
        check(&[&uses, &[0x16, 0x01, 0x00], &dones, &END]),
        Err(LogicRule::Done)
    );
}

#[test]
fn parameters_can_be_met_and_are_declared() {
    let parameter = |name, kind, minimum, maximum| Parameter {
        name: Name::from_text(name),
        kind,
        source: ParameterSource::Client,
        occurrence: Occurrence::Required,
        minimum,
        maximum,
    };
    let check = |parameters: &[Parameter<'_>], modules: &[ModuleId], parts: &[&[u8]]| {
        check_with(&Nothing, parameters, Policy::WholeService, modules, 8, parts)
    };
    let pin = parameter("pin", ItemKind::Text, 4, 8);
    let takes_pin = [0x3B, 0x03, b'p', b'i', b'n', 0x00];
    assert_eq!(check(&[pin], &[], &[&takes_pin, &END]), Ok(()));
    assert_eq!(check(&[], &[], &[&takes_pin, &END]), Err(LogicRule::Parameter));
    for wrong in [
        &[pin, pin][..],
        &[parameter("a", ItemKind::Text, 8, 4)],
        &[parameter("a", ItemKind::Number, 1, 0)],
        &[parameter("a", ItemKind::Bytes, 0, 256)],
    ] {
        assert_eq!(check(wrong, &[], &[&END]), Err(LogicRule::Parameter));
        // Behind the declared modules, before the code.
        assert_eq!(
            check(wrong, &[ModuleId::SECURITY], &[&END]),
            Err(LogicRule::Module)
        );
        assert_eq!(check(wrong, &[], &[&[0xFF]]), Err(LogicRule::Parameter));
    }
    for right in [
        parameter("a", ItemKind::Number, 0, 0xFFFF),
        parameter("a", ItemKind::Bytes, 0, 255),
    ] {
        assert_eq!(check(&[pin, right], &[], &[&END]), Ok(()));
    }
}
