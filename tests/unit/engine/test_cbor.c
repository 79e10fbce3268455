/*
 * test_cbor.c: RPC v2 with CBOR: the cases of Smithy's own protocol tests for servers and clients
 * (smithy-protocol-tests/model/rpcv2Cbor), over rpc.model.
 */
#include "engine_test.h"

#include "base/hash.h"
#include "engine/protocol/errors.h"
#include "wire/cbor.h"

#include "rpc_model.h"

#include <math.h>

static const struct service *const services[] = {&RPC_SERVICE, NULL};

static const struct protocol *protocol(void)
{
    return protocol_find(PROTOCOL_RPC_V2_CBOR);
}

static str bytes_of(const char *hex)
{
    str bytes = {0};

    assert_true(hex_decode(&scratch, str_of(hex), &bytes));
    return bytes;
}

static struct http_request request_to(str path)
{
    struct http_request request = {.method = S("POST"), .target = path, .path = path, .query = S("")};

    http_header_add(&scratch, &request.headers, S("Smithy-Protocol"), S("rpc-v2-cbor"));
    return request;
}

static struct route route_of(const struct http_request *request)
{
    return route_find(&scratch, services, request, (str){0});
}

/* ---- routing ---- */

TEST(the_path_names_service_and_operation)
{
    struct http_request request = request_to(S("/service/Rpc/operation/EchoScalars"));
    struct route route = route_of(&request);

    assert_ptr_equal(route.service, &RPC_SERVICE);
    assert_ptr_equal(route.operation, &RPC_ECHO_SCALARS);
    assert_int_equal(route.protocol->name, PROTOCOL_RPC_V2_CBOR);
}

TEST(a_prefix_and_a_namespace_change_nothing)
{
    struct http_request prefixed = request_to(S("/v1/service/Rpc/operation/EchoScalars"));
    struct http_request absolute = request_to(S("/service/com.example.rpc.Rpc/operation/EchoScalars"));

    assert_ptr_equal(route_of(&prefixed).operation, &RPC_ECHO_SCALARS);
    assert_ptr_equal(route_of(&absolute).operation, &RPC_ECHO_SCALARS);
}

TEST(what_is_not_such_a_path_is_nobodys)
{
    static const char *const paths[] = {"/",
                                        "/service/Rpc/operation",
                                        "/service/Other/operation/EchoScalars",
                                        "/services/Rpc/operation/EchoScalars",
                                        "/service/Rpc/operations/EchoScalars",
                                        "/Rpc/operation/EchoScalars"};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct http_request request = request_to(str_of(paths[i]));
        struct route route = route_of(&request);
        assert_null(route.service);
        assert_int_equal(route.protocol->name, PROTOCOL_RPC_V2_CBOR);
    }
}

TEST(an_operation_is_not_named_absolutely)
{
    struct http_request request = request_to(S("/service/Rpc/operation/com.example.rpc.EchoScalars"));
    struct route route = route_of(&request);

    assert_ptr_equal(route.service, &RPC_SERVICE);
    assert_null(route.operation);
}

TEST(only_a_post_is_a_call)
{
    struct http_request request = request_to(S("/service/Rpc/operation/EchoScalars"));

    request.method = S("GET");
    assert_null(route_of(&request).service);
}

TEST(a_request_with_a_target_beside_its_path_is_refused)
{
    static const char *const names[] = {"X-Amz-Target", "X-Amzn-Target"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct http_request request = request_to(S("/service/Rpc/operation/EchoScalars"));
        http_header_add(&scratch, &request.headers, str_of(names[i]), S("Rpc.Empty"));
        assert_null(route_of(&request).service);
    }
}

/* ---- requests ---- */

static const struct rpc_scalars *scalars_of(const char *hex)
{
    struct call call = call_of(&RPC_ECHO_SCALARS);

    return decoded(&call, PROTOCOL_RPC_V2_CBOR, bytes_of(hex));
}

TEST(strings_and_bytes_in_pieces_and_keys_in_pieces_are_read)
{
    /* {_ (_ "Te", "xt"): (_ "An, ", "example"), "Blob": (_ h'01', h'02')} */
    const struct rpc_scalars *in =
        scalars_of("bf7f625465627874ff7f64416e2c20676578616d706c65ff64426c6f625f41014102ffff");

    assert_text(in->text, "An, example");
    assert_text(in->blob, "\x01\x02");
}

