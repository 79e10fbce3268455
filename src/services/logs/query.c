/*
 * query.c: StartQuery, StopQuery and DescribeQueries.
 *
 * A query is a row, which is scheduled, then running, then has ended.  At most two run at a time; the others
 * wait in their order.  A query's run is RunQuery (query_run.c).  A query that has not ended an hour after
 * its start has timed out.  A query does not survive the server: what was running has failed, what was
 * scheduled runs.  Rows are kept for seven days.
 */
#include "query.h"
#include "lookup_tables.h"

#include "base/hash.h"
#include "base/time.h"
#include "wire/json.h"

#include <inttypes.h>

enum {
    MOST_UNFINISHED = 100,
    MOST_RUNNING = 2,
    MOST_MS = HOUR_MS,
    KEPT_MS = 7 * DAY_MS,
    MOST_DESCRIBED = 1000,
    PAGES_PER_RUN = 4,
};
static const int64_t first_of_milliseconds = 100000000000; /* larger times are no seconds */

static str status_text(enum logs_query_status status)
{
    return logs_query_status_text(status);
}

static bool is_unfinished(const struct logs_query_row *query)
{
    enum logs_query_status status = logs_query_status_of(query->status);

    return status == LOGS_QUERY_STATUS_SCHEDULED || status == LOGS_QUERY_STATUS_RUNNING;
}

static str timer_id(const struct call *call, int64_t number)
{
    return arena_decimal(call->arena, number);
}

/* ---- the life of a query ---- */

static void set_status(const struct call *call, int64_t number, enum logs_query_status status, bool ended)
{
    logs_set_query_status(call->txn,
                          &(struct logs_set_query_status_params){.id = number,
                                                                 .status = status_text(status),
                                                                 .ended_ms = ended ? &call->now_ms : NULL});
}

/* Run the scheduled queries that there is room for. */
static void run_scheduled(const struct call *call)
{
    struct logs_count_running_queries_row running;
    struct logs_find_scheduled_query_row next;

    while (logs_count_running_queries(call->txn, &running) && running.count < MOST_RUNNING &&
           logs_find_scheduled_query(call->txn, &next)) {
        struct call there = call_in(call, next.account, next.region);
        set_status(call, next.id, LOGS_QUERY_STATUS_RUNNING, false);
        spawn(&there, &LOGS_RUN_QUERY, (str){0}, &(struct logs_run_query_request){.number = next.id});
    }
}

void logs_query_end(const struct call *call, const struct logs_query_row *query,
                    enum logs_query_status status)
{
    set_status(call, query->id, status, true);
    timer_cancel(call, &LOGS_END_QUERY, timer_id(call, query->id));
    run_scheduled(call);
}

void logs_queries_start(const struct call *call)
{
    logs_fail_running_queries(call->txn,
                              &(struct logs_fail_running_queries_params){.ended_ms = &call->now_ms});
    run_scheduled(call);
}

enum outcome logs_end_query(const struct call *call, const struct logs_run_query_request *in,
                            struct logs_end_query_output *out)
{
    struct logs_query_row query;

    (void)out;
    if (logs_find_query_number(call->txn, &(struct logs_find_query_number_params){.id = in->number},
                               &query) &&
        is_unfinished(&query))
        logs_query_end(call, &query, LOGS_QUERY_STATUS_TIMEOUT);
    return DONE;
}

/* A few pages in each run, and the row at the end. */
enum outcome logs_remove_query(const struct call *call, const struct logs_run_query_request *in,
                               struct logs_remove_query_output *out)
{
    struct logs_remove_query_page_params page = {.query = in->number};

    (void)out;
    for (int removed = 0; logs_remove_query_page(call->txn, &page) > 0;)
        if (++removed == PAGES_PER_RUN || slice_is_over(call)) {
            slice_again(call, &LOGS_REMOVE_QUERY, timer_id(call, in->number), in);
            return DONE;
        }
    logs_delete_query(call->txn, &(struct logs_delete_query_params){.id = in->number});
    return DONE;
}

/* ---- StartQuery ---- */

static int64_t ms_of(int64_t time)
{
    return time < first_of_milliseconds ? time * MS_PER_S : time;
}

