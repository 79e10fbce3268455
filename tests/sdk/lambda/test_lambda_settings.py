"""Settings of functions: what an update keeps, logs in JSON with levels, and what is refused."""

import json
import re

import pytest

SETTINGS = {
    "Runtime": "python3.12",
    "Description": "d",
    "Timeout": 7,
    "MemorySize": 256,
    "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "Ipv6AllowedForDualStack": True},
    "Environment": {"Variables": {"AB": "c"}},
    "KMSKeyArn": "arn:aws:kms:us-east-1:000000000000:key/k",
    "TracingConfig": {"Mode": "Active"},
    "EphemeralStorage": {"Size": 600},
    "SnapStart": {"ApplyOn": "PublishedVersions"},
    "LoggingConfig": {
        "LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "WARN", "LogGroup": "elsewhere",
    },
}
SHOWN = {
    **SETTINGS,
    "VpcConfig": {**SETTINGS["VpcConfig"], "VpcId": ""},
    "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
}


def shown(functions, name):
    configuration = functions.get_function_configuration(FunctionName=name)
    return {setting: configuration.get(setting) for setting in SETTINGS}


def test_settings_are_shown_as_they_were_given_at_the_creation_or_later(functions, make_function):
    source = "def handler(event, context): pass"
    assert shown(functions, make_function(source, **SETTINGS)) == SHOWN
    later = make_function(source)
    functions.update_function_configuration(FunctionName=later, **SETTINGS)
    assert shown(functions, later) == SHOWN


def test_an_update_keeps_each_setting_that_it_does_not_mention(functions, make_function):
    name = make_function("def handler(event, context): pass", **SETTINGS)
    for setting, value in SETTINGS.items():
        functions.update_function_configuration(FunctionName=name, **{setting: value})
        assert shown(functions, name) == SHOWN, setting


def test_an_empty_text_takes_an_optional_setting_off(functions, make_function):
    name = make_function("def handler(event, context): pass", **SETTINGS)
    functions.update_function_configuration(FunctionName=name, KMSKeyArn="", Description="")
    assert shown(functions, name) == {**SHOWN, "KMSKeyArn": None, "Description": ""}


@pytest.mark.parametrize("size, accepted", [(512, True), (10240, True), (10241, False)])
def test_tmp_has_a_most_size(functions, make_function, refused, size, accepted):
    name = make_function("def handler(event, context): pass")
    change = {"FunctionName": name, "EphemeralStorage": {"Size": size}}
    if accepted:
        assert functions.update_function_configuration(**change)["EphemeralStorage"] == {"Size": size}
    else:
        error = refused(functions.update_function_configuration, **change)
        assert (error["code"], error["message"]) == (
            "ValidationException",
            "1 validation error detected: Value '10241' at 'ephemeralStorage.size' failed to satisfy constraint: Member "
            "must have value less than or equal to 10240",
        )


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"PackageType": "Image", "Code": {"ImageUri": "i"}}, "Orderly runs functions from packages, not from container "
         "images: use PackageType Zip with Code.ZipFile."),
        ({"Code": {"ImageUri": "i"}}, "Orderly runs functions from packages, not from container images: use PackageType "
         "Zip with Code.ZipFile."),
        ({"FileSystemConfigs": [{"Arn": "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/"
                                        "fsap-00000000000000000", "LocalMountPath": "/mnt/x"}]},
         "Orderly has no file systems to mount: a function keeps files in /tmp only."),
    ],
    ids=["image", "image uri", "file system"],
)
def test_what_cannot_be_is_refused_with_the_reason(functions, make_role, refused, unique, change, sentence):
    error = refused(functions.create_function, **{
        "FunctionName": unique("f"), "Runtime": "python3.11", "Handler": "index.handler", "Role": make_role(),
        "Code": {"ZipFile": b"x"}, **change})
    assert (error["code"], error["message"]) == ("InvalidParameterValueException", sentence)


def layers(count):
    return {"Layers": [f"arn:aws:lambda:us-east-1:000000000000:layer:missing{number}:1" for number in range(count)]}


def variables(count):
    """The JSON of these variables has `count` bytes."""
    return {"Environment": {"Variables": {"AB": "x" * (count - len('{"AB":""}'))}}}


