/*
 * inflow.c: request bodies that are taken piece by piece; call.h has the contract.
 *
 * The piece belongs to the connection's parser, which gets no further bytes until the run has ended.
 */
#include "engine/engine_internal.h"

#include "base/check.h"

str body_piece(const struct call *call)
{
    return call->inflow->piece;
}

uint64_t body_before(const struct call *call)
{
    return call->inflow->before;
}

bool body_is_last(const struct call *call)
{
    return call->inflow->is_last;
}

str body_trailer(const struct call *call, str name)
{
    const struct http_parser *parser = call->inflow->parser;

    return parser && call->inflow->is_last ? http_parser_trailer(parser, name) : (str){0};
}

enum outcome body_next(const struct call *call)
{
    check(!call->inflow->is_last);
    call->inflow->wants_next = true;
    return DONE;
}

enum outcome body_whole(const struct call *call)
{
    check(!call->inflow->is_last && call->inflow->before == 0);
    call->inflow->wants_whole = true;
    return DONE;
}

void inflow_begin(struct exchange *exchange)
{
    if (!exchange->in_pieces) {
        exchange->inflow.piece = exchange->request->body;
        exchange->inflow.is_last = true;
    }
    exchange->call.inflow = &exchange->inflow;
}

void exchange_feed(struct exchange *exchange)
{
    struct call *call = &exchange->call;

    exchange->inflow.wants_next = exchange->inflow.wants_whole = false;
    arena_rewind(&exchange->arena, exchange->decoded);
    call_reset(call);
    engine_submit(call->engine, exchange);
}
