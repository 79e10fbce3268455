/** The statements of a policy that belongs to a function or a version of a layer: who else may use it. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { Empty, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import type { Resource } from '../../ui/resource';
import { actionColumn, Table } from '../../ui/table';
import { listed, statementsOf, type Statement } from '../iam/policy_text';

function principalOf({ Principal }: Statement): string {
  if (typeof Principal === 'string') return Principal;
  return Object.values(Principal ?? {})
    .flatMap(listed)
    .join(', ');
}

function conditionOf({ Condition }: Statement): string {
  return Object.values(Condition ?? {})
    .flatMap(Object.entries)
    .map(([key, value]) => `${key} ${listed(value as string | string[]).join(', ')}`)
    .join('; ');
}

interface StatementsProps {
  description: string;
  /** The document as a text. */
  policy: Resource<string | undefined>;
  remove: (statementId: string) => Promise<unknown>;
  /** What a deletion means. */
  warning: string;
  /** The dialog that adds a statement. */
  addition: (onClose: () => void) => ComponentChildren;
}

export function PolicyStatements({ description, policy, remove, warning, addition }: StatementsProps) {
  const [adding, setAdding] = useState(false);
  const [deleting, setDeleting] = useState<string>();
  const confirmed = async (sid: string) => {
    await attempt(() => remove(sid), `Deleted the statement ${sid}.`);
    await policy.reload();
  };
  const rows = statementsOf(policy.data);
  return (
    <Panel
      title="Resource-based policy statements"
      count={rows.length}
      description={description}
      actions={<Button onClick={() => setAdding(true)}>Add permissions</Button>}
    >
      <Problem error={policy.error} retry={policy.reload} />
      <Table
        label="Resource-based policy statements"
        rows={rows}
        rowKey={row => row.Sid ?? ''}
        columns={[
          { id: 'sid', title: 'Statement ID', cell: row => row.Sid },
          { id: 'principal', title: 'Principal', cell: principalOf },
          { id: 'action', title: 'Action', cell: row => listed(row.Action).join(', ') },
          { id: 'condition', title: 'Condition', cell: row => conditionOf(row) || '–' },
          actionColumn<Statement>(
            'Delete',
            row => `Delete statement ${row.Sid}`,
            row => setDeleting(row.Sid),
          ),
        ]}
        empty={<Empty title="No policy statements" />}
      />
      {adding && addition(() => setAdding(false))}
      {deleting && (
        <Confirm
          title={`Delete statement ${deleting}`}
          action="Delete"
          typed="delete"
          onConfirm={() => confirmed(deleting)}
          onClose={() => setDeleting(undefined)}
        >
          <p>{warning}</p>
        </Confirm>
      )}
    </Panel>
  );
}
