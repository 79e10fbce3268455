#pragma once

/*
 * legacy.h: the parameters from before the expressions, as the same trees, terms and actions.
 *
 * The functions check a parameter, and add it to the request's expressions; nothing happens when it is
 * absent. False: fail() has been called.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html
 */
#include "engine/call.h"
#include "expression.h"

struct expressions;

/* NULL: the operation lacks the parameter. */
struct legacy_parameters {
    const struct str_list *attributes_to_get;
    const struct dynamodb_attribute_value_update_map *attribute_updates;
    const struct dynamodb_expected_attribute_value_map *expected;
    const struct dynamodb_condition_map *scan_filter, *query_filter, *key_conditions;
    str conditional_operator;
};

/* legacy_conditions.c */
/* ScanFilter or QueryFilter, with its ConditionalOperator. */
bool dynamodb_legacy_filter_read(const struct call *call, const struct legacy_parameters *legacy,
                                 struct expressions *expressions);
/* Expected, with its ConditionalOperator. */
bool dynamodb_legacy_expected_read(const struct call *call, const struct legacy_parameters *legacy,
                                   struct expressions *expressions);
bool dynamodb_legacy_key_conditions_read(const struct call *call, const struct legacy_parameters *legacy,
                                         struct expressions *expressions);

/* legacy_updates.c */
bool dynamodb_legacy_updates_read(const struct call *call, const struct legacy_parameters *legacy,
                                  struct expressions *expressions);
