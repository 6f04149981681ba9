//! Programs that keep all rules or break them, and which rule is named.

extern crate std;

use super::verify;
use crate::env::{Env, RandomFailed, Record, StoreFailed};
use cardwire_codec::{
    List, Name,
    message::{ClientLoss, Logic, LogicRule, ModuleId, Policy, ServiceId},
};
use std::vec::Vec;

/// An environment that has nothing and deviates in nothing.
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
    let code: Vec<u8> = parts.concat();
    let logic = Logic {
        service: ServiceId(0xF001),
        name: Name::from_text("example.test"),
        version: 1,
        policy,
        on_client_loss: ClientLoss::Abort,
        modules: List::from_items(modules),
        budget,
        code: &code,
        extensions: Default::default(),
    };
    verify(&logic, &Nothing)
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
