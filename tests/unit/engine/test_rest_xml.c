/*
 * test_rest_xml.c: REST-XML: the cases of Smithy's own protocol tests for servers and clients
 * (smithy-aws-protocol-tests/model/restXml), over rest.model.
 */
#include "engine_test.h"

#include "engine/dialect.h"

#include "rest_model.h"

static const struct service *const services[] = {&REST_SERVICE, NULL};

#define ROOT(name) "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" name " xmlns=\"http://rest.example/\""

static const struct protocol *protocol(void)
{
    return protocol_find(PROTOCOL_REST_XML);
}

static struct http_request request_of(str method, str path, str body)
{
    return (struct http_request){
        .method = method, .target = path, .path = path, .query = S(""), .body = body};
}

static void *decoded_as(const struct call *call, const struct http_request *request)
{
    void *in = arena_alloc(&scratch, call->operation->input->size);

    return protocol()->decode_request(call, request, in) ? in : NULL;
}

static const struct rest_put_thing_request *thing_of(const struct call *call,
                                                     const struct http_request *request)
{
    return decoded_as(call, request);
}

/* ---- routing and bindings ---- */

TEST(the_path_names_the_operation_and_fills_labels)
{
    struct call call = call_of(&REST_PUT_THING);
    struct http_request request = request_of(S("PUT"), S("/things/a%20b/x/y%2Fz"), S(""));
    struct route route = route_find(&scratch, services, &request, (str){0});

    assert_ptr_equal(route.operation, &REST_PUT_THING);
    assert_int_equal(route.protocol->name, PROTOCOL_REST_XML);
    assert_text(thing_of(&call, &request)->name, "a b");
    assert_text(thing_of(&call, &request)->key, "x/y/z");
}

TEST(lists_in_headers_are_read_with_quotes_and_dates)
{
    struct call call = call_of(&REST_PUT_THING);
    struct http_request request = request_of(S("PUT"), S("/things/a/b"), S(""));

    http_header_add(&scratch, &request.headers, S("X-Words"), S("\"b,c\", \"\\\"def\\\"\", a"));
    http_header_add(&scratch, &request.headers, S("X-Numbers"), S("1,2, 3"));
    http_header_add(&scratch, &request.headers, S("X-Flags"), S("true, false, true"));
    http_header_add(&scratch, &request.headers, S("X-Days"),
                    S("Mon, 16 Dec 2019 23:48:18 GMT, Mon, 16 Dec 2019 23:48:19 GMT"));
    const struct rest_put_thing_request *in = thing_of(&call, &request);
    assert_int_equal(in->words.count, 3);
    assert_text(in->words.items[0], "b,c");
    assert_text(in->words.items[1], "\"def\"");
    assert_text(in->words.items[2], "a");
    assert_int_equal(in->numbers.count, 3);
    assert_int_equal(in->numbers.items[2], 3);
    assert_int_equal(in->flags.count, 3);
    assert_false(in->flags.items[1]);
    assert_int_equal(in->days.count, 2);
    assert_int_equal(in->days.items[1], 1576540099000);
}

TEST(an_empty_header_is_an_empty_list)
{
    struct call call = call_of(&REST_PUT_THING);
    struct http_request request = request_of(S("PUT"), S("/things/a/b"), S(""));

    http_header_add(&scratch, &request.headers, S("X-Numbers"), S(""));
    assert_non_null(thing_of(&call, &request)->numbers.items);
    assert_int_equal(thing_of(&call, &request)->numbers.count, 0);
}

