#include "brook.h"
#include "core.h"

#include "wire/event_stream.h"

static int brook_setup(void **state)
{
    core_add_module(&BROOK_MODULE);
    return core_setup(state);
}
#define brook_test(name) cmocka_unit_test_setup_teardown(name, brook_setup, core_teardown)

/* All pieces of the reply, joined. */
static str all_of(struct request *request)
{
    struct text bytes = text_in(&scratch);

    text_add(&bytes, body_of(request));
    while (has_more(request)) {
        take_more(request);
        text_add(&bytes, body_of(request));
    }
    return text_str(&bytes);
}

static str header_of(const struct event_message *message, const char *name)
{
    const struct event_header *header = event_header(message, str_of(name));

    return header ? header->text : S("-");
}

/* "event Odd application/json {…}\n" for each message. */
static str told(str bytes)
{
    struct text text = text_in(&scratch);
    struct event_message message;

    while (bytes.size > 0) {
        assert_int_equal(event_message_read(&scratch, &bytes, &message), EVENT_OK);
        str type = header_of(&message, ":message-type");
        bool exception = str_equal(type, S("exception"));
        text_format(&text, "%.*s %.*s %.*s %.*s\n", STR_ARGS(type),
                    STR_ARGS(header_of(&message, exception ? ":exception-type" : ":event-type")),
                    STR_ARGS(header_of(&message, ":content-type")), STR_ARGS(message.payload));
    }
    return text_str(&text);
}

static struct request *begin_rest(const char *path)
{
    sign_for("brook");
    struct request *request = begin_signed_http("GET", path, "");
    sign_for("toy");
    return request;
}

static struct request *begin_rpc(const char *json)
{
    sign_for("brook");
    return begin_target("Brook.Recite", str_of(json));
}

TEST(events_follow_one_another_behind_the_outputs_other_members)
{
    struct request *request = begin_rest("/brook/count/3");

    assert_int_equal(status_of(request), 200);
    assert_text(header_in_reply(request, "x-unit"), "piece");
    assert_text(type_of(request), "application/vnd.amazon.eventstream");
    assert_text(told(all_of(request)), "event Odd application/json {\"Value\":1}\n"
                                       "event Even application/octet-stream 2\n"
                                       "event Odd application/json {\"Value\":3}\n");
    assert_int_equal(outcome_of(request), DONE);
}

TEST(without_rest_the_other_members_are_an_event_of_their_own)
{
    struct request *request = begin_rpc("{\"To\": 2}");

    assert_text(type_of(request), "application/vnd.amazon.eventstream");
    assert_text(told(all_of(request)),
                "event initial-response application/x-amz-json-1.0 {\"Unit\":\"word\"}\n"
                "event Odd application/json {\"Value\":1}\n"
                "event Even application/octet-stream 2\n");
}

TEST(each_run_sends_one_event)
{
    struct request *request = begin_rest("/brook/count/2");

    assert_text(told(body_of(request)), "event Odd application/json {\"Value\":1}\n");
    take_more(request);
    assert_text(told(body_of(request)), "event Even application/octet-stream 2\n");
    take_more(request);
    assert_text(body_of(request), "");
    assert_false(has_more(request));
}

TEST(a_stream_without_events_is_a_whole_reply)
{
    struct request *request = begin_rest("/brook/count/0");

    assert_false(has_more(request));
    assert_text(body_of(request), "");
    assert_text(header_in_reply(request, "x-unit"), "piece");
    assert_text(told(all_of(begin_rpc("{\"To\": 0}"))),
                "event initial-response application/x-amz-json-1.0 {\"Unit\":\"word\"}\n");
}

TEST(what_fails_before_the_first_event_is_an_error_like_any_other)
{
    struct request *request = begin_rest("/brook/count/3?FailAt=1");

    assert_int_equal(status_of(request), 400);
    assert_text(body_of(request), "{\"message\":\"No 1.\"}");
}

#define ONE_AND_A_FAILURE                                                                                    \
    "event Odd application/json {\"Value\":1}\n"                                                             \
    "exception Refused application/json {\"message\":\"No 2.\"}\n"

TEST(what_fails_later_is_told_as_the_last_message)
{
    struct request *request = begin_rest("/brook/count/3?FailAt=2");
    struct request *on_worker = begin_rest("/brook/count-long/3?FailAt=2");
    assert_text(told(all_of(request)), ONE_AND_A_FAILURE);
    assert_int_equal(outcome_of(request), DONE);
    assert_text(told(all_of(on_worker)), ONE_AND_A_FAILURE);
}

TEST(a_worker_sends_the_same_events)
{
    assert_text(told(all_of(begin_rest("/brook/count-long/2"))), "event Odd application/json {\"Value\":1}\n"
                                                                 "event Even application/octet-stream 2\n");
}

TEST(a_stream_of_events_waits_for_the_next_one)
{
    struct request *request = begin_rest("/brook/await");

    assert_text(told(body_of(request)), "event Odd application/json {\"Value\":1}\n");
    take_more(request);
    let_run();
    assert_false(is_answered(request));
    advance_clock(1000);
    assert_text(told(body_of(request)), "event Word text/plain late\n");
    take_more(request);
    assert_false(has_more(request));
}

TEST(a_stream_of_events_hears_that_its_client_has_gone)
{
    struct request *request = begin_rest("/brook/await");

    brook_has_heard = false;
    assert_true(leave_stream(request));
    assert_false(has_more(request));
    assert_true(brook_has_heard);
    assert_false(leave_stream(begin_rest("/brook/count/2")));
}

TEST(a_stream_of_events_that_waits_ends_well_when_the_server_stops)
{
    struct request *request = begin_rest("/brook/await");

    take_more(request);
    let_run();
    core_stop();
    assert_false(has_more(request));
    assert_text(body_of(request), "");
    assert_int_equal(outcome_of(request), DONE);
}

TESTS(brook_test(events_follow_one_another_behind_the_outputs_other_members),
      brook_test(without_rest_the_other_members_are_an_event_of_their_own),
      brook_test(each_run_sends_one_event), brook_test(a_stream_without_events_is_a_whole_reply),
      brook_test(what_fails_before_the_first_event_is_an_error_like_any_other),
      brook_test(what_fails_later_is_told_as_the_last_message), brook_test(a_worker_sends_the_same_events),
      brook_test(a_stream_of_events_waits_for_the_next_one),
      brook_test(a_stream_of_events_hears_that_its_client_has_gone),
      brook_test(a_stream_of_events_that_waits_ends_well_when_the_server_stops))
