//! Where everything stands, in whole pixels.

use super::edges::{Edge, Edges, Way};
use crate::model::Machine;

/// Width of a character of a label, in tenths of a pixel: labels are set in type of one width, 12 pixels high.
const LABEL_WIDTH: i32 = 72;
/// Width of a character of a state's name, in tenths of a pixel; an upper bound.
const NAME_WIDTH: i32 = 90;
/// Width of a character of a condition beneath the drawing, in tenths of a pixel; an upper bound.
const NOTE_WIDTH: i32 = 65;
/// Height of a line of a label.
pub(super) const LINE: i32 = 16;
/// Space around the drawing.
pub(super) const MARGIN: i32 = 24;
/// Distance of the places where edges meet a state.
const PORT: i32 = 18;
/// Space between a label and what it belongs to.
const SPACE: i32 = 9;
/// How far a loop reaches out.
const LOOP: i32 = 30;
/// Height of the mark of the initial state.
pub(super) const INITIAL: i32 = 30;

const STATE_HEIGHT: i32 = 46;
const STATE_WIDTH: i32 = 130;
const GAP: i32 = 58;

/// A drawing, measured out.
pub(super) struct Layout {
    pub(super) width: i32,
    pub(super) height: i32,
    /// In the order of the machine's states.
    pub(super) states: Vec<Rect>,
    /// In the order of the edges.
    pub(super) routes: Vec<Route>,
    /// Top of the first line of conditions.
    pub(super) notes: i32,
}

/// A state's box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

/// Where an edge runs, and where its label stands.
pub(super) struct Route {
    /// Heights at which it leaves its states, in their order.
    pub(super) leaves: Vec<i32>,
    /// The height at which it arrives.
    pub(super) arrives: i32,
    /// The lane's distance from the left.
    pub(super) lane: i32,
    /// Middle of the label, and its side towards the edge.
    pub(super) label: (i32, i32),
}

pub(super) fn of(machine: &Machine, edges: &Edges) -> Layout {
    let edges = &edges.edges;
    let columns = Columns::of(machine, edges);
    let lanes = &columns.lanes;
    let sides: Vec<[Side; 2]> = (0..machine.states.len())
        .map(|state| [Side::left(edges, lanes, state), Side::right(edges, lanes, state)])
        .collect();
    let states = states(machine, edges, &sides, &columns);
    let routes = edges
        .iter()
        .enumerate()
        .map(|(index, edge)| route(index, edge, &states, &sides, &columns))
        .collect();
    let bottom = states.last().map_or(0, |state| state.top + state.height);
    Layout {
        width: columns.width,
        height: bottom + MARGIN,
        states,
        routes,
        notes: bottom + MARGIN,
    }
}

impl Layout {
    /// Makes room for conditions beneath the drawing.
    pub(super) fn with_notes(&mut self, notes: &[String]) {
        let widest = notes.iter().map(|note| width(note, NOTE_WIDTH)).max();
        let Some(widest) = widest else { return };
        self.width = self.width.max(widest + 2 * MARGIN);
        self.height = self.notes + LINE * notes.len() as i32 + MARGIN;
    }
}

impl Rect {
    pub(super) const fn right(self) -> i32 {
        self.left + self.width
    }

    pub(super) const fn bottom(self) -> i32 {
        self.top + self.height
    }

    pub(super) const fn center(self) -> i32 {
        self.left + self.width / 2
    }
}

impl Edge {
    /// The states that it begins, ends or passes at, first and last.
    fn span(&self) -> (usize, usize) {
        let all = self.from.iter().copied().chain([self.to]);
        let least = all.clone().min().unwrap_or_default();
        (least, all.max().unwrap_or_default())
    }

    /// The gap between two states in which its label stands, by the state above: beside the state that it leaves, or
    /// where it comes from several, the one that it leads to.
    fn gap(&self) -> usize {
        match (self.way, self.from.as_slice()) {
            (Way::Up, [from]) => from - 1,
            (Way::Up, _) => self.to,
            (Way::Down, [from]) => *from,
            (Way::Down, _) => self.to - 1,
            (Way::Next | Way::Loop, _) => self.from[0],
        }
    }

