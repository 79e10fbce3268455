/*
 * batch_execute.c: BatchExecuteStatement: up to 25 statements of PartiQL, each about one item.
 *
 * All statements are reads, or all are writes.  Each is done by itself: what is wrong with one is its own
 * error.  The preparation parses them, reads the items, and computes the writes.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
 */
#include "partiql_run.h"

#include "base/list.h"

struct slot {
    struct pql_run run;
    const struct dynamodb_batch_statement_request *asked;
    struct failure failure;
    bool reached;  /* its item: what came before fails without the table's name, as on AWS */
    bool has_item; /* read by the preparation, whether it exists or not */
    int64_t size_bytes;
    struct dynamodb_attribute_map item;
    struct write write;
};
struct slots {
    struct slot *items;
    size_t count;
};

/* ---- statements ---- */

static bool kinds_check(const struct call *call, const struct slots *slots)
{
    bool reads = false, writes = false;

    for (size_t i = 0; i < slots->count; i++) {
        bool selects = slots->items[i].run.statement.kind == STATEMENT_SELECT;
        if (slots->items[i].failure.error)
            continue;
        reads = reads || selects;
        writes = writes || !selects;
    }
    return !reads || !writes ||
           dynamodb_refuse(call,
                           S("BatchExecuteStatement API does not support both read and write operations in "
                             "the same request."));
}

static bool slots_read(const struct call *call, const struct dynamodb_batch_execute_statement_input *in,
                       struct slots *slots)
{
    for (size_t i = 0; i < in->statements.count; i++) {
        const struct dynamodb_batch_statement_request *asked = &in->statements.items[i];
        struct slot *slot = list_add(call->arena, slots);
        *slot =
            (struct slot){.asked = asked,
                          .run = {.text = asked->statement,
                                  .return_values_on_failure = asked->return_values_on_condition_check_failure,
                                  .parameters = asked->parameters.items ? &asked->parameters : NULL}};
        if (!dynamodb_pql_parameters_check(call, &slot->run) || !dynamodb_pql_parse(call, &slot->run))
            slot->failure = take_failure(call);
    }
    return kinds_check(call, slots);
}

/* ---- reads ---- */

static bool key_of(const struct call *call, const struct pql_run *run, struct item_key *key)
{
    struct dynamodb_attribute_map named;
    struct node_list rest;
    enum key_result result = dynamodb_pql_key(call, run, &named, &rest);

    if (result == KEY_REFUSED)
        return false;
    if (result == KEY_FOUND && rest.count == 0 && !str_present(run->statement.index_name))
        return dynamodb_key_of_request(call, &run->table->keys, &named, key);
    return dynamodb_pql_reads_check(call, run) &&
           dynamodb_refuse(call,
                           S("Select statements within BatchExecuteStatement must specify the primary key in "
                             "the where clause."));
}

static bool slot_read(const struct call *call, struct slot *slot)
{
    struct item_key key;
    struct stored stored;

    if (slot->run.statement.exists)
        return dynamodb_refuse(call, S("EXISTS can only be used in ExecuteTransaction write requests."));
    if (!key_of(call, &slot->run, &key))
        return false;
    slot->reached = true;
    if (slot->has_item)
        return true;
    dynamodb_stored_read(call, slot->run.table, &key, &stored);
    slot->has_item = true;
    slot->size_bytes = stored.size_bytes;
    slot->item = dynamodb_pql_item_of(call, &slot->run, &stored);
    return true;
}

/* ---- writes ---- */

static bool slot_write(const struct call *call, struct slot *slot)
{
    slot->reached = dynamodb_pql_write_anew(call, &slot->run, &slot->write);
    return slot->reached && dynamodb_write_item(call, &slot->write) == DONE;
}

/* ---- the operation ---- */

static bool selects(const struct slot *slot)
{
    return slot->run.statement.kind == STATEMENT_SELECT;
}

static void slot_do(const struct call *call, struct slot *slot)
{
    if (slot->failure.error)
        return;
    if (!dynamodb_pql_open(call, &slot->run) ||
        !(selects(slot) ? slot_read(call, slot) : slot_write(call, slot)))
        slot->failure = take_failure(call);
}

static void slot_prepare(const struct call *call, struct slot *slot)
{
    if (slot->failure.error)
        return;
    bool opened = dynamodb_pql_open(call, &slot->run);
    if (opened && selects(slot))
        slot_read(call, slot);
    else if (opened && dynamodb_pql_write(call, &slot->run, &slot->write))
        dynamodb_write_prepare(call, &slot->write);
    take_failure(call);
}

