"""The tasks of test_celery.py, for its workers and for itself; each run of a task is a line of the file CELERY_RUNS."""

import os
import time

from celery import Celery

app = Celery("celery_tasks", broker=f"sqs://test:test@{os.environ['CELERY_ENDPOINT']}//")
app.conf.update(
    broker_transport_options={"region": "us-east-1", "is_secure": False, "visibility_timeout": 60, "wait_time_seconds": 1},
    task_acks_late=True,
    task_default_queue="celery-tasks",
    worker_enable_remote_control=False,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
)


def note(text):
    with open(os.environ["CELERY_RUNS"], "a") as runs:
        runs.write(text + "\n")


@app.task
def add(a, b):
    note(f"add {a + b}")


@app.task(bind=True)
def succeed_at_last(self):
    note(f"attempt {self.request.retries}")
    if self.request.retries < 2:
        raise self.retry(countdown=0)


@app.task
def hang_once(marker):
    """Hangs, unless it did so before: then its worker was killed."""
    note(f"hang {marker}")
    with open(os.environ["CELERY_RUNS"]) as runs:
        if runs.read().count(f"hang {marker}") == 1:
            time.sleep(600)
    note(f"done {marker}")
