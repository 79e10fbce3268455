"""Reads the model language (tools/modelc/README.md), so that a test can compare models with AWS's."""
import re
from dataclasses import dataclass, field

WORD = re.compile(r'"((?:\\"|[^"])*)"|([<>,])|([^\s<>,"]+)')
SCALARS = {"string", "blob", "boolean", "integer", "long", "float", "double", "timestamp"}


@dataclass
class Member:
    name: str
    type: object
    required: bool = False
    location: str = ""
    wire: str = ""
    flattened: bool = False
    refused: str = None  # the sentence
    excepted: list = field(default_factory=list)


@dataclass
class Shape:
    kind: str
    members: dict = field(default_factory=dict)
    values: list = field(default_factory=list)
    key: object = None
    element: object = None
    item: str = "member"
    entry: tuple = ("key", "value")
    union: bool = False


@dataclass
class Operation:
    reads: bool
    internal: bool
    long: bool
    anonymous: bool
    input: str = ""
    output: str = ""
    errors: list = field(default_factory=list)
    http: tuple = ()
    action: str = ""
    needs: list = field(default_factory=list)  # the lines `on`, `also` and `key`, as words


@dataclass
class Error:
    status: int
    code: str
    receiver: bool
    members: dict = field(default_factory=dict)


@dataclass
class Model:
    header: dict = field(default_factory=dict)
    operations: dict = field(default_factory=dict)
    shapes: dict = field(default_factory=dict)
    errors: dict = field(default_factory=dict)
    also: set = field(default_factory=set)
    notes: dict = field(default_factory=dict)


def words_of(line):
    """The words of a line, without quotes; '#' begins a comment."""
    words = []
    for match in WORD.finditer(line):
        quoted, mark, plain = match.groups()
        if plain and plain.startswith("#"):
            break
        words.append(quoted.replace('\\"', '"') if quoted is not None else mark or plain)
    return words


def take_type(words):
    """A type's name, or a Shape for a container written in place."""
    word = words.pop(0)
    if word not in ("list", "map") or not words or words[0] != "<":
        return word
    words.pop(0)
    shape = Shape(word)
    if word == "map":
        shape.key = take_type(words)
        words.pop(0)
    shape.element = take_type(words)
    words.pop(0)
    return shape


def take_refusal(member, words, line):
    """refused ["sentence"] [except "value" …] [with ERROR]"""
    member.refused = f"Orderly does not support {member.name} yet; see docs/compatibility.md."
    if words and words[0] not in ("except", "with") and f'"{words[0]}"' in line:
        member.refused = words.pop(0)
    if words and words[0] == "except":
        words.pop(0)
        while words and f'"{words[0]}"' in line:
            member.excepted.append(words.pop(0))


def take_member(words, line=""):
    member = Member(words.pop(0), take_type(words))
    member.wire = member.name
    while words:
        word = words.pop(0)
        if word == "required":
            member.required = True
        elif word == "refused":
            take_refusal(member, words, line)
        elif word in ("as", "flattened"):
            member.wire, member.flattened = words.pop(0), word == "flattened"
        elif word == "in":
            member.location = words.pop(0)
            if words and words[0] not in ("required", "refused", "timestamp"):
                member.wire = words.pop(0)
        elif word in ("range", "length", "pattern", "timestamp", "default"):
            words.pop(0)
    return member


def named_container(kind, words):
    shape = Shape(kind)
    words.pop(0)  # "of"
    if kind == "map":
        shape.key = take_type(words)
    shape.element = take_type(words)
    if words and words[0] == "item":
        shape.item = words[1]
    if words and words[0] == "entry":
        shape.entry = (words[1], words[2])
    return shape


def after(words, word, default):
    return words[words.index(word) + 1] if word in words else default


def operation_line(operation, words):
    if words[0] == "errors":
        operation.errors += words[1:]
    elif words[0] == "http":
        operation.http = (words[1], words[2], int(words[3]))
    elif words[0] == "action":
        operation.action = words[1]
    elif words[0] in ("on", "also", "key"):
        operation.needs.append(words)
    elif words[0] in ("input", "output"):
        setattr(operation, words[0], words[1])


def read_model(path):
    model = Model()
    take_line = None
    groups = {}
    for line in path.read_text().splitlines():
        words = words_of(line)
        if not words:
            continue
        if line[0].isspace():
            take_line(words)
            continue
        kind, rest = words[0], words[1:]
        name = rest[0] if rest else ""
        if kind == "service":
            take_line = lambda words: model.header.setdefault(words[0], []).extend(words[1:])
        elif kind == "also":
            model.also.update(rest)
            take_line = model.also.update
        elif kind == "operation":
            operation = model.operations[name] = Operation("reads" in rest, "internal" in rest, "long" in rest, "anonymous" in rest)
            take_line = lambda words, operation=operation: operation_line(operation, words)
        elif kind == "group":
            members = groups[name] = {}
            take_line = lambda words, members=members: members.update({words[0]: take_member(words, line)})
        elif kind in ("structure", "union"):
            members = model.shapes.setdefault(name, Shape("structure", union=kind == "union")).members
            take_line = lambda words, members=members: members.update(
                groups[words[1]] if words[0] == "like" else {words[0]: take_member(words, line)})
        elif kind == "enum":
            shape = model.shapes[name] = Shape("string", values=rest[1:])
            take_line = shape.values.extend
        elif kind in ("list", "map"):
            model.shapes[name] = named_container(kind, rest[1:])
        elif kind == "error":
            error = model.errors[name] = Error(int(rest[1]), after(rest, "query", name), "receiver" in rest)
            take_line = lambda words, error=error: error.members.update({words[0]: take_member(words)})
        elif kind == "note":
            model.notes[name] = rest[1]
        elif kind in SCALARS:
            model.shapes[name] = Shape(kind)
    return model


def snake_case(name):
    """A member's name in C (tools/modelc/names.c)."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])(?![A-Z]s$)", "_", name)
    return re.sub(r"[^a-z0-9]", "_", name.lower())
