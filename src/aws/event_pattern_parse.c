/*
 * event_pattern_parse.c: parses patterns, and says what is wrong with them.
 *
 * The sentences are those of AWS's own parser.
 */
#include "aws/event_pattern_internal.h"
#include "base/list.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 256 * 1024, MAX_KEYS = 5, MAX_COMBINATIONS = 150 };

struct dialect {
    const char *before;  /* how each sentence begins */
    const char *instead; /* replaces every sentence; NULL: the sentence itself */
    bool flat,
        counted;       /* flat: no keys inside keys; counted: a limit on keys and on combinations of values */
    bool may_be_empty; /* {} matches everything */
    bool basic;        /* no cidr, no wildcard */
    bool dots;         /* stand for names in names */
    struct event_numbers numbers;
};

static const struct dialect dialects[] = {
    [EVENT_PATTERN_SNS_ATTRIBUTES] = {.before = "FilterPolicy: ",
                                      .flat = true,
                                      .counted = true,
                                      .may_be_empty = true,
                                      .numbers = {1e9, 1e5}},
    [EVENT_PATTERN_SNS_BODY] = {.before = "FilterPolicy: ",
                                .counted = true,
                                .may_be_empty = true,
                                .dots = true,
                                .numbers = {1e9, 1e5}},
    [EVENT_PATTERN_LAMBDA] = {.instead = "Invalid filter pattern definition.",
                              .basic = true,
                              .numbers = {5e9, 1e6}},
};

struct parser {
    struct arena *arena;
    const struct dialect *dialect;
    str problem;
    size_t absences;
};

static bool refuse(struct parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(struct parser *parser, const char *format, ...)
{
    const struct dialect *dialect = parser->dialect;
    va_list args;

    va_start(args, format);
    parser->problem = dialect->instead ? str_of(dialect->instead)
                                       : arena_join(parser->arena, str_of(dialect->before),
                                                    arena_format_list(parser->arena, format, args));
    va_end(args);
    return false;
}

/* ---- sets ---- */

static void set_add_number(struct parser *parser, struct event_set *set, str text)
{
    int64_t number;

    if (event_number_read(&parser->dialect->numbers, text, &number))
        *list_add(parser->arena, &set->numbers) = number;
    else
        *list_add(parser->arena, &set->others) = text;
}

/* False for an array or an object. */
static bool set_add(struct parser *parser, struct event_set *set, const struct json *value)
{
    static const str words[] = {
        [JSON_NULL] = STR_INIT("null"), [JSON_FALSE] = STR_INIT("false"), [JSON_TRUE] = STR_INIT("true")};

    if (value->type == JSON_ARRAY || value->type == JSON_OBJECT)
        return false;
    if (value->type == JSON_STRING)
        *list_add(parser->arena, &set->strings) = value->text;
    else if (value->type == JSON_NUMBER)
        set_add_number(parser, set, value->text);
    else
        *list_add(parser->arena, &set->others) = words[value->type];
    return true;
}

static void set_sort(struct event_set *set)
{
    if (set->strings.count > 0)
        qsort(set->strings.items, set->strings.count, sizeof *set->strings.items, event_compare_texts);
    if (set->others.count > 0)
        qsort(set->others.items, set->others.count, sizeof *set->others.items, event_compare_texts);
    if (set->numbers.count > 0)
        qsort(set->numbers.items, set->numbers.count, sizeof *set->numbers.items, event_compare_integers);
}

/* ---- operators ---- */

static bool parse_equals(struct parser *parser, const struct json *value, struct event_rule *rule)
{
    if (!json_is(value, JSON_STRING))
        return refuse(parser, "equals-ignore-case match pattern must be a string");
    rule->kind = EVENT_RULE_EQUALS;
    rule->text = value->text;
    return true;
}

/* A prefix or a suffix: a text, or {"equals-ignore-case": a text}. */
static bool parse_affix(struct parser *parser, const char *name, const struct json *value,
                        struct event_rule *rule)
{
    if (json_is(value, JSON_STRING)) {
        rule->text = value->text;
        return true;
    }
    if (!json_is(value, JSON_OBJECT))
        return refuse(parser, "%s match pattern must be a string", name);
    if (value->count == 0)
        return refuse(parser, "%s expression name not found", name[0] == 'p' ? "Prefix" : "Suffix");
    const struct json_member *member = &value->members[0];
    if (!str_equal(member->name, S("equals-ignore-case")))
        return refuse(parser, "Unsupported %s pattern: %.*s", name, STR_ARGS(member->name));
    if (!json_is(&member->value, JSON_STRING))
        return refuse(parser, "equals-ignore-case match pattern must be a string");
    rule->text = member->value.text;
    rule->ignore_case = true;
    return value->count == 1 || refuse(parser, "Only one key allowed in match expression");
}

static bool parse_prefix(struct parser *parser, const struct json *value, struct event_rule *rule)
{
    rule->kind = EVENT_RULE_PREFIX;
    return parse_affix(parser, "prefix", value, rule);
}

static bool parse_suffix(struct parser *parser, const struct json *value, struct event_rule *rule)
{
    rule->kind = EVENT_RULE_SUFFIX;
    return parse_affix(parser, "suffix", value, rule);
}

static bool parse_exists(struct parser *parser, const struct json *value, struct event_rule *rule)
{
    rule->kind = EVENT_RULE_EXISTS;
    rule->exists = json_is(value, JSON_TRUE);
    return rule->exists || json_is(value, JSON_FALSE) ||
           refuse(parser, "exists match pattern must be either true or false.");
}

/*
 * Cut at its stars; \* and \\ are the characters themselves.  Positions in sentences include the quotation
 * mark before the text.
 */
static bool parse_wildcard(struct parser *parser, const struct json *value, struct event_rule *rule)
{
    if (!json_is(value, JSON_STRING))
        return refuse(parser, "wildcard match pattern must be a string");
    str text = value->text;
    char *plain = arena_alloc(parser->arena, text.size + 1);
    size_t size = 0, begin = 0;

    rule->kind = EVENT_RULE_WILDCARD;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i], next = i + 1 < text.size ? text.data[i + 1] : 0;
        if (c == '*' && next == '*')
            return refuse(parser, "Consecutive wildcard characters at pos %zu", i + 1);
        if (c == '\\' && next != '*' && next != '\\')
            return refuse(parser, "Invalid escape character at pos %zu", i + 1);
        if (c == '*') {
            *list_add(parser->arena, &rule->segments) = (str){plain + begin, size - begin};
            begin = size;
        } else {
            plain[size++] = c == '\\' ? next : c;
            i += c == '\\';
        }
    }
    *list_add(parser->arena, &rule->segments) = (str){plain + begin, size - begin};
    return true;
}

