/*
 * receipt.c: receipt handles.
 *
 * A handle carries the queue, the message's row, the time, and a random number that is new at each receive.
 * It is sealed, so every handle that can be read was given out by a receive of this store.  Only the latest
 * number deletes: a handle from before the message was received again leaves it where it is.
 */
#include "sqs_internal.h"

enum { FIELDS = 4, FIELD_BYTES = 8 };

/* The most significant byte first. */
static void put_field(char *bytes, int64_t value)
{
    for (int i = 0; i < FIELD_BYTES; i++)
        bytes[i] = (char)((uint64_t)value >> (8 * (FIELD_BYTES - 1 - i)));
}

static int64_t get_field(const char *bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < FIELD_BYTES; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return (int64_t)value;
}

str receipt_handle(const struct call *call, const struct queue *queue, struct receipt receipt)
{
    const int64_t fields[FIELDS] = {queue->row.id, receipt.id, receipt.number, receipt.received_ms};
    char bytes[FIELDS * FIELD_BYTES];

    for (int i = 0; i < FIELDS; i++)
        put_field(bytes + i * FIELD_BYTES, fields[i]);
    return seal(call, S("sqs/receipt"), (str){bytes, sizeof bytes});
}

bool receipt_read(const struct call *call, const struct queue *queue, str handle, struct receipt *receipt)
{
    str bytes;

    if (unseal(call, S("sqs/receipt"), handle, &bytes) && bytes.size == FIELDS * FIELD_BYTES &&
        get_field(bytes.data) == queue->row.id) {
        *receipt = (struct receipt){
            .id = get_field(bytes.data + FIELD_BYTES),
            .number = get_field(bytes.data + 2 * FIELD_BYTES),
            .received_ms = get_field(bytes.data + 3 * FIELD_BYTES),
        };
        return true;
    }
    fail(call, &SQS_RECEIPT_HANDLE_IS_INVALID,
         "The input receipt handle \"%.*s\" is not a valid receipt handle.", STR_ARGS(handle));
    return false;
}
