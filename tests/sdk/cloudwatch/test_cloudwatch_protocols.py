"""CloudWatch speaks CBOR, JSON and Query: the same call has the same answer in each, field by field."""

import functools
import json
import math

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from protocols import session

PROTOCOLS = ("smithy-rpc-v2-cbor", "json", "query")
ALARM = {"EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1}
METRIC = {"Namespace": "Shop", "MetricName": "m"}
STAT = {"Id": "m", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum"}}
DATUM = {"MetricName": "m", "Value": 1}


@functools.cache
def client(endpoint, protocol):
    return session(protocol).create_client(
        "cloudwatch", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="141421356237", aws_secret_access_key="x",
        config=Config(retries={"max_attempts": 0}, parameter_validation=False))


def answer(endpoint, protocol, operation, arguments):
    """What the SDK's user sees, without what is of one request or of one protocol."""
    try:
        reply = getattr(client(endpoint, protocol), operation)(**arguments)
        return {name: value for name, value in reply.items() if name != "ResponseMetadata"}
    except ClientError as error:
        fields = error.response["Error"]
        return (type(error).__name__, fields["Code"], fields["Message"], fields["Type"], error.response["ResponseMetadata"]["HTTPStatusCode"],
                error.response.get("dashboardValidationMessages"), error.response.get("ResourceType"), error.response.get("ResourceId"))


@pytest.fixture(scope="module")
def hour(endpoint, now_ms):
    """The range of the last hour; in it metrics, alarms, a dashboard and a detector, with texts that are escaped."""
    cloudwatch, now_s = client(endpoint, "json"), now_ms() // 1000
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "m", "Values": [0.1, 1e-100, 3e100], "Timestamp": now_s - 600 * number, "Unit": unit}
        for number, unit in ((1, "Count"), (2, "None"), (3, "Bytes/Second"))])
    cloudwatch.put_metric_alarm(AlarmName="a", **METRIC, **ALARM, Statistic="Sum", Period=60, AlarmDescription='<&> "q" \u00e9 \U0001f600\ttab',
                                AlarmActions=["arn:aws:sns:us-east-1:141421356237:t"], Tags=[{"Key": "k", "Value": ""}])
    cloudwatch.put_metric_alarm(AlarmName="math", **ALARM, Metrics=[
        {**STAT, "ReturnData": False}, {"Id": "e", "Expression": "m * 2", "Label": "twice", "ReturnData": True}])
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM(a) OR OK("math")', ActionsEnabled=False)
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="because <x>", StateReasonData='{"a": 1}')
    cloudwatch.disable_alarm_actions(AlarmNames=["a", "math", "both"])
    cloudwatch.put_dashboard(DashboardName="d", DashboardBody=json.dumps({"widgets": []}))
    cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector={**METRIC, "Stat": "Sum"}, Configuration={"ExcludedTimeRanges": [
        {"StartTime": 1000, "EndTime": 2000}]})
    return {"StartTime": now_s - 3600, "EndTime": now_s + 60}


