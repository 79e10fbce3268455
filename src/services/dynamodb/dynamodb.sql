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

-- migration: 4
-- The key attributes of a table's indexes; index 0 is the table itself.
create table dynamodb_key (
    table_id integer not null,
    index_number integer not null,
    kind text not null check (kind in ('HASH', 'RANGE')),
    position integer not null,
    name text not null,
    type text not null,
    primary key (table_id, index_number, kind, position)
) without rowid;
insert into dynamodb_key select id, 0, 'HASH', 0, hash_name, hash_type from dynamodb_table;
insert into dynamodb_key select id, 0, 'RANGE', 0, range_name, range_type from dynamodb_table
where range_name is not null;
alter table dynamodb_table drop column hash_name;
alter table dynamodb_table drop column hash_type;
alter table dynamodb_table drop column range_name;
alter table dynamodb_table drop column range_type;

-- The exact number of items of each table, and the sum of their sizes.
drop table dynamodb_count;
create table dynamodb_count (
    table_id integer primary key,
    items integer not null,
    bytes integer not null
);
insert into dynamodb_count
select owner.id, coalesce(counted.items, 0), coalesce(counted.bytes, 0)
from dynamodb_table owner left join
    (select table_id, count(*) as items, sum(size_bytes) as bytes from dynamodb_item group by table_id) counted
    on counted.table_id = owner.id;

-- One item for one key.
drop index dynamodb_item_key;
create unique index dynamodb_item_key on dynamodb_item (table_id, hash_key, range_key);

-- migration: 5
-- Secondary indexes.  Ids are not reused, so entries of a deleted index are unreachable.
create table dynamodb_index (
    id integer primary key autoincrement,
    table_id integer not null,
    name text not null,
    kind text not null check (kind in ('GLOBAL', 'LOCAL')),
    projection text not null check (projection in ('ALL', 'KEYS_ONLY', 'INCLUDE')),
    read_units integer not null,
    write_units integer not null,
    max_read_units integer,
    max_write_units integer,
    unique (table_id, name)
);

-- NonKeyAttributes of an index.
create table dynamodb_index_attribute (
    index_id integer not null,
    position integer not null,
    name text not null,
    primary key (index_id, position)
) without rowid;

-- The place of an item in an index; index_place() says what the keys are.  size_bytes: of the projected attributes.
create table dynamodb_entry (
    index_id integer not null,
    hash_key blob not null,
    range_key blob not null,
    item_id integer not null,
    size_bytes integer not null,
    primary key (index_id, hash_key, range_key)
) without rowid;

create table dynamodb_index_count (
    index_id integer primary key,
    entries integer not null,
    bytes integer not null
);

-- The sizes of the item collections of tables with local indexes: the items of one key, and their local entries.
create table dynamodb_collection (
    table_id integer not null,
    hash_key blob not null,
    bytes integer not null,
    primary key (table_id, hash_key)
) without rowid;

-- Deleted indexes whose entries are still to be removed.
create table dynamodb_gone_index (
    index_id integer primary key
);

-- migration: 6
-- The status of a table, and how its settings have changed.
alter table dynamodb_table add column status text not null default 'ACTIVE'
    check (status in ('CREATING', 'UPDATING', 'DELETING', 'ACTIVE'));
alter table dynamodb_table add column increased_ms integer;
alter table dynamodb_table add column decreased_ms integer;
alter table dynamodb_table add column decreases integer not null default 0;
alter table dynamodb_table add column on_demand_ms integer;
alter table dynamodb_table add column class_ms integer;
alter table dynamodb_table add column warm_read_units integer not null default 0;
alter table dynamodb_table add column warm_write_units integer not null default 0;
alter table dynamodb_table add column warming integer not null default 0;
update dynamodb_table set on_demand_ms = created_ms, warm_read_units = 12000, warm_write_units = 4000
where on_demand = 1;
update dynamodb_table set warm_read_units = read_units, warm_write_units = write_units where on_demand = 0;

-- migration: 7
-- stream_id is the table's open stream; its label stays after the stream is closed.
alter table dynamodb_table add column stream_id integer;
alter table dynamodb_table add column stream_view text;
alter table dynamodb_table add column stream_label text;

-- A closed stream stays readable for 24 hours, also when its table is gone.
create table dynamodb_stream (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    table_name text not null,
    label text not null,
    view_type text not null,
    hash_name text not null,
    range_name text,
    created_ms integer not null,
    closed_ms integer,
    unique (account, region, table_name, label)
);

-- Names ascend.  A shard has the records first_number to last_number (first_number - 1: no records); an open one has no
-- last number.
create table dynamodb_shard (
    stream_id integer not null,
    name text not null,
    parent text,
    started_ms integer not null,
    first_number integer not null,
    last_number integer,
    closed_ms integer,
    primary key (stream_id, name)
) without rowid;

