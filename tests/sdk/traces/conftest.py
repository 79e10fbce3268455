"""Orders, and the topics through which they go."""

import json
import uuid

import pytest
from trace_reader import Traces, arn_of_queue


@pytest.fixture(scope="session")
def traces(endpoint):
    return Traces(endpoint)


@pytest.fixture
def order():
    """An order id that occurs nowhere else."""
    return "O" + uuid.uuid4().hex[:12]


@pytest.fixture
def make_topic(client, unique):
    """make_topic(url) returns the ARN of a topic with that queue as its subscriber."""

    def make(url, allowed=True, name="topic"):
        topic = client("sns").create_topic(Name=unique(name))["TopicArn"]
        if allowed:
            statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
                         "Resource": "*"}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn_of_queue(url),
                                Attributes={"RawMessageDelivery": "true"})
        return topic

    return make
