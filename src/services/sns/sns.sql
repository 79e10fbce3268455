-- uses: ../tags/tags.sql

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

-- The key that signs envelopes: one for the whole store.
create table sns_signing_key (
    name text primary key,
    private_key text not null,
    certificate text not null
) without rowid;

-- A topic counts its subscriptions.  A deleted topic belongs to no account, named by its id, until its
-- subscriptions are removed, some at a time.
--
-- A message with more subscribers than one transaction takes is in sns_fanout until all have it: those after
-- after_id up to last_id still have to get it.
-- migration: 2
alter table sns_topic add column subscriptions integer not null default 0;
update sns_topic set subscriptions = (select count(*) from sns_subscription s where s.topic_id = sns_topic.id);
create index sns_subscription_topic on sns_subscription (topic_id);
create index sns_subscription_enveloped on sns_subscription (topic_id) where raw_delivery = 0;
create index sns_subscription_owner on sns_subscription (owner);

create table sns_fanout (
    id integer primary key autoincrement,
    topic_id integer not null,
    after_id integer not null,
    last_id integer not null
);
create table sns_fanout_message (
    fanout_id integer primary key,
    account text not null,
    region text not null,
    topic_arn text not null,
    trace_id text not null,
    group_id text,
    insert_at integer,
    attributes text not null,
    text text not null,
    envelope text
);
create index sns_fanout_topic on sns_fanout (topic_id);

-- Who subscribed; null for subscriptions that are older than this column.
-- migration: 3
alter table sns_subscription add column principal text;

-- migration: 4
insert into aws_tag (owner, key, value)
select 'arn:aws:sns:' || owner.region || ':' || owner.account || ':' || owner.name, tag.name, tag.value
from sns_tag tag join sns_topic owner on owner.id = tag.topic_id;
drop table sns_tag;

-- filter_id only says, by being not null, that there is a filter policy: its number means nothing.
-- migration: 5
alter table sns_subscription add column filter_id integer;
alter table sns_subscription add column filter_policy text;
alter table sns_subscription add column filter_scope text;
create index sns_subscription_filtered_topic on sns_subscription (topic_id) where filter_id is not null;
create index sns_subscription_filtered_owner on sns_subscription (owner) where filter_id is not null;

-- A stored message has all that a subscriber of any protocol gets.  In messages that are older than these columns,
-- message_id is null and `text` is what queues get; otherwise it is the message as published.
-- migration: 6
alter table sns_subscription add column redrive_policy text;
alter table sns_fanout_message add column message_id text;
alter table sns_fanout_message add column subject text;
alter table sns_fanout_message add column structure text;
alter table sns_fanout_message add column published_ms integer not null default 0;
alter table sns_fanout_message add column signature_version integer not null default 1;
alter table sns_fanout_message add column endpoint text;

-- Delivery status logging: a JSON object of the attributes that are set, of a topic, and of a stored message's.
-- migration: 7
alter table sns_topic add column feedback text;
alter table sns_fanout_message add column feedback text;

-- A FIFO topic has a random fifo_id, under which it counts and remembers its messages; it is never another topic's.
-- fifo_scope is 'Topic' or 'MessageGroup'; a deduplication id of the whole topic has an empty group.
-- migration: 8
alter table sns_topic add column fifo_id integer;
alter table sns_topic add column fifo_sequence integer not null default 0;
alter table sns_topic add column content_deduplication integer not null default 0;
alter table sns_topic add column fifo_scope text;
alter table sns_fanout_message add column sequence_number text;
alter table sns_fanout_message add column deduplication_id text;

create table sns_deduplication (
    fifo_id integer not null,
    group_id text not null,
    deduplication_id text not null,
    expires_ms integer not null,
    message_id text not null,
    sequence_number text not null,
    primary key (fifo_id, group_id, deduplication_id)
) without rowid;
create index sns_deduplication_expires on sns_deduplication (expires_ms);

