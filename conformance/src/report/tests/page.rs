//! The page that people read, of runs that are made up.

use super::*;
use crate::{case::Group, report::page};
use serde_json::Value;

/// A page of a run in which a case failed, whose document has been changed.
fn page_of(change: impl FnOnce(&mut Value)) -> String {
    let run = run(&failed());
    let mut sheet = run.sheet();
    change(&mut sheet.document);
    page::render(&sheet).unwrap()
}

/// Whatever a device says is told as text, wherever it stands.
#[test]
fn hostile_words_are_text() {
    const HOSTILE: &str =
        "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 1234*5678 }}</title></style>&amp;";
    let mut run = run(&Verdict::Pass);
    run.device.reader_id = Some(HOSTILE.into());
    run.device.software = Some(HOSTILE.into());
    run.device.hardware_class = Some(HOSTILE.into());
    run.filter = vec![HOSTILE.into()];
    let verdicts = [
        Verdict::Fail {
            finding: Finding {
                requirement: HOSTILE.into(),
                expected: HOSTILE.into(),
                seen: HOSTILE.into(),
            },
        },
        Verdict::NotApplicable {
            declaration: HOSTILE.into(),
        },
        Verdict::Error {
            reason: HOSTILE.into(),
        },
        Verdict::Inconclusive {
            reason: HOSTILE.into(),
        },
    ];
    for (result, verdict) in run.results.iter_mut().zip(verdicts) {
        result.trace.line(Way::Received, &[1, 2], None);
        result
            .trace
            .meaning(HOSTILE, Some(json!({ HOSTILE: HOSTILE, "state": HOSTILE })));
        result.trace.note(HOSTILE);
        result.verdict = verdict;
    }
    let mut sheet = run.sheet();
    sheet.document["ics"] = json!({ "product": HOSTILE, "modules": [HOSTILE], HOSTILE: true });
    sheet.document["model"] = json!({
        "steps": HOSTILE,
        "coverage": { "states": [HOSTILE], "messages": [HOSTILE], "counts": [[1]] },
    });
    let page = page::render(&sheet).unwrap();
    let plain = page::render(&self::run(&Verdict::Pass).sheet()).unwrap();
    for tag in ["<script", "<img", "</style>", "</title>"] {
        // A plain page has one title of its own, and each drawing has one.
        let allowed = match tag {
            "</title>" => page.matches("<title").count(),
            _ => plain.matches(tag).count(),
        };
        assert_eq!(page.matches(tag).count(), allowed, "{tag}");
    }
    assert!(!page.contains("onerror=alert(1)>{{") && !page.contains("7006652"));
    assert!(page.contains("&lt;script&gt;"));
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
}

#[test]
fn statements_of_the_vendor_are_shown() {
    let page = page_of(|document| {
        document["ics"] = json!({ "product": "Reader 7", "modules": ["contact-card", "indicator"], "power": { "cut": false } });
        document["ixit"] = json!({ "endpoint": "tcp:192.0.2.7:4000" });
    });
    for text in [
        "Reader 7",
        "contact-card, indicator",
        "<dt>power.cut</dt><dd>no</dd>",
        "tcp:192.0.2.7:4000",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page_of(|_| ()).contains("id=\"ics\""));
}

#[test]
fn the_coverage_of_the_model_is_drawn() {
    let page = page_of(|document| {
        document["model"] = json!({
            "steps": 50_123,
            "coverage": {
                "states": ["locked", "serving"],
                "messages": ["hello", "instruct", "relay"],
                "counts": [[1200, 9, 0], [15, 400, 1]],
            },
        });
    });
    assert!(page.contains("5 of 6 pairs of a state and a message were tried, in 50123 judged steps"));
    for cell in ["heat-4\">1200<", "heat-1\">9<", "heat-0\">0<", "heat-2\">15<"] {
        assert!(page.contains(cell), "{cell}");
    }
    // Counts that are not what was agreed draw nothing that is wrong.
    let page =
        page_of(|document| document["model"] = json!({ "coverage": { "states": ["one"], "messages": [7] } }));
    assert!(!page.contains("id=\"coverage\""));
}

#[test]
fn times_of_answers_are_told() {
    let mut run = run(&Verdict::Pass);
    let head = |number| {
        Some(crate::trace::FrameHead {
            kind: "clear".into(),
            number,
        })
    };
    let trace = &mut run.results[0].trace;
    for (number, late) in [(1, 5.0), (2, 1500.0)] {
        trace.line(Way::Sent, &[1], head(number));
        trace.meaning("hello", None);
        trace.line(Way::Received, &[2], head(number));
        let sent = trace.entries[trace.entries.len() - 2].at_ms;
        if let Some(last) = trace.entries.back_mut() {
            last.at_ms = sent + late;
        }
    }
    let page = page::render(&run.sheet()).unwrap();
    assert!(
        page.contains("2 answers were timed") && page.contains("1 took longer than 1 s"),
        "{page}"
    );
    // A line that is slow by a factor has bounds that are longer by it.
    run.timeout_scale = 2.0;
    let page = page::render(&run.sheet()).unwrap();
    assert!(page.contains("none took longer than 2 s"));
}

/// A device that breaks everything, with traces as long as they get: the page stays one that a browser opens.
#[test]
fn the_page_stays_small() {
    let mut run = run(&Verdict::Pass);
    for result in &mut run.results {
        if result.case.group == Group::Sanity {
            continue;
        }
        for number in 0..90 {
            let head = crate::trace::FrameHead {
                kind: "sealed".into(),
                number,
            };
            result.trace.line(Way::Sent, &[7; 100], Some(head));
            result
                .trace
                .meaning("relay", Some(json!({ "payload": "07".repeat(100) })));
        }
        result.verdict = failed();
    }
    let page = page::render(&run.sheet()).unwrap();
    assert!(page.len() < 12 << 20, "{} bytes", page.len());
    assert!(page.contains("Its trace is in trace.jsonl"));
}