    fn label_width(&self) -> i32 {
        self.label
            .iter()
            .map(|line| width(line, LABEL_WIDTH))
            .max()
            .unwrap_or_default()
    }

    fn label_height(&self) -> i32 {
        LINE * self.label.len() as i32
    }
}

/// What meets a state at one of its sides, from top to bottom, as indices of edges.
#[derive(Default)]
struct Side(Vec<Port>);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Port {
    edge: usize,
    role: Role,
    height: i32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Leaves,
    Arrives,
    Loops,
}

impl Side {
    /// Lanes that lead down; the order keeps an outer lane from crossing an inner one where it begins or ends.
    fn left(edges: &[Edge], lanes: &[i32], state: usize) -> Self {
        let mut arriving = ports(edges, Way::Down, Role::Arrives, state);
        let mut leaving = ports(edges, Way::Down, Role::Leaves, state);
        arriving.sort_by_key(|port| core::cmp::Reverse(lanes[port.edge]));
        leaving.sort_by_key(|port| lanes[port.edge]);
        let loops = ports(edges, Way::Loop, Role::Loops, state);
        Self([arriving, loops, leaving].concat())
    }

    /// Lanes that lead up.
    fn right(edges: &[Edge], lanes: &[i32], state: usize) -> Self {
        let mut leaving = ports(edges, Way::Up, Role::Leaves, state);
        let mut arriving = ports(edges, Way::Up, Role::Arrives, state);
        leaving.sort_by_key(|port| lanes[port.edge]);
        arriving.sort_by_key(|port| core::cmp::Reverse(lanes[port.edge]));
        Self([leaving, arriving].concat())
    }

    fn height(&self) -> i32 {
        self.0.iter().map(|port| port.height).sum()
    }

    /// The middle of a port, from the top of the state.
    fn offset(&self, edge: usize, role: Role, state: Rect) -> i32 {
        let mut top = (state.height - self.height()) / 2;
        for port in &self.0 {
            if (port.edge, port.role) == (edge, role) {
                return state.top + top + port.height / 2;
            }
            top += port.height;
        }
        state.top + state.height / 2
    }
}

fn ports(edges: &[Edge], way: Way, role: Role, state: usize) -> Vec<Port> {
    let meets = |edge: &Edge| match role {
        Role::Leaves => edge.from.contains(&state),
        Role::Arrives | Role::Loops => edge.to == state,
    };
    let meeting = edges
        .iter()
        .enumerate()
        .filter(|(_, edge)| edge.way == way && meets(edge));
    meeting
        .map(|(index, edge)| Port {
            edge: index,
            role,
            height: match role {
                Role::Loops => edge.label_height().max(PORT + 8) + 4,
                Role::Leaves | Role::Arrives => PORT,
            },
        })
        .collect()
}

/// Distances from the left.
struct Columns {
    state_left: i32,
    state_width: i32,
    /// Of each edge, where it runs.
    lanes: Vec<i32>,
    width: i32,
}

impl Columns {
    fn of(machine: &Machine, edges: &[Edge]) -> Self {
        let names = machine.states.iter().map(|state| width(state, NAME_WIDTH) + 40);
        let state_width = names.max().unwrap_or_default().max(STATE_WIDTH);
        let mut left = Outwards::new(machine.states.len(), 2 * SPACE);
        let mut right = Outwards::new(machine.states.len(), 3 * SPACE);
        for edge in edges {
            match edge.way {
                Way::Loop => left.reach(row(edge.to), LOOP + SPACE + edge.label_width()),
                Way::Next => {
                    right.reach(
                        beneath(edge.from[0]),
                        2 * SPACE + edge.label_width() - state_width / 2,
                    );
                }
                Way::Down | Way::Up => {}
            }
        }
        let mut order: Vec<usize> = (0..edges.len()).collect();
        order.sort_by_key(|index| {
            let (first, last) = edges[*index].span();
            (last - first, first, *index)
        });
        let mut distances = vec![0; edges.len()];
        for index in order {
            let edge = &edges[index];
            distances[index] = match edge.way {
                Way::Down => left.lane(edge),
                Way::Up => right.lane(edge),
                Way::Loop => LOOP,
                Way::Next => state_width / 2,
            };
        }
        let state_left = MARGIN + left.furthest();
        let lane = |(edge, distance): (&Edge, i32)| match edge.way {
            Way::Up => state_left + state_width + distance,
            Way::Down | Way::Loop => state_left - distance,
            Way::Next => state_left + distance,
        };
        Self {
            state_left,
            state_width,
            lanes: edges.iter().zip(distances).map(lane).collect(),
            width: state_left + state_width + right.furthest() + MARGIN,
        }
    }
}

