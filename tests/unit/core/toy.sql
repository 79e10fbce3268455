-- migration: 1
create table toy_item (
    key text primary key,
    value text not null
) without rowid;

create table toy_message (
    id integer primary key,
    queue text not null,
    visible_ms integer not null,
    body text not null
);

-- statement: put_item :exec
insert into toy_item (key, value) values (:key, :value) on conflict (key) do update set value = excluded.value;

-- statement: add_to_item :exec
insert into toy_item (key, value) values (:key, :value)
on conflict (key) do update set value = toy_item.value || excluded.value;

-- statement: count_item :exec
insert into toy_item (key, value) values (:key, :value)
on conflict (key) do update set value = toy_item.value + excluded.value;

-- statement: create_item :exec
insert into toy_item (key, value) values (:key, :value);

-- statement: find_item :one
select value from toy_item where key = :key;

-- statement: add_message :exec
insert into toy_message (queue, visible_ms, body) values (:queue, :visible_ms, :body);

-- statement: take_message :one
-- param: now_ms integer
delete from toy_message where id in
    (select id from toy_message where queue = :queue and visible_ms <= :now_ms order by id limit 1)
returning body;

-- statement: find_next_message :one
select visible_ms from toy_message where queue = :queue order by visible_ms limit 1;