/* What is wrong with the request besides the query and its groups, or absent. */
static str request_problem(const struct logs_start_query_request *in, const struct insights_program *program)
{
    int ways = str_present(in->log_group_name) + (in->log_group_names.count > 0) +
               (in->log_group_identifiers.count > 0);

    if (program->source && ways > 0)
        return S("Log groups are specified either by parameters or by the SOURCE command, not by both.");
    if (!program->source && ways != 1)
        return S("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified.");
    if (ms_of(in->start_time) > ms_of(in->end_time))
        return S("The startTime must not be after the endTime.");
    return (str){0};
}

static enum outcome fail_malformed(const struct call *call, const struct insights_problem *problem)
{
    struct logs_malformed_query_exception *details =
        arena_new(call->arena, struct logs_malformed_query_exception);
    struct logs_query_compile_error *error = arena_new(call->arena, struct logs_query_compile_error);
    struct logs_query_compile_error_location *location =
        arena_new(call->arena, struct logs_query_compile_error_location);

    location->start_char_offset = arena_i64(call->arena, (int64_t)problem->start);
    location->end_char_offset = arena_i64(call->arena, (int64_t)problem->end);
    error->location = location;
    error->message = problem->message;
    details->query_compile_error = error;
    fail(call, &LOGS_MALFORMED_QUERY_EXCEPTION, "%.*s", STR_ARGS(problem->message));
    fail_details(call, details);
    return FAILED;
}

static bool concurrency_check(const struct call *call)
{
    struct logs_count_unfinished_queries_row unfinished;

    logs_count_unfinished_queries(
        call->txn,
        &(struct logs_count_unfinished_queries_params){.account = call->account, .region = call->region},
        &unfinished);
    if (unfinished.count >= MOST_UNFINISHED)
        fail(call, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Account maximum query concurrency limit of [%d] reached.",
             MOST_UNFINISHED);
    return unfinished.count < MOST_UNFINISHED;
}

static int64_t store(const struct call *call, const struct logs_start_query_request *in,
                     const struct insights_program *program, const struct all_query_groups *groups,
                     str query_id)
{
    struct logs_add_query_params query = {
        .query_id = query_id,
        .account = call->account,
        .region = call->region,
        .user_arn = str_present(call->caller->arn) ? call->caller->arn : S(""),
        .query = in->query_string,
        .start_ms = ms_of(in->start_time),
        .end_ms = ms_of(in->end_time) + (in->end_time < first_of_milliseconds ? MS_PER_S - 1 : 0),
        .row_limit = in->limit ? *in->limit : QUERY_ROWS,
        .status = status_text(LOGS_QUERY_STATUS_SCHEDULED),
        .created_ms = call->now_ms,
    };

    logs_query_groups_write(call, &groups->own, &query.group_ids, &query.group_names);
    query.subquery_group_ids = logs_subquery_groups_write(call, program, groups);
    return logs_add_query(call->txn, &query);
}

enum outcome logs_start_query(const struct call *call, const struct logs_start_query_request *in,
                              struct logs_start_query_response *out)
{
    struct all_query_groups groups = {0};
    struct insights_problem problem;

    const struct insights_program *program = logs_insights_parse(call->arena, in->query_string, &problem);
    if (!program)
        return fail_malformed(call, &problem);
    str wrong = request_problem(in, program);
    if (str_present(wrong))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%.*s", STR_ARGS(wrong));
    if (!logs_query_groups_find(call, in, program, &groups) || !concurrency_check(call))
        return FAILED;
    if (!logs_lookups_check(call, program, &problem))
        return str_present(problem.message) ? fail_malformed(call, &problem) : FAILED;

    out->query_id = random_uuid(call->arena);
    struct logs_run_query_request query = {.number = store(call, in, program, &groups, out->query_id)};
    timer_set(call, &LOGS_END_QUERY, timer_id(call, query.number), call->now_ms + MOST_MS, &query);
    timer_set(call, &LOGS_REMOVE_QUERY, timer_id(call, query.number), call->now_ms + KEPT_MS, &query);
    run_scheduled(call);
    return DONE;
}

