#pragma once

/*
 * publish.h: many messages to the topic, ten in a request, several requests at once.
 */
#include "orders/cli/orders.h"

struct publish_message {
    str text;
    size_t number; /* the caller's */
};

struct publish_source {
    void *context;
    /* The next message; false: no more.  Its text lasts on `arena`, or longer. */
    bool (*next)(void *context, struct arena *arena, struct publish_message *message);
    /* What became of it: `problem` is absent when the topic took it. */
    void (*end)(void *context, size_t number, str problem);
};

/* Each message has had its end() when this returns. */
void publish_all(struct orders *orders, str topic_arn, const struct publish_source *source);