TEST(numbers_in_a_smaller_form_are_read_as_what_the_model_says)
{
    /* {"Double": 1.5 (16 bits), "Float": 7.625 (16 bits), "Integer": 56, "Long": 256} */
    const struct rpc_scalars *in =
        scalars_of("bf66446f75626c65f93e0065466c6f6174f947a067496e74656765721838644c6f6e67190100ff");

    assert_true(*in->double_ == 1.5 && *in->float_ == 7.625);
    assert_int_equal(*in->integer, 56);
    assert_int_equal(*in->long_, 256);
}

TEST(a_double_may_come_as_an_integer)
{
    assert_true(*scalars_of("a166446f75626c6518ff")->double_ == 255);
    assert_true(*scalars_of("a166446f75626c6520")->double_ == -1);
}

TEST(what_is_no_number_and_infinity_are_read)
{
    assert_true(isnan(*scalars_of("a166446f75626c65fb7ff8000000000000")->double_));
    assert_true(*scalars_of("a165466c6f6174fa7f800000")->float_ == (double)INFINITY);
    assert_true(*scalars_of("a165466c6f6174f9fc00")->float_ == -(double)INFINITY);
    assert_true(*scalars_of("a166446f75626c65f90050")->double_ == 0.00000476837158203125);
}

TEST(null_undefined_and_unknown_members_are_absent)
{
    /* {"Text": null, "Long": undefined, "Extra": {_ "a": [_ 1, {}]}, "Yes": true} */
    const struct rpc_scalars *in =
        scalars_of("a46454657874f6644c6f6e67f7654578747261bf61619f01a0ffff63596573f5");

    assert_absent(in->text);
    assert_null(in->long_);
    assert_true(*in->yes);
}

TEST(moments_are_seconds_since_1970_to_the_millisecond)
{
    assert_int_equal(*scalars_of("a1664d6f6d656e74c11a514b67b0")->moment, 1363896240000);
    assert_int_equal(*scalars_of("a1664d6f6d656e74c1fb41d452d9ec07ae14")->moment, 1363896240120);
    assert_int_equal(*scalars_of("a1664d6f6d656e74c120")->moment, -1000);
    assert_int_equal(*scalars_of("a1664d6f6d656e74c1f93e00")->moment, 1500);
}

TEST(the_format_that_a_model_names_for_a_moment_does_not_count)
{
    struct call call = call_of(&RPC_DATED);
    const struct rpc_dates *in = decoded(&call, PROTOCOL_RPC_V2_CBOR, bytes_of("a163446179c11a514b67b0"));
    struct http_reply reply = {0};

    assert_int_equal(*in->day, 1363896240000);
    protocol()->encode_reply(&call, in, &reply);
    assert_text(hex_encode(&scratch, reply.body), "bf63446179c11a514b67b0ff");
}

TEST(a_member_that_is_refused_asks_for_nothing_when_it_is_empty)
{
    /* {"More": …}: null, false, "", h'', [], {"a": false}; then 0, "a", [0], {"a": 0} */
    static const char *const nothing[] = {"f6", "f4", "60", "40", "80", "a16161f4"};
    static const char *const something[] = {"00", "6161", "8100", "a1616100"};

    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        struct call call = call_of(&RPC_DATED);
        str body = bytes_of(arena_format(&scratch, "a1644d6f7265%s", nothing[i]).data);
        assert_true(validate(&call, RPC_DATED.input, decoded(&call, PROTOCOL_RPC_V2_CBOR, body)));
    }
    for (size_t i = 0; i < sizeof something / sizeof *something; i++) {
        struct call call = call_of(&RPC_DATED);
        str body = bytes_of(arena_format(&scratch, "a1644d6f7265%s", something[i]).data);
        assert_false(validate(&call, RPC_DATED.input, decoded(&call, PROTOCOL_RPC_V2_CBOR, body)));
        assert_text(call.progress->failure.message, "More is not served.");
    }
}

