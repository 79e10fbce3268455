#pragma once
#include <stdbool.h>

#include "orderly_json.h"
#include "orderly_lambda.h"

/*
 * table.h: one DynamoDB table, over one kept HTTP connection.
 */
struct table;

/*
 * The table $TABLE_NAME (Orders) at $AWS_ENDPOINT_URL_DYNAMODB, $AWS_ENDPOINT_URL or AWS itself, with the
 * function's own credentials.  NULL, with *problem set, if the environment lacks them.
 */
struct table *table_open(const char **problem);

/*
 * PutItem: writes the object `item`, whose members become attributes, over any item with the same key, in the
 * invocation's trace and early enough for the invocation to answer.  False if the item may not be stored;
 * *problem then says why, and is valid until the next call.
 */
bool table_put(struct table *table, const struct json *item, const struct lambda_invocation *invocation,
               const char **problem);
