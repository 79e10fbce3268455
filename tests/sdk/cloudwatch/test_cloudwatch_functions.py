"""Functions that are actions of alarms: which event they get, and who may invoke them."""

import json
import re

import pytest
from alarm_world import THRESHOLD
from orderly_fixtures import LAMBDA_TRUST, zip_of
from queues import awaited

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
PERMISSION = {"StatementId": "alarms", "Action": "lambda:InvokeFunction", "Principal": "lambda.alarms.cloudwatch.amazonaws.com"}


class Heard:
    """A function that never runs: its events go to a queue at once."""

    def __init__(self, world):
        self.world = world
        iam, self.functions = world.client("iam"), world.client("lambda")
        role = iam.create_role(RoleName="alarmed", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
        iam.attach_role_policy(RoleName="alarmed", PolicyArn="arn:aws:iam::aws:policy/AmazonSQSFullAccess")
        self.queue = world.sqs.create_queue(QueueName="events")["QueueUrl"]
        self.arn = self.functions.create_function(
            FunctionName="alarmed", Runtime="python3.11", Handler="index.handler", Role=role,
            Code={"ZipFile": zip_of({"index.py": "def handler(event, context):\n    pass\n"})},
            DeadLetterConfig={"TargetArn": f"arn:aws:sqs:us-east-1:{world.account}:events"})["FunctionArn"]
        self.functions.put_function_concurrency(FunctionName="alarmed", ReservedConcurrentExecutions=0)

    def permit(self, **more):
        self.functions.add_permission(FunctionName="alarmed", **PERMISSION, **more)

    def event(self):
        [letter] = awaited(self.world.sqs, self.queue)
        self.world.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=letter["ReceiptHandle"])
        return json.loads(letter["Body"])


@pytest.fixture
def heard(world):
    heard = Heard(world)
    heard.permit()
    return heard


def moment(alarm, member):
    return alarm[member].strftime("%Y-%m-%dT%H:%M:%S.") + "%03d+0000" % (alarm[member].microsecond // 1000)


def test_a_function_gets_the_state_the_one_before_and_the_configuration(world, heard):
    world.alarm(AlarmActions=[heard.arn], OKActions=[heard.arn], AlarmDescription="d", Unit="Percent",
                Dimensions=[{"Name": "Q", "Value": "v"}], TreatMissingData="ignore")
    world.cloudwatch.set_alarm_state(AlarmName="deep", StateValue="OK", StateReason="first", StateReasonData='{"n": 1}')
    told, first = heard.event(), world.described()
    assert told["alarmData"]["previousState"].pop("timestamp") <= told["time"]
    assert told["alarmData"]["previousState"] == {"value": "INSUFFICIENT_DATA", "reason": "Unchecked: Initial alarm creation"}
    world.advance(10)
    world.cloudwatch.set_alarm_state(AlarmName="deep", StateValue="ALARM", StateReason="second")
    told, second = heard.event(), world.described()
    [metric] = told["alarmData"]["configuration"]["metrics"]
    assert re.fullmatch("[0-9a-f-]{36}", metric.pop("id"))
    assert told == {
        "source": "aws.cloudwatch", "alarmArn": second["AlarmArn"], "accountId": world.account, "region": "us-east-1",
        "time": moment(second, "StateUpdatedTimestamp"),
        "alarmData": {
            "alarmName": "deep",
            "state": {"value": "ALARM", "reason": "second", "timestamp": moment(second, "StateUpdatedTimestamp")},
            "previousState": {"value": "OK", "reason": "first", "reasonData": '{"n": 1}',
                              "timestamp": moment(first, "StateUpdatedTimestamp")},
            "configuration": {"description": "d", "metrics": [
                {"metricStat": {"metric": {"namespace": "Shop", "name": "depth", "dimensions": {"Q": "v"}}, "period": 60,
                                "stat": "Maximum", "unit": "Percent"}, "returnData": True}]}}}


def test_a_function_gets_each_metric_and_expression_of_an_alarm_on_metric_math(world, heard):
    def stat(name):
        return {"Id": name, "ReturnData": False,
                "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": "p90"}}

    def told(name):
        return {"id": name, "returnData": False,
                "metricStat": {"metric": {"namespace": "Shop", "name": name, "dimensions": {}}, "period": 60, "stat": "p90"}}

    world.cloudwatch.put_metric_alarm(
        AlarmName="deep", EvaluationPeriods=1, **THRESHOLD, AlarmActions=[heard.arn],
        Metrics=[stat("errors"), stat("calls"), {"Id": "rate", "Expression": "errors / calls", "Label": "share"}])
    world.cloudwatch.set_alarm_state(AlarmName="deep", StateValue="ALARM", StateReason="test")
    assert heard.event()["alarmData"]["configuration"] == {
        "metrics": [told("errors"), told("calls"),
                    {"id": "rate", "expression": "errors / calls", "label": "share", "returnData": True}]}


def put_composite(world, heard, wait_s=120):
    for name in ("fault", "work"):
        world.alarm(name, TreatMissingData="ignore")
        world.cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="by hand")
    world.cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule="ALARM(fault)", AlarmActions=[heard.arn], ActionsSuppressor="work",
                                         ActionsSuppressorWaitPeriod=wait_s, ActionsSuppressorExtensionPeriod=180)
    world.wait_until(lambda: composite(world)["StateValue"] == "OK")


def composite(world):
    [alarm] = world.cloudwatch.describe_alarms(AlarmNames=["all"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    return alarm


def test_a_function_is_told_what_kept_a_composite_alarm_from_acting(world, heard):
    put_composite(world, heard)
    world.cloudwatch.set_alarm_state(AlarmName="fault", StateValue="ALARM", StateReason="by hand")
    world.wait_until(lambda: composite(world).get("ActionsSuppressedBy") == "WaitPeriod")
    alarm = composite(world)
    world.advance(121)
    told = heard.event()
    state = {"value": "ALARM", "reason": alarm["StateReason"], "reasonData": alarm["StateReasonData"]}
    assert MOMENT.fullmatch(told["time"]) and told["time"] > moment(alarm, "StateUpdatedTimestamp")
    assert told["alarmData"] == {
        "alarmName": "all",
        "state": {**state, "timestamp": told["time"]},
        "previousState": {**state, "timestamp": moment(alarm, "StateUpdatedTimestamp"), "actionsSuppressedBy": "WaitPeriod",
                          "actionsSuppressedReason": "Actions suppressed by WaitPeriod"},
        "configuration": {"alarmRule": "ALARM(fault)", "actionsSuppressor": "work", "actionsSuppressorWaitPeriod": 120,
                          "actionsSuppressorExtensionPeriod": 180}}


def test_a_composite_alarm_that_need_not_wait_tells_of_the_state_before(world, heard):
    put_composite(world, heard, wait_s=0)
    before = composite(world)
    world.cloudwatch.set_alarm_state(AlarmName="fault", StateValue="ALARM", StateReason="by hand")
    assert heard.event()["alarmData"]["previousState"] == {
        "value": "OK", "reason": before["StateReason"], "reasonData": before["StateReasonData"],
        "timestamp": moment(before, "StateUpdatedTimestamp")}
