/*
 * toy.c: the service for the tests of the engine.
 */
#include "toy_steps.h"

#include "toy_sql.h"

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { FULL_MARGIN = 128 };

str toy_start, toy_poller;
void (*toy_hook)(void);
void (*toy_work_hook)(str key);

str toy_word(str *rest)
{
    str found = {0};

    *rest = str_trim(*rest);
    str_next(rest, ' ', &found);
    return found;
}

int64_t toy_number(str *rest)
{
    int64_t value = 0;

    check(str_to_i64(toy_word(rest), &value));
    return value;
}

/* Steps inside a step. */
struct toy_script toy_inner(const struct call *call, str rest)
{
    struct text text = text_in(call->arena);

    for (size_t i = 0; i < rest.size; i++)
        text_add_char(&text, rest.data[i] == '|' ? ';' : rest.data[i]);
    return (struct toy_script){.steps = text_str(&text)};
}

static enum outcome put(const struct call *call, str rest)
{
    str key = toy_word(&rest);

    toy_put_item(call->txn, &(struct toy_put_item_params){.key = key, .value = str_trim(rest)});
    return DONE;
}

static enum outcome add(const struct call *call, str rest)
{
    str key = toy_word(&rest);

    toy_add_to_item(call->txn, &(struct toy_add_to_item_params){.key = key, .value = str_trim(rest)});
    return DONE;
}

static enum outcome fail_now(const struct call *call, str rest)
{
    return fail(call, &TOY_REFUSED, "As it was told.%.*s", STR_ARGS(rest));
}

static enum outcome break_statement(const struct call *call, str rest)
{
    (void)rest;
    for (int i = 0; i < 2; i++)
        toy_create_item(call->txn, &(struct toy_create_item_params){.key = S("once"), .value = S("")});
    return DONE;
}

static enum outcome use_memory(const struct call *call, str rest)
{
    arena_alloc(call->arena, (size_t)toy_number(&rest));
    return DONE;
}

/* Fails, and leaves no memory. */
static enum outcome fail_full(const struct call *call, str rest)
{
    enum outcome outcome = fail_now(call, rest);
    size_t left = (size_t)(call->arena->end - call->arena->next);

    arena_alloc(call->arena, left > FULL_MARGIN ? left - FULL_MARGIN : 1);
    arena_resize_loose(call->arena, NULL, LIMIT_CALL_MEMORY_BYTES - call->arena->held - FULL_MARGIN);
    return outcome;
}

static enum outcome run_hook(const struct call *call, str rest)
{
    (void)call, (void)rest;
    toy_hook();
    return DONE;
}

static enum outcome ask_permission(const struct call *call, str rest)
{
    return authorize(call, toy_word(&rest), (str){0}) ? DONE : FAILED;
}

static enum outcome answer_at_length(const struct call *call, str rest)
{
    (void)rest;
    reply_is_long(call);
    return DONE;
}

static enum outcome sleep_for_ever(const struct call *call, str rest)
{
    return park(call, toy_word(&rest), INT64_MAX);
}

/* The rest is what the call shows meanwhile. */
static enum outcome wait_for(const struct call *call, str rest)
{
    struct toy_find_item_row row;
    str name = toy_word(&rest), key = toy_word(&rest);
    int64_t give_up_ms = call->arrived_ms + toy_number(&rest);

    if (toy_find_item(call->txn, &(struct toy_find_item_params){.key = key}, &row) ||
        call->now_ms >= give_up_ms || call->last_run)
        return DONE;
    return str_empty(rest) ? park(call, name, give_up_ms)
                           : park_showing(call, name, give_up_ms, str_trim(rest));
}

static enum outcome put_shown(const struct call *call, str rest)
{
    str key = toy_word(&rest), shown = shown_by(call, toy_word(&rest));

    toy_put_item(call->txn, &(struct toy_put_item_params){
                                .key = key, .value = str_present(shown) ? shown : S("nothing")});
    return DONE;
}

static enum outcome wake_one(const struct call *call, str rest)
{
    wake(call, toy_word(&rest));
    return DONE;
}

static enum outcome wake_everyone(const struct call *call, str rest)
{
    wake_all(call, toy_word(&rest));
    return DONE;
}

