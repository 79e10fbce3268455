"""Lambda as boto3 sees it: functions, their invocation, and queues that trigger them."""

import base64
import concurrent.futures
import hashlib
import json
import re

import boto3
import pytest
from orderly_fixtures import ACCOUNT, ECHO, LAMBDA_TRUST, POLLER, events_in, records_in, zip_of
from queues import awaited


@pytest.fixture
def call(functions):
    """call(function, event) returns (the function's result, the whole reply)."""

    def invoke(name, event=None, **arguments):
        reply = functions.invoke(FunctionName=name, Payload=json.dumps(event), **arguments)
        text = reply["Payload"].read()
        return (json.loads(text) if text else None), reply

    return invoke


# --- Functions ---------------------------------------------------------------------------------


def test_a_new_function_is_described_as_it_was_asked_for(functions, make_function, make_role):
    role = make_role()
    name = make_function(
        ECHO,
        Role=role,
        Description="says it again",
        Timeout=5,
        MemorySize=256,
        Environment={"Variables": {"COLOUR": "red"}},
    )
    reply = functions.get_function(FunctionName=name)
    configuration = reply["Configuration"]
    package = zip_of({"index.py": ECHO})
    expected = {
        "FunctionName": name,
        "FunctionArn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}",
        "Runtime": "python3.11",
        "Role": role,
        "Handler": "index.handler",
        "Description": "says it again",
        "Timeout": 5,
        "MemorySize": 256,
        "Version": "$LATEST",
        "Environment": {"Variables": {"COLOUR": "red"}},
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "CodeSize": len(package),
        "CodeSha256": base64.b64encode(hashlib.sha256(package).digest()).decode(),
    }
    assert {key: configuration.get(key) for key in expected} == expected
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", configuration["LastModified"])
    assert re.fullmatch(r"[0-9a-f-]{36}", configuration["RevisionId"])
    assert configuration["LoggingConfig"]["LogGroup"] == f"/aws/lambda/{name}"
    alone = functions.get_function_configuration(FunctionName=name)
    assert {key: alone.get(key) for key in expected} == expected


def test_a_functions_defaults_are_those_of_aws(functions, unique, make_role):
    reply = functions.create_function(
        FunctionName=unique("f")[:64],
        Runtime="python3.11",
        Handler="index.handler",
        Role=make_role(),
        Code={"ZipFile": zip_of({"index.py": ECHO})},
    )
    assert (reply["Timeout"], reply["MemorySize"], reply["Description"]) == (3, 128, "")
    assert "Environment" not in reply


def test_a_function_is_found_by_name_arn_and_partial_arn(functions, make_function):
    name = make_function(ECHO)
    for form in (f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}", f"{ACCOUNT}:function:{name}", name):
        assert functions.get_function_configuration(FunctionName=form)["FunctionName"] == name


def test_a_function_is_reached_from_its_own_region_only(client, make_function, refused):
    name = make_function(ECHO)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    elsewhere = client("lambda", region_name="eu-west-1")
    for call in (elsewhere.invoke, elsewhere.get_function, elsewhere.delete_function):
        error = refused(call, FunctionName=arn)
        assert (error["code"], error["status"]) == ("ResourceNotFoundException", 404)
        assert error["message"] == "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')"


def test_two_qualifiers_must_not_contradict_each_other(functions, make_function, refused):
    error = refused(functions.get_function, FunctionName=f"{make_function(ECHO)}:$LATEST", Qualifier="live")
    assert error["code"] == "InvalidParameterValueException"
    assert error["message"] == (
        "The derived qualifier from the function name does not match the specified qualifier.")


def test_a_qualified_name_is_answered_with_a_qualified_arn(functions, make_function, call):
    name = make_function("def handler(event, context):\n    return context.invoked_function_arn\n")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    assert functions.get_function_configuration(FunctionName=name)["FunctionArn"] == arn
    for asked in ({"FunctionName": name, "Qualifier": "$LATEST"}, {"FunctionName": f"{arn}:$LATEST"}):
        assert functions.get_function_configuration(**asked)["FunctionArn"] == f"{arn}:$LATEST"
        assert functions.get_function(**asked)["Configuration"]["FunctionArn"] == f"{arn}:$LATEST"
        assert json.loads(functions.invoke(**asked)["Payload"].read()) == f"{arn}:$LATEST"
    assert call(name)[0] == arn


def test_only_functions_are_tagged_not_their_versions(functions, make_function, refused):
    arn = functions.get_function(FunctionName=make_function(ECHO))["Configuration"]["FunctionArn"]
    error = refused(functions.tag_resource, Resource=f"{arn}:$LATEST", Tags={"a": "b"})
    assert error["code"] == "InvalidParameterValueException"
    assert functions.list_tags(Resource=arn)["Tags"] == {}


def test_a_function_cannot_be_created_twice(functions, make_function, make_role, refused):
    name = make_function(ECHO)
    error = refused(
        functions.create_function,
        FunctionName=name,
        Runtime="python3.11",
        Handler="index.handler",
        Role=make_role(),
        Code={"ZipFile": zip_of({"index.py": ECHO})},
    )
    assert (error["code"], error["status"]) == ("ResourceConflictException", 409)
    assert error["message"] == f"Function already exist: {name}"


def test_a_missing_function_is_said_to_be_missing(functions, refused):
    name = "nowhere-to-be-found"
    for call in (
        functions.get_function,
        functions.get_function_configuration,
        functions.delete_function,
    ):
        error = refused(call, FunctionName=name)
        assert (error["code"], error["status"]) == ("ResourceNotFoundException", 404)
        assert error["message"] == f"Function not found: arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"