-- Mobile push.  `attributes` is a JSON object of what was set.  A deleted application belongs to no account until its
-- endpoints are removed, some at a time.
-- SMS: settings, numbers for the sandbox, and numbers whose owners want no messages.
-- The outbox has what went to phones and mobile endpoints: the newest messages, up to a bound.
-- migration: 9
create table sns_application (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    name text not null,
    attributes text not null,
    unique (account, region, name)
);
create table sns_endpoint (
    id integer primary key,
    application_id integer not null,
    arn text not null unique,
    token text not null,
    attributes text not null,
    unique (application_id, token)
);
create table sns_sms_setting (
    account text not null,
    region text not null,
    attributes text not null,
    primary key (account, region)
) without rowid;
create table sns_sandbox_number (
    account text not null,
    region text not null,
    number text not null,
    password text not null,
    verified integer not null,
    primary key (account, region, number)
) without rowid;
create table sns_opted_out (
    account text not null,
    region text not null,
    number text not null,
    primary key (account, region, number)
) without rowid;
create table sns_outbox (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    protocol text not null,
    target text not null,
    content text not null
);
create index sns_outbox_target on sns_outbox (account, region, protocol, target);

-- A subscription waits for its confirmation until its token ends; one that an unsigned request has ended can
-- be confirmed again as long.
-- migration: 10
alter table sns_subscription add column delivery_policy text;
alter table sns_subscription add column state text not null default 'confirmed'
    check (state in ('confirmed', 'pending', 'deleted'));
alter table sns_subscription add column token text;
alter table sns_subscription add column token_ends_ms integer not null default 0;
alter table sns_subscription add column authenticated integer not null default 1;
alter table sns_subscription add column ends_signed integer not null default 1;
create unique index sns_subscription_token on sns_subscription (token) where token is not null;
alter table sns_topic add column pending_subscriptions integer not null default 0;
-- enum: sns_subscription.state confirmed pending deleted

-- migration: 11
alter table sns_topic add column data_protection text;
alter table sns_fanout_message add column data_protection text;

-- The archive of a FIFO topic has a random archive_id, a new one each time it is turned on; the messages of an archive
-- that was turned off are removed some at a time.
-- A replay's next message is behind next_id; null: it is over.  Messages behind held_id are new ones, which wait.
-- migration: 12
alter table sns_topic add column archive_id integer;
alter table sns_topic add column archive_days integer not null default 0;
alter table sns_topic add column archive_began_ms integer not null default 0;
create table sns_archive (
    id integer primary key autoincrement,
    archive_id integer not null,
    published_ms integer not null,
    message_id text not null,
    sequence_number text not null,
    deduplication_id text not null,
    group_id text not null,
    subject text,
    structure text,
    attributes text not null,
    text text not null
);
create index sns_archive_time on sns_archive (archive_id, published_ms);
create index sns_archive_order on sns_archive (archive_id, id);
create table sns_ended_archive (archive_id integer primary key);
create table sns_replay (
    arn text primary key,
    policy text not null,
    status text not null,
    next_id integer,
    held_id integer not null,
    ends_ms integer
) without rowid;
create index sns_replay_active on sns_replay (next_id) where next_id is not null;

-- The header that named a stored message's trace, for the messages of queues.
-- migration: 13
alter table sns_fanout_message add column trace_header text;

-- The same for an archived message.
-- migration: 14
alter table sns_archive add column trace_header text;

-- The hop of the publish, from which the deliveries of a stored message come; 0: unknown.
-- migration: 15
alter table sns_fanout_message add column published_hop integer not null default 0;

-- Ids are never used again: deliveries, and what a topic has accepted but not published yet, name them.
-- migration: 16
alter table sns_topic rename to sns_topic_before;
create table sns_topic (
    id integer primary key autoincrement,
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
    subscriptions integer not null default 0,
    feedback text,
    fifo_id integer,
    fifo_sequence integer not null default 0,
    content_deduplication integer not null default 0,
    fifo_scope text,
    pending_subscriptions integer not null default 0,
    data_protection text,
    archive_id integer,
    archive_days integer not null default 0,
    archive_began_ms integer not null default 0,
    unique (account, region, name)
);
insert into sns_topic (id, account, region, name, display_name, policy, delivery_policy, kms_key_id, tracing_config,
    signature_version, deleted_subscriptions, subscriptions, feedback, fifo_id, fifo_sequence, content_deduplication,
    fifo_scope, pending_subscriptions, data_protection, archive_id, archive_days, archive_began_ms)
