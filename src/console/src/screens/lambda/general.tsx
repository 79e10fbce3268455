/** General configuration and logging of a function. */
import { useState } from 'preact/hooks';

import { updateConfiguration } from '../../api/lambda';
import { link, Link } from '../../router';
import { Button, RadioGroup, Select, TextField } from '../../ui/controls';
import { FormDialog } from '../../ui/form_dialog';
import { duration } from '../../ui/format';
import { Facts, Panel } from '../../ui/layout';
import { changesOf } from '../../ui/merge';
import { updated, type TabProps } from './common';
import { roleName } from './execution_role';
import { ExistingRole } from './existing_role';

export function General({ details, reload }: TabProps) {
  const { Configuration: it } = details;
  const [editing, setEditing] = useState(false);
  return (
    <Panel
      title="General configuration"
      actions={
        <Button label="Edit general configuration" onClick={() => setEditing(true)}>
          Edit
        </Button>
      }
    >
      <Facts
        facts={[
          ['Description', it.Description],
          ['Memory', `${it.MemorySize} MB`],
          ['Ephemeral storage', `${it.EphemeralStorage?.Size ?? 512} MB`],
          ['Timeout', duration(it.Timeout * 1000)],
          [
            'Execution role',
            <Link key="r" to={link`iam/roles/${roleName(it.Role)}`}>
              {roleName(it.Role)}
            </Link>,
          ],
        ]}
      />
      {editing && <EditGeneral details={details} reload={reload} onClose={() => setEditing(false)} />}
    </Panel>
  );
}

function EditGeneral({ details, reload, onClose }: TabProps & { onClose: () => void }) {
  const { Configuration: it } = details;
  const [description, setDescription] = useState(it.Description ?? '');
  const [memory, setMemory] = useState(String(it.MemorySize));
  const [storage, setStorage] = useState(String(it.EphemeralStorage?.Size ?? 512));
  const [minutes, setMinutes] = useState(String(Math.floor(it.Timeout / 60)));
  const [seconds, setSeconds] = useState(String(it.Timeout % 60));
  const [role, setRole] = useState(it.Role);
  const settings = {
    Description: description,
    MemorySize: Number(memory),
    EphemeralStorage: { Size: Number(storage) },
    Timeout: Number(minutes) * 60 + Number(seconds),
    Role: role,
  };
  const [opened] = useState(settings);
  const save = async () => {
    await updateConfiguration(it.FunctionName, changesOf(opened, settings));
    updated(it.FunctionName);
    await reload();
  };
  return (
    <FormDialog title="Edit basic settings" onSave={save} onClose={onClose}>
      <TextField label="Description" optional value={description} onInput={setDescription} />
      <div class="row">
        <TextField label="Memory (MB)" hint="128 to 10240" type="number" value={memory} onInput={setMemory} />
        <TextField
          label="Ephemeral storage (MB)"
          hint="512 to 10240"
          type="number"
          value={storage}
          onInput={setStorage}
        />
      </div>
      <div class="row">
        <TextField label="Timeout (min)" type="number" min={0} value={minutes} onInput={setMinutes} />
        <TextField label="Timeout (sec)" type="number" min={0} value={seconds} onInput={setSeconds} />
      </div>
      <ExistingRole value={role} onChange={setRole} />
    </FormDialog>
  );
}

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const SYSTEM_LEVELS = ['DEBUG', 'INFO', 'WARN'];

export function Logging({ details, reload }: TabProps) {
  const { LoggingConfig: logging = {} } = details.Configuration;
  const [editing, setEditing] = useState(false);
  return (
    <Panel
      title="Logging configuration"
      actions={
        <Button label="Edit logging configuration" onClick={() => setEditing(true)}>
          Edit
        </Button>
      }
    >
      <Facts
        facts={[
          ['Log format', logging.LogFormat],
          ...(logging.LogFormat === 'JSON'
            ? ([
                ['Application log level', logging.ApplicationLogLevel],
                ['System log level', logging.SystemLogLevel],
              ] as [string, string | undefined][])
            : []),
          [
            'CloudWatch log group',
            logging.LogGroup && (
              <Link to={link`cloudwatch/log-groups/${logging.LogGroup}`}>{logging.LogGroup}</Link>
            ),
          ],
        ]}
      />
      {editing && <EditLogging details={details} reload={reload} onClose={() => setEditing(false)} />}
    </Panel>
  );
}

function EditLogging({ details, reload, onClose }: TabProps & { onClose: () => void }) {
  const { FunctionName: name, LoggingConfig: logging = {} } = details.Configuration;
  const [format, setFormat] = useState(logging.LogFormat ?? 'Text');
  const [application, setApplication] = useState(logging.ApplicationLogLevel ?? 'INFO');
  const [system, setSystem] = useState(logging.SystemLogLevel ?? 'INFO');
  const [group, setGroup] = useState(logging.LogGroup ?? '');
  const save = async () => {
    await updateConfiguration(name, {
      LoggingConfig: {
        LogFormat: format,
        LogGroup: group,
        ...(format === 'JSON' && { ApplicationLogLevel: application, SystemLogLevel: system }),
      },
    });
    updated(name);
    await reload();
  };
  return (
    <FormDialog title="Edit logging configuration" onSave={save} onClose={onClose}>
      <RadioGroup
        legend="Log format"
        value={format}
        options={[
          { value: 'Text', label: 'Text' },
          { value: 'JSON', label: 'JSON', hint: 'The lines can be filtered by their level.' },
        ]}
        onChange={setFormat}
      />
      {format === 'JSON' && (
        <div class="row">
          <Select
            label="Application log level"
            value={application}
            options={LEVELS}
            onChange={setApplication}
          />
          <Select label="System log level" value={system} options={SYSTEM_LEVELS} onChange={setSystem} />
        </div>
      )}
      <TextField
        label="CloudWatch log group"
        hint="With another group, the role needs the right to write to it."
        value={group}
        onInput={setGroup}
        mono
      />
    </FormDialog>
  );
}
