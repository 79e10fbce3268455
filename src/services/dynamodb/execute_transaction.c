/*
 * execute_transaction.c: ExecuteTransaction: up to 100 statements of PartiQL, all of them or none.
 *
 * All statements are SELECTs of whole keys, or all are writes, with EXISTS as a condition.  The writes are a
 * write_set, as those of TransactWriteItems.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExecuteTransaction.html
 */
#include "partiql_run.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/text.h"

struct part {
    struct pql_run run;
    const struct dynamodb_parameterized_statement *asked;
    struct failure failure; /* the reason of its cancellation */
    struct item_key key;    /* of a SELECT */
    int64_t size_bytes;
    struct dynamodb_attribute_map item;
};
struct transaction {
    struct part *items;
    size_t count;
    bool was_read; /* the items of a SELECT, by the preparation */
    struct write_set set;
};

/* ---- refusals ---- */

/* What is wrong with a statement, with its position. */
static bool refuse_part(const struct call *call, size_t at, str sentence)
{
    return dynamodb_refuse(call,
                           arena_format(call->arena, "Validation failed in TransactStatements[%zu]: %.*s", at,
                                        STR_ARGS(sentence)));
}

/* The same, of a validation that has failed; other failures stay as they are. */
static bool place_failure(const struct call *call, size_t at)
{
    struct failure failure = take_failure(call);

    if (failure.error == &DYNAMODB_VALIDATION_EXCEPTION)
        return refuse_part(call, at, failure.message);
    fail(call, failure.error, "%.*s", STR_ARGS(failure.message));
    return false;
}

/* ---- statements ---- */

static bool selects(const struct part *part)
{
    return part->run.statement.kind == STATEMENT_SELECT && !part->run.statement.exists;
}

/* The first statement decides; the model refuses a request without one. */
static bool is_read(const struct transaction *transaction)
{
    return transaction->count > 0 && selects(&transaction->items[0]);
}

static bool parts_read(const struct call *call, const struct dynamodb_execute_transaction_input *in,
                       struct transaction *transaction)
{
    for (size_t i = 0; i < in->transact_statements.count; i++) {
        const struct dynamodb_parameterized_statement *asked = &in->transact_statements.items[i];
        struct part *part = list_add(call->arena, transaction);
        *part =
            (struct part){.asked = asked,
                          .run = {.text = asked->statement,
                                  .return_values_on_failure = asked->return_values_on_condition_check_failure,
                                  .parameters = asked->parameters.items ? &asked->parameters : NULL,
                                  .in_transaction = true}};
        if (!dynamodb_pql_parameters_check(call, &part->run))
            return false;
        if (!dynamodb_pql_parse(call, &part->run))
            return place_failure(call, i);
        if (selects(part) != is_read(transaction))
            return dynamodb_refuse(call,
                                   S("ExecuteTransaction API does not support both read and write operations "
                                     "in the same request."));
    }
    return true;
}

/* A missing table is the reason of its statement. */
static bool part_open(const struct call *call, struct part *part)
{
    if (dynamodb_pql_open(call, &part->run))
        return true;
    bool missing = call->progress->failure.error == &DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION;
    if (missing)
        part->failure = take_failure(call);
    return missing;
}

static bool parts_open(const struct call *call, struct transaction *transaction)
{
    for (size_t i = 0; i < transaction->count; i++) {
        struct part *part = &transaction->items[i];
        part->failure = (struct failure){0};
        if (!part_open(call, part))
            return false;
        if (!part->failure.error && str_present(part->run.statement.return_values))
            return refuse_part(call, i, S("RETURNING clause is not supported in ExecuteTransaction."));
    }
    return true;
}

/* ---- reads ---- */

static bool key_of(const struct call *call, struct part *part)
{
    struct dynamodb_attribute_map named;
    struct node_list rest;

    if (str_present(part->run.statement.index_name))
        return dynamodb_refuse(call, S("Reads on indices are not supported within transactions."));
    enum key_result result = dynamodb_pql_key(call, &part->run, &named, &rest);
    if (result == KEY_REFUSED)
        return false;
    if (result == KEY_FOUND && rest.count == 0) {
        if (!dynamodb_key_of_request(call, &part->run.table->keys, &named, &part->key))
            part->failure = take_failure(call);
        return true;
    }
    return dynamodb_pql_reads_check(call, &part->run) &&
           dynamodb_refuse(
               call, S("Select statements within ExecuteTransaction must specify the primary key in the "
                       "where clause."));
}

