-- migration: 1
-- dimensions: a JSON object, its names sorted.  active_ms: when a point was last stored, nearly.
create table cloudwatch_metric (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    namespace text not null,
    name text not null,
    dimensions text not null,
    active_ms integer not null,
    unique (account, region, namespace, name, dimensions)
);

-- The sums of what was put in each period.  spread: the values and how often each was put; null: unknown, for a
-- statistic set.
create table cloudwatch_point (
    metric_id integer not null,
    period_s integer not null,
    at_s integer not null,
    unit text not null,
    samples real not null,
    sum real not null,
    least real not null,
    most real not null,
    spread blob,
    primary key (metric_id, period_s, at_s, unit)
) without rowid;

-- Parts of large requests that are not yet points.
create table cloudwatch_upload (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    at_ms integer not null,
    request text not null
);

-- statement: find_metric :one
select id, active_ms from cloudwatch_metric
where account = :account and region = :region and namespace = :namespace and name = :name and dimensions = :dimensions;

-- statement: add_metric :insert
insert into cloudwatch_metric (account, region, namespace, name, dimensions, active_ms)
values (:account, :region, :namespace, :name, :dimensions, :active_ms);

-- statement: touch_metric :exec
update cloudwatch_metric set active_ms = :active_ms where id = :id;

-- statement: remove_metric :exec
delete from cloudwatch_metric where id = :id;

-- statement: list_metrics :each
-- param: after text
select namespace, name, dimensions, active_ms from cloudwatch_metric
where account = :account and region = :region and namespace = :namespace and name || char(10) || dimensions > :after
order by name, dimensions;

-- statement: next_namespace :one
select namespace from cloudwatch_metric
where account = :account and region = :region and namespace > :namespace
order by namespace limit 1;

-- statement: next_metric :one
-- param: after integer
select id, active_ms from cloudwatch_metric where id > :after order by id limit 1;

-- statement: find_point :one
select samples, sum, least, most, spread from cloudwatch_point
where metric_id = :metric_id and period_s = :period_s and at_s = :at_s and unit = :unit;

-- statement: put_point :exec
insert or replace into cloudwatch_point (metric_id, period_s, at_s, unit, samples, sum, least, most, spread)
values (:metric_id, :period_s, :at_s, :unit, :samples, :sum, :least, :most, :spread);

-- statement: read_points :each
-- param: from_s integer
-- param: end_s integer
select at_s, unit, samples, sum, least, most, spread from cloudwatch_point
where metric_id = :metric_id and period_s = :period_s and at_s >= :from_s and at_s < :end_s
order by at_s;

-- statement: find_old_point :one
-- param: end_s integer
select at_s, unit from cloudwatch_point
where metric_id = :metric_id and period_s = :period_s and at_s < :end_s
order by at_s limit 1;

-- statement: has_points :one
select at_s from cloudwatch_point where metric_id = :metric_id limit 1;

-- statement: remove_point :exec
delete from cloudwatch_point
where metric_id = :metric_id and period_s = :period_s and at_s = :at_s and unit = :unit;

-- statement: add_upload :insert
insert into cloudwatch_upload (account, region, at_ms, request) values (:account, :region, :at_ms, :request);

-- statement: next_upload :one
select id, account, region, at_ms, request from cloudwatch_upload order by id limit 1;

-- statement: remove_upload :exec
delete from cloudwatch_upload where id = :id;

-- migration: 2
-- settings: what PutMetricAlarm was given, in JSON.  namespace, metric: of an alarm on one metric.
create table cloudwatch_alarm (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    name text not null,
    settings text not null,
    namespace text,
    metric text,
    updated_ms integer not null,
    state text not null,
    reason text not null,
    reason_data text,
    state_ms integer not null,
    transitioned_ms integer not null,
    unique (account, region, name)
);
create index cloudwatch_alarm_metric on cloudwatch_alarm (account, region, namespace, metric);

-- What happened to alarms, also to those that are deleted.
create table cloudwatch_history (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    alarm text not null,
    at_ms integer not null,
    kind text not null,
    summary text not null,
    data text not null
);
create index cloudwatch_history_alarm on cloudwatch_history (account, region, alarm);

-- migration: 3
-- Distributions have a bound.
update cloudwatch_point set spread = null where length(spread) > 400 * 16;

-- migration: 4
-- rule: of a composite alarm.  suppressed_by: what keeps it from acting until suppressed_until_ms (0: as long as its
-- suppressor is in ALARM); acted_state: the state in which it has last acted.
alter table cloudwatch_alarm add column rule text;
alter table cloudwatch_alarm add column suppressed_by text;
alter table cloudwatch_alarm add column suppressed_until_ms integer not null default 0;
alter table cloudwatch_alarm add column acted_state text;
alter table cloudwatch_history add column type text not null default 'MetricAlarm';

