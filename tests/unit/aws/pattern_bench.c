/*
 * pattern_bench.c: what matching a filter policy of five keys costs: nanoseconds for each message.
 */
#include "aws/event_pattern.h"
#include "base/check.h"
#include "base/time.h"

#include <stdio.h>

enum { ROUNDS = 2000000, NS_PER_US = 1000 };

static const str policy =
    STR_INIT("{\"store\":[\"example_corp\",\"other\"],\"event\":[{\"anything-but\":\"order_cancelled\"}],"
             "\"customer_interests\":[\"rugby\",\"football\",{\"prefix\":\"base\"}],"
             "\"price_usd\":[{\"numeric\":[\">=\",100,\"<\",1000]}],\"region\":[{\"wildcard\":\"eu-*-1\"}]}");
static const str message = STR_INIT(
    "{\"store\":\"example_corp\",\"event\":\"order_placed\",\"customer_interests\":[\"soccer\",\"rugby\"],"
    "\"price_usd\":210.75,\"region\":\"eu-central-1\"}");

int main(void)
{
    struct arena arena = {0};
    str problem;
    const struct event_pattern *pattern =
        event_pattern_parse(&arena, policy, EVENT_PATTERN_SNS_BODY, &problem);
    const struct json *event = json_parse(&arena, message, NULL);
    int64_t began_us = monotonic_us();
    int matched = 0;

    check(pattern && event);
    for (int i = 0; i < ROUNDS; i++)
        matched += event_pattern_matches(pattern, event_lookup_member, (void *)event);
    check(matched == ROUNDS);
    printf("%lld ns for each message\n", (long long)((monotonic_us() - began_us) * NS_PER_US / ROUNDS));
    arena_free(&arena);
    return 0;
}
