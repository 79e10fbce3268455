"""What `orderly orders show` prints for an order that was stored, denied, not delivered, retried or given up.

Whole outputs are compared, without times, ids and the width of columns.
"""

import json
import re

import boto3
import pytest

import orderly_server
from conftest import POISON, VISIBILITY_SECONDS, order

ROLE = {"RoleName": "LambdaOrderProcessorRole"}
ITEM = ('  {"orderId":"O1234","userId":"U1","itemName":"Laptop","quantity":1,"status":"new",'
        '"timestamp":"2025-05-03T12:00:00Z"}')
HEAD = ["  Began TIME UTC, trace TRACE", "", "  after  step  where  attempt  took  verdict"]
QUEUED = ["  published  topic OrderTopic  ok", "  delivered  queue OrderQueue  ok"]
DENIED = ["  denied  table Orders  denied",
          "  No policy of role LambdaOrderProcessorRole allows dynamodb:PutItem on table Orders."]
REPAIR = "  `orderly orders deploy` brings back the policies that the order system needs."
DEAD = ["  It is in OrderDLQ and is not tried again by itself. When the cause is gone,",
        "  `orderly orders dlq --redrive` sends it to OrderQueue again."]


def begun(attempt):
    return [f"  received  queue OrderQueue  {attempt}  ok", f"  invoked  function OrderProcessor  {attempt}  ok"]


def returned(attempt):
    return ["  logged  log group /aws/lambda/OrderProcessor  ok",
            f"  returned  function OrderProcessor  {attempt}  ok"]


def reported(attempt, reason):
    return [f"  retried  queue OrderQueue  {attempt}  failed",
            f"  The function reported this message as failed: {reason}."]


REFUSED = ("AccessDeniedException (HTTP 400): User: role LambdaOrderProcessorRole is not authorized to perform: "
           "dynamodb:PutItem on resource: table Orders because no identity-based policy allows the "
           "dynamodb:PutItem action")


