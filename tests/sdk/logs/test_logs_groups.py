"""Groups of CloudWatch Logs: listings, both generations of tags, resource policies, and following a group."""

import contextlib
import json
import pathlib
import sqlite3
import threading

import boto3
import pytest
from orderly_fixtures import ACCOUNT
from refusals import refusal

MISSING = ("ResourceNotFoundException", "The specified log group does not exist.")


@pytest.fixture
def make_group(logs, unique):
    made = []

    def make(kind="g", **arguments):
        name = f"/tests/{unique(kind)}/{len(made)}"
        logs.create_log_group(logGroupName=name, **arguments)
        made.append(name)
        return name

    yield make
    for name in made:
        logs.delete_log_group(logGroupName=name)


def arn_of(name):
    return f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}"


def test_a_group_found_by_a_part_of_its_name_has_fewer_members(logs, make_group):
    name = make_group("whole", logGroupClass="STANDARD", kmsKeyId="k")
    logs.put_retention_policy(logGroupName=name, retentionInDays=7)
    brief = {"logGroupName": name, "arn": arn_of(name) + ":*", "logGroupArn": arn_of(name), "metricFilterCount": 0,
             "logGroupClass": "STANDARD"}
    whole = {**brief, "storedBytes": 0, "retentionInDays": 7, "deletionProtectionEnabled": False, "kmsKeyId": "k"}
    for selection, members in (({"logGroupNamePattern": name[3:]}, brief), ({"logGroupNamePrefix": name}, whole),
                               ({"logGroupIdentifiers": [name]}, whole)):
        [group] = logs.describe_log_groups(**selection)["logGroups"]
        assert group.pop("creationTime") > 0
        assert group == members


def test_a_stream_has_no_sequence_token(logs, make_group, now_ms):
    name, before_ms = make_group(), now_ms()
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    [stream] = logs.describe_log_streams(logGroupName=name)["logStreams"]
    assert before_ms <= stream.pop("creationTime") <= now_ms()
    assert stream == {"logStreamName": "s", "arn": arn_of(name) + ":log-stream:s", "storedBytes": 0}


def all_listed(logs, **arguments):
    """The names on all pages."""
    found = []
    while True:
        page = logs.list_log_groups(**arguments)
        found += [group["logGroupName"] for group in page["logGroups"]]
        if "nextToken" not in page:
            return found
        arguments["nextToken"] = page["nextToken"]


def test_groups_are_listed_by_alternatives_of_their_names(logs, make_group):
    first, second, third = make_group("apple"), make_group("berry", logGroupClass="INFREQUENT_ACCESS"), make_group("cherry")
    unique = first.split("/")[2].split("-", 1)[1][:20]

    def names(pattern, **more):
        return all_listed(logs, logGroupNamePattern=pattern, limit=1, **more)

    assert {first, second, third} <= set(names(unique))
    assert names(f"^{first[:24]}|^{third[:24]}") == sorted([first, third])
    assert names(first[1:20]) == [first] and names("^" + first[1:20]) == []
    assert names("^" + second[:24], logGroupClass="INFREQUENT_ACCESS") == [second]
    assert names("^" + second[:24], logGroupClass="STANDARD") == []
    assert logs.list_log_groups(logGroupNamePattern="^" + first[:24])["logGroups"] == [
        {"logGroupName": first, "logGroupArn": arn_of(first), "logGroupClass": "STANDARD"}]


def test_a_pattern_of_names_has_five_alternatives_of_three_characters(logs):
    logs.list_log_groups(logGroupNamePattern="|".join(["abc"] * 5))
    for pattern in ("|".join(["abc"] * 6), "abc|ab", "a*c", "x" * 25):
        assert refusal(logs.list_log_groups, logGroupNamePattern=pattern)[0] == "InvalidParameterException"


