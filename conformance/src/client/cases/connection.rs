//! Hello and connect: versions, identities, handshakes, refusals.

use super::{SANITY, always, link::works, once};
use crate::{
    client::{
        bench::Bench,
        case::Case,
        lower::{
            script::{Act, Ask},
            tape::{End, What},
        },
    },
    hex,
    tester::{LOW_ORDER, reader_message},
    vectors,
    verdict::{Step, Stop},
};
use cardwire_peers::{
    client::handshake::prologue,
    identity::{ClientIdentity, ClientSecret, Key, ReaderClient},
};
use cardwire_spec::interpret::Rule;
use serde_json::{Value, json};

/// Bytes of a connect's field `handshake`, with its length.
const HANDSHAKE: usize = 49;

pub(super) fn cases() -> Vec<Case> {
    let case = |id, requirements: &[&str], title, body| Case::new(id, requirements, title, body).twin(SANITY);
    vec![
        case(
            "client.connection.repeats-hello",
            &["CW-SESS-009"],
            "repeats a hello that got no answer",
            |bench| repeats(bench, "hello"),
        )
        .should(),
        case(
            "client.connection.repeats-connect",
            &["CW-SESS-009", "CW-CONN-015"],
            "repeats a connect whose answer was lost",
            |bench| repeats(bench, "connect"),
        )
        .should(),
        case(
            "client.connection.silence-is-an-end",
            &["CW-SESS-022"],
            "tells its user that a reader does not answer",
            |bench| {
                bench.reader(|_| Vec::new())?;
                let told = bench.open()?;
                bench.failed(&told, "the reader answers nothing")
            },
        ),
        case(
            "client.connection.closed-link-is-told",
            &["CW-SESS-022"],
            "tells its user that the link is closed at hello",
            |bench| {
                bench.reader(|_| vec![Act::Close])?;
                let told = bench.open()?;
                bench.failed(&told, "the reader closes the link")
            },
        ),
        case(
            "client.connection.fresh-ephemeral-keys",
            &["CW-CONN-015"],
            "makes a fresh ephemeral key for every connect",
            |bench| {
                for _ in 0..3 {
                    bench.opens()?;
                }
                Ok(())
            },
        )
        .alone(),
        case(
            "client.connection.assigned-numbers",
            &["CW-VER-003"],
            "sends no extension and no registry value that is not assigned or for private use",
            works,
        )
        .alone(),
        case(
            "client.connection.derives-the-key",
            &["CW-CONN-004"],
            "derives a reader's key, whatever names, generation and secret are",
            derives,
        ),
        case(
            "client.connection.tries-once-more",
            &["CW-CONN-016"],
            "says hello and connects once more, `T_backoff` after a refusal",
            tries_once_more,
        )
        .should(),
        case(
            "client.connection.refusal-is-no-answer",
            &["CW-CONN-014", "CW-CONN-016"],
            "is not connected where every connect is refused",
            |bench| {
                bench.reader(always("connect", |ask| {
                    vec![
                        Act::Clear {
                            number: ask.number,
                            message: vec![0xFF],
                        },
                        Act::Forget,
                    ]
                }))?;
                not_connected(bench, "the reader refuses every connect")
            },
        ),
        case(
            "client.connection.refused-hello",
            &["CW-SESS-022"],
            "does not connect where hello is refused",
            |bench| {
                bench.reader(always("hello", |_| vec![Act::Say(vec![0xFF])]))?;
                no_connect(bench, "the reader refuses hello")
            },
        ),
        case(
            "client.connection.forged-answer-is-dropped",
            &["CW-CONN-014"],
            "drops a connect_answer that does not authenticate, and waits on",
            |bench| {
                bench.reader(super::before_all(|ask| match ask.name.as_str() {
                    "connect" => forged(ask),
                    _ => Vec::new(),
                }))?;
                works(bench)
            },
        ),
        case(
            "client.connection.forged-answer-is-no-reader",
            &["CW-CONN-014"],
            "is not connected where no connect_answer authenticates",
            |bench| {
                bench.reader(always("connect", forged))?;
                not_connected(bench, "no connect_answer authenticates")
            },
        ),
        case(
            "client.connection.key-of-low-order",
            &["CW-CONN-011"],
            "takes no connect_answer whose Diffie-Hellman result is all zero",
            low_order,
        ),
        case(
            "client.connection.long-handshake",
            &["CW-CONN-014"],
            "takes no connect_answer whose handshake has another length",
            |bench| {
                bench.reader(always("connect", |ask| {
                    let longer = |answer: &mut Value| {
                        let text = answer["handshake"].as_str().unwrap_or_default().to_owned();
                        answer["handshake"] = json!(text + "00");
                    };
                    if ask.right.len() > 1 {
                        vec![Act::Say(ask.edited(longer))]
                    } else {
                        vec![Act::Right]
                    }
                }))?;
                not_connected(bench, "no connect_answer has a handshake of 48 bytes")
            },
        ),
        case(
            "client.connection.altered-challenge",
            &["CW-CONN-014", "CW-CONN-004"],
            "is not connected where the challenge was changed on the way",
            |bench| altered_hello(bench, |answer| answer["challenge"] = json!("5a".repeat(16))),
        ),
        case(
            "client.connection.other-reader",
            &["CW-CONN-014", "CW-CONN-004"],
            "is not connected to a reader that states another identity than its own",
            |bench| altered_hello(bench, |answer| answer["reader_id"] = json!("ANOTHER-READER")),
        ),
        case(
            "client.connection.trimmed-versions",
            &["CW-CONN-014", "CW-VER-002"],
            "is not connected where the reader's versions were trimmed on the way",
            |bench| {
                bench.scene()?.versions = vec![1, 7];
                altered_hello(bench, |answer| answer["versions"] = json!([1]))
            },
        ),
        case(
            "client.connection.more-versions",
            &["CW-VER-002"],
            "connects to a reader that speaks more versions than it does itself",
            |bench| {
                bench.scene()?.versions = vec![1, 254, 255];
                works(bench)
            },
        ),
        case(
            "client.connection.version-of-nobody",
            &["CW-VER-002"],
            "does not connect in a version that it does not speak",
            |bench| {
                bench.scene()?.versions = vec![1, 254];
                stated(bench, 254)
            },
        ),
        case(
            "client.connection.version-none",
            &["CW-VER-002"],
            "does not connect where the reader states no version, though there is one",
            |bench| stated(bench, 0),
        ),
        case(
            "client.connection.version-unlisted",
            &["CW-VER-002"],
            "does not connect in a version that the reader does not list",
            |bench| {
                bench.reader(always("hello", |ask| {
                    vec![Act::Say(ask.edited(|answer| answer["versions"] = json!([253])))]
                }))?;
                no_connect(bench, "the stated version is not in the reader's list")
            },
        ),
        case(
            "client.connection.no-common-version",
            &["CW-VER-002"],
            "does not connect to a reader with which it has no version in common",
            |bench| {
                bench.scene()?.versions = vec![254];
                no_connect(bench, "there is no common version")
            },
        ),
        case(
            "client.connection.hello-answer-of-a-wrong-type",
            &["CW-CODEC-001"],
            "drops an answer to hello that is of a type that there is not",
            |bench| malformed(bench, "hello", "CW-CODEC-001"),
        ),
        case(
            "client.connection.hello-answer-cut-short",
            &["CW-CODEC-002"],
            "drops an answer to hello that ends too early",
            |bench| malformed(bench, "hello", "CW-CODEC-002"),
        ),
        case(
            "client.connection.hello-answer-out-of-bounds",
            &["CW-CODEC-003"],
            "drops an answer to hello that holds a number, length or count outside of its bounds",
            |bench| malformed(bench, "hello", "CW-CODEC-003"),
        ),
        case(
            "client.connection.hello-answer-of-no-text",
            &["CW-CODEC-005"],
            "drops an answer to hello that holds a text that is none",
            |bench| malformed(bench, "hello", "CW-CODEC-005"),
        ),
        case(
            "client.connection.hello-answer-out-of-order",
            &["CW-CODEC-006"],
            "drops an answer to hello that lists versions that do not ascend",
            |bench| malformed(bench, "hello", "CW-CODEC-006"),
        ),
        case(
            "client.connection.hello-answer-with-extensions-out-of-order",
            &["CW-CODEC-007"],
            "drops an answer to hello that has extensions that do not ascend",
            |bench| malformed(bench, "hello", "CW-CODEC-007"),
        ),
        case(
            "client.connection.hello-answer-with-a-critical-extension",
            &["CW-CODEC-010"],
            "drops an answer to hello that has a critical extension that nobody knows",
            |bench| malformed(bench, "hello", "CW-CODEC-010"),
        ),
        case(
            "client.connection.connect-answer-of-a-wrong-type",
            &["CW-CODEC-001"],
            "drops an answer to connect that is of a type that there is not",
            |bench| malformed(bench, "connect", "CW-CODEC-001"),
        ),
        case(
            "client.connection.connect-answer-cut-short",
            &["CW-CODEC-002"],
            "drops an answer to connect that ends too early",
            |bench| malformed(bench, "connect", "CW-CODEC-002"),
        ),
        case(
            "client.connection.connect-answer-out-of-bounds",
            &["CW-CODEC-003"],
            "drops an answer to connect that has a handshake of another length",
            |bench| malformed(bench, "connect", "CW-CODEC-003"),
        ),
        case(
            "client.connection.connect-answer-with-extensions-out-of-order",
            &["CW-CODEC-007"],
            "drops an answer to connect that has extensions that do not ascend",
            |bench| malformed(bench, "connect", "CW-CODEC-007"),
        ),
        case(
            "client.connection.connect-answer-with-a-critical-extension",
            &["CW-CODEC-010"],
            "drops an answer to connect that has a critical extension that nobody knows",
            |bench| malformed(bench, "connect", "CW-CODEC-010"),
        ),
    ]
}

