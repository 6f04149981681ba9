//! Logins: what the client compares, what it relays, and what the reader says to it.

use super::{SANITY, always};
use crate::{
    client::{
        bench::Bench,
        case::Case,
        lower::{
            script::{Act, Ask, edited, message},
            tape::End,
        },
        request::Op,
        services,
    },
    verdict::Step,
};
use serde_json::{Value, json};

pub(super) fn cases() -> Vec<Case> {
    let case = |id, requirements: &[&str], title, body| Case::new(id, requirements, title, body).twin(SANITY);
    vec![
        case(
            "client.login.relays-unchanged",
            &["CW-LOGIN-004"],
            "relays all that reader and cloud have to say, whole, once and in order",
            relays,
        ),
        case(
            "client.login.asks-again",
            &["CW-SESS-022"],
            "asks the cloud for more when its user wants it",
            |bench| {
                bench.opens()?;
                let before = bench.count(End::Cloud, "cloud_relay");
                let told = bench.do_op(Op::Update)?;
                bench.done(&told, "an answer of the cloud")?;
                let after = bench.count(End::Cloud, "cloud_relay");
                bench.holds(after > before, "an empty cloud_relay", "none")
            },
        )
        .needs(Op::Update),
        case(
            "client.login.without-a-cloud",
            &["CW-SESS-022"],
            "is connected, and logs nothing in, where it is given no cloud",
            |bench| {
                let told = bench.open_with(&[], false)?;
                bench.is_open(&told, "connected")?;
                let begun = bench.count(End::Reader, "platform_auth");
                bench.holds(begun == 0, "no login", format!("{begun}"))
            },
        ),
        case(
            "client.login.offers-nothing",
            &["CW-LOGIN-018"],
            "logs a reader in without an offer",
            |bench| {
                let told = bench.open_with(&[], true)?;
                bench.is_open(&told, "serving")
            },
        ),
        case(
            "client.login.header-of-another-version",
            &["CW-LOGIN-022"],
            "opens no login whose header names another version",
            |bench| header(bench, |header| header["version"] = json!(2)),
        ),
        case(
            "client.login.header-of-another-reader",
            &["CW-LOGIN-022"],
            "opens no login whose header names another reader",
            |bench| header(bench, |header| header["reader_id"] = json!("ANOTHER-READER")),
        ),
        case(
            "client.login.header-of-another-client",
            &["CW-LOGIN-022"],
            "opens no login whose header names another client",
            |bench| header(bench, |header| header["client_id"] = json!("CERT-CLIENT-2")),
        ),
        case(
            "client.login.header-of-another-session",
            &["CW-LOGIN-022"],
            "opens no login whose header names another session",
            |bench| header(bench, |header| header["session"] = json!("11".repeat(32))),
        ),
        case(
            "client.login.header-cut-short",
            &["CW-LOGIN-022", "CW-SESS-021"],
            "opens no login whose header is no login_header",
            |bench| {
                header_bytes(bench, |mut bytes| {
                    bytes.pop();
                    bytes
                })
            },
        ),
        case(
            "client.login.header-of-another-document",
            &["CW-LOGIN-022", "CW-SESS-021"],
            "opens no login whose header is another document",
            |bench| header_bytes(bench, |_| vec![0x61, 0x00]),
        ),
        case(
            "client.login.no-confirmation",
            &["CW-SESS-021"],
            "gives up where the reader has nothing to say to the cloud's handshake",
            |bench| {
                relay_answers(bench, 0, |answer| answer["payload"] = json!(""))?;
                let relayed = bench.count(End::Cloud, "cloud_relay");
                bench.holds(relayed == 0, "no cloud_relay", format!("{relayed}"))
            },
        ),
        case(
            "client.login.not-serving",
            &["CW-SESS-021"],
            "is not logged in where the reader does not say so",
            |bench| relay_answers(bench, 1, |answer| answer["state"] = json!("connected")),
        ),
        case(
            "client.login.still-at-login",
            &["CW-SESS-021"],
            "is not logged in where the reader still waits for more",
            |bench| relay_answers(bench, 1, |answer| answer["state"] = json!("login")),
        ),
        case(
            "client.login.denied",
            &["CW-SESS-022"],
            "tells its user that the reader was denied",
            |bench| refused(bench, "relay", 4, "login-denied"),
        ),
        case(
            "client.login.reader-has-no-key",
            &["CW-SESS-022"],
            "tells its user that the reader begins no login",
            |bench| refused(bench, "platform_auth", 3, "storage-failed"),
        ),
        case(
            "client.login.expired",
            &["CW-SESS-022"],
            "tells its user that the reader has dropped the login",
            |bench| refused(bench, "relay", 4, "login-expired"),
        ),
    ]
}

