/*
 * list_metrics.c: ListMetrics.
 *
 * AWS lists a metric while it has data of the last two weeks.
 */
#include "cloudwatch_internal.h"

#include "engine/page.h"

enum { PAGE_SIZE = 500, MAX_EXAMINED = 20000 };

static const int64_t listed_ms = (int64_t)14 * DAY_S * 1000, recent_ms = (int64_t)3 * HOUR_S * 1000;

static bool has_dimensions(const struct cloudwatch_dimensions *dimensions,
                           const struct cloudwatch_dimension_filters *filters)
{
    for (size_t i = 0; i < filters->count; i++) {
        const struct cloudwatch_dimension_filter *filter = &filters->items[i];
        bool found = false;
        for (size_t j = 0; j < dimensions->count && !found; j++)
            found = str_equal(dimensions->items[j].name, filter->name) &&
                    (!str_present(filter->value) || str_equal(dimensions->items[j].value, filter->value));
        if (!found)
            return false;
    }
    return true;
}

struct listing {
    const struct call *call;
    const struct cloudwatch_list_metrics_input *in;
    struct page page;
    size_t examined;
    struct cloudwatch_metric_list *metrics;
};

static bool is_wanted(const struct listing *listing, const struct cloudwatch_list_metrics_row *row,
                      const struct cloudwatch_dimensions *dimensions)
{
    const struct cloudwatch_list_metrics_input *in = listing->in;
    int64_t age_ms = listing->call->now_ms - row->active_ms;

    return age_ms <= (str_present(in->recently_active) ? recent_ms : listed_ms) &&
           (!str_present(in->metric_name) || str_equal(in->metric_name, row->name)) &&
           has_dimensions(dimensions, &in->dimensions);
}

/* The place of a metric in the list; names and namespaces have no line breaks. */
static str place_of(struct arena *arena, const struct cloudwatch_list_metrics_row *row)
{
    return arena_concat(arena, row->namespace, S("\n"), row->name, S("\n"), row->dimensions);
}

/* False: the page is full. */
static bool add_metric(struct listing *listing, const struct cloudwatch_list_metrics_row *row)
{
    struct arena *arena = listing->call->arena;
    struct cloudwatch_dimensions dimensions =
        cloudwatch_dimensions_read(arena, arena_copy(arena, row->dimensions));

    if (!is_wanted(listing, row, &dimensions))
        return true;
    if (!page_takes(&listing->page, place_of(arena, row)))
        return false;
    *list_add(arena, listing->metrics) = (struct cloudwatch_metric){
        .namespace = arena_copy(arena, row->namespace),
        .metric_name = arena_copy(arena, row->name),
        .dimensions = dimensions,
    };
    return true;
}

/* The metrics of one namespace, behind that place; false: the page ends here. */
static bool list_namespace(struct listing *listing, str namespace, str after)
{
    const struct call *call = listing->call;
    struct cloudwatch_list_metrics_params params = {
        .account = call->account, .region = call->region, .namespace = namespace, .after = after};
    struct cloudwatch_list_metrics_cursor cursor = cloudwatch_list_metrics_open(call->txn, &params);
    struct cloudwatch_list_metrics_row row;
    bool goes_on = true;

    while (goes_on && cloudwatch_list_metrics_next(&cursor, &row)) {
        goes_on = add_metric(listing, &row);
        if (goes_on && (++listing->examined == MAX_EXAMINED || time_is_up(call))) {
            listing->page.last = place_of(call->arena, &row);
            listing->page.more = true;
            goes_on = false;
        }
    }
    cloudwatch_list_metrics_close(&cursor);
    return goes_on;
}

static void list_all(struct listing *listing)
{
    const struct call *call = listing->call;
    str after = listing->page.after, namespace = S("");
    struct cloudwatch_next_namespace_row row;

    if (!str_empty(after)) {
        ptrdiff_t line = str_index(after, '\n');
        namespace = str_head(after, (size_t)line);
        if (!list_namespace(listing, namespace, str_from(after, (size_t)line + 1)))
            return;
    }
    while (cloudwatch_next_namespace(call->txn,
                                     &(struct cloudwatch_next_namespace_params){.account = call->account,
                                                                                .region = call->region,
                                                                                .namespace = namespace},
                                     &row)) {
        namespace = row.namespace;
        if (!list_namespace(listing, namespace, S("")))
            return;
    }
}

enum outcome cloudwatch_list_metrics(const struct call *call, const struct cloudwatch_list_metrics_input *in,
                                     struct cloudwatch_list_metrics_output *out)
{
    struct listing listing = {.call = call, .in = in, .metrics = &out->metrics};

    if (!page_begin(call, in->next_token, PAGE_SIZE, &listing.page))
        return fail(call, &CLOUDWATCH_INVALID_PARAMETER_VALUE_EXCEPTION,
                    "Request parameter NextToken is invalid.");
    list_make_empty(call->arena, &out->metrics);
    if (!str_present(in->namespace)) {
        list_all(&listing);
    } else {
        str after = listing.page.after;
        ptrdiff_t line = str_index(after, '\n');
        list_namespace(&listing, in->namespace, line >= 0 ? str_from(after, (size_t)line + 1) : S(""));
    }
    out->next_token = page_end(call, &listing.page);
    return DONE;
}
