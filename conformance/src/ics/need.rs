//! What a case needs of a reader, by its statement: the expression that decides whether the case applies.

use super::{Kind, Statement};
use crate::glob;
use core::fmt;
use serde::Serialize;

/// One thing that a reader must claim, or must not, for a case to apply.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "String")]
pub struct Need {
    /// The item of the ICS.
    item: &'static str,
    /// The value that is to be among its answer; without, a claim of yes or no has to say yes.
    value: Option<&'static str>,
    /// Whether it has to be claimed; else it must not be.
    claimed: bool,
}

/// Cases and what they need. Where no pattern fits, nothing is needed but what every reader has.
///
/// That a case runs a preset is no reason to leave it out where the preset could be another one; these are the cases that
/// say nothing about a reader without what stands beside them.
const NEEDS: &[(&str, &[&str])] = &[
    // Their logic shows something, or runs long by showing it.
    (
        "session.answers-in-time-while-a-service-runs",
        &["modules=indicator"],
    ),
    ("session.repeated-instruction-runs-once", &["modules=indicator"]),
    ("session.reset-in-every-state-locks", &["modules=indicator"]),
    ("login.leaves-a-running-service", &["modules=indicator"]),
    ("jobs.abort-ends-it", &["modules=indicator"]),
    ("jobs.data-are-those-of-the-last-job", &["modules=indicator"]),
    ("jobs.four-outcomes-are-kept", &["modules=indicator"]),
    ("jobs.one-at-a-time", &["modules=indicator"]),
    (
        "jobs.outcomes-stay-while-another-job-runs",
        &["modules=indicator"],
    ),
    ("jobs.same-instruction-again-runs-nothing", &["modules=indicator"]),
    (
        "modules.client-loss-does-not-stop-what-finishes",
        &["modules=indicator"],
    ),
    ("modules.off-after-abort", &["modules=indicator"]),
    ("modules.off-after-failure", &["modules=indicator"]),
    ("modules.off-after-the-client-left", &["modules=indicator"]),
    ("modules.only-declared-ones-are-enabled", &["modules=indicator"]),
    ("modules.per-step", &["modules=indicator"]),
    ("modules.status-shows-them-at-work", &["modules=indicator"]),
    ("modules.whole-service", &["modules=indicator"]),
    ("updates.running-service-keeps-its-logic", &["modules=indicator"]),
    ("logic.first-rule-is-named", &["modules=indicator"]),
    ("logic.longest-run-ends-within-its-budget", &["modules=indicator"]),
    (
        "logic.modules-that-are-not-there-are-refused",
        &["modules=indicator"],
    ),
    ("logic.rule-budget", &["modules=indicator"]),
    ("logic.rule-critical", &["modules=indicator"]),
    ("logic.rule-done", &["modules=indicator"]),
    ("logic.rule-end", &["modules=indicator"]),
    ("logic.rule-filter", &["modules=indicator"]),
    ("logic.rule-loop", &["modules=indicator"]),
    ("logic.rule-opcode", &["modules=indicator"]),
    ("logic.rule-operand", &["modules=indicator"]),
    ("logic.rule-parameter", &["modules=indicator"]),
    ("logic.rule-target", &["modules=indicator"]),
    // They run presets, or look whether their interfaces are enabled.
    ("diagnostics.records-are-in-order", &["services=card.identify"]),
    ("interfaces.card-identify", &["services=card.identify"]),
    (
        "interfaces.cbor-is-spoken",
        &["services=card.identify", "services=subscriber.read"],
    ),
    (
        "interfaces.each-has-its-own-format",
        &["services=card.identify", "services=subscriber.read"],
    ),
    (
        "interfaces.list-begins-with-card-identify",
        &["services=card.identify"],
    ),
    (
        "interfaces.no-card-in-the-slot",
        &["services=card.identify", "services=subscriber.read"],
    ),
    (
        "interfaces.services-of-the-specification-are-listed",
        &["services=card.identify", "services=subscriber.read"],
    ),
    (
        "interfaces.strange-parameters-are-refused",
        &["services=card.identify"],
    ),
    ("interfaces.subscriber-read", &["services=subscriber.read"]),
    (
        "interfaces.unknown-and-disabled-are-told-apart",
        &["services=card.identify", "services=subscriber.read"],
    ),
    (
        "interfaces.unknown-format-is-refused",
        &["services=card.identify", "services=subscriber.read"],
    ),
    ("jobs.from-instruction-to-data", &["services=card.identify"]),
    ("jobs.known-id-is-not-run-again", &["services=card.identify"]),
    ("logic.preset-is-replaced", &["services=card.identify"]),
    (
        "login.first-offer-of-a-service-counts",
        &["services=card.identify", "services=subscriber.read"],
    ),
    (
        "login.grants-are-kept-to",
        &["services=card.identify", "services=subscriber.read"],
    ),
    (
        "login.nothing-in-common-succeeds",
        &["services=card.identify", "services=subscriber.read"],
    ),
    (
        "login.offers-are-kept-to",
        &["services=card.identify", "services=subscriber.read"],
    ),
    ("login.second-result-is-unexpected", &["services=card.identify"]),
    ("login.strange-offers-take-no-room", &["services=card.identify"]),
    ("login.strange-services-do-no-harm", &["services=card.identify"]),
    ("modules.card-moves-are-counted", &["services=card.identify"]),
    (
        "modules.card-pulled-out-ends-the-job",
        &["services=card.identify"],
    ),
    ("modules.per-step-preset", &["services=subscriber.read"]),
    ("modules.slots-are-counted", &["services=card.identify"]),
    (
        "modules.transport-rules-are-the-readers",
        &["services=card.identify"],
    ),
    ("modules.whole-service-preset", &["services=card.identify"]),
    ("session.numbers-are-assigned", &["services=card.identify"]),
    ("updates.entitlements-limit-a-client", &["services=card.identify"]),
    // Their logic calls the card.
    ("modules.card-*", &["modules=contact-card"]),
    ("modules.disabled-card-has-no-supply", &["modules=contact-card"]),
    ("modules.per-step", &["modules=contact-card"]),
    ("modules.slots-are-counted", &["modules=contact-card"]),
    (
        "modules.transport-rules-are-the-readers",
        &["modules=contact-card"],
    ),
    ("modules.whole-service", &["modules=contact-card"]),
    ("claims.contact-slots", &["modules=contact-card"]),
    ("modules.card-*", &["modules=contact-card"]),
    ("interfaces.card-*", &["modules=contact-card"]),
    // They are about a kind of update.
    ("claims.software-size", &["update-kinds=software"]),
    ("updates.damaged-software-is-refused", &["update-kinds=software"]),
    (
        "updates.software-is-confirmed-by-a-login",
        &["update-kinds=software"],
    ),
    (
        "updates.software-survives-a-loss-of-power",
        &["update-kinds=software"],
    ),
    ("updates.software-trial-ends-in-time", &["update-kinds=software"]),
    (
        "updates.software-waits-for-a-running-service",
        &["update-kinds=software"],
    ),
    (
        "updates.software-without-a-login-is-given-up",
        &["update-kinds=software"],
    ),
    (
        "updates.key-of-the-authority-changes",
        &["update-kinds=authentication"],
    ),
    (
        "updates.key-of-the-cloud-changes",
        &["update-kinds=authentication"],
    ),
    (
        "updates.keys-of-a-client-change",
        &["update-kinds=authentication"],
    ),
    ("updates.room-for-four-clients", &["update-kinds=authentication"]),
    (
        "updates.rotated-key-ends-after-its-logins",
        &["update-kinds=authentication"],
    ),
    (
        "updates.entitlements-limit-a-client",
        &["update-kinds=authentication"],
    ),
    (
        "updates.wrong-authentication-information-is-refused",
        &["update-kinds=authentication"],
    ),
    // They present the PIN of the card.
    ("logic.pin-*", &["modules=contact-card"]),
];

