"""The models of all services, and the reads that must work after any wrong request."""

import pathlib
import sys

from wire import VERSIONS

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "models"))
from model_text import read_model  # noqa: E402

READS = {
    "sqs": ["ListQueues", "GetQueueAttributes", "ListQueueTags", "ReceiveMessage"],
    "sns": ["ListTopics", "GetTopicAttributes", "ListTagsForResource", "ListSubscriptions", "GetSubscriptionAttributes"],
    "iam": ["ListRoles", "GetRole", "ListRoleTags", "GetUser", "ListUsers", "ListPolicies", "ListPolicyTags",
            "GetPolicy", "ListAccessKeys", "ListRolePolicies", "GetGroup", "ListGroups"],
    "sts": ["GetCallerIdentity"],
    "lambda": ["ListFunctions", "GetFunction", "ListTags", "GetPolicy", "ListEventSourceMappings"],
    "logs": ["DescribeLogGroups", "DescribeLogStreams", "GetLogEvents", "ListTagsForResource"],
    "cloudwatch": ["ListMetrics", "GetMetricStatistics", "DescribeAlarms"],
    "dynamodb": ["ListTables", "DescribeTable", "Scan", "GetItem"],
    "dynamodbstreams": ["ListStreams", "DescribeStream", "GetRecords"],
}


def load_models():
    models = {}
    for service in READS:
        folder = {"sts": "iam", "dynamodbstreams": "dynamodb"}.get(service, service)
        model = models[service] = read_model(ROOT / "src" / "services" / folder / f"{service}.model")
        model.version = {name: version for version, name in VERSIONS.items()}.get(service)
    return models


MODELS = load_models()
