#pragma once

/*
 * dynamodb.h: Amazon DynamoDB, as main wires it in.
 */
#include "engine/call.h"

extern const struct module DYNAMODB_MODULE;
