//! READ RECORD, UPDATE RECORD and SEARCH RECORD (ETSI TS 102 221, 11.1.5 to 11.1.7).

use super::{card, locked_card, run};

/// "Cardwire Lab", +493023125042.
const LAB: &str = "4361726477697265204C6162FFFF 0791940332210524FFFFFFFF FFFF 9000";
const ADN: (&str, &str) = ("00A4080C047F106F3A", "9000");
const EMPTY: &str = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";

/// A record of the phone book that names its own place.
fn named(number: u8) -> String {
    format!("{:02X}{}", number, &EMPTY[2..])
}

/// A phone book whose ten records name their own place, EF.ADN selected.
fn numbered_card() -> cardwire_simcard::Card {
    let mut card = card();
    run(&mut card, &[ADN]);
    for number in 1..=10 {
        run(
            &mut card,
            &[(&format!("00DC{number:02X}041C{}", named(number)), "9000")],
        );
    }
    run(&mut card, &[ADN]);
    card
}

fn answer(number: u8) -> String {
    named(number) + "9000"
}

#[test]
fn read_absolute() {
    run(
        &mut card(),
        &[
            ("00B201041C", "6986"),
            ADN,
            ("00B2010400", "6C1C"),
            ("00B201041B", "6C1C"),
            ("00B201041D", "6C1C"),
            ("00B201041C", LAB),
            ("00B20A041C", &(EMPTY.to_owned() + "9000")),
            ("00B20B041C", "6A83"),
            ("00B2FF041C", "6A83"),
            ("00A4000C023F00", "9000"),
            ("00A4000C022FE2", "9000"),
            ("00B201041C", "6981"),
        ],
    );
}

#[test]
fn read_next_and_previous() {
    let card = &mut numbered_card();
    for number in 1..=10 {
        run(card, &[("00B200021C", &answer(number))]);
    }
    run(
        card,
        &[
            // At the end the pointer stays.
            ("00B200021C", "6A83"),
            ("00B200041C", &answer(10)),
            ("00B200031C", &answer(9)),
            // Absolute doesn't move it, nor does a refused command; P1 means nothing to "next".
            ("00B202041C", &answer(2)),
            ("00B2000300", "6C1C"),
            ("00B200041C", &answer(9)),
            ("00B277021C", &answer(10)),
            ADN,
            // Undefined after SELECT: "previous" starts with the last, "current" has nothing.
            ("00B200041C", "6A83"),
            ("00B200031C", &answer(10)),
        ],
    );
    run(
        card,
        &[
            ADN,
            ("00B200021C", &answer(1)),
            ("00B200031C", "6A83"),
            ("00B200041C", &answer(1)),
        ],
    );
}

#[test]
fn by_sfi() {
    let directory = "61184F10A0000000871002FFFFFFFF890709000050045553494DFFFFFFFFFFFF 9000";
    run(
        &mut card(),
        &[
            ("00B201F420", directory),
            ("00B2010420", directory),
            ("00B200F220", directory),
            // An SFI leaves the pointer undefined, so that "next" starts over.
            ("00B200F220", directory),
            ("00B2000420", directory),
            ("00B201F400", "6C20"),
            ("00B2031420", "6981"),
            ("00B2013C20", "6A82"),
            ("00B201FC20", "6A86"),
            ("00B201 3420", "6C16"),
            (
                "00B2013416",
                "800101 9000 800102 9700 FFFFFFFFFFFFFFFFFFFFFFFF 9000",
            ),
            (
                "00B2043416",
                "800101 A40683010195 0108 800102 A40683010A950108 9000",
            ),
            (
                "00B2063416",
                "800101 A40683010195 0108 800102 A406830181950108 9000",
            ),
            (
                "00B2073416",
                "800107 9700 FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF 9000",
            ),
            ("00B2083416", "6A83"),
        ],
    );
}

#[test]
fn modes() {
    run(
        &mut card(),
        &[
            ADN,
            ("00B201001C", "6A86"),
            ("00B201011C", "6A86"),
            ("00B201051C", "6A86"),
            ("00B201061C", "6A86"),
            ("00B201071C", "6A86"),
            ("00DC01001C", "6700"),
            (&format!("00DC01001C{EMPTY}"), "6A86"),
            (&format!("00DC01071C{EMPTY}"), "6A86"),
        ],
    );
}

