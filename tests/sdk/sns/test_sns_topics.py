"""A topic's policy and its delivery status logging."""

import hashlib
import json
import re

import pytest
from deliveries import TRUST, WRITES, retries
from orderly_fixtures import ACCOUNT
from queues import arn, awaited

PROTOCOLS = ["Application", "Firehose", "HTTP", "Lambda", "SQS"]
FEEDBACK = [protocol + suffix for protocol in PROTOCOLS
            for suffix in ("FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate")]


def attributes_of(sns, topic):
    return sns.get_topic_attributes(TopicArn=topic)["Attributes"]


def set_all(sns, topic, **attributes):
    for name, value in attributes.items():
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)


# --- The policy --------------------------------------------------------------------------------


def statements(sns, topic):
    return json.loads(attributes_of(sns, topic)["Policy"])["Statement"]


def test_a_permission_is_a_statement_behind_the_default_one(sns, make_topic):
    topic = make_topic()
    [default] = statements(sns, topic)
    sns.add_permission(TopicArn=topic, Label="one", AWSAccountId=["111111111111"], ActionName=["Publish"])
    sns.add_permission(TopicArn=topic, Label="two", AWSAccountId=["111111111111", "222222222222"],
                       ActionName=["Publish", "Subscribe"])
    one = {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
           "Action": "SNS:Publish", "Resource": topic}
    two = {"Sid": "two", "Effect": "Allow",
           "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]},
           "Action": ["SNS:Publish", "SNS:Subscribe"], "Resource": topic}
    assert statements(sns, topic) == [default, one, two]
    sns.remove_permission(TopicArn=topic, Label="one")
    assert statements(sns, topic) == [default, two]
    sns.remove_permission(TopicArn=topic, Label="one")
    assert statements(sns, topic) == [default, two]
    for label in ("two", "__default_statement_ID"):
        sns.remove_permission(TopicArn=topic, Label=label)
    assert statements(sns, topic) == []


@pytest.mark.parametrize("wrong, message", [
    ({"Label": "there"}, "Invalid parameter: Statement already exists"),
    ({"Label": ""}, "Invalid parameter: Label"),
    ({"ActionName": ["Publish", "Fly"]}, "Invalid parameter: Policy statement action out of service scope!"),
    ({"ActionName": []}, "Invalid parameter: ActionName"),
    ({"AWSAccountId": ["11111111111"]}, "Invalid parameter: Policy Error: PrincipalNotFound"),
    ({"AWSAccountId": ["-11111111111"]}, "Invalid parameter: Policy Error: PrincipalNotFound"),
    ({"AWSAccountId": []}, "Invalid parameter: AWSAccountId"),
    ({"AWSAccountId": ["111111111111"] * 6000}, "Invalid parameter: Policy Reason: Policy is too long"),
])
def test_a_permission_that_cannot_be_is_refused(sns, make_topic, refused, wrong, message):
    topic = make_topic()
    right = {"TopicArn": topic, "Label": "there", "AWSAccountId": ["111111111111"], "ActionName": ["Publish"]}
    sns.add_permission(**right)
    before = statements(sns, topic)
    error = refused(sns.add_permission, **{**right, "Label": "new", **wrong})
    assert (error["code"], error["message"], error["status"]) == ("InvalidParameter", message, 400)
    assert statements(sns, topic) == before


def statement_of(topic, **more):
    return {"Sid": "s", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": topic, **more}


def policy_with(topic, what, value):
    if what == "size":
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement_of(topic, Sid="")]})
        return text.replace('"Sid": ""', f'"Sid": "{"x" * (value - len(text))}"')
    statements = {
        "statements": lambda: [statement_of(topic, Sid=f"s{i}") for i in range(value)],
        "actions": lambda: [statement_of(topic, Action=value)],
        "ids": lambda: [statement_of(topic, Sid=sid) for sid in value],
    }[what]()
    for one in statements:
        if one["Sid"] is None:
            del one["Sid"]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


OUT_OF_SCOPE = "Policy statement action out of service scope!"
NO_ID = "Every policy statement must have a unique ID."