TEST(a_value_of_another_type_is_refused_with_its_members_name)
{
    static const struct {
        const char *hex, *sentence;
    } cases[] = {
        {"a1645465787401", "The value of Text can not be converted to its type"},
        {"a164546578744161", "The value of Text can not be converted to its type"},
        {"a164426c6f626161", "The value of Blob can not be converted to its type"},
        {"a16359657301", "The value of Yes can not be converted to its type"},
        {"a1644c6f6e67f93c00", "The value of Long can not be converted to its type"},
        {"a1644c6f6e671b8000000000000000", "The value of Long can not be converted to its type"},
        {"a166446f75626c656131", "The value of Double can not be converted to its type"},
        {"a1664d6f6d656e741a514b67b0", "The value of Moment can not be converted to its type"},
        {"a1664d6f6d656e74c074323031332d30332d32315432303a30343a30305a",
         "The value of Moment can not be converted to its type"},
        {"a1664d6f6d656e74c1f97e00", "The value of Moment can not be converted to its type"},
        {"a1664d6f6d656e74c1fb7e37e43c8800759c", "The value of Moment can not be converted to its type"},
        {"80", ""},
        {"bf", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct call call = call_of(&RPC_ECHO_SCALARS);
        assert_null(decoded(&call, PROTOCOL_RPC_V2_CBOR, bytes_of(cases[i].hex)));
        assert_ptr_equal(call.progress->failure.error, &SERIALIZATION_EXCEPTION);
        assert_str(call.progress->failure.message, str_of(cases[i].sentence));
    }
}

TEST(an_empty_body_and_an_empty_map_are_both_empty_input)
{
    static const char *const bodies[] = {"", "a0", "bfff"};

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct call nothing = call_of(&RPC_NOTHING), empty = call_of(&RPC_ECHO_EMPTY);
        assert_non_null(decoded(&nothing, PROTOCOL_RPC_V2_CBOR, bytes_of(bodies[i])));
        assert_non_null(decoded(&empty, PROTOCOL_RPC_V2_CBOR, bytes_of(bodies[i])));
    }
}

TEST(what_is_required_and_missing_is_refused_by_validation)
{
    struct call call = call_of(&RPC_REQUIRED);
    /* {"Entries": [{"Id": 1}, {}]} */
    void *in = decoded(&call, PROTOCOL_RPC_V2_CBOR, bytes_of("a167456e747269657382a162496401a0"));

    assert_false(validate(&call, RPC_REQUIRED.input, in));
    assert_text(
        call.progress->failure.message,
        "3 validation errors detected: Value null at 'count' failed to satisfy constraint: Member must "
        "not be null; Value null at 'name' failed to satisfy constraint: Member must not be null; Value "
        "null at 'entries.2.member.id' failed to satisfy constraint: Member must not be null");
}

/* ---- replies ---- */

static str header_of(const struct http_reply *reply, const char *name)
{
    return http_header(&reply->headers, str_of(name));
}

TEST(a_reply_says_its_protocol_and_is_a_map)
{
    struct call call = call_of(&RPC_ECHO_SCALARS);
    struct rpc_scalars out = {.text = S("simple"), .moment = &(int64_t){1500}};
    struct http_reply reply = {0};

    protocol()->encode_reply(&call, &out, &reply);
    assert_int_equal(reply.status, 200);
    assert_text(reply.content_type, "application/cbor");
    assert_text(header_of(&reply, "smithy-protocol"), "rpc-v2-cbor");
    assert_text(header_of(&reply, "x-amzn-RequestId"), "the-request-id");
    assert_text(hex_encode(&scratch, reply.body), "bf64546578746673696d706c65664d6f6d656e74c1fa3fc00000ff");
}

TEST(an_empty_output_is_an_empty_map_and_no_output_is_nothing)
{
    struct call empty = call_of(&RPC_ECHO_EMPTY), nothing = call_of(&RPC_NOTHING);
    struct rpc_empty out = {0};
    struct http_reply of_empty = {0}, of_nothing = {0};

    protocol()->encode_reply(&empty, &out, &of_empty);
    assert_text(hex_encode(&scratch, of_empty.body), "bfff");
    assert_text(of_empty.content_type, "application/cbor");
    protocol()->encode_reply(&nothing, &out, &of_nothing);
    assert_int_equal(of_nothing.body.size, 0);
    assert_absent(of_nothing.content_type);
    assert_text(header_of(&of_nothing, "smithy-protocol"), "rpc-v2-cbor");
}