static bool keys_read(const struct call *call, struct transaction *transaction)
{
    for (size_t i = 0; i < transaction->count; i++) {
        struct part *part = &transaction->items[i];
        if (!part->failure.error && !key_of(call, part))
            return place_failure(call, i);
    }
    return true;
}

/* Cancel the transaction if there is a reason. */
static bool reasons_check(const struct call *call, const struct transaction *transaction)
{
    struct failure *failures = arena_alloc(call->arena, transaction->count * sizeof *failures);
    bool any = false;

    for (size_t i = 0; i < transaction->count; i++) {
        failures[i] = transaction->items[i].failure;
        any = any || failures[i].error;
    }
    if (any)
        dynamodb_transaction_cancel(call, failures, transaction->count);
    return !any;
}

static void admit(const struct call *call, struct transaction *transaction)
{
    for (size_t i = 0; i < transaction->count; i++) {
        struct part *part = &transaction->items[i];
        if (!part->failure.error &&
            !dynamodb_throughput_admit(dynamodb_as_reading(call), part->run.table, NULL))
            part->failure = take_failure(call);
    }
}

static bool repeats_check(const struct call *call, const struct transaction *transaction)
{
    struct item_places places = dynamodb_places_for(call->arena, transaction->count);

    for (size_t i = 0; i < transaction->count; i++)
        if (!dynamodb_places_add(&places, transaction->items[i].run.table->row.id, transaction->items[i].key))
            return dynamodb_transaction_refuse_repeated(call);
    return true;
}

/* The items are read only if all of them are: the handler need not decode what is too large. */
static bool sizes_check(const struct call *call, const struct transaction *transaction)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < transaction->count; i++) {
        const struct part *part = &transaction->items[i];
        struct stored stored;
        dynamodb_stored_find(call, part->run.table, &part->key, &stored);
        bytes += stored.size_bytes;
    }
    return bytes <= MAX_TRANSACTION_BYTES || dynamodb_transaction_refuse_size(call, bytes);
}

static bool items_read(const struct call *call, struct transaction *transaction)
{
    if (!sizes_check(call, transaction))
        return false;
    for (size_t i = 0; i < transaction->count; i++) {
        struct part *part = &transaction->items[i];
        struct stored stored;
        dynamodb_stored_read(call, part->run.table, &part->key, &stored);
        part->size_bytes = stored.size_bytes;
        part->item = dynamodb_pql_item_of(call, &part->run, &stored);
    }
    return true;
}

static enum outcome read_items(const struct call *call, const struct dynamodb_execute_transaction_input *in,
                               struct transaction *transaction,
                               struct dynamodb_execute_transaction_output *out)
{
    static const bool consistent = true;
    struct table_uses uses = {.factor = 2};
    int64_t bytes = 0;

    if (!keys_read(call, transaction))
        return FAILED;
    admit(call, transaction);
    if (!reasons_check(call, transaction) || !repeats_check(call, transaction) ||
        (!transaction->was_read && !items_read(call, transaction)))
        return FAILED;
    for (size_t i = 0; i < transaction->count; i++) {
        const struct part *part = &transaction->items[i];
        list_add(call->arena, &out->responses)->item = part->item;
        bytes += part->size_bytes;
        dynamodb_use_add(call, &uses, part->run.table, dynamodb_read_units(part->size_bytes, &consistent),
                         NULL);
    }
    if (bytes > LARGE_ITEM_BYTES)
        reply_is_long(call);
    dynamodb_uses_show(dynamodb_as_reading(call), &uses, USE_READS, in->return_consumed_capacity,
                       &out->consumed_capacity);
    return DONE;
}

/* ---- writes ---- */

/* What is wrong with a key, or throttled, is the reason of its statement. */
static bool is_reason(const struct part *part, const struct failure *failure)
{
    return part->run.faulty_key || failure->error == &DYNAMODB_PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION ||
           failure->error == &DYNAMODB_THROTTLING_EXCEPTION;
}

/* Work out the write.  False: it is not a reason why it cannot be. */
static bool write_read(const struct call *call, struct part *part, struct write *write)
{
    write->failure = part->failure;
    write->table = part->run.table;
    if (part->failure.error || (dynamodb_pql_write_anew(call, &part->run, write) &&
                                dynamodb_throughput_admit(call, part->run.table, NULL)))
        return true;
    if (!is_reason(part, &call->progress->failure))
        return false;
    write->failure = take_failure(call);
    return true;
}

