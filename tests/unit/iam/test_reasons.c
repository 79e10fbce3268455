/*
 * test_reasons.c: the reason of a decision in words, for traces and the log.
 */
#include "policy_fixture.h"

#define ALLOW_ALL "{'Statement':{'Effect':'Allow','Action':'*','Resource':'*'}}"
#define DENY_ALL "{'Sid':'No','Effect':'Deny','Action':'*','Resource':'*'}"

static const struct principal SNS = {
    .kind = PRINCIPAL_SERVICE,
    .name = STR_INIT("sns.amazonaws.com"),
    .source_arn = STR_INIT("arn:aws:sns:us-east-1:000000000000:OrderTopic"),
    .source_account = STR_INIT("000000000000"),
};

static str reason(const struct policy_set *set, struct policy_request request)
{
    struct decision decision = iam_policy_decide(set, &request);

    assert_int_not_equal(decision.denial, NOT_DENIED);
    return iam_decision_reason(&decision, &request);
}

static str reason_for_bob(const char *identity, const char *boundary)
{
    struct policy_reference own = {.policy = identity ? policy_of(POLICY_INLINE, str_of(identity)) : NULL,
                                   .name = S("own")};
    struct policy_set set = {.identity = {&own, identity != NULL},
                             .boundary = boundary ? policy_of(POLICY_MANAGED, str_of(boundary)) : NULL};

    return reason(&set, asks(&BOB, S("dynamodb:PutItem"), S(TABLE)));
}

static str reason_for_sns(const char *resource)
{
    struct policy_set set = {.resource = resource ? policy_of(POLICY_RESOURCE, str_of(resource)) : NULL};

    return reason(&set, asks(&SNS, S("sqs:SendMessage"), S(QUEUE)));
}

TEST(the_statement_that_denies_is_named_by_its_sid_and_policy)
{
    assert_text(reason_for_bob("{'Statement':[" DENY_ALL "]}", NULL),
                "the statement \"No\" in the policy own of arn:aws:iam::000000000000:user/bob denies "
                "arn:aws:iam::000000000000:user/bob dynamodb:PutItem on " TABLE);
}

TEST(a_statement_without_a_sid_is_named_by_its_number)
{
    assert_text(reason_for_bob("{'Statement':[{'Effect':'Allow','Action':'*','Resource':'*'},"
                               "{'Effect':'Deny','Action':'dynamodb:PutItem','Resource':'*'}]}",
                               NULL),
                "statement 2 in the policy own of arn:aws:iam::000000000000:user/bob denies "
                "arn:aws:iam::000000000000:user/bob dynamodb:PutItem on " TABLE);
}

TEST(that_no_policy_allows_is_said_of_the_identity)
{
    assert_text(reason_for_bob(NULL, NULL),
                "no policy of arn:aws:iam::000000000000:user/bob allows dynamodb:PutItem on " TABLE);
}

TEST(a_boundary_that_does_not_allow_is_named)
{
    assert_text(reason_for_bob(
                    ALLOW_ALL,
                    "{'Version':'2012-10-17','Statement':{'Effect':'Allow','Action':'s3:*','Resource':'*'}}"),
                "the permissions boundary of arn:aws:iam::000000000000:user/bob has no statement that allows "
                "arn:aws:iam::000000000000:user/bob dynamodb:PutItem on " TABLE);
}

TEST(a_service_is_told_for_what_it_acts)
{
    assert_text(reason_for_sns(NULL),
                "the policy of " QUEUE " has no statement that allows sns.amazonaws.com "
                "sqs:SendMessage for arn:aws:sns:us-east-1:000000000000:OrderTopic: "
                "there is no such policy");
    assert_text(reason_for_sns("{'Statement':{'Effect':'Allow','Principal':'*','Action':'sqs:ReceiveMessage',"
                               "'Resource':'*'}}"),
                "the policy of " QUEUE " has no statement that allows sns.amazonaws.com "
                "sqs:SendMessage for arn:aws:sns:us-east-1:000000000000:OrderTopic");
    assert_text(reason_for_sns("{'Statement':{'Sid':'Shut','Effect':'Deny','Principal':'*',"
                               "'Action':'sqs:SendMessage','Resource':'*'}}"),
                "the statement \"Shut\" in the policy of " QUEUE " denies sns.amazonaws.com sqs:SendMessage "
                "for arn:aws:sns:us-east-1:000000000000:OrderTopic");
}

TESTS(test(the_statement_that_denies_is_named_by_its_sid_and_policy),
      test(a_statement_without_a_sid_is_named_by_its_number),
      test(that_no_policy_allows_is_said_of_the_identity), test(a_boundary_that_does_not_allow_is_named),
      test(a_service_is_told_for_what_it_acts))