-- The id is record_id() of the stream and the record's number: a stream's records are a range of ids.
create table dynamodb_record (
    id integer primary key,
    made_ms integer not null,
    event text not null,
    expired integer not null,
    size_bytes integer not null,
    item_keys blob not null,
    old_image blob,
    new_image blob
);

-- Time to live.  An absent name: it is disabled.  While ttl_filling is 1, older items get their rows.
alter table dynamodb_table add column ttl_name text;
alter table dynamodb_table add column ttl_changed_ms integer;
alter table dynamodb_table add column ttl_filling integer not null default 0;

-- When an item expires, in seconds.
create table dynamodb_expiry (
    item_id integer primary key,
    table_id integer not null,
    due_s integer not null
);
create index dynamodb_expiry_due on dynamodb_expiry (table_id, due_s);

-- migration: 8
-- The ClientRequestTokens of transactions, each with a hash of its request.
create table dynamodb_token (
    account text not null,
    region text not null,
    token text not null,
    fingerprint blob not null,
    expires_ms integer not null,
    primary key (account, region, token)
) without rowid;
create index dynamodb_token_expiry on dynamodb_token (expires_ms);

-- migration: 9
-- Indexes that are being filled: the last item that they have reached, in the order of a scan.
create table dynamodb_backfill (
    index_id integer primary key,
    table_id integer not null,
    hash_key blob not null,
    range_key blob not null
);

-- migration: 10
-- The resource policy; its revision stays when it is removed.
alter table dynamodb_table add column policy text;
alter table dynamodb_table add column policy_revision text;

-- migration: 11
-- Point-in-time recovery is on since recovery_ms; copies counts the copies under way.  Both need dynamodb_version.
alter table dynamodb_table add column recovery_ms integer;
alter table dynamodb_table add column recovery_days integer not null default 35;
alter table dynamodb_table add column copies integer not null default 0;

-- Items as they were before a change; without item where none was stored.  Ids are in the order of the changes.
create table dynamodb_version (
    id integer primary key autoincrement,
    table_id integer not null,
    hash_key blob not null,
    range_key blob not null,
    changed_ms integer not null,
    size_bytes integer not null,
    item blob
);
create index dynamodb_version_key on dynamodb_version (table_id, hash_key, range_key);
create index dynamodb_version_time on dynamodb_version (table_id, changed_ms);

-- definition is a CreateTableInput in JSON.
create table dynamodb_backup (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    table_name text not null,
    backup_key text not null,
    name text not null,
    type text not null check (type in ('USER', 'SYSTEM')),
    status text not null check (status in ('CREATING', 'AVAILABLE')),
    created_ms integer not null,
    expires_ms integer,
    restores integer not null default 0,
    table_uuid text not null,
    table_created_ms integer not null,
    stream_view text,
    ttl_name text,
    definition text not null,
    items integer not null,
    bytes integer not null,
    unique (account, region, created_ms, backup_key)
);

create table dynamodb_backup_item (
    id integer primary key,
    backup_id integer not null,
    hash_key blob not null,
    range_key blob not null,
    size_bytes integer not null,
    item blob not null
);
create index dynamodb_backup_item_key on dynamodb_backup_item (backup_id, hash_key, range_key);

-- A copy under way: of a table as it was before the changes after version_id into a backup or another table, or of a
-- backup into a table; and how far it has come.
create table dynamodb_copy (
    id integer primary key autoincrement,
    source_id integer,
    version_id integer not null,
    backup_id integer,
    target_id integer,
    restored_ms integer,
    hash_key blob not null,
    range_key blob not null
);
create index dynamodb_copy_source on dynamodb_copy (source_id);
create index dynamodb_copy_target on dynamodb_copy (target_id);

-- migration: 12
-- The warm throughput of a global index.
alter table dynamodb_index add column warm_read_units integer not null default 0;
alter table dynamodb_index add column warm_write_units integer not null default 0;
alter table dynamodb_index add column warming integer not null default 0;
update dynamodb_index set warm_read_units = 12000, warm_write_units = 4000 where read_units = 0;
update dynamodb_index set warm_read_units = read_units, warm_write_units = write_units where read_units > 0;

