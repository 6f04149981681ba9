#include "parts.h"

#include <string.h>

void cw_register_set(struct cw_register *reg, struct cw_span bytes)
{
    reg->size = bytes.size;
    reg->secret = false;
    if (bytes.size > 0)
        memmove(reg->bytes, bytes.bytes, bytes.size);
}

static struct cw_span part(const struct cw_register *reg, size_t offset, size_t size)
{
    return cw_span(reg->bytes + offset, size);
}

/* Part of a register into another one, or into itself; what comes out of a secret is one. */
static void move(struct cw_register *into, const struct cw_register *from, size_t offset, size_t size)
{
    bool secret = from->secret;
    cw_register_set(into, part(from, offset, size));
    into->secret = secret;
}

/* ANCHOR: registers */
static bool join(struct cw_register *into, const struct cw_register *from)
{
    size_t more = from->size;
    if (more > CW_REGISTER_SIZE - into->size)
        return false;
    memmove(into->bytes + into->size, from->bytes, more);
    into->size += more;
    into->secret = into->secret || from->secret;
    return true;
}

static bool split(struct cw_register *reg, size_t length, struct cw_register *rest)
{
    if (length > reg->size)
        return false;
    size_t kept = reg->size - length;
    move(rest, reg, kept, length);
    if (rest != reg)
        reg->size = kept;
    return true;
}

static bool patch(struct cw_register *reg, size_t offset, const struct cw_register *from)
{
    if (offset + from->size > reg->size)
        return false;
    memmove(reg->bytes + offset, from->bytes, from->size);
    reg->secret = reg->secret || from->secret;
    return true;
}

static bool add(struct cw_register *reg, unsigned value)
{
    if (reg->size == 0)
        return false;
    for (size_t at = reg->size; at > 0 && value > 0; at--) {
        value += reg->bytes[at - 1];
        reg->bytes[at - 1] = (uint8_t)value;
        value >>= 8;
    }
    return value == 0;
}

/* Data objects one behind the other, up to the one with the tag. */
static bool find(const struct cw_register *reg, uint16_t tag, struct cw_register *into)
{
    size_t at = 0;
    while (at < reg->size) {
        uint16_t seen = reg->bytes[at++];
        if (seen == 0x00 || seen == 0xFF)
            continue;
        if ((seen & 0x1F) == 0x1F) {
            if (at == reg->size || reg->bytes[at] > 0x7F)
                return false;
            seen = (uint16_t)(seen << 8 | reg->bytes[at++]);
        }
        if (at == reg->size)
            return false;
        size_t length = reg->bytes[at++];
        if (length == 0x81 && at < reg->size)
            length = reg->bytes[at++];
        else if (length > 0x7F)
            return false;
        if (length > reg->size - at)
            return false;
        if (seen == tag) {
            move(into, reg, at, length);
            return true;
        }
        at += length;
    }
    move(into, reg, 0, 0);
    return true;
}

/* Bytes behind their length. */
static bool take(struct cw_register *reg, struct cw_register *into)
{
    if (reg->size == 0 || reg->bytes[0] > reg->size - 1)
        return false;
    size_t length = reg->bytes[0], left = reg->size - 1 - length;
    move(into, reg, 1, length);
    if (into != reg)
        move(reg, reg, 1 + length, left);
    return true;
}
/* ANCHOR_END: registers */

static bool convert(struct cw_register *reg, uint8_t conversion)
{
    uint8_t value[CW_REGISTER_SIZE];
    size_t size;
    bool secret = reg->secret, good = cw_convert(conversion, part(reg, 0, reg->size), value, &size);
    if (good) {
        cw_register_set(reg, cw_span(value, size));
        reg->secret = secret;
    }
    cw_wipe(value, sizeof value);
    return good;
}

/* An instruction that works on registers alone. False: it would use what is not there. */
bool cw_registers_execute(struct cw_machine *machine, const struct cw_step *step)
{
    struct cw_register *reg = &machine->registers[step->reg[0]], *other = &machine->registers[step->into];
    const uint8_t *number = step->number;
    uint8_t status[2];
    switch (step->opcode) {
    case CW_OP_SET:
        cw_register_set(reg, step->bytes);
        return true;
    case CW_OP_SLICE:
        if ((size_t)number[0] + number[1] > reg->size)
            return false;
        move(reg, reg, number[0], number[1]);
        return true;
    case CW_OP_COPY:
        move(reg, other, 0, other->size);
        return true;
    case CW_OP_JOIN:
        return join(reg, other);
    case CW_OP_SPLIT:
        return split(reg, number[0], other);
    case CW_OP_FILL:
        memset(reg->bytes, number[0], reg->size);
        return true;
    case CW_OP_PATCH:
        return patch(reg, number[0], other);
    case CW_OP_PUT:
        if (number[0] >= reg->size)
            return false;
        reg->bytes[number[0]] = (uint8_t)((reg->bytes[number[0]] & ~number[1]) | (number[2] & number[1]));
        return true;
    case CW_OP_PARAMETER:
        return cw_parameter_take(machine, step->bytes, reg);
    case CW_OP_STATUS:
        cw_put(status, machine->status_word, 2);
        cw_register_set(reg, cw_span(status, 2));
        return true;
    case CW_OP_ADD:
        return add(reg, number[0]);
    case CW_OP_FIND:
        return find(reg, step->word[0], other);
    case CW_OP_TAKE:
        return take(reg, other);
    case CW_OP_CONVERT:
        return convert(reg, number[0]);
    default:
        return false;
    }
}
