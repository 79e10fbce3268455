/*
 * receipt.c: receipt handles.
 *
 * A handle carries the message's row and a random number that is new at each receive.  Only the
 * latest number counts: a handle from before the message was received again does nothing.
 */
#include "sqs_internal.h"

#include "base/hash.h"

#include <string.h>

enum { MAGIC = 0x4f524431 }; /* tells our handles from a client's typing error */

struct handle {
    int64_t magic, id, number;
};

str receipt_handle(struct call *call, struct receipt receipt)
{
    struct handle handle = {MAGIC, receipt.id, receipt.number};

    return base64_encode(call->arena, (str){(const char *)&handle, sizeof handle});
}

bool receipt_read(struct call *call, str text, struct receipt *receipt)
{
    struct handle handle = {0};
    str bytes;

    if (base64_decode(call->arena, text, &bytes) && bytes.size == sizeof handle)
        memcpy(&handle, bytes.data, sizeof handle);
    *receipt = (struct receipt){handle.id, handle.number};
    if (handle.magic == MAGIC)
        return true;
    fail(call, &SQS_RECEIPT_HANDLE_IS_INVALID,
         "The input receipt handle \"%.*s\" is not a valid receipt handle.", STR_ARGS(text));
    return false;
}
