#include "dynamodb.h"

#include "dynamodb_model.h"
#include "dynamodb_sql.h"

const struct module DYNAMODB_MODULE = {.service = &DYNAMODB_SERVICE, .schema = &DYNAMODB_SCHEMA};
