/*
 * fuzz_expression.c: DynamoDB's expressions from strangers: parsed as condition, key condition and
 * projection, then evaluated for an item.
 */
#include "engine/call.h"
#include "services/dynamodb/expression.h"

#include "fuzz.h"

static const char item_json[] = "{\"a\":{\"S\":\"x\"},\"b\":{\"N\":\"5\"},\"c\":{\"L\":[{\"M\":{\"a\":{"
                                "\"SS\":[\"x\",\"y\"]}}},{\"NULL\":true}]},"
                                "\"d\":{\"B\":\"AP8=\"},\"e\":{\"BOOL\":false},\"f\":{\"M\":{}}}";
static const char values_json[] = "{\":a\":{\"S\":\"x\"},\":b\":{\"N\":\"5\"},\":c\":{\"L\":[]},\":d\":{"
                                  "\"B\":\"AA==\"},\":e\":{\"S\":\"SS\"}}";

static struct str_map_entry name_entries[] = {{STR_INIT("#a"), STR_INIT("a")},
                                              {STR_INIT("#b"), STR_INIT("c")}};
static const struct str_map names = {name_entries, 2};

static void evaluate(struct scope *scope, str text, const struct dynamodb_attribute_map *item)
{
    struct key_condition key = {0};
    str problem;
    const struct node *condition = dynamodb_condition_parse(scope, text, &problem);

    if (!condition)
        return;
    dynamodb_expression_holds(scope->arena, condition, item);
    dynamodb_condition_names(condition, S("a"));
    dynamodb_key_condition_read(scope->arena, condition, &key, &problem);
}

FUZZ(arena, input)
{
    struct dynamodb_attribute_map item = {0}, values = {0};
    bool names_used[8] = {0}, values_used[8] = {0};
    struct scope scope = {.arena = arena,
                          .names = &names,
                          .values = &values,
                          .names_used = names_used,
                          .values_used = values_used};
    struct projection projection;
    str problem;

    check(model_from_json(arena, &DYNAMODB_ATTRIBUTE_MAP, str_of(item_json), &item));
    check(model_from_json(arena, &DYNAMODB_ATTRIBUTE_MAP, str_of(values_json), &values));
    evaluate(&scope, input, &item);
    if (dynamodb_projection_parse(&scope, input, &projection, &problem))
        dynamodb_projection_apply(arena, &projection, &item);
}
