"""A server with a full disk still deletes, receives, purges, resets and reads, also when it starts with the disk
full."""

import os

import orderly_server
import pytest
from orderly_server import wait_until
from wire_client import Refused

BODY = "x" * 100_000
KEPT_LOG_BYTES = 64 * 1024 * 1024


@pytest.fixture
def server(start, small_disk):
    return start("--durability", "full", data=str(small_disk / "data"))


def is_full(server):
    """Waits until the server has logged that the disk is full: it has then used its reserve."""
    wait_until(lambda: "the disk is full" in server.log, what="the server to know that the disk is full")


def fill_queue(client, url):
    """The number of messages accepted until one was refused."""
    for number in range(5000):
        try:
            client.sqs("SendMessage", QueueUrl=url, MessageBody=BODY)
        except Refused as refused:
            assert refused.status in (500, 503)
            return number
    raise AssertionError("the disk does not fill")


def is_refused(client, url):
    try:
        client.sqs("SendMessage", QueueUrl=url, MessageBody=BODY)
        return False
    except Refused as refused:
        return refused.status == 503 and "ServiceUnavailable" in str(refused)


def takes_messages(client, url):
    return not is_refused(client, url)


def fill_disk(folder):
    """Fills the disk to the last byte with another file."""
    with open(folder / "ballast", "ab", buffering=0) as ballast:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    ballast.write(b"x" * size)
            except OSError:
                pass
    return folder / "ballast"


def test_a_full_disk_refuses_what_fills_it_and_serves_the_rest(server, small_disk, wire):
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="full")["QueueUrl"]
    assert fill_queue(client, url) > 100
    is_full(server)
    assert is_refused(client, url)
    fill_disk(small_disk)
    assert client.sqs("GetQueueUrl", QueueName="full")["QueueUrl"] == url
    assert client.sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]
    for _ in range(10):
        messages = client.sqs("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        for message in messages:
            client.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    client.sqs("PurgeQueue", QueueUrl=url)
    assert client.sqs("ReceiveMessage", QueueUrl=url).get("Messages", []) == []
    assert len([line for line in server.log.splitlines() if "the disk is full" in line]) == 1


def test_when_there_is_room_again_everything_is_written_again(server, small_disk, wire):
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="full")["QueueUrl"]
    fill_queue(client, url)
    is_full(server)
    ballast = fill_disk(small_disk)
    client.sqs("PurgeQueue", QueueUrl=url)
    ballast.unlink()
    wait_until(lambda: takes_messages(client, url), timeout_seconds=60, what="room")
    wait_until(lambda: "there is room on the disk again" in server.log, what="the line of the log")
    assert fill_queue(client, url) > 100


@pytest.mark.parametrize("mebibytes", [12, 24, 70])
def test_a_disk_of_any_size_that_was_full_is_written_to_again_after_a_purge(start, disk_of, wire, mebibytes):
    """A smaller reserve has room for all that the log may have by then."""
    server = start("--durability", "full", data=str(disk_of(mebibytes) / "data"))
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="full")["QueueUrl"]
    for _ in range(2):
        assert fill_queue(client, url) >= 10
        is_full(server)
        client.sqs("PurgeQueue", QueueUrl=url)
        wait_until(lambda: takes_messages(client, url), timeout_seconds=60, what="room")
        server.forget_log()


def test_the_reserve_grows_with_the_room(start, disk_of, wire):
    """A server that starts on a full disk has none; then it has what the disk can spare."""
    folder = disk_of(40)
    (folder / "half").write_bytes(bytes(20 << 20))
    (folder / "rest").write_bytes(bytes(16 << 20))  # the server needs some megabytes to start
    server = start("--durability", "full", data=str(folder / "data"))
    reserve = folder / "data/reserve"
    is_full(server)
    assert not reserve.exists()
    (folder / "rest").unlink()
    wait_until(lambda: "there is room on the disk again" in server.log, what="room")
    small = reserve.stat().st_size
    (folder / "half").unlink()
    wait_until(lambda: reserve.stat().st_size > small, what="a larger reserve")
    client = wire(server)
    assert takes_messages(client, client.sqs("CreateQueue", QueueName="there")["QueueUrl"])


def test_a_full_disk_can_be_reset(server, small_disk, wire):
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="full")["QueueUrl"]
    fill_queue(client, url)
    is_full(server)
    ballast = fill_disk(small_disk)
    orderly_server.post(server.endpoint, "/_localstack/state/reset")
    with pytest.raises(Refused) as refused:
        client.sqs("GetQueueUrl", QueueName="full")
    assert refused.value.status == 400
    ballast.unlink()
    wait_until(lambda: "there is room on the disk again" in server.log, timeout_seconds=60, what="room")
    url = client.sqs("CreateQueue", QueueName="again")["QueueUrl"]
    assert takes_messages(client, url)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_server_starts_on_a_full_disk(server, small_disk, wire, end):
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="full")["QueueUrl"]
    taken = fill_queue(client, url)
    is_full(server)
    ballast = fill_disk(small_disk)
    client.close()
    getattr(server, end)()
    fill_disk(small_disk)  # fill what the end of the server has freed
    server.forget_log()
    server.start()
    client = wire(server)
    attributes = client.sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert int(attributes["Attributes"]["ApproximateNumberOfMessages"]) >= taken
    assert is_refused(client, url)
    is_full(server)
    assert len([line for line in server.log.splitlines() if "the disk is full" in line]) == 1
    message = client.sqs("ReceiveMessage", QueueUrl=url)["Messages"][0]
    client.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    ballast.unlink()
    wait_until(lambda: takes_messages(client, url), timeout_seconds=60, what="room")


def file_bytes(server):
    return os.stat(os.path.join(server.data, "orderly.db")).st_size


def test_a_file_shrinks_when_what_was_in_it_is_deleted(start, wire):
    server = start()
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="large")["QueueUrl"]
    for _ in range(60):
        client.sqs("SendMessage", QueueUrl=url, MessageBody="x" * 1_000_000)
    wait_until(lambda: file_bytes(server) > 50_000_000, what="the log to be moved into the file")
    client.sqs("PurgeQueue", QueueUrl=url)
    wait_until(lambda: file_bytes(server) < 10_000_000, timeout_seconds=60, what="the file to shrink")
    assert client.sqs("SendMessage", QueueUrl=url, MessageBody="small")["MessageId"]


def test_a_file_shrinks_after_a_reset(start, wire):
    server = start()
    client = wire(server)
    url = client.sqs("CreateQueue", QueueName="large")["QueueUrl"]
    for _ in range(60):
        client.sqs("SendMessage", QueueUrl=url, MessageBody="x" * 1_000_000)
    orderly_server.post(server.endpoint, "/_localstack/state/reset")
    wait_until(lambda: file_bytes(server) < 10_000_000, timeout_seconds=60, what="the file to shrink")
    log = os.path.join(server.data, "orderly.db-wal")
    wait_until(lambda: os.stat(log).st_size <= KEPT_LOG_BYTES, timeout_seconds=30, what="the log to be cut")
