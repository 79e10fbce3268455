"""Fixtures of the suites that use an AWS SDK: a server, clients, the virtual clock, names.

ORDERLY_ENDPOINT names a running server; otherwise the binary ORDERLY_BINARY (by default build-test/orderly) is
started on a free port with a new data folder.
"""

import concurrent.futures
import gc
import http.client
import io
import itertools
import json
import os
import pathlib
import re
import tempfile
import urllib.parse
import urllib.request
import uuid
import zipfile

import boto3
import botocore.session
import changes
import orderly_server
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"
REGION = "us-east-1"

# A refusal is what a test wants to see: boto3 would ask again, after seconds, for LimitExceededException and others.
os.environ.setdefault("AWS_MAX_ATTEMPTS", "1")

# Of all clients that boto3.client() makes: without a name, an SDK puts its User-Agent together anew for each request,
# which takes a sixth of its time.
named = botocore.session.get_session()
named.set_default_client_config(Config(user_agent="orderly-tests"))
boto3.setup_default_session(botocore_session=named)


def pytest_collection_finish():
    """What has been collected stays: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def endpoint():
    running = os.environ.get("ORDERLY_ENDPOINT")
    if running:
        yield running
        return
    server = orderly_server.Server().start()
    yield server.endpoint
    server.end()


@pytest.fixture(scope="session")
def client(endpoint):
    """client(service) returns a boto3 client, made once; other keyword arguments are boto3's."""
    made = {}

    def make(service, **overrides):
        options = {
            "region_name": REGION,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            **overrides,
        }
        key = (service, tuple(sorted(options.items())))
        if key not in made:
            made[key] = boto3.client(
                service,
                endpoint_url=endpoint,
                config=Config(retries={"max_attempts": 0}, read_timeout=120, max_pool_connections=100),
                **options,
            )
        return made[key]

    return make


@pytest.fixture(scope="session")
def functions(client):
    return client("lambda")


@pytest.fixture(scope="session")
def sqs(client):
    return client("sqs")


@pytest.fixture(scope="session")
def dynamodb(client):
    return client("dynamodb")


@pytest.fixture(scope="session")
def logs(client):
    return client("logs")


@pytest.fixture(scope="session")
def advance_clock(endpoint):
    """advance_clock(seconds) moves the server's clock forward."""

    return lambda seconds: orderly_server.advance_clock(endpoint, seconds)


@pytest.fixture(scope="session")
def now_ms(endpoint):
    """now_ms() returns the server's clock, which may have been moved."""

    def ask():
        with urllib.request.urlopen(endpoint + "/_orderly/clock") as reply:
            return json.load(reply)["now_ms"]

    return ask


@pytest.fixture(scope="session")
def reset(endpoint):
    """reset() empties the server."""
    return lambda: orderly_server.post(endpoint, "/_localstack/state/reset")


@pytest.fixture
def machine_folder():
    """A folder of the machine that sandboxes can have at its place: their /tmp is their own."""
    parent = orderly_server.ROOT / "build-test"
    parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix="machine-") as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


@pytest.fixture(scope="session")
def wait_until():
    return orderly_server.wait_until


@pytest.fixture
def own_server():
    """A server whose clock nobody else uses."""
    yield from start_own_server()


def start_own_server(**environment):
    server = orderly_server.Server(environment=environment).start()
    yield server
    server.end()


@pytest.fixture
def hasty_server():
    """A server of its own whose long work makes way for other work as soon as it does outside of tests."""
    yield from start_own_server(**orderly_server.HASTY_ENVIRONMENT)


@pytest.fixture
def unhurried_server():
    """A server of its own whose runs do all their work at once, however busy the machine is."""
    yield from start_own_server(**changes.NO_HURRY)


@pytest.fixture
def unique(request):
    """unique("queue") returns a name that no other test uses."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", request.node.name).strip("-")[:32]
    token = uuid.uuid4().hex[:8]
    return lambda kind="x": f"{kind}-{words}-{token}"


@pytest.fixture(scope="session")
def refused():
    """refused(call, **arguments) returns the error reply of a call that must fail."""

    def refuse(call, **arguments):
        with pytest.raises(ClientError) as caught:
            call(**arguments)
        reply = caught.value.response
        return {
            "code": reply["Error"]["Code"],
            "message": reply["Error"].get("Message", ""),
            "status": reply["ResponseMetadata"]["HTTPStatusCode"],
            "reply": reply,
        }

    return refuse


@pytest.fixture
def user_with(client, unique):
    """user_with(service, *statements) returns a client of one user, who has exactly these statements from then on."""
    iam, name = client("iam"), unique("user")[-60:].lstrip("-")
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def make(service, *statements):
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
        return client(service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    yield make
    iam.delete_user_policy(UserName=name, PolicyName="own")
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


# --- Functions ---------------------------------------------------------------------------------

ECHO = "def handler(event, context):\n    return event\n"


def zip_of(files):
    """A function package: {file name: source}."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, source in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            package.writestr(entry, source)
    return packed.getvalue()


