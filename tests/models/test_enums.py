"""Services compare values of enums only with the enum's constants, never with a text, which could be misspelt."""
import pathlib
import re

import pytest

from model_text import read_model

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = sorted({path.parent for path in ROOT.glob("src/services/*/*.model")})
COMPARISON = re.compile(r"""str_equal\w*\((?:[^()]|\([^()]*\))*?,\s*S\("([^"]*)"\)\)""")
OTHER_THINGS = {
    ("parse_policy.c", "AWS"): "a kind of principal",
    ("receive.c", "All"): "a pattern of message attributes' names",
}


def enum_values(folder):
    """All values of enums in models and tables."""
    values = {value for path in folder.glob("*.model") for shape in read_model(path).shapes.values() for value in shape.values}
    for path in folder.glob("*.sql"):
        for line in re.findall(r"^-- enum: (.*)$", path.read_text(), re.M):
            values.update(line.split()[1:])
    return values


def comparisons(folder):
    values = enum_values(folder)
    return {(source.name, value) for source in folder.glob("*.c") for value in COMPARISON.findall(source.read_text())
            if value in values}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_value_of_an_enum_is_compared_as_a_text(folder):
    """Write dynamodb_select_of(in->select) == DYNAMODB_SELECT_COUNT instead."""
    assert comparisons(folder) - set(OTHER_THINGS) == set()


def test_a_comparison_with_a_text_is_found(tmp_path):
    (tmp_path / "toy.model").write_text("enum Size\n    Small Large\n")
    (tmp_path / "toy.sql").write_text("-- enum: toy.state idle busy\n")
    (tmp_path / "toy.c").write_text('''
        if (str_equal(in->size, S("Small")) || !str_equal(state_of(row), S("busy")) || str_equal(name, S("Other")))
            text = S("Large");
    ''')
    assert comparisons(tmp_path) == {("toy.c", "Small"), ("toy.c", "busy")}


def test_every_exception_is_still_one():
    assert set(OTHER_THINGS) <= set().union(*map(comparisons, FOLDERS))
