#include "parts.h"

#include <string.h>

/* A command of the logic leads to so many TPDUs at most. */
enum { EXCHANGES = 8, GET_RESPONSE = 0xC0 };

/* ANCHOR: load */
/* Takes up the logic of a job; it begins to run with cw_run_go. */
bool cw_run_load(struct cw_reader *reader, const struct cw_service *service, struct cw_job *job, uint8_t format)
{
    static uint8_t room[CW_LOGIC_MAX + 4];
    struct cw_run *run = &reader->run;
    struct cw_logic logic;
    struct cw_fault fault;
    if (!cw_read_logic(cw_logic_document(service, room), &logic, &fault))
        return false;
    memset(run, 0, sizeof *run);
    run->job = job;
    run->policy = logic.policy;
    run->on_client_loss = logic.on_client_loss;
    run->module_count = logic.modules.count;
    memcpy(run->modules, logic.modules.items, logic.modules.count);
    run->phase = logic.policy == CW_POLICY_WHOLE_SERVICE ? CW_PHASE_ENABLING : CW_PHASE_RUNNING;
    cw_machine_load(&reader->machine, &logic);
    cw_data_begin(&reader->data, format);
    return true;
}
/* ANCHOR_END: load */

/* ANCHOR: end */
/* Ends the service: every module is disabled, registers are erased, and only then the outcome stands. */
static void end(struct cw_reader *reader, uint16_t outcome)
{
    struct cw_run *run = &reader->run;
    struct cw_job *job = run->job;
    uint8_t event[20];
    struct cw_writer out = { event, sizeof event, 0 };
    for (size_t i = run->module_count; i > 0; i--)
        cw_module_disable(reader, cw_module_of(reader, run->modules[i - 1]));
    cw_wipe(reader->machine.registers, sizeof reader->machine.registers);
    cw_wipe(run->tpdu, sizeof run->tpdu);
    cw_wipe(run->response, sizeof run->response);
    run->phase = CW_PHASE_IDLE;
    job->state = CW_JOB_STATE_DONE;
    job->outcome = outcome;
    job->status_word = reader->machine.status_word;
    job->step = reader->machine.steps;
    job->data_length = (uint16_t)cw_data_whole(&reader->data).size;
    /* Where this fails the job is interrupted after a reset: its client then looks at the card. */
    if (run->journalled)
        (void)cw_journal(job);
    cw_write(&out, CW_PROGRESS, 1);
    cw_write_bytes(&out, job->id, 16);
    cw_write(&out, CW_JOB_STATE_DONE, 1);
    cw_write(&out, job->step, 2);
    cw_send_event(reader, cw_span(event, cw_written(&out)));
}
/* ANCHOR_END: end */

/* ANCHOR: call */
static uint8_t module_of_call(const struct cw_run *run)
{
    return run->call.opcode == CW_OP_SHOW ? CW_MODULE_INDICATOR : CW_MODULE_CONTACT_CARD;
}

/* Begins to enable a module; 0 or the outcome that ends the service. */
static uint16_t enable(struct cw_reader *reader, uint8_t id)
{
    struct cw_run *run = &reader->run;
    struct cw_module *module = cw_module_of(reader, id);
    if (run->stop)
        return run->stop_outcome;
    if (module == NULL || memchr(run->modules, id, run->module_count) == NULL)
        return CW_OUTCOME_LOGIC_FAULT;
    /* The switch of the slot tells without supply whether there is a card. */
    if (id == CW_MODULE_CONTACT_CARD && !reader->card)
        return CW_OUTCOME_CARD_ABSENT;
    cw_module_enable(reader, module);
    run->phase = CW_PHASE_SETTLING;
    return 0;
}

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
static void begin_exchange(struct cw_run *run)
{
    struct cw_span command = run->call.bytes;
    run->response_size = 0;
    run->exchanges = 0;
    run->case_4 = false;
    run->warning = 0;
    run->tpdu_size = command.size;
    memcpy(run->tpdu, command.bytes, command.size);
    if (command.size == 4)
        run->tpdu[run->tpdu_size++] = 0; /* case 1 */
    else if (command.size == 6u + command.bytes[4]) {
        run->case_4 = true;
        run->tpdu_size--; /* case 4 loses its Le */
    }
}

