/*
 * item_blob.c: the stored form of an item: a version byte, then each attribute's name and value.
 *
 * A value is a byte for its type and its content; texts and bytes have their length before them, collections
 * their count.  Decoding copies nothing.
 */
#include "value.h"

#include "base/check.h"
#include "base/list.h"
#include "base/text.h"
#include "number.h"

enum { VERSION = 1 };

/* ---- writing ---- */

struct writer {
    struct text text;
    bool measures; /* only the size is asked for: nothing is written */
    size_t size;   /* as AWS counts it */
    int depth, deepest;
};

/* An update's result may be many times larger than an item may be: the rest is not written. */
static bool is_full(const struct writer *writer)
{
    return writer->size > MAX_ITEM_BYTES;
}

static void add_byte(struct writer *writer, unsigned byte)
{
    if (!writer->measures)
        text_add_char(&writer->text, (char)byte);
}

static void add_count(struct writer *writer, size_t count)
{
    for (; count >= 0x80; count >>= 7)
        add_byte(writer, (unsigned char)(count | 0x80));
    add_byte(writer, (unsigned char)count);
}

static void add_bytes(struct writer *writer, str bytes)
{
    add_count(writer, bytes.size);
    if (!writer->measures)
        text_add(&writer->text, bytes);
}

static void add_text(struct writer *writer, str bytes)
{
    add_bytes(writer, bytes);
    writer->size += bytes.size;
}

static void add_number(struct writer *writer, str text)
{
    struct number number;
    size_t size;

    add_bytes(writer, text);
    if (!dynamodb_number_is_plain(text, &size)) {
        dynamodb_number_parse(text, &number);
        size = dynamodb_number_size(&number);
    }
    writer->size += size;
}

static void add_set(struct writer *writer, const struct str_list *set, void (*add)(struct writer *, str))
{
    add_count(writer, set->count);
    for (size_t i = 0; i < set->count && !is_full(writer); i++)
        add(writer, set->items[i]);
}

static void add_value(struct writer *writer, const struct dynamodb_attribute_value *value);

static void add_attributes(struct writer *writer, const struct dynamodb_attribute_map *map)
{
    add_count(writer, map->count);
    for (size_t i = 0; i < map->count && !is_full(writer); i++) {
        add_text(writer, map->items[i].key);
        add_value(writer, &map->items[i].value);
    }
}

/* A map or list counts three bytes, and one byte for each element. */
static void add_map(struct writer *writer, const struct dynamodb_attribute_map *map)
{
    add_attributes(writer, map);
    writer->size += 3 + map->count;
}

static void add_list(struct writer *writer, const struct dynamodb_attribute_value_list *list)
{
    add_count(writer, list->count);
    for (size_t i = 0; i < list->count && !is_full(writer); i++)
        add_value(writer, &list->items[i]);
    writer->size += 3 + list->count;
}

static void add_content(struct writer *writer, enum value_type type,
                        const struct dynamodb_attribute_value *value)
{
    switch (type) {
    case VALUE_S:
        add_text(writer, value->s);
        break;
    case VALUE_N:
        add_number(writer, value->n);
        break;
    case VALUE_B:
        add_text(writer, value->b);
        break;
    case VALUE_SS:
        add_set(writer, &value->ss, add_text);
        break;
    case VALUE_NS:
        add_set(writer, &value->ns, add_number);
        break;
    case VALUE_BS:
        add_set(writer, &value->bs, add_text);
        break;
    case VALUE_M:
        add_map(writer, &value->m);
        break;
    case VALUE_L:
        add_list(writer, &value->l);
        break;
    default:
        writer->size += 1;
    }
}

/* True is VALUE_BOOL, false is VALUE_BOOL plus one. */
static void add_value(struct writer *writer, const struct dynamodb_attribute_value *value)
{
    enum value_type type = dynamodb_value_type(value);
    bool is_false = type == VALUE_BOOL && !*value->bool_;

    if (++writer->depth > writer->deepest)
        writer->deepest = writer->depth;
    add_byte(writer, (unsigned)type + is_false);
    add_content(writer, type, value);
    writer->depth--;
}

str dynamodb_item_encode(struct arena *arena, const struct dynamodb_attribute_map *item,
                         struct item_size *size)
{
    struct writer writer = {.text = text_in(arena)};

    text_reserve(&writer.text, 512);
    text_add_char(&writer.text, VERSION);
    add_attributes(&writer, item);
    *size = (struct item_size){writer.size, writer.deepest};
    return text_str(&writer.text);
}

size_t dynamodb_value_bytes(const struct dynamodb_attribute_value *value)
{
    struct writer writer = {.measures = true};

    add_value(&writer, value);
    return writer.size;
}

