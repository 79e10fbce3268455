#include "policy_fixture.h"

#define REST_OF_ALLOW "'Statement':{'Effect':'Allow','Action':'*','Resource':'*'}"
#define ALLOW(rest) "{'Version':'2012-10-17','Statement':[{'Effect':'Allow'," rest "}]}"

static const struct principal LAMBDA_SESSION = {
    .kind = PRINCIPAL_ROLE,
    .arn = STR_INIT("arn:aws:sts::000000000000:assumed-role/Worker/f"),
    .id = STR_INIT("AROAQWERTYUIOPASDFGHJ:f"),
    .account = STR_INIT("000000000000"),
    .name = STR_INIT("Worker"),
};

static const struct principal ROOT = {
    .kind = PRINCIPAL_ROOT,
    .arn = STR_INIT("arn:aws:iam::000000000000:root"),
    .id = STR_INIT("000000000000"),
    .account = STR_INIT("000000000000"),
};

static const struct principal SNS = {
    .kind = PRINCIPAL_SERVICE,
    .name = STR_INIT("sns.amazonaws.com"),
    .source_arn = STR_INIT("arn:aws:sns:us-east-1:000000000000:OrderTopic"),
    .source_account = STR_INIT("000000000000"),
};

/* The texts of the policies that apply to a request; each may be NULL. */
struct texts {
    const char *identity, *boundary, *session, *resource, *trust;
};

static const struct policy *optional(enum policy_kind kind, const char *text)
{
    return text ? policy_of(kind, str_of(text)) : NULL;
}

static str decided(const struct texts *texts, struct policy_request request)
{
    struct policy_reference identity = {.policy = optional(POLICY_INLINE, texts->identity), .name = S("own")};
    struct policy_set set = {
        .identity = {&identity, identity.policy != NULL},
        .boundary = optional(POLICY_MANAGED, texts->boundary),
        .session = optional(POLICY_SESSION, texts->session),
        .resource =
            texts->trust ? optional(POLICY_TRUST, texts->trust) : optional(POLICY_RESOURCE, texts->resource),
        .trust = texts->trust != NULL,
    };

    if (request.caller->kind == PRINCIPAL_ROLE)
        request.principal_arn = S("arn:aws:iam::000000000000:role/team/Worker");
    enum denial denial = iam_policy_decide(&set, &request).denial;
    return denial == NOT_DENIED ? S("allowed") : iam_denial_message(denial, &request);
}

#define BOB_PUTS                                                                                             \
    "User: arn:aws:iam::000000000000:user/bob is not authorized to perform: dynamodb:PutItem on "            \
    "resource: " TABLE " "
#define WORKER_SENDS                                                                                         \
    "User: arn:aws:sts::000000000000:assumed-role/Worker/f is not authorized to perform: "                   \
    "sqs:SendMessage on resource: " QUEUE " "

static struct policy_request bob_puts(void)
{
    return asks(&BOB, S("dynamodb:PutItem"), S(TABLE));
}

static struct policy_request worker_sends(void)
{
    return asks(&LAMBDA_SESSION, S("sqs:SendMessage"), S(QUEUE));
}

static struct policy_request sns_sends(void)
{
    return asks(&SNS, S("sqs:SendMessage"), S(QUEUE));
}

static str problem_of(enum policy_kind kind, str text)
{
    str problem;

    assert_null(iam_policy_parse(&scratch, kind, quoted(text), &problem));
    return problem;
}

#define ANYTHING ALLOW("'Action':'*','Resource':'*'")

TEST(nothing_is_allowed_without_a_policy)
{
    assert_text(decided(&(struct texts){0}, bob_puts()),
                BOB_PUTS "because no identity-based policy allows the dynamodb:PutItem action");
}

