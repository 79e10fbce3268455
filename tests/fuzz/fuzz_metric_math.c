/*
 * fuzz_metric_math.c: expressions of metric math from strangers, with the searches in them.
 */
#include "services/cloudwatch/math_expression.h"
#include "services/cloudwatch/metric_search.h"

#include "fuzz.h"

enum { POINTS = 3, MOST_EXPRESSION = 2048 };

static int64_t at_s[POINTS] = {60, 120, 240};
static double numbers[POINTS] = {1, -2.5, 0};
static struct series_values series[] = {
    {.period_s = 60, .at_s = at_s, .values = numbers, .count = POINTS},
    {.period_s = 60, .at_s = at_s, .values = numbers, .count = 0},
};
static const struct math_value one = {.kind = MATH_SERIES, .series = series, .count = 1},
                               both = {.kind = MATH_SEVERAL, .series = series, .count = 2};

static const struct math_value *find(void *context, str id)
{
    (void)context;
    return str_equal(id, S("m")) ? &one : NULL;
}

static struct math_value metrics(void *context, str part)
{
    (void)context, (void)part;
    return both;
}

static const char *search(void *context, const struct math_search *wanted, struct math_value *value)
{
    const char *problem = NULL;

    *value = both;
    check(cloudwatch_search_parse(context, wanted->text, &problem) || problem);
    return problem;
}

static const char *band(void *context, str id, double width, struct math_value *value)
{
    (void)context;
    check(width > 0);
    *value = both;
    return str_equal(id, S("m")) ? NULL : "an unknown id";
}

static int64_t start_s(void *context, int64_t period_s)
{
    (void)context;
    check(period_s > 0);
    return 0;
}

FUZZ(arena, input)
{
    unsigned depth = 0;
    struct math_scope scope = {.arena = arena,
                               .find = find,
                               .metrics = metrics,
                               .search = search,
                               .band = band,
                               .context = arena,
                               .start_s = start_s,
                               .end_s = 300,
                               .grid = {.start_s = 0, .end_s = 300, .period_s = 60},
                               .depth = &depth};
    struct math_value value;

    if (input.size <= MOST_EXPRESSION)
        check(cloudwatch_math(&scope, input, &value) || scope.problem);
}
