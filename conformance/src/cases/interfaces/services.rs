//! What the services of the specification give, held to what the card itself says.

use super::super::programs::{self, IDENTIFY, SUBSCRIBER};
use crate::{
    case::Case,
    tester::{Ended, Start, Tester},
    verdict::Step,
};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "interfaces.card-identify",
            &["CW-SVC-001", "CW-INTF-003", "CW-JOB-007"],
            "card.identify gives the answer to reset and the ICCID of the card",
            card_identify,
        ),
        Case::code(
            "interfaces.subscriber-read",
            &["CW-SVC-002", "CW-INTF-003", "CW-JOB-007"],
            "subscriber.read gives the IMSI, and name and number where the card holds them",
            subscriber_read,
        ),
    ]
}

fn digits(ended: &Ended, item: &str) -> Option<usize> {
    let value = ended.item(item, "text")?;
    (!value.is_empty() && value.iter().all(u8::is_ascii_digit)).then_some(value.len())
}

/// The digits in these nibbles, up to the first F.
fn digits_in(nibbles: impl Iterator<Item = u8>) -> Vec<u8> {
    let digits = nibbles.take_while(|nibble| *nibble != 0x0F);
    digits.map(|nibble| b'0' + nibble).collect()
}

/// The nibbles of a file, the lower one of each byte first.
fn nibbles(file: &[u8]) -> impl Iterator<Item = u8> + '_ {
    file.iter().flat_map(|byte| [byte & 0x0F, byte >> 4])
}

fn card_identify(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let ended = tester.run(IDENTIFY)?;
    tester.check("CW-SVC-001");
    let atr = ended.item("atr", "bytes").unwrap_or_default();
    // ISO/IEC 7816-3: TS is 3B or 3F, and there are 2 to 33 bytes.
    let right = matches!(atr.first(), Some(0x3B | 0x3F)) && (2..=33).contains(&atr.len());
    tester.demand(right, "atr, the card's answer to reset", ended.describe())?;
    // ITU-T E.118: 19 digits at most, of which older cards hold 18 and newer ones 20 with a check digit.
    let right = digits(&ended, "iccid").is_some_and(|count| (18..=20).contains(&count));
    tester.demand(right, "iccid, 18 to 20 digits", ended.describe())?;
    let service = tester.provide(&programs::raw_iccid()?)?;
    let raw = tester.run(service)?;
    tester.check("CW-SVC-001");
    let file = raw.item("iccid", "bytes").unwrap_or_default();
    let same = raw.item("atr", "bytes") == ended.item("atr", "bytes")
        && ended.item("iccid", "text") == Some(&digits_in(nibbles(file))[..]);
    tester.demand(
        same,
        format!("what the card itself says, {}", raw.describe()),
        ended.describe(),
    )
}

fn subscriber_read(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let ended = tester.run(SUBSCRIBER)?;
    tester.check("CW-SVC-002");
    // ITU-T E.212: 15 digits at most, of which the country's code has three.
    let right = digits(&ended, "imsi").is_some_and(|count| (6..=15).contains(&count));
    tester.demand(right, "imsi, 6 to 15 digits", ended.describe())?;
    let known = ["imsi", "spn", "msisdn"];
    let right = ended
        .items
        .iter()
        .all(|(name, kind, _)| known.contains(&name.as_str()) && kind == "text");
    tester.demand(
        right,
        "imsi, spn, msisdn as text and nothing else",
        ended.describe(),
    )?;
    let service = tester.provide(&programs::raw_imsi()?)?;
    let raw = tester.run(service)?;
    tester.check("CW-SVC-002");
    // 3GPP TS 31.102, 4.2.2: length, then a nibble with the parity, then digits.
    let file = raw.item("imsi", "bytes").unwrap_or_default();
    let expected = digits_in(nibbles(file.get(1..).unwrap_or_default()).skip(1));
    let same = ended.item("imsi", "text") == Some(&expected[..]);
    tester.demand(
        same,
        format!("what the card itself says, {}", raw.describe()),
        ended.describe(),
    )
}
