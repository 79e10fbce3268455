"""Alarms on the virtual clock: states, missing data, actions, history."""

import json

import pytest
from alarm_world import MINUTE, THRESHOLD, World
from botocore.exceptions import ClientError
from protocols import session
from queues import awaited
from refusals import refusal


def test_an_alarm_goes_through_its_states(world):
    world.alarm(AlarmDescription="too deep")
    alarm = world.described()
    assert (alarm["StateValue"], alarm["StateReason"], alarm["ActionsEnabled"], alarm["AlarmDescription"], alarm["Threshold"]) == (
        "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation", True, "too deep", 5.0)
    assert alarm["AlarmArn"] == f"arn:aws:cloudwatch:us-east-1:{world.account}:alarm:deep"
    minute = world.next_minute()
    world.put(5, minute)
    world.advance(66)
    world.becomes("ALARM")
    when = minute.strftime("%d/%m/%y %H:%M:%S")
    alarm = world.described()
    assert alarm["StateReason"] == (
        f"Threshold Crossed: 1 out of the last 1 datapoints [5.0 ({when})] was greater than or equal to the threshold (5.0) "
        "(minimum 1 datapoint for OK -> ALARM transition).")
    data = json.loads(alarm["StateReasonData"])
    assert (data["version"], data["statistic"], data["period"], data["recentDatapoints"], data["threshold"]) == ("1.0", "Maximum", 60, [5], 5)
    world.put(4.9, minute + MINUTE)
    world.advance(60)
    world.becomes("OK")
    assert world.described()["StateReason"] == (
        f"Threshold Crossed: 1 datapoint [4.9 ({(minute + MINUTE).strftime('%d/%m/%y %H:%M:%S')})] was not greater than or equal to "
        "the threshold (5.0).")
    world.advance(240)
    world.becomes("INSUFFICIENT_DATA")
    assert world.described()["StateReason"] == "Insufficient Data: 1 datapoint was unknown."
    assert [summary for kind, summary in world.history(HistoryItemType="StateUpdate")] == [
        "Alarm updated from OK to INSUFFICIENT_DATA", "Alarm updated from ALARM to OK",
        "Alarm updated from INSUFFICIENT_DATA to ALARM"]
    assert world.history()[-1] == ("ConfigurationUpdate", 'Alarm "deep" created')


@pytest.mark.parametrize("operator, above, equal, below", [
    ("GreaterThanOrEqualToThreshold", "ALARM", "ALARM", "OK"), ("GreaterThanThreshold", "ALARM", "OK", "OK"),
    ("LessThanThreshold", "OK", "OK", "ALARM"), ("LessThanOrEqualToThreshold", "OK", "ALARM", "ALARM")])
def test_operators_on_both_sides_of_the_threshold(world, operator, above, equal, below):
    minute = world.next_minute()
    for place, value in ((0, 5.1), (1, 5.0), (2, 4.9)):
        world.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": f"m{place}", "Value": value, "Timestamp": minute}])
        world.alarm(f"a{place}", MetricName=f"m{place}", ComparisonOperator=operator)
    world.advance(66)
    for place, state in enumerate((above, equal, below)):
        world.becomes(state, f"a{place}")


# p95 needs 10 / (1 - 0.95) = 200 values, p10 10 / 0.1 = 100
@pytest.mark.parametrize("statistic, count, setting, state", [
    ("p95", 199, "ignore", "OK"), ("p95", 200, "ignore", "ALARM"), ("p95", 199, "evaluate", "ALARM"), ("p95", 199, None, "ALARM"),
    ("p10", 99, "ignore", "OK"), ("p10", 100, "ignore", "ALARM"), ("p50", 19, "ignore", "OK"), ("p50", 20, "ignore", "ALARM"),
    ("tm95", 1, "ignore", "ALARM")])
def test_percentiles_of_few_values(world, statistic, count, setting, state):
    minute = world.next_minute()
    world.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "depth", "Values": [9.0], "Counts": [count], "Timestamp": minute}])
    world.alarm(Statistic=None, ExtendedStatistic=statistic, EvaluateLowSampleCountPercentile=setting)
    world.alarm("other")  # is judged by the same minute
    world.cloudwatch.set_alarm_state(AlarmName="deep", StateValue="OK", StateReason="by hand")
    world.advance(66)
    world.becomes("ALARM", "other")
    world.becomes(state)


