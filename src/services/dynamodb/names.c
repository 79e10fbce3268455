/*
 * names.c: sorted lists of names.
 */
#include "value.h"

#include <stdlib.h>

static int by_text(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

void dynamodb_names_sort(struct str_list *names)
{
    size_t kept = 0;

    if (names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, by_text);
    for (size_t i = 0; i < names->count; i++)
        if (kept == 0 || !str_equal(names->items[i], names->items[kept - 1]))
            names->items[kept++] = names->items[i];
    names->count = kept;
}

bool dynamodb_names_have(const struct str_list *names, str name)
{
    return bsearch(&name, names->items, names->count, sizeof *names->items, by_text);
}
