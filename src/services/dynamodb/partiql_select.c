/*
 * partiql_select.c: a page of a SELECT: of the partitions that its condition names, one after the other, or
 * of all items.
 *
 * Every item is filtered by the whole condition; conditions on the sort key only narrow what is read.  A
 * token is sealed (engine/page.h): a hash of the statement and its parameters, the partition, and the key
 * after which the next page begins.
 */
#include "pages.h"
#include "partiql_run.h"

#include "base/hash.h"
#include "base/list.h"
#include "engine/page.h"

#include <stdlib.h>

/* ---- order ---- */

static bool is_key_attribute(const struct key_schema *keys, str name)
{
    for (size_t i = 0; i < keys->count; i++)
        if (str_equal(keys->items[i].name, name))
            return true;
    return false;
}

static const struct ordering *ordering_of(const struct pql_run *run, str name)
{
    for (size_t i = 0; i < run->statement.orderings.count; i++)
        if (str_equal(run->statement.orderings.items[i].name, name))
            return &run->statement.orderings.items[i];
    return NULL;
}

static bool order_check(const struct call *call, const struct pql_run *run)
{
    const struct orderings *orderings = &run->statement.orderings;

    if (orderings->count == 0)
        return true;
    if (!run->statement.where)
        return dynamodb_refuse(call,
                               S("Must have WHERE clause in the statement when using ORDER BY clause."));
    if (run->partitions.count == 0)
        return dynamodb_refuse(call,
                               S("Must have at least one non-optional hash key condition in WHERE clause "
                                 "when using ORDER BY clause."));
    for (size_t i = 0; i < orderings->count; i++)
        if (!is_key_attribute(run->keys, orderings->items[i].name))
            return dynamodb_refuse(call, arena_format(call->arena,
                                                      "Attribute %.*s in ORDER BY clause must be part "
                                                      "of the primary key",
                                                      STR_ARGS(orderings->items[i].name)));
    return run->partitions.count == 1 || ordering_of(run, run->keys->items[0].name) ||
           dynamodb_refuse(call,
                           S("Must have hash key in ORDER BY clause when more than one hash key condition "
                             "specified in WHERE clause."));
}

/*
 * On AWS, an ORDER BY that leaves out the sort key has it descend, whatever the direction of the partition
 * key (recorded by floci, DynamoDbPartiQLDocumentedSyntaxIntegrationTest, September 2026).
 */
static bool is_forward(const struct pql_run *run)
{
    const struct ordering *ordering =
        run->keys->count > 1 ? ordering_of(run, run->keys->items[1].name) : NULL;

    return ordering ? !ordering->descending : run->statement.orderings.count == 0;
}

static int by_value(const void *a, const void *b)
{
    int order = 0;

    dynamodb_value_compare(*(const struct dynamodb_attribute_value *const *)a,
                           *(const struct dynamodb_attribute_value *const *)b, &order);
    return order;
}

static void sort_partitions(struct pql_run *run)
{
    const struct ordering *ordering =
        run->partitions.count > 1 ? ordering_of(run, run->keys->items[0].name) : NULL;
    size_t count = run->partitions.count;

    if (!ordering)
        return;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers
    qsort(run->partitions.items, count, sizeof *run->partitions.items, by_value);
    for (size_t i = 0; ordering->descending && i < count / 2; i++) {
        const struct dynamodb_attribute_value *other = run->partitions.items[i];
        run->partitions.items[i] = run->partitions.items[count - 1 - i];
        run->partitions.items[count - 1 - i] = other;
    }
}

/* ---- checks ---- */

static bool types_check(const struct call *call, const struct key_attribute *attribute,
                        const struct value_pointers *values)
{
    for (size_t i = 0; i < values->count; i++)
        if (!dynamodb_pql_key_type_check(call, attribute, values->items[i]))
            return false;
    return true;
}

/* The values of the sort key that WHERE names by IN: each is a read of its own, on AWS. */
static struct value_pointers sort_choices(const struct call *call, const struct pql_run *run)
{
    struct value_pointers values = {0};

