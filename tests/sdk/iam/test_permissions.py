"""Lambda, Logs and tables' tags: each operation is allowed on exactly its resource, and each condition key binds in both directions."""

import json
import pathlib
import re

import pytest
from botocore.exceptions import ClientError
from orderly_fixtures import ACCOUNT, zip_of

ROOT = pathlib.Path(__file__).parents[3]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/of-nobody"
UUID = "11111111-2222-3333-4444-555555555555"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:of-nobody"
LAMBDA, LOGS = f"arn:aws:lambda:us-east-1:{ACCOUNT}", f"arn:aws:logs:us-east-1:{ACCOUNT}"
FUNCTION, MAPPING = f"{LAMBDA}:function:none", f"{LAMBDA}:event-source-mapping:{UUID}"
GROUP, LOOKUP = f"{LOGS}:log-group:none", f"{LOGS}:lookup-table:none"
LAYER, SIGNING = f"{LAMBDA}:layer:none", f"{LAMBDA}:code-signing-config:csc-{'0' * 17}"
PUBLISHERS = {"SigningProfileVersionArns": [f"arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/p/v"]}
VERSION = {"LayerName": "none", "VersionNumber": 1}
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/none"
GLOBAL_TABLE = "arn:aws:dynamodb::000000000000:global-table/none"
CODE = {"ZipFile": zip_of({"index.py": "def handler(event, context):\n    return event\n"})}
NEW = {"Runtime": "python3.11", "Handler": "index.handler", "Code": CODE, "Role": ROLE}
WARM = {"FunctionName": "none", "Qualifier": "7"}
ALIAS = {"FunctionName": "none", "Name": "live"}
GRANT = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
VPC = {"VpcConfig": {"SubnetIds": ["subnet-1a"], "SecurityGroupIds": ["sg-1a"]}}
TAGS = {"env": "prod"}
QUERY = {"startTime": 1, "endTime": 2, "queryString": "limit 1"}
NAMED, STREAM = {"logGroupName": "none"}, {"logGroupName": "none", "logStreamName": "s"}

EXECUTION = {"DurableExecutionArn": f"{FUNCTION}:1/durable-execution/name/0a1b2c3d-0000-4000-8000-000000000000"}

