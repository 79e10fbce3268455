#include "unit.h"

#include "wire/http.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GET_START "GET /a?b=1 HTTP/1.1\r\nHost: localhost\r\n"
#define POST_START "POST / HTTP/1.1\r\nHost: localhost\r\n"

static struct http_parser *parser;

static enum http_state feed(str bytes, size_t *used)
{
    char *copy = malloc(bytes.size ? bytes.size : 1); /* of exactly the bytes' size, and freed afterwards */

    memcpy(copy, bytes.data, bytes.size);
    enum http_state state = http_parser_feed(parser, (str){copy, bytes.size}, used);
    free(copy);
    return state;
}

static void begin(void)
{
    if (!parser)
        parser = http_parser_new();
    http_parser_begin(parser, &scratch);
}

/* Feed all bytes at once. */
static enum http_state state_of(str bytes)
{
    size_t used;

    begin();
    return feed(bytes, &used);
}

static const struct http_request *parsed(str bytes)
{
    assert_int_equal(state_of(bytes), HTTP_COMPLETE);
    return http_parser_request(parser);
}

static int refused_with(str bytes)
{
    assert_int_equal(state_of(bytes), HTTP_BAD);
    return http_parser_error_status(parser);
}

TEST(a_request_is_taken_apart)
{
    const struct http_request *request =
        parsed(S("GET /a%20b?c=%64 HTTP/1.1\r\nHost: localhost:4566\r\nX-Empty:\r\n"
                 "X-Spaces: \t a  b \t\r\n\r\n"));

    assert_text(request->method, "GET");
    assert_text(request->target, "/a%20b?c=%64");
    assert_text(request->path, "/a%20b");
    assert_text(request->query, "c=%64");
    assert_int_equal(request->headers.count, 3);
    assert_text(http_header(&request->headers, S("hOST")), "localhost:4566");
    assert_text(http_header(&request->headers, S("x-empty")), "");
    assert_text(http_header(&request->headers, S("x-spaces")), "a  b");
    assert_absent(http_header(&request->headers, S("x-none")));
    assert_text(request->body, "");
    assert_text(request->payload, "");
    assert_true(request->keep_alive);
}

TEST(a_body_of_known_length_is_read)
{
    const struct http_request *request = parsed(S(POST_START "Content-Length: 5\r\n\r\nhello"));

    assert_text(request->method, "POST");
    assert_text(request->body, "hello");
}

TEST(a_chunked_body_is_joined)
{
    const struct http_request *request = parsed(
        S(POST_START
          "Transfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n \r\nA\r\n0123456789\r\n0\r\n\r\n"));

    assert_text(request->body, "hello 0123456789");
}

#define ONE_CHUNK POST_START "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"

TEST(trailers_are_no_headers)
{
    const struct http_request *request = parsed(S(ONE_CHUNK "Host: evil\r\nX-Late:  1 \r\nX-Empty:\r\n\r\n"));

    assert_text(request->body, "a");
    assert_int_equal(request->headers.count, 2);
    assert_text(http_header(&request->headers, S("Host")), "localhost");
    assert_text(http_parser_trailer(parser, S("x-late")), "1");
    assert_text(http_parser_trailer(parser, S("X-Empty")), "");
    assert_null(http_parser_trailer(parser, S("X-Other")).data);
    parsed(S(ONE_CHUNK "\r\n"));
    assert_null(http_parser_trailer(parser, S("X-Late")).data);
}

TEST(trailers_may_arrive_one_by_one_and_outlive_a_rewinding_of_the_arena)
{
    str bytes = S(ONE_CHUNK "X-One: first\r\nX-Two: second\r\n\r\n");
    struct arena_mark mark;
    size_t used;

    begin();
    for (size_t i = 0; i < bytes.size; i++) {
        enum http_state state = feed(str_head(str_from(bytes, i), 1), &used);
        if (state == HTTP_HEAD_DONE)
            mark = arena_mark(&scratch);
        assert_true((state == HTTP_COMPLETE) == (i + 1 == bytes.size));
    }
    arena_rewind(&scratch, mark);
    assert_text(http_parser_trailer(parser, S("X-One")), "first");
    assert_text(http_parser_trailer(parser, S("X-Two")), "second");
}

TEST(a_request_has_at_most_eight_trailers)
{
    static const char eight[] = ONE_CHUNK "A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\nH: 1\r\n";

    parsed(arena_join(&scratch, str_of(eight), S("\r\n")));
    assert_int_equal(refused_with(arena_join(&scratch, str_of(eight), S("I: 1\r\n\r\n"))), 431);
}

