"""The models equal AWS's own descriptions, so that they cannot drift.

botocore's data is the reference, in the version that tests/requirements.txt pins.  A member that is missing or
different on purpose has a note in its model.
"""
import gzip
import json
import pathlib
import re

import botocore
import pytest
from model_text import SCALARS, Shape, read_model

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCATIONS = {"uri": "path", "querystring": "query", "header": "header", "headers": "headers", "statusCode": "status"}
# AWS's current description of SQS lacks the names of its Query protocol; this older one has them.
OLD_DATA = list(ROOT.glob("build-venv-old/lib/python3*/site-packages/botocore/data"))

PINNED = re.search(r"^botocore==(\S+)", (ROOT / "tests/requirements.txt").read_text(), re.M)[1]


@pytest.fixture(scope="module", autouse=True)
def the_pinned_botocore():
    assert botocore.__version__ == PINNED, f"the models follow botocore {PINNED}, and this is {botocore.__version__}"


def description(data, service):
    version = max(path for path in (data / service).iterdir() if path.is_dir())
    packed = version / "service-2.json.gz"
    return json.loads(gzip.open(packed).read() if packed.exists() else (version / "service-2.json").read_text())


class Pair:
    """A model and AWS's description of the same service."""

    def __init__(self, service, data):
        (path,) = ROOT.glob(f"src/services/*/{service}.model")
        self.model = read_model(path)
        self.aws = description(data, service)
        self.shapes = self.aws["shapes"]

    def operations(self):
        """The operations in both; older descriptions lack some."""
        for name, operation in self.model.operations.items():
            if not operation.internal and name in self.aws["operations"]:
                yield name, operation, self.aws["operations"][name]

    def resolve(self, type_):
        if isinstance(type_, Shape):
            return type_
        return self.model.shapes.get(type_) or Shape(type_)

    def streams(self, reference):
        return "shape" in reference and self.shapes[reference["shape"]].get("eventstream", False)

    def members(self, theirs):
        """Errors in a stream of events are errors of the operation in our models."""
        return {name for name, reference in theirs["members"].items()
                if not (theirs.get("eventstream") and self.shapes[reference["shape"]].get("exception"))}

    def structures(self):
        """(name, ours, theirs) of each structure that operations and errors use."""
        found = {}

        def visit(type_, aws_name, path):
            ours, theirs = self.resolve(type_), self.shapes[aws_name]
            if ours.kind == "opaque":
                return  # refused, or never sent: AWS's type does not matter
            assert ours.kind == theirs["type"], f"{path} is a {ours.kind}, AWS's a {theirs['type']}"
            if ours.kind == "list":
                visit(ours.element, theirs["member"]["shape"], path + "[]")
            elif ours.kind == "map":
                visit(ours.key, theirs["key"]["shape"], path + "{key}")
                visit(ours.element, theirs["value"]["shape"], path + "{}")
            elif ours.kind == "structure" and type_ not in found:
                found[type_] = (ours.members, theirs)
                for name, member in ours.members.items():
                    if name in theirs["members"]:
                        visit(member.type, theirs["members"][name]["shape"], f"{type_}.{name}")

        for name, operation, theirs in self.operations():
            for part in ("input", "output"):
                if part in theirs:
                    visit(getattr(operation, part), theirs[part]["shape"], f"{name}'s {part}")
        return [(name, *pair) for name, pair in found.items()]


DATA = pathlib.Path(botocore.__file__).parent / "data"
SERVICES = [path.stem for path in sorted(ROOT.glob("src/services/*/*.model")) if (DATA / path.stem).is_dir()]


@pytest.fixture(scope="module", params=SERVICES)
def pair(request):
    return Pair(request.param, DATA)


@pytest.fixture(scope="module")
def rest_pair():
    return Pair("lambda", DATA)


@pytest.fixture(scope="module", params=["sns", "iam", "sts"])
def query_pair(request):
    return Pair(request.param, DATA)


@pytest.fixture(scope="module")
def old_pair():
    assert OLD_DATA, "tools/setup --tests installs an SDK that describes the Query protocol of SQS"
    return Pair("sqs", OLD_DATA[0])


def test_every_operation_of_aws_is_served_or_listed(pair):
    ours = {name for name, operation in pair.model.operations.items() if not operation.internal}
    assert ours | pair.model.also == set(pair.aws["operations"])


def test_operations_have_the_inputs_and_outputs_of_aws(pair):
    for name, operation, theirs in pair.operations():
        assert operation.input == theirs.get("input", {}).get("shape", ""), name
        assert operation.output == theirs.get("output", {}).get("shape", ""), name


