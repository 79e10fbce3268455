/*
 * search.c: the filters in a request's query.
 *
 * To add a filter, write a function that sets it and an entry of `parameters`.
 */
#include "engine/trace/search.h"
#include "engine_sql.h"

#include "wire/form.h"

enum { USUAL_LIMIT = 50, MOST_TRACES = 100 };

static bool set_message(struct arena *arena, struct search *search, str value)
{
    *list_add(arena, &search->words) = word_of(WORD_MESSAGE, value);
    return !str_empty(value);
}

static bool set_resource(struct arena *arena, struct search *search, str value)
{
    *list_add(arena, &search->words) = word_of(WORD_RESOURCE, value);
    return !str_empty(value);
}

static bool set_text(struct arena *arena, struct search *search, str value)
{
    size_t before = search->words.count;

    words_of_text(arena, value, &search->words);
    return search->words.count > before;
}

static bool set_any_failure(struct arena *arena, struct search *search)
{
    for (int i = 0; i < VERDICTS; i++)
        if (verdict_is_failure((enum verdict)i))
            *list_add(arena, &search->failures) = word_of(WORD_VERDICT, verdict_name((enum verdict)i));
    return true;
}

static bool set_outcome(struct arena *arena, struct search *search, str value)
{
    enum verdict verdict;

    if (str_equal(value, S("any-failure")))
        return set_any_failure(arena, search);
    if (!verdict_find(value, &verdict))
        return false;
    search->has_verdict = true;
    search->verdict = verdict;
    search->ends_well = verdict == VERDICT_OK;
    if (!search->ends_well)
        *list_add(arena, &search->words) = word_of(WORD_VERDICT, value);
    return true;
}

static bool set_since(struct arena *arena, struct search *search, str value)
{
    (void)arena;
    return str_to_i64(value, &search->since_ms);
}

static bool set_until(struct arena *arena, struct search *search, str value)
{
    (void)arena;
    return str_to_i64(value, &search->until_ms);
}

static bool set_took(struct arena *arena, struct search *search, str value)
{
    (void)arena;
    return str_to_i64(value, &search->took_ms) && search->took_ms >= 0;
}

static bool set_limit(struct arena *arena, struct search *search, str value)
{
    (void)arena;
    return str_to_i64(value, &search->limit) && search->limit >= 1 && search->limit <= MOST_TRACES;
}

static bool set_next(struct arena *arena, struct search *search, str value)
{
    (void)arena;
    return str_to_i64(value, &search->before_id);
}

static bool set_after(struct arena *arena, struct search *search, str value)
{
    (void)arena;
    return str_to_i64(value, &search->after_hop) && search->after_hop >= 0;
}

enum { BOTH = SEARCH_PAGE | SEARCH_STREAM };

/* In this order, rarest first: the first filter with words selects the rows to read. */
static const struct parameter {
    str name, takes;
    bool (*set)(struct arena *arena, struct search *search, str value);
    unsigned uses; /* enum search_use */
} parameters[] = {
    {STR_INIT("message"), STR_INIT("a message's id"), set_message, BOTH},
    {STR_INIT("text"), STR_INIT("words of two characters and more"), set_text, BOTH},
    {STR_INIT("resource"), STR_INIT("an ARN"), set_resource, BOTH},
    {STR_INIT("outcome"),
     STR_INIT("ok, any-failure, failed, denied, not-delivered, throttled, timed-out, dead-lettered, "
              "filtered-out or "
              "expired"),
     set_outcome, BOTH},
    {STR_INIT("since"), STR_INIT("milliseconds since 1970"), set_since, SEARCH_PAGE},
    {STR_INIT("until"), STR_INIT("milliseconds since 1970"), set_until, SEARCH_PAGE},
    {STR_INIT("took"), STR_INIT("milliseconds, 0 or more"), set_took, SEARCH_PAGE},
    {STR_INIT("limit"), STR_INIT("a number from 1 to 100"), set_limit, SEARCH_PAGE},
    {STR_INIT("next"), STR_INIT("what an earlier reply gave"), set_next, SEARCH_PAGE},
    {STR_INIT("after"), STR_INIT("the id of a hop"), set_after, SEARCH_STREAM},
};
enum { PARAMETERS = sizeof parameters / sizeof *parameters };

static bool is_parameter(str name, enum search_use use)
{
    for (size_t i = 0; i < PARAMETERS; i++)
        if (str_equal(name, parameters[i].name))
            return parameters[i].uses & use;
    return false;
}

static bool refuse_names(const struct call *call, enum search_use use, struct http_reply *reply)
{
    door_refuse(call, reply, 400,
                use == SEARCH_PAGE
                    ? S("Traces are found by message, text, resource, outcome, since, until, took, limit and "
                        "next.")
                    : S("Hops are followed by message, text, resource and outcome, and from the hop after."));
    return false;
}

/* False: the reply says what is wrong. */
static bool read_parameter(const struct call *call, const struct form *query,
                           const struct parameter *parameter, struct search *search, struct http_reply *reply)
{
    str value = form_get(query, parameter->name);

    if (!str_present(value) || parameter->set(call->arena, search, value))
        return true;
    door_refuse(
        call, reply, 400,
        arena_format(call->arena, "%.*s takes %.*s.", STR_ARGS(parameter->name), STR_ARGS(parameter->takes)));
    return false;
}

bool search_read(const struct call *call, str query_text, enum search_use use, struct search *search,
                 struct http_reply *reply)
{
    struct form query = {0};

    *search =
        (struct search){.until_ms = INT64_MAX, .limit = USUAL_LIMIT, .before_id = INT64_MAX, .after_hop = -1};
    if (!form_parse(call->arena, query_text, &query)) {
        door_refuse(call, reply, 400, S("The query cannot be read."));
        return false;
    }
    for (size_t i = 0; i < query.count; i++)
        if (!is_parameter(query.items[i].name, use))
            return refuse_names(call, use, reply);
    for (size_t i = 0; i < PARAMETERS; i++)
        if (!read_parameter(call, &query, &parameters[i], search, reply))
            return false;
    return true;
}

static bool has_failed(const struct word_list *failures, str words)
{
    for (size_t i = 0; i < failures->count; i++)
        if (word_stored(words, failures->items[i]))
            return true;
    return failures->count == 0;
}

bool search_has_words(const struct search *search, str words)
{
    for (size_t i = 0; i < search->words.count; i++)
        if (!word_stored(words, search->words.items[i]))
            return false;
    return has_failed(&search->failures, words);
}

struct word_list search_first_words(const struct search *search)
{
    if (search->words.count > 0)
        return (struct word_list){.items = search->words.items, .count = 1};
    return search->failures;
}

bool search_wants_hop(const struct search *search, const struct trace_hop *hop)
{
    if (search->failures.count > 0)
        return verdict_is_failure(hop->verdict);
    return !search->has_verdict || hop->verdict == search->verdict;
}