select id, account, region, name, display_name, policy, delivery_policy, kms_key_id, tracing_config,
    signature_version, deleted_subscriptions, subscriptions, feedback, fifo_id, fifo_sequence, content_deduplication,
    fifo_scope, pending_subscriptions, data_protection, archive_id, archive_days, archive_began_ms
from sns_topic_before order by id;
drop table sns_topic_before;

alter table sns_subscription rename to sns_subscription_before;
create table sns_subscription (
    id integer primary key autoincrement,
    topic_id integer not null,
    arn text not null unique,
    owner text not null,
    protocol text not null,
    endpoint text not null,
    raw_delivery integer not null,
    principal text,
    filter_id integer,
    filter_policy text,
    filter_scope text,
    redrive_policy text,
    delivery_policy text,
    state text not null default 'confirmed'
    check (state in ('confirmed', 'pending', 'deleted')),
    token text,
    token_ends_ms integer not null default 0,
    authenticated integer not null default 1,
    ends_signed integer not null default 1,
    unique (topic_id, protocol, endpoint)
);
insert into sns_subscription (id, topic_id, arn, owner, protocol, endpoint, raw_delivery, principal, filter_id,
    filter_policy, filter_scope, redrive_policy, delivery_policy, state, token, token_ends_ms, authenticated,
    ends_signed)
select id, topic_id, arn, owner, protocol, endpoint, raw_delivery, principal, filter_id, filter_policy, filter_scope,
    redrive_policy, delivery_policy, state, token, token_ends_ms, authenticated, ends_signed
from sns_subscription_before order by id;
drop table sns_subscription_before;
create index sns_subscription_topic on sns_subscription (topic_id);
create index sns_subscription_enveloped on sns_subscription (topic_id) where raw_delivery = 0;
create index sns_subscription_owner on sns_subscription (owner);
create index sns_subscription_filtered_topic on sns_subscription (topic_id) where filter_id is not null;
create index sns_subscription_filtered_owner on sns_subscription (owner) where filter_id is not null;
create unique index sns_subscription_token on sns_subscription (token) where token is not null;

-- The largest message that a topic takes, in bytes; null: 262144.
-- migration: 17
alter table sns_topic add column maximum_message_size integer;

-- statement: add_topic :insert
-- row: topic
insert into sns_topic (account, region, name, display_name, policy, delivery_policy, kms_key_id, tracing_config,
    signature_version, feedback, fifo_id, content_deduplication, fifo_scope, data_protection, archive_id,
    archive_days, archive_began_ms, maximum_message_size, deleted_subscriptions)
values (:account, :region, :name, :display_name, :policy, :delivery_policy, :kms_key_id, :tracing_config,
    :signature_version, :feedback, :fifo_id, :content_deduplication, :fifo_scope, :data_protection, :archive_id,
    :archive_days, :archive_began_ms, :maximum_message_size, 0);

-- statement: find_topic :one
-- row: topic
select id, account, region, name, display_name, policy, delivery_policy, kms_key_id, tracing_config,
    signature_version, feedback, fifo_id, content_deduplication, fifo_scope, data_protection, deleted_subscriptions,
    subscriptions, pending_subscriptions, archive_id, archive_days, archive_began_ms, maximum_message_size
from sns_topic where account = :account and region = :region and name = :name;

-- statement: update_topic :exec
-- row: topic
update sns_topic
set display_name = :display_name, policy = :policy, delivery_policy = :delivery_policy,
    kms_key_id = :kms_key_id, tracing_config = :tracing_config, signature_version = :signature_version,
    feedback = :feedback, content_deduplication = :content_deduplication, fifo_scope = :fifo_scope,
    archive_id = :archive_id, archive_days = :archive_days, archive_began_ms = :archive_began_ms,
    maximum_message_size = :maximum_message_size
