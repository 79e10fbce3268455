"""Packages of functions on the disk: who may read them, what unpacking accepts, how long they stay; each test with a
server of its own.
"""

import base64
import contextlib
import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
import struct
import tempfile
import threading
import urllib.error
import urllib.request
import uuid
import warnings
import zipfile

import changes
import orderly_server
import pytest
from botocore.exceptions import ClientError
from function_house import House
from orderly_fixtures import zip_of
from queues import awaited

NOBODY = 65534


@pytest.fixture
def house():
    """house(*arguments, **keywords) starts a server; the keywords are Server's."""
    servers = []

    def open_house(*arguments, **options):
        servers.append(orderly_server.Server(*arguments, **options).start())
        return House(servers[-1])

    yield open_house
    for server in servers:
        server.end()


@pytest.fixture(scope="module")
def shared_house():
    """A server for the tests that leave nothing behind."""
    server = orderly_server.Server().start()
    yield House(server)
    server.end()


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# --- Modes -------------------------------------------------------------------------------------


def test_nobody_else_gets_at_data_or_code_whatever_the_modes_were_before(house):
    one = house()
    one.create("hello", "def handler(event, context): return 'hello'")
    assert one.invoke("hello") == (None, '"hello"')
    package = next(path for path in one.functions.iterdir() if not path.name.startswith("."))

    def modes():
        files = {path.name: mode_of(path) for path in one.data.iterdir() if path.is_file()}
        assert {"orderly.db", "lock"} <= set(files)
        return set(files.values()), {mode_of(path) for path in (one.data, one.functions, package)}

    assert modes() == ({0o600}, {0o700})
    one.server.stop()
    for path in (one.data, one.functions, package, one.data / "orderly.db", one.data / "lock"):
        path.chmod(0o777)
    one.server.start()
    assert one.invoke("hello") == (None, '"hello"')
    assert modes() == ({0o600}, {0o700})


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to somebody else")
def test_the_start_says_what_it_cannot_close_to_others(house):
    with tempfile.TemporaryDirectory(prefix="orderly-test-") as data:
        os.chmod(data, 0o777)
        server = house(data=data, user=NOBODY).server
        warnings = [line for line in server.log_lines if "its mode cannot be changed" in line]
        assert len(warnings) == 1 and f'path={data} mode=0777' in warnings[0]
        server.stop()


# --- How long unpacked code stays --------------------------------------------------------------

HELLO = "def handler(event, context): return 'hello'"


def unpacked(house):
    """The names in the folder of functions."""
    return sorted(path.name for path in house.functions.iterdir()) if house.functions.exists() else []


def digest_of(package):
    return hashlib.sha256(package).hexdigest()


def wait_unpacked(house, *packages):
    names = sorted(digest_of(package) for package in packages)
    orderly_server.wait_until(lambda: unpacked(house) == names, what=f"{names} to be unpacked, and no more")


def run_cold(house, name):
    """Invoke the function in a new sandbox."""
    house.client("lambda").update_function_configuration(FunctionName=name, Description=uuid.uuid4().hex)
    return house.invoke(name)


def test_code_is_unpacked_when_it_runs_and_goes_with_the_last_function_that_has_it(house):
    one = house()
    package = zip_of({"index.py": HELLO})
    one.create("one", package)
    one.create("two", package)
    assert unpacked(one) == []
    assert one.invoke("one") == one.invoke("two") == (None, '"hello"')
    wait_unpacked(one, package)
    one.client("lambda").delete_function(FunctionName="one")
    assert run_cold(one, "two") == (None, '"hello"')
    wait_unpacked(one, package)
    one.client("lambda").delete_function(FunctionName="two")
    wait_unpacked(one)


WAITING = """
import boto3, os
sqs = boto3.client("sqs")
def handler(event, context):
    sqs.send_message(QueueUrl=event["here"], MessageBody="here")
    while not sqs.receive_message(QueueUrl=event["go"], WaitTimeSeconds=5).get("Messages"): pass
    return open(os.environ["LAMBDA_TASK_ROOT"] + "/text").read()
"""


