"""What functions find in their sandbox: AWS's folders, variables and programs, and nothing of the server's."""

import os
import pathlib
import re
import shutil
import signal

import orderly_server
import pytest
from botocore.exceptions import WaiterError
from orderly_fixtures import zip_of


def test_folders_and_variables_are_awss(house):
    answer = house.run("""
def handler(event, context):
    names = ("LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "PWD", "PATH", "LD_LIBRARY_PATH", "AWS_XRAY_CONTEXT_MISSING",
             "AWS_LAMBDA_RUNTIME_API", "SHLVL")
    return {"cwd": os.getcwd(), "file": __file__, "opt": os.listdir("/opt"), **{name: os.environ.get(name) for name in names},
            "ours": sorted(name for name in os.environ if "ORDERLY" in name or name in ("HOME", "USER", "VIRTUAL_ENV"))}
""")
    assert answer == {
        "cwd": "/var/task", "file": "/var/task/index.py", "opt": [], "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime", "PWD": "/var/task",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR", "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001", "SHLVL": "0", "ours": []}


def test_stack_traces_show_awss_folders(house):
    answer = house.run("def handler(event, context):\n    raise ValueError('oops')\n")
    assert answer["errorMessage"] == "oops"
    assert 'File "/var/task/index.py"' in "".join(answer["stackTrace"])


# https://docs.aws.amazon.com/lambda/latest/dg/runtimes-walkthrough.html
BOOTSTRAP = """#!/bin/sh

set -euo pipefail

# Initialization - load function handler
source $LAMBDA_TASK_ROOT/"$(echo $_HANDLER | cut -d. -f1).sh"

# Processing
while true
do
  HEADERS="$(mktemp)"
  # Get an event. The HTTP request will block until one is received
  EVENT_DATA=$(curl -sS -LD "$HEADERS" "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")

  # Extract request ID by scraping response headers received above
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)

  # Run the handler function from the script
  RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT_DATA")

  # Send the response
  curl "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$REQUEST_ID/response"  -d "$RESPONSE"
done
"""

FUNCTION = """function handler () {
  EVENT_DATA=$1
  echo "$EVENT_DATA" 1>&2;
  RESPONSE="Echoing request: '$EVENT_DATA'"

  echo $RESPONSE
}
"""


def test_awss_tutorial_of_a_runtime_in_bash_runs(house):
    name = house.function("", Runtime="provided.al2023", Handler="function.handler",
                          Code={"ZipFile": zip_of({"bootstrap": BOOTSTRAP, "function.sh": FUNCTION})})
    reply = house.client("lambda").invoke(FunctionName=name, Payload=b'{"text":"Hello"}')
    assert reply["Payload"].read() == b"""Echoing request: '{"text":"Hello"}'"""


def test_why_a_bootstrap_does_not_start_is_told_to_the_caller_the_log_group_and_the_servers_log(house):
    name = house.function("", Runtime="provided.al2023", Code={"ZipFile": zip_of({"bootstrap": "#!/bin/sh\r\n"})})
    answer = house.invoke(name)
    why = "fork/exec /var/task/bootstrap: no such file or directory (its first line ends with a carriage return)"
    assert answer["errorType"] == "Runtime.InvalidEntrypoint" and answer["errorMessage"].endswith(f"Error: {why}")
    events = house.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert any(why in event["message"] for event in events), events
    assert f'reason="{why}"' in house.server.log


def wait_for_line(house, pattern):
    orderly_server.wait_until(lambda: re.search(pattern, house.server.log), 60, pattern)


def state_of(house, name):
    configuration = house.client("lambda").get_function_configuration(FunctionName=name)
    return [configuration.get(key) for key in ("State", "StateReasonCode", "StateReason")]


@pytest.mark.parametrize("runtime, family", [("nodejs22.x", "nodejs"), ("python3.12", "python")])
def test_a_function_without_an_interpreter_is_failed_until_there_is_one(houses, monkeypatch, tmp_path, runtime, family):
    if os.geteuid() != 0:
        pytest.skip("starts servers of other users")
    monkeypatch.setenv("PATH", f"/nowhere:{tmp_path}")
    house = houses(None)
    source = {"index.py": "def handler(event, context): return 1\n", "index.mjs": "export const handler = async () => 1;\n"}
    name = house.function("", Runtime=runtime, Code={"ZipFile": zip_of(source)})
    why = f"{family} is not installed on this machine."
    assert state_of(house, name) == ["Failed", "InvalidRuntime", why]
    with pytest.raises(WaiterError, match="terminal failure state"):
        house.client("lambda").get_waiter("function_active_v2").wait(FunctionName=name)
    wait_for_line(house, rf'warn a function cannot be started function=\S+:{name} reason="{re.escape(why)}"')
    assert house.invoke(name)["errorMessage"].endswith(why)
    program = {"nodejs": "node", "python": "python3"}[family]
    (tmp_path / program).symlink_to(os.path.realpath(shutil.which(program, path="/usr/bin:/usr/local/bin")))
    assert state_of(house, name) == ["Active", None, None]
    assert house.invoke(name) == 1


def test_each_functions_failures_are_in_the_servers_log(houses):
    if os.geteuid() != 0:
        pytest.skip("starts servers of other users")
    house = houses(None)
    sources = {
        "Sandbox.Timedout": "def handler(event, context): time.sleep(99)\n",
        "Runtime.ExitError": "def handler(event, context): os._exit(3)\n",
        "Runtime.ImportModuleError": "import no_such_module\n",
        "ValueError": "def handler(event, context): raise ValueError('wrong')\n",
    }
    names = {kind: house.function(source, Timeout=5) for kind, source in sources.items()}
    for name in names.values():
        assert "errorMessage" in house.invoke(name)
    for kind, name in names.items():
        wait_for_line(house, rf'warn a function failed function=\S+:{name} .*reason="[^"]*{kind}')


def test_node_functions_run_with_the_sdk_at_hand(house):
    source = """
import "@aws-sdk/client-sqs";
import os from "node:os";
export const handler = async () => [Object.keys(os.networkInterfaces())[0], import.meta.url];
"""
    name = house.function("", Runtime="nodejs20.x", Code={"ZipFile": zip_of({"index.mjs": source})})
    assert house.invoke(name) == ["lo", "file:///var/task/index.mjs"]


def test_an_interpreter_that_a_link_leads_to_is_found(houses, monkeypatch, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("starts servers of other users")
    (tmp_path / "python3").symlink_to(os.path.realpath("/usr/bin/python3"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert houses(None).run("def handler(event, context): return sys.version_info[0]\n") == 3


def test_that_there_is_no_interpreter_is_told_to_the_caller_the_log_group_and_the_servers_log(houses, monkeypatch):
    if os.geteuid() != 0:
        pytest.skip("starts servers of other users")
    monkeypatch.setenv("PATH", "/nowhere")
    house = houses(None)
    name = house.function("def handler(event, context): pass\n")
    answer = house.invoke(name)
    why = "python is not installed on this machine."
    assert answer["errorType"] == "Runtime.InvalidEntrypoint" and answer["errorMessage"].endswith(f"Error: {why}")
    events = house.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert any(why in event["message"] for event in events), events
    assert f'reason="{why}"' in house.server.log


def server_elsewhere(folder, *flags):
    """A server in a process namespace of its own."""
    program = folder / "elsewhere"
    program.write_text(f'#!/bin/sh\nexec unshare --pid --fork --kill-child {" ".join(flags)} "{orderly_server.binary()}" "$@"\n')
    program.chmod(0o755)
    return orderly_server.Server(program=str(program)).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="makes a process namespace")
def test_a_server_that_sees_other_processes_leaves_this_ones_memory_groups(houses, tmp_path):
    house = houses(None)
    other = server_elsewhere(tmp_path, "--mount-proc")
    assert house.run("def handler(event, context):\n    return 'runs'\n") == "runs"
    other.kill()
    other.remove_data()
    assert house.run("def handler(event, context):\n    return 'runs still'\n") == "runs still"


@pytest.mark.skipif(os.geteuid() != 0, reason="makes a process namespace")
def test_a_server_whose_proc_shows_other_processes_makes_no_sandboxes_and_leaves_the_machines_files(tmp_path):
    names = pathlib.Path("/etc/resolv.conf")
    before = names.read_bytes()
    server = server_elsewhere(tmp_path)
    try:
        orderly_server.wait_until(lambda: "/proc shows the processes of another namespace" in server.log)
        assert names.read_bytes() == before
    finally:
        server.kill()
        server.remove_data()
        names.write_bytes(before)


AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="starts servers of other users")


@pytest.mark.parametrize("user", [None, pytest.param(65534, marks=AS_ROOT)])
def test_functions_run_as_before_when_the_launcher_was_killed(houses, user):
    house = houses(user)
    source = "def handler(event, context): return [os.getuid(), os.getpid(), socket.gethostname(), sorted(os.listdir('/'))]\n"
    before = house.run(source)
    launcher, = pathlib.Path(f"/proc/{house.server.process.pid}/task/{house.server.process.pid}/children").read_text().split()
    os.kill(int(launcher), signal.SIGKILL)
    orderly_server.wait_until(lambda: "the launcher of sandboxes was started again" in house.server.log)
    after = house.run(source)
    assert after[1:] == before[1:] and abs(after[0] - before[0]) <= 1
    assert "not separated" not in house.server.log
