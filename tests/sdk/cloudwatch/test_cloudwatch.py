"""Metrics: put, rolled up, read by statistics, by math, and listed."""

import datetime
import gzip
import math
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from protocols import session
from refusals import refusal

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def account(request):
    """An account of the test's own."""
    return "%012d" % (abs(hash(request.node.name)) % 10**12)


@pytest.fixture
def client(endpoint, account):
    """A client of this protocol; by default the SDK's choice, which is CBOR."""
    return lambda protocol=None: session(protocol).create_client(
        "cloudwatch", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=account, aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 0}))


@pytest.fixture
def cloudwatch(client):
    return client()


@pytest.fixture
def start(now_ms):
    """The beginning of the current five minutes, at most five minutes ago."""
    return datetime.datetime.fromtimestamp(now_ms() // 300000 * 300, datetime.timezone.utc)


def put(cloudwatch, name, **datum):
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": name, **datum}])


def statistics(cloudwatch, name, start, period=300, names=("SampleCount", "Sum", "Minimum", "Maximum", "Average"), extended=(),
               minutes=10, **more):
    arguments = {"ExtendedStatistics": list(extended)} if extended else {}
    if names:
        arguments["Statistics"] = list(names)
    found = cloudwatch.get_metric_statistics(Namespace="Shop", MetricName=name, StartTime=start,
                                             EndTime=start + minutes * MINUTE, Period=period, **arguments, **more)
    assert found["Label"] == name
    return sorted(found["Datapoints"], key=lambda point: (point["Timestamp"], point["Unit"]))


def test_values_of_one_period_are_summed(cloudwatch, start):
    for value in (1, 5, 3):
        put(cloudwatch, "orders", Value=value, Unit="Count", Timestamp=start)
    assert statistics(cloudwatch, "orders", start) == [
        {"Timestamp": start, "Unit": "Count", "SampleCount": 3.0, "Sum": 9.0, "Minimum": 1.0, "Maximum": 5.0, "Average": 3.0}]


@pytest.mark.parametrize("protocol", ["smithy-rpc-v2-cbor", "json", "query"])
def test_a_metric_without_dimensions_is_listed_with_an_empty_list(client, start, protocol):
    cloudwatch = client(protocol)
    put(cloudwatch, f"bare-{protocol}", Value=1, Timestamp=start)
    assert cloudwatch.list_metrics(MetricName=f"bare-{protocol}")["Metrics"] == [
        {"Namespace": "Shop", "MetricName": f"bare-{protocol}", "Dimensions": []}]


@pytest.mark.parametrize("protocol", ["smithy-rpc-v2-cbor", "json", "query"])
def test_every_protocol_gives_the_same(client, start, protocol):
    cloudwatch = client(protocol)
    put(cloudwatch, "same", Values=[1.5, 2.0], Unit="Count", Dimensions=[{"Name": "a", "Value": "1"}], Timestamp=start)
    [point] = statistics(cloudwatch, "same", start, extended=["p50"], Dimensions=[{"Name": "a", "Value": "1"}])
    assert point == {"Timestamp": start, "Unit": "Count", "SampleCount": 2.0, "Sum": 3.5, "Minimum": 1.5, "Maximum": 2.0,
                     "Average": 1.75, "ExtendedStatistics": {"p50": 1.5}}
    assert cloudwatch.list_metrics(Namespace="Shop")["Metrics"] == [
        {"Namespace": "Shop", "MetricName": "same", "Dimensions": [{"Name": "a", "Value": "1"}]}]
    found = cloudwatch.get_metric_data(StartTime=start, EndTime=start + MINUTE,
                                       MetricDataQueries=[query("none")])
    assert [(result["Id"], result["Timestamps"], result["Values"]) for result in found["MetricDataResults"]] == [("m", [], [])]
    assert refusal(put, cloudwatch=cloudwatch, name="bad") == (
        "InvalidParameterCombination", "At least one of the parameters MetricData.member.1.Value, MetricData.member.1.Values and "
        "MetricData.member.1.StatisticValues must be specified.")
    code, message = refusal(put, cloudwatch=cloudwatch, name="x" * 256, Value=1)
    assert (code, message[:30]) == ("ValidationError", "1 validation error detected: V")


def test_moments_have_milliseconds_in_every_protocol(client, cloudwatch, wait_until):
    def moments(protocol):
        [alarm] = client(protocol).describe_alarms()["MetricAlarms"]
        [item, *_] = client(protocol).describe_alarm_history(HistoryItemType="ConfigurationUpdate")["AlarmHistoryItems"]
        return [alarm["AlarmConfigurationUpdatedTimestamp"], item["Timestamp"]]

    def put_between_seconds():
        cloudwatch.put_metric_alarm(AlarmName="a", Namespace="Shop", MetricName="m", Statistic="Sum", Period=60,
                                    EvaluationPeriods=1, ComparisonOperator="GreaterThanThreshold", Threshold=1)
        return moments("json")[0].microsecond

    wait_until(put_between_seconds)
    assert moments("query") == moments("json") == moments("smithy-rpc-v2-cbor")


@pytest.mark.parametrize("protocol, quoted", [("smithy-rpc-v2-cbor", "a\0b"), ("json", "a\0b"), ("query", "a\ufffdb")])
def test_a_sentence_quotes_a_text_with_a_nul_whole(client, protocol, quoted):
    code, message = refusal(put, cloudwatch=client(protocol), name="quoted", Value=1, Unit="a\0b")  # XML has no NUL
    assert code == "ValidationError"
    assert message.startswith(
        f"1 validation error detected: Value '{quoted}' at 'metricData.1.member.unit' failed to satisfy constraint: Member must")


def test_units_are_apart_unless_one_is_asked_for(cloudwatch, start):
    put(cloudwatch, "mixed", Value=1, Unit="Seconds", Timestamp=start)
    put(cloudwatch, "mixed", Value=2, Timestamp=start)
    points = statistics(cloudwatch, "mixed", start, names=["Sum"])
    assert [(point["Unit"], point["Sum"]) for point in points] == [("None", 2.0), ("Seconds", 1.0)]
    [point] = statistics(cloudwatch, "mixed", start, names=["Sum"], Unit="Seconds")
    assert point["Sum"] == 1.0


def test_periods_split_where_they_should(cloudwatch, start):
    for seconds in (0, 59, 60, 119, 120):
        put(cloudwatch, "split", Value=seconds, Timestamp=start + datetime.timedelta(seconds=seconds))
    points = statistics(cloudwatch, "split", start, period=60, names=["Sum", "SampleCount"])
    assert [((point["Timestamp"] - start).seconds, point["Sum"], point["SampleCount"]) for point in points] == [
        (0, 59.0, 2.0), (60, 179.0, 2.0), (120, 120.0, 1.0)]


def test_seconds_are_kept_only_for_high_resolution(cloudwatch, start):
    for name, resolution in (("fine", 1), ("coarse", 60)):
        for second in (1, 2, 2):
            put(cloudwatch, name, Value=1, StorageResolution=resolution, Timestamp=start + datetime.timedelta(seconds=second))
    assert [(point["Timestamp"] - start).seconds for point in statistics(cloudwatch, "fine", start, period=1, names=["Sum"])] == [1, 2]
    assert statistics(cloudwatch, "coarse", start, period=1, names=["Sum"]) == []
    for name in ("fine", "coarse"):
        [point] = statistics(cloudwatch, name, start, period=60, names=["Sum"])
        assert point["Sum"] == 3.0


def test_percentiles_and_trimmed_statistics(cloudwatch, start):
    put(cloudwatch, "spread", Values=[float(number) for number in range(1, 101)], Timestamp=start)
    wanted = {"p0": 1.0, "p50": 50.0, "p99": 99.0, "p100": 100.0, "tm90": 45.5, "TM(10%:90%)": 50.5, "IQM": 50.5,
              "tc90": 90.0, "ts90": 4095.0, "PR(:50)": 50.0, "PR(10:20)": 10.0, "TC(10:20)": 10.0,
              "WM(10%:90%)": (11 * 10 + sum(range(11, 91)) + 90 * 10) / 100}
    names = list(wanted)
    found = {}
    for first in range(0, len(names), 10):
        [point] = statistics(cloudwatch, "spread", start, names=(), extended=names[first:first + 10])
        found.update(point["ExtendedStatistics"])
    assert found == pytest.approx(wanted)


def test_values_below_zero_have_no_percentiles(cloudwatch, start):
    put(cloudwatch, "cold", Values=[-1.0, 3.0], Timestamp=start)
    put(cloudwatch, "cold", Values=[0.0, 3.0], Timestamp=start + 5 * MINUTE)
    assert statistics(cloudwatch, "cold", start, names=["Sum"], extended=["p100", "TM(:3)"]) == [
        {"Timestamp": start, "Unit": "None", "Sum": 2, "ExtendedStatistics": {"TM(:3)": 1}},
        {"Timestamp": start + 5 * MINUTE, "Unit": "None", "Sum": 3, "ExtendedStatistics": {"p100": 3, "TM(:3)": 1.5}}]


@pytest.mark.parametrize("statistic, right", [
    ("p0", True), ("p100", True), ("p99.0123456789", True), ("tm5.", True), ("TM(2.5%:100.0%)", True), ("p101", False), ("p050", False),
    ("p1e1", False), ("p+1", False), ("p.5", False), ("p99.01234567891", False), ("p9.5.5", False), ("p100.1", False), ("p", False),
    ("TM(1e1%:50%)", False), ("TM(1e1:5e1)", True), ("PR(:1e1)", True)])
def test_a_percentage_is_written_with_digits(cloudwatch, start, statistic, right):
    put(cloudwatch, "v", Value=20, Timestamp=start)
    if right:
        statistics(cloudwatch, "v", start, names=[], extended=[statistic])
    else:
        assert refusal(statistics, cloudwatch, "v", start, names=[], extended=[statistic]) == (
            "InvalidParameterValue", f"The value {statistic} for parameter ExtendedStatistics.member.1 is not supported.")


def test_values_have_counts(cloudwatch, start):
    put(cloudwatch, "weighted", Values=[1.0, 10.0], Counts=[9.0, 1.0], Timestamp=start)
    [point] = statistics(cloudwatch, "weighted", start, names=["SampleCount", "Sum"], extended=["p90"])
    assert (point["SampleCount"], point["Sum"], point["ExtendedStatistics"]) == (10.0, 19.0, {"p90": 1.0})


def test_a_statistic_set_has_no_percentiles_unless_its_values_are_equal(cloudwatch, start):
    put(cloudwatch, "set", StatisticValues={"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4}, Timestamp=start)
    put(cloudwatch, "equal", StatisticValues={"SampleCount": 4, "Sum": 8, "Minimum": 2, "Maximum": 2}, Timestamp=start)
    [point] = statistics(cloudwatch, "set", start, names=["Average"], extended=["p50"])
    assert (point["Average"], point.get("ExtendedStatistics")) == (2.5, None)
    [point] = statistics(cloudwatch, "equal", start, names=["Average"], extended=["p50"])
    assert (point["Average"], point["ExtendedStatistics"]) == (2.0, {"p50": 2.0})


def test_the_order_of_dimensions_does_not_matter(cloudwatch, start):
    here = [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]
    put(cloudwatch, "placed", Value=1, Dimensions=here, Timestamp=start)
    put(cloudwatch, "placed", Value=2, Dimensions=here[::-1], Timestamp=start)
    put(cloudwatch, "placed", Value=4, Timestamp=start)
    [point] = statistics(cloudwatch, "placed", start, names=["Sum"], Dimensions=here)
    assert point["Sum"] == 3.0
    [point] = statistics(cloudwatch, "placed", start, names=["Sum"])
    assert point["Sum"] == 4.0


def test_metrics_are_listed_by_namespace_name_and_dimension(cloudwatch):
    for namespace, name, value in (("A", "x", "1"), ("A", "x", "2"), ("A", "y", "1"), ("B", "x", "1")):
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[
            {"MetricName": name, "Value": 1, "Dimensions": [{"Name": "Place", "Value": value}]}])

    def listed(**filters):
        return [(metric["Namespace"], metric["MetricName"], metric["Dimensions"][0]["Value"])
                for metric in cloudwatch.list_metrics(**filters)["Metrics"] if metric["Namespace"] in "AB"]

    assert listed() == [("A", "x", "1"), ("A", "x", "2"), ("A", "y", "1"), ("B", "x", "1")]
    assert listed(Namespace="A", MetricName="x") == [("A", "x", "1"), ("A", "x", "2")]
    assert listed(Dimensions=[{"Name": "Place", "Value": "2"}]) == [("A", "x", "2")]
    assert listed(MetricName="x", RecentlyActive="PT3H") == [("A", "x", "1"), ("A", "x", "2"), ("B", "x", "1")]
    assert listed(Dimensions=[{"Name": "Other"}]) == []


def test_many_metrics_are_listed_in_pages(cloudwatch, wait_until):
    for first in range(0, 1001, 500):
        cloudwatch.put_metric_data(Namespace="Many", MetricData=[
            {"MetricName": "m%04d" % number, "Value": 1} for number in range(first, min(first + 500, 1001))])

    def pages_when_stored():
        pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace="Many"))
        return pages if sum(len(page["Metrics"]) for page in pages) == 1001 else None

    pages = wait_until(pages_when_stored)
    assert [len(page["Metrics"]) for page in pages] == [500, 500, 1]
    assert [metric["MetricName"] for page in pages for metric in page["Metrics"]] == ["m%04d" % number for number in range(1001)]


