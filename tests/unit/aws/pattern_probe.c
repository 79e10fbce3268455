/*
 * pattern_probe.c: event patterns for test_event_pattern_model.py: one JSON command per line on stdin,
 *
 *     {"dialect": "attributes" | "body" | "lambda", "pattern": text, "events": [text, …]}
 *
 * one JSON answer per line on stdout: a list of true and false, or what is wrong with the pattern.
 */
#include "aws/event_pattern.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

static enum event_pattern_dialect dialect_of(str name)
{
    if (str_equal(name, S("attributes")))
        return EVENT_PATTERN_SNS_ATTRIBUTES;
    return str_equal(name, S("body")) ? EVENT_PATTERN_SNS_BODY : EVENT_PATTERN_LAMBDA;
}

static void answer(struct arena *arena, const struct json *command, struct json_writer *writer)
{
    const struct json *events = json_get(command, S("events"));
    str problem;
    const struct event_pattern *pattern =
        event_pattern_parse(arena, json_get_str(command, S("pattern")),
                            dialect_of(json_get_str(command, S("dialect"))), &problem);

    if (!pattern) {
        json_string(writer, problem);
        return;
    }
    json_open_array(writer);
    for (uint32_t i = 0; i < events->count; i++) {
        const struct json *event = json_parse(arena, events->items[i].text, NULL);
        check(event);
        json_bool(writer, event_pattern_matches(pattern, event_lookup_member, (void *)event));
    }
    json_close_array(writer);
}

int main(void)
{
    struct arena arena = {0};
    char *line = NULL;
    size_t room = 0;
    ssize_t size;

    while ((size = getline(&line, &room, stdin)) > 0) {
        const struct json *command = json_parse(&arena, (str){line, (size_t)size}, NULL);
        struct json_writer writer = json_writer_in(&arena);
        check(command);
        answer(&arena, command, &writer);
        printf("%.*s\n", STR_ARGS(json_written(&writer)));
        arena_reset(&arena);
    }
    free(line);
    arena_free(&arena);
    return 0;
}
