//! What a SIM service reads: the certification card from its identity to its phone book, and other profiles.

use cardwire_simcard::{Card, MncLength, Profile};

use super::{card, exchange, joined, powered};

const NOTHING: &str = "FFFFFFFFFFFFFFFFFFFFFFFFFFFF";

#[track_caller]
fn read(card: &mut Card, steps: &[(&str, &str)]) {
    for (command, expected) in steps {
        assert_eq!(exchange(card, command), joined(expected) + "9000", "{command}");
    }
}

#[test]
fn identity_of_the_certification_card() {
    read(
        &mut card(),
        &[
            // EF.ICCID, EF.DIR, EF.PL, EF.UMPC.
            ("00B0820000", "980000010121436587F3"),
            (
                "00B201F400",
                "6118 4F10 A0000000871002FFFFFFFF8907090000 5004 5553494D FFFFFFFFFFFF",
            ),
            ("00B202F400", &"FF".repeat(32)),
            ("00B0850000", "656EFFFF"),
            ("00B0880000", "0A0500FFFF"),
        ],
    );
}

#[test]
fn subscription_of_the_certification_card() {
    read(
        &mut card(),
        &[
            ("00A4040C07A0000000871002", ""),
            // EF.IMSI, EF.AD, EF.UST, EF.ACC, EF.LOCI, EF.HPPLMN.
            ("00B0870000", "080910101032547698"),
            ("00B0830000", "00000002"),
            ("00B0840000", "000A140001 000000000000000000000000"),
            ("00B0860000", "0200"),
            ("00B08B0000", "FFFFFFFF 00F110 0000 FF 01"),
            ("00B0920000", "02"),
            // EF.SPN: Cardwire Test.
            ("00A4000C026F46", ""),
            ("00B0000000", "01 43617264776972652054657374 FFFFFF"),
            // EF.MSISDN: +4915228817386.
            ("00A4000C026F40", ""),
            ("00B2010400", &format!("{NOTHING} 0891945122887183F6FFFFFF FFFF")),
            ("00B2020400", &format!("{NOTHING} {NOTHING}")),
        ],
    );
}

#[test]
fn messages_and_phone_book_of_the_certification_card() {
    read(
        &mut card(),
        &[
            ("00A4040C07A0000000871002", ""),
            // EF.SMSP: +493023125000.
            ("00A4000C026F42", ""),
            (
                "00B2010400",
                "FFFFFFFFFFFFFFFFFFFFFFFF E1 FFFFFFFFFFFFFFFFFFFFFFFF 0791940332210500FFFFFFFF 00 00 A7",
            ),
            ("00B2020400", &"FF".repeat(40)),
            // EF.SMSS, EF.SMS.
            ("00A4000C026F43", ""),
            ("00B0000000", "FFFF"),
            ("00A4000C026F3C", ""),
            ("00B2010400", &format!("00{}", "FF".repeat(175))),
            ("00B2040400", &format!("00{}", "FF".repeat(175))),
            // EF.ADN: Cardwire Lab, +493023125042; Cardwire Desk, +493023125043.
            ("00A4080C047F106F3A", ""),
            (
                "00B2010400",
                "4361726477697265204C6162FFFF 0791940332210524FFFFFFFF FFFF",
            ),
            (
                "00B2020400",
                "43617264776972652044 65736BFF 0791940332210534FFFFFFFF FFFF",
            ),
            ("00B2030400", &format!("{NOTHING} {NOTHING}")),
            ("00A4000C026F3B", ""),
            ("00B2010400", &format!("{NOTHING} {NOTHING}")),
        ],
    );
}

#[test]
fn other_profiles() {
    let profile = Profile::certification()
        .with_iccid("8988211000000430010")
        .and_then(|profile| profile.with_imsi("310170123456780", MncLength::Three))
        .and_then(|profile| profile.with_service_provider("GSM-R CH"))
        .and_then(|profile| profile.with_msisdn("+4917279119183"))
        .and_then(|profile| profile.with_sms_centre("12345"))
        .and_then(|profile| profile.with_pin1("0000", "00000000"))
        .and_then(|profile| profile.with_pin2("11111", "22222222"))
        .unwrap()
        .with_pin1_enabled(true)
        .with_adm([0; 8]);
    read(
        &mut powered(&profile),
        &[
            ("002000010830303030FFFFFFFF", ""),
            ("00200081083131313131FFFFFF", ""),
            ("0020000A080000000000000000", ""),
            ("002C000110303030303030303030303030FFFFFFFF", ""),
            ("002C008110323232323232323230303030FFFFFFFF", ""),
            ("00B0820000", "988812010000400310F0"),
            ("00A4040C07A0000000871002", ""),
            ("00B0870000", "083901711032547608"),
            ("00B0830000", "00000003"),
            ("00B0860000", "0001"),
            ("00B08B0000", "FFFFFFFF 130071 0000 FF 01"),
            ("00A4000C026F46", ""),
            ("00B0000000", "0147534D2D52204348FFFFFFFFFFFFFFFF"),
            ("00A4000C026F40", ""),
            ("00B2010400", &format!("{NOTHING} 0891947172199181F3FFFFFF FFFF")),
            ("00A4000C026F42", ""),
            ("00A2010405048121 43F5", "01"),
        ],
    );
}
