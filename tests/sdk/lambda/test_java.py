"""Functions in Java: AWS's own runtime interface client in the machine's JVM.

Their sources are in java/.  Where there is no JDK they are skipped; `tools/setup --tests` installs one.
"""

import base64
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import zipfile

import orderly_server
import pytest
from function_house import House
from orderly_fixtures import zip_of

HERE = pathlib.Path(__file__).parents[1] / "java"
CLIENT = orderly_server.ROOT / "runtimes" / "java" / "lib"

pytestmark = pytest.mark.skipif(not shutil.which("javac"), reason="there is no JDK (Debian: default-jdk-headless)")


@pytest.fixture(scope="session")
def classes(tmp_path_factory):
    """The compiled classes: {file name: bytes}."""
    folder = tmp_path_factory.mktemp("classes")
    subprocess.run(["javac", "-nowarn", "--release", "11", "-cp", f"{CLIENT}/*:{HERE / 'lib'}/*", "-d", folder,
                    *HERE.glob("*.java")], check=True, capture_output=True)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.class")}


def jar_of(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n")
        for name, content in files.items():
            jar.writestr(name, content)
    return packed.getvalue()


@pytest.fixture
def java(make_function, classes):
    """java("shop.Greeting") makes a function with that handler, and returns its name."""

    def make(handler, files=None, **settings):
        return make_function(files or classes, **{
            "Runtime": "java17", "Handler": handler, "MemorySize": 512, "Timeout": 60, **settings})

    return make


@pytest.fixture
def run(functions, java):
    """run(handler, event, settings...) makes a function and returns its answer to the event."""

    def invoke(handler, event=None, **settings):
        return answer_of(functions, java(handler, **settings), event)

    return invoke


def answer_of(functions, name, event=None, **settings):
    reply = functions.invoke(FunctionName=name, Payload=json.dumps(event), **settings)
    return json.loads(reply["Payload"].read())


# --- handlers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("handler, event, answer", [
    ("shop.Handlers::doubled", {"id": "O1", "count": 2}, {"id": "O1", "count": 4}),
    ("shop.Greeting", {"name": "Ada"}, "Hello, Ada"),
    ("shop.Greeting::handleRequest", {"name": "Ada"}, "Hello, Ada"),
    ("shop.Stream", {"any": ["thing"]}, [{"any": ["thing"]}]),
    ("shop.Stream::handleRequest", 7, [7]),
])
def test_a_handler_is_a_class_or_a_method(run, handler, event, answer):
    assert run(handler, event) == answer


def test_code_is_a_jar(run, classes):
    zipped = zipfile.ZipFile(io.BytesIO(jar_of(classes)))
    files = {entry: zipped.read(entry) for entry in zipped.namelist()}
    assert run("shop.Greeting", {"name": "Ada"}, files=files) == "Hello, Ada"


def test_code_is_a_zip_with_jars_in_lib(run, classes):
    assert run("shop.Greeting", {"name": "Ada"}, files={"lib/shop.jar": jar_of(classes)}) == "Hello, Ada"


def test_jars_of_a_layer_are_found(functions, java, classes, unique):
    content = zip_of({"java/lib/shop.jar": jar_of(classes)})
    layer = functions.publish_layer_version(LayerName=unique("jars"), Content={"ZipFile": content})["LayerVersionArn"]
    name = java("shop.Greeting", files={"readme": "all code is in the layer"}, Layers=[layer])
    assert answer_of(functions, name, {"name": "Ada"}) == "Hello, Ada"


def test_the_consoles_first_function_runs(run):
    source = (orderly_server.ROOT / "src/console/src/screens/lambda/runtimes.ts").read_text()
    [lines] = re.findall(r"HELLO_CLASS = \[(.*?)\]", source, re.DOTALL)
    compiled = base64.b64decode("".join(re.findall("'(.*?)'", lines)))
    files = {"example/Hello.class": compiled}
    assert run("example.Hello::handleRequest", {}, files=files, Runtime="java8.al2") == "Hello from Lambda!"


