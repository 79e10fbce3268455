/*
 * cloudwatch.c: the module; what services have counted in a minute becomes a point of a metric.
 */
#include "cloudwatch.h"

#include "cloudwatch_internal.h"
#include "engine/count.h"

static struct distribution distribution_of(struct arena *arena, const struct counted_minute *counted)
{
    struct distribution distribution = {
        .known = true,
        .items = arena_alloc(arena, counted->value_count * sizeof *distribution.items),
        .count = counted->value_count,
    };

    for (size_t i = 0; i < counted->value_count; i++)
        distribution.items[i] = (struct weighted_value){counted->values[i].value, counted->values[i].weight};
    return distribution;
}

/* What a service has counted in a minute. */
static void store_counted(struct txn *txn, struct arena *arena, const struct counted_minute *counted)
{
    struct cloudwatch_dimensions dimensions = {0};
    struct weighted_value value;

    for (size_t i = 0; i < counted->dimension_count; i++)
        *list_add(arena, &dimensions) =
            (struct cloudwatch_dimension){counted->dimensions[i].name, counted->dimensions[i].value};
    const struct identity identity = {counted->account, counted->region, counted->name_space, counted->name,
                                      cloudwatch_dimensions_text(arena, &dimensions)};
    struct measurement measurement = {
        .at_s = counted->began_ms / 1000,
        .unit = counted->unit,
        .sums = {(double)counted->count, counted->sum, counted->least, counted->most, {0}},
    };

    if (counted->values)
        measurement.sums.distribution = distribution_of(arena, counted);
    else if (counted->least == counted->most)
        measurement.sums = cloudwatch_sums_of(&value, counted->least, (double)counted->count);
    cloudwatch_points_add(txn, arena, cloudwatch_metric_touch(txn, &identity, counted->began_ms),
                          &measurement);
}

const struct module CLOUDWATCH_MODULE = {.service = &CLOUDWATCH_SERVICE,
                                         .usage = "CloudWatch",
                                         .schema = &CLOUDWATCH_SCHEMA,
                                         .locate_arn = cloudwatch_locate_arn,
                                         .describe = cloudwatch_describe,
                                         .start = cloudwatch_points_start,
                                         .counted = store_counted};
