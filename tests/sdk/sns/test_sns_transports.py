"""SNS: what subscribers of other protocols get, and the dead-letter queues of subscriptions."""

import json

import pytest
from counted import sums
from deliveries import the_message
from orderly_fixtures import ACCOUNT
from trace_reader import Traces

# --- Functions ---------------------------------------------------------------------------------

SHOWS = """
import json

def handler(event, context):
    print("event " + json.dumps(event))
"""


def allow_function(client, function, topic):
    client("lambda").add_permission(FunctionName=function, StatementId="s", Action="lambda:InvokeFunction",
                                    Principal="sns.amazonaws.com", SourceArn=topic)


def function_arn(name):
    return f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"


def event_in(log):
    [line] = [line for line in log if line.startswith("event ")]
    return json.loads(line[len("event "):])


def test_a_function_gets_aws_s_event(sns, client, endpoint, make_topic, make_function, log_of):
    topic, function = make_topic(), make_function(SHOWS)
    allow_function(client, function, topic)
    subscription = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function_arn(function),
                                 ReturnSubscriptionArn=True)["SubscriptionArn"]
    attributes = {"colour": {"DataType": "String", "StringValue": "red"}, "raw": {"DataType": "Binary", "BinaryValue": b"x"}}
    published = sns.publish(TopicArn=topic, Message='é "x"', Subject="s", MessageAttributes=attributes)
    [record] = event_in(log_of(function, "event "))["Records"]
    notification = record.pop("Sns")
    assert record == {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription}
    assert list(notification) == ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion",
                                  "Signature", "SigningCertUrl", "UnsubscribeUrl", "MessageAttributes"]
    assert (notification["Type"], notification["MessageId"]) == ("Notification", published["MessageId"])
    assert (notification["Message"], notification["Subject"]) == ('é "x"', "s")
    assert notification["UnsubscribeUrl"] == f"{endpoint}/?Action=Unsubscribe&SubscriptionArn={subscription}"
    assert notification["MessageAttributes"] == {"colour": {"Type": "String", "Value": "red"},
                                                 "raw": {"Type": "Binary", "Value": "eA=="}}


def test_a_function_gets_its_protocol_s_text_and_null_for_no_subject(sns, client, make_topic, make_function, log_of):
    topic, function = make_topic(), make_function(SHOWS)
    allow_function(client, function, topic)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function_arn(function))
    sns.publish(TopicArn=topic, MessageStructure="json", Message=json.dumps({"default": "d", "lambda": "for functions"}))
    notification = event_in(log_of(function, "event "))["Records"][0]["Sns"]
    assert (notification["Message"], notification["Subject"], notification["MessageAttributes"]) == ("for functions", None, {})


def test_a_function_among_many_subscribers_gets_the_same_event(sns, client, make_topic, make_function, log_of, unique):
    topic, function = make_topic(), make_function(SHOWS)
    allow_function(client, function, topic)
    for i in range(33):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:{unique('q' + str(i))}")
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function_arn(function))
    texts = json.dumps({"default": "d", "lambda": "for functions"})
    published = sns.publish(TopicArn=topic, MessageStructure="json", Message=texts, Subject="s")["MessageId"]
    notification = event_in(log_of(function, "event "))["Records"][0]["Sns"]
    assert (notification["Message"], notification["Subject"]) == ("for functions", "s")
    assert notification["MessageId"] == published
    assert notification["Timestamp"].startswith("20") and notification["SignatureVersion"] == "1"


@pytest.mark.parametrize(
    "protocol, target, problem",
    [
        ("lambda", "arn:aws:sqs:us-east-1:000000000000:q", "Lambda endpoint ARN"),
        ("lambda", "arn:aws:lambda:us-east-1:000000000000:layer:x", "Lambda endpoint ARN"),
        ("sqs", "arn:aws:lambda:us-east-1:000000000000:function:f", "SQS endpoint ARN"),
        ("firehose", "x", "Protocol: Orderly does not support firehose yet; see docs/compatibility.md."),
    ],
)
def test_an_endpoint_of_another_kind_is_refused(sns, make_topic, refused, protocol, target, problem):
    error = refused(sns.subscribe, TopicArn=make_topic(), Protocol=protocol, Endpoint=target)
    assert (error["code"], error["message"]) == ("InvalidParameter", f"Invalid parameter: {problem}")


def test_a_function_has_no_raw_delivery(sns, make_topic, refused):
    new = {"TopicArn": make_topic(), "Protocol": "lambda", "Endpoint": function_arn("f")}
    error = refused(sns.subscribe, **new, Attributes={"RawMessageDelivery": "false"})
    problem = "Attributes Reason: Delivery protocol [lambda] does not support raw message delivery."
    assert error["message"] == f"Invalid parameter: {problem}"


# --- Dead-letter queues ------------------------------------------------------------------------


@pytest.fixture
def dead_letters(sns, make_topic, make_queue, allow_topic):
    """dead_letters(protocol, endpoint, …) returns (topic, subscription, URL of the dead-letter queue)."""

    def make(protocol, target, allowed=True, **attributes):
        topic, queue = make_topic(), make_queue()
        if allowed:
            allow_topic(queue, topic)
        policy = json.dumps({"deadLetterTargetArn": make_queue.arn(queue)})
        subscription = sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=target, ReturnSubscriptionArn=True,
                                     Attributes={"RedrivePolicy": policy, **attributes})["SubscriptionArn"]
        shown = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        assert shown["RedrivePolicy"] == policy
        return topic, subscription, queue

    return make


