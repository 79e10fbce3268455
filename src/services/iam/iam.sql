-- uses: ../tags/tags.sql

-- migration: 1
-- Roles and users are identities.  Names that differ only in case are equal.
create table iam_identity (
    id integer primary key,
    account text not null,
    kind text not null,
    name text not null,
    folded_name text not null,
    unique_id text not null unique,
    path text not null,
    created_ms integer not null,
    trust_policy text,
    description text,
    max_session_seconds integer,
    boundary_arn text,
    last_used_ms integer,
    last_used_region text,
    unique (account, kind, folded_name)
);

create table iam_identity_tag (
    identity_id integer not null,
    folded_key text not null,
    tag_key text not null,
    tag_value text not null,
    primary key (identity_id, folded_key)
);

create table iam_inline_policy (
    identity_id integer not null,
    policy_name text not null,
    document text not null,
    primary key (identity_id, policy_name)
);

create table iam_attachment (
    identity_id integer not null,
    policy_arn text not null,
    primary key (identity_id, policy_arn)
);
create index iam_attachment_by_policy on iam_attachment (policy_arn);

create table iam_policy (
    id integer primary key,
    account text not null,
    policy_name text not null,
    folded_name text not null,
    path text not null,
    unique_id text not null,
    arn text not null unique,
    description text,
    created_ms integer not null,
    updated_ms integer not null,
    default_version integer not null,
    newest_version integer not null,
    unique (account, folded_name)
);

create table iam_policy_version (
    policy_id integer not null,
    version integer not null,
    document text not null,
    created_ms integer not null,
    primary key (policy_id, version)
);

create table iam_policy_tag (
    policy_id integer not null,
    folded_key text not null,
    tag_key text not null,
    tag_value text not null,
    primary key (policy_id, folded_key)
);

-- Without identity_id it is a key of the account's root.
create table iam_access_key (
    access_key_id text not null primary key,
    account text not null,
    identity_id integer,
    secret text not null,
    status text not null,
    created_ms integer not null
);
create index iam_access_key_by_identity on iam_access_key (account, identity_id);

create table iam_session (
    access_key_id text not null primary key,
    account text not null,
    role_name text not null,
    role_unique_id text not null,
    session_name text not null,
    secret text not null,
    session_token text not null,
    session_policy text,
    expires_ms integer not null
);
create index iam_session_by_expiry on iam_session (expires_ms);

-- One row.  policies_version changes, to a new random number, whenever the permissions of any identity change.
create table iam_state (
    id integer primary key,
    policies_version integer not null,
    keys_created integer not null
);

-- migration: 2
alter table iam_session add column issued_ms integer not null default 0;

-- migration: 3
create index iam_identity_by_boundary on iam_identity (boundary_arn) where boundary_arn is not null;

-- migration: 4
insert into aws_tag (owner, key, spelling, value)
select 'arn:aws:iam::' || i.account || ':' || i.kind || i.path || i.name, tag.folded_key,
    nullif(tag.tag_key, tag.folded_key), tag.tag_value
from iam_identity_tag tag join iam_identity i on i.id = tag.identity_id;
insert into aws_tag (owner, key, spelling, value)
select p.arn, tag.folded_key, nullif(tag.tag_key, tag.folded_key), tag.tag_value
from iam_policy_tag tag join iam_policy p on p.id = tag.policy_id;
drop table iam_identity_tag;
drop table iam_policy_tag;

-- migration: 5
alter table iam_session add column function_arn text;

-- migration: 6
-- What roles and users have used, by their unique ids; an empty resource: several.
create table iam_use (
    owner text not null,
    action text not null,
    resource text not null,
    last_ms integer not null,
    region text not null,
    primary key (owner, action, resource)
) without rowid;
-- uses_partial: it used more actions than are kept.
alter table iam_identity add column uses_partial integer not null default 0;
-- Uses are kept since then; uses_run is the number of the last transaction that stored some.
alter table iam_state add column uses_since_ms integer;
alter table iam_state add column uses_run integer not null default 0;
-- The reports of last access that were asked for: the asker is a unique id, or the account; arn is the subject.
create table iam_access_job (
    id integer primary key autoincrement,
    job_id text not null unique,
    account text not null,
    asker text not null,
    arn text not null,
    granularity text not null,
    created_ms integer not null
);
create index iam_access_job_by_account on iam_access_job (account, id);

