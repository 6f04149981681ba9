//! Whether an answer answers its question.

use super::{Answer, Question, information};
use cardwire_peers::Endpoint;
use cardwire_spec::{
    interpret::hex,
    model::{IcsItem, IcsKind, IxitItem, IxitKind},
};

/// A text of a form is one line of so many characters at most: it stands in tables and on certificates.
const TEXT_MAX: usize = 256;
/// What a bench's command has of words at most.
const WORDS_MAX: usize = 64;

/// What is wrong with an answer, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Which value of a list it is about.
    pub index: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// A value as it stands in a file or on a command line, before anybody knows whether it is an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Given {
    Boolean(bool),
    Number(u64),
    Fraction(f64),
    Text(String),
    List(Vec<Given>),
    /// Something that answers nothing, by its name.
    Other(&'static str),
}

type Judged = Result<Answer, Vec<Complaint>>;

impl Question {
    /// The answer that a person gives on a command line or a terminal: yes or no, a number, a text, words.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(self, given: &str) -> Judged {
        self.judge(&self.given(given.trim()))
    }

    fn given(self, text: &str) -> Given {
        let whole = || Given::Text(text.to_owned());
        match self {
            Self::Claim(item) => match item.kind {
                IcsKind::Boolean => match text {
                    "yes" | "true" => Given::Boolean(true),
                    "no" | "false" => Given::Boolean(false),
                    _ => whole(),
                },
                IcsKind::Number => number(text).unwrap_or_else(whole),
                IcsKind::Text => whole(),
                IcsKind::Values => {
                    let words = text.split([',', ' ']).filter(|word| !word.is_empty());
                    let word = |word: &str| number(word).unwrap_or_else(|| Given::Text(word.to_owned()));
                    Given::List(words.map(word).collect())
                }
            },
            Self::Information(item) => match item.kind {
                IxitKind::Number => number(text)
                    .or_else(|| text.parse().ok().map(Given::Fraction))
                    .unwrap_or_else(whole),
                IxitKind::Command => match format!("exec:{text}").parse() {
                    Ok(Endpoint::Exec { command }) => {
                        Given::List(command.into_iter().map(Given::Text).collect())
                    }
                    Ok(Endpoint::Tcp { .. } | Endpoint::Serial { .. }) | Err(_) => whole(),
                },
                IxitKind::Endpoint | IxitKind::Path | IxitKind::Text | IxitKind::Bytes => whole(),
            },
        }
    }

    /// The answer that a value is, or all that is wrong with it.
    pub(super) fn judge(self, given: &Given) -> Judged {
        match self {
            Self::Claim(item) => self.judge_claim(item, given),
            Self::Information(item) => self.judge_information(item, given),
        }
    }

    fn judge_claim(self, item: &IcsItem, given: &Given) -> Judged {
        match (item.kind, given) {
            (IcsKind::Boolean, Given::Boolean(false)) if self.is_always_yes() => Err(vec![self.no()]),
            (IcsKind::Boolean, Given::Boolean(answer)) => Ok(Answer::Boolean(*answer)),
            (IcsKind::Number, Given::Number(answer)) => {
                let [least, most] = item.range.unwrap_or([0, u64::MAX]);
                if (least..=most).contains(answer) {
                    Ok(Answer::Number(*answer))
                } else {
                    Err(vec![self.complaint(None, format!("{answer} is out of bounds"))])
                }
            }
            (IcsKind::Text, Given::Text(text)) => self.line(text),
            (IcsKind::Values, Given::List(values)) => self.values(item, values),
            (IcsKind::Boolean | IcsKind::Number | IcsKind::Text | IcsKind::Values, _) => self.wrong(given),
        }
    }

    fn judge_information(self, item: &IxitItem, given: &Given) -> Judged {
        match (item.kind, given) {
            (IxitKind::Endpoint, Given::Text(text)) => match text.parse::<Endpoint>() {
                Ok(_) => Ok(Answer::Text(text.clone())),
                Err(error) => Err(vec![self.complaint(None, error.to_string())]),
            },
            (IxitKind::Text, Given::Text(text)) if item.digits.is_some() => self.digits(item, text),
            (IxitKind::Path | IxitKind::Text, Given::Text(text)) => self.line(text),
            (IxitKind::Bytes, Given::Text(text)) => {
                let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
                match hex::decode(text) {
                    Some(bytes) if lower && !bytes.is_empty() => Ok(Answer::Text(text.clone())),
                    Some(_) | None => Err(vec![
                        self.complaint(None, format!("{} is no bytes", quoted(text))),
                    ]),
                }
            }
            (IxitKind::Number, Given::Number(number)) => {
                self.bounded(*number as f64, Answer::Number(*number))
            }
            (IxitKind::Number, Given::Fraction(number)) => self.bounded(*number, Answer::Fraction(*number)),
            (IxitKind::Command, Given::List(words)) => self.command(words),
            (
                IxitKind::Endpoint
                | IxitKind::Path
                | IxitKind::Command
                | IxitKind::Number
                | IxitKind::Text
                | IxitKind::Bytes,
                _,
            ) => self.wrong(given),
        }
    }

    fn bounded(self, number: f64, answer: Answer) -> Judged {
        let (least, most, whole) = information::bounds(self.name());
        if number > 0.0 && (least..=most).contains(&number) && (!whole || number.fract() == 0.0) {
            return Ok(answer);
        }
        let mut complaint = self.complaint(None, format!("{number} is out of bounds"));
        if most < f64::MAX {
            let kind = if whole { "a whole number" } else { "a number" };
            complaint.help = format!("write {kind} from {least} to {most}");
        }
        Err(vec![complaint])
    }

    fn line(self, text: &str) -> Judged {
        let wrong = if text.trim().is_empty() {
            "the text is empty".to_owned()
        } else if text.chars().any(char::is_control) {
            "the text has line ends, or other characters that can't be seen".to_owned()
        } else if text.chars().count() > TEXT_MAX {
            format!("the text has more than {TEXT_MAX} characters")
        } else {
            return Ok(Answer::Text(text.to_owned()));
        };
        Err(vec![self.complaint(None, wrong)])
    }

    fn digits(self, item: &IxitItem, text: &str) -> Judged {
        let [least, most] = item.digits.unwrap_or([0, u64::MAX]);
        let all = text.bytes().all(|byte| byte.is_ascii_digit());
        if all && (least..=most).contains(&(text.len() as u64)) {
            return Ok(Answer::Text(text.to_owned()));
        }
        // A slip in a secret is a secret too.
        let what = if item.secret {
            "the secret".to_owned()
        } else {
            quoted(text)
        };
        let message = format!("{what} is not {least} to {most} digits");
        Err(vec![self.complaint(None, message)])
    }

    fn command(self, words: &[Given]) -> Judged {
        let mut command = Vec::new();
        let mut complaints = Vec::new();
        for (index, word) in words.iter().enumerate().take(WORDS_MAX) {
            match word {
                Given::Text(text) if !text.contains('\0') && (index > 0 || !text.trim().is_empty()) => {
                    command.push(text.clone());
                }
                _ => complaints.push(self.complaint(Some(index), format!("{} is no word", word.name()))),
            }
        }
        if words.is_empty() {
            complaints.push(self.complaint(None, "no program is named".to_owned()));
        }
        if words.len() > WORDS_MAX {
            complaints.push(self.complaint(None, format!("there are more than {WORDS_MAX} words")));
        }
        if complaints.is_empty() {
            Ok(Answer::List(command))
        } else {
            Err(complaints)
        }
    }

    /// Values of a registry by their names, private ones by their numbers.
    fn values(self, item: &IcsItem, given: &[Given]) -> Judged {
        let mut values: Vec<String> = Vec::new();
        let mut complaints = Vec::new();
        for (index, value) in given.iter().enumerate() {
            let complain = |message: String| self.complaint(Some(index), message);
            match self.value(value) {
                Ok(value) if values.contains(&value) => {
                    let mut twice = complain(format!("`{value}` stands there twice"));
                    twice.help = String::from("remove one of them");
                    complaints.push(twice);
                }
                Ok(value) => values.push(value),
                Err((message, Some(help))) => complaints.push(Complaint {
                    help,
                    ..complain(message)
                }),
                Err((message, None)) => complaints.push(complain(message)),
            }
        }
        if !complaints.is_empty() {
            return Err(complaints);
        }
        for always in item.always.iter().filter(|always| !values.contains(always)) {
            let mut missing = self.complaint(None, format!("`{always}` is missing"));
            missing.help = format!("add `{always}`, which every reader has{}", self.law());
            complaints.push(missing);
        }
        let [least, most] = item.range.unwrap_or([0, u64::MAX]);
        if complaints.is_empty() && !(least..=most).contains(&(values.len() as u64)) {
            complaints.push(self.complaint(None, format!("there are {} values", values.len())));
        }
        if complaints.is_empty() {
            Ok(Answer::List(values))
        } else {
            Err(complaints)
        }
    }

    fn value(self, given: &Given) -> Result<String, (String, Option<String>)> {
        match given {
            Given::Text(name) => {
                if self.choices().iter().any(|(known, _)| known == name) {
                    return Ok(name.clone());
                }
                let choices = self.choices();
                let near = choices
                    .iter()
                    .map(|(known, _)| *known)
                    .find(|known| is_near(known, name));
                let help = near.map(|near| format!("did you mean `{near}`?"));
                Err((format!("there is no {}", quoted(name)), help))
            }
            Given::Number(number) => self.private(*number),
            Given::Boolean(_) | Given::Fraction(_) | Given::List(_) | Given::Other(_) => {
                Err((format!("{} is no value of it", given.name()), None))
            }
        }
    }

    fn private(self, number: u64) -> Result<String, (String, Option<String>)> {
        let Some((_, registry)) = self.registry() else {
            return Err((format!("{number} is no value of it"), None));
        };
        if let Some(value) = registry.values.iter().find(|value| value.value == number) {
            let help = format!("write `{}`, which is its name", value.name);
            return Err((format!("{number} is registered"), Some(help)));
        }
        match registry.private {
            Some([first, last]) if registry.open && (first..=last).contains(&number) => {
                Ok(number.to_string())
            }
            Some([first, last]) if registry.open => {
                let help = format!("private values are {first} to {last}");
                Err((format!("{number} is not registered, and not private"), Some(help)))
            }
            Some(_) | None => Err((format!("{number} is no value of it"), None)),
        }
    }

    /// A complaint whose help is what is expected.
    fn complaint(self, index: Option<usize>, message: String) -> Complaint {
        Complaint {
            index,
            message,
            help: format!("write {}", self.expects()),
        }
    }

    fn wrong(self, given: &Given) -> Judged {
        let what = match given {
            _ if self.is_secret() => String::from("the value"),
            Given::Text(text) => quoted(text),
            Given::Number(number) => number.to_string(),
            Given::Fraction(number) => number.to_string(),
            Given::Boolean(yes) => yes.to_string(),
            Given::List(_) | Given::Other(_) => given.name().to_owned(),
        };
        Err(vec![self.complaint(None, format!("{what} is no answer"))])
    }

    fn no(self) -> Complaint {
        Complaint {
            index: None,
            message: String::from("the answer is no, and no reader may answer so"),
            help: format!(
                "a reader for which it is not true can't be certified{}",
                self.law()
            ),
        }
    }

    /// The requirement behind an answer, as the end of a sentence.
    fn law(self) -> String {
        match self.requirement() {
            Some((id, sentence)) => format!(" ({id}: {sentence})"),
            None => String::new(),
        }
    }
}