# The tables of AWS's "Configuring how CloudWatch alarms treat missing data": X breaching, 0 not, - missing; the oldest
# first; then the states with missing, ignore (None: it stays), breaching and notBreaching.
MISSING = [
    (3, 3, "0-X-X", "OK", "OK", "OK", "OK"),
    (3, 3, "----0", "OK", "OK", "OK", "OK"),
    (3, 3, "-----", "INSUFFICIENT_DATA", None, "ALARM", "OK"),
    (3, 3, "0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, 3, "--X--", "ALARM", None, "ALARM", "OK"),
    (3, 3, "X----", "ALARM", None, "ALARM", "OK"),
    (3, 3, "----X", "INSUFFICIENT_DATA", None, "ALARM", "OK"),
    (3, 3, "---X-", "INSUFFICIENT_DATA", None, "ALARM", "OK"),
    (3, 3, "---XX", "INSUFFICIENT_DATA", None, "ALARM", "OK"),
    (3, 3, "---X0", "OK", "OK", "OK", "OK"),
    (3, 2, "0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, 2, "00X0X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, 2, "0-X--", "OK", "OK", "ALARM", "OK"),
    (3, 2, "----0", "OK", "OK", "ALARM", "OK"),
    (3, 2, "---X-", "ALARM", None, "ALARM", "OK"),
    (3, 2, "----X", "INSUFFICIENT_DATA", None, "ALARM", "OK"),
    (3, 2, "---XX", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, 1, "----X", "ALARM", "ALARM", "ALARM", "ALARM"),
]
TREATMENTS = ["missing", "ignore", "breaching", "notBreaching"]


@pytest.mark.parametrize("periods, to_alarm, points, wanted", [
    pytest.param(periods, to_alarm, points, wanted, id=f"{to_alarm} of {periods}: {points}") for periods, to_alarm, points, *wanted in MISSING])
def test_missing_data(world, periods, to_alarm, points, wanted):
    minute = world.next_minute()
    first = minute - 5 * MINUTE
    for place, point in enumerate(points):
        if point != "-":
            world.put({"X": 9, "0": 1}[point], first + place * MINUTE)
    for treatment in TREATMENTS:
        world.alarm(treatment, EvaluationPeriods=periods, DatapointsToAlarm=to_alarm, TreatMissingData=treatment)
        world.cloudwatch.set_alarm_state(AlarmName=treatment, StateReason="by hand",
                                         StateValue="OK" if wanted[TREATMENTS.index(treatment)] != "OK" else "ALARM")
    before = {treatment: world.state(treatment) for treatment in TREATMENTS}
    world.advance(6)
    for treatment, state in zip(TREATMENTS, wanted):
        world.becomes(state or before[treatment], treatment)


@pytest.mark.parametrize("of_metrics", [False, True])
@pytest.mark.parametrize("treatment, state", [(None, "ALARM"), ("missing", "INSUFFICIENT_DATA"), ("notBreaching", "OK")])
def test_by_default_missing_data_of_dynamodb_is_ignored(world, of_metrics, treatment, state):
    metric = {"Namespace": "AWS/DynamoDB", "MetricName": "UserErrors"}
    watched = {"Metrics": [{"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}], "Namespace": None,
               "MetricName": None, "Statistic": None, "Period": None}
    world.next_minute()
    world.alarm("other")
    world.alarm(**(watched if of_metrics else metric), TreatMissingData=treatment)
    for name in ("deep", "other"):
        world.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    world.advance(66)
    world.becomes("INSUFFICIENT_DATA", "other")
    world.becomes(state)


def test_an_alarm_over_more_than_a_day_is_evaluated_once_an_hour(world):
    world.advance(3600 - world.now_ms() / 1000 % 3600 + 1)
    world.alarm("day", Period=3600, EvaluationPeriods=24, DatapointsToAlarm=1)
    world.alarm("more", Period=3600, EvaluationPeriods=25, DatapointsToAlarm=1)
    world.put(9, world.next_minute())
    world.advance(3400)
    world.becomes("ALARM", "day")
    assert world.state("more") == "INSUFFICIENT_DATA"
    world.advance(200)
    world.becomes("ALARM", "more")


def test_an_alarm_on_math_over_ten_seconds_is_evaluated_each_ten_seconds(world):
    minute = world.next_minute()
    world.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "depth", "Value": 9, "Timestamp": minute, "StorageResolution": 1}])
    world.alarm(Namespace=None, MetricName=None, Statistic=None, Period=None, Metrics=[
        {"Id": "m1", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "depth"}, "Period": 10, "Stat": "Sum"}}])
    world.advance(16)
    world.becomes("ALARM")


