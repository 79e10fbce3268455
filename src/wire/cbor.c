#include "wire/cbor.h"

#include "base/limits.h"
#include "base/list.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

enum major { UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG, SIMPLE };
enum { INDEFINITE = 31, BREAK = 0xff };
enum { SIMPLE_FALSE = 20, SIMPLE_TRUE, SIMPLE_NULL, SIMPLE_UNDEFINED, FLOAT_16 = 25, FLOAT_32, FLOAT_64 };

/* ---- reading ---- */

struct parser {
    struct arena *arena;
    const unsigned char *at, *end;
    unsigned depth, values;
};

/* An item's first byte, and the number after it. */
struct head {
    enum major major;
    unsigned info;
    uint64_t number; /* 0 for an indefinite length */
};

static size_t left(const struct parser *parser)
{
    return (size_t)(parser->end - parser->at);
}

static bool read_number(struct parser *parser, size_t size, uint64_t *number)
{
    *number = 0;
    if (left(parser) < size)
        return false;
    for (size_t i = 0; i < size; i++)
        *number = *number << 8 | *parser->at++;
    return true;
}

static bool read_head(struct parser *parser, struct head *head)
{
    if (left(parser) == 0)
        return false;
    *head = (struct head){.major = *parser->at >> 5, .info = *parser->at & 31};
    parser->at++;
    if (head->info < 24)
        head->number = head->info;
    else if (head->info <= 27)
        return read_number(parser, (size_t)1 << (head->info - 24), &head->number);
    return head->info < 28 || (head->info == INDEFINITE && head->major >= BYTES && head->major != TAG);
}

static bool at_break(struct parser *parser)
{
    if (left(parser) == 0 || *parser->at != BREAK)
        return false;
    parser->at++;
    return true;
}

static bool read_piece(struct parser *parser, const struct head *head, str *piece)
{
    if (head->number > left(parser))
        return false;
    *piece = (str){(const char *)parser->at, (size_t)head->number};
    parser->at += piece->size;
    return head->major == BYTES || utf8_valid(*piece);
}

/* Text or bytes of an indefinite length: pieces of the same kind, each of a definite length. */
static bool read_pieces(struct parser *parser, enum major major, str *whole)
{
    struct text text = text_in(parser->arena);
    struct head head;
    str piece;

    while (!at_break(parser)) {
        if (!read_head(parser, &head) || head.major != major || head.info == INDEFINITE ||
            !read_piece(parser, &head, &piece))
            return false;
        text_add(&text, piece);
    }
    *whole = text_str(&text);
    return true;
}

static bool read_string(struct parser *parser, const struct head *head, str *string)
{
    return head->info == INDEFINITE ? read_pieces(parser, head->major, string)
                                    : read_piece(parser, head, string);
}

static bool read_value(struct parser *parser, struct cbor *value);

/* Does another item follow the `read` ones? */
static bool goes_on(struct parser *parser, const struct head *head, uint64_t read)
{
    return head->info == INDEFINITE ? !at_break(parser) : read < head->number;
}

struct items {
    struct cbor *items;
    size_t count;
};

static bool read_array(struct parser *parser, const struct head *head, struct cbor *value)
{
    struct items list = {0};

    while (goes_on(parser, head, list.count))
        if (!read_value(parser, list_add(parser->arena, &list)))
            return false;
    value->items = list.items;
    value->count = (uint32_t)list.count;
    return true;
}

struct pairs {
    struct cbor_pair *items;
    size_t count;
};

static bool read_key(struct parser *parser, str *key)
{
    struct head head;

    return read_head(parser, &head) && head.major == TEXT && read_string(parser, &head, key);
}

static bool read_map(struct parser *parser, const struct head *head, struct cbor *value)
{
    struct pairs list = {0};

    while (goes_on(parser, head, list.count)) {
        struct cbor_pair *pair = list_add(parser->arena, &list);
        if (!read_key(parser, &pair->key) || !read_value(parser, &pair->value))
            return false;
    }
    value->pairs = list.items;
    value->count = (uint32_t)list.count;
    return true;
}

