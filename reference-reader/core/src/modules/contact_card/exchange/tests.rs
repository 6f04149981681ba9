extern crate std;

use super::*;
use std::{vec, vec::Vec};

const NONE: Capabilities = Capabilities {
    chaining: false,
    extended: false,
    channels: 1,
};
const CHAINS: Capabilities = Capabilities {
    chaining: true,
    ..NONE
};
const EXTENDED: Capabilities = Capabilities {
    extended: true,
    ..NONE
};

/// A command APDU on the line: what is sent, what the card answers, and what the logic gets.
struct Case {
    name: &'static str,
    command: Vec<u8>,
    /// TPDUs and the responses to them.
    line: Vec<(Vec<u8>, Vec<u8>)>,
    status: u16,
    data: Vec<u8>,
}

fn run(case: &Case, card: Capabilities) {
    let mut exchange = Exchange::new();
    assert!(exchange.begin(&case.command, card), "{}", case.name);
    let last = case.line.len() - 1;
    for (at, (tpdu, response)) in case.line.iter().enumerate() {
        assert_eq!(exchange.tpdu(), tpdu, "{}, TPDU {at}", case.name);
        let expected = if at == last {
            Step::Done(case.status)
        } else {
            Step::Transmit
        };
        assert_eq!(
            exchange.response(response, false),
            expected,
            "{}, TPDU {at}",
            case.name
        );
    }
    assert_eq!(exchange.data(), case.data, "{}", case.name);
}

fn case(name: &'static str, command: &[u8], line: &[(&[u8], &[u8])], status: u16, data: &[u8]) -> Case {
    Case {
        name,
        command: command.to_vec(),
        line: line
            .iter()
            .map(|(tpdu, response)| (tpdu.to_vec(), response.to_vec()))
            .collect(),
        status,
        data: data.to_vec(),
    }
}

