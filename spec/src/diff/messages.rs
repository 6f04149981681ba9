//! Messages as a whole: codes, ways, when they are taken and what answers them.

use super::{
    End, extensions, fields,
    finder::{Finder, Subject, Values},
    interfaces,
    kind::kinds,
    pairs::{self, Named, Pairs},
    scope::{self, Types},
    shapes, standing, words,
};
use crate::{
    model::{Channel, Message, Protocol, Stability},
    source::At,
};
use core::cmp::Ordering;

kinds! {
    /// What changes in a message as a whole.
    MessageKind {
        /// There is a new message.
        Added = "message-added", Receivers:
            "The message `{name}` is new, with the code {new}.",
            "Newer {from} may send it, and older {to} do not know its code and refuse it.",
            "Let a message with a higher `since` come with a new version, or say what is new in an extension of a message that \
             exists.";
        /// There is a new answer, to new requests alone.
        AddedAnswer = "message-added-answer", None:
            "The message `{name}` is new, with the code {new}.",
            "It answers new requests alone, so that no older end is sent it.",
            "";
        /// There is a new event, of which clients are told.
        AddedEvent = "message-added-event", None:
            "The event `{name}` is new, with the code {new}.",
            "Older {to} pass over events whose code they do not know.",
            "";
        /// A message is gone.
        Removed = "message-removed", Senders:
            "The message `{name}` is gone, its code was {old}.",
            "Older {from} still send it, and newer {to} do not know its code and refuse it.",
            "Keep the message, and say in its documentation that newer ends do not send it.";
        /// A message has another name.
        Renamed = "message-renamed", None:
            "The message `{old}` is called `{new}`.",
            "Its code and its fields are the same, and no name goes over the wire.",
            "";
        /// A code is given to another message.
        CodeReused = "message-code-reused", Wire:
            "The code {new} is given to `{name}`, before it was that of `{old}`.",
            "An older end takes the bytes for the message that they were before.",
            "Take a code that was never used.";
        /// A message has another code.
        Code = "message-code", Wire:
            "The code of `{name}` goes from {old} to {new}.",
            "The first byte tells which message it is: neither end knows the other's.",
            "Keep the code; codes say nothing, so that none is better.";
        /// A message goes another way.
        Direction = "message-direction", Wire:
            "`{name}` goes from {new}, before from {old}.",
            "Whoever receives it now never took it before, and whoever waits for it waits for ever.",
            "Add a message that goes the other way.";
        /// Something else protects it.
        Channel = "message-channel", Wire:
            "`{name}` goes {new}, before {old}.",
            "Neither end looks for it where the other one sends it.",
            "Add a message of the other channel.";
        /// It is a request, an answer or an event where it was something else.
        Role = "message-role", Wire:
            "`{name}` is {new}, before it was {old}.",
            "Numbers of frames, repeats and time-outs follow from it: the ends count and wait past each other.",
            "Add a message of the other role.";
        /// A reader takes it in more states.
        StatesWidened = "message-states-widened", Receivers:
            "`{name}` is also taken in the state {new}.",
            "Newer {from} send it there, and older {to} refuse it there.",
            "Leave the states; or widen them with a new version.";
        /// A reader takes it in fewer states.
        StatesNarrowed = "message-states-narrowed", Senders:
            "`{name}` is not taken in the state {old} any more.",
            "Older {from} send it there, and newer {to} refuse it there.",
            "Leave the states, unless it is unsafe there; then say so in the review.";
        /// More messages can answer it.
        AnswersAdded = "message-answers-added", Senders:
            "`{name}` can also be answered by {new}.",
            "Older {from} ask, and do not expect this answer.",
            "Answer with what they expect, such as an error; or let a new request have the new answer.";
        /// Fewer messages can answer it.
        AnswersRemoved = "message-answers-removed", Receivers:
            "`{name}` is not answered by {old} any more.",
            "Older {to} still answer so, and newer {from} do not expect it.",
            "Keep the answer.";
        /// It is taken by another interface.
        Interface = "message-interface", Both:
            "`{name}` is taken by the interface {new}, before by {old}.",
            "It is enabled by another step of the way in: one of the two is still shut where the other is open.",
            "Leave the interface.";
        /// It is answered within another timer, which is longer.
        TimerLonger = "message-timer-longer", Senders:
            "`{name}` is answered within {new}, before within {old}.",
            "Older {from} have given up by then.",
            "Answer at once, and let the outcome be asked for with another request.";
        /// It is answered within another timer, which is shorter.
        TimerShorter = "message-timer-shorter", Receivers:
            "`{name}` is answered within {new}, before within {old}.",
            "Older {to} take as long as before, and newer {from} have given up by then.",
            "Leave the timer.";
        /// It is answered within another timer, which is as long.
        TimerNamed = "message-timer-named", None:
            "`{name}` is answered within {new}, before within {old}.",
            "Both timers are as long.",
            "";
        /// Making the same request anew changes nothing more.
        IdempotenceGained = "message-idempotence-gained", Receivers:
            "`{name}` is idempotent, before it was not.",
            "Newer {from} make the request anew without a thought, and older {to} do it twice.",
            "Leave it; let newer ends ask first what became of the request.";
        /// Making the same request anew changes more.
        IdempotenceLost = "message-idempotence-lost", Senders:
            "`{name}` is not idempotent any more.",
            "Older {from} make the request anew without a thought, and newer {to} do it twice.",
            "Keep it idempotent, as by an id that its sender chooses.";
    }
}

