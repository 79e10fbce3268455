/*
 * lookup_content.c: the contents of lookup tables.
 *
 * A worker checks a content before the call that stores it.  A content is stored in pieces, a few in each
 * run, because no call may hold the engine thread as long as 10 MB take; the table's row is written last.  A
 * call that begins to write sets the timer of RemoveLookupContent, in case it never finishes.  Pieces are
 * appended and removed at the end, so a content that a table has is always complete.
 */
#include "lookup_csv.h"
#include "lookup_tables.h"

#include "base/hash.h"
#include "base/time.h"

#include <string.h>

enum {
    PIECE_BYTES = 256 * 1024,
    PIECES_PER_RUN = 4,
    UNFINISHED_MS = 60 * MS_PER_S, /* this long after its last piece no call is still writing it */
};

/* ---- checking ---- */

static str names_json(const struct call *call, const struct insights_texts *names)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_array(&writer);
    for (size_t i = 0; i < names->count; i++)
        json_string(&writer, names->items[i]);
    json_close_array(&writer);
    return json_written(&writer);
}

void logs_lookup_refuse_size(const struct call *call)
{
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "The content of a lookup table must not exceed 10 MB.");
}

static const struct lookup_content *check_content(const struct call *call, str csv)
{
    struct lookup_content *content = arena_new(call->arena, struct lookup_content);
    struct csv_table table;
    str problem;

    if (csv.size > LOOKUP_MOST_BYTES) {
        logs_lookup_refuse_size(call);
        return NULL;
    }
    if (!logs_csv_check(call->arena, csv, &table, &problem)) {
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%.*s", STR_ARGS(problem));
        return NULL;
    }
    struct sha256 digest = sha256(csv);
    *content = (struct lookup_content){.csv = csv,
                                       .id = hex_encode(call->arena, HASH_STR(digest)),
                                       .fields = names_json(call, &table.columns),
                                       .rows = table.rows};
    return content;
}

const struct lookup_content *logs_lookup_content(const struct call *call, str table_body, str query_id)
{
    if (prepared(call))
        return prepared(call);
    if (str_present(table_body) == str_present(query_id)) {
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION,
             "Exactly one of tableBody and queryId must be specified.");
        return NULL;
    }
    str csv = table_body;
    if (str_present(query_id) && !logs_lookup_csv_of_query(call, query_id, &csv))
        return NULL;
    return check_content(call, csv);
}

/* ---- storing ---- */

static bool is_used(const struct call *call, str id)
{
    struct logs_lookup_content_is_used_row found;

    return logs_lookup_content_is_used(call->txn, &(struct logs_lookup_content_is_used_params){.content = id},
                                       &found);
}

static int64_t count_pieces(const struct call *call, str id)
{
    struct logs_next_lookup_piece_row next;

    return logs_next_lookup_piece(call->txn, &(struct logs_next_lookup_piece_params){.content = id}, &next)
               ? next.number
               : 0;
}

static void remove_at(const struct call *call, str id, int64_t due_ms)
{
    timer_set(call, &LOGS_REMOVE_LOOKUP_CONTENT, id, due_ms,
              &(struct logs_remove_lookup_content_request){.content = id});
}

/*
 * False: there are more pieces to write.  A call that has lost its preparation writes all of them in one run,
 * because it would have to check the content again in each run.
 */
static bool write_pieces(const struct call *call, const struct lookup_content *content)
{
    int64_t first = count_pieces(call, content->id), size = (int64_t)content->csv.size;

    for (int64_t number = first; number * PIECE_BYTES < size; number++) {
        if (prepared(call) && (number == first + PIECES_PER_RUN || (number > first && slice_is_over(call))))
            return false;
        str rest = str_from(content->csv, (size_t)(number * PIECE_BYTES));
        logs_add_lookup_piece(call->txn,
                              &(struct logs_add_lookup_piece_params){
                                  .content = content->id,
                                  .number = number,
                                  .bytes = rest.size > PIECE_BYTES ? str_head(rest, PIECE_BYTES) : rest,
                              });
    }
    return true;
}

enum outcome logs_lookup_content_store(const struct call *call, const struct lookup_content *content)
{
    if (is_used(call, content->id))
        return DONE;
    if (write_pieces(call, content)) {
        timer_cancel(call, &LOGS_REMOVE_LOOKUP_CONTENT, content->id);
        return DONE;
    }
    remove_at(call, content->id, call->now_ms + UNFINISHED_MS);
    return park(call, arena_join(call->arena, S("logs/lookup/"), content->id), call->now_ms + 1);
}

char *logs_lookup_content_read(const struct call *call, str id, int64_t size)
{
    struct logs_read_lookup_pieces_params params = {.content = id};
    char *csv = arena_alloc(call->arena, (size_t)size + 1);
    struct arena_mark mark = arena_mark(call->arena);
    struct logs_read_lookup_pieces_row piece;
    size_t at = 0;

    struct logs_read_lookup_pieces_cursor cursor = logs_read_lookup_pieces_open(call->txn, &params);
    while (logs_read_lookup_pieces_next(&cursor, &piece)) {
        check(at + piece.bytes.size <= (size_t)size);
        memcpy(csv + at, piece.bytes.data, piece.bytes.size);
        at += piece.bytes.size;
    }
    logs_read_lookup_pieces_close(&cursor);
    arena_rewind(call->arena, mark);
    return csv;
}

/* ---- removing ---- */

void logs_lookup_content_release(const struct call *call, str id)
{
    if (!is_used(call, id))
        remove_at(call, id, call->now_ms);
}

enum outcome logs_remove_lookup_content(const struct call *call,
                                        const struct logs_remove_lookup_content_request *in,
                                        struct logs_remove_lookup_content_output *out)
{
    struct logs_remove_last_lookup_piece_params params = {.content = in->content};
    struct logs_remove_last_lookup_piece_row removed;
    int count = 0;

    (void)out;
    if (is_used(call, in->content))
        return DONE;
    while (logs_remove_last_lookup_piece(call->txn, &params, &removed))
        if (++count == PIECES_PER_RUN || slice_is_over(call)) {
            slice_again(call, &LOGS_REMOVE_LOOKUP_CONTENT, in->content, in);
            break;
        }
    return DONE;
}