@pytest.mark.parametrize("filters, found", [
    ([{"key": "stage"}], "ab"), ([{"key": "stage", "values": []}], "ab"), ([{"key": "stage", "values": ["prod"]}], "a"),
    ([{"key": "stage", "values": ["Prod"]}], ""), ([{"key": "stage", "values": ["PR*"]}], "a"), ([{"key": "stage", "values": ["*D"]}], "a"),
    ([{"key": "stage", "values": ["!prod"]}], "b"), ([{"key": "stage", "values": ["!prod", "prod"]}], "ab"),
    ([{"key": "stage", "values": ["!*o*"]}], "b"), ([{"key": "stage", "values": ["*"]}], "ab"), ([{"key": "Stage"}], ""),
    ([{"key": "stage", "values": ["test", "prod"]}, {"key": "team", "values": ["x"]}], "b"), ([{"key": "none"}], "")])
def test_groups_are_listed_by_their_tags(logs, make_group, filters, found):
    names = {letter: make_group(letter) for letter in "abc"}
    for letter, tags in (("a", {"stage": "prod", "team": ""}), ("b", {"stage": "test", "team": "x"}), ("c", {"other": "prod"})):
        logs.tag_log_group(logGroupName=names[letter], tags=tags)
    listed = all_listed(logs, logGroupTags=filters)
    assert {letter for letter, name in names.items() if name in listed} == set(found)


@pytest.mark.parametrize("fields, found", [(["user"], "a"), (["n"], "ab"), (["n", "user"], "a"), (["gone"], ""), (["traceId"], "abc"),
                                           (["traceId", "n"], "ab"), (["User"], "")])
def test_groups_are_listed_by_their_field_indexes(logs, make_group, fields, found):
    names = {letter: make_group(letter) for letter in "abc"} | {"d": make_group("d", logGroupClass="INFREQUENT_ACCESS")}
    for letter, own in (("a", ["gone"]), ("a", ["user", "n"]), ("b", ["n"])):
        logs.put_index_policy(logGroupIdentifier=names[letter], policyDocument=json.dumps({"Fields": own}))
    listed = all_listed(logs, fieldIndexNames=fields)
    assert {letter for letter, name in names.items() if name in listed} == set(found)


def test_both_generations_of_tags_are_the_same_tags(logs, make_group):
    name = make_group()
    logs.tag_log_group(logGroupName=name, tags={"old": "1", "both": "2"})
    logs.tag_resource(resourceArn=arn_of(name), tags={"new": "3"})
    assert logs.list_tags_log_group(logGroupName=name)["tags"] == {"old": "1", "both": "2", "new": "3"}
    assert logs.list_tags_for_resource(resourceArn=arn_of(name))["tags"] == {"old": "1", "both": "2", "new": "3"}
    logs.untag_log_group(logGroupName=name, tags=["old", "new", "missing"])
    assert logs.list_tags_log_group(logGroupName=name)["tags"] == {"both": "2"}
    assert refusal(logs.list_tags_log_group, logGroupName=name + "x") == MISSING
    assert refusal(logs.tag_log_group, logGroupName=name + "x", tags={"a": "b"}) == MISSING
    assert refusal(logs.untag_log_group, logGroupName=name + "x", tags=["a"]) == MISSING


def policy(*resources):
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "route53.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": list(resources)}]})


def test_an_account_has_ten_policies(client):
    logs = client("logs", aws_access_key_id="555500001111")
    document = policy("arn:aws:logs:us-east-1:555500001111:log-group:*")
    for i in range(10):
        put = logs.put_resource_policy(policyName=f"p{i}", policyDocument=document)["resourcePolicy"]
        assert put.pop("lastUpdatedTime") > 0
        assert put == {"policyName": f"p{i}", "policyDocument": document, "policyScope": "ACCOUNT"}
    assert refusal(logs.put_resource_policy, policyName="p10", policyDocument=document) == (
        "LimitExceededException", "Resource limit exceeded.")
    logs.put_resource_policy(policyName="p9", policyDocument=policy("*"))
    pages = logs.get_paginator("describe_resource_policies").paginate(PaginationConfig={"PageSize": 3})
    found = [entry for page in pages for entry in page["resourcePolicies"]]
    assert [entry["policyName"] for entry in found] == [f"p{i}" for i in range(10)]
    assert (found[8]["policyDocument"], found[9]["policyDocument"]) == (document, policy("*"))
    logs.delete_resource_policy(policyName="p0")
    assert refusal(logs.delete_resource_policy, policyName="p0") == (
        "ResourceNotFoundException", "Policy with name [p0] does not exist.")
    for i in range(1, 10):
        logs.delete_resource_policy(policyName=f"p{i}")
    assert logs.describe_resource_policies()["resourcePolicies"] == []


