"""The worst legal request of each operation, sent over and over beside two streams of small ones.

Each worst_*.py exports REQUESTS, a list of entries:

  {"name": "UpdateItem: 250 elements set in a list of 190,000",
   "service": "dynamodb",
   "prepare": lambda client: ...,    # optional: makes what the request needs; may return another client to use
   "request": lambda client: ...}    # one request, which is sent again and again

An entry that is one HTTP request is signed once and its bytes are sent again, so that Python's own work does not
disturb the measurement.  To add an entry, append to the list of its service's module; its name begins with the
operation's name.  Operations without an entry are asked as usual (worst_others.py).
"""

import csv
import http.client
import importlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import threading
import time

import botocore.client
import worst_others

MODULES = ["worst_cloudwatch", "worst_dynamodb", "worst_identity", "worst_lambda", "worst_logs", "worst_messaging"]
STREAMS = {"SendMessage": "send", "GetItem": "get"}
STREAM = ["--connections", "4", "--pause-ms", "4"]
MOST_ADDED_MS = 25
WORTH_ANOTHER_MS, ATTEMPTS = 10, 3
ALONE_FOR = 8
LONGEST_SECONDS = 6
COLUMNS = ["request", "sent", "took_ms", *(f"{name}_{when}_ms" for name in STREAMS for when in ("alone", "beside")), "added_ms", "engine_ms", "loop_ms", "slow"]


def recorded(client, request):
    """The single HTTP request that the entry sends; None when it sends none or several."""
    sent = []

    def record(request, **_):
        sent.append(request)

    client.meta.events.register("before-send", record)
    try:
        request(client)
    except client.exceptions.ClientError:
        pass  # many of the worst requests are refused, after much work
    finally:
        client.meta.events.unregister("before-send", record)
    return sent[0] if len(sent) == 1 else None


def sender(port, client, entry):
    """A function that sends the request once and waits for its reply."""
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
    """Both streams side by side for some seconds: {name: its report}."""
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


def cpu_ms(pid):
    """CPU time so far: of the engine's thread, and of the busiest loop."""
    spent = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        name = "loop" if task.name == str(pid) else (task / "comm").read_text().strip()  # the main thread is a loop, too
        spent[name] = max(spent.get(name, 0), int((task / "schedstat").read_text().split()[0]) / 1e6)
    return {where: spent[where] for where in ("engine", "loop")}


def slow_calls(port):
    """Calls that have held the engine or a loop for over 20 ms so far: {(operation, where): how often}."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/_orderly/metrics")
    told = json.loads(connection.getresponse().read())["slow_calls"]
    connection.close()
    return {(slow["operation"], slow["on"]): slow["calls"] for slow in told}


def beside_it(bench, send, seconds):
    """The streams' reports while the request is sent, and how long each request took."""
    repeated = Repeated(send)
    repeated.start()
    reports = bench.streams(seconds)
    repeated.stop()
    return reports, repeated


def measure_once(bench, send, seconds):
    alone, before, cpu_before = bench.alone(), slow_calls(bench.target.port), cpu_ms(bench.target.pid)
    beside, repeated = beside_it(bench, send, seconds)
    cpu = cpu_ms(bench.target.pid)
    slow = [f"{operation} on {where} × {calls - before.get((operation, where), 0)}"
            for (operation, where), calls in slow_calls(bench.target.port).items() if calls > before.get((operation, where), 0)]
    row = {"sent": len(repeated.took_ms), "took_ms": statistics.median(repeated.took_ms) if repeated.took_ms else 0,
           "slow": "; ".join(slow + ([str(repeated.problem)] if repeated.problem else []))}
    for where in cpu:
        spent = cpu[where] - cpu_before[where] - bench.alone_cpu[where] * seconds
        row[f"{where}_ms"] = max(0.0, spent / max(1, row["sent"]))
    for name in STREAMS:
        row[f"{name}_alone_ms"] = alone[name]["p99_us"] / 1000
        row[f"{name}_beside_ms"] = beside[name]["p99_us"] / 1000
    row["added_ms"] = max(row[f"{name}_beside_ms"] - row[f"{name}_alone_ms"] for name in STREAMS)
    return {key: round(value, 1) if isinstance(value, float) else value for key, value in row.items()}


class Bench:
    """The server, the streams beside the requests, and the streams' latencies without other load."""

    def __init__(self, target, load, queue_url, seconds):
        self.target, self.load, self.queue_url, self.seconds = target, load, queue_url, seconds
        self.known_alone, self.alone_cpu, self.uses = None, None, 0

    def streams(self, seconds):
        return streams(self.target, self.load, self.queue_url, seconds)

    def alone(self):
        """Measured again after some uses: the queue grows, and the machine's speed varies."""
        if self.uses % ALONE_FOR == 0:
            before = cpu_ms(self.target.pid)
            self.known_alone = self.streams(self.seconds)
            after = cpu_ms(self.target.pid)
            self.alone_cpu = {where: (after[where] - before[where]) / self.seconds for where in after}
        self.uses += 1
        return self.known_alone

    def measure(self, client, entry):
        """The best of up to three measurements: other load on the machine can only add time."""
        other = entry.get("prepare", lambda _: None)(client)
        client = other if isinstance(other, botocore.client.BaseClient) else client
        send = sender(self.target.port, client, entry)
        began = time.monotonic()
        send()
        seconds = min(max(self.seconds, 3 * (time.monotonic() - began)), LONGEST_SECONDS)
        rows = []
        while len(rows) < ATTEMPTS and not any(row["added_ms"] <= WORTH_ANOTHER_MS for row in rows):
            self.uses = 0 if rows else self.uses
            rows.append(measure_once(self, send, seconds))
        return {"request": f"{entry['service']} {entry['name']}", **min(rows, key=lambda row: row["added_ms"])}


def operation_of(entry):
    return entry["service"], re.match(r"\w+", entry["name"])[0]


def entries(wanted):
    every = [entry for module in MODULES for entry in importlib.import_module(module).REQUESTS]
    every += worst_others.entries_besides({operation_of(entry) for entry in every})
    return [entry for entry in every if not wanted or any(text in f"{entry['service']} {entry['name']}" for text in wanted)]


class Table:
    """Rows in a CSV file, written as soon as they are measured: a stopped run continues after the last row."""

    def __init__(self, path):
        self.path, self.rows = path, []
        if path and os.path.exists(path):
            with open(path, newline="") as file:
                self.rows = [{**row, "added_ms": float(row["added_ms"])} for row in csv.DictReader(file)]

    def has(self, entry):
        return any(row["request"] == f"{entry['service']} {entry['name']}" for row in self.rows)

    def add(self, row):
        self.rows.append(row)
        if self.path:
            with open(self.path, "a", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS)
                if file.tell() == 0:
                    writer.writeheader()
                writer.writerow(row)

    def sorted(self):
        return sorted(self.rows, key=lambda row: -row["added_ms"])


def cells(row):
    alone_beside = [f"{row[f'{name}_alone_ms']} → {row[f'{name}_beside_ms']}" for name in STREAMS]
    added = f"{max(0, row['added_ms']):.1f}"
    return [row["request"], row["sent"], row["took_ms"], *alone_beside,
            f"**{added}**" if row["added_ms"] > MOST_ADDED_MS else added, row["engine_ms"], row["loop_ms"], row["slow"]]
