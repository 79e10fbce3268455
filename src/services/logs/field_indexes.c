/*
 * field_indexes.c: DescribeFieldIndexes: the fields by which groups are indexed.
 *
 * A field has the times of the events in which extraction has found it.  The default ones are not looked for,
 * so they have no times.
 */
#include "field_indexes.h"

#include <stdlib.h>

enum { PAGE = 100 };

struct listing {
    const struct logs_describe_field_indexes_request *in;
    struct logs_describe_field_indexes_response *out;
    struct page page;
    const struct group *group;
    size_t number; /* of the group in the request, */
    size_t policy; /* and of the policy among the group's */
};

static bool is_asked_for(const struct logs_describe_field_indexes_request *in,
                         enum logs_index_category category)
{
    str text = logs_index_category_text(category);

    return in->index_categories.count == 0 ||
           str_is_one_of(text, in->index_categories.items, in->index_categories.count);
}

/* False: the page is full. */
static bool list_field(const struct call *call, struct listing *listing, enum logs_index_category category,
                       const struct index_policy *policy, const struct index_field *field)
{
    struct logs_find_found_field_params key = {.group_id = listing->group->row.id, .name = field->name};
    struct logs_find_found_field_row found;
    str place = arena_format(call->arena, "%03zu/%d/%03zu/%.*s", listing->number, (int)category,
                             listing->policy, STR_ARGS(field->name));

    if (!is_asked_for(listing->in, category) || page_is_past(&listing->page, place))
        return true;
    if (!page_takes(&listing->page, place))
        return false;
    struct logs_field_index *index = list_add(call->arena, &listing->out->field_indexes);
    *index = (struct logs_field_index){
        .log_group_identifier = policy && policy->row.group_id != 0 ? listing->group->arn : (str){0},
        .field_index_name = field->name,
        .type = field->type,
        .index_category = logs_index_category_text(category)};
    if (!policy || !logs_find_found_field(call->txn, &key, &found))
        return true;
    index->last_scan_time = arena_i64(call->arena, found.scanned_ms);
    index->first_event_time = found.first_ms;
    index->last_event_time = found.last_ms;
    return true;
}

static bool list_defaults(const struct call *call, struct listing *listing)
{
    /* in the order of bytes, as pages need it */
    static const str names[] = {STR_INIT("@aws.account"), STR_INIT("@aws.region"), STR_INIT("@logStream"),
                                STR_INIT("@source.log"), STR_INIT("traceId")};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct index_field field = {.name = names[i],
                                    .type = logs_index_type_text(LOGS_INDEX_TYPE_FIELD_INDEX)};
        check(logs_index_field_is_default(names[i]));
        if (!list_field(call, listing, LOGS_INDEX_CATEGORY_DEFAULT, NULL, &field))
            return false;
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    return str_compare(((const struct index_field *)a)->name, ((const struct index_field *)b)->name);
}

static bool list_policies(const struct call *call, struct listing *listing, bool ended)
{
    struct index_policies policies =
        logs_index_policies_of(call, listing->group->row.id, listing->group->row.name);

    for (size_t i = 0; i < policies.count; i++) {
        struct index_fields *fields = &policies.items[i].fields;
        listing->policy = i;
        if (fields->count > 0)
            qsort(fields->items, fields->count, sizeof *fields->items, by_name);
        for (size_t j = 0; j < fields->count; j++)
            if ((fields->items[j].ended_ms != 0) == ended &&
                !list_field(call, listing, ended ? LOGS_INDEX_CATEGORY_INACTIVE : LOGS_INDEX_CATEGORY_CUSTOM,
                            &policies.items[i], &fields->items[j]))
                return false;
    }
    return true;
}

enum outcome logs_describe_field_indexes(const struct call *call,
                                         const struct logs_describe_field_indexes_request *in,
                                         struct logs_describe_field_indexes_response *out)
{
    struct listing listing = {.in = in, .out = out};
    const int64_t limit = PAGE;
    bool more = true;

    if (!logs_page_open(call, in->next_token, &limit, &listing.page))
        return FAILED;
    list_make_empty(call->arena, &out->field_indexes);
    for (size_t i = 0; i < in->log_group_identifiers.count; i++) {
        listing.group = call_resource(call, i)->row;
        listing.number = i;
        if (!listing.group)
            return fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified log group does not exist.");
        if (more && logs_group_is_standard(listing.group))
            more = list_defaults(call, &listing) && list_policies(call, &listing, false) &&
                   list_policies(call, &listing, true);
    }
    out->next_token = page_end(call, &listing.page);
    return DONE;
}
