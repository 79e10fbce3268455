"""The Node.js tutorial's order system, each numbered step with the AWS CLI, with the tutorial's own code."""

import json

import pytest
from orderly_fixtures import ACCOUNT, zip_of
from seeds import ORDER, ORDER_ITEM, TRUST, Cli, Flow, queue_policy


@pytest.fixture(scope="module")
def flow(endpoint, client, reset, wait_until, advance_clock, order_code, tmp_path_factory):
    reset()
    cli = Cli(endpoint)

    # 1. DynamoDB Table - Orders
    cli(
        *("dynamodb", "create-table", "--table-name", "Orders"),
        *("--attribute-definitions", "AttributeName=orderId,AttributeType=S"),
        *("--key-schema", "AttributeName=orderId,KeyType=HASH", "--billing-mode", "PAY_PER_REQUEST"),
    )
    cli("dynamodb", "wait", "table-exists", "--table-name", "Orders")

    # 2. SNS Topic - OrderTopic
    topic = cli("sns", "create-topic", "--name", "OrderTopic")["TopicArn"]
    assert topic == f"arn:aws:sns:us-east-1:{ACCOUNT}:OrderTopic"

    # 3. SQS Queues: B. Dead-Letter Queue, then A. Main Queue
    dead_letters = cli("sqs", "create-queue", "--queue-name", "OrderDLQ")["QueueUrl"]
    dead_letters_arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:OrderDLQ"
    redrive = json.dumps({"deadLetterTargetArn": dead_letters_arn, "maxReceiveCount": "3"})
    queue = cli(
        *("sqs", "create-queue", "--queue-name", "OrderQueue"),
        *("--attributes", json.dumps({"RedrivePolicy": redrive})),
    )["QueueUrl"]
    queue_arn = cli("sqs", "get-queue-attributes", "--queue-url", queue, "--attribute-names", "QueueArn")[
        "Attributes"
    ]["QueueArn"]

    # 4. SNS -> SQS Subscription, with the queue policy that the console writes
    cli(
        *("sqs", "set-queue-attributes", "--queue-url", queue),
        *("--attributes", json.dumps({"Policy": queue_policy(queue_arn, topic)})),
    )
    cli("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", queue_arn)

    # 5. A. The IAM role
    role = cli(
        *("iam", "create-role", "--role-name", "LambdaOrderProcessorRole"),
        *("--assume-role-policy-document", TRUST),
    )["Role"]["Arn"]
    for policy in (
        "AmazonDynamoDBFullAccess",
        "AmazonSQSFullAccess",
        "service-role/AWSLambdaBasicExecutionRole",
    ):
        cli(
            *("iam", "attach-role-policy", "--role-name", "LambdaOrderProcessorRole"),
            *("--policy-arn", f"arn:aws:iam::aws:policy/{policy}"),
        )

    # 5. B. and D. The function and its code
    package = tmp_path_factory.mktemp("package") / "function.zip"
    package.write_bytes(zip_of(order_code("nodejs")))
    cli(
        *("lambda", "create-function", "--function-name", "OrderProcessor", "--runtime", "nodejs20.x"),
        *("--handler", "index.handler", "--role", role, "--zip-file", f"fileb://{package}", "--timeout", "15"),
    )
    cli("lambda", "wait", "function-active-v2", "--function-name", "OrderProcessor")

    # 5. C. The SQS trigger
    uuid = cli(
        *("lambda", "create-event-source-mapping", "--function-name", "OrderProcessor"),
        *("--event-source-arn", queue_arn),
    )["UUID"]
    wait_until(
        lambda: cli("lambda", "get-event-source-mapping", "--uuid", uuid)["State"] == "Enabled",
        what="the trigger",
    )
    return Flow(client, wait_until, advance_clock, topic, queue, dead_letters, "OrderProcessor")


def test_everything_the_tutorial_made_is_there(flow, endpoint):
    cli = Cli(endpoint)
    assert cli("dynamodb", "list-tables") == {"TableNames": ["Orders"]}
    assert [one["TopicArn"].rsplit(":", 1)[1] for one in cli("sns", "list-topics")["Topics"]] == ["OrderTopic"]
    urls = cli("sqs", "list-queues")["QueueUrls"]
    assert sorted(url.rsplit("/", 1)[1] for url in urls) == ["OrderDLQ", "OrderQueue"]
    assert [one["FunctionName"] for one in cli("lambda", "list-functions")["Functions"]] == ["OrderProcessor"]
    attached = cli("iam", "list-attached-role-policies", "--role-name", "LambdaOrderProcessorRole")
    assert sorted(one["PolicyName"] for one in attached["AttachedPolicies"]) == [
        "AWSLambdaBasicExecutionRole",
        "AmazonDynamoDBFullAccess",
        "AmazonSQSFullAccess",
    ]


def test_a_published_order_lands_in_the_table_and_in_the_log(flow, endpoint):
    cli = Cli(endpoint)
    cli("sns", "publish", "--topic-arn", flow.topic, "--message", json.dumps(ORDER))
    assert flow.stored("O1234") == ORDER_ITEM
    flow.wait_for_log("Received order message:")
    flow.wait_for_log("DynamoDB response:")
    flow.wait_until(flow.reports, what="the function's report")
    flow.wait_for_empty_queue()
    assert flow.counts(flow.dead_letters_url) == 0
    found = cli("dynamodb", "get-item", "--table-name", "Orders", "--key", '{"orderId": {"S": "O1234"}}')
    assert found["Item"] == ORDER_ITEM


def test_many_orders_all_land_in_the_table(flow):
    ids = [f"many-{i}" for i in range(100)]
    for start in range(0, 100, 10):
        flow.sns.publish_batch(
            TopicArn=flow.topic,
            PublishBatchRequestEntries=[
                {"Id": one, "Message": json.dumps({**ORDER, "orderId": one})} for one in ids[start : start + 10]
            ],
        )
    flow.wait_until(
        lambda: set(ids) <= {item["orderId"]["S"] for item in flow.all_items()},
        timeout_seconds=60,
        what="all orders in the table",
    )
    flow.wait_for_empty_queue()


def test_poison_goes_to_the_dead_letter_queue_after_exactly_three_receives(flow):
    poison = "Hello, I would like to order a laptop, please."
    message_id, dead = flow.dead_letter_after_three_tries(poison)
    envelope = json.loads(dead["Body"])
    assert (envelope["Message"], envelope["MessageId"]) == (poison, message_id)
    assert dead["Attributes"]["DeadLetterQueueSourceArn"] == f"arn:aws:sqs:us-east-1:{ACCOUNT}:OrderQueue"
    assert any("Error processing message" in line and "SyntaxError" in line for line in flow.log())
