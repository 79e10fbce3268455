"""Composite alarms: their rules, what they follow, and what suppresses their actions."""

import json

import pytest
from alarm_world import World
from refusals import refusal

ARN = "arn:aws:cloudwatch:us-east-1:{}:alarm:{}"


class Composites:
    def __init__(self, world):
        self.world, self.cloudwatch = world, world.cloudwatch

    def children(self, *names):
        """Metric alarms whose states the test sets by hand; without points they keep them."""
        for name in names:
            self.world.alarm(name, TreatMissingData="ignore")
            self.set(name, "OK")

    def set(self, name, state):
        self.cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="by hand")

    def put(self, rule, name="all", **more):
        self.cloudwatch.put_composite_alarm(AlarmName=name, AlarmRule=rule, **more)

    def described(self, name="all"):
        found = self.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
        assert found["MetricAlarms"] == []
        [alarm] = found["CompositeAlarms"]
        return alarm

    def becomes(self, state, name="all"):
        assert self.world.wait_until(lambda: self.described(name)["StateValue"] == state), self.described(name)

    def topic(self):
        """A topic for actions, and a function that takes the messages which have arrived."""
        arn = self.world.sns.create_topic(Name="actions")["TopicArn"]
        url = self.world.sqs.create_queue(QueueName="heard")["QueueUrl"]
        queue = self.world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.world.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}]})})
        self.world.sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})

        def take():
            messages = self.world.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            for message in messages:
                self.world.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return [json.loads(message["Body"]) for message in messages]

        return arn, take


@pytest.fixture
def composites(world):
    return Composites(world)


# --- Rules -------------------------------------------------------------------------------------

# a is in ALARM, b is OK, c has insufficient data
RULES = [
    ("TRUE", True), ("FALSE", False), ("true", True), ("NOT TRUE", False), ("NOT NOT TRUE", True),
    ("ALARM(a)", True), ('ALARM("a")', True), ("ALARM( a )", True), ("alarm(a)", True), ("ALARM(b)", False), ("ALARM(c)", False),
    ("OK(b)", True), ("OK(a)", False), ("INSUFFICIENT_DATA(c)", True), ("INSUFFICIENT_DATA(a)", False),
    (f"ALARM({ARN.format('{account}', 'a')})", True), (f'OK("{ARN.format("{account}", "b")}")', True),
    ("ALARM(a) AND OK(b)", True), ("ALARM(a) AND ALARM(b)", False), ("ALARM(b) OR ALARM(a)", True), ("ALARM(b) OR ALARM(c)", False),
    ("TRUE OR TRUE AND FALSE", True), ("(TRUE OR TRUE) AND FALSE", False), ("NOT FALSE AND FALSE", False),
    ("NOT (FALSE AND FALSE)", True), ("((ALARM(a)))", True), ("ALARM(a)AND(OK(b))", True), ("ALARM(a)\n\tAND OK(b)", True),
    ("AT_LEAST(1, ALARM, (a, b, c))", True), ("AT_LEAST(2, ALARM, (a, b, c))", False), ("AT_LEAST(2, NOT ALARM, (a, b, c))", True),
    ("AT_LEAST(3, NOT ALARM, (a, b, c))", False), ("AT_LEAST(33%, OK, (a, b, c))", True), ("AT_LEAST(34%, OK, (a, b, c))", False),
    ('AT_LEAST(100%, ALARM, ("a"))', True), ("AT_LEAST(1, INSUFFICIENT_DATA, (c)) AND ALARM(a)", True),
]


@pytest.fixture
def three(composites):
    composites.children("a", "b", "c")
    composites.set("a", "ALARM")
    composites.set("c", "INSUFFICIENT_DATA")
    return composites


def test_rules(three):
    for number, (rule, _) in enumerate(RULES):
        three.put(rule.replace("{account}", three.world.account), f"rule{number}")
    for number, (rule, holds) in enumerate(RULES):
        three.becomes("ALARM" if holds else "OK", f"rule{number}")


