"""SQS: looking at messages without receiving them, deleting single ones, and moving edited ones back."""

import json
import urllib.error
import urllib.parse
import urllib.request

import boto3
import pytest
from bulk import Bulk
from queues import arn, bodies, receive


@pytest.fixture
def ask(endpoint):
    """ask(method, path, body, **query): the status, and the JSON of the reply."""

    def request(method, path, body=None, **query):
        data = None if body is None else json.dumps(body).encode()
        url = f"{endpoint}{path}?{urllib.parse.urlencode(query)}"
        headers = {"Content-Type": "application/json", "X-Orderly-Admin": "test"}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)) as reply:
                return reply.status, json.loads(reply.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    return request


@pytest.fixture
def peek(ask):
    def messages(url, **shown):
        status, reply = ask("GET", "/_aws/sqs/messages", QueueUrl=url, **shown)
        assert status == 200
        return reply["Messages"]

    return messages


def counts(sqs, url):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return tuple(int(found[name]) for name in names)


def handles(messages, **more):
    return [{"ReceiptHandle": message["ReceiptHandle"], **more} for message in messages]


@pytest.fixture
def dead(sqs, unique):
    """A queue with two dead letters, and its dead-letter queue."""
    dead = sqs.create_queue(QueueName=unique("dead"))["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": 1})
    source = sqs.create_queue(QueueName=unique("source"), Attributes={"RedrivePolicy": policy})["QueueUrl"]
    for body in ("1", "2"):
        sqs.send_message(QueueUrl=source, MessageBody=body,
                         MessageAttributes={"a": {"DataType": "String", "StringValue": "v"}})
    for _ in range(2):
        receive(sqs, source, VisibilityTimeout=0)
    yield source, dead
    sqs.delete_queue(QueueUrl=source)
    sqs.delete_queue(QueueUrl=dead)


@pytest.fixture
def queue(sqs, unique):
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def test_a_peek_shows_visible_messages_and_others_when_asked_and_changes_nothing(sqs, queue, peek):
    sent = sqs.send_message(QueueUrl=queue, MessageBody="in flight")
    assert len(receive(sqs, queue)) == 1
    sqs.send_message(QueueUrl=queue, MessageBody="delayed", DelaySeconds=900)
    sqs.send_message(QueueUrl=queue, MessageBody="x" * 3000,
                     MessageAttributes={"a": {"DataType": "String", "StringValue": "v"}})
    for _ in range(2):
        assert bodies(peek(queue)) == ["x" * 3000]
    assert sorted(bodies(peek(queue, ShowInvisible="true"))) == ["in flight", "x" * 3000]
    assert sorted(bodies(peek(queue, ShowDelayed="true"))) == ["delayed", "x" * 3000]
    every = {message["Body"][:9]: message for message in peek(queue, ShowInvisible="true", ShowDelayed="true")}
    assert len(every) == 3
    assert every["in flight"]["MessageId"] == sent["MessageId"]
    assert every["in flight"]["MD5OfBody"] == sent["MD5OfMessageBody"]
    assert every["in flight"]["Attributes"]["ApproximateReceiveCount"] == "1"
    assert every["xxxxxxxxx"]["Attributes"]["ApproximateReceiveCount"] == "0"
    assert "ApproximateFirstReceiveTimestamp" not in every["xxxxxxxxx"]["Attributes"]
    assert every["xxxxxxxxx"]["MessageAttributes"]["a"]["StringValue"] == "v"
    assert counts(sqs, queue) == (1, 1, 1)
    [received] = receive(sqs, queue)
    assert received["Attributes"]["ApproximateReceiveCount"] == "1"


def test_delete_empties_the_queue(sqs, queue, ask, peek):
    sqs.send_message(QueueUrl=queue, MessageBody="1")
    assert ask("DELETE", "/_aws/sqs/messages", QueueUrl=queue) == (204, None)
    assert peek(queue) == [] and counts(sqs, queue) == (0, 0, 0)


def test_single_messages_are_deleted_in_any_state_all_or_none(sqs, queue, ask, peek):
    for number in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    receive(sqs, queue, MaxNumberOfMessages=1)
    sqs.send_message(QueueUrl=queue, MessageBody="delayed", DelaySeconds=900)
    every = {message["Body"]: message for message in peek(queue, ShowInvisible="true", ShowDelayed="true")}
    chosen = handles(every[body] for body in ("0", "1", "delayed"))
    status, error = ask("POST", "/_orderly/sqs/messages/delete",
                        {"QueueUrl": queue, "Messages": [*chosen, {"ReceiptHandle": "none"}]})
    assert (status, error["message"]) == (404, 'No message of the queue has the handle "none".')
    assert counts(sqs, queue) == (2, 1, 1)
    assert ask("POST", "/_orderly/sqs/messages/delete", {"QueueUrl": queue, "Messages": chosen}) == (200, {"Changed": 3})
    assert counts(sqs, queue) == (1, 0, 0)
    assert bodies(receive(sqs, queue)) == ["2"]
    assert ask("POST", "/_orderly/sqs/messages/delete", {"QueueUrl": queue, "Messages": chosen})[0] == 404


