#include "parts.h"

#include <string.h>

/* ANCHOR: items */
/* Items of service data, one after the other, in either format: nothing is converted, and nothing copied. */
struct items {
    uint8_t format;
    struct cw_cursor in;
    size_t left;
};

struct item {
    struct cw_span name, value;
    uint8_t kind;
    uint32_t number; /* of kind `number` */
};

/* The number in the head of a data item of CBOR: of this major type, and the shortest. */
static uint32_t head(struct cw_cursor *in, uint8_t major, uint32_t min, uint32_t max)
{
    size_t start = in->at;
    uint8_t first = (uint8_t)cw_number(in, 1, 0, 0xFF), small = first & 0x1F;
    uint32_t n = small;
    if (first >> 5 != major || small > 26)
        cw_refuse(in, CW_CODEC_RULE_CBOR_TYPE, start);
    if (small == 24)
        n = cw_number(in, 1, 24, 0xFF);
    else if (small == 25)
        n = cw_number(in, 2, 0x100, 0xFFFF);
    else if (small == 26)
        n = cw_number(in, 4, 0x10000, 0xFFFFFFFF);
    if (n < min || n > max)
        cw_refuse(in, CW_CODEC_RULE_RANGE, start);
    return in->fault.rule == 0 ? n : 0;
}

static void read_cbor(struct cw_cursor *in, struct item *item)
{
    static const uint8_t kinds[] = { CW_ITEM_KIND_NUMBER, 0, CW_ITEM_KIND_BYTES, CW_ITEM_KIND_TEXT };
    (void)head(in, 4, 2, 2);
    size_t size = head(in, 3, 1, 24);
    item->name = cw_span(cw_exactly(in, size), size);
    uint8_t major = in->at < in->message.size ? in->message.bytes[in->at] >> 5 : 1;
    item->kind = major < sizeof kinds ? kinds[major] : 0;
    if (item->kind == CW_ITEM_KIND_NUMBER) {
        item->number = head(in, 0, 0, 0xFFFFFFFF);
    } else {
        size = head(in, major, 0, 255);
        item->value = cw_span(cw_exactly(in, size), in->fault.rule == 0 ? size : 0);
    }
}

static void read_native(struct cw_cursor *in, struct item *item)
{
    item->name = cw_name(in, 1, 24);
    item->kind = cw_closed(in, CW_ITEM_KIND_TEXT, CW_ITEM_KIND_NUMBER);
    item->value = cw_bytes(in, 0, 255);
    if (item->kind == CW_ITEM_KIND_NUMBER && item->value.size == 4)
        item->number = (uint32_t)cw_get(item->value.bytes, 4);
    else if (item->kind == CW_ITEM_KIND_NUMBER)
        cw_refuse(in, CW_CODEC_RULE_LENGTH, in->at);
}

/* The next item; false: there is none, and the fault tells whether one was expected. */
static bool next(struct items *items, struct item *item)
{
    const struct item none = { { 0 }, { 0 }, 0, 0 };
    *item = none;
    if (items->left == 0)
        return false;
    items->left--;
    if (items->format == CW_FORMAT_CBOR)
        read_cbor(&items->in, item);
    else
        read_native(&items->in, item);
    bool good = items->in.fault.rule == 0 && item->kind != 0 && cw_is_name(item->name) &&
                (item->kind != CW_ITEM_KIND_TEXT || cw_is_utf8(item->value));
    if (!good)
        cw_refuse(&items->in, CW_CODEC_RULE_VALUE, items->in.at);
    return good;
}

static struct items begin(uint8_t format, struct cw_span parameters)
{
    struct items items = { format, { parameters, 0, { 0, 0 } }, 0 };
    if (parameters.size == 0)
        return items; /* nothing said is no items said */
    if (format == CW_FORMAT_CBOR) {
        items.left = head(&items.in, 4, 0, 32);
    } else {
        items.in = cw_begin_document(parameters, CW_SERVICE_DATA, CW_JOB_DATA_MAX);
        items.left = cw_count(&items.in, 0, 32);
    }
    return items;
}

