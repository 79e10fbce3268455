/*
 * metric_search.c: a term in quotes is a whole name or value; without quotes it consists of words, which
 * come next to each other in the name or value: `queue count` in `ApproximateQueueCount`.
 */
#include "metric_search.h"

#include <ctype.h>

enum { MOST_DEPTH = 50 };

static const int64_t searched_ms =
    (int64_t)14 * DAY_S * 1000; /* metrics without newer points are not found */

enum condition_kind { IS_TERM, IS_NOT, IS_AND, IS_OR };

struct condition {
    enum condition_kind kind;
    const struct condition *left, *right;
    str property, text; /* property: absent: any name or value */
    bool exact;
};

struct metric_search {
    bool has_schema;
    str namespace;
    struct str_list dimensions;        /* of the schema */
    const struct condition *condition; /* NULL: none */
};

struct parser {
    struct arena *arena;
    str rest, property;
    const char *problem;
    unsigned depth;
};

static const struct condition *either(struct parser *parser);

/* ---- reading ---- */

static void *refuse(struct parser *parser, const char *problem)
{
    if (!parser->problem)
        parser->problem = problem;
    return NULL;
}

static bool take(struct parser *parser, char c)
{
    parser->rest = str_trim(parser->rest);
    if (str_empty(parser->rest) || parser->rest.data[0] != c)
        return false;
    parser->rest = str_from(parser->rest, 1);
    return true;
}

/* Up to one of the ends, which stays in the rest. */
static str take_until(struct parser *parser, const char *ends)
{
    size_t size = 0;

    parser->rest = str_trim(parser->rest);
    while (size < parser->rest.size && str_index(str_of(ends), parser->rest.data[size]) < 0)
        size++;
    str taken = str_head(parser->rest, size);
    parser->rest = str_from(parser->rest, size);
    return taken;
}

static bool take_quoted(struct parser *parser, str *text)
{
    *text = take_until(parser, "\"");
    return take(parser, '"') || refuse(parser, "a text in SEARCH() without its closing quote");
}

static bool take_name(struct parser *parser, str *name)
{
    if (take(parser, '"'))
        return take_quoted(parser, name);
    *name = str_trim(take_until(parser, ",}"));
    return !str_empty(*name) || refuse(parser, "a schema in SEARCH() without a name");
}

/* {Namespace, Dimension, ...} */
static bool take_schema(struct parser *parser, struct metric_search *search)
{
    search->has_schema = true;
    if (!take_name(parser, &search->namespace))
        return false;
    while (take(parser, ','))
        if (!take_name(parser, list_add(parser->arena, &search->dimensions)))
            return false;
    return take(parser, '}') || refuse(parser, "a schema in SEARCH() without its end");
}

static bool take_word(struct parser *parser, str word)
{
    parser->rest = str_trim(parser->rest);
    str rest = str_from(parser->rest, word.size);
    if (!str_starts_with(parser->rest, word) ||
        (!str_empty(rest) && !isspace((unsigned char)rest.data[0]) && rest.data[0] != '('))
        return false;
    parser->rest = rest;
    return true;
}

static struct condition *condition(struct parser *parser, enum condition_kind kind,
                                   const struct condition *left, const struct condition *right)
{
    struct condition *made = arena_new(parser->arena, struct condition);

    *made = (struct condition){.kind = kind, .left = left, .right = right, .property = parser->property};
    return made;
}

static const struct condition *in_parentheses(struct parser *parser)
{
    const struct condition *inner = either(parser);

    return !inner || take(parser, ')') ? inner : refuse(parser, "a parenthesis in SEARCH() without its end");
}

static const struct condition *term(struct parser *parser)
{
    struct condition *made = condition(parser, IS_TERM, NULL, NULL);

    made->exact = take(parser, '"');
    if (made->exact)
        return take_quoted(parser, &made->text) ? made : NULL;
    made->text = take_until(parser, " \t\n()=\"");
    return str_empty(made->text) ? refuse(parser, "a term in SEARCH() is missing") : made;
}

