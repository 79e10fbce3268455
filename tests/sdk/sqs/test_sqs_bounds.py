"""SQS: each run of a request changes a bounded number of rows, and counts stay exact all the same."""

import json
import random
import sqlite3
import threading
import time
import urllib.request

import changes
import orderly_server
import pytest
from botocore.exceptions import ClientError
from bulk import Bulk

ROWS_PER_RUN = 500
FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
MAX_IN_FLIGHT = 120_000
COUNTS = {
    "ready": "ApproximateNumberOfMessages",
    "delayed": "ApproximateNumberOfMessagesDelayed",
    "in flight": "ApproximateNumberOfMessagesNotVisible",
}


class Queues(changes.OwnServer):
    @property
    def sqs(self):
        return self.client("sqs")

    def send_many(self, name, count, **entry):
        sqs = Bulk(self.sqs)
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        for first in range(0, count, 10):
            entries = [{"Id": str(i), "MessageBody": str(first + i), **entry} for i in range(min(10, count - first))]
            sqs.send_message_batch(QueueUrl=url, Entries=entries)

    def url(self, name):
        return self.sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def receive(self, name, **arguments):
        arguments = {"MaxNumberOfMessages": 10, **arguments}
        return self.sqs.receive_message(QueueUrl=self.url(name), **arguments).get("Messages", [])

    def counts(self, name):
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.url(name), AttributeNames=list(COUNTS.values()))
        return {word: int(attributes["Attributes"][attribute]) for word, attribute in COUNTS.items()}


@pytest.fixture
def queues():
    one = Queues()
    yield one
    one.end()


def generation_of(queues, name):
    [(generation,)] = queues.rows("select generation_id from sqs_queue where name = ?", name)
    return generation


# --- Purge, deletion, expiry -------------------------------------------------------------------


@pytest.mark.parametrize("operation, environment, most", [("purge_queue", changes.NO_HURRY, ROWS_PER_RUN),
                                                          ("purge_queue", changes.ALWAYS_OVER, 1),
                                                          ("delete_queue", changes.NO_HURRY, ROWS_PER_RUN)])
def test_a_purge_and_a_deletion_remove_a_bounded_number_of_rows_at_a_time(queues, operation, environment, most):
    queues.sqs.create_queue(QueueName="large")
    queues.sqs.create_queue(QueueName="other")
    queues.send_many("large", 3 * ROWS_PER_RUN)
    queues.send_many("other", 3)
    queues.restart_recording(environment, removed="delete on sqs_message", run="insert on engine_timer")

    getattr(queues.sqs, operation)(QueueUrl=queues.url("large"))
    queues.wait_for_no_rows("select 1 from sqs_message limit 1 offset 3")

    words = queues.stop_and_read()
    assert words.count("removed") == 3 * ROWS_PER_RUN
    assert changes.largest_run(words, "removed", until="run") == most
    assert queues.counts("other")["ready"] == 3


def test_after_a_purge_the_old_messages_are_gone_for_everybody_at_once(queues):
    sqs = queues.sqs
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    queues.send_many("q", 2 * ROWS_PER_RUN)
    [held] = queues.receive("q", MaxNumberOfMessages=1)
    queues.send_many("q", 10, DelaySeconds=30)
    sqs.purge_queue(QueueUrl=url)
    assert queues.counts("q") == {"ready": 0, "delayed": 0, "in flight": 0}
    assert queues.receive("q") == []
    sqs.delete_message(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    with pytest.raises(ClientError, match="not available for visibility timeout change"):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=held["ReceiptHandle"], VisibilityTimeout=0)
    queues.send_many("q", 2)
    assert queues.counts("q") == {"ready": 2, "delayed": 0, "in flight": 0}
    queues.advance(61)
    assert sorted(m["Body"] for m in queues.receive("q")) == ["0", "1"]
    queues.wait_for_no_rows("select 1 from sqs_message limit 1 offset 2")


def test_a_removal_goes_on_after_a_restart(queues):
    url = queues.sqs.create_queue(QueueName="q")["QueueUrl"]
    queues.send_many("q", 2 * ROWS_PER_RUN)
    queues.sqs.purge_queue(QueueUrl=url)
    queues.server.kill()
    queues.server.start()
    queues.wait_for_no_rows("select 1 from sqs_generation limit 1 offset 1")
    assert queues.rows("select count(*) from sqs_message") == [(0,)]


