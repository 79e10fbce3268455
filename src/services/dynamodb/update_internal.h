#pragma once

/*
 * update_internal.h: what an update's two steps share.
 */
#include "expression.h"

/* What an action makes of its place in the item. */
struct change {
    const struct path *path;
    struct dynamodb_attribute_value value; /* without a member: the place becomes empty */
    size_t order;                          /* new attributes are added in this order */
};

/*
 * update_edit.c: make the changes, whose paths lead to places that are there or can be added.  Maps and
 * lists that change are copied, each once; all others are shared with what the item was.
 */
void dynamodb_item_edit(struct lookups *lookups, struct change *changes, size_t count,
                        struct dynamodb_attribute_map *item);