# Requests about missing resources, and the permissions that they need.
OPERATIONS = [
    ("lambda", "create_function", {"FunctionName": "none", "Tags": TAGS, **NEW},
     [("lambda:CreateFunction", FUNCTION), ("lambda:TagResource", FUNCTION), ("iam:PassRole", ROLE)]),
    ("lambda", "get_function", {"FunctionName": "none"}, [("lambda:GetFunction", FUNCTION)]),
    ("lambda", "get_function", {"FunctionName": "none", "Qualifier": "7"}, [("lambda:GetFunction", f"{FUNCTION}:7")]),
    ("lambda", "get_function", {"FunctionName": "none:live"}, [("lambda:GetFunction", f"{FUNCTION}:live")]),
    ("lambda", "get_function_configuration", {"FunctionName": FUNCTION}, [("lambda:GetFunctionConfiguration", FUNCTION)]),
    ("lambda", "list_functions", {}, [("lambda:ListFunctions", "*")]),
    ("lambda", "list_versions_by_function", {"FunctionName": "none"}, [("lambda:ListVersionsByFunction", FUNCTION)]),
    ("lambda", "get_function_code_signing_config", {"FunctionName": "none"},
     [("lambda:GetFunctionCodeSigningConfig", FUNCTION)]),
    ("lambda", "update_function_code", {"FunctionName": "none", **CODE}, [("lambda:UpdateFunctionCode", FUNCTION)]),
    ("lambda", "update_function_configuration", {"FunctionName": "none"}, [("lambda:UpdateFunctionConfiguration", FUNCTION)]),
    ("lambda", "update_function_configuration", {"FunctionName": "none", "Role": ROLE},
     [("lambda:UpdateFunctionConfiguration", FUNCTION), ("iam:PassRole", ROLE)]),
    ("lambda", "put_function_concurrency", {"FunctionName": "none", "ReservedConcurrentExecutions": 1},
     [("lambda:PutFunctionConcurrency", FUNCTION)]),
    ("lambda", "get_function_concurrency", {"FunctionName": "none"}, [("lambda:GetFunctionConcurrency", FUNCTION)]),
    ("lambda", "delete_function_concurrency", {"FunctionName": "none"}, [("lambda:DeleteFunctionConcurrency", FUNCTION)]),
    ("lambda", "put_provisioned_concurrency_config", {**WARM, "ProvisionedConcurrentExecutions": 1},
     [("lambda:PutProvisionedConcurrencyConfig", f"{FUNCTION}:7")]),
    ("lambda", "get_provisioned_concurrency_config", WARM, [("lambda:GetProvisionedConcurrencyConfig", f"{FUNCTION}:7")]),
    ("lambda", "list_provisioned_concurrency_configs", {"FunctionName": "none"},
     [("lambda:ListProvisionedConcurrencyConfigs", FUNCTION)]),
    ("lambda", "delete_provisioned_concurrency_config", WARM,
     [("lambda:DeleteProvisionedConcurrencyConfig", f"{FUNCTION}:7")]),
    ("lambda", "get_account_settings", {}, [("lambda:GetAccountSettings", "*")]),
    ("lambda", "put_function_recursion_config", {"FunctionName": "none", "RecursiveLoop": "Allow"},
     [("lambda:PutFunctionRecursionConfig", FUNCTION)]),
    ("lambda", "get_function_recursion_config", {"FunctionName": "none"}, [("lambda:GetFunctionRecursionConfig", FUNCTION)]),
    ("lambda", "put_runtime_management_config", {**WARM, "UpdateRuntimeOn": "Auto"},
     [("lambda:PutRuntimeManagementConfig", f"{FUNCTION}:7")]),
    ("lambda", "get_runtime_management_config", WARM, [("lambda:GetRuntimeManagementConfig", f"{FUNCTION}:7")]),
    ("lambda", "publish_version", {"FunctionName": "none"}, [("lambda:PublishVersion", FUNCTION)]),
    ("lambda", "create_alias", {**ALIAS, "FunctionVersion": "1"}, [("lambda:CreateAlias", FUNCTION)]),
    ("lambda", "update_alias", ALIAS, [("lambda:UpdateAlias", FUNCTION)]),
    ("lambda", "get_alias", ALIAS, [("lambda:GetAlias", FUNCTION)]),
    ("lambda", "list_aliases", {"FunctionName": "none"}, [("lambda:ListAliases", FUNCTION)]),
    ("lambda", "delete_alias", ALIAS, [("lambda:DeleteAlias", FUNCTION)]),
    ("lambda", "update_function_configuration", {"FunctionName": "none", "Layers": [f"{LAYER}:1"]},
     [("lambda:UpdateFunctionConfiguration", FUNCTION), ("lambda:GetLayerVersion", f"{LAYER}:1")]),
    ("lambda", "delete_function", {"FunctionName": "none"}, [("lambda:DeleteFunction", FUNCTION)]),
    ("lambda", "invoke", {"FunctionName": "none"}, [("lambda:InvokeFunction", FUNCTION)]),
    ("lambda", "invoke", {"FunctionName": "none", "Qualifier": "$LATEST"}, [("lambda:InvokeFunction", f"{FUNCTION}:$LATEST")]),
    ("lambda", "create_event_source_mapping", {"FunctionName": "none", "EventSourceArn": QUEUE, "Tags": TAGS},
     [("lambda:CreateEventSourceMapping", "*"), ("lambda:TagResource", f"{LAMBDA}:event-source-mapping:*")]),
    ("lambda", "get_event_source_mapping", {"UUID": UUID}, [("lambda:GetEventSourceMapping", MAPPING)]),
    ("lambda", "list_event_source_mappings", {}, [("lambda:ListEventSourceMappings", "*")]),
    ("lambda", "update_event_source_mapping", {"UUID": UUID}, [("lambda:UpdateEventSourceMapping", MAPPING)]),
    ("lambda", "delete_event_source_mapping", {"UUID": UUID}, [("lambda:DeleteEventSourceMapping", MAPPING)]),
    ("lambda", "tag_resource", {"Resource": FUNCTION, "Tags": TAGS}, [("lambda:TagResource", FUNCTION)]),
    ("lambda", "tag_resource", {"Resource": MAPPING, "Tags": TAGS}, [("lambda:TagResource", MAPPING)]),
    ("lambda", "untag_resource", {"Resource": FUNCTION, "TagKeys": ["env"]}, [("lambda:UntagResource", FUNCTION)]),
    ("lambda", "list_tags", {"Resource": FUNCTION}, [("lambda:ListTags", FUNCTION)]),
    ("lambda", "add_permission", {"FunctionName": "none", **GRANT}, [("lambda:AddPermission", FUNCTION)]),
    ("lambda", "remove_permission", {"FunctionName": "none", "StatementId": "s"}, [("lambda:RemovePermission", FUNCTION)]),
    ("lambda", "get_policy", {"FunctionName": "none"}, [("lambda:GetPolicy", FUNCTION)]),
    ("lambda", "create_code_signing_config", {"AllowedPublishers": PUBLISHERS, "Tags": TAGS},
     [("lambda:CreateCodeSigningConfig", "*"), ("lambda:TagResource", f"{LAMBDA}:code-signing-config:*")]),
    ("lambda", "get_code_signing_config", {"CodeSigningConfigArn": SIGNING}, [("lambda:GetCodeSigningConfig", SIGNING)]),
    ("lambda", "update_code_signing_config", {"CodeSigningConfigArn": SIGNING}, [("lambda:UpdateCodeSigningConfig", SIGNING)]),
    ("lambda", "delete_code_signing_config", {"CodeSigningConfigArn": SIGNING}, [("lambda:DeleteCodeSigningConfig", SIGNING)]),
    ("lambda", "list_code_signing_configs", {}, [("lambda:ListCodeSigningConfigs", "*")]),
    ("lambda", "put_function_code_signing_config", {"FunctionName": "none", "CodeSigningConfigArn": SIGNING},
     [("lambda:PutFunctionCodeSigningConfig", FUNCTION), ("lambda:PutFunctionCodeSigningConfig", SIGNING)]),
    ("lambda", "delete_function_code_signing_config", {"FunctionName": "none"},
     [("lambda:DeleteFunctionCodeSigningConfig", FUNCTION)]),
    ("lambda", "list_functions_by_code_signing_config", {"CodeSigningConfigArn": SIGNING},
     [("lambda:ListFunctionsByCodeSigningConfig", SIGNING)]),
    ("lambda", "publish_layer_version", {"LayerName": "none", "Content": CODE}, [("lambda:PublishLayerVersion", LAYER)]),
    ("lambda", "get_layer_version", VERSION, [("lambda:GetLayerVersion", f"{LAYER}:1")]),
    ("lambda", "get_layer_version_by_arn", {"Arn": f"{LAYER}:1"}, [("lambda:GetLayerVersion", f"{LAYER}:1")]),
    ("lambda", "list_layers", {}, [("lambda:ListLayers", "*")]),
    ("lambda", "list_layer_versions", {"LayerName": "none"}, [("lambda:ListLayerVersions", "*")]),
    ("lambda", "delete_layer_version", VERSION, [("lambda:DeleteLayerVersion", f"{LAYER}:1")]),
    ("lambda", "add_layer_version_permission",
     {**VERSION, "StatementId": "s", "Action": "lambda:GetLayerVersion", "Principal": "*"},
     [("lambda:AddLayerVersionPermission", f"{LAYER}:1")]),
    ("lambda", "remove_layer_version_permission", {**VERSION, "StatementId": "s"},
     [("lambda:RemoveLayerVersionPermission", f"{LAYER}:1")]),
    ("lambda", "get_layer_version_policy", VERSION, [("lambda:GetLayerVersionPolicy", f"{LAYER}:1")]),
    ("lambda", "put_function_event_invoke_config", {"FunctionName": "none", "MaximumRetryAttempts": 1},
     [("lambda:PutFunctionEventInvokeConfig", f"{LAMBDA}:function:none")]),
    ("lambda", "update_function_event_invoke_config", {"FunctionName": "none", "MaximumRetryAttempts": 1},
     [("lambda:UpdateFunctionEventInvokeConfig", f"{LAMBDA}:function:none")]),
    # A durable execution's ARN names its function, a version, and the execution.
    ("lambda", "list_durable_executions_by_function", {"FunctionName": "none"},
     [("lambda:ListDurableExecutionsByFunction", FUNCTION)]),
    *(("lambda", method, {**EXECUTION, **given}, [(f"lambda:{action}", EXECUTION["DurableExecutionArn"])])
      for method, action, given in [
          ("get_durable_execution", "GetDurableExecution", {}),
          ("get_durable_execution_history", "GetDurableExecutionHistory", {}),
          ("get_durable_execution_state", "GetDurableExecutionState", {"CheckpointToken": "dG9rZW4="}),
          ("checkpoint_durable_execution", "CheckpointDurableExecution", {"CheckpointToken": "dG9rZW4="}),
          ("stop_durable_execution", "StopDurableExecution", {}),
          ("delete_durable_execution", "DeleteDurableExecution", {}),
      ]),
    ("lambda", "get_function_event_invoke_config", {"FunctionName": "none"},
     [("lambda:GetFunctionEventInvokeConfig", f"{LAMBDA}:function:none")]),
    ("lambda", "delete_function_event_invoke_config", {"FunctionName": "none"},
     [("lambda:DeleteFunctionEventInvokeConfig", f"{LAMBDA}:function:none")]),
    ("lambda", "list_function_event_invoke_configs", {"FunctionName": "none"},
     [("lambda:ListFunctionEventInvokeConfigs", f"{LAMBDA}:function:none")]),
    ("lambda", "invoke_with_response_stream", {"FunctionName": "none"}, [("lambda:InvokeFunction", f"{LAMBDA}:function:none")]),
    ("lambda", "create_function_url_config", {"FunctionName": "none", "AuthType": "NONE"},
     [("lambda:CreateFunctionUrlConfig", f"{LAMBDA}:function:none")]),
    ("lambda", "update_function_url_config", {"FunctionName": "none", "AuthType": "NONE"},
     [("lambda:UpdateFunctionUrlConfig", f"{LAMBDA}:function:none")]),
    ("lambda", "get_function_url_config", {"FunctionName": "none"},
     [("lambda:GetFunctionUrlConfig", f"{LAMBDA}:function:none")]),
    ("lambda", "delete_function_url_config", {"FunctionName": "none"},
     [("lambda:DeleteFunctionUrlConfig", f"{LAMBDA}:function:none")]),
    ("lambda", "list_function_url_configs", {"FunctionName": "none"},
     [("lambda:ListFunctionUrlConfigs", f"{LAMBDA}:function:none")]),
    ("lambda", "invoke_async", {"FunctionName": "none", "InvokeArgs": b"{}"}, [("lambda:InvokeFunction", f"{LAMBDA}:function:none")]),
    ("logs", "create_log_group", {"logGroupName": "AWS/none", "tags": TAGS},
     [("logs:CreateLogGroup", f"{LOGS}:log-group:AWS/none:log-stream:"), ("logs:TagResource", f"{LOGS}:log-group:AWS/none")]),
    ("logs", "delete_log_group", NAMED, [("logs:DeleteLogGroup", f"{GROUP}:log-stream:")]),
    ("logs", "describe_log_groups", {}, [("logs:DescribeLogGroups", f"{LOGS}:log-group::log-stream:")]),
    ("logs", "create_log_stream", STREAM, [("logs:CreateLogStream", f"{GROUP}:log-stream:s")]),
    ("logs", "describe_log_streams", NAMED, [("logs:DescribeLogStreams", f"{GROUP}:log-stream:")]),
    ("logs", "describe_log_streams", {"logGroupIdentifier": GROUP}, [("logs:DescribeLogStreams", f"{GROUP}:log-stream:")]),
    ("logs", "put_log_events", {**STREAM, "logEvents": [{"timestamp": 1, "message": "m"}]},
     [("logs:PutLogEvents", f"{GROUP}:log-stream:s")]),
    ("logs", "get_log_events", STREAM, [("logs:GetLogEvents", f"{GROUP}:log-stream:s")]),
    ("logs", "get_log_events", {"logGroupIdentifier": GROUP, "logStreamName": "s", "unmask": True},
     [("logs:GetLogEvents", f"{GROUP}:log-stream:s"), ("logs:Unmask", f"{GROUP}:log-stream:")]),
    ("logs", "get_log_events", {**STREAM, "unmask": False}, [("logs:GetLogEvents", f"{GROUP}:log-stream:s")]),
    ("logs", "filter_log_events", {**NAMED, "unmask": True},
     [("logs:FilterLogEvents", f"{GROUP}:log-stream:"), ("logs:Unmask", f"{GROUP}:log-stream:")]),
    ("logs", "delete_log_stream", STREAM, [("logs:DeleteLogStream", f"{GROUP}:log-stream:s")]),
    ("logs", "put_retention_policy", {**NAMED, "retentionInDays": 1}, [("logs:PutRetentionPolicy", f"{GROUP}:log-stream:")]),
    ("logs", "delete_retention_policy", NAMED, [("logs:DeleteRetentionPolicy", f"{GROUP}:log-stream:")]),
    ("logs", "put_log_group_deletion_protection", {"logGroupIdentifier": "none", "deletionProtectionEnabled": False},
     [("logs:PutLogGroupDeletionProtection", f"{GROUP}:log-stream:")]),
    ("logs", "tag_resource", {"resourceArn": GROUP, "tags": TAGS}, [("logs:TagResource", GROUP)]),
    ("logs", "untag_resource", {"resourceArn": GROUP, "tagKeys": ["env"]}, [("logs:UntagResource", GROUP)]),
    ("logs", "list_tags_for_resource", {"resourceArn": GROUP}, [("logs:ListTagsForResource", GROUP)]),
    ("logs", "tag_log_group", {**NAMED, "tags": TAGS}, [("logs:TagLogGroup", GROUP)]),
    ("logs", "untag_log_group", {**NAMED, "tags": ["env"]}, [("logs:UntagLogGroup", GROUP)]),
    ("logs", "list_tags_log_group", NAMED, [("logs:ListTagsLogGroup", GROUP)]),
    ("logs", "list_log_groups", {}, [("logs:ListLogGroups", f"{LOGS}:log-group::log-stream:")]),
    ("logs", "test_metric_filter", {"filterPattern": "a", "logEventMessages": ["a"]}, [("logs:TestMetricFilter", "*")]),
    ("logs", "put_metric_filter", {**NAMED, "filterName": "f", "filterPattern": "a", "metricTransformations": [
        {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}]}, [("logs:PutMetricFilter", f"{GROUP}:log-stream:")]),
    ("logs", "describe_metric_filters", NAMED, [("logs:DescribeMetricFilters", f"{GROUP}:log-stream:")]),
    ("logs", "delete_metric_filter", {**NAMED, "filterName": "f"}, [("logs:DeleteMetricFilter", f"{GROUP}:log-stream:")]),
    ("logs", "put_subscription_filter", {**NAMED, "filterName": "f", "filterPattern": "a", "destinationArn": f"{LAMBDA}:function:none"},
     [("logs:PutSubscriptionFilter", f"{GROUP}:log-stream:")]),
    ("logs", "describe_subscription_filters", NAMED, [("logs:DescribeSubscriptionFilters", f"{GROUP}:log-stream:")]),
    ("logs", "delete_subscription_filter", {**NAMED, "filterName": "f"}, [("logs:DeleteSubscriptionFilter", f"{GROUP}:log-stream:")]),
    ("logs", "put_resource_policy", {"policyName": "p", "policyDocument": "{}"}, [("logs:PutResourcePolicy", "*")]),
    ("logs", "describe_resource_policies", {}, [("logs:DescribeResourcePolicies", "*")]),
    ("logs", "delete_resource_policy", {"policyName": "none"}, [("logs:DeleteResourcePolicy", "*")]),
    ("logs", "start_query", {**NAMED, **QUERY}, [("logs:StartQuery", f"{GROUP}:log-stream:")]),
    ("logs", "start_query", {"logGroupNames": ["none"], **QUERY}, [("logs:StartQuery", f"{GROUP}:log-stream:")]),
    ("logs", "start_query", {"logGroupIdentifiers": [GROUP], **QUERY}, [("logs:StartQuery", f"{GROUP}:log-stream:")]),
    ("logs", "start_query", {**QUERY, "queryString": "SOURCE logGroups(namePrefix: ['none'])"}, [("logs:StartQuery", f"{GROUP}*:log-stream:")]),
    ("logs", "stop_query", {"queryId": UUID}, [("logs:StopQuery", "*")]),
    ("logs", "get_query_results", {"queryId": UUID}, [("logs:GetQueryResults", "*")]),
    ("logs", "put_account_policy", {"policyName": "p", "policyType": "SUBSCRIPTION_FILTER_POLICY", "policyDocument": "{}"},
     [("logs:PutAccountPolicy", "*"), ("logs:PutSubscriptionFilter", "*")]),
    ("logs", "describe_account_policies", {"policyType": "SUBSCRIPTION_FILTER_POLICY"},
     [("logs:DescribeAccountPolicies", "*"), ("logs:DescribeSubscriptionFilters", "*")]),
    ("logs", "delete_account_policy", {"policyName": "p", "policyType": "SUBSCRIPTION_FILTER_POLICY"},
     [("logs:DeleteAccountPolicy", "*"), ("logs:DeleteSubscriptionFilter", "*")]),
    ("logs", "put_account_policy", {"policyName": "p", "policyType": "FIELD_INDEX_POLICY", "policyDocument": "{}"},
     [("logs:PutAccountPolicy", "*"), ("logs:PutIndexPolicy", "*")]),
    ("logs", "describe_account_policies", {"policyType": "FIELD_INDEX_POLICY"},
     [("logs:DescribeAccountPolicies", "*"), ("logs:DescribeIndexPolicies", "*")]),
    ("logs", "delete_account_policy", {"policyName": "p", "policyType": "FIELD_INDEX_POLICY"},
     [("logs:DeleteAccountPolicy", "*"), ("logs:DeleteIndexPolicy", "*")]),
    ("logs", "put_index_policy", {"logGroupIdentifier": "none", "policyDocument": "{}"}, [("logs:PutIndexPolicy", f"{GROUP}:log-stream:")]),
    ("logs", "describe_index_policies", {"logGroupIdentifiers": ["none"]}, [("logs:DescribeIndexPolicies", f"{GROUP}:log-stream:")]),
    ("logs", "delete_index_policy", {"logGroupIdentifier": "none"}, [("logs:DeleteIndexPolicy", f"{GROUP}:log-stream:")]),
    ("logs", "describe_field_indexes", {"logGroupIdentifiers": ["none"]}, [("logs:DescribeFieldIndexes", f"{GROUP}:log-stream:")]),
    ("logs", "create_export_task", {**NAMED, "fromTime": 1, "to": 2, "destination": "b"},
     [("logs:CreateExportTask", f"{GROUP}:log-stream:")]),
    ("logs", "list_log_groups_for_query", {"queryId": UUID}, [("logs:ListLogGroupsForQuery", "*")]),
    ("logs", "associate_kms_key", {**NAMED, "kmsKeyId": "k"}, [("logs:AssociateKmsKey", f"{GROUP}:log-stream:")]),
    ("logs", "disassociate_kms_key", {"resourceIdentifier": GROUP}, [("logs:DisassociateKmsKey", f"{GROUP}:log-stream:")]),
    ("logs", "create_lookup_table", {"lookupTableName": "none", "tableBody": "a", "tags": TAGS},
     [("logs:CreateLookupTable", LOOKUP), ("logs:TagResource", LOOKUP)]),
    ("logs", "create_lookup_table", {"lookupTableName": "none", "queryId": UUID},
     [("logs:CreateLookupTable", LOOKUP), ("logs:GetQueryResults", "*")]),
    ("logs", "update_lookup_table", {"lookupTableArn": LOOKUP, "tableBody": "a"}, [("logs:UpdateLookupTable", LOOKUP)]),
    ("logs", "update_lookup_table", {"lookupTableArn": LOOKUP, "queryId": UUID},
     [("logs:UpdateLookupTable", LOOKUP), ("logs:GetQueryResults", "*")]),
    ("logs", "get_lookup_table", {"lookupTableArn": LOOKUP}, [("logs:GetLookupTable", LOOKUP)]),
    ("logs", "describe_lookup_tables", {}, [("logs:DescribeLookupTables", "*")]),
    ("logs", "delete_lookup_table", {"lookupTableArn": LOOKUP}, [("logs:DeleteLookupTable", LOOKUP)]),
    ("logs", "tag_resource", {"resourceArn": LOOKUP, "tags": TAGS}, [("logs:TagResource", LOOKUP)]),
    ("logs", "untag_resource", {"resourceArn": LOOKUP, "tagKeys": ["env"]}, [("logs:UntagResource", LOOKUP)]),
    ("logs", "list_tags_for_resource", {"resourceArn": LOOKUP}, [("logs:ListTagsForResource", LOOKUP)]),
    ("logs", "describe_export_tasks", {}, [("logs:DescribeExportTasks", "*")]),
    ("logs", "cancel_export_task", {"taskId": "t"}, [("logs:CancelExportTask", "*")]),
    ("logs", "describe_queries", {}, [("logs:DescribeQueries", "*")]),
    ("logs", "put_query_definition", {"name": "n", "queryString": "limit 1"}, [("logs:PutQueryDefinition", "*")]),
    ("logs", "describe_query_definitions", {}, [("logs:DescribeQueryDefinitions", "*")]),
    ("logs", "delete_query_definition", {"queryDefinitionId": UUID}, [("logs:DeleteQueryDefinition", "*")]),
    ("logs", "get_log_group_fields", NAMED, [("logs:GetLogGroupFields", f"{GROUP}:log-stream:")]),
]

