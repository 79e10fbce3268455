#include "engine/model.h"

#include "base/list.h"

const struct member no_members[1];

str str_map_get(const struct str_map *map, str key)
{
    for (size_t i = 0; i < map->count; i++)
        if (str_equal(map->items[i].key, key))
            return map->items[i].value;
    return (str){0};
}

void str_map_add(struct arena *arena, struct str_map *map, str key, str value)
{
    if (str_present(value))
        *list_add(arena, map) = (struct str_map_entry){key, value};
}

unsigned model_enum_of(const char *const *values, str text)
{
    for (unsigned i = 0; values[i]; i++)
        if (str_equal(str_of(values[i]), text))
            return i + 1;
    return 0;
}
