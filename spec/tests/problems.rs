//! Broken schemas, made from the real one by one edit each: what is wrong is named with its line and its path.

use cardwire_spec::problem::Problem;

const SCHEMA: &str = include_str!("../protocol.toml");

/// The schema with `from`, at its first place behind `behind`, replaced by `to`.
fn edited(behind: &str, from: &str, to: &str) -> String {
    let start = SCHEMA
        .find(behind)
        .unwrap_or_else(|| panic!("{behind} is not in the schema"));
    let (head, tail) = SCHEMA.split_at(start);
    assert!(tail.contains(from), "{from} does not stand behind {behind}");
    head.to_owned() + &tail.replacen(from, to, 1)
}

fn problems(text: &str) -> Vec<Problem> {
    match cardwire_spec::parse("protocol.toml", text) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.0,
    }
}

/// What one edit breaks.
struct Case {
    behind: &'static str,
    from: &'static str,
    to: &'static str,
    /// Words that stand in the line that the problem names, behind `behind` too.
    line: &'static str,
    path: &'static str,
    message: &'static str,
}

macro_rules! cases {
    ($($behind:literal: $from:literal => $to:literal, $line:literal, $path:literal, $message:literal;)+) => {
        &[$(Case { behind: $behind, from: $from, to: $to, line: $line, path: $path, message: $message }),+]
    };
}

