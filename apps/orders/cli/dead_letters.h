#pragma once

/*
 * dead_letters.h: looking into the dead-letter queue.
 *
 * There is no looking without receiving: messages are received, hidden from others for a moment, and put
 * back at once. It counts as a receive of each.
 */
#include "orders/cli/orders.h"

struct dead_letter {
    str message_id, receipt_handle;
    str body;
    str text;                                       /* what was published: the body without SNS's envelope */
    str order_id;                                   /* absent when it holds none */
    int64_t published_ms, queued_ms, receive_count; /* -1 where it is not known */
};

struct dead_letters {
    str queue_url;
    struct dead_letter *items;
    size_t count;
};

/* Receive all of them (at most 1,000).  False: it has been said why. */
bool dead_letters_take(struct orders *orders, struct dead_letters *letters);
void dead_letters_put_back(struct orders *orders, const struct dead_letters *letters);
/* Ten or fewer from `first` on. False: it has been said why. */
bool dead_letters_delete(struct orders *orders, const struct dead_letters *letters, size_t first,
                         size_t count);
/* What the message's body says. */
struct dead_letter dead_letter_read(struct arena *arena, const struct sqs_message *message);
