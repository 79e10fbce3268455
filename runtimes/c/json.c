/*
 * json.c: a recursive-descent JSON reader that keeps its values in blocks of memory, and a text builder.
 *
 * Every function of the reader moves `at` past what it has read, or returns NULL or false; then the whole
 * text is refused.
 */
#include "orderly_json.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 100, BLOCK_BYTES = 16 * 1024 };

struct json_block {
    struct json_block *next;
    size_t used, capacity;
    _Alignas(max_align_t) char bytes[];
};

/* All decoded texts of a document, and their NULs, fit in one byte more than the document has. */
struct reader {
    struct json_memory *memory;
    const char *at, *end;
    char *out; /* where the next text begins */
    int depth;
};

static struct json *read_value(struct reader *reader, const char *name, size_t name_length);

static void *must(void *memory)
{
    if (!memory) {
        fputs("out of memory\n", stderr);
        abort();
    }
    return memory;
}

static void *allocate(struct json_memory *memory, size_t size)
{
    struct json_block *block = memory->blocks;
    size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);

    if (!block || block->capacity - block->used < size) {
        size_t capacity = size > BLOCK_BYTES ? size : BLOCK_BYTES;
        block = must(malloc(sizeof(struct json_block) + capacity));
        *block = (struct json_block){.next = memory->blocks, .capacity = capacity};
        memory->blocks = block;
    }
    void *place = block->bytes + block->used;
    block->used += size;
    return place;
}

/* Keeps one block, so that small documents, one after the other, need no malloc. */
void json_clear(struct json_memory *memory)
{
    struct json_block *kept = memory->blocks;
    if (!kept)
        return;
    if (kept->capacity > BLOCK_BYTES) {
        json_release(memory);
        return;
    }
    struct json_memory rest = {kept->next};
    json_release(&rest);
    kept->next = NULL;
    kept->used = 0;
}