@pytest.mark.parametrize("what, good, bad, sentence", [
    ("size", 30720, 30721, "Policy Reason: Policy is too long"),
    ("statements", 100, 101, "Policy Reason: Policy has too many statements"),
    ("actions", ["SNS:Receive", "sns:publish", "sns:Get*"], ["sns:Publish", "sns:CreateTopic"], OUT_OF_SCOPE),
    ("actions", "*", "sqs:*", OUT_OF_SCOPE),
    ("actions", "sns:*", "sns:TagResource", OUT_OF_SCOPE),
    ("ids", ["a", "b"], ["a", "a"], NO_ID),
    ("ids", [None], [None, None], NO_ID),
])
def test_a_topics_policy_keeps_snss_rules(sns, make_topic, unique, refused, what, good, bad, sentence):
    topic = make_topic()
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy_with(topic, what, good))
    for call, arguments in [
            (sns.set_topic_attributes, {"TopicArn": topic, "AttributeName": "Policy", "AttributeValue": policy_with(topic, what, bad)}),
            (sns.create_topic, {"Name": unique("other"), "Attributes": {"Policy": policy_with(topic, what, bad)}})]:
        error = refused(call, **arguments)
        assert (error["status"], error["code"], error["message"]) == (400, "InvalidParameter", f"Invalid parameter: {sentence}")
    assert attributes_of(sns, topic)["Policy"] == policy_with(topic, what, good)


def test_a_permission_of_a_missing_topic_is_refused(sns, refused):
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:none"
    for call, more in [(sns.add_permission, {"AWSAccountId": ["111111111111"], "ActionName": ["Publish"]}),
                       (sns.remove_permission, {})]:
        error = refused(call, TopicArn=topic, Label="l", **more)
        assert (error["code"], error["message"]) == ("NotFound", "Topic does not exist")


@pytest.fixture
def user_of(client, unique):
    """user_of(*statements) returns a client of SNS for a new user with exactly these statements."""

    def make(*statements):
        iam, name = client("iam"), unique("u")[-60:]
        iam.create_user(UserName=name)
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return client("sns", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    return make


def test_an_edit_stores_the_default_statement_which_still_grants_a_user_nothing(sns, make_topic, user_of, refused):
    topic, user = make_topic(), user_of()
    sns.add_permission(TopicArn=topic, Label="l", AWSAccountId=["111111111111"], ActionName=["Publish"])
    assert len(statements(sns, topic)) == 2
    assert refused(user.publish, TopicArn=topic, Message="m")["code"] == "AuthorizationError"
    sns.add_permission(TopicArn=topic, Label="own", AWSAccountId=[ACCOUNT], ActionName=["Publish"])
    [_, _, own] = statements(sns, topic)
    own["Principal"] = {"AWS": "*"}
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy",
                             AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": own}))
    user.publish(TopicArn=topic, Message="m")


@pytest.mark.parametrize("service, allowed", [("sns.amazonaws.com", True), ("lambda.amazonaws.com", False), (None, False)])
def test_a_role_for_logging_must_be_passed_to_sns(make_topic, user_of, refused, service, allowed):
    role, other = f"arn:aws:iam::{ACCOUNT}:role/mine", f"arn:aws:iam::{ACCOUNT}:role/other"
    passing = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role,
               "Condition": {"StringEquals": {"iam:PassedToService": service}}}
    user = user_of({"Effect": "Allow", "Action": "sns:*", "Resource": "*"}, *([passing] if service else []))
    request = {"TopicArn": make_topic(), "AttributeName": "SQSFailureFeedbackRoleArn"}
    if allowed:
        user.set_topic_attributes(**request, AttributeValue=role)
    else:
        error = refused(user.set_topic_attributes, **request, AttributeValue=role)
        assert error["code"] == "AuthorizationError" and "iam:PassRole" in error["message"]
    assert refused(user.set_topic_attributes, **request, AttributeValue=other)["code"] == "AuthorizationError"
    user.set_topic_attributes(**request, AttributeValue="")


# --- Delivery status logging -------------------------------------------------------------------

def test_a_topic_shows_the_feedback_attributes_that_are_set(sns, make_topic):
    values = {name: "0" if "Rate" in name else f"arn:aws:iam::{ACCOUNT}:role/some/{name}" for name in FEEDBACK}
    topic = make_topic(**{name: values[name] for name in FEEDBACK[:5]})
    set_all(sns, topic, **{name: values[name] for name in FEEDBACK[5:]})
    assert {name: value for name, value in attributes_of(sns, topic).items() if name in FEEDBACK} == values
    set_all(sns, topic, **{name: "" for name in FEEDBACK})
    assert not set(attributes_of(sns, topic)) & set(FEEDBACK)


