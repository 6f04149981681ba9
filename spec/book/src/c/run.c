#include "parts.h"

#include <string.h>

/* ANCHOR: load */
/* Takes up the logic of a job, which begins to run with cw_run_go; 0 or the error that the instruction is refused with. */
uint16_t cw_run_load(struct cw_reader *reader, const struct cw_service *service, struct cw_job *job, uint8_t format,
                     struct cw_span parameters)
{
    struct cw_run *run = &reader->run;
    struct cw_logic logic;
    struct cw_fault fault;
    if (!cw_read_logic(cw_logic_document(service, reader->document), &logic, &fault))
        return CW_ERROR_STORAGE_FAILED;
    if (!cw_parameters_fit(&logic, format, parameters))
        return CW_ERROR_PARAMETERS_REFUSED;
    if (cw_secrets_missing(&logic))
        return CW_ERROR_SECRETS_MISSING;
    memset(run, 0, sizeof *run);
    run->job = job;
    run->phase = logic.policy == CW_POLICY_WHOLE_SERVICE ? CW_PHASE_ENABLING : CW_PHASE_RUNNING;
    cw_machine_load(&reader->machine, &logic, format, parameters);
    cw_data_begin(&reader->data, format);
    return 0;
}
/* ANCHOR_END: load */

/* A hint for the client: where the job stands. */
static void tell(struct cw_reader *reader, uint8_t state)
{
    uint8_t event[32];
    struct cw_writer out = { event, sizeof event, 0 };
    cw_write(&out, CW_PROGRESS, 1);
    cw_write_bytes(&out, reader->run.job->id, 16);
    cw_write(&out, state, 1);
    cw_write(&out, reader->machine.steps, 2);
    if (reader->machine.percent > 0) {
        cw_write(&out, 0x0001, 2); /* the extension `percent` */
        cw_write(&out, 1, 2);
        cw_write(&out, reader->machine.percent, 1);
    }
    cw_send_event(reader, cw_span(event, cw_written(&out)));
}

/* ANCHOR: end */
/* Ends the service: secrets are erased, every module is disabled, and only then the outcome stands. */
static void end(struct cw_reader *reader, uint16_t outcome)
{
    struct cw_run *run = &reader->run;
    struct cw_machine *machine = &reader->machine;
    struct cw_job *job = run->job;
    const struct cw_list *modules = &machine->logic.modules;
    for (size_t i = modules->count; i > 0; i--)
        cw_module_disable(reader, cw_module_of(reader, modules->items[i - 1]));
    cw_wipe(machine->registers, sizeof machine->registers);
    cw_wipe(&machine->parameters, sizeof machine->parameters);
    cw_wipe(run->command, sizeof run->command);
    cw_wipe(run->tpdu, sizeof run->tpdu);
    cw_wipe(run->response, sizeof run->response);
    run->phase = CW_PHASE_IDLE;
    job->state = CW_JOB_STATE_DONE;
    /* Of writes that belong together the card may hold some and not the others. */
    job->outcome = machine->critical && machine->wrote ? CW_OUTCOME_CARD_INCONSISTENT : outcome;
    job->status_word = machine->status_word;
    job->step = machine->steps;
    job->data_length = (uint16_t)cw_data_whole(&reader->data).size;
    /* Where this fails the job is interrupted after a reset: its client then looks at the card. */
    if (run->journalled)
        (void)cw_journal(job);
    tell(reader, CW_JOB_STATE_DONE);
}
/* ANCHOR_END: end */

/* ANCHOR: call */
/* A stop takes effect at the next command or enabling, but not among writes that belong together. */
static bool stops(const struct cw_reader *reader)
{
    return reader->run.stop && !reader->machine.critical;
}

/* Begins to enable a module; 0 or the outcome that ends the service. */
static uint16_t enable(struct cw_reader *reader, uint8_t id)
{
    struct cw_run *run = &reader->run;
    struct cw_module *module = cw_module_of(reader, id);
    const struct cw_list *declared = &reader->machine.logic.modules;
    if (stops(reader))
        return run->stop_outcome;
    if (module == NULL || declared->count == 0 || memchr(declared->items, id, declared->count) == NULL)
        return CW_OUTCOME_LOGIC_FAULT;
    /* The switch of the slot tells without supply whether there is a card. */
    if (id == CW_MODULE_CONTACT_CARD && !reader->card)
        return CW_OUTCOME_CARD_ABSENT;
    cw_module_enable(reader, module);
    run->phase = CW_PHASE_SETTLING;
    return 0;
}

/* Calls the module of the present instruction; 0 or the outcome that ends the service. */
static uint16_t call(struct cw_reader *reader)
{
    struct cw_run *run = &reader->run;
    struct cw_module *module = cw_module_of(reader, cw_step_module(run->call.opcode));
    if (module == NULL)
        return CW_OUTCOME_LOGIC_FAULT;
    if (module->state == CW_WORKING_STATE_DISABLED)
        return enable(reader, module->id);
    if (stops(reader))
        return run->stop_outcome;
    if (cw_command_writes(run) && !run->journalled) {
        run->job->step = reader->machine.steps;
        if (!cw_journal(run->job))
            return CW_OUTCOME_STORAGE_FAILED;
        run->journalled = true;
    }
    cw_module_set(reader, module, CW_WORKING_STATE_BUSY);
    module->waiting = true;
    module->since = reader->now;
    run->phase = CW_PHASE_WAITING;
    switch (run->call.opcode) {
    case CW_OP_SHOW:
        cw_board_show(run->call.number[0]);
        break;
    case CW_OP_ASK:
        cw_board_ask(run->call.number[0]);
        break;
    case CW_OP_POLL:
        cw_board_poll();
        break;
    case CW_OP_RESET:
        cw_board_card_reset();
        break;
    default:
        cw_command_send(reader);
    }
    return 0;
}
/* ANCHOR_END: call */

