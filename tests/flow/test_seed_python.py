"""The Python tutorial's order system in an account of its own, step by step, with the tutorial's policies."""

import json

import pytest
from orderly_fixtures import zip_of
from seeds import ORDER, ORDER_ITEM, PYTHON_ACCOUNT, PYTHON_POLICIES, TRUST, Cli, Flow, queue_policy

ROLE = "ProcessOrderFunction-role"


def policy(action, resource):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def own_client(client):
    """A client of the tutorial's account, which an access key id of twelve digits selects."""
    return lambda service: client(service, aws_access_key_id=PYTHON_ACCOUNT)


@pytest.fixture(scope="module")
def flow(endpoint, own_client, reset, wait_until, advance_clock, order_code, tmp_path_factory):
    reset()
    cli = Cli(endpoint, PYTHON_ACCOUNT)

    # Step 1: DynamoDB Setup, all settings default
    cli(
        *("dynamodb", "create-table", "--table-name", "Orders"),
        *("--attribute-definitions", "AttributeName=orderId,AttributeType=S"),
        *("--key-schema", "AttributeName=orderId,KeyType=HASH"),
        *("--provisioned-throughput", "ReadCapacityUnits=5,WriteCapacityUnits=5"),
    )
    cli("dynamodb", "wait", "table-exists", "--table-name", "Orders")

    # Step 2: Create SNS Topic
    topic = cli("sns", "create-topic", "--name", "OrderTopic")["TopicArn"]
    assert topic == f"arn:aws:sns:us-east-1:{PYTHON_ACCOUNT}:OrderTopic"

    # Step 3: Create SQS Queues: A. the Dead-Letter Queue, B. the Main Queue
    dead_letters = cli("sqs", "create-queue", "--queue-name", "OrderQueueDLQ")["QueueUrl"]
    redrive = {
        "deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{PYTHON_ACCOUNT}:OrderQueueDLQ",
        "maxReceiveCount": 3,
    }
    queue = cli(
        *("sqs", "create-queue", "--queue-name", "OrderQueue"),
        *("--attributes", json.dumps({"RedrivePolicy": json.dumps(redrive)})),
    )["QueueUrl"]
    assert queue.endswith(f"/{PYTHON_ACCOUNT}/OrderQueue")
    queue_arn = f"arn:aws:sqs:us-east-1:{PYTHON_ACCOUNT}:OrderQueue"

    # Step 4: Subscribe SQS Queue to SNS Topic, with the queue policy that the console writes
    cli(
        *("sqs", "set-queue-attributes", "--queue-url", queue),
        *("--attributes", json.dumps({"Policy": queue_policy(queue_arn, topic)})),
    )
    cli("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", queue_arn)

    # Steps 5 and 6: Lambda Function (Python 3.9) with the role that the console makes, and its code
    role = cli("iam", "create-role", "--role-name", ROLE, "--assume-role-policy-document", TRUST)["Role"]["Arn"]
    cli(
        *("iam", "attach-role-policy", "--role-name", ROLE, "--policy-arn"),
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    )
    package = tmp_path_factory.mktemp("package") / "function.zip"
    package.write_bytes(zip_of(order_code("python")))
    cli(
        *("lambda", "create-function", "--function-name", "ProcessOrderFunction", "--runtime", "python3.9"),
        *("--handler", "index.lambda_handler", "--architectures", "x86_64", "--role", role),
        *("--zip-file", f"fileb://{package}", "--timeout", "15"),
    )
    cli("lambda", "wait", "function-active-v2", "--function-name", "ProcessOrderFunction")

    # Step 8: Add IAM Roles (before step 7: AWS refuses a trigger that the role cannot poll)
    for name, (action, resource) in PYTHON_POLICIES.items():
        cli(
            *("iam", "put-role-policy", "--role-name", ROLE, "--policy-name", name),
            *("--policy-document", policy(action, resource)),
        )

    # Step 7: Add Trigger to Lambda
    uuid = cli(
        *("lambda", "create-event-source-mapping", "--function-name", "ProcessOrderFunction"),
        *("--event-source-arn", queue_arn),
    )["UUID"]
    wait_until(
        lambda: cli("lambda", "get-event-source-mapping", "--uuid", uuid)["State"] == "Enabled",
        what="the trigger",
    )
    return Flow(own_client, wait_until, advance_clock, topic, queue, dead_letters, "ProcessOrderFunction")