#[test]
fn update() {
    let card = &mut numbered_card();
    let with = |head: &str| format!("{head}{}", named(0xAA));
    run(
        card,
        &[
            (&with("00DC03041C"), "9000"),
            ("00B203041C", &answer(0xAA)),
            ("00B204041C", &answer(4)),
            (&with("00DC00041C"), "6A83"),
            (&with("00DC00021C"), "9000"),
            ("00B201041C", &answer(0xAA)),
            (&with("00DC00021C"), "9000"),
            ("00B202041C", &answer(0xAA)),
            (&with("00DC00041C"), "9000"),
            (&with("00DC00031C"), "9000"),
            (&with("00DC00031C"), "6A83"),
            (&with("00DC0B041C"), "6A83"),
            ("00DC010401AA", "6700"),
            ("00DC010400", "6700"),
            (&(with("00DC01041D") + "00"), "6700"),
            ("00DC013C01AA", "6A82"),
            ("00DC01FC01AA", "6A86"),
            ("00A4000C023F00", "9000"),
            (&with("00DC01041C"), "6986"),
            ("00A4000C022F05", "9000"),
            (&with("00DC01041C"), "6981"),
            ("00DC01F401AA", "6982"),
        ],
    );
}

#[test]
fn access_conditions() {
    let fdn = "00A4000C026F3B";
    let contact = format!("00DC01041C{}", named(1));
    run(
        &mut locked_card(),
        &[
            ADN,
            ("00B201041C", "6982"),
            ("00B2FF041C", "6982"),
            (&contact, "6982"),
            ("00A2010401FF", "6982"),
            ("002000010831323334FFFFFFFF", "9000"),
            (&contact, "9000"),
            ("00B201041C", &answer(1)),
            (fdn, "9000"),
            ("00B201041C", &(EMPTY.to_owned() + "9000")),
            (&contact, "6982"),
            ("002000810835363738FFFFFFFF", "9000"),
            (&contact, "9000"),
            ("00B201041C", &answer(1)),
        ],
    );
}

#[test]
fn search() {
    let card = &mut numbered_card();
    run(
        card,
        &[
            ("00A201040105", "6101"),
            ("00C0000001", "05 9000"),
            // The first match is the current record.
            ("00B200041C", &answer(5)),
            ("00B200021C", &answer(6)),
            // From the current record on, either way; from a given one.
            ("00A2000401FF", "6105"),
            ("00C0000005", "060708090A 9000"),
            ("00A2080501FF", "6108"),
            ("00C0000008", "0807060504030201 9000"),
            ("00B200041C", &answer(8)),
            ("00A206040105", "6282"),
            ("00A204050105", "6282"),
            // A search that fails leaves the pointer.
            ("00B200041C", &answer(8)),
            // The whole record, and anywhere in it.
            (&format!("00A201041C{}", named(3)), "6101"),
            ("00A201040207FF", "6101"),
            ("00A2010402FF07", "6282"),
            ("00A20B0401FF", "6A83"),
            ("00A2FF0501FF", "6A83"),
            ("00A2010400", "6700"),
            (&format!("00A201041D{}00", named(3)), "6700"),
            ("00A2010401", "6700"),
            ("00A2010001FF", "6A86"),
            ("00A2010301FF", "6A86"),
            ("00A20106030400FF", "6A81"),
            ("00A2010701FF", "6A81"),
            ADN,
            // Undefined pointer: from the first, or backward from the last.
            ("00A2000402FFFF", "610A"),
            ADN,
            ("00A2000502FFFF", "610A"),
            ("00C000000A", "0A090807060504030201 9000"),
            ("00A4000C023F00", "9000"),
            ("00A2010401FF", "6986"),
            ("00A20114 01FF", "6981"),
            ("00A2013C01FF", "6A82"),
            ("00A201FC01FF", "6A86"),
            ("00A201F40455534 94D", "6101"),
            ("00C0000001", "01 9000"),
        ],
    );
}
