"""CloudWatch Logs as boto3 sees it."""

import pytest
from orderly_fixtures import ACCOUNT

MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def messages(reply):
    return [event["message"] for event in reply["events"]]


def test_a_group_is_described_as_it_was_made(logs, make_group):
    name = make_group()
    [group] = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["logGroupName"] == name
    assert group["arn"] == f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}:*"
    assert group["creationTime"] > 0 and group["storedBytes"] == 0 and group["metricFilterCount"] == 0
    assert "retentionInDays" not in group


def test_groups_and_streams_cannot_be_made_twice(logs, make_group, refused):
    name = make_group()
    error = refused(logs.create_log_group, logGroupName=name)
    assert (error["code"], error["status"]) == ("ResourceAlreadyExistsException", 400)
    assert error["message"] == "The specified log group already exists"
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    error = refused(logs.create_log_stream, logGroupName=name, logStreamName="s")
    assert error["code"] == "ResourceAlreadyExistsException"
    assert error["message"] == "The specified log stream already exists"


def test_a_missing_group_or_stream_is_said_to_be_missing(logs, make_group, refused):
    missing = "/tests/nowhere-to-be-found"
    for call, arguments in [
        (logs.create_log_stream, {"logStreamName": "s"}),
        (logs.describe_log_streams, {}),
        (logs.put_log_events, {"logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "x"}]}),
        (logs.get_log_events, {"logStreamName": "s"}),
        (logs.filter_log_events, {}),
        (logs.delete_log_group, {}),
    ]:
        error = refused(call, logGroupName=missing, **arguments)
        assert (error["code"], error["status"]) == ("ResourceNotFoundException", 400)
        assert error["message"] == "The specified log group does not exist."
    group = make_group()
    error = refused(logs.get_log_events, logGroupName=group, logStreamName="s")
    assert error["message"] == "The specified log stream does not exist."
    error = refused(
        logs.put_log_events, logGroupName=group, logStreamName="s", logEvents=[{"timestamp": 1, "message": "x"}]
    )
    assert error["message"] == "The specified log stream does not exist."


@pytest.mark.parametrize("name", ["with space", "colon:ed", "asterisk*"])
def test_a_group_name_outside_the_rules_is_refused(logs, refused, name):
    error = refused(logs.create_log_group, logGroupName=name)
    assert (error["code"], error["status"]) == ("InvalidParameterException", 400)
    assert "logGroupName" in error["message"]


def test_groups_are_listed_by_prefix_and_page(logs, make_group):
    names = sorted(make_group() for _ in range(5))
    prefix = names[0].rsplit("/", 1)[0]
    pages = list(
        logs.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix=prefix, PaginationConfig={"PageSize": 2}
        )
    )
    assert [len(page["logGroups"]) for page in pages] == [2, 2, 1]
    assert [group["logGroupName"] for page in pages for group in page["logGroups"]] == names


def test_groups_are_listed_by_name_and_page(logs, make_group, refused):
    names = sorted(make_group() for _ in range(3))
    asked = [names[2], names[0], "/tests/missing", names[0], names[1]]
    first = logs.describe_log_groups(logGroupIdentifiers=asked, limit=2)
    rest = logs.describe_log_groups(logGroupIdentifiers=asked, nextToken=first["nextToken"])
    assert [group["logGroupName"] for reply in (first, rest) for group in reply["logGroups"]] == names
    assert "nextToken" not in rest
    for filter in ({"logGroupNamePrefix": "/"}, {"logGroupNamePattern": "t"}, {"logGroupClass": "STANDARD"}):
        error = refused(logs.describe_log_groups, logGroupIdentifiers=asked, **filter)
        assert error["code"] == "InvalidParameterException"


def test_a_group_is_listed_alone_by_its_name(logs, make_group):
    make_group()
    name = make_group()
    assert [group["logGroupName"] for group in logs.describe_log_groups(logGroupIdentifiers=[name])["logGroups"]] == [name]


RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]


