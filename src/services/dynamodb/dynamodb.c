#include "dynamodb.h"

#include "dynamodb_internal.h"
#include "stream_internal.h"
#include "tables.h"

static struct dynamodb_options configured; /* written once, before other threads start */

void dynamodb_configure(const struct dynamodb_options *options)
{
    configured = *options;
}

int64_t dynamodb_table_delay_ms(void)
{
    return configured.table_delay_ms;
}

int64_t dynamodb_collection_limit_bytes(void)
{
    return configured.collection_bytes ? configured.collection_bytes : (int64_t)10 * 1024 * 1024 * 1024;
}

bool dynamodb_throughput_enforced(void)
{
    return configured.enforces_throughput;
}

const struct module DYNAMODB_MODULE = {.service = &DYNAMODB_SERVICE,
                                       .usage = "DynamoDB",
                                       .schema = &DYNAMODB_SCHEMA,
                                       .start = dynamodb_upkeep_start,
                                       .reset = dynamodb_throughput_forget,
                                       .locate_arn = dynamodb_locate_arn,
                                       .describe = dynamodb_describe,
                                       .request_ended = dynamodb_request_ended};

/* The same tables, so no schema of its own. */
const struct module DYNAMODBSTREAMS_MODULE = {.service = &DYNAMODBSTREAMS_SERVICE,
                                              .usage = "DynamoDB Streams",
                                              .request_ended = dynamodb_stream_request_ended};