def function_arn(name, qualifier=None):
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}" + (f":{qualifier}" if qualifier else "")


LAMBDA_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


@pytest.fixture
def make_role(client, unique):
    """make_role(allow=[actions], managed=[policy names]) returns the ARN of a role for functions."""
    count = itertools.count(1)

    def make(allow=(), managed=("AWSLambdaBasicExecutionRole",)):
        iam = client("iam")
        name = f"{unique('r')}-{next(count)}"[-60:].lstrip("-")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
        for policy in managed:
            folder = "service-role/" if policy == "AWSLambdaBasicExecutionRole" else ""
            iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{folder}{policy}")
        if allow:
            statement = {"Effect": "Allow", "Action": list(allow), "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document)
        return arn

    return make


@pytest.fixture
def make_function(client, unique, make_role):
    """make_function(python source, **create_function arguments) returns the name of a python3.11 function."""
    made = []
    count = itertools.count(1)

    def make(source, **arguments):
        files = source if isinstance(source, dict) else {"index.py": source}
        name = f"f{next(count)}-{unique('fn')}"[:64]
        settings = {
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Timeout": 30,
            **arguments,
        }
        settings.setdefault("Role", None)
        settings["Role"] = settings["Role"] or make_role()
        client("lambda").create_function(FunctionName=name, Code={"ZipFile": zip_of(files)}, **settings)
        client("lambda").get_waiter("function_active_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
        made.append(name)
        return name

    yield make
    for name in made:
        try:
            client("lambda").delete_function(FunctionName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise


@pytest.fixture
def log_of(client, wait_until):
    """log_of(function, "text", ...) waits until the function's log has all these texts, and returns the log's
    messages."""

    def read(function):
        try:
            events = client("logs").get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{function}"
            )
            return [event["message"] for page in events for event in page["events"]]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return []
            raise

    def wait(function, *texts):
        def complete():
            messages = read(function)
            return messages if all(any(text in one for one in messages) for text in texts) else None

        return wait_until(complete, what=f"{texts} in the log of {function}") if texts else read(function)

    return wait


@pytest.fixture
def make_url(client, make_function):
    """make_url(source, permitted=True, **config) returns (function, URL's host and port)."""
    functions = client("lambda")

    def make(source, permitted=True, function=None, **config):
        name = make_function(source, **(function or {}))
        config = {"AuthType": "NONE", **config}
        reply = functions.create_function_url_config(FunctionName=name, **config)
        if permitted:
            functions.add_permission(FunctionName=name, StatementId="url", Action="lambda:InvokeFunctionUrl", Principal="*",
                                     FunctionUrlAuthType=config["AuthType"])
            functions.add_permission(FunctionName=name, StatementId="via", Action="lambda:InvokeFunction", Principal="*",
                                     InvokedViaFunctionUrl=True)
        return name, urllib.parse.urlparse(reply["FunctionUrl"]).netloc

    return make


@pytest.fixture
def ask(endpoint):
    """ask(host, path, ...) returns (status, headers, body) of one request."""

    def send(host, path="/", method="GET", body=None, headers=()):
        address = urllib.parse.urlparse(endpoint)
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        connection.request(method, path, body=body, headers={"Host": host, **dict(headers)})
        reply = connection.getresponse()
        answer = reply.status, reply.headers, reply.read()
        connection.close()
        return answer

    return send


@pytest.fixture
def time_out(client, advance_clock, log_of, wait_until):
    """time_out(function, call) makes the call; its function says "running" and does not end, so its Timeout passes.
    Returns the call's result."""

    def said(function):
        return sum("running" in line for line in log_of(function))

    def outlast(function, call, *arguments):
        seconds = client("lambda").get_function_configuration(FunctionName=function)["Timeout"]
        before = said(function)  # by earlier calls
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            result = pool.submit(call, *arguments)
            wait_until(lambda: said(function) > before, what=f"{function} to run")
            advance_clock(seconds)
            return result.result()

    return outlast


# --- Topics and queues -------------------------------------------------------------------------


@pytest.fixture
def make_queue(client, unique):
    """make_queue(**attributes) returns the URL of a new queue; make_queue.arn(url) returns its ARN."""
    count = itertools.count(1)
    sqs = client("sqs")

    def make(**attributes):
        suffix = ".fifo" if attributes.get("FifoQueue") == "true" else ""
        name = f"q{next(count)}-{unique('q')}"[: 80 - len(suffix)] + suffix
        return sqs.create_queue(QueueName=name, Attributes={k: str(v) for k, v in attributes.items()})["QueueUrl"]

    def arn(url):
        return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    make.arn = arn
    return make


@pytest.fixture
def drain(client):
    """drain(queue url) receives and deletes until the queue is empty, and returns the messages."""
    sqs = client("sqs")

    def all_of(url, **arguments):
        taken = []
        while True:
            messages = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
                **arguments,
            ).get("Messages", [])
            if not messages:
                return taken
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken += messages

    return all_of


@pytest.fixture
def allow_topic(client, make_queue):
    """allow_topic(queue url, topic arn) sets the queue policy that the AWS console writes."""

    def allow(url, topic_arn):
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": make_queue.arn(url),
                    "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
                }
            ],
        }
        client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})

    return allow


