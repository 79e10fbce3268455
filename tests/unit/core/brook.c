/*
 * brook.c: the handlers of brook.h.
 */
#include "brook.h"
#include "brook_model.h"

#include "engine/call.h"

enum { PAUSE_MS = 1000 };

/* The stream's place is a text: the number of the next event. */
static int64_t next_of(const struct call *call)
{
    int64_t next = 1;

    str_to_i64(stream_place(call), &next);
    return next;
}

static enum outcome send_number(const struct call *call, int64_t number, const struct brook_number **out)
{
    struct brook_number *event = arena_new(call->arena, struct brook_number);
    struct brook_odd *odd = arena_new(call->arena, struct brook_odd);
    struct brook_even *even = arena_new(call->arena, struct brook_even);
    int64_t *value = arena_new(call->arena, int64_t);

    *value = number;
    odd->value = value;
    even->payload = arena_format(call->arena, "%lld", (long long)number);
    *event = number % 2 ? (struct brook_number){BROOK_NUMBER_ODD, .odd = odd}
                        : (struct brook_number){BROOK_NUMBER_EVEN, .even = even};
    *out = event;
    stream_keep(call, arena_format(call->arena, "%lld", (long long)number + 1));
    return stream_event(call);
}

enum outcome brook_count(const struct call *call, const struct brook_count_request *in,
                         struct brook_counted *out)
{
    int64_t next = next_of(call);

    out->unit = S("piece");
    if (in->fail_at && *in->fail_at == next)
        return fail(call, &BROOK_REFUSED, "No %lld.", (long long)next);
    return next > in->to ? DONE : send_number(call, next, &out->numbers);
}

enum outcome brook_count_long(const struct call *call, const struct brook_count_request *in,
                              struct brook_counted *out)
{
    return brook_count(call, in, out);
}

enum outcome brook_recite(const struct call *call, const struct brook_recite_request *in,
                          struct brook_recited *out)
{
    int64_t next = next_of(call);

    out->unit = S("word");
    return next > in->to ? DONE : send_number(call, next, &out->numbers);
}

enum outcome brook_await(const struct call *call, const struct brook_await_request *in,
                         struct brook_counted *out)
{
    struct brook_number *event = arena_new(call->arena, struct brook_number);
    struct brook_word *word = arena_new(call->arena, struct brook_word);

    (void)in;
    if (stream_left(call)) {
        brook_has_heard = true;
        return DONE;
    }
    if (next_of(call) == 1)
        return send_number(call, 1, &out->numbers);
    if (next_of(call) == 2 && call->now_ms < call->arrived_ms + PAUSE_MS)
        return park(call, S("brook/pause"), call->arrived_ms + PAUSE_MS);
    if (next_of(call) == 3)
        return DONE;
    word->text = S("late");
    *event = (struct brook_number){BROOK_NUMBER_WORD, .word = word};
    out->numbers = event;
    stream_keep(call, S("3"));
    return stream_event(call);
}

_Atomic bool brook_has_heard;

const struct module BROOK_MODULE = {.service = &BROOK_SERVICE};
