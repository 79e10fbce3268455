"""StartLiveTail, as boto3 reads it, and as bytes."""

import contextlib
import socket

import boto3
import orderly_server
import pytest
from botocore.config import Config
from botocore.exceptions import EventStreamError
from orderly_fixtures import ACCOUNT

SECOND_MS = 1000
EVENTS_IN_A_SECOND = 500
ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"


def client_of(endpoint, **settings):
    return boto3.client("logs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, read_timeout=30, **settings))


class Session:
    """A session from its start on; lines() are the messages of its next updates."""

    def __init__(self, client, *groups, **arguments):
        self.reply = client.start_live_tail(logGroupIdentifiers=[ARN + group for group in groups], **arguments)
        self.events = iter(self.reply["responseStream"])
        self.start = next(self.events)["sessionStart"]

    def update(self):
        return next(self.events)["sessionUpdate"]

    def update_with(self, condition):
        while not condition(update := self.update()):
            pass
        return update

    def results(self, count):
        """The next `count` results."""
        found = []
        while len(found) < count:
            found += self.update()["sessionResults"]
        assert len(found) == count
        return found

    def lines(self, count):
        return [result["message"] for result in self.results(count)]


@pytest.fixture(scope="module")
def tailing(endpoint):
    return client_of(endpoint, inject_host_prefix=False)


@pytest.fixture
def tail(tailing):
    """tail(group, ..., logStreamNames=…) returns a session that has begun."""
    with contextlib.ExitStack() as open_replies:

        def begin(*groups, **arguments):
            session = Session(tailing, *groups, **arguments)
            open_replies.callback(session.reply["responseStream"].close)
            return session

        yield begin


def test_a_session_begins_with_what_was_asked_for(tail, make_group, put, now_ms):
    group = make_group()
    put(group, "web-1", (now_ms(), "x"))
    session = tail(group, logStreamNamePrefixes=["web", "api"], logEventFilterPattern="error")
    assert session.reply["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/vnd.amazon.eventstream"
    assert len(session.start.pop("sessionId")) == 36
    assert session.start.pop("requestId") == session.reply["ResponseMetadata"]["RequestId"]
    assert session.start == {"logGroupIdentifiers": [ARN + group], "logStreamNamePrefixes": ["web", "api"],
                             "logEventFilterPattern": "error"}


def test_lines_come_as_they_are_written_and_earlier_ones_do_not(tail, make_group, put, now_ms):
    group = make_group()
    put(group, "s", (now_ms(), "before"))
    session = tail(group)
    at = now_ms()
    put(group, "s", (at, "one"), (at + 1, "two"))
    [one, two] = session.results(2)
    assert one.pop("ingestionTime") >= at and two.pop("ingestionTime") >= at
    assert one == {"logStreamName": "s", "logGroupIdentifier": f"{ACCOUNT}:{group}", "message": "one", "timestamp": at}
    assert two == {"logStreamName": "s", "logGroupIdentifier": f"{ACCOUNT}:{group}", "message": "two", "timestamp": at + 1}
    put(group, "s", (at - SECOND_MS, "older, but later"))
    assert session.lines(1) == ["older, but later"]


def test_a_second_without_lines_ends_with_an_empty_update(tail, make_group):
    assert tail(make_group()).update() == {"sessionMetadata": {"sampled": False}, "sessionResults": []}


def test_only_the_named_groups_are_followed_each_with_its_streams(tail, make_group, put, now_ms):
    one, two, other = make_group(), make_group(), make_group()
    session, at = tail(one, two), now_ms()
    for group in (other, one, two):
        put(group, "s", (at, f"of {group}"))
    results = session.results(2)
    assert [(result["logGroupIdentifier"], result["message"]) for result in results] == [
        (f"{ACCOUNT}:{group}", f"of {group}") for group in (one, two)]


def test_ten_groups_are_followed_and_eleven_are_refused(tail, tailing, make_group, put, now_ms, refused):
    groups = [make_group() for _ in range(10)]
    session = tail(*groups)
    for group in groups:
        put(group, "s", (now_ms(), group))
    assert session.lines(10) == groups
    error = refused(tailing.start_live_tail, logGroupIdentifiers=[ARN + f"g{number}" for number in range(11)])
    assert (error["code"], error["status"]) == ("InvalidParameterException", 400)
    assert "logGroupIdentifiers" in error["message"]


def test_streams_are_chosen_by_name_or_by_prefix(tail, make_group, put, now_ms):
    group, at = make_group(), now_ms()
    for stream in ("web-1", "web-2", "api-1", "db"):
        put(group, stream, (at, "before"))
    by_name, by_prefix = tail(group, logStreamNames=["web-2", "db"]), tail(group, logStreamNamePrefixes=["web", "api-1"])
    for stream in ("web-1", "web-2", "api-1", "db", "api-10", "web"):
        put(group, stream, (at, stream))
    assert by_name.lines(2) == ["web-2", "db"]
    assert by_prefix.lines(5) == ["web-1", "web-2", "api-1", "api-10", "web"]


def test_a_filter_pattern_chooses_lines(tail, make_group, put, now_ms):
    group, at = make_group(), now_ms()
    session = tail(group, logEventFilterPattern="error -fatal")
    put(group, "s", (at, "error 1"), (at, "all is well"), (at, "fatal error"), (at, "another error"))
    assert session.lines(2) == ["error 1", "another error"]


def test_in_a_second_five_hundred_lines_are_sent_and_the_update_says_that_others_are_not(unhurried_server):
    """A server that is in a hurry stores the events of a request in several runs."""
    logs, endpoint = client_of(unhurried_server.endpoint, inject_host_prefix=False), unhurried_server.endpoint
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")

    def write(first, end):
        at = orderly_server.advance_clock(endpoint, 0)
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
            {"timestamp": at, "message": str(number)} for number in range(first, end)])

    def shown(update):
        return [int(result["message"]) for result in update["sessionResults"]]

    full, over = Session(logs, "g"), None
    full.update_with(lambda update: True)  # a second begins
    write(0, EVENTS_IN_A_SECOND)
    update = full.update_with(shown)
    assert (shown(update), update["sessionMetadata"]) == (list(range(EVENTS_IN_A_SECOND)), {"sampled": False})
    full.reply["responseStream"].close()
    over = Session(logs, "g")
    over.update_with(lambda update: True)
    write(0, EVENTS_IN_A_SECOND + 1)
    update = over.update_with(shown)
    assert (shown(update), update["sessionMetadata"]) == (list(range(EVENTS_IN_A_SECOND)), {"sampled": True})
    orderly_server.advance_clock(endpoint, 2)
    write(1000, 1001)
    assert shown(over.update_with(shown)) == [1000]
    over.reply["responseStream"].close()


