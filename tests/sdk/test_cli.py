"""The AWS CLI: how it sends requests, and what it prints. (tests/flow does both tutorials with it.)"""

import json
import os
import shutil
import subprocess
import sys

import pytest
from orderly_fixtures import zip_of


def aws_command():
    beside = os.path.join(os.path.dirname(sys.executable), "aws")
    return beside if os.path.exists(beside) else shutil.which("aws")


@pytest.fixture
def aws(endpoint, tmp_path):
    """aws("sqs list-queues", ...) returns the finished process; the words of the first argument are split."""

    def run(words, *more, check=True):
        ended = subprocess.run(
            [aws_command(), "--endpoint-url", endpoint, *words.split(), *more],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_MAX_ATTEMPTS": "1",
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert not check or ended.returncode == 0, ended.stderr
        return ended

    return run


def test_the_caller_is_the_accounts_administrator(aws):
    answer = json.loads(aws("sts get-caller-identity").stdout)
    assert answer["Account"] == "000000000000"
    assert answer["Arn"] == "arn:aws:iam::000000000000:root"


def test_a_queue_in_shorthand_and_text(aws, unique):
    url = aws("sqs create-queue --attributes VisibilityTimeout=5 --output text --queue-name", unique()).stdout.strip()
    assert url.endswith("/" + unique())
    aws("sqs send-message --message-body hello --queue-url", url)
    answer = aws("sqs receive-message --query Messages[0].Body --output text --queue-url", url).stdout
    assert answer.strip() == "hello"
    assert aws("sqs receive-message --queue-url", url).stdout == ""
    aws("sqs purge-queue --queue-url", url)
    aws("sqs delete-queue --queue-url", url)


def test_an_error_is_told_with_its_code_and_operation(aws):
    ended = aws("sqs get-queue-url --queue-name nowhere-to-be-found", check=False)
    assert ended.returncode in (254, 255)
    assert (
        "An error occurred (AWS.SimpleQueueService.NonExistentQueue) when calling the GetQueueUrl operation"
        in ended.stderr
    )


def test_a_table_in_shorthand_and_its_items_by_query(aws, unique):
    aws(
        "dynamodb create-table --billing-mode PAY_PER_REQUEST "
        "--attribute-definitions AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH",
        "--table-name",
        unique(),
    )
    aws("dynamodb wait table-exists --table-name", unique())
    for i in range(5):
        item = json.dumps({"id": {"S": str(i)}, "bytes": {"B": "AP8="}})
        aws("dynamodb put-item --item", item, "--table-name", unique())
    answer = aws("dynamodb scan --page-size 2 --query Items[].id.S --table-name", unique()).stdout
    assert sorted(json.loads(answer)) == ["0", "1", "2", "3", "4"]
    answer = aws("dynamodb scan --max-items 2 --table-name", unique()).stdout
    assert len(json.loads(answer)["Items"]) == 2 and json.loads(answer)["NextToken"]
    aws("dynamodb delete-table --table-name", unique())


def test_a_function_is_created_invoked_and_its_log_followed(aws, unique, make_role, tmp_path, wait_until):
    source = "def handler(event, context):\n    print('says', event['word'])\n    return {'said': event['word']}\n"
    (tmp_path / "function.zip").write_bytes(zip_of({"index.py": source}))
    name = unique("f")[:64]
    aws(
        "lambda create-function --timeout 30 --runtime python3.11 --handler index.handler --zip-file fileb://function.zip",
        *("--function-name", name, "--role", make_role()),
    )
    aws("lambda wait function-active-v2 --function-name", name)
    ended = aws("lambda invoke --payload", '{"word": "hello"}', "--function-name", name, "answer.json")
    assert json.loads(ended.stdout) == {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
    assert json.loads((tmp_path / "answer.json").read_text()) == {"said": "hello"}
    wait_until(
        lambda: "says hello"
        in aws("logs filter-log-events --output text --log-group-name", f"/aws/lambda/{name}", check=False).stdout,
        what="the function's words in its log",
    )
    aws("lambda delete-function --function-name", name)


def test_a_topic_and_its_subscription_in_a_table(aws, unique):
    topic = json.loads(aws("sns create-topic --name", unique()).stdout)["TopicArn"]
    aws("sqs create-queue --queue-name", unique())
    queue = f"arn:aws:sqs:us-east-1:000000000000:{unique()}"
    subscription = json.loads(
        aws(
            "sns subscribe --protocol sqs --attributes RawMessageDelivery=true --return-subscription-arn",
            *("--topic-arn", topic, "--notification-endpoint", queue),
        ).stdout
    )["SubscriptionArn"]
    printed = aws("sns list-subscriptions-by-topic --output table --topic-arn", topic).stdout
    assert subscription in printed and queue in printed
    message_id = json.loads(aws("sns publish --message hello --topic-arn", topic).stdout)["MessageId"]
    assert len(message_id) == 36


def test_a_role_and_its_policies(aws, unique):
    statement = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    name = unique()[:64]
    role = json.loads(aws("iam create-role --assume-role-policy-document", trust, "--role-name", name).stdout)["Role"]
    assert role["AssumeRolePolicyDocument"] == json.loads(trust)
    aws("iam attach-role-policy --policy-arn arn:aws:iam::aws:policy/AmazonSQSFullAccess --role-name", name)
    answer = json.loads(aws("iam list-attached-role-policies --role-name", name).stdout)
    assert [one["PolicyName"] for one in answer["AttachedPolicies"]] == ["AmazonSQSFullAccess"]
    aws("iam detach-role-policy --policy-arn arn:aws:iam::aws:policy/AmazonSQSFullAccess --role-name", name)
    aws("iam delete-role --role-name", name)
