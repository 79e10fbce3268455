BEGIN TRANSACTION;
CREATE TABLE dynamodb_item (
    id integer primary key,
    table_id integer not null,
    hash_key blob not null,
    range_key blob not null,
    size_bytes integer not null,
    item blob not null
);
CREATE TABLE dynamodb_table (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    name text not null,
    table_uuid text not null,
    created_ms integer not null,
    hash_name text not null,
    hash_type text not null,
    range_name text,
    range_type text,
    read_units integer not null,
    write_units integer not null,
    on_demand integer not null,
    max_read_units integer,
    max_write_units integer,
    table_class text,
    protected integer not null,
    unique (account, region, name)
);
INSERT INTO "dynamodb_table" VALUES(1,'000000000000','us-east-1','orders','5baf9497-b45e-46c1-894a-817af506034a',1795766200316,'id','S',NULL,NULL,0,0,1,NULL,NULL,NULL,0);
CREATE TABLE dynamodb_tag (
    table_id integer not null,
    name text not null,
    value text not null,
    primary key (table_id, name)
) without rowid;
INSERT INTO "dynamodb_tag" VALUES(1,'team','shop');
CREATE TABLE engine_effect (
    kind text not null,
    id text not null,
    payload text not null,
    primary key (kind, id)
) without rowid;
CREATE TABLE engine_setting (
    name text primary key,
    value text not null
) without rowid;
CREATE TABLE engine_timer (
    operation text not null,
    id text not null,
    due_ms integer not null,
    account text not null,
    region text not null,
    input text not null,
    primary key (operation, id)
) without rowid;
INSERT INTO "engine_timer" VALUES('sqs:SweepQueue','arn:aws:sqs:eu-central-1:123456789012:orders',1795769800399,'123456789012','eu-central-1','{"QueueArn":"arn:aws:sqs:eu-central-1:123456789012:orders"}');
INSERT INTO "engine_timer" VALUES('sqs:SweepQueue','arn:aws:sqs:us-east-1:000000000000:orders',1795769800264,'000000000000','us-east-1','{"QueueArn":"arn:aws:sqs:us-east-1:000000000000:orders"}');
INSERT INTO "engine_timer" VALUES('sqs:SweepQueue','arn:aws:sqs:us-east-1:000000000000:untagged',1795769800277,'000000000000','us-east-1','{"QueueArn":"arn:aws:sqs:us-east-1:000000000000:untagged"}');
CREATE TABLE engine_trace (
    trace_id text not null,
    sequence integer not null,
    at_ms integer not null,
    kind text not null,
    resource text not null,
    detail text,
    primary key (trace_id, sequence)
) without rowid;
CREATE TABLE iam_access_key (
    access_key_id text not null primary key,
    account text not null,
    identity_id integer,
    secret text not null,
    status text not null,
    created_ms integer not null
);
CREATE TABLE iam_attachment (
    identity_id integer not null,
    policy_arn text not null,
    primary key (identity_id, policy_arn)
);
INSERT INTO "iam_attachment" VALUES(1,'arn:aws:iam::000000000000:policy/shop/Read');
CREATE TABLE iam_identity (
    id integer primary key,
    account text not null,
    kind text not null,
    name text not null,
    folded_name text not null,
    unique_id text not null unique,
    path text not null,
    created_ms integer not null,
    trust_policy text,
    description text,
    max_session_seconds integer,
    boundary_arn text,
    last_used_ms integer,
    last_used_region text,
    unique (account, kind, folded_name)
);
INSERT INTO "iam_identity" VALUES(1,'000000000000','role','Orders','orders','AROA3FED3NMMELQUAM1VO','/shop/',1795766200340,'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}',NULL,3600,NULL,NULL,NULL);
INSERT INTO "iam_identity" VALUES(2,'000000000000','user','Mary','mary','AIDABW92V72QIGOLIJKZS','/',1795766200351,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE iam_identity_tag (
    identity_id integer not null,
    folded_key text not null,
    tag_key text not null,
    tag_value text not null,
    primary key (identity_id, folded_key)
);
INSERT INTO "iam_identity_tag" VALUES(1,'team','Team','shop');
INSERT INTO "iam_identity_tag" VALUES(1,'zone','zone','z');
INSERT INTO "iam_identity_tag" VALUES(2,'team','Team','people');
CREATE TABLE iam_inline_policy (
    identity_id integer not null,
    policy_name text not null,
    document text not null,
    primary key (identity_id, policy_name)
);
CREATE TABLE iam_policy (
    id integer primary key,
    account text not null,
    policy_name text not null,
    folded_name text not null,
    path text not null,
    unique_id text not null,
    arn text not null unique,
    description text,
    created_ms integer not null,
    updated_ms integer not null,
    default_version integer not null,
    newest_version integer not null,
    unique (account, folded_name)
);
INSERT INTO "iam_policy" VALUES(1,'000000000000','Read','read','/shop/','ANPAHCB92KVTKTIC8LA4Q','arn:aws:iam::000000000000:policy/shop/Read',NULL,1795766200356,1795766200356,1,1);
CREATE TABLE iam_policy_tag (
    policy_id integer not null,
    folded_key text not null,
    tag_key text not null,
    tag_value text not null,
    primary key (policy_id, folded_key)
);
INSERT INTO "iam_policy_tag" VALUES(1,'owner','Owner','mary');
CREATE TABLE iam_policy_version (
    policy_id integer not null,
    version integer not null,
    document text not null,
    created_ms integer not null,
    primary key (policy_id, version)
);
INSERT INTO "iam_policy_version" VALUES(1,1,'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sqs:*", "logs:*"], "Resource": "*"}]}',1795766200356);
CREATE TABLE iam_session (
    access_key_id text not null primary key,
    account text not null,
    role_name text not null,
    role_unique_id text not null,
    session_name text not null,
    secret text not null,
    session_token text not null,
    session_policy text,
    expires_ms integer not null
, issued_ms integer not null default 0);
CREATE TABLE iam_state (
    id integer primary key,
    policies_version integer not null,
    keys_created integer not null
);
INSERT INTO "iam_state" VALUES(1,4673433618127226120,0);
CREATE TABLE lambda_function (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    name text not null,
    runtime text not null,
    handler text,
    role text not null,
    timeout_seconds integer not null,
    memory_mb integer not null,
    variables text,
    architecture text not null,
    log_group text not null,
    package text not null,
    package_size integer not null,
    settings text not null,
    policy text,
    revision text not null,
    modified_ms integer not null,
    generation integer not null,
    unique (account, region, name)
);
INSERT INTO "lambda_function" VALUES(1,'000000000000','us-east-1','handle','python3.12','a.b','arn:aws:iam::000000000000:role/shop/Orders',3,128,NULL,'x86_64','/aws/lambda/handle','426a4ad98147c009e06d24051263cd660c25b808d1982aa9e0802279df20b48d',122,'{"Description":""}',NULL,'6e120ad8-c336-4687-8cd9-68c5f8648ee8',1795766200385,1);
CREATE TABLE lambda_held (
    id integer primary key,
    mapping_id integer not null,
    held_ms integer not null,
    trace_id text not null,
    receipt text not null,
    record text not null
);
CREATE TABLE lambda_invocation (
    id integer primary key,
    request_id text not null,
    function_id integer not null,
    mapping_id integer,
    kind text not null,
    state text not null,
    payload blob not null,
    client_context text,
    trace_id text not null,
    queued_ms integer not null,
    attempts integer not null,
    process_id text,
    started_ms integer not null,
    announced integer not null,
    wants_tail integer not null,
    tail text,
    receipts text,
    error text,
    result blob
, function_arn text);
CREATE TABLE lambda_line (
    id integer primary key,
    process_id text not null,
    timestamp_ms integer not null,
    text text not null
);
CREATE TABLE lambda_mapping (
    id integer primary key autoincrement,
    uuid text not null unique,
    account text not null,
    region text not null,
    function_name text not null,
    source_arn text not null,
    batch_size integer not null,
    window_seconds integer not null,
    reports_failures integer not null,
    maximum_concurrency integer,
    enabled integer not null,
    reason text not null,
    result text,
    modified_ms integer not null,
    poller integer not null,
    failures integer not null,
    waits_for text
);
INSERT INTO "lambda_mapping" VALUES(1,'b5766820-f2b5-46b8-999d-10def180300d','000000000000','us-east-1','handle','arn:aws:sqs:us-east-1:000000000000:orders',10,0,0,NULL,0,'USER_INITIATED',NULL,1795766200392,1,0,NULL);
CREATE TABLE lambda_package (
    sha256 text not null unique,
    content blob not null
);
INSERT INTO "lambda_package" VALUES('426a4ad98147c009e06d24051263cd660c25b808d1982aa9e0802279df20b48d',X'504B03041400000000000000210031077B93100000001000000004000000612E7079646566206228652C63293A2070617373504B010214031400000000000000210031077B931000000010000000040000000000000000000000ED0100000000612E7079504B0506000000000100010032000000320000000000');
CREATE TABLE lambda_process (
    id text primary key,
    function_id integer not null,
    generation integer not null,
    state text not null,
    started_ms integer not null,
    init_ms integer,
    idle_since_ms integer not null,
    deadline_ms integer not null,
    retire_ms integer not null,
    check_ms integer not null,
    log_stream text not null,
    memory_bytes integer not null
) without rowid;
CREATE TABLE lambda_tag (
    resource text not null,
    name text not null,
    value text not null,
    primary key (resource, name)
) without rowid;
INSERT INTO "lambda_tag" VALUES('arn:aws:lambda:us-east-1:000000000000:event-source-mapping:b5766820-f2b5-46b8-999d-10def180300d','kind','mapping');
INSERT INTO "lambda_tag" VALUES('arn:aws:lambda:us-east-1:000000000000:function:handle','team','shop');
CREATE TABLE logs_event (
    id integer primary key,
    group_id integer not null,
    stream_id integer not null,
    timestamp_ms integer not null,
    ingested_ms integer not null,
    message text not null
);
CREATE TABLE logs_group (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    name text not null,
    created_ms integer not null,
    class text not null,
    kms_key_id text,
    retention_days integer,
    deletion_protected integer not null,
    unique (account, region, name)
);
INSERT INTO "logs_group" VALUES(1,'000000000000','us-east-1','/orders',1795766200332,'STANDARD',NULL,NULL,0);
CREATE TABLE logs_stream (
    id integer primary key autoincrement,
    group_id integer not null,
    name text not null,
    created_ms integer not null,
    last_event_ms integer,
    last_ingestion_ms integer,
    stored_bytes integer not null,
    unique (group_id, name)
);
CREATE TABLE logs_tag (
    group_id integer not null,
    name text not null,
    value text not null,
    primary key (group_id, name)
) without rowid;
INSERT INTO "logs_tag" VALUES(1,'team','shop');
INSERT INTO "logs_tag" VALUES(1,'ünï','cødé');
CREATE TABLE schema_version (name text primary key, version integer not null) without rowid;
INSERT INTO "schema_version" VALUES('dynamodb',1);
INSERT INTO "schema_version" VALUES('engine',1);
INSERT INTO "schema_version" VALUES('iam',2);
INSERT INTO "schema_version" VALUES('lambda',2);
INSERT INTO "schema_version" VALUES('logs',1);
INSERT INTO "schema_version" VALUES('sns',1);
INSERT INTO "schema_version" VALUES('sqs',1);
CREATE TABLE sns_signing_key (
    name text primary key,
    private_key text not null,
    certificate text not null
) without rowid;
CREATE TABLE sns_subscription (
    id integer primary key,
    topic_id integer not null,
    arn text not null unique,
    owner text not null,
    protocol text not null,
    endpoint text not null,
    raw_delivery integer not null,
    unique (topic_id, protocol, endpoint)
);
CREATE TABLE sns_tag (
    topic_id integer not null,
    name text not null,
    value text not null,
    primary key (topic_id, name)
) without rowid;
INSERT INTO "sns_tag" VALUES(1,'a','1');
INSERT INTO "sns_tag" VALUES(1,'team','shop');
CREATE TABLE sns_topic (
    id integer primary key,
    account text not null,
    region text not null,
    name text not null,
    display_name text,
    policy text,
    delivery_policy text,
    kms_key_id text,
    tracing_config text,
    signature_version integer not null,
    deleted_subscriptions integer not null,
    unique (account, region, name)
);
INSERT INTO "sns_topic" VALUES(1,'000000000000','us-east-1','orders',NULL,NULL,NULL,NULL,NULL,1,0);
CREATE TABLE sqs_message (
    id integer primary key,
    queue_id integer not null,
    visible_ms integer not null,
    message_id text not null,
    sent_ms integer not null,
    sender_id text not null,
    body text not null,
    attributes text,
    attributes_md5 text,
    trace_header text,
    trace_id text not null,
    group_id text,
    receive_count integer not null,
    first_received_ms integer,
    receipt integer not null,
    dead_letter_source_arn text
);
CREATE TABLE sqs_queue (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    name text not null,
    created_ms integer not null,
    modified_ms integer not null,
    visibility_timeout integer not null,
    retention_seconds integer not null,
    maximum_message_size integer not null,
    delay_seconds integer not null,
    wait_seconds integer not null,
    sse_managed integer not null,
    policy text,
    redrive_policy text,
    redrive_allow_policy text,
    dead_letter_arn text,
    max_receive_count integer,
    kms_key_id text,
    kms_reuse_seconds integer not null,
    purged_ms integer,
    unique (account, region, name)
);
INSERT INTO "sqs_queue" VALUES(1,'000000000000','us-east-1','orders',1795766200264,1795766200264,30,345600,1048576,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,300,NULL);
INSERT INTO "sqs_queue" VALUES(2,'000000000000','us-east-1','untagged',1795766200277,1795766200277,30,345600,1048576,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,300,NULL);
INSERT INTO "sqs_queue" VALUES(4,'123456789012','eu-central-1','orders',1795766200399,1795766200399,30,345600,1048576,0,0,1,NULL,NULL,NULL,NULL,NULL,NULL,300,NULL);
CREATE TABLE sqs_tag (
    queue_id integer not null,
    name text not null,
    value text not null,
    primary key (queue_id, name)
) without rowid;
INSERT INTO "sqs_tag" VALUES(1,'Team','upper');
INSERT INTO "sqs_tag" VALUES(1,'empty','');
INSERT INTO "sqs_tag" VALUES(1,'team','shop');
INSERT INTO "sqs_tag" VALUES(4,'where','eu');
CREATE INDEX engine_timer_due on engine_timer (due_ms);
CREATE INDEX sqs_message_visible on sqs_message (queue_id, visible_ms);
CREATE INDEX dynamodb_item_key on dynamodb_item (table_id, hash_key, range_key, size_bytes);
CREATE INDEX lambda_process_function on lambda_process (function_id);
CREATE INDEX lambda_invocation_function on lambda_invocation (function_id);
CREATE INDEX lambda_invocation_queued on lambda_invocation (function_id, id) where state = 'queued';
CREATE INDEX lambda_invocation_sync on lambda_invocation (request_id) where kind = 'sync';
CREATE INDEX lambda_invocation_mapping on lambda_invocation (mapping_id) where mapping_id is not null;
CREATE INDEX lambda_invocation_process on lambda_invocation (process_id) where process_id is not null;
CREATE INDEX lambda_line_process on lambda_line (process_id);
CREATE INDEX lambda_mapping_function on lambda_mapping (account, region, function_name);
CREATE INDEX lambda_held_mapping on lambda_held (mapping_id);
CREATE INDEX logs_event_stream on logs_event (stream_id, timestamp_ms);
CREATE INDEX logs_event_group on logs_event (group_id, timestamp_ms);
CREATE INDEX iam_attachment_by_policy on iam_attachment (policy_arn);
CREATE INDEX iam_access_key_by_identity on iam_access_key (account, identity_id);
CREATE INDEX iam_session_by_expiry on iam_session (expires_ms);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('sqs_queue',4);
INSERT INTO "sqlite_sequence" VALUES('dynamodb_table',1);
INSERT INTO "sqlite_sequence" VALUES('logs_group',1);
INSERT INTO "sqlite_sequence" VALUES('lambda_function',1);
INSERT INTO "sqlite_sequence" VALUES('lambda_mapping',1);
COMMIT;
