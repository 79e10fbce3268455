/** CloudWatch › All alarms › Create alarm. */
import { useState } from 'preact/hooks';

import { dimensionsText, listMetrics, putAlarm, type Metric } from '../../api/cloudwatch';
import { link, navigate, search } from '../../router';
import { LongSelect, useChoices, type Choices } from '../../ui/choices';
import { Form, Select, TextField, type Option } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';

const STATISTICS = ['Average', 'Sum', 'Minimum', 'Maximum', 'SampleCount'];
const OPERATORS = [
  { value: 'GreaterThanThreshold', label: 'Greater > threshold' },
  { value: 'GreaterThanOrEqualToThreshold', label: 'Greater/Equal >= threshold' },
  { value: 'LessThanOrEqualToThreshold', label: 'Lower/Equal <= threshold' },
  { value: 'LessThanThreshold', label: 'Lower < threshold' },
];
const MISSING = [
  { value: 'missing', label: 'Treat missing data as missing' },
  { value: 'ignore', label: 'Treat missing data as ignore (maintain the alarm state)' },
  { value: 'notBreaching', label: 'Treat missing data as good (not breaching threshold)' },
  { value: 'breaching', label: 'Treat missing data as bad (breaching threshold)' },
];

const START = {
  name: '',
  metric: '',
  statistic: 'Maximum',
  period: '60',
  operator: 'GreaterThanOrEqualToThreshold',
  threshold: '1',
  points: '1',
  of: '1',
  missing: 'missing',
  action: '',
};

function optionOf(metric: Metric): Option {
  const dimensions = metric.Dimensions.flatMap(({ Name, Value }) => [Name, Value]);
  return {
    value: JSON.stringify([metric.Namespace, metric.MetricName, ...dimensions]),
    label: `${metric.Namespace} ${metric.MetricName} ${dimensionsText(metric.Dimensions)}`,
  };
}

export default function CreateAlarm() {
  const metrics = useChoices(
    'cloudwatch/metrics',
    (token, signal) => listMetrics('', token, signal),
    optionOf,
  );
  const [values, setValues] = useState<Values>({ ...START, metric: search.value.get('metric') ?? '' });
  const [error, setError] = useState<unknown>();
  const set = (member: keyof Values) => (value: string) =>
    setValues(before => ({ ...before, [member]: value }));
  const part = { values, set };
  const create = async () => {
    const [Namespace, MetricName, ...pairs] = JSON.parse(values.metric) as string[];
    const Dimensions = pairs.flatMap((Name, i) => (i % 2 === 0 ? [{ Name, Value: pairs[i + 1] }] : []));
    try {
      await putAlarm({
        AlarmName: values.name,
        Namespace,
        MetricName,
        Dimensions,
        Statistic: values.statistic,
        Period: Number(values.period),
        ComparisonOperator: values.operator,
        Threshold: Number(values.threshold),
        DatapointsToAlarm: Number(values.points),
        EvaluationPeriods: Number(values.of),
        TreatMissingData: values.missing,
        AlarmActions: values.action ? [values.action] : [],
      });
      flash('good', `Successfully created alarm ${values.name}.`);
      navigate(link`cloudwatch/alarms/${values.name}`);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Page
      title="Create alarm"
      crumbs={[
        ['CloudWatch', 'cloudwatch'],
        ['Alarms', 'cloudwatch/alarms'],
      ]}
    >
      <Form
        label="Create alarm"
        submit="Create alarm"
        cancel={() => navigate('cloudwatch/alarms')}
        onSubmit={create}
        disabled={!values.metric}
      >
        <MetricPart {...part} metrics={metrics} />
        <Conditions {...part} />
        <Panel title="Notification">
          <TextField
            label="Send a notification to"
            optional
            hint="The ARN of an SNS topic or a function"
            value={values.action}
            onInput={set('action')}
            mono
          />
        </Panel>
        <Panel title="Name and description">
          <TextField label="Alarm name" value={values.name} onInput={set('name')} required />
        </Panel>
        <Problem error={error} />
      </Form>
    </Page>
  );
}

type Values = Record<keyof typeof START, string>;

interface PartProps {
  values: Values;
  set: (member: keyof Values) => (value: string) => void;
}

function MetricPart({ values, set, metrics }: PartProps & { metrics: Choices }) {
  return (
    <Panel title="Metric">
      <LongSelect label="Metric" value={values.metric} choices={metrics} onChange={set('metric')} />
      <div class="row">
        <Select label="Statistic" value={values.statistic} options={STATISTICS} onChange={set('statistic')} />
        <TextField
          label="Period"
          hint="seconds"
          type="number"
          min={10}
          required
          value={values.period}
          onInput={set('period')}
        />
      </div>
    </Panel>
  );
}

function Conditions({ values, set }: PartProps) {
  return (
    <Panel title="Conditions">
      <Select
        label="Whenever the metric is"
        value={values.operator}
        options={OPERATORS}
        onChange={set('operator')}
      />
      <div class="row">
        <TextField label="than" type="number" required value={values.threshold} onInput={set('threshold')} />
        <TextField
          label="Datapoints to alarm"
          type="number"
          min={1}
          required
          value={values.points}
          onInput={set('points')}
        />
        <TextField label="out of" type="number" min={1} required value={values.of} onInput={set('of')} />
      </div>
      <Select
        label="Missing data treatment"
        value={values.missing}
        options={MISSING}
        onChange={set('missing')}
      />
    </Panel>
  );
}
