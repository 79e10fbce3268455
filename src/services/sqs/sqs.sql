-- migration: 1
create table sqs_queue (
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

-- Ready, delayed and in flight are one thing: where a message stands in the order of visible_ms.
create table sqs_message (
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
create index sqs_message_visible on sqs_message (queue_id, visible_ms);

create table sqs_tag (
    queue_id integer not null,
    name text not null,
    value text not null,
    primary key (queue_id, name)
) without rowid;

-- statement: add_queue :insert
-- row: queue
insert into sqs_queue (account, region, name, created_ms, modified_ms, visibility_timeout, retention_seconds,
    maximum_message_size, delay_seconds, wait_seconds, sse_managed, policy, redrive_policy, redrive_allow_policy,
    dead_letter_arn, max_receive_count, kms_key_id, kms_reuse_seconds)
values (:account, :region, :name, :created_ms, :modified_ms, :visibility_timeout, :retention_seconds,
    :maximum_message_size, :delay_seconds, :wait_seconds, :sse_managed, :policy, :redrive_policy,
    :redrive_allow_policy, :dead_letter_arn, :max_receive_count, :kms_key_id, :kms_reuse_seconds);

-- statement: find_queue :one
-- row: queue
select id, account, region, name, created_ms, modified_ms, visibility_timeout, retention_seconds,
    maximum_message_size, delay_seconds, wait_seconds, sse_managed, policy, redrive_policy,
    redrive_allow_policy, dead_letter_arn, max_receive_count, kms_key_id, kms_reuse_seconds, purged_ms
from sqs_queue where account = :account and region = :region and name = :name;

-- statement: update_queue :exec
-- row: queue
update sqs_queue
set modified_ms = :modified_ms, visibility_timeout = :visibility_timeout,
    retention_seconds = :retention_seconds, maximum_message_size = :maximum_message_size,
    delay_seconds = :delay_seconds, wait_seconds = :wait_seconds, sse_managed = :sse_managed,
    policy = :policy, redrive_policy = :redrive_policy, redrive_allow_policy = :redrive_allow_policy,
    dead_letter_arn = :dead_letter_arn, max_receive_count = :max_receive_count,
    kms_key_id = :kms_key_id, kms_reuse_seconds = :kms_reuse_seconds
where id = :id;

-- statement: list_queues_page :many
-- row: queue_name
-- param: prefix_end text
-- param: after text
-- param: limit integer
select name from sqs_queue
where account = :account and region = :region and name > :after and name >= :name and name < :prefix_end
order by name limit :limit;

-- The queues that name this one as their dead-letter queue.
-- statement: list_sources :many
-- row: queue_name
-- param: after text
-- param: limit integer
select name from sqs_queue
where account = :account and region = :region and dead_letter_arn = :dead_letter_arn and name > :after
order by name limit :limit;

-- statement: remove_queue :exec
delete from sqs_queue where id = :id;

-- statement: set_purged :exec
update sqs_queue set purged_ms = :purged_ms where id = :id;

-- statement: remove_messages :exec
delete from sqs_message where queue_id = :queue_id;

-- statement: remove_expired :exec
delete from sqs_message where queue_id = :queue_id and sent_ms < :sent_ms;

-- statement: has_messages :one
-- column: found integer
select 1 as found from sqs_message where queue_id = :queue_id limit 1;

-- statement: add_message :insert
insert into sqs_message (queue_id, visible_ms, message_id, sent_ms, sender_id, body, attributes, attributes_md5,
    trace_header, trace_id, group_id, receive_count, receipt)
values (:queue_id, :visible_ms, :message_id, :sent_ms, :sender_id, :body, :attributes, :attributes_md5,
    :trace_header, :trace_id, :group_id, 0, 0);

-- statement: find_visible :many
-- param: limit integer
select id, message_id, sent_ms, sender_id, body, attributes, attributes_md5, trace_header, trace_id, group_id,
    receive_count, first_received_ms, dead_letter_source_arn
from sqs_message where queue_id = :queue_id and visible_ms <= :visible_ms
order by visible_ms, id limit :limit;

-- statement: find_next_visible :one
select visible_ms from sqs_message where queue_id = :queue_id and visible_ms > :visible_ms
order by visible_ms limit 1;

-- statement: take_message :exec
update sqs_message
set visible_ms = :visible_ms, receive_count = receive_count + 1, first_received_ms = :first_received_ms,
    receipt = :receipt
where id = :id;

-- statement: move_to_dead_letters :exec
update sqs_message
set queue_id = :queue_id, visible_ms = :visible_ms, receipt = 0, dead_letter_source_arn = :dead_letter_source_arn
where id = :id;

-- statement: remove_message :exec
delete from sqs_message where id = :id;

-- A message by its receipt: only the latest receipt counts.
-- statement: find_receipt :one
select message_id, trace_id from sqs_message
where id = :id and queue_id = :queue_id and receipt = :receipt;

-- statement: find_received :one
select visible_ms, first_received_ms from sqs_message where id = :id and queue_id = :queue_id;

-- statement: set_visible :exec
update sqs_message set visible_ms = :visible_ms where id = :id;

-- Ready, delayed and in flight, leaving out what has outlived the retention.
-- statement: count_messages :one
-- param: now_ms integer
-- param: oldest_ms integer
-- column: ready integer
-- column: delayed integer
-- column: in_flight integer
select coalesce(sum(case when visible_ms <= :now_ms then 1 else 0 end), 0) as ready,
    coalesce(sum(case when visible_ms > :now_ms and receive_count = 0 then 1 else 0 end), 0) as delayed,
    coalesce(sum(case when visible_ms > :now_ms and receive_count > 0 then 1 else 0 end), 0) as in_flight
from sqs_message where queue_id = :queue_id and sent_ms >= :oldest_ms;

-- statement: put_tag :exec
insert into sqs_tag (queue_id, name, value) values (:queue_id, :name, :value)
on conflict (queue_id, name) do update set value = excluded.value;

-- statement: remove_tag :exec
delete from sqs_tag where queue_id = :queue_id and name = :name;

-- statement: remove_tags :exec
delete from sqs_tag where queue_id = :queue_id;

-- statement: list_tags :many
select name, value from sqs_tag where queue_id = :queue_id order by name;
