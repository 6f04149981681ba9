//! What is public of an identity file.

use crate::{
    failure::{Exit, Failure, Outcome},
    terminal::{Format, hex, print, print_json, table},
};
use cardwire_peers::Identities;
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(file: Option<&Path>, format: Format) -> Outcome {
    let identities = match file {
        Some(path) => Identities::load(path).map_err(|error| Failure::from(error).told_as(format))?,
        None => Identities::certification(),
    };
    match format {
        Format::Text => {
            print(format_args!("provisioning: {}\n", identities.provisioning));
            print(table(&["role", "identity", "what", "public"], rows(&identities)));
        }
        Format::Json => print_json(&document(&identities)),
    }
    Ok(Exit::Done)
}

fn rows(identities: &Identities) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut add = |role: &str, id: &str, what: &str, public: String| {
        rows.push(vec![role.to_owned(), id.to_owned(), what.to_owned(), public]);
    };
    if let Some(reader) = &identities.reader {
        add(
            "reader",
            &reader.id,
            "static key, X25519",
            hex(&reader.static_key.x25519_public()),
        );
        add(
            "reader",
            &reader.id,
            "its cloud, X25519",
            hex(&reader.cloud_public_key),
        );
        add(
            "reader",
            &reader.id,
            "its authority, Ed25519",
            hex(&reader.authority_public_key),
        );
        for client in &reader.clients {
            add(
                "reader",
                &reader.id,
                "lets in",
                format!("{}, generation {}", client.id, client.generation),
            );
        }
    }
    for client in &identities.clients {
        add("client", &client.id, "generation", client.generation.to_string());
    }
    if let Some(cloud) = &identities.cloud {
        add(
            "cloud",
            "",
            "static key, X25519",
            hex(&cloud.static_key.x25519_public()),
        );
        for reader in &cloud.readers {
            add(
                "cloud",
                "",
                "knows",
                format!("{}, {}", reader.id, hex(&reader.public_key)),
            );
        }
    }
    if let Some(authority) = &identities.authority {
        add(
            "authority",
            "",
            "signing key, Ed25519",
            hex(&authority.public_key()),
        );
    }
    for derived in &identities.derived {
        let lets_in = format!("for reader {}, generation {}", derived.reader, derived.generation);
        add("client", &derived.id, "derived key", lets_in);
    }
    for public in &identities.public {
        let id = public.id.as_deref().unwrap_or_default();
        add(public.role.name(), id, "public key", hex(&public.key));
    }
    rows
}

fn document(identities: &Identities) -> Value {
    let reader = identities.reader.as_ref().map(|reader| {
        let client = |client: &cardwire_peers::identity::ReaderClient| {
            json!({ "id": client.id, "generation": client.generation })
        };
        json!({
            "id": reader.id,
            "public_key": hex(&reader.static_key.x25519_public()),
            "cloud_public_key": hex(&reader.cloud_public_key),
            "authority_public_key": hex(&reader.authority_public_key),
            "clients": reader.clients.iter().map(client).collect::<Vec<_>>(),
        })
    });
    let cloud = identities.cloud.as_ref().map(|cloud| {
        let reader = |reader: &cardwire_peers::identity::RegisteredReader| {
            json!({ "id": reader.id, "public_key": hex(&reader.public_key) })
        };
        json!({
            "public_key": hex(&cloud.static_key.x25519_public()),
            "readers": cloud.readers.iter().map(reader).collect::<Vec<_>>(),
        })
    });
    let client = |client: &cardwire_peers::identity::ClientIdentity| json!({ "id": client.id, "generation": client.generation });
    json!({
        "provisioning": identities.provisioning.name(),
        "reader": reader,
        "clients": identities.clients.iter().map(client).collect::<Vec<_>>(),
        "cloud": cloud,
        "derived": identities.derived.iter().map(|derived| {
            json!({ "reader": derived.reader, "id": derived.id, "generation": derived.generation })
        }).collect::<Vec<_>>(),
        "public": identities.public.iter().map(|public| {
            json!({ "role": public.role.name(), "id": public.id, "key": hex(&public.key) })
        }).collect::<Vec<_>>(),
        "authority": identities.authority.as_ref().map(|key| json!({ "public_key": hex(&key.public_key()) })),
    })
}
