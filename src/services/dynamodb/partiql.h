#pragma once

/*
 * partiql.h: PartiQL: a statement as the trees of expressions (expression.h), for plans of reads and writes.
 *
 * A statement has its values: literals and parameters are inserted while it is parsed, and names are read as
 * they are.  Problems are whole sentences, AWS's where they are known.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
 */
#include "expression.h"

enum { MAX_STATEMENT_BYTES = 8192 };

enum statement_kind { STATEMENT_SELECT, STATEMENT_INSERT, STATEMENT_UPDATE, STATEMENT_DELETE };

/* ORDER BY: an attribute, and its direction. */
struct ordering {
    str name;
    bool descending;
};
struct orderings {
    struct ordering *items;
    size_t count;
};

struct statement {
    enum statement_kind kind;
    bool exists; /* EXISTS(SELECT …): a condition of a transaction */
    str table_name, index_name;
    const struct projection *projection; /* NULL: all attributes */
    struct node *where;                  /* NULL: no condition */
    struct orderings orderings;
    struct update update;
    struct dynamodb_attribute_map item; /* of an INSERT */
    str return_values;                  /* of RETURNING, as ReturnValues has it; absent without the clause */
};

/* partiql_parse.c */
/*
 * Check the parameters of a statement, and rewrite their numbers; they may be NULL.  False: *problem is the
 * sentence.
 */
bool dynamodb_parameters_check(struct arena *arena,
                               const struct dynamodb_prepared_statement_parameters *parameters, str *problem);
/* Parse and check a statement, whose parameters are checked.  False: *problem is the sentence. */
bool dynamodb_statement_parse(struct arena *arena, str text,
                              const struct dynamodb_prepared_statement_parameters *parameters,
                              struct statement *statement, str *problem);
