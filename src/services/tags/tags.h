#pragma once

/*
 * tags.h: the tags of all services' resources, in one table, by the ARN of the resource.
 *
 * A service checks tags in its own words (aws/tag_rules.h), and sets, removes and lists them here.  When it
 * deletes a resource, it removes the tags in the same call: tags_remove_all().
 *
 * To make the tags of a new kind of resource known to policies, set add_context of struct resource to
 * tags_add_context() in the locator.
 */
#include "aws/tag_rules.h"
#include "engine/call.h"

/* False, after fail() with that error and beginning of its sentence: a key is AWS's own ("aws:…"). */
bool tags_keys_check(const struct call *call, const struct str_map *tags, const struct error *error,
                     const char *where);
/*
 * Set those tags, whose keys were checked; other tags of the resource remain.  False: it would have more than
 * TAGS_MAX; the service then fails the call, which undoes the writes.
 */
bool tags_put(const struct call *call, str owner, const struct str_map *tags, enum tag_case tag_case);
/* Keys that the resource lacks are ignored. */
void tags_remove(const struct call *call, str owner, const struct str_list *keys, enum tag_case tag_case);
/* A resource has at most TAGS_MAX tags, so this is quick. */
void tags_remove_all(const struct call *call, str owner);
/* The resource's ARN has changed. */
void tags_move(const struct call *call, str old_owner, str new_owner);
/* The tags, sorted by compared key.  The map is in `arena`, its texts in the transaction's arena. */
struct str_map tags_of(struct txn *txn, struct arena *arena, str owner);

/* Add aws:ResourceTag/<key> of each tag. */
void tags_in_context(const struct call *call, str owner, struct context_list *context);
/* For resource.add_context: the same for a located resource. */
void tags_add_context(const struct call *call, const struct resource *resource, struct context_list *context);

/*
 * TAGS_MAP(arena, list): a request's list of structures with members key and value, as a map.  The keys and
 * values of tags_map() are `stride` bytes apart.
 */
struct str_map tags_map(struct arena *arena, const str *keys, const str *values, size_t count, size_t stride);
#define TAGS_MAP(arena, list)                                                                                \
    ((list)->count == 0 ? (struct str_map){0}                                                                \
                        : tags_map((arena), &(list)->items[0].key, &(list)->items[0].value, (list)->count,   \
                                   sizeof *(list)->items))
