/*
 * load.c: how much the server has to do: memory, disk, connections, and the requests of each service, for GET
 * /_orderly/metrics.
 */
#include "engine/metrics/metrics_internal.h"

#include "base/check.h"
#include "base/time.h"
#include "store/size.h"
#include "wire/json.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 64 };

struct load {
    int64_t began_us; /* by the monotonic clock */
    /* Each thread counts into its own share, so that threads do not wait for each other. */
    struct load_share {
        _Alignas(LINE_BYTES) struct requests {
            _Atomic uint64_t all, failed;
        } of_module[MAX_MODULES];
    } shares[METRIC_SHARES];
};

struct load *load_new(void)
{
    struct load *load = aligned_alloc(LINE_BYTES, sizeof *load);

    check(load != NULL);
    memset(load, 0, sizeof *load);
    load->began_us = monotonic_us();
    return load;
}

void load_free(struct load *load)
{
    free(load);
}

void load_request(struct engine *engine, size_t module, bool failed)
{
    struct requests *requests;

    check(module < MAX_MODULES);
    requests = &engine->load->shares[metric_share_number()].of_module[module];
    atomic_fetch_add_explicit(&requests->all, 1, memory_order_relaxed);
    if (failed)
        atomic_fetch_add_explicit(&requests->failed, 1, memory_order_relaxed);
}

/* What the process has in memory; 0 when the system does not tell. */
static int64_t memory_bytes(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (!file)
        return 0;
    if (fscanf(file, "%*u %ld", &pages) != 1)
        pages = 0;
    fclose(file);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static void write_server(struct engine *engine, struct json_writer *writer)
{
    const struct engine_options *options = &engine->options;
    struct store_size size = store_size(engine->store);
    struct server_load load = {0};

    json_name(writer, S("server"));
    json_open_object(writer);
    json_i64_field(writer, S("uptime_ms"), (monotonic_us() - engine->load->began_us) / 1000);
    json_i64_field(writer, S("memory_bytes"), memory_bytes());
    if (!options->store.in_memory) {
        json_i64_field(writer, S("database_bytes"), size.database_bytes);
        json_i64_field(writer, S("log_bytes"), size.log_bytes);
    }
    if (options->server_load) {
        options->server_load(options->server_load_context, &load);
        json_i64_field(writer, S("connections"), (int64_t)load.connections);
        json_i64_field(writer, S("most_connections"), (int64_t)load.most_connections);
        json_i64_field(writer, S("streams"), (int64_t)load.streams);
        json_i64_field(writer, S("most_streams"), (int64_t)load.most_streams);
        json_i64_field(writer, S("most_streams_of_address"), (int64_t)load.most_streams_of_address);
    }
    json_close_object(writer);
}

static void write_service(const struct load *load, struct json_writer *writer, const struct module *module,
                          size_t at)
{
    uint64_t all = 0, failed = 0;

    for (size_t i = 0; i < METRIC_SHARES; i++) {
        all += atomic_load_explicit(&load->shares[i].of_module[at].all, memory_order_relaxed);
        failed += atomic_load_explicit(&load->shares[i].of_module[at].failed, memory_order_relaxed);
    }
    json_name(writer, str_of(module->service->name));
    json_open_object(writer);
    json_i64_field(writer, S("requests"), (int64_t)all);
    json_i64_field(writer, S("failed"), (int64_t)failed);
    json_close_object(writer);
}

void load_write(struct engine *engine, struct json_writer *writer)
{
    const struct module *const *modules = engine->options.modules;

    write_server(engine, writer);
    json_name(writer, S("services"));
    json_open_object(writer);
    for (size_t i = 0; modules[i]; i++)
        write_service(engine->load, writer, modules[i], i);
    json_close_object(writer);
}
