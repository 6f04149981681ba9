//! VERIFY, CHANGE, DISABLE, ENABLE and UNBLOCK PIN (ETSI TS 102 221, 11.1.9 to 11.1.13).

use super::{card, locked_card, run};

const RIGHT: &str = "31323334FFFFFFFF";
const WRONG: &str = "30303030FFFFFFFF";
const OTHER: &str = "3939393939FFFFFF";
const PUK: &str = "3132333435363738";
const ADM: &str = "4341524457495245";

/// The last step of each script: is a file behind PIN1 open?
const OPEN: (&str, &str) = ("00B0850002", "656E 9000");

fn command(head: &str, pins: &[&str]) -> String {
    format!("00{head}{:02X}{}", pins.len() * 8, pins.concat())
}

fn verify(pin: &str) -> String {
    command("200001", &[pin])
}

fn change(old: &str, new: &str) -> String {
    command("240001", &[old, new])
}

fn disable(pin: &str) -> String {
    command("260001", &[pin])
}

fn enable(pin: &str) -> String {
    command("280001", &[pin])
}

fn unblock(puk: &str, new: &str) -> String {
    command("2C0001", &[puk, new])
}

/// EF.PL can be updated if PIN1 is verified or disabled.
fn write() -> String {
    "00D6850002656E".to_owned()
}

#[test]
fn verify_pin1() {
    run(
        &mut locked_card(),
        &[
            ("0020000100", "63C3"),
            (&write(), "6982"),
            (&verify(RIGHT), "9000"),
            (&write(), "9000"),
            (&verify(WRONG), "63C2"),
            // A wrong PIN takes the verification back; a right one refills the counter.
            (&write(), "6982"),
            ("0020000100", "63C2"),
            (&verify(RIGHT), "9000"),
            ("0020000100", "63C3"),
            (&verify(WRONG), "63C2"),
            (&verify(WRONG), "63C1"),
            (&verify(WRONG), "63C0"),
            (&verify(RIGHT), "6983"),
            ("0020000100", "6983"),
            (&write(), "6982"),
            OPEN,
        ],
    );
}

#[test]
fn verify_refuses_what_is_no_pin() {
    run(
        &mut locked_card(),
        &[
            ("002000010431323334", "6700"),
            ("0020000109 31323334FFFFFFFFFF", "6700"),
            ("0020000108 31323334", "6700"),
            ("002001010831323334FFFFFFFF", "6A86"),
            ("002000000831323334FFFFFFFF", "6A86"),
            ("002000020831323334FFFFFFFF", "6A88"),
            ("002000110831323334FFFFFFFF", "6A88"),
            ("00200082 00", "6A88"),
            // None of them counted.
            ("0020000100", "63C3"),
        ],
    );
}

#[test]
fn a_disabled_pin() {
    run(
        &mut card(),
        &[
            (&write(), "9000"),
            ("0020000100", "63C3"),
            (&verify(RIGHT), "6984"),
            (&verify(WRONG), "6984"),
            (&change(RIGHT, OTHER), "6984"),
            (&disable(RIGHT), "6984"),
            ("0020000100", "63C3"),
            (&enable(WRONG), "63C2"),
            (&enable(WRONG), "63C1"),
            (&write(), "9000"),
            (&enable(RIGHT), "9000"),
            (&write(), "9000"),
            (&enable(RIGHT), "6985"),
            (&disable(WRONG), "63C2"),
            (&write(), "6982"),
            (&disable(RIGHT), "9000"),
            (&write(), "9000"),
            // A disabled PIN can be blocked too.
            (&enable(WRONG), "63C2"),
            (&enable(WRONG), "63C1"),
            (&enable(WRONG), "63C0"),
            (&enable(RIGHT), "6983"),
            (&verify(RIGHT), "6983"),
            (&disable(RIGHT), "6983"),
            (&change(RIGHT, OTHER), "6983"),
            (&write(), "9000"),
            (&unblock(PUK, RIGHT), "9000"),
            // Unblocking enables.
            (&enable(RIGHT), "6985"),
            (&write(), "9000"),
        ],
    );
}