def test_the_handle_of_a_peek_is_no_receipt(sqs, queue, peek, refused):
    sqs.send_message(QueueUrl=queue, MessageBody="1")
    [message] = peek(queue)
    assert refused(sqs.delete_message, QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])["code"] == "ReceiptHandleIsInvalid"


def test_chosen_messages_go_back_edited_or_not(sqs, dead, ask, peek):
    source, dead = dead
    first, second = peek(dead)
    status, reply = ask("POST", "/_orderly/sqs/messages/redrive", {"QueueUrl": dead, "Messages": [
        {"ReceiptHandle": first["ReceiptHandle"], "Body": "edited" * 1000}]})
    assert (status, reply) == (200, {"Changed": 1})
    assert bodies(peek(dead)) == ["2"] and counts(sqs, source) == (1, 0, 0)
    [message] = receive(sqs, source)
    assert message["Body"] == "edited" * 1000
    assert message["MessageAttributes"] == {"a": {"DataType": "String", "StringValue": "v"}}
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert ask("POST", "/_orderly/sqs/messages/redrive", {"QueueUrl": dead, "Messages": handles([second])})[0] == 200
    assert bodies(receive(sqs, source)) == ["2"]


def test_chosen_messages_go_to_another_queue_all_or_none(sqs, dead, queue, ask, peek):
    source, dead = dead
    first, second = peek(dead)
    wrong = {"QueueUrl": dead, "DestinationUrl": queue, "Messages": [*handles([first]), *handles([second], Body="\x00")]}
    assert ask("POST", "/_orderly/sqs/messages/redrive", wrong)[0] == 400
    assert (counts(sqs, dead), counts(sqs, queue)) == ((2, 0, 0), (0, 0, 0))
    right = {**wrong, "Messages": handles([second, first])}
    assert ask("POST", "/_orderly/sqs/messages/redrive", right) == (200, {"Changed": 2})
    assert bodies(receive(sqs, queue)) == ["2", "1"]
    assert counts(sqs, dead) == (0, 0, 0)


def test_wrong_requests_are_refused(sqs, dead, queue, ask, peek):
    source, dead = dead
    sqs.send_message(QueueUrl=queue, MessageBody="1")
    path = "/_orderly/sqs/messages/redrive"
    one = handles(peek(dead)[:1])
    for body in ({}, {"QueueUrl": dead}, {"QueueUrl": dead, "Messages": []}, {"QueueUrl": dead, "Messages": one * 101},
                 {"QueueUrl": dead, "Messages": ["x"]}, {"QueueUrl": dead, "DestinationUrl": dead, "Messages": one},
                 {"QueueUrl": f"{dead}x", "Messages": one}, {"QueueUrl": queue, "Messages": one},
                 {"QueueUrl": queue, "Messages": handles(peek(queue))}):
        assert ask("POST", path, body)[0] in (400, 404), body
    assert ask("GET", "/_aws/sqs/messages", QueueUrl=f"{dead}x")[0] == 400
    assert ask("GET", "/_aws/sqs/messages")[0] == 400
    assert (counts(sqs, dead), counts(sqs, source)) == ((2, 0, 0), (0, 0, 0))


def dead_letter_queues(ask, **query):
    """All pages."""
    found, next_ = [], {}
    while True:
        status, reply = ask("GET", "/_orderly/sqs/dead-letter-queues", **query, **next_)
        assert status == 200
        found += reply["Queues"]
        if "Next" not in reply:
            return found
        next_ = {"next": reply["Next"]}


def all_queues(ask, **query):
    status, reply = ask("GET", "/_orderly/sqs/queues", **query)
    assert status == 200
    return {queue.pop("QueueUrl").rsplit("/", 1)[1]: queue for queue in reply["Queues"]}