TEST(an_error_names_its_whole_type_and_carries_its_members)
{
    struct call call = call_of(&RPC_ECHO_SCALARS);
    struct rpc_spoilt details = {.item = S("milk")};
    struct http_reply reply = {0};

    fail(&call, &RPC_SPOILT, "It is old.");
    call.progress->failure.details = &details;
    protocol()->encode_error(&call, &reply);
    const struct cbor *cbor = cbor_parse(&scratch, reply.body);
    assert_int_equal(reply.status, 409);
    assert_text(header_of(&reply, "smithy-protocol"), "rpc-v2-cbor");
    assert_absent(header_of(&reply, "x-amzn-ErrorType"));
    assert_int_equal(cbor->count, 3);
    assert_text(cbor_get_str(cbor, S("__type")), "com.example.rpc#Spoilt");
    assert_text(cbor_get_str(cbor, S("message")), "It is old.");
    assert_text(cbor_get_str(cbor, S("Item")), "milk");
}

/* ---- the client ---- */

TEST(a_request_without_an_input_has_no_body)
{
    struct http_request request = {0};
    struct rpc_nothing_input in = {0};

    protocol()->encode_request(&scratch, &RPC_NOTHING, &in, &request);
    assert_text(request.path, "/service/Rpc/operation/Nothing");
    assert_int_equal(request.body.size, 0);
    assert_absent(http_header(&request.headers, S("Content-Type")));
    assert_text(http_header(&request.headers, S("smithy-protocol")), "rpc-v2-cbor");
    assert_text(http_header(&request.headers, S("Accept")), "application/cbor");
}

static struct http_reply reply_of(int status, const char *hex)
{
    struct http_reply reply = {.status = status, .body = bytes_of(hex)};

    http_header_add(&scratch, &reply.headers, S("Smithy-Protocol"), S("rpc-v2-cbor"));
    return reply;
}

TEST(a_reply_may_be_empty)
{
    struct http_reply reply = reply_of(200, "");
    struct rpc_empty out;
    struct failure failure;

    assert_true(protocol()->decode_reply(&scratch, &RPC_ECHO_EMPTY, &reply, &out, &failure));
}

TEST(a_reply_of_another_protocol_tells_its_status_only)
{
    struct http_reply bad = reply_of(403, "a1665f5f74797065676120234e616d65"), good = reply_of(200, "a0");
    struct rpc_scalars out = {0};
    struct failure failure = {0};

    bad.headers.count = good.headers.count = 0;
    assert_false(protocol()->decode_reply(&scratch, &RPC_ECHO_SCALARS, &bad, &out, &failure));
    assert_text(str_of(failure.error->name), "UnknownError");
    assert_int_equal(failure.error->status, 403);
    assert_false(protocol()->decode_reply(&scratch, &RPC_ECHO_SCALARS, &good, &out, &failure));
    assert_ptr_equal(failure.error, &SERIALIZATION_EXCEPTION);
}

TESTS(test(the_path_names_service_and_operation), test(a_prefix_and_a_namespace_change_nothing),
      test(what_is_not_such_a_path_is_nobodys), test(an_operation_is_not_named_absolutely),
      test(only_a_post_is_a_call), test(a_request_with_a_target_beside_its_path_is_refused),
      test(strings_and_bytes_in_pieces_and_keys_in_pieces_are_read),
      test(numbers_in_a_smaller_form_are_read_as_what_the_model_says), test(a_double_may_come_as_an_integer),
      test(what_is_no_number_and_infinity_are_read), test(null_undefined_and_unknown_members_are_absent),
      test(moments_are_seconds_since_1970_to_the_millisecond),
      test(a_member_that_is_refused_asks_for_nothing_when_it_is_empty),
      test(the_format_that_a_model_names_for_a_moment_does_not_count),
      test(a_value_of_another_type_is_refused_with_its_members_name),
      test(an_empty_body_and_an_empty_map_are_both_empty_input),
      test(what_is_required_and_missing_is_refused_by_validation),
      test(a_reply_says_its_protocol_and_is_a_map),
      test(an_empty_output_is_an_empty_map_and_no_output_is_nothing),
      test(an_error_names_its_whole_type_and_carries_its_members),
      test(a_request_without_an_input_has_no_body), test(a_reply_may_be_empty),
      test(a_reply_of_another_protocol_tells_its_status_only))