/* Of `Name=term` and `Name=(term OR term)`, all behind the sign. */
static const struct condition *of_property(struct parser *parser, str property)
{
    str outer = parser->property;

    parser->property = property;
    const struct condition *made = take(parser, '(') ? in_parentheses(parser) : term(parser);
    parser->property = outer;
    return made;
}

static const struct condition *one(struct parser *parser)
{
    if (take_word(parser, S("NOT"))) {
        const struct condition *of = one(parser);
        return of ? condition(parser, IS_NOT, of, NULL) : NULL;
    }
    if (take(parser, '('))
        return in_parentheses(parser);
    const struct condition *made = term(parser);
    return made && take(parser, '=') ? of_property(parser, made->text) : made;
}

static const struct condition *one_within(struct parser *parser)
{
    if (++parser->depth > MOST_DEPTH)
        return refuse(parser, "SEARCH() with too many levels");
    const struct condition *made = one(parser);
    parser->depth--;
    return made;
}

static bool is_at_end(struct parser *parser)
{
    parser->rest = str_trim(parser->rest);
    return str_empty(parser->rest) || parser->rest.data[0] == ')' ||
           str_equal(str_head(parser->rest, 3), S("OR "));
}

/* Terms next to each other must all match. */
static const struct condition *both(struct parser *parser)
{
    const struct condition *made = one_within(parser);

    while (made && !is_at_end(parser)) {
        take_word(parser, S("AND"));
        const struct condition *right = one_within(parser);
        made = right ? condition(parser, IS_AND, made, right) : NULL;
    }
    return made;
}

static const struct condition *either(struct parser *parser)
{
    const struct condition *made = both(parser);

    while (made && take_word(parser, S("OR"))) {
        const struct condition *right = both(parser);
        made = right ? condition(parser, IS_OR, made, right) : NULL;
    }
    return made;
}

const struct metric_search *cloudwatch_search_parse(struct arena *arena, str text, const char **problem)
{
    struct metric_search *search = arena_new(arena, struct metric_search);
    struct parser parser = {.arena = arena, .rest = text};

    *search = (struct metric_search){0};
    if (take(&parser, '{') && !take_schema(&parser, search))
        search = NULL;
    else if (!str_empty(str_trim(parser.rest)) && !(search->condition = either(&parser)))
        search = NULL;
    else if (!str_empty(str_trim(parser.rest)) || (!search->has_schema && !search->condition))
        search = refuse(&parser, "SEARCH() without a term, or with more than its terms");
    *problem = parser.problem;
    return search;
}

/* ---- matching ---- */

/* The words of "FirstSQSQueue-2" are First, SQS, Queue and 2. */
static bool next_word(str *rest, str *word)
{
    size_t size = 1;

    while (!str_empty(*rest) && !isalnum((unsigned char)rest->data[0]))
        *rest = str_from(*rest, 1);
    if (str_empty(*rest))
        return false;
    for (; size < rest->size && isalnum((unsigned char)rest->data[size]); size++) {
        unsigned char before = (unsigned char)rest->data[size - 1], c = (unsigned char)rest->data[size];
        bool ends_capitals = isupper(before) && isupper(c) && size + 1 < rest->size &&
                             islower((unsigned char)rest->data[size + 1]);
        if ((islower(before) && isupper(c)) || !isdigit(before) != !isdigit(c) || ends_capitals)
            break;
    }
    *word = str_head(*rest, size);
    *rest = str_from(*rest, size);
    return true;
}

static bool begins_with_words(str text, str words)
{
    str word, wanted;

    while (next_word(&words, &wanted))
        if (!next_word(&text, &word) || !str_equal_nocase(word, wanted))
            return false;
    return true;
}