@pytest.mark.parametrize("rule, problem", [
    ("ALARM", "'(' is missing near ''"), ("ALARM(a", "')' is missing near ''"), ("ALARM()", "An alarm's name is missing near ')'"),
    ('ALARM("a)', "A quote is not closed near 'a)'"), ("ALARM(a) OK(b)", "AND or OR is missing near 'OK(b)'"),
    ("ALARM(a) AND", "A function is missing near ''"), ("OR TRUE", "A function is missing near 'OR TRUE'"),
    ("(TRUE", "')' is missing near ''"), ("TRUE)", "AND or OR is missing near ')'"), ("WARN(a)", "A function is missing near 'WARN(a)'"),
    ("AT_LEAST(0, ALARM, (a))", "A count is missing near '0, ALARM, (a))'"),
    ("AT_LEAST(101%, ALARM, (a))", "More than 100% near ', ALARM, (a))'"), ("AT_LEAST(2, ALARM, (a))", "AT_LEAST counts more alarms than it has near ''"),
    ("AT_LEAST(1, BAD, (a))", "A state is missing near 'BAD, (a))'"), ("NOT " * 100 + "TRUE", "Too deep near 'TRUE'"),
    (" OR ".join(["TRUE"] * 251), "More than 500 elements near ''"),
])
def test_a_rule_that_cannot_be_read_is_refused(composites, rule, problem):
    assert refusal(composites.put, rule) == ("ValidationError", f"The AlarmRule is not valid: {problem}")


def test_the_largest_rules(composites):
    composites.put("NOT " * 99 + "TRUE", "deep")
    composites.put(" OR ".join(["FALSE"] * 250), "wide")  # 499 elements
    composites.put(" OR ".join(["NOT TRUE"] + ["FALSE"] * 249), "wider")  # 500
    composites.becomes("OK", "deep")
    composites.becomes("OK", "wide")
    composites.becomes("OK", "wider")
    names = [f"n{number}" for number in range(101)]
    composites.children(*names)
    composites.put(f"AT_LEAST(1, ALARM, ({','.join(names[:100])}))", "hundred")
    assert refusal(composites.put, f"AT_LEAST(1, ALARM, ({','.join(names)}))")[1].startswith(
        "The AlarmRule is not valid: More than 100 alarms")


def test_the_alarms_of_a_rule_must_exist(three):
    other = ARN.format("999999999999", "a")
    assert refusal(three.put, f"ALARM(x) OR ALARM(a) OR OK({other})") == (
        "ValidationError", f"Could not save the composite alarm as alarms [x, {other}] in the alarm rule do not exist")


# --- Following ---------------------------------------------------------------------------------


def test_a_composite_alarm_over_two_goes_to_alarm_and_publishes(composites):
    topic, take = composites.topic()
    composites.children("one", "two")
    composites.put("ALARM(one) AND ALARM(two)", AlarmDescription="both", AlarmActions=[topic], OKActions=[topic])
    composites.becomes("OK")
    [created] = composites.world.wait_until(take)
    whole = ARN.format(composites.world.account, "all")
    assert (created["OldStateValue"], created["NewStateValue"]) == ("INSUFFICIENT_DATA", "OK")
    assert created["NewStateReason"] == f"{whole} was created and its alarm rule evaluates to OK"
    composites.set("one", "ALARM")
    composites.set("two", "ALARM")
    composites.becomes("ALARM")
    [message] = composites.world.wait_until(take)
    two = ARN.format(composites.world.account, "two")
    child = message["TriggeringChildren"][0]["State"]
    moment = message.pop("StateChangeTime")
    assert message == {
        "AlarmName": "all", "AlarmDescription": "both", "AWSAccountId": composites.world.account,
        "AlarmConfigurationUpdatedTimestamp": message["AlarmConfigurationUpdatedTimestamp"],
        "NewStateValue": "ALARM", "NewStateReason": message["NewStateReason"], "Region": "US East (N. Virginia)", "AlarmArn": whole,
        "OldStateValue": "OK", "OKActions": [topic], "AlarmActions": [topic], "InsufficientDataActions": [],
        "AlarmRule": "ALARM(one) AND ALARM(two)",
        "TriggeringChildren": [{"Arn": two, "State": {"Value": "ALARM", "Timestamp": child["Timestamp"]}}],
    }
    assert child["Timestamp"] <= moment and message["NewStateReason"].startswith(f"{two} transitioned to ALARM at ")
    alarm = composites.described()
    assert json.loads(alarm["StateReasonData"]) == {
        "triggeringAlarms": [{"arn": two, "state": {"value": "ALARM", "timestamp": child["Timestamp"]}}]}
    assert {item["AlarmType"] for item in composites.cloudwatch.describe_alarm_history(
        AlarmName="all", AlarmTypes=["CompositeAlarm"])["AlarmHistoryItems"]} == {"CompositeAlarm"}
    assert composites.world.history("all") == []


