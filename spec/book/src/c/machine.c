#include "parts.h"

#include <string.h>

void cw_machine_load(struct cw_machine *machine, const struct cw_logic *logic, uint8_t format,
                     struct cw_span parameters)
{
    memset(machine, 0, sizeof *machine);
    machine->logic = *logic;
    machine->parameters.format = format;
    machine->parameters.size = parameters.size;
    if (parameters.size > 0)
        memcpy(machine->parameters.bytes, parameters.bytes, parameters.size);
}

/* ANCHOR: emit */
/* 0, or the outcome that ends the service. */
static uint16_t emit(struct cw_machine *machine, struct cw_data *data, const struct cw_step *step)
{
    uint8_t value[CW_REGISTER_SIZE], kind = step->number[0], conversion = step->number[1];
    size_t size;
    const struct cw_register *reg = &machine->registers[step->into];
    /* What the holder or the owner of a card keeps secret never gets into service data. */
    if (reg->secret || !cw_convert(conversion, cw_span(reg->bytes, reg->size), value, &size) || size > 255)
        return CW_OUTCOME_LOGIC_FAULT;
    struct cw_span text = cw_span(value, size);
    /* A conversion that gives no text says that the card holds nothing there. */
    if (kind == CW_ITEM_KIND_TEXT && size == 0)
        return 0;
    if ((kind == CW_ITEM_KIND_TEXT && !cw_is_utf8(text)) || (kind == CW_ITEM_KIND_NUMBER && size != 4))
        return CW_OUTCOME_LOGIC_FAULT;
    return cw_data_add(data, step->bytes, kind, text) ? 0 : CW_OUTCOME_DATA_TOO_LARGE;
}
/* ANCHOR_END: emit */

/* ANCHOR: branch */
enum branch { STAY, BRANCH, BEYOND };

/* Whether an instruction with a label goes on there. */
static enum branch branch(const struct cw_machine *machine, const struct cw_step *step)
{
    const struct cw_register *reg = &machine->registers[step->reg[0]], *other = &machine->registers[step->into];
    bool holds = true; /* go */
    switch (step->opcode) {
    case CW_OP_WHEN_STATUS:
        holds = (machine->status_word & step->word[0]) == step->word[1];
        break;
    case CW_OP_WHEN_EMPTY:
        holds = reg->size == 0;
        break;
    case CW_OP_WHEN_EQUAL:
        holds = reg->size == other->size && memcmp(reg->bytes, other->bytes, reg->size) == 0;
        break;
    case CW_OP_WHEN_LONGER:
        holds = reg->size > other->size;
        break;
    case CW_OP_WHEN_BYTE:
        if (step->number[0] >= reg->size)
            return BEYOND;
        holds = (reg->bytes[step->number[0]] & step->number[1]) == step->number[2];
        break;
    default:
        break;
    }
    return holds ? BRANCH : STAY;
}
/* ANCHOR_END: branch */

/* ANCHOR: run */
/* Executes instructions up to the next that needs a module, has something to tell, or ends the service. */
enum cw_effect cw_machine_run(struct cw_machine *machine, struct cw_data *data, struct cw_step *step, uint16_t *outcome)
{
    *outcome = CW_OUTCOME_LOGIC_FAULT;
    while (machine->steps < machine->logic.budget) {
        size_t next;
        if (cw_step_read(machine->logic.code, machine->next, step, &next) != CW_STEP_GOOD)
            return CW_EFFECT_END;
        machine->next = next;
        machine->steps++;
        if (cw_step_module(step->opcode) != 0)
            return CW_EFFECT_CALL;
        switch (step->opcode) {
        case CW_OP_DONE:
            return CW_EFFECT_DONE;
        case CW_OP_WHEN_STATUS:
        case CW_OP_WHEN_EMPTY:
        case CW_OP_GO:
        case CW_OP_WHEN_EQUAL:
        case CW_OP_WHEN_LONGER:
        case CW_OP_WHEN_BYTE: {
            enum branch found = branch(machine, step);
            if (found == BEYOND)
                return CW_EFFECT_END;
            if (found == BRANCH)
                machine->next = step->target;
            break;
        }
        case CW_OP_LOOP:
            if (machine->depth == CW_LOOP_DEPTH_MAX)
                return CW_EFFECT_END;
            machine->loops[machine->depth].body = machine->next;
            machine->loops[machine->depth].left = step->number[0];
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
        case CW_OP_CRITICAL:
        case CW_OP_SETTLED:
            machine->critical = step->opcode == CW_OP_CRITICAL;
            machine->wrote = false;
            break;
        case CW_OP_PROGRESS:
            if (machine->percent == step->number[0])
                break;
            machine->percent = step->number[0];
            return CW_EFFECT_PROGRESS;
        case CW_OP_EMIT: {
            uint16_t ended = emit(machine, data, step);
            if (ended != 0) {
                *outcome = ended;
                return CW_EFFECT_END;
            }
            break;
        }
        case CW_OP_EXPECT:
            if ((machine->status_word & step->word[0]) != step->word[1]) {
                *outcome = CW_OUTCOME_CARD_STATUS;
                return CW_EFFECT_END;
            }
            break;
        case CW_OP_END:
            *outcome = step->word[0];
            return CW_EFFECT_END;
        default:
            if (!cw_registers_execute(machine, step))
                return CW_EFFECT_END;
        }
    }
    return CW_EFFECT_END;
}
/* ANCHOR_END: run */
