/*
 * test_doors.c: which door a request is for, who may use it, and replies sent piece by piece.
 */
#include "core.h"

static struct request *get_at(const char *host, const char *path)
{
    return begin_http_at(NULL, path, "Host", host);
}

static struct request *letters(const char *path)
{
    return get_at("localhost", path);
}

/* ---- the door of a request ---- */

TEST(a_path_without_a_door_is_an_operations)
{
    assert_int_equal(status_of(get_at("localhost", "/toy/letter")), 404);
    assert_int_equal(status_of(begin_http("POST", "/toy/letters/ab", "")), 404);
}

TEST(get_answers_head_too)
{
    struct request *head = begin_http("HEAD", "/_orderly/health", "");

    assert_int_equal(status_of(head), 200);
    assert_true(str_find(body_of(head), S("running")) > 0); /* the connection leaves the body out */
}

TEST(an_unknown_path_below_a_folder_of_ours_is_not_found)
{
    assert_text(body_of(begin_http("GET", "/_orderly/healthy", "")),
                "{\"message\":\"There is no such admin path.\"}");
    assert_int_equal(status_of(begin_http("POST", "/_orderly/health", "")), 404);
    assert_int_equal(status_of(begin_http("DELETE", "/_localstack/x", "")), 404);
}

TEST(a_door_of_a_host_goes_before_any_path)
{
    assert_text(body_of(get_at("abc.toy-url.us-east-1.localhost:4566", "/some/path")), "some/path");
    assert_text(body_of(get_at("ABC.Toy-URL.localhost", "/")), "");
    assert_text(body_of(get_at("a.toy-url.localhost", "/_orderly/health")), "_orderly/health");
}

TEST(a_label_of_a_host_is_neither_missing_nor_two)
{
    assert_int_equal(status_of(get_at("toy-url.localhost", "/a")), 404);
    assert_int_equal(status_of(get_at("a.b.toy-url.localhost", "/a")), 404);
    assert_int_equal(status_of(get_at("a.toy-urls.localhost", "/a")), 404);
}

TEST(a_sandboxs_port_has_no_doors)
{
    assert_int_equal(status_of(begin_http_at("s", "/_orderly/health", "Host", "localhost")), 404);
}

static enum outcome answer_nothing(const struct call *call, const struct visit *visit,
                                   struct http_reply *reply)
{
    (void)call, (void)visit, (void)reply;
    return DONE;
}

static const struct door second_health[] = {
    {.method = "GET", .path = "/_orderly/health", .answer = answer_nothing}, {0}};
static const struct door other_method[] = {
    {.method = "PUT", .path = "/_orderly/health", .answer = answer_nothing}, {0}};

static str error_with_doors(const struct door *doors)
{
    struct module module = TOY_MODULE;
    const struct module *modules[] = {&module, NULL};
    static struct arena arena;
    str error = {0};

    core_stop();
    core_close();
    module.doors = doors;
    core_options()->modules = modules;
    struct engine *engine = engine_start(core_options(), &arena, &error);
    if (engine) {
        engine_stop(engine);
        engine_free(engine);
    }
    return error;
}

TEST(two_doors_for_the_same_do_not_start)
{
    assert_text(error_with_doors(second_health), "two doors answer GET /_orderly/health");
}

TEST(doors_of_another_method_start)
{
    assert_absent(error_with_doors(other_method));
}

/* ---- permissions ---- */

TEST(what_changes_something_needs_what_no_form_sends)
{
    assert_int_equal(status_of(begin_http("POST", "/toy/change", "{}")), 200);
    assert_item("changed", "POST");
    assert_int_equal(status_of(begin_http_at(NULL, "/toy/change", "Content-Type", "text/plain")), 403);
    assert_item("changed", "POST");
    assert_int_equal(status_of(begin_http_at(NULL, "/toy/change", "X-Orderly-Admin", "1")), 200);
    assert_item("changed", "GET");
}

TEST(a_url_from_the_address_bar_changes_nothing)
{
    assert_int_equal(status_of(begin_http_at(NULL, "/toy/change", "Sec-Fetch-Site", "none")), 403);
    assert_no_item("changed");
}

TEST(with_strict_authentication_only_open_doors_need_no_signature)
{
    core_options()->strict_auth = true;
    core_options()->root_access_key_id = S("ROOT");
    core_options()->root_secret = S("secret");
    core_restart();
    assert_int_equal(status_of(begin_http("GET", "/_orderly/health", "")), 200);
    assert_int_equal(status_of(begin_http("GET", "/_orderly/clock", "")), 403);
    sign_as("ROOT", "secret", NULL);
    assert_int_equal(status_of(begin_signed_http("GET", "/_orderly/clock", "")), 200);
}

TEST(a_browser_is_led_to_the_console_and_a_program_is_not)
{
    struct request *page = begin_http_at(NULL, "/", "Accept", "text/html,application/xml;q=0.9");

    assert_int_equal(status_of(page), 302);
    assert_int_equal(status_of(begin_http_at(NULL, "/", "Accept", "*/*")), 400);
    assert_int_not_equal(status_of(begin_http_at(NULL, "/?Action=Get", "Accept", "text/html")), 302);
}

/* ---- piece by piece ---- */

TEST(a_handler_runs_again_for_each_piece_and_knows_its_place)
{
    struct request *stream = letters("/toy/letters/abc");

    assert_int_equal(status_of(stream), 200);
    assert_text(body_of(stream), "a");
    take_more(stream);
    assert_text(body_of(stream), "b");
    take_more(stream);
    assert_text(body_of(stream), "c");
    take_more(stream);
    assert_false(has_more(stream));
    assert_text(body_of(stream), "");
    assert_int_equal(outcome_of(stream), DONE);
}

