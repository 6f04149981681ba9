//! What leads from one state to another, with the events that do.

use crate::model::Machine;

/// The edges of a machine, and the conditions that their labels refer to.
pub(super) struct Edges {
    pub(super) edges: Vec<Edge>,
    /// Conditions, by the number in the labels, from 1.
    pub(super) conditions: Vec<String>,
}

/// An edge; of several states where the same events lead from each of them to the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// Indices of states, ascending.
    pub(super) from: Vec<usize>,
    pub(super) to: usize,
    /// One line for each event.
    pub(super) label: Vec<String>,
    pub(super) way: Way,
}

/// Where an edge runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Straight down to the next state.
    Next,
    /// Back to the same state.
    Loop,
    /// Down, past a state or from several.
    Down,
    /// Up.
    Up,
}

pub(super) fn of(machine: &Machine) -> Edges {
    let mut conditions = Vec::new();
    let mut edges: Vec<Edge> = Vec::new();
    for from in 0..machine.states.len() {
        for to in 0..machine.states.len() {
            let label = label(machine, from, to, &mut conditions);
            if label.is_empty() {
                continue;
            }
            let is_way =
                |edge: &Edge| edge.to == to && edge.label == label && (edge.from[0] < to) == (from < to);
            match edges
                .iter_mut()
                .find(|edge| edge.way != Way::Loop && from != to && is_way(edge))
            {
                Some(shared) => {
                    shared.from.push(from);
                    shared.way = if from < to { Way::Down } else { Way::Up };
                }
                None => edges.push(Edge {
                    from: vec![from],
                    to,
                    label,
                    way: match from {
                        _ if from == to => Way::Loop,
                        _ if from + 1 == to => Way::Next,
                        _ if from < to => Way::Down,
                        _ => Way::Up,
                    },
                }),
            }
        }
    }
    Edges { edges, conditions }
}

/// The events that lead from one state to another. Where an event may do something else in this state as well, the
/// label says under which condition it does this.
fn label(machine: &Machine, from: usize, to: usize, conditions: &mut Vec<String>) -> Vec<String> {
    let (from, to) = (&machine.states[from], &machine.states[to]);
    let mut label: Vec<String> = Vec::new();
    for event in machine.events.iter().map(|event| &event.name) {
        let leaving = || {
            let transitions = machine.transitions.iter();
            transitions.filter(|transition| transition.from.contains(from) && transition.on.contains(event))
        };
        let stays = machine.stays.iter();
        let may_stay = stays
            .into_iter()
            .any(|stay| stay.within.contains(from) && stay.on.contains(event));
        let is_certain = !may_stay && leaving().all(|transition| transition.to == *to);
        for transition in leaving().filter(|transition| transition.to == *to) {
            let line = match &transition.guard {
                _ if is_certain => event.clone(),
                None => format!("{event}, else"),
                Some(guard) => format!("{event} {}", mark(number(conditions, guard))),
            };
            if !label.contains(&line) {
                label.push(line);
            }
        }
    }
    label
}

fn number(conditions: &mut Vec<String>, condition: &String) -> usize {
    let known = conditions.iter().position(|known| known == condition);
    known.unwrap_or_else(|| {
        conditions.push(condition.clone());
        conditions.len() - 1
    }) + 1
}

/// How a label refers to a condition.
pub(super) fn mark(number: usize) -> String {
    format!("[{number}]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;

    fn machine(name: &str) -> Machine {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/protocol.toml");
        let protocol = load(path.as_ref()).unwrap();
        let machines = protocol.machines.into_iter();
        machines.into_iter().find(|machine| machine.name == name).unwrap()
    }

    #[test]
    fn every_transition_is_on_an_edge() {
        for name in ["session", "service", "update"] {
            let machine = machine(name);
            let Edges { edges, .. } = of(&machine);
            for transition in &machine.transitions {
                for (from, event) in transition
                    .from
                    .iter()
                    .flat_map(|from| transition.on.iter().map(move |on| (from, on)))
                {
                    let is_drawn = edges.iter().any(|edge| {
                        edge.from.iter().any(|index| machine.states[*index] == *from)
                            && machine.states[edge.to] == transition.to
                            && edge
                                .label
                                .iter()
                                .any(|line| line.split([' ', ',']).next() == Some(event))
                    });
                    assert!(is_drawn, "{name}: {event} from {from} to {}", transition.to);
                }
            }
        }
    }

    #[test]
    fn edges_with_one_label_to_one_state_are_one() {
        let Edges { edges, .. } = of(&machine("session"));
        let to_locked: Vec<_> = edges
            .iter()
            .filter(|edge| edge.to == 0 && edge.way == Way::Up)
            .collect();
        assert_eq!(to_locked.len(), 1);
        assert_eq!(to_locked[0].from, [1, 2, 3]);
        assert!(to_locked[0].label.contains(&"client-silent".to_owned()));
    }

    #[test]
    fn conditions_are_marked_where_they_decide() {
        let Edges { edges, conditions } = of(&machine("update"));
        let lines = |from: usize, to: usize| {
            let edge = edges
                .iter()
                .find(|edge| edge.from.contains(&from) && edge.to == to);
            edge.map(|edge| edge.label.clone()).unwrap_or_default()
        };
        let number = conditions
            .iter()
            .position(|known| known == "the digests are those of the manifest")
            .unwrap()
            + 1;
        assert!(lines(1, 2).contains(&format!("last-bytes [{number}]")));
        assert!(lines(1, 0).contains(&"last-bytes, else".to_owned()));
        // Whichever policy it has, an instruction starts the service: no condition decides.
        let Edges { edges, .. } = of(&machine("service"));
        let starts = edges
            .iter()
            .find(|edge| edge.from == [0] && edge.to == 1)
            .unwrap();
        assert_eq!(starts.label, ["instruction"]);
    }
}
