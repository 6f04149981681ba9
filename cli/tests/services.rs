//! The services of the catalogue, end to end: reader, cloud and client are processes of their own.
//!
//! What a service gives is held to what the card holds, which is read here without a reader and decoded anew; what it
//! writes is read back by another service. Each test runs in both client formats.

#[path = "services/authenticate.rs"]
mod authenticate;
#[path = "services/bench.rs"]
mod bench;
#[path = "services/card.rs"]
mod card;
mod common;
#[path = "services/pins.rs"]
mod pins;
#[path = "services/secrets.rs"]
mod secrets;

use bench::Bench;
use card::{USIM, file, file_if_there, hex, name, number};
use serde_json::{Value, json};

const FORMATS: [&str; 2] = ["native", "cbor"];

/// Runs a test with a fresh reader in each format.
fn in_both_formats(arguments: &[&str], test: impl Fn(&Bench)) {
    for format in FORMATS {
        test(&Bench::start(format, arguments));
    }
}

/// An entry of the phone book, as phonebook.list gives it.
fn entry(index: u8, name: &str, number: &str) -> Vec<(&'static str, Value)> {
    let texts = [("name", name), ("number", number)];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    core::iter::once(("index", json!(index)))
        .chain(texts.map(|(name, text)| (name, json!(text))))
        .collect()
}

/// The entry that the card holds in this record.
fn held(index: u8) -> Vec<(&'static str, Value)> {
    let record = file(false, &[[0x7F, 0x10], [0x6F, 0x3A]], Some(index));
    let (alpha, rest) = record.split_at(record.len() - 14);
    entry(index, &name(alpha), &number(rest))
}

//= spec/book/src/services.md#cw-svc-004
//= type=test
//# A reader MUST give what the entry of a service in this catalogue says, for each service of it that the reader lists.
#[test]
fn what_services_read_is_what_the_card_holds() {
    in_both_formats(&[], |bench| {
        let table = |name, fid| Some((name, json!(hex(&file_if_there(true, &[[0x6F, fid]], None)?))));
        let tables: Vec<_> = [table("ust", 0x38), table("est", 0x56)]
            .into_iter()
            .flatten()
            .collect();
        bench.run("service.table.read", &[]).success(&tables);

        let smsp = file(true, &[[0x6F, 0x42]], Some(1));
        let centre = number(&smsp[smsp.len() - 15..]);
        bench
            .run("sms.center.read", &[])
            .success(&[("number", json!(centre))]);
        bench.run("sms.center.read", &["record=2"]).success(&[]);
        bench
            .run("sms.center.read", &["record=3"])
            .ended("not-found", &[]);

        let book = [held(1), held(2)];
        bench.run("phonebook.list", &[]).success(&book.concat());
        let first = [held(1), vec![("next", json!(2))]].concat();
        bench.run("phonebook.list", &["count=1"]).success(&first);
        bench.run("phonebook.list", &["first=2"]).success(&book[1]);
        bench.run("phonebook.list", &["first=3"]).success(&[]);
        bench.run("phonebook.list", &["first=254"]).success(&[]);
    });
}

#[test]
fn files_are_read() {
    in_both_formats(&[], |bench| {
        let iccid = file(false, &[[0x2F, 0xE2]], None);
        let whole = [("size", json!(iccid.len())), ("data", json!(hex(&iccid)))];
        bench.run("file.read", &["path=2FE2"]).success(&whole);
        let part = [("size", json!(iccid.len())), ("data", json!(hex(&iccid[2..5])))];
        bench
            .run("file.read", &["path=2FE2", "offset=2", "length=3"])
            .success(&part);
        let rest = [("size", json!(iccid.len())), ("data", json!(hex(&iccid[7..])))];
        bench.run("file.read", &["path=2FE2", "offset=7"]).success(&rest);
        bench
            .run("file.read", &["path=2FE2", "offset=11"])
            .card_said("6b00", &[("size", json!(iccid.len()))]);

        let aid = format!("aid={}", hex(USIM));
        let imsi = file(true, &[[0x6F, 0x07]], None);
        let whole = [("size", json!(imsi.len())), ("data", json!(hex(&imsi)))];
        bench.run("file.read", &[&aid, "path=6F07"]).success(&whole);

        let record = file(false, &[[0x7F, 0x10], [0x6F, 0x3A]], Some(2));
        let whole = [("records", json!(10)), ("data", json!(hex(&record)))];
        bench
            .run("file.read", &["path=7F106F3A", "record=2"])
            .success(&whole);
        bench
            .run("file.read", &["path=7F106F3A", "record=11"])
            .ended("not-found", &[("records", json!(10))]);

        for missing in ["path=2FFF", "path=7F10"] {
            bench.run("file.read", &[missing]).ended("not-found", &[]);
        }
        bench
            .run("file.read", &["aid=A000000000", "path=6F07"])
            .ended("not-found", &[]);
    });
}

