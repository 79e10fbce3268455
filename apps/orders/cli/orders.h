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
    str partition, account;           /* set by orders_who_am_i() */
    enum endpoint_kind endpoint_kind; /* set by orders_traces_served() */
};

/* One call.  False: `failure` is set, and nothing has been printed. */
bool orders_call(struct orders *orders, const struct operation *operation, const void *in, void *out);
/* Print on stderr that `what` failed and why.  Returns false. */
bool orders_complain(struct orders *orders, const char *what);
/* The same, with advice if the failure is that a part of the order system is missing. */
bool orders_complain_missing(struct orders *orders, const char *what);

/* Find out partition and account.  False: the reason has been printed. */
bool orders_who_am_i(struct orders *orders);
/* arn:aws:<service>:<region>:<account>:<resource> */
str orders_arn(struct orders *orders, const char *service, const char *resource);
/* "http://127.0.0.1:4566", or "AWS" */
str orders_where(struct orders *orders);
/* The URL of that queue.  False: the reason has been printed. */
bool orders_queue_url(struct orders *orders, const char *name, str *url);

/* The approximate number of visible messages.  False: the reason has been printed. */
bool orders_queue_length(struct orders *orders, const char *name, int64_t *length);
/*
 * The order's item in the table; without attributes when the table lacks it.  False: the reason has been
 * printed.
 */
bool orders_get(struct orders *orders, str order_id, struct dynamodb_attribute_map *item);
