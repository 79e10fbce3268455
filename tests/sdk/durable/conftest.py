"""The server that the tests of a file share."""

import pytest
from durable_world import World


@pytest.fixture(scope="module")
def world():
    world = World()
    yield world
    world.close()
