#pragma once

/*
 * dead_letters.h: looking into the dead-letter queue.
 *
 * SQS shows messages only by receiving them: they are received, hidden from others for a moment, and put back
 * at once.  This counts as a receive of each message.
 */
#include "orders/cli/orders.h"

struct dead_letter {
    str message_id, receipt_handle;
    str body;
    str text;                                       /* the published text: the body without SNS's envelope */
    str order_id;                                   /* absent when the message has no order id */
    int64_t published_ms, queued_ms, receive_count; /* -1 where unknown */
};

struct dead_letters {
    str queue_url;
    struct dead_letter *items;
    size_t count;
};

/* Receive all messages (at most 1,000).  False: the reason has been printed. */
bool dead_letters_take(struct orders *orders, struct dead_letters *letters);
void dead_letters_put_back(struct orders *orders, const struct dead_letters *letters);
/* Delete ten or fewer, from `first` on.  False: the reason has been printed. */
bool dead_letters_delete(struct orders *orders, const struct dead_letters *letters, size_t first,
                         size_t count);
