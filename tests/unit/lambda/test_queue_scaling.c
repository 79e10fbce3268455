/*
 * test_queue_scaling.c: how many batches of a queue may be under way, by the rows of those that are.
 */
#include "services/lambda/sources.h"
#include "store/schema.h"
#include "store/store.h"

#undef fail /* the engine's fail(); cmocka has its own */
#include "unit.h"

enum { FIRST = 5, MOST = 1250, STEP_MS = 200, VERSION = 7 };

static struct store *store;
static struct call call = {.arena = &scratch, .now_ms = 1000000};
static struct poll poll;

static void on_durable(void *context, uint64_t sequence)
{
    (void)context;
    (void)sequence;
}

static int setup(void **state)
{
    const struct schema *const schemas[] = {LAMBDA_SCHEMA.uses[0], &LAMBDA_SCHEMA, NULL};
    str error;

    (void)state;
    store =
        store_open(&(struct store_options){.in_memory = true, .schemas = schemas, .on_durable = on_durable},
                   &scratch, &error);
    assert_non_null(store);
    call.txn = store_begin(store);
    call.now_ms = 1000000;
    txn_use_arena(call.txn, &scratch);
    poll = (struct poll){.mapping = {.id = 1, .source_arn = S("arn:aws:sqs:us-east-1:000000000000:q")},
                         .function = {.row = {.version_id = VERSION}}};
    return 0;
}

static int teardown(void **state)
{
    uint64_t sequence;

    (void)state;
    store_commit(store, &sequence);
    store_close(store);
    return 0;
}

static void queue_batch(void)
{
    lambda_add_invocation(call.txn,
                          &(struct lambda_add_invocation_params){.request_id = S("r"),
                                                                 .function_id = 1,
                                                                 .version_id = VERSION,
                                                                 .mapping_id = arena_i64(&scratch, 1),
                                                                 .kind = LAMBDA_INVOCATION_KIND_MAPPING,
                                                                 .payload = S(""),
                                                                 .trace_id = S("t"),
                                                                 .queued_ms = call.now_ms});
}

/* That many more batches run. */
static void begin_batches(int64_t count)
{
    struct lambda_queued_row row;

    for (int64_t i = 0; i < count; i++) {
        queue_batch();
        assert_true(lambda_take_invocation(call.txn,
                                           &(struct lambda_take_invocation_params){
                                               .version_id = VERSION, .sandbox_id = S("s"), .started_ms = 1},
                                           &row));
    }
}

static void end_batches(int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        struct lambda_any_invocation_row row;
        assert_true(
            lambda_any_invocation(call.txn, &(struct lambda_any_invocation_params){.function_id = 1}, &row));
        lambda_invocation_remove(&call, row.id);
    }
}

static bool is_full(void)
{
    int64_t until_ms;

    return lambda_queue_is_full(&call, &poll, &until_ms);
}

/* As a poller does: begin batches until no more may be under way. */
static int64_t fill(void)
{
    while (!is_full())
        begin_batches(1);
    return lambda_queue_under_way(&call, &poll);
}

TEST(five_batches_are_under_way_at_first)
{
    assert_int_equal(fill(), FIRST);
    call.now_ms += STEP_MS - 1;
    assert_int_equal(fill(), FIRST);
}

TEST(one_more_batch_every_fifth_of_a_second_while_all_are_under_way)
{
    fill();
    call.now_ms += STEP_MS;
    assert_int_equal(fill(), FIRST + 1);
    call.now_ms += 60000; /* AWS's minute */
    assert_int_equal(fill(), FIRST + 1 + 300);
}

TEST(there_are_never_more_than_1250)
{
    fill();
    call.now_ms += (MOST - FIRST - 1) * STEP_MS;
    assert_int_equal(fill(), MOST - 1);
    call.now_ms += STEP_MS;
    assert_int_equal(fill(), MOST);
    call.now_ms += 1000 * STEP_MS;
    assert_int_equal(fill(), MOST);
    end_batches(1);
    assert_int_equal(fill(), MOST);
}

TEST(an_empty_queue_with_five_batches_begins_with_five_again)
{
    fill();
    call.now_ms += 20 * STEP_MS;
    assert_int_equal(fill(), FIRST + 20);
    end_batches(19);
    lambda_queue_stops_growing(&call, &poll, true); /* six are still under way */
    assert_int_equal(fill(), FIRST + 20);
    end_batches(20);
    lambda_queue_stops_growing(&call, &poll, true);
    assert_int_equal(fill(), FIRST);
}

TEST(the_growth_pauses_while_the_function_has_no_room)
{
    fill();
    call.now_ms += 10 * STEP_MS;
    assert_int_equal(fill(), FIRST + 10);
    lambda_queue_stops_growing(&call, &poll, false);
    call.now_ms += 10 * STEP_MS;
    assert_int_equal(fill(), FIRST + 10);
    call.now_ms += STEP_MS;
    assert_int_equal(fill(), FIRST + 11);
}

TEST(a_fixed_number_does_not_grow)
{
    poll.mapping.maximum_concurrency = arena_i64(&scratch, 2);
    assert_int_equal(fill(), 2);
    call.now_ms += 100 * STEP_MS;
    assert_int_equal(fill(), 2);
}

TEST(a_fifo_queue_is_bounded_by_its_groups_and_by_1250)
{
    poll.mapping.source_arn = S("arn:aws:sqs:us-east-1:000000000000:q.fifo");
    begin_batches(MOST - 1);
    assert_false(is_full());
    begin_batches(1);
    assert_true(is_full());
}

TEST(batches_that_would_wait_for_a_sandbox_stay_in_the_queue)
{
    begin_batches(FIRST);
    call.now_ms += 100 * STEP_MS;
    is_full();
    call.now_ms += 100 * STEP_MS;
    for (int queued = 0; queued < FIRST + 2 * FIRST; queued++) {
        assert_false(is_full());
        queue_batch();
    }
    assert_true(is_full());
}

#define scaling_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        scaling_test(five_batches_are_under_way_at_first),
        scaling_test(one_more_batch_every_fifth_of_a_second_while_all_are_under_way),
        scaling_test(there_are_never_more_than_1250),
        scaling_test(an_empty_queue_with_five_batches_begins_with_five_again),
        scaling_test(the_growth_pauses_while_the_function_has_no_room),
        scaling_test(a_fixed_number_does_not_grow),
        scaling_test(a_fifo_queue_is_bounded_by_its_groups_and_by_1250),
        scaling_test(batches_that_would_wait_for_a_sandbox_stay_in_the_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
