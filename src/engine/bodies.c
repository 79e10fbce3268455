/*
 * bodies.c: large request bodies, which go to a file as they arrive.
 *
 * The head was admitted, so the sender is known (auth_admit()).  A worker writes each piece and adds it to
 * the payload's hash; meanwhile the connection reads only a few kilobytes, so a slow disk slows the client.
 * The last piece maps the file, and from then on the body is one str like any other.  An aws-chunked body is
 * decoded on its way: the file has what it encodes.
 */
#include "engine/engine_internal.h"

#include "base/check.h"
#include "base/spool.h"

static bool add_decoded(void *spool, str piece)
{
    return spool_add(spool, piece);
}

/* False: the call has failed. */
static bool add_chunks(struct exchange *exchange)
{
    if (!exchange->chunk_reader)
        exchange->chunk_reader = aws_chunked_new(exchange->chunks);
    enum aws_chunked_result result =
        chunked_feed(exchange->chunk_reader, exchange->spooled, add_decoded, exchange->call.spool);
    if (result != AWS_CHUNKED_PIECE)
        return chunked_accept(exchange, result, exchange->spooled_whole);
    call_fail_full(&exchange->call);
    return false;
}

static bool write_piece(struct exchange *exchange)
{
    struct store *store = exchange->call.engine->store;
    struct call *call = &exchange->call;

    if (!call->spool)
        call->spool = spool_open(store_disk_folder(store));
    bool has_room = call->spool && store_leaves_room(store, exchange->spooled.size);
    if (has_room && exchange->chunks)
        return add_chunks(exchange);
    if (has_room && spool_add(call->spool, exchange->spooled))
        return true;
    call_fail_full(call);
    return false;
}

static bool map_body(struct exchange *exchange)
{
    if (!spool_map(exchange->call.spool, &exchange->spooled)) {
        call_fail_exhausted(&exchange->call, arena_mark(&exchange->arena));
        return false;
    }
    exchange->spooled_hash = spool_hash(exchange->call.spool);
    return true;
}

static void run_piece(struct dispatcher *dispatcher, struct exchange *exchange)
{
    (void)dispatcher;
    exchange->outcome = FAILED;
    if (write_piece(exchange) && (!exchange->spooled_whole || map_body(exchange)))
        exchange->outcome = DONE;
    exchange->answered(exchange);
}

void exchange_spool(struct exchange *exchange, str piece, bool is_last)
{
    check(exchange->spools);
    exchange->spooled = piece;
    exchange->spooled_whole = is_last;
    work_submit(exchange->call.engine->pool, exchange, WORK_SHORT, run_piece);
}

void exchange_end_spool(struct exchange *exchange)
{
    spool_close(exchange->call.spool);
    exchange->call.spool = NULL;
    aws_chunked_free(exchange->chunk_reader);
    exchange->chunk_reader = NULL;
}