def test_a_transition_publishes_to_topics_and_invokes_nothing_twice(world):
    topic = world.sns.create_topic(Name="alarms")["TopicArn"]
    queue = world.sqs.create_queue(QueueName="alarms")["QueueUrl"]
    queue_arn = f"arn:aws:sqs:us-east-1:{world.account}:alarms"
    world.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue_arn}]})})
    world.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    world.alarm(AlarmActions=[topic], OKActions=[topic], AlarmDescription="d", Dimensions=[{"Name": "Q", "Value": "v"}])
    minute = world.next_minute()
    world.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "depth", "Value": 7, "Timestamp": minute, "Dimensions": [{"Name": "Q", "Value": "v"}]}])
    world.advance(66)
    world.becomes("ALARM")
    assert world.history(HistoryItemType="Action") == [("Action", f"Successfully executed action {topic}")]
    [message] = awaited(world.sqs, queue, MaxNumberOfMessages=10)
    envelope = json.loads(message["Body"])
    assert envelope["Subject"] == 'ALARM: "deep" in US East (N. Virginia)'
    told, alarm = json.loads(envelope["Message"]), world.described()
    assert told.pop("AlarmConfigurationUpdatedTimestamp").endswith("+0000") and told.pop("StateChangeTime").endswith("+0000")
    assert told == {
        "AlarmName": "deep", "AlarmDescription": "d", "AWSAccountId": world.account, "NewStateValue": "ALARM",
        "NewStateReason": alarm["StateReason"], "Region": "US East (N. Virginia)", "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": "INSUFFICIENT_DATA", "OKActions": [topic], "AlarmActions": [topic], "InsufficientDataActions": [],
        "Trigger": {"MetricName": "depth", "Namespace": "Shop", "StatisticType": "Statistic", "Statistic": "MAXIMUM", "Unit": None,
                    "Dimensions": [{"value": "v", "name": "Q"}], "Period": 60, "EvaluationPeriods": 1,
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 5, "TreatMissingData": "",
                    "EvaluateLowSampleCountPercentile": ""}}
    assert world.history(HistoryItemType="Action") == [("Action", f"Successfully executed action {topic}")]
    world.advance(60)  # it is still in ALARM: no second message
    world.becomes("ALARM")
    assert world.history(HistoryItemType="Action") == [("Action", f"Successfully executed action {topic}")]