static bool text_matches(const struct condition *condition, str text)
{
    str word;

    if (condition->exact)
        return str_equal(text, condition->text);
    for (str rest = text; !str_empty(rest); next_word(&rest, &word))
        if (begins_with_words(rest, condition->text))
            return true;
    return false;
}

static bool term_matches(const struct condition *condition, const struct cloudwatch_metric *metric)
{
    bool any = !str_present(condition->property);

    if ((any || str_equal(condition->property, S("MetricName"))) &&
        text_matches(condition, metric->metric_name))
        return true;
    if ((any || str_equal(condition->property, S("Namespace"))) && text_matches(condition, metric->namespace))
        return true;
    for (size_t i = 0; i < metric->dimensions.count; i++) {
        const struct cloudwatch_dimension *dimension = &metric->dimensions.items[i];
        if ((any && text_matches(condition, dimension->name)) ||
            ((any || str_equal(condition->property, dimension->name)) &&
             text_matches(condition, dimension->value)))
            return true;
    }
    return false;
}

static bool matches(const struct condition *condition, const struct cloudwatch_metric *metric)
{
    switch (condition->kind) {
    case IS_NOT:
        return !matches(condition->left, metric);
    case IS_AND:
        return matches(condition->left, metric) && matches(condition->right, metric);
    case IS_OR:
        return matches(condition->left, metric) || matches(condition->right, metric);
    default:
        return term_matches(condition, metric);
    }
}

/* A schema has exactly the metric's dimensions. */
static bool schema_matches(const struct metric_search *search, const struct cloudwatch_dimensions *dimensions)
{
    if (!search->has_schema)
        return true;
    for (size_t i = 0; i < dimensions->count; i++)
        if (!str_is_one_of(dimensions->items[i].name, search->dimensions.items, search->dimensions.count))
            return false;
    return dimensions->count == search->dimensions.count;
}

/* ---- finding ---- */

struct finding {
    const struct call *call;
    const struct metric_search *search;
    struct cloudwatch_metric_list found;
    size_t most;
};

static void consider(struct finding *finding, const struct cloudwatch_list_metrics_row *row)
{
    struct arena *arena = finding->call->arena;
    struct arena_mark mark = arena_mark(arena);
    struct cloudwatch_metric metric = {
        .namespace = arena_copy(arena, row->namespace),
        .metric_name = arena_copy(arena, row->name),
        .dimensions = cloudwatch_dimensions_read(arena, arena_copy(arena, row->dimensions)),
    };

    if (row->active_ms >= finding->call->now_ms - searched_ms &&
        schema_matches(finding->search, &metric.dimensions) &&
        (!finding->search->condition || matches(finding->search->condition, &metric)))
        *list_add(arena, &finding->found) = metric;
    else
        arena_rewind(arena, mark);
}

static void find_in(struct finding *finding, str namespace)
{
    const struct call *call = finding->call;
    struct cloudwatch_list_metrics_params params = {
        .account = call->account, .region = call->region, .namespace = namespace, .after = S("")};
    struct cloudwatch_list_metrics_cursor cursor = cloudwatch_list_metrics_open(call->txn, &params);
    struct cloudwatch_list_metrics_row row;

    while (finding->found.count < finding->most && cloudwatch_list_metrics_next(&cursor, &row))
        consider(finding, &row);
    cloudwatch_list_metrics_close(&cursor);
}

struct cloudwatch_metric_list cloudwatch_search_run(const struct call *call,
                                                    const struct metric_search *search, size_t most)
{
    struct finding finding = {.call = call, .search = search, .most = most};
    struct cloudwatch_next_namespace_row row = {.namespace = S("")};

    if (search->has_schema) {
        find_in(&finding, search->namespace);
        return finding.found;
    }
    while (finding.found.count < most &&
           cloudwatch_next_namespace(call->txn,
                                     &(struct cloudwatch_next_namespace_params){.account = call->account,
                                                                                .region = call->region,
                                                                                .namespace = row.namespace},
                                     &row))
        find_in(&finding, row.namespace);
    return finding.found;
}
