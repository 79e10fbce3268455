"""Many receives that wait on many queues: the server's CPU time while they wait, and how soon a message wakes the oldest.

    bench/run waiters --queues 1000 --each 10
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import time

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from depth import cpu_seconds
from peers import Orderly, default_binary, orderly_server

WAIT_SECONDS = 20
CREDENTIALS = Credentials("test", "test")


def request_bytes(port, operation, body):
    """A signed request, as it is sent."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{operation}", "Host": f"127.0.0.1:{port}"}
    request = AWSRequest("POST", f"http://127.0.0.1:{port}/", headers=headers, data=json.dumps(body))
    SigV4Auth(CREDENTIALS, "sqs", "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\n{head}Content-Length: {len(request.data)}\r\n\r\n{request.data}".encode()


async def reply(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    return json.loads(await reader.readexactly(length))


class Waiter:
    def __init__(self, place):
        self.place = place
        self.woken = None

    async def wait(self, port, url):
        reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.writer.write(request_bytes(port, "ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": WAIT_SECONDS}))
        await self.writer.drain()
        self.task = asyncio.create_task(self.read(reader))

    async def read(self, reader):
        try:
            self.woken = (await reply(reader)).get("Messages") and time.monotonic()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass


async def round_trip(port, url, operation, body):
    """Seconds that a request takes on a new connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = request_bytes(port, operation, {"QueueUrl": url, **body})
    began = time.monotonic()
    writer.write(data)
    await reply(reader)
    writer.close()
    return began, time.monotonic() - began


async def park(port, urls, each):
    """For each queue its waiters, the oldest first."""
    waiters = {url: [Waiter(i) for i in range(each)] for url in urls}
    for i in range(each):
        for url in urls:
            await waiters[url][i].wait(port, url)
    return waiters


async def wake(port, waiters, url):
    """Milliseconds from the sending of a message to the oldest waiter's reply, and of the sending alone."""
    began, sending = await round_trip(port, url, "SendMessage", {"MessageBody": "x"})
    oldest = waiters[url][0]
    while oldest.woken is None:
        await asyncio.sleep(0.0001)
    assert all(waiter.woken is None for waiter in waiters[url][1:]), "a younger waiter was woken"
    return (oldest.woken - began) * 1000, sending * 1000


async def measure(target, urls, options):
    began = time.monotonic()
    waiters = await park(target.port, urls, options.each)
    parked = time.monotonic() - began
    if parked > WAIT_SECONDS - options.seconds - 3:
        raise SystemExit(f"It took {parked:.0f} s to park the receives: the first end too soon.")
    await asyncio.sleep(1)
    used = cpu_seconds(target.pid)
    await asyncio.sleep(options.seconds)
    used = cpu_seconds(target.pid) - used
    times = [await wake(target.port, waiters, url) for url in random.sample(urls, 50)]
    return used, times


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--queues", type=int, default=1000)
    parser.add_argument("--each", type=int, default=10, help="receives that wait on each queue")
    parser.add_argument("--seconds", type=float, default=5, help="how long their CPU time is measured")
    options = parser.parse_args()
    default_binary()
    target = Orderly().start()
    try:
        sqs = boto3.client("sqs", endpoint_url=f"http://127.0.0.1:{target.port}", region_name="us-east-1",
                           aws_access_key_id="test", aws_secret_access_key="test")
        urls = [sqs.create_queue(QueueName=f"q{i}")["QueueUrl"] for i in range(options.queues)]
        orderly_server.advance_clock(f"http://127.0.0.1:{target.port}", 60)
        time.sleep(5)  # new queues are swept once, soon after they are made
        used, times = asyncio.run(measure(target, urls, options))
    finally:
        target.stop()
    woken, sending = (statistics.median(column) for column in zip(*times))
    print(f"{options.queues * options.each:,} receives wait on {options.queues:,} queues: "
          f"{used / options.seconds * 100:.2f} % of a core; a message wakes the oldest of its queue in {woken:.2f} ms "
          f"(its sending alone takes {sending:.2f} ms).")
    if used / options.seconds > 0.01:
        sys.exit("They cost more than a hundredth of a core.")


if __name__ == "__main__":
    main()