def test_a_group_has_a_policy_with_revisions(logs, make_group):
    name = make_group()
    arn = arn_of(name)
    first = logs.put_resource_policy(policyName="p", policyDocument=policy(arn), resourceArn=arn)
    [found] = logs.describe_resource_policies(resourceArn=arn, policyScope="RESOURCE")["resourcePolicies"]
    assert found == first["resourcePolicy"] and found["revisionId"] == first["revisionId"]
    assert (found["policyScope"], found["resourceArn"]) == ("RESOURCE", arn)
    assert found in logs.describe_resource_policies(policyScope="RESOURCE")["resourcePolicies"]
    assert refusal(logs.put_resource_policy, policyName="q", policyDocument=policy(arn), resourceArn=arn) == (
        "LimitExceededException", "Resource limit exceeded.")
    stale = {"policyName": "p", "resourceArn": arn, "expectedRevisionId": "stale"}
    aborted = ("OperationAbortedException", "The expected revision ID is not that of the policy.")
    assert refusal(logs.put_resource_policy, policyDocument=policy("*"), **stale) == aborted
    assert refusal(logs.delete_resource_policy, **stale) == aborted
    second = logs.put_resource_policy(policyName="p", policyDocument=policy("*"), resourceArn=arn,
                                      expectedRevisionId=first["revisionId"])
    assert second["revisionId"] != first["revisionId"]
    logs.delete_log_group(logGroupName=name)
    logs.create_log_group(logGroupName=name)
    assert logs.describe_resource_policies(resourceArn=arn, policyScope="RESOURCE")["resourcePolicies"] == []


@pytest.mark.parametrize("arguments, sentence", [
    ({"policyName": "p", "policyDocument": "{}"}, "Invalid resource policy"),
    ({"policyName": "p", "policyDocument": "no JSON"}, "Invalid resource policy"),
    ({"policyName": "p"}, "Policy document is required."),
    ({"policyDocument": policy("*")}, "Policy name is required."),
])
def test_a_malformed_policy_is_refused(logs, arguments, sentence):
    assert refusal(logs.put_resource_policy, **arguments) == ("InvalidParameterException", sentence)


@pytest.mark.parametrize("kind", ["INFREQUENT_ACCESS", "DELIVERY"])
def test_only_groups_of_the_standard_class_have_filters(logs, make_group, kind):
    name = make_group(logGroupClass=kind)
    assert refusal(logs.put_metric_filter, logGroupName=name, filterName="f", filterPattern="", metricTransformations=[
        {"metricName": "M", "metricNamespace": "N", "metricValue": "1"}]) == (
        "InvalidOperationException", f"Metric filters are not supported for log groups of class {kind}.")
    assert refusal(logs.put_subscription_filter, logGroupName=name, filterName="f", filterPattern="",
                   destinationArn=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f") == (
        "InvalidOperationException", f"Subscription filters are not supported for log groups of class {kind}.")


def test_incoming_events_and_bytes_are_metrics_of_the_group(own_server, wait_until):
    def client(service):
        return boto3.client(service, endpoint_url=own_server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                            aws_secret_access_key="test")

    logs, cloudwatch = client("logs"), client("cloudwatch")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    at_ms = own_server.advance_clock(0)
    for count in (1, 2):
        logs.put_log_events(logGroupName="g", logStreamName="s",
                            logEvents=[{"timestamp": at_ms, "message": "x" * 10}] * count)
    own_server.advance_clock(60)

    def sums(name, *dimensions):
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/Logs", MetricName=name, Dimensions=list(dimensions), Period=3600,
            StartTime=at_ms / 1000 - 7200, EndTime=at_ms / 1000 + 7200, Statistics=["Sum"])["Datapoints"]
        return sum(point["Sum"] for point in points)

    group = {"Name": "LogGroupName", "Value": "g"}
    wait_until(lambda: sums("IncomingLogEvents", group) == 3)
    assert sums("IncomingBytes", group) == 3 * (10 + 26)
    assert (sums("IncomingLogEvents"), sums("IncomingBytes")) == (3, 3 * (10 + 26))


