/** Lists in the form of a widget: what is chosen, and a field that adds one of the others. */
import type { ComponentChildren } from 'preact';

import { describeAlarms, listMetrics, type Metric } from '../../../api/cloudwatch';
import { logGroups } from '../../../api/logs';
import { LongSelect, useChoices, type Choices } from '../../../ui/choices';
import { Button } from '../../../ui/controls';
import { alarmName } from './alarm_arn';
import { rowName, rowOfMetric, type MetricRow } from './metric_rows';

interface ChosenProps {
  legend: string;
  names: string[];
  onRemove: (at: number) => void;
  /** How another one is added. */
  children: ComponentChildren;
}

function Chosen({ legend, names, onRemove, children }: ChosenProps) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      <ul class="chosen-list">
        {names.map((name, at) => (
          <li key={at}>
            <span>{name}</span>
            <Button kind="link" label={`Remove ${name}`} onClick={() => onRemove(at)}>
              Remove
            </Button>
          </li>
        ))}
      </ul>
      {children}
    </fieldset>
  );
}

function without<T>(rows: T[], at: number): T[] {
  return rows.filter((_, i) => i !== at);
}

interface AddProps {
  label: string;
  choices: Choices;
  onAdd: (value: string) => void;
}

/** Choosing adds at once: the field is empty again. */
function AddOne({ label, choices, onAdd }: AddProps) {
  return <LongSelect label={label} value="" choices={choices} onChange={value => value && onAdd(value)} />;
}

interface MetricsFieldProps {
  rows: MetricRow[];
  onChange: (rows: MetricRow[]) => void;
}

export function MetricsField({ rows, onChange }: MetricsFieldProps) {
  const choices = useChoices(
    'cloudwatch/metrics',
    (token, signal) => listMetrics('', token, signal),
    metric => ({ value: JSON.stringify(metric), label: rowName(rowOfMetric(metric)) }),
  );
  return (
    <Chosen legend="Metrics" names={rows.map(rowName)} onRemove={at => onChange(without(rows, at))}>
      <AddOne
        label="Add metric"
        choices={choices}
        onAdd={value => onChange([...rows, rowOfMetric(JSON.parse(value) as Metric)])}
      />
    </Chosen>
  );
}

interface NamesFieldProps {
  onChange: (names: string[]) => void;
}

export function AlarmsField({ arns, onChange }: NamesFieldProps & { arns: string[] }) {
  const choices = useChoices(
    'cloudwatch/alarms',
    (token, signal) => describeAlarms(undefined, token, signal),
    ({ AlarmArn, AlarmName }) =>
      arns.includes(AlarmArn) ? undefined : { value: AlarmArn, label: AlarmName },
  );
  return (
    <Chosen legend="Alarms" names={arns.map(alarmName)} onRemove={at => onChange(without(arns, at))}>
      <AddOne label="Add alarm" choices={choices} onAdd={arn => onChange([...arns, arn])} />
    </Chosen>
  );
}

export function LogGroupsField({ groups, onChange }: NamesFieldProps & { groups: string[] }) {
  const choices = useChoices(
    'logs/groups',
    (token, signal) => logGroups('', token, signal),
    ({ logGroupName }) => (groups.includes(logGroupName) ? undefined : { value: logGroupName }),
  );
  return (
    <Chosen legend="Log groups" names={groups} onRemove={at => onChange(without(groups, at))}>
      <AddOne label="Add log group" choices={choices} onAdd={name => onChange([...groups, name])} />
    </Chosen>
  );
}
