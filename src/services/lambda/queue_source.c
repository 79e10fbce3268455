/*
 * queue_source.c: SQS queues as event sources.
 *
 * Everything is done under the function's role.  A message that is not deleted becomes visible again, and so
 * comes again.
 */
#include "lambda_internal.h"

#include "aws/arn.h"
#include "sqs_model.h"

enum { MESSAGES_AT_ONCE = 10, WAIT_SECONDS = 20 };

str lambda_source_queue_url(const struct call *call, str queue_arn)
{
    struct arn arn;

    arn_parse(queue_arn, &arn);
    return arena_concat(call->arena, lambda_options()->endpoint, S("/"), arn.account, S("/"), arn.resource);
}

/* ---- permissions of the function's role ---- */

static bool lacks(const struct call *call, const char *action)
{
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "The function execution role does not have permissions to call %s on SQS", action);
    return false;
}

static bool role_may(const struct call *call, const struct principal *role, const char *action, str queue_arn,
                     str policy)
{
    return may(call, role, arena_format(call->arena, "sqs:%s", action), queue_arn, policy) ||
           lacks(call, action);
}

static bool read_queue(const struct call *call, const struct principal *role, str queue_arn,
                       struct str_map *attributes)
{
    static str all_names[] = {STR_INIT("All")};
    struct sqs_get_queue_attributes_request in = {
        .queue_url = lambda_source_queue_url(call, queue_arn),
        .attribute_names = {all_names, 1},
    };
    struct sqs_get_queue_attributes_result out = {0};
    struct failure failure;

    if (invoke(call, role, &SQS_GET_QUEUE_ATTRIBUTES, &in, &out, &failure) == DONE) {
        *attributes = out.attributes;
        return true;
    }
    if (failure.error != &SQS_QUEUE_DOES_NOT_EXIST) /* AWS tries to receive first; the policy is unknown */
        return role_may(call, role, "ReceiveMessage", queue_arn, (str){0}) &&
               lacks(call, "GetQueueAttributes");
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
         "SQS Error Message: The specified queue does not exist.");
    return false;
}

static bool timeout_check(const struct call *call, const struct function *function,
                          const struct str_map *attributes)
{
    int64_t visibility_seconds;

    if (!str_to_i64(str_map_get(attributes, S("VisibilityTimeout")), &visibility_seconds) ||
        visibility_seconds >= function->row.timeout_seconds)
        return true;
    fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
         "Queue visibility timeout: %lld seconds is less than Function timeout: %lld seconds",
         (long long)visibility_seconds, (long long)function->row.timeout_seconds);
    return false;
}

static bool queue_accepts(const struct call *call, const struct function *function, str queue_arn)
{
    const struct principal *role = lambda_function_role(call, function);
    struct str_map attributes = {0};

    if (!role)
        return lacks(call, "ReceiveMessage");
    if (!read_queue(call, role, queue_arn, &attributes))
        return false;
    str policy = str_map_get(&attributes, S("Policy"));
    return role_may(call, role, "ReceiveMessage", queue_arn, policy) &&
           role_may(call, role, "DeleteMessage", queue_arn, policy) &&
           timeout_check(call, function, &attributes);
}

/* ---- receiving ---- */

static str receipt_of(const struct call *call, const struct sqs_message *message)
{
    struct receipt receipt = {.message_id = message->message_id,
                              .handle = message->receipt_handle,
                              .trace_id = lambda_event_trace_id(message)};

    str_to_i64(str_map_get(&message->attributes, S("ApproximateReceiveCount")), &receipt.attempt);
    return lambda_receipt_text(call, &receipt);
}

static struct record_list records_of(const struct call *call, const struct poll *poll,
                                     const struct sqs_message_list *messages)
{
    struct record_list records = {0};

    for (size_t i = 0; i < messages->count; i++) {
        const struct sqs_message *message = &messages->items[i];
        *list_add(call->arena, &records) = (struct record){
            .json = lambda_event_record(call, message, poll->mapping.source_arn),
            .receipt = receipt_of(call, message),
            .trace_id = lambda_event_trace_id(message),
        };
    }
    return records;
}

static enum outcome receive(const struct call *call, const struct poll *poll, int64_t most,
                            struct record_list *records, struct failure *failure)
{
    check(most > 0);
    static str all_names[] = {STR_INIT("All"), STR_INIT("AWSTraceHeader")};
    struct sqs_receive_message_request in = {
        .queue_url = lambda_source_queue_url(call, poll->mapping.source_arn),
        .message_system_attribute_names = {all_names, 2},
        .message_attribute_names = {all_names, 1},
        .max_number_of_messages = arena_i64(call->arena, most < MESSAGES_AT_ONCE ? most : MESSAGES_AT_ONCE),
        .wait_time_seconds = arena_i64(call->arena, WAIT_SECONDS),
    };
    struct sqs_receive_message_result out = {0};
    enum outcome outcome = invoke(call, poll->role, &SQS_RECEIVE_MESSAGE, &in, &out, failure);

    if (outcome == DONE)
        *records = records_of(call, poll, &out.messages);
    return outcome;
}

/* ---- the end of a batch ---- */

static void delete_some(const struct call *call, const struct principal *role, str queue_arn,
                        const struct sqs_delete_message_batch_request_entry_list *entries)
{
    struct sqs_delete_message_batch_request in = {.queue_url = lambda_source_queue_url(call, queue_arn),
                                                  .entries = *entries};
    struct sqs_delete_message_batch_result out = {0};
    struct failure failure;

    if (entries->count > 0)
        invoke(call, role, &SQS_DELETE_MESSAGE_BATCH, &in, &out, &failure);
}

/* Messages that cannot be deleted are delivered again, as on AWS. */
static void delete_others(const struct call *call, const struct principal *role,
                          const struct receipts *receipts, const struct str_list *failures)
{
    struct sqs_delete_message_batch_request_entry_list entries = {0};

    for (size_t i = 0; role && i < receipts->ids.count; i++) {
        if (str_is_one_of(receipts->ids.items[i], failures->items, failures->count))
            continue;
        struct sqs_delete_message_batch_request_entry *entry = list_add(call->arena, &entries);
        entry->id = arena_format(call->arena, "%zu", i);
        entry->receipt_handle = receipts->handles.items[i];
        if (entries.count == MESSAGES_AT_ONCE) {
            delete_some(call, role, receipts->source_arn, &entries);
            entries = (struct sqs_delete_message_batch_request_entry_list){0};
        }
    }
    delete_some(call, role, receipts->source_arn, &entries);
}

const struct event_source LAMBDA_QUEUE_SOURCE = {
    .service = "sqs",
    .default_batch_size = MESSAGES_AT_ONCE,
    .user_reason = "USER_INITIATED",
    .accepts = queue_accepts,
    .receive = receive,
    .settle = delete_others,
};