pub(super) fn compare(finder: &mut Finder<'_>) {
    let pairs = pairs(&finder.scope.types);
    for (old, new) in &pairs.both {
        let old_route = scope::of_direction(old.item.direction);
        let new_route = scope::of_direction(new.item.direction);
        let route = (old_route.0 | new_route.0, old_route.1 | new_route.1);
        let subject = subject(new).between(route).promised(old.item.stability);
        message(finder, &subject, old, new);
    }
    for old in &pairs.removed {
        let subject = subject(old).promised(way(old.item));
        finder.tell(MessageKind::Removed, &subject, Values::removed(code(old.item)));
    }
    for new in &pairs.added {
        added(finder, &pairs, new);
    }
}

/// Which message is which: a renamed one has code, way, fields and meaning of the old.
pub(super) fn pairs<'p>(types: &Types<'p>) -> Pairs<'p, Message> {
    let same = |old: &Named<'_, Message>, new: &Named<'_, Message>| {
        let (old, new) = (old.item, new.item);
        (old.code, old.direction, old.channel) == (new.code, new.direction, new.channel)
            && shapes::are_alike(types, &old.fields, &new.fields)
            && words::are_same(&old.doc, &new.doc)
    };
    pairs::pair(
        pairs::of_list(&types.old.messages, |message| &message.name),
        pairs::of_list(&types.new.messages, |message| &message.name),
        same,
    )
}

fn subject(message: &Named<'_, Message>) -> Subject {
    let at = At::top("message").named(message.index, message.name);
    Subject::new(at, message.name).between(scope::of_direction(message.item.direction))
}

fn added(finder: &mut Finder<'_>, pairs: &Pairs<'_, Message>, new: &Named<'_, Message>) {
    let subject = subject(new).since(new.item.since);
    let code = code(new.item);
    let before = finder.old.messages.iter().find(|old| old.code == new.item.code);
    if let Some(before) = before {
        // What is taken away is what the old schema promised of the code.
        let subject = subject.promised(way(before));
        finder.tell(
            MessageKind::CodeReused,
            &subject,
            Values::changed(&before.name, code),
        );
        return;
    }
    let answers_old_requests = pairs
        .both
        .iter()
        .any(|(_, request)| request.item.answers.iter().any(|answer| answer == new.name));
    let is_for_clients = scope::of_direction(new.item.direction).1 == End::Client.into();
    let kind = if new.item.answer && !answers_old_requests {
        MessageKind::AddedAnswer
    } else if new.item.event && is_for_clients {
        MessageKind::AddedEvent
    } else {
        MessageKind::Added
    };
    finder.tell(kind, &subject, Values::added(code));
}

fn message(finder: &mut Finder<'_>, subject: &Subject, old: &Named<'_, Message>, new: &Named<'_, Message>) {
    if old.name != new.name {
        let values = Values::changed(old.name, new.name);
        finder.tell(MessageKind::Renamed, &subject.key("name"), values);
    }
    let (old, new) = (old.item, new.item);
    let fixed = subject.clone().promised(way(old));
    if old.code != new.code {
        let values = Values::changed(code(old), code(new));
        finder.tell(MessageKind::Code, &fixed.key("code"), values);
    }
    if old.direction != new.direction {
        let values = Values::changed(old.direction.words(), new.direction.words());
        finder.tell(MessageKind::Direction, &fixed.key("direction"), values);
    }
    if old.channel != new.channel {
        let values = Values::changed(channel(old.channel), channel(new.channel));
        finder.tell(MessageKind::Channel, &fixed.key("channel"), values);
    }
    if role(old) == role(new) {
        request(finder, subject, old, new);
    } else {
        // What a request has and others have not comes and goes with the role.
        let key = if old.event || new.event { "event" } else { "answer" };
        let values = Values::changed(role(old), role(new));
        finder.tell(MessageKind::Role, &subject.key(key), values);
    }
    let standings = [old.standing(), new.standing()];
    standing::compare(finder, subject, old.standing(), new.standing());
    standing::doc(finder, subject, &old.doc, &new.doc);
    fields::compare(finder, subject, "fields", standings, [&old.fields, &new.fields]);
    extensions::compare(finder, subject, standings, [&old.extensions, &new.extensions]);
}