-- migration: 7
-- The last request that was signed with the key.
alter table iam_access_key add column last_used_ms integer;
alter table iam_access_key add column last_used_service text;
alter table iam_access_key add column last_used_region text;

-- migration: 8
-- Keys of policies' tags are compared as they are written.
update aws_tag set key = spelling, spelling = null
where spelling is not null and owner in (select arn from iam_policy);

-- migration: 9
create table iam_account_alias (
    account text not null primary key,
    alias text not null unique
) without rowid;

-- migration: 10
-- owner: the unique id of a role or of a user, or the account of a root.  Sessions of users and roots have an empty
-- role_name and session_name.
alter table iam_session rename column role_unique_id to owner;

-- migration: 11
-- Groups are identities, too.  group_count: the number of a user's groups, so that most users need no look-up.
create table iam_membership (
    user_id integer not null,
    group_id integer not null,
    primary key (user_id, group_id)
) without rowid;
create index iam_membership_by_group on iam_membership (group_id);
alter table iam_identity add column group_count integer not null default 0;

-- statement: insert_identity :insert
-- row: identity
insert into iam_identity (account, kind, name, folded_name, unique_id, path, created_ms, trust_policy, description,
                          max_session_seconds, boundary_arn)
values (:account, :kind, :name, :folded_name, :unique_id, :path, :created_ms, :trust_policy, :description,
        :max_session_seconds, :boundary_arn)
on conflict (account, kind, folded_name) do nothing;

-- statement: find_identity :cached
-- row: identity
select id, account, kind, name, folded_name, unique_id, path, created_ms, trust_policy, description,
       max_session_seconds, boundary_arn, last_used_ms, last_used_region, uses_partial, group_count
from iam_identity where id = :id;

-- statement: identity_by_name :one
select id from iam_identity where account = :account and kind = :kind and folded_name = :folded_name;

-- statement: identity_by_unique_id :one
select id from iam_identity where unique_id = :unique_id;

-- The identities after a name, sorted by name.
-- statement: page_identities :many
-- param: path_prefix text
-- param: after text
-- param: limit integer
select id, folded_name from iam_identity
where account = :account and kind = :kind and folded_name > :after
  and substr(path, 1, length(:path_prefix)) = :path_prefix
order by folded_name limit :limit;

-- statement: count_identities :one
-- column: count integer
select count(*) as count from iam_identity where account = :account and kind = :kind;

-- statement: rename_identity :exec
update iam_identity set name = :name, folded_name = :folded_name, path = :path where id = :id;

-- statement: set_group_count :exec
update iam_identity set group_count = :group_count where id = :id;

-- statement: insert_membership :exec
insert into iam_membership (user_id, group_id) values (:user_id, :group_id) on conflict (user_id, group_id) do nothing;

-- statement: remove_membership :exec
delete from iam_membership where user_id = :user_id and group_id = :group_id;

-- statement: groups_of_user :many
select group_id as id, iam_identity.folded_name
from iam_membership cross join iam_identity on iam_identity.id = iam_membership.group_id
where iam_membership.user_id = :user_id order by iam_identity.folded_name;

-- The users of a group after a name, sorted by name.
-- statement: page_members :many
-- param: after text
-- param: limit integer
select user_id as id, iam_identity.folded_name
from iam_membership cross join iam_identity on iam_identity.id = iam_membership.user_id
where iam_membership.group_id = :group_id and iam_identity.folded_name > :after
order by iam_identity.folded_name limit :limit;

-- statement: remove_identity :exec
delete from iam_identity where id = :id;

-- statement: set_trust_policy :exec
update iam_identity set trust_policy = :trust_policy where id = :id;

-- statement: set_role_settings :exec
update iam_identity set description = :description, max_session_seconds = :max_session_seconds where id = :id;

-- statement: set_boundary :exec
update iam_identity set boundary_arn = :boundary_arn where id = :id;

-- statement: set_last_used :exec
update iam_identity set last_used_ms = :last_used_ms, last_used_region = :last_used_region where id = :id;

-- statement: put_inline_policy :exec
insert into iam_inline_policy (identity_id, policy_name, document) values (:identity_id, :policy_name, :document)
on conflict (identity_id, policy_name) do update set document = excluded.document;

