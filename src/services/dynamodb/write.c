/*
 * write.c: the write of one item, for PutItem, UpdateItem, DeleteItem, batches and transactions.
 *
 * The result of a write (is the condition true, what is the new item) follows from the request and the stored
 * bytes alone.  So a worker can compute it from a snapshot: the handler compares the bytes, and computes it
 * again when they have changed.  The same holds for errors of the request itself. Authorization and the
 * table's schema are always checked by the handler.
 *
 * A write is planned before it is applied: a plan reads, checks and fails, and stores nothing.
 */
#include "hop.h"
#include "indexes.h"
#include "pages.h"

#include "engine/hop_detail.h"

#include <string.h>

/* ---- errors of the request itself ---- */

struct write dynamodb_write_begin(const struct call *call, struct write given)
{
    const struct write *left = call->preparing ? NULL : prepared(call);

    return left ? *left : given;
}

bool dynamodb_write_was_checked(const struct call *call, const struct write *write)
{
    if (write->checked && !write->valid)
        fail(call, write->failure.error, "%.*s", STR_ARGS(write->failure.message));
    return write->checked;
}

bool dynamodb_write_checked(const struct call *call, struct write *write, bool valid)
{
    write->checked = true;
    write->valid = valid;
    write->failure = call->progress->failure;
    return valid;
}

/* ---- the key ---- */

static bool read_key(const struct call *call, struct write *write)
{
    const struct key_schema *schema = &write->table->keys;

    if (write->kind == WRITE_PUTS)
        return dynamodb_key_of_item(call, schema, write->given, &write->key) &&
               dynamodb_put_keys_check(call, write);
    return dynamodb_key_of_request(call, schema, write->given, &write->key) &&
           dynamodb_update_keys_check(call, schema, &write->expressions.update);
}

bool dynamodb_write_find_key(const struct call *call, struct write *write)
{
    return read_key(call, write) &&
           dynamodb_key_paths_check(call, &write->table->keys, &write->expressions, "Key");
}

/* ---- the result ---- */

static bool returns(str return_values)
{
    return str_present(return_values) &&
           dynamodb_return_value_of(return_values) != DYNAMODB_RETURN_VALUE_NONE;
}

/*
 * A put without a condition does not depend on the old item, unless indexes have entries of it, or
 * a stream shows it.
 */
static bool looks_at_stored(const struct write *write)
{
    return write->kind == WRITE_UPDATES || write->expressions.condition || returns(write->return_values) ||
           write->table->indexes.count > 0 || write->table->row.stream_id;
}

/* The history keeps the old item, but not what is in it. */
static bool finds_row(const struct write *write)
{
    return looks_at_stored(write) || write->table->row.is_kept;
}

/* An update that only removes attributes does not create an item. */
static bool only_removes(const struct update *update)
{
    for (size_t i = 0; i < update->count; i++)
        if (update->items[i].kind != ACTION_REMOVE && update->items[i].kind != ACTION_DELETE)
            return false;
    return update->count > 0;
}

static void update_item(const struct call *call, struct write *write)
{
    const struct update *update = &write->expressions.update;

    write->item = write->stored.id ? write->stored.item : *write->given;
    if (dynamodb_update_apply(call->arena, update, &write->item, &write->problem) &&
        (write->stored.id || !only_removes(update)))
        write->blob = dynamodb_item_encode(call->arena, &write->item, &write->size);
}

static void compute(const struct call *call, struct write *write)
{
    struct stored *stored = &write->stored;
    const struct node *condition = write->expressions.condition;

    stored->item = str_present(stored->blob) ? dynamodb_item_decode(call->arena, stored->blob)
                                             : (struct dynamodb_attribute_map){0};
    write->worked_out = true;
    write->problem = write->blob = (str){0};
    write->holds = !condition || dynamodb_expression_holds(call->arena, condition, &stored->item);
    if (!write->holds || write->kind == WRITE_DELETES || write->kind == WRITE_CHECKS)
        return;
    if (write->kind == WRITE_UPDATES) {
        update_item(call, write);
        return;
    }
    write->item = *write->given;
    write->blob = dynamodb_item_encode(call->arena, &write->item, &write->size);
}

static bool is_too_large(const struct write *write)
{
    return str_present(write->blob) && write->size.bytes > MAX_ITEM_BYTES;
}

static bool leaves_item(const struct call *call, const struct write *write)
{
    const struct dynamodb_attribute_value before = {DYNAMODB_ATTRIBUTE_VALUE_M, .m = write->stored.item},
                                          after = {DYNAMODB_ATTRIBUTE_VALUE_M, .m = write->item};

    return write->stored.id && str_present(write->blob) &&
           write->stored.size_bytes == (int64_t)write->size.bytes &&
           (str_equal(write->stored.blob, write->blob) || dynamodb_value_equal(call->arena, &before, &after));
}

