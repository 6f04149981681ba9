/* What the parts of a reader are to each other. */
#ifndef CW_PARTS_H
#define CW_PARTS_H

#include "reader.h"

/* ANCHOR: passed */
/* Whether so many milliseconds have passed since then, also when the clock has wrapped in between. */
static inline bool cw_passed(const struct cw_reader *reader, uint32_t since, uint32_t span)
{
    return (uint32_t)(reader->now - since) >= span;
}
/* ANCHOR_END: passed */

/* A refusal inside the session; code 0: none. */
struct cw_error {
    uint16_t code, detail, offset;
};

/* reader.c */
void cw_end_session(struct cw_reader *reader);
void cw_send_event(struct cw_reader *reader, struct cw_span message);
void cw_drop_login(struct cw_reader *reader);
void cw_disable_services(struct cw_reader *reader);
bool cw_fresh(struct cw_reader *reader, uint8_t out[CW_KEY]);

/* connection.c */
void cw_clear_frame(struct cw_reader *reader, const struct cw_frame *frame);
void cw_refuse_frame(struct cw_reader *reader, uint64_t number);
void cw_load_failures(struct cw_reader *reader);

/* login.c */
struct cw_error cw_platform_auth(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out);
struct cw_error cw_relay(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out);

/* requests.c */
void cw_handle_request(struct cw_reader *reader, struct cw_span message);

/* jobs.c */
struct cw_error cw_instruct(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out);
struct cw_error cw_job_data(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out);
struct cw_error cw_job_abort(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out);
void cw_write_job(struct cw_reader *reader, const uint8_t *id, struct cw_writer *out);
void cw_load_jobs(struct cw_reader *reader);
bool cw_journal(const struct cw_job *job);

/* run.c */
uint16_t cw_run_load(struct cw_reader *reader, const struct cw_service *service, struct cw_job *job, uint8_t format,
                     struct cw_span parameters);
void cw_run_go(struct cw_reader *reader);
void cw_run_stop(struct cw_reader *reader, uint16_t outcome);
void cw_run_client_lost(struct cw_reader *reader);
void cw_run_event(struct cw_reader *reader, struct cw_event event);
void cw_run_time(struct cw_reader *reader);

/* commands.c */
uint16_t cw_command_make(struct cw_reader *reader);
bool cw_command_writes(const struct cw_run *run);
void cw_command_send(struct cw_reader *reader);
bool cw_command_response(struct cw_reader *reader, struct cw_span response, uint16_t *outcome);
bool cw_is_well_formed(struct cw_span command);
bool cw_may_be_sent(const uint8_t header[2]);

/* modules.c */
struct cw_module *cw_module_of(struct cw_reader *reader, uint8_t id);
void cw_module_set(struct cw_reader *reader, struct cw_module *module, uint8_t state);
void cw_module_enable(struct cw_reader *reader, struct cw_module *module);
void cw_module_disable(struct cw_reader *reader, struct cw_module *module);

/* steps.c */
enum cw_step_fault { CW_STEP_GOOD, CW_STEP_OPCODE, CW_STEP_OPERAND };
enum cw_step_fault cw_step_read(struct cw_span code, size_t at, struct cw_step *step, size_t *next);

uint8_t cw_step_module(uint8_t opcode);

/* machine.c */
enum cw_effect { CW_EFFECT_CALL, CW_EFFECT_DONE, CW_EFFECT_PROGRESS, CW_EFFECT_END };
void cw_machine_load(struct cw_machine *machine, const struct cw_logic *logic, uint8_t format,
                     struct cw_span parameters);
enum cw_effect cw_machine_run(struct cw_machine *machine, struct cw_data *data, struct cw_step *step,
                              uint16_t *outcome);

/* registers.c */
void cw_register_set(struct cw_register *reg, struct cw_span bytes);
bool cw_registers_execute(struct cw_machine *machine, const struct cw_step *step);

/* parameters.c */
bool cw_parameters_fit(const struct cw_logic *logic, uint8_t format, struct cw_span parameters);
bool cw_secrets_missing(const struct cw_logic *logic);
bool cw_parameter_take(struct cw_machine *machine, struct cw_span name, struct cw_register *into);
const struct cw_parameter *cw_parameter_of(const struct cw_logic *logic, struct cw_span name);

/* convert.c */
bool cw_convert(uint8_t conversion, struct cw_span in, uint8_t out[CW_REGISTER_SIZE], size_t *size);
bool cw_is_utf8(struct cw_span text);

/* data.c */
void cw_data_begin(struct cw_data *data, uint8_t format);
bool cw_data_add(struct cw_data *data, struct cw_span name, uint8_t kind, struct cw_span value);
struct cw_span cw_data_whole(struct cw_data *data);

/* verify.c */
uint8_t cw_verify(const struct cw_logic *logic);

/* logic.c */
void cw_load_logic(struct cw_reader *reader);
struct cw_service *cw_service_of(struct cw_reader *reader, uint16_t service);
uint8_t cw_check_logic(struct cw_span document, uint16_t service);
bool cw_install(struct cw_reader *reader, struct cw_span document, uint16_t service, uint32_t counter);
struct cw_span cw_logic_document(const struct cw_service *service, uint8_t room[CW_LOGIC_MAX + 4]);

/* update.c */
void cw_resume_update(struct cw_reader *reader);
void cw_cloud_message(struct cw_reader *reader, struct cw_span message, struct cw_writer *out);

/* diagnostics.c */
void cw_record_change(struct cw_reader *reader, uint8_t subject, uint16_t id, uint8_t state);
struct cw_error cw_diagnostics(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out);

#endif
