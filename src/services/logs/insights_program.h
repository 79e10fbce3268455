#pragma once

/*
 * insights_program.h: a query of CloudWatch Logs Insights, parsed.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 *
 * A program is a list of commands over rows.  What a command makes (`as`, `parse`) has a slot in each row;
 * names are resolved when the query is parsed, to a slot or to a field of the event.
 *
 * To add a command, add it to the table of insights_parse.c and to that of insights.c; to add a function,
 * add it to a table of an insights_*functions.c.
 */
#include "insights_value.h"

enum {
    INSIGHTS_MOST_SLOTS = 1000,
    INSIGHTS_MOST_DEPTH = 64,
    INSIGHTS_MOST_NESTING = 256,
    INSIGHTS_MOST_ARGUMENTS = 1000,
    INSIGHTS_MOST_COMMANDS = 64
};

struct insights_texts {
    str *items;
    size_t count;
};

struct insights_problem {
    str message;
    size_t start, end; /* in the query, in bytes */
};

struct insights_row;
struct insights_matcher;
struct insights_node;
struct insights_subquery;
struct insights_table;

/* What an expression is evaluated with. */
struct insights_evaluation {
    struct arena *arena; /* rewound after each event */
    int64_t now_ms;
    struct insights_row *row;
    const struct insights_value *aggregates; /* of the group whose row is made */
    const struct insights_table *found;      /* by each subquery */
    bool failed;                             /* a regular expression took too many steps */
};

struct insights_function {
    const char *name;
    size_t least, most; /* arguments */
    struct insights_value (*call)(struct insights_evaluation *evaluation,
                                  const struct insights_value *arguments, size_t count);
    bool takes_period; /* the last argument is a period, "5m", which becomes a number of ms, or a negative
                          number of months */
};

/* What `stats` computes over the rows of a group. */
enum insights_aggregate {
    AGGREGATE_COUNT,
    AGGREGATE_COUNT_DISTINCT,
    AGGREGATE_SUM,
    AGGREGATE_AVG,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_PCT,
    AGGREGATE_STDDEV,
    AGGREGATE_EARLIEST,
    AGGREGATE_LATEST,
    AGGREGATE_SORTS_FIRST,
    AGGREGATE_SORTS_LAST,
};

enum insights_node_kind {
    NODE_VALUE,
    NODE_SLOT,  /* value.text: the path into it, or empty */
    NODE_FIELD, /* value.text: its name */
    NODE_CALL,
    NODE_AND,
    NODE_OR,
    NODE_MATCH,
    NODE_AGGREGATE, /* slot: its number among the aggregates of its command */
    NODE_FOUND,     /* slot: the number of the subquery that has found the argument */
};

struct insights_node {
    enum insights_node_kind kind;
    struct insights_value value;
    str name; /* of a slot or a field, as the query has it */
    const struct insights_function *function;
    struct insights_node *arguments[4]; /* the first four, */
    struct insights_node **more;        /* or all, when there are more */
    size_t count;
    size_t slot;
    size_t depth;
    const struct insights_matcher *matcher;
};

struct insights_nodes {
    struct insights_node **items;
    size_t count;
};

/* The time that `diff` compares with. */
enum insights_comparison {
    COMPARES_NOTHING,
    COMPARES_PERIOD, /* as long as the query's, and just before it */
    COMPARES_DAY,
    COMPARES_WEEK,
    COMPARES_MONTH,
};

/* A value that has a name: of `fields`, `stats`, or of the results. */
struct insights_column {
    str name;
    const struct insights_node *node;
    size_t slot; /* where the value goes, */
    bool stored; /* if it goes anywhere */
};

struct insights_columns {
    struct insights_column *items;
    size_t count;
};

struct insights_aggregation {
    enum insights_aggregate kind;
    const struct insights_node *argument; /* NULL: count(*) */
    double percent;
};