def test_replaced_code_goes_when_its_last_sandbox_has_ended(house):
    one = house()
    slow, other = zip_of({"index.py": WAITING, "text": "still here"}), zip_of({"index.py": HELLO})
    sqs = one.client("sqs")
    here, go = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("here", "go"))
    one.create("busy", slow, Timeout=60)
    answers = []
    running = threading.Thread(target=lambda: answers.append(one.invoke("busy", here=here, go=go)))
    running.start()
    assert awaited(sqs, here)
    one.client("lambda").update_function_code(FunctionName="busy", ZipFile=other)
    assert one.invoke("busy") == (None, '"hello"')
    assert unpacked(one) == sorted([digest_of(slow), digest_of(other)])
    sqs.send_message(QueueUrl=go, MessageBody="go")
    running.join()
    assert answers == [(None, '"still here"')]
    wait_unpacked(one, other)


def test_a_start_and_a_reset_leave_no_code_that_nobody_names(house):
    one = house()
    package = zip_of({"index.py": HELLO})
    one.create("one", package)
    assert one.invoke("one") == (None, '"hello"')
    one.server.stop()
    for name in ("ab" * 32, ".new-abcdef", ".old-" + "cd" * 32 + "-0123456789abcdef"):
        (one.functions / name / "code").mkdir(parents=True)
    one.server.start()
    wait_unpacked(one)
    assert one.invoke("one") == (None, '"hello"')
    wait_unpacked(one, package)
    orderly_server.post(one.server.endpoint, "/_localstack/state/reset")
    wait_unpacked(one)


def test_what_is_not_a_packages_folder_is_left_alone(house):
    one = house()
    one.server.stop()
    (one.functions / "notes").mkdir(parents=True, exist_ok=True)
    one.server.start()
    one.create("one", HELLO)
    assert one.invoke("one") == (None, '"hello"')
    assert "notes" in unpacked(one)


# --- Altered code ------------------------------------------------------------------------------


def write_into(path, text):
    path.chmod(0o644)
    path.write_text(text)


def add_beside(path, text):
    path.parent.chmod(0o755)
    (path.parent / "json.py").write_text(text)


def put_in_place_of(path, text):
    path.parent.chmod(0o755)
    kept = path.stat()
    other = path.with_name("other")
    other.write_text(text)
    os.utime(other, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    other.chmod(kept.st_mode)
    os.rename(other, path)


def remove(path, text):
    path.parent.chmod(0o755)
    path.unlink()


EVIL = "def handler(event, context): return 'evil!'"  # the same size as HELLO


@pytest.mark.parametrize("alter", [write_into, add_beside, put_in_place_of, remove])
def test_code_that_was_altered_on_the_disk_does_not_run(house, alter):
    one = house()
    package = zip_of({"index.py": HELLO})
    code = one.functions / digest_of(package) / "code" / "index.py"
    one.create("one", package)
    assert one.invoke("one") == (None, '"hello"')
    alter(code, EVIL)
    assert run_cold(one, "one") == (None, '"hello"')
    assert digest_of(package) in unpacked(one)  # and the old code, until the sandboxes have ended
    one.server.stop()
    alter(code, EVIL)
    one.server.start()
    assert one.invoke("one") == (None, '"hello"')
    wait_unpacked(one, package)
    alter(code, EVIL)
    assert run_cold(one, "one") == (None, '"hello"')
    one.client("lambda").delete_function(FunctionName="one")
    wait_unpacked(one)


def test_code_is_unpacked_anew_when_its_folder_is_lost(house):
    one = house()
    one.create("one", HELLO)
    assert one.invoke("one") == (None, '"hello"')
    shutil.rmtree(one.functions)
    assert run_cold(one, "one") == (None, '"hello"')


def test_code_that_is_not_altered_is_not_unpacked_again(house):
    one = house()
    package = zip_of({"bootstrap": "#!/bin/sh\nexit 3\n"})
    one.create("one", package, Runtime="provided.al2023", Handler="any")
    folder = one.functions / digest_of(package)
    assert one.invoke("one")[0] == "Unhandled"
    before = folder.stat().st_ino
    assert run_cold(one, "one")[0] == "Unhandled"
    assert folder.stat().st_ino == before


# --- Downloads ---------------------------------------------------------------------------------


def get(url):
    """Status, content type and body, unsigned."""
    try:
        with urllib.request.urlopen(url, timeout=30) as reply:
            return reply.status, reply.headers["Content-Type"], reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers["Content-Type"], error.read()


def advance(house, seconds):
    house.server.advance_clock(seconds)


def location(house, name):
    return house.client("lambda").get_function(FunctionName=name)["Code"]["Location"]


def test_the_code_can_be_downloaded_for_ten_minutes(house):
    one = house()
    package = zip_of({"index.py": "def handler(event, context): return 1"})
    one.create("one", package)
    url = location(one, "one")
    assert url.startswith(one.server.endpoint + "/")
    assert get(url) == (200, "application/zip", package)
    advance(one, 540)
    assert get(url) == (200, "application/zip", package)
    advance(one, 60)
    status, kind, body = get(url)
    assert (status, kind) == (403, "application/xml")
    assert b"<Code>AccessDenied</Code><Message>Request has expired</Message><X-Amz-Expires>600</X-Amz-Expires>" in body
    assert get(location(one, "one")) == (200, "application/zip", package)


def test_a_large_package_is_downloaded_whole_while_others_do_not_read_theirs(house):
    one = house()
    package = zip_of({"index.py": "", "data": os.urandom(8 * 1024 * 1024)})
    one.create("one", package)
    url = location(one, "one")
    unread = [urllib.request.urlopen(url, timeout=30) for _ in range(20)]
    assert get(url) == (200, "application/zip", package)
    with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=30) as head:
        assert (head.status, int(head.headers["Content-Length"]), head.read()) == (200, len(package), b"")
    assert unread[0].read() == package
    for reply in unread:
        reply.close()


