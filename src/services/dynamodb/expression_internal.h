#pragma once

/*
 * expression_internal.h: what the files of the expressions' parser share.
 */
#include "expression.h"

enum {
    MAX_EXPRESSION_BYTES = 4096,
    MAX_EXPRESSION_DEPTH = 256, /* our own bound */
    MAX_OPERATORS = 300,        /* and functions */
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
/* Step over it if it is there. */
bool dynamodb_parser_accept_symbol(struct parser *parser, const char *symbol);
bool dynamodb_parser_accept_word(struct parser *parser, const char *word);
/* The same, or else a syntax error. */
bool dynamodb_parser_expect_symbol(struct parser *parser, const char *symbol);
/* AND, OR, NOT, BETWEEN, IN. */
bool dynamodb_parser_at_operator_word(const struct parser *parser);
/* Say that the current token cannot stand here; returns false. */
bool dynamodb_parser_refuse(struct parser *parser);
/* What is wrong with all of it: too many operators, redundant parentheses. */
bool dynamodb_parser_check_whole(const struct parser *parser);

/* expression_path.c */
/* A document path as it is written: its names are not looked up yet. */
bool dynamodb_path_parse(struct parser *parser, struct path *path);
/* The first reserved word among its names, absent when there is none. */
str dynamodb_path_reserved_word(const struct path *path);
/* Where among the request's names or values this placeholder is, -1 when it is not there. */
ptrdiff_t dynamodb_placeholder_find(struct scope *scope, const struct lookup_texts *placeholders, str text);
/* Put the names in for #names. */
bool dynamodb_path_resolve(struct scope *scope, struct path *path, str *problem);
/* Does none of the paths lead into another?  expression_projection.c */
bool dynamodb_paths_check_apart(struct arena *arena, const struct path *const *paths, size_t count,
                                str *problem);
/* [a, b, [0]] */
str dynamodb_path_text(struct arena *arena, const struct path *path);

/* expression_parse.c */
/* A value, a path, a function, perhaps in parentheses; NULL: *problem is set. */
struct node *dynamodb_operand_parse(struct parser *parser);
/* What stands between the "(" that the parser is at and its ")"; NULL: *problem is set. */
struct node *dynamodb_group_parse(struct parser *parser, struct node *(*parse)(struct parser *));
struct node *dynamodb_node_new(struct parser *parser, enum node_kind kind);
void dynamodb_node_add_operand(struct parser *parser, struct node *node, struct node *operand);

/* expression_check.c */
/* Put names and values into a node, not into what it holds. */
bool dynamodb_node_resolve(struct scope *scope, struct node *node, str *problem);
bool dynamodb_node_check_reserved(struct scope *scope, struct node *node, str *problem);
/* As many operands as the function takes? */
bool dynamodb_node_check_count(struct scope *scope, struct node *node, str *problem);
/* Do that for a node and all below it. */
bool dynamodb_node_each(struct scope *scope, struct node *node, str *problem,
                        bool (*check)(struct scope *, struct node *, str *));
/* The type that an operand is sure to have, VALUE_NONE when only the item knows. */
enum value_type dynamodb_node_type(const struct node *node);
bool dynamodb_condition_check(struct scope *scope, struct node *condition, str *problem);
