/*
 * json_shape.c: JSON to typed structs and back, driven by the model's tables.
 *
 * The hot path of the product: one pass over the parsed tree, without building tables; memory is allocated
 * once per list and once per optional number.
 */
#include "engine/protocol/protocol_internal.h"

#include "base/hash.h"
#include "base/spool.h"

#include <string.h>

struct decoder {
    struct arena *arena;
    struct mismatch *mismatch;
    bool mark;              /* mark missing members */
    bool everywhere;        /* also members that REST sends outside the body */
    bool only_integers;     /* a fraction, or a number that 64 bits cannot hold, is not an integer */
    bool unions_read_texts; /* see struct dialect */
    struct spool *spool;    /* the file with the text; NULL: it is in memory */
};

/* ---- from JSON ---- */

static bool refuse(const struct decoder *decoder, const struct shape *shape, const struct json *json)
{
    *decoder->mismatch = (struct mismatch){.json = json, .shape = shape};
    return false;
}

/* Clients usually send members in the model's order, so the search begins after the last one found. */
static const struct member *find_member(const struct shape *shape, const struct member *from, str name)
{
    const struct member *end = shape->members + shape->member_count;

    for (const struct member *member = from; member < end; member++)
        if (str_equal(member->json_name, name))
            return member;
    for (const struct member *member = shape->members; member < from; member++)
        if (str_equal(member->json_name, name))
            return member;
    return NULL;
}

static bool decode_value(const struct decoder *decoder, const struct shape *shape, const struct json *json,
                         void *value);

static bool decode_moment(const struct decoder *decoder, const struct member *member, const struct json *json,
                          void *value)
{
    enum timestamp_format format = member->timestamp_format ? member->timestamp_format : TIMESTAMP_EPOCH;
    enum json_type expected = format == TIMESTAMP_EPOCH ? JSON_NUMBER : JSON_STRING;

    return (json->type == expected &&
            scalar_from_text(decoder->arena, member->shape, format, json->text, value)) ||
           refuse(decoder, member->shape, json);
}

static bool text_is_true(str text)
{
    return str_equal_nocase(text, S("true")) || str_equal_nocase(text, S("yes")) || str_equal(text, S("1"));
}

static bool decode_member(const struct decoder *decoder, const struct member *member, const struct json *json,
                          void *structure)
{
    void *value = member_room(decoder->arena, member, structure);

    if (member->shape->type == SHAPE_TIMESTAMP)
        return decode_moment(decoder, member, json, value);
    return decode_value(decoder, member->shape, json, value);
}

/* Does the member hold a boolean that is given as a text?  Then it is decoded. */
static bool decode_text_boolean(const struct decoder *decoder, const struct member *member,
                                const struct json *json, void *structure)
{
    if (member->shape->type != SHAPE_BOOLEAN || json->type != JSON_STRING)
        return false;
    *(bool *)member_room(decoder->arena, member, structure) = text_is_true(json->text);
    return true;
}

static bool decode_structure(const struct decoder *decoder, const struct shape *shape,
                             const struct json *json, void *structure)
{
    const struct member *next = shape->members;

    if (json->type != JSON_OBJECT)
        return refuse(decoder, shape, json);
    if (decoder->mark)
        mark_missing(shape, structure);
    for (uint32_t i = 0; i < json->count; i++) {
        const struct json_member *source = &json->members[i];
        const struct member *member = find_member(shape, next, source->name);
        if (!member || source->value.type == JSON_NULL ||
            (member->location != IN_BODY && !decoder->everywhere))
            continue;
        if (!(decoder->unions_read_texts && shape->is_union &&
              decode_text_boolean(decoder, member, &source->value, structure)) &&
            !decode_member(decoder, member, &source->value, structure))
            return false;
        next = member + 1;
    }
    return true;
}

/* Null leaves the value as it was initialized, which is absent; numbers and booleans cannot be null. */
static bool decode_null(const struct decoder *decoder, const struct shape *shape, const struct json *json,
                        void *value)
{
    switch (shape->type) {
    case SHAPE_BOOLEAN:
    case SHAPE_INTEGER:
    case SHAPE_DOUBLE:
    case SHAPE_TIMESTAMP:
        return refuse(decoder, shape, json);
    case SHAPE_STRUCTURE:
        if (decoder->mark)
            mark_missing(shape, value);
        return true;
    default:
        return true;
    }
}

