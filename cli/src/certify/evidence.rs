//! Why a case did not pass: the requirement, what was expected and seen, what went over the line, how to see it again.

use crate::terminal::{BOLD, ERROR};
use cardwire_conformance::{CaseResult, Entry, Trace, Verdict, Way, requirement};
use core::fmt::Write;

/// Entries of a trace that are shown; the report has them all.
const SHOWN: usize = 16;
/// Characters of a message's fields that are shown.
const WIDTH: usize = 160;

/// Nothing about a case that passed, or that is not for this device.
pub(super) fn of(result: &CaseResult, replay: impl Fn(&CaseResult) -> String) -> Option<String> {
    let told = (
        result.case.id.as_str(),
        result.case.title.as_str(),
        &result.verdict,
    );
    let mut text = shown(told, &result.trace, &replay(result))?;
    if let Some(vector) = &result.vector {
        text += "  shortest sequence that still fails; kept in a file, `cardwire certify reader ENDPOINT --sequence FILE` \
                 plays it:\n\n";
        for line in vector.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    Some(text)
}

/// The same of a case of whatever kind: its id, its title and its verdict, what was seen, and how to see it again.
pub(super) fn shown(case: (&str, &str, &Verdict), trace: &Trace, replay: &str) -> Option<String> {
    let (id, title, verdict) = case;
    let mut text = told(id, title, verdict)?;
    let left_out = trace.entries.len().saturating_sub(SHOWN);
    if left_out > 0 {
        let _ = writeln!(
            text,
            "  trace     {left_out} entries before these; --report DIR keeps them all"
        );
    }
    for entry in trace.entries.iter().skip(left_out) {
        let _ = writeln!(text, "  {}", line(entry));
    }
    let _ = writeln!(text, "  replay    {replay}");
    Some(text)
}

/// What a case says; nothing where it passed, or does not apply.
pub(super) fn told(id: &str, title: &str, verdict: &Verdict) -> Option<String> {
    let reason = match verdict {
        Verdict::Pass | Verdict::NotApplicable { .. } => return None,
        Verdict::NonStrict { .. } | Verdict::Fail { .. } | Verdict::Flaky { .. } => None,
        Verdict::Inconclusive { reason } | Verdict::Error { reason } => Some(reason),
    };
    // Writing to a string does not fail.
    let mut text = format!(
        "{ERROR}{}{ERROR:#}  {BOLD}{id}{BOLD:#}: {title}\n",
        verdict.name()
    );
    for finding in verdict.findings() {
        let sentence = requirement(&finding.requirement).map_or("", |requirement| &requirement.sentence);
        let _ = writeln!(text, "  {}: {sentence}", finding.requirement);
        let _ = writeln!(text, "  expected  {}", finding.expected);
        let _ = writeln!(text, "  seen      {}", finding.seen);
    }
    if let Some(reason) = reason {
        let _ = writeln!(text, "  reason    {reason}");
    }
    Some(text)
}

fn line(entry: &Entry) -> String {
    let way = match entry.direction {
        Way::Sent => "->",
        Way::Received => "<-",
        Way::Note => "--",
    };
    let mut text = format!("{:>9.3} ms {way}", entry.at_ms);
    if let Some(frame) = &entry.frame {
        let _ = write!(text, " {} {:#x}", frame.kind, frame.number);
    }
    let fields = entry.fields.as_ref().map(ToString::to_string);
    // Bytes say the least, and are there where nothing else is.
    let bytes = Some(&entry.bytes).filter(|_| entry.message.is_none());
    for part in [
        entry.message.as_ref(),
        fields.as_ref(),
        entry.note.as_ref(),
        bytes,
    ]
    .into_iter()
    .flatten()
    {
        let _ = write!(text, " {part}");
    }
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