def test_a_deleted_queue_leaves_no_rows_behind(queues):
    url = queues.sqs.create_queue(QueueName="q", tags={"a": "b"})["QueueUrl"]
    queues.send_many("q", 20, DelaySeconds=900)
    queues.sqs.delete_queue(QueueUrl=url)
    for table in ("sqs_queue", "sqs_generation", "sqs_message", "sqs_count", "aws_tag"):
        queues.wait_for_no_rows(f"select 1 from {table}")


def test_expired_messages_are_removed_some_at_a_time_and_count_no_more(queues):
    queues.sqs.create_queue(QueueName="q", Attributes={"MessageRetentionPeriod": "3600"})
    queues.send_many("q", 2 * ROWS_PER_RUN)
    queues.restart_recording(changes.NO_HURRY, removed="delete on sqs_message", run="insert on engine_timer")
    queues.advance(1800)
    queues.send_many("q", 3)
    queues.advance(1801)
    assert queues.counts("q") == {"ready": 3, "delayed": 0, "in flight": 0}
    queues.wait_for_no_rows("select 1 from sqs_message limit 1 offset 3")
    assert queues.counts("q") == {"ready": 3, "delayed": 0, "in flight": 0}
    words = queues.stop_and_read()
    assert words.count("removed") == 2 * ROWS_PER_RUN
    assert changes.largest_run(words, "removed", until="run") == ROWS_PER_RUN


def is_waiting(queues, operation):
    with urllib.request.urlopen(queues.server.endpoint + "/_orderly/clock") as reply:
        return operation in {each["what"] for each in json.load(reply)["next"]}


def test_the_removal_of_an_expired_message_wakes_who_waits_for_its_group(queues):
    """The first message locks its group for hours, and expires while a receive waits."""
    url = queues.sqs.create_queue(QueueName="q.fifo", Attributes={
        "FifoQueue": "true", "ContentBasedDeduplication": "true", "MessageRetentionPeriod": "600"})["QueueUrl"]
    queues.sqs.send_message(QueueUrl=url, MessageBody="old", MessageGroupId="g")
    assert len(queues.receive("q.fifo", VisibilityTimeout=43200)) == 1
    queues.advance(300)
    queues.sqs.send_message(QueueUrl=url, MessageBody="new", MessageGroupId="g")
    queues.advance(290)
    got = []
    waiter = threading.Thread(target=lambda: got.extend(queues.receive("q.fifo", WaitTimeSeconds=20)))
    waiter.start()
    orderly_server.wait_until(lambda: is_waiting(queues, "sqs:ReceiveMessage"), what="the receive")
    queues.advance(11)  # the receive would look again only at its deadline, nine seconds later
    queues.wait_for_no_rows("select 1 from sqs_message limit 1 offset 1")
    assert not is_waiting(queues, "sqs:ReceiveMessage")
    waiter.join()
    assert [message["Body"] for message in got] == ["new"]


def test_seconds_that_have_passed_are_forgotten(queues):
    queues.sqs.create_queue(QueueName="q")
    for delay in range(1, 30):
        queues.send_many("q", 1, DelaySeconds=delay)
    queues.send_many("q", 2, DelaySeconds=900)
    queues.advance(300)
    queues.wait_for_no_rows("select 1 from sqs_count where second > 0 limit 1 offset 1")
    assert queues.counts("q") == {"ready": 29, "delayed": 2, "in flight": 0}
    queues.advance(3700)
    queues.wait_for_no_rows("select 1 from sqs_count where second > 0")
    assert queues.counts("q") == {"ready": 31, "delayed": 0, "in flight": 0}


def test_a_store_of_the_first_schema_keeps_its_messages_and_counts_them(tmp_path):
    now = round(time.time() * 1000)
    queue = "(7, '000000000000', 'us-east-1', 'q', 0, 0, 30, 345600, 262144, 0, 0, 1, 300)"
    messages = [(2, now - 1, 0), (3, now + 600_000, 0), (5, now + 600_000, 1), (9, now - 1, 2)]
    with sqlite3.connect(tmp_path / "orderly.db") as database:
        database.execute("create table schema_version (name text primary key, version integer not null) without rowid")
        database.execute("insert into schema_version values ('sqs', 1)")
        database.executescript(changes.migration("sqs", 1))
        database.execute(
            f"""insert into sqs_queue (id, account, region, name, created_ms, modified_ms, visibility_timeout,
            retention_seconds, maximum_message_size, delay_seconds, wait_seconds, sse_managed, kms_reuse_seconds)
            values {queue}"""
        )
        database.executemany(
            f"""insert into sqs_message (id, queue_id, visible_ms, message_id, sent_ms, sender_id, body, trace_id,
            receive_count, receipt) values (?, 7, ?, 'm', {now - 5000}, 's', 'old', 't', ?, 0)""",
            messages,
        )
    old = Queues.__new__(Queues)
    old.server, old.clients = orderly_server.Server(data=str(tmp_path)).start(), {}
    try:
        assert old.counts("q") == {"ready": 2, "delayed": 1, "in flight": 1}
        assert [m["Body"] for m in old.receive("q")] == ["old", "old"]
        assert old.counts("q") == {"ready": 0, "delayed": 1, "in flight": 3}
        old.advance(700)
        assert old.counts("q") == {"ready": 4, "delayed": 0, "in flight": 0}
    finally:
        old.server.stop()


