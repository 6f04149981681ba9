//! Power, headers, classes, and the rules of T=0 (ETSI TS 102 221, 7.3.1.1, 10.1, 12.1.1).

use cardwire_simcard::{ATR, Card, Profile, RESPONSE_MAX};

use super::{card, locked_card, run, send};

#[test]
fn a_card_without_power_is_mute() {
    let mut card = Card::default();
    assert_eq!(send(&mut card, "00A40004023F00"), "");
    assert!(card.warm_reset().is_empty());
    assert_eq!(card.cold_reset(), ATR);
    assert_eq!(card.warm_reset(), ATR);
    assert_eq!(send(&mut card, "00A4000C023F00"), "9000");
    card.power_off();
    assert_eq!(send(&mut card, "00A4000C023F00"), "");
}

#[test]
fn the_rest_of_the_response_buffer_is_left_alone() {
    let mut response = [0xEE; RESPONSE_MAX];
    assert_eq!(card().transmit(&[0x00, 0xB0], &mut response), 2);
    assert_eq!(response[..2], [0x67, 0x00]);
    assert!(response[2..].iter().all(|byte| *byte == 0xEE));
}

#[test]
fn the_atr_is_the_published_one() {
    assert_eq!(super::hex(&ATR), "3B9F96801FC78031E073FE21006743572D53494D3194");
}

#[test]
fn headers_and_lengths() {
    run(
        &mut card(),
        &[
            ("", "6700"),
            ("00", "6700"),
            ("00A40004", "6700"),
            // Lc and data don't agree.
            ("00A40004023F", "6700"),
            ("00A40004023F0000", "6700"),
            ("00A4000402", "6700"),
            // Data behind a command that has none.
            ("00B0000001FF", "6700"),
            ("80F2000001FF", "6700"),
            ("00C0000001FF", "6700"),
        ],
    );
}

#[test]
fn classes_and_instructions() {
    run(
        &mut card(),
        &[
            ("A0A40000023F00", "6E00"),
            ("10A40004023F00", "6E00"),
            ("FFFFFFFFFF", "6E00"),
            ("01A40004023F00", "6881"),
            ("43A40004023F00", "6881"),
            ("81F2000000", "6881"),
            ("C0F2000000", "6881"),
            ("04A40004023F00", "6882"),
            ("0CA40004023F00", "6882"),
            ("60A40004023F00", "6882"),
            ("84F2000000", "6882"),
            ("E0F2000000", "6882"),
            ("0000000000", "6D00"),
            ("008800811000000000000000000000000000000000", "6985"),
            // Right instruction, wrong class.
            ("80A40004023F00", "6D00"),
            ("00F2000000", "6D00"),
            ("00AA000000", "6D00"),
            ("80C0000000", "6D00"),
            ("0070000001", "6881"),
            ("0070800100", "6881"),
        ],
    );
}

#[test]
fn every_class_and_instruction_has_one_meaning() {
    let iso = [
        0x20, 0x24, 0x26, 0x28, 0x2C, 0x70, 0x88, 0xA2, 0xA4, 0xB0, 0xB2, 0xC0, 0xD6, 0xDC,
    ];
    let etsi = [0xAA, 0xF2];
    for cla in 0..=u8::MAX {
        for ins in 0..=u8::MAX {
            let mut response = [0; RESPONSE_MAX];
            let length = card().transmit(&[cla, ins, 0x00, 0x00, 0x00], &mut response);
            let status = super::hex(&response[length - 2..length]);
            let known = match cla {
                0x00 => iso.contains(&ins),
                0x80 => etsi.contains(&ins),
                _ => false,
            };
            match cla {
                0x00 | 0x80 => assert_eq!(status != "6D00", known, "{cla:02X} {ins:02X}"),
                0x01..=0x0F | 0x40..=0x4F | 0x60..=0x6F | 0x81..=0x8F | 0xC0..=0xCF | 0xE0..=0xEF => {
                    assert!(status == "6881" || status == "6882", "{cla:02X} {ins:02X}");
                }
                _ => assert_eq!(status, "6E00", "{cla:02X} {ins:02X}"),
            }
        }
    }
}

#[test]
fn get_response() {
    let mut card = card();
    run(
        &mut card,
        &[
            // Nothing waits.
            ("00C0000000", "6F00"),
            ("00A40004022FE2", "6119"),
            // Wrong Le: what waits goes on waiting.
            ("00C0000000", "6C19"),
            ("00C000001A", "6C19"),
            ("00C0000100", "6A86"),
            ("00C0010000", "6A86"),
            (
                "00C0000019",
                "62178202412183022FE28A01058B032F06018002000A8801109000",
            ),
            // Taken.
            ("00C0000019", "6F00"),
        ],
    );
}

#[test]
fn get_response_in_parts() {
    run(
        &mut card(),
        &[
            ("00A40004022FE2", "6119"),
            ("00C0000008", "6217820241218302 6111"),
            ("00C0000012", "6C11"),
            ("00C0000011", "2FE28A01058B032F06018002000A880110 9000"),
            ("00C0000000", "6F00"),
        ],
    );
}

#[test]
fn what_waits_is_lost_to_any_other_command() {
    for between in ["80F2000C00", "00", "A0A4", "00B0000000", "0020000100"] {
        let mut card = card();
        run(&mut card, &[("00A40004022FE2", "6119")]);
        send(&mut card, between);
        run(&mut card, &[("00C0000019", "6F00")]);
    }
}

#[test]
fn a_reset_forgets_the_session() {
    let resets: [fn(&mut Card) -> &[u8]; 2] = [Card::cold_reset, Card::warm_reset];
    for reset in resets {
        let mut card = locked_card();
        run(
            &mut card,
            &[
                ("00A4040C10A0000000871002FFFFFFFF8907090000", "9000"),
                ("002000010831323334FFFFFFFF", "9000"),
                ("00B0870009", "080910101032547698 9000"),
                ("00A40004022FE2", "6A82"),
                ("00A40004026F07", "6119"),
            ],
        );
        reset(&mut card);
        run(
            &mut card,
            &[
                ("00C0000019", "6F00"),
                ("00B0000001", "6986"),
                ("00A4000C027FFF", "6A82"),
                ("00A4040C10A0000000871002FFFFFFFF8907090000", "9000"),
                ("00B0870009", "6982"),
            ],
        );
    }
}

#[test]
fn a_reset_keeps_files_and_counters() {
    let mut card = locked_card();
    run(
        &mut card,
        &[
            ("002000010831323334FFFFFFFF", "9000"),
            ("00D6850004 64650000", "9000"),
            ("002000010830303030FFFFFFFF", "63C2"),
        ],
    );
    card.power_off();
    card.cold_reset();
    run(
        &mut card,
        &[("00B0850004", "64650000 9000"), ("0020000100", "63C2")],
    );
}

#[test]
fn terminal_capability() {
    run(
        &mut card(),
        &[
            ("80AA000005A903810100", "9000"),
            ("80AA000002A900", "9000"),
            ("80AA000000", "6700"),
            ("80AA000002A901", "6A80"),
            ("80AA000003A90100", "9000"),
            ("80AA000002A800", "6A80"),
            ("80AA000001A9", "6A80"),
            ("80AA010002A900", "6A86"),
            ("80AA000102A900", "6A86"),
        ],
    );
}

#[test]
fn a_card_does_not_share_state_with_its_clone() {
    let mut one = Card::new(&Profile::default());
    one.cold_reset();
    let mut other = one.clone();
    run(&mut one, &[("00A4000C022FE2", "9000")]);
    run(&mut other, &[("00B0000001", "6986")]);
}
