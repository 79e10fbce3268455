"""The command line against a real server: ORDERLY_ENDPOINT, or the binary started for the session."""

import json
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
    """The environment without the developer's own AWS settings."""
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
    """run(), with the server under test as the endpoint."""

    def call(*words, **options):
        return run(*words, AWS_ENDPOINT_URL=endpoint, **options)

    return call


@pytest.fixture(scope="session")
def without_traces(endpoint):
    """An environment with only the endpoints of the services, so that the command line does not take the server for
    Orderly."""
    services = ["SNS", "SQS", "DYNAMODB", "LAMBDA", "CLOUDWATCH_LOGS", "IAM", "STS"]
    return {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
            **{f"AWS_ENDPOINT_URL_{service}": endpoint for service in services}}


@pytest.fixture(scope="session")
def elsewhere(run, without_traces):
    """The same as `orders`, with a server that seems to have no traces."""
    return lambda *words: run(*words, **without_traces)


@pytest.fixture
def deployed(orders, reset):
    """An empty server with the order system and the C function; the same calls as `orders`."""
    reset()
    result = orders("deploy")
    assert result.code == 0, result.text
    return orders


def order(order_id="O1", **changes):
    return json.dumps(
        {
            "orderId": order_id,
            "userId": "U1",
            "itemName": "Laptop",
            "quantity": 1,
            "status": "new",
            "timestamp": "2025-05-03T12:00:00Z",
            **changes,
        }
    )


VISIBILITY_SECONDS = 30


@pytest.fixture
def attempt(orders, advance_clock, wait_until):
    """attempt("O1", 2): waits until the function has tried that order twice, a visibility timeout apart."""

    def attempts(order_id):
        steps = json.loads(orders("show", order_id, "--json").out)["steps"]
        return len([step for step in steps if step["step"] == "returned"])

    def reach(order_id, number):
        for done in range(attempts(order_id), number):
            if done > 0:
                advance_clock(VISIBILITY_SECONDS + 1)
            wait_until(lambda done=done: attempts(order_id) > done)

    return reach


@pytest.fixture
def die(orders, attempt, advance_clock, wait_until):
    """die("O1"): waits until that order has been tried three times and is in OrderDLQ."""

    def is_dead(order_id):
        return json.loads(orders("show", order_id, "--json").out)["end"] == "dead-lettered"

    def reach(order_id):
        attempt(order_id, 3)
        advance_clock(VISIBILITY_SECONDS + 1)
        wait_until(lambda: is_dead(order_id))

    return reach
