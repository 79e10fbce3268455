"""Driving the AWS CLI, and following an order."""

import json
import os
import shutil
import subprocess
import sys

ORDER = {
    "orderId": "O1234",
    "userId": "U123",
    "itemName": "Laptop",
    "quantity": 1,
    "status": "new",
    "timestamp": "2025-05-03T12:00:00Z",
}
ORDER_ITEM = {
    "orderId": {"S": "O1234"},
    "userId": {"S": "U123"},
    "itemName": {"S": "Laptop"},
    "quantity": {"N": "1"},
    "status": {"S": "new"},
    "timestamp": {"S": "2025-05-03T12:00:00Z"},
}
# The account of the Python tutorial, and the four policies that it adds to the function's role.
PYTHON_ACCOUNT = "481665095854"
PYTHON_POLICIES = {
    "DynamoPutItemPolicy": ("dynamodb:PutItem", f"arn:aws:dynamodb:us-east-1:{PYTHON_ACCOUNT}:table/Orders"),
    "SQSDeleteMessagePolicy": ("sqs:DeleteMessage", f"arn:aws:sqs:us-east-1:{PYTHON_ACCOUNT}:*"),
    "SQSGetQueueAttributesPolicy": ("sqs:GetQueueAttributes", f"arn:aws:sqs:us-east-1:{PYTHON_ACCOUNT}:*"),
    "SQSReceiveMessagePolicy": ("sqs:ReceiveMessage", f"arn:aws:sqs:us-east-1:{PYTHON_ACCOUNT}:*"),
}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def aws_command():
    beside = os.path.join(os.path.dirname(sys.executable), "aws")
    return beside if os.path.exists(beside) else shutil.which("aws")


class Cli:
    """cli("sqs", "create-queue", "--queue-name", "q") runs the AWS CLI and returns its JSON output."""

    def __init__(self, endpoint, access_key_id="test"):
        self.endpoint = endpoint
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "AWS_ACCESS_KEY_ID": access_key_id,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def __call__(self, *arguments):
        ended = subprocess.run(
            [aws_command(), *arguments, "--output", "json", "--endpoint-url", self.endpoint],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert ended.returncode == 0, f"aws {' '.join(arguments)}\n{ended.stderr}"
        return json.loads(ended.stdout) if ended.stdout.strip() else {}


def queue_policy(queue_arn, topic_arn):
    """The statement that the AWS console adds to the queue's policy when a user subscribes the queue to a topic."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnLike": {"aws:SourceArn": topic_arn}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def deploy(client, wait_until, package, **function):
    """Deploys the order system with that function, by the SDK; returns (topic arn, queue url, dead-letter queue url)."""
    dynamodb, sqs, sns, iam, functions = (client(s) for s in ("dynamodb", "sqs", "sns", "iam", "lambda"))
    dynamodb.create_table(
        TableName="Orders",
        AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    topic = sns.create_topic(Name="OrderTopic")["TopicArn"]
    dead_letters = sqs.create_queue(QueueName="OrderDLQ")["QueueUrl"]
    prefix = topic.rsplit(":", 1)[0].replace(":sns:", ":sqs:")
    redrive = json.dumps({"deadLetterTargetArn": f"{prefix}:OrderDLQ", "maxReceiveCount": 3})
    queue_arn = f"{prefix}:OrderQueue"
    queue = sqs.create_queue(
        QueueName="OrderQueue", Attributes={"RedrivePolicy": redrive, "Policy": queue_policy(queue_arn, topic)}
    )["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    role = iam.create_role(RoleName="LambdaOrderProcessorRole", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    for policy in ("AmazonDynamoDBFullAccess", "AmazonSQSFullAccess", "service-role/AWSLambdaBasicExecutionRole"):
        iam.attach_role_policy(RoleName="LambdaOrderProcessorRole", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    settings = {"Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 25, **function}
    functions.create_function(FunctionName="OrderProcessor", Role=role, Code={"ZipFile": package}, **settings)
    functions.get_waiter("function_active_v2").wait(FunctionName="OrderProcessor", WaiterConfig={"Delay": 1})
    uuid = functions.create_event_source_mapping(
        FunctionName="OrderProcessor",
        EventSourceArn=queue_arn,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )["UUID"]
    wait_until(lambda: functions.get_event_source_mapping(UUID=uuid)["State"] == "Enabled", what="the trigger")
    return topic, queue, dead_letters


class Flow:
    """A deployed order system, and the questions that its tests ask."""

    def __init__(self, client, wait_until, advance_clock, topic, queue_url, dead_letters_url, function):
        self.sns, self.sqs = client("sns"), client("sqs")
        self.dynamodb, self.logs = client("dynamodb"), client("logs")
        self.wait_until, self.advance_clock = wait_until, advance_clock
        self.topic, self.queue_url, self.dead_letters_url = topic, queue_url, dead_letters_url
        self.function = function

    def publish(self, order):
        message = order if isinstance(order, str) else json.dumps(order)
        return self.sns.publish(TopicArn=self.topic, Message=message)["MessageId"]

    def item(self, order_id):
        return self.dynamodb.get_item(
            TableName="Orders", Key={"orderId": {"S": order_id}}, ConsistentRead=True
        ).get("Item")

    def stored(self, order_id):
        return self.wait_until(lambda: self.item(order_id), what=f"{order_id} in the table")

    def all_items(self):
        pages = self.dynamodb.get_paginator("scan").paginate(TableName="Orders")
        return [item for page in pages for item in page["Items"]]

    def log(self):
        group = f"/aws/lambda/{self.function}"
        try:
            pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            return [event["message"] for page in pages for event in page["events"]]
        except self.logs.exceptions.ResourceNotFoundException:
            return []

    def wait_for_log(self, text):
        return self.wait_until(
            lambda: [line for line in self.log() if text in line], what=f"{text!r} in the log"
        )

    def reports(self):
        return [line for line in self.log() if line.startswith("REPORT RequestId:")]

    def counts(self, url):
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return sum(int(attributes[name]) for name in attributes if name.startswith("ApproximateNumber"))

    def wait_for_empty_queue(self):
        self.wait_until(lambda: self.counts(self.queue_url) == 0, what="the queue to be empty")

    def quiet(self):
        """Is the queue empty, and has every invocation ended?"""
        log = self.log()
        begun = [line for line in log if line.startswith("START RequestId:")]
        ended = [line for line in log if line.startswith("REPORT RequestId:")]
        return len(begun) == len(ended) and self.counts(self.queue_url) == 0

    def dead_letter_after_three_tries(self, order):
        """Publishes, and lets three visibility timeouts pass as the attempts fail. Returns the message's id, and the
        message in the dead-letter queue.
        """
        self.wait_until(self.quiet, what="earlier orders to be worked off")
        before = len(self.reports())
        message_id = self.publish(order)
        for tries in (1, 2, 3):
            self.wait_until(
                lambda tries=tries: len(self.reports()) >= before + tries, what=f"try {tries} of the function"
            )
            assert self.counts(self.dead_letters_url) == 0
            self.advance_clock(self.visibility_timeout() + 1)
        reply = self.sqs.receive_message(
            QueueUrl=self.dead_letters_url,
            WaitTimeSeconds=20,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        assert len(reply.get("Messages", [])) == 1
        self.wait_for_empty_queue()
        assert len(self.reports()) == before + 3
        return message_id, reply["Messages"][0]

    def visibility_timeout(self):
        return int(
            self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=["VisibilityTimeout"])[
                "Attributes"
            ]["VisibilityTimeout"]
        )
