#include "logs.h"

#include "extraction.h"
#include "query.h"

static void start(const struct call *call)
{
    logs_extraction_start(call);
    logs_queries_start(call);
}

const struct module LOGS_MODULE = {.service = &LOGS_SERVICE,
                                   .usage = "Logs",
                                   .schema = &LOGS_SCHEMA,
                                   .start = start,
                                   .locate_arn = logs_locate_arn};
