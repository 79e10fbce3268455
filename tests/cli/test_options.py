"""The server's flags: the accepted values, and the sentences for others."""

import os
import re
import shutil
import subprocess
import urllib.request

import pytest
from conftest import ROOT, environment

import orderly_server


@pytest.fixture
def orderly(tmp_path):
    """orderly("--port", "99999") → the finished process, run in an empty folder."""

    def call(*words, binary=None, **variables):
        return subprocess.run([binary or orderly_server.binary(), *words], capture_output=True, text=True, timeout=60,
                              cwd=tmp_path, env=environment(**variables), check=False)

    return call


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--port", "99999"], '--port takes a whole number from 0 to 65535, not "99999". See orderly help.'),
        (["--port", "65536"], '--port takes a whole number from 0 to 65535, not "65536". See orderly help.'),
        (["--port=-1"], '--port takes a whole number from 0 to 65535, not "-1". See orderly help.'),
        (["--port"], "--port needs a value: a whole number from 0 to 65535. See orderly help."),
        (["--threads", "65"], '--threads takes a whole number from 0 to 64, not "65". See orderly help.'),
        (["--durability", "some"], '--durability takes full or relaxed, not "some". See orderly help.'),
        (["--region", "mars"], '--region takes the name of a region (us-east-1), not "mars". See orderly help.'),
        (["--region", "us-east"], '--region takes the name of a region (us-east-1), not "us-east". See orderly help.'),
        (["--region", "us-east-"], '--region takes the name of a region (us-east-1), not "us-east-". See orderly help.'),
        (["--region", "us-east-1-1"],
         '--region takes the name of a region (us-east-1), not "us-east-1-1". See orderly help.'),
        (["--account", "12345678901"], '--account takes twelve digits, not "12345678901". See orderly help.'),
        (["--in-memory=2"], '--in-memory takes 1 or 0, not "2". See orderly help.'),
        (["--in-memory", "--data", "x"],
         "--data names a folder and --in-memory keeps nothing in one: use one of them."),
        (["--host", "0.0.0.0"], "Listening elsewhere than on loopback needs --auth strict."),
        (["--host", "[::]"], "Listening elsewhere than on loopback needs --auth strict."),
        (["--host", "[]"], '--host takes an address, not "[]". See orderly help.'),
        (["--host", "[::1]", "--root-access-key-id", "x"],
         "--root-access-key-id needs --root-secret-access-key."),
        (["--auth", "strict"],
         "--auth strict needs the administrator's key, or nobody could call: set ORDERLY_ROOT_ACCESS_KEY_ID and "
         "ORDERLY_ROOT_SECRET_ACCESS_KEY."),
        (["--iam", "maybe"], '--iam takes on, soft or off, not "maybe". See orderly help.'),
        (["--sqs-waits=2"], '--sqs-waits takes 1 or 0, not "2". See orderly help.'),
        (["--trace-keep", "7d,"],
         '--trace-keep takes an age, a size or both (7d,256MiB), or 0, not "7d,". See orderly help.'),
        (["--runtimes", "/nowhere"], "--runtimes names /nowhere, which is not a folder."),
        (["--hot-reload", "/usr", "--hot-reload", "/nowhere"],
         "--hot-reload names /nowhere, which is not a folder."),
        (["--log-format", "xml"], '--log-format takes text or json, not "xml". See orderly help.'),
        (["--moon"], "--moon is not a flag. See orderly help."),
        (["moon"], "moon is not a command. See orderly help."),
        (["help", "moon"], "moon is not a command. See orderly help."),
    ],
)
def test_what_the_server_does_not_take_is_refused_with_what_it_takes(orderly, words, sentence):
    run = orderly(*words)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"orderly: {sentence}\n")


def test_a_variable_is_refused_by_its_own_name(orderly):
    run = orderly(ORDERLY_PORT="99999")
    assert run.stderr == 'orderly: ORDERLY_PORT takes a whole number from 0 to 65535, not "99999". See orderly help.\n'


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "ap-southeast-2", "us-isob-east-1"])
def test_a_region_has_a_place_and_a_number(orderly, region):
    """The flags are read before an unknown one is reported."""
    assert orderly("--region", region, "--moon").stderr == "orderly: --moon is not a flag. See orderly help.\n"


def test_the_environments_data_folder_gives_way_to_in_memory(orderly):
    """The server fails for another reason then."""
    run = orderly("--in-memory", "--host", "0.0.0.0", ORDERLY_DATA="x")
    assert run.stderr == "orderly: Listening elsewhere than on loopback needs --auth strict.\n"


