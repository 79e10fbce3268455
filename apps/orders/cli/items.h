#pragma once

/*
 * items.h: the table's items, for people and as JSON.
 */
#include "wire/json.h"

#include "dynamodb_model.h"

/* An attribute of type text or number, or the absent str. */
str item_text(const struct dynamodb_attribute_map *item, str name);
/* Plain JSON, without DynamoDB's types; binary is base64. */
void item_write_json(struct json_writer *writer, const struct dynamodb_attribute_map *item);
