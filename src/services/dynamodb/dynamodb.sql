-- uses: ../tags/tags.sql

-- migration: 1
create table dynamodb_table (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    name text not null,
    table_uuid text not null,
    created_ms integer not null,
    hash_name text not null,
    hash_type text not null,
    range_name text,
    range_type text,
    read_units integer not null,
    write_units integer not null,
    on_demand integer not null,
    max_read_units integer,
    max_write_units integer,
    table_class text,
    protected integer not null,
    unique (account, region, name)
);

create table dynamodb_tag (
    table_id integer not null,
    name text not null,
    value text not null,
    primary key (table_id, name)
) without rowid;

-- Items are in the order of their arrival, and only the small entries of the index in the order of keys:
-- a put with a random key then writes one page of an index a tenth as large as the items.
-- There is one item for each key: put.c looks before it writes.
create table dynamodb_item (
    id integer primary key,
    table_id integer not null,
    hash_key blob not null,
    range_key blob not null,
    size_bytes integer not null,
    item blob not null
);
create index dynamodb_item_key on dynamodb_item (table_id, hash_key, range_key, size_bytes);

-- migration: 2
-- hash_key is spread_key() of the partition key's bytes: in the order of 4 bytes of its hash, so that a segment of
-- a parallel scan is a range.
drop index dynamodb_item_key;
update dynamodb_item set hash_key = spread_key(hash_key);
create index dynamodb_item_key on dynamodb_item (table_id, hash_key, range_key, size_bytes);

-- The number of items of a table at the last count, and the progress of the next count.
create table dynamodb_count (
    table_id integer primary key,
    items integer not null,
    bytes integer not null,
    counted_items integer not null,
    counted_bytes integer not null,
    hash_key blob not null,
    range_key blob not null
);

-- Deleted tables whose items are still to be removed.
create table dynamodb_gone (
    table_id integer primary key
);
insert into dynamodb_gone select distinct table_id from dynamodb_item
where table_id not in (select id from dynamodb_table);

-- migration: 3
insert into aws_tag (owner, key, value)
select 'arn:aws:dynamodb:' || owner.region || ':' || owner.account || ':table/' || owner.name, tag.name, tag.value
from dynamodb_tag tag join dynamodb_table owner on owner.id = tag.table_id;
drop table dynamodb_tag;

-- The columns that every request about items needs.
-- statement: find_table :cached
select id, hash_name, hash_type, range_name, range_type
from dynamodb_table where account = :account and region = :region and name = :name;

-- statement: read_settings :one
select table_uuid, created_ms, read_units, write_units, on_demand, max_read_units, max_write_units, table_class,
    protected
from dynamodb_table where id = :id;

-- statement: add_table :insert
insert into dynamodb_table (account, region, name, table_uuid, created_ms, hash_name, hash_type, range_name,
    range_type, read_units, write_units, on_demand, max_read_units, max_write_units, table_class, protected)
values (:account, :region, :name, :table_uuid, :created_ms, :hash_name, :hash_type, :range_name,
    :range_type, :read_units, :write_units, :on_demand, :max_read_units, :max_write_units, :table_class, :protected);

-- statement: remove_table :exec
delete from dynamodb_table where id = :id;

-- statement: list_names :many
-- param: after text
-- param: limit integer
select name from dynamodb_table
where account = :account and region = :region and name > :after
order by name limit :limit;

-- Counts at most `limit` items.
-- statement: count_items :one
-- param: limit integer
-- column: items integer
-- column: bytes integer
select count(*) as items, coalesce(sum(size_bytes), 0) as bytes
from (select size_bytes from dynamodb_item where table_id = :table_id limit :limit);

-- statement: read_count :one
-- row: count
select table_id, items, bytes, counted_items, counted_bytes, hash_key, range_key
from dynamodb_count where table_id = :table_id;

-- statement: set_count :exec
-- row: count
replace into dynamodb_count (table_id, items, bytes, counted_items, counted_bytes, hash_key, range_key)
values (:table_id, :items, :bytes, :counted_items, :counted_bytes, :hash_key, :range_key);

-- statement: remove_count :exec
delete from dynamodb_count where table_id = :table_id;

-- statement: list_uncounted :many
select id from dynamodb_table where id not in (select table_id from dynamodb_count);

-- statement: list_sizes :many
-- param: limit integer
select hash_key, range_key, size_bytes from dynamodb_item
where table_id = :table_id and (hash_key, range_key) > (:hash_key, :range_key)
order by hash_key, range_key limit :limit;

-- statement: add_gone :exec
insert into dynamodb_gone (table_id) values (:table_id);

-- statement: find_gone :one
select table_id from dynamodb_gone order by table_id limit 1;

-- statement: remove_gone :exec
delete from dynamodb_gone where table_id = :table_id;

-- statement: list_places :many
-- param: limit integer
select id, size_bytes from dynamodb_item where table_id = :table_id limit :limit;

-- The place of an item; reads only the index.
-- statement: find_place :one
select id, size_bytes from dynamodb_item
where table_id = :table_id and hash_key = :hash_key and range_key = :range_key;

-- statement: find_item :one
select id, size_bytes, item from dynamodb_item
where table_id = :table_id and hash_key = :hash_key and range_key = :range_key;

-- statement: add_item :insert
-- row: item
insert into dynamodb_item (table_id, hash_key, range_key, size_bytes, item)
values (:table_id, :hash_key, :range_key, :size_bytes, :item);

-- For an item of unchanged size, so that the index is not written.
-- statement: replace_item :exec
-- row: item
update dynamodb_item set item = :item where id = :id;

-- statement: replace_item_resized :exec
-- row: item
update dynamodb_item set item = :item, size_bytes = :size_bytes where id = :id;

-- statement: remove_item :exec
delete from dynamodb_item where id = :id;

-- statement: scan_items :each
-- param: end_key blob
select size_bytes, item from dynamodb_item
where table_id = :table_id and (hash_key, range_key) > (:hash_key, :range_key) and hash_key < :end_key
order by hash_key, range_key;

-- statement: query_forward :each
-- param: low blob
-- param: high blob
select size_bytes, item from dynamodb_item
where table_id = :table_id and hash_key = :hash_key and range_key >= :low and range_key < :high
order by range_key;

-- statement: query_backward :each
-- param: low blob
-- param: high blob
select size_bytes, item from dynamodb_item
where table_id = :table_id and hash_key = :hash_key and range_key >= :low and range_key < :high
order by range_key desc;
