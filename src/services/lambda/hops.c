/*
 * hops.c: an invocation's hops, in the traces of what it was invoked for.
 */
#include "lambda_internal.h"

/* "id handle trace attempt"; what an earlier version held back for a batch has no trace and no attempt. */
str lambda_receipt_text(const struct call *call, const struct receipt *receipt)
{
    return arena_format(call->arena, "%.*s %.*s %.*s %lld", STR_ARGS(receipt->message_id),
                        STR_ARGS(receipt->handle), STR_ARGS(receipt->trace_id), (long long)receipt->attempt);
}

bool lambda_receipt_next(str *receipts, struct receipt *receipt)
{
    str line, attempt;

    *receipt = (struct receipt){0};
    if (!str_present(*receipts) || !str_next(receipts, '\n', &line))
        return false;
    str_next(&line, ' ', &receipt->message_id);
    str_next(&line, ' ', &receipt->handle);
    if (str_next(&line, ' ', &receipt->trace_id) && str_next(&line, ' ', &attempt))
        str_to_i64(attempt, &receipt->attempt);
    return true;
}

int64_t lambda_invocation_hop(const struct call *call, str trace_id, str receipts,
                              const struct trace_hop *hop)
{
    struct trace_hop one = *hop;
    struct receipt receipt;
    int64_t first = 0;
    str queue_arn;

    one.trace_id = trace_id;
    if (!str_present(receipts) || !str_next(&receipts, '\n', &queue_arn))
        return trace(call, &one);
    while (lambda_receipt_next(&receipts, &receipt)) {
        if (!str_present(receipt.trace_id))
            continue;
        one.trace_id = receipt.trace_id;
        one.message_id = receipt.message_id;
        one.attempt = receipt.attempt;
        int64_t id = trace(call, &one);
        first = first ? first : id;
    }
    return first;
}
