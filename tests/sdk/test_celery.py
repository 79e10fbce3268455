"""Celery, with kombu's SQS transport, runs its tasks through a queue; nothing is lost when a worker is killed."""

import os
import pathlib
import subprocess
import sys

import orderly_server
import pytest

HERE = pathlib.Path(__file__).parent


class Celery:
    def __init__(self, endpoint, folder):
        self.runs = folder / "runs"
        self.runs.touch()
        self.environment = {**os.environ, "CELERY_ENDPOINT": endpoint.removeprefix("http://"), "CELERY_RUNS": str(self.runs)}
        self.log = folder / "log"
        self.workers = []

    def worker(self):
        command = [sys.executable, "-m", "celery", "-A", "celery_tasks", "worker", "--pool", "solo", "--loglevel", "info",
                   "-n", f"w{len(self.workers)}@localhost"]
        with open(self.log, "a") as log:
            self.workers.append(subprocess.Popen(command, cwd=HERE, env=self.environment, stdout=log, stderr=log))
        return self.workers[-1]

    def send(self, code):
        subprocess.run([sys.executable, "-c", "from celery_tasks import *\n" + code], cwd=HERE, env=self.environment, check=True,
                       timeout=60)

    def wait_for(self, condition):
        """Waits until the lines of the runs so far fulfil the condition; returns them."""
        def lines():
            return self.runs.read_text().splitlines()

        orderly_server.wait_until(lambda: condition(lines()), 60, "the tasks")
        return lines()

    def end(self):
        for worker in self.workers:
            worker.kill()
            worker.wait()


@pytest.fixture
def celery(tmp_path):
    server = orderly_server.Server().start()
    one = Celery(server.endpoint, tmp_path)
    one.server = server
    yield one
    one.end()
    server.end()


def test_each_task_runs_once_and_a_retried_one_until_it_succeeds(celery):
    celery.worker()
    celery.send("for i in range(25): add.delay(i, 100)\nsucceed_at_last.delay()")
    lines = celery.wait_for(lambda lines: len(lines) >= 28)
    assert sorted(lines) == sorted([f"add {i}" for i in range(100, 125)] + [f"attempt {i}" for i in range(3)])


def test_the_task_of_a_worker_that_was_killed_runs_again_after_the_visibility_timeout(celery):
    first = celery.worker()
    celery.send("hang_once.delay('x')")
    celery.wait_for(lambda lines: "hang x" in lines)
    first.kill()
    first.wait()
    celery.worker()
    celery.send("add.delay(1, 2)")
    celery.wait_for(lambda lines: lines == ["hang x", "add 3"])
    celery.server.advance_clock(60)
    assert celery.wait_for(lambda lines: "done x" in lines) == ["hang x", "add 3", "hang x", "done x"]
