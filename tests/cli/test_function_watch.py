"""orderly function watch: a folder that is deployed at each change."""

import json
import os
import queue
import subprocess
import threading

import boto3
import orderly_server
import pytest
from conftest import Result, environment
from orderly_fixtures import zip_of

ANSWER = "def handler(event, context):\n    return '{}'\n"


class Watch:
    """The command as a process; its lines are read while it runs."""

    def __init__(self, endpoint, *words, **variables):
        self.process = subprocess.Popen(
            [orderly_server.binary(), "function", "watch", *map(str, words)], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=environment(AWS_ENDPOINT_URL=endpoint, **variables))
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            if not line.endswith(" yet: still waiting.\n"):  # of a busy machine
                self.lines.put(line.rstrip("\n"))

    def line(self):
        return self.lines.get(timeout=60)

    def end(self):
        self.process.terminate()
        self.process.wait(60)
        self.reader.join(60)
        rest = []
        while not self.lines.empty():
            rest.append(self.lines.get())
        return rest


@pytest.fixture
def write(tmp_path_factory):
    """write(path, text) changes a file in one step: a watch that looks between two would deploy a part of the change."""
    aside = tmp_path_factory.mktemp("aside") / "file"

    def change(path, text):
        aside.write_text(text)
        os.replace(aside, path)

    return change


@pytest.fixture
def watched(endpoint, make_function, tmp_path):
    """watched(*flags) watches tmp_path for a new function; the function's name is .name."""
    started = []

    def start(*flags, **variables):
        watch = Watch(endpoint, watched.name, tmp_path, *flags, **variables)
        started.append(watch)
        return watch

    watched = start
    watched.name = make_function(ANSWER.format("package"))
    yield watched
    for watch in started:
        watch.end()


@pytest.fixture
def invoke(client):
    return lambda name: json.loads(client("lambda").invoke(FunctionName=name)["Payload"].read())


@pytest.fixture
def code_of(client):
    """code_of(function) returns the digest and the size of its package."""

    def read(name):
        configuration = client("lambda").get_function_configuration(FunctionName=name)
        return configuration["CodeSha256"], configuration["CodeSize"]

    return read


def test_a_folder_is_deployed_at_once_and_at_each_change(watched, invoke, write, tmp_path):
    (tmp_path / "index.py").write_text(ANSWER.format("one"))
    watch = watched()
    line = watch.line()
    assert f"  {watched.name}: 1 file, {len(ANSWER.format('one'))} bytes as a package of " in line and ", deployed in " in line
    assert invoke(watched.name) == "one"
    for number in range(3):
        write(tmp_path / "index.py", ANSWER.format(number))
        watch.line()
        assert invoke(watched.name) == str(number)
    assert watch.end() == []


def test_a_file_that_is_written_in_place_is_deployed_as_it_is_at_last(watched, invoke, tmp_path):
    (tmp_path / "index.py").write_text(ANSWER.format("one"))
    watch = watched()
    watch.line()
    (tmp_path / "index.py").write_text(ANSWER.format("two"))
    while invoke(watched.name) != "two":  # the file was empty for a moment
        watch.line()


def test_what_happens_in_new_folders_and_by_renaming_is_seen(watched, invoke, tmp_path):
    (tmp_path / "index.py").write_text("import below.deep.word\ndef handler(event, context):\n    return below.deep.word.text\n")
    (tmp_path / "below").mkdir()
    watch = watched()
    watch.line()
    (tmp_path / "below/deep").mkdir()
    (tmp_path / "below/deep/word.py").write_text("text = 'one'\n")
    while invoke(watched.name) != "one":
        watch.line()
    (tmp_path / "below/deep/.new").write_text("text = 'two'\n")
    os.rename(tmp_path / "below/deep/.new", tmp_path / "below/deep/word.py")
    while invoke(watched.name) != "two":
        watch.line()


def test_a_folder_that_is_made_again_is_deployed_again(watched, invoke, tmp_path):
    folder = tmp_path
    (folder / "index.py").write_text(ANSWER.format("one"))
    watch = watched()
    watch.line()
    os.rename(folder, f"{folder}-old")
    folder.mkdir()
    (folder / "index.py").write_text(ANSWER.format("two"))
    while invoke(watched.name) != "two":
        watch.line()


