/*
 * receipt.c: receipt handles.
 *
 * A handle contains the queue, the message's row, the time, and a random number that is new at each receive.
 * It is sealed, so every handle that can be read was made by a receive of this store.  Only the newest number
 * deletes: a handle of an earlier receive does not delete the message.
 */
#include "sqs_internal.h"

enum { FIELDS = 4, FIELD_BYTES = 8 };

/* The most significant byte first. */
static void put_field(char *bytes, int64_t value)
{
    for (int i = 0; i < FIELD_BYTES; i++)
        bytes[i] = (char)((uint64_t)value >> (8 * (FIELD_BYTES - 1 - i)));
}

static int64_t take_field(str *rest)
{
    uint64_t value = 0;

    for (int i = 0; i < FIELD_BYTES; i++)
        value = value << 8 | (unsigned char)rest->data[i];
    *rest = str_from(*rest, FIELD_BYTES);
    return (int64_t)value;
}

str sqs_receipt_handle(const struct call *call, const struct queue *queue, struct receipt receipt)
{
    const int64_t fields[FIELDS] = {queue->row.id, receipt.id, receipt.number, receipt.received_ms};
    char bytes[FIELDS * FIELD_BYTES];

    check(receipt.id > 0 && receipt.number >= 0);
    check(receipt.received_ms <= call->now_ms);
    char *at = bytes;
    for (int i = 0; i < FIELDS; i++, at += FIELD_BYTES)
        put_field(at, fields[i]);
    return seal(call, S("sqs/receipt"), (str){bytes, sizeof bytes});
}

/* False: no receive of that queue has made it. */
static bool read_handle(const struct call *call, const struct queue *queue, str handle,
                        struct receipt *receipt)
{
    const size_t size = sizeof(int64_t[FIELDS]);
    str rest;

    if (!unseal(call, S("sqs/receipt"), handle, &rest) || rest.size != size)
        return false;
    int64_t queue_id = take_field(&rest);
    receipt->id = take_field(&rest);
    receipt->number = take_field(&rest);
    receipt->received_ms = take_field(&rest);
    return queue_id == queue->row.id;
}

bool sqs_receipt_read(const struct call *call, const struct queue *queue, str handle, struct receipt *receipt)
{
    if (read_handle(call, queue, handle, receipt))
        return true;
    fail(call, &SQS_RECEIPT_HANDLE_IS_INVALID,
         "The input receipt handle \"%.*s\" is not a valid receipt handle.", STR_ARGS(handle));
    return false;
}
