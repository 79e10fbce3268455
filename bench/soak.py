"""bench/run soak: a mixed load for `--minutes`, beside `--idle` silent connections.

`--active` connections take turns: messages are sent, received and deleted; items put, read, updated and deleted;
log events written into streams that are deleted later; and now and then a message is published to a function
behind a queue. The amount of live data is bounded, so memory and the database's size must be flat once the load
has run for a while. The clock is moved, so that traces (seven days) and messages (four) also expire during the
run.
"""

import argparse
import io
import json
import multiprocessing
import os
import pathlib
import socket
import sys
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "sdk"), str(ROOT / "tests" / "crash")]

import orderly_server  # noqa: E402
from hostile import MIB, memory_mib  # noqa: E402
from wire_client import Refused, WireClient  # noqa: E402

PROCESSES = 4
ITEMS, KEPT_STREAMS = 500, 5
LINE_SECONDS = 10
HOURS_A_LINE = 6
HANDLER = "import json\ndef handler(event, context):\n    print(json.dumps(event)[:200])\n    return len(event['Records'])\n"
ARN = "arn:aws:{}:us-east-1:000000000000:{}"


# # --- What the load uses ------------------------------------------------------------------------


def package():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", HANDLER)
    return packed.getvalue()


def make_world(port):
    """Imported here, because only this function needs boto3."""
    import boto3

    def client(service):
        return boto3.client(service, endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1",
                            aws_access_key_id="test", aws_secret_access_key="test")

    def policy(service, action):
        return json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": "*"}]})

    for number in range(PROCESSES):
        client("sqs").create_queue(QueueName=f"soak-{number}")
    client("sqs").create_queue(QueueName="work", Attributes={"Policy": policy("sns.amazonaws.com", "sqs:SendMessage")})
    client("dynamodb").create_table(
        TableName="soak", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    client("sns").create_topic(Name="soak")
    client("sns").subscribe(TopicArn=ARN.format("sns", "soak"), Protocol="sqs", Endpoint=ARN.format("sqs", "work"))
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = client("iam").create_role(RoleName="soak", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    for name in ("AWSLambdaSQSQueueExecutionRole", "AWSLambdaBasicExecutionRole"):
        client("iam").attach_role_policy(RoleName="soak", PolicyArn=f"arn:aws:iam::aws:policy/service-role/{name}")
    client("lambda").create_function(FunctionName="soak", Runtime="python3.11", Handler="index.handler", Role=role,
                                     Code={"ZipFile": package()})
    client("lambda").create_event_source_mapping(FunctionName="soak", EventSourceArn=ARN.format("sqs", "work"))
    client("logs").create_log_group(logGroupName="soak")


# --- The load ----------------------------------------------------------------------------------


class Worker:
    """One process with its share of the active connections, which take turns."""

    def __init__(self, port, number, connections, done, refused):
        self.number, self.done, self.refused = number, done, refused
        self.clients = [WireClient(port) for _ in range(connections)]
        self.url = f"http://127.0.0.1:{port}/000000000000/soak-{number}"
        self.turn = 0

    def run(self, per_second, ends):
        steps = [self.send, self.put, self.receive, self.update, self.get, self.send, self.delete, self.receive]
        began = time.monotonic()
        while time.monotonic() < ends:
            self.turn += 1
            step = steps[self.turn % len(steps)]
            if self.turn % 50 == 0:
                step = self.log
            elif self.turn % 101 == 0:
                step = self.publish
            self.ask(step, self.clients[self.turn % len(self.clients)])
            time.sleep(max(0, began + self.turn / per_second - time.monotonic()))

    def ask(self, step, client):
        try:
            step(client)
            with self.done.get_lock():
                self.done.value += 1
        except (Refused, OSError) as problem:
            if self.refused.value == 0:
                print(f"{step.__name__}: {problem}", flush=True)
            with self.refused.get_lock():
                self.refused.value += 1
            client.close()

    def send(self, client):
        client.sqs("SendMessage", QueueUrl=self.url, MessageBody="x" * (100 + self.turn % 7 * 500))

    def receive(self, client):
        messages = client.sqs("ReceiveMessage", QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages", [])
        if messages:
            client.sqs("DeleteMessageBatch", QueueUrl=self.url, Entries=[
                {"Id": str(at), "ReceiptHandle": message["ReceiptHandle"]} for at, message in enumerate(messages)])

    def key(self, back=0):
        return {"id": {"S": f"{self.number}-{(self.turn // 8 - back) % ITEMS}"}}

    def put(self, client):
        client.dynamodb("PutItem", TableName="soak", Item={**self.key(), "text": {"S": "x" * (self.turn % 1000)}})

    def update(self, client):
        client.dynamodb("UpdateItem", TableName="soak", Key=self.key(), UpdateExpression="ADD n :one",
                        ExpressionAttributeValues={":one": {"N": "1"}})

    def get(self, client):
        client.dynamodb("GetItem", TableName="soak", Key=self.key(back=1))

    def delete(self, client):
        client.dynamodb("DeleteItem", TableName="soak", Key=self.key(back=ITEMS // 2))

    def log(self, client):
        """Makes a new stream each time, and deletes an old one."""
        def logs(operation, **arguments):
            return client.call("logs", f"Logs_20140328.{operation}", {"logGroupName": "soak", **arguments})

        at, name = round(time.time() * 1000), f"{self.number}-{self.turn}"
        logs("CreateLogStream", logStreamName=name)
        shown = client.call("logs", "Logs_20140328.PutLogEvents", {
            "logGroupName": "soak", "logStreamName": name, "logEvents": [{"timestamp": at, "message": "y" * 100}] * 20})
        assert "nextSequenceToken" in shown
        if self.turn > 50 * KEPT_STREAMS:
            logs("DeleteLogStream", logStreamName=f"{self.number}-{self.turn - 50 * KEPT_STREAMS}")

    def publish(self, client):
        client.query("sns", "2010-03-31", "Publish", TopicArn=ARN.format("sns", "soak"), Message="soak")


def work(port, number, options, counters, ends):
    Worker(port, number, options.active // PROCESSES, *counters).run(options.per_second / PROCESSES, ends)


# # --- Memory and size ---------------------------------------------------------------------------


def stored_mib(data):
    return [os.stat(os.path.join(data, f"orderly.db{part}")).st_size / MIB for part in ("", "-wal")]


def trim_logs(client):
    """Functions' logs are kept for ever by default."""
    try:
        client.call("logs", "Logs_20140328.DeleteLogGroup", {"logGroupName": "/aws/lambda/soak"})
    except Refused:
        pass  # nothing has been logged yet


IDLE_TURNS = 24  # each idle connection asks something once in so many lines, before the server closes it as idle


def wake_some(idle, turn):
    """Lets some connections ask something: the server closes a silent one after 350 s, as AWS's load balancers do."""
    some = idle[turn % IDLE_TURNS :: IDLE_TURNS]
    for connection in some:
        connection.sendall(b"GET /_orderly/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for connection in some:
        connection.recv(4096)


def line(server, counters, began):
    database, log = stored_mib(server.data)
    print(f"{time.monotonic() - began:5.0f} s: {counters[0].value} requests, {counters[1].value} refused, memory "
          f"{memory_mib(server.process.pid, 'VmRSS')} MiB, database {database:.1f} MiB, log {log:.1f} MiB", flush=True)
    return memory_mib(server.process.pid, "VmRSS"), database + log


def watch(server, counters, idle, minutes):
    """Prints a line every ten seconds; returns their figures."""
    client, began, seen = WireClient(server.port), time.monotonic(), []
    while time.monotonic() < began + 60 * minutes:
        time.sleep(LINE_SECONDS)
        seen.append(line(server, counters, began))
        trim_logs(client)
        wake_some(idle, len(seen))
        server.advance_clock(HOURS_A_LINE * 3600)
    return seen


def growth(seen):
    """Compares the largest figures of the second and of the last third."""
    third = len(seen) // 3
    middle, last = seen[third : 2 * third], seen[2 * third :]
    return [max(one[at] for one in last) / max(one[at] for one in middle) for at in (0, 1)]


def soak(options):
    server = orderly_server.Server(program=options.binary).start()
    make_world(server.port)
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(options.idle)]
    counters = [multiprocessing.Value("q", 0), multiprocessing.Value("q", 0)]
    ends = time.monotonic() + 60 * options.minutes
    workers = [multiprocessing.Process(target=work, args=(server.port, number, options, counters, ends)) for number in range(PROCESSES)]
    for worker in workers:
        worker.start()
    seen = watch(server, counters, idle, options.minutes)
    for worker in workers:
        worker.join()
    alive = sum(1 for connection in idle if is_open(connection))
    print(f"{alive} of {len(idle)} idle connections are there")
    memory, stored = growth(seen)
    print(f"largest of the last third, to that of the second: memory {memory:.2f}, stored {stored:.2f}")
    server.end()


def is_open(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(prog="bench/run soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build" / "orderly"))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--active", type=int, default=1_000)
    parser.add_argument("--per-second", type=float, default=500, help="requests, of all active connections together")
    soak(parser.parse_args())


if __name__ == "__main__":
    main()