void dynamodb_batch_execute_statement_prepare(const struct call *call,
                                              const struct dynamodb_batch_execute_statement_input *in)
{
    struct slots *slots = arena_new(call->arena, struct slots);

    if (!slots_read(call, in, slots))
        return;
    for (size_t i = 0; i < slots->count; i++)
        slot_prepare(call, &slots->items[i]);
    leave_prepared(call, slots);
}

#define CODE(name) DYNAMODB_BATCH_STATEMENT_ERROR_CODE_ENUM_##name

static const struct error_code {
    const struct error *error;
    enum dynamodb_batch_statement_error_code_enum code;
} codes[] = {
    {&DYNAMODB_CONDITIONAL_CHECK_FAILED_EXCEPTION, CODE(CONDITIONAL_CHECK_FAILED)},
    {&DYNAMODB_VALIDATION_EXCEPTION, CODE(VALIDATION_ERROR)},
    {&DYNAMODB_RESOURCE_NOT_FOUND_EXCEPTION, CODE(RESOURCE_NOT_FOUND)},
    {&DYNAMODB_ACCESS_DENIED_EXCEPTION, CODE(ACCESS_DENIED)},
    {&DYNAMODB_DUPLICATE_ITEM_EXCEPTION, CODE(DUPLICATE_ITEM)},
    {&DYNAMODB_PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION, CODE(PROVISIONED_THROUGHPUT_EXCEEDED)},
    {&DYNAMODB_THROTTLING_EXCEPTION, CODE(THROTTLING_ERROR)},
};

static str code_of(const struct error *error)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].error == error)
            return dynamodb_batch_statement_error_code_enum_text(codes[i].code);
    return dynamodb_batch_statement_error_code_enum_text(CODE(INTERNAL_SERVER_ERROR));
}

static const struct dynamodb_batch_statement_error *error_of(const struct call *call,
                                                             const struct failure *failure)
{
    struct dynamodb_batch_statement_error *error =
        arena_new(call->arena, struct dynamodb_batch_statement_error);
    const struct dynamodb_conditional_check_failed_exception *details = failure->details;

    *error =
        (struct dynamodb_batch_statement_error){.code = code_of(failure->error), .message = failure->message};
    if (details && failure->error == &DYNAMODB_CONDITIONAL_CHECK_FAILED_EXCEPTION)
        error->item = details->item;
    return error;
}

static void respond(const struct call *call, const struct slot *slot,
                    struct dynamodb_batch_statement_response *response)
{
    if (slot->reached)
        response->table_name = slot->run.table->name;
    if (slot->failure.error)
        response->error = error_of(call, &slot->failure);
    else
        response->item = selects(slot) ? slot->item : dynamodb_pql_returned(call, &slot->write);
}

static void show_capacity(const struct call *call, const struct slots *slots, str asked,
                          struct dynamodb_consumed_capacity_list *shown)
{
    struct table_uses uses = {.factor = 1};
    bool reads = false;

    for (size_t i = 0; i < slots->count; i++) {
        const struct slot *slot = &slots->items[i];
        if (slot->failure.error)
            continue;
        reads = selects(slot);
        dynamodb_use_add(call, &uses, slot->run.table,
                         reads ? dynamodb_read_units(slot->size_bytes, slot->asked->consistent_read)
                               : dynamodb_write_units(dynamodb_write_bytes(&slot->write)),
                         reads ? NULL : slot->write.index_units);
    }
    dynamodb_uses_show(reads ? dynamodb_as_reading(call) : call, &uses, USE_PLAIN, asked, shown);
}

enum outcome dynamodb_batch_execute_statement(const struct call *call,
                                              const struct dynamodb_batch_execute_statement_input *in,
                                              struct dynamodb_batch_execute_statement_output *out)
{
    const struct slots *left = prepared(call);
    struct slots slots = left ? *left : (struct slots){0};
    int64_t bytes = 0;

    if (!left && !slots_read(call, in, &slots))
        return FAILED;
    for (size_t i = 0; i < slots.count; i++) {
        slot_do(call, &slots.items[i]);
        bytes += slots.items[i].size_bytes;
    }
    if (bytes > LARGE_ITEM_BYTES)
        reply_is_long(call);
    for (size_t i = 0; i < slots.count; i++)
        respond(call, &slots.items[i], list_add(call->arena, &out->responses));
    show_capacity(call, &slots, in->return_consumed_capacity, &out->consumed_capacity);
    call->progress->authorized =
        true; /* a malformed statement names no resource, and its error tells of none */
    return DONE;
}
