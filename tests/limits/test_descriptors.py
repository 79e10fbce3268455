"""A server that may open few files: it says how many it needs, and answers when they run out."""

import contextlib
import ctypes
import io
import json
import os
import re
import resource
import subprocess
import zipfile

import boto3
import pytest
from botocore.config import Config
from conftest import RELEASE

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
NEEDED = re.compile(r"orderly: the limit of open files is (\d+), and the server needs (\d+) \(ulimit -n (\d+)\)")


def refused(tmp_path, limit, held=()):
    """The three figures of the server's refusal to start."""
    command = ["prlimit", f"--nofile={limit}:{limit}", RELEASE, "--port", "0", "--data", str(tmp_path / "data")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, pass_fds=held)
    assert ended.returncode == 1
    return tuple(int(figure) for figure in NEEDED.fullmatch(ended.stderr.strip()).groups())


def test_without_enough_descriptors_the_server_does_not_start_and_says_how_many_it_needs(tmp_path, start, raw):
    _, needed, _ = refused(tmp_path, 50)
    for limit in (12, 30, 40, 64, needed - 1):
        assert refused(tmp_path, limit) == (limit, needed, needed)
    server = start(limits=[f"--nofile={needed}:{needed}"])
    for client in [raw(server) for _ in range(24)]:
        assert client.send(b"GET /_orderly/health HTTP/1.1\r\nHost: localhost\r\n\r\n").reply()[0] == 200


def test_descriptors_that_the_server_is_started_with_are_not_its_own(tmp_path):
    _, needed, _ = refused(tmp_path, 50)
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(7)]
    try:
        assert refused(tmp_path, needed, held) == (needed, needed + 7, needed + 7)
    finally:
        for descriptor in held:
            os.close(descriptor)


def package():
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("m.py", "def handler(event, context):\n    return 'here'\n")
    return code.getvalue()


def allow(server, descriptors):
    subprocess.run(["prlimit", f"--pid={server.process.pid}", f"--nofile={descriptors}:"], check=True)


MOST_OF_A_START = 12


class Functions:
    """Functions of a server, each of which is started once."""

    def __init__(self, server, count, timeout, attempts=1):
        def client(service):
            return boto3.client(
                service, "us-east-1", endpoint_url=server.endpoint, aws_access_key_id="test",
                aws_secret_access_key="test", config=Config(retries={"total_max_attempts": attempts}))

        role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        self.client = client("lambda")
        for number in range(count):
            self.client.create_function(
                FunctionName=f"f{number}", Runtime="python3.11", Handler="m.handler", Role=role, Timeout=timeout,
                Code={"ZipFile": package()})

    def invoke(self, number):
        return json.loads(self.client.invoke(FunctionName=f"f{number}")["Payload"].read())


def test_descriptors_that_run_out_while_a_function_starts_are_told_and_the_server_goes_on(start):
    """However many are left: its pipe, sockets, process, network and files come one after another."""
    server = start()
    functions = Functions(server, MOST_OF_A_START, timeout=1)
    most = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)[0]
    told = []
    for left in range(MOST_OF_A_START):
        allow(server, len(os.listdir(f"/proc/{server.process.pid}/fd")) + left)
        answer = functions.invoke(left)
        told += [answer["errorMessage"]] if answer != "here" else []
        allow(server, most)
    assert len([message for message in told if "Too many open files" in message]) >= 3, told
    assert [functions.invoke(left) for left in range(MOST_OF_A_START)] == ["here"] * MOST_OF_A_START


def test_clients_that_do_nothing_leave_a_function_what_it_needs(tmp_path, start, raw):
    _, needed, _ = refused(tmp_path, 50)
    server = start(limits=[f"--nofile={needed}:{needed}"])
    functions = Functions(server, 2, timeout=30, attempts=2)  # the connection of the first may have to make room
    for _ in range(2 * needed):
        raw(server)
    assert [functions.invoke(number) for number in range(2)] == ["here", "here"]


@contextlib.contextmanager
def stopped(server, name):
    """The threads of that name do not run."""
    SEIZE, INTERRUPT, DETACH, WALL = 0x4206, 0x4207, 17, 0x40000000
    threads = f"/proc/{server.process.pid}/task"
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    numbers = [int(thread) for thread in os.listdir(threads) if open(f"{threads}/{thread}/comm").read().strip() == name]
    assert numbers
    for number in numbers:
        if libc.ptrace(SEIZE, number, None, None) != 0:
            pytest.skip("threads cannot be stopped here")
        libc.ptrace(INTERRUPT, number, None, None)
        os.waitpid(number, WALL)
    yield
    for number in numbers:
        libc.ptrace(DETACH, number, None, None)


def test_clients_that_wait_for_room_leave_the_process_its_descriptors(tmp_path, start, raw):
    _, needed, _ = refused(tmp_path, 50)
    server = start(limits=[f"--nofile={needed}:{needed}"])
    with stopped(server, "loop"):
        clients = [raw(server) for _ in range(2 * needed)]
    assert clients[-1].send(b"GET /_orderly/health HTTP/1.1\r\nHost: localhost\r\n\r\n").reply()[0] == 200
    assert "cannot accept a connection" not in server.log
