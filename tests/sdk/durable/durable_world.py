"""A server for tests of durable functions: functions on AWS's durable execution SDKs, and puppets, whose runs a test plays."""

import base64
import json
import pathlib
import subprocess

import aws_durable_execution_sdk_python
import orderly_server
from orderly_fixtures import zip_of
from own_world import OwnWorld

JS = pathlib.Path(__file__).parents[1] / "js"
DURABLE = ["lambda:CheckpointDurableExecution", "lambda:GetDurableExecutionState", "lambda:InvokeFunction"]
QUEUES = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]

# It tells its event, and does what it is told: the test makes the checkpoints.
PUPPET = """
import json, os, boto3
sqs = boto3.client("sqs")

def handler(event, context):
    sqs.send_message(QueueUrl=os.environ["TOLD"], MessageBody=json.dumps({"request": context.aws_request_id, "event": event}))
    while True:
        for message in sqs.receive_message(QueueUrl=os.environ["TOLD_TO"], WaitTimeSeconds=20).get("Messages", []):
            sqs.delete_message(QueueUrl=os.environ["TOLD_TO"], ReceiptHandle=message["ReceiptHandle"])
            answer = json.loads(message["Body"])
            if "raise" in answer:
                raise ValueError(answer["raise"])
            return answer["return"]
"""


def python_sdk():
    """The files of the Python SDK, for a package."""
    folder = pathlib.Path(aws_durable_execution_sdk_python.__file__).parent
    return {f"{folder.name}/{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*.py")}


def bundle(source):
    """A JavaScript function with the SDK, in one file; the AWS SDK comes from the runtime."""
    done = subprocess.run(
        ["node_modules/.bin/esbuild", "--bundle", "--platform=node", "--format=esm", "--external:@aws-sdk/*"],
        input=source, capture_output=True, text=True, cwd=JS)
    assert done.returncode == 0, done.stderr
    return done.stdout


class World(OwnWorld):
    def restart(self):
        """Kills the server and starts it again on its data."""
        self.server.kill()
        self.server.start()

    def role(self, allow=(*DURABLE, *QUEUES), resource="*"):
        return super().role(allow, resource)

    def create(self, files, durable=True, **settings):
        name = settings.pop("FunctionName", None) or self.name("function")
        config = {"ExecutionTimeout": 900, **(durable if isinstance(durable, dict) else {})}
        settings = {"Runtime": "python3.13", "Handler": "index.handler", "Timeout": 60, "MemorySize": 512,
                    **({"DurableConfig": config} if durable else {}), **settings}
        settings.setdefault("Role", None)
        settings["Role"] = settings["Role"] or self.role()
        self.functions.create_function(FunctionName=name, Code={"ZipFile": zip_of(files)}, **settings)
        return name

    def python(self, source, **settings):
        return self.create({"index.py": source, **python_sdk()}, **settings)

    def javascript(self, source, **settings):
        return self.create({"index.mjs": bundle(source)}, Runtime="nodejs22.x", **settings)

    def queue(self):
        return self.client("sqs").create_queue(
            QueueName=self.name("queue"), Attributes={"VisibilityTimeout": "360"})["QueueUrl"]

    def puppet(self, **settings):
        return Puppet(self, **settings)

    # --- executions ---

    def start(self, function, payload, qualifier="$LATEST", **arguments):
        """The ARN of an execution that an event starts."""
        reply = self.functions.invoke(FunctionName=function, Qualifier=qualifier, InvocationType="Event",
                                      Payload=json.dumps(payload), **arguments)
        assert (reply["StatusCode"], reply["Payload"].read()) == (202, b"")
        return reply["DurableExecutionArn"]

    def shown(self, arn, **arguments):
        reply = self.functions.get_durable_execution(DurableExecutionArn=arn, **arguments)
        reply.pop("ResponseMetadata")
        return reply

    def events(self, arn, **arguments):
        """All events of the history."""
        found, marker = [], {}
        while True:
            page = self.functions.get_durable_execution_history(
                DurableExecutionArn=arn, **{"MaxItems": 1000, **marker, **arguments})
            found += page["Events"]
            if "NextMarker" not in page:
                return found
            marker = {"Marker": page["NextMarker"]}

    def types(self, arn):
        return [event["EventType"] for event in self.events(arn, IncludeExecutionData=False)]

    def wait_for(self, arn, event_type, count=1):
        """Waits until the history has so many events of that type."""
        orderly_server.wait_until(lambda: self.types(arn).count(event_type) >= count, 60,
                                  f"{count} {event_type}")

    def ended(self, arn):
        """The execution, when it has ended."""
        return orderly_server.wait_until(lambda: (shown := self.shown(arn))["Status"] != "RUNNING" and shown, 60, "the end")