# test_dynamodb_access.py has the operations about items.
OF_TABLES = [
    ("dynamodb", "describe_continuous_backups", {"TableName": "none"}, [("dynamodb:DescribeContinuousBackups", TABLE)]),
    ("dynamodb", "describe_time_to_live", {"TableName": "none"}, [("dynamodb:DescribeTimeToLive", TABLE)]),
    ("dynamodb", "get_resource_policy", {"ResourceArn": TABLE}, [("dynamodb:GetResourcePolicy", TABLE)]),
    ("dynamodb", "get_resource_policy", {"ResourceArn": f"{TABLE}/stream/s"}, [("dynamodb:GetResourcePolicy", f"{TABLE}/stream/s")]),
    ("dynamodb", "tag_resource", {"ResourceArn": TABLE, "Tags": [{"Key": "k", "Value": "v"}]},
     [("dynamodb:TagResource", TABLE)]),
    ("dynamodb", "create_global_table", {"GlobalTableName": "none", "ReplicationGroup": [{"RegionName": "us-east-1"}]},
     [("dynamodb:CreateGlobalTable", TABLE), ("dynamodb:CreateGlobalTable", GLOBAL_TABLE)]),
    ("dynamodb", "describe_global_table", {"GlobalTableName": "none"}, [("dynamodb:DescribeGlobalTable", GLOBAL_TABLE)]),
    ("dynamodb", "list_global_tables", {}, [("dynamodb:ListGlobalTables", "*")]),
    ("dynamodb", "update_global_table",
     {"GlobalTableName": "none", "ReplicaUpdates": [{"Delete": {"RegionName": "us-east-1"}}]},
     [("dynamodb:UpdateGlobalTable", TABLE), ("dynamodb:UpdateGlobalTable", GLOBAL_TABLE)]),
    ("dynamodb", "describe_global_table_settings", {"GlobalTableName": "none"},
     [("dynamodb:DescribeGlobalTableSettings", GLOBAL_TABLE)]),
    ("dynamodb", "update_global_table_settings", {"GlobalTableName": "none", "GlobalTableBillingMode": "PAY_PER_REQUEST"},
     [("dynamodb:UpdateGlobalTableSettings", TABLE), ("dynamodb:UpdateGlobalTableSettings", GLOBAL_TABLE)]),
    ("dynamodb", "untag_resource", {"ResourceArn": TABLE, "TagKeys": ["k"]}, [("dynamodb:UntagResource", TABLE)]),
    ("dynamodb", "list_tags_of_resource", {"ResourceArn": TABLE}, [("dynamodb:ListTagsOfResource", TABLE)]),
]


