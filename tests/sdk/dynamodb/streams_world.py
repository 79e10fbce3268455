"""A server of its own with streams of tables: its clock moves by days."""

import functools

import boto3
import orderly_server
from botocore.config import Config


def on(view="NEW_AND_OLD_IMAGES"):
    return {"StreamEnabled": True, "StreamViewType": view}


class World:
    """A server of its own: its clock moves by days."""

    def __init__(self, **arguments):
        self.server = orderly_server.Server(**arguments).start()
        self.count = 0

    def client(self, service, key=None, region="us-east-1"):
        return boto3.client(
            service, endpoint_url=self.server.endpoint, region_name=region,
            aws_access_key_id=key["AccessKeyId"] if key else "test",
            aws_secret_access_key=key["SecretAccessKey"] if key else "test",
            config=Config(retries={"max_attempts": 0}, read_timeout=120, parameter_validation=False))

    @functools.cached_property
    def tables(self):
        return self.client("dynamodb")

    @functools.cached_property
    def streams(self):
        return self.client("dynamodbstreams")

    def table(self, stream=None, sort=True):
        self.count += 1
        name = f"table-{self.count:04}"
        keys = [("id", "HASH", "S")] + ([("at", "RANGE", "N")] if sort else [])
        made = self.tables.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind, _ in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": type_} for key, _, type_ in keys],
            **({"StreamSpecification": stream} if stream else {}))["TableDescription"]
        return name, made.get("LatestStreamArn")

    def put(self, name, id_="a", at=1, **attributes):
        self.tables.put_item(TableName=name, Item={**key_of(id_, at), **attributes})

    def advance(self, seconds):
        self.server.advance_clock(seconds)

    def describe(self, arn, **arguments):
        return self.streams.describe_stream(StreamArn=arn, **arguments)["StreamDescription"]

    def shards(self, arn):
        return self.describe(arn)["Shards"]

    def iterator(self, arn, kind="TRIM_HORIZON", shard=-1, **arguments):
        return self.streams.get_shard_iterator(
            StreamArn=arn, ShardId=self.shards(arn)[shard]["ShardId"], ShardIteratorType=kind, **arguments)["ShardIterator"]

    def read(self, iterator, **arguments):
        reply = self.streams.get_records(ShardIterator=iterator, **arguments)
        return reply["Records"], reply.get("NextShardIterator")

    def records(self, arn):
        """All records of all shards, in order."""
        found = []
        for shard in self.shards(arn):
            iterator = self.streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
            while iterator:
                records, iterator = self.read(iterator)
                if not records:
                    break
                found += records
        return found


def key_of(id_, at):
    return {"id": {"S": id_}, "at": {"N": str(at)}}

VALIDATION = "ValidationException"