/* An item of a list or a map's value. */
static bool decode_item(const struct decoder *decoder, const struct shape *shape, const struct json *json,
                        void *value)
{
    if (json->type == JSON_NULL)
        return decode_null(decoder, shape, json, value);
    if (decode_value(decoder, shape, json, value))
        return true;
    decoder->mismatch->in_collection |= decoder->mismatch->json == json;
    return false;
}

static bool decode_list(const struct decoder *decoder, const struct shape *shape, const struct json *json,
                        void *value)
{
    size_t size = item_size(shape);

    if (json->type != JSON_ARRAY)
        return refuse(decoder, shape, json);
    struct items items = items_new(decoder->arena, shape, json->count);
    for (uint32_t i = 0; i < json->count; i++)
        if (!decode_item(decoder, shape->element, &json->items[i], items.data + i * size))
            return false;
    items_write(value, items);
    return true;
}

static bool decode_map(const struct decoder *decoder, const struct shape *shape, const struct json *json,
                       void *value)
{
    size_t size = item_size(shape);

    if (json->type != JSON_OBJECT)
        return refuse(decoder, shape, json);
    struct items items = items_new(decoder->arena, shape, json->count);
    for (uint32_t i = 0; i < json->count; i++) {
        char *entry = items.data + i * size;
        *entry_key(entry) = json->members[i].name;
        if (!decode_item(decoder, shape->element, &json->members[i].value, entry + MAP_VALUE_OFFSET))
            return false;
    }
    items_write(value, items);
    if (items.count > 1)
        map_drop_repeats(decoder->arena, shape, value);
    return true;
}

static bool decode_integer(const struct decoder *decoder, const struct json *json, int64_t *value)
{
    if (json->type != JSON_NUMBER)
        return false;
    if (decoder->only_integers)
        return str_to_i64(json->text, value);
    *value = number_to_i64(decoder->arena, json->text);
    return true;
}

/*
 * Does a request with this value use the member?  Null, false, empty texts and arrays do not, and neither
 * does an object that contains only these: see refused_members.c.
 */
static bool asks_for_something(const struct json *json)
{
    switch (json->type) {
    case JSON_NULL:
    case JSON_FALSE:
        return false;
    case JSON_STRING:
        return json->text.size > 0;
    case JSON_ARRAY:
        return json->count > 0;
    case JSON_OBJECT:
        for (uint32_t i = 0; i < json->count; i++)
            if (asks_for_something(&json->members[i].value))
                return true;
        return false;
    default:
        return true;
    }
}

/* If the text is in the request's file, its blob is decoded in place. */
static bool decode_blob(const struct decoder *decoder, str text, str *bytes)
{
    if (!decoder->spool || !spool_holds(decoder->spool, text) || text.size < LIMIT_LOOP_BODY_BYTES)
        return base64_decode(decoder->arena, text, bytes);
    return spool_decode_base64(decoder->spool, decoder->arena, text, bytes);
}

static bool decode_scalar(const struct decoder *decoder, const struct shape *shape, const struct json *json,
                          void *value)
{
    switch (shape->type) {
    case SHAPE_STRING:
        *(str *)value = json->text;
        return json->type == JSON_STRING;
    case SHAPE_BLOB:
        return json->type == JSON_STRING && decode_blob(decoder, json->text, value);
    case SHAPE_BOOLEAN:
        *(bool *)value = json->type == JSON_TRUE;
        return json->type == JSON_TRUE || json->type == JSON_FALSE;
    case SHAPE_INTEGER:
        return decode_integer(decoder, json, value);
    case SHAPE_OPAQUE:
        *(str *)value = asks_for_something(json) ? S("") : (str){0};
        return true;
    case SHAPE_DOUBLE:
        return json->type == JSON_NUMBER || json->type == JSON_STRING
                   ? scalar_from_text(decoder->arena, shape, TIMESTAMP_DEFAULT, json->text, value)
                   : false;
    default:
        return json->type == JSON_NUMBER && epoch_from_text(decoder->arena, json->text, value);
    }
}

static bool decode_value(const struct decoder *decoder, const struct shape *shape, const struct json *json,
                         void *value)
{
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        return decode_structure(decoder, shape, json, value);
    case SHAPE_LIST:
        return decode_list(decoder, shape, json, value);
    case SHAPE_MAP:
        return decode_map(decoder, shape, json, value);
    default:
        return decode_scalar(decoder, shape, json, value) || refuse(decoder, shape, json);
    }
}