def test_all_queues_are_listed_with_what_is_in_them(own_server):
    sqs = boto3.client("sqs", endpoint_url=own_server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                       aws_secret_access_key="test")
    empty, full, fifo = (sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"] for name, attributes in (
        ("empty", {}), ("full", {}), ("groups.fifo", {"FifoQueue": "true", "ContentBasedDeduplication": "true"})))

    def ask(method, path, **query):
        with urllib.request.urlopen(f"{own_server.endpoint}{path}?{urllib.parse.urlencode(query)}") as reply:
            return reply.status, json.load(reply)

    for seconds in (0, 0, 0, 900):
        sqs.send_message(QueueUrl=full, MessageBody="m", DelaySeconds=seconds)
    sqs.send_message(QueueUrl=fifo, MessageBody="m", MessageGroupId="g")
    sqs.receive_message(QueueUrl=full)
    own_server.advance_clock(10)
    found = all_queues(ask)
    ages = {name: queue.pop("ApproximateAgeOfOldestMessage") for name, queue in found.items()}
    figures = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
    assert found == {name: dict(zip(figures, counts)) for name, counts in (
        ("empty", (0, 0, 0)), ("full", (2, 1, 1)), ("groups.fifo", (1, 0, 0)))}
    assert list(found) == ["empty", "full", "groups.fifo"]
    assert ages["empty"] == 0 and ages["full"] >= ages["groups.fifo"] >= 10
    assert list(all_queues(ask, next="empty")) == ["full", "groups.fifo"]
    assert all_queues(ask, next="groups.fifo") == all_queues(ask, accountId="481665095854") == all_queues(ask, region="eu-west-1") == {}


def test_a_page_has_a_thousand_queues(own_server):
    sqs = Bulk(boto3.client("sqs", endpoint_url=own_server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test"))
    names = [f"q{number:04}" for number in range(1001)]

    def pages(query=""):
        with urllib.request.urlopen(f"{own_server.endpoint}/_orderly/sqs/queues{query}") as reply:
            page = json.load(reply)
        page_names = [queue["QueueUrl"].rsplit("/", 1)[1] for queue in page["Queues"]]
        return [page_names] + (pages(f"?next={page['Next']}") if "Next" in page else [])

    for name in names[:1000]:
        sqs.create_queue(QueueName=name)
    assert pages() == [names[:1000]]
    sqs.create_queue(QueueName=names[1000])
    assert pages() == [names[:1000], names[1000:]]


def named(found, *names):
    return [(queue["QueueUrl"].rsplit("/", 1)[1], queue["Messages"]) for queue in found
            if queue["QueueUrl"].rsplit("/", 1)[1] in names]


def test_the_dead_letter_queues_are_those_that_policies_name(sqs, dead, ask, make_queue, unique):
    source, dead = (url.rsplit("/", 1)[1] for url in dead)
    other, plain = unique("zz"), make_queue().rsplit("/", 1)[1]
    other_url = sqs.create_queue(QueueName=other)["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn(sqs, other_url), "maxReceiveCount": 1})
    for _ in range(3):
        make_queue(RedrivePolicy=policy)
    names = (source, dead, other, plain)
    assert named(dead_letter_queues(ask), *names) == [(dead, 2), (other, 0)]
    sqs.send_message(QueueUrl=other_url, MessageBody="m", DelaySeconds=900)
    assert named(dead_letter_queues(ask, accountId="000000000000", region="us-east-1"), *names) == [(dead, 2), (other, 1)]
    status, reply = ask("GET", "/_orderly/sqs/dead-letter-queues", next=dead)
    assert (status, named(reply["Queues"], *names)) == (200, [(other, 1)])
    for query in ({"accountId": "481665095854"}, {"region": "eu-west-1"}):
        assert named(dead_letter_queues(ask, **query), *names) == []
    sqs.delete_queue(QueueUrl=other_url)
    assert named(dead_letter_queues(ask), *names) == [(dead, 2)]


def test_the_pages_of_many_dead_letter_queues_have_each_of_them_once(own_server):
    """A page has 1,000 of them, or as many as its time allows."""
    sqs = Bulk(boto3.client("sqs", endpoint_url=own_server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test"))
    names, pages, query = [f"q{number:04}" for number in range(1002)], [], ""
    sqs.create_queue(QueueName=names[0])
    for target, name in zip(names, names[1:]):
        policy = {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:000000000000:{target}", "maxReceiveCount": 1}
        sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(policy)})
    while query is not None:
        with urllib.request.urlopen(f"{own_server.endpoint}/_orderly/sqs/dead-letter-queues{query}") as reply:
            page = json.load(reply)
        pages.append([queue["QueueUrl"].rsplit("/", 1)[1] for queue in page["Queues"]])
        assert page.get("Next", pages[-1][-1]) == pages[-1][-1]
        query = f"?next={page['Next']}" if "Next" in page else None
    assert [name for page in pages for name in page] == names[:-1]
    assert len(pages) > 1 and all(1 <= len(page) <= 1000 for page in pages)
