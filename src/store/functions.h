#pragma once

/*
 * functions.h: what SQL may call besides SQLite's own functions; sqlc knows them, too.
 *
 *     spread_key(blob)    see base/hash.h
 */
#include <stdbool.h>

struct sqlite3;

/* False when the connection has no memory for them. */
bool functions_add(struct sqlite3 *db);
