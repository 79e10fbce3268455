/*
 * shape.c: the only file that knows the place of a value in a generated struct.
 *
 * Pointers and lists are copied with memcpy, because access through another struct type than the generated
 * `struct x_list` would break strict aliasing.
 */
#include "engine/protocol/shape.h"

#include "base/check.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/time.h"
#include "wire/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_ENTRIES = 12, MISSING_BOOLEAN = 2 };

static const int64_t MISSING_NUMBER = INT64_MIN;

/* ---- where things lie ---- */

struct items items_read(const void *list)
{
    struct items items;

    memcpy(&items, list, sizeof items);
    return items;
}

void items_write(void *list, struct items items)
{
    memcpy(list, &items, sizeof items);
}

size_t item_size(const struct shape *shape)
{
    size_t size = shape->element->size;

    return shape->type == SHAPE_LIST ? size : MAP_VALUE_OFFSET + ((size + 7) & ~(size_t)7);
}

struct items items_new(struct arena *arena, const struct shape *shape, size_t count)
{
    return (struct items){arena_alloc(arena, (count ? count : 1) * item_size(shape)), count};
}

static bool is_number(const struct shape *shape)
{
    return shape->type == SHAPE_INTEGER || shape->type == SHAPE_DOUBLE || shape->type == SHAPE_TIMESTAMP;
}

static bool is_pointed_at(const struct member *member)
{
    bool scalar = is_number(member->shape) || member->shape->type == SHAPE_BOOLEAN;

    return member->shape->type == SHAPE_STRUCTURE || (scalar && !member->required);
}

/* Every union begins like this. */
struct any_union {
    unsigned is;
    const void *several[2]; /* when `is` is UNION_HAS_SEVERAL: two unions, one of which may have several */
};

static unsigned choice_in(const void *structure)
{
    unsigned is;

    memcpy(&is, structure, sizeof is);
    return is;
}

/* The union in which this member is present, or NULL. */
static const void *union_with(const struct member *member, const void *structure)
{
    struct any_union any;

    while (choice_in(structure) != member->choice) {
        if (choice_in(structure) != UNION_HAS_SEVERAL)
            return NULL;
        memcpy(&any, structure, sizeof any);
        structure = choice_in(any.several[0]) == member->choice ? any.several[0] : any.several[1];
    }
    return structure;
}

/* Make the member present.  The union to write it to: another one if a different member is present. */
static void *choose(struct arena *arena, const struct member *member, void *structure)
{
    struct any_union any;
    unsigned is = choice_in(structure), choice = member->choice;

    if (is != 0 && is != choice) {
        struct any_union *first = arena_new(arena, struct any_union),
                         *second = arena_new(arena, struct any_union);
        memcpy(&any, structure, sizeof any);
        *second = any;
        any = (struct any_union){UNION_HAS_SEVERAL, {first, second}};
        memcpy(structure, &any, sizeof any);
        structure = first;
    }
    memcpy(structure, &choice, sizeof choice);
    return structure;
}

const void *member_value(const struct member *member, const void *structure)
{
    if (member->choice && !(structure = union_with(member, structure)))
        return NULL;
    const char *place = (const char *)structure + member->offset;
    const void *pointer;

    switch (member->shape->type) {
    case SHAPE_STRING:
    case SHAPE_BLOB:
    case SHAPE_OPAQUE:
    case SHAPE_LIST:
    case SHAPE_MAP:
        memcpy(&pointer, place, sizeof pointer); /* `data` and `items` are the first members */
        return pointer ? place : NULL;
    default:
        if (!is_pointed_at(member))
            return place;
        memcpy(&pointer, place, sizeof pointer);
        return pointer;
    }
}

/* The size of the member in its structure: a pointer, or the value itself. */
static size_t size_within(const struct member *member)
{
    return is_pointed_at(member) ? sizeof(void *) : member->shape->size;
}

void model_merge(const struct shape *shape, void *into, const void *from)
{
    const struct member *member;

    check(shape->type == SHAPE_STRUCTURE && !shape->is_union && into && from);
    for (member = shape->members; member < members_end(shape); member++)
        if (member_value(member, from))
            memcpy((char *)into + member->offset, (const char *)from + member->offset, size_within(member));
}

void *member_room(struct arena *arena, const struct member *member, void *structure)
{
    if (member->choice)
        structure = choose(arena, member, structure);
    char *place = (char *)structure + member->offset;

    if (!is_pointed_at(member))
        return place;
    void *room = arena_alloc(arena, member->shape->size);
    memcpy(place, &room, sizeof room);
    return room;
}