@pytest.mark.parametrize(
    "settings, sentence",
    [
        (layers(5), None),
        (layers(6), "Cannot reference more than 5 layers."),
        (layers(20_000), "Cannot reference more than 5 layers."),
        (variables(4096), None),
        (variables(4097), "exceeded the 4KB limit. String measured: "),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "Reserved keys used in this request: AWS_REGION"),
        ({"Environment": {"Variables": {"AB": "x\0y"}}}, "Environment variables must not contain NUL characters."),
        ({"Environment": {"Variables": {"AB": "x\1y"}}}, None),
        ({"Handler": "index\0.handler"}, "The handler must not contain NUL characters."),
    ],
    ids=["layers that fit", "a layer too many", "layers", "variables that fit", "a byte too many", "a reserved variable",
         "a variable with a NUL", "a variable with another control character", "a handler with a NUL"],
)
def test_settings_that_no_function_can_have_are_refused_before_the_function_is_looked_for(functions, refused, unique, settings, sentence):
    error = refused(functions.update_function_configuration, FunctionName=unique("f"), **settings)
    if sentence:
        assert (error["code"], error["status"], sentence in error["message"]) == ("InvalidParameterValueException", 400, True)
    else:
        assert (error["code"], error["status"]) == ("ResourceNotFoundException", 404)


# --- logs --------------------------------------------------------------------------------------


def logging_of(functions, name, **change):
    return functions.update_function_configuration(FunctionName=name, LoggingConfig=change)["LoggingConfig"]


def test_levels_belong_to_json(functions, make_function, refused):
    name = make_function("def handler(event, context): pass")
    group = f"/aws/lambda/{name}"
    assert functions.get_function_configuration(FunctionName=name)["LoggingConfig"] == {
        "LogFormat": "Text", "LogGroup": group}
    error = refused(logging_of, functions=functions, name=name, ApplicationLogLevel="WARN")
    assert error["code"] == "InvalidParameterValueException"
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    assert logging_of(functions, name, LogFormat="JSON") == {"LogFormat": "JSON", "LogGroup": group, **levels}
    levels["ApplicationLogLevel"] = "ERROR"
    assert logging_of(functions, name, ApplicationLogLevel="ERROR") == {
        "LogFormat": "JSON", "LogGroup": group, **levels}
    assert logging_of(functions, name, LogGroup="elsewhere") == {
        "LogFormat": "JSON", "LogGroup": "elsewhere", **levels}
    assert logging_of(functions, name, LogFormat="Text") == {"LogFormat": "Text", "LogGroup": "elsewhere"}


def events_of(log_of, name, *texts):
    """The log's lines as objects; times are replaced after they were looked at."""
    events = []
    for line in log_of(name, *texts):
        event = json.loads(line)
        time = event.pop("time", None) or event.pop("timestamp")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", time)
        for metrics in (event.get("record", {}).get("metrics", {}),):
            for metric in metrics:
                assert isinstance(metrics[metric], int)
                metrics[metric] = 0
        for span in event.get("record", {}).get("spans", []):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", span.pop("start")) and span.pop("durationMs") >= 0
        for member in ("runtimeVersion", "runtimeVersionArn", "instanceId"):
            event.get("record", {}).pop(member, None)
        events.append(event)
    return events


LOGS = """
import json, logging
def handler(event, context):
    for level in ("debug", "info", "warning", "error"):
        getattr(logging.getLogger(), level)("at %s", level)
        print(json.dumps({"level": level, "timestamp": "2026-01-31T00:00:00Z"}))
    print(json.dumps({"timestamp": "2026-01-31T00:00:00Z", "free": True}))
"""


def test_a_log_in_json_has_the_platforms_events_and_the_functions_records(functions, make_function, log_of):
    name = make_function(LOGS, LoggingConfig={
        "LogFormat": "JSON", "ApplicationLogLevel": "TRACE", "SystemLogLevel": "DEBUG"})
    request_id = functions.invoke(FunctionName=name)["ResponseMetadata"]["RequestId"]
    init = {"initializationType": "on-demand", "phase": "init"}
    lines = []
    for level in ("debug", "info", "warning", "error"):
        lines += [
            {"level": level.upper(), "message": f"at {level}", "logger": "root", "requestId": request_id},
            {"level": level},
        ]
    metrics = {"durationMs": 0, "billedDurationMs": 0, "memorySizeMB": 0, "maxMemoryUsedMB": 0, "initDurationMs": 0}
    assert events_of(log_of, name, "platform.report") == [
        {"type": "platform.initStart",
         "record": {**init, "functionName": name, "functionVersion": "$LATEST", "instanceMaxMemory": 128 << 20}},
        {"type": "platform.initRuntimeDone", "record": {**init, "status": "success"}},
        {"type": "platform.initReport", "record": {**init, "status": "success", "metrics": {"durationMs": 0}}},
        {"type": "platform.start", "record": {"requestId": request_id, "version": "$LATEST"}},
        *lines,
        {"free": True},
        {"type": "platform.runtimeDone",
         "record": {"requestId": request_id, "status": "success", "metrics": {"durationMs": 0, "producedBytes": 0},
                    "spans": [{"name": "responseLatency"}, {"name": "responseDuration"}]}},
        {"type": "platform.report", "record": {"requestId": request_id, "status": "success", "metrics": metrics}},
    ]


