"""The suites' fixtures are in orderly_fixtures.py, which the other test folders use, too."""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
from orderly_fixtures import *  # noqa: E402,F403
