/*
 * widget_json.c: members of a widget's JSON, each with what is wrong with it in the words of JSON Schema, as
 * AWS has for dashboards.
 */
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
    for (size_t i = 0; i < count; i++)
        if (str_equal(member->name, members[i].name))
            return members[i].read(reader, &member->value, to);
    return cloudwatch_widget_complain(reader, arena_concat(reader->arena, path, S("/"), member->name),
                                      "Orderly does not draw this; see docs/compatibility.md");
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

bool cloudwatch_widget_text(struct widget_reader *reader, str name, const struct json *value, str *text)
{
    if (!json_is(value, JSON_STRING))
        return cloudwatch_widget_complain(reader, name, "Should be string");
    *text = value->text;
    return true;
}

bool cloudwatch_widget_flag(struct widget_reader *reader, str name, const struct json *value, bool *flag)
{
    if (!json_is(value, JSON_TRUE) && !json_is(value, JSON_FALSE))
        return cloudwatch_widget_complain(reader, name, "Should be boolean");
    *flag = json_is(value, JSON_TRUE);
    return true;
}

bool cloudwatch_widget_real(struct widget_reader *reader, str name, const struct json *value, double *number)
{
    if (!json_is(value, JSON_NUMBER))
        return cloudwatch_widget_complain(reader, name, "Should be number");
    *number = strtod(arena_cstr(reader->arena, value->text), NULL);
    return isfinite(*number) || cloudwatch_widget_complain(reader, name, "Should be number");
}

bool cloudwatch_widget_integer(struct widget_reader *reader, str name, const struct json *value,
                               int64_t least, int64_t most, int64_t *number)
{
    if (!json_is(value, JSON_NUMBER) || !str_to_i64(value->text, number))
        return cloudwatch_widget_complain(reader, name, "Should be integer");
    if (*number >= least && *number <= most)
        return true;
    str message = *number < least ? arena_format(reader->arena, "Should be >= %lld", (long long)least)
                                  : arena_format(reader->arena, "Should be <= %lld", (long long)most);
    return cloudwatch_widget_complain(reader, name, arena_cstr(reader->arena, message));
}

bool cloudwatch_widget_choice(struct widget_reader *reader, str name, const struct json *value,
                              const str *words, size_t count, int *choice)
{
    for (size_t i = 0; json_is(value, JSON_STRING) && i < count; i++)
        if (str_equal(value->text, words[i])) {
            *choice = (int)i;
            return true;
        }
    return cloudwatch_widget_complain(reader, name, "Should be equal to one of the allowed values");
}

bool cloudwatch_widget_color(struct widget_reader *reader, const struct json *value, const uint32_t **color)
{
    uint32_t *read = arena_new(reader->arena, uint32_t);
    bool good = json_is(value, JSON_STRING) && value->text.size == 7 && value->text.data[0] == '#';

    for (size_t i = 1; good && i < value->text.size; i++)
        good = str_find(S("0123456789abcdefABCDEF"), str_head(str_from(value->text, i), 1)) >= 0;
    if (!good)
        return cloudwatch_widget_complain(reader, S("color"), "Should match pattern \"^#[0-9a-fA-F]{6}$\"");
    *read = (uint32_t)strtoul(arena_cstr(reader->arena, str_from(value->text, 1)), NULL, 16);
    *color = read;
    return true;
}
