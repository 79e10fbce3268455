"""Metrics that CloudWatch Logs makes of events: metric filters, and the embedded metric format."""

import datetime
import json

import pytest
from refusals import refusal

INVALID = "InvalidParameterException"


@pytest.fixture
def group(logs, unique):
    name = f"/tests/{unique('metrics')}"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    return name


@pytest.fixture
def namespace(unique):
    return unique("Shop")


@pytest.fixture
def put(logs, group, now_ms):
    """put(message, ...) writes events of now."""

    def write(*messages):
        at_ms = now_ms()
        logs.put_log_events(logGroupName=group, logStreamName="s",
                            logEvents=[{"timestamp": at_ms, "message": message} for message in messages])

    return write


@pytest.fixture
def sums(client, namespace, now_ms, wait_until):
    """sums(name, samples, dimensions) waits until the metric has so many samples: its sum, minimum and maximum."""
    cloudwatch = client("cloudwatch")

    def read(name, samples, unit=None, **dimensions):
        def points():
            at = datetime.datetime.fromtimestamp(now_ms() / 1000, datetime.timezone.utc)
            return cloudwatch.get_metric_statistics(
                Namespace=namespace, MetricName=name, Period=3600, Statistics=["SampleCount", "Sum", "Minimum", "Maximum"],
                StartTime=at - datetime.timedelta(hours=2), EndTime=at + datetime.timedelta(hours=2),
                Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
                **({"Unit": unit} if unit else {}))["Datapoints"]

        wait_until(lambda: sum(point["SampleCount"] for point in points()) == samples)
        found = points()
        return (sum(point["Sum"] for point in found), min(point["Minimum"] for point in found),
                max(point["Maximum"] for point in found))

    return read


@pytest.fixture
def put_filter(logs, group, namespace):
    def make(pattern, name="Metric", filter_name="f", apply=None, **transformation):
        more = {} if apply is None else {"applyOnTransformedLogs": apply}
        return logs.put_metric_filter(
            logGroupName=group, filterName=filter_name, filterPattern=pattern, metricTransformations=[
                {"metricName": name, "metricNamespace": namespace, "metricValue": "1", **transformation}], **more)

    return make


def test_a_filter_counts_the_events_that_match(put_filter, put, sums):
    put_filter("ERROR -harmless")
    put("ERROR one", "all fine", "ERROR but harmless", "ERROR two")
    assert sums("Metric", 2) == (2, 1, 1)
    put("ERROR three")
    assert sums("Metric", 3) == (3, 1, 1)


def test_a_default_value_counts_for_each_event_that_does_not_match(put_filter, put, sums):
    put_filter("ERROR", defaultValue=0, metricValue="5", unit="Count")
    put("ERROR one", "all fine", "fine again")
    assert sums("Metric", 3, unit="Count") == (5, 0, 5)


def test_values_and_dimensions_come_from_json(put_filter, put, sums):
    put_filter("{ $.latency = * }", metricValue="$.latency", unit="Milliseconds",
               dimensions={"Path": "$.request.path", "Status": "$.status"})
    put(*(json.dumps({"latency": latency, "status": 200, "request": {"path": path}})
          for latency, path in ((10, "/a"), (30.5, "/a"), (7, "/b"), ("no number", "/a"), ("2.5", "/a"))))
    assert sums("Metric", 3, Path="/a", Status="200") == (43, 2.5, 30.5)
    assert sums("Metric", 1, Path="/b", Status="200") == (7, 7, 7)
    put(json.dumps({"latency": 1, "status": 200}))
    assert sums("Metric", 1) == (1, 1, 1)  # without the path it has no dimensions


def test_values_and_dimensions_come_from_columns(put_filter, put, sums):
    put_filter("[ip, ..., status=5*, bytes]", metricValue="$bytes", dimensions={"Client": "$ip", "Word": "$2"})
    put("10.0.0.1 GET /x 500 1534", "10.0.0.1 GET /x 200 99", "10.0.0.1 GET /x 503 66")
    assert sums("Metric", 2, Client="10.0.0.1", Word="GET") == (1600, 66, 1534)


