-- migration: 1
create table engine_timer (
    operation text not null,
    id text not null,
    due_ms integer not null,
    account text not null,
    region text not null,
    input text not null,
    primary key (operation, id)
) without rowid;
create index engine_timer_due on engine_timer (due_ms);

create table engine_effect (
    kind text not null,
    id text not null,
    payload text not null,
    primary key (kind, id)
) without rowid;

-- A trace's id begins with its time, so new rows are appended to the table.
create table engine_trace (
    trace_id text not null,
    sequence integer not null,
    at_ms integer not null,
    kind text not null,
    resource text not null,
    detail text,
    primary key (trace_id, sequence)
) without rowid;

create table engine_setting (
    name text primary key,
    value text not null
) without rowid;

-- migration: 2
-- Sandboxes had another name. No sandbox outlives the server, so their effects and timers are not needed.
delete from engine_effect where kind in ('environment.start', 'environment.stop');
delete from engine_timer where operation = 'lambda:CheckEnvironment';

-- migration: 3
create index engine_trace_by_age on engine_trace (at_ms);

-- Each batch writes its hops, several in a page. The pages become rows that can be searched later: a row for each
-- trace, its hops, and its words (hashes of words in its messages, of ids, ARNs and verdicts).
-- migration: 4
drop table engine_trace;

create table engine_trace_page (
    id integer primary key,
    at_ms integer not null,
    bytes integer not null,
    hops text not null
);

create table engine_trace (
    id integer primary key,
    trace_id text not null unique,
    began_ms integer not null,
    last_ms integer not null,
    outcome integer not null,
    hops integer not null,
    bytes integer not null,
    resources text not null,
    message_ids text not null,
    words blob not null
);
create index engine_trace_by_age on engine_trace (last_ms);

create table engine_trace_hop (
    trace integer not null,
    id integer not null,
    hop text not null,
    primary key (trace, id)
) without rowid;

create table engine_trace_word (
    word integer not null,
    trace integer not null,
    primary key (word, trace)
) without rowid;

create table engine_trace_size (
    id integer primary key,
    bytes integer not null
);

-- Pages have the records of trace/page.c now; waiting pages of the old form are dropped.
-- migration: 5
drop table engine_trace_page;
create table engine_trace_page (
    id integer primary key,
    at_ms integer not null,
    bytes integer not null,
    hops blob not null
);

-- Streams of hops read them in the order in which they were written.
-- migration: 6
create index engine_trace_hop_by_id on engine_trace_hop (id);

-- The sums of what services have counted in a minute.
-- migration: 7
create table engine_metric (
    id integer primary key,
    began_ms integer not null,
    account text not null,
    region text not null,
    namespace text not null,
    name text not null,
    dimension text not null,
    value text not null,
    unit text not null,
    count integer not null,
    sum real not null,
    least real not null,
    most real not null
);

-- Sandboxes' effects are transient.
-- migration: 8
delete from engine_effect where kind in ('sandbox.start', 'sandbox.stop');

-- What is to be delivered, see delivery.c.  waiting: its next attempt is due at due_ms; held: until its target has room
-- for it; begun: an attempt is under way since due_ms.
-- migration: 9
create table engine_delivery (
    id integer primary key,
    state text not null check (state in ('waiting', 'held', 'begun')),
    due_ms integer not null,
    operation text not null,
    dead_letter text,
    account text not null,
    region text not null,
    target text not null,
    input text not null,
    body integer,
    resource text,
    trace_id text,
    request_id text,
    added_ms integer not null,
    failures integer not null,
    throttles integer not null,
    reason text,
    immediate_retries integer not null,
    pre_backoff_retries integer not null,
    backoff_retries integer not null,
    post_backoff_retries integer not null,
    backoff integer not null,
    min_delay_ms integer not null,
    max_delay_ms integer not null,
    throttle_min_ms integer not null,
    throttle_max_ms integer not null,
    max_age_ms integer not null,
    at_once integer not null,
    per_second integer not null
);
create index engine_delivery_due on engine_delivery (state, due_ms);
create index engine_delivery_of_target on engine_delivery (target, state);
create index engine_delivery_by_body on engine_delivery (body) where body is not null;

create table engine_delivery_body (
    id integer primary key,
    content blob not null
);

