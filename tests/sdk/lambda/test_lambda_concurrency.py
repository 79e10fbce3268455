"""Lambda's concurrency: reserved and provisioned, the account's limit, and how many sandboxes a function gets."""

import concurrent.futures
import functools
import json
import re

import boto3
import pytest
from botocore.config import Config
from orderly_fixtures import ECHO, LAMBDA_TRUST, function_arn, zip_of

SLEEP = "import time\ndef handler(event, context):\n    print('running')\n    time.sleep(event)\n"
KIND = ("import os\nKIND = os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
        "def handler(event, context):\n    return [KIND, context.log_stream_name]\n")
BROKEN = "raise RuntimeError('not today')\n"
ONLY_FUNCTIONS = ("This operation is permitted on Lambda functions only. Aliases and versions do not support this "
                  "operation. Please specify either a function name or an unqualified function ARN.")
NOT_PUBLISHED = "The function resource provided must be an alias or a published version."


class Own:
    """A server of its own, because reservations change the account's figures, with one role."""

    def __init__(self, server):
        self.server = server
        self.role = self.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
        self.client("iam").attach_role_policy(
            RoleName="r", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")

    @functools.cache
    def client(self, service):
        return boto3.client(service, endpoint_url=self.server.endpoint, region_name="us-east-1",
                            aws_access_key_id="test", aws_secret_access_key="test",
                            config=Config(retries={"max_attempts": 0}, read_timeout=60, max_pool_connections=50))

    @property
    def functions(self):
        return self.client("lambda")

    def make(self, name, source, **settings):
        self.functions.create_function(
            FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=self.role,
            Code={"ZipFile": zip_of({"index.py": source})}, **{"Timeout": 20, **settings})
        return name

    def unreserved(self):
        return self.functions.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]


@pytest.fixture
def own(own_server):
    return Own(own_server)


def expect(error, code, status, message):
    assert (error["code"], error["status"], error["message"]) == (code, status, message)


def running(log_of, name):
    return sum("running" in line for line in log_of(name))


# --- The account -------------------------------------------------------------------------------


def test_the_accounts_settings_are_its_limits_and_what_it_uses(own):
    sizes = [len(zip_of({"index.py": source})) for source in (ECHO, KIND)]
    own.make("one", ECHO, Publish=True)
    own.make("two", KIND)
    reply = own.functions.get_account_settings()
    reply.pop("ResponseMetadata")
    assert reply == {
        "AccountLimit": {"TotalCodeSize": 80530636800, "CodeSizeUnzipped": 262144000, "CodeSizeZipped": 52428800,
                         "ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000},
        "AccountUsage": {"TotalCodeSize": 2 * sizes[0] + sizes[1], "FunctionCount": 2},
    }
    own.functions.put_function_concurrency(FunctionName="one", ReservedConcurrentExecutions=30)
    own.functions.put_provisioned_concurrency_config(FunctionName="one", Qualifier="1", ProvisionedConcurrentExecutions=1)
    assert own.unreserved() == 970
    own.functions.delete_function_concurrency(FunctionName="one")
    assert own.unreserved() == 999
    own.functions.delete_function(FunctionName="one")
    assert own.unreserved() == 1000


def test_a_hundred_of_the_accounts_concurrency_cannot_be_reserved(own, refused):
    own.make("one", ECHO)
    own.make("two", ECHO)
    below = ("Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
             "below its minimum value of [100].")
    put = own.functions.put_function_concurrency
    expect(refused(put, FunctionName="one", ReservedConcurrentExecutions=901), "InvalidParameterValueException", 400, below)
    put(FunctionName="one", ReservedConcurrentExecutions=900)
    put(FunctionName="one", ReservedConcurrentExecutions=899)
    expect(refused(put, FunctionName="two", ReservedConcurrentExecutions=2), "InvalidParameterValueException", 400, below)
    put(FunctionName="two", ReservedConcurrentExecutions=1)
    assert own.unreserved() == 100


# --- Reserved concurrency ----------------------------------------------------------------------


def test_reserved_concurrency_is_put_shown_and_deleted(functions, make_function):
    name = make_function(ECHO)
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName=name)
    assert "Concurrency" not in functions.get_function(FunctionName=name)
    reply = functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
    assert reply["ReservedConcurrentExecutions"] == 3
    assert functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"] == 3
    assert functions.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    for _ in range(2):
        reply = functions.delete_function_concurrency(FunctionName=name)
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert "ReservedConcurrentExecutions" not in functions.get_function_concurrency(FunctionName=name)


