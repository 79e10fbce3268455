"""Hops as they happen: GET /_orderly/traces/stream."""

import http.client
import json
import time
import urllib.parse

import boto3
import orderly_server
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from trace_reader import arn_of_queue, body, kinds

PATH = "/_orderly/traces/stream"


class Stream:
    """An open event stream; take() returns the next event, read as a browser reads it."""

    def __init__(self, endpoint, query="", **headers):
        url = urllib.parse.urlsplit(endpoint)
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
        self.connection.request("GET", PATH + query, headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.reply = self.connection.getresponse()

    def lines(self):
        """The fields of the next block."""
        found = []
        while line := self.reply.readline().decode():
            if line == "\n":
                return found
            found.append(line.removesuffix("\n"))
        raise EOFError

    def take(self):
        """Comments keep the socket from timing out, so this gives up after a time of its own."""
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            fields = dict(line.split(": ", 1) for line in self.lines() if not line.startswith(":"))
            if fields:
                assert fields["event"] == "hop"
                hop = json.loads(fields["data"])
                assert hop["id"] == fields["id"]
                return hop
        raise TimeoutError

    def close(self):
        self.connection.close()


@pytest.fixture
def stream(endpoint):
    """stream(message=…, after=…) returns an open stream: it receives everything that happens from then on."""
    opened = []

    def begin(last_event=None, **query):
        headers = {"Last_Event_ID": last_event} if last_event else {}
        opened.append(Stream(endpoint, "?" + urllib.parse.urlencode(query), **headers))
        assert opened[-1].reply.status == 200
        assert opened[-1].lines() == [":"]
        return opened[-1]

    yield begin
    for one in opened:
        one.close()


def test_hops_come_as_they_happen_and_as_their_trace_shows_them(client, traces, stream, make_queue, make_topic, order):
    url = make_queue()
    topic, sqs = make_topic(url), client("sqs")
    events = stream(resource=topic)
    assert events.reply.getheader("Content-Type") == "text/event-stream"
    client("sns").publish(TopicArn=topic, Message=body(order))
    first = [events.take(), events.take()]
    assert kinds(first) == ["published", "delivered"]
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    came = first + [events.take(), events.take()]
    [trace] = traces.find(text=order)
    assert came == [{"traceId": trace["traceId"], **hop} for hop in traces.hops(text=order)]


def test_what_happens_between_a_page_and_the_stream_comes(client, traces, stream, make_topic, make_queue, order):
    topic = make_topic(make_queue())
    client("sns").publish(TopicArn=topic, Message=body(order))
    page = traces.page(resource=topic)
    client("sns").publish(TopicArn=topic, Message="between")
    events = stream(resource=topic, after=page["lastHop"])
    hop = events.take()
    assert traces.find(message=hop["messageId"]) == traces.find(text="between", resource=topic)


def test_a_client_that_comes_back_goes_on_behind_its_last_event(client, stream, make_topic, make_queue):
    url = make_queue()
    topic = make_topic(url)
    events = stream(resource=topic)
    client("sns").publish(TopicArn=topic, Message="one")
    published, delivered = events.take(), events.take()
    events.close()
    client("sns").publish(TopicArn=topic, Message="two")
    again = stream(resource=topic, after="0", last_event=published["id"])
    came = [again.take() for _ in range(3)]
    assert came[0] == delivered
    assert kinds(came[1:]) == ["published", "delivered"]


def test_hops_of_several_messages_come_in_their_order_also_when_a_client_comes_back(client, stream, make_topic, make_queue):
    url = make_queue()
    topic, sqs = make_topic(url), client("sqs")
    client("sns").publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": str(number), "Message": "m"} for number in range(3)])
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    for message in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    count = 6 + 2 * len(messages)
    events = stream(resource=topic, after="0")
    came = [events.take() for _ in range(count)]
    numbers = [int(hop["id"]) for hop in came]
    assert numbers == sorted(set(numbers))
    assert len({hop["traceId"] for hop in came}) == 3
    for place in range(count - 1):
        again = stream(resource=topic, after=came[place]["id"])
        assert [again.take() for _ in range(count - place - 1)] == came[place + 1:]


def test_filters_of_the_trace_let_all_its_hops_through(client, stream, make_topic, make_queue, order):
    url = make_queue()
    topic = make_topic(url)
    by_text, by_queue = stream(text=order), stream(resource=arn_of_queue(url))
    client("sns").publish(TopicArn=topic, Message="another")
    published = client("sns").publish(TopicArn=topic, Message=body(order))["MessageId"]
    assert [by_text.take()["kind"], by_text.take()["kind"]] == ["published", "delivered"]
    came = [by_queue.take() for _ in range(4)]
    assert kinds(came) == ["published", "delivered"] * 2
    by_message = stream(message=published, after="0")
    assert [by_message.take(), by_message.take()] == came[2:]


def test_an_outcome_lets_the_hops_through_that_ended_like_that(client, stream, make_topic, make_queue):
    topic = make_topic(make_queue(), allowed=False)
    lost, well = stream(resource=topic, outcome="not-delivered"), stream(resource=topic, outcome="ok")
    failed = stream(resource=topic, outcome="any-failure")
    for text in ("one", "two"):
        client("sns").publish(TopicArn=topic, Message=text)
    assert [lost.take()["kind"], lost.take()["kind"]] == ["not-delivered"] * 2
    assert [failed.take()["kind"], failed.take()["kind"]] == ["not-delivered"] * 2
    assert [well.take()["kind"], well.take()["kind"]] == ["published"] * 2


@pytest.mark.parametrize(("query", "headers", "message"), [
    ("?since=1", {}, "Hops are followed by message, text, resource and outcome, and from the hop after."),
    ("?took=1", {}, "Hops are followed by message, text, resource and outcome, and from the hop after."),
    ("?after=x", {}, "after takes the id of a hop."),
    ("?after=-1", {}, "after takes the id of a hop."),
    ("?outcome=bad", {}, "outcome takes ok, any-failure, failed, denied, not-delivered, throttled, timed-out, dead-lettered, filtered-out or expired."),
    ("", {"Last_Event_ID": "x"}, "Last-Event-ID takes the id of a hop."),
    ("", {"Last_Event_ID": "-1"}, "Last-Event-ID takes the id of a hop."),
])
def test_what_cannot_be_followed_is_refused(endpoint, query, headers, message):
    refused = Stream(endpoint, query, **headers).reply
    assert (refused.status, json.load(refused)) == (400, {"message": message})


def test_a_page_takes_no_hop_to_follow_from(traces):
    assert traces.refusal("?after=1")[0] == 400


def test_a_foreign_page_follows_no_hops(endpoint):
    assert Stream(endpoint, Origin="http://evil.example").reply.status == 403


def test_a_silent_stream_says_that_it_is_there(started):
    server = started()
    events = Stream(server.endpoint)
    assert events.lines() == [":"]
    for _ in range(2):
        server.advance_clock(15)
        assert events.lines() == [":"]


def test_a_stream_goes_on_after_a_reset(started):
    server = started()
    events = Stream(server.endpoint)
    sns = boto3.client("sns", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                       aws_secret_access_key="test")
    server.advance_clock(3600)
    orderly_server.post(server.endpoint, "/_localstack/state/reset", "")
    sns.publish(TopicArn=sns.create_topic(Name="t")["TopicArn"], Message="after it")
    assert events.take()["kind"] == "published"


def test_with_strict_authentication_the_administrator_follows_hops(started):
    server = started("--auth", "strict", "--root-access-key-id", "AKIAROOT", "--root-secret-access-key", "root-secret")
    request = AWSRequest("GET", server.endpoint + PATH + "?outcome=ok")
    SigV4Auth(Credentials("AKIAROOT", "root-secret"), "orderly", "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    assert Stream(server.endpoint).reply.status == 403
    assert Stream(server.endpoint, "?outcome=ok", **headers).reply.status == 200
    assert Stream(server.endpoint, "?outcome=failed", **headers).reply.status == 403