def test_code_cannot_be_downloaded_without_a_url_that_was_given_out(house):
    one = house()
    one.create("one", zip_of({"index.py": ""}))
    digest = base64.b64decode(one.client("lambda").list_functions()["Functions"][0]["CodeSha256"]).hex()
    url = location(one, "one")
    assert digest not in url
    folder = url.rsplit("/", 1)[0]
    changed = url[:-1] + ("A" if url[-1] != "A" else "B")
    for guess in (f"{folder}/{digest}", f"{folder}/", changed, url + "A", url[:-1]):
        status, kind, body = get(guess)
        assert (status, kind) == (403, "application/xml"), guess
        assert b"<Code>SignatureDoesNotMatch</Code>" in body


def test_a_url_outlives_the_server_and_ends_with_the_code(house):
    one = house()
    one.create("one", zip_of({"index.py": ""}))
    url = location(one, "one")
    one.server.stop()
    one.server.start()
    assert get(url)[0] == 200
    one.client("lambda").delete_function(FunctionName="one")
    status, kind, body = get(url)
    assert (status, kind) == (404, "application/xml") and b"<Code>NoSuchKey</Code>" in body


def test_under_strict_authentication_the_url_is_enough_too(house):
    one = house("--auth", "strict", "--root-access-key-id", "AKIDROOT", "--root-secret-access-key", "secret")
    keys = {"aws_access_key_id": "AKIDROOT", "aws_secret_access_key": "secret"}
    made = one.client
    one.client = lambda service: made(service, **keys)
    package = zip_of({"index.py": ""})
    one.create("one", package)
    assert get(location(one, "one")) == (200, "application/zip", package)
    assert get(location(one, "one") + "A")[0] == 403


# --- Large packages ----------------------------------------------------------------------------

PIECE = 256 * 1024
LARGE = 45_000_000


def large_package(source, size=LARGE):
    return zip_with([("index.py", source), ("ballast", os.urandom(size))], zipfile.ZIP_STORED)


def stored(house):
    """The number of pieces of packages in the database."""
    return changes.rows(house.server, "select count(*) from lambda_piece")[0][0]


def wait_stored(house, count):
    orderly_server.wait_until(lambda: stored(house) == count, what=f"{count} pieces to be stored, and no more")


def calls_so_far(house):
    with urllib.request.urlopen(house.server.endpoint + "/_orderly/metrics", timeout=30) as reply:
        return json.load(reply)["engine"]["calls"]


