"""CloudWatch Logs: each run of a request is bounded in rows, bytes and milliseconds."""

import time

import changes
import pytest
from botocore.exceptions import ClientError
from orderly_server import wait_until

ROWS_PER_RUN = 500
DAY_MS = 24 * 3600 * 1000
MAX_EXAMINED_GROUPS = 10_000


class Logs(changes.OwnServer):
    @property
    def logs(self):
        return self.client("logs")

    def make(self, group, *streams):
        self.logs.create_log_group(logGroupName=group)
        for stream in streams:
            self.logs.create_log_stream(logGroupName=group, logStreamName=stream)

    def put(self, group, stream, messages, at_ms=None):
        at_ms = at_ms or round(time.time() * 1000)
        events = [{"timestamp": at_ms, "message": message} for message in messages]
        self.logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def pages(self, operation, **arguments):
        """All pages, however small, following the tokens."""
        while True:
            page = getattr(self.logs, operation)(**arguments)
            yield page
            if "nextToken" not in page:
                return
            arguments["nextToken"] = page["nextToken"]

    def messages(self, group, **arguments):
        pages = self.pages("filter_log_events", logGroupName=group, **arguments)
        return [event["message"] for page in pages for event in page["events"]]

    def stored_bytes(self, group):
        return self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["storedBytes"]


@pytest.fixture
def logs():
    one = Logs()
    yield one
    one.end()


# --- Queries -----------------------------------------------------------------------------------

def test_the_rows_of_a_query_are_stored_a_page_at_a_time(logs):
    """When a slice ends at once, a run stores one page: rows of 64 KiB, or such a part of a longer row."""
    logs.make("g", "s")
    for _ in range(3):
        logs.put("g", "s", ["x" * 500_000])
    logs.restart_recording(changes.ALWAYS_OVER, page="insert on logs_query_page", run="update on logs_query")
    now = round(time.time())
    query = logs.logs.start_query(logGroupName="g", startTime=now - 3600, endTime=now + 3600, queryString="fields @message")["queryId"]
    wait_until(lambda: logs.logs.get_query_results(queryId=query)["status"] == "Complete")
    words = logs.stop_and_read()
    assert (words.count("page"), changes.largest_run(words, "page", "run")) == (24, 1)


# --- Storing -----------------------------------------------------------------------------------

EVENTS_PER_RUN = 100


@pytest.mark.parametrize("count", [1, EVENTS_PER_RUN, EVENTS_PER_RUN + 1, 3 * EVENTS_PER_RUN + 1])
def test_a_request_with_many_events_is_stored_in_slices(logs, count):
    """When a slice ends at once, a run stores a hundred events; each of the request's events is stored once."""
    logs.make("g", "s")
    logs.restart_recording(changes.ALWAYS_OVER, stored="insert on logs_event", run="update on logs_stream", kept="insert on logs_put_progress")
    logs.put("g", "s", [f"{number:05}" for number in range(count)])
    words = logs.stop_and_read()
    assert words.count("stored") == count
    assert changes.largest_run(words, "stored", "run") == min(count, EVENTS_PER_RUN)
    assert ("kept" in words) == (count > EVENTS_PER_RUN)
    assert logs.messages("g") == [f"{number:05}" for number in range(count)]
    assert logs.rows("select count(*) from logs_put_progress") == [(0,)]
    assert logs.stored_bytes("g") == count * 31


def test_a_request_whose_slices_never_end_is_stored_at_once(logs):
    logs.make("g", "s")
    logs.restart_recording(changes.NO_HURRY, stored="insert on logs_event", run="update on logs_stream")
    logs.put("g", "s", ["x"] * 10_000)
    assert changes.largest_run(logs.stop_and_read(), "stored", "run") == 10_000


# --- Removal -----------------------------------------------------------------------------------


REMOVALS = {"removed": "delete on logs_event", "run": "insert on engine_timer"}


