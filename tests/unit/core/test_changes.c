/*
 * test_changes.c: how far a listener of GET /_orderly/events may fall behind.
 */
#include "core.h"

#include <stdio.h>

enum { EVENTS_KEPT = 4096, TELL_EVERY_MS = 250 };

static int64_t moved_ms; /* the clock, in this test */

static struct request *listen(void)
{
    struct request *request = begin_http("GET", "/_orderly/events", "");

    assert_int_equal(status_of(request), 200);
    assert_true(str_find(body_of(request), S("event: open")) >= 0);
    return request;
}

static size_t count_of(str piece, str word)
{
    size_t count = 0;

    for (ptrdiff_t at; (at = str_find(piece, word)) >= 0; count++)
        piece = str_from(piece, (size_t)at + word.size);
    return count;
}

/* The number of events in the listener's next piece, besides that some are lost. */
static size_t next_events(struct request *listener)
{
    str piece = body_of(listener);

    return count_of(piece, S("event: ")) - count_of(piece, S("event: lost"));
}

static void move(void)
{
    advance_clock(TELL_EVERY_MS + 1);
    moved_ms += TELL_EVERY_MS + 1;
}

/* Does the piece tell of the last move?  Then there is nothing more to tell. */
static bool tells_last(struct request *listener)
{
    char offset[32];

    snprintf(offset, sizeof offset, "\"offsetMs\":%lld}", (long long)moved_ms);
    return str_find(body_of(listener), str_of(offset)) >= 0;
}

/* Move the clock, until nothing is left to tell; returns the number of events. */
static size_t tell(struct request *listener)
{
    size_t count = 0;

    move();
    do {
        take_more(listener);
        count += next_events(listener);
    } while (!tells_last(listener));
    return count;
}

/* The same for many events, each told when the clock is moved for the next one. */
static size_t tell_many(struct request *listener, size_t events)
{
    size_t count = 0;

    move();
    while (count < events) {
        take_more(listener);
        move();
        count += next_events(listener);
    }
    return count + tell(listener);
}

/* All events that are there, in as many pieces as they need. */
static size_t read_all(struct request *listener)
{
    size_t count = next_events(listener);

    while (!tells_last(listener)) {
        take_more(listener);
        count += next_events(listener);
    }
    return count;
}

/* Thousands of moves need not reach the disk. */
static void start_relaxed(void)
{
    core_stop();
    core_close();
    core_options()->store.durability = DURABILITY_RELAXED;
    core_start();
    moved_ms = 0;
}

TEST(a_listener_may_fall_behind_by_as_many_events_as_are_kept)
{
    start_relaxed();
    struct request *quick = listen(), *in_time = listen(), *late = listen();
    size_t told = tell_many(quick, EVENTS_KEPT - 4);

    while (told < EVENTS_KEPT)
        told += tell(quick);
    assert_int_equal(told, EVENTS_KEPT);
    take_more(in_time);
    assert_true(str_find(body_of(in_time), S("event: lost")) < 0);
    assert_int_equal(read_all(in_time), EVENTS_KEPT);

    assert_int_equal(tell(quick), 1);
    take_more(late);
    assert_int_equal(str_find(body_of(late), S("event: lost\ndata: {\"lost\":1}\n")), 0);
    assert_int_equal(read_all(late), EVENTS_KEPT);
}

TESTS(engine_test(a_listener_may_fall_behind_by_as_many_events_as_are_kept))
