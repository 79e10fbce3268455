#pragma once

/*
 * expression_internal.h: what the files of the expressions' parser share.
 */
#include "expression.h"

enum {
    MAX_EXPRESSION_DEPTH = 256, /* our own limit */
    MAX_OPERATORS = 300,        /* operators and functions together */
};

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_NAME, TOKEN_VALUE, TOKEN_NUMBER, TOKEN_SYMBOL };

struct token {
    enum token_kind kind;
    str text;
};

struct parser {
    struct scope *scope;
    str source;
    struct token previous, current;
    int depth; /* of parentheses and NOT */
    int operators;
    bool redundant_parentheses;
    str *problem;
};

/* expression_lex.c */
/* False: *problem is set. */
bool dynamodb_parser_begin(struct parser *parser, struct scope *scope, str source, str *problem);
void dynamodb_parser_advance(struct parser *parser);
bool dynamodb_parser_at_symbol(const struct parser *parser, const char *symbol);
bool dynamodb_parser_at_word(const struct parser *parser, const char *word);
/* Skip the symbol or word if it is the current token. */
bool dynamodb_parser_accept_symbol(struct parser *parser, const char *symbol);
bool dynamodb_parser_accept_word(struct parser *parser, const char *word);
/* The same, or else a syntax error. */
bool dynamodb_parser_expect_symbol(struct parser *parser, const char *symbol);
/* Is it AND, OR, NOT, BETWEEN or IN? */
bool dynamodb_parser_at_operator_word(const struct parser *parser);
/* Set the problem: the current token is not allowed here; returns false. */
bool dynamodb_parser_refuse(struct parser *parser);
/* Checks of the whole expression: too many operators, redundant parentheses. */
bool dynamodb_parser_check_whole(const struct parser *parser);

/* expression_path.c */
/* Parse a document path; its names are not resolved yet. */
bool dynamodb_path_parse(struct parser *parser, struct path *path);
/* The first reserved word among its names, or absent. */
str dynamodb_path_reserved_word(const struct path *path);
/* The position of this placeholder among the request's names or values, or -1. */
ptrdiff_t dynamodb_placeholder_find(struct scope *scope, const struct lookup_texts *placeholders, str text);
/* Replace #names by the request's names. */
bool dynamodb_path_resolve(struct scope *scope, struct path *path, str *problem);
/* Do no two paths overlap?  expression_projection.c */
bool dynamodb_paths_check_apart(struct arena *arena, const struct path *const *paths, size_t count,
                                str *problem);
/* [a, b, [0]] */
str dynamodb_path_text(struct arena *arena, const struct path *path);

/* expression_parse.c */
/* Parse a value, a path or a function, perhaps in parentheses; NULL: *problem is set. */
struct node *dynamodb_operand_parse(struct parser *parser);
/* Parse from the current "(" to its ")", with `parse` for the content; NULL: *problem is set. */
struct node *dynamodb_group_parse(struct parser *parser, struct node *(*parse)(struct parser *));
struct node *dynamodb_node_new(struct parser *parser, enum node_kind kind);
void dynamodb_node_add_operand(struct parser *parser, struct node *node, struct node *operand);

/* expression_check.c */
/* Insert names and values into a node, not into its operands. */
bool dynamodb_node_resolve(struct scope *scope, struct node *node, str *problem);
bool dynamodb_node_check_reserved(struct scope *scope, struct node *node, str *problem);
/* Has the function the right number of operands? */
bool dynamodb_node_check_count(struct scope *scope, struct node *node, str *problem);
/* Call `check` for a node and all nodes below it. */
bool dynamodb_node_each(struct scope *scope, struct node *node, str *problem,
                        bool (*check)(struct scope *, struct node *, str *));
/* The type that an operand certainly has; VALUE_NONE when only the item knows. */
enum value_type dynamodb_node_type(const struct node *node);
bool dynamodb_condition_check(struct scope *scope, struct node *condition, str *problem);
/* expression_update.c */
bool dynamodb_update_check(struct scope *scope, struct update *update, str *problem);