class Puppet:
    """A durable function whose runs the test plays."""

    def __init__(self, world, source=PUPPET, **settings):
        self.world, self.told, self.told_to = world, world.queue(), world.queue()
        variables = {"TOLD": self.told, "TOLD_TO": self.told_to}
        self.name = world.create({"index.py": source}, Environment={"Variables": variables}, **settings)

    def run(self):
        """The next run's event."""
        sqs = self.world.client("sqs")

        def message():
            return sqs.receive_message(QueueUrl=self.told, WaitTimeSeconds=1).get("Messages")

        [found] = orderly_server.wait_until(message, 60, "a run")
        sqs.delete_message(QueueUrl=self.told, ReceiptHandle=found["ReceiptHandle"])
        return Run(self, json.loads(found["Body"]))

    def wait_until_it_has_heard(self):
        """Until a run has taken the last answer: a later run would take it otherwise."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

        def is_empty():
            counts = self.world.client("sqs").get_queue_attributes(QueueUrl=self.told_to, AttributeNames=names)["Attributes"]
            return set(counts.values()) == {"0"}

        orderly_server.wait_until(is_empty, 60, "the answer to be heard")

    def runs_again(self):
        """Is another run waiting within a second?"""
        return bool(self.world.client("sqs").receive_message(
            QueueUrl=self.told, WaitTimeSeconds=1, VisibilityTimeout=0).get("Messages"))


class Run:
    def __init__(self, puppet, told):
        self.puppet, self.world = puppet, puppet.world
        self.request = told["request"]
        self.event = told["event"]
        self.arn = self.event["DurableExecutionArn"]
        self.token = self.event["CheckpointToken"]
        self.operations = self.event["InitialExecutionState"]["Operations"]

    def checkpoint(self, *updates, **arguments):
        """Makes a checkpoint with the newest token; the reply's operations."""
        reply = self.world.functions.checkpoint_durable_execution(
            DurableExecutionArn=self.arn, **{"CheckpointToken": self.token, "Updates": list(updates), **arguments})
        self.token = reply.get("CheckpointToken")
        self.reply = reply
        return reply["NewExecutionState"]["Operations"]

    def answer(self, **answer):
        self.world.client("sqs").send_message(QueueUrl=self.puppet.told_to, MessageBody=json.dumps(answer))
        self.puppet.wait_until_it_has_heard()

    def pend(self):
        """Ends this run, which may not be the first one of its execution."""
        before = self.world.types(self.arn).count("InvocationCompleted")
        self.answer(**{"return": {"Status": "PENDING"}})
        self.world.wait_for(self.arn, "InvocationCompleted", before + 1)

    def succeed(self, result="done"):
        self.answer(**{"return": {"Status": "SUCCEEDED", "Result": json.dumps(result)}})
        return self.world.ended(self.arn)


def step(id, action="START", **more):
    return {"Id": id, "Type": "STEP", "Action": action, **more}


def context(id, action="START", **more):
    return {"Id": id, "Type": "CONTEXT", "Action": action, **more}


def wait(id, seconds=10, **more):
    return {"Id": id, "Type": "WAIT", "Action": "START", "WaitOptions": {"WaitSeconds": seconds}, **more}


def callback(id, **options):
    return {"Id": id, "Type": "CALLBACK", "Action": "START", "CallbackOptions": options}


def chained(id, function, payload=None, **more):
    return {"Id": id, "Type": "CHAINED_INVOKE", "Action": "START",
            "ChainedInvokeOptions": {"FunctionName": function}, **({"Payload": json.dumps(payload)} if payload else {}), **more}


def encoded(text):
    return base64.b64encode(text.encode()).decode()