-- The alarms in the rules of composite alarms, and those that suppress their actions.
create table cloudwatch_child (
    parent integer not null,
    name text not null,
    suppresses integer not null,
    primary key (parent, name, suppresses)
) without rowid;
create index cloudwatch_child_name on cloudwatch_child (name);

-- migration: 5
create table cloudwatch_dashboard (
    id integer primary key,
    account text not null,
    name text not null,
    body text not null,
    changed_ms integer not null,
    unique (account, name)
);

-- migration: 6
-- The same by the ids of alarms, so that an alarm's composite alarms are counted without looking up names.
create table cloudwatch_part (
    parent integer not null,
    child integer not null,
    suppresses integer not null,
    primary key (parent, child, suppresses)
) without rowid;
create index cloudwatch_part_child on cloudwatch_part (child, suppresses);
insert into cloudwatch_part (parent, child, suppresses)
select c.parent, a.id, c.suppresses from cloudwatch_child c
    join cloudwatch_alarm p on p.id = c.parent
    join cloudwatch_alarm a on a.account = p.account and a.region = p.region and a.name = c.name;
drop table cloudwatch_child;

-- statement: find_dashboard :one
-- row: dashboard
select id, account, name, body, changed_ms from cloudwatch_dashboard where account = :account and name = :name;

-- statement: put_dashboard_row :exec
insert into cloudwatch_dashboard (account, name, body, changed_ms) values (:account, :name, :body, :changed_ms)
on conflict (account, name) do update set body = excluded.body, changed_ms = excluded.changed_ms;

-- statement: list_dashboard_rows :many
-- param: from text
-- param: after text
-- param: end text
-- param: limit integer
-- column: size integer
select name, length(cast(body as blob)) as size, changed_ms from cloudwatch_dashboard
where account = :account and name >= :from and name > :after and name < :end
order by name limit :limit;

-- statement: remove_dashboard :exec
delete from cloudwatch_dashboard where id = :id;

-- statement: find_alarm :one
-- row: alarm
select id, account, region, name, settings, namespace, metric, updated_ms, state, reason, reason_data, state_ms, transitioned_ms,
    rule, suppressed_by, suppressed_until_ms, acted_state, actions_enabled
from cloudwatch_alarm where account = :account and region = :region and name = :name;

-- statement: read_alarm :one
-- row: alarm
select id, account, region, name, settings, namespace, metric, updated_ms, state, reason, reason_data, state_ms, transitioned_ms,
    rule, suppressed_by, suppressed_until_ms, acted_state, actions_enabled
from cloudwatch_alarm where id = :id;

-- statement: list_alarms :many
-- row: alarm
-- param: from text
-- param: after text
-- param: end text
-- param: limit integer
select id, account, region, name, settings, namespace, metric, updated_ms, state, reason, reason_data, state_ms, transitioned_ms,
    rule, suppressed_by, suppressed_until_ms, acted_state, actions_enabled
from cloudwatch_alarm where account = :account and region = :region and name >= :from and name > :after and name < :end
order by name limit :limit;

-- "+": SQLite sorts the few alarms of the metric, instead of reading all of the account in the order of an index.
-- statement: list_alarms_for_metric :many
-- row: alarm
select id, account, region, name, settings, namespace, metric, updated_ms, state, reason, reason_data, state_ms, transitioned_ms,
    rule, suppressed_by, suppressed_until_ms, acted_state, actions_enabled
from cloudwatch_alarm
where account = :account and region = :region and namespace = :namespace and metric = :metric
order by +name;

-- statement: add_alarm :insert
-- row: alarm
insert into cloudwatch_alarm (account, region, name, settings, namespace, metric, updated_ms, state, reason, reason_data,
    state_ms, transitioned_ms, rule, suppressed_by, suppressed_until_ms, acted_state, actions_enabled)
values (:account, :region, :name, :settings, :namespace, :metric, :updated_ms, :state, :reason, :reason_data, :state_ms,
    :transitioned_ms, :rule, :suppressed_by, :suppressed_until_ms, :acted_state, :actions_enabled);

-- statement: change_alarm :exec
-- row: alarm
update cloudwatch_alarm set settings = :settings, namespace = :namespace, metric = :metric, updated_ms = :updated_ms,
    state = :state, reason = :reason, reason_data = :reason_data, state_ms = :state_ms, transitioned_ms = :transitioned_ms,
    rule = :rule, suppressed_by = :suppressed_by, suppressed_until_ms = :suppressed_until_ms, acted_state = :acted_state,
    actions_enabled = :actions_enabled
