"""What a test of alarms does: put values, move the clock, and read states."""

import datetime
import functools

import boto3
from botocore.config import Config

MINUTE = datetime.timedelta(minutes=1)
THRESHOLD = {"ComparisonOperator": "GreaterThanOrEqualToThreshold", "Threshold": 5.0}


class World:
    """An account of its own, and a clock that the test moves."""

    def __init__(self, endpoint, name, advance_clock, now_ms, wait_until):
        self.account = "%012d" % (abs(hash(name)) % 10**12)
        self.endpoint, self.advance, self.now_ms, self.wait_until = endpoint, advance_clock, now_ms, wait_until
        self.cloudwatch, self.sns, self.sqs = map(self.client, ["cloudwatch", "sns", "sqs"])

    @functools.cache
    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=self.account,
                            aws_secret_access_key="x", config=Config(retries={"max_attempts": 0}))

    def next_minute(self):
        """Moves the clock to the beginning of a minute, and returns it."""
        self.advance((60000 - self.now_ms() % 60000) / 1000 + 0.001)
        return datetime.datetime.fromtimestamp(self.now_ms() // 60000 * 60, datetime.timezone.utc)

    def put(self, value, time):
        self.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "depth", "Value": value, "Timestamp": time}])

    def alarm(self, name="deep", **more):
        settings = {"AlarmName": name, "Namespace": "Shop", "MetricName": "depth", "Statistic": "Maximum", "Period": 60,
                    "EvaluationPeriods": 1, **THRESHOLD, **more}
        self.cloudwatch.put_metric_alarm(**{key: value for key, value in settings.items() if value is not None})

    def described(self, name="deep"):
        [alarm] = self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return alarm

    def state(self, name="deep"):
        return self.described(name)["StateValue"]

    def becomes(self, state, name="deep"):
        assert self.wait_until(lambda: self.state(name) == state), self.described(name)

    def history(self, name="deep", **more):
        return [(item["HistoryItemType"], item["HistorySummary"])
                for item in self.cloudwatch.describe_alarm_history(AlarmName=name, **more)["AlarmHistoryItems"]]