static bool read_tag(struct parser *parser, const struct head *head, struct cbor *value)
{
    struct cbor *inner = arena_new(parser->arena, struct cbor);

    value->tag.number = head->number;
    value->tag.value = inner;
    return read_value(parser, inner);
}

static double half_to_double(uint64_t bits)
{
    int exponent = (int)(bits >> 10 & 31);
    double fraction = (double)(bits & 1023), size;

    if (exponent == 31)
        size = fraction != 0 ? (double)NAN : (double)INFINITY;
    else if (exponent == 0)
        size = ldexp(fraction, -24);
    else
        size = ldexp(fraction + 1024, exponent - 25);
    return bits & 0x8000 ? -size : size;
}

static double real_of(const struct head *head)
{
    uint32_t single = (uint32_t)head->number;
    float narrow;
    double wide;

    if (head->info == FLOAT_16)
        return half_to_double(head->number);
    memcpy(&narrow, &single, sizeof narrow);
    memcpy(&wide, &head->number, sizeof wide);
    return head->info == FLOAT_32 ? (double)narrow : wide;
}

static bool read_simple(const struct head *head, struct cbor *value)
{
    switch (head->info) {
    case SIMPLE_FALSE:
        value->type = CBOR_FALSE;
        return true;
    case SIMPLE_TRUE:
        value->type = CBOR_TRUE;
        return true;
    case SIMPLE_NULL:
    case SIMPLE_UNDEFINED:
        value->type = CBOR_NULL;
        return true;
    case FLOAT_16:
    case FLOAT_32:
    case FLOAT_64:
        value->type = CBOR_FLOAT;
        value->real = real_of(head);
        return true;
    default:
        return false;
    }
}

static bool read_inside(struct parser *parser, const struct head *head, struct cbor *value)
{
    switch (head->major) {
    case UNSIGNED:
    case NEGATIVE:
        value->number = head->number;
        return true;
    case BYTES:
    case TEXT:
        return read_string(parser, head, &value->text);
    case ARRAY:
        return read_array(parser, head, value);
    case MAP:
        return read_map(parser, head, value);
    case TAG:
        return read_tag(parser, head, value);
    default:
        return read_simple(head, value);
    }
}

static bool read_value(struct parser *parser, struct cbor *value)
{
    static const enum cbor_type types[] = {
        [UNSIGNED] = CBOR_UNSIGNED, [NEGATIVE] = CBOR_NEGATIVE, [BYTES] = CBOR_BYTES, [TEXT] = CBOR_TEXT,
        [ARRAY] = CBOR_ARRAY,       [MAP] = CBOR_MAP,           [TAG] = CBOR_TAG,     [SIMPLE] = CBOR_NULL};
    struct head head;

    if (++parser->values > LIMIT_CBOR_VALUES || parser->depth == LIMIT_CBOR_DEPTH ||
        !read_head(parser, &head))
        return false;
    value->type = types[head.major];
    parser->depth++;
    bool read = read_inside(parser, &head, value);
    parser->depth--;
    return read;
}

const struct cbor *cbor_parse(struct arena *arena, str source)
{
    const unsigned char *at = (const unsigned char *)source.data;
    struct parser parser = {.arena = arena, .at = at, .end = at + source.size};
    struct cbor *value = arena_new(arena, struct cbor);

    return read_value(&parser, value) && left(&parser) == 0 ? value : NULL;
}

/* ---- looking ---- */

const struct cbor *cbor_get(const struct cbor *map, str key)
{
    if (!map || map->type != CBOR_MAP)
        return NULL;
    for (uint32_t i = map->count; i > 0; i--)
        if (str_equal(map->pairs[i - 1].key, key))
            return &map->pairs[i - 1].value;
    return NULL;
}

str cbor_get_str(const struct cbor *map, str key)
{
    const struct cbor *value = cbor_get(map, key);

    return value && value->type == CBOR_TEXT ? value->text : (str){0};
}