where id = :id;

-- It leaves the settings alone, which may be long.
-- statement: enable_alarm :exec
update cloudwatch_alarm set actions_enabled = :actions_enabled, updated_ms = :updated_ms where id = :id;

-- statement: remove_alarm :exec
delete from cloudwatch_alarm where id = :id;

-- statement: put_child :exec
insert or replace into cloudwatch_part (parent, child, suppresses) values (:parent, :child, :suppresses);

-- statement: remove_children :exec
delete from cloudwatch_part where parent = :parent;

-- statement: list_children :many
select a.name from cloudwatch_part c join cloudwatch_alarm a on a.id = c.child
where c.parent = :parent and c.suppresses = 0
order by a.name;

-- The composite alarms that depend on an alarm.
-- statement: list_parents :many
select a.id, a.name, c.suppresses from cloudwatch_part c join cloudwatch_alarm a on a.id = c.parent
where c.child = :child
order by a.name;

-- Those whose rules name it, but for one of them.
-- statement: count_parents :one
-- param: but integer
-- column: parents integer
select count(*) as parents from cloudwatch_part where child = :child and suppresses = 0 and parent <> :but;

-- migration: 7
-- spec: what PutAnomalyDetector was given, in JSON.  Of an expression, namespace, metric and stat are empty, and
-- dimensions has its queries.
create table cloudwatch_detector (
    id integer primary key autoincrement,
    account text not null,
    region text not null,
    detector_id text not null,
    namespace text not null,
    metric text not null,
    dimensions text not null,
    stat text not null,
    spec text not null,
    unique (account, region, namespace, metric, dimensions, stat)
);
create index cloudwatch_detector_id on cloudwatch_detector (account, region, detector_id);

-- statement: put_detector :exec
insert into cloudwatch_detector (account, region, detector_id, namespace, metric, dimensions, stat, spec)
values (:account, :region, :detector_id, :namespace, :metric, :dimensions, :stat, :spec)
on conflict do update set spec = excluded.spec;

-- statement: find_detector :one
-- row: detector
select id, detector_id, namespace, metric, dimensions, stat, spec from cloudwatch_detector
where account = :account and region = :region and namespace = :namespace and metric = :metric
    and dimensions = :dimensions and stat = :stat;

-- statement: find_detector_of_id :one
-- row: detector
select id, detector_id, namespace, metric, dimensions, stat, spec from cloudwatch_detector
where account = :account and region = :region and detector_id = :detector_id;

-- statement: list_detectors :each
-- row: detector
-- param: after text
select id, detector_id, namespace, metric, dimensions, stat, spec from cloudwatch_detector
where account = :account and region = :region and detector_id > :after order by detector_id;

-- statement: remove_detector :exec
delete from cloudwatch_detector where id = :id;

-- statement: add_history :insert
insert into cloudwatch_history (account, region, alarm, type, at_ms, kind, summary, data)
values (:account, :region, :alarm, :type, :at_ms, :kind, :summary, :data);

-- statement: oldest_history :one
select id, at_ms from cloudwatch_history order by id limit 1;

-- statement: remove_history :exec
delete from cloudwatch_history where id = :id;

-- The newest first.
-- statement: list_history :many
-- row: history
-- param: before integer
-- param: limit integer
select id, alarm, type, at_ms, kind, summary, data from cloudwatch_history
where account = :account and region = :region and id < :before
order by id desc limit :limit;

-- statement: list_history_of_alarm :many
-- row: history
-- param: before integer
-- param: limit integer
select id, alarm, type, at_ms, kind, summary, data from cloudwatch_history
where account = :account and region = :region and alarm = :alarm and id < :before
order by id desc limit :limit;

-- The oldest first.
-- statement: list_history_forward :many
-- row: history
-- param: after integer
-- param: limit integer
select id, alarm, type, at_ms, kind, summary, data from cloudwatch_history
where account = :account and region = :region and id > :after
order by id limit :limit;

-- statement: list_history_of_alarm_forward :many
-- row: history
-- param: after integer
-- param: limit integer
select id, alarm, type, at_ms, kind, summary, data from cloudwatch_history
where account = :account and region = :region and alarm = :alarm and id > :after
order by id limit :limit;

-- migration: 8
alter table cloudwatch_alarm add column actions_enabled integer not null default 1;
update cloudwatch_alarm set actions_enabled = 0 where json_extract(settings, '$.ActionsEnabled') = 0;

-- migration: 9
create index cloudwatch_history_place on cloudwatch_history (account, region);
