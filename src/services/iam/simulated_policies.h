#pragma once

/*
 * simulated_policies.h: the policies of a simulation, and where their statements are in the documents.
 */
#include "services/iam/iam_internal.h"
#include "services/iam/policy_internal.h"

enum policy_role { IDENTITY_POLICY, BOUNDARY_POLICY, RESOURCE_POLICY };

struct simulated_policy {
    enum policy_role role;
    str id;   /* SourcePolicyId */
    str type; /* SourcePolicyType */
    const struct policy *policy;
    struct iam_statement_list places; /* of its statements, as replies contain them */
};

struct simulated_policies {
    struct simulated_policy *items;
    size_t count;
};

/* Parse a document that the request has.  False: fail() has been called. */
bool iam_simulate_document(const struct call *call, enum policy_role role, str id, str document,
                           struct simulated_policies *policies);
/* The same for a list; the ids are "<word>.1" and so on. */
bool iam_simulate_documents(const struct call *call, enum policy_role role, const char *word,
                            const struct str_list *documents, struct simulated_policies *policies);
/* Add the identity's own policies, and those of a user's groups. */
void iam_simulate_attached(const struct call *call, const struct identity *identity,
                           struct simulated_policies *policies);
/* Add its boundary, if it has one. */
void iam_simulate_boundary(const struct call *call, const struct identity *identity,
                           struct simulated_policies *policies);
