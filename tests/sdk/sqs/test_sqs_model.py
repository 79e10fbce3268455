"""SQS beside a small model of it: random sends, receives, deletions, visibility changes, time and restarts.

Standard queues: nothing is lost, nothing is returned while it is hidden, a dead letter is one after exactly maxReceiveCount
receives.  FIFO queues, besides: order within each group, none comes while an earlier one of its group is hidden, no duplicate
within five minutes.
"""

import collections
import json
import random

import boto3
import orderly_server
import pytest
from botocore.exceptions import ClientError
from bulk import Bulk

STEPS, RESTARTS, MOST_RECEIVES = 400, 3, 3
GROUPS, DEDUPLICATION_S = "abc", 300
STEP_S = DEDUPLICATION_S // 2


class World:
    """A server of its own with one queue and its dead-letter queue.  All times are multiples of STEP_S, during which a whole
    test ends: so it does not matter that its clock goes on by itself."""

    def __init__(self, fifo):
        self.server = orderly_server.Server().start()
        self.fifo, self.suffix = fifo, ".fifo" if fifo else ""
        self.connect()
        more = {"FifoQueue": "true"} if fifo else {}
        self.dead = self.sqs.create_queue(QueueName=f"dead{self.suffix}", Attributes=more)["QueueUrl"]
        target = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        self.queue = self.sqs.create_queue(QueueName=f"queue{self.suffix}", Attributes={
            **more, "RedrivePolicy": json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": MOST_RECEIVES})})["QueueUrl"]

    def connect(self):
        self.sqs = Bulk(boto3.client("sqs", endpoint_url=self.server.endpoint, region_name="us-east-1",
                                     aws_access_key_id="test", aws_secret_access_key="test"))

    def restart(self):
        port = self.server.endpoint
        self.server.kill()
        self.server.start()
        self.connect()
        self.queue, self.dead = (url.replace(port, self.server.endpoint) for url in (self.queue, self.dead))

    def wait(self, seconds):
        self.server.advance_clock(seconds)


class Message:
    def __init__(self, body, group):
        self.body, self.group = body, group
        self.visible_s, self.receives, self.handle = 0, 0, None


class Model:
    """What SQS promises."""

    def __init__(self, fifo):
        self.fifo, self.now_s = fifo, 0
        self.messages, self.dead = [], []
        self.arrived = {}

    def send(self, body, group, deduplication):
        if self.fifo and self.arrived.get(deduplication, -DEDUPLICATION_S) + DEDUPLICATION_S > self.now_s:
            return
        self.arrived[deduplication] = self.now_s
        self.messages.append(Message(body, group))

    def ready(self):
        """The messages that may be returned now; of a FIFO queue, those before the first hidden one of their group."""
        ready, locked = [], set()
        for message in self.messages:
            if message.visible_s > self.now_s:
                locked.add(message.group)
            elif not self.fifo or message.group not in locked:
                ready.append(message)
        return ready

    def check_received(self, bodies, asked):
        """The messages that these are; every one may be returned now, and none is missing that has to be."""
        ready = self.ready()
        over = [message for message in ready if message.receives == MOST_RECEIVES]
        taken = []
        for body in bodies:
            (message,) = [one for one in ready if one.body == body and one not in taken]
            assert message.receives < MOST_RECEIVES
            taken.append(message)
        if self.fifo:
            for group in {message.group for message in taken}:
                there = [one.body for one in ready if one.group == group and one not in over]
                got = [one.body for one in taken if one.group == group]
                assert got == there[:len(got)], f"{group}: {got} instead of {there}"
        assert len(taken) == min(asked, len(ready)) or over, "fewer messages than there are"
        return taken


def deduplication_of(number, chance):
    return f"d{number if chance.random() < 0.8 else chance.randrange(max(number, 1))}"


class Run:
    def __init__(self, fifo, seed):
        self.world, self.model, self.chance = World(fifo), Model(fifo), random.Random(seed)
        self.number = 0

    def send(self):
        self.number += 1
        group, body = self.chance.choice(GROUPS), f"m{self.number}"
        deduplication = deduplication_of(self.number, self.chance)
        more = {"MessageGroupId": group, "MessageDeduplicationId": deduplication} if self.model.fifo else {}
        self.world.sqs.send_message(QueueUrl=self.world.queue, MessageBody=body, **more)
        self.model.send(body, group, deduplication)

    def receive(self):
        asked, seconds = self.chance.randint(1, 10), STEP_S * self.chance.choice([0, 1, 5])
        got = self.world.sqs.receive_message(QueueUrl=self.world.queue, MaxNumberOfMessages=asked, VisibilityTimeout=seconds).get("Messages", [])
        taken = self.model.check_received([one["Body"] for one in got], asked)
        for message, one in zip(taken, got):
            message.receives += 1
            message.visible_s, message.handle = self.model.now_s + seconds, one["ReceiptHandle"]
        self.collect_dead_letters()

    def collect_dead_letters(self):
        """What has come to the dead-letter queue was received exactly as often as allowed, and is visible."""
        while got := self.world.sqs.receive_message(QueueUrl=self.world.dead, MaxNumberOfMessages=10).get("Messages"):
            for one in got:
                (message,) = [m for m in self.model.messages if m.body == one["Body"]]
                assert message.receives == MOST_RECEIVES and message.visible_s <= self.model.now_s
                self.model.messages.remove(message)
                self.model.dead.append(message)
                self.world.sqs.delete_message(QueueUrl=self.world.dead, ReceiptHandle=one["ReceiptHandle"])

    def in_flight(self):
        return [message for message in self.model.messages if message.handle and message.visible_s > self.model.now_s]

    def delete(self):
        if messages := self.in_flight():
            message = self.chance.choice(messages)
            self.world.sqs.delete_message(QueueUrl=self.world.queue, ReceiptHandle=message.handle)
            self.model.messages.remove(message)

    def delete_late(self):
        """With a handle whose time is over: a standard queue deletes, a FIFO queue refuses."""
        late = [m for m in self.model.messages if m.handle and m.visible_s <= self.model.now_s]
        if not late:
            return
        message = self.chance.choice(late)
        try:
            self.world.sqs.delete_message(QueueUrl=self.world.queue, ReceiptHandle=message.handle)
            assert not self.model.fifo
            self.model.messages.remove(message)
        except ClientError as error:
            assert self.model.fifo and "expired" in str(error)

    def change(self):
        if messages := self.in_flight():
            message, seconds = self.chance.choice(messages), STEP_S * self.chance.choice([0, 1, 3])
            self.world.sqs.change_message_visibility(QueueUrl=self.world.queue, ReceiptHandle=message.handle, VisibilityTimeout=seconds)
            message.visible_s = self.model.now_s + seconds

    def wait(self):
        seconds = STEP_S * self.chance.choice([1, 1, 2, 8])
        self.world.wait(seconds)
        self.model.now_s += seconds

    def do(self, name):
        getattr(self, name)()

    def drain(self):
        """In the end, everything that was sent and not deleted is there."""
        for _ in range(2 * MOST_RECEIVES * len(self.model.messages) + 10):
            if not self.model.messages:
                break
            for name in ("receive", "delete", "wait"):
                self.do(name)
        assert not self.model.messages


STEPS_OF = collections.OrderedDict(send=5, receive=4, delete=3, change=1, delete_late=1, wait=2)


@pytest.mark.parametrize("fifo", [False, True], ids=["standard", "fifo"])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_queue_keeps_what_sqs_promises(fifo, seed):
    run = Run(fifo, seed)
    names = [name for name, weight in STEPS_OF.items() for _ in range(weight)]
    try:
        for step in range(STEPS):
            if step % (STEPS // (RESTARTS + 1)) == STEPS // (RESTARTS + 1) - 1:
                run.world.restart()
            run.do(run.chance.choice(names))
        run.drain()
        assert run.model.dead, "no message was received too often"
    finally:
        run.world.server.end()
