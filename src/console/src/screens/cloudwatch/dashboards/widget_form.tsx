/** The form of a widget, new or edited. */
import type { ComponentType } from 'preact';
import { useState } from 'preact/hooks';

import { region } from '../../../session';
import { Boundary } from '../../../ui/boundary';
import { Select, TextArea, TextField } from '../../../ui/controls';
import { FormDialog } from '../../../ui/form_dialog';
import {
  COLUMNS,
  isObject,
  MOST_ROWS,
  numberIn,
  placesOf,
  textOf,
  type Properties,
  type Widget,
} from './body';
import { readLogQuery, writeLogQuery } from './log_query';
import { metricRows, writtenRows } from './metric_rows';
import { PERIODS } from './time_range';
import { AlarmsField, LogGroupsField, MetricsField } from './widget_fields';

const STATISTICS = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount', 'p50', 'p90', 'p99'];

interface Kind {
  value: string;
  label: string;
  type: string;
  /** The properties that make it this kind. */
  sets: Properties;
}

/** AWS's names of widgets. */
const KINDS: Kind[] = [
  { value: 'line', label: 'Line', type: 'metric', sets: { view: 'timeSeries', stacked: false } },
  { value: 'area', label: 'Stacked area', type: 'metric', sets: { view: 'timeSeries', stacked: true } },
  { value: 'number', label: 'Number', type: 'metric', sets: { view: 'singleValue' } },
  { value: 'gauge', label: 'Gauge', type: 'metric', sets: { view: 'gauge' } },
  { value: 'bar', label: 'Bar', type: 'metric', sets: { view: 'bar' } },
  { value: 'pie', label: 'Pie', type: 'metric', sets: { view: 'pie' } },
  { value: 'table', label: 'Data table', type: 'metric', sets: { view: 'table' } },
  { value: 'text', label: 'Text', type: 'text', sets: {} },
  { value: 'alarm', label: 'Alarm status', type: 'alarm', sets: {} },
  { value: 'log', label: 'Logs table', type: 'log', sets: { view: 'table' } },
  { value: 'log line', label: 'Logs line', type: 'log', sets: { view: 'timeSeries', stacked: false } },
];

const START: Record<string, () => Widget> = {
  metric: () => ({
    type: 'metric',
    width: 12,
    height: 6,
    properties: { metrics: [], stat: 'Average', period: 300, region: region.value },
  }),
  text: () => ({ type: 'text', width: 12, height: 3, properties: { markdown: '' } }),
  alarm: () => ({ type: 'alarm', width: 12, height: 3, properties: { alarms: [] } }),
  log: () => ({
    type: 'log',
    width: 24,
    height: 6,
    properties: {
      query: 'fields @timestamp, @message\n| sort @timestamp desc\n| limit 20',
      region: region.value,
    },
  }),
};

function started(kind: Kind): Widget {
  const widget = START[kind.type]!();
  return { ...widget, properties: { ...widget.properties, ...kind.sets } };
}

function kindOf({ type, properties }: Widget): Kind | undefined {
  return KINDS.find(
    kind =>
      kind.type === type &&
      Object.entries(kind.sets).every(([name, value]) => (properties[name] ?? USUAL[name]) === value),
  );
}

const USUAL: Properties = { view: 'timeSeries', stacked: false };

interface WidgetFormProps {
  before?: Widget;
  onSave: (widget: Widget) => void;
  onClose: () => void;
}

export function WidgetForm({ before, onSave, onClose }: WidgetFormProps) {
  const [widget, setWidget] = useState<Widget>(before ?? started(KINDS[0]!));
  const kind = kindOf(widget);
  const set = (changes: Properties) =>
    setWidget(now => ({ ...now, properties: { ...now.properties, ...changes } }));
  const choose = (value: string) => {
    const chosen = KINDS.find(one => one.value === value);
    if (!chosen) return;
    if (chosen.type === widget.type) set(chosen.sets);
    else setWidget(started(chosen));
  };
  const Fields = FIELDS[widget.type];
  return (
    <FormDialog
      title={before ? 'Edit widget' : 'Add widget'}
      submit={before ? 'Update widget' : 'Create widget'}
      wide
      onSave={async () => onSave(widget)}
      onClose={onClose}
    >
      <Select
        label="Widget type"
        value={kind?.value ?? ''}
        options={[
          ...(kind ? [] : [{ value: '', label: textOf(widget.properties.view) ?? widget.type }]),
          ...KINDS.filter(one => !before || one.type === before.type),
        ]}
        onChange={choose}
      />
      {widget.type !== 'text' && (
        <TextField
          label="Title"
          optional
          value={textOf(widget.properties.title) ?? ''}
          onInput={title => set({ title: title || undefined })}
        />
      )}
      <Boundary>{Fields && <Fields properties={widget.properties} set={set} />}</Boundary>
      <SizeFields widget={widget} onChange={setWidget} isNew={!before} />
    </FormDialog>
  );
}

