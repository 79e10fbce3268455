/*
 * shown.c: a value as the sentence that refuses it shows it.
 *
 * Most of AWS prints it as Java does: [a, b], {k=v}, KeySchemaElement(attributeName=pk, keyType=HASH).
 * Operations that have moved to AWS's newer framework show JSON.
 */
#include "engine/protocol/protocol_internal.h"

#include "base/limits.h"

void show_name(struct text *text, str name)
{
    char first = name.data[0];

    text_add_char(text, first >= 'A' && first <= 'Z' ? (char)(first - 'A' + 'a') : first);
    text_add(text, str_from(name, 1));
}

static void add_value(struct text *text, const struct showing *showing, const struct shape *shape,
                      const void *value);

static void add_collection(struct text *text, const struct showing *showing, const struct shape *shape,
                           const void *value)
{
    struct items items = items_read(value);
    bool map = shape->type == SHAPE_MAP;
    size_t size = item_size(shape);

    text_add_char(text, map ? '{' : '[');
    for (size_t i = 0; i < items.count; i++) {
        char *item = items.data + i * size;
        text_add(text, i ? S(", ") : S(""));
        if (map)
            text_format(text, "%.*s=", STR_ARGS(*entry_key(item)));
        const void *inside = map ? item + MAP_VALUE_OFFSET : item;
        if (is_null_item(shape->element, inside))
            text_add(text, S("null"));
        else
            add_value(text, showing, shape->element, inside);
    }
    text_add_char(text, map ? '}' : ']');
}

static void add_unmodelled(struct text *text, const struct unmodelled *row, const struct shape *shape,
                           const struct member *member)
{
    for (; row && row->shape; row++)
        if (str_equal(str_of(row->shape), str_of(shape->name)) && str_equal(str_of(row->after), member->name))
            text_format(text, ", %s", row->shown);
}

static void add_structure(struct text *text, const struct showing *showing, const struct shape *shape,
                          const void *structure)
{
    text_format(text, "%s(", shape->name);
    for (const struct member *member = shape->members; member < members_end(shape); member++) {
        text_add(text, member > shape->members ? S(", ") : S(""));
        show_name(text, member->name);
        text_add_char(text, '=');
        if (is_missing(member, structure))
            text_add(text, S("null"));
        else
            add_value(text, showing, member->shape, member_value(member, structure));
        add_unmodelled(text, showing->unmodelled, shape, member);
    }
    text_add_char(text, ')');
}

/* Java shows a whole double with its ".0". */
static void add_scalar(struct text *text, const struct shape *shape, const void *value)
{
    str shown = scalar_to_text(text->arena, shape, TIMESTAMP_DEFAULT, value);
    int64_t whole;

    text_add(text, shown);
    if (shape->type == SHAPE_DOUBLE && str_to_i64(shown, &whole))
        text_add(text, S(".0"));
}

static void add_value(struct text *text, const struct showing *showing, const struct shape *shape,
                      const void *value)
{
    switch (shape->type) {
    case SHAPE_STRUCTURE:
        add_structure(text, showing, shape, value);
        break;
    case SHAPE_LIST:
    case SHAPE_MAP:
        add_collection(text, showing, shape, value);
        break;
    case SHAPE_BLOB:
        text_format(text, "java.nio.HeapByteBuffer[pos=0 lim=%zu cap=%zu]", ((const str *)value)->size,
                    ((const str *)value)->size);
        break;
    default:
        add_scalar(text, shape, value);
    }
}

static bool is_json(const struct showing *showing, const struct shape *shape)
{
    return showing->newer && (shape->type == SHAPE_LIST || shape->type == SHAPE_MAP);
}

static void add_json(struct text *text, const struct shape *shape, const void *value)
{
    struct json_writer writer = json_writer_in(text->arena);

    json_write_value(&writer, shape, value);
    text_add(text, text_str(&writer.text));
}

/* A sentence as long as the request helps nobody, and takes long to send: the value is cut. */
void show_value(struct text *text, const struct showing *showing, const struct shape *shape,
                const void *value)
{
    size_t from = text->size;

    if (is_json(showing, shape))
        add_json(text, shape, value);
    else
        add_value(text, showing, shape, value);
    str shown = str_from(text_str(text), from);
    if (shown.size <= LIMIT_SHOWN_VALUE_BYTES)
        return;
    text->size = from + str_head_whole(shown, LIMIT_SHOWN_VALUE_BYTES).size;
    text_add(text, S("..."));
}