/* An update's result against the keys of indexes; a put has been checked before. */
static bool index_keys_check(const struct call *call, struct write *write)
{
    if (write->kind != WRITE_UPDATES || !str_present(write->blob) ||
        dynamodb_index_keys_check(call, write->table, &write->stored.item, &write->item))
        return true;
    write->unfit = take_failure(call);
    return false;
}

/* What follows for the indexes and the stream of the table. */
static void follow(const struct call *call, struct write *write)
{
    struct item_image before = {write->stored.item, write->stored.size_bytes};
    struct item_image after = {.bytes = 0};

    write->planned_for = dynamodb_table_stamp(write->table);
    if (!write->holds || str_present(write->problem) || write->kind == WRITE_CHECKS || is_too_large(write))
        return;
    write->same = write->table->row.stream_id && leaves_item(call, write);
    if (write->table->indexes.count == 0 || !index_keys_check(call, write))
        return;
    if (str_present(write->blob))
        after = (struct item_image){write->item, (int64_t)write->size.bytes};
    write->entries = dynamodb_entries_plan(call, write->table, &before, &after);
}

static void work_out(const struct call *call, struct write *write)
{
    write->same = false;
    write->draft = write->draft_before = 0;
    write->swap = (struct swap){0};
    write->unfit = (struct failure){0};
    write->entries = NULL;
    compute(call, write);
    follow(call, write);
}

/* An image that the preparation has read is not read again. */
static void read_image(const struct call *call, const struct stored *left, struct stored *now)
{
    now->blob = left->image_id == now->image_id && str_present(left->blob)
                    ? left->blob
                    : dynamodb_image_read(call, now->image_id);
}

static bool is_unchanged(const struct stored *left, const struct stored *now)
{
    return left->image_id == now->image_id && (now->image_id || str_equal(left->blob, now->blob));
}

/* Read the row; a prepared result is still right when the row's bytes and the table are the same. */
static void read_stored(const struct call *call, struct write *write)
{
    struct table_stamp stamp = dynamodb_table_stamp(write->table);
    struct stored now;

    if (finds_row(write))
        dynamodb_stored_look(call, write->table, &write->key, &now);
    else
        dynamodb_stored_find(call, write->table, &write->key, &now);
    if (now.image_id && looks_at_stored(write))
        read_image(call, &write->stored, &now);
    if ((looks_at_stored(write) && !is_unchanged(&write->stored, &now)) ||
        !dynamodb_stamps_equal(&stamp, &write->planned_for))
        write->worked_out = false;
    now.item = write->stored.item;
    write->stored = now;
}

/* ---- preparation ---- */

static str keep(const struct call *call, str text)
{
    if (!str_present(text))
        return text;
    char *copy = arena_resize_loose(call->arena, NULL, text.size + 1);
    memcpy(copy, text.data, text.size);
    return (str){copy, text.size};
}

/* Does the reply show attributes? */
static bool shows_item(const struct write *write)
{
    return write->holds ? returns(write->return_values) && !str_present(write->problem)
                        : returns(write->return_values_on_failure);
}

void dynamodb_write_prepare(const struct call *call, struct write *write)
{
    read_stored(call, write);
    struct arena_mark mark = arena_mark(call->arena);
    work_out(call, write);
    if (!shows_item(write)) { /* decoded items are large, and the call may wait for the engine */
        write->blob = keep(call, write->blob);
        write->problem = keep(call, write->problem);
        write->unfit.message = keep(call, write->unfit.message);
        write->item = write->stored.item = (struct dynamodb_attribute_map){0};
        arena_rewind(call->arena, mark);
    }
}

/* ---- writing ---- */

static bool refuse_condition(const struct call *call, const struct write *write)
{
    if (write->inserts) {
        fail(call, &DYNAMODB_DUPLICATE_ITEM_EXCEPTION, "Duplicate primary key exists in table");
        return false;
    }
    fail(call, &DYNAMODB_CONDITIONAL_CHECK_FAILED_EXCEPTION, "The conditional request failed");
    if (write->stored.id &&
        dynamodb_return_values_on_condition_check_failure_of(write->return_values_on_failure) ==
            DYNAMODB_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE_ALL_OLD) {
        struct dynamodb_conditional_check_failed_exception *details =
            arena_new(call->arena, struct dynamodb_conditional_check_failed_exception);
        details->item = write->stored.item;
        fail_details(call, details);
    }
    return false;
}

