"""Alarms and metrics on a clock that a test moves."""

import pytest
from alarm_world import World


@pytest.fixture
def world(endpoint, request, advance_clock, now_ms, wait_until):
    return World(endpoint, request.node.name, advance_clock, now_ms, wait_until)
