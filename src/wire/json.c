/*
 * json.c: the parser and the writer of the product's hot path.
 *
 * The parser goes over the source once.  Children are collected on one stack until their object or array
 * closes, then copied to the arena in an array of exactly their number.  Text is scanned eight bytes at a
 * time until a byte needs a closer look.
 */
#include "wire/json.h"

#include "base/hash.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_START = 64, REPLACEMENT = 0xfffd };

struct parser {
    const char *at, *end;
    struct arena *arena;
    int depth, levels;
    size_t value_count;
    struct json_member *stack; /* an array's item uses only the value */
    size_t stacked, capacity;
    struct json_member stack_start[STACK_START];
};

/* ---- scanning ---- */

#define EACH_BYTE(byte) ((uint64_t)0x0101010101010101u * (byte))

/* Nonzero when some byte of the word is zero. */
static uint64_t has_zero(uint64_t word)
{
    return (word - EACH_BYTE(0x01)) & ~word & EACH_BYTE(0x80);
}

/* Nonzero when some byte is '"', '\' or a control character. */
static uint64_t has_special(uint64_t word)
{
    uint64_t control = (word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80);

    return control | has_zero(word ^ EACH_BYTE('"')) | has_zero(word ^ EACH_BYTE('\\'));
}

static bool is_special(char c)
{
    return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

/* The first byte that must be escaped or is not ASCII. */
static const char *skip_plain(const char *at, const char *end)
{
    uint64_t word;

    for (; end - at >= 8; at += 8) {
        memcpy(&word, at, 8);
        if (has_special(word) | (word & EACH_BYTE(0x80)))
            break;
    }
    while (at < end && !is_special(*at) && (unsigned char)*at < 0x80)
        at++;
    return at;
}

static char skip_space(struct parser *parser)
{
    while (parser->at < parser->end) {
        char c = *parser->at;
        if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
            return c;
        parser->at++;
    }
    return '\0';
}

/* ---- strings ---- */

static bool read_hex4(struct parser *parser, uint32_t *value)
{
    *value = 0;
    if (parser->end - parser->at < 4)
        return false;
    for (int i = 0; i < 4; i++, parser->at++) {
        char c = *parser->at;
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A' + 10);
        else
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

/* The digits after "\u": four, and after a high surrogate also its low surrogate. */
static bool read_code_point(struct parser *parser, uint32_t *code_point)
{
    uint32_t low;

    if (!read_hex4(parser, code_point))
        return false;
    if (*code_point < 0xd800 || *code_point > 0xdfff)
        return true;
    if (*code_point > 0xdbff || parser->end - parser->at < 2 || memcmp(parser->at, "\\u", 2) != 0)
        return false;
    parser->at += 2;
    if (!read_hex4(parser, &low) || low < 0xdc00 || low > 0xdfff)
        return false;
    *code_point = 0x10000 + ((*code_point - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

static char short_escape(char letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return '\0';
    }
}

/* The parser is just behind a backslash. */
static bool read_escape(struct parser *parser, char **to)
{
    uint32_t code_point;
    char letter = *parser->at++;

    if (letter == 'u') {
        if (!read_code_point(parser, &code_point))
            return false;
        *to = utf8_write(*to, code_point);
        return true;
    }
    char meant = short_escape(letter);
    *(*to)++ = meant;
    return meant != '\0';
}

/* Unescape from the first escape on; `raw` is valid UTF-8 without the closing quote. */
static bool unescape(struct parser *parser, str raw, str *text)
{
    char *start = arena_alloc(parser->arena, raw.size), *to = start;
    const char *closing_quote = raw.data + raw.size;

    parser->at = raw.data;
    while (parser->at < closing_quote) {
        const char *run = parser->at;
        parser->at = memchr(run, '\\', (size_t)(closing_quote - run));
        if (!parser->at)
            parser->at = closing_quote;
        size_t run_size = (size_t)(parser->at - run);
        memcpy(to, run, run_size);
        to += run_size;
        if (parser->at < closing_quote) {
            parser->at++;
            if (!read_escape(parser, &to))
                return false;
        }
    }
    *text = (str){start, (size_t)(to - start)};
    return true;
}

/* One step over the byte that skip_plain() stopped at; false when it is not allowed in a string. */
static bool skip_unusual(struct parser *parser)
{
    size_t size = *parser->at == '\\' ? 2 : utf8_sequence(parser->at, parser->end);

    if ((unsigned char)*parser->at < 0x20 || size == 0 || parser->end - parser->at < (ptrdiff_t)size)
        return false;
    parser->at += size;
    return true;
}

/* The parser is just behind the opening quote. */
static bool read_string(struct parser *parser, str *text)
{
    const char *start = parser->at;
    bool escaped = false;

    for (;;) {
        parser->at = skip_plain(parser->at, parser->end);
        if (parser->at == parser->end)
            return false;
        if (*parser->at == '"')
            break;
        escaped |= *parser->at == '\\';
        if (!skip_unusual(parser))
            return false;
    }
    *text = (str){start, (size_t)(parser->at - start)};
    if (escaped && !unescape(parser, *text, text))
        return false;
    parser->at++;
    return true;
}

/* ---- numbers and words ---- */

static bool skip_digits(struct parser *parser)
{
    const char *start = parser->at;

    while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9')
        parser->at++;
    return parser->at > start;
}

static bool skip_char(struct parser *parser, char c)
{
    if (parser->at == parser->end || *parser->at != c)
        return false;
    parser->at++;
    return true;
}

static bool read_number(struct parser *parser, struct json *value)
{
    const char *start = parser->at;

    skip_char(parser, '-');
    if (!skip_char(parser, '0') && !skip_digits(parser))
        return false;
    if (skip_char(parser, '.') && !skip_digits(parser))
        return false;
    if (skip_char(parser, 'e') || skip_char(parser, 'E')) {
        if (!skip_char(parser, '+'))
            skip_char(parser, '-');
        if (!skip_digits(parser))
            return false;
    }
    value->type = JSON_NUMBER;
    value->text = (str){start, (size_t)(parser->at - start)};
    return true;
}

static bool read_word(struct parser *parser, str word, enum json_type type, struct json *value)
{
    str rest = {parser->at, (size_t)(parser->end - parser->at)};

    if (!str_starts_with(rest, word))
        return false;
    parser->at += word.size;
    value->type = type;
    return true;
}

/* ---- objects and arrays ---- */

static void grow_stack(struct parser *parser)
{
    bool first_time = parser->stack == parser->stack_start;
    size_t capacity = parser->capacity * 2;
    struct json_member *larger =
        arena_resize_loose(parser->arena, first_time ? NULL : parser->stack, capacity * sizeof *larger);

    if (first_time)
        memcpy(larger, parser->stack_start, sizeof parser->stack_start);
    parser->stack = larger;
    parser->capacity = capacity;
}

static bool push(struct parser *parser, const struct json_member *member)
{
    if (++parser->value_count > LIMIT_JSON_VALUES)
        return false;
    if (parser->stacked == parser->capacity)
        grow_stack(parser);
    parser->stack[parser->stacked++] = *member;
    return true;
}

/* Take the members above `base` off the stack. */
static void close_object(struct parser *parser, size_t base, struct json *object)
{
    size_t count = parser->stacked - base, size = count * sizeof(struct json_member);

    object->type = JSON_OBJECT;
    object->count = (uint32_t)count;
    object->members = arena_alloc(parser->arena, size);
    memcpy(object->members, parser->stack + base, size);
    parser->stacked = base;
}

static void close_array(struct parser *parser, size_t base, struct json *array)
{
    size_t count = parser->stacked - base;

    array->type = JSON_ARRAY;
    array->count = (uint32_t)count;
    array->items = arena_alloc(parser->arena, count * sizeof(struct json));
    for (size_t i = 0; i < count; i++)
        array->items[i] = parser->stack[base + i].value;
    parser->stacked = base;
}

static bool read_value(struct parser *parser, struct json *value);

static bool read_member(struct parser *parser)
{
    struct json_member member = {0};

    if (skip_space(parser) != '"')
        return false;
    parser->at++;
    if (!read_string(parser, &member.name))
        return false;
    if (skip_space(parser) != ':')
        return false;
    parser->at++;
    return read_value(parser, &member.value) && push(parser, &member);
}

static bool read_item(struct parser *parser)
{
    struct json_member item = {0};

    return read_value(parser, &item.value) && push(parser, &item);
}

/* The parser is just behind the opening bracket. */
static bool read_children(struct parser *parser, char closing, bool (*read_child)(struct parser *))
{
    if (skip_space(parser) == closing) {
        parser->at++;
        return true;
    }
    while (read_child(parser)) {
        char c = skip_space(parser);
        if (c == closing) {
            parser->at++;
            return true;
        }
        if (c != ',')
            return false;
        parser->at++;
    }
    return false;
}

static bool read_object(struct parser *parser, struct json *value)
{
    size_t base = parser->stacked;

    parser->at++;
    if (++parser->depth > parser->levels || !read_children(parser, '}', read_member))
        return false;
    parser->depth--;
    close_object(parser, base, value);
    return true;
}

static bool read_array(struct parser *parser, struct json *value)
{
    size_t base = parser->stacked;

    parser->at++;
    if (++parser->depth > parser->levels || !read_children(parser, ']', read_item))
        return false;
    parser->depth--;
    close_array(parser, base, value);
    return true;
}

static bool read_value(struct parser *parser, struct json *value)
{
    switch (skip_space(parser)) {
    case '"':
        parser->at++;
        value->type = JSON_STRING;
        return read_string(parser, &value->text);
    case '{':
        return read_object(parser, value);
    case '[':
        return read_array(parser, value);
    case 't':
        return read_word(parser, S("true"), JSON_TRUE, value);
    case 'f':
        return read_word(parser, S("false"), JSON_FALSE, value);
    case 'n':
        return read_word(parser, S("null"), JSON_NULL, value);
    default:
        return read_number(parser, value);
    }
}

static bool read_document(struct parser *parser, struct json *root)
{
    if (!read_value(parser, root))
        return false;
    skip_space(parser);
    return parser->at == parser->end;
}

/* error_at may be NULL. */
static const struct json *parse(struct arena *arena, str source, int levels, size_t *error_at)
{
    struct json *root = arena_new(arena, struct json);
    struct parser parser;

    source = str_present(source) ? source : S("");
    parser.at = source.data;
    parser.end = source.data + source.size;
    parser.arena = arena;
    parser.levels = levels;
    parser.depth = 0;
    parser.value_count = parser.stacked = 0;
    parser.stack = parser.stack_start;
    parser.capacity = STACK_START;

    bool valid = read_document(&parser, root);
    if (parser.stack != parser.stack_start)
        arena_free_loose(arena, parser.stack);
    if (!valid && error_at)
        *error_at = (size_t)(parser.at - source.data);
    return valid ? root : NULL;
}

const struct json *json_parse(struct arena *arena, str source, size_t *error_at)
{
    return parse(arena, source, LIMIT_JSON_DEPTH, error_at);
}

const struct json *json_parse_deep(struct arena *arena, str source, int levels)
{
    return parse(arena, source, levels, NULL);
}

bool json_is_too_deep(str source)
{
    int depth = 0;
    bool in_string = false;

    for (size_t i = 0; i < source.size && depth <= LIMIT_JSON_DEPTH; i++) {
        char c = source.data[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string)
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    }
    return depth > LIMIT_JSON_DEPTH;
}

/* ---- looking things up ---- */

const struct json *json_get(const struct json *object, str name)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    for (uint32_t i = object->count; i > 0; i--)
        if (str_equal(object->members[i - 1].name, name))
            return &object->members[i - 1].value;
    return NULL;
}

str json_get_str(const struct json *object, str name)
{
    const struct json *value = json_get(object, name);

    return json_is(value, JSON_STRING) ? value->text : (str){0};
}

bool json_is(const struct json *value, enum json_type type)
{
    return value && value->type == type;
}

static int by_name(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

/* Does a name repeat?  Equal names are neighbours once the names are sorted. */
static bool names_repeat(struct arena *arena, const struct json *object)
{
    bool repeat = false;

    if (object->count < 2)
        return false;
    str *names = arena_alloc(arena, object->count * sizeof *names);
    for (uint32_t i = 0; i < object->count; i++)
        names[i] = object->members[i].name;
    qsort(names, object->count, sizeof *names, by_name);
    for (uint32_t i = 1; i < object->count && !repeat; i++)
        repeat = str_equal(names[i - 1], names[i]);
    return repeat;
}

bool json_has_repeats(struct arena *arena, const struct json *value)
{
    bool array = value->type == JSON_ARRAY,
         repeats = value->type == JSON_OBJECT && names_repeat(arena, value);

    for (uint32_t i = 0; value->type >= JSON_ARRAY && i < value->count && !repeats; i++)
        repeats = json_has_repeats(arena, array ? &value->items[i] : &value->members[i].value);
    return repeats;
}

/* ---- writing ---- */

struct json_writer json_writer_in(struct arena *arena)
{
    return (struct json_writer){.text = text_in(arena)};
}

static void separate(struct json_writer *writer)
{
    if (writer->need_comma)
        text_add_char(&writer->text, ',');
    writer->need_comma = true;
}

static void open_with(struct json_writer *writer, char bracket)
{
    separate(writer);
    text_add_char(&writer->text, bracket);
    writer->need_comma = false;
}

static void close_with(struct json_writer *writer, char bracket)
{
    text_add_char(&writer->text, bracket);
    writer->need_comma = true;
}

void json_open_object(struct json_writer *writer)
{
    open_with(writer, '{');
}

void json_close_object(struct json_writer *writer)
{
    close_with(writer, '}');
}

void json_open_array(struct json_writer *writer)
{
    open_with(writer, '[');
}

void json_close_array(struct json_writer *writer)
{
    close_with(writer, ']');
}

/* Returns the place after the escape. */
static char *write_escape(char *to, char c)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[0x20] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    unsigned char byte = (unsigned char)c;
    char letter = byte < 0x20 ? letters[byte] : c;

    *to++ = '\\';
    if (letter) {
        *to++ = letter;
        return to;
    }
    *to++ = 'u';
    *to++ = '0';
    *to++ = '0';
    *to++ = digits[byte >> 4];
    *to++ = digits[byte & 15];
    return to;
}

/* The first byte that is not copied as it is: one that must be escaped, or one that is not UTF-8. */
static const char *skip_writable(const char *at, const char *end)
{
    for (;;) {
        at = skip_plain(at, end);
        size_t size = at < end && !is_special(*at) ? utf8_sequence(at, end) : 0;
        if (size == 0)
            return at;
        at += size;
    }
}

static void write_quoted(struct text *text, str value)
{
    enum { LONGEST_ESCAPE = 6 };
    const char *at = value.size ? value.data : "", *end = at + value.size;

    text_add_char(text, '"');
    while (at < end) {
        const char *run = at;
        at = skip_writable(at, end);
        size_t run_size = (size_t)(at - run);
        char *start = text_reserve(text, run_size + LONGEST_ESCAPE), *to = start + run_size;
        memcpy(start, run, run_size);
        if (at < end)
            to = is_special(*at) ? write_escape(to, *at) : utf8_write(to, REPLACEMENT);
        at += at < end;
        text_grew(text, (size_t)(to - start));
    }
    text_add_char(text, '"');
}

void json_name(struct json_writer *writer, str name)
{
    separate(writer);
    write_quoted(&writer->text, name);
    text_add_char(&writer->text, ':');
    writer->need_comma = false;
}

void json_string(struct json_writer *writer, str value)
{
    separate(writer);
    write_quoted(&writer->text, value);
}

void json_bytes(struct json_writer *writer, str bytes)
{
    separate(writer);
    text_add_char(&writer->text, '"');
    base64_add(&writer->text, bytes);
    text_add_char(&writer->text, '"');
}

void json_i64(struct json_writer *writer, int64_t value)
{
    separate(writer);
    text_add_i64(&writer->text, value);
}

/* JSON has no literal for infinity and NaN; AWS's protocols write strings. */
static str not_finite(double value)
{
    return isnan(value) ? S("NaN") : value > 0 ? S("Infinity") : S("-Infinity");
}

void json_double(struct json_writer *writer, double value)
{
    enum { ALWAYS_EXACT = 17 };
    char digits[32];

    if (!isfinite(value)) {
        json_string(writer, not_finite(value));
        return;
    }
    separate(writer);
    if (fabs(value) < 1e15 && value == floor(value)) {
        text_format(&writer->text, "%.0f", value);
        return;
    }
    for (int precision = 15; precision <= ALWAYS_EXACT; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    text_add(&writer->text, str_of(digits));
}

void json_bool(struct json_writer *writer, bool value)
{
    json_raw(writer, value ? S("true") : S("false"));
}

void json_null(struct json_writer *writer)
{
    json_raw(writer, S("null"));
}

void json_raw(struct json_writer *writer, str json)
{
    separate(writer);
    text_add(&writer->text, json);
}

static void write_members(struct json_writer *writer, const struct json *object)
{
    json_open_object(writer);
    for (uint32_t i = 0; i < object->count; i++) {
        json_name(writer, object->members[i].name);
        json_value(writer, &object->members[i].value);
    }
    json_close_object(writer);
}

static void write_items(struct json_writer *writer, const struct json *array)
{
    json_open_array(writer);
    for (uint32_t i = 0; i < array->count; i++)
        json_value(writer, &array->items[i]);
    json_close_array(writer);
}

void json_value(struct json_writer *writer, const struct json *value)
{
    switch (value->type) {
    case JSON_NULL:
        json_null(writer);
        break;
    case JSON_FALSE:
        json_bool(writer, false);
        break;
    case JSON_TRUE:
        json_bool(writer, true);
        break;
    case JSON_NUMBER:
        json_raw(writer, value->text);
        break;
    case JSON_STRING:
        json_string(writer, value->text);
        break;
    case JSON_ARRAY:
        write_items(writer, value);
        break;
    case JSON_OBJECT:
        write_members(writer, value);
        break;
    }
}

str json_written(const struct json_writer *writer)
{
    return text_str(&writer->text);
}

str json_for_xml(struct arena *arena, str json)
{
    struct text text = text_in(arena);
    str rest = json;
    ptrdiff_t at;

    while ((at = str_find(rest, S("\xef\xbf"))) >= 0 && (size_t)at + 2 < rest.size) {
        unsigned char last = (unsigned char)rest.data[at + 2];
        text_add(&text, str_head(rest, (size_t)at));
        text_add(&text, last == 0xbe   ? S("\\ufffe")
                        : last == 0xbf ? S("\\uffff")
                                       : str_head(str_from(rest, (size_t)at), 3));
        rest = str_from(rest, (size_t)at + 3);
    }
    if (rest.data == json.data)
        return json;
    text_add(&text, rest);
    return text_str(&text);
}

void json_field(struct json_writer *writer, str name, str value)
{
    if (!str_present(value))
        return;
    json_name(writer, name);
    json_string(writer, value);
}

void json_i64_field(struct json_writer *writer, str name, int64_t value)
{
    json_name(writer, name);
    json_i64(writer, value);
}