def test_a_package_is_the_same_whenever_the_folder_is(watched, code_of, tmp_path):
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "run.sh").chmod(0o700)
    (tmp_path / "index.py").write_text(ANSWER.format("one"))
    os.symlink("index.py", tmp_path / "link.py")
    (tmp_path / "empty").mkdir()
    watched().line()
    first = code_of(watched.name)
    os.utime(tmp_path / "index.py", (1, 1))
    (tmp_path / "run.sh").chmod(0o755)
    watch = watched()
    watch.line()
    assert code_of(watched.name) == first
    (tmp_path / "run.sh").chmod(0o644)
    watch.line()
    assert code_of(watched.name) != first


def test_a_package_keeps_links_empty_folders_and_what_may_be_executed(watched, invoke, tmp_path):
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "run.sh").chmod(0o700)
    (tmp_path / "größe.txt").write_text("x")
    (tmp_path / "index.py").write_text(
        "import os\n"
        "def handler(event, context):\n"
        "    return sorted([name, oct(os.lstat(name).st_mode & 0o170777)] for name in os.listdir('.'))\n")
    os.symlink("index.py", tmp_path / "link.py")
    (tmp_path / "empty").mkdir()
    watched().line()
    assert invoke(watched.name) == [
        ["empty", "0o40555"], ["größe.txt", "0o100444"], ["index.py", "0o100444"], ["link.py", "0o120777"],
        ["run.sh", "0o100555"]]


def test_what_is_excluded_is_neither_packed_nor_watched(watched, invoke, write, tmp_path):
    (tmp_path / "index.py").write_text("import os\ndef handler(event, context):\n"
                                       "    return sorted(path for path, _, files in os.walk('.') for path in files)\n")
    for name in (".git/config", "__pycache__/x.pyc", "src/.git/config", "src/a.test.js", "src/a.js", "out/old/b.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    watch = watched("--exclude", "*.test.js", "--exclude", "out/old")
    assert " 2 files, " in watch.line()
    assert invoke(watched.name) == ["a.js", "index.py"]
    for name in (".git/config", "__pycache__/x.pyc", "out/old/b.js", "src/a.test.js"):
        (tmp_path / name).write_text("y")
    write(tmp_path / "src/b.js", "x")
    assert " 3 files, " in watch.line()
    assert watch.end() == []


def test_a_failure_does_not_end_it_after_the_first_deployment(watched, invoke, tmp_path):
    (tmp_path / "index.py").write_text(ANSWER.format("one"))
    watch = watched()
    watch.line()
    os.symlink("/etc/passwd", tmp_path / "outside")
    assert watch.line() == (
        "orderly: InvalidParameterValueException: Could not unzip uploaded file. Please check your file, then try to "
        "upload again.")
    assert watch.line() == f"orderly: A link leads out of the folder: {tmp_path}/outside -> /etc/passwd"
    os.remove(tmp_path / "outside")
    (tmp_path / "index.py").write_text(ANSWER.format("two"))
    while invoke(watched.name) != "two":
        watch.line()


def test_more_than_lambda_takes_is_refused_before_it_is_sent(watched, write, tmp_path):
    with open(tmp_path / "zeroes", "wb") as file:
        file.truncate(262_144_000)
    watch = watched()
    assert ", 262,144,000 bytes as a package of " in watch.line()
    write(tmp_path / "one", "x")
    assert watch.line() == (
        f"orderly: {tmp_path}/zeroes cannot be packed: the files have more than 262144000 bytes, Lambda's limit.")


@pytest.mark.parametrize("path, target", [
    ("outside", "/etc/passwd"), ("a/b/up", "../../../x"), ("a/b/up", "c/../../../../x"),
])
def test_a_link_out_of_the_folder_is_named(watched, tmp_path, path, target):
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "index.py").write_text(ANSWER.format("one"))
    os.symlink("../../index.py", tmp_path / "a/b/inside")
    watch = watched()
    watch.line()
    os.symlink(target, tmp_path / path)
    assert watch.line().startswith("orderly: InvalidParameterValueException: ")
    assert watch.line() == f"orderly: A link leads out of the folder: {tmp_path}/{path} -> {target}"


@pytest.fixture
def watch_once(endpoint):
    def call(*words, **variables):
        return Result(subprocess.run(
            [orderly_server.binary(), "function", *map(str, words)], capture_output=True, text=True, timeout=60,
            check=False, env=environment(**{"AWS_ENDPOINT_URL": endpoint, **variables})))

    return call


