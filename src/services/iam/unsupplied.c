/*
 * unsupplied.c: condition keys without a value here.
 *
 * The services' models say which keys are supplied (`key` and `resource`); a policy that names another key is
 * noted in the log.  UNSUPPLIED has the keys that AWS would supply with every request: their value is
 * unknown, so a Deny with such a key applies and an Allow does not.  Other keys are absent, as on AWS: of
 * organizations, private networks, MFA, and of parameters that are refused (lambda:Layer).  A key that is
 * unknown in some requests has an absent value in their context (lambda:VpcIds).
 *
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
#include "services/iam/policy_internal.h"

#include "base/list.h"
#include "base/log.h"

enum { MOST_WARNINGS = 5, LONGEST_KEY = 128 };
enum { ANYBODY = ~0, A_SERVICE = 1 << PRINCIPAL_SERVICE };

struct unsupplied_key {
    str key;
    int callers; /* the callers with which AWS supplies it */
};

static const struct unsupplied_key UNSUPPLIED[] = {
    {STR_INIT("aws:Referer"), ANYBODY},
    {STR_INIT("aws:UserAgent"), ANYBODY},
    {STR_INIT("aws:PrincipalServiceNamesList"), A_SERVICE},
};

static bool is_among(const struct str_list *keys, str key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (str_equal_nocase(keys->items[i], key))
            return true;
    return false;
}

bool iam_key_is_unsupplied(const struct policy_request *request, str key)
{
    int caller = 1 << request->caller->kind;

    for (size_t i = 0; i < sizeof UNSUPPLIED / sizeof *UNSUPPLIED; i++)
        if (str_equal_nocase(UNSUPPLIED[i].key, key))
            return UNSUPPLIED[i].callers & caller;
    return false;
}

void iam_policy_unsupplied_keys(const struct call *call, const struct policy *policy, struct str_list *keys)
{
    for (size_t i = 0; i < policy->statements.count; i++) {
        const struct statement *statement = &policy->statements.items[i];
        for (size_t j = 0; j < statement->conditions.count; j++) {
            const struct condition *condition = &statement->conditions.items[j];
            if (condition->key == KEY_OTHER && !condition_key_is_supplied(call, condition->key_name) &&
                !is_among(keys, condition->key_name))
                *list_add(call->arena, keys) = condition->key_name;
        }
    }
}

/* Only characters that are safe in a line of the log. */
static bool is_key(str name)
{
    return str_is_word(name, S(":/-_.")) && name.size <= LONGEST_KEY;
}

void iam_policy_warn(const struct call *call, const struct policy *policy)
{
    struct str_list keys = {0};

    iam_policy_unsupplied_keys(call, policy, &keys);
    for (size_t i = 0; i < keys.count && i < MOST_WARNINGS; i++)
        log_warn("a policy asks for a condition key that no service here supplies",
                 log_field("key", is_key(keys.items[i]) ? keys.items[i] : S("-")));
}