/* ---- reading ---- */

static const bool yes = true, no = false;

struct reader {
    struct arena *arena;
    const unsigned char *at, *end;
};

static unsigned read_byte(struct reader *reader)
{
    check(reader->at < reader->end);
    return *reader->at++;
}

static size_t read_count(struct reader *reader)
{
    size_t count = 0;

    for (unsigned shift = 0;; shift += 7) {
        unsigned byte = read_byte(reader);
        count |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return count;
    }
}

static str read_text(struct reader *reader)
{
    size_t size = read_count(reader);
    str text = {(const char *)reader->at, size};

    check(size <= (size_t)(reader->end - reader->at));
    reader->at += size;
    return text;
}

/* Room for that many items; never NULL, because NULL means absent. */
static void *make_room(struct reader *reader, size_t count, size_t size)
{
    check(count <= (size_t)(reader->end - reader->at));
    return arena_alloc(reader->arena, (count ? count : 1) * size);
}

static struct str_list read_set(struct reader *reader)
{
    struct str_list set = {.count = read_count(reader)};

    set.items = make_room(reader, set.count, sizeof *set.items);
    for (size_t i = 0; i < set.count; i++)
        set.items[i] = read_text(reader);
    return set;
}

static void read_value(struct reader *reader, struct dynamodb_attribute_value *value);

static struct dynamodb_attribute_map read_map(struct reader *reader)
{
    struct dynamodb_attribute_map map = {.count = read_count(reader)};

    map.items = make_room(reader, map.count, sizeof *map.items);
    for (size_t i = 0; i < map.count; i++) {
        map.items[i].key = read_text(reader);
        read_value(reader, &map.items[i].value);
    }
    return map;
}

static struct dynamodb_attribute_value_list read_list(struct reader *reader)
{
    struct dynamodb_attribute_value_list list = {.count = read_count(reader)};

    list.items = make_room(reader, list.count, sizeof *list.items);
    for (size_t i = 0; i < list.count; i++)
        read_value(reader, &list.items[i]);
    return list;
}

static void read_value(struct reader *reader, struct dynamodb_attribute_value *value)
{
    unsigned type = read_byte(reader);

    value->is = type + 1;
    switch (type) {
    case VALUE_S:
    case VALUE_N:
    case VALUE_B:
        value->s = read_text(reader);
        break;
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        value->ss = read_set(reader);
        break;
    case VALUE_M:
        value->m = read_map(reader);
        break;
    case VALUE_L:
        value->l = read_list(reader);
        break;
    case VALUE_NULL:
        value->null = &yes;
        break;
    case VALUE_BOOL:
        value->bool_ = &yes;
        break;
    case VALUE_BOOL + 1:
        value->is = DYNAMODB_ATTRIBUTE_VALUE_BOOL;
        value->bool_ = &no;
        break;
    default:
        check(false);
    }
}

struct dynamodb_attribute_map dynamodb_item_decode(struct arena *arena, str blob)
{
    struct reader reader = {arena, (const unsigned char *)blob.data,
                            (const unsigned char *)blob.data + blob.size};

    check(read_byte(&reader) == VERSION);
    return read_map(&reader);
}

/* ---- skipping ---- */

static void skip_texts(struct reader *reader)
{
    for (size_t count = read_count(reader); count > 0; count--)
        read_text(reader);
}

static void skip_value(struct reader *reader);

static void skip_values(struct reader *reader, bool named)
{
    for (size_t count = read_count(reader); count > 0; count--) {
        if (named)
            read_text(reader);
        skip_value(reader);
    }
}

static void skip_value(struct reader *reader)
{
    switch (read_byte(reader)) {
    case VALUE_S:
    case VALUE_N:
    case VALUE_B:
        read_text(reader);
        break;
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        skip_texts(reader);
        break;
    case VALUE_M:
        skip_values(reader, true);
        break;
    case VALUE_L:
        skip_values(reader, false);
        break;
    default: /* NULL and BOOL have no content */
        break;
    }
}

struct dynamodb_attribute_map dynamodb_item_pick(struct arena *arena, str blob, const struct str_list *names)
{
    struct reader reader = {arena, (const unsigned char *)blob.data,
                            (const unsigned char *)blob.data + blob.size};
    struct dynamodb_attribute_map picked = {0};

    check(read_byte(&reader) == VERSION);
    for (size_t left = read_count(&reader); left > 0 && picked.count < names->count; left--) {
        str name = read_text(&reader);
        if (!dynamodb_names_have(names, name)) {
            skip_value(&reader);
            continue;
        }
        struct dynamodb_attribute_map_entry *entry = list_add(arena, &picked);
        entry->key = name;
        read_value(&reader, &entry->value);
    }
    return picked;
}
