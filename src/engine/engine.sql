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

-- A trace's id begins with its time, so new rows go to the end of the table.
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
-- Sandboxes had another name. None outlives the server, so what was under way for them is not needed.
delete from engine_effect where kind in ('environment.start', 'environment.stop');
delete from engine_timer where operation = 'lambda:CheckEnvironment';

-- migration: 3
create index engine_trace_by_age on engine_trace (at_ms);

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

-- statement: begin_effect :exec
insert into engine_effect (kind, id, payload) values (:kind, :id, :payload)
on conflict (kind, id) do update set payload = excluded.payload;

-- statement: end_effect :exec
delete from engine_effect where kind = :kind and id = :id;

-- statement: list_effects :many
select kind, id, payload from engine_effect;

-- statement: add_trace :exec
insert into engine_trace (trace_id, sequence, at_ms, kind, resource, detail)
values (:trace_id, :sequence, :at_ms, :kind, :resource, :detail);

-- statement: list_trace :many
-- param: limit integer
select at_ms, kind, resource, detail from engine_trace where trace_id = :trace_id order by sequence limit :limit;

-- statement: prune_trace :exec
-- param: before_ms integer
-- param: limit integer
delete from engine_trace where (trace_id, sequence) in
    (select trace_id, sequence from engine_trace where at_ms < :before_ms order by at_ms limit :limit);

-- statement: get_setting :one
select value from engine_setting where name = :name;

-- statement: put_setting :exec
insert into engine_setting (name, value) values (:name, :value)
on conflict (name) do update set value = excluded.value;
