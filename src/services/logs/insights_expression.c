/*
 * insights_expression.c: expressions, by precedence: or, and, not, comparisons, + -, * / %, ^, a sign.
 */
#include "insights_subquery.h"

#include "base/list.h"

#include <stdlib.h>

static struct insights_node *parse_or(struct insights_parser *parser);
static struct insights_node *parse_sum(struct insights_parser *parser);

static struct insights_node *new_node(struct insights_parser *parser, enum insights_node_kind kind)
{
    struct insights_node *node = arena_new(parser->arena, struct insights_node);

    node->kind = kind;
    return node;
}

static struct insights_node *unexpected(struct insights_parser *parser)
{
    logs_insights_unexpected(parser);
    return NULL;
}

/* Chains of operators nest, too, and evaluation follows them: so their depth is bounded. */
static struct insights_node *measured(struct insights_parser *parser, struct insights_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct insights_node *argument = node->more ? node->more[i] : node->arguments[i];
        if (argument->depth >= node->depth)
            node->depth = argument->depth + 1;
    }
    if (node->depth <= INSIGHTS_MOST_NESTING)
        return node;
    logs_insights_complain(parser, &parser->token, S("the expression is nested too deeply"));
    return NULL;
}

static struct insights_node *call_of(struct insights_parser *parser, const char *name,
                                     struct insights_node *left, struct insights_node *right)
{
    struct insights_node *node = new_node(parser, NODE_CALL);

    node->function = logs_insights_function(str_of(name));
    node->arguments[0] = left;
    node->arguments[1] = right;
    node->count = right ? 2 : 1;
    return measured(parser, node);
}

static struct insights_node *constant(struct insights_parser *parser, struct insights_value value)
{
    struct insights_node *node = new_node(parser, NODE_VALUE);

    node->value = value;
    return node;
}

/* ---- names ---- */

size_t logs_insights_hidden_slot(struct insights_parser *parser)
{
    size_t slot = parser->program->slot_count++;

    if (slot >= INSIGHTS_MOST_SLOTS)
        logs_insights_complain(parser, &parser->token, S("the query makes too many fields"));
    return slot;
}

void logs_insights_name_slot(struct insights_parser *parser, struct insights_names *names, str name,
                             size_t slot)
{
    *list_add(parser->arena, names) = (struct insights_name){.name = name, .slot = slot};
}

size_t logs_insights_new_slot(struct insights_parser *parser, str name)
{
    size_t slot = logs_insights_hidden_slot(parser);

    logs_insights_name_slot(parser, &parser->names, name, slot);
    return slot;
}

/* The slot with the longest name that the path begins with; the last one made counts. */
static const struct insights_name *find_among(const struct insights_names *names, str path)
{
    const struct insights_name *found = NULL;

    for (size_t i = names->count; i-- > 0;) {
        const struct insights_name *name = &names->items[i];
        bool fits = str_starts_with(path, name->name) &&
                    (path.size == name->name.size || path.data[name->name.size] == '.');
        if (fits && (!found || name->name.size > found->name.size))
            found = name;
    }
    return found;
}

/* Beside its aggregations, a result of stats has the names of those before it. */
static const struct insights_name *find_name(const struct insights_parser *parser, str path)
{
    const struct insights_name *result = parser->aggregations ? find_among(&parser->results, path) : NULL;

    return result ? result : find_among(&parser->names, path);
}

struct insights_node *logs_insights_reference(struct insights_parser *parser, str name)
{
    struct insights_node *joined = logs_insights_joined_name(parser, name);
    const struct insights_name *found = find_name(parser, name);

    if (joined)
        return joined;
    struct insights_node *node = new_node(parser, found ? NODE_SLOT : NODE_FIELD);
    node->value.text = node->name = name;
    if (found) {
        node->slot = found->slot;
        node->value.text = str_from(name, found->name.size + 1);
    } else if (parser->after_stats) {
        node->kind = NODE_VALUE; /* the events are gone */
        node->value = (struct insights_value){0};
    }
    return node;
}

