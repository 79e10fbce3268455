/*
 * insights_parse.c: the commands of a query.
 *
 * A query's results have the columns of its last `display`; without one, those of its `fields` (or @timestamp
 * and
 * @message) and what later commands make.  After `stats` there are only the columns that it makes.
 */
#include "insights_index.h"
#include "insights_subquery.h"

#include "base/list.h"

static struct insights_columns *columns_of(struct insights_parser *parser)
{
    return &parser->program->columns;
}

static struct insights_command *new_command(struct insights_parser *parser, enum insights_command_kind kind)
{
    struct insights_command *command = list_add(parser->arena, parser->program);

    command->kind = kind;
    return command;
}

/* The source of an expression: the name of a column without an alias. */
static str source_between(const struct insights_parser *parser, size_t start, size_t end)
{
    return str_trim(str_head(str_from(parser->text, start), end - start));
}

/* A column replaces an earlier one of its name. */
static void show_column(struct insights_parser *parser, struct insights_column column)
{
    struct insights_columns *columns = columns_of(parser);

    column.stored = false;
    for (size_t i = 0; i < columns->count; i++)
        if (str_equal(columns->items[i].name, column.name)) {
            columns->items[i] = column;
            return;
        }
    *list_add(parser->arena, columns) = column;
}

void logs_insights_show_name(struct insights_parser *parser, str name)
{
    show_column(parser,
                (struct insights_column){.name = name, .node = logs_insights_reference(parser, name)});
}

/* Before the first column is made: these are shown, too, unless the query has `fields`. */
void logs_insights_show_defaults(struct insights_parser *parser)
{
    if (columns_of(parser)->count > 0 || parser->after_stats)
        return;
    logs_insights_show_name(parser, S("@timestamp"));
    logs_insights_show_name(parser, S("@message"));
}

/* "expression as name": its value gets a slot, unless it is only a name. */
static bool parse_column(struct insights_parser *parser, struct insights_column *column)
{
    struct insights_token first = parser->token;

    column->node = logs_insights_expression(parser);
    if (!column->node)
        return false;
    size_t end = parser->token.start;
    str alias = logs_insights_alias(parser);
    bool is_name = column->node->kind == NODE_FIELD || column->node->kind == NODE_SLOT ||
                   (column->node->kind == NODE_VALUE && first.kind == TOKEN_NAME);
    column->name = str_present(alias) ? alias
                   : is_name          ? first.text
                                      : source_between(parser, first.start, end);
    column->stored = str_present(alias) || !is_name;
    return !str_present(parser->problem->message);
}

/* fields: what a column makes is known to the columns and commands after it. */
static bool parse_columns(struct insights_parser *parser, struct insights_columns *columns, bool fields)
{
    do {
        struct insights_column column = {0};
        if (!parse_column(parser, &column))
            return false;
        if (fields && column.stored)
            column.slot = logs_insights_new_slot(parser, column.name);
        *list_add(parser->arena, columns) = column;
    } while (logs_insights_take_symbol(parser, ","));
    return true;
}

static bool parse_fields_as(struct insights_parser *parser, bool display)
{
    struct insights_columns columns = {0};

    parser->program->names_columns = true;
    if (!parse_columns(parser, &columns, true))
        return false;
    new_command(parser, COMMAND_FIELDS)->columns = columns;
    if (display)
        *columns_of(parser) = (struct insights_columns){0};
    for (size_t i = 0; i < columns.count; i++)
        if (columns.items[i].stored)
            logs_insights_show_name(parser, columns.items[i].name);
        else
            show_column(parser, columns.items[i]);
    return true;
}

static bool parse_fields(struct insights_parser *parser)
{
    return parse_fields_as(parser, false);
}

static bool parse_display(struct insights_parser *parser)
{
    return parse_fields_as(parser, true);
}

static bool parse_unmask(struct insights_parser *parser)
{
    parser->program->unmasks = true;
    return parse_fields_as(parser, false);
}

static bool parse_filter(struct insights_parser *parser)
{
    parser->in_filter = true;
    const struct insights_node *condition = logs_insights_expression(parser);
    parser->in_filter = false;

    if (!condition)
        return false;
    logs_insights_index_filter(parser, condition);
    new_command(parser, COMMAND_FILTER)->node = condition;
    return true;
}

