/*
 * insights_value.c: conversions and comparisons.
 */
#include "insights_value.h"

#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 * 1024, ALIGNMENT = 16, LONGEST_NUMBER = 63, MOST_STEPS = 1000 };
static const double largest_whole = 1e15; /* larger numbers are shown with an exponent */

struct insights_chunk {
    struct insights_chunk *previous;
    _Alignas(ALIGNMENT) char data[];
};

/* ---- memory ---- */

void *logs_insights_keep(struct insights_memory *memory, size_t size)
{
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size > (size_t)(memory->end - memory->next)) {
        size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        struct insights_chunk *chunk = arena_resize_loose(memory->arena, NULL, sizeof *chunk + room);
        chunk->previous = memory->chunks;
        memory->chunks = chunk;
        memory->next = chunk->data;
        memory->end = chunk->data + room;
        memory->held += room;
        memory->full = memory->full || memory->held > memory->most;
    }
    void *kept = memory->next;
    memory->next += size;
    memset(kept, 0, size);
    return kept;
}

void logs_insights_release(struct insights_memory *memory)
{
    while (memory->chunks) {
        struct insights_chunk *chunk = memory->chunks;
        memory->chunks = chunk->previous;
        arena_free_loose(memory->arena, chunk);
    }
    *memory = (struct insights_memory){.arena = memory->arena, .most = memory->most};
}

str logs_insights_keep_text(struct insights_memory *memory, str text)
{
    if (!str_present(text))
        return text;
    char *kept = logs_insights_keep(memory, text.size + 1);
    memcpy(kept, text.data, text.size);
    return (str){kept, text.size};
}

static str json_text(struct arena *arena, const struct insights_value *value)
{
    struct json_writer writer = json_writer_in(arena);

    if (!value->json)
        return value->text;
    json_value(&writer, value->json);
    return json_written(&writer);
}

struct insights_value logs_insights_keep_value(struct insights_memory *memory, struct insights_value value)
{
    if (value.kind == INSIGHTS_JSON)
        value.text = json_text(memory->arena, &value);
    value.text = logs_insights_keep_text(memory, value.text);
    value.json = NULL;
    return value;
}

/* ---- making values ---- */

struct insights_value logs_insights_text(str text)
{
    return (struct insights_value){.kind = str_present(text) ? INSIGHTS_TEXT : INSIGHTS_ABSENT, .text = text};
}

struct insights_value logs_insights_number(double number)
{
    return (struct insights_value){.kind = isfinite(number) ? INSIGHTS_NUMBER : INSIGHTS_ABSENT,
                                   .number = number};
}

struct insights_value logs_insights_time(double ms)
{
    struct insights_value value = logs_insights_number(ms);

    value.kind = value.kind == INSIGHTS_NUMBER ? INSIGHTS_TIME : INSIGHTS_ABSENT;
    return value;
}

struct insights_value logs_insights_boolean(bool value)
{
    return logs_insights_number(value ? 1 : 0);
}

struct insights_value logs_insights_of_json(const struct json *json)
{
    if (!json || json->type == JSON_NULL)
        return (struct insights_value){0};
    if (json->type == JSON_STRING || json->type == JSON_NUMBER)
        return logs_insights_text(json->text);
    if (json->type == JSON_TRUE || json->type == JSON_FALSE)
        return logs_insights_boolean(json->type == JSON_TRUE);
    return (struct insights_value){.kind = INSIGHTS_JSON, .json = json};
}

/* ---- reading values ---- */

static bool text_is_number(str text, double *number)
{
    text = str_trim(text);
    return text.size <= LONGEST_NUMBER && str_to_double(text, number) && isfinite(*number);
}

bool logs_insights_is_number(const struct insights_value *value, double *number)
{
    *number = value->number;
    if (value->kind == INSIGHTS_TEXT)
        return text_is_number(value->text, number);
    return value->kind == INSIGHTS_NUMBER || value->kind == INSIGHTS_TIME;
}

bool logs_insights_is_true(const struct insights_value *value)
{
    double number;

    if (value->kind == INSIGHTS_TEXT && str_equal_nocase(value->text, S("true")))
        return true;
    return logs_insights_is_number(value, &number) && number != 0;
}

static str show_number(struct arena *arena, double number)
{
    if (fabs(number) >= largest_whole)
        return arena_format(arena, "%.4E", number);
    if (number == floor(number))
        return arena_format(arena, "%.0f", number == 0 ? 0 : number);
    str text = arena_format(arena, "%.4f", number);
    while (str_ends_with(text, S("0")))
        text.size--;
    if (str_ends_with(text, S(".")))
        text.size--;
    return str_equal(text, S("-0")) ? S("0") : text;
}

