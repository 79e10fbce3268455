"""Durable executions: their API, checkpoints, tokens, times, names, limits and permissions, played by puppets."""

import json
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import changes
import orderly_server
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from durable_world import QUEUES, callback, chained, context, encoded, step, wait

INVALID = "InvalidParameterValueException"
MEBIBYTE = 1048576
ERROR_TOO_LARGE = "Error object size must be less than or equal to 1048576 bytes."


@pytest.fixture(scope="module")
def puppet(world):
    return world.puppet()


@pytest.fixture
def run(world, puppet):
    """The first run of a new execution.  It is stopped before its run ends, which would begin another run otherwise."""
    world.start(puppet.name, {"n": 1})
    run = puppet.run()
    yield run
    world.functions.stop_durable_execution(DurableExecutionArn=run.arn)
    run.answer(**{"return": {"Status": "PENDING"}})


def told(error):
    return error["code"], error["message"], error["status"]


def large_error(text):
    """An error whose fields have the text's size together."""
    return {"ErrorMessage": text[20:], "ErrorType": "x" * 10, "ErrorData": "x" * 5, "StackTrace": ["x" * 3, "x" * 2]}


def plain(event):
    """An event without its number and its time."""
    return {key: value for key, value in event.items() if key not in ("EventId", "EventTimestamp")}


# --- The configuration -------------------------------------------------------------------------------


def test_a_durable_config_is_stored_shown_published_and_changed(world):
    name = world.create({"index.py": ""}, durable={"ExecutionTimeout": 3600})
    functions = world.functions
    assert functions.get_function_configuration(FunctionName=name)["DurableConfig"] == {
        "ExecutionTimeout": 3600, "RetentionPeriodInDays": 14}
    version = functions.publish_version(FunctionName=name)
    changed = functions.update_function_configuration(
        FunctionName=name, DurableConfig={"ExecutionTimeout": 60, "RetentionPeriodInDays": 90})
    assert changed["DurableConfig"] == {"ExecutionTimeout": 60, "RetentionPeriodInDays": 90}
    published = functions.get_function(FunctionName=name, Qualifier=version["Version"])["Configuration"]
    assert published["DurableConfig"] == version["DurableConfig"] == {"ExecutionTimeout": 3600, "RetentionPeriodInDays": 14}
    assert functions.publish_version(FunctionName=name)["Version"] == "2"
    partial = functions.update_function_configuration(FunctionName=name, DurableConfig={"ExecutionTimeout": 61})
    assert partial["DurableConfig"] == {"ExecutionTimeout": 61, "RetentionPeriodInDays": 90}


def test_only_a_new_function_becomes_durable(world, refused):
    name = world.create({"index.py": ""}, durable=False)
    assert "DurableConfig" not in world.functions.get_function_configuration(FunctionName=name)
    assert told(refused(world.functions.update_function_configuration, FunctionName=name,
                        DurableConfig={"ExecutionTimeout": 60})) == (
        INVALID, "Durable execution can only be enabled when a function is created.", 400)


@pytest.mark.parametrize("member, good, bad", [
    ("ExecutionTimeout", (1, 31622400), (0, 31622401)), ("RetentionPeriodInDays", (1, 90), (0, 91))])
def test_numbers_of_a_durable_config_have_bounds(world, refused, member, good, bad):
    name = world.create({"index.py": ""})
    for value in good:
        config = {"ExecutionTimeout": 60, member: value}
        reply = world.functions.update_function_configuration(FunctionName=name, DurableConfig=config)
        assert reply["DurableConfig"][member] == value
    for value in bad:
        error = refused(world.functions.update_function_configuration, FunctionName=name,
                        DurableConfig={"ExecutionTimeout": 60, member: value})
        assert error["status"] == 400 and "failed to satisfy constraint" in error["message"]


def test_an_execution_timeout_is_required(world, refused):
    error = refused(world.create, files={"index.py": ""}, durable=False, DurableConfig={"RetentionPeriodInDays": 1})
    assert told(error) == (INVALID, "ExecutionTimeout is required in DurableConfig.", 400)


# --- Invoking ----------------------------------------------------------------------------------------


def test_a_durable_function_is_invoked_with_a_qualifier(world, puppet, refused):
    for kind in ("Event", "RequestResponse"):
        assert told(refused(world.functions.invoke, FunctionName=puppet.name, InvocationType=kind)) == (
            INVALID, "You cannot invoke a durable function using an unqualified ARN.", 400)


def test_a_synchronous_invocation_waits_for_an_execution_of_15_minutes_at_most(world, refused):
    puppet = world.puppet(durable={"ExecutionTimeout": 900})
    invoke = {"FunctionName": puppet.name, "Qualifier": "$LATEST", "Payload": "{}", "DurableExecutionName": "waited-for"}
    with ThreadPoolExecutor(2) as callers:
        replies = [callers.submit(world.functions.invoke, **invoke) for _ in range(2)]  # the second one joins the first
        run = puppet.run()
        run.checkpoint(wait("w", 5))
        run.pend()
        assert not any(reply.done() for reply in replies)
        world.advance(6)
        puppet.run().succeed({"large": "x" * 100_000})
        for reply in (one.result() for one in replies):
            assert (reply["StatusCode"], reply["DurableExecutionArn"]) == (200, run.arn)
            assert json.load(reply["Payload"]) == {"large": "x" * 100_000}
    assert not puppet.runs_again()
    world.functions.update_function_configuration(FunctionName=puppet.name, DurableConfig={"ExecutionTimeout": 901})
    assert told(refused(world.functions.invoke, FunctionName=puppet.name, Qualifier="$LATEST")) == (
        INVALID, "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.", 400)
    arn = world.start(puppet.name, {})
    puppet.run().succeed()
    assert world.shown(arn)["Status"] == "SUCCEEDED"


def test_a_caller_of_a_function_that_is_deleted_is_told(world, refused):
    puppet = world.puppet()
    with ThreadPoolExecutor(1) as callers:
        reply = callers.submit(refused, world.functions.invoke, FunctionName=puppet.name, Qualifier="$LATEST")
        puppet.run()
        world.functions.delete_function(FunctionName=puppet.name)
        assert reply.result()["code"] == "ResourceNotFoundException"


def test_a_name_is_for_durable_functions(world, refused):
    name = world.create({"index.py": "def handler(event, context):\n    return 1"}, durable=False)
    assert told(refused(world.functions.invoke, FunctionName=name, DurableExecutionName="mine")) == (
        INVALID, "DurableExecutionName is only valid for durable functions.", 400)


def test_a_durable_function_does_not_stream(world, puppet, refused):
    error = refused(world.functions.invoke_with_response_stream, FunctionName=puppet.name, Qualifier="$LATEST")
    assert told(error) == (INVALID, "You cannot invoke a durable function with response streaming.", 400)


def test_a_run_gets_the_whole_event(world, puppet, run):
    [first] = run.operations
    assert run.event == {
        "DurableExecutionArn": run.arn, "CheckpointToken": run.token, "UpdatedOperationIds": [first["Id"]],
        "InitialExecutionState": {"Operations": [first]}}
    function, name, id = run.arn.split("/")[0], *run.arn.split("/")[2:]
    assert function == f"arn:aws:lambda:us-east-1:000000000000:function:{puppet.name}:$LATEST"
    assert first == {"Id": id, "Name": name, "Type": "EXECUTION", "Status": "STARTED",
                     "StartTimestamp": first["StartTimestamp"], "ExecutionDetails": {"InputPayload": '{"n": 1}'}}
    assert abs(first["StartTimestamp"] / 1000 - world.shown(run.arn)["StartTimestamp"].timestamp()) < 0.001


def test_an_execution_of_an_alias_keeps_the_version_that_it_has_begun_with(world):
    puppet = world.puppet()
    functions = world.functions
    functions.publish_version(FunctionName=puppet.name)
    functions.create_alias(FunctionName=puppet.name, Name="live", FunctionVersion="1")
    arn = world.start(puppet.name, {}, qualifier="live")
    first = puppet.run()
    first.checkpoint(wait("w", 5))
    first.pend()
    functions.update_function_configuration(FunctionName=puppet.name, Description="newer")
    functions.publish_version(FunctionName=puppet.name)
    functions.update_alias(FunctionName=puppet.name, Name="live", FunctionVersion="2")
    world.advance(6)
    second = puppet.run()
    assert second.arn == arn and ":1/durable-execution/" in arn
    second.succeed()
    shown = world.shown(arn)
    assert (shown["Version"], shown["FunctionArn"].rsplit(":", 1)[1]) == ("1", "live")


