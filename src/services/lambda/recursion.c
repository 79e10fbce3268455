/*
 * recursion.c: functions that run in a loop with queues, topics, or other functions are stopped.
 *
 * The header of a trace has a lineage, which SDKs in a function pass on with their requests, and queues and
 * topics with their messages: how often each function was invoked on the way of the event, as
 * "Lineage=a87bd80c:1|68fd508a:5" (a function by a part of its digest).  A function that was invoked sixteen
 * times is not invoked again for that event, unless its recursion config allows it.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
#include "invocations.h"
#include "lambda_internal.h"

#include "base/hash.h"
#include "base/text.h"
#include "engine/count.h"
#include "wire/percent.h"

enum {
    MOST_INVOCATIONS = 16,
    MOST_COUNTED = 999, /* of functions that may loop */
    MOST_FUNCTIONS = 32,
    NAME_DIGITS = 8,
};

/* How often a function was invoked. */
struct visits {
    str name;
    int64_t count;
};
struct lineage {
    struct visits items[MOST_FUNCTIONS];
    size_t count;
};

static str name_of(struct arena *arena, const struct function *function)
{
    struct sha256 digest = sha256(function->arn);

    return str_head(hex_encode(arena, HASH_STR(digest)), NAME_DIGITS);
}

static struct visits *visits_of(struct lineage *lineage, str name)
{
    for (size_t i = 0; i < lineage->count; i++)
        if (str_equal(lineage->items[i].name, name))
            return &lineage->items[i];
    return NULL;
}

/* A way through more functions loses the first ones. */
static struct visits *visits_add(struct lineage *lineage, str name)
{
    if (lineage->count == MOST_FUNCTIONS) {
        for (size_t i = 1; i < lineage->count; i++)
            lineage->items[i - 1] = lineage->items[i];
        lineage->count--;
    }
    lineage->items[lineage->count] = (struct visits){.name = name};
    return &lineage->items[lineage->count++];
}

/* Parts that are malformed are left out: clients may send anything. */
static void lineage_add(struct lineage *lineage, str text)
{
    str part, name;
    int64_t count;

    while (!str_empty(text) && str_next(&text, '|', &part)) {
        if (!str_next(&part, ':', &name) || name.size != NAME_DIGITS || !str_to_i64(part, &count) ||
            count < 1)
            continue;
        struct visits *visits = visits_of(lineage, name);
        if (!visits)
            visits = visits_add(lineage, name);
        if (count > visits->count)
            visits->count = count > MOST_COUNTED ? MOST_COUNTED : count;
    }
}

static str lineage_text(struct arena *arena, const struct lineage *lineage)
{
    struct text text = text_in(arena);

    for (size_t i = 0; i < lineage->count; i++)
        text_format(&text, "%s%.*s:%lld", i > 0 ? "|" : "", STR_ARGS(lineage->items[i].name),
                    (long long)lineage->items[i].count);
    return text_str(&text);
}

/* botocore percent-encodes the header. */
str lambda_lineage_of_header(struct arena *arena, str header)
{
    str lineage = trace_header_part(header, S("Lineage")), decoded;

    if (str_empty(lineage))
        return (str){0};
    return percent_decode(arena, lineage, false, &decoded) ? decoded : lineage;
}

str lambda_lineage_join(struct arena *arena, str one, str other)
{
    struct lineage lineage = {0};

    if (!str_present(one) || !str_present(other))
        return str_present(one) ? one : other;
    lineage_add(&lineage, one);
    lineage_add(&lineage, other);
    return lineage_text(arena, &lineage);
}

str lambda_lineage_next(struct arena *arena, const struct function *function, str text)
{
    struct lineage lineage = {0};
    str name = name_of(arena, function);

    lineage_add(&lineage, text);
    struct visits *visits = visits_of(&lineage, name);
    if (!visits)
        visits = visits_add(&lineage, name);
    if (visits->count < MOST_COUNTED)
        visits->count++;
    return lineage_text(arena, &lineage);
}

str lambda_trace_header(struct arena *arena, const struct function *function, str trace_id, str text)
{
    str lineage = lambda_lineage_next(arena, function, text);

    return arena_format(arena, "Root=%.*s;Lineage=%.*s", STR_ARGS(trace_id), STR_ARGS(lineage));
}

bool lambda_loop_is_over(const struct call *call, const struct function *function, str text)
{
    struct lineage lineage = {0};

    if (!str_present(text) ||
        lambda_recursive_loop_of(function->row.recursion) == LAMBDA_RECURSIVE_LOOP_ALLOW)
        return false;
    lineage_add(&lineage, text);
    const struct visits *visits = visits_of(&lineage, name_of(call->arena, function));
    return visits && visits->count >= MOST_INVOCATIONS;
}

void lambda_loop_count(const struct call *call, const struct function *function, bool at_once)
{
    static const struct metric dropped = {"AWS/Lambda", "RecursiveInvocationsDropped", "FunctionName",
                                          "Count"};

    if (at_once)
        count_at_once(call, &dropped, function->row.name, 1);
    else
        count(call, &dropped, function->row.name, 1);
}

bool lambda_loop_check(const struct call *call, const struct function *function)
{
    if (!lambda_loop_is_over(call, function, lambda_lineage_of_header(call->arena, call->trace_header)))
        return true;
    lambda_loop_count(call, function, true);
    run_soon(call, &LAMBDA_TELL_OF_LOOP,
             &(struct lambda_tell_of_loop_request){.version_id = function->row.version_id,
                                                   .trace_id = trace_of_call(call),
                                                   .request_id = call->request_id});
    fail(call, &LAMBDA_RECURSIVE_INVOCATION_EXCEPTION,
         "Lambda has detected your function being invoked in a recursive loop with other AWS resources and "
         "stopped your function's invocation.");
    return false;
}

enum outcome lambda_tell_of_loop(const struct call *call, const struct lambda_tell_of_loop_request *in,
                                 struct lambda_tell_of_loop_output *out)
{
    struct function function;

    (void)out;
    if (!lambda_version_get(call, in->version_id, &function))
        return DONE;
    struct call there = lambda_call_of_function(call, &function);
    trace(&there, &(struct trace_hop){.kind = HOP_NOT_DELIVERED,
                                      .verdict = VERDICT_NOT_DELIVERED,
                                      .trace_id = in->trace_id,
                                      .resource_arn = function.arn,
                                      .request_id = in->request_id,
                                      .reason = S("the request has been in a loop through the function, so "
                                                  "the function is not invoked")});
    return DONE;
}
