#include "sqs.h"

#include "sqs_internal.h"

static struct sqs_options configured; /* written once, before other threads start */

void sqs_configure(const struct sqs_options *options)
{
    configured = *options;
}

bool sqs_waits(void)
{
    return configured.waits;
}

static const struct door doors[] = {
    {.method = "GET", .path = "/_aws/sqs/messages", .answer = sqs_peek, .flags = DOOR_ON_WORKER},
    {.method = "DELETE",
     .path = "/_aws/sqs/messages",
     .answer = sqs_peek_purge,
     .flags = DOOR_ON_ENGINE | DOOR_CHANGES},
    {.method = "GET", .path = "/_orderly/sqs/queues", .answer = sqs_all_queues, .flags = DOOR_ON_WORKER},
    {.method = "GET",
     .path = "/_orderly/sqs/dead-letter-queues",
     .answer = sqs_dead_letter_queues,
     .flags = DOOR_ON_WORKER},
    {.method = "POST",
     .path = "/_orderly/sqs/messages/delete",
     .answer = sqs_peek_delete,
     .flags = DOOR_ON_ENGINE | DOOR_CHANGES},
    {.method = "POST",
     .path = "/_orderly/sqs/messages/redrive",
     .answer = sqs_peek_redrive,
     .flags = DOOR_ON_ENGINE | DOOR_CHANGES},
    {0},
};

const struct module SQS_MODULE = {.service = &SQS_SERVICE,
                                  .usage = "SQS",
                                  .schema = &SQS_SCHEMA,
                                  .start = sqs_measure_later,
                                  .doors = doors,
                                  .locate_arn = sqs_locate_arn,
                                  .describe = sqs_describe,
                                  .upcoming = sqs_upcoming};

bool sqs_value_refuse(const struct call *call, const char *parameter, str value, const char *reason)
{
    fail(call, &SQS_INVALID_PARAMETER_VALUE_EXCEPTION, "Value %.*s for parameter %s is invalid. Reason: %s",
         STR_ARGS(value), parameter, reason);
    return false;
}
