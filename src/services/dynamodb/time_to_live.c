/*
 * time_to_live.c: items that expire.
 *
 * In a table with time to live each item whose attribute is a number of seconds has a row in dynamodb_expiry.
 * The rows follow the items: dynamodb_change_apply() notes them, and items from before are read in slices
 * when time to live is enabled.  A timer of the table is set to the earliest row; it deletes the items that
 * are due, a bounded number in one run.  A row only says when to look: the item's own attribute decides.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
#include "base/time.h"
#include "dynamodb_internal.h"
#include "tables.h"

enum {
    CHANGE_PAUSE_MS = 60 * 60 * MS_PER_S,
    EXPIRED_PER_RUN = 250,
    BYTES_PER_RUN = 2 * 1024 * 1024, /* a large item has many pages */
};
/* Items that expired longer ago stay. */
static const int64_t oldest_s = (int64_t)5 * 365 * 24 * 60 * 60;

static str id_of(const struct call *call, int64_t table_id)
{
    return arena_decimal(call->arena, table_id);
}

/* ---- when items expire ---- */

/* The seconds of a number, without its fraction; false when no clock will show them. */
static bool seconds_of(str text, int64_t *seconds)
{
    ptrdiff_t point = str_index(text, '.');

    return str_to_i64(point < 0 ? text : str_head(text, (size_t)point), seconds) &&
           *seconds < INT64_MAX / MS_PER_S;
}

/* When the item expires.  False: never. */
static bool due_of(const struct call *call, str attribute, str blob, int64_t *due_s)
{
    struct dynamodb_attribute_map item =
        dynamodb_item_pick(call->arena, blob, &(struct str_list){&attribute, 1});
    const struct dynamodb_attribute_value *value = dynamodb_item_get(&item, attribute);

    return value && dynamodb_value_is(value, VALUE_N) && seconds_of(value->n, due_s) &&
           *due_s >= call->now_ms / MS_PER_S - oldest_s;
}

static void expire_at(const struct call *call, int64_t table_id, int64_t due_ms)
{
    timer_set(call, &DYNAMODB_EXPIRE_ITEMS, id_of(call, table_id), due_ms,
              &(struct dynamodb_expire_items_input){.table_id = table_id});
}

/* The first moment that is later than the item's. */
static int64_t due_ms_of(int64_t due_s)
{
    return due_s * MS_PER_S + 1;
}

static bool find_next(const struct call *call, int64_t table_id, struct dynamodb_expiry_row *next)
{
    return dynamodb_find_next_expiry(call->txn,
                                     &(struct dynamodb_find_next_expiry_params){.table_id = table_id}, next);
}

void dynamodb_expiry_note(const struct call *call, const struct table *table, int64_t item_id, str blob)
{
    struct dynamodb_expiry_row row = {.item_id = item_id, .table_id = table->row.id}, next;

    if (!due_of(call, table->row.ttl_name, blob, &row.due_s)) {
        dynamodb_expiry_forget(call, item_id);
        return;
    }
    if (!find_next(call, row.table_id, &next) || row.due_s < next.due_s)
        expire_at(call, row.table_id, due_ms_of(row.due_s));
    dynamodb_put_expiry(call->txn, &row);
}

void dynamodb_expiry_forget(const struct call *call, int64_t item_id)
{
    dynamodb_remove_expiry(call->txn, &(struct dynamodb_remove_expiry_params){.item_id = item_id});
}

/* ---- deleting ---- */

static void expire(const struct call *call, const struct table *table,
                   const struct dynamodb_expiry_row *expiry, struct slice *slice)
{
    struct dynamodb_read_item_row row;
    int64_t due_s;

    slice_spend(slice, 1, 0);
    if (!dynamodb_read_item(call->txn, &(struct dynamodb_read_item_params){.id = expiry->item_id}, &row) ||
        !due_of(call, table->row.ttl_name, row.item, &due_s) || due_s != expiry->due_s) {
        dynamodb_expiry_forget(call, expiry->item_id);
        return;
    }
    slice_spend(slice, 0, row.size_bytes);
    dynamodb_change_apply(call, &(struct change){
                                    .table = table,
                                    .key = {row.hash_key, row.range_key},
                                    .before = {.id = expiry->item_id,
                                               .size_bytes = row.size_bytes,
                                               .image_id = dynamodb_image_named(row.image_id),
                                               .blob = row.item},
                                    .expired = true,
                                });
    dynamodb_count_expired(call, table);
}

