#include "parts.h"

#include <string.h>

enum { READ_TRIES = 0x20, READ_PUK_TRIES = 0x2C, GET_RESPONSE = 0xC0, UPDATE_BINARY = 0xD6, UPDATE_RECORD = 0xDC };
enum { SECRET_MIN = 4, SECRET_MAX = 8 };

/* ANCHOR: filter */
/* A command APDU with short lengths, of case 1, 2, 3 or 4. */
bool cw_is_well_formed(struct cw_span command)
{
    if (command.size <= 5)
        return command.size >= 4;
    size_t lc = command.bytes[4];
    return lc > 0 && (command.size == 5 + lc || command.size == 6 + lc);
}

/* Whether logic may send commands of this class and instruction. */
bool cw_may_be_sent(const uint8_t header[2])
{
    static const uint8_t classes[] = { 0x00, 0x01, 0x02, 0x03, 0x80 };
    static const uint8_t instructions[] = { 0xA4, 0xB0, 0xB2, 0xA2, 0x88, 0xF2, 0xD6, 0xDC, 0x70 };
    return memchr(classes, header[0], sizeof classes) != NULL &&
           memchr(instructions, header[1], sizeof instructions) != NULL;
}
/* ANCHOR_END: filter */

/* ANCHOR: make */
static void append(struct cw_run *run, struct cw_span bytes)
{
    if (bytes.size > 0)
        memcpy(run->command + run->command_size, bytes.bytes, bytes.size);
    run->command_size += bytes.size;
}

static struct cw_span contents(const struct cw_register *reg)
{
    return cw_span(reg->bytes, reg->size);
}

/* The command that `command` makes of a header and registers. */
static uint16_t compose(struct cw_run *run, const struct cw_register *address, const struct cw_register *data)
{
    if (address->size > 2 || data->size > 255)
        return CW_OUTCOME_LOGIC_FAULT;
    append(run, run->call.bytes);
    if (address->size > 0)
        memcpy(run->command + 2, address->bytes, address->size);
    uint8_t lc = (uint8_t)data->size;
    append(run, cw_span(&lc, lc > 0 ? 1 : 0));
    append(run, contents(data));
    append(run, run->call.le);
    return 0;
}

static bool has_second(const struct cw_step *pin)
{
    return pin->number[0] == CW_PIN_FUNCTION_CHANGE || pin->number[0] == CW_PIN_FUNCTION_UNBLOCK;
}

static bool is_secret(const struct cw_register *reg)
{
    return reg->size >= SECRET_MIN && reg->size <= SECRET_MAX;
}

/* The command that asks how many tries are left: the one that presents, without data. */
static uint16_t query(struct cw_run *run, struct cw_register *registers)
{
    const struct cw_step *pin = &run->call;
    const struct cw_register *reference = &registers[pin->reg[0]];
    struct cw_register *first = &registers[pin->reg[1]], *second = &registers[pin->reg[2]];
    if (reference->size != 1 || !is_secret(first) || (has_second(pin) && !is_secret(second)))
        return CW_OUTCOME_LOGIC_FAULT;
    first->secret = true;
    second->secret = second->secret || has_second(pin);
    uint8_t instruction = pin->number[0] == CW_PIN_FUNCTION_UNBLOCK ? READ_PUK_TRIES : READ_TRIES;
    const uint8_t command[4] = { 0x00, instruction, 0x00, reference->bytes[0] };
    append(run, cw_span(command, sizeof command));
    return 0;
}

/* Makes the command APDU of the present call; 0 or the outcome that ends the service. */
uint16_t cw_command_make(struct cw_reader *reader)
{
    struct cw_run *run = &reader->run;
    struct cw_register *registers = reader->machine.registers;
    const uint8_t *reg = run->call.reg;
    run->command_size = 0;
    run->presents = run->calls_again = false;
    switch (run->call.opcode) {
    case CW_OP_APDU:
        append(run, run->call.bytes);
        return 0;
    case CW_OP_COMMAND:
        return compose(run, &registers[reg[0]], &registers[reg[1]]);
    case CW_OP_EXCHANGE:
        append(run, contents(&registers[reg[0]]));
        /* The verifier could not see it. */
        if (!cw_is_well_formed(cw_span(run->command, run->command_size)) || !cw_may_be_sent(run->command))
            return CW_OUTCOME_COMMAND_REFUSED;
        return 0;
    case CW_OP_PIN:
        return query(run, registers);
    default: /* for other modules, or a reset */
        return 0;
    }
}

/* Whether it must be in the journal before it is sent. */
bool cw_command_writes(const struct cw_run *run)
{
    bool writes = run->command_size > 0 && (run->command[1] == UPDATE_BINARY || run->command[1] == UPDATE_RECORD);
    return writes || run->call.opcode == CW_OP_PIN;
}
/* ANCHOR_END: make */

/* ANCHOR: response */
static void transmit(struct cw_reader *reader)
{
    struct cw_run *run = &reader->run;
    struct cw_module *card = &reader->modules[CW_AT_CARD];
    card->waiting = true;
    if (run->exchanges++ == 0)
        card->since = reader->now; /* all TPDUs of a command have one T_module */
    cw_board_card_transmit(run->tpdu, run->tpdu_size);
}

