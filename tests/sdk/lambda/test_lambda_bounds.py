"""Lambda: large or many things are written and removed in bounded runs, and arrive complete."""

import json

import boto3
import changes
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from orderly_fixtures import ECHO, LAMBDA_TRUST, zip_of

INVOCATIONS_PER_RUN = 100
VERSIONS_PER_RUN = 20
LARGE_PAYLOAD = 4096
SLOW_TO_START = "import time\ntime.sleep(2)\nruns = 0\ndef handler(event, context):\n    global runs\n    runs += 1\n    return runs\n"


class Functions(changes.OwnServer):
    @property
    def functions(self):
        return self.client("lambda")

    def make(self, name, source=ECHO):
        try:
            self.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=LAMBDA_TRUST)
        except self.client("iam").exceptions.EntityAlreadyExistsException:
            pass
        self.functions.create_function(
            FunctionName=name, Runtime="python3.11", Handler="index.handler", Timeout=30,
            Role="arn:aws:iam::000000000000:role/role", Code={"ZipFile": zip_of({"index.py": source})})

    def count(self, table):
        [(count,)] = self.rows(f"select count(*) from {table}")
        return count

    def queue(self, count):
        """Add that many invocations of the only function that wait for their next attempt, each with a separate
        payload."""
        self.change(
            f"""with recursive n(i) as (select 1 union all select i + 1 from n where i < {count})
            insert into lambda_invocation (id, request_id, function_id, version_id, kind, state, payload, payload_apart,
                trace_id, queued_ms, attempts, started_ms, announced, wants_tail)
            select 1000 + i, 'request-' || i, function_id, id, 'event', 'waiting', x'', 1, 't', 0, 1, 0, 0, 0 from n, lambda_version""",
            "insert into lambda_payload (id, content) select id, x'7b7d' from lambda_invocation")


    def publish(self, count):
        """Add that many versions of the only function, each with a package of one byte more than the one before."""
        columns = [name for _, name, *_ in self.rows("pragma table_info(lambda_version)")]
        changed = {"id": "null", "number": "i", "package": "printf('%064x', i)", "package_size": "i"}
        self.change(
            f"""with recursive n(i) as (select 1 union all select i + 1 from n where i < {count})
            insert into lambda_version ({", ".join(columns)})
            select {", ".join(changed.get(name, name) for name in columns)} from n, lambda_version""")


@pytest.fixture
def house():
    one = Functions()
    yield one
    one.end()


@pytest.mark.parametrize("environment, most", [(changes.NO_HURRY, INVOCATIONS_PER_RUN), (changes.ALWAYS_OVER, 1)])
def test_the_invocations_of_a_deleted_function_are_removed_some_at_a_time(house, environment, most):
    house.make("busy")
    house.queue(2 * INVOCATIONS_PER_RUN + 50)
    house.restart_recording(environment, removed="delete on lambda_invocation", run="insert on engine_timer")
    house.functions.delete_function(FunctionName="busy")
    house.make("busy")
    house.wait_for_no_rows("select 1 from lambda_invocation")
    assert house.functions.invoke(FunctionName="busy", Payload=b"1")["Payload"].read() == b"1"
    words = house.stop_and_read()
    assert words.count("removed") == 2 * INVOCATIONS_PER_RUN + 50 + 1
    assert changes.largest_run(words, "removed", until="run") == most
    assert house.count("lambda_payload") == 0