/* ---- StopQuery, DescribeQueries ---- */

bool logs_query_find(const struct call *call, str query_id, struct logs_query_row *query)
{
    struct logs_find_query_params key = {
        .query_id = query_id, .account = call->account, .region = call->region};

    if (logs_find_query(call->txn, &key, query))
        return true;
    fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified query does not exist.");
    return false;
}

enum outcome logs_stop_query(const struct call *call, const struct logs_stop_query_request *in,
                             struct logs_stop_query_response *out)
{
    struct logs_query_row query;

    if (!logs_query_find(call, in->query_id, &query))
        return FAILED;
    if (!is_unfinished(&query))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "Query has already ended with status %.*s",
                    STR_ARGS(query.status));
    logs_query_end(call, &query, LOGS_QUERY_STATUS_CANCELLED);
    out->success = arena_bool(call->arena, true);
    return DONE;
}

static bool has_group(const struct call *call, const struct logs_query_row *query, str name)
{
    const struct json *names = json_parse(call->arena, query->group_names, NULL);

    for (uint32_t i = 0; names && i < names->count; i++)
        if (str_equal(names->items[i].text, name))
            return true;
    return false;
}

static bool is_selected(const struct call *call, const struct logs_describe_queries_request *in,
                        const struct logs_query_row *query)
{
    return (!str_present(in->status) || str_equal(in->status, query->status)) &&
           (!str_present(in->log_group_name) || has_group(call, query, in->log_group_name));
}

/* AWS shows the group and the range as a command, which reads `SOURCE "group" START=… END=… | …`. */
static str described_query(const struct call *call, const struct logs_query_row *query,
                           const struct json *names)
{
    bool has_source = str_equal_nocase(str_head(str_trim(query->query), S("SOURCE").size), S("SOURCE"));

    if (!names || names->count != 1 || has_source)
        return query->query;
    return arena_format(call->arena, "SOURCE \"%.*s\" START=%" PRId64 " END=%" PRId64 " | %.*s",
                        STR_ARGS(names->items[0].text), query->start_ms, query->end_ms,
                        STR_ARGS(query->query));
}

static void describe(const struct call *call, const struct logs_query_row *query,
                     struct logs_query_info *info)
{
    const struct json *names = json_parse(call->arena, query->group_names, NULL);

    *info = (struct logs_query_info){
        .query_language = logs_query_language_text(LOGS_QUERY_LANGUAGE_CWLI),
        .query_id = query->query_id,
        .query_string = described_query(call, query, names),
        .status = query->status,
        .create_time = arena_i64(call->arena, query->created_ms),
        .log_group_name = names && names->count > 0 ? names->items[0].text : (str){0},
        .bytes_scanned = arena_double(call->arena, (double)query->bytes_scanned),
        .user_identity = str_empty(query->user_arn) ? (str){0} : query->user_arn,
    };
    if (query->ended_ms)
        info->query_duration = arena_i64(call->arena, *query->ended_ms - query->created_ms);
}

enum outcome logs_describe_queries(const struct call *call, const struct logs_describe_queries_request *in,
                                   struct logs_describe_queries_response *out)
{
    struct logs_list_queries_params params = {
        .account = call->account, .region = call->region, .before_id = INT64_MAX};
    struct logs_query_row query;
    struct page page;

    if (!page_begin(call, in->next_token, in->max_results ? *in->max_results : MOST_DESCRIBED, &page))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
    str_to_i64(page.after, &params.before_id);
    list_make_empty(call->arena, &out->queries);
    if (str_present(in->query_language) &&
        logs_query_language_of(in->query_language) != LOGS_QUERY_LANGUAGE_CWLI)
        return DONE;
    struct logs_list_queries_cursor cursor = logs_list_queries_open(call->txn, &params);
    while (logs_list_queries_next(&cursor, &query)) {
        bool selected = is_selected(call, in, &query);
        if (!page_passes(call, &page, timer_id(call, query.id), selected))
            break;
        if (selected)
            describe(call, &query, list_add(call->arena, &out->queries));
    }
    logs_list_queries_close(&cursor);
    out->next_token = page_end(call, &page);
    return DONE;
}
