/*
 * delivery_policy.c: when a delivery is tried again; figures only.
 *
 * AWS shows the four backoff functions in a graph and says no formulas.  Each begins with the minimum delay
 * and ends with the maximum.  Between them the delay grows
 *
 *     linear:       by the same at each step
 *     arithmetic:   by a step that is each time longer by the same (1, 2, 3, … parts)
 *     geometric:    by the same ratio
 *     exponential:  by a step that is each time twice as long (1, 2, 4, … parts)
 *
 * A backoff phase of one retry waits for the minimum.  SNS adds a random jitter; here the figures are exact.
 */
#include "engine/delivery_policy.h"

#include "base/check.h"

#include <math.h>

enum { MOST_DOUBLINGS = 40 };

/* What part of the way from minimum to maximum is behind, at step i of n. */
static double linear(double i, double n)
{
    return i / n;
}

static double arithmetic(double i, double n)
{
    return i * (i + 1) / (n * (n + 1));
}

/* Of more than a thousand steps 2^n has no double, and all but the last ten are less than a thousandth. */
static double exponential(double i, double n)
{
    return n <= 1000 ? (exp2(i) - 1) / (exp2(n) - 1) : exp2(i - n);
}

static double geometric_delay(const struct delivery_policy *policy, double i, double n)
{
    double min = (double)policy->min_delay_ms, max = (double)policy->max_delay_ms;

    return min > 0 ? min * pow(max / min, i / n) : max * linear(i, n);
}

static int64_t backoff_delay_ms(const struct delivery_policy *policy, int64_t retry)
{
    static double (*const part_at[])(double i, double n) = {
        [BACKOFF_LINEAR] = linear, [BACKOFF_ARITHMETIC] = arithmetic, [BACKOFF_EXPONENTIAL] = exponential};
    double i = (double)retry, n = (double)(policy->backoff_retries - 1);
    double min = (double)policy->min_delay_ms, max = (double)policy->max_delay_ms;

    if (n < 1)
        return policy->min_delay_ms;
    if (policy->backoff == BACKOFF_GEOMETRIC)
        return (int64_t)llround(geometric_delay(policy, i, n));
    return (int64_t)llround(min + (max - min) * part_at[policy->backoff](i, n));
}

int64_t delivery_retry_delay_ms(const struct delivery_policy *policy, int64_t failures)
{
    int64_t retry = failures - 1;

    check(failures > 0);
    if (retry < policy->immediate_retries)
        return 0;
    retry -= policy->immediate_retries;
    if (retry < policy->pre_backoff_retries)
        return policy->min_delay_ms;
    retry -= policy->pre_backoff_retries;
    if (retry < policy->backoff_retries)
        return backoff_delay_ms(policy, retry);
    retry -= policy->backoff_retries;
    return retry < policy->post_backoff_retries ? policy->max_delay_ms : -1;
}

int64_t delivery_policy_total_ms(const struct delivery_policy *policy)
{
    int64_t total_ms = 0, delay_ms;

    for (int64_t failures = 1; (delay_ms = delivery_retry_delay_ms(policy, failures)) >= 0; failures++)
        total_ms += delay_ms;
    return total_ms;
}

int64_t delivery_throttle_delay_ms(const struct delivery_policy *policy, int64_t throttles)
{
    int64_t delay_ms = policy->throttle_min_ms;

    check(throttles > 0 && delay_ms > 0);
    for (int64_t i = 1; i < throttles && i < MOST_DOUBLINGS && delay_ms < policy->throttle_max_ms; i++)
        delay_ms *= 2;
    return delay_ms < policy->throttle_max_ms ? delay_ms : policy->throttle_max_ms;
}
