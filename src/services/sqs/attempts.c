/*
 * attempts.c: what a receive with a ReceiveRequestAttemptId has taken, so that a client which lost the reply
 * gets the same messages again.
 */
#include "sqs_internal.h"

#include "base/text.h"

enum { ATTEMPT_MS = 5 * 60 * MS_PER_S, REMOVED_AT_ONCE = 4 };

/* "ROW RECEIPT ROW RECEIPT": what sqs_attempt_store() has written. */
static void read_messages(const struct call *call, str text, struct attempt *attempt)
{
    str word;

    while (str_next(&text, ' ', &word) && !str_empty(word)) {
        struct taken *taken = list_add(call->arena, attempt);
        bool well =
            str_to_i64(word, &taken->id) && str_next(&text, ' ', &word) && str_to_i64(word, &taken->receipt);
        check(well);
    }
}

bool sqs_attempt_find(const struct call *call, const struct queue *queue, str attempt_id,
                      struct attempt *attempt)
{
    struct sqs_find_attempt_row row;

    *attempt = (struct attempt){0};
    if (!sqs_find_attempt(call->txn,
                          &(struct sqs_find_attempt_params){.generation_id = queue->row.generation_id,
                                                            .attempt_id = attempt_id},
                          &row) ||
        row.received_ms + ATTEMPT_MS <= call->now_ms)
        return false;
    attempt->received_ms = row.received_ms;
    attempt->visible_ms = row.visible_ms;
    read_messages(call, row.messages, attempt);
    return true;
}

void sqs_attempt_store(const struct call *call, const struct queue *queue, str attempt_id,
                       const struct attempt *attempt)
{
    struct text messages = text_in(call->arena);

    for (size_t i = 0; i < attempt->count; i++)
        text_format(&messages, "%s%lld %lld", i > 0 ? " " : "", (long long)attempt->items[i].id,
                    (long long)attempt->items[i].receipt);
    sqs_remove_attempts(call->txn, &(struct sqs_remove_attempts_params){
                                       .received_ms = call->now_ms - ATTEMPT_MS, .limit = REMOVED_AT_ONCE});
    sqs_put_attempt(call->txn, &(struct sqs_put_attempt_params){.generation_id = queue->row.generation_id,
                                                                .attempt_id = attempt_id,
                                                                .received_ms = attempt->received_ms,
                                                                .visible_ms = attempt->visible_ms,
                                                                .messages = text_str(&messages)});
}
