/** From the graph of metrics to a widget of a dashboard. */
import { useState } from 'preact/hooks';

import type { Metric } from '../../../api/cloudwatch';
import { getDashboard, listDashboards, putDashboard } from '../../../api/dashboards';
import { link, navigate } from '../../../router';
import { region } from '../../../session';
import { LongSelect, useChoices } from '../../../ui/choices';
import { TextField } from '../../../ui/controls';
import { flash } from '../../../ui/flash';
import { FormDialog } from '../../../ui/form_dialog';
import { bodyText, parseBody, withWidget } from './body';
import { rowOfMetric, writtenRows } from './metric_rows';

interface AddToDashboardProps {
  metrics: Metric[];
  statistic: string;
  onClose: () => void;
}

export function AddToDashboard({ metrics, statistic, onClose }: AddToDashboardProps) {
  const [name, setName] = useState('');
  const [title, setTitle] = useState('');
  const dashboards = useChoices('cloudwatch/dashboards', listDashboards, ({ DashboardName }) => ({
    value: DashboardName,
  }));
  const add = async () => {
    const properties = {
      metrics: writtenRows(metrics.map(rowOfMetric)),
      view: 'timeSeries',
      stacked: false,
      stat: statistic,
      period: 300,
      region: region.value,
      title: title || undefined,
    };
    const body = parseBody(await getDashboard(name));
    await putDashboard(
      name,
      bodyText(withWidget(body, { type: 'metric', width: 12, height: 6, properties })),
    );
    flash('good', `The graph has been added to ${name}.`);
    navigate(link`cloudwatch/dashboards/${name}`);
  };
  return (
    <FormDialog
      title="Add to dashboard"
      submit="Add to dashboard"
      disabled={!name}
      onSave={add}
      onClose={onClose}
    >
      <LongSelect label="Select a dashboard" value={name} choices={dashboards} onChange={setName} />
      <TextField label="Customize the widget title" optional value={title} onInput={setTitle} />
    </FormDialog>
  );
}
