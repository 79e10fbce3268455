#pragma once

/*
 * fixture.h: a store in a temporary folder, and a disk that the tests control.
 */
#include "demo_sql.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct fixture {
    char folder[64];
    struct arena arena;
    struct store *store;
};

extern const struct schema *const demo_schemas[];

/* cmocka's setup and teardown; *state is a struct fixture with its store open. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

struct store_options fixture_options(const struct fixture *fixture);
/* Open the store if it is closed. */
void fixture_open(struct fixture *fixture);
/* Close the store and open it again. */
void fixture_reopen(struct fixture *fixture);

/* Begin a transaction, or a read of that reader, whose results are in the fixture's arena. */
struct txn *begin(struct fixture *fixture);
struct txn *begin_read(struct fixture *fixture, struct store_reader *reader);
/* Wait until that commit is durable. */
void wait_until_durable(const struct store *store, uint64_t sequence);
/* Commit, which must succeed. */
uint64_t commit(struct store *store);
int64_t count_messages(struct txn *txn);

/*
 * This process's fdatasync(): make it wait, make it fail, have it call a function for each file in that
 * folder.
 */
void disk_hold(bool hold);
void disk_fail(bool fail);
void disk_watch(const char *folder, void (*synced)(const char *path, int file));