# --- Names -------------------------------------------------------------------------------------------


def test_the_same_name_and_payload_name_the_same_execution(world, puppet, refused):
    start = {"payload": {"order": 7}, "DurableExecutionName": "order-7"}
    arn = world.start(puppet.name, **start)
    assert arn.split("/")[2] == "order-7"
    assert world.start(puppet.name, **start) == arn
    invoke = {"FunctionName": puppet.name, "Qualifier": "$LATEST", "DurableExecutionName": "order-7"}
    for kind in ("Event", "RequestResponse"):
        assert told(refused(world.functions.invoke, InvocationType=kind, Payload="{}", **invoke)) == (
            "DurableExecutionAlreadyStartedException",
            f"The durable execution with the specified name has already been started: {arn}", 409)
    puppet.run().succeed({"paid": True})
    assert world.start(puppet.name, **start) == arn
    reply = world.functions.invoke(Payload=json.dumps({"order": 7}), **invoke)
    assert (reply["StatusCode"], json.load(reply["Payload"]), reply["DurableExecutionArn"]) == (200, {"paid": True}, arn)
    assert not puppet.runs_again()
    assert told(refused(world.functions.invoke, Payload="{}", **invoke))[0] == "DurableExecutionAlreadyStartedException"


def test_an_execution_that_has_failed_answers_its_name_with_the_error(world, puppet):
    arn = world.start(puppet.name, {}, DurableExecutionName="fails")
    puppet.run().answer(**{"return": {"Status": "FAILED", "Error": {
        "ErrorType": "Broken", "ErrorMessage": "why", "StackTrace": ["here"], "ErrorData": "{}"}}})
    assert world.ended(arn)["Error"] == {"ErrorType": "Broken", "ErrorMessage": "why", "StackTrace": ["here"], "ErrorData": "{}"}
    reply = world.functions.invoke(FunctionName=puppet.name, Qualifier="$LATEST", DurableExecutionName="fails", Payload="{}")
    assert (reply["FunctionError"], json.load(reply["Payload"])) == (
        "Unhandled", {"errorMessage": "why", "errorType": "Broken", "errorData": "{}", "stackTrace": ["here"]})


def test_names_belong_to_a_function(world, puppet):
    other = world.puppet()
    first = world.start(puppet.name, {}, DurableExecutionName="shared")
    second = world.start(other.name, {"other": 1}, DurableExecutionName="shared")
    assert first != second
    puppet.run().succeed()
    other.run().succeed()


@pytest.mark.parametrize("name, good", [("a" * 64, True), ("a" * 65, False), ("a b", False)])
def test_a_name_has_1_to_64_letters(world, puppet, refused, name, good):
    if good:
        world.start(puppet.name, {}, DurableExecutionName=name)
        puppet.run().succeed()
        return
    error = refused(world.functions.invoke, FunctionName=puppet.name, Qualifier="$LATEST", InvocationType="Event",
                    DurableExecutionName=name)
    assert error["status"] == 400 and "durableExecutionName" in error["message"]


# --- Tokens ------------------------------------------------------------------------------------------


def test_a_token_is_good_for_one_checkpoint(run, refused):
    old = run.token
    run.checkpoint(step("a"))
    assert told(refused(run.checkpoint, CheckpointToken=old)) == (INVALID, "Invalid checkpoint token", 400)
    run.checkpoint(step("a", "SUCCEED", Payload="1"))


def test_a_checkpoint_that_is_repeated_gets_its_answer_again(world, run):
    old = run.token
    first = run.checkpoint(step("a"), ClientToken="once")
    new = run.token
    again = run.checkpoint(step("a"), CheckpointToken=old, ClientToken="once")
    assert (again, run.token) == (first, new)
    assert world.types(run.arn).count("StepStarted") == 1


def test_the_checkpoint_that_ends_an_execution_gets_its_answer_again(world, puppet, refused):
    arn = world.start(puppet.name, {})
    run = puppet.run()
    run.checkpoint(step("a"))
    last = {"CheckpointToken": run.token, "ClientToken": "once"}
    first = run.checkpoint(step("a", "SUCCEED"), {"Id": "end", "Type": "EXECUTION", "Action": "SUCCEED", "Payload": "1"}, **last)
    again = run.checkpoint(step("a", "SUCCEED"), {"Id": "end", "Type": "EXECUTION", "Action": "SUCCEED", "Payload": "1"}, **last)
    assert (again, run.token) == (first, None)
    assert world.types(arn).count("ExecutionSucceeded") == 1
    assert told(refused(run.checkpoint, **{**last, "ClientToken": "another"})) == (INVALID, "Invalid checkpoint token", 400)
    state = {"DurableExecutionArn": arn, "CheckpointToken": last["CheckpointToken"]}
    assert told(refused(world.functions.get_durable_execution_state, **state))[1] == "Invalid checkpoint token"
    run.answer(**{"return": {"Status": "SUCCEEDED", "Result": ""}})
    world.wait_for(arn, "InvocationCompleted")
    assert told(refused(run.checkpoint, **last)) == (INVALID, "Invalid checkpoint token", 400)


@pytest.mark.parametrize("token", ["bm90IG91cnM=", encoded("17/1/1")])
def test_a_made_up_token_is_refused(run, refused, token):
    assert told(refused(run.checkpoint, CheckpointToken=token)) == (INVALID, "Invalid checkpoint token", 400)
    error = refused(run.world.functions.get_durable_execution_state, DurableExecutionArn=run.arn, CheckpointToken=token)
    assert told(error) == (INVALID, "Invalid checkpoint token", 400)


def test_a_token_of_another_execution_or_of_an_earlier_run_is_refused(world, run, refused):
    other_puppet = world.puppet()
    world.start(other_puppet.name, {})
    other = other_puppet.run()
    assert told(refused(run.checkpoint, CheckpointToken=other.token))[1] == "Invalid checkpoint token"
    other.checkpoint(wait("w", 5))
    early = other.token
    other.pend()
    assert told(refused(other.checkpoint, CheckpointToken=early))[1] == "Invalid checkpoint token"
    world.advance(6)
    second = other_puppet.run()
    assert told(refused(second.checkpoint, CheckpointToken=early))[1] == "Invalid checkpoint token"
    second.succeed()
    assert told(refused(second.checkpoint))[1] == "Invalid checkpoint token"


def test_a_checkpoint_tells_what_has_changed_since_the_one_before(run):
    [a, w] = run.checkpoint(step("a", Name="first"), wait("w", 3600))
    assert (a["Id"], a["Status"], a["Name"], a["StepDetails"]) == ("a", "STARTED", "first", {"Attempt": 0})
    assert (w["Id"], w["Status"]) == ("w", "STARTED")
    assert (w["WaitDetails"]["ScheduledEndTimestamp"] - w["StartTimestamp"]).total_seconds() == 3600
    assert run.checkpoint() == []
    [a] = run.checkpoint(step("a", "SUCCEED", Payload="1"))
    assert (a["Status"], a["StepDetails"]) == ("SUCCEEDED", {"Attempt": 1, "Result": "1"})


def test_a_wait_that_ends_during_a_run_is_told_by_the_next_checkpoint(world, run):
    run.checkpoint(wait("w", 1))
    world.advance(2)
    assert [(one["Id"], one["Status"]) for one in run.checkpoint()] == [("w", "SUCCEEDED")]


def test_the_state_is_read_in_pages(world, run):
    run.checkpoint(*(step(f"s{i}") for i in range(5)))
    ids, marker = [], {}
    while True:
        page = world.functions.get_durable_execution_state(
            DurableExecutionArn=run.arn, CheckpointToken=run.token, MaxItems=2, **marker)
        ids.append([one["Id"] for one in page["Operations"]])
        if "NextMarker" not in page:
            break
        marker = {"Marker": page["NextMarker"]}
    assert ids == [[run.arn.split("/")[3], "s0"], ["s1", "s2"], ["s3", "s4"]]


