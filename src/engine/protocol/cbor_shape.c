/*
 * cbor_shape.c: CBOR to typed structs and back, driven by the model's tables.
 *
 * All members travel in the body, even when the model gives them another place for REST.  A moment is tag 1
 * with its seconds since 1970, whatever format the model names.
 */
#include "engine/protocol/cbor_shape.h"

#include "base/time.h"

#include <math.h>

enum { TAG_EPOCH = 1 };

struct decoder {
    struct arena *arena;
    bool mark; /* mark missing members */
    const struct member **wrong;
};

static bool decode_value(const struct decoder *decoder, const struct shape *shape, const struct cbor *source,
                         void *value);

/* ---- from CBOR ---- */

static const struct member *find_member(const struct shape *shape, str name)
{
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++)
        if (str_equal(member->json_name, name))
            return member;
    return NULL;
}

static bool decode_structure(const struct decoder *decoder, const struct shape *shape,
                             const struct cbor *source, void *structure)
{
    if (source->type != CBOR_MAP)
        return false;
    if (decoder->mark)
        mark_missing(shape, structure);
    for (uint32_t i = 0; i < source->count; i++) {
        const struct cbor_pair *pair = &source->pairs[i];
        const struct member *member = find_member(shape, pair->key);
        if (!member || pair->value.type == CBOR_NULL)
            continue;
        void *room = member_room(decoder->arena, member, structure);
        if (decode_value(decoder, member->shape, &pair->value, room))
            continue;
        if (!*decoder->wrong)
            *decoder->wrong = member;
        return false;
    }
    return true;
}

/* Null leaves the value as it was initialized, which is absent; numbers and booleans cannot be null. */
static bool decode_null(const struct decoder *decoder, const struct shape *shape, void *value)
{
    switch (shape->type) {
    case SHAPE_BOOLEAN:
    case SHAPE_INTEGER:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        return false;
    case SHAPE_STRUCTURE:
        if (decoder->mark)
            mark_missing(shape, value);
        return true;
    default:
        return true;
    }
}

/* An item of a list or a map's value. */
static bool decode_item(const struct decoder *decoder, const struct shape *shape, const struct cbor *source,
                        void *value)
{
    return source->type == CBOR_NULL ? decode_null(decoder, shape, value)
                                     : decode_value(decoder, shape, source, value);
}

static bool decode_list(const struct decoder *decoder, const struct shape *shape, const struct cbor *source,
                        void *value)
{
    if (source->type != CBOR_ARRAY)
        return false;
    struct items items = items_new(decoder->arena, shape, source->count);
    for (uint32_t i = 0; i < source->count; i++)
        if (!decode_item(decoder, shape->element, &source->items[i], items.data + i * item_size(shape)))
            return false;
    items_write(value, items);
    return true;
}

static bool decode_map(const struct decoder *decoder, const struct shape *shape, const struct cbor *source,
                       void *value)
{
    if (source->type != CBOR_MAP)
        return false;
    struct items items = items_new(decoder->arena, shape, source->count);
    for (uint32_t i = 0; i < source->count; i++) {
        char *entry = items.data + i * item_size(shape);
        *entry_key(entry) = source->pairs[i].key;
        if (!decode_item(decoder, shape->element, &source->pairs[i].value, entry + MAP_VALUE_OFFSET))
            return false;
    }
    items_write(value, items);
    if (items.count > 1)
        map_drop_repeats(decoder->arena, shape, value);
    return true;
}

static bool decode_moment(const struct cbor *source, int64_t *ms)
{
    static const double LAST_SECOND = 1e12;
    double seconds;

    if (source->type != CBOR_TAG || source->tag.number != TAG_EPOCH ||
        !cbor_to_double(source->tag.value, &seconds) || !(fabs(seconds) <= LAST_SECOND))
        return false;
    *ms = llround(seconds * (double)MS_PER_S);
    return true;
}

/* Does a request with this value use the member?  As in json_shape.c. */
static bool asks_for_something(const struct cbor *source)
{
    switch (source->type) {
    case CBOR_NULL:
    case CBOR_FALSE:
        return false;
    case CBOR_TEXT:
    case CBOR_BYTES:
        return source->text.size > 0;
    case CBOR_ARRAY:
        return source->count > 0;
    case CBOR_MAP:
        for (uint32_t i = 0; i < source->count; i++)
            if (asks_for_something(&source->pairs[i].value))
                return true;
        return false;
    default:
        return true;
    }
}