static void range_of_addresses(struct event_rule *rule, int64_t bits)
{
    memcpy(rule->last_address, rule->first_address, rule->address_size);
    for (size_t i = (size_t)bits; i < 8 * rule->address_size; i++)
        rule->last_address[i / 8] |= (unsigned char)(0x80 >> i % 8);
}

static bool parse_cidr(struct parser *parser, const struct json *value, struct event_rule *rule)
{
    if (!json_is(value, JSON_STRING))
        return refuse(parser, "prefix match pattern must be a string");
    str rest = value->text, address, bits_text;
    int64_t bits;

    rule->kind = EVENT_RULE_CIDR;
    if (!str_next(&rest, '/', &address) || !str_next(&rest, '/', &bits_text) || str_present(rest))
        return refuse(parser, "Malformed CIDR, one '/' required");
    if (!str_to_i64(bits_text, &bits))
        return refuse(parser, "Malformed CIDR, mask bits must be an integer");
    if (bits < 0)
        return refuse(parser, "Malformed CIDR, mask bits must not be negative");
    if (!event_address_read(address, rule->first_address, &rule->address_size))
        return refuse(parser, "Nonstandard IP address: %.*s", STR_ARGS(address));
    if (bits >= (int64_t)(8 * rule->address_size))
        return refuse(parser, rule->address_size == 4 ? "IPv4 mask bits must be < 32"
                                                      : "IPv6 mask bits must be < 128");
    range_of_addresses(rule, bits);
    return true;
}

/* ---- numeric ---- */

/* The text of an element as an error quotes it; the end of the array is "]". */
static str quoted(const struct json *array, uint32_t index)
{
    if (index >= array->count)
        return S("]");
    const struct json *value = &array->items[index];
    return value->type == JSON_STRING || value->type == JSON_NUMBER ? value->text : S("");
}

