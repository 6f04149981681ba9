//! Fields and what they hold.

use super::{NONE, Pair, pair, pair_of};

pub(super) const PAIRS: &[Pair] = &[
    // Fields.
    pair(
        "field-added",
        "field-removed",
        &[(
            "name = \"progress\"",
            "    { name = \"step\"",
            "    { name = \"share\", type = \"u8\", doc = \"How far.\" },\n    { name = \"step\"",
        )],
    ),
    pair(
        "field-renamed",
        "field-renamed",
        &[("name = \"progress\"", "name = \"step\"", "name = \"count\"")],
    ),
    pair(
        "field-reordered",
        "field-reordered",
        &[(
            "name = \"job_data\"\n",
            "    { name = \"job\", type = \"bytes\", length = 16, doc = \"The job's id.\" },\n    { name = \"part\", type = \"u16\", doc = \"Which part, from 0.\" },",
            "    { name = \"part\", type = \"u16\", doc = \"Which part, from 0.\" },\n    { name = \"job\", type = \"bytes\", length = 16, doc = \"The job's id.\" },",
        )],
    ),
    pair(
        "field-default",
        "field-default",
        &[("name = \"service_list\"\n", "default = 0", "default = 1")],
    ),
    pair(
        "field-default-stated",
        NONE,
        &[(
            "name = \"progress\"",
            "name = \"step\", type = \"u16\"",
            "name = \"step\", type = \"u16\", default = 0",
        )],
    ),
    pair(
        "field-unit",
        "field-unit",
        &[(
            "name = \"reader_status_answer\"",
            "type = \"u32\", unit = \"ms\"",
            "type = \"u32\", unit = \"s\"",
        )],
    ),
    pair(
        "field-unit-stated",
        NONE,
        &[(
            "name = \"progress\"",
            "name = \"step\", type = \"u16\"",
            "name = \"step\", type = \"u16\", unit = \"instructions\"",
        )],
    ),
    pair(
        "field-width",
        "field-width",
        &[(
            "name = \"progress\"",
            "name = \"step\", type = \"u16\"",
            "name = \"step\", type = \"u32\"",
        )],
    ),
    pair(
        "field-type",
        "field-type",
        &[(
            "name = \"progress\"",
            "name = \"step\", type = \"u16\"",
            "name = \"step\", type = \"bytes\", length = 16",
        )],
    ),
    pair(
        "field-listed",
        "field-listed",
        &[(
            "name = \"progress\"",
            "name = \"step\", type = \"u16\"",
            "name = \"step\", type = \"u16\", count = [0, 4]",
        )],
    ),
    pair(
        "field-range-narrowed",
        "field-range-widened",
        &[(
            "name = \"login_result\"",
            "range = [1, 604800]",
            "range = [1, 86400]",
        )],
    ),
    pair(
        "field-range-moved",
        "field-range-moved",
        &[(
            "name = \"login_result\"",
            "range = [1, 604800]",
            "range = [60, 700000]",
        )],
    ),
    pair(
        "field-length-narrowed",
        "field-length-widened",
        &[("name = \"instruct\"\n", "length = [0, 400]", "length = [0, 300]")],
    ),
    pair(
        "field-length-moved",
        "field-length-moved",
        &[("name = \"connect\"", "length = [5, 64]", "length = [6, 65]")],
    ),
    pair(
        "field-length-prefix",
        "field-length-prefix",
        &[("name = \"connect\"", "length = [5, 64]", "length = [5, 256]")],
    ),
    pair(
        "field-length-form",
        "field-length-form",
        &[("name = \"progress\"", "length = 16", "length = [16, 16]")],
    ),
    pair(
        "field-length-exact",
        "field-length-exact",
        &[("name = \"progress\"", "length = 16", "length = 17")],
    ),
    pair(
        "field-count-narrowed",
        "field-count-widened",
        &[("name = \"platform_auth\"\n", "count = [0, 64]", "count = [0, 32]")],
    ),
    pair(
        "field-count-moved",
        "field-count-moved",
        &[("name = \"hello\"", "count = [1, 8]", "count = [2, 9]")],
    ),
    pair(
        "field-count-prefix",
        "field-count-prefix",
        &[("name = \"logic\"\ncode", "count = [0, 8]", "count = [0, 256]")],
    ),
    pair(
        "field-order-dropped",
        "field-order-demanded",
        &[("name = \"hello\"", ", order = \"ascending\"", "")],
    ),
    pair(
        "field-charset-widened",
        "field-charset-narrowed",
        &[(
            "name = \"login_confirm\"",
            "charset = \"name\"",
            "charset = \"utf8\"",
        )],
    ),
    pair_of(
        "field-repurposed",
        "field-repurposed",
        &[(
            "name = \"progress\"",
            "    { name = \"step\"",
            "    { name = \"share\", type = \"u8\", doc = \"How far.\" },\n    { name = \"step\"",
        )],
        &[(
            "name = \"progress\"",
            "name = \"share\", type = \"u8\", doc = \"How far.\"",
            "name = \"volume\", type = \"u8\", doc = \"Loudness.\"",
        )],
    ),
    pair(
        "field-type-named",
        "field-type-named",
        &[(
            "name = \"diagnostic_record\"",
            "name = \"id\", type = \"u16\"",
            "name = \"id\", type = \"service\"",
        )],
    ),
    pair(
        "field-type-narrowed",
        "field-type-widened",
        &[(
            "name = \"error\"\ncode",
            "name = \"request\", type = \"u8\"",
            "name = \"request\", type = \"subject\"",
        )],
    ),
    pair(
        "field-holds",
        "field-holds",
        &[(
            "name = \"manifest\", type = \"bytes\"",
            "holds = \"manifest\"",
            "holds = \"logic\"",
        )],
    ),
    pair(
        "field-holds-stated",
        "field-holds-stated",
        &[("name = \"instruct\"\n", " holds = \"service_data\",", "")],
    ),
];
