"""Lambda's words about functions being made and changed, and settings that are stored and shown."""

import base64
import json
import re

import pytest
from orderly_fixtures import ECHO, function_arn, zip_of

BEING_CREATED = "The function is being created."


@pytest.fixture
def create(functions, unique, make_role):
    """create(source, ...) returns the answer to CreateFunction."""
    made = []

    def make(source=ECHO, **arguments):
        made.append(unique("f")[:64])
        return functions.create_function(
            FunctionName=made[-1], Runtime="python3.11", Handler="index.handler", Role=make_role(),
            Code={"ZipFile": zip_of({"index.py": source})}, **{"Timeout": 10, **arguments})

    yield make
    for name in made:
        functions.delete_function(FunctionName=name)


def words(reply):
    return {key: value for key, value in reply.items() if key.startswith(("State", "LastUpdate"))}


def test_a_function_is_pending_in_the_answer_and_active_after_it(functions, create):
    made = create()
    assert words(made) == {"State": "Pending", "StateReason": BEING_CREATED, "StateReasonCode": "Creating"}
    shown = functions.get_function_configuration(FunctionName=made["FunctionName"])
    assert words(shown) == {"State": "Active", "LastUpdateStatus": "Successful"}
    assert shown["RevisionId"] != made["RevisionId"]


def test_an_update_is_in_progress_in_the_answer_and_successful_after_it(functions, make_function, refused):
    name = make_function(ECHO)
    for update in (lambda **more: functions.update_function_configuration(FunctionName=name, Timeout=5, **more),
                   lambda **more: functions.update_function_code(
                       FunctionName=name, ZipFile=zip_of({"index.py": ECHO}), **more)):
        before = functions.get_function_configuration(FunctionName=name)["RevisionId"]
        changed = update(RevisionId=before)
        assert words(changed) == {
            "State": "Active", "LastUpdateStatus": "InProgress", "LastUpdateStatusReason": BEING_CREATED,
            "LastUpdateStatusReasonCode": "Creating"}
        shown = functions.get_function_configuration(FunctionName=name)
        assert words(shown) == {"State": "Active", "LastUpdateStatus": "Successful"}
        assert len({before, changed["RevisionId"], shown["RevisionId"]}) == 3
        assert refused(update, RevisionId=changed["RevisionId"])["status"] == 412
    dry = functions.update_function_code(FunctionName=name, ZipFile=zip_of({"index.py": ECHO}), DryRun=True)
    assert words(dry) == {"State": "Active", "LastUpdateStatus": "Successful"}


def test_a_published_version_is_active_in_the_answer_and_after_it(functions, make_function):
    name = make_function(ECHO)
    active = {"State": "Active", "LastUpdateStatus": "Successful"}
    assert words(functions.publish_version(FunctionName=name)) == active
    assert words(functions.publish_version(FunctionName=name)) == active
    assert words(functions.get_function_configuration(FunctionName=name, Qualifier="1")) == active


def test_a_configuration_names_the_version_of_its_runtime(functions, create):
    made = create()
    arn = made["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert re.fullmatch(r"arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}", arn)
    name = made["FunctionName"]
    assert functions.get_function(FunctionName=name)["Configuration"]["RuntimeVersionConfig"] == {"RuntimeVersionArn": arn}
    listed = functions.list_versions_by_function(FunctionName=name)["Versions"]
    assert ["RuntimeVersionConfig" in one for one in listed] == [False]


def test_an_environment_without_variables_is_kept(functions, create):
    made = create(Environment={"Variables": {}})
    assert made["Environment"] == {"Variables": {}}
    name = made["FunctionName"]
    assert functions.get_function_configuration(FunctionName=name)["Environment"] == {"Variables": {}}
    changed = functions.update_function_configuration(FunctionName=name, Environment={"Variables": {"AB": "c"}})
    assert changed["Environment"] == {"Variables": {"AB": "c"}}
    changed = functions.update_function_configuration(FunctionName=name, Environment={"Variables": {}})
    assert changed["Environment"] == {"Variables": {}}
    assert functions.invoke(FunctionName=name, Payload=b"1")["Payload"].read() == b"1"


