//! Structures within structures: none holds itself, and they nest no deeper than code is made for.

use super::Checker;
use crate::{kind::NESTING_MAX, model::Structure, source::At};
use std::collections::HashMap;

/// For each structure its fields that hold structures: the field's index, and the held one's.
type Edges = Vec<Vec<(usize, usize)>>;

/// Whether structures nest as they should. Where they do not, nothing else may walk them.
pub(super) fn check(checker: &mut Checker<'_>) -> bool {
    let structures = &checker.protocol.structures;
    let edges = edges(structures);
    let depths = depths(&edges);
    let mut is_sound = true;
    for (index, fields) in edges.iter().enumerate() {
        let at = At::top("structure")
            .named(index, &structures[index].name)
            .key("fields");
        for &(field, inner) in fields {
            let at = at.index(field).key("type");
            match depths[inner] {
                None if is_within(&edges, &depths, inner, index) => {
                    is_sound = false;
                    checker.find(
                        at,
                        format!("the structure `{}` holds itself", structures[index].name),
                        "break the circle: nothing in a message is recursive",
                    );
                }
                // What holds this one is too deep as well, and is mended with it.
                Some(depth) if depth == NESTING_MAX => {
                    is_sound = false;
                    checker.find(
                        at,
                        format!("structures nest {} deep here", depth + 1),
                        format!("nest them {NESTING_MAX} deep at most"),
                    );
                }
                None | Some(_) => {}
            }
        }
    }
    is_sound
}

fn edges(structures: &[Structure]) -> Edges {
    let mut places = HashMap::new();
    for (index, structure) in structures.iter().enumerate() {
        places.entry(structure.name.as_str()).or_insert(index);
    }
    let held = |structure: &Structure| {
        let fields = structure.fields.iter().enumerate();
        fields
            .filter_map(|(index, field)| Some((index, *places.get(field.type_name.as_str())?)))
            .collect()
    };
    structures.iter().map(held).collect()
}

/// How deep each structure is, itself included, from the innermost outwards; none: it is in a circle or holds one.
fn depths(edges: &Edges) -> Vec<Option<usize>> {
    let mut holders = vec![Vec::new(); edges.len()];
    for (index, fields) in edges.iter().enumerate() {
        for &(_, inner) in fields {
            holders[inner].push(index);
        }
    }
    let mut open: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut deepest = vec![0; edges.len()];
    let mut depths = vec![None; edges.len()];
    let mut ready: Vec<usize> = (0..edges.len()).filter(|&index| open[index] == 0).collect();
    while let Some(inner) = ready.pop() {
        let depth = deepest[inner] + 1;
        depths[inner] = Some(depth);
        for &holder in &holders[inner] {
            deepest[holder] = depth.max(deepest[holder]);
            open[holder] -= 1;
            if open[holder] == 0 {
                ready.push(holder);
            }
        }
    }
    depths
}

/// Whether `wanted` is `outer` or within it, among structures without a depth.
fn is_within(edges: &Edges, depths: &[Option<usize>], outer: usize, wanted: usize) -> bool {
    let mut seen = vec![false; edges.len()];
    let mut next = vec![outer];
    while let Some(index) = next.pop() {
        if index == wanted {
            return true;
        }
        if !core::mem::replace(&mut seen[index], true) {
            let inner = edges[index].iter().map(|&(_, inner)| inner);
            next.extend(inner.filter(|&inner| depths[inner].is_none()));
        }
    }
    false
}
