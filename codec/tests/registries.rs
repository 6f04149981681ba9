//! Every registry against the schema: values, names, remedies, and what is not registered.

use cardwire_codec::message::{
    AuthenticationRule, CardState, ClientLoss, CodecRule, Conversion, ErrorCode, Format, FrameKind,
    HardwareClass, ItemKind, JobState, KeyChange, LogicRule, LoginOutcome, Method, ModuleId, Occurrence,
    Outcome, ParameterSource, PinFunction, Policy, Prompt, Provisioning, ServiceId, SessionState, Subject,
    Suite, UpdateKind, UpdateState, WorkingState,
};
use cardwire_spec::{Protocol, model::Registry};
use core::fmt::Display;
use std::{collections::BTreeSet, path::Path};

/// What both kinds of registry are held to: number, name and text of each value.
fn hold<V: Display>(
    registry: &Registry,
    name: &str,
    values: impl Iterator<Item = (V, u64, Option<&'static str>)>,
) {
    let mut known = registry.values.iter();
    for (value, number, called) in values {
        let known = known
            .next()
            .unwrap_or_else(|| panic!("{name} has too many values"));
        assert_eq!(
            (number, called),
            (known.value, Some(known.name.as_str())),
            "{name}"
        );
        assert_eq!(value.to_string(), known.name, "{name}");
    }
    assert!(known.next().is_none(), "{name} has too few values");
}

fn protocol() -> Protocol {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/protocol.toml");
    cardwire_spec::load(&file).expect("the protocol's own schema is right")
}

#[test]
fn every_registry_is_that_of_the_schema() {
    let protocol = protocol();
    let mut seen = BTreeSet::new();
    macro_rules! closed {
        ($($name:literal $registry:ident,)+) => {$({
            seen.insert($name);
            let registry = &protocol.registries[$name];
            assert!(!registry.open, "{}", $name);
            hold(registry, $name, $registry::ALL.iter().map(|value| {
                assert_eq!($registry::from_value(value.value()), Some(*value));
                (*value, u64::from(value.value()), Some(value.name()))
            }));
            let known: BTreeSet<u64> = registry.values.iter().map(|value| value.value).collect();
            for number in (0..=u64::from(u8::MAX)).filter(|number| !known.contains(number)) {
                assert_eq!($registry::from_value(number as _), None, "{}: {number}", $name);
            }
        })+};
    }
    macro_rules! open {
        ($($name:literal $registry:ident,)+) => {$({
            seen.insert($name);
            let registry = &protocol.registries[$name];
            assert!(registry.open, "{}", $name);
            hold(registry, $name, $registry::ALL.iter().map(|value| {
                (*value, u64::from(value.value()), value.name())
            }));
            let strange = $registry(0x7E);
            assert_eq!(strange.name(), None);
            let digits = 2 * registry.width.bytes();
            assert_eq!(strange.to_string(), format!("0x{:0digits$X}", 0x7E));
        })+};
    }
    closed! {
        "frame_kind" FrameKind,
        "codec_rule" CodecRule,
        "working_state" WorkingState,
        "subject" Subject,
        "session_state" SessionState,
        "provisioning" Provisioning,
        "card_state" CardState,
        "policy" Policy,
        "client_loss" ClientLoss,
        "job_state" JobState,
        "item_kind" ItemKind,
        "login_outcome" LoginOutcome,
        "update_state" UpdateState,
        "conversion" Conversion,
        "parameter_source" ParameterSource,
        "occurrence" Occurrence,
        "pin_function" PinFunction,
        "prompt" Prompt,
        "logic_rule" LogicRule,
        "authentication_rule" AuthenticationRule,
        "key_change" KeyChange,
    }
    open! {
        "error" ErrorCode,
        "service" ServiceId,
        "module" ModuleId,
        "format" Format,
        "method" Method,
        "suite" Suite,
        "hardware_class" HardwareClass,
        "outcome" Outcome,
        "update_kind" UpdateKind,
    }
    let all: BTreeSet<&str> = protocol.registries.keys().map(String::as_str).collect();
    assert_eq!(seen, all, "every registry is looked at");
}

#[test]
fn remedies_are_those_of_the_schema() {
    let protocol = protocol();
    let remedies = |name: &str| {
        let values = protocol.registries[name].values.iter();
        values.map(|value| value.remedy.as_deref()).collect::<Vec<_>>()
    };
    let errors: Vec<_> = ErrorCode::ALL.iter().map(|code| code.remedy()).collect();
    assert_eq!(errors, remedies("error"));
    let outcomes: Vec<_> = Outcome::ALL.iter().map(|outcome| outcome.remedy()).collect();
    assert_eq!(outcomes, remedies("outcome"));
    assert_eq!(ErrorCode(0x7E7E).remedy(), None);
    assert_eq!(Outcome(0x7E7E).remedy(), None);
}