static bool decode_scalar(const struct shape *shape, const struct cbor *source, void *value)
{
    switch (shape->type) {
    case SHAPE_OPAQUE:
        *(str *)value = asks_for_something(source) ? S("") : (str){0};
        return true;
    case SHAPE_STRING:
        *(str *)value = source->text;
        return source->type == CBOR_TEXT;
    case SHAPE_BLOB:
        *(str *)value = source->text;
        return source->type == CBOR_BYTES;
    case SHAPE_BOOLEAN:
        *(bool *)value = source->type == CBOR_TRUE;
        return source->type == CBOR_TRUE || source->type == CBOR_FALSE;
    case SHAPE_INTEGER:
        return cbor_to_i64(source, value);
    case SHAPE_DOUBLE:
        return cbor_to_double(source, value);
    default:
        return decode_moment(source, value);
    }
}

static bool decode_value(const struct decoder *decoder, const struct shape *shape, const struct cbor *source,
                         void *value)
{
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        return decode_structure(decoder, shape, source, value);
    case SHAPE_LIST:
        return decode_list(decoder, shape, source, value);
    case SHAPE_MAP:
        return decode_map(decoder, shape, source, value);
    default:
        return decode_scalar(shape, source, value);
    }
}

bool cbor_to_structure(struct arena *arena, const struct shape *shape, const struct cbor *map, bool mark,
                       void *structure, const struct member **wrong)
{
    struct decoder decoder = {arena, mark, wrong};

    *wrong = NULL;
    return decode_structure(&decoder, shape, map, structure);
}

/* ---- to CBOR ---- */

static void write_value(struct text *text, const struct shape *shape, const void *value);

static void write_list(struct text *text, const struct shape *shape, struct items items)
{
    cbor_add_array(text, items.count);
    for (size_t i = 0; i < items.count; i++)
        write_value(text, shape->element, items.data + i * item_size(shape));
}

static void write_map(struct text *text, const struct shape *shape, struct items items)
{
    cbor_add_map(text, items.count);
    for (size_t i = 0; i < items.count; i++) {
        char *entry = items.data + i * item_size(shape);
        cbor_add_text(text, *entry_key(entry));
        write_value(text, shape->element, entry + MAP_VALUE_OFFSET);
    }
}

static void write_moment(struct text *text, int64_t ms)
{
    cbor_add_tag(text, TAG_EPOCH);
    if (ms % MS_PER_S == 0)
        cbor_add_i64(text, ms / MS_PER_S);
    else
        cbor_add_double(text, (double)ms / (double)MS_PER_S);
}

static void write_present(struct text *text, const struct shape *shape, const void *value)
{
    switch (shape->type) {
    case SHAPE_STRING:
        cbor_add_text(text, *(const str *)value);
        break;
    case SHAPE_BLOB:
        cbor_add_bytes(text, *(const str *)value);
        break;
    case SHAPE_BOOLEAN:
        cbor_add_bool(text, *(const bool *)value);
        break;
    case SHAPE_INTEGER:
        cbor_add_i64(text, *(const int64_t *)value);
        break;
    case SHAPE_DOUBLE:
        cbor_add_double(text, *(const double *)value);
        break;
    case SHAPE_TIMESTAMP:
        write_moment(text, *(const int64_t *)value);
        break;
    case SHAPE_OPAQUE: /* only in requests, to be refused: never written */
        break;
    case SHAPE_STRUCTURE:
        cbor_open_map(text);
        cbor_write_members(text, shape, value);
        cbor_close_map(text);
        break;
    case SHAPE_LIST:
        write_list(text, shape, items_read(value));
        break;
    case SHAPE_MAP:
        write_map(text, shape, items_read(value));
        break;
    }
}

static void write_value(struct text *text, const struct shape *shape, const void *value)
{
    if (is_null_item(shape, value))
        cbor_add_null(text);
    else
        write_present(text, shape, value);
}

void cbor_write_members(struct text *text, const struct shape *shape, const void *structure)
{
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++) {
        const void *value = member_value(member, structure);
        if (!value)
            continue;
        cbor_add_text(text, member->json_name);
        write_present(text, member->shape, value);
    }
}
