/*
 * condition.c: evaluates conditions.
 *
 * A request may have no value for a key, one, or several.  A positive operator needs a value that matches one
 * of the policy's; a negated operator needs a value that matches none of them, and is also true without any
 * value.
 */
#include "services/iam/policy_internal.h"

#include <string.h>

static bool texts_meet(const struct condition *condition, const struct condition_value *value, str text,
                       const struct policy_request *request)
{
    const struct condition_operator *operator= condition->operator;
    str pattern;

    if (!iam_wildcard_expand(&value->pattern, request, &pattern))
        return false;
    if (operator->type == VALUE_ARN)
        return wildcard_match_arn(pattern, text);
    if (operator->ignore_case)
        return str_equal_nocase(pattern, text);
    return operator->wildcards ? wildcard_match(pattern, text) : str_equal(pattern, text);
}

/* A value of the request, read as the operator's type. */
struct given {
    str text;
    double number;
    bool is_number;
    struct ip_range address; /* of size 0 when the text is not an address */
};

static bool parse_number(enum value_type type, str text, double *number)
{
    return type == VALUE_DATE ? iam_date_of_text(text, number) : iam_number_of_text(text, number);
}

static struct given read_given(enum value_type type, str text)
{
    struct given given = {.text = text};

    if (type == VALUE_NUMBER || type == VALUE_DATE)
        given.is_number = parse_number(type, text, &given.number);
    if (type == VALUE_IP && !iam_ip_range_of_text(text, &given.address))
        given.address.size = 0;
    return given;
}

static bool numbers_meet(const struct condition *condition, const struct condition_value *value,
                         const struct given *given, const struct policy_request *request)
{
    const struct condition_operator *operator= condition->operator;
    double wanted = value->number;
    str expanded;

    if (!value->is_number && (!iam_wildcard_expand(&value->pattern, request, &expanded) ||
                              !parse_number(operator->type, expanded, &wanted)))
        return false;
    return given->is_number &&
           ((operator->less && given->number<wanted) || (operator->greater && given->number> wanted) ||
            (operator->equal && given->number == wanted));
}

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;

    return memcmp(a, b, whole) == 0 && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

static bool addresses_meet(const struct condition_value *value, const struct ip_range *address,
                           const struct policy_request *request)
{
    struct ip_range range = value->range;
    str expanded;

    if (value->pattern.has_variables && (!iam_wildcard_expand(&value->pattern, request, &expanded) ||
                                         !iam_ip_range_of_text(expanded, &range)))
        return false;
    return address->size == range.size && same_bits(address->bytes, range.bytes, range.bits);
}

static bool meets(const struct condition *condition, const struct condition_value *value,
                  const struct given *given, const struct policy_request *request)
{
    switch (condition->operator->type) {
    case VALUE_NUMBER:
    case VALUE_DATE:
        return numbers_meet(condition, value, given, request);
    case VALUE_IP:
        return addresses_meet(value, &given->address, request);
    default:
        return texts_meet(condition, value, given->text, request);
    }
}

/* Does this value of the request match the operator? */
static bool satisfies(const struct condition *condition, str text, const struct policy_request *request)
{
    struct given given = read_given(condition->operator->type, text);

    for (size_t i = 0; i < condition->values.count; i++)
        if (meets(condition, &condition->values.items[i], &given, request))
            return !condition->operator->negated;
    return condition->operator->negated;
}

static bool null_holds(const struct condition *condition, bool exists, const struct policy_request *request)
{
    return satisfies(condition, exists ? S("false") : S("true"), request);
}

static bool holds_without_value(const struct condition *condition)
{
    if (condition->if_exists || condition->set == SET_ALL)
        return true;
    return condition->operator->negated && condition->set != SET_ANY;
}

/* ---- effort ---- */

/* In nanoseconds, roughly; of what is looked through, of a value of the request, of one in the policy. */
enum { EFFORT_OF_TEXT = 64, EFFORT_OF_COMPARISON = 16, EFFORT_OF_VARIABLES = 256 };

/* Each byte of a pattern is compared with all of the text, some bytes at a time. */
static int64_t effort_of_pattern(const struct wildcard *pattern, str text)
{
    int64_t passes = (int64_t)pattern->text.size + 2;

    return (pattern->literal ? 0 : passes * (EFFORT_OF_COMPARISON + (int64_t)text.size / 8)) +
           (pattern->has_variables ? EFFORT_OF_VARIABLES : 0);
}

static int64_t effort_for(const struct condition *condition, str text)
{
    int64_t effort = EFFORT_OF_TEXT;

    for (size_t i = 0; i < condition->values.count; i++)
        effort += EFFORT_OF_COMPARISON + effort_of_pattern(&condition->values.items[i].pattern, text);
    return effort;
}

/* Patterns are not compared with texts that are too long for them, nor beyond what a call may cost. */
static bool is_too_much(const struct condition *condition, const struct policy_request *request)
{
    int64_t alone = 0, *effort = request->effort ? request->effort : &alone;
    size_t position = 0;
    str text;

    *effort += EFFORT_OF_COMPARISON * (int64_t)request->context_count;
    while (*effort <= POLICY_MAX_EFFORT &&
           iam_context_next(request, condition->key, condition->key_name, &position, &text)) {
        *effort += effort_for(condition, text);
        if (condition->operator->wildcards && text.size> WILDCARD_MAX_TEXT)
            return true;
    }
    return *effort > POLICY_MAX_EFFORT;
}

static bool is_unknown(const struct condition *condition, const struct policy_request *request)
{
    bool unknown =
        is_too_much(condition, request) || iam_context_unknown(request, condition->key, condition->key_name);

    for (size_t i = 0; i < condition->values.count; i++)
        unknown |= iam_wildcard_unknown(&condition->values.items[i].pattern, request);
    return unknown;
}

static bool holds(const struct condition *condition, const struct policy_request *request)
{
    /* Without a set operator a negated condition tests every value, a positive one any value. */
    bool every = condition->set == SET_ALL || (condition->set == SET_NONE && condition->operator->negated);
    size_t position = 0;
    str text;

    bool exists = iam_context_next(request, condition->key, condition->key_name, &position, &text);
    if (condition->operator->type == VALUE_NULL)
        return null_holds(condition, exists, request);
    if (!exists)
        return holds_without_value(condition);
    do {
        if (satisfies(condition, text, request) != every)
            return !every;
    } while (iam_context_next(request, condition->key, condition->key_name, &position, &text));
    return every;
}

enum answer iam_condition_holds(const struct condition *condition, const struct policy_request *request)
{
    if (is_unknown(condition, request))
        return UNKNOWN;
    bool held = holds(condition, request);
    if (iam_effort_is_spent(request)) /* by the values of variables */
        return UNKNOWN;
    return held ? YES : NO;
}
