#include "parts.h"

/* ANCHOR: step */
enum cw_step_fault cw_step_read(struct cw_span code, size_t at, struct cw_step *step, size_t *next)
{
    struct cw_cursor in = { code, at, { 0, 0 } };
    const struct cw_step none = { 0 };
    *step = none;
    step->opcode = (uint8_t)cw_number(&in, 1, 0, 0xFF);
    switch (step->opcode) {
    case CW_OP_RESET:
        step->reg = (uint8_t)cw_number(&in, 1, 0, CW_REGISTERS - 1);
        break;
    case CW_OP_APDU:
        step->bytes = cw_bytes(&in, 4, 255);
        step->reg = (uint8_t)cw_number(&in, 1, 0, CW_REGISTERS - 1);
        break;
    case CW_OP_SHOW:
        step->number = (uint8_t)cw_number(&in, 1, 0, 3);
        break;
    case CW_OP_DONE:
        step->number = (uint8_t)cw_number(&in, 1, 0, 0xFF);
        break;
    case CW_OP_WHEN_STATUS:
    case CW_OP_EXPECT:
        step->mask = (uint16_t)cw_number(&in, 2, 0, 0xFFFF);
        step->value = (uint16_t)cw_number(&in, 2, 0, 0xFFFF);
        if (step->opcode == CW_OP_WHEN_STATUS)
            step->target = (uint16_t)cw_number(&in, 2, 0, 0xFFFF);
        break;
    case CW_OP_WHEN_EMPTY:
        step->reg = (uint8_t)cw_number(&in, 1, 0, CW_REGISTERS - 1);
        step->target = (uint16_t)cw_number(&in, 2, 0, 0xFFFF);
        break;
    case CW_OP_GO:
        step->target = (uint16_t)cw_number(&in, 2, 0, 0xFFFF);
        break;
    case CW_OP_LOOP:
        step->number = (uint8_t)cw_number(&in, 1, 1, 0xFF);
        break;
    case CW_OP_AGAIN:
        break;
    case CW_OP_SET:
        step->reg = (uint8_t)cw_number(&in, 1, 0, CW_REGISTERS - 1);
        step->bytes = cw_bytes(&in, 0, 255);
        break;
    case CW_OP_SLICE:
        step->reg = (uint8_t)cw_number(&in, 1, 0, CW_REGISTERS - 1);
        step->number = (uint8_t)cw_number(&in, 1, 0, 0xFF);
        step->second = (uint8_t)cw_number(&in, 1, 1, 0xFF);
        break;
    case CW_OP_EMIT:
        step->bytes = cw_name(&in, 1, 24);
        step->number = cw_closed(&in, CW_ITEM_KIND_TEXT, CW_ITEM_KIND_NUMBER);
        step->second = cw_closed(&in, CW_CONVERSION_NONE, CW_CONVERSION_DIALLING_NUMBER);
        step->reg = (uint8_t)cw_number(&in, 1, 0, CW_REGISTERS - 1);
        break;
    case CW_OP_END:
        step->value = (uint16_t)cw_number(&in, 2, 0, 0xFFFF);
        break;
    default:
        return CW_STEP_OPCODE;
    }
    *next = in.at;
    return in.fault.rule == 0 ? CW_STEP_GOOD : CW_STEP_OPERAND;
}
/* ANCHOR_END: step */
