//! All files of the workspace that are made from the schema.

use crate::{
    Error, Protocol,
    book::{self, Book, Evidence},
    load, logic,
    render::{self, presets::Preset},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Services whose logic a new reader holds.
const PRESETS: [&str; 17] = [
    "card.identify",
    "subscriber.read",
    "service.table.read",
    "phonebook.list",
    "phonebook.update",
    "sms.center.read",
    "sms.center.write",
    "pin.verify",
    "pin.change",
    "pin.unblock",
    "pin.enable",
    "pin.disable",
    "usim.authenticate",
    "file.read",
    "file.update",
    "file.update.admin",
    "apdu.exchange",
];

/// Those for modules that not every reader has; behind the others, since the last of a service that verifies holds.
const MORE_PRESETS: [&str; 6] = [
    "contactless.identify",
    "keypad/pin.verify",
    "keypad/pin.change",
    "keypad/pin.unblock",
    "keypad/pin.enable",
    "keypad/pin.disable",
];

/// Where the core has the logic of these.
const PACKED: &str = "reference-reader/core/src/logic/presets/packed.rs";

/// A service that is published as a vector beside the presets: the conformance suite installs it.
const INSTALLED: &str = "certification.echo";

/// Every file that is made from `spec/protocol.toml` and `spec/services`, for the workspace at `root`: its path below
/// `root`, and its bytes.
///
/// # Errors
/// The schema or a service is broken, or what was made from it can't be formatted.
pub fn generated(root: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, Error> {
    let protocol = load(&root.join("spec/protocol.toml"))?;
    let code = render::rust::files(&protocol, root)?;
    let mut files: Vec<_> = code
        .into_iter()
        .map(|(path, text)| (path, text.into_bytes()))
        .collect();
    let mut presets = Vec::new();
    for service in PRESETS.into_iter().chain(MORE_PRESETS) {
        presets.push(Preset {
            service,
            everywhere: PRESETS.contains(&service),
            document: assembled(&protocol, root, service)?,
        });
    }
    let packed = render::rust::format(&render::presets::source(&presets), root)?;
    files.push((PathBuf::from(PACKED), packed.into_bytes()));
    let installed = (INSTALLED, assembled(&protocol, root, INSTALLED)?);
    let presets = presets
        .into_iter()
        .map(|preset| (preset.service, preset.document));
    for (service, document) in presets.chain([installed]) {
        files.push((PathBuf::from(format!("vectors/logic/{service}.bin")), document));
    }
    let links = links(root)?;
    for kind in render::Kind::ALL {
        let rendered = render::files(&protocol, &links, kind).into_iter();
        files.extend(rendered.map(|(name, text)| (Path::new(kind.folder()).join(name), text.into_bytes())));
    }
    let ledger = render::ledger::fragments(&Book::load(root)?, &Evidence::load(root)?).into_iter();
    files.extend(ledger.map(|(path, text)| (path, text.into_bytes())));
    Ok(files)
}

/// The way from each requirement to its heading in the book. A book that breaks its own format still has headings.
fn links(root: &Path) -> Result<render::book::Links, Error> {
    let chapters = book::chapters(root)?;
    let chapters = chapters.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    Ok(render::book::Links::of(chapters))
}

fn assembled(protocol: &Protocol, root: &Path, service: &str) -> Result<Vec<u8>, Error> {
    let name = format!("spec/services/{service}.logic");
    let path = root.join(&name);
    let text = fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
    Ok(logic::assemble(protocol, &name, &text)?)
}
