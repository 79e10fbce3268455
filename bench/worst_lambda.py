"""The worst requests to Lambda: packages that unpack to a large size, large payloads, long lists, a function that
floods its log."""

import io
import json
import time
import urllib.request
import zipfile

import boto3
import worst_messaging

ACCOUNT = "000000000000"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worst-lambda"
LOGGING = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
FLOOD = "def handler(event, context):\n    while True:\n        print('x' * 1000)\n"
ECHO = "def handler(event, context):\n    return event\n"
MANY = 500


def make_role(lambda_client):
    iam = boto3.client("iam", endpoint_url=lambda_client.meta.endpoint_url, region_name="us-east-1",
                       aws_access_key_id="test", aws_secret_access_key="test")
    try:
        iam.create_role(RoleName="worst-lambda", AssumeRolePolicyDocument=TRUST)
        iam.attach_role_policy(RoleName="worst-lambda", PolicyArn=LOGGING)
    except iam.exceptions.EntityAlreadyExistsException:
        pass


def package(files=None, unpacked_mb=0, folders=0, stored_mb=0):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (files or {"index.py": "def handler(event, context):\n    return 1\n"}).items():
            archive.writestr(name, text)
        for i in range(unpacked_mb // 10):
            archive.writestr(f"zeros-{i}", bytes(10 << 20))
        for i in range(folders):
            archive.writestr(zipfile.ZipInfo(f"folder-{i}/"), b"")
        if stored_mb:
            archive.writestr(zipfile.ZipInfo("stored"), bytes(range(256)) * (stored_mb << 12))
    return data.getvalue()


def function(name, code, **settings):
    return {"FunctionName": name, "Runtime": "python3.11", "Handler": "index.handler", "Role": ROLE,
            "Code": {"ZipFile": code}, **settings}


def make_function(lambda_client, name, code=None, **settings):
    make_role(lambda_client)
    try:
        lambda_client.create_function(**function(name, code or package(), **settings))
    except lambda_client.exceptions.ResourceConflictException:
        pass


def make_many(lambda_client):
    variables = {"Variables": {"VARIABLE": "v" * 4000}}
    for i in range(MANY):
        make_function(lambda_client, f"worst-{i:03}", Environment=variables)


def flood(lambda_client):
    make_function(lambda_client, "worst-flood", package({"index.py": FLOOD}), Timeout=60)
    lambda_client.invoke(FunctionName="worst-flood", InvocationType="Event")


UNPACKS = package(unpacked_mb=240)
FOLDERS = package(folders=20_000)
LARGE = package(stored_mb=45)
TAGS = {f"{i:03}" + "k" * 125: "v" * 256 for i in range(50)}

DURABLE = """
import json, time
def handler(event, context):
    print(json.dumps(event))
    time.sleep(60)
"""


def run_of(lambda_client):
    """The ARN and the token of a run: its function prints them."""
    make_function(lambda_client, "worst-durable", package({"index.py": DURABLE}), Timeout=600,
                  DurableConfig={"ExecutionTimeout": 600})
    reply = lambda_client.invoke(FunctionName="worst-durable", Qualifier="$LATEST", InvocationType="Event", Payload="{}")
    logs = boto3.client("logs", endpoint_url=lambda_client.meta.endpoint_url, region_name="us-east-1",
                        aws_access_key_id="test", aws_secret_access_key="test")
    while True:
        found = logs.filter_log_events(logGroupName="/aws/lambda/worst-durable", filterPattern='"DurableExecutionArn"')
        for event in found["events"]:
            told = json.loads(event["message"])
            if told["DurableExecutionArn"] == reply["DurableExecutionArn"]:
                return {"DurableExecutionArn": told["DurableExecutionArn"], "CheckpointToken": told["CheckpointToken"]}
        time.sleep(0.1)


def checkpoint(lambda_client):
    """As many operations as an execution may have."""
    run = run_of(lambda_client)
    for first in range(0, 3000, 250):
        updates = [{"Id": f"s{first + i}", "Type": "STEP", "Action": "SUCCEED", "Payload": "x" * 2000} for i in range(250)]
        run["CheckpointToken"] = lambda_client.checkpoint_durable_execution(**run, Updates=updates)["CheckpointToken"]
    lambda_client.stop_durable_execution(DurableExecutionArn=run["DurableExecutionArn"])


NUMBERS = "def handler(event, context):\n    return [1] * 1_900_000\n"
POLLER = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "Resource": "*"}]})


