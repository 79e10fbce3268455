/*
 * test_delivery_policy.c: the figures of delivery policies, as the page "Amazon SNS message delivery retries"
 * and Lambda's on asynchronous invocations have them.
 */
#include "unit.h"

#undef fail /* cmocka's; the engine has its own */
#include "engine/delivery_policy.h"

enum { S_MS = 1000 };

#define assert_delays(policy, first, ...)                                                                    \
    assert_delays_at((policy), (first), (const int64_t[]){__VA_ARGS__},                                      \
                     sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t), __LINE__)

static void assert_delays_at(const struct delivery_policy *policy, int64_t first, const int64_t *delays,
                             size_t count, int line)
{
    for (size_t i = 0; i < count; i++) {
        int64_t delay_ms = delivery_retry_delay_ms(policy, first + (int64_t)i);
        if (delay_ms != delays[i]) {
            print_error("after failure %lld: %lld is not %lld\n", (long long)(first + (int64_t)i),
                        (long long)delay_ms, (long long)delays[i]);
            _fail(__FILE__, line);
        }
    }
}

static const struct delivery_policy aws_managed = {.immediate_retries = 3,
                                                   .pre_backoff_retries = 2,
                                                   .backoff_retries = 10,
                                                   .post_backoff_retries = 100000,
                                                   .backoff = BACKOFF_EXPONENTIAL,
                                                   .min_delay_ms = 1 * S_MS,
                                                   .max_delay_ms = 20 * S_MS};

TEST(endpoints_that_aws_manages_get_100015_retries_in_four_phases)
{
    assert_delays(&aws_managed, 1, 0, 0, 0, 1000, 1000);
    assert_delays(&aws_managed, 6, 1000, 1037, 1112, 1260, 1558, 2153, 3342, 5722, 10481, 20000);
    assert_delays(&aws_managed, 16, 20000, 20000);
    assert_delays(&aws_managed, 100015, 20000, -1, -1);
}

TEST(endpoints_that_customers_manage_get_50_retries_over_six_hours)
{
    const struct delivery_policy policy = {.pre_backoff_retries = 2,
                                           .backoff_retries = 10,
                                           .post_backoff_retries = 38,
                                           .backoff = BACKOFF_EXPONENTIAL,
                                           .min_delay_ms = 10 * S_MS,
                                           .max_delay_ms = 600 * S_MS};
    int64_t total_ms = 0;

    assert_delays(&policy, 1, 10000, 10000);
    assert_delays(&policy, 3, 10000, 11155, 13464, 18082, 27319, 45793, 82740, 156634, 304423, 600000);
    assert_delays(&policy, 50, 600000, -1);
    for (int64_t failures = 1; failures <= 50; failures++)
        total_ms += delivery_retry_delay_ms(&policy, failures);
    assert_true(total_ms > 6 * 3600 * S_MS && total_ms < 7 * 3600 * S_MS);
}

TEST(an_http_policy_of_50_retries_is_taken_apart_as_its_example_says)
{
    const struct delivery_policy policy = {.immediate_retries = 3,
                                           .pre_backoff_retries = 2,
                                           .backoff_retries = 50 - 3 - 2 - 35,
                                           .post_backoff_retries = 35,
                                           .backoff = BACKOFF_EXPONENTIAL,
                                           .min_delay_ms = 1 * S_MS,
                                           .max_delay_ms = 60 * S_MS};

    assert_delays(&policy, 1, 0, 0, 0, 1000, 1000, 1000);
    assert_delays(&policy, 15, 60000, 60000);
    assert_delays(&policy, 50, 60000, -1);
}

TEST(the_default_http_policy_tries_three_times_more_20_seconds_apart)
{
    const struct delivery_policy policy = {.backoff_retries = 3,
                                           .backoff = BACKOFF_LINEAR,
                                           .min_delay_ms = 20 * S_MS,
                                           .max_delay_ms = 20 * S_MS};

    assert_delays(&policy, 1, 20000, 20000, 20000, -1);
}

/* The page's graph: ten retries, from 5 seconds to 260. */
static struct delivery_policy of_the_graph(enum delivery_backoff backoff)
{
    return (struct delivery_policy){
        .backoff_retries = 10, .backoff = backoff, .min_delay_ms = 5 * S_MS, .max_delay_ms = 260 * S_MS};
}

