#include "unit.h"

#include "wire/cors.h"

static struct http_request preflight(void)
{
    struct http_request request = {.method = S("OPTIONS"), .path = S("/"), .query = S("")};

    http_header_add(&scratch, &request.headers, S("Origin"), S("http://localhost:3000"));
    http_header_add(&scratch, &request.headers, S("Access-Control-Request-Method"), S("POST"));
    return request;
}

static struct cors cors(void)
{
    return (struct cors){.origin = S("http://localhost:3000"), .methods = S("GET,POST"), .max_age_s = 600};
}

TEST(a_preflight_is_an_options_request_with_an_origin_and_a_method)
{
    struct http_request request = preflight();

    assert_true(cors_is_preflight(&request));
    request.method = S("POST");
    assert_false(cors_is_preflight(&request));
    request = (struct http_request){.method = S("OPTIONS")};
    assert_false(cors_is_preflight(&request));
}

TEST(a_preflight_is_told_the_origin_the_methods_and_the_headers_it_asked_for)
{
    struct http_request request = preflight();
    struct http_reply reply;
    struct cors of = cors();

    http_header_add(&scratch, &request.headers, S("Access-Control-Request-Headers"),
                    S("x-amz-date, x-amz-target"));
    http_header_add(&scratch, &request.headers, S("Access-Control-Request-Private-Network"), S("true"));
    cors_answer_preflight(&scratch, &request, &of, &reply);
    assert_int_equal(reply.status, 204);
    assert_text(http_header(&reply.headers, S("Access-Control-Allow-Origin")), "http://localhost:3000");
    assert_text(http_header(&reply.headers, S("Vary")), "Origin");
    assert_text(http_header(&reply.headers, S("Access-Control-Allow-Methods")), "GET,POST");
    assert_text(http_header(&reply.headers, S("Access-Control-Allow-Headers")), "x-amz-date, x-amz-target");
    assert_text(http_header(&reply.headers, S("Access-Control-Max-Age")), "600");
    assert_text(http_header(&reply.headers, S("Access-Control-Allow-Private-Network")), "true");
    assert_absent(http_header(&reply.headers, S("Access-Control-Allow-Credentials")));
}

TEST(what_was_not_asked_for_is_not_allowed)
{
    struct http_request request = preflight();
    struct http_reply reply;
    struct cors of = cors();

    http_header_add(&scratch, &request.headers, S("Access-Control-Request-Headers"), S("x; y"));
    cors_answer_preflight(&scratch, &request, &of, &reply);
    assert_absent(http_header(&reply.headers, S("Access-Control-Allow-Headers")));
    assert_absent(http_header(&reply.headers, S("Access-Control-Allow-Private-Network")));
}

TEST(a_list_of_headers_goes_before_what_was_asked_for)
{
    struct http_request request = preflight();
    struct http_reply reply;
    struct cors of = cors();

    of.headers = S("x-custom");
    of.credentials = true;
    http_header_add(&scratch, &request.headers, S("Access-Control-Request-Headers"), S("x-amz-date"));
    cors_answer_preflight(&scratch, &request, &of, &reply);
    assert_text(http_header(&reply.headers, S("Access-Control-Allow-Headers")), "x-custom");
    assert_text(http_header(&reply.headers, S("Access-Control-Allow-Credentials")), "true");
}

TEST(a_reply_names_its_origin_and_what_the_page_may_see)
{
    struct http_reply reply = {.status = 400};
    struct cors of = cors();

    of.expose_headers = S("date");
    cors_add(&scratch, &of, &reply);
    assert_text(http_header(&reply.headers, S("Access-Control-Allow-Origin")), "http://localhost:3000");
    assert_text(http_header(&reply.headers, S("Vary")), "Origin");
    assert_text(http_header(&reply.headers, S("Access-Control-Expose-Headers")), "date");
    assert_int_equal(reply.status, 400);
}

TESTS(test(a_preflight_is_an_options_request_with_an_origin_and_a_method),
      test(a_preflight_is_told_the_origin_the_methods_and_the_headers_it_asked_for),
      test(what_was_not_asked_for_is_not_allowed), test(a_list_of_headers_goes_before_what_was_asked_for),
      test(a_reply_names_its_origin_and_what_the_page_may_see))
