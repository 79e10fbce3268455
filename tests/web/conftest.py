"""The browser tests use the SDK tests' server."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "sdk"))
from orderly_fixtures import *  # noqa: E402,F403
