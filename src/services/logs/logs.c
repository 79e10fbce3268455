#include "logs.h"

#include "extraction.h"

const struct module LOGS_MODULE = {.service = &LOGS_SERVICE,
                                   .schema = &LOGS_SCHEMA,
                                   .start = logs_extraction_start,
                                   .locate_arn = logs_locate_arn};
