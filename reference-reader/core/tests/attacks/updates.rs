//! Attacks on updates: from the line, from a stolen cloud key, from a malicious author.

use super::field::{FINE, Field};
use super::scene::{IDENTIFY, OFFERS, Scene, flipped};
use crate::hostile::{
    Held, broken, must,
    state::UNNOTICED,
    updates::{CLASS, PlayedCloud, echo, signed},
};
use cardwire_codec::message::{Component, ErrorCode, HardwareClass, Manifest, ServiceId, UpdateState};
use cardwire_codec::{List, Message};
use cardwire_peers::{
    cloud::Update,
    identity::{Authority, Key},
};
use ed25519_dalek::{Signer, SigningKey};

/// Flips every bit of a signed manifest and of its signature.
pub fn flipped_manifest(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    let update = signed(&echo(b"new"), 6, &scene.right_authority());
    for (at, bit, manifest) in flipped(update.manifest()) {
        scene.attempt();
        let said = field.offer(&manifest, update.signature())?;
        must(said == (UpdateState::None, ErrorCode::UPDATE_SIGNATURE), || {
            format!("bit {bit} of byte {at} of a manifest flipped: {said:?}")
        })?;
    }
    for (at, bit, signature) in flipped(update.signature()) {
        scene.attempt();
        let said = field.offer(update.manifest(), &signature.try_into().unwrap_or([0; 64]))?;
        must(said == (UpdateState::None, ErrorCode::UPDATE_SIGNATURE), || {
            format!("bit {bit} of byte {at} of a signature flipped: {said:?}")
        })?;
    }
    // A manifest without bytes has no encoding.
    for length in 1..update.manifest().len() {
        scene.attempt();
        let said = field.offer(&update.manifest()[..length], update.signature());
        // What is too short to be sent does not arrive.
        let refused = said.is_err() || said == Ok((UpdateState::None, ErrorCode::UPDATE_SIGNATURE));
        must(refused, || format!("a manifest of {length} bytes gets {said:?}"))?;
    }
    field.unchanged("a changed manifest")?;
    match field.deliver(&update, update.content())? {
        FINE => Ok(()),
        error => broken("the update as it was", error),
    }
}

/// Signs with other keys: his own, the cloud's, the reader's, a client's; and the right key under other words.
pub fn foreign_authority(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    let attacker = Authority {
        signing_key: Scene::attackers_key(),
    };
    let mut updates = vec![("the attacker's key", signed(&echo(b"evil"), 6, &attacker))];
    for (whose, key) in [
        ("the cloud's key", scene.cloud_key()),
        ("the reader's key", scene.reader().static_key),
        (
            "a client's key",
            scene.client().pre_shared_key(&scene.reader().id),
        ),
        ("a key of zeros", Key::new([0; 32])),
    ] {
        updates.push((whose, signed(&echo(b"evil"), 6, &Authority { signing_key: key })));
    }
    let right = signed(&echo(b"evil"), 6, &scene.authority());
    let key = SigningKey::from_bytes(scene.authority().signing_key.as_bytes());
    let mut unlabelled = Vec::new();
    for label in [
        &b""[..],
        b"cardwire/1 login",
        b"cardwire/1 manifes",
        b"cardwire/2 manifest",
    ] {
        unlabelled.push(key.sign(&[label, right.manifest()].concat()).to_bytes());
    }
    for (whose, update) in &updates {
        scene.attempt();
        let error = field.deliver(update, update.content())?;
        must(error == ErrorCode::UPDATE_SIGNATURE, || {
            format!("an update under {whose} gets {error:?}")
        })?;
    }
    for signature in &unlabelled {
        scene.attempt();
        let said = field.offer(right.manifest(), signature)?;
        must(said.1 == ErrorCode::UPDATE_SIGNATURE, || {
            format!("a signature under another label gets {said:?}")
        })?;
    }
    // Signatures of small order fit many messages where nobody looks.
    for byte in [0_u8, 1] {
        scene.attempt();
        let mut signature = [0; 64];
        signature[0] = byte;
        let said = field.offer(right.manifest(), &signature)?;
        must(said.1 == ErrorCode::UPDATE_SIGNATURE, || {
            format!("a signature of small order gets {said:?}")
        })?;
    }
    field.unchanged("an update of another authority")?;
    // The authority's key opens no session and no login.
    scene.attempt();
    let authority = Key::new(*scene.authority().signing_key.as_bytes());
    let taken = PlayedCloud::begin(&mut field.session, &mut field.board, &authority, &OFFERS)?;
    must(taken.is_none(), || "the authority's key opens a login".into())
}

