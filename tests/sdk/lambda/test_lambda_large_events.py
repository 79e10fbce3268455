"""Events that a worker reads before a sandbox takes them: each sandbox runs the event of its own invocation."""

import json
import time

import pytest
from stream_world import World

AT_ONCE = 4
TELL = """
import time
def handler(event, context):
    if event["n"] < 0:
        print("BUSY")
    time.sleep(max(0, event.get("until", 0) - time.time()))
    print("N %d" % event["n"])
"""


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


def test_a_sandbox_that_came_too_late_for_an_event_does_not_keep_it(world):
    """The sandboxes come at once for one event; and the next event's row has the number of that one's."""
    function, other = world.function(TELL), world.function(TELL)
    world.functions.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=AT_ONCE)

    def invoke(name, n, **more):
        world.functions.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"n": n, **more}))

    def keep_busy(name, seconds):
        until = time.time() + seconds
        for _ in range(AT_ONCE):
            invoke(name, -1, until=until)

    def told():
        return [n for n in world.said(function, "N") if n >= 0]

    keep_busy(function, 10)
    invoke(function, 0, text="x" * 200_000)
    world.wait(lambda: len(world.said(function, "N")) == AT_ONCE + 1)
    keep_busy(other, 20)
    invoke(function, 1, text="x" * 200_000)
    world.wait(lambda: len(told()) == 2)
    assert told() == [0, 1]
