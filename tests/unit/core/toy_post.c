/*
 * toy_post.c: the toy's deliveries.
 */
#include "toy_sql.h"
#include "toy_steps.h"

#include "base/check.h"

struct delivery_policy toy_policy;
bool toy_has_graves = true;
size_t toy_grave_bytes;

static void add_to(const struct call *call, str key, str value)
{
    toy_add_to_item(call->txn, &(struct toy_add_to_item_params){.key = key, .value = value});
}

static struct delivery delivery_of(const struct call *call, str name, str target, const struct toy_parcel *in)
{
    return (struct delivery){
        .operation = &TOY_DELIVER,
        .dead_letter = toy_has_graves ? &TOY_BURY : NULL,
        .target = arena_concat(call->arena, S("toy/"), target, S("")),
        .in = in,
        .policy = &toy_policy,
        .resource_arn = name,
        .trace_id = S(TOY_TRACE),
    };
}

enum outcome toy_post(const struct call *call, str rest)
{
    str name = toy_word(&rest), target = toy_word(&rest);
    struct toy_parcel in = {.name = name, .steps = toy_inner(call, rest).steps};
    struct delivery delivery = delivery_of(call, name, target, &in);

    delivery_add(call, &delivery);
    return DONE;
}

enum outcome toy_post_many(const struct call *call, str rest)
{
    int64_t left = toy_number(&rest);
    str name = toy_word(&rest), target = toy_word(&rest), content = toy_word(&rest);
    struct toy_parcel in = {.name = name, .steps = toy_inner(call, rest).steps};
    struct delivery delivery = delivery_of(call, name, target, &in);

    if (!str_equal(content, S("-")))
        delivery.body = delivery_body_add(call, content);
    for (; left > 0; left--)
        delivery_add(call, &delivery);
    return DONE;
}

static enum delivery_verdict verdict_of(str text)
{
    static const str names[] = {STR_INIT("delivered"), STR_INIT("failed"), STR_INIT("throttled"),
                                STR_INIT("refused")};
    size_t i = 0;

    while (!str_equal(text, names[i]))
        check(++i < sizeof names / sizeof *names);
    return (enum delivery_verdict)i;
}

static struct delivery_outcome outcome_of(str rest)
{
    enum delivery_verdict verdict = verdict_of(toy_word(&rest));

    return (struct delivery_outcome){.verdict = verdict, .reason = str_trim(rest)};
}

enum outcome toy_post_ended(const struct call *call, str rest)
{
    str name = toy_word(&rest), target = toy_word(&rest);
    struct toy_parcel in = {.name = name, .steps = S("note tries; settle delivered")};
    struct delivery delivery = delivery_of(call, name, target, &in);
    struct delivery_outcome outcome = outcome_of(rest);

    add_to(call, S("again"), delivery_add_ended(call, &delivery, &outcome) ? S("y") : S("n"));
    return DONE;
}

enum outcome toy_settle(const struct call *call, str rest)
{
    struct delivery_outcome outcome = outcome_of(rest);

    add_to(call, S("again"), delivery_end(call, call->delivery->id, &outcome) ? S("y") : S("n"));
    return DONE;
}

enum outcome toy_settle_as(const struct call *call, str rest)
{
    struct toy_find_item_row row;

    return toy_find_item(call->txn, &(struct toy_find_item_params){toy_word(&rest)}, &row)
               ? toy_settle(call, row.value)
               : DONE;
}

/* The id of the attempt that has the note. */
static int64_t noted_id(const struct call *call, str key)
{
    struct toy_find_item_row row;
    int64_t id = 0;

    check(toy_find_item(call->txn, &(struct toy_find_item_params){key}, &row) && str_to_i64(row.value, &id));
    return id;
}

enum outcome toy_settle_later(const struct call *call, str rest)
{
    int64_t id = noted_id(call, toy_word(&rest));
    struct delivery_outcome outcome = outcome_of(rest);

    add_to(call, S("again"), delivery_end(call, id, &outcome) ? S("y") : S("n"));
    return DONE;
}

enum outcome toy_note(const struct call *call, str rest)
{
    str key = toy_word(&rest), id = str_trim(rest);

    add_to(call, key, arena_format(call->arena, "%lld ", (long long)call->delivery->attempt));
    if (!str_empty(id))
        toy_put_item(call->txn, &(struct toy_put_item_params){
                                    .key = id, .value = arena_decimal(call->arena, call->delivery->id)});
    return DONE;
}

enum outcome toy_stamp(const struct call *call, str rest)
{
    add_to(call, toy_word(&rest), arena_format(call->arena, "%lld ", (long long)call->now_ms));
    return DONE;
}

enum outcome toy_read(const struct call *call, str rest)
{
    str body = delivery_body(call);

    add_to(call, toy_word(&rest), str_present(body) ? body : S("nothing"));
    return DONE;
}

enum outcome toy_drop(const struct call *call, str rest)
{
    delivery_drop(call, arena_concat(call->arena, S("toy/"), toy_word(&rest), S("")));
    return DONE;
}

enum outcome toy_deliver(const struct call *call, const struct toy_parcel *in, struct toy_deliver_output *out)
{
    (void)out;
    check(call->delivery && !call->delivery->is_over);
    return toy_run_steps(call, in->steps);
}

enum outcome toy_bury(const struct call *call, const struct toy_parcel *in, struct toy_bury_output *out)
{
    const struct delivery_attempt *made = call->delivery;
    str body = delivery_body(call);

    (void)out;
    check(made && made->is_over);
    if (toy_grave_bytes > 0)
        arena_alloc(call->arena, toy_grave_bytes);
    add_to(call, S("grave"),
           arena_format(call->arena, "%.*s %lld %.*s%.*s;", STR_ARGS(in->name), (long long)made->attempt,
                        STR_ARGS(made->reason), STR_ARGS(body)));
    return str_equal(in->name, S("undead")) ? fail(call, &TOY_REFUSED, "It does not rest.") : DONE;
}