where id = :id;

-- statement: set_topic_policy :exec
update sns_topic set policy = :policy where id = :id;

-- statement: set_data_protection :exec
update sns_topic set data_protection = :data_protection where id = :id;

-- statement: find_subscriber_principal :one
select principal, owner from sns_subscription where id = :id;

-- statement: next_sequence :one
update sns_topic set fifo_sequence = fifo_sequence + 1 where id = :id returning fifo_sequence;

-- A message with that deduplication id that has not expired.
-- statement: find_deduplication :one
-- param: now_ms integer
select message_id, sequence_number from sns_deduplication
where fifo_id = :fifo_id and group_id = :group_id and deduplication_id = :deduplication_id and expires_ms > :now_ms;

-- statement: put_deduplication :exec
insert or replace into sns_deduplication (fifo_id, group_id, deduplication_id, expires_ms, message_id, sequence_number)
values (:fifo_id, :group_id, :deduplication_id, :expires_ms, :message_id, :sequence_number);

-- Numbers and texts together are not found by all: so they have two lists.
-- statement: remove_some_deduplications :exec
-- param: now_ms integer
-- param: limit integer
delete from sns_deduplication where expires_ms <= :now_ms
    and fifo_id in (select fifo_id from sns_deduplication where expires_ms <= :now_ms order by expires_ms limit :limit)
    and (group_id, deduplication_id) in (select group_id, deduplication_id from sns_deduplication
        where expires_ms <= :now_ms order by expires_ms limit :limit);

-- statement: list_topics_page :many
-- param: limit integer
select name from sns_topic
where account = :account and region = :region and name > :name order by name limit :limit;

-- statement: remove_topic :exec
delete from sns_topic where id = :id;

-- statement: end_topic :exec
update sns_topic set account = '', name = cast(id as text) where id = :id;

-- A deleted topic whose messages have all been delivered.
-- statement: find_ended_topic :one
select id from sns_topic t
where account = '' and not exists (select 1 from sns_fanout f where f.topic_id = t.id) limit 1;

-- statement: remove_some_subscriptions :exec
-- param: limit integer
delete from sns_subscription
where id in (select s.id from sns_subscription s where s.topic_id = :topic_id limit :limit);

-- statement: add_subscription :insert
-- row: subscription
insert into sns_subscription (topic_id, arn, owner, principal, protocol, endpoint, raw_delivery, filter_id,
    filter_policy, filter_scope, redrive_policy, delivery_policy, state, token, token_ends_ms, authenticated,
    ends_signed)
values (:topic_id, :arn, :owner, :principal, :protocol, :endpoint, :raw_delivery, :filter_id,
    :filter_policy, :filter_scope, :redrive_policy, :delivery_policy, :state, :token, :token_ends_ms,
    :authenticated, :ends_signed);

-- statement: find_same_subscription :one
-- row: subscription
select id, topic_id, arn, owner, principal, protocol, endpoint, raw_delivery, filter_id, filter_policy,
    filter_scope, redrive_policy, delivery_policy, state, token, token_ends_ms, authenticated, ends_signed
from sns_subscription where topic_id = :topic_id and protocol = :protocol and endpoint = :endpoint;

-- statement: find_subscription_by_token :one
-- row: subscription
select id, topic_id, arn, owner, principal, protocol, endpoint, raw_delivery, filter_id, filter_policy,
    filter_scope, redrive_policy, delivery_policy, state, token, token_ends_ms, authenticated, ends_signed
from sns_subscription where token = :token;

-- statement: find_subscription_by_id :one
-- row: subscription
select id, topic_id, arn, owner, principal, protocol, endpoint, raw_delivery, filter_id, filter_policy,
    filter_scope, redrive_policy, delivery_policy, state, token, token_ends_ms, authenticated, ends_signed
from sns_subscription where id = :id;

