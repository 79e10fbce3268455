"""The crash tests start, kill and restart servers of their own."""

import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "sdk"), str(TESTS / "flow")]
import orderly_server  # noqa: E402


@pytest.fixture
def server():
    """A server with full durability and a data folder that survives its kills."""
    one = orderly_server.Server("--durability", "full").start()
    yield one
    one.end()
