/*
 * uses.c: which actions roles and users use, on which resources, and when, and what access keys sign: what
 * the store does not have yet.
 *
 * Every request of a role asks, so a use that a cached identity has noted lately costs a few comparisons;
 * only once in SEEN_FOR_MS does it reach the table that all threads share.  Once a minute, and as soon as the
 * table has MANY_OWNERS identities and keys, kept_uses.c takes what the table has, and stores it.  What is
 * taken remains readable until its transaction is known to be committed.
 *
 * Everything is bounded.  An identity keeps MOST_USES pairs of an action and a resource; when there are more,
 * the action with the most resources keeps one use for all of them.  Of MOST_OWNERS identities and keys,
 * which are there only when the store refuses them, the one that was idle for longest is forgotten.
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"

#include "base/check.h"
#include "base/map.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    MANY_OWNERS = 512,
    MOST_OWNERS = 4096,
    MOST_USES = 128,
    SEEN = 32,
    SEEN_BYTES = 176,
    SEEN_FOR_MS = 10 * 1000
};
enum { SEEN_KEYS = 256, MOST_NAME_BYTES = 64 };

/* ---- what a cached identity has lately noted ---- */

struct seen_use {
    const char *action; /* of a model's table, so its address is enough */
    int64_t until_ms;
    size_t size;
    char resource[SEEN_BYTES];
};

struct seen_use *iam_seen_uses(struct arena *arena)
{
    return arena_alloc(arena, SEEN * sizeof(struct seen_use));
}

static struct seen_use *place_of(struct seen_use *seen, const struct question *question)
{
    str resource = question->resource_arn;
    size_t last = resource.size > 0 ? (unsigned char)resource.data[resource.size - 1] : 0;

    return &seen[((uintptr_t)question->action.data / 8 + resource.size + last) % SEEN];
}

static bool was_seen(const struct seen_use *seen, const struct question *question, int64_t now_ms)
{
    return seen->action == question->action.data && now_ms < seen->until_ms &&
           str_equal((str){seen->resource, seen->size}, question->resource_arn);
}

static void see(struct seen_use *seen, const struct question *question, int64_t now_ms)
{
    str resource = question->resource_arn;

    if (resource.size == 0 || resource.size > SEEN_BYTES)
        return;
    seen->action = question->action.data;
    seen->until_ms = now_ms + SEEN_FOR_MS;
    seen->size = resource.size;
    memcpy(seen->resource, resource.data, resource.size);
}

/* ---- the uses of one identity ---- */

/* A use of the action for several resources is a use for each. */
static struct iam_use *find_use(struct iam_uses *uses, str action, str resource)
{
    for (size_t i = 0; i < uses->count; i++) {
        struct iam_use *use = &uses->items[i];
        if ((!str_present(use->resource) || str_equal(use->resource, resource)) &&
            str_equal(use->action, action))
            return use;
    }
    return NULL;
}

static size_t count_of(const struct iam_uses *uses, str action)
{
    size_t count = 0;

    for (size_t i = 0; i < uses->count; i++)
        count += str_equal(uses->items[i].action, action);
    return count;
}

/* The action with the most resources; absent when each has one. */
static str most_used(const struct iam_uses *uses)
{
    str most = {0};
    size_t largest = 1;

    for (size_t i = 0; i < uses->count; i++) {
        size_t count = count_of(uses, uses->items[i].action);
        if (count > largest) {
            largest = count;
            most = uses->items[i].action;
        }
    }
    return most;
}

/* Keep one use, for several resources, of all uses of the action. */
static void merge(struct iam_uses *uses, str action)
{
    struct iam_use merged = {.action = action, .changed = true};
    size_t kept = 0;

    for (size_t i = 0; i < uses->count; i++) {
        struct iam_use use = uses->items[i];
        if (!str_equal(use.action, action)) {
            uses->items[kept++] = use;
        } else if (use.last_ms > merged.last_ms) {
            merged.last_ms = use.last_ms;
            merged.region = use.region;
        }
    }
    uses->items[kept++] = merged;
    uses->count = kept;
}

