//! Execution logic in C: the book's conversions, the published logic, and runs whose results the book states.

use crate::{
    program::{Asked, bytes, digits},
    reader::READER,
};
use std::{fs, path::Path};

const CONVERSIONS: [&str; 11] = [
    "none",
    "swapped-digits",
    "imsi",
    "spn",
    "dialling-number",
    "alpha",
    "sc-address",
    "number",
    "to-alpha",
    "to-dialling-number",
    "to-sc-address",
];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn start() -> Asked {
    let of_book = [&READER[..], &["verify.c"]].concat();
    Asked::of("logic", &of_book, &["logic.c", "crypto.c"])
}

/// The document of logic that has every module, takes two parameters and runs `code`.
fn assemble(code: &str) -> Vec<u8> {
    let protocol = cardwire_spec::load(&root().join("spec/protocol.toml")).unwrap();
    let text = format!(
        "service certification.echo 0xFF01\nversion 1\npolicy whole-service\non-client-loss abort\n\
         modules contact-card contactless-card indicator pin-pad\ntakes \"a\" bytes client any 0 8\n\
         takes \"n\" number client optional 0 300\nbudget 4096\n{code}\n"
    );
    cardwire_spec::logic::assemble(&protocol, "the test's logic", &text).unwrap()
}

/// What a run says, beginning at its outcome; and what it did before.
fn run(program: &mut Asked, format: u8, code: &str, parameters: &[u8], responses: &[&[u8]]) -> [String; 2] {
    let script: Vec<u8> = responses
        .iter()
        .flat_map(|response| [&[response.len() as u8], *response].concat())
        .collect();
    let said = program.ask("run", &[&[format], &assemble(code), parameters, &script]);
    let (did, led_to) = said.split_once("outcome ").unwrap_or(("", &said));
    [did.trim().to_owned(), led_to.to_owned()]
}

/// The table under "Conversions" has, line by line, conversion, bytes and value.
#[test]
fn conversions_are_those_of_the_book() {
    let mut program = start();
    let book = fs::read_to_string(root().join("spec/book/src/logic.md")).unwrap();
    let mut asked = 0;
    let (_, table) = book.split_once("| conversion | bytes | value |").unwrap();
    for line in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [conversion, given, value] = cells[..] else {
            panic!("{line}")
        };
        let quoted = |cell: &'_ str| cell.split('`').nth(1).map(str::to_owned);
        let name = quoted(conversion).unwrap();
        let number = CONVERSIONS.iter().position(|known| *known == name).unwrap() as u8;
        let mut input = quoted(given).unwrap();
        let mut expected = quoted(value)
            .filter(|_| value.starts_with('`'))
            .unwrap_or_default();
        if name.starts_with("to-") {
            expected = expected.replace(' ', "").to_lowercase();
            if !given.contains("UTF-8") {
                input = digits(input.as_bytes());
            }
        } else {
            expected = digits(expected.as_bytes());
        }
        let input = bytes(&input.replace(' ', ""));
        let times = given
            .split(' ')
            .nth(1)
            .and_then(|times| times.parse().ok())
            .unwrap_or(1);
        if value == "a fault" {
            expected = "fault".into();
        }
        let seen = program.ask("convert", &[&[number], &input.repeat(times)]);
        assert_eq!(seen, expected, "{line}");
        asked += 1;
    }
    assert!(asked > 12, "{asked} lines were looked at");
}

#[test]
fn published_logic_verifies() {
    let mut program = start();
    let folders =
        ["vectors/logic", "vectors/logic/keypad"].map(|folder| fs::read_dir(root().join(folder)).unwrap());
    let files = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    for path in files.filter(|path| path.is_file()) {
        let document = fs::read(&path).unwrap();
        assert_eq!(program.ask("verify", &[&document]), "0", "{}", path.display());
        assert_eq!(program.ask("verify", &[&document[..document.len() - 1]]), "1");
    }
}