def pascal(method):
    return "".join(word.capitalize() for word in method.split("_"))


# They need an event, a host of their own, a callback that exists: tests/wire/test_denied.py and test_durable.py ask for them.
ELSEWHERE = {("logs", "GetLogRecord"), ("logs", "StartLiveTail"), ("lambda", "SendDurableExecutionCallbackSuccess"),
             ("lambda", "SendDurableExecutionCallbackFailure"), ("lambda", "SendDurableExecutionCallbackHeartbeat")}


def test_every_operation_of_the_models_is_asked_for():
    sections = re.split(r"^## ", (ROOT / "docs/permissions.md").read_text(), flags=re.MULTILINE)
    of_models = {(service, name) for service in ("lambda", "logs")
                 for section in sections if section.startswith(f"{service}\n")
                 for name in re.findall(r"^\| (\w+) \|", section, flags=re.MULTILINE) if name != "Operation"}
    assert {(service, pascal(method)) for service, method, _, _ in OPERATIONS} == of_models - ELSEWHERE


def statement(effect, actions, resource="*", **condition):
    one = {"Effect": effect, "Action": actions, "Resource": resource}
    return {**one, "Condition": condition} if condition else one


@pytest.fixture(scope="module")
def user(client):
    """user(service, *statements) returns a client of a user with exactly these statements."""
    iam, name = client("iam"), "user-of-permissions"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def make(service, *statements):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document)
        return client(service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    yield make
    iam.delete_user_policy(UserName=name, PolicyName="own")
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


def denial_of(call, arguments):
    """AWS's sentence; None when the caller is allowed, even if the call fails otherwise."""
    try:
        call(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] == "AccessDeniedException":
            return error.response["Error"]["Message"]
    return None


@pytest.mark.parametrize("service, method, arguments, needs", OPERATIONS + OF_TABLES,
                         ids=[f"{one[0]}-{one[1]}-{number}" for number, one in enumerate(OPERATIONS + OF_TABLES)])
def test_an_operation_needs_each_action_on_exactly_its_resource(user, service, method, arguments, needs):
    for action, resource in needs:
        others = {"Effect": "Allow", "NotAction": action, "Resource": "*"}
        elsewhere = {"Effect": "Allow", "Action": action, "NotResource": resource}
        assert denial_of(getattr(user(service, others, elsewhere), method), arguments) == (
            f"User: arn:aws:iam::{ACCOUNT}:user/user-of-permissions is not authorized to perform: {action} on resource: "
            f"{resource} because no identity-based policy allows the {action} action")
        explicit = denial_of(getattr(user(service, statement("Allow", "*"), statement("Deny", action, resource)), method), arguments)
        assert explicit.endswith(f"perform: {action} on resource: {resource} with an explicit deny in an identity-based policy")
    allowed = user(service, *(statement("Allow", action, resource) for action, resource in needs))
    assert denial_of(getattr(allowed, method), arguments) is None


def bind(user, service, method, arguments, action, key, value, once=False):
    """The value of the key decides: of a Deny, and of an Allow.  `once`: the call can succeed only once."""
    rest = {"Effect": "Allow", "NotAction": action, "Resource": "*"}

    def denied(*statements):
        return denial_of(getattr(user(service, rest, *statements), method), arguments) is not None

    same, other = ({"ForAnyValue:StringEquals": {key: one}} for one in (value, "another"))
    assert denied(statement("Allow", action), statement("Deny", action, **same))
    assert denied(statement("Allow", action, **other))
    assert once or not denied(statement("Allow", action), statement("Deny", action, **other))
    assert not denied(statement("Allow", action, **same))


PASSING = [("iam:PassedToService", "lambda.amazonaws.com"), ("iam:AssociatedResourceArn", FUNCTION)]
NETWORK = [("lambda:SubnetIds", "subnet-1a"), ("lambda:SecurityGroupIds", "sg-1a")]
TAGGING = [("aws:RequestTag/env", "prod"), ("aws:TagKeys", "env")]
CREATE = {"FunctionName": "none", "Tags": TAGS, **NEW, **VPC}
CHANGE = {"FunctionName": "none", "Role": ROLE, **VPC}
REQUESTS = [
    *(("lambda", "create_function", CREATE, "lambda:CreateFunction", *key) for key in TAGGING + NETWORK),
    *(("lambda", "create_function", CREATE, "lambda:TagResource", *key) for key in TAGGING),
    *(("lambda", "create_function", CREATE, "iam:PassRole", *key) for key in PASSING),
    *(("lambda", "update_function_configuration", CHANGE, "lambda:UpdateFunctionConfiguration", *key) for key in NETWORK),
    *(("lambda", "update_function_configuration", CHANGE, "iam:PassRole", *key) for key in PASSING),
    *(("lambda", "create_event_source_mapping", {"FunctionName": "none:7", "EventSourceArn": QUEUE, "Tags": TAGS},
       "lambda:CreateEventSourceMapping", *key) for key in [("lambda:FunctionArn", FUNCTION), *TAGGING]),
    *(("lambda", "tag_resource", {"Resource": FUNCTION, "Tags": TAGS}, "lambda:TagResource", *key) for key in TAGGING),
    ("lambda", "untag_resource", {"Resource": FUNCTION, "TagKeys": ["env"]}, "lambda:UntagResource", "aws:TagKeys", "env"),
    ("lambda", "add_permission", {"FunctionName": "none", **GRANT}, "lambda:AddPermission", "lambda:Principal", "sns.amazonaws.com"),
    *(("logs", "create_log_group", {"logGroupName": "AWS/none", "tags": TAGS}, action, *key)
      for action in ("logs:CreateLogGroup", "logs:TagResource") for key in TAGGING),
    *(("logs", "tag_resource", {"resourceArn": GROUP, "tags": TAGS}, "logs:TagResource", *key) for key in TAGGING),
    ("logs", "untag_resource", {"resourceArn": GROUP, "tagKeys": ["env"]}, "logs:UntagResource", "aws:TagKeys", "env"),
]


@pytest.mark.parametrize("service, method, arguments, action, key, value", REQUESTS,
                         ids=["-".join((one[1], one[3], one[4])) for one in REQUESTS])
def test_what_a_request_says_decides(user, service, method, arguments, action, key, value):
    bind(user, service, method, arguments, action, key, value)


def test_the_tags_of_a_function_decide_for_each_operation_on_it(user, make_function):
    name = make_function("def handler(event, context):\n    return event\n", Tags=TAGS)
    arn = f"{LAMBDA}:function:{name}"
    latest = {"FunctionName": name, "Qualifier": "$LATEST"}
    for method, arguments, action in [
        ("get_function", {"FunctionName": name}, "GetFunction"),
        ("get_function_configuration", latest, "GetFunctionConfiguration"),
        ("update_function_code", {"FunctionName": name, "DryRun": True, **CODE}, "UpdateFunctionCode"),
        ("update_function_configuration", {"FunctionName": name, "RevisionId": "none"}, "UpdateFunctionConfiguration"),
        ("delete_function", latest, "DeleteFunction"),
        ("invoke", {"FunctionName": name, "InvocationType": "DryRun"}, "InvokeFunction"),
        ("tag_resource", {"Resource": arn, "Tags": {"more": "m"}}, "TagResource"),
        ("untag_resource", {"Resource": arn, "TagKeys": ["more"]}, "UntagResource"),
        ("list_tags", {"Resource": arn}, "ListTags"),
        ("add_permission", {**latest, **GRANT}, "AddPermission"),
        ("remove_permission", {**latest, "StatementId": "s"}, "RemovePermission"),
        ("get_policy", {"FunctionName": name}, "GetPolicy"),
    ]:
        bind(user, "lambda", method, arguments, f"lambda:{action}", "aws:ResourceTag/env", "prod")


def test_whose_permission_is_removed_decides(user, client, make_function):
    name = make_function("def handler(event, context):\n    return event\n")
    for principal, said in [("sns.amazonaws.com", "sns.amazonaws.com"), ("*", "*"), (ACCOUNT, ACCOUNT),
                            (f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:root")]:
        client("lambda").add_permission(FunctionName=name, **{**GRANT, "Principal": principal})
        bind(user, "lambda", "remove_permission", {"FunctionName": name, "StatementId": "s"}, "lambda:RemovePermission",
             "lambda:Principal", said, once=True)


def test_the_function_and_the_tags_of_a_mapping_decide_for_each_operation_on_it(user, client, make_function, make_role, make_queue):
    name = make_function("def handler(event, context):\n    return event\n",
                         Role=make_role(allow=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]))
    made = client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=make_queue.arn(make_queue()), Tags=TAGS)
    one, arn = {"UUID": made["UUID"]}, made["EventSourceMappingArn"]
    for method, arguments, action in [
        ("tag_resource", {"Resource": arn, "Tags": {"more": "m"}}, "TagResource"),
        ("untag_resource", {"Resource": arn, "TagKeys": ["more"]}, "UntagResource"),
        ("list_tags", {"Resource": arn}, "ListTags"),
        ("get_event_source_mapping", one, "GetEventSourceMapping"),
        ("update_event_source_mapping", {**one, "BatchSize": 7}, "UpdateEventSourceMapping"),
        ("delete_event_source_mapping", one, "DeleteEventSourceMapping"),
    ]:
        bind(user, "lambda", method, arguments, f"lambda:{action}", "aws:ResourceTag/env", "prod", once=method[:6] == "delete")
    made = client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=make_queue.arn(make_queue()))
    one = {"UUID": made["UUID"]}
    for method, arguments, action in [
        ("get_event_source_mapping", one, "GetEventSourceMapping"),
        ("update_event_source_mapping", {**one, "BatchSize": 7}, "UpdateEventSourceMapping"),
        ("delete_event_source_mapping", one, "DeleteEventSourceMapping"),
    ]:
        bind(user, "lambda", method, arguments, f"lambda:{action}", "lambda:FunctionArn", f"{LAMBDA}:function:{name}",
             once=method[:6] == "delete")


