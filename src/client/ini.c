/*
 * ini.c: reading AWS's configuration files.
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
#include "client/ini.h"

#include "base/list.h"

static bool is_comment(str line)
{
    return str_starts_with(line, S("#")) || str_starts_with(line, S(";"));
}

/* " #" begins a comment after a value. */
static str without_comment(str value)
{
    ptrdiff_t hash = str_find(value, S(" #"));
    ptrdiff_t semicolon = str_find(value, S(" ;"));

    if (hash >= 0)
        value = str_head(value, (size_t)hash);
    if (semicolon >= 0)
        value = str_head(value, (size_t)semicolon);
    return str_trim(value);
}

static bool read_section(str line, str *section)
{
    ptrdiff_t end = str_index(line, ']');

    if (!str_starts_with(line, S("[")) || end < 0)
        return false;
    *section = str_trim(str_from(str_head(line, (size_t)end), 1));
    return true;
}

struct ini ini_parse(struct arena *arena, str source)
{
    struct ini ini = {0};
    str section = S(""), parent = {0}, line;

    while (str_next(&source, '\n', &line)) {
        bool indented = str_starts_with(line, S(" ")) || str_starts_with(line, S("\t"));
        str trimmed = str_trim(line);
        ptrdiff_t equals = str_index(trimmed, '=');

        if (str_empty(trimmed) || is_comment(trimmed) || read_section(trimmed, &section) || equals <= 0)
            continue;
        str key = str_trim(str_head(trimmed, (size_t)equals));
        str value = without_comment(str_from(trimmed, (size_t)equals + 1));
        if (!indented)
            parent = str_empty(value) ? key : (str){0};
        else if (str_present(parent))
            key = arena_format(arena, "%.*s.%.*s", STR_ARGS(parent), STR_ARGS(key));
        *list_add(arena, &ini) = (struct ini_entry){section, key, value};
    }
    return ini;
}

str ini_get(const struct ini *ini, str section, str key)
{
    for (size_t i = ini->count; i > 0; i--) {
        const struct ini_entry *entry = &ini->items[i - 1];
        if (str_equal(entry->section, section) && str_equal(entry->key, key))
            return entry->value;
    }
    return (str){0};
}

bool ini_has(const struct ini *ini, str section)
{
    for (size_t i = 0; i < ini->count; i++)
        if (str_equal(ini->items[i].section, section))
            return true;
    return false;
}
