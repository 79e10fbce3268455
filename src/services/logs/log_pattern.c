/*
 * log_pattern.c: the kinds of patterns behind one interface.
 */
#include "log_pattern.h"

#include "log_json.h"
#include "log_regex.h"
#include "log_terms.h"

/* Everything between two percent signs that are the first and the last character. */
static bool parse_regex(struct arena *arena, str text, struct pattern *pattern, str *problem)
{
    str inner = text.size < 2 ? S("") : str_head(str_from(text, 1), text.size - 2);

    if (text.size < 2 || !str_ends_with(text, S("%")) || str_index(inner, '%') >= 0)
        return false;
    pattern->regex = logs_regex_parse(arena, inner, problem);
    pattern->has_regex = true;
    return pattern->regex;
}

static bool parse_structured(struct arena *arena, str text, struct pattern *pattern, str *problem)
{
    struct log_reader reader = {.arena = arena, .rest = text};

    if (text.data[0] == '{')
        pattern->json = logs_json_read(&reader);
    else
        pattern->columns = logs_columns_read(&reader);
    *problem = reader.problem;
    pattern->has_regex = reader.regexes > 0;
    return pattern->json || pattern->columns;
}

static bool parse(struct arena *arena, str text, struct pattern *pattern, str *problem)
{
    char first = str_empty(text) ? ' ' : text.data[0];

    if (first == '{' || first == '[')
        return parse_structured(arena, text, pattern, problem);
    if (first == '%')
        return parse_regex(arena, text, pattern, problem);
    pattern->terms = logs_terms_parse(arena, text);
    return pattern->terms;
}

bool logs_pattern_parse(struct arena *arena, str text, struct pattern *pattern, str *problem)
{
    *pattern = (struct pattern){.arena = arena};
    *problem = (str){0};
    if (parse(arena, str_trim(text), pattern, problem))
        return true;
    if (!str_present(*problem))
        *problem = S("Invalid filter pattern");
    return false;
}

static bool matches_json(const struct pattern *pattern, str message)
{
    str object = str_trim(message);

    if (!str_starts_with(object, S("{")))
        return false;
    const struct json *event = json_parse(pattern->arena, object, NULL);
    return event && logs_json_matches(pattern->json, event);
}

bool logs_pattern_matches(struct pattern *pattern, str message)
{
    if (pattern->terms)
        return logs_terms_match(pattern->terms, message);
    if (pattern->regex)
        return logs_regex_matches(pattern->regex, message);
    struct arena_mark mark = arena_mark(pattern->arena);
    bool matches = pattern->json ? matches_json(pattern, message)
                                 : logs_columns_match(pattern->columns, pattern->arena, message);
    arena_rewind(pattern->arena, mark);
    return matches;
}

struct log_field_list logs_pattern_extract(const struct pattern *pattern, struct arena *arena, str message)
{
    struct log_field_list fields = {0};

    if (pattern->columns)
        logs_columns_extract(pattern->columns, arena, message, &fields);
    return fields;
}

bool logs_value_name_parse(struct arena *arena, const struct pattern *pattern, str text,
                           struct log_value_name *name)
{
    *name = (struct log_value_name){0};
    if (pattern->json)
        name->selector = logs_selector_parse(arena, text);
    else if (pattern->columns && logs_columns_have(pattern->columns, text))
        name->column = text;
    return name->selector || str_present(name->column);
}