def test_a_dead_letter_raises_the_alarm_of_its_queue(world):
    dead = world.sqs.create_queue(QueueName="OrderDLQ")["QueueUrl"]
    dead_arn = f"arn:aws:sqs:us-east-1:{world.account}:OrderDLQ"
    queue = world.sqs.create_queue(QueueName="Orders", Attributes={
        "VisibilityTimeout": "0", "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1})})["QueueUrl"]
    topic = world.sns.create_topic(Name="dead")["TopicArn"]
    watch = world.sqs.create_queue(QueueName="watch", Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]})})["QueueUrl"]
    world.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{world.account}:watch")
    world.cloudwatch.put_metric_alarm(
        AlarmName="dead letters", Namespace="AWS/SQS", MetricName="ApproximateNumberOfMessagesVisible", Statistic="Maximum",
        Dimensions=[{"Name": "QueueName", "Value": "OrderDLQ"}], Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold", TreatMissingData="notBreaching", AlarmActions=[topic])

    def minutes_until(state):
        def is_reached():
            if world.state("dead letters") == state:
                return True
            world.advance(20)
            return False

        world.wait_until(is_reached)

    minutes_until("OK")
    world.sqs.send_message(QueueUrl=queue, MessageBody="poison")
    for _ in range(2):
        world.sqs.receive_message(QueueUrl=queue)
    minutes_until("ALARM")
    [message] = awaited(world.sqs, watch)
    told = json.loads(json.loads(message["Body"])["Message"])
    assert (told["AlarmName"], told["NewStateValue"], told["OldStateValue"], told["Trigger"]["Dimensions"]) == (
        "dead letters", "ALARM", "OK", [{"value": "OrderDLQ", "name": "QueueName"}])
    world.sqs.purge_queue(QueueUrl=dead)
    minutes_until("OK")


def test_actions_can_be_disabled_and_failures_are_in_the_history(world):
    missing = f"arn:aws:sns:us-east-1:{world.account}:missing"
    other = "arn:aws:automate:us-east-1:ec2:stop"
    world.alarm(AlarmActions=[missing, other])
    world.cloudwatch.disable_alarm_actions(AlarmNames=["deep", "none"])
    assert (world.described()["ActionsEnabled"], world.history()[0]) == (False, ("ConfigurationUpdate", 'Alarm "deep" updated'))
    world.cloudwatch.set_alarm_state(AlarmName="deep", StateValue="ALARM", StateReason="test")
    assert world.history(HistoryItemType="Action") == []
    world.cloudwatch.enable_alarm_actions(AlarmNames=["deep"])
    world.cloudwatch.set_alarm_state(AlarmName="deep", StateValue="OK", StateReason="test")
    world.cloudwatch.set_alarm_state(AlarmName="deep", StateValue="ALARM", StateReason="test")
    assert world.history(HistoryItemType="Action") == [("Action", f"Failed to execute action {other}"),
                                                       ("Action", f"Failed to execute action {missing}")]
    assert world.described()["StateReason"] == "test"


def test_an_alarm_that_is_put_again_acts_as_it_says(world):
    world.alarm(ActionsEnabled=False)
    assert world.described()["ActionsEnabled"] is False
    world.cloudwatch.enable_alarm_actions(AlarmNames=["deep"])
    assert world.described()["ActionsEnabled"] is True
    world.cloudwatch.disable_alarm_actions(AlarmNames=["deep"])
    world.alarm()
    assert world.described()["ActionsEnabled"] is True


def test_an_alarm_on_metric_math(world):
    def stat(name):
        return {"Id": name, "ReturnData": False,
                "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": "Sum"}}

    world.cloudwatch.put_metric_alarm(AlarmName="deep", EvaluationPeriods=1, Threshold=50, ComparisonOperator="GreaterThanThreshold",
                                      Metrics=[stat("errors"), stat("calls"), {"Id": "rate", "Expression": "100 * errors / calls"}])
    minute = world.next_minute()
    for name, value in (("errors", 3), ("calls", 5)):
        world.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": name, "Value": value, "Timestamp": minute}])
    world.advance(66)
    world.becomes("ALARM")
    assert "[60.0 (" in world.described()["StateReason"]
    assert refusal(world.cloudwatch.put_metric_alarm, AlarmName="x", EvaluationPeriods=1, Threshold=1,
                   ComparisonOperator="GreaterThanThreshold", Metrics=[stat("a"), stat("b")]) == (
        "ValidationError", "Exactly one element of the metrics list should return data.")


def test_alarms_are_listed_by_name_prefix_state_action_and_metric(world):
    for name in ("a-1", "a-2", "b-1"):
        world.alarm(name, AlarmActions=[f"arn:aws:sns:us-east-1:{world.account}:{name}"])
    world.cloudwatch.set_alarm_state(AlarmName="a-2", StateValue="ALARM", StateReason="test")

    def names(**filters):
        return [alarm["AlarmName"] for alarm in world.cloudwatch.describe_alarms(**filters)["MetricAlarms"]]

    assert names() == ["a-1", "a-2", "b-1"]
    assert names(AlarmNamePrefix="a-") == ["a-1", "a-2"]
    assert names(AlarmNames=["b-1", "none", "a-1"]) == ["b-1", "a-1"]
    assert names(StateValue="ALARM") == ["a-2"]
    assert names(ActionPrefix=f"arn:aws:sns:us-east-1:{world.account}:b") == ["b-1"]
    assert names(AlarmTypes=["CompositeAlarm"]) == []
    pages = list(world.cloudwatch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2}))
    assert [[alarm["AlarmName"] for alarm in page["MetricAlarms"]] for page in pages] == [["a-1", "a-2"], ["b-1"]]
    found = world.cloudwatch.describe_alarms_for_metric(Namespace="Shop", MetricName="depth")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["a-1", "a-2", "b-1"]
    assert world.cloudwatch.describe_alarms_for_metric(Namespace="Shop", MetricName="depth", Statistic="Sum")["MetricAlarms"] == []
    world.cloudwatch.delete_alarms(AlarmNames=["a-1", "none", "a-2"])
    world.cloudwatch.delete_alarms(AlarmNames=["none"])
    assert names() == ["b-1"]
    assert world.history("a-1")[0] == ("ConfigurationUpdate", 'Alarm "a-1" deleted')


