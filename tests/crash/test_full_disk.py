"""A full disk is answered with a 5xx; when the disk has room again, writing continues; no acknowledged write is lost."""

import os
import pathlib
import subprocess

import orderly_server
import pytest
from load import Refused, WireClient

DISK_BYTES = 72 * 1024 * 1024
BALLAST_BYTES = 48 * 1024 * 1024  # without it the database and its log fit on the disk side by side


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", tmp_path], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


def send(client, url, number):
    client.sqs("SendMessage", QueueUrl=url, MessageBody=f"{number} " + "x" * 100_000)


def receive_numbers(client, url):
    numbers = []
    while True:
        messages = client.sqs("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            return numbers
        numbers += [int(message["Body"].split(" ")[0]) for message in messages]


def test_a_full_disk_answers_5xx_and_recovers_when_space_returns(small_disk: pathlib.Path):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(BALLAST_BYTES))
    server = orderly_server.Server("--durability", "full", data=str(small_disk / "data")).start()
    try:
        client = WireClient(server.port)
        url = client.sqs("CreateQueue", QueueName="full")["QueueUrl"]
        acknowledged = []
        with pytest.raises(Refused) as refused:
            for number in range(2 * DISK_BYTES // 100_000):
                send(client, url, number)
                acknowledged.append(number)
        assert refused.value.status in (500, 503)
        assert len(acknowledged) > 10
        assert client.sqs("GetQueueUrl", QueueName="full")["QueueUrl"] == url  # reads still succeed

        ballast.unlink()

        def writes_again():
            try:
                send(client, url, 10_000)
                return True
            except Refused as problem:
                assert problem.status in (500, 503)
                return False

        orderly_server.wait_until(writes_again, what="the server to write again")
        acknowledged.append(10_000)
        client.close()
        server.kill()
        server.start()
        there = receive_numbers(WireClient(server.port), url)
        assert set(acknowledged) <= set(there)
        server.stop()
    finally:
        server.kill()