str logs_insights_alias(struct insights_parser *parser)
{
    str name;

    if (!logs_insights_take_word(parser, "as"))
        return (str){0};
    name = parser->token.text;
    if (parser->token.kind != TOKEN_NAME) {
        logs_insights_unexpected(parser);
        return (str){0};
    }
    logs_insights_next(parser);
    return name;
}

/* ---- periods ---- */

struct unit {
    const char *name;
    double factor; /* ms; negative: months */
};

static const struct unit units[] = {
    {"ms", 1},          {"msec", 1},      {"millisecond", 1}, {"s", 1e3},       {"sec", 1e3},
    {"second", 1e3},    {"m", 60e3},      {"min", 60e3},      {"minute", 60e3}, {"h", 3600e3},
    {"hr", 3600e3},     {"hour", 3600e3}, {"d", 86400e3},     {"day", 86400e3}, {"w", 604800e3},
    {"week", 604800e3}, {"mo", -1},       {"mon", -1},        {"month", -1},    {"q", -3},
    {"qtr", -3},        {"quarter", -3},  {"y", -12},         {"yr", -12},      {"year", -12},
};

static const struct unit *find_unit(str name)
{
    str singular =
        name.size > 2 && char_lower(name.data[name.size - 1]) == 's' ? str_head(name, name.size - 1) : name;

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        str unit = str_of(units[i].name);
        if (str_equal_nocase(name, unit) || (unit.size > 1 && str_equal_nocase(singular, unit)))
            return &units[i];
    }
    return NULL;
}

/* "5m" */
static struct insights_node *parse_period(struct insights_parser *parser)
{
    double number;
    struct insights_value count = logs_insights_text(parser->token.text);

    if (parser->token.kind != TOKEN_NUMBER || !logs_insights_is_number(&count, &number) || number <= 0)
        return unexpected(parser);
    logs_insights_next(parser);
    const struct unit *unit = parser->token.kind == TOKEN_NAME ? find_unit(parser->token.text) : NULL;
    if (!unit)
        return unexpected(parser);
    logs_insights_next(parser);
    return constant(parser, logs_insights_number(number * unit->factor));
}

/* ---- calls ---- */

static bool add_argument(struct insights_parser *parser, struct insights_node *call,
                         struct insights_node *argument)
{
    struct insights_nodes all = {call->more, call->count};
    size_t inside = sizeof call->arguments / sizeof *call->arguments;

    if (!argument)
        return false;
    if (call->count == INSIGHTS_MOST_ARGUMENTS)
        return logs_insights_unexpected(parser);
    if (call->count < inside)
        call->arguments[call->count] = argument;
    *list_add(parser->arena, &all) = argument;
    call->more = all.items;
    call->count = all.count;
    return true;
}

/* bin(5m) is of @timestamp. */
static bool parse_arguments(struct insights_parser *parser, struct insights_node *call)
{
    const struct insights_function *function = call->function;

    while (!logs_insights_is_symbol(parser, ")")) {
        bool is_last = call->count + 1 == function->most;
        if (call->count > 0 && !logs_insights_take_symbol(parser, ","))
            return logs_insights_unexpected(parser);
        if (call->count == function->most)
            return logs_insights_unexpected(parser);
        if (!add_argument(parser, call,
                          function->takes_period && is_last ? parse_period(parser) : parse_or(parser)))
            return false;
    }
    if (call->count < function->least)
        return logs_insights_unexpected(parser);
    logs_insights_next(parser);
    return true;
}

static struct insights_node *parse_call(struct insights_parser *parser, const struct insights_token *name)
{
    struct insights_node *call = new_node(parser, NODE_CALL);