/* ---- missing members ---- */

void mark_missing(const struct shape *shape, void *structure)
{
    for (const struct member *member = shape->members; member < shape->members + shape->member_count;
         member++) {
        char *place = (char *)structure + member->offset;
        if (!member->required)
            continue;
        if (is_number(member->shape))
            memcpy(place, &MISSING_NUMBER, sizeof MISSING_NUMBER);
        else if (member->shape->type == SHAPE_BOOLEAN)
            *place = MISSING_BOOLEAN;
    }
}

bool is_missing(const struct member *member, const void *structure)
{
    const char *place = (const char *)structure + member->offset;

    if (!member->required || !(is_number(member->shape) || member->shape->type == SHAPE_BOOLEAN))
        return member_value(member, structure) == NULL;
    if (member->shape->type == SHAPE_BOOLEAN)
        return *place == MISSING_BOOLEAN;
    return memcmp(place, &MISSING_NUMBER, sizeof MISSING_NUMBER) == 0;
}

bool is_null_item(const struct shape *shape, const void *value)
{
    switch (shape->type) {
    case SHAPE_STRING:
    case SHAPE_BLOB:
        return !str_present(*(const str *)value);
    case SHAPE_LIST:
    case SHAPE_MAP:
        return !items_read(value).data;
    default:
        return false;
    }
}

/* ---- maps ---- */

/* Slots have the index of an entry plus one. */
struct key_index {
    uint32_t *slots;
    size_t mask;
};

static struct key_index key_index_for(struct arena *arena, size_t count)
{
    size_t size = 16;

    while (size < count * 2)
        size *= 2;
    return (struct key_index){arena_alloc(arena, size * sizeof(uint32_t)), size - 1};
}

/* The kept entry of that key; NULL when it is new, and `at` is noted as its entry. */
static char *find_or_add(const struct key_index *index, struct items *kept, size_t size, str key)
{
    if (!index->slots) {
        for (size_t i = 0; i < kept->count; i++)
            if (str_equal(*entry_key(kept->data + i * size), key))
                return kept->data + i * size;
        return NULL;
    }
    size_t slot = str_hash(key) & index->mask;
    for (; index->slots[slot]; slot = (slot + 1) & index->mask) {
        char *entry = kept->data + (index->slots[slot] - 1) * size;
        if (str_equal(*entry_key(entry), key))
            return entry;
    }
    index->slots[slot] = (uint32_t)kept->count + 1;
    return NULL;
}

/* Puts a repeated entry into the kept one. */
typedef void merge_entry(struct arena *arena, const struct shape *shape, char *kept, const char *entry);

static void merge_repeats(struct arena *arena, const struct shape *shape, void *map, merge_entry *merge)
{
    struct items all = items_read(map), kept = {all.data, 0};
    struct key_index index = {0};
    size_t size = item_size(shape);

    if (all.count > FEW_ENTRIES)
        index = key_index_for(arena, all.count);
    for (size_t i = 0; i < all.count; i++) {
        char *entry = all.data + i * size;
        char *place = find_or_add(&index, &kept, size, *entry_key(entry));
        if (place)
            merge(arena, shape, place, entry);
        else
            memmove(kept.data + kept.count++ * size, entry, size);
    }
    items_write(map, kept);
}

static void replace_entry(struct arena *arena, const struct shape *shape, char *kept, const char *entry)
{
    (void)arena;
    memcpy(kept, entry, item_size(shape));
}

void map_drop_repeats(struct arena *arena, const struct shape *shape, void *map)
{
    merge_repeats(arena, shape, map, replace_entry);
}

static void append_items(struct arena *arena, const struct shape *shape, char *kept, const char *entry)
{
    struct items list = items_read(kept + MAP_VALUE_OFFSET), more = items_read(entry + MAP_VALUE_OFFSET);
    size_t size = item_size(shape->element);

    for (size_t i = 0; i < more.count; i++) {
        list.data = list_grow(arena, list.data, list.count, size);
        memcpy(list.data + list.count++ * size, more.data + i * size, size);
    }
    items_write(kept + MAP_VALUE_OFFSET, list);
}

void map_join_repeats(struct arena *arena, const struct shape *shape, void *map)
{
    merge_repeats(arena, shape, map, append_items);
}

/* ---- numbers and moments ---- */

static bool number_to_double(struct arena *arena, str number, double *value)
{
    size_t digits;
    int64_t exponent;

    if (!str_is_decimal(number, &digits, &exponent))
        return false;
    *value = strtod(arena_cstr(arena, number), NULL);
    return isfinite(*value);
}

