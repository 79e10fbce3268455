/** A function's URL. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import {
  addPermission,
  deleteFunctionUrl,
  functionPolicy,
  functionUrl,
  putFunctionUrl,
  type FunctionUrl,
} from '../../api/lambda_settings';
import { Button, RadioGroup, TextField } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { Time } from '../../ui/format';
import { Copy, Empty, Facts, Notice, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { statementsOf } from '../iam/policy_text';
import { updated, type TabProps } from './common';

/* The statements that AWS's console writes for a URL that everybody may call. */
const PUBLIC = [
  {
    StatementId: 'FunctionURLAllowPublicAccess',
    Action: 'lambda:InvokeFunctionUrl',
    FunctionUrlAuthType: 'NONE',
  },
  {
    StatementId: 'FunctionURLAllowInvokeAction',
    Action: 'lambda:InvokeFunction',
    InvokedViaFunctionUrl: true,
  },
];

export function FunctionUrlSection({ details }: TabProps) {
  const { FunctionName: name } = details.Configuration;
  const url = useResource(`lambda/url/${name}`, signal => functionUrl(name, signal), {
    on: changed('lambda'),
  });
  const [open, setOpen] = useState<'edit' | 'delete'>();
  const close = () => setOpen(undefined);
  const remove = async () => {
    await attempt(() => deleteFunctionUrl(name), 'Deleted the function URL.');
    await url.reload();
  };
  const it = url.data;
  return (
    <Panel
      title="Function URL"
      actions={
        it ? (
          <>
            <Button kind="danger" label="Delete function URL" onClick={() => setOpen('delete')}>
              Delete
            </Button>
            <Button label="Edit function URL" onClick={() => setOpen('edit')}>
              Edit
            </Button>
          </>
        ) : (
          <Button onClick={() => setOpen('edit')}>Create function URL</Button>
        )
      }
    >
      <Problem error={url.error} retry={url.reload} />
      {it ? (
        <Facts
          facts={[
            ['Function URL', <Copy key="u" text={it.FunctionUrl} />],
            ['Auth type', it.AuthType],
            ['Invoke mode', it.InvokeMode],
            ['Allowed origins', it.Cors?.AllowOrigins?.join(', ')],
            ['Creation time', <Time key="t" at={it.CreationTime} />],
          ]}
        />
      ) : (
        <Empty title={url.loading ? 'Loading…' : 'No function URL is configured.'} />
      )}
      {open === 'edit' && <EditUrl name={name} url={it} onDone={url.reload} onClose={close} />}
      {open === 'delete' && (
        <Confirm
          title="Delete function URL"
          action="Delete"
          typed="delete"
          onConfirm={remove}
          onClose={close}
        >
          <p>A URL that is created again is another one.</p>
        </Confirm>
      )}
    </Panel>
  );
}

interface EditProps {
  name: string;
  url: FunctionUrl | undefined;
  onDone: () => Promise<void>;
  onClose: () => void;
}

async function allowPublic(name: string): Promise<void> {
  const there = statementsOf(await functionPolicy(name)).map(statement => statement.Sid);
  for (const permission of PUBLIC)
    if (!there.includes(permission.StatementId)) await addPermission(name, { ...permission, Principal: '*' });
}

function EditUrl({ name, url, onDone, onClose }: EditProps) {
  const [auth, setAuth] = useState(url?.AuthType ?? 'AWS_IAM');
  const [mode, setMode] = useState(url?.InvokeMode ?? 'BUFFERED');
  const [origins, setOrigins] = useState(url?.Cors?.AllowOrigins?.join(', ') ?? '');
  const save = async () => {
    const AllowOrigins = origins.split(/[\s,]+/).filter(Boolean);
    await putFunctionUrl(
      name,
      {
        AuthType: auth,
        InvokeMode: mode,
        ...((AllowOrigins.length > 0 || url?.Cors) && {
          Cors: AllowOrigins.length > 0 ? { AllowMethods: ['*'], ...url?.Cors, AllowOrigins } : {},
        }),
      },
      url !== undefined,
    );
    if (auth === 'NONE') await allowPublic(name);
    updated(name);
    await onDone();
  };
  return (
    <FormDialog title={url ? 'Edit function URL' : 'Create function URL'} onSave={save} onClose={onClose}>
      <RadioGroup
        legend="Auth type"
        value={auth}
        options={[
          { value: 'AWS_IAM', label: 'AWS_IAM', hint: 'Only signed requests of those who may invoke it.' },
          { value: 'NONE', label: 'NONE', hint: 'Everybody who reaches the server may call it.' },
        ]}
        onChange={setAuth}
      />
      {auth === 'NONE' && (
        <Notice>
          The function&apos;s policy gets the statements {PUBLIC.map(one => one.StatementId).join(' and ')}:
          everybody may invoke the function by its URL.
        </Notice>
      )}
      <RadioGroup
        legend="Invoke mode"
        value={mode}
        options={[
          { value: 'BUFFERED', label: 'BUFFERED' },
          { value: 'RESPONSE_STREAM', label: 'RESPONSE_STREAM' },
        ]}
        onChange={setMode}
      />
      <TextField
        label="Allow origin"
        hint="Origins whose pages may call the URL (CORS), with commas between them; empty: none"
        optional
        value={origins}
        onInput={setOrigins}
        mono
      />
    </FormDialog>
  );
}
