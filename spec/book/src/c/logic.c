#include "parts.h"
#include "presets.h"

#include <string.h>

/* A stored record: the update counter that the logic came with, then the document. One record holds both, so that
 * neither is ever in force without the other. */
enum { HEAD = 4 };
static uint8_t record[CW_LOGIC_MAX + HEAD];

struct cw_service *cw_service_of(struct cw_reader *reader, uint16_t service)
{
    for (size_t i = 0; i < reader->service_count; i++)
        if (reader->services[i].service == service)
            return &reader->services[i];
    return NULL;
}

/* ANCHOR: inspect */
/* What a document says of its service; 0 or the rule that it breaks. */
static uint8_t inspect(struct cw_span document, struct cw_service *out)
{
    struct cw_logic logic;
    struct cw_fault fault;
    if (!cw_read_logic(document, &logic, &fault))
        return CW_LOGIC_RULE_DOCUMENT;
    uint8_t rule = cw_verify(&logic);
    if (rule != 0)
        return rule;
    memset(out, 0, sizeof *out);
    out->service = logic.service;
    memcpy(out->name, logic.name.bytes, logic.name.size);
    out->name_size = logic.name.size;
    out->version = logic.version;
    out->policy = logic.policy;
    cw_sha256(&document, 1, out->digest);
    return 0;
}
/* ANCHOR_END: inspect */

/* Puts a service in its place: the list ascends, and its interface stays as it is. */
static void put(struct cw_reader *reader, struct cw_service service)
{
    struct cw_service *found = cw_service_of(reader, service.service);
    if (found != NULL) {
        service.offered = found->offered;
        service.enabled = found->enabled;
        *found = service;
        return;
    }
    size_t at = reader->service_count++;
    for (; at > 0 && reader->services[at - 1].service > service.service; at--)
        reader->services[at] = reader->services[at - 1];
    reader->services[at] = service;
}

/* ANCHOR: load */
void cw_load_logic(struct cw_reader *reader)
{
    struct cw_service service;
    for (size_t i = 0; i < CW_PRESETS; i++) {
        if (inspect(cw_presets[i], &service) == 0) {
            service.slot = -1 - (int)i;
            put(reader, service);
        }
    }
    /* What updates have stored goes before the presets, if it still verifies; its counter counts in any case. */
    for (int slot = 0; slot < CW_STORED; slot++) {
        size_t size = cw_board_load(CW_RECORD_LOGIC + (unsigned)slot, record, sizeof record);
        if (size <= HEAD)
            continue;
        uint32_t counter = (uint32_t)cw_get(record, HEAD);
        if (counter > reader->logic_counter)
            reader->logic_counter = counter;
        if (inspect(cw_span(record + HEAD, size - HEAD), &service) == 0) {
            service.slot = slot;
            put(reader, service);
        }
    }
}

struct cw_span cw_logic_document(const struct cw_service *service, uint8_t room[CW_LOGIC_MAX + 4])
{
    if (service->slot < 0)
        return cw_presets[-1 - service->slot];
    size_t size = cw_board_load(CW_RECORD_LOGIC + (unsigned)service->slot, room, CW_LOGIC_MAX + HEAD);
    return size > HEAD ? cw_span(room + HEAD, size - HEAD) : cw_span(room, 0);
}
/* ANCHOR_END: load */

/* ANCHOR: install */
static int slot_for(struct cw_reader *reader, uint16_t number)
{
    const struct cw_service *service = cw_service_of(reader, number);
    if (service != NULL && service->slot >= 0)
        return service->slot;
    if (service == NULL && reader->service_count == CW_SERVICES)
        return -1;
    for (int slot = 0; slot < CW_STORED; slot++) {
        bool taken = false;
        for (size_t i = 0; i < reader->service_count; i++)
            taken = taken || reader->services[i].slot == slot;
        if (!taken)
            return slot;
    }
    return -1;
}

/* Whether this is logic for this service: 0 or the rule that it breaks. */
uint8_t cw_check_logic(struct cw_span document, uint16_t number)
{
    struct cw_service service;
    struct cw_logic logic;
    struct cw_fault fault;
    if (!cw_read_logic(document, &logic, &fault) || logic.service != number)
        return CW_LOGIC_RULE_DOCUMENT;
    return inspect(document, &service);
}

/* Stores logic with its counter. False: nothing was changed. */
bool cw_install(struct cw_reader *reader, struct cw_span document, uint16_t number, uint32_t counter)
{
    struct cw_service service;
    if (inspect(document, &service) != 0)
        return false;
    int slot = slot_for(reader, number);
    cw_put(record, counter, HEAD);
    memcpy(record + HEAD, document.bytes, document.size);
    if (slot < 0 || !cw_board_store(CW_RECORD_LOGIC + (unsigned)slot, record, HEAD + document.size))
        return false;
    service.slot = slot;
    put(reader, service);
    if (counter > reader->logic_counter)
        reader->logic_counter = counter;
    return true;
}
/* ANCHOR_END: install */
