//! What is made from the schema: what a reviewer must see of it, that its links lead somewhere, that nothing in a
//! sentence of the schema breaks it.

use cardwire_spec::{
    Protocol, parse,
    render::{self, Kind, book::Links, diagram},
};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};

const SCHEMA: &str = include_str!("../protocol.toml");

fn protocol() -> Protocol {
    parse("protocol.toml", SCHEMA).unwrap_or_else(|problems| panic!("{problems}"))
}

fn links() -> Links {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let chapters = cardwire_spec::book::chapters(&root).unwrap();
    Links::of(chapters.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

/// A made file, by its name.
fn file(protocol: &Protocol, kind: Kind, name: &str) -> String {
    let files = render::files(protocol, &links(), kind);
    let found = files.into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("{name} is not made")).1
}

/// From one heading to the next of its level.
fn section<'t>(text: &'t str, heading: &str) -> &'t str {
    let start = text
        .find(&format!("{heading}\n"))
        .unwrap_or_else(|| panic!("no {heading}"));
    let level = heading.split(' ').next().unwrap_or_default();
    let rest = &text[start + heading.len()..];
    let end = rest.find(&format!("\n{level} ")).unwrap_or(rest.len());
    &text[start..start + heading.len() + end]
}

#[test]
fn a_message_shows_all_that_an_implementer_needs() {
    let messages = file(&protocol(), Kind::Book, "messages.md");
    insta::assert_snapshot!(
        "message_service_list_answer",
        section(&messages, "### `service_list_answer`")
    );
    insta::assert_snapshot!("message_instruct", section(&messages, "### `instruct`"));
    insta::assert_snapshot!(
        "structure_service_entry",
        section(&messages, "### `service_entry`")
    );
}

#[test]
fn tables_of_quantities_registries_and_machines() {
    let protocol = protocol();
    insta::assert_snapshot!("timers", file(&protocol, Kind::Book, "timers.md"));
    let registries = file(&protocol, Kind::Book, "registries.md");
    insta::assert_snapshot!("registry_module", section(&registries, "## `module`"));
    insta::assert_snapshot!(
        "machine_interface",
        file(&protocol, Kind::Book, "machine-interface.md")
    );
    let ics = file(&protocol, Kind::Book, "ics.md");
    insta::assert_snapshot!("ics_updates", section(&ics, "### Updates"));
}

#[test]
fn a_drawing() {
    insta::assert_snapshot!(
        "drawing_interface",
        file(&protocol(), Kind::Diagrams, "machine-interface.svg")
    );
}

#[test]
fn forms_of_values() {
    let protocol = protocol();
    let schema = file(&protocol, Kind::JsonSchemas, "vectors-messages.schema.json");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let forms = [
        "platform_auth",
        "structure.offer",
        "registry.format",
        "registry.job_state",
    ]
    .map(|name| format!("{name}: {:#}", schema["$defs"][name]));
    insta::assert_snapshot!("json_schema_values", forms.join("\n"));
    let cddl = file(&protocol, Kind::Cddl, "cardwire.cddl");
    let head: Vec<_> = cddl.lines().take(23).collect();
    let start = cddl.find("; Begins a login").unwrap();
    let message = cddl[start..].split("\n\n").next().unwrap_or_default();
    insta::assert_snapshot!("cddl", format!("{}\n...\n{message}", head.join("\n")));
}

#[test]
fn the_same_schema_gives_the_same_bytes() {
    let (one, other) = (protocol(), protocol());
    for kind in Kind::ALL {
        let files = render::files(&one, &links(), kind);
        assert!(!files.is_empty());
        assert_eq!(files, render::files(&other, &links(), kind));
        let names: BTreeSet<_> = files.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), files.len(), "{kind:?}");
    }
}

/// Requirements stand in chapters and nowhere else.
#[test]
fn fragments_bind_nobody() {
    for (name, text) in render::files(&protocol(), &links(), Kind::Book) {
        let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
        assert!(
            !words.any(|word| ["MUST", "SHOULD", "MAY", "SHALL", "REQUIRED"].contains(&word)),
            "{name}"
        );
    }
}