def test_a_marker_that_is_none_is_refused(world, run, refused):
    for call, more in ((world.functions.get_durable_execution_state, {"CheckpointToken": run.token}),
                       (world.functions.get_durable_execution_history, {})):
        assert told(refused(call, DurableExecutionArn=run.arn, Marker="x", **more)) == (INVALID, "Invalid Marker.", 400)


def test_operations_below_a_completed_context_are_not_replayed(world, run):
    run.checkpoint(context("outer"), context("inner", ParentId="outer"), step("deep", ParentId="inner"))
    run.checkpoint(step("deep", "SUCCEED", ParentId="inner", Payload="1"), context("inner", "SUCCEED", Payload="2"))
    run.checkpoint(context("kept"), step("shown", ParentId="kept"))
    run.checkpoint(context("outer", "SUCCEED", Payload="3"),
                   context("kept", "SUCCEED", Payload="4", ContextOptions={"ReplayChildren": True}))
    state = world.functions.get_durable_execution_state(DurableExecutionArn=run.arn, CheckpointToken=run.token)
    assert [one["Id"] for one in state["Operations"]][1:] == ["outer", "kept", "shown"]
    outer, kept = state["Operations"][1:3]
    assert outer["ContextDetails"] == {"Result": "3"}
    assert kept["ContextDetails"] == {"Result": "4", "ReplayChildren": True}


def test_much_below_a_completed_context_is_hidden_little_by_little(world, run):
    run.checkpoint(context("outer"), context("inner", ParentId="outer"))
    for first in range(0, 1000, 250):
        run.checkpoint(*(step(f"s{first + i}", ParentId="inner" if first else "outer") for i in range(250)))
    [outer] = run.checkpoint(context("outer", "SUCCEED"))
    assert outer["Status"] == "SUCCEEDED"

    def shown():
        state = world.functions.get_durable_execution_state(
            DurableExecutionArn=run.arn, CheckpointToken=run.token, MaxItems=1000)
        return [one["Id"] for one in state["Operations"]][1:]

    orderly_server.wait_until(lambda: shown() == ["outer"], what="the last operation to be hidden")
    assert run.checkpoint() == []


# --- Updates that are refused ------------------------------------------------------------------------


@pytest.mark.parametrize("updates, message", [
    ([step("a"), step("a")], "Cannot checkpoint multiple operations with the same ID."),
    ([wait("w"), {**wait("w"), "Action": "CANCEL"}], "Cannot checkpoint multiple operations with the same ID."),
    ([step("a", "CANCEL")], "Invalid action for the given operation type."),
    ([{**wait("w"), "Action": "SUCCEED"}], "Invalid action for the given operation type."),
    ([{**callback("c"), "Action": "FAIL"}], "Invalid action for the given operation type."),
    ([{"Id": "x", "Type": "EXECUTION", "Action": "START"}], "Invalid action for the given operation type."),
    ([step("a", ParentId="nobody")], "Invalid parent operation id."),
    ([step("p"), step("a", ParentId="p")], "Invalid parent operation id."),
    ([step("a", "FAIL", Payload="1")], "Cannot provide a Payload for FAIL action."),
    ([step("a", "SUCCEED", Error={})], "Cannot provide an Error for SUCCEED action."),
    ([step("a", "RETRY")], "Invalid StepOptions for the given action."),
    ([step("a", "RETRY", StepOptions={"NextAttemptDelaySeconds": 1}, Payload="1", Error={})],
     "Cannot provide both error and payload to RETRY a STEP."),
    ([{**wait("w"), "Action": "CANCEL"}], "Cannot cancel a WAIT that does not exist or has already completed."),
    ([{"Id": "i", "Type": "CHAINED_INVOKE", "Action": "START"}],
     "Update for CHAINED_INVOKE operation requires ChainedInvokeOptions."),
    ([chained("i", "arn:aws:lambda:us-east-1:111111111111:function:f")],
     "Cannot start a CHAINED_INVOKE on a function in another account."),
    ([chained("i", "arn:aws:lambda:eu-west-1:000000000000:function:f")],
     "Cannot start a CHAINED_INVOKE on a function in another region."),
    ([{"Id": "x", "Type": "EXECUTION", "Action": "SUCCEED"}, step("a")], "EXECUTION checkpoint must be the last update."),
    ([{"Id": "x", "Type": "EXECUTION", "Action": "SUCCEED"}] * 2, "Cannot checkpoint multiple EXECUTION updates."),
])
def test_an_update_that_is_wrong_is_refused_with_all_others(run, refused, updates, message):
    assert told(refused(run.checkpoint, Updates=[step("before"), *updates])) == (INVALID, message, 400)
    assert [one["Id"] for one in run.checkpoint(step("before"))] == ["before"]  # the token is as good as before


@pytest.mark.parametrize("first, second, message", [
    ([step("a")], step("a"), "Invalid current STEP state to start."),
    ([step("a", "SUCCEED")], step("a", "SUCCEED"), "Invalid current STEP state to close."),
    ([step("a", "SUCCEED")], step("a", "RETRY", StepOptions={"NextAttemptDelaySeconds": 1}),
     "Invalid current STEP state to re-attempt."),
    ([context("a")], context("a"), "Cannot start a CONTEXT that already exist."),
    ([context("a", "SUCCEED")], context("a", "FAIL"), "Invalid current CONTEXT state to close."),
    ([wait("a")], wait("a"), "Cannot start a WAIT that already exist."),
    ([callback("a")], callback("a"), "Cannot start a CALLBACK that already exist."),
    ([step("a")], wait("a"), "Inconsistent operation type."),
    ([step("a", Name="x")], step("a", "SUCCEED", Name="y"), "Inconsistent operation name."),
    ([step("a", SubType="x")], step("a", "SUCCEED", SubType="y"), "Inconsistent operation subtype."),
    ([context("p"), context("q"), step("a", ParentId="p")], step("a", "SUCCEED", ParentId="q"),
     "Inconsistent parent operation id."),
])
def test_an_operation_changes_only_as_its_state_allows(run, refused, first, second, message):
    run.checkpoint(*first)
    assert told(refused(run.checkpoint, Updates=[second])) == (INVALID, message, 400)


@pytest.mark.parametrize("update, message", [
    (lambda text: step("a", "SUCCEED", Payload=text), "STEP output payload size must be less than or equal to 1048576 bytes."),
    (lambda text: context("a", "SUCCEED", Payload=text), "CONTEXT output payload size must be less than or equal to 1048576 bytes."),
    (lambda text: {**chained("a", "nobody"), "Payload": text}, "CHAINED_INVOKE input payload size must be less than or equal to 1048576 bytes."),
    (lambda text: step("a", "FAIL", Error=large_error(text)), ERROR_TOO_LARGE),
    (lambda text: step("a", "RETRY", Error=large_error(text), StepOptions={"NextAttemptDelaySeconds": 1000}), ERROR_TOO_LARGE),
])
def test_payloads_have_a_mebibyte(run, refused, update, message):
    assert told(refused(run.checkpoint, Updates=[update("x" * (MEBIBYTE + 1))])) == (INVALID, message, 400)
    run.checkpoint(update("x" * MEBIBYTE))


def test_the_errors_of_callbacks_and_of_stopped_executions_have_a_mebibyte(world, run, refused):
    [given] = run.checkpoint(callback("c"))
    failure, stop = world.functions.send_durable_execution_callback_failure, world.functions.stop_durable_execution
    for call, named in ((failure, {"CallbackId": given["CallbackDetails"]["CallbackId"]}), (stop, {"DurableExecutionArn": run.arn})):
        assert told(refused(call, Error=large_error("x" * (MEBIBYTE + 1)), **named)) == (INVALID, ERROR_TOO_LARGE, 400)
        call(Error=large_error("\n" * MEBIBYTE), **named)  # its JSON is larger
    assert world.shown(run.arn)["Error"] == large_error("\n" * MEBIBYTE)