static bool refuse_size(const struct call *call, const struct write *write)
{
    return dynamodb_refuse(call, write->kind == WRITE_UPDATES
                                     ? dynamodb_update_too_large
                                     : S("Item size has exceeded the maximum allowed size"));
}

static bool check_fits(const struct call *call, const struct write *write)
{
    if (is_too_large(write))
        return refuse_size(call, write);
    return write->size.depth <= MAX_ITEM_DEPTH ||
           dynamodb_refuse(call,
                           write->of_statement ? S(DYNAMODB_NESTED_TOO_DEEPLY) : dynamodb_item_too_deep);
}

static bool is_large(str blob)
{
    return blob.size > LARGE_ITEM_BYTES;
}

static bool refuse_unfit(const struct call *call, const struct write *write)
{
    fail(call, write->unfit.error, "%.*s", STR_ARGS(write->unfit.message));
    return false;
}

/* The item with its entries in local indexes, and the collection that it belongs to. */
static bool check_collection(const struct call *call, const struct write *write)
{
    int64_t bytes = (int64_t)write->size.bytes;

    if (!write->entries)
        return true;
    if (dynamodb_collection_share(write->table, write->entries, bytes) > MAX_ITEM_BYTES)
        return refuse_size(call, write);
    return dynamodb_collection_fits(
        call, write->table, write->key.hash,
        dynamodb_collection_growth(write->table, write->entries, bytes - write->stored.size_bytes));
}

/* False: fail() has been called. */
static bool may_write(const struct call *call, const struct write *write)
{
    if (!write->holds)
        return refuse_condition(call, write);
    if (str_present(write->problem))
        return dynamodb_refuse(call, write->problem);
    if (!str_present(write->blob))
        return true;
    return check_fits(call, write) && (!write->unfit.error || refuse_unfit(call, write)) &&
           check_collection(call, write);
}

bool dynamodb_write_is_ready(const struct call *call, struct write *write)
{
    read_stored(call, write);
    return write->worked_out;
}

enum outcome dynamodb_plan_write(const struct call *call, struct write *write)
{
    read_stored(call, write);
    if (!write->worked_out && is_large(write->stored.blob) && may_move_to_worker(call))
        return move_to_worker(call);
    write->late = !write->worked_out;
    if (write->late)
        work_out(call, write);
    if (shows_item(write) && (is_large(write->stored.blob) || is_large(write->blob)))
        reply_is_long(call);
    return may_write(call, write) ? DONE : FAILED;
}

bool dynamodb_write_may_succeed(const struct write *write)
{
    return write->worked_out && write->holds && !str_present(write->problem) && !write->unfit.error &&
           !write->failure.error && !is_too_large(write) && write->size.depth <= MAX_ITEM_DEPTH;
}

/* Does the planned write leave everything as it is? */
static bool changes_nothing(const struct write *write)
{
    return !str_present(write->blob) && (write->kind != WRITE_DELETES || !write->stored.id);
}

void dynamodb_write_apply(const struct call *call, struct write *write)
{
    str hop = {0};

    write->index_units = arena_alloc(call->arena, (write->table->indexes.count + 1) * sizeof(double));
    if (changes_nothing(write))
        return;
    if (is_traced(call))
        hop = dynamodb_hop_detail(call, write);
    dynamodb_change_apply(call, &(struct change){.table = write->table,
                                                 .key = write->key,
                                                 .before = write->stored,
                                                 .blob = write->blob,
                                                 .size_bytes = (int64_t)write->size.bytes,
                                                 .draft = write->draft,
                                                 .draft_before = write->draft_before,
                                                 .swap = dynamodb_swap_of(write),
                                                 .same = write->same,
                                                 .entries = write->entries,
                                                 .index_units = write->index_units});
    if (str_present(hop))
        trace(call, &(struct trace_hop){.kind = write->kind == WRITE_DELETES ? HOP_DELETED : HOP_PUT,
                                        .resource_arn = write->table->arn,
                                        .detail = hop});
}

enum outcome dynamodb_write_item(const struct call *call, struct write *write)
{
    enum outcome outcome = dynamodb_plan_write(call, write);

    if (outcome == DONE)
        dynamodb_write_apply(call, write);
    return outcome;
}

const struct dynamodb_consumed_capacity *dynamodb_write_capacity(const struct call *call,
                                                                 const struct write *write, str asked)
{
    return dynamodb_capacity_with_indexes(
        call, write->table, asked, dynamodb_write_units(dynamodb_write_bytes(write)), write->index_units);
}

int64_t dynamodb_write_bytes(const struct write *write)
{
    int64_t size = str_present(write->blob) ? (int64_t)write->size.bytes : 0;

    return size > write->stored.size_bytes ? size : write->stored.size_bytes;
}
