#pragma once

/*
 * expression.h: conditions, filters, key conditions and projections.
 *
 * Text becomes a tree (expression_lex.c, expression_parse.c), the tree is checked and its names and values
 * are inserted (expression_check.c), and it is evaluated for items (expression_evaluate.c,
 * expression_projection.c). Problems are sentences in AWS's words, without the "Invalid FilterExpression: "
 * before them.
 *
 * To add a function, add it to enum function, to the tables of expression_parse.c and expression_check.c, and
 * to expression_evaluate.c.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
 */
#include "lookup.h"

enum { MAX_EXPRESSION_BYTES = 4096 };
/* The sentence for a longer one. */
#define DYNAMODB_EXPRESSION_TOO_LARGE "Expression size has exceeded the maximum allowed size;"

/* The names and values of a request's expressions, and which of them were used. */
struct scope {
    struct arena *arena;
    const struct str_map *names;
    const struct dynamodb_attribute_map *values;
    bool *names_used, *values_used;
    struct lookups lookups;
    bool resolved; /* the trees have their names and values already, as PartiQL's do */
};

/* A step to a map's attribute, or to a list's element if the name is absent. */
struct step {
    str name;
    size_t index;
};
struct path {
    struct step *items;
    size_t count;
};
/* An order in which paths into the same map or list are neighbours.  expression_path.c */
int dynamodb_step_compare(const struct step *a, const struct step *b);
int dynamodb_path_compare(const struct path *a, const struct path *b);

enum node_kind {
    NODE_PATH,
    NODE_VALUE,
    NODE_FUNCTION,
    NODE_COMPARISON,
    NODE_BETWEEN,
    NODE_IN,
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_PLUS, /* these two are for updates only */
    NODE_MINUS,
};

enum comparator { EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL };

enum function {
    ATTRIBUTE_EXISTS,
    ATTRIBUTE_NOT_EXISTS,
    ATTRIBUTE_TYPE,
    BEGINS_WITH,
    CONTAINS,
    SIZE,
    IF_NOT_EXISTS, /* these two are for updates only */
    LIST_APPEND,
    UNKNOWN_FUNCTION,
};

struct node_list {
    struct node **items;
    size_t count;
};

struct node {
    enum node_kind kind;
    bool grouped; /* is in parentheses */
    enum comparator comparator;
    enum function function;
    str text; /* a function's name, a value's placeholder */
    struct path path;
    const struct dynamodb_attribute_value *value;
    struct node_list operands;
    const struct positions *choices; /* of IN: finds the operands that are short scalars; or NULL */
};

/* expression_choices.c: the operands of IN, found by their hashes when there are many. */
void dynamodb_choices_index(struct arena *arena, struct node *in);
/* Is a short scalar asked for among indexed ones? */
bool dynamodb_choice_is_indexed(const struct node *in, const struct dynamodb_attribute_value *value);
bool dynamodb_choice_is_among(const struct node *in, const struct dynamodb_attribute_value *value);

/* expression_nodes.c */
struct node *dynamodb_node_of(struct arena *arena, enum node_kind kind);
void dynamodb_node_add(struct arena *arena, struct node *node, struct node *operand);
/* The value belongs to the caller. */
struct node *dynamodb_node_of_value(struct arena *arena, const struct dynamodb_attribute_value *value);
struct node *dynamodb_node_of_attribute(struct arena *arena, str name);
struct node *dynamodb_node_of_function(struct arena *arena, enum function function, struct node *first);

/* NULL: *problem is the sentence.  expression_parse.c */
const struct node *dynamodb_condition_parse(struct scope *scope, str text, str *problem);
str dynamodb_comparator_text(enum comparator comparator);

/* Is the condition true for this item (of checked values)?  Rewinds the arena.  expression_evaluate.c */
bool dynamodb_expression_holds(struct arena *arena, const struct node *condition,
                               const struct dynamodb_attribute_map *item);
/* The item's value at that path, or NULL. */
const struct dynamodb_attribute_value *dynamodb_path_get(struct lookups *lookups,
                                                         const struct dynamodb_attribute_map *item,
                                                         const struct path *path);
/* Does a path of the condition begin with that attribute? */
bool dynamodb_condition_names(const struct node *condition, str attribute);
/* Add the attributes with which its paths begin. */
void dynamodb_condition_attributes(struct arena *arena, const struct node *condition, struct str_list *names);
/* Does the path lead into that attribute, to a map's attribute or a list's element? */
bool dynamodb_path_enters(const struct path *path, str attribute);
/* Does a path of the condition, or of an update's operand, lead into that attribute? */
bool dynamodb_condition_enters(const struct node *condition, str attribute);

/* expression_projection.c */
/* Paths in the order of dynamodb_path_compare(); no path leads into another. */
struct projection {
    struct path *items;
    size_t count;
};
void dynamodb_projection_sort(struct projection *projection);
bool dynamodb_projection_parse(struct scope *scope, str text, struct projection *projection, str *problem);
/* The parts of the item that the projection names, in the item's order. */
struct dynamodb_attribute_map dynamodb_projection_apply(struct arena *arena,
                                                        const struct projection *projection,
                                                        const struct dynamodb_attribute_map *item);

/* The values of the paths, each under the last name of its path.  partiql_columns.c */
struct dynamodb_attribute_map dynamodb_columns_apply(struct arena *arena, const struct projection *columns,
                                                     const struct dynamodb_attribute_map *item);

/* expression_key.c */
enum key_term_kind {
    TERM_COMPARISON,
    TERM_BETWEEN,
    TERM_BEGINS_WITH,
    TERM_NOT_INDEXABLE, /* of KeyConditions only, which are refused when the table is known */
};
struct key_term {
    str name;
    enum key_term_kind kind;
    enum comparator comparator;
    const struct dynamodb_attribute_value *first, *second; /* second: for BETWEEN */
};
struct key_condition {
    struct key_term *items;
    size_t count;
};
/* Read the terms of a key condition, one for each attribute; false: *problem is the whole sentence. */
bool dynamodb_key_condition_read(struct arena *arena, const struct node *condition, struct key_condition *key,
                                 str *problem);

/* expression_update.c */
enum action_kind { ACTION_SET, ACTION_REMOVE, ACTION_ADD, ACTION_DELETE };
struct action {
    enum action_kind kind;
    struct path path;
    struct node *operand; /* NULL for REMOVE */
};
struct update {
    struct action *items;
    size_t count;
    const char *repeated; /* a section that occurs twice, or NULL */
    bool of_attributes;   /* AttributeUpdates, which has a sentence of its own about wrong types */
};
bool dynamodb_update_parse(struct scope *scope, str text, struct update *update, str *problem);
/*
 * update_apply.c: the item after the update.  The old item is shared, never changed.  False: *problem is the
 * whole sentence.
 */
bool dynamodb_update_apply(struct arena *arena, const struct update *update,
                           struct dynamodb_attribute_map *item, str *problem);
extern const str dynamodb_update_too_large; /* the sentence for an item of over 400 KB */
/* Is an UpdateExpression small enough by itself?  Not of AttributeUpdates.  update_charge.c */
bool dynamodb_update_charge_fits(const struct update *update);

/* expression_words.c */
bool dynamodb_is_reserved_word(str name);
