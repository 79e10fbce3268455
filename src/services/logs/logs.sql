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

-- In the order of arrival.  Both indexes end with the id, so each is the order that its readers want.
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

-- statement: add_group :insert
insert into logs_group (account, region, name, created_ms, class, kms_key_id, deletion_protected)
values (:account, :region, :name, :created_ms, :class, :kms_key_id, :deletion_protected);

-- statement: find_group :one
select id, name, retention_days, deletion_protected from logs_group
where account = :account and region = :region and name = :name;

-- statement: find_group_retention :one
select retention_days from logs_group where id = :id;

-- statement: set_retention :exec
update logs_group set retention_days = :retention_days where id = :id;

-- statement: set_deletion_protected :exec
update logs_group set deletion_protected = :deletion_protected where id = :id;

-- statement: remove_group :exec
delete from logs_group where id = :id;

-- Who asks for one of the two lesser classes gets both.
-- statement: list_groups :many
-- param: after text
-- param: prefix text
-- param: prefix_end text
-- param: part text null
-- param: only_class text null
-- param: limit integer
-- column: stored_bytes integer
select name, created_ms, class, kms_key_id, retention_days, deletion_protected,
    (select coalesce(sum(s.stored_bytes), 0) from logs_stream s where s.group_id = g.id) as stored_bytes
from logs_group g
where account = :account and region = :region and name > :after and name >= :prefix and name < :prefix_end
    and (:part is null or instr(name, :part) > 0)
    and (:only_class is null or class = :only_class
        or (class in ('INFREQUENT_ACCESS', 'ESSENTIALS') and :only_class in ('INFREQUENT_ACCESS', 'ESSENTIALS')))
order by name limit :limit;

-- statement: put_tag :exec
insert into logs_tag (group_id, name, value) values (:group_id, :name, :value)
on conflict (group_id, name) do update set value = excluded.value;

-- statement: remove_tag :exec
delete from logs_tag where group_id = :group_id and name = :name;

-- statement: remove_tags :exec
delete from logs_tag where group_id = :group_id;

-- statement: list_tags :many
select name, value from logs_tag where group_id = :group_id order by name;

-- Nothing happens, and the result is 0, when there is a stream of that name.
-- statement: add_stream :insert
insert into logs_stream (group_id, name, created_ms, stored_bytes) values (:group_id, :name, :created_ms, 0)
on conflict do nothing;

-- statement: find_stream :one
select id from logs_stream where group_id = :group_id and name = :name;

-- The oldest event of what the retention leaves is the stream's first.
-- statement: describe_stream :one
-- param: oldest_ms integer
-- column: first_event_ms integer null
select name, created_ms, last_event_ms, last_ingestion_ms,
    (select min(e.timestamp_ms) from logs_event e where e.stream_id = s.id and e.timestamp_ms >= :oldest_ms)
    as first_event_ms
from logs_stream s where id = :id;

-- statement: list_streams_by_name :many
-- row: stream_id
-- param: after text
-- param: prefix text
-- param: prefix_end text
-- param: limit integer
select id from logs_stream
where group_id = :group_id and name > :after and name >= :prefix and name < :prefix_end
order by name limit :limit;

-- statement: list_streams_by_name_descending :many
-- row: stream_id
-- param: before text
-- param: prefix text
-- param: prefix_end text
-- param: limit integer
select id from logs_stream
where group_id = :group_id and name < :before and name >= :prefix and name < :prefix_end
order by name desc limit :limit;

-- direction is 1 to begin with the oldest, -1 to begin with the newest.
-- statement: list_streams_by_time :many
-- row: stream_id
-- param: direction integer
-- param: after_ms integer
-- param: after_id integer
-- param: limit integer
select id from logs_stream
where group_id = :group_id
    and (:direction * coalesce(last_event_ms, 0), :direction * id)
        > (:direction * :after_ms, :direction * :after_id)
order by :direction * coalesce(last_event_ms, 0), :direction * id limit :limit;

-- statement: stream_received :exec
-- param: bytes integer
update logs_stream
set last_event_ms = max(coalesce(last_event_ms, 0), :last_event_ms), last_ingestion_ms = :last_ingestion_ms,
    stored_bytes = stored_bytes + :bytes
where id = :id;

-- statement: delete_streams :exec
update logs_stream set group_id = 0, name = cast(id as text) where group_id = :group_id;

-- statement: delete_stream :exec
update logs_stream set group_id = 0, name = cast(id as text) where id = :id;

-- statement: find_deleted_stream :one
select id from logs_stream where group_id = 0 limit 1;

-- statement: remove_stream :exec
delete from logs_stream where id = :id;

-- statement: add_event :insert
insert into logs_event (group_id, stream_id, timestamp_ms, ingested_ms, message)
values (:group_id, :stream_id, :timestamp_ms, :ingested_ms, :message);

-- Events of a stream behind a place in it, up to but without end_ms.
-- statement: read_stream :each
-- row: event
-- param: after_ms integer
-- param: after_id integer
-- param: end_ms integer
select id, stream_id, timestamp_ms, ingested_ms, message from logs_event
where stream_id = :stream_id and (timestamp_ms, id) > (:after_ms, :after_id) and timestamp_ms < :end_ms
order by timestamp_ms, id;

-- Events of a stream before a place in it, from from_ms on, the latest first.
-- statement: read_stream_backward :each
-- row: event
-- param: before_ms integer
-- param: before_id integer
-- param: from_ms integer
select id, timestamp_ms, ingested_ms, message from logs_event
where stream_id = :stream_id and (timestamp_ms, id) < (:before_ms, :before_id) and timestamp_ms >= :from_ms
order by timestamp_ms desc, id desc;

-- Events of all streams of a group; those of deleted streams wait to be removed.  The cross join keeps the
-- order of the index.
-- statement: read_group :each
-- row: event
-- param: after_ms integer
-- param: after_id integer
-- param: end_ms integer
-- column: stream_name text
select e.id, e.stream_id, e.timestamp_ms, e.ingested_ms, e.message, s.name as stream_name
from logs_event e cross join logs_stream s on s.id = e.stream_id and s.group_id = e.group_id
where e.group_id = :group_id and (e.timestamp_ms, e.id) > (:after_ms, :after_id) and e.timestamp_ms < :end_ms
order by e.timestamp_ms, e.id;

-- The same before a place, from from_ms on, the latest first.
-- statement: read_group_backward :each
-- row: event
-- param: before_ms integer
-- param: before_id integer
-- param: from_ms integer
-- column: stream_name text
select e.id, e.stream_id, e.timestamp_ms, e.ingested_ms, e.message, s.name as stream_name
from logs_event e cross join logs_stream s on s.id = e.stream_id and s.group_id = e.group_id
where e.group_id = :group_id and (e.timestamp_ms, e.id) < (:before_ms, :before_id)
    and e.timestamp_ms >= :from_ms
order by e.timestamp_ms desc, e.id desc;

-- The oldest events of a group that are older than that.
-- statement: list_expired :many
-- param: before_ms integer
-- param: limit integer
-- column: bytes integer
select id, stream_id, length(cast(message as blob)) as bytes from logs_event
where group_id = :group_id and timestamp_ms < :before_ms order by timestamp_ms, id limit :limit;

-- statement: remove_event :exec
delete from logs_event where id = :id;

-- statement: stream_lost :exec
-- param: bytes integer
update logs_stream set stored_bytes = stored_bytes - :bytes where id = :id;

-- statement: remove_some_events :exec
-- param: limit integer
delete from logs_event
where id in (select e.id from logs_event e where e.stream_id = :stream_id limit :limit);
