/*
 * printed.c: finds the JSON object at the end of a reason.
 */
#include "orders/cli/printed.h"

const struct json *printed_json(struct arena *arena, str reason, str *before)
{
    static const str words = STR_INIT(", and printed: ");
    ptrdiff_t at = str_find(reason, words);

    if (at < 0)
        return NULL;
    const struct json *printed = json_parse(arena, str_from(reason, (size_t)at + words.size), NULL);
    *before = str_head(reason, (size_t)at);
    return json_is(printed, JSON_OBJECT) ? printed : NULL;
}
