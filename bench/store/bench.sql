-- migration: 1
create table bench_message (
    queue_id integer not null,
    visible_ms integer not null,
    id integer not null,
    receives integer not null,
    body text not null,
    primary key (queue_id, visible_ms, id)
) without rowid;

-- statement: send :exec
insert into bench_message (queue_id, visible_ms, id, receives, body) values (:queue_id, :visible_ms, :id, 0, :body);

-- statement: take :one
-- param: now_ms integer
-- param: until_ms integer
update bench_message set visible_ms = :until_ms, receives = receives + 1
where queue_id = :queue_id and (visible_ms, id) = (
    select visible_ms, id from bench_message where queue_id = :queue_id and visible_ms <= :now_ms
    order by visible_ms, id limit 1)
returning id, receives, body;

-- statement: remove :exec
delete from bench_message where queue_id = :queue_id and visible_ms = :visible_ms and id = :id;

-- statement: peek :one
select id, body from bench_message where queue_id = :queue_id and visible_ms >= :visible_ms
order by visible_ms, id limit 1;