@pytest.fixture(params=["--sqs-waits", "ORDERLY_SQS_WAITS", "SQS_DELAY_PURGE_RETRY", "SQS_DELAY_RECENTLY_DELETED"])
def waiting(request):
    """A server with AWS's rules of a minute, set by each of their names."""
    flags, environment = ([request.param], {}) if request.param.startswith("--") else ([], {request.param: "1"})
    one = Queues(*flags, environment=environment)
    yield one
    one.end()


def test_with_waits_a_purge_may_follow_another_after_sixty_seconds(waiting, refused):
    url = waiting.sqs.create_queue(QueueName="q")["QueueUrl"]
    waiting.sqs.purge_queue(QueueUrl=url)
    waiting.advance(20)
    error = refused(waiting.sqs.purge_queue, QueueUrl=url)
    assert (error["code"], error["status"], error["message"]) == (
        "AWS.SimpleQueueService.PurgeQueueInProgress", 403,
        "Only one PurgeQueue operation on q is allowed every 60 seconds.")
    waiting.advance(40)
    waiting.sqs.purge_queue(QueueUrl=url)


def test_with_waits_the_name_of_a_deleted_queue_is_free_after_sixty_seconds(waiting, refused):
    url = waiting.sqs.create_queue(QueueName="q")["QueueUrl"]
    waiting.sqs.create_queue(QueueName="other")
    waiting.sqs.delete_queue(QueueUrl=url)
    waiting.advance(20)
    error = refused(waiting.sqs.create_queue, QueueName="q")
    assert (error["code"], error["status"], error["message"]) == (
        "AWS.SimpleQueueService.QueueDeletedRecently", 400,
        "You must wait 60 seconds after deleting a queue before you can create another with the same name.")
    waiting.sqs.create_queue(QueueName="another")
    waiting.advance(40)
    waiting.sqs.delete_queue(QueueUrl=waiting.sqs.create_queue(QueueName="q")["QueueUrl"])
    waiting.advance(61)
    waiting.sqs.delete_queue(QueueUrl=waiting.url("other"))
    assert waiting.rows("select name from sqs_deletion") == [("other",)], "what is older than a minute is forgotten"


# --- Receiving ---------------------------------------------------------------------------------


def dead_letter_pair(queues, receives=1, timeout=600):
    sqs = queues.sqs
    sqs.create_queue(QueueName="dead")
    target = "arn:aws:sqs:us-east-1:000000000000:dead"
    sqs.create_queue(
        QueueName="source",
        Attributes={
            "VisibilityTimeout": str(timeout),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": receives}),
        },
    )


def test_a_receive_that_meets_many_dead_letters_moves_them_some_at_a_time_and_finds_the_good_one(queues):
    dead_letter_pair(queues)
    queues.send_many("source", 350)
    while queues.receive("source"):
        pass
    queues.advance(601)
    queues.send_many("source", 1)
    queues.restart_recording(moved="update of dead_letter_source_arn on sqs_message", run="update on sqs_count")

    [good] = queues.receive("source")
    assert good["Body"] == "0"
    assert queues.counts("source") == {"ready": 0, "delayed": 0, "in flight": 1}
    assert queues.counts("dead") == {"ready": 350, "delayed": 0, "in flight": 0}
    words = queues.stop_and_read()
    assert words.count("moved") == 350
    assert changes.largest_run(words, "moved", until="run") <= 110


def test_a_receive_that_meets_only_dead_letters_answers_empty(queues):
    dead_letter_pair(queues)
    queues.send_many("source", 250)
    while queues.receive("source"):
        pass
    queues.advance(601)
    assert queues.receive("source") == []
    assert queues.counts("dead")["ready"] == 250