/* False: there are as many actions as are kept. */
static bool make_room(struct iam_uses *uses)
{
    str action = most_used(uses);

    if (str_present(action))
        merge(uses, action);
    else
        uses->partial = true;
    return str_present(action);
}

static struct iam_use *use_of(struct arena *arena, struct iam_uses *uses, str action, str resource)
{
    if (!str_present(resource) && count_of(uses, action) > 0)
        merge(uses, action);
    struct iam_use *use = find_use(uses, action, resource);
    if (!use && uses->count == MOST_USES) {
        if (!make_room(uses))
            return NULL;
        use = find_use(uses, action, resource); /* the action may have one use for all now */
    }
    if (!use) {
        use = list_add(arena, uses);
        *use = (struct iam_use){.action = arena_copy(arena, action), .resource = arena_copy(arena, resource)};
    }
    return use;
}

void iam_uses_add(struct arena *arena, struct iam_uses *uses, const struct iam_use *added)
{
    struct iam_use *use = use_of(arena, uses, added->action, added->resource);

    if (!use || use->last_ms > added->last_ms)
        return;
    use->last_ms = added->last_ms;
    use->changed = true;
    if (!str_equal(use->region, added->region))
        use->region = arena_copy(arena, added->region);
}

static void add_all(struct arena *arena, struct iam_uses *uses, const struct iam_uses *added)
{
    for (size_t i = 0; i < added->count; i++)
        iam_uses_add(arena, uses, &added->items[i]);
    uses->partial |= added->partial;
}

/* ---- the table ---- */

struct owner {
    str id;
    int64_t last_ms;
    struct iam_uses uses;
    struct owner *next;
    struct arena arena;
};

/* By an identity's unique id, or an access key's id. */
struct owners {
    struct map map;
    struct owner *first;
};

static struct {
    pthread_mutex_t lock; /* protects all members */
    struct owners noted,  /* since they were taken last */
        taken;
    bool crowded; /* has many, and that was told */
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct owner *owner_of(struct owners *owners, str id)
{
    struct owner *owner = map_get(&owners->map, id);

    if (owner)
        return owner;
    owner = memory_take(sizeof *owner);
    owner->id = arena_copy(&owner->arena, id);
    owner->next = owners->first;
    owners->first = owner;
    map_put(&owners->map, owner->id, owner);
    return owner;
}

static struct owner *leave(struct owners *owners, struct owner *owner)
{
    struct owner **place = &owners->first;