def follow(logs, group, wanted):
    """The messages in the order in which version 2 of the CLI's `logs tail --follow` shows them."""
    arguments, seen, shown = {"logGroupIdentifier": group, "startTime": 0}, {}, []
    while len(shown) < wanted:
        reply = logs.filter_log_events(**arguments)
        for event in reply["events"]:
            if event["eventId"] not in seen.setdefault(event["timestamp"], set()):
                seen[event["timestamp"]].add(event["eventId"])
                shown.append(event["message"])
        if seen:
            latest = max(seen)
            seen = {latest: seen[latest]}
            arguments["startTime"] = latest
        if "nextToken" in reply:
            arguments["nextToken"] = reply["nextToken"]
        else:
            arguments.pop("nextToken", None)
    return shown


def test_following_a_group_misses_and_repeats_no_event(client, make_group, now_ms):
    logs, name = client("logs"), make_group()
    for stream in ("a", "b"):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)

    def write():
        writer = client("logs")
        for i in range(100):
            writer.put_log_events(logGroupName=name, logStreamName="ab"[i % 2], logEvents=[
                {"timestamp": now_ms(), "message": f"{i} {j}"} for j in range(5)])

    thread = threading.Thread(target=write)
    thread.start()
    shown = follow(logs, name, 500)
    thread.join()
    assert shown == [f"{i} {j}" for i in range(100) for j in range(5)]


def test_the_id_of_a_removed_event_is_not_used_again(own_server, wait_until):
    """Not even that of the latest one: its row stays, blank, until there is a later event."""
    logs = boto3.client("logs", endpoint_url=own_server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test")
    at_ms = own_server.advance_clock(0)

    def rows(where="1"):
        with contextlib.closing(sqlite3.connect(pathlib.Path(own_server.data) / "orderly.db")) as database:
            return database.execute(f"select count(*) from logs_event where {where}").fetchone()[0]

    def ids_of(group, *messages):
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": at_ms, "message": one} for one in messages])
        return [event["eventId"] for event in logs.filter_log_events(logGroupName=group)["events"]]

    seen = []
    for number in range(3):
        seen += ids_of(f"g{number}", "one", "two")
        logs.delete_log_group(logGroupName=f"g{number}")
        wait_until(lambda: rows("message <> ''") == 0)
        assert rows() == 1
    assert len(set(seen)) == 6 and seen == sorted(seen)
    ids_of("last", "three")
    logs.delete_log_group(logGroupName="last")
    wait_until(lambda: rows("message <> ''") == 0)
    assert rows() == 1


# --- keys, which are stored only


def test_a_group_s_key_is_associated_and_disassociated(logs, make_group):
    group, key = make_group(), "arn:aws:kms:us-east-1:000000000000:key/k"

    def shown():
        return logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0].get("kmsKeyId")

    logs.associate_kms_key(logGroupName=group, kmsKeyId=key)
    assert shown() == key
    logs.associate_kms_key(resourceIdentifier=arn_of(group), kmsKeyId=key + "2")
    assert shown() == key + "2"
    logs.disassociate_kms_key(resourceIdentifier=arn_of(group))
    assert shown() is None
    one = ("InvalidParameterException", "Exactly one of logGroupName and resourceIdentifier must be specified.")
    assert refusal(logs.associate_kms_key, kmsKeyId=key) == one
    assert refusal(logs.disassociate_kms_key, logGroupName=group, resourceIdentifier=arn_of(group)) == one
    assert refusal(logs.associate_kms_key, kmsKeyId=key, resourceIdentifier=f"arn:aws:logs:us-east-1:{ACCOUNT}:query-result:*") == (
        "InvalidParameterException", "Orderly stores keys of log groups only; see docs/compatibility.md.")
    assert refusal(logs.disassociate_kms_key, logGroupName="none") == MISSING