-- A target whose attempts per second are bounded: the next one may begin at next_us, and `head` is the delivery that
-- waits for that.  Or a target that has ended: its deliveries are being removed.
create table engine_delivery_target (
    target text primary key,
    next_us integer not null,
    head integer,
    ended integer not null
) without rowid;
create index engine_delivery_target_ended on engine_delivery_target (target) where ended = 1;

-- Retries of asynchronous invocations were timers.
insert into engine_delivery (state, due_ms, operation, dead_letter, account, region, target, input, added_ms, failures,
    throttles, immediate_retries, pre_backoff_retries, backoff_retries, post_backoff_retries, backoff, min_delay_ms,
    max_delay_ms, throttle_min_ms, throttle_max_ms, max_age_ms, at_once, per_second)
select 'waiting', due_ms, operation, 'lambda:GiveUpInvocation', account, region, 'lambda', input, due_ms - 60000, 1,
    0, 0, 0, 2, 0, 1, 60000, 120000, 1000, 300000, 21600000, 0, 0
from engine_timer where operation = 'lambda:RetryInvocation';
delete from engine_timer where operation = 'lambda:RetryInvocation';

-- enum: engine_delivery.state waiting held begun

-- The second dimension of a metric, or null.
-- migration: 10
alter table engine_metric add column operation text;

-- CloudWatch keeps what services have counted.
-- migration: 11
drop table engine_metric;

-- Accounts in which something was written, for the console's choice.
-- migration: 12
create table engine_account (
    account text primary key
) without rowid;

-- The words of neighbouring traces (a range, see trace/words.h) are together: whatever indexes or prunes some traces
-- writes few pages.
-- migration: 13
alter table engine_trace_word rename to engine_trace_word_before;
create table engine_trace_word (
    range integer not null,
    word integer not null,
    trace integer not null,
    primary key (range, word, trace)
) without rowid;
insert into engine_trace_word (range, word, trace)
select trace >> 8, word, trace from engine_trace_word_before order by 1, 2, 3;
drop table engine_trace_word_before;

-- Hops of one trace that are indexed together are one row, a run. Runs that are indexed together have ids next to each
-- other, the last of them the id of the last hop of all; first_hop is the first of all. Words are found in the rows of
-- traces; a range of traces that has not changed for a while has them in one sorted list (trace/ranges.c).
-- migration: 14
create table engine_trace_run (
    id integer primary key,
    first_hop integer not null,
    trace integer not null,
    hops text not null
);
insert or ignore into engine_trace_run (id, first_hop, trace, hops)
select id, id, trace, '[' || hop || ']' from engine_trace_hop order by id;
create index engine_trace_run_of_trace on engine_trace_run (trace);
drop table engine_trace_hop;

drop table engine_trace_word;
create table engine_trace_range (
    range integer primary key,
    words blob
);
insert into engine_trace_range (range) select distinct id >> 6 from engine_trace order by 1;
create index engine_trace_range_open on engine_trace_range (range) where words is null;

-- Effects are not stored any more.
-- migration: 15
drop table engine_effect;

-- statement: add_account :exec
insert into engine_account (account) values (:account) on conflict do nothing;

-- statement: list_accounts :each
-- param: limit integer
-- param: after text
select account from engine_account where account > :after order by account limit :limit;

-- statement: set_timer :exec
insert into engine_timer (operation, id, due_ms, account, region, input)
values (:operation, :id, :due_ms, :account, :region, :input)
on conflict (operation, id) do update
set due_ms = excluded.due_ms, account = excluded.account, region = excluded.region, input = excluded.input;

-- statement: cancel_timer :exec
delete from engine_timer where operation = :operation and id = :id;

-- statement: take_due_timer :one
delete from engine_timer where (operation, id) in
    (select operation, id from engine_timer where due_ms <= :due_ms order by due_ms limit 1)
returning operation, account, region, input;

-- statement: find_next_timer :one
select due_ms from engine_timer order by due_ms limit 1;

-- statement: list_timers :each
-- param: after_ms integer
-- param: limit integer
select operation, due_ms from engine_timer where due_ms > :after_ms order by due_ms limit :limit;

-- statement: list_due_deliveries :each
-- param: after_ms integer
-- param: limit integer
select operation, due_ms from engine_delivery where state = 'waiting' and due_ms > :after_ms order by due_ms limit :limit;