TEST(bytes_may_arrive_one_by_one)
{
    static const str requests[] = {
        STR_INIT("\r\n" GET_START "X-Long: some value\r\n\r\n"),
        STR_INIT(POST_START "Content-Length: 5\r\n\r\nhello"),
        STR_INIT(POST_START "Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")};

    for (size_t r = 0; r < sizeof requests / sizeof *requests; r++) {
        begin();
        for (size_t i = 0, used; i < requests[r].size; i++) {
            enum http_state state = feed(str_head(str_from(requests[r], i), 1), &used);
            bool last = i + 1 == requests[r].size;
            assert_true(state == HTTP_NEED_MORE || state == (last ? HTTP_COMPLETE : HTTP_HEAD_DONE));
            assert_true(last == (state == HTTP_COMPLETE));
            assert_int_equal(used, 1);
        }
        const struct http_request *request = http_parser_request(parser);
        assert_text(http_header(&request->headers, S("host")), "localhost");
        assert_str(request->body, r == 0 ? S("") : S("hello"));
        if (r == 0)
            assert_text(http_header(&request->headers, S("x-long")), "some value");
    }
}

TEST(pipelined_requests_are_taken_one_at_a_time)
{
    str bytes = S(GET_START "\r\n" POST_START "Content-Length: 2\r\n\r\nhi" POST_START
                            "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n" GET_START "\r\n");
    static const char *const bodies[] = {"", "hi", "a", ""};
    size_t used;

    for (size_t i = 0; i < 4; i++) {
        begin();
        assert_int_equal(feed(bytes, &used), HTTP_COMPLETE);
        assert_str(http_parser_request(parser)->body, str_of(bodies[i]));
        bytes = str_from(bytes, used);
    }
    assert_int_equal(bytes.size, 0);
}