def masked(text):
    """The lines of the output; a note of several lines becomes one line."""
    text = re.sub(r"\n {14}(\S[^\n]*)(?=\n {14}\S)", r"\n              \1 +", text)
    text = re.sub(r" \+\n {14}", " ", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", "TIME", text)
    text = re.sub(r"1-[0-9a-f]{8}-[0-9a-f]{24}", "TRACE", text)
    text = re.sub(r"(?<= )\d+(\.\d)? (ms|s)(?= )", "", text)
    return [re.sub(r"(?<!^) {2,}", "  ", re.sub(r"^ {2,}", "  ", line)) for line in text.splitlines()]


@pytest.fixture
def shown(orders):
    def show(order_id, *words):
        return masked(orders("show", order_id, *words).out)

    return show


def test_an_order_that_is_stored(deployed, shown, attempt):
    deployed("submit", stdin=order("O1234"))
    attempt("O1234", 1)
    assert shown("O1234", "--wait", 60) == [
        "Order O1234: stored", ITEM, "", *HEAD, *QUEUED, *begun(1), "  put  table Orders  ok", *returned(1),
        "  deleted  queue OrderQueue  1  ok", ""]


def test_an_order_whose_function_may_not_write_the_table(deployed, client, shown, attempt):
    client("iam").delete_role_policy(**ROLE, PolicyName="StoreOrders")
    deployed("submit", stdin=order("O1234"))
    attempt("O1234", 1)
    assert shown("O1234") == [
        "Order O1234: on its way", "", *HEAD, *QUEUED, *begun(1), *DENIED, *returned(1),
        *reported(1, REFUSED), "",
        "  It has not arrived yet.", REPAIR]


def test_an_order_that_is_retried_once_the_function_may_write_the_table(deployed, client, shown, attempt):
    client("iam").delete_role_policy(**ROLE, PolicyName="StoreOrders")
    deployed("submit", stdin=order("O1234"))
    attempt("O1234", 1)
    deployed("deploy")
    attempt("O1234", 2)
    assert shown("O1234", "--wait", 60) == [
        "Order O1234: stored", ITEM, "", *HEAD, *QUEUED, *begun(1), *DENIED, *returned(1),
        *reported(1, REFUSED), *begun(2), "  put  table Orders  ok", *returned(2), "  deleted  queue OrderQueue  2  ok", ""]


def test_an_order_that_the_queue_does_not_take(deployed, client, shown, tmp_path):
    queues = client("sqs")
    queues.set_queue_attributes(QueueUrl=queues.get_queue_url(QueueName="OrderQueue")["QueueUrl"],
                                Attributes={"Policy": ""})
    deployed("submit", stdin=order("O1234"))
    assert shown("O1234") == [
        "Order O1234: not delivered", "", *HEAD, "  published  topic OrderTopic  ok",
        "  not-delivered  queue OrderQueue  not-delivered",
        "  The policy of queue OrderQueue has no statement that allows sns.amazonaws.com sqs:SendMessage for topic "
        "OrderTopic: there is no such policy.", "",
        "  It did not reach OrderQueue and is not tried again: publish it again when the cause is gone.", REPAIR]
    (tmp_path / "orders.jsonl").write_text(order("O1234") + "\n")
    waited = deployed("wait", "--file", tmp_path / "orders.jsonl", "--timeout", 60)
    assert waited.code == 1
    assert "order O1234 is not in the table (not delivered), 0 messages in OrderDLQ.\n" in waited.out


def throttled(attempt):
    return [f"  throttled  function OrderProcessor  {attempt}  throttled",
            "  The function's reserved concurrency is 0, so its trigger takes no messages."]


def test_an_order_whose_function_is_throttled(deployed, client, shown, wait_until):
    client("lambda").put_function_concurrency(FunctionName="OrderProcessor", ReservedConcurrentExecutions=0)
    deployed("submit", stdin=order("O1234"))
    wait_until(lambda: any("throttled" in line for line in shown("O1234")))
    assert shown("O1234") == ["Order O1234: on its way", "", *HEAD, *QUEUED, *throttled(1), "", "  It has not arrived yet."]
    client("lambda").delete_function_concurrency(FunctionName="OrderProcessor")
    assert shown("O1234", "--wait", 60) == [
        "Order O1234: stored", ITEM, "", *HEAD, *QUEUED, *throttled(1), *begun(1), "  put  table Orders  ok", *returned(1),
        "  deleted  queue OrderQueue  1  ok", ""]


def test_an_order_whose_function_is_throttled_before_a_second_attempt(deployed, client, shown, attempt, advance_clock,
                                                                      wait_until):
    client("iam").delete_role_policy(**ROLE, PolicyName="StoreOrders")
    deployed("submit", stdin=order("O1234"))
    attempt("O1234", 1)
    client("lambda").put_function_concurrency(FunctionName="OrderProcessor", ReservedConcurrentExecutions=0)
    advance_clock(VISIBILITY_SECONDS + 1)
    wait_until(lambda: any("throttled" in line for line in shown("O1234")))
    advance_clock(VISIBILITY_SECONDS + 1)
    deployed("deploy")  # before the second attempt, which it lets store the order
    client("lambda").delete_function_concurrency(FunctionName="OrderProcessor")
    assert shown("O1234", "--wait", 60) == [
        "Order O1234: stored", ITEM, "", *HEAD, *QUEUED, *begun(1), *DENIED, *returned(1), *reported(1, REFUSED),
        *throttled(2), *begun(2), "  put  table Orders  ok", *returned(2), "  deleted  queue OrderQueue  2  ok", ""]


def test_an_order_that_was_too_long_in_its_queue(deployed, client, shown, advance_clock, wait_until):
    (mapping,) = client("lambda").list_event_source_mappings(FunctionName="OrderProcessor")["EventSourceMappings"]
    client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    wait_until(lambda: client("lambda").get_event_source_mapping(UUID=mapping["UUID"])["State"] == "Disabled")
    url = client("sqs").get_queue_url(QueueName="OrderQueue")["QueueUrl"]
    days = int(client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["MessageRetentionPeriod"]) // 86400
    deployed("submit", stdin=order("O1234"))
    advance_clock(days * 86400 + 1)
    wait_until(lambda: "expired" in shown("O1234")[0])
    assert shown("O1234") == [
        "Order O1234: expired", "", *HEAD, *QUEUED, "  expired  queue OrderQueue  expired",
        f"  It was in the queue for longer than its MessageRetentionPeriod, {days * 86400} s.", "",
        "  It was too long in its queue and is gone: publish it again when the cause is gone."]


def test_poison_that_is_given_up_after_three_receives(deployed, shown, die):
    deployed("submit", "--raw", POISON)
    die("laptop")
    assert shown("laptop") == [
        "Order laptop: dead-lettered", "", *HEAD, *QUEUED,
        *(line for number in (1, 2, 3)
          for line in [*begun(number), *returned(number), *reported(number, "not a JSON object")]),
        "  dead-lettered  queue OrderDLQ  3  dead-lettered",
        "  It was received 3 times from queue OrderQueue, and not deleted.", "", *DEAD]


def test_each_order_of_a_batch_is_followed_into_the_table(deployed, client, shown, attempt, wait_until):
    [mapping] = client("lambda").list_event_source_mappings()["EventSourceMappings"]
    client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    deployed("submit", stdin=order("B1") + "\n" + order("B2"))
    wait_until(lambda: "  delivered  queue OrderQueue  ok" in shown("B1") and "  delivered  queue OrderQueue  ok" in shown("B2"))
    client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    for one in ("B1", "B2"):
        attempt(one, 1)
        assert shown(one)[3:] == [
            *HEAD, *QUEUED, *begun(1), "  put  table Orders  ok", *returned(1), "  deleted  queue OrderQueue  1  ok", ""]


def test_an_order_that_was_published_twice_is_shown_as_the_last_time(deployed, shown, attempt):
    for _ in range(2):
        deployed("submit", stdin=order("O1234"))
        attempt("O1234", 1)
    assert shown("O1234")[-1] == "  It was published 2 times; this is the last."


def test_an_order_that_nobody_saw(deployed):
    result = deployed("show", "nobody")
    assert (result.code, result.out) == (
        1, "Order nobody: unknown\n"
           "  It is not in the table, and nothing tells of it: it was never published, or so long ago that\n"
           "  this is forgotten.\n")


@pytest.mark.parametrize("order_id", ["1", "-", "O-1"])
def test_an_order_of_which_no_message_is_known(deployed, client, order_id):
    """Traces are found by words of two or more characters, and some ids have no such word."""
    client("dynamodb").put_item(TableName="Orders", Item={"orderId": {"S": order_id}})
    result = deployed("show", order_id)
    assert (result.code, result.out) == (
        0, f'Order {order_id}: stored\n  {{"orderId":"{order_id}"}}\n  Nothing tells of its way any more.\n')


def test_an_item_with_values_of_every_type_is_shown_as_plain_json(deployed, client):
    values = [{"S": "text"}, {"N": "1.5"}, {"B": b"\0"}, {"BOOL": False}, {"NULL": True}, {"SS": ["a"]}, {"NS": ["2"]}, {"BS": [b"\1"]},
              {"M": {"key": {"S": "value"}}}, {"L": []}]
    client("dynamodb").put_item(TableName="Orders", Item={"orderId": {"S": "types"}, "values": {"L": values}})
    result = deployed("show", "types")
    assert result.code == 0, result.err
    assert json.loads(result.out.splitlines()[1]) == {
        "orderId": "types", "values": ["text", 1.5, "AA==", False, None, ["a"], [2], ["AQ=="], {"key": "value"}, []]}


@pytest.fixture
def tutorial(own_server, run):
    """A system with the tutorial's names, made by hand: no queue policy, no function, another dead-letter queue."""
    def client_of(service):
        return boto3.client(service, endpoint_url=own_server.endpoint, region_name="us-east-1",
                            aws_access_key_id="test", aws_secret_access_key="test")

    client_of("dynamodb").create_table(
        TableName="Orders", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}])
    sqs, sns, arn = client_of("sqs"), client_of("sns"), "arn:aws:sqs:us-east-1:000000000000:"
    sqs.create_queue(QueueName="OrderQueueDLQ")
    url = sqs.create_queue(QueueName="OrderQueue", Attributes={"RedrivePolicy": json.dumps(
        {"deadLetterTargetArn": arn + "OrderQueueDLQ", "maxReceiveCount": 1})})["QueueUrl"]
    topic = sns.create_topic(Name="OrderTopic")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn + "OrderQueue")

    def publish(policy):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        sns.publish(TopicArn=topic, Message=order("O1234"))

    def show():
        return masked(run("show", "O1234", AWS_ENDPOINT_URL=own_server.endpoint).out)

    return publish, lambda: sqs.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages", []), show


