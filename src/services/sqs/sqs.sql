-- uses: ../tags/tags.sql

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

-- Ready, delayed and in flight are one thing: the message's position in the order of visible_ms.
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

-- A queue's messages belong to its generation.  A purge gives the queue a new generation, so all messages of the
-- old one are unreachable at once; they are removed later, some at a time.
--
-- messages and received (at least once) are counted here; sqs_hidden counts those that become visible in a
-- second.  Both are exact: what is visible now is the rest.
-- migration: 2
create table sqs_generation (
    id integer primary key autoincrement,
    messages integer not null,
    received integer not null,
    remove_before_ms integer
);
create index sqs_generation_removal on sqs_generation (remove_before_ms) where remove_before_ms is not null;

create table sqs_hidden (
    generation_id integer not null,
    visible_s integer not null,
    delayed integer not null,
    in_flight integer not null,
    primary key (generation_id, visible_s)
) without rowid;

alter table sqs_queue add column generation_id integer not null default 0;
update sqs_queue set generation_id = id;
create index sqs_queue_dead_letters on sqs_queue (dead_letter_arn, name) where dead_letter_arn is not null;

drop index sqs_message_visible;
alter table sqs_message rename column queue_id to generation_id;
create index sqs_message_visible on sqs_message (generation_id, visible_ms, receive_count);
create index sqs_message_sent on sqs_message (generation_id, sent_ms);

insert into sqs_generation (id, messages, received)
select id, (select count(*) from sqs_message m where m.generation_id = q.id),
    (select count(*) from sqs_message m where m.generation_id = q.id and m.receive_count > 0)
from sqs_queue q;
insert into sqs_hidden (generation_id, visible_s, delayed, in_flight)
select generation_id, visible_ms / 1000, sum(receive_count = 0), sum(receive_count > 0)
from sqs_message group by generation_id, visible_ms / 1000;

-- A large body has a row of its own: messages are then small to change, and many messages share the body.  When each
-- message has a piece of its own in it, the message's body is that piece, to insert at insert_at.
-- migration: 3
create table sqs_body (
    id integer primary key,
    bytes integer not null,
    insert_at integer,
    body_md5 text,
    attributes text,
    body text not null
);
alter table sqs_message add column body_id integer;
create index sqs_message_body on sqs_message (body_id) where body_id is not null;

-- Recently deleted queues, whose names may not be used again yet.
-- migration: 4
create table sqs_deletion (
    account text not null,
    region text not null,
    name text not null,
    deleted_ms integer not null,
    primary key (account, region, name)
) without rowid;
create index sqs_deletion_age on sqs_deletion (deleted_ms);

-- All counts are rows of one table, so that a commit usually writes one page of them.  Second 0 counts all messages
-- of the generation; any other second counts those that become visible in it.
-- migration: 5
create table sqs_count (
    generation_id integer not null,
    second integer not null,
    messages integer not null,
    received integer not null,
    primary key (generation_id, second)
) without rowid;
insert into sqs_count (generation_id, second, messages, received)
select id, 0, messages, received from sqs_generation;
insert into sqs_count (generation_id, second, messages, received)
select generation_id, visible_s, delayed + in_flight, in_flight from sqs_hidden where visible_s > 0;
drop table sqs_hidden;
alter table sqs_generation drop column messages;
alter table sqs_generation drop column received;

-- A generation's messages are a range of ids, in the order in which they were sent: sqs_ids_sent() has its bounds, and
-- sqs_ids_moved() those of the dead letters that were moved to it, which were sent at any time.
-- migration: 6
drop index sqs_message_sent;
update sqs_message set id = (generation_id << 38) + id + (dead_letter_source_arn is not null) * (1 << 37);
create index sqs_message_moved on sqs_message (generation_id, sent_ms) where dead_letter_source_arn is not null;

-- A send writes no counts: second 0 now has the number to add to the length of the range of ids, from the first to the
-- last existing message that was sent.  Each id in the range whose message was removed counts -1, and each dead letter
-- that was moved to the generation 1.
-- migration: 7
update sqs_count set messages = messages - coalesce(
    (select max(m.id) + 1 - (sqs_count.generation_id << 38) from sqs_message m
    where m.id >= sqs_count.generation_id << 38 and m.id < (sqs_count.generation_id << 38) + (1 << 37)), 0)
