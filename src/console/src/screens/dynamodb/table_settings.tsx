/** A table's additional settings: capacity, time to live, deletion protection, table class, tags. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import {
  describeTimeToLive,
  listTags,
  replaceTags,
  updateTable,
  updateTimeToLive,
  type Table,
} from '../../api/dynamodb';
import { Button, Form, Pairs, RadioGroup, TextField } from '../../ui/controls';
import { Dialog } from '../../ui/dialog';
import { flash } from '../../ui/flash';
import { Facts, Loading, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { CapacityForm, throughputOf } from './create_settings';
import { capacityMode, ofDynamo, Status } from './parts';
import type { TabProps } from './table';

export function AdditionalSettings(props: TabProps) {
  return (
    <>
      <CapacityPanel {...props} />
      <TimeToLivePanel table={props.table} />
      <ProtectionPanel {...props} />
      <TagsPanel arn={props.table.TableArn} />
    </>
  );
}

interface EditProps {
  title: string;
  submit: string;
  done: string;
  onSubmit: () => Promise<unknown>;
  onClose: () => void;
  children: ComponentChildren;
}

/** A dialog that changes one setting, and shows AWS's refusal beside what was entered. */
function Edit({ title, submit, done, onSubmit, onClose, children }: EditProps) {
  const [error, setError] = useState<unknown>();
  const save = async () => {
    try {
      await onSubmit();
      flash('good', done);
      onClose();
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <Form label={title} submit={submit} cancel={onClose} onSubmit={save}>
        {children}
        <Problem error={error} />
      </Form>
    </Dialog>
  );
}

function capacityOf(table: Table) {
  const { ReadCapacityUnits = 0, WriteCapacityUnits = 0 } = table.ProvisionedThroughput ?? {};
  return {
    mode: capacityMode(table) === 'On-demand' ? ('PAY_PER_REQUEST' as const) : ('PROVISIONED' as const),
    read: String(ReadCapacityUnits || 5),
    write: String(WriteCapacityUnits || 5),
  };
}

function CapacityPanel({ table, reload }: TabProps) {
  const [editing, setEditing] = useState(false);
  const [capacity, setCapacity] = useState(capacityOf(table));
  const provisioned = capacityMode(table) === 'Provisioned';
  const save = async () => {
    const throughput = throughputOf(capacity);
    await updateTable(table.TableName, {
      BillingMode: capacity.mode,
      ...(throughput && { ProvisionedThroughput: throughput }),
    });
    await reload();
  };
  return (
    <Panel
      title="Read/write capacity"
      actions={<Button onClick={() => setEditing(true)}>Edit capacity</Button>}
    >
      <Facts
        facts={[
          ['Capacity mode', capacityMode(table)],
          [
            'Provisioned read capacity units',
            provisioned ? table.ProvisionedThroughput?.ReadCapacityUnits : '–',
          ],
          [
            'Provisioned write capacity units',
            provisioned ? table.ProvisionedThroughput?.WriteCapacityUnits : '–',
          ],
        ]}
      />
      {editing && (
        <Edit
          title="Edit read/write capacity"
          submit="Save changes"
          done="The capacity was changed."
          onSubmit={save}
          onClose={() => setEditing(false)}
        >
          <CapacityForm value={capacity} onChange={setCapacity} />
        </Edit>
      )}
    </Panel>
  );
}

function TimeToLivePanel({ table }: { table: Table }) {
  const name = table.TableName;
  const ttl = useResource(`dynamodb/ttl/${name}`, signal => describeTimeToLive(name, signal), {
    on: ofDynamo,
  });
  const [editing, setEditing] = useState(false);
  const [attribute, setAttribute] = useState('');
  const on = ttl.data && /^ENABL/.test(ttl.data.TimeToLiveStatus);
  const save = async () => {
    await updateTimeToLive(name, on ? (ttl.data?.AttributeName ?? '') : attribute, !on);
    await ttl.reload();
  };
  return (
    <Panel
      title="Time to Live (TTL)"
      description="Items are deleted when the time that they name has passed."
      actions={
        <Button disabled={!ttl.data} onClick={() => setEditing(true)}>
          {on ? 'Turn off' : 'Turn on'}
        </Button>
      }
    >
      <Problem error={ttl.error} retry={ttl.reload} />
      {ttl.data && (
        <Facts
          facts={[
            ['TTL status', <Status key="status" of={ttl.data.TimeToLiveStatus} />],
            ['TTL attribute', ttl.data.AttributeName],
          ]}
        />
      )}
      {editing && (
        <Edit
          title={on ? 'Turn off Time to Live (TTL)' : 'Turn on Time to Live (TTL)'}
          submit={on ? 'Turn off TTL' : 'Turn on TTL'}
          done={on ? 'TTL was turned off.' : 'TTL was turned on.'}
          onSubmit={save}
          onClose={() => setEditing(false)}
        >
          {on ? (
            <p>Items do not expire any more.</p>
          ) : (
            <TextField
              label="TTL attribute name"
              hint="A number: seconds since 1970"
              value={attribute}
              onInput={setAttribute}
              required
            />
          )}
        </Edit>
      )}
    </Panel>
  );
}

function ProtectionPanel({ table, reload }: TabProps) {
  const on = table.DeletionProtectionEnabled === true;
  const [editing, setEditing] = useState(false);
  const [tableClass, setClass] = useState(table.TableClassSummary?.TableClass ?? 'STANDARD');
  const [editingClass, setEditingClass] = useState(false);
  const update = async (changes: object) => {
    await updateTable(table.TableName, changes);
    await reload();
  };
  const infrequent = table.TableClassSummary?.TableClass === 'STANDARD_INFREQUENT_ACCESS';
  return (
    <Panel
      title="Deletion protection and table class"
      actions={
        <>
          <Button onClick={() => setEditingClass(true)}>Update table class</Button>
          <Button onClick={() => setEditing(true)}>
            {on ? 'Turn off deletion protection' : 'Turn on deletion protection'}
          </Button>
        </>
      }
    >
      <Facts
        facts={[
          ['Deletion protection', <Status key="status" of={on ? 'ENABLED' : 'DISABLED'} />],
          ['Table class', infrequent ? 'DynamoDB Standard-IA' : 'DynamoDB Standard'],
        ]}
      />
      {editing && (
        <Edit
          title="Deletion protection"
          submit={on ? 'Turn off' : 'Turn on'}
          done={`Deletion protection was turned ${on ? 'off' : 'on'}.`}
          onSubmit={() => update({ DeletionProtectionEnabled: !on })}
          onClose={() => setEditing(false)}
        >
          <p>{on ? 'The table can be deleted then.' : 'The table cannot be deleted while it is on.'}</p>
        </Edit>
      )}
      {editingClass && (
        <Edit
          title="Update table class"
          submit="Save changes"
          done="The table class was changed."
          onSubmit={() => update({ TableClass: tableClass })}
          onClose={() => setEditingClass(false)}
        >
          <RadioGroup
            legend="Table class"
            value={tableClass}
            options={[
              { value: 'STANDARD', label: 'DynamoDB Standard' },
              { value: 'STANDARD_INFREQUENT_ACCESS', label: 'DynamoDB Standard-IA' },
            ]}
            onChange={setClass}
          />
        </Edit>
      )}
    </Panel>
  );
}

function TagsPanel({ arn }: { arn: string }) {
  const tags = useResource(`dynamodb/tags/${arn}`, signal => listTags(arn, signal), { on: ofDynamo });
  const [edited, setEdited] = useState<[string, string][]>();
  const [opened, setOpened] = useState(tags.data);
  const open = () => {
    setOpened(tags.data);
    setEdited(tags.data?.map(({ Key, Value }) => [Key, Value]));
  };
  const save = async () => {
    const wanted = (edited ?? []).filter(([key]) => key).map(([Key, Value]) => ({ Key, Value }));
    await replaceTags(arn, opened ?? [], wanted);
    await tags.reload();
  };
  return (
    <Panel
      title="Tags"
      count={tags.data?.length}
      actions={
        <Button disabled={!tags.data} onClick={open}>
          Manage tags
        </Button>
      }
    >
      <Problem error={tags.error} retry={tags.reload} />
      {tags.data ? (
        tags.data.length > 0 ? (
          <Facts facts={tags.data.map(({ Key, Value }) => [Key, Value])} />
        ) : (
          <p class="hint">No tags</p>
        )
      ) : (
        tags.loading && <Loading />
      )}
      {edited && (
        <Edit
          title="Manage tags"
          submit="Save changes"
          done="The tags were changed."
          onSubmit={save}
          onClose={() => setEdited(undefined)}
        >
          <Pairs label="Tags" pairs={edited} onChange={setEdited} addLabel="Add new tag" />
        </Edit>
      )}
    </Panel>
  );
}