@pytest.mark.parametrize("size, error", [
    (MEBIBYTE, large_error("x" * MEBIBYTE)),
    (MEBIBYTE + 1, {"ErrorType": INVALID, "ErrorMessage": ERROR_TOO_LARGE}),
])
def test_an_error_that_a_run_returns_has_a_mebibyte(world, size, error):
    name = world.create({"index.py": f"""
def handler(event, context):
    return {{"Status": "FAILED", "Error": {{**{large_error(" " * 20)!r}, "ErrorMessage": "x" * ({size} - 20)}}}}
"""})
    assert world.ended(world.start(name, {}))["Error"] == error


def test_a_checkpoint_has_250_updates_and_an_execution_3000_operations(run, refused):
    assert told(refused(run.checkpoint, Updates=[step(f"s{i}") for i in range(251)])) == (
        INVALID, "Cannot checkpoint more than 250 updates.", 400)
    for first in range(0, 3000, 250):
        assert len(run.checkpoint(*(step(f"s{first + i}") for i in range(250)))) == 250
    assert told(refused(run.checkpoint, Updates=[step("more")])) == (
        INVALID, "The durable execution exceeds the maximum of 3000 operations.", 400)
    run.checkpoint(step("s0", "SUCCEED"))


def test_tenants_are_refused(run, refused):
    update = chained("i", "f")
    update["ChainedInvokeOptions"]["TenantId"] = "one"
    assert told(refused(run.checkpoint, Updates=[update]))[0] == INVALID


# --- The history -------------------------------------------------------------------------------------


def test_the_history_tells_everything(world, puppet):
    arn = world.start(puppet.name, {"n": 1}, DurableExecutionName="told")
    run = puppet.run()
    id = arn.split("/")[3]
    run.checkpoint(step("s", Name="pay", SubType="Step"), context("c", Name="part"))
    run.checkpoint(step("s", "RETRY", StepOptions={"NextAttemptDelaySeconds": 5}, Error={"ErrorType": "E", "ErrorMessage": "m"}),
                   context("c", "FAIL", Error={"ErrorMessage": "n"}), wait("w", 300, ParentId="c"))
    run.checkpoint({"Id": "w", "Type": "WAIT", "Action": "CANCEL"}, callback("b", TimeoutSeconds=600))
    run.pend()
    world.advance(6)
    run = puppet.run()
    run.checkpoint(step("s", "START"), step("s", "SUCCEED", Payload='"paid"'))
    run.succeed(2)
    events = world.events(arn)
    assert [event["EventId"] for event in events] == list(range(1, len(events) + 1))
    s, c = {"Id": "s", "Name": "pay", "SubType": "Step"}, {"Id": "c", "Name": "part"}
    completed = [event.pop("InvocationCompletedDetails") for event in events if event["EventType"] == "InvocationCompleted"]
    waited = events[5]["WaitStartedDetails"].pop("ScheduledEndTimestamp")
    assert (waited - events[5]["EventTimestamp"]).total_seconds() == 300
    begun = events[7]["CallbackStartedDetails"].pop("CallbackId")
    assert [plain(event) for event in events] == [
        {"EventType": "ExecutionStarted", "Id": id, "Name": "told",
         "ExecutionStartedDetails": {"Input": {"Payload": '{"n": 1}'}, "ExecutionTimeout": 900}},
        {"EventType": "StepStarted", **s, "StepStartedDetails": {}},
        {"EventType": "ContextStarted", **c, "ContextStartedDetails": {}},
        {"EventType": "StepFailed", **s, "StepFailedDetails": {
            "Error": {"Payload": {"ErrorType": "E", "ErrorMessage": "m"}},
            "RetryDetails": {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 5}}},
        {"EventType": "ContextFailed", **c, "ContextFailedDetails": {"Error": {"Payload": {"ErrorMessage": "n"}}}},
        {"EventType": "WaitStarted", "Id": "w", "ParentId": "c", "WaitStartedDetails": {"Duration": 300}},
        {"EventType": "WaitCancelled", "Id": "w", "ParentId": "c", "WaitCancelledDetails": {"Error": {}}},
        {"EventType": "CallbackStarted", "Id": "b", "CallbackStartedDetails": {"Timeout": 600}},
        {"EventType": "InvocationCompleted"},
        {"EventType": "StepStarted", **s, "StepStartedDetails": {}},
        {"EventType": "StepSucceeded", **s, "StepSucceededDetails": {
            "Result": {"Payload": '"paid"'}, "RetryDetails": {"CurrentAttempt": 2}}},
        {"EventType": "InvocationCompleted"},
        {"EventType": "ExecutionSucceeded", "Id": id, "Name": "told", "ExecutionSucceededDetails": {"Result": {"Payload": "2"}}},
    ]
    assert begun and all(one["EndTimestamp"] >= one["StartTimestamp"] for one in completed)
    assert completed[1]["RequestId"] == run.request
    assert world.events(arn, ReverseOrder=True)[::-1] == world.events(arn)
    for order in (False, True):
        assert world.events(arn, MaxItems=2, ReverseOrder=order) == world.events(arn, ReverseOrder=order)
    bare = [plain(event) for event in world.events(arn, IncludeExecutionData=False)]
    assert bare[3]["StepFailedDetails"] == {"Error": {}, "RetryDetails": {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 5}}
    assert bare[0]["ExecutionStartedDetails"] == {"Input": {}, "ExecutionTimeout": 900}
    assert bare[-1]["ExecutionSucceededDetails"] == {"Result": {}}


def test_an_execution_is_shown_with_and_without_its_data(world, puppet):
    arn = world.start(puppet.name, {"n": 1}, DurableExecutionName="shown")
    run = puppet.run()
    shown = world.shown(arn)
    assert (shown["ExpectedExecutionTimeoutTimestamp"] - shown["StartTimestamp"]).total_seconds() == 900
    run.succeed("x")
    shown = world.shown(arn)
    times = shown.pop("StartTimestamp"), shown.pop("EndTimestamp")
    assert times[0] <= times[1]
    assert shown.pop("TraceHeader")["XAmznTraceId"].startswith("Root=1-")
    bare = {"DurableExecutionArn": arn, "DurableExecutionName": "shown", "Status": "SUCCEEDED", "Version": "$LATEST",
            "FunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{puppet.name}:$LATEST",
            "DurableConfig": {"ExecutionTimeout": 900, "RetentionPeriodInDays": 14}}
    assert shown == {**bare, "InputPayload": '{"n": 1}', "Result": '"x"', "ExecutionDataIncluded": True}
    shown = world.shown(arn, IncludeExecutionData=False)
    assert {key: value for key, value in shown.items() if not key.endswith("Timestamp") and key != "TraceHeader"} == {
        **bare, "ExecutionDataIncluded": False}


# --- Runs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output, error", [
    ({"Status": "SUCCEEDED", "Error": {}}, "Cannot provide an Error for SUCCEEDED status."),
    ({"Status": "FAILED", "Result": "1"}, "Cannot provide a Result for FAILED status."),
    ({"Status": "MAYBE"}, "Invalid Status in invocation output."),
    ("text", "Invalid Status in invocation output."),
])
def test_an_output_that_is_wrong_fails_the_execution(world, puppet, output, error):
    arn = world.start(puppet.name, {})
    puppet.run().answer(**{"return": output})
    assert world.ended(arn)["Error"] == {"ErrorType": INVALID, "ErrorMessage": error}


def test_a_run_that_fails_is_tried_again_five_times_in_all(world, puppet):
    arn = world.start(puppet.name, {})
    for attempt in range(1, 6):
        puppet.run().answer(**{"raise": f"attempt {attempt}"})
        world.wait_for(arn, "InvocationCompleted", attempt)
        if attempt < 5:
            assert world.shown(arn)["Status"] == "RUNNING"
            world.advance(5)
    ended = world.ended(arn)
    assert (ended["Status"], ended["Error"]["ErrorType"], ended["Error"]["ErrorMessage"]) == ("FAILED", "ValueError", "attempt 5")
    [first, *_] = [event["InvocationCompletedDetails"] for event in world.events(arn) if event["EventType"] == "InvocationCompleted"]
    assert first["Error"]["Payload"]["ErrorMessage"] == "attempt 1"