def query(name, id="m", stat="Sum", period=60):
    return {"Id": id, "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": period, "Stat": stat}}


def data(cloudwatch, start, *queries, minutes=10, **more):
    found = cloudwatch.get_metric_data(MetricDataQueries=list(queries), StartTime=start, EndTime=start + minutes * MINUTE,
                                       ScanBy="TimestampAscending", **more)
    return {result["Id"]: [((time - start).seconds // 60, value) for time, value in zip(result["Timestamps"], result["Values"])]
            for result in found["MetricDataResults"]}


@pytest.mark.parametrize("expression, wanted", [
    ("a + b", [(0, 11), (1, 22), (2, 30), (3, 4)]),
    ("b - a", [(0, 9), (1, 18), (2, 30), (3, -4)]),
    ("a * b", [(0, 10), (1, 40), (2, 0), (3, 0)]),
    ("a < b", [(0, 1), (1, 1), (2, 1), (3, 0)]),
    ("a > 1 OR b > 10", [(0, 0), (1, 1), (2, 1), (3, 1)]),
    ("a - 1", [(0, 0), (1, 1), (3, 3)]),
    ("2 * (a + 1) ^ 2", [(0, 8), (1, 18), (3, 50)]),
    ("b / a", [(0, 10), (1, 10), (3, 0)]),
    ("100 / (a - 1)", [(1, 100), (3, 100 / 3)]),
    ("-a", [(0, -1), (1, -2), (3, -4)]),
    ("a > 1 AND a < 4", [(0, 0), (1, 1), (3, 0)]),
    ("a == 1 || a == 4", [(0, 1), (1, 0), (3, 1)]),
    ("SUM(METRICS())", [(0, 11), (1, 22), (2, 30), (3, 4)]),
    ("AVG([a, b])", [(0, 5.5), (1, 11), (2, 15), (3, 2)]),
    ("DATAPOINT_COUNT([a, b])", [(0, 2), (1, 2), (2, 1), (3, 1)]),
    ("a - SUM(a) / DATAPOINT_COUNT(a)", [(0, -4 / 3), (1, -1 / 3), (3, 5 / 3)]),
    ("MAX(METRICS('b'))", [(0, 10), (1, 20), (2, 30)]),
    ("a * 0 + MAX(a)", [(0, 4), (1, 4), (3, 4)]),
    ("DIFF(a)", [(1, 1), (3, 2)]),
    ("DIFF_TIME(a)", [(1, 60), (3, 120)]),
    ("DIFF_TIME(METRICS('b'))", [(1, 60), (2, 60)]),
    ("RATE(b)", [(1, 10 / 60), (2, 10 / 60)]),
    ("FIRST(METRICS())", [(0, 1), (1, 2), (3, 4)]),
    ("LAST(METRICS())", [(0, 10), (1, 20), (2, 30)]),
    ("FIRST(SORT(METRICS(), MAX, DESC)) + LAST(a)", [(0, 11), (1, 22), (2, 30), (3, 4)]),
    ("TIME_SERIES(MAX(a))", [(minute, 4) for minute in range(10)]),
    ("a + 0 * AVG(a) - AVG(b)", [(0, -5), (1, -4), (3, -2)]),
    ("RUNNING_SUM(a)", [(0, 1), (1, 3), (3, 7)]),
    ("FILL(a, 0)", [(0, 1), (1, 2), (2, 0), (3, 4)] + [(minute, 0) for minute in range(4, 10)]),
    ("FILL(a, REPEAT)", [(0, 1), (1, 2), (2, 2), (3, 4)] + [(minute, 4) for minute in range(4, 10)]),
    ("FILL(a, LINEAR)", [(0, 1), (1, 2), (2, 3), (3, 4)]),
    ("FILL(a, b)", [(0, 1), (1, 2), (2, 30), (3, 4)]),
    ("IF(a > 1, b, 7)", [(0, 7), (1, 20), (3, 0)]),
    ("IF(a == 1, 7, b)", [(0, 7), (1, 20)]),
    ("IF(DATAPOINT_COUNT(a) == 3, b)", [(0, 10), (1, 20), (2, 30)]),
    ("IF(DATAPOINT_COUNT(a) == 4, b)", []),
    ("IF(a > 1, a)", [(1, 2), (3, 4)]),
    ("CEIL(a / 4) + FLOOR(a / 4) + ABS(-1)", [(0, 2), (1, 2), (3, 3)]),
    ("a / PERIOD(a)", [(0, 1 / 60), (1, 2 / 60), (3, 4 / 60)]),
])
def test_metric_math(cloudwatch, start, expression, wanted):
    for minute, value in ((0, 1), (1, 2), (3, 4)):
        put(cloudwatch, "a", Value=value, Timestamp=start + minute * MINUTE)
    for minute, value in ((0, 10), (1, 20), (2, 30)):
        put(cloudwatch, "b", Value=value, Timestamp=start + minute * MINUTE)
    found = data(cloudwatch, start, query("a", "a"), query("b", "b"), {"Id": "e", "Expression": expression})
    assert [minute for minute, _ in found["e"]] == [minute for minute, _ in wanted]
    assert [value for _, value in found["e"]] == pytest.approx([value for _, value in wanted])


def test_aws_examples_of_comparisons_and_if(cloudwatch, start):
    for name, values in (("a", [30, 20, 0, 0]), ("b", [20, None, 20, None]), ("one", [1, 1, 0, 0, None]),
                         ("two", [30, None, 0, 0, 30]), ("three", [0, 0, 20, None, 20])):
        for minute, value in enumerate(values):
            if value is not None:
                put(cloudwatch, name, Value=value, Timestamp=start + minute * MINUTE)
    metrics = [query(name, name) for name in ("a", "b", "one", "two", "three")]
    for expression, wanted in (("a < b", [0, 0, 1, 0]), ("a >= 30", [1, 0, 0, 0]), ("a > 15 AND b > 15", [1, 0, 0, 0]),
                               ("IF(one, two, three)", [30, 0, 20]), ("IF(one, 5, three)", [5, 5, 20]),
                               ("IF(one, two, 5)", [30, 0, 5, 5])):
        found = data(cloudwatch, start, *metrics, {"Id": "e", "Expression": expression})["e"]
        assert found == list(enumerate(wanted)), expression


def test_a_message_tells_of_values_that_are_not_numbers(cloudwatch, start):
    put(cloudwatch, "a", Value=1, Timestamp=start)
    put(cloudwatch, "b", Value=0, Timestamp=start)
    found = cloudwatch.get_metric_data(StartTime=start, EndTime=start + MINUTE, MetricDataQueries=[
        query("a", "a"), query("b", "b"), {"Id": "e", "Expression": "a / b"}, {"Id": "f", "Expression": "b / a"},
        {"Id": "g", "Expression": "LOG(b) + a"}, {"Id": "h", "Expression": "IF(b, a)"}])["MetricDataResults"]
    message = {"Code": "ArithmeticError",
               "Value": "One or more data-points have been dropped due to non-numeric values (NaN, -Infinite, +Infinite)"}
    assert [(one["Id"], one["Values"], one.get("Messages", [])) for one in found] == [
        ("a", [1], []), ("b", [0], []), ("e", [], [message]), ("f", [0], []), ("g", [1], [message]), ("h", [], [])]


def test_a_series_without_a_unit_is_of_the_first_and_a_message_names_all(cloudwatch, start):
    for value, unit in ((60, "Seconds"), (60000, "Milliseconds"), (60, "Seconds")):
        put(cloudwatch, "took", Value=value, Unit=unit, Timestamp=start)

    def found(**more):
        stat = {**query("took")["MetricStat"], **more}
        return [(one["Id"], one["Values"], one.get("Messages", [])) for one in cloudwatch.get_metric_data(
            StartTime=start, EndTime=start + 2 * MINUTE, MetricDataQueries=[
                {"Id": "m", "MetricStat": stat}, {"Id": "e", "Expression": "m * 2"}])["MetricDataResults"]]

    def message(units):
        return [{"Code": "MultipleUnits", "Value": f"Multiple units returned: '{units}'"}]

    assert found() == [("m", [60000], message("[Milliseconds, Seconds]")), ("e", [120000], [])]
    assert found(Unit="Seconds") == [("m", [120], []), ("e", [240], [])]
    assert found(Unit="Count") == [("m", [], []), ("e", [], [])]
    put(cloudwatch, "took", Value=5, Unit="Count", Timestamp=start)
    assert found()[0] == ("m", [5], message("[Count, Milliseconds, Seconds]"))


@pytest.mark.parametrize("stats, labels", [
    ([("Sum", 60)], ["took"]),
    ([("Sum", 60), ("Sum", 60)], ["took", "took"]),
    ([("Sum", 60), ("Minimum", 60)], ["took Sum", "took Minimum"]),
    ([("Sum", 60), ("Sum", 300)], ["took 60", "took 300"]),
    ([("Sum", 60), ("Minimum", 300)], ["took Sum 60", "took Minimum 300"]),
])
def test_labels_name_the_statistic_or_the_period_when_a_request_has_several(cloudwatch, start, stats, labels):
    put(cloudwatch, "took", Value=1, Timestamp=start)
    found = cloudwatch.get_metric_data(StartTime=start, EndTime=start + 5 * MINUTE, MetricDataQueries=[
        {"Id": f"m{number}", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "took"}, "Stat": stat, "Period": period}}
        for number, (stat, period) in enumerate(stats)])["MetricDataResults"]
    assert [one["Label"] for one in found] == labels


