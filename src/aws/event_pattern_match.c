/*
 * event_pattern_match.c: does an event have what a pattern asks for?
 */
#include "aws/event_pattern_internal.h"
#include "base/limits.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LONGEST_NUMBER = 64,
    LONGEST_ADDRESS = 45,
    MOST_ABSENCES = 256, /* more than the services' limits let a pattern have */
};

/* ---- values ---- */

bool event_number_read(const struct event_numbers *numbers, str text, int64_t *number)
{
    char copy[LONGEST_NUMBER + 1] = {0};

    if (text.size > LONGEST_NUMBER)
        return false;
    memcpy(copy, text.data, text.size);
    double value = strtod(copy, NULL);
    if (!(value >= -numbers->most && value <= numbers->most))
        return false;
    *number = llround(value * numbers->scale);
    return true;
}

bool event_address_read(str text, unsigned char address[EVENT_ADDRESS_BYTES], size_t *size)
{
    char copy[LONGEST_ADDRESS + 1] = {0};
    bool is_v6 = str_index(text, ':') >= 0;

    if (text.size > LONGEST_ADDRESS || (is_v6 && str_index(text, '.') >= 0))
        return false;
    memcpy(copy, text.data, text.size);
    *size = is_v6 ? 16 : 4;
    return strlen(copy) == text.size && inet_pton(is_v6 ? AF_INET6 : AF_INET, copy, address) == 1;
}