@pytest.mark.parametrize("environment, most", [(changes.NO_HURRY, VERSIONS_PER_RUN), (changes.ALWAYS_OVER, 1)])
def test_the_versions_of_a_deleted_function_are_removed_some_at_a_time(house, environment, most):
    house.make("many")
    house.publish(3 * VERSIONS_PER_RUN)
    house.restart_recording(environment, removed="delete on lambda_version", deleted="delete on lambda_function",
                            run="insert on engine_timer when new.operation = 'lambda:RemoveVersions'")
    house.functions.delete_function(FunctionName="many")
    with pytest.raises(house.functions.exceptions.ResourceNotFoundException):
        house.functions.get_function(FunctionName="many", Qualifier=str(3 * VERSIONS_PER_RUN))
    house.wait_for_no_rows("select 1 from lambda_version")
    assert house.functions.get_account_settings()["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 0}
    words = house.stop_and_read()
    assert words.count("removed") == 3 * VERSIONS_PER_RUN + 1
    assert words[:words.index("deleted")].count("removed") == VERSIONS_PER_RUN
    assert changes.largest_run(words[words.index("deleted"):], "removed", until="run") == most


@pytest.mark.parametrize("kind, size, apart", [("Event", LARGE_PAYLOAD, 0), ("Event", LARGE_PAYLOAD + 1, 1),
                                               ("RequestResponse", LARGE_PAYLOAD + 1, 0), ("RequestResponse", 6_000_000, 0)])
def test_a_large_payload_is_stored_once_and_that_of_a_waiting_caller_never(house, kind, size, apart):
    house.make("echo")
    house.restart_recording(apart="insert on lambda_payload", again="update on lambda_payload", gone="delete on lambda_payload",
                            ended="delete on lambda_invocation")
    payload = json.dumps("x" * (size - 2)).encode()
    reply = house.functions.invoke(FunctionName="echo", InvocationType=kind, Payload=payload)
    house.wait_for_no_rows("select 1 from (select count(*) as ended from test_change where word = 'ended') where ended = 0")
    if kind == "RequestResponse":
        assert reply["Payload"].read() == payload
    words = house.stop_and_read()
    assert [words.count(word) for word in ("apart", "again", "gone", "ended")] == [apart, 0, apart, 1]


def test_a_large_event_goes_with_its_caller_and_makes_way_for_the_next(house):
    house.make("slow", source=SLOW_TO_START)
    impatient = boto3.Session("test", "test", region_name="us-east-1").client(
        "lambda", endpoint_url=house.server.endpoint, config=Config(retries={"max_attempts": 0}, read_timeout=0.3))
    with pytest.raises(ReadTimeoutError):
        impatient.invoke(FunctionName="slow", Payload=json.dumps("x" * LARGE_PAYLOAD))
    assert house.functions.invoke(FunctionName="slow", Payload=b"{}")["Payload"].read() == b"1"
    house.wait_for_no_rows("select 1 from lambda_invocation")


@pytest.mark.parametrize("size, stored", [(LARGE_PAYLOAD, 1), (LARGE_PAYLOAD + 1, 0), (6_000_000, 0)])
def test_a_large_answer_is_not_stored(house, size, stored):
    house.make("echo")
    house.restart_recording(done="update of result on lambda_invocation",
                            stored="update of result on lambda_invocation when new.result is not null")
    payload = json.dumps("x" * (size - 2)).encode()
    assert house.functions.invoke(FunctionName="echo", Payload=payload)["Payload"].read() == payload
    words = house.stop_and_read()
    assert [words.count(word) for word in ("done", "stored")] == [1, stored]


def test_an_invocation_with_a_large_payload_is_begun_again_after_a_restart(house):
    house.make("echo")
    house.queue(1)
    house.change("update lambda_payload set content = cast(json_quote(hex(zeroblob(10000))) as blob)",
                 "update lambda_invocation set state = 'running'",
                 "insert into lambda_payload (id, content) values (5, x'00')")
    house.wait_for_no_rows("select 1 from lambda_invocation")
    assert house.count("lambda_payload") == 0


@pytest.mark.parametrize("size", [100, 100_000])
def test_a_payload_that_is_no_json_is_refused_with_the_place_where_it_stops_being_so(house, size):
    house.make("echo")
    for kind in ("RequestResponse", "Event", "DryRun"):
        with pytest.raises(ClientError) as refused:
            house.functions.invoke(FunctionName="echo", InvocationType=kind, Payload=b"[" + b"1," * size + b"x]")
        assert refused.value.response["Error"] == {
            "Code": "InvalidRequestContentException",
            "Message": "Could not parse request body into json: Could not parse payload into json: Unrecognized token 'x': was "
                       "expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: REDACTED "
                       f"(`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: {4 + 2 * size}]"}
    assert house.count("lambda_invocation") == 0


def test_an_asynchronous_invocation_is_a_delivery_only_once_it_has_failed(house):
    house.make("echo", 'def handler(event, context):\n    assert event == "good"\n')
    house.restart_recording(added="insert on engine_delivery", invoked="insert on lambda_invocation",
                            ended="delete on lambda_invocation")
    for event in ("good", "bad"):
        house.functions.invoke(FunctionName="echo", InvocationType="Event", Payload=json.dumps(event).encode())
        house.wait_for_no_rows("select 1 from lambda_invocation where state <> 'waiting'")
    assert house.stop_and_read() == ["invoked", "ended", "invoked", "added"]


def test_a_function_that_is_deleted_takes_its_retries_with_it(house):
    house.make("fails", "def handler(event, context):\n    assert False\n")
    for _ in range(3):
        house.functions.invoke(FunctionName="fails", InvocationType="Event", Payload=b"1")
    house.wait_for_no_rows("select 1 where (select count(*) from engine_delivery) < 3")
    house.functions.delete_function(FunctionName="fails")
    house.wait_for_no_rows("select 1 from engine_delivery")
    house.wait_for_no_rows("select 1 from lambda_invocation")
    house.wait_for_no_rows("select 1 from engine_delivery_target")
