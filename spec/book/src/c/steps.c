#include "parts.h"

/* ANCHOR: step */
/* Each instruction with the module that it calls, and its operands in order, a letter for each type. */
static const struct {
    uint8_t opcode, module;
    const char *operands;
} instructions[] = {
    { CW_OP_RESET, CW_MODULE_CONTACT_CARD, "r" },
    { CW_OP_APDU, CW_MODULE_CONTACT_CARD, "ar" },
    { CW_OP_SHOW, CW_MODULE_INDICATOR, "s" },
    { CW_OP_COMMAND, CW_MODULE_CONTACT_CARD, "hrrlr" },
    { CW_OP_EXCHANGE, CW_MODULE_CONTACT_CARD, "rr" },
    { CW_OP_PIN, CW_MODULE_CONTACT_CARD, "frrrr" },
    { CW_OP_ASK, CW_MODULE_PIN_PAD, "qr" },
    { CW_OP_POLL, CW_MODULE_CONTACTLESS_CARD, "r" },
    { CW_OP_DONE, 0, "b" },
    { CW_OP_WHEN_STATUS, 0, "wwt" },
    { CW_OP_WHEN_EMPTY, 0, "rt" },
    { CW_OP_GO, 0, "t" },
    { CW_OP_LOOP, 0, "1" },
    { CW_OP_AGAIN, 0, "" },
    { CW_OP_WHEN_EQUAL, 0, "rrt" },
    { CW_OP_WHEN_LONGER, 0, "rrt" },
    { CW_OP_WHEN_BYTE, 0, "rbbbt" },
    { CW_OP_CRITICAL, 0, "" },
    { CW_OP_SETTLED, 0, "" },
    { CW_OP_SET, 0, "rv" },
    { CW_OP_SLICE, 0, "rb1" },
    { CW_OP_COPY, 0, "rr" },
    { CW_OP_JOIN, 0, "rr" },
    { CW_OP_SPLIT, 0, "r1r" },
    { CW_OP_FILL, 0, "rb" },
    { CW_OP_PATCH, 0, "rbr" },
    { CW_OP_PUT, 0, "rbbb" },
    { CW_OP_EMIT, 0, "nkcr" },
    { CW_OP_EXPECT, 0, "ww" },
    { CW_OP_PROGRESS, 0, "%" },
    { CW_OP_PARAMETER, 0, "nr" },
    { CW_OP_STATUS, 0, "r" },
    { CW_OP_END, 0, "w" },
    { CW_OP_ADD, 0, "rb" },
    { CW_OP_FIND, 0, "rwr" },
    { CW_OP_TAKE, 0, "rr" },
    { CW_OP_CONVERT, 0, "cr" },
};

enum cw_step_fault cw_step_read(struct cw_span code, size_t at, struct cw_step *step, size_t *next)
{
    struct cw_cursor in = { code, at, { 0, 0 } };
    const struct cw_step none = { 0 };
    const char *operand = NULL;
    size_t numbers = 0, words = 0;
    *step = none;
    step->opcode = (uint8_t)cw_number(&in, 1, 0, 0xFF);
    for (size_t i = 0; i < sizeof instructions / sizeof *instructions; i++)
        if (instructions[i].opcode == step->opcode)
            operand = instructions[i].operands;
    if (operand == NULL)
        return CW_STEP_OPCODE;
    for (; *operand != 0; operand++) {
        switch (*operand) {
        case 'r': /* a register */
            step->into = (uint8_t)cw_number(&in, 1, 0, CW_REGISTERS - 1);
            step->reg[step->regs++] = step->into;
            break;
        case 'a': /* a command APDU */
            step->bytes = cw_bytes(&in, 4, 255);
            break;
        case 'h': /* its header */
            step->bytes = cw_span(cw_exactly(&in, 4), 4);
            break;
        case 'l': /* its Le */
            step->le = cw_bytes(&in, 0, 1);
            break;
        case 'v': /* a value for a register */
            step->bytes = cw_bytes(&in, 0, 255);
            break;
        case 'n': /* a name */
            step->bytes = cw_name(&in, 1, 24);
            break;
        case 'w': /* a number of two bytes */
            step->word[words++] = (uint16_t)cw_number(&in, 2, 0, 0xFFFF);
            break;
        case 't': /* a label */
            step->target = (uint16_t)cw_number(&in, 2, 0, 0xFFFF);
            break;
        case 'k':
            step->number[numbers++] = cw_closed(&in, CW_ITEM_KIND_TEXT, CW_ITEM_KIND_NUMBER);
            break;
        case 'c':
            step->number[numbers++] = cw_closed(&in, CW_CONVERSION_NONE, CW_CONVERSION_TO_SC_ADDRESS);
            break;
        case 'f':
            step->number[numbers++] = cw_closed(&in, CW_PIN_FUNCTION_VERIFY, CW_PIN_FUNCTION_UNBLOCK);
            break;
        case 'q':
            step->number[numbers++] = cw_closed(&in, CW_PROMPT_PIN, CW_PROMPT_PUK);
            break;
        default: { /* numbers of one byte: any, from 1 on, a pattern, a percentage */
            uint32_t max = *operand == 's' ? 3 : *operand == '%' ? 100 : 0xFF;
            step->number[numbers++] = (uint8_t)cw_number(&in, 1, *operand == '1' ? 1 : 0, max);
        }
        }
    }
    *next = in.at;
    return in.fault.rule == 0 ? CW_STEP_GOOD : CW_STEP_OPERAND;
}

/* The module that an instruction calls; 0: none. */
uint8_t cw_step_module(uint8_t opcode)
{
    for (size_t i = 0; i < sizeof instructions / sizeof *instructions; i++)
        if (instructions[i].opcode == opcode)
            return instructions[i].module;
    return 0;
}
/* ANCHOR_END: step */
