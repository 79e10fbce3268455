/*
 * function_layers.c: the layers of a function.
 *
 * A function owns the packages of its layers, and keeps them when the layers' versions are deleted.
 */
#include "lambda_internal.h"

enum { MOST_LAYERS = 5 };

struct lambda_function_layer_rows lambda_function_layers(const struct call *call,
                                                         const struct function *function)
{
    return lambda_list_function_layers(
        call->txn, &(struct lambda_list_function_layers_params){.function_id = function->row.id});
}

struct str_list lambda_layer_packages(const struct call *call,
                                      const struct lambda_function_layer_rows *layers)
{
    struct str_list packages = {0};

    for (size_t i = 0; i < layers->count; i++)
        *list_add(call->arena, &packages) = layers->items[i].package;
    return packages;
}

/* ---- the layers of a request ---- */

static str without_number(str arn)
{
    return str_head(arn, (size_t)str_last_index(arn, ':'));
}

/* NULL: no earlier layer of the list is a version of the same one. */
static const str *same_layer(const struct str_list *arns, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_equal(without_number(arns->items[i]), without_number(arns->items[at])))
            return &arns->items[i];
    return NULL;
}

static bool layer_check(const struct call *call, const struct str_list *arns, size_t at,
                        struct layer_version *version)
{
    str arn = arns->items[at];
    const str *other = same_layer(arns, at);

    if (str_find(arn, arena_concat(call->arena, S(":lambda:"), call->region, S(":"))) < 0)
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Layers are not in the same region as the function. Layers are expected to be in region %.*s.",
             STR_ARGS(call->region));
    else if (!lambda_layer_version_find(call, arn, version))
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Layer version %.*s does not exist.",
             STR_ARGS(arn));
    else if (other)
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Two different versions of the same layer are not allowed to be referenced in the same "
             "function. %.*s and %.*s are versions of the same layer.",
             STR_ARGS(*other), STR_ARGS(arn));
    else
        return true;
    return false;
}

bool lambda_function_layers_find(const struct call *call, const struct str_list *arns,
                                 struct function *function, struct lambda_function_layer_rows *layers)
{
    struct layer_version version;

    *layers = (struct lambda_function_layer_rows){0};
    if (arns->count > MOST_LAYERS) {
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Cannot reference more than %d layers.",
             MOST_LAYERS);
        return false;
    }
    for (size_t i = 0; i < arns->count; i++) {
        if (!layer_check(call, arns, i, &version))
            return false;
        *list_add(call->arena, layers) = (struct lambda_function_layer_row){
            .position = (int64_t)i,
            .arn = version.arn,
            .package = version.row.package,
            .package_size = version.row.package_size,
            .unpacked_size = version.row.unpacked_size,
        };
    }
    struct str_list packages = lambda_layer_packages(call, layers);
    function->row.layers_folder = lambda_unpacked_name(call, &packages);
    return true;
}

bool lambda_function_size_check(const struct call *call, const struct function *function,
                                const struct lambda_function_layer_rows *layers)
{
    int64_t size = function->row.unpacked_size;

    for (size_t i = 0; i < layers->count; i++)
        size += layers->items[i].unpacked_size;
    if (size <= UNZIPPED_BYTES)
        return true;
    fail(
        call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
        "Function code combined with layers exceeds the maximum allowed size of %d bytes. The actual size is "
        "%lld bytes.",
        UNZIPPED_BYTES, (long long)size);
    return false;
}

/* ---- storing ---- */

void lambda_function_layers_store(const struct call *call, int64_t function_id,
                                  const struct lambda_function_layer_rows *layers)
{
    lambda_remove_function_layers(call->txn,
                                  &(struct lambda_remove_function_layers_params){.function_id = function_id});
    for (size_t i = 0; i < layers->count; i++) {
        struct lambda_function_layer_row row = layers->items[i];
        row.function_id = function_id;
        lambda_add_function_layer(call->txn, &row);
    }
}

void lambda_function_layers_release(const struct call *call, const struct lambda_function_layer_rows *layers)
{
    struct str_list packages = lambda_layer_packages(call, layers);

    for (size_t i = 0; i < packages.count; i++)
        lambda_package_release(call, packages.items[i]);
    lambda_unpacked_release(call, lambda_unpacked_name(call, &packages));
}
