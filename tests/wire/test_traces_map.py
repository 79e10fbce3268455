"""GET /_orderly/map and GET /_orderly/traces/reasons: what the traces tell of resources and of dead letters."""

import json

import boto3
import changes
import orderly_server
import pytest
from botocore.config import Config
from door import send


def get(endpoint, path):
    reply = send(endpoint, "GET", path)
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def edges(endpoint, *arns):
    """The edges to these resources, added up from all pages."""
    found, page = {}, get(endpoint, "/_orderly/map")
    while True:
        for edge in page["edges"]:
            if edge["to"] in arns:
                key = edge["from"], edge["to"], edge["kind"]
                count, failed = found.get(key, (0, 0))
                found[key] = (count + edge["count"], failed + edge["failed"])
        if "next" not in page:
            return found
        page = get(endpoint, f"/_orderly/map?since={page['sinceMs']}&next={page['next']}")


@pytest.fixture
def way(client, make_queue, unique):
    """A topic that a queue subscribes to, with a dead-letter queue; and their ARNs."""
    sns, dead = client("sns"), make_queue()
    dead_arn = make_queue.arn(dead)
    url = make_queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}), VisibilityTimeout="0")
    arn, topic = make_queue.arn(url), sns.create_topic(Name=unique("t"))["TopicArn"]
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return topic, url, arn, dead_arn


def test_the_map_counts_what_topics_and_queues_passed_on(endpoint, client, way):
    topic, url, arn, dead_arn = way
    for n in range(3):
        client("sns").publish(TopicArn=topic, Message=str(n))
    assert edges(endpoint, arn) == {(topic, arn, "delivered"): (3, 0)}
    for _ in range(2):
        client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    assert edges(endpoint, dead_arn) == {(arn, dead_arn, "dead-lettered"): (3, 3)}


def test_the_map_counts_what_was_refused(endpoint, client, way):
    topic, url, arn, _ = way
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    client("sns").publish(TopicArn=topic, Message="m")
    (kind, counts), = [(key[2], counts) for key, counts in edges(endpoint, arn).items()]
    assert (kind, counts) == ("not-delivered", (1, 1))


def test_the_map_begins_at_a_time(endpoint, client, way, now_ms):
    topic, _, arn, _ = way
    client("sns").publish(TopicArn=topic, Message="m")
    since = now_ms() + 60_000
    assert get(endpoint, f"/_orderly/map?since={since}") == {"sinceMs": since, "edges": []}
    assert edges(endpoint, arn)


@pytest.fixture
def unhurried():
    """A server whose pages end by their bounds only."""
    server = orderly_server.Server("--iam", "off", "--durability", "relaxed", environment=changes.NO_HURRY).start()
    yield server
    server.end()


def test_a_page_of_the_map_ends_with_the_trace_that_fills_it(unhurried):
    def client(service):
        return boto3.client(service, endpoint_url=unhurried.endpoint, region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}))

    def all_edges():
        page, found = get(unhurried.endpoint, "/_orderly/map"), set()
        while True:
            found |= {(edge["from"], edge["to"]) for edge in page["edges"]}
            if "next" not in page:
                return found
            page = get(unhurried.endpoint, f"/_orderly/map?since={page['sinceMs']}&next={page['next']}")

    sqs, sns, subscribers = client("sqs"), client("sns"), {}
    for n in range(250):
        sqs.create_queue(QueueName=f"q{n}")

    def topic(name, queues):
        arn = sns.create_topic(Name=name)["TopicArn"]
        subscribers[arn] = queues
        for n in range(queues):
            sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:000000000000:q{n}")
        return arn

    def publish(*topics):
        """One after the other, so that the traces have an order."""
        for arn in topics:
            before = all_edges()
            sns.publish(TopicArn=arn, Message="m")
            orderly_server.wait_until(lambda: len(all_edges() - before) == subscribers[arn], what="all deliveries")
            unhurried.advance_clock(1)

    one, three, four, less = topic("one", 1), [topic(f"t{n}", 250) for n in range(3)], topic("four", 250), topic("less", 249)
    publish(one, *three, less)
    page = get(unhurried.endpoint, "/_orderly/map")
    assert (len(page["edges"]), "next" in page) == (1000, False)  # 999, and the oldest one

    unhurried.advance_clock(7200)
    publish(one, *three, four)
    page = get(unhurried.endpoint, "/_orderly/map")
    assert len(page["edges"]) == 1000 and one not in {edge["from"] for edge in page["edges"]}
    last = get(unhurried.endpoint, f"/_orderly/map?since={page['sinceMs']}&next={page['next']}")
    assert [edge["from"] for edge in last["edges"]] == [one] and "next" not in last


