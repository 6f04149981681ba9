//! Pairs of schemas, made from the real one by small edits: each shows a kind of change one way, and mostly another kind
//! the other way.

/// The real schema.
pub(crate) const SCHEMA: &str = include_str!("../../protocol.toml");

/// One edit: behind the first text, the second one becomes the third one.
pub(crate) type Edit = (&'static str, &'static str, &'static str);

/// A pair of schemas.
pub(crate) struct Pair {
    /// What the edits make: the kind of change from the real schema to the edited one.
    pub(crate) there: &'static str,
    /// The kind of change from the edited schema to the real one.
    pub(crate) back: &'static str,
    edits: &'static [Edit],
}

impl Pair {
    /// The edited schema.
    pub(crate) fn edited(&self) -> String {
        self.edits
            .iter()
            .fold(SCHEMA.to_owned(), |text, edit| apply(&text, edit))
    }

    /// What is edited.
    pub(crate) fn edits(&self) -> &'static [Edit] {
        self.edits
    }
}

/// A schema with one edit.
pub(crate) fn apply(text: &str, (behind, from, to): &Edit) -> String {
    let start = text
        .find(behind)
        .unwrap_or_else(|| panic!("{behind} is not in the schema"));
    let (head, tail) = text.split_at(start);
    assert!(tail.contains(from), "{from} does not stand behind {behind}");
    head.to_owned() + &tail.replacen(from, to, 1)
}

const fn pair(there: &'static str, back: &'static str, edits: &'static [Edit]) -> Pair {
    Pair { there, back, edits }
}

const MACHINE: &str = "name = \"module\"\npart";
const NEW_MESSAGE: &str = "[[message]]\nname = \"ping\"\ncode = 0x0D\ndirection = \"client-to-reader\"\nchannel = \"sealed\"\nstates = [\"serving\"]\n\
    answers = [\"disconnect_answer\", \"error\"]\ninterface = \"service\"\ntimer = \"T_answer\"\nidempotent = true\n\
    requirement = \"CW-SESS-010\"\ndoc = \"Asks for an answer.\"\nfields = []\n\n[[message]]\nname = \"progress\"";
const PING_PONG: &str = "[[message]]\nname = \"ping\"\ncode = 0x0D\ndirection = \"client-to-reader\"\nchannel = \"sealed\"\nstates = [\"serving\"]\n\
    answers = [\"pong\", \"error\"]\ninterface = \"service\"\ntimer = \"T_answer\"\nidempotent = true\n\
    requirement = \"CW-SESS-010\"\ndoc = \"Asks for an answer.\"\nfields = []\n\n\
    [[message]]\nname = \"pong\"\ncode = 0x8D\ndirection = \"reader-to-client\"\nchannel = \"sealed\"\nanswer = true\n\
    requirement = \"CW-SESS-010\"\ndoc = \"An answer.\"\nfields = []\n\n[[message]]\nname = \"progress\"";
const NEW_DOCUMENT: &str = "[[document]]\nname = \"receipt\"\ncode = 0x64\nmax_size = 64\nrequirement = \"CW-JOB-007\"\ndoc = \"A receipt.\"\n\
    fields = [{ name = \"total\", type = \"u32\", doc = \"The sum.\" }]\n\n[[document]]\nname = \"logic\"";
const NEW_STRUCTURE: &str = "[[structure]]\nname = \"pause\"\nrequirement = \"CW-JOB-007\"\ndoc = \"A pause.\"\n\
    fields = [{ name = \"length\", type = \"u16\", doc = \"How long.\" }]\n\n[[structure]]\nname = \"item\"";
const NEW_INSTRUCTION: &str = "[[instruction]]\nname = \"wait\"\nopcode = 0x19\ndoc = \"Waits.\"\noperands = []\n\n[[instruction]]\nname = \"end\"";
const NEW_REGISTRY: &str = "[registry.mood]\nwidth = \"u8\"\nopen = false\ndoc = \"Moods.\"\nvalues = [{ name = \"good\", value = 0x01, doc = \"Good.\" }]\n\n\
    [registry.policy]";
const EXTENSION: &str = "fields = []\nextensions = [{ tag = 1, critical = false, field = { name = \"why\", type = \"u8\", default = 0, doc = \"Why.\" } }]";
const CRITICAL: &str = "fields = []\nextensions = [{ tag = 1, critical = true, field = { name = \"why\", type = \"u8\", default = 0, doc = \"Why.\" } }]";

/// In place of a kind that is shown elsewhere.
pub(crate) const ANY: &str = "-";