bool json_to_structure(struct arena *arena, const struct shape *shape, const struct json *json,
                       const struct call *call, void *structure, struct mismatch *mismatch)
{
    const struct service *service = call ? call_service(call) : NULL;
    struct decoder decoder = {.arena = arena,
                              .mismatch = mismatch,
                              .mark = service != NULL,
                              .only_integers = service && !service->dialect->cuts_fractions,
                              .unions_read_texts = service && service->dialect->unions_read_texts,
                              .spool = call ? call->spool : NULL};

    return decode_structure(&decoder, shape, json, structure);
}

/* ---- to JSON ---- */

static void write_value(struct json_writer *writer, const struct shape *shape, const void *value);
static void write_member(struct json_writer *writer, const struct member *member, const void *value);

static void write_list(struct json_writer *writer, const struct shape *shape, const void *value)
{
    struct items items = items_read(value);
    size_t size = item_size(shape);

    json_open_array(writer);
    for (size_t i = 0; i < items.count; i++)
        write_value(writer, shape->element, items.data + i * size);
    json_close_array(writer);
}

static void write_map(struct json_writer *writer, const struct shape *shape, const void *value)
{
    struct items items = items_read(value);
    size_t size = item_size(shape);

    json_open_object(writer);
    for (size_t i = 0; i < items.count; i++) {
        char *entry = items.data + i * size;
        json_name(writer, *entry_key(entry));
        write_value(writer, shape->element, entry + MAP_VALUE_OFFSET);
    }
    json_close_object(writer);
}

static void write_structure(struct json_writer *writer, const struct shape *shape, const void *value)
{
    struct members members = members_in(shape, value);

    json_open_object(writer);
    for (const struct member *member = members.first; member < members.end; member++)
        write_member(writer, member, member_value(member, value));
    json_close_object(writer);
}

static void write_value(struct json_writer *writer, const struct shape *shape, const void *value)
{
    switch (shape->type) {
    case SHAPE_STRING:
        json_string(writer, *(const str *)value);
        break;
    case SHAPE_BLOB:
        json_bytes(writer, *(const str *)value);
        break;
    case SHAPE_BOOLEAN:
        json_bool(writer, *(const bool *)value);
        break;
    case SHAPE_INTEGER:
        json_i64(writer, *(const int64_t *)value);
        break;
    case SHAPE_DOUBLE:
        json_double(writer, *(const double *)value);
        break;
    case SHAPE_TIMESTAMP:
        json_raw(writer, epoch_to_text(writer->text.arena, *(const int64_t *)value));
        break;
    case SHAPE_OPAQUE: /* only in requests, to be refused: never written */
        json_null(writer);
        break;
    case SHAPE_STRUCTURE:
        write_structure(writer, shape, value);
        break;
    case SHAPE_LIST:
        write_list(writer, shape, value);
        break;
    case SHAPE_MAP:
        write_map(writer, shape, value);
        break;
    }
}

/* Writes nothing when the value is absent. */
static void write_member(struct json_writer *writer, const struct member *member, const void *value)
{
    bool as_text = member->shape->type == SHAPE_TIMESTAMP && member->timestamp_format != TIMESTAMP_DEFAULT &&
                   member->timestamp_format != TIMESTAMP_EPOCH;

    if (!value)
        return;
    json_name(writer, member->json_name);
    if (as_text)
        json_string(writer,
                    scalar_to_text(writer->text.arena, member->shape, member->timestamp_format, value));
    else
        write_value(writer, member->shape, value);
}

void json_write_value(struct json_writer *writer, const struct shape *shape, const void *value)
{
    write_value(writer, shape, value);
}

void json_write_members(struct json_writer *writer, const struct shape *shape, const void *structure)
{
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++)
        if (member->location == IN_BODY)
            write_member(writer, member, member_value(member, structure));
}

/* ---- what services store of their shapes ---- */

str model_to_json(struct arena *arena, const struct shape *shape, const void *value)
{
    struct json_writer writer = json_writer_in(arena);

    write_value(&writer, shape, value);
    return json_written(&writer);
}

bool model_from_json(struct arena *arena, const struct shape *shape, str json, void *value)
{
    struct mismatch mismatch;
    struct decoder decoder = {.arena = arena, .mismatch = &mismatch, .everywhere = true};
    const struct json *parsed = json_parse(arena, json, NULL);

    return parsed && decode_value(&decoder, shape, parsed, value);
}