enum outcome dynamodb_expire_items(const struct call *call, const struct dynamodb_expire_items_input *in,
                                   struct dynamodb_expire_items_output *out)
{
    struct table table;
    struct dynamodb_expiry_row next;
    struct slice slice = {EXPIRED_PER_RUN, BYTES_PER_RUN, false};

    (void)out;
    if (!dynamodb_table_of_id(call, in->table_id, &table) || !str_present(table.row.ttl_name))
        return DONE;
    while (find_next(call, in->table_id, &next)) {
        if (due_ms_of(next.due_s) > call->now_ms) {
            expire_at(call, in->table_id, due_ms_of(next.due_s));
            return DONE;
        }
        if (slice_is_spent(call, &slice)) {
            slice_again(call, &DYNAMODB_EXPIRE_ITEMS, id_of(call, in->table_id), in);
            return DONE;
        }
        expire(call, &table, &next, &slice);
    }
    return DONE;
}

/* ---- enabling and disabling ---- */

enum outcome dynamodb_fill_expiries(const struct call *call, const struct dynamodb_fill_expiries_input *in,
                                    struct dynamodb_fill_expiries_output *out)
{
    struct dynamodb_fill_expiries_input place = *in;
    struct table table;
    struct dynamodb_list_items_row row;
    struct slice slice = {EXPIRED_PER_RUN, BYTES_PER_RUN, false};

    (void)out;
    if (!dynamodb_table_of_id(call, in->table_id, &table) || !str_present(table.row.ttl_name))
        return DONE;
    struct dynamodb_list_items_params start = {.table_id = in->table_id,
                                               .hash_key = in->hash_key.data ? in->hash_key : S(""),
                                               .range_key = in->range_key.data ? in->range_key : S("")};
    struct dynamodb_list_items_cursor cursor = dynamodb_list_items_open(call->txn, &start);
    bool enough = false;
    while (!enough && dynamodb_list_items_next(&cursor, &row)) {
        dynamodb_expiry_note(call, &table, row.id, row.item);
        place.hash_key = arena_copy(call->arena, row.hash_key);
        place.range_key = arena_copy(call->arena, row.range_key);
        slice_spend(&slice, 1, row.size_bytes);
        enough = slice_is_spent(call, &slice);
    }
    dynamodb_list_items_close(&cursor);
    if (enough)
        slice_again(call, &DYNAMODB_FILL_EXPIRIES, id_of(call, in->table_id), &place);
    else
        dynamodb_end_filling(call->txn, &(struct dynamodb_end_filling_params){.id = in->table_id});
    return DONE;
}

enum outcome dynamodb_forget_expiries(const struct call *call,
                                      const struct dynamodb_forget_expiries_input *in,
                                      struct dynamodb_forget_expiries_output *out)
{
    struct table table;

    (void)out;
    if (!dynamodb_table_of_id(call, in->table_id, &table) || str_present(table.row.ttl_name))
        return DONE; /* the items of a deleted table take their rows with them */
    if (dynamodb_forget_expiries_of(call->txn, &(struct dynamodb_forget_expiries_of_params){
                                                   .table_id = in->table_id, .limit = EXPIRED_PER_RUN}) > 0)
        slice_again(call, &DYNAMODB_FORGET_EXPIRIES, id_of(call, in->table_id), in);
    return DONE;
}

static bool change_check(const struct call *call, const struct dynamodb_read_time_to_live_row *now,
                         const struct dynamodb_time_to_live_specification *asked)
{
    bool enabled = str_present(now->ttl_name);

    if (enabled && !str_equal(now->ttl_name, asked->attribute_name))
        return dynamodb_refuse(
            call,
            arena_format(call->arena,
                         "TimeToLive is active on a different AttributeName: current AttributeName is %.*s",
                         STR_ARGS(now->ttl_name)));
    if (enabled == asked->enabled)
        return dynamodb_refuse(call, enabled ? S("TimeToLive is already enabled")
                                             : S("TimeToLive is already disabled"));
    return !now->ttl_changed_ms || call->now_ms - *now->ttl_changed_ms >= CHANGE_PAUSE_MS ||
           dynamodb_refuse(call, S("Time to live has been modified multiple times within a fixed interval"));
}

