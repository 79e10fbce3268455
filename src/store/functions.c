/*
 * functions.c: C functions for SQL.
 */
#include "store/functions.h"

#include "base/hash.h"

#include <sqlite3.h>

static void spread_key_function(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct arena arena = {0};
    const char *key = sqlite3_value_blob(values[0]);
    str spread = spread_key(&arena, (str){key ? key : "", (size_t)sqlite3_value_bytes(values[0])});

    (void)count;
    sqlite3_result_blob(context, spread.data, (int)spread.size, SQLITE_TRANSIENT);
    arena_free(&arena);
}

bool functions_add(struct sqlite3 *db)
{
    return sqlite3_create_function_v2(db, "spread_key", 1,
                                      SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, NULL,
                                      spread_key_function, NULL, NULL, NULL) == SQLITE_OK;
}
