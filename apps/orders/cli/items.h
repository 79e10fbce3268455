#pragma once

/*
 * items.h: the table's items, for people and as JSON.
 */
#include "wire/json.h"

#include "dynamodb_model.h"

/* A text or number of the item, the absent str when there is none. */
str item_text(const struct dynamodb_attribute_map *item, str name);
/* As plain JSON, without DynamoDB's types; binary is base64. */
void item_write_json(struct json_writer *writer, const struct dynamodb_attribute_map *item);
