/*
 * hops.c: an invocation's hops, in the traces of the messages that it was invoked for.
 */
#include "batches.h"
#include "lambda_internal.h"
#include "reports.h"

#include "logs_model.h"

#include "wire/json.h"

/* "id handle trace attempt"; a message that an earlier version held has no trace and no attempt. */
str lambda_receipt_text(const struct call *call, const struct receipt *receipt)
{
    check(receipt->attempt >= 0);
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

/*
 * The steps of a batch's function are in the trace of its first message; the other traces get a reference to
 * it.
 */
static str reference_to(const struct call *call, str trace_id)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("goesOnIn"), trace_id);
    json_close_object(&writer);
    return json_written(&writer);
}

int64_t lambda_messages_hop(const struct call *call, str trace_id, str lines, const struct trace_hop *hop)
{
    struct trace_hop one = *hop;
    struct receipt receipt;
    int64_t first = 0;

    while (lambda_receipt_next(&lines, &receipt)) {
        if (!str_present(receipt.trace_id))
            continue;
        one.trace_id = receipt.trace_id;
        one.message_id = receipt.message_id;
        one.attempt = receipt.attempt;
        bool elsewhere = hop->kind == HOP_INVOKED && !str_equal(receipt.trace_id, trace_id);
        one.detail = elsewhere ? reference_to(call, trace_id) : hop->detail;
        int64_t id = trace(call, &one);
        first = first ? first : id;
    }
    return first;
}

int64_t lambda_invocation_hop(const struct call *call, str trace_id, str receipts,
                              const struct trace_hop *hop)
{
    struct trace_hop one = *hop;
    str queue_arn;

    one.trace_id = trace_id;
    if (!str_present(receipts) || !str_next(&receipts, '\n', &queue_arn))
        return trace(call, &one);
    return lambda_messages_hop(call, trace_id, receipts, hop);
}

/* The last line that contains the message's id, without its line end; absent when no line does. */
static str line_about(const struct logs_input_log_events *output, str message_id)
{
    for (size_t i = output->count; i > 0; i--)
        if (str_find(output->items[i - 1].message, message_id) >= 0)
            return str_trim(output->items[i - 1].message);
    return (str){0};
}

static str reason_of(const struct call *call, bool reported, str line)
{
    if (!reported)
        return S(
            "what the function reported of failed messages cannot be understood, so all of them come again");
    return arena_concat(call->arena, S("the function reported this message as failed"),
                        str_present(line) ? S(", and printed: ") : S(""), str_present(line) ? line : S(""));
}

/* request_id: absent if the function was not invoked. */
static void add_retried(const struct call *call, const struct receipt *receipt, str queue_arn, str request_id,
                        str reason)
{
    if (str_present(receipt->trace_id))
        trace(call, &(struct trace_hop){
                        .kind = HOP_RETRIED,
                        .verdict = VERDICT_FAILED,
                        .trace_id = receipt->trace_id,
                        .resource_arn = queue_arn,
                        .message_id = receipt->message_id,
                        .request_id = request_id,
                        .attempt = receipt->attempt,
                        .reason = reason,
                    });
}

void lambda_retried_hop(const struct call *call, const struct receipt *receipt, str queue_arn, str request_id,
                        bool is_reported, str line)
{
    add_retried(call, receipt, queue_arn, request_id, reason_of(call, is_reported, line));
}

void lambda_stopped_hop(const struct call *call, const struct receipt *receipt, str queue_arn,
                        bool is_looping)
{
    add_retried(call, receipt, queue_arn, (str){0},
                is_looping ? S("the message has been in a loop through the function, which is not invoked "
                               "again for it")
                           : S("an earlier message of the group has been in a loop through the function"));
}

void lambda_retried_hops(const struct call *call, const struct lambda_find_invocation_row *invocation,
                         const struct str_list *failures, const struct logs_input_log_events *output)
{
    str receipts = invocation->receipts, queue_arn;
    struct receipt receipt;

    str_next(&receipts, '\n', &queue_arn);
    while (lambda_receipt_next(&receipts, &receipt))
        if (!failures || lambda_ids_have(failures, receipt.message_id))
            lambda_retried_hop(call, &receipt, queue_arn, invocation->request_id, failures != NULL,
                               line_about(output, receipt.message_id));
}