    while (*place != owner)
        place = &(*place)->next;
    *place = owner->next;
    map_remove(&owners->map, owner->id);
    return owner;
}

static void owner_free(struct owner *owner)
{
    arena_free(&owner->arena);
    free(owner);
}

static void clear(struct owners *owners)
{
    while (owners->first)
        owner_free(leave(owners, owners->first));
    map_free(&owners->map);
    *owners = (struct owners){0};
}

static void forget_idle(struct owners *owners)
{
    struct owner *idle = owners->first;

    check(idle);
    for (struct owner *owner = owners->first; owner; owner = owner->next)
        if (owner->last_ms < idle->last_ms)
            idle = owner;
    owner_free(leave(owners, idle));
}

/* True, once until uses are taken: there are so many identities that they should be taken soon. */
static bool is_newly_crowded(void)
{
    bool newly = !table.crowded && table.noted.map.count >= MANY_OWNERS;

    table.crowded |= newly;
    return newly;
}

/* Returns is_newly_crowded(). */
static bool note(str id, const struct iam_use *use)
{
    pthread_mutex_lock(&table.lock);
    if (table.noted.map.count >= MOST_OWNERS && !map_get(&table.noted.map, id))
        forget_idle(&table.noted);
    struct owner *owner = owner_of(&table.noted, id);
    iam_uses_add(&owner->arena, &owner->uses, use);
    owner->last_ms = use->last_ms;
    bool newly_crowded = is_newly_crowded();
    pthread_mutex_unlock(&table.lock);
    return newly_crowded;
}

/* The client chooses the region, and where no operation is called, the service. */
static str shortened(str text)
{
    return str_head_whole(text, MOST_NAME_BYTES);
}

bool iam_use_note(const struct cached_identity *identity, const struct question *question, str region,
                  int64_t now_ms)
{
    struct seen_use *seen = place_of(identity->seen, question);

    if (was_seen(seen, question, now_ms))
        return false;
    see(seen, question, now_ms);
    return note(identity->unique_id, &(struct iam_use){.action = question->action,
                                                       .resource = question->resource_arn,
                                                       .region = shortened(region),
                                                       .last_ms = now_ms});
}

/* ---- access keys ---- */

/* Of each key, or of several that share a place, a digest of the last use and its time. */
static _Atomic uint64_t seen_keys[SEEN_KEYS];

static bool key_was_seen(str access_key_id, const struct iam_use *use)
{
    uint64_t key = str_hash_quick(0, access_key_id);
    uint64_t digest = str_hash_quick(str_hash_quick(key, use->action), use->region);

    digest += (uint64_t)(use->last_ms / SEEN_FOR_MS);
    if (atomic_load(&seen_keys[key % SEEN_KEYS]) == digest)
        return true;
    atomic_store(&seen_keys[key % SEEN_KEYS], digest);
    return false;
}

void iam_note_key_use(const struct call *call, str access_key_id, str service)
{
    const struct operation *operation = call->operation;
    struct iam_use use = {
        .action = operation ? iam_service_of(call, str_of(operation->action)) : shortened(service),
        .resource = access_key_id,
        .region = shortened(call->region),
        .last_ms = call->now_ms,
    };

    if (!key_was_seen(access_key_id, &use) && note(access_key_id, &use))
        iam_uses_keep_soon(call);
}

void iam_uses_forget(void)
{
    pthread_mutex_lock(&table.lock);
    clear(&table.noted);
    clear(&table.taken);
    table.crowded = false;
    pthread_mutex_unlock(&table.lock);
}

static void add_of(struct arena *arena, const struct owners *owners, str unique_id, struct iam_uses *uses)
{
    const struct owner *owner = map_get(&owners->map, unique_id);

    if (owner)
        add_all(arena, uses, &owner->uses);
}

void iam_uses_noted(struct arena *arena, str owner, struct iam_uses *uses)
{
    struct arena_guard *guard = arena_hold(arena); /* the lock must be released */

    pthread_mutex_lock(&table.lock);
    add_of(arena, &table.taken, owner, uses);
    add_of(arena, &table.noted, owner, uses);
    pthread_mutex_unlock(&table.lock);
    arena_let_go(arena, guard);
}

/* ---- taking ---- */

bool iam_uses_take(struct arena *arena, str *unique_id, struct iam_uses *uses)
{
    struct arena_guard *guard = arena_hold(arena);

    *uses = (struct iam_uses){0};
    pthread_mutex_lock(&table.lock);
    struct owner *owner = table.noted.first ? leave(&table.noted, table.noted.first) : NULL;
    if (owner) {
        struct owner *taken = owner_of(&table.taken, owner->id);
        add_all(&taken->arena, &taken->uses, &owner->uses);
        add_all(arena, uses, &owner->uses);
        *unique_id = arena_copy(arena, owner->id);
        owner_free(owner);
    }
    pthread_mutex_unlock(&table.lock);
    arena_let_go(arena, guard);
    return owner != NULL;
}

void iam_uses_stored(bool stored)
{
    pthread_mutex_lock(&table.lock);
    for (struct owner *taken = table.taken.first; taken && !stored; taken = taken->next) {
        struct owner *owner = owner_of(&table.noted, taken->id);
        add_all(&owner->arena, &owner->uses, &taken->uses);
    }
    clear(&table.taken);
    table.crowded = false;
    pthread_mutex_unlock(&table.lock);
}
