/*
 * value.c: attribute values: their types, and which values may be stored.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
#include "value.h"

#include "base/hash.h"
#include "base/positions.h"
#include "base/text.h"
#include "dialect.h"
#include "number.h"

#include <string.h>

static const str type_names[] = {
    STR_INIT("S"),  STR_INIT("N"), STR_INIT("B"), STR_INIT("SS"),   STR_INIT("NS"),
    STR_INIT("BS"), STR_INIT("M"), STR_INIT("L"), STR_INIT("NULL"), STR_INIT("BOOL"),
};

enum value_type dynamodb_value_type(const struct dynamodb_attribute_value *value)
{
    return value->is - 1 < VALUE_NONE ? (enum value_type)(value->is - 1) : VALUE_NONE;
}

str dynamodb_value_type_name(enum value_type type)
{
    return type_names[type];
}

enum value_type dynamodb_value_type_named(str name)
{
    enum value_type type = VALUE_S;

    while (type < VALUE_NONE && !str_equal(type_names[type], name))
        type++;
    return type;
}

/* ---- checks ---- */

#define INVALID "One or more parameter values were invalid: "

/* A check of a value or an item. */
struct check {
    struct arena *arena;
    enum value_layer layer;
    str *problem;
};

static bool refuse(const struct check *check, str sentence)
{
    *check->problem = sentence;
    return false;
}

static bool is_older(const struct check *check)
{
    return check->layer == VALUE_LAYER_OLDER;
}

const str dynamodb_item_too_deep = STR_INIT(DYNAMODB_TOO_DEEP);

#define NOT_NUMERIC "The parameter cannot be converted to a numeric value"

static bool refuse_text(const struct check *check, str text)
{
    if (is_older(check) && str_empty(text))
        return refuse(check, S(NOT_NUMERIC));
    return refuse(check, arena_format(check->arena, NOT_NUMERIC ": %.*s", STR_ARGS(text)));
}

static bool check_number(const struct check *check, str *text)
{
    struct number number;
    size_t size;

    if (dynamodb_number_is_plain(*text, &size))
        return true;
    switch (is_older(check) ? dynamodb_number_parse_older(*text, &number)
                            : dynamodb_number_parse(*text, &number)) {
    case NUMBER_OK:
        *text = dynamodb_number_text(check->arena, &number);
        return true;
    case NUMBER_OVERFLOW:
        return refuse(check, S("Number overflow. Attempting to store a number with magnitude larger than "
                               "supported range"));
    case NUMBER_UNDERFLOW:
        return refuse(check, S("Number underflow. Attempting to store a number with magnitude smaller than "
                               "supported range"));
    case NUMBER_TOO_PRECISE:
        return refuse(check, S("Attempting to store more than 38 significant digits in a Number"));
    case NUMBER_INVALID:
        break;
    }
    return refuse_text(check, *text);
}

const str *dynamodb_first_repeated(struct arena *arena, const struct str_list *texts)
{
    struct positions seen = positions_for(arena, texts->count);

    for (size_t i = 0; i < texts->count; i++) {
        uint64_t hash = keyed_hash(texts->items[i]), slot = hash;
        for (size_t j; positions_next(&seen, &slot, &j);)
            if (str_equal(texts->items[i], texts->items[j]))
                return &texts->items[i];
        positions_add(&seen, hash, i);
    }
    return NULL;
}

/* The members before the first repeated one in their order, then it and the rest as they were sent. */
static struct str_list sorted_before(struct arena *arena, const struct str_list *set, const str *repeated)
{
    struct str_list shown = {arena_alloc(arena, set->count * sizeof *set->items), set->count};
    struct str_list before = {shown.items, (size_t)(repeated - set->items)};

    memcpy(shown.items, set->items, set->count * sizeof *set->items);
    dynamodb_names_sort(&before);
    return shown;
}

static bool refuse_repeated(const struct check *check, const struct str_list *set, const str *repeated,
                            bool binary)
{
    bool older = is_older(check);
    struct str_list shown = older ? *set : sorted_before(check->arena, set, repeated);
    struct text text = text_in(check->arena);

    text_add(&text, S(INVALID "Input collection ["));
    for (size_t i = 0; i < shown.count; i++) {
        str member = binary ? base64_encode(check->arena, shown.items[i]) : shown.items[i];
        text_add(&text, i == 0 ? S("") : binary && !older ? S(",") : S(", "));
        text_format(&text, older ? "%.*s" : "\"%.*s\"", STR_ARGS(member));
    }
    text_add(&text, binary ? S("]of type BS contains duplicates.") : S("] contains duplicates."));
    return refuse(check, text_str(&text));
}

/* A null in the JSON list is an absent text. */
static bool check_set(const struct check *check, const struct str_list *set, str empty)
{
    if (set->count == 0)
        return refuse(check, empty);
    for (size_t i = 0; i < set->count; i++)
        if (!str_present(set->items[i]))
            return refuse(check, S(INVALID "An AttributeValue may not contain a null value in a set"));
    return true;
}

