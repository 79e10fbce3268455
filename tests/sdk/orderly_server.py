"""One Orderly process under test: start it, wait for `Ready.`, stop or kill it, and notice when it ends badly.

Runs under any Python from 3.9 on, with only the standard library.
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SANITIZER_MARKS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "check failed")
SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1:exitcode=99:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=98",
}


# A scan, a query or a list ends its page when it has taken long: not on a busy machine, where that would be at any item.
PATIENT_ENVIRONMENT = {"ORDERLY_LONG_READ_MS": "10000"}
# Of a server whose long work makes way for other work as soon as it does outside of tests.
HASTY_ENVIRONMENT = {"ORDERLY_LONG_READ_MS": "50"}


def binary() -> str:
    return os.environ.get("ORDERLY_BINARY", str(ROOT / "build-test" / "orderly"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, timeout_seconds=60.0, what="the condition"):
    """Waits until `condition` returns something true, and returns it; fails the test at the deadline.

    Asks often at first, then less: asking takes a quarter of the CPU time of tests that wait for functions.
    """
    deadline = time.monotonic() + timeout_seconds
    pause_seconds = 0.02
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout_seconds:g} s for {what}")
        time.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 1.25, 0.1)


def advance_clock(endpoint: str, seconds: float) -> int:
    """Moves the server's clock forward; returns its time, in milliseconds."""
    reply = post(endpoint, "/_orderly/clock", json.dumps({"advance_ms": round(seconds * 1000)}))
    return json.loads(reply)["now_ms"]


class Server:
    """A process with a data folder, which survives kills and restarts; it runs as user id `user`."""

    def __init__(self, *arguments: str, data: "str | None" = None, keep_data: bool = False, user: "int | None" = None,
                 program: "str | None" = None, environment: "dict | None" = None):
        self.arguments = arguments
        self.environment = environment or {}
        self.program = program
        self.user = user
        self.keep_data = keep_data or data is not None
        self.data = data or tempfile.mkdtemp(prefix="orderly-test-")
        self.port = free_port()
        self.process = None
        self.output = tempfile.TemporaryFile()  # whatever the processes have said is there as soon as they have
        self.forgotten = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def said(self) -> int:
        """A place in the log, for log_from()."""
        return os.fstat(self.output.fileno()).st_size

    def log_from(self, place: int) -> str:
        # Not by read(): the processes write at the place that the file's descriptor is at.
        return os.pread(self.output.fileno(), self.said() - place, place).decode(errors="replace")

    @property
    def log(self) -> str:
        return self.log_from(self.forgotten)

    @property
    def log_lines(self) -> "list[str]":
        return self.log.splitlines(keepends=True)

    def forget_log(self) -> None:
        self.forgotten = self.said()

    def start(self, timeout_seconds: float = 60.0) -> "Server":
        began = self.said()
        self.process = subprocess.Popen(
            [self.program or binary(), "--port", str(self.port), "--data", self.data, *self.arguments],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            env={**SANITIZER_ENVIRONMENT, **PATIENT_ENVIRONMENT, **os.environ, **self.environment},
            **({} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}),
        )
        deadline = time.monotonic() + timeout_seconds
        while "Ready." not in self.log_from(began):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"the server did not become ready:\n{self.log[-4000:]}")
            time.sleep(0.01)
        return self

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """kill -9, like a power cut."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """SIGTERM; then checks the exit code and the sanitizers' reports."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not stop within 60 s:\n{self.log[-4000:]}") from None
        self.process = None
        marks = [mark for mark in SANITIZER_MARKS if mark in self.log]
        if code != 0 or marks:
            raise AssertionError(f"the server ended with {code} {marks}:\n{self.log[-12000:]}")

    def end(self) -> None:
        """stop(), and then the data is gone, however the server ended."""
        try:
            self.stop()
        finally:
            self.kill()
            self.remove_data()

    def advance_clock(self, seconds: float) -> int:
        return advance_clock(self.endpoint, seconds)

    def remove_data(self) -> None:
        if not self.keep_data:
            shutil.rmtree(self.data, ignore_errors=True)


def post(endpoint: str, path: str, body: str = "", timeout_seconds: float = 60.0) -> str:
    """An administrative request; the reply's body."""
    connection = http.client.HTTPConnection(endpoint.split("//", 1)[1], timeout=timeout_seconds)
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        reply = connection.getresponse()
        text = reply.read().decode()
    finally:
        connection.close()
    assert 200 <= reply.status < 300, f"POST {path} answered {reply.status}: {text}"
    return text