def test_levels_leave_out_what_is_below_them(functions, make_function, log_of):
    name = make_function(LOGS, LoggingConfig={
        "LogFormat": "JSON", "ApplicationLogLevel": "WARN", "SystemLogLevel": "INFO"})
    functions.invoke(FunctionName=name)
    events = events_of(log_of, name, "platform.report")
    assert [event.get("type") or (event["level"], "message" in event) for event in events] == [
        "platform.initStart", "platform.start", ("WARNING", True), ("warning", False), ("ERROR", True),
        ("error", False), "platform.report",
    ]


@pytest.mark.parametrize("source, kind", [
    ("raise ValueError('no')", "ValueError"), ("import os; os._exit(3)", "Runtime.ExitError"),
])
def test_a_log_tells_that_the_initialization_failed(functions, make_function, log_of, source, kind):
    name = make_function(source)
    functions.invoke(FunctionName=name)
    lines = [line for line in log_of(name, "REPORT RequestId") if line.startswith(("INIT_REPORT", "START", "RequestId", "END", "REPORT"))]
    assert re.fullmatch(r"INIT_REPORT Init Duration: \d+\.00 ms\tPhase: init\tStatus: error\tError Type: %s\t\n" % kind, lines[0])
    request_id = lines[1].split()[2]
    fault = f"RequestId: {request_id} Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n"
    assert lines[2:-2] == ([fault] if kind == "Runtime.ExitError" else [])
    functions.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    functions.invoke(FunctionName=name)
    init = {"initializationType": "on-demand", "phase": "init"}
    events = [json.loads(line) for line in log_of(name, "platform.report") if '"type":"platform.' in line]
    assert [event["type"] for event in events] == [
        "platform.initRuntimeDone", "platform.initReport", "platform.runtimeDone", "platform.report"]
    assert all(event["record"]["errorType"] == kind for event in events)
    assert events[0]["record"] == {**init, "status": "error", "errorType": kind}


def test_a_quiet_log_tells_of_failures_only(functions, make_function, log_of):
    name = make_function(
        "import os\ndef handler(event, context):\n    if event: os._exit(3)",
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "FATAL", "SystemLogLevel": "WARN"})
    functions.invoke(FunctionName=name, Payload="0")
    functions.invoke(FunctionName=name, Payload="1")
    failed = {"status": "error", "errorType": "Runtime.ExitError"}
    events = events_of(log_of, name, "platform.report")
    assert [(one["type"], {key: one["record"].get(key) for key in failed}) for one in events] == [
        ("platform.runtimeDone", failed), ("platform.report", failed)]


def test_a_timeout_is_a_status_of_the_report(functions, make_function, log_of, time_out):
    name = make_function("import logging, time\ndef handler(event, context):\n    logging.warning('running')\n    time.sleep(600)\n",
                         LoggingConfig={"LogFormat": "JSON"})
    time_out(name, lambda: functions.invoke(FunctionName=name))
    report = events_of(log_of, name, "platform.report")[-1]
    assert report["record"]["status"] == "timeout"


def test_node_writes_records_in_json(functions, make_function, log_of):
    source = """
exports.handler = async () => {
  console.debug("left out");
  console.info({ order: 1 });
  console.warn("%s of %s", 1, 2);
  console.error("failed", new TypeError("bad"));
  throw new RangeError("thrown");
};
"""
    name = make_function({"index.js": source}, Runtime="nodejs22.x", MemorySize=512,
                         LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    request_id = functions.invoke(FunctionName=name)["ResponseMetadata"]["RequestId"]
    events = events_of(log_of, name, "thrown")
    for event in events:
        assert event.pop("requestId") == request_id
        if "stackTrace" in event:
            assert event.pop("stackTrace")[0].endswith(event["errorMessage"])
    assert events[:2] == [
        {"level": "INFO", "message": {"order": 1}},
        {"level": "WARN", "message": "1 of 2"},
    ]
    assert events[2]["level"] == "ERROR" and events[2]["message"].startswith("failed TypeError: bad")
    assert (events[2]["errorType"], events[2]["errorMessage"]) == ("TypeError", "bad")
    assert events[3]["level"] == "ERROR" and events[3]["message"].pop("stackTrace")[0] == "RangeError: thrown"
    assert events[3]["message"] == {"errorType": "RangeError", "errorMessage": "thrown"}


def test_an_error_of_python_is_a_record_in_json(functions, make_function, log_of):
    name = make_function("def handler(event, context): raise ValueError('bad')", LoggingConfig={"LogFormat": "JSON"})
    request_id = functions.invoke(FunctionName=name)["ResponseMetadata"]["RequestId"]
    [error] = [event for event in events_of(log_of, name, "platform.report") if "errorType" in event]
    assert error.pop("stackTrace")
    assert error == {
        "level": "ERROR", "errorMessage": "bad", "errorType": "ValueError", "requestId": request_id}


def test_a_log_goes_to_the_group_that_is_named(client, functions, make_function, unique, wait_until):
    group = unique("group")
    name = make_function("def handler(event, context): print('here')", LoggingConfig={"LogGroup": group})
    functions.invoke(FunctionName=name)
    logs = client("logs")

    def messages():
        groups = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]] if groups else []

    wait_until(lambda: "here\n" in messages(), what="the log")