static bool check_texts(const struct check *check, const struct str_list *set, bool binary)
{
    const str *repeated = dynamodb_first_repeated(check->arena, set);

    return !repeated || refuse_repeated(check, set, repeated, binary);
}

static bool check_strings(const struct check *check, const struct str_list *set)
{
    return check_set(check, set, S(INVALID "An string set  may not be empty")) &&
           check_texts(check, set, false);
}

static bool check_numbers(const struct check *check, const struct str_list *set)
{
    if (!check_set(check, set, S(INVALID "An number set  may not be empty")))
        return false;
    for (size_t i = 0; i < set->count; i++)
        if (!check_number(check, &set->items[i]))
            return false;
    return !dynamodb_first_repeated(check->arena, set) ||
           refuse(check, is_older(check) ? S("Input collection contains duplicates")
                                         : S(INVALID "Input collection contains duplicates."));
}

static bool check_binaries(const struct check *check, const struct str_list *set)
{
    return check_set(check, set, S(INVALID "Binary sets should not be empty")) &&
           check_texts(check, set, true);
}

static bool check_at(const struct check *check, struct dynamodb_attribute_value *value, int depth);

static bool check_map(const struct check *check, const struct dynamodb_attribute_map *map, int depth)
{
    for (size_t i = 0; i < map->count; i++)
        if (!check_at(check, &map->items[i].value, depth))
            return false;
    return true;
}

static bool check_list(const struct check *check, const struct dynamodb_attribute_value_list *list, int depth)
{
    for (size_t i = 0; i < list->count; i++)
        if (!check_at(check, &list->items[i], depth))
            return false;
    return true;
}

static bool check_null(const struct check *check, const bool *null)
{
    return *null || refuse(check, S(INVALID "Null attribute value types must have the value of true"));
}

static bool check_content(const struct check *check, struct dynamodb_attribute_value *value, int depth)
{
    switch (dynamodb_value_type(value)) {
    case VALUE_N:
        return check_number(check, &value->n);
    case VALUE_NULL:
        return check_null(check, value->null);
    case VALUE_SS:
        return check_strings(check, &value->ss);
    case VALUE_NS:
        return check_numbers(check, &value->ns);
    case VALUE_BS:
        return check_binaries(check, &value->bs);
    case VALUE_M:
        return check_map(check, &value->m, depth + 1);
    case VALUE_L:
        return check_list(check, &value->l, depth + 1);
    default:
        return true;
    }
}

/* The member of that type, among several, or a value without one. */
static struct dynamodb_attribute_value one_of(const struct dynamodb_attribute_value *value,
                                              enum value_type type)
{
    while (value->is == UNION_HAS_SEVERAL) {
        const struct dynamodb_attribute_value *first = value->several[0];
        value = dynamodb_value_is(first, type) ? first : value->several[1];
    }
    return dynamodb_value_is(value, type) ? *value : (struct dynamodb_attribute_value){0};
}

/* What is wrong with one of the members comes first. */
static bool refuse_several(const struct check *check, const struct dynamodb_attribute_value *value, int depth)
{
    static const enum value_type order[] = {VALUE_N,  VALUE_NULL, VALUE_SS, VALUE_NS,
                                            VALUE_BS, VALUE_M,    VALUE_L};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        struct dynamodb_attribute_value one = one_of(value, order[i]);
        if (!check_content(check, &one, depth))
            return false;
    }
    return refuse(check,
                  S("Supplied AttributeValue has more than one datatypes set, must contain exactly one "
                    "of the supported datatypes"));
}

static bool check_at(const struct check *check, struct dynamodb_attribute_value *value, int depth)
{
    if (depth > MAX_ITEM_DEPTH)
        return refuse(check, dynamodb_item_too_deep);
    if (value->is == 0)
        return refuse(check, S("Supplied AttributeValue is empty, must contain exactly one of the supported "
                               "datatypes"));
    return value->is == UNION_HAS_SEVERAL ? refuse_several(check, value, depth)
                                          : check_content(check, value, depth);
}

bool dynamodb_value_check(struct arena *arena, enum value_layer layer, struct dynamodb_attribute_value *value,
                          str *problem)
{
    /* The older layer counts from the value itself, not from an item around it. */
    return check_at(&(struct check){arena, layer, problem}, value, layer == VALUE_LAYER_OLDER ? 0 : 1);
}

const str dynamodb_empty_attribute_name = STR_INIT("Empty attribute name");

bool dynamodb_item_check(struct arena *arena, enum value_layer layer,
                         const struct dynamodb_attribute_map *item, str *problem)
{
    struct check check = {arena, layer, problem};

    for (size_t i = 0; i < item->count; i++)
        if (str_empty(item->items[i].key))
            return refuse(&check, dynamodb_empty_attribute_name);
    return check_map(&check, item, 1);
}

const struct dynamodb_attribute_value *dynamodb_item_get(const struct dynamodb_attribute_map *item, str name)
{
    for (size_t i = 0; i < item->count; i++)
        if (str_equal(item->items[i].key, name))
            return &item->items[i].value;
    return NULL;
}