    call->function = logs_insights_function(name->text);
    if (!call->function) {
        logs_insights_complain(parser, name,
                               arena_format(parser->arena, "unknown function %.*s", STR_ARGS(name->text)));
        return NULL;
    }
    if (str_equal_nocase(name->text, S("unmask")))
        parser->program->unmasks = true;
    return parse_arguments(parser, call) ? measured(parser, call) : NULL;
}

/* ---- aggregates ---- */

struct aggregate_name {
    const char *name;
    enum insights_aggregate kind;
};

static const struct aggregate_name aggregates[] = {
    {"count", AGGREGATE_COUNT},
    {"count_distinct", AGGREGATE_COUNT_DISTINCT},
    {"sum", AGGREGATE_SUM},
    {"avg", AGGREGATE_AVG},
    {"min", AGGREGATE_MIN},
    {"max", AGGREGATE_MAX},
    {"pct", AGGREGATE_PCT},
    {"median", AGGREGATE_PCT},
    {"stddev", AGGREGATE_STDDEV},
    {"earliest", AGGREGATE_EARLIEST},
    {"latest", AGGREGATE_LATEST},
    {"sortsfirst", AGGREGATE_SORTS_FIRST},
    {"sortslast", AGGREGATE_SORTS_LAST},
};

static const struct aggregate_name *find_aggregate(str name)
{
    for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++)
        if (str_equal_nocase(name, str_of(aggregates[i].name)))
            return &aggregates[i];
    return NULL;
}

static bool parse_percent(struct insights_parser *parser, double *percent)
{
    if (!logs_insights_take_symbol(parser, ","))
        return logs_insights_unexpected(parser);
    struct insights_value value = logs_insights_text(parser->token.text);
    if (parser->token.kind != TOKEN_NUMBER || !logs_insights_is_number(&value, percent) || *percent > 100)
        return logs_insights_unexpected(parser);
    logs_insights_next(parser);
    return true;
}

static bool parse_aggregate_arguments(struct insights_parser *parser, const struct aggregate_name *name,
                                      struct insights_aggregation *aggregation)
{
    bool counts = name->kind == AGGREGATE_COUNT;

    aggregation->percent = 50;
    if (counts && (logs_insights_take_symbol(parser, "*") || logs_insights_is_symbol(parser, ")")))
        return true;
    aggregation->argument = parse_or(parser);
    return aggregation->argument &&
           (!str_equal_nocase(str_of(name->name), S("pct")) || parse_percent(parser, &aggregation->percent));
}

static struct insights_node *parse_aggregate(struct insights_parser *parser,
                                             const struct aggregate_name *name)
{
    struct insights_aggregations *all = parser->aggregations;
    struct insights_aggregation aggregation = {.kind = name->kind};
    struct insights_node *node = new_node(parser, NODE_AGGREGATE);

    parser->aggregations = NULL; /* none inside another one */
    bool good = parse_aggregate_arguments(parser, name, &aggregation);
    parser->aggregations = all;
    if (!good)
        return NULL;
    if (!logs_insights_take_symbol(parser, ")"))
        return unexpected(parser);
    node->slot = all->count;
    *list_add(parser->arena, all) = aggregation;
    return node;
}

/* ---- operands ---- */

/* A column of stats by its whole name: "count(*)". */
static struct insights_node *parse_result_name(struct insights_parser *parser)
{
    str rest = str_from(parser->text, parser->token.start);

    for (size_t i = parser->names.count; parser->after_stats && i-- > 0;) {
        str name = parser->names.items[i].name;
        if (!str_ends_with(name, S(")")) || !str_starts_with(rest, name))
            continue;
        parser->token.end = parser->token.start + name.size;
        logs_insights_next(parser);
        return logs_insights_reference(parser, name);
    }
    return NULL;
}

static struct insights_node *parse_name(struct insights_parser *parser)
{
    struct insights_token name = parser->token;
    struct insights_node *result = parse_result_name(parser);

