/*
 * test_cache.c: a cached statement finds what is in the database, usually without reading the database.
 */
#include "fixture.h"

#include "store/store_internal.h"

#include <string.h>

static void end_read(struct store_reader *reader)
{
    uint64_t sequence;

    assert_true(store_end_read(reader, &sequence));
}

/* The number of runs of the statement since the last call. */
static int look_ups(struct txn *txn)
{
    static const char text[] =
        "select body, receives, note, due_ms, weight from demo_message where id = :id and";
    size_t i = 0;

    while (strncmp(DEMO_SCHEMA.statements[i], text, sizeof text - 1) != 0)
        i++;
    sqlite3_stmt *prepared = txn->schemas[0].statements[i].prepared;
    return prepared ? sqlite3_stmt_status(prepared, SQLITE_STMTSTATUS_RUN, 1) : 0;
}

static bool look_up(struct txn *txn, int64_t id, struct demo_look_up_row *row)
{
    return demo_look_up(txn, &(struct demo_look_up_params){.id = id, .body = S("x")}, row);
}

/* -1 when the row is missing. */
static int64_t receives_of(struct txn *txn, int64_t id)
{
    struct demo_look_up_row row;

    return look_up(txn, id, &row) ? row.receives : -1;
}

static void receive(struct txn *txn, int64_t id)
{
    struct demo_receive_row row;

    assert_true(demo_receive(txn, &(struct demo_receive_params){id}, &row));
}

static void put(struct txn *txn, int64_t id)
{
    assert_int_equal(demo_put(txn, &(struct demo_put_params){.id = id, .body = S("x")}), 1);
}

static void a_row_is_found_once_and_kept_over_commits(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);

    put(txn, 1);
    assert_int_equal(receives_of(txn, 2), -1);
    assert_int_equal(receives_of(txn, 1), 0);
    look_ups(txn);
    assert_int_equal(receives_of(txn, 1), 0);
    commit(fixture->store);
    txn = begin(fixture);
    assert_int_equal(receives_of(txn, 1), 0);
    assert_int_equal(demo_add_name(txn, &(struct demo_add_name_params){S("another table's")}), 1);
    assert_int_equal(receives_of(txn, 1), 0);
    assert_int_equal(look_ups(txn), 0);
    assert_int_equal(receives_of(txn, 2), -1);
    assert_int_equal(look_ups(txn), 1);
    commit(fixture->store);
}

static void what_was_found_is_whole_and_stays_when_the_cache_is_dropped(void **state)
{
    struct fixture *fixture = *state;
    struct demo_look_up_row found, again;
    const int64_t due_ms = 7;
    const double weight = 0.5;
    struct txn *txn = begin(fixture);

    int64_t id = demo_add(
        txn,
        &(struct demo_add_params){.body = S("x"), .note = S("a note"), .due_ms = &due_ms, .weight = &weight});
    assert_true(look_up(txn, id, &found));
    assert_true(look_up(txn, id, &again));
    assert_int_equal(look_ups(txn), 1);
    for (int64_t other = 100; other < 300; other++) {
        put(txn, other);
        assert_int_equal(receives_of(txn, other), 0);
    }
    const struct demo_look_up_row *rows[] = {&found, &again};
    for (size_t i = 0; i < 2; i++) {
        assert_true(str_equal(rows[i]->body, S("x")) && str_equal(rows[i]->note, S("a note")));
        assert_int_equal(*rows[i]->due_ms, due_ms);
        assert_true(*rows[i]->weight == weight);
    }
    put(txn, 300);
    assert_true(look_up(txn, 300, &found) && look_up(txn, 300, &again));
    assert_false(str_present(again.note) || again.due_ms || again.weight);
    commit(fixture->store);
}

static void a_row_of_numbers_is_kept_and_forgotten_like_others(void **state)
{
    struct fixture *fixture = *state;
    const struct demo_look_up_receives_params params = {1};
    struct demo_look_up_receives_row row;
    struct txn *txn = begin(fixture);

    put(txn, 1);
    for (int i = 0; i < 2; i++) {
        assert_true(demo_look_up_receives(txn, &params, &row));
        assert_int_equal(row.receives, 0);
    }
    receive(txn, 1);
    assert_true(demo_look_up_receives(txn, &params, &row));
    assert_int_equal(row.receives, 1);
    commit(fixture->store);
}

static void a_change_in_the_same_transaction_is_seen(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);

    put(txn, 1);
    assert_int_equal(receives_of(txn, 1), 0);
    receive(txn, 1);
    assert_int_equal(receives_of(txn, 1), 1);
    demo_remove(txn, &(struct demo_remove_params){1});
    assert_int_equal(receives_of(txn, 1), -1);
    put(txn, 1);
    assert_int_equal(receives_of(txn, 1), 0);
    txn_delete_everything(txn, NULL);
    assert_int_equal(receives_of(txn, 1), -1);
    commit(fixture->store);
}

