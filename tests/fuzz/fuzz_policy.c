/*
 * fuzz_policy.c: policy documents from strangers: parsed as every kind, then evaluated.
 *
 * The input is a document, and optionally a zero byte and a resource.
 */
#include "engine/call.h"
#include "services/iam/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The engine's; only the check of a policy that somebody stores asks for it. */
bool condition_key_is_supplied(const struct call *call, str key)
{
    (void)call, (void)key;
    return false;
}

static const struct context_value CONTEXT[] = {
    {STR_INIT("dynamodb:LeadingKeys"), STR_INIT("alice")},
    {STR_INIT("dynamodb:LeadingKeys"), STR_INIT("bob")},
};

static void evaluate(struct arena *arena, const struct policy *policy, const struct principal *caller,
                     str resource)
{
    struct policy_request request = {
        .caller = caller,
        .principal_arn = caller->arn,
        .action = S("dynamodb:PutItem"),
        .resource = resource,
        .region = S("us-east-1"),
        .source_ip = S("127.0.0.1"),
        .now_ms = 1767225600000,
        .context = CONTEXT,
        .context_count = 2,
        .arena = arena,
    };
    struct policy_reference identity = {.policy = policy};
    struct policy_set set = {.identity = {&identity, 1}, .resource = policy};

    enum denial denial = iam_policy_decide(&set, &request).denial;
    if (denial != NOT_DENIED)
        iam_denial_message(denial, &request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct principal session = {.kind = PRINCIPAL_ROLE,
                                .arn = S("arn:aws:sts::000000000000:assumed-role/R/s"),
                                .id = S("AROAQWERTYUIOPASDFGHJ:s"),
                                .account = S("000000000000"),
                                .name = S("R")};
    struct principal service = {.kind = PRINCIPAL_SERVICE, .name = S("sns.amazonaws.com")};
    str rest = {size ? (const char *)data : "", size}, document, resource, problem;
    struct arena arena = {0};

    str_next(&rest, '\0', &document);
    resource = str_present(rest) ? rest : S("arn:aws:dynamodb:us-east-1:000000000000:table/Orders");
    for (int kind = POLICY_MANAGED; kind <= POLICY_RESOURCE; kind++) {
        const struct policy *policy = iam_policy_parse(&arena, (enum policy_kind)kind, document, &problem);
        if (!policy)
            continue;
        evaluate(&arena, policy, &session, resource);
        evaluate(&arena, policy, &service, resource);
    }
    arena_free(&arena);
    return 0;
}