where second = 0;

-- migration: 8
insert into aws_tag (owner, key, value)
select 'arn:aws:sqs:' || q.region || ':' || q.account || ':' || q.name, tag.name, tag.value
from sqs_tag tag join sqs_queue q on q.id = tag.queue_id;
drop table sqs_tag;

-- FIFO queues.  A message has a sequence number, which orders its group; available_ms of a group is the time from which
-- its first message can be received: the group is locked while that message is in flight.  An arrival is remembered
-- for five minutes, by the generation, the scope (a group, or '' for the queue) and the deduplication id; the sequence
-- number has the time of the arrival in it.
-- migration: 9
alter table sqs_queue add column fifo integer not null default 0;
alter table sqs_queue add column content_based_deduplication integer not null default 0;
alter table sqs_queue add column deduplication_scope text;
alter table sqs_queue add column fifo_throughput_limit text;
alter table sqs_message add column sequence integer;
alter table sqs_message add column deduplication_id text;
create index sqs_message_group on sqs_message (generation_id, group_id, sequence) where sequence is not null;

create table sqs_group (
    generation_id integer not null,
    group_id text not null,
    available_ms integer not null,
    primary key (generation_id, group_id)
) without rowid;
create index sqs_group_available on sqs_group (generation_id, available_ms);

create table sqs_arrival (
    generation_id integer not null,
    scope text not null,
    deduplication_id text not null,
    sequence integer not null,
    message_id text not null,
    primary key (generation_id, scope, deduplication_id)
) without rowid;
create index sqs_arrival_sequence on sqs_arrival (generation_id, sequence);

-- Receives with a ReceiveRequestAttemptId, for five minutes; messages: the row and the number of the receipt of each.
create table sqs_attempt (
    generation_id integer not null,
    attempt_id text not null,
    received_ms integer not null,
    messages text not null,
    primary key (generation_id, attempt_id)
) without rowid;
create index sqs_attempt_received on sqs_attempt (received_ms);

-- Tasks that move messages out of a dead-letter queue: in a window of a second at most max_per_second messages.
-- migration: 10
create table sqs_move_task (
    id integer primary key autoincrement,
    task_id text not null unique,
    queue_id integer not null,
    source_arn text not null,
    destination_arn text,
    max_per_second integer,
    status text not null,
    moved integer not null,
    to_move integer not null,
    failure_reason text,
    started_ms integer not null,
    window_ms integer not null,
    window_moved integer not null
);
create index sqs_move_task_queue on sqs_move_task (queue_id, id);

-- migration: 11
create index sqs_queue_generation on sqs_queue (generation_id);

-- Messages in flight had an order of their own here; the next migration tells them by their receipts.
-- migration: 12
drop index sqs_message_visible;
create index sqs_message_place on sqs_message (generation_id, receive_count > 0 and visible_ms > sent_ms, visible_ms);

-- A message has its place by visible_ms among its kind: 1, it has been taken, and may be in flight; 0, it has no group; 2,
-- it has one.  When a taken message's timeout has ended, it returns to the others: its receipt, which is still good,
-- becomes negative.  The messages of a tenant, a group of a standard queue, have indexes of their own.
-- migration: 13
drop index sqs_message_place;
create index sqs_message_place on sqs_message (generation_id,
    case when receipt > 0 then 1 when group_id is null then 0 else 2 end, visible_ms);
create index sqs_message_tenant on sqs_message (generation_id, group_id, visible_ms)
    where group_id is not null and sequence is null and receipt <= 0;
create index sqs_message_tenant_taken on sqs_message (generation_id, group_id)
    where group_id is not null and sequence is null and receipt > 0;

-- migration: 14
create index sqs_move_task_running on sqs_move_task (queue_id) where status = 'RUNNING';

-- When the queue was last seen with messages, nearly; for its metrics.
-- migration: 15
alter table sqs_queue add column active_ms integer;

-- Until when the messages of an attempt are hidden; 0: unknown, for those that are older than this column.
-- migration: 16
alter table sqs_attempt add column visible_ms integer not null default 0;

