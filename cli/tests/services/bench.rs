//! Reader, cloud and client as processes of their own, and what a service gave.

use super::common::{Ended, Listening, client, run_with_input};
use serde_json::{Value, json};

/// Where the contact card of the test is. By default it is the simulated one in the reader's slot, fresh with each
/// reader.
///
/// The variable `CARDWIRE_SERVICES_CARD` has arguments for `cardwire reader` that say otherwise, for example
/// `--card pcsc:Virtual`; the card is to be the certification card, and in its first state when each test begins.
fn card() -> Vec<String> {
    let given = std::env::var("CARDWIRE_SERVICES_CARD").unwrap_or_default();
    given.split_whitespace().map(str::to_owned).collect()
}

/// The three of them.
pub(super) struct Bench {
    pub(super) reader: Listening,
    pub(super) cloud: Listening,
    format: &'static str,
}

/// How a service ended, and its data in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gave {
    pub(super) outcome: String,
    pub(super) status_word: String,
    pub(super) items: Vec<(String, Value)>,
}

impl Bench {
    /// A reader with these arguments, a cloud, and a client that speaks this format.
    pub(super) fn start(format: &'static str, arguments: &[&str]) -> Self {
        let card = card();
        let arguments: Vec<_> = card
            .iter()
            .map(String::as_str)
            .chain(arguments.iter().copied())
            .collect();
        Self {
            reader: Listening::reader(&arguments),
            cloud: Listening::cloud(&[]),
            format,
        }
    }

    /// Runs a service. A parameter `pin`, `new` or `puk` goes in through standard input, as it should.
    pub(super) fn run(&self, service: &str, parameters: &[&str]) -> Gave {
        let ended = self.command(service, parameters);
        let document = ended.json();
        let text = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
        let outcome = text("outcome");
        let code = if outcome == "success" { 0 } else { 1 };
        assert_eq!(ended.code, Some(code), "{ended:#?}");
        let items = document["items"].as_array().expect("the result has items");
        let item = |item: &Value| (item["name"].as_str().unwrap().to_owned(), item["value"].clone());
        Gave {
            outcome,
            status_word: text("status_word"),
            items: items.iter().map(item).collect(),
        }
    }

    /// Runs a service that is refused before it runs.
    pub(super) fn refused(&self, service: &str, parameters: &[&str], error: &str) {
        self.command(service, parameters).failed(1, &[error]);
    }

    fn command(&self, service: &str, parameters: &[&str]) -> Ended {
        let mut input = String::new();
        let mut given = Vec::new();
        for parameter in parameters {
            match parameter.split_once('=') {
                Some((name @ ("pin" | "new" | "puk"), value)) => {
                    input += &format!("{value}\n");
                    given.push(format!("{name}=-"));
                }
                _ => given.push((*parameter).to_owned()),
            }
        }
        let mut action = vec!["run", service];
        action.extend(given.iter().map(String::as_str));
        action.extend(["--client-format", self.format, "--format", "json"]);
        let ended = run_with_input(&client(&self.reader.place, &self.cloud.place, &action), &input);
        assert!(!ended.stderr.contains("sees the value"), "{ended:#?}");
        ended
    }
}

impl Gave {
    /// Success with these items and nothing else.
    #[track_caller]
    pub(super) fn success(&self, items: &[(&str, Value)]) {
        self.ended("success", items);
    }

    #[track_caller]
    pub(super) fn ended(&self, outcome: &str, items: &[(&str, Value)]) {
        let items: Vec<_> = items
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        assert_eq!(
            (self.outcome.as_str(), &self.items),
            (outcome, &items),
            "{self:#?}"
        );
    }

    /// `card-status` with this status word, and these items.
    #[track_caller]
    pub(super) fn card_said(&self, status_word: &str, items: &[(&str, Value)]) {
        self.ended("card-status", items);
        assert_eq!(self.status_word, status_word, "{self:#?}");
    }
}

/// What a wrong secret gives: so many tries are left.
#[track_caller]
pub(super) fn wrong(gave: &Gave, tries: u8) {
    gave.card_said(&format!("63c{tries:x}"), &[("tries", json!(tries))]);
}