def test_the_history_is_kept_for_thirty_days(own_server, wait_until):
    world = World(own_server.endpoint, "history", own_server.advance_clock, lambda: own_server.advance_clock(0), wait_until)
    day, first = 24 * 3600, ("ConfigurationUpdate", 'Alarm "deep" created')
    world.alarm(TreatMissingData="ignore")
    for seconds, kept in ((30 * day - 60, True), (70, False)):
        world.advance(seconds)
        world.cloudwatch.set_alarm_state(AlarmName="deep", StateReason="test", StateValue="ALARM" if kept else "OK")
        assert (world.history()[-1] == first) is kept


def test_the_history_is_listed_in_both_orders_in_pages(world):
    for name in ("deep", "other"):
        world.alarm(AlarmName=name, TreatMissingData="ignore")
        for state in ("ALARM", "OK"):
            world.cloudwatch.set_alarm_state(AlarmName=name, StateReason="test", StateValue=state)

    def listed(**arguments):
        pages = list(world.cloudwatch.get_paginator("describe_alarm_history").paginate(**arguments, PaginationConfig={"PageSize": 2}))
        assert all(len(page["AlarmHistoryItems"]) <= 2 for page in pages)
        return [(item["AlarmName"], item["HistorySummary"]) for page in pages for item in page["AlarmHistoryItems"]]

    oldest_first = [(name, summary) for name in ("deep", "other") for summary in (
        f'Alarm "{name}" created', "Alarm updated from INSUFFICIENT_DATA to ALARM", "Alarm updated from ALARM to OK")]
    assert listed(ScanBy="TimestampAscending") == oldest_first
    assert listed(ScanBy="TimestampDescending") == listed() == oldest_first[::-1]
    assert listed(ScanBy="TimestampAscending", AlarmName="other") == oldest_first[3:]
    assert listed(ScanBy="TimestampAscending", HistoryItemType="ConfigurationUpdate") == oldest_first[::3]


def test_alarms_have_tags(world):
    world.alarm(Tags=[{"Key": "a", "Value": "1"}])
    arn = world.described()["AlarmArn"]
    world.cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    world.cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert world.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    world.cloudwatch.delete_alarms(AlarmNames=["deep"])
    world.alarm()
    assert world.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == []


@pytest.mark.parametrize("changes, sentence", [
    ({"Statistic": None}, "Must specify either Statistics or ExtendedStatistics"),
    ({"ExtendedStatistic": "p90"}, "Only one of statistics or extended statistics can be set for an alarm"),
    ({"Statistic": None, "ExtendedStatistic": "q90"}, "The value q90 for parameter ExtendedStatistic is not supported."),
    ({"MetricName": "caf\u00e9"}, "MetricName must not contain Non-ASCII characters."),
    ({"Namespace": "caf\u00e9"}, "Namespace must not contain Non-ASCII characters."),
    ({"AlarmActions": ["mail"]}, "Invalid arn syntax: mail"),
    ({"OKActions": ["arn:aws:sns:eu-west-1:000000000000:t"]}, "Invalid region eu-west-1 specified. Only us-east-1 is supported."),
    ({"InsufficientDataActions": ["arn:aws:sns:us-east-1:000000000000:t", "arn:aws-cn:sns:us-east-1:000000000000:t"]},
     "Invalid partition aws-cn specified. Only aws is supported."),
    ({"Period": 45}, "Metric period must be 10, 20, 30 or any multiple of 60 seconds."),
    ({"Period": None}, "Metric period must be 10, 20, 30 or any multiple of 60 seconds."),
    ({"Threshold": float("nan")}, "The value NaN for parameter Threshold is invalid."),
    ({"Threshold": float("inf")}, "The value Infinity for parameter Threshold is invalid."),
    ({"Threshold": float("-inf")}, "The value -Infinity for parameter Threshold is invalid."),
    ({"name": "de\x7fep"}, "AlarmName must not contain ASCII control characters."),
    ({"name": "de\x1fep"}, "AlarmName must not contain ASCII control characters."),
    ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods."),
    ({"TreatMissingData": "perhaps"}, "Option for treating missing data must be one of: breaching, notBreaching, ignore, missing"),
    ({"EvaluationPeriods": 1441}, "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)."),
    ({"EvaluationPeriods": 169, "Period": 3600},
     "Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800)."),
])
def test_alarms_that_cannot_be_are_refused(world, changes, sentence):
    with pytest.raises(ClientError) as raised:
        world.alarm(**changes)
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationError", sentence)


