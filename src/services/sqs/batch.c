/*
 * batch.c: what the batch operations share.
 */
#include "sqs_internal.h"

#include "aws/batch_ids.h"

bool sqs_batch_check(const struct call *call, struct str_list ids)
{
    size_t index;

    switch (batch_ids_check(ids.items, ids.count, &index)) {
    case BATCH_IDS_FINE:
        return true;
    case BATCH_IDS_NONE:
        fail(call, &SQS_EMPTY_BATCH_REQUEST, "There should be at least one %s in the request.",
             call->operation->input->members[1].shape->element->name);
        return false;
    case BATCH_IDS_TOO_MANY:
        fail(call, &SQS_TOO_MANY_ENTRIES_IN_BATCH_REQUEST,
             "Maximum number of entries per request are 10. You have sent %zu.", ids.count);
        return false;
    case BATCH_IDS_MALFORMED:
        fail(call, &SQS_INVALID_BATCH_ENTRY_ID,
             "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
             "It can be at most 80 letters long.");
        return false;
    case BATCH_IDS_REPEATED:
        fail(call, &SQS_BATCH_ENTRY_IDS_NOT_DISTINCT, "Id %.*s repeated.", STR_ARGS(ids.items[index]));
        return false;
    }
    return false;
}

struct sqs_batch_result_error_entry sqs_batch_error(const struct call *call, str id)
{
    struct failure failure = take_failure(call);
    const struct error *error = failure.error;

    return (struct sqs_batch_result_error_entry){
        .id = id,
        .sender_fault = error->sender,
        .code = str_of(error->query_code ? error->query_code : error->name),
        .message = failure.message,
    };
}
