//! That both codecs agree, that they would be found out if they did not, and that the inputs are worth something.

use cardwire_agreement::{
    Disagreement, Generated, Input, Interpreter, Judge, Options, Report, Subject, Verdict, run,
    shrink::shrink,
};
use cardwire_spec::{Protocol, interpret::Rule, model::Length};
use std::path::Path;

fn protocol() -> Protocol {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/protocol.toml");
    cardwire_spec::load(&file).expect("the protocol's own schema is right")
}

fn options(inputs: u64, threads: usize) -> Options {
    Options {
        inputs,
        seed: 7,
        threads,
    }
}

fn hold<'p>(
    protocol: &'p Protocol,
    other: &dyn Judge,
    options: Options,
) -> Result<Report, Box<Disagreement<'p>>> {
    run(protocol, [&Generated, other], options, |_| {})
}

#[test]
fn both_codecs_agree_and_the_inputs_try_every_rule() {
    let protocol = protocol();
    let report = hold(&protocol, &Interpreter(&protocol), options(100_000, 2));
    let report = report.unwrap_or_else(|found| panic!("{found:?}"));
    let sorts = protocol.messages.len() + protocol.documents.len();
    assert_eq!(report.taken.len(), sorts, "every message and document was taken");
    // Those of CBOR can't be broken in the native encoding.
    let rules = Rule::ALL
        .into_iter()
        .filter(|rule| !rule.name().starts_with("cbor-"));
    for rule in rules {
        let count = report.outcomes.get(&("message", rule.name()));
        assert!(count > Some(&20), "{rule}: {count:?}");
    }
    // In CBOR there are no others: what the native encoding has for extensions and booleans is not there to be broken.
    for rule in Rule::ALL {
        let is_native = matches!(
            rule,
            Rule::Boolean
                | Rule::ExtensionOrder
                | Rule::ExtensionCritical
                | Rule::ExtensionBit
                | Rule::ExtensionTail
                | Rule::CborKind
        );
        let count = report.outcomes.get(&("cbor", rule.name()));
        assert!(
            is_native == count.is_none() && count != Some(&1),
            "{rule}: {count:?}"
        );
    }
    let count = report.outcomes.get(&("cbor", "taken"));
    assert!(count > Some(&2000), "cbor, taken: {count:?}");
    for outcome in ["taken", "cobs", "too-short", "checksum", "kind"] {
        let count = report.outcomes.get(&("line", outcome));
        assert!(count > Some(&10), "line, {outcome}: {count:?}");
    }
    let taken = report.outcomes[&("message", "taken")];
    assert!(
        (20_000..60_000).contains(&taken),
        "neither all right nor all wrong: {taken}"
    );
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let protocol = protocol();
    let with = |threads| hold(&protocol, &Interpreter(&protocol), options(20_000, threads));
    assert_eq!(with(1), with(3));
}

/// Is wrong about one thing, and right about all others.
struct Liar<'p, F>(Interpreter<'p>, F);

impl<F: Fn(&Input<'_>, Verdict) -> Verdict + Sync> Judge for Liar<'_, F> {
    fn judge(&self, input: &Input<'_>, thorough: bool) -> Verdict {
        (self.1)(input, self.0.judge(input, thorough))
    }
}

#[test]
fn a_wrong_verdict_is_found_and_made_small() {
    let protocol = protocol();
    let liar = Liar(Interpreter(&protocol), |_: &Input<'_>, verdict| match verdict {
        Verdict::Refused { rule, field, offset } if rule == "order" => Verdict::Refused {
            rule,
            field,
            offset: offset + 1,
        },
        other => other,
    });
    let found = hold(&protocol, &liar, options(100_000, 2)).expect_err("it lies");
    assert_eq!(
        found,
        hold(&protocol, &liar, options(100_000, 1)).expect_err("it lies")
    );
    let least = shrink(&found, [&Generated, &liar]);
    assert!(least.input.bytes.len() <= found.input.bytes.len());
    assert!(least.verdicts.iter().all(|verdict| verdict.outcome() == "order"));
}