/* The number after the operator at `index`. */
static bool parse_bound(struct parser *parser, const struct json *array, uint32_t index, int64_t *bound)
{
    const struct event_numbers *numbers = &parser->dialect->numbers;
    str operator= array->items[index].text;

    if (index + 1 >= array->count || array->items[index + 1].type != JSON_NUMBER)
        return refuse(parser, "Value of %.*s must be numeric",
                      STR_ARGS(str_equal(operator, S("=")) ? S("equals") : operator));
    return event_number_read(numbers, array->items[index + 1].text, bound) ||
           refuse(parser, "Value must be between -%.1fE9 and %.1fE9, inclusive", numbers->most / 1e9,
                  numbers->most / 1e9);
}

/* After a lower bound: read the upper bound, if there is one. */
static bool parse_top(struct parser *parser, const struct json *array, struct event_rule *rule)
{
    int64_t top = 0;

    if (array->items[2].type != JSON_STRING)
        return refuse(parser, "Bad value in numeric range: %.*s", STR_ARGS(quoted(array, 2)));
    str operator= array->items[2].text;
    bool open = str_equal(operator, S("<"));
    if (!open && !str_equal(operator, S("<=")))
        return refuse(parser, "Bad numeric range operator: %.*s", STR_ARGS(operator));
    if (!parse_bound(parser, array, 2, &top))
        return false;
    if (array->count > 4)
        return refuse(parser, "Too many terms in numeric range expression");
    if (top <= rule->bottom - (array->items[0].text.size == 1))
        return refuse(parser, "Bottom must be less than top");
    rule->top = open ? top - 1 : top;
    return true;
}

static bool parse_numeric(struct parser *parser, const struct json *value, struct event_rule *rule)
{
    static const str operators[] = {STR_INIT("="), STR_INIT("<"), STR_INIT("<="), STR_INIT(">"),
                                    STR_INIT(">=")};
    int64_t bound = 0;

    if (!json_is(value, JSON_ARRAY))
        return refuse(parser, "Value of numeric must be an array.");
    if (value->count == 0 || value->items[0].type != JSON_STRING)
        return refuse(parser, "Invalid member in numeric match: %.*s", STR_ARGS(quoted(value, 0)));
    str operator= value->items[0].text;
    if (!str_is_one_of(operator, operators, sizeof operators / sizeof *operators))
        return refuse(parser, "Unrecognized numeric range operator: %.*s", STR_ARGS(operator));
    if (!parse_bound(parser, value, 0, &bound))
        return false;
    bool open = operator.size == 1 && operator.data[0] != '=';
    rule->kind = EVENT_RULE_NUMERIC;
    rule->bottom = operator.data[0] == '<' ? INT64_MIN : bound +(open &&operator.data[0] == '>');
    rule->top = operator.data[0] == '>' ? INT64_MAX : bound -(open &&operator.data[0] == '<');
    if (value->count == 2)
        return true;
    return operator.data[0] == '>' ? parse_top(parser, value, rule)
                                   : refuse(parser, "Too many elements in numeric expression");
}

/* ---- anything-but ---- */

static bool parse_except_value(struct parser *parser, const struct json *value, struct event_rule *rule)
{
    if (value->type != JSON_STRING && value->type != JSON_NUMBER)
        return refuse(parser, "Inside anything but list, start|null|boolean is not supported.");
    return set_add(parser, &rule->but, value);
}

static bool parse_except_list(struct parser *parser, const struct json *list, struct event_rule *rule)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (!parse_except_value(parser, &list->items[i], rule))
            return false;
    size_t numbers = rule->but.numbers.count + rule->but.others.count;
    return (numbers > 0) != (rule->but.strings.count > 0) ||
           refuse(parser,
                  "Inside anything but list, either all values are number or string, mixed type is not "
                  "supported");
}

static bool parse_except_rule(struct parser *parser, enum event_rule_kind kind, const struct json *value,
                              struct event_rules *rules)
{
    struct event_rule *rule = list_add(parser->arena, rules);
    bool affix = kind == EVENT_RULE_PREFIX || kind == EVENT_RULE_SUFFIX;

    if (kind == EVENT_RULE_WILDCARD)
        return parse_wildcard(parser, value, rule);
    if (!json_is(value, JSON_STRING))
        return refuse(parser,
                      affix ? "prefix/suffix match pattern must be a string"
                            : "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not "
                              "supported.");
    rule->kind = kind;
    rule->text = value->text;
    return !affix || value->text.size > 0 || refuse(parser, "Null prefix/suffix not allowed");
}

