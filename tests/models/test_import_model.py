"""tools/import_model.py --into adds to a model what it lacks, and changes nothing else."""
import difflib
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from model_text import read_model

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def model(tmp_path):
    def copy(service):
        (path,) = ROOT.glob(f"src/services/*/{service}.model")
        return pathlib.Path(shutil.copy(path, tmp_path))

    return copy


def add(path, *operations):
    command = [sys.executable, ROOT / "tools/import_model.py", "--into", path, path.stem, *operations]
    return subprocess.run(command, check=True, capture_output=True, text=True).stderr


def test_an_operation_that_is_there_changes_nothing(model):
    path = model("sqs")
    before = path.read_text()
    assert add(path, "UntagQueue") == f"{path}: added nothing\n"
    assert path.read_text() == before


def test_what_was_taken_out_comes_back_with_the_names_of_the_query_protocol(model):
    path = model("sqs")
    whole = read_model(path)
    text = path.read_text()
    for block in (r"operation UntagQueue", r"structure UntagQueueRequest", r"error BatchRequestTooLong"):
        text = re.sub(rf"^{block}.*\n(?: .*\n)*\n", "", text, flags=re.M)
    path.write_text(text.replace("also\n", "also\n    UntagQueue\n"))
    assert read_model(path) != whole
    add(path, "UntagQueue", "SendMessageBatch")
    again = read_model(path)
    assert again.shapes == whole.shapes
    assert again.also == whole.also
    assert again.operations.keys() == whole.operations.keys()
    assert again.operations["UntagQueue"].input == "UntagQueueRequest"


def test_shapes_that_are_there_stay_as_they_are(model, modelc, tmp_path):
    path = model("dynamodb")
    before = read_model(path)
    said = add(path, "DescribeContributorInsights")
    after = read_model(path)
    assert said.startswith(f"{path}: added DescribeContributorInsights, DescribeContributorInsightsInput, ")
    assert {name: after.shapes[name] for name in before.shapes} == before.shapes
    assert after.shapes["AttributeValue"].union
    assert before.also - after.also == {"DescribeContributorInsights"}
    assert after.operations["DescribeContributorInsights"].reads
    assert set(after.shapes) - set(before.shapes) == {
        "DescribeContributorInsightsInput", "DescribeContributorInsightsOutput", "ContributorInsightsMode",
        "ContributorInsightsRule", "ContributorInsightsStatus", "FailureException"}
    result = subprocess.run([modelc, path, tmp_path / "x_model.h", tmp_path / "x_model.c"], capture_output=True, text=True)
    assert result.stderr == ""


def test_only_lines_are_added_and_one_name_is_taken_away(model):
    path = model("dynamodb")
    before = path.read_text().splitlines()
    add(path, "DescribeContributorInsights")
    changes = [line for line in difflib.ndiff(before, path.read_text().splitlines()) if line[0] in "-+"]
    (old,) = [line[2:] for line in changes if line[0] == "-"]
    assert " ".join(old.split()).replace("DescribeContributorInsights", "").split() == [
        name for line in changes if line[0] == "+" and set(line[2:].split()) < set(old.split()) for name in line[2:].split()]


def test_an_internal_operation_stays_with_its_structure(model):
    path = model("dynamodb")
    add(path, "DescribeContributorInsights")
    text = path.read_text()
    assert "operation RemoveItems writes internal\n    input RemoveItemsInput\n\nstructure RemoveItemsInput\n" in text
