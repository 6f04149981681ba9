//! Services with PINs: what they do to the card's counters, and that nobody writes a PIN down.

use super::{
    bench::{Bench, wrong},
    card::{file, number},
    common::{Listening, client, run, run_with_input},
    in_both_formats,
};
use serde_json::json;

#[test]
fn a_card_that_asks_for_its_pin() {
    in_both_formats(&[], |bench| {
        let run = |service: &str, given: &[&str]| bench.run(service, given);
        // Nobody asks for it yet: to present it where it is disabled costs no try and says so.
        run("pin.verify", &["pin=1234"]).card_said("6984", &[]);
        let smsp = file(true, &[[0x6F, 0x42]], Some(1));
        let centre = [("number", json!(number(&smsp[smsp.len() - 15..])))];
        run("sms.center.read", &["pin=9999"]).success(&centre);

        run("pin.enable", &["pin=1234"]).success(&[]);
        run("pin.enable", &["pin=1234"]).card_said("6985", &[]);
        run("pin.verify", &["pin=1234"]).success(&[]);
        for (service, given) in [
            ("service.table.read", &[][..]),
            ("phonebook.list", &[]),
            ("phonebook.update", &["index=1"]),
            ("sms.center.read", &[]),
            ("sms.center.write", &["number=1"]),
            ("file.update", &["path=2F05", "data=00"]),
        ] {
            run(service, given).card_said("6982", &[]);
        }
        run("sms.center.read", &["pin=1234"]).success(&centre);
        let first = run("phonebook.list", &["pin=1234", "count=1"]);
        assert_eq!((first.outcome.as_str(), first.items.len()), ("success", 4));
        run("phonebook.update", &["pin=1234", "index=3", "name=x"])
            .success(&[("index", json!(3)), ("name", json!("x"))]);
        run("sms.center.write", &["pin=1234", "number=+1"]).success(&[("number", json!("+1"))]);
        run("file.read", &["pin=1234", "path=7F106F3A", "record=3"])
            .items
            .iter()
            .for_each(|(name, _)| assert!(["records", "data"].contains(&name.as_str())));
        run("file.update", &["pin=1234", "path=2F05", "data=6465"]).success(&[]);
        run("service.table.read", &["pin=1234"]);

        run("pin.disable", &["pin=1234"]).success(&[]);
        run("pin.disable", &["pin=1234"]).card_said("6984", &[]);
        run("sms.center.read", &[]).success(&[("number", json!("+1"))]);
    });
}

/// A wrong PIN costs a try; the last one is never presented, not even with the right PIN.
#[test]
fn the_last_try_is_left_to_the_card_holder() {
    in_both_formats(&[], |bench| {
        let run = |service: &str, given: &[&str]| bench.run(service, given);
        run("pin.enable", &["pin=1234"]).success(&[]);
        wrong(&run("pin.verify", &["pin=4321"]), 2);
        // What is no number costs none.
        run("pin.verify", &["pin=12x4"]).ended("logic-fault", &[]);
        bench.refused("pin.verify", &["pin=123"], "parameters-refused");
        bench.refused("pin.verify", &["pin=123456789"], "parameters-refused");
        run("pin.verify", &["pin=1234"]).success(&[]);
        // The right one has given them back.
        wrong(&run("pin.change", &["pin=4321", "new=5678"]), 2);
        run("sms.center.read", &["pin=4321"]).card_said("63c1", &[]);
        for (service, given) in [
            ("pin.verify", &["pin=1234"][..]),
            ("pin.change", &["pin=1234", "new=5678"]),
            ("pin.disable", &["pin=1234"]),
            ("sms.center.read", &["pin=1234"]),
            ("phonebook.list", &["pin=1234"]),
            ("file.read", &["pin=1234", "path=2FE2"]),
        ] {
            let gave = run(service, given);
            gave.ended("pin-tries-low", &[]);
            assert_eq!(gave.status_word, "63c1", "one is left all the same: {service}");
        }
        wrong(&run("pin.unblock", &["puk=11111111", "new=5678"]), 9);
        run("pin.unblock", &["puk=12345678", "new=5678"]).success(&[]);
        run("pin.verify", &["pin=5678"]).success(&[]);
        run("pin.change", &["pin=5678", "new=87654321"]).success(&[]);
        wrong(&run("pin.verify", &["pin=5678"]), 2);
        run("pin.verify", &["pin=87654321"]).success(&[]);
        bench.refused("pin.unblock", &["puk=1234567", "new=5678"], "parameters-refused");
        // Nobody is at the keypad.
        run("pin.unblock", &["new=5678"]).ended("cancelled", &[]);
    });
}

#[test]
fn the_second_pin_has_tries_of_its_own() {
    in_both_formats(&[], |bench| {
        let run = |service: &str, given: &[&str]| bench.run(service, given);
        run("pin.verify", &["which=2", "pin=5678"]).success(&[]);
        wrong(&run("pin.verify", &["which=2", "pin=1234"]), 2);
        run("pin.change", &["which=2", "pin=5678", "new=1357"]).success(&[]);
        run("pin.verify", &["which=2", "pin=1357"]).success(&[]);
        run("pin.unblock", &["which=2", "puk=87654321", "new=2468"]).success(&[]);
        run("pin.verify", &["which=2", "pin=2468"]).success(&[]);
        // An administrative key is nothing that a client presents.
        bench.refused("pin.verify", &["which=10", "pin=1234"], "parameters-refused");
    });
}