/// All pairs.
pub(crate) const PAIRS: &[Pair] = &[
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
            "    { name = \"file.read\", value = 0x0009, doc = \"A file.\" },\n    { name = \"subscriber.read\"",
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
    // Messages, documents, structures.
    pair(
        "message-added",
        "message-removed",
        &[(
            "[[message]]\nname = \"progress\"",
            "[[message]]\nname = \"progress\"",
            NEW_MESSAGE,
        )],
    ),
    pair(
        "message-added-answer",
        "message-removed",
        &[(
            "[[message]]\nname = \"progress\"",
            "[[message]]\nname = \"progress\"",
            PING_PONG,
        )],
    ),
    pair(
        "message-renamed",
        "message-renamed",
        &[("name = \"progress\"", "name = \"progress\"", "name = \"advance\"")],
    ),
    pair(
        "message-code",
        "message-code",
        &[("name = \"progress\"", "code = 0x41", "code = 0x43")],
    ),
    pair(
        "message-states-narrowed",
        "message-states-widened",
        &[(
            "name = \"reader_status\"\n",
            "states = [\"connected\", \"login\", \"serving\"]",
            "states = [\"connected\", \"serving\"]",
        )],
    ),
    pair(
        "message-answers-added",
        "message-answers-removed",
        &[(
            "name = \"service_list\"\n",
            "answers = [\"service_list_answer\", \"error\"]",
            "answers = [\"service_list_answer\", \"disconnect_answer\", \"error\"]",
        )],
    ),
    pair(
        "message-interface",
        "message-interface",
        &[(
            "name = \"reader_status\"\n",
            "interface = \"platform\"",
            "interface = \"connection\"",
        )],
    ),
    pair(
        "message-timer-longer",
        "message-timer-shorter",
        &[(
            "name = \"reader_status\"\n",
            "timer = \"T_answer\"",
            "timer = \"T_repeat\"",
        )],
    ),
    pair(
        "message-idempotence-gained",
        "message-idempotence-lost",
        &[("name = \"relay\"\n", "idempotent = false", "idempotent = true")],
    ),
    pair(
        "document-added",
        "document-removed",
        &[(
            "[[document]]\nname = \"logic\"",
            "[[document]]\nname = \"logic\"",
            NEW_DOCUMENT,
        )],
    ),
    pair(
        "structure-added",
        "structure-removed",
        &[(
            "[[structure]]\nname = \"item\"",
            "[[structure]]\nname = \"item\"",
            NEW_STRUCTURE,
        )],
    ),
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
        ANY,
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
        ANY,
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
    // Extensions.
    pair(
        "extension-added",
        "extension-removed",
        &[("name = \"disconnect\"\n", "fields = []", EXTENSION)],
    ),
    pair(
        "extension-added-critical",
        "extension-removed-critical",
        &[("name = \"disconnect\"\n", "fields = []", CRITICAL)],
    ),
    // Instructions.
    pair(
        "instruction-added",
        "instruction-removed",
        &[(
            "[[instruction]]\nname = \"end\"",
            "[[instruction]]\nname = \"end\"",
            NEW_INSTRUCTION,
        )],
    ),
    pair(
        "instruction-renamed",
        "instruction-renamed",
        &[("name = \"again\"", "name = \"again\"", "name = \"repeat\"")],
    ),
    pair(
        "instruction-opcode",
        "instruction-opcode",
        &[("name = \"again\"", "opcode = 0x24", "opcode = 0x25")],
    ),
    pair(
        "instruction-module",
        "instruction-module",
        &[(
            "name = \"show\"",
            "module = \"indicator\"",
            "module = \"pin-pad\"",
        )],
    ),
    // Machines.
    pair(
        "machine-renamed",
        "machine-renamed",
        &[(MACHINE, "name = \"module\"", "name = \"device\"")],
    ),
    pair(
        "machine-part",
        "machine-part",
        &[(MACHINE, "part = \"service modules\"", "part = \"modules\"")],
    ),
    pair(
        "machine-event-added",
        "machine-event-removed",
        &[
            (
                MACHINE,
                "    { name = \"power-lost\"",
                "    { name = \"shaken\", doc = \"It is shaken.\" },\n    { name = \"power-lost\"",
            ),
            (
                MACHINE,
                "stays = [\n",
                "stays = [\n    { within = [\"disabled\", \"enabled\", \"busy\", \"failed\"], on = [\"shaken\"], reaction = \"nothing\", requirement = \"CW-MOD-001\" },\n",
            ),
        ],
    ),
    pair(
        "machine-transition-target",
        "machine-transition-target",
        &[(
            MACHINE,
            "on = [\"answer\"], to = \"enabled\"",
            "on = [\"answer\"], to = \"busy\"",
        )],
    ),
    pair(
        "machine-transition-actions",
        "machine-transition-actions",
        &[(
            MACHINE,
            "actions = [\"execute\"]",
            "actions = [\"execute\", \"count\"]",
        )],
    ),
    pair(
        "machine-stay-reaction",
        "machine-stay-reaction",
        &[(MACHINE, "reaction = \"nothing\"", "reaction = \"a note\"")],
    ),
    pair(
        "machine-transition-guard",
        "machine-transition-guard",
        &[(
            "name = \"security\"\npart",
            "guard = \"failures were recorded\"",
            "guard = \"many failures were recorded\"",
        )],
    ),
    // What is said of parts of all sorts.
    pair(
        "requirement",
        "requirement",
        &[(
            "name = \"progress\"",
            "requirement = \"CW-JOB-008\"",
            "requirement = \"CW-JOB-001\"",
        )],
    ),
    pair(
        "stability-lowered",
        "stability-raised",
        &[(
            "name = \"progress\"",
            "requirement = \"CW-JOB-008\"",
            "requirement = \"CW-JOB-008\"\nstability = \"experimental\"",
        )],
    ),
    pair(
        "doc",
        "doc",
        &[(
            "name = \"progress\"",
            "doc = \"A hint that a job has moved on.\"",
            "doc = \"A hint.\"",
        )],
    ),
];
