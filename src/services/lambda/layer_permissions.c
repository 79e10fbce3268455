/*
 * layer_permissions.c: the policy of a layer's version, one statement at a time.
 */
#include "code.h"
#include "lambda_internal.h"

#include "aws/arn.h"
#include "aws/policy_document.h"
#include "base/hash.h"

/* The version of the request.  NULL: it does not exist, and fail() has been called. */
static const struct layer_version *version_of(const struct call *call)
{
    const struct resource *resource = call_resource(call, 0);

    if (!resource->row)
        fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION, "Layer version %.*s does not exist.",
             STR_ARGS(resource->arn));
    return resource->row;
}

static bool revision_check(const struct call *call, str revision, const struct layer_version *version)
{
    if (!str_present(revision) || str_equal(revision, version->row.revision))
        return true;
    fail(call, &LAMBDA_PRECONDITION_FAILED_EXCEPTION,
         "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to "
         "retrieve the latest Revision Id");
    return false;
}

static void add_organization(struct json_writer *writer, str organization)
{
    if (!str_present(organization) || str_empty(organization))
        return;
    json_name(writer, S("Condition"));
    json_open_object(writer);
    json_name(writer, S("StringEquals"));
    json_open_object(writer);
    json_field(writer, S("aws:PrincipalOrgID"), organization);
    json_close_object(writer);
    json_close_object(writer);
}

static str statement_of(const struct call *call, const struct lambda_add_layer_version_permission_request *in,
                        const struct layer_version *version)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("Sid"), in->statement_id);
    json_field(&writer, S("Effect"), S("Allow"));
    lambda_policy_principal(call, &writer, in->principal);
    json_field(&writer, S("Action"), in->action);
    json_field(&writer, S("Resource"), version->arn);
    add_organization(&writer, in->organization_id);
    json_close_object(&writer);
    return json_written(&writer);
}

/* Returns the new revision. */
static str store_policy(const struct call *call, const struct layer_version *version, str policy)
{
    str revision = random_uuid(call->arena);

    lambda_set_layer_policy(call->txn,
                            &(struct lambda_set_layer_policy_params){.layer_id = version->row.layer_id,
                                                                     .number = version->row.number,
                                                                     .policy = policy,
                                                                     .revision = revision});
    return revision;
}

enum outcome lambda_add_layer_version_permission(const struct call *call,
                                                 const struct lambda_add_layer_version_permission_request *in,
                                                 struct lambda_add_layer_version_permission_response *out)
{
    const struct layer_version *version = version_of(call);
    str policy;

    if (!version || !revision_check(call, in->revision_id, version))
        return FAILED;
    out->statement = statement_of(call, in, version);
    if (!lambda_policy_add(call, version->row.policy, in->statement_id, out->statement, &policy))
        return FAILED;
    out->revision_id = store_policy(call, version, policy);
    return DONE;
}

enum outcome
lambda_remove_layer_version_permission(const struct call *call,
                                       const struct lambda_remove_layer_version_permission_request *in,
                                       struct lambda_remove_layer_version_permission_output *out)
{
    const struct layer_version *version = version_of(call);
    str policy;

    (void)out;
    if (!version || !revision_check(call, in->revision_id, version) ||
        !lambda_policy_remove(call, version->row.policy, in->statement_id, &policy))
        return FAILED;
    store_policy(call, version, policy);
    return DONE;
}

enum outcome lambda_get_layer_version_policy(const struct call *call,
                                             const struct lambda_get_layer_version_policy_request *in,
                                             struct lambda_get_layer_version_policy_response *out)
{
    const struct layer_version *version = version_of(call);

    (void)in;
    if (!version)
        return FAILED;
    if (!str_present(version->row.policy))
        return fail(call, &LAMBDA_RESOURCE_NOT_FOUND_EXCEPTION,
                    "No policy is associated with the given resource.");
    out->policy = policy_shown(call, version->row.policy);
    out->revision_id = version->row.revision;
    return DONE;
}
