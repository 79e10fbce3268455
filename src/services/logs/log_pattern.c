/*
 * log_pattern.c: the kinds of patterns behind one interface.
 */
#include "log_pattern.h"

#include "log_json.h"
#include "log_regex.h"
#include "log_terms.h"

#include "base/list.h"

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

/* NULL: the message is not an object. */
static const struct json *json_of(struct log_message *event)
{
    str object = event->is_parsed ? S("") : str_trim(event->message);

    event->is_parsed = true;
    if (str_starts_with(object, S("{")))
        event->json = json_parse(event->arena, object, NULL);
    return event->json;
}

static const struct log_fields *fields_of(struct log_message *event)
{
    if (!event->is_split)
        event->fields = logs_columns_split(event->arena, event->message);
    event->is_split = true;
    return &event->fields;
}

bool logs_pattern_matches_event(const struct pattern *pattern, struct log_message *event)
{
    if (pattern->terms)
        return logs_terms_match(pattern->terms, event->message);
    if (pattern->regex)
        return logs_regex_matches(pattern->regex, event->message);
    if (pattern->json)
        return json_of(event) && logs_json_matches(pattern->json, event->json);
    return logs_columns_match(pattern->columns, fields_of(event));
}

bool logs_pattern_matches(struct pattern *pattern, str message)
{
    struct arena_mark mark = arena_mark(pattern->arena);
    struct log_message event = {.arena = pattern->arena, .message = message};
    bool matches = logs_pattern_matches_event(pattern, &event);

    arena_rewind(pattern->arena, mark);
    return matches;
}

struct log_column_values logs_pattern_extract(const struct pattern *pattern, struct log_message *event)
{
    struct log_column_values values = {0};
    const struct log_fields *fields = pattern->columns ? fields_of(event) : NULL;

    for (size_t i = 0; fields && i < fields->count; i++)
        *list_add(event->arena, &values) = (struct log_column_value){
            .name = logs_columns_name(pattern->columns, event->arena, fields, i), .value = fields->items[i]};
    return values;
}

str logs_event_value(const struct pattern *pattern, struct log_message *event,
                     const struct log_value_name *name)
{
    if (name->selector)
        return json_of(event) ? logs_selector_text(name->selector, event->json) : (str){0};
    return logs_columns_value(pattern->columns, fields_of(event), name->column);
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