@pytest.mark.parametrize("name, value", [
    ("SQSSuccessFeedbackSampleRate", "101"), ("SQSSuccessFeedbackSampleRate", "-1"),
    ("SQSSuccessFeedbackSampleRate", "1.5"), ("LambdaFailureFeedbackRoleArn", "role"),
    ("HTTPSuccessFeedbackRoleArn", f"arn:aws:iam::{ACCOUNT}:user/u"),
    ("HTTPSuccessFeedbackRoleArn", "arn:aws:iam:::role/r"),
    ("HTTPSuccessFeedbackRoleArn", f"arn:aws:sns:us-east-1:{ACCOUNT}:role/r"),
])
def test_a_feedback_attribute_with_a_value_it_cannot_have_is_refused(sns, make_topic, refused, name, value):
    error = refused(sns.set_topic_attributes, TopicArn=make_topic(), AttributeName=name, AttributeValue=value)
    assert (error["code"], error["message"]) == ("InvalidParameter", f"Invalid parameter: {name}")


@pytest.mark.parametrize("name", ["EmailSuccessFeedbackRoleArn", "SuccessFeedbackRoleArn", "SQSSuccessFeedbackRole"])
def test_a_feedback_attribute_of_no_protocol_is_refused(sns, make_topic, refused, name):
    error = refused(sns.set_topic_attributes, TopicArn=make_topic(), AttributeName=name, AttributeValue="")
    assert error["message"] == "Invalid parameter: AttributeName"


def test_creating_a_topic_again_compares_its_feedback_attributes(sns, unique, refused):
    rate = {"SQSSuccessFeedbackSampleRate": "5"}
    topic = sns.create_topic(Name=unique(), Attributes=rate)["TopicArn"]
    assert sns.create_topic(Name=unique(), Attributes=rate)["TopicArn"] == topic
    error = refused(sns.create_topic, Name=unique(), Attributes={"SQSSuccessFeedbackSampleRate": "6"})
    assert error["message"] == "Invalid parameter: Attributes Reason: Topic already exists with different attributes"


def test_a_delivery_to_a_queue_is_logged_in_aws_s_form(sns, sqs, subscribed, make_log_role, lines_of, wait_until):
    topic, queue, _ = subscribed(RawMessageDelivery="true")
    set_all(sns, topic, SQSSuccessFeedbackRoleArn=make_log_role(), SQSSuccessFeedbackSampleRate="100")
    message_id = sns.publish(TopicArn=topic, Message="hello")["MessageId"]
    [line] = wait_until(lambda: lines_of(topic))
    [received] = sqs.receive_message(QueueUrl=queue)["Messages"]
    notification, delivery = line["notification"], line["delivery"]
    assert list(line) == ["notification", "delivery", "status"] and line["status"] == "SUCCESS"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", notification.pop("timestamp"))
    assert notification == {"messageMD5Sum": hashlib.md5(b"hello").hexdigest(), "messageId": message_id, "topicArn": topic}
    response = json.loads(delivery.pop("providerResponse"))
    assert list(response) == ["sqsRequestId", "sqsMessageId"] and response["sqsMessageId"] == received["MessageId"]
    assert len(delivery.pop("deliveryId")) == 36 and delivery.pop("dwellTimeMs") >= 0
    assert delivery == {"destination": arn(sqs, queue), "attempts": 1, "statusCode": 200}
    assert lines_of(topic, "/Failure") == []


def test_a_refused_and_an_impossible_delivery_are_logged_as_failures(
        sns, make_topic, make_queue, make_log_role, lines_of, wait_until):
    topic, shut = make_topic(), make_queue()
    gone = f"arn:aws:sqs:us-east-1:{ACCOUNT}:gone"
    for endpoint in (make_queue.arn(shut), gone):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)
    set_all(sns, topic, SQSFailureFeedbackRoleArn=make_log_role(), SQSSuccessFeedbackSampleRate="0")
    sns.publish(TopicArn=topic, Message="m")
    lines = wait_until(lambda: lines_of(topic, "/Failure"))
    told = {line["delivery"]["destination"]:
            (line["delivery"]["statusCode"], json.loads(line["delivery"]["providerResponse"])["ErrorCode"], line["status"])
            for line in lines}
    assert told == {make_queue.arn(shut): (403, "AccessDenied", "FAILURE"),
                    gone: (400, "AWS.SimpleQueueService.NonExistentQueue", "FAILURE")}
    assert lines_of(topic) == []


def test_many_subscribers_deliveries_are_logged_each(sns, make_topic, make_log_role, lines_of, wait_until):
    topic = make_topic()
    for i in range(40):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:missing-{i}")
    set_all(sns, topic, SQSFailureFeedbackRoleArn=make_log_role())
    sns.publish(TopicArn=topic, Message="m")
    lines = wait_until(lambda: (lines := lines_of(topic, "/Failure")) and len(lines) >= 40 and lines)
    assert sorted(line["delivery"]["destination"] for line in lines) == sorted(
        f"arn:aws:sqs:us-east-1:{ACCOUNT}:missing-{i}" for i in range(40))


