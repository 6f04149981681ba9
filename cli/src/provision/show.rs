//! What is public of a provisioned reader.

use crate::terminal::{Format, hex, print, print_json, table};
use cardwire_core::identity::SecretKey;
use cardwire_host::{
    HostEnv,
    provision::{Kept, Keys},
};
use cardwire_peers::identity::Key;
use serde_json::json;

pub(super) fn show(kept: &Kept, env: &mut HostEnv, format: Format) {
    let keys = kept.keys(env).ok();
    match format {
        Format::Text => {
            let mut rows = vec![row("state", state(kept)), row("latched", yes(kept.latched))];
            rows.extend(kept.identity.iter().map(|(name, _)| row("reader", name.as_str())));
            rows.push(row("class of hardware", &kept.hardware_class.to_string()));
            let key = kept.static_key.as_ref().map(public);
            rows.push(row(
                "static key, X25519",
                key.as_deref().unwrap_or("none before its first boot"),
            ));
            if let Some(keys) = &keys {
                rows.push(row("its cloud, X25519", &hex(&keys.cloud)));
                rows.extend(
                    keys.old_cloud
                        .iter()
                        .map(|key| row("its cloud before, X25519", &hex(key))),
                );
                rows.push(row("its authority, Ed25519", &hex(&keys.authority)));
                rows.push(row("update counter of the keys", &keys.counter.to_string()));
                rows.extend(
                    clients(keys)
                        .map(|(id, generation)| row("lets in", &format!("{id}, generation {generation}"))),
                );
            }
            print(table(&["what", "public"], rows));
        }
        Format::Json => print_json(&json!({
            "state": state(kept),
            "latched": kept.latched,
            "id": kept.identity.as_ref().map(|(name, _)| name.as_str()),
            "hardware_class": kept.hardware_class.to_string(),
            "public_key": kept.static_key.as_ref().map(public),
            "cloud_public_key": keys.as_ref().map(|keys| hex(&keys.cloud)),
            "old_cloud_public_key": keys.as_ref().and_then(|keys| keys.old_cloud).map(|key| hex(&key)),
            "authority_public_key": keys.as_ref().map(|keys| hex(&keys.authority)),
            "authentication_counter": keys.as_ref().map(|keys| keys.counter),
            "clients": keys.as_ref().map(|keys| {
                clients(keys)
                    .map(|(id, generation)| json!({ "id": id, "generation": generation }))
                    .collect::<Vec<_>>()
            }),
        })),
    }
}

/// The public half of a reader's static key, in hexadecimal digits.
pub(super) fn public(key: &SecretKey) -> String {
    hex(&Key::new(key.0).x25519_public())
}

fn state(kept: &Kept) -> &'static str {
    kept.identity
        .as_ref()
        .map_or("unprovisioned", |(_, kind)| kind.name())
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

fn row(what: &str, public: &str) -> Vec<String> {
    vec![what.to_owned(), public.to_owned()]
}

fn clients(keys: &Keys) -> impl Iterator<Item = (&str, u32)> {
    keys.clients
        .iter()
        .flatten()
        .map(|(id, generation)| (id.as_str(), *generation))
}
