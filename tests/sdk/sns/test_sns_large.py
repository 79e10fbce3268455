"""How large a message may be: a topic's MaximumMessageSize, and what it is made of.

https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html
"""

import json

import pytest
from deliveries import the_message

A_BYTE = {"a": {"DataType": "String", "StringValue": "v"}}  # eight bytes: name, type and value


def shown(sns, topic):
    return sns.get_topic_attributes(TopicArn=topic)["Attributes"].get("MaximumMessageSize")


@pytest.mark.parametrize("size", [None, 1024, 262144, 1048576])
def test_a_topic_takes_messages_up_to_its_maximum_with_their_attributes(sns, make_topic, refused, size):
    topic = make_topic(**({"MaximumMessageSize": str(size)} if size else {}))
    assert shown(sns, topic) == (size and str(size))
    text = "x" * ((size or 262144) - 8)
    sns.publish(TopicArn=topic, Message=text, MessageAttributes=A_BYTE)
    error = refused(sns.publish, TopicArn=topic, Message=text + "x", MessageAttributes=A_BYTE)
    assert (error["code"], error["message"]) == ("InvalidParameter", "Invalid parameter: Message too long")
    half = [{"Id": str(i), "Message": text[: len(text) // 2]} for i in range(2)]
    assert len(sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=half)["Successful"]) == 2
    half[0]["Message"] += "x" * 9
    assert refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=half)["code"] == "BatchRequestTooLong"


@pytest.mark.parametrize("size", ["1023", "1048577", "x", "", "-1", "1e4"])
def test_a_maximum_out_of_bounds_is_refused(sns, make_topic, refused, unique, size):
    topic = make_topic()
    for call, more in ((sns.set_topic_attributes, {"TopicArn": topic, "AttributeName": "MaximumMessageSize", "AttributeValue": size}),
                       (sns.create_topic, {"Name": unique("other"), "Attributes": {"MaximumMessageSize": size}})):
        assert refused(call, **more)["message"] == "Invalid parameter: MaximumMessageSize"
    assert shown(sns, topic) is None


def test_the_maximum_may_go_up_and_down(sns, make_topic, refused):
    topic = make_topic(MaximumMessageSize="1048576")
    name = topic.rsplit(":", 1)[1]
    assert sns.create_topic(Name=name, Attributes={"MaximumMessageSize": "1048576"})["TopicArn"] == topic
    assert "different attributes" in refused(sns.create_topic, Name=name, Attributes={"MaximumMessageSize": "1024"})["message"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="MaximumMessageSize", AttributeValue="2048")
    assert refused(sns.publish, TopicArn=topic, Message="x" * 2049)["message"] == "Invalid parameter: Message too long"


# A queue refuses U+0001, which an envelope writes with six bytes.
@pytest.mark.parametrize("raw, text", [(raw, text) for raw in ("true", "false") for text in ("x", '"', "\u00e9")] + [("false", "\x01")])
def test_a_queue_of_any_maximum_gets_the_largest_message(sns, sqs, subscribed, raw, text):
    """The queue's own maximum does not bind SNS, and an envelope may be larger than a message may be."""
    topic, queue, _ = subscribed(RawMessageDelivery=raw)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="MaximumMessageSize", AttributeValue="1048576")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "1024"})
    message = text * (1048576 // len(text.encode()))
    sns.publish(TopicArn=topic, Message=message)
    body = the_message(sqs, queue)["Body"]
    assert (body if raw == "true" else json.loads(body)["Message"]) == message


@pytest.mark.parametrize("protocol, target", [("http", "http://127.0.0.1:1/"), ("email", "a@example.com"), ("sms", "+15555550100")])
def test_a_topic_for_large_messages_has_queues_and_functions_only(sns, make_topic, refused, protocol, target):
    large, small = make_topic("large", MaximumMessageSize="262145"), make_topic("small", MaximumMessageSize="262144")
    problem = ("Invalid parameter: MaximumMessageSize Reason: a topic for messages above 262144 bytes can only have "
               "subscriptions of the protocols sqs, firehose and lambda")
    assert refused(sns.subscribe, TopicArn=large, Protocol=protocol, Endpoint=target)["message"] == problem
    sns.subscribe(TopicArn=small, Protocol=protocol, Endpoint=target)
    change = {"TopicArn": small, "AttributeName": "MaximumMessageSize", "AttributeValue": "262145"}
    assert refused(sns.set_topic_attributes, **change)["message"] == problem
    assert shown(sns, small) == "262144"


def test_a_topic_for_large_messages_has_a_hundred_subscriptions_at_most(sns, make_topic, refused):
    large, small = make_topic("large", MaximumMessageSize="262145"), make_topic("small")
    queues = [f"arn:aws:sqs:us-east-1:000000000000:none{i}" for i in range(101)]
    for topic, most in ((large, 100), (small, 101)):
        for queue in queues[:most]:
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    problem = ("Invalid parameter: MaximumMessageSize Reason: a topic for messages above 262144 bytes can have at most "
               "100 subscriptions")
    assert refused(sns.subscribe, TopicArn=large, Protocol="sqs", Endpoint=queues[100])["message"] == problem
    change = {"TopicArn": small, "AttributeName": "MaximumMessageSize", "AttributeValue": "262145"}
    assert refused(sns.set_topic_attributes, **change)["message"] == problem
    [last] = [one["SubscriptionArn"] for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=small)
              for one in page["Subscriptions"] if one["Endpoint"] == queues[100]]
    sns.unsubscribe(SubscriptionArn=last)
    sns.set_topic_attributes(**change)
    assert shown(sns, small) == "262145"