@pytest.mark.parametrize("expression", ["FIRST(1)", "LAST(a, a)", "5", "MAX(a)", "PERIOD(a)", "IF(1, 2, 3)", "1.5.2 * a", ". * a", "DAY(5)",
                                        "DIFF(5)", "FILL(a, [a, a])", "FILL(a)", "FILL(5, 0)", "DATAPOINT_COUNT(a, a)",
                                        "TIME_SERIES(a)", "TIME_SERIES()", "a +", "nothing", "(a", "UNKNOWN(a)", "e", "a a", "SUM()", "METRICS('a'", "[a", "a ? 1",
                                        "(" * 60 + "a" + ")" * 60])
def test_wrong_expressions_are_refused(cloudwatch, start, expression):
    code, message = refusal(cloudwatch.get_metric_data, StartTime=start, EndTime=start + MINUTE,
                            MetricDataQueries=[query("a", "a"), {"Id": "e", "Expression": expression}])
    assert code == "ValidationError" and message.startswith("Error in expression 'e': ")


def test_series_come_newest_first_by_default_and_in_pages(cloudwatch, start):
    for minute in range(5):
        put(cloudwatch, "paged", Value=minute, Timestamp=start + minute * MINUTE)
    arguments = {"MetricDataQueries": [query("paged")], "StartTime": start, "EndTime": start + 5 * MINUTE}
    [result] = cloudwatch.get_metric_data(**arguments)["MetricDataResults"]
    assert (result["Label"], result["StatusCode"], result["Values"]) == ("paged", "Complete", [4, 3, 2, 1, 0])
    for order, wanted in (("TimestampDescending", [4, 3, 2, 1, 0]), ("TimestampAscending", [0, 1, 2, 3, 4])):
        pages = list(cloudwatch.get_paginator("get_metric_data").paginate(**arguments, ScanBy=order,
                                                                          PaginationConfig={"PageSize": 2}))
        assert all(len(page["MetricDataResults"][0]["Values"]) <= 2 for page in pages)
        assert [value for page in pages for value in page["MetricDataResults"][0]["Values"]] == wanted