# --- Queues that trigger functions ----------------------------------------------------------------

POLLER = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]

SAY = """
import json
def handler(event, context):
    print("EVENT " + json.dumps(event))
"""


def events_in(lines):
    return [json.loads(line[len("EVENT ") :]) for line in lines if line.startswith("EVENT ")]


def records_in(lines):
    return [record for event in events_in(lines) for record in event["Records"]]


@pytest.fixture
def triggered(client, make_queue, make_function, make_role, wait_until):
    """triggered(source, queue attributes, **mapping) returns (function, queue url, mapping's uuid)."""
    functions, made = client("lambda"), []

    def make(source=SAY, queue=None, function=None, **mapping):
        url = make_queue(**{"VisibilityTimeout": 30, **(queue or {})})
        name = make_function(source, Role=make_role(allow=POLLER), **(function or {}))
        uuid = functions.create_event_source_mapping(
            EventSourceArn=make_queue.arn(url), FunctionName=name, **mapping
        )["UUID"]
        made.append(uuid)
        wait_until(
            lambda: functions.get_event_source_mapping(UUID=uuid)["State"] in ("Enabled", "Disabled"),
            what="the mapping to be enabled",
        )
        return name, url, uuid

    yield make
    for mapping in made:
        try:
            functions.delete_event_source_mapping(UUID=mapping)
        except functions.exceptions.ResourceNotFoundException:
            pass


@pytest.fixture
def gate(client, make_queue, make_role):
    """gate.source(body) is that of a function whose handler says IN, waits until gate.open(), and then runs the body; it needs
    gate.role(other actions)."""

    class Gate:
        url = make_queue()

        def source(self, body):
            return f"""
import boto3, os
def handler(event, context):
    print("ENTERED")
    queues = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    while "Messages" not in queues.receive_message(QueueUrl="{self.url}", WaitTimeSeconds=20):
        pass
    {body}
"""

        def role(self, *actions):
            return make_role(allow=["sqs:ReceiveMessage", *actions])

        def open(self):
            client("sqs").send_message(QueueUrl=self.url, MessageBody="open")

    return Gate()


@pytest.fixture
def wait_empty(client, wait_until):
    """wait_empty(queue url) waits until no message is left, visible, hidden or delayed."""

    def empty(url):
        def counts():
            attributes = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            return all(attributes[name] == "0" for name in attributes if name.startswith("ApproximateNumber"))

        wait_until(counts, what="the queue to be empty")

    return empty


@pytest.fixture
def started():
    """started(*flags, **environment) starts a server of its own."""
    servers = []

    def start(*flags, **environment):
        before = dict(os.environ)
        os.environ.update(environment)
        try:
            servers.append(orderly_server.Server(*flags).start())
        finally:
            os.environ.clear()
            os.environ.update(before)
        return servers[-1]

    yield start
    for server in servers:
        server.end()


@pytest.fixture
def trace_headed(client):
    """The client's requests carry that X-Amzn-Trace-Id for the rest of the test."""
    added = []

    def make(header, service="sqs"):
        def add_header(request, **_):
            request.headers.add_header("X-Amzn-Trace-Id", header)

        client(service).meta.events.register("before-sign", add_header)
        added.append((client(service), add_header))
        return header

    yield make
    for one, add_header in added:
        one.meta.events.unregister("before-sign", add_header)
