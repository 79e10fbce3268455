/*
 * sums.c: numbers that many calls change, stored once for all calls of a batch.
 *
 * A call's additions are noted in the batch, and undone with the call when it fails.  The rows are written
 * before the batch is committed, in the same transaction: so committed sums are always exact, and only a call
 * that reads these rows inside a batch must call sums_store() first.
 */
#include "engine/engine_internal.h"

enum { FIRST_SLOTS = 16 };

static uint64_t hash_of(const struct sum *sum)
{
    str key = {(const char *)sum->key, sizeof sum->key};

    return str_hash_quick((uint64_t)(uintptr_t)sum->store, key);
}

static bool is_same(const struct sum *a, const struct sum *b)
{
    return a->store == b->store && a->key[0] == b->key[0] && a->key[1] == b->key[1];
}

/* Its slot, or the free slot for it.  A slot has the position in the list plus one. */
static size_t *slot_of(const struct sums *sums, const struct sum *sum)
{
    size_t i = hash_of(sum) & (sums->slot_count - 1);

    while (sums->slots[i] && !is_same(&sums->items[sums->slots[i] - 1], sum))
        i = (i + 1) & (sums->slot_count - 1);
    return &sums->slots[i];
}

static void make_room(struct batch *batch)
{
    struct sums *sums = &batch->sums;

    if (sums->count * 2 < sums->slot_count)
        return;
    size_t slot_count = sums->slot_count ? sums->slot_count * 2 : FIRST_SLOTS;
    sums->slots = arena_alloc(&batch->arena, slot_count * sizeof *sums->slots);
    sums->slot_count = slot_count;
    for (size_t i = 0; i < sums->count; i++)
        *slot_of(sums, &sums->items[i]) = i + 1;
}

static size_t place_of(struct batch *batch, const struct sum *sum)
{
    make_room(batch);
    size_t *slot = slot_of(&batch->sums, sum);
    if (!*slot) {
        *list_add(&batch->arena, &batch->sums) =
            (struct sum){.store = sum->store, .key = {sum->key[0], sum->key[1]}};
        *slot = batch->sums.count;
    }
    return *slot - 1;
}

static void change(struct batch *batch, size_t place, int64_t by_0, int64_t by_1)
{
    struct sum_change *noted = list_add(&batch->arena, &batch->sum_changes);
    int64_t *by = batch->sums.items[place].by;

    *noted = (struct sum_change){.place = place, .by = {by_0, by_1}};
    by[0] += by_0;
    by[1] += by_1;
}

void sum_add(const struct call *call, const struct sum *sum)
{
    struct batch *batch = call->engine->batch;

    check_writes(call);
    change(batch, place_of(batch, sum), sum->by[0], sum->by[1]);
}

struct sum sum_added(const struct call *call, const struct sum *sum)
{
    const struct sums *sums = &call->engine->batch->sums;
    size_t place = sums->slot_count ? *slot_of(sums, sum) : 0;

    check_writes(call);
    return place ? sums->items[place - 1] : (struct sum){0};
}

void sums_undo(struct batch *batch, size_t keep)
{
    while (batch->sum_changes.count > keep) {
        const struct sum_change *last = &batch->sum_changes.items[--batch->sum_changes.count];
        int64_t *by = batch->sums.items[last->place].by;
        by[0] -= last->by[0];
        by[1] -= last->by[1];
    }
}

static bool is_zero(const struct sum *sum)
{
    return sum->by[0] == 0 && sum->by[1] == 0;
}

/* When the call fails, the rows are undone, and the sums have to be stored again. */
void sums_store(const struct call *call)
{
    if (txn_reads_only(call->txn))
        return; /* it sees committed rows, which are complete */
    struct batch *batch = call->engine->batch;
    for (size_t i = 0; i < batch->sums.count; i++) {
        struct sum sum = batch->sums.items[i];
        if (is_zero(&sum))
            continue;
        sum.store(call->txn, &sum);
        change(batch, i, -sum.by[0], -sum.by[1]);
    }
}

void sums_finish(struct engine *engine)
{
    const struct sums *sums = &engine->batch->sums;

    for (size_t i = 0; i < sums->count; i++)
        if (!is_zero(&sums->items[i]))
            sums->items[i].store(engine->txn, &sums->items[i]);
}