/// Every link within the generated tables leads to a heading or a row of one of them.
#[test]
fn links_lead_somewhere() {
    let files = render::files(&protocol(), &links(), Kind::Book);
    // The chapter that includes a fragment, where it is another one.
    let chapter = |name: &str| if name == "timers.md" { "limits.md" } else { name }.to_owned();
    let mut places = BTreeSet::new();
    for (name, text) in &files {
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("## `").or_else(|| line.strip_prefix("### `")) {
                places.insert(format!("{}#{}", chapter(name), heading.trim_end_matches('`')));
            }
            for anchor in line.split("<a id=\"").skip(1) {
                places.insert(format!(
                    "{}#{}",
                    chapter(name),
                    anchor.split('"').next().unwrap_or_default()
                ));
            }
        }
    }
    let mut checked = 0;
    for (name, text) in &files {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = if link.starts_with('#') {
                format!("{}{link}", chapter(name))
            } else {
                link.to_owned()
            };
            let is_ours = ["messages.md#", "limits.md#", "registries.md#"]
                .iter()
                .any(|file| target.starts_with(file));
            if is_ours {
                assert!(places.contains(&target), "{name}: {link}");
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked}");
}

/// Rows have as many cells as their head, whatever stands in a sentence.
#[test]
fn signs_of_markdown_and_xml_stay_text() {
    let text = SCHEMA
        .replace("doc = \"The service to run.\"", "doc = \"A | B, <c> & `d|e`.\"")
        .replace(
            "doc = \"The way in, always in this order.\"",
            "doc = \"A <b> & \\\"c\\\" | d.\"",
        )
        .replace("guard = \"it is acceptable\"", "guard = \"1 < 2 | 3\"");
    let protocol = parse("protocol.toml", &text).unwrap_or_else(|problems| panic!("{problems}"));
    let messages = file(&protocol, Kind::Book, "messages.md");
    assert!(messages.contains(r"A \| B, &lt;c&gt; & `d\|e`."));
    for (name, text) in render::files(&protocol, &links(), Kind::Book) {
        let lines: Vec<_> = text.lines().collect();
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        for pair in lines
            .windows(2)
            .filter(|pair| pair.iter().all(|line| line.starts_with('|')))
        {
            assert_eq!(cells(pair[0]), cells(pair[1]), "{name}: {}", pair[1]);
        }
    }
    let svg = file(&protocol, Kind::Diagrams, "machine-session.svg");
    assert!(svg.contains("A &lt;b&gt; &amp; \"c\" | d."), "{svg}");
    let svg = file(&protocol, Kind::Diagrams, "machine-interface.svg");
    assert!(svg.contains("where 1 &lt; 2 | 3"), "{svg}");
}

/// No label of a drawing lies on another one, on a state, or outside.
#[test]
fn labels_have_room() {
    for machine in protocol().machines {
        let svg = diagram::svg(&machine);
        let [width, height] = ["width", "height"].map(|name| attribute(&svg, name));
        let boxes: Vec<_> = svg.lines().filter_map(occupied).collect();
        assert!(boxes.len() > machine.states.len());
        for (index, one) in boxes.iter().enumerate() {
            let [left, top, right, bottom] = *one;
            let is_inside = 0 <= left && 0 <= top && right <= width && bottom <= height;
            assert!(is_inside, "{}: {one:?} in {width} x {height}", machine.name);
            for other in &boxes[..index] {
                let overlap = left < other[2] && other[0] < right && top < other[3] && other[1] < bottom;
                assert!(!overlap, "{}: {one:?} and {other:?}", machine.name);
            }
        }
    }
}

/// What a state or the text of a label takes: left, top, right, bottom. A state's name lies on its state.
fn occupied(line: &str) -> Option<[i32; 4]> {
    if line.starts_with("<rect class=\"state\"") {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| attribute(line, name));
        return Some([x, y, x + width, y + height]);
    }
    let is_end = line.starts_with("<text class=\"label end\"");
    if !is_end && !line.starts_with("<text class=\"label\"") && !line.starts_with("<text class=\"note\"") {
        return None;
    }
    let text = line.split('>').nth(1)?.split('<').next()?;
    // Labels have twelve pixels and one width; it is six tenths of that.
    let width = text.chars().count() as i32 * if line.contains("note") { 6 } else { 7 };
    let [x, y] = ["x", "y"].map(|name| attribute(line, name));
    let left = if is_end { x - width } else { x };
    Some([left, y - 11, left + width, y + 4])
}

fn attribute(element: &str, name: &str) -> i32 {
    let value = element
        .split(&format!(" {name}=\""))
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("no {name} in {element}"))
}
