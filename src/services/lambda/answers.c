/*
 * answers.c: what functions answer, read as JSON.
 *
 * An answer may have 6 MB, so a worker reads a large one before the engine needs it.
 */
#include "batches.h"
#include "invocations.h"
#include "lambda_internal.h"

#include "runtime_model.h"
#include "wire/json.h"

enum { LARGE_ANSWER_BYTES = 64 * 1024 };

struct failures_read {
    bool is_good;
    struct str_list ids;
};

/* What a worker has read. */
struct answer {
    const char *data; /* of the payload */
    const struct json *json;
    const struct failures_read *failures;
};

bool lambda_answer_is_large(str payload)
{
    return payload.size > LARGE_ANSWER_BYTES;
}

/* NULL: no worker has read that payload. */
static const struct answer *prepared_of(const struct call *call, str payload)
{
    bool may_be = call->operation == &RUNTIME_RESPONSE || call->operation == &RUNTIME_ERROR ||
                  call->operation == &RUNTIME_INIT_ERROR;
    const struct answer *answer = may_be ? prepared(call) : NULL;

    return answer && answer->data == payload.data ? answer : NULL;
}

const struct json *lambda_answer_json(const struct call *call, str payload)
{
    const struct answer *answer = prepared_of(call, payload);

    return answer ? answer->json : json_parse(call->arena, payload, NULL);
}

/*
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
static bool read_failures(const struct call *call, const struct json *response, struct str_list *ids)
{
    const struct json *failures = json_get(response, S("batchItemFailures"));

    if (!json_is(response, JSON_OBJECT))
        return false;
    if (!failures || json_is(failures, JSON_NULL))
        return true;
    if (!json_is(failures, JSON_ARRAY))
        return false;
    for (uint32_t i = 0; i < failures->count; i++) {
        str id = json_get_str(&failures->items[i], S("itemIdentifier"));
        if (str_empty(id))
            return false;
        *list_add(call->arena, ids) = id;
    }
    lambda_ids_sort(ids);
    return true;
}

bool lambda_event_failures(const struct call *call, str answer, struct str_list *ids)
{
    const struct answer *left = prepared_of(call, answer);

    *ids = (struct str_list){0};
    if (left && left->failures) {
        *ids = left->failures->ids;
        return left->failures->is_good;
    }
    const struct json *response = answer.size > 0 ? lambda_answer_json(call, answer) : NULL;
    return answer.size == 0 || json_is(response, JSON_NULL) || read_failures(call, response, ids);
}

void lambda_answer_prepare(const struct call *call, str payload, bool failures)
{
    struct answer *answer = arena_new(call->arena, struct answer);
    struct failures_read *read = arena_new(call->arena, struct failures_read);

    answer->data = payload.data;
    read_anew(call);
    answer->json = json_parse(call->arena, payload, NULL);
    if (failures) {
        read->is_good = json_is(answer->json, JSON_NULL) || read_failures(call, answer->json, &read->ids);
        answer->failures = read;
    }
    leave_prepared(call, answer);
}