TEST(a_header_of_the_wrong_type_is_refused)
{
    static const char *const cases[][2] = {{"X-Numbers", "1, two"},
                                           {"X-Ratio", "much"},
                                           {"X-When", "soon"},
                                           {"X-Words", "\"a"},
                                           {"X-Words", "\"a\" b"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct call call = call_of(&REST_PUT_THING);
        struct http_request request = request_of(S("PUT"), S("/things/a/b"), S(""));
        http_header_add(&scratch, &request.headers, str_of(cases[i][0]), str_of(cases[i][1]));
        assert_null(thing_of(&call, &request));
        assert_text(str_of(call.progress->failure.error->name), "SerializationException");
    }
}

/* RestJsonServersPutAllQueryParamsInMap */
TEST(a_map_in_the_query_gets_all_parameters)
{
    struct call call = call_of(&REST_PRECEDE);
    struct http_request request = request_of(S("POST"), S("/Precedence"), S(""));

    request.query = S("bar=named&qux=first&qux=fromMap&e%3D=");
    const struct rest_precede_request *in = decoded_as(&call, &request);
    assert_text(in->foo, "named");
    assert_int_equal(in->baz.count, 3);
    assert_text(in->baz.items[0].key, "bar");
    assert_text(in->baz.items[0].value, "named");
    assert_text(in->baz.items[1].key, "qux");
    assert_text(in->baz.items[1].value, "fromMap");
    assert_text(in->baz.items[2].key, "e=");
    assert_text(in->baz.items[2].value, "");
}

/* RestJsonQueryPrecedence */
TEST(a_named_parameter_goes_before_the_map_s)
{
    struct str_map_entry entries[] = {{S("bar"), S("fromMap")}, {S("qux"), S("alsoFromMap")}};
    struct rest_precede_request in = {.foo = S("named"), .baz = {entries, 2}};
    struct http_request request = {0};

    protocol()->encode_request(&scratch, &REST_PRECEDE, &in, &request);
    assert_text(request.query, "bar=named&qux=alsoFromMap");
}

/* RestJsonServersQueryParamsStringListMap */
TEST(a_map_of_lists_in_the_query_gets_all_values_of_each_parameter)
{
    struct call call = call_of(&REST_PRECEDE_LISTS);
    struct http_request request = request_of(S("POST"), S("/StringListMap"), S(""));

    request.query = S("corge=named&baz=bar&other=&baz=qux&baz=quux");
    const struct rest_precede_lists_request *in = decoded_as(&call, &request);
    assert_text(in->qux, "named");
    assert_text(model_to_json(&scratch, REST_PRECEDE_LISTS.input, in),
                "{\"Qux\":\"named\",\"Foo\":{\"corge\":[\"named\"],\"baz\":[\"bar\",\"qux\",\"quux\"],"
                "\"other\":[\"\"]}}");
}

/* RestJsonQueryParamsStringListMap */
TEST(a_map_of_lists_repeats_its_names_in_the_query)
{
    static const char json[] = "{\"Qux\":\"named\",\"Foo\":{\"baz\":[\"bar\",\"qux\"],\"corge\":[\"lost\"]}}";
    struct rest_precede_lists_request in = {0};
    struct http_request request = {0};

    assert_true(model_from_json(&scratch, REST_PRECEDE_LISTS.input, str_of(json), &in));
    protocol()->encode_request(&scratch, &REST_PRECEDE_LISTS, &in, &request);
    assert_text(request.query, "corge=named&baz=bar&baz=qux");
}

/* ---- documents ---- */

TEST(a_document_is_read_whatever_its_root_and_its_prefixes)
{
    struct call call = call_of(&REST_PUT_THING);
    struct http_request request = request_of(
        S("PUT"), S("/things/a/b"),
        S("<x:Whatever xmlns:x=\"http://rest.example/\"><x:Text>hi</x:Text><FlatItem>1</FlatItem>"
          "<Other/><FlatItem>2</FlatItem><Items><Item>3</Item></Items>"
          "<Inner xmlns:n=\"http://nested.example/\" n:kind=\"&lt;a&amp;b&gt;\"><Size>7</Size></Inner>"
          "<Name>not in the body</Name></x:Whatever>"));
    const struct rest_put_thing_request *in = thing_of(&call, &request);

    assert_text(in->text, "hi");
    assert_int_equal(in->flat.count, 2);
    assert_text(in->flat.items[1], "2");
    assert_text(in->items.items[0], "3");
    assert_text(in->nested->kind, "<a&b>");
    assert_int_equal(*in->nested->size, 7);
    assert_text(in->name, "a");
}

TEST(what_is_no_such_document_is_refused)
{
    struct call broken = call_of(&REST_PUT_THING), wrong = call_of(&REST_PUT_THING);
    struct http_request no_xml = request_of(S("PUT"), S("/things/a/b"), S("<a><b></a>"));
    struct http_request no_number = request_of(S("PUT"), S("/things/a/b"), S("<a><Integer>x</Integer></a>"));

    assert_null(thing_of(&broken, &no_xml));
    assert_text(broken.progress->failure.message, "The XML is not well-formed");
    assert_null(thing_of(&wrong, &no_number));
    assert_text(wrong.progress->failure.message, "A value of the XML can not be converted to its type");
}

TEST(what_is_required_and_missing_is_refused_by_validation)
{
    static const char *const bodies[] = {"", "<a/>"};

    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct call call = call_of(&REST_COUNT);
        struct http_request request = request_of(S("POST"), S("/count"), str_of(bodies[i]));
        assert_false(validate(&call, REST_COUNT.input, decoded_as(&call, &request)));
    }
    struct call call = call_of(&REST_COUNT);
    struct http_request request =
        request_of(S("POST"), S("/count"), S("<a><Count>0</Count><Entries><member/></Entries></a>"));
    assert_false(validate(&call, REST_COUNT.input, decoded_as(&call, &request)));
    assert_text(
        call.progress->failure.message,
        "1 validation error detected: Value null at 'entries.1.member.id' failed to satisfy constraint: "
        "Member must not be null");
}

