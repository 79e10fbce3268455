/*
 * lookup_from_query.c: the rows of a query as the CSV of a lookup table.
 *
 * A row has only the fields that are present, so the columns are the fields of all rows, in the order in
 * which they first occur.  The rows are read twice: for the names of the columns, then for the values.
 */
#include "lookup_csv.h"
#include "lookup_tables.h"
#include "query.h"

#include "base/positions.h"

enum { MOST_ROWS_BYTES = 16 * 1024 * 1024 /* of a query's result, in JSON */ };

struct export
{
    struct arena *arena;
    struct insights_texts columns;
    struct positions by_name; /* of the columns */
    str *values;              /* of the row that is being written, by column */
    struct text csv;
};

/* The pointer to the event is not a column. */
static bool is_column(str name)
{
    return !str_equal(name, S("@ptr"));
}

/* The number of the column with that name; columns.count: there is no such column. */
static size_t column_of(const struct export *export, str name)
{
    uint64_t slot = keyed_hash(name);
    size_t column;

    while (positions_next(&export->by_name, &slot, &column))
        if (str_equal(export->columns.items[column], name))
            return column;
    return export->columns.count;
}

static void add_column(struct export *export, str name)
{
    positions_add(&export->by_name, keyed_hash(name), export->columns.count);
    *list_add(export->arena, &export->columns) = arena_copy(export->arena, name);
}

/* Columns beyond the first that is too many are left out: the check of the CSV refuses it in any case. */
static void read_columns(void *context, const struct json *row)
{
    struct export *export = context;

    for (uint32_t i = 0; i < row->count && export->columns.count <= LOOKUP_MOST_COLUMNS; i++) {
        str name = json_get_str(&row->items[i], S("field"));
        if (is_column(name) && column_of(export, name) == export->columns.count)
            add_column(export, name);
    }
}

/* Of two fields with one name the first one counts. */
static void read_values(const struct export *export, const struct json *row)
{
    for (size_t i = 0; i < export->columns.count; i++)
        export->values[i] = S("");
    for (uint32_t i = row->count; i-- > 0;) {
        size_t column = column_of(export, json_get_str(&row->items[i], S("field")));
        if (column < export->columns.count)
            export->values[column] = json_get_str(&row->items[i], S("value"));
    }
}

static void write_line(struct text *csv, const str *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        logs_csv_add(csv, i == 0, values[i]);
    text_add_char(csv, '\n');
}

static void write_row(void *context, const struct json *row)
{
    struct export *export = context;

    if (export->csv.size > LOOKUP_MOST_BYTES)
        return;
    read_values(export, row);
    write_line(&export->csv, export->values, export->columns.count);
}

static bool is_finished(const struct call *call, const struct logs_query_row *query)
{
    enum logs_query_status status = logs_query_status_of(query->status);

    if (status == LOGS_QUERY_STATUS_COMPLETE || status == LOGS_QUERY_STATUS_CANCELLED)
        return true;
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The query is neither complete nor cancelled: %.*s.",
         STR_ARGS(query->status));
    return false;
}

bool logs_lookup_csv_of_query(const struct call *call, str query_id, str *csv)
{
    struct export export = {.arena = call->arena,
                            .by_name = positions_for(call->arena, LOOKUP_MOST_COLUMNS + 1),
                            .csv = text_in(call->arena)};
    struct logs_query_row query;

    if (!logs_query_find(call, query_id, &query) || !is_finished(call, &query))
        return false;
    if (!logs_query_read_rows(call, &query, MOST_ROWS_BYTES, read_columns, &export)) {
        logs_lookup_refuse_size(call);
        return false;
    }
    if (export.columns.count == 0) {
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The query has no results.");
        return false;
    }
    export.values = arena_alloc(call->arena, export.columns.count * sizeof *export.values);
    write_line(&export.csv, export.columns.items, export.columns.count);
    logs_query_read_rows(call, &query, MOST_ROWS_BYTES, write_row, &export);
    *csv = text_str(&export.csv);
    return true;
}