/* Calls the module of the present instruction; 0 or the outcome that ends the service. */
static uint16_t call(struct cw_reader *reader)
{
    struct cw_run *run = &reader->run;
    struct cw_module *module = cw_module_of(reader, module_of_call(run));
    if (module->state == CW_WORKING_STATE_DISABLED)
        return enable(reader, module->id);
    if (run->stop)
        return run->stop_outcome;
    bool writes = run->call.opcode == CW_OP_APDU && (run->call.bytes.bytes[1] == 0xD6 || run->call.bytes.bytes[1] == 0xDC);
    if (writes && !run->journalled) {
        if (!cw_journal(run->job))
            return CW_OUTCOME_STORAGE_FAILED;
        run->journalled = true;
    }
    cw_module_set(reader, module, CW_WORKING_STATE_BUSY);
    module->waiting = true;
    module->since = reader->now;
    run->phase = CW_PHASE_WAITING;
    if (run->call.opcode == CW_OP_SHOW) {
        cw_board_show(run->call.number);
    } else if (run->call.opcode == CW_OP_RESET) {
        cw_board_card_reset();
    } else {
        begin_exchange(run);
        transmit(reader);
    }
    return 0;
}
/* ANCHOR_END: call */

/* ANCHOR: go */
/* Goes on until a module is waited for or the service has ended. */
void cw_run_go(struct cw_reader *reader)
{
    struct cw_run *run = &reader->run;
    uint16_t outcome = 0;
    while (outcome == 0) {
        switch (run->phase) {
        case CW_PHASE_IDLE:
        case CW_PHASE_SETTLING:
        case CW_PHASE_WAITING:
            return;
        case CW_PHASE_ENABLING:
            if (run->index == run->module_count)
                run->phase = CW_PHASE_RUNNING;
            else
                outcome = enable(reader, run->modules[run->index]);
            break;
        case CW_PHASE_RUNNING: {
            uint16_t ended;
            switch (cw_machine_run(&reader->machine, &reader->data, &run->call, &ended)) {
            case CW_EFFECT_CALL:
                run->phase = CW_PHASE_CALLING;
                break;
            case CW_EFFECT_DONE:
                if (run->policy == CW_POLICY_PER_STEP)
                    cw_module_disable(reader, cw_module_of(reader, run->call.number));
                break;
            case CW_EFFECT_END:
                end(reader, ended);
                return;
            }
            break;
        }
        case CW_PHASE_CALLING:
            outcome = call(reader);
            break;
        }
    }
    end(reader, outcome);
}

/* Ends the service before its next module command. */
void cw_run_stop(struct cw_reader *reader, uint16_t outcome)
{
    struct cw_run *run = &reader->run;
    if (run->phase != CW_PHASE_IDLE && !run->stop) {
        run->stop = true;
        run->stop_outcome = outcome;
    }
    cw_run_go(reader);
}

void cw_run_client_lost(struct cw_reader *reader)
{
    if (reader->run.on_client_loss == CW_CLIENT_LOSS_ABORT)
        cw_run_stop(reader, CW_OUTCOME_CLIENT_LOST);
}
/* ANCHOR_END: go */

/* ANCHOR: response */
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