#[test]
fn the_card_holder_enters_what_the_client_does_not_give() {
    let entries = [
        "1234", "1234", "7890", "7890", "7890", "12345678", "1111", "1111", "1111", "2222",
    ];
    let keypad: Vec<_> = entries.iter().flat_map(|digits| ["--keypad", digits]).collect();
    in_both_formats(&keypad, |bench| {
        let run = |service: &str, given: &[&str]| bench.run(service, given);
        run("pin.enable", &[]).success(&[]);
        run("pin.change", &[]).success(&[]);
        run("pin.verify", &[]).success(&[]);
        run("pin.unblock", &[]).success(&[]);
        // A new PIN that is another one the second time; the client gives the old one.
        run("pin.change", &["pin=1111"]).ended("cancelled", &[]);
        // Nobody enters anything any more.
        run("pin.disable", &[]).ended("cancelled", &[]);
        run("pin.disable", &["pin=1111"]).success(&[]);
    });
}

/// PINs and PUKs that nothing else in a log looks like, as digits, as bytes, and in the swapped nibbles of numbers.
const SECRETS: [&str; 3] = ["86420975", "97531864", "12345678"];

fn forms(secret: &str) -> [String; 3] {
    let bytes: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let swapped = secret
        .as_bytes()
        .chunks(2)
        .map(|pair| format!("{}{}", pair[1] as char, pair[0] as char));
    [secret.to_owned(), bytes, swapped.collect()]
}

#[track_caller]
fn assert_silent(text: &str) {
    let text = text.to_lowercase();
    for secret in SECRETS {
        for form in forms(secret) {
            assert!(!text.contains(&form), "{form} in {text}");
        }
    }
}

#[test]
fn no_pin_is_written_down() {
    assert_eq!(forms("86420975"), ["86420975", "3836343230393735", "68249057"]);
    let [pin, other, puk] = SECRETS;
    in_both_formats(&["--keypad", other], |bench| {
        let Bench { reader, cloud, .. } = bench;
        let steps: [(&str, &str, &[&str]); 6] = [
            ("pin.unblock", &format!("{puk}\n{pin}\n"), &["puk=-", "new=-"]),
            ("pin.verify", "", &[]),
            ("pin.verify", &format!("{pin}\n"), &["pin=-"]),
            ("phonebook.list", &format!("{pin}\n"), &["pin=-"]),
            ("file.read", &format!("{other}\n"), &["path=7F106F3A", "pin=-"]),
            ("pin.change", &format!("{pin}\n{other}\n"), &["pin=-", "new=-"]),
        ];
        for (service, input, given) in steps {
            for format in ["text", "json"] {
                let action = [&["run", service], given, &["--format", format]].concat();
                let ended = run_with_input(&client(&reader.place, &cloud.place, &action), input);
                assert!(ended.stdout.contains(service), "{ended:#?}");
                assert_silent(&ended.stdout);
                assert_silent(&ended.stderr);
            }
        }
        for format in ["text", "json"] {
            let told = run(&client(
                &reader.place,
                &cloud.place,
                &["status", "--format", format],
            ));
            assert_silent(&told.succeeded().stdout);
        }
        let said = [reader.said(), cloud.said()].map(|lines| lines.join("\n"));
        assert!(said[0].contains("module pin-pad on"), "{said:?}");
        said.iter().for_each(|said| assert_silent(said));
    });
}

/// The simulator's trace shows everything but secrets, from the keypad and from the client.
#[test]
fn no_pin_is_traced() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../spec/services");
    let [pin, other, puk] = SECRETS;
    for (service, input, given) in [
        ("pin.verify", pin, &["--param", "pin=-"][..]),
        (
            "pin.change",
            &format!("{pin}\n{other}"),
            &["--param", "pin=-", "--param", "new=-"],
        ),
        (
            "pin.unblock",
            &format!("{puk}\n{pin}"),
            &["--param", "puk=-", "--param", "new=-"],
        ),
        (
            "keypad/pin.change",
            pin,
            &["--param", "pin=-", "--keypad", other, "--keypad", other],
        ),
        ("phonebook.list", pin, &["--param", "pin=-"]),
        (
            "file.update",
            pin,
            &["--param", "path=2F05", "--param", "data=00", "--param", "pin=-"],
        ),
    ] {
        let path = format!("{root}/{service}.logic");
        for format in ["text", "json"] {
            let arguments = [&["logic", "run", &path, "--trace", "--format", format], given].concat();
            let ended = run_with_input(&arguments, &format!("{input}\n"));
            assert!(ended.stdout.contains("(secret)"), "{ended:#?}");
            assert_silent(&ended.stdout);
            assert_silent(&ended.stderr);
        }
    }
}

#[test]
fn whoever_writes_a_pin_on_the_command_line_is_warned() {
    let (reader, cloud) = (Listening::reader(&[]), Listening::cloud(&[]));
    let ended = run(&client(
        &reader.place,
        &cloud.place,
        &["run", "pin.enable", "pin=1234"],
    ));
    assert!(
        ended.succeeded().stderr.contains("give pin=- to be asked for it"),
        "{ended:#?}"
    );
    let ended = run_with_input(
        &client(&reader.place, &cloud.place, &["run", "pin.enable", "pin=-"]),
        "",
    );
    ended.failed(2, &["`pin` can't be read", "standard input"]);
}
