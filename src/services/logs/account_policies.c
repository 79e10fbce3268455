/*
 * account_policies.c: policies of an account and region: a subscription filter for all log groups but those
 * that its selection criteria exclude, and index policies (account_index_policies.c).
 *
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
 *
 * A row's `excluded` has each excluded group's name in quotes, so that one search finds a name: names have
 * no quotes.
 */
#include "account_index_policies.h"
#include "subscription.h"

#include "engine/delivery.h"
#include "wire/json.h"

enum { MAX_DOCUMENT = 30720, MAX_SELECTION = 25 * 1024, MAX_NAME = 256 };

static bool refuse(const struct call *call, const char *sentence)
{
    fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%s", sentence);
    return false;
}

static bool find(const struct call *call, str type, struct logs_account_policy_row *row)
{
    return logs_find_account_policy(call->txn,
                                    &(struct logs_find_account_policy_params){
                                        .account = call->account, .region = call->region, .type = type},
                                    row);
}

static bool find_named(const struct call *call, str type, str name, struct logs_account_policy_row *row)
{
    if (find(call, type, row) && str_equal(row->name, name))
        return true;
    fail(call, &LOGS_RESOURCE_NOT_FOUND_EXCEPTION, "The specified account policy does not exist.");
    return false;
}

static str target_of(const struct call *call, const struct logs_account_policy_row *row)
{
    return arena_format(call->arena, "logs/account-policy/%lld", (long long)row->id);
}

static void describe(const struct call *call, const struct logs_account_policy_row *row,
                     struct logs_account_policy *policy)
{
    *policy = (struct logs_account_policy){
        .policy_name = row->name,
        .policy_document = row->document,
        .last_updated_time = arena_i64(call->arena, row->updated_ms),
        .policy_type = row->type,
        .scope = row->scope,
        .selection_criteria = row->selection,
        .account_id = call->account,
    };
}

/* ---- the document ---- */

struct document {
    str destination_arn, role_arn, pattern, distribution;
};

/* The member of that name: a string, or absent.  False: it is something else. */
static bool read_member(const struct json_member *member, struct document *document)
{
    const struct {
        str name;
        str *value;
    } known[] = {
        {S("DestinationArn"), &document->destination_arn},
        {S("RoleArn"), &document->role_arn},
        {S("FilterPattern"), &document->pattern},
        {S("Distribution"), &document->distribution},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_equal(member->name, known[i].name) && json_is(&member->value, JSON_STRING)) {
            *known[i].value = member->value.text;
            return true;
        }
    return false;
}

static bool read_document(struct arena *arena, str text, struct document *document)
{
    const struct json *root = json_parse(arena, text, NULL);

    *document = (struct document){0};
    if (!json_is(root, JSON_OBJECT))
        return false;
    for (size_t i = 0; i < root->count; i++)
        if (!read_member(&root->members[i], document))
            return false;
    return str_present(document->destination_arn) && document->pattern.data &&
           (!document->distribution.data || logs_distribution_of(document->distribution));
}

/* ---- the selection ---- */

static bool skip_word(str *rest, str word)
{
    *rest = str_trim(*rest);
    if (!str_starts_with(*rest, word))
        return false;
    *rest = str_from(*rest, word.size);
    return true;
}

/* LogGroupName NOT IN ["NAME", …]: the names, each in quotes. */
static bool read_selection(struct arena *arena, str selection, str *excluded)
{
    struct text names = text_in(arena);
    str rest = selection;

    *excluded = S("");
    if (str_empty(selection))
        return true;
    if (!skip_word(&rest, S("LogGroupName")) || !skip_word(&rest, S("NOT")) || !skip_word(&rest, S("IN")))
        return false;
    const struct json *list = json_parse(arena, str_trim(rest), NULL);
    if (!json_is(list, JSON_ARRAY))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (!json_is(&list->items[i], JSON_STRING) || str_find(list->items[i].text, S("\"")) >= 0)
            return false;
        text_format(&names, "\"%.*s\"", STR_ARGS(list->items[i].text));
    }
    *excluded = text_str(&names);
    return true;
}

bool logs_excludes(const struct call *call, str excluded, str group_name)
{
    return str_find(excluded, arena_concat(call->arena, S("\""), group_name, S("\""))) >= 0;
}

bool logs_account_subscription(const struct call *call, str group_name, struct log_subscription *subscription,
                               str *pattern)
{
    struct logs_account_policy_row row;
    struct document document;

    if (!find(call, logs_policy_type_text(LOGS_POLICY_TYPE_SUBSCRIPTION_FILTER_POLICY), &row) ||
        logs_excludes(call, row.excluded, group_name) || !read_document(call->arena, row.document, &document))
        return false;
    *pattern = document.pattern;
    *subscription = (struct log_subscription){.name = row.name,
                                              .destination_arn = document.destination_arn,
                                              .target = target_of(call, &row),
                                              .is_of_account = true};
    return true;
}

/* ---- operations ---- */

static bool is_index(str type)
{
    return logs_policy_type_of(type) == LOGS_POLICY_TYPE_FIELD_INDEX_POLICY;
}

static bool basics_check(const struct call *call, const struct logs_put_account_policy_request *in)
{
    if (str_empty(in->policy_name) || in->policy_name.size > MAX_NAME ||
        str_starts_with(in->policy_name, S("aws/")))
        return refuse(call, "The policy name has 1 to 256 characters and does not begin with aws/.");
    if (in->policy_document.size > MAX_DOCUMENT)
        return refuse(call, "The policy document has at most 30720 characters.");
    return in->selection_criteria.size <= MAX_SELECTION ||
           refuse(call, "The selection criteria have at most 25600 bytes.");
}