/* ---- parse ---- */

/* The names after "as", for parts without a name of their own, in order. */
static bool name_parts(struct insights_parser *parser, const struct insights_matcher *matcher, str *names)
{
    size_t count = logs_insights_part_count(matcher), next = 0;
    bool more = logs_insights_take_word(parser, "as");

    for (size_t i = 0; i < count; i++)
        names[i] = logs_insights_part_name(matcher, i);
    while (more) {
        while (next < count && str_present(names[next]))
            next++;
        if (parser->token.kind != TOKEN_NAME || next == count)
            return logs_insights_unexpected(parser);
        names[next] = parser->token.text;
        logs_insights_next(parser);
        more = logs_insights_take_symbol(parser, ",");
    }
    for (size_t i = 0; i < count; i++)
        if (!str_present(names[i]))
            return logs_insights_unexpected(parser);
    return count > 0 || logs_insights_unexpected(parser);
}

/* A field comes before the pattern: a name alone, because "/" after it begins a regular expression. */
static const struct insights_node *parse_parsed(struct insights_parser *parser)
{
    str name = parser->token.text;

    if (parser->token.kind != TOKEN_NAME)
        return logs_insights_reference(parser, S("@message"));
    logs_insights_next(parser);
    return logs_insights_reference(parser, name);
}

static bool parse_parse(struct insights_parser *parser)
{
    struct insights_command command = {.kind = COMMAND_PARSE, .node = parse_parsed(parser)};

    command.matcher = logs_insights_pattern(parser, logs_insights_match_glob);
    if (!command.matcher)
        return false;
    size_t count = logs_insights_part_count(command.matcher);
    str *names = arena_alloc(parser->arena, (count + 1) * sizeof *names);
    if (!name_parts(parser, command.matcher, names))
        return false;
    command.slots = arena_alloc(parser->arena, count * sizeof *command.slots);
    logs_insights_show_defaults(parser);
    for (size_t i = 0; i < count; i++) {
        command.slots[i] = logs_insights_new_slot(parser, names[i]);
        logs_insights_show_name(parser, names[i]);
    }
    *new_command(parser, COMMAND_PARSE) = command;
    return true;
}

/* unnest list into name */
static bool parse_unnest(struct insights_parser *parser)
{
    const struct insights_node *node = logs_insights_expression(parser);

    if (!node)
        return false;
    if (!logs_insights_take_word(parser, "into") || parser->token.kind != TOKEN_NAME)
        return logs_insights_unexpected(parser);
    struct insights_command *command = new_command(parser, COMMAND_UNNEST);
    command->node = node;
    command->slots = arena_new(parser->arena, size_t);
    logs_insights_show_defaults(parser);
    command->slots[0] = logs_insights_new_slot(parser, parser->token.text);
    logs_insights_show_name(parser, parser->token.text);
    logs_insights_next(parser);
    return true;
}

/* ---- stats ---- */

/* Slots from `first` on are of earlier results of the same stats. */
static bool is_aggregated(const struct insights_node *node, size_t first)
{
    if (node->kind == NODE_AGGREGATE || (node->kind == NODE_SLOT && node->slot >= first))
        return true;
    for (size_t i = 0; i < node->count; i++)
        if (is_aggregated(node->more ? node->more[i] : node->arguments[i], first))
            return true;
    return false;
}

/* A result may be computed from those before it: "max(a) as most, min(a) as least, most - least as width". */
static bool parse_result(struct insights_parser *parser, struct insights_column *column, size_t first)
{
    struct insights_token begin = parser->token;

    if (!parse_column(parser, column))
        return false;
    if (!is_aggregated(column->node, first))
        return logs_insights_complain(parser, &begin,
                                      S("each result of stats needs an aggregation function"));
    column->stored = true;
    column->slot = logs_insights_hidden_slot(parser);
    logs_insights_name_slot(parser, &parser->results, column->name, column->slot);
    return true;
}

static bool parse_results(struct insights_parser *parser, struct insights_command *command)
{
    size_t first = parser->program->slot_count;
    bool good;

    parser->aggregations = &command->aggregations;
    parser->results = (struct insights_names){0};
    do {
        struct insights_column column = {0};
        good = parse_result(parser, &column, first);
        *list_add(parser->arena, &command->results) = column;
    } while (good && logs_insights_take_symbol(parser, ","));
    parser->aggregations = NULL;
    return good;
}