def test_more_events_than_one_step_takes_count_once_each(put_filter, put, sums):
    put_filter("{ $.n >= 0 }", metricValue="$.n")
    put(*(json.dumps({"n": n}) for n in range(5000)))
    assert sums("Metric", 5000) == (5000 * 4999 / 2, 0, 4999)


def test_embedded_metrics_need_no_filter(put, sums, namespace, now_ms):
    put(json.dumps({
        "_aws": {"Timestamp": now_ms(), "CloudWatchMetrics": [{
            "Namespace": namespace, "Dimensions": [["Service"], ["Service", "Region"], []],
            "Metrics": [{"Name": "Time", "Unit": "Milliseconds"}, {"Name": "Sizes", "StorageResolution": 1}, {"Name": "Missing"}]}]},
        "Service": "orders", "Region": "eu", "Time": 12.5, "Sizes": [1, 2, 3]}))
    assert sums("Time", 1, unit="Milliseconds", Service="orders") == (12.5, 12.5, 12.5)
    assert sums("Time", 1, Service="orders", Region="eu") == (12.5, 12.5, 12.5)
    assert sums("Time", 1) == (12.5, 12.5, 12.5)
    assert sums("Sizes", 3, Service="orders") == (6, 1, 3)


def embedded(namespace, **changes):
    return json.dumps({"_aws": {"CloudWatchMetrics": [{
        "Namespace": namespace, "Dimensions": [["Service"]], "Metrics": [{"Name": "Time"}], **changes}]},
        "Service": "orders", "Time": 1, "Text": "x", "Many": [1] * 101, "Most": [1] * 100})


def test_embedded_metrics_that_are_not_as_specified_are_left_out(put, sums, namespace):
    put(*(embedded(namespace, **changes) for changes in (
        {"Dimensions": [["Nowhere"]]}, {"Dimensions": "Service"}, {"Dimensions": [["Service", "Service"]]},
        {"Namespace": "caf\u00e9"}, {"Metrics": [{"Name": "Text"}]},
        {"Metrics": [{"Name": "Time", "Unit": "Parsecs"}]}, {"Metrics": [{}]}, {"Metrics": "Time"}, {"Namespace": ""},
        {"Namespace": 7}, {"Metrics": [{"Name": "Time", "StorageResolution": 5}]})),
        embedded("AWS/Logs"), '{"_aws": {"CloudWatchMetrics": 7}}', '{"_aws": "CloudWatchMetrics"}',
        '{"_aws": {"CloudWatchMetrics": [', embedded(namespace), embedded(namespace, Metrics=[{"Name": "Many"}]),
        embedded(namespace, Metrics=[{"Name": "Most"}]))
    assert sums("Time", 1, Service="orders") == (1, 1, 1)
    assert sums("Most", 100, Service="orders") == (100, 1, 1)
    assert sums("Many", 100, Service="orders") == (100, 1, 1)


def test_a_filter_is_described_as_it_was_put(logs, put_filter, group, namespace, now_ms):
    before_ms = now_ms()
    put_filter("{ $.a = 1 }", metricValue="$.b", dimensions={"D": "$.d"}, unit="Bytes", filter_name="described")
    [found] = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert before_ms <= found.pop("creationTime") <= now_ms()
    assert found == {
        "filterName": "described", "filterPattern": "{ $.a = 1 }", "logGroupName": group, "applyOnTransformedLogs": False,
        "metricTransformations": [{"metricName": "Metric", "metricNamespace": namespace, "metricValue": "$.b",
                                   "dimensions": {"D": "$.d"}, "unit": "Bytes"}]}
    put_filter("ERROR", filter_name="described", defaultValue=0)
    [found] = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert (found["filterPattern"], found["metricTransformations"][0]["defaultValue"]) == ("ERROR", 0)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["metricFilterCount"] == 1