#[test]
fn the_phone_book_is_written_and_read_back() {
    in_both_formats(&[], |bench| {
        let update = |given: &[&str]| bench.run("phonebook.update", given);
        for (text, number) in [
            ("Zoë", "+491234567890123"),
            ("Жук", "112"),
            ("", "*100#"),
            ("Nobody", ""),
        ] {
            let expected = entry(5, text, number);
            let given = [
                "index=5".to_owned(),
                format!("name={text}"),
                format!("number={number}"),
            ];
            let given: Vec<_> = given.iter().map(String::as_str).collect();
            update(&given).success(&expected);
            // Once more: it is so already.
            update(&given).success(&expected);
            bench
                .run("phonebook.list", &[])
                .success(&[held(1), held(2), expected].concat());
        }
        update(&["index=5"]).success(&[("index", json!(5))]);

        update(&["index=5", "name=fifteen letters"]).ended("does-not-fit", &[]);
        update(&["index=11", "name=x"]).ended("not-found", &[]);
        update(&["index=5", "number=12a4"]).ended("logic-fault", &[]);
        update(&["index=5", "number=123456789012345678901"]).ended("logic-fault", &[]);
        update(&["index=5", "name=\u{1F4DE}"]).ended("logic-fault", &[]);
        bench
            .run("phonebook.list", &[])
            .success(&[held(1), held(2)].concat());

        bench.refused("phonebook.update", &["name=x"], "parameters-refused");
        bench.refused("phonebook.update", &["index=0"], "parameters-refused");
        bench.refused("phonebook.update", &["index=1", "index=2"], "parameters-refused");
        bench.refused("phonebook.list", &["count=11"], "parameters-refused");
        bench.refused("phonebook.list", &["first:text=1"], "parameters-refused");
        bench.refused("card.identify", &["pin=1234"], "parameters-refused");
    });
}

#[test]
fn the_service_centre_is_set() {
    in_both_formats(&[], |bench| {
        let set = |given: &[&str]| bench.run("sms.center.write", given);
        let before = file(true, &[[0x6F, 0x42]], Some(1));
        set(&["number=+33612345678"]).success(&[("number", json!("+33612345678"))]);
        bench
            .run("sms.center.read", &[])
            .success(&[("number", json!("+33612345678"))]);
        // Everything but the twelve bytes of the address stays.
        let aid = format!("aid={}", hex(USIM));
        let after = bench.run("file.read", &[&aid, "path=6F42"]);
        let mut expected = before.clone();
        let at = before.len() - 15;
        expected[at..at + 12].copy_from_slice(b"\x07\x91\x33\x16\x32\x54\x76\xF8\xFF\xFF\xFF\xFF");
        after.success(&[("records", json!(2)), ("data", json!(hex(&expected)))]);

        // A set of parameters that had none.
        set(&["number=1234", "record=2"]).success(&[("number", json!("1234"))]);
        bench
            .run("sms.center.read", &["record=2"])
            .success(&[("number", json!("1234"))]);
        set(&["number=1234", "record=3"]).ended("not-found", &[]);
        set(&["number=none"]).ended("logic-fault", &[]);
        bench.refused("sms.center.write", &["number="], "parameters-refused");
    });
}

