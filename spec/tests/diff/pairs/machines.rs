//! State machines, and what is said of parts of all sorts.

use super::{EVERYWHERE, Pair, pair, pair_of};

const MACHINE: &str = "name = \"module\"\npart";

const SECURITY: &str = "name = \"security\"\npart";
const WAY_TO_REST: &str = "transitions = [\n    { from = [\"deciding\"], on = [\"wrong\"], guard = \"it is late\", to = \"resting\", \
    actions = [], requirement = \"CW-CONN-009\" },\n";
const REST: &str = "stays = [\n    { within = [\"resting\"], on = [\"connect\", \"right\", \"wrong\", \"back-off-over\", \"power-lost\"], \
    reaction = \"nothing\", requirement = \"CW-CONN-009\" },\n";
const WAY_WHEN_LATE: &str = "transitions = [\n    { from = [\"deciding\"], on = [\"wrong\"], guard = \"it is late\", to = \"disabled\", \
    actions = [], requirement = \"CW-CONN-009\" },\n";
const LATE_THEN_EARLY: &str = "transitions = [\n    { from = [\"deciding\"], on = [\"wrong\"], guard = \"it is late\", to = \"disabled\", \
    actions = [], requirement = \"CW-CONN-009\" },\n    { from = [\"deciding\"], on = [\"wrong\"], guard = \"it is early\", \
    to = \"deciding\", actions = [], requirement = \"CW-CONN-009\" },\n";
const EARLY_THEN_LATE: &str = "transitions = [\n    { from = [\"deciding\"], on = [\"wrong\"], guard = \"it is early\", to = \"deciding\", \
    actions = [], requirement = \"CW-CONN-009\" },\n    { from = [\"deciding\"], on = [\"wrong\"], guard = \"it is late\", \
    to = \"disabled\", actions = [], requirement = \"CW-CONN-009\" },\n";
const NEW_MACHINE: &str = "[[machine]]\nname = \"lamp\"\npart = \"main control\"\ndoc = \"A lamp.\"\ninitial = \"dark\"\n\
    states = [\"dark\", \"lit\"]\nevents = [{ name = \"switch\", doc = \"It is switched.\" }]\ntransitions = [\n\
    { from = [\"dark\"], on = [\"switch\"], to = \"lit\", actions = [], requirement = \"CW-MOD-001\" },\n\
    { from = [\"lit\"], on = [\"switch\"], to = \"dark\", actions = [], requirement = \"CW-MOD-001\" },\n]\n\n[[machine]]";

const OPTIONAL_CLAIM: &str = "[[ics]]\nname = \"colour\"\nsection = \"Link\"\nquestion = \"Which colour has it?\"\nkind = \"text\"\n\
    status = \"optional\"\ndoc = \"Its colour.\"\nexample = \"red\"\n\n[[ics]]";
const OBLIGATORY_QUESTION: &str = "[[ixit]]\nname = \"desk\"\nsection = \"Bench\"\ntype = \"text\"\nobligatory = true\n\
    doc = \"Where it stands.\"\nexample = \"by the window\"\n\n[[ixit]]";

pub(super) const PAIRS: &[Pair] = &[
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
    pair(
        "machine-added",
        "machine-removed",
        &[("[[machine]]", "[[machine]]", NEW_MACHINE)],
    ),
    pair(
        "machine-initial",
        "machine-initial",
        &[(SECURITY, "initial = \"disabled\"", "initial = \"backing-off\"")],
    ),
    pair(
        "machine-event-renamed",
        "machine-event-renamed",
        &[(EVERYWHERE, "\"back-off-over\"", "\"wait-over\"")],
    ),
    pair(
        "machine-state-renamed",
        "machine-state-renamed",
        &[(EVERYWHERE, "\"deciding\"", "\"checking\"")],
    ),
    pair(
        "machine-state-added",
        "machine-state-removed",
        &[
            (SECURITY, "states = [", "states = [\"resting\", "),
            (SECURITY, "transitions = [\n", WAY_TO_REST),
            (SECURITY, "stays = [\n", REST),
        ],
    ),
    pair(
        "machine-transition-added",
        "machine-transition-removed",
        &[(SECURITY, "transitions = [\n", WAY_WHEN_LATE)],
    ),
    pair_of(
        "machine-transition-order",
        "machine-transition-order",
        &[(SECURITY, "transitions = [\n", LATE_THEN_EARLY)],
        &[(SECURITY, LATE_THEN_EARLY, EARLY_THEN_LATE)],
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
    pair_of(
        "since-raised",
        "since-lowered",
        &[("[protocol]", "version = 1", "version = 2")],
        &[(
            "name = \"progress\"",
            "requirement = \"CW-JOB-008\"",
            "requirement = \"CW-JOB-008\"\nsince = 2",
        )],
    ),
    // What vendors state, and laboratories ask.
    pair(
        "proforma-added",
        "proforma-removed",
        &[("[[ics]]", "[[ics]]", OPTIONAL_CLAIM)],
    ),
    pair(
        "proforma-added-obligatory",
        "proforma-removed",
        &[("[[ixit]]", "[[ixit]]", OBLIGATORY_QUESTION)],
    ),
    pair_of(
        "proforma-duty-raised",
        "proforma-duty-lowered",
        &[("[[ics]]", "[[ics]]", OPTIONAL_CLAIM)],
        &[(
            "name = \"colour\"",
            "status = \"optional\"",
            "status = \"mandatory\"",
        )],
    ),
    pair(
        "proforma-answer",
        "proforma-answer",
        &[(
            "name = \"max-frame\"",
            "range = [512, 4096]",
            "range = [512, 2048]",
        )],
    ),
];
