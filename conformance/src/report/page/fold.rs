//! A trace without what says nothing new: a tester that waits for something asks the same again and again.

use super::chart;
use crate::trace::{Entry, Way};
use std::borrow::Cow;

/// As often an exchange has to come in a row to be told once.
const LEAST: usize = 3;

/// The entries, of exchanges that are alike the first one and how often it came again.
pub(super) fn fold<'t>(entries: impl IntoIterator<Item = &'t Entry>) -> Vec<Cow<'t, Entry>> {
    let entries: Vec<_> = entries.into_iter().collect();
    let mut folded = Vec::new();
    let mut place = 0;
    while let Some(entry) = entries.get(place) {
        let times = alike(&entries[place..]);
        if times >= LEAST {
            let last = entries[place + 2 * times - 1];
            folded.extend(
                entries[place..place + 2]
                    .iter()
                    .map(|entry| Cow::Borrowed(*entry)),
            );
            folded.push(Cow::Owned(Entry {
                at_ms: last.at_ms,
                direction: Way::Note,
                bytes: String::new(),
                frame: None,
                message: None,
                fields: None,
                note: Some(format!("the same {} times more", times - 1)),
            }));
            place += 2 * times;
        } else {
            folded.push(Cow::Borrowed(*entry));
            place += 1;
        }
    }
    folded
}

/// How many exchanges from here on, a request and an answer each, say the same.
fn alike(entries: &[&Entry]) -> usize {
    let mut keys = entries.chunks_exact(2).map(exchange);
    let Some(first) = keys.next().flatten() else {
        return 0;
    };
    1 + keys.take_while(|key| key.as_ref() == Some(&first)).count()
}

/// A request and its answer.
fn exchange<'t>(pair: &[&'t Entry]) -> Option<[(&'t str, Option<&'t str>); 2]> {
    match pair {
        [request, answer] if (request.direction, answer.direction) == (Way::Sent, Way::Received) => {
            Some([told(request)?, told(answer)?])
        }
        _ => None,
    }
}

/// What an entry says but for its numbers: its message, with the field that tells most.
fn told(entry: &Entry) -> Option<(&str, Option<&str>)> {
    let detail = entry.fields.as_ref().and_then(chart::telling);
    Some((entry.message.as_deref()?, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{FrameHead, Trace};
    use serde_json::json;

    fn ask(trace: &mut Trace, number: u64, state: &str) {
        let head = || {
            Some(FrameHead {
                kind: "sealed".into(),
                number,
            })
        };
        trace.line(Way::Sent, &[1], head());
        trace.meaning("job_status", Some(json!({ "job": "00" })));
        trace.line(Way::Received, &[2], head());
        trace.meaning("job_status_answer", Some(json!({ "state": state })));
    }

    #[test]
    fn what_is_asked_again_and_again_is_told_once() {
        let mut trace = Trace::new();
        trace.note("before");
        (0..40).for_each(|number| ask(&mut trace, number, "running"));
        ask(&mut trace, 40, "done");
        ask(&mut trace, 41, "done");
        let folded = fold(&trace.entries);
        let notes: Vec<_> = folded.iter().filter_map(|entry| entry.note.as_deref()).collect();
        assert_eq!(notes, ["before", "the same 39 times more"]);
        assert_eq!(folded.len(), 1 + 2 + 1 + 4);
    }
}
