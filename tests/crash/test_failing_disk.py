"""A disk that refuses every write: clients are told, reads go on, the server rests and says little, and recovers."""

import re
import resource
import time

import orderly_server
import pytest
from load import TABLE, Refused, WireClient, prepare

SMALL_BYTES = 64 * 1024  # the log on stderr is smaller, and the database's log is larger
WRITES = 150


def limit_files(server, size=resource.RLIM_INFINITY):
    """Files may not grow beyond that size: writes to the database's log fail, with EFBIG."""
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def put(client, key):
    client.dynamodb("PutItem", TableName=TABLE, Item={"id": {"S": key}})


def find(client, key):
    return client.dynamodb("GetItem", TableName=TABLE, Key={"id": {"S": key}}).get("Item")


def failed_batches(server):
    """The batches that failed, as the log tells them: (lines, batches)."""
    left_out = re.findall(r"a batch was rolled back .*not_told_before=(\d+)", server.log)
    return len(left_out), len(left_out) + sum(map(int, left_out))


def test_a_disk_that_fails_is_told_and_not_asked_again_at_once(server):
    url = prepare(server.port)
    client = WireClient(server.port)
    put(client, "before")
    limit_files(server, SMALL_BYTES)
    began = time.monotonic()
    for number in range(WRITES):
        with pytest.raises(Refused) as refused:
            put(client, f"meanwhile-{number}")
        assert refused.value.status in (500, 503)
    assert find(client, "before") and not find(client, "meanwhile-0")

    told = failed_batches(server)[0]
    orderly_server.wait_until(lambda: failed_batches(server)[0] >= told + 2, what="the server to try again by itself")
    lines, batches = failed_batches(server)
    seconds = time.monotonic() - began
    assert lines <= seconds + 2  # one a second
    assert batches <= WRITES + seconds + 2  # those of the writes, and one a second

    limit_files(server)
    put(client, "after")
    client.sqs("SendMessage", QueueUrl=url, MessageBody="after")
    server.kill()
    server.start()
    client = WireClient(server.port)
    assert find(client, "before") and find(client, "after") and not find(client, f"meanwhile-{WRITES - 1}")
    assert [message["Body"] for message in client.sqs("ReceiveMessage", QueueUrl=url)["Messages"]] == ["after"]
