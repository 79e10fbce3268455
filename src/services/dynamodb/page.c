/*
 * page.c: a page of a Scan or a Query: filtered, projected, and bounded by a count and by a megabyte.
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "pages.h"

#include "base/text.h"

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

static bool refuse_projection(const struct call *call, const struct index *index, str attribute)
{
    return dynamodb_refuse(call,
                           arena_format(call->arena,
                                        "One or more parameter values were invalid: Global secondary index "
                                        "%.*s does not project [%.*s]",
                                        STR_ARGS(index->name), STR_ARGS(attribute)));
}

/* The first attribute that the projection names and the index lacks, or absent. */
static str unprojected(const struct item_page *page)
{
    const struct projection *projection = page->expressions->projection;

    for (size_t i = 0; projection && i < projection->count; i++)
        if (!dynamodb_index_projects(page->table, page->index, projection->items[i].items[0].name))
            return projection->items[i].items[0].name;
    return (str){0};
}

static bool global_check(const struct item_page *page, const struct page_request *asked, str missing)
{
    const struct index *index = page->index;

    if (asked->consistent_read && *asked->consistent_read)
        return dynamodb_refuse(page->call,
                               S("Consistent reads are not supported on global secondary indexes"));
    if (page->fetches && !str_present(missing))
        return dynamodb_refuse(
            page->call,
            arena_format(page->call->arena,
                         "One or more parameter values were invalid: Select type ALL_ATTRIBUTES "
                         "is not supported for global secondary index %.*s because its projection "
                         "type is not ALL",
                         STR_ARGS(index->name)));
    return !page->fetches || refuse_projection(page->call, index, missing);
}

/* A local index leads to the items themselves for attributes that it lacks. */
static bool index_begin(struct item_page *page, const struct page_request *asked)
{
    const struct call *call = page->call;

    page->index = dynamodb_index_named(page->table, asked->index_name);
    if (!page->index)
        return dynamodb_refuse(call,
                               arena_format(call->arena, "The table does not have the specified index: %.*s",
                                            STR_ARGS(asked->index_name)));
    if (page->index->backfilling)
        return dynamodb_refuse(call, arena_format(call->arena,
                                                  "Cannot read from backfilling global secondary index: %.*s",
                                                  STR_ARGS(asked->index_name)));
    str missing = unprojected(page);
    page->keys = &page->index->keys;
    page->fetches =
        str_present(missing) || (dynamodb_select_of(asked->select) == DYNAMODB_SELECT_ALL_ATTRIBUTES &&
                                 page->index->projection != DYNAMODB_PROJECTION_TYPE_ALL);
    return page->index->local || global_check(page, asked, missing);
}

static void add_first_names(const struct item_page *page, const struct projection *paths,
                            struct str_list *names)
{
    for (size_t i = 0; i < paths->count; i++)
        *list_add(page->call->arena, names) = paths->items[i].items[0].name;
}

/* What is decoded of each item: nothing is left out if `shown` is empty. */
static void name_attributes(struct item_page *page)
{
    struct arena *arena = page->call->arena;
    const struct projection *projection = page->columns ? page->columns : page->expressions->projection;

    if (page->expressions->condition)
        dynamodb_condition_attributes(arena, page->expressions->condition, &page->filtered);
    if (projection)
        add_first_names(page, projection, &page->shown);
    else if (page->index && !page->fetches && page->index->projection != DYNAMODB_PROJECTION_TYPE_ALL)
        dynamodb_index_names(arena, page->table, page->index, &page->shown);
    dynamodb_names_sort(&page->filtered);
    dynamodb_names_sort(&page->shown);
}

bool dynamodb_page_begin(struct item_page *page, const struct page_request *asked)
{
    const struct call *call = page->call;
    str problem = select_problem(call, asked->select, asked->index_name, page->expressions->projected_by);

    if (str_present(problem))
        return dynamodb_refuse_select(call, problem);
    page->keys = &page->table->keys;
    if (str_present(asked->index_name) && !index_begin(page, asked))
        return false;
    page->consistent_read = asked->consistent_read;
    page->count_only = dynamodb_select_of(asked->select) == DYNAMODB_SELECT_COUNT;
    page->limit = asked->limit ? *asked->limit : INT64_MAX;
    if (!page->count_only)
        list_make_empty(call->arena, &page->items);
    name_attributes(page);
    return dynamodb_throughput_admit(call, page->table, page->index);
}

/* In an index, the key of a page's start has the attributes of both keys. */
static struct key_schema start_schema(const struct item_page *page)
{
    return page->index ? dynamodb_index_whole_key(page->call->arena, page->table, page->index) : *page->keys;
}

/* The attributes of each key are as long as they may be in that key. */
static bool start_read(const struct item_page *page, const struct dynamodb_attribute_map *given,
                       struct item_key *start, str *mismatch)
{
    struct arena *arena = page->call->arena;

    *mismatch = dynamodb_key_mismatch;
    return given->count == start_schema(page).count &&
           dynamodb_key_of_start(arena, page->keys, given, start, mismatch) &&
           (!page->index || dynamodb_key_of_start(arena, &page->table->keys, given, start, mismatch));
}

bool dynamodb_page_start(const struct item_page *page, const struct dynamodb_attribute_map *given,
                         struct item_key *start, str *problem)
{
    struct arena *arena = page->call->arena;
    struct lookups lookups = lookups_in(arena);
    str mismatch;

    if (!start_read(page, given, start, &mismatch)) {
        *problem = arena_format(arena, "%s: %.*s", DYNAMODB_START_INVALID, STR_ARGS(mismatch));
        return false;
    }
    *problem = S(DYNAMODB_START_INVALID);
    return !page->index || dynamodb_index_place(&lookups, page->table, page->index, given, start);
}