/* From a command APDU to its first TPDU. */
void cw_command_send(struct cw_reader *reader)
{
    struct cw_run *run = &reader->run;
    size_t size = run->command_size;
    run->response_size = 0;
    run->exchanges = 0;
    run->warning = 0;
    run->case_4 = size > 5u && size == 6u + run->command[4];
    if (run->case_4)
        size--; /* case 4 loses its Le */
    run->tpdu_size = size;
    memcpy(run->tpdu, run->command, size);
    if (size == 4)
        run->tpdu[run->tpdu_size++] = 0; /* case 1 */
    if (cw_command_writes(run) && (run->call.opcode != CW_OP_PIN || run->presents))
        reader->machine.wrote = true;
    transmit(reader);
}

/* The class is that of the command: some cards refuse another one. */
static void get_response(struct cw_reader *reader, uint8_t size)
{
    struct cw_run *run = &reader->run;
    run->tpdu[1] = GET_RESPONSE;
    run->tpdu[2] = run->tpdu[3] = 0;
    run->tpdu[4] = size;
    run->tpdu_size = 5;
    transmit(reader);
}

/* The rules of T=0. True: the command is done, or the card broke them. */
static bool is_complete(struct cw_reader *reader, struct cw_span response, uint16_t *outcome)
{
    struct cw_run *run = &reader->run;
    *outcome = CW_OUTCOME_CARD_DAMAGED;
    if (response.size < 2 || response.size - 2 > CW_REGISTER_SIZE - run->response_size)
        return true;
    size_t size = response.size - 2;
    uint8_t sw1 = response.bytes[size], sw2 = response.bytes[size + 1];
    memcpy(run->response + run->response_size, response.bytes, size);
    run->response_size += size;
    bool again = run->exchanges < CW_TPDUS_MAX;
    if (sw1 == 0x61 || sw1 == 0x9F) {
        if (again)
            get_response(reader, sw2);
        return !again;
    }
    /* A question for tries has no data to come: a card that names a length for it is asked no more. */
    bool asks = run->call.opcode == CW_OP_PIN && !run->presents;
    if (sw1 == 0x6C && again && run->tpdu_size == 5 && !asks) {
        run->tpdu[4] = sw2;
        transmit(reader);
        return false;
    }
    /* A warning to a command that expects data: they are there, and the warning stands. */
    if ((sw1 == 0x62 || sw1 == 0x63) && again && run->case_4 && run->tpdu_size > 5 && size == 0) {
        run->warning = (uint16_t)(sw1 << 8 | sw2);
        get_response(reader, 0);
        return false;
    }
    reader->machine.status_word = run->warning ? run->warning : (uint16_t)(sw1 << 8 | sw2);
    *outcome = 0;
    return true;
}
/* ANCHOR_END: response */

/* ANCHOR: pin */
static void append_secret(struct cw_run *run, const struct cw_register *secret)
{
    uint8_t filled[SECRET_MAX];
    memset(filled, 0xFF, sizeof filled);
    memcpy(filled, secret->bytes, secret->size);
    append(run, cw_span(filled, sizeof filled));
    cw_wipe(filled, sizeof filled);
}

/* The card has told the tries, or what became of the secret; 0 or the outcome that ends the service. */
static uint16_t pin_answered(struct cw_reader *reader)
{
    static const uint8_t presents[] = { 0, 0x20, 0x24, 0x26, 0x28, 0x2C };
    struct cw_run *run = &reader->run;
    const struct cw_step *pin = &run->call;
    struct cw_register *registers = reader->machine.registers;
    uint16_t status = reader->machine.status_word;
    uint8_t function = pin->number[0], tries = status & 0x0F;
    bool counts = (status & 0xFFF0) == 0x63C0;
    if (run->presents) {
        cw_register_set(&registers[pin->into], cw_span(&tries, counts ? 1 : 0));
        return 0;
    }
    if (counts && tries <= CW_PIN_GUARD)
        return CW_OUTCOME_PIN_TRIES_LOW;
    /* Some cards say 6984 of a PIN that is disabled. */
    if (!counts && status != 0x9000 && !(function == CW_PIN_FUNCTION_ENABLE && status == 0x6984)) {
        cw_register_set(&registers[pin->into], cw_span(&tries, 0));
        return 0;
    }
    uint8_t reference = run->command[3], lc = has_second(pin) ? 2 * SECRET_MAX : SECRET_MAX;
    const uint8_t header[5] = { 0x00, presents[function], 0x00, reference, lc };
    run->command_size = 0;
    append(run, cw_span(header, sizeof header));
    append_secret(run, &registers[pin->reg[1]]);
    if (has_second(pin))
        append_secret(run, &registers[pin->reg[2]]);
    run->presents = run->calls_again = true;
    return 0;
}

/* What follows from a response of the card. True: the call is done, and 0 or an outcome that ends the service. */
bool cw_command_response(struct cw_reader *reader, struct cw_span response, uint16_t *outcome)
{
    struct cw_run *run = &reader->run;
    if (!is_complete(reader, response, outcome))
        return false;
    if (*outcome != 0)
        return true;
    struct cw_span data = cw_span(run->response, run->response_size);
    if (run->call.opcode == CW_OP_PIN)
        *outcome = pin_answered(reader);
    else
        cw_register_set(&reader->machine.registers[run->call.into], data);
    return true;
}
/* ANCHOR_END: pin */
