//! Plain values and their JSON form: those of the vectors, and what is no value.

#[path = "vectors/read.rs"]
#[expect(dead_code, reason = "the vectors of frames are not used here")]
mod read;

use cardwire_codec::{
    message::CodecRule,
    plain::{Any, Extension, Hello, Plain as _, Progress, ServiceList},
};
use read::Expected;
use serde_json::{Value, json};

#[test]
fn every_vector_has_the_value_that_it_states() {
    for vector in read::messages() {
        let decoded = Any::decode(&vector.place, &vector.bytes).expect("the place is the protocol's");
        match (&vector.expected, decoded) {
            (Expected::Taken(value), Ok(decoded)) => {
                assert_eq!(decoded.name(), vector.message, "{}", vector.title);
                let json = serde_json::to_value(&decoded).expect("it has a JSON form");
                assert_eq!(&json, value, "{}", vector.title);
                // The order of fields is that of the schema, which a map's equality says nothing of.
                assert_eq!(json.to_string(), value.to_string(), "{}", vector.title);
                let again = Any::deserialize(&vector.message, value).expect("it is the form of a value");
                let again = again.expect("the name is the schema's");
                assert_eq!(again, decoded, "{}", vector.title);
                assert_eq!(again.encode().as_ref(), Ok(&vector.bytes), "{}", vector.title);
            }
            (Expected::Refused { rule, field, offset }, Err(error)) => assert_eq!(
                (rule.as_str(), field.as_str(), *offset),
                (error.rule.name(), error.field.as_str(), error.offset as u64),
                "{}",
                vector.title
            ),
            (_, decoded) => panic!("{}: {decoded:?}", vector.title),
        }
    }
}

#[test]
fn what_the_schema_does_not_name_is_nothing() {
    assert!(Any::decode("nowhere", &[1]).is_none());
    assert!(Any::decode("document:nothing", &[1]).is_none());
    assert_eq!(
        Any::deserialize("nothing", json!({})).expect("nothing is read"),
        None
    );
    assert!(Any::strategy("nothing").is_none());
    let error = Any::decode("request", &[0x01]).expect("there is this place");
    let error = error.expect_err("hello is met elsewhere");
    assert_eq!(
        (error.rule, error.field.as_str()),
        (CodecRule::MessageType, "code")
    );
}

#[test]
fn json_that_is_no_value_is_refused_with_what_is_wanted() {
    let refused = |name: &str, json: Value| {
        let error = Any::deserialize(name, &json).expect_err("it is no value");
        error.to_string()
    };
    let of_state = |state: Value| {
        refused(
            "progress",
            json!({"job": "00".repeat(16), "state": state, "step": 1}),
        )
    };
    assert!(of_state(json!("walking")).contains("`walking` is not in the registry"));
    assert!(of_state(json!(200)).contains("200 is not in the registry"));
    assert!(of_state(json!(true)).contains("a name of the registry, or a number"));
    assert!(refused("hello", json!({"max_frame": 512})).contains("missing field `versions`"));
    assert!(refused("service_list", json!({"from": 256})).contains("256"));
    assert!(refused("service_list", json!({"from": 1, "to": 2})).contains("unknown field `to`"));
    assert!(!refused("job_abort", json!({"job": "0"})).is_empty());
    assert!(!refused("job_abort", json!({"job": "zz".repeat(16)})).is_empty());
    assert!(!refused("job_abort", json!({"job": "00"})).is_empty());
    assert!(!refused("job_abort", json!({"job": 7})).is_empty());
    // A known extension is there or is left out: null is no value of it.
    let null = json!({"job": "00".repeat(16), "state": "running", "step": 1, "percent": null});
    assert!(!refused("progress", null).is_empty());
}

#[test]
fn values_beyond_their_bounds_have_no_encoding() {
    let hello = Hello {
        versions: vec![2, 1],
        max_frame: 512,
        extensions: Vec::new(),
    };
    assert_eq!(
        hello.encode().expect_err("not in order").to_string(),
        "order: versions has no encoding"
    );
    let progress: Progress = serde_json::from_value(json!({
        "job": "00".repeat(16), "state": "running", "step": 1, "percent": 101,
    }))
    .expect("it is the form of a value");
    assert_eq!(
        progress.encode().expect_err("more than all").to_string(),
        "range: percent has no encoding"
    );
    let unknown: ServiceList = serde_json::from_value(json!({
        "from": 0, "extensions": [{"tag": 0x7F02, "value": ""}, {"tag": 0x7F01, "value": "aa"}],
    }))
    .expect("it is the form of a value");
    // They are put in order, as there is only one that they can have.
    assert_eq!(
        unknown.encode(),
        Ok(vec![0x05, 0, 0x7F, 1, 0, 1, 0xAA, 0x7F, 2, 0, 0])
    );
    let numbers: ServiceList = serde_json::from_value(json!({"from": 7})).expect("it is the form of a value");
    assert_eq!(numbers.encode(), Ok(vec![0x05, 7]));
}

#[test]
fn an_open_registry_keeps_what_it_does_not_know() {
    let connect = json!({
        "hello": "0101010200", "method": 200, "client_id": "C", "generation": 1, "handshake": "00".repeat(48),
    });
    let read = Any::deserialize("connect", &connect).expect("it is the form of a value");
    let read = read.expect("the name is the schema's");
    assert_eq!(serde_json::to_value(&read).expect("it has a JSON form"), connect);
}

/// What a length can't say is no value that goes out without it.
#[test]
fn an_extension_that_is_too_long_has_no_encoding() {
    let mut list = ServiceList::decode(&[0x05, 0x00]).expect("it is right");
    list.extensions.push(Extension {
        tag: 0x7F01,
        value: vec![0; 0x1_0000],
    });
    let error = list.encode().expect_err("its length has no place");
    assert_eq!(error.to_string(), "length: extensions has no encoding");
}