static enum outcome try(const struct call *call, str rest)
{
    struct toy_script in = toy_inner(call, rest);
    struct toy_run_output out;
    struct failure failure;
    enum outcome outcome =
        invoke(call, service_principal(call, S("toy.amazonaws.com"), S("arn:aws:toy:::it")), &TOY_RUN, &in,
               &out, &failure);

    check((outcome == FAILED) == (failure.error != NULL));
    return outcome == FAILED ? DONE : outcome;
}

static enum outcome invoke_it(const struct call *call, str rest)
{
    struct toy_script in = toy_inner(call, rest);
    struct toy_run_output out;

    return invoke(call, call->caller, &TOY_RUN, &in, &out, &call->progress->failure);
}

static enum outcome spawn_it(const struct call *call, str rest)
{
    struct toy_script in = toy_inner(call, rest);

    spawn(call, &TOY_RUN_LATER, (str){0}, &in);
    return DONE;
}

static enum outcome begin_poller(const struct call *call, str rest)
{
    str id = toy_word(&rest);
    struct toy_script in = toy_inner(call, rest);

    spawn(call, &TOY_RUN_LATER, id, &in);
    return DONE;
}

static enum outcome end_poller(const struct call *call, str rest)
{
    spawn_end(call, &TOY_RUN_LATER, toy_word(&rest));
    return DONE;
}

static enum outcome wake_poller(const struct call *call, str rest)
{
    spawn_wake(call, &TOY_RUN_LATER, toy_word(&rest));
    return DONE;
}

static enum outcome rest_for(const struct call *call, str rest_ms)
{
    return spawn_rest(call, call->now_ms + toy_number(&rest_ms));
}

static enum outcome glance_at(const struct call *call, str rest)
{
    struct toy_get_request in = {.key = toy_word(&rest)};
    struct toy_got out = {0};
    enum outcome outcome = invoke(call, call->caller, &TOY_GLANCE, &in, &out, &call->progress->failure);

    toy_put_item(call->txn, &(struct toy_put_item_params){.key = toy_word(&rest), .value = out.value});
    return outcome;
}

static enum outcome foresee_later(const struct call *call, str rest)
{
    str key = toy_word(&rest);
    struct toy_foresee_request in = {.key = key, .into = toy_word(&rest)};

    spawn(call, &TOY_FORESEE_LATER, (str){0}, &in);
    return DONE;
}

static enum outcome set_timer(const struct call *call, str rest)
{
    str id = toy_word(&rest);
    int64_t delay_ms = toy_number(&rest);
    struct toy_script in = toy_inner(call, rest);

    timer_set(call, &TOY_RUN_LATER, id, call->now_ms + delay_ms, &in);
    return DONE;
}

static enum outcome set_timer_of_another_kind(const struct call *call, str rest)
{
    struct toy_foresee_request in = {.key = toy_word(&rest), .into = S("")};

    timer_set(call, &TOY_FORESEE_LATER, in.key, call->now_ms + toy_number(&rest), &in);
    return DONE;
}

static enum outcome cancel_timer(const struct call *call, str rest)
{
    timer_cancel(call, &TOY_RUN_LATER, toy_word(&rest));
    return DONE;
}

static enum outcome sweep(const struct call *call, str rest)
{
    str name = toy_word(&rest);
    int64_t left = toy_number(&rest);

    do {
        toy_add_to_item(call->txn, &(struct toy_add_to_item_params){.key = S("swept"), .value = name});
        if (toy_hook)
            toy_hook();
        left--;
    } while (left > 0 && !slice_is_over(call));
    struct toy_script in = {
        .steps = arena_format(call->arena, "sweep %.*s %lld", STR_ARGS(name), (long long)left)};
    if (left > 0)
        slice_again(call, &TOY_RUN_LATER, name, &in);
    return DONE;
}

static enum outcome write_hops(const struct call *call, str rest)
{
    str id = toy_word(&rest);

    for (int64_t left = toy_number(&rest); left > 0; left--)
        trace(call,
              &(struct trace_hop){.kind = HOP_PUT, .trace_id = id, .resource_arn = S("toy"), .text = rest});
    return DONE;
}

static enum outcome begin_effect(const struct call *call, str rest)
{
    str id = toy_word(&rest);