/* {"prefix": "a"}, {"wildcard": ["a*", "b*"]}, … */
static bool parse_except_object(struct parser *parser, const struct json *object, struct event_rule *rule)
{
    static const str names[] = {
        [EVENT_RULE_PREFIX] = STR_INIT("prefix"),
        [EVENT_RULE_SUFFIX] = STR_INIT("suffix"),
        [EVENT_RULE_EQUALS] = STR_INIT("equals-ignore-case"),
        [EVENT_RULE_WILDCARD] = STR_INIT("wildcard"),
    };
    size_t kinds = sizeof names / sizeof *names - parser->dialect->basic, kind = 0;

    if (object->count == 0)
        return refuse(parser, "Anything-But expression name not found");
    const struct json *value = &object->members[0].value;
    while (kind < kinds && !str_equal(names[kind], object->members[0].name))
        kind++;
    if (kind == kinds)
        return refuse(parser, "Unsupported anything-but pattern: %.*s", STR_ARGS(object->members[0].name));
    rule->but_rules = arena_new(parser->arena, struct event_rules);
    if (value->type != JSON_ARRAY && value->type != JSON_STRING && value->type != JSON_NUMBER)
        return refuse(parser, "Value of anything-but must be an array or single string/number value.");
    if (value->type != JSON_ARRAY &&
        !parse_except_rule(parser, (enum event_rule_kind)kind, value, rule->but_rules))
        return false;
    for (uint32_t i = 0; value->type == JSON_ARRAY && i < value->count; i++)
        if (!parse_except_rule(parser, (enum event_rule_kind)kind, &value->items[i], rule->but_rules))
            return false;
    return object->count == 1 || refuse(parser, "Too many elements in numeric expression");
}

static bool parse_anything_but(struct parser *parser, const struct json *value, struct event_rule *rule)
{
    bool parsed;

    rule->kind = EVENT_RULE_ANYTHING_BUT;
    if (value->type == JSON_OBJECT)
        parsed = parse_except_object(parser, value, rule);
    else if (value->type == JSON_ARRAY)
        parsed = parse_except_list(parser, value, rule);
    else if (value->type == JSON_STRING || value->type == JSON_NUMBER)
        parsed = parse_except_value(parser, value, rule);
    else
        return refuse(parser, "Value of anything-but must be an array or single string/number value.");
    set_sort(&rule->but);
    return parsed;
}

/* ---- fields ---- */

static bool parse_rule(struct parser *parser, const struct json *object, struct event_rules *rules)
{
    static const struct {
        str name;
        bool (*parse)(struct parser *parser, const struct json *value, struct event_rule *rule);
        bool of_all; /* dialects */
    } operators[] = {
        {STR_INIT("prefix"), parse_prefix, true},
        {STR_INIT("suffix"), parse_suffix, true},
        {STR_INIT("equals-ignore-case"), parse_equals, true},
        {STR_INIT("exists"), parse_exists, true},
        {STR_INIT("numeric"), parse_numeric, true},
        {STR_INIT("anything-but"), parse_anything_but, true},
        {STR_INIT("wildcard"), parse_wildcard, false},
        {STR_INIT("cidr"), parse_cidr, false},
    };
    struct event_rule *rule = list_add(parser->arena, rules);

    if (object->count == 0)
        return refuse(parser, "Match expression name not found");
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (str_equal(operators[i].name, object->members[0].name) &&
            (operators[i].of_all || !parser->dialect->basic))
            return operators[i].parse(parser, &object->members[0].value, rule) &&
                   (object->count == 1 || refuse(parser, "Only one key allowed in match expression"));
    return refuse(parser, "Unrecognized match type %.*s", STR_ARGS(object->members[0].name));
}

static bool may_be_absent(const struct event_field *field)
{
    for (size_t i = 0; i < field->rules.count; i++)
        if (field->rules.items[i].kind == EVENT_RULE_EXISTS && !field->rules.items[i].exists)
            return true;
    return false;
}

static bool parse_values(struct parser *parser, const struct json *values, struct event_field *field)
{
    if (values->count == 0)
        return refuse(parser, "Empty arrays are not allowed");
    for (uint32_t i = 0; i < values->count; i++) {
        const struct json *value = &values->items[i];
        if (value->type == JSON_OBJECT
                ? !parse_rule(parser, value, &field->rules)
                : !set_add(parser, &field->set, value) &&
                      !refuse(parser, "Match value must be String, number, true, false, or null"))
            return false;
    }
    set_sort(&field->set);
    if (may_be_absent(field))
        field->absence = ++parser->absences;
    return true;
}

static bool parse_node(struct parser *parser, const struct json *object, struct event_node *node);