def test_versions_and_aliases_reserve_nothing_of_their_own(functions, make_function, refused):
    name = make_function(ECHO)
    for qualified in (f"{name}:1", f"{name}:$LATEST", function_arn(name, "live")):
        for call, more in ((functions.put_function_concurrency, {"ReservedConcurrentExecutions": 1}),
                           (functions.get_function_concurrency, {}), (functions.delete_function_concurrency, {})):
            expect(refused(call, FunctionName=qualified, **more), "InvalidParameterValueException", 400, ONLY_FUNCTIONS)
    expect(refused(functions.get_function_concurrency, FunctionName="nowhere"), "ResourceNotFoundException", 404,
           f"Function not found: {function_arn('nowhere')}")


def test_reserved_concurrency_holds_exactly(functions, make_function, log_of, wait_until, refused):
    name = make_function(SLEEP, Timeout=60)
    functions.publish_version(FunctionName=name)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for qualifier in ("$LATEST", "1", "$LATEST"):
            pool.submit(functions.invoke, FunctionName=name, Qualifier=qualifier, Payload=b"40")
        wait_until(lambda: running(log_of, name) == 3, what="three invocations to run")
        for qualifier in ("$LATEST", "1"):
            error = refused(functions.invoke, FunctionName=name, Qualifier=qualifier, Payload=b"0")
            expect(error, "TooManyRequestsException", 429, "Rate Exceeded.")
            assert error["reply"]["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
            assert error["reply"]["Type"] == "User"
            assert "retry-after" not in error["reply"]["ResponseMetadata"]["HTTPHeaders"]
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=4)
        assert functions.invoke(FunctionName=name, Payload=b"0")["StatusCode"] == 200
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
        assert refused(functions.invoke, FunctionName=name, Payload=b"0")["status"] == 429
        functions.delete_function(FunctionName=name)


def test_what_does_not_run_at_once_waits_when_nobody_waits_for_it(functions, make_function, log_of, wait_until):
    source = """
import time
ran = False
def handler(event, context):
    global ran
    print('from', time.time_ns(), flush=True)
    time.sleep(0.2 if ran else 3)  # long enough for another process to start
    ran = True
    print('to', time.time_ns(), flush=True)
"""
    name = make_function(source)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    for _ in range(8):
        functions.invoke(FunctionName=name, InvocationType="Event")
    log = wait_until(lambda: (lambda lines: lines if sum("to " in one for one in lines) == 8 else None)(log_of(name)),
                     what="eight invocations to end")
    steps = sorted((int(line.split()[1]), 1 if line.startswith("from") else -1)
                   for line in log if line.startswith(("from ", "to ")))
    at_once, most = 0, 0
    for _, step in steps:
        at_once += step
        most = max(most, at_once)
    assert most == 2


def test_a_function_with_no_concurrency_at_all_is_throttled(functions, make_function, refused):
    name = make_function(ECHO)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    error = refused(functions.invoke, FunctionName=name)
    assert (error["status"], error["reply"]["Reason"]) == (429, "ReservedFunctionConcurrentInvocationLimitExceeded")
    assert functions.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    functions.delete_function_concurrency(FunctionName=name)
    assert functions.invoke(FunctionName=name)["StatusCode"] == 200


def test_a_version_gets_the_room_of_an_idle_one(functions, make_function):
    name = make_function(ECHO)
    functions.publish_version(FunctionName=name)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    for qualifier in ("$LATEST", "1", "$LATEST", "1"):
        assert functions.invoke(FunctionName=name, Qualifier=qualifier, Payload=b"1")["Payload"].read() == b"1"


# --- Sandboxes ---------------------------------------------------------------------------------


def test_more_than_ten_invocations_run_at_once(functions, make_function, log_of, wait_until):
    name = make_function(SLEEP, Timeout=60)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        for _ in range(12):
            pool.submit(functions.invoke, FunctionName=name, Payload=b"40")
        wait_until(lambda: running(log_of, name) == 12, what="twelve invocations to run", timeout_seconds=60)
        functions.delete_function(FunctionName=name)


def test_invocations_one_after_the_other_share_a_sandbox(functions, make_function):
    name = make_function(KIND)
    answers = [json.loads(functions.invoke(FunctionName=name)["Payload"].read()) for _ in range(6)]
    assert len({stream for _, stream in answers}) == 1
    assert {kind for kind, _ in answers} == {"on-demand"}


def test_short_invocations_wait_for_a_sandbox_rather_than_start_one_each(functions, make_function):
    """On a busy machine an invocation may take longer than a start: so one of some functions must show it."""

    def sandboxes():
        name = make_function(KIND)
        for _ in range(10):
            functions.invoke(FunctionName=name)
        with concurrent.futures.ThreadPoolExecutor(10) as pool:
            replies = list(pool.map(lambda _: functions.invoke(FunctionName=name)["Payload"].read(), range(200)))
        return len({json.loads(reply)[1] for reply in replies})

    assert any(sandboxes() < 10 for _ in range(5))


