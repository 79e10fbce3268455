"""Topics and what is subscribed to them."""

import json
import re

import outside
import pytest
from botocore.exceptions import ClientError
from deliveries import TRUST, WRITES, subscribe, visit


@pytest.fixture(scope="module")
def sns(client):
    return client("sns")


@pytest.fixture
def make_topic(sns, unique):
    made = []

    def make(kind="t", **attributes):
        arn = sns.create_topic(Name=unique(kind), Attributes=attributes)["TopicArn"]
        made.append(arn)
        return arn

    yield make
    for arn in made:
        sns.delete_topic(TopicArn=arn)


@pytest.fixture
def subscribed(sns, make_topic, make_queue, allow_topic):
    """subscribed(**attributes) returns (topic arn, queue url, subscription arn); the queue's policy allows the topic."""

    def make(**attributes):
        topic, queue = make_topic(), make_queue()
        allow_topic(queue, topic)
        subscription = sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=make_queue.arn(queue),
            Attributes=attributes,
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return topic, queue, subscription

    return make


@pytest.fixture
def web():
    endpoint = outside.Endpoint()
    yield endpoint
    endpoint.end()


@pytest.fixture
def confirmed(sns, web, make_topic):
    """confirmed(**attributes) returns (topic, subscription) of a subscription that is confirmed by its URL."""

    def make(**attributes):
        topic = make_topic()
        subscribe(sns, topic, web, **attributes)
        request = json.loads(web.take()[2])
        status, body = visit(request["SubscribeURL"])
        assert status == 200
        return topic, re.search("<SubscriptionArn>(.*)</SubscriptionArn>", body)[1]

    return make


@pytest.fixture
def make_log_role(client, unique):
    def make(policy=WRITES, trust=TRUST):
        name = unique("log")[-60:]
        arn = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
        return arn

    return make


@pytest.fixture
def lines_of(client):
    """lines_of(topic, "/Failure") returns the events of the log group, [] if it is missing."""

    def read(topic, kind=""):
        group = "sns/" + "/".join(topic.split(":")[3:]) + kind
        try:
            events = client("logs").filter_log_events(logGroupName=group)["events"]
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ResourceNotFoundException"
            return []
        assert {re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one["logStreamName"]) is None
                for one in events} == {False}
        return [json.loads(one["message"]) for one in events]

    return read
