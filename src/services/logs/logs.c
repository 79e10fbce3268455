#include "logs.h"

#include "logs_internal.h"

const struct module LOGS_MODULE = {
    .service = &LOGS_SERVICE, .schema = &LOGS_SCHEMA, .locate_arn = logs_locate_arn};