def test_a_large_package_is_written_and_removed_by_many_short_calls(house):
    one = house()
    first, second = large_package(HELLO), large_package(HELLO)
    pieces = -(-len(first) // PIECE)
    one.create("one", HELLO)
    wait_stored(one, 1)
    for put in (
        lambda: one.create("two", first),
        lambda: one.client("lambda").update_function_code(FunctionName="one", ZipFile=second),
        lambda: one.client("lambda").delete_function(FunctionName="two"),
    ):
        calls = calls_so_far(one)
        put()
        orderly_server.wait_until(lambda: stored(one) in (pieces, pieces + 1, 2 * pieces), what="it to be stored")
        orderly_server.wait_until(lambda: calls_so_far(one) - calls >= pieces // 4, what="many calls")
    wait_stored(one, pieces)
    assert get(location(one, "one"))[2] == second
    assert one.invoke("one") == (None, '"hello"')


@pytest.mark.parametrize("environment, most", [(changes.NO_HURRY, 4), (changes.ALWAYS_OVER, 1)])
def test_a_reset_leaves_packages_to_be_removed_some_pieces_at_a_time(house, environment, most):
    one = house()
    package = large_package(HELLO, 10 * PIECE)
    one.create("one", package)
    wait_stored(one, 11)
    one.server.stop()
    changes.record(one.server, removed="delete on lambda_piece", run="insert on engine_timer")
    one.server.environment = environment
    one.server.start()
    orderly_server.post(one.server.endpoint, "/_localstack/state/reset")
    assert one.client("lambda").list_functions()["Functions"] == []
    wait_stored(one, 0)
    words = changes.recorded(one.server)
    assert words.count("removed") == 11
    assert changes.largest_run(words, "removed", until="run") == most


def test_a_package_that_a_reset_has_left_can_be_uploaded_again(house):
    one = house()
    package = large_package(HELLO, 10 * PIECE)
    for _ in range(3):
        one.create("one", package)
        wait_stored(one, 11)
        assert one.invoke("one") == (None, '"hello"')
        assert get(location(one, "one"))[2] == package
        orderly_server.post(one.server.endpoint, "/_localstack/state/reset")


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 4 * PIECE, 4 * PIECE + 1])
def test_a_package_of_any_number_of_pieces_is_read_as_it_was_written(shared_house, size):
    frame = len(large_package(HELLO, 0))
    package = large_package(HELLO, size - frame)
    assert len(package) == size
    name = f"pieces-{size}"
    shared_house.create(name, package)
    assert get(location(shared_house, name))[2] == package
    assert shared_house.invoke(name) == (None, '"hello"')
    shared_house.client("lambda").delete_function(FunctionName=name)


def test_a_dry_run_and_a_second_function_with_the_same_code_store_nothing(house):
    one = house()
    package, other = large_package(HELLO, 3 * PIECE), large_package(HELLO, 3 * PIECE)
    one.create("one", package)
    one.create("two", package)
    one.client("lambda").update_function_code(FunctionName="one", ZipFile=other, DryRun=True)
    assert stored(one) == 4


def kill_in_the_middle(house, name):
    """Kill the server while it writes a large package; False: the write was over before."""
    before = stored(house)

    def upload():
        with contextlib.suppress(Exception):
            house.client("lambda").update_function_code(FunctionName=name, ZipFile=large_package(EVIL))

    client = threading.Thread(target=upload)
    client.start()
    orderly_server.wait_until(lambda: stored(house) > before, what="the first pieces to be stored")
    house.server.kill()
    client.join()
    return stored(house) - before < LARGE // PIECE


def test_a_server_that_is_killed_while_it_writes_a_package_has_the_one_before(house):
    one = house()
    package = zip_of({"index.py": HELLO})
    one.create("one", package)
    while not kill_in_the_middle(one, "one"):
        one.server.start()
        one.client("lambda").update_function_code(FunctionName="one", ZipFile=package)
        wait_stored(one, 1)
    one.server.start()
    assert get(location(one, "one"))[2] == package
    assert one.invoke("one") == (None, '"hello"')
    wait_stored(one, 1)


def make_old(server):
    """The database of an earlier version, which kept each package in one row, and a function in one row with its
    configuration."""
    with contextlib.closing(changes.database(server)) as database:
        database.row_factory = sqlite3.Row
        functions = database.execute(
            "select * from lambda_function f join lambda_version v on v.function_id = f.id").fetchall()
        packages = {}
        for digest, content in database.execute("select sha256, content from lambda_piece order by sha256, number"):
            packages[digest] = packages.get(digest, b"") + content
        for (table,) in database.execute(
                "select name from sqlite_schema where type = 'table' and name like 'lambda!_%' escape '!'").fetchall():
            database.execute(f"drop table {table}")
        for number in range(1, 5):
            database.executescript(changes.migration("lambda", number))
        database.executemany("insert into lambda_package values (?, ?)", packages.items())
        columns = [name for _, name, *_ in database.execute("pragma table_info(lambda_function)")]
        names, values = ", ".join(columns), ", ".join(f":{name}" for name in columns)
        for function in functions:
            database.execute(f"insert into lambda_function ({names}) values ({values})", dict(function))
        database.execute("update schema_version set version = 4 where name = 'lambda'")