def test_the_reason_of_a_large_rule_names_as_many_alarms_as_have_room(composites):
    names = [f"{number:02}" + "n" * 253 for number in range(20)]
    composites.children(*names)
    composites.put(f"AT_LEAST(1, ALARM, ({','.join(names)}))")
    composites.becomes("OK")
    data = composites.described()["StateReasonData"]
    named = [alarm["arn"].rsplit(":", 1)[1] for alarm in json.loads(data)["triggeringAlarms"]]
    assert named == names[:len(named)] and 5 < len(named) < 20 and 3500 <= len(data) <= 4000


def test_composite_alarms_follow_composite_alarms(composites):
    composites.children("leaf")
    composites.put("ALARM(leaf)", "middle")
    composites.put("NOT OK(middle)", "top")
    composites.becomes("OK", "middle")
    composites.becomes("OK", "top")
    composites.set("leaf", "ALARM")
    composites.becomes("ALARM", "top")
    composites.set("leaf", "OK")
    composites.becomes("OK", "top")


def test_a_cycle_ends_where_it_began(composites):
    composites.put("FALSE", "a")
    composites.put("NOT ALARM(a)", "b")
    composites.becomes("ALARM", "b")
    composites.put("ALARM(b)", "a")
    composites.becomes("ALARM", "a")
    composites.becomes("OK", "b")
    for name in ("a", "b"):
        assert refusal(composites.cloudwatch.delete_alarms, AlarmNames=[name]) == (
            "ValidationError", f"Cannot delete {name} as there are composite alarm(s) depending on it.")
    composites.put("FALSE", "a")
    composites.becomes("OK", "a")
    composites.becomes("ALARM", "b")
    composites.cloudwatch.delete_alarms(AlarmNames=["b"])
    composites.cloudwatch.delete_alarms(AlarmNames=["a"])


def test_a_rule_that_changes_is_evaluated(three):
    three.put("ALARM(b)", Tags=[{"Key": "a", "Value": "1"}])
    three.becomes("OK")
    three.put("ALARM(a)", Tags=[{"Key": "a", "Value": "2"}])
    three.becomes("ALARM")
    alarm = three.described()
    assert alarm["StateReason"] == f"{alarm['AlarmArn']} was updated and its alarm rule evaluates to ALARM"
    assert three.cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"] == [{"Key": "a", "Value": "1"}]
    three.set("b", "ALARM")
    three.set("a", "OK")
    three.becomes("OK")


def test_what_is_kept_survives_a_restart(own_server, wait_until):
    server = own_server
    composites = Composites(World(server.endpoint, "restart", server.advance_clock, lambda: server.advance_clock(0), wait_until))
    composites.children("a")
    composites.put("ALARM(a)")
    composites.becomes("OK")
    server.kill()
    server.start()
    composites.set("a", "ALARM")
    composites.becomes("ALARM")


# --- Listing and deleting ----------------------------------------------------------------------


def test_the_actions_of_a_composite_alarm_are_arns_of_its_region(three):
    assert refusal(three.put, "ALARM(a)", "far", OKActions=["arn:aws:sns:eu-west-1:000000000000:t"]) == (
        "ValidationError", "Invalid region eu-west-1 specified. Only us-east-1 is supported.")
    three.put("ALARM(a)", "near", OKActions=["arn:aws:ssm-incidents::000000000000:response-plan/p"])  # without a region


@pytest.mark.parametrize("service, supported", [
    ("sns:us-east-1:000000000000:t", True), ("lambda:us-east-1:000000000000:function:f", True),
    ("ssm:us-east-1:000000000000:opsitem:1", True), ("automate:us-east-1:ec2:stop", False),
    ("swf:us-east-1:000000000000:action/actions/AWS_EC2.InstanceId.Stop/1.0", False),
    ("autoscaling:us-east-1:000000000000:scalingPolicy:i:autoScalingGroupName/g:policyName/p", False),
])
@pytest.mark.parametrize("state", ["AlarmActions", "OKActions", "InsufficientDataActions"])
def test_composite_alarms_have_no_actions_of_ec2_and_auto_scaling(composites, service, supported, state):
    action = f"arn:aws:{service}"
    composites.world.alarm("one", **{state: [action]})  # a metric alarm has
    if supported:
        composites.put("TRUE", "none", **{state: [action]})
    else:
        assert refusal(composites.put, "TRUE", "none", **{state: [action]}) == (
            "ValidationError", f"Composite alarms do not support the action {action}.")