@pytest.mark.parametrize("what, environment, most", [("group", changes.NO_HURRY, ROWS_PER_RUN),
                                                     ("stream", changes.NO_HURRY, ROWS_PER_RUN),
                                                     ("stream", changes.ALWAYS_OVER, 1)])
def test_a_deletion_removes_a_bounded_number_of_events_at_a_time(logs, what, environment, most):
    logs.make("g", "large", "small")
    for _ in range(3):
        logs.put("g", "large", ["x"] * ROWS_PER_RUN)
    logs.put("g", "small", ["kept"])
    logs.make("other", "s")
    logs.put("other", "s", ["other"])
    logs.restart_recording(environment, **REMOVALS)
    if what == "group":
        logs.logs.delete_log_group(logGroupName="g")
        with pytest.raises(ClientError, match="The specified log group does not exist"):
            logs.messages("g")
        logs.make("g", "large", "small")
        logs.put("g", "small", ["kept"])
    else:
        logs.logs.delete_log_stream(logGroupName="g", logStreamName="large")
    assert logs.messages("g") == ["kept"]
    logs.wait_for_no_rows("select 1 from logs_event limit 1 offset 2")
    logs.wait_for_no_rows("select 1 from logs_stream where group_id not in (select id from logs_group where account <> '')")
    words = logs.stop_and_read()
    assert words.count("removed") == 3 * ROWS_PER_RUN + (what == "group")
    assert changes.largest_run(words, "removed", until="run") == most
    assert logs.messages("other") == ["other"]
    assert logs.stored_bytes("g") == len("kept") + 26


@pytest.mark.parametrize("what", ["group", "stream"])
def test_the_index_of_removed_events_goes_with_them(logs, what):
    logs.make("g", "s")
    logs.logs.put_index_policy(logGroupIdentifier="g", policyDocument='{"Fields": ["n", "@logStream"]}')
    logs.put("g", "s", ['{"n": %d}' % number for number in range(700)])
    logs.wait_for_no_rows("select 1 from logs_pending")
    logs.wait_for_no_rows("select 1 where (select count(*) from logs_index_entry) <> 700")
    logs.wait_for_no_rows("select 1 where (select count(*) from logs_index_found) <> 2")
    if what == "group":
        logs.logs.delete_log_group(logGroupName="g")
        logs.wait_for_no_rows("select 1 from logs_index_found")
        logs.wait_for_no_rows("select 1 from logs_index_policy")
    else:
        logs.logs.delete_log_stream(logGroupName="g", logStreamName="s")
    logs.wait_for_no_rows("select 1 from logs_index_entry")
    logs.wait_for_no_rows("select 1 from logs_event limit 1 offset 1")


def test_large_events_are_removed_by_their_bytes(logs):
    logs.make("g", "s")
    for _ in range(12):
        logs.put("g", "s", ["x" * 1_000_000])
    logs.restart_recording(changes.NO_HURRY, **REMOVALS)
    logs.logs.delete_log_group(logGroupName="g")
    logs.wait_for_no_rows("select 1 from logs_event where group_id <> 0")
    words = logs.stop_and_read()
    assert words.count("removed") == 11  # the last one keeps its id
    assert changes.largest_run(words, "removed", until="run") == 5  # the fifth event passes 4 MiB


def test_a_group_of_many_streams_is_deleted_some_at_a_time(logs):
    logs.make("g", "s")
    logs.change(
        """with recursive n(i) as (select 1 union all select i + 1 from n where i < 1300)
        insert into logs_stream (group_id, name, created_ms, stored_bytes) select group_id, name || i, created_ms, 0
        from n, (select * from logs_stream)"""
    )
    logs.restart_recording(changes.NO_HURRY, removed="delete on logs_stream", changed="update on logs_stream", run="insert on engine_timer")
    logs.logs.delete_log_group(logGroupName="g")
    logs.wait_for_no_rows("select 1 from logs_group")
    words = logs.stop_and_read()
    assert (words.count("removed"), words.count("changed")) == (1301, 0)
    assert changes.largest_run(words, "removed", until="run") == ROWS_PER_RUN


