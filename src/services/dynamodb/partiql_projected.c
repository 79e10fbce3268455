/*
 * partiql_projected.c: refuses a SELECT of partitions of an index whose filter asks for what the index lacks.
 *
 * AWS looks at each branch (partiql_branches.c): one that the index can filter lets all of them through;
 * without one, the attributes of the branch with the highest partition are named, in the order of Java's
 * HashSet.  A SELECT that reads all of the index is never refused: its items lack these attributes.
 *
 * Recorded from AWS by floci (DynamoDbPartiQLEdgeCaseIntegrationTest), September 2026, and by
 * nubo-db/dynamodb-conformance.
 */
#include "indexes.h"
#include "pages.h"
#include "partiql_run.h"

#include "base/list.h"
#include "base/positions.h"

#include <stdlib.h>

/* ---- the order of a HashSet ---- */

struct place {
    size_t bucket;
    size_t position;
    str name;
};

/* String.hashCode(), mixed as HashMap does; of other than ASCII, the order is not Java's. */
static uint32_t java_hash(str text)
{
    uint32_t hash = 0;

    for (size_t i = 0; i < text.size; i++)
        hash = 31 * hash + (unsigned char)text.data[i];
    return hash ^ hash >> 16;
}

/* A table has at least 16 buckets, and is filled up to three quarters. */
static size_t bucket_count(size_t names)
{
    size_t buckets = 16;

    while (names > buckets / 4 * 3)
        buckets *= 2;
    return buckets;
}

static int by_bucket(const void *a, const void *b)
{
    const struct place *one = a, *other = b;

    if (one->bucket != other->bucket)
        return one->bucket < other->bucket ? -1 : 1;
    return one->position < other->position ? -1 : 1;
}

static void order_as_hash_set(struct arena *arena, struct str_list *names)
{
    struct place *places = arena_alloc(arena, names->count * sizeof *places);

    for (size_t i = 0; i < names->count; i++)
        places[i] =
            (struct place){java_hash(names->items[i]) & (bucket_count(names->count) - 1), i, names->items[i]};
    qsort(places, names->count, sizeof *places, by_bucket);
    for (size_t i = 0; i < names->count; i++)
        names->items[i] = places[i].name;
}

/* ---- one branch ---- */

/* The attributes of the branch that the index lacks, each once. */
static struct str_list lacking_of(const struct item_page *page, const struct pql_branch *branch)
{
    struct arena *arena = page->call->arena;
    struct str_list named = {0}, lacking;

    list_make_empty(arena, &lacking);
    for (size_t i = 0; i < branch->conditions.count; i++)
        dynamodb_condition_attributes(arena, branch->conditions.items[i], &named);
    struct positions found = positions_for(arena, named.count);
    for (size_t i = 0; i < named.count; i++) {
        if (dynamodb_index_projects(page->table, page->index, named.items[i]) ||
            dynamodb_texts_hold(&lacking, &found, named.items[i]))
            continue;
        positions_add(&found, keyed_hash(named.items[i]), lacking.count);
        *list_add(arena, &lacking) = named.items[i];
    }
    return lacking;
}

static str highest_partition(struct arena *arena, const struct pql_branch *branch)
{
    str highest = S("");

    for (size_t i = 0; i < branch->partitions.count; i++) {
        str bytes = dynamodb_key_bytes(arena, branch->partitions.items[i]);
        if (str_compare(bytes, highest) > 0)
            highest = bytes;
    }
    return highest;
}

/* ---- all branches ---- */

bool dynamodb_pql_projected_check(const struct item_page *page, const struct pql_run *run)
{
    struct arena *arena = page->call->arena;
    struct pql_branches branches;
    struct str_list named = {0};
    str highest = S("");

    if (!page->index || !dynamodb_pql_branches(arena, run, &branches))
        return true;
    for (size_t i = 0; i < branches.count; i++) {
        struct str_list lacking = lacking_of(page, &branches.items[i]);
        str partition = highest_partition(arena, &branches.items[i]);
        if (lacking.count == 0)
            return true;
        if (str_compare(partition, highest) >= 0) {
            highest = partition;
            named = lacking;
        }
    }
    order_as_hash_set(arena, &named);
    return dynamodb_page_refuse_filter(page, &named);
}
