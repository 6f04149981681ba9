//! SELECT and STATUS (ETSI TS 102 221, 8.4, 11.1.1, 11.1.2).

use super::{card, exchange, locked_card, run};

const MF: &str = "6223 82027821 83023F00 A506 800171 870101 8A0105 8B032F0607 C609 900140 830101 830181 9000";
const TELECOM: &str = "621B 82027821 83027F10 8A0105 8B032F0607 C609 900140 830101 830181 9000";
const USIM: &str = "622D 82027821 83027FFF 8410 A0000000871002FFFFFFFF8907090000 8A0105 8B032F0607 C609 900140 830101 830181 9000";

#[track_caller]
fn template(card: &mut cardwire_simcard::Card, command: &str, expected: &str) {
    assert_eq!(exchange(card, command), super::joined(expected), "{command}");
}

#[test]
fn templates_of_directories() {
    let card = &mut card();
    template(card, "00A40004023F00", MF);
    template(card, "00A40004027F10", TELECOM);
    template(card, "00A4040410A0000000871002FFFFFFFF8907090000", USIM);
    template(card, "00A40004027FFF", USIM);
    // An enabled PIN1 is told by the highest bit.
    template(
        &mut locked_card(),
        "00A40004023F00",
        &MF.replace("900140", "9001C0"),
    );
}

#[test]
fn templates_of_files() {
    let card = &mut card();
    let templates = [
        (
            "00A40004022F00",
            "621A 8205 4221 0020 02 83022F00 8A0105 8B032F0602 80020040 8801F0 9000",
        ),
        (
            "00A40004022F05",
            "6217 8202 4121         83022F05 8A0105 8B032F0603 80020004 880128 9000",
        ),
        (
            "00A40004022F06",
            "621A 8205 4221 0016 07 83022F06 8A0105 8B032F0602 8002009A 880130 9000",
        ),
        (
            "00A40004022FE2",
            "6217 8202 4121         83022FE2 8A0105 8B032F0601 8002000A 880110 9000",
        ),
        (
            "00A40804047F106F3A",
            "6219 8205 4221 001C 0A 83026F3A 8A0105 8B032F0605 80020118 8800 9000",
        ),
        (
            "00A40804047F106F3B",
            "6219 8205 4221 001C 04 83026F3B 8A0105 8B032F0606 80020070 8800 9000",
        ),
        ("00A4040407A0000000871002", USIM),
        (
            "00A40004026F07",
            "6217 8202 4121         83026F07 8A0105 8B032F0604 80020009 880138 9000",
        ),
        (
            "00A40004026F3C",
            "6219 8205 4221 00B0 04 83026F3C 8A0105 8B032F0605 800202C0 8800 9000",
        ),
        (
            "00A40004026F46",
            "6216 8202 4121         83026F46 8A0105 8B032F0602 80020011 8800 9000",
        ),
    ];
    for (command, expected) in templates {
        template(card, command, expected);
    }
}

#[test]
fn every_file_can_be_selected() {
    let card = &mut card();
    for fid in ["2F00", "2F05", "2F06", "2F08", "2FE2"] {
        run(card, &[(&format!("00A4000C02{fid}"), "9000")]);
    }
    for fid in ["6F3A", "6F3B"] {
        run(card, &[(&format!("00A4080C047F10{fid}"), "9000")]);
    }
    run(card, &[("00A4040C07A0000000871002", "9000")]);
    for fid in [
        "6F07", "6F31", "6F38", "6F3C", "6F40", "6F42", "6F43", "6F46", "6F78", "6F7E", "6FAD",
    ] {
        run(card, &[(&format!("00A4000C02{fid}"), "9000")]);
    }
}

#[test]
fn by_identifier() {
    run(
        &mut card(),
        &[
            // A child of the current directory, again, then one that isn't there.
            ("00A4000C022FE2", "9000"),
            ("00A4000C022FE2", "9000"),
            ("00A4000C022FE3", "6A82"),
            // A refused SELECT changes nothing.
            ("00B0000001", "98 9000"),
            // Files of another directory are out of reach.
            ("00A4000C026F3A", "6A82"),
            ("00A4000C027F10", "9000"),
            ("00A4000C026F3A", "9000"),
            ("00A4000C022FE2", "6A82"),
            // The current directory, the parent, and DFs below the parent.
            ("00A4000C027F10", "9000"),
            ("00A4000C023F00", "9000"),
            ("00A4000C027F20", "6A82"),
            // The application is not selected yet.
            ("00A4000C027FFF", "6A82"),
            ("00A4040C07A0000000871002", "9000"),
            ("00A4000C027F10", "9000"),
            ("00A4000C027FFF", "9000"),
            ("00A4000C026F07", "9000"),
            ("00A4000C023F00", "9000"),
            // Selecting a directory leaves no EF.
            ("00B0000001", "6986"),
            // Without data it is the master file, and no data can be wanted.
            ("00A4000C027F10", "9000"),
            ("00A4000C00", "9000"),
            ("00A4000C022FE2", "9000"),
            ("00A4000400", "6A87"),
            ("00A4000C012F", "6A87"),
            ("00A4000C032FE200", "6A87"),
        ],
    );
}