/// Behind what: what becomes what, what the line holds, path, message.
const CASES: &[Case] = cases! {
    // Syntax and types: what TOML and serde find.
    "[protocol]": "version = 1" => "version = ", "version =", "", "string values must be quoted, expected literal string";
    "[protocol]": "version = 1" => "version = \"1\"", "version =", "protocol.version", "invalid type: string \"1\", expected u8";
    "name = \"hello\"": "code = 0x01" => "code = 0x101", "code = 0x101", "message.hello.code", "invalid value: integer `257`, expected u8";
    "name = \"hello\"": "channel = \"clear\"" => "channel = \"open\"", "channel =", "message.hello.channel",
        "unknown variant `open`, expected one of `clear`, `sealed`, `tls`, `relayed`";
    "name = \"connect\"": "length = [5, 64]" => "lenght = [5, 64]", "lenght", "message.connect.fields[0].lenght",
        "unknown field `lenght`, expected one of `name`, `type`, `unit`, `range`, `length`, `count`, `order`, `charset`, `holds`, `default`, `requirement`, `since`, `stability`, `doc`";
    "name = \"connect\"": "length = [5, 64]" => "length = [5, 64, 70]", "length", "message.connect.fields[0].length",
        "invalid length 3, expected a number of bytes, or [fewest, most]";
    "name = \"connect\"": "length = [5, 64]" => "length = -5", "length", "message.connect.fields[0].length",
        "invalid value: integer `-5`, expected a number of bytes, or [fewest, most]";
    "name = \"show\"": "opcode = 0x12\n" => "", "[[instruction]]", "instruction.show", "missing field `opcode`";
    "[[machine]]": "[[machine]]" => "[[engine]]", "[[engine]]", "engine", "unknown table `engine`";

    // Names and numbers that are taken.
    "name = \"connect\"": "code = 0x02" => "code = 0x01", "code", "message.connect.code", "the code 0x01 is already taken, by message.hello.code in line ";
    "name = \"connect\"": "name = \"connect\"" => "name = \"hello\"", "name = \"hello\"", "message.hello.name",
        "the name `hello` is already taken, by message.hello.name in line ";
    "name = \"manifest\"": "code = 0x62" => "code = 0x41", "code", "document.manifest.code", "the code 0x41 is already taken, by message.progress.code in line ";
    "name = \"apdu\"": "opcode = 0x11" => "opcode = 0x10", "opcode", "instruction.apdu.opcode", "the opcode 0x10 is already taken, by instruction.reset.opcode in line ";
    "[registry.policy]": "value = 0x02" => "value = 0x01", "per-step", "registry.policy.values[1].value",
        "the value 0x1 is already taken, by registry.policy.values[0].value in line ";
    "[registry.policy]": "\"per-step\"" => "\"whole-service\"", "0x02", "registry.policy.values[1].name",
        "the name `whole-service` is already taken, by registry.policy.values[0].name in line ";
    "[registry.policy]": "\"per-step\"" => "\"whole.service\"", "0x02", "registry.policy.values[1].name",
        "the name `whole.service`, which becomes WholeService in code, is already taken, by registry.policy.values[0].name in line ";
    "name = \"offer\"": "name = \"format\"" => "name = \"service\"", "\"format\"", "structure.offer.fields[1].name",
        "the name `service` is already taken, by structure.offer.fields[0].name in line ";
    "name = \"item\"": "name = \"item\"" => "name = \"policy\"", "name = \"policy\"", "structure.policy.name",
        "the name `policy` is already taken, by registry.policy in line ";
    "name = \"item\"": "name = \"item\"" => "name = \"list\"", "name = \"list\"", "structure.list.name", "List is a type of the codec";
    "name = \"item\"": "name = \"item\"" => "name = \"u8\"", "name = \"u8\"", "structure.u8.name", "the name `u8` is that of a primitive";

    // Names that are not well formed.
    "name = \"progress\"": "name = \"progress\"" => "name = \"Progress\"", "Progress", "message.Progress.name", "the name `Progress` is not in snake_case";
    "name = \"apdu\"": "name = \"apdu\"" => "name = \"send_apdu\"", "send_apdu", "instruction.send_apdu.name", "the name `send_apdu` is not in kebab-case";
    "[registry.policy]": "\"per-step\"" => "\"per step\"", "per step", "registry.policy.values[1].name", "the name `per step` is not in kebab-case";
    "name = \"offer\"": "name = \"format\"" => "name = \"type\"", "\"type\"", "structure.offer.fields[1].name", "the name `type` has a meaning in code";
    "T_idle": "T_idle" => "idle", "idle", "timer.idle", "the name `idle` is not that of a timer";
    "T_idle": "\"ms\"" => "\"s\"", "T_idle", "timer.T_idle.unit", "a timer counts milliseconds, not `s`";
    "name = \"hello\"": "CW-CONN-001" => "CW-CONN-1", "CW-CONN-1", "message.hello.requirement", "`CW-CONN-1` is no requirement id";
    "name = \"hello\"": "doc = \"First half" => "doc = \"\" # First half", "First half", "message.hello.doc", "the documentation is missing";

    // Registries.
    "[registry.module]": "value = 0x06" => "value = 0x106", "0x106", "registry.module.values[5].value", "0x106 does not fit into 1 byte(s)";
    "[registry.module]": "value = 0x06" => "value = 0xF6", "0xF6", "registry.module.values[5].value", "0xF6 lies in the range 0xF0 to 0xFE, which is private";
    "[registry.service]": "value = 0x0002" => "value = 0xFF02", "0xFF02", "registry.service.values[1].value",
        "0xFF02 lies in the range 0xFF00 to 0xFFFF, which is certification";
    "[registry.service]": "private = [0xF000, 0xFEFF]" => "private = [0xFEFF, 0xF000]", "private", "registry.service.private",
        "the range is inverted: 65279 is above 61440";
    "[registry.service]": "private = [0xF000, 0xFEFF]" => "private = [0xF000, 0xFF00]", "certification =", "registry.service.certification",
        "the ranges `private` and `certification` overlap";
    "[registry.policy]": "doc =" => "private = [0xF0, 0xFE]\ndoc =", "private", "registry.policy.private",
        "a closed registry has no private range: its decoders refuse unknown values";
    "[registry.codec_rule]": "name = \"order\"" => "name = \"sequence\"", "[registry.codec_rule]", "registry.codec_rule",
        "the value `order` of the registry `codec_rule` is missing";

    // Fields.
    "name = \"offer\"": "type = \"format\"" => "type = \"formats\"", "formats", "structure.offer.fields[1].type", "the type `formats` is unknown";
    "name = \"hello\"": "range = [512, 4096]" => "range = [4096, 512]", "range", "message.hello.fields[1].range", "the range is inverted: 4096 is above 512";
    "name = \"hello\"": "range = [512, 4096]" => "range = [512, 65536]", "65536", "message.hello.fields[1].range", "the range reaches beyond u16, which ends at 65535";
    "name = \"offer\"": "type = \"format\"" => "type = \"format\", range = [0, 1]", "format", "structure.offer.fields[1].range",
        "`format` is no number, so that it has no range";
    "name = \"connect\"": "length = [5, 64]" => "length = [64, 5]", "length", "message.connect.fields[0].length", "the length is inverted: 64 is above 5";
    "name = \"connect\"": "length = [5, 64]" => "length = 0", "length", "message.connect.fields[0].length", "a field of no bytes says nothing";
    "name = \"connect\"": ", length = [5, 64]" => "", "hello", "message.connect.fields[0]", "the length of `hello` is not bounded";
    "name = \"hello\"": "count = [1, 8]" => "count = [8, 1]", "count", "message.hello.fields[0].count", "the count is inverted: 8 is above 1";
    "name = \"hello\"": "count = [1, 8], " => "", "ascending", "message.hello.fields[0].order", "only a list has an order";
    "name = \"hello\"": "type = \"u8\", range = [1, 255]" => "type = \"bool\"", "bool", "message.hello.fields[0].type", "a list of `bool` is not supported";
    "name = \"hello_answer\"": "type = \"bytes\", length = 16" => "type = \"text\", length = 16", "challenge", "message.hello_answer.fields[3].length",
        "text of a fixed length is not supported";
    "name = \"hello_answer\"": "type = \"bytes\", length = 16" => "type = \"bytes\", length = 16, charset = \"name\"", "challenge",
        "message.hello_answer.fields[3].charset", "only text has a character set";
    "name = \"connect\"": "holds = \"hello\"" => "holds = \"hallo\"", "hallo", "message.connect.fields[0].holds", "there is no message and no document `hallo`";
    "name = \"connect\"": "type = \"u32\"" => "type = \"u32\", holds = \"hello\"", "generation", "message.connect.fields[3].holds", "only bytes hold something";
    "name = \"hello_answer\"": "type = \"bytes\", length = 16" => "type = \"bytes\", length = 16, unit = \"s\"", "challenge",
        "message.hello_answer.fields[3].unit", "only a number has a unit";
    "name = \"service_data\"": "count = [0, 32]" => "count = [0, 65536]", "65536", "document.service_data.fields[0].count", "a count has two bytes at most";
    "name = \"offer\"": "type = \"format\"" => "type = \"offer\"", "\"format\"", "structure.offer.fields[1].type", "the structure `offer` holds itself";

    // Messages and documents.
    "name = \"hello\"": "\"hello_answer\"" => "\"hallo\"", "answers", "message.hello.answers[0]", "there is no message `hallo`";
    "name = \"hello\"": "\"hello_answer\"" => "\"connect\"", "answers", "message.hello.answers[0]", "`connect` is no answer";
    "name = \"hello\"": "\"hello_answer\"" => "\"cloud_error\"", "answers", "message.hello.answers[0]",
        "`cloud_error` goes from cloud to client, so that it can't answer what goes from client to reader";
    "name = \"disconnect\"": "answers = [\"disconnect_answer\", \"error\"]\n" => "", "[[message]]", "message.disconnect", "the request `disconnect` has no answer";
    "name = \"channel_error\"": "answer = true" => "answer = true\nevent = true", "event", "message.channel_error.event", "an answer is asked for, an event is not";
    "name = \"hello\"": "\"locked\"" => "\"closed\"", "states", "message.hello.states[0]", "the session has no state `closed`";
    "name = \"hello\"": "states = [\"locked\", \"connected\", \"login\", \"serving\"]\n" => "", "[[message]]", "message.hello", "it is not said when the reader takes `hello`";
    "name = \"hello\"": "direction = \"client-to-reader\"" => "direction = \"client-to-cloud\"", "direction", "message.hello.direction",
        "this channel does not lead from client to cloud";
    "name = \"relay\"": "length = [16, 479]" => "length = [16, 481]", "fields = [", "message.relay.fields", "the largest encoding takes 484 bytes, and its place 483";
    "name = \"manifest\"": "max_size = 255" => "max_size = 50", "max_size", "document.manifest.max_size", "the smallest encoding takes 51 bytes already";
    "[limit]": "value = 483" => "value = 484", "message_max", "limit.message_max.value", "with overhead and tag it makes a frame of 513 bytes, not of frame_min";

    // Instructions.
    "name = \"reset\"": "module = \"contact-card\"" => "module = \"card-slot\"", "module", "instruction.reset.module", "there is no module `card-slot`";
    "name = \"apdu\"": "length = [4, 255]" => "length = [4, 256]", "length", "instruction.apdu.operands[0].length", "an operand has a length prefix of one byte";
    "name = \"reset\"": "type = \"register\"" => "type = \"slot\"", "operands", "instruction.reset.operands[0].type", "the type `slot` is unknown";

    // What the protocol says of itself, limits and timers.
    "[protocol]": "version = 1" => "version = 0", "version", "protocol.version", "there is no protocol version 0";
    "[protocol]": "revision = \"1" => "revision = \"\" # \"1", "revision", "protocol.revision", "the revision is empty";
    "[limit]": "frame_max = { value = 4096" => "frame_max = { value = 511", "frame_max", "limit.frame_max.value", "it is below frame_min";
    "[limit]": "failures_max" => "failures_most", "", "limit", "the limit `failures_max` is missing";
    "[limit]": "loop_depth_max" => "loop_depth_most", "", "limit", "the limit `loop_depth_max` is missing";
    "[timer]": "T_repeat = { value = 1500" => "T_repeat = { value = 1000", "T_repeat", "timer.T_repeat.value", "a request is repeated while its answer may still come in time";
    "[timer]": "T_idle = { value = 60000" => "T_idle = { value = 0", "T_idle", "timer.T_idle.value", "the timer `T_idle` runs out at once";

    // Prose of one line, without control characters.
    "[timer]": "doc = \"Silence" => "doc = \"\\u001B[31mSilence", "T_idle", "timer.T_idle.doc", "the text holds the control character U+001B";
    "name = \"hello\"": "doc = \"First half" => "doc = \"First\\nhalf", "First", "message.hello.doc", "the text holds the control character U+000A";
    "[registry.module]": "unknown = \"A reader" => "unknown = \"A\\nreader", "unknown", "registry.module.unknown", "the text holds the control character U+000A";
    "[registry.outcome]": "remedy = \"Insert" => "remedy = \"\\u202EInsert", "card-absent", "registry.outcome.values[1].remedy", "the text holds the control character U+202E";
    "name = \"module\"\npart": "reaction = \"supply on: it" => "reaction = \"supply on:\\tit", "supply on", "machine.module.stays[0].reaction", "the text holds the control character U+0009";
    "name = \"module\"\npart": "part = \"service modules\"" => "part = \"service\\nmodules\"", "part", "machine.module.part", "the text holds the control character U+000A";
    "name = \"module\"\npart": "on = [\"answer\"], to" => "on = [\"answer\"], guard = \"it\\nis\", to", "guard", "machine.module.transitions[3].guard", "the text holds the control character U+000A";
    "name = \"module\"\npart": "actions = [\"execute\"]" => "actions = [\"exe\\ncute\"]", "actions", "machine.module.transitions[2].actions[0]", "the text holds the control character U+000A";
    "name = \"max-frame\"": "section = \"Link\"" => "section = \"Li\\nnk\"", "section", "ics.max-frame.section", "the text holds the control character U+000A";
    "[limit]": "unit = \"bytes\"" => "unit = \"by\\ntes\"", "frame_min", "limit.frame_min.unit", "the text holds the control character U+000A";
    "[protocol]": "revision = \"1" => "revision = \"\\r1", "revision", "protocol.revision", "the text holds the control character U+000D";

    // Codes, sizes, and lists that name something twice.
    "name = \"hello_answer\"": "code = 0x81" => "code = 0x7F", "code", "message.hello_answer.code", "the code 0x7F is not that of an answer";
    "name = \"hello\"": "code = 0x01" => "code = 0x80", "code", "message.hello.code", "the code 0x80 is that of an answer";
    "name = \"progress\"": "code = 0x41" => "code = 0xC1", "code", "message.progress.code", "the code 0xC1 is that of an answer";
    "name = \"manifest\"\ncode": "code = 0x62" => "code = 0xE2", "code", "document.manifest.code", "the code 0xE2 is that of an answer";
    "name = \"logic\"\ncode": "max_size = 1024" => "max_size = 65536", "max_size", "document.logic.max_size", "65536 bytes: a length has two bytes at most";
    "name = \"connect\"": "length = [5, 64]" => "length = [1, 4]", "length", "message.connect.fields[0].length", "`hello`, which it holds, takes 5 bytes at least";
    "name = \"connect\"": "holds = \"hello\"" => "holds = \"connect\"", "holds", "message.connect.fields[0].holds", "`connect` holds itself";
    "name = \"logic\"\ncode": "holds = \"instructions\"" => "holds = \"logic\"", "holds", "document.logic.fields[8].holds", "`logic` holds itself";
    "name = \"service_data\"": "count = [0, 32]" => "count = [0, 0]", "count", "document.service_data.fields[0].count", "a list of no items says nothing";
    "name = \"hello\"": "\"hello_answer\"" => "\"error\"", "answers", "message.hello.answers[0]", "`error` travels sealed, so that it can't answer what travels in clear";
    "name = \"hello\"": "\"hello_answer\"" => "\"hello_answer\", \"hello_answer\"", "answers", "message.hello.answers[1]", "the answer `hello_answer` is named twice";
    "name = \"hello\"": "states = [\"locked\"" => "states = [\"locked\", \"locked\"", "states", "message.hello.states[1]", "the state `locked` is named twice";
    "name = \"hello\"": "range = [512, 4096]" => "range = [512, 4096], stability = \"experimental\"", "max_frame", "message.hello.fields[1].stability", "`max_frame` is experimental, and `hello` is frozen";
    "[interface.service]": "[\"serving\"]" => "[\"serving\", \"serving\"]", "enabled", "interface.service.enabled[1]", "the state `serving` is named twice";
    "name = \"module\"\npart": "on = [\"answer\"], to" => "on = [\"answer\", \"answer\"], to", "answer", "machine.module.transitions[3].on[1]", "the event `answer` is named twice";
    "name = \"module\"\npart": "within = [\"busy\"], on = [\"command\"]" => "within = [\"busy\", \"busy\"], on = [\"command\"]", "within", "machine.module.stays[7].within[1]", "the state `busy` is named twice";

    // What governs a part, since when, and what it may become.
    "[registry.module]": "certification = [0xE0, 0xEF]\n" => "", "[registry.module]", "registry.module", "`certification` is missing: an open registry says";
    "[registry.module]": "unknown = " => "# unknown = ", "[registry.module]", "registry.module", "`unknown` is missing: an open registry says";
    "[registry.policy]": "doc =" => "unknown = \"It is kept.\"\ndoc =", "unknown", "registry.policy.unknown", "a closed registry has no rule for unknown values";
    "[registry.policy]": "name = \"per-step\"" => "since = 2, name = \"per-step\"", "per-step", "registry.policy.values[1].since", "there is no protocol version 2";
    "name = \"hello\"": "stability = \"frozen\"" => "stability = \"solid\"", "stability", "message.hello.stability", "unknown variant `solid`, expected one of";
    "name = \"hello\"": "requirement = \"CW-CONN-001\"" => "since = 0\nrequirement = \"CW-CONN-001\"", "since", "message.hello.since", "there is no protocol version 0";
    "name = \"offer\"": "requirement = \"CW-LOGIN-001\"\n" => "", "[[structure]]", "structure.offer", "missing field `requirement`";
    "name = \"connect\"": "requirement = \"CW-CONN-004\", stab" => "requirement = \"CONN-4\", stab", "CONN-4", "message.connect.fields[0].requirement", "`CONN-4` is no requirement id";

    // How requests are handled.
    "name = \"hello\"": "interface = \"connection\"\n" => "", "[[message]]", "message.hello", "`interface` of the request `hello` is missing";
    "name = \"hello\"": "timer = \"T_answer\"\n" => "", "[[message]]", "message.hello", "`timer` of the request `hello` is missing";
    "name = \"hello\"": "idempotent = true\n" => "", "[[message]]", "message.hello", "`idempotent` of the request `hello` is missing";
    "name = \"hello\"": "timer = \"T_answer\"" => "timer = \"T_reply\"", "timer", "message.hello.timer", "there is no timer `T_reply`";
    "name = \"hello\"": "interface = \"connection\"" => "interface = \"front\"", "interface", "message.hello.interface", "there is no interface `front`";
    "name = \"hello\"": "interface = \"connection\"" => "interface = \"service\"", "states", "message.hello.states[0]", "the interface `service` is disabled in the state `locked`";
    "name = \"hello_answer\"": "answer = true" => "answer = true\nidempotent = true", "idempotent", "message.hello_answer.idempotent", "`hello_answer` has no `idempotent`";
    "[interface.service]": "\"serving\"" => "\"open\"", "enabled", "interface.service.enabled[0]", "the session has no state `open`";
    "[interface.service]": "[\"serving\"]" => "[]", "enabled", "interface.service.enabled", "the interface `service` is never enabled";

    // Defaults.
    "name = \"error\"\ncode": "name = \"detail\", type = \"u16\", default = 0" => "name = \"detail\", type = \"u16\", default = 65536", "default", "message.error.fields[2].default",
        "the default is no value of `detail`";
    "name = \"login_result\"": "default = false" => "default = 0", "default", "message.login_result.fields[3].default", "the default is no value of `all_services`";
    "name = \"job_status_answer\"": "default = \"00" => "default = \"", "default", "message.job_status_answer.fields[3].default", "the default is no value of `logic_digest`";
    "name = \"platform_auth\"": "count = [0, 64]" => "count = [1, 64]", "default", "message.platform_auth.fields[0].default", "the default is no value of `offers`";
    "name = \"component\"": "default = 0" => "default = \"card.erase\"", "default", "structure.component.fields[1].default", "the default is no value of `service`";
    "name = \"connect\"": "name = \"client_id\", type = \"text\"" => "name = \"client_id\", default = \"a b\", type = \"text\"", "default", "message.connect.fields[2].default",
        "the default is no value of `client_id`";

    // Extensions.
    "name = \"disconnect\"": "fields = []" => "fields = []\nextensions = [{ tag = 0x8001, critical = false, field = { name = \"why\", type = \"u8\", default = 0, doc = \"Why.\" } }]", "extensions",
        "message.disconnect.extensions[0].tag", "the tag 0x8001 holds the critical bit";
    "name = \"disconnect\"": "fields = []" => "fields = []\nextensions = [{ tag = 0x7000, critical = true, field = { name = \"why\", type = \"u8\", doc = \"Why.\" } }]", "extensions",
        "message.disconnect.extensions[0].tag", "the tag 0x7000 is not the schema's";
    "name = \"disconnect\"": "fields = []" => "fields = []\nextensions = [{ tag = 1, critical = false, field = { name = \"why\", type = \"u8\", doc = \"Why.\" } }]", "extensions",
        "message.disconnect.extensions[0].field", "it is not said what holds where `why` is absent";
    "name = \"disconnect\"": "fields = []" => "fields = []\nextensions = [{ tag = 1, critical = true, field = { name = \"a\", type = \"u8\", doc = \"A.\" } }, { tag = 1, critical = true, field = { name = \"b\", type = \"u8\", doc = \"B.\" } }]",
        "extensions", "message.disconnect.extensions[1].tag", "the tag 0x0001 is already taken";
    "name = \"connect_answer\"": "fields = [" => "extensions = [{ tag = 1, critical = true, field = { name = \"a\", type = \"u8\", doc = \"A.\" } }]\nfields = [", "extensions",
        "message.connect_answer.extensions", "nothing protects the extensions of `connect_answer`";
    "name = \"relay\"": "fields = [" => "extensions = [{ tag = 1, critical = true, field = { name = \"a\", type = \"u8\", doc = \"A.\" } }]\nfields = [", "fields", "message.relay.fields",
        "the largest encoding takes 487 bytes, and its place 483";

    // Machines.
    "name = \"module\"\npart": "initial = \"disabled\"" => "initial = \"off\"", "initial", "machine.module.initial", "the machine has no state `off`";
    "name = \"module\"\npart": "to = \"busy\"" => "to = \"working\"", "working", "machine.module.transitions[2].to", "the machine has no state `working`";
    "name = \"module\"\npart": "states = [\"disabled\"" => "states = [\"asleep\", \"disabled\"", "states", "machine.module.states[0]", "nothing leads to the state `asleep`";
    "name = \"module\"\npart": "on = [\"answer\"], to" => "on = [\"reply\"], to", "reply", "machine.module.transitions[3].on[0]", "the machine has no event `reply`";
    "name = \"module\"\npart": "on = [\"answer\"], to" => "on = [], to", "on = []", "machine.module.transitions[3].on", "no event is named";
    "name = \"module\"\npart": "on = [\"answer\"], to" => "on = [\"no-answer\"], to", "to = \"failed\"", "machine.module.transitions[4].on",
        "the event `no-answer` in the state `busy` is already decided by a transition without a guard";
    "name = \"module\"\npart": "on = [\"answer\"], to" => "on = [\"answer\"], guard = \"\", to", "guard", "machine.module.transitions[3].guard", "the guard is empty";
    "name = \"module\"\npart": "on = [\"answer\"], to" => "on = [\"answer\"], guard = \"it is whole\", to", "name = \"answer\"", "machine.module.events[4]",
        "it is not said what `answer` does in the state `busy` where no guard holds";
    "name = \"module\"\npart": "    { within = [\"enabled\", \"busy\"], on = [\"enable\", \"settled\"]" => "    # { within = [\"enabled\", \"busy\"], on = [\"enable\", \"settled\"]", "name = \"enable\"",
        "machine.module.events[0]", "it is not said what `enable` does in the state `enabled`";
    "name = \"module\"\npart": "within = [\"busy\"], on = [\"command\"]" => "within = [\"busy\"], on = [\"answer\"]", "answer", "machine.module.stays[7].on",
        "the event `answer` in the state `busy` is decided twice";
    "name = \"module\"\npart": "reaction = \"supply on: it settles\"" => "reaction = \"\"", "reaction", "machine.module.stays[0].reaction", "the reaction is empty";
    "name = \"module\"\npart": "actions = [\"execute\"]" => "actions = [\"\"]", "actions", "machine.module.transitions[2].actions[0]", "the action is empty";
    "name = \"module\"\npart": "doc = \"The module answers a command.\"" => "doc = \"\"", "answer", "machine.module.events[4].doc", "the documentation is missing";
    "name = \"module\"\npart": "name = \"answer\"" => "name = \"command\"", "The module answers", "machine.module.events[4].name", "the name `command` is already taken, by ";
    "name = \"job\"\npart": "guard = \"the job is journalled\", to = \"interrupted\", actions = [], requirement = \"CW-JOB-009\" },\n    { from = [\"running\"], on = [\"power-lost\"], to" => "guard = \"the job is journalled\", to = \"interrupted\", actions = [], requirement = \"CW-JOB-009\" },\n    { from = [\"running\"], on = [\"power-lost\"], guard = \"the job is journalled\", to", "guard",
        "machine.job.transitions[4].guard", "the guard of the event `power-lost` in the state `running` is already taken, by machine.job.transitions[3].guard in line ";
    "name = \"module\"\npart": "part = \"service modules\"" => "part = \"\"", "part", "machine.module.part", "the part is missing";
    "[registry.job_state]": "\"interrupted\"" => "\"broken-off\"", "states = [\"unknown\"", "machine.job.states[2]", "the registry `job_state` has no value `interrupted`";

    // ICS and IXIT.
    "name = \"max-frame\"": "name = \"max-frame\"" => "name = \"links\"", "name = \"links\"", "ics.links.name", "the name `links` is already taken, by ics.links.name in line ";
    "name = \"max-frame\"": "name = \"max-frame\"" => "name = \"revision\"", "revision", "ics.revision.name", "the name `revision` is that of the revision that a form answers to";
    "name = \"max-frame\"": "section = \"Link\"" => "section = \"\"", "section", "ics.max-frame.section", "the section is empty";
    "name = \"max-frame\"": "range = [512, 4096]\n" => "", "[[ics]]", "ics.max-frame", "the number `max-frame` is not bounded";
    "name = \"max-frame\"": "example = 512" => "example = 511", "example", "ics.max-frame.example", "the example is no answer to `max-frame`";
    "name = \"methods\"": "registry = \"method\"" => "registry = \"methods\"", "registry", "ics.methods.registry", "there is no registry `methods`";
    "name = \"methods\"": "registry = \"method\"\n" => "", "[[ics]]", "ics.methods", "it is not said, or said twice, which values `methods` has";
    "name = \"methods\"": "always = [\"noise-nnpsk0\"]" => "always = [\"psk\"]", "always", "ics.methods.always[0]", "`methods` has no value `psk`";
    "name = \"certification-latch\"": "kind = \"boolean\"" => "kind = \"boolean\"\nregistry = \"method\"", "registry", "ics.certification-latch.registry",
        "an answer that is not one of values has no `registry`";
    "name = \"certification-latch\"": "example = true" => "example = false", "example", "ics.certification-latch.example", "the example is no answer to `certification-latch`";
    "name = \"contact-slots\"": "condition = { item = \"modules\", has = \"contact-card\" }\n" => "", "status", "ics.contact-slots.status", "it is not said what it depends on";
    "name = \"contact-slots\"": "item = \"modules\"" => "item = \"module\"", "condition", "ics.contact-slots.condition.item", "there is no claim `module`";
    "name = \"contact-slots\"": "has = \"contact-card\"" => "has = \"card-slot\"", "condition", "ics.contact-slots.condition.has", "the claim `modules` has no value `card-slot`";
    "name = \"contact-slots\"": "item = \"modules\", has = \"contact-card\"" => "item = \"contact-detect\"", "condition", "ics.contact-slots.condition.item",
        "`contact-detect` is no claim that others can depend on";
    "name = \"contact-slots\"": "item = \"modules\", has = \"contact-card\"" => "item = \"modules\"", "condition", "ics.contact-slots.condition", "it can't depend on `modules` so";
    "name = \"contact-slots\"": "status = \"conditional\"" => "status = \"optional\"", "condition", "ics.contact-slots.condition", "only a conditional claim has a condition";
    "name = \"power-off\"": "with = [\"power-on\"]" => "with = [\"power-off\"]", "with", "ixit.power-off.with[0]", "there is no other item `power-off`";
    "name = \"card-atr\"": "example = \"3b" => "example = \"3x", "example", "ixit.card-atr.example", "the example is nothing that `card-atr` holds";
};