TEST(actions_match_without_case_and_with_wildcards)
{
    static const char *const ACTIONS[] = {
        "dynamodb:PutItem", "DynamoDB:putitem", "dynamodb:Put*", "dynamodb:*", "*", "dynamodb:?utItem"};

    for (size_t i = 0; i < sizeof ACTIONS / sizeof *ACTIONS; i++) {
        str text = arena_format(&scratch, ALLOW("'Action':['sqs:SendMessage','%s'],'Resource':'" TABLE "'"),
                                ACTIONS[i]);
        assert_text(decided(&(struct texts){.identity = text.data}, bob_puts()), "allowed");
    }
    assert_text(decided(&(struct texts){.identity = ALLOW("'NotAction':'iam:*','Resource':'*'")}, bob_puts()),
                "allowed");
    assert_string_not_equal(
        decided(&(struct texts){.identity = ALLOW("'NotAction':'dynamodb:*','Resource':'*'")}, bob_puts())
            .data,
        "allowed");
}

TEST(resources_match_with_wildcards_and_variables)
{
    static const char *const RESOURCES[] = {TABLE, "*", "arn:aws:dynamodb:*:*:table/Orders",
                                            "arn:aws:dynamodb:us-east-1:000000000000:table/*"};

    for (size_t i = 0; i < sizeof RESOURCES / sizeof *RESOURCES; i++) {
        str text = arena_format(&scratch, ALLOW("'Action':'dynamodb:*','Resource':'%s'"), RESOURCES[i]);
        assert_text(decided(&(struct texts){.identity = text.data}, bob_puts()), "allowed");
    }
    static const char OWN[] = ALLOW("'Action':'s3:*','Resource':'arn:aws:s3:::home/${aws:username}/*'");
    assert_text(decided(&(struct texts){.identity = OWN},
                        asks(&BOB, S("s3:GetObject"), S("arn:aws:s3:::home/bob/x"))),
                "allowed");
    assert_true(str_starts_with(decided(&(struct texts){.identity = OWN},
                                        asks(&BOB, S("s3:GetObject"), S("arn:aws:s3:::home/eve/x"))),
                                S("User: ")));
}

TEST(a_variable_of_the_old_version_is_plain_text)
{
    static const char OLD[] = "{'Version':'2008-10-17','Statement':{'Effect':'Allow','Action':'s3:*',"
                              "'Resource':'arn:aws:s3:::home/${aws:username}'}}";

    assert_true(str_starts_with(
        decided(&(struct texts){.identity = OLD}, asks(&BOB, S("s3:GetObject"), S("arn:aws:s3:::home/bob"))),
        S("User: ")));
    assert_text(decided(&(struct texts){.identity = OLD},
                        asks(&BOB, S("s3:GetObject"), S("arn:aws:s3:::home/${aws:username}"))),
                "allowed");
}

TEST(an_explicit_deny_wins)
{
    static const char DENY[] =
        "{'Version':'2012-10-17','Statement':[{'Effect':'Allow','Action':'*','Resource':'*'},"
        "{'Effect':'Deny','Action':'dynamodb:PutItem','Resource':'*'}]}";

    assert_text(decided(&(struct texts){.identity = DENY}, bob_puts()),
                BOB_PUTS "with an explicit deny in an identity-based policy");
    assert_text(decided(&(struct texts){.identity = ANYTHING, .boundary = DENY}, bob_puts()),
                BOB_PUTS "with an explicit deny in a permissions boundary");
    assert_text(decided(&(struct texts){.identity = ANYTHING, .session = DENY}, bob_puts()),
                BOB_PUTS "with an explicit deny in a session policy");
}

TEST(a_boundary_and_a_session_policy_cut_down)
{
    static const char OTHER[] = ALLOW("'Action':'sqs:*','Resource':'*'");

    assert_text(decided(&(struct texts){.identity = ANYTHING, .boundary = OTHER}, bob_puts()),
                BOB_PUTS "because no permissions boundary allows the dynamodb:PutItem action");
    assert_text(decided(&(struct texts){.identity = ANYTHING, .session = OTHER}, bob_puts()),
                BOB_PUTS "because no session policy allows the dynamodb:PutItem action");
    assert_text(decided(&(struct texts){.boundary = ANYTHING}, bob_puts()),
                BOB_PUTS "because no identity-based policy allows the dynamodb:PutItem action");
    assert_text(
        decided(&(struct texts){.identity = ANYTHING, .boundary = ANYTHING, .session = ANYTHING}, bob_puts()),
        "allowed");
}

