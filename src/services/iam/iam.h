#pragma once

/*
 * iam.h: IAM and STS, as main sees them: two services over one directory of identities, and the engine's
 * identity provider.
 */
#include "engine/engine.h"

extern const struct module IAM_MODULE;
extern const struct module STS_MODULE;

/* The functions of struct identity_provider, with the same names. */
bool iam_find_credentials(struct txn *txn, struct arena *arena, str access_key_id, int64_t now_ms,
                          struct credentials *credentials);
void iam_note_key_use(const struct call *call, str access_key_id, str service);
bool iam_authorize(const struct call *call, const struct question *question, struct objection *objection);
/* Also false when the role does not trust the service of this call. */
bool iam_find_role(const struct call *call, str role_arn, str session_name, struct principal *principal);
bool iam_has_access_keys(struct txn *txn);
bool iam_is_resource_policy(const struct call *call, str document);
bool iam_bind_policy(const struct call *call, str document, str *bound);
str iam_show_policy(const struct call *call, str bound);