    world_act_effect(call, &(struct world_act_input){.id = id, .text = str_trim(rest)});
    return DONE;
}

static enum outcome promise_nothing(const struct call *call, str rest)
{
    (void)rest;
    answer_unsynced(call);
    return DONE;
}

static enum outcome hand_text(const struct call *call, str rest)
{
    str gate = toy_word(&rest);

    if (!hand_over(call, gate, str_trim(rest)))
        toy_put_item(call->txn, &(struct toy_put_item_params){.key = S("nobody"), .value = gate});
    return DONE;
}

static enum outcome put_handed(const struct call *call, str rest)
{
    if (str_present(handed_over(call)))
        toy_put_item(call->txn,
                     &(struct toy_put_item_params){.key = toy_word(&rest), .value = handed_over(call)});
    return DONE;
}

static enum outcome seal_data(const struct call *call, str rest)
{
    str key = toy_word(&rest), purpose = toy_word(&rest);

    toy_put_item(call->txn,
                 &(struct toy_put_item_params){.key = key, .value = seal(call, purpose, str_trim(rest))});
    return DONE;
}

static enum outcome unseal_data(const struct call *call, str rest)
{
    str key = toy_word(&rest), purpose = toy_word(&rest), data;

    if (!unseal(call, purpose, str_trim(rest), &data))
        data = S("refused");
    toy_put_item(call->txn, &(struct toy_put_item_params){.key = key, .value = data});
    return DONE;
}

static void count_item(struct txn *txn, char half, int64_t key, int64_t by)
{
    char name[32], value[32];

    snprintf(name, sizeof name, "%c%lld", half, (long long)key);
    snprintf(value, sizeof value, "%lld", (long long)by);
    toy_count_item(txn, &(struct toy_count_item_params){.key = str_of(name), .value = str_of(value)});
}

static void store_sum(struct txn *txn, const struct sum *sum)
{
    count_item(txn, 'a', sum->key[1], sum->by[0]);
    count_item(txn, 'b', sum->key[1], sum->by[1]);
}

/* "sum KEY BY BY": stores the sums as the items a<key> and b<key>. */
static enum outcome add_to_sum(const struct call *call, str rest)
{
    int64_t key = toy_number(&rest), by_a = toy_number(&rest), by_b = toy_number(&rest);

    sum_add(call, &(struct sum){.store = store_sum, .key = {1, key}, .by = {by_a, by_b}});
    return DONE;
}

static enum outcome store_sums(const struct call *call, str rest)
{
    (void)rest;
    sums_store(call);
    return DONE;
}

/* "added ITEM KEY" */
static enum outcome put_added(const struct call *call, str rest)
{
    str item = toy_word(&rest);
    struct sum sum = sum_added(call, &(struct sum){.store = store_sum, .key = {1, toy_number(&rest)}});
    str value = arena_format(call->arena, "%lld %lld", (long long)sum.by[0], (long long)sum.by[1]);

    toy_put_item(call->txn, &(struct toy_put_item_params){.key = item, .value = value});
    return DONE;
}