-- migration: 13
-- Large items that several rows share.  The row of an item, of a version or of a record then names the image and has
-- no content itself (an item's is empty); uses counts these rows.  A draft is an image that a request has stored
-- before the rows that will name it.  Ids are not reused: the same id is the same content.
create table dynamodb_image (
    id integer primary key autoincrement,
    uses integer not null,
    draft integer
);
create unique index dynamodb_image_draft on dynamodb_image (draft) where draft is not null;
create index dynamodb_image_unused on dynamodb_image (id) where uses = 0 and draft is null;

-- Apart from the count, so that counting does not write the content again.
create table dynamodb_content (
    image_id integer primary key,
    content blob not null
);
alter table dynamodb_item add column image_id integer;
alter table dynamodb_version add column image_id integer;
alter table dynamodb_record add column old_image_id integer;
alter table dynamodb_record add column new_image_id integer;

-- migration: 14
-- Entries of indexes that were made before have the whole keys (index.c).
alter table dynamodb_index add column shortens integer not null default 0;

-- migration: 15
-- Changes of items that get a new row, whose id is -id, so that the entries of that row can be stored before it
-- (swaps.c).  The items have the attributes of keys only; null: there is no item.  Ids are not reused.
create table dynamodb_swap (
    id integer primary key autoincrement,
    draft integer not null unique,
    table_id integer not null,
    old_row integer,
    old_item blob,
    new_item blob
);

-- migration: 16
-- When the table became the replica of a global table (global_tables.c).
alter table dynamodb_table add column global_ms integer;
create index dynamodb_table_global on dynamodb_table (account, region, name) where global_ms is not null;

-- migration: 17
-- Items with the content of their images.
create view dynamodb_whole_item as
select id, table_id, hash_key, range_key, size_bytes, image_id,
    case when image_id is null then item
        else (select content from dynamodb_content where image_id = dynamodb_item.image_id) end as item
from dynamodb_item;

-- migration: 18
-- A stream's resource policy, as a table's.
alter table dynamodb_stream add column policy text;
alter table dynamodb_stream add column policy_revision text;

-- migration: 19
-- What of a table is being changed while it is UPDATING: the class is the one that it gets.
alter table dynamodb_table add column changing text
    check (changing in ('IOPS', 'STREAM', 'STANDARD', 'STANDARD_INFREQUENT_ACCESS'));

-- The columns that every request about items needs.
-- statement: find_table :cached
-- column: has_policy integer
-- column: is_kept integer
-- column: index_count integer
select owner.id, owner.status, owner.policy is not null as has_policy,
    owner.recovery_ms is not null or owner.copies > 0 as is_kept, hash.name as hash_name, hash.type as hash_type,
    range.name as range_name,    range.type as range_type, owner.stream_id, owner.stream_view, owner.ttl_name,
    (select count(*) from dynamodb_index one where one.table_id = owner.id) as index_count
from dynamodb_table owner
join dynamodb_key hash
    on hash.table_id = owner.id and hash.index_number = 0 and hash.kind = 'HASH' and hash.position = 0
left join dynamodb_key range
    on range.table_id = owner.id and range.index_number = 0 and range.kind = 'RANGE' and range.position = 0
where owner.account = :account and owner.region = :region and owner.name = :name;

-- statement: add_key :exec
insert into dynamodb_key (table_id, index_number, kind, position, name, type)
values (:table_id, :index_number, :kind, :position, :name, :type);

-- statement: remove_keys :exec
delete from dynamodb_key where table_id = :table_id;

-- The secondary indexes of a table as JSON, in one row, which can be cached: an array for each, of its id, name, kind and
-- projection, its key attributes (name, type, kind), its NonKeyAttributes, whether it is being filled, and whether its
-- entries have shortened keys.
-- statement: read_indexes :cached
-- column: indexes text
select json_group_array(json_array(one.id, one.name, one.kind, one.projection,
    json((select json_group_array(json_array(key.name, key.type, key.kind))
        from dynamodb_key key where key.table_id = one.table_id and key.index_number = one.id)),
    json((select json_group_array(included.name)
        from dynamodb_index_attribute included where included.index_id = one.id)),
    exists (select 1 from dynamodb_backfill where index_id = one.id), one.shortens)) as indexes
from dynamodb_index one where one.table_id = :table_id;

-- statement: read_index_settings :one
-- row: index_settings
select id, read_units, write_units, max_read_units, max_write_units, warm_read_units, warm_write_units, warming
from dynamodb_index where id = :id;

-- statement: add_index :insert
insert into dynamodb_index (table_id, name, kind, projection, read_units, write_units, max_read_units, max_write_units,
    warm_read_units, warm_write_units, shortens)
values (:table_id, :name, :kind, :projection, :read_units, :write_units, :max_read_units, :max_write_units,
    :warm_read_units, :warm_write_units, 1);

-- statement: set_index_settings :exec
-- row: index_settings
update dynamodb_index set read_units = :read_units, write_units = :write_units, max_read_units = :max_read_units,
    max_write_units = :max_write_units, warm_read_units = :warm_read_units, warm_write_units = :warm_write_units,
    warming = :warming
where id = :id;

-- The table of an index.
-- statement: find_index_table :one
select owner.account, owner.region, owner.name
from dynamodb_index one join dynamodb_table owner on owner.id = one.table_id where one.id = :id;

-- statement: add_backfill :exec
-- row: backfill
insert into dynamodb_backfill (index_id, table_id, hash_key, range_key)
values (:index_id, :table_id, :hash_key, :range_key);

-- statement: find_backfill :one
-- row: backfill
select index_id, table_id, hash_key, range_key from dynamodb_backfill where index_id = :index_id;

-- statement: move_backfill :exec
-- row: backfill
update dynamodb_backfill set hash_key = :hash_key, range_key = :range_key where index_id = :index_id;

-- statement: remove_backfill :exec
delete from dynamodb_backfill where index_id = :index_id;

-- statement: items_after :each
select id, hash_key, range_key, size_bytes, item
from dynamodb_whole_item
where table_id = :table_id and (hash_key, range_key) > (:hash_key, :range_key)
order by hash_key, range_key;

-- statement: remove_index :exec
delete from dynamodb_index where id = :id;

-- statement: add_index_attribute :exec
insert into dynamodb_index_attribute (index_id, position, name) values (:index_id, :position, :name);

-- statement: remove_index_attributes :exec
delete from dynamodb_index_attribute where index_id = :index_id;

-- statement: read_index_count :one
select entries, bytes from dynamodb_index_count where index_id = :index_id;

-- statement: add_index_count :exec
insert into dynamodb_index_count (index_id, entries, bytes) values (:index_id, 0, 0);

-- statement: change_index_count :exec
-- param: entries integer
-- param: bytes integer
update dynamodb_index_count set entries = entries + :entries, bytes = bytes + :bytes where index_id = :index_id;

-- statement: remove_index_count :exec
delete from dynamodb_index_count where index_id = :index_id;

-- An entry that is there already is of a row that has been swapped.
-- statement: add_entry :exec
-- row: entry
insert into dynamodb_entry (index_id, hash_key, range_key, item_id, size_bytes)
values (:index_id, :hash_key, :range_key, :item_id, :size_bytes)
on conflict do update set item_id = excluded.item_id, size_bytes = excluded.size_bytes;

-- statement: resize_entry :exec
update dynamodb_entry set size_bytes = :size_bytes
where index_id = :index_id and hash_key = :hash_key and range_key = :range_key;

-- statement: remove_entry :exec
delete from dynamodb_entry
where index_id = :index_id and hash_key = :hash_key and range_key = :range_key and item_id = :item_id;

-- statement: remove_entries :exec
-- param: limit integer
delete from dynamodb_entry where index_id = :index_id and (hash_key, range_key) in
    (select hash_key, range_key from dynamodb_entry where index_id = :index_id limit :limit);

-- statement: read_collection :one
select bytes from dynamodb_collection where table_id = :table_id and hash_key = :hash_key;

-- statement: grow_collection :exec
insert into dynamodb_collection (table_id, hash_key, bytes) values (:table_id, :hash_key, :bytes)
on conflict do update set bytes = bytes + excluded.bytes;

-- statement: remove_empty_collection :exec
delete from dynamodb_collection where table_id = :table_id and hash_key = :hash_key and bytes = 0;

-- statement: remove_collections :exec
-- param: limit integer
delete from dynamodb_collection where table_id = :table_id and hash_key in
    (select hash_key from dynamodb_collection where table_id = :table_id limit :limit);

-- statement: add_gone_index :exec
insert into dynamodb_gone_index (index_id) values (:index_id);

-- statement: find_gone_index :one
select index_id from dynamodb_gone_index order by index_id limit 1;

-- statement: remove_gone_index :exec
delete from dynamodb_gone_index where index_id = :index_id;

-- The blob of an item by the id of its row.
-- statement: read_blob :one
select item from dynamodb_item where id = :id;

-- statement: scan_index :each
-- column: item_bytes integer
-- param: end_key blob
select entry.size_bytes, item.size_bytes as item_bytes, item.item
from dynamodb_entry entry cross join dynamodb_whole_item item on item.id = entry.item_id
where entry.index_id = :index_id and (entry.hash_key, entry.range_key) > (:hash_key, :range_key)
    and entry.hash_key < :end_key
order by entry.hash_key, entry.range_key;

-- statement: index_forward :each
-- column: item_bytes integer
-- param: low blob
-- param: high blob
select entry.size_bytes, item.size_bytes as item_bytes, item.item
from dynamodb_entry entry cross join dynamodb_whole_item item on item.id = entry.item_id
where entry.index_id = :index_id and entry.hash_key = :hash_key and entry.range_key >= :low and entry.range_key < :high
order by entry.range_key;

-- statement: index_backward :each
-- column: item_bytes integer
-- param: low blob
-- param: high blob
select entry.size_bytes, item.size_bytes as item_bytes, item.item
from dynamodb_entry entry cross join dynamodb_whole_item item on item.id = entry.item_id
where entry.index_id = :index_id and entry.hash_key = :hash_key and entry.range_key >= :low and entry.range_key < :high
order by entry.range_key desc;

-- statement: read_settings :one
-- row: settings
select id, account, region, name, table_uuid, created_ms, read_units, write_units, on_demand, max_read_units,
    max_write_units, table_class, protected, status, increased_ms, decreased_ms, decreases, on_demand_ms, class_ms,
    warm_read_units, warm_write_units, warming, stream_id, stream_view, stream_label, global_ms, changing
from dynamodb_table where id = :id;

-- statement: add_table :insert
-- row: settings
insert into dynamodb_table (account, region, name, table_uuid, created_ms, read_units, write_units, on_demand,
    max_read_units, max_write_units, table_class, protected, status, on_demand_ms, warm_read_units, warm_write_units)
values (:account, :region, :name, :table_uuid, :created_ms, :read_units, :write_units, :on_demand,
    :max_read_units, :max_write_units, :table_class, :protected, :status, :on_demand_ms, :warm_read_units,
    :warm_write_units);

-- statement: change_settings :exec
-- row: settings
update dynamodb_table set read_units = :read_units, write_units = :write_units, on_demand = :on_demand,
    max_read_units = :max_read_units, max_write_units = :max_write_units, table_class = :table_class,
    protected = :protected, status = :status, increased_ms = :increased_ms, decreased_ms = :decreased_ms,
    decreases = :decreases, on_demand_ms = :on_demand_ms, class_ms = :class_ms, warm_read_units = :warm_read_units,
    warm_write_units = :warm_write_units, warming = :warming, changing = :changing
where id = :id;

-- statement: read_policy :cached
-- row: policy
select policy, policy_revision from dynamodb_table where id = :id;

-- statement: set_policy :exec
-- row: policy
update dynamodb_table set policy = :policy, policy_revision = :policy_revision where id = :id;

-- statement: remove_table :exec
delete from dynamodb_table where id = :id;

-- statement: list_names :many
-- param: after text
-- param: limit integer
select name from dynamodb_table
where account = :account and region = :region and name > :after
order by name limit :limit;

-- statement: set_global :exec
update dynamodb_table set global_ms = :global_ms where id = :id;

-- statement: list_global_names :many
-- param: after text
-- param: limit integer
select name from dynamodb_table
where account = :account and region = :region and name > :after and global_ms is not null
order by name limit :limit;

-- statement: read_count :one
select items, bytes from dynamodb_count where table_id = :table_id;

-- statement: add_count :exec
insert into dynamodb_count (table_id, items, bytes) values (:table_id, 0, 0);

-- statement: change_count :exec
-- param: items integer
-- param: bytes integer
update dynamodb_count set items = items + :items, bytes = bytes + :bytes where table_id = :table_id;

-- statement: remove_count :exec
delete from dynamodb_count where table_id = :table_id;

-- statement: add_gone :exec
insert into dynamodb_gone (table_id) values (:table_id);

-- A table that is being copied stays.
-- statement: find_gone :one
select table_id from dynamodb_gone
where not exists (select 1 from dynamodb_copy copy where copy.source_id = dynamodb_gone.table_id)
order by table_id limit 1;

-- statement: remove_gone :exec
delete from dynamodb_gone where table_id = :table_id;

-- statement: list_places :many
-- param: limit integer
select id, size_bytes, image_id from dynamodb_item where table_id = :table_id limit :limit;

-- Without the blob.
-- statement: find_place :one
select id, size_bytes, image_id from dynamodb_item
where table_id = :table_id and hash_key = :hash_key and range_key = :range_key;

-- Without the content of an image.
-- statement: find_row :one
select id, size_bytes, image_id, item from dynamodb_item
where table_id = :table_id and hash_key = :hash_key and range_key = :range_key;

-- statement: find_item :one
select id, size_bytes, image_id, item
from dynamodb_whole_item
where table_id = :table_id and hash_key = :hash_key and range_key = :range_key;

-- statement: add_item :insert
-- row: item
insert into dynamodb_item (table_id, hash_key, range_key, size_bytes, item, image_id)
values (:table_id, :hash_key, :range_key, :size_bytes, :item, :image_id);

-- statement: add_swapped_item :exec
-- row: item
insert into dynamodb_item (id, table_id, hash_key, range_key, size_bytes, item, image_id)
values (:id, :table_id, :hash_key, :range_key, :size_bytes, :item, :image_id);

-- A new row has the id after the highest one.  So that it never has the id of a row that is swapped now, and is above
-- 0, a row of no table has a higher id.
-- statement: raise_row_ids :exec
insert into dynamodb_item (id, table_id, hash_key, range_key, size_bytes, item)
values (max(0, coalesce((select max(id) from dynamodb_item), 0)) + 1, 0, x'', x'', 0, x'')
on conflict (table_id, hash_key, range_key) do update set id = excluded.id;

-- statement: replace_item :exec
-- row: item
update dynamodb_item set item = :item, image_id = :image_id, size_bytes = :size_bytes where id = :id;

-- statement: remove_item :exec
delete from dynamodb_item where id = :id;

-- statement: scan_items :each
-- param: end_key blob
select size_bytes, item
from dynamodb_whole_item
where table_id = :table_id and (hash_key, range_key) > (:hash_key, :range_key) and hash_key < :end_key
order by hash_key, range_key;

-- statement: query_forward :each
-- param: low blob
-- param: high blob
select size_bytes, item
from dynamodb_whole_item
where table_id = :table_id and hash_key = :hash_key and range_key >= :low and range_key < :high
order by range_key;

-- statement: query_backward :each
-- param: low blob
-- param: high blob
select size_bytes, item
from dynamodb_whole_item
where table_id = :table_id and hash_key = :hash_key and range_key >= :low and range_key < :high
order by range_key desc;

-- ---- streams ----

-- statement: set_stream :exec
update dynamodb_table set stream_id = :stream_id, stream_view = :stream_view, stream_label = :stream_label
where id = :id;

-- statement: add_stream :insert
-- row: stream
insert into dynamodb_stream (account, region, table_name, label, view_type, hash_name, range_name, created_ms)
values (:account, :region, :table_name, :label, :view_type, :hash_name, :range_name, :created_ms);

-- statement: close_stream :exec
update dynamodb_stream set closed_ms = :closed_ms where id = :id;

-- statement: remove_stream :exec
delete from dynamodb_stream where id = :id;

-- statement: find_stream :one
-- row: stream
-- column: has_policy integer
select id, account, region, table_name, label, view_type, hash_name, range_name, created_ms, closed_ms,
    policy is not null as has_policy
from dynamodb_stream
where account = :account and region = :region and table_name = :table_name and label = :label;

-- statement: read_stream :one
-- row: stream
select id, account, region, table_name, label, view_type, hash_name, range_name, created_ms, closed_ms
from dynamodb_stream where id = :id;

-- statement: read_stream_policy :cached
-- row: policy
select policy, policy_revision from dynamodb_stream where id = :id;

-- statement: set_stream_policy :exec
-- row: policy
update dynamodb_stream set policy = :policy, policy_revision = :policy_revision where id = :id;

-- statement: list_streams :many
-- param: horizon_ms integer
-- param: limit integer
select table_name, label from dynamodb_stream
where account = :account and region = :region and (table_name, label) > (:table_name, :label)
    and (closed_ms is null or closed_ms >= :horizon_ms)
order by table_name, label limit :limit;

-- statement: list_table_streams :many
-- param: horizon_ms integer
-- param: limit integer
select table_name, label from dynamodb_stream
where account = :account and region = :region and table_name = :table_name and label > :label
    and (closed_ms is null or closed_ms >= :horizon_ms)
order by label limit :limit;

-- statement: add_shard :exec
-- row: shard
insert into dynamodb_shard (stream_id, name, parent, started_ms, first_number)
values (:stream_id, :name, :parent, :started_ms, :first_number);

-- statement: close_shard :exec
update dynamodb_shard set last_number = :last_number, closed_ms = :closed_ms
where stream_id = :stream_id and name = :name;

-- statement: find_shard :one
-- row: shard
select stream_id, name, parent, started_ms, first_number, last_number, closed_ms
from dynamodb_shard where stream_id = :stream_id and name = :name;

-- statement: find_last_shard :cached
select name, first_number, started_ms
from dynamodb_shard where stream_id = :stream_id order by name desc limit 1;

-- statement: list_shards :many
-- param: after text
-- param: limit integer
-- param: horizon_ms integer
-- param: of_parent text null
-- row: shard
select stream_id, name, parent, started_ms, first_number, last_number, closed_ms
from dynamodb_shard
where stream_id = :stream_id and name > :after and (closed_ms is null or closed_ms >= :horizon_ms)
    and (:of_parent is null or parent = :of_parent)
order by name limit :limit;

-- statement: remove_shards :exec
-- param: horizon_ms integer
delete from dynamodb_shard where stream_id = :stream_id and closed_ms < :horizon_ms;

-- statement: add_record :exec
-- row: record
insert into dynamodb_record (id, made_ms, event, expired, size_bytes, item_keys, old_image, new_image,
    old_image_id, new_image_id)
values (:id, :made_ms, :event, :expired, :size_bytes, :item_keys, :old_image, :new_image,
    :old_image_id, :new_image_id);

-- The newest record of a stream.
-- statement: find_last_record :one
-- param: low integer
-- param: high integer
select id from dynamodb_record where id >= :low and id < :high order by id desc limit 1;

-- statement: find_first_record :one
-- param: low integer
-- param: high integer
select id, made_ms, size_bytes, old_image_id, new_image_id from dynamodb_record where id >= :low and id < :high order by id limit 1;

-- statement: read_records :each
-- param: low integer
-- param: high integer
-- row: record
select id, made_ms, event, expired, size_bytes, item_keys,
    case when old_image_id is null then old_image
        else (select content from dynamodb_content where image_id = old_image_id) end as old_image,
    case when new_image_id is null then new_image
        else (select content from dynamodb_content where image_id = new_image_id) end as new_image
from dynamodb_record where id >= :low and id < :high order by id;

-- statement: remove_record :exec
delete from dynamodb_record where id = :id;

-- ---- time to live ----

-- statement: read_time_to_live :one
select ttl_name, ttl_changed_ms, ttl_filling from dynamodb_table where id = :id;

-- statement: set_time_to_live :exec
update dynamodb_table set ttl_name = :ttl_name, ttl_changed_ms = :ttl_changed_ms, ttl_filling = :ttl_filling
where id = :id;

-- statement: end_filling :exec
update dynamodb_table set ttl_filling = 0 where id = :id;

-- statement: find_table_name :one
select account, region, name from dynamodb_table where id = :id;

-- statement: put_expiry :exec
-- row: expiry
insert into dynamodb_expiry (item_id, table_id, due_s) values (:item_id, :table_id, :due_s)
on conflict (item_id) do update set due_s = excluded.due_s;

-- statement: remove_expiry :exec
delete from dynamodb_expiry where item_id = :item_id;

-- statement: find_next_expiry :one
-- row: expiry
select item_id, table_id, due_s from dynamodb_expiry where table_id = :table_id order by due_s limit 1;

-- statement: forget_expiries_of :exec
-- param: limit integer
delete from dynamodb_expiry where item_id in
    (select item_id from dynamodb_expiry where table_id = :table_id limit :limit);

-- statement: read_item :one
select hash_key, range_key, size_bytes, image_id, item
from dynamodb_whole_item where id = :id;

-- statement: list_items :each
select id, hash_key, range_key, size_bytes, item
from dynamodb_whole_item
where table_id = :table_id and (hash_key, range_key) > (:hash_key, :range_key)
order by hash_key, range_key;

-- statement: find_token :one
select fingerprint, expires_ms from dynamodb_token
where account = :account and region = :region and token = :token;

-- statement: store_token :exec
insert into dynamodb_token (account, region, token, fingerprint, expires_ms)
values (:account, :region, :token, :fingerprint, :expires_ms)
on conflict (account, region, token) do update set fingerprint = :fingerprint, expires_ms = :expires_ms;

-- statement: find_oldest_token :one
select account, region, token, expires_ms from dynamodb_token order by expires_ms limit 1;

-- statement: remove_token :exec
delete from dynamodb_token where account = :account and region = :region and token = :token;

-- ---- backups ----

-- statement: add_version :insert
-- row: version
insert into dynamodb_version (table_id, hash_key, range_key, changed_ms, size_bytes, item, image_id)
values (:table_id, :hash_key, :range_key, :changed_ms, :size_bytes, :item, :image_id);

-- The first version of an item after that one.
-- statement: find_version :one
-- param: after integer
-- row: version
select id, size_bytes,
    case when dynamodb_version.image_id is null then dynamodb_version.item
        else (select content from dynamodb_content where image_id = dynamodb_version.image_id) end as item
from dynamodb_version
where table_id = :table_id and hash_key = :hash_key and range_key = :range_key and id > :after
order by id limit 1;

-- statement: find_last_version :one
select id from dynamodb_version order by id desc limit 1;

-- The last version of a table at that time.
-- statement: find_version_at :one
select id from dynamodb_version where table_id = :table_id and changed_ms <= :changed_ms
order by changed_ms desc, id desc limit 1;

-- statement: list_versions :many
-- param: limit integer
select id, size_bytes, image_id from dynamodb_version where table_id = :table_id and changed_ms < :changed_ms
order by changed_ms limit :limit;

-- statement: remove_version :exec
delete from dynamodb_version where id = :id;

-- statement: find_next_item :one
select hash_key, range_key from dynamodb_item
where table_id = :table_id and (hash_key, range_key) > (:hash_key, :range_key)
order by hash_key, range_key limit 1;

-- statement: find_next_version :one
select hash_key, range_key from dynamodb_version
where table_id = :table_id and (hash_key, range_key) > (:hash_key, :range_key)
order by hash_key, range_key limit 1;

-- statement: find_next_backup_item :one
-- row: backup_item
select id, hash_key, range_key, size_bytes, item from dynamodb_backup_item
where backup_id = :backup_id and (hash_key, range_key) > (:hash_key, :range_key)
order by hash_key, range_key limit 1;

-- statement: add_backup_item :insert
-- row: backup_item
insert into dynamodb_backup_item (backup_id, hash_key, range_key, size_bytes, item)
values (:backup_id, :hash_key, :range_key, :size_bytes, :item);

-- statement: list_backup_items :many
-- param: limit integer
select id, size_bytes from dynamodb_backup_item where backup_id = :backup_id limit :limit;

-- statement: remove_backup_item :exec
delete from dynamodb_backup_item where id = :id;

-- statement: add_backup :insert
-- row: backup
insert into dynamodb_backup (account, region, table_name, backup_key, name, type, status, created_ms, expires_ms,
    table_uuid, table_created_ms, stream_view, ttl_name, definition, items, bytes)
values (:account, :region, :table_name, :backup_key, :name, :type, :status, :created_ms, :expires_ms, :table_uuid,
    :table_created_ms, :stream_view, :ttl_name, :definition, :items, :bytes);

-- statement: find_backup :one
-- row: backup
select id, account, region, table_name, backup_key, name, type, status, created_ms, expires_ms, restores, table_uuid,
    table_created_ms, stream_view, ttl_name, definition, items, bytes
from dynamodb_backup
where account = :account and region = :region and created_ms = :created_ms and backup_key = :backup_key
    and table_name = :table_name;

-- statement: read_backup :one
-- row: backup
select id, account, region, table_name, backup_key, name, type, status, created_ms, expires_ms, restores, table_uuid,
    table_created_ms, stream_view, ttl_name, definition, items, bytes
from dynamodb_backup where id = :id;

-- statement: list_backup_rows :many
-- param: of_table text null
-- param: of_type text null
-- param: lower_ms integer
-- param: upper_ms integer
-- param: limit integer
-- row: backup
select id, account, region, table_name, backup_key, name, type, status, created_ms, expires_ms, table_uuid, bytes
from dynamodb_backup
where account = :account and region = :region and (created_ms, backup_key) > (:created_ms, :backup_key)
    and created_ms >= :lower_ms and created_ms < :upper_ms
    and (:of_table is null or table_name = :of_table) and (:of_type is null or type = :of_type)
order by created_ms, backup_key limit :limit;

-- statement: set_backup_status :exec
update dynamodb_backup set status = :status where id = :id;

-- statement: count_restores :exec
-- param: by integer
update dynamodb_backup set restores = restores + :by where id = :id;

-- statement: remove_backup_row :exec
delete from dynamodb_backup where id = :id;

-- statement: add_copy :insert
-- row: copy
insert into dynamodb_copy (source_id, version_id, backup_id, target_id, restored_ms, hash_key, range_key)
values (:source_id, :version_id, :backup_id, :target_id, :restored_ms, :hash_key, :range_key);

-- statement: read_copy :one
-- row: copy
select id, source_id, version_id, backup_id, target_id, restored_ms, hash_key, range_key
from dynamodb_copy where id = :id;

-- statement: find_copy_into :one
-- row: copy
select id, source_id, version_id, backup_id, target_id, restored_ms, hash_key, range_key
from dynamodb_copy where target_id = :target_id;

-- statement: find_copy_of :one
select id from dynamodb_copy where source_id = :source_id limit 1;

-- statement: move_copy :exec
-- row: copy
update dynamodb_copy set hash_key = :hash_key, range_key = :range_key where id = :id;

-- statement: remove_copy :exec
delete from dynamodb_copy where id = :id;

-- statement: count_copies :exec
-- param: by integer
update dynamodb_table set copies = copies + :by where id = :id;

-- statement: read_recovery :one
select recovery_ms, recovery_days, copies from dynamodb_table where id = :id;

-- statement: set_recovery :exec
update dynamodb_table set recovery_ms = :recovery_ms, recovery_days = :recovery_days where id = :id;

-- ---- images ----

-- statement: add_image :insert
insert into dynamodb_image (uses, draft) values (:uses, :draft);

-- statement: add_content :exec
insert into dynamodb_content (image_id, content) values (:image_id, :content);

-- statement: read_content :one
select content from dynamodb_content where image_id = :image_id;

-- The uses afterwards.
-- statement: use_image :one
-- param: by integer
update dynamodb_image set uses = uses + :by where id = :id returning uses;

-- statement: find_draft :one
-- param: draft integer
select id from dynamodb_image where draft = :draft;

-- statement: take_draft :exec
update dynamodb_image set uses = :uses, draft = null where id = :id;

-- statement: give_up_drafts :exec
-- param: low integer
-- param: high integer
update dynamodb_image set draft = null where draft >= :low and draft < :high;

-- statement: add_swap :insert
-- row: swap
insert into dynamodb_swap (draft, table_id, old_row, old_item, new_item)
values (:draft, :table_id, :old_row, :old_item, :new_item);

-- statement: find_swap :one
select id, old_row from dynamodb_swap where draft = :draft;

-- statement: find_next_swap :one
-- param: low integer
-- param: high integer
-- row: swap
select id, draft, table_id, old_row, old_item, new_item
from dynamodb_swap where draft >= :low and draft < :high order by draft limit 1;

-- statement: remove_swap :exec
delete from dynamodb_swap where id = :id;

-- statement: find_row_of_id :one
select size_bytes from dynamodb_item where id = :id;

-- statement: find_unused_image :one
-- column: size_bytes integer
select id, length(content) as size_bytes
from dynamodb_image join dynamodb_content on image_id = id
where uses = 0 and draft is null order by id limit 1;

-- statement: remove_image :exec
delete from dynamodb_image where id = :id;

-- statement: remove_content :exec
delete from dynamodb_content where image_id = :image_id;
