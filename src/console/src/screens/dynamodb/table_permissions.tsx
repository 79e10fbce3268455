/** A table's resource-based policy. */
import { useState } from 'preact/hooks';

import { deleteResourcePolicy, putResourcePolicy, resourcePolicy, type Table } from '../../api/dynamodb';
import { account } from '../../session';
import { Code } from '../../ui/code';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt, flash } from '../../ui/flash';
import { pretty } from '../../ui/format';
import { Empty, Loading, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { ofDynamo } from './parts';

/** What a new policy begins with. */
function example(table: Table): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'ReadOnly',
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${account.value}:root` },
          Action: ['dynamodb:GetItem', 'dynamodb:Query'],
          Resource: table.TableArn,
        },
      ],
    },
    null,
    2,
  );
}

export function Permissions({ table }: { table: Table }) {
  const arn = table.TableArn;
  const policy = useResource(`dynamodb/policy/${arn}`, signal => resourcePolicy(arn, signal), {
    on: ofDynamo,
  });
  const [edited, setEdited] = useState<string>();
  const [error, setError] = useState<unknown>();
  const [deleting, setDeleting] = useState(false);

  const save = async () => {
    try {
      await putResourcePolicy(arn, edited ?? '');
      flash('good', 'The policy was saved.');
      setEdited(undefined);
      setError(undefined);
      await policy.reload();
    } catch (failure) {
      setError(failure);
    }
  };
  const remove = async () => {
    await attempt(() => deleteResourcePolicy(arn), 'The policy was deleted.');
    await policy.reload();
  };
  const editing = edited !== undefined;
  return (
    <Panel
      title="Resource-based policy for table"
      description="Who may do what with this table, beside the policies of IAM"
      actions={
        editing ? (
          <>
            <Button kind="link" onClick={() => setEdited(undefined)}>
              Cancel
            </Button>
            <Button kind="primary" onClick={save}>
              Save changes
            </Button>
          </>
        ) : (
          <>
            {policy.data && (
              <Button kind="danger" onClick={() => setDeleting(true)}>
                Delete policy
              </Button>
            )}
            <Button
              disabled={policy.data === undefined}
              onClick={() => setEdited(policy.data ? pretty(policy.data) : example(table))}
            >
              {policy.data ? 'Edit table policy' : 'Create table policy'}
            </Button>
          </>
        )
      }
    >
      <Problem error={policy.error} retry={policy.reload} />
      <Problem error={error} />
      {editing ? (
        <Code label="Policy" language="json" value={edited} onChange={setEdited} />
      ) : policy.data ? (
        <Code label="Policy of the table" language="json" value={pretty(policy.data)} />
      ) : policy.loading ? (
        <Loading />
      ) : (
        <Empty title="No resource-based policy" />
      )}
      {deleting && (
        <Confirm
          title="Delete policy"
          action="Delete"
          typed="confirm"
          onConfirm={remove}
          onClose={() => setDeleting(false)}
        >
          <p>Who was allowed by this policy alone can use the table no longer.</p>
        </Confirm>
      )}
    </Panel>
  );
}
