#include "dynamodb.h"

#include "dynamodb_internal.h"
#include "dynamodbstreams_model.h"

const struct module DYNAMODB_MODULE = {.service = &DYNAMODB_SERVICE,
                                       .schema = &DYNAMODB_SCHEMA,
                                       .start = dynamodb_upkeep_start,
                                       .locate_arn = dynamodb_locate_arn,
                                       .request_ended = dynamodb_request_ended};

/* The same tables, so no schema of its own. */
const struct module DYNAMODBSTREAMS_MODULE = {.service = &DYNAMODBSTREAMS_SERVICE};
