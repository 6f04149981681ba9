//! The services of the specification keep the rules that their verifier demands, on every path.

use cardwire_spec::{
    Place, Protocol,
    interpret::{self, Data, Tree},
    logic::{self, Step},
};
use std::{collections::BTreeMap, fs, path::Path};

/// What a path has done with a module so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Unused,
    Used,
    Done,
}

/// All that some path to an instruction has done with the modules.
type Parts = Vec<BTreeMap<String, Part>>;

/// What a walk over the code has found.
#[derive(Debug, Default)]
struct Found {
    /// Instructions on the longest path.
    longest: u64,
    /// The modules that are used on the paths to each `end`, each set once.
    used: Vec<Vec<String>>,
    /// The conversions, names and parameters that the code names.
    emitted: Vec<(String, String)>,
    taken: Vec<String>,
}

fn services() -> Vec<String> {
    in_folder("")
}

/// The files below `services` in this folder, with it, without their ending.
fn in_folder(folder: &str) -> Vec<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("services")
        .join(folder);
    let files = fs::read_dir(directory).unwrap();
    let named = |path: &Path| Some(path.file_name()?.to_str()?.strip_suffix(".logic")?.to_owned());
    let mut names: Vec<_> = files
        .filter_map(|file| named(&file.unwrap().path()))
        .map(|name| format!("{folder}{name}"))
        .collect();
    names.sort();
    names
}

fn load(service: &str) -> (Protocol, Tree, usize) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let protocol = cardwire_spec::load(&directory.join("protocol.toml")).unwrap();
    let text = fs::read_to_string(directory.join(format!("services/{service}.logic"))).unwrap();
    let document = logic::assemble(&protocol, service, &text).unwrap_or_else(|error| panic!("{error}"));
    let tree = interpret::decode(&protocol, Place::Document("logic"), &document).unwrap();
    (protocol, tree, document.len())
}

fn name(data: &Data) -> String {
    match data {
        Data::Registered { name: Some(name), .. } => name.clone(),
        other => panic!("{other:?} is not registered"),
    }
}

fn names(data: Option<&Data>) -> Vec<String> {
    let Some(Data::List(items)) = data else {
        return Vec::new();
    };
    items.iter().map(|item| name(&item.data)).collect()
}

