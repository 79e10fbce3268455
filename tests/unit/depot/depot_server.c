/*
 * depot_server.c: a server, with the engine and the service of depot.model, on a free port.
 *
 *     depot_server FOLDER
 *
 * AKIAALICE signs with "secret"; any other key is not verified.  A reply says what the handler got of the
 * body: its size, its SHA-256, and whether it is in a file.
 */
#include "depot_model.h"

#include "base/check.h"
#include "base/hash.h"
#include "engine/engine.h"
#include "server/server.h"

#include <stdio.h>
#include <stdlib.h>

static enum outcome weigh(const struct call *call, const struct depot_put_thing_request *in,
                          struct depot_put_thing_response *out)
{
    struct sha256 sum = sha256(in->bytes);

    out->size = arena_i64(call->arena, (int64_t)in->bytes.size);
    out->sum = hex_encode(call->arena, HASH_STR(sum));
    out->place = call->spool ? S("file") : S("memory");
    return DONE;
}

enum outcome depot_put_thing(const struct call *call, const struct depot_put_thing_request *in,
                             struct depot_put_thing_response *out)
{
    return weigh(call, in, out);
}

enum outcome depot_put_small_thing(const struct call *call, const struct depot_put_thing_request *in,
                                   struct depot_put_thing_response *out)
{
    return weigh(call, in, out);
}

enum outcome depot_put_plain_thing(const struct call *call, const struct depot_put_thing_request *in,
                                   struct depot_put_thing_response *out)
{
    return weigh(call, in, out);
}

enum outcome depot_weigh_openly(const struct call *call, const struct depot_put_thing_request *in,
                                struct depot_put_thing_response *out)
{
    return weigh(call, in, out);
}

static const struct module DEPOT_MODULE = {.service = &DEPOT_SERVICE};
static const struct module *const modules[] = {&DEPOT_MODULE, NULL};

static const struct effect_runner no_effects[] = {{0}};

static bool find_credentials(struct txn *txn, struct arena *arena, str access_key_id, int64_t now_ms,
                             struct credentials *credentials)
{
    (void)txn, (void)arena, (void)now_ms;
    if (!str_equal(access_key_id, S("AKIAALICE")))
        return false;
    *credentials = (struct credentials){.secret = S("secret"),
                                        .expires_ms = INT64_MAX,
                                        .principal = {.kind = PRINCIPAL_USER,
                                                      .name = S("alice"),
                                                      .id = S("AIDAALICE"),
                                                      .account = S("000000000000"),
                                                      .arn = S("arn:aws:iam::000000000000:user/alice")}};
    return true;
}

static bool has_access_keys(struct txn *txn)
{
    (void)txn;
    return false;
}

int main(int argc, char **argv)
{
    struct server_options options = {.host = "127.0.0.1", .thread_count = 2, .sandbox = SANDBOX_OFF};
    struct arena arena = {0};
    str error = {0};

    check(argc == 2);
    struct server *server = server_new(&options, &arena, &error);
    check(server != NULL);
    struct engine_options engine_options = {
        .store = {.folder = argv[1]},
        .modules = modules,
        .identity = {.find_credentials = find_credentials, .has_access_keys = has_access_keys},
        .effect_runners = no_effects,
        .default_region = S("us-east-1"),
        .default_account = S("000000000000"),
        .endpoint = S("http://127.0.0.1"),
    };
    struct engine *engine = engine_start(&engine_options, &arena, &error);
    check(engine != NULL);
    fprintf(stderr, "port %d\n", server_port(server));
    check(server_start(server, engine, &arena, &error));
    server_run(server);
    server_free(server);
    engine_free(engine);
    arena_free(&arena);
    return EXIT_SUCCESS;
}
