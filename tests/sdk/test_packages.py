"""
Packages of functions on the disk: who may read them, what unpacking accepts, how long they stay; each test with
a server of its own.
"""

import os
import pathlib
import stat
import tempfile

import boto3
import pytest
from botocore.config import Config

import orderly_server
from orderly_fixtures import LAMBDA_TRUST, REGION, zip_of

NOBODY = 65534


class House:
    """A server, its folders, and a client for each service."""

    def __init__(self, server):
        self.server = server
        self.data = pathlib.Path(server.data)
        self.functions = self.data / "functions"
        self.made = {}

    def client(self, service, **credentials):
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **credentials}
        key = (service, tuple(sorted(keys.items())))
        if key not in self.made:
            self.made[key] = boto3.client(
                service,
                endpoint_url=self.server.endpoint,
                region_name=REGION,
                config=Config(retries={"max_attempts": 0}),
                **keys,
            )
        return self.made[key]

    def role(self):
        iam = self.client("iam")
        try:
            return iam.get_role(RoleName="packages")["Role"]["Arn"]
        except iam.exceptions.NoSuchEntityException:
            return iam.create_role(RoleName="packages", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]

    def create(self, name, code, **settings):
        """A function of that code: a zip file, or the source of a Python module."""
        package = code if isinstance(code, bytes) else zip_of({"index.py": code})
        return self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler="index.handler",
            Role=self.role(),
            Code={"ZipFile": package},
            **settings,
        )

    def invoke(self, name):
        reply = self.client("lambda").invoke(FunctionName=name)
        return reply.get("FunctionError"), reply["Payload"].read().decode()


@pytest.fixture
def house():
    """house(*arguments, **Server's) starts a server."""
    servers = []

    def open_house(*arguments, **options):
        servers.append(orderly_server.Server(*arguments, **options).start())
        return House(servers[-1])

    yield open_house
    for server in servers:
        server.stop()
        server.remove_data()


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# --- Modes -------------------------------------------------------------------------------------


def test_nobody_else_gets_at_data_or_code_whatever_the_modes_were_before(house):
    one = house()
    one.create("hello", "def handler(event, context): return 'hello'")
    assert one.invoke("hello") == (None, '"hello"')
    package = next(path for path in one.functions.iterdir() if not path.name.startswith("."))

    def modes():
        files = {path.name: mode_of(path) for path in one.data.iterdir() if path.is_file()}
        assert {"orderly.db", "lock"} <= set(files)
        return set(files.values()), {mode_of(path) for path in (one.data, one.functions, package)}

    assert modes() == ({0o600}, {0o700})
    one.server.stop()
    for path in (one.data, one.functions, package, one.data / "orderly.db", one.data / "lock"):
        path.chmod(0o777)
    one.server.start()
    assert modes() == ({0o600}, {0o700})
    assert one.invoke("hello") == (None, '"hello"')


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to somebody else")
def test_the_start_says_what_it_cannot_close_to_others(house):
    with tempfile.TemporaryDirectory(prefix="orderly-test-") as data:
        os.chmod(data, 0o777)
        server = house(data=data, user=NOBODY).server
        warnings = [line for line in server.log_lines if "its mode cannot be changed" in line]
        assert len(warnings) == 1 and f'path="{data}" mode=0777' in warnings[0]
        server.stop()
