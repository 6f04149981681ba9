//! Values of service data: every character, what no conversion takes, and how large data may become.

use super::{super::programs, gives};
use crate::{
    case::Case,
    hex,
    tester::{Start, Tester},
    verdict::Step,
};

/// All characters of the GSM default alphabet, and a byte above it.
const ALPHABET: &str = "@£$¥èéùìòÇ Øø ÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{FFFD}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà\u{FFFD}";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "logic.gsm-alphabet",
            &["CW-LOGIC-010"],
            "A provider's name may have every character of the GSM default alphabet, or of UCS2",
            gsm_alphabet,
        ),
        Case::code(
            "logic.conversions-refuse",
            &["CW-LOGIC-010", "CW-LOGIC-004"],
            "Bytes that a conversion can't make a value of are a logic-fault, and files without content give no item",
            conversions_refuse,
        ),
        Case::code(
            "logic.data-count-in-both-formats",
            &["CW-LOGIC-009", "CW-JOB-007"],
            "Data that would be larger than 1024 bytes in cbor end with data-too-large, though native has room",
            both_formats,
        ),
    ]
}

fn emitting(conversion: &str, content: &str) -> Step<Vec<u8>> {
    let content = if content.is_empty() { "\"\"" } else { content };
    let code = format!("set r0 {content}\nemit \"value\" text {conversion} r0\nend success");
    programs::program("whole-service", "", 8, &code)
}

fn gsm_alphabet(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let bytes: Vec<u8> = core::iter::once(0x01).chain(0x00..=0x80).collect();
    let names = [
        (hex::encode(&bytes), ALPHABET),
        // An ending on FFFF, on FF, and on neither; a surrogate; half a character.
        ("0080004300f6ffff0041".to_owned(), "C\u{F6}"),
        ("0080d83d20ac00".to_owned(), "\u{FFFD}\u{20AC}"),
        ("0041ff42".to_owned(), "A"),
    ];
    for (content, expected) in names {
        let service = tester.provide(&emitting("spn", &content)?)?;
        tester.check("CW-LOGIC-010");
        gives(tester, service, "value", "text", expected.as_bytes())?;
    }
    Ok(())
}

fn conversions_refuse(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let refused = [
        ("swapped-digits", "1a".to_owned()),
        ("imsi", "00".to_owned()),
        ("imsi", "0929".to_owned()),
        ("imsi", "01f9".to_owned()),
        ("spn", String::new()),
        ("dialling-number", "ff".repeat(13)),
        ("dialling-number", format!("03911c{}", "ff".repeat(11))),
    ];
    for (conversion, content) in refused {
        let service = tester.provide(&emitting(conversion, &content)?)?;
        let job = tester.instruct(service)?;
        let status = tester.wait_for(&job.id)?;
        tester.check("CW-LOGIC-010");
        let right = status.fields["outcome"] == "logic-fault";
        tester.demand(
            right,
            format!("logic-fault of {conversion} of the bytes `{content}`"),
            status.describe(),
        )?;
    }
    for (conversion, content) in [
        ("spn", "00ffff".to_owned()),
        ("dialling-number", "ff".repeat(24)),
        ("swapped-digits", "ff10".to_owned()),
    ] {
        let service = tester.provide(&emitting(conversion, &content)?)?;
        let ended = tester.run(service)?;
        tester.check("CW-LOGIC-010");
        let expected = format!("no item of {conversion} of {content}");
        tester.demand(ended.items.is_empty(), expected, ended.describe())?;
    }
    Ok(())
}

fn both_formats(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    // An item of 63 bytes in `native`, of 65 in `cbor`: 15 of them have 976 bytes there, 16 would have 1,041.
    let name = "n".repeat(24);
    for (count, outcome) in [(15, "success"), (16, "data-too-large")] {
        let code = format!(
            "set r0 {}\nloop {count}\nemit \"{name}\" bytes none r0\nagain\nend success",
            "5a".repeat(36)
        );
        let service = tester.provide(&programs::program("whole-service", "", 64, &code)?)?;
        let job = tester.instruct(service)?;
        tester.check("CW-LOGIC-009");
        let ended = tester.finish(&job, outcome)?;
        let right = ended.items.len() == 15;
        tester.demand(right, "15 items", ended.describe())?;
    }
    Ok(())
}
