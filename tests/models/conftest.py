"""The compiler of models that was built last."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def modelc():
    """The compiler that MODELC names, or the one that was built last."""
    named = [pathlib.Path(os.environ["MODELC"])] if "MODELC" in os.environ else ROOT.glob("build*/tools/modelc/modelc")
    built = [binary for binary in named if binary.exists()]
    if not built:
        pytest.fail("modelc is not built; MODELC may name it")
    return max(built, key=lambda binary: binary.stat().st_mtime)
