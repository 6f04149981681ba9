//! Messages and documents: where they belong, what answers them, whether they fit.

use super::{Checker, extensions, fields};
use crate::{
    model::{Channel, Direction, Document, Field, Message, Stability},
    source::At,
};

/// The bit of a code that answers have and nothing else has: ends tell them apart by it alone.
const ANSWER: u8 = 0x80;

/// The largest document: a length on the wire has two bytes.
const DOCUMENT_MAX: u64 = 0xFFFF;

pub(super) fn check(checker: &mut Checker<'_>) {
    let protocol = checker.protocol;
    if protocol.messages.is_empty() {
        checker.find(
            At::top("message"),
            "the schema has no messages",
            "look whether the file was cut off; add [[message]] tables",
        );
    }
    for (index, message) in protocol.messages.iter().enumerate() {
        let at = At::top("message").named(index, &message.name);
        checker.doc(&at, &message.doc);
        checker.requirement(&at, &message.requirement);
        fields::check(checker, &at, &message.fields);
        fields::hold_others(checker, &message.name, all_fields(message, &at));
        code(checker, message.code, message.answer, &at);
        frozen(checker, message, &at);
        place(checker, message, &at);
        role(checker, message, &at);
        answers(checker, message, &at);
        states(checker, message, &at);
        handling(checker, message, &at);
        checker.since(at.key("since"), message.since);
        let largest = protocol
            .sizes(&message.fields)
            .max
            .saturating_add(1)
            .saturating_add(extensions::check(checker, &at, message));
        let place = protocol.channel_size(message.channel);
        if largest > place {
            checker.find(
                at.key("fields"),
                format!("the largest encoding takes {largest} bytes, and its place {place}"),
                "lower the upper bounds of its fields",
            );
        }
    }
    for (index, document) in protocol.documents.iter().enumerate() {
        let at = At::top("document").named(index, &document.name);
        self::document(checker, document, &at);
    }
}

fn all_fields<'m>(message: &'m Message, at: &At) -> impl Iterator<Item = (At, &'m Field)> {
    let (fields_at, extensions_at) = (at.key("fields"), at.key("extensions"));
    let fields = message.fields.iter().enumerate();
    let extensions = message.extensions.iter().enumerate();
    fields
        .map(move |(index, field)| (fields_at.index(index), field))
        .chain(
            extensions
                .map(move |(index, extension)| (extensions_at.index(index).key("field"), &extension.field)),
        )
}

fn code(checker: &mut Checker<'_>, code: u8, is_answer: bool, at: &At) {
    if is_answer && code < ANSWER {
        checker.find(
            at.key("code"),
            format!("the code {code:#04X} is not that of an answer"),
            "write 0x80 to 0xFF: ends tell answers by the top bit",
        );
    }
    if !is_answer && code >= ANSWER {
        checker.find(
            at.key("code"),
            format!("the code {code:#04X} is that of an answer"),
            "write 0x00 to 0x7F: ends tell answers by the top bit",
        );
    }
}

/// What never changes has no field that may.
fn frozen(checker: &mut Checker<'_>, message: &Message, at: &At) {
    if message.stability != Stability::Frozen {
        return;
    }
    for (index, field) in message.fields.iter().enumerate() {
        if field.stability == Some(Stability::Experimental) {
            checker.find(
                at.key("fields").index(index).key("stability"),
                format!(
                    "`{}` is experimental, and `{}` is frozen",
                    field.name, message.name
                ),
                "remove the stability, or make it an extension",
            );
        }
    }
}

fn place(checker: &mut Checker<'_>, message: &Message, at: &At) {
    if message.place().is_none() {
        checker.find(
            at.key("direction"),
            format!("this channel does not lead from {}", message.direction.words()),
            "clear and sealed join client and reader, tls client and cloud, relayed reader and cloud",
        );
    }
}

fn role(checker: &mut Checker<'_>, message: &Message, at: &At) {
    if message.answer && message.event {
        checker.find(
            at.key("event"),
            "an answer is asked for, an event is not",
            "keep one of the two",
        );
    }
    let from_reader = (message.channel, message.direction) == (Channel::Sealed, Direction::ReaderToClient);
    if message.event && !from_reader {
        checker.find(
            at.key("event"),
            "only a reader sends events, sealed and to its client",
            "remove `event`, or correct channel and direction",
        );
    }
    let is_request = !message.answer && !message.event;
    if is_request && message.answers.is_empty() {
        checker.find(
            at.clone(),
            format!("the request `{}` has no answer", message.name),
            "add answers = [..]; or answer = true, or event = true, if it is no request",
        );
    }
    if message.event && !message.answers.is_empty() {
        checker.find(
            at.key("answers"),
            "nothing answers an event",
            "remove the answers",
        );
    }
    let named = checker
        .protocol
        .messages
        .iter()
        .any(|request| request.answers.contains(&message.name));
    if message.answer && !named {
        checker.find(
            at.key("answer"),
            format!("`{}` is an answer, but no request names it", message.name),
            "name it in the `answers` of a request",
        );
    }
}