def test_what_is_wrong_from_the_beginning_ends_it(watch_once, tmp_path, unique):
    (tmp_path / "index.py").write_text(ANSWER.format("one"))
    name = unique("none")[:60]
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    result = watch_once("watch", name, tmp_path)
    assert (result.code, result.out, result.err) == (1, "",
        f"orderly: ResourceNotFoundException: Function not found: {arn}\n")
    result = watch_once("watch", name, tmp_path / "none")
    assert (result.code, result.err) == (
        1, f"orderly: {tmp_path}/none cannot be watched: No such file or directory.\n")
    result = watch_once("watch", name, tmp_path, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert (result.code, "127.0.0.1:9" in result.err) == (1, True)


@pytest.mark.parametrize("words, sentence", [
    (["dance"], "dance is not a command. See orderly function --help."),
    (["watch"], "NAME is missing. See orderly function watch --help."),
    (["watch", "f"], "FOLDER is missing. See orderly function watch --help."),
])
def test_a_wrong_command_line_is_explained(watch_once, words, sentence):
    result = watch_once(*words)
    assert (result.code, result.err) == (2, f"orderly: {sentence}\n")


def test_its_help_is_that_of_the_others(watch_once):
    assert "\n  watch   NAME FOLDER" in watch_once("--help").out
    assert "--exclude PATTERN" in watch_once("watch", "--help").out


def test_a_folder_that_is_gone_for_long_is_waited_for(watched, invoke, tmp_path):
    (tmp_path / "index.py").write_text(ANSWER.format("one"))
    watch = watched()
    watch.line()
    os.rename(tmp_path, f"{tmp_path}-away")
    assert watch.line() == f"orderly: {tmp_path} is gone: waiting for it."
    os.rename(f"{tmp_path}-away", tmp_path)
    (tmp_path / "index.py").write_text(ANSWER.format("two"))
    while invoke(watched.name) != "two":
        watch.line()


def connect(server, service):
    return boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                        aws_secret_access_key="test")


def create_function(server):
    trust = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}}
    role = connect(server, "iam").create_role(RoleName="Role", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    connect(server, "lambda").create_function(FunctionName="watched", Runtime="python3.11", Handler="index.handler", Role=role,
                                              Code={"ZipFile": zip_of({"index.py": "package"})})


@pytest.fixture
def watched_alone(own_server, tmp_path):
    """A watch of tmp_path, in which one file has been deployed, for a server that may be ended."""
    create_function(own_server)
    (tmp_path / "index.py").write_text("one")
    watch = Watch(own_server.endpoint, "watched", tmp_path)
    assert ", deployed in " in watch.line()
    yield watch
    watch.end()


def test_a_change_while_the_server_is_away_is_deployed_when_it_is_back(own_server, watched_alone, write, tmp_path):
    own_server.stop()
    write(tmp_path / "index.py", "two, which is longer")
    assert watched_alone.line() == f"orderly: Nothing answers at {own_server.endpoint}. Start it with ./run or orderly."
    assert watched_alone.line() == "orderly: The folder is not deployed: trying it again until it is."
    own_server.start()
    assert "watched: 1 file, 20 bytes as a package of " in watched_alone.line()
    write(tmp_path / "index.py", "three")
    assert "watched: 1 file, 5 bytes as a package of " in watched_alone.line()
    assert watched_alone.end() == []


def test_a_server_that_has_forgotten_the_function_gets_the_change_when_it_knows_it_again(own_server, watched_alone, write, tmp_path):
    orderly_server.post(own_server.endpoint, "/_orderly/reset")
    write(tmp_path / "index.py", "two, which is longer")
    assert watched_alone.line().startswith("orderly: ResourceNotFoundException: Function not found: ")
    assert watched_alone.line() == "orderly: The folder is not deployed: trying it again until it is."
    create_function(own_server)
    assert "watched: 1 file, 20 bytes as a package of " in watched_alone.line()


def test_a_folder_that_is_as_it_was_when_the_server_is_back_is_deployed_once_more(own_server, watched_alone, write, tmp_path):
    own_server.stop()
    write(tmp_path / "index.py", "two, which is longer")
    watched_alone.line()
    watched_alone.line()
    write(tmp_path / "index.py", "one")  # nobody knows which of the two the server has
    own_server.start()
    assert "watched: 1 file, 3 bytes as a package of " in watched_alone.line()
    assert watched_alone.end() == []
