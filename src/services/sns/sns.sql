-- migration: 1
create table sns_topic (
    id integer primary key,
    account text not null,
    region text not null,
    name text not null,
    display_name text,
    policy text,
    delivery_policy text,
    kms_key_id text,
    tracing_config text,
    signature_version integer not null,
    deleted_subscriptions integer not null,
    unique (account, region, name)
);

create table sns_subscription (
    id integer primary key,
    topic_id integer not null,
    arn text not null unique,
    owner text not null,
    protocol text not null,
    endpoint text not null,
    raw_delivery integer not null,
    unique (topic_id, protocol, endpoint)
);

create table sns_tag (
    topic_id integer not null,
    name text not null,
    value text not null,
    primary key (topic_id, name)
) without rowid;

-- What envelopes are signed with: one key for the whole store.
create table sns_signing_key (
    name text primary key,
    private_key text not null,
    certificate text not null
) without rowid;

-- statement: add_topic :insert
-- row: topic
insert into sns_topic (account, region, name, display_name, policy, delivery_policy, kms_key_id, tracing_config,
    signature_version, deleted_subscriptions)
values (:account, :region, :name, :display_name, :policy, :delivery_policy, :kms_key_id, :tracing_config,
    :signature_version, 0);

-- statement: find_topic :one
-- row: topic
select id, account, region, name, display_name, policy, delivery_policy, kms_key_id, tracing_config,
    signature_version, deleted_subscriptions
from sns_topic where account = :account and region = :region and name = :name;

-- statement: update_topic :exec
-- row: topic
update sns_topic
set display_name = :display_name, policy = :policy, delivery_policy = :delivery_policy,
    kms_key_id = :kms_key_id, tracing_config = :tracing_config, signature_version = :signature_version
where id = :id;

-- statement: list_topics_page :many
-- param: limit integer
select name from sns_topic
where account = :account and region = :region and name > :name order by name limit :limit;

-- statement: remove_topic :exec
delete from sns_topic where id = :id;

-- statement: remove_subscriptions :exec
delete from sns_subscription where topic_id = :topic_id;

-- statement: remove_tags :exec
delete from sns_tag where topic_id = :topic_id;

-- statement: add_subscription :insert
insert into sns_subscription (topic_id, arn, owner, protocol, endpoint, raw_delivery)
values (:topic_id, :arn, :owner, :protocol, :endpoint, :raw_delivery);

-- statement: find_same_subscription :one
select arn, raw_delivery from sns_subscription
where topic_id = :topic_id and protocol = :protocol and endpoint = :endpoint;

-- statement: find_subscription :one
select s.id, s.topic_id, s.arn, s.owner, s.protocol, s.endpoint, s.raw_delivery, t.policy
from sns_subscription s join sns_topic t on t.id = s.topic_id where s.arn = :arn;

-- statement: set_raw_delivery :exec
update sns_subscription set raw_delivery = :raw_delivery where id = :id;

-- statement: remove_subscription :exec
delete from sns_subscription where id = :id;

-- statement: count_deleted :exec
update sns_topic set deleted_subscriptions = deleted_subscriptions + 1 where id = :id;

-- Everybody a message goes to.
-- statement: list_subscribers :many
select arn, protocol, endpoint, raw_delivery from sns_subscription where topic_id = :topic_id order by id;

-- statement: count_subscriptions :one
-- column: count integer
select count(*) as count from sns_subscription where topic_id = :topic_id;

-- statement: list_subscriptions_of_topic :many
-- row: subscription
-- param: limit integer
select id, arn, owner, protocol, endpoint from sns_subscription
where topic_id = :topic_id and id > :id order by id limit :limit;

-- Those of an account, to its own topics and to others'.
-- statement: list_subscriptions_page :many
-- row: subscription
-- param: limit integer
-- param: after integer
select s.id, s.arn, s.owner, s.protocol, s.endpoint
from sns_subscription s join sns_topic t on t.id = s.topic_id
where s.owner = :owner and t.region = :region and s.id > :after order by s.id limit :limit;

-- statement: put_tag :exec
insert into sns_tag (topic_id, name, value) values (:topic_id, :name, :value)
on conflict (topic_id, name) do update set value = excluded.value;

-- statement: remove_tag :exec
delete from sns_tag where topic_id = :topic_id and name = :name;

-- statement: list_tags :many
select name, value from sns_tag where topic_id = :topic_id order by name;

-- statement: add_signing_key :exec
insert into sns_signing_key (name, private_key, certificate) values (:name, :private_key, :certificate);

-- statement: find_signing_key_name :one
select name from sns_signing_key limit 1;

-- statement: find_private_key :one
select private_key from sns_signing_key where name = :name;

-- statement: find_certificate :one
select certificate from sns_signing_key where name = :name;