@pytest.mark.parametrize("datum, code, sentence", [
    ({}, "InvalidParameterCombination", "At least one of the parameters MetricData.member.1.Value"),
    ({"Value": 1, "Values": [1.0]}, "InvalidParameterCombination",
     "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both."),
    ({"Value": 1, "StorageResolution": 5}, "InvalidParameterValue", "The value 5 for parameter MetricData.member.1.StorageResolution is invalid."),
    ({"Values": [1.0] * 151}, "InvalidParameterValue", "The collection MetricData.member.1.Values must not have a size greater than 150."),
    ({"Values": [1.0], "Counts": [1.0, 2.0]}, "InvalidParameterValue",
     "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size."),
    ({"Value": 1, "Counts": [1.0]}, "InvalidParameterValue",
     "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size."),
    ({"Value": 2.0 ** 361}, "InvalidParameterValue", "The value 4.69709e+108 for parameter MetricData.member.1.Value is invalid."),
    ({"Value": math.nan}, "InvalidParameterValue", "The value NaN for parameter MetricData.member.1.Value is invalid."),
    ({"Values": [1.0, 2.0], "Counts": [1.0, math.inf]}, "InvalidParameterValue",
     "The value Infinity for parameter MetricData.member.1.Counts.member.2 is invalid."),
    ({"Values": [1.0], "Counts": [2.0 ** 361]}, "InvalidParameterValue",
     "The value 4.69709e+108 for parameter MetricData.member.1.Counts.member.1 is invalid."),
    ({"Values": [1.0], "Counts": [0.0]}, "InvalidParameterValue", "The value 0 for parameter MetricData.member.1.Counts.member.1 is invalid."),
    ({"Value": 1, "Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "b", "Value": "caf\u00e9"}]}, "InvalidParameterValue",
     "The value for parameter MetricData.member.1.Dimensions.member.2.Value contains non-ASCII characters."),
    ({"Value": 1, "Dimensions": [{"Name": "\u00e9", "Value": "1"}]}, "InvalidParameterValue",
     "The value for parameter MetricData.member.1.Dimensions.member.1.Name contains non-ASCII characters."),
    ({"Value": 1, "Dimensions": [{"Name": ":a", "Value": "1"}]}, "InvalidParameterValue",
     "The value :a for parameter MetricData.member.1.Dimensions.member.1.Name is invalid."),
    ({"Value": 1, "Dimensions": [{"Name": "a", "Value": "  "}]}, "InvalidParameterValue",
     "The value    for parameter MetricData.member.1.Dimensions.member.1.Value is invalid."),
    ({"Value": 1, "Dimensions": [{"Name": "a", "Value": "b\tc"}]}, "InvalidParameterValue",
     "The value b\tc for parameter MetricData.member.1.Dimensions.member.1.Value is invalid."),
])
def test_what_cannot_be_put_is_refused(cloudwatch, datum, code, sentence):
    got_code, message = refusal(put, cloudwatch=cloudwatch, name="bad", **datum)
    assert got_code == code and message.startswith(sentence)


def test_the_largest_values_have_a_finite_sum(cloudwatch, start):
    put(cloudwatch, "vast", Values=[2.0 ** 360], Counts=[2.0 ** 360], Timestamp=start)
    [point] = statistics(cloudwatch, "vast", start, names=["Sum", "Average"])
    assert (point["Sum"], point["Average"]) == (2.0 ** 720, 2.0 ** 360)


def test_a_period_may_be_longer_than_all_of_time(cloudwatch, start):
    [result] = cloudwatch.get_metric_data(StartTime=start, EndTime=start + MINUTE, MetricDataQueries=[
        {"Id": "e1", "Expression": "TIME_SERIES(1)", "Period": 60 * 2 ** 56}])["MetricDataResults"]
    assert (result["Timestamps"], result["Values"]) == ([start], [1])


@pytest.mark.parametrize("period", [7, 45, 61])
def test_a_period_that_cannot_be_is_refused_also_of_an_expression(cloudwatch, start, period):
    for query_of_it in (query("any", period=period), {"Id": "e1", "Expression": "TIME_SERIES(1)", "Period": period}):
        assert refusal(cloudwatch.get_metric_data, MetricDataQueries=[query_of_it], StartTime=start, EndTime=start + MINUTE) == (
            "ValidationError", f"Invalid Period {period}: it is a multiple of 60 seconds, or 1, 5, 10, 20 or 30")


def test_names_of_metrics_and_namespaces_are_ascii(cloudwatch):
    assert refusal(put, cloudwatch=cloudwatch, name="caf\u00e9", Value=1) == (
        "InvalidParameterValue", "The value for parameter MetricData.member.1.MetricName contains non-ASCII characters.")
    for namespace, sentence in (("caf\u00e9", "The value for parameter Namespace contains non-ASCII characters."),
                                (" ", "The value   for parameter Namespace is invalid.")):
        assert refusal(cloudwatch.put_metric_data, Namespace=namespace, MetricData=[{"MetricName": "n", "Value": 1}]) == (
            "InvalidParameterValue", sentence)
    put(cloudwatch, "!~ #", Value=1, Dimensions=[{"Name": "a:", "Value": ":~"}])
    assert [metric["Dimensions"] for metric in cloudwatch.list_metrics(MetricName="!~ #")["Metrics"]] == [[{"Name": "a:", "Value": ":~"}]]


def test_bounds_of_what_can_be_put(cloudwatch, now_ms):
    put(cloudwatch, "most", Values=[float(number) for number in range(150)])
    put(cloudwatch, "most", Value=2.0 ** 360)
    now = datetime.datetime.fromtimestamp(now_ms() / 1000, datetime.timezone.utc)
    two_weeks, two_hours = datetime.timedelta(days=14), datetime.timedelta(hours=2)
    put(cloudwatch, "most", Value=1, Timestamp=now - two_weeks + MINUTE)
    put(cloudwatch, "most", Value=1, Timestamp=now + two_hours - MINUTE)
    for time in (now - two_weeks - MINUTE, now + two_hours + 2 * MINUTE):
        assert refusal(put, cloudwatch=cloudwatch, name="most", Value=1, Timestamp=time)[0].startswith("InvalidParameterValue")
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "n", "Value": 1}] * 1000)
    assert refusal(cloudwatch.put_metric_data, Namespace="Shop", MetricData=[{"MetricName": "n", "Value": 1}] * 1001)[1] == \
        "The collection MetricData must not have a size greater than 1000."
    assert refusal(cloudwatch.put_metric_data, Namespace="AWS/SQS", MetricData=[{"MetricName": "n", "Value": 1}])[1] == \
        "The value AWS/ for parameter Namespace is invalid."