@pytest.mark.parametrize("query", ["since=x", "next=1", "next=x.1", "next=1.x", "since=%"])
def test_a_map_that_cannot_be_made_is_refused(endpoint, query):
    reply = send(endpoint, "GET", "/_orderly/map?" + query)
    assert (reply.status, reply.message) == (400, "since takes milliseconds since 1970, and next what an earlier reply gave.")


def test_a_message_that_no_step_failed_has_no_reason(endpoint, client, way):
    topic, url, _, _ = way
    client("sns").publish(TopicArn=topic, Message="m")
    message = client("sqs").receive_message(QueueUrl=url)["Messages"][0]["MessageId"]
    reason, = get(endpoint, f"/_orderly/traces/reasons?message={message}")["reasons"]
    assert set(reason) == {"messageId", "traceId"} and reason["messageId"] == message
    assert get(endpoint, "/_orderly/traces/reasons?message=nope") == {"reasons": [{"messageId": "nope"}]}


@pytest.mark.parametrize("query, good", [
    ("", False), ("message=", False), ("other=1", False), ("message=a&other=1", False),
    ("&".join(["message=a"] * 100), True), ("&".join(["message=a"] * 101), False)])
def test_one_to_a_hundred_messages_have_reasons(endpoint, query, good):
    reply = send(endpoint, "GET", "/_orderly/traces/reasons?" + query)
    assert reply.status == (200 if good else 400)
    if not good:
        assert reply.message == "The query must be 1 to 100 times message=, each with a message's id."


def test_the_reason_of_a_dead_letter_is_the_error_of_the_functions_last_attempt(endpoint, client, make_queue, make_function, make_role, advance_clock, wait_until):
    sqs, dead = client("sqs"), make_queue()
    url = make_queue(RedrivePolicy=json.dumps({"deadLetterTargetArn": make_queue.arn(dead), "maxReceiveCount": 2}), VisibilityTimeout="30")
    function = make_function("def handler(event, context):\n"
                             "    record, = event['Records']\n"
                             "    raise ValueError('attempt ' + record['attributes']['ApproximateReceiveCount'])\n",
                             Role=make_role(allow=["sqs:*"]))
    mapping = client("lambda").create_event_source_mapping(FunctionName=function, EventSourceArn=make_queue.arn(url), BatchSize=1)["UUID"]
    message = sqs.send_message(QueueUrl=url, MessageBody="poison")["MessageId"]

    def reason():
        """The clock is not moved meanwhile: otherwise the function would time out."""
        found, = get(endpoint, f"/_orderly/traces/reasons?message={message}")["reasons"]
        return found

    for attempt in (1, 2):
        wait_until(lambda attempt=attempt: f"attempt {attempt}" in json.dumps(reason().get("hop")), 60, what=f"attempt {attempt}")
        advance_clock(31)
    wait_until(lambda: sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"] == "1",
               60, what="the dead letter")
    client("lambda").delete_event_source_mapping(UUID=mapping)
    last = reason()
    assert set(last) == {"messageId", "traceId", "hop"} and last["messageId"] == message
    assert last["hop"]["verdict"] == "failed" and "attempt 2" in json.dumps(last["hop"])
