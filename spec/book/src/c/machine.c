#include "parts.h"

#include <string.h>

void cw_machine_load(struct cw_machine *machine, const struct cw_logic *logic)
{
    memset(machine, 0, sizeof *machine);
    memcpy(machine->code, logic->code.bytes, logic->code.size);
    machine->size = logic->code.size;
    machine->budget = logic->budget;
}

static void set(struct cw_register *reg, struct cw_span bytes)
{
    reg->size = bytes.size;
    if (bytes.size > 0)
        memcpy(reg->bytes, bytes.bytes, bytes.size);
}

bool cw_machine_answer(struct cw_machine *machine, uint8_t into, struct cw_span bytes)
{
    if (bytes.size > CW_REGISTER_SIZE)
        return false;
    set(&machine->registers[into], bytes);
    return true;
}

/* ANCHOR: emit */
enum emitted { EMITTED, EMIT_FAULT, EMIT_TOO_LARGE };

static enum emitted emit(struct cw_machine *machine, struct cw_data *data, const struct cw_step *step)
{
    uint8_t value[255];
    size_t size;
    const struct cw_register *reg = &machine->registers[step->reg];
    if (!cw_convert(step->second, cw_span(reg->bytes, reg->size), value, &size))
        return EMIT_FAULT;
    struct cw_span text = cw_span(value, size);
    /* A conversion that gives no text says that the card holds nothing there. */
    if (step->number == CW_ITEM_KIND_TEXT && size == 0)
        return EMITTED;
    if (step->number == CW_ITEM_KIND_TEXT && !cw_is_utf8(text))
        return EMIT_FAULT;
    if (step->number == CW_ITEM_KIND_NUMBER && size != 4)
        return EMIT_FAULT;
    return cw_data_add(data, step->bytes, step->number, text) ? EMITTED : EMIT_TOO_LARGE;
}
/* ANCHOR_END: emit */

/* ANCHOR: run */
/* Executes instructions up to the next that needs a module or ends the service. */
enum cw_effect cw_machine_run(struct cw_machine *machine, struct cw_data *data, struct cw_step *step, uint16_t *outcome)
{
    struct cw_span code = cw_span(machine->code, machine->size);
    *outcome = CW_OUTCOME_LOGIC_FAULT;
    while (machine->steps < machine->budget) {
        size_t next;
        if (cw_step_read(code, machine->next, step, &next) != CW_STEP_GOOD)
            return CW_EFFECT_END;
        machine->next = next;
        machine->steps++;
        struct cw_register *reg = &machine->registers[step->reg];
        bool matches = (machine->status_word & step->mask) == step->value;
        switch (step->opcode) {
        case CW_OP_RESET:
        case CW_OP_APDU:
        case CW_OP_SHOW:
            return CW_EFFECT_CALL;
        case CW_OP_DONE:
            return CW_EFFECT_DONE;
        case CW_OP_WHEN_STATUS:
            if (matches)
                machine->next = step->target;
            break;
        case CW_OP_WHEN_EMPTY:
            if (reg->size == 0)
                machine->next = step->target;
            break;
        case CW_OP_GO:
            machine->next = step->target;
            break;
        case CW_OP_LOOP:
            if (machine->depth == CW_LOOP_DEPTH_MAX)
                return CW_EFFECT_END;
            machine->loops[machine->depth].body = machine->next;
            machine->loops[machine->depth].left = step->number;
            machine->depth++;
            break;
        case CW_OP_AGAIN:
            if (machine->depth == 0)
                return CW_EFFECT_END;
            if (--machine->loops[machine->depth - 1].left > 0)
                machine->next = machine->loops[machine->depth - 1].body;
            else
                machine->depth--;
            break;
        case CW_OP_SET:
            set(reg, step->bytes);
            break;
        case CW_OP_SLICE:
            if ((size_t)step->number + step->second > reg->size)
                return CW_EFFECT_END;
            memmove(reg->bytes, reg->bytes + step->number, step->second);
            reg->size = step->second;
            break;
        case CW_OP_EMIT:
            switch (emit(machine, data, step)) {
            case EMITTED:
                break;
            case EMIT_TOO_LARGE:
                *outcome = CW_OUTCOME_DATA_TOO_LARGE;
                return CW_EFFECT_END;
            case EMIT_FAULT:
                return CW_EFFECT_END;
            }
            break;
        case CW_OP_EXPECT:
            if (!matches) {
                *outcome = CW_OUTCOME_CARD_STATUS;
                return CW_EFFECT_END;
            }
            break;
        case CW_OP_END:
            *outcome = step->value;
            return CW_EFFECT_END;
        default:
            return CW_EFFECT_END;
        }
    }
    return CW_EFFECT_END;
}
/* ANCHOR_END: run */
