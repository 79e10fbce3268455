#pragma once

/*
 * dialect.h: the words in which DynamoDB refuses a request by itself, before it looks at a table.
 */
#include "engine/call.h"
#include "value.h"

#define DYNAMODB_TOO_DEEP                                                                                    \
    DYNAMODB_NESTED_TOO_DEEPLY ": Attributes in the item have nested levels beyond supported limit"

/* Fail with a ValidationException, in the envelope that some operations put around it; returns false. */
bool dynamodb_refuse_request(const struct call *call, str sentence);
/* The same for a Select that does not fit the other parameters: Query has the envelope, Scan does not. */
bool dynamodb_refuse_select(const struct call *call, str sentence);
/* By which layer the operation's values are checked. */
enum value_layer dynamodb_value_layer(const struct call *call);
/* Is it a valid name of a table?  False: fail() has been called. */
bool dynamodb_table_name_check(const struct call *call, str name);
/* The same for a name at another member than tableName. */
bool dynamodb_table_name_check_at(const struct call *call, str name, str member);
