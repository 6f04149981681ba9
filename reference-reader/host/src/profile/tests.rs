use super::*;
use cardwire_simcard::{Card, RESPONSE_MAX};

/// Sends a command, and all that `61xx` and `6Cxx` bring; data and status word.
fn exchange(transmit: &mut dyn FnMut(&[u8]) -> Vec<u8>, command: &str) -> String {
    let command: Vec<u8> = bytes(command);
    let mut data = Vec::new();
    let mut answer = transmit(&command);
    loop {
        let (head, status) = answer.split_last_chunk::<2>().expect("the card answers");
        data.extend(head);
        let next = match *status {
            [0x61 | 0x9F, length] => [command[0], 0xC0, 0x00, 0x00, length].to_vec(),
            [0x6C, length] => [&command[..4], &[length]].concat(),
            [one, two] => return hex(&[&data[..], &[one, two]].concat()),
        };
        answer = transmit(&next);
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn powered(name: &str) -> SimulatedCard {
    let mut card = card(name).unwrap_or_else(|error| panic!("{error}"));
    assert!(!card.cold_reset().bytes.is_empty());
    card
}

fn run(card: &mut SimulatedCard, steps: &[(&str, &str)]) {
    for (command, expected) in steps {
        let answer = exchange(&mut |tpdu| card.transmit(tpdu).bytes, command);
        assert_eq!(answer, hex(&bytes(expected)), "{command}");
    }
}

#[test]
fn all_that_come_with_the_program_are_read() {
    for (name, about) in shipped() {
        card(name).unwrap_or_else(|error| panic!("{error}"));
        assert!(!about.is_empty(), "{name}");
    }
}

/// What the firmware's card, which is built in, and this one have in common is the same.
#[test]
fn the_usim_is_the_certification_card() {
    let mut profiled = powered("usim");
    let mut built_in = Card::default();
    built_in.cold_reset();
    let mut built_in = |tpdu: &[u8]| {
        let mut response = [0; RESPONSE_MAX];
        let length = built_in.transmit(tpdu, &mut response);
        response[..length].to_vec()
    };
    let usim = "00A4040C07A0000000871002";
    let files = [
        "00B0820000",
        "00B0850000",
        "00B0880000",
        "00A4080C047F106F3A",
        "00B2010400",
        "00B2020400",
        "00B2030400",
        usim,
        "00B0870000",
        "00B0830000",
        "00B0860000",
        "00B08B0000",
        "00B0920000",
        "00A4000C026F46",
        "00B0000000",
        "00A4000C026F40",
        "00B2010400",
        "00A4000C026F42",
        "00B2010400",
        "00B2020400",
        "00A4000C026F43",
        "00B0000000",
        "00A4000C026F3C",
        "00B2040400",
        "002000010831323334FFFFFFFF",
        "002000810835363738FFFFFFFF",
        "0020000A084341524457495245",
        "002C0001103132333435363738 31323334FFFFFFFF",
        "0088008122 10 23553CBE9637A89D218AE64DAE47BF35 10 55F328B43577B9B94A9FFAC354DFAFB3FFFF",
    ];
    for command in files {
        let of_profile = exchange(&mut |tpdu| profiled.transmit(tpdu).bytes, command);
        assert_eq!(of_profile, exchange(&mut built_in, command), "{command}");
    }
    let atr = powered("usim").cold_reset().bytes;
    assert_eq!(atr[..12], cardwire_simcard::ATR[..12]);
    assert_eq!(
        atr[13..21],
        cardwire_simcard::ATR[13..21],
        "they differ in the channels alone"
    );
    assert_eq!(atr[1..].iter().fold(0, |sum, byte| sum ^ byte), 0);
}

#[test]
fn the_usim_has_channels_and_two_applications() {
    run(
        &mut powered("usim"),
        &[
            ("00A4040C10A0000000871004FFFFFFFF8907090000", "9000"),
            ("00B0830003", "0000009000"),
            ("00A4040C05A000000087", "9000"),
            ("00B0870009", "0809101010325476989000"),
            // The next application with this beginning, and there is none behind it.
            ("00A4040E05A000000087", "9000"),
            ("00A4040E05A000000087", "6A82"),
            ("00A4040F05A000000087", "9000"),
            ("0070000001", "019000"),
            ("01B0820000", "980000010121436587F39000"),
            ("01A4040C07A0000000871004", "9000"),
            ("01B0830003", "0000009000"),
            ("00B0870009", "0809101010325476989000"),
            ("0070800100", "9000"),
            ("01B0820000", "6881"),
        ],
    );
}

#[test]
fn the_sim_speaks_class_a0() {
    run(
        &mut powered("sim"),
        &[
            ("00A40004023F00", "6E00"),
            ("A0A40000022FE2", "0000 000A 2FE2 04 00 0F FFFF 01 02 00 00 9000"),
            ("A0B000000A", "980000010121436597F1 9000"),
            (
                "A0A40000027F20",
                "0000 0000 7F20 02 0000000000 0A 31 00 0D 04 00 83 8A 83 8A 00 9000",
            ),
            ("A0A40000026F07", "0000 0009 6F07 04 00 14 FFFF 01 02 00 00 9000"),
            ("A0B0000009", "9804"),
            ("A02000010830303030FFFFFFFF", "9804"),
            ("A020000108 31323334FFFFFFFF", "9000"),
            ("A0B0000009", "080910101032547608 9000"),
            // RUN GSM ALGORITHM on test set 1 of 3GPP TS 35.208: RES and CK, IK through c2 and c3.
            (
                "A08800001023553CBE9637A89D218AE64DAE47BF35",
                "46F8416A EAE4BE823AF9A08B 9000",
            ),
            ("A0A40000026F99", "9404"),
            ("A0B2010404", "9408"),
            (
                "A0A40000027F10",
                "0000 0000 7F10 02 0000000000 0A 31 00 06 04 00 83 8A 83 8A 00 9000",
            ),
            ("A0B000000A", "9400"),
            ("A0A40000026F3C", "0000 02C0 6F3C 04 00 11 FFFF 01 02 01 B0 9000"),
            ("A0B2050 4B0", "9402"),
            ("A0B2010410", "67B0"),
            ("A0200002 08 30303030FFFFFFFF", "9804"),
            ("A0200002 08 30303030FFFFFFFF", "9804"),
            ("A0200002 08 30303030FFFFFFFF", "9840"),
            ("A0200002 08 35363738FFFFFFFF", "9840"),
            ("A02C0002 10 3837363534333231 31313131FFFFFFFF", "9000"),
            ("A0A4000001 3F", "6702"),
            ("A0A40100023F00", "6B00"),
            ("A070000001", "6D00"),
        ],
    );
}

#[test]
fn the_blank_card_has_its_number_and_no_subscriber() {
    run(
        &mut powered("blank"),
        &[
            ("00B0820000", "980000010121436508F9 9000"),
            ("00A4040C07A0000000871002", "9000"),
            ("00B0870000", "FFFFFFFFFFFFFFFFFF 9000"),
            ("00D6870009 080910101032547698", "6982"),
            ("0020000A084341524457495245", "9000"),
            ("00D6870009 080910101032547698", "9000"),
            ("00B0870000", "080910101032547698 9000"),
        ],
    );
}

/// PINs are in the state that the profile gives them.
#[test]
fn pins_that_are_blocked_or_nearly_so() {
    let text = "extends = \"usim\"\n[pins.pin1]\nenabled = true\nattempts = 1\n[pins.pin2]\nattempts = 0\nunblock-attempts = 1\n\
                [pins.adm]\nattempts = 0\n";
    let mut card = card_of_text(text, "test").unwrap();
    card.cold_reset();
    run(
        &mut card,
        &[
            ("0020000100", "63C1"),
            ("002000010830303030FFFFFFFF", "63C0"),
            ("0020000100", "6983"),
            ("0020008100", "6983"),
            ("002000810835363738FFFFFFFF", "6983"),
            ("002C008100", "63C1"),
            ("002C00811030303030303030303131313131FFFFFF", "63C0"),
            ("002C00811038373635343332313131313131FFFFFF", "6983"),
            ("0020000A084341524457495245", "6983"),
            ("002C0001103132333435363738 31323334FFFFFFFF", "9000"),
        ],
    );
}

#[test]
fn the_misbehaving_card_misbehaves() {
    let mut card = powered("misbehaving");
    let said = card.transmit(&bytes("00A40004023F00"));
    assert_eq!(said.after.as_millis(), 20);
    let announced = said.bytes;
    let right = powered("usim").transmit(&bytes("00A40004023F00")).bytes;
    assert_eq!(announced[1], right[1] + 3);
    assert_eq!(card.transmit(&bytes("00A2010401FF")).bytes, [0x6F, 0x00]);
    let answered = (0..100).take_while(|_| !card.transmit(&bytes("80F2000C00")).bytes.is_empty());
    assert_eq!(answered.count(), 38);
    assert!(!card.cold_reset().bytes.is_empty());
    assert!(!card.transmit(&bytes("80F2000C00")).bytes.is_empty());

    let faulty =
        |faults: &str| card_of_text(&format!("extends = \"usim\"\n[faults]\n{faults}"), "test").unwrap();
    assert!(faulty("mute-at-reset = true").cold_reset().bytes.is_empty());
    assert_eq!(faulty("atr = \"00 FF\"").cold_reset().bytes, [0x00, 0xFF]);
    let mut card = faulty("mute-on = [\"F2\"]");
    card.cold_reset();
    assert!(!card.transmit(&bytes("00A4000C023F00")).bytes.is_empty());
    assert!(card.transmit(&bytes("80F2000C00")).bytes.is_empty());
    assert!(card.transmit(&bytes("00A4000C023F00")).bytes.is_empty());
}

/// What is wrong is named, and no key with it.
#[test]
fn what_is_no_profile_is_refused() {
    let of = |text: &str| card_of_text(text, "test").unwrap_err().to_string();
    let change = |text: &str| of(&format!("extends = \"usim\"\n{text}"));
    for (error, words) in [
        (of("a = \n"), "no TOML, line 1"),
        (of("extends = \"other\""), "`other`"),
        (of("about = \"x\""), "generation"),
        (change("colour = 1"), "colour"),
        (change("channels = 5"), "expected 1 to 4"),
        (change("atr = \"FF\""), "no answer to reset"),
        (change("atr = \"3B9\""), "expected bytes"),
        (change("[subscriber]\nimsi = \"12\""), "`imsi`"),
        (change("[subscriber]\nmnc-digits = 4"), "expected 2 or 3"),
        (change("[pins.pin1]\nvalue = \"12x4\""), "4 to 8 digits"),
        (change("[pins.adm]\nkey = \"00\""), "8 bytes"),
        (change("[authentication]\nk = \"00\""), "16 bytes"),
        (change("[authentication]\nop = \"00\""), "one of `opc` and `op`"),
        (change("directory = []"), "the first directory"),
    ] {
        assert!(error.contains(words), "`{words}` is not in: {error}");
        assert!(!error.contains("465B5CE8"), "{error}");
    }
    let file = |file: &str| {
        change(&format!(
            "[[directory]]\nname = \"MF\"\nfid = 0x3F00\nfiles = [{{ name = \"EF.X\", fid = 1, read = \"always\", update = \"adm\", {file} }}]"
        ))
    };
    for (error, words) in [
        (file("size = 0"), "none of them 0"),
        (file("size = 4, records = 1"), "expected `size`"),
        (file("size = 1, content = \"0000\""), "room for 1 bytes"),
        (file("size = 1, sfi = 31"), "1 to 30"),
        (file("size = 1, services = [9]"), "service 9"),
        (
            file("size = 1, services = [1], content = \"00\""),
            "one of `content`",
        ),
        (
            file("record-length = 4, records = 1, content = [\"00\", \"00\"]"),
            "holds 1 records",
        ),
        (
            file("record-length = 4, records = 1, numbers = [[\"A\", \"1\"]]"),
            "14 bytes or more",
        ),
        (
            file("record-length = 15, records = 1, numbers = [[\"AB\", \"1\"]]"),
            "longer than the 1 bytes",
        ),
    ] {
        assert!(
            error.contains("EF.X in MF") && error.contains(words),
            "`{words}` is not in: {error}"
        );
    }
    let missing = card("nowhere/none.toml").unwrap_err();
    assert!(
        missing.remedy().contains("usim, sim, blank, misbehaving"),
        "{missing}"
    );
}
