-- Tags of all services' resources.  owner is the resource's ARN; key is the form that is compared; spelling is the key
-- as the client wrote it, if the service ignores case and it differs from key.
-- migration: 1
create table aws_tag (
    owner text not null,
    key text not null,
    spelling text,
    value text not null,
    primary key (owner, key)
) without rowid;

-- statement: put_tag :exec
insert into aws_tag (owner, key, spelling, value) values (:owner, :key, :spelling, :value)
on conflict (owner, key) do update set spelling = excluded.spelling, value = excluded.value;

-- statement: remove_tag :exec
delete from aws_tag where owner = :owner and key = :key;

-- statement: remove_tags :exec
delete from aws_tag where owner = :owner;

-- statement: move_tags :exec
-- param: new_owner text
-- param: old_owner text
update aws_tag set owner = :new_owner where owner = :old_owner;

-- statement: list_tags :many
-- column: key text
select coalesce(spelling, key) as key, value from aws_tag where owner = :owner order by aws_tag.key;

-- All tags of a resource, as an object; cached, because policies use them often.
-- statement: find_tags :cached
-- column: tags text
select json_group_object(coalesce(spelling, key), value) as tags from aws_tag where owner = :owner;
