"""The command line against a real server: ORDERLY_ENDPOINT, or the binary started for the session."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "sdk"))

import orderly_server  # noqa: E402
from orderly_fixtures import *  # noqa: E402,F403

SAMPLES = ROOT / "apps" / "orders" / "orders.jsonl"
POISON = ROOT / "apps" / "orders" / "poison.txt"


class Result:
    def __init__(self, process: subprocess.CompletedProcess):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr
        marks = [mark for mark in orderly_server.SANITIZER_MARKS if mark in self.err]
        assert not marks and self.code in (0, 1, 2), f"exit {self.code}\n{self.err}"

    @property
    def text(self) -> str:
        return self.out + self.err


def environment(**changes) -> dict:
    """Nothing of the developer's own AWS settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    clean.update(AWS_CONFIG_FILE="/nonexistent", AWS_SHARED_CREDENTIALS_FILE="/nonexistent", AWS_REGION="us-east-1")
    return {**orderly_server.SANITIZER_ENVIRONMENT, **clean, **changes}


@pytest.fixture(scope="session")
def run():
    """run("list", "--json") → Result; keyword arguments are environment variables, `stdin` is text."""

    def call(*words, stdin="", timeout=120, **variables):
        return Result(
            subprocess.run(
                [orderly_server.binary(), "orders", *map(str, words)],
                input=stdin,
                capture_output=True,
                text=True,
                timeout=timeout,
                env=environment(**variables),
                check=False,
            )
        )

    return call


@pytest.fixture(scope="session")
def orders(run, endpoint):
    """The same, to the server under test."""

    def call(*words, **options):
        return run(*words, AWS_ENDPOINT_URL=endpoint, **options)

    return call


@pytest.fixture
def deployed(orders, reset):
    """An empty server with the order system and the C function on it; the same calls as `orders`."""
    reset()
    result = orders("deploy")
    assert result.code == 0, result.text
    return orders
