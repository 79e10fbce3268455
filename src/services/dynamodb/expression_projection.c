/*
 * expression_projection.c: the parts of an item that a projection names.
 */
#include "expression_internal.h"

#include "base/list.h"

#include <stdlib.h>
#include <string.h>

/* ---- parsing ---- */

static bool parse_paths(struct parser *parser, struct projection *projection)
{
    do {
        struct path path = {0};
        if (!dynamodb_path_parse(parser, &path))
            return false;
        *list_add(parser->scope->arena, projection) = path;
    } while (dynamodb_parser_accept_symbol(parser, ","));
    return parser->current.kind == TOKEN_END || dynamodb_parser_refuse(parser);
}

enum relation { APART, OVERLAPPING, CONFLICTING };

/*
 * Paths overlap when one leads into the other, and conflict when one needs a map where the other needs a
 * list.
 */
static enum relation relation_of(const struct path *a, const struct path *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        if (str_present(a->items[i].name) != str_present(b->items[i].name))
            return CONFLICTING;
        if (!str_equal(a->items[i].name, b->items[i].name) || a->items[i].index != b->items[i].index)
            return APART;
    }
    return OVERLAPPING;
}

static bool check_pair(struct arena *arena, const struct path *a, const struct path *b, str *problem)
{
    enum relation relation = relation_of(a, b);

    if (relation == APART)
        return true;
    *problem =
        arena_format(arena,
                     "Two document paths %s with each other; must remove or rewrite one of these paths; "
                     "path one: %.*s, path two: %.*s",
                     relation == OVERLAPPING ? "overlap" : "conflict", STR_ARGS(dynamodb_path_text(arena, a)),
                     STR_ARGS(dynamodb_path_text(arena, b)));
    return false;
}

static int by_path(const void *a, const void *b)
{
    return dynamodb_path_compare(*(const struct path *const *)a, *(const struct path *const *)b);
}

/* In this order, if any two paths overlap or conflict, so do two neighbours. */
static bool are_apart(struct arena *arena, const struct path *const *paths, size_t count)
{
    size_t size = count * sizeof *paths;
    const struct path **sorted = arena_alloc(arena, size);

    memcpy(sorted, paths, size);
    qsort(sorted, count, sizeof *sorted, by_path);
    for (size_t i = 1; i < count; i++)
        if (relation_of(sorted[i - 1], sorted[i]) != APART)
            return false;
    return true;
}

/* AWS names the first two in the order in which they are written. */
bool dynamodb_paths_check_apart(struct arena *arena, const struct path *const *paths, size_t count,
                                str *problem)
{
    if (are_apart(arena, paths, count))
        return true;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (!check_pair(arena, paths[j], paths[i], problem))
                return false;
    return true;
}

static bool check_reserved(struct scope *scope, const struct projection *projection, str *problem)
{
    for (size_t i = 0; i < projection->count; i++) {
        str word = dynamodb_path_reserved_word(&projection->items[i]);
        if (!str_present(word))
            continue;
        *problem = arena_format(scope->arena, "Attribute name is a reserved keyword; reserved keyword: %.*s",
                                STR_ARGS(word));
        return false;
    }
    return true;
}

static bool check_paths(struct scope *scope, const struct projection *projection, str *problem)
{
    const struct path **paths = arena_alloc(scope->arena, projection->count * sizeof *paths);

    if (!check_reserved(scope, projection, problem))
        return false;
    for (size_t i = 0; i < projection->count; i++) {
        paths[i] = &projection->items[i];
        if (!dynamodb_path_resolve(scope, &projection->items[i], problem))
            return false;
    }
    return dynamodb_paths_check_apart(scope->arena, paths, projection->count, problem);
}

static int by_own_path(const void *a, const void *b)
{
    return dynamodb_path_compare(a, b);
}

void dynamodb_projection_sort(struct projection *projection)
{
    if (projection->count > 1)
        qsort(projection->items, projection->count, sizeof *projection->items, by_own_path);
}

bool dynamodb_projection_parse(struct scope *scope, str text, struct projection *projection, str *problem)
{
    struct parser parser;

    *projection = (struct projection){0};
    if (!dynamodb_parser_begin(&parser, scope, text, problem) || !parse_paths(&parser, projection) ||
        !check_paths(scope, projection, problem))
        return false;
    dynamodb_projection_sort(projection);
    return true;
}