def test_the_days_of_a_retention_are_those_of_aws_and_no_others(logs, make_group, refused):
    name = make_group()
    for days in RETENTIONS:
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        assert logs.describe_log_groups(logGroupIdentifiers=[name])["logGroups"][0]["retentionInDays"] == days
    for days in sorted({days + by for days in RETENTIONS for by in (-1, 1)} - set(RETENTIONS)):
        error = refused(logs.put_retention_policy, logGroupName=name, retentionInDays=days)
        assert (error["code"], error["message"]) == (
            "InvalidParameterException",
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: {RETENTIONS}",
        )


def test_a_group_has_up_to_fifty_tags(logs, make_group, refused):
    arn = logs.describe_log_groups(logGroupIdentifiers=[make_group()])["logGroups"][0]["logGroupArn"]
    fifty = {f"k{i}": "v" for i in range(50)}
    logs.tag_resource(resourceArn=arn, tags=fifty)
    error = refused(logs.tag_resource, resourceArn=arn, tags={"one more": "v"})
    assert error["code"] == "TooManyTagsException"
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == fifty


def test_the_two_lesser_classes_are_listed_together(client):
    here = client("logs", region_name="eu-central-1")  # a region without other groups
    for name, kind in (("a", "STANDARD"), ("b", "INFREQUENT_ACCESS")):
        here.create_log_group(logGroupName=name, logGroupClass=kind)
    try:
        for kind, names in (("STANDARD", ["a"]), ("INFREQUENT_ACCESS", ["b"]), ("DELIVERY", [])):
            groups = here.describe_log_groups(logGroupClass=kind)["logGroups"]
            assert [group["logGroupName"] for group in groups] == names
        groups = here.describe_log_groups(logGroupClass="ESSENTIALS")["logGroups"]
        assert [group["logGroupName"] for group in groups] == ["b"]
    finally:
        for name in ("a", "b"):
            here.delete_log_group(logGroupName=name)


def test_a_deleted_group_is_gone_with_its_events(logs, make_group, put, now_ms, refused):
    group = make_group()
    put(group, "s", (now_ms(), "old"))
    logs.delete_log_group(logGroupName=group)
    assert refused(logs.filter_log_events, logGroupName=group)["code"] == "ResourceNotFoundException"
    logs.create_log_group(logGroupName=group)
    assert logs.filter_log_events(logGroupName=group)["events"] == []


def test_streams_are_listed_by_name_or_by_their_last_event(logs, make_group, put, now_ms):
    group, now = make_group(), now_ms()
    put(group, "b", (now - 3000, "x"))
    put(group, "a", (now - 2000, "x"))
    put(group, "c", (now - 1000, "x"))

    def names(**arguments):
        return [
            stream["logStreamName"]
            for stream in logs.describe_log_streams(logGroupName=group, **arguments)["logStreams"]
        ]

    assert names() == ["a", "b", "c"]
    assert names(orderBy="LastEventTime", descending=True) == ["c", "a", "b"]
    assert names(logStreamNamePrefix="b") == ["b"]
    [stream] = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="b")["logStreams"]
    assert stream["firstEventTimestamp"] == stream["lastEventTimestamp"] == now - 3000
    assert stream["arn"] == f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:log-stream:b"


def test_events_come_back_in_the_order_of_their_time(logs, make_group, put, now_ms):
    group, now = make_group(), now_ms()
    put(group, "s", (now - 30, "first"), (now - 20, "second é"), (now - 10, "third\nline"))
    reply = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)
    assert messages(reply) == ["first", "second é", "third\nline"]
    assert [event["timestamp"] for event in reply["events"]] == [now - 30, now - 20, now - 10]
    assert all(event["ingestionTime"] >= now for event in reply["events"])


