//! Limits and timers.
//!
//! Each is borne by one end and used by another: a limit on logic is borne by readers and used by whoever publishes
//! logic, a timer of an answer is used by who answers and borne by who waits. Raised, it asks more of those who bear
//! it; lowered, it leaves less to those who use it.

use super::{
    End, Ends,
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::{self, Named, Pairs},
    scope::Route,
    standing, words,
};
use crate::{
    model::{Quantity, Stability},
    source::At,
};
use indexmap::IndexMap;

kinds! {
    /// What changes in limits and timers.
    QuantityKind {
        /// What had no bound has a limit.
        LimitAdded = "limit-added", Senders:
            "The limit `{name}` is new: {new}.",
            "Until now nothing held {from} to it: older {from} can exceed what newer {to} bear.",
            "Choose the limit so that nothing that exists exceeds it, and say so in the review.";
        /// What had a limit has none.
        LimitRemoved = "limit-removed", Receivers:
            "The limit `{name}` is gone, it was {old}.",
            "Newer {from} need not keep to it any more, and older {to} bear no more than they did.",
            "Keep the limit.";
        /// A limit is higher.
        LimitRaised = "limit-raised", Receivers:
            "The limit `{name}` is raised from {old} to {new}.",
            "Newer {from} go up to {new}, and older {to} bear {old}.",
            "Keep the limit for all, and let ends that bear more declare it.";
        /// A limit is lower.
        LimitLowered = "limit-lowered", Senders:
            "The limit `{name}` is lowered from {old} to {new}.",
            "Older {from} go up to {old}, and newer {to} bear {new}.",
            "Keep the limit.";
        /// A figure that the layout of every frame follows from is another.
        LimitOfLayout = "limit-of-layout", Wire:
            "The figure `{name}` of every frame goes from {old} to {new}.",
            "Every frame is laid out otherwise: no older end can read a newer one's, nor the other way round.",
            "Leave the layout of frames; put what is new into a message.";
        /// A limit counts something else.
        LimitUnit = "limit-unit", Both:
            "The limit `{name}` counts {new}, before {old}.",
            "The same figure bounds something else: older and newer ends hold each other to different bounds.",
            "Add a limit of the other unit, and keep this one.";
        /// A limit has another name.
        LimitRenamed = "limit-renamed", None:
            "The limit `{old}` is called `{new}`.",
            "Figure, unit and meaning are the same, and no name goes over the wire.",
            "";
        /// What took any time has a timer.
        TimerAdded = "timer-added", Senders:
            "The timer `{name}` is new: {new}.",
            "Until now nothing held {from} to it: older {from} can take longer than newer {to} wait.",
            "Choose it so that nothing that exists takes longer, and say so in the review.";
        /// What had a timer has none.
        TimerRemoved = "timer-removed", Receivers:
            "The timer `{name}` is gone, it was {old}.",
            "Newer {from} take any time, and older {to} wait no longer than they did.",
            "Keep the timer.";
        /// A timer is longer.
        TimerLonger = "timer-longer", Receivers:
            "The timer `{name}` is lengthened from {old} to {new}.",
            "Newer {from} count on {new}, and older {to} allow {old}.",
            "Keep the timer; what takes longer gets a request of its own, and is asked for again.";
        /// A timer is shorter.
        TimerShorter = "timer-shorter", Senders:
            "The timer `{name}` is shortened from {old} to {new}.",
            "Older {from} count on {old}, and newer {to} allow {new}.",
            "Keep the timer.";
        /// A timer has another name.
        TimerRenamed = "timer-renamed", None:
            "The timer `{old}` is called `{new}`.",
            "It is as long as before and bounds the same, and no name goes over the wire.",
            "";
    }
}

const CLIENTS: Ends = Ends::of(&[End::Client]);
const CLOUDS: Ends = Ends::of(&[End::Cloud]);
const READERS: Ends = Ends::of(&[End::Reader]);
/// Who talks to a reader, over its link or through its client.
const PEERS: Ends = Ends::of(&[End::Client, End::Cloud]);
const LINK: Ends = Ends::of(&[End::Client, End::Reader]);
const CHANNEL: Ends = Ends::of(&[End::Cloud, End::Reader]);

/// Who uses a limit, and who bears it; what is not named here, everybody does.
const LIMITS: [(&str, Route); 12] = [
    ("message_max", (LINK, LINK)),
    ("relayed_max", (CHANNEL, CHANNEL)),
    ("failures_max", (CLIENTS, READERS)),
    ("job_memory", (CLIENTS, READERS)),
    ("job_data_max", (READERS, CLIENTS)),
    ("logic_max", (CLOUDS, READERS)),
    ("logic_steps_max", (CLOUDS, READERS)),
    ("loop_depth_max", (CLOUDS, READERS)),
    ("register_size", (CLOUDS, READERS)),
    ("registers", (CLOUDS, READERS)),
    ("diagnostics_min", (CLIENTS, READERS)),
    ("tpdus_max", (Ends::NONE, Ends::NONE)),
];

