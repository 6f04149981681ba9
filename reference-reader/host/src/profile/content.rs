//! What the files of a profile hold when the card leaves the factory.

use super::{
    build::{Wrong, rule},
    schema::{self, From, Hex, Profile},
};
use cardwire_simcard::{Condition, EncodeError, MncLength, Structure, encode};

/// The first content, filled with `FF`.
pub(super) fn content(
    profile: &Profile,
    file: &schema::File,
    structure: Structure,
    rules: &[(Condition, Condition)],
) -> Result<Vec<u8>, Wrong> {
    let records = match (&file.content, file.from, &file.numbers, &file.services) {
        (None, None, None, None) => Vec::new(),
        (Some(schema::Content::Whole(Hex(bytes))), None, None, None) => vec![bytes.clone()],
        (Some(schema::Content::Records(records)), None, None, None) => {
            records.iter().map(|Hex(bytes)| bytes.clone()).collect()
        }
        (None, Some(from), None, None) => derived(profile, from, structure, rules)?,
        (None, None, Some(numbers), None) => {
            let records = numbers
                .iter()
                .map(|(name, number)| dialling(name, number, structure));
            records.collect::<Result<_, _>>()?
        }
        (None, None, None, Some(services)) => vec![service_table(services, structure)?],
        _ => return Err("expected one of `content`, `from`, `numbers` and `services`".into()),
    };
    let (length, count) = match structure {
        Structure::Transparent { size } => (usize::from(size), 1),
        Structure::LinearFixed {
            record_length,
            records,
        } => (record_length.into(), usize::from(records)),
    };
    if records.len() > count {
        return Err(format!(
            "it holds {count} records, and is given {}",
            records.len()
        ));
    }
    let mut content = vec![0xFF; structure.size()];
    for (place, record) in content.chunks_exact_mut(length).zip(&records) {
        let start = place.get_mut(..record.len());
        let start = start.ok_or_else(|| {
            format!(
                "there is room for {length} bytes, and it is given {}",
                record.len()
            )
        })?;
        start.copy_from_slice(record);
    }
    Ok(content)
}

fn derived(
    profile: &Profile,
    from: From,
    structure: Structure,
    rules: &[(Condition, Condition)],
) -> Result<Vec<Vec<u8>>, Wrong> {
    let subscriber = &profile.subscriber;
    let imsi = || encoded("imsi", &subscriber.imsi, encode::imsi);
    let home = || -> Result<[u8; 3], Wrong> {
        Ok(match imsi()? {
            Some(imsi) => encode::home_network(&imsi, mnc_length(profile)?),
            None => [0xFF; 3],
        })
    };
    let one = |bytes: Option<Vec<u8>>| bytes.into_iter().collect();
    Ok(match from {
        From::Applications => applications(profile),
        From::AccessRules => {
            let mut records: Vec<Vec<u8>> = Vec::new();
            for (at, (read, update)) in rules.iter().enumerate() {
                let rule = rule(rules, (*read, *update));
                records.push(if at + 1 == rules.len() {
                    rule.of_directory().concat()
                } else {
                    rule.of_file().concat()
                });
            }
            records
        }
        From::Iccid => one(encoded("iccid", &subscriber.iccid, encode::iccid)?.map(Vec::from)),
        From::Imsi => one(imsi()?.map(Vec::from)),
        From::ServiceProvider => {
            let name = encoded(
                "service-provider",
                &subscriber.service_provider,
                encode::service_provider_name,
            );
            one(name?.map(Vec::from))
        }
        From::Msisdn if subscriber.msisdn.is_empty() => Vec::new(),
        From::Msisdn => vec![dialling("", &subscriber.msisdn, structure)?],
        From::SmsCentre => one(sms_parameters(&subscriber.sms_centre, structure)?),
        From::AccessClass => one(imsi()?.map(|imsi| encode::access_class(&imsi).to_vec())),
        // No identity, no area, "not updated" (3GPP TS 31.102, 4.2.17, 4.2.23, 4.2.91).
        From::Location => vec![[&[0xFF; 4][..], &home()?, &[0x00, 0x00, 0xFF, 0x01]].concat()],
        From::PacketLocation => vec![[&[0xFF; 7][..], &home()?, &[0x00, 0x00, 0xFF, 0x01]].concat()],
        From::EpsLocation => vec![[&[0xFF; 12][..], &home()?, &[0x00, 0x00, 0x01]].concat()],
        // Normal operation (4.2.18).
        From::AdministrativeData => vec![vec![0x00, 0x00, 0x00, mnc_length(profile)? as u8]],
    })
}