-- statement: next_queue :one
-- param: after integer
select id, account, region, name, created_ms, active_ms from sqs_queue where id > :after order by id limit 1;

-- statement: mark_queue_active :exec
update sqs_queue set active_ms = :active_ms where id = :id;

-- statement: find_queue_of_generation :one
select account, region, name from sqs_queue where generation_id = :generation_id;

-- statement: list_generations :each
-- param: limit integer
select generation_id from sqs_queue where generation_id > 0 order by generation_id limit :limit;

-- statement: add_queue :insert
-- row: queue
insert into sqs_queue (account, region, name, created_ms, modified_ms, visibility_timeout, retention_seconds,
    maximum_message_size, delay_seconds, wait_seconds, sse_managed, policy, redrive_policy, redrive_allow_policy,
    dead_letter_arn, max_receive_count, kms_key_id, kms_reuse_seconds, generation_id, fifo,
    content_based_deduplication, deduplication_scope, fifo_throughput_limit)
values (:account, :region, :name, :created_ms, :modified_ms, :visibility_timeout, :retention_seconds,
    :maximum_message_size, :delay_seconds, :wait_seconds, :sse_managed, :policy, :redrive_policy,
    :redrive_allow_policy, :dead_letter_arn, :max_receive_count, :kms_key_id, :kms_reuse_seconds, :generation_id, :fifo,
    :content_based_deduplication, :deduplication_scope, :fifo_throughput_limit);

-- statement: find_queue :cached
-- row: queue
select id, account, region, name, created_ms, modified_ms, visibility_timeout, retention_seconds,
    maximum_message_size, delay_seconds, wait_seconds, sse_managed, policy, redrive_policy,
    redrive_allow_policy, dead_letter_arn, max_receive_count, kms_key_id, kms_reuse_seconds, purged_ms, generation_id,
    fifo, content_based_deduplication, deduplication_scope, fifo_throughput_limit
from sqs_queue where account = :account and region = :region and name = :name;

-- statement: update_queue :exec
-- row: queue
update sqs_queue
set modified_ms = :modified_ms, visibility_timeout = :visibility_timeout,
    retention_seconds = :retention_seconds, maximum_message_size = :maximum_message_size,
    delay_seconds = :delay_seconds, wait_seconds = :wait_seconds, sse_managed = :sse_managed,
    policy = :policy, redrive_policy = :redrive_policy, redrive_allow_policy = :redrive_allow_policy,
    dead_letter_arn = :dead_letter_arn, max_receive_count = :max_receive_count,
    kms_key_id = :kms_key_id, kms_reuse_seconds = :kms_reuse_seconds,
    content_based_deduplication = :content_based_deduplication, deduplication_scope = :deduplication_scope,
    fifo_throughput_limit = :fifo_throughput_limit
where id = :id;

-- statement: list_queues_page :many
-- row: queue_name
-- param: from text
-- param: prefix_end text
-- param: limit integer
select name from sqs_queue
where account = :account and region = :region and name >= :from and name < :prefix_end
order by name limit :limit;

-- The next queue that redrive policies name.
-- statement: find_dead_letter_arn :one
-- param: after text
-- param: end text
select dead_letter_arn from sqs_queue where dead_letter_arn > :after and dead_letter_arn < :end
order by dead_letter_arn limit 1;

-- The queues that name this one as their dead-letter queue.
-- statement: list_sources :many
-- row: queue_name
-- param: after text
-- param: limit integer
select name from sqs_queue
where dead_letter_arn = :dead_letter_arn and name > :after and account = :account and region = :region
order by name limit :limit;

-- The same queues as they are now: each change of a queue sets modified_ms.
-- statement: list_source_states :each
select id, modified_ms from sqs_queue
where dead_letter_arn = :dead_letter_arn and account = :account and region = :region order by name;

-- statement: remove_queue :exec
delete from sqs_queue where id = :id;

-- statement: set_purged :exec
update sqs_queue set purged_ms = :purged_ms, generation_id = :generation_id where id = :id;

-- statement: add_generation :insert
insert into sqs_generation (remove_before_ms) values (null);

