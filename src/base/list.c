#include "base/list.h"

#include <string.h>

void *list_grow(struct arena *arena, void *items, size_t count, size_t item_size)
{
    bool full = count == 0 ? items == NULL : (count & (count - 1)) == 0;

    if (!full)
        return items;

    char *larger = arena_alloc(arena, (count ? count * 2 : 1) * item_size);
    if (count)
        memcpy(larger, items, count * item_size);
    return larger;
}