static bool writes_read(const struct call *call, struct transaction *transaction)
{
    struct write_set *set = &transaction->set;

    while (set->count < transaction->count)
        *list_add(call->arena, set) = (struct write){0};
    for (size_t i = 0; i < set->count; i++)
        if (!write_read(call, &transaction->items[i], &set->items[i]))
            return place_failure(call, i);
    return !dynamodb_set_repeats(call, set) || dynamodb_transaction_refuse_repeated(call);
}

static void add_hash(struct text *hashes, str text)
{
    struct sha256 hash = sha256(text);

    text_add(hashes, (str){(const char *)hash.bytes, sizeof hash.bytes});
}

/* The hash of the whole request; the JSON of one statement is forgotten before the next one is written. */
static str fingerprint_of(const struct call *call, const struct dynamodb_execute_transaction_input *in)
{
    struct text hashes = text_in(call->arena);

    text_reserve(&hashes, (in->transact_statements.count + 1) * SHA256_SIZE);
    add_hash(&hashes, in->return_consumed_capacity);
    for (size_t i = 0; i < in->transact_statements.count; i++) {
        struct arena_mark mark = arena_mark(call->arena);
        add_hash(&hashes, model_to_json(call->arena, &DYNAMODB_PARAMETERIZED_STATEMENT,
                                        &in->transact_statements.items[i]));
        arena_rewind(call->arena, mark);
    }
    struct sha256 hash = sha256(text_str(&hashes));
    return arena_copy(call->arena, (str){(const char *)hash.bytes, sizeof hash.bytes});
}

static enum outcome write_items(const struct call *call, const struct dynamodb_execute_transaction_input *in,
                                struct transaction *transaction,
                                struct dynamodb_execute_transaction_output *out)
{
    struct write_set *set = &transaction->set;
    str token = in->client_request_token;
    bool done = false;

    if (!writes_read(call, transaction))
        return FAILED;
    if (str_present(token) && !str_present(set->fingerprint))
        set->fingerprint = fingerprint_of(call, in);
    if (str_present(token) && !dynamodb_token_check(call, token, set->fingerprint, &done))
        return FAILED;
    list_make_empty(call->arena, &out->responses);
    if (done) {
        dynamodb_set_repeat(call, set, in->return_consumed_capacity, &out->consumed_capacity);
        return DONE;
    }
    enum outcome outcome = dynamodb_set_transact(call, set);
    if (outcome != DONE)
        return outcome;
    if (str_present(token))
        dynamodb_token_store(call, token, set->fingerprint);
    dynamodb_set_capacity(call, set, USE_WRITES, in->return_consumed_capacity, &out->consumed_capacity);
    return DONE;
}

/* ---- the operation ---- */

void dynamodb_execute_transaction_prepare(const struct call *call,
                                          const struct dynamodb_execute_transaction_input *in)
{
    const struct transaction *before = prepared(call);
    struct transaction *transaction = arena_new(call->arena, struct transaction);

    transaction->set = dynamodb_set_anew(before ? &before->set : NULL);
    if (!parts_read(call, in, transaction))
        return;
    leave_prepared(call, transaction);
    if (!parts_open(call, transaction))
        return;
    if (is_read(transaction)) {
        transaction->was_read = keys_read(call, transaction) && reasons_check(call, transaction) &&
                                repeats_check(call, transaction) && items_read(call, transaction);
        return;
    }
    if (str_present(in->client_request_token))
        transaction->set.fingerprint = fingerprint_of(call, in);
    if (writes_read(call, transaction))
        dynamodb_set_prepare(call, &transaction->set);
}

enum outcome dynamodb_execute_transaction(const struct call *call,
                                          const struct dynamodb_execute_transaction_input *in,
                                          struct dynamodb_execute_transaction_output *out)
{
    const struct transaction *left = prepared(call);
    struct transaction transaction = left ? *left : (struct transaction){0};

    if ((!left && !parts_read(call, in, &transaction)) || !parts_open(call, &transaction))
        return FAILED;
    return is_read(&transaction) ? read_items(call, in, &transaction, out)
                                 : write_items(call, in, &transaction, out);
}
