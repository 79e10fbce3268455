/** Runtime settings: the runtime and the handler. */
import { useState } from 'preact/hooks';

import { updateConfiguration } from '../../api/lambda';
import { Button, Select, TextField } from '../../ui/controls';
import { FormDialog } from '../../ui/form_dialog';
import { Facts, Panel } from '../../ui/layout';
import { updated, type TabProps } from './common';
import { runtimeName, runtimesWith } from './runtimes';

export function RuntimeSettings({ details, reload }: TabProps) {
  const { Configuration: it } = details;
  const [editing, setEditing] = useState(false);
  return (
    <Panel
      title="Runtime settings"
      actions={
        <Button label="Edit runtime settings" onClick={() => setEditing(true)}>
          Edit
        </Button>
      }
    >
      <Facts
        facts={[
          ['Runtime', runtimeName(it.Runtime)],
          [
            'Handler',
            <span key="h" class="mono">
              {it.Handler}
            </span>,
          ],
          ['Architecture', it.Architectures?.join(', ')],
        ]}
      />
      {editing && <Edit details={details} reload={reload} onClose={() => setEditing(false)} />}
    </Panel>
  );
}

function Edit({ details, reload, onClose }: TabProps & { onClose: () => void }) {
  const { Configuration: it } = details;
  const [runtime, setRuntime] = useState(it.Runtime ?? '');
  const [handler, setHandler] = useState(it.Handler ?? '');
  const save = async () => {
    await updateConfiguration(it.FunctionName, { Runtime: runtime, Handler: handler });
    updated(it.FunctionName);
    await reload();
  };
  return (
    <FormDialog title="Edit runtime settings" onSave={save} onClose={onClose}>
      <Select label="Runtime" value={runtime} options={runtimesWith(it.Runtime)} onChange={setRuntime} />
      <TextField
        label="Handler"
        hint="The file without its ending, and the name of the function in it: index.lambda_handler"
        value={handler}
        onInput={setHandler}
        required
        mono
      />
    </FormDialog>
  );
}