-- Messages sent before remove_before_ms are to be removed.
-- statement: set_removal :exec
update sqs_generation set remove_before_ms = :remove_before_ms where id = :id;

-- statement: find_removal :one
select id, remove_before_ms from sqs_generation where remove_before_ms is not null limit 1;

-- statement: remove_generation :exec
delete from sqs_generation where id = :id;

-- statement: change_counts :exec
insert into sqs_count (generation_id, second, messages, received)
values (:generation_id, :second, :messages, :received)
on conflict (generation_id, second) do update
set messages = messages + excluded.messages, received = received + excluded.received;

-- statement: find_counts :one
select messages, received from sqs_count where generation_id = :generation_id and second = 0;

-- The last existing message that was sent to a generation.
-- statement: find_last_sent :one
-- param: first_id integer
-- param: end_id integer
select id from sqs_message where id >= :first_id and id < :end_id order by id desc limit 1;

-- The messages that become visible after that second.
-- statement: count_hidden :one
-- column: delayed integer
-- column: in_flight integer
select coalesce(sum(messages - received), 0) as delayed, coalesce(sum(received), 0) as in_flight
from sqs_count where generation_id = :generation_id and second > :second;

-- The messages that become visible after that moment, but before the other one; reads only the index.
-- statement: count_hidden_between :one
-- param: end_ms integer
-- column: delayed integer
-- column: in_flight integer
select
    (select count(*) from sqs_message where generation_id = :generation_id
        and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 0
        and visible_ms > :visible_ms and visible_ms < :end_ms)
    + (select count(*) from sqs_message where generation_id = :generation_id
        and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 2
        and visible_ms > :visible_ms and visible_ms < :end_ms) as delayed,
    (select count(*) from sqs_message where generation_id = :generation_id
        and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 1
        and visible_ms > :visible_ms and visible_ms < :end_ms) as in_flight;

-- Counts of past seconds are not used any more.
-- statement: remove_counts :exec
-- param: from_second integer
-- param: limit integer
delete from sqs_count where generation_id = :generation_id and second in
    (select c.second from sqs_count c
    where c.generation_id = :generation_id and c.second >= :from_second and c.second < :second limit :limit);

-- statement: find_passed_second :one
select second from sqs_count where generation_id = :generation_id and second > 0 and second < :second limit 1;

-- The oldest first.
-- statement: list_sent :each
-- row: aging_message
-- param: first_id integer
-- param: end_id integer
select id, sent_ms, visible_ms, receive_count, body_id, group_id, sequence from sqs_message
where id >= :first_id and id < :end_id order by id;

-- The newest first.
-- statement: list_newest :many
-- row: aging_message
-- param: first_id integer
-- param: before_id integer
-- param: limit integer
select id, sent_ms, visible_ms, receive_count, body_id, group_id, sequence from sqs_message
where id >= :first_id and id < :before_id order by id desc limit :limit;

-- statement: list_moved :each
-- row: aging_message
select id, sent_ms, visible_ms, receive_count, body_id, group_id, sequence from sqs_message
where generation_id = :generation_id and dead_letter_source_arn is not null order by sent_ms;

-- statement: add_body :insert
insert into sqs_body (bytes, insert_at, body_md5, attributes, body)
values (:bytes, :insert_at, :body_md5, :attributes, :body);

-- statement: find_body :one
select insert_at, body_md5, attributes, body from sqs_body where id = :id;

-- statement: find_body_size :one
select bytes from sqs_body where id = :id;

-- The index of messages finds out whether a message still has it.
-- statement: remove_unused_body :exec
delete from sqs_body where id = :id and not exists (select 1 from sqs_message m where m.body_id = :id);

-- statement: add_message :insert
-- param: first_id integer
-- param: end_id integer
insert into sqs_message (id, generation_id, visible_ms, message_id, sent_ms, sender_id, body, attributes, trace_header,
    trace_id, group_id, body_id, receive_count, receipt, sequence, deduplication_id)
values ((select coalesce(max(m.id) + 1, :first_id) from sqs_message m where m.id >= :first_id and m.id < :end_id),
    :generation_id, :visible_ms, :message_id, :sent_ms, :sender_id, :body, :attributes, :trace_header,
    :trace_id, :group_id, :body_id, 0, 0, :sequence, :deduplication_id);