def beside(lambda_client, service):
    return boto3.client(service, endpoint_url=lambda_client.meta.endpoint_url, region_name="us-east-1",
                        aws_access_key_id="test", aws_secret_access_key="test")


def make_reader(lambda_client, name, policy):
    """A function whose role may also read from a source."""
    make_function(lambda_client, name, Timeout=30)
    beside(lambda_client, "iam").put_role_policy(RoleName="worst-lambda", PolicyName=name, PolicyDocument=policy)


def large_batch(lambda_client):
    """A mapping gets 10,000 messages in one batch, just below 6 MB, which the function does; then they are deleted."""
    make_reader(lambda_client, "worst-batch", POLLER)
    sqs = beside(lambda_client, "sqs")
    url = sqs.create_queue(QueueName="worst-batch", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    for _ in range(1000):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": "x" * 50} for i in range(10)])
    mapping = lambda_client.create_event_source_mapping(
        FunctionName="worst-batch", EventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:worst-batch", BatchSize=10000,
        MaximumBatchingWindowInSeconds=300)["UUID"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while any(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"][name] != "0" for name in names):
        time.sleep(0.05)
    lambda_client.delete_event_source_mapping(UUID=mapping)


READER = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream",
                                   "dynamodb:ListStreams"], "Resource": "*"}]})