-- statement: find_subscribed_topic :one
-- row: topic
select id, account, region, name, display_name, delivery_policy, signature_version, fifo_id
from sns_topic where id = :id;

-- A subscription of another protocol than those.
-- statement: find_other_subscription :one
-- param: one text
-- param: another text
select id from sns_subscription
where topic_id = :topic_id and protocol <> :one and protocol <> :another and state <> 'deleted' limit 1;

-- statement: update_confirmation :exec
-- row: subscription
update sns_subscription
set state = :state, token = :token, token_ends_ms = :token_ends_ms, authenticated = :authenticated,
    ends_signed = :ends_signed
where id = :id;

-- statement: find_subscription :one
-- row: subscription
select s.id, s.topic_id, s.arn, s.owner, s.principal, s.protocol, s.endpoint, s.raw_delivery, s.filter_id,
    s.filter_policy, s.filter_scope, s.redrive_policy, s.delivery_policy, s.state, s.token, s.token_ends_ms,
    s.authenticated, s.ends_signed, t.policy
from sns_subscription s join sns_topic t on t.id = s.topic_id where s.arn = :arn and t.account <> '';

-- statement: update_subscription :exec
-- row: subscription
update sns_subscription
set raw_delivery = :raw_delivery, filter_id = :filter_id, filter_policy = :filter_policy,
    filter_scope = :filter_scope, redrive_policy = :redrive_policy, delivery_policy = :delivery_policy
where id = :id;

-- statement: count_filters_of_topic :one
-- column: count integer
-- param: limit integer
select count(*) as count from
    (select 1 from sns_subscription where topic_id = :topic_id and filter_id is not null limit :limit);

-- statement: count_filters_of_owner :one
-- column: count integer
-- param: limit integer
select count(*) as count from
    (select 1 from sns_subscription where owner = :owner and filter_id is not null limit :limit);

-- statement: find_filter :one
select filter_policy, filter_scope from sns_subscription where id = :id;

-- statement: remove_subscription :exec
delete from sns_subscription where id = :id;

-- statement: count_subscriptions :exec
-- param: confirmed integer
-- param: pending integer
-- param: deleted integer
update sns_topic
set subscriptions = subscriptions + :confirmed, pending_subscriptions = pending_subscriptions + :pending,
    deleted_subscriptions = deleted_subscriptions + :deleted
where id = :id;

-- Some subscribers of a message.
-- statement: list_subscribers :many
-- row: subscriber
-- param: after_id integer
-- param: last_id integer
-- param: limit integer
select id, arn, protocol, endpoint, raw_delivery, filter_id, redrive_policy from sns_subscription
where topic_id = :topic_id and id > :after_id and id <= :last_id and state = 'confirmed'
order by id limit :limit;

-- statement: find_last_subscriber :one
select id from sns_subscription where topic_id = :topic_id order by id desc limit 1;

-- Does any subscriber get envelopes?
-- statement: find_enveloped :one
select id from sns_subscription where topic_id = :topic_id and raw_delivery = 0 limit 1;

-- statement: find_fanout_of_topic :one
select id from sns_fanout where topic_id = :topic_id limit 1;

-- statement: add_fanout :insert
insert into sns_fanout (topic_id, after_id, last_id) values (:topic_id, 0, :last_id);

-- statement: find_fanout :one
select id, topic_id, after_id, last_id from sns_fanout where id > 0 order by id limit 1;

-- statement: fanout_reached :exec
update sns_fanout set after_id = :after_id where id = :id;

-- statement: remove_fanout :exec
delete from sns_fanout where id = :id;

-- statement: add_fanout_message :exec
-- row: fanout_message
insert into sns_fanout_message (fanout_id, account, region, topic_arn, trace_id, group_id, insert_at, attributes,
    text, envelope, message_id, subject, structure, published_ms, signature_version, endpoint, feedback,
    sequence_number, deduplication_id, data_protection, trace_header, published_hop)