def test_the_tags_of_a_group_decide_for_each_operation_on_it_and_its_streams(user, client, unique):
    name, logs = unique("group"), client("logs")
    logs.create_log_group(logGroupName=name, tags=TAGS, deletionProtectionEnabled=True)
    named, stream = {"logGroupName": name}, {"logGroupName": name, "logStreamName": "s"}
    arn = f"{LOGS}:log-group:{name}"
    for method, arguments, action in [
        ("create_log_group", named, "CreateLogGroup"),
        ("delete_log_group", named, "DeleteLogGroup"),
        ("create_log_stream", stream, "CreateLogStream"),
        ("describe_log_streams", named, "DescribeLogStreams"),
        ("put_log_events", {**stream, "logEvents": [{"timestamp": 1, "message": "m"}]}, "PutLogEvents"),
        ("get_log_events", stream, "GetLogEvents"),
        ("get_log_events", {**stream, "unmask": True}, "Unmask"),
        ("filter_log_events", named, "FilterLogEvents"),
        ("filter_log_events", {**named, "unmask": True}, "Unmask"),
        ("delete_log_stream", stream, "DeleteLogStream"),
        ("put_retention_policy", {**named, "retentionInDays": 1}, "PutRetentionPolicy"),
        ("delete_retention_policy", named, "DeleteRetentionPolicy"),
        ("put_log_group_deletion_protection", {"logGroupIdentifier": arn, "deletionProtectionEnabled": True},
         "PutLogGroupDeletionProtection"),
        ("tag_resource", {"resourceArn": arn, "tags": {"more": "m"}}, "TagResource"),
        ("untag_resource", {"resourceArn": arn, "tagKeys": ["more"]}, "UntagResource"),
        ("list_tags_for_resource", {"resourceArn": arn}, "ListTagsForResource"),
    ]:
        bind(user, "logs", method, arguments, f"logs:{action}", "aws:ResourceTag/env", "prod")
    logs.put_log_group_deletion_protection(logGroupIdentifier=name, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName=name)