TEST(the_connection_stays_open_unless_told_otherwise)
{
    assert_true(parsed(S(GET_START "\r\n"))->keep_alive);
    assert_false(parsed(S(GET_START "Connection: close\r\n\r\n"))->keep_alive);
    assert_false(parsed(S("GET / HTTP/1.0\r\n\r\n"))->keep_alive);
    assert_true(parsed(S("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))->keep_alive);
}

TEST(the_head_is_told_once_before_the_body)
{
    size_t used;

    begin();
    str head = S(POST_START "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    assert_int_equal(feed(head, &used), HTTP_HEAD_DONE);
    assert_int_equal(used, head.size);
    assert_true(http_parser_in_body(parser));
    assert_true(http_parser_expects_continue(parser));
    assert_text(http_parser_request(parser)->method, "POST");
    assert_int_equal(feed(S("ab"), &used), HTTP_NEED_MORE);
    assert_int_equal(feed(S("cd"), &used), HTTP_COMPLETE);
    assert_text(http_parser_request(parser)->body, "abcd");
}

TEST(a_client_that_does_not_wait_is_not_told_to_continue)
{
    assert_int_equal(state_of(S(POST_START "Expect: 100-continue\r\nContent-Length: 2\r\n\r\na")),
                     HTTP_HEAD_DONE);
    assert_false(http_parser_expects_continue(parser));
    assert_int_equal(state_of(S(POST_START "Content-Length: 2\r\n\r\n")), HTTP_HEAD_DONE);
    assert_false(http_parser_expects_continue(parser));
    assert_int_equal(state_of(S(POST_START "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n")),
                     HTTP_COMPLETE);
}

TEST(a_body_too_large_is_refused_before_it_is_sent)
{
    str head = arena_format(&scratch, POST_START "Expect: 100-continue\r\nContent-Length: %d\r\n\r\n",
                            LIMIT_HTTP_BODY_BYTES + 1);

    assert_int_equal(refused_with(head), 413);
}

TEST(a_limit_of_the_body_is_kept_to_the_byte)
{
    size_t used;

    state_of(S(POST_START "Content-Length: 5\r\n\r\n"));
    assert_false(http_parser_limit_body(parser, 4));
    assert_true(http_parser_limit_body(parser, 5));
    assert_int_equal(feed(S("abcde"), &used), HTTP_COMPLETE);

    state_of(S(POST_START "Content-Length: 5\r\n\r\nab"));
    assert_false(http_parser_limit_body(parser, 4));
    assert_true(http_parser_limit_body(parser, 5));

    state_of(S(POST_START "Transfer-Encoding: chunked\r\n\r\n"));
    assert_true(http_parser_limit_body(parser, 5));
    assert_int_equal(feed(S("5\r\nabcde\r\n"), &used), HTTP_NEED_MORE);
    assert_int_equal(feed(S("1\r\nf\r\n"), &used), HTTP_BAD);
    assert_int_equal(http_parser_error_status(parser), 413);
}

TEST(what_a_request_holds_is_known_before_it_grows)
{
    char bytes[100000];
    size_t used;

    memset(bytes, 'x', sizeof bytes);
    state_of(S(POST_START "Content-Length: 1000000\r\n\r\n"));
    size_t empty = http_parser_held(parser, 0);
    size_t foretold = http_parser_held(parser, sizeof bytes);
    assert_true(foretold >= empty + sizeof bytes);
    feed((str){bytes, sizeof bytes}, &used);
    assert_int_equal(http_parser_held(parser, 0), foretold);
    assert_true(foretold < empty + 2 * sizeof bytes);
}

TEST(a_chunked_body_too_large_is_refused_on_its_way)
{
    enum { CHUNK = 1 << 20 };
    char *chunk = malloc(CHUNK + 9);
    enum http_state state = state_of(S(POST_START "Transfer-Encoding: chunked\r\n\r\n"));
    size_t sent = 0, used;

    memcpy(chunk, "100000\r\n", 8);
    memset(chunk + 8, 'a', CHUNK);
    while ((state == HTTP_NEED_MORE || state == HTTP_HEAD_DONE) && sent < 2 * (size_t)LIMIT_HTTP_BODY_BYTES) {
        state = feed((str){chunk, CHUNK + 8}, &used);
        if (state == HTTP_NEED_MORE)
            state = feed(S("\r\n"), &used);
        sent += CHUNK;
    }
    free(chunk);
    assert_int_equal(state, HTTP_BAD);
    assert_int_equal(http_parser_error_status(parser), 413);
    assert_true(sent <= (size_t)LIMIT_HTTP_BODY_BYTES + CHUNK);
}

TEST(a_body_may_be_taken_away_before_it_is_whole)
{
    static const struct sha256 hash = {{1}};
    size_t used;

    assert_int_equal(state_of(S(POST_START "Content-Length: 9\r\n\r\nabc")), HTTP_HEAD_DONE);
    assert_true(http_parser_limit_body(parser, 9));
    assert_text(http_parser_take_body(parser), "abc");
    assert_true(http_parser_limit_body(parser, 9));
    assert_false(http_parser_limit_body(parser, 8));
    assert_true(http_parser_limit_body(parser, 9));
    assert_int_equal(feed(S("def"), &used), HTTP_NEED_MORE);
    assert_int_equal(http_parser_body_size(parser), 3);
    assert_int_equal(http_parser_received(parser), 6);
    assert_text(http_parser_take_body(parser), "def");
    assert_text(http_parser_take_body(parser), "");
    assert_int_equal(feed(S("ghi"), &used), HTTP_COMPLETE);
    assert_text(http_parser_take_body(parser), "ghi");
    http_parser_give_body(parser, S("ABCDEFGHI"), &hash);
    assert_text(http_parser_request(parser)->body, "ABCDEFGHI");
    assert_text(http_parser_request(parser)->payload, "ABCDEFGHI");
    assert_ptr_equal(http_parser_request(parser)->payload_hash, &hash);
    assert_true(http_parser_held(parser, 0) < 2 * sizeof POST_START "Content-Length: 9\r\n\r\n");
}

TEST(what_was_taken_of_a_body_counts_for_its_limit)
{
    size_t used;

    assert_int_equal(state_of(S(POST_START "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")),
                     HTTP_HEAD_DONE);
    assert_true(http_parser_limit_body(parser, 5));
    assert_text(http_parser_take_body(parser), "abc");
    assert_int_equal(feed(S("2\r\nde\r\n"), &used), HTTP_NEED_MORE);
    assert_text(http_parser_take_body(parser), "de");
    assert_int_equal(feed(S("1\r\nf\r\n"), &used), HTTP_BAD);
    assert_int_equal(http_parser_error_status(parser), 413);
}

TEST(a_large_body_arrives_whole)
{
    enum { SIZE = 3000000, STEP = 65536 };
    char *body = malloc(SIZE);
    enum http_state state = state_of(S(POST_START "Content-Length: 3000000\r\n\r\n"));

    for (size_t i = 0; i < SIZE; i++)
        body[i] = (char)(i * 7 + i / 251);
    for (size_t i = 0, used; i < SIZE; i += used)
        state = feed(str_head((str){body + i, SIZE - i}, STEP), &used);
    assert_int_equal(state, HTTP_COMPLETE);
    assert_true(str_equal(http_parser_request(parser)->body, (str){body, SIZE}));
    free(body);
}

TEST(a_head_too_large_is_refused)
{
    struct text head = text_in(&scratch);

    text_add(&head, S(GET_START "X-Big: "));
    while (head.size <= LIMIT_HTTP_HEAD_BYTES)
        text_add_char(&head, 'a');
    assert_int_equal(refused_with(text_str(&head)), 431);
}

TEST(a_head_too_large_is_refused_when_it_drips)
{
    enum http_state state = state_of(S(GET_START "X-Big: "));
    size_t used, sent = 0;

    while (state == HTTP_NEED_MORE && sent < 2 * LIMIT_HTTP_HEAD_BYTES) {
        state = feed(S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), &used);
        sent += 40;
    }
    assert_int_equal(state, HTTP_BAD);
    assert_int_equal(http_parser_error_status(parser), 431);
    assert_true(sent <= LIMIT_HTTP_HEAD_BYTES);
}

TEST(too_many_headers_are_refused)
{
    struct text head = text_in(&scratch);

    text_add(&head, S(GET_START));
    for (int i = 1; i < LIMIT_HTTP_HEADERS; i++)
        text_format(&head, "X-%d: 1\r\n", i);
    str allowed = arena_join(&scratch, text_str(&head), S("\r\n"));
    assert_int_equal(parsed(allowed)->headers.count, LIMIT_HTTP_HEADERS);
    text_add(&head, S("X-Last: 1\r\n\r\n"));
    assert_int_equal(refused_with(text_str(&head)), 431);
}

TEST(ambiguous_lengths_are_refused)
{
    static const str bad[] = {
        STR_INIT(POST_START "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"),
        STR_INIT(POST_START "Content-Length: 1\r\nContent-Length: 2\r\n\r\na"),
        STR_INIT(POST_START "Content-Length: 1, 1\r\n\r\na"),
        STR_INIT(POST_START "Content-Length: +1\r\n\r\na"),
        STR_INIT(POST_START "Content-Length: -1\r\n\r\na"),
        STR_INIT(POST_START "Content-Length: 0x1\r\n\r\na"),
        STR_INIT(POST_START "Content-Length: 99999999999999999999999\r\n\r\na"),
        STR_INIT(POST_START "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        STR_INIT(POST_START "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n"),
        STR_INIT(POST_START "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        STR_INIT("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        STR_INIT(POST_START "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n"),
        STR_INIT(POST_START "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n"),
        STR_INIT(POST_START "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n")};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (refused_with(bad[i]) != 400 && http_parser_error_status(parser) != 501)
            fail_msg("%d for %.*s", http_parser_error_status(parser), STR_ARGS(bad[i]));
}

TEST(malformed_heads_are_refused)
{
    static const str bad[] = {STR_INIT(GET_START "X-Folded: a\r\n b\r\n\r\n"),
                              STR_INIT(GET_START "X-Folded:\r\n\tb\r\n\r\n"),
                              STR_INIT(GET_START " X-Folded: a\r\n\r\n"),
                              STR_INIT(GET_START "X-Space : a\r\n\r\n"),
                              STR_INIT(GET_START "X-Bare: a\n\r\n"),
                              STR_INIT("GET / HTTP/1.1\nHost: h\n\n"),
                              STR_INIT(GET_START "X-Nul: a\0b\r\n\r\n"),
                              STR_INIT(GET_START "No colon\r\n\r\n"),
                              STR_INIT(GET_START ": no name\r\n\r\n"),
                              STR_INIT(GET_START "X-Cr: a\rb\r\n\r\n"),
                              STR_INIT("GET / HTTP/1.1\r\n\r\n"),
                              STR_INIT(GET_START "Host: other\r\n\r\n"),
                              STR_INIT("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n"),
                              STR_INIT("GET  /a HTTP/1.1\r\nHost: h\r\n\r\n"),
                              STR_INIT("GET /a  HTTP/1.1\r\nHost: h\r\n\r\n"),
                              STR_INIT("GET http://other/a HTTP/1.1\r\nHost: h\r\n\r\n"),
                              STR_INIT("GET http://h:81/a HTTP/1.1\r\nHost: h\r\n\r\n"),
                              STR_INIT("GET http://u@h/a HTTP/1.1\r\nHost: h\r\n\r\n"),
                              STR_INIT("GET * HTTP/1.1\r\nHost: h\r\n\r\n"),
                              STR_INIT("GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n"),
                              STR_INIT("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
                              STR_INIT("get / HTTP/1.1\r\nHost: h\r\n\r\n")};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (state_of(bad[i]) != HTTP_BAD || http_parser_error_status(parser) != 400)
            fail_msg("%d for %.*s", http_parser_error_status(parser), STR_ARGS(bad[i]));
}

TEST(two_spaces_are_seen_wherever_the_bytes_are_cut)
{
    str bytes = S("GET  /a HTTP/1.1\r\n");
    enum http_state state = HTTP_NEED_MORE;
    size_t used;

    begin();
    for (size_t i = 0; i < bytes.size && state == HTTP_NEED_MORE; i++)
        state = feed(str_head(str_from(bytes, i), 1), &used);
    assert_int_equal(state, HTTP_BAD);
    assert_text(http_header(&parsed(S(GET_START "X-Spaces: a  b\r\n\r\n"))->headers, S("X-Spaces")), "a  b");
}

/* A chunked request with that many bytes in an extension of its one chunk, or in a trailer. */
static int status_of_chunked(size_t extension_size, size_t trailer_size)
{
    struct text text = text_in(&scratch);

    text_add(&text, S(POST_START "Transfer-Encoding: chunked\r\n\r\n1"));
    if (extension_size)
        text_format(&text, ";e=%0*d", (int)extension_size, 0);
    text_add(&text, S("\r\na\r\n0\r\n"));
    if (trailer_size)
        text_format(&text, "X-Late: %0*d\r\n", (int)trailer_size, 0);
    text_add(&text, S("\r\n"));
    return state_of(text_str(&text)) == HTTP_COMPLETE ? 0 : http_parser_error_status(parser);
}

TEST(extensions_of_chunks_and_trailers_have_the_bounds_of_a_head)
{
    enum {
        FRAMING = 10,
        SIZE_LINES = 2 * 16
    }; /* "1\r\n", "\r\n", "0\r\n", "\r\n"; and the allowance of two chunks */
    size_t most = LIMIT_HTTP_HEAD_BYTES + SIZE_LINES - FRAMING;

    assert_int_equal(status_of_chunked(most - 3, 0), 0);
    assert_int_equal(status_of_chunked(most - 2, 0), 431);
    assert_int_equal(status_of_chunked(0, most - 10), 0);
    assert_int_equal(status_of_chunked(0, most - 9), 431);
}

TEST(many_small_chunks_are_no_extension)
{
    enum { CHUNKS = 100000 };
    struct text text = text_in(&scratch);

    text_add(&text, S(POST_START "Transfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < CHUNKS; i++)
        text_add(&text, S("1\r\na\r\n"));
    text_add(&text, S("0\r\n\r\n"));
    assert_int_equal(parsed(text_str(&text))->body.size, CHUNKS);
}

TEST(what_we_do_not_do_is_named)
{
    assert_int_equal(refused_with(S("GET / HTTP/1.2\r\nHost: h\r\n\r\n")), 505);
    assert_int_equal(refused_with(S("GET / HTTP/2.0\r\nHost: h\r\n\r\n")), 505);
    assert_int_equal(refused_with(S("GET /\r\n\r\n")), 505);
    assert_int_equal(refused_with(S("CONNECT a:1 HTTP/1.1\r\nHost: h\r\n\r\n")), 501);
    assert_int_equal(refused_with(S("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n")), 501);
    assert_int_equal(refused_with(S(POST_START "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")), 501);
}

TEST(an_offer_to_upgrade_is_declined)
{
    const struct http_request *request =
        parsed(S(POST_START "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"
                            "Content-Length: 2\r\n\r\nhi"));

    assert_text(request->body, "hi");
    assert_text(parsed(S(GET_START "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"))->path, "/a");
}

TEST(an_offer_to_upgrade_leaves_the_connection_as_it_was)
{
    str bytes = S(GET_START "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n" POST_START
                            "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi" POST_START
                            "Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "1\r\na\r\n0\r\n\r\n" GET_START "\r\n");
    static const char *const bodies[] = {"", "hi", "a", ""};
    size_t used;

    for (size_t i = 0; i < 4; i++) {
        begin();
        assert_int_equal(feed(bytes, &used), HTTP_COMPLETE);
        assert_str(http_parser_request(parser)->body, str_of(bodies[i]));
        assert_true(http_parser_request(parser)->keep_alive);
        bytes = str_from(bytes, used);
    }
    assert_int_equal(bytes.size, 0);
}

TEST(an_absolute_target_gives_its_path)
{
    const struct http_request *request = parsed(S("GET http://h:80/p?q HTTP/1.1\r\nHost: h\r\n\r\n"));

    assert_text(request->path, "/p");
    assert_text(request->query, "q");
}

static str gzipped(str plain)
{
    z_stream stream = {0};
    uLong room = plain.size / 100 + 1000;
    char *packed = arena_alloc(&scratch, room);

    deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY);
    stream.next_in = (unsigned char *)(uintptr_t)plain.data;
    stream.avail_in = (uInt)plain.size;
    stream.next_out = (unsigned char *)packed;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return (str){packed, stream.total_out};
}

static str gzip_request(str packed)
{
    str head = arena_format(&scratch, POST_START "Content-Encoding: GZip\r\nContent-Length: %zu\r\n\r\n",
                            packed.size);

    return arena_join(&scratch, head, packed);
}

static enum gzip_result unpacked(str bytes, size_t limit, str *body)
{
    struct http_request request = *parsed(bytes);

    assert_true(http_is_packed(&request));
    assert_str(request.body, request.payload);
    enum gzip_result result = http_unpack(&scratch, &request, limit);
    *body = request.body;
    return result;
}

TEST(a_gzipped_body_is_unpacked_when_asked)
{
    str packed = gzipped(S("{\"hello\": \"world\"}")), body;

    assert_int_equal(unpacked(gzip_request(packed), 100, &body), GZIP_OK);
    assert_text(body, "{\"hello\": \"world\"}");
    assert_int_equal(unpacked(gzip_request(arena_join(&scratch, packed, packed)), 100, &body), GZIP_OK);
    assert_text(body, "{\"hello\": \"world\"}{\"hello\": \"world\"}");
    assert_int_equal(unpacked(gzip_request(gzipped(S(""))), 100, &body), GZIP_OK);
    assert_text(body, "");
}

TEST(a_broken_gzip_is_refused)
{
    str packed = gzipped(S("{\"hello\": \"world\"}")), body;

    assert_int_equal(unpacked(gzip_request(S("hello")), 100, &body), GZIP_BAD);
    assert_int_equal(unpacked(gzip_request(str_head(packed, packed.size - 1)), 100, &body), GZIP_BAD);
    assert_int_equal(unpacked(gzip_request(arena_join(&scratch, packed, S("x"))), 100, &body), GZIP_BAD);
}

TEST(a_gzip_bomb_is_refused)
{
    size_t size = (size_t)LIMIT_HTTP_BODY_BYTES + 1;
    char *zeroes = calloc(size, 1);
    str bomb = gzip_request(gzipped((str){zeroes, size}));
    str largest = gzip_request(gzipped((str){zeroes, size - 1})), body;

    assert_int_equal(unpacked(bomb, size - 1, &body), GZIP_TOO_LARGE);
    assert_int_equal(unpacked(largest, size - 1, &body), GZIP_OK);
    assert_int_equal(body.size, size - 1);
    free(zeroes);
}

TEST(what_was_packed_can_be_unpacked)
{
    char *text = arena_alloc(&scratch, 300000);
    str whole = {text, 300000}, unpacked_text;

    for (size_t i = 0; i < whole.size; i++)
        text[i] = (char)('a' + i * i % 17);
    str packed = gzip_deflate(&scratch, whole);
    assert_true(packed.size < whole.size / 10);
    assert_int_equal(gzip_inflate(&scratch, packed, whole.size, &unpacked_text), GZIP_OK);
    assert_true(str_equal(unpacked_text, whole));
    assert_int_equal(gzip_inflate(&scratch, gzip_deflate(&scratch, S("")), 10, &unpacked_text), GZIP_OK);
    assert_text(unpacked_text, "");
}

static bool takes_gzip(str accept_encoding)
{
    struct http_headers headers = {0};

    http_header_add(&scratch, &headers, S("accept-encoding"), accept_encoding);
    return http_accepts_gzip(&headers);
}

TEST(a_client_says_whether_it_takes_gzip)
{
    assert_true(takes_gzip(S("gzip")));
    assert_true(takes_gzip(S("br, GZIP ;q=0.5, deflate")));
    assert_true(takes_gzip(S("gzip;q=1.0")));
    assert_false(takes_gzip(S("identity")));
    assert_false(takes_gzip(S("")));
    assert_false(takes_gzip(S("x-gzip-like")));
    assert_false(takes_gzip(S("deflate, gzip;q=0")));
    assert_false(takes_gzip(S("gzip; q=0.000")));
    assert_true(takes_gzip(S("gzip;q=0.001")));
    assert_false(http_accepts_gzip(&(struct http_headers){0}));
}

TEST(what_has_arrived_is_known_for_time_outs)
{
    size_t used;

    begin();
    assert_true(http_parser_idle(parser));
    feed(S("\r\n"), &used);
    assert_true(http_parser_idle(parser));
    feed(S("P"), &used);
    assert_false(http_parser_idle(parser));
    assert_false(http_parser_in_body(parser));
    feed(S("OST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n"), &used);
    assert_true(http_parser_in_body(parser));
    feed(S("x"), &used);
    assert_false(http_parser_in_body(parser));
}

TEST(a_refused_connection_stays_refused)
{
    size_t used;

    assert_int_equal(state_of(S("?\r\n")), HTTP_BAD);
    assert_int_equal(feed(S(GET_START "\r\n"), &used), HTTP_BAD);
    assert_int_equal(used, 0);
}

TEST(headers_of_a_request_may_be_added_to)
{
    struct http_request request = *parsed(S(GET_START "A: 1\r\nB: 2\r\n\r\n"));

    for (int i = 0; i < 20; i++)
        http_header_add(&scratch, &request.headers, S("X"), S("x"));
    assert_int_equal(request.headers.count, 23);
    assert_text(http_header(&request.headers, S("B")), "2");
}

static str written(struct http_reply reply, bool keep_alive)
{
    struct text text = text_in(&scratch);

    http_reply_head_write(&text, &reply, keep_alive, 1769860800000);
    text_add(&text, reply.body);
    return text_str(&text);
}

TEST(a_reply_is_written_with_its_headers)
{
    struct http_reply reply = {
        .status = 200, .content_type = S("application/x-amz-json-1.0"), .body = S("{}")};

    http_header_add(&scratch, &reply.headers, S("x-amzn-RequestId"), S("abc"));
    assert_text(written(reply, true), "HTTP/1.1 200 OK\r\nDate: Sat, 31 Jan 2026 12:00:00 GMT\r\n"
                                      "Content-Type: application/x-amz-json-1.0\r\nContent-Length: 2\r\n"
                                      "x-amzn-RequestId: abc\r\n\r\n{}");
    assert_text(written((struct http_reply){.status = 404}, false),
                "HTTP/1.1 404 Not Found\r\nDate: Sat, 31 Jan 2026 12:00:00 GMT\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n");
    assert_text(written((struct http_reply){.status = 204}, true),
                "HTTP/1.1 204 No Content\r\nDate: Sat, 31 Jan 2026 12:00:00 GMT\r\n\r\n");
}

TEST(a_reply_in_pieces_is_chunked_sized_or_ends_with_the_connection)
{
    const struct http_request new_client = {.takes_chunks = true}, old_client = {0};
    const struct http_reply sized = {.status = 200, .sized = true, .size = 7}, open = {.status = 200};
    struct text text = text_in(&scratch);

    assert_int_equal(http_framing_of(&new_client, &sized), HTTP_SIZED);
    assert_int_equal(http_framing_of(&old_client, &sized), HTTP_SIZED);
    assert_int_equal(http_framing_of(&new_client, &open), HTTP_CHUNKED);
    assert_int_equal(http_framing_of(&old_client, &open), HTTP_UNTIL_CLOSED);
    http_piece_write(&text, HTTP_CHUNKED, S("0123456789abcdef"));
    http_piece_write(&text, HTTP_CHUNKED, S(""));
    http_end_write(&text, HTTP_CHUNKED);
    http_piece_write(&text, HTTP_SIZED, S("one"));
    http_end_write(&text, HTTP_SIZED);
    http_piece_write(&text, HTTP_UNTIL_CLOSED, S("two"));
    http_end_write(&text, HTTP_UNTIL_CLOSED);
    assert_text(text_str(&text), "10\r\n0123456789abcdef\r\n0\r\n\r\nonetwo");
}

TEST(a_reply_that_may_have_no_body_has_no_pieces)
{
    const struct http_request client = {.takes_chunks = true};
    struct text text = text_in(&scratch);

    for (int status = 100; status < 600; status++) {
        const struct http_reply reply = {.status = status};
        bool bodiless = status < 200 || status == 204 || status == 304;
        assert_int_equal(http_framing_of(&client, &reply), bodiless ? HTTP_WITHOUT_BODY : HTTP_CHUNKED);
    }
    http_piece_write(&text, HTTP_WITHOUT_BODY, S("one"));
    http_end_write(&text, HTTP_WITHOUT_BODY);
    assert_int_equal(text.size, 0);
}

TEST(a_headers_name_is_a_token_and_its_value_has_no_control_characters)
{
    assert_true(http_name_valid(S("x!#$%&'*+-.^_`|~9")));
    for (int c = 0; c < 256; c++) {
        char letter = (char)c;
        bool is_control = (c < ' ' && c != '\t') || c == 0x7f;
        assert_int_equal(http_value_valid((str){&letter, 1}), !is_control);
        if (is_control || c >= 0x80 || strchr("\t \"(),/:;<=>?@[\\]{}", c))
            assert_false(http_name_valid((str){&letter, 1}));
    }
    assert_false(http_name_valid(S("")));
    assert_true(http_value_valid(S("")));
}

TEST(a_client_of_http_1_0_takes_no_chunks)
{
    assert_true(parsed(S(GET_START "\r\n"))->takes_chunks);
    assert_false(parsed(S("GET / HTTP/1.0\r\n\r\n"))->takes_chunks);
}

TEST(no_header_can_begin_inside_another)
{
    struct http_reply reply = {.status = 200};

    http_header_add(&scratch, &reply.headers, S("X-A"), S("a\r\nX-Evil: 1"));
    http_header_add(&scratch, &reply.headers, S("X-B: 1\r\nX-Evil"), S("1"));
    assert_true(str_find(written(reply, true), S("\nX-Evil")) < 0);
    assert_true(str_find(written(reply, true), S("X-A: a  X-Evil: 1\r\n")) > 0);
}

TESTS(test(a_request_is_taken_apart), test(a_body_of_known_length_is_read), test(a_chunked_body_is_joined),
      test(trailers_are_no_headers),
      test(trailers_may_arrive_one_by_one_and_outlive_a_rewinding_of_the_arena),
      test(a_request_has_at_most_eight_trailers), test(bytes_may_arrive_one_by_one),
      test(pipelined_requests_are_taken_one_at_a_time), test(the_connection_stays_open_unless_told_otherwise),
      test(the_head_is_told_once_before_the_body), test(a_limit_of_the_body_is_kept_to_the_byte),
      test(what_a_request_holds_is_known_before_it_grows),
      test(a_client_that_does_not_wait_is_not_told_to_continue),
      test(a_body_too_large_is_refused_before_it_is_sent),
      test(a_chunked_body_too_large_is_refused_on_its_way), test(a_large_body_arrives_whole),
      test(a_body_may_be_taken_away_before_it_is_whole), test(what_was_taken_of_a_body_counts_for_its_limit),
      test(a_head_too_large_is_refused), test(a_head_too_large_is_refused_when_it_drips),
      test(too_many_headers_are_refused), test(ambiguous_lengths_are_refused),
      test(malformed_heads_are_refused), test(two_spaces_are_seen_wherever_the_bytes_are_cut),
      test(extensions_of_chunks_and_trailers_have_the_bounds_of_a_head),
      test(many_small_chunks_are_no_extension), test(what_we_do_not_do_is_named),
      test(an_offer_to_upgrade_is_declined), test(an_offer_to_upgrade_leaves_the_connection_as_it_was),
      test(an_absolute_target_gives_its_path), test(a_gzipped_body_is_unpacked_when_asked),
      test(a_broken_gzip_is_refused), test(a_gzip_bomb_is_refused), test(what_was_packed_can_be_unpacked),
      test(a_client_says_whether_it_takes_gzip), test(what_has_arrived_is_known_for_time_outs),
      test(a_refused_connection_stays_refused), test(headers_of_a_request_may_be_added_to),
      test(a_reply_is_written_with_its_headers), test(no_header_can_begin_inside_another),
      test(a_reply_in_pieces_is_chunked_sized_or_ends_with_the_connection),
      test(a_reply_that_may_have_no_body_has_no_pieces),
      test(a_headers_name_is_a_token_and_its_value_has_no_control_characters),
      test(a_client_of_http_1_0_takes_no_chunks))