def test_a_sandbox_that_hangs_after_its_answer_is_replaced(functions, make_role, unique):
    bootstrap = """#!/usr/bin/env python3
import os, time, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
event = urllib.request.urlopen(api + "next")
id = event.headers["Lambda-Runtime-Aws-Request-Id"]
urllib.request.urlopen(api + id + "/response", data=event.read())
time.sleep(300)
"""
    name = unique("f")[:64]
    functions.create_function(FunctionName=name, Runtime="provided.al2023", Handler="none", Role=make_role(), Timeout=20,
                              Code={"ZipFile": zip_of({"bootstrap": bootstrap})})
    for event in (b"1", b"2", b"3"):
        assert functions.invoke(FunctionName=name, Payload=event)["Payload"].read() == event
    functions.delete_function(FunctionName=name)


# --- Provisioned concurrency -------------------------------------------------------------------


def ready(functions, name, qualifier):
    reply = functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier=qualifier)
    return reply if reply["Status"] == "READY" else None


def test_provisioned_sandboxes_are_there_before_the_first_invocation(functions, make_function, wait_until):
    name = make_function(KIND)
    functions.publish_version(FunctionName=name)
    reply = functions.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=2)
    assert reply.pop("ResponseMetadata")["HTTPStatusCode"] == 202
    modified = reply.pop("LastModified")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*\+0000", modified)
    assert reply == {"RequestedProvisionedConcurrentExecutions": 2, "AvailableProvisionedConcurrentExecutions": 0,
                     "AllocatedProvisionedConcurrentExecutions": 0, "Status": "IN_PROGRESS"}
    reply = wait_until(lambda: ready(functions, name, "1"), what="provisioned concurrency")
    reply.pop("ResponseMetadata")
    assert reply == {"RequestedProvisionedConcurrentExecutions": 2, "AvailableProvisionedConcurrentExecutions": 2,
                     "AllocatedProvisionedConcurrentExecutions": 2, "Status": "READY", "LastModified": modified}
    listed = functions.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    assert listed == [{"FunctionArn": function_arn(name, "1"), **reply}]
    kinds = {json.loads(functions.invoke(FunctionName=name, Qualifier="1")["Payload"].read())[0] for _ in range(4)}
    assert kinds == {"provisioned-concurrency"}
    assert json.loads(functions.invoke(FunctionName=name)["Payload"].read())[0] == "on-demand"


def test_provisioned_concurrency_follows_its_alias(functions, make_function, wait_until):
    name = make_function(KIND)
    functions.publish_version(FunctionName=name)
    functions.update_function_code(FunctionName=name, ZipFile=zip_of({"index.py": KIND + "\n"}), Publish=True)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    functions.put_provisioned_concurrency_config(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1)
    wait_until(lambda: ready(functions, name, "live"), what="provisioned concurrency")
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    wait_until(lambda: ready(functions, name, "live"), what="provisioned concurrency of the other version")
    assert json.loads(functions.invoke(FunctionName=name, Qualifier="2")["Payload"].read())[0] == "provisioned-concurrency"
    functions.delete_alias(FunctionName=name, Name="live")
    assert functions.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"] == []


def test_provisioned_sandboxes_claim_their_part_of_what_is_reserved(functions, make_function, log_of, wait_until, refused):
    name = make_function("import time\ndef handler(event, context):\n    if event: print('running')\n    time.sleep(event)\n", Timeout=60)
    functions.publish_version(FunctionName=name)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    functions.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    wait_until(lambda: ready(functions, name, "1"), what="provisioned concurrency")

    def invoke(qualifier):
        return functions.invoke(FunctionName=name, Qualifier=qualifier, Payload=b"0")["StatusCode"]

    def throttled(qualifier):
        error = refused(functions.invoke, FunctionName=name, Qualifier=qualifier, Payload=b"0")
        expect(error, "TooManyRequestsException", 429, "Rate Exceeded.")
        return error["reply"]["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        assert invoke("$LATEST") == invoke("1") == 200
        pool.submit(functions.invoke, FunctionName=name, Payload=b"40")
        wait_until(lambda: running(log_of, name) == 1, what="the unpublished version to run")
        assert throttled("$LATEST") and invoke("1") == 200  # what is left is provisioned
        pool.submit(functions.invoke, FunctionName=name, Qualifier="1", Payload=b"40")
        wait_until(lambda: running(log_of, name) == 2, what="both versions to run")
        assert throttled("1")
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
        assert invoke("1") == invoke("$LATEST") == 200
        functions.delete_function(FunctionName=name)


def test_a_version_without_provisioned_sandboxes_is_throttled_where_all_is_provisioned(
        functions, make_function, wait_until, refused):
    name = make_function(ECHO)
    functions.publish_version(FunctionName=name)
    functions.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=2)
    wait_until(lambda: ready(functions, name, "1"), what="provisioned concurrency")
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    for _ in range(2):
        expect(refused(functions.invoke, FunctionName=name), "TooManyRequestsException", 429, "Rate Exceeded.")
        assert functions.invoke(FunctionName=name, Qualifier="1")["StatusCode"] == 200