static void change(const struct call *call, int64_t table_id,
                   const struct dynamodb_time_to_live_specification *asked)
{
    dynamodb_set_time_to_live(call->txn, &(struct dynamodb_set_time_to_live_params){
                                             .id = table_id,
                                             .ttl_name = asked->enabled ? asked->attribute_name : (str){0},
                                             .ttl_changed_ms = &call->now_ms,
                                             .ttl_filling = asked->enabled});
    if (asked->enabled)
        timer_set(call, &DYNAMODB_FILL_EXPIRIES, id_of(call, table_id), call->now_ms,
                  &(struct dynamodb_fill_expiries_input){.table_id = table_id});
    else
        timer_set(call, &DYNAMODB_FORGET_EXPIRIES, id_of(call, table_id), call->now_ms,
                  &(struct dynamodb_forget_expiries_input){.table_id = table_id});
}

/* The table's settings.  False: fail() has been called. */
static bool read_settings(const struct call *call, const struct table *table,
                          struct dynamodb_read_time_to_live_row *row)
{
    if (!table || !dynamodb_table_is_known(call, table))
        return false;
    return dynamodb_read_time_to_live(call->txn,
                                      &(struct dynamodb_read_time_to_live_params){.id = table->row.id}, row);
}

/* Other operations say "Table is being created: NAME". */
static bool may_update(const struct call *call, const struct table *table)
{
    if (dynamodb_table_is(table->row.status, DYNAMODB_TABLE_STATUS_CREATING))
        return dynamodb_refuse_in_use(
            call, arena_concat(call->arena, S("Table "), table->name, S(" is being created")));
    return dynamodb_table_is_settled(call, table);
}

enum outcome dynamodb_update_time_to_live(const struct call *call,
                                          const struct dynamodb_update_time_to_live_input *in,
                                          struct dynamodb_update_time_to_live_output *out)
{
    const struct table *table = dynamodb_table_of(call);
    struct dynamodb_read_time_to_live_row row;

    if (!read_settings(call, table, &row) || !may_update(call, table) ||
        !change_check(call, &row, in->time_to_live_specification))
        return FAILED;
    change(call, table->row.id, in->time_to_live_specification);
    out->time_to_live_specification = in->time_to_live_specification;
    return DONE;
}

static bool may_describe(const struct call *call, const struct table *table)
{
    str status = table->row.status;

    if (dynamodb_table_is_made(table))
        return true;
    return dynamodb_refuse(call, arena_format(call->arena,
                                              "Cannot describe time to live while table is in %.*s state: "
                                              "Current table state is %.*s",
                                              STR_ARGS(status), STR_ARGS(status)));
}

enum outcome dynamodb_describe_time_to_live(const struct call *call,
                                            const struct dynamodb_describe_time_to_live_input *in,
                                            struct dynamodb_describe_time_to_live_output *out)
{
    struct dynamodb_time_to_live_description *description =
        arena_new(call->arena, struct dynamodb_time_to_live_description);
    const struct table *table = dynamodb_table_of(call);
    struct dynamodb_read_time_to_live_row row;

    (void)in;
    if (!read_settings(call, table, &row) || !may_describe(call, table))
        return FAILED;
    description->attribute_name = row.ttl_name;
    description->time_to_live_status =
        dynamodb_time_to_live_status_text(!str_present(row.ttl_name) ? DYNAMODB_TIME_TO_LIVE_STATUS_DISABLED
                                          : row.ttl_filling          ? DYNAMODB_TIME_TO_LIVE_STATUS_ENABLING
                                                                     : DYNAMODB_TIME_TO_LIVE_STATUS_ENABLED);
    out->time_to_live_description = description;
    return DONE;
}