#[test]
fn the_schema_itself_has_no_problems() {
    assert_eq!(problems(SCHEMA), []);
}

#[test]
fn every_break_is_named_with_its_place() {
    let missed: Vec<String> = CASES.iter().filter_map(|case| missed(case).err()).collect();
    assert!(
        missed.is_empty(),
        "{} of {}:\n{}",
        missed.len(),
        CASES.len(),
        missed.join("\n")
    );
}

/// What is not as it should be in the report of one break.
fn missed(case: &Case) -> Result<(), String> {
    let text = edited(case.behind, case.from, case.to);
    let found = problems(&text);
    let at = found
        .iter()
        .find(|problem| problem.path == case.path && problem.message.starts_with(case.message))
        .ok_or_else(|| format!("not found: {} {}\nfound: {found:#?}", case.path, case.message))?;
    let line = text.lines().nth(at.line - 1).unwrap_or_default();
    if !line.contains(case.line) || at.help.is_empty() {
        return Err(format!(
            "{}: line {} is `{line}`, help `{}`",
            case.path, at.line, at.help
        ));
    }
    Ok(())
}

#[test]
fn all_problems_are_reported_in_order() {
    let text =
        edited("[registry.policy]", "0x02", "0x01").replace("range = [512, 4096]", "range = [4096, 512]");
    let found = problems(&text);
    let paths: Vec<&str> = found.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "registry.policy.values[1].value",
            "message.hello.fields[1].range",
            "message.hello_answer.fields[2].range",
            // The proforma asks for the same figure.
            "ics.max-frame.range",
            "ics.max-frame.example",
        ]
    );
    assert!(found.windows(2).all(|pair| pair[0].line <= pair[1].line));
}

#[test]
fn a_slip_of_type_does_not_hide_another() {
    let text =
        edited("name = \"hello\"", "code = 0x01", "code = \"01\"").replace("opcode = 0x12", "opcode = 300");
    let paths: Vec<String> = problems(&text).into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["message.hello.code", "instruction.show.opcode"]);
}

#[test]
fn a_problem_reads_like_a_compiler_s() {
    let text = edited("name = \"hello\"", "range = [512, 4096]", "range = [4096, 512]");
    let line = text
        .lines()
        .position(|line| line.contains("range = [4096, 512]"))
        .unwrap()
        + 1;
    let found = problems(&text);
    assert_eq!(
        found[0].to_string(),
        format!(
            "protocol.toml:{line}:65: message.hello.fields[1].range: the range is inverted: 4096 is above 512\n  \
             help: write the lower bound first"
        )
    );
}

/// Finding the place of each slip takes a walk over the text: there is an end to it.
#[test]
fn a_text_of_nothing_but_slips_is_told_in_part() {
    let text: String = (0..2000)
        .map(|number| format!("[registry.r{number}]\n"))
        .collect();
    let problems = problems(&text);
    assert_eq!(problems.len(), 500);
    assert_eq!((problems[0].line, problems[499].line), (1, 500));
}
