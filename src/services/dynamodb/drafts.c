/*
 * drafts.c: the large items of one request, stored before the request is done.
 *
 * What a transaction changes is stored in one run of its handler.  Its large items need not be: when a worker
 * has computed them, the first runs store them as images, some in each, and park.  No row names such a draft,
 * so nobody sees it.  The last run plans all writes as ever, and its rows take the drafts as their images. An
 * item that has changed meanwhile is computed again, and its drafts are given up.
 *
 * A preparation chooses the numbers of its drafts by chance, so that a later run finds them in the store.  If
 * the last run never comes, a timer removes them.
 */
#include "dynamodb_internal.h"

#include "base/hash.h"
#include "base/time.h"

enum {
    DRAFTED_BYTES = 1024 * 1024, /* a smaller request stores all in one run */
    DRAFTED_PER_RUN = 50,
    DRAFTED_BYTES_PER_RUN = 1024 * 1024,
    MOST_ATTEMPTS = 2, /* preparations with drafts; the items may change each time */
    MOST_DRAFTS = 256,
    UNFINISHED_MS = 60 * MS_PER_S, /* this long after its last draft no call is still writing them */
};

void dynamodb_drafts_begin(struct write_set *set)
{
    set->drafts =
        set->attempts < MOST_ATTEMPTS ? (int64_t)(random_u64() >> 1) / MOST_DRAFTS * MOST_DRAFTS : 0;
    set->attempts++;
}

static str id_of(const struct call *call, int64_t drafts)
{
    return arena_decimal(call->arena, drafts);
}

static str if_large(str blob)
{
    return dynamodb_image_pays(blob) ? blob : (str){0};
}

/* A table that stores nothing besides the item replaces it in its place. */
static str item_after(const struct write *write)
{
    return write->table->indexes.count > 0 || dynamodb_change_copies(write->table) ? if_large(write->blob)
                                                                                   : (str){0};
}

static str item_before(const struct write *write)
{
    return write->kind != WRITE_CHECKS && !write->stored.image_id && dynamodb_change_keeps(write->table) > 0
               ? if_large(write->stored.blob)
               : (str){0};
}

static bool may_succeed(const struct write_set *set, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!dynamodb_write_may_succeed(&set->items[i]))
            return false;
    return true;
}

static int64_t bytes_of(const struct write_set *set, size_t count)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += (int64_t)(item_after(&set->items[i]).size + item_before(&set->items[i]).size);
    return bytes;
}

/* Find that draft, or store it.  False: the slice is spent. */
static bool draft(const struct call *call, int64_t number, str blob, struct slice *slice, int64_t *id)
{
    struct dynamodb_find_draft_row found;

    if (!str_present(blob))
        return true;
    if (dynamodb_find_draft(call->txn, &(struct dynamodb_find_draft_params){.draft = number}, &found)) {
        *id = found.id;
        return true;
    }
    if (slice_is_spent(call, slice))
        return false;
    *id = dynamodb_image_draft(call, blob, number);
    slice_spend(slice, 1, (int64_t)blob.size);
    return true;
}

static bool draft_all(const struct call *call, struct write_set *set, size_t count, struct slice *slice)
{
    for (size_t i = 0; i < count; i++) {
        struct write *write = &set->items[i];
        int64_t number = set->drafts + 2 * (int64_t)i;
        if (!draft(call, number, item_after(write), slice, &write->draft) ||
            !draft(call, number + 1, item_before(write), slice, &write->draft_before))
            return false;
    }
    return true;
}

static void remove_at(const struct call *call, int64_t drafts, int64_t due_ms)
{
    timer_set(call, &DYNAMODB_REMOVE_IMAGES, id_of(call, drafts), due_ms,
              &(struct dynamodb_remove_images_input){.draft = &drafts});
}

/* A write will fail, or has to be computed again: then nothing is drafted. */
static void begin(const struct call *call, struct write_set *set, size_t count)
{
    bool may = set->drafts && !call->invoked && !call->last_run && may_succeed(set, count);

    set->drafted = may && bytes_of(set, count) > DRAFTED_BYTES;
    set->swapped = may && dynamodb_swaps_pay(set, count);
    for (size_t i = 0; i < set->count; i++) {
        set->items[i].draft = set->items[i].draft_before = 0;
        set->items[i].swap = (struct swap){0};
    }
}

enum outcome dynamodb_drafts_write(const struct call *call, struct write_set *set, size_t count)
{
    struct slice slice = {DRAFTED_PER_RUN, DRAFTED_BYTES_PER_RUN, false};

    begin(call, set, count);
    if ((!set->drafted || draft_all(call, set, count, &slice)) &&
        (!set->swapped || dynamodb_swaps_write(call, set, count, &slice)) && !slice.begun)
        return DONE;
    remove_at(call, set->drafts, call->now_ms + UNFINISHED_MS);
    return park(call, arena_join(call->arena, S("dynamodb/drafts/"), id_of(call, set->drafts)),
                call->now_ms + 1);
}

static void give_up(const struct call *call, int64_t drafts)
{
    struct dynamodb_give_up_drafts_params range = {.low = drafts, .high = drafts + MOST_DRAFTS};

    if (dynamodb_give_up_drafts(call->txn, &range) > 0)
        dynamodb_images_remove_later(call);
}

void dynamodb_drafts_end(const struct call *call, const struct write_set *set)
{
    if (set->drafted)
        give_up(call, set->drafts);
    if (set->swapped)
        remove_at(call, set->drafts, call->now_ms);
    else if (set->drafted)
        timer_cancel(call, &DYNAMODB_REMOVE_IMAGES, id_of(call, set->drafts));
}

void dynamodb_drafts_remove(const struct call *call, int64_t drafts)
{
    give_up(call, drafts);
    if (!dynamodb_swaps_end(call, drafts, drafts + MOST_DRAFTS))
        slice_again(call, &DYNAMODB_REMOVE_IMAGES, id_of(call, drafts),
                    &(struct dynamodb_remove_images_input){.draft = &drafts});
}
