/*
 * identity.c: the name of a metric, and its row.
 */
#include "cloudwatch_internal.h"

#include "wire/json.h"

#include <stdlib.h>

enum { ACTIVE_STEP_MS = 10 * 60 * 1000 }; /* active_ms is written once in so long */

static int by_name(const void *a, const void *b)
{
    const struct cloudwatch_dimension *left = a, *right = b;

    return str_compare(left->name, right->name);
}

str cloudwatch_dimensions_text(struct arena *arena, const struct cloudwatch_dimensions *dimensions)
{
    struct json_writer writer = json_writer_in(arena);
    struct cloudwatch_dimensions sorted = {0};

    for (size_t i = 0; i < dimensions->count; i++)
        *list_add(arena, &sorted) = dimensions->items[i];
    if (sorted.count > 0)
        qsort(sorted.items, sorted.count, sizeof *sorted.items, by_name);
    json_open_object(&writer);
    for (size_t i = 0; i < sorted.count; i++)
        json_field(&writer, sorted.items[i].name, sorted.items[i].value);
    json_close_object(&writer);
    return json_written(&writer);
}

struct cloudwatch_dimensions cloudwatch_dimensions_read(struct arena *arena, str text)
{
    struct cloudwatch_dimensions dimensions;
    const struct json *object = json_parse(arena, text, NULL);

    list_make_empty(arena, &dimensions); /* AWS answers with an empty list, too */
    for (uint32_t i = 0; i < object->count; i++)
        *list_add(arena, &dimensions) =
            (struct cloudwatch_dimension){object->members[i].name, object->members[i].value.text};
    return dimensions;
}

static bool find(struct txn *txn, const struct identity *identity, struct cloudwatch_find_metric_row *row)
{
    const struct cloudwatch_find_metric_params params = {.account = identity->account,
                                                         .region = identity->region,
                                                         .namespace = identity->namespace,
                                                         .name = identity->name,
                                                         .dimensions = identity->dimensions};

    return cloudwatch_find_metric(txn, &params, row);
}

int64_t cloudwatch_metric_find(struct txn *txn, const struct identity *identity)
{
    struct cloudwatch_find_metric_row row;

    return find(txn, identity, &row) ? row.id : 0;
}

int64_t cloudwatch_metric_touch(struct txn *txn, const struct identity *identity, int64_t now_ms)
{
    struct cloudwatch_find_metric_row row;

    if (!find(txn, identity, &row))
        return cloudwatch_add_metric(
            txn, &(struct cloudwatch_add_metric_params){.account = identity->account,
                                                        .region = identity->region,
                                                        .namespace = identity->namespace,
                                                        .name = identity->name,
                                                        .dimensions = identity->dimensions,
                                                        .active_ms = now_ms});
    if (row.active_ms + ACTIVE_STEP_MS <= now_ms)
        cloudwatch_touch_metric(txn,
                                &(struct cloudwatch_touch_metric_params){.id = row.id, .active_ms = now_ms});
    return row.id;
}