/// Of native bytes that are taken, their CBOR is looked at too.
#[test]
fn a_wrong_form_in_cbor_is_found() {
    let protocol = protocol();
    let liar = Liar(Interpreter(&protocol), |_: &Input<'_>, verdict| match verdict {
        Verdict::Taken {
            value,
            cbor: Some(cbor),
        } => Verdict::Taken {
            value,
            cbor: Some(cbor.replace("cbor-kind: extensions", "taken")),
        },
        other => other,
    });
    let found = hold(&protocol, &liar, options(200_000, 2)).expect_err("it lies");
    let least = shrink(&found, [&Generated, &liar]);
    // Service data without items, and extensions without values.
    assert_eq!(least.input.bytes[..2], [0x61, 0]);
    let told = least.verdicts[0].to_string();
    assert!(
        told.ends_with("in CBOR cbor-kind: extensions at offset 2"),
        "{told}"
    );
}

#[test]
fn a_wrong_fault_in_cbor_is_found() {
    let protocol = protocol();
    let liar = Liar(Interpreter(&protocol), |_: &Input<'_>, verdict| match verdict {
        Verdict::Refused { field, offset, .. } if field == "message" && offset > 0 => Verdict::Refused {
            rule: "cbor-tail",
            field,
            offset: offset - 1,
        },
        other => other,
    });
    let found = hold(&protocol, &liar, options(20_000, 2)).expect_err("it lies");
    assert!(matches!(found.input.subject, Subject::Cbor(_)), "{found:?}");
    assert_eq!(found.verdicts[0].outcome(), "cbor-tail");
}

#[test]
fn a_line_that_is_dropped_without_reason_is_found() {
    let protocol = protocol();
    let deaf = Liar(Interpreter(&protocol), |input: &Input<'_>, verdict| {
        match (input.subject, verdict) {
            (Subject::Stream, Verdict::Found(mut found)) if found.len() > 1 => {
                found.pop();
                Verdict::Found(found)
            }
            (_, verdict) => verdict,
        }
    });
    let found = hold(&protocol, &deaf, options(20_000, 2)).expect_err("it drops the last line");
    assert_eq!(found.input.subject, Subject::Stream);
    // Two lines of one byte each: no input is smaller.
    assert_eq!(shrink(&found, [&Generated, &deaf]).input.bytes.len(), 4);
}

/// One bound of the schema changed by one, and the codec stays as it is.
#[test]
fn every_bound_that_differs_is_found() {
    type Change = fn(&mut Protocol);
    let changes: [(&str, Change); 6] = [
        ("a range", |protocol| {
            field(protocol, "hello", "max_frame").range = Some([512, 4097]);
        }),
        ("a length", |protocol| {
            field(protocol, "connect_answer", "handshake").length = Some(Length::Bounds(48, 129));
        }),
        ("a count", |protocol| {
            field(protocol, "hello", "versions").count = Some([2, 8]);
        }),
        ("an order", |protocol| {
            field(protocol, "hello", "versions").order = None;
        }),
        ("a registry", |protocol| {
            let rules = protocol.registries.get_mut("job_state").expect("it is there");
            rules.values.pop();
        }),
        ("an extension", |protocol| {
            let progress = protocol
                .messages
                .iter_mut()
                .find(|message| message.name == "progress");
            let percent = &mut progress.expect("it is there").extensions[0];
            percent.field.range = Some([1, 100]);
        }),
    ];
    let right = protocol();
    for (what, change) in changes {
        let mut changed = right.clone();
        change(&mut changed);
        let found = hold(&right, &Interpreter(&changed), options(200_000, 2));
        let found = found.expect_err(what);
        println!("{what}: input {}", found.number);
    }
}

fn field<'p>(protocol: &'p mut Protocol, message: &str, field: &str) -> &'p mut cardwire_spec::model::Field {
    let message = protocol.messages.iter_mut().find(|other| other.name == message);
    let mut fields = message.expect("the message is there").fields.iter_mut();
    fields
        .find(|other| other.name == field)
        .expect("the field is there")
}
