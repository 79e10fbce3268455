/*
 * insights_subquery.c: subqueries and join.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Subqueries.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Join.html
 *
 * A subquery has no subqueries and no join, and does not see the outer query's fields.
 */
#include "insights_subquery.h"

#include "base/list.h"

enum { MOST_SUBQUERIES = 5 };

/* ---- subqueries ---- */

/* At "(": the program up to its ")". */
static struct insights_subquery *parse_subquery(struct insights_parser *parser)
{
    struct insights_subquery *subquery = arena_new(parser->arena, struct insights_subquery);
    struct insights_program *program = arena_new(parser->arena, struct insights_program);
    struct insights_parser *inner = arena_new(parser->arena, struct insights_parser);

    if (parser->is_subquery) {
        logs_insights_complain(parser, &parser->token, S("a subquery has no subqueries and no join"));
        return NULL;
    }
    if (parser->program->subqueries.count == MOST_SUBQUERIES) {
        logs_insights_complain(parser, &parser->token, S("a query has at most five subqueries"));
        return NULL;
    }
    if (!logs_insights_take_symbol(parser, "(")) {
        logs_insights_unexpected(parser);
        return NULL;
    }
    *inner = (struct insights_parser){.arena = parser->arena,
                                      .text = parser->text,
                                      .token = parser->token,
                                      .problem = parser->problem,
                                      .program = program,
                                      .lookups = parser->lookups,
                                      .is_subquery = true};
    bool good = logs_insights_commands(inner);
    parser->token = inner->token;
    if (!good)
        return NULL;
    if (!logs_insights_take_symbol(parser, ")")) {
        logs_insights_unexpected(parser);
        return NULL;
    }
    subquery->program = program;
    subquery->scope = inner;
    *list_add(parser->arena, &parser->program->subqueries) = subquery;
    return subquery;
}

/* The value of that name in the subquery's rows; NULL: it has columns of its own, and not this one. */
static const struct insights_node *result_named(const struct insights_subquery *subquery, str name)
{
    const struct insights_columns *columns = &subquery->program->columns;

    if (!subquery->program->names_columns)
        return logs_insights_reference(subquery->scope, name);
    for (size_t i = 0; i < columns->count; i++)
        if (str_equal(columns->items[i].name, name))
            return columns->items[i].node;
    return NULL;
}

/* Set the key.  False: the subquery's rows do not have the field. */
static bool find_key(struct insights_parser *parser, struct insights_subquery *subquery,
                     const struct insights_token *at, str name)
{
    subquery->key = result_named(subquery, name);
    return subquery->key ||
           logs_insights_complain(
               parser, at,
               arena_format(parser->arena, "the subquery does not return the field %.*s", STR_ARGS(name)));
}

struct insights_node *logs_insights_in_subquery(struct insights_parser *parser, struct insights_node *left)
{
    struct insights_token first = parser->token;
    struct insights_node *node = arena_new(parser->arena, struct insights_node);

    if (!parser->in_filter || !str_present(left->name)) {
        logs_insights_complain(parser, &first,
                               S("a subquery stands in a filter, behind the name of a field"));
        return NULL;
    }
    node->slot = parser->program->subqueries.count;
    struct insights_subquery *subquery = parse_subquery(parser);
    if (!subquery)
        return NULL;
    if (!subquery->program->names_columns) {
        logs_insights_complain(
            parser, &first,
            arena_format(parser->arena, "the subquery does not return the field %.*s", STR_ARGS(left->name)));
        return NULL;
    }
    if (!find_key(parser, subquery, &first, left->name))
        return NULL;
    node->kind = NODE_FOUND;
    node->arguments[0] = left;
    node->count = 1;
    node->depth = left->depth + 1;
    return node;
}

/* ---- join ---- */

/* word=name */
static bool parse_option(struct insights_parser *parser, const char *word, str *name)
{
    if (!logs_insights_take_word(parser, word) || !logs_insights_take_symbol(parser, "=") ||
        parser->token.kind != TOKEN_NAME)
        return logs_insights_unexpected(parser);
    *name = parser->token.text;
    logs_insights_next(parser);
    return true;
}

/* alias.field */
static bool parse_side(struct insights_parser *parser, str alias, str *field)
{
    str name = parser->token.text;

    if (parser->token.kind != TOKEN_NAME || !str_starts_with(name, alias) || name.size < alias.size + 2 ||
        name.data[alias.size] != '.')
        return logs_insights_unexpected(parser);
    *field = str_from(name, alias.size + 1);
    logs_insights_next(parser);
    return true;
}