/// The first answer to this request is lost.
fn repeats(bench: &mut Bench<'_>, name: &'static str) -> Step {
    bench.reader(once(name, |_| Vec::new()))?;
    let told = bench.open()?;
    if bench.done(&told, "a session").is_err() {
        bench.misses(
            "the same request again, after `T_repeat`",
            "a client that gives up",
        );
    } else {
        bench.is_open(&told, "serving")?;
    }
    Ok(())
}

fn not_connected(bench: &mut Bench<'_>, why: &str) -> Step {
    let told = bench.open()?;
    bench.failed(&told, why)?;
    let records = bench.records();
    let sealed = records.iter().filter(|record| {
        record.end == End::Reader
            && matches!(&record.what, What::Heard(heard) if heard.frame.kind == "sealed")
    });
    let sealed = sealed.count();
    bench.holds(sealed == 0, "no sealed request", format!("{sealed}"))
}

fn no_connect(bench: &mut Bench<'_>, why: &str) -> Step {
    not_connected(bench, why)?;
    let connects = bench.count(End::Reader, "connect");
    bench.holds(connects == 0, "no connect", format!("{connects}"))
}

fn stated(bench: &mut Bench<'_>, version: u8) -> Step {
    bench.reader(always("hello", move |ask| {
        vec![Act::Say(ask.edited(|answer| answer["version"] = json!(version)))]
    }))?;
    no_connect(bench, &format!("the reader states version {version}"))
}

