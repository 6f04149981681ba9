use super::*;

#[test]
fn saved_identities_load_again_role_by_role() {
    let directory = tempfile::tempdir().unwrap();
    let made = Identities::generate("R-1", "C-1").unwrap();
    let paths = made.save(directory.path()).unwrap();
    let names: Vec<_> = paths
        .iter()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["reader.toml", "client.toml", "cloud.toml", "authority.toml"]
    );

    let [reader, client, cloud, authority] =
        [0, 1, 2, 3].map(|index: usize| Identities::load(&paths[index]).unwrap());
    assert!(reader.clients.is_empty() && reader.cloud.is_none() && reader.authority.is_none());
    let (made_reader, loaded) = (made.reader.as_ref().unwrap(), reader.reader.unwrap());
    assert_eq!(loaded.id, made_reader.id);
    assert_eq!(loaded.static_key, made_reader.static_key);
    assert_eq!(loaded.cloud_public_key, made_reader.cloud_public_key);
    assert_eq!(loaded.authority_public_key, made_reader.authority_public_key);
    assert_eq!(
        loaded.clients[0].pre_shared_key,
        made_reader.clients[0].pre_shared_key
    );
    assert!(client.reader.is_none());
    assert_eq!(
        client.clients[0].secret.as_bytes(),
        made.clients[0].secret.as_bytes()
    );
    assert_eq!(cloud.cloud.unwrap().readers, made.cloud.as_ref().unwrap().readers);
    assert_eq!(
        authority.authority.unwrap().public_key(),
        made.authority.as_ref().unwrap().public_key()
    );

    // A second save would overwrite the only copy of somebody's keys.
    assert!(matches!(
        made.save(directory.path()),
        Err(IdentityError::File { .. })
    ));
}

#[cfg(unix)]
#[test]
fn saved_files_are_for_their_owner() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    for path in Identities::generate("R-1", "C-1")
        .unwrap()
        .save(directory.path())
        .unwrap()
    {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn an_error_names_the_line_and_shows_no_secret() {
    let secret = "bc086855c3ce456e5f82a9cfb07cb7a718d4a4488334e525cc396b378f32fe0g";
    let client = |id: &str, secret: &str| {
        format!(
            "provisioning = \"production\"\n[[client]]\nid = \"{id}\"\ngeneration = 1\nsecret = \"{secret}\"\n"
        )
    };
    for (text, expected) in [
        (
            client("C-1", secret),
            "no identity file: line 5: expected an even number of hexadecimal digits",
        ),
        (
            client("C-1", &secret[..30]),
            "no identity file: line 5: expected a secret of 128 to 512 bits, in hexadecimal digits",
        ),
        (
            client("C 1", &secret[..62]),
            "`C 1` is no identity: expected 1 to 32 letters, digits, `.`, `-` and `_`",
        ),
        (
            "provisioning = \"field\"".into(),
            "no identity file: line 1: expected `production` or `certification`",
        ),
        (
            format!("provisioning = \"production\"\nsecret = \"{secret}\""),
            "no identity file: line 2: unknown field `secret`",
        ),
    ] {
        let error = Identities::parse(&text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains(&secret[..30]), "{error}");
    }
}

#[test]
fn what_is_carried_is_read_as_it_was_written() {
    let made = Identities::generate("R-1", "C-1").unwrap();
    let client = &made.clients[0];
    let rotated = client.rotated().unwrap().unwrap();
    assert_eq!((rotated.id.as_str(), rotated.generation), ("C-1", 2));
    assert_ne!(rotated.secret.as_bytes(), client.secret.as_bytes());
    let last = ClientIdentity {
        generation: u32::MAX,
        ..client.clone()
    };
    assert!(last.rotated().unwrap().is_none(), "no generation comes again");

    let derived = client.derive("R-1").unwrap();
    assert_eq!(
        derived.pre_shared_key,
        made.reader.as_ref().unwrap().clients[0].pre_shared_key
    );
    assert!(client.derive("no name").is_err());
    let carried = Identities {
        derived: vec![derived],
        ..made.public_parts()
    };
    let text = carried.text();
    let read = Identities::parse(&text).unwrap();
    assert_eq!(read.text().as_str(), text.as_str());
    assert_eq!(read.public.len(), 3);
    for secret in [
        made.cloud.unwrap().static_key,
        made.authority.unwrap().signing_key,
        made.reader.unwrap().static_key,
    ] {
        assert!(!text.contains(to_hex(secret.as_bytes()).as_str()));
    }
    for (from, to) in [("\"R-1\"", "\"R 1\""), ("\"cloud\"", "\"client\"")] {
        assert!(Identities::parse(&text.replacen(from, to, 1)).is_err(), "{to}");
    }
}
