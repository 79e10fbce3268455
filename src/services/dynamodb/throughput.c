/*
 * throughput.c: refuses requests beyond the throughput of a table or index, with --enforce-throughput.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
 *
 * A bucket fills with the throughput of a second each second, on the engine's clock, up to that of 300
 * seconds. A request is served while a unit is in it, and takes out what it has consumed, if need be on
 * credit. Buckets are in memory: a restart and a reset fill them.
 */
#include "dynamodb_internal.h"
#include "indexes.h"
#include "tables.h"

#include "base/check.h"
#include "base/map.h"
#include "base/time.h"

#include <pthread.h>
#include <stdlib.h>

enum { BURST_S = 300 };

struct bucket {
    double units;
    int64_t filled_ms;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* reads run on several threads */
static struct map buckets;                               /* by name_of(), protected by the lock */

/* What a request wants to use: a table, or one of its global indexes. */
struct throughput {
    const struct table *table;
    const struct index *index; /* NULL: the table */
    bool reads, on_demand;
    double rate; /* units in a second; 0: unlimited */
};

/* ---- the throughput ---- */

static double rate_of(bool on_demand, int64_t units, const int64_t *bound)
{
    return !on_demand ? (double)units : bound ? (double)*bound : 0;
}

static struct throughput throughput_of(const struct call *call, const struct table *table,
                                       const struct index *index)
{
    struct dynamodb_settings_row row = dynamodb_settings_of(call, table);
    struct throughput throughput = {.table = table,
                                    .index = index,
                                    .reads = call->operation->flags & OPERATION_READS,
                                    .on_demand = row.on_demand};
    struct dynamodb_index_settings_row own = {.read_units = row.read_units,
                                              .write_units = row.write_units,
                                              .max_read_units = row.max_read_units,
                                              .max_write_units = row.max_write_units};

    if (index)
        dynamodb_read_index_settings(call->txn,
                                     &(struct dynamodb_read_index_settings_params){.id = index->id}, &own);
    throughput.rate = throughput.reads ? rate_of(row.on_demand, own.read_units, own.max_read_units)
                                       : rate_of(row.on_demand, own.write_units, own.max_write_units);
    return throughput;
}

/* ---- the buckets ---- */

static str name_of(const struct call *call, const struct throughput *throughput)
{
    return arena_format(call->arena, "%lld/%lld/%d", (long long)throughput->table->row.id,
                        throughput->index ? (long long)throughput->index->id : 0, throughput->reads);
}

/* The bucket, filled up to now.  Call it under the lock. */
static struct bucket *bucket_of(const struct call *call, const struct throughput *throughput)
{
    str name = name_of(call, throughput);
    struct bucket *bucket = map_get(&buckets, name);
    double most = throughput->rate * BURST_S;

    if (!bucket) {
        bucket = malloc(sizeof *bucket);
        check(bucket != NULL);
        *bucket = (struct bucket){most, call->now_ms};
        map_put(&buckets, name, bucket);
    }
    if (call->now_ms > bucket->filled_ms) {
        bucket->units += throughput->rate * (double)(call->now_ms - bucket->filled_ms) / MS_PER_S;
        bucket->filled_ms = call->now_ms;
    }
    if (bucket->units > most)
        bucket->units = most;
    return bucket;
}

/* Take units out.  False: the bucket had less than one. */
static bool take(const struct call *call, const struct throughput *throughput, double units)
{
    if (throughput->rate <= 0)
        return true;
    pthread_mutex_lock(&lock);
    struct bucket *bucket = bucket_of(call, throughput);
    bool some = bucket->units >= 1;
    bucket->units -= units;
    pthread_mutex_unlock(&lock);
    return some;
}

/* ---- refusing ---- */

static struct dynamodb_throttling_reason_list reasons_of(const struct call *call,
                                                         const struct throughput *throughput)
{
    struct dynamodb_throttling_reason_list reasons = {0};

    *list_add(call->arena, &reasons) = (struct dynamodb_throttling_reason){
        .reason = arena_format(call->arena, "%s%s%sThroughputExceeded", throughput->index ? "Index" : "Table",
                               throughput->reads ? "Read" : "Write",
                               throughput->on_demand ? "MaxOnDemand" : "Provisioned"),
        .resource = throughput->index
                        ? dynamodb_index_arn(call->arena, throughput->table, throughput->index->name)
                        : throughput->table->arn,
    };
    return reasons;
}

static bool refuse(const struct call *call, const struct throughput *throughput)
{
    dynamodb_count_throttle(call, throughput->table, throughput->index, throughput->on_demand);
    if (throughput->on_demand) {
        struct dynamodb_throttling_exception *details =
            arena_new(call->arena, struct dynamodb_throttling_exception);
        details->throttling_reasons = reasons_of(call, throughput);
        fail(call, &DYNAMODB_THROTTLING_EXCEPTION,
             "Throughput exceeds the maximum OnDemandThroughput configured on table or index.");
        fail_details(call, details);
        return false;
    }
    struct dynamodb_provisioned_throughput_exceeded_exception *details =
        arena_new(call->arena, struct dynamodb_provisioned_throughput_exceeded_exception);
    details->throttling_reasons = reasons_of(call, throughput);
    fail(call, &DYNAMODB_PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION,
         throughput->index
             ? "The level of configured provisioned throughput for one or more global secondary indexes of "
               "the table was exceeded. Consider increasing your provisioning level for the "
               "under-provisioned global secondary indexes with the UpdateTable API"
             : "The level of configured provisioned throughput for the table was exceeded. Consider "
               "increasing your provisioning level with the UpdateTable API.");
    fail_details(call, details);
    return false;
}

static bool admit_one(const struct call *call, const struct table *table, const struct index *index)
{
    struct throughput throughput = throughput_of(call, table, index);

    return take(call, &throughput, 0) || refuse(call, &throughput);
}

/* A local index has the throughput of its table. */
static const struct index *global_or_null(const struct index *index)
{
    return index && !index->local ? index : NULL;
}

bool dynamodb_throughput_admit(const struct call *call, const struct table *table, const struct index *index)
{
    bool reads = call->operation->flags & OPERATION_READS;

    if (!dynamodb_throughput_enforced())
        return true;
    if (!admit_one(call, table, global_or_null(index)))
        return false;
    for (size_t i = 0; !reads && i < table->indexes.count; i++)
        if (!table->indexes.items[i].local && !admit_one(call, table, &table->indexes.items[i]))
            return false;
    return true;
}

void dynamodb_throughput_charge(const struct call *call, const struct table *table, const struct index *index,
                                double units)
{
    if (!dynamodb_throughput_enforced() || units <= 0)
        return;
    struct throughput throughput = throughput_of(call, table, global_or_null(index));
    take(call, &throughput, units);
}

static void free_bucket(void *context, str key, void *value)
{
    (void)context;
    (void)key;
    free(value);
}

/* Ids of tables begin anew. */
void dynamodb_throughput_forget(const struct call *call)
{
    (void)call;
    pthread_mutex_lock(&lock);
    map_each(&buckets, free_bucket, NULL);
    map_free(&buckets);
    pthread_mutex_unlock(&lock);
}