/// Both formats say the same; what is declared otherwise, or said in another form, is refused (17).
#[test]
fn parameters_come_in_either_format() {
    let mut program = start();
    let code = "parameter \"a\" r0\nparameter \"a\" r1\nparameter \"a\" r2\nparameter \"n\" r3\n\
                emit \"x\" bytes none r0\nemit \"y\" bytes none r1\nemit \"z\" bytes none r2\n\
                emit \"n\" number none r3\nend success";
    let native = "610301610201aa016e0304000000ff0161020100";
    let cbor = "838261 6141aa 82616e18ff 8261614100".replace(' ', "");
    let led_to = "0000 status 0000 steps 9 data";
    let [_, seen] = run(&mut program, 1, code, &bytes(native), &[]);
    assert_eq!(
        seen,
        format!("{led_to} 610401780201aa0179020100017a0200016e0304000000ff")
    );
    let [_, seen] = run(&mut program, 2, code, &bytes(&cbor), &[]);
    assert_eq!(seen, format!("{led_to} 8482617841aa826179410082617a4082616e18ff"));
    for (format, wrong) in [
        (1, "61"),                                   // cut short
        (1, "610101610301aa"),                       // another kind
        (1, "6101016e030400000 12d"),                // above the maximum
        (1, "6101016e0303000001"),                   // no number
        (1, "6102016e030400000001016e030400000001"), // twice
        (1, "610101620200"),                         // another name
        (1, "610101610209000000000000000000"),       // too long
        (1, "6100ffff0000"),                         // a critical extension
        (2, "61"),                                   // no array
        (2, "8182616e1817"),                         // not the shortest head
        (2, "8182616e20"),                           // a negative number
        (2, "8182616e01 00"),                        // something behind it
        (2, "8183616e0100"),                         // an element of three
        (2, "9f82616e01ff"),                         // of no stated length
        (2, "818261615affffffff"),                   // longer than all of it
    ] {
        let wrong = bytes(&wrong.replace(' ', ""));
        let [_, seen] = run(&mut program, format, code, &wrong, &[]);
        assert_eq!(seen, "refused 17", "{}", digits(&wrong));
    }
}

#[test]
fn secrets_are_guarded() {
    let mut program = start();
    let pin =
        "set r0 01\nset r1 \"1234\"\npin verify r0 r1 r1 r2\nemit \"tries\" number number r2\nend success";
    let query = "journal 0020000100";
    let presented = "0020000108 31323334ffffffff".replace(' ', "");
    for (first, second, did, led_to) in [
        (
            0x63C3,
            0x63C2,
            true,
            "0000 status 63c2 steps 5 data 6101057472696573030400000002",
        ),
        (0x63C3, 0x9000, true, "0009 status 9000 steps 4 data 6100"), // nothing in r2 is no number
        (0x63C1, 0x9000, false, "000e status 63c1 steps 3 data 6100"),
        (0x6984, 0x9000, false, "0009 status 6984 steps 4 data 6100"),
    ] {
        let responses = [u16::to_be_bytes(first), u16::to_be_bytes(second)];
        let seen = run(&mut program, 1, pin, &[], &[&responses[0], &responses[1]]);
        let expected = if did {
            format!("{query} {presented} journal")
        } else {
            format!("{query} journal")
        };
        assert_eq!(seen, [expected, led_to.into()]);
    }
    // Asked for, presented, and what was made of them; a register that holds something else is free again.
    for (code, outcome) in [
        ("ask pin r0\nemit \"x\" bytes none r0\nend success", "0009"),
        (
            "ask pin r0\ncopy r1 r0\nsplit r1 2 r2\nemit \"x\" bytes none r2\nend success",
            "0009",
        ),
        (
            "ask pin r0\nset r0 01\nemit \"x\" bytes none r0\nend success",
            "0000",
        ),
        (
            "ask puk r0\nwhen-empty r0 none\nend not-found\nnone:\nend cancelled",
            "0012",
        ),
    ] {
        let [_, led_to] = run(&mut program, 1, code, &[], &[]);
        assert_eq!(led_to.split(' ').next(), Some(outcome), "{code}");
    }
}

#[test]
fn commands_from_outside_are_filtered_and_writes_belong_together() {
    let mut program = start();
    let exchange = "parameter \"a\" r0\nexchange r0 r1\nemit \"r\" bytes none r1\nend success";
    for (command, did, outcome) in [
        ("00b0000002", "00b0000002", "0000"),
        ("0020000100", "", "000d"),
        ("00c0000004", "", "000d"),
        ("00a4000c023f", "", "000d"),
        ("00d6000001aa", "journal 00d6000001aa journal", "0000"),
    ] {
        let item = [
            &[0x61, 1, 1, b'a', 2, command.len() as u8 / 2],
            &bytes(command)[..],
        ]
        .concat();
        let seen = run(&mut program, 1, exchange, &item, &[]);
        assert_eq!([&seen[0][..], &seen[1][..4]], [did, outcome], "{command}");
    }
    for (code, outcome) in [
        (
            "critical\napdu 00B0000001 r0\nexpect FFFF 1234\nsettled\nend success",
            "0003",
        ),
        (
            "critical\napdu 00D6000001AA r0\nexpect FFFF 1234\nsettled\nend success",
            "000f",
        ),
        (
            "critical\napdu 00D6000001AA r0\nsettled\nexpect FFFF 1234\nend success",
            "0003",
        ),
    ] {
        let [_, led_to] = run(&mut program, 1, code, &[], &[]);
        assert_eq!(led_to.split(' ').next(), Some(outcome), "{code}");
    }
}