-- statement: find_inline_policy :one
select document from iam_inline_policy where identity_id = :identity_id and policy_name = :policy_name;

-- statement: inline_policies :many
select policy_name, document from iam_inline_policy where identity_id = :identity_id order by policy_name;

-- statement: remove_inline_policy :exec
delete from iam_inline_policy where identity_id = :identity_id and policy_name = :policy_name;

-- statement: insert_attachment :exec
insert into iam_attachment (identity_id, policy_arn) values (:identity_id, :policy_arn)
on conflict (identity_id, policy_arn) do nothing;

-- statement: remove_attachment :exec
delete from iam_attachment where identity_id = :identity_id and policy_arn = :policy_arn;

-- statement: attachments :many
select policy_arn from iam_attachment where identity_id = :identity_id order by policy_arn;

-- statement: count_attachments :one
-- column: count integer
select count(*) as count from iam_attachment
cross join iam_identity on iam_identity.id = iam_attachment.identity_id
where iam_attachment.policy_arn = :policy_arn and iam_identity.account = :account;

-- statement: count_boundaries :one
-- column: count integer
select count(*) as count from iam_identity where boundary_arn = :boundary_arn and account = :account;

-- The identities to which a policy is attached.
-- statement: attached_identities :many
-- row: entity
-- param: path_prefix text
select iam_identity.kind, iam_identity.name, iam_identity.folded_name, iam_identity.unique_id
from iam_attachment cross join iam_identity on iam_identity.id = iam_attachment.identity_id
where iam_attachment.policy_arn = :policy_arn and iam_identity.account = :account
  and substr(iam_identity.path, 1, length(:path_prefix)) = :path_prefix
order by iam_identity.kind, iam_identity.folded_name;

-- The identities whose boundary is this policy.
-- statement: bounded_identities :many
-- row: entity
-- param: path_prefix text
select kind, name, folded_name, unique_id from iam_identity indexed by iam_identity_by_boundary
where boundary_arn = :boundary_arn and account = :account
  and substr(path, 1, length(:path_prefix)) = :path_prefix
order by kind, folded_name;

-- statement: insert_policy :insert
insert into iam_policy (account, policy_name, folded_name, path, unique_id, arn, description, created_ms, updated_ms,
                        default_version, newest_version)
values (:account, :policy_name, :folded_name, :path, :unique_id, :arn, :description, :created_ms, :created_ms, 1, 1)
on conflict (account, folded_name) do nothing;

-- statement: find_policy :one
select id, account, policy_name, folded_name, path, unique_id, arn, description, created_ms, updated_ms,
       default_version, newest_version
from iam_policy where arn = :arn;

-- statement: policies_of_account :many
select arn, folded_name from iam_policy where account = :account order by folded_name;

-- statement: count_policies :one
-- column: policies integer
-- column: versions integer
select count(distinct iam_policy.id) as policies, count(*) as versions
from iam_policy join iam_policy_version on iam_policy_version.policy_id = iam_policy.id
where iam_policy.account = :account;

-- statement: set_policy_versions :exec
update iam_policy set default_version = :default_version, newest_version = :newest_version, updated_ms = :updated_ms
where id = :id;

-- statement: remove_policy :exec
delete from iam_policy where id = :id;

-- statement: insert_policy_version :exec
insert into iam_policy_version (policy_id, version, document, created_ms)
values (:policy_id, :version, :document, :created_ms);

-- statement: find_policy_version :one
select document, created_ms from iam_policy_version where policy_id = :policy_id and version = :version;

-- The document in force.
-- statement: find_policy_document :one
select iam_policy_version.document
from iam_policy join iam_policy_version on iam_policy_version.policy_id = iam_policy.id
where iam_policy.arn = :arn and iam_policy_version.version = iam_policy.default_version;

-- Newest first.
-- statement: policy_versions :many
select version, created_ms from iam_policy_version where policy_id = :policy_id order by version desc;

-- statement: remove_policy_version :exec
delete from iam_policy_version where policy_id = :policy_id and version = :version;

-- statement: remove_policy_versions :exec
delete from iam_policy_version where policy_id = :policy_id;

-- statement: insert_access_key :exec
insert into iam_access_key (access_key_id, account, identity_id, secret, status, created_ms)
values (:access_key_id, :account, :identity_id, :secret, :status, :created_ms);

