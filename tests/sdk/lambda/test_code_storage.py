"""The 75 GB of code that an account may store in a region.

A package of that size would take a while: so the tests tell the stopped server's database that one is larger than it is.
"""

import contextlib
import pathlib
import sqlite3

import boto3
import orderly_server
import pytest
from orderly_fixtures import LAMBDA_TRUST, zip_of

ALL_BYTES = 75 * 1024 ** 3
SMALL = zip_of({"index.py": "def handler(event, context): pass\n"})
LARGER = zip_of({"index.py": "def handler(event, context): pass  # and more\n"})
EXCEEDED = ("CodeStorageExceededException", "Code storage limit exceeded.", 400)


@pytest.fixture(scope="module")
def functions():
    """A client of a server with one function, `big`."""
    server = orderly_server.Server().start()

    def client(service, region_name="us-east-1"):
        return boto3.client(service, endpoint_url=server.endpoint, region_name=region_name, aws_access_key_id="test",
                            aws_secret_access_key="test")

    def restart():
        server.kill()
        server.start()

    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=LAMBDA_TRUST)["Role"]["Arn"]
    functions = client("lambda")

    def create(name, package=SMALL, **arguments):
        return functions.create_function(FunctionName=name, Runtime="python3.11", Handler="index.handler", Role=role,
                                         Code={"ZipFile": package}, **arguments)

    def leave(room):
        """Make `big` so large that this many bytes are left."""
        server.stop()
        with contextlib.closing(sqlite3.connect(pathlib.Path(server.data) / "orderly.db")) as database, database:
            others, = database.execute(
                "select coalesce(sum(package_size), 0) from lambda_version v join lambda_function f on f.id = function_id"
                " where f.name <> 'big'").fetchone()
            database.execute("update lambda_version set package_size = ? where function_id ="
                             " (select id from lambda_function where name = 'big')", (ALL_BYTES - others - room,))
        server.start()
        assert used() == ALL_BYTES - room

    def used():
        return functions.get_account_settings()["AccountUsage"]["TotalCodeSize"]

    create("big")
    functions.create, functions.leave, functions.used = create, leave, used
    functions.client, functions.restart = client, restart
    yield functions
    server.end()


@pytest.fixture
def exceeds(refused):
    def check(call, **arguments):
        error = refused(call, **arguments)
        assert (error["code"], error["message"], error["status"]) == EXCEEDED
        assert error["reply"]["Type"] == "User"

    return check


def test_the_total_is_exactly_that_of_all_versions_and_layers(functions):
    before = functions.used()
    functions.create("sum", Publish=True)
    functions.update_function_code(FunctionName="sum", ZipFile=LARGER)
    assert functions.used() - before == len(SMALL) + len(LARGER)
    layer = functions.publish_layer_version(LayerName="sum", Content={"ZipFile": LARGER})
    assert functions.used() - before == len(SMALL) + 2 * len(LARGER)
    functions.delete_layer_version(LayerName="sum", VersionNumber=layer["Version"])
    functions.delete_function(FunctionName="sum", Qualifier="1")
    assert functions.used() - before == len(LARGER)
    functions.delete_function(FunctionName="sum")
    assert functions.used() == before


def counted(functions):
    """The total and the number of functions, counted from the lists."""
    names = [one["FunctionName"] for one in functions.list_functions()["Functions"]]
    versions = [one for name in names for one in functions.list_versions_by_function(FunctionName=name)["Versions"]]
    layers = [functions.get_layer_version(LayerName=layer["LayerName"], VersionNumber=version["Version"])["Content"]
              for layer in functions.list_layers()["Layers"]
              for version in functions.list_layer_versions(LayerName=layer["LayerName"])["LayerVersions"]]
    return sum(one["CodeSize"] for one in versions + layers), len(names)


def test_the_sum_is_kept_over_each_change_and_a_restart(functions, refused):
    def check():
        usage = functions.get_account_settings()["AccountUsage"]
        assert (usage["TotalCodeSize"], usage["FunctionCount"]) == counted(functions)

    functions.leave(1 << 30)
    functions.update_function_code(FunctionName="big", ZipFile=SMALL)
    steps = [
        lambda: functions.create("kept"), lambda: functions.create("gone", Publish=True),
        lambda: refused(functions.create, name="kept"),
        lambda: functions.update_function_code(FunctionName="kept", ZipFile=LARGER),
        lambda: functions.publish_version(FunctionName="kept"),
        lambda: functions.publish_layer_version(LayerName="one", Content={"ZipFile": SMALL}),
        lambda: functions.publish_layer_version(LayerName="one", Content={"ZipFile": LARGER}),
        lambda: functions.delete_layer_version(LayerName="one", VersionNumber=1),
        lambda: functions.update_function_code(FunctionName="kept", ZipFile=SMALL, Publish=True),
        lambda: functions.delete_function(FunctionName="kept", Qualifier="1"),
        lambda: functions.delete_function(FunctionName="gone"),
        functions.restart,
        lambda: functions.publish_layer_version(LayerName="two", Content={"ZipFile": SMALL}),
        lambda: functions.delete_layer_version(LayerName="two", VersionNumber=1),
        lambda: functions.delete_layer_version(LayerName="one", VersionNumber=2),
        lambda: functions.delete_function(FunctionName="kept"),
    ]
    check()
    for step in steps:
        step()
        check()
    assert functions.used() > 0
    elsewhere = functions.client("lambda", region_name="eu-central-1").get_account_settings()["AccountUsage"]
    assert elsewhere == {"TotalCodeSize": 0, "FunctionCount": 0}


def test_a_new_function_must_fit(functions, exceeds):
    functions.leave(len(SMALL))
    exceeds(functions.create, name="new", package=LARGER)
    exceeds(functions.create, name="new", Publish=True)
    functions.create("new")
    assert functions.used() == ALL_BYTES
    exceeds(functions.create, name="newer")
    functions.delete_function(FunctionName="new")
    functions.leave(len(SMALL) - 1)
    exceeds(functions.create, name="new")


def test_a_change_must_fit_with_what_it_replaces_left_out(functions, exceeds):
    functions.leave(len(LARGER))
    functions.create("changed")
    functions.update_function_code(FunctionName="changed", ZipFile=LARGER)
    assert functions.used() == ALL_BYTES
    functions.update_function_code(FunctionName="changed", ZipFile=LARGER)
    functions.update_function_code(FunctionName="changed", ZipFile=SMALL)
    functions.leave(len(LARGER) - len(SMALL) - 1)
    exceeds(functions.update_function_code, FunctionName="changed", ZipFile=LARGER)
    functions.delete_function(FunctionName="changed")


def test_a_version_must_fit(functions, exceeds):
    functions.leave(2 * len(SMALL))
    functions.create("versions")
    functions.publish_version(FunctionName="versions")
    assert functions.used() == ALL_BYTES
    functions.publish_version(FunctionName="versions")  # the same one
    functions.update_function_configuration(FunctionName="versions", Timeout=7)
    exceeds(functions.publish_version, FunctionName="versions")
    functions.delete_function(FunctionName="versions")


def test_a_layer_must_fit(functions, exceeds):
    functions.leave(len(SMALL))
    exceeds(functions.publish_layer_version, LayerName="layer", Content={"ZipFile": LARGER})
    functions.publish_layer_version(LayerName="layer", Content={"ZipFile": SMALL})
    exceeds(functions.publish_layer_version, LayerName="layer", Content={"ZipFile": SMALL})
