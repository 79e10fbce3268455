"""A server over the fake engine (fake_engine.c), for each test.

The environment variable SERVER_UNDER_TEST names the binary.
"""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest

os.environ.setdefault("TSAN_OPTIONS", f"suppressions={pathlib.Path(__file__).parent}/tsan.supp")


class Client:
    """A raw socket: these tests are about bytes."""

    def __init__(self, port, receive_buffer=None):
        """A receive buffer of so many bytes instead of the kernel's, which grows to megabytes."""
        self.socket = socket.socket()
        self.socket.settimeout(60)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.received = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def get(self, path, *headers):
        lines = [f"GET {path} HTTP/1.1", "Host: h", *headers, "", ""]
        return self.send("\r\n".join(lines).encode())

    def _fill(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError
        self.received += data

    def read_head(self):
        while b"\r\n\r\n" not in self.received:
            self._fill()
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        return head.decode()

    def read_reply(self):
        head = self.read_head()
        status = int(head.split(" ")[1])
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
        size = int(headers.get("Content-Length", 0))
        while len(self.received) < size:
            self._fill()
        body, self.received = self.received[:size], self.received[size:]
        return status, headers, body

    def read_body(self):
        return self.read_reply()[2].decode()

    def is_closed_by_server(self):
        return self.received == b"" and self.socket.recv(1) == b""

    def close(self):
        self.socket.close()


class Server:
    def __init__(self, folder, threads=2, prefix=(), sandbox="required", **popen):
        self.errors = open(folder / "stderr", "w+")
        self.process = subprocess.Popen(
            [*prefix, os.environ["SERVER_UNDER_TEST"], str(threads), sandbox],
            stdout=subprocess.PIPE, stderr=self.errors, text=True, **popen)
        self.ready_line = self.process.stdout.readline()
        self.port = int(re.search(r"^port (\d+)$", self.log(), re.MULTILINE)[1])

    def log(self):
        self.errors.flush()
        with open(self.errors.name) as log:
            return log.read()

    def client(self, **options):
        return Client(self.port, **options)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body)
        return connection.getresponse().read().decode()

    def start(self, identity, *command, **payload):
        asked = {"sandboxId": identity, "functionName": "made", "command": list(command),
                 "environment": {"PATH": "/usr/bin:/bin"}, "portVariable": "AWS_LAMBDA_RUNTIME_API", **payload}
        self.ask("POST", "/sandbox/start", json.dumps({name[0].upper() + name[1:]: asked[name] for name in asked}))

    def stop_sandbox(self, identity):
        self.ask("POST", "/sandbox/stop", json.dumps({"SandboxId": identity}))

    def events(self):
        return json.loads(self.ask("GET", "/events"))

    def events_of(self, identity):
        return [(e["event"], e["input"]) for e in self.events() if e["input"]["SandboxId"] == identity]

    def lines_of(self, identity):
        return [line["Text"] for name, event in self.events_of(identity) if name == "SandboxOutput"
                for line in event["Lines"]]

    def exit_of(self, identity):
        return eventually(lambda: [event for name, event in self.events_of(identity) if name == "SandboxExited"])[0]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def eventually(what, seconds=60):
    """The first true value of what(), which is called again and again."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    yield server
    assert server.stop() == 0
    log = server.log()
    assert "Sanitizer" not in log and "runtime error" not in log, log