static bool request_check(const struct call *call, const struct logs_put_account_policy_request *in,
                          struct document *document, str *excluded)
{
    struct pattern pattern;
    str problem;

    if (!read_document(call->arena, in->policy_document, document))
        return refuse(call, "The policy document is a JSON object with DestinationArn and FilterPattern, and "
                            "optionally RoleArn and Distribution.");
    if (!read_selection(call->arena, in->selection_criteria, excluded))
        return refuse(call, "The selection criteria of a subscription filter policy are LogGroupName NOT IN "
                            "[\"name\", ...].");
    if (!logs_pattern_parse(call->arena, document->pattern, &pattern, &problem)) {
        fail(call, &LOGS_INVALID_PARAMETER_EXCEPTION, "%.*s", STR_ARGS(problem));
        return false;
    }
    return logs_destination_check(call, document->destination_arn, document->role_arn);
}

/* An account has one policy, which keeps its name.  False: fail() has been called. */
static bool room_check(const struct call *call, const struct logs_put_account_policy_request *in)
{
    struct logs_account_policy_row before;

    if (!find(call, in->policy_type, &before) || str_equal(before.name, in->policy_name))
        return true;
    fail(call, &LOGS_LIMIT_EXCEEDED_EXCEPTION, "Resource limit exceeded.");
    return false;
}

static void store(const struct call *call, const struct logs_put_account_policy_request *in, str excluded)
{
    logs_put_account_policy_row(call->txn, &(struct logs_put_account_policy_row_params){
                                               .account = call->account,
                                               .region = call->region,
                                               .type = in->policy_type,
                                               .name = in->policy_name,
                                               .document = in->policy_document,
                                               .scope = logs_scope_text(LOGS_SCOPE_ALL),
                                               .selection = in->selection_criteria,
                                               .excluded = excluded,
                                               .updated_ms = call->now_ms,
                                           });
}

static bool put_subscription(const struct call *call, const struct logs_put_account_policy_request *in,
                             struct logs_account_policy *policy)
{
    struct logs_account_policy_row row;
    struct document document;
    str excluded;

    if (!request_check(call, in, &document, &excluded) || !room_check(call, in) ||
        !logs_destination_allows(call, S("*"), document.destination_arn))
        return false;
    if (logs_destination_leads_to(call, document.destination_arn, NULL, excluded))
        return refuse(call,
                      "The function writes to a log group that the policy applies to, directly or by other "
                      "subscriptions: each event would cause another one. Exclude the group by "
                      "selectionCriteria.");
    store(call, in, excluded);
    check(find(call, in->policy_type, &row));
    describe(call, &row, policy);
    return true;
}

enum outcome logs_put_account_policy(const struct call *call,
                                     const struct logs_put_account_policy_request *in,
                                     struct logs_put_account_policy_response *out)
{
    struct logs_account_policy *policy = arena_new(call->arena, struct logs_account_policy);

    if (!basics_check(call, in) ||
        !(is_index(in->policy_type) ? logs_account_index_put : put_subscription)(call, in, policy))
        return FAILED;
    out->account_policy = policy;
    return DONE;
}

static bool delete_subscription(const struct call *call, const struct logs_delete_account_policy_request *in)
{
    struct logs_account_policy_row row;

    if (!find_named(call, in->policy_type, in->policy_name, &row))
        return false;
    logs_remove_account_policy(call->txn, &(struct logs_remove_account_policy_params){.id = row.id});
    delivery_drop(call, target_of(call, &row));
    return true;
}

enum outcome logs_delete_account_policy(const struct call *call,
                                        const struct logs_delete_account_policy_request *in,
                                        struct logs_delete_account_policy_response *out)
{
    (void)out;
    if (!(is_index(in->policy_type) ? logs_account_index_delete : delete_subscription)(call, in))
        return FAILED;
    return DONE;
}

/* No account is linked to another. */
static bool names_other_accounts(const struct call *call, const struct str_list *accounts)
{
    for (size_t i = 0; i < accounts->count; i++)
        if (!str_equal(accounts->items[i], call->account))
            return true;
    return false;
}

static bool describe_subscription(const struct call *call,
                                  const struct logs_describe_account_policies_request *in, struct page *page,
                                  struct logs_describe_account_policies_response *out)
{
    struct logs_account_policy_row row;

    if (str_present(in->policy_name) && !find_named(call, in->policy_type, in->policy_name, &row))
        return false;
    if (find(call, in->policy_type, &row) && !page_is_past(page, row.name))
        describe(call, &row, list_add(call->arena, &out->account_policies));
    return true;
}

enum outcome logs_describe_account_policies(const struct call *call,
                                            const struct logs_describe_account_policies_request *in,
                                            struct logs_describe_account_policies_response *out)
{
    struct page page;

    if (!logs_page_open(call, in->next_token, NULL, &page))
        return FAILED;
    list_make_empty(call->arena, &out->account_policies);
    if (names_other_accounts(call, &in->account_identifiers))
        return DONE;
    return (is_index(in->policy_type) ? logs_account_index_describe : describe_subscription)(call, in, &page,
                                                                                             out)
               ? DONE
               : FAILED;
}
