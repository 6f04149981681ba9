//! State machines.

use serde::Deserialize;

/// A state machine. It is total: each event in each of its states has a transition, or stands in `stays`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// The part of the reader that it describes.
    pub part: String,
    /// What it describes.
    pub doc: String,
    /// The state that it begins in.
    pub initial: String,
    /// All its states.
    pub states: Vec<String>,
    /// Everything that can happen to it.
    pub events: Vec<Event>,
    /// What changes its state, or does something in it.
    pub transitions: Vec<Transition>,
    /// What leaves it as it is.
    #[serde(default)]
    pub stays: Vec<Stay>,
}

/// Something that can happen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// What happens.
    pub doc: String,
}

/// Transitions of a state machine: one for each of its events in each of its states.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transition {
    /// The states that it leaves.
    pub from: Vec<String>,
    /// What happens: any of these.
    pub on: Vec<String>,
    /// What must hold besides; none: nothing. Of several transitions of one event in one state, the first whose guard
    /// holds is taken, and the last has none, unless the event stands in `stays` too.
    #[serde(default)]
    pub guard: Option<String>,
    /// The state that it leads to.
    pub to: String,
    /// What is done on the way, in order.
    pub actions: Vec<String>,
    /// The requirement that it belongs to.
    pub requirement: String,
}

/// Events that leave the state as it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stay {
    /// In these states.
    pub within: Vec<String>,
    /// Any of these events.
    pub on: Vec<String>,
    /// What is answered or done.
    pub reaction: String,
    /// The requirement that it belongs to.
    pub requirement: String,
}