/// The limits that are no bounds but parts of the layout, which is frozen.
const LAYOUT: [&str; 2] = ["frame_overhead", "tag_size"];

/// Who takes the time of a timer, and who allows it; what is not named here, everybody does.
const TIMERS: [(&str, Route); 6] = [
    ("T_answer", (READERS, PEERS)),
    ("T_repeat", (Ends::NONE, Ends::NONE)),
    ("T_handshake", (PEERS, LINK)),
    ("T_idle", (CLIENTS, READERS)),
    ("T_backoff", (READERS, CLIENTS)),
    ("T_module", (Ends::NONE, Ends::NONE)),
];

/// The kinds of one of the two tables.
struct Family {
    key: &'static str,
    added: QuantityKind,
    removed: QuantityKind,
    raised: QuantityKind,
    lowered: QuantityKind,
    renamed: QuantityKind,
    routes: &'static [(&'static str, Route)],
}

const LIMIT: Family = Family {
    key: "limit",
    added: QuantityKind::LimitAdded,
    removed: QuantityKind::LimitRemoved,
    raised: QuantityKind::LimitRaised,
    lowered: QuantityKind::LimitLowered,
    renamed: QuantityKind::LimitRenamed,
    routes: &LIMITS,
};

const TIMER: Family = Family {
    key: "timer",
    added: QuantityKind::TimerAdded,
    removed: QuantityKind::TimerRemoved,
    raised: QuantityKind::TimerLonger,
    lowered: QuantityKind::TimerShorter,
    renamed: QuantityKind::TimerRenamed,
    routes: &TIMERS,
};

pub(super) fn compare(finder: &mut Finder<'_>) {
    let (old, new) = (finder.old, finder.new);
    table(finder, &LIMIT, &old.limits, &new.limits);
    table(finder, &TIMER, &old.timers, &new.timers);
}

/// Which quantity is which: a renamed one has figure, unit and meaning of the old.
pub(super) fn pairs<'p>(
    old: &'p IndexMap<String, Quantity>,
    new: &'p IndexMap<String, Quantity>,
) -> Pairs<'p, Quantity> {
    let same = |old: &Named<'_, Quantity>, new: &Named<'_, Quantity>| {
        let (old, new) = (old.item, new.item);
        (old.value, &old.unit) == (new.value, &new.unit) && words::are_same(&old.doc, &new.doc)
    };
    pairs::pair(pairs::of_map(old), pairs::of_map(new), same)
}

fn table<'p>(
    finder: &mut Finder<'p>,
    family: &Family,
    old: &'p IndexMap<String, Quantity>,
    new: &'p IndexMap<String, Quantity>,
) {
    let pairs = pairs(old, new);
    let subject = |name: &str| {
        let at = At::top(family.key).key(name);
        Subject::new(at, name).between(route(family.routes, name))
    };
    for (old, new) in pairs.both {
        let subject = Subject {
            at: At::top(family.key).key(new.name),
            ..subject(old.name).promised(promise(old.name))
        };
        if old.name != new.name {
            finder.tell(family.renamed, &subject, Values::changed(old.name, new.name));
        }
        quantity(finder, family, &subject, old, new.item);
    }
    for old in pairs.removed {
        let values = Values::removed(figure(old.item));
        let subject = subject(old.name).promised(promise(old.name));
        finder.tell(family.removed, &subject, values);
    }
    for new in pairs.added {
        finder.tell(family.added, &subject(new.name), Values::added(figure(new.item)));
    }
}

fn quantity(
    finder: &mut Finder<'_>,
    family: &Family,
    subject: &Subject,
    old: Named<'_, Quantity>,
    new: &Quantity,
) {
    let is_layout = LAYOUT.contains(&old.name);
    let old = old.item;
    if old.unit != new.unit {
        let values = Values::changed(&old.unit, &new.unit);
        finder.tell(QuantityKind::LimitUnit, &subject.key("unit"), values);
    }
    if old.value != new.value {
        let kind = if is_layout {
            QuantityKind::LimitOfLayout
        } else if new.value > old.value {
            family.raised
        } else {
            family.lowered
        };
        let values = Values::changed(figure(old), figure(new));
        finder.tell(kind, &subject.key("value"), values);
    }
    standing::requirement(finder, subject, Some(&old.requirement), Some(&new.requirement));
    standing::doc(finder, subject, &old.doc, &new.doc);
}

fn promise(name: &str) -> Stability {
    if LAYOUT.contains(&name) {
        Stability::Frozen
    } else {
        Stability::Stable
    }
}

fn figure(quantity: &Quantity) -> String {
    format!("{} {}", quantity.value, quantity.unit)
}

fn route(table: &[(&str, Route)], name: &str) -> Route {
    let known = table.iter().find(|(known, _)| *known == name);
    known.map_or((Ends::ALL, Ends::ALL), |(_, route)| *route)
}