def make_stream(lambda_client):
    """A stream of 10,000 records, just below 6 MB."""
    make_reader(lambda_client, "worst-stream", READER)
    dynamodb = beside(lambda_client, "dynamodb")
    dynamodb.create_table(TableName="worst-stream", BillingMode="PAY_PER_REQUEST",
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    for first in range(0, 10_000, 25):
        puts = [{"PutRequest": {"Item": {"id": {"S": f"{first + i:05}"}, "v": {"S": "x" * 100}}}} for i in range(25)]
        dynamodb.batch_write_item(RequestItems={"worst-stream": puts})


def large_stream_batch(lambda_client):
    """A mapping gets the stream's 10,000 records in one batch, which the function does."""
    stream = beside(lambda_client, "dynamodb").describe_table(TableName="worst-stream")["Table"]["LatestStreamArn"]
    mapping = lambda_client.create_event_source_mapping(
        FunctionName="worst-stream", EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=10000,
        MaximumBatchingWindowInSeconds=5)["UUID"]
    while lambda_client.get_event_source_mapping(UUID=mapping)["LastProcessingResult"] != "OK":
        time.sleep(0.05)
    lambda_client.delete_event_source_mapping(UUID=mapping)


# None of the first four takes a record; the last one takes all.
EITHER_RECORD = [json.dumps({"dynamodb": {"NewImage": {"$or": [{"v": {"L": {"N": [str(100 * i + j)]}}} for j in range(2, 14)]}}})
                 for i in range(4)] + ['{"eventName": ["INSERT"]}']


def make_filtered_stream(lambda_client):
    """Twenty records of 30,000 values."""
    make_reader(lambda_client, "worst-records", READER)
    dynamodb = beside(lambda_client, "dynamodb")
    dynamodb.create_table(TableName="worst-records", BillingMode="PAY_PER_REQUEST",
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    for i in range(20):
        dynamodb.put_item(TableName="worst-records", Item={"id": {"S": str(i)}, "v": {"L": [{"N": "1"}] * 30_000}})


def filter_records(lambda_client):
    stream = beside(lambda_client, "dynamodb").describe_table(TableName="worst-records")["Table"]["LatestStreamArn"]
    mapping = lambda_client.create_event_source_mapping(
        FunctionName="worst-records", EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=20,
        MaximumBatchingWindowInSeconds=300, FilterCriteria={"Filters": [{"Pattern": one} for one in EITHER_RECORD]})["UUID"]
    while lambda_client.get_event_source_mapping(UUID=mapping)["LastProcessingResult"] != "OK":
        time.sleep(0.05)
    lambda_client.delete_event_source_mapping(UUID=mapping)


def make_url(lambda_client):
    make_function(lambda_client, "worst-url", package({"index.py": NUMBERS}), MemorySize=512)
    try:
        lambda_client.create_function_url_config(FunctionName="worst-url", AuthType="NONE")
    except lambda_client.exceptions.ResourceConflictException:
        return
    for action, more in (("lambda:InvokeFunctionUrl", {"FunctionUrlAuthType": "NONE"}),
                         ("lambda:InvokeFunction", {"InvokedViaFunctionUrl": True})):
        lambda_client.add_permission(FunctionName="worst-url", StatementId=action[7:], Action=action, Principal="*", **more)


def ask_url(lambda_client):
    lambda_client.get_account_settings()  # two requests, so that the harness runs this function each time
    url_id = lambda_client.get_function_url_config(FunctionName="worst-url")["FunctionUrl"].split("/")[2].split(".")[0]
    with urllib.request.urlopen(f"{lambda_client.meta.endpoint_url}/_orderly/lambda-url/{url_id}/") as reply:
        reply.read()


BRANCHES = 60
# 200,000 values, none of which is what one of the sixty branches asks for.
VALUES = json.dumps({"list": [1] * 490_000}, separators=(",", ":"))
EITHER = [json.dumps({"body": {"$or": [{"list": [{"numeric": ["=", 100 * i + j]}]} for j in range(2, BRANCHES // 5 + 2)]}})
          for i in range(5)]


def filtered(name, policy, source):
    def prepare(lambda_client):
        make_reader(lambda_client, name, policy)
        lambda_client.create_event_source_mapping(
            FunctionName=name, EventSourceArn=source(lambda_client), FilterCriteria={"Filters": [{"Pattern": one} for one in EITHER]})
    return prepare


def filtered_queue(lambda_client):
    beside(lambda_client, "sqs").create_queue(QueueName="worst-filtered", Attributes={"VisibilityTimeout": "600"})
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:worst-filtered"


def filter_message(lambda_client):
    sqs = beside(lambda_client, "sqs")
    url = f"{lambda_client.meta.endpoint_url}/{ACCOUNT}/worst-filtered"
    sqs.send_message(QueueUrl=url, MessageBody=VALUES)
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    while any(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"][name] != "0" for name in names):
        time.sleep(0.01)


# --- an event that is sent on ---


def make_sender(lambda_client):
    """Its events are given up at once, and go to a topic that masks all data that can be found."""
    worst_messaging.protect(beside(lambda_client, "sns"), "worst-sent-on")
    make_reader(lambda_client, "worst-sender", json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*"}]}))
    lambda_client.put_function_event_invoke_config(FunctionName="worst-sender", DestinationConfig={
        "OnFailure": {"Destination": worst_messaging.topic_arn("worst-sent-on")}})
    lambda_client.put_function_concurrency(FunctionName="worst-sender", ReservedConcurrentExecutions=0)


def send_on(lambda_client):
    sqs = beside(lambda_client, "sqs")
    lambda_client.invoke(FunctionName="worst-sender", InvocationType="Event", Payload=json.dumps("a@b.io " * 36_000))
    while not sqs.receive_message(QueueUrl=worst_messaging.url(sqs, "worst-sent-on-0000"), WaitTimeSeconds=20).get("Messages"):
        pass


REQUESTS = [
    {"name": "Invoke: 250 KB of mail addresses, sent on to a topic that masks them twice", "service": "lambda",
     "prepare": make_sender, "request": send_on},
    {"name": "CreateEventSourceMapping: a message of 1 MB, and filters with 60 branches", "service": "lambda",
     "prepare": filtered("worst-filtered", POLLER, filtered_queue), "request": filter_message},
    {"name": "CreateEventSourceMapping: a batch of 10,000 messages, received and deleted", "service": "lambda",
     "request": large_batch},
    {"name": "CreateEventSourceMapping: a batch of 10,000 records of a stream", "service": "lambda", "prepare": make_stream,
     "request": large_stream_batch},
    {"name": "CreateEventSourceMapping: records of 30,000 values, and filters with 48 branches", "service": "lambda",
     "prepare": make_filtered_stream, "request": filter_records},
    {"name": "GetFunctionUrlConfig, and the URL's answer of 5.7 MB of numbers", "service": "lambda", "prepare": make_url,
     "request": ask_url},
    {"name": "CheckpointDurableExecution: 250 steps of 2 KB, twelve times", "service": "lambda", "request": checkpoint},
    {"name": "CreateFunction: 240 MB unpacked", "service": "lambda", "prepare": make_role,
     "request": lambda client: client.create_function(**function("worst-unpacks", UNPACKS))},
    {"name": "CreateFunction: the same, refused", "service": "lambda", "prepare": make_role,
     "request": lambda client: client.create_function(**function("worst-refused", UNPACKS, Timeout=30, Role=ROLE + "x"))},
    {"name": "CreateFunction: 20,000 empty folders", "service": "lambda", "prepare": make_role,
     "request": lambda client: client.create_function(**function("worst-folders", FOLDERS))},
    {"name": "CreateFunction: a name of 30 MB, refused", "service": "lambda", "prepare": make_role,
     "request": lambda client: client.create_function(**function("n" * (30 << 20), b"x"))},
    {"name": "UpdateFunctionCode: a package of 45 MB", "service": "lambda",
     "prepare": lambda client: make_function(client, "worst-large"),
     "request": lambda client: client.update_function_code(FunctionName="worst-large", ZipFile=LARGE)},
    {"name": "Invoke: an event of 1 MB, asynchronous", "service": "lambda",
     "prepare": lambda client: make_function(client, "worst-event"),
     "request": lambda client: client.invoke(
         FunctionName="worst-event", InvocationType="Event", Payload=json.dumps("x" * 1_000_000))},
    {"name": "Invoke: 6 MB of numbers, a dry run", "service": "lambda",
     "prepare": lambda client: make_function(client, "worst-event"),
     "request": lambda client: client.invoke(
         FunctionName="worst-event", InvocationType="DryRun", Payload="[" + "1," * 2_900_000 + "1]")},
    {"name": "Invoke: 6 MB, and as much in return", "service": "lambda",
     "prepare": lambda client: make_function(client, "worst-echo", package({"index.py": ECHO})),
     "request": lambda client: client.invoke(FunctionName="worst-echo", Payload=json.dumps("x" * 6_000_000))},
    {"name": "Invoke: 6 MB, a dry run", "service": "lambda",
     "prepare": lambda client: make_function(client, "worst-event"),
     "request": lambda client: client.invoke(
         FunctionName="worst-event", InvocationType="DryRun", Payload=json.dumps("x" * 6_000_000))},
    {"name": f"ListFunctions: {MANY} with 4 KB of variables", "service": "lambda", "prepare": make_many,
     "request": lambda client: client.list_functions(MaxItems=50)},
    {"name": "TagResource: 50 tags", "service": "lambda",
     "prepare": lambda client: make_function(client, "worst-event"),
     "request": lambda client: client.tag_resource(
         Resource=f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:worst-event", Tags=TAGS)},
    {"name": "GetFunction beside a function that floods its log", "service": "lambda", "prepare": flood,
     "request": lambda client: client.get_function(FunctionName="worst-flood")},
]