#define QUEUE_POLICY(principal)                                                                              \
    ALLOW("'Principal':" principal ",'Action':'sqs:SendMessage','Resource':'" QUEUE "'")

TEST(in_one_account_the_resource_policy_may_allow_too)
{
    static const char *const PRINCIPALS[] = {
        QUEUE_POLICY("'*'"),
        QUEUE_POLICY("{'AWS':'*'}"),
        QUEUE_POLICY("{'AWS':'AROAQWERTYUIOPASDFGHJ'}"),
        QUEUE_POLICY("{'AWS':['123456789012','arn:aws:iam::000000000000:role/team/Worker']}"),
        QUEUE_POLICY("{'AWS':'arn:aws:sts::000000000000:assumed-role/Worker/f'}"),
    };

    for (size_t i = 0; i < sizeof PRINCIPALS / sizeof *PRINCIPALS; i++)
        assert_text(decided(&(struct texts){.resource = PRINCIPALS[i]}, worker_sends()), "allowed");
    assert_text(decided(&(struct texts){.resource = QUEUE_POLICY("{'AWS':'000000000000'}")}, worker_sends()),
                WORKER_SENDS "because no identity-based policy allows the sqs:SendMessage action");
    assert_text(
        decided(&(struct texts){.resource = QUEUE_POLICY("{'AWS':'arn:aws:iam::000000000000:user/eve'}")},
                worker_sends()),
        WORKER_SENDS "because no identity-based policy allows the sqs:SendMessage action");
}

TEST(a_grant_to_the_session_itself_passes_its_session_policy)
{
    static const char OTHER[] = ALLOW("'Action':'s3:*','Resource':'*'");
    struct texts by_role = {.session = OTHER,
                            .resource = QUEUE_POLICY("{'AWS':'arn:aws:iam::000000000000:role/team/Worker'}")};
    struct texts by_session = {.session = OTHER,
                               .resource =
                                   QUEUE_POLICY("{'AWS':'arn:aws:sts::000000000000:assumed-role/Worker/f'}")};

    assert_text(decided(&by_role, worker_sends()),
                WORKER_SENDS "because no session policy allows the sqs:SendMessage action");
    assert_text(decided(&by_session, worker_sends()), "allowed");
}

TEST(across_accounts_both_sides_must_allow)
{
    struct policy_request request = worker_sends();
    request.resource = S("arn:aws:sqs:us-east-1:111111111111:theirs");
    static const char THEIRS[] =
        ALLOW("'Principal':{'AWS':'arn:aws:iam::000000000000:root'},'Action':'sqs:*',"
              "'Resource':'*'");

    assert_text(decided(&(struct texts){.identity = ANYTHING, .resource = THEIRS}, request), "allowed");
    assert_true(str_ends_with(decided(&(struct texts){.identity = ANYTHING}, request),
                              S("because no resource-based policy allows the sqs:SendMessage action")));
    assert_true(str_ends_with(decided(&(struct texts){.resource = THEIRS}, request),
                              S("because no identity-based policy allows the sqs:SendMessage action")));
}

