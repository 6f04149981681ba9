#include "parts.h"

#include <string.h>

/* ANCHOR: tables */
/* What is known of an instruction before it is visited. All jumps lead ahead, so that one pass sees every path. */
enum { UNREACHED = 0xFFFF, UNUSED = 1, USED = 2, DONE = 4 };
/* And beside the facts about modules: outside of what is critical, inside. */
enum { OUTSIDE = 0x4000, INSIDE = 0x8000, CRITICAL = OUTSIDE | INSIDE };

struct open_loop {
    uint16_t id;
    uint32_t rounds, entry; /* entry: the longest path up to and with `loop` */
    uint32_t last_end;      /* the longest path to an `end` in its body, in the first round; 0: none */
    uint16_t critical;      /* outside or inside at its beginning */
};

struct walk {
    const struct cw_logic *logic;
    uint16_t length[CW_CODE_MAX + 1];    /* the longest path to this offset */
    uint16_t facts[CW_CODE_MAX + 1];     /* three bits for each module of the reader */
    uint16_t from_loop[CW_CODE_MAX + 1]; /* the loop in which a label to it stands, plus one */
    size_t open_targets;
    struct open_loop loops[CW_LOOP_DEPTH_MAX];
    size_t depth;
    uint16_t loops_seen; /* no more than the code has bytes */
};
/* 5.5 kilobytes that only one verification at a time needs. */
static struct walk walk;
/* ANCHOR_END: tables */

/* ANCHOR: modules */
static const uint8_t modules[] = { CW_MODULE_CONTACT_CARD, CW_MODULE_CONTACTLESS_CARD, CW_MODULE_INDICATOR,
                                   CW_MODULE_PIN_PAD };
enum { MODULES = sizeof modules };

/* Where the facts of a declared module stand, or below 0. */
static int shift_of(uint8_t module)
{
    bool declared = walk.logic->modules.count > 0 &&
                    memchr(walk.logic->modules.items, module, walk.logic->modules.count) != NULL;
    for (size_t i = 0; i < MODULES; i++)
        if (modules[i] == module && declared)
            return (int)(3 * i);
    return -1;
}

static uint8_t use(uint8_t module, uint16_t *facts, bool is_done)
{
    int shift = shift_of(module);
    if (shift < 0)
        return CW_LOGIC_RULE_MODULE;
    bool per_step = walk.logic->policy == CW_POLICY_PER_STEP;
    bool was_done = (*facts >> shift & DONE) != 0;
    /* In a loop it would be done twice. */
    if (per_step && (was_done || (is_done && walk.depth > 0)))
        return CW_LOGIC_RULE_DONE;
    *facts = (uint16_t)((*facts & ~(7u << shift)) | (unsigned)(is_done ? DONE : USED) << shift);
    return 0;
}

/* Declared modules that the reader has; parameters declared once, with bounds that a value can meet. */
static uint8_t declarations(const struct cw_logic *logic)
{
    for (size_t i = 0; i < logic->modules.count; i++)
        if (memchr(modules, logic->modules.items[i], MODULES) == NULL)
            return CW_LOGIC_RULE_MODULE;
    for (size_t i = 0; i < logic->parameter_count; i++) {
        const struct cw_parameter *parameter = &logic->parameters[i];
        bool in_bytes = parameter->kind != CW_ITEM_KIND_NUMBER;
        if (cw_parameter_of(logic, parameter->name) != parameter || parameter->minimum > parameter->maximum ||
            (in_bytes && parameter->maximum > 255))
            return CW_LOGIC_RULE_PARAMETER;
    }
    return 0;
}

static uint8_t filter(const struct cw_step *step)
{
    return cw_is_well_formed(step->bytes) && cw_may_be_sent(step->bytes.bytes) ? 0 : CW_LOGIC_RULE_FILTER;
}
/* ANCHOR_END: modules */

/* ANCHOR: paths */
static uint16_t here(void)
{
    return walk.depth > 0 ? walk.loops[walk.depth - 1].id : 0;
}

static void arrive(size_t at, uint32_t length, uint16_t facts)
{
    if (walk.length[at] == UNREACHED || walk.length[at] < length)
        walk.length[at] = (uint16_t)length;
    walk.facts[at] |= facts;
}

static uint8_t jump(size_t next, size_t target, uint32_t length, uint16_t facts)
{
    if (target < next || target >= walk.logic->code.size)
        return CW_LOGIC_RULE_TARGET;
    if (walk.from_loop[target] == 0) {
        walk.from_loop[target] = (uint16_t)(here() + 1);
        walk.open_targets++;
    } else if (walk.from_loop[target] != here() + 1) {
        return CW_LOGIC_RULE_TARGET;
    }
    arrive(target, length, facts);
    return 0;
}

static uint8_t open_loop(uint8_t rounds, uint32_t length, uint16_t facts)
{
    if (walk.depth == CW_LOOP_DEPTH_MAX)
        return CW_LOGIC_RULE_LOOP;
    struct open_loop loop = { ++walk.loops_seen, rounds, length, 0, facts & CRITICAL };
    walk.loops[walk.depth++] = loop;
    return 0;
}