static bool parse_stats(struct insights_parser *parser)
{
    struct insights_command command = {.kind = COMMAND_STATS};

    if (!parse_results(parser, &command) ||
        (logs_insights_take_word(parser, "by") && !parse_columns(parser, &command.columns, false)))
        return false;
    parser->names = (struct insights_names){0};
    *columns_of(parser) = (struct insights_columns){0};
    parser->after_stats = parser->program->aggregates = parser->program->names_columns = true;
    for (size_t i = 0; i < command.columns.count; i++) {
        command.columns.items[i].stored = true;
        command.columns.items[i].slot = logs_insights_new_slot(parser, command.columns.items[i].name);
    }
    for (size_t i = 0; i < command.results.count; i++)
        logs_insights_name_slot(parser, &parser->names, command.results.items[i].name,
                                command.results.items[i].slot);
    for (size_t i = 0; i < command.columns.count; i++)
        logs_insights_show_name(parser, command.columns.items[i].name);
    for (size_t i = 0; i < command.results.count; i++)
        logs_insights_show_name(parser, command.results.items[i].name);
    *new_command(parser, COMMAND_STATS) = command;
    return true;
}

/* ---- pattern, diff ---- */

static const char *const pattern_columns[] = {"@pattern",
                                              "@ratio",
                                              "@sampleCount",
                                              "@severityLabel",
                                              "@differenceEventCount",
                                              "@differenceDescription"};
enum { PATTERN_COLUMNS = 4, COMPARED_COLUMNS = 6 };

/* After this command, as after stats, there are only the columns that it makes. */
static void name_pattern_columns(struct insights_parser *parser, struct insights_command *command,
                                 size_t count)
{
    command->columns = *columns_of(parser) = (struct insights_columns){0};
    parser->names = (struct insights_names){0};
    parser->after_stats = parser->program->aggregates = parser->program->names_columns = true;
    for (size_t i = 0; i < count; i++) {
        struct insights_column column = {.name = str_of(pattern_columns[i]), .stored = true};
        column.slot = logs_insights_new_slot(parser, column.name);
        *list_add(parser->arena, &command->columns) = column;
        logs_insights_show_name(parser, column.name);
    }
}

static bool parse_pattern(struct insights_parser *parser)
{
    const struct insights_node *node = logs_insights_expression(parser);

    if (!node)
        return false;
    struct insights_command *command = new_command(parser, COMMAND_PATTERN);
    command->node = node;
    name_pattern_columns(parser, command, PATTERN_COLUMNS);
    return true;
}

static const struct {
    const char *word;
    enum insights_comparison comparison;
} periods[] = {
    {"previousperiod", COMPARES_PERIOD},
    {"previousday", COMPARES_DAY},
    {"previousweek", COMPARES_WEEK},
    {"previousmonth", COMPARES_MONTH},
};

/* The pattern before `diff`; without one, that of @message. */
static struct insights_command *compared_pattern(struct insights_parser *parser)
{
    struct insights_program *program = parser->program;

    if (program->count > 0 && program->items[program->count - 1].kind == COMMAND_PATTERN)
        return &program->items[program->count - 1];
    if (parser->after_stats)
        return NULL;
    const struct insights_node *message = logs_insights_reference(parser, S("@message"));
    struct insights_command *command = new_command(parser, COMMAND_PATTERN);
    command->node = message;
    return command;
}

static bool parse_diff(struct insights_parser *parser)
{
    struct insights_token first = parser->token;
    struct insights_command *command = compared_pattern(parser);

    if (parser->is_subquery || parser->program->subqueries.count > 0)
        return logs_insights_complain(parser, &first,
                                      S("diff stands in queries without subqueries and join"));
    if (!command || parser->program->comparison)
        return logs_insights_complain(parser, &first,
                                      S("diff compares the events or the patterns before it"));
    parser->program->comparison = COMPARES_PERIOD;
    for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
        if (logs_insights_take_word(parser, periods[i].word)) {
            parser->program->comparison = periods[i].comparison;
            break;
        }
    name_pattern_columns(parser, command, COMPARED_COLUMNS);
    return true;
}