static void what_a_failed_call_has_changed_is_forgotten_with_it(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);

    put(txn, 1);
    txn_savepoint(txn);
    txn_savepoint(txn);
    receive(txn, 1);
    put(txn, 2);
    assert_int_equal(receives_of(txn, 1), 1);
    assert_int_equal(receives_of(txn, 2), 0);
    txn_release(txn);
    txn_rollback(txn);
    assert_int_equal(receives_of(txn, 1), 0);
    assert_int_equal(receives_of(txn, 2), -1);
    look_ups(txn);
    txn_savepoint(txn);
    txn_rollback(txn); /* this call had changed nothing */
    assert_int_equal(receives_of(txn, 1), 0);
    assert_int_equal(look_ups(txn), 0);
    commit(fixture->store);
}

static void a_batch_that_fails_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    struct txn *txn = begin(fixture);
    uint64_t sequence;

    put(txn, 1);
    commit(fixture->store);
    txn = begin(fixture);
    receive(txn, 1);
    assert_int_equal(receives_of(txn, 1), 1);
    demo_put(txn, &(struct demo_put_params){.id = 1,
                                            .body = S("x")}); /* the first row with this id and body exists */
    assert_int_equal(receives_of(txn, 1), -1);                /* and is not found any more */
    assert_false(store_commit(fixture->store, &sequence));
    txn = begin(fixture);
    assert_int_equal(receives_of(txn, 1), 0);
    commit(fixture->store);
}

static void a_reader_finds_what_its_snapshot_has(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);
    struct txn *txn = begin(fixture);

    put(txn, 1);
    commit(fixture->store);
    struct txn *read = begin_read(fixture, reader);
    assert_int_equal(receives_of(read, 1), 0);
    txn = begin(fixture);
    receive(txn, 1);
    commit(fixture->store);
    assert_int_equal(receives_of(read, 1), 0);
    look_ups(read);
    store_read_anew(read);
    assert_int_equal(receives_of(read, 1), 1);
    end_read(reader);
    read = begin_read(fixture, reader);
    assert_int_equal(receives_of(read, 1), 1);
    assert_int_equal(look_ups(read), 1);
    end_read(reader);
    store_reader_close(reader);
}

/* Is a snapshot open? */
static bool has_snapshot(struct txn *txn)
{
    return sqlite3_txn_state(txn->db, NULL) != SQLITE_TXN_NONE;
}

static void commit_message(struct fixture *fixture, int64_t id)
{
    put(begin(fixture), id);
    commit(fixture->store);
}

static void commit_receive(struct fixture *fixture, int64_t id)
{
    receive(begin(fixture), id);
    commit(fixture->store);
}

static void commit_name(struct fixture *fixture, str name)
{
    assert_int_equal(demo_add_name(begin(fixture), &(struct demo_add_name_params){name}), 1);
    commit(fixture->store);
}

/* What a snapshot that begins now finds. */
static int64_t read_receives(struct fixture *fixture, struct store_reader *reader, int64_t id)
{
    int64_t receives = receives_of(begin_read(fixture, reader), id);

    end_read(reader);
    return receives;
}

static void a_reader_keeps_a_row_over_commits_that_do_not_change_its_table(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);

    commit_message(fixture, 1);
    assert_int_equal(read_receives(fixture, reader, 1), 0);
    look_ups(&reader->txn);
    commit_name(fixture, S("one"));
    assert_int_equal(read_receives(fixture, reader, 1), 0);
    assert_int_equal(look_ups(&reader->txn), 0);
    commit_receive(fixture, 1);
    assert_int_equal(read_receives(fixture, reader, 1), 1);
    assert_int_equal(look_ups(&reader->txn), 1);
    commit_name(fixture, S("two"));
    assert_int_equal(read_receives(fixture, reader, 1), 1);
    assert_int_equal(look_ups(&reader->txn), 0);
    store_reader_close(reader);
}

static void a_commit_between_the_begin_and_the_snapshot_is_seen_now_and_later(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);

    commit_message(fixture, 1);
    assert_int_equal(read_receives(fixture, reader, 1), 0);
    commit_name(fixture, S("one"));
    struct txn *read = begin_read(fixture, reader);
    commit_receive(fixture, 1);
    assert_int_equal(receives_of(read, 1), 1); /* which begins the snapshot */
    commit_receive(fixture, 1);
    assert_int_equal(receives_of(read, 1), 1);
    end_read(reader);
    assert_int_equal(read_receives(fixture, reader, 1), 2);
    store_reader_close(reader);
}