def test_the_published_order_lands_in_the_table_and_in_the_log(flow, endpoint):
    # Step 9: Test the Full Flow
    cli = Cli(endpoint, PYTHON_ACCOUNT)
    cli("sns", "publish", "--topic-arn", flow.topic, "--message", json.dumps(ORDER, indent=2))
    # Step 10: Verify
    assert flow.stored("O1234") == ORDER_ITEM
    flow.wait_until(flow.reports, what="the function's report")
    flow.wait_for_empty_queue()
    streams = cli("logs", "describe-log-streams", "--log-group-name", "/aws/lambda/ProcessOrderFunction")
    assert streams["logStreams"]


def test_the_tutorials_account_is_a_world_of_its_own(flow, client):
    assert client("dynamodb").list_tables()["TableNames"] == []
    assert "QueueUrls" not in client("sqs").list_queues()


def test_poison_goes_to_the_dead_letter_queue_after_exactly_three_receives(flow):
    _, dead = flow.dead_letter_after_three_tries("this is no order")
    assert json.loads(dead["Body"])["Message"] == "this is no order"
    flow.sqs.purge_queue(QueueUrl=flow.dead_letters_url)


def test_a_role_without_put_item_is_denied_and_nothing_is_written(flow, own_client):
    iam = own_client("iam")
    iam.delete_role_policy(RoleName=ROLE, PolicyName="DynamoPutItemPolicy")
    _, dead = flow.dead_letter_after_three_tries({**ORDER, "orderId": "denied"})
    assert json.loads(json.loads(dead["Body"])["Message"])["orderId"] == "denied"
    denials = [line for line in flow.log() if "AccessDeniedException" in line]
    assert denials
    assert any(
        f"User: arn:aws:sts::{PYTHON_ACCOUNT}:assumed-role/{ROLE}/ProcessOrderFunction is not authorized to perform: "
        f"dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:{PYTHON_ACCOUNT}:table/Orders because no "
        "identity-based policy allows the dynamodb:PutItem action" in line
        for line in denials
    )
    assert flow.item("denied") is None

    action, resource = PYTHON_POLICIES["DynamoPutItemPolicy"]
    iam.put_role_policy(
        RoleName=ROLE, PolicyName="DynamoPutItemPolicy", PolicyDocument=policy(action, resource)
    )
    flow.publish({**ORDER, "orderId": "allowed-again"})
    flow.stored("allowed-again")


def test_a_trigger_whose_role_loses_the_right_to_receive_says_so_and_goes_on_when_it_is_back(flow, own_client):
    iam, functions = own_client("iam"), own_client("lambda")
    [mapping] = functions.list_event_source_mappings(FunctionName="ProcessOrderFunction")["EventSourceMappings"]
    iam.delete_role_policy(RoleName=ROLE, PolicyName="SQSReceiveMessagePolicy")
    flow.advance_clock(21)  # the poll that is under way ends

    def told():
        now = functions.get_event_source_mapping(UUID=mapping["UUID"])
        return "PROBLEM" in now.get("LastProcessingResult", "") or "permissions" in now.get(
            "StateTransitionReason", ""
        )

    flow.publish({**ORDER, "orderId": "waiting"})
    flow.wait_until(told, what="the trigger to say that it may not receive")
    assert flow.item("waiting") is None
    action, resource = PYTHON_POLICIES["SQSReceiveMessagePolicy"]
    iam.put_role_policy(
        RoleName=ROLE, PolicyName="SQSReceiveMessagePolicy", PolicyDocument=policy(action, resource)
    )
    flow.advance_clock(60)
    flow.stored("waiting")
