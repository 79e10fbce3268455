/*
 * seal.c: text for a client to bring back, which the client cannot make itself.
 *
 * A seal is base64url of 16 bytes of HMAC-SHA-256 and the data.  The key is made once for each store and kept
 * in it; it does not change while the server runs (a reset stores the same one again), so any thread may read
 * it.  The data is not secret.
 */
#include "engine/engine_internal.h"
#include "engine_sql.h"

#include "base/hash.h"

#include <string.h>

enum { MAC_BYTES = 16 };

static const str setting_name = STR_INIT("seal_key");

void seal_key_store(struct engine *engine, struct txn *txn)
{
    struct arena arena = {0};

    engine_put_setting(txn, &(struct engine_put_setting_params){
                                .name = setting_name,
                                .value = hex_encode(&arena, HASH_STR(engine->seal_key)),
                            });
    arena_free(&arena);
}

/* False when the store has no key yet. */
static bool key_load(struct engine *engine)
{
    struct engine_get_setting_row setting;
    struct arena arena = {0};
    str key;
    bool found = engine_get_setting(engine->txn, &(struct engine_get_setting_params){.name = setting_name},
                                    &setting) &&
                 hex_decode(&arena, setting.value, &key) && key.size == sizeof engine->seal_key.bytes;

    if (found)
        memcpy(engine->seal_key.bytes, key.data, key.size);
    arena_free(&arena);
    return found;
}

void seal_start(struct engine *engine)
{
    if (key_load(engine))
        return;
    random_bytes(engine->seal_key.bytes, sizeof engine->seal_key.bytes);
    seal_key_store(engine, engine->txn);
}

/*
 * A NUL byte, which no purpose contains, separates purpose and data, so that different pairs never make the
 * same text.
 */
static struct sha256 mac_of(const struct call *call, str purpose, str data)
{
    str text = arena_concat(call->arena, purpose, ((str){"", 1}), data);

    return hmac_sha256(HASH_STR(call->engine->seal_key), text);
}

str seal(const struct call *call, str purpose, str data)
{
    struct sha256 mac = mac_of(call, purpose, data);

    return base64url_encode(call->arena, arena_concat(call->arena, str_head(HASH_STR(mac), MAC_BYTES), data));
}

bool unseal(const struct call *call, str purpose, str text, str *data)
{
    str bytes;

    if (!base64url_decode(call->arena, text, &bytes) || bytes.size < MAC_BYTES)
        return false;
    *data = str_from(bytes, MAC_BYTES);
    struct sha256 mac = mac_of(call, purpose, *data);
    return equal_in_constant_time(str_head(bytes, MAC_BYTES), str_head(HASH_STR(mac), MAC_BYTES));
}