def test_a_run_that_waits_for_nothing_is_tried_again_three_times_in_all(world, puppet):
    arn = world.start(puppet.name, {})
    for attempt in range(1, 4):
        puppet.run().answer(**{"return": {"Status": "PENDING"}})
        world.wait_for(arn, "InvocationCompleted", attempt)
        world.advance(5)
    assert world.ended(arn)["Error"] == {
        "ErrorType": INVALID, "ErrorMessage": "Cannot return PENDING status with no pending operations."}


def test_a_result_may_be_checkpointed(world, puppet):
    with ThreadPoolExecutor(1) as callers:
        call = callers.submit(world.functions.invoke, FunctionName=puppet.name, Qualifier="$LATEST", Payload=b"{}")
        run = puppet.run()
        run.checkpoint({"Id": "end", "Type": "EXECUTION", "Action": "SUCCEED", "Payload": "x" * 6_000_000})
        assert run.token is None
        run.answer(**{"return": {"Status": "SUCCEEDED", "Result": ""}})
        assert len(call.result()["Payload"].read()) == 6_000_000
    ended = world.ended(run.arn)
    assert (ended["Status"], len(ended["Result"])) == ("SUCCEEDED", 6_000_000)


TOO_LARGE_OUTPUT = "Execution output payload size must be less than or equal to 1048576 bytes."


def test_the_result_of_an_event_has_a_mebibyte(world, puppet, refused):
    def end(size):
        return {"Id": "end", "Type": "EXECUTION", "Action": "SUCCEED", "Payload": "x" * size}

    arn = world.start(puppet.name, {})
    run = puppet.run()
    assert told(refused(run.checkpoint, Updates=[end(MEBIBYTE + 1)])) == (INVALID, TOO_LARGE_OUTPUT, 400)
    run.checkpoint(end(MEBIBYTE))
    run.answer(**{"return": {"Status": "SUCCEEDED", "Result": ""}})
    world.wait_for(arn, "InvocationCompleted")
    assert len(world.shown(arn)["Result"]) == MEBIBYTE


def test_a_result_that_a_run_returns_for_an_event_has_a_mebibyte(world):
    name = world.create({"index.py": """
import json
def handler(event, context):
    size = json.loads(event["InitialExecutionState"]["Operations"][0]["ExecutionDetails"]["InputPayload"])
    return {"Status": "SUCCEEDED", "Result": "x" * size}
"""})
    assert len(world.ended(world.start(name, MEBIBYTE))["Result"]) == MEBIBYTE
    large = world.ended(world.start(name, MEBIBYTE + 1))
    assert (large["Status"], large["Error"]["ErrorMessage"]) == ("FAILED", TOO_LARGE_OUTPUT)
    reply = world.functions.invoke(FunctionName=name, Qualifier="$LATEST", Payload=str(MEBIBYTE + 1))
    assert (reply.get("FunctionError"), len(reply["Payload"].read())) == (None, MEBIBYTE + 1)


def test_changes_during_a_run_begin_the_next_one_at_once(world, puppet):
    world.start(puppet.name, {})
    first = puppet.run()
    [given] = first.checkpoint(callback("c"))
    world.functions.send_durable_execution_callback_success(CallbackId=given["CallbackDetails"]["CallbackId"], Result=b"1")
    assert not puppet.runs_again()
    first.answer(**{"return": {"Status": "PENDING"}})
    second = puppet.run()
    assert second.event["UpdatedOperationIds"] == ["c"]
    assert second.operations[1]["CallbackDetails"]["Result"] == "1"
    second.succeed()


# --- Time --------------------------------------------------------------------------------------------


def test_an_execution_times_out(world):
    puppet = world.puppet(durable={"ExecutionTimeout": 100})
    arn = world.start(puppet.name, {})
    run = puppet.run()
    run.checkpoint(wait("w", 3600))
    run.pend()
    world.advance(40)
    assert world.shown(arn)["Status"] == "RUNNING"
    world.advance(61)
    ended = world.ended(arn)
    assert (ended["Status"], ended["Error"]) == ("TIMED_OUT", {"ErrorMessage": "Execution timed out after 100 seconds."})
    assert world.types(arn)[-1] == "ExecutionTimedOut"
    assert (ended["EndTimestamp"] - ended["StartTimestamp"]).total_seconds() >= 100


def test_a_callback_times_out_with_and_without_heartbeats(world, puppet, refused):
    arn = world.start(puppet.name, {})
    run = puppet.run()
    given = run.checkpoint(callback("whole", TimeoutSeconds=600, HeartbeatTimeoutSeconds=400), callback("beats", HeartbeatTimeoutSeconds=400),
                           callback("never"))
    ids = {one["Id"]: one["CallbackDetails"]["CallbackId"] for one in given}
    run.pend()
    world.advance(300)
    for id in ids.values():
        world.functions.send_durable_execution_callback_heartbeat(CallbackId=id)
    world.advance(310)
    run = puppet.run()
    late = {one["Id"]: one for one in run.operations}
    assert (late["whole"]["Status"], late["whole"]["CallbackDetails"]["Error"]["ErrorType"]) == ("TIMED_OUT", "Callback.Timeout")
    assert late["beats"]["Status"] == "STARTED"
    run.pend()
    world.wait_for(arn, "InvocationCompleted", 2)
    world.advance(100)
    run = puppet.run()
    late = {one["Id"]: one for one in run.operations}
    assert (late["beats"]["Status"], late["beats"]["CallbackDetails"]["Error"]["ErrorType"]) == ("TIMED_OUT", "Callback.Heartbeat")
    assert late["never"]["Status"] == "STARTED"
    closed = ("CallbackTimeoutException", "The callback ID token has either expired or the callback associated with the token "
              "has already been closed.", 400)
    for call in (world.functions.send_durable_execution_callback_success, world.functions.send_durable_execution_callback_failure,
                 world.functions.send_durable_execution_callback_heartbeat):
        assert told(refused(call, CallbackId=ids["beats"])) == closed
        assert told(refused(call, CallbackId=encoded("made up"))) == (INVALID, "Invalid callback token", 400)
    run.succeed()
    assert told(refused(world.functions.send_durable_execution_callback_success, CallbackId=ids["never"])) == closed


def test_a_callbacks_result_has_a_mebibyte(world, run, refused):
    [given] = run.checkpoint(callback("c"))
    success = {"CallbackId": given["CallbackDetails"]["CallbackId"]}
    error = refused(world.functions.send_durable_execution_callback_success, Result=b"x" * 1048577, **success)
    assert error["status"] == 400
    world.functions.send_durable_execution_callback_success(Result=b"x" * 1048576, **success)


def test_an_execution_is_kept_for_its_days_and_its_name_may_come_again(world):
    puppet = world.puppet(durable={"RetentionPeriodInDays": 1})
    arn = world.start(puppet.name, {"n": 1}, DurableExecutionName="kept")
    run = puppet.run()
    run.checkpoint(*(step(f"s{i}", "SUCCEED", Payload="x" * 1000) for i in range(250)))
    run.succeed()
    world.advance(86300)
    assert world.shown(arn)["Status"] == "SUCCEEDED"
    world.advance(200)

    def gone():
        try:
            world.shown(arn)
        except world.functions.exceptions.ResourceNotFoundException as error:
            return error.response["Error"]["Message"] == "Durable Execution does not exist"

    orderly_server.wait_until(gone, what="the removal")
    again = world.start(puppet.name, {"n": 2}, DurableExecutionName="kept")
    assert again != arn
    puppet.run().succeed()


# --- Stopping, deleting, listing ---------------------------------------------------------------------


