"""GET and POST /_orderly/clock: what comes next, and moving there."""

import contextlib
import json

import changes
import pytest
from door import JSON, boto, send
from orderly_fixtures import zip_of

MOST_KINDS = 10


def clock(server):
    reply = send(server.endpoint, "GET", "/_orderly/clock")
    assert reply.status == 200
    return json.loads(reply.body)


def move(server, body):
    return send(server.endpoint, "POST", "/_orderly/clock", JSON, json.dumps(body))


def to_next(server):
    reply = move(server, {"advance_to_next": True})
    assert reply.status == 200, reply.body
    return json.loads(reply.body)


def moment(server, what):
    """When the next one of that kind comes; None: none is listed."""
    return next((each["at_ms"] for each in clock(server)["next"] if each["what"] == what), None)


def to_next_of(server, what):
    """Move until the next one of that kind has come: others may come before."""
    at = moment(server, what)
    assert at is not None, clock(server)
    for _ in range(1000):
        if to_next(server)["now_ms"] >= at:
            return at
    raise AssertionError(f"the clock does not come to {what}")


def test_the_moments_are_in_order_and_after_now(started):
    server = started()
    sqs = boto(server, "sqs")
    sqs.send_message(QueueUrl=sqs.create_queue(QueueName="q")["QueueUrl"], MessageBody="m", DelaySeconds=900)
    now = clock(server)
    moments = [each["at_ms"] for each in now["next"]]
    assert set(now) == {"now_ms", "offset_ms", "next_ms", "next"} and all(set(each) == {"at_ms", "what"} for each in now["next"])
    assert moments == sorted(moments) and moments[0] == now["next_ms"] > now["now_ms"]
    assert len(moments) == len({each["what"] for each in now["next"]}) <= MOST_KINDS


def test_the_end_of_a_delay_is_the_next_thing(started):
    server = started()
    sqs = boto(server, "sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    assert moment(server, "sqs/visibility") is None
    before = clock(server)["now_ms"]
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=900)
    sqs.send_message(QueueUrl=url, MessageBody="soon", DelaySeconds=300)
    at = to_next_of(server, "sqs/visibility")
    assert before + 300_000 <= at <= clock(server)["now_ms"]
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]] == ["soon"]


def test_the_end_of_a_visibility_timeout_is_the_next_thing(started):
    server = started()
    sqs = boto(server, "sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="m")
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    to_next_of(server, "sqs/visibility")
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1
    sqs.purge_queue(QueueUrl=url)
    assert moment(server, "sqs/visibility") is None


def test_a_timer_is_named_by_its_operation(started):
    server = started("--table-delay", "3600")
    dynamodb = boto(server, "dynamodb")
    dynamodb.create_table(TableName="tbl", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}])
    to_next_of(server, "dynamodb:SettleTable")
    dynamodb.get_waiter("table_exists").wait(TableName="tbl", WaiterConfig={"Delay": 1})
    assert moment(server, "dynamodb:SettleTable") is None


@pytest.mark.parametrize("body", [
    {}, {"advance_ms": -1}, {"advance_ms": 1.5}, {"advance_ms": "1"}, {"advance_to_next": False}, {"advance_to_next": 1},
    {"advance_ms": 1, "advance_to_next": True}, []])
def test_a_move_that_is_none_is_refused(started, body):
    server = started()
    reply = move(server, body)
    assert (reply.status, reply.message) == (
        400, 'The body must be {"advance_ms": N} with a whole N of 0 or more, or {"advance_to_next": true}.')
    assert clock(server)["offset_ms"] == 0