static const struct {
    str name;
    enum outcome (*run)(const struct call *call, str rest);
} steps_known[] = {
    {STR_INIT("put"), put},
    {STR_INIT("add"), add},
    {STR_INIT("fail"), fail_now},
    {STR_INIT("fail-full"), fail_full},
    {STR_INIT("break"), break_statement},
    {STR_INIT("use"), use_memory},
    {STR_INIT("hook"), run_hook},
    {STR_INIT("ask"), ask_permission},
    {STR_INIT("long"), answer_at_length},
    {STR_INIT("sleep"), sleep_for_ever},
    {STR_INIT("wait"), wait_for},
    {STR_INIT("wake"), wake_one},
    {STR_INIT("wake_all"), wake_everyone},
    {STR_INIT("try"), try},
    {STR_INIT("invoke"), invoke_it},
    {STR_INIT("spawn"), spawn_it},
    {STR_INIT("foresee"), foresee_later},
    {STR_INIT("poll"), begin_poller},
    {STR_INIT("unpoll"), end_poller},
    {STR_INIT("poke"), wake_poller},
    {STR_INIT("rest"), rest_for},
    {STR_INIT("glance"), glance_at},
    {STR_INIT("timer"), set_timer},
    {STR_INIT("other-timer"), set_timer_of_another_kind},
    {STR_INIT("cancel"), cancel_timer},
    {STR_INIT("count"), toy_count_value},
    {STR_INIT("count-at-once"), toy_count_value_at_once},
    {STR_INIT("count-time"), toy_count_time},
    {STR_INIT("count-times-at-once"), toy_count_times_at_once},
    {STR_INIT("count-alone"), toy_count_alone},
    {STR_INIT("count-operation"), toy_count_operation},
    {STR_INIT("count-two"), toy_count_two},
    {STR_INIT("effect"), begin_effect},
    {STR_INIT("unsynced"), promise_nothing},
    {STR_INIT("hand"), hand_text},
    {STR_INIT("handed"), put_handed},
    {STR_INIT("shown"), put_shown},
    {STR_INIT("sweep"), sweep},
    {STR_INIT("hops"), write_hops},
    {STR_INIT("sum"), add_to_sum},
    {STR_INIT("sums"), store_sums},
    {STR_INIT("added"), put_added},
    {STR_INIT("seal"), seal_data},
    {STR_INIT("unseal"), unseal_data},
    {STR_INIT("post"), toy_post},
    {STR_INIT("post_many"), toy_post_many},
    {STR_INIT("posted"), toy_post_ended},
    {STR_INIT("settle"), toy_settle},
    {STR_INIT("settle_as"), toy_settle_as},
    {STR_INIT("settle_later"), toy_settle_later},
    {STR_INIT("note"), toy_note},
    {STR_INIT("stamp"), toy_stamp},
    {STR_INIT("read"), toy_read},
    {STR_INIT("drop"), toy_drop},
};

static enum outcome run_step(const struct call *call, str step)
{
    str name = toy_word(&step);

    if (str_empty(name))
        return DONE;
    for (size_t i = 0; i < sizeof steps_known / sizeof *steps_known; i++)
        if (str_equal(name, steps_known[i].name))
            return steps_known[i].run(call, step);
    check_failed(__FILE__, __LINE__, "a step that is known");
}

enum outcome toy_run_steps(const struct call *call, str steps)
{
    enum outcome outcome = DONE;
    str step;

    while (outcome == DONE && str_next(&steps, ';', &step))
        outcome = run_step(call, step);
    return outcome;
}

enum outcome toy_run(const struct call *call, const struct toy_script *in, struct toy_run_output *out)
{
    (void)out;
    call->progress->authorized = true;
    return toy_run_steps(call, in->steps);
}

enum outcome toy_run_later(const struct call *call, const struct toy_script *in,
                           struct toy_run_later_output *out)
{
    (void)out;
    return toy_run_steps(call, in->steps);
}

enum outcome toy_run_told(const struct call *call, const struct world_told *in,
                          struct toy_run_told_output *out)
{
    (void)out;
    return toy_run_steps(call, in->steps);
}

enum outcome toy_send(const struct call *call, const struct toy_send_request *in, struct toy_send_output *out)
{
    int64_t visible_ms = call->now_ms + (in->delay_ms ? *in->delay_ms : 0);

    (void)out;
    if (!authorize(call, in->queue, (str){0}))
        return FAILED;
    toy_add_message(call->txn, &(struct toy_add_message_params){
                                   .queue = in->queue, .visible_ms = visible_ms, .body = in->body});
    if (visible_ms > call->now_ms)
        wake_at(call, in->queue, visible_ms);
    else
        wake(call, in->queue);
    return DONE;
}

_Atomic unsigned toy_located;

bool toy_locate_item(const struct call *call, str given, str with, struct resource *found)
{
    struct toy_find_item_row *row = arena_new(call->arena, struct toy_find_item_row);

    toy_located++;
    found->arn = str_present(with) ? arena_concat(call->arena, with, S("/"), given) : given;
    if (toy_find_item(call->txn, &(struct toy_find_item_params){found->arn}, row))
        found->row = row;
    if (!str_equal(given, S("no name")))
        return true;
    fail(call, &TOY_REFUSED, "That is no name.");
    return false;
}

void toy_gather_into(const struct call *call, const struct toy_gather_request *in,
                     const struct resource *resource, struct context_list *context)
{
    (void)resource;
    context_add(call, context, S("toy:Into"), str_present(in->into) ? in->into : S("nowhere"));
}