def test_a_stopped_execution_does_not_go_on(world, puppet, refused):
    arn = world.start(puppet.name, {})
    run = puppet.run()
    [given] = run.checkpoint(callback("c"))
    stopped = world.functions.stop_durable_execution(DurableExecutionArn=arn, Error={"ErrorType": "Enough", "ErrorMessage": "now"})
    again = world.functions.stop_durable_execution(DurableExecutionArn=arn)
    assert stopped["StopTimestamp"] == again["StopTimestamp"] == world.shown(arn)["EndTimestamp"]
    assert world.shown(arn)["Error"] == {"ErrorType": "Enough", "ErrorMessage": "now"}
    assert world.shown(arn)["Status"] == "STOPPED"
    assert told(refused(run.checkpoint)) == (INVALID, "Invalid checkpoint token", 400)
    assert told(refused(world.functions.send_durable_execution_callback_success,
                        CallbackId=given["CallbackDetails"]["CallbackId"]))[0] == "CallbackTimeoutException"
    run.answer(**{"return": {"Status": "SUCCEEDED", "Result": "1"}})
    world.wait_for(arn, "InvocationCompleted")
    assert world.shown(arn)["Status"] == "STOPPED"
    assert world.types(arn)[-2:] == ["ExecutionStopped", "InvocationCompleted"]


def test_an_execution_that_is_stopped_without_a_reason_has_one(world, puppet):
    arn = world.start(puppet.name, {})
    run = puppet.run()
    world.functions.stop_durable_execution(DurableExecutionArn=arn)
    assert world.shown(arn)["Error"] == {"ErrorMessage": "Execution stopped by user request"}
    run.answer(**{"return": {}})


def test_an_execution_that_has_ended_is_deleted(world, puppet, refused):
    arn = world.start(puppet.name, {}, DurableExecutionName="deleted")
    run = puppet.run()
    assert told(refused(world.functions.delete_durable_execution, DurableExecutionArn=arn)) == (
        "ResourceConflictException", "The durable execution is running. Stop it before you delete it.", 409)
    run.succeed()
    reply = world.functions.delete_durable_execution(DurableExecutionArn=arn)
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 202 and "DeletionRequestTimestamp" in reply

    def gone():
        try:
            return world.shown(arn)["Status"] != "DELETING" and None
        except world.functions.exceptions.ResourceNotFoundException:
            return True

    orderly_server.wait_until(gone, what="the removal")
    missing = ("ResourceNotFoundException", "Durable Execution does not exist", 404)
    for call in (world.functions.stop_durable_execution, world.functions.get_durable_execution_history,
                 world.functions.delete_durable_execution):
        assert told(refused(call, DurableExecutionArn=arn)) == missing


def test_executions_are_listed_and_filtered(world):
    puppet = world.puppet()
    functions = world.functions
    arns = []
    for name in ("one", "two", "three"):
        arns.append(world.start(puppet.name, {}, DurableExecutionName=name))
        puppet.run().succeed()
        world.advance(10)
    functions.publish_version(FunctionName=puppet.name)
    arns.append(world.start(puppet.name, {}, qualifier="1", DurableExecutionName="four"))
    last = puppet.run()

    def names(**filters):
        found, marker = [], {}
        while True:
            page = functions.list_durable_executions_by_function(FunctionName=puppet.name, **filters, **marker)
            found += [one["DurableExecutionName"] for one in page["DurableExecutions"]]
            if "NextMarker" not in page:
                return found
            marker = {"Marker": page["NextMarker"]}

    assert names() == names(MaxItems=1) == ["four", "three", "two", "one"]
    assert names(ReverseOrder=True) == names(ReverseOrder=True, MaxItems=3) == ["one", "two", "three", "four"]
    assert names(Qualifier="1") == ["four"]
    assert names(Qualifier="$LATEST") == ["three", "two", "one"]
    assert names(DurableExecutionName="two") == ["two"]
    assert names(Statuses=["RUNNING"]) == ["four"]
    assert names(Statuses=["RUNNING", "SUCCEEDED"]) == ["four", "three", "two", "one"]
    second = world.shown(arns[1])["StartTimestamp"].timestamp()
    assert names(StartedAfter=second + 1) == ["four", "three"]
    assert names(StartedBefore=second - 1) == ["one"]
    [listed] = functions.list_durable_executions_by_function(FunctionName=puppet.name, Qualifier="1")["DurableExecutions"]
    assert listed == {"DurableExecutionArn": arns[3], "DurableExecutionName": "four", "Status": "RUNNING",
                      "FunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{puppet.name}:1",
                      "StartTimestamp": world.shown(arns[3])["StartTimestamp"]}
    last.succeed()


def test_a_deleted_function_takes_its_executions_along(world):
    puppet = world.puppet()
    arn = world.start(puppet.name, {})
    puppet.run()
    world.functions.delete_function(FunctionName=puppet.name)

    def gone():
        try:
            world.shown(arn)
        except world.functions.exceptions.ResourceNotFoundException:
            return True

    orderly_server.wait_until(gone, what="the removal")


# --- Chained invocations -----------------------------------------------------------------------------


def chained_error(world, puppet, function):
    world.start(puppet.name, {})
    run = puppet.run()
    [operation] = run.checkpoint(chained("i", function))
    run.answer(**{"return": {"Status": "SUCCEEDED", "Result": "1"}})
    assert operation["Status"] == "FAILED"
    return operation["ChainedInvokeDetails"]["Error"]["ErrorType"]


def test_a_target_that_cannot_be_invoked_fails_the_operation_at_once(world, puppet):
    assert chained_error(world, puppet, "nobody") == "ResourceNotFoundException"
    assert chained_error(world, puppet, puppet.name) == INVALID  # a durable function needs a qualifier


def test_the_functions_role_must_be_allowed_to_invoke_the_target(world):
    poor = world.puppet(Role=world.role(["lambda:CheckpointDurableExecution", *QUEUES]))
    target = world.create({"index.py": "def handler(event, context):\n    return 1"}, durable=False)
    assert chained_error(world, poor, target) == "AccessDeniedException"


def test_the_end_of_a_chained_execution_is_the_end_of_the_operation(world, puppet):
    child = world.puppet(durable={"ExecutionTimeout": 50})
    for ending in ("SUCCEEDED", "FAILED", "STOPPED", "TIMED_OUT"):
        world.start(puppet.name, {})
        run = puppet.run()
        run.checkpoint(chained("i", f"{child.name}:$LATEST", {"from": "parent"}))
        run.pend()
        inner = child.run()
        assert inner.operations[0]["ExecutionDetails"]["InputPayload"] == '{"from": "parent"}'
        if ending == "SUCCEEDED":
            inner.answer(**{"return": {"Status": "SUCCEEDED", "Result": "5"}})
        elif ending == "FAILED":
            inner.answer(**{"return": {"Status": "FAILED", "Error": {"ErrorMessage": "m"}}})
        else:
            inner.checkpoint(wait("w", 3600))
            inner.pend()
            if ending == "STOPPED":
                world.functions.stop_durable_execution(DurableExecutionArn=inner.arn, Error={"ErrorMessage": "s"})
            else:
                world.advance(51)
        run = puppet.run()
        operation = run.operations[1]
        assert operation["Status"] == ending
        assert operation["ChainedInvokeDetails"] == {
            "SUCCEEDED": {"Result": "5"}, "FAILED": {"Error": {"ErrorMessage": "m"}}, "STOPPED": {"Error": {"ErrorMessage": "s"}},
        }.get(ending, operation["ChainedInvokeDetails"])
        if ending == "TIMED_OUT":
            assert operation["ChainedInvokeDetails"]["Error"]["ErrorType"] == "ChainedInvoke.Timeout"
        run.succeed()


def test_a_chained_function_that_is_deleted_fails_the_operation(world, puppet):
    child = world.puppet()
    world.start(puppet.name, {})
    run = puppet.run()
    run.checkpoint(chained("i", f"{child.name}:$LATEST"))
    run.pend()
    child.run()
    world.functions.delete_function(FunctionName=child.name)
    run = puppet.run()
    assert run.operations[1]["ChainedInvokeDetails"]["Error"]["ErrorType"] == "ResourceNotFoundException"
    run.succeed()


# --- Sources, dead letters ---------------------------------------------------------------------------