def test_source_selects_no_group_that_the_caller_may_not_query(user, client, unique):
    prefix, logs = unique("group"), client("logs")
    for name in (prefix + "a", prefix + "b"):
        logs.create_log_group(logGroupName=name)
    query = {**QUERY, "queryString": f"SOURCE logGroups(namePrefix: ['{prefix}']) | unmask @message"}
    secret = f"{LOGS}:log-group:{prefix}b:log-stream:"

    def denial(*statements):
        return denial_of(user("logs", *statements).start_query, query)

    everything, mine = statement("Allow", "logs:*"), f"{LOGS}:log-group:{prefix}*:*"
    assert denial(statement("Allow", ["logs:StartQuery", "logs:Unmask"], mine)) is None
    assert f"perform: logs:StartQuery on resource: {secret} with" in denial(everything, statement("Deny", "logs:StartQuery", secret))
    assert f"perform: logs:Unmask on resource: {secret} with" in denial(everything, statement("Deny", "logs:Unmask", secret))
    told = denial(statement("Allow", "logs:*", f"{LOGS}:log-group:{prefix}a:*"))
    assert f"logs:StartQuery on resource: {LOGS}:log-group:{prefix}*:log-stream: because" in told
    for name in (prefix + "a", prefix + "b"):
        logs.delete_log_group(logGroupName=name)