def fill_in_flight(queues, name, count, group="null"):
    """Write that many messages in flight into the stopped server's database; `group` is SQL's for that of message i."""
    generation = generation_of(queues, name)
    queues.server.stop()
    with changes.database(queues.server) as database:
        database.execute(
            f"""with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
            insert into sqs_message (generation_id, visible_ms, message_id, sent_ms, sender_id, body, trace_id,
                receive_count, first_received_ms, receipt, group_id)
            select ?, m.visible_ms, m.message_id, m.sent_ms, m.sender_id, m.body, m.trace_id, 1, m.sent_ms, i, {group}
            from n, (select * from sqs_message where generation_id = ? and receive_count = 1 limit 1) m""",
            (count, generation, generation),
        )
        database.execute(
            "update sqs_count set messages = messages + ?, received = received + ? where generation_id = ? and second > 0",
            (count, count, generation),
        )
        database.execute(
            "update sqs_count set received = received + ? where generation_id = ? and second = 0", (count, generation)
        )
    queues.server.start()


def test_no_more_than_120_000_messages_are_in_flight(queues):
    url = queues.sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "3600"})["QueueUrl"]
    queues.send_many("q", 8)
    [first] = queues.receive("q", MaxNumberOfMessages=1)
    fill_in_flight(queues, "q", MAX_IN_FLIGHT - 6)
    assert queues.counts("q") == {"ready": 7, "delayed": 0, "in flight": MAX_IN_FLIGHT - 5}
    assert len(queues.receive("q")) == 5
    with pytest.raises(ClientError) as refused:
        queues.receive("q")
    assert refused.value.response["Error"]["Code"] == "OverLimit"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403

    box = []
    waiting = threading.Thread(target=lambda: box.extend(queues.receive("q", WaitTimeSeconds=20)))
    waiting.start()
    queues.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    waiting.join(60)
    assert len(box) == 1
    queues.advance(3601)
    assert len(queues.receive("q")) == 10


def test_a_fifo_queue_with_120_000_messages_in_flight_answers_empty(queues):
    given = {"VisibilityTimeout": "3600", "FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = queues.sqs.create_queue(QueueName="q.fifo", Attributes=given)["QueueUrl"]
    for group in range(8):
        queues.sqs.send_message(QueueUrl=url, MessageBody=str(group), MessageGroupId=str(group))
    [first] = queues.receive("q.fifo", MaxNumberOfMessages=1)
    fill_in_flight(queues, "q.fifo", MAX_IN_FLIGHT - 6)
    assert len(queues.receive("q.fifo")) == 5
    assert queues.receive("q.fifo") == []
    queues.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert len(queues.receive("q.fifo")) == 1
    assert queues.receive("q.fifo") == []


def test_a_receive_counts_some_of_the_messages_in_flight_to_find_noisy_groups_and_the_next_one_continues(queues):
    url = queues.sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "3600"})["QueueUrl"]
    queues.send_many("q", 1)
    assert len(queues.receive("q")) == 1
    fill_in_flight(queues, "q", 1300, "case when i <= 400 then 'A' || i when i <= 600 then 'a' else 'z' || i end")
    for group in "ab":
        queues.sqs.send_message(QueueUrl=url, MessageBody=group, MessageGroupId=group)
    firsts = []
    for _ in range(3):
        [first] = queues.receive("q", MaxNumberOfMessages=1, VisibilityTimeout=0)
        firsts.append(first["Body"])
        queues.advance(1)
    assert firsts == ["a", "a", "b"]


