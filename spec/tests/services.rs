//! The services of the specification keep the rules that their verifier demands, on every path.

use cardwire_spec::{
    Place, Protocol,
    interpret::{self, Data, Tree},
    logic::{self, Step},
};
use std::path::Path;

fn load(service: &str) -> (Protocol, Tree) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"));
    let protocol = cardwire_spec::load(&directory.join("protocol.toml")).unwrap();
    let text = std::fs::read_to_string(directory.join(format!("services/{service}.logic"))).unwrap();
    let document = logic::assemble(&protocol, service, &text).unwrap();
    let tree = interpret::decode(&protocol, Place::Document("logic"), &document).unwrap();
    (protocol, tree)
}

/// All paths through the code, each as the steps that it executes.
fn paths<'s, 'p>(
    steps: &'s [Step<'p>],
    from: usize,
    so_far: &[&'s Step<'p>],
    found: &mut Vec<Vec<&'s Step<'p>>>,
) {
    let step = steps.get(from).expect("every path ends in `end`");
    let path: Vec<_> = so_far.iter().copied().chain([step]).collect();
    let target = || {
        let label = step.operands.last().and_then(|node| node.data.number()).unwrap();
        let target = steps
            .iter()
            .position(|step| step.offset as u64 == label)
            .expect("a label is an instruction");
        assert!(target > from, "labels lie ahead");
        target
    };
    match step.instruction.name.as_str() {
        "end" => found.push(path),
        "go" => paths(steps, target(), &path, found),
        branch if branch.starts_with("when-") => {
            paths(steps, target(), &path, found);
            paths(steps, from + 1, &path, found);
        }
        "loop" | "again" => panic!("no service of the specification has a loop"),
        _ => paths(steps, from + 1, &path, found),
    }
}

fn names(data: Option<&Data>) -> Vec<String> {
    let Some(Data::List(items)) = data else {
        return Vec::new();
    };
    items.iter().map(|item| name(&item.data)).collect()
}

fn name(data: &Data) -> String {
    match data {
        Data::Registered { name: Some(name), .. } => name.clone(),
        other => panic!("{other:?} is not registered"),
    }
}

/// The modules that the paths of a service use, path by path.
fn check(service: &str, policy: &str) -> Vec<Vec<String>> {
    let (protocol, tree) = load(service);
    assert_eq!(tree.field("policy").map(name).as_deref(), Some(policy));
    assert_eq!(tree.field("service").map(name).as_deref(), Some(service));
    assert_eq!(tree.field("name"), Some(&Data::Text(service.to_owned())));
    let declared = names(tree.field("modules"));
    let budget = tree.field("budget").and_then(Data::number).unwrap();
    let Some(Data::Bytes(code)) = tree.field("code") else {
        panic!("the logic has code")
    };
    let steps = logic::steps(&protocol, code).unwrap();
    let mut found = Vec::new();
    paths(&steps, 0, &[], &mut found);
    assert!(found.iter().flatten().map(|step| step.offset).max() == steps.last().map(|step| step.offset));
    found
        .iter()
        .map(|path| check_path(path, policy, &declared, budget))
        .collect()
}

fn check_path(path: &[&Step<'_>], policy: &str, declared: &[String], budget: u64) -> Vec<String> {
    assert!(
        path.len() as u64 <= budget,
        "no path executes more than the budget"
    );
    let mut used: Vec<String> = Vec::new();
    let mut done: Vec<String> = Vec::new();
    for step in path {
        if let Some(module) = &step.instruction.module {
            assert!(declared.contains(module), "{module} is declared");
            assert!(!done.contains(module), "{module} is not used after its `done`");
            if !used.contains(module) {
                used.push(module.clone());
            }
        }
        if step.instruction.name == "done" {
            let module = name(&step.operands[0].data);
            assert!(!done.contains(&module), "{module} is done once");
            assert!(used.contains(&module), "{module} is used before it is done");
            done.push(module);
        }
    }
    if policy == "per-step" {
        assert_eq!(
            done, used,
            "under `per-step` each module is done, in the order of use"
        );
    }
    used
}

#[test]
fn card_identify_uses_both_modules_as_a_whole() {
    assert_eq!(
        check("card.identify", "whole-service"),
        [["indicator", "contact-card"]]
    );
}

#[test]
fn subscriber_read_ends_each_module_on_every_path() {
    let paths = check("subscriber.read", "per-step");
    // Three ways past each of the two parts that a card may lack.
    assert_eq!(paths.len(), 9);
    assert!(paths.iter().all(|used| *used == ["indicator", "contact-card"]));
}

#[test]
fn certification_echo_touches_no_module() {
    assert_eq!(check("certification.echo", "whole-service"), [[""; 0]]);
}