/// Application template, identifier, label (ETSI TS 102 221, 13.1).
fn applications(profile: &Profile) -> Vec<Vec<u8>> {
    let entry = |directory: &schema::Directory| {
        let Hex(aid) = directory.aid.as_ref()?;
        let label = directory.label.as_deref().unwrap_or(&directory.name).as_bytes();
        let object = |tag: u8, value: &[u8]| [&[tag, value.len() as u8], value].concat();
        Some(object(0x61, &[object(0x4F, aid), object(0x50, label)].concat()))
    };
    profile.directories.iter().filter_map(entry).collect()
}

/// An alpha identifier that takes what the dialling number leaves, 14 bytes (3GPP TS 31.102, 4.4.2.3).
fn dialling(name: &str, number: &str, structure: Structure) -> Result<Vec<u8>, Wrong> {
    let room = record_length(structure)?.checked_sub(14);
    let room = room.ok_or("a record with a dialling number has 14 bytes or more")?;
    let name: [u8; 241] = encode::alpha_identifier(name).map_err(|error| format!("`{name}`: {error}"))?;
    let (name, beyond) = name.split_at(room);
    if beyond.iter().any(|byte| *byte != 0xFF) {
        return Err(format!(
            "the name is longer than the {room} bytes that it may have"
        ));
    }
    let number = encode::dialling_number(number).map_err(|error| format!("`{number}`: {error}"))?;
    Ok([name, &number, &[0xFF, 0xFF]].concat())
}

/// Service centre, protocol, data coding and validity are there, destination is not (3GPP TS 31.102, 4.2.27).
fn sms_parameters(centre: &str, structure: Structure) -> Result<Option<Vec<u8>>, Wrong> {
    let room = record_length(structure)?.checked_sub(28);
    let room = room.ok_or("a record of EF.SMSP has 28 bytes or more")?;
    let Some(centre) = encoded("sms-centre", centre, encode::dialling_number)? else {
        return Ok(None);
    };
    // Protocol 00, data coding 00, valid for one day.
    Ok(Some(
        [
            &vec![0xFF; room][..],
            &[0xE1],
            &[0xFF; 12],
            &centre,
            &[0x00, 0x00, 0xA7],
        ]
        .concat(),
    ))
}

/// One bit for each service, the first is number 1 (3GPP TS 31.102, 4.2.8).
fn service_table(services: &[u8], structure: Structure) -> Result<Vec<u8>, Wrong> {
    let mut table = vec![0; structure.size()];
    for service in services {
        let bit = service.checked_sub(1).ok_or("services are numbered from 1")?;
        let byte = table.get_mut(usize::from(bit / 8));
        *byte.ok_or_else(|| format!("service {service} has no place in the table"))? |= 1 << (bit % 8);
    }
    Ok(table)
}

fn record_length(structure: Structure) -> Result<usize, Wrong> {
    match structure {
        Structure::LinearFixed { record_length, .. } => Ok(record_length.into()),
        Structure::Transparent { .. } => Err("expected a file with records".into()),
    }
}

/// `None` for an empty text: a card without it.
fn encoded<const N: usize>(
    field: &str,
    text: &str,
    encode: impl Fn(&str) -> Result<[u8; N], EncodeError>,
) -> Result<Option<[u8; N]>, Wrong> {
    if text.is_empty() {
        return Ok(None);
    }
    encode(text)
        .map(Some)
        .map_err(|error| format!("`{field}`: {error}"))
}

fn mnc_length(profile: &Profile) -> Result<MncLength, Wrong> {
    match profile.subscriber.mnc_digits {
        2 => Ok(MncLength::Two),
        3 => Ok(MncLength::Three),
        other => Err(format!("`mnc-digits` is {other}, expected 2 or 3")),
    }
}