static void a_commit_that_the_snapshot_lacks_is_seen_by_the_next_one(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);

    commit_message(fixture, 1);
    assert_int_equal(read_receives(fixture, reader, 1), 0);
    commit_name(fixture, S("one"));
    struct txn *read = begin_read(fixture, reader);
    assert_int_equal(count_messages(read), 1); /* which begins the snapshot */
    commit_receive(fixture, 1);
    assert_int_equal(receives_of(read, 1), 0);
    end_read(reader);
    assert_int_equal(read_receives(fixture, reader, 1), 1);
    store_reader_close(reader);
}

/* While a change is committed, the count is odd. */
static void rows_read_beside_a_commit_are_not_kept(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);

    commit_message(fixture, 1);
    atomic_fetch_add(&fixture->store->changes, 1);
    assert_int_equal(read_receives(fixture, reader, 1), 0);
    look_ups(&reader->txn);
    commit_name(fixture, S("one"));
    assert_int_equal(read_receives(fixture, reader, 1), 0);
    assert_int_equal(look_ups(&reader->txn), 1);
    atomic_fetch_add(&fixture->store->changes, 1);
    store_reader_close(reader);
}

static int64_t look_up_receives(struct fixture *fixture, struct store_reader *reader, int64_t id,
                                bool *with_snapshot)
{
    struct txn *txn = store_begin_look_up(reader);

    txn_use_arena(txn, &fixture->arena);
    int64_t receives = receives_of(txn, id);
    *with_snapshot = has_snapshot(txn);
    end_read(reader);
    store_rest(reader);
    return receives;
}

static void a_look_up_of_a_kept_row_needs_no_snapshot_until_it_changes(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);
    bool with_snapshot;

    commit_message(fixture, 1);
    assert_int_equal(look_up_receives(fixture, reader, 1, &with_snapshot), 0);
    assert_true(with_snapshot);
    commit_name(fixture, S("one"));
    assert_int_equal(look_up_receives(fixture, reader, 1, &with_snapshot), 0);
    assert_false(with_snapshot);
    commit_receive(fixture, 1);
    assert_int_equal(look_up_receives(fixture, reader, 1, &with_snapshot), 1);
    assert_true(with_snapshot);
    assert_int_equal(look_up_receives(fixture, reader, 2, &with_snapshot), -1);
    assert_true(with_snapshot);
    store_reader_close(reader);
}

static void a_read_after_a_look_up_has_a_snapshot_of_its_own_time(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);
    struct txn *txn;

    commit_message(fixture, 1);
    assert_int_equal(read_receives(fixture, reader, 1), 0);
    commit_name(fixture, S("one"));
    txn = store_begin_look_up(reader);
    txn_use_arena(txn, &fixture->arena);
    assert_int_equal(receives_of(txn, 1), 0);
    commit_receive(fixture, 1);
    assert_int_equal(receives_of(txn, 1), 0); /* as when the look-up began */
    assert_int_equal(receives_of(txn, 2), -1);
    assert_int_equal(receives_of(txn, 1), 1); /* the snapshot has begun */
    end_read(reader);
    assert_int_equal(read_receives(fixture, reader, 1), 1);
    store_reader_close(reader);
}

static void another_process_changes_rows(struct fixture *fixture)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(fixture->store->folder.database, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "update demo_message set receives = 7", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void what_another_process_commits_is_seen_by_the_writer_and_then_by_readers(void **state)
{
    struct fixture *fixture = *state;
    struct store_reader *reader = store_reader_open(fixture->store);
    struct txn *txn;

    commit_message(fixture, 1);
    txn = begin(fixture);
    assert_int_equal(receives_of(txn, 1), 0);
    commit(fixture->store);
    assert_int_equal(read_receives(fixture, reader, 1), 0);
    store_rest(reader);
    another_process_changes_rows(fixture);
    txn = begin(fixture);
    assert_int_equal(receives_of(txn, 1), 7);
    commit(fixture->store);
    assert_int_equal(read_receives(fixture, reader, 1), 7);
    store_reader_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_row_is_found_once_and_kept_over_commits),
        TEST(what_was_found_is_whole_and_stays_when_the_cache_is_dropped),
        TEST(a_row_of_numbers_is_kept_and_forgotten_like_others),
        TEST(a_change_in_the_same_transaction_is_seen),
        TEST(what_a_failed_call_has_changed_is_forgotten_with_it),
        TEST(a_batch_that_fails_is_forgotten),
        TEST(a_reader_finds_what_its_snapshot_has),
        TEST(a_reader_keeps_a_row_over_commits_that_do_not_change_its_table),
        TEST(a_commit_between_the_begin_and_the_snapshot_is_seen_now_and_later),
        TEST(a_commit_that_the_snapshot_lacks_is_seen_by_the_next_one),
        TEST(rows_read_beside_a_commit_are_not_kept),
        TEST(a_look_up_of_a_kept_row_needs_no_snapshot_until_it_changes),
        TEST(a_read_after_a_look_up_has_a_snapshot_of_its_own_time),
        TEST(what_another_process_commits_is_seen_by_the_writer_and_then_by_readers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
