#pragma once

/*
 * partiql_internal.h: what the files of PartiQL's parser share.
 */
#include "expression_internal.h"
#include "partiql.h"

enum {
    MAX_STATEMENT_DEPTH = 256,     /* our own limit, of parentheses, NOT and literals */
    MAX_STATEMENT_OPERATORS = 300, /* as in an expression */
};

enum pql_token_kind {
    PQL_END,
    PQL_WORD,   /* a name without quotes, or a keyword */
    PQL_NAME,   /* in double quotes; text is what they enclose */
    PQL_STRING, /* in single quotes; text is what they enclose */
    PQL_NUMBER,
    PQL_SYMBOL,
    PQL_BAD, /* nothing that PartiQL knows */
};

struct pql_token {
    enum pql_token_kind kind;
    str text;    /* without quotes */
    str written; /* as the statement has it */
};

struct pql_parser {
    struct scope scope; /* of the checks */
    str source;
    struct pql_token current;
    const struct dynamodb_prepared_statement_parameters *parameters;
    size_t parameters_used;
    str number; /* the last one, as it was written, with its sign */
    int depth, operators;
    str *problem;
};

/* partiql_lex.c */
void dynamodb_pql_begin(struct pql_parser *parser);
void dynamodb_pql_advance(struct pql_parser *parser);
bool dynamodb_pql_at_symbol(const struct pql_parser *parser, const char *symbol);
bool dynamodb_pql_at_word(const struct pql_parser *parser, const char *word);
/* Is the token a word that cannot be a name without quotes? */
bool dynamodb_pql_at_keyword(const struct pql_parser *parser);
bool dynamodb_pql_accept_symbol(struct pql_parser *parser, const char *symbol);
bool dynamodb_pql_accept_word(struct pql_parser *parser, const char *word);
/*
 * All of these set the problem and return false: a sentence; one of a malformed statement; one with a place.
 */
bool dynamodb_pql_refuse(struct pql_parser *parser, str sentence);
bool dynamodb_pql_malformed(struct pql_parser *parser, const char *detail);
bool dynamodb_pql_refuse_at(struct pql_parser *parser, str sentence, str written);
/* Does the current token compare, or combine comparisons? */
bool dynamodb_pql_at_operator(const struct pql_parser *parser);
/* The current token is not allowed here. */
bool dynamodb_pql_unexpected(struct pql_parser *parser);
/* The same, or else a malformed statement with that detail. */
bool dynamodb_pql_expect_symbol(struct pql_parser *parser, const char *symbol, const char *detail);
bool dynamodb_pql_expect_word(struct pql_parser *parser, const char *word, const char *detail);
/* Call this before a level of nesting, and decrement parser->depth after it. */
bool dynamodb_pql_deeper(struct pql_parser *parser);

/* partiql_value.c */
/* Does a value begin with the current token? */
bool dynamodb_pql_at_value(const struct pql_parser *parser);
/* Skip the signs before a number, as many as there are: do they make it negative? */
bool dynamodb_pql_signs(struct pql_parser *parser);
/* Parse a literal or a parameter. */
bool dynamodb_pql_value(struct pql_parser *parser, struct dynamodb_attribute_value *value);
/* Parse the item of an INSERT. */
bool dynamodb_pql_item(struct pql_parser *parser, struct dynamodb_attribute_map *item);

/* partiql_operand.c */
/* The functions that return a node return NULL when the problem is set. */
struct node *dynamodb_pql_node(struct pql_parser *parser, enum node_kind kind);
void dynamodb_pql_add_operand(struct pql_parser *parser, struct node *node, struct node *operand);
bool dynamodb_pql_path(struct pql_parser *parser, struct path *path);
struct node *dynamodb_pql_path_node(struct pql_parser *parser);
struct node *dynamodb_pql_value_node(struct pql_parser *parser);
/*
 * False: the problem is an operator that PartiQL has, but no "Condition" or "Update" expression; or the value
 * MISSING.
 */
bool dynamodb_pql_operator_check(struct pql_parser *parser, const char *kind);
bool dynamodb_pql_missing_check(struct pql_parser *parser);
/* Is the current token the name of an attribute, a table or an index? */
bool dynamodb_pql_at_name(const struct pql_parser *parser);
/* Is the current token a word that a "(" follows? */
bool dynamodb_pql_before_parenthesis(const struct pql_parser *parser);
typedef struct node *pql_operand_function(struct pql_parser *parser);
/* Parse what is in parentheses; the current token is the "(". */
struct node *dynamodb_pql_group(struct pql_parser *parser, pql_operand_function *parse);
/*
 * Set the node's function and text; false: there is no such function, and the text is the name for the
 * refusal.
 */
typedef bool pql_name_function(struct pql_parser *parser, str word, struct node *node);
/* Parse the call whose name is the current token. */
struct node *dynamodb_pql_call(struct pql_parser *parser, pql_name_function *name,
                               pql_operand_function *parse);
/* Parse the operands that follow a "(", up to its ")". */
bool dynamodb_pql_operands(struct pql_parser *parser, struct node *node, pql_operand_function *parse);

/* partiql_condition.c */
/* Parse the condition of a WHERE; NULL: the problem is set. */
struct node *dynamodb_pql_condition(struct pql_parser *parser);

/*
 * partiql_refused.c: false: the problem names what DynamoDB does not have.
 */
/* No statement of DynamoDB begins with the current token: always false. */
bool dynamodb_pql_statement_refuse(struct pql_parser *parser);
/* No other table follows the one of a SELECT. */
bool dynamodb_pql_join_check(struct pql_parser *parser);
bool dynamodb_pql_group_check(struct pql_parser *parser);
bool dynamodb_pql_having_check(struct pql_parser *parser);
bool dynamodb_pql_limit_check(struct pql_parser *parser);
/* A column is a path: no value or operator before it, and no operator behind it. */
bool dynamodb_pql_column_start_check(struct pql_parser *parser);
bool dynamodb_pql_column_end_check(struct pql_parser *parser);
/* Of INSERT: one item follows; nothing follows it. */
bool dynamodb_pql_items_check(struct pql_parser *parser);
bool dynamodb_pql_insert_end_check(struct pql_parser *parser);

/* partiql_columns.c */
str dynamodb_pql_column_name(struct arena *arena, const struct path *path);

/* partiql_update.c */
/* Parse SET and REMOVE clauses, at least one. */
bool dynamodb_pql_update(struct pql_parser *parser, struct update *update);
