/*
 * query_results.c: GetQueryResults.
 *
 * Until a query is complete it shows its progress, without rows.  A token names a query and a row, and is
 * valid for an hour.
 */
#include "query.h"

#include "wire/json.h"

enum { MOST_ROWS = 10000, MOST_PAGE_BYTES = 16 * 1024 * 1024, TOKEN_MS = HOUR_MS };

static const str token_purpose = STR_INIT("logs/results");

/* ---- tokens: "<query>/<row>/<time>" ---- */

static bool take_number(str *rest, int64_t *number)
{
    str piece;

    return str_next(rest, '/', &piece) && str_to_i64(piece, number);
}

static bool read_token(const struct call *call, str token, const struct logs_query_row *query,
                       int64_t *from_row)
{
    int64_t number, valid_ms;
    str data;

    return unseal(call, token_purpose, token, &data) && take_number(&data, &number) && number == query->id &&
           take_number(&data, from_row) && take_number(&data, &valid_ms) && call->now_ms <= valid_ms;
}

static str write_token(const struct call *call, const struct logs_query_row *query, int64_t from_row)
{
    return seal(call, token_purpose,
                arena_format(call->arena, "%lld/%lld/%lld", (long long)query->id, (long long)from_row,
                             (long long)call->now_ms + TOKEN_MS));
}

/* ---- rows ---- */

static void show_row(const struct call *call, str row, struct logs_result_field_list *fields)
{
    const struct json *json = json_parse(call->arena, row, NULL);

    check(json_is(json, JSON_ARRAY));
    list_make_empty(call->arena, fields);
    for (uint32_t i = 0; i < json->count; i++)
        *list_add(call->arena, fields) =
            (struct logs_result_field){.field = json_get_str(&json->items[i], S("field")),
                                       .value = json_get_str(&json->items[i], S("value"))};
}

/* Reads the rows of a query, one after the other. */
struct row_reader {
    struct arena *arena;
    struct logs_read_query_pages_cursor pages;
    str rest;       /* of the page, */
    int64_t number; /* and its first row; then of the row behind the one that was read */
};

/* A page without a whole row has a part of a row, which goes on in the next page. */
static bool next_page(struct row_reader *reader)
{
    struct text parts = text_in(reader->arena);
    struct logs_read_query_pages_row page;

    while (logs_read_query_pages_next(&reader->pages, &page)) {
        reader->number = page.first_row;
        reader->rest = page.rows;
        if (parts.size == 0 && page.row_count > 0)
            return true;
        text_add(&parts, page.rows);
        reader->rest = text_str(&parts);
        if (page.row_count > 0)
            return true;
    }
    return false;
}

static bool next_row(struct row_reader *reader, str *row)
{
    while (!str_next(&reader->rest, '\n', row))
        if (!next_page(reader))
            return false;
    reader->number++;
    return true;
}

static struct row_reader rows_open(const struct call *call, int64_t query, int64_t from_row)
{
    struct logs_read_query_pages_params params = {.query = query, .from_row = from_row};

    return (struct row_reader){.arena = call->arena, .pages = logs_read_query_pages_open(call->txn, &params)};
}

/* Returns the row behind the last one shown. */
static int64_t show_rows(const struct call *call, const struct logs_query_row *query, int64_t from_row,
                         int64_t count, struct logs_result_field_list_list *results)
{
    struct row_reader reader = rows_open(call, query->id, from_row);
    size_t bytes = 0;
    int64_t shown = 0;
    str row;

    while (shown < count && bytes < MOST_PAGE_BYTES && next_row(&reader, &row)) {
        if (reader.number <= from_row)
            continue;
        show_row(call, row, list_add(call->arena, results));
        bytes += row.size;
        shown++;
    }
    logs_read_query_pages_close(&reader.pages);
    return from_row + shown;
}

bool logs_query_read_rows(const struct call *call, const struct logs_query_row *query, size_t most_bytes,
                          query_row_reader *read, void *context)
{
    struct row_reader reader = rows_open(call, query->id, 0);
    size_t bytes = 0;
    str row;

    while (bytes <= most_bytes && next_row(&reader, &row)) {
        bytes += row.size + 1;
        if (bytes <= most_bytes)
            read(context, json_parse(call->arena, row, NULL));
    }
    logs_read_query_pages_close(&reader.pages);
    return bytes <= most_bytes;
}

static const struct logs_query_statistics *statistics_of(const struct call *call,
                                                         const struct logs_query_row *query)
{
    struct logs_query_statistics *statistics = arena_new(call->arena, struct logs_query_statistics);

    statistics->records_matched = arena_double(call->arena, (double)query->records_matched);
    statistics->records_scanned = arena_double(call->arena, (double)query->records_scanned);
    statistics->bytes_scanned = arena_double(call->arena, (double)query->bytes_scanned);
    statistics->log_groups_scanned = arena_double(call->arena, (double)query->groups_scanned);
    statistics->result_count = arena_double(call->arena, (double)query->row_count);
    statistics->estimated_records_skipped = arena_double(call->arena, (double)query->records_skipped);
    statistics->estimated_bytes_skipped = arena_double(call->arena, (double)query->bytes_skipped);
    return statistics;
}

enum outcome logs_get_query_results(const struct call *call, const struct logs_get_query_results_request *in,
                                    struct logs_get_query_results_response *out)
{
    int64_t from_row = 0, count = in->max_items && *in->max_items > 0 ? *in->max_items : MOST_ROWS;
    struct logs_query_row query;

    if (!logs_query_find(call, in->query_id, &query))
        return FAILED;
    if (str_present(in->next_token) && !read_token(call, in->next_token, &query, &from_row))
        return fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The specified nextToken is invalid.");
    out->query_language = logs_query_language_text(LOGS_QUERY_LANGUAGE_CWLI);
    out->status = query.status;
    out->statistics = statistics_of(call, &query);
    list_make_empty(call->arena, &out->results);
    if (logs_query_status_of(query.status) != LOGS_QUERY_STATUS_COMPLETE)
        return DONE;
    int64_t end = show_rows(call, &query, from_row, count, &out->results);
    if (end < query.row_count)
        out->next_token = write_token(call, &query, end);
    return DONE;
}
