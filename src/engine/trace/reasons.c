/*
 * reasons.c: GET /_orderly/traces/reasons: what last went wrong with messages, for lists of dead
 * letters.
 *
 *     GET /_orderly/traces/reasons?message=ID[&message=ID…]
 *
 * Of each message the last failed step before it was given up: the error of the function's last attempt, the
 * denial, the time-out; with its trace.  A message without such a step has no reason.  A reply is bounded in
 * time: the messages that it does not name were not looked at.
 */
#include "engine/trace/search.h"
#include "engine_sql.h"

#include "wire/form.h"

enum { MOST_MESSAGES = 100 };

static bool is_about(const struct trace_hop *hop, str message_id)
{
    return !str_present(hop->message_id) || str_equal(hop->message_id, message_id);
}

static bool is_cause(const struct trace_hop *hop)
{
    return verdict_is_failure(hop->verdict) && hop->verdict != VERDICT_DEAD_LETTERED;
}

/* The last failed step of the message; the number of hops when no step failed. */
static size_t last_failure(const struct stored_hops *hops, str message_id)
{
    for (size_t i = hops->count; i > 0; i--)
        if (is_about(&hops->items[i - 1].hop, message_id) && is_cause(&hops->items[i - 1].hop))
            return i - 1;
    return hops->count;
}

/* The newest trace of the message. */
static bool find_trace(const struct call *call, str message_id, struct engine_trace_row *row)
{
    int64_t word = word_of(WORD_MESSAGE, message_id);
    struct trace_walk walk = trace_walk_begin(call, (struct word_list){&word, 1}, INT64_MAX);
    bool found = trace_walk_next(&walk, row);

    if (found)
        row->trace_id = arena_copy(call->arena, row->trace_id);
    trace_walk_end(&walk);
    return found;
}

static void write_reason(const struct call *call, struct json_writer *writer, str message_id)
{
    struct engine_trace_row row;
    struct stored_hops hops = {0};
    bool traced = find_trace(call, message_id, &row);

    if (traced)
        hops = trace_hops_of(call, row.id);
    size_t at = last_failure(&hops, message_id);
    json_open_object(writer);
    json_field(writer, S("messageId"), message_id);
    if (traced)
        json_field(writer, S("traceId"), row.trace_id);
    if (at < hops.count) {
        json_name(writer, S("hop"));
        trace_hop_write(call, writer, &hops, at, (str){0});
    }
    json_close_object(writer);
}

/* False: the reply says what is wrong. */
static bool read_messages(const struct call *call, const struct visit *visit, struct form *form,
                          struct http_reply *reply)
{
    bool good = form_parse(call->arena, visit->request->query, form) && form->count >= 1 &&
                form->count <= MOST_MESSAGES;

    for (size_t i = 0; i < form->count && good; i++)
        good = str_equal(form->items[i].name, S("message")) && !str_empty(form->items[i].value);
    if (!good)
        door_refuse(call, reply, 400,
                    S("The query must be 1 to 100 times message=, each with a message's id."));
    return good;
}

enum outcome traces_reasons(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct json_writer writer = json_writer_in(call->arena);
    struct form form = {0};

    if (!read_messages(call, visit, &form, reply))
        return DONE;
    if (!txn_reads_only(call->txn))
        return trace_index_first(call, reply);
    json_open_object(&writer);
    json_name(&writer, S("reasons"));
    json_open_array(&writer);
    for (size_t i = 0; i < form.count && !(i > 0 && time_is_up(call)); i++)
        write_reason(call, &writer, form.items[i].value);
    json_close_array(&writer);
    json_close_object(&writer);
    return trace_reply(reply, &writer);
}