def test_another_account_may_what_the_functions_policy_says_and_no_more(client, make_function):
    name = make_function("def handler(event, context):\n    return event\n")
    stranger = client("lambda", aws_access_key_id="111122223333")
    arguments = {"FunctionName": f"{LAMBDA}:function:{name}", "InvocationType": "DryRun"}
    assert "no resource-based policy allows the lambda:InvokeFunction action" in denial_of(stranger.invoke, arguments)
    client("lambda").add_permission(FunctionName=name, **{**GRANT, "Principal": "111122223333"})
    assert denial_of(stranger.invoke, arguments) is None
    assert "lambda:GetFunction " in denial_of(stranger.get_function, {"FunctionName": arguments["FunctionName"]})


def test_which_vpc_subnets_are_in_is_not_known(user):
    """A Deny for the VPC applies to a function with subnets, and an Allow does not; without subnets neither has an effect."""
    inside = {"FunctionName": "none", "Role": ROLE, **VPC}
    outside = {"FunctionName": "none", "Role": ROLE}
    of_vpc = {"StringEquals": {"lambda:VpcIds": "vpc-1"}}
    for method, more, action in [("create_function", NEW, "lambda:CreateFunction"),
                                 ("update_function_configuration", {}, "lambda:UpdateFunctionConfiguration")]:
        denied = user("lambda", statement("Allow", "*"), statement("Deny", action, **of_vpc))
        assert denial_of(getattr(denied, method), {**more, **inside}) is not None
        assert denial_of(getattr(denied, method), {**more, **outside}) is None
        allowed = user("lambda", statement("Allow", "iam:PassRole"), statement("Allow", action, **of_vpc))
        assert denial_of(getattr(allowed, method), {**more, **inside}) is not None
        without = user("lambda", statement("Allow", "*"), statement("Deny", action, Null={"lambda:VpcIds": "true"}))
        assert denial_of(getattr(without, method), {**more, **outside}) is not None


