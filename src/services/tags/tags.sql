-- Tags of every service's resources.  owner is the resource's ARN; key is what keys are compared by, and spelling the
-- key as it was given, where a service compares keys without case and they differ.
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

-- statement: list_tags :many
-- column: key text
select coalesce(spelling, key) as key, value from aws_tag where owner = :owner order by aws_tag.key;
