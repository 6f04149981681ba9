#include "parts.h"

/* ANCHOR: record */
void cw_record_change(struct cw_reader *reader, uint8_t subject, uint16_t id, uint8_t state)
{
    struct cw_record *record = &reader->records[reader->next_record % CW_RECORDS];
    record->number = reader->next_record++;
    record->tick = reader->now - reader->booted;
    record->subject = subject;
    record->id = id;
    record->state = state;
}
/* ANCHOR_END: record */

struct cw_error cw_diagnostics(struct cw_reader *reader, const struct cw_request *request, struct cw_writer *out)
{
    const struct cw_error none = { 0, 0, 0 }, not_permitted = { CW_ERROR_NOT_PERMITTED, 0, 0 };
    if (reader->identity->provisioning != CW_PROVISIONING_CERTIFICATION)
        return not_permitted;
    uint32_t next = reader->next_record, overflow = next > CW_RECORDS ? next - CW_RECORDS : 0;
    uint32_t from = request->from > overflow ? request->from : overflow;
    uint32_t count = from < next ? next - from : 0;
    if (count > 32)
        count = 32;
    cw_write(out, CW_DIAGNOSTICS_ANSWER, 1);
    cw_write(out, overflow, 4);
    cw_write(out, next, 4);
    cw_write(out, count, 1);
    for (uint32_t number = from; count > 0; number++, count--) {
        const struct cw_record *record = &reader->records[number % CW_RECORDS];
        cw_write(out, record->number, 4);
        cw_write(out, record->tick, 4);
        cw_write(out, record->subject, 1);
        cw_write(out, record->id, 2);
        cw_write(out, record->state, 1);
    }
    return none;
}
