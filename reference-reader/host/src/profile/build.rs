//! From a profile to a card: places for all files, rules for EF.ARR, PINs and keys.

use super::{
    content::content,
    memory::ProfileMemory,
    schema::{self, Hex, Profile},
};
use crate::SimulatedCard;
use cardwire_simcard::{
    APPLICATION, CHANNELS_MAX, Card, Condition, Directory, File, Generation, MASTER_FILE, Name, PinValue,
    PinValues, Rule, Structure, SubscriberKey, encode,
};

/// EF.ARR's rule for directories, behind those of files.
const NOTHING: (Condition, Condition) = (Condition::Never, Condition::Never);

/// What is wrong with a profile, in one sentence.
pub(super) type Wrong = String;

pub(super) fn card(profile: &Profile) -> Result<SimulatedCard, Wrong> {
    let mut card = Card::with_memory(memory(profile)?, &pins(profile)?);
    if let Some(authentication) = &profile.authentication {
        let (key, sqn) = subscription(authentication)?;
        card = card.with_subscription(key, sqn);
    }
    Ok(SimulatedCard::new(card, profile.faults.clone()))
}

/// The files of a profile, and what they hold.
pub(super) fn memory(profile: &Profile) -> Result<ProfileMemory, Wrong> {
    check_atr(&profile.atr.0)?;
    if !(1..=CHANNELS_MAX).contains(&profile.channels) {
        return Err(format!(
            "`channels` is {}, expected 1 to {CHANNELS_MAX}",
            profile.channels
        ));
    }
    let rules = rules(profile);
    let directories = directories(profile, &rules)?;
    let mut memory = ProfileMemory {
        atr: profile.atr.0.clone(),
        generation: match profile.generation {
            schema::Generation::Uicc => Generation::Uicc,
            schema::Generation::Sim => Generation::Sim,
        },
        channels: profile.channels,
        directories,
        files: Vec::new(),
        content: Vec::new(),
    };
    for (place, directory) in (0..).zip(&profile.directories) {
        for file in &directory.files {
            let at = |wrong| format!("{} in {}: {wrong}", file.name, directory.name);
            let structure = structure(file).map_err(at)?;
            let content = content(profile, file, structure, &rules).map_err(at)?;
            let unique = |other: &File| {
                other.directory != place
                    || other.fid != file.fid && (file.sfi.is_none() || other.sfi != file.sfi)
            };
            if !memory.files.iter().all(unique) {
                return Err(at("another file there has its identifier".into()));
            }
            if file.sfi.is_some_and(|sfi| !(1..=30).contains(&sfi)) {
                return Err(at("`sfi` is a number from 1 to 30".into()));
            }
            if memory.files.len() == usize::from(u8::MAX) {
                return Err(at("there are more than 255 files".into()));
            }
            let start = u16::try_from(memory.content.len());
            memory.files.push(File {
                directory: place,
                fid: file.fid,
                sfi: file.sfi,
                structure,
                rule: rule(&rules, of_file(file)),
                start: start.map_err(|_| at("the files together have more than 65535 bytes".into()))?,
            });
            memory.content.extend(content);
        }
    }
    Ok(memory)
}

/// All that is checked of an answer to reset is what a reader can't do without: its length, its beginning, and the check
/// byte where there is one. A card that sends something else is a fault, and `faults` has a place for it.
fn check_atr(atr: &[u8]) -> Result<(), Wrong> {
    if !(2..=33).contains(&atr.len()) || !matches!(atr[0], 0x3B | 0x3F) {
        return Err("`atr` is no answer to reset: expected 3B or 3F, and 2 to 33 bytes".into());
    }
    Ok(())
}

/// The rules of files in the order in which they first come, then the one of directories.
fn rules(profile: &Profile) -> Vec<(Condition, Condition)> {
    let mut rules = Vec::new();
    let files = profile.directories.iter().flat_map(|directory| &directory.files);
    for conditions in files.map(of_file) {
        if !rules.contains(&conditions) {
            rules.push(conditions);
        }
    }
    rules.push(NOTHING);
    rules
}

fn of_file(file: &schema::File) -> (Condition, Condition) {
    (condition(file.read), condition(file.update))
}

pub(super) fn rule(rules: &[(Condition, Condition)], (read, update): (Condition, Condition)) -> Rule {
    // There are 25 pairs of conditions: the number of a rule is small.
    let place = rules
        .iter()
        .position(|conditions| *conditions == (read, update))
        .unwrap_or(rules.len() - 1);
    Rule {
        number: place as u8 + 1,
        read,
        update,
    }
}