fn answers(checker: &mut Checker<'_>, message: &Message, at: &At) {
    checker.distinct(&at.key("answers"), "answer", &message.answers);
    for (index, name) in message.answers.iter().enumerate() {
        let at = at.key("answers").index(index);
        let Some(answer) = checker.protocol.message(name) else {
            checker.find(
                at,
                format!("there is no message `{name}`"),
                "correct the name, or add the message",
            );
            continue;
        };
        if !answer.answer {
            checker.find(
                at.clone(),
                format!("`{name}` is no answer"),
                format!("write answer = true in message.{name}, or name another"),
            );
        }
        if answer.direction == message.direction.reversed() && answer.channel != message.channel {
            checker.find(
                at,
                format!(
                    "`{name}` travels {}, so that it can't answer what travels {}",
                    travels(answer.channel),
                    travels(message.channel)
                ),
                "name a message of the same channel",
            );
        } else if answer.direction != message.direction.reversed() {
            checker.find(
                at,
                format!(
                    "`{name}` goes from {}, so that it can't answer what goes from {}",
                    answer.direction.words(),
                    message.direction.words()
                ),
                "name a message of the same channel that goes the other way",
            );
        }
    }
}

/// How what is of this channel travels.
const fn travels(channel: Channel) -> &'static str {
    match channel {
        Channel::Clear => "in clear",
        Channel::Sealed => "sealed",
        Channel::Tls => "over TLS",
        Channel::Relayed => "relayed",
    }
}

/// The states in which a reader takes a message are those of its session.
fn states(checker: &mut Checker<'_>, message: &Message, at: &At) {
    let protocol = checker.protocol;
    let to_reader = message.direction == Direction::ClientToReader && !message.answer;
    if to_reader && message.states.is_empty() {
        checker.find(
            at.clone(),
            format!("it is not said when the reader takes `{}`", message.name),
            "add states = [..]",
        );
    }
    if !to_reader && !message.states.is_empty() {
        checker.find(
            at.key("states"),
            "only requests of a client depend on the state of its session",
            "remove the states",
        );
    }
    checker.distinct(&at.key("states"), "state", &message.states);
    let session = protocol.machines.iter().find(|machine| machine.name == "session");
    for (index, state) in message.states.iter().enumerate() {
        if !session.is_some_and(|session| session.states.contains(state)) {
            checker.find(
                at.key("states").index(index),
                format!("the session has no state `{state}`"),
                "use a state of machine.session",
            );
        }
    }
}

/// How a request is handled: by which interface, within which time, and what a second one does.
fn handling(checker: &mut Checker<'_>, message: &Message, at: &At) {
    let protocol = checker.protocol;
    let to_reader = message.is_request() && message.direction == Direction::ClientToReader;
    let said = [
        ("interface", message.interface.is_some(), to_reader),
        ("timer", message.timer.is_some(), message.is_request()),
        ("idempotent", message.idempotent.is_some(), message.is_request()),
    ];
    for (key, is_said, is_wanted) in said {
        if is_wanted && !is_said {
            checker.find(
                at.clone(),
                format!("`{key}` of the request `{}` is missing", message.name),
                "requests say timer and idempotent, those of a client to the reader their interface too",
            );
        }
        if is_said && !is_wanted {
            checker.find(
                at.key(key),
                format!("`{}` has no `{key}`: only requests have", message.name),
                format!("remove `{key}`"),
            );
        }
    }
    if let Some(timer) = &message.timer
        && !protocol.timers.contains_key(timer)
    {
        checker.find(
            at.key("timer"),
            format!("there is no timer `{timer}`"),
            "correct the name, or add the timer",
        );
    }
    let Some(name) = &message.interface else { return };
    let Some(interface) = protocol.interfaces.get(name) else {
        checker.find(
            at.key("interface"),
            format!("there is no interface `{name}`"),
            "correct the name, or add the interface",
        );
        return;
    };
    for (index, state) in message.states.iter().enumerate() {
        if !interface.enabled.contains(state) {
            checker.find(
                at.key("states").index(index),
                format!("the interface `{name}` is disabled in the state `{state}`"),
                "take the state away, or name another interface",
            );
        }
    }
}

fn document(checker: &mut Checker<'_>, document: &Document, at: &At) {
    checker.doc(at, &document.doc);
    checker.requirement(at, &document.requirement);
    checker.since(at.key("since"), document.since);
    code(checker, document.code, false, at);
    fields::check(checker, at, &document.fields);
    let fields_at = at.key("fields");
    let held = document.fields.iter().enumerate();
    let held = held.map(|(index, field)| (fields_at.index(index), field));
    fields::hold_others(checker, &document.name, held);
    if document.max_size > DOCUMENT_MAX {
        checker.find(
            at.key("max_size"),
            format!("{} bytes: a length has two bytes at most", document.max_size),
            format!("write {DOCUMENT_MAX} or less"),
        );
    }
    // The largest encoding may be larger: a document is bounded as a whole, beside the bounds of its fields.
    let smallest = checker.protocol.sizes(&document.fields).min.saturating_add(1);
    if smallest > document.max_size {
        checker.find(
            at.key("max_size"),
            format!("the smallest encoding takes {smallest} bytes already"),
            "raise it, or lower the lower bounds of its fields",
        );
    }
}