bool cbor_to_i64(const struct cbor *value, int64_t *number)
{
    if ((value->type != CBOR_UNSIGNED && value->type != CBOR_NEGATIVE) || value->number > INT64_MAX)
        return false;
    *number = (int64_t)value->number;
    if (value->type == CBOR_NEGATIVE)
        *number = -1 - *number;
    return true;
}

bool cbor_to_double(const struct cbor *value, double *number)
{
    switch (value->type) {
    case CBOR_UNSIGNED:
        *number = (double)value->number;
        return true;
    case CBOR_NEGATIVE:
        *number = -1 - (double)value->number;
        return true;
    case CBOR_FLOAT:
        *number = value->real;
        return true;
    default:
        return false;
    }
}

/* ---- writing ---- */

static void add_number(struct text *text, size_t size, uint64_t number)
{
    while (size-- > 0)
        text_add_char(text, (char)(number >> (size * 8)));
}

static void add_first(struct text *text, enum major major, unsigned info)
{
    text_add_char(text, (char)(major << 5 | info));
}

static void add_head(struct text *text, enum major major, uint64_t number)
{
    static const uint64_t above[] = {0xff, 0xffff, 0xffffffff};
    unsigned width = 0;

    if (number < 24) {
        add_first(text, major, (unsigned)number);
        return;
    }
    while (width < sizeof above / sizeof *above && number > above[width])
        width++;
    add_first(text, major, 24 + width);
    add_number(text, (size_t)1 << width, number);
}

void cbor_add_i64(struct text *text, int64_t value)
{
    if (value >= 0)
        add_head(text, UNSIGNED, (uint64_t)value);
    else
        add_head(text, NEGATIVE, (uint64_t)(-1 - value));
}

static bool fits_float(double value)
{
    return isnan(value) || isinf(value) || (fabs(value) <= 0x1.fffffep127 && (double)(float)value == value);
}

void cbor_add_double(struct text *text, double value)
{
    uint64_t wide;
    uint32_t narrow;

    if (fits_float(value)) {
        float single = (float)value;
        memcpy(&narrow, &single, sizeof narrow);
        add_first(text, SIMPLE, FLOAT_32);
        add_number(text, sizeof narrow, narrow);
        return;
    }
    memcpy(&wide, &value, sizeof wide);
    add_first(text, SIMPLE, FLOAT_64);
    add_number(text, sizeof wide, wide);
}

void cbor_add_bool(struct text *text, bool value)
{
    add_first(text, SIMPLE, value ? SIMPLE_TRUE : SIMPLE_FALSE);
}

void cbor_add_null(struct text *text)
{
    add_first(text, SIMPLE, SIMPLE_NULL);
}

static str valid_text(struct arena *arena, str value)
{
    struct text text = text_in(arena);
    const char *at = value.data, *end = at + value.size;

    if (utf8_valid(value))
        return value;
    while (at < end) {
        size_t size = utf8_sequence(at, end);
        text_add(&text, size ? (str){at, size} : S(UTF8_REPLACEMENT));
        at += size ? size : 1;
    }
    return text_str(&text);
}

void cbor_add_text(struct text *text, str value)
{
    str valid = valid_text(text->arena, value);

    add_head(text, TEXT, valid.size);
    text_add(text, valid);
}

void cbor_add_bytes(struct text *text, str value)
{
    add_head(text, BYTES, value.size);
    text_add(text, value);
}

void cbor_add_tag(struct text *text, uint64_t number)
{
    add_head(text, TAG, number);
}

void cbor_add_array(struct text *text, size_t count)
{
    add_head(text, ARRAY, count);
}

void cbor_add_map(struct text *text, size_t count)
{
    add_head(text, MAP, count);
}

void cbor_open_map(struct text *text)
{
    add_first(text, MAP, INDEFINITE);
}

void cbor_close_map(struct text *text)
{
    text_add_char(text, (char)BREAK);
}
