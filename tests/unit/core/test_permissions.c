/*
 * test_permissions.c: the resources that the model names are located and authorized before the handler runs:
 * every resource, every action, with the declared keys.
 */
#include "core.h"

#include <stdio.h>

/* Gather's reply, whose status must be this one. */
static str gather(int status, const char *json)
{
    struct request *request = begin("Gather", "%s", json);

    assert_int_equal(status_of(request), status);
    return body_of(request);
}

static void assert_refused(const char *json, const char *sentence)
{
    char reply[256];

    snprintf(reply, sizeof reply, "{\"__type\":\"toy#AccessDenied\",\"message\":\"%s\"}", sentence);
    assert_str(gather(403, json), str_of(reply));
}

TEST(a_handler_gets_the_resources_in_the_order_of_the_model_and_the_request)
{
    assert_run("put a 1; put b 2");
    assert_text(
        gather(200, "{\"Favours\": {\"b\": {}}, \"Wishes\": [{\"Key\": \"none\"}, {\"Key\": \"a\"}]}"),
        "{\"Value\":\"nothing 1 2 \"}");
}

TEST(what_a_request_does_not_name_is_not_asked_for)
{
    assert_text(gather(200, "{}"), "{\"Value\":\"\"}");
    assert_text(gather(200, "{\"Wishes\": [], \"Favours\": {}}"), "{\"Value\":\"\"}");
}

TEST(every_resource_of_a_request_is_authorized)
{
    assert_refused("{\"Wishes\": [{\"Key\": \"denied\"}]}", "root may not toy:Gather.");
    assert_refused("{\"Wishes\": [{\"Key\": \"a\"}, {\"Key\": \"denied\"}]}", "root may not toy:Gather.");
    assert_refused("{\"Wishes\": [{\"Key\": \"a\"}], \"Favours\": {\"b\": {}, \"denied\": {}}}",
                   "root may not toy:Favour.");
}

TEST(a_name_that_can_be_none_is_refused_by_its_locator)
{
    assert_text(gather(400, "{\"Wishes\": [{\"Key\": \"no name\"}, {\"Key\": \"denied\"}]}"),
                "{\"__type\":\"toy#Refused\",\"message\":\"That is no name.\"}");
}

TEST(a_key_s_values_are_found_in_lists_and_maps)
{
    assert_refused("{\"Wishes\": [{\"Key\": \"a\", \"Why\": \"so\"}, {\"Key\": \"b\", \"Why\": \"denied\"}]}",
                   "root may not toy:Gather for toy:Why.");
    assert_refused("{\"Favours\": {\"a\": {\"How\": 12}, \"b\": {\"How\": 13}}}",
                   "root may not toy:Favour for toy:How.");
    assert_refused("{\"Wishes\": [{\"Key\": \"a\"}], \"Into\": \"denied\"}",
                   "root may not toy:Gather for toy:Into.");
}

TEST(an_action_with_a_condition_is_asked_only_when_the_request_has_that)
{
    gather(200, "{\"TagKeys\": [\"denied\"]}");
    gather(200, "{\"After\": \"\", \"TagKeys\": [\"denied\"]}");
    assert_refused("{\"After\": \"a\", \"TagKeys\": [\"denied\"]}", "root may not toy:Ask for aws:TagKeys.");
}

TEST(a_name_is_given_with_another_text_where_the_model_says_so)
{
    assert_run("put a 1; put shelf/a 2");
    assert_text(
        gather(200, "{\"Wishes\": [{\"Key\": \"a\"}], \"Favours\": {\"a\": {}}, \"Within\": \"shelf\"}"),
        "{\"Value\":\"1 2 \"}");
    assert_text(gather(200, "{\"Wishes\": [{\"Key\": \"a\"}], \"Favours\": {\"a\": {}}}"),
                "{\"Value\":\"1 1 \"}");
}

TEST(a_name_that_follows_itself_is_located_once)
{
    assert_run("put a 1; put b 2");
    unsigned before = toy_located;
    assert_text(
        gather(200, "{\"Wishes\": [{\"Key\": \"a\"}, {\"Key\": \"a\"}, {\"Key\": \"b\"}, {\"Key\": \"a\"}]}"),
        "{\"Value\":\"1 1 2 1 \"}");
    assert_int_equal(toy_located - before, 3);
}

TEST(false_asks_for_nothing)
{
    gather(200, "{\"Now\": false, \"TagKeys\": [\"denied\"]}");
    assert_refused("{\"Now\": true, \"TagKeys\": [\"denied\"]}", "root may not toy:Hurry for aws:TagKeys.");
}

TEST(an_action_that_goes_with_another_is_asked_on_the_same_resources)
{
    gather(200, "{\"Tags\": [{\"Key\": \"k\", \"Value\": \"denied\"}]}");
    assert_refused("{\"After\": \"a\", \"Tags\": [{\"Key\": \"k\", \"Value\": \"denied\"}]}",
                   "root may not toy:Ask for aws:RequestTag/k.");
    assert_refused("{\"After\": \"a\", \"Tags\": [{\"Key\": \"denied\"}]}",
                   "root may not toy:Ask for aws:TagKeys.");
}

TESTS(engine_test(a_handler_gets_the_resources_in_the_order_of_the_model_and_the_request),
      engine_test(what_a_request_does_not_name_is_not_asked_for),
      engine_test(every_resource_of_a_request_is_authorized),
      engine_test(a_name_that_can_be_none_is_refused_by_its_locator),
      engine_test(a_key_s_values_are_found_in_lists_and_maps),
      engine_test(an_action_with_a_condition_is_asked_only_when_the_request_has_that),
      engine_test(a_name_is_given_with_another_text_where_the_model_says_so),
      engine_test(a_name_that_follows_itself_is_located_once), engine_test(false_asks_for_nothing),
      engine_test(an_action_that_goes_with_another_is_asked_on_the_same_resources))