def missing_queue(unique):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{unique('gone')}"


@pytest.mark.parametrize("protocol", ["sqs", "lambda"])
def test_a_message_for_an_endpoint_that_is_gone_is_a_dead_letter_at_once(sns, sqs, dead_letters, unique, protocol):
    target = missing_queue(unique) if protocol == "sqs" else function_arn(unique("gone"))
    topic, subscription, queue = dead_letters(protocol, target)
    published = sns.publish(TopicArn=topic, Message="m", Subject="s")["MessageId"]
    message = the_message(sqs, queue)
    envelope = json.loads(message["Body"])
    assert (envelope["Type"], envelope["MessageId"], envelope["Message"]) == ("Notification", published, "m")
    assert envelope["UnsubscribeURL"].endswith(f"SubscriptionArn={subscription}")
    assert "MessageAttributes" not in message


def test_a_raw_dead_letter_keeps_its_attributes(sns, sqs, dead_letters, unique):
    topic, _, queue = dead_letters("sqs", missing_queue(unique), RawMessageDelivery="true")
    colour = {"colour": {"DataType": "String", "StringValue": "red"}}
    sns.publish(TopicArn=topic, Message="m", MessageAttributes=colour)
    message = the_message(sqs, queue)
    assert (message["Body"], message["MessageAttributes"]) == ("m", colour)


def test_a_function_that_does_not_allow_the_topic_gets_nothing(sns, sqs, endpoint, dead_letters, make_function):
    topic, _, queue = dead_letters("lambda", function_arn(make_function(SHOWS)))
    sns.publish(TopicArn=topic, Message="m")
    message = the_message(sqs, queue)
    assert json.loads(message["Body"])["Message"] == "m"
    [hop] = [hop for hop in Traces(endpoint).hops(resource=topic) if hop["kind"] == "not-delivered"]
    assert "lambda:InvokeFunction" in hop["reason"]


def test_a_dead_letter_queue_that_refuses_loses_the_letter(sns, dead_letters, unique, drain):
    topic, _, queue = dead_letters("sqs", missing_queue(unique), allowed=False)
    sns.publish(TopicArn=topic, Message="m")
    assert drain(queue) == []


def test_a_dead_letter_is_counted_and_traced(
    client, now_ms, sns, endpoint, dead_letters, unique, advance_clock, wait_until
):
    topic, _, queue = dead_letters("sqs", missing_queue(unique))
    sns.publish(TopicArn=topic, Message="m")
    hops = Traces(endpoint).hops(resource=topic)
    assert [(hop["kind"], hop["verdict"]) for hop in hops if hop["kind"] != "sent"] == [
        ("published", "ok"), ("not-delivered", "not-delivered"), ("dead-lettered", "dead-lettered")]
    advance_clock(60)

    counted = {"NumberOfMessagesPublished": 1, "NumberOfNotificationsFailed": 1, "NumberOfNotificationsRedrivenToDlq": 1}
    assert wait_until(lambda: sums(client("cloudwatch"), now_ms(), "AWS/SNS", TopicName=topic.rsplit(":", 1)[1]) == counted)


@pytest.mark.parametrize(
    "policy, problem",
    [("x", "failed to parse JSON."), ("[]", "failed to parse JSON."), ("{}", "deadLetterTargetArn is an invalid arn"),
     ('{"deadLetterTargetArn": "arn:aws:lambda:us-east-1:000000000000:function:f"}', "deadLetterTargetArn is an invalid arn"),
     (" " * 30721, "the value is longer than 30720 bytes"),
     ('{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:q.fifo"}',
      "must use a standard queue as DLQ for a Subscription to a standard Topic.")],
)
def test_a_redrive_policy_outside_the_rules_is_refused(sns, dead_letters, unique, refused, policy, problem):
    _, subscription, _ = dead_letters("sqs", missing_queue(unique))
    change = {"SubscriptionArn": subscription, "AttributeName": "RedrivePolicy", "AttributeValue": policy}
    assert refused(sns.set_subscription_attributes, **change)["message"] == f"Invalid parameter: RedrivePolicy: {problem}"


def test_the_dead_letters_of_a_fifo_queue_go_to_a_fifo_queue(sns, sqs, unique, refused):
    topic = sns.create_topic(Name=unique("t") + ".fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    queue = sqs.create_queue(QueueName=unique("dlq") + ".fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{unique('dlq')}"
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={
        "Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})
    new = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": missing_queue(unique) + ".fifo"}
    error = refused(sns.subscribe, **new, Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn})})
    problem = "Attributes Reason: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."
    assert error["message"] == f"Invalid parameter: {problem}"
    sns.subscribe(**new, Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn + ".fifo"})})
    sns.publish(TopicArn=topic, Message="m", MessageGroupId="g", MessageDeduplicationId="d")
    message = the_message(sqs, queue)
    assert json.loads(message["Body"])["Message"] == "m"
    assert (message["Attributes"]["MessageGroupId"], message["Attributes"]["MessageDeduplicationId"]) == ("g", "d")
    sns.delete_topic(TopicArn=topic)
    sqs.delete_queue(QueueUrl=queue)


def test_a_redrive_policy_can_be_removed(sns, dead_letters, unique, drain):
    topic, subscription, queue = dead_letters("sqs", missing_queue(unique))
    sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName="RedrivePolicy", AttributeValue="")
    assert "RedrivePolicy" not in sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    sns.publish(TopicArn=topic, Message="m")
    assert drain(queue) == []