#[test]
fn child_and_parent() {
    run(
        &mut card(),
        &[
            ("00A4010C027F10", "9000"),
            ("00A4010C027F10", "6A82"),
            ("00A4010C026F3A", "6A82"),
            ("00A4030C00", "9000"),
            ("00A4030C00", "6A82"),
            ("00A4010C022F00", "6A82"),
            ("00A4010C00", "6A87"),
            ("00A4030C023F00", "6A87"),
            ("00A4040C07A0000000871002", "9000"),
            ("00A4030C00", "9000"),
            ("00A4000C022F00", "9000"),
        ],
    );
    let card = &mut card();
    run(card, &[("00A4010C027F10", "9000")]);
    template(card, "00A4030400", MF);
}

#[test]
fn by_name() {
    run(
        &mut card(),
        &[
            ("00A4040C10A0000000871002FFFFFFFF8907090000", "9000"),
            ("00A4040C07A0000000871002", "9000"),
            ("00A4040C05A000000087", "9000"),
            // First or only, last; there is no next and no previous one.
            ("00A4040D05A000000087", "9000"),
            ("00A4040E05A000000087", "6A82"),
            ("00A4040F05A000000087", "6A82"),
            ("00A4040C07A0000000871004", "6A82"),
            ("00A4040C10A0000000871002FFFFFFFF8907090001", "6A82"),
            ("00A4040C04A0000000", "6A87"),
            ("00A4040C00", "6A87"),
            ("00A4040C11A0000000871002FFFFFFFF890709000000", "6A87"),
            // Ending the application session is not supported.
            ("00A4044C07A0000000871002", "6A86"),
        ],
    );
}

#[test]
fn by_path() {
    run(
        &mut card(),
        &[
            ("00A4080C022FE2", "9000"),
            ("00A4080C047F106F3A", "9000"),
            ("00A4080C027F10", "9000"),
            ("00A4090C026F3B", "9000"),
            ("00A4090C022FE2", "6A82"),
            // The master file is not part of the path; an EF has no children.
            ("00A4080C043F002FE2", "6A82"),
            ("00A4080C042FE22FE2", "6A82"),
            ("00A4080C047F106F3C", "6A82"),
            // The application by its identifier, once it is active.
            ("00A4080C047FFF6F07", "6A82"),
            ("00A4040C07A0000000871002", "9000"),
            ("00A4000C023F00", "9000"),
            ("00A4080C047FFF6F07", "9000"),
            ("00A4080C067F107FFF6F07", "6A82"),
            ("00A4090C026F46", "9000"),
            ("00A4000C027F10", "9000"),
            ("00A4090C047FFF6F07", "6A82"),
            ("00A4080C00", "6A87"),
            ("00A4080C01 7F", "6A87"),
            ("00A4080C037F106F", "6A87"),
            ("00A4090C036F076F", "6A87"),
        ],
    );
}

#[test]
fn parameters() {
    run(
        &mut card(),
        &[
            ("00A40000023F00", "6A86"),
            ("00A40008023F00", "6A86"),
            ("00A4008C023F00", "6A86"),
            // Occurrences are for names only.
            ("00A4000D023F00", "6A86"),
            ("00A40806022FE2", "6A86"),
            ("00A4020C023F00", "6A86"),
            ("00A4050C023F00", "6A86"),
            ("00A4FF0C023F00", "6A86"),
        ],
    );
}

#[test]
fn status() {
    let card = &mut card();
    run(
        card,
        &[("80F2000000", "6C25"), ("80F2000001", "6C25"), ("80F2000025", MF)],
    );
    run(
        card,
        &[
            ("80F2000C00", "9000"),
            ("80F2000C01", "6700"),
            ("80F2010C00", "9000"),
            ("80F2020C00", "9000"),
            ("80F2030C00", "6A86"),
            ("80F2000200", "6A86"),
            // No application yet.
            ("80F2000112", "6A88"),
            ("00A4040C07A0000000871002", "9000"),
            ("80F2000100", "6C12"),
            ("80F2000112", "8410 A0000000871002FFFFFFFF8907090000 9000"),
            // With an EF selected it is the directory that is told.
            ("00A4000C026F07", "9000"),
            ("80F200002F", USIM),
            ("00A4000C023F00", "9000"),
            ("80F2000112", "8410 A0000000871002FFFFFFFF8907090000 9000"),
            ("80F2000025", MF),
        ],
    );
}