/* Behind the last item: nothing, but for extensions in `native`. */
static bool ended(struct items *items)
{
    if (items->format == CW_FORMAT_NATIVE && items->in.message.size > 0)
        return cw_end(&items->in);
    return items->in.fault.rule == 0 && items->in.at == items->in.message.size;
}
/* ANCHOR_END: items */

const struct cw_parameter *cw_parameter_of(const struct cw_logic *logic, struct cw_span name)
{
    for (size_t i = 0; i < logic->parameter_count; i++) {
        const struct cw_parameter *parameter = &logic->parameters[i];
        if (parameter->name.size == name.size && memcmp(parameter->name.bytes, name.bytes, name.size) == 0)
            return parameter;
    }
    return NULL;
}

/* ANCHOR: fit */
/* Whether an instruction's parameters are those that the logic declares. */
bool cw_parameters_fit(const struct cw_logic *logic, uint8_t format, struct cw_span parameters)
{
    size_t counts[CW_PARAMETERS] = { 0 };
    struct item item;
    struct items items = begin(format, parameters);
    if (parameters.size > CW_PARAMETERS_MAX)
        return false;
    while (next(&items, &item)) {
        const struct cw_parameter *parameter = cw_parameter_of(logic, item.name);
        if (parameter == NULL || parameter->source == CW_PARAMETER_SOURCE_CLOUD || parameter->kind != item.kind)
            return false;
        size_t size = item.kind == CW_ITEM_KIND_NUMBER ? item.number : item.value.size;
        if (size < parameter->minimum || size > parameter->maximum)
            return false;
        counts[parameter - logic->parameters]++;
    }
    if (!ended(&items))
        return false;
    for (size_t i = 0; i < logic->parameter_count; i++) {
        uint8_t occurrence = logic->parameters[i].occurrence;
        if (logic->parameters[i].source == CW_PARAMETER_SOURCE_CLOUD)
            continue; /* not the client's to bring */
        bool needed = occurrence == CW_OCCURRENCE_REQUIRED || occurrence == CW_OCCURRENCE_SEVERAL;
        bool once = occurrence == CW_OCCURRENCE_REQUIRED || occurrence == CW_OCCURRENCE_OPTIONAL;
        if ((needed && counts[i] == 0) || (once && counts[i] > 1))
            return false;
    }
    return true;
}

/* Whether the logic demands what only a cloud could bring: this reader takes no secrets from one. */
bool cw_secrets_missing(const struct cw_logic *logic)
{
    for (size_t i = 0; i < logic->parameter_count; i++) {
        uint8_t occurrence = logic->parameters[i].occurrence;
        if (logic->parameters[i].source == CW_PARAMETER_SOURCE_CLOUD &&
            (occurrence == CW_OCCURRENCE_REQUIRED || occurrence == CW_OCCURRENCE_SEVERAL))
            return true;
    }
    return false;
}
/* ANCHOR_END: fit */

/* ANCHOR: take */
/* The next value of a parameter; nothing where none is left. False: it is not declared. */
bool cw_parameter_take(struct cw_machine *machine, struct cw_span name, struct cw_register *into)
{
    const struct cw_parameter *parameter = cw_parameter_of(&machine->logic, name);
    if (parameter == NULL)
        return false;
    uint8_t *taken = &machine->parameters.taken[parameter - machine->logic.parameters], passed = 0;
    struct cw_span all = cw_span(machine->parameters.bytes, machine->parameters.size);
    struct items items = begin(machine->parameters.format, all);
    struct item item;
    uint8_t number[4];
    cw_register_set(into, cw_span(number, 0));
    /* This reader takes no secrets from a cloud, so that none of its values is there. */
    into->secret = parameter->source == CW_PARAMETER_SOURCE_CLOUD;
    while (next(&items, &item)) {
        if (cw_parameter_of(&machine->logic, item.name) != parameter || passed++ < *taken)
            continue;
        cw_put(number, item.number, sizeof number);
        cw_register_set(into, item.kind == CW_ITEM_KIND_NUMBER ? cw_span(number, sizeof number) : item.value);
        ++*taken;
        break;
    }
    return true;
}
/* ANCHOR_END: take */
