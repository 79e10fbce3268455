"""Every *.http file below this folder is a test: README.md describes the format."""

import pathlib
import uuid

import pytest
import wire

HERE = pathlib.Path(__file__).resolve().parent
CASES = sorted(HERE.rglob("*.http"))


@pytest.mark.parametrize("case", CASES, ids=[str(case.relative_to(HERE))[: -len(".http")] for case in CASES])
def test_wire(case, endpoint):
    wire.run(case.read_text(), endpoint, "w" + uuid.uuid4().hex[:12])
