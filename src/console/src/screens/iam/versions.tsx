/** The versions of a managed policy: at most five, one of which is in force. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import { deletePolicyVersion, listPolicyVersions, setDefaultVersion, versionDocument } from '../../api/iam';
import { Button } from '../../ui/controls';
import { Code } from '../../ui/code';
import { attempt } from '../../ui/flash';
import { pretty, Time } from '../../ui/format';
import { Badge, Empty, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';
import { isAwsManaged } from './policy_choice';

export function Versions({ arn, onChange }: { arn: string; onChange: () => Promise<void> }) {
  const versions = useResource(`iam/policy/${arn}/versions`, signal => listPolicyVersions(arn, signal), {
    on: changed('iam'),
  });
  const [shown, setShown] = useState('');
  const document = useResource(shown && `iam/policy/${arn}/${shown}`, signal =>
    versionDocument(arn, shown, signal),
  );
  const act = async (action: Promise<unknown>, done: string) => {
    await attempt(() => action, done);
    await Promise.all([versions.reload(), onChange()]);
  };
  return (
    <Panel title="Policy versions" count={versions.data?.length}>
      <Problem error={versions.error ?? document.error} />
      <Table
        label="Policy versions"
        rows={versions.data ?? []}
        rowKey={row => row.VersionId}
        columns={[
          {
            id: 'version',
            title: 'Version',
            cell: row => (
              <>
                <Button kind="link" label={`Show ${row.VersionId}`} onClick={() => setShown(row.VersionId)}>
                  {row.VersionId}
                </Button>{' '}
                {row.IsDefaultVersion === 'true' && <Badge tone="good">Default</Badge>}
              </>
            ),
          },
          { id: 'created', title: 'Creation time', cell: row => <Time at={row.CreateDate} /> },
          {
            id: 'actions',
            title: 'Actions',
            cell: row =>
              row.IsDefaultVersion !== 'true' &&
              !isAwsManaged(arn) && (
                <>
                  <Button
                    kind="link"
                    label={`Set as default ${row.VersionId}`}
                    onClick={() =>
                      act(setDefaultVersion(arn, row.VersionId), `${row.VersionId} is now the default.`)
                    }
                  >
                    Set as default
                  </Button>
                  <Button
                    kind="link"
                    label={`Delete ${row.VersionId}`}
                    onClick={() => act(deletePolicyVersion(arn, row.VersionId), `Deleted ${row.VersionId}.`)}
                  >
                    Delete
                  </Button>
                </>
              ),
          },
        ]}
        empty={<Empty title={versions.loading ? 'Loading…' : 'No versions'} />}
      />
      {document.data !== undefined && (
        <Code key={shown} label={`Document of ${shown}`} language="json" value={pretty(document.data)} />
      )}
    </Panel>
  );
}
