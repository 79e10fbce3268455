/*
 * queue_source.c: SQS queues as event sources.
 *
 * Everything is done under the function's role.  A message that is not deleted becomes visible again, and so
 * comes again.
 */
#include "batches.h"
#include "sandboxes.h"
#include "sources.h"

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

bool lambda_queue_accepts(const struct call *call, const struct function *function,
                          const struct lambda_mapping_row *mapping)
{
    str queue_arn = mapping->source_arn;
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

enum outcome lambda_queue_receive(const struct call *call, const struct poll *poll, int64_t most,
                                  struct sqs_message_list *messages, struct failure *failure)
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
        *messages = out.messages;
    return outcome;
}

int64_t lambda_queue_trace_waiting(const struct call *call, const struct poll *poll, int64_t after_ms,
                                   int64_t until_ms)
{
    const struct sqs_trace_waiting_request in = {
        .queue_arn = poll->mapping.source_arn,
        .consumer_arn = lambda_function_asked_arn(call->arena, &poll->function),
        .reason = lambda_throttle_sentence(call, &poll->function),
        .after_ms = after_ms,
        .until_ms = until_ms,
    };
    struct sqs_trace_waiting_result out = {0};
    struct failure failure;

    return invoke(call, poll->role, &SQS_TRACE_WAITING, &in, &out, &failure) == DONE ? out.traced_ms
                                                                                     : after_ms;
}

bool lambda_queue_hides(const struct call *call, const struct principal *role,
                        const struct receipts *receipts)
{
    const struct sqs_show_received_request in = {.queue_arn = receipts->source_arn,
                                                 .receipt_handles = receipts->handles};
    struct sqs_are_hidden_result out = {0};
    struct failure failure;

    return !role || receipts->handles.count == 0 ||
           invoke(call, role, &SQS_ARE_HIDDEN, &in, &out, &failure) != DONE || out.are_hidden;
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
void lambda_queue_delete(const struct call *call, const struct principal *role,
                         const struct receipts *receipts, const struct str_list *failures)
{
    struct sqs_delete_message_batch_request_entry_list entries = {0};

    for (size_t i = 0; role && i < receipts->ids.count; i++) {
        if (lambda_ids_have(failures, receipts->ids.items[i]))
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
