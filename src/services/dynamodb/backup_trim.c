/*
 * backup_trim.c: removes the history of tables that is not needed any more, and the items of deleted backups.
 *
 * The history of a table with point-in-time recovery is as long as its recovery period; that of another table
 * is needed only while the table is being copied.  Rows are removed in slices.
 */
#include "backups.h"
#include "dynamodb_internal.h"

#include "base/time.h"

enum {
    REMOVED_PER_RUN = 100,
    REMOVED_BYTES_PER_RUN = 2 * 1024 * 1024,
    MS_PER_HOUR = 3600 * MS_PER_S,
};
static const int64_t ms_per_day = (int64_t)24 * MS_PER_HOUR;

void dynamodb_history_trim_later(const struct call *call, int64_t table_id, int64_t due_ms)
{
    timer_set(call, &DYNAMODB_TRIM_HISTORY, arena_decimal(call->arena, table_id), due_ms,
              &(struct dynamodb_trim_history_input){.table_id = table_id});
}

/* Remove versions from before that time; false when some are left for another run. */
static bool trim(const struct call *call, int64_t table_id, int64_t before_ms)
{
    struct dynamodb_list_versions_rows rows = dynamodb_list_versions(
        call->txn, &(struct dynamodb_list_versions_params){
                       .table_id = table_id, .changed_ms = before_ms, .limit = REMOVED_PER_RUN + 1});
    struct slice slice = {REMOVED_PER_RUN, REMOVED_BYTES_PER_RUN, false};

    for (size_t i = 0; i < rows.count; i++) {
        if (slice_is_spent(call, &slice))
            return false;
        dynamodb_remove_version(call->txn, &(struct dynamodb_remove_version_params){.id = rows.items[i].id});
        dynamodb_image_drop(call, rows.items[i].image_id);
        slice_spend(&slice, 1, rows.items[i].size_bytes);
    }
    return true;
}

enum outcome dynamodb_trim_history(const struct call *call, const struct dynamodb_trim_history_input *in,
                                   struct dynamodb_trim_history_output *out)
{
    struct dynamodb_read_recovery_row row = {0};
    struct dynamodb_find_copy_of_row copy;
    bool there =
        dynamodb_read_recovery(call->txn, &(struct dynamodb_read_recovery_params){.id = in->table_id}, &row);

    (void)out;
    if (dynamodb_find_copy_of(call->txn, &(struct dynamodb_find_copy_of_params){.source_id = &in->table_id},
                              &copy))
        return DONE; /* the end of the copy asks again */
    if (!trim(call, in->table_id,
              there && row.recovery_ms ? call->now_ms - row.recovery_days * ms_per_day : INT64_MAX))
        slice_again(call, &DYNAMODB_TRIM_HISTORY, arena_decimal(call->arena, in->table_id), in);
    else if (there && row.recovery_ms)
        dynamodb_history_trim_later(call, in->table_id, call->now_ms + MS_PER_HOUR);
    return DONE;
}

enum outcome dynamodb_remove_backup(const struct call *call, const struct dynamodb_remove_backup_input *in,
                                    struct dynamodb_remove_backup_output *out)
{
    struct dynamodb_list_backup_items_rows rows =
        dynamodb_list_backup_items(call->txn, &(struct dynamodb_list_backup_items_params){
                                                  .backup_id = in->backup_id, .limit = REMOVED_PER_RUN + 1});
    struct slice slice = {REMOVED_PER_RUN, REMOVED_BYTES_PER_RUN, false};

    (void)out;
    dynamodb_remove_backup_row(call->txn, &(struct dynamodb_remove_backup_row_params){.id = in->backup_id});
    for (size_t i = 0; i < rows.count; i++) {
        if (slice_is_spent(call, &slice)) {
            slice_again(call, &DYNAMODB_REMOVE_BACKUP, arena_decimal(call->arena, in->backup_id), in);
            return DONE;
        }
        dynamodb_remove_backup_item(call->txn,
                                    &(struct dynamodb_remove_backup_item_params){.id = rows.items[i].id});
        slice_spend(&slice, 1, rows.items[i].size_bytes);
    }
    return DONE;
}