interface FieldsProps {
  properties: Properties;
  set: (changes: Properties) => void;
}

const FIELDS: Record<string, ComponentType<FieldsProps>> = {
  metric: MetricFields,
  text: ({ properties, set }) => (
    <TextArea
      label="Markdown"
      hint="# Heading, **strong**, *emphasis*, - list, `code`, [text](https://…), | tables |"
      rows={10}
      value={textOf(properties.markdown) ?? ''}
      onInput={markdown => set({ markdown })}
    />
  ),
  alarm: ({ properties, set }) => (
    <AlarmsField
      arns={Array.isArray(properties.alarms) ? (properties.alarms as string[]) : []}
      onChange={alarms => set({ alarms })}
    />
  ),
  log: LogFields,
};

function MetricFields({ properties, set }: FieldsProps) {
  const period = numberIn(properties.period, 1, 86_400) ?? 300;
  const known = PERIODS.some(({ value }) => value === String(period));
  const stat = textOf(properties.stat) ?? 'Average';
  const axes = isObject(properties.yAxis) ? properties.yAxis : {};
  const left = isObject(axes.left) ? axes.left : {};
  const setLeft = (member: string, text: string) => {
    const value = text === '' ? undefined : Number(text);
    set({ yAxis: { ...axes, left: { ...left, [member]: value } } });
  };
  const bound = (label: string, member: string) => (
    <TextField
      label={label}
      type="number"
      step="any"
      optional={properties.view !== 'gauge'}
      required={properties.view === 'gauge'}
      value={String(left[member] ?? '')}
      onInput={text => setLeft(member, text)}
    />
  );
  return (
    <>
      <MetricsField
        rows={metricRows(properties.metrics)}
        onChange={rows => set({ metrics: writtenRows(rows) })}
      />
      <div class="row">
        <Select
          label="Statistic"
          value={stat}
          options={STATISTICS.includes(stat) ? STATISTICS : [...STATISTICS, stat]}
          onChange={value => set({ stat: value })}
        />
        <Select
          label="Period"
          value={String(period)}
          options={known ? PERIODS : [...PERIODS, { value: String(period), label: `${period} seconds` }]}
          onChange={value => set({ period: Number(value) })}
        />
        {bound('Left axis: least', 'min')}
        {bound('Left axis: most', 'max')}
      </div>
    </>
  );
}

function LogFields({ properties, set }: FieldsProps) {
  const query = readLogQuery(textOf(properties.query) ?? '');
  const write = (changes: Partial<typeof query>) => set({ query: writeLogQuery({ ...query, ...changes }) });
  return (
    <>
      <LogGroupsField groups={query.groups} onChange={groups => write({ groups })} />
      <TextArea
        label="Query"
        hint="Logs Insights: fields, filter, stats, sort, limit"
        rows={6}
        value={query.text}
        onInput={text => write({ text })}
      />
    </>
  );
}

interface SizeProps {
  widget: Widget;
  onChange: (widget: Widget) => void;
  /** A new widget gets its place by itself. */
  isNew: boolean;
}

function SizeFields({ widget, onChange, isNew }: SizeProps) {
  const [place] = placesOf([widget]);
  const field = (label: string, member: 'x' | 'y' | 'width' | 'height', least: number, most: number) => (
    <TextField
      label={label}
      hint={`${least} to ${most}`}
      type="number"
      min={least}
      max={most}
      required
      value={String(widget[member] ?? place![member])}
      onInput={text => onChange({ ...widget, [member]: Number(text) })}
    />
  );
  return (
    <div class="row">
      {field('Width (columns)', 'width', 1, COLUMNS)}
      {field('Height (rows)', 'height', 1, MOST_ROWS)}
      {!isNew && field('Column', 'x', 0, COLUMNS - 1)}
      {!isNew && field('Row', 'y', 0, 100_000)}
    </div>
  );
}
