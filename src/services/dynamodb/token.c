/*
 * token.c: ClientRequestTokens: a transaction with the token of an earlier one is not done again.
 *
 * A token is stored in the transaction that it names, so both survive a crash, or neither.  It is valid for
 * ten minutes of the engine's clock; a timer removes old ones, in bounded runs.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
#include "dynamodb_internal.h"

enum { TOKEN_LIFE_MS = 10 * 60 * 1000, TOKENS_PER_RUN = 250 };

bool dynamodb_token_check(const struct call *call, str token, str fingerprint, bool *done)
{
    struct dynamodb_find_token_row row;

    *done = dynamodb_find_token(call->txn,
                                &(struct dynamodb_find_token_params){
                                    .account = call->account, .region = call->region, .token = token},
                                &row) &&
            row.expires_ms > call->now_ms;
    if (!*done || str_equal(row.fingerprint, fingerprint))
        return true;
    fail(call, &DYNAMODB_IDEMPOTENT_PARAMETER_MISMATCH_EXCEPTION,
         "DynamoDB rejected the request because you retried a request with a different payload but with an "
         "idempotent token that was already used.");
    return false;
}

/* One timer for all tokens: it is set as long as there are any. */
static void remove_at(const struct call *call, int64_t due_ms)
{
    timer_set(call, &DYNAMODB_REMOVE_TOKENS, S("all"), due_ms, &(struct dynamodb_remove_tokens_input){0});
}

void dynamodb_token_store(const struct call *call, str token, str fingerprint)
{
    struct dynamodb_find_oldest_token_row oldest;
    int64_t expires_ms = call->now_ms + TOKEN_LIFE_MS;

    if (!dynamodb_find_oldest_token(call->txn, &oldest))
        remove_at(call, expires_ms);
    dynamodb_store_token(call->txn, &(struct dynamodb_store_token_params){.account = call->account,
                                                                          .region = call->region,
                                                                          .token = token,
                                                                          .fingerprint = fingerprint,
                                                                          .expires_ms = expires_ms});
}

enum outcome dynamodb_remove_tokens(const struct call *call, const struct dynamodb_remove_tokens_input *in,
                                    struct dynamodb_remove_tokens_output *out)
{
    struct dynamodb_find_oldest_token_row oldest;
    struct slice slice = {TOKENS_PER_RUN, INT64_MAX, false};

    (void)out;
    while (dynamodb_find_oldest_token(call->txn, &oldest)) {
        if (oldest.expires_ms > call->now_ms) {
            remove_at(call, oldest.expires_ms);
            break;
        }
        dynamodb_remove_token(call->txn, &(struct dynamodb_remove_token_params){.account = oldest.account,
                                                                                .region = oldest.region,
                                                                                .token = oldest.token});
        slice_spend(&slice, 1, 0);
        if (slice_is_spent(call, &slice)) {
            slice_again(call, &DYNAMODB_REMOVE_TOKENS, S("all"), in);
            break;
        }
    }
    return DONE;
}