def test_a_batch_of_a_queue_is_an_event_of_awss_library(client, functions, java, classes, make_queue, make_role, log_of):
    libraries = {f"lib/{jar.name}": jar.read_bytes() for jar in (HERE / "lib").glob("*.jar")}
    assert libraries, "tools/setup --tests has not run"
    dead = make_queue()
    redrive = json.dumps({"deadLetterTargetArn": make_queue.arn(dead), "maxReceiveCount": 1})
    queue = make_queue(RedrivePolicy=redrive, VisibilityTimeout=60)
    role = make_role(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
    name = java("shop.Batch", files={**classes, **libraries}, Role=role)
    functions.create_event_source_mapping(FunctionName=name, EventSourceArn=make_queue.arn(queue),
                                          FunctionResponseTypes=["ReportBatchItemFailures"])
    sqs = client("sqs")
    for body in ("good", "bad"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    messages = log_of(name, "message good", "message bad")
    assert f"message bad from {make_queue.arn(queue)}\n" in messages

    def state():
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        return [int(number) for number in sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"].values()]

    orderly_server.wait_until(lambda: state() == [0, 1], what="the failed message alone in the queue")


# --- what a function sees ----------------------------------------------------------------------


def test_the_context_is_complete(functions, java):
    name = java("shop.Handlers::context")
    reply = functions.invoke(FunctionName=name, Payload="{}", ClientContext="eyJjdXN0b20iOiB7ImsiOiAidiJ9fQ==")
    answer = json.loads(reply["Payload"].read())
    stream = answer.pop("stream")
    assert stream.endswith(stream[-32:]) and "/[$LATEST]" in stream
    assert answer == {
        "name": name, "version": "$LATEST", "arn": f"arn:aws:lambda:us-east-1:000000000000:function:{name}", "memory": 512,
        "requestId": reply["ResponseMetadata"]["RequestId"], "group": f"/aws/lambda/{name}", "isInTime": True,
        "custom": {"k": "v"}}


def test_environment_and_options_reach_the_jvm(run):
    names = ["COLOUR", "AWS_EXECUTION_ENV", "_HANDLER", "LAMBDA_TASK_ROOT", "shop.colour", "user.dir"]
    assert run("shop.Handlers::environment", names, Environment={"Variables": {
        "COLOUR": "blue", "JAVA_TOOL_OPTIONS": "-Dshop.colour=red"}}) == {
        "COLOUR": "blue", "AWS_EXECUTION_ENV": "AWS_Lambda_java17", "_HANDLER": "shop.Handlers::environment",
        "LAMBDA_TASK_ROOT": "/var/task", "shop.colour": "red", "user.dir": "/var/task"}


def test_the_jvm_has_awss_defaults(run):
    words = run("shop.Handlers::jvm")
    assert "-XX:TieredStopAtLevel=1" in words and "MarkSweepCompact" in words
    [heap] = [int(word.split()[1]) for word in words if word.startswith("heap ")]
    assert 400 <= heap <= 512 * 85 // 100


def test_a_small_functions_heap_leaves_room_for_the_jvm(run):
    [heap] = [int(word.split()[1]) for word in run("shop.Handlers::jvm", MemorySize=128) if word.startswith("heap ")]
    assert 50 <= heap <= 64


def test_options_win_over_the_defaults(run):
    words = run("shop.Handlers::jvm", Environment={"Variables": {
        "JAVA_TOOL_OPTIONS": "-XX:+UseParallelGC -XX:TieredStopAtLevel=4 -Xmx64m"}})
    assert "PS MarkSweep" in words and "-XX:TieredStopAtLevel=1" not in words
    assert [word for word in words if word.startswith("heap ")][0] in ("heap 61", "heap 62", "heap 63", "heap 64")


def test_older_runtimes_compile_as_their_jvm_does(run):
    assert "-XX:TieredStopAtLevel=1" not in run("shop.Handlers::jvm", Runtime="java11")


def test_text_is_utf_8(run):
    assert run("shop.Handlers::encodings", "Größe ✓") == ["UTF-8", "Größe ✓", "Größe ✓"]


def test_a_wrapper_gets_the_jvms_command(run, classes):
    files = {**classes, "wrapper": '#!/bin/sh\nexport WRAPPED="${1##*/}"\nexec "$@"\n'}
    variables = {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}
    assert run("shop.Handlers::environment", ["WRAPPED"], files=files, Environment={"Variables": variables}) == {
        "WRAPPED": "java"}


def test_a_warm_jvm_serves_again(functions, java):
    name = java("shop.Handlers::calls")
    assert [answer_of(functions, name) for _ in range(5)] == [1, 2, 3, 4, 5]


# --- the log -----------------------------------------------------------------------------------


def test_each_record_is_an_event(functions, java, log_of):
    name = java("shop.Handlers::logs")
    assert answer_of(functions, name, "x") == "x"
    messages = log_of(name, "REPORT")
    start = next(i for i, message in enumerate(messages) if message.startswith("START"))
    assert messages[start + 1:start + 6] == ["printed x\n", "without an end\n", "logged x\n", "two\nlines\n", "to stderr\n"]


def test_a_log_in_json_has_levels(functions, java, log_of):
    name = java("shop.Handlers::levels", LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "INFO"})
    reply = functions.invoke(FunctionName=name, Payload='"x"')
    records = [json.loads(message) for message in log_of(name, "a warning", "platform.report")]
    [record] = [record for record in records if "level" in record]
    assert record.pop("timestamp")
    assert record == {"level": "WARN", "message": "a warning", "AWSRequestId": reply["ResponseMetadata"]["RequestId"]}


# --- errors ------------------------------------------------------------------------------------


def test_an_exception_is_told_as_on_aws(functions, java, log_of):
    name = java("shop.Handlers::fails")
    reply = functions.invoke(FunctionName=name)
    assert reply["FunctionError"] == "Unhandled"
    answer = json.loads(reply["Payload"].read())
    assert answer["errorMessage"] == "no such shelf" and answer["errorType"] == "java.io.IOException"
    assert answer["stackTrace"][0].startswith("shop.Handlers.fails(Handlers.java:")
    [record] = [message for message in log_of(name, "no such shelf") if message.startswith("no such shelf: java.io.IOEx")]
    assert "Caused by: java.lang.IllegalStateException: closed" in record


@pytest.mark.parametrize("handler, kind, message", [
    ("shop.Nowhere::run", "java.lang.ClassNotFoundException", "Class not found: shop.Nowhere"),
    ("shop.Broken::run", "java.lang.IllegalArgumentException", "not today"),
    ("shop.Handlers::throwsError", "java.lang.StackOverflowError", "too deep"),
    ("shop.Handlers::asserts", "java.lang.AssertionError", "wrong"),
])
def test_what_cannot_run_is_told(functions, java, handler, kind, message):
    reply = functions.invoke(FunctionName=java(handler))
    answer = json.loads(reply["Payload"].read())
    assert reply["FunctionError"] == "Unhandled" and answer["errorType"] == kind, answer
    assert message in answer["errorMessage"]


def test_a_method_that_is_missing_is_told_in_the_clients_words(functions, java):
    assert answer_of(functions, java("shop.Handlers::nothing")) == {
        "errorMessage": "No public method named nothing with appropriate method signature found on class shop.Handlers"}


def test_an_event_of_another_type_is_an_error(functions, java):
    answer = answer_of(functions, java("shop.Handlers::doubled"), ["no", "order"])
    assert answer == {
        "errorMessage": "An error occurred during JSON parsing", "errorType": "java.lang.RuntimeException", "stackTrace": []}


@pytest.mark.parametrize("code", [0, 3])
def test_an_exit_fails_one_invocation(functions, java, code):
    name = java("shop.Handlers::exits")
    answer = answer_of(functions, name, code)
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith(
        f"Error: Runtime exited with error: exit status {code}" if code else "Error: Runtime exited without providing a reason")
    assert answer_of(functions, name, code)["errorType"] == "Runtime.ExitError"


def test_a_full_heap_is_an_error_of_the_function(functions, java):
    answer = answer_of(functions, java("shop.Handlers::fillsHeap"))
    assert answer["errorType"] == "java.lang.OutOfMemoryError" and answer["errorMessage"] == "Java heap space"


def test_memory_beyond_the_limit_kills_the_jvm(functions, java, log_of):
    name = java("shop.Handlers::fillsMemory", Environment={"Variables": {"JAVA_TOOL_OPTIONS": "-XX:MaxDirectMemorySize=2g"}})
    answer = answer_of(functions, name)
    assert answer["errorType"] == "Runtime.OutOfMemory", answer
    [report] = [message for message in log_of(name, "REPORT") if message.startswith("REPORT")]
    # The watchdog sees it some milliseconds later: see "Its memory" in services/lambda/README.md.
    assert int(re.search(r"Memory Size: 512 MB\tMax Memory Used: (\d+) MB", report)[1]) >= 512


def test_a_function_that_takes_too_long_is_stopped(functions, java):
    name = java("shop.Handlers::sleeps")
    assert answer_of(functions, name, 1) == "awake"
    functions.update_function_configuration(FunctionName=name, Timeout=1)
    functions.get_waiter("function_updated_v2").wait(FunctionName=name)
    answer = answer_of(functions, name, 600_000)
    assert answer["errorType"] == "Sandbox.Timedout" and "Task timed out after 1.00 seconds" in answer["errorMessage"]


def test_children_run_and_threads_are_bounded(functions, java):
    name = java("shop.Handlers::forks")
    assert answer_of(functions, name, 20) == "from a child"
    assert answer_of(functions, name, 20) == "from a child"
    assert 100 < answer_of(functions, java("shop.Handlers::starts"), 5000) < 1024


def test_a_function_that_prints_much_answers(functions, java):
    name = java("shop.Handlers::prints", Timeout=120)
    assert answer_of(functions, name, 10) == "printed"


# --- the machine's Java ------------------------------------------------------------------------


def fake_jdk(folder, version):
    """An installation whose program ends with its version as exit status."""
    (folder / "bin").mkdir(parents=True)
    (folder / "release").write_text(f'IMPLEMENTOR="Nobody"\nJAVA_VERSION="{version}"\n')
    program = folder / "bin" / "java"
    program.write_text(f"#!/bin/sh\nexit {version.split('.')[0]}\n")
    program.chmod(0o755)


@pytest.fixture
def bare_house(tmp_path, machine_folder):
    """A server on a machine whose only installations of Java are those in machine_folder/.jdks."""
    if os.geteuid() != 0:
        pytest.skip("hides the machine's folders")
    program = tmp_path / "orderly-without-java"
    hide = " ".join(f"mount -t tmpfs none {folder};" for folder in ("/usr/lib/jvm", "/usr/java", "/opt")
                    if os.path.isdir(folder))
    program.write_text(f'#!/bin/sh\nexec unshare --mount sh -ec \'{hide} exec "$@"\' sh {orderly_server.binary()} "$@"\n')
    program.chmod(0o755)
    server = orderly_server.Server(program=str(program), environment={"HOME": str(machine_folder), "JAVA_HOME": ""}).start()
    yield House(server)
    server.end()


def failure_of(house, name):
    configuration = house.client("lambda").get_function_configuration(FunctionName=name)
    error, answer = house.invoke(name)
    why = configuration.get("StateReason")
    assert error == "Unhandled" and json.loads(answer)["errorMessage"].endswith(why)
    assert [configuration["State"], configuration["StateReasonCode"]] == ["Failed", "InvalidRuntime"]
    return why


def test_a_jdk_that_is_missing_or_too_old_is_named(bare_house, machine_folder):
    for version in (21, 25):
        bare_house.create(f"f{version}", zip_of({"a": "b"}), Runtime=f"java{version}", Handler="a.B")
    assert failure_of(bare_house, "f21") == (
        "java is not installed on this machine: java21 needs a JDK of version 21 or later.")
    fake_jdk(machine_folder / ".jdks" / "old", "1.8.0_412")
    fake_jdk(machine_folder / ".jdks" / "lts", "17.0.15")
    assert failure_of(bare_house, "f21") == (
        f"java21 needs a JDK of version 21 or later; the newest on this machine is 17, in {machine_folder}/.jdks/lts.")
    fake_jdk(machine_folder / ".jdks" / "next", "22.0.1")
    fake_jdk(machine_folder / ".jdks" / "newest", "26")
    for name, version in (("f21", 22), ("f25", 26)):
        _, answer = bare_house.invoke(name)
        assert json.loads(answer)["errorMessage"].endswith(f"Runtime exited with error: exit status {version}")


def test_every_installed_jdk_serves_its_runtime(functions, java, log_of):
    versions = {}
    for release in pathlib.Path("/usr/lib/jvm").glob("*/release"):
        line = next(line for line in release.read_text().splitlines() if line.startswith("JAVA_VERSION="))
        versions[line.split('"')[1].split(".")[0]] = release
    for version in versions.keys() & {"17", "21", "25"}:
        name = java("shop.Handlers::environment", Runtime=f"java{version}")
        answer = answer_of(functions, name, ["java.specification.version"])
        assert answer == {"java.specification.version": version}
        kinds = [message.split()[0] for message in log_of(name, "REPORT")]
        assert kinds == ["INIT_START", "START", "END", "REPORT"]


def test_without_awss_client_its_installation_is_told(tmp_path):
    runtimes = tmp_path / "runtimes"
    shutil.copytree(orderly_server.ROOT / "runtimes" / "java", runtimes / "java", ignore=shutil.ignore_patterns("lib"))
    server = orderly_server.Server("--runtimes", str(runtimes)).start()
    try:
        house = House(server)
        house.create("f", zip_of({"a": "b"}), Runtime="java17", Handler="a.B")
        assert failure_of(house, "f") == (
            f"AWS's runtime interface client for Java is not installed: {runtimes}/java/install, or tools/setup --java, "
            "installs it.")
    finally:
        server.end()


def test_functions_run_without_a_sandbox(classes):
    server = orderly_server.Server("--sandbox", "off").start()
    try:
        house = House(server)
        house.create("f", zip_of(classes), Runtime="java17", Handler="shop.Handlers::doubled", MemorySize=512, Timeout=60)
        assert house.invoke("f", **{"id": "O1", "count": 2}) == (None, '{"id":"O1","count":4}')
    finally:
        server.end()