/// The answer to hello arrives changed; what the client makes of it the reader can't open.
fn altered_hello(bench: &mut Bench<'_>, edit: fn(&mut Value)) -> Step {
    bench.reader(always("hello", move |ask| vec![Act::Say(ask.edited(edit))]))?;
    not_connected(bench, "the answer to hello was changed on the way")
}

/// A connect_answer with 48 bytes that nobody made.
fn forged(ask: &Ask) -> Vec<Act> {
    let message = [vec![0x82, 48], vec![0x5A; 48]].concat();
    vec![Act::Clear {
        number: ask.number,
        message,
    }]
}

fn derives(bench: &mut Bench<'_>) -> Step {
    let longest = "N".repeat(32);
    let cases = [
        ("C", 0, 16, "R"),
        (longest.as_str(), u32::MAX, 64, longest.as_str()),
        ("counter-7.branch_3", 0x0102_0304, 33, "reader-1"),
    ];
    for (id, generation, size, reader) in cases {
        let secret: Vec<u8> = (0..size).map(|at: u8| at.wrapping_mul(37) ^ 0xA5).collect();
        let secret = ClientSecret::new(secret).ok_or_else(|| Stop::Error("no such secret".into()))?;
        let client = ClientIdentity {
            id: id.into(),
            generation,
            secret,
        };
        let scene = bench.scene()?;
        scene.identity.id = reader.into();
        scene.identity.clients = vec![ReaderClient {
            id: id.into(),
            generation,
            pre_shared_key: client.pre_shared_key(reader),
        }];
        scene.client = client;
        // The session is enough here.
        let told = bench.open_with(&[], false)?;
        bench.is_open(&told, "connected")?;
        let stated = bench.done(&told, "a session")?.get("reader").cloned();
        bench.holds(
            stated.as_ref().and_then(Value::as_str) == Some(reader),
            &format!("the reader's name, {reader}"),
            format!("{stated:?}"),
        )?;
    }
    Ok(())
}

