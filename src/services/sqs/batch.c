/*
 * batch.c: what the batch operations share.
 */
#include "sqs_internal.h"

enum { MAX_ENTRIES = 10, MAX_ID = 80 };

static bool is_id(str id)
{
    return id.size >= 1 && id.size <= MAX_ID && str_is_word(id, S("-_"));
}

static bool appears_before(struct str_list ids, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (str_equal(ids.items[i], ids.items[index]))
            return true;
    return false;
}

bool batch_check(const struct call *call, struct str_list ids)
{
    if (ids.count == 0) {
        fail(call, &SQS_EMPTY_BATCH_REQUEST, "There should be at least one %s in the request.",
             call->operation->input->members[1].shape->element->name);
        return false;
    }
    if (ids.count > MAX_ENTRIES) {
        fail(call, &SQS_TOO_MANY_ENTRIES_IN_BATCH_REQUEST,
             "Maximum number of entries per request are 10. You have sent %zu.", ids.count);
        return false;
    }
    for (size_t i = 0; i < ids.count; i++) {
        if (!is_id(ids.items[i])) {
            fail(call, &SQS_INVALID_BATCH_ENTRY_ID,
                 "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                 "It can be at most 80 letters long.");
            return false;
        }
        if (appears_before(ids, i)) {
            fail(call, &SQS_BATCH_ENTRY_IDS_NOT_DISTINCT, "Id %.*s repeated.", STR_ARGS(ids.items[i]));
            return false;
        }
    }
    return true;
}

struct sqs_batch_result_error_entry batch_error(const struct call *call, str id)
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