def test_help_is_there_by_every_usual_name(orderly):
    texts = {orderly(*words).stdout for words in (["help"], ["--help"], ["-h"], ["--port", "1", "--help"])}
    assert len(texts) == 1
    assert texts.pop().startswith(
        "Orderly speaks SNS, SQS, Lambda, DynamoDB, IAM, STS, CloudWatch and its Logs on one port.\n\n"
        "    orderly [flags]                  start the server\n"
        "    orderly orders COMMAND [flags]   the order notification system from the command line\n"
        "    orderly iam explain …            what a policy allows, and which statement decides\n"
        "    orderly doctor                   settings that lose or repeat messages\n"
        "    orderly function watch …         deploy a folder as a function's code at each change\n"
        "    orderly help [COMMAND …]         this text, or that of a command\n"
        "    orderly version\n\n"
        "Flags of the server:\n\n"
        "  --host ADDRESS\n")


def test_help_of_the_orders_command_is_the_same_by_every_name(orderly):
    texts = {orderly(*words).stdout for words in (["help", "orders"], ["orders", "--help"], ["orders", "help"], ["orders"])}
    assert len(texts) == 1
    assert orderly("help", "orders", "show").stdout == orderly("orders", "show", "--help").stdout


def test_the_hint_of_an_installed_binary_names_the_installed_samples(orderly, endpoint, reset, tmp_path):
    reset()
    binary = tmp_path / "bin" / "orderly"
    share = tmp_path / "share" / "orderly" / "orders"
    binary.parent.mkdir()
    shutil.copy(orderly_server.binary(), binary)
    shutil.copytree(ROOT / "apps" / "orders" / "functions" / "python", share / "functions" / "python")
    shutil.copy(ROOT / "apps" / "orders" / "orders.jsonl", share)
    run = orderly("orders", "deploy", "--function", "python", binary=binary, AWS_ENDPOINT_URL=endpoint)
    hint = run.stdout[run.stdout.index("The order system is up."):]
    assert hint == (
        "The order system is up. Next:\n"
        f"  {binary} orders submit share/orderly/orders/orders.jsonl   publish the sample orders\n"
        f"  {binary} orders show O1234                                 one order's way\n"
        f"  {binary} orders watch                                      follow all orders\n")


# --- The table in README.md --------------------------------------------------------------------


def options_in_help(text):
    """{flag with its value: (variable, default)} of `orderly --help`."""
    found = re.findall(r"^  (--\S+(?: \S+)?)\n(?:        .*\n)+?        also (\w+)(?:=1|, default (\S+))?$", text, re.MULTILINE)
    assert len(found) == len(re.findall(r"^  --", text, re.MULTILINE)) > 15
    return {flag: (variable, default) for flag, variable, default in found}


def options_in_readme():
    rows = re.findall(r"^\| `(--[^`]+)` \| `(\w+)` \| (?:`([^`]+)`)? ?\| \S.* \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    return {flag.replace("\\|", "|"): (variable, default) for flag, variable, default in rows}


def test_the_readme_lists_the_options_of_the_help_and_no_others(orderly):
    assert options_in_readme() == options_in_help(orderly("--help").stdout)


@pytest.mark.parametrize("command", ["doctor", "iam", "function", "orders"])
def test_help_of_a_command_is_what_the_command_says_itself(orderly, command):
    asked, told = orderly("help", command), orderly(command, "--help")
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, told.stdout, "")
    assert f"orderly {command}" in asked.stdout


@pytest.mark.parametrize("command", ["help", "version"])
def test_help_of_a_word_without_flags_is_the_general_help(orderly, command):
    run = orderly("help", command)
    assert (run.returncode, run.stdout, run.stderr) == (0, orderly("help").stdout, "")


# --- The standard streams ------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["--help"], ["version"], ["orders", "--help"], ["iam", "explain", "--help"]])
def test_output_that_cannot_be_written_is_a_failure(words):
    for stdout, end in (("/dev/null", (0, "")), ("/dev/full", (1, "orderly: the output could not be written.\n"))):
        with open(stdout, "w") as out:
            run = subprocess.run([orderly_server.binary(), *words], stdout=out, stderr=subprocess.PIPE, text=True, timeout=60,
                                 env=environment(), check=False)
        assert (run.returncode, run.stderr) == end


def test_closed_standard_streams_are_no_places_for_the_servers_files(tmp_path):
    """What is printed would go into the database, or to a client."""
    port = orderly_server.free_port()
    words = [orderly_server.binary(), "--port", str(port), "--data", str(tmp_path / "data")]
    server = subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *words], env=environment())
    try:
        orderly_server.wait_until(lambda: answers(port), what="the server's answer")
        streams = [os.readlink(f"/proc/{server.pid}/fd/{number}") for number in range(3)]
        assert streams == ["/dev/null"] * 3
    finally:
        server.kill()
        server.wait()


