#pragma once

/*
 * partiql_run.h: what the operations of PartiQL share: a statement with its table, and what it is about.
 */
#include "dynamodb_internal.h"
#include "pages.h"
#include "partiql.h"

enum { MAX_READS = 50 }; /* of keys or partitions, by one SELECT */

struct value_pointers {
    const struct dynamodb_attribute_value **items;
    size_t count;
};

/* A statement of a request. */
struct pql_run {
    str text;
    const struct dynamodb_prepared_statement_parameters *parameters;
    str return_values_on_failure;
    bool in_transaction; /* of ExecuteTransaction */
    bool faulty_key;     /* what has failed is the key that it names: of a write in a transaction */

    bool parsed;
    struct statement statement;
    struct expressions expressions;

    const struct table *table;
    const struct index *index;     /* NULL: the table, or no such index */
    const struct key_schema *keys; /* of the index, or the table */
    struct node_list conjuncts;    /* the conditions that WHERE joins by AND */
    /* The values of the partition key to which WHERE restricts a SELECT; none: it reads everything. */
    struct value_pointers partitions;
};

/* partiql_open.c */
/* False: fail() was called. */
bool dynamodb_pql_parameters_check(const struct call *call, const struct pql_run *run);
/* Parse the statement, whose parameters are checked, unless that is done.  False: fail() was called. */
bool dynamodb_pql_parse(const struct call *call, struct pql_run *run);
/*
 * Parse the statement, unless a preparation has; ask for permission; open the table.  False: fail() was
 * called.
 */
bool dynamodb_pql_open(const struct call *call, struct pql_run *run);

/* partiql_where.c */
/* Find conjuncts and partitions. */
void dynamodb_pql_analyse(struct arena *arena, struct pql_run *run);
/* Add the conditions that the node joins by AND. */
void dynamodb_pql_conjuncts(struct arena *arena, struct node *node, struct node_list *conjuncts);
/* Add the values that the condition names for the attribute by = or IN; false: it is something else. */
bool dynamodb_pql_values(struct arena *arena, const struct node *node, str name,
                         struct value_pointers *values);
/* The condition of one conjunct on an attribute of a key, if it is a range of it. */
bool dynamodb_pql_term(struct arena *arena, const struct node *node, struct key_term *term);
/* The key that WHERE names, and its other conditions.  False: WHERE lacks a part; or fail() was called. */
enum key_result { KEY_FOUND, KEY_INCOMPLETE, KEY_REFUSED };
enum key_result dynamodb_pql_key(const struct call *call, const struct pql_run *run,
                                 struct dynamodb_attribute_map *key, struct node_list *rest);
/* Has the value the type of that key attribute?  False: fail() was called. */
bool dynamodb_pql_key_type_check(const struct call *call, const struct key_attribute *attribute,
                                 const struct dynamodb_attribute_value *value);
/* All of the conditions as one; NULL: none. */
const struct node *dynamodb_pql_all_of(struct arena *arena, const struct node_list *conditions);

/* partiql_branches.c */
struct pql_branch {
    struct node_list conditions; /* joined by AND */
    struct value_pointers partitions;
    bool plain; /* only one condition names the partition key, by = or IN */
};
struct pql_branches {
    struct pql_branch *items;
    size_t count;
};
/*
 * Find the branches of the condition.  False: one names no partition, or several at once; or there are too
 * many.
 */
bool dynamodb_pql_branches(struct arena *arena, const struct pql_run *run, struct pql_branches *branches);

/* partiql_projected.c */
/* Has the index what the filter of its partitions asks for?  False: fail() was called. */
bool dynamodb_pql_projected_check(const struct item_page *page, const struct pql_run *run);

/* partiql_overlap.c */
/* Do the branches of a SELECT read different keys?  False: fail() was called. */
bool dynamodb_pql_overlap_check(const struct call *call, const struct pql_run *run);

/* partiql_write.c */
/* The write of an INSERT, UPDATE, DELETE or EXISTS.  False: fail() was called. */
bool dynamodb_pql_write(const struct call *call, struct pql_run *run, struct write *write);
/* The same; a write that a preparation has computed keeps its result. */
bool dynamodb_pql_write_anew(const struct call *call, struct pql_run *run, struct write *write);
/* What RETURNING asks for, of a write that is done. */
struct dynamodb_attribute_map dynamodb_pql_returned(const struct call *call, const struct write *write);

/* partiql_select.c */
struct pql_select_request {
    const bool *consistent_read;
    const int64_t *limit;
    str next_token;
};
struct pql_page {
    struct item_page page;
    size_t partition; /* where the next page begins */
};
/*
 * Are the partitions and keys that a SELECT names few, of the right types, and apart?  False: fail() was
 * called.
 */
bool dynamodb_pql_reads_check(const struct call *call, const struct pql_run *run);
/* Read a page.  False: fail() was called. */
bool dynamodb_pql_read(const struct call *call, struct pql_run *run, const struct pql_select_request *asked,
                       struct pql_page *read);
/* The columns of one stored item; absent when it does not exist. */
struct dynamodb_attribute_map dynamodb_pql_item_of(const struct call *call, const struct pql_run *run,
                                                   const struct stored *stored);
/* The token of the next page, or absent. */
str dynamodb_pql_next(const struct call *call, const struct pql_run *run, const struct pql_page *read);