def test_a_session_ends_after_three_hours(own_server):
    logs = client_of(own_server.endpoint, inject_host_prefix=False)
    logs.create_log_group(logGroupName="g")
    session = Session(logs, "g")
    orderly_server.advance_clock(own_server.endpoint, 3 * 3600 - 60)
    assert session.update()["sessionResults"] == []
    orderly_server.advance_clock(own_server.endpoint, 60)
    with pytest.raises(EventStreamError) as caught:
        while True:
            session.update()
    assert caught.value.response["Error"]["Code"] == "SessionTimeoutException"


def test_a_session_outlives_its_group_and_follows_the_next_one_of_that_name(logs, tail, make_group, put, now_ms):
    group = make_group()
    session = tail(group)
    put(group, "s", (now_ms(), "first"))
    assert session.lines(1) == ["first"]
    logs.delete_log_group(logGroupName=group)
    assert session.update_with(lambda update: not update["sessionResults"])
    logs.create_log_group(logGroupName=group)
    put(group, "s", (now_ms(), "again"))
    assert session.lines(1) == ["again"]


@pytest.mark.parametrize("arguments, sentence", [
    ({"logStreamNames": ["s"], "logStreamNamePrefixes": ["s"]},
     "logStreamNames and logStreamNamePrefixes cannot both be specified."),
    ({"logGroupIdentifiers": ["{arn}", "{arn}2"], "logStreamNames": ["s"]},
     "logStreamNames and logStreamNamePrefixes can only be specified with exactly one log group."),
    ({"logGroupIdentifiers": ["{arn}", "{arn}2"], "logStreamNamePrefixes": ["s"]},
     "logStreamNames and logStreamNamePrefixes can only be specified with exactly one log group."),
    ({"logGroupIdentifiers": ["{name}"]},
     "Each log group identifier must be the ARN of a log group, without an asterisk at its end."),
    ({"logGroupIdentifiers": ["{arn}:*"]}, "1 validation error detected"),
    ({"logEventFilterPattern": '"open'}, "Invalid filter pattern"),
])
def test_what_cannot_be_followed_is_refused(tailing, make_group, refused, arguments, sentence):
    name = make_group()
    identifiers = [one.format(arn=ARN + name, name=name) for one in arguments.get("logGroupIdentifiers", ["{arn}"])]
    error = refused(tailing.start_live_tail, **{**arguments, "logGroupIdentifiers": identifiers})
    assert (error["code"], error["status"]) == ("InvalidParameterException", 400)
    assert error["message"].startswith(sentence)


def test_a_missing_group_or_stream_is_said_to_be_missing(tailing, make_group, refused):
    error = refused(tailing.start_live_tail, logGroupIdentifiers=[ARN + "nowhere-to-be-found"])
    assert (error["code"], error["message"]) == ("ResourceNotFoundException", "The specified log group does not exist.")
    error = refused(tailing.start_live_tail, logGroupIdentifiers=[ARN + make_group()], logStreamNames=["s"])
    assert (error["code"], error["message"]) == ("ResourceNotFoundException", "The specified log stream does not exist.")


@pytest.mark.parametrize("prefix", ["stream-", "streaming-"])
def test_the_host_may_have_the_prefix_that_an_sdk_puts_before_it(endpoint, make_group, put, now_ms, monkeypatch, prefix):
    resolve = socket.getaddrinfo

    def without_prefix(host, *arguments, **others):
        for one in ("stream-", "streaming-"):
            host = host.removeprefix(one)
        return resolve(host, *arguments, **others)

    monkeypatch.setattr(socket, "getaddrinfo", without_prefix)
    client = client_of(endpoint)
    model = client.meta.service_model.operation_model("StartLiveTail")
    model._operation_model["endpoint"] = {"hostPrefix": prefix}
    group = make_group()
    session = Session(client, group)
    put(group, "s", (now_ms(), "line"))
    assert session.lines(1) == ["line"]
    session.reply["responseStream"].close()