str dynamodb_page_after(const struct item_page *page, str range)
{
    struct arena *arena = page->call->arena;

    /* Behind the place of a swapped row is the row's id, in decimal digits. */
    return page->index ? arena_join(arena, range, S("\xff")) : dynamodb_key_after(arena, range);
}

bool dynamodb_page_paths_check(const struct item_page *page)
{
    return dynamodb_key_paths_check(page->call, &page->table->keys, page->expressions, "Key") &&
           (!page->index || dynamodb_key_paths_check(page->call, page->keys, page->expressions, "IndexKey"));
}

bool dynamodb_page_refuse_filter(const struct item_page *page, const struct str_list *missing)
{
    struct text text = text_in(page->call->arena);

    for (size_t i = 0; i < missing->count; i++)
        text_format(&text, "%s%.*s", i ? ", " : "", STR_ARGS(missing->items[i]));
    return dynamodb_refuse(
        page->call, arena_format(page->call->arena,
                                 "One or more parameter values were invalid: Secondary index %.*s does "
                                 "not project one or more filter attributes: [%.*s]",
                                 STR_ARGS(page->index->name), STR_ARGS(text_str(&text))));
}

bool dynamodb_page_filter_check(const struct item_page *page)
{
    struct str_list missing = {0};

    for (size_t i = 0; page->index && i < page->filtered.count; i++)
        if (!dynamodb_index_projects(page->table, page->index, page->filtered.items[i]))
            *list_add(page->call->arena, &missing) = page->filtered.items[i];
    return missing.count == 0 || dynamodb_page_refuse_filter(page, &missing);
}

/* As on AWS, the item that crosses a megabyte belongs to the page. */
static bool is_full(const struct item_page *page)
{
    return page->size_bytes + page->fetched_bytes > MAX_PAGE_BYTES || page->scanned >= page->limit ||
           time_is_up(page->call);
}

/*
 * The attributes of those names, or all (NULL), as the index has them unless the page fetches the items
 * themselves.
 */
static struct dynamodb_attribute_map read_item(const struct item_page *page, str blob,
                                               const struct str_list *names)
{
    struct arena *arena = page->call->arena;
    struct lookups lookups = lookups_in(arena);
    struct dynamodb_attribute_map item =
        names ? dynamodb_item_pick(arena, blob, names) : dynamodb_item_decode(arena, blob);

    return page->index && !page->fetches ? dynamodb_index_project(&lookups, page->table, page->index, &item)
                                         : item;
}

/* Reads only what the filter names.  Rewinds the arena. */
static bool passes_filter(const struct item_page *page, str blob)
{
    const struct node *condition = page->expressions->condition;
    struct arena *arena = page->call->arena;
    struct arena_mark before = arena_mark(arena);

    if (!condition)
        return true;
    struct dynamodb_attribute_map item = read_item(page, blob, &page->filtered);
    bool passes = dynamodb_expression_holds(arena, condition, &item);
    arena_rewind(arena, before);
    return passes;
}

static void show(struct item_page *page, str blob)
{
    const struct projection *projection = page->expressions->projection;
    struct arena *arena = page->call->arena;
    struct dynamodb_attribute_map item = read_item(page, blob, page->shown.count > 0 ? &page->shown : NULL);

    *list_add(arena, &page->items) = page->columns ? dynamodb_columns_apply(arena, page->columns, &item)
                                     : projection  ? dynamodb_projection_apply(arena, projection, &item)
                                                   : item;
}

bool dynamodb_page_add(struct item_page *page, int64_t size_bytes, str blob)
{
    page->needs_worker = page->leaves_large && blob.size > LARGE_ITEM_BYTES;
    if (page->needs_worker)
        return false;
    page->last = blob;
    page->size_bytes += size_bytes;
    page->scanned++;
    if (passes_filter(page, blob)) {
        page->count++;
        if (!page->count_only)
            show(page, blob);
    }
    page->more = is_full(page); /* as AWS: whether another item follows is not checked */
    return !page->more;
}

bool dynamodb_page_add_entry(struct item_page *page, int64_t size_bytes, int64_t item_bytes, str blob)
{
    if (page->fetches) {
        page->fetched_bytes += item_bytes;
        page->fetched_units += dynamodb_read_units(item_bytes, page->consistent_read);
    }
    return dynamodb_page_add(page, size_bytes, blob);
}

struct dynamodb_attribute_map dynamodb_page_next(const struct item_page *page)
{
    struct arena *arena = page->call->arena;

    if (!page->more)
        return (struct dynamodb_attribute_map){0};
    struct key_schema schema = start_schema(page);
    struct str_list names = {0};
    for (size_t i = 0; i < schema.count; i++)
        *list_add(arena, &names) = schema.items[i].name;
    dynamodb_names_sort(&names);
    struct dynamodb_attribute_map last = dynamodb_item_pick(arena, page->last, &names);
    return dynamodb_key_attributes(arena, &schema, &last);
}

const struct dynamodb_consumed_capacity *dynamodb_page_capacity(const struct item_page *page, str asked)
{
    double units = dynamodb_read_units(page->size_bytes, page->consistent_read);
    struct arena *arena = page->call->arena;

    if (!page->index)
        return dynamodb_capacity_of(page->call, page->table, asked, units);
    double *index_units = arena_alloc(arena, page->table->indexes.count * sizeof *index_units);
    index_units[page->index - page->table->indexes.items] = units;
    return dynamodb_capacity_with_indexes(page->call, page->table, asked, page->fetched_units, index_units);
}