@pytest.mark.parametrize("method, arguments", [
    ("create_log_group", {"logGroupName": "g" * 513}),
    ("delete_log_group", {"logGroupName": "g" * 513}),
    ("describe_metric_filters", {"logGroupName": "g" * 513}),
    ("put_retention_policy", {"logGroupName": "g" * 513, "retentionInDays": 2}),
    ("create_log_stream", {"logGroupName": "g" * 513, "logStreamName": "s"}),
    ("create_log_stream", {"logGroupName": "none", "logStreamName": "s" * 513}),
    ("get_log_events", {"logGroupName": "none", "logStreamName": "s" * 513}),
    ("put_log_events", {"logGroupName": "none", "logStreamName": "s" * 513, "logEvents": [{"timestamp": 1, "message": "m"}]})])
def test_a_name_that_is_too_long_is_refused_first(logs, method, arguments):
    assert refusal(getattr(logs, method), **arguments) == (
        "InvalidParameterException", "Invalid LogGroup or LogStream, both must have length less than or equal to 512.")


def test_names_of_512_characters_are_good(logs, make_group):
    name = make_group().ljust(512, "g")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s" * 512)
    assert logs.describe_log_streams(logGroupName=name)["logStreams"][0]["logStreamName"] == "s" * 512
    logs.delete_log_group(logGroupName=name)


@pytest.mark.parametrize("method, more", [
    ("describe_log_streams", {}), ("get_log_events", {"logStreamName": "s"}), ("filter_log_events", {})])
def test_a_group_is_named_in_one_way_only(logs, make_group, method, more):
    group = make_group()
    assert refusal(getattr(logs, method), logGroupName=group, logGroupIdentifier=group, **more) == (
        "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters.")
    assert refusal(getattr(logs, method), **more) == (
        "InvalidParameterException", "Exactly one of logGroupName and logGroupIdentifier must be specified.")


def test_a_second_metric_is_refused_with_both(logs, make_group):
    metric = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    shown = "MetricTransformation(metricName=m, metricNamespace=n, metricValue=1, defaultValue=null, unit=null, dimensions=null)"
    assert refusal(logs.put_metric_filter, logGroupName=make_group(), filterName="f", filterPattern="",
                   metricTransformations=[metric, metric]) == (
        "InvalidParameterException", f"1 validation error detected: Value '[{shown}, {shown}]' at 'metricTransformations' failed "
                                     "to satisfy constraint: Member must have length less than or equal to 1")


# --- what is not here


@pytest.mark.parametrize("method, arguments, why", [
    ("create_log_anomaly_detector", {"logGroupArnList": [arn_of("g")]}, "Nothing learns what log events are usual"),
    ("list_anomalies", {}, "Nothing learns what log events are usual"),
    ("put_data_protection_policy", {"logGroupIdentifier": "g", "policyDocument": "{}"}, "Log events are not masked."),
    ("put_destination", {"destinationName": "d", "targetArn": "t", "roleArn": "r"}, "Orderly has no Kinesis and no Firehose"),
    ("put_transformer", {"logGroupIdentifier": "g", "transformerConfig": [{"parseJSON": {}}]}, "Log events are stored as they come"),
    ("put_delivery_source", {"name": "n", "resourceArn": "a", "logType": "t"}, "Nothing here delivers vended logs"),
    ("put_integration", {"integrationName": "i", "integrationType": "OPENSEARCH", "resourceConfig": {
        "openSearchResourceConfig": {"dataSourceRoleArn": "r", "dashboardViewerPrincipals": [], "retentionDays": 1}}}, "Orderly has no OpenSearch"),
    ("create_scheduled_query", {"name": "n", "queryLanguage": "CWLI", "queryString": "q", "scheduleExpression": "cron(0 * * * ? *)",
                                "executionRoleArn": "r"}, "Queries run when a client starts them.")])
def test_what_is_not_here_is_refused_with_the_reason(logs, method, arguments, why):
    code, sentence = refusal(getattr(logs, method), **arguments)
    assert why in sentence and code, sentence