def test_composite_alarms_are_listed_when_they_are_asked_for(three):
    three.put("ALARM(a)", "z", AlarmActions=["arn:aws:sns:us-east-1:1:x"])
    three.becomes("ALARM", "z")

    def listed(**filters):
        found = three.cloudwatch.describe_alarms(**filters)
        return [alarm["AlarmName"] for alarm in found["MetricAlarms"]], [alarm["AlarmName"] for alarm in found["CompositeAlarms"]]

    both = ["MetricAlarm", "CompositeAlarm"]
    assert listed() == (["a", "b", "c"], [])
    assert listed(AlarmTypes=["CompositeAlarm"]) == ([], ["z"])
    assert listed(AlarmTypes=both) == (["a", "b", "c"], ["z"])
    assert listed(AlarmTypes=both, StateValue="ALARM") == (["a"], ["z"])
    assert listed(AlarmTypes=both, ActionPrefix="arn:aws:sns") == ([], ["z"])
    assert listed(AlarmNames=["a", "z"], AlarmTypes=both) == (["a"], ["z"])
    assert listed(AlarmNames=["a", "z"]) == (["a"], [])
    three.put("ALARM(z) OR OK(b)", "y")
    three.becomes("ALARM", "y")
    assert listed(ChildrenOfAlarmName="y") == (["b"], ["z"])
    assert listed(ParentsOfAlarmName="b") == ([], ["y"])
    assert listed(ParentsOfAlarmName="c") == ([], [])
    assert set(three.cloudwatch.describe_alarms(ChildrenOfAlarmName="y")["MetricAlarms"][0]) == {
        "AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
    assert set(three.cloudwatch.describe_alarms(ParentsOfAlarmName="b")["CompositeAlarms"][0]) == {"AlarmName", "AlarmArn"}
    first = three.cloudwatch.describe_alarms(ChildrenOfAlarmName="y", MaxRecords=1)
    rest = three.cloudwatch.describe_alarms(ChildrenOfAlarmName="y", MaxRecords=1, NextToken=first["NextToken"])
    assert ([len(page["MetricAlarms"]) for page in (first, rest)], "NextToken" in rest) == ([1, 0], False)
    for wrong in ({"StateValue": "OK"}, {"ParentsOfAlarmName": "b"}):
        assert refusal(three.cloudwatch.describe_alarms, ChildrenOfAlarmName="y", **wrong)[1] == (
            "ChildrenOfAlarmName can be specified only with MaxRecords and NextToken")


def test_an_alarm_is_not_deleted_while_a_composite_alarm_depends_on_it(three):
    three.put("ALARM(a)", "x")
    three.put("ALARM(b)", "y", ActionsSuppressor="c", ActionsSuppressorWaitPeriod=1, ActionsSuppressorExtensionPeriod=1)
    for name in ("a", "c"):
        assert refusal(three.cloudwatch.delete_alarms, AlarmNames=[name, "unknown"])[1] == (
            f"Cannot delete {name} as there are composite alarm(s) depending on it.")
    assert refusal(three.cloudwatch.delete_alarms, AlarmNames=["x", "y"])[1] == (
        "No more than one composite alarm can be deleted in one request.")
    three.cloudwatch.delete_alarms(AlarmNames=["a", "x", "unknown"])
    three.cloudwatch.delete_alarms(AlarmNames=["y"])
    three.cloudwatch.delete_alarms(AlarmNames=["b", "c"])
    assert three.cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])["MetricAlarms"] == []


def test_a_name_is_either_a_metric_alarms_or_a_composite_alarms(three):
    assert refusal(three.put, "TRUE", "a")[1] == "A metric alarm with the name a already exists."
    three.put("TRUE")
    assert refusal(three.world.alarm, "all")[1] == "A composite alarm with the name all already exists."


def test_an_alarm_is_in_the_rules_of_at_most_150_composite_alarms(composites):
    composites.children("a")
    for number in range(150):
        composites.put("ALARM(a)", f"parent{number}")
    assert refusal(composites.put, "ALARM(a)")[1] == "Alarm a is in the rules of 150 composite alarms already."
    composites.put("ALARM(a)", "parent0")
    composites.set("a", "ALARM")
    composites.becomes("ALARM", "parent149")


# --- Actions and their suppression -------------------------------------------------------------


def test_the_actions_of_a_composite_alarm_can_be_disabled(three):
    topic, take = three.topic()
    three.put("ALARM(b)", AlarmActions=[topic], ActionsEnabled=False)
    three.set("b", "ALARM")
    three.becomes("ALARM")
    assert take() == []
    three.set("b", "OK")
    three.becomes("OK")
    three.cloudwatch.enable_alarm_actions(AlarmNames=["all"])
    assert three.described()["ActionsEnabled"] is True and three.described()["AlarmRule"] == "ALARM(b)"
    three.set("b", "ALARM")
    assert [message["NewStateValue"] for message in three.world.wait_until(take)] == ["ALARM"]