enum outcome toy_gather(const struct call *call, const struct toy_gather_request *in, struct toy_got *out)
{
    out->value = S("");
    for (size_t i = 0; i < in->wishes.count + in->favours.count; i++) {
        const struct toy_find_item_row *row = call_resource(call, i)->row;
        out->value = arena_concat(call->arena, out->value, row ? row->value : S("nothing"), S(" "));
    }
    return DONE;
}

static int64_t next_visible_ms(const struct call *call, str queue)
{
    struct toy_find_next_message_row next;
    bool found = toy_find_next_message(call->txn, &(struct toy_find_next_message_params){queue}, &next);

    return found ? next.visible_ms : INT64_MAX;
}

enum outcome toy_receive(const struct call *call, const struct toy_receive_request *in,
                         struct toy_received *out)
{
    const struct toy_take_message_params visible = {.queue = in->queue, .now_ms = call->now_ms};
    struct toy_take_message_row message;
    int64_t give_up_ms = call->arrived_ms + in->wait_ms;

    if (!authorize(call, in->queue, (str){0}))
        return FAILED;
    if (toy_take_message(call->txn, &visible, &message)) {
        out->body = message.body;
        if (awaited(call, in->queue))
            wake_at(call, in->queue, next_visible_ms(call, in->queue));
        return DONE;
    }
    if (call->now_ms >= give_up_ms || call->last_run)
        return DONE;
    int64_t next_ms = next_visible_ms(call, in->queue);
    return park(call, in->queue, next_ms < give_up_ms ? next_ms : give_up_ms);
}

void toy_foresee_prepare(const struct call *call, const struct toy_foresee_request *in)
{
    struct toy_find_item_row *row = arena_new(call->arena, struct toy_find_item_row);

    if (toy_work_hook)
        toy_work_hook(in->key);
    if (!authorize(call, in->key, (str){0}))
        return;
    if (!toy_find_item(call->txn, &(struct toy_find_item_params){in->key}, row)) {
        fail(call, &TOY_REFUSED, "This is forgotten.");
        return;
    }
    if (str_equal(row->value, S("greedy")))
        arena_alloc(call->arena, LIMIT_CALL_MEMORY_BYTES);
    leave_prepared(call, row);
}

enum outcome toy_foresee(const struct call *call, const struct toy_foresee_request *in,
                         struct toy_foresee_output *out)
{
    const struct toy_find_item_row *foreseen = prepared(call);
    struct toy_foresee_request also = {.key = in->key, .into = in->also};
    struct toy_find_item_row row;

    if (!authorize(call, in->key, (str){0}))
        return FAILED;
    if (str_present(in->after) &&
        !toy_find_item(call->txn, &(struct toy_find_item_params){in->after}, &row)) {
        toy_put_item(call->txn, &(struct toy_put_item_params){.key = in->into, .value = S("waits")});
        memset(arena_alloc(call->arena, 256), 'x', 256); /* the next run must not find these bytes */
        return park(call, in->after, INT64_MAX);
    }
    toy_put_item(call->txn, &(struct toy_put_item_params){
                                .key = in->into, .value = foreseen ? foreseen->value : S("nothing")});
    return str_present(in->also)
               ? invoke(call, call->caller, &TOY_FORESEE, &also, out, &call->progress->failure)
               : DONE;
}

void toy_foresee_much_prepare(const struct call *call, const struct toy_foresee_request *in)
{
    toy_foresee_prepare(call, in);
}

enum outcome toy_foresee_much(const struct call *call, const struct toy_foresee_request *in,
                              struct toy_foresee_much_output *out)
{
    struct toy_foresee_output same;
    struct toy_find_item_row row = {0};

    (void)out;
    toy_find_item(call->txn, &(struct toy_find_item_params){.key = in->key}, &row);
    if (str_starts_with(row.value, S("much")) && may_move_to_worker(call))
        return move_to_worker(call);
    return toy_foresee(call, in, &same);
}

void toy_foresee_later_prepare(const struct call *call, const struct toy_foresee_request *in)
{
    toy_foresee_prepare(call, in);
}

