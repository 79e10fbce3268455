/*
 * versions.c: the version of a function that a qualifier names.
 *
 * A function has no configuration and no code of its own: its versions have.  $LATEST is version 0, the only
 * one that changes.  An alias names a version, or two of them with a weight.
 */
#include "lambda_internal.h"

#include "base/hash.h"

static const str latest = STR_INIT("$LATEST");

str lambda_version_text(struct arena *arena, int64_t number)
{
    return number == LATEST ? latest : arena_decimal(arena, number);
}

bool lambda_version_number(str qualifier, int64_t *number)
{
    *number = LATEST;
    if (!str_present(qualifier) || str_equal(qualifier, latest))
        return true;
    return str_to_i64(qualifier, number) && *number > 0 && qualifier.data[0] != '0';
}

bool lambda_version_get(const struct call *call, int64_t version_id, struct function *function)
{
    *function = (struct function){0};
    if (!lambda_find_version(call->txn, &(struct lambda_find_version_params){version_id}, &function->row))
        return false;
    function->arn = lambda_function_arn(call->arena, &(struct function_name){.account = function->row.account,
                                                                             .region = function->row.region,
                                                                             .name = function->row.name});
    return true;
}

static bool find_number(const struct call *call, const struct function_name *name, int64_t number,
                        struct function *function)
{
    const struct lambda_find_version_id_params params = {
        .account = name->account, .region = name->region, .name = name->name, .number = number};
    struct lambda_find_version_id_row row;

    *function = (struct function){0};
    return lambda_find_version_id(call->txn, &params, &row) && lambda_version_get(call, row.id, function);
}

const struct lambda_alias_row *lambda_alias_find(const struct call *call, const struct function_name *name)
{
    struct lambda_alias_row *alias = arena_new(call->arena, struct lambda_alias_row);

    return lambda_find_alias(call->txn,
                             &(struct lambda_find_alias_params){.account = name->account,
                                                                .region = name->region,
                                                                .name = name->name,
                                                                .alias = name->qualifier},
                             alias)
               ? alias
               : NULL;
}

bool lambda_version_find(const struct call *call, const struct function_name *name, struct function *function)
{
    const struct lambda_alias_row *alias = NULL;
    int64_t number;

    if (!lambda_version_number(name->qualifier, &number)) {
        alias = lambda_alias_find(call, name);
        if (!alias)
            return false;
        number = alias->number;
    }
    if (!find_number(call, name, number, function))
        return false;
    function->qualifier = name->qualifier;
    function->alias = alias;
    return true;
}

/* Evenly distributed from 0 up to 1. */
static double random_part(void)
{
    uint32_t bits;

    random_bytes(&bits, sizeof bits);
    return (double)bits / ((double)UINT32_MAX + 1);
}

void lambda_version_route(const struct call *call, struct function *function)
{
    const struct lambda_alias_row *alias = function->alias;
    const struct function_name name = {
        .account = function->row.account, .region = function->row.region, .name = function->row.name};
    struct function other;

    if (!alias || !alias->other_number || random_part() >= *alias->weight ||
        !find_number(call, &name, *alias->other_number, &other))
        return;
    function->row = other.row;
}