@pytest.mark.parametrize("principal", ["invalid.nonaws.com", "sqs", "amazonaws.com"])
def test_a_principal_is_a_host_name_of_aws(functions, make_function, refused, principal):
    error = refused(functions.add_permission, FunctionName=make_function(ECHO), StatementId="s",
                    Action="lambda:InvokeFunction", Principal=principal)
    assert (error["code"], error["status"], error["message"]) == (
        "InvalidParameterValueException", 400,
        "The provided principal was invalid. Please check the principal and try again.")


def test_the_tail_of_a_cold_start_begins_with_start(functions, make_function):
    reply = functions.invoke(FunctionName=make_function(ECHO), LogType="Tail", Payload=b"1")
    assert base64.b64decode(reply["LogResult"]).decode().startswith("START RequestId: ")


def test_blank_lines_are_no_events(functions, make_function, log_of):
    name = make_function("def handler(event, context):\n    print('first\\n\\nsecond')\n")
    functions.invoke(FunctionName=name)
    lines = [line.strip() for line in log_of(name, "second", "REPORT")]
    assert lines[lines.index("first") + 1] == "second"
    assert re.fullmatch(
        r"INIT_START Runtime Version: python:3\.\d+\.v\d+\tRuntime Version ARN: "
        r"arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}", lines[0])


def test_the_report_of_a_module_that_raises_has_no_request(functions, make_function):
    reply = functions.invoke(FunctionName=make_function("raise RuntimeError('at import')\n"))
    report = json.loads(reply["Payload"].read())
    assert (report["errorType"], report["errorMessage"], report["requestId"]) == ("RuntimeError", "at import", "")


# --- Settings that are stored ------------------------------------------------------------------


def test_loops_are_ended_unless_they_are_allowed(functions, make_function, refused):
    name = make_function(ECHO)
    assert functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Terminate"
    for choice in ("Allow", "Terminate"):
        assert functions.put_function_recursion_config(FunctionName=name, RecursiveLoop=choice)["RecursiveLoop"] == choice
        assert functions.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == choice
    assert refused(functions.get_function_recursion_config, FunctionName="nowhere")["status"] == 404
    error = refused(functions.put_function_recursion_config, FunctionName=name, RecursiveLoop="Maybe")
    assert (error["code"], error["status"]) == ("ValidationException", 400)


def test_each_version_says_when_its_runtime_changes(functions, make_function, refused):
    name = make_function(ECHO, Publish=True)
    latest = functions.get_runtime_management_config(FunctionName=name)
    latest.pop("ResponseMetadata")
    assert latest == {"UpdateRuntimeOn": "Auto", "FunctionArn": function_arn(name, "$LATEST")}
    arn = functions.get_function_configuration(FunctionName=name)["RuntimeVersionConfig"]["RuntimeVersionArn"]
    manual = {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": arn, "FunctionArn": function_arn(name, "1")}
    for reply in (functions.put_runtime_management_config(
            FunctionName=name, Qualifier="1", UpdateRuntimeOn="Manual", RuntimeVersionArn=arn),
            functions.get_runtime_management_config(FunctionName=name, Qualifier="1")):
        reply.pop("ResponseMetadata")
        assert reply == manual
    assert functions.get_runtime_management_config(FunctionName=name)["UpdateRuntimeOn"] == "Auto"
    functions.put_runtime_management_config(FunctionName=name, UpdateRuntimeOn="FunctionUpdate")
    assert functions.get_runtime_management_config(FunctionName=name)["UpdateRuntimeOn"] == "FunctionUpdate"
    for wrong in ({"UpdateRuntimeOn": "Manual"}, {"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": arn}):
        error = refused(functions.put_runtime_management_config, FunctionName=name, **wrong)
        assert (error["code"], error["status"]) == ("InvalidParameterValueException", 400)