values (:fanout_id, :account, :region, :topic_arn, :trace_id, :group_id, :insert_at, :attributes, :text,
    :envelope, :message_id, :subject, :structure, :published_ms, :signature_version, :endpoint, :feedback,
    :sequence_number, :deduplication_id, :data_protection, :trace_header, :published_hop);

-- statement: find_fanout_message :one
-- row: fanout_message
select fanout_id, account, region, topic_arn, trace_id, group_id, insert_at, attributes, text, envelope,
    message_id, subject, structure, published_ms, signature_version, endpoint, feedback,
    sequence_number, deduplication_id, data_protection, trace_header, published_hop
from sns_fanout_message where fanout_id = :fanout_id;

-- statement: remove_fanout_message :exec
delete from sns_fanout_message where fanout_id = :fanout_id;

-- statement: list_subscriptions_of_topic :many
-- row: subscription
-- param: limit integer
select id, arn, owner, protocol, endpoint, state from sns_subscription
where topic_id = :topic_id and id > :id order by id limit :limit;

-- The subscriptions of an account, to its own topics and to others'.
-- statement: list_subscriptions_page :many
-- row: subscription
-- param: limit integer
-- param: after integer
select s.id, s.arn, s.owner, s.protocol, s.endpoint, s.state
from sns_subscription s join sns_topic t on t.id = s.topic_id
where s.owner = :owner and t.account <> '' and t.region = :region and s.id > :after order by s.id limit :limit;

-- statement: add_signing_key :exec
insert into sns_signing_key (name, private_key, certificate) values (:name, :private_key, :certificate);

-- statement: find_signing_key_name :one
select name from sns_signing_key limit 1;

-- statement: find_private_key :one
select private_key from sns_signing_key where name = :name;

-- statement: find_certificate :one
select certificate from sns_signing_key where name = :name;

-- statement: find_application :one
-- row: application
select id, account, region, name, attributes from sns_application
where account = :account and region = :region and name = :name;

-- statement: add_application :insert
-- row: application
insert into sns_application (account, region, name, attributes) values (:account, :region, :name, :attributes);

-- statement: update_application :exec
update sns_application set attributes = :attributes where id = :id;

-- statement: end_application :exec
update sns_application set account = '', name = cast(id as text) where id = :id;

-- statement: list_applications_page :many
-- param: limit integer
select name, attributes from sns_application
where account = :account and region = :region and name > :name order by name limit :limit;

-- statement: find_ended_application :one
select id from sns_application where account = '' limit 1;

-- statement: remove_application :exec
delete from sns_application where id = :id;

-- statement: remove_some_endpoints :exec
-- param: limit integer
delete from sns_endpoint where id in
    (select e.id from sns_endpoint e where e.application_id = :application_id limit :limit);

-- statement: find_endpoint :one
-- row: endpoint
select e.id, e.application_id, e.arn, e.token, e.attributes, a.attributes as application
from sns_endpoint e join sns_application a on a.id = e.application_id
where e.arn = :arn and a.account <> '';

-- statement: find_endpoint_of_token :one
-- row: endpoint
select id, application_id, arn, token, attributes from sns_endpoint
where application_id = :application_id and token = :token;

-- statement: add_endpoint :insert
-- row: endpoint
insert into sns_endpoint (application_id, arn, token, attributes) values (:application_id, :arn, :token, :attributes);

-- statement: update_endpoint :exec
-- row: endpoint
update sns_endpoint set token = :token, attributes = :attributes where id = :id;

-- statement: remove_endpoint :exec
delete from sns_endpoint where id = :id;

-- statement: list_endpoints_page :many
-- param: limit integer
-- param: after text
select arn, token, attributes from sns_endpoint
where application_id = :application_id and token > :after order by token limit :limit;

-- statement: find_sms_settings :one
select attributes from sns_sms_setting where account = :account and region = :region;

-- statement: put_sms_settings :exec
insert or replace into sns_sms_setting (account, region, attributes) values (:account, :region, :attributes);

-- statement: find_sandbox_number :one
select password, verified from sns_sandbox_number
where account = :account and region = :region and number = :number;