/// How far one side is taken already, from the states outwards: beside each state, and beside each gap between two.
struct Outwards {
    taken: Vec<i32>,
    /// The distance of the innermost lane.
    least: i32,
}

impl Outwards {
    fn new(states: usize, least: i32) -> Self {
        Self {
            taken: vec![0; 2 * states],
            least,
        }
    }

    fn reach(&mut self, at: usize, distance: i32) {
        self.taken[at] = self.taken[at].max(distance);
    }

    /// Finds room for a lane and its label, outside of all that it passes.
    fn lane(&mut self, edge: &Edge) -> i32 {
        let (first, last) = edge.span();
        let passed = beneath(first)..=beneath(last - 1);
        let taken = passed.clone().map(|at| self.taken[at]).max().unwrap_or_default();
        let distance = self.least.max(taken + if taken > 0 { 2 * SPACE } else { 0 });
        for at in passed {
            self.reach(at, distance);
        }
        self.reach(beneath(edge.gap()), distance + SPACE + edge.label_width());
        distance
    }

    fn furthest(&self) -> i32 {
        self.taken.iter().copied().max().unwrap_or_default()
    }
}

/// The place beside a state.
const fn row(state: usize) -> usize {
    2 * state
}

/// The place beside the gap beneath a state.
const fn beneath(state: usize) -> usize {
    2 * state + 1
}

/// States from top to bottom: each as high as what meets it, with room for the labels between two of them.
fn states(machine: &Machine, edges: &[Edge], sides: &[[Side; 2]], columns: &Columns) -> Vec<Rect> {
    let mut states = Vec::new();
    let mut top = MARGIN;
    for (index, name) in machine.states.iter().enumerate() {
        let is_initial = *name == machine.initial;
        if is_initial && index == 0 {
            top += INITIAL;
        }
        let [left, right] = &sides[index];
        let height = (left.height().max(right.height()) + SPACE).max(STATE_HEIGHT);
        states.push(Rect {
            left: columns.state_left,
            top,
            width: columns.state_width,
            height,
        });
        let labels = edges
            .iter()
            .filter(|edge| edge.way != Way::Loop && edge.gap() == index);
        let highest = labels.map(Edge::label_height).max().unwrap_or_default();
        top += height + (highest + 4 * SPACE).max(GAP);
    }
    states
}

fn route(index: usize, edge: &Edge, states: &[Rect], sides: &[[Side; 2]], columns: &Columns) -> Route {
    let lane = columns.lanes[index];
    let gap = edge.gap();
    let between = |gap: usize| (states[gap].bottom() + states[(gap + 1).min(states.len() - 1)].top) / 2;
    let port = |state: usize, role: Role| {
        let [left, right] = &sides[state];
        let side = if edge.way == Way::Up { right } else { left };
        side.offset(index, role, states[state])
    };
    match edge.way {
        Way::Next => Route {
            leaves: vec![states[edge.from[0]].bottom()],
            arrives: states[edge.to].top,
            lane,
            label: (lane + SPACE, between(gap)),
        },
        Way::Loop => {
            let middle = port(edge.to, Role::Loops);
            Route {
                leaves: vec![middle - 9],
                arrives: middle + 9,
                lane,
                label: (lane - SPACE, middle),
            }
        }
        Way::Down | Way::Up => Route {
            leaves: edge.from.iter().map(|state| port(*state, Role::Leaves)).collect(),
            arrives: port(edge.to, Role::Arrives),
            lane,
            label: (
                if edge.way == Way::Up {
                    lane + SPACE
                } else {
                    lane - SPACE
                },
                between(gap),
            ),
        },
    }
}

/// Width of text; `character` is that of a character in tenths of a pixel.
fn width(text: &str, character: i32) -> i32 {
    (text.chars().count() as i32 * character + 9) / 10
}