    for (size_t i = 0; run->keys->count > 1 && values.count == 0 && i < run->conjuncts.count; i++)
        if (run->conjuncts.items[i]->kind == NODE_IN)
            dynamodb_pql_values(call->arena, run->conjuncts.items[i], run->keys->items[1].name, &values);
    return values;
}

static bool number_check(const struct call *call, const struct pql_run *run)
{
    struct value_pointers choices = sort_choices(call, run);

    if (run->partitions.count == 0)
        return true;
    if (run->partitions.count * (choices.count > 0 ? choices.count : 1) > MAX_READS)
        return dynamodb_refuse(call, S("Too many decomposed read operations for a given query."));
    return types_check(call, &run->keys->items[0], &run->partitions) &&
           (choices.count == 0 || types_check(call, &run->keys->items[1], &choices));
}

bool dynamodb_pql_reads_check(const struct call *call, const struct pql_run *run)
{
    return number_check(call, run) && dynamodb_pql_overlap_check(call, run);
}

static bool select_check(const struct call *call, const struct pql_run *run,
                         const struct pql_select_request *asked)
{
    if (run->statement.exists)
        return dynamodb_refuse(call, S("EXISTS can only be used in ExecuteTransaction write requests."));
    if (str_present(run->statement.index_name) && !run->index)
        return dynamodb_refuse(call, S("The table does not have the specified index"));
    if (run->index && !run->index->local && asked->consistent_read && *asked->consistent_read)
        return dynamodb_refuse(call,
                               S("Strongly consistent read is not supported on Global Secondary Indexes"));
    return order_check(call, run) && dynamodb_pql_reads_check(call, run);
}

/* ---- tokens ---- */

enum { PARTITION_SIZE = 1 };

static str fingerprint_of(const struct call *call, const struct pql_run *run)
{
    str parameters =
        run->parameters ? model_to_json(call->arena, &DYNAMODB_PREPARED_STATEMENT_PARAMETERS, run->parameters)
                        : S("");
    struct sha256 hash = sha256(arena_format(call->arena, "%.*s\n%.*s\n%.*s", STR_ARGS(run->table->arn),
                                             STR_ARGS(run->text), STR_ARGS(parameters)));

    return arena_copy(call->arena, (str){(const char *)hash.bytes, sizeof hash.bytes});
}

/* Read where the page begins: *start is absent for the first page. */
static bool token_read(const struct call *call, const struct pql_run *run, str token, size_t *partition,
                       struct dynamodb_attribute_map *start)
{
    struct page page;

    *partition = 0;
    *start = (struct dynamodb_attribute_map){0};
    if (!page_begin(call, token, 1, &page))
        return dynamodb_refuse(call, S("Invalid NextToken"));
    if (str_empty(page.after))
        return true;
    if (!str_equal(str_head(page.after, SHA256_SIZE), fingerprint_of(call, run)))
        return dynamodb_refuse(call, S("NextToken does not match request"));
    *partition = (unsigned char)page.after.data[SHA256_SIZE];
    return model_from_json(call->arena, &DYNAMODB_ATTRIBUTE_MAP,
                           str_from(page.after, SHA256_SIZE + PARTITION_SIZE), start) ||
           dynamodb_refuse(call, S("Invalid NextToken"));
}

str dynamodb_pql_next(const struct call *call, const struct pql_run *run, const struct pql_page *read)
{
    struct dynamodb_attribute_map key = dynamodb_page_next(&read->page);
    char partition = (char)read->partition;
    struct page page = {.more = true};

    if (!key.items)
        return (str){0};
    page.last = arena_join(call->arena, fingerprint_of(call, run), (str){&partition, PARTITION_SIZE});
    page.last = arena_join(call->arena, page.last, model_to_json(call->arena, &DYNAMODB_ATTRIBUTE_MAP, &key));
    return page_end(call, &page);
}

/* ---- reading ---- */

/* The first conjunct that is a range of the attribute. */
static bool find_term(struct arena *arena, const struct pql_run *run, str name, struct key_term *term)
{
    for (size_t i = 0; i < run->conjuncts.count; i++)
        if (dynamodb_pql_term(arena, run->conjuncts.items[i], term) && str_equal(term->name, name))
            return true;
    return false;
}