TEST(a_service_has_only_what_the_resource_policy_gives)
{
    static const char WITH_SOURCE[] =
        ALLOW("'Principal':{'Service':'sns.amazonaws.com'},'Action':'sqs:SendMessage','Resource':'" QUEUE "',"
              "'Condition':{'ArnEquals':{'aws:SourceArn':'arn:aws:sns:us-east-1:000000000000:OrderTopic'}}");
    static const char OTHER_SOURCE[] =
        ALLOW("'Principal':{'Service':'sns.amazonaws.com'},'Action':'sqs:SendMessage','Resource':'" QUEUE "',"
              "'Condition':{'ArnEquals':{'aws:SourceArn':'arn:aws:sns:us-east-1:000000000000:Other'}}");

    assert_text(decided(&(struct texts){.resource = WITH_SOURCE}, sns_sends()), "allowed");
    assert_text(decided(&(struct texts){.resource = OTHER_SOURCE}, sns_sends()),
                "User: sns.amazonaws.com is not authorized to perform: sqs:SendMessage on resource: " QUEUE
                " because no resource-based policy allows the sqs:SendMessage action");
    assert_text(decided(&(struct texts){.resource = QUEUE_POLICY("'*'")}, sns_sends()), "allowed");
    assert_true(str_starts_with(decided(&(struct texts){0}, sns_sends()), S("User: sns.amazonaws.com")));
}

TEST(the_root_of_the_account_is_bound_only_by_resource_policies_that_deny)
{
    static const char DENY[] =
        "{'Statement':{'Effect':'Deny','Principal':'*','Action':'sqs:*','Resource':'*'}}";
    struct policy_request request = asks(&ROOT, S("sqs:SendMessage"), S(QUEUE));

    assert_text(decided(&(struct texts){0}, request), "allowed");
    assert_true(str_ends_with(decided(&(struct texts){.resource = DENY}, request),
                              S("with an explicit deny in a resource-based policy")));
}

TEST(nobody_is_allowed_by_not_principal_who_is_listed)
{
    static const char DENY[] = "{'Statement':{'Effect':'Deny','NotPrincipal':{'AWS':["
                               "'arn:aws:iam::000000000000:user/bob','arn:aws:iam::000000000000:root']},"
                               "'Action':'*','Resource':'*'}}";

    assert_text(decided(&(struct texts){.identity = ANYTHING, .resource = DENY}, bob_puts()), "allowed");
    assert_text(decided(&(struct texts){.identity = ANYTHING, .resource = DENY}, worker_sends()),
                WORKER_SENDS "with an explicit deny in a resource-based policy");
}

#define TRUST(principal) ALLOW("'Principal':" principal ",'Action':'sts:AssumeRole'")

TEST(a_role_is_assumed_only_by_whom_it_trusts)
{
    struct policy_request request =
        asks(&BOB, S("sts:AssumeRole"), S("arn:aws:iam::000000000000:role/Worker"));

    assert_text(
        decided(&(struct texts){.trust = TRUST("{'AWS':'arn:aws:iam::000000000000:user/bob'}")}, request),
        "allowed");
    assert_true(str_ends_with(decided(&(struct texts){.trust = TRUST("{'AWS':'000000000000'}")}, request),
                              S("because no identity-based policy allows the sts:AssumeRole action")));
    assert_text(
        decided(&(struct texts){.identity = ANYTHING, .trust = TRUST("{'AWS':'000000000000'}")}, request),
        "allowed");
    assert_true(str_ends_with(
        decided(&(struct texts){.identity = ANYTHING, .trust = TRUST("{'Service':'lambda.amazonaws.com'}")},
                request),
        S("because no role trust policy allows the sts:AssumeRole action")));
    request.caller = &ROOT;
    assert_true(str_starts_with(
        decided(&(struct texts){.trust = TRUST("{'Service':'lambda.amazonaws.com'}")}, request),
        S("User: arn:aws:iam::000000000000:root")));
}

