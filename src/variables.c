#include "variables.h"

#include "base/log.h"

#include <unistd.h>

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many letters must be added, removed or replaced to make b from a (Levenshtein's distance). */
static size_t distance(struct arena *arena, str a, str b)
{
    size_t *row = arena_alloc(arena, (b.size + 1) * sizeof *row); /* from the first i letters of a */

    for (size_t j = 0; j <= b.size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size; j++) {
            size_t replaced = diagonal + (a.data[i - 1] != b.data[j - 1]);
            diagonal = row[j];
            row[j] = smaller(replaced, smaller(row[j - 1], row[j]) + 1);
        }
    }
    return row[b.size];
}

/* Absent: no known name has even half of the letters. */
static str nearest(struct arena *arena, str prefix, str name, const struct names *known)
{
    size_t least = (name.size - prefix.size) / 2 + 1;
    str found = {0};

    for (size_t i = 0; i < known->count; i++) {
        size_t edits = distance(arena, name, known->items[i]);
        if (edits < least) {
            least = edits;
            found = known->items[i];
        }
    }
    return found;
}

static bool is_known(str name, const struct names *known)
{
    for (size_t i = 0; i < known->count; i++) {
        str one = known->items[i];
        if (str_ends_with(one, S("*")) ? str_starts_with(name, str_head(one, one.size - 1))
                                       : str_equal(name, one))
            return true;
    }
    return false;
}

void variables_warn_of_unknown(struct arena *arena, str prefix, const struct names *known)
{
    for (char **variable = environ; *variable; variable++) {
        str line = str_of(*variable), name;
        if (str_starts_with(line, prefix) && str_next(&line, '=', &name) && !is_known(name, known))
            log_warn("an environment variable is unknown and changes nothing", log_field("variable", name),
                     log_field("nearest", nearest(arena, prefix, name, known)));
    }
}
