/*
 * fuzz_partiql.c: PartiQL from strangers: parsed, then what a SELECT would do with an item, and an UPDATE.
 */
#include "engine/call.h"
#include "services/dynamodb/partiql.h"

#include "fuzz.h"

static const char item_json[] = "{\"a\":{\"S\":\"x\"},\"b\":{\"N\":\"5\"},\"c\":{\"L\":[{\"M\":{\"a\":{"
                                "\"SS\":[\"x\",\"y\"]}}},{\"NULL\":true}]},\"f\":{\"M\":{}}}";
static const char parameters_json[] =
    "[{\"S\":\"x\"},{\"N\":\"5\"},{\"L\":[{\"S\":\"a\"}]},{\"SS\":[\"y\"]}]";

FUZZ(arena, input)
{
    struct dynamodb_attribute_map item = {0};
    struct dynamodb_prepared_statement_parameters parameters = {0};
    struct statement statement;
    str problem;

    check(model_from_json(arena, &DYNAMODB_ATTRIBUTE_MAP, str_of(item_json), &item));
    check(model_from_json(arena, &DYNAMODB_PREPARED_STATEMENT_PARAMETERS, str_of(parameters_json),
                          &parameters));
    if (input.size > MAX_STATEMENT_BYTES ||
        !dynamodb_statement_parse(arena, input, &parameters, &statement, &problem))
        return;
    if (statement.where)
        dynamodb_expression_holds(arena, statement.where, &item);
    if (statement.projection)
        dynamodb_columns_apply(arena, statement.projection, &item);
    if (statement.update.count > 0)
        dynamodb_update_apply(arena, &statement.update, &item, &problem);
}
