"""Services compare and set values of enums only by the enum's constants, never by a text, which could be misspelt."""
import pathlib
import re

import pytest

from model_text import read_model

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = sorted({path.parent for path in ROOT.glob("src/services/*/*.model")})
COMPARISON = re.compile(r"""str_equal\w*\((?:[^()]|\([^()]*\))*?,\s*S\("([^"]*)"\)\)""")
TEXT = re.compile(r"""\bS(?:TR_INIT)?\("([^"]*)"\)""")
# Their values are keys of maps, and occur in a table of attributes; they must only not be compared as texts.
NAMES_OF_ATTRIBUTES = {"QueueAttributeName", "MessageSystemAttributeName", "MessageSystemAttributeNameForSends"}
OTHER_THINGS = {
    ("context.c", "User"): "a value of aws:PrincipalType",
    ("explain.c", "allowed"): "a name in the reply of a path of Orderly's own",
    ("explain.c", "group"): "a name in the reply of a path of Orderly's own",
    ("explain.c", "resource"): "a name in the query of a path of Orderly's own",
    ("expression_check.c", "BETWEEN"): "a word of expressions",
    ("expression_check.c", "IN"): "a word of expressions",
    ("expression_key.c", "BETWEEN"): "a word of expressions",
    ("expression_key.c", "IN"): "a word of expressions",
    ("expression_key.c", "OR"): "a word of expressions",
    ("identities.c", "Group"): "a word in sentences",
    ("identities.c", "Role"): "a word in sentences",
    ("identities.c", "User"): "a word in sentences",
    ("identities.c", "group"): "a word in ARNs",
    ("identities.c", "role"): "a word in ARNs",
    ("identities.c", "user"): "a word in ARNs",
    ("last_accessed.c", "group"): "a name in the reply of a path of Orderly's own",
    ("last_accessed.c", "resource"): "a name in the reply of a path of Orderly's own",
    ("layer_permissions.c", "Allow"): "the Effect of a policy's statement",
    ("permissions.c", "Allow"): "the Effect of a policy's statement",
    ("mappings.c", "Creating"): "the State of a mapping, which is no enum on AWS",
    ("mappings.c", "Deleting"): "the State of a mapping, which is no enum on AWS",
    ("parse_policy.c", "AWS"): "a kind of principal",
    ("principals.c", "AWS"): "a kind of principal",
    ("receive.c", "All"): "a pattern of message attributes' names",
    ("replay.c", "Pending"): "the ReplayStatus of a subscription, which is no enum on AWS",
    ("value.c", "B"): "a member's name",
    ("value.c", "N"): "a member's name",
    ("value.c", "NULL"): "a member's name",
    ("value.c", "S"): "a member's name",
}


def enum_values(folder, left_out=()):
    """All values of enums in models and tables."""
    shapes = [item for path in folder.glob("*.model") for item in read_model(path).shapes.items()]
    values = {value for name, shape in shapes if name not in left_out for value in shape.values}
    for path in folder.glob("*.sql"):
        for line in re.findall(r"^-- enum: (.*)$", path.read_text(), re.M):
            values.update(line.split()[1:])
    return values


def texts(folder):
    """The values that occur as texts in the folder's sources."""
    compared, any_use = enum_values(folder), enum_values(folder, NAMES_OF_ATTRIBUTES)
    sources = [(path.name, path.read_text()) for path in folder.glob("*.[ch]")]
    return {(name, value) for name, text in sources for value in COMPARISON.findall(text) if value in compared} | {
        (name, value) for name, text in sources for value in TEXT.findall(text) if value in any_use}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_value_of_an_enum_is_compared_or_set_as_a_text(folder):
    """Write dynamodb_select_of(in->select) == DYNAMODB_SELECT_COUNT, and lambda_state_text(LAMBDA_STATE_ACTIVE)."""
    assert texts(folder) - set(OTHER_THINGS) == set()


def test_a_value_as_a_text_is_found(tmp_path):
    (tmp_path / "toy.model").write_text("enum Size\n    Small Large\n\nenum QueueAttributeName\n    Policy QueueArn\n")
    (tmp_path / "toy.sql").write_text("-- enum: toy.state idle busy\n")
    (tmp_path / "toy.c").write_text('''
        static const str sizes[] = {STR_INIT("Large"), STR_INIT("Huge")};
        if (str_equal(in->size, S("Small")) || str_equal(name, S("Other")))
            out->state = S("busy");
        show(call, S("Policy"));
        if (!str_equal(name, S("QueueArn")))
            return;
    ''')
    assert texts(tmp_path) == {("toy.c", "Small"), ("toy.c", "Large"), ("toy.c", "busy"), ("toy.c", "QueueArn")}


def test_every_exception_is_still_one():
    assert set(OTHER_THINGS) <= set().union(*map(texts, FOLDERS))
