-- migration: 1
create table demo_message (
    id integer primary key,
    body blob not null,
    receives integer not null,
    note text,
    due_ms integer,
    weight real
);
create table demo_name (
    name text primary key
) without rowid;

-- migration: 2
create index demo_message_due on demo_message (due_ms) where due_ms is not null;

-- statement: add :insert
insert into demo_message (body, receives, note, due_ms, weight) values (:body, 0, :note, :due_ms, :weight);

-- statement: put :exec
insert into demo_message (id, body, receives) values (:id, :body, 0);

-- statement: find :one
select body, receives, note, due_ms, weight from demo_message where id = :id;

-- statement: look_up :cached
select body, receives, note, due_ms, weight from demo_message where id = :id and body = :body;

-- A row that has nothing but a number.
-- statement: look_up_receives :cached
select receives from demo_message where id = :id;

-- statement: copy :insert
-- row: message
insert into demo_message (body, receives, note) values (:body, :receives, :note);

-- statement: find_whole :one
-- row: message
select id, body, receives, note from demo_message where id = :id;

-- statement: find_body :one
-- row: message
select body from demo_message where id = :id;

-- statement: receive :one
update demo_message set receives = receives + 1 where id = :id returning body, receives;

-- statement: receive_all :one
update demo_message set receives = receives + 1 returning id;

-- statement: remove :exec
delete from demo_message where id = :id;

-- statement: list :many
-- param: after integer
-- param: limit integer
select id, body from demo_message where id > :after order by id limit :limit;

-- statement: scan :each
select id, body from demo_message order by id;

-- statement: count :one
-- column: count integer
-- column: highest integer null
select count(*) as count, max(id) as highest from demo_message;

-- statement: add_name :exec
insert into demo_name (name) values (:name);

-- statement: claim_name :insert
insert into demo_name (name) values (:name) on conflict do nothing;