def test_the_retry_of_an_asynchronous_invocation_is_the_next_thing(started, wait_until):
    server = started()
    boto(server, "iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    function = boto(server, "lambda")
    function.create_function(FunctionName="f", Runtime="python3.11", Handler="index.handler", Timeout=30, Role="arn:aws:iam::000000000000:role/r",
                             Code={"ZipFile": zip_of({"index.py": "def handler(event, context):\n    raise ValueError('no')\n"})})
    function.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    function.invoke(FunctionName="f", InvocationType="Event", Payload=b"{}")

    def attempts():
        reply = send(server.endpoint, "GET", "/_orderly/traces?outcome=failed")
        return sum(failed_attempts(server, trace["traceId"]) for trace in json.loads(reply.body)["traces"])

    for before in (1, 2):
        wait_until(lambda before=before: attempts() == before, 60, what=f"attempt {before}")
        wait_until(lambda: moment(server, "lambda:RetryInvocation"), what="the retry")
        to_next_of(server, "lambda:RetryInvocation")
    wait_until(lambda: attempts() == 3, 60, what="attempt 3")
    assert moment(server, "lambda:RetryInvocation") is None


def failed_attempts(server, trace):
    hops = json.loads(send(server.endpoint, "GET", f"/_orderly/traces/{trace}").body)["hops"]
    return sum(hop["kind"] == "returned" and hop["verdict"] == "failed" for hop in hops)


def test_the_evaluation_of_an_alarm_is_the_next_thing(started, wait_until):
    server = started()
    cloudwatch = boto(server, "cloudwatch")
    assert moment(server, "cloudwatch:EvaluateAlarm") is None
    cloudwatch.put_metric_alarm(AlarmName="a", Namespace="n", MetricName="m", Period=60, EvaluationPeriods=1, Statistic="Sum",
                                Threshold=1, ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching")
    cloudwatch.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 5}])

    def state():
        return cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["StateValue"]

    def in_alarm():
        to_next_of(server, "cloudwatch:EvaluateAlarm")
        return state() == "ALARM"

    wait_until(in_alarm, what="the alarm")
    cloudwatch.delete_alarms(AlarmNames=["a"])
    assert moment(server, "cloudwatch:EvaluateAlarm") is None


def test_a_thousand_queues_are_searched_for_the_end_of_a_delay(started):
    server = started("--durability", "relaxed", "--iam", "off", ORDERLY_SLICE_US=str(10**12))
    sqs = boto(server, "sqs")
    urls = [sqs.create_queue(QueueName=f"q{number:04}")["QueueUrl"] for number in range(1001)]
    sqs.send_message(QueueUrl=urls[1000], MessageBody="m", DelaySeconds=900)
    assert moment(server, "sqs/visibility") is None
    sqs.send_message(QueueUrl=urls[999], MessageBody="m", DelaySeconds=900)
    assert moment(server, "sqs/visibility") is not None


def add_deliveries(server, operation, due_ms, count=1):
    """Rows of deliveries whose next attempts are due at that time; the server is stopped."""
    columns = {"state": "waiting", "due_ms": due_ms, "operation": operation, "account": "000000000000", "region": "us-east-1",
               "target": "nobody", "input": "{}", "added_ms": 0, "failures": 1, "throttles": 0, "immediate_retries": 0,
               "pre_backoff_retries": 0, "backoff_retries": 2, "post_backoff_retries": 0, "backoff": 1, "min_delay_ms": 60000,
               "max_delay_ms": 60000, "throttle_min_ms": 0, "throttle_max_ms": 0, "max_age_ms": 0, "at_once": 0, "per_second": 0}
    with contextlib.closing(changes.database(server)) as database:
        database.executemany(
            f"insert into engine_delivery ({', '.join(columns)}) values ({', '.join('?' * len(columns))})",
            [list(columns.values())] * count)


def test_a_thousand_deliveries_are_searched_for_other_kinds(started):
    server = started()
    soon = clock(server)["now_ms"] + 3_600_000
    server.stop()
    add_deliveries(server, "lambda:RetryInvocation", soon, 999)
    add_deliveries(server, "sns:DeliverOutside", soon + 1)
    server.start()
    assert moment(server, "lambda:RetryInvocation") == soon
    assert moment(server, "sns:DeliverOutside") == soon + 1
    server.stop()
    add_deliveries(server, "lambda:RetryInvocation", soon)
    server.start()
    assert moment(server, "lambda:RetryInvocation") == soon
    assert moment(server, "sns:DeliverOutside") is None
