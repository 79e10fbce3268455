#pragma once

/*
 * dynamodb.h: Amazon DynamoDB, as main sees it.
 */
#include "engine/call.h"

extern const struct module DYNAMODB_MODULE;
extern const struct module DYNAMODBSTREAMS_MODULE;

struct hop_details;
/* Of writes of items. */
extern const struct hop_details DYNAMODB_HOP_DETAILS;

struct dynamodb_options {
    int64_t table_delay_ms;   /* how long a table is CREATING, UPDATING or DELETING */
    bool enforces_throughput; /* requests beyond the throughput of a table are refused */
    int64_t collection_bytes; /* what an item collection may have, for tests; 0: AWS's 10 GB */
};

/* Call it before the engine starts. */
void dynamodb_configure(const struct dynamodb_options *options);
