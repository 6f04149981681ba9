//! State machines as drawings (SVG).
//!
//! States stand in a column, in the order of the schema. What leads to the next state goes straight down; what skips
//! states runs in a lane on the left, what leads back in a lane on the right, and what changes no state loops on the
//! left. Edges that lead to one state on the same events share a lane. A drawing has colours of its own for a light
//! and a dark surrounding, needs nothing from outside, and says in words what it shows.

mod draw;
mod edges;
mod layout;

use crate::{Protocol, model::Machine};

/// The drawings of all state machines: file name and text.
#[must_use]
pub fn files(protocol: &Protocol) -> Vec<(String, String)> {
    let machines = protocol.machines.iter();
    machines
        .map(|machine| (format!("machine-{}.svg", machine.name), svg(machine)))
        .collect()
}

/// The drawing of one state machine.
#[must_use]
pub fn svg(machine: &Machine) -> String {
    let edges = edges::of(machine);
    let mut layout = layout::of(machine, &edges);
    layout.with_notes(&draw::notes(&edges.conditions));
    draw::svg(machine, &edges, &layout)
}