/* ANCHOR: go */
/* Goes on until a module is waited for or the service has ended. */
void cw_run_go(struct cw_reader *reader)
{
    struct cw_run *run = &reader->run;
    const struct cw_logic *logic = &reader->machine.logic;
    uint16_t outcome = 0;
    while (outcome == 0) {
        switch (run->phase) {
        case CW_PHASE_IDLE:
        case CW_PHASE_SETTLING:
        case CW_PHASE_WAITING:
            return;
        case CW_PHASE_ENABLING:
            if (run->index == logic->modules.count)
                run->phase = CW_PHASE_RUNNING;
            else
                outcome = enable(reader, logic->modules.items[run->index]);
            break;
        case CW_PHASE_RUNNING: {
            uint16_t ended;
            switch (cw_machine_run(&reader->machine, &reader->data, &run->call, &ended)) {
            case CW_EFFECT_CALL:
                outcome = cw_command_make(reader);
                run->phase = CW_PHASE_CALLING;
                break;
            case CW_EFFECT_DONE:
                if (logic->policy == CW_POLICY_PER_STEP)
                    cw_module_disable(reader, cw_module_of(reader, run->call.number[0]));
                break;
            case CW_EFFECT_PROGRESS:
                tell(reader, CW_JOB_STATE_RUNNING);
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
    if (reader->machine.logic.on_client_loss == CW_CLIENT_LOSS_ABORT)
        cw_run_stop(reader, CW_OUTCOME_CLIENT_LOST);
}
/* ANCHOR_END: go */

/* ANCHOR: answered */
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

/* What a keypad may tell: four to eight digits, or none. */
static bool is_entry(struct cw_span digits)
{
    for (size_t i = 0; i < digits.size; i++)
        if (digits.bytes[i] < '0' || digits.bytes[i] > '9')
            return false;
    return digits.size == 0 || (digits.size >= 4 && digits.size <= 8);
}

/* What a module answers to each instruction that calls one. */
static enum cw_event_kind answer_to(uint8_t opcode)
{
    switch (opcode) {
    case CW_OP_RESET:
        return CW_EVENT_ATR;
    case CW_OP_SHOW:
        return CW_EVENT_SHOWN;
    case CW_OP_ASK:
        return CW_EVENT_ENTERED;
    case CW_OP_POLL:
        return CW_EVENT_FOUND;
    default:
        return CW_EVENT_RESPONSE;
    }
}

/* A module has answered its command. */
static void answered(struct cw_reader *reader, struct cw_event event)
{
    struct cw_run *run = &reader->run;
    enum cw_event_kind expected = answer_to(run->call.opcode);
    bool of_card = expected == CW_EVENT_ATR || expected == CW_EVENT_RESPONSE;
    uint16_t outcome = 0;
    if (run->phase != CW_PHASE_WAITING || (event.kind != expected && !(event.kind == CW_EVENT_MUTE && of_card)))
        return; /* an answer to something that was not asked */
    if (event.kind == CW_EVENT_MUTE) {
        outcome = CW_OUTCOME_CARD_MUTE;
    } else if (event.kind == CW_EVENT_RESPONSE) {
        if (!cw_command_response(reader, event.bytes, &outcome))
            return;
    } else if (event.kind == CW_EVENT_ATR && !is_atr(event.bytes)) {
        outcome = CW_OUTCOME_CARD_DAMAGED;
    } else if (event.bytes.size > CW_REGISTER_SIZE || (event.kind == CW_EVENT_ENTERED && !is_entry(event.bytes))) {
        outcome = CW_OUTCOME_MODULE_FAILED;
    } else if (event.kind != CW_EVENT_SHOWN) {
        struct cw_register *into = &reader->machine.registers[run->call.into];
        cw_register_set(into, event.bytes);
        into->secret = event.kind == CW_EVENT_ENTERED;
    }
    struct cw_module *module = cw_module_of(reader, cw_step_module(run->call.opcode));
    module->waiting = false;
    cw_module_set(reader, module, CW_WORKING_STATE_ENABLED);
    run->phase = run->calls_again ? CW_PHASE_CALLING : CW_PHASE_RUNNING;
    run->calls_again = false;
    if (outcome != 0)
        end(reader, outcome);
    else
        cw_run_go(reader);
}
/* ANCHOR_END: answered */

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
        run->phase = reader->machine.logic.policy == CW_POLICY_WHOLE_SERVICE ? CW_PHASE_ENABLING : CW_PHASE_CALLING;
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
    case CW_EVENT_ENTERED:
    case CW_EVENT_FOUND:
        answered(reader, event);
        break;
    }
}

void cw_run_time(struct cw_reader *reader)
{
    for (size_t i = 0; i < CW_AT_COUNT; i++) {
        struct cw_module *module = &reader->modules[i];
        /* A keypad at work waits for the card holder besides. */
        bool entry = i == CW_AT_PIN_PAD && module->state == CW_WORKING_STATE_BUSY;
        if (module->waiting && cw_passed(reader, module->since, entry ? CW_T_ENTRY + CW_T_MODULE : CW_T_MODULE))
            fail(reader, module, CW_OUTCOME_MODULE_TIMEOUT);
    }
}
/* ANCHOR_END: event */
