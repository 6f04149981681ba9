//! Services by their interfaces: offers, formats, parameters, data, and the list of what there is.

use super::{SANITY, always, sanity::gives, session::run_fails};
use crate::{
    client::{
        bench::Bench,
        case::Case,
        lower::{
            script::{Act, Ask, message},
            tape::End,
        },
        request::{Offered, Op},
        services,
    },
    hex,
    verdict::{Step, Stop},
};
use cardwire_codec::message::Format;
use cardwire_peers::client::encode_items;
use serde_json::{Value, json};

pub(super) fn cases() -> Vec<Case> {
    let case = |id, requirements: &[&str], title, body| Case::new(id, requirements, title, body).twin(SANITY);
    vec![
        case(
            "client.interfaces.native-data",
            &["CW-INTF-003"],
            "gives its user service data in the format native",
            |bench| data(bench, "native"),
        ),
        case(
            "client.interfaces.cbor-data",
            &["CW-INTF-003", "CW-INTF-008"],
            "gives its user service data in the format cbor",
            |bench| {
                bench.speaks("cbor")?;
                data(bench, "cbor")
            },
        ),
        case(
            "client.interfaces.a-format-for-each-service",
            &["CW-INTF-003"],
            "offers each service in a format of its own",
            |bench| {
                bench.speaks("cbor")?;
                let offer = |service, format| Offered { service, format };
                let told = bench.open_with(
                    &[offer(services::IDENTIFY, "cbor"), offer(services::READ, "native")],
                    true,
                )?;
                bench.is_open(&told, "serving")?;
                let answer = bench.runs(services::IDENTIFY)?;
                gives(bench, &answer, &services::identify())?;
                let answer = bench.runs(services::READ)?;
                gives(bench, &answer, &services::read())
            },
        ),
        case(
            "client.interfaces.native-parameters",
            &["CW-INTF-009", "CW-INTF-003"],
            "sends parameters in the format native",
            |bench| parameters(bench, "native", Format::NATIVE),
        ),
        case(
            "client.interfaces.cbor-parameters",
            &["CW-INTF-009", "CW-INTF-003"],
            "sends parameters in the format cbor",
            |bench| {
                bench.speaks("cbor")?;
                parameters(bench, "cbor", Format::CBOR)
            },
        ),
        case(
            "client.interfaces.broken-native-data",
            &["CW-INTF-003"],
            "shows nothing of service data that are no service_data",
            |bench| {
                // Says that there is an item more than there is.
                first_part(bench, |bytes| bytes[1] += 1)?;
                run_fails(bench, "the service data break a rule of the codec")
            },
        ),
        case(
            "client.interfaces.broken-cbor-data",
            &["CW-INTF-008"],
            "shows nothing of service data that are not the cbor of this protocol",
            |bench| {
                bench.speaks("cbor")?;
                // The head of an array of indefinite length.
                first_part(bench, |bytes| bytes[0] = 0x9F)?;
                let told = bench.open_with(&services::offers_in("cbor"), true)?;
                bench.is_open(&told, "serving")?;
                let told = bench.run(services::IDENTIFY, &[])?;
                super::session::no_success(bench, &told, "the service data are no deterministic CBOR")
            },
        ),
        case(
            "client.interfaces.disabled",
            &["CW-SESS-022"],
            "tells its user that a service is not enabled",
            |bench| refused(bench, "interface-disabled"),
        ),
        case(
            "client.interfaces.format-not-spoken",
            &["CW-SESS-022"],
            "tells its user that the reader does not speak the format",
            |bench| refused(bench, "format-not-supported"),
        ),
        case(
            "client.interfaces.parameters-refused",
            &["CW-SESS-022"],
            "tells its user that the service does not take the parameters",
            |bench| refused(bench, "parameters-refused"),
        ),
        case(
            "client.interfaces.lists-services",
            &["CW-INTF-004"],
            "lists all services of the reader, part by part",
            lists,
        )
        .needs(Op::Services),
        case(
            "client.interfaces.list-out-of-order",
            &["CW-INTF-004"],
            "shows no list of services that does not ascend",
            |bench| {
                list_fails(bench, |answer| {
                    if let Some(list) = answer["services"].as_array_mut() {
                        list.reverse();
                    }
                })
            },
        )
        .needs(Op::Services),
        case(
            "client.interfaces.list-without-end",
            &["CW-INTF-004"],
            "does not ask for ever for a list that does not come to its end",
            |bench| {
                list_fails(bench, |answer| {
                    answer["total"] = json!(200);
                    answer["services"] = json!([]);
                })
            },
        )
        .needs(Op::Services),
        case(
            "client.interfaces.status",
            &["CW-CERT-001"],
            "tells its user how the reader stands, and that its identity is for certification",
            |bench| {
                bench.opens()?;
                let told = bench.do_op(Op::Status)?;
                let status = bench.done(&told, "the reader's status")?;
                let expected = [
                    ("state", "serving"),
                    ("provisioning", "certification"),
                    ("software", "scripted-1"),
                ];
                for (member, expected) in expected {
                    let seen = status.get(member).and_then(Value::as_str);
                    bench.holds(
                        seen == Some(expected),
                        &format!("{member} {expected}"),
                        format!("{seen:?}"),
                    )?;
                }
                Ok(())
            },
        )
        .needs(Op::Status),
    ]
}

