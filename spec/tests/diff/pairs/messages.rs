//! Messages, documents, structures, their extensions, and instructions.

use super::{EVERYWHERE, Edit, Pair, pair, pair_of};

const NEW_MESSAGE: &str = "[[message]]\nname = \"ping\"\ncode = 0x0D\ndirection = \"client-to-reader\"\nchannel = \"sealed\"\nstates = [\"serving\"]\n\
    answers = [\"disconnect_answer\", \"error\"]\ninterface = \"service\"\ntimer = \"T_answer\"\nidempotent = true\n\
    requirement = \"CW-SESS-010\"\ndoc = \"Asks for an answer.\"\nfields = []\n\n[[message]]\nname = \"progress\"";
const PING_PONG: &str = "[[message]]\nname = \"ping\"\ncode = 0x0D\ndirection = \"client-to-reader\"\nchannel = \"sealed\"\nstates = [\"serving\"]\n\
    answers = [\"pong\", \"error\"]\ninterface = \"service\"\ntimer = \"T_answer\"\nidempotent = true\n\
    requirement = \"CW-SESS-010\"\ndoc = \"Asks for an answer.\"\nfields = []\n\n\
    [[message]]\nname = \"pong\"\ncode = 0x8D\ndirection = \"reader-to-client\"\nchannel = \"sealed\"\nanswer = true\n\
    requirement = \"CW-SESS-010\"\ndoc = \"An answer.\"\nfields = []\n\n[[message]]\nname = \"progress\"";
const NEW_DOCUMENT: &str = "[[document]]\nname = \"receipt\"\ncode = 0x6D\nmax_size = 64\nrequirement = \"CW-JOB-007\"\ndoc = \"A receipt.\"\n\
    fields = [{ name = \"total\", type = \"u32\", doc = \"The sum.\" }]\n\n[[document]]\nname = \"logic\"";
const NEW_STRUCTURE: &str = "[[structure]]\nname = \"pause\"\nrequirement = \"CW-JOB-007\"\ndoc = \"A pause.\"\n\
    fields = [{ name = \"length\", type = \"u16\", doc = \"How long.\" }]\n\n[[structure]]\nname = \"item\"";
const EXTENSION: &str = "fields = []\nextensions = [{ tag = 1, critical = false, field = { name = \"why\", type = \"u8\", default = 0, doc = \"Why.\" } }]";
const CRITICAL: &str = "fields = []\nextensions = [{ tag = 1, critical = true, field = { name = \"why\", type = \"u8\", default = 0, doc = \"Why.\" } }]";
const NEW_INSTRUCTION: &str = "[[instruction]]\nname = \"wait\"\nopcode = 0x19\ndoc = \"Waits.\"\noperands = []\n\n[[instruction]]\nname = \"end\"";

const NEW_EVENT: &str = "[[message]]\nname = \"notice\"\ncode = 0x43\ndirection = \"reader-to-client\"\nchannel = \"sealed\"\nevent = true\n\
    requirement = \"CW-SESS-010\"\ndoc = \"A notice.\"\nfields = []\n\n[[message]]\nname = \"progress\"";
const WITH_PING: &[Edit] = &[(
    "[[message]]\nname = \"progress\"",
    "[[message]]\nname = \"progress\"",
    NEW_MESSAGE,
)];
const NEW_BEAT: &str = "[[message]]\nname = \"beat\"\ncode = 0x5D\ndirection = \"cloud-to-reader\"\nchannel = \"relayed\"\n\
    answers = [\"channel_error\"]\ntimer = \"T_answer\"\nidempotent = true\n\
    requirement = \"CW-UPD-004\"\ndoc = \"Asks for an answer.\"\nfields = []\n\n[[message]]\nname = \"progress\"";

const WITH_EXTENSION: &[Edit] = &[("name = \"disconnect\"\n", "fields = []", EXTENSION)];

