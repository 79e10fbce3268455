/*
 * widget_json.c: members of a widget's JSON, each with what is wrong with it in the words of JSON Schema, as
 * AWS has for dashboards.
 */
#include "widget_json.h"

#include "engine/call.h"
#include "widget.h"
#include "wire/json.h"

#include <math.h>
#include <stdlib.h>

bool cloudwatch_widget_complain(struct widget_reader *reader, str path, const char *message)
{
    if (!str_present(reader->problem))
        reader->problem = arena_format(reader->arena, "%.*s: %s", STR_ARGS(path), message);
    return false;
}

static bool read_member(struct widget_reader *reader, str path, const struct json_member *member,
                        const struct widget_member *members, size_t count, void *to)
{
    str there = arena_concat(reader->arena, path, S("/"), member->name);

    for (size_t i = 0; i < count; i++)
        if (str_equal(member->name, members[i].name))
            return members[i].read(reader, there, &member->value, (char *)to + members[i].offset);
    return cloudwatch_widget_complain(reader, there, "Orderly does not draw this; see docs/compatibility.md");
}

bool cloudwatch_widget_object(struct widget_reader *reader, str path, const struct json *value,
                              const struct widget_member *members, size_t count, void *to)
{
    if (!json_is(value, JSON_OBJECT))
        return cloudwatch_widget_complain(reader, path, "Should be object");
    for (uint32_t i = 0; i < value->count; i++)
        if (!read_member(reader, path, &value->members[i], members, count, to))
            return false;
    return true;
}

bool cloudwatch_widget_text(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    if (!json_is(value, JSON_STRING))
        return cloudwatch_widget_complain(reader, path, "Should be string");
    *(str *)to = value->text;
    return true;
}

bool cloudwatch_widget_flag(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    if (!json_is(value, JSON_TRUE) && !json_is(value, JSON_FALSE))
        return cloudwatch_widget_complain(reader, path, "Should be boolean");
    *(bool *)to = json_is(value, JSON_TRUE);
    return true;
}

bool cloudwatch_widget_real(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    double number = json_is(value, JSON_NUMBER) ? strtod(arena_cstr(reader->arena, value->text), NULL) : NAN;

    if (!isfinite(number))
        return cloudwatch_widget_complain(reader, path, "Should be number");
    *(double *)to = number;
    return true;
}

bool cloudwatch_widget_integer(struct widget_reader *reader, str path, const struct json *value,
                               int64_t least, int64_t most, int64_t *number)
{
    if (!json_is(value, JSON_NUMBER) || !str_to_i64(value->text, number))
        return cloudwatch_widget_complain(reader, path, "Should be integer");
    if (*number >= least && *number <= most)
        return true;
    str message = *number < least ? arena_format(reader->arena, "Should be >= %lld", (long long)least)
                                  : arena_format(reader->arena, "Should be <= %lld", (long long)most);
    return cloudwatch_widget_complain(reader, path, arena_cstr(reader->arena, message));
}

bool cloudwatch_widget_period(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    return cloudwatch_widget_integer(reader, path, value, 1, DAY_S, to);
}

bool cloudwatch_widget_choice(struct widget_reader *reader, str path, const struct json *value,
                              const str *words, size_t count, int *choice)
{
    for (size_t i = 0; json_is(value, JSON_STRING) && i < count; i++)
        if (str_equal(value->text, words[i])) {
            *choice = (int)i;
            return true;
        }
    return cloudwatch_widget_complain(reader, path, "Should be equal to one of the allowed values");
}

bool cloudwatch_widget_axis_name(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    static const str axes[WIDGET_AXES] = {
        [WIDGET_LEFT] = STR_INIT("left"), [WIDGET_RIGHT] = STR_INIT("right")};

    return cloudwatch_widget_choice(reader, path, value, axes, WIDGET_AXES, to);
}

bool cloudwatch_widget_color(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    uint32_t *color = arena_new(reader->arena, uint32_t);
    bool good = json_is(value, JSON_STRING) && value->text.size == 7 && value->text.data[0] == '#';

    for (size_t i = 1; good && i < value->text.size; i++)
        good = str_find(S("0123456789abcdefABCDEF"), str_head(str_from(value->text, i), 1)) >= 0;
    if (!good)
        return cloudwatch_widget_complain(reader, path, "Should match pattern \"^#[0-9a-fA-F]{6}$\"");
    *color = (uint32_t)strtoul(arena_cstr(reader->arena, str_from(value->text, 1)), NULL, 16);
    *(const uint32_t **)to = color;
    return true;
}

bool cloudwatch_widget_own(struct widget_reader *reader, str path, const struct json *value, str own)
{
    str text;

    return cloudwatch_widget_text(reader, path, value, &text) &&
           (str_equal(text, own) ||
            cloudwatch_widget_complain(reader, path, "Orderly draws metrics of the request's own only"));
}

bool cloudwatch_widget_region(struct widget_reader *reader, str path, const struct json *value, void *to)
{
    (void)to;
    return cloudwatch_widget_own(reader, path, value, reader->call->region);
}