fn data(bench: &mut Bench<'_>, format: &'static str) -> Step {
    let told = bench.open_with(&services::offers_in(format), true)?;
    bench.is_open(&told, "serving")?;
    let all = [
        (services::IDENTIFY, services::identify()),
        (services::READ, services::read()),
        (services::LARGE, services::large()),
        (services::EMPTY, Vec::new()),
    ];
    for (service, items) in all {
        let answer = bench.runs(service)?;
        gives(bench, &answer, &items)?;
    }
    Ok(())
}

fn parameters(bench: &mut Bench<'_>, name: &'static str, format: Format) -> Step {
    let told = bench.open_with(&services::offers_in(name), true)?;
    bench.is_open(&told, "serving")?;
    let items = [
        services::text("text", "Zoë"),
        services::bytes("bytes", 30),
        services::number("number", 0),
        services::number("number", 70_000),
        services::text("text", ""),
    ];
    let told = bench.run(services::IDENTIFY, &items)?;
    bench.done(&told, "an outcome")?;
    let expected = encode_items(format, &items).map_err(|error| Stop::Error(error.to_string()))?;
    let heard = bench.heard(End::Reader, "instruct");
    let sent = heard.first().map(|(_, heard)| heard.fields["parameters"].clone());
    let sent = sent.as_ref().and_then(Value::as_str).unwrap_or_default();
    let expected = hex::encode(&expected);
    bench.holds(sent == expected, &format!("the parameters {expected}"), sent)
}

/// The first part of a job's data comes with something else in it.
fn first_part(bench: &mut Bench<'_>, change: fn(&mut Vec<u8>)) -> Step {
    bench.reader(always("job_data", move |ask| {
        let edit = |answer: &mut Value| {
            let mut bytes = hex::decode(answer["data"].as_str().unwrap_or_default()).unwrap_or_default();
            change(&mut bytes);
            answer["data"] = json!(hex::encode(&bytes));
        };
        let is_first = ask.message.ends_with(&[0, 0]);
        if is_first {
            vec![Act::Say(ask.edited(edit))]
        } else {
            vec![Act::Right]
        }
    }))
}

fn refused(bench: &mut Bench<'_>, error: &'static str) -> Step {
    bench.reader(always("instruct", move |_: &Ask| {
        let error = json!({ "request": 6, "code": error, "detail": 0, "offset": 0 });
        vec![Act::Say(message("error", &error))]
    }))?;
    run_fails(bench, &format!("the reader answers with {error}"))
}

fn lists(bench: &mut Bench<'_>) -> Step {
    let offered = Offered {
        service: services::READ,
        format: "native",
    };
    let told = bench.open_with(&[offered], true)?;
    bench.is_open(&told, "serving")?;
    let told = bench.do_op(Op::Services)?;
    let seen = bench
        .done(&told, "a list of services")?
        .get("services")
        .cloned()
        .unwrap_or_default();
    let expected: Value = services::all()
        .into_iter()
        .map(|canned| {
            let service = canned.service.0;
            json!({ "service": service, "name": canned.name, "enabled": service == services::READ })
        })
        .collect();
    bench.holds(
        seen == expected,
        &format!("the services {expected}"),
        seen.to_string(),
    )
}

fn list_fails(bench: &mut Bench<'_>, edit: fn(&mut Value)) -> Step {
    bench.reader(always("service_list", move |ask| {
        vec![Act::Say(ask.edited(edit))]
    }))?;
    bench.opens()?;
    let told = bench.do_op(Op::Services)?;
    bench.failed(&told, "the list is not one that the protocol allows")
}