#[test]
fn change_pin1() {
    run(
        &mut locked_card(),
        &[
            (&change(WRONG, OTHER), "63C2"),
            (&change(RIGHT, OTHER), "9000"),
            (&write(), "9000"),
            (&verify(RIGHT), "63C2"),
            (&verify(OTHER), "9000"),
            // New PINs that are too short, not of digits, not filled with FF.
            (&change(OTHER, "313233FFFFFFFFFF"), "6A80"),
            (&change(OTHER, "31323341FFFFFFFF"), "6A80"),
            (&change(OTHER, "3132333400000000"), "6A80"),
            (&change(OTHER, "31323334FF35FFFF"), "6A80"),
            (&change(OTHER, "FFFFFFFFFFFFFFFF"), "6A80"),
            ("0020000100", "63C3"),
            (&command("240001", &[OTHER]), "6700"),
            ("0024000100", "6700"),
            (&command("240101", &[OTHER, RIGHT]), "6A86"),
            (&command("240003", &[OTHER, RIGHT]), "6A88"),
            (&change(OTHER, PUK), "9000"),
            (&verify(PUK), "9000"),
        ],
    );
}

#[test]
fn disable_and_enable_refuse_what_is_no_pin() {
    run(
        &mut locked_card(),
        &[
            ("0026000100", "6700"),
            ("0028000100", "6700"),
            (&command("268001", &[RIGHT]), "6A86"),
            (&command("280101", &[RIGHT]), "6A86"),
            (&command("260005", &[RIGHT]), "6A88"),
            (&command("280005", &[RIGHT]), "6A88"),
            // PIN2 and the administrative key are always enabled.
            (&command("260081", &[RIGHT]), "6985"),
            (&command("280081", &[RIGHT]), "6985"),
            (&command("26000A", &[ADM]), "6985"),
            (&command("28000A", &[ADM]), "6985"),
            ("0020008100", "63C3"),
            ("0020000A00", "63C3"),
        ],
    );
}

#[test]
fn unblock_pin1() {
    run(
        &mut locked_card(),
        &[
            ("002C000100", "63CA"),
            (&verify(WRONG), "63C2"),
            (&verify(WRONG), "63C1"),
            (&verify(WRONG), "63C0"),
            (&unblock(WRONG, OTHER), "63C9"),
            ("002C000100", "63C9"),
            (&unblock(PUK, "00"), "6700"),
            (&unblock(PUK, "3132FFFFFFFFFFFF"), "6A80"),
            ("002C000100", "63C9"),
            (&unblock(PUK, OTHER), "9000"),
            (&write(), "9000"),
            ("002C000100", "63CA"),
            ("0020000100", "63C3"),
            (&verify(RIGHT), "63C2"),
            (&verify(OTHER), "9000"),
            // It may be used before the PIN is blocked.
            (&unblock(PUK, RIGHT), "9000"),
            (&verify(RIGHT), "9000"),
            (&command("2C0101", &[PUK, RIGHT]), "6A86"),
            (&command("2C000A", &[PUK, RIGHT]), "6A88"),
            ("002C000A00", "6A88"),
            (&command("2C0002", &[PUK, RIGHT]), "6A88"),
        ],
    );
}

#[test]
fn unblocking_can_be_blocked() {
    let card = &mut locked_card();
    for left in (0..10).rev() {
        run(card, &[(&unblock(WRONG, OTHER), &format!("63C{left}"))]);
    }
    run(
        card,
        &[
            (&unblock(PUK, OTHER), "6983"),
            ("002C000100", "6983"),
            // The PIN itself is as it was.
            (&verify(RIGHT), "9000"),
        ],
    );
}

#[test]
fn pin2_and_the_administrative_key_have_counters_of_their_own() {
    run(
        &mut locked_card(),
        &[
            (&command("200081", &[RIGHT]), "63C2"),
            (&command("20000A", &[RIGHT]), "63C2"),
            (&command("20000A", &[RIGHT]), "63C1"),
            ("0020000100", "63C3"),
            ("0020008100", "63C2"),
            (&command("20000A", &[ADM]), "9000"),
            ("0020000A00", "63C3"),
            // A key may be anything.
            (&command("24000A", &[ADM, "0001020304050607"]), "9000"),
            (&command("20000A", &["0001020304050607"]), "9000"),
            (&command("200081", &["35363738FFFFFFFF"]), "9000"),
            (&command("240081", &["35363738FFFFFFFF", OTHER]), "9000"),
            (&command("2C0081", &["3837363534333231", RIGHT]), "9000"),
            (&command("200081", &[RIGHT]), "9000"),
            (&command("20000A", &[ADM]), "63C2"),
            (&command("20000A", &[ADM]), "63C1"),
            (&command("20000A", &[ADM]), "63C0"),
            (&command("20000A", &[ADM]), "6983"),
        ],
    );
}