@pytest.mark.parametrize("kind", ["AttributeNames", "MessageSystemAttributeNames", "MessageAttributeNames"])
def test_a_receive_names_at_most_a_thousand_attributes(sqs, make_queue, refused, kind):
    url = make_queue()
    error = refused(sqs.receive_message, QueueUrl=url, **{kind: ["All"] * 1001})
    assert (error["code"], error["message"]) == ("InvalidParameterValue", "A request may name at most 1000 attributes.")
    sqs.send_message(QueueUrl=url, MessageBody="m")
    assert len(sqs.receive_message(QueueUrl=url, **{kind: ["All"] * 1000})["Messages"]) == 1
    if kind == "AttributeNames":
        assert refused(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"] * 1001)["message"] == error["message"]


def test_a_receive_takes_no_further_message_that_would_make_it_exceed_three_megabytes(queues):
    url = queues.sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    for _ in range(5):
        queues.sqs.send_message(QueueUrl=url, MessageBody="x" * 900_000)
    queues.send_many("q", 5)
    assert [len(m["Body"]) for m in queues.receive("q")] == [900_000] * 3
    assert queues.counts("q") == {"ready": 7, "delayed": 0, "in flight": 3}
    assert [len(m["Body"]) for m in queues.receive("q")] == [900_000] * 2 + [1] * 5


@pytest.mark.parametrize("last, count", [(1_000_000, 3), (1_000_001, 2)])
@pytest.mark.parametrize("name, given, group", [("q", {}, {}), ("q.fifo", FIFO, {"MessageGroupId": "g"})])
def test_a_receive_takes_three_megabytes_and_no_byte_more(queues, name, given, group, last, count):
    url = queues.sqs.create_queue(QueueName=name, Attributes=given)["QueueUrl"]
    for letter, size in zip("abc", [1_000_000, 1_000_000, last]):  # equal bodies would be duplicates
        queues.sqs.send_message(QueueUrl=url, MessageBody=letter * size, **group)
    assert [len(m["Body"]) for m in queues.receive(name)] == [1_000_000, 1_000_000, last][:count]


# --- Counts ------------------------------------------------------------------------------------


class Model:
    """The counts that the queue must have: times are multiples of five minutes, of which the test itself takes less."""

    def __init__(self):
        self.now = 0
        self.messages = []  # [sent, visible, receives]

    def expected(self, retention):
        self.messages = [m for m in self.messages if m["sent"] + retention > self.now]
        ready = [m for m in self.messages if m["visible"] <= self.now]
        hidden = [m for m in self.messages if m["visible"] > self.now]
        return {
            "ready": len(ready),
            "delayed": sum(m["handle"] is None for m in hidden),
            "in flight": sum(m["handle"] is not None for m in hidden),
        }


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_exact_after_whatever_happened(queues, seed):
    chance = random.Random(seed)
    sqs, model, retention = queues.sqs, Model(), 18000
    url = sqs.create_queue(
        QueueName="q", Attributes={"VisibilityTimeout": "600", "MessageRetentionPeriod": str(retention)}
    )["QueueUrl"]

    def send():
        delay = chance.choice([0, 0, 300, 900])
        for _ in range(chance.randrange(1, 4)):
            sent = sqs.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=delay)
            model.messages.append(
                {"id": sent["MessageId"], "sent": model.now, "visible": model.now + delay, "handle": None}
            )

    def receive():
        timeout = chance.choice([0, 300, 600, 12000])
        for taken in queues.receive("q", VisibilityTimeout=timeout, MaxNumberOfMessages=chance.randrange(1, 6)):
            [message] = [m for m in model.messages if m["id"] == taken["MessageId"]]
            message |= {"visible": model.now + timeout, "handle": taken["ReceiptHandle"]}

    def handled():
        return [m for m in model.messages if m["handle"]]

    def delete():
        for message in handled()[: chance.randrange(1, 4)]:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["handle"])
            model.messages.remove(message)

    def change():
        for message in [m for m in handled() if m["visible"] > model.now][:2]:
            timeout = chance.choice([0, 300, 6000])
            sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["handle"], VisibilityTimeout=timeout
            )
            message["visible"] = model.now + timeout

    def pass_time():
        seconds = chance.choice([300, 900, 6000])
        queues.advance(seconds)
        model.now += seconds

    def purge():
        if chance.random() < 0.2:
            queues.advance(300)
            model.now += 300
            sqs.purge_queue(QueueUrl=url)
            model.messages.clear()

    def end_and_start():
        queues.server.kill()
        queues.server.start()

    for _ in range(60):
        chance.choice([send, send, receive, receive, delete, change, pass_time, purge, end_and_start])()
        assert queues.counts("q") == model.expected(retention)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 2, 0], [0, 2, 1, 3]])
def test_counts_are_exact_in_whichever_order_messages_are_deleted(queues, order):
    url = queues.sqs.create_queue(QueueName="q")["QueueUrl"]
    queues.send_many("q", 4)
    handles = {int(m["Body"]): m["ReceiptHandle"] for m in queues.receive("q")}
    for deleted, number in enumerate(order, 1):
        queues.sqs.delete_message(QueueUrl=url, ReceiptHandle=handles[number])
        assert queues.counts("q") == {"ready": 0, "delayed": 0, "in flight": 4 - deleted}
        queues.send_many("q", 1)
        [sent] = queues.receive("q")
        queues.sqs.delete_message(QueueUrl=url, ReceiptHandle=sent["ReceiptHandle"])
        assert queues.counts("q") == {"ready": 0, "delayed": 0, "in flight": 4 - deleted}
    queues.send_many("q", 3)
    assert queues.counts("q") == {"ready": 3, "delayed": 0, "in flight": 0}