TEST(a_member_that_is_refused_asks_for_nothing_when_it_is_empty)
{
    struct call empty = call_of(&REST_COUNT), asked = call_of(&REST_COUNT);
    struct http_request nothing = request_of(S("POST"), S("/count"), S("<a><Count>0</Count><More/></a>"));
    struct http_request something =
        request_of(S("POST"), S("/count"), S("<a><Count>0</Count><More><b/></More></a>"));

    assert_true(validate(&empty, REST_COUNT.input, decoded_as(&empty, &nothing)));
    assert_false(validate(&asked, REST_COUNT.input, decoded_as(&asked, &something)));
    assert_text(asked.progress->failure.message, "More is not served.");
}

/* XmlNamespaces, XmlMapWithXmlNamespace and FlattenedXmlMapWithXmlNamespace, in one document */
#define NAMESPACES                                                                                           \
    "<XmlNamespacesRequest xmlns=\"http://foo.com\"><nested><foo xmlns:baz=\"http://baz.com\">Foo</foo>"     \
    "<values xmlns=\"http://qux.com\"><member xmlns=\"http://bux.com\">Bar</member>"                         \
    "<member xmlns=\"http://bux.com\">Baz</member></values></nested>"                                        \
    "<KVP xmlns=\"https://the-member.example.com\"><entry><K xmlns=\"https://the-key.example.com\">a</K>"    \
    "<V xmlns=\"https://the-value.example.com\">A</V></entry></KVP>"                                         \
    "<Flat xmlns=\"https://the-member.example.com\"><K xmlns=\"https://the-key.example.com\">b</K>"          \
    "<V xmlns=\"https://the-value.example.com\">B</V></Flat></XmlNamespacesRequest>"
#define NAMESPACES_JSON                                                                                      \
    "{\"Nested\":{\"Foo\":\"Foo\",\"Values\":[\"Bar\",\"Baz\"]},\"Map\":{\"a\":\"A\"},\"Flat\":{\"b\":"      \
    "\"B\"}}"

