#include "parts.h"

#include <string.h>

static const struct cw_error good = { 0, 0, 0 };

static struct cw_error refused(uint16_t code)
{
    struct cw_error error = { code, 0, 0 };
    return error;
}

static struct cw_job *find(struct cw_reader *reader, const uint8_t *id)
{
    for (size_t i = 0; i < CW_JOBS; i++)
        if (reader->jobs[i].known && memcmp(reader->jobs[i].id, id, 16) == 0)
            return &reader->jobs[i];
    return NULL;
}

/* ANCHOR: journal */
/* Before the first writing command, and again at the end. */
bool cw_journal(const struct cw_job *job)
{
    uint8_t record[CW_JOURNAL];
    struct cw_writer out = { record, sizeof record, 0 };
    cw_write_bytes(&out, job->id, 16);
    cw_write(&out, job->service, 2);
    cw_write_bytes(&out, job->instruction, CW_HASH);
    cw_write_bytes(&out, job->logic_digest, CW_HASH);
    cw_write(&out, job->state, 1);
    cw_write(&out, job->outcome, 2);
    cw_write(&out, job->status_word, 2);
    cw_write(&out, job->step, 2);
    cw_write(&out, 0, 2);
    return cw_board_store(CW_RECORD_JOURNAL, record, cw_written(&out));
}

void cw_load_jobs(struct cw_reader *reader)
{
    uint8_t record[CW_JOURNAL];
    struct cw_job *job = &reader->jobs[CW_JOBS - 1];
    if (cw_board_load(CW_RECORD_JOURNAL, record, sizeof record) != CW_JOURNAL)
        return;
    job->known = true;
    memcpy(job->id, record, 16);
    job->service = (uint16_t)cw_get(record + 16, 2);
    memcpy(job->instruction, record + 18, CW_HASH);
    memcpy(job->logic_digest, record + 50, CW_HASH);
    /* One that had not ended never will. */
    job->state = record[82] == CW_JOB_STATE_DONE ? CW_JOB_STATE_DONE : CW_JOB_STATE_INTERRUPTED;
    job->outcome = (uint16_t)cw_get(record + 83, 2);
    job->status_word = (uint16_t)cw_get(record + 85, 2);
    job->step = (uint16_t)cw_get(record + 87, 2);
}
/* ANCHOR_END: journal */

/* ANCHOR: instruct */
/* The oldest job goes, the others move up, the new one is the last. */
static struct cw_job *start(struct cw_reader *reader)
{
    memmove(reader->jobs, reader->jobs + 1, (CW_JOBS - 1) * sizeof *reader->jobs);
    struct cw_job *job = &reader->jobs[CW_JOBS - 1];
    memset(job, 0, sizeof *job);
    return job;
}

struct cw_error cw_instruct(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out)
{
    uint8_t number[2], instruction[CW_HASH], state = CW_JOB_STATE_RUNNING;
    /* With a key: whoever reads the journal could find a PIN among the parameters by trying. */
    struct cw_span parts[3] = { { reader->identity->static_key, CW_KEY }, { number, sizeof number }, request->payload };
    uint16_t refusal;
    cw_put(number, request->service, sizeof number);
    cw_sha256(parts, 3, instruction);
    struct cw_job *job = find(reader, request->job);
    struct cw_service *service = cw_service_of(reader, request->service);
    if (job != NULL) {
        if (memcmp(job->instruction, instruction, CW_HASH) != 0)
            return refused(CW_ERROR_JOB_CONFLICT);
        state = job->state;
    } else if (service == NULL) {
        return refused(CW_ERROR_UNKNOWN_SERVICE);
    } else if (!service->enabled) {
        return refused(CW_ERROR_INTERFACE_DISABLED);
    } else if (service->offered != CW_FORMAT_NATIVE && service->offered != CW_FORMAT_CBOR) {
        return refused(CW_ERROR_FORMAT_NOT_SUPPORTED);
    } else if (reader->run.phase != CW_PHASE_IDLE) {
        return refused(CW_ERROR_BUSY);
    } else if ((refusal = cw_run_load(reader, service, &reader->jobs[CW_JOBS - 1], service->offered,
                                      request->payload)) != 0) {
        return refused(refusal);
    } else {
        job = start(reader);
        job->known = true;
        memcpy(job->id, request->job, 16);
        job->service = request->service;
        memcpy(job->instruction, instruction, CW_HASH);
        memcpy(job->logic_digest, service->digest, CW_HASH);
        job->state = CW_JOB_STATE_RUNNING;
    }
    cw_write(out, CW_INSTRUCT_ANSWER, 1);
    cw_write_bytes(out, request->job, 16);
    cw_write(out, state, 1);
    return good;
}
/* ANCHOR_END: instruct */

/* ANCHOR: data */
struct cw_error cw_job_data(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out)
{
    const struct cw_job *job = find(reader, request->job);
    if (job == NULL)
        return refused(CW_ERROR_UNKNOWN_JOB);
    const struct cw_service *service = cw_service_of(reader, job->service);
    if (service == NULL || !service->enabled)
        return refused(CW_ERROR_INTERFACE_DISABLED);
    /* Data are kept of the job that was accepted last, once it has ended. */
    if (job->state != CW_JOB_STATE_DONE || reader->run.phase != CW_PHASE_IDLE || job != reader->run.job)
        return refused(CW_ERROR_NO_SUCH_PART);
    struct cw_span data = cw_data_whole(&reader->data);
    size_t begin = (size_t)request->part * CW_PART;
    if (begin >= data.size)
        return refused(CW_ERROR_NO_SUCH_PART);
    size_t size = data.size - begin < CW_PART ? data.size - begin : CW_PART;
    cw_write(out, CW_JOB_DATA_ANSWER, 1);
    cw_write_bytes(out, request->job, 16);
    cw_write(out, request->part, 2);
    cw_write(out, begin + size == data.size, 1);
    cw_write_span(out, cw_span(data.bytes + begin, size), 2);
    return good;
}
/* ANCHOR_END: data */

/* ANCHOR: status */
void cw_write_job(struct cw_reader *reader, const uint8_t *id, struct cw_writer *out)
{
    static const struct cw_job unknown;
    const struct cw_job *job = find(reader, id);
    if (job == NULL)
        job = &unknown;
    bool running = job->state == CW_JOB_STATE_RUNNING;
    cw_write(out, CW_JOB_STATUS_ANSWER, 1);
    cw_write_bytes(out, id, 16);
    cw_write(out, job->state, 1);
    cw_write(out, job->service, 2);
    cw_write_bytes(out, job->logic_digest, CW_HASH);
    cw_write(out, running ? reader->machine.steps : job->step, 2);
    cw_write(out, job->outcome, 2);
    cw_write(out, job->status_word, 2);
    cw_write(out, job->data_length, 2);
}

struct cw_error cw_job_abort(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out)
{
    struct cw_job *job = find(reader, request->job);
    if (job == NULL)
        return refused(CW_ERROR_UNKNOWN_JOB);
    if (job == reader->run.job)
        cw_run_stop(reader, CW_OUTCOME_ABORTED);
    cw_write_job(reader, request->job, out);
    return good;
}
/* ANCHOR_END: status */