def test_a_range_of_statistics_that_is_empty_is_refused(cloudwatch, start):
    arguments = {"Namespace": "Shop", "MetricName": "x", "StartTime": start, "Statistics": ["Sum"], "Period": 60}
    assert refusal(cloudwatch.get_metric_statistics, **arguments, EndTime=start) == (
        "InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.")
    assert cloudwatch.get_metric_statistics(**arguments, EndTime=start + MINUTE)["Datapoints"] == []


def test_too_many_datapoints_of_statistics_are_refused(cloudwatch, start):
    arguments = {"Namespace": "Shop", "MetricName": "x", "StartTime": start, "Statistics": ["Sum"], "Period": 60}
    assert cloudwatch.get_metric_statistics(**arguments, EndTime=start + 1440 * MINUTE)["Datapoints"] == []
    assert refusal(cloudwatch.get_metric_statistics, **arguments, EndTime=start + 1441 * MINUTE)[1] == (
        "You have requested up to 1441 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by "
        "increasing Period, or decreasing the time range.")


def test_points_are_kept_as_long_as_their_period(own_server, wait_until):
    def kept():
        return [period for period in (1, 60, 300, 3600)
                if statistics(cloudwatch, "aging", start, period=period, names=["Sum"], minutes=24 if period == 1 else 120)]

    hour, day = 3600, 24 * 3600
    cloudwatch = boto3.client("cloudwatch", endpoint_url=own_server.endpoint, region_name="us-east-1", aws_access_key_id="111122223333",
                              aws_secret_access_key="x")
    start = datetime.datetime.fromtimestamp((own_server.advance_clock(0) // 1000 // hour + 1) * hour, datetime.timezone.utc)
    own_server.advance_clock(hour)
    put(cloudwatch, "aging", Value=1, StorageResolution=1, Timestamp=start)
    assert kept() == [1, 60, 300, 3600]
    for seconds, left in ((4 * hour, [60, 300, 3600]), (15 * day, [300, 3600]), (50 * day, [3600]), (400 * day, [])):
        own_server.advance_clock(seconds)
        assert wait_until(lambda: kept() == left)


def test_calls_count_by_service_and_operation(endpoint, cloudwatch, account, start, advance_clock, wait_until):
    """Of every service, also calls that fail: as AWS/Usage has them."""
    def there(service):
        return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=account, aws_secret_access_key="x")

    for _ in range(2):
        there("sqs").create_queue(QueueName="counted")
    with pytest.raises(ClientError):
        there("sqs").get_queue_url(QueueName="nothing")
    there("dynamodb").list_tables()
    there("logs").describe_log_groups()
    there("sts").get_caller_identity()
    advance_clock(61)

    def usage(service, operation):
        return {"Namespace": "AWS/Usage", "MetricName": "CallCount", "Dimensions": [
            {"Name": name, "Value": value}
            for name, value in (("Class", "None"), ("Resource", operation), ("Service", service), ("Type", "API"))]}

    expected = [usage("SQS", "CreateQueue"), usage("SQS", "GetQueueUrl"), usage("DynamoDB", "ListTables"),
                usage("Logs", "DescribeLogGroups"), usage("STS", "GetCallerIdentity")]

    def counted():
        found = cloudwatch.list_metrics(Namespace="AWS/Usage")["Metrics"]
        return all(one in found for one in expected)

    wait_until(counted)
    sums = [sum(point["Sum"] for point in cloudwatch.get_metric_statistics(
        **one, StartTime=start, EndTime=start + 20 * MINUTE, Period=1200, Statistics=["Sum"])["Datapoints"]) for one in expected]
    assert sums == [2.0, 1.0, 1.0, 1.0, 1.0]


def test_services_measure_themselves(endpoint, cloudwatch, account, start, advance_clock, wait_until):
    sqs = boto3.client("sqs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=account, aws_secret_access_key="x")
    url = sqs.create_queue(QueueName="measured")["QueueUrl"]
    for _ in range(3):
        sqs.send_message(QueueUrl=url, MessageBody="hello")
    advance_clock(61)
    dimensions = [{"Name": "QueueName", "Value": "measured"}]
    found = wait_until(lambda: [metric for metric in cloudwatch.list_metrics(Namespace="AWS/SQS", Dimensions=dimensions)["Metrics"]
                                if metric["MetricName"] == "NumberOfMessagesSent"])
    assert found == [{"Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent", "Dimensions": dimensions}]
    points = cloudwatch.get_metric_statistics(Namespace="AWS/SQS", MetricName="NumberOfMessagesSent", Dimensions=dimensions,
                                              StartTime=start, EndTime=start + 20 * MINUTE, Period=1200, Statistics=["Sum"])
    assert sum(point["Sum"] for point in points["Datapoints"]) == 3.0


def test_the_times_of_services_have_percentiles(endpoint, cloudwatch, account, start, advance_clock, wait_until):
    dynamodb = boto3.client("dynamodb", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=account,
                            aws_secret_access_key="x")
    dynamodb.create_table(TableName="timed", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    for _ in range(20):
        dynamodb.get_item(TableName="timed", Key={"id": {"S": "a"}})
    advance_clock(61)

    def points():
        return cloudwatch.get_metric_statistics(
            Namespace="AWS/DynamoDB", MetricName="SuccessfulRequestLatency", StartTime=start, EndTime=start + 20 * MINUTE,
            Period=1200, Statistics=["SampleCount", "Minimum", "Maximum"], ExtendedStatistics=["p0", "p50", "p100"], Dimensions=[
                {"Name": "TableName", "Value": "timed"}, {"Name": "Operation", "Value": "GetItem"}])["Datapoints"]

    [point] = wait_until(points)
    least, median, most = (point["ExtendedStatistics"][name] for name in ("p0", "p50", "p100"))
    assert point["SampleCount"] == 20 and 0 < least <= median <= most
    assert least == pytest.approx(point["Minimum"], rel=0.006) and most == pytest.approx(point["Maximum"], rel=0.006)


def nested(levels):
    """A request whose expression has that many levels: a sign or an operand is one."""
    return [query("a", "a"), {"Id": "e", "Expression": "(" * (levels - 1) + "a" + ")" * (levels - 1)}]


def test_expressions_may_be_fifty_levels_deep_with_those_they_refer_to(cloudwatch, start):
    put(cloudwatch, "a", Value=3, Timestamp=start)
    asked = {"StartTime": start, "EndTime": start + MINUTE}
    assert data(cloudwatch, start, *nested(50))["e"] == [(0, 3)]
    assert refusal(cloudwatch.get_metric_data, MetricDataQueries=nested(51), **asked) == (
        "ValidationError", "Error in expression 'e': an expression with too many levels")

    def chain(length):
        return [{"Id": f"e{place}", "Expression": f"e{place + 1}"} for place in range(length - 1)] + [
            {"Id": f"e{length - 1}", "Expression": "a"}, query("a", "a")]

    assert data(cloudwatch, start, *chain(50))["e0"] == [(0, 3)]
    assert refusal(cloudwatch.get_metric_data, MetricDataQueries=chain(51), **asked)[0] == "ValidationError"
    assert data(cloudwatch, start, *chain(499)[::-1])["e0"] == [(0, 3)]  # what is known already has no depth


def test_bounds_of_get_metric_data(cloudwatch, start):
    asked = {"StartTime": start, "EndTime": start + MINUTE}
    many = [query("none", id=f"m{number}") for number in range(501)]
    assert len(cloudwatch.get_metric_data(MetricDataQueries=many[:500], **asked)["MetricDataResults"]) == 500
    assert refusal(cloudwatch.get_metric_data, MetricDataQueries=many, **asked) == (
        "ValidationError", "The collection MetricDataQueries must have a size of 1 to 500.")
    for most in (1, 100800):
        cloudwatch.get_metric_data(MetricDataQueries=many[:1], MaxDatapoints=most, **asked)
    for most in (0, 100801):
        assert refusal(cloudwatch.get_metric_data, MetricDataQueries=many[:1], MaxDatapoints=most, **asked) == (
            "ValidationError", "The parameter MaxDatapoints must be between 1 and 100800.")
    for minutes in (100800, 100801):
        call = {"MetricDataQueries": many[:1], "StartTime": start, "EndTime": start + minutes * MINUTE}
        if minutes == 100800:
            cloudwatch.get_metric_data(**call)
        else:
            assert refusal(cloudwatch.get_metric_data, **call)[1] == "Too many datapoints requested: the limit is 100,800 of one metric."


@pytest.mark.parametrize("order", ["TimestampAscending", "TimestampDescending"])
@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_pages_of_different_periods_are_the_whole(cloudwatch, start, order, most):
    for minute in range(12):
        put(cloudwatch, "cut", Value=2 ** minute, Timestamp=start + minute * MINUTE)
    queries = [query("cut", "a"), query("cut", "b", period=180), query("cut", "c", stat="p50", period=300)]
    asked = {"MetricDataQueries": queries, "StartTime": start, "EndTime": start + 12 * MINUTE, "ScanBy": order}

    def read(pages):
        found = {}
        for page in pages:
            for result in page["MetricDataResults"]:
                assert result["StatusCode"] == "Complete"
                found.setdefault(result["Id"], []).extend(zip(result["Timestamps"], result["Values"]))
        return found

    whole = read([cloudwatch.get_metric_data(**asked)])
    assert {name: len(points) for name, points in whole.items()} == {"a": 12, "b": 4, "c": 3}
    assert sum(value for _, value in whole["b"]) == 2 ** 12 - 1
    assert read(cloudwatch.get_paginator("get_metric_data").paginate(**asked, PaginationConfig={"PageSize": most})) == whole
    sums = queries + [{"Id": "e", "Expression": "RUNNING_SUM(a)"}]
    pages = cloudwatch.get_paginator("get_metric_data").paginate(**{**asked, "MetricDataQueries": sums}, PaginationConfig={"PageSize": most})
    assert sorted(value for _, value in read(pages)["e"]) == [2 ** (minute + 1) - 1 for minute in range(12)]


def put_values(cloudwatch, name, start, values):
    for first in range(0, len(values), 150):
        put(cloudwatch, name, Values=values[first:first + 150], Timestamp=start)


def test_four_hundred_values_are_exact_and_more_nearly(cloudwatch, start):
    for name, count in (("exact", 400), ("nearly", 401)):
        put_values(cloudwatch, name, start, [100.0 + number / 64 for number in range(count)])
        [point] = statistics(cloudwatch, name, start, names=["SampleCount"], extended=["p0", "p50", "p100"])
        found = [point["ExtendedStatistics"][percentile] for percentile in ("p0", "p50", "p100")]
        wanted = [100.0, 100 + 199 / 64 if count == 400 else 100 + 200 / 64, 100 + (count - 1) / 64]
        assert point["SampleCount"] == count
        assert found == wanted if count == 400 else found != wanted
        assert found == pytest.approx(wanted, rel=0.01)


def test_values_of_any_size_share_one_bound(cloudwatch, start):
    values = [sign * 2.0 ** exponent for exponent in range(-350, 351) for sign in (1, -1)]
    put_values(cloudwatch, "wide", start, values)
    [point] = statistics(cloudwatch, "wide", start, names=["SampleCount", "Minimum", "Maximum"], extended=["PR(0:)"])
    assert (point["SampleCount"], point["Minimum"], point["Maximum"]) == (len(values), -2.0 ** 350, 2.0 ** 350)
    assert point["ExtendedStatistics"]["PR(0:)"] == pytest.approx(50)


def test_a_queue_has_metrics_for_six_hours_after_it_was_last_seen_with_messages(own_server, wait_until):
    def client(service):
        return boto3.client(service, endpoint_url=own_server.endpoint, region_name="us-east-1", aws_access_key_id="111122223333",
                            aws_secret_access_key="x")

    sqs, cloudwatch, minute_ms, hour = client("sqs"), client("cloudwatch"), 60 * 1000, 3600
    own_server.advance_clock((minute_ms - own_server.advance_clock(0) % minute_ms + 1) / 1000)  # a minute begins
    made_ms = own_server.advance_clock(0)
    sqs.create_queue(QueueName="idle")

    def has_point_of(minute):
        """Is there a figure of that minute, counted from the queue's first one?"""
        time = datetime.datetime.fromtimestamp(made_ms // minute_ms * 60 + minute * 60, datetime.timezone.utc)
        return bool(cloudwatch.get_metric_statistics(
            Namespace="AWS/SQS", MetricName="ApproximateNumberOfMessagesVisible", Dimensions=[{"Name": "QueueName", "Value": "idle"}],
            StartTime=time, EndTime=time + MINUTE, Period=60, Statistics=["Maximum"])["Datapoints"])

    def advance_to(minute, second):
        there = made_ms // minute_ms * 60 + minute * 60 + second
        own_server.advance_clock(max(there - own_server.advance_clock(0) / 1000, 0))

    advance_to(0, 56)
    advance_to(1, 1)
    assert wait_until(lambda: has_point_of(0))
    last = 6 * hour // 60 - 1  # its second 55 is 6 hours after the queue was made, but for five seconds
    for minute in (last, last + 1):
        advance_to(minute, 30)
        advance_to(minute, 56)
        advance_to(minute + 1, 1)
        assert wait_until(lambda: cloudwatch.list_metrics(Namespace="AWS/SQS")["Metrics"])
    assert wait_until(lambda: has_point_of(last))
    advance_to(last + 3, 1)
    assert not has_point_of(last + 1)


def padded(operation, protocol, size):
    """A request of so many bytes, and its headers: a member that no operation has fills it up."""
    form = {"PutMetricData": "Action=PutMetricData&Version=2010-08-01&Namespace=Shop&MetricData.member.1.MetricName=a"
                             "&MetricData.member.1.Value=1",
            "GetMetricData": "Action=GetMetricData&Version=2010-08-01&StartTime=0&EndTime=60&MetricDataQueries.member.1.Id=m"
                             "&MetricDataQueries.member.1.Expression=TIME_SERIES(1)"}
    json_ = {"PutMetricData": '{"Namespace":"Shop","MetricData":[{"MetricName":"a","Value":1}]',
             "GetMetricData": '{"StartTime":0,"EndTime":60,"MetricDataQueries":[{"Id":"m","Expression":"TIME_SERIES(1)"}]'}
    if protocol == "query":
        text, end, headers = form[operation] + "&Padding=", "", {"Content-Type": "application/x-www-form-urlencoded"}
    else:
        text, end = json_[operation] + ',"Padding":"', '"}'
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"GraniteServiceVersion20100801.{operation}"}
    return headers, text + "x" * (size - len(text) - len(end)) + end


@pytest.mark.parametrize("protocol", ["json", "query"])
@pytest.mark.parametrize("operation, most", [("PutMetricData", 1048576), ("GetMetricData", 614400)])
def test_a_request_may_be_only_so_large(endpoint, account, operation, most, protocol):
    def send(size, pack=False):
        headers, body = padded(operation, protocol, size)
        body = gzip.compress(body.encode()) if pack else body.encode()
        request = AWSRequest("POST", endpoint, data=body, headers={**headers, **({"Content-Encoding": "gzip"} if pack else {})})
        SigV4Auth(Credentials(account, "x"), "monitoring", "us-east-1").add_auth(request)
        try:
            with urllib.request.urlopen(urllib.request.Request(endpoint, body, dict(request.headers))) as reply:
                return reply.status, reply.headers, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.status, error.headers, error.read().decode()

    assert send(most)[0] == 200
    assert send(most + 1, pack=True)[0] == 200  # what counts is what was sent
    status, headers, body = send(most + 1)
    assert status == 413 and f"Request size {most + 1} exceeded {most} bytes" in body
    if protocol == "json":
        assert headers["x-amzn-query-error"] == "RequestEntityTooLarge;Sender"
    else:
        assert "<Code>RequestEntityTooLarge</Code>" in body
