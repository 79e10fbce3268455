"""The end of the process that starts functions, and with it of all functions: another one starts, and nothing is lost."""

import concurrent.futures
import json
import os
import pathlib
import signal

import orderly_server
import pytest
from function_house import House

PROVISIONED = ("import os\ndef handler(event, context):\n"
               "    return [os.environ['AWS_LAMBDA_INITIALIZATION_TYPE'], context.log_stream_name]\n")


class Launched(House):
    @property
    def launcher(self):
        return self.children(self.server.process.pid)[0]

    @staticmethod
    def children(pid):
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_launcher(self):
        launcher = self.launcher
        os.kill(launcher, signal.SIGKILL)
        orderly_server.wait_until(lambda: f"{launcher}" not in map(str, self.children(self.server.process.pid)))

    def programs(self):
        """Functions' programs: the children of their sandboxes' processes 1."""
        return [program for sandbox in self.children(self.launcher) for program in self.children(sandbox)]

    def role(self):
        arn = super().role()
        self.client("iam").attach_role_policy(RoleName="packages", PolicyArn="arn:aws:iam::aws:policy/CloudWatchLogsFullAccess")
        return arn

    def log_of(self, name):
        logs = self.client("logs")
        try:
            return "".join(event["message"] for event in logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"])
        except logs.exceptions.ResourceNotFoundException:
            return ""

    def provision(self, name):
        self.client("lambda").publish_version(FunctionName=name)
        self.client("lambda").put_provisioned_concurrency_config(
            FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)

    def provisioned(self, name):
        return self.client("lambda").get_provisioned_concurrency_config(FunctionName=name, Qualifier="1")

    def wait_provisioned(self, name):
        orderly_server.wait_until(lambda: self.provisioned(name)["Status"] == "READY", what="provisioned concurrency")


@pytest.fixture(params=["preferred", "off"])
def house(request):
    server = orderly_server.Server("--sandbox", request.param).start()
    yield Launched(server)
    server.stop()
    server.remove_data()


def test_an_invocation_ends_with_its_environment_and_the_next_one_gets_another(house):
    house.create("f", "import time\ndef handler(event, context):\n    print('ENTERED')\n    time.sleep(event.get('s', 0))\n    return 'ran'\n")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(house.invoke, "f", s=60)
        orderly_server.wait_until(lambda: "ENTERED" in house.log_of("f"))
        house.kill_launcher()
        error, answer = running.result()
    assert error == "Unhandled"
    assert json.loads(answer)["errorType"] == "Runtime.ExitError"
    assert json.loads(answer)["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")
    assert house.invoke("f") == (None, '"ran"')


def test_an_event_whose_environment_died_is_tried_again(house):
    house.create("f", "import time\ndef handler(event, context):\n    print('ENTERED')\n    time.sleep(event.pop('s', 0))\n")
    house.client("lambda").invoke(FunctionName="f", InvocationType="Event", Payload=b'{"s": 20}')
    orderly_server.wait_until(lambda: "ENTERED" in house.log_of("f"))
    house.kill_launcher()
    orderly_server.wait_until(lambda: "signal: killed" in house.log_of("f"))
    house.server.advance_clock(60)
    orderly_server.wait_until(lambda: house.log_of("f").count("ENTERED") == 2)


def test_provisioned_environments_are_started_again(house):
    house.create("f", PROVISIONED)
    house.provision("f")
    house.wait_provisioned("f")
    before = invoke_version(house, "f")
    house.kill_launcher()

    def has_another():
        answer = invoke_version(house, "f")
        return answer and answer != before and answer[0] == "provisioned-concurrency"

    orderly_server.wait_until(has_another, what="another provisioned environment")
    assert before[0] == "provisioned-concurrency" and "the launcher of sandboxes was started again" in house.server.log
    house.wait_provisioned("f")


def invoke_version(house, name):
    """The answer of version 1, or None: its environment has died meanwhile."""
    reply = house.client("lambda").invoke(FunctionName=name, Qualifier="1")
    return None if "FunctionError" in reply else json.loads(reply["Payload"].read())


@pytest.fixture
def unsandboxed():
    """Functions see the machine's files."""
    server = orderly_server.Server("--sandbox", "off").start()
    yield Launched(server)
    server.stop()
    server.remove_data()


def test_an_environment_that_dies_while_it_initializes_is_no_failure_of_its_function(unsandboxed, tmp_path):
    house = unsandboxed
    path = tmp_path / "open"
    wait = f"import os, time\nwhile not os.path.exists({str(path)!r}):\n    time.sleep(0.01)\n"
    house.create("waits", wait + PROVISIONED)
    house.create("provided", wait + PROVISIONED)
    house.provision("provided")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(house.invoke, "waits")
        orderly_server.wait_until(lambda: len(house.programs()) == 2)
        house.kill_launcher()
        orderly_server.wait_until(lambda: "was started again" in house.server.log)
        path.touch()
        error, answer = running.result()
    assert error is None and json.loads(answer)[0] == "on-demand"
    house.wait_provisioned("provided")
    assert "Error" not in house.log_of("waits")