def test_filters_are_listed_by_prefix_by_metric_and_in_pages(logs, put_filter, group, namespace):
    for name in ("b2", "a1", "b1"):
        put_filter("", filter_name=name, name=f"Metric-{name[0]}")

    def names(**arguments):
        pages = logs.get_paginator("describe_metric_filters").paginate(PaginationConfig={"PageSize": 1}, **arguments)
        return [found["filterName"] for page in pages for found in page["metricFilters"]]

    assert names(logGroupName=group) == ["a1", "b1", "b2"]
    assert names(logGroupName=group, filterNamePrefix="b") == ["b1", "b2"]
    assert names(metricName="Metric-a", metricNamespace=namespace) == ["a1"]
    assert refusal(logs.describe_metric_filters, metricName="Metric-a") == (
        INVALID, "metricName and metricNamespace must be specified together.")
    assert refusal(logs.describe_metric_filters, logGroupName=group + "x") == (
        "ResourceNotFoundException", "The specified log group does not exist.")


def test_a_deleted_filter_counts_nothing(client, logs, put_filter, put, sums, group, namespace):
    put_filter("", filter_name="gone", name="Gone")
    put_filter("", name="Stays")
    logs.delete_metric_filter(logGroupName=group, filterName="gone")
    put("x")
    assert sums("Stays", 1) == (1, 1, 1)
    assert client("cloudwatch").list_metrics(Namespace=namespace, MetricName="Gone")["Metrics"] == []
    assert refusal(logs.delete_metric_filter, logGroupName=group, filterName="gone") == (
        "ResourceNotFoundException", "The specified metric filter does not exist.")
    logs.delete_log_group(logGroupName=group)
    logs.create_log_group(logGroupName=group)
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []


def test_a_group_has_a_hundred_filters_and_five_with_regular_expressions(put_filter):
    for i in range(5):
        put_filter(f"%{i}%", filter_name=f"regex-{i}")
    full = ("LimitExceededException", "Resource limit exceeded.")
    assert refusal(put_filter, "%x%", filter_name="regex-5") == full
    put_filter("%x%", filter_name="regex-4")
    for i in range(95):
        put_filter("x", filter_name=f"term-{i}")
    assert refusal(put_filter, "x", filter_name="one-more") == full
    put_filter("y", filter_name="term-0")


@pytest.mark.parametrize("pattern, transformation, sentence", [
    ("a:b", {}, "Invalid metric filter pattern"),
    ("%(%", {}, "Invalid character(s) in term '('"),
    ("x", {"metricValue": "$.a"},
     "Invalid metric transformation: the metric value '$.a' is neither a number nor a value of the filter pattern."),
    ("[a, b]", {"metricValue": "$c"},
     "Invalid metric transformation: the metric value '$c' is neither a number nor a value of the filter pattern."),
    ("x", {"dimensions": {"D": "$.d"}}, "The specified filter pattern does not support dimensions"),
    ("{ $.a = 1 }", {"dimensions": {"D": "$.d"}, "defaultValue": 0.0},
     "Invalid metric transformation: dimensions and default value are mutually exclusive properties."),
    ("{ $.a = 1 }", {"dimensions": {"D": "d"}},
     "Invalid metric transformation: the dimension 'd' is not a value of the filter pattern."),
    ("{ $.a = 1 }", {"dimensions": {letter: "$.d" for letter in "abcd"}},
     "Invalid metric transformation: a metric can have no more than 3 dimensions."),
    ("x", {"defaultValue": float("nan")}, "Invalid metric transformation: the default value 'NaN' is not a number."),
    ("x", {"defaultValue": float("-inf")}, "Invalid metric transformation: the default value '-Infinity' is not a number."),
    ("x", {"metricNamespace": "AWS/Shop"}, "Invalid metric transformation: metric namespaces must not begin with AWS/."),
    ("x", {"apply": True}, "The log group has no transformer, so applyOnTransformedLogs cannot be true."),
])
def test_a_filter_that_cannot_work_is_refused(put_filter, pattern, transformation, sentence):
    assert refusal(put_filter, pattern, **transformation) == (INVALID, sentence)


def test_three_dimensions_are_taken(put_filter):
    put_filter("{ $.a = 1 }", dimensions={letter: "$.d" for letter in "abc"}, apply=False)
