"""Starts functions the way the server does, against a Runtime API of the test's own."""

import json
import os
import struct
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from .fakes import ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN, DynamoDb, RuntimeApi

REPOSITORY = Path(__file__).resolve().parents[2]
RUNTIMES = REPOSITORY / "runtimes"
# The interpreters that the tests use; the environment names others.
NODE = os.environ.get("NODE", "node")
PYTHON = os.environ.get("PYTHON", sys.executable)
LOG_GROUP = "/aws/lambda/Probe"
LOG_STREAM = "2026/01/31/[$LATEST]0123456789abcdef0123456789abcdef"


def frame_of(log):
    """The type of the frame that the bytes begin with, its time in microseconds, and its record."""
    kind, size, micros = struct.unpack(">IIQ", log[:16])
    return kind, micros, log[16:16 + size].decode()


class Elapsed:
    """The milliseconds of a with block."""

    def __enter__(self):
        self.began = time.time()
        return self

    def __exit__(self, *_):
        self.ms = (time.time() - self.began) * 1000


class Function:
    """One sandbox's function: a child process, and the Runtime API that gives it work."""

    def __init__(self, argv, task_root, handler, stdout, environment):
        self.api = RuntimeApi()
        self.task_root = task_root
        self.log_file = task_root.parent / "log"
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                argv, cwd=task_root, stdin=subprocess.DEVNULL, stdout=stdout or log, stderr=log,
                env={
                    "PATH": os.environ["PATH"],
                    "LANG": "en_US.UTF-8",
                    "TZ": ":UTC",
                    "_HANDLER": handler,
                    "LAMBDA_TASK_ROOT": str(task_root),
                    "AWS_LAMBDA_RUNTIME_API": self.api.address,
                    "AWS_LAMBDA_FUNCTION_NAME": "Probe",
                    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
                    "AWS_LAMBDA_LOG_GROUP_NAME": LOG_GROUP,
                    "AWS_LAMBDA_LOG_STREAM_NAME": LOG_STREAM,
                    "AWS_REGION": "us-east-1",
                    "AWS_DEFAULT_REGION": "us-east-1",
                    "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
                    "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
                    "AWS_SESSION_TOKEN": SESSION_TOKEN,
                    **environment,
                })

    def invoke(self, event=None, headers=None, raw=None, timeout_s=30):
        """Runs one invocation and returns the function's answer."""
        request_id = self.api.send(json.dumps(event).encode() if raw is None else raw, headers, timeout_s)
        answer = self.answer()
        assert answer.request_id == request_id
        return answer

    def answer(self):
        """The function's next message, for instance an initialization error."""
        return self.api.next_answer()

    def log(self):
        """The log's records: the lines of standard output and standard error."""
        return self.log_file.read_bytes().decode().split("\n")[:-1]

    def exit_status(self):
        return self.process.wait(timeout=20)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.api.stop()


@pytest.fixture
def start(tmp_path):
    """start(argv, handler, {file name: content}, stdout=the log, ENVIRONMENT=...) → Function"""
    started = []

    def start_function(argv, handler, files, stdout=None, **environment):
        task_root = tmp_path / ("function%d" % len(started)) / "task"
        task_root.mkdir(parents=True)
        for name, content in files.items():
            path = task_root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(content))
        started.append(Function(argv, task_root, handler, stdout, environment))
        return started[-1]

    yield start_function
    for function in started:
        function.stop()


@pytest.fixture(scope="session")
def node_modules():
    """The AWS SDK that comes with the Node.js runtime."""
    folder = RUNTIMES / "nodejs"
    if not (folder / "node_modules").exists():
        subprocess.run(["npm", "ci", "--prefix", str(folder), "--no-audit", "--no-fund"], check=True)
    return folder / "node_modules"


@pytest.fixture
def node(start):
    """node(handler, files, ...) → Function, run by the Node.js bootstrap."""
    return lambda handler, files, **environment: start(
        [NODE, str(RUNTIMES / "nodejs" / "bootstrap.mjs")], handler, files,
        **{"AWS_EXECUTION_ENV": "AWS_Lambda_nodejs20.x", **environment})


@pytest.fixture
def python(start):
    """python(handler, files, ...) → Function, run by the Python bootstrap."""
    return lambda handler, files, **environment: start(
        [PYTHON, str(RUNTIMES / "python" / "bootstrap.py")], handler, files, **environment)


@pytest.fixture(scope="session")
def c_build(tmp_path_factory):
    """The C library, the order processor and its package, built by their own meson.build files."""
    project = tmp_path_factory.mktemp("c")
    for name in ("runtimes", "apps"):
        (project / name).symlink_to(REPOSITORY / name)
    (project / "meson.build").write_text(
        "project('functions', 'c', default_options: ['c_std=c17', 'warning_level=3', 'werror=true'])\n"
        "add_project_arguments('-Wshadow', '-Wconversion', language: 'c')\n"
        "subdir('runtimes')\n"
        "subdir('apps/orders')\n")
    subprocess.run(["meson", "setup", "build"], cwd=project, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", "build"], cwd=project, check=True, stdout=subprocess.DEVNULL)
    return project / "build"


@pytest.fixture(scope="session")
def orders_zip(c_build):
    return c_build / "apps" / "orders" / "functions" / "c" / "orders.zip"


@pytest.fixture(scope="session")
def probe_program(tmp_path_factory):
    """functions/probe.c with the library, under the sanitizers."""
    program = tmp_path_factory.mktemp("probe") / "probe"
    sources = [Path(__file__).parent / "functions" / "probe.c", *(RUNTIMES / "c").glob("*.c")]
    subprocess.run([*os.environ.get("CC", "cc").split(), "-std=c17", "-g", "-O1", "-D_GNU_SOURCE",
                    "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
                    "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror",
                    "-I", RUNTIMES / "c", *sources, "-o", program], check=True)
    return program


@pytest.fixture
def dynamodb():
    server = DynamoDb()
    yield server
    server.stop()
    assert server.problems == []