static str show_time(struct arena *arena, double ms)
{
    static const double first = -62135596800000, last = 253402300799999; /* the years 1 to 9999 */

    if (ms < first || ms > last)
        return show_number(arena, ms);
    str text = arena_copy(arena, time_iso8601_ms(arena, (int64_t)ms));
    text.size--; /* the Z */
    char *data = arena_alloc(arena, text.size);
    for (size_t i = 0; i < text.size; i++)
        data[i] = text.data[i] == 'T' ? ' ' : text.data[i];
    return (str){data, text.size};
}

str logs_insights_show(struct arena *arena, const struct insights_value *value)
{
    switch (value->kind) {
    case INSIGHTS_ABSENT:
        return S("");
    case INSIGHTS_TEXT:
        return value->text;
    case INSIGHTS_NUMBER:
        return show_number(arena, value->number);
    case INSIGHTS_TIME:
        return show_time(arena, value->number);
    case INSIGHTS_JSON:
        break;
    }
    return json_text(arena, value);
}

/* ---- comparisons ---- */

static int compare_numbers(double a, double b)
{
    return (a > b) - (a < b);
}

int logs_insights_compare(struct arena *arena, const struct insights_value *a, const struct insights_value *b)
{
    double left, right;

    if (a->kind == INSIGHTS_TEXT && b->kind == INSIGHTS_TEXT && str_equal(a->text, b->text))
        return 0;
    if (logs_insights_is_number(a, &left) && logs_insights_is_number(b, &right))
        return compare_numbers(left, right);
    return str_compare(logs_insights_show(arena, a), logs_insights_show(arena, b));
}

str logs_insights_key(struct arena *arena, const struct insights_value *value)
{
    struct text key = text_in(arena);
    double number;

    if (!logs_insights_is_number(value, &number)) {
        text_add_char(&key, 't');
        text_add(&key, logs_insights_show(arena, value));
        return text_str(&key);
    }
    number += 0.0; /* no negative zero */
    text_add_char(&key, 'n');
    text_add(&key, (str){(const char *)&number, sizeof number});
    return text_str(&key);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The run of digits, or of other characters, at the beginning. */
static str take_run(str *text)
{
    size_t size = 1;

    while (size < text->size && is_digit(text->data[size]) == is_digit(text->data[0]))
        size++;
    str run = str_head(*text, size);
    *text = str_from(*text, size);
    return run;
}

/* Runs of digits: the longer one, without zeros before it, is larger. */
static int compare_runs(str a, str b)
{
    if (!is_digit(a.data[0]) || !is_digit(b.data[0]))
        return str_compare(a, b);
    while (a.size > 1 && a.data[0] == '0')
        a = str_from(a, 1);
    while (b.size > 1 && b.data[0] == '0')
        b = str_from(b, 1);
    return a.size != b.size ? (a.size > b.size) - (a.size < b.size) : str_compare(a, b);
}

static int compare_chunks(str a, str b)
{
    while (a.size > 0 && b.size > 0) {
        int order = compare_runs(take_run(&a), take_run(&b));
        if (order != 0)
            return order;
    }
    return (a.size > 0) - (b.size > 0);
}

int logs_insights_natural_order(struct arena *arena, const struct insights_value *a,
                                const struct insights_value *b)
{
    double left, right;
    bool left_is_number = logs_insights_is_number(a, &left),
         right_is_number = logs_insights_is_number(b, &right);

    if (left_is_number && right_is_number)
        return compare_numbers(left, right);
    if (left_is_number != right_is_number)
        return left_is_number ? 1 : -1;
    return compare_chunks(logs_insights_show(arena, a), logs_insights_show(arena, b));
}

/* ---- parts ---- */

static const struct json *item_at(const struct json *list, str index)
{
    int64_t number;

    if (!str_to_i64(index, &number) || number < 0 || number >= (int64_t)list->count)
        return NULL;
    return &list->items[number];
}

static const struct json *step_into(const struct json *json, str name)
{
    return json_is(json, JSON_ARRAY) ? item_at(json, name) : json_get(json, name);
}

/*
 * The shortest name that is there is stepped into, and the rest of the path from there; then longer ones. The
 * number of tries is bounded, because a path of many dots has many divisions.
 */
static const struct json *find_part(const struct json *json, str path, unsigned *tries)
{
    for (size_t size = 1; size <= path.size; size++) {
        bool is_whole = size == path.size;
        if ((!is_whole && path.data[size] != '.') || (*tries)++ > MOST_STEPS)
            continue;
        const struct json *part = step_into(json, str_head(path, size));
        if (part && !is_whole)
            part = find_part(part, str_from(path, size + 1), tries);
        if (part)
            return part;
    }
    return NULL;
}

struct insights_value logs_insights_part(struct arena *arena, const struct insights_value *whole, str path)
{
    unsigned tries = 0;
    const struct json *json = whole->json;

    if (whole->kind != INSIGHTS_JSON)
        return (struct insights_value){0};
    if (!json)
        json = json_parse(arena, whole->text, NULL);
    return logs_insights_of_json(json ? find_part(json, path, &tries) : NULL);
}
