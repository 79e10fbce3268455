#pragma once

/*
 * items.h: items and values written as DynamoDB's JSON.
 */
#include "engine/call.h"
#include "services/dynamodb/value.h"

#include "unit.h"

static inline struct dynamodb_attribute_map item_of(str json)
{
    struct dynamodb_attribute_map item = {0};
    str problem;

    assert_true(model_from_json(&scratch, &DYNAMODB_ATTRIBUTE_MAP, json, &item));
    assert_true(dynamodb_item_check(&scratch, VALUE_LAYER_CURRENT, &item, &problem));
    return item;
}

static inline str json_of(const struct dynamodb_attribute_map *item)
{
    return model_to_json(&scratch, &DYNAMODB_ATTRIBUTE_MAP, item);
}
