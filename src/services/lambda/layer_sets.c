/*
 * layer_sets.c: the layers of a version of a function.
 *
 * A set is named by the digest of its ARNs and packages, so that versions with the same layers share it.  It
 * owns the packages, and keeps them when the layers' versions are deleted.
 */
#include "code.h"
#include "lambda_internal.h"

#include "base/text.h"

struct lambda_layer_set_rows lambda_layer_set(const struct call *call, str id)
{
    return lambda_list_layer_set(call->txn, &(struct lambda_list_layer_set_params){.id = id});
}

struct str_list lambda_layer_packages(const struct call *call, const struct lambda_layer_set_rows *layers)
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

/* Empty for no layers. */
static str id_of(const struct call *call, const struct lambda_layer_set_rows *layers)
{
    struct text text = text_in(call->arena);

    if (layers->count == 0)
        return S("");
    for (size_t i = 0; i < layers->count; i++) {
        text_add(&text, layers->items[i].arn);
        text_add_char(&text, ' ');
        text_add(&text, layers->items[i].package);
        text_add_char(&text, '\n');
    }
    return lambda_package_digest(call->arena, text_str(&text));
}

bool lambda_layers_find(const struct call *call, const struct str_list *arns, struct function *function,
                        struct lambda_layer_set_rows *layers)
{
    struct layer_version version;

    *layers = (struct lambda_layer_set_rows){0};
    for (size_t i = 0; i < arns->count; i++) {
        if (!layer_check(call, arns, i, &version))
            return false;
        *list_add(call->arena, layers) = (struct lambda_layer_set_row){
            .position = (int64_t)i,
            .arn = version.arn,
            .package = version.row.package,
            .package_size = version.row.package_size,
            .unpacked_size = version.row.unpacked_size,
        };
    }
    function->row.layers = id_of(call, layers);
    return true;
}

bool lambda_function_size_check(const struct call *call, const struct function *function,
                                const struct lambda_layer_set_rows *layers)
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

void lambda_layer_set_store(const struct call *call, str id, const struct lambda_layer_set_rows *layers)
{
    for (size_t i = 0; i < layers->count; i++) {
        struct lambda_layer_set_row row = layers->items[i];
        row.id = id;
        lambda_add_set_layer(call->txn, &row);
    }
}

static bool is_named(const struct call *call, str id)
{
    struct lambda_is_layer_set_named_row found;

    return lambda_is_layer_set_named(call->txn, &(struct lambda_is_layer_set_named_params){.layers = id},
                                     &found);
}

void lambda_layer_set_release(const struct call *call, str id)
{
    if (str_empty(id) || is_named(call, id))
        return;
    struct lambda_layer_set_rows layers = lambda_layer_set(call, id);
    lambda_remove_layer_set(call->txn, &(struct lambda_remove_layer_set_params){.id = id});
    for (size_t i = 0; i < layers.count; i++)
        lambda_package_release(call, layers.items[i].package);
    lambda_unpacked_release(call, id);
}