ANYBODY = json.dumps({"Version": "2012-10-17", "Statement": {
    "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}})


def test_the_order_systems_own_commands_are_not_advised_in_a_system_that_somebody_made_by_hand(tutorial):
    publish, receive, show = tutorial
    publish("")
    assert show()[-1] == "  It did not reach OrderQueue and is not tried again: publish it again when the cause is gone."
    publish(ANYBODY)
    assert len(receive()) == 1 and receive() == []
    assert show()[-4:] == [
        "  It is in OrderQueueDLQ and is not tried again by itself. When the cause is gone,",
        "  `aws sqs start-message-move-task --source-arn arn:aws:sqs:us-east-1:000000000000:OrderQueueDLQ`",
        "  sends it to its queue again.", "  It was published 2 times; this is the last."]


@pytest.fixture
def strict():
    """A server that knows only its root key and the key of a user; returns the environments for calling it with each."""
    root = {"aws_access_key_id": "AKIAROOT", "aws_secret_access_key": "root-secret"}
    server = orderly_server.Server("--auth", "strict", "--sandbox", "off", "--root-access-key-id", "AKIAROOT",
                                   "--root-secret-access-key", "root-secret").start()
    session = boto3.Session(region_name="us-east-1", **root)
    iam = session.client("iam", endpoint_url=server.endpoint)
    session.client("dynamodb", endpoint_url=server.endpoint).create_table(
        TableName="Orders", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}])
    session.client("sqs", endpoint_url=server.endpoint).create_queue(QueueName="OrderDLQ")
    session.client("logs", endpoint_url=server.endpoint).create_log_group(logGroupName="/aws/lambda/OrderProcessor")
    iam.create_user(UserName="reader")
    iam.attach_user_policy(UserName="reader", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = iam.create_access_key(UserName="reader")["AccessKey"]

    def environment_of(key_id, secret):
        return {"AWS_ENDPOINT_URL": server.endpoint, "AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": secret}

    yield environment_of("AKIAROOT", "root-secret"), environment_of(key["AccessKeyId"], key["SecretAccessKey"])
    server.end()


def test_with_strict_authentication_the_administrator_reads_the_traces_and_others_the_log(run, strict):
    administrator, user = strict
    result = run("show", "nobody", **administrator)
    assert result.code == 1 and result.out.startswith("Order nobody: unknown\n") and result.err == ""
    result = run("show", "nobody", **user)
    assert result.code == 1 and result.out.startswith("Order nobody: unknown\n"), result.err
    assert result.err == ("orderly: Traces are not looked at: with --auth strict only the administrator may read them. The functions' "
                          "log tells less.\n")
