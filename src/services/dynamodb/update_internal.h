#pragma once

/*
 * update_internal.h: what the two steps of an update share.
 */
#include "expression.h"

/* The new value of one place in the item. */
struct change {
    const struct path *path;
    struct dynamodb_attribute_value value; /* without a member: the place is removed */
    size_t order;                          /* new attributes are added in this order */
};

/*
 * update_edit.c: make the changes, whose paths lead to places that exist or can be added.  Maps and lists
 * that change are copied once; all others are shared with the old item.
 */
void dynamodb_item_edit(struct lookups *lookups, struct change *changes, size_t count,
                        struct dynamodb_attribute_map *item);
