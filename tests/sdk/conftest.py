"""The fixtures are in orderly_fixtures.py, which the other test folders use, too; a service's own are in its folder."""

import os
import sys

sys.path.insert(0, os.path.dirname(__file__))
from orderly_fixtures import *  # noqa: E402,F403
