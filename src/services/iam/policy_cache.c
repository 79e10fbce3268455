/*
 * policy_cache.c: parsed policies, so that a busy function's calls do not parse its role's policies again.
 *
 * Each thread has its own tables, and no entry is ever outdated: an identity's policies are used only at
 * exactly the version that the transaction reads, a text only if it is the same text.
 */
#include "services/iam/iam_internal.h"

#include "base/check.h"
#include "base/memory.h"
#include "services/tags/tags.h"

#include <pthread.h>
#include <stdlib.h>

enum { SLOTS = 128 };

struct cached_text {
    enum policy_kind kind;
    str text;
    const struct policy *policy;
    struct arena arena;
};

struct policy_cache {
    struct cached_identity *identities[SLOTS];
    struct cached_text *texts[SLOTS];
};

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static void free_identity(struct cached_identity *cached)
{
    if (cached)
        arena_free(&cached->arena);
    free(cached);
}

static void free_text(struct cached_text *cached)
{
    if (cached)
        arena_free(&cached->arena);
    free(cached);
}

static void free_cache(void *memory)
{
    struct policy_cache *cache = memory;

    for (size_t i = 0; i < SLOTS; i++) {
        free_identity(cache->identities[i]);
        free_text(cache->texts[i]);
    }
    free(cache);
}

static void make_key(void)
{
    check(pthread_key_create(&key, free_cache) == 0);
}

static struct policy_cache *this_threads_cache(void)
{
    pthread_once(&key_once, make_key);
    struct policy_cache *cache = pthread_getspecific(key);
    if (!cache) {
        cache = memory_take(sizeof *cache);
        check(pthread_setspecific(key, cache) == 0);
    }
    return cache;
}

static void add_policy(struct cached_identity *cached, enum policy_kind kind, str name, str group,
                       str document)
{
    if (str_present(document))
        *list_add(&cached->arena, &cached->policies) =
            (struct policy_reference){.policy = iam_policy_read(&cached->arena, kind, document),
                                      .name = arena_copy(&cached->arena, name),
                                      .group = group};
}

static void load_policies(struct txn *txn, struct cached_identity *cached, int64_t identity_id, str group)
{
    struct iam_inline_policies_rows own =
        iam_inline_policies(txn, &(struct iam_inline_policies_params){identity_id});
    struct iam_attachments_rows attached =
        iam_attachments(txn, &(struct iam_attachments_params){identity_id});

    for (size_t i = 0; i < own.count; i++)
        add_policy(cached, POLICY_INLINE, own.items[i].policy_name, group, own.items[i].document);
    for (size_t i = 0; i < attached.count; i++)
        add_policy(cached, POLICY_MANAGED, attached.items[i].policy_arn, group,
                   iam_managed_policy_document(txn, attached.items[i].policy_arn));
}

/* A user has the policies of its groups, too. */
static void load_groups(struct txn *txn, struct cached_identity *cached, const struct identity *user)
{
    struct iam_groups_of_user_rows groups = iam_groups_of(txn, user);

    for (size_t i = 0; i < groups.count; i++) {
        struct identity group;
        if (iam_identity_find_id(txn, &cached->arena, groups.items[i].id, &group))
            load_policies(txn, cached, group.row.id, arena_copy(&cached->arena, group.row.name));
    }
}

static void load_tags(struct txn *txn, struct cached_identity *cached)
{
    cached->tags = tags_of(txn, &cached->arena, cached->arn);
    for (size_t i = 0; i < cached->tags.count; i++) {
        struct str_map_entry *tag = &cached->tags.items[i];
        *tag = (struct str_map_entry){arena_copy(&cached->arena, tag->key),
                                      arena_copy(&cached->arena, tag->value)};
    }
}

/* A boundary in use cannot be deleted; if it is missing all the same, it denies everything. */
static const struct policy *load_boundary(struct txn *txn, struct cached_identity *cached, str policy_arn)
{
    if (!str_present(policy_arn))
        return NULL;
    return iam_policy_read(&cached->arena, POLICY_MANAGED, iam_managed_policy_document(txn, policy_arn));
}

static struct cached_identity *load(struct txn *txn, const struct identity *identity, int64_t version)
{
    struct cached_identity *cached = memory_take(sizeof *cached);

    cached->version = version;
    cached->unique_id = arena_copy(&cached->arena, identity->row.unique_id);
    cached->arn = arena_copy(&cached->arena, identity->arn);
    cached->seen = iam_seen_uses(&cached->arena);
    load_policies(txn, cached, identity->row.id, (str){0});
    load_groups(txn, cached, identity);
    load_tags(txn, cached);
    cached->boundary = load_boundary(txn, cached, identity->row.boundary_arn);
    return cached;
}

static int64_t policies_version(struct txn *txn)
{
    struct iam_find_policies_version_row row = {0};

    iam_find_policies_version(txn, &(struct iam_find_policies_version_params){.id = 1}, &row);
    return row.policies_version;
}

const struct cached_identity *iam_cached_identity(struct txn *txn, struct arena *arena, str id)
{
    struct cached_identity **slot = &this_threads_cache()->identities[str_hash_quick(0, id) % SLOTS];
    int64_t version = policies_version(txn);
    struct identity identity;

    if (*slot && (*slot)->version == version && str_equal((*slot)->unique_id, id))
        return *slot;
    free_identity(*slot);
    *slot = NULL;
    if (!iam_identity_find_unique(txn, arena, id, &identity))
        return NULL;
    struct arena_guard *guard = arena_hold(arena); /* otherwise the loaded entry could be lost */
    *slot = load(txn, &identity, version);
    arena_let_go(arena, guard);
    return *slot;
}

const struct policy *iam_cached_policy(enum policy_kind kind, str owner, str text)
{
    struct cached_text **slot = &this_threads_cache()->texts[str_hash_quick(0, owner) % SLOTS];

    if (*slot && (*slot)->kind == kind && str_equal((*slot)->text, text))
        return (*slot)->policy;
    free_text(*slot);
    struct cached_text *cached = memory_take(sizeof *cached);
    cached->kind = kind;
    cached->text = arena_copy(&cached->arena, text);
    cached->policy = iam_policy_read(&cached->arena, kind, text);
    *slot = cached;
    return cached->policy;
}