/// As ETSI TS 102 221 shows them in its annex on APDU protocol transmission examples, and what cards make of them.
#[test]
fn commands_on_the_line() {
    let read: &[u8] = &[0x00, 0xB0, 0x00, 0x00, 0x02];
    let select: &[u8] = &[0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00, 0x00];
    let on_line: &[u8] = &[0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00];
    let fetch: &[u8] = &[0x00, 0xC0, 0x00, 0x00, 0x02];
    let fetch_all: &[u8] = &[0x00, 0xC0, 0x00, 0x00, 0x00];
    let cases = [
        case(
            "case 1",
            &[0x00, 0x44, 0x00, 0x00],
            &[(&[0x00, 0x44, 0x00, 0x00, 0x00], &[0x90, 0x00])],
            0x9000,
            &[],
        ),
        case("case 2", read, &[(read, &[1, 2, 0x90, 0x00])], 0x9000, &[1, 2]),
        case(
            "case 2, another length",
            &[0x00, 0xB0, 0x00, 0x00, 0x00],
            &[
                (&[0x00, 0xB0, 0x00, 0x00, 0x00], &[0x6C, 0x02]),
                (read, &[1, 2, 0x90, 0x00]),
            ],
            0x9000,
            &[1, 2],
        ),
        case(
            "case 2, a warning stands with its data",
            read,
            &[(read, &[1, 2, 0x62, 0x82])],
            0x6282,
            &[1, 2],
        ),
        case(
            "case 2 in parts, under the class of the command",
            &[0x81, 0xF2, 0x00, 0x00, 0x00],
            &[
                (&[0x81, 0xF2, 0x00, 0x00, 0x00], &[0xAA, 0x61, 0x01]),
                (&[0x81, 0xC0, 0x00, 0x00, 0x01], &[0xBB, 0x61, 0x00]),
                (&[0x81, 0xC0, 0x00, 0x00, 0x00], &[0xCC, 0x90, 0x00]),
            ],
            0x9000,
            &[0xAA, 0xBB, 0xCC],
        ),
        case("case 3", &on_line[..7], &[(on_line, &[0x90, 0x00])], 0x9000, &[]),
        case(
            "case 3, tries left: a warning is the answer",
            &[0x00, 0x20, 0x00, 0x01, 0x01, 0x31],
            &[(&[0x00, 0x20, 0x00, 0x01, 0x01, 0x31], &[0x63, 0xC2])],
            0x63C2,
            &[],
        ),
        case(
            "case 4",
            select,
            &[(on_line, &[0x61, 0x02]), (fetch, &[1, 2, 0x90, 0x00])],
            0x9000,
            &[1, 2],
        ),
        case(
            "case 4 without a response",
            select,
            &[(on_line, &[0x90, 0x00])],
            0x9000,
            &[],
        ),
        case(
            "case 4, an error",
            select,
            &[(on_line, &[0x6A, 0x82])],
            0x6A82,
            &[],
        ),
        case(
            "case 4, no length to mend",
            select,
            &[(on_line, &[0x6C, 0x02])],
            0x6C02,
            &[],
        ),
        case(
            "case 4, a warning",
            select,
            &[
                (on_line, &[0x62, 0x83]),
                (fetch_all, &[0x6C, 0x02]),
                (fetch, &[1, 2, 0x90, 0x00]),
            ],
            0x6283,
            &[1, 2],
        ),
        case(
            "case 4, a warning and nothing behind it",
            select,
            &[(on_line, &[0x62, 0x83]), (fetch_all, &[0x6F, 0x00])],
            0x6283,
            &[],
        ),
        case(
            "case 4, a warning upon a warning",
            select,
            &[(on_line, &[0x63, 0x00]), (fetch_all, &[1, 0x62, 0x00])],
            0x6300,
            &[1],
        ),
        case(
            "a SIM of GSM 11.11",
            &[0xA0, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00],
            &[
                (&[0xA0, 0xA4, 0x00, 0x00, 0x02, 0x3F, 0x00], &[0x9F, 0x02]),
                (&[0xA0, 0xC0, 0x00, 0x00, 0x02], &[1, 2, 0x90, 0x00]),
            ],
            0x9000,
            &[1, 2],
        ),
        case(
            "a proactive command waits",
            read,
            &[(read, &[1, 2, 0x91, 0x10])],
            0x9110,
            &[1, 2],
        ),
        case(
            "case 2 of extended length",
            &[0x00, 0xB0, 0x00, 0x00, 0x00, 0x01, 0x00],
            &[(&[0x00, 0xB0, 0x00, 0x00, 0x00], &[1, 0x90, 0x00])],
            0x9000,
            &[1],
        ),
        case(
            "case 4 of extended length with data that fit",
            &[0x00, 0xA4, 0x00, 0x04, 0x00, 0x00, 0x02, 0x3F, 0x00, 0x00, 0x02],
            &[(on_line, &[0x61, 0x02]), (fetch, &[1, 2, 0x90, 0x00])],
            0x9000,
            &[1, 2],
        ),
    ];
    for case in &cases {
        run(case, NONE);
    }
}

/// A command with 256 bytes of data, and perhaps a Le.
fn long(class: u8, le: &[u8]) -> Vec<u8> {
    let data: Vec<u8> = (0..=255).collect();
    [&[class, 0xDA, 0x01, 0x02, 0x00, 0x01, 0x00][..], &data, le].concat()
}

