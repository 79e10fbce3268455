/*
 * backup_copy.c: copies items into a backup, or into a restored table.
 *
 * A copy is as of one moment, though it runs in slices and the source may change meanwhile: each change of a
 * table that is being copied, or has point-in-time recovery, keeps the item as it was (dynamodb_version).  An
 * item at the moment of a version is what its first later version keeps, or, without one, what is stored.  A
 * table with neither keeps nothing, and costs nothing.
 */
#include "backups.h"
#include "dynamodb_internal.h"
#include "tables.h"

#include "base/check.h"

enum {
    COPIED_PER_RUN = 100,
    COPIED_BYTES_PER_RUN = 2 * 1024 * 1024,
};

/* ---- what is kept ---- */

void dynamodb_version_keep(const struct call *call, const struct change *change)
{
    const struct stored *before = &change->before;

    dynamodb_add_version(call->txn,
                         &(struct dynamodb_version_row){.table_id = change->table->row.id,
                                                        .hash_key = change->key.hash,
                                                        .range_key = change->key.range,
                                                        .changed_ms = call->now_ms,
                                                        .size_bytes = before->size_bytes,
                                                        .item = before->image_id ? (str){0} : before->blob,
                                                        .image_id = dynamodb_image_name(&before->image_id)});
}

int64_t dynamodb_version_now(const struct call *call)
{
    struct dynamodb_find_last_version_row row = {0};

    return dynamodb_find_last_version(call->txn, &row) ? row.id : 0;
}

/* ---- the next item of a source ---- */

static int compare_keys(const struct item_key *one, const struct item_key *other)
{
    int order = str_compare(one->hash, other->hash);

    return order ? order : str_compare(one->range, other->range);
}

/* The first key after *key, of an item that is stored or was.  False: no key is left. */
static bool next_key(const struct call *call, int64_t table_id, struct item_key *key)
{
    struct dynamodb_find_next_item_row item = {0};
    struct dynamodb_find_next_version_row version = {0};
    bool stored =
        dynamodb_find_next_item(call->txn,
                                &(struct dynamodb_find_next_item_params){
                                    .table_id = table_id, .hash_key = key->hash, .range_key = key->range},
                                &item);
    bool kept =
        dynamodb_find_next_version(call->txn,
                                   &(struct dynamodb_find_next_version_params){
                                       .table_id = table_id, .hash_key = key->hash, .range_key = key->range},
                                   &version);
    struct item_key of_item = {item.hash_key, item.range_key},
                    of_version = {version.hash_key, version.range_key};

    if (!stored && !kept)
        return false;
    *key = !stored || (kept && compare_keys(&of_version, &of_item) < 0) ? of_version : of_item;
    return true;
}

/* The item as it was before the versions after version_id; its blob is absent if there was no item. */
static struct stored item_at(const struct call *call, int64_t table_id, const struct item_key *key,
                             int64_t version_id)
{
    struct table table = {.row = {.id = table_id}};
    struct dynamodb_version_row version = {0};
    struct stored stored;

    if (dynamodb_find_version(
            call->txn,
            &(struct dynamodb_find_version_params){
                .table_id = table_id, .hash_key = key->hash, .range_key = key->range, .after = version_id},
            &version))
        return (struct stored){.size_bytes = version.size_bytes, .blob = version.item};
    dynamodb_stored_read(call, &table, key, &stored);
    return stored;
}

/* Move on to the next item of the copy's source; false at its end. */
static bool next_item(const struct call *call, struct dynamodb_copy_row *copy, struct stored *item)
{
    struct item_key key = {copy->hash_key, copy->range_key};
    struct dynamodb_backup_item_row row = {0};

    if (copy->source_id) {
        if (!next_key(call, *copy->source_id, &key))
            return false;
        *item = item_at(call, *copy->source_id, &key, copy->version_id);
    } else {
        if (!dynamodb_find_next_backup_item(
                call->txn,
                &(struct dynamodb_find_next_backup_item_params){
                    .backup_id = *copy->backup_id, .hash_key = key.hash, .range_key = key.range},
                &row))
            return false;
        key = (struct item_key){row.hash_key, row.range_key};
        *item = (struct stored){.size_bytes = row.size_bytes, .blob = row.item};
    }
    copy->hash_key = key.hash;
    copy->range_key = key.range;
    return true;
}

