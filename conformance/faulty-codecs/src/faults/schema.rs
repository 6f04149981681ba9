//! Codecs that were made from another schema.

use super::{Does, Fault};
use cardwire_spec::{
    Protocol,
    model::{Channel, Field, Length},
};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "range-dropped",
        does: Does::Schema(|protocol| field(protocol, "hello", "max_frame").range = None),
        caught_by: &[
            "codec.decode.hello.invalid.max_frame-below-its-range",
            "codec.decode.hello.invalid.max_frame-above-its-range",
            "codec.encode.hello.refused.max_frame-above-its-range",
        ],
    },
    Fault {
        name: "range-one-too-wide",
        does: Does::Schema(|protocol| {
            field(protocol, "login_result", "lifetime")
                .range
                .as_mut()
                .unwrap()[1] += 1
        }),
        caught_by: &[
            "codec.decode.login_result.invalid.lifetime-above-its-range",
            "codec.encode.login_result.refused.lifetime-above-its-range",
        ],
    },
    Fault {
        name: "range-one-too-narrow",
        does: Does::Schema(|protocol| field(protocol, "hello", "max_frame").range = Some([512, 4095])),
        caught_by: &[
            "codec.decode.hello.valid.largest",
            "codec.encode.hello.valid.largest",
        ],
    },
    Fault {
        name: "length-bound-dropped",
        does: Does::Schema(|protocol| {
            field(protocol, "hello_answer", "reader_id").length = Some(Length::Bounds(0, 255));
        }),
        caught_by: &[
            "codec.decode.hello_answer.invalid.reader_id-too-short",
            "codec.decode.hello_answer.invalid.reader_id-too-long",
            "codec.encode.hello_answer.refused.reader_id-too-short",
        ],
    },
    Fault {
        name: "count-bound-dropped",
        does: Does::Schema(|protocol| field(protocol, "hello", "versions").count = Some([0, 255])),
        caught_by: &[
            "codec.decode.hello.invalid.versions-too-few",
            "codec.decode.hello.invalid.versions-too-many",
            "codec.encode.hello.refused.versions-too-few",
        ],
    },
    Fault {
        name: "order-dropped",
        does: Does::Schema(|protocol| field(protocol, "hello", "versions").order = None),
        caught_by: &[
            "codec.decode.hello.invalid.versions-descend",
            "codec.decode.hello.invalid.versions-repeat",
            "codec.encode.hello.refused.versions-repeat",
        ],
    },
    Fault {
        name: "charset-dropped",
        does: Does::Schema(|protocol| field(protocol, "hello_answer", "reader_id").charset = None),
        caught_by: &[
            "codec.decode.hello_answer.invalid.reader_id-begins-with-space",
            "codec.encode.hello_answer.refused.reader_id-with-a-space",
        ],
    },
    Fault {
        name: "text-is-bytes",
        does: Does::Schema(|protocol| {
            let field = field(protocol, "hello_answer", "reader_id");
            field.type_name = "bytes".into();
            field.charset = None;
        }),
        caught_by: &["codec.decode.hello_answer.valid.typical"],
    },
    Fault {
        name: "closed-registry-opened",
        does: Does::Schema(|protocol| protocol.registries["job_state"].open = true),
        caught_by: &[
            "codec.decode.job_status_answer.invalid.state-4-not-registered",
            "codec.encode.job_status_answer.refused.state-unregistered",
        ],
    },
    Fault {
        name: "open-registry-closed",
        does: Does::Schema(|protocol| protocol.registries["service"].open = false),
        caught_by: &[
            "codec.decode.instruct.valid.largest",
            "codec.encode.instruct.valid.largest",
        ],
    },
    Fault {
        name: "registered-names-exchanged",
        does: Does::Schema(|protocol| {
            let values = &mut protocol.registries["job_state"].values;
            let first = values[0].value;
            values[0].value = values[1].value;
            values[1].value = first;
        }),
        caught_by: &[
            "codec.decode.progress.valid.typical",
            "codec.encode.progress.valid.typical",
        ],
    },
    Fault {
        name: "registered-value-missing",
        does: Does::Schema(|protocol| {
            protocol.registries["job_state"].values.pop();
        }),
        caught_by: &["codec.decode.instruct_answer.valid.largest"],
    },
    Fault {
        name: "prefix-one-byte-too-few",
        does: Does::Schema(|protocol| {
            field(protocol, "instruct", "parameters").length = Some(Length::Bounds(0, 255))
        }),
        caught_by: &[
            "codec.decode.instruct.valid.typical",
            "codec.encode.instruct.valid.typical",
        ],
    },
    Fault {
        name: "prefix-one-byte-too-many",
        does: Does::Schema(|protocol| field(protocol, "hello", "versions").count = Some([1, 256])),
        caught_by: &[
            "codec.decode.hello.valid.typical",
            "codec.encode.hello.valid.typical",
        ],
    },
    Fault {
        name: "exact-length-with-a-prefix",
        does: Does::Schema(|protocol| {
            field(protocol, "instruct", "job").length = Some(Length::Bounds(16, 16))
        }),
        caught_by: &[
            "codec.decode.instruct.valid.typical",
            "codec.encode.instruct.valid.typical",
        ],
    },
    Fault {
        name: "number-too-wide",
        does: Does::Schema(|protocol| field(protocol, "progress", "step").type_name = "u32".into()),
        caught_by: &[
            "codec.decode.progress.valid.typical",
            "codec.encode.progress.valid.typical",
        ],
    },
    Fault {
        name: "fields-exchanged",
        does: Does::Schema(|protocol| message(protocol, "hello").swap(0, 1)),
        caught_by: &[
            "codec.decode.hello.valid.typical",
            "codec.encode.hello.valid.typical",
        ],
    },
    Fault {
        name: "fields-of-a-structure-exchanged",
        does: Does::Schema(|protocol| {
            let entry = protocol
                .structures
                .iter_mut()
                .find(|known| known.name == "service_entry");
            entry.unwrap().fields.swap(3, 4);
        }),
        caught_by: &["codec.encode.service_list_answer.valid.typical"],
    },
    Fault {
        name: "another-code",
        does: Does::Schema(|protocol| {
            let hello = protocol.messages.iter_mut().find(|known| known.name == "hello");
            hello.unwrap().code = 0x70;
        }),
        caught_by: &[
            "codec.decode.hello.valid.typical",
            "codec.encode.hello.valid.typical",
        ],
    },
    Fault {
        name: "at-another-place",
        does: Does::Schema(|protocol| {
            let hello = protocol.messages.iter_mut().find(|known| known.name == "hello");
            hello.unwrap().channel = Channel::Sealed;
        }),
        caught_by: &["codec.decode.hello.valid.typical"],
    },
    Fault {
        name: "known-extension-unknown",
        does: Does::Schema(|protocol| {
            let progress = protocol
                .messages
                .iter_mut()
                .find(|known| known.name == "progress");
            progress.unwrap().extensions.clear();
        }),
        caught_by: &["codec.encode.progress.refused.percent-above-its-range"],
    },
];

fn message<'p>(protocol: &'p mut Protocol, name: &str) -> &'p mut Vec<Field> {
    let messages = protocol.messages.iter_mut();
    let fields = messages
        .filter(|known| known.name == name)
        .map(|known| &mut known.fields);
    let documents = protocol.documents.iter_mut();
    let documents = documents
        .filter(|known| known.name == name)
        .map(|known| &mut known.fields);
    fields.chain(documents).next().expect("there is such a message")
}

fn field<'p>(protocol: &'p mut Protocol, of: &str, name: &str) -> &'p mut Field {
    let mut fields = message(protocol, of).iter_mut();
    fields
        .find(|field| field.name == name)
        .expect("there is such a field")
}