struct insights_aggregations {
    struct insights_aggregation *items;
    size_t count;
};

struct insights_sort_key {
    const struct insights_node *node;
    bool descending;
};

struct insights_sort_keys {
    struct insights_sort_key *items;
    size_t count;
};

enum insights_command_kind {
    COMMAND_FIELDS,
    COMMAND_FILTER,
    COMMAND_PARSE,
    COMMAND_LOOKUP,
    COMMAND_STATS, /* the commands before this one pass on each row, or drop it for itself alone */
    COMMAND_SORT,
    COMMAND_LIMIT,
    COMMAND_DEDUP,
    COMMAND_UNNEST,
    COMMAND_PATTERN,
    COMMAND_JOIN,
};

struct insights_command {
    enum insights_command_kind kind;
    struct insights_columns columns; /* of fields and pattern; of stats: what it groups by; of lookup: what it
                                        adds, with the values that a row without an entry keeps */
    struct insights_columns results; /* of stats */
    struct insights_aggregations aggregations; /* of stats */
    struct insights_nodes nodes;               /* of dedup; of lookup: the values to look for */
    struct insights_sort_keys keys;            /* of sort */
    const struct insights_node *node;       /* of filter, parse, unnest, pattern, and join: the left field */
    size_t subquery;                        /* of join: the number of its right side, */
    bool keeps_left;                        /* and whether rows without one are kept */
    size_t lookup;                          /* its number */
    const struct insights_matcher *matcher; /* of parse */
    size_t *slots; /* of parse: one for each of the matcher's parts; of unnest: one */
    size_t limit;
};

/*
 * What SOURCE selects; an empty list selects all, or of classes the standard one.  A subquery's may name one
 * group.
 */
struct insights_source {
    str group;
    struct insights_texts prefixes, classes, accounts;
};

/* A field that all rows of the result have with one of these values: see insights_index.h. */
struct insights_term {
    str field;
    uint32_t *hashes; /* of the values */
    size_t count;
    bool required; /* of filterIndex: only events that are indexed by it */
};

struct insights_terms {
    struct insights_term *items;
    size_t count;
};

struct insights_subqueries {
    struct insights_subquery **items;
    size_t count;
};

/* A command `lookup`: the table, and the names of its columns. */
struct insights_lookup {
    str table;
    struct insights_texts keys, outputs;
    size_t start, end; /* in the query */
};

struct insights_lookups {
    struct insights_lookup *items;
    size_t count;
};

struct insights_program {
    const struct insights_source *source; /* NULL: the request names the groups */
    struct insights_command *items;
    size_t count;
    size_t slot_count;
    struct insights_terms terms;
    struct insights_subqueries subqueries;
    struct insights_lookups lookups; /* also of its subqueries */
    bool names_columns;              /* by a command: it has not the default ones */
    struct insights_columns columns; /* of the results */
    bool aggregates;                 /* there is a stats: the results have no pointers to events */
    bool unmasks;
    enum insights_comparison comparison; /* of its diff */
    size_t limit;                        /* of its last limit; 0: none */
};

/* NULL: the query is malformed, and *problem says where. */
const struct insights_program *logs_insights_parse(struct arena *arena, str text,
                                                   struct insights_problem *problem);

/* ---- between the parser's files ---- */

enum insights_token_kind {
    TOKEN_END,
    TOKEN_NAME, /* text: the name, without backticks */
    TOKEN_NUMBER,
    TOKEN_STRING,
    TOKEN_SYMBOL,
};

struct insights_token {
    enum insights_token_kind kind;
    str text;    /* of a string: its content */
    bool quoted; /* a name with backticks: no keyword */
    size_t start, end;
};

struct insights_name {
    str name;
    size_t slot;
};

struct insights_names {
    struct insights_name *items;
    size_t count;
};

/* The names of both sides behind a join. */
struct insights_join {
    str left, right;
    struct insights_subquery *subquery;
};

