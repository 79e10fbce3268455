"""The ways of messages and invocations: what is on them, how they are found, and how long they are kept."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid

import orderly_server
import pytest

ACCOUNT = "000000000000"
POLLER = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
PUTS = """
import boto3, os

def handler(event, context):
    table = boto3.client("dynamodb")
    for record in event["Records"]:
        table.put_item(TableName=os.environ["TABLE"], Item={"id": {"S": record["body"]}})
"""
FAILS = """
def handler(event, context):
    raise ValueError("no such order")
"""


class Traces:
    """GET /_orderly/traces of the server there."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def get(self, path, **headers):
        request = urllib.request.Request(self.endpoint + "/_orderly/traces" + path, headers=headers)
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def page(self, **filters):
        return self.get("?" + urllib.parse.urlencode(filters))

    def find(self, **filters):
        return self.page(**filters)["traces"]

    def hops(self, **filters):
        """Of the only trace that is found."""
        [trace] = self.find(**filters)
        return self.get("/" + trace["traceId"])["hops"]

    def refusal(self, path, **headers):
        with pytest.raises(urllib.error.HTTPError) as caught:
            self.get(path, **headers)
        return caught.value.code, json.load(caught.value)["message"]


@pytest.fixture(scope="session")
def traces(endpoint):
    return Traces(endpoint)


@pytest.fixture
def order():
    """An order's id that is nowhere else."""
    return "O" + uuid.uuid4().hex[:12]


def body(order):
    return json.dumps({"orderId": order, "customer": "Ada Lovelace"})


def kinds(hops):
    return [hop["kind"] for hop in hops]


def arn_of_queue(url):
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{url.rsplit('/', 1)[1]}"


@pytest.fixture
def make_topic(client, make_queue, unique):
    """make_topic(url) is the ARN of a topic with that queue as its subscriber."""

    def make(url, allowed=True):
        topic = client("sns").create_topic(Name=unique("topic"))["TopicArn"]
        if allowed:
            statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
                         "Resource": "*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn_of_queue(url),
                                Attributes={"RawMessageDelivery": "true"})
        return topic

    return make


# --- Ways ----------------------------------------------------------------------------------------


def test_a_published_message_is_followed_to_its_end(client, traces, make_queue, make_topic, order):
    url = make_queue()
    topic, sqs = make_topic(url), client("sqs")

    published = client("sns").publish(TopicArn=topic, Message=body(order))["MessageId"]
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    hops = traces.hops(text=order)
    assert kinds(hops) == ["published", "delivered", "received", "deleted"]
    assert [hop["parent"] for hop in hops] == [None] + [hop["id"] for hop in hops[:-1]]
    assert [hop["messageId"] for hop in hops] == [published] + [message["MessageId"]] * 3
    assert [hop["resource"] for hop in hops] == [topic] + [arn_of_queue(url)] * 3
    assert [hop["attempt"] for hop in hops] == [0, 0, 1, 1]
    assert {hop["verdict"] for hop in hops} == {"ok"}
    [trace] = traces.find(message=message["MessageId"])
    assert trace == {
        "traceId": trace["traceId"],
        "beganMs": hops[0]["atMs"],
        "lastMs": hops[-1]["atMs"],
        "outcome": "ok",
        "hops": 4,
        "resources": [topic, arn_of_queue(url)],
        "messageIds": [published, message["MessageId"]],
    }
    assert re.fullmatch("1-[0-9a-f]{8}-[0-9a-f]{24}", trace["traceId"])


def test_a_message_that_was_sent_has_a_way_from_its_first_receive_on(client, traces, make_queue, order):
    url, sqs = make_queue(), client("sqs")

    sent = sqs.send_message(QueueUrl=url, MessageBody=body(order))["MessageId"]
    assert traces.find(text=order) == []
    received = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0, MessageSystemAttributeNames=["AWSTraceHeader"])
    hops = traces.hops(text=order)
    assert [(hop["kind"], hop["messageId"]) for hop in hops] == [("sent", sent), ("received", sent)]
    assert hops[1]["parent"] == hops[0]["id"]
    [trace] = traces.find(message=sent)
    assert received["Messages"][0]["Attributes"] == {"AWSTraceHeader": "Root=" + trace["traceId"]}
    sqs.receive_message(QueueUrl=url)
    hops = traces.hops(text=order)
    assert [(hop["kind"], hop["attempt"]) for hop in hops] == [("sent", 0), ("received", 1), ("received", 2)]


def test_without_a_queue_policy_the_hop_says_which_statement_is_missing(client, traces, make_queue, make_topic, order):
    url = make_queue()
    topic = make_topic(url, allowed=False)

    client("sns").publish(TopicArn=topic, Message=body(order))
    hops = traces.hops(text=order, outcome="not-delivered")
    assert kinds(hops) == ["published", "not-delivered"]
    lost = hops[1]
    assert (lost["verdict"], lost["resource"], lost["parent"]) == ("not-delivered", arn_of_queue(url), hops[0]["id"])
    assert lost["reason"] == (
        f"the policy of {arn_of_queue(url)} has no statement that allows sns.amazonaws.com sqs:SendMessage for {topic}:"
        " there is no such policy"
    )
    assert traces.find(text=order, outcome="ok") == []


def test_a_message_that_nobody_deletes_ends_in_the_dead_letter_queue(client, traces, make_queue, order):
    dead = make_queue()
    policy = json.dumps({"deadLetterTargetArn": arn_of_queue(dead), "maxReceiveCount": 2})
    url, sqs = make_queue(RedrivePolicy=policy), client("sqs")

    sqs.send_message(QueueUrl=url, MessageBody=body(order))
    for _ in range(3):
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
    hops = traces.hops(text=order)
    assert [(hop["kind"], hop["attempt"]) for hop in hops] == [
        ("sent", 0), ("received", 1), ("received", 2), ("dead-lettered", 2),
    ]
    assert hops[-1]["resource"] == arn_of_queue(dead)
    assert hops[-1]["reason"] == f"It was received 2 times from {arn_of_queue(url)}, and not deleted."
    [trace] = traces.find(resource=arn_of_queue(dead))
    assert trace["outcome"] == "dead-lettered"
