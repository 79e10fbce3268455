#pragma once

/*
 * ini.h: the files ~/.aws/config and ~/.aws/credentials.
 *
 *     [profile dev]                section "profile dev"
 *     region = eu-central-1        key "region"
 *     s3 =
 *       endpoint_url = http://…    key "s3.endpoint_url"
 */
#include "base/arena.h"

struct ini_entry {
    str section, key, value;
};

struct ini {
    struct ini_entry *items;
    size_t count;
};

/*
 * Lines that are not assignments are skipped.  Text borrows from the source, except the keys of nested
 * values.
 */
struct ini ini_parse(struct arena *arena, str source);
/* The last value of that key, or the absent str. */
str ini_get(const struct ini *ini, str section, str key);
/* Does the section assign anything? */
bool ini_has(const struct ini *ini, str section);
