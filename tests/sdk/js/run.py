#!/usr/bin/env python3
"""Runs the tests of this folder under node, against a server of their own; JUnit on the standard output."""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import orderly_server  # noqa: E402


def run_node(endpoint):
    tests = sorted(str(file) for file in HERE.glob("*.test.mjs"))
    environment = {
        **os.environ,
        "ORDERLY_ENDPOINT": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }
    command = ["node", "--test", "--test-concurrency=1", "--test-reporter=junit", *tests]  # they move one clock
    return subprocess.run(command, env=environment, cwd=HERE, timeout=900).returncode


def main():
    if "ORDERLY_ENDPOINT" in os.environ:
        return run_node(os.environ["ORDERLY_ENDPOINT"])
    server = orderly_server.Server().start()
    try:
        return run_node(server.endpoint)
    finally:
        server.end()


if __name__ == "__main__":
    sys.exit(main())