fn text(data: &Data) -> String {
    match data {
        Data::Text(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    }
}

/// The names of the declared parameters.
fn parameters(tree: &Tree) -> Vec<String> {
    let Some(Data::List(items)) = tree.field("parameters") else {
        return Vec::new();
    };
    let named = |data: &Data| match data {
        Data::Structure(fields) => text(&fields[0].data),
        other => panic!("{other:?} is no parameter"),
    };
    items.iter().map(|item| named(&item.data)).collect()
}

/// One pass over the code, as the book's chapter on logic describes it for the verifier.
fn walk(steps: &[Step<'_>], modules: &[String], policy: &str) -> Found {
    let mut found = Found::default();
    let mut reached: Vec<Option<(u64, Parts)>> = vec![None; steps.len() + 1];
    let unused = modules
        .iter()
        .map(|module| (module.clone(), Part::Unused))
        .collect();
    reached[0] = Some((0, vec![unused]));
    // Length up to and with `loop`, its rounds, and the longest path to an `end` in its body.
    let mut loops: Vec<(u64, u64, u64)> = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let (before, mut parts) = reached[place]
            .clone()
            .unwrap_or_else(|| panic!("nothing reaches {:04X}", step.offset));
        let mut length = before + 1;
        let operand = |index: usize| &step.operands[index].data;
        let called = step.instruction.module.clone();
        let done = (step.instruction.name == "done").then(|| name(operand(0)));
        if let Some(module) = called.as_ref().or(done.as_ref()) {
            assert!(modules.contains(module), "{module} is declared");
            for path in &mut parts {
                if policy == "per-step" {
                    assert_ne!(path[module], Part::Done, "{module} at {:04X}", step.offset);
                }
                let part = if done.is_some() { Part::Done } else { Part::Used };
                path.insert(module.clone(), part);
            }
            assert!(done.is_none() || loops.is_empty(), "`done` in a loop");
        }
        parts.sort();
        parts.dedup();
        let mut next = Some(place + 1);
        let mut target = None;
        match step.instruction.name.as_str() {
            "end" => {
                next = None;
                match loops.last_mut() {
                    None => found.longest = found.longest.max(length),
                    Some(open) => open.2 = open.2.max(length),
                }
                for path in &parts {
                    let open = path.values().any(|part| *part == Part::Used);
                    assert!(policy != "per-step" || !open, "{path:?} at {:04X}", step.offset);
                    let used = path.iter().filter(|(_, part)| **part != Part::Unused);
                    let used: Vec<_> = used.map(|(module, _)| module.clone()).collect();
                    if !found.used.contains(&used) {
                        found.used.push(used);
                    }
                }
            }
            "go" => (next, target) = (None, step.operands.last()),
            name if name.starts_with("when-") => target = step.operands.last(),
            "loop" => loops.push((length, operand(0).number().unwrap(), 0)),
            "again" => {
                let (at, rounds, end) = loops.pop().expect("a loop is open");
                let body = length - at;
                length = at + rounds * body;
                if end > 0 {
                    let last = end + (rounds - 1) * body;
                    match loops.last_mut() {
                        None => found.longest = found.longest.max(last),
                        Some(open) => open.2 = open.2.max(last),
                    }
                }
            }
            "emit" => {
                found.emitted.push((text(operand(0)), name(operand(1))));
            }
            "parameter" => found.taken.push(text(operand(0))),
            _ => {}
        }
        let target = target.map(|node| {
            let offset = node.data.number().unwrap();
            let target = steps.iter().position(|step| step.offset as u64 == offset);
            let target = target.expect("a label is an instruction");
            assert!(target > place, "labels lie ahead");
            target
        });
        for place in next.into_iter().chain(target) {
            let (longest, known) = reached[place].get_or_insert_with(Default::default);
            *longest = length.max(*longest);
            known.extend(parts.iter().cloned());
        }
    }
    assert!(reached[steps.len()].is_none(), "no path arrives behind the end");
    assert!(loops.is_empty(), "every loop is ended");
    found
}

/// Holds a service to the rules, and gives the modules that are used on the paths to each of its ends.
fn check(file: &str) -> Found {
    let (protocol, tree, size) = load(file);
    let service = file.rsplit('/').next().unwrap();
    assert_eq!(tree.field("service").map(name).as_deref(), Some(service));
    assert_eq!(tree.field("name"), Some(&Data::Text(service.to_owned())));
    assert!(size <= 1024, "{service} has {size} bytes");
    let policy = tree.field("policy").map(name).unwrap();
    let modules = names(tree.field("modules"));
    let budget = tree.field("budget").and_then(Data::number).unwrap();
    let Some(Data::Bytes(code)) = tree.field("code") else {
        panic!("the logic has code")
    };
    let steps = logic::steps(&protocol, code).unwrap();
    let found = walk(&steps, &modules, &policy);
    assert!(
        found.longest <= budget,
        "{service}: {} of {budget}",
        found.longest
    );
    let declared = parameters(&tree);
    assert!(
        found.taken.iter().all(|name| declared.contains(name)),
        "{service}"
    );
    assert!(
        declared.iter().all(|name| found.taken.contains(name)),
        "{service}: a parameter is taken"
    );
    let called = |module: &String| found.used.iter().any(|used| used.contains(module));
    assert!(modules.iter().all(called), "{service}: a module is used");
    found
}

#[test]
fn every_service_keeps_the_rules_of_the_verifier() {
    for service in services().iter().chain(&in_folder("keypad/")) {
        check(service);
    }
}

#[test]
fn the_catalogue_is_whole() {
    let (protocol, ..) = load("card.identify");
    let values = protocol.registries["service"].values.iter();
    let mut registered: Vec<_> = values.map(|value| value.name.clone()).collect();
    registered.sort();
    assert_eq!(registered, services());
}

/// The tables of an entry name what its logic declares, takes and gives, and nothing else.
#[test]
fn entries_say_what_the_logic_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("book/src/services.md");
    let book = fs::read_to_string(path).unwrap();
    for service in services().iter().filter(|name| *name != "certification.echo") {
        let (_, tree, _) = load(service);
        let found = check(service);
        let (_, entry) = book
            .split_once(&format!("\n## {service}\n"))
            .unwrap_or_else(|| panic!("{service} has no entry"));
        let entry = entry.split("\n## ").next().unwrap();
        let row = |title: &str| {
            let start = format!("| {title} | ");
            entry.lines().find_map(|line| line.strip_prefix(&start))
        };
        let policy = tree.field("policy").map(name).unwrap();
        assert!(
            row("policy").is_some_and(|row| row.starts_with(&format!("`{policy}`"))),
            "{service}"
        );
        let loss = tree.field("on_client_loss").map(name).unwrap();
        assert!(
            row("when its client is lost").is_some_and(|row| row.starts_with(&format!("`{loss}`"))),
            "{service}"
        );
        let modules: Vec<_> = names(tree.field("modules"))
            .iter()
            .map(|module| format!("`{module}`"))
            .collect();
        assert!(
            row("modules").is_some_and(|row| row.starts_with(&modules.join(", "))),
            "{service}"
        );
        for parameter in parameters(&tree) {
            assert!(
                entry.contains(&format!("| `{parameter}` | ")),
                "{service}: {parameter}"
            );
        }
        for (item, kind) in &found.emitted {
            let row = format!("| `{item}` | {kind} | ");
            assert!(entry.contains(&row), "{service}: {row}");
        }
        let include = format!("{{{{#include ../../services/{service}.logic}}}}");
        assert!(entry.contains(&include), "{service}");
    }
    for file in in_folder("keypad/") {
        assert!(
            book.contains(&format!("{{{{#include ../../services/{file}.logic}}}}")),
            "{file}"
        );
    }
}

#[test]
fn card_identify_uses_both_modules_as_a_whole() {
    assert_eq!(check("card.identify").used, [["contact-card", "indicator"]]);
}

#[test]
fn subscriber_read_uses_both_modules_on_every_path() {
    assert_eq!(check("subscriber.read").used, [["contact-card", "indicator"]]);
}

/// Who enters the PIN at the keypad, and who gives it with the instruction: both come to the card.
#[test]
fn a_pin_comes_from_the_client_or_from_the_keypad() {
    for service in in_folder("keypad/") {
        let alone = check(service.trim_start_matches("keypad/"));
        assert_eq!(alone.used, [["contact-card"]]);
        let used = check(&service).used;
        // A `done` without a use counts as one here: what the facts of the book's table count.
        assert!(
            used.iter().any(|used| *used == ["contact-card", "pin-pad"]),
            "{used:?}"
        );
        assert!(used.iter().any(|used| *used == ["pin-pad"]), "{used:?}");
    }
}

#[test]
fn certification_echo_touches_no_module() {
    assert_eq!(check("certification.echo").used, [[""; 0]]);
}
