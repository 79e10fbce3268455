"""Nothing is accepted and ignored: every member of every input is read by its service, refused or noted."""
import pathlib
import re

import pytest

from model_text import Shape, read_model, snake_case

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = sorted(path for path in ROOT.glob("src/services/*/*.model"))
SHARED = ["src/aws", "src/services/tags"]  # code to which services pass their structures
RESERVED = {"bool", "default", "enum", "long", "short", "static", "union", "register", "double", "float"}


def members_read(folder):
    """The names after `->` and `.` in C, except those that are only assigned to."""
    text = "".join(source.read_text() for each in [folder, *(ROOT / one for one in SHARED)] for source in each.glob("*.c"))
    return set(re.findall(r"(?:->|\.)\s*(\w+)\b(?!\s*=[^=])", text))


def c_name(name):
    snake = snake_case(name)
    return snake + "_" if snake in RESERVED else snake


def unused_members(model, read):
    """{"Structure.Member"} that a client can send, and that no code reads."""
    unused, seen = set(), set()

    def shape_of(type_):
        return type_ if isinstance(type_, Shape) else model.shapes.get(type_)

    def must_be_read(member):
        """Is the member more than a structure that refuses all its members?"""
        inside = shape_of(member.type)
        return not (inside and inside.members and all(each.refused for each in inside.members.values()))

    def visit(type_):
        shape = shape_of(type_)
        if shape is None or (isinstance(type_, str) and type_ in seen):
            return
        if isinstance(type_, str):
            seen.add(type_)
        if shape.element:
            visit(shape.element)
        for member in shape.members.values():
            if member.refused or f"{type_}.{member.name}" in model.notes:
                continue
            if c_name(member.name) not in read and must_be_read(member):
                unused.add(f"{type_}.{member.name}")
            visit(member.type)

    for operation in model.operations.values():
        for words in operation.needs:  # members that name a resource or are a condition key
            read = read | {c_name(member) for path in words[2:] for member in path.split(".")}
        if not operation.internal and operation.input:
            visit(operation.input)
    return unused


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_member_of_an_input_is_used_refused_or_noted(path):
    """If it fails: read the member, write `refused` in the model, or describe with a `note` what happens to it."""
    assert unused_members(read_model(path), members_read(path.parent)) == set()


TOY = """\
operation Play writes
    input PlayRequest
structure PlayRequest
    Name     string
    Volume   integer
    Tuning   opaque  refused
    Encore   boolean
    Players  list<Player>
structure Player
    Plays    string
note PlayRequest.Encore "Stored only."
"""


def test_a_member_that_nobody_reads_is_found(tmp_path):
    (tmp_path / "toy.model").write_text(TOY)
    (tmp_path / "toy.c").write_text("f(in->name); out->volume = 1; g(in->players);")
    unused = unused_members(read_model(tmp_path / "toy.model"), members_read(tmp_path))
    assert unused == {"PlayRequest.Volume", "Player.Plays"}