def test_expired_events_are_removed_some_at_a_time(logs):
    logs.make("g", "s")
    for _ in range(2):
        logs.put("g", "s", ["old"] * ROWS_PER_RUN)
    logs.logs.put_retention_policy(logGroupName="g", retentionInDays=1)
    logs.restart_recording(changes.NO_HURRY, **REMOVALS)
    logs.advance(24 * 3600 - 60)
    assert len(logs.messages("g")) == 2 * ROWS_PER_RUN
    logs.advance(70)
    logs.put("g", "s", ["young"], round(time.time() * 1000) + DAY_MS)
    assert logs.messages("g") == ["young"]
    logs.advance(3600)
    logs.wait_for_no_rows("select 1 from logs_event limit 1 offset 1")
    words = logs.stop_and_read()
    assert words.count("removed") == 2 * ROWS_PER_RUN
    assert changes.largest_run(words, "removed", until="run") == ROWS_PER_RUN
    assert logs.stored_bytes("g") == len("young") + 26


def test_what_expires_in_several_streams_is_taken_off_each(logs):
    logs.make("g", "a", "b")
    for count in (1, 2, 3):
        for stream in ("a", "b"):
            logs.put("g", stream, [stream * count], round(time.time() * 1000) - 1000 + count)
    assert logs.stored_bytes("g") == 6 * 26 + 12
    logs.logs.put_retention_policy(logGroupName="g", retentionInDays=1)
    logs.advance(24 * 3600 + 10)
    logs.put("g", "b", ["young"], round(time.time() * 1000) + DAY_MS)
    logs.advance(3600)
    logs.wait_for_no_rows("select 1 from logs_event where group_id <> 0 limit 1 offset 1")
    assert logs.stored_bytes("g") == len("young") + 26
    assert logs.rows("select name, stored_bytes from logs_stream order by name") == [("a", 0), ("b", len("young") + 26)]


# --- Searching ---------------------------------------------------------------------------------


def many_events(logs, count):
    """Write that many events of one moment that do not match into the stopped server's database; then one that does."""
    logs.make("g", "s")
    logs.put("g", "s", ["no"])
    logs.change(
        f"""with recursive n(i) as (select 1 union all select i + 1 from n where i < {count})
        insert into logs_event (group_id, stream_id, timestamp_ms, ingested_ms, message)
        select group_id, stream_id, timestamp_ms, ingested_ms, message from n, (select * from logs_event)"""
    )
    logs.put("g", "s", ["needle"], round(time.time() * 1000) + 1)


def test_a_search_looks_at_a_bounded_number_of_events_and_its_tokens_lead_to_the_end(logs):
    many_events(logs, 210_000)
    for arguments in ({}, {"logStreamNames": ["s"]}, {"startFromHead": False, "startTime": 1704067200000}):
        pages = list(logs.pages("filter_log_events", logGroupName="g", filterPattern="needle", **arguments))
        assert len(pages) >= 3
        assert [e["message"] for page in pages for e in page["events"]] == ["needle"]


def test_a_search_by_a_prefix_does_not_list_the_streams(logs):
    logs.make("g", "a1", "a2", "b1")
    for stream in ("a1", "b1", "a2"):
        logs.put("g", stream, [stream])
    assert sorted(logs.messages("g", logStreamNamePrefix="a")) == ["a1", "a2"]
    assert logs.messages("g", logStreamNamePrefix="c") == []
    assert sorted(logs.messages("g", logStreamNames=["b1", "a2"])) == ["a2", "b1"]
    logs.logs.delete_log_stream(logGroupName="g", logStreamName="a1")
    assert logs.messages("g", logStreamNamePrefix="a") == ["a2"]