TEST(a_reply_of_a_stream_that_sends_nothing_is_whole)
{
    struct request *stream = letters("/toy/letters/");

    assert_text(body_of(stream), "none");
    assert_false(has_more(stream));
}

TEST(a_stream_that_fails_at_once_is_an_error)
{
    assert_int_equal(status_of(letters("/toy/letters/xa")), 400);
}

TEST(a_stream_that_fails_later_has_no_more_and_did_not_end_well)
{
    struct request *stream = letters("/toy/letters/ax");

    take_more(stream);
    assert_false(has_more(stream));
    assert_int_equal(outcome_of(stream), FAILED);
}

TEST(a_worker_is_not_told_that_the_client_has_gone)
{
    assert_false(leave_stream(letters("/toy/letters/abc")));
}

TEST(a_stream_waits_for_what_comes_next)
{
    struct request *stream = begin_http("GET", "/toy/items/n", "");

    let_run();
    assert_false(is_answered(stream));
    assert_run("put n0 first; wake n");
    assert_text(body_of(stream), "first");
    take_more(stream);
    let_run();
    assert_false(is_answered(stream));
    assert_run("put n1 second; put n2 end; wake n");
    assert_text(body_of(stream), "second");
    take_more(stream);
    assert_false(has_more(stream));
    assert_int_equal(outcome_of(stream), DONE);
}

TEST(a_stream_that_waits_hears_that_its_client_has_gone)
{
    assert_run("put n0 first");
    struct request *stream = begin_http("GET", "/toy/items/n", "");
    take_more(stream);
    let_run();
    assert_false(is_answered(stream));
    cancel(stream);
    assert_false(has_more(stream));
    assert_item("left", "1");
}

TEST(a_stream_between_two_pieces_hears_that_its_client_has_gone)
{
    assert_run("put n0 first; put n1 second");
    struct request *stream = begin_http("GET", "/toy/items/n", "");
    assert_text(body_of(stream), "first");
    assert_true(leave_stream(stream));
    assert_false(has_more(stream));
    assert_item("left", "1");
}

TEST(who_waits_behind_a_stream_that_was_left_is_woken_instead)
{
    assert_run("put n0 first");
    struct request *stream = begin_http("GET", "/toy/items/n", "");
    take_more(stream);
    struct request *waiting = begin_run("wait n open 3600000");
    let_run();
    assert_run("put open 1");
    cancel(stream);
    assert_int_equal(status_of(waiting), 200);
}

TEST(a_stream_that_waits_ends_well_when_the_server_stops)
{
    assert_run("put n0 first");
    struct request *begun = begin_http("GET", "/toy/items/n", "");
    take_more(begun);
    struct request *not_begun = begin_http("GET", "/toy/items/m", "");
    let_run();
    core_stop();
    assert_false(has_more(begun));
    assert_int_equal(outcome_of(begun), DONE);
    assert_int_equal(status_of(not_begun), 503);
}

TEST(a_stream_that_is_asked_for_more_after_the_stop_has_failed)
{
    assert_run("put n0 first; put n1 second");
    struct request *stream = begin_http("GET", "/toy/items/n", "");
    assert_text(body_of(stream), "first");
    core_stop();
    take_more(stream);
    assert_false(has_more(stream));
    assert_int_equal(outcome_of(stream), FAILED);
}

TEST(a_piece_leaves_only_when_what_it_shows_is_on_disk)
{
    struct request *stream = begin_http("GET", "/toy/items/n", "");

    let_run();
    hold_disk(true);
    struct request *write = begin_run("put n0 first; wake n");
    wait_until_disk_is_asked();
    assert_false(is_answered(stream));
    hold_disk(false);
    assert_text(body_of(stream), "first");
    assert_int_equal(status_of(write), 200);
    leave_stream(stream);
    status_of(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        engine_test(a_path_without_a_door_is_an_operations),
        engine_test(get_answers_head_too),
        engine_test(an_unknown_path_below_a_folder_of_ours_is_not_found),
        engine_test(a_door_of_a_host_goes_before_any_path),
        engine_test(a_label_of_a_host_is_neither_missing_nor_two),
        engine_test(a_sandboxs_port_has_no_doors),
        engine_test(two_doors_for_the_same_do_not_start),
        engine_test(doors_of_another_method_start),
        engine_test(what_changes_something_needs_what_no_form_sends),
        engine_test(a_url_from_the_address_bar_changes_nothing),
        engine_test(with_strict_authentication_only_open_doors_need_no_signature),
        engine_test(a_browser_is_led_to_the_console_and_a_program_is_not),
        engine_test(a_handler_runs_again_for_each_piece_and_knows_its_place),
        engine_test(a_reply_of_a_stream_that_sends_nothing_is_whole),
        engine_test(a_stream_that_fails_at_once_is_an_error),
        engine_test(a_stream_that_fails_later_has_no_more_and_did_not_end_well),
        engine_test(a_worker_is_not_told_that_the_client_has_gone),
        engine_test(a_stream_waits_for_what_comes_next),
        engine_test(a_stream_that_waits_hears_that_its_client_has_gone),
        engine_test(a_stream_between_two_pieces_hears_that_its_client_has_gone),
        engine_test(who_waits_behind_a_stream_that_was_left_is_woken_instead),
        engine_test(a_stream_that_waits_ends_well_when_the_server_stops),
        engine_test(a_stream_that_is_asked_for_more_after_the_stop_has_failed),
        engine_test(a_piece_leaves_only_when_what_it_shows_is_on_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
