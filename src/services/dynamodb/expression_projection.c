/*
 * expression_projection.c: the parts of an item that a projection names.
 */
#include "expression_internal.h"

#include "base/list.h"

/* ---- parsing ---- */

static bool parse_paths(struct parser *parser, struct projection *projection)
{
    do {
        struct path path = {0};
        if (!path_parse(parser, &path))
            return false;
        *list_add(parser->scope->arena, projection) = path;
    } while (parser_accept_symbol(parser, ","));
    return parser->current.kind == TOKEN_END || parser_refuse(parser);
}

enum relation { APART, OVERLAPPING, CONFLICTING };

/* One that leads into the other, or one that wants a map where the other wants a list. */
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

bool paths_check_apart(struct arena *arena, const struct path *a, const struct path *b, str *problem)
{
    enum relation relation = relation_of(a, b);

    if (relation == APART)
        return true;
    *problem =
        arena_format(arena,
                     "Two document paths %s with each other; must remove or rewrite one of these paths; "
                     "path one: %.*s, path two: %.*s",
                     relation == OVERLAPPING ? "overlap" : "conflict", STR_ARGS(path_text(arena, a)),
                     STR_ARGS(path_text(arena, b)));
    return false;
}

static bool check_paths(struct scope *scope, const struct projection *projection, str *problem)
{
    for (size_t i = 0; i < projection->count; i++) {
        str word = path_reserved_word(&projection->items[i]);
        if (!str_present(word))
            continue;
        *problem = arena_format(scope->arena, "Attribute name is a reserved keyword; reserved keyword: %.*s",
                                STR_ARGS(word));
        return false;
    }
    for (size_t i = 0; i < projection->count; i++)
        if (!path_resolve(scope, &projection->items[i], problem))
            return false;
    for (size_t i = 0; i < projection->count; i++)
        for (size_t j = 0; j < i; j++)
            if (!paths_check_apart(scope->arena, &projection->items[j], &projection->items[i], problem))
                return false;
    return true;
}

bool projection_parse(struct scope *scope, str text, struct projection *projection, str *problem)
{
    struct parser parser;

    *projection = (struct projection){0};
    return parser_begin(&parser, scope, text, problem) && parse_paths(&parser, projection) &&
           check_paths(scope, projection, problem);
}

/* ---- applying ---- */

/* The paths that lead through one value, and how far they have come. */
struct branch {
    struct arena *arena;
    const struct path **paths;
    size_t count, depth;
};

/* Those that go on with this step. */
static struct branch follow(const struct branch *branch, struct step step)
{
    struct branch next = {.arena = branch->arena, .depth = branch->depth + 1};

    next.paths = arena_alloc(branch->arena, branch->count * sizeof(struct path *));
    for (size_t i = 0; i < branch->count; i++) {
        const struct step *own = &branch->paths[i]->items[branch->depth];
        if (str_present(own->name) == str_present(step.name) && str_equal(own->name, step.name) &&
            own->index == step.index)
            next.paths[next.count++] = branch->paths[i];
    }
    return next;
}

static bool project(const struct branch *branch, const struct dynamodb_attribute_value *value,
                    struct dynamodb_attribute_value *part);

static struct dynamodb_attribute_value_map project_map(const struct branch *branch,
                                                       const struct dynamodb_attribute_value_map *map)
{
    struct dynamodb_attribute_value_map parts = {0};

    for (size_t i = 0; i < map->count; i++) {
        struct branch next = follow(branch, (struct step){.name = map->items[i].key});
        struct dynamodb_attribute_value part = {0};
        if (next.count > 0 && project(&next, &map->items[i].value, &part))
            *list_add(branch->arena, &parts) =
                (struct dynamodb_attribute_value_map_entry){map->items[i].key, part};
    }
    return parts;
}

static struct dynamodb_attribute_value_list project_list(const struct branch *branch,
                                                         const struct dynamodb_attribute_value_list *list)
{
    struct dynamodb_attribute_value_list parts = {0};

    for (size_t i = 0; i < list->count; i++) {
        struct branch next = follow(branch, (struct step){.index = i});
        struct dynamodb_attribute_value part = {0};
        if (next.count > 0 && project(&next, &list->items[i], &part))
            *list_add(branch->arena, &parts) = part;
    }
    return parts;
}

/* False when the paths lead to nothing in this value.  A path that ends here is alone: none overlap. */
static bool project(const struct branch *branch, const struct dynamodb_attribute_value *value,
                    struct dynamodb_attribute_value *part)
{
    if (branch->paths[0]->count == branch->depth) {
        *part = *value;
        return true;
    }
    if (value->m.items)
        part->m = project_map(branch, &value->m);
    else if (value->l.items)
        part->l = project_list(branch, &value->l);
    return part->m.items || part->l.items;
}

struct dynamodb_attribute_value_map projection_apply(struct arena *arena, const struct projection *projection,
                                                     const struct dynamodb_attribute_value_map *item)
{
    struct branch branch = {.arena = arena, .count = projection->count};

    branch.paths = arena_alloc(arena, projection->count * sizeof(struct path *));
    for (size_t i = 0; i < projection->count; i++)
        branch.paths[i] = &projection->items[i];
    struct dynamodb_attribute_value_map parts = project_map(&branch, item);
    if (!parts.items)
        list_make_empty(arena, &parts);
    return parts;
}