def test_successes_are_sampled(sns, subscribed, make_log_role, lines_of, wait_until):
    topic, _, _ = subscribed()
    role = make_log_role()
    set_all(sns, topic, SQSSuccessFeedbackRoleArn=role)
    batch = [{"Id": str(i), "Message": "m"} for i in range(10)]
    sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=batch)  # no rate: none
    set_all(sns, topic, SQSSuccessFeedbackSampleRate="50")
    for _ in range(20):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=batch)
    set_all(sns, topic, SQSSuccessFeedbackSampleRate="100")
    last = sns.publish(TopicArn=topic, Message="last")["MessageId"]
    lines = wait_until(lambda: (lines := lines_of(topic)) and lines[-1]["notification"]["messageId"] == last and lines)
    assert 50 < len(lines) < 150


@pytest.mark.parametrize("change", [{"policy": WRITES.replace("logs:PutLogEvents", "logs:Other")},
                                    {"trust": TRUST.replace("sns.", "lambda.")}])
def test_a_role_that_may_not_log_logs_nothing_and_the_message_arrives(
        sns, sqs, subscribed, make_log_role, lines_of, change):
    topic, queue, _ = subscribed()
    set_all(sns, topic, SQSSuccessFeedbackRoleArn=make_log_role(**change), SQSSuccessFeedbackSampleRate="100")
    sns.publish(TopicArn=topic, Message="m")
    assert len(awaited(sqs, queue)) == 1
    sns.publish(TopicArn=topic, Message="after the lines of the first one")
    assert lines_of(topic) == []


def test_what_an_http_endpoint_answers_is_logged(
        sns, web, confirmed, make_log_role, lines_of, advance_clock, wait_until):
    topic, _ = confirmed(DeliveryPolicy=retries(numRetries=1, minDelayTarget=5, maxDelayTarget=5))
    role = make_log_role()
    set_all(sns, topic, HTTPSuccessFeedbackRoleArn=role, HTTPSuccessFeedbackSampleRate="100", HTTPFailureFeedbackRoleArn=role)

    def told(kind=""):
        return [(line["notification"]["messageId"], line["notification"]["messageMD5Sum"], line["status"],
                 line["delivery"]["destination"], line["delivery"]["statusCode"], line["delivery"]["attempts"],
                 line["delivery"]["providerResponse"]) for line in lines_of(topic, kind)]

    digest, target = hashlib.md5(b"m").hexdigest(), web.url + "/hook"
    fine = sns.publish(TopicArn=topic, Message="m")["MessageId"]
    assert wait_until(told) == [(fine, digest, "SUCCESS", target, 200, 1, "OK")]
    web.answer(404)
    refused = sns.publish(TopicArn=topic, Message="m")["MessageId"]
    first = (refused, digest, "FAILURE", target, 404, 1, "The endpoint answered with status 404.")
    assert wait_until(lambda: told("/Failure")) == [first]
    web.answer(500, 503)
    lost = sns.publish(TopicArn=topic, Message="m")["MessageId"]
    for _ in range(3):
        web.take()
    wait_until(lambda: advance_clock(5) or not web.requests.empty())
    second = (lost, digest, "FAILURE", target, 503, 2, "The endpoint answered with status 503.")
    assert wait_until(lambda: len(told("/Failure")) == 2 and told("/Failure")) == [first, second]
    assert len(told()) == 1


def test_a_push_is_logged_with_its_endpoint(sns, make_topic, unique, make_log_role, lines_of, wait_until):
    topic, role = make_topic(), make_log_role()
    set_all(sns, topic, ApplicationSuccessFeedbackRoleArn=role, ApplicationSuccessFeedbackSampleRate="100",
            ApplicationFailureFeedbackRoleArn=role)
    app = sns.create_platform_application(Name=unique("app"), Platform="GCM", Attributes={"PlatformCredential": "c"})[
        "PlatformApplicationArn"]
    target = sns.create_platform_endpoint(PlatformApplicationArn=app, Token="t")["EndpointArn"]
    sns.subscribe(TopicArn=topic, Protocol="application", Endpoint=target)
    sns.publish(TopicArn=topic, Message="m")
    [line] = wait_until(lambda: lines_of(topic))
    told = ("destination", "attempts", "statusCode", "providerResponse")
    assert [line["delivery"][name] for name in told] == [target, 1, 200, "{}"]
    sns.set_endpoint_attributes(EndpointArn=target, Attributes={"Enabled": "false"})
    sns.publish(TopicArn=topic, Message="m")
    [line] = wait_until(lambda: lines_of(topic, "/Failure"))
    assert [line["delivery"][name] for name in told] == [
        target, 1, 400, '{"ErrorCode":"EndpointDisabled","ErrorMessage":"Endpoint is disabled"}']
    sns.delete_platform_application(PlatformApplicationArn=app)


