/*
 * receipt.c: receipt handles.
 *
 * A handle carries the message's row, its queue, the time, and a random number that is new at each
 * receive.  Only the latest number deletes: a handle from before the message was received again leaves
 * it where it is.
 */
#include "sqs_internal.h"

#include "base/hash.h"

#include <string.h>

enum { MAGIC = 0x4f524432 }; /* tells our handles from a client's typing error */

struct handle {
    int64_t magic, queue_id;
    struct receipt receipt;
};

str receipt_handle(const struct call *call, const struct queue *queue, struct receipt receipt)
{
    struct handle handle = {MAGIC, queue->row.id, receipt};

    return base64_encode(call->arena, (str){(const char *)&handle, sizeof handle});
}

bool receipt_read(const struct call *call, const struct queue *queue, str text, struct receipt *receipt)
{
    struct handle handle = {0};
    str bytes;

    if (base64_decode(call->arena, text, &bytes) && bytes.size == sizeof handle)
        memcpy(&handle, bytes.data, sizeof handle);
    *receipt = handle.receipt;
    if (handle.magic == MAGIC && handle.queue_id == queue->row.id)
        return true;
    fail(call, &SQS_RECEIPT_HANDLE_IS_INVALID,
         "The input receipt handle \"%.*s\" is not a valid receipt handle.", STR_ARGS(text));
    return false;
}