/// What is promised of a message's code and way: who relies on a frozen field in all versions must find it.
fn way(message: &Message) -> Stability {
    let fields = message.fields.iter().filter_map(|field| field.stability);
    fields.fold(message.stability, Stability::max)
}

/// What requests have and others have not.
fn request(finder: &mut Finder<'_>, subject: &Subject, old: &Message, new: &Message) {
    let (gained, lost) = interfaces::states_between(&finder.scope.states, &old.states, &new.states);
    both_ways(
        finder,
        &subject.key("states"),
        [gained, lost],
        [MessageKind::StatesWidened, MessageKind::StatesNarrowed],
    );
    let renamed: Vec<String> = old
        .answers
        .iter()
        .map(|answer| finder.scope.message(answer).to_owned())
        .collect();
    let gained = new.answers.iter().filter(|answer| !renamed.contains(answer));
    let lost = renamed.iter().filter(|answer| !new.answers.contains(answer));
    both_ways(
        finder,
        &subject.key("answers"),
        [
            gained.map(String::as_str).collect(),
            lost.map(String::as_str).collect(),
        ],
        [MessageKind::AnswersAdded, MessageKind::AnswersRemoved],
    );
    let interface = old.interface.as_deref().map(|name| finder.scope.interface(name));
    if interface != new.interface.as_deref() {
        let values = Values::optional(old.interface.as_ref(), new.interface.as_ref());
        finder.tell(MessageKind::Interface, &subject.key("interface"), values);
    }
    timer(finder, subject, old, new);
    let is_idempotent = |message: &Message| message.idempotent == Some(true);
    if is_idempotent(old) != is_idempotent(new) {
        let kind = if is_idempotent(new) {
            MessageKind::IdempotenceGained
        } else {
            MessageKind::IdempotenceLost
        };
        let values = Values::changed(is_idempotent(old), is_idempotent(new));
        finder.tell(kind, &subject.key("idempotent"), values);
    }
}

/// The timer that it is answered within; one that is only changed itself is told as a timer.
fn timer(finder: &mut Finder<'_>, subject: &Subject, old: &Message, new: &Message) {
    let renamed = old.timer.as_deref().map(|name| finder.scope.timer(name));
    if renamed == new.timer.as_deref() {
        return;
    }
    // Without a timer there is all the time that there is.
    let time = |protocol: &Protocol, message: &Message| {
        let timer = message.timer.as_ref().and_then(|name| protocol.timers.get(name));
        timer.map_or(u64::MAX, |timer| timer.value)
    };
    let kind = match time(finder.new, new).cmp(&time(finder.old, old)) {
        Ordering::Less => MessageKind::TimerShorter,
        Ordering::Equal => MessageKind::TimerNamed,
        Ordering::Greater => MessageKind::TimerLonger,
    };
    let values = Values::optional(old.timer.as_ref(), new.timer.as_ref());
    finder.tell(kind, &subject.key("timer"), values);
}

/// What a set gains, and what it loses.
fn both_ways(
    finder: &mut Finder<'_>,
    subject: &Subject,
    [gained, lost]: [Vec<&str>; 2],
    [more, fewer]: [MessageKind; 2],
) {
    if !gained.is_empty() {
        finder.tell(more, subject, Values::added(words::list(gained)));
    }
    if !lost.is_empty() {
        finder.tell(fewer, subject, Values::removed(words::list(lost)));
    }
}

fn code(message: &Message) -> String {
    format!("{:#04X}", message.code)
}

const fn role(message: &Message) -> &'static str {
    if message.answer {
        "an answer"
    } else if message.event {
        "an event"
    } else {
        "a request"
    }
}

const fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Clear => "in clear",
        Channel::Sealed => "sealed in the session",
        Channel::Tls => "over TLS",
        Channel::Relayed => "in the relayed channel",
    }
}