-- statement: add_delivery :exec
-- row: delivery
insert into engine_delivery (id, state, due_ms, operation, dead_letter, account, region, target, input, body, resource,
    trace_id, request_id, added_ms, failures, throttles, reason, immediate_retries, pre_backoff_retries,
    backoff_retries, post_backoff_retries, backoff, min_delay_ms, max_delay_ms, throttle_min_ms, throttle_max_ms,
    max_age_ms, at_once, per_second)
values (:id, :state, :due_ms, :operation, :dead_letter, :account, :region, :target, :input, :body, :resource,
    :trace_id, :request_id, :added_ms, :failures, :throttles, :reason, :immediate_retries, :pre_backoff_retries,
    :backoff_retries, :post_backoff_retries, :backoff, :min_delay_ms, :max_delay_ms, :throttle_min_ms, :throttle_max_ms,
    :max_age_ms, :at_once, :per_second);

-- statement: find_due_delivery :one
-- row: delivery
-- param: now_ms integer
select id, state, due_ms, operation, dead_letter, account, region, target, input, body, resource,
    trace_id, request_id, added_ms, failures, throttles, reason, immediate_retries, pre_backoff_retries,
    backoff_retries, post_backoff_retries, backoff, min_delay_ms, max_delay_ms, throttle_min_ms, throttle_max_ms,
    max_age_ms, at_once, per_second
from engine_delivery where state = 'waiting' and due_ms <= :now_ms order by due_ms limit 1;

-- statement: find_begun_delivery :one
-- row: delivery
select id, state, due_ms, operation, dead_letter, account, region, target, input, body, resource,
    trace_id, request_id, added_ms, failures, throttles, reason, immediate_retries, pre_backoff_retries,
    backoff_retries, post_backoff_retries, backoff, min_delay_ms, max_delay_ms, throttle_min_ms, throttle_max_ms,
    max_age_ms, at_once, per_second
from engine_delivery where id = :id and state = 'begun';

-- statement: find_begun_target :one
select target from engine_delivery where id = :id and state = 'begun';

-- statement: find_next_delivery :one
select due_ms from engine_delivery where state = 'waiting' order by due_ms limit 1;

-- statement: find_last_delivery :one
select id from engine_delivery order by id desc limit 1;

-- statement: set_delivery_state :exec
update engine_delivery set state = :state, due_ms = :due_ms where id = :id;

-- statement: set_delivery_ended :exec
-- row: delivery
update engine_delivery
set state = :state, due_ms = :due_ms, failures = :failures, throttles = :throttles, reason = :reason
where id = :id;

-- After a restart nothing is under way.
-- statement: begin_deliveries_again :exec
update engine_delivery set state = 'waiting' where state = 'begun';

-- statement: remove_delivery :exec
delete from engine_delivery where id = :id;

-- statement: count_begun_deliveries :one
-- column: count integer
-- param: limit integer
select count(*) as count
from (select 1 from engine_delivery where target = :target and state = 'begun' limit :limit);

-- The oldest that is held.
-- statement: find_held_delivery :one
select id from engine_delivery where target = :target and state = 'held' order by id limit 1;

-- statement: find_delivery_of :one
select id, body from engine_delivery where target = :target limit 1;

-- statement: add_delivery_body :insert
insert into engine_delivery_body (content) values (:content);

-- statement: get_delivery_body :one
select content from engine_delivery_body where id = :id;

-- Unless a delivery has it.
-- statement: remove_delivery_body :exec
-- param: id integer
delete from engine_delivery_body where id = :id and not exists (select 1 from engine_delivery where body = :id);

-- statement: find_delivery_target :one
-- row: delivery_target
select target, next_us, head, ended from engine_delivery_target where target = :target;

-- statement: set_delivery_target :exec
-- row: delivery_target
insert into engine_delivery_target (target, next_us, head, ended) values (:target, :next_us, :head, :ended)
on conflict (target) do update set next_us = excluded.next_us, head = excluded.head, ended = excluded.ended;

-- statement: find_ended_delivery_target :one
select target from engine_delivery_target where ended = 1 limit 1;

-- statement: remove_delivery_target :exec
delete from engine_delivery_target where target = :target;

-- statement: add_trace_page :exec
insert into engine_trace_page (at_ms, bytes, hops) values (:at_ms, :bytes, :hops);

