"""What SQS counts of a queue's groups, as CloudWatch's metrics: noisy and quiet ones of standard queues, and those of FIFO queues."""

import boto3
import pytest
from bulk import Bulk
from counted import minutes
from queues import numbered, send, take

MINUTE_MS = 60 * 1000


@pytest.fixture
def at(own_server):
    """at(second) moves the clock to that second, counted from the beginning of a minute."""
    now_ms = own_server.advance_clock(0)
    began_ms = now_ms - now_ms % MINUTE_MS + MINUTE_MS

    def move(second):
        own_server.advance_clock(max(began_ms / 1000 + second - own_server.advance_clock(0) / 1000, 0))

    move(1)
    return move


@pytest.fixture
def client(own_server):
    return lambda service: boto3.client(service, endpoint_url=own_server.endpoint, region_name="us-east-1",
                                        aws_access_key_id="111122223333", aws_secret_access_key="x")


@pytest.fixture
def sqs(client):
    return client("sqs")


@pytest.fixture
def measured(own_server, at, client, wait_until):
    """The minute's figures, those of what the queue contains from second 56: {metric: sum}."""

    def read(queue="q"):
        cloudwatch = client("cloudwatch")
        at(56)
        at(61)
        found = wait_until(lambda: minutes(cloudwatch, own_server.advance_clock(0), "AWS/SQS", QueueName=queue))
        return {name: counted[2] for (name, *_), counted in found.items()}

    return read


@pytest.fixture
def url(at, sqs):
    return sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]


def send_quiet(sqs, url):
    """Two messages of a group and one without, all visible, and one delayed."""
    send(sqs, url, numbered("b", 2), "b")
    send(sqs, url, ["-"])
    sqs.send_message(QueueUrl=url, MessageBody="d0", MessageGroupId="d", DelaySeconds=900)


def of_groups(figures):
    """Those of groups, and apart from them the age, which grows while the test runs."""
    figures = {name: figure for name, figure in figures.items() if "Groups" in name}
    return figures.pop("ApproximateAgeOfOldestMessageInQuietGroups", None), figures


def test_quiet_groups_are_measured_apart_from_the_noisy_one(sqs, url, at, measured):
    send(sqs, url, ["c0"], "c")
    send(sqs, url, numbered("bb", 50), "bb")  # its name is between those of the quiet groups
    assert take(sqs, url, 31)[0] == ["c0", *numbered("bb", 30)]
    at(30)
    send_quiet(sqs, url)
    age, figures = of_groups(measured())
    assert age < 40  # of those that were sent from second 30 on; the noisy group's are older
    assert figures == {
        "ApproximateNumberOfNoisyGroups": 1,
        "ApproximateNumberOfMessagesVisibleInQuietGroups": 3,
        "ApproximateNumberOfMessagesNotVisibleInQuietGroups": 1,
        "ApproximateNumberOfMessagesDelayedInQuietGroups": 1,
    }


def test_without_a_noisy_group_all_are_quiet(sqs, url, at, measured):
    send(sqs, url, numbered("bb", 40), "bb")
    assert take(sqs, url, 29)[0] == numbered("bb", 29)
    at(30)
    send_quiet(sqs, url)
    age, figures = of_groups(measured())
    assert age >= 40
    assert figures == {
        "ApproximateNumberOfNoisyGroups": 0,
        "ApproximateNumberOfMessagesVisibleInQuietGroups": 14,
        "ApproximateNumberOfMessagesNotVisibleInQuietGroups": 29,
        "ApproximateNumberOfMessagesDelayedInQuietGroups": 1,
    }


def test_a_queue_whose_messages_name_no_group_has_no_metrics_of_groups(sqs, url, measured):
    send(sqs, url, numbered("a", 3))
    assert of_groups(measured()) == (None, {})


def test_a_fifo_queue_counts_its_groups_in_flight_and_the_duplicates(sqs, at, measured):
    url = sqs.create_queue(QueueName="q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for body in ("a0", "a1", "b0", "c0", "a0", "a0", "c0"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0], MessageDeduplicationId=body)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "600"})
    assert sorted(take(sqs, url, 3)[0]) == ["a0", "a1", "b0"]
    figures = measured("q.fifo")
    assert (figures["NumberOfMessagesSent"], figures["NumberOfDeduplicatedSentMessages"]) == (7, 3)
    assert of_groups(figures) == (None, {"ApproximateNumberOfGroupsWithInflightMessages": 2})


def in_flight_groups(sqs, name, messages):
    """A FIFO queue of so many groups: the second message of each is in flight, the first was given back."""
    url = sqs.create_queue(QueueName=name, Attributes={"FifoQueue": "true", "VisibilityTimeout": "600"})["QueueUrl"]
    for first in range(0, messages, 5):
        sqs.send_message_batch(QueueUrl=url, Entries=[
            {"Id": f"{group}-{n}", "MessageBody": "m", "MessageGroupId": f"g{group}", "MessageDeduplicationId": f"{group}-{n}"}
            for group in range(first, min(first + 5, messages)) for n in range(2)])
    first_ones, taken = [], 0
    while taken < 2 * messages:
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["MessageDeduplicationId"])["Messages"]
        taken += len(got)
        first_ones += [m["ReceiptHandle"] for m in got if m["Attributes"]["MessageDeduplicationId"].endswith("-0")]
    for first in range(0, messages, 10):
        sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
            {"Id": str(n), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
            for n, receipt in enumerate(first_ones[first:first + 10])])


@pytest.mark.parametrize("messages, counted", [(3, 3), (1000, 1000), (1001, 0)])
def test_a_group_whose_first_message_was_given_back_has_messages_in_flight(sqs, at, measured, messages, counted):
    """Of more than a thousand messages in flight only the first ones of their groups are looked at."""
    in_flight_groups(Bulk(sqs), "q.fifo", messages)
    assert of_groups(measured("q.fifo")) == (None, {"ApproximateNumberOfGroupsWithInflightMessages": counted})
