//! A form that is filled in: by options, by the device, by a person, or with as little as every reader has.

use super::{
    New,
    ask::{Asked, Person},
};
use crate::{
    failure::{Exit, Failure},
    terminal::say,
};
use cardwire_conformance::{
    Options,
    ics::{Answer, Form, Kind, Question, probe},
};
use cardwire_spec::model::{IcsItem, IcsKind};
use std::{collections::BTreeMap, io};

pub(super) fn fill(kind: Kind, new: &New) -> Result<Form, Failure> {
    let mut form = Form {
        kind,
        answers: set(kind, new)?,
    };
    let proposed = proposed(kind, new)?;
    if new.defaults {
        defaults(&mut form, &proposed);
    } else if let Some(mut person) = Person::here() {
        ask(&mut form, &proposed, &mut person).map_err(no_answer)?;
    } else if !form.together().is_empty() {
        let what = "nobody is there to be asked: standard input and error are no terminal";
        return Err(Failure::new(
            Exit::Usage,
            what,
            "Answer with --set ITEM=ANSWER, and what is left with --defaults.",
        ));
    }
    whole(form)
}

/// The answers of the command line; everything that is wrong with them at once.
fn set(kind: Kind, new: &New) -> Result<BTreeMap<&'static str, Answer>, Failure> {
    let mut answers = BTreeMap::new();
    let mut wrong = Vec::new();
    for set in &new.set {
        let Some(question) = kind.question(&set.item) else {
            let name = kind.name().to_uppercase();
            wrong.push(format!("{}: the {name} has no such question", set.item));
            continue;
        };
        match question.parse(&set.answer) {
            Ok(answer) => drop(answers.insert(question.name(), answer)),
            Err(complaints) => {
                let told = complaints.iter();
                wrong.extend(told.map(|told| format!("{}: {}; {}", set.item, told.message, told.help)));
            }
        }
    }
    if wrong.is_empty() {
        return Ok(answers);
    }
    let next = format!(
        "`{}` lists the questions and their answers.",
        kind.command("show")
    );
    Err(failed(&wrong, "what is set is no answer", next))
}

/// What the device tells of itself, where there is one.
fn proposed(kind: Kind, new: &New) -> Result<BTreeMap<&'static str, Answer>, Failure> {
    let Some(endpoint) = &new.from else {
        return Ok(BTreeMap::new());
    };
    match kind {
        Kind::Ics => {
            let told = probe(&Options::new(endpoint.clone()))
                .map_err(|error| crate::certify::failure(cardwire_conformance::Subject::Reader, &error))?;
            // What a device says of itself may be no answer, and is not proposed then.
            let answer = |(name, told): (&'static str, Answer)| {
                let answer = kind.question(name)?.parse(&words(&told)).ok()?;
                Some((name, answer))
            };
            Ok(told.into_iter().filter_map(answer).collect())
        }
        Kind::ClientIcs => Err(Failure::new(
            Exit::Usage,
            "a client is at no endpoint, and tells nothing of itself there",
            "Leave --from out; the answer to `describe` of its upper tester says what to claim.",
        )),
        Kind::Ixit => Ok([("endpoint", Answer::Text(endpoint.to_string()))].into()),
    }
}

/// Asks every question that applies and is not answered yet.
pub(super) fn ask(
    form: &mut Form,
    proposed: &BTreeMap<&'static str, Answer>,
    asked: &mut dyn Asked,
) -> io::Result<()> {
    let mut section = "";
    for question in form.kind.questions() {
        if form.answers.contains_key(question.name()) || !form.is_asked(question) {
            continue;
        }
        if section != question.section() {
            section = question.section();
            asked.heading(section);
        }
        let proposed = proposed.get(question.name()).cloned().or_else(|| least(question));
        let proposed = proposed.as_ref().map(words);
        let given = asked.answer(question, proposed.as_deref())?;
        let answer = given.and_then(|given| question.parse(&given).ok());
        if let Some(answer) = answer {
            form.answers.insert(question.name(), answer);
        }
    }
    Ok(())
}

/// Answers as little as every reader has, where the device tells nothing.
fn defaults(form: &mut Form, proposed: &BTreeMap<&'static str, Answer>) {
    for question in form.kind.questions() {
        let name = question.name();
        if form.answers.contains_key(name) || !form.is_asked(question) {
            continue;
        }
        let answer = proposed.get(name).cloned().or_else(|| least(question));
        if let Some(answer) = answer {
            form.answers.insert(name, answer);
        }
    }
}

