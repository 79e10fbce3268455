#pragma once

/*
 * publish.h: many messages to the topic, ten in a request, several requests at once.
 */
#include "orders/cli/orders.h"

struct publish_message {
    str text;
    size_t number; /* chosen by the caller */
};

struct publish_source {
    void *context;
    /* The next message; false: no more messages.  Its text lives at least as long as `arena`. */
    bool (*next)(void *context, struct arena *arena, struct publish_message *message);
    /* The result of a message: `problem` is absent when the topic accepted it. */
    void (*end)(void *context, size_t number, str problem);
};

/* False: it does not exist, which has been printed.  Who may not look is taken to have it. */
bool publish_topic_exists(struct orders *orders, str topic_arn);
/*
 * Publish all messages; end() has been called for each one when this returns.  When the endpoint no longer
 * answers, the rest is neither sent nor ended.
 */
void publish_all(struct orders *orders, str topic_arn, const struct publish_source *source);
