/** The access keys of a user.  A secret is shown once, when its key is created. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import {
  accessKeysAndUses,
  createAccessKey,
  deleteAccessKey,
  setKeyStatus,
  type AccessKey,
  type NewKey,
} from '../../api/iam';
import { Button } from '../../ui/controls';
import { Confirm, Dialog } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { Time } from '../../ui/format';
import { Badge, Copy, Empty, Facts, Notice, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { Table } from '../../ui/table';

export function AccessKeys({ user }: { user: string }) {
  const keys = useResource(`iam/users/${user}/keys`, signal => accessKeysAndUses(user, signal), {
    on: changed('iam'),
  });
  const [made, setMade] = useState<NewKey>();
  const [deleting, setDeleting] = useState<string>();
  const create = async () => {
    await attempt(async () => setMade(await createAccessKey(user)));
    await keys.reload();
  };
  const toggle = async ({ AccessKeyId: id, Status }: AccessKey) => {
    await attempt(() => setKeyStatus(user, id, Status === 'Active' ? 'Inactive' : 'Active'));
    await keys.reload();
  };
  const remove = async (id: string) => {
    await attempt(() => deleteAccessKey(user, id), `Access key ${id} deleted.`);
    await keys.reload();
  };
  return (
    <Panel
      title="Access keys"
      count={keys.data?.length}
      actions={<Button onClick={create}>Create access key</Button>}
    >
      <Problem error={keys.error} retry={keys.reload} />
      <Table
        label="Access keys"
        rows={keys.data ?? []}
        rowKey={row => row.AccessKeyId}
        columns={[
          { id: 'id', title: 'Access key ID', cell: row => <Copy text={row.AccessKeyId} /> },
          {
            id: 'status',
            title: 'Status',
            cell: row => <Badge tone={row.Status === 'Active' ? 'good' : 'warn'}>{row.Status}</Badge>,
          },
          {
            id: 'used',
            title: 'Last used',
            cell: ({ use }) => (use && !use.LastUsedDate ? 'None' : <Time at={use?.LastUsedDate} />),
          },
          { id: 'region', title: 'Last used region', cell: row => row.use?.Region ?? '–' },
          { id: 'service', title: 'Last used service', cell: row => row.use?.ServiceName ?? '–' },
          { id: 'created', title: 'Created', cell: row => <Time at={row.CreateDate} /> },
          {
            id: 'actions',
            title: 'Actions',
            cell: row => (
              <>
                <Button
                  kind="link"
                  label={`${row.Status === 'Active' ? 'Deactivate' : 'Activate'} ${row.AccessKeyId}`}
                  onClick={() => toggle(row)}
                >
                  {row.Status === 'Active' ? 'Deactivate' : 'Activate'}
                </Button>
                <Button
                  kind="link"
                  label={`Delete ${row.AccessKeyId}`}
                  onClick={() => setDeleting(row.AccessKeyId)}
                >
                  Delete
                </Button>
              </>
            ),
          },
        ]}
        empty={<Empty title={keys.loading ? 'Loading…' : 'No access keys'} />}
      />
      {made && <Made keyPair={made} onClose={() => setMade(undefined)} />}
      {deleting && (
        <Confirm
          title={`Delete ${deleting}?`}
          action="Delete"
          typed={deleting}
          onConfirm={() => remove(deleting)}
          onClose={() => setDeleting(undefined)}
        >
          <p>What signs with this key is refused from then on. It cannot be recovered.</p>
        </Confirm>
      )}
    </Panel>
  );
}

function Made({ keyPair, onClose }: { keyPair: NewKey; onClose: () => void }) {
  return (
    <Dialog
      title="Retrieve access keys"
      onClose={onClose}
      actions={
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <Notice tone="warn">
        This is the only time that the secret access key can be viewed. If you lose it, create a new key.
      </Notice>
      <Facts
        facts={[
          ['Access key', <Copy key="i" text={keyPair.AccessKeyId} />],
          ['Secret access key', <Copy key="s" text={keyPair.SecretAccessKey} />],
        ]}
      />
    </Dialog>
  );
}
