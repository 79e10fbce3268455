#include "logs.h"

#include "logs_internal.h"
#include "query.h"

const struct module LOGS_MODULE = {.service = &LOGS_SERVICE,
                                   .schema = &LOGS_SCHEMA,
                                   .locate_arn = logs_locate_arn,
                                   .start = logs_queries_start};
