/*
 * response_stream.c: InvokeWithResponseStream: the answer of a function, piece by piece.
 *
 * Two calls work hand in hand: the caller's, which sends pieces as fast as its connection takes them, and the
 * function's Response (runtime_api.c), which gets the next piece of its body when the last one was sent.  One
 * piece is under way at a time, and nothing of it is stored.  Each piece is handed over with its place in the
 * answer; while the caller's call waits, it shows how far it has come.
 */
#include "invocations.h"
#include "lambda_internal.h"

#include "base/hash.h"
#include "base/limits.h"

#include <string.h>

enum { STREAM_BYTES = 200 * 1024 * 1024 };

static const str END_PLACE = STR_INIT("end");

/* What is handed over to the caller's call: bytes of the answer, and their place in it. */
struct stretch {
    uint64_t before;
    str bytes;
};

static str packed(const struct call *call, const struct stretch *stretch)
{
    return arena_join(call->arena, (str){(const char *)&stretch->before, sizeof stretch->before},
                      stretch->bytes);
}

static struct stretch unpacked(str text)
{
    struct stretch stretch = {.bytes = S("")};

    if (text.size < sizeof stretch.before)
        return stretch;
    memcpy(&stretch.before, text.data, sizeof stretch.before);
    stretch.bytes = str_from(text, sizeof stretch.before);
    return stretch;
}

/* ---- the function's side ---- */

static str name_of_taken(const struct call *call, str request_id)
{
    return arena_format(call->arena, "lambda/taken/%.*s", STR_ARGS(request_id));
}

/* How far the waiting caller has come.  Before the first piece its call shows the event, which is JSON. */
static int64_t progress_of(const struct call *call, str answer)
{
    str shown = shown_by(call, answer);
    int64_t taken = 0;

    return str_starts_with(shown, S("@")) && str_to_i64(str_from(shown, 1), &taken) ? taken : 0;
}

enum outcome lambda_stream_pass(const struct call *call, const struct lambda_find_invocation_row *invocation,
                                uint64_t before, str bytes)
{
    str answer = lambda_invocation_answer(call, invocation->request_id);
    str taken = name_of_taken(call, invocation->request_id);

    if (invocation->stream == LAMBDA_INVOCATION_STREAM_LEFT || bytes.size == 0)
        return DONE;
    if (!awaited(call, answer)) /* it sends the piece before this one */
        return park(call, taken, INT64_MAX);
    if ((uint64_t)progress_of(call, answer) >= before + bytes.size)
        return DONE;
    hand_over(call, answer, packed(call, &(struct stretch){before, bytes}));
    wake(call, answer);
    return park(call, taken, INT64_MAX);
}

bool lambda_stream_is_full(uint64_t bytes)
{
    return bytes > STREAM_BYTES;
}

struct result lambda_stream_overflow(const struct call *call)
{
    return lambda_result_error(
        call, "Function.ResponseSizeTooLarge",
        arena_format(call->arena, "Response payload size exceeded maximum allowed payload size (%d bytes).",
                     STREAM_BYTES));
}

/* ---- the end ---- */

void lambda_stream_end(const struct call *call, const struct lambda_find_invocation_row *invocation,
                       const struct result *result, str tail)
{
    str answer = lambda_invocation_answer(call, invocation->request_id);
    bool failed = str_present(result->error);
    const struct stretch whole = {.bytes = failed ? S("") : result->payload};

    if (invocation->stream == LAMBDA_INVOCATION_STREAM_LEFT) {
        lambda_invocation_remove(call, invocation->id);
        return;
    }
    if (whole.bytes.size > 0)
        hand_over(call, answer, packed(call, &whole));
    lambda_set_done(call->txn, &(struct lambda_set_done_params){.id = invocation->id,
                                                                .error = result->error,
                                                                .result = failed ? result->payload : (str){0},
                                                                .tail = tail});
    wake(call, answer);
    wake(call, name_of_taken(call, invocation->request_id)); /* a second answer, which is refused now */
}

/* ---- the caller's side ---- */

static int64_t taken_so_far(const struct call *call)
{
    int64_t taken = 0;

    return str_to_i64(stream_place(call), &taken) ? taken : 0;
}

static enum outcome send_event(const struct call *call, const struct lambda_find_by_request_row *row,
                               const struct lambda_invoke_with_response_stream_response_event *event,
                               struct lambda_invoke_with_response_stream_response *out)
{
    out->status_code = arena_i64(call->arena, 200);
    if (row->number)
        out->executed_version = lambda_version_text(call->arena, *row->number);
    out->event_stream = event;
    return stream_event(call);
}

bool lambda_stream_next(const struct call *call, str *piece)
{
    struct stretch stretch = unpacked(handed_over(call));
    uint64_t taken = (uint64_t)taken_so_far(call), end = stretch.before + stretch.bytes.size;

    if (taken < stretch.before || taken >= end)
        return false;
    *piece = str_head(str_from(stretch.bytes, taken - stretch.before), LIMIT_STREAM_PIECE_BYTES);
    return true;
}

void lambda_stream_keep(const struct call *call, size_t size)
{
    stream_keep(call, arena_decimal(call->arena, taken_so_far(call) + (int64_t)size));
}