/// What the case of this id needs.
#[must_use]
pub fn needs(case: &str) -> Vec<Need> {
    let mut needs: Vec<_> = NEEDS
        .iter()
        .filter(|(pattern, _)| glob::matches(pattern, case))
        .flat_map(|(_, needs)| needs.iter().filter_map(|need| Need::parse(need)))
        .collect();
    needs.sort();
    needs.dedup();
    needs
}

impl Need {
    /// Reads `item`, `item=value`, or either with `!` before it.
    fn parse(text: &'static str) -> Option<Self> {
        let (claimed, text) = match text.strip_prefix('!') {
            Some(text) => (false, text),
            None => (true, text),
        };
        let (item, value) = match text.split_once('=') {
            Some((item, value)) => (item, Some(value)),
            None => (text, None),
        };
        let item = Kind::Ics.question(item)?.name();
        Some(Self { item, value, claimed })
    }

    /// Whether a reader with this statement has it.
    pub(super) fn is_met(&self, statement: &Statement) -> bool {
        let says = match self.value {
            Some(value) => statement.has(self.item, value),
            None => statement.says_yes(self.item),
        };
        says == self.claimed
    }

    /// What a statement says that does not meet it.
    pub(super) fn declaration(&self) -> String {
        let Self { item, value, claimed } = self;
        match (value, claimed) {
            (Some(value), true) => format!("the ICS does not claim `{value}` in `{item}`"),
            (Some(value), false) => format!("the ICS claims `{value}` in `{item}`"),
            (None, true) => format!("the ICS does not claim `{item}`"),
            (None, false) => format!("the ICS claims `{item}`"),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.claimed { "" } else { "!" };
        write!(f, "{not}{}", self.item)?;
        self.value.map_or(Ok(()), |value| write!(f, "={value}"))
    }
}

impl From<Need> for String {
    fn from(need: Need) -> Self {
        need.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases;

    /// A pattern that fits no case, or asks what no form answers, would leave out nothing and nobody would see it.
    #[test]
    fn every_need_is_one() {
        for (pattern, needs) in NEEDS {
            let fits = cases().iter().any(|case| glob::matches(pattern, &case.id));
            assert!(fits, "{pattern} fits no case");
            for text in *needs {
                let need = Need::parse(text).unwrap_or_else(|| panic!("{pattern}: {text}"));
                let question = Kind::Ics.question(need.item).unwrap();
                let choices = question.choices();
                match need.value {
                    Some(value) => assert!(choices.iter().any(|(name, _)| *name == value), "{text}"),
                    None => assert!(choices.is_empty(), "{text}"),
                }
                assert_eq!(need.to_string(), *text);
            }
        }
    }

    /// What decides is a claim that may be made or not: a claim that every reader makes leaves out nothing.
    #[test]
    fn needs_are_of_what_a_reader_may_lack() {
        for case in cases() {
            for need in &case.needs {
                let question = Kind::Ics.question(need.item).unwrap();
                let always = match question {
                    super::super::Question::Claim(item) => &item.always,
                    super::super::Question::Information(_) => panic!("{need}"),
                };
                assert!(
                    need.value
                        .is_none_or(|value| !always.iter().any(|known| known == value)),
                    "{need}"
                );
            }
        }
    }
}