# --- runtimes ----------------------------------------------------------------------------------


def runtime_refusal(functions, refused, make_function, runtime):
    name = make_function("def handler(event, context): pass")
    error = refused(functions.update_function_configuration, FunctionName=name, Runtime=runtime)
    assert error["code"] == "InvalidParameterValueException"
    return error["message"]


@pytest.mark.parametrize("runtime", ["dotnet8", "dotnet10"])
def test_another_language_is_refused_with_what_runs_it(functions, refused, make_function, runtime):
    assert runtime_refusal(functions, refused, make_function, runtime) == (
        f"Orderly does not run {runtime} by itself: use the runtime provided.al2023 with a bootstrap that starts AWS's "
        "runtime interface client, Amazon.Lambda.RuntimeSupport (NuGet), which the package brings along.")


@pytest.mark.parametrize("runtime", ["javascript", "java", "java17x", "rubyfoo", "dotnet", "python3"])
def test_a_runtime_that_aws_does_not_know_is_refused(functions, refused, make_function, runtime):
    assert runtime_refusal(functions, refused, make_function, runtime).startswith(
        f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [")


@pytest.mark.parametrize("runtime, files", [
    ("python3.8", {"index.py": "def handler(event, context): return 'old'"}),
    ("nodejs16.x", {"index.js": "exports.handler = async () => 'old';"})])
def test_an_old_runtime_runs_on_what_there_is(functions, make_function, runtime, files):
    name = make_function(files, Runtime=runtime, MemorySize=512)
    assert json.loads(functions.invoke(FunctionName=name)["Payload"].read()) == "old"


WRAPPER = """#!/bin/bash
export WRAPPED="$(basename "$1") $#"
exec "$@"
"""


@pytest.mark.parametrize("runtime, program, files", [
    ("python3.11", "python", {"index.py": "import os\ndef handler(event, context): return os.environ['WRAPPED']"}),
    ("nodejs22.x", "node", {"index.js": "exports.handler = async () => process.env.WRAPPED;"})])
def test_a_wrapper_gets_the_runtimes_command(functions, make_function, runtime, program, files):
    name = make_function({**files, "wrapper": WRAPPER}, Runtime=runtime, MemorySize=512,
                         Environment={"Variables": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}})
    answer = json.loads(functions.invoke(FunctionName=name)["Payload"].read())
    assert answer.startswith(program) and answer.endswith(" 2")


def test_hooks_of_snapshots_never_run(functions, make_function):
    source = """
import snapshot_restore_py as snapshots
ran = []
snapshots.register_before_snapshot(ran.append, "before")
@snapshots.register_after_restore
def after(): ran.append("after")
def handler(event, context): return [ran, len(snapshots.get_before_snapshot()), len(snapshots.get_after_restore())]
"""
    name = make_function(source, Runtime="python3.12", SnapStart={"ApplyOn": "PublishedVersions"})
    assert json.loads(functions.invoke(FunctionName=name)["Payload"].read()) == [[], 1, 1]


def test_a_function_has_at_most_fifty_tags_however_they_come(functions, make_function, refused):
    fifty = {f"k{i}": "v" for i in range(50)}
    sentence = "Number of tags exceeds resource tag limit."
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match=sentence):
        make_function("", Tags={**fifty, "more": "v"})
    arn = functions.get_function_configuration(FunctionName=make_function("", Tags=fifty))["FunctionArn"]
    assert refused(functions.tag_resource, Resource=arn, Tags={"more": "v"})["message"] == sentence
    functions.tag_resource(Resource=arn, Tags={"k0": "w"})  # the same key again
    assert functions.list_tags(Resource=arn)["Tags"] == {**fifty, "k0": "w"}
    functions.untag_resource(Resource=arn, TagKeys=["k1"])
    functions.tag_resource(Resource=arn, Tags={"more": "v"})
    assert len(functions.list_tags(Resource=arn)["Tags"]) == 50