void json_release(struct json_memory *memory)
{
    while (memory->blocks) {
        struct json_block *next = memory->blocks->next;
        free(memory->blocks);
        memory->blocks = next;
    }
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void skip_space(struct reader *reader)
{
    while (reader->at < reader->end && is_space(*reader->at))
        reader->at++;
}

static bool take(struct reader *reader, char wanted)
{
    if (reader->at == reader->end || *reader->at != wanted)
        return false;
    reader->at++;
    return true;
}

static bool take_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static bool take_digits(struct reader *reader)
{
    const char *start = reader->at;
    while (reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9')
        reader->at++;
    return reader->at > start;
}

static bool take_number(struct reader *reader)
{
    take(reader, '-');
    if (!take(reader, '0') && !take_digits(reader))
        return false;
    if (take(reader, '.') && !take_digits(reader))
        return false;
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+'))
            take(reader, '-');
        return take_digits(reader);
    }
    return true;
}

/* The length of the UTF-8 character at `at` (RFC 3629: shortest form, no surrogates), or 0. */
static size_t utf8_length(const unsigned char *at, const unsigned char *end)
{
    size_t length = at[0] < 0x80   ? 1
                    : at[0] < 0xC2 ? 0
                    : at[0] < 0xE0 ? 2
                    : at[0] < 0xF0 ? 3
                    : at[0] < 0xF5 ? 4
                                   : 0;

    if (length == 0 || (size_t)(end - at) < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    if ((at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xED && at[1] > 0x9F) ||
        (at[0] == 0xF0 && at[1] < 0x90) || (at[0] == 0xF4 && at[1] > 0x8F))
        return 0;
    return length;
}

static char *put_utf8(char *out, uint32_t point)
{
    if (point < 0x80) {
        *out++ = (char)point;
    } else if (point < 0x800) {
        *out++ = (char)(0xC0 | point >> 6);
        *out++ = (char)(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        *out++ = (char)(0xE0 | point >> 12);
        *out++ = (char)(0x80 | (point >> 6 & 0x3F));
        *out++ = (char)(0x80 | (point & 0x3F));
    } else {
        *out++ = (char)(0xF0 | point >> 18);
        *out++ = (char)(0x80 | (point >> 12 & 0x3F));
        *out++ = (char)(0x80 | (point >> 6 & 0x3F));
        *out++ = (char)(0x80 | (point & 0x3F));
    }
    return out;
}

static bool take_hex4(struct reader *reader, uint32_t *value)
{
    *value = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        const char *digit = reader->at < reader->end && *reader->at ? strchr(digits, *reader->at) : NULL;
        if (!digit)
            return false;
        *value = *value << 4 | (uint32_t)((digit - digits) & 15);
        reader->at++;
    }
    return true;
}

/* After "\u": four digits, or eight in two escapes for a character beyond U+FFFF. */
static bool take_code_point(struct reader *reader, uint32_t *point)
{
    uint32_t low;

    if (!take_hex4(reader, point) || (*point >= 0xDC00 && *point <= 0xDFFF))
        return false;
    if (*point < 0xD800 || *point > 0xDFFF)
        return true;
    if (!take_word(reader, "\\u") || !take_hex4(reader, &low) || low < 0xDC00 || low > 0xDFFF)
        return false;
    *point = 0x10000 + ((*point - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static bool take_escape(struct reader *reader)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    uint32_t point;

    if (reader->at == reader->end || !*reader->at)
        return false;
    char letter = *reader->at++;
    if (letter == 'u') {
        if (!take_code_point(reader, &point))
            return false;
        reader->out = put_utf8(reader->out, point);
        return true;
    }
    const char *name = strchr(names, letter);
    if (name)
        *reader->out++ = values[name - names];
    return name != NULL;
}

/* A character of ASCII that stands for itself in a string. */
static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static void take_plain(struct reader *reader)
{
    const char *at = reader->at;

    while (at < reader->end && is_plain((unsigned char)*at))
        at++;
    size_t length = (size_t)(at - reader->at);
    memcpy(reader->out, reader->at, length);
    reader->out += length;
    reader->at = at;
}

/* A character of more than one byte.  False for anything else, as a control character. */
static bool take_utf8(struct reader *reader)
{
    const unsigned char *at = (const unsigned char *)reader->at;
    size_t length = reader->at < reader->end ? utf8_length(at, (const unsigned char *)reader->end) : 0;

    if (length < 2)
        return false;
    memcpy(reader->out, at, length);
    reader->out += length;
    reader->at += length;
    return true;
}

static const char *take_string(struct reader *reader, size_t *length)
{
    const char *start = reader->out;

    if (!take(reader, '"'))
        return NULL;
    for (take_plain(reader); !take(reader, '"'); take_plain(reader))
        if (take(reader, '\\') ? !take_escape(reader) : !take_utf8(reader))
            return NULL;
    *length = (size_t)(reader->out - start);
    *reader->out++ = '\0';
    return start;
}

/* The elements of an array or object, after its bracket. */
static bool read_elements(struct reader *reader, struct json *parent, char close)
{
    const struct json **link = &parent->first;

    skip_space(reader);
    if (take(reader, close))
        return true;
    do {
        const char *name = NULL;
        size_t name_length = 0;
        skip_space(reader);
        if (close == '}') {
            name = take_string(reader, &name_length);
            skip_space(reader);
            if (!name || !take(reader, ':'))
                return false;
        }
        struct json *element = read_value(reader, name, name_length);
        if (!element)
            return false;
        *link = element;
        link = &element->next;
        skip_space(reader);
    } while (take(reader, ','));
    return take(reader, close);
}

static bool read_number(struct reader *reader, struct json *value)
{
    const char *start = reader->at;

    if (!take_number(reader))
        return false;
    value->kind = JSON_NUMBER;
    value->length = (size_t)(reader->at - start);
    value->text = memcpy(reader->out, start, value->length);
    reader->out += value->length;
    *reader->out++ = '\0';
    return true;
}

static bool read_kind(struct reader *reader, struct json *value)
{
    const char *start = reader->at;

    if (start < reader->end && *start == '"') {
        value->kind = JSON_STRING;
        value->text = take_string(reader, &value->length);
        return value->text != NULL;
    }
    if (take(reader, '[') || take(reader, '{')) {
        value->kind = *start == '[' ? JSON_ARRAY : JSON_OBJECT;
        return read_elements(reader, value, *start == '[' ? ']' : '}');
    }
    if (take_word(reader, "null") || take_word(reader, "false") || take_word(reader, "true")) {
        value->kind = *start == 'n' ? JSON_NULL : *start == 'f' ? JSON_FALSE : JSON_TRUE;
        return true;
    }
    return read_number(reader, value);
}

static struct json *read_value(struct reader *reader, const char *name, size_t name_length)
{
    struct json *value = allocate(reader->memory, sizeof(struct json));

    *value = (struct json){.name = name, .name_length = name_length};
    skip_space(reader);
    if (++reader->depth > MAX_DEPTH || !read_kind(reader, value))
        return NULL;
    reader->depth--;
    return value;
}

const struct json *json_read(struct json_memory *memory, const char *text, size_t length)
{
    struct reader reader = {
        .memory = memory,
        .at = text,
        .end = text + length,
        .out = allocate(memory, length + 1),
    };
    const struct json *value = read_value(&reader, NULL, 0);

    skip_space(&reader);
    return reader.at == reader.end ? value : NULL;
}

const struct json *json_member(const struct json *object, const char *name)
{
    const struct json *found = NULL;
    size_t length = strlen(name);

    if (!object || object->kind != JSON_OBJECT)
        return NULL;
    for (const struct json *member = object->first; member; member = member->next)
        if (member->name_length == length && memcmp(member->name, name, length) == 0)
            found = member;
    return found;
}

const char *json_string(const struct json *value)
{
    if (!value || value->kind != JSON_STRING || strlen(value->text) != value->length)
        return NULL;
    return value->text;
}

static void reserve(struct json_text *text, size_t more)
{
    size_t needed = text->length + more + 1;

    if (needed <= text->capacity)
        return;
    text->capacity = needed < 512 ? 512 : needed * 2;
    text->data = must(realloc(text->data, text->capacity));
}

void json_add_bytes(struct json_text *text, const char *bytes, size_t length)
{
    reserve(text, length);
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void json_add_texts(struct json_text *text, ...)
{
    va_list arguments;

    va_start(arguments, text);
    for (const char *more; (more = va_arg(arguments, const char *));)
        json_add_bytes(text, more, strlen(more));
    va_end(arguments);
}

void json_add_integer(struct json_text *text, int64_t value)
{
    char digits[sizeof "-9223372036854775808"], *end = digits + sizeof digits, *at = end;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        *--at = '-';
    json_add_bytes(text, at, (size_t)(end - at));
}

/* Written at once where there is room, as nearly always; only else a second time. */
void json_add(struct json_text *text, const char *format, ...)
{
    va_list arguments, again;

    va_start(arguments, format);
    va_copy(again, arguments);
    reserve(text, 0);
    size_t room = text->capacity - text->length;
    size_t length = (size_t)vsnprintf(text->data + text->length, room, format, arguments);
    if (length >= room) {
        reserve(text, length);
        vsnprintf(text->data + text->length, length + 1, format, again);
    }
    text->length += length;
    va_end(again);
    va_end(arguments);
}

static void add_escape(struct json_text *text, char byte)
{
    if ((unsigned char)byte < 0x20)
        json_add(text, "\\u%04x", (unsigned)byte);
    else
        json_add_bytes(text, (const char[]){'\\', byte}, 2);
}

static bool needs_escape(char byte)
{
    return (unsigned char)byte < 0x20 || byte == '"' || byte == '\\';
}

void json_add_string(struct json_text *text, const char *value, size_t length)
{
    const char *end = value + length, *start = value;

    json_add_bytes(text, "\"", 1);
    for (const char *at = value; at < end; at++) {
        if (!needs_escape(*at))
            continue;
        json_add_bytes(text, start, (size_t)(at - start));
        add_escape(text, *at);
        start = at + 1;
    }
    json_add_bytes(text, start, (size_t)(end - start));
    json_add_bytes(text, "\"", 1);
}

void json_text_release(struct json_text *text)
{
    free(text->data);
    *text = (struct json_text){0};
}