def test_a_function_is_logged_with_status_202(sns, client, make_topic, make_function, make_log_role, lines_of, wait_until):
    topic, function = make_topic(), make_function("def handler(event, context): return 1")
    target = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"
    role = make_log_role()
    set_all(sns, topic, LambdaSuccessFeedbackRoleArn=role, LambdaSuccessFeedbackSampleRate="100", LambdaFailureFeedbackRoleArn=role)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=target)
    sns.publish(TopicArn=topic, Message="denied")
    [line] = wait_until(lambda: lines_of(topic, "/Failure"))
    assert (line["delivery"]["destination"], line["delivery"]["statusCode"]) == (target, 403)
    client("lambda").add_permission(FunctionName=function, StatementId="s", Action="lambda:InvokeFunction",
                                    Principal="sns.amazonaws.com", SourceArn=topic)
    sns.publish(TopicArn=topic, Message="allowed")
    [line] = wait_until(lambda: lines_of(topic))
    assert list(line["delivery"]) == ["deliveryId", "destination", "providerResponse", "dwellTimeMs", "statusCode"]
    assert line["delivery"]["statusCode"] == 202
    assert list(json.loads(line["delivery"]["providerResponse"])) == ["lambdaRequestId"]


# --- Delivery policies -------------------------------------------------------------------------


def test_a_topic_shows_what_its_delivery_policy_makes_of_the_defaults(sns, make_topic):
    topic = make_topic()
    default = {"http": {
        "defaultHealthyRetryPolicy": {
            "minDelayTarget": 20, "maxDelayTarget": 20, "numRetries": 3, "numMaxDelayRetries": 0, "numNoDelayRetries": 0,
            "numMinDelayRetries": 0, "backoffFunction": "linear"},
        "disableSubscriptionOverrides": False,
        "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"}}}
    assert json.loads(attributes_of(sns, topic)["EffectiveDeliveryPolicy"]) == default
    own = {"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}, "disableSubscriptionOverrides": True,
                    "defaultThrottlePolicy": {"maxReceivesPerSecond": 7},
                    "defaultRequestPolicy": {"headerContentType": "application/json"}}}
    set_all(sns, topic, DeliveryPolicy=json.dumps(own))
    shown = attributes_of(sns, topic)
    assert json.loads(shown["DeliveryPolicy"]) == own
    default["http"]["defaultHealthyRetryPolicy"]["numRetries"] = 5
    assert json.loads(shown["EffectiveDeliveryPolicy"]) == {
        "http": {**own["http"], "defaultHealthyRetryPolicy": default["http"]["defaultHealthyRetryPolicy"]}}
    for given, seen in (({"defaultRequestPolicy": {"headerContentType": "text/csv"}},
                         {"disableSubscriptionOverrides": False, "defaultRequestPolicy": {"headerContentType": "text/csv"}}),
                        ({"defaultHealthyRetryPolicy": None}, {"disableSubscriptionOverrides": False})):
        set_all(sns, topic, DeliveryPolicy=json.dumps({"http": given}))
        assert attributes_of(sns, topic)["DeliveryPolicy"] == json.dumps({"http": seen}, separators=(",", ":"))
    set_all(sns, topic, DeliveryPolicy="")
    assert "DeliveryPolicy" not in attributes_of(sns, topic)


@pytest.mark.parametrize("http", [{"defaultHealthyRetryPolicy": {"numRetries": 101}}, {"defaultThrottlePolicy": {"maxReceivesPerSecond": 0}},
                                  {"defaultRequestPolicy": {"headerContentType": "image/png"}},
                                  {"defaultHealthyRetryPolicy": {"numRetries": 100, "minDelayTarget": 37, "maxDelayTarget": 37}},
                                  {"unknown": "x" * 30720}])
def test_a_topics_delivery_policy_outside_the_rules_is_refused(sns, make_topic, refused, http):
    error = refused(sns.set_topic_attributes, TopicArn=make_topic(), AttributeName="DeliveryPolicy",
                    AttributeValue=json.dumps({"http": http}))
    assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: DeliveryPolicy")
