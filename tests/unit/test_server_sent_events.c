#include "unit.h"

#include "wire/server_sent_events.h"

static str written(struct server_sent_event event)
{
    struct text text = text_in(&scratch);

    server_sent_event_write(&text, &event);
    return text_str(&text);
}

TEST(an_event_is_its_data_and_an_empty_line)
{
    assert_text(written((struct server_sent_event){.data = S("{\"a\":1}")}), "data: {\"a\":1}\n\n");
}

TEST(an_event_has_a_name_and_an_id_before_its_data)
{
    assert_text(written((struct server_sent_event){.name = S("hop"), .id = S("7"), .data = S("x")}),
                "event: hop\nid: 7\ndata: x\n\n");
}

TEST(each_line_of_the_data_is_a_field_of_its_own)
{
    assert_text(written((struct server_sent_event){.data = S("a\nb\r\nc\rd")}),
                "data: a\ndata: b\ndata: c\ndata: d\n\n");
    assert_text(written((struct server_sent_event){.data = S("a\n")}), "data: a\ndata: \n\n");
    assert_text(written((struct server_sent_event){.data = S("\r\r\n")}), "data: \ndata: \ndata: \n\n");
}

TEST(an_event_without_data_still_has_the_field_that_makes_it_one)
{
    assert_text(written((struct server_sent_event){.name = S("ping")}), "event: ping\ndata: \n\n");
}

TEST(data_cannot_begin_an_event_of_its_own)
{
    assert_text(written((struct server_sent_event){.data = S("x\n\nevent: forged\ndata: y")}),
                "data: x\ndata: \ndata: event: forged\ndata: data: y\n\n");
}

TEST(a_comment_is_a_colon)
{
    struct text text = text_in(&scratch);

    server_sent_comment_write(&text);
    assert_text(text_str(&text), ":\n\n");
}

static struct server_sent_event read_from(str *stream)
{
    struct server_sent_event event;

    assert_true(server_sent_event_read(&scratch, stream, &event));
    return event;
}

TEST(what_was_written_is_read)
{
    str stream = arena_concat(&scratch, written((struct server_sent_event){S("hop"), S("7"), S("a\nb: c\n")}),
                              written((struct server_sent_event){.data = S("")}));
    struct server_sent_event event = read_from(&stream);

    assert_text(event.name, "hop");
    assert_text(event.id, "7");
    assert_text(event.data, "a\nb: c\n");
    event = read_from(&stream);
    assert_false(str_present(event.name) || str_present(event.id));
    assert_true(str_present(event.data));
    assert_text(event.data, "");
    assert_text(stream, "");
}

TEST(an_event_is_read_when_its_empty_line_is_there)
{
    str whole = S("event: hop\r\ndata:x\r\n\r\nid"), stream;
    struct server_sent_event event;

    for (size_t size = 0; size < whole.size - 2; size++) {
        stream = str_head(whole, size);
        assert_false(server_sent_event_read(&scratch, &stream, &event));
        assert_int_equal(stream.size, size);
    }
    stream = whole;
    event = read_from(&stream);
    assert_text(event.name, "hop");
    assert_text(event.data, "x");
    assert_text(stream, "id");
}

TEST(a_comment_is_read_as_an_event_without_data)
{
    str stream = S(": hop\nnonsense\n\n");

    assert_false(str_present(read_from(&stream).data));
}

TESTS(test(an_event_is_its_data_and_an_empty_line), test(an_event_has_a_name_and_an_id_before_its_data),
      test(each_line_of_the_data_is_a_field_of_its_own),
      test(an_event_without_data_still_has_the_field_that_makes_it_one),
      test(data_cannot_begin_an_event_of_its_own), test(a_comment_is_a_colon), test(what_was_written_is_read),
      test(an_event_is_read_when_its_empty_line_is_there), test(a_comment_is_read_as_an_event_without_data))
