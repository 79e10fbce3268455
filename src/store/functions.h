#pragma once

/*
 * functions.h: functions that SQL may call besides SQLite's own; sqlc knows them, too.
 *
 *     spread_key(blob)    see base/hash.h
 *
 * To add a function, write it in functions.c and register it in functions_add().
 */
#include <stdbool.h>

struct sqlite3;

/* False when out of memory. */
bool functions_add(struct sqlite3 *db);
