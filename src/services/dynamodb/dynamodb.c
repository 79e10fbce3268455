#include "dynamodb.h"

#include "dynamodb_internal.h"

const struct module DYNAMODB_MODULE = {.service = &DYNAMODB_SERVICE,
                                       .schema = &DYNAMODB_SCHEMA,
                                       .start = dynamodb_upkeep_start,
                                       .locate_arn = dynamodb_locate_arn,
                                       .request_ended = dynamodb_request_ended};
