/*
 * stored.c: the row of one item, found by its key.
 *
 * The engine is the only writer, so a handler's reads stay valid until it writes: there is never a second
 * item with the same key.
 */
#include "dynamodb_internal.h"

void dynamodb_stored_find(const struct call *call, const struct table *table, const struct item_key *key,
                          struct stored *stored)
{
    struct dynamodb_find_place_row row;

    *stored = (struct stored){0};
    if (dynamodb_find_place(call->txn,
                            &(struct dynamodb_find_place_params){
                                .table_id = table->row.id, .hash_key = key->hash, .range_key = key->range},
                            &row))
        *stored = (struct stored){
            .id = row.id, .size_bytes = row.size_bytes, .image_id = dynamodb_image_named(row.image_id)};
}

void dynamodb_stored_look(const struct call *call, const struct table *table, const struct item_key *key,
                          struct stored *stored)
{
    struct dynamodb_find_row_row row;

    *stored = (struct stored){0};
    if (dynamodb_find_row(call->txn,
                          &(struct dynamodb_find_row_params){
                              .table_id = table->row.id, .hash_key = key->hash, .range_key = key->range},
                          &row))
        *stored = (struct stored){.id = row.id,
                                  .size_bytes = row.size_bytes,
                                  .image_id = dynamodb_image_named(row.image_id),
                                  .blob = row.image_id ? (str){0} : row.item};
}

void dynamodb_stored_read(const struct call *call, const struct table *table, const struct item_key *key,
                          struct stored *stored)
{
    struct dynamodb_find_item_row row;

    *stored = (struct stored){0};
    if (dynamodb_find_item(call->txn,
                           &(struct dynamodb_find_item_params){
                               .table_id = table->row.id, .hash_key = key->hash, .range_key = key->range},
                           &row))
        *stored = (struct stored){.id = row.id,
                                  .size_bytes = row.size_bytes,
                                  .image_id = dynamodb_image_named(row.image_id),
                                  .blob = row.item};
}