fn relays(bench: &mut Bench<'_>) -> Step {
    const MESSAGES: usize = 12;
    bench.scene()?.updates = MESSAGES as u32;
    bench.opens()?;
    // A reader is only told so much: the rest is asked for.
    let relayed = bench.count(End::Reader, "relay");
    let expected = MESSAGES + 2;
    bench.holds(
        relayed == expected,
        &format!("{expected} messages for the reader: two of the login, {MESSAGES} behind it"),
        format!("{relayed}"),
    )?;
    let passed = bench.count(End::Cloud, "cloud_relay");
    let expected = MESSAGES + 2;
    bench.holds(
        passed == expected,
        &format!("{expected} messages for the cloud: the confirmation, an empty one, {MESSAGES} answers"),
        format!("{passed}"),
    )?;
    bench.runs(services::IDENTIFY).map(|_| ())
}

fn header(bench: &mut Bench<'_>, edit: fn(&mut Value)) -> Step {
    change_header(bench, move |bytes| edited(&bytes, edit))
}

fn header_bytes(bench: &mut Bench<'_>, change: fn(Vec<u8>) -> Vec<u8>) -> Step {
    change_header(bench, change)
}

fn change_header(bench: &mut Bench<'_>, change: impl Fn(Vec<u8>) -> Vec<u8> + Send + 'static) -> Step {
    bench.reader(always("platform_auth", move |ask| {
        vec![Act::Say(with_header(ask, &change))]
    }))?;
    let told = bench.open()?;
    bench.failed(&told, "the login header is not that of this session")?;
    let opened = bench.count(End::Cloud, "cloud_open");
    bench.holds(opened == 0, "no cloud_open", format!("{opened}"))
}

/// The right platform_auth_answer with another header, byte by byte: the interpreter would not write a wrong one.
fn with_header(ask: &Ask, change: &impl Fn(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let Some((&code, rest)) = ask.right.split_first() else {
        return Vec::new();
    };
    let Some((&length, rest)) = rest.split_first() else {
        return Vec::new();
    };
    let (header, behind) = rest.split_at(usize::from(length).min(rest.len()));
    let header = change(header.to_vec());
    [&[code, header.len() as u8], header.as_slice(), behind].concat()
}

fn relay_answers(bench: &mut Bench<'_>, nth: u32, edit: fn(&mut Value)) -> Step {
    bench.reader(move |ask| {
        // Each login has two relays.
        if ask.is("relay") && ask.nth % 2 == nth {
            vec![Act::Say(ask.edited(edit))]
        } else {
            vec![Act::Right]
        }
    })?;
    let told = bench.open()?;
    bench.failed(&told, "the reader does not say what it has to")
}

fn refused(bench: &mut Bench<'_>, request: &'static str, code: u8, error: &'static str) -> Step {
    bench.reader(always(request, move |_| {
        let error = json!({ "request": code, "code": error, "detail": 0, "offset": 0 });
        vec![Act::Say(message("error", &error))]
    }))?;
    let told = bench.open()?;
    bench.failed(&told, &format!("the reader answers {request} with {error}"))?;
    Ok(())
}