#[test]
fn files_are_written_and_read_back() {
    in_both_formats(&[], |bench| {
        let update = |given: &[&str]| bench.run("file.update", given);
        let languages = file(false, &[[0x2F, 0x05]], None);
        assert_eq!(hex(&languages), "656effff");
        update(&["path=2F05", "offset=2", "data=6465"]).success(&[]);
        bench
            .run("file.read", &["path=2F05"])
            .success(&[("size", json!(4)), ("data", json!("656e6465"))]);
        update(&["path=2F05", "offset=2", "data=646566"]).ended("does-not-fit", &[]);

        let mut record = file(false, &[[0x7F, 0x10], [0x6F, 0x3A]], Some(1));
        record[..2].copy_from_slice(b"AB");
        update(&["path=7F106F3A", "record=1", "data=4142"]).success(&[]);
        bench
            .run("file.read", &["path=7F106F3A", "record=1"])
            .success(&[("records", json!(10)), ("data", json!(hex(&record)))]);
        let long = format!("data={}", "00".repeat(record.len() + 1));
        update(&["path=7F106F3A", &long]).ended("does-not-fit", &[]);

        // Nobody may write the ICCID.
        update(&["path=2FE2", "data=00"]).card_said("6982", &[]);
        let iccid = file(false, &[[0x2F, 0xE2]], None);
        update(&["path=2FE2", &format!("data={}", hex(&iccid))]).success(&[]);
        update(&["path=2FFF", "data=00"]).ended("not-found", &[]);
        update(&["path=7F106F3A", "record=11", "data=00"]).ended("not-found", &[]);
    });
}

#[test]
fn commands_are_exchanged_under_the_filter() {
    in_both_formats(&[], |bench| {
        let iccid = hex(&file(false, &[[0x2F, 0xE2]], None));
        let ok = || ("status", json!("9000"));
        bench
            .run("apdu.exchange", &["command=00A4000C022FE2", "command=00B0000000"])
            .success(&[("response", json!("")), ok(), ("response", json!(iccid)), ok()]);
        // The card's refusal is an answer like others.
        bench
            .run("apdu.exchange", &["command=00A4000C022FFF"])
            .success(&[("response", json!("")), ("status", json!("6a82"))]);
        // What presents a secret, fetches a response, manages keys or is malformed; what was before is sent.
        for refused in [
            "0020000108",
            "00C0000000",
            "80E2000000",
            "00B00000020A",
            "A0A40000023F00",
        ] {
            bench
                .run(
                    "apdu.exchange",
                    &["command=00A4000C023F00", &format!("command={refused}")],
                )
                .ended("command-refused", &[("response", json!("")), ok()]);
        }
        let seventeen = ["command=80F2000C"; 17];
        let gave = bench.run("apdu.exchange", &seventeen);
        assert_eq!((gave.outcome.as_str(), gave.items.len()), ("data-too-large", 32));
        bench.refused("apdu.exchange", &[], "parameters-refused");
    });
}

#[test]
fn a_contactless_card_is_identified() {
    in_both_formats(&[], |bench| {
        bench.run("contactless.identify", &[]).ended("card-absent", &[]);
    });
    in_both_formats(&["--contactless", "04A1B2C3D4E580:4400:20:0578807002"], |bench| {
        bench.run("contactless.identify", &[]).success(&[
            ("uid", json!("04a1b2c3d4e580")),
            ("atqa", json!("4400")),
            ("sak", json!("20")),
            ("ats", json!("0578807002")),
        ]);
    });
    in_both_formats(&["--contactless", "01020304:0400:08"], |bench| {
        bench.run("contactless.identify", &[]).success(&[
            ("uid", json!("01020304")),
            ("atqa", json!("0400")),
            ("sak", json!("08")),
        ]);
    });
}

#[test]
fn services_of_the_contact_card_need_one() {
    in_both_formats(&["--no-card"], |bench| {
        for (service, given) in [
            ("service.table.read", &[][..]),
            ("phonebook.list", &[]),
            ("phonebook.update", &["index=1"]),
            ("sms.center.read", &[]),
            ("sms.center.write", &["number=1"]),
            ("pin.verify", &["pin=1234"]),
            ("file.read", &["path=2FE2"]),
            ("file.update", &["path=2FE2", "data=00"]),
            ("apdu.exchange", &["command=80F2000C"]),
        ] {
            bench.run(service, given).ended("card-absent", &[]);
        }
    });
}