fn condition(condition: schema::Condition) -> Condition {
    match condition {
        schema::Condition::Always => Condition::Always,
        schema::Condition::Pin1 => Condition::Pin1,
        schema::Condition::Pin2 => Condition::Pin2,
        schema::Condition::Adm => Condition::Adm,
        schema::Condition::Never => Condition::Never,
    }
}

fn directories(profile: &Profile, rules: &[(Condition, Condition)]) -> Result<Vec<Directory>, Wrong> {
    let all = &profile.directories;
    if all.first().is_none_or(|first| first.fid != MASTER_FILE) || all.len() > 100 {
        return Err(
            "the first directory is the master file, with `fid = 0x3F00`, and there are 100 at most".into(),
        );
    }
    let mut built: Vec<Directory> = Vec::new();
    for (number, directory) in all.iter().enumerate() {
        let at = |what: &str| format!("directory {}: {what}", directory.name);
        let name = match &directory.aid {
            Some(Hex(aid)) => Some(Name::new(aid).ok_or_else(|| at("`aid` has 5 to 16 bytes"))?),
            None => None,
        };
        if name.is_some() != (directory.fid == APPLICATION) {
            return Err(at(
                "what has an `aid` has `fid = 0x7FFF`, and the other way round",
            ));
        }
        let parent = match &directory.parent {
            None => 0,
            Some(parent) => {
                let place = all.iter().take(number).position(|other| other.name == *parent);
                place.ok_or_else(|| at("`parent` names no directory before it"))? as u8
            }
        };
        let twin =
            |other: &Directory| other.parent == parent && other.fid == directory.fid && other.name == name;
        if built.iter().any(twin) {
            return Err(at("another one there has its identifier"));
        }
        built.push(Directory {
            fid: directory.fid,
            parent,
            name,
            rule: rule(rules, NOTHING),
        });
    }
    Ok(built)
}

fn structure(file: &schema::File) -> Result<Structure, Wrong> {
    match (file.size, file.record_length, file.records) {
        (Some(size @ 1..), None, None) => Ok(Structure::Transparent { size }),
        (None, Some(record_length @ 1..), Some(records @ 1..=254)) => Ok(Structure::LinearFixed {
            record_length,
            records,
        }),
        _ => Err("expected `size`, or `record-length` and up to 254 `records`, none of them 0".into()),
    }
}

fn pins(profile: &Profile) -> Result<PinValues, Wrong> {
    let pin = |name: &str, pin: &schema::Pin| {
        // Which digits are wrong is not told: they may be most of the right ones.
        let digits = |text: &str| encode::pin(text).map_err(|_| format!("`{name}`: a PIN has 4 to 8 digits"));
        if pin.attempts > 3 || pin.unblock_attempts > 10 {
            return Err(format!(
                "`{name}`: 3 `attempts` at most, and 10 `unblock-attempts`"
            ));
        }
        let value = PinValue::new(digits(&pin.value)?, digits(&pin.unblock)?);
        Ok(value
            .with_enabled(pin.enabled)
            .with_attempts(pin.attempts, pin.unblock_attempts))
    };
    let schema::Pins { pin1, pin2, adm } = &profile.pins;
    let key = adm
        .key
        .0
        .as_slice()
        .try_into()
        .map_err(|_| "`adm`: the `key` has 8 bytes")?;
    if adm.attempts > 3 {
        return Err("`adm`: 3 `attempts` at most".into());
    }
    Ok(PinValues {
        pin1: pin("pin1", pin1)?,
        pin2: pin("pin2", pin2)?,
        adm: PinValue::new(key, key).with_attempts(adm.attempts, 0),
    })
}

fn subscription(authentication: &schema::Authentication) -> Result<(SubscriberKey, u64), Wrong> {
    let key = |name: &str, hex: &Hex| {
        <[u8; 16]>::try_from(hex.0.as_slice()).map_err(|_| format!("`authentication`: `{name}` has 16 bytes"))
    };
    let k = key("k", &authentication.k)?;
    let subscriber = match (&authentication.opc, &authentication.op) {
        (Some(opc), None) => SubscriberKey::with_opc(k, key("opc", opc)?),
        (None, Some(op)) => SubscriberKey::with_op(k, key("op", op)?),
        _ => return Err("`authentication`: expected one of `opc` and `op`".into()),
    };
    let sqn = match &authentication.sqn {
        None => [0; 6],
        Some(sqn) => sqn
            .0
            .as_slice()
            .try_into()
            .map_err(|_| "`authentication`: `sqn` has 6 bytes")?,
    };
    let [a, b, c, d, e, f] = sqn;
    Ok((subscriber, u64::from_be_bytes([0, 0, a, b, c, d, e, f])))
}
