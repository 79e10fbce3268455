"""Load that remembers the acknowledged requests, which the server must not lose.

A request without a reply when the server was killed may have been carried out or not; everything else is certain.
"""

import http.client
import threading

import orderly_server
from wire_client import Refused, WireClient

TABLE = "crash"
PROGRESS = 20
GONE = (ConnectionError, http.client.HTTPException, OSError)


class Memory:
    """What the clients know, over all cycles."""

    def __init__(self):
        self.lock = threading.Lock()
        self.bodies_tried = set()
        self.sent = set()            # bodies whose send was acknowledged
        self.delete_tried = set()
        self.deleted = set()         # bodies whose delete was acknowledged
        self.items = {}              # key -> value acknowledged
        self.items_tried = {}  # key -> values that the item may have
        self.number = 0

    def next_number(self):
        with self.lock:
            self.number += 1
            return self.number

    def must_be_there(self):
        return self.sent - self.delete_tried

    def settle(self):
        """After a restart and a drained queue no request is under way: all messages are gone for ever."""
        self.deleted = set(self.bodies_tried)
        self.delete_tried = set(self.bodies_tried)


class Worker(threading.Thread):
    """Sends, receives, deletes and puts until the server is gone."""

    def __init__(self, port, queue_url, memory):
        super().__init__(daemon=True)
        self.client = WireClient(port)
        self.queue_url, self.memory = queue_url, memory
        self.problem = None

    def run(self):
        try:
            while True:
                self.send()
                self.put(f"key-{self.memory.next_number()}")
                self.send()
                self.put(f"shared-{self.name}")
                self.receive_and_delete()
        except GONE:
            pass
        except Exception as problem:
            self.problem = problem
        finally:
            self.client.close()

    def send(self):
        body = f"message {self.memory.next_number()}"
        with self.memory.lock:
            self.memory.bodies_tried.add(body)
        self.client.sqs("SendMessage", QueueUrl=self.queue_url, MessageBody=body)
        with self.memory.lock:
            self.memory.sent.add(body)

    def put(self, key):
        value = str(self.memory.next_number())
        with self.memory.lock:
            self.memory.items_tried.setdefault(key, set()).add(value)
        self.client.dynamodb("PutItem", TableName=TABLE, Item={"id": {"S": key}, "value": {"N": value}})
        with self.memory.lock:
            self.memory.items[key] = value
            self.memory.items_tried[key] = {value}

    def receive_and_delete(self):
        reply = self.client.sqs("ReceiveMessage", QueueUrl=self.queue_url, MaxNumberOfMessages=3)
        for message in reply.get("Messages", []):
            body = message["Body"]
            with self.memory.lock:
                assert body not in self.memory.deleted, f"{body!r} was delivered after its delete"
                self.memory.delete_tried.add(body)
            self.client.sqs("DeleteMessage", QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
            with self.memory.lock:
                self.memory.deleted.add(body)


def prepare(port):
    """Makes the queue and the table; returns the queue's URL."""
    client = WireClient(port)
    client.dynamodb(
        "CreateTable",
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    url = client.sqs("CreateQueue", QueueName="crash")["QueueUrl"]
    client.close()
    return url


def run_until_killed(server, queue_url, memory, seconds, workers=8):
    """Load until PROGRESS sends and puts are acknowledged and for about that many seconds more, then kill -9 in the
    middle of it."""
    threads = [Worker(server.port, queue_url, memory) for _ in range(workers)]
    for thread in threads:
        thread.start()
    sent, items = len(memory.sent) + PROGRESS, len(memory.items) + PROGRESS
    orderly_server.wait_until(
        lambda: (len(memory.sent) > sent and len(memory.items) > items) or not any(t.is_alive() for t in threads))
    threads[0].join(seconds)  # a worker ends only when the server does
    server.kill()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
        if thread.problem:
            raise thread.problem


def drain(server, queue_url):
    """The bodies of all messages that the queue still delivers; deletes them."""
    server.advance_clock(31)
    client, delivered = WireClient(server.port), []
    counts = client.sqs("GetQueueAttributes", QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    counted = [int(value) for name, value in sorted(counts.items()) if name.startswith("ApproximateNumber")]
    while True:
        messages = client.sqs("ReceiveMessage", QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            client.close()
            assert counted == [len(delivered), 0, 0], "the queue's counts are not what it holds"
            return delivered
        delivered += [message["Body"] for message in messages]
        client.sqs(
            "DeleteMessageBatch",
            QueueUrl=queue_url,
            Entries=[{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)],
        )


def check_messages(server, queue_url, memory):
    delivered = drain(server, queue_url)
    assert len(delivered) == len(set(delivered)), "a message was delivered twice"
    delivered = set(delivered)
    assert not memory.must_be_there() - delivered, "acknowledged messages are lost"
    assert not delivered & memory.deleted, "messages came after their acknowledged delete"
    assert delivered <= memory.bodies_tried, "messages came that nobody sent"
    memory.settle()


def check_items(server, memory):
    client, there, more = WireClient(server.port), {}, {}
    while True:
        page = client.dynamodb("Scan", TableName=TABLE, **more)
        there.update({item["id"]["S"]: item["value"]["N"] for item in page["Items"]})
        if "LastEvaluatedKey" not in page:
            break
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    client.close()
    lost = [key for key in memory.items if key not in there]
    assert not lost, f"acknowledged items are lost: {lost[:5]}"
    for key, value in there.items():
        assert value in memory.items_tried[key], f"{key} is {value}, not one of {memory.items_tried[key]}"
        memory.items[key] = value
        memory.items_tried[key] = {value}


__all__ = ["Memory", "Refused", "WireClient", "check_items", "check_messages", "prepare", "run_until_killed"]
