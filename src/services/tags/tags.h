#pragma once

/*
 * tags.h: the tags of every service's resources, one table of them, by the ARN of the resource that has them.
 *
 * A service checks what it is given in its own words (aws/tag_rules.h), and puts, removes and lists here.  A
 * resource that is deleted loses its tags in the same call: tags_remove_all().
 *
 * To make the tags of a new kind of resource known to policies, set add_context of struct resource to
 * tags_add_context() in the locator.
 */
#include "aws/tag_rules.h"
#include "engine/call.h"

/*
 * Set those tags, beside the others that the resource has.  False: it would have more than TAGS_MAX; the
 * service then fails the call, which undoes what was set.
 */
bool tags_put(const struct call *call, str owner, const struct str_map *tags, enum tag_case tag_case);
/* Keys that the resource does not have are no error. */
void tags_remove(const struct call *call, str owner, const struct str_list *keys, enum tag_case tag_case);
/* A resource has at most TAGS_MAX, so this is short. */
void tags_remove_all(const struct call *call, str owner);
/* In the order of keys as they are compared: a map in that arena, of texts in the transaction's. */
struct str_map tags_of(struct txn *txn, struct arena *arena, str owner);

/* Adds aws:ResourceTag/<key> of each tag. */
void tags_in_context(const struct call *call, str owner, struct context_list *context);
/* The same of a located resource: see struct resource. */
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