def answers(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/_orderly/health", timeout=60).status == 200
    except OSError:
        return False


# --- The log of a start and an end ---------------------------------------------------------------


@pytest.fixture
def started():
    """started("--host", "::1", PORT="0") → a server; all are stopped at the end."""
    servers = []

    def start(*arguments, **variables):
        servers.append(orderly_server.Server(*arguments, environment=variables).start())
        return servers[-1]

    yield start
    for server in servers:
        server.end()


def warnings_of_variables(server):
    return re.findall(r"warn an environment variable is unknown and changes nothing (.*)", server.log)


def test_a_misspelt_variable_is_named_beside_the_nearest_one(started):
    server = started(ORDERLY_DURABLITY="relaxed", ORDERLY_SAND_BOX="off", ORDERLY_MOON="1", ORDERLY_="1", ORDERL_PORT="1")
    assert sorted(warnings_of_variables(server)) == [
        "variable=ORDERLY_", "variable=ORDERLY_DURABLITY nearest=ORDERLY_DURABILITY", "variable=ORDERLY_MOON",
        "variable=ORDERLY_SAND_BOX nearest=ORDERLY_SANDBOX"]


LINK = {"PORT": "tcp://10.0.0.1:4566", "SERVICE_HOST": "10.0.0.1", "SERVICE_PORT": "4566", "SERVICE_PORT_AWS": "4566",
        "PORT_4566_TCP": "tcp://10.0.0.1:4566", "PORT_4566_TCP_ADDR": "10.0.0.1", "PORT_4566_TCP_PORT": "4566",
        "PORT_4566_TCP_PROTO": "tcp", "NAME": "/web/orderly", "ENV_MOON": "1"}


@pytest.mark.parametrize("port", ["tcp://10.0.0.1:4566", "udp://10.0.0.1:53"])
def test_the_variables_of_a_service_named_orderly_are_no_settings(started, port):
    """Kubernetes sets them in each pod of the service's namespace, Docker in containers that link to one of that name."""
    server = started(**{f"ORDERLY_{name}": value for name, value in {**LINK, "PORT": port}.items()}, ORDERLY_MOON="1")
    assert warnings_of_variables(server) == ["variable=ORDERLY_MOON"]
    assert [line.split("info ")[1] for line in server.log.splitlines() if "ORDERLY_PORT" in line] == [
        f"ORDERLY_PORT is no setting: it is a link to a service value={port}"]


def test_only_a_link_excuses_a_port_or_a_variable(orderly, started):
    run = orderly(ORDERLY_PORT="http://10.0.0.1:4566")
    assert run.stderr == (
        'orderly: ORDERLY_PORT takes a whole number from 0 to 65535, not "http://10.0.0.1:4566". See orderly help.\n')
    run = orderly("--port", LINK["PORT"])
    assert run.stderr == (
        'orderly: --port takes a whole number from 0 to 65535, not "tcp://10.0.0.1:4566". See orderly help.\n')
    server = started(ORDERLY_SERVICE_HOST="10.0.0.1")
    assert len(warnings_of_variables(server)) == 1


def variables_in(*patterns):
    files = [path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()]
    return {name for path in files for name in re.findall(r"\bORDERLY_[A-Z_]*[A-Z]\b", path.read_text())}


def test_the_variables_of_the_server_and_of_its_tests_are_known(started):
    """All that the help, the tests and the tools name; what is built into the binary is not a variable."""
    named = variables_in("README.md", "test", "run", "src/*.c", "src/console/*.ts", "tests/*/*.py", "tests/sdk/js/*", "bench/*.py",
                         "tools/*")
    others = {"ORDERLY_VERSION", "ORDERLY_SOURCE", "ORDERLY_DURABLITY", "ORDERLY_SAND_BOX", "ORDERLY_MOON", "ORDERLY_NAME",
              "ORDERLY_SERVICE_HOST"}
    options = {variable for variable, _ in options_in_readme().values()}
    assert named - others - options  # those of the tests
    server = started(**{name: "1" for name in named - others - options})
    assert warnings_of_variables(server) == []


@pytest.mark.parametrize("host, start", [("127.0.0.1", "http://127.0.0.1:"), ("[::1]", "http://[::1]:")])
def test_the_log_names_the_url_even_of_a_free_port(started, host, start):
    url = re.search(r" info listening url=(\S+) threads=", started("--host", host, "--port", "0").log)[1]
    assert url.startswith(start)
    with urllib.request.urlopen(url + "/_orderly/health", timeout=60) as reply:
        assert reply.status == 200
