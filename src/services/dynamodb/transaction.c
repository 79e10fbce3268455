/*
 * transaction.c: what TransactWriteItems and TransactGetItems share: their refusals.
 *
 * An error of the request itself is a ValidationException.  What is wrong with an action once its table is
 * known (its key, its condition, the result of its update) is the reason of that action.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
#include "dynamodb_internal.h"
#include "tables.h"

#include "base/text.h"

static const struct reason_code {
    const struct error *error;
    const char *code;
} codes[] = {
    {&DYNAMODB_CONDITIONAL_CHECK_FAILED_EXCEPTION, "ConditionalCheckFailed"},
    {&DYNAMODB_DUPLICATE_ITEM_EXCEPTION, "DuplicateItem"},
    {&DYNAMODB_TRANSACTION_CONFLICT_EXCEPTION, "TransactionConflict"},
    {&DYNAMODB_VALIDATION_EXCEPTION, "ValidationError"},
    {&DYNAMODB_ITEM_COLLECTION_SIZE_LIMIT_EXCEEDED_EXCEPTION, "ItemCollectionSizeLimitExceeded"},
    {&DYNAMODB_PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION, "ProvisionedThroughputExceeded"},
    {&DYNAMODB_THROTTLING_EXCEPTION, "ThrottlingError"},
    {&DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION, "ResourceNotFound"}, /* by ExecuteTransaction only */
};

static str code_of(const struct error *error)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].error == error)
            return str_of(codes[i].code);
    return S("None");
}

static struct dynamodb_cancellation_reason reason_of(const struct failure *failure)
{
    bool shows = failure->error == &DYNAMODB_CONDITIONAL_CHECK_FAILED_EXCEPTION;
    const struct dynamodb_conditional_check_failed_exception *details = shows ? failure->details : NULL;

    if (!failure->error)
        return (struct dynamodb_cancellation_reason){.code = S("None")};
    return (struct dynamodb_cancellation_reason){
        .code = code_of(failure->error),
        .message = failure->message,
        .item = details ? details->item : (struct dynamodb_attribute_map){0},
    };
}

enum outcome dynamodb_transaction_cancel(const struct call *call, const struct failure *failures,
                                         size_t count)
{
    struct dynamodb_transaction_canceled_exception *details =
        arena_new(call->arena, struct dynamodb_transaction_canceled_exception);
    struct text listed = text_in(call->arena);

    for (size_t i = 0; i < count; i++) {
        struct dynamodb_cancellation_reason *reason = list_add(call->arena, &details->cancellation_reasons);
        *reason = reason_of(&failures[i]);
        text_add(&listed, i ? S(", ") : S(""));
        text_add(&listed, reason->code);
    }
    fail(call, &DYNAMODB_TRANSACTION_CANCELED_EXCEPTION,
         "Transaction cancelled, please refer cancellation reasons for specific reasons [%.*s]",
         STR_ARGS(text_str(&listed)));
    fail_details(call, details);
    return FAILED;
}

/* AWS says it twice. */
#define TOO_LARGE "Transaction payload size cannot exceed 4MB. Payload Size: "

bool dynamodb_transaction_refuse_size(const struct call *call, int64_t bytes)
{
    return dynamodb_refuse(call,
                           arena_format(call->arena, TOO_LARGE ": " TOO_LARGE "%lld", (long long)bytes));
}

bool dynamodb_transaction_refuse_repeated(const struct call *call)
{
    return dynamodb_refuse(call, S("Transaction request cannot include multiple operations on one item"));
}

bool dynamodb_transaction_table_open(const struct call *call, const struct table *table, str member)
{
    return dynamodb_table_name_check_at(call, table->name,
                                        arena_join(call->arena, member, S(".tableName"))) &&
           dynamodb_table_serves(call, table);
}