-- statement: find_access_key :cached
select access_key_id, account, identity_id, secret, status, created_ms, last_used_ms, last_used_service,
       last_used_region
from iam_access_key where access_key_id = :access_key_id;

-- statement: set_key_last_used :exec
update iam_access_key set last_used_ms = :last_used_ms, last_used_service = :last_used_service,
                          last_used_region = :last_used_region
where access_key_id = :access_key_id;

-- statement: access_keys :many
select access_key_id, status, created_ms from iam_access_key
where account = :account and identity_id is not distinct from :identity_id order by access_key_id;

-- statement: set_access_key_status :exec
update iam_access_key set status = :status where access_key_id = :access_key_id;

-- statement: remove_access_key :exec
delete from iam_access_key where access_key_id = :access_key_id;

-- A federated user's session has the user's name as its session_name, and an empty role_name.
-- statement: insert_session :exec
insert into iam_session (access_key_id, account, role_name, owner, session_name, secret, session_token,
                         session_policy, function_arn, issued_ms, expires_ms)
values (:access_key_id, :account, :role_name, :owner, :session_name, :secret, :session_token,
        :session_policy, :function_arn, :issued_ms, :expires_ms);

-- statement: find_session :cached
-- column: owner_exists integer
select account, role_name, owner, session_name, secret, session_token, session_policy, function_arn,
       issued_ms, expires_ms,
       exists (select 1 from iam_identity where iam_identity.unique_id = iam_session.owner) as owner_exists
from iam_session where access_key_id = :access_key_id;

-- statement: remove_expired_sessions :exec
-- param: before_ms integer
-- param: limit integer
delete from iam_session where access_key_id in
    (select access_key_id from iam_session where expires_ms < :before_ms order by expires_ms limit :limit);

-- statement: find_account_alias :one
select alias from iam_account_alias where account = :account;

-- statement: find_alias_owner :one
select account from iam_account_alias where alias = :alias;

-- statement: set_account_alias :exec
insert into iam_account_alias (account, alias) values (:account, :alias)
on conflict (account) do update set alias = excluded.alias;

-- statement: remove_account_alias :exec
delete from iam_account_alias where account = :account;

-- statement: find_state :one
select policies_version, keys_created, uses_since_ms, uses_run from iam_state where id = 1;

-- The table has one row, whose id is 1.
-- statement: find_policies_version :cached
select policies_version from iam_state where id = :id;

-- statement: set_policies_version :exec
insert into iam_state (id, policies_version, keys_created) values (1, :policies_version, 0)
on conflict (id) do update set policies_version = excluded.policies_version;

-- statement: set_keys_created :exec
insert into iam_state (id, policies_version, keys_created) values (1, 0, 1)
on conflict (id) do update set keys_created = 1;

-- statement: set_uses_since :exec
insert into iam_state (id, policies_version, keys_created, uses_since_ms) values (1, 0, 0, :uses_since_ms)
on conflict (id) do update set uses_since_ms = excluded.uses_since_ms;

-- statement: set_uses_run :exec
update iam_state set uses_run = :uses_run where id = 1;

-- statement: set_uses_partial :exec
update iam_identity set uses_partial = 1 where id = :id;

-- statement: uses_of_owner :many
select action, resource, last_ms, region from iam_use where owner = :owner order by action, resource;

-- statement: put_use :exec
insert into iam_use (owner, action, resource, last_ms, region) values (:owner, :action, :resource, :last_ms, :region)
on conflict (owner, action, resource) do update set last_ms = excluded.last_ms, region = excluded.region;

-- statement: remove_uses :exec
delete from iam_use where owner = :owner and action = :action;

-- statement: remove_all_uses :exec
delete from iam_use where owner = :owner;

-- statement: insert_job :exec
insert into iam_access_job (job_id, account, asker, arn, granularity, created_ms)
values (:job_id, :account, :asker, :arn, :granularity, :created_ms);

-- Those of an account but the newest `kept`.
-- statement: remove_old_jobs :exec
-- param: kept integer
delete from iam_access_job
where account = :account and id <= (select id from iam_access_job where account = :account order by id desc
    limit 1 offset :kept);

-- statement: find_job :one
select arn, granularity, created_ms from iam_access_job
where job_id = :job_id and account = :account and asker = :asker;
