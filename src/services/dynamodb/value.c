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

static bool refuse(str *problem, str sentence)
{
    *problem = sentence;
    return false;
}

const str dynamodb_item_too_deep = STR_INIT(DYNAMODB_TOO_DEEP);

static bool check_number(struct arena *arena, str *text, str *problem)
{
    struct number number;
    size_t size;

    if (dynamodb_number_is_plain(*text, &size))
        return true;
    switch (dynamodb_number_parse(*text, &number)) {
    case NUMBER_OK:
        *text = dynamodb_number_text(arena, &number);
        return true;
    case NUMBER_OVERFLOW:
        return refuse(problem, S("Number overflow. Attempting to store a number with magnitude larger than "
                                 "supported range"));
    case NUMBER_UNDERFLOW:
        return refuse(problem, S("Number underflow. Attempting to store a number with magnitude smaller than "
                                 "supported range"));
    case NUMBER_TOO_PRECISE:
        return refuse(problem, S("Attempting to store more than 38 significant digits in a Number"));
    case NUMBER_INVALID:
        break;
    }
    return refuse(problem, arena_format(arena, "The parameter cannot be converted to a numeric value: %.*s",
                                        STR_ARGS(*text)));
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

static str repeats_sentence(struct arena *arena, const struct str_list *set, bool binary)
{
    struct text text = text_in(arena);

    text_add(&text, S("One or more parameter values were invalid: Input collection ["));
    for (size_t i = 0; i < set->count; i++) {
        str shown = binary ? base64_encode(arena, set->items[i]) : set->items[i];
        text_format(&text, "%s\"%.*s\"", i == 0 ? "" : binary ? "," : ", ", STR_ARGS(shown));
    }
    text_add(&text, binary ? S("]of type BS contains duplicates.") : S("] contains duplicates."));
    return text_str(&text);
}

/* A null in the JSON list is an absent text. */
static bool check_set(const struct str_list *set, str empty, str *problem)
{
    if (set->count == 0)
        return refuse(problem, empty);
    for (size_t i = 0; i < set->count; i++)
        if (!str_present(set->items[i]))
            return refuse(problem,
                          S("One or more parameter values were invalid: An AttributeValue may not contain "
                            "a null value in a set"));
    return true;
}

static bool check_strings(struct arena *arena, const struct str_list *set, str *problem)
{
    if (!check_set(set, S("One or more parameter values were invalid: An string set  may not be empty"),
                   problem))
        return false;
    return !dynamodb_first_repeated(arena, set) || refuse(problem, repeats_sentence(arena, set, false));
}

static bool check_numbers(struct arena *arena, const struct str_list *set, str *problem)
{
    if (!check_set(set, S("One or more parameter values were invalid: An number set  may not be empty"),
                   problem))
        return false;
    for (size_t i = 0; i < set->count; i++)
        if (!check_number(arena, &set->items[i], problem))
            return false;
    return !dynamodb_first_repeated(arena, set) || refuse(problem, S("Input collection contains duplicates"));
}

static bool check_binaries(struct arena *arena, const struct str_list *set, str *problem)
{
    if (!check_set(set, S("One or more parameter values were invalid: Binary sets should not be empty"),
                   problem))
        return false;
    return !dynamodb_first_repeated(arena, set) || refuse(problem, repeats_sentence(arena, set, true));
}

static bool check_at(struct arena *arena, struct dynamodb_attribute_value *value, int depth, str *problem);

static bool check_map(struct arena *arena, const struct dynamodb_attribute_map *map, int depth, str *problem)
{
    for (size_t i = 0; i < map->count; i++)
        if (!check_at(arena, &map->items[i].value, depth, problem))
            return false;
    return true;
}

static bool check_list(struct arena *arena, const struct dynamodb_attribute_value_list *list, int depth,
                       str *problem)
{
    for (size_t i = 0; i < list->count; i++)
        if (!check_at(arena, &list->items[i], depth, problem))
            return false;
    return true;
}

static bool check_null(const bool *null, str *problem)
{
    return *null || refuse(problem, S("One or more parameter values were invalid: Null attribute value "
                                      "types must have the value of true"));
}

static bool check_content(struct arena *arena, struct dynamodb_attribute_value *value, int depth,
                          str *problem)
{
    switch (dynamodb_value_type(value)) {
    case VALUE_N:
        return check_number(arena, &value->n, problem);
    case VALUE_NULL:
        return check_null(value->null, problem);
    case VALUE_SS:
        return check_strings(arena, &value->ss, problem);
    case VALUE_NS:
        return check_numbers(arena, &value->ns, problem);
    case VALUE_BS:
        return check_binaries(arena, &value->bs, problem);
    case VALUE_M:
        return check_map(arena, &value->m, depth + 1, problem);
    case VALUE_L:
        return check_list(arena, &value->l, depth + 1, problem);
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
static bool refuse_several(struct arena *arena, const struct dynamodb_attribute_value *value, int depth,
                           str *problem)
{
    static const enum value_type order[] = {VALUE_N,  VALUE_NULL, VALUE_SS, VALUE_NS,
                                            VALUE_BS, VALUE_M,    VALUE_L};

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        struct dynamodb_attribute_value one = one_of(value, order[i]);
        if (!check_content(arena, &one, depth, problem))
            return false;
    }
    return refuse(problem,
                  S("Supplied AttributeValue has more than one datatypes set, must contain exactly one "
                    "of the supported datatypes"));
}

static bool check_at(struct arena *arena, struct dynamodb_attribute_value *value, int depth, str *problem)
{
    if (depth > MAX_ITEM_DEPTH)
        return refuse(problem, dynamodb_item_too_deep);
    if (value->is == 0)
        return refuse(problem,
                      S("Supplied AttributeValue is empty, must contain exactly one of the supported "
                        "datatypes"));
    return value->is == UNION_HAS_SEVERAL ? refuse_several(arena, value, depth, problem)
                                          : check_content(arena, value, depth, problem);
}

bool dynamodb_value_check(struct arena *arena, struct dynamodb_attribute_value *value, str *problem)
{
    return check_at(arena, value, 1, problem);
}

const str dynamodb_empty_attribute_name =
    STR_INIT("One or more parameter values were invalid: Empty attribute name");

bool dynamodb_item_check(struct arena *arena, const struct dynamodb_attribute_map *item, str *problem)
{
    for (size_t i = 0; i < item->count; i++)
        if (str_empty(item->items[i].key))
            return refuse(problem, dynamodb_empty_attribute_name);
    return check_map(arena, item, 1, problem);
}

const struct dynamodb_attribute_value *dynamodb_item_get(const struct dynamodb_attribute_map *item, str name)
{
    for (size_t i = 0; i < item->count; i++)
        if (str_equal(item->items[i].key, name))
            return &item->items[i].value;
    return NULL;
}