TEST(malformed_documents_are_answered_in_aws_words)
{
    assert_text(problem_of(POLICY_INLINE, S("nonsense")), "Syntax errors in policy.");
    assert_text(problem_of(POLICY_TRUST, S("nonsense")), "This policy contains invalid Json");
    assert_text(problem_of(POLICY_INLINE, S("{'Version':'2012-10-17'}")), "Syntax errors in policy.");
    assert_text(problem_of(POLICY_INLINE, S(ALLOW("'Action':'*','Resource':'*','Extra':1"))),
                "Syntax errors in policy.");
    assert_text(
        problem_of(POLICY_INLINE, S("{'Version':'2012-10-17','Statement':{'Action':'*','Resource':'*'}}")),
        "Syntax errors in policy.");
    assert_text(problem_of(POLICY_INLINE, S(ALLOW("'Resource':'*'"))),
                "Policy statement must contain actions.");
    assert_text(problem_of(POLICY_INLINE, S(ALLOW("'Action':'*'"))),
                "Policy statement must contain resources.");
    assert_text(problem_of(POLICY_INLINE, S(ALLOW("'Action':'PutItem','Resource':'*'"))),
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    assert_text(problem_of(POLICY_INLINE, S(ALLOW("'Action':'a:b:c','Resource':'*'"))),
                "Actions/Condition can contain only one colon.");
    assert_text(problem_of(POLICY_INLINE, S(ALLOW("'Action':'s3:*','Resource':'bucket'"))),
                "Resource bucket must be in ARN format or \"*\".");
    assert_text(problem_of(POLICY_INLINE, S(ALLOW("'Action':'s3:*','Resource':'arn:x:s3:::b'"))),
                "Partition \"x\" is not valid for resource \"arn:x:s3:::b\".");
    assert_text(problem_of(POLICY_INLINE, S(ALLOW("'Principal':'*','Action':'*','Resource':'*'"))),
                "Policy document should not specify a principal.");
    assert_text(problem_of(POLICY_MANAGED, S("{'Statement':{'Effect':'Allow','Action':'*','Resource':'*'}}")),
                "Policy document must be version 2012-10-17 or greater.");
    assert_text(problem_of(POLICY_INLINE, S(ALLOW("'Sid':'a b','Action':'*','Resource':'*'"))),
                "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
                "expression [0-9A-Za-z]*");
    assert_text(
        problem_of(POLICY_INLINE, S("{'Statement':[{'Sid':'a','Effect':'Allow','Action':'*','Resource':'*'},"
                                    "{'Sid':'a','Effect':'Allow','Action':'*','Resource':'*'}]}")),
        "Statement IDs (SID) in a single policy must be unique.");
    assert_text(problem_of(POLICY_INLINE, S("{'Statement':{'Effect':'allow','Action':'*','Resource':'*'}}")),
                "The policy failed legacy parsing");
    assert_text(
        problem_of(POLICY_INLINE,
                   S(ALLOW("'Action':'*','Resource':'*','Condition':{'StringIs':{'aws:username':'x'}}"))),
        "Syntax errors in policy.");
    assert_text(
        problem_of(
            POLICY_INLINE,
            S(ALLOW("'Action':'*','Resource':'*','Condition':{'DateEquals':{'aws:CurrentTime':'x'}}"))),
        "The policy failed legacy parsing");
}

TEST(only_new_policies_of_identities_need_plain_statement_ids)
{
    static const enum policy_kind kinds[] = {POLICY_MANAGED, POLICY_INLINE, POLICY_SESSION, POLICY_RESOURCE};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bool refused = kinds[i] == POLICY_MANAGED || kinds[i] == POLICY_INLINE;
        str text = kinds[i] == POLICY_RESOURCE
                       ? S(ALLOW("'Sid':'a-b_c d','Principal':'*','Action':'*','Resource':'*'"))
                       : S(ALLOW("'Sid':'a-b_c d','Action':'*','Resource':'*'"));
        str problem;
        assert_int_equal(iam_policy_parse(&scratch, kinds[i], quoted(text), &problem) == NULL, refused);
        assert_int_equal(str_present(problem), refused);
    }
    struct policy_request bob = asks(&BOB, S("sqs:SendMessage"), S(QUEUE));
    str stored = quoted(S(ALLOW("'Sid':'a-b_c d','Action':'*','Resource':'*'")));
    assert_int_equal(evaluated(iam_policy_read(&scratch, POLICY_INLINE, stored), &bob), POLICY_ALLOWS);
    assert_non_null(policy_of(POLICY_INLINE, S(ALLOW("'Sid':'','Action':'*','Resource':'*'"))));
    assert_non_null(policy_of(POLICY_MANAGED, S(ALLOW("'Sid':'Az09','Action':'*','Resource':'*'"))));
}