-- Messages without a group.
-- statement: find_visible :many
-- row: visible
-- param: limit integer
select id, visible_ms, message_id, sent_ms, sender_id, body, attributes, trace_header, trace_id, group_id,
    receive_count, first_received_ms, dead_letter_source_arn, body_id, sequence, deduplication_id
from sqs_message where generation_id = :generation_id
    and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 0 and visible_ms <= :visible_ms
order by visible_ms, id limit :limit;

-- statement: find_visible_grouped :many
-- row: visible
-- param: limit integer
select id, visible_ms, message_id, sent_ms, sender_id, body, attributes, trace_header, trace_id, group_id,
    receive_count, first_received_ms, dead_letter_source_arn, body_id, sequence, deduplication_id
from sqs_message where generation_id = :generation_id
    and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 2 and visible_ms <= :visible_ms
order by visible_ms, id limit :limit;

-- statement: has_grouped :one
select id from sqs_message where generation_id = :generation_id
    and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 2 limit 1;

-- The next group, in the order of their names, with a message that nobody has taken.
-- statement: find_tenant_after :one
-- param: after text
select group_id from sqs_message
where generation_id = :generation_id and group_id > :after and group_id is not null and sequence is null and receipt <= 0
order by group_id limit 1;

-- statement: list_tenant :many
-- row: visible
-- param: limit integer
select id, visible_ms, message_id, sent_ms, sender_id, body, attributes, trace_header, trace_id, group_id,
    receive_count, first_received_ms, dead_letter_source_arn, body_id, sequence, deduplication_id
from sqs_message
where generation_id = :generation_id and group_id = :group_id and visible_ms <= :visible_ms
    and group_id is not null and sequence is null and receipt <= 0
order by visible_ms, id limit :limit;

-- statement: find_last_of_tenant :one
select sent_ms from sqs_message
where generation_id = :generation_id and group_id = :group_id and group_id is not null and sequence is null and receipt <= 0
order by visible_ms desc limit 1;

-- Messages that groups have taken, in the order of the groups, behind one of them: the rest of its group, and the next
-- groups (a comparison of both columns at once would read the group from its beginning).
-- statement: list_taken :many
-- param: after text
-- param: after_id integer
-- param: limit integer
-- column: group_id text
-- column: id integer
select * from (select group_id, id from sqs_message
    where generation_id = :generation_id and group_id = :after and id > :after_id
        and group_id is not null and sequence is null and receipt > 0
    order by id limit :limit)
union all select * from (select group_id, id from sqs_message
    where generation_id = :generation_id and group_id > :after
        and group_id is not null and sequence is null and receipt > 0
    order by group_id, id limit :limit)
limit :limit;

-- Some of the waiting messages of the groups between two; reads only the index.
-- statement: count_tenants_between :one
-- param: after text
-- param: before text
-- param: now_ms integer
-- param: limit integer
-- column: visible integer
-- column: delayed integer
-- column: first_ms integer
select coalesce(sum(visible_ms <= :now_ms), 0) as visible, coalesce(sum(visible_ms > :now_ms), 0) as delayed,
    coalesce(min(visible_ms), :now_ms) as first_ms
from (select visible_ms from sqs_message where generation_id = :generation_id and group_id > :after and group_id < :before
    and group_id is not null and sequence is null and receipt <= 0 limit :limit);

-- The same for messages without a group.
-- statement: count_ungrouped :one
-- param: now_ms integer
-- param: limit integer
-- column: visible integer
-- column: delayed integer
-- column: first_ms integer
select coalesce(sum(visible_ms <= :now_ms), 0) as visible, coalesce(sum(visible_ms > :now_ms), 0) as delayed,
    coalesce(min(visible_ms), :now_ms) as first_ms
from (select visible_ms from sqs_message where generation_id = :generation_id
    and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 0 limit :limit);

-- How many messages of a group are taken.
-- statement: count_taken_of_tenant :one
-- column: taken integer
select count(*) as taken from sqs_message
where generation_id = :generation_id and group_id = :group_id and group_id is not null and sequence is null and receipt > 0;