CALLS = """
import boto3

def handler(event, context):
    try:
        boto3.client("sqs").get_queue_url(QueueName=event)
    except Exception as error:
        return error.response["Error"]["Code"]
"""


def test_a_policy_can_say_which_function_asks(client, make_function, make_role, make_queue):
    """https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html"""
    role = make_role()
    mine, other = (make_function(CALLS, Role=role) for _ in range(2))
    queue = make_queue().rsplit("/", 1)[1]

    def answers(*statements):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        client("iam").put_role_policy(RoleName=role.split("/")[-1], PolicyName="own", PolicyDocument=document)
        replies = [client("lambda").invoke(FunctionName=name, Payload=json.dumps(queue)) for name in (mine, other)]
        return [json.loads(reply["Payload"].read()) for reply in replies]

    denied, of_mine = "AccessDenied", {"ArnEquals": {"lambda:SourceFunctionArn": f"{LAMBDA}:function:{mine}"}}
    assert answers(statement("Allow", "sqs:GetQueueUrl")) == [None, None]
    assert answers(statement("Allow", "sqs:GetQueueUrl", **of_mine)) == [None, denied]
    assert answers(statement("Allow", "sqs:GetQueueUrl"), statement("Deny", "sqs:*", **of_mine)) == [denied, None]
    session = client("sts").assume_role  # a session outside any function
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
    client("iam").update_assume_role_policy(RoleName=role.split("/")[-1], PolicyDocument=json.dumps(trust))
    given = session(RoleArn=role, RoleSessionName=mine[:64])["Credentials"]
    sqs = client("sqs", aws_access_key_id=given["AccessKeyId"], aws_secret_access_key=given["SecretAccessKey"],
                 aws_session_token=given["SessionToken"])
    assert sqs.get_queue_url(QueueName=queue)