/// Offers what was signed once, and is old now.
pub fn old_update(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    let authority = scene.right_authority();
    for counter in 1..=5 {
        for text in [&b"old"[..], b"in force again"] {
            scene.attempt();
            let update = signed(&echo(text), counter, &authority);
            let error = field.deliver(&update, update.content())?;
            must(error == ErrorCode::UPDATE_COUNTER, || {
                format!("an update of counter {counter} gets {error:?}")
            })?;
        }
    }
    field.unchanged("an old update")?;
    // Also after a reset, and after the next one.
    let next = signed(&echo(b"next"), 6, &authority);
    match field.deliver(&next, next.content())? {
        FINE => {}
        error => return broken("the next update", error),
    }
    for counter in 1..=6 {
        scene.attempt();
        let update = signed(&echo(b"older"), counter, &authority);
        let error = field.deliver(&update, update.content())?;
        must(error == ErrorCode::UPDATE_COUNTER, || {
            format!("after counter 6 one of {counter} gets {error:?}")
        })?;
    }
    field.board.reset();
    let mut session = field.board.connect(&scene.client())?;
    let mut cloud = PlayedCloud::login(&mut session, &mut field.board, &scene.cloud_key(), &OFFERS)?;
    for counter in 1..=6 {
        scene.attempt();
        let update = signed(&echo(b"older"), counter, &authority);
        let error = cloud.deliver(&mut session, &mut field.board, &update, update.content())?;
        must(error == ErrorCode::UPDATE_COUNTER, || {
            format!("after a reset one of counter {counter} gets {error:?}")
        })?;
    }
    Ok(())
}

/// Rightly signed, for something else: other hardware, kinds that are none, another service than its logic.
pub fn update_for_others(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    let authority = scene.right_authority();
    for class in (0..16).map(|bit| HardwareClass(CLASS.0 ^ 1 << bit)) {
        scene.attempt();
        let update = Update::logic(&echo(b"theirs"), 6, class, &authority).unwrap();
        let error = field.deliver(&update, update.content())?;
        must(error == ErrorCode::UPDATE_HARDWARE, || {
            format!("an update for {class:?} gets {error:?}")
        })?;
    }
    for kind in [0, 17, 200, 0x7FFF_u16] {
        scene.attempt();
        let right = signed(&echo(b"theirs"), 6, &authority);
        let Ok(mut manifest) = Manifest::decode(right.manifest()) else {
            return broken("a manifest", ());
        };
        let mut parts: Vec<Component<'_>> = manifest.components.iter().collect();
        parts[0].kind = kind_of(kind);
        manifest.components = List::from_items(&parts);
        let manifest = crate::hostile::ends::encode(&manifest);
        let said = field.offer(&manifest, &authority.sign(&manifest))?;
        must(said.1 != FINE, || format!("an update of kind {kind} is taken"))?;
    }
    for service in [IDENTIFY, ServiceId(0xF123)] {
        scene.attempt();
        let right = signed(&echo(b"theirs"), 6, &authority);
        let Ok(mut manifest) = Manifest::decode(right.manifest()) else {
            return broken("a manifest", ());
        };
        let mut parts: Vec<Component<'_>> = manifest.components.iter().collect();
        parts[0].service = service;
        manifest.components = List::from_items(&parts);
        let manifest = crate::hostile::ends::encode(&manifest);
        let signature = authority.sign(&manifest);
        let update = Update::signed(&manifest, signature, right.content()).unwrap();
        let error = field.deliver(&update, update.content())?;
        must(error != FINE, || {
            format!("logic of another service is taken for {service:?}")
        })?;
    }
    field.unchanged("an update for something else")
}

/// A kind by its number, whatever the width of the field.
fn kind_of(number: u16) -> cardwire_codec::message::UpdateKind {
    cardwire_codec::message::UpdateKind(number as _)
}

/// Drops every update on its way: the cloud learns from the reader itself how old it is.
pub fn kept_from_updates(scene: &mut Scene) -> Held {
    use cardwire_peers::Cloud;
    let mut field = Field::new(scene)?;
    let cloud = scene.cloud();
    for counter in 6..=9 {
        scene.attempt();
        let mut session = field.board.connect(&scene.client())?;
        session.login(&mut field.board, &mut Cloud::conversation(&cloud), &OFFERS)?;
        let known = cloud.registry().readers().unwrap();
        let stated = known.first().map_or(0, |reader| reader.counters.logic);
        must(stated == counter - 1, || {
            format!(
                "the cloud takes it for one of counter {stated}, it has {}",
                counter - 1
            )
        })?;
        let mut played = PlayedCloud::login(&mut session, &mut field.board, &scene.cloud_key(), &OFFERS)?;
        let update = signed(&echo(b"newer"), counter, &scene.right_authority());
        if played.deliver(&mut session, &mut field.board, &update, update.content())? != FINE {
            return broken("an update", counter);
        }
    }
    Ok(())
}

/// Updates of keys that hold nothing, of software that is none: the clients that got in still get in.
pub fn keys_lost(scene: &mut Scene) -> Held {
    let mut field = Field::new(scene)?;
    let authority = scene.right_authority();
    for fill in 0..UNNOTICED as u8 {
        scene.attempt();
        let garbage = vec![fill; 1 + usize::from(fill) * 3];
        let update = if fill % 2 == 0 {
            Update::authentication(&garbage, 6, CLASS, &authority)
        } else {
            Update::software(&garbage, 6, CLASS, &authority)
        };
        let update = update.unwrap();
        let error = field.deliver(&update, update.content())?;
        must(error != FINE, || {
            format!("{} bytes {fill:02X} are put into force", garbage.len())
        })?;
    }
    field.unchanged("an update of keys that are none")?;
    field.board.reset();
    for client in [scene.client(), scene.other_client()] {
        must(field.board.connect(&client).is_ok(), || {
            format!("{} does not get in any more", client.id)
        })?;
    }
    Ok(())
}
