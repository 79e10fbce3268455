-- uses: ../tags/tags.sql

-- migration: 1
create table lambda_function (
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

-- Code as it was uploaded, by its digest: functions share what is the same.
create table lambda_package (
    sha256 text not null unique,
    content blob not null
);

create table lambda_tag (
    resource text not null,
    name text not null,
    value text not null,
    primary key (resource, name)
) without rowid;

-- A child process.  starting -> idle <-> busy; then late (killed at its deadline) or stopping, until it has ended.
create table lambda_process (
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
create index lambda_process_function on lambda_process (function_id);

-- waiting (for a retry) -> queued -> running -> done (a synchronous one, until its caller has the result).
create table lambda_invocation (
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
);
create index lambda_invocation_function on lambda_invocation (function_id);
create index lambda_invocation_queued on lambda_invocation (function_id, id) where state = 'queued';
create index lambda_invocation_sync on lambda_invocation (request_id) where kind = 'sync';
create index lambda_invocation_mapping on lambda_invocation (mapping_id) where mapping_id is not null;
create index lambda_invocation_process on lambda_invocation (process_id) where process_id is not null;

-- Lines of a sandbox that are not in its log stream yet.
create table lambda_line (
    id integer primary key,
    process_id text not null,
    timestamp_ms integer not null,
    text text not null
);
create index lambda_line_process on lambda_line (process_id);

create table lambda_mapping (
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
create index lambda_mapping_function on lambda_mapping (account, region, function_name);

-- Messages that wait for their batch to be full or its window to end.
create table lambda_held (
    id integer primary key,
    mapping_id integer not null,
    held_ms integer not null,
    trace_id text not null,
    receipt text not null,
    record text not null
);
create index lambda_held_mapping on lambda_held (mapping_id);

-- ---- functions ----

-- migration: 2
-- As the invoker named the function: with a qualifier, or (null) without.
alter table lambda_invocation add column function_arn text;

-- migration: 3
-- Processes are called sandboxes from here on.
alter table lambda_process rename to lambda_sandbox;
alter table lambda_invocation rename column process_id to sandbox_id;
alter table lambda_line rename column process_id to sandbox_id;
drop index lambda_process_function;
drop index lambda_invocation_process;
drop index lambda_line_process;
create index lambda_sandbox_function on lambda_sandbox (function_id);
create index lambda_invocation_sandbox on lambda_invocation (sandbox_id) where sandbox_id is not null;
create index lambda_line_sandbox on lambda_line (sandbox_id);

-- migration: 4
-- The package that a sandbox was started with.
alter table lambda_sandbox add column package text not null default '';
create index lambda_sandbox_package on lambda_sandbox (package);
create index lambda_function_package on lambda_function (package);

-- migration: 5
-- A package as its pieces, from 0 on, so that it can be written and removed a few at a time.  lambda_package has
-- packages of earlier versions.
create table lambda_piece (
    sha256 text not null,
    number integer not null,
    content blob not null,
    primary key (sha256, number)
);

-- migration: 6
-- A large payload has a row of its own, by its invocation's id: the invocation's row is written several times.
create table lambda_payload (
    id integer primary key,
    content blob not null
);
alter table lambda_invocation add column payload_apart integer not null default 0;
create index lambda_invocation_caller on lambda_invocation (function_id) where kind = 'sync';

-- migration: 7
-- States and kinds are checked by their tables.
create table lambda_sandbox_checked (
    id text primary key,
    function_id integer not null,
    generation integer not null,
    state text not null check (state in ('starting', 'idle', 'busy', 'late', 'stopping')),
    started_ms integer not null,
    init_ms integer,
    idle_since_ms integer not null,
    deadline_ms integer not null,
    retire_ms integer not null,
    check_ms integer not null,
    log_stream text not null,
    memory_bytes integer not null,
    package text not null
) without rowid;
insert into lambda_sandbox_checked (id, function_id, generation, state, started_ms, init_ms, idle_since_ms, deadline_ms,
    retire_ms, check_ms, log_stream, memory_bytes, package)
select id, function_id, generation, state, started_ms, init_ms, idle_since_ms, deadline_ms,
    retire_ms, check_ms, log_stream, memory_bytes, package from lambda_sandbox;
drop table lambda_sandbox;
alter table lambda_sandbox_checked rename to lambda_sandbox;
create index lambda_sandbox_function on lambda_sandbox (function_id);
create index lambda_sandbox_package on lambda_sandbox (package);

create table lambda_invocation_checked (
    id integer primary key,
    request_id text not null,
    function_id integer not null,
    function_arn text,
    mapping_id integer,
    kind text not null check (kind in ('sync', 'event', 'mapping')),
    state text not null check (state in ('waiting', 'queued', 'running', 'done')),
    payload blob not null,
    payload_apart integer not null,
    client_context text,
    trace_id text not null,
    queued_ms integer not null,
    attempts integer not null,
    sandbox_id text,
    started_ms integer not null,
    announced integer not null,
    wants_tail integer not null,
    tail text,
    receipts text,
    error text,
    result blob
);
insert into lambda_invocation_checked (id, request_id, function_id, function_arn, mapping_id, kind, state, payload,
    payload_apart, client_context, trace_id, queued_ms, attempts, sandbox_id, started_ms, announced, wants_tail, tail,
    receipts, error, result)
select id, request_id, function_id, function_arn, mapping_id, kind, state, payload,
    payload_apart, client_context, trace_id, queued_ms, attempts, sandbox_id, started_ms, announced, wants_tail, tail,
    receipts, error, result from lambda_invocation;
drop table lambda_invocation;
alter table lambda_invocation_checked rename to lambda_invocation;
create index lambda_invocation_function on lambda_invocation (function_id);
create index lambda_invocation_queued on lambda_invocation (function_id, id) where state = 'queued';
create index lambda_invocation_sync on lambda_invocation (request_id) where kind = 'sync';
create index lambda_invocation_mapping on lambda_invocation (mapping_id) where mapping_id is not null;
create index lambda_invocation_sandbox on lambda_invocation (sandbox_id) where sandbox_id is not null;
create index lambda_invocation_caller on lambda_invocation (function_id) where kind = 'sync';

-- migration: 8
-- The engine knows pollers by their mappings.
alter table lambda_mapping drop column poller;
alter table lambda_mapping drop column waits_for;

-- migration: 9
insert into aws_tag (owner, key, value) select resource, name, value from lambda_tag;
drop table lambda_tag;

-- migration: 10
-- The delivery (engine/delivery.h) whose attempt it is; null at the first attempt.
alter table lambda_invocation add column delivery_id integer;

-- migration: 11
-- A function, its versions and its aliases are rows of their own.  Version 0 is $LATEST.
create table lambda_version (
    id integer primary key autoincrement,
    function_id integer not null,
    number integer not null,
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
    unique (function_id, number)
);
insert into lambda_version (id, function_id, number, runtime, handler, role, timeout_seconds, memory_mb, variables,
    architecture, log_group, package, package_size, settings, policy, revision, modified_ms, generation)
select id, id, 0, runtime, handler, role, timeout_seconds, memory_mb, variables,
    architecture, log_group, package, package_size, settings, policy, revision, modified_ms, generation
from lambda_function;
create index lambda_version_package on lambda_version (package);
drop index lambda_function_package;
alter table lambda_function drop column runtime;
alter table lambda_function drop column handler;
alter table lambda_function drop column role;
alter table lambda_function drop column timeout_seconds;
alter table lambda_function drop column memory_mb;
alter table lambda_function drop column variables;
alter table lambda_function drop column architecture;
alter table lambda_function drop column log_group;
alter table lambda_function drop column package;
alter table lambda_function drop column package_size;
alter table lambda_function drop column settings;
alter table lambda_function drop column policy;
alter table lambda_function drop column revision;
alter table lambda_function drop column modified_ms;
alter table lambda_function drop column generation;
-- The number of the version that was published last.
alter table lambda_function add column last_number integer not null default 0;

-- An alias sends a part of its invocations (weight, 0 to 1) to the version other_number, all others to number.
create table lambda_alias (
    id integer primary key autoincrement,
    function_id integer not null,
    alias text not null,
    number integer not null,
    other_number integer,
    weight real,
    description text not null,
    policy text,
    revision text not null,
    unique (function_id, alias)
);

alter table lambda_sandbox add column version_id integer not null default 0;
update lambda_sandbox set version_id = function_id;
create index lambda_sandbox_version on lambda_sandbox (version_id);
alter table lambda_invocation add column version_id integer not null default 0;
update lambda_invocation set version_id = function_id;
drop index lambda_invocation_queued;
create index lambda_invocation_queued on lambda_invocation (version_id, id) where state = 'queued';
-- The qualifier of the function that a mapping invokes.
alter table lambda_mapping add column qualifier text;

-- migration: 12
-- How asynchronous invocations of a function by that qualifier are retried, and where their records go.
create table lambda_event_config (
    function_id integer not null,
    qualifier text not null,
    retries integer,
    age_seconds integer,
    on_success text,
    on_failure text,
    modified_ms integer not null,
    primary key (function_id, qualifier)
) without rowid;

-- migration: 13
-- Settings of a mapping that are not columns, as JSON of EventSourceMappingConfiguration.
alter table lambda_mapping add column settings text not null default '{}';

-- migration: 14
-- Layers.  A layer's numbers are used once: it keeps the highest when its versions are gone.
create table lambda_layer (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    name text not null,
    highest_number integer not null,
    unique (account, region, name)
);
create table lambda_layer_version (
    layer_id integer not null,
    number integer not null,
    description text,
    architectures text,
    runtimes text,
    license text,
    package text not null,
    package_size integer not null,
    unpacked_size integer not null,
    policy text,
    revision text not null,
    created_ms integer not null,
    primary key (layer_id, number)
) without rowid;
create index lambda_layer_version_package on lambda_layer_version (package);

-- The layers of versions of functions, one over the other; a version names a set by its digest, '' for none.  A set
-- keeps its packages when the layers' versions are deleted.
create table lambda_layer_set (
    id text not null,
    position integer not null,
    arn text not null,
    package text not null,
    package_size integer not null,
    unpacked_size integer not null,
    primary key (id, position)
) without rowid;
create index lambda_layer_set_package on lambda_layer_set (package);
alter table lambda_version add column layers text not null default '';
create index lambda_version_layers on lambda_version (layers) where layers <> '';
alter table lambda_sandbox add column layers text not null default '';
create index lambda_sandbox_layers on lambda_sandbox (layers) where layers <> '';
-- Unknown, and 0, of functions from before.
alter table lambda_version add column unpacked_size integer not null default 0;

-- migration: 15
-- The digest of what $LATEST was when the version was published from it.
alter table lambda_version add column fingerprint text;
drop index lambda_invocation_function;
create index lambda_invocation_function on lambda_invocation (function_id, version_id);

-- migration: 16
-- How far a mapping has read its stream: the number of the last record of the shard; null before the first.
create table lambda_reader (
    mapping_id integer primary key,
    shard text,
    position text
);
-- One of the batches that a stream's mapping may have under way.  running: the invocation of request_id; waiting: for
-- its next attempt.  ends are the ids of the last records of its batch, and of the batches into which a failed one was
-- split.  The window is a tumbling window.
create table lambda_lane (
    id integer primary key autoincrement,
    mapping_id integer not null,
    number integer not null,
    state text not null check (state in ('idle', 'running', 'waiting')),
    ends text not null,
    request_id text,
    error text,
    attempts integer not null,
    delivery_id integer,
    window_ms integer,
    window_state text,
    window_full integer not null,
    unique (mapping_id, number)
);
-- A stream's records are held until they are done, each in the lane of its key.
alter table lambda_held add column lane integer not null default 0;
alter table lambda_held add column key_hash integer not null default 0;
alter table lambda_held add column shard text;
alter table lambda_held add column sequence text;
alter table lambda_held add column made_ms integer;
drop index lambda_held_mapping;
create index lambda_held_lane on lambda_held (mapping_id, lane);
alter table lambda_invocation add column lane_id integer;

-- migration: 17
-- Reserved concurrency, null for none; and provisioned concurrency: the sandboxes that a qualifier asks for, and why
-- they could not be started.
alter table lambda_function add column reserved integer;
create index lambda_function_reserved on lambda_function (account, region, reserved) where reserved is not null;
create table lambda_provision (
    function_id integer not null,
    qualifier text not null,
    requested integer not null,
    problem text,
    modified_ms integer not null,
    primary key (function_id, qualifier)
) without rowid;
alter table lambda_sandbox add column provisioned integer not null default 0;
drop index lambda_sandbox_function;
create index lambda_sandbox_function on lambda_sandbox (function_id, state);
drop index lambda_sandbox_version;
create index lambda_sandbox_version on lambda_sandbox (version_id, state, idle_since_ms);
create index lambda_sandbox_starting on lambda_sandbox (id) where state = 'starting';
create index lambda_sandbox_provisioned on lambda_sandbox (function_id, version_id) where provisioned;
-- Invocations with a caller who waits are taken before others.
drop index lambda_invocation_queued;
create index lambda_invocation_queued on lambda_invocation (version_id, (kind <> 'sync'), id) where state = 'queued';
drop index lambda_invocation_caller;
create index lambda_invocation_in_flight on lambda_invocation (function_id)
    where state = 'running' or (kind = 'sync' and state = 'queued');

-- migration: 18
-- Null for the default.
alter table lambda_function add column recursion text;
alter table lambda_version add column update_mode text;
alter table lambda_version add column runtime_version text;

-- migration: 19
-- The least levels of a log in JSON, as their enums' numbers; 0: the log is text.
alter table lambda_version add column application_level integer not null default 0;
alter table lambda_version add column system_level integer not null default 0;

create table lambda_code_signing (
    arn text primary key,
    account text not null,
    region text not null,
    description text,
    publishers text not null,
    policy text not null,
    modified_ms integer not null
) without rowid;
create index lambda_code_signing_account on lambda_code_signing (account, region, arn);
-- The code signing config of a function.
alter table lambda_function add column code_signing text;
create index lambda_function_code_signing on lambda_function (code_signing, name) where code_signing is not null;

-- migration: 20
-- Does the caller take the answer piece by piece?  The caller may have left meanwhile.
alter table lambda_invocation add column stream text check (stream in ('wanted', 'left'));

-- migration: 21
-- Function URLs.  qualifier: an alias, or empty for the function itself.
create table lambda_url (
    function_id integer not null,
    qualifier text not null,
    url_id text not null unique,
    auth_type text not null,
    cors text,
    invoke_mode text not null,
    created_ms integer not null,
    modified_ms integer not null,
    primary key (function_id, qualifier)
) without rowid;
create index lambda_url_function on lambda_url (function_id, url_id);
-- Of a streamed answer: its type, and the beginning that describes a URL's reply; empty once the reply has begun.
alter table lambda_invocation add column content_type text;
alter table lambda_invocation add column prelude blob;

-- migration: 22
-- The fingerprint of a version's code that is a folder of the machine (hot_reload.c), when it was last read.
alter table lambda_version add column code_state text;

-- migration: 23
-- The extensions of a sandbox: external ones are programs of its layers, internal ones register from the function's
-- program.  event: what the extension gets as soon as it asks; next_request: the request by which it asks.
create table lambda_extension (
    id text primary key,
    sandbox_id text not null,
    name text not null,
    external integer not null,
    state text not null
        check (state in ('started', 'registered', 'ready', 'running', 'init_error', 'exit_error', 'launch_error', 'exited')),
    takes_invoke integer not null default 0,
    takes_shutdown integer not null default 0,
    event text check (event in ('invoke', 'shutdown')),
    next_request text,
    error_type text,
    api text
) without rowid;
create index lambda_extension_sandbox on lambda_extension (sandbox_id, name);
-- What a sandbox with extensions does: its initialization, then an invocation, at last its end.  runtime_ms: since when
-- the function's program waits for the next event; answered_ms: since when the invocation has its result.
create table lambda_phase (
    sandbox_id text primary key,
    runtime_runs integer not null default 0,
    runtime_ms integer,
    request_id text,
    function_arn text,
    tracing text,
    started_ms integer,
    deadline_ms integer,
    answered_ms integer,
    shutdown_reason text
) without rowid;
alter table lambda_sandbox add column extensions integer not null default 0;
alter table lambda_sandbox add column telemetry integer not null default 0;

-- migration: 24
-- The DurableConfig of a version: the seconds that an execution may take, null if it is not durable; and the days for
-- which an execution is kept.
alter table lambda_version add column execution_seconds integer;
alter table lambda_version add column retention_days integer;

-- Durable executions.  status is AWS's.  A run is one invocation of the function: `under_way` while it is queued or runs,
-- `runs` counts them, `failures` those in a row that failed, and the next one after a failure begins at retry_ms.
-- `sequence` counts the changes of operations; the function knows of those up to `told`, and knew of those up to
-- told_before when it had its checkpoint token before this one; checkpoints counts the tokens.  timer_ms is the time of
-- the execution's timer.
create table lambda_execution (
    id integer primary key autoincrement,
    function_id integer not null,
    version_id integer not null,
    name text not null,
    uuid text not null unique,
    arn text not null,
    function_arn text not null,
    status text not null,
    started_ms integer not null,
    ended_ms integer,
    deadline_ms integer not null,
    retention_days integer not null,
    trace_id text not null,
    payload_hash text not null,
    parent_id integer,
    parent_operation text,
    under_way integer not null,
    runs integer not null,
    failures integer not null,
    retry_ms integer,
    sequence integer not null,
    told integer not null,
    told_before integer not null,
    checkpoints integer not null,
    client_token text,
    operations integer not null,
    bytes integer not null,
    events integer not null,
    timer_ms integer,
    unique (function_id, name)
);
create index lambda_execution_function on lambda_execution (function_id, id);

-- An execution's operations, in the order in which they started; the first is the execution itself.  `changed` is the
-- sequence at the last change.  hidden: below a context that has completed, so that a replay does not need it.  due_ms is
-- when time changes the operation: the end of a wait, the next attempt of a step, the timeout or the next heartbeat of a
-- callback; of a completed context, when more is hidden below it.  expires_ms is the timeout of a callback, seconds its heartbeat's, or how long a wait lasts.
create table lambda_operation (
    id integer primary key,
    execution_id integer not null,
    operation_id text not null,
    parent text,
    name text,
    type text not null,
    sub_type text,
    status text not null,
    started_ms integer not null,
    ended_ms integer,
    changed integer not null,
    hidden integer not null,
    replay_children integer,
    attempt integer not null,
    due_ms integer,
    expires_ms integer,
    seconds integer,
    input blob,
    result blob,
    error text,
    unique (execution_id, operation_id)
);
create index lambda_operation_order on lambda_operation (execution_id, hidden);
create index lambda_operation_changed on lambda_operation (execution_id, changed);
create index lambda_operation_due on lambda_operation (execution_id, due_ms) where due_ms is not null;
create index lambda_operation_parent on lambda_operation (execution_id, parent) where parent is not null;
create index lambda_operation_open on lambda_operation (execution_id, type) where ended_ms is null;

-- The events of an execution's history.  details is JSON of the members of the event's details but for the payload,
-- which is the operation's own unless `payload` has it.
create table lambda_history (
    execution_id integer not null,
    number integer not null,
    type text not null,
    operation integer,
    at_ms integer not null,
    details text not null,
    payload blob,
    primary key (execution_id, number)
) without rowid;

-- The part of an invocation in an execution: `starter` waits for the end of the execution that it has started, `run` runs
-- it, and `chained` is a function that the operation of that id invokes.
alter table lambda_invocation add column durable text check (durable in ('starter', 'run', 'chained'));
alter table lambda_invocation add column execution_id integer;
alter table lambda_invocation add column operation_id text;
create index lambda_invocation_execution on lambda_invocation (execution_id) where execution_id is not null;
create index lambda_invocation_start on lambda_invocation (function_id) where durable = 'starter' and kind = 'sync';

-- migration: 25
-- A message of the source that became visible until then knows in its trace that the function had no room for it.
alter table lambda_mapping add column traced_ms integer not null default 0;

-- migration: 26
-- How often each function was invoked on the way of the event (recursion.c).
alter table lambda_invocation add column lineage text;
alter table lambda_held add column lineage text;

-- migration: 27
-- How many batches of its queue a mapping without such a setting may have under way; from since_ms on it had that many,
-- null: it has fewer.
create table lambda_scaling (
    mapping_id integer primary key,
    batches integer not null,
    since_ms integer
);

-- migration: 28
-- The code that an account stores in a region, of versions and layers, and the number of its functions; the triggers
-- keep it.  A function's row is older than its versions' rows, and removed after them.
create table lambda_code_sum (
    account text not null,
    region text not null,
    size integer not null,
    functions integer not null,
    primary key (account, region)
) without rowid;
insert into lambda_code_sum (account, region, size, functions)
select account, region, sum(size), sum(functions) from (
    select account, region, 0 as size, 1 as functions from lambda_function
    union all select f.account, f.region, v.package_size, 0
        from lambda_version v join lambda_function f on f.id = v.function_id
    union all select l.account, l.region, v.package_size, 0
        from lambda_layer_version v join lambda_layer l on l.id = v.layer_id)
group by account, region;
create trigger lambda_function_added after insert on lambda_function begin
    insert into lambda_code_sum (account, region, size, functions) values (new.account, new.region, 0, 1)
    on conflict (account, region) do update set functions = functions + 1;
end;
create trigger lambda_function_removed after delete on lambda_function begin
    update lambda_code_sum set functions = functions - 1 where account = old.account and region = old.region;
end;
create trigger lambda_version_added after insert on lambda_version begin
    update lambda_code_sum set size = size + new.package_size
    where (account, region) = (select account, region from lambda_function where id = new.function_id);
end;
create trigger lambda_version_resized after update of package_size on lambda_version
when new.package_size <> old.package_size begin
    update lambda_code_sum set size = size + new.package_size - old.package_size
    where (account, region) = (select account, region from lambda_function where id = new.function_id);
end;
create trigger lambda_version_removed after delete on lambda_version begin
    update lambda_code_sum set size = size - old.package_size
    where (account, region) = (select account, region from lambda_function where id = old.function_id);
end;
create trigger lambda_layer_version_added after insert on lambda_layer_version begin
    insert into lambda_code_sum (account, region, size, functions)
    select account, region, new.package_size, 0 from lambda_layer where id = new.layer_id
    on conflict (account, region) do update set size = size + new.package_size;
end;
create trigger lambda_layer_version_removed after delete on lambda_layer_version begin
    update lambda_code_sum set size = size - old.package_size
    where (account, region) = (select account, region from lambda_layer where id = old.layer_id);
end;

-- migration: 29
-- Messages of a queue that become one batch, of a mapping with a window: gathering, then sent to the function, then
-- ended, until their rows are removed.  taken_by is the version that it invokes; `noted` is the last part whose messages have the hop of their invocation.
-- verdict, reason, duration_ms and returned_ms are of the invocation's end; is_done: the messages are deleted, but for
-- the failures; comes_again: the others tell in their traces that they come again; printed: the end of what the function
-- printed.
create table lambda_batch (
    id integer primary key autoincrement,
    mapping_id integer not null,
    state text not null check (state in ('gathering', 'sent', 'ended')),
    source_arn text not null,
    gathered_ms integer not null,
    count integer not null,
    size integer not null,
    trace_id text,
    lineage text,
    taken_by integer,
    request_id text,
    invoked_ms integer,
    noted integer not null default 0,
    verdict integer,
    reason text,
    duration_ms integer,
    returned_ms integer,
    is_done integer not null default 0,
    comes_again integer not null default 0,
    failures text,
    printed text
);
create unique index lambda_batch_gathering on lambda_batch (mapping_id) where state = 'gathering';
-- Some of its messages, from 1 on: their receipts, a line each, and their records with commas between them.
create table lambda_batch_part (
    batch_id integer not null,
    number integer not null,
    count integer not null,
    receipts text not null,
    records text not null,
    primary key (batch_id, number)
);
alter table lambda_invocation add column batch_id integer;
delete from lambda_held where sequence is null;

-- migration: 30
-- The records of streams that are held; their ids are never used again.  A lane's records up to `done` are done: nobody
-- reads them, and they are removed in slices (`removing`).  The lane has held_count other ones, of held_size bytes.  A
-- mapping's lanes are those from first_lane on; older ones, and their records, are on their way to them.  The index has
-- all of a record but its content.
create table lambda_record (
    id integer primary key autoincrement,
    mapping_id integer not null,
    lane integer not null,
    key_hash integer not null,
    held_ms integer not null,
    made_ms integer not null,
    shard text not null,
    sequence text not null,
    size integer not null,
    content text not null
);
insert into lambda_record (id, mapping_id, lane, key_hash, held_ms, made_ms, shard, sequence, size, content)
select id, mapping_id, lane, key_hash, held_ms, made_ms, shard, sequence, length(cast(record as blob)), record from lambda_held;
drop table lambda_held;
create index lambda_record_lane on lambda_record (mapping_id, lane, id, size, held_ms, made_ms, sequence, shard);
alter table lambda_lane add column done integer not null default 0;
alter table lambda_lane add column removing integer not null default 0;
alter table lambda_lane add column held_count integer not null default 0;
alter table lambda_lane add column held_size integer not null default 0;
update lambda_lane set held_count = (select count(*) from lambda_record r
        where r.mapping_id = lambda_lane.mapping_id and r.lane = lambda_lane.number),
    held_size = (select coalesce(sum(size), 0) from lambda_record r
        where r.mapping_id = lambda_lane.mapping_id and r.lane = lambda_lane.number);
alter table lambda_reader add column first_lane integer not null default 0;
-- The size of an event that is stored apart from its invocation; 0: of another one.
alter table lambda_invocation add column event_size integer not null default 0;

-- migration: 31
-- The input of a durable execution: not in the row of its operation, which changes when the execution ends.
create table lambda_execution_input (
    execution_id integer primary key,
    content blob not null
);
insert into lambda_execution_input (execution_id, content)
select execution_id, coalesce(input, '') from lambda_operation where type = 'EXECUTION';
update lambda_operation set input = null where type = 'EXECUTION';

-- migration: 32
-- What a worker matches for a mapping: messages that it has received (receipts: a line each), or its stream's next
-- records.  rest: for each message a '+' if its record is still to be gathered, else a '-'; null until that is known.
create table lambda_matching (
    mapping_id integer primary key,
    ticket text not null,
    begun_ms integer not null,
    receipts text not null,
    rest text
);

-- migration: 33
-- The function's request whose body is the streamed answer, once it has begun.
alter table lambda_invocation add column answer_request text;

-- migration: 34
-- Does the mapping that has sent the batch, as it was then, read from the answer which records have failed?
alter table lambda_invocation add column reports_failures integer not null default 0;
update lambda_invocation set reports_failures = 1
where mapping_id in (select id from lambda_mapping where reports_failures);

-- migration: 35
-- Since when the function's program has been sending its answer; of a phase also how large the answer is.
alter table lambda_invocation add column answer_ms integer;
alter table lambda_phase add column answer_ms integer;
alter table lambda_phase add column answer_bytes integer;

-- migration: 36
-- The name by which an event's function was invoked decides how long the event may wait.
create index lambda_invocation_event on lambda_invocation (version_id, function_arn, id)
    where state = 'queued' and kind = 'event' and durable is null;

-- migration: 37
-- The number of the version that has run the lane's batch last.
alter table lambda_lane add column executed integer not null default 0;

-- No statement read by it.
-- migration: 38
drop index lambda_sandbox_starting;

-- Those of one version are counted, too.
-- migration: 39
drop index lambda_invocation_in_flight;
create index lambda_invocation_in_flight on lambda_invocation (function_id, version_id)
    where state = 'running' or (kind = 'sync' and state = 'queued');

-- enum: lambda_lane.state idle running waiting
-- enum: lambda_batch.state gathering sent ended
-- enum: lambda_sandbox.state starting idle busy late stopping
-- enum: lambda_invocation.kind sync event mapping
-- enum: lambda_invocation.state waiting queued running done
-- enum: lambda_invocation.stream wanted left
-- enum: lambda_invocation.durable starter run chained
-- enum: lambda_extension.state started registered ready running init_error exit_error launch_error exited
-- enum: lambda_extension.event invoke shutdown

-- statement: add_function :insert
-- row: function
insert into lambda_function (account, region, name, code_signing) values (:account, :region, :name, :code_signing);

-- statement: add_version :insert
-- row: function
insert into lambda_version (function_id, number, runtime, handler, role, timeout_seconds, memory_mb, variables,
    architecture, log_group, application_level, system_level, package, package_size, unpacked_size, layers, settings,
    revision, modified_ms, generation, fingerprint, execution_seconds, retention_days)
values (:id, :number, :runtime, :handler, :role, :timeout_seconds, :memory_mb, :variables,
    :architecture, :log_group, :application_level, :system_level, :package, :package_size, :unpacked_size, :layers,
    :settings, :revision, :modified_ms, 1, :fingerprint, :execution_seconds, :retention_days);

-- statement: take_number :one
update lambda_function set last_number = last_number + 1 where id = :id returning last_number;

-- statement: find_version_id :cached
select v.id from lambda_version v join lambda_function f on f.id = v.function_id
where f.account = :account and f.region = :region and f.name = :name and v.number = :number;

-- A version with its function.
-- statement: find_version :cached
-- row: function
select f.id, f.account, f.region, f.name, f.last_number, f.reserved, f.recursion, f.code_signing, v.id as version_id,
    v.number, v.runtime, v.handler, v.role, v.timeout_seconds, v.memory_mb, v.variables, v.architecture, v.log_group,
    v.application_level, v.system_level, v.package, v.package_size, v.unpacked_size, v.layers, v.settings, v.policy,
    v.revision, v.modified_ms, v.generation, v.fingerprint, v.update_mode, v.runtime_version,
    v.execution_seconds, v.retention_days, v.code_state
from lambda_version v join lambda_function f on f.id = v.function_id
where v.id = :version_id;

-- statement: find_alias :one
-- row: alias
select a.id, a.function_id, a.alias, a.number, a.other_number, a.weight, a.description, a.policy, a.revision
from lambda_alias a join lambda_function f on f.id = a.function_id
where f.account = :account and f.region = :region and f.name = :name and a.alias = :alias;

-- statement: add_alias :insert
-- row: alias
insert into lambda_alias (function_id, alias, number, other_number, weight, description, revision)
values (:function_id, :alias, :number, :other_number, :weight, :description, :revision);

-- statement: update_alias_row :exec
-- row: alias
update lambda_alias
set number = :number, other_number = :other_number, weight = :weight, description = :description,
    revision = :revision
where id = :id;

-- statement: set_alias_policy :exec
update lambda_alias set policy = :policy, revision = :revision where id = :id;

-- statement: remove_alias :exec
delete from lambda_alias where id = :id;

-- The aliases of a function, or those that invoke one of its versions.
-- statement: list_aliases_page :many
-- row: alias
-- param: number integer null
-- param: after text
-- param: limit integer
select id, function_id, alias, number, other_number, weight, description, policy, revision from lambda_alias
where function_id = :function_id and alias > :after
    and (:number is null or number = :number or other_number = :number)
order by alias limit :limit;

-- statement: list_functions_page :many
-- param: after text
-- param: limit integer
select id, name from lambda_function where account = :account and region = :region and name > :after
order by name limit :limit;

-- All versions, each after the one that `after` and `after_number` name.
-- statement: list_all_versions_page :many
-- param: after text
-- param: after_number integer
-- param: limit integer
select f.name, v.number, v.id as version_id
from lambda_function f join lambda_version v on v.function_id = f.id
where f.account = :account and f.region = :region and f.name >= :after
    and (f.name > :after or v.number > :after_number)
order by f.name, v.number limit :limit;

-- statement: list_versions_page :many
-- param: after_number integer
-- param: limit integer
select id, number from lambda_version where function_id = :function_id and number > :after_number
order by number limit :limit;

-- statement: update_version :exec
-- row: function
update lambda_version
set runtime = :runtime, handler = :handler, role = :role, timeout_seconds = :timeout_seconds,
    memory_mb = :memory_mb, variables = :variables, architecture = :architecture, log_group = :log_group,
    application_level = :application_level, system_level = :system_level, package = :package, package_size = :package_size, unpacked_size = :unpacked_size, layers = :layers,
    settings = :settings, revision = :revision, modified_ms = :modified_ms, generation = :generation,
    execution_seconds = :execution_seconds, retention_days = :retention_days
where id = :version_id;

-- statement: set_policy :exec
update lambda_version set policy = :policy, revision = :revision where id = :id;

-- statement: set_code_state :exec
update lambda_version set code_state = :code_state, generation = :generation where id = :version_id;

-- statement: set_recursion :exec
update lambda_function set recursion = :recursion where id = :id;

-- statement: set_runtime_management :exec
update lambda_version set update_mode = :update_mode, runtime_version = :runtime_version where id = :id;

-- ---- concurrency ----

-- statement: set_reserved :exec
-- param: reserved integer null
update lambda_function set reserved = :reserved where id = :id;

-- statement: sum_reserved :one
-- column: reserved integer
select coalesce(sum(reserved), 0) as reserved from lambda_function
where account = :account and region = :region and reserved is not null;

-- statement: sum_code :one
select size, functions from lambda_code_sum where account = :account and region = :region;

-- The versions of a function with queued invocations.
-- statement: list_waiting_of_function :many
select v.id from lambda_version v where v.function_id = :function_id
    and exists (select 1 from lambda_invocation i where i.version_id = v.id and i.state = 'queued');

-- statement: put_provision :exec
-- row: provision
insert into lambda_provision (function_id, qualifier, requested, problem, modified_ms)
values (:function_id, :qualifier, :requested, :problem, :modified_ms)
on conflict (function_id, qualifier) do update set requested = excluded.requested, problem = excluded.problem,
    modified_ms = excluded.modified_ms;

-- statement: find_provision :one
-- row: provision
select function_id, qualifier, requested, problem, modified_ms from lambda_provision
where function_id = :function_id and qualifier = :qualifier;

-- statement: list_provisions :many
-- row: provision
-- param: after text
-- param: limit integer
select function_id, qualifier, requested, problem, modified_ms from lambda_provision
where function_id = :function_id and qualifier > :after order by qualifier limit :limit;

-- statement: set_provision_problem :exec
update lambda_provision set problem = :problem where function_id = :function_id and qualifier = :qualifier;

-- statement: remove_provision :exec
delete from lambda_provision where function_id = :function_id and qualifier = :qualifier;

-- statement: remove_provisions :exec
delete from lambda_provision where function_id = :function_id;

-- Is there an alias of that version with a configuration?
-- statement: has_provisioned_alias :one
-- column: found integer
select 1 as found from lambda_provision p join lambda_alias a on a.function_id = p.function_id and a.alias = p.qualifier
where p.function_id = :function_id and a.number = :number limit 1;

-- statement: sum_provisioned_of :one
-- column: requested integer
select coalesce(sum(requested), 0) as requested from lambda_provision where function_id = :function_id;

-- What an account provisions for functions without reserved concurrency.
-- statement: sum_provisioned :one
-- column: requested integer
select coalesce(sum(p.requested), 0) as requested
from lambda_provision p join lambda_function f on f.id = p.function_id
where f.account = :account and f.region = :region and f.reserved is null;

-- statement: list_provisioned_functions :many
select distinct function_id from lambda_provision;

-- The versions of a function that have provisioned sandboxes.
-- statement: list_provisioned_versions :many
select distinct version_id from lambda_sandbox where function_id = :function_id and provisioned;

-- The provisioned sandboxes of a version: all that have not ended, and those that have initialized.
-- statement: count_provisioned :one
-- column: present integer
-- column: available integer
select coalesce(sum(state in ('starting', 'idle', 'busy')), 0) as present,
    coalesce(sum(state in ('idle', 'busy')), 0) as available
from lambda_sandbox
where function_id = (select function_id from lambda_version where id = :version_id) and version_id = :version_id
    and provisioned;

-- statement: unprovision :exec
-- param: most integer
update lambda_sandbox set provisioned = 0
where id in (select id from lambda_sandbox
    where function_id = (select function_id from lambda_version where id = :version_id) and version_id = :version_id
        and provisioned limit :most);

-- statement: latest_of :one
select id from lambda_version where function_id = :function_id and number = 0;

-- statement: set_revision :exec
update lambda_version set revision = :revision where id = :id;

-- statement: oldest_version :one
select id, package, package_size, layers from lambda_version where function_id = :function_id order by number limit 1;

-- The triggers count no versions of a function that is deleted.
-- statement: shrink_code_sum :exec
-- param: bytes integer
update lambda_code_sum set size = size - :bytes where account = :account and region = :region;

-- statement: remove_function :exec
delete from lambda_function where id = :id;

-- statement: remove_version :exec
delete from lambda_version where id = :id;

-- statement: remove_aliases :exec
delete from lambda_alias where function_id = :function_id;

-- statement: add_piece :insert
insert into lambda_piece (sha256, number, content) values (:sha256, :number, :content);

-- statement: get_piece :one
select content from lambda_piece where sha256 = :sha256 and number = :number;

-- The number of the next piece.
-- statement: next_piece :one
-- column: number integer
select coalesce(max(number), -1) + 1 as number from lambda_piece where sha256 = :sha256;

-- statement: remove_last_piece :one
delete from lambda_piece
where sha256 = :sha256 and number = (select max(number) from lambda_piece where sha256 = :sha256)
returning number;

-- statement: list_unowned_packages :many
select distinct sha256 from lambda_piece
where sha256 not in (select package from lambda_version)
    and sha256 not in (select package from lambda_layer_version)
    and sha256 not in (select package from lambda_layer_set);

-- statement: get_whole_package :one
select content from lambda_package where sha256 = :sha256;

-- statement: is_package_whole :one
-- column: found integer
select 1 as found from lambda_package where sha256 = :sha256;

-- statement: remove_whole_package :exec
delete from lambda_package where sha256 = :sha256;

-- The size of a package that somebody owns: a version of a function or of a layer, or a set of layers.
-- statement: get_package_size :one
-- param: sha256 text
-- column: package_size integer
select package_size as package_size from lambda_version where package = :sha256
union all select package_size from lambda_layer_version where package = :sha256
union all select package_size from lambda_layer_set where package = :sha256
limit 1;

-- Does a version of a function, or a sandbox, use that folder of unpacked code?
-- statement: is_folder_named :one
-- param: name text
-- column: found integer
select 1 as found
where exists (select 1 from lambda_version where package = :name)
    or exists (select 1 from lambda_version where layers = :name and layers <> '')
    or exists (select 1 from lambda_sandbox where package = :name)
    or exists (select 1 from lambda_sandbox where layers = :name and layers <> '');

-- statement: is_folder_running :one
-- param: name text
-- column: found integer
select 1 as found
where exists (select 1 from lambda_sandbox where package = :name)
    or exists (select 1 from lambda_sandbox where layers = :name and layers <> '');

-- ---- code signing configs ----

-- statement: add_code_signing :exec
-- row: code_signing
insert into lambda_code_signing (arn, account, region, description, publishers, policy, modified_ms)
values (:arn, :account, :region, :description, :publishers, :policy, :modified_ms);

-- statement: find_code_signing :one
-- row: code_signing
select arn, account, region, description, publishers, policy, modified_ms from lambda_code_signing where arn = :arn;

-- statement: list_code_signing :many
-- row: code_signing
-- param: after text
-- param: limit integer
select arn, account, region, description, publishers, policy, modified_ms from lambda_code_signing
where account = :account and region = :region and arn > :after order by arn limit :limit;

-- statement: update_code_signing :exec
-- row: code_signing
update lambda_code_signing set description = :description, publishers = :publishers, policy = :policy,
    modified_ms = :modified_ms
where arn = :arn;

-- statement: remove_code_signing :exec
delete from lambda_code_signing where arn = :arn;

-- statement: set_code_signing :exec
update lambda_function set code_signing = :code_signing where id = :id;

-- statement: list_signed_functions :many
-- param: after text
-- param: limit integer
select account, region, name from lambda_function where code_signing = :code_signing and name > :after
order by name limit :limit;

-- ---- layers ----

-- The layer's next number.
-- statement: take_layer_number :one
insert into lambda_layer (account, region, name, highest_number) values (:account, :region, :name, 1)
on conflict (account, region, name) do update set highest_number = highest_number + 1
returning id, highest_number;

-- statement: add_layer_version :exec
-- row: layer_version
insert into lambda_layer_version (layer_id, number, description, architectures, runtimes, license, package,
    package_size, unpacked_size, revision, created_ms)
values (:layer_id, :number, :description, :architectures, :runtimes, :license, :package,
    :package_size, :unpacked_size, :revision, :created_ms);

-- statement: find_layer_version :one
-- row: layer_version
-- param: name text
select layer_id, number, description, architectures, runtimes, license, package, package_size, unpacked_size, policy,
    revision, created_ms
from lambda_layer_version
where layer_id = (select id from lambda_layer where account = :account and region = :region and name = :name)
    and number = :number;

-- Layers with their newest version that fits the runtime and the architecture, if given (",python3.13,").
-- statement: list_layers_page :many
-- row: layer_version
-- param: after text
-- param: runtime text null
-- param: architecture text null
-- param: limit integer
-- column: number integer
select name, max(number) as number, description, architectures, runtimes, license, created_ms
from lambda_layer join lambda_layer_version on layer_id = lambda_layer.id
where account = :account and region = :region and name > :after
    and (:runtime is null or instr(runtimes, :runtime) > 0)
    and (:architecture is null or instr(architectures, :architecture) > 0)
group by name order by name limit :limit;

-- The same of one layer's versions, the newest first.
-- statement: list_layer_versions_page :many
-- row: layer_version
-- param: before integer
-- param: runtime text null
-- param: architecture text null
-- param: limit integer
select number, description, architectures, runtimes, license, created_ms
from lambda_layer_version
where layer_id = (select id from lambda_layer where account = :account and region = :region and name = :name)
    and number < :before
    and (:runtime is null or instr(runtimes, :runtime) > 0)
    and (:architecture is null or instr(architectures, :architecture) > 0)
order by number desc limit :limit;

-- statement: set_layer_policy :exec
update lambda_layer_version set policy = :policy, revision = :revision where layer_id = :layer_id and number = :number;

-- statement: remove_layer_version :exec
delete from lambda_layer_version where layer_id = :layer_id and number = :number;

-- statement: add_set_layer :insert
-- row: layer_set
insert into lambda_layer_set (id, position, arn, package, package_size, unpacked_size)
values (:id, :position, :arn, :package, :package_size, :unpacked_size) on conflict do nothing;

-- statement: list_layer_set :many
-- row: layer_set
select id, position, arn, package, package_size, unpacked_size from lambda_layer_set where id = :id order by position;

-- statement: is_layer_set_named :one
-- column: found integer
select 1 as found from lambda_version where layers = :layers and layers <> '' limit 1;

-- statement: remove_layer_set :exec
delete from lambda_layer_set where id = :id;

-- ---- sandboxes ----

-- statement: add_sandbox :exec
insert into lambda_sandbox (id, function_id, version_id, generation, state, started_ms, idle_since_ms, deadline_ms,
    retire_ms, check_ms, log_stream, memory_bytes, package, layers, provisioned)
values (:id, :function_id, :version_id, :generation, 'starting', :started_ms, :started_ms, :deadline_ms,
    :deadline_ms, :check_ms, :log_stream, 0, :package, :layers, :provisioned);

-- statement: get_sandbox :one
select id, version_id, generation, state, started_ms, init_ms, idle_since_ms, deadline_ms, retire_ms, check_ms,
    log_stream, memory_bytes, package, layers, provisioned, extensions, telemetry
from lambda_sandbox where id = :id;

-- statement: set_launched :exec
update lambda_sandbox set deadline_ms = :deadline_ms, retire_ms = :retire_ms where id = :id;

-- The sandboxes of a function, or of one of its versions.
-- statement: list_sandboxes :many
-- param: version_id integer null
select id, state, generation from lambda_sandbox
where function_id = :function_id and (:version_id is null or version_id = :version_id);

-- statement: list_all_sandboxes :many
select id from lambda_sandbox;

-- The number of queued invocations of a version, up to a bound, and since when the first one of them waits.
-- statement: count_queued :one
-- column: count integer
-- column: oldest_ms integer
select count(*) as count, coalesce((select queued_ms from lambda_invocation
    where version_id = :version_id and state = 'queued' order by (kind <> 'sync'), id limit 1), 0) as oldest_ms
from (select 1 from lambda_invocation where version_id = :version_id and state = 'queued' limit 1001);

-- The number of a version's sandboxes that will soon ask for work.
-- statement: count_available :one
-- param: most integer
-- column: count integer
select count(*) as count
from (select 1 from lambda_sandbox where version_id = :version_id and state in ('starting', 'idle') limit :most);

-- statement: count_busy :one
-- column: count integer
select count(*) as count from lambda_sandbox where version_id = :version_id and state = 'busy';

-- The numbers of a function's sandboxes that have not ended, of all sandboxes, and of those that are being started.
-- statement: count_sandboxes :one
-- column: present integer
-- column: everywhere integer
-- column: starting integer
select (select count(*) from lambda_sandbox
        where function_id = :function_id and state in ('starting', 'idle', 'busy', 'late')) as present,
    (select count(*) from lambda_sandbox) as everywhere,
    (select count(*) from lambda_sandbox where state = 'starting') as starting;

-- The number of a version's sandboxes that are being started.
-- statement: count_starting :one
-- column: count integer
select count(*) as count from lambda_sandbox where version_id = :version_id and state = 'starting';

-- The sandboxes that were idle for the longest time; provisioned ones are kept.
-- statement: list_idle :many
-- param: most integer
select id from lambda_sandbox where state = 'idle' and not provisioned order by idle_since_ms limit :most;

-- Idle sandboxes of a function's other versions.
-- statement: list_idle_of_others :many
-- param: most integer
select id from lambda_sandbox
where function_id = :function_id and state = 'idle' and version_id <> :version_id and not provisioned limit :most;

-- statement: set_sandbox_state :exec
update lambda_sandbox set state = :state where id = :id;

-- statement: set_sandbox_generation :exec
update lambda_sandbox set generation = :generation where id = :id;

-- statement: set_initialized :exec
update lambda_sandbox set state = 'idle', init_ms = :init_ms, idle_since_ms = :idle_since_ms where id = :id;

-- statement: set_busy :exec
update lambda_sandbox set state = 'busy', deadline_ms = :deadline_ms, check_ms = :check_ms where id = :id;

-- statement: set_idle :exec
update lambda_sandbox set state = 'idle', init_ms = null, idle_since_ms = :idle_since_ms where id = :id;

-- statement: set_check :exec
update lambda_sandbox set check_ms = :check_ms where id = :id;

-- statement: set_memory :exec
update lambda_sandbox set memory_bytes = :memory_bytes where id = :id;

-- statement: remove_sandbox :exec
delete from lambda_sandbox where id = :id;

-- statement: set_stopping :exec
update lambda_sandbox set state = 'stopping', deadline_ms = :deadline_ms where id = :id;

-- statement: set_extensions :exec
update lambda_sandbox set extensions = :extensions where id = :id;

-- statement: set_telemetry :exec
update lambda_sandbox set telemetry = 1 where id = :id;

-- ---- extensions ----

-- statement: add_extension :exec
insert into lambda_extension (id, sandbox_id, name, external, state, takes_invoke)
values (:id, :sandbox_id, :name, :external, :state, :takes_invoke);

-- statement: get_extension :one
-- row: extension
select id, name, external, state, takes_invoke, takes_shutdown, event, next_request, error_type, api
from lambda_extension where id = :id and sandbox_id = :sandbox_id;

-- statement: list_extensions :many
-- row: extension
select id, name, external, state, takes_invoke, takes_shutdown, event, next_request, error_type, api
from lambda_extension where sandbox_id = :sandbox_id order by external desc, name;

-- statement: register_extension :exec
update lambda_extension
set state = 'registered', takes_invoke = :takes_invoke, takes_shutdown = :takes_shutdown where id = :id;

-- statement: set_extension_ready :exec
update lambda_extension set state = 'ready', next_request = :next_request where id = :id;

-- statement: set_extension_running :exec
update lambda_extension set state = 'running', event = null where id = :id;

-- statement: set_extension_failed :exec
update lambda_extension set state = :state, error_type = :error_type where id = :id;

-- statement: set_extension_event :exec
update lambda_extension set event = :event where id = :id;

-- statement: set_extension_api :exec
update lambda_extension set api = :api where id = :id;

-- statement: remove_extensions :exec
delete from lambda_extension where sandbox_id = :sandbox_id;

-- statement: remove_all_extensions :exec
delete from lambda_extension;

-- statement: add_phase :exec
insert into lambda_phase (sandbox_id, runtime_runs) values (:sandbox_id, :runtime_runs) on conflict do nothing;

-- statement: get_phase :one
select runtime_runs, runtime_ms, request_id, function_arn, tracing, started_ms, deadline_ms, answer_ms, answer_bytes,
    answered_ms, shutdown_reason
from lambda_phase where sandbox_id = :sandbox_id;

-- statement: set_phase_runs :exec
update lambda_phase set runtime_runs = :runtime_runs where sandbox_id = :sandbox_id;

-- statement: set_phase_ready :exec
update lambda_phase set runtime_ms = :runtime_ms where sandbox_id = :sandbox_id;

-- statement: set_phase_invoke :exec
update lambda_phase set runtime_ms = null, answer_ms = null, answer_bytes = null, answered_ms = null, request_id = :request_id, function_arn = :function_arn,
    tracing = :tracing, started_ms = :started_ms, deadline_ms = :deadline_ms
where sandbox_id = :sandbox_id;

-- statement: set_phase_answered :exec
update lambda_phase set answer_ms = :answer_ms, answer_bytes = :answer_bytes, answered_ms = :answered_ms
where sandbox_id = :sandbox_id;

-- statement: set_phase_shutdown :exec
update lambda_phase set shutdown_reason = :shutdown_reason, deadline_ms = :deadline_ms where sandbox_id = :sandbox_id;

-- statement: remove_phase :exec
delete from lambda_phase where sandbox_id = :sandbox_id;

-- statement: remove_all_phases :exec
delete from lambda_phase;

-- ---- invocations ----

-- statement: add_invocation :insert
insert into lambda_invocation (request_id, function_id, version_id, function_arn, mapping_id, kind, state, payload,
    client_context, payload_apart, trace_id, queued_ms, attempts, started_ms, announced, wants_tail, receipts,
    lane_id, delivery_id, stream, durable, execution_id, operation_id, lineage, batch_id, event_size, reports_failures)
values (:request_id, :function_id, :version_id, :function_arn, :mapping_id, :kind,
    case when :durable = 'starter' then 'waiting' else 'queued' end, :payload, :client_context, :payload_apart, :trace_id,
    :queued_ms, 0, 0, 0, :wants_tail, :receipts, :lane_id, :delivery_id, :stream, :durable, :execution_id, :operation_id,
    :lineage, :batch_id, :event_size, :reports_failures);

-- The invocation of a version that its next sandbox takes.
-- statement: find_upcoming :one
-- row: queued
select id, request_id, kind, payload, payload_apart, durable, execution_id, batch_id, lane_id, event_size
from lambda_invocation
where id = (select id from lambda_invocation where version_id = :version_id and state = 'queued'
    order by (kind <> 'sync'), id limit 1);

-- statement: add_payload :exec
insert into lambda_payload (id, content) values (:id, :content);

-- statement: get_payload :one
select content from lambda_payload where id = :id;

-- statement: remove_payload :exec
delete from lambda_payload where id = :id;

-- Give the first queued invocation of a version to this sandbox: the oldest with a caller who waits, or else the
-- oldest.
-- statement: take_invocation :one
-- row: queued
update lambda_invocation set state = 'running', sandbox_id = :sandbox_id, started_ms = :started_ms, announced = 0
where id = (select id from lambda_invocation where version_id = :version_id and state = 'queued'
    order by (kind <> 'sync'), id limit 1)
returning id, request_id, kind, payload, payload_apart, client_context, trace_id, function_arn, queued_ms, attempts,
    receipts, durable, execution_id, lineage, batch_id, lane_id, mapping_id;

-- The sandbox's invocation, or else the oldest one of a version that no sandbox has taken.
-- statement: find_invocation :one
-- row: find_invocation
-- param: sandbox_id text null
-- param: version_id integer null
select id, request_id, function_arn, mapping_id, kind, trace_id, queued_ms, attempts, started_ms,
    announced, wants_tail, tail, receipts, delivery_id, lane_id, stream,
    answer_request, answer_ms, durable, execution_id, operation_id, batch_id, reports_failures
from lambda_invocation
where id = coalesce((select id from lambda_invocation where sandbox_id = :sandbox_id),
    (select id from lambda_invocation where version_id = :version_id and state = 'queued'
        order by (kind <> 'sync'), id limit 1));

-- number: of the version, if it and its function still exist.
-- statement: find_by_request :one
-- column: number integer null
select id, state, error, result, tail, stream, content_type, prelude,
    (select v.number from lambda_version v join lambda_function f on f.id = v.function_id
        where v.id = version_id) as number, execution_id
from lambda_invocation where request_id = :request_id and kind = 'sync';

-- The number of a function's invocations in flight, up to a bound.
-- statement: count_in_flight :one
-- param: most integer
-- column: count integer
select count(*) as count from (select 1 from lambda_invocation
    where function_id = :function_id and (state = 'running' or (kind = 'sync' and state = 'queued')) limit :most);

-- The number of a version's invocations in flight.
-- statement: count_in_flight_of_version :one
-- column: count integer
select count(*) as count from lambda_invocation
where function_id = :function_id and version_id = :version_id
    and (state = 'running' or (kind = 'sync' and state = 'queued'));

-- The number of all functions' invocations in flight, up to a bound.
-- statement: count_all_in_flight :one
-- param: most integer
-- column: count integer
select count(*) as count from (select 1 from lambda_invocation
    where state = 'running' or (kind = 'sync' and state = 'queued') limit :most);

-- The same of all functions of an account and region without reserved concurrency.
-- statement: count_unreserved_in_flight :one
-- param: most integer
-- column: count integer
select count(*) as count from (select 1 from lambda_invocation i join lambda_function f on f.id = i.function_id
    where (i.state = 'running' or (i.kind = 'sync' and i.state = 'queued'))
        and f.account = :account and f.region = :region and f.reserved is null limit :most);

-- statement: count_of_mapping :one
-- column: count integer
select count(*) as count from lambda_invocation where mapping_id = :mapping_id;

-- statement: set_done :exec
update lambda_invocation set state = 'done', sandbox_id = null, payload = x'', error = :error, result = :result,
    tail = :tail
where id = :id;

-- statement: begin_answer :exec
update lambda_invocation set answer_request = :answer_request, answer_ms = :answer_ms, content_type = :content_type
where id = :id;

-- statement: set_prelude :exec
update lambda_invocation set prelude = :prelude where id = :id;

-- statement: set_stream :exec
update lambda_invocation set stream = :stream where id = :id;

-- statement: set_waiting :exec
update lambda_invocation set state = 'waiting', sandbox_id = null where id = :id;

-- The message of the last attempt's error, and its whole report.
-- statement: set_event_error :exec
update lambda_invocation set error = :error, result = :result where id = :id;

-- statement: get_event :one
select id, request_id, version_id, function_arn, payload, payload_apart, trace_id, queued_ms, attempts, delivery_id,
    error, result, lineage
from lambda_invocation where id = :id;

-- statement: queue_again :one
update lambda_invocation set state = 'queued', attempts = :attempts, delivery_id = :delivery_id
where id = :id and state = 'waiting' returning function_id, version_id, function_arn;

-- Queue an event, also one that another version has not done, for that version.
-- statement: move_event :exec
update lambda_invocation set version_id = :version_id, sandbox_id = null,
    state = case when state = 'running' then 'queued' else state end
where id = :id;

-- The oldest queued asynchronous invocation of a version.  Without the plus SQLite would put the kind into the index's
-- expression, which it then does not find, and sort all that are queued.
-- statement: next_event :one
select id from lambda_invocation
where version_id = :version_id and state = 'queued' and (kind <> 'sync') = 1 and +kind = 'event' and durable is null
order by id limit 1;

-- The oldest of those that were invoked by the first name behind `after`.
-- statement: next_event_by_name :one
-- param: after text
select id, queued_ms, function_arn from lambda_invocation
where version_id = :version_id and state = 'queued' and kind = 'event' and durable is null and function_arn > :after
order by function_arn, id limit 1;

-- The oldest of those that were invoked by that name.
-- statement: next_event_of_name :one
select id from lambda_invocation
where version_id = :version_id and state = 'queued' and kind = 'event' and durable is null
    and function_arn = :function_arn
order by id limit 1;

-- A batch that a mapping has sent by that name, and that waits for the version; batches are few.
-- statement: next_batch_of_name :one
select id from lambda_invocation
where mapping_id in
        (select id from lambda_mapping
         where account = :account and region = :region and function_name = :function_name)
    and +version_id = :version_id and state = 'queued' and durable is null and function_arn = :function_arn
limit 1;

-- statement: has_invocation :one
-- column: found integer
select 1 as found from lambda_invocation where id = :id;

-- statement: set_announced :exec
update lambda_invocation set announced = 1 where id = :id;

-- statement: set_tail :exec
update lambda_invocation set tail = :tail where id = :id;

-- statement: remove_invocation :exec
delete from lambda_invocation where id = :id;

-- The synchronous invocations of a function, or of one of its versions.
-- statement: list_sync :many
-- param: version_id integer null
select request_id from lambda_invocation
where function_id = :function_id and (state = 'running' or (kind = 'sync' and state = 'queued'))
    and kind = 'sync' and (:version_id is null or version_id = :version_id)
union all
select request_id from lambda_invocation
where function_id = :function_id and durable = 'starter' and kind = 'sync'
    and (:version_id is null or version_id = :version_id);

-- statement: any_invocation :one
-- param: version_id integer null
select id, kind, function_arn, durable, execution_id, operation_id, batch_id, mapping_id from lambda_invocation
where function_id = :function_id and (:version_id is null or version_id = :version_id) limit 1;

-- After a restart no caller waits for synchronous invocations any more, and messages of batches reappear; but a batch
-- that has started a durable execution waits for its end.
-- statement: remove_orphans :exec
delete from lambda_invocation
where kind = 'sync' or (kind = 'mapping' and (durable is null or durable <> 'starter' or execution_id is null));

-- statement: remove_orphaned_payloads :exec
delete from lambda_payload where id not in (select id from lambda_invocation where payload_apart);

-- statement: requeue_all :exec
update lambda_invocation set state = 'queued', sandbox_id = null where state = 'running';

-- statement: list_waiting_versions :many
select distinct version_id from lambda_invocation where state = 'queued';

-- ---- durable executions ----

-- statement: add_execution :insert
-- row: execution
insert into lambda_execution (function_id, version_id, name, uuid, arn, function_arn, status, started_ms, deadline_ms,
    retention_days, trace_id, payload_hash, parent_id, parent_operation, under_way, runs, failures, sequence, told,
    told_before, checkpoints, operations, bytes, events)
values (:function_id, :version_id, :name, :uuid, :arn, :function_arn, :status, :started_ms, :deadline_ms,
    :retention_days, :trace_id, :payload_hash, :parent_id, :parent_operation, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

-- By its id, its uuid, or the name that its function's invoker gave it.
-- statement: find_execution :one
-- row: execution
-- param: id integer null
-- param: uuid text null
-- param: function_id integer null
-- param: name text null
select id, function_id, version_id, name, uuid, arn, function_arn, status, started_ms, ended_ms, deadline_ms,
    retention_days, trace_id, payload_hash, parent_id, parent_operation, under_way, runs, failures, retry_ms, sequence,
    told, told_before, checkpoints, client_token, operations, bytes, events, timer_ms
from lambda_execution
where id = coalesce(:id, (select id from lambda_execution where uuid = :uuid),
    (select id from lambda_execution where function_id = :function_id and name = :name));

-- statement: update_execution :exec
-- row: execution
update lambda_execution set name = :name, status = :status, ended_ms = :ended_ms, under_way = :under_way, runs = :runs,
    failures = :failures, retry_ms = :retry_ms, sequence = :sequence, told = :told, told_before = :told_before,
    checkpoints = :checkpoints, client_token = :client_token, operations = :operations, bytes = :bytes,
    events = :events, timer_ms = :timer_ms
where id = :id;

-- Those of a function, or of one of its versions, in the order in which they started.
-- statement: list_executions :each
-- row: execution_summary
-- param: version_id integer null
-- param: after integer
select id, name, arn, function_arn, status, started_ms, ended_ms from lambda_execution
where function_id = :function_id and (:version_id is null or version_id = :version_id) and id > :after order by id;

-- The same, the newest first.
-- statement: list_executions_back :each
-- row: execution_summary
-- param: version_id integer null
-- param: before integer
select id, name, arn, function_arn, status, started_ms, ended_ms from lambda_execution
where function_id = :function_id and (:version_id is null or version_id = :version_id) and id < :before order by id desc;

-- One of the executions of a function, or of one of its versions.
-- statement: any_execution :one
-- param: version_id integer null
select id from lambda_execution
where function_id = :function_id and (:version_id is null or version_id = :version_id) limit 1;

-- statement: remove_execution :exec
delete from lambda_execution where id = :id;

-- statement: add_operation :insert
-- row: operation
insert into lambda_operation (execution_id, operation_id, parent, name, type, sub_type, status, started_ms, ended_ms,
    changed, hidden, replay_children, attempt, due_ms, expires_ms, seconds, input, result, error)
values (:execution_id, :operation_id, :parent, :name, :type, :sub_type, :status, :started_ms, :ended_ms,
    :changed, :hidden, :replay_children, :attempt, :due_ms, :expires_ms, :seconds, :input, :result, :error);

-- statement: add_execution_input :exec
insert into lambda_execution_input (execution_id, content) values (:execution_id, :content);

-- statement: get_execution_input :one
select content from lambda_execution_input where execution_id = :execution_id;

-- statement: remove_execution_input :exec
delete from lambda_execution_input where execution_id = :execution_id;

-- That of the execution itself has no input here.
-- statement: find_operation :one
-- row: operation
select id, execution_id, operation_id, parent, name, type, sub_type, status, started_ms, ended_ms, changed, hidden,
    replay_children, attempt, due_ms, expires_ms, seconds, input, result, error
from lambda_operation where execution_id = :execution_id and operation_id = :operation_id;

-- Its input stays.
-- statement: update_operation :exec
-- row: operation
update lambda_operation set status = :status, ended_ms = :ended_ms, changed = :changed,
    replay_children = :replay_children, attempt = :attempt, due_ms = :due_ms, result = :result, error = :error
where id = :id;

-- Those that a replay needs, in the order in which they started.
-- statement: list_operations :each
-- row: operation
-- param: after integer
select id, execution_id, operation_id, parent, name, type, sub_type, status, started_ms, ended_ms, changed, hidden,
    replay_children, attempt, due_ms, expires_ms, seconds, result, error,
    case when type = 'EXECUTION' then (select content from lambda_execution_input i
        where i.execution_id = lambda_operation.execution_id) else input end as input
from lambda_operation where execution_id = :execution_id and hidden = 0 and id > :after order by id;

-- Those that have changed, in the order of their changes.
-- statement: list_changes :each
-- row: operation
-- param: after integer
select id, execution_id, operation_id, parent, name, type, sub_type, status, started_ms, ended_ms, changed, hidden,
    replay_children, attempt, due_ms, expires_ms, seconds, result, error,
    case when type = 'EXECUTION' then (select content from lambda_execution_input i
        where i.execution_id = lambda_operation.execution_id) else input end as input
from lambda_operation where execution_id = :execution_id and changed > :after order by changed;

-- statement: list_changed_ids :many
-- param: after integer
-- param: limit integer
select operation_id from lambda_operation where execution_id = :execution_id and changed > :after
order by changed limit :limit;

-- statement: next_due_operation :one
-- row: operation
select id, execution_id, operation_id, parent, name, type, sub_type, status, started_ms, ended_ms, changed, hidden,
    replay_children, attempt, due_ms, expires_ms, seconds, input, result, error
from lambda_operation where execution_id = :execution_id and due_ms is not null order by due_ms limit 1;

-- Will time, a callback or another function change an operation?
-- statement: has_pending_operation :one
-- column: found integer
select 1 as found from lambda_operation where execution_id = :execution_id and ended_ms is null
    and type in ('WAIT', 'CALLBACK', 'CHAINED_INVOKE', 'STEP') and (type <> 'STEP' or status = 'PENDING') limit 1;

-- Hide operations right below one.
-- statement: hide_children :many
-- param: limit integer
update lambda_operation set hidden = 1
where id in (select id from lambda_operation where execution_id = :execution_id and parent = :parent and hidden = 0 limit :limit)
returning operation_id, type, ended_ms;

-- Hide operations below contexts that have completed, or that are hidden themselves.
-- statement: hide_more :exec
-- param: limit integer
update lambda_operation set hidden = 1
where id in (select o.id from lambda_operation o
    join lambda_operation p on p.execution_id = o.execution_id and p.operation_id = o.parent
    where o.execution_id = :execution_id and o.hidden = 0
        and (p.hidden = 1 or (p.ended_ms is not null and p.replay_children is null))
    limit :limit);

-- statement: remove_some_operations :exec
-- param: limit integer
delete from lambda_operation
where id in (select id from lambda_operation where execution_id = :execution_id limit :limit);

-- statement: add_history :exec
insert into lambda_history (execution_id, number, type, operation, at_ms, details, payload)
values (:execution_id, :number, :type, :operation, :at_ms, :details, :payload);

-- statement: list_history :each
-- row: history
-- param: after integer
select h.number, h.type, h.at_ms, h.details, h.payload, o.operation_id, o.parent, o.name, o.sub_type, o.result, o.error,
    case when h.type = 'ExecutionStarted' then (select content from lambda_execution_input i
        where i.execution_id = h.execution_id) else o.input end as input
from lambda_history h left join lambda_operation o on o.id = h.operation
where h.execution_id = :execution_id and h.number > :after order by h.number;

-- statement: list_history_back :each
-- row: history
-- param: before integer
select h.number, h.type, h.at_ms, h.details, h.payload, o.operation_id, o.parent, o.name, o.sub_type, o.result, o.error,
    case when h.type = 'ExecutionStarted' then (select content from lambda_execution_input i
        where i.execution_id = h.execution_id) else o.input end as input
from lambda_history h left join lambda_operation o on o.id = h.operation
where h.execution_id = :execution_id and h.number < :before order by h.number desc;

-- statement: remove_some_history :exec
-- param: limit integer
delete from lambda_history where execution_id = :execution_id
    and number in (select number from lambda_history where execution_id = :execution_id limit :limit);

-- A batch's invocation whose execution has not begun.
-- statement: get_starter :one
-- row: queued
select id, request_id, version_id, function_arn, payload, payload_apart, trace_id, batch_id, lane_id
from lambda_invocation
where id = :id and request_id = :request_id and durable = 'starter' and execution_id is null;

-- statement: set_started :exec
update lambda_invocation set execution_id = :execution_id, payload = x'', payload_apart = 0 where id = :id;

-- An invocation that waits for the end of an execution.
-- statement: next_start :one
-- row: find_invocation
select id, request_id, function_arn, mapping_id, kind, trace_id, queued_ms, attempts, started_ms,
    announced, wants_tail, tail, receipts, delivery_id, lane_id, stream, answer_request, answer_ms, durable, execution_id,
    operation_id, batch_id, reports_failures
from lambda_invocation where execution_id = :execution_id and durable = 'starter' and state = 'waiting' limit 1;

-- The kind of an invocation that waits for the end of an execution: an event's only if no other one waits.
-- statement: get_start_kind :one
select kind from lambda_invocation where execution_id = :execution_id and durable = 'starter' and state = 'waiting'
order by kind = 'event' limit 1;

-- ---- function URLs ----

-- statement: put_url :exec
-- row: url
insert into lambda_url (function_id, qualifier, url_id, auth_type, cors, invoke_mode, created_ms, modified_ms)
values (:function_id, :qualifier, :url_id, :auth_type, :cors, :invoke_mode, :created_ms, :modified_ms)
on conflict (function_id, qualifier) do update set auth_type = excluded.auth_type, cors = excluded.cors,
    invoke_mode = excluded.invoke_mode, modified_ms = excluded.modified_ms;

-- statement: find_url :one
-- row: url
select function_id, qualifier, url_id, auth_type, cors, invoke_mode, created_ms, modified_ms
from lambda_url where function_id = :function_id and qualifier = :qualifier;

-- statement: find_url_by_id :one
-- row: url
select function_id, qualifier, url_id, auth_type, cors, invoke_mode, created_ms, modified_ms
from lambda_url where url_id = :url_id;

-- statement: list_urls :many
-- row: url
-- param: after text
-- param: limit integer
select function_id, qualifier, url_id, auth_type, cors, invoke_mode, created_ms, modified_ms
from lambda_url where function_id = :function_id and url_id > :after order by url_id limit :limit;

-- statement: function_name :one
select account, region, name from lambda_function where id = :id;

-- statement: remove_url :exec
delete from lambda_url where function_id = :function_id and qualifier = :qualifier;

-- statement: remove_urls :exec
delete from lambda_url where function_id = :function_id;

-- ---- settings of asynchronous invocations ----

-- statement: put_event_config :exec
-- row: event_config
insert into lambda_event_config (function_id, qualifier, retries, age_seconds, on_success, on_failure, modified_ms)
values (:function_id, :qualifier, :retries, :age_seconds, :on_success, :on_failure, :modified_ms)
on conflict (function_id, qualifier) do update set retries = excluded.retries, age_seconds = excluded.age_seconds,
    on_success = excluded.on_success, on_failure = excluded.on_failure, modified_ms = excluded.modified_ms;

-- statement: find_event_config :one
-- row: event_config
select function_id, qualifier, retries, age_seconds, on_success, on_failure, modified_ms
from lambda_event_config where function_id = :function_id and qualifier = :qualifier;

-- statement: list_event_configs :many
-- row: event_config
-- param: after text
-- param: limit integer
select function_id, qualifier, retries, age_seconds, on_success, on_failure, modified_ms
from lambda_event_config where function_id = :function_id and qualifier > :after order by qualifier limit :limit;

-- statement: remove_event_config :exec
delete from lambda_event_config where function_id = :function_id and qualifier = :qualifier;

-- statement: remove_event_configs :exec
delete from lambda_event_config where function_id = :function_id;

-- ---- lines ----

-- statement: add_line :insert
insert into lambda_line (sandbox_id, timestamp_ms, text) values (:sandbox_id, :timestamp_ms, :text);

-- statement: list_lines :many
select timestamp_ms, text from lambda_line where sandbox_id = :sandbox_id order by id;

-- statement: remove_lines :exec
delete from lambda_line where sandbox_id = :sandbox_id;

-- statement: remove_all_lines :exec
delete from lambda_line;

-- ---- mappings ----

-- statement: add_mapping :insert
-- row: mapping
insert into lambda_mapping (uuid, account, region, function_name, qualifier, source_arn, batch_size, window_seconds,
    reports_failures, maximum_concurrency, enabled, settings, reason, result, modified_ms, failures)
values (:uuid, :account, :region, :function_name, :qualifier, :source_arn, :batch_size, :window_seconds,
    :reports_failures, :maximum_concurrency, :enabled, :settings, :reason, :result, :modified_ms, 0);

-- By its id, or else by its name.
-- statement: find_mapping :one
-- row: mapping
-- param: id integer null
-- param: uuid text null
-- param: account text null
-- param: region text null
-- column: matching_ms integer null
select id, uuid, account, region, function_name, qualifier, source_arn, batch_size, window_seconds, reports_failures,
    maximum_concurrency, enabled, settings, reason, result, modified_ms, failures,
    (select begun_ms from lambda_matching m where m.mapping_id = lambda_mapping.id) as matching_ms
from lambda_mapping
where id = coalesce(:id,
    (select id from lambda_mapping where uuid = :uuid and account = :account and region = :region));

-- statement: find_same_mapping :one
select uuid from lambda_mapping
where account = :account and region = :region and function_name = :function_name
    and coalesce(qualifier, '$LATEST') = :qualifier and source_arn = :source_arn;

-- The mappings of this function, this qualifier and this source, if given.
-- statement: list_mappings :many
-- param: name text null
-- param: qualifier text null
-- param: source text null
-- param: after text
-- param: limit integer
select id, uuid from lambda_mapping
where account = :account and region = :region and uuid > :after
    and (:name is null or function_name = :name) and (:qualifier is null or qualifier = :qualifier)
    and (:source is null or source_arn = :source)
order by uuid limit :limit;

-- statement: list_enabled_mappings :many
select id, account, region from lambda_mapping where enabled = 1;

-- statement: update_mapping :exec
-- row: mapping
update lambda_mapping
set function_name = :function_name, qualifier = :qualifier, batch_size = :batch_size, window_seconds = :window_seconds,
    reports_failures = :reports_failures, maximum_concurrency = :maximum_concurrency, enabled = :enabled,
    settings = :settings, reason = :reason, modified_ms = :modified_ms, failures = 0
where id = :id;

-- statement: set_mapping_result :exec
update lambda_mapping set reason = :reason, result = :result, failures = :failures where id = :id;

-- statement: get_mapping_traced :one
select traced_ms from lambda_mapping where id = :id;

-- statement: set_mapping_traced :exec
update lambda_mapping set traced_ms = :traced_ms where id = :id;

-- statement: get_scaling :one
select batches, since_ms from lambda_scaling where mapping_id = :mapping_id;

-- statement: set_scaling :exec
insert or replace into lambda_scaling (mapping_id, batches, since_ms) values (:mapping_id, :batches, :since_ms);

-- statement: remove_scaling :exec
delete from lambda_scaling where mapping_id = :mapping_id;

-- statement: begin_matching :exec
-- row: matching
insert into lambda_matching (mapping_id, ticket, begun_ms, receipts) values (:mapping_id, :ticket, :begun_ms, :receipts);

-- statement: find_matching :one
-- row: matching
select mapping_id, ticket, begun_ms, receipts, rest from lambda_matching where mapping_id = :mapping_id;

-- statement: set_matching_rest :exec
-- row: matching
update lambda_matching set rest = :rest where mapping_id = :mapping_id;

-- statement: end_matching :exec
delete from lambda_matching where mapping_id = :mapping_id;

-- statement: forget_matching :exec
delete from lambda_matching;

-- statement: remove_mapping :exec
delete from lambda_mapping where id = :id;

-- statement: add_held :insert
insert into lambda_record (mapping_id, lane, key_hash, held_ms, made_ms, shard, sequence, size, content)
values (:mapping_id, :lane, :key_hash, :held_ms, :made_ms, :shard, :sequence, :size, :content);

-- The records of a lane with ids after `after`, up to `last`, without their content.
-- statement: each_held :each
-- row: held
-- param: after integer
-- param: last integer
select id, size, held_ms, made_ms, sequence, shard from lambda_record
where mapping_id = :mapping_id and lane = :lane and id > :after and id <= :last order by id;

-- The one that is `skipped` places behind the first of them.
-- statement: get_held :one
-- row: held
-- param: after integer
-- param: last integer
-- param: skipped integer
select id, size, held_ms, made_ms, sequence, shard from lambda_record
where mapping_id = :mapping_id and lane = :lane and id > :after and id <= :last order by id limit 1 offset :skipped;

-- statement: count_held :one
-- param: after integer
-- param: last integer
-- column: count integer
-- column: size integer
select count(*) as count, coalesce(sum(size), 0) as size from lambda_record
where mapping_id = :mapping_id and lane = :lane and id > :after and id <= :last;

-- statement: each_content :each
-- param: after integer
-- param: last integer
select content from lambda_record
where mapping_id = :mapping_id and lane = :lane and id > :after and id <= :last order by id;

-- Up to the id `last`.
-- statement: remove_some_done :exec
-- param: last integer
-- param: limit integer
delete from lambda_record
where id in (select id from lambda_record where mapping_id = :mapping_id and lane = :lane and id <= :last limit :limit);

-- statement: remove_some_held :exec
-- param: limit integer
delete from lambda_record
where id in (select id from lambda_record where mapping_id = :mapping_id limit :limit);

-- Records of older lanes get one of `lanes` new ones.
-- statement: move_some_held :exec
-- param: first_lane integer
-- param: lanes integer
-- param: limit integer
update lambda_record set lane = :first_lane + key_hash % :lanes
where id in (select id from lambda_record where mapping_id = :mapping_id and lane < :first_lane limit :limit);

-- ---- batches of queues ----

-- statement: add_batch :insert
insert into lambda_batch (mapping_id, state, source_arn, gathered_ms, count, size, trace_id)
values (:mapping_id, 'gathering', :source_arn, :gathered_ms, 0, 0, :trace_id);

-- By its id, or the one that the mapping gathers.
-- statement: find_batch :one
-- row: batch
-- param: id integer null
-- param: mapping_id integer null
select id, mapping_id, state, source_arn, gathered_ms, count, size, trace_id, lineage, taken_by, request_id, invoked_ms,
    noted, verdict, reason, duration_ms, returned_ms, is_done, comes_again, failures, printed
from lambda_batch
where id = coalesce(:id, (select id from lambda_batch where mapping_id = :mapping_id and state = 'gathering'));

-- statement: grow_batch :exec
-- row: batch
update lambda_batch set count = :count, size = :size, lineage = :lineage where id = :id;

-- statement: set_batch_sent :exec
update lambda_batch set state = 'sent' where id = :id;

-- statement: set_batch_invoked :exec
-- row: batch
update lambda_batch set trace_id = :trace_id, taken_by = :taken_by, request_id = :request_id,
    invoked_ms = :invoked_ms
where id = :id;

-- statement: set_batch_noted :exec
update lambda_batch set noted = :noted where id = :id;

-- statement: set_batch_returned :exec
update lambda_batch set verdict = :verdict, reason = :reason, duration_ms = :duration_ms, returned_ms = :returned_ms
where id = :id;

-- statement: set_batch_ended :exec
-- row: batch
update lambda_batch set state = 'ended', taken_by = :taken_by, request_id = :request_id, is_done = :is_done,
    comes_again = :comes_again, failures = :failures, printed = :printed
where id = :id;

-- statement: remove_batch :exec
delete from lambda_batch where id = :id;

-- statement: add_part :exec
insert into lambda_batch_part (batch_id, number, count, receipts, records)
values (:batch_id, (select coalesce(max(number), 0) + 1 from lambda_batch_part where batch_id = :batch_id), :count,
    :receipts, :records);

-- statement: each_records :each
select records from lambda_batch_part where batch_id = :batch_id order by number;

-- statement: each_receipts :each
select receipts from lambda_batch_part where batch_id = :batch_id order by number;

-- statement: last_part :one
select receipts from lambda_batch_part where batch_id = :batch_id order by number desc limit 1;

-- statement: next_part :one
-- param: after integer
select number, count, receipts from lambda_batch_part where batch_id = :batch_id and number > :after
order by number limit 1;

-- statement: remove_part :exec
delete from lambda_batch_part where batch_id = :batch_id and number = :number;

-- statement: remove_parts :exec
delete from lambda_batch_part where batch_id = :batch_id;

-- Messages come again after a restart, unless their function has returned or their durable execution goes on.
-- statement: remove_unended_batches :exec
delete from lambda_batch where state <> 'ended'
    and id not in (select batch_id from lambda_invocation where batch_id is not null);

-- statement: remove_orphaned_parts :exec
delete from lambda_batch_part where batch_id not in (select id from lambda_batch);

-- ---- streams ----

-- statement: set_reader :exec
-- row: reader
insert into lambda_reader (mapping_id, shard, position, first_lane) values (:mapping_id, :shard, :position, :first_lane)
on conflict (mapping_id) do update set shard = :shard, position = :position, first_lane = :first_lane;

-- statement: get_reader :one
-- row: reader
select mapping_id, shard, position, first_lane from lambda_reader where mapping_id = :mapping_id;

-- statement: remove_reader :exec
delete from lambda_reader where mapping_id = :mapping_id;

-- With the records that it has already.
-- statement: add_lane :insert
insert into lambda_lane (mapping_id, number, state, ends, attempts, window_full, held_count, held_size)
select :mapping_id, :number, 'idle', :ends, 0, 0, count(*), coalesce(sum(size), 0) from lambda_record
where mapping_id = :mapping_id and lane = :number;

-- The lanes with numbers from `least` to `most`.
-- statement: list_lanes :many
-- row: lane
-- param: least integer
-- param: most integer
select id, mapping_id, number, state, ends, request_id, error, attempts, delivery_id, window_ms, window_state, window_full,
    done, removing, held_count, held_size, executed
from lambda_lane where mapping_id = :mapping_id and number between :least and :most order by number;

-- statement: get_lane :one
-- row: lane
select id, mapping_id, number, state, ends, request_id, error, attempts, delivery_id, window_ms, window_state, window_full,
    done, removing, held_count, held_size, executed
from lambda_lane where id = :id;

-- statement: set_lane :exec
-- row: lane
update lambda_lane set state = :state, ends = :ends, request_id = :request_id, error = :error, attempts = :attempts,
    delivery_id = :delivery_id, window_ms = :window_ms, window_state = :window_state, window_full = :window_full,
    done = :done, held_count = :held_count, held_size = :held_size, executed = :executed
where id = :id;

-- statement: add_to_lane :exec
-- param: count integer
-- param: size integer
update lambda_lane set held_count = held_count + :count, held_size = held_size + :size
where mapping_id = :mapping_id and number = :number;

-- statement: set_removing :exec
update lambda_lane set removing = :removing where id = :id;

-- statement: sum_lanes :one
-- column: count integer
-- column: size integer
-- column: removing integer
select coalesce(sum(held_count), 0) as count, coalesce(sum(held_size), 0) as size, coalesce(max(removing), 0) as removing
from lambda_lane where mapping_id = :mapping_id;

-- statement: has_batch :one
-- column: found integer
select 1 as found from lambda_invocation where mapping_id = :mapping_id and lane_id = :lane_id limit 1;

-- A lane that is not used any more has no batch, but still the state of its window.  A batch that runs ends first.
-- statement: retire_lanes :exec
-- param: first_lane integer
update lambda_lane set state = 'idle', delivery_id = null, ends = '', held_count = 0, held_size = 0,
    window_ms = iif(window_state is null, null, window_ms)
where mapping_id = :mapping_id and number < :first_lane and state <> 'running';

-- statement: remove_ended_lanes :exec
-- param: first_lane integer
delete from lambda_lane
where mapping_id = :mapping_id and number < :first_lane and state = 'idle' and window_ms is null;

-- statement: remove_lane :exec
delete from lambda_lane where id = :id;

-- statement: remove_lanes :exec
delete from lambda_lane where mapping_id = :mapping_id;

-- After a restart no invocation of a stream's batch runs: a retry's delivery begins it again.
-- statement: reset_lanes :exec
update lambda_lane set state = case when delivery_id is null then 'idle' else 'waiting' end
where state = 'running';