def test_reading_goes_on_where_the_token_says_and_ends_when_the_token_stays(logs, make_group, put, now_ms):
    group, now = make_group(), now_ms()
    put(group, "s", *[(now - 100 + i, str(i)) for i in range(10)])
    arguments = {"logGroupName": group, "logStreamName": "s", "startFromHead": True, "limit": 4}
    seen, token = [], None
    for _ in range(10):
        reply = logs.get_log_events(**arguments, **({"nextToken": token} if token else {}))
        seen += messages(reply)
        if reply["nextForwardToken"] == token:
            break
        token = reply["nextForwardToken"]
    assert seen == [str(i) for i in range(10)]
    put(group, "s", (now, "later"))
    assert messages(logs.get_log_events(**arguments, nextToken=token)) == ["later"]
    latest = logs.get_log_events(logGroupName=group, logStreamName="s", limit=3)
    assert messages(latest) == ["8", "9", "later"]
    earlier = logs.get_log_events(logGroupName=group, logStreamName="s", limit=3, nextToken=latest["nextBackwardToken"])
    assert messages(earlier) == ["5", "6", "7"]


def test_events_are_read_by_time(logs, make_group, put, now_ms):
    group, now = make_group(), now_ms()
    put(group, "s", *[(now - 100 + i, str(i)) for i in range(10)])
    window = {"startTime": now - 100 + 3, "endTime": now - 100 + 6}
    reply = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True, **window)
    assert messages(reply) == ["3", "4", "5"]  # GetLogEvents excludes the end
    assert messages(logs.filter_log_events(logGroupName=group, **window)) == ["3", "4", "5", "6"]  # FilterLogEvents includes it