static bool parse_either(struct parser *parser, const struct json *array, struct event_node *node)
{
    if (!json_is(array, JSON_ARRAY))
        return refuse(parser, "It must be an Array followed with $or.");
    for (uint32_t i = 0; i < array->count; i++) {
        if (array->items[i].type != JSON_OBJECT)
            return refuse(parser, "Only JSON object is allowed in array of $or relationship.");
        if (!parse_node(parser, &array->items[i], list_add(parser->arena, &node->either)))
            return false;
    }
    return array->count >= 2 || refuse(parser, "There must have at least 2 Objects in $or relationship.");
}

static bool parse_field(struct parser *parser, const struct json_member *member, struct event_node *node)
{
    if (str_equal(member->name, S("$or")))
        return parse_either(parser, &member->value, node);
    struct event_field *field = list_add(parser->arena, &node->fields);
    field->name = member->name;
    if (member->value.type == JSON_ARRAY)
        return parse_values(parser, &member->value, field);
    if (member->value.type != JSON_OBJECT)
        return refuse(parser, "\"%.*s\" must be an object or an array", STR_ARGS(member->name));
    field->inner = arena_new(parser->arena, struct event_node);
    return parse_node(parser, &member->value, field->inner);
}

static bool parse_node(struct parser *parser, const struct json *object, struct event_node *node)
{
    if (object->count == 0)
        return refuse(parser, "Empty objects are not allowed");
    for (uint32_t i = 0; i < object->count; i++)
        if (!parse_field(parser, &object->members[i], node))
            return false;
    return true;
}

/* ---- limits of a policy ---- */

static bool is_nested(const struct event_node *node)
{
    for (size_t i = 0; i < node->fields.count; i++)
        if (node->fields.items[i].inner)
            return true;
    for (size_t i = 0; i < node->either.count; i++)
        if (is_nested(&node->either.items[i]))
            return true;
    return false;
}

static size_t values_of(const struct event_field *field)
{
    return field->set.strings.count + field->set.others.count + field->set.numbers.count + field->rules.count;
}

/*
 * The product of the numbers of values, each times its depth; for a $or the sum.  Stops just above the limit.
 */
static size_t combinations(const struct event_node *node, size_t depth)
{
    size_t product = 1, sum = 0;

    for (size_t i = 0; i < node->fields.count && product <= MAX_COMBINATIONS; i++) {
        const struct event_field *field = &node->fields.items[i];
        product *= field->inner ? combinations(field->inner, depth + 1) : values_of(field) * depth;
    }
    for (size_t i = 0; i < node->either.count && sum <= MAX_COMBINATIONS; i++)
        sum += combinations(&node->either.items[i], depth);
    product *= node->either.count > 0 ? sum : 1;
    return product <= MAX_COMBINATIONS ? product : MAX_COMBINATIONS + 1;
}

static bool extent_check(struct parser *parser, const struct event_node *root)
{
    if (parser->dialect->flat && is_nested(root)) {
        parser->problem = S("Filter policy scope MessageAttributes does not support nested filter policy");
        return false;
    }
    if (!parser->dialect->counted)
        return true;
    if (root->fields.count + (root->either.count > 0) > MAX_KEYS)
        return refuse(parser, "Filter policy can not have more than 5 keys");
    return combinations(root, 1) <= MAX_COMBINATIONS || refuse(parser, "Filter policy is too complex");
}

static bool parse_root(struct parser *parser, str text, struct event_node *root)
{
    const struct json *json = text.size <= MAX_BYTES ? json_parse(parser->arena, text, NULL) : NULL;

    if (!json || json_has_repeats(parser->arena, json))
        return refuse(parser, "failed to parse JSON.");
    if (json->type != JSON_OBJECT)
        return refuse(parser, "Filter is not an object");
    if (json->count == 0 && parser->dialect->may_be_empty)
        return true;
    if (!parse_node(parser, json, root) || !extent_check(parser, root))
        return false;
    if (parser->dialect->dots)
        event_pattern_split(parser->arena, root);
    return true;
}

const struct event_pattern *event_pattern_parse(struct arena *arena, str text,
                                                enum event_pattern_dialect dialect, str *problem)
{
    struct parser parser = {.arena = arena, .dialect = &dialects[dialect]};
    struct event_pattern *pattern = arena_new(arena, struct event_pattern);

    pattern->numbers = parser.dialect->numbers;
    bool parsed = parse_root(&parser, text, &pattern->root);
    *problem = parser.problem;
    pattern->absences = parser.absences;
    return parsed ? pattern : NULL;
}