static bool parse_type(struct insights_parser *parser, bool *keeps_left)
{
    if (!logs_insights_is_word(parser, "type"))
        return true;
    logs_insights_next(parser);
    if (!logs_insights_take_symbol(parser, "="))
        return logs_insights_unexpected(parser);
    *keeps_left = logs_insights_take_word(parser, "left");
    return *keeps_left || logs_insights_take_word(parser, "inner") || logs_insights_unexpected(parser);
}

/* type=… left=… right=… where left.field=right.field (SOURCE …) */
bool logs_insights_join(struct insights_parser *parser)
{
    struct insights_command command = {.kind = COMMAND_JOIN};
    struct insights_join *join = arena_new(parser->arena, struct insights_join);
    struct insights_token first = parser->token, right_field;
    str left = {0}, right = {0};

    if (parser->join || parser->after_stats)
        return logs_insights_complain(
            parser, &first,
            S("a query has one join, before the commands after which there are only their own columns"));
    if (!parse_type(parser, &command.keeps_left) || !parse_option(parser, "left", &join->left) ||
        !parse_option(parser, "right", &join->right))
        return false;
    if (str_equal(join->left, join->right))
        return logs_insights_complain(parser, &first, S("the sides of a join have different names"));
    if (!logs_insights_take_word(parser, "where") || !parse_side(parser, join->left, &left) ||
        !logs_insights_take_symbol(parser, "="))
        return logs_insights_unexpected(parser);
    right_field = parser->token;
    if (!parse_side(parser, join->right, &right))
        return false;
    command.node = logs_insights_reference(parser, left);
    command.subquery = parser->program->subqueries.count;
    join->subquery = parse_subquery(parser);
    if (!join->subquery || !find_key(parser, join->subquery, &right_field, right))
        return false;
    join->subquery->is_joined = true;
    *list_add(parser->arena, parser->program) = command;
    parser->join = join;
    return true;
}

/* The slot of a field of the right side, which is kept from now on. */
static struct insights_node *right_name(struct insights_parser *parser, struct insights_subquery *subquery,
                                        str name)
{
    static const struct insights_node absent = {.kind = NODE_VALUE};
    struct insights_columns *shown = &subquery->shown;
    struct insights_node *node = arena_new(parser->arena, struct insights_node);
    size_t index = 0;

    while (index < shown->count && !str_equal(shown->items[index].name, name))
        index++;
    if (index == shown->count) {
        const struct insights_node *found = result_named(subquery, name);
        *list_add(parser->arena, shown) = (struct insights_column){
            .name = name, .node = found ? found : &absent, .slot = logs_insights_hidden_slot(parser)};
    }
    node->kind = NODE_SLOT;
    node->name = name;
    node->slot = shown->items[index].slot;
    node->value.text = S("");
    return node;
}

struct insights_node *logs_insights_joined_name(struct insights_parser *parser, str name)
{
    struct insights_join *join = parser->join;
    str alias, field = name;

    if (!join || parser->after_stats || !str_next(&field, '.', &alias) || str_empty(field))
        return NULL;
    if (str_equal(alias, join->right))
        return right_name(parser, join->subquery, field);
    if (!str_equal(alias, join->left))
        return NULL;
    parser->join = NULL; /* the rest is a name of the left side alone */
    struct insights_node *node = logs_insights_reference(parser, field);
    parser->join = join;
    return node;
}

/* ---- running ---- */

void logs_insights_keep_found(struct insights_memory *memory, struct insights_table *found,
                              const struct insights_subquery *subquery,
                              struct insights_evaluation *evaluation)
{
    struct insights_value key = logs_insights_evaluate(evaluation, subquery->key);
    bool is_new;

    if (key.kind == INSIGHTS_ABSENT)
        return;
    struct insights_entry *entry =
        logs_insights_entry(memory, found, logs_insights_key(evaluation->arena, &key), &is_new);
    if (!subquery->is_joined)
        return;
    struct insights_joined_row *row =
        logs_insights_keep(memory, sizeof *row + subquery->shown.count * sizeof *row->values);
    for (size_t i = 0; i < subquery->shown.count; i++)
        row->values[i] = logs_insights_keep_value(
            memory, logs_insights_evaluate(evaluation, subquery->shown.items[i].node));
    if (is_new)
        entry->value = logs_insights_keep(memory, sizeof(struct insights_joined_rows));
    struct insights_joined_rows *rows = entry->value;
    *(rows->last ? &rows->last->next : &rows->first) = row;
    rows->last = row;
}

const struct insights_entry *logs_insights_find_rows(const struct insights_table *found, struct arena *arena,
                                                     const struct insights_value *value)
{
    if (value->kind == INSIGHTS_ABSENT)
        return NULL;
    return logs_insights_look_up(found, logs_insights_key(arena, value));
}