impl Given {
    /// What it is, for a complaint.
    fn name(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "a yes or no",
            Self::Number(_) | Self::Fraction(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Other(what) => what,
        }
    }
}

/// A number in decimal or hexadecimal digits.
fn number(text: &str) -> Option<Given> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse(),
        None => return None,
    };
    number.ok().map(Given::Number)
}

/// What was given, cut where it is long: a hostile form writes no page of its own.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    let shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        format!("`{shown}…`")
    } else {
        format!("`{shown}`")
    }
}

/// Whether a word is another one with a slip: other case, other punctuation, one character too
/// many, too few or wrong, or two that are swapped.
pub(super) fn is_near(known: &str, given: &str) -> bool {
    let plain = |text: &str| -> Vec<char> {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).take(64).collect()
    };
    let (known, given) = (plain(known), plain(given));
    let same = known
        .iter()
        .zip(&given)
        .take_while(|(one, other)| one == other)
        .count();
    let (known, given) = (&known[same..], &given[same..]);
    match (known, given) {
        ([], []) => true,
        ([_, rest @ ..], []) | ([], [_, rest @ ..]) => rest.is_empty(),
        ([one, other, a @ ..], [second, first, b @ ..]) if (one, other) == (first, second) => a == b,
        ([_, a @ ..], [_, b @ ..]) => a == b || a == given || known == b,
    }
}