@pytest.mark.parametrize(
    "change, codes, text",
    [
        (
            {"Code": {"ZipFile": b"this is no zip"}},
            ["InvalidParameterValueException"],
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
        (
            {"Runtime": "nodejs99.x"},
            ["InvalidParameterValueException"],
            "Value nodejs99.x at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [nodejs16.x, nodejs18.x, ",
        ),
        ({"MemorySize": 127}, ["ValidationException", "InvalidParameterValueException"], "memorySize"),
        ({"MemorySize": 10241}, ["ValidationException", "InvalidParameterValueException"], "emory"),
        ({"Timeout": 901}, ["ValidationException", "InvalidParameterValueException"], "imeout"),
        ({"Timeout": 0}, ["ValidationException", "InvalidParameterValueException"], "imeout"),
        (
            {"Role": f"arn:aws:iam::{ACCOUNT}:role/nowhere-to-be-found"},
            ["InvalidParameterValueException"],
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        ({"Handler": None}, ["InvalidParameterValueException", "ValidationException"], "andler"),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x"}}},
            ["InvalidParameterValueException"],
            "AWS_REGION",
        ),
    ],
)
def test_a_function_that_makes_no_sense_is_refused(
    functions, endpoint, unique, make_role, refused, change, codes, text
):
    plain = boto3.client(
        "lambda",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=boto3.session.Config(parameter_validation=False, retries={"max_attempts": 0}),
    )
    arguments = {
        "FunctionName": unique("f")[:64],
        "Runtime": "python3.11",
        "Handler": "index.handler",
        "Role": make_role(),
        "Code": {"ZipFile": zip_of({"index.py": ECHO})},
        **change,
    }
    arguments = {name: value for name, value in arguments.items() if value is not None}
    error = refused(plain.create_function, **arguments)
    assert error["status"] == 400
    assert error["code"] in codes
    assert text in error["message"]
    assert refused(functions.get_function, FunctionName=arguments["FunctionName"])["status"] == 404


def test_a_role_that_lambda_may_not_assume_is_refused(functions, client, unique, refused):
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
    role = client("iam").create_role(RoleName=unique()[:60], AssumeRolePolicyDocument=json.dumps(trust))
    error = refused(
        functions.create_function,
        FunctionName=unique("f")[:64],
        Runtime="python3.11",
        Handler="index.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": zip_of({"index.py": ECHO})},
    )
    assert error["code"] == "InvalidParameterValueException"
    assert error["message"] == "The role defined for the function cannot be assumed by Lambda."


def test_functions_are_listed_in_pages(functions, make_function):
    names = [make_function(ECHO) for _ in range(3)]
    pages = list(functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
    listed = [one["FunctionName"] for page in pages for one in page["Functions"]]
    assert set(names) <= set(listed) and len(listed) == len(set(listed))
    assert all(len(page["Functions"]) <= 2 for page in pages)


@pytest.mark.parametrize(
    "change",
    [
        {"LoggingConfig": {"LogFormat": "Text", "ApplicationLogLevel": "DEBUG"}},
        {"PublishTo": "LATEST_PUBLISHED"},
        {"Code": {"ZipFile": zip_of({"index.py": ECHO}), "SourceKMSKeyArn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"}},
        {"Tags": {"aws:stage": "prod"}},
    ],
)
def test_what_functions_cannot_have_is_refused(functions, unique, make_role, refused, change):
    new = {"FunctionName": unique("fn"), "Runtime": "python3.11", "Handler": "index.handler", "Role": make_role(),
           "Code": {"ZipFile": zip_of({"index.py": ECHO})}}
    assert refused(functions.create_function, **{**new, **change})["code"] == "InvalidParameterValueException"


def test_a_list_does_not_tell_how_functions_fare(functions, make_function):
    make_function(ECHO)
    for listed in functions.get_paginator("list_functions").paginate().search("Functions[]"):
        assert "State" not in listed and "LastUpdateStatus" not in listed
    versions = functions.get_paginator("list_functions").paginate(FunctionVersion="ALL").search("Functions[]")
    assert all(version["FunctionArn"].endswith(":$LATEST") for version in versions)


def test_a_deleted_function_is_gone(functions, make_function, refused):
    name = make_function(ECHO)
    functions.delete_function(FunctionName=name)
    assert refused(functions.get_function, FunctionName=name)["status"] == 404
    assert name not in [one["FunctionName"] for one in functions.list_functions()["Functions"]]


def test_a_waiting_invocation_is_told_of_the_function_that_was_deleted(functions, make_function, log_of, refused):
    name = make_function(
        "import time\ndef handler(event, context):\n    print('running')\n    time.sleep(20)\n", Timeout=25)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(refused, functions.invoke, FunctionName=name)
        log_of(name, "running")
        functions.delete_function(FunctionName=name)
        error = waiting.result()
    assert (error["code"], error["status"]) == ("ResourceNotFoundException", 404)
    assert error["message"] == f"Function not found: arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}:$LATEST"


def test_new_code_answers_the_next_invocation(functions, make_function, call):
    name = make_function("def handler(event, context):\n    return 'old'\n")
    assert call(name)[0] == "old"
    package = zip_of({"index.py": "def handler(event, context):\n    return 'new'\n"})
    before = functions.get_function_configuration(FunctionName=name)
    reply = functions.update_function_code(FunctionName=name, ZipFile=package)
    assert reply["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert reply["RevisionId"] != before["RevisionId"]
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    assert call(name)[0] == "new"


def test_a_new_configuration_reaches_the_next_invocation(functions, make_function, call):
    name = make_function(
        "import os\ndef handler(event, context):\n    return [os.environ.get('COLOUR'), context.memory_limit_in_mb]\n"
    )
    assert call(name)[0][0] is None
    reply = functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {"COLOUR": "blue"}}, MemorySize=300, Description="new"
    )
    assert (reply["MemorySize"], reply["Description"], reply["Timeout"]) == (300, "new", 30)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    colour, memory = call(name)[0]
    assert (colour, int(memory)) == ("blue", 300)


def test_a_stale_revision_is_refused(functions, make_function, refused):
    name = make_function(ECHO)
    error = refused(
        functions.update_function_configuration,
        FunctionName=name,
        Description="x",
        RevisionId="00000000-0000-0000-0000-000000000000",
    )
    assert (error["code"], error["status"]) == ("PreconditionFailedException", 412)