enum outcome lambda_stream_wait(const struct call *call)
{
    if (call->last_run)
        return fail(call, &LAMBDA_SERVICE_EXCEPTION, "The server stops.");
    wake(call, name_of_taken(call, call->request_id));
    return park_showing(call, lambda_invocation_answer(call, call->request_id), INT64_MAX,
                        arena_format(call->arena, "@%lld", (long long)taken_so_far(call)));
}

static enum outcome send_piece(const struct call *call, const struct lambda_find_by_request_row *row,
                               str piece, struct lambda_invoke_with_response_stream_response *out)
{
    struct lambda_invoke_response_stream_update *update =
        arena_new(call->arena, struct lambda_invoke_response_stream_update);
    struct lambda_invoke_with_response_stream_response_event *event =
        arena_new(call->arena, struct lambda_invoke_with_response_stream_response_event);

    update->payload = piece;
    event->is = LAMBDA_INVOKE_WITH_RESPONSE_STREAM_RESPONSE_EVENT_PAYLOAD_CHUNK;
    event->payload_chunk = update;
    lambda_stream_keep(call, piece.size);
    return send_event(call, row, event, out);
}

static enum outcome send_end(const struct call *call, const struct lambda_find_by_request_row *row,
                             struct lambda_invoke_with_response_stream_response *out)
{
    struct lambda_invoke_with_response_stream_complete_event *complete =
        arena_new(call->arena, struct lambda_invoke_with_response_stream_complete_event);
    struct lambda_invoke_with_response_stream_response_event *event =
        arena_new(call->arena, struct lambda_invoke_with_response_stream_response_event);

    if (str_present(row->error)) {
        complete->error_code = row->error;
        complete->error_details = row->result;
    }
    if (str_present(row->tail))
        complete->log_result = base64_encode(call->arena, row->tail);
    event->is = LAMBDA_INVOKE_WITH_RESPONSE_STREAM_RESPONSE_EVENT_INVOKE_COMPLETE;
    event->invoke_complete = complete;
    lambda_invocation_remove(call, row->id);
    stream_keep(call, END_PLACE);
    return send_event(call, row, event, out);
}

enum outcome lambda_stream_leave(const struct call *call, const struct lambda_find_by_request_row *row)
{
    if (row->state == LAMBDA_INVOCATION_STATE_DONE)
        lambda_invocation_remove(call, row->id);
    else
        lambda_set_stream(call->txn, &(struct lambda_set_stream_params){
                                         .id = row->id, .stream = LAMBDA_INVOCATION_STREAM_LEFT});
    wake(call, name_of_taken(call, call->request_id));
    return DONE;
}

/* The request as one of Invoke. */
static struct lambda_invocation_request plain(const struct lambda_invoke_with_response_stream_request *in)
{
    return (struct lambda_invocation_request){.invocation_type = in->invocation_type,
                                              .log_type = in->log_type,
                                              .client_context = in->client_context,
                                              .payload = in->payload};
}

static enum outcome dry_run(const struct call *call, const struct lambda_invocation_request *in,
                            struct lambda_invoke_with_response_stream_response *out)
{
    struct lambda_invocation_response response = {0};

    if (lambda_invoke(call, in, &response) != DONE)
        return FAILED;
    out->status_code = response.status_code;
    return DONE;
}

static enum outcome go_on(const struct call *call, const struct lambda_find_by_request_row *row,
                          struct lambda_invoke_with_response_stream_response *out)
{
    str piece;

    if (stream_left(call))
        return lambda_stream_leave(call, row);
    if (lambda_stream_next(call, &piece))
        return send_piece(call, row, piece, out);
    if (row->state == LAMBDA_INVOCATION_STATE_DONE)
        return send_end(call, row, out);
    return lambda_stream_wait(call);
}

void lambda_invoke_with_response_stream_prepare(const struct call *call,
                                                const struct lambda_invoke_with_response_stream_request *in)
{
    const struct lambda_invocation_request request = plain(in);

    lambda_invoke_prepare(call, &request);
}

enum outcome lambda_invoke_with_response_stream(const struct call *call,
                                                const struct lambda_invoke_with_response_stream_request *in,
                                                struct lambda_invoke_with_response_stream_response *out)
{
    const struct lambda_find_by_request_params own = {.request_id = call->request_id};
    const struct lambda_invocation_request request = plain(in);
    struct lambda_find_by_request_row row;

    answer_unsynced(call);
    if (str_equal(stream_place(call), END_PLACE))
        return DONE;
    const struct function *function = lambda_version_of(call);
    if (!function)
        return FAILED;
    if (lambda_invocation_type_of(in->invocation_type) == LAMBDA_INVOCATION_TYPE_DRY_RUN)
        return dry_run(call, &request, out);
    struct call there = lambda_call_of_function(call, function);
    if (lambda_find_by_request(call->txn, &own, &row)) {
        if (row.state == LAMBDA_INVOCATION_STATE_QUEUED && !stream_left(call))
            return lambda_invocation_wait(&there, &request);
        return go_on(&there, &row, out);
    }
    return lambda_payload_check(call, in->payload, false)
               ? lambda_invocation_begin(&there, &request, function, true)
               : FAILED;
}