def of(**periods):
    """Queries of metrics that an expression adds up."""
    stats = [{"Id": name, "ReturnData": False, "MetricStat": {
        "Metric": {"Namespace": "Shop", "MetricName": name}, "Period": period, "Stat": "Sum"}} for name, period in periods.items()]
    return [*stats, {"Id": "sum", "Expression": "SUM(METRICS())"}]


@pytest.mark.parametrize("queries, sentence", [
    (of(a=60, b=300), "All metrics of an alarm must have the same Period."),
    (of(a=5), "Metric period must be 10, 20, 30 or any multiple of 60 seconds."),
    (of(**{f"m{number}": 60 for number in range(11)}), "An alarm can have no more than 10 metrics."),
    ([{"Id": "e1", "Expression": "TIME_SERIES(1)"}], "Period must not be null"),
    ([{"Id": "e1", "Expression": "TIME_SERIES(1)", "Period": 5}], "Metric period must be 10, 20, 30 or any multiple of 60 seconds."),
    ([{"Id": "e1", "Expression": "TIME_SERIES(1)", "Period": 345600}],
     "Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800)."),
])
def test_queries_that_no_alarm_can_have_are_refused(world, queries, sentence):
    world.cloudwatch.put_metric_alarm(AlarmName="most", EvaluationPeriods=2, Metrics=of(**{f"m{number}": 10 for number in range(10)}),
                                      **THRESHOLD)
    assert refusal(world.cloudwatch.put_metric_alarm, AlarmName="x", EvaluationPeriods=2, Metrics=queries, **THRESHOLD) == (
        "ValidationError", sentence)


def test_the_longest_ranges_of_alarms(world):
    world.alarm("day", EvaluationPeriods=1440)
    world.alarm("week", EvaluationPeriods=168, Period=3600)


@pytest.mark.parametrize("protocol", ["smithy-rpc-v2-cbor", "json", "query"])
def test_alarms_are_described_with_lists_that_are_empty(world, protocol):
    cloudwatch = session(protocol).create_client(
        "cloudwatch", endpoint_url=world.endpoint, region_name="us-east-1", aws_access_key_id=world.account, aws_secret_access_key="x")
    world.alarm()
    query = {"Id": "m", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "depth"}, "Period": 60, "Stat": "Sum"}}
    cloudwatch.put_metric_alarm(AlarmName="math", Metrics=[query], EvaluationPeriods=1, **THRESHOLD)
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(deep) OR ALARM(math)", OKActions=[])
    found = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    of_metric = cloudwatch.describe_alarms_for_metric(Namespace="Shop", MetricName="depth")["MetricAlarms"]
    assert len(found["MetricAlarms"]) == 2 and len(found["CompositeAlarms"]) == len(of_metric) == 1
    for alarm in (*found["MetricAlarms"], *found["CompositeAlarms"], *of_metric):
        assert (alarm["OKActions"], alarm["AlarmActions"], alarm["InsufficientDataActions"]) == ([], [], [])
        assert alarm.get("Dimensions") == (None if "AlarmRule" in alarm else [])


def test_the_states_of_alarms_are_named_as_aws_names_them(world):
    world.alarm()
    with pytest.raises(world.cloudwatch.exceptions.ClientError) as refused:
        world.cloudwatch.set_alarm_state(AlarmName="deep", StateValue="INVALID", StateReason="test")
    assert refused.value.response["Error"]["Message"] == (
        "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum "
        "value set: [INSUFFICIENT_DATA, ALARM, OK]")
