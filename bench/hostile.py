"""bench/run hostile: what other clients notice while somebody floods the server, and how much memory the server
takes.

Streams of SendMessage and GetItem run while half-sent bodies, gzip bombs and heads that never end come in from
several addresses, with and without a signature, until `--megabytes` have been sent.  An attacker that the server
stops reading closes its connection and opens another, as one that wants to use up memory would.  Prints the
server's peak of memory and the streams' latencies, before and during the attack.
"""

import argparse
import gzip
import http.client
import itertools
import json
import multiprocessing
import os
import pathlib
import socket
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "sdk"), str(ROOT / "tests" / "crash")]

import orderly_server  # noqa: E402
from wire_client import WireClient  # noqa: E402

LOAD = ROOT / "build" / "bench" / "bench-load"
MIB = 1 << 20
BOMB = gzip.compress(b" " * (70 * MIB))
HALF = bytes(40 * MIB)
PATIENCE_SECONDS = 0.3
WINDOW_SECONDS = 5
MOST_MIB, MOST_P99_MS = 300, 25


def memory_mib(pid, what):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) // 1024


# --- The streams -------------------------------------------------------------------------------


def make_world(port):
    client = WireClient(port)
    url = client.sqs("CreateQueue", QueueName="stream")["QueueUrl"]
    client.dynamodb("CreateTable", TableName="Orders", BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": "orderId", "AttributeType": "S"}],
                    KeySchema=[{"AttributeName": "orderId", "KeyType": "HASH"}])
    return url


def window(port, url):
    """Both streams for some seconds: {name: its report}."""
    running = {
        name: subprocess.Popen(
            [str(LOAD), operation, "--port", str(port), "--connections", "4", "--pause-ms", "4",
             "--seconds", str(WINDOW_SECONDS), "--queue-url", url], stdout=subprocess.PIPE, text=True)
        for name, operation in (("SendMessage", "send"), ("GetItem", "get"))
    }
    return {name: json.loads(process.communicate()[0]) for name, process in running.items()}


def show(when, windows):
    for name in windows[0]:
        p99 = sorted(one[name]["p99_us"] / 1000 for one in windows)
        print(f"{when}: {name} {sum(one[name]['requests'] for one in windows)} answered, p99 of {WINDOW_SECONDS} s: "
              f"median {p99[len(p99) // 2]:.1f} ms, worst {p99[-1]:.1f} ms; "
              f"slowest {max(one[name]['worst_us'] for one in windows) / 1000:.0f} ms", flush=True)
    return max(one[name]["p99_us"] / 1000 for one in windows for name in one)


def slow_calls(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/_orderly/metrics")
    told = json.loads(connection.getresponse().read())["slow_calls"]
    return [f"{slow['operation']} on {slow['on']} × {slow['calls']} (longest {slow['longest_us'] / 1000:.0f} ms)" for slow in told]


# --- The attack --------------------------------------------------------------------------------


def head_of(client, size, signed, *more):
    headers = client.headers("lambda", "", b"") if signed else {"Host": client.host}
    headers.pop("X-Amz-Target", None)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(["POST /2015-03-31/functions HTTP/1.1", *lines, f"Content-Length: {size}", *more, "", ""]).encode()


class Attacker:
    """One process that attacks from one address; `sent` is shared by all of these processes."""

    def __init__(self, port, number, sent, goal):
        self.port, self.address, self.sent, self.goal = port, f"127.0.0.{number + 2}", sent, goal
        self.client, self.held = WireClient(port), []

    def run(self):
        kinds = [self.half_body, self.half_body, self.bombs, self.heads]
        turn, taken = 0, dict.fromkeys(itertools.product((kind.__name__ for kind in kinds), (False, True)), 0)
        while self.sent.value < self.goal:
            kind, signed = kinds[turn % len(kinds)], turn // len(kinds) % 3 < 2
            taken[kind.__name__, signed] += kind(signed)
            turn += 1
        print(f"{self.address} sent, MiB: " + ", ".join(
            f"{name}{' signed' if signed else ''} {count // MIB}" for (name, signed), count in taken.items()), flush=True)

    def throw(self, *pieces, keep):
        """Sends until the server stops reading; the connection stays open until there are `keep` newer ones."""
        taken = 0
        try:
            connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE_SECONDS, (self.address, 0))
            self.held.append(connection)
            for piece in pieces:
                taken += send_what_is_taken(connection, piece)
        except OSError:
            pass
        with self.sent.get_lock():
            self.sent.value += taken
        while len(self.held) > keep:
            self.held.pop(0).close()
        return taken

    def half_body(self, signed):
        return self.throw(head_of(self.client, 69 * MIB, signed), HALF, keep=1)

    def bombs(self, signed):
        head = head_of(self.client, len(BOMB), signed, "Content-Encoding: gzip")
        return sum(self.throw(head, BOMB, keep=8) for _ in range(8))

    def heads(self, signed):
        head = b"POST / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 60_000
        return sum(self.throw(head, keep=200) for _ in range(50))


def send_what_is_taken(connection, data):
    taken = 0
    try:
        for at in range(0, len(data), MIB):
            piece = memoryview(data)[at : at + MIB]
            while piece:
                count = connection.send(piece)
                taken += count
                piece = piece[count:]
    except OSError:
        pass
    return taken


def attack(port, number, sent, goal):
    os.nice(10)  # it plays other machines, so it must not take the processors from the server and its clients
    Attacker(port, number, sent, goal).run()


def hostile(options):
    server = orderly_server.Server(program=options.binary).start()
    pid, url = server.process.pid, make_world(server.port)
    show("before", [window(server.port, url) for _ in range(2)])
    print(f"before: memory {memory_mib(pid, 'VmRSS')} MiB")
    sent = multiprocessing.Value("q", 0)
    arguments = (sent, options.megabytes * MIB)
    attackers = [multiprocessing.Process(target=attack, args=(server.port, number, *arguments)) for number in range(options.attackers)]
    began, windows = time.monotonic(), []
    for attacker in attackers:
        attacker.start()
    while any(attacker.is_alive() for attacker in attackers):
        windows.append(window(server.port, url))
        print(f"{time.monotonic() - began:4.0f} s: {sent.value // MIB} MiB sent, memory {memory_mib(pid, 'VmRSS')} MiB, "
              + ", ".join(f"{name} p99 {report['p99_us'] / 1000:.1f} ms" for name, report in windows[-1].items()), flush=True)
    p99_ms, peak_mib = show("during", windows), memory_mib(pid, "VmHWM")
    print("slow calls: " + (", ".join(slow_calls(server.port)) or "none"))
    print(f"during: {sent.value // MIB} MiB in {time.monotonic() - began:.0f} s; memory peak {peak_mib} MiB")
    time.sleep(5)
    print(f"after: memory {memory_mib(pid, 'VmRSS')} MiB")
    server.end()
    if peak_mib >= MOST_MIB or p99_ms >= MOST_P99_MS:
        raise SystemExit(f"More than {MOST_MIB} MiB, or a p99 of more than {MOST_P99_MS} ms.")


def main():
    parser = argparse.ArgumentParser(prog="bench/run hostile", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build" / "orderly"))
    parser.add_argument("--megabytes", type=int, default=4096)
    parser.add_argument("--attackers", type=int, default=4)
    hostile(parser.parse_args())


if __name__ == "__main__":
    main()
