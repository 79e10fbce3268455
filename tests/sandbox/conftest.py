"""Attacks of a function on its server and on other functions, from inside its sandbox.

Every attack must be harmless where nothing stops it, because a failing test is one that was not stopped. Each test
runs twice: against a server that runs as root, and against one that runs as an ordinary user (who needs the
kernel's user namespaces).  A function is a Python module; its handler returns what it could reach.
"""

import json
import os
import sys

import boto3
import pytest
from botocore.config import Config

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "sdk"))
import orderly_server  # noqa: E402
from orderly_fixtures import zip_of  # noqa: E402

TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
MAY_LOG = {"Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
NOBODY = 65534

# The attackers' tools: system calls by their numbers, because no library makes them with wrong arguments.
PRELUDE = """
import ctypes, errno, json, os, platform, signal, socket, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)

def syscall(number, *arguments):
    "The result, or the name of the error."
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    return result if result >= 0 else errno.errorcode[ctypes.get_errno()]

def attempt(action, *arguments):
    "What came of it, or the name of the error."
    try:
        return action(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
"""


class House:
    """A server and its functions."""

    def __init__(self, user, *flags, program=None):
        self.user = user
        self.server = orderly_server.Server("--sandbox", "required", *flags, user=user, program=program)
        if user is not None:
            os.chown(self.server.data, user, user)
        self.server.start()
        self.role = self.client("iam").create_role(RoleName="guest", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        self.client("iam").put_role_policy(RoleName="guest", PolicyName="logs", PolicyDocument=json.dumps(MAY_LOG))
        self.count = 0

    def end(self):
        self.server.end()

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id="test",
            aws_secret_access_key="test", config=Config(retries={"max_attempts": 0}, read_timeout=60, max_pool_connections=20))

    def function(self, source, files=(), **settings):
        self.count += 1
        name = f"f{self.count}"
        self.client("lambda").create_function(**{
            "FunctionName": name, "Runtime": "python3.11", "Handler": "index.handler", "Role": self.role, "Timeout": 30,
            "Code": {"ZipFile": zip_of({"index.py": PRELUDE + source, **dict(files)})}, **settings})
        return name

    def invoke(self, name, event=None):
        reply = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        answer = json.loads(reply["Payload"].read() or "null")
        return answer

    def run(self, source, event=None, **settings):
        """Makes a function, invokes it, and returns its handler's result."""
        return self.invoke(self.function(source, **settings), event)


@pytest.fixture(scope="session", params=["root", "ordinary user"])
def house(request):
    if os.geteuid() != 0:
        pytest.skip("starts servers of other users")
    made = House(None if request.param == "root" else NOBODY)
    yield made
    made.end()


@pytest.fixture
def houses():
    """houses(user, flags...) starts another server, which stops at the end of the test."""
    made = []

    def make(user, *flags, **settings):
        made.append(House(user, *flags, **settings))
        return made[-1]

    yield make
    for house in made:
        house.end()
