/*
 * filter.c: FilterCriteria, by which a mapping chooses records.
 *
 * A record that matches one of the patterns is taken.  The body of a queue's message is JSON when it is an
 * object or an array, and else a text; a pattern for the other form does not match.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */
#include "sources.h"

#include "aws/event_pattern.h"

enum {
    MAX_FILTERS = 5,
    MOST_NS = 1000 * 1000, /* of a worst case; usual records take a tenth of that */
};

struct filter_pattern {
    const struct event_pattern *pattern;
    bool has_object_body; /* it has keys inside the body */
};
struct filter {
    struct filter_pattern *items;
    size_t count;
    size_t bytes; /* of the patterns */
};

static bool pattern_read(const struct call *call, str text, struct filter_pattern *read, str *problem)
{
    read->pattern = event_pattern_parse(call->arena, text, EVENT_PATTERN_LAMBDA, problem);
    if (!read->pattern)
        return false;
    read->has_object_body = json_is(json_get(json_parse(call->arena, text, NULL), S("body")), JSON_OBJECT);
    return true;
}

bool lambda_filter_check(const struct call *call, const struct lambda_filter_criteria *criteria)
{
    struct filter_pattern read;
    str problem = {0};

    if (criteria->filters.count > MAX_FILTERS) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "The number of filters in FilterCriteria must be less than or equal to %d.", MAX_FILTERS);
        return false;
    }
    for (size_t i = 0; i < criteria->filters.count; i++) {
        str pattern = criteria->filters.items[i].pattern;
        if (str_present(pattern) && pattern_read(call, pattern, &read, &problem))
            continue;
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Invalid filter pattern definition.");
        return false;
    }
    return true;
}

const struct filter *lambda_filter_new(const struct call *call, const struct lambda_filter_criteria *criteria)
{
    struct filter *filter = arena_new(call->arena, struct filter);
    str problem;

    if (!criteria)
        return NULL;
    for (size_t i = 0; i < criteria->filters.count; i++) {
        str pattern = criteria->filters.items[i].pattern;
        check(pattern_read(call, pattern, list_add(call->arena, filter), &problem));
        filter->bytes += pattern.size;
    }
    return filter;
}

/*
 * A byte of a record costs about 2 ns until it is stored for the function, 8 ns to be parsed, and, where
 * values are as short as can be, 1 ns for each three bytes of patterns.
 */
bool lambda_filter_takes_long(const struct filter *filter, size_t bytes)
{
    return bytes * (filter ? 10 + filter->bytes / 3 : 2) > MOST_NS;
}

/* ---- matching ---- */

struct filtered {
    const struct json *record, *body;
};

static const struct json *lookup(void *context, str name)
{
    const struct filtered *filtered = context;

    return str_equal(name, S("body")) ? filtered->body : json_get(filtered->record, name);
}

static bool is_container(const struct json *value)
{
    return json_is(value, JSON_OBJECT) || json_is(value, JSON_ARRAY);
}

bool lambda_filter_takes(const struct call *call, const struct filter *filter, str record, str body)
{
    const struct json text = {.type = JSON_STRING, .text = body};
    const struct json *read = str_present(body) ? json_parse(call->arena, body, NULL) : NULL;
    bool is_text = str_present(body) && !is_container(read);
    struct filtered filtered = {.record = json_parse(call->arena, record, NULL),
                                .body = is_text ? &text : read};

    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_pattern *pattern = &filter->items[i];
        bool mismatch = is_text && pattern->has_object_body;
        if (!mismatch && event_pattern_matches(pattern->pattern, lookup, &filtered))
            return true;
    }
    return false;
}
