"""A server of its own for queries over many events, and the rows of a reply."""

import boto3
import orderly_server


def rows_of(reply):
    """The rows as dictionaries, without pointers."""
    return [{field["field"]: field["value"] for field in row if field["field"] != "@ptr"} for row in reply["results"]]


class Own:
    """A server with one group of many events; queries run over the last hour."""

    def __init__(self, server, count=0, message="x"):
        self.server = server
        self.logs = boto3.client("logs", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id="test",
                                 aws_secret_access_key="test")
        self.logs.create_log_group(logGroupName="g")
        self.logs.create_log_stream(logGroupName="g", logStreamName="s")
        self.fill(count, message)

    def now(self):
        return orderly_server.advance_clock(self.server.endpoint, 0)

    def fill(self, count, message):
        for first in range(0, count, 1000):
            at = self.now()
            self.logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[
                {"timestamp": at, "message": message(number) if callable(message) else message}
                for number in range(first, min(first + 1000, count))])

    def start(self, query):
        end = self.now() // 1000 + 1
        return self.logs.start_query(logGroupName="g", startTime=end - 3600, endTime=end, queryString=query)["queryId"]

    def status(self, query_id):
        return self.logs.get_query_results(queryId=query_id)["status"]

    def end_of(self, query_id):
        orderly_server.wait_until(lambda: self.status(query_id) not in ("Scheduled", "Running"), 90)
        return self.logs.get_query_results(queryId=query_id)