def test_types_and_members_are_those_of_aws(pair):
    for name, members, theirs in pair.structures():
        noted = {note.split(".")[1] for note in pair.model.notes if note.startswith(name + ".")}
        assert set(members) - noted == pair.members(theirs) - noted, name


def test_the_same_members_are_required(pair):
    for name, members, theirs in pair.structures():
        required = {member.name for member in members.values() if member.required}
        assert required == set(theirs.get("required", ())), name


def test_enums_have_the_values_of_aws(pair):
    for name, shape in pair.model.shapes.items():
        if shape.values and name in pair.shapes:
            assert set(shape.values) == set(pair.shapes[name]["enum"]), name


def test_named_shapes_have_the_types_of_aws(pair):
    for name, shape in pair.model.shapes.items():
        if name in pair.shapes and shape.kind in SCALARS:
            assert shape.kind == pair.shapes[name]["type"], name


def test_rest_operations_have_the_methods_and_paths_of_aws(rest_pair):
    for name, operation, theirs in rest_pair.operations():
        http = theirs["http"]
        assert operation.http == (http["method"], http["requestUri"], http.get("responseCode", 200)), name


def test_members_travel_where_aws_has_them(pair):
    for name, members, theirs in pair.structures():
        for member in members.values():
            reference = theirs["members"].get(member.name, {})
            location = LOCATIONS.get(reference.get("location"), "")
            is_payload = theirs.get("payload") == member.name or reference.get("eventpayload")
            location = "payload" if is_payload else location
            location = "eventstream" if pair.streams(reference) else location
            assert member.location == location, f"{name}.{member.name}"
            if location not in ("", "payload", "status", "eventstream"):
                assert member.wire == reference.get("locationName", member.name), f"{name}.{member.name}"


# AWS answers so, although no operation of its models does.
UNLISTED_ERRORS = {"RequestEntityTooLargeException"}


def test_errors_are_those_of_aws(pair):
    for name, operation, theirs in pair.operations():
        errors = {error["shape"] for error in theirs.get("errors", ())}
        for reference in pair.shapes[theirs["output"]["shape"]]["members"].values() if "output" in theirs else ():
            if pair.streams(reference):
                errors |= {event["shape"] for event in pair.shapes[reference["shape"]]["members"].values()}
        assert set(operation.errors) - UNLISTED_ERRORS <= errors, name


def test_errors_have_the_codes_statuses_and_members_of_aws(pair):
    for name, error in pair.model.errors.items():
        shape = pair.shapes.get(name)
        if not shape:
            continue
        facts = shape.get("error")
        if facts:
            theirs = (facts.get("code", name), facts["httpStatusCode"], not facts.get("senderFault", False))
            assert (error.code, error.status, error.receiver) == theirs, name
        in_body = {member for member, reference in shape["members"].items() if "location" not in reference}
        ours = {member for member, facts in error.members.items() if not facts.location}
        assert ours == in_body - {"message", "Message"}, name


def check_query_names(pair, name, members, theirs):
    for member in members.values():
        reference = theirs["members"].get(member.name)
        if not reference or "location" in reference:
            continue
        target, ours = pair.shapes[reference["shape"]], pair.resolve(member.type)
        flattened = target.get("flattened", False) or reference.get("flattened", False)
        wire = reference.get("locationName", target.get("locationName", member.name))
        if flattened and target["type"] == "list":
            wire = target["member"].get("locationName", wire)
        elif target["type"] == "list":
            assert ours.item == target["member"].get("locationName", "member"), f"{name}.{member.name}"
        if target["type"] == "map":
            entry = (target["key"].get("locationName", "key"), target["value"].get("locationName", "value"))
            assert ours.entry == entry, f"{name}.{member.name}"
        assert (member.flattened, member.wire) == (flattened, wire), f"{name}.{member.name}"


def test_query_names_are_those_of_aws(query_pair):
    for name, members, theirs in query_pair.structures():
        check_query_names(query_pair, name, members, theirs)


def test_query_names_are_those_of_the_older_description(old_pair):
    for name, members, theirs in old_pair.structures():
        check_query_names(old_pair, name, members, theirs)


def test_query_error_codes_are_those_of_the_older_description(old_pair):
    for name, error in old_pair.model.errors.items():
        facts = old_pair.shapes.get(name, {}).get("error")
        if facts:
            assert error.code == facts.get("code", name), name