    if (result)
        return result;
    logs_insights_next(parser);
    if (!name.quoted && (str_equal_nocase(name.text, S("true")) || str_equal_nocase(name.text, S("false"))))
        return constant(parser, logs_insights_boolean(char_lower(name.text.data[0]) == 't'));
    if (name.quoted || !logs_insights_is_symbol(parser, "("))
        return logs_insights_reference(parser, name.text);
    logs_insights_next(parser);
    const struct aggregate_name *aggregate = parser->aggregations ? find_aggregate(name.text) : NULL;
    return aggregate ? parse_aggregate(parser, aggregate) : parse_call(parser, &name);
}

static struct insights_node *parse_operand(struct insights_parser *parser)
{
    struct insights_token token = parser->token;

    if (token.kind == TOKEN_NAME)
        return parse_name(parser);
    if (token.kind == TOKEN_STRING || token.kind == TOKEN_NUMBER) {
        logs_insights_next(parser);
        return constant(parser, logs_insights_text(token.text));
    }
    if (!logs_insights_take_symbol(parser, "("))
        return unexpected(parser);
    struct insights_node *inside = parse_or(parser);
    if (inside && !logs_insights_take_symbol(parser, ")"))
        return unexpected(parser);
    return inside;
}

static struct insights_node *parse_sign(struct insights_parser *parser)
{
    if (!logs_insights_take_symbol(parser, "-"))
        return parse_operand(parser);
    struct insights_node *operand = parse_operand(parser);
    return operand ? call_of(parser, "-", constant(parser, logs_insights_number(0)), operand) : NULL;
}

/* Operators of one level, from the left; the levels are in the table. */
static const char *const levels[][4] = {{"+", "-"}, {"*", "/", "%"}, {"^"}};
enum { LEVELS = sizeof levels / sizeof *levels };

static const char *take_operator(struct insights_parser *parser, size_t level)
{
    for (size_t i = 0; i < sizeof levels[0] / sizeof *levels[0] && levels[level][i]; i++)
        if (logs_insights_take_symbol(parser, levels[level][i]))
            return levels[level][i];
    return NULL;
}

static struct insights_node *parse_level(struct insights_parser *parser, size_t level)
{
    const char *operator;
    struct insights_node *left = level == LEVELS ? parse_sign(parser) : parse_level(parser, level + 1);

    while (left && level < LEVELS && (operator= take_operator(parser, level))) {
        struct insights_node *right = parse_level(parser, level + 1);
        if (!right)
            return NULL;
        left = call_of(parser, operator, left, right);
    }
    return left;
}

static struct insights_node *parse_sum(struct insights_parser *parser)
{
    return parse_level(parser, 0);
}

/* ---- comparisons ---- */

const struct insights_matcher *logs_insights_pattern(struct insights_parser *parser,
                                                     insights_matcher_maker *of_string)
{
    struct insights_token token = parser->token;
    const struct insights_matcher *matcher;
    str regex, problem = {0};

    if (token.kind == TOKEN_STRING) {
        logs_insights_next(parser);
        return of_string(parser->arena, token.text);
    }
    if (!logs_insights_is_symbol(parser, "/") || !logs_insights_take_regex(parser, &regex)) {
        logs_insights_unexpected(parser);
        return NULL;
    }
    matcher = logs_insights_match_regex(parser->arena, regex, &problem);
    if (!matcher)
        logs_insights_complain(parser, &token, problem);
    return matcher;
}

static struct insights_node *parse_match(struct insights_parser *parser, struct insights_node *left)
{
    struct insights_node *node = new_node(parser, NODE_MATCH);

    node->arguments[0] = left;
    node->count = 1;
    node->matcher = logs_insights_pattern(parser, logs_insights_match_text);
    return node->matcher ? measured(parser, node) : NULL;
}

/* in ["a", "b"]: the first argument is compared with the others; in (SOURCE …): with a subquery's rows. */
static struct insights_node *parse_in(struct insights_parser *parser, struct insights_node *left)
{
    struct insights_node *node = new_node(parser, NODE_CALL);