/* ---- storing it ---- */

static void store_item(const struct call *call, const struct dynamodb_copy_row *copy,
                       const struct table *target, const struct stored *item)
{
    if (!str_present(item->blob))
        return;
    if (copy->target_id)
        dynamodb_change_apply(call, &(struct change){.table = target,
                                                     .key = {copy->hash_key, copy->range_key},
                                                     .blob = item->blob,
                                                     .size_bytes = item->size_bytes});
    else
        dynamodb_add_backup_item(call->txn, &(struct dynamodb_backup_item_row){.backup_id = *copy->backup_id,
                                                                               .hash_key = copy->hash_key,
                                                                               .range_key = copy->range_key,
                                                                               .size_bytes = item->size_bytes,
                                                                               .item = item->blob});
}

/* ---- the copy ---- */

/* A restored table is CREATING for as long as --table-delay says: its copy begins then. */
void dynamodb_copy_begin(const struct call *call, struct dynamodb_copy_row *copy)
{
    int64_t delay_ms = copy->target_id ? dynamodb_table_delay_ms() : 0;

    copy->hash_key = copy->range_key = S("");
    copy->id = dynamodb_add_copy(call->txn, copy);
    if (copy->source_id)
        dynamodb_count_copies(call->txn,
                              &(struct dynamodb_count_copies_params){.id = *copy->source_id, .by = 1});
    else
        dynamodb_count_restores(call->txn,
                                &(struct dynamodb_count_restores_params){.id = *copy->backup_id, .by = 1});
    timer_set(call, &DYNAMODB_COPY_ITEMS, arena_decimal(call->arena, copy->id), call->now_ms + delay_ms,
              &(struct dynamodb_copy_items_input){.copy_id = copy->id});
}

static void end(const struct call *call, const struct dynamodb_copy_row *copy)
{
    dynamodb_remove_copy(call->txn, &(struct dynamodb_remove_copy_params){.id = copy->id});
    if (copy->source_id) {
        dynamodb_count_copies(call->txn,
                              &(struct dynamodb_count_copies_params){.id = *copy->source_id, .by = -1});
        dynamodb_history_trim_later(call, *copy->source_id, call->now_ms);
        dynamodb_items_removal_resume(call);
    } else
        dynamodb_count_restores(call->txn,
                                &(struct dynamodb_count_restores_params){.id = *copy->backup_id, .by = -1});
    if (copy->target_id)
        dynamodb_settle_table(call, &(struct dynamodb_settle_table_input){.table_id = *copy->target_id},
                              NULL);
    else
        dynamodb_set_backup_status(
            call->txn, &(struct dynamodb_set_backup_status_params){
                           .id = *copy->backup_id,
                           .status = dynamodb_backup_status_text(DYNAMODB_BACKUP_STATUS_AVAILABLE)});
}

enum outcome dynamodb_copy_items(const struct call *call, const struct dynamodb_copy_items_input *in,
                                 struct dynamodb_copy_items_output *out)
{
    struct dynamodb_copy_row copy;
    struct table target = {0};
    struct stored item;
    struct slice slice = {COPIED_PER_RUN, COPIED_BYTES_PER_RUN, false};

    (void)out;
    if (!dynamodb_read_copy(call->txn, &(struct dynamodb_read_copy_params){.id = in->copy_id}, &copy))
        return DONE;
    if (copy.target_id) {
        bool found = dynamodb_table_of_id(call, *copy.target_id, &target);
        check(found); /* a table that is being made is not deleted */
    }
    while (!slice_is_spent(call, &slice)) {
        if (!next_item(call, &copy, &item)) {
            end(call, &copy);
            return DONE;
        }
        store_item(call, &copy, &target, &item);
        slice_spend(&slice, 1, item.size_bytes);
    }
    dynamodb_move_copy(call->txn, &copy);
    slice_again(call, &DYNAMODB_COPY_ITEMS, arena_decimal(call->arena, copy.id), in);
    return DONE;
}