/* The rules of T=0: what follows from the card's response. True: the command is done. */
static bool respond(struct cw_reader *reader, struct cw_span response, uint16_t *outcome)
{
    struct cw_run *run = &reader->run;
    *outcome = CW_OUTCOME_CARD_DAMAGED;
    if (response.size < 2 || response.size - 2 > CW_REGISTER_SIZE - run->response_size)
        return true;
    size_t size = response.size - 2;
    uint8_t sw1 = response.bytes[size], sw2 = response.bytes[size + 1];
    memcpy(run->response + run->response_size, response.bytes, size);
    run->response_size += size;
    bool again = run->exchanges < EXCHANGES;
    if (sw1 == 0x61 || sw1 == 0x9F) {
        if (again)
            get_response(reader, sw2);
        return !again;
    }
    if (sw1 == 0x6C && again && run->tpdu_size == 5) {
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
    bool kept = cw_machine_answer(&reader->machine, run->call.reg, cw_span(run->response, run->response_size));
    *outcome = kept ? 0 : CW_OUTCOME_CARD_DAMAGED;
    return true;
}

/* Whether these are all the bytes that an answer to reset announces, and its check byte is right. */
static bool is_atr(struct cw_span atr)
{
    if (atr.size < 2 || atr.size > 33 || (atr.bytes[0] != 0x3B && atr.bytes[0] != 0x3F))
        return false;
    uint8_t holds = atr.bytes[1], sum = 0;
    size_t at = 2;
    bool checked = false;
    for (;;) {
        at += (size_t)((holds >> 4 & 1) + (holds >> 5 & 1) + (holds >> 6 & 1)); /* TA, TB, TC */
        if ((holds & 0x80) == 0)
            break;
        if (at >= atr.size)
            return false;
        holds = atr.bytes[at++]; /* TD */
        if ((holds & 0x0F) != 0)
            checked = true;
    }
    if (atr.size != at + (atr.bytes[1] & 0x0Fu) + checked)
        return false;
    for (size_t i = 1; i < atr.size; i++)
        sum ^= atr.bytes[i];
    return !checked || sum == 0;
}

/* A module has answered its command. */
static void answered(struct cw_reader *reader, struct cw_event event)
{
    struct cw_run *run = &reader->run;
    uint8_t opcode = run->call.opcode;
    uint16_t outcome = 0;
    if (run->phase != CW_PHASE_WAITING)
        return;
    if (event.kind == CW_EVENT_MUTE && opcode != CW_OP_SHOW)
        outcome = CW_OUTCOME_CARD_MUTE;
    else if (event.kind == CW_EVENT_ATR && opcode == CW_OP_RESET && is_atr(event.bytes))
        (void)cw_machine_answer(&reader->machine, run->call.reg, event.bytes);
    else if (event.kind == CW_EVENT_ATR && opcode == CW_OP_RESET)
        outcome = CW_OUTCOME_CARD_DAMAGED;
    else if (event.kind == CW_EVENT_RESPONSE && opcode == CW_OP_APDU) {
        if (!respond(reader, event.bytes, &outcome))
            return;
    } else if (event.kind != CW_EVENT_SHOWN || opcode != CW_OP_SHOW)
        return; /* an answer to something that was not asked */
    struct cw_module *module = cw_module_of(reader, module_of_call(run));
    module->waiting = false;
    cw_module_set(reader, module, CW_WORKING_STATE_ENABLED);
    run->phase = CW_PHASE_RUNNING;
    if (outcome != 0)
        end(reader, outcome);
    else
        cw_run_go(reader);
}
/* ANCHOR_END: response */

/* ANCHOR: event */
static void fail(struct cw_reader *reader, struct cw_module *module, uint16_t outcome)
{
    if (module->state == CW_WORKING_STATE_DISABLED && !module->waiting)
        return;
    module->waiting = false;
    cw_module_set(reader, module, CW_WORKING_STATE_FAILED);
    if (reader->run.phase != CW_PHASE_IDLE)
        end(reader, outcome);
    cw_module_disable(reader, module);
}

void cw_run_event(struct cw_reader *reader, struct cw_event event)
{
    struct cw_run *run = &reader->run;
    struct cw_module *card = &reader->modules[CW_AT_CARD], *module = cw_module_of(reader, event.module);
    switch (event.kind) {
    case CW_EVENT_ENABLED:
        if (module == NULL || !module->waiting || module->state != CW_WORKING_STATE_DISABLED)
            return;
        module->waiting = false;
        cw_module_set(reader, module, CW_WORKING_STATE_ENABLED);
        /* Under whole-service the next declared module; under per-step the call that it was enabled for. */
        run->phase = run->policy == CW_POLICY_WHOLE_SERVICE ? CW_PHASE_ENABLING : CW_PHASE_CALLING;
        run->index++;
        cw_run_go(reader);
        break;
    case CW_EVENT_FAILED:
        if (module != NULL)
            fail(reader, module, CW_OUTCOME_MODULE_FAILED);
        break;
    case CW_EVENT_CARD_OUT:
        if (run->phase != CW_PHASE_IDLE && (card->state != CW_WORKING_STATE_DISABLED || card->waiting))
            end(reader, CW_OUTCOME_CARD_REMOVED);
        break;
    case CW_EVENT_CARD_IN:
        break;
    case CW_EVENT_ATR:
    case CW_EVENT_RESPONSE:
    case CW_EVENT_MUTE:
    case CW_EVENT_SHOWN:
        answered(reader, event);
        break;
    }
}

void cw_run_time(struct cw_reader *reader)
{
    for (size_t i = 0; i < CW_AT_COUNT; i++) {
        struct cw_module *module = &reader->modules[i];
        if (module->waiting && cw_passed(reader, module->since, CW_T_MODULE))
            fail(reader, module, CW_OUTCOME_MODULE_TIMEOUT);
    }
}
/* ANCHOR_END: event */