def whole(house):
    return changes.rows(house.server, "select count(*) from lambda_package")[0][0]


def test_packages_of_an_old_database_run_and_go_with_their_functions(house):
    one = house()
    package = large_package(HELLO, 3 * PIECE)
    one.create("one", package)
    one.server.stop()
    make_old(one.server)
    one.server.start()
    assert get(location(one, "one"))[2] == package
    assert one.invoke("one") == (None, '"hello"')
    one.create("two", package)
    assert (stored(one), whole(one)) == (0, 1)
    one.client("lambda").delete_function(FunctionName="one")
    assert one.invoke("two") == (None, '"hello"')
    one.client("lambda").update_function_code(FunctionName="two", ZipFile=zip_of({"index.py": EVIL}))
    orderly_server.wait_until(lambda: whole(one) == 0, what="the old package to be gone")
    assert one.invoke("two") == (None, '"evil!"')


# --- Layers ------------------------------------------------------------------------------------


def publish(house, name, files):
    content = {"ZipFile": zip_of(files)}
    return house.client("lambda").publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"]


def wait_folders(house, count):
    orderly_server.wait_until(lambda: len(unpacked(house)) == count, what=f"{count} folders, and no more")


def test_layers_are_unpacked_together_and_go_with_the_last_that_names_them(house):
    one = house()
    functions = one.client("lambda")
    layers = [publish(one, "tool", {"python/tool.py": "NAME = 'tool'"}), publish(one, "text", {"text": "text"})]
    source = "import tool\ndef handler(event, context): return tool.NAME + open('/opt/text').read()"
    one.create("one", source, Layers=layers)
    one.create("two", source, Layers=layers)
    assert one.invoke("one") == one.invoke("two") == (None, '"tooltext"')
    wait_folders(one, 2)  # the code, and the layers
    assert stored(one) == 3
    for layer in ("tool", "text"):
        functions.delete_layer_version(LayerName=layer, VersionNumber=1)
    functions.delete_function(FunctionName="one")
    assert run_cold(one, "two") == (None, '"tooltext"')
    assert stored(one) == 3
    functions.update_function_configuration(FunctionName="two", Layers=[])
    wait_folders(one, 1)
    wait_stored(one, 1)
    functions.delete_function(FunctionName="two")
    wait_folders(one, 0)
    wait_stored(one, 0)


def test_a_version_without_a_function_goes_when_it_is_deleted(house):
    one = house()
    publish(one, "tool", {"python/tool.py": "NAME = 'tool'"})
    wait_stored(one, 1)
    one.client("lambda").delete_layer_version(LayerName="tool", VersionNumber=1)
    wait_stored(one, 0)


def test_altered_layers_are_unpacked_anew(house):
    one = house()
    layer = publish(one, "tool", {"python/tool.py": "NAME = 'tool'"})
    one.create("one", "import tool\ndef handler(event, context): return tool.NAME", Layers=[layer])
    assert one.invoke("one") == (None, '"tool"')
    altered = next(one.functions.glob("*/code/python/tool.py"))
    altered.chmod(0o644)
    altered.write_text("NAME = 'evil!'")
    assert run_cold(one, "one") == (None, '"tool"')


def test_layers_survive_a_restart(house):
    one = house()
    layer = publish(one, "tool", {"python/tool.py": "NAME = 'tool'"})
    one.create("one", "import tool\ndef handler(event, context): return tool.NAME", Layers=[layer])
    one.server.stop()
    one.server.start()
    assert one.invoke("one") == (None, '"tool"')


# --- Interpreters ------------------------------------------------------------------------------


def test_no_interpreter_is_asked_before_a_function_needs_it(house, tmp_path, monkeypatch):
    asked, path_before = tmp_path / "asked", os.environ["PATH"]
    for name in ("python3", "python3.11", "node"):
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\necho {name} >> {asked}\nPATH="{os.environ["PATH"]}" exec {name} "$@"\n')
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    one = house()
    one.create("one", HELLO)
    one.create("other", HELLO, Runtime="nodejs20.x")
    one.server.stop()
    one.server.start()
    assert not asked.exists()
    assert one.invoke("one") == run_cold(one, "one") == (None, '"hello"')
    # Where there is no python3.11, python3 runs the function.
    expected = ["python3.11"] if shutil.which("python3.11", path=path_before) else ["python3.11", "python3"]
    assert asked.read_text().split() == expected