TEST(members_items_keys_and_values_declare_their_namespaces)
{
    struct rest_namespaces in = {0};
    struct http_request request = {0};

    assert_true(model_from_json(&scratch, REST_XML_NAMESPACES.input, S(NAMESPACES_JSON), &in));
    protocol()->encode_request(&scratch, &REST_XML_NAMESPACES, &in, &request);
    assert_text(request.body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" NAMESPACES);
}

TEST(namespaces_do_not_keep_members_from_being_read)
{
    struct call call = call_of(&REST_XML_NAMESPACES);
    struct http_request request = request_of(S("POST"), S("/XmlNamespaces"), S(NAMESPACES));

    assert_text(model_to_json(&scratch, REST_XML_NAMESPACES.input, decoded_as(&call, &request)),
                NAMESPACES_JSON);
}

/* ---- replies ---- */

static struct http_reply reply_of(const struct operation *operation, const void *out)
{
    struct call call = call_of(operation);
    struct http_reply reply = {0};

    protocol()->encode_reply(&call, out, &reply);
    return reply;
}

TEST(a_reply_is_a_document_with_attributes_and_namespaces)
{
    struct rest_nested nested = {.name = S("<n>"), .kind = S("\"k\"")};
    struct rest_put_thing_response out = {
        .text = S("a&b"), .head = S("h"), .nested = &nested, .flat = {(str[]){S("1"), S("2")}, 2}};
    struct http_reply reply = reply_of(&REST_PUT_THING, &out);

    assert_int_equal(reply.status, 201);
    assert_text(reply.content_type, "application/xml");
    assert_text(http_header(&reply.headers, S("X-Head")), "h");
    assert_text(reply.body,
                ROOT("PutThingResponse") "><Text>a&amp;b</Text><FlatItem>1</FlatItem><FlatItem>2</FlatItem>"
                                         "<Inner xmlns:n=\"http://nested.example/\" "
                                         "n:kind=\"&quot;k&quot;\"><Name>&lt;n&gt;</Name></Inner>"
                                         "</PutThingResponse>");
}

TEST(a_reply_without_anything_in_its_document_has_no_body)
{
    struct rest_put_thing_response out = {.head = S("h")};
    struct http_reply reply = reply_of(&REST_PUT_THING, &out), none = reply_of(&REST_DELETE_THING, &out);

    assert_int_equal(reply.body.size, 0);
    assert_absent(reply.content_type);
    assert_int_equal(none.status, 204);
    assert_int_equal(none.body.size, 0);
}

TEST(empty_texts_and_lists_are_not_written_to_headers)
{
    struct rest_put_thing_response out = {.head = S(""), .words = {(str[]){S("")}, 0}};
    struct http_reply reply = reply_of(&REST_PUT_THING, &out);

    assert_absent(http_header(&reply.headers, S("X-Head")));
    assert_absent(http_header(&reply.headers, S("X-Words")));
}

TEST(lists_are_written_to_headers_with_quotes_where_they_need_them)
{
    str words[] = {S("b,c"), S("\"def\""), S("a")};
    struct rest_put_thing_response out = {.words = {words, 3}};
    struct http_reply reply = reply_of(&REST_PUT_THING, &out);

    assert_text(http_header(&reply.headers, S("X-Words")), "\"b,c\", \"\\\"def\\\"\", a");
}

TEST(a_payload_is_the_whole_body_under_its_own_name)
{
    struct rest_document document = {.name = S("Phreddy"), .attr = S("test")};
    struct rest_put_document_response out = {.document = &document};
    struct rest_put_bytes_response bytes = {.bytes = S("blobby")};

    assert_text(reply_of(&REST_PUT_DOCUMENT, &out).body,
                ROOT("Hello") " test=\"test\"><Name>Phreddy</Name></Hello>");
    assert_text(reply_of(&REST_PUT_BYTES, &bytes).body, "blobby");
    assert_text(reply_of(&REST_PUT_BYTES, &bytes).content_type, "application/octet-stream");
}

TEST(milliseconds_are_written_where_the_model_asks_for_iso_8601)
{
    static const int64_t ms = 1576540098123;
    struct rest_moments out = {.plain = &ms, .iso = &ms, .epoch = &ms, .head_iso = &ms}, read = {0};
    struct http_reply reply = reply_of(&REST_FORMATS, &out);
    struct failure failure = {0};

    assert_text(reply.body,
                ROOT("Moments") "><Plain>2019-12-16T23:48:18Z</Plain><Iso>2019-12-16T23:48:18.123Z</Iso>"
                                "<Epoch>1576540098.123</Epoch></Moments>");
    assert_text(http_header(&reply.headers, S("X-Iso")), "2019-12-16T23:48:18.123Z");
    assert_true(protocol()->decode_reply(&scratch, &REST_FORMATS, &reply, &read, &failure));
    assert_true(*read.iso == ms && *read.epoch == ms && *read.head_iso == ms);
}

TEST(moments_are_written_and_read_in_each_format)
{
    static const int64_t ms = 1576540098000;
    struct rest_moments out = {&ms, &ms, &ms, &ms, &ms, &ms, &ms, &ms};
    struct http_reply reply = reply_of(&REST_FORMATS, &out);
    struct rest_moments read = {0};
    struct failure failure = {0};

    assert_text(reply.body,
                ROOT("Moments") "><Plain>2019-12-16T23:48:18Z</Plain><Iso>2019-12-16T23:48:18Z</Iso>"
                                "<Epoch>1576540098</Epoch><Http>Mon, 16 Dec 2019 23:48:18 GMT</Http>"
                                "</Moments>");
    assert_text(http_header(&reply.headers, S("X-Plain")), "Mon, 16 Dec 2019 23:48:18 GMT");
    assert_text(http_header(&reply.headers, S("X-Iso")), "2019-12-16T23:48:18Z");
    assert_text(http_header(&reply.headers, S("X-Epoch")), "1576540098");
    assert_text(http_header(&reply.headers, S("X-Http")), "Mon, 16 Dec 2019 23:48:18 GMT");
    assert_true(protocol()->decode_reply(&scratch, &REST_FORMATS, &reply, &read, &failure));
    assert_true(*read.plain == ms && *read.iso == ms && *read.epoch == ms && *read.http == ms);
    assert_true(*read.head_plain == ms && *read.head_iso == ms && *read.head_epoch == ms &&
                *read.head_http == ms);
}

TEST(an_error_is_in_an_envelope_and_its_header_in_a_header)
{
    struct call call = call_of(&REST_PUT_THING);
    struct rest_spoilt details = {.head = S("up"), .item = S("milk")};
    struct http_reply reply = {0};

    fail(&call, &REST_SPOILT, "It is <old>.");
    call.progress->failure.details = &details;
    protocol()->encode_error(&call, &reply);
    assert_int_equal(reply.status, 409);
    assert_text(reply.content_type, "application/xml");
    assert_text(http_header(&reply.headers, S("X-Head")), "up");
    assert_text(reply.body, "<?xml version=\"1.0\"?>\n<ErrorResponse xmlns=\"http://rest.example/\"><Error>"
                            "<Type>Sender</Type><Code>Spoilt</Code><Message>It is &lt;old&gt;.</Message>"
                            "<Item>milk</Item></Error><RequestId>the-request-id</RequestId></ErrorResponse>");
}

TEST(a_service_may_answer_its_errors_bare)
{
    struct dialect bare = *REST_SERVICE.dialect;
    struct service service = REST_SERVICE;
    struct operation operation = REST_PUT_THING;
    struct http_reply reply = {0};
    struct failure failure = {0};

    bare.bare_errors = true;
    service.dialect = &bare;
    operation.service = &service;
    struct call call = call_of(&operation);
    fail(&call, &REST_SPOILT, "%s", "Old.");
    protocol()->encode_error(&call, &reply);
    assert_text(reply.body, "<?xml version=\"1.0\"?>\n<Error><Code>Spoilt</Code><Message>Old.</Message>"
                            "<RequestId>the-request-id</RequestId></Error>");
    assert_false(protocol()->decode_reply(&scratch, &operation, &reply, NULL, &failure));
    assert_text(str_of(failure.error->name), "Spoilt");
    assert_text(failure.message, "Old.");
}

TESTS(test(a_map_of_lists_in_the_query_gets_all_values_of_each_parameter),
      test(a_map_of_lists_repeats_its_names_in_the_query),
      test(members_items_keys_and_values_declare_their_namespaces),
      test(namespaces_do_not_keep_members_from_being_read), test(a_map_in_the_query_gets_all_parameters),
      test(a_named_parameter_goes_before_the_map_s), test(the_path_names_the_operation_and_fills_labels),
      test(lists_in_headers_are_read_with_quotes_and_dates), test(an_empty_header_is_an_empty_list),
      test(a_header_of_the_wrong_type_is_refused),
      test(a_document_is_read_whatever_its_root_and_its_prefixes), test(what_is_no_such_document_is_refused),
      test(what_is_required_and_missing_is_refused_by_validation),
      test(a_member_that_is_refused_asks_for_nothing_when_it_is_empty),
      test(a_reply_is_a_document_with_attributes_and_namespaces),
      test(a_reply_without_anything_in_its_document_has_no_body),
      test(empty_texts_and_lists_are_not_written_to_headers),
      test(lists_are_written_to_headers_with_quotes_where_they_need_them),
      test(a_payload_is_the_whole_body_under_its_own_name), test(moments_are_written_and_read_in_each_format),
      test(milliseconds_are_written_where_the_model_asks_for_iso_8601),
      test(an_error_is_in_an_envelope_and_its_header_in_a_header), test(a_service_may_answer_its_errors_bare))