pub(super) const PAIRS: &[Pair] = &[
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
    pair_of(
        "message-code-reused",
        "message-code-reused",
        WITH_PING,
        &[
            ("name = \"ping\"", "name = \"ping\"", "name = \"lamp\""),
            (
                "name = \"lamp\"",
                "doc = \"Asks for an answer.\"",
                "doc = \"Lights everything up.\"",
            ),
        ],
    ),
    pair_of(
        "message-channel",
        "message-channel",
        WITH_PING,
        &[
            ("name = \"ping\"", "channel = \"sealed\"", "channel = \"clear\""),
            (
                "name = \"ping\"",
                "answers = [\"disconnect_answer\", \"error\"]",
                "answers = [\"refusal\"]",
            ),
        ],
    ),
    pair_of(
        "message-direction",
        "message-direction",
        &[(
            "[[message]]\nname = \"progress\"",
            "[[message]]\nname = \"progress\"",
            NEW_BEAT,
        )],
        &[
            (
                "name = \"beat\"",
                "direction = \"cloud-to-reader\"",
                "direction = \"reader-to-cloud\"",
            ),
            (
                "name = \"beat\"",
                "answers = [\"channel_error\"]",
                "answers = [\"login_result\"]",
            ),
        ],
    ),
    pair(
        "message-role",
        "message-role",
        &[
            ("name = \"progress\"", "event = true", "answer = true"),
            ("name = \"progress\"", "code = 0x41", "code = 0xC1"),
            (
                "name = \"job_status\"\n",
                "answers = [\"job_status_answer\"",
                "answers = [\"progress\", \"job_status_answer\"",
            ),
        ],
    ),
    pair_of(
        "message-timer-named",
        "message-timer-named",
        &[(
            "[timer]",
            "[timer]\n",
            "[timer]\nT_other = { value = 1000, unit = \"ms\", requirement = \"CW-SESS-008\", doc = \"Other.\" }\n",
        )],
        &[(
            "name = \"reader_status\"\n",
            "timer = \"T_answer\"",
            "timer = \"T_other\"",
        )],
    ),
    pair(
        "document-code",
        "document-code",
        &[("name = \"manifest\"\ncode", "code = 0x62", "code = 0x6E")],
    ),
    pair_of(
        "document-code-reused",
        "document-code-reused",
        &[(
            "[[document]]\nname = \"logic\"",
            "[[document]]\nname = \"logic\"",
            NEW_DOCUMENT,
        )],
        &[
            ("name = \"receipt\"", "name = \"receipt\"", "name = \"map\""),
            (
                "name = \"map\"",
                "doc = \"A receipt.\"",
                "doc = \"Where all readers are.\"",
            ),
        ],
    ),
    pair(
        "document-renamed",
        "document-renamed",
        &[
            (
                "name = \"manifest\"\ncode",
                "name = \"manifest\"",
                "name = \"update_manifest\"",
            ),
            (EVERYWHERE, "holds = \"manifest\"", "holds = \"update_manifest\""),
        ],
    ),
    pair(
        "document-size-raised",
        "document-size-lowered",
        &[("name = \"manifest\"\ncode", "max_size = 255", "max_size = 300")],
    ),
    pair(
        "structure-renamed",
        "structure-renamed",
        &[
            (
                "[[structure]]\nname = \"slot\"",
                "name = \"slot\"",
                "name = \"card_slot\"",
            ),
            (EVERYWHERE, "type = \"slot\"", "type = \"card_slot\""),
        ],
    ),
    pair(
        "message-added-event",
        "message-removed",
        &[(
            "[[message]]\nname = \"progress\"",
            "[[message]]\nname = \"progress\"",
            NEW_EVENT,
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
    pair_of(
        "extension-critical-bit",
        "extension-critical-bit",
        WITH_EXTENSION,
        &[("name = \"disconnect\"\n", "critical = false", "critical = true")],
    ),
    pair_of(
        "extension-default",
        "extension-default",
        WITH_EXTENSION,
        &[("name = \"disconnect\"\n", "default = 0", "default = 1")],
    ),
    pair_of(
        "extension-renamed",
        "extension-renamed",
        WITH_EXTENSION,
        &[("name = \"disconnect\"\n", "name = \"why\"", "name = \"reason\"")],
    ),
    pair_of(
        "extension-tag",
        "extension-tag",
        WITH_EXTENSION,
        &[("name = \"disconnect\"\n", "tag = 1", "tag = 2")],
    ),
    pair_of(
        "extension-tag-reused",
        "extension-tag-reused",
        WITH_EXTENSION,
        &[
            ("name = \"disconnect\"\n", "name = \"why\"", "name = \"volume\""),
            ("name = \"disconnect\"\n", "doc = \"Why.\"", "doc = \"How loud.\""),
        ],
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
        &[("name = \"again\"", "opcode = 0x24", "opcode = 0x2A")],
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
    pair_of(
        "instruction-opcode-reused",
        "instruction-opcode-reused",
        &[(
            "[[instruction]]\nname = \"end\"",
            "[[instruction]]\nname = \"end\"",
            NEW_INSTRUCTION,
        )],
        &[
            ("name = \"wait\"", "name = \"wait\"", "name = \"burn\""),
            (
                "name = \"burn\"",
                "doc = \"Waits.\"",
                "doc = \"Writes for ever.\"",
            ),
        ],
    ),
];
