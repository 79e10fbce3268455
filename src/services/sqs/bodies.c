/*
 * bodies.c: stores the bodies of messages.
 *
 * A small body is in its message's row.  A large one, or one of many messages, is in sqs_body, together with
 * the attributes: a receive then changes the message without writing its body again, and a body that was sent
 * to many queues is stored once.  It is removed with the last message that has it, which the index
 * sqs_message_body finds: there is no reference count that could be wrong.
 */
#include "sqs_internal.h"

#include "base/hash.h"

enum { MAX_INLINE_BYTES = 2048, MAX_REPEATED_BYTES = 512 };

const int64_t *sqs_body_store(const struct call *call, const struct content *content, size_t copies)
{
    size_t bytes = content->body.size + content->attributes.size;

    if (bytes <= (copies > 1 ? MAX_REPEATED_BYTES : MAX_INLINE_BYTES))
        return NULL;
    return arena_i64(call->arena, sqs_add_body(call->txn, &(struct sqs_add_body_params){
                                                              .bytes = (int64_t)bytes,
                                                              .insert_at = content->insert_at,
                                                              .body_md5 = content->body_md5,
                                                              .attributes = content->attributes,
                                                              .body = content->body,
                                                          }));
}

str sqs_body_with(const struct call *call, const struct content *content, str piece)
{
    size_t at = content->insert_at ? (size_t)*content->insert_at : content->body.size;

    check(at <= content->body.size);
    return str_empty(piece)
               ? content->body
               : arena_concat(call->arena, str_head(content->body, at), piece, str_from(content->body, at));
}

static struct content stored_content(const struct call *call, const struct sqs_visible_row *row)
{
    struct sqs_find_body_row stored = {0};

    sqs_find_body(call->txn, &(struct sqs_find_body_params){.id = *row->body_id}, &stored);
    struct content content = {.body = stored.body,
                              .body_md5 = stored.body_md5,
                              .attributes = stored.attributes,
                              .insert_at = stored.insert_at};
    content.body = sqs_body_with(call, &content, row->body);
    return content;
}

struct content sqs_body_of(const struct call *call, const struct sqs_visible_row *row)
{
    struct content content = {.body = row->body, .attributes = row->attributes};

    if (row->body_id)
        content = stored_content(call, row);
    if (!str_present(content.body_md5)) {
        struct md5 digest = md5(content.body);
        content.body_md5 = hex_encode(call->arena, HASH_STR(digest));
    }
    return content;
}

int64_t sqs_body_stored_size(const struct call *call, const struct sqs_visible_row *row)
{
    struct sqs_find_body_size_row body = {0};

    if (row->body_id)
        sqs_find_body_size(call->txn, &(struct sqs_find_body_size_params){.id = *row->body_id}, &body);
    return (int64_t)(row->body.size + row->attributes.size) + body.bytes;
}

bool sqs_body_fits(const struct call *call, const struct sqs_visible_row *row, int64_t maximum_bytes)
{
    struct sqs_message_body_attribute_map attributes = {0};

    if (sqs_body_stored_size(call, row) <= maximum_bytes)
        return true;
    struct content content = sqs_body_of(call, row);
    if (str_present(content.attributes))
        model_from_json(call->arena, &SQS_MESSAGE_BODY_ATTRIBUTE_MAP, content.attributes, &attributes);
    return (int64_t)(content.body.size + sqs_message_attributes_size(&attributes)) <= maximum_bytes;
}

void sqs_message_remove(const struct call *call, int64_t id, const int64_t *body_id)
{
    check(id > 0);
    check(!body_id || *body_id > 0);
    sqs_remove_message(call->txn, &(struct sqs_remove_message_params){.id = id});
    if (body_id)
        sqs_remove_unused_body(call->txn, &(struct sqs_remove_unused_body_params){.id = *body_id});
}