/// The least that every reader has; nothing, where readers have nothing in common.
fn least(question: Question) -> Option<Answer> {
    let Question::Claim(IcsItem {
        kind, always, range, ..
    }) = question
    else {
        return None;
    };
    match kind {
        IcsKind::Boolean => Some(Answer::Boolean(question.is_always_yes())),
        IcsKind::Number => range.map(|[least, _]| Answer::Number(least)),
        IcsKind::Values => {
            let enough = range.is_none_or(|[least, _]| always.len() as u64 >= least);
            (enough && !always.is_empty()).then(|| Answer::List(always.clone()))
        }
        IcsKind::Text => None,
    }
}

/// An answer as a person gives it.
fn words(answer: &Answer) -> String {
    match answer {
        Answer::Boolean(true) => String::from("yes"),
        Answer::Boolean(false) => String::from("no"),
        Answer::Number(number) => number.to_string(),
        Answer::Fraction(number) => number.to_string(),
        Answer::Text(text) => text.clone(),
        Answer::List(values) => values.join(","),
    }
}

/// A form that is whole, or what it lacks.
fn whole(form: Form) -> Result<Form, Failure> {
    let lacks = form.together();
    if lacks.is_empty() {
        return Ok(form);
    }
    let lacks: Vec<_> = lacks.into_iter().map(|mismatch| mismatch.message).collect();
    let next = "Answer them with --set ITEM=ANSWER: no reader's answer is every reader's.";
    Err(failed(&lacks, "the form is not whole", next.to_owned()))
}

/// Tells what is wrong, line by line, and then that it is.
fn failed(wrong: &[String], what: &str, next: String) -> Failure {
    wrong.iter().for_each(|wrong| say(format_args!("{wrong}")));
    let what = format!("{what}: {}", super::counted(wrong.len(), "problem"));
    Failure::new(Exit::Usage, what, next)
}

fn no_answer(error: io::Error) -> Failure {
    Failure::new(
        Exit::Usage,
        format!("the questions were not answered: {error}"),
        "Begin again, or answer with --set ITEM=ANSWER and --defaults.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers by heart, and notes what it was asked.
    struct Heart {
        knows: BTreeMap<&'static str, &'static str>,
        asked: Vec<&'static str>,
    }

    impl Asked for Heart {
        fn heading(&mut self, _section: &str) {}

        fn answer(&mut self, question: Question, proposed: Option<&str>) -> io::Result<Option<String>> {
            self.asked.push(question.name());
            let known = self.knows.get(question.name()).copied().or(proposed);
            Ok(known.map(str::to_owned))
        }
    }

    fn asked(kind: Kind, knows: &[(&'static str, &'static str)]) -> (Form, Vec<&'static str>) {
        let mut form = Form {
            kind,
            answers: BTreeMap::new(),
        };
        let mut heart = Heart {
            knows: knows.iter().copied().collect(),
            asked: Vec::new(),
        };
        ask(&mut form, &BTreeMap::new(), &mut heart).unwrap();
        (form, heart.asked)
    }

    const CLAIMS: [(&str, &str); 7] = [
        ("vendor", "Example Readers"),
        ("product", "Counter"),
        ("hardware", "rev C"),
        ("hardware-class", "0xF000"),
        ("software", "counter-2.4.1"),
        ("links", "usb"),
        ("services", "card.identify, 0xF001"),
    ];

    #[test]
    fn questions_that_depend_on_others_are_asked_where_those_say_so() {
        let without = [&CLAIMS[..], &[("modules", "security,indicator")]].concat();
        let (form, names) = asked(Kind::Ics, &without);
        assert!(!names.contains(&"contact-slots") && !names.contains(&"software-size"));
        assert_eq!(form.together(), []);
        let with = [
            &CLAIMS[..],
            &[
                ("modules", "security,contact-card"),
                ("contact-classes", "class-b"),
            ],
        ]
        .concat();
        let (form, names) = asked(Kind::Ics, &with);
        assert!(names.contains(&"contact-slots"));
        assert_eq!(form.together(), []);
        // What was asked can be read again, and says the same.
        let again = Form::parse(Kind::Ics, "again.toml", &form.to_toml()).unwrap();
        assert_eq!(again, form);
        assert!(form.to_toml().contains("services = [\"card.identify\", 61441]"));
    }

    #[test]
    fn what_need_not_be_answered_may_be_left_out() {
        let (form, names) = asked(Kind::Ixit, &[("endpoint", "tcp:192.0.2.7:4000")]);
        assert!(names.contains(&"reset"));
        assert_eq!(form.answers.len(), 1);
        assert_eq!(form.together(), []);
        let (half, _) = asked(
            Kind::Ixit,
            &[("endpoint", "tcp:192.0.2.7:4000"), ("power-on", "on")],
        );
        assert_eq!(half.together()[0].item, "power-on");
    }
}
