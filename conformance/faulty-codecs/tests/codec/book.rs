//! The examples of the book's chapter on adapters are what a right adapter answers.

use crate::Proof;
use cardwire_faulty_codec::codec;
use serde_json::Value;
use std::path::Path;

pub(crate) fn all() -> Vec<Proof> {
    vec![Proof {
        name: "book::the_examples_are_right".into(),
        shows: Box::new(the_examples_are_right),
    }]
}

fn the_examples_are_right() {
    let chapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/book/src/testing-a-codec.md");
    let chapter = std::fs::read_to_string(chapter).unwrap();
    let right = codec::right();
    let mut ops = Vec::new();
    for block in chapter.split("```json\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let lines: Vec<Value> = block
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let [request, answer] = lines.as_slice() else {
            panic!("no request and its answer: {block}")
        };
        let op = request["op"].as_str().unwrap();
        ops.push(op.to_owned());
        // What an adapter says of itself is its own matter.
        if let (false, Some(told)) = (op == "describe", right.answer(request)) {
            assert_eq!(told, *answer, "{request}");
        }
    }
    for op in ["describe", "decode", "encode", "transcode", "frame", "deframe"] {
        assert!(ops.iter().any(|shown| shown == op), "no example of {op}");
    }
}
