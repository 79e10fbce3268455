"""
bench/run hostile: what others notice while somebody floods the server, and what memory it takes.

A stream of SendMessage runs while half-sent bodies, gzip bombs and connections that never say anything come in, until
`--megabytes` have been sent.  Prints the server's peak of memory and the stream's latencies, before and during.

bench/run soak: a mixed load for `--minutes`, beside `--idle` connections, with memory and file size every ten seconds.
"""

import argparse
import gzip
import os
import pathlib
import socket
import statistics
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "sdk"), str(ROOT / "tests" / "crash")]

import orderly_server  # noqa: E402
from wire_client import Refused, WireClient  # noqa: E402

MIB = 1 << 20
BOMB = gzip.compress(b" " * (70 * MIB))


def memory_mib(server, what):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) // 1024


class Stream:
    """SendMessage, one after the other; how long each took."""

    def __init__(self, server, name):
        self.client = WireClient(server.port)
        self.url = self.client.sqs("CreateQueue", QueueName=name)["QueueUrl"]
        self.took_ms = []
        self.refused = 0
        self.ended = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended:
            began = time.perf_counter()
            try:
                self.client.sqs("SendMessage", QueueUrl=self.url, MessageBody="x" * 1000)
                self.took_ms.append((time.perf_counter() - began) * 1000)
            except (Refused, OSError):
                self.refused += 1
                self.client.close()
            time.sleep(0.002)

    def take(self):
        took, self.took_ms = self.took_ms, []
        return took

    def end(self):
        self.ended = True
        self.thread.join()


def quantiles(took):
    cuts = statistics.quantiles(took, n=100)
    return f"{len(took)} sent, p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms, most {max(took):.1f} ms"


def head_of(client, size, *more):
    signed = client.headers("lambda", "", b"")
    del signed["X-Amz-Target"]
    lines = [f"{name}: {value}" for name, value in signed.items()]
    return "\r\n".join(["POST /2015-03-31/functions HTTP/1.1", *lines, f"Content-Length: {size}", *more, "", ""]).encode()


def throw(port, data, body, held):
    """One hostile connection; how much of it was taken."""
    try:
        attacker = socket.create_connection(("127.0.0.1", port), timeout=2)
        held.append(attacker)
        attacker.sendall(data)
        for at in range(0, len(body), MIB):
            attacker.sendall(body[at : at + MIB])
        return len(data) + len(body)
    except OSError:
        return len(data)


def flood(server, megabytes):
    client, held, sent, turn = WireClient(server.port), [], 0, 0
    half = b"x" * (40 * MIB)
    while sent < megabytes * MIB:
        kind = turn % 4
        turn += 1
        if kind < 2:
            sent += throw(server.port, head_of(client, 69 * MIB), half, held)
        elif kind == 2:
            for _ in range(4):
                sent += throw(server.port, head_of(client, len(BOMB), "Content-Encoding: gzip"), BOMB, held)
        else:
            for _ in range(50):
                sent += throw(server.port, b"POST / HTTP/1.1\r\nX: " + b"y" * 1000, b"", held)
        while len(held) > 500:
            held.pop(0).close()
    return held


def hostile(options):
    server = orderly_server.Server(program=options.binary).start()
    stream = Stream(server, "stream")
    time.sleep(3)
    print(f"before: {quantiles(stream.take())}; memory {memory_mib(server, 'VmRSS')} MiB")
    held = flood(server, options.megabytes)
    print(f"during: {quantiles(stream.take())}, {stream.refused} refused; memory peak {memory_mib(server, 'VmHWM')} MiB")
    for attacker in held:
        attacker.close()
    time.sleep(5)
    stream.end()
    print(f"after: memory {memory_mib(server, 'VmRSS')} MiB")
    server.stop()
    server.remove_data()


def soak(options):
    server = orderly_server.Server(program=options.binary).start()
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(options.idle)]
    streams = [Stream(server, f"soak-{number}") for number in range(options.active)]
    began, readers = time.monotonic(), [WireClient(server.port) for _ in streams]
    next_line = began
    while time.monotonic() < began + 60 * options.minutes:
        for stream, reader in zip(streams, readers):
            messages = reader.sqs("ReceiveMessage", QueueUrl=stream.url, MaxNumberOfMessages=10).get("Messages", [])
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
            if entries:
                reader.sqs("DeleteMessageBatch", QueueUrl=stream.url, Entries=entries)
        if time.monotonic() >= next_line:
            next_line += 10
            size = os.stat(os.path.join(server.data, "orderly.db")).st_size // MIB
            took = [ms for stream in streams for ms in stream.take()]
            print(f"{time.monotonic() - began:5.0f} s: memory {memory_mib(server, 'VmRSS')} MiB, file {size} MiB, {quantiles(took) if len(took) > 1 else '-'}")
    for stream in streams:
        stream.end()
    alive = sum(1 for connection in idle if connection.send(b"\r\n") == 2)
    print(f"{alive} of {len(idle)} idle connections are there")
    server.stop()
    server.remove_data()


def main():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["hostile", "soak"])
    parser.add_argument("--binary", default=str(ROOT / "build" / "orderly"))
    parser.add_argument("--megabytes", type=int, default=4096)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--active", type=int, default=16)
    options = parser.parse_args()
    {"hostile": hostile, "soak": soak}[options.what](options)


if __name__ == "__main__":
    main()