TEST(a_trust_policy_has_its_own_rules)
{
    assert_text(problem_of(POLICY_TRUST, S(ALLOW("'Principal':'*','Action':'s3:GetObject'"))),
                "AssumeRole policy may only specify STS AssumeRole actions.");
    assert_text(
        problem_of(POLICY_TRUST, S(ALLOW("'Principal':'*','Action':'sts:AssumeRole','Resource':'*'"))),
        "Has prohibited field Resource");
    assert_text(problem_of(POLICY_TRUST, S(ALLOW("'Action':'sts:AssumeRole'"))),
                "Missing required field Principal");
    assert_text(problem_of(POLICY_TRUST, S(TRUST("{'AWS':'arn:aws:iam::000000000000:user/*'}"))),
                "Invalid principal in policy: \"AWS\":\"arn:aws:iam::000000000000:user/*\"");
    assert_text(problem_of(POLICY_TRUST, S(TRUST("{'Service':'lambda'}"))),
                "Invalid principal in policy: \"SERVICE\":\"lambda\"");
}

TEST(control_characters_cannot_pass_for_wildcards)
{
    assert_text(problem_of(POLICY_INLINE, S(ALLOW("'Action':'*','Resource':'arn:aws:s3:::\\u0001'"))),
                "Syntax errors in policy.");
}

TEST(a_key_that_stands_twice_is_refused_anywhere)
{
    static const char *const documents[] = {
        "{'Statement':[{'Effect':'Deny','Action':'*','Resource':'*'}],"
        "'Statement':[{'Effect':'Allow','Action':'*','Resource':'*'}]}",
        "{'Version':'2012-10-17','Version':'2012-10-17'," REST_OF_ALLOW "}",
        ALLOW("'Effect':'Allow','Action':'*','Resource':'*'"),
        ALLOW("'Action':'s3:*','Action':'*','Resource':'*'"),
        ALLOW("'Action':'*','Resource':'*','Condition':{'Bool':{'aws:SecureTransport':'true'},"
              "'Bool':{'aws:MultiFactorAuthPresent':'true'}}"),
        ALLOW("'Action':'*','Resource':'*',"
              "'Condition':{'StringEquals':{'aws:PrincipalTag/a':'b','aws:PrincipalTag/a':'c'}}"),
    };

    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        assert_text(problem_of(POLICY_INLINE, str_of(documents[i])), "Syntax errors in policy.");
        assert_text(problem_of(POLICY_SESSION, str_of(documents[i])), "Syntax errors in policy.");
    }
    assert_text(problem_of(POLICY_RESOURCE,
                           S(ALLOW("'Principal':'*','Principal':{'AWS':'*'},'Action':'*','Resource':'*'"))),
                "Syntax errors in policy.");
    assert_text(problem_of(POLICY_TRUST, S(TRUST("{'AWS':'*','AWS':'000000000000'}"))),
                "Syntax errors in policy.");
}

TEST(a_stored_policy_that_is_not_understood_denies_everything)
{
    const struct policy *policy = iam_policy_read(&scratch, POLICY_RESOURCE, S("nonsense"));
    struct policy_request bob = asks(&BOB, S("sqs:SendMessage"), S(QUEUE));
    struct policy_request sns = asks(&SNS, S("sqs:SendMessage"), S(QUEUE));
    struct policy_request root = asks(&ROOT, S("sqs:SetQueueAttributes"), S(QUEUE));

    assert_int_equal(evaluated(policy, &bob), POLICY_DENIES);
    assert_int_equal(evaluated(policy, &sns), POLICY_DENIES);
    assert_int_equal(evaluated(policy, &root), POLICY_SILENT);
    root.resource = S("arn:aws:sqs:us-east-1:111122223333:orders");
    assert_int_equal(evaluated(policy, &root), POLICY_DENIES);
}