def test_deleted_provisioned_concurrency_is_gone(functions, make_function, refused):
    name = make_function(KIND, Publish=True)
    functions.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    for _ in range(2):
        reply = functions.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
        assert reply["ResponseMetadata"]["HTTPStatusCode"] == 204
    expect(refused(functions.get_provisioned_concurrency_config, FunctionName=name, Qualifier="1"),
           "ProvisionedConcurrencyConfigNotFoundException", 404,
           "No Provisioned Concurrency Config found for this function")


def test_what_cannot_be_provisioned_is_refused(functions, make_function, refused):
    name = make_function(KIND, Publish=True)
    put = functions.put_provisioned_concurrency_config
    functions.create_alias(FunctionName=name, Name="latest", FunctionVersion="$LATEST")
    for qualifier in ("$LATEST", "latest"):
        expect(refused(put, FunctionName=name, Qualifier=qualifier, ProvisionedConcurrentExecutions=1),
               "InvalidParameterValueException", 400,
               "Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    for call in (functions.get_provisioned_concurrency_config, functions.delete_provisioned_concurrency_config):
        expect(refused(call, FunctionName=name, Qualifier="$LATEST"), "InvalidParameterValueException", 400, NOT_PUBLISHED)
    expect(refused(put, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1),
           "ResourceNotFoundException", 404, f"Cannot find alias arn: {function_arn(name, 'live')}")
    expect(refused(put, FunctionName=name, Qualifier="2", ProvisionedConcurrentExecutions=1),
           "ResourceNotFoundException", 404, f"Function not found: {function_arn(name, '2')}")
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    put(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1)
    expect(refused(put, FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1),
           "ResourceConflictException", 409, "Version is pointed by a Provisioned Concurrency alias")
    functions.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    put(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    expect(refused(put, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1),
           "ResourceConflictException", 409,
           "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version")


def test_an_alias_with_weights_is_not_provisioned(functions, make_function, refused):
    """It may get weights afterwards, as a deployment gives them to it."""
    name = make_function(KIND, Publish=True)
    functions.update_function_configuration(FunctionName=name, Description="another")
    functions.publish_version(FunctionName=name)
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)
    put = functions.put_provisioned_concurrency_config
    expect(refused(put, FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1),
           "InvalidParameterValueException", 400, "Alias with weights can not be used with Provisioned Concurrency")
    functions.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})
    put(FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=1)
    functions.update_alias(FunctionName=name, Name="live", RoutingConfig=weights)


def test_a_function_provisions_no_more_than_it_reserves(functions, make_function, refused):
    name = make_function(KIND, Publish=True)
    put = functions.put_provisioned_concurrency_config
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)
    expect(refused(put, FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=3),
           "InvalidParameterValueException", 400,
           "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function")
    put(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=2)
    expect(refused(functions.put_function_concurrency, FunctionName=name, ReservedConcurrentExecutions=1),
           "InvalidParameterValueException", 400,
           " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].")
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=2)


def test_a_function_that_cannot_start_fails_to_be_provisioned(functions, make_function, wait_until):
    name = make_function(BROKEN, Publish=True)
    functions.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)

    def failed():
        reply = functions.get_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
        return reply if reply["Status"] == "FAILED" else None

    reply = wait_until(failed, what="the failure")
    assert (reply["StatusReason"], reply["AvailableProvisionedConcurrentExecutions"]) == ("FUNCTION_ERROR_INIT_FAILURE", 0)


def test_concurrency_survives_a_restart(own, wait_until):
    own.make("f", KIND, Publish=True)
    own.functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=7)
    own.functions.put_provisioned_concurrency_config(FunctionName="f", Qualifier="1", ProvisionedConcurrentExecutions=1)
    wait_until(lambda: ready(own.functions, "f", "1"), what="provisioned concurrency")
    own.server.kill()
    own.server.start()
    assert own.functions.get_function_concurrency(FunctionName="f")["ReservedConcurrentExecutions"] == 7
    wait_until(lambda: ready(own.functions, "f", "1"), what="provisioned concurrency after the restart")
    answer = json.loads(own.functions.invoke(FunctionName="f", Qualifier="1")["Payload"].read())
    assert answer[0] == "provisioned-concurrency"