def test_dead_letters_are_counted_where_they_are(queues):
    dead_letter_pair(queues)
    queues.send_many("source", 3)
    queues.send_many("dead", 2)
    assert len(queues.receive("source")) == 3
    queues.advance(601)
    assert queues.receive("source") == []
    assert queues.counts("source") == {"ready": 0, "delayed": 0, "in flight": 0}
    assert queues.counts("dead") == {"ready": 5, "delayed": 0, "in flight": 0}
    queues.send_many("source", 1)
    queues.sqs.purge_queue(QueueUrl=queues.url("source"))
    url = queues.url("dead")
    for left, message in zip((4, 3, 2, 1, 0), queues.receive("dead")):
        queues.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        assert queues.counts("dead") == {"ready": 0, "delayed": 0, "in flight": left}


# --- Traces ------------------------------------------------------------------------------------


def test_only_a_trace_id_of_the_right_form_is_a_messages_trace(queues):
    url = queues.sqs.create_queue(QueueName="q")["QueueUrl"]
    own = "1-5759e988-bd862e3fe1be46a994272793"
    roots = [own, "zzz", own[:-1], own + "0", own.replace("-", "+"), "1-5759e98g-bd862e3fe1be46a994272793", ""]

    def send(header):
        attribute = {"AWSTraceHeader": {"DataType": "String", "StringValue": header}}
        queues.sqs.send_message(QueueUrl=url, MessageBody="x", MessageSystemAttributes=attribute)

    for root in roots:
        send(f"Root={root};Sampled=1")
    ids = [trace_id for (trace_id,) in queues.rows("select trace_id from sqs_message order by id")]
    assert ids == [own] + [""] * 6
    send("Root=" + "z" * 1019)
    with pytest.raises(ClientError, match="AWSTraceHeader"):
        send("Root=" + "z" * 1020)


# --- Lists -------------------------------------------------------------------------------------


def test_a_list_of_queues_goes_on_behind_its_token_and_takes_no_other_text_for_one(queues):
    sqs = queues.sqs
    for name in ("a1", "a2", "a3", "b1"):
        sqs.create_queue(QueueName=name)
    page = sqs.list_queues(QueueNamePrefix="a", MaxResults=2)
    rest = sqs.list_queues(QueueNamePrefix="a", MaxResults=2, NextToken=page["NextToken"])
    assert [u.rsplit("/", 1)[1] for u in page["QueueUrls"] + rest["QueueUrls"]] == ["a1", "a2", "a3"]
    assert "NextToken" not in rest
    with pytest.raises(ClientError, match="NextToken"):
        sqs.list_queues(MaxResults=2, NextToken="'; drop table x")
    with pytest.raises(ClientError, match="NextToken"):
        sqs.list_dead_letter_source_queues(QueueUrl=queues.url("a1"), MaxResults=2, NextToken="\u00e9" * 90)


# # --- The queue's row, which the store caches ---------------------------------------------------


def test_what_is_changed_of_a_queue_counts_for_the_next_message(queues):
    url = queues.sqs.create_queue(QueueName="q")["QueueUrl"]
    queues.sqs.send_message(QueueUrl=url, MessageBody="ready")
    queues.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "900"})
    queues.sqs.send_message(QueueUrl=url, MessageBody="delayed")
    assert queues.counts("q") == {"ready": 1, "delayed": 1, "in flight": 0}

    queues.sqs.purge_queue(QueueUrl=url)
    queues.sqs.send_message(QueueUrl=url, MessageBody="after the purge", DelaySeconds=0)
    assert [m["Body"] for m in queues.receive("q")] == ["after the purge"]

    queues.sqs.delete_queue(QueueUrl=url)
    with pytest.raises(ClientError, match="The specified queue does not exist"):
        queues.sqs.send_message(QueueUrl=url, MessageBody="to nobody")
    queues.advance(61)
    queues.sqs.create_queue(QueueName="q")
    queues.sqs.send_message(QueueUrl=url, MessageBody="anew")
    assert queues.counts("q") == {"ready": 1, "delayed": 0, "in flight": 0}

    orderly_server.post(queues.server.endpoint, "/_localstack/state/reset", "")
    with pytest.raises(ClientError, match="The specified queue does not exist"):
        queues.sqs.send_message(QueueUrl=url, MessageBody="to nobody")
