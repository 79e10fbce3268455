/** What policies allow, by service: AWS's Lambda console calls it "Resource summary". */
import { Badge } from '../../ui/layout';
import { Empty } from '../../ui/layout';
import { Table } from '../../ui/table';
import { serviceName, type Grant } from './policy_text';

import './iam.css';

export function Grants({ grants, label }: { grants: Grant[]; label: string }) {
  return (
    <Table
      label={label}
      rows={grants.map((grant, i) => ({ ...grant, key: String(i) }))}
      rowKey={row => row.key}
      columns={[
        { id: 'service', title: 'Service', cell: row => <strong>{serviceName(row.service)}</strong> },
        {
          id: 'effect',
          title: 'Effect',
          cell: row => <Badge tone={row.effect === 'Allow' ? 'good' : 'bad'}>{row.effect}</Badge>,
        },
        {
          id: 'actions',
          title: 'Actions',
          cell: row => <Lines texts={row.actions} before={row.except ? 'All but' : undefined} />,
        },
        { id: 'resources', title: 'Resources', cell: row => <Lines texts={row.resources} /> },
        { id: 'policy', title: 'Policy', cell: row => row.policy },
        {
          id: 'condition',
          title: 'Condition',
          cell: row => (row.conditional ? <Badge tone="note">with a condition</Badge> : '–'),
        },
      ]}
      empty={<Empty title="The policies allow nothing" />}
    />
  );
}

const SHOWN = 6;

function Lines({ texts, before }: { texts: string[]; before?: string }) {
  const all = before ? [before, ...texts] : texts;
  return (
    <ul class="lines mono" title={texts.join('\n')}>
      {all.slice(0, SHOWN).map(text => (
        <li key={text}>{text}</li>
      ))}
      {all.length > SHOWN && <li class="hint">and {all.length - SHOWN} more</li>}
    </ul>
  );
}
