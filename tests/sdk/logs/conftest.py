"""Log groups, events and queries of CloudWatch Logs."""

import pytest


@pytest.fixture
def make_group(logs, unique):
    made = []

    def make(kind="g"):
        name = f"/tests/{unique(kind)}/{len(made)}"
        logs.create_log_group(logGroupName=name)
        made.append(name)
        return name

    yield make
    for name in made:
        try:
            logs.delete_log_group(logGroupName=name)
        except logs.exceptions.ResourceNotFoundException:
            pass


@pytest.fixture
def put(logs):
    """put(group, stream, (time, message), ...) makes the stream if it is missing."""

    def write(group, stream, *events):
        try:
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        except logs.exceptions.ResourceAlreadyExistsException:
            pass
        return logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": at, "message": message} for at, message in events],
        )

    return write


@pytest.fixture
def finished(logs, wait_until):
    """finished(query id): the reply of GetQueryResults when the query has ended."""

    def wait(query_id):
        replies = []

        def has_ended():
            replies.append(logs.get_query_results(queryId=query_id))
            return replies[-1]["status"] not in ("Scheduled", "Running")

        wait_until(has_ended, 60, f"the end of {query_id}")
        return replies[-1]

    return wait


@pytest.fixture
def ask(logs, finished, now_ms):
    """ask(group, query): the reply of GetQueryResults over the last day."""

    def query(group, text, **arguments):
        groups = {"logGroupName": group} if isinstance(group, str) else {"logGroupNames": group}
        end = now_ms() // 1000 + 60
        query_id = logs.start_query(**{**groups, "startTime": end - 86400, "endTime": end, "queryString": text, **arguments})["queryId"]
        return finished(query_id)

    return query