static str resource_problem(const char *resource)
{
    return problem_of(POLICY_INLINE, arena_format(&scratch, ALLOW("'Action':'*','Resource':'%s'"), resource));
}

TEST(a_malformed_arn_is_refused_in_aws_words)
{
    static const char *const legacy[] = {"arn:aws:sqs:us-east-1:OrderQueue", "arn:aws:s3::bucket",
                                         "arn:aws::x", "arn:aws::us-east-1:000000000000:x"};
    static const char *const vendors[] = {"arn:aws", "arn:aws:*:us-east-1:000000000000:x", "arn:aws:s?s:::x",
                                          "arn:aws:*"};
    static const char *const right[] = {"arn:aws:sqs:us-east-1:000000000000:q",
                                        "arn:aws:sqs:*:q",
                                        "arn:aws:sqs:*",
                                        "arn:aws:s3:::b",
                                        "arn:aws:s3:us-east-1:000000000000:accesspoint/a",
                                        "arn:aws:iam::000000000000:role/R",
                                        "arn:*:sqs:*:*:*",
                                        "arn:aws:s3:::b:c"};

    for (size_t i = 0; i < sizeof legacy / sizeof *legacy; i++)
        assert_text(resource_problem(legacy[i]), "The policy failed legacy parsing");
    for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
        assert_text(resource_problem(vendors[i]),
                    "Resource vendor must be fully qualified and cannot contain regexes.");
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        policy_of(POLICY_INLINE, arena_format(&scratch, ALLOW("'Action':'*','Resource':'%s'"), right[i]));
    assert_text(resource_problem("arn:aws:s3:us-east-1::b"),
                "Resource arn:aws:s3:us-east-1::b can not contain region information.");
    assert_text(resource_problem("arn:aws:iam:us-east-1:000000000000:role/R"),
                "IAM resource arn:aws:iam:us-east-1:000000000000:role/R cannot contain region information.");
}

TEST(a_resource_s_own_policy_may_name_what_it_likes)
{
    policy_of(POLICY_RESOURCE, S(ALLOW("'Principal':'*','Action':'*','Resource':'arn:aws:sqs:us-east-1:q'")));
}

TESTS(test(nothing_is_allowed_without_a_policy), test(actions_match_without_case_and_with_wildcards),
      test(resources_match_with_wildcards_and_variables), test(a_variable_of_the_old_version_is_plain_text),
      test(an_explicit_deny_wins), test(a_boundary_and_a_session_policy_cut_down),
      test(in_one_account_the_resource_policy_may_allow_too),
      test(a_grant_to_the_session_itself_passes_its_session_policy),
      test(across_accounts_both_sides_must_allow), test(a_service_has_only_what_the_resource_policy_gives),
      test(the_root_of_the_account_is_bound_only_by_resource_policies_that_deny),
      test(nobody_is_allowed_by_not_principal_who_is_listed), test(a_role_is_assumed_only_by_whom_it_trusts),
      test(malformed_documents_are_answered_in_aws_words),
      test(only_new_policies_of_identities_need_plain_statement_ids),
      test(malformed_documents_are_answered_in_aws_words), test(a_trust_policy_has_its_own_rules),
      test(control_characters_cannot_pass_for_wildcards), test(a_key_that_stands_twice_is_refused_anywhere),
      test(a_stored_policy_that_is_not_understood_denies_everything),
      test(a_malformed_arn_is_refused_in_aws_words), test(a_resource_s_own_policy_may_name_what_it_likes))