enum outcome toy_foresee_later(const struct call *call, const struct toy_foresee_request *in,
                               struct toy_foresee_later_output *out)
{
    struct toy_foresee_output same;

    (void)out;
    return toy_foresee(call, in, &same);
}

enum outcome toy_get(const struct call *call, const struct toy_get_request *in, struct toy_got *out)
{
    struct toy_find_item_row row;

    if (!authorize(call, in->key, (str){0}))
        return FAILED;
    if (toy_find_item(call->txn, &(struct toy_find_item_params){in->key}, &row))
        out->value = row.value;
    return DONE;
}

enum outcome toy_glance(const struct call *call, const struct toy_get_request *in, struct toy_got *out)
{
    struct toy_find_item_row row = {0};

    if (!authorize(call, in->key, (str){0}))
        return FAILED;
    toy_find_item(call->txn, &(struct toy_find_item_params){in->key}, &row);
    if (str_starts_with(row.value, S("much")) && may_move_to_worker(call))
        return move_to_worker(call);
    out->value = row.value;
    return DONE;
}

enum outcome toy_look(const struct call *call, const struct toy_get_request *in, struct toy_got *out)
{
    if (!authorize(call, in->key, (str){0}))
        return FAILED;
    if (toy_work_hook)
        toy_work_hook(in->key);
    read_anew(call);
    out->value = time_is_up(call) ? S("early") : S("whole");
    return DONE;
}

static void start(const struct call *call)
{
    toy_run_steps(call, toy_start);
    if (str_present(toy_poller)) {
        struct toy_script in = {.steps = toy_poller};
        spawn(call, &TOY_RUN_LATER, (str){0}, &in);
    }
}

/* ---- doors ---- */

static void reply_text(struct http_reply *reply, str body)
{
    *reply = (struct http_reply){.status = 200, .content_type = S("text/plain"), .body = body};
}

static enum outcome send_letter(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    size_t at = stream_place(call).size;
    str rest = str_from(visit->rest, at < visit->rest.size ? at : visit->rest.size);

    reply_text(reply, S("none"));
    if (str_empty(rest))
        return DONE;
    if (rest.data[0] == 'x')
        return fail(call, &TOY_REFUSED, "An x.");
    stream_keep(call, str_head(visit->rest, at + 1));
    return stream_send(call, str_head(rest, 1));
}

static enum outcome send_item(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    struct toy_find_item_row row;
    int64_t number = 0;

    str_to_i64(stream_place(call), &number);
    if (stream_left(call)) {
        toy_put_item(call->txn, &(struct toy_put_item_params){.key = S("left"), .value = stream_place(call)});
        return DONE;
    }
    str key = arena_format(call->arena, "%.*s%lld", STR_ARGS(visit->rest), (long long)number);
    if (!toy_find_item(call->txn, &(struct toy_find_item_params){.key = key}, &row))
        return park(call, visit->rest, INT64_MAX);
    reply_text(reply, S("nothing"));
    if (str_equal(row.value, S("end")))
        return DONE;
    stream_keep(call, arena_format(call->arena, "%lld", (long long)number + 1));
    return stream_send(call, row.value);
}

static enum outcome change(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    toy_put_item(call->txn,
                 &(struct toy_put_item_params){.key = S("changed"), .value = visit->request->method});
    reply_text(reply, S("changed"));
    return DONE;
}

static enum outcome show_host(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    (void)call;
    reply_text(reply, visit->rest);
    return DONE;
}

static const struct door doors[] = {
    {NULL, "GET", "/toy/letters/*", send_letter, .flags = DOOR_OPEN | DOOR_ON_WORKER | DOOR_STREAMS},
    {NULL, "GET", "/toy/items/*", send_item, .flags = DOOR_OPEN | DOOR_ON_ENGINE | DOOR_STREAMS},
    {NULL, NULL, "/toy/change", change, .flags = DOOR_ON_ENGINE | DOOR_CHANGES},
    {"*.toy-url.*", NULL, "/*", show_host, .flags = DOOR_OPEN},
    {0},
};

const struct module TOY_MODULE = {.service = &TOY_SERVICE,
                                  .schema = &TOY_SCHEMA,
                                  .start = start,
                                  .doors = doors,
                                  .counted = toy_keep_counted};
