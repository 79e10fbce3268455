/*
 * page.c: a page of a Scan or a Query: filtered, projected, and bounded by a count and by a megabyte.
 */
#include "dynamodb_internal.h"

enum { MAX_PAGE_BYTES = 1024 * 1024 };

/* The conflict of Select with the other parameters, or absent. */
static str select_problem(const struct call *call, str select, str index_name, const char *projected_by)
{
    bool specific = dynamodb_select_of(select) == DYNAMODB_SELECT_SPECIFIC_ATTRIBUTES;

    if (projected_by && str_present(select) && !specific)
        return arena_format(
            call->arena, "Cannot specify the %s when choosing to get %.*s", projected_by,
            STR_ARGS(dynamodb_select_of(select) == DYNAMODB_SELECT_COUNT ? S("only the Count") : select));
    if (!projected_by && specific)
        return S("Must specify the AttributesToGet or ProjectionExpression when choosing to get "
                 "SPECIFIC_ATTRIBUTES");
    if (dynamodb_select_of(select) == DYNAMODB_SELECT_ALL_PROJECTED_ATTRIBUTES && !str_present(index_name))
        return S("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
    return (str){0};
}

bool dynamodb_page_begin(struct item_page *page, str select, str index_name, const int64_t *limit)
{
    const struct call *call = page->call;
    str problem = select_problem(call, select, index_name, page->expressions->projected_by);

    if (str_present(problem))
        return dynamodb_refuse(call, problem);
    if (str_present(index_name))
        return dynamodb_refuse(call,
                               arena_format(call->arena, "The table does not have the specified index: %.*s",
                                            STR_ARGS(index_name)));
    page->count_only = dynamodb_select_of(select) == DYNAMODB_SELECT_COUNT;
    page->limit = limit ? *limit : INT64_MAX;
    if (!page->count_only)
        list_make_empty(call->arena, &page->items);
    return true;
}

/* As on AWS, the item that crosses a megabyte belongs to the page. */
static bool is_full(const struct item_page *page)
{
    return page->size_bytes > MAX_PAGE_BYTES || page->scanned >= page->limit || time_is_up(page->call);
}

/* Does the item pass the filter?  If so, add it. */
static bool keep(struct item_page *page, const struct dynamodb_attribute_map *item)
{
    const struct expressions *expressions = page->expressions;
    struct arena *arena = page->call->arena;

    if (expressions->condition && !dynamodb_expression_holds(arena, expressions->condition, item))
        return false;
    page->count++;
    if (page->count_only)
        return false;
    *list_add(arena, &page->items) =
        expressions->projection ? dynamodb_projection_apply(arena, expressions->projection, item) : *item;
    return true;
}

bool dynamodb_page_add(struct item_page *page, int64_t size_bytes, str blob)
{
    struct arena *arena = page->call->arena;
    struct arena_mark before = arena_mark(arena);
    struct dynamodb_attribute_map item = dynamodb_item_decode(arena, blob);

    page->last = blob;
    page->size_bytes += size_bytes;
    page->scanned++;
    if (!keep(page, &item))
        arena_rewind(arena, before);
    page->more = is_full(page); /* as AWS: whether another item follows is not checked */
    return !page->more;
}

struct dynamodb_attribute_map dynamodb_page_next(const struct item_page *page)
{
    struct arena *arena = page->call->arena;

    if (!page->more)
        return (struct dynamodb_attribute_map){0};
    struct dynamodb_attribute_map last = dynamodb_item_decode(arena, page->last);
    return dynamodb_key_attributes(arena, &page->table->keys, &last);
}