-- The groups of a FIFO queue of which no message can be received now; reads only the index.
-- statement: count_locked_groups :one
-- param: now_ms integer
-- param: limit integer
-- column: locked integer
select count(*) as locked
from (select 1 from sqs_group where generation_id = :generation_id and available_ms > :now_ms limit :limit);

-- The groups of the messages in flight.
-- statement: count_groups_in_flight :one
-- param: now_ms integer
-- param: limit integer
-- column: groups integer
select count(distinct group_id) as groups
from (select group_id from sqs_message where generation_id = :generation_id
    and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 1 and visible_ms > :now_ms limit :limit);

-- Messages that a receive would find, by the time since which it would.
-- statement: list_waiting :many
-- param: after_ms integer
-- param: until_ms integer
-- param: limit integer
-- column: visible_ms integer
-- column: message_id text
-- column: trace_id text
-- column: sent_ms integer
-- column: receive_count integer
select visible_ms, message_id, trace_id, sent_ms, receive_count from (
    select * from (select visible_ms, message_id, trace_id, sent_ms, receive_count from sqs_message
        where generation_id = :generation_id
            and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 0
            and visible_ms > :after_ms and visible_ms <= :until_ms
        order by visible_ms limit :limit)
    union all
    select * from (select visible_ms, message_id, trace_id, sent_ms, receive_count from sqs_message
        where generation_id = :generation_id
            and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 1
            and visible_ms > :after_ms and visible_ms <= :until_ms
        order by visible_ms limit :limit)
    union all
    select * from (select visible_ms, message_id, trace_id, sent_ms, receive_count from sqs_message
        where generation_id = :generation_id
            and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 2
            and visible_ms > :after_ms and visible_ms <= :until_ms
        order by visible_ms limit :limit)
)
order by visible_ms limit :limit;

-- statement: find_first_timeout :one
select visible_ms from sqs_message where generation_id = :generation_id
    and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 1
order by visible_ms limit 1;

-- Messages that were in flight.
-- statement: list_timed_out :many
-- param: limit integer
select id, sent_ms, receive_count, group_id from sqs_message where generation_id = :generation_id
    and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 1 and visible_ms <= :visible_ms
order by visible_ms limit :limit;

-- A message that was in flight has its place again.
-- statement: return_message :exec
update sqs_message set visible_ms = :visible_ms, receipt = -receipt where id = :id;

-- statement: find_next_visible :one
-- column: visible_ms integer
select min(visible_ms) as visible_ms from (
    select min(visible_ms) as visible_ms from sqs_message where generation_id = :generation_id
        and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 0 and visible_ms > :visible_ms
    union all select min(visible_ms) as visible_ms from sqs_message where generation_id = :generation_id
        and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 1 and visible_ms > :visible_ms
    union all select min(visible_ms) as visible_ms from sqs_message where generation_id = :generation_id
        and case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 2 and visible_ms > :visible_ms)
where visible_ms is not null having count(*) > 0;

-- statement: take_message :exec
update sqs_message
set visible_ms = :visible_ms, receive_count = :receive_count, first_received_ms = :first_received_ms,
    receipt = :receipt
where id = :id;

-- statement: move_to_dead_letters :exec
-- param: first_id integer
-- param: end_id integer
update sqs_message
set id = (select coalesce(max(m.id) + 1, :first_id) from sqs_message m where m.id >= :first_id and m.id < :end_id),
    generation_id = :generation_id, visible_ms = :visible_ms, receipt = 0, dead_letter_source_arn = :dead_letter_source_arn,
    sequence = :sequence, sent_ms = :sent_ms, trace_id = :trace_id, deduplication_id = :deduplication_id
where id = :id;

-- statement: remove_message :exec
delete from sqs_message where id = :id;

-- A message by its receipt: only the latest receipt counts.
-- statement: find_receipt :one
-- param: receipt integer
select message_id, trace_id, sent_ms, receive_count, visible_ms, body_id, group_id from sqs_message
where id = :id and generation_id = :generation_id and abs(receipt) = :receipt;

-- statement: find_received :one
-- column: receipt integer
select visible_ms, first_received_ms, abs(receipt) as receipt, group_id from sqs_message where id = :id and generation_id = :generation_id;