@pytest.mark.parametrize("settings, sentence", [
    ({"ActionsSuppressor": "a"}, "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required with an ActionsSuppressor."),
    ({"ActionsSuppressorWaitPeriod": 1}, "ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are only for alarms with an ActionsSuppressor."),
    ({"ActionsSuppressor": "x", "ActionsSuppressorWaitPeriod": 1, "ActionsSuppressorExtensionPeriod": 1}, "The ActionsSuppressor x does not exist"),
    ({"ActionsSuppressor": "a", "ActionsSuppressorWaitPeriod": -1, "ActionsSuppressorExtensionPeriod": 1},
     "The periods of an ActionsSuppressor cannot be negative."),
])
def test_a_suppressor_outside_the_rules_is_refused(three, settings, sentence):
    assert refusal(three.put, "TRUE", **settings) == ("ValidationError", sentence)


@pytest.fixture
def suppressed(composites):
    """A composite alarm of `fault`, suppressed by `work`; waits for two minutes and for three."""
    composites.children("fault", "work")
    arn, composites.take = composites.topic()
    composites.put("ALARM(fault)", AlarmActions=[arn], OKActions=[arn], ActionsSuppressor="work",
                   ActionsSuppressorWaitPeriod=120, ActionsSuppressorExtensionPeriod=180)
    composites.becomes("OK")
    assert [one["NewStateValue"] for one in composites.world.wait_until(composites.take)] == ["OK"]
    return composites


def by(composites):
    alarm = composites.described()
    assert alarm.get("ActionsSuppressedReason") == (
        f"Actions suppressed by {alarm['ActionsSuppressedBy']}" if "ActionsSuppressedBy" in alarm else None)
    return alarm.get("ActionsSuppressedBy")


def test_actions_wait_for_the_suppressor(suppressed):
    suppressed.set("fault", "ALARM")
    suppressed.becomes("ALARM")
    suppressed.world.advance(60)
    assert (by(suppressed), suppressed.take()) == ("WaitPeriod", [])
    suppressed.world.advance(61)
    [message] = suppressed.world.wait_until(suppressed.take)
    assert (message["OldStateValue"], message["NewStateValue"], by(suppressed)) == ("OK", "ALARM", None)


def test_an_alarm_that_ends_while_it_waits_does_not_act(suppressed):
    suppressed.set("fault", "ALARM")
    suppressed.becomes("ALARM")
    suppressed.set("fault", "OK")
    suppressed.becomes("OK")
    assert by(suppressed) == "WaitPeriod"
    suppressed.world.advance(121)
    suppressed.world.wait_until(lambda: by(suppressed) is None)
    assert suppressed.take() == []


def test_a_suppressor_in_alarm_keeps_an_alarm_from_acting_until_its_extension_ends(suppressed):
    suppressed.set("fault", "ALARM")
    suppressed.becomes("ALARM")
    suppressed.set("work", "ALARM")
    suppressed.world.wait_until(lambda: by(suppressed) == "Alarm")
    suppressed.world.advance(3600)
    assert (by(suppressed), suppressed.take()) == ("Alarm", [])
    suppressed.set("work", "OK")
    suppressed.world.wait_until(lambda: by(suppressed) == "ExtensionPeriod")
    suppressed.world.advance(120)
    assert (by(suppressed), suppressed.take()) == ("ExtensionPeriod", [])
    suppressed.world.advance(61)
    [message] = suppressed.world.wait_until(suppressed.take)
    assert (message["OldStateValue"], message["NewStateValue"], by(suppressed)) == ("OK", "ALARM", None)


def test_an_alarm_acts_at_once_when_it_returns_to_ok(suppressed):
    suppressed.set("fault", "ALARM")
    suppressed.becomes("ALARM")
    suppressed.world.advance(121)
    assert [one["NewStateValue"] for one in suppressed.world.wait_until(suppressed.take)] == ["ALARM"]
    suppressed.set("fault", "OK")
    assert [one["NewStateValue"] for one in suppressed.world.wait_until(suppressed.take)] == ["OK"]


def test_without_its_suppressor_an_alarm_acts_again(suppressed):
    suppressed.set("work", "ALARM")
    suppressed.world.wait_until(lambda: by(suppressed) == "Alarm")
    suppressed.set("fault", "ALARM")
    suppressed.becomes("ALARM")
    assert suppressed.take() == []
    suppressed.put("ALARM(fault)", AlarmActions=suppressed.described()["AlarmActions"])
    assert [one["NewStateValue"] for one in suppressed.world.wait_until(suppressed.take)] == ["ALARM"]
    assert by(suppressed) is None
