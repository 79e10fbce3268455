/*
 * test_output.c: text for a terminal.
 */
#include "unit.h"

#include "cli/output.h"

#include <stdlib.h>
#include <unistd.h>

static int start(void **state)
{
    (void)state;
    output_start();
    return 0;
}

TEST(a_message_cannot_steer_the_terminal)
{
    assert_text(output_text(&scratch, S("a\033[31mb\r\nc\x7f\xc2\x9b"
                                        "d\xff")),
                "a [31mb  c  d ");
}

TEST(wide_characters_take_two_columns)
{
    assert_int_equal(output_width(S("Café")), 4);
    assert_int_equal(output_width(S("抹茶")), 4);
    assert_int_equal(output_width(S("")), 0);
}

TEST(a_long_line_ends_in_an_ellipsis)
{
    assert_text(output_line(&scratch, S("Laptop sleeve"), 8), "Laptop …");
    assert_text(output_line(&scratch, S("抹茶抹茶"), 6), "抹茶…");
    assert_text(output_line(&scratch, S("Laptop"), 6), "Laptop");
}

TEST(numbers_are_grouped)
{
    assert_text(output_count(&scratch, 0), "0");
    assert_text(output_count(&scratch, 999), "999");
    assert_text(output_count(&scratch, 10000), "10,000");
    assert_text(output_count(&scratch, 1234567), "1,234,567");
}

TEST(durations_have_the_unit_that_fits)
{
    assert_text(output_duration(&scratch, 1234), "1.2 ms");
    assert_text(output_duration(&scratch, 45678), "45 ms");
    assert_text(output_duration(&scratch, 1250000), "1.25 s");
}

TEST(times_are_utc_to_the_millisecond)
{
    assert_text(output_time(&scratch, INT64_C(1769860800123)), "2026-01-31 12:00:00.123");
}

/* The output on stderr, which is drawn as if it were a terminal. */
static const char *drawn(struct progress *progress, int64_t done)
{
    static char text[512];
    char path[] = "/tmp/orderly-progress-XXXXXX";
    int file = mkstemp(path), saved = dup(STDERR_FILENO);

    progress->shown = true;
    dup2(file, STDERR_FILENO);
    progress_show(progress, done);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t size = pread(file, text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    close(file);
    unlink(path);
    return text;
}

#define HALF "███████████████░░░░░░░░░░░░░░░"

TEST(a_bar_shows_a_rate_only_where_a_unit_is_named)
{
    struct progress waiting = progress_begin("waiting", NULL, 12);
    struct progress publishing = progress_begin("publishing", "orders", 12);

    assert_false(progress_begin("waiting", NULL, 12).shown);
    assert_string_equal(drawn(&waiting, 6), "\r  waiting    " HALF " 6/12 \033[K");
    publishing.began_us -= 2000000;
    const char *text = drawn(&publishing, 6);
    assert_true(str_starts_with(str_of(text), S("\r  publishing " HALF " 6/12  ")));
    assert_true(str_ends_with(str_of(text), S(" orders/s \033[K")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_message_cannot_steer_the_terminal),
        test(wide_characters_take_two_columns),
        test(a_long_line_ends_in_an_ellipsis),
        test(numbers_are_grouped),
        test(durations_have_the_unit_that_fits),
        test(times_are_utc_to_the_millisecond),
        test(a_bar_shows_a_rate_only_where_a_unit_is_named),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