def test_events_too_old_or_too_new_are_rejected_and_the_rest_is_kept(logs, make_group, put, now_ms):
    group, now = make_group(), now_ms()
    reply = put(group, "s", (now - 14 * DAY_MS - 2, "too old"), (now - 14 * DAY_MS - 1, "too old as well"))
    assert reply["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2}
    reply = put(group, "s", (now - 14 * DAY_MS - 1, "too old"), (now - 14 * DAY_MS + MINUTE_MS, "just in time"))
    assert reply["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    reply = put(group, "s", (now + 2 * HOUR_MS, "fine"), (now + 2 * HOUR_MS + MINUTE_MS, "too new"))
    assert reply["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    kept = logs.get_log_events(logGroupName=group, logStreamName="s", startFromHead=True)
    assert messages(kept) == ["just in time", "fine"]


SERVICE = {"Type": "Service", "Name": "orders", "Environment": "test"}
RESOURCE = {"Type": "AWS::Resource", "ResourceType": "AWS::Lambda::Function", "Identifier": "orders"}


@pytest.mark.parametrize("key_attributes, error", [
    (SERVICE, None), (RESOURCE, None), ({**SERVICE, "Type": "RemoteService"}, None),
    ({**SERVICE, "Type": "service"}, "InvalidTypeValue"), ({**SERVICE, "Team": "t"}, "InvalidKeyAttributes"),
    ({"Type": "Service", "Name": "orders"}, "MissingRequiredFields"), ({**SERVICE, "Type": "Resource"}, "MissingRequiredFields"),
    ({"Name": "orders", "Environment": "test"}, "MissingRequiredFields"), (None, "MissingRequiredFields")])
def test_events_are_stored_though_their_entity_is_rejected(logs, make_group, now_ms, key_attributes, error):
    group, now = make_group(), now_ms()
    entity = {"attributes": {"Team": "t"}} if key_attributes is None else {"keyAttributes": key_attributes}
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    reply = logs.put_log_events(logGroupName=group, logStreamName="s", entity=entity, logEvents=[{"timestamp": now, "message": "stored"}])
    assert reply.get("rejectedEntityInfo") == (error and {"errorType": error})
    assert messages(logs.get_log_events(logGroupName=group, logStreamName="s")) == ["stored"]


def test_events_out_of_order_are_refused(logs, make_group, now_ms, refused):
    group, now = make_group(), now_ms()
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    error = refused(
        logs.put_log_events,
        logGroupName=group,
        logStreamName="s",
        logEvents=[{"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}],
    )
    assert (error["code"], error["status"]) == ("InvalidParameterException", 400)
    assert error["message"] == "Log events in a single PutLogEvents request must be in chronological order."


def test_a_batch_may_not_span_more_than_a_day(logs, make_group, now_ms, refused):
    group, now = make_group(), now_ms()
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    events = [{"timestamp": now - DAY_MS, "message": "a"}, {"timestamp": now, "message": "b"}]
    assert "rejectedLogEventsInfo" not in logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    events[0]["timestamp"] -= 1
    error = refused(logs.put_log_events, logGroupName=group, logStreamName="s", logEvents=events)
    assert error["code"] == "InvalidParameterException"
    assert "cannot span more than 24 hours" in error["message"]


def test_a_filter_finds_events_by_stream_and_term(logs, make_group, put, now_ms):
    group, now = make_group(), now_ms()
    put(group, "one", (now - 40, "ERROR disk full"), (now - 30, "all fine"))
    put(group, "two", (now - 35, "ERROR network down"), (now - 25, "error in small letters"))

    def found(**arguments):
        return messages(logs.filter_log_events(logGroupName=group, **arguments))

    assert found() == ["ERROR disk full", "ERROR network down", "all fine", "error in small letters"]
    assert found(filterPattern="ERROR") == ["ERROR disk full", "ERROR network down"]
    assert found(filterPattern="ERROR disk") == ["ERROR disk full"]
    assert found(filterPattern='"network down"') == ["ERROR network down"]
    assert found(filterPattern="ERROR -disk") == ["ERROR network down"]
    assert found(filterPattern="?disk ?fine") == ["ERROR disk full", "all fine"]
    assert found(logStreamNames=["two"]) == ["ERROR network down", "error in small letters"]
    assert found(logStreamNamePrefix="on") == ["ERROR disk full", "all fine"]
    assert found(filterPattern="nothing-like-it") == []


def test_a_filter_of_a_missing_stream_is_refused(logs, make_group, put, now_ms, refused):
    group, now = make_group(), now_ms()
    put(group, "one", (now, "here"))
    error = refused(logs.filter_log_events, logGroupName=group, logStreamNames=["one", "two"])
    assert (error["code"], error["message"]) == (
        "ResourceNotFoundException",
        "The specified log stream does not exist.",
    )
    assert messages(logs.filter_log_events(logGroupName=group, logStreamNamePrefix="two")) == []


def test_a_filter_answers_in_pages(logs, make_group, put, now_ms):
    group, now = make_group(), now_ms()
    put(group, "one", *[(now - 100 + i, str(i)) for i in range(0, 10, 2)])
    put(group, "two", *[(now - 100 + i, str(i)) for i in range(1, 10, 2)])
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, PaginationConfig={"PageSize": 3})
    events = [event for page in pages for event in page["events"]]
    assert [event["message"] for event in events] == [str(i) for i in range(10)]
    assert {event["logStreamName"] for event in events} == {"one", "two"}
    assert len({event["eventId"] for event in events}) == 10


def test_a_filter_answers_the_latest_events_first_when_asked_to(logs, make_group, put, now_ms, refused):
    group, now = make_group(), now_ms()
    put(group, "one", *[(now - 100 + i, str(i)) for i in range(0, 10, 2)])
    put(group, "two", *[(now - 100 + i, str(i)) for i in range(1, 10, 2)])

    def found(**arguments):
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startFromHead=False, PaginationConfig={"PageSize": 3}, **arguments
        )
        return [event["message"] for page in pages for event in page["events"]]

    assert found() == [str(i) for i in range(9, -1, -1)]
    assert found(logStreamNames=["two"]) == ["9", "7", "5", "3", "1"]
    assert found(startTime=now - 98, endTime=now - 95) == ["5", "4", "3", "2"]

    first = logs.filter_log_events(logGroupName=group, startFromHead=False, limit=1)
    second = logs.filter_log_events(logGroupName=group, nextToken=first["nextToken"], limit=1)
    assert (messages(first), messages(second)) == (["9"], ["8"])  # the token includes the direction

    error = refused(logs.filter_log_events, logGroupName=group, startFromHead=False, startTime=1)
    assert error["code"] == "InvalidParameterException"