-- statement: set_visible :exec
update sqs_message set visible_ms = :visible_ms, receipt = abs(receipt) where id = :id;

-- statement: add_deletion :exec
insert into sqs_deletion (account, region, name, deleted_ms) values (:account, :region, :name, :deleted_ms)
on conflict (account, region, name) do update set deleted_ms = excluded.deleted_ms;

-- statement: find_deletion :one
select deleted_ms from sqs_deletion where account = :account and region = :region and name = :name;

-- statement: remove_old_deletions :exec
-- param: before_ms integer
-- param: limit integer
delete from sqs_deletion where (account, region, name) in
    (select account, region, name from sqs_deletion where deleted_ms <= :before_ms order by deleted_ms limit :limit);

-- The groups of which a message can be received, those first that have waited longest.
-- statement: find_available_groups :many
-- param: limit integer
select group_id from sqs_group where generation_id = :generation_id and available_ms <= :available_ms
order by available_ms, group_id limit :limit;

-- statement: find_next_available :one
select available_ms from sqs_group where generation_id = :generation_id and available_ms > :available_ms
order by available_ms limit 1;

-- statement: list_group :many
-- row: visible
-- param: limit integer
select id, visible_ms, message_id, sent_ms, sender_id, body, attributes, trace_header, trace_id, group_id,
    receive_count, first_received_ms, dead_letter_source_arn, body_id, sequence, deduplication_id
from sqs_message where generation_id = :generation_id and group_id = :group_id and sequence is not null
order by sequence limit :limit;

-- statement: find_first_of_group :one
select visible_ms from sqs_message where generation_id = :generation_id and group_id = :group_id and sequence is not null
order by sequence limit 1;

-- statement: find_last_of_group :one
select sequence from sqs_message where generation_id = :generation_id and group_id = :group_id and sequence is not null
order by sequence desc limit 1;

-- statement: add_group :exec
insert into sqs_group (generation_id, group_id, available_ms) values (:generation_id, :group_id, :available_ms)
on conflict (generation_id, group_id) do nothing;

-- statement: set_group_available :exec
update sqs_group set available_ms = :available_ms where generation_id = :generation_id and group_id = :group_id;

-- statement: remove_group :exec
delete from sqs_group where generation_id = :generation_id and group_id = :group_id;

-- statement: remove_groups :exec
-- param: limit integer
delete from sqs_group where generation_id = :generation_id and group_id in
    (select g.group_id from sqs_group g where g.generation_id = :generation_id limit :limit);

-- statement: find_arrival :one
select message_id, sequence from sqs_arrival
where generation_id = :generation_id and scope = :scope and deduplication_id = :deduplication_id;

-- statement: find_last_arrival :one
select sequence from sqs_arrival where generation_id = :generation_id order by sequence desc limit 1;

-- statement: put_arrival :exec
insert into sqs_arrival (generation_id, scope, deduplication_id, sequence, message_id)
values (:generation_id, :scope, :deduplication_id, :sequence, :message_id)
on conflict (generation_id, scope, deduplication_id) do update
set sequence = excluded.sequence, message_id = excluded.message_id;

-- statement: remove_arrivals :exec
-- param: limit integer
delete from sqs_arrival where generation_id = :generation_id and (scope, deduplication_id) in
    (select a.scope, a.deduplication_id from sqs_arrival a
    where a.generation_id = :generation_id and a.sequence < :sequence order by a.sequence limit :limit);

-- statement: find_attempt :one
select received_ms, visible_ms, messages from sqs_attempt where generation_id = :generation_id and attempt_id = :attempt_id;

-- statement: put_attempt :exec
insert into sqs_attempt (generation_id, attempt_id, received_ms, visible_ms, messages)
values (:generation_id, :attempt_id, :received_ms, :visible_ms, :messages)
on conflict (generation_id, attempt_id) do update
set received_ms = excluded.received_ms, visible_ms = excluded.visible_ms, messages = excluded.messages;

