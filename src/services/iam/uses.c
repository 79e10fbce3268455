/*
 * uses.c: which actions roles and users use, on which resources, and when.
 *
 * Kept in memory, from the server's start or a reset on.  Every request of a role asks, so a use that a
 * cached identity has noted lately costs a few comparisons; only once in SEEN_FOR_MS does it reach the table
 * that all threads share.
 *
 * Everything is bounded.  An identity keeps MOST_USES pairs of an action and a resource; when there are more,
 * the action with the most resources keeps one use for all of them.  Of MOST_OWNERS identities, the one that
 * was idle for longest is forgotten.
 */
#include "services/iam/iam.h"
#include "services/iam/iam_internal.h"

#include "base/map.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OWNERS = 256, MOST_USES = 128, SEEN = 32, SEEN_BYTES = 176, SEEN_FOR_MS = 10 * 1000 };

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

/* ---- the table ---- */

struct owner {
    str id;
    int64_t last_ms;
    bool partial;
    struct {
        struct iam_use *items;
        size_t count;
    } uses;
    struct arena arena;
};

static struct {
    pthread_mutex_t lock; /* protects all members */
    struct map owners;    /* by unique id -> struct owner */
    int64_t since_ms;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void free_owner(void *context, str key, void *value)
{
    struct owner *owner = value;

    (void)context, (void)key;
    arena_free(&owner->arena);
    free(owner);
}

static void find_idle(void *context, str key, void *value)
{
    struct owner **idle = context, *owner = value;

    (void)key;
    if (!*idle || owner->last_ms < (*idle)->last_ms)
        *idle = owner;
}

static void forget_idle(void)
{
    struct owner *idle = NULL;

    map_each(&table.owners, find_idle, &idle);
    map_remove(&table.owners, idle->id);
    free_owner(NULL, idle->id, idle);
}

static struct owner *owner_of(str id)
{
    struct owner *owner = map_get(&table.owners, id);

    if (owner)
        return owner;
    if (table.owners.count >= MOST_OWNERS)
        forget_idle();
    owner = memory_take(sizeof *owner);
    owner->id = arena_copy(&owner->arena, id);
    map_put(&table.owners, owner->id, owner);
    return owner;
}

/* A use of the action for several resources is a use for each. */
static struct iam_use *find_use(struct owner *owner, str action, str resource)
{
    for (size_t i = 0; i < owner->uses.count; i++) {
        struct iam_use *use = &owner->uses.items[i];
        if ((!str_present(use->resource) || str_equal(use->resource, resource)) &&
            str_equal(use->action, action))
            return use;
    }
    return NULL;
}

static size_t count_of(const struct owner *owner, str action)
{
    size_t count = 0;

    for (size_t i = 0; i < owner->uses.count; i++)
        count += str_equal(owner->uses.items[i].action, action);
    return count;
}

/* The action with the most resources; absent when each has one. */
static str most_used(const struct owner *owner)
{
    str most = {0};
    size_t largest = 1;

    for (size_t i = 0; i < owner->uses.count; i++) {
        size_t count = count_of(owner, owner->uses.items[i].action);
        if (count > largest) {
            largest = count;
            most = owner->uses.items[i].action;
        }
    }
    return most;
}

/* Keep one use, for several resources, of all uses of the action. */
static void merge(struct owner *owner, str action)
{
    struct iam_use merged = {.action = action};
    size_t kept = 0;

    for (size_t i = 0; i < owner->uses.count; i++) {
        struct iam_use use = owner->uses.items[i];
        if (!str_equal(use.action, action))
            owner->uses.items[kept++] = use;
        else if (use.last_ms > merged.last_ms)
            merged.last_ms = use.last_ms;
    }
    owner->uses.items[kept++] = merged;
    owner->uses.count = kept;
}

/* False: there are as many actions as are kept. */
static bool make_room(struct owner *owner)
{
    str action = most_used(owner);

    if (str_present(action))
        merge(owner, action);
    else
        owner->partial = true;
    return str_present(action);
}

static struct iam_use *use_of(struct owner *owner, str action, str resource)
{
    struct iam_use *use = find_use(owner, action, resource);

    if (!use && owner->uses.count == MOST_USES) {
        if (!make_room(owner))
            return NULL;
        use = find_use(owner, action, resource); /* the action may have one use for all now */
    }
    if (!use) {
        use = list_add(&owner->arena, &owner->uses);
        *use = (struct iam_use){arena_copy(&owner->arena, action), arena_copy(&owner->arena, resource), 0};
    }
    return use;
}

static void note(str id, const struct question *question, int64_t now_ms)
{
    pthread_mutex_lock(&table.lock);
    struct owner *owner = owner_of(id);
    struct iam_use *use = use_of(owner, question->action, question->resource_arn);
    owner->last_ms = now_ms;
    if (use)
        use->last_ms = now_ms;
    pthread_mutex_unlock(&table.lock);
}

void iam_use_note(const struct cached_identity *identity, const struct question *question, int64_t now_ms)
{
    struct seen_use *seen = place_of(identity->seen, question);

    if (was_seen(seen, question, now_ms))
        return;
    note(identity->unique_id, question, now_ms);
    see(seen, question, now_ms);
}

void iam_uses_start(const struct call *call)
{
    pthread_mutex_lock(&table.lock);
    map_each(&table.owners, free_owner, NULL);
    map_free(&table.owners);
    table.owners = (struct map){0};
    table.since_ms = call->now_ms;
    pthread_mutex_unlock(&table.lock);
}

struct iam_uses iam_uses_of(struct arena *arena, str unique_id)
{
    struct iam_uses uses = {0};
    struct arena_guard *guard = arena_hold(arena); /* the lock must be released */

    pthread_mutex_lock(&table.lock);
    const struct owner *owner = map_get(&table.owners, unique_id);
    uses.since_ms = table.since_ms;
    uses.partial = owner && owner->partial;
    for (size_t i = 0; owner && i < owner->uses.count; i++) {
        const struct iam_use *use = &owner->uses.items[i];
        *list_add(arena, &uses) =
            (struct iam_use){arena_copy(arena, use->action), arena_copy(arena, use->resource), use->last_ms};
    }
    pthread_mutex_unlock(&table.lock);
    arena_let_go(arena, guard);
    return uses;
}
