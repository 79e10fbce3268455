-- uses: ../tags/tags.sql

-- migration: 1
create table logs_group (
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

create table logs_tag (
    group_id integer not null,
    name text not null,
    value text not null,
    primary key (group_id, name)
) without rowid;

-- A deleted stream belongs to group 0, named by its id, until its events are gone.
create table logs_stream (
    id integer primary key autoincrement,
    group_id integer not null,
    name text not null,
    created_ms integer not null,
    last_event_ms integer,
    last_ingestion_ms integer,
    stored_bytes integer not null,
    unique (group_id, name)
);

-- Rows are in the order of arrival.  Both indexes end with the id, so each has the order that its readers need.
create table logs_event (
    id integer primary key,
    group_id integer not null,
    stream_id integer not null,
    timestamp_ms integer not null,
    ingested_ms integer not null,
    message text not null
);
create index logs_event_stream on logs_event (stream_id, timestamp_ms);
create index logs_event_group on logs_event (group_id, timestamp_ms);

-- A deleted group belongs to no account, named by its id, until its events and streams are gone.  A group has
-- the size of its streams, and the time up to which its events are being removed.  A stream without events is ordered as if
-- it had one at 0.
-- migration: 2
alter table logs_group add column stored_bytes integer not null default 0;
update logs_group
set stored_bytes = (select coalesce(sum(s.stored_bytes), 0) from logs_stream s where s.group_id = logs_group.id);
alter table logs_group add column remove_before_ms integer;
create index logs_group_removal on logs_group (remove_before_ms) where remove_before_ms is not null;
alter table logs_stream add column order_ms integer not null default 0;
update logs_stream set order_ms = coalesce(last_event_ms, 0);
create index logs_stream_order on logs_stream (group_id, order_ms, id);

-- migration: 3
insert into aws_tag (owner, key, value)
select 'arn:aws:logs:' || g.region || ':' || g.account || ':log-group:' || g.name, tag.name, tag.value
from logs_tag tag join logs_group g on g.id = tag.group_id;
drop table logs_tag;

-- A group's row has the numbers of its metric filters and of its subscriptions.  A row of logs_pending is a range of new events that are still
-- to be looked at.
-- migration: 4
create table logs_metric_filter (
    group_id integer not null,
    name text not null,
    pattern text not null,
    transformation text not null,
    metric_namespace text not null,
    metric_name text not null,
    has_regex integer not null,
    created_ms integer not null,
    primary key (group_id, name)
) without rowid;
create table logs_pending (
    id integer primary key autoincrement,
    group_id integer not null,
    stream_id integer not null,
    first_id integer not null,
    last_id integer not null
);
create table logs_subscription (
    id integer primary key autoincrement,
    group_id integer not null,
    name text not null,
    pattern text not null,
    destination_arn text not null,
    distribution text not null,
    has_regex integer not null,
    created_ms integer not null,
    unique (group_id, name)
);
alter table logs_group add column metric_filters integer not null default 0;
alter table logs_group add column subscriptions integer not null default 0;

-- Policies by which services may write; group_arn is empty for those of the account.
-- migration: 5
create table logs_resource_policy (
    account text not null,
    region text not null,
    group_arn text not null,
    name text not null,
    document text not null,
    updated_ms integer not null,
    revision text not null,
    primary key (account, region, group_arn, name)
) without rowid;

-- A query's groups are a JSON array of their ids; its rows are in pages.
-- migration: 6
create table logs_query (
    id integer primary key autoincrement,
    query_id text not null unique,
    account text not null,
    region text not null,
    user_arn text not null,
    group_ids text not null,
    group_names text not null,
    query text not null,
    start_ms integer not null,
    end_ms integer not null,
    row_limit integer not null,
    status text not null,
    created_ms integer not null,
    ended_ms integer,
    records_scanned integer not null default 0,
    records_matched integer not null default 0,
    bytes_scanned integer not null default 0,
    groups_scanned integer not null default 0,
    row_count integer not null default 0
);
create index logs_query_account on logs_query (account, region, id);
create index logs_query_waiting on logs_query (status, id) where status in ('Scheduled', 'Running');
create table logs_query_page (
    id integer primary key,
    query integer not null,
    first_row integer not null,
    row_count integer not null,
    rows text not null
);
create index logs_query_page_row on logs_query_page (query, first_row);
create table logs_query_definition (
    id integer primary key autoincrement,
    definition_id text not null unique,
    account text not null,
    region text not null,
    name text not null,
    query text not null,
    group_names text not null,
    parameters text,
    client_token text,
    modified_ms integer not null
);
create index logs_query_definition_account on logs_query_definition (account, region, definition_id);
create index logs_query_definition_token on logs_query_definition (account, region, client_token)
where client_token is not null;

-- The account's policies; excluded has the names of groups that it does not apply to, each as "NAME".
-- migration: 7
create table logs_account_policy (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    type text not null,
    name text not null,
    document text not null,
    scope text not null,
    selection text,
    excluded text not null,
    updated_ms integer not null,
    unique (account, region, type)
);

-- Policies of field indexes: of a group, or of the account (group 0) for the groups whose names begin with a prefix.
-- Their fields are JSON, also those that have ended, which are still used for the events that came before.  An entry has the size of an event and the hashes of its
-- indexed fields, as they were under a policy.  The fields found in a group's events have their times.
-- migration: 8
create table logs_index_policy (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    group_id integer not null,
    name text not null,
    prefix text not null,
    selection text,
    document text not null,
    fields text not null,
    updated_ms integer not null,
    ended_ms integer,
    unique (account, region, group_id, name)
);
create table logs_index_entry (
    event_id integer primary key,
    policy_id integer not null,
    size integer not null,
    hashes blob not null
);
create table logs_index_found (
    group_id integer not null,
    name text not null,
    scanned_ms integer not null,
    first_ms integer,
    last_ms integer,
    primary key (group_id, name)
) without rowid;
alter table logs_query add column records_skipped integer not null default 0;
alter table logs_query add column bytes_skipped integer not null default 0;

-- The groups of a query's subqueries: a JSON array of arrays of their ids.
-- migration: 9
alter table logs_query add column subquery_group_ids text not null default '[]';

-- Lookup tables.  Their CSV is in pieces, from 0 on, under its SHA-256: several tables may have the same.  fields: a
-- JSON array of the names of columns.
-- migration: 10
create table logs_lookup_table (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    name text not null,
    description text,
    fields text not null,
    records integer not null,
    size integer not null,
    content text not null,
    kms_key_id text,
    updated_ms integer not null,
    unique (account, region, name)
);
create index logs_lookup_table_content on logs_lookup_table (content);
create table logs_lookup_piece (
    content text not null,
    number integer not null,
    bytes blob not null,
    primary key (content, number)
);

-- How many of its events a request has stored that takes several runs.
-- migration: 11
create table logs_put_progress (
    request_id text primary key,
    stored integer not null,
    at_ms integer not null
) without rowid;
create index logs_put_progress_by_time on logs_put_progress (at_ms);

-- statement: add_group :insert
insert into logs_group (account, region, name, created_ms, class, kms_key_id, deletion_protected)
values (:account, :region, :name, :created_ms, :class, :kms_key_id, :deletion_protected);

-- The account's subscription is NULL when the group is excluded from it.  The index policy is the group's own, or else
-- the account's.
-- statement: find_group :one
-- column: account_subscription integer null
-- column: index_policy integer null
select id, name, class, retention_days, deletion_protected, metric_filters, subscriptions,
    (select p.id from logs_account_policy p where p.account = g.account and p.region = g.region
        and p.type = 'SUBSCRIPTION_FILTER_POLICY' and instr(p.excluded, '"' || g.name || '"') = 0)
    as account_subscription,
    coalesce(
        (select i.id from logs_index_policy i where i.account = g.account and i.region = g.region
            and i.group_id = g.id and i.ended_ms is null),
        (select i.id from logs_index_policy i where i.account = g.account and i.region = g.region
            and i.group_id = 0 and i.ended_ms is null and substr(g.name, 1, length(i.prefix)) = i.prefix))
    as index_policy
from logs_group g where account = :account and region = :region and name = :name;

-- statement: find_group_retention :one
select retention_days from logs_group where id = :id;

-- statement: set_retention :exec
update logs_group set retention_days = :retention_days where id = :id;

-- statement: set_deletion_protected :exec
update logs_group set deletion_protected = :deletion_protected where id = :id;

-- statement: end_group :exec
update logs_group set account = '', name = cast(id as text) where id = :id;

-- statement: find_ended_group :one
select id from logs_group where account = '' limit 1;

-- statement: remove_group :exec
delete from logs_group where id = :id;

-- Events older than remove_before_ms are to be removed.
-- statement: set_removal :exec
update logs_group set remove_before_ms = :remove_before_ms where id = :id;

-- statement: find_removal :one
select id, remove_before_ms from logs_group where remove_before_ms is not null limit 1;

-- statement: list_groups :each
-- param: from text
-- param: end text
select name, created_ms, class, kms_key_id, retention_days, deletion_protected, stored_bytes, metric_filters
from logs_group where account = :account and region = :region and name >= :from and name < :end order by name;

-- Does nothing, and returns 0, when a stream has that name.
-- statement: add_stream :insert
insert into logs_stream (group_id, name, created_ms, stored_bytes) values (:group_id, :name, :created_ms, 0)
on conflict do nothing;

-- statement: find_stream :one
select id from logs_stream where group_id = :group_id and name = :name;

-- The stream's first event is the oldest one that has not expired.
-- statement: describe_stream :one
-- param: oldest_ms integer
-- column: first_event_ms integer null
select name, created_ms, last_event_ms, last_ingestion_ms,
    (select min(e.timestamp_ms) from logs_event e where e.stream_id = s.id and e.timestamp_ms >= :oldest_ms)
    as first_event_ms
from logs_stream s where id = :id;

-- statement: list_streams_by_name :many
-- row: stream_id
-- param: from text
-- param: end text
-- param: limit integer
select id from logs_stream
where group_id = :group_id and name >= :from and name < :end order by name limit :limit;

-- statement: list_streams_by_name_descending :many
-- row: stream_id
-- param: from text
-- param: end text
-- param: limit integer
select id from logs_stream
where group_id = :group_id and name >= :from and name < :end order by name desc limit :limit;

-- statement: list_streams_by_time :many
-- row: stream_id
-- param: after_ms integer
-- param: after_id integer
-- param: limit integer
select id, order_ms from logs_stream
where group_id = :group_id and order_ms = :after_ms and id > :after_id
union all
select id, order_ms from logs_stream
where group_id = :group_id and order_ms > :after_ms
order by order_ms, id limit :limit;

-- statement: list_streams_by_time_descending :many
-- row: stream_id
-- param: before_ms integer
-- param: before_id integer
-- param: limit integer
select id, order_ms from logs_stream
where group_id = :group_id and order_ms = :before_ms and id < :before_id
union all
select id, order_ms from logs_stream
where group_id = :group_id and order_ms < :before_ms
order by order_ms desc, id desc limit :limit;

-- statement: find_stream_name :one
select name from logs_stream where id = :id and group_id = :group_id;

-- statement: stream_received :exec
-- param: bytes integer
update logs_stream
set last_event_ms = max(coalesce(last_event_ms, 0), :last_event_ms), order_ms = max(order_ms, :last_event_ms),
    last_ingestion_ms = :last_ingestion_ms, stored_bytes = stored_bytes + :bytes
where id = :id;

-- statement: group_received :exec
-- param: bytes integer
update logs_group set stored_bytes = stored_bytes + :bytes where id = :id;

-- statement: delete_stream :exec
update logs_stream set group_id = 0, name = cast(id as text) where id = :id;

-- statement: remove_some_streams :exec
-- param: limit integer
delete from logs_stream
where id in (select s.id from logs_stream s where s.group_id = :group_id limit :limit);

-- statement: find_deleted_stream :one
select id from logs_stream where group_id = 0 limit 1;

-- statement: remove_stream :exec
delete from logs_stream where id = :id;

-- statement: add_event :insert
insert into logs_event (group_id, stream_id, timestamp_ms, ingested_ms, message)
values (:group_id, :stream_id, :timestamp_ms, :ingested_ms, :message);

-- Events of a stream after a position, up to but without end_ms.  There are two parts, the events of the position's own
-- millisecond and the later ones, so that each uses the index: a comparison of pairs would read the whole millisecond.
-- statement: read_stream :each
-- row: event
-- param: after_ms integer
-- param: after_id integer
-- param: end_ms integer
select id, stream_id, timestamp_ms, ingested_ms, message from logs_event
where stream_id = :stream_id and timestamp_ms = :after_ms and id > :after_id and :after_ms < :end_ms
union all
select id, stream_id, timestamp_ms, ingested_ms, message from logs_event
where stream_id = :stream_id and timestamp_ms > :after_ms and timestamp_ms < :end_ms
order by timestamp_ms, id;

-- Events of a stream before a position, from from_ms on, the latest first.
-- statement: read_stream_backward :each
-- row: event
-- param: before_ms integer
-- param: before_id integer
-- param: from_ms integer
select id, stream_id, timestamp_ms, ingested_ms, message from logs_event
where stream_id = :stream_id and timestamp_ms = :before_ms and id < :before_id and :before_ms >= :from_ms
union all
select id, stream_id, timestamp_ms, ingested_ms, message from logs_event
where stream_id = :stream_id and timestamp_ms < :before_ms and timestamp_ms >= :from_ms
order by timestamp_ms desc, id desc;

-- Events of all streams of a group, also of deleted ones.
-- statement: read_group :each
-- row: event
-- param: after_ms integer
-- param: after_id integer
-- param: end_ms integer
select id, stream_id, timestamp_ms, ingested_ms, message from logs_event
where group_id = :group_id and timestamp_ms = :after_ms and id > :after_id and :after_ms < :end_ms
union all
select id, stream_id, timestamp_ms, ingested_ms, message from logs_event
where group_id = :group_id and timestamp_ms > :after_ms and timestamp_ms < :end_ms
order by timestamp_ms, id;

-- The same before a position, from from_ms on, the latest first.
-- statement: read_group_backward :each
-- row: event
-- param: before_ms integer
-- param: before_id integer
-- param: from_ms integer
select id, stream_id, timestamp_ms, ingested_ms, message from logs_event
where group_id = :group_id and timestamp_ms = :before_ms and id < :before_id and :before_ms >= :from_ms
union all
select id, stream_id, timestamp_ms, ingested_ms, message from logs_event
where group_id = :group_id and timestamp_ms < :before_ms and timestamp_ms >= :from_ms
order by timestamp_ms desc, id desc;

-- The same with what the index knows of each event, but without the events themselves.
-- statement: read_group_index_backward :each
-- param: before_ms integer
-- param: before_id integer
-- param: from_ms integer
-- column: policy_id integer null
-- column: size integer null
-- column: hashes blob null
select e.id, e.timestamp_ms, i.policy_id, i.size, i.hashes
from logs_event e left join logs_index_entry i on i.event_id = e.id
where e.group_id = :group_id and e.timestamp_ms = :before_ms and e.id < :before_id and :before_ms >= :from_ms
union all
select e.id, e.timestamp_ms, i.policy_id, i.size, i.hashes
from logs_event e left join logs_index_entry i on i.event_id = e.id
where e.group_id = :group_id and e.timestamp_ms < :before_ms and e.timestamp_ms >= :from_ms
order by timestamp_ms desc, id desc;

-- statement: find_last_event :one
select id from logs_event order by id desc limit 1;

-- The events of some groups (a JSON array of ids) in the order of their arrival.  The plus lets SQLite read the few that have
-- arrived, and not what the groups have ever got.
-- statement: read_arrived :each
-- row: event
-- param: group_ids text
-- param: after_id integer
-- param: last_id integer
select id, stream_id, timestamp_ms, ingested_ms, message, group_id from logs_event
where id > :after_id and id <= :last_id and +group_id in (select value from json_each(:group_ids)) order by id;

-- statement: find_oldest_event :one
select timestamp_ms from logs_event where group_id = :group_id order by timestamp_ms limit 1;

-- The events of a group before before_ms, the oldest first.
-- statement: list_old_events :each
-- row: old_event
-- param: before_ms integer
-- column: bytes integer
select id, stream_id, length(cast(message as blob)) as bytes from logs_event
where group_id = :group_id and timestamp_ms < :before_ms order by timestamp_ms, id;

-- statement: list_stream_events :each
-- row: old_event
-- column: bytes integer
select id, stream_id, length(cast(message as blob)) as bytes from logs_event
where stream_id = :stream_id order by timestamp_ms, id;

-- statement: remove_event :exec
delete from logs_event where id = :id;

-- statement: remove_index_entry :exec
delete from logs_index_entry where event_id = :event_id;

-- The row keeps its id from being used again, and belongs to no group.
-- statement: blank_event :exec
update logs_event set group_id = 0, stream_id = 0, timestamp_ms = 0, ingested_ms = 0, message = '' where id = :id;

-- statement: remove_blank_events :exec
-- param: last_id integer
delete from logs_event where group_id = 0 and id < :last_id;

-- statement: stream_lost :exec
-- param: bytes integer
update logs_stream set stored_bytes = stored_bytes - :bytes where id = :id;

-- Subtracts from the stream's group; a deleted stream has no group.
-- statement: group_lost :exec
-- param: bytes integer
-- param: stream_id integer
update logs_group set stored_bytes = stored_bytes - :bytes
where id = (select s.group_id from logs_stream s where s.id = :stream_id);

-- statement: group_lost_stream :exec
-- param: stream_id integer
update logs_group set stored_bytes = stored_bytes - (select s.stored_bytes from logs_stream s where s.id = :stream_id)
where id = :id;

-- statement: put_metric_filter_row :exec
insert into logs_metric_filter (group_id, name, pattern, transformation, metric_namespace, metric_name, has_regex,
    created_ms)
values (:group_id, :name, :pattern, :transformation, :metric_namespace, :metric_name, :has_regex, :created_ms)
on conflict do update set pattern = excluded.pattern, transformation = excluded.transformation,
    metric_namespace = excluded.metric_namespace, metric_name = excluded.metric_name, has_regex = excluded.has_regex;

-- The other filters of a group.
-- statement: count_metric_filters :one
-- column: filters integer
-- column: with_regex integer
select count(*) as filters, coalesce(sum(has_regex), 0) as with_regex from logs_metric_filter
where group_id = :group_id and name <> :name;

-- statement: recount_metric_filters :exec
update logs_group set metric_filters = (select count(*) from logs_metric_filter f where f.group_id = logs_group.id)
where id = :id;

-- statement: remove_metric_filter :exec
delete from logs_metric_filter where group_id = :group_id and name = :name;

-- statement: remove_metric_filters :exec
delete from logs_metric_filter where group_id = :group_id;

-- statement: filters_of_group :many
select pattern, transformation from logs_metric_filter where group_id = :group_id order by name;

-- In the order of groups' and filters' names.
-- statement: list_metric_filters :each
-- param: from_group text
-- param: after_name text
-- param: end_group text
-- column: group_name text
select g.name as group_name, f.name, f.pattern, f.transformation, f.metric_namespace, f.metric_name, f.created_ms
from logs_group g join logs_metric_filter f on f.group_id = g.id
where g.account = :account and g.region = :region and g.name >= :from_group and g.name < :end_group
    and (g.name > :from_group or f.name > :after_name)
order by g.name, f.name;

-- statement: find_group_by_id :one
select account, region, name, retention_days from logs_group where id = :id;

-- statement: add_pending :insert
insert into logs_pending (group_id, stream_id, first_id, last_id) values (:group_id, :stream_id, :first_id, :last_id);

-- statement: find_pending :one
select id, group_id, stream_id, first_id, last_id from logs_pending order by id limit 1;

-- statement: shorten_pending :exec
update logs_pending set first_id = :first_id where id = :id;

-- statement: remove_pending :exec
delete from logs_pending where id = :id;

-- Events of a stream by their ids: a few of the many that it has.
-- statement: read_ids :each
-- param: first_id integer
-- param: last_id integer
select id, timestamp_ms, ingested_ms, message from logs_event
where id between :first_id and :last_id and +stream_id = :stream_id order by id;

-- statement: put_subscription :exec
insert into logs_subscription (group_id, name, pattern, destination_arn, distribution, has_regex, created_ms)
values (:group_id, :name, :pattern, :destination_arn, :distribution, :has_regex, :created_ms)
on conflict do update set pattern = excluded.pattern, destination_arn = excluded.destination_arn,
    distribution = excluded.distribution, has_regex = excluded.has_regex;

-- The other subscriptions of a group.
-- statement: count_subscriptions :one
-- column: subscriptions integer
-- column: with_regex integer
select count(*) as subscriptions, coalesce(sum(has_regex), 0) as with_regex from logs_subscription
where group_id = :group_id and name <> :name;

-- statement: recount_subscriptions :exec
update logs_group set subscriptions = (select count(*) from logs_subscription s where s.group_id = logs_group.id)
where id = :id;

-- statement: find_subscription :one
select id from logs_subscription where group_id = :group_id and name = :name;

-- statement: remove_subscription :exec
delete from logs_subscription where id = :id;

-- statement: subscriptions_of_group :many
select id, name, pattern, destination_arn, distribution, created_ms from logs_subscription
where group_id = :group_id order by name;

-- statement: put_account_policy_row :exec
insert into logs_account_policy (account, region, type, name, document, scope, selection, excluded, updated_ms)
values (:account, :region, :type, :name, :document, :scope, :selection, :excluded, :updated_ms)
on conflict do update set document = excluded.document, scope = excluded.scope, selection = excluded.selection,
    excluded = excluded.excluded, updated_ms = excluded.updated_ms;

-- statement: find_account_policy :one
-- row: account_policy
select id, type, name, document, scope, selection, excluded, updated_ms from logs_account_policy
where account = :account and region = :region and type = :type;

-- statement: remove_account_policy :exec
delete from logs_account_policy where id = :id;

-- statement: put_resource_policy_row :exec
insert into logs_resource_policy (account, region, group_arn, name, document, updated_ms, revision)
values (:account, :region, :group_arn, :name, :document, :updated_ms, :revision)
on conflict do update set document = excluded.document, updated_ms = excluded.updated_ms, revision = excluded.revision;

-- statement: find_resource_policy :one
-- row: resource_policy
select group_arn, name, document, updated_ms, revision from logs_resource_policy
where account = :account and region = :region and group_arn = :group_arn and name = :name;

-- statement: resource_policies :many
-- row: resource_policy
select group_arn, name, document, updated_ms, revision from logs_resource_policy
where account = :account and region = :region and group_arn = :group_arn order by name;

-- statement: group_policies :many
-- row: resource_policy
select group_arn, name, document, updated_ms, revision from logs_resource_policy
where account = :account and region = :region and group_arn > '' order by group_arn, name;

-- statement: remove_resource_policy :exec
delete from logs_resource_policy
where account = :account and region = :region and group_arn = :group_arn and name = :name;

-- statement: remove_resource_policies :exec
delete from logs_resource_policy where account = :account and region = :region and group_arn = :group_arn;

-- statement: add_query :insert
insert into logs_query (query_id, account, region, user_arn, group_ids, group_names, query, start_ms, end_ms, row_limit,
    status, created_ms, subquery_group_ids)
values (:query_id, :account, :region, :user_arn, :group_ids, :group_names, :query, :start_ms, :end_ms, :row_limit,
    :status, :created_ms, :subquery_group_ids);

-- statement: find_query :one
-- row: query
select id, query_id, account, region, user_arn, group_ids, group_names, query, start_ms, end_ms, row_limit, status,
    created_ms, ended_ms, records_scanned, records_matched, bytes_scanned, groups_scanned, row_count, records_skipped,
    bytes_skipped, subquery_group_ids
from logs_query where query_id = :query_id and account = :account and region = :region;

-- statement: find_query_number :one
-- row: query
select id, query_id, account, region, user_arn, group_ids, group_names, query, start_ms, end_ms, row_limit, status,
    created_ms, ended_ms, records_scanned, records_matched, bytes_scanned, groups_scanned, row_count, records_skipped,
    bytes_skipped, subquery_group_ids
from logs_query where id = :id;

-- The queries of an account, the latest first.
-- statement: list_queries :each
-- row: query
-- param: before_id integer
select id, query_id, account, region, user_arn, group_ids, group_names, query, start_ms, end_ms, row_limit, status,
    created_ms, ended_ms, records_scanned, records_matched, bytes_scanned, groups_scanned, row_count, records_skipped,
    bytes_skipped, subquery_group_ids
from logs_query where account = :account and region = :region and id < :before_id order by id desc;

-- statement: count_unfinished_queries :one
-- column: count integer
select count(*) as count from logs_query
where status in ('Scheduled', 'Running') and account = :account and region = :region;

-- statement: count_running_queries :one
-- column: count integer
select count(*) as count from logs_query where status = 'Running' and status in ('Scheduled', 'Running');

-- statement: find_scheduled_query :one
select id, account, region from logs_query
where status = 'Scheduled' and status in ('Scheduled', 'Running') order by id limit 1;

-- statement: set_query_status :exec
update logs_query set status = :status, ended_ms = :ended_ms where id = :id;

-- Queries do not survive the server.
-- statement: fail_running_queries :exec
update logs_query set status = 'Failed', ended_ms = :ended_ms
where status = 'Running' and status in ('Scheduled', 'Running');

-- statement: set_query_progress :exec
update logs_query
set records_scanned = :records_scanned, records_matched = :records_matched, bytes_scanned = :bytes_scanned,
    groups_scanned = :groups_scanned, row_count = :row_count, records_skipped = :records_skipped,
    bytes_skipped = :bytes_skipped
where id = :id;

-- statement: add_query_page :insert
insert into logs_query_page (query, first_row, row_count, rows) values (:query, :first_row, :row_count, :rows);

-- The pages of a query from the one on that has the row, or its beginning.
-- statement: read_query_pages :each
-- param: from_row integer
select first_row, row_count, rows from logs_query_page
where query = :query and first_row >= coalesce(
    (select max(p.first_row) from logs_query_page p where p.query = :query and p.first_row <= :from_row), 0)
order by first_row, id;

-- statement: remove_query_page :exec
delete from logs_query_page
where id = (select p.id from logs_query_page p where p.query = :query order by p.first_row limit 1);

-- statement: delete_query :exec
delete from logs_query where id = :id;

-- statement: find_group_name :one
select account, region, name, class, retention_days from logs_group where id = :id;

-- statement: find_event :one
-- row: event
select id, stream_id, timestamp_ms, ingested_ms, message, group_id from logs_event where id = :id;

-- statement: put_definition :exec
insert into logs_query_definition
    (definition_id, account, region, name, query, group_names, parameters, client_token, modified_ms)
values (:definition_id, :account, :region, :name, :query, :group_names, :parameters, :client_token, :modified_ms)
on conflict (definition_id) do update
set name = excluded.name, query = excluded.query, group_names = excluded.group_names, parameters = excluded.parameters,
    modified_ms = excluded.modified_ms;

-- statement: find_definition :one
select id from logs_query_definition
where definition_id = :definition_id and account = :account and region = :region;

-- statement: find_definition_of_token :one
select definition_id from logs_query_definition
where account = :account and region = :region and client_token = :client_token limit 1;

-- statement: list_definitions :each
-- param: after text
select definition_id, name, query, group_names, parameters, modified_ms from logs_query_definition
where account = :account and region = :region and definition_id > :after order by definition_id;

-- statement: count_definitions :one
-- column: count integer
select count(*) as count from logs_query_definition where account = :account and region = :region;

-- statement: remove_definition :exec
delete from logs_query_definition
where definition_id = :definition_id and account = :account and region = :region;

-- Of the account (group 0), or of a group, also an ended one.
-- statement: put_index_policy_row :exec
insert into logs_index_policy (account, region, group_id, name, prefix, selection, document, fields, updated_ms)
values (:account, :region, :group_id, :name, :prefix, :selection, :document, :fields, :updated_ms)
on conflict (account, region, group_id, name) do update set prefix = excluded.prefix, selection = excluded.selection,
    document = excluded.document, fields = excluded.fields, updated_ms = excluded.updated_ms, ended_ms = null;

-- statement: find_index_policy :one
-- row: index_policy
select id, group_id, name, prefix, selection, document, fields, updated_ms, ended_ms from logs_index_policy
where account = :account and region = :region and group_id = :group_id and name = :name;

-- statement: find_index_policy_by_id :one
-- row: index_policy
select id, group_id, name, prefix, selection, document, fields, updated_ms, ended_ms from logs_index_policy where id = :id;

-- statement: list_index_policies :many
-- row: index_policy
select id, group_id, name, prefix, selection, document, fields, updated_ms, ended_ms from logs_index_policy
where account = :account and region = :region and group_id = :group_id order by name;

-- statement: end_index_policy :exec
update logs_index_policy set ended_ms = :ended_ms, fields = :fields where id = :id;

-- The policies that ended long ago, and all but the latest that have ended.
-- statement: prune_index_policies :exec
-- param: before_ms integer
-- param: most integer
delete from logs_index_policy where account = :account and region = :region and group_id = 0
    and ended_ms is not null and (ended_ms < :before_ms or id in (
        select p.id from logs_index_policy p where p.account = :account and p.region = :region
            and p.group_id = 0 and p.ended_ms is not null
        order by p.ended_ms desc, p.id desc limit -1 offset :most));

-- statement: remove_index_policies :exec
delete from logs_index_policy where account = :account and region = :region and group_id = :group_id;

-- statement: remove_found_fields :exec
delete from logs_index_found where group_id = :group_id;

-- Only of an event that still exists.
-- statement: add_index_entry :exec
insert or replace into logs_index_entry (event_id, policy_id, size, hashes)
select :event_id, :policy_id, :size, :hashes
where exists (select 1 from logs_event e where e.id = :event_id and e.group_id <> 0);

-- statement: put_found_field :exec
insert into logs_index_found (group_id, name, scanned_ms, first_ms, last_ms)
values (:group_id, :name, :scanned_ms, :first_ms, :last_ms)
on conflict (group_id, name) do update set scanned_ms = excluded.scanned_ms,
    first_ms = min(coalesce(first_ms, excluded.first_ms), coalesce(excluded.first_ms, first_ms)),
    last_ms = max(coalesce(last_ms, excluded.last_ms), coalesce(excluded.last_ms, last_ms));

-- statement: find_found_field :one
select scanned_ms, first_ms, last_ms from logs_index_found where group_id = :group_id and name = :name;

-- statement: add_lookup_table :insert
-- row: lookup_table
insert into logs_lookup_table (account, region, name, description, fields, records, size, content, kms_key_id, updated_ms)
values (:account, :region, :name, :description, :fields, :records, :size, :content, :kms_key_id, :updated_ms);

-- statement: update_lookup_table_row :exec
-- row: lookup_table
update logs_lookup_table set description = :description, fields = :fields, records = :records, size = :size,
    content = :content, kms_key_id = :kms_key_id, updated_ms = :updated_ms
where id = :id;

-- statement: find_lookup_table :one
-- row: lookup_table
select id, account, region, name, description, fields, records, size, content, kms_key_id, updated_ms
from logs_lookup_table where account = :account and region = :region and name = :name;

-- statement: list_lookup_tables :each
-- row: lookup_table
-- param: from text
-- param: end text
select id, account, region, name, description, fields, records, size, content, kms_key_id, updated_ms
from logs_lookup_table where account = :account and region = :region and name >= :from and name < :end order by name;

-- statement: count_lookup_tables :one
-- column: count integer
select count(*) as count from logs_lookup_table where account = :account and region = :region;

-- statement: remove_lookup_table :exec
delete from logs_lookup_table where id = :id;

-- statement: lookup_content_is_used :one
-- column: found integer
select 1 as found from logs_lookup_table where content = :content limit 1;

-- statement: add_lookup_piece :insert
insert into logs_lookup_piece (content, number, bytes) values (:content, :number, :bytes);

-- statement: next_lookup_piece :one
-- column: number integer
select coalesce(max(number), -1) + 1 as number from logs_lookup_piece where content = :content;

-- statement: read_lookup_pieces :each
select bytes from logs_lookup_piece where content = :content order by number;

-- statement: remove_last_lookup_piece :one
delete from logs_lookup_piece
where content = :content and number = (select max(number) from logs_lookup_piece where content = :content)
returning number;

-- statement: set_kms_key :exec
update logs_group set kms_key_id = :kms_key_id where id = :id;

-- statement: find_put_progress :one
select stored from logs_put_progress where request_id = :request_id;

-- statement: set_put_progress :exec
insert into logs_put_progress (request_id, stored, at_ms) values (:request_id, :stored, :at_ms)
on conflict do update set stored = excluded.stored, at_ms = excluded.at_ms;

-- statement: remove_put_progress :exec
delete from logs_put_progress where request_id = :request_id;

-- Of requests whose clients have left.
-- statement: forget_put_progress :exec
-- param: before_ms integer
delete from logs_put_progress where at_ms < :before_ms;