    if (logs_insights_is_symbol(parser, "("))
        return logs_insights_in_subquery(parser, left);
    node->function = logs_insights_function(S("in"));
    if (!logs_insights_take_symbol(parser, "["))
        return unexpected(parser);
    add_argument(parser, node, left);
    do {
        if (!add_argument(parser, node, parse_sum(parser)))
            return NULL;
    } while (logs_insights_take_symbol(parser, ","));
    return logs_insights_take_symbol(parser, "]") ? measured(parser, node) : unexpected(parser);
}

static struct insights_node *negation(struct insights_parser *parser, struct insights_node *node)
{
    return node ? call_of(parser, "not", node, NULL) : NULL;
}

static struct insights_node *parse_comparison(struct insights_parser *parser)
{
    static const char *const operators[] = {"=", "!=", "<", "<=", ">", ">="};
    struct insights_node *left = parse_sum(parser), *right;

    if (!left)
        return NULL;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (logs_insights_take_symbol(parser, operators[i])) {
            right = parse_sum(parser);
            return right ? call_of(parser, operators[i], left, right) : NULL;
        }
    bool negated = logs_insights_take_word(parser, "not");
    if (logs_insights_take_word(parser, "like") || (!negated && logs_insights_take_symbol(parser, "=~")))
        right = parse_match(parser, left);
    else if (logs_insights_take_word(parser, "in"))
        right = parse_in(parser, left);
    else
        return negated ? unexpected(parser) : left;
    return negated ? negation(parser, right) : right;
}

static struct insights_node *parse_not(struct insights_parser *parser)
{
    if (!logs_insights_take_word(parser, "not"))
        return parse_comparison(parser);
    if (++parser->depth > INSIGHTS_MOST_DEPTH)
        return unexpected(parser);
    struct insights_node *node = negation(parser, parse_not(parser));
    parser->depth--;
    return node;
}

static struct insights_node *join(struct insights_parser *parser, enum insights_node_kind kind,
                                  struct insights_node *left, struct insights_node *right)
{
    struct insights_node *node = new_node(parser, kind);

    node->arguments[0] = left;
    node->arguments[1] = right;
    node->count = 2;
    return measured(parser, node);
}

/* A balanced tree of a chain's operands: so a long chain is not deep.  Their order stays. */
static struct insights_node *join_all(struct insights_parser *parser, enum insights_node_kind kind,
                                      struct insights_node **operands, size_t count)
{
    if (count == 1)
        return operands[0];
    struct insights_node *left = join_all(parser, kind, operands, count / 2);
    struct insights_node *right = join_all(parser, kind, operands + count / 2, count - count / 2);
    return left && right ? join(parser, kind, left, right) : NULL;
}

static struct insights_node *parse_chain(struct insights_parser *parser, const char *word,
                                         enum insights_node_kind kind,
                                         struct insights_node *(*parse_link)(struct insights_parser *))
{
    struct {
        struct insights_node **items;
        size_t count;
    } operands = {0};

    do {
        struct insights_node *operand = parse_link(parser);
        if (!operand)
            return NULL;
        *list_add(parser->arena, &operands) = operand;
    } while (logs_insights_take_word(parser, word));
    return join_all(parser, kind, operands.items, operands.count);
}

static struct insights_node *parse_and(struct insights_parser *parser)
{
    return parse_chain(parser, "and", NODE_AND, parse_not);
}

static struct insights_node *parse_or(struct insights_parser *parser)
{
    if (++parser->depth > INSIGHTS_MOST_DEPTH)
        return unexpected(parser);
    struct insights_node *node = parse_chain(parser, "or", NODE_OR, parse_and);
    parser->depth--;
    return node;
}

struct insights_node *logs_insights_expression(struct insights_parser *parser)
{
    return parse_or(parser);
}