fn tries_once_more(bench: &mut Bench<'_>) -> Step {
    bench.reader(once("connect", |_| vec![Act::Say(vec![0xFF]), Act::Forget]))?;
    let told = bench.open()?;
    let connects = bench.heard(End::Reader, "connect");
    let [(first, _), (second, _), ..] = connects.as_slice() else {
        bench.misses(
            "a second connect",
            "a client that gives up after the first refusal",
        );
        return Ok(());
    };
    let waited = second.at - first.at;
    // The client's clock is not the tester's.
    if waited < bench.timers.backoff.mul_f64(0.95) {
        let expected = format!("a second connect {:?} after the refusal", bench.timers.backoff);
        bench.misses(&expected, &format!("one after {waited:?}"));
    }
    let hellos = bench.count(End::Reader, "hello");
    bench.holds(
        hellos == 2,
        "a second hello before the second connect",
        format!("{hellos} hellos"),
    )?;
    bench.is_open(&told, "serving")
}

/// Points of low order, each with a tag that fits the key that follows from it, and no right answer.
fn low_order(bench: &mut Bench<'_>) -> Step {
    let scene = bench.scene()?;
    let key = scene.client.pre_shared_key(&scene.identity.id);
    let mut answered = Vec::new();
    bench.reader(move |ask| {
        if ask.is("hello") {
            answered.clone_from(&ask.right);
        }
        if !ask.is("connect") {
            return vec![Act::Right];
        }
        let hostile = |point| Act::Clear {
            number: ask.number,
            message: hostile(&key, &answered, ask, point),
        };
        LOW_ORDER.map(hostile).into()
    })?;
    not_connected(bench, "the reader's key is a point of low order")
}

fn hostile(key: &Key, answered: &[u8], ask: &Ask, point: [u8; 32]) -> Vec<u8> {
    let Some((header, first)) = ask
        .message
        .split_at_checked(ask.message.len().saturating_sub(HANDSHAKE))
    else {
        return Vec::new();
    };
    // The hello stands in the connect, behind code and length.
    let length = usize::from(header.get(1).copied().unwrap_or_default());
    let hello = header.get(2..2 + length).unwrap_or_default();
    let prologue = prologue(hello, answered, header);
    match reader_message(key, &prologue, &first[1..], point) {
        Ok(message) => [vec![0x82, 48], message.to_vec()].concat(),
        Err(_) => Vec::new(),
    }
}

/// Each vector of an answer that breaks a rule of this requirement comes before the right answer.
fn malformed(bench: &mut Bench<'_>, request: &'static str, requirement: &str) -> Step {
    let is_of_it = |rule: &str| {
        let rule = Rule::ALL.into_iter().find(|known| known.name() == rule);
        rule.is_some_and(|rule| rule.requirement() == requirement)
    };
    let all: Vec<_> = vectors::invalid(&format!("{request}_answer"))
        .filter(|vector| is_of_it(&vector.rule))
        .filter_map(|vector| hex::decode(&vector.hex))
        .filter(|bytes| bytes.len() < 480)
        .collect();
    if all.is_empty() {
        return Err(Stop::Error(format!(
            "no vector of {request}_answer breaks {requirement}"
        )));
    }
    for bytes in all {
        bench.reader(super::before_all(move |ask| {
            if !ask.is(request) {
                return Vec::new();
            }
            let (number, message) = (ask.number, bytes.clone());
            vec![Act::Clear { number, message }]
        }))?;
        let told = bench.open_with(&[], false)?;
        bench.is_open(&told, "connected")?;
    }
    Ok(())
}