# # --- Contents of a package ---------------------------------------------------------------------

NOT_UNZIPPED = "Could not unzip uploaded file. Please check your file, then try to upload again."
TOO_LARGE = "Unzipped size must be smaller than 262144000 bytes"


def zip_with(entries, compression=zipfile.ZIP_DEFLATED):
    """A zip file of (name, content) pairs, or (ZipInfo, content)."""
    packed = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w", compression, compresslevel=1) as package:
        warnings.simplefilter("ignore")  # about names that occur twice
        for name, content in entries:
            package.writestr(name, content)
    return packed.getvalue()


def special(name, mode):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def local_name_changed(package, before, after):
    """Change the name in the central directory, which comes last, but not in the local header."""
    at = package.index(before)
    return package[:at] + after + package[at + len(before) :]


def claimed_size_changed(package, size):
    """Change the size of the only entry in the central directory."""
    at = package.rindex(b"PK\x01\x02") + 24
    return package[:at] + struct.pack("<I", size) + package[at + 4 :]


HOSTILE = {
    "a name that leads up": zip_with([("../../evil.py", "x")]),
    "an absolute name": zip_with([("/evil.py", "x")]),
    "a name twice": zip_with([("a.py", "1"), ("a.py", "2")]),
    "a file as a folder": zip_with([("a", "1"), ("a/b", "2")]),
    "a link that leads out": zip_with([(special("link", stat.S_IFLNK | 0o777), "../../../etc")]),
    "an absolute link": zip_with([(special("link", stat.S_IFLNK | 0o777), "/etc/passwd")]),
    "a device": zip_with([(special("null", stat.S_IFCHR | 0o666), "")]),
    "a piece of 256 bytes": zip_with([("a" * 256, "x")]),
    "65 folders deep": zip_with([("a/" * 64 + "a", "x")]),
    "a compression that takes much memory": zip_with([("a", "x" * 1000)], zipfile.ZIP_LZMA),
    "a claim of less than there is": claimed_size_changed(zip_with([("a", "x" * 1000)]), 10),
    "an end that is missing": zip_with([("a", "x")])[:-10],
}


@pytest.mark.parametrize("package", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_package_is_refused_and_leaves_nothing(shared_house, package):
    before = everything_below(shared_house.functions)
    with pytest.raises(ClientError) as caught:
        shared_house.create(f"hostile-{uuid.uuid4().hex}", package)
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("InvalidParameterValueException", NOT_UNZIPPED)
    assert everything_below(shared_house.functions) == before


def test_two_headers_that_disagree_lead_nowhere(shared_house):
    package = local_name_changed(zip_with([("safe/index.py", "x")]), b"safe/index.py", b"../../evil.py")
    try:
        shared_house.create("disagree", package)
    except ClientError as caught:
        assert caught.response["Error"]["Message"] == NOT_UNZIPPED
    assert not [path for path in everything_below(shared_house.data) if "evil" in path]


# The most that a package may have, and a package that has so much.
TOO_MUCH = {
    "bytes": (262144000, lambda much: zip_with([("zeroes", bytes(much))])),
    "entries": (65536, lambda much: zip_with([(f"{i:x}", "") for i in range(much)], zipfile.ZIP_STORED)),
    "folders": (16384, lambda much: zip_with([(f"{i:x}/", "") for i in range(much)], zipfile.ZIP_STORED)),
}


@pytest.mark.parametrize("most, package", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_a_package_that_is_too_much_is_refused_and_leaves_nothing(shared_house, most, package):
    before = everything_below(shared_house.functions)
    with pytest.raises(ClientError) as caught:
        shared_house.create("much", package(most + 1))
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("InvalidParameterValueException", TOO_LARGE)
    assert everything_below(shared_house.functions) == before
    shared_house.create("much", package(most))
    shared_house.client("lambda").delete_function(FunctionName="much")


def test_names_may_be_in_any_language(shared_house):
    source = "import json\nhandler = lambda event, context: open('/'.join(['größe', '日本.txt'])).read()"
    shared_house.create("names", zip_with([("index.py", source), ("größe/日本.txt", "read")]))
    assert shared_house.invoke("names") == (None, '"read"')