def test_events_of_one_moment_are_read_in_pages_forward_and_backward(logs):
    logs.make("g", "s")
    at_ms = round(time.time() * 1000)
    logs.put("g", "s", [str(i) for i in range(10)], at_ms)
    logs.put("g", "s", ["later"], at_ms + 1)
    expected = [*map(str, range(10)), "later"]
    assert [m for page in logs.pages("filter_log_events", logGroupName="g", limit=3) for m in page["events"]]
    assert logs.messages("g", limit=3) == expected
    assert logs.messages("g", limit=4, startFromHead=False) == expected[::-1]
    got, token = [], {"startFromHead": True}
    for _ in range(4):
        page = logs.logs.get_log_events(logGroupName="g", logStreamName="s", limit=3, **token)
        got += [event["message"] for event in page["events"]]
        token = {"nextToken": page["nextForwardToken"]}
    assert got == expected
    got, token = [], {}
    for _ in range(4):
        page = logs.logs.get_log_events(logGroupName="g", logStreamName="s", limit=3, **token)
        got = [event["message"] for event in page["events"]] + got
        token = {"nextToken": page["nextBackwardToken"]}
    assert got == expected


@pytest.mark.parametrize("number", [0, 2**63 - 1, 2**64 - 1, 2**144 - 1, 2**192 - 1])
@pytest.mark.parametrize("direction", "fb")
def test_a_token_of_any_number_does_no_harm(logs, number, direction):
    logs.make("g", "s")
    digits = f"{number:056}"[:56]
    for call, token in (
        ("get_log_events", {"logStreamName": "s", "nextToken": f"{direction}/{digits}/s"}),
        ("filter_log_events", {"nextToken": f"{direction}/{digits}"}),
        ("describe_log_streams", {"orderBy": "LastEventTime", "nextToken": digits}),
        ("describe_log_streams", {"nextToken": "\u00ff" * 9}),
    ):
        try:
            getattr(logs.logs, call)(logGroupName="g", **token)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidParameterException"


# --- Lists -------------------------------------------------------------------------------------


def test_streams_by_time_are_listed_in_pages_whether_they_have_events_or_not(logs):
    logs.make("g", *"abcdef")
    now_ms = round(time.time() * 1000)
    for stream, seconds in (("b", 2), ("d", 1), ("e", 2)):
        logs.put("g", stream, ["x"], now_ms - seconds * 1000)
    logs.put("g", "b", ["older"], now_ms - 60_000)

    def names(**arguments):
        pages = logs.pages("describe_log_streams", logGroupName="g", orderBy="LastEventTime", limit=2, **arguments)
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]

    assert names()[:3] == ["a", "c", "f"]
    assert sorted(names()[3:5]) == ["b", "e"]
    assert names()[5] == "d"
    assert names(descending=True) == names()[::-1]


def test_a_search_for_groups_looks_at_a_bounded_number_and_its_tokens_lead_to_the_end(logs):
    logs.make("zz-needle")
    logs.change(
        f"""with recursive n(i) as (select 1 union all select i + 1 from n where i < {MAX_EXAMINED_GROUPS + 10})
        insert into logs_group (account, region, name, created_ms, class, deletion_protected)
        select account, region, 'g' || i, created_ms, class, 0 from n, (select * from logs_group)"""
    )
    pages = list(logs.pages("describe_log_groups", logGroupNamePattern="needle"))
    assert len(pages) >= 2
    assert [group["logGroupName"] for page in pages for group in page["logGroups"]] == ["zz-needle"]
    first = logs.logs.describe_log_groups(logGroupNamePrefix="zz")
    assert [group["logGroupName"] for group in first["logGroups"]] == ["zz-needle"] and "nextToken" not in first


def test_a_group_knows_what_its_streams_hold(logs):
    logs.make("g", "a", "b")
    logs.put("g", "a", ["12345"])
    logs.put("g", "b", ["123", "1"])
    assert logs.stored_bytes("g") == 3 * 26 + 9
    logs.logs.delete_log_stream(logGroupName="g", logStreamName="a")
    assert logs.stored_bytes("g") == 2 * 26 + 4
    logs.wait_for_no_rows("select 1 from logs_event limit 1 offset 2")
    assert logs.stored_bytes("g") == 2 * 26 + 4