/* Length behind the loop that ends here; an `end` in its body may come in the last round. */
static uint8_t close_loop(uint32_t length, uint16_t facts, uint32_t *behind)
{
    if (walk.depth == 0)
        return CW_LOGIC_RULE_LOOP;
    struct open_loop *loop = &walk.loops[--walk.depth];
    uint32_t body = length - loop->entry;
    *behind = loop->entry + loop->rounds * body;
    uint32_t last_end = loop->last_end == 0 ? 0 : loop->last_end + (loop->rounds - 1) * body;
    if (*behind > walk.logic->budget || last_end > walk.logic->budget)
        return CW_LOGIC_RULE_BUDGET;
    if ((facts & CRITICAL) != loop->critical)
        return CW_LOGIC_RULE_CRITICAL;
    if (walk.depth > 0 && last_end > walk.loops[walk.depth - 1].last_end)
        walk.loops[walk.depth - 1].last_end = last_end;
    return 0;
}

static uint8_t critical(uint16_t *facts, uint16_t from, uint16_t to)
{
    if ((*facts & CRITICAL) != from)
        return CW_LOGIC_RULE_CRITICAL;
    *facts = (uint16_t)((*facts & ~CRITICAL) | to);
    return 0;
}

static uint8_t end(uint32_t length, uint16_t facts)
{
    if ((facts & CRITICAL) != OUTSIDE)
        return CW_LOGIC_RULE_CRITICAL;
    for (size_t i = 0; i < MODULES; i++)
        if (walk.logic->policy == CW_POLICY_PER_STEP && (facts >> 3 * i & USED) != 0)
            return CW_LOGIC_RULE_DONE;
    if (walk.depth > 0 && length > walk.loops[walk.depth - 1].last_end)
        walk.loops[walk.depth - 1].last_end = length;
    return 0;
}
/* ANCHOR_END: paths */

/* ANCHOR: visit */
static uint8_t visit(size_t at, size_t next, const struct cw_step *step)
{
    /* Code that no path reaches would hide from the rules about paths. */
    if (walk.length[at] == UNREACHED)
        return CW_LOGIC_RULE_TARGET;
    if (walk.from_loop[at] != 0) {
        walk.open_targets--;
        if (walk.from_loop[at] != here() + 1)
            return CW_LOGIC_RULE_TARGET;
    }
    uint16_t facts = walk.facts[at];
    if ((facts & CRITICAL) == CRITICAL)
        return CW_LOGIC_RULE_CRITICAL;
    uint32_t length = walk.length[at] + 1u;
    if (length > walk.logic->budget)
        return CW_LOGIC_RULE_BUDGET;
    uint8_t rule = 0, module = cw_step_module(step->opcode);
    switch (step->opcode) {
    case CW_OP_APDU:
    case CW_OP_COMMAND:
        rule = filter(step);
        break;
    case CW_OP_DONE:
        rule = use(step->number[0], &facts, true);
        break;
    case CW_OP_PARAMETER:
        rule = cw_parameter_of(walk.logic, step->bytes) != NULL ? 0 : CW_LOGIC_RULE_PARAMETER;
        break;
    case CW_OP_WHEN_STATUS:
    case CW_OP_WHEN_EMPTY:
    case CW_OP_WHEN_EQUAL:
    case CW_OP_WHEN_LONGER:
    case CW_OP_WHEN_BYTE:
        rule = jump(next, step->target, length, facts);
        break;
    case CW_OP_GO:
        return jump(next, step->target, length, facts);
    case CW_OP_LOOP:
        rule = open_loop(step->number[0], length, facts);
        break;
    case CW_OP_AGAIN:
        rule = close_loop(length, facts, &length);
        break;
    case CW_OP_CRITICAL:
        rule = critical(&facts, OUTSIDE, INSIDE);
        break;
    case CW_OP_SETTLED:
        rule = critical(&facts, INSIDE, OUTSIDE);
        break;
    case CW_OP_END:
        return end(length, facts);
    default:
        break;
    }
    if (rule == 0 && module != 0)
        rule = use(module, &facts, false);
    if (rule == 0)
        arrive(next, length, facts);
    return rule;
}

/* The first rule that logic breaks, 0 where it breaks none. */
uint8_t cw_verify(const struct cw_logic *logic)
{
    memset(&walk, 0, sizeof walk);
    memset(walk.length, 0xFF, sizeof walk.length);
    walk.logic = logic;
    uint8_t declared = declarations(logic);
    if (declared != 0)
        return declared;
    arrive(0, 0, UNUSED | UNUSED << 3 | UNUSED << 6 | UNUSED << 9 | OUTSIDE);
    for (size_t at = 0, next = 0; at < logic->code.size; at = next) {
        struct cw_step step;
        enum cw_step_fault fault = cw_step_read(logic->code, at, &step, &next);
        if (fault != CW_STEP_GOOD)
            return fault == CW_STEP_OPCODE ? CW_LOGIC_RULE_OPCODE : CW_LOGIC_RULE_OPERAND;
        uint8_t rule = visit(at, next, &step);
        if (rule != 0)
            return rule;
    }
    if (walk.depth > 0)
        return CW_LOGIC_RULE_LOOP;
    if (walk.open_targets > 0)
        return CW_LOGIC_RULE_TARGET;
    return walk.length[logic->code.size] == UNREACHED ? 0 : CW_LOGIC_RULE_END;
}
/* ANCHOR_END: visit */