/* The value as written, unless it is a string: null, true, false, a number. */
static str other_text(const struct json *value)
{
    switch (value->type) {
    case JSON_NULL:
        return S("null");
    case JSON_TRUE:
        return S("true");
    case JSON_FALSE:
        return S("false");
    case JSON_NUMBER:
        return value->text;
    case JSON_STRING:
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    return (str){0};
}

/* ---- sets ---- */

int event_compare_texts(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

int event_compare_integers(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static bool has_text(const struct event_texts *texts, str text)
{
    return texts->count > 0 && bsearch(&text, texts->items, texts->count, sizeof text, event_compare_texts);
}

static bool set_has(const struct event_pattern *pattern, const struct event_set *set,
                    const struct json *value)
{
    int64_t number;

    if (value->type == JSON_STRING)
        return has_text(&set->strings, value->text);
    if (value->type == JSON_NUMBER && set->numbers.count > 0 &&
        event_number_read(&pattern->numbers, value->text, &number) &&
        bsearch(&number, set->numbers.items, set->numbers.count, sizeof number, event_compare_integers))
        return true;
    return has_text(&set->others, other_text(value));
}

/* ---- rules ---- */

static bool same(str a, str b, bool ignore_case)
{
    return ignore_case ? str_equal_nocase(a, b) : str_equal(a, b);
}

static bool has_suffix(const struct event_rule *rule, str text)
{
    return text.size >= rule->text.size &&
           same(str_from(text, text.size - rule->text.size), rule->text, rule->ignore_case);
}

/* Each segment is searched for behind the one before it: taking the first place never loses a match. */
static bool wildcard_matches(const struct event_texts *segments, str text)
{
    str first = segments->items[0], last = segments->items[segments->count - 1];

    if (segments->count == 1)
        return str_equal(text, first);
    if (text.size < first.size + last.size || !str_starts_with(text, first) || !str_ends_with(text, last))
        return false;
    str rest = str_head(str_from(text, first.size), text.size - first.size - last.size);
    for (size_t i = 1; i + 1 < segments->count; i++) {
        ptrdiff_t at = str_find(rest, segments->items[i]);
        if (at < 0)
            return false;
        rest = str_from(rest, (size_t)at + segments->items[i].size);
    }
    return true;
}

static bool cidr_matches(const struct event_rule *rule, str text)
{
    unsigned char address[EVENT_ADDRESS_BYTES];
    size_t size;

    return event_address_read(text, address, &size) && size == rule->address_size &&
           memcmp(address, rule->first_address, size) >= 0 && memcmp(address, rule->last_address, size) <= 0;
}

static bool string_matches(const struct event_rule *rule, str text)
{
    switch (rule->kind) {
    case EVENT_RULE_PREFIX:
        return same(str_head(text, rule->text.size), rule->text, rule->ignore_case);
    case EVENT_RULE_SUFFIX:
        return has_suffix(rule, text);
    case EVENT_RULE_EQUALS:
        return str_equal_nocase(text, rule->text);
    case EVENT_RULE_WILDCARD:
        return wildcard_matches(&rule->segments, text);
    case EVENT_RULE_CIDR:
        return cidr_matches(rule, text);
    case EVENT_RULE_NUMERIC:
    case EVENT_RULE_EXISTS:
    case EVENT_RULE_ANYTHING_BUT:
        break;
    }
    return false;
}

static bool number_matches(const struct event_pattern *pattern, const struct event_rule *rule, str text)
{
    int64_t number;

    return event_number_read(&pattern->numbers, text, &number) && number >= rule->bottom &&
           number <= rule->top;
}

static bool is_excepted(const struct event_pattern *pattern, const struct event_rule *rule,
                        const struct json *value)
{
    for (size_t i = 0; rule->but_rules && value->type == JSON_STRING && i < rule->but_rules->count; i++)
        if (string_matches(&rule->but_rules->items[i], value->text))
            return true;
    return set_has(pattern, &rule->but, value);
}

/* For a value that is neither an array nor an object. */
static bool rule_matches(const struct event_pattern *pattern, const struct event_rule *rule,
                         const struct json *value)
{
    if (rule->kind == EVENT_RULE_EXISTS)
        return rule->exists;
    if (rule->kind == EVENT_RULE_ANYTHING_BUT)
        return !is_excepted(pattern, rule, value);
    if (rule->kind == EVENT_RULE_NUMERIC)
        return value->type == JSON_NUMBER && number_matches(pattern, rule, value->text);
    return value->type == JSON_STRING && string_matches(rule, value->text);
}

static bool scalar_matches(const struct event_pattern *pattern, const struct event_field *field,
                           const struct json *value)
{
    for (size_t i = 0; i < field->rules.count; i++)
        if (rule_matches(pattern, &field->rules.items[i], value))
            return true;
    return set_has(pattern, &field->set, value);
}

/* ---- fields ---- */

/* *found: the field has a value to compare.  An object, an empty array and an absent field have none. */
static bool values_match(const struct event_pattern *pattern, const struct event_field *field,
                         const struct json *value, bool *found)
{
    if (!value || value->type == JSON_OBJECT)
        return false;
    if (value->type != JSON_ARRAY) {
        *found = true;
        return scalar_matches(pattern, field, value);
    }
    for (uint32_t i = 0; i < value->count; i++)
        if (values_match(pattern, field, &value->items[i], found))
            return true;
    return false;
}

enum absence { UNKNOWN, ABSENT, PRESENT };

/*
 * Where in the event the match is: below `top`, the value of a name at the top of the pattern.  Whether the
 * event lacks a field is asked for each element of the arrays on its path, and found out once.
 */
struct walk {
    const struct event_pattern *pattern;
    unsigned char absences[MOST_ABSENCES];
    const struct json *top;
    bool at_top;
    str path[LIMIT_JSON_DEPTH];
    size_t depth;
};

/* Is there a value to compare on that path, in any element of the arrays on it? */
static bool has_value(const struct json *value, const str *path, size_t depth)
{
    if (!value)
        return false;
    if (value->type == JSON_ARRAY) {
        for (uint32_t i = 0; i < value->count; i++)
            if (has_value(&value->items[i], path, depth))
                return true;
        return false;
    }
    if (depth > 0)
        return has_value(json_get(value, path[0]), path + 1, depth - 1);
    return value->type != JSON_OBJECT;
}

static bool node_matches(struct walk *walk, const struct event_node *node, event_lookup *lookup,
                         void *context);

static bool inner_matches(struct walk *walk, const struct event_node *node, const struct json *value)
{
    if (!json_is(value, JSON_ARRAY) || value->count == 0)
        return node_matches(walk, node, event_lookup_member, (void *)value);
    for (uint32_t i = 0; i < value->count; i++)
        if (inner_matches(walk, node, &value->items[i]))
            return true;
    return false;
}

/* A key inside an array's objects is absent only when all of them lack it. */
static bool is_absent(struct walk *walk, const struct event_field *field)
{
    size_t number = field->absence - 1;

    if (number >= MOST_ABSENCES)
        return !has_value(walk->top, walk->path, walk->depth);
    if (walk->absences[number] == UNKNOWN)
        walk->absences[number] = has_value(walk->top, walk->path, walk->depth) ? PRESENT : ABSENT;
    return walk->absences[number] == ABSENT;
}

static bool field_matches(struct walk *walk, const struct event_field *field, const struct json *value)
{
    bool found = false;

    if (field->inner)
        return inner_matches(walk, field->inner, value);
    return values_match(walk->pattern, field, value, &found) ||
           (!found && field->absence && is_absent(walk, field));
}

/* Go on to the field, and back. */
static bool step_matches(struct walk *walk, const struct event_field *field, const struct json *value)
{
    bool at_top = walk->at_top;
    size_t depth = walk->depth;

    if (at_top)
        walk->top = value;
    else
        walk->path[walk->depth++] = field->name;
    walk->at_top = false;
    bool matches = field_matches(walk, field, value);
    walk->at_top = at_top;
    walk->depth = depth;
    return matches;
}

static bool one_matches(struct walk *walk, const struct event_nodes *either, event_lookup *lookup,
                        void *context)
{
    for (size_t i = 0; i < either->count; i++)
        if (node_matches(walk, &either->items[i], lookup, context))
            return true;
    return either->count == 0;
}

/* `lookup` finds the members of the object that the walk has reached; at first, those of the event. */
static bool node_matches(struct walk *walk, const struct event_node *node, event_lookup *lookup,
                         void *context)
{
    for (size_t i = 0; i < node->fields.count; i++)
        if (!step_matches(walk, &node->fields.items[i], lookup(context, node->fields.items[i].name)))
            return false;
    return one_matches(walk, &node->either, lookup, context);
}

const struct json *event_lookup_member(void *context, str name)
{
    return json_get(context, name);
}

bool event_pattern_matches(const struct event_pattern *pattern, event_lookup *lookup, void *context)
{
    struct walk walk;

    walk.pattern = pattern;
    walk.at_top = true;
    walk.depth = 0;
    memset(walk.absences, UNKNOWN, pattern->absences < MOST_ABSENCES ? pattern->absences : MOST_ABSENCES);
    return node_matches(&walk, &pattern->root, lookup, context);
}
