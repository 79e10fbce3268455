/*
 * log_json.c: selectors, and events in JSON.
 */
#include "log_json.h"

#include "base/list.h"

enum { MAX_WILDCARDS = 3, MAX_INDEX_DIGITS = 9 };

enum step_kind { STEP_MEMBER, STEP_ELEMENT, STEP_ANY_MEMBER, STEP_ANY_ELEMENT };

struct step {
    enum step_kind kind;
    str name;       /* of a member */
    uint32_t index; /* of an element */
};

struct log_selector {
    struct step *items;
    size_t count;
    size_t wildcards;
};

/* ---- reading ---- */

static bool is_name_character(char c)
{
    return logs_is_word_character(c) || c == '@' || c == '#' || c == '/' || c == ':';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The text between two quotes of either kind. */
static bool take_quoted(struct log_reader *reader, str *name)
{
    if (str_starts_with(reader->rest, S("\"")))
        return logs_take_phrase(reader->arena, &reader->rest, name);
    if (!logs_take(reader, S("'")))
        return false;
    ptrdiff_t end = str_index(reader->rest, '\'');
    if (end < 0)
        return false;
    *name = str_head(reader->rest, (size_t)end);
    reader->rest = str_from(reader->rest, (size_t)end + 1);
    return true;
}

/* What is between brackets: an index, "*", or a name in quotes. */
static bool take_brackets(struct log_reader *reader, struct step *step)
{
    int64_t index;

    if (logs_take(reader, S("*")))
        step->kind = STEP_ANY_ELEMENT;
    else if (take_quoted(reader, &step->name))
        step->kind = STEP_MEMBER;
    else {
        str digits = logs_take_while(reader, is_digit);
        if (str_empty(digits) || digits.size > MAX_INDEX_DIGITS || !str_to_i64(digits, &index))
            return false;
        step->kind = STEP_ELEMENT;
        step->index = (uint32_t)index;
    }
    return logs_take(reader, S("]"));
}

static bool starts_with(const struct log_reader *reader, str text)
{
    return str_starts_with(reader->rest, text);
}

/* ".name", ".*", "[0]", "['name']" or ".['name']". */
static bool take_step(struct log_reader *reader, struct log_selector *selector)
{
    struct step step = {0};
    bool dotted = starts_with(reader, S(".")) && logs_take(reader, S("."));

    if (starts_with(reader, S("["))) {
        logs_take(reader, S("["));
        if (!take_brackets(reader, &step))
            return false;
    } else if (!dotted || (!str_empty(reader->rest) && char_is_space(reader->rest.data[0]))) {
        return false;
    } else if (logs_take(reader, S("*"))) {
        step.kind = STEP_ANY_MEMBER;
    } else {
        step.name = logs_take_while(reader, is_name_character);
        if (str_empty(step.name))
            return false;
    }
    selector->wildcards += step.kind == STEP_ANY_MEMBER || step.kind == STEP_ANY_ELEMENT;
    *list_add(reader->arena, selector) = step;
    return true;
}

static const struct log_selector *take_selector(struct log_reader *reader)
{
    struct log_selector *selector = arena_new(reader->arena, struct log_selector);

    if (!logs_take(reader, S("$")))
        return NULL;
    while (starts_with(reader, S(".")) || starts_with(reader, S("[")))
        if (!take_step(reader, selector))
            return NULL;
    reader->wildcards += selector->wildcards;
    return selector->count > 0 && selector->wildcards <= 1 && reader->wildcards <= MAX_WILDCARDS ? selector
                                                                                                 : NULL;
}

static const void *take_operand(struct log_reader *reader)
{
    return take_selector(reader);
}

const struct log_condition *logs_json_read(struct log_reader *reader)
{
    reader->rest = str_trim(reader->rest);
    if (!str_ends_with(reader->rest, S("}"))) {
        reader->problem = S("If a filter pattern starts with '{' it must end with '}'");
        return NULL;
    }
    reader->rest = str_from(str_head(reader->rest, reader->rest.size - 1), 1);
    reader->take_operand = take_operand;
    reader->tests_nodes = true;
    const struct log_condition *condition = logs_condition_read(reader);
    logs_skip_spaces(reader);
    return str_empty(reader->rest) ? condition : NULL;
}

const struct log_selector *logs_selector_parse(struct arena *arena, str text)
{
    struct log_reader reader = {.arena = arena, .rest = text};
    const struct log_selector *selector = take_selector(&reader);

    return str_empty(reader.rest) ? selector : NULL;
}

/* ---- events ---- */

/* The search for the values of a selector; `found` says whether the search ends with a value. */
struct search {
    const struct log_selector *selector;
    bool (*found)(const void *context, const struct json *value);
    const void *context;
};

static bool visit(const struct search *search, size_t step, const struct json *value);

static bool visit_items(const struct search *search, size_t step, const struct json *array)
{
    for (size_t i = 0; i < array->count; i++)
        if (visit(search, step, &array->items[i]))
            return true;
    return false;
}

static bool visit_members(const struct search *search, size_t step, const struct json *object)
{
    for (size_t i = 0; i < object->count; i++)
        if (visit(search, step, &object->members[i].value))
            return true;
    return false;
}

static bool visit(const struct search *search, size_t at, const struct json *value)
{
    if (at == search->selector->count)
        return search->found(search->context, value);
    const struct step *step = &search->selector->items[at++];
    if (step->kind == STEP_MEMBER) {
        const struct json *member = json_get(value, step->name);
        return member && visit(search, at, member);
    }
    if (step->kind == STEP_ANY_MEMBER)
        return value->type == JSON_OBJECT && visit_members(search, at, value);
    if (value->type != JSON_ARRAY)
        return false;
    if (step->kind == STEP_ANY_ELEMENT)
        return visit_items(search, at, value);
    return step->index < value->count && visit(search, at, &value->items[step->index]);
}

/* False: it is an object or an array, which no test passes. */
static bool value_of(const struct json *json, struct log_value *value)
{
    static const struct log_value constants[] = {
        [JSON_NULL] = {LOG_VALUE_NULL, STR_INIT("null")},
        [JSON_TRUE] = {LOG_VALUE_TRUE, STR_INIT("true")},
        [JSON_FALSE] = {LOG_VALUE_FALSE, STR_INIT("false")},
    };

    if (json->type == JSON_ARRAY || json->type == JSON_OBJECT)
        return false;
    if (json->type == JSON_STRING || json->type == JSON_NUMBER)
        *value =
            (struct log_value){json->type == JSON_STRING ? LOG_VALUE_TEXT : LOG_VALUE_NUMBER, json->text};
    else
        *value = constants[json->type];
    return true;
}

static bool passes(const void *context, const struct json *json)
{
    const struct log_condition *test = context;
    struct log_value value;

    return test->operator== LOG_NOT_EXISTS ||(value_of(json, &value) && logs_value_passes(test, value));
}

static bool test_passes(const struct log_condition *test, const void *event)
{
    struct search search = {.selector = test->operand, .found = passes, .context = test};

    return visit(&search, 0, event) != (test->operator== LOG_NOT_EXISTS);
}

bool logs_json_matches(const struct log_condition *condition, const struct json *event)
{
    return logs_condition_holds(condition, test_passes, event);
}

static bool keep_text(const void *context, const struct json *json)
{
    str *text = *(str *const *)context;
    struct log_value value;

    if (!value_of(json, &value) || value.kind == LOG_VALUE_NULL)
        return false;
    *text = value.text;
    return true;
}

str logs_selector_text(const struct log_selector *selector, const struct json *event)
{
    str text = {0}, *kept = &text;
    struct search search = {.selector = selector, .found = keep_text, .context = &kept};

    visit(&search, 0, event);
    return text;
}