int64_t number_to_i64(struct arena *arena, str number)
{
    int64_t whole;
    double value;

    if (str_to_i64(number, &whole))
        return whole;
    if (!number_to_double(arena, number, &value))
        return 0;
    if (value >= 0x1p63)
        return INT64_MAX;
    return value <= -0x1p63 ? INT64_MIN + 1 : (int64_t)value;
}

str epoch_to_text(struct arena *arena, int64_t ms)
{
    int64_t seconds = ms / MS_PER_S, rest = ms % MS_PER_S;

    if (rest == 0)
        return arena_decimal(arena, seconds);
    str text = arena_format(arena, "%s%" PRId64 ".%03" PRId64, ms < 0 ? "-" : "",
                            seconds < 0 ? -seconds : seconds, rest < 0 ? -rest : rest);
    while (text.data[text.size - 1] == '0')
        text.size--;
    return text;
}

bool epoch_from_text(struct arena *arena, str text, int64_t *ms)
{
    static const double last_second = 1e9;
    double seconds;

    if (!number_to_double(arena, text, &seconds) || fabs(seconds) > 1000 * last_second)
        return false;
    *ms = llround(seconds * (double)MS_PER_S);
    return true;
}

static str moment_to_text(struct arena *arena, enum timestamp_format format, int64_t ms)
{
    switch (format) {
    case TIMESTAMP_EPOCH:
        return epoch_to_text(arena, ms);
    case TIMESTAMP_HTTP:
        return time_http_date(arena, ms);
    case TIMESTAMP_ISO8601:
        return ms % MS_PER_S ? time_iso8601_ms(arena, ms) : time_iso8601(arena, ms);
    default:
        return time_iso8601(arena, ms); /* AWS's XML has whole seconds */
    }
}

static bool moment_from_text(struct arena *arena, enum timestamp_format format, str text, int64_t *ms)
{
    switch (format) {
    case TIMESTAMP_EPOCH:
        return epoch_from_text(arena, text, ms);
    case TIMESTAMP_HTTP:
        return time_parse_http_date(text, ms);
    default:
        return time_parse_iso8601(text, ms) || epoch_from_text(arena, text, ms);
    }
}

/* ---- scalars as text ---- */

static str double_to_text(struct arena *arena, double value)
{
    struct json_writer writer = json_writer_in(arena);

    if (isnan(value))
        return S("NaN");
    if (isinf(value))
        return value > 0 ? S("Infinity") : S("-Infinity");
    json_double(&writer, value);
    return json_written(&writer);
}

static bool double_from_text(struct arena *arena, str text, double *value)
{
    if (number_to_double(arena, text, value))
        return true;
    if (str_equal(text, S("NaN")))
        *value = (double)NAN;
    else if (str_equal(text, S("Infinity")))
        *value = (double)INFINITY;
    else if (str_equal(text, S("-Infinity")))
        *value = -(double)INFINITY;
    else
        return false;
    return true;
}

str scalar_to_text(struct arena *arena, const struct shape *shape, enum timestamp_format format,
                   const void *value)
{
    switch (shape->type) {
    case SHAPE_BLOB:
        return base64_encode(arena, *(const str *)value);
    case SHAPE_BOOLEAN:
        return *(const bool *)value ? S("true") : S("false");
    case SHAPE_INTEGER:
        return arena_decimal(arena, *(const int64_t *)value);
    case SHAPE_DOUBLE:
        return double_to_text(arena, *(const double *)value);
    case SHAPE_TIMESTAMP:
        return moment_to_text(arena, format, *(const int64_t *)value);
    default:
        return *(const str *)value;
    }
}

static bool boolean_from_text(str text, bool *value)
{
    *value = str_equal_nocase(text, S("true"));
    return *value || str_equal_nocase(text, S("false"));
}

bool scalar_from_text(struct arena *arena, const struct shape *shape, enum timestamp_format format, str text,
                      void *value)
{
    switch (shape->type) {
    case SHAPE_BLOB:
        return base64_decode(arena, text, value);
    case SHAPE_BOOLEAN:
        return boolean_from_text(text, value);
    case SHAPE_INTEGER:
        return str_to_i64(text, value);
    case SHAPE_DOUBLE:
        return double_from_text(arena, text, value);
    case SHAPE_TIMESTAMP:
        return moment_from_text(arena, format, text, value);
    default:
        *(str *)value = text;
        return true;
    }
}