/* Equality of the partition key, and what the conjuncts say about the sort key. */
static struct key_condition condition_of(struct arena *arena, const struct pql_run *run,
                                         const struct dynamodb_attribute_value *partition)
{
    struct key_condition key = {0};
    struct key_term term = {0};

    *list_add(arena, &key) =
        (struct key_term){.name = run->keys->items[0].name, .comparator = EQUAL, .first = partition};
    if (run->keys->count > 1 && find_term(arena, run, run->keys->items[1].name, &term))
        *list_add(arena, &key) = term;
    return key;
}

static bool range_of(const struct call *call, const struct pql_run *run,
                     const struct dynamodb_attribute_value *partition, struct key_range *range)
{
    struct key_condition key = condition_of(call->arena, run, partition);

    for (size_t i = 0; i < key.count; i++)
        if (!dynamodb_pql_key_type_check(call, &run->keys->items[i], key.items[i].first))
            return false;
    return dynamodb_key_range_read(call, run->keys, run->index != NULL, &key, range);
}

/* The key of a token does not fit when the table has been made anew. */
static bool start_read(const struct item_page *page, const struct dynamodb_attribute_map *start,
                       struct item_key *after)
{
    str problem;

    return dynamodb_page_start(page, start, after, &problem) ||
           dynamodb_refuse(page->call, S("Invalid NextToken"));
}

static bool read_partitions(const struct pql_run *run, const struct dynamodb_attribute_map *start,
                            struct pql_page *read)
{
    const struct call *call = read->page.call;
    bool forward = is_forward(run);
    struct item_key after = {0};

    if (start->items && !start_read(&read->page, start, &after))
        return false;
    for (bool first = true; read->partition < run->partitions.count; read->partition++, first = false) {
        struct key_range range;
        if (!range_of(call, run, run->partitions.items[read->partition], &range))
            return false;
        if (first && start->items && forward)
            range.low = dynamodb_page_after(&read->page, after.range);
        else if (first && start->items)
            range.high = after.range;
        dynamodb_page_fill_range(&read->page, &range, forward);
        if (read->page.more)
            break;
    }
    return true;
}

static bool read_all(const struct dynamodb_attribute_map *start, struct pql_page *read)
{
    struct key_span span = dynamodb_whole_span(read->page.call->arena);

    if (start->items && !start_read(&read->page, start, &span.after))
        return false;
    dynamodb_page_fill_span(&read->page, &span);
    return true;
}

bool dynamodb_pql_read(const struct call *call, struct pql_run *run, const struct pql_select_request *asked,
                       struct pql_page *read)
{
    struct page_request page = {.index_name = run->statement.index_name,
                                .limit = asked->limit,
                                .consistent_read = asked->consistent_read};
    struct dynamodb_attribute_map start;

    *read = (struct pql_page){.page = {.call = dynamodb_as_reading(call),
                                       .table = run->table,
                                       .expressions = &run->expressions,
                                       .columns = run->statement.projection,
                                       .leaves_large = !call->preparing && may_move_to_worker(call)}};
    if (!select_check(call, run, asked) || !dynamodb_page_begin(&read->page, &page) ||
        !dynamodb_page_paths_check(&read->page) || !dynamodb_pql_projected_check(&read->page, run))
        return false;
    sort_partitions(run);
    if (!token_read(call, run, asked->next_token, &read->partition, &start))
        return false;
    return run->partitions.count > 0 ? read_partitions(run, &start, read) : read_all(&start, read);
}

struct dynamodb_attribute_map dynamodb_pql_item_of(const struct call *call, const struct pql_run *run,
                                                   const struct stored *stored)
{
    struct dynamodb_attribute_map item;

    if (!stored->id)
        return (struct dynamodb_attribute_map){0};
    item = dynamodb_item_decode(call->arena, stored->blob);
    return run->statement.projection ? dynamodb_columns_apply(call->arena, run->statement.projection, &item)
                                     : item;
}
