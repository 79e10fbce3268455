#pragma once

/*
 * dynamodb.h: Amazon DynamoDB, as main sees it.
 */
#include "engine/call.h"

extern const struct module DYNAMODB_MODULE;
extern const struct module DYNAMODBSTREAMS_MODULE;
