//! The protocol as a whole, limits, timers, registries and interfaces.

use super::{EVERYWHERE, Pair, pair, pair_of};

const NEW_REGISTRY: &str = "[registry.mood]\nwidth = \"u8\"\nopen = false\ndoc = \"Moods.\"\nvalues = [{ name = \"good\", value = 0x01, doc = \"Good.\" }]\n\n\
    [registry.policy]";

pub(super) const PAIRS: &[Pair] = &[
    // The protocol, limits and timers.
    pair(
        "protocol-renamed",
        "protocol-renamed",
        &[("[protocol]", "name = \"cardwire\"", "name = \"cardwire-two\"")],
    ),
    pair(
        "version-raised",
        "version-lowered",
        &[("[protocol]", "version = 1", "version = 2")],
    ),
    pair(
        "revision",
        "revision",
        &[("[protocol]", "1.0.0-draft.1", "1.0.0-draft.2")],
    ),
    pair(
        "limit-raised",
        "limit-lowered",
        &[("job_memory", "value = 4", "value = 5")],
    ),
    pair(
        "limit-added",
        "limit-removed",
        &[(
            "[limit]",
            "[limit]\n",
            "[limit]\npatience = { value = 3, unit = \"tries\", requirement = \"CW-JOB-006\", doc = \"Tries.\" }\n",
        )],
    ),
    pair(
        "limit-unit",
        "limit-unit",
        &[("job_memory", "unit = \"jobs\"", "unit = \"outcomes\"")],
    ),
    pair(
        "limit-renamed",
        "limit-renamed",
        &[("[limit]", "job_memory", "outcome_memory")],
    ),
    pair(
        "timer-longer",
        "timer-shorter",
        &[("T_idle", "value = 60000", "value = 90000")],
    ),
    pair(
        "timer-added",
        "timer-removed",
        &[(
            "[timer]",
            "[timer]\n",
            "[timer]\nT_rest = { value = 5, unit = \"ms\", requirement = \"CW-JOB-006\", doc = \"Rest.\" }\n",
        )],
    ),
    pair(
        "timer-renamed",
        "timer-renamed",
        &[("[timer]", "T_module", "T_device")],
    ),
    pair(
        "limit-of-layout",
        "limit-of-layout",
        &[
            (
                "[limit]",
                "frame_overhead = { value = 13",
                "frame_overhead = { value = 15",
            ),
            (
                "[limit]",
                "frame_min = { value = 512",
                "frame_min = { value = 514",
            ),
        ],
    ),
    // Registries and their values.
    pair(
        "registry-added",
        "registry-removed",
        &[("[registry.policy]", "[registry.policy]", NEW_REGISTRY)],
    ),
    pair(
        "registry-private-widened",
        "registry-private-narrowed",
        &[(
            "[registry.service]",
            "private = [0xF000, 0xFEFF]",
            "private = [0xE000, 0xFEFF]",
        )],
    ),
    pair(
        "registry-certification-narrowed",
        "registry-certification-widened",
        &[(
            "[registry.module]",
            "certification = [0xE0, 0xEF]",
            "certification = [0xE8, 0xEF]",
        )],
    ),
    pair(
        "registry-unknown-rule",
        "registry-unknown-rule",
        &[(
            "[registry.service]",
            "unknown = \"",
            "unknown = \"Nothing is said. ",
        )],
    ),
    pair(
        "registry-closed",
        "registry-opened",
        &[
            ("[registry.suite]", "open = true", "open = false"),
            (
                "[registry.suite]",
                "private = [0xF0, 0xFE]\ncertification = [0xE0, 0xEF]\n",
                "",
            ),
            (
                "[registry.suite]",
                "unknown = \"A cloud refuses the login.\"\nrequirement = \"CW-LOGIN-013\"\n",
                "",
            ),
        ],
    ),
    pair(
        "value-added-open",
        "value-removed",
        &[(
            "[registry.service]",
            "    { name = \"subscriber.read\"",
            "    { name = \"file.copy\", value = 0x0100, doc = \"A file.\" },\n    { name = \"subscriber.read\"",
        )],
    ),
    pair(
        "value-added-closed",
        "value-removed",
        &[(
            "[registry.item_kind]",
            "    { name = \"number\"",
            "    { name = \"date\", value = 0x04, doc = \"A day.\" },\n    { name = \"number\"",
        )],
    ),
    pair(
        "value-renamed",
        "value-renamed",
        &[(
            "[registry.update_kind]",
            "name = \"authentication\"",
            "name = \"credentials\"",
        )],
    ),
    pair(
        "value-renumbered",
        "value-renumbered",
        &[("[registry.update_kind]", "value = 0x03", "value = 0x04")],
    ),
    pair(
        "value-remedy",
        "value-remedy",
        &[(
            "[registry.error]",
            "remedy = \"Log the reader in first.\"",
            "remedy = \"Log in.\"",
        )],
    ),
    pair(
        "registry-renamed",
        "registry-renamed",
        &[
            (EVERYWHERE, "[registry.client_loss]", "[registry.loss_rule]"),
            (EVERYWHERE, "type = \"client_loss\"", "type = \"loss_rule\""),
        ],
    ),
    pair(
        "registry-width",
        "registry-width",
        &[("[registry.card_state]", "width = \"u8\"", "width = \"u16\"")],
    ),
    pair(
        "value-added-frame",
        "value-removed",
        &[(
            "[registry.frame_kind]",
            "values = [\n",
            "values = [\n    { name = \"packed\", value = 0x03, doc = \"A packed message.\" },\n",
        )],
    ),
    pair(
        "value-added-unheld",
        "value-removed",
        &[(
            "[registry.codec_rule]",
            "values = [\n",
            "values = [\n    { name = \"nesting\", value = 0x7F, doc = \"Nothing is nested.\" },\n",
        )],
    ),
    pair_of(
        "value-reused",
        "value-reused",
        &[(
            "[registry.outcome]",
            "values = [\n",
            "values = [\n    { name = \"jammed\", value = 0x0077, doc = \"Paper is stuck inside.\" },\n",
        )],
        &[
            ("[registry.outcome]", "name = \"jammed\"", "name = \"dark\""),
            (
                "[registry.outcome]",
                "doc = \"Paper is stuck inside.\"",
                "doc = \"No lamp is lit.\"",
            ),
        ],
    ),
    // Interfaces.
    pair(
        "interface-added",
        "interface-removed",
        &[(
            "[interface.service]",
            "[interface.service]",
            "[interface.audit]\nenabled = [\"serving\"]\nrequirement = \"CW-LOGIN-006\"\ndoc = \"Audit.\"\n\n[interface.service]",
        )],
    ),
    pair(
        "interface-opened",
        "interface-shut",
        &[(
            "[interface.service]",
            "enabled = [\"serving\"]",
            "enabled = [\"login\", \"serving\"]",
        )],
    ),
    pair(
        "interface-renamed",
        "interface-renamed",
        &[
            (EVERYWHERE, "[interface.platform]", "[interface.outer]"),
            (EVERYWHERE, "interface = \"platform\"", "interface = \"outer\""),
        ],
    ),
];
