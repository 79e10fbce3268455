/*
 * insights_index.c: filterIndex, and what other filters may use of field indexes.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-FilterIndex.html
 *
 * A term is a field and the values that it may have.  Terms come from commands before all that group, sort or
 * choose rows, so that an event without one of the values is in no result.
 */
#include "insights_index.h"

#include "base/list.h"

static const char *const generated[] = {"@logStream",     "@ingestionTime", "@requestId",      "@type",
                                        "@initDuration",  "@duration",      "@billedDuration", "@memorySize",
                                        "@maxMemoryUsed", "@xrayTraceId",   "@xraySegmentId"};

bool logs_insights_is_generated(str field)
{
    for (size_t i = 0; i < sizeof generated / sizeof *generated; i++)
        if (str_equal(field, str_of(generated[i])))
            return true;
    return false;
}

/*
 * The name of a field in index policies: fields that begin with "@", but are not generated, get one more "@".
 */
static str index_name(struct arena *arena, str field)
{
    bool plain = !str_starts_with(field, S("@")) || str_starts_with(field, S("@@")) ||
                 logs_insights_is_generated(field);

    return plain ? field : arena_join(arena, S("@"), field);
}

uint32_t logs_insights_index_hash(struct arena *arena, str field, const struct insights_value *value)
{
    uint64_t hash = str_hash_from(str_hash(field), logs_insights_key(arena, value));

    return (uint32_t)(hash ^ hash >> 32);
}

/* ---- terms ---- */

static bool is_call_of(const struct insights_node *node, str name)
{
    return node->kind == NODE_CALL && node->function == logs_insights_function(name);
}

static const struct insights_node *argument_of(const struct insights_node *node, size_t index)
{
    return node->more ? node->more[index] : node->arguments[index];
}

/* field = value, or field in [values].  False: it is something else. */
static bool read_term(struct arena *arena, const struct insights_node *node, struct insights_term *term)
{
    if (!is_call_of(node, S("=")) && !is_call_of(node, S("in")))
        return false;
    const struct insights_node *field = argument_of(node, 0);
    if (field->kind != NODE_FIELD)
        return false;
    *term = (struct insights_term){.field = index_name(arena, field->value.text),
                                   .hashes = arena_alloc(arena, node->count * sizeof *term->hashes)};
    for (size_t i = 1; i < node->count; i++) {
        const struct insights_node *value = argument_of(node, i);
        if (value->kind != NODE_VALUE || value->value.kind == INSIGHTS_ABSENT)
            return false;
        term->hashes[term->count++] = logs_insights_index_hash(arena, term->field, &value->value);
    }
    return true;
}

/* Do all commands so far pass on every row, or drop it for itself alone? */
static bool is_early(const struct insights_program *program)
{
    for (size_t i = 0; i < program->count; i++)
        if (program->items[i].kind >= COMMAND_STATS)
            return false;
    return true;
}

/* The terms of a condition: all that it joins by `and` must be true. */
static void add_terms(struct insights_parser *parser, const struct insights_node *condition)
{
    struct insights_term term;

    if (condition->kind == NODE_AND) {
        add_terms(parser, argument_of(condition, 0));
        add_terms(parser, argument_of(condition, 1));
    } else if (read_term(parser->arena, condition, &term)) {
        *list_add(parser->arena, &parser->program->terms) = term;
    }
}

void logs_insights_index_filter(struct insights_parser *parser, const struct insights_node *condition)
{
    if (is_early(parser->program))
        add_terms(parser, condition);
}

bool logs_insights_filter_index(struct insights_parser *parser)
{
    struct insights_token first = parser->token;
    const struct insights_node *condition = logs_insights_expression(parser);
    struct insights_term term;

    if (!condition)
        return false;
    if (!is_early(parser->program))
        return logs_insights_complain(parser, &first,
                                      S("filterIndex stands before the commands that group, sort or limit"));
    if (!read_term(parser->arena, condition, &term))
        return logs_insights_complain(parser, &first,
                                      S("filterIndex compares a field with values, by = or in"));
    term.required = true;
    *list_add(parser->arena, &parser->program->terms) = term;
    struct insights_command *command = list_add(parser->arena, parser->program);
    command->kind = COMMAND_FILTER;
    command->node = condition;
    return true;
}
