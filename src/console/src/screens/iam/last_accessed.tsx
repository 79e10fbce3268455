/** "Last accessed": what a role or user used, what it could lose, and its inline policies without that. */
import { useState } from 'preact/hooks';

import {
  deleteInlinePolicy,
  lastAccessed,
  putInlinePolicy,
  type Kind,
  type LastAccessed,
  type OwnPolicy,
} from '../../api/iam';
import { server } from '../../session';
import { Code } from '../../ui/code';
import { Button } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { Time, timestamp } from '../../ui/format';
import { Badge, Empty, Loading, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource, type Resource } from '../../ui/resource';
import { Table, type Column } from '../../ui/table';
import { narrowed, unusedOf, type Unused } from './unused';

interface Props {
  kind: Kind;
  name: string;
  arn: string;
  policies: Resource<OwnPolicy[]>;
}

export function LastAccessedTab({ kind, name, arn, policies }: Props) {
  const found = useResource(`iam/last-accessed/${arn}`, signal => lastAccessed(arn, signal));
  const [narrowing, setNarrowing] = useState<OwnPolicy>();
  if (!found.data) return found.error ? <Problem error={found.error} retry={found.reload} /> : <Loading />;
  const changed = async () => {
    await policies.reload();
    await found.reload();
  };
  return (
    <>
      <Used found={found.data} reload={found.reload} />
      <CouldLose found={found.data} policies={policies.data ?? []} onNarrow={setNarrowing} />
      {narrowing && (
        <Narrow
          kind={kind}
          name={name}
          policy={narrowing}
          document={narrowed(narrowing, found.data)}
          onSaved={changed}
          onClose={() => setNarrowing(undefined)}
        />
      )}
    </>
  );
}

const USES: Column<LastAccessed['uses'][number]>[] = [
  {
    id: 'action',
    title: 'Action',
    sort: use => use.action,
    cell: use => <span class="mono">{use.action}</span>,
  },
  { id: 'resource', title: 'Resource', cell: use => use.resource ?? 'several' },
  { id: 'last', title: 'Last accessed', sort: use => use.lastMs, cell: use => <Time at={use.lastMs} /> },
];

function Used({ found, reload }: { found: LastAccessed; reload: () => Promise<void> }) {
  return (
    <Panel
      title="Used"
      count={found.uses.length}
      description={`What was allowed and done since ${timestamp(found.sinceMs).slice(0, 19)} UTC, when this server began to note it`}
      actions={<Button onClick={reload}>Refresh</Button>}
    >
      <Table
        label="Used"
        rows={found.uses}
        rowKey={use => `${use.action} ${use.resource}`}
        filterText={use => `${use.action} ${use.resource}`}
        columns={USES}
        empty={
          <Empty
            title={
              server.value?.policies === 'off'
                ? 'The server runs with --iam off: it evaluates no policies, so it notes no use'
                : 'Nothing was used'
            }
          />
        }
      />
    </Panel>
  );
}

interface CouldLoseProps {
  found: LastAccessed;
  policies: OwnPolicy[];
  onNarrow: (policy: OwnPolicy) => void;
}

function CouldLose({ found, policies, onNarrow }: CouldLoseProps) {
  const columns: Column<Unused>[] = [
    { id: 'policy', title: 'Policy', sort: row => row.policy.name, cell: row => row.policy.name },
    { id: 'statement', title: 'Statement', cell: row => row.statement },
    {
      id: 'actions',
      title: 'Never used',
      cell: row => (
        <>
          {row.whole && <Badge tone="warn">whole statement</Badge>}{' '}
          <span class="mono">{row.actions.join(', ')}</span>
        </>
      ),
    },
    {
      id: 'narrow',
      title: 'Change',
      cell: row =>
        row.policy.arn ? (
          'A managed policy: detach it, or attach a smaller one'
        ) : (
          <Button
            kind="link"
            label={`Remove what ${row.policy.name} never used`}
            onClick={() => onNarrow(row.policy)}
          >
            Remove what was never used
          </Button>
        ),
    },
  ];
  const rows = unusedOf(policies, found);
  return (
    <Panel
      title="Could be removed"
      count={rows.length}
      description="What the policies allow, and nothing used. Conditions are taken to fit; what is used by a resource's own policy counts as used, too."
    >
      {found.partial && <Empty title="More was used than is kept, so nothing is called unused" />}
      <Table
        label="Could be removed"
        rows={rows}
        rowKey={row => `${row.policy.arn ?? row.policy.name} ${row.statement}`}
        columns={columns}
        empty={<Empty title="Everything that the policies name was used" />}
      />
    </Panel>
  );
}

interface NarrowProps {
  kind: Kind;
  name: string;
  policy: OwnPolicy;
  /** Undefined: the policy goes. */
  document: string | undefined;
  onSaved: () => Promise<void>;
  onClose: () => void;
}

function Narrow({ kind, name, policy, document, onSaved, onClose }: NarrowProps) {
  const save = async () => {
    if (document) await putInlinePolicy(kind, name, policy.name, document);
    else await deleteInlinePolicy(kind, name, policy.name);
    flash('good', document ? `Policy ${policy.name} updated.` : `Policy ${policy.name} deleted.`);
    await onSaved();
  };
  return (
    <FormDialog
      title={`Remove what ${policy.name} never used`}
      submit={document ? 'Save changes' : 'Delete policy'}
      wide
      onSave={save}
      onClose={onClose}
    >
      {document ? (
        <Code label="The policy as it will be" language="json" value={document} />
      ) : (
        <p>Nothing of this policy was used: it is deleted.</p>
      )}
    </FormDialog>
  );
}