/* ---- applying ---- */

/* The paths that lead through one value, and their depth so far. */
struct branch {
    struct lookups *lookups;
    const struct path *paths;
    size_t count, depth;
};

/* Take the first paths with the same next step; *branch keeps the others. */
static struct branch take_step(struct branch *branch)
{
    const struct step *step = &branch->paths[0].items[branch->depth];
    struct branch taken = {branch->lookups, branch->paths, 1, branch->depth + 1};

    while (taken.count < branch->count &&
           dynamodb_step_compare(&branch->paths[taken.count].items[branch->depth], step) == 0)
        taken.count++;
    branch->paths += taken.count;
    branch->count -= taken.count;
    return taken;
}

static bool project(struct branch branch, const struct dynamodb_attribute_value *value,
                    struct dynamodb_attribute_value *part);

/* An attribute that paths lead to. */
struct hit {
    size_t position;
    struct branch branch;
};

static int by_position(const void *a, const void *b)
{
    const struct hit *first = a, *second = b;

    return (first->position > second->position) - (first->position < second->position);
}

/* In the map's order: at most one for each of its attributes. */
static struct hit *find_hits(struct branch branch, const struct dynamodb_attribute_map *map, size_t *count)
{
    size_t most = branch.count < map->count ? branch.count : map->count;
    struct hit *hits = arena_alloc(branch.lookups->arena, most * sizeof *hits);

    *count = 0;
    while (branch.count > 0) {
        str name = branch.paths[0].items[branch.depth].name;
        struct branch next = take_step(&branch);
        ptrdiff_t position = str_present(name) ? dynamodb_lookup_name(branch.lookups, map, name) : -1;
        if (position >= 0)
            hits[(*count)++] = (struct hit){(size_t)position, next};
    }
    qsort(hits, *count, sizeof *hits, by_position);
    return hits;
}

static struct dynamodb_attribute_map project_map(struct branch branch,
                                                 const struct dynamodb_attribute_map *map)
{
    struct dynamodb_attribute_map parts = {0};
    size_t count;
    struct hit *hits = find_hits(branch, map, &count);

    for (size_t i = 0; i < count; i++) {
        const struct dynamodb_attribute_map_entry *entry = &map->items[hits[i].position];
        struct dynamodb_attribute_value part = {0};
        if (project(hits[i].branch, &entry->value, &part))
            *list_add(branch.lookups->arena, &parts) =
                (struct dynamodb_attribute_map_entry){entry->key, part};
    }
    return parts;
}

static struct dynamodb_attribute_value_list project_list(struct branch branch,
                                                         const struct dynamodb_attribute_value_list *list)
{
    struct dynamodb_attribute_value_list parts = {0};

    while (branch.count > 0) {
        const struct step *step = &branch.paths[0].items[branch.depth];
        struct branch next = take_step(&branch);
        struct dynamodb_attribute_value part = {0};
        if (!str_present(step->name) && step->index < list->count &&
            project(next, &list->items[step->index], &part))
            *list_add(branch.lookups->arena, &parts) = part;
    }
    return parts;
}

/*
 * False when the value has nothing at these paths.  A path that ends here is the only one, because paths do
 * not overlap.
 */
static bool project(struct branch branch, const struct dynamodb_attribute_value *value,
                    struct dynamodb_attribute_value *part)
{
    if (branch.paths[0].count == branch.depth) {
        *part = *value;
        return true;
    }
    if (dynamodb_value_is(value, VALUE_M))
        part->m = project_map(branch, &value->m);
    else if (dynamodb_value_is(value, VALUE_L))
        part->l = project_list(branch, &value->l);
    else
        return false;
    part->is = value->is;
    return part->is == DYNAMODB_ATTRIBUTE_VALUE_M ? part->m.items != NULL : part->l.items != NULL;
}

struct dynamodb_attribute_map dynamodb_projection_apply(struct arena *arena,
                                                        const struct projection *projection,
                                                        const struct dynamodb_attribute_map *item)
{
    struct lookups lookups = lookups_in(arena);
    struct dynamodb_attribute_map parts =
        project_map((struct branch){&lookups, projection->items, projection->count, 0}, item);

    if (!parts.items)
        list_make_empty(arena, &parts);
    return parts;
}