#[test]
fn what_is_too_long_for_one_tpdu_is_chained_or_enveloped_as_the_card_says() {
    let data: Vec<u8> = (0..=255).collect();
    let chained = |status, second: &[u8]| Case {
        name: "chained",
        command: long(0x81, &[0x00, 0x00]),
        line: vec![
            (
                [&[0x91, 0xDA, 0x01, 0x02, 0xFF][..], &data[..255]].concat(),
                vec![0x90, 0x00],
            ),
            (vec![0x81, 0xDA, 0x01, 0x02, 0x01, 0xFF], second.to_vec()),
        ],
        status,
        data: Vec::new(),
    };
    run(&chained(0x9000, &[0x90, 0x00]), CHAINS);
    run(&chained(0x6A80, &[0x6A, 0x80]), CHAINS);
    let mut announced = chained(0x9000, &[0x61, 0x01]);
    announced
        .line
        .push((vec![0x81, 0xC0, 0x00, 0x00, 0x01], vec![7, 0x90, 0x00]));
    announced.data = vec![7];
    run(&announced, CHAINS);
    run(
        &announced,
        Capabilities {
            extended: true,
            ..CHAINS
        },
    );
    // The rest is not sent to a card that did not take the beginning.
    let mut refused = chained(0x6884, &[]);
    refused.line.truncate(1);
    refused.line[0].1 = vec![0x68, 0x84];
    run(&refused, CHAINS);

    let whole = long(0x01, &[0x00, 0x00]);
    let enveloped = Case {
        name: "enveloped",
        line: vec![
            (
                [&[0x01, 0xC2, 0x00, 0x00, 0xFF][..], &whole[..255]].concat(),
                vec![0x90, 0x00],
            ),
            (
                [&[0x01, 0xC2, 0x00, 0x00, 0x0A][..], &whole[255..]].concat(),
                vec![0x61, 0x02],
            ),
            (vec![0x01, 0xC0, 0x00, 0x00, 0x02], vec![1, 2, 0x90, 0x00]),
        ],
        command: whole,
        status: 0x9000,
        data: vec![1, 2],
    };
    run(&enveloped, EXTENDED);
    // Logic that chains by itself has its own way.
    let mut exchange = Exchange::new();
    assert!(!exchange.begin(&long(0x10, &[]), CHAINS));
    assert!(
        !exchange.begin(&long(0x00, &[]), NONE),
        "a card that says nothing takes short commands"
    );
    assert!(exchange.begin(&long(0x00, &[0x00, 0x00]), EXTENDED));
}

#[test]
fn commands_that_are_none() {
    let mut too_long = long(0x00, &[0x00, 0x00]);
    too_long[6] = 1;
    too_long.insert(7, 0xEE);
    let none: [&[u8]; 12] = [
        &[],
        &[0x00, 0xA4, 0x00],
        &[0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F],
        &[0x00, 0xA4, 0x00, 0x04, 0x01, 0x3F, 0x00, 0x00],
        &[0x00, 0xA4, 0x00, 0x04, 0x00, 0x3F],
        &[0x00, 0xA4, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00],
        &[0x00, 0xA4, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01, 0x00],
        &[0x00, 0xA4, 0x00, 0x04, 0x00, 0x00, 0x02, 0x3F],
        &[0x00, 0xA4, 0x00, 0x04, 0x00, 0x00, 0x01, 0x3F, 0x00],
        &[0x00, 0xA4, 0x00, 0x04, 0x00, 0x00, 0x01, 0x3F, 0x00, 0x00, 0x00],
        &[0x00, 0xA4, 0x00, 0x04, 0x00, 0xFF, 0xFF, 0x3F],
        &too_long,
    ];
    for command in none {
        for card in [NONE, CHAINS, EXTENDED] {
            assert!(!Exchange::new().begin(command, card), "{command:02X?}");
        }
        assert!(!is_well_formed(command), "{command:02X?}");
    }
    assert!(is_well_formed(&[0x00, 0xA4, 0x00, 0x04, 0x01, 0x3F, 0x00]));
    // Logic is written with short lengths.
    assert!(!is_well_formed(&[0x00, 0xB0, 0x00, 0x00, 0x00, 0x01, 0x00]));
    assert!(!is_well_formed(&long(0x00, &[])));
}

#[test]
fn a_card_that_never_ends_is_damaged() {
    let mut exchange = Exchange::new();
    for endless in [[0x61, 0x10], [0x9F, 0x10]] {
        assert!(exchange.begin(&[0x00, 0xB0, 0x00, 0x00, 0x00], NONE));
        let mut tpdus = 1;
        while exchange.response(&endless, false) == Step::Transmit {
            tpdus += 1;
        }
        assert_eq!(tpdus, TPDUS_MAX);
    }
    assert!(exchange.begin(&[0x00, 0xB0, 0x00, 0x00, 0x00], NONE));
    for _ in 1..TPDUS_MAX {
        assert_eq!(exchange.response(&[0x6C, 0x10], false), Step::Transmit);
    }
    assert_eq!(exchange.response(&[0x6C, 0x10], false), Step::Done(0x6C10));
    assert_eq!(exchange.response(&[0x90], false), Step::Damaged);
    assert_eq!(exchange.response(&[0; 300], false), Step::Damaged);
}

