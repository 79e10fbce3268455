/*
 * fuzz_json.c: a value that was parsed and written parses to the same value.
 */
#include "fuzz.h"
#include "wire/json.h"

static str written(struct arena *arena, const struct json *value)
{
    struct json_writer writer = json_writer_in(arena);

    json_value(&writer, value);
    return json_written(&writer);
}

FUZZ(arena, input)
{
    size_t error_at = 0;
    const struct json *value = json_parse(arena, input, &error_at);

    if (!value) {
        check(error_at <= input.size);
        return;
    }
    str once = written(arena, value);
    const struct json *again = json_parse(arena, once, NULL);
    check(again != NULL && again->type == value->type && again->count == value->count);
    check(str_equal(written(arena, again), once));
}
