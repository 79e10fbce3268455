/*
 * partiql_columns.c: the columns of a SELECT: the value at each path, under the last name of the path with
 * the indexes behind it: SELECT a.b[1] is "b[1]".
 */
#include "partiql_internal.h"

#include "base/list.h"
#include "base/text.h"

str dynamodb_pql_column_name(struct arena *arena, const struct path *path)
{
    struct text text = text_in(arena);
    size_t first = path->count - 1;

    while (!str_present(path->items[first].name))
        first--;
    text_add(&text, path->items[first].name);
    for (size_t i = first + 1; i < path->count; i++)
        text_format(&text, "[%zu]", path->items[i].index);
    return text_str(&text);
}

struct dynamodb_attribute_map dynamodb_columns_apply(struct arena *arena, const struct projection *columns,
                                                     const struct dynamodb_attribute_map *item)
{
    struct lookups lookups = lookups_in(arena);
    struct dynamodb_attribute_map row = {0};

    list_make_empty(arena, &row);
    for (size_t i = 0; i < columns->count; i++) {
        const struct path *path = &columns->items[i];
        const struct dynamodb_attribute_value *value = dynamodb_path_get(&lookups, item, path);
        if (value)
            *list_add(arena, &row) =
                (struct dynamodb_attribute_map_entry){dynamodb_pql_column_name(arena, path), *value};
    }
    return row;
}
