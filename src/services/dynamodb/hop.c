/*
 * hop.c: what a write's hop tells of the item: its key, and the item before and after.
 *
 *     {"key": {…}, "before": {…}|null, "after": {…}|null}
 *
 * null: there was no item.  An item whose JSON is larger than SHOWN_BYTES is left out.  Only writes on a way
 * have hops, so no other write reads or computes anything for them.
 */
#include "hop.h"

#include "dynamodb.h"
#include "engine/hop_detail.h"
#include "wire/json.h"

/* The key is a part of the item: so a detail with both items has less than LIMIT_HOP_DETAIL_BYTES. */
enum { SHOWN_BYTES = 1280 };

static str map_text(const struct call *call, const struct dynamodb_attribute_map *map)
{
    return model_to_json(call->arena, &DYNAMODB_ATTRIBUTE_MAP, map);
}

static void write_item(const struct call *call, struct json_writer *detail, str name, str blob)
{
    struct dynamodb_attribute_map item = dynamodb_item_decode(call->arena, blob);
    str text = map_text(call, &item);

    if (text.size > SHOWN_BYTES)
        return;
    json_name(detail, name);
    json_raw(detail, text);
}

static void write_none(struct json_writer *detail, str name)
{
    json_name(detail, name);
    json_null(detail);
}

/* An item's JSON is never shorter than its size. */
static bool may_fit(int64_t size_bytes)
{
    return size_bytes <= SHOWN_BYTES;
}

/* The write may have found its place only. */
static str stored_blob(const struct call *call, const struct write *write)
{
    struct stored stored = write->stored;

    if (!str_present(stored.blob))
        dynamodb_stored_read(call, write->table, &write->key, &stored);
    return stored.blob;
}

str dynamodb_hop_detail(const struct call *call, const struct write *write)
{
    struct dynamodb_attribute_map key =
        dynamodb_key_attributes(call->arena, &write->table->keys, write->given);
    struct json_writer detail = json_writer_in(call->arena);

    json_open_object(&detail);
    json_name(&detail, S("key"));
    json_raw(&detail, map_text(call, &key));
    if (!write->stored.id)
        write_none(&detail, S("before"));
    else if (may_fit(write->stored.size_bytes))
        write_item(call, &detail, S("before"), stored_blob(call, write));
    if (!str_present(write->blob))
        write_none(&detail, S("after"));
    else if (may_fit((int64_t)write->size.bytes))
        write_item(call, &detail, S("after"), write->blob);
    json_close_object(&detail);
    return json_written(&detail);
}

/* Who may get the item may read what its hops tell of it. */
static str lacks(const struct call *call, str arn, const struct json *detail)
{
    struct dynamodb_get_item_input in = {.table_name = arn};
    const struct json *key = json_get(detail, S("key"));
    struct json_writer text = json_writer_in(call->arena);

    if (key)
        json_value(&text, key);
    bool known = key && model_from_json(call->arena, &DYNAMODB_ATTRIBUTE_MAP, json_written(&text), &in.key);
    return known && may_call(call, &DYNAMODB_GET_ITEM, &in) ? (str){0} : S("dynamodb:GetItem");
}

const struct hop_details DYNAMODB_HOP_DETAILS = {&DYNAMODB_SERVICE, lacks};