-- statement: put_sandbox_number :exec
insert or replace into sns_sandbox_number (account, region, number, password, verified)
values (:account, :region, :number, :password, :verified);

-- statement: remove_sandbox_number :exec
delete from sns_sandbox_number where account = :account and region = :region and number = :number;

-- statement: list_sandbox_numbers :many
-- param: limit integer
select number, verified from sns_sandbox_number
where account = :account and region = :region and number > :number order by number limit :limit;

-- statement: find_opted_out :one
select number from sns_opted_out where account = :account and region = :region and number = :number;

-- statement: put_opted_out :exec
insert or replace into sns_opted_out (account, region, number) values (:account, :region, :number);

-- statement: remove_opted_out :exec
delete from sns_opted_out where account = :account and region = :region and number = :number;

-- statement: list_opted_out :many
-- param: limit integer
select number from sns_opted_out
where account = :account and region = :region and number > :number order by number limit :limit;

-- statement: add_outbox :insert
insert into sns_outbox (account, region, protocol, target, content)
values (:account, :region, :protocol, :target, :content);

-- statement: remove_old_outbox :exec
delete from sns_outbox where id <= :id;

-- The newest messages come first.
-- statement: list_outbox :many
-- param: before integer
-- param: limit integer
-- param: only text null
select id, target, content from sns_outbox
where account = :account and region = :region and protocol = :protocol and (:only is null or target = :only)
    and id < :before
order by id desc limit :limit;

-- statement: clear_outbox :exec
-- param: only text null
delete from sns_outbox
where account = :account and region = :region and protocol = :protocol and (:only is null or target = :only);

-- statement: find_topic_by_id :one
-- row: topic
select id, account, region, name, signature_version, feedback, fifo_id, data_protection, archive_id, archive_days
from sns_topic where id = :id;

-- statement: add_archived :exec
-- row: archived
insert into sns_archive (archive_id, published_ms, message_id, sequence_number, deduplication_id, group_id, subject,
    structure, attributes, text, trace_header)
values (:archive_id, :published_ms, :message_id, :sequence_number, :deduplication_id, :group_id, :subject,
    :structure, :attributes, :text, :trace_header);

-- statement: remove_old_archived :exec
-- param: limit integer
delete from sns_archive where id in
    (select a.id from sns_archive a where a.archive_id = :archive_id and a.published_ms < :published_ms
     order by a.published_ms limit :limit);

-- statement: find_next_archived :one
-- row: archived
select id, archive_id, published_ms, message_id, sequence_number, deduplication_id, group_id, subject, structure,
    attributes, text, trace_header
from sns_archive where archive_id = :archive_id and id > :id order by id limit 1;

-- statement: find_first_archived :one
select id from sns_archive where archive_id = :archive_id and published_ms >= :published_ms
order by published_ms, id limit 1;

-- statement: find_last_archived :one
select id from sns_archive where archive_id = :archive_id order by id desc limit 1;

-- statement: add_ended_archive :exec
insert or ignore into sns_ended_archive (archive_id) values (:archive_id);

-- statement: find_ended_archive :one
select archive_id from sns_ended_archive where archive_id >= 0 limit 1;

-- statement: remove_some_archived :exec
-- param: limit integer
delete from sns_archive where id in
    (select a.id from sns_archive a where a.archive_id = :archive_id order by a.id limit :limit);

-- statement: remove_ended_archive :exec
delete from sns_ended_archive where archive_id = :archive_id;

-- statement: put_replay :exec
-- row: replay
insert or replace into sns_replay (arn, policy, status, next_id, held_id, ends_ms)
values (:arn, :policy, :status, :next_id, :held_id, :ends_ms);

-- statement: find_replay :one
-- row: replay
select arn, policy, status, next_id, held_id, ends_ms from sns_replay where arn = :arn;

-- statement: find_active_replay :one
-- row: replay
select arn, policy, status, next_id, held_id, ends_ms from sns_replay where next_id is not null limit 1;

-- statement: remove_replay :exec
delete from sns_replay where arn = :arn;
