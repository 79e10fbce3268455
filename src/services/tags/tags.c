/*
 * tags.c: sets, removes and lists tags, by the ARN of their resource.
 */
#include "services/tags/tags.h"

#include "base/check.h"
#include "base/list.h"
#include "tags_sql.h"
#include "wire/json.h"

bool tags_keys_check(const struct call *call, const struct str_map *tags, const struct error *error,
                     const char *where)
{
    for (size_t i = 0; i < tags->count; i++)
        if (tag_key_is_reserved(tags->items[i].key)) {
            fail(call, error, "%saws: prefixed tag key names are not allowed for external use.", where);
            return false;
        }
    return true;
}

static void put(const struct call *call, str owner, const struct str_map_entry *tag, enum tag_case tag_case)
{
    str key = tag_key_compared(call->arena, tag->key, tag_case);

    tags_put_tag(call->txn, &(struct tags_put_tag_params){
                                .owner = owner,
                                .key = key,
                                .spelling = str_equal(key, tag->key) ? (str){0} : tag->key,
                                .value = tag->value,
                            });
}

bool tags_put(const struct call *call, str owner, const struct str_map *tags, enum tag_case tag_case)
{
    check(str_present(owner));
    if (tags->count > TAGS_MAX)
        return false;
    for (size_t i = 0; i < tags->count; i++)
        put(call, owner, &tags->items[i], tag_case);
    return tags->count == 0 || tags_of(call->txn, call->arena, owner).count <= TAGS_MAX;
}

void tags_remove(const struct call *call, str owner, const struct str_list *keys, enum tag_case tag_case)
{
    check(str_present(owner));
    for (size_t i = 0; i < keys->count; i++)
        tags_remove_tag(call->txn, &(struct tags_remove_tag_params){
                                       .owner = owner,
                                       .key = tag_key_compared(call->arena, keys->items[i], tag_case),
                                   });
}

void tags_remove_all(const struct call *call, str owner)
{
    check(str_present(owner));
    tags_remove_tags(call->txn, &(struct tags_remove_tags_params){.owner = owner});
}

void tags_move(const struct call *call, str old_owner, str new_owner)
{
    tags_move_tags(call->txn, &(struct tags_move_tags_params){new_owner, old_owner});
}

struct str_map tags_of(struct txn *txn, struct arena *arena, str owner)
{
    check(str_present(owner));
    struct tags_list_tags_rows rows = tags_list_tags(txn, &(struct tags_list_tags_params){.owner = owner});

    return TAGS_MAP(arena, &rows);
}

void tags_in_context(const struct call *call, str owner, struct context_list *context)
{
    struct tags_find_tags_row row = {0};

    check(str_present(owner));
    if (!tags_find_tags(call->txn, &(struct tags_find_tags_params){.owner = owner}, &row))
        return; /* trouble with the disk */
    const struct json *tags = json_parse(call->arena, row.tags, NULL);
    check(json_is(tags, JSON_OBJECT));
    for (size_t i = 0; i < tags->count; i++)
        context_add_resource_tag(call, context, tags->members[i].name, tags->members[i].value.text);
}

void tags_add_context(const struct call *call, const struct resource *resource, struct context_list *context)
{
    tags_in_context(call, resource->arn, context);
}

struct str_map tags_map(struct arena *arena, const str *keys, const str *values, size_t count, size_t stride)
{
    struct str_map map = {0};

    for (size_t i = 0; i < count; i++) {
        const str *key = (const void *)((const char *)keys + i * stride);
        const str *value = (const void *)((const char *)values + i * stride);
        *list_add(arena, &map) = (struct str_map_entry){*key, *value};
    }
    return map;
}