# --- Invoking ----------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [{"a": [1, 2.5, "é", None, True]}, [], "text", 7, None])
def test_a_synchronous_invocation_answers_what_the_handler_returned(make_function, call, event):
    answer, reply = call(make_function(ECHO), event)
    assert answer == event
    assert reply["StatusCode"] == 200
    assert reply["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in reply


def test_the_context_and_the_environment_tell_the_function_who_it_is(make_function, call):
    name = make_function(
        """
import os
def handler(event, context):
    return {
        "context": {
            "function_name": context.function_name,
            "function_version": context.function_version,
            "invoked_function_arn": context.invoked_function_arn,
            "memory_limit_in_mb": int(context.memory_limit_in_mb),
            "log_group_name": context.log_group_name,
        },
        "id": context.aws_request_id,
        "left": context.get_remaining_time_in_millis(),
        "env": dict(os.environ),
        "cwd": os.getcwd(),
    }
""",
        MemorySize=192,
    )
    answer, reply = call(name)
    assert answer["context"] == {
        "function_name": name,
        "function_version": "$LATEST",
        "invoked_function_arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}",
        "memory_limit_in_mb": 192,
        "log_group_name": f"/aws/lambda/{name}",
    }
    assert answer["id"] == reply["ResponseMetadata"]["RequestId"]
    assert 0 < answer["left"] <= 30_000
    environment = answer["env"]
    expected = {
        "_HANDLER": "index.handler",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "192",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "TZ": ":UTC",
    }
    assert {key: environment.get(key) for key in expected} == expected
    for key in (
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ENDPOINT_URL",
    ):
        assert environment.get(key), key
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert "HOME" not in environment or environment["HOME"] != "/root"


def test_a_sandbox_is_stopped_before_its_credentials_expire(make_function, call, advance_clock, now_ms):
    """They are valid for twelve hours; a minute and the timeout before their end, another sandbox begins."""
    name = make_function("import uuid\nBORN = str(uuid.uuid4())\ndef handler(event, context):\n    return BORN\n", Timeout=10)
    seconds = 12 * 3600 - 60 - 10
    first_end = now_ms() / 1000 + seconds
    born = call(name)[0]
    last_end = now_ms() / 1000 + seconds  # the credentials were made meanwhile
    while (left := first_end - now_ms() / 1000) > 300:
        advance_clock(240)
        assert call(name)[0] == born
    advance_clock(left - 60)
    assert call(name)[0] == born
    advance_clock(last_end + 1 - now_ms() / 1000)
    assert call(name)[0] != born


def test_an_exception_is_answered_as_an_unhandled_error(make_function, call):
    name = make_function("def handler(event, context):\n    raise ValueError('no such colour')\n")
    answer, reply = call(name)
    assert reply["StatusCode"] == 200 and reply["FunctionError"] == "Unhandled"
    assert answer["errorType"] == "ValueError"
    assert answer["errorMessage"] == "no such colour"
    assert any("raise ValueError" in line for line in answer["stackTrace"])


@pytest.mark.parametrize(
    "source, handler, kind, text",
    [
        ("import nope_missing\n", "index.handler", "Runtime.ImportModuleError", "Unable to import module 'index'"),
        ("def handler(:\n", "index.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index'"),
        (ECHO, "index.nobody", "Runtime.HandlerNotFound", "Handler 'nobody' missing on module 'index'"),
        (ECHO, "other.handler", "Runtime.ImportModuleError", "Unable to import module 'other'"),
    ],
)
def test_a_function_that_cannot_start_says_why(make_function, call, source, handler, kind, text):
    answer, reply = call(make_function(source, Handler=handler))
    assert reply["FunctionError"] == "Unhandled"
    assert answer["errorType"] == kind
    assert text in answer["errorMessage"]


def test_a_function_whose_role_is_lost_says_so(client, make_function, make_role, call):
    role = make_role()
    name = make_function(ECHO, Role=role)
    nobody = LAMBDA_TRUST.replace("lambda.amazonaws.com", "ec2.amazonaws.com")
    client("iam").update_assume_role_policy(RoleName=role.rpartition("/")[2], PolicyDocument=nobody)
    answer, reply = call(name)
    assert reply["FunctionError"] == "Unhandled"
    assert answer["errorMessage"].startswith("The role defined for the function cannot be assumed by Lambda.")


def test_a_function_that_runs_too_long_is_killed(make_function, call, time_out):
    name = make_function(
        """
def handler(event, context):
    print("running", flush=True)
    while event == "loop":
        pass
    return "fine"
""",
        Timeout=20,
    )
    answer, reply = time_out(name, call, name, "loop")
    assert reply["FunctionError"] == "Unhandled"
    assert "Task timed out after 20.00 seconds" in answer["errorMessage"]
    assert call(name, "go")[0] == "fine"


@pytest.mark.parametrize(
    "crash, text",
    [
        ("os._exit(1)", "Runtime exited with error: exit status 1"),
        ("os._exit(7)", "Runtime exited with error: exit status 7"),
        ("os._exit(0)", "Runtime exited without providing a reason"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "Runtime exited with error: signal: killed"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_a_crash_of_the_runtime_is_reported_and_the_next_invocation_starts_anew(make_function, call, crash, text):
    name = make_function(
        f"""
import os, signal
def handler(event, context):
    if event == "crash":
        {crash}
    return "fine"
"""
    )
    assert call(name, "go")[0] == "fine"
    answer, reply = call(name, "crash")
    assert reply["FunctionError"] == "Unhandled"
    assert answer["errorType"] == "Runtime.ExitError"
    request_id = reply["ResponseMetadata"]["RequestId"]
    assert answer["errorMessage"].startswith(f"RequestId: {request_id} Error: {text}")
    assert call(name, "go")[0] == "fine"


def test_a_function_cannot_use_more_memory_than_it_has(make_function, call):
    name = make_function(
        """
def handler(event, context):
    if event == "eat":
        return len(bytearray(b"x" * (1 << 30)))
    return "fine"
""",
        MemorySize=128,
    )
    answer, reply = call(name, "eat")
    assert reply["FunctionError"] == "Unhandled"
    assert answer["errorType"] in ("MemoryError", "Runtime.OutOfMemory", "Runtime.ExitError")
    assert call(name, "go")[0] == "fine"


def test_the_sdk_keeps_quiet_of_an_old_node_unless_the_function_wants_it(make_function, call):
    source = {"index.mjs": "export const handler = async () => process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED;"}
    node = {"Runtime": "nodejs20.x", "Handler": "index.handler"}
    assert call(make_function(source, **node))[0] == "true"
    wanted = {"Variables": {"AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "false"}}
    assert call(make_function(source, **node, Environment=wanted))[0] == "false"


def test_an_environment_is_kept_warm_and_reused(make_function, call):
    name = make_function(
        """
import os
count = 0
def handler(event, context):
    global count
    count += 1
    return [os.getpid(), count]
"""
    )
    answers = [call(name)[0] for _ in range(5)]
    assert len({process for process, _ in answers}) == 1
    assert [count for _, count in answers] == [1, 2, 3, 4, 5]


def test_invocations_at_the_same_time_run_in_sandboxes_of_their_own(make_function, make_queue, make_role, call):
    name = make_function(
        """
import boto3, time
sqs = boto3.client("sqs")
def handler(url, context):
    sqs.send_message(QueueUrl=url, MessageBody="here")
    while True:
        counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        if int(counted["Attributes"]["ApproximateNumberOfMessages"]) == 3:
            return context.log_stream_name
        time.sleep(0.01)
""",
        Timeout=30,
        Role=make_role(allow=["sqs:SendMessage", "sqs:GetQueueAttributes"]),
    )
    url = make_queue()
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: call(name, url)[0], range(3)))
    assert all(isinstance(answer, str) for answer in answers), answers
    assert len(set(answers)) == 3


def test_an_asynchronous_invocation_is_accepted_and_runs_later(make_function, call, log_of):
    name = make_function("def handler(event, context):\n    print('got', event['colour'])\n")
    answer, reply = call(name, {"colour": "red"}, InvocationType="Event")
    assert (reply["StatusCode"], answer) == (202, None)
    log_of(name, "got red", "REPORT RequestId:")


def test_a_failed_asynchronous_invocation_is_tried_again_after_one_minute_and_after_two_more(
    make_function, call, log_of, wait_until, advance_clock
):
    name = make_function("def handler(event, context):\n    print('got', event)\n    assert event != 'bad'\n")

    def tries():
        return len([line for line in log_of(name) if line.startswith("got bad")])

    def reports():
        return len([line for line in log_of(name) if line.startswith("REPORT")])

    call(name, "bad", InvocationType="Event")
    for number, minutes in ((1, 1), (2, 2)):
        wait_until(lambda number=number: reports() == 2 * number - 1)
        advance_clock(60 * minutes - 40)
        call(name, "good")
        wait_until(lambda number=number: reports() == 2 * number)
        assert tries() == number
        advance_clock(40)
        wait_until(lambda number=number: tries() == number + 1)
    wait_until(lambda: reports() == 5)
    advance_clock(24 * 3600)
    call(name, "good")
    wait_until(lambda: reports() == 6)
    assert tries() == 3


def test_a_dry_run_checks_and_does_not_run(make_function, call, log_of):
    name = make_function("def handler(event, context):\n    print('ran', event)\n")
    answer, reply = call(name, 1, InvocationType="DryRun")
    assert (reply["StatusCode"], answer) == (204, None)
    call(name, 2)
    assert not any("ran 1" in line for line in log_of(name, "ran 2"))


def test_a_payload_that_is_no_json_is_refused(functions, make_function, refused):
    error = refused(functions.invoke, FunctionName=make_function(ECHO), Payload=b"{not json")
    assert (error["code"], error["status"]) == ("InvalidRequestContentException", 400)
    assert error["message"].startswith("Could not parse request body into json")


def test_a_payload_over_six_megabytes_is_refused(functions, make_function, refused):
    name = make_function(ECHO)
    error = refused(functions.invoke, FunctionName=name, Payload=json.dumps("x" * 6_291_455))
    assert (error["code"], error["status"]) == ("RequestTooLargeException", 413)
    assert error["message"] == "Request must be smaller than 6291456 bytes for the InvokeFunction operation"


def test_a_large_payload_goes_there_and_back(make_function, call):
    event = {"text": "é" * 1_000_000}
    assert call(make_function(ECHO), event)[0] == event


def test_an_answer_over_six_megabytes_is_an_error(make_function, call):
    name = make_function("def handler(event, context):\n    return 'x' * 6291556\n")
    answer, reply = call(name)
    assert reply["FunctionError"] == "Unhandled"
    assert answer["errorType"] == "Function.ResponseSizeTooLarge"


# --- Logs --------------------------------------------------------------------------------------


def test_an_invocation_leaves_its_lines_in_the_log(client, make_function, call, log_of):
    name = make_function("def handler(event, context):\n    print('first')\n    print('second é')\n    return 1\n")
    _, reply = call(name)
    request_id = reply["ResponseMetadata"]["RequestId"]
    lines = [line.rstrip("\n") for line in log_of(name, f"REPORT RequestId: {request_id}")]
    at = {text: i for i, line in enumerate(lines) for text in ("INIT_START", "START Req", "first", "second é", "END Req", "REPORT") if line.startswith(text)}
    assert sorted(at, key=at.get) == ["INIT_START", "START Req", "first", "second é", "END Req", "REPORT"]
    assert lines[at["START Req"]] == f"START RequestId: {request_id} Version: $LATEST"
    assert lines[at["END Req"]] == f"END RequestId: {request_id}"
    assert re.fullmatch(
        rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t?",
        lines[at["REPORT"]],
    )
    [stream] = client("logs").describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream["logStreamName"])


def test_a_warm_invocation_reports_no_init_duration(make_function, call, log_of):
    name = make_function(ECHO)
    ids = [call(name)[1]["ResponseMetadata"]["RequestId"] for _ in range(2)]
    lines = log_of(name, *[f"REPORT RequestId: {one}" for one in ids])
    reports = {one: line for one in ids for line in lines if line.startswith(f"REPORT RequestId: {one}")}
    assert "Init Duration" in reports[ids[0]] and "Init Duration" not in reports[ids[1]]


def test_the_log_tail_comes_with_the_reply_when_asked(make_function, call):
    name = make_function("def handler(event, context):\n    print('hello from within')\n")
    _, reply = call(name, LogType="Tail")
    tail = base64.b64decode(reply["LogResult"]).decode()
    request_id = reply["ResponseMetadata"]["RequestId"]
    for text in (f"START RequestId: {request_id}", "hello from within", f"END RequestId: {request_id}", "REPORT"):
        assert text in tail


def test_an_exception_and_a_timeout_leave_their_trace_in_the_log(make_function, call, log_of, time_out):
    name = make_function("""
def handler(event, context):
    print('running', flush=True)
    while event == 'loop':
        pass
    raise ValueError('no such colour')
""")
    call(name, "raise")
    log_of(name, "[ERROR] ValueError: no such colour", "Traceback (most recent call last)")
    time_out(name, call, name, "loop")
    log_of(name, "Task timed out after 30.00 seconds")


def test_a_role_without_the_log_actions_leaves_no_log(client, make_function, make_role, call):
    silent = make_function("def handler(event, context):\n    print('unheard')\n    return 1\n", Role=make_role(managed=()))
    assert call(silent)[0] == 1
    groups = client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{silent}")["logGroups"]
    assert groups == []


# --- The function's own credentials ------------------------------------------------------------


def test_the_functions_role_binds_what_it_may_do(make_function, make_role, call):
    source = """
import boto3
def handler(event, context):
    try:
        boto3.client("sqs").list_queues()
        return boto3.client("sts").get_caller_identity()["Arn"]
    except Exception as error:
        return str(error)
"""
    role = make_role(allow=["sqs:ListQueues"])
    name = make_function(source, Role=role)
    assert call(name)[0] == role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/" + name
    denied = call(make_function(source))[0]
    assert "AccessDenied" in denied and "is not authorized to perform: sqs:listqueues" in denied.lower()


# --- Queues as triggers ------------------------------------------------------------------------


def test_a_message_triggers_the_function_with_the_event_aws_sends(sqs, make_queue, triggered, log_of, wait_empty):
    name, url, _ = triggered()
    attributes = {
        "kind": {"DataType": "String", "StringValue": "new"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    sent = sqs.send_message(QueueUrl=url, MessageBody="hello é", MessageAttributes=attributes)
    [record] = records_in(log_of(name, "EVENT ", "REPORT"))
    assert record["messageId"] == sent["MessageId"]
    assert record["receiptHandle"]
    assert record["body"] == "hello é"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert {"SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} <= set(record["attributes"])
    assert record["messageAttributes"] == {
        "kind": {"stringValue": "new", "stringListValues": [], "binaryListValues": [], "dataType": "String"},
        "bytes": {
            "binaryValue": base64.b64encode(b"\x00\xff").decode(),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": "Binary",
        },
    }
    assert record["md5OfBody"] == sent["MD5OfMessageBody"]
    assert record["md5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == make_queue.arn(url)
    assert record["awsRegion"] == "us-east-1"
    wait_empty(url)


def test_a_mapping_is_described_as_it_was_asked_for(functions, make_queue, triggered, refused):
    name, url, uuid = triggered(BatchSize=5, FunctionResponseTypes=["ReportBatchItemFailures"])
    mapping = functions.get_event_source_mapping(UUID=uuid)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (5, 0)
    assert (mapping["EventSourceArn"], mapping["FunctionArn"]) == (make_queue.arn(url), arn)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping["State"], mapping["StateTransitionReason"]) == ("Enabled", "USER_INITIATED")
    listed = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert [one["UUID"] for one in listed] == [uuid]
    listed = functions.list_event_source_mappings(EventSourceArn=make_queue.arn(url))["EventSourceMappings"]
    assert [one["UUID"] for one in listed] == [uuid]
    error = refused(functions.create_event_source_mapping, FunctionName=name, EventSourceArn=make_queue.arn(url))
    assert (error["code"], error["status"]) == ("ResourceConflictException", 409)
    assert uuid in error["message"]


def test_a_failing_function_leaves_the_message_and_it_comes_again(sqs, triggered, log_of, advance_clock, wait_until, wait_empty):
    name, url, _ = triggered(
        """
def handler(event, context):
    count = event["Records"][0]["attributes"]["ApproximateReceiveCount"]
    print("try " + count)
    if count != "3":
        raise Exception("not yet")
"""
    )
    sqs.send_message(QueueUrl=url, MessageBody="x")
    for count in (1, 2):
        log_of(name, f"try {count}")
        wait_until(lambda count=count: len([x for x in log_of(name) if x.startswith("REPORT")]) >= count)
        advance_clock(31)
    log_of(name, "try 3")
    wait_empty(url)


def test_a_poisonous_message_ends_in_the_dead_letter_queue_after_three_tries(
    sqs, make_queue, triggered, log_of, advance_clock, wait_until
):
    dead_letters = make_queue()
    policy = json.dumps({"deadLetterTargetArn": make_queue.arn(dead_letters), "maxReceiveCount": 3})
    name, url, _ = triggered(
        "def handler(event, context):\n    raise Exception('poison')\n", queue={"RedrivePolicy": policy}
    )
    sent = sqs.send_message(QueueUrl=url, MessageBody="poison")
    for tries in (1, 2, 3):
        wait_until(lambda tries=tries: len([x for x in log_of(name) if x.startswith("REPORT")]) == tries)
        advance_clock(31)
    [dead] = awaited(sqs, dead_letters, AttributeNames=["All"])
    assert (dead["Body"], dead["MessageId"]) == ("poison", sent["MessageId"])
    assert dead["Attributes"]["DeadLetterQueueSourceArn"] == make_queue.arn(url)
    assert len([line for line in log_of(name) if line.startswith("REPORT")]) == 3


PARTIAL = """
import json
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    print("BODIES " + json.dumps(sorted(bodies)))
    failures = [r["messageId"] for r in event["Records"]
                if r["body"].startswith("bad") and r["attributes"]["ApproximateReceiveCount"] == "1"]
    return %s
"""


def bodies_in(lines):
    return [json.loads(line[len("BODIES ") :]) for line in lines if line.startswith("BODIES ")]


def send_batch(sqs, url, bodies):
    sqs.send_message_batch(
        QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)]
    )


def test_only_the_reported_messages_of_a_batch_come_again(sqs, triggered, log_of, advance_clock, wait_until, wait_empty):
    answer = '{"batchItemFailures": [{"itemIdentifier": one} for one in failures]}'
    name, url, _ = triggered(PARTIAL % answer, FunctionResponseTypes=["ReportBatchItemFailures"])
    send_batch(sqs, url, ["good 1", "bad 1", "good 2", "bad 2"])

    def tried():
        return [body for batch in bodies_in(log_of(name)) for body in batch]

    wait_until(lambda: len(tried()) == 4 and len([x for x in log_of(name) if x.startswith("REPORT")]) == len(bodies_in(log_of(name))))
    wait_until(lambda: in_flight(sqs, url) == 2)
    advance_clock(31)
    wait_until(lambda: len(tried()) == 6)
    assert sorted(tried()[4:]) == ["bad 1", "bad 2"]
    wait_empty(url)


@pytest.mark.parametrize("answer", ["None", "{}", '{"batchItemFailures": []}', '{"batchItemFailures": None}'])
def test_an_answer_without_failures_means_that_all_went_well(sqs, triggered, wait_empty, log_of, answer):
    name, url, _ = triggered(PARTIAL % answer, FunctionResponseTypes=["ReportBatchItemFailures"])
    send_batch(sqs, url, ["bad 1", "bad 2"])
    log_of(name, "BODIES")
    wait_empty(url)


@pytest.mark.parametrize(
    "answer",
    [
        '{"batchItemFailures": [{"itemIdentifier": "nobody"}]}',
        '{"batchItemFailures": [{"itemIdentifier": ""}]}',
        '{"batchItemFailures": [{"itemIdentifier": None}]}',
        '{"batchItemFailures": [{"wrong": failures[0]}]}',
    ],
)
def test_a_malformed_answer_means_that_the_whole_batch_failed(
    sqs, triggered, log_of, wait_until, advance_clock, wait_empty, answer
):
    source = PARTIAL % f"{answer} if failures else None"
    name, url, _ = triggered(source, FunctionResponseTypes=["ReportBatchItemFailures"])
    sqs.send_message(QueueUrl=url, MessageBody="bad")
    wait_until(lambda: len([x for x in log_of(name) if x.startswith("REPORT")]) == 1)
    advance_clock(31)
    wait_until(lambda: bodies_in(log_of(name)) == [["bad"], ["bad"]])
    wait_empty(url)


def test_without_report_batch_item_failures_the_answer_does_not_matter(sqs, triggered, log_of, wait_empty):
    answer = '{"batchItemFailures": [{"itemIdentifier": one} for one in failures]}'
    name, url, _ = triggered(PARTIAL % answer)
    send_batch(sqs, url, ["bad 1"])
    log_of(name, "BODIES")
    wait_empty(url)


def in_flight(sqs, url):
    name = "ApproximateNumberOfMessagesNotVisible"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def test_a_batching_window_gathers_messages(functions, sqs, triggered, log_of, wait_until, advance_clock):
    name, url, _ = triggered(BatchSize=100, MaximumBatchingWindowInSeconds=300, queue={"VisibilityTimeout": 600})
    for i in range(15):
        sqs.send_message(QueueUrl=url, MessageBody=str(i))
    wait_until(lambda: in_flight(sqs, url) == 15)
    advance_clock(240)
    functions.invoke(FunctionName=name, Payload=b'{"Records": []}')
    assert [event["Records"] for event in events_in(log_of(name, "REPORT"))] == [[]]
    advance_clock(60)
    wait_until(lambda: len(records_in(log_of(name))) == 15)
    assert len(events_in(log_of(name))) == 2


def test_a_batch_never_holds_more_than_its_size(functions, sqs, triggered, log_of, wait_until):
    name, url, uuid = triggered(BatchSize=3, Enabled=False)
    send_batch(sqs, url, [str(i) for i in range(10)])
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    wait_until(lambda: len(records_in(log_of(name))) == 10)
    assert max(len(event["Records"]) for event in events_in(log_of(name))) == 3


FIFO = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}

STUMBLES = """
import json
def handler(event, context):
    for record in event["Records"]:
        about = record["attributes"]
        print("GOT " + json.dumps([about["MessageGroupId"], record["body"], about["ApproximateReceiveCount"]]))
        if record["body"] == "a2" and about["ApproximateReceiveCount"] == "1":
            raise Exception("not yet")
"""


def test_a_fifo_queues_groups_come_in_order_and_a_failure_holds_only_its_group(sqs, triggered, log_of, advance_clock, wait_until, wait_empty):
    name, url, _ = triggered(STUMBLES, queue=FIFO, BatchSize=1)

    def got(group):
        return [one[1:] for one in (json.loads(line[4:]) for line in log_of(name) if line.startswith("GOT ")) if one[0] == group]

    for body in ("a1", "a2", "b1", "a3", "b2"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=body[0])
    wait_until(lambda: got("b") == [["b1", "1"], ["b2", "1"]] and got("a") == [["a1", "1"], ["a2", "1"]])
    advance_clock(31)
    wait_until(lambda: got("a") == [["a1", "1"], ["a2", "1"], ["a2", "2"], ["a3", "1"]])
    wait_empty(url)


def test_the_event_of_a_fifo_queue_has_its_attributes(sqs, triggered, log_of, wait_until):
    name, url, _ = triggered(queue=FIFO)
    sent = sqs.send_message(QueueUrl=url, MessageBody="m", MessageGroupId="g", MessageDeduplicationId="d")
    wait_until(lambda: records_in(log_of(name)))
    (record,) = records_in(log_of(name))
    assert {key: record["attributes"][key] for key in ("MessageGroupId", "MessageDeduplicationId", "SequenceNumber")} == {
        "MessageGroupId": "g", "MessageDeduplicationId": "d", "SequenceNumber": sent["SequenceNumber"]}


def test_a_fifo_queue_has_no_batching_window(functions, triggered, make_queue, refused):
    name, _, uuid = triggered(queue=FIFO, BatchSize=10)
    for error in (refused(functions.update_event_source_mapping, UUID=uuid, MaximumBatchingWindowInSeconds=1),
                  refused(functions.create_event_source_mapping, FunctionName=name, MaximumBatchingWindowInSeconds=1,
                          EventSourceArn=make_queue.arn(make_queue(**FIFO)))):
        assert (error["code"], error["message"]) == (
            "InvalidParameterValueException", "Batching window is not supported for FIFO queues")


def test_a_disabled_mapping_leaves_the_queue_alone_until_it_is_enabled(functions, sqs, triggered, log_of, wait_until, wait_empty):
    name, url, uuid = triggered()
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    wait_until(lambda: functions.get_event_source_mapping(UUID=uuid)["State"] == "Disabled")
    sqs.send_message(QueueUrl=url, MessageBody="later")
    [message] = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    assert message["Body"] == "later"
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)
    log_of(name, "later")
    wait_empty(url)


def test_a_deleted_mapping_polls_no_more(functions, sqs, triggered, wait_until, refused):
    name, url, uuid = triggered()
    assert functions.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"

    def gone():
        try:
            functions.get_event_source_mapping(UUID=uuid)
        except functions.exceptions.ResourceNotFoundException:
            return True

    wait_until(gone)
    sqs.send_message(QueueUrl=url, MessageBody="nobody comes")
    assert len(awaited(sqs, url)) == 1
    error = refused(functions.delete_event_source_mapping, UUID=uuid)
    assert (error["code"], error["status"]) == ("ResourceNotFoundException", 404)
    assert error["message"] == "The resource you requested does not exist."


def test_a_burst_of_messages_is_handled_once_each(sqs, triggered, log_of, wait_until, wait_empty):
    name, url, _ = triggered()
    for start in range(0, 200, 10):
        send_batch(sqs, url, [str(i) for i in range(start, start + 10)])
    wait_until(lambda: len(records_in(log_of(name))) >= 200, timeout_seconds=60)
    wait_empty(url)
    bodies = [record["body"] for record in records_in(log_of(name))]
    assert sorted(bodies, key=int) == [str(i) for i in range(200)]


@pytest.mark.parametrize("missing", POLLER)
def test_a_role_that_may_not_poll_cannot_be_given_a_queue(functions, make_queue, make_function, make_role, refused, missing):
    name = make_function(ECHO, Role=make_role(allow=[one for one in POLLER if one != missing]))
    error = refused(
        functions.create_event_source_mapping, FunctionName=name, EventSourceArn=make_queue.arn(make_queue())
    )
    assert (error["code"], error["status"]) == ("InvalidParameterValueException", 400)
    action = missing.split(":")[1]
    assert f"The function execution role does not have permissions to call {action} on SQS" in error["message"]


def test_a_role_that_may_do_nothing_with_the_queue_is_told_of_the_receive_first(
    functions, make_queue, make_function, make_role, refused
):
    name = make_function(ECHO, Role=make_role(allow=[]))
    error = refused(
        functions.create_event_source_mapping, FunctionName=name, EventSourceArn=make_queue.arn(make_queue())
    )
    assert (error["code"], error["status"], error["message"]) == (
        "InvalidParameterValueException", 400,
        "The function execution role does not have permissions to call ReceiveMessage on SQS")


def test_the_queue_must_hide_messages_at_least_as_long_as_the_function_runs(
    functions, make_queue, make_function, make_role, refused
):
    name = make_function(ECHO, Role=make_role(allow=POLLER), Timeout=60)
    queue = make_queue.arn(make_queue(VisibilityTimeout=30))
    error = refused(functions.create_event_source_mapping, FunctionName=name, EventSourceArn=queue)
    assert (error["code"], error["status"]) == ("InvalidParameterValueException", 400)
    assert "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds" in error["message"]


@pytest.mark.parametrize(
    "arguments", [{"BatchSize": 11}, {"BatchSize": 10001, "MaximumBatchingWindowInSeconds": 1}, {"MaximumBatchingWindowInSeconds": 301}]
)
def test_a_batch_outside_its_range_is_refused(functions, make_queue, make_function, make_role, refused, arguments):
    name = make_function(ECHO, Role=make_role(allow=POLLER))
    error = refused(
        functions.create_event_source_mapping,
        FunctionName=name,
        EventSourceArn=make_queue.arn(make_queue()),
        **arguments,
    )
    assert error["status"] == 400
    assert error["code"] in ("InvalidParameterValueException", "ValidationException")


def test_a_mapping_needs_a_function_and_a_queue_that_exist(functions, make_queue, make_function, make_role, refused):
    error = refused(
        functions.create_event_source_mapping,
        FunctionName="nowhere-to-be-found",
        EventSourceArn=make_queue.arn(make_queue()),
    )
    assert (error["code"], error["status"], error["message"]) == (
        "InvalidParameterValueException", 400, "Function does not exist")
    name = make_function(ECHO, Role=make_role(allow=POLLER))
    error = refused(
        functions.create_event_source_mapping,
        FunctionName=name,
        EventSourceArn=f"arn:aws:sqs:us-east-1:{ACCOUNT}:nowhere-to-be-found",
    )
    assert (error["code"], error["status"]) == ("InvalidParameterValueException", 400)


def test_a_mapping_without_a_source_has_an_unrecognized_one(functions, make_function, make_role, refused):
    name = make_function(ECHO, Role=make_role(allow=POLLER))
    error = refused(functions.create_event_source_mapping, FunctionName=name)
    assert (error["code"], error["status"], error["message"]) == (
        "InvalidParameterValueException", 400, "Unrecognized event source.")


@pytest.mark.parametrize("qualifier", ["1", "live", "$LATEST"])
def test_tags_are_a_functions_and_not_its_versions_or_aliases(functions, make_function, refused, qualifier):
    arn = functions.get_function_configuration(FunctionName=make_function(ECHO))["FunctionArn"]
    error = refused(functions.tag_resource, Resource=f"{arn}:{qualifier}", Tags={"a": "b"})
    assert (error["code"], error["status"], error["message"]) == (
        "InvalidParameterValueException", 400,
        "Tags on function aliases and versions are not supported. Please specify a function ARN.")
    assert functions.list_tags(Resource=arn)["Tags"] == {}


def test_a_mapping_joins_a_queue_and_a_function_of_its_own_region_and_account(
    functions, make_queue, make_function, make_role, refused
):
    name, queue = make_function(ECHO, Role=make_role(allow=POLLER)), make_queue.arn(make_queue())
    for function, source in (
        (f"arn:aws:lambda:us-east-1:111122223333:function:{name}", queue),
        (f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}", queue),
        (name, queue.replace("us-east-1", "eu-west-1")),
    ):
        error = refused(functions.create_event_source_mapping, FunctionName=function, EventSourceArn=source)
        assert error["code"] in ("ResourceNotFoundException", "InvalidParameterValueException")


@pytest.mark.parametrize(
    "arguments",
    [
        {"Topics": ["orders"]},
        {"Queues": ["orders"]},
        {"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["kafka:9092"]}}},
        {"DocumentDBEventSourceConfig": {"DatabaseName": "orders"}},
    ],
)
def test_what_a_mapping_cannot_do_is_refused(functions, make_queue, make_function, make_role, refused, arguments):
    name, queue = make_function(ECHO, Role=make_role(allow=POLLER)), make_queue.arn(make_queue())
    error = refused(functions.create_event_source_mapping, FunctionName=name, EventSourceArn=queue, **arguments)
    assert error["code"] == "InvalidParameterValueException"
    assert next(iter(arguments)) in error["message"]


# --- Permissions -------------------------------------------------------------------------------


def test_a_permission_lets_another_account_invoke(client, functions, make_function, refused):
    name = make_function(ECHO)
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    stranger = client("lambda", aws_access_key_id="111122223333")
    grant = {"FunctionName": name, "Action": "lambda:InvokeFunction"}
    functions.add_permission(StatementId="other", Principal="111122223333", **grant)
    for principal in ("nobody", f"arn:aws:iam::{ACCOUNT}:user/*", "1234", "arn:aws:sqs:us-east-1:1:q"):
        error = refused(functions.add_permission, StatementId="bad", Principal=principal, **grant)
        assert error["code"] == "InvalidParameterValueException"
        assert error["message"] == "The provided principal was invalid. Please check the principal and try again."
    assert stranger.invoke(FunctionName=arn)["StatusCode"] == 200
    functions.remove_permission(FunctionName=name, StatementId="other")
    assert refused(stranger.invoke, FunctionName=arn)["code"] == "AccessDeniedException"


def test_permissions_are_not_given_on_latest(functions, make_function, refused):
    name = make_function(ECHO)
    grant = {"Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com", "StatementId": "sns"}
    error = refused(functions.add_permission, FunctionName=name, Qualifier="$LATEST", **grant)
    assert error["code"] == "InvalidParameterValueException"
    assert error["message"] == "We currently do not support adding policies for $LATEST."
    assert refused(functions.get_policy, FunctionName=name)["code"] == "ResourceNotFoundException"
    error = refused(functions.remove_permission, FunctionName=name, StatementId="sns")
    assert error["message"] == "No policy is associated with the given resource."
    functions.add_permission(FunctionName=name, **grant)
    assert refused(functions.get_policy, FunctionName=f"{name}:$LATEST")["code"] == "ResourceNotFoundException"


def test_a_functions_policy_has_a_limit(functions, make_function, refused):
    name = make_function(ECHO)
    grant = {"FunctionName": name, "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
    source = f"arn:aws:sns:us-east-1:{ACCOUNT}:{'x' * 4000}"
    for number in range(4):
        functions.add_permission(StatementId=f"s{number}", SourceArn=source, **grant)
    error = refused(functions.add_permission, StatementId="s4", SourceArn=source, **grant)
    assert error["code"] == "PolicyLengthExceededException"


@pytest.fixture
def as_user(client, unique):
    """as_user(statement, ...) returns the Lambda client of a user with these statements."""
    iam, made = client("iam"), []

    def make(*statements):
        name = unique(f"u{len(made)}")
        iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        made.append((name, key["AccessKeyId"]))
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
        return client("lambda", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    yield make
    for name, key in made:
        iam.delete_access_key(UserName=name, AccessKeyId=key)
        iam.delete_user_policy(UserName=name, PolicyName="own")
        iam.delete_user(UserName=name)


def rule(effect, action, **condition):
    return {"Effect": effect, "Action": action, "Resource": "*",
            "Condition": {"ArnLike" if "FunctionArn" in key else "StringEquals": {key: value}
                          for key, value in condition.items()}}


def test_a_policy_can_say_whose_mappings_one_may_make(functions, make_queue, make_function, make_role, as_user, refused):
    mine, other = (make_function(ECHO, Role=make_role(allow=POLLER)) for _ in range(2))
    queue, arn = make_queue.arn(make_queue()), f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{mine}"
    user = as_user(rule("Allow", "lambda:*EventSourceMapping", **{"lambda:FunctionArn": arn}))
    uuid = user.create_event_source_mapping(FunctionName=mine, EventSourceArn=queue)["UUID"]
    create = {"FunctionName": other, "EventSourceArn": queue}
    assert refused(user.create_event_source_mapping, **create)["code"] == "AccessDeniedException"
    assert refused(user.update_event_source_mapping, UUID=uuid, FunctionName=other)["code"] == "AccessDeniedException"
    error = refused(user.create_event_source_mapping, FunctionName=mine, EventSourceArn=queue, Tags={"a": "b"})
    assert "not authorized to perform: lambda:TagResource" in error["message"]
    foreign = functions.create_event_source_mapping(**create)["UUID"]
    assert refused(user.delete_event_source_mapping, UUID=foreign)["code"] == "AccessDeniedException"
    functions.delete_event_source_mapping(UUID=foreign)
    user.delete_event_source_mapping(UUID=uuid)


def test_a_policy_can_name_tags_and_principals(functions, make_function, make_role, as_user, unique, refused):
    name, role, other = make_function(ECHO), make_role(), unique("fn")
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"
    everything = {"Effect": "Allow", "Action": ["lambda:*", "iam:PassRole"], "Resource": "*"}
    user = as_user(
        everything,
        rule("Deny", "lambda:InvokeFunction", **{"aws:ResourceTag/stage": "prod"}),
        rule("Deny", "lambda:TagResource", **{"aws:RequestTag/stage": "prod"}),
        rule("Deny", "lambda:AddPermission", **{"lambda:Principal": "*"}),
        {**rule("Deny", "iam:PassRole"), "Condition": {
            "ArnLike": {"iam:AssociatedResourceArn": f"arn:aws:lambda:*:*:function:{other}"}}},
    )
    assert user.invoke(FunctionName=name)["StatusCode"] == 200
    denied = [
        (user.tag_resource, {"Resource": arn, "Tags": {"stage": "prod"}}),
        (user.add_permission, {"FunctionName": name, "StatementId": "all", "Principal": "*",
                               "Action": "lambda:InvokeFunction"}),
    ]
    new = {"Runtime": "python3.11", "Handler": "index.handler", "Role": role,
           "Code": {"ZipFile": zip_of({"index.py": ECHO})}}
    denied += [
        (user.create_function, {"FunctionName": unique("fn"), "Tags": {"stage": "prod"}, **new}),
        (user.create_function, {"FunctionName": other, **new}),
    ]
    functions.tag_resource(Resource=arn, Tags={"stage": "prod"})
    denied.append((user.invoke, {"FunctionName": name}))
    for call, arguments in denied:
        assert refused(call, **arguments)["code"] == "AccessDeniedException"


# --- Other runtimes ----------------------------------------------------------------------------


def test_a_node_function_is_an_es_module_with_the_sdk_at_hand(client, make_function, make_role, make_queue, call, log_of):
    url = make_queue()
    name = make_function(
        {
            "index.mjs": """
import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
const client = new SQSClient({});
export const handler = async (event, context) => {
  console.log("got", event);
  await client.send(new SendMessageCommand({ QueueUrl: event.url, MessageBody: context.awsRequestId }));
  if (event.fail) throw new TypeError("as asked");
  return { ok: true };
};
"""
        },
        Runtime="nodejs20.x",
        Role=make_role(allow=["sqs:SendMessage"]),
    )
    answer, reply = call(name, {"url": url})
    assert answer == {"ok": True}
    [message] = client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == reply["ResponseMetadata"]["RequestId"]
    lines = log_of(name, "\tINFO\tgot", "REPORT")
    [line] = [one for one in lines if "\tINFO\tgot" in one]
    assert re.match(rf"\d{{4}}-\d\d-\d\dT[\d:.]+Z\t{message['Body']}\tINFO\tgot ", line)
    answer, reply = call(name, {"url": url, "fail": True})
    assert reply["FunctionError"] == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("TypeError", "as asked")
    assert isinstance(answer["trace"], list)


def test_a_provided_function_is_any_program_that_speaks_the_runtime_api(make_function, call):
    name = make_function(
        {
            "bootstrap": """#!/usr/bin/python3
import os, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as reply:
        request_id = reply.headers["Lambda-Runtime-Aws-Request-Id"]
        names = ["Lambda-Runtime-Deadline-Ms", "Lambda-Runtime-Invoked-Function-Arn", "Lambda-Runtime-Trace-Id"]
        assert all(reply.headers[name] for name in names)
        event = reply.read()
    urllib.request.urlopen(urllib.request.Request(api + request_id + "/response", event)).read()
"""
        },
        Runtime="provided.al2023",
        Handler="bootstrap",
    )
    for event in ({"n": 1}, {"n": 2}):
        assert call(name, event)[0] == event


def test_blank_lines_make_no_events(make_function, call, log_of):
    name = make_function("def handler(event, context):\n    print('first\\n\\nsecond\\n \\n')\n")
    call(name)
    lines = log_of(name, "REPORT RequestId:")
    printed = lines[lines.index("first\n") : lines.index("second\n") + 2]
    assert printed == ["first\n", "second\n", " \n"]
