#pragma once

/*
 * orders.h: what all commands of `orderly orders` share: the names of the order system, the client, and
 * calls that say in plain words why they failed.
 */
#include "client/client.h"
#include "orders/cli/arguments.h"

#include "dynamodb_model.h"
#include "logs_model.h"
#include "sqs_model.h"

#define ORDERS_TABLE "Orders"
#define ORDERS_TOPIC "OrderTopic"
#define ORDERS_QUEUE "OrderQueue"
#define ORDERS_DEAD_LETTERS "OrderDLQ"
#define ORDERS_FUNCTION "OrderProcessor"
#define ORDERS_ROLE "LambdaOrderProcessorRole"
#define ORDERS_LOG_GROUP "/aws/lambda/" ORDERS_FUNCTION

enum endpoint_kind { ENDPOINT_UNKNOWN, ENDPOINT_ORDERLY, ENDPOINT_OTHER };

struct orders {
    struct arena *arena; /* of the whole command */
    struct config *config;
    struct client *client;
    const struct arguments *arguments;
    struct failure failure;           /* of the last call that failed */
    str partition, account;           /* after orders_who_am_i() */
    enum endpoint_kind endpoint_kind; /* what orders_traces_served() has found out */
};

/* One call.  False: `failure` is set, nothing has been said. */
bool orders_call(struct orders *orders, const struct operation *operation, const void *in, void *out);
/* Say on stderr that `what` failed and why.  Returns false. */
bool orders_complain(struct orders *orders, const char *what);
/* The same with what is probably amiss when the thing called `name` is not there. */
bool orders_complain_missing(struct orders *orders, const char *what);

/* False: it has been said why. */
bool orders_who_am_i(struct orders *orders);
/* arn:aws:<service>:<region>:<account>:<resource> */
str orders_arn(struct orders *orders, const char *service, const char *resource);
/* "http://127.0.0.1:4566", or "AWS" */
str orders_where(struct orders *orders);
/* The URL of that queue.  False: it has been said that there is none, or why it is not known. */
bool orders_queue_url(struct orders *orders, const char *name, str *url);

/* How many visible messages the queue has, about. False: it has been said why it is not known. */
bool orders_queue_length(struct orders *orders, const char *name, int64_t *length);
/* The order as it is in the table; without attributes when it is not there. False: it has been said why. */
bool orders_get(struct orders *orders, str order_id, struct dynamodb_attribute_map *item);