TEST(each_backoff_function_grows_in_its_own_way_from_minimum_to_maximum)
{
    const struct delivery_policy linear = of_the_graph(BACKOFF_LINEAR),
                                 arithmetic = of_the_graph(BACKOFF_ARITHMETIC),
                                 geometric = of_the_graph(BACKOFF_GEOMETRIC),
                                 exponential = of_the_graph(BACKOFF_EXPONENTIAL);

    assert_delays(&linear, 1, 5000, 33333, 61667, 90000, 118333, 146667, 175000, 203333, 231667, 260000, -1);
    assert_delays(&arithmetic, 1, 5000, 10667, 22000, 39000, 61667, 90000, 124000, 163667, 209000, 260000,
                  -1);
    assert_delays(&geometric, 1, 5000, 7756, 12031, 18663, 28949, 44906, 69658, 108054, 167612, 260000, -1);
    assert_delays(&exponential, 1, 5000, 5499, 6497, 8493, 12485, 20470, 36438, 68376, 132250, 260000, -1);
}

TEST(a_backoff_phase_of_one_retry_waits_for_the_minimum_and_one_of_two_for_both)
{
    for (enum delivery_backoff backoff = BACKOFF_LINEAR; backoff <= BACKOFF_EXPONENTIAL; backoff++) {
        struct delivery_policy policy = of_the_graph(backoff);
        policy.backoff_retries = 1;
        assert_delays(&policy, 1, 5000, -1);
        policy.backoff_retries = 2;
        assert_delays(&policy, 1, 5000, 260000, -1);
    }
}

TEST(delays_never_shrink_and_never_leave_their_bounds)
{
    static const int64_t lengths[] = {3, 10, 99, 100, 1000, 1001, 1002, 5000};

    for (enum delivery_backoff backoff = BACKOFF_LINEAR; backoff <= BACKOFF_EXPONENTIAL; backoff++)
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            struct delivery_policy policy = of_the_graph(backoff);
            int64_t before_ms = policy.min_delay_ms;
            policy.backoff_retries = lengths[i];
            for (int64_t failures = 1; failures <= lengths[i]; failures++) {
                int64_t delay_ms = delivery_retry_delay_ms(&policy, failures);
                assert_true(delay_ms >= before_ms && delay_ms <= policy.max_delay_ms);
                before_ms = delay_ms;
            }
            assert_int_equal(before_ms, policy.max_delay_ms);
        }
}

TEST(a_policy_without_retries_tries_once)
{
    const struct delivery_policy policy = {0};

    assert_delays(&policy, 1, -1);
}

TEST(what_failed_asynchronously_is_tried_again_after_one_minute_and_after_two_more)
{
    const struct delivery_policy policy = {.backoff_retries = 2,
                                           .backoff = BACKOFF_LINEAR,
                                           .min_delay_ms = 60 * S_MS,
                                           .max_delay_ms = 120 * S_MS};

    assert_delays(&policy, 1, 60000, 120000, -1);
}

TEST(what_is_throttled_waits_from_one_second_to_five_minutes)
{
    const struct delivery_policy policy = {.throttle_min_ms = 1 * S_MS, .throttle_max_ms = 300 * S_MS};
    static const int64_t delays[] = {1000,  2000,   4000,   8000,   16000, 32000,
                                     64000, 128000, 256000, 300000, 300000};

    for (int64_t i = 0; i < (int64_t)(sizeof delays / sizeof *delays); i++)
        assert_int_equal(delivery_throttle_delay_ms(&policy, i + 1), delays[i]);
    assert_int_equal(delivery_throttle_delay_ms(&policy, INT64_MAX), 300000);
}

TESTS(test(endpoints_that_aws_manages_get_100015_retries_in_four_phases),
      test(endpoints_that_customers_manage_get_50_retries_over_six_hours),
      test(an_http_policy_of_50_retries_is_taken_apart_as_its_example_says),
      test(the_default_http_policy_tries_three_times_more_20_seconds_apart),
      test(each_backoff_function_grows_in_its_own_way_from_minimum_to_maximum),
      test(a_backoff_phase_of_one_retry_waits_for_the_minimum_and_one_of_two_for_both),
      test(delays_never_shrink_and_never_leave_their_bounds), test(a_policy_without_retries_tries_once),
      test(what_failed_asynchronously_is_tried_again_after_one_minute_and_after_two_more),
      test(what_is_throttled_waits_from_one_second_to_five_minutes))
