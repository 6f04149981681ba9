#include "parts.h"

struct cw_module *cw_module_of(struct cw_reader *reader, uint8_t id)
{
    for (size_t i = 0; i < CW_AT_COUNT; i++)
        if (reader->modules[i].id == id)
            return &reader->modules[i];
    return NULL;
}

/* ANCHOR: states */
void cw_module_set(struct cw_reader *reader, struct cw_module *module, uint8_t state)
{
    if (module->state != state) {
        module->state = state;
        cw_record_change(reader, CW_SUBJECT_MODULE, module->id, state);
    }
}

/* Supply on; the module counts as disabled until the board says that it has settled. */
void cw_module_enable(struct cw_reader *reader, struct cw_module *module)
{
    module->waiting = true;
    module->since = reader->now;
    cw_board_enable(module->id);
}

/* Supply off, whatever the module is doing. */
void cw_module_disable(struct cw_reader *reader, struct cw_module *module)
{
    if (module->state == CW_WORKING_STATE_DISABLED && !module->waiting)
        return;
    module->waiting = false;
    cw_board_disable(module->id);
    cw_module_set(reader, module, CW_WORKING_STATE_DISABLED);
}
/* ANCHOR_END: states */