def test_a_queues_batch_is_done_when_its_execution_has_succeeded(world):
    puppet = world.puppet()
    world.functions.publish_version(FunctionName=puppet.name)
    queue = world.queue()
    sqs = world.client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    world.functions.create_event_source_mapping(FunctionName=f"{puppet.name}:1", EventSourceArn=arn, BatchSize=1)
    sqs.send_message(QueueUrl=queue, MessageBody="order")
    run = puppet.run()
    [record] = json.loads(run.operations[0]["ExecutionDetails"]["InputPayload"])["Records"]
    assert record["body"] == "order"
    run.checkpoint(wait("w", 5))
    run.pend()
    world.advance(6)
    run = puppet.run()

    def left():
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return [int(value) for value in sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"].values()]

    assert sum(left()) == 1
    run.succeed()
    orderly_server.wait_until(lambda: sum(left()) == 0, what="the message's deletion")


@pytest.mark.parametrize("window", [0, 5])
@pytest.mark.parametrize("ending", ["SUCCEEDED", "FAILED"])
def test_a_queues_batch_waits_for_its_execution_over_a_restart(world, window, ending):
    puppet = world.puppet()
    world.functions.publish_version(FunctionName=puppet.name)
    queue, sqs = world.queue(), world.client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = world.functions.create_event_source_mapping(
        FunctionName=f"{puppet.name}:1", EventSourceArn=arn, MaximumBatchingWindowInSeconds=window)["UUID"]
    sqs.send_message(QueueUrl=queue, MessageBody="order")

    def hidden():
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
        return [counts[name] for name in names]

    orderly_server.wait_until(lambda: hidden() == ["0", "1"], 20, "the message to be received")
    world.advance(window)
    run = puppet.run()
    run.checkpoint(step("a", "SUCCEED", Payload="1"), wait("w", 60))
    world.restart()  # in the middle of the run
    again = puppet.run()
    assert [one["Id"] for one in again.operations[1:]] == ["a", "w"]
    again.pend()
    world.wait_for(run.arn, "InvocationCompleted", 1)
    world.restart()  # while the execution waits
    world.advance(61)
    last = puppet.run()
    assert last.arn == run.arn
    assert hidden() == ["0", "1"]
    if ending == "SUCCEEDED":
        last.succeed()
        orderly_server.wait_until(lambda: hidden() == ["0", "0"], 20, "the message's deletion")
    else:
        last.answer(**{"return": {"Status": "FAILED", "Error": {"ErrorMessage": "m"}}})
        world.wait_for(run.arn, "ExecutionFailed", 1)
        assert hidden() == ["0", "1"]  # it comes again
    world.functions.delete_event_source_mapping(UUID=mapping)
    assert not puppet.runs_again()


def test_the_event_of_an_execution_that_fails_becomes_a_dead_letter(world):
    letters = world.queue()
    sqs = world.client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    puppet = world.puppet(DeadLetterConfig={"TargetArn": arn})
    world.start(puppet.name, {"lost": True})
    puppet.run().answer(**{"return": {"Status": "FAILED", "Error": {"ErrorMessage": "why"}}})
    [letter] = orderly_server.wait_until(lambda: sqs.receive_message(
        QueueUrl=letters, WaitTimeSeconds=1, MessageAttributeNames=["All"]).get("Messages"), what="the letter")
    assert json.loads(letter["Body"]) == {"lost": True}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "why"
    assert not puppet.runs_again()  # it is not tried again


def test_a_dead_letter_is_sent_also_when_the_server_was_killed_meanwhile(world):
    letters = world.queue()
    sqs = world.client("sqs")
    arn = sqs.get_queue_attributes(QueueUrl=letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    puppet = world.puppet(DeadLetterConfig={"TargetArn": arn})
    world.start(puppet.name, {"n": 1})
    puppet.run()
    world.restart()
    puppet.run().answer(**{"return": {"Status": "FAILED"}})
    [letter] = orderly_server.wait_until(
        lambda: sqs.receive_message(QueueUrl=letters, WaitTimeSeconds=1).get("Messages"), what="the letter")
    assert json.loads(letter["Body"]) == {"n": 1}


def test_a_function_url_waits_for_the_execution(world):
    puppet = world.puppet()
    functions = world.functions
    functions.publish_version(FunctionName=puppet.name)
    functions.create_alias(FunctionName=puppet.name, Name="live", FunctionVersion="1")
    url = functions.create_function_url_config(FunctionName=puppet.name, Qualifier="live", AuthType="NONE")["FunctionUrl"]
    for action in ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction"):
        functions.add_permission(FunctionName=puppet.name, Qualifier="live", StatementId=action[-8:], Action=action, Principal="*")
    id = url.split("//")[1].split(".")[0]
    with ThreadPoolExecutor(1) as callers:
        reply = callers.submit(urllib.request.urlopen, f"{world.server.endpoint}/_orderly/lambda-url/{id}/")
        run = puppet.run()
        run.checkpoint(wait("w", 5))
        run.pend()
        world.advance(6)
        puppet.run().succeed({"statusCode": 201, "body": "made"})
        with reply.result() as answer:
            assert (answer.status, answer.read()) == (201, b"made")


# --- Permissions -------------------------------------------------------------------------------------


def user(world, action, resource):
    iam, name = world.client("iam"), world.name("user")
    iam.create_user(UserName=name)
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return world.client("lambda", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


def test_permissions_are_for_executions_not_for_functions(world, puppet, run, refused):
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{puppet.name}"
    [given] = run.checkpoint(callback("c"))
    id = given["CallbackDetails"]["CallbackId"]
    for action, call in (("GetDurableExecution", lambda one: one.get_durable_execution(DurableExecutionArn=run.arn)),
                         ("GetDurableExecutionHistory", lambda one: one.get_durable_execution_history(DurableExecutionArn=run.arn)),
                         ("SendDurableExecutionCallbackHeartbeat",
                          lambda one: one.send_durable_execution_callback_heartbeat(CallbackId=id)),
                         ("StopDurableExecution", lambda one: one.stop_durable_execution(DurableExecutionArn=run.arn))):
        denied = user(world, f"lambda:{action}", function)
        error = refused(lambda **_: call(denied))
        assert error["code"] == "AccessDeniedException" and f"lambda:{action}" in error["message"] and run.arn in error["message"]
        call(user(world, f"lambda:{action}", f"{function}:*"))


def test_a_run_needs_the_permission_to_make_checkpoints(world):
    poor = world.puppet(Role=world.role(QUEUES), source="""
import boto3, json
def handler(event, context):
    try:
        boto3.client("lambda").checkpoint_durable_execution(
            DurableExecutionArn=event["DurableExecutionArn"], CheckpointToken=event["CheckpointToken"])
    except Exception as error:
        return {"Status": "SUCCEEDED", "Result": json.dumps(str(error))}
""")
    arn = world.start(poor.name, {})
    assert "is not authorized to perform: lambda:CheckpointDurableExecution" in json.loads(world.ended(arn)["Result"])


def test_the_managed_policy_is_enough_for_a_durable_function(world):
    role = world.role(QUEUES)
    world.client("iam").attach_role_policy(
        RoleName=role.rsplit("/", 1)[1], PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicDurableExecutionRolePolicy")
    puppet = world.puppet(Role=role, source="""
import boto3
def handler(event, context):
    boto3.client("lambda").checkpoint_durable_execution(
        DurableExecutionArn=event["DurableExecutionArn"], CheckpointToken=event["CheckpointToken"])
    return {"Status": "SUCCEEDED", "Result": "1"}
""")
    assert world.ended(world.start(puppet.name, {}))["Status"] == "SUCCEEDED"


# --- Restarts ----------------------------------------------------------------------------------------


def test_a_run_that_dies_with_the_server_begins_again_with_all_that_was_checkpointed(world, puppet, refused):
    arn = world.start(puppet.name, {"n": 1})
    run = puppet.run()
    run.checkpoint(step("a", "SUCCEED", Payload="1"), wait("w", 600), callback("c"))
    before = world.events(arn)
    world.restart()
    again = puppet.run()
    assert (again.arn, again.request) == (run.arn, run.request)
    assert [(one["Id"], one["Status"]) for one in again.operations[1:]] == [
        ("a", "SUCCEEDED"), ("w", "STARTED"), ("c", "STARTED")]
    assert world.events(arn) == before
    assert told(refused(run.checkpoint)) == (INVALID, "Invalid checkpoint token", 400)
    given = again.operations[3]["CallbackDetails"]["CallbackId"]
    again.pend()
    world.restart()
    world.functions.send_durable_execution_callback_success(CallbackId=given, Result=b"2")
    third = puppet.run()
    third.pend()
    world.wait_for(arn, "InvocationCompleted", 2)
    world.restart()
    world.advance(601)
    last = puppet.run()
    assert [(one["Id"], one["Status"]) for one in last.operations[1:]] == [
        ("a", "SUCCEEDED"), ("w", "SUCCEEDED"), ("c", "SUCCEEDED")]
    last.succeed()


# --- Hostile clients -----------------------------------------------------------------------------------


def raw(world, path, body):
    """The status and the body of a signed POST of these bytes."""
    request = AWSRequest(method="POST", url=world.server.endpoint + path, data=body, headers={"Content-Type": "application/json"})
    SigV4Auth(Credentials("test", "test"), "lambda", "us-east-1").add_auth(request)
    try:
        with urllib.request.urlopen(urllib.request.Request(request.url, data=body, headers=dict(request.headers.items()))) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def update_of(id='"a"', type='"STEP"', action='"SUCCEED"', more=""):
    return f'{{"Id": {id}, "Type": {type}, "Action": {action}{more}}}'.encode()


@pytest.mark.parametrize("updates", [
    b"[" * 50_000, b'[{"Id": "a"', b"[null]", b"[[]]", b"[1]", b'{"Id": "a"}', b'"a"',
    b"[" + update_of(id='"' + "a" * 65 + '"') + b"]", b"[" + update_of(id='""') + b"]", b"[" + update_of(id='"a\u0000b"') + b"]",
    b"[" + update_of(id='"../a"') + b"]", b"[" + update_of(id="7") + b"]", b"[" + update_of(type='"STEPS"') + b"]",
    b"[" + update_of(type="null") + b"]", b"[" + update_of(action='"START, FAIL"') + b"]",
    b"[" + update_of(more=', "Name": "' + "n" * 257 + '"') + b"]", b"[" + update_of(more=', "Name": "line\\nline"') + b"]",
    b"[" + update_of(more=', "Payload": {"a": 1}') + b"]", b"[" + update_of(more=', "Payload": "\xff"').replace(b"\xc3\xbf", b"\xff") + b"]",
    b"[" + update_of(action='"RETRY"', more=', "StepOptions": {"NextAttemptDelaySeconds": 99999999999999999999}') + b"]",
    b"[" + update_of(action='"RETRY"', more=', "StepOptions": {"NextAttemptDelaySeconds": -1}') + b"]",
    b"[" + update_of(type='"WAIT"', action='"START"', more=', "WaitOptions": {"WaitSeconds": 0}') + b"]",
    b"[" + update_of(type='"WAIT"', action='"START"', more=', "WaitOptions": {"WaitSeconds": 1e300}') + b"]",
    b"[" + update_of(type='"CALLBACK"', action='"START"', more=', "CallbackOptions": {"TimeoutSeconds": -5}') + b"]",
    b"[" + update_of(type='"CONTEXT"', action='"START"', more=', "ParentId": "a"') + b"]",
], ids=range(25))
def test_a_hostile_checkpoint_is_refused_and_changes_nothing(world, run, updates):
    path = f"/2025-12-01/durable-executions/{urllib.parse.quote(run.arn, safe='')}/checkpoint"
    body = b'{"CheckpointToken": "' + run.token.encode() + b'", "Updates": ' + updates + b"}"
    status, answer = raw(world, path, body)
    assert status == 400, answer
    assert [one["Id"] for one in run.checkpoint(step("before"))] == ["before"]  # the token is as good as before


def test_an_operation_cannot_take_the_place_of_its_execution(run, refused):
    own = run.operations[0]["Id"]
    for update in (step(own, "SUCCEED"), context(own), wait(own), callback(own), chained(own, "nobody")):
        assert told(refused(run.checkpoint, Updates=[update])) == (INVALID, "Inconsistent operation type.", 400)
    assert told(refused(run.checkpoint, Updates=[step("a", ParentId=own)])) == (INVALID, "Invalid parent operation id.", 400)


def test_of_many_checkpoints_with_one_token_one_is_taken(world, run):
    def checkpoint(number):
        try:
            return world.functions.checkpoint_durable_execution(
                DurableExecutionArn=run.arn, CheckpointToken=run.token, Updates=[step(f"s{number}")])["CheckpointToken"]
        except world.functions.exceptions.InvalidParameterValueException as error:
            assert error.response["Error"]["Message"] == "Invalid checkpoint token"

    with ThreadPoolExecutor(16) as clients:
        tokens = [token for token in clients.map(checkpoint, range(48)) if token]
    assert len(tokens) == 1
    run.token = tokens[0]
    state = world.functions.get_durable_execution_state(DurableExecutionArn=run.arn, CheckpointToken=run.token, MaxItems=100)
    assert len(state["Operations"]) == 2


def test_tokens_and_callbacks_do_not_stand_for_each_other(world, run, refused):
    [made] = run.checkpoint(callback("c"))
    given = made["CallbackDetails"]["CallbackId"]
    succeed = world.functions.send_durable_execution_callback_success
    for wrong in (run.token, given[:-4] + "AAAA", given[4:], encoded("1/c"), "AAAA"):
        assert told(refused(succeed, CallbackId=wrong))[:2] == (INVALID, "Invalid callback token")
    assert told(refused(run.checkpoint, CheckpointToken=given))[:2] == (INVALID, "Invalid checkpoint token")
    succeed(CallbackId=given, Result=b"1")
    assert told(refused(succeed, CallbackId=given))[0] == "CallbackTimeoutException"


def test_a_flood_of_one_callback_ends_it_once(world, run):
    [made] = run.checkpoint(callback("c"))
    given = made["CallbackDetails"]["CallbackId"]

    def succeed(number):
        try:
            world.functions.send_durable_execution_callback_success(CallbackId=given, Result=str(number).encode())
            return 1
        except world.functions.exceptions.CallbackTimeoutException:
            return 0

    with ThreadPoolExecutor(16) as clients:
        assert sum(clients.map(succeed, range(48))) == 1
    assert world.types(run.arn).count("CallbackSucceeded") == 1


def test_the_input_of_an_execution_of_an_earlier_version_is_found(world):
    """As migration 31 finds it: in the row of the execution's own operation, which its end changes."""
    puppet = world.puppet()
    arn = world.start(puppet.name, {"n": 1})
    assert puppet.run().operations[0]["ExecutionDetails"] == {"InputPayload": '{"n": 1}'}
    world.server.stop()
    connection = changes.database(world.server)
    connection.executescript(";".join([
        "update lambda_operation set input = (select content from lambda_execution_input i where i.execution_id = "
        "lambda_operation.execution_id) where type = 'EXECUTION'",
        "drop table lambda_execution_input", changes.migration("lambda", 31)]))
    assert connection.execute("select count(*) from lambda_operation where type = 'EXECUTION' and input is not null"
                              ).fetchone() == (0,)
    connection.close()
    world.server.start()
    run = puppet.run()  # the interrupted run begins again
    assert run.operations[0]["ExecutionDetails"] == {"InputPayload": '{"n": 1}'}
    run.succeed("one")
    assert (world.shown(arn)["InputPayload"], world.shown(arn)["Result"]) == ('{"n": 1}', '"one"')
    [started, *_, ended] = world.events(arn)
    assert started["ExecutionStartedDetails"]["Input"] == {"Payload": '{"n": 1}'}
    assert ended["ExecutionSucceededDetails"]["Result"] == {"Payload": '"one"'}


def test_the_input_of_an_execution_is_removed_with_it(world):
    puppet = world.puppet()
    arn = world.start(puppet.name, {"n": 1})
    puppet.run().succeed()
    [(execution,)] = changes.rows(world.server, "select id from lambda_execution where arn = ?", arn)
    of = "select 1 from lambda_execution_input where execution_id = ?"
    assert changes.rows(world.server, of, execution) == [(1,)]
    world.functions.delete_function(FunctionName=puppet.name)
    orderly_server.wait_until(lambda: changes.rows(world.server, of, execution) == [], what="its removal")