struct insights_parser {
    struct arena *arena;
    str text;
    struct insights_token token;
    struct insights_problem *problem; /* its message is set by the first problem */
    unsigned depth;
    struct insights_names names; /* that the commands so far have made */
    bool after_stats, in_filter, is_subquery;
    struct insights_join *join;
    struct insights_aggregations *aggregations; /* of the stats that is being parsed, else NULL */
    struct insights_names results;              /* that this stats has made so far */
    struct insights_program *program;
    struct insights_lookups *lookups; /* of the whole query */
};

/* insights_lex.c */
void logs_insights_next(struct insights_parser *parser);
bool logs_insights_is_word(const struct insights_parser *parser, const char *word);
bool logs_insights_is_symbol(const struct insights_parser *parser, const char *symbol);
bool logs_insights_take_word(struct insights_parser *parser, const char *word);
bool logs_insights_take_symbol(struct insights_parser *parser, const char *symbol);
/* At a "/": the regular expression up to the next one.  False: it does not end. */
bool logs_insights_take_regex(struct insights_parser *parser, str *regex);
/* All return false (the last one NULL), so that the parser stops. */
bool logs_insights_unexpected(struct insights_parser *parser);
bool logs_insights_complain(struct insights_parser *parser, const struct insights_token *at, str message);

/* insights_expression.c: NULL when it is malformed */
struct insights_node *logs_insights_expression(struct insights_parser *parser);
/* The node of a name: a slot, or a field. */
struct insights_node *logs_insights_reference(struct insights_parser *parser, str name);
/* Take "as name".  Absent: it is missing; *problem is set when the name is missing. */
str logs_insights_alias(struct insights_parser *parser);
/* A string, of which that function makes the matcher, or a regular expression between slashes. */
typedef const struct insights_matcher *insights_matcher_maker(struct arena *arena, str text);
const struct insights_matcher *logs_insights_pattern(struct insights_parser *parser,
                                                     insights_matcher_maker *of_string);
/* The slot for a new value of that name. */
size_t logs_insights_new_slot(struct insights_parser *parser, str name);

/* Have a slot found by that name. */
void logs_insights_name_slot(struct insights_parser *parser, struct insights_names *names, str name,
                             size_t slot);
/* A slot that no name finds. */
size_t logs_insights_hidden_slot(struct insights_parser *parser);

/* insights_parse.c: the commands up to the end, or up to the ")" of a subquery */
bool logs_insights_commands(struct insights_parser *parser);

/* The command's columns are shown, unless those of the event are still to be chosen; and show one. */
void logs_insights_show_defaults(struct insights_parser *parser);
void logs_insights_show_name(struct insights_parser *parser, str name);

/* insights_lookup.c: behind the word lookup */
bool logs_insights_lookup(struct insights_parser *parser);

/* insights_source.c: behind the word SOURCE */
bool logs_insights_source(struct insights_parser *parser);

/* insights_functions.c: NULL when there is no such function */
const struct insights_function *logs_insights_function(str name);

/* insights_match.c */
/* A text to find: exact, or with "*" for parts that are taken out.  The last "*" takes all the rest. */
const struct insights_matcher *logs_insights_match_text(struct arena *arena, str text);
const struct insights_matcher *logs_insights_match_glob(struct arena *arena, str glob);
/* NULL: it is not a regular expression, and *problem says why. */
const struct insights_matcher *logs_insights_match_regex(struct arena *arena, str regex, str *problem);
/* How many parts it takes out; the names of the parts, absent where they have none. */
size_t logs_insights_part_count(const struct insights_matcher *matcher);
str logs_insights_part_name(const struct insights_matcher *matcher, size_t part);
/* Does a part of the text match?  `parts` may be NULL; parts of a regular expression may be absent. */
bool logs_insights_matches(const struct insights_matcher *matcher, struct insights_evaluation *evaluation,
                           str text, str *parts);