ARN = "arn:aws:cloudwatch:us-east-1:141421356237:alarm:"
PUT = {**METRIC, **ALARM, "AlarmName": "x", "Statistic": "Sum", "Period": 60}
CALLS = [
    ("get_metric_data", {"MetricDataQueries": [STAT, {"Id": "e", "Expression": "m / 0", "Label": "${MAX} <x>"}], "LabelOptions": {"Timezone": "+0530"}}),
    *(("get_metric_data", {"MetricDataQueries": [STAT], **more}) for more in (
        {"MaxDatapoints": 2}, {"MaxDatapoints": 0}, {"NextToken": "bad"}, {"ScanBy": "Bad"}, {"StartTime": 60, "EndTime": 0},
        {"LabelOptions": {"Timezone": "UTC"}})),
    *(("get_metric_data", {"MetricDataQueries": queries}) for queries in (
        [], [{"Id": "A"}], [{"Id": "e", "Expression": "x +"}], [{**STAT, "AccountId": "1"}], [STAT, STAT],
        [{"Id": "m", "MetricStat": {"Metric": METRIC, "Period": 0, "Stat": "Sum"}}],
        [{"Id": "m", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "p101"}}])),
    *(("get_metric_statistics", {**METRIC, "Period": 60, **more}) for more in (
        {"Statistics": ["Sum", "Average", "SampleCount", "Minimum", "Maximum"], "ExtendedStatistics": ["p50", "TM(10%:90%)", "PR(1:2)", "IQM"]},
        {}, {"Statistics": ["Sum"] * 6}, {"Statistics": ["Bad"]}, {"Statistics": ["Sum"], "Period": 7}, {"ExtendedStatistics": ["p"]},
        {"Statistics": ["Sum"], "StartTime": 0}, {"Statistics": ["Sum"], "Unit": "Bad"})),
    *(("list_metrics", arguments) for arguments in (
        {}, {"Dimensions": [{"Name": "d"}] * 11}, {"NextToken": "x"}, {"RecentlyActive": "PT4H"}, {"Namespace": ""}, {"Namespace": ":S"})),
    *(("describe_alarms", arguments) for arguments in (
        {}, {"AlarmTypes": ["CompositeAlarm", "MetricAlarm"]}, {"MaxRecords": 1}, {"MaxRecords": 0}, {"MaxRecords": 101}, {"NextToken": "x"},
        {"AlarmNames": ["a"] * 101}, {"AlarmNames": ["a"], "AlarmNamePrefix": "b"}, {"AlarmTypes": ["Bad"]}, {"StateValue": "BAD"},
        {"ChildrenOfAlarmName": "both"}, {"ParentsOfAlarmName": "a"})),
    ("describe_alarms_for_metric", METRIC), ("describe_alarms_for_metric", {"Namespace": "Shop"}),
    *(("describe_alarm_history", arguments) for arguments in (
        {}, {"AlarmName": "a", "HistoryItemType": "StateUpdate"}, {"MaxRecords": 1}, {"NextToken": "x"}, {"AlarmName": "none"}, {"HistoryItemType": "Bad"})),
    *(("set_alarm_state", {"AlarmName": "a", "StateValue": "OK", "StateReason": "x", **wrong}) for wrong in (
        {"AlarmName": "none"}, {"StateValue": "BAD"}, {"StateReason": "x" * 1024}, {"StateReasonData": "{"})),
    ("delete_alarms", {"AlarmNames": ["none"]}), ("delete_alarms", {"AlarmNames": ["a"]}), ("enable_alarm_actions", {"AlarmNames": ["none"]}),
    *(("put_metric_alarm", {**PUT, **wrong}) for wrong in (
        {"Period": 7}, {"Threshold": math.nan}, {"Threshold": math.inf}, {"ExtendedStatistic": "p9"}, {"ComparisonOperator": "Bad"},
        {"EvaluationPeriods": 0}, {"Metrics": [STAT]}, {"TreatMissingData": "bad"})),
    *(("put_composite_alarm", {"AlarmName": "y", "AlarmRule": rule}) for rule in ("ALARM(", "ALARM(none)", "")),
    *(("put_metric_data", {"Namespace": "Shop", "MetricData": [{**DATUM, **wrong}]}) for wrong in (
        {"MetricName": ""}, {"Value": math.nan}, {"Value": -math.inf}, {"Value": 1e300}, {"Values": [1.0]}, {"Unit": "X"},
        {"Timestamp": 0}, {"MetricName": "\u00e9<"}, {"StatisticValues": {"SampleCount": 1}}, {"StorageResolution": 5},
        {"Dimensions": [{"Name": str(number), "Value": "v"} for number in range(31)]})),
    ("put_metric_data", {"Namespace": "AWS/x", "MetricData": [DATUM]}), ("put_metric_data", {"Namespace": "Shop", "MetricData": [{"Value": 1}]}),
    ("get_dashboard", {"DashboardName": "d"}), ("get_dashboard", {"DashboardName": "none"}), ("get_dashboard", {"DashboardName": "x y"}),
    ("list_dashboards", {}), ("list_dashboards", {"NextToken": "x"}), ("delete_dashboards", {"DashboardNames": ["d", "none"]}),
    ("put_dashboard", {"DashboardName": "e", "DashboardBody": '{"widgets": [{"type": "bad"}]}'}),
    *((operation, {"ResourceARN": arn, **more}) for arn in (ARN + "a", ARN + "none", "x") for operation, more in (
        ("list_tags_for_resource", {}), ("tag_resource", {"Tags": [{"Key": "aws:x", "Value": "1"}]}), ("untag_resource", {"TagKeys": ["none"]}))),
    *(("describe_anomaly_detectors", arguments) for arguments in ({}, {"MaxResults": 0}, {"AnomalyDetectorTypes": ["BAD"]}, {"NextToken": "x"})),
    ("delete_anomaly_detector", {**METRIC, "Stat": "Maximum"}), ("put_anomaly_detector", {**METRIC, "Stat": "Bad"}), ("put_anomaly_detector", {}),
    ("get_metric_widget_image", {"MetricWidget": "{"}), ("get_metric_widget_image", {}), ("list_metric_streams", {}), ("describe_insight_rules", {}),
]


@pytest.mark.parametrize("operation, arguments", CALLS, ids=lambda value: value if isinstance(value, str) else None)
def test_every_protocol_has_the_same_answer(endpoint, hour, operation, arguments):
    if operation.startswith("get_metric_") and operation != "get_metric_widget_image":
        arguments = {**hour, **arguments}
    first, *others = (answer(endpoint, protocol, operation, arguments) for protocol in PROTOCOLS)
    assert others == [first, first]