-- Pairs of a number and a text are not found by both: so each has a list.
-- statement: remove_attempts :exec
-- param: limit integer
delete from sqs_attempt where received_ms <= :received_ms
    and generation_id in (select a.generation_id from sqs_attempt a
        where a.received_ms <= :received_ms order by a.received_ms limit :limit)
    and attempt_id in (select a.attempt_id from sqs_attempt a
        where a.received_ms <= :received_ms order by a.received_ms limit :limit);

-- A message of an earlier receive that is still in flight, and becomes visible after visible_ms.
-- statement: find_in_flight :one
-- row: visible
select id, visible_ms, message_id, sent_ms, sender_id, body, attributes, trace_header, trace_id, group_id,
    receive_count, first_received_ms, dead_letter_source_arn, body_id, sequence, deduplication_id
from sqs_message where id = :id and generation_id = :generation_id and receipt = :receipt and visible_ms > :visible_ms;

-- A message that becomes a new one in another queue.
-- statement: move_message :exec
-- param: first_id integer
-- param: end_id integer
update sqs_message
set id = (select coalesce(max(m.id) + 1, :first_id) from sqs_message m where m.id >= :first_id and m.id < :end_id),
    generation_id = :generation_id, visible_ms = :visible_ms, message_id = :message_id, sent_ms = :sent_ms,
    trace_id = :trace_id, sequence = :sequence, receive_count = 0, first_received_ms = null, receipt = 0,
    dead_letter_source_arn = null
where id = :id;

-- statement: add_move_task :insert
-- row: move_task
insert into sqs_move_task (task_id, queue_id, source_arn, destination_arn, max_per_second, status, moved, to_move,
    started_ms, window_ms, window_moved)
values (:task_id, :queue_id, :source_arn, :destination_arn, :max_per_second, :status, :moved, :to_move, :started_ms,
    :window_ms, :window_moved);

-- statement: find_move_task :one
-- row: move_task
select id, task_id, queue_id, source_arn, destination_arn, max_per_second, status, moved, to_move, failure_reason,
    started_ms, window_ms, window_moved
from sqs_move_task where task_id = :task_id;

-- The latest first.
-- statement: list_move_tasks :many
-- row: move_task
-- param: limit integer
select id, task_id, queue_id, source_arn, destination_arn, max_per_second, status, moved, to_move, failure_reason,
    started_ms, window_ms, window_moved
from sqs_move_task where queue_id = :queue_id order by id desc limit :limit;

-- statement: count_running_tasks :one
-- column: count integer
select count(*) as count from sqs_move_task t join sqs_queue q on q.id = t.queue_id
where t.status = 'RUNNING' and q.account = :account;

-- statement: update_move_task :exec
-- row: move_task
update sqs_move_task
set status = :status, moved = :moved, failure_reason = :failure_reason, window_ms = :window_ms,
    window_moved = :window_moved
where id = :id;

-- statement: remove_old_move_tasks :exec
-- param: kept integer
delete from sqs_move_task where queue_id = :queue_id and id not in
    (select t.id from sqs_move_task t where t.queue_id = :queue_id order by t.id desc limit :kept);

-- All messages that a peek shows; reads only the index where a message is not shown.
-- statement: peek_messages :each
-- row: visible
-- param: show_invisible integer
-- param: show_delayed integer
select id, visible_ms, message_id, sent_ms, sender_id, body, attributes, trace_header, trace_id, group_id,
    receive_count, first_received_ms, dead_letter_source_arn, body_id, sequence, deduplication_id
from sqs_message where generation_id = :generation_id
    and (visible_ms <= :visible_ms
        or (case when receipt > 0 then 1 when group_id is null then 0 else 2 end = 1 and :show_invisible)
        or (case when receipt > 0 then 1 when group_id is null then 0 else 2 end <> 1 and :show_delayed))
order by case when receipt > 0 then 1 when group_id is null then 0 else 2 end, visible_ms, id;

-- statement: find_message :one
-- row: visible
select id, visible_ms, message_id, sent_ms, sender_id, body, attributes, trace_header, trace_id, group_id,
    receive_count, first_received_ms, dead_letter_source_arn, body_id, sequence, deduplication_id
from sqs_message where id = :id and generation_id = :generation_id;

-- statement: set_body :exec
update sqs_message set body = :body, attributes = :attributes, body_id = :body_id where id = :id;
