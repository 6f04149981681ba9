//! Against what a published tool says of cards that are sold, and on bytes that no card sends.

extern crate std;

use super::*;
use std::{format, string::String, vec, vec::Vec};

/// Its first lines say what the columns are.
const PUBLISHED: &str = include_str!("published.txt");

#[test]
fn answers_are_read_as_a_published_tool_reads_them() {
    let lines = PUBLISHED.lines().filter(|line| !line.starts_with('#'));
    assert!(lines.map(agrees).count() >= 60);
}

fn agrees(line: &str) {
    let columns: Vec<&str> = line.split('|').map(str::trim).collect();
    let &[
        atr,
        factors_said,
        tc1,
        ta2,
        tc2,
        protocols,
        classes,
        count,
        capabilities,
        verdict,
    ] = &columns[..]
    else {
        panic!("columns: {line}");
    };
    let given = bytes(atr);
    let atr = Atr::parse(&given);
    let expected = match verdict {
        "good" => None,
        "truncated" => Some(AtrError::Truncated),
        "trailing" => Some(AtrError::Trailing),
        "check-byte" => Some(AtrError::CheckByte),
        _ => panic!("verdict: {line}"),
    };
    assert_eq!(atr.err(), expected, "{line}");
    let Ok(atr) = atr else { return };
    let hex = |byte: Option<u8>| byte.map_or(String::from("-"), |byte| format!("{byte:02X}"));
    let of_default = |said: &str, default: u8| {
        if said == "-" {
            format!("{default:02X}")
        } else {
            said.into()
        }
    };
    assert_eq!(hex(Some(atr.extra_guard)), of_default(tc1, 0), "TC1: {line}");
    assert_eq!(hex(atr.specific), ta2, "TA2: {line}");
    assert_eq!(hex(Some(atr.waiting_integer)), of_default(tc2, 10), "TC2: {line}");
    assert_eq!(hex(atr.clock_and_class), classes, "classes: {line}");
    assert_eq!(
        format!("{}", atr.historical.len()),
        count,
        "historical bytes: {line}"
    );
    if let Some((fi, di)) = atr.fi_di.and_then(factors) {
        assert_eq!(format!("{fi} {di}"), factors_said, "TA1: {line}");
    }
    let named: Vec<u8> = protocols
        .split(',')
        .filter_map(|protocol| protocol.parse().ok())
        .collect();
    let offered = |protocol: &u8| atr.offers(*protocol);
    assert!(named.iter().all(offered), "protocols: {line}");
    assert_eq!(
        atr.first_protocol,
        named.first().copied().unwrap_or(0),
        "protocols: {line}"
    );
    assert_eq!(
        atr.offers(0),
        named.iter().all(|protocol| [0, GLOBAL].contains(protocol)) || named.contains(&0),
        "T=0: {line}"
    );
    let yes = |flag| if flag { "yes" } else { "no" };
    let Capabilities {
        chaining,
        extended,
        channels,
    } = atr.capabilities();
    assert_eq!(
        format!("{} {} {channels}", yes(chaining), yes(extended)),
        capabilities,
        "capabilities: {line}"
    );
}

#[test]
fn a_line_is_set_as_the_card_offers_it() {
    let line = |atr: &str, negotiate| {
        let given = bytes(atr);
        let line = Line::after(&Atr::parse(&given).unwrap(), negotiate);
        (line.protocol, line.fi_di, line.by_pps)
    };
    // TA1 = 96: proposed; not again after it was refused.
    assert_eq!(line("3B 90 96 80 1F C7 5E", true), (0, 0x96, true));
    assert_eq!(line("3B 90 96 80 1F C7 5E", false), (0, 0x11, false));
    // TA1 = 11 says what holds anyway; a reserved TA1 says nothing.
    assert_eq!(line("3B 10 11", true), (0, 0x11, false));
    assert_eq!(line("3B 10 78", true), (0, 0x11, false));
    // T=1 first and T=0 as well: T=0 has to be asked for.
    assert_eq!(line("3B 80 81 00 01", true), (0, 0x11, true));
    assert_eq!(line("3B 80 81 00 01", false), (1, 0x11, false));
    assert_eq!(line("3B 80 01 81", true), (1, 0x11, false));
    // Specific mode: nothing is asked. Bit 5 of TA2 leaves TA1 aside.
    assert_eq!(line("3B 90 96 10 00", true), (0, 0x96, false));
    assert_eq!(line("3B 90 96 10 10", true), (0, 0x11, false));
}

