"""The worst legal request of each operation, sent over and over beside two streams of small ones.

Each worst_*.py exports REQUESTS, a list of entries:

    {"name": "UpdateItem: 250 elements set in a list of 190,000",
     "service": "dynamodb",
     "prepare": lambda client: ...,    # optional: makes what the request needs; may return another client to use
     "request": lambda client: ...}    # one request, which is sent again and again

A request that is one HTTP request is signed once and its bytes are sent again, so that Python's own work does
not disturb what is measured.  To add one, append to the list of its service's module; its name begins with the
operation's.  Operations that no entry names are asked as usual (worst_others.py).
"""

import http.client
import importlib
import json
import re
import statistics
import subprocess
import threading
import time

import botocore.client
import worst_others

MODULES = ["worst_dynamodb", "worst_identity", "worst_lambda", "worst_messaging"]
STREAMS = {"SendMessage": "send", "GetItem": "get"}
STREAM = ["--connections", "4", "--pause-ms", "4"]
MOST_ADDED_MS = 25


class Recorded(Exception):
    """Stops botocore once a request is signed."""


def recorded(client, request):
    """The one HTTP request that it is; None when it is none or several."""
    sent = []

    def record(request, **_):
        sent.append(request)

    client.meta.events.register("before-send", record)
    try:
        request(client)
    except client.exceptions.ClientError:
        pass  # many a worst request is refused: late
    finally:
        client.meta.events.unregister("before-send", record)
    return sent[0] if len(sent) == 1 else None


def sender(port, client, entry):
    """A function that sends the request once and waits for its answer."""
    one = recorded(client, entry["request"])
    if one is None:
        return lambda: again(client, entry)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    path = one.url.split("/", 3)[3]
    body = one.body.read() if hasattr(one.body, "read") else one.body
    headers = dict(one.headers.items())

    def send():
        connection.request(one.method, "/" + path, body=body, headers=headers)
        connection.getresponse().read()

    return send


def again(client, entry):
    try:
        entry["request"](client)
    except client.exceptions.ClientError:
        pass


def streams(target, load, queue_url, seconds):
    """Both streams side by side for so long: {name: its report}."""
    running = {
        name: subprocess.Popen(
            [str(load), operation, "--port", str(target.port), *STREAM, "--seconds", str(seconds),
             "--queue-url", queue_url],
            stdout=subprocess.PIPE, text=True)
        for name, operation in STREAMS.items()
    }
    return {name: json.loads(process.communicate(timeout=600)[0]) for name, process in running.items()}


class Repeated(threading.Thread):
    """Sends the request over and over until told to stop; `took_ms` is how long each took."""

    def __init__(self, send):
        super().__init__(daemon=True)
        self.send, self.stopping, self.took_ms, self.problem = send, threading.Event(), [], None

    def run(self):
        try:
            while not self.stopping.is_set():
                began = time.monotonic()
                self.send()
                self.took_ms.append((time.monotonic() - began) * 1000)
        except OSError as problem:
            self.problem = problem

    def stop(self):
        self.stopping.set()
        self.join(120)


def measure_one(target, load, queue_url, seconds, client, entry):
    other = entry.get("prepare", lambda _: None)(client)
    client = other if isinstance(other, botocore.client.BaseClient) else client
    send = sender(target.port, client, entry)
    alone = streams(target, load, queue_url, seconds)
    repeated = Repeated(send)
    repeated.start()
    beside = streams(target, load, queue_url, seconds)
    repeated.stop()
    row = {"name": entry["name"], "service": entry["service"], "sent": len(repeated.took_ms),
           "took_ms": statistics.median(repeated.took_ms) if repeated.took_ms else None,
           "problem": repeated.problem}
    for name in STREAMS:
        row[name] = {"alone_ms": alone[name]["p99_us"] / 1000, "beside_ms": beside[name]["p99_us"] / 1000,
                     "worst_ms": beside[name]["worst_us"] / 1000}
    row["added_ms"] = max(row[name]["beside_ms"] - row[name]["alone_ms"] for name in STREAMS)
    return row


def entries(wanted):
    every = [entry for module in MODULES for entry in importlib.import_module(module).REQUESTS]
    every += worst_others.entries_besides({(entry["service"], re.match(r"\w+", entry["name"])[0]) for entry in every})
    return [entry for entry in every if not wanted or any(text in f"{entry['service']} {entry['name']}" for text in wanted)]


def cells(row):
    shown = [f"{row['service']} {row['name']}", row["sent"], "–" if row["took_ms"] is None else f"{row['took_ms']:.1f}"]
    for name in STREAMS:
        shown += [f"{row[name]['alone_ms']:.1f} → {row[name]['beside_ms']:.1f}", f"{row[name]['worst_ms']:.0f}"]
    shown.append(f"**{row['added_ms']:.1f}**" if row["added_ms"] > MOST_ADDED_MS else f"{max(0, row['added_ms']):.1f}")
    return shown