/* ---- the others ---- */

static bool parse_sort(struct insights_parser *parser)
{
    struct insights_sort_keys keys = {0};

    do {
        struct insights_sort_key key = {.node = logs_insights_expression(parser)};
        if (!key.node)
            return false;
        key.descending = logs_insights_take_word(parser, "desc");
        if (!key.descending)
            logs_insights_take_word(parser, "asc");
        *list_add(parser->arena, &keys) = key;
    } while (logs_insights_take_symbol(parser, ","));
    new_command(parser, COMMAND_SORT)->keys = keys;
    return true;
}

static bool parse_limit(struct insights_parser *parser)
{
    int64_t limit;

    if (parser->token.kind != TOKEN_NUMBER || !str_to_i64(parser->token.text, &limit) || limit <= 0)
        return logs_insights_unexpected(parser);
    logs_insights_next(parser);
    new_command(parser, COMMAND_LIMIT)->limit = (size_t)limit;
    parser->program->limit = (size_t)limit;
    return true;
}

static bool parse_dedup(struct insights_parser *parser)
{
    struct insights_nodes nodes = {0};

    do {
        struct insights_node *node = logs_insights_expression(parser);
        if (!node)
            return false;
        *list_add(parser->arena, &nodes) = node;
    } while (logs_insights_take_symbol(parser, ","));
    new_command(parser, COMMAND_DEDUP)->nodes = nodes;
    return true;
}

struct command_name {
    const char *name;
    bool (*parse)(struct insights_parser *parser); /* NULL: AWS has it, Orderly does not */
};

static const struct command_name commands[] = {
    {"fields", parse_fields},
    {"field", parse_fields},
    {"display", parse_display},
    {"filter", parse_filter},
    {"parse", parse_parse},
    {"stats", parse_stats},
    {"sort", parse_sort},
    {"limit", parse_limit},
    {"head", parse_limit},
    {"dedup", parse_dedup},
    {"unnest", parse_unnest},
    {"unmask", parse_unmask},
    {"pattern", parse_pattern},
    {"diff", parse_diff},
    {"addtotals", NULL},
    {"anomaly", NULL},
    {"filterindex", logs_insights_filter_index},
    {"join", logs_insights_join},
    {"logcompare", NULL},
    {"lookup", logs_insights_lookup},
    {"source", logs_insights_source},
    {"tail", NULL},
};

static bool parse_command(struct insights_parser *parser)
{
    struct insights_token name = parser->token;

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (!logs_insights_take_word(parser, commands[i].name))
            continue;
        if (commands[i].parse)
            return commands[i].parse(parser);
        return logs_insights_complain(
            parser, &name,
            arena_format(parser->arena, "Orderly does not support the command %s; see docs/compatibility.md.",
                         commands[i].name));
    }
    return logs_insights_unexpected(parser);
}

static bool is_at_end(const struct insights_parser *parser)
{
    return parser->token.kind == TOKEN_END || (parser->is_subquery && logs_insights_is_symbol(parser, ")"));
}

/* A query may begin with "|"; nothing stands for its defaults. */
bool logs_insights_commands(struct insights_parser *parser)
{
    logs_insights_take_symbol(parser, "|");
    while (!is_at_end(parser)) {
        if (parser->program->count == INSIGHTS_MOST_COMMANDS)
            return logs_insights_complain(parser, &parser->token, S("the query has too many commands"));
        if (!parse_command(parser))
            return false;
        if (!is_at_end(parser) && !logs_insights_take_symbol(parser, "|"))
            return logs_insights_unexpected(parser);
    }
    if (str_present(parser->problem->message))
        return false;
    logs_insights_show_defaults(parser);
    return true;
}

const struct insights_program *logs_insights_parse(struct arena *arena, str text,
                                                   struct insights_problem *problem)
{
    struct insights_program *program = arena_new(arena, struct insights_program);
    struct insights_parser parser = {
        .arena = arena, .text = text, .problem = problem, .program = program, .lookups = &program->lookups};

    *problem = (struct insights_problem){0};
    logs_insights_next(&parser);
    return logs_insights_commands(&parser) ? program : NULL;
}