#[test]
fn the_card_may_be_silent_for_its_waiting_time() {
    let given = bytes("3B 90 96 40 20");
    let atr = Atr::parse(&given).unwrap();
    let fast = Line::after(&atr, true);
    // WI = 32, Fi = 512 at 4 MHz; after a reset Fi = 372.
    assert_eq!(
        (atr.waiting_integer, atr.waiting_millis(&fast, 4_000_000)),
        (0x20, 3933)
    );
    assert_eq!(atr.waiting_millis(&Line::after(&atr, false), 4_000_000), 2857);
    assert!(!fast.is_default() && atr.waiting_millis(&fast, 0) > 0);
}

#[test]
fn capabilities_stand_in_one_object_of_three_bytes() {
    let of = |historical: &[u8]| {
        let found = Capabilities::of(historical);
        (found.chaining, found.extended, found.channels)
    };
    let nothing = (false, false, 1);
    assert_eq!(of(&[0x80, 0x73, 0x00, 0x00, 0xC3]), (true, true, 4));
    assert_eq!(
        of(&[0x00, 0x31, 0x00, 0x73, 0x00, 0x00, 0x80, 0x00, 0x90, 0x00]),
        (true, false, 1)
    );
    assert_eq!(
        of(&[0x80, 0x72, 0xC3, 0xC3, 0x73, 0x00, 0x00, 0x47]),
        (false, true, 8)
    );
    for none in [
        &[][..],
        &[0x10, 0x73, 0x00, 0x00, 0xC3],
        &[0x80, 0x71, 0xC3],
        &[0x80, 0x73, 0x00, 0x00],
        &[0x80, 0x35, 0x73, 0x00, 0x00, 0xC3],
        &[0x00, 0x73, 0x00, 0x00, 0xC3],
    ] {
        assert_eq!(of(none), nothing, "{none:02X?}");
    }
}

#[test]
fn bytes_that_are_no_answer_to_reset() {
    let of_length = |length: usize| {
        let mut atr = [0; 34];
        atr[..2].copy_from_slice(&[0x3B, 0x0F]);
        Atr::parse(&atr[..length]).err()
    };
    assert_eq!(
        [0, 1, 2, 16, 17, 18, 33, 34].map(of_length),
        [
            Some(AtrError::Length),
            Some(AtrError::Length),
            Some(AtrError::Truncated),
            Some(AtrError::Truncated),
            None,
            Some(AtrError::Trailing),
            Some(AtrError::Trailing),
            Some(AtrError::Length),
        ]
    );
    assert_eq!(Atr::parse(&[0x3C, 0x00]).err(), Some(AtrError::Convention));
    assert_eq!(Atr::parse(&[0x3F, 0x00]).map(|atr| atr.inverse), Ok(true));
    // T=1 without the check byte, with a wrong one, and with a byte behind it.
    assert_eq!(Atr::parse(&[0x3B, 0x80, 0x01]).err(), Some(AtrError::Truncated));
    assert_eq!(
        Atr::parse(&[0x3B, 0x80, 0x01, 0x80]).err(),
        Some(AtrError::CheckByte)
    );
    assert_eq!(
        Atr::parse(&[0x3B, 0x80, 0x01, 0x81, 0x00]).err(),
        Some(AtrError::Trailing)
    );
    // Groups that never end.
    assert_eq!(
        Atr::parse(&[&[0x3B][..], &[0x80; 32]].concat()).err(),
        Some(AtrError::Truncated)
    );
}

/// A flipped bit is noticed wherever there is a check byte, and no bytes make the reader panic.
#[test]
fn no_bytes_break_it() {
    let good = bytes("3B 9F 96 80 1F 87 80 31 E0 73 FE 21 1B 67 4A 4C 75 30 34 05 4B A9");
    for bit in 8..good.len() * 8 {
        let mut atr = good.clone();
        atr[bit / 8] ^= 1 << (bit % 8);
        assert!(Atr::parse(&atr).is_err(), "bit {bit}");
    }
    let mut seed = 7_u64;
    for _ in 0..200_000 {
        let mut atr = vec![0x3B; 2 + (seed % 33) as usize];
        for byte in &mut atr[1..] {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            *byte = seed as u8;
        }
        if let Ok(atr) = Atr::parse(&atr) {
            let line = Line::after(&atr, true);
            assert!(factors(line.fi_di).is_some() && atr.capabilities().channels >= 1);
        }
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}