-- statement: next_trace_page :one
select id, bytes, hops from engine_trace_page where id > :id order by id limit 1;

-- statement: remove_trace_pages :exec
-- param: last_id integer
delete from engine_trace_page where id <= :last_id;

-- statement: find_trace_page :one
select at_ms from engine_trace_page order by id limit 1;

-- statement: size_of_trace_pages :one
-- column: bytes integer
select coalesce(sum(bytes), 0) as bytes from engine_trace_page;

-- statement: find_trace :one
-- row: trace
select id, trace_id, began_ms, last_ms, outcome, hops, bytes, resources, message_ids, words
from engine_trace where trace_id = :trace_id;

-- statement: add_trace :insert
-- row: trace
insert into engine_trace (trace_id, began_ms, last_ms, outcome, hops, bytes, resources, message_ids, words)
values (:trace_id, :began_ms, :last_ms, :outcome, :hops, :bytes, :resources, :message_ids, :words);

-- statement: update_trace :exec
-- row: trace
update engine_trace
set began_ms = :began_ms, last_ms = :last_ms, outcome = :outcome, hops = :hops, bytes = :bytes,
    resources = :resources, message_ids = :message_ids, words = :words
where id = :id;

-- The newest first.
-- statement: list_traces :each
-- row: trace
-- param: before_id integer
select id, trace_id, began_ms, last_ms, outcome, hops, bytes, resources, message_ids, words
from engine_trace where id < :before_id order by id desc;

-- The newest first.
-- statement: list_trace_ranges :each
-- param: most integer
select range, words from engine_trace_range where range <= :most order by range desc;

-- statement: open_trace_range :exec
insert into engine_trace_range (range) values (:range)
on conflict (range) do update set words = null where words is not null;

-- The oldest that has no list of words, except the newest ranges of all.
-- statement: find_open_trace_range :one
-- param: newest integer
select range from engine_trace_range
where words is null and range <= (select max(range) from engine_trace_range) - :newest order by range limit 1;

-- statement: close_trace_range :exec
update engine_trace_range set words = :words where range = :range;

-- Unless a trace is in it.
-- statement: remove_trace_range :exec
-- param: range integer
-- param: first integer
-- param: last integer
delete from engine_trace_range
where range = :range and not exists (select 1 from engine_trace where id between :first and :last);

-- The newest first.
-- statement: list_words_of_traces :each
-- param: first integer
-- param: last integer
select id, words from engine_trace where id between :first and :last order by id desc;

-- statement: find_words_of_trace :one
select words from engine_trace where id = :id;

-- Those that ended last come first.
-- statement: list_traces_by_age :each
-- param: since_ms integer
-- param: before_ms integer
-- param: before_id integer
select id, last_ms from engine_trace
where last_ms >= :since_ms and (last_ms, id) < (:before_ms, :before_id) order by last_ms desc, id desc;

-- statement: find_oldest_trace :one
select id, last_ms, bytes from engine_trace order by last_ms limit 1;

-- statement: remove_trace :exec
delete from engine_trace where id = :id;

-- statement: add_trace_run :exec
insert into engine_trace_run (id, first_hop, trace, hops) values (:id, :first_hop, :trace, :hops);

-- statement: list_trace_runs :many
-- param: limit integer
select hops from engine_trace_run where trace = :trace order by id limit :limit;

-- statement: find_last_trace_run :one
select id from engine_trace_run order by id desc limit 1;

-- statement: find_trace_run_after :one
select first_hop from engine_trace_run where id > :id order by id limit 1;

-- statement: list_trace_runs_from :each
-- param: first_hop integer
select r.id, r.first_hop, r.hops, t.id as trace, t.trace_id, t.words
from engine_trace_run r join engine_trace t on t.id = r.trace
where r.id >= :first_hop order by r.id;

-- statement: remove_trace_runs :exec
delete from engine_trace_run where trace = :trace;

-- statement: find_trace_size :one
select bytes from engine_trace_size where id = 1;

-- statement: change_trace_size :exec
-- param: by integer
insert into engine_trace_size (id, bytes) values (1, :by) on conflict (id) do update set bytes = bytes + :by;

-- statement: get_setting :one
select value from engine_setting where name = :name;

-- statement: put_setting :exec
insert into engine_setting (name, value) values (:name, :value)
on conflict (name) do update set value = excluded.value;
