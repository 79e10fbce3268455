/*
 * session.c: GET /_orderly/console/session: what the console needs before it can sign requests.
 *
 *     {"auth": "open", "account": "000000000000", "accounts": […], "region": …, "endpoint": …, "version": …,
 *      "policies": "on", "durability": "full"}
 *
 * Everybody who reaches the server may read it, so it contains no key.  In open mode an account's id is an
 * access key of that account, with any secret; `accounts` are the default one and those in which something
 * was written.  With --auth strict it names no account: a key decides which one its owner sees.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "wire/json.h"

enum { MOST_SHOWN = 1000, MOST_REMEMBERED = 1000 };

/* ---- accounts ---- */

void accounts_forget(struct engine *engine)
{
    map_free(&engine->accounts);
    engine->accounts = (struct map){0};
}

void account_note(const struct call *call)
{
    struct engine *engine = call->engine;

    if (map_get(&engine->accounts, call->account))
        return;
    if (engine->accounts.count >= MOST_REMEMBERED)
        accounts_forget(engine);
    map_put(&engine->accounts, call->account, engine);
    engine_add_account(engine->txn, &(struct engine_add_account_params){.account = call->account});
}

static void write_accounts(const struct call *call, struct json_writer *writer)
{
    const struct engine_options *options = &call->engine->options;
    struct engine_list_accounts_params params = {.after = S(""), .limit = MOST_SHOWN};
    struct engine_list_accounts_cursor cursor = engine_list_accounts_open(call->txn, &params);
    struct engine_list_accounts_row row;
    size_t shown = 1;

    json_name(writer, S("accounts"));
    json_open_array(writer);
    json_string(writer, options->default_account);
    while (shown < MOST_SHOWN && engine_list_accounts_next(&cursor, &row))
        if (!str_equal(row.account, options->default_account)) {
            json_string(writer, row.account);
            shown++;
        }
    engine_list_accounts_close(&cursor);
    json_close_array(writer);
}

/* ---- the session ---- */

static const char *const enforcement_names[] = {
    [ENFORCEMENT_ON] = "on",
    [ENFORCEMENT_SOFT] = "soft",
    [ENFORCEMENT_OFF] = "off",
};

static str durability_of(const struct store_options *store)
{
    if (store->in_memory)
        return S("in-memory");
    return store->durability == DURABILITY_RELAXED ? S("relaxed") : S("full");
}

enum outcome session_show(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    const struct engine_options *options = &call->engine->options;
    struct json_writer writer = json_writer_in(call->arena);

    (void)visit;
    json_open_object(&writer);
    json_field(&writer, S("auth"), options->strict_auth ? S("strict") : S("open"));
    if (!options->strict_auth) {
        json_field(&writer, S("account"), options->default_account);
        write_accounts(call, &writer);
    }
    json_field(&writer, S("region"), options->default_region);
    json_field(&writer, S("endpoint"), call->endpoint);
    json_field(&writer, S("version"), S(ORDERLY_VERSION));
    json_field(&writer, S("policies"), str_of(enforcement_names[options->enforcement]));
    json_field(&writer, S("durability"), durability_of(&options->store));
    json_close_object(&writer);
    *reply = (struct http_reply){
        .status = 200, .content_type = S("application/json"), .body = json_written(&writer)};
    http_header_add(call->arena, &reply->headers, S("Cache-Control"), S("no-store"));
    return DONE;
}
