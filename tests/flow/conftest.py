"""The flow's tests use the SDK tests' server, clients and clock."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
from orderly_fixtures import *  # noqa: E402,F403

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def order_code():
    """order_code("nodejs") returns {file name: source} of that order function."""

    def read(language):
        folder = ROOT / "apps" / "orders" / "functions" / language
        return {file.name: file.read_text() for file in folder.iterdir() if file.name.startswith("index.")}

    return read


@pytest.fixture(scope="session")
def order_package():
    """The zip of the order function in C, from the tested build."""
    named = os.environ.get("ORDERS_ZIP")
    found = [pathlib.Path(named)] if named else sorted(ROOT.glob("build*/apps/orders/functions/c/orders.zip"))
    assert found, "apps/orders/functions/c/orders.zip has not been built"
    return found[0].read_bytes()