#[test]
fn a_response_of_a_register_is_collected_and_a_larger_one_is_damaged() {
    let mut exchange = Exchange::new();
    let part = |length: usize, status: [u8; 2]| [&vec![0xAB; length][..], &status].concat();
    assert!(exchange.begin(&[0x00, 0xCB, 0x00, 0x00, 0x01, 0x5C, 0x00], NONE));
    assert_eq!(exchange.response(&[0x61, 0x80], false), Step::Transmit);
    assert_eq!(
        exchange.response(&part(0x80, [0x61, 0x80]), false),
        Step::Transmit
    );
    assert_eq!(
        exchange.response(&part(0x80, [0x90, 0x00]), false),
        Step::Done(0x9000)
    );
    assert_eq!(exchange.data(), [0xAB; 256]);
    assert!(exchange.begin(&[0x00, 0xB0, 0x00, 0x00, 0x00], NONE));
    assert_eq!(exchange.response(&part(256, [0x61, 0x01]), false), Step::Transmit);
    assert_eq!(exchange.response(&part(1, [0x90, 0x00]), false), Step::Damaged);
}

/// Whatever is commanded and answered: TPDUs of the right size, no more of them than `tpdus_max`, and nothing panics.
#[test]
fn no_command_and_no_card_break_the_bounds() {
    let mut seed = 11_u64;
    let mut draw = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 16) as usize % below
    };
    let statuses = [
        [0x90, 0x00],
        [0x61, 0x10],
        [0x6C, 0x20],
        [0x62, 0x82],
        [0x63, 0xC1],
        [0x9F, 0x00],
        [0x6A, 0x82],
    ];
    let mut exchange = Exchange::new();
    let mut begun = [0; TPDUS_MAX + 1];
    for _ in 0..100_000 {
        let mut command = vec![0; draw(COMMAND_MAX + 3)];
        command.fill_with(|| draw(4) as u8);
        // Lengths that fit are rare by chance.
        if command.len() > 7 && draw(2) == 0 {
            let length = command.len() - 7;
            command[4..7].copy_from_slice(&[0, (length >> 8) as u8, length as u8]);
        }
        let card = Capabilities {
            chaining: draw(2) == 0,
            extended: draw(2) == 0,
            channels: 1,
        };
        if !exchange.begin(&command, card) {
            continue;
        }
        let mut tpdus = 1;
        loop {
            let tpdu = exchange.tpdu();
            assert!(
                tpdu.len() == 5 || tpdu.len() == 5 + usize::from(tpdu[4]),
                "{tpdu:02X?}"
            );
            let mut response = vec![0xAB; draw(60)];
            response.extend_from_slice(&statuses[draw(statuses.len())][..draw(20).min(2)]);
            match exchange.response(&response, false) {
                Step::Transmit => tpdus += 1,
                Step::Done(_) | Step::Damaged => break,
            }
        }
        begun[tpdus] += 1;
    }
    // Commands of every length of exchange were among them.
    assert!(begun[1..].iter().all(|count| *count > 0), "{begun:?}");
}

#[test]
fn nothing_is_left_of_what_was_said() {
    let mut exchange = Exchange::new();
    assert!(exchange.begin(&[0x00, 0x20, 0x00, 0x01, 0x01, 0x31], NONE));
    exchange.response(&[0x90, 0x00], false);
    exchange.erase();
    assert!(
        exchange
            .tpdu
            .iter()
            .chain(&exchange.data)
            .chain(&exchange.rest)
            .all(|byte| *byte == 0)
    );
}
