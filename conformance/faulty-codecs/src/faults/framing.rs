//! Framers and receivers of frames that do something else than the chapter on the link says.

use super::{Does, Fault};

pub(super) const FAULTS: &[Fault] = &[
    Fault {
        name: "checksum-not-checked",
        does: Does::Framing(|framing| framing.checks_checksum = false),
        caught_by: &[
            "codec.deframe.invalid.lowest-bit-of-the-number-flipped",
            "codec.deframe.damaged.byte-10-flipped",
        ],
    },
    Fault {
        name: "another-polynomial",
        does: Does::Framing(|framing| framing.polynomial = 0xEDB8_8320),
        caught_by: &["codec.frame.hello", "codec.deframe.valid.hello"],
    },
    Fault {
        name: "checksum-little-endian",
        does: Does::Framing(|framing| framing.checksum_is_little_endian = true),
        caught_by: &["codec.frame.hello", "codec.deframe.valid.hello"],
    },
    Fault {
        name: "frame-number-little-endian",
        does: Does::Framing(|framing| framing.number_is_little_endian = true),
        caught_by: &["codec.frame.hello", "codec.deframe.valid.hello"],
    },
    Fault {
        name: "frame-number-is-a-double",
        does: Does::Framing(|framing| framing.number_is_a_double = true),
        caught_by: &["codec.frame.refusal", "codec.deframe.valid.refusal"],
    },
    Fault {
        name: "kind-not-checked",
        does: Does::Framing(|framing| framing.checks_kind = false),
        caught_by: &["codec.deframe.invalid.kind-0", "codec.deframe.invalid.kind-255"],
    },
    Fault {
        name: "empty-block-taken",
        does: Does::Framing(|framing| framing.takes_empty_block = true),
        caught_by: &["codec.deframe.invalid.empty-block-behind-a-full-one"],
    },
    Fault {
        name: "empty-block-sent",
        does: Does::Framing(|framing| framing.sends_empty_block = true),
        caught_by: &["codec.frame.ends-with-a-full-block"],
    },
    Fault {
        name: "blocks-of-253-bytes",
        does: Does::Framing(|framing| framing.block = 253),
        caught_by: &["codec.frame.no-zeros-253"],
    },
    Fault {
        name: "delimiter-not-sent",
        does: Does::Framing(|framing| framing.sends_delimiter = false),
        caught_by: &["codec.frame.hello"],
    },
    Fault {
        name: "block-beyond-the-end-forgiven",
        does: Does::Framing(|framing| framing.forgives_a_block_beyond_the_end = true),
        caught_by: &["codec.deframe.invalid.block-beyond-the-end"],
    },
    Fault {
        name: "too-long-taken",
        does: Does::Framing(|framing| framing.checks_size = false),
        caught_by: &[
            "codec.deframe.size.smallest-zeros-one-over",
            "codec.deframe.size.largest-no-zeros-one-over",
        ],
    },
    Fault {
        name: "one-byte-over-taken",
        does: Does::Framing(|framing| framing.slack = 1),
        caught_by: &["codec.deframe.size.smallest-zeros-one-over"],
    },
    Fault {
        name: "largest-frame-not-taken",
        does: Does::Framing(|framing| framing.slack = -1),
        caught_by: &[
            "codec.deframe.size.smallest-zeros-exactly",
            "codec.deframe.size.largest-no-zeros-exactly",
        ],
    },
    Fault {
        name: "garbage-costs-the-next-frame",
        does: Does::Framing(|framing| framing.garbage_costs_the_next = true),
        caught_by: &[
            "codec.deframe.stream.garbage-between",
            "codec.deframe.damaged.byte-00-flipped",
        ],
    },
    Fault {
        name: "garbage-ends-the-stream",
        does: Does::Framing(|framing| framing.stops_at_garbage = true),
        caught_by: &["codec.deframe.stream.garbage-before"],
    },
    Fault {
        name: "unterminated-frame-taken",
        does: Does::Framing(|framing| framing.takes_the_rest = true),
        caught_by: &[
            "codec.deframe.stream.unterminated-rest",
            "codec.deframe.stream.unterminated-alone",
        ],
    },
    Fault {
        name: "empty-lines-reported",
        does: Does::Framing(|framing| framing.reports_empty_lines = true),
        caught_by: &[
            "codec.deframe.stream.delimiters-alone",
            "codec.deframe.stream.delimiters-between",
        ],
    },
];
