/** Lambda › Functions › Create function. */
import { useState } from 'preact/hooks';

import { createFunction } from '../../api/lambda';
import { link, navigate } from '../../router';
import { Form, RadioGroup, Select, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { basicLogging, createBasicRole, roleSuffix } from './execution_role';
import { ExistingRole } from './existing_role';
import { base64, packageOf, writeZip } from './package';
import { RUNTIMES, startingCode } from './runtimes';

type RoleChoice = 'new' | 'existing';

export default function CreateFunction() {
  const [name, setName] = useState('');
  const [runtime, setRuntime] = useState(RUNTIMES[0]!.value);
  const [architecture, setArchitecture] = useState('x86_64');
  const [choice, setChoice] = useState<RoleChoice>('new');
  const [existing, setExisting] = useState('');
  const [suffix, setSuffix] = useState(roleSuffix);
  const [error, setError] = useState<unknown>();
  /** The role that this form has made: a function that is refused afterwards does not make another. */
  const [made, setMade] = useState<{ name: string; arn: string }>();
  const newRole = `${name || 'FUNCTION'}-role-${suffix}`;

  const roleArn = async () => {
    if (choice === 'existing') return existing;
    if (made?.name === newRole) return made.arn;
    const arn = await createBasicRole(name, newRole);
    setMade({ name: newRole, arn });
    return arn;
  };
  const submit = async () => {
    setError(undefined);
    const code = startingCode(runtime);
    try {
      const role = await roleArn();
      await createFunction(
        {
          FunctionName: name,
          Runtime: runtime,
          Handler: code.handler,
          Architectures: [architecture],
          Role: role,
        },
        base64(writeZip(packageOf(code.files, code.executable, code.compiled))),
      );
      flash(
        'good',
        `Successfully created the function ${name}. You can now change its code and configuration.`,
      );
      navigate(link`lambda/functions/${name}`);
    } catch (failure) {
      setError(failure);
    }
  };

  return (
    <Page
      title="Create function"
      crumbs={[
        ['Lambda', 'lambda/functions'],
        ['Functions', 'lambda/functions'],
      ]}
      description="Author from scratch: start with a simple Hello World example."
    >
      <Form
        label="Create function"
        submit="Create function"
        cancel={() => navigate('lambda/functions')}
        onSubmit={submit}
      >
        <Panel title="Basic information">
          <TextField
            label="Function name"
            hint="1 to 64 letters, digits, hyphens and underscores"
            value={name}
            onInput={text => {
              setName(text);
              if (made) setSuffix(roleSuffix());
            }}
            required
          />
          <Select
            label="Runtime"
            hint="The language of your function. The code editor supports Node.js, Python and Ruby."
            value={runtime}
            options={RUNTIMES}
            onChange={setRuntime}
          />
          <RadioGroup
            legend="Architecture"
            value={architecture}
            options={[
              { value: 'x86_64', label: 'x86_64' },
              { value: 'arm64', label: 'arm64' },
            ]}
            onChange={setArchitecture}
          />
        </Panel>
        <RolePanel
          name={name}
          newRole={newRole}
          choice={choice}
          onChoice={setChoice}
          existing={existing}
          onExisting={setExisting}
        />
        <Problem error={error} />
      </Form>
    </Page>
  );
}

interface RolePanelProps {
  name: string;
  newRole: string;
  choice: RoleChoice;
  onChoice: (choice: RoleChoice) => void;
  existing: string;
  onExisting: (arn: string) => void;
}

function RolePanel({ name, newRole, choice, onChoice, existing, onExisting }: RolePanelProps) {
  return (
    <Panel title="Permissions" description="A role decides what the function may do.">
      <details open>
        <summary>Change default execution role</summary>
        <RadioGroup
          legend="Execution role"
          value={choice}
          options={[
            {
              value: 'new',
              label: 'Create a new role with basic Lambda permissions',
              hint: `Lambda creates the role ${newRole}, with permission to write logs to CloudWatch.`,
            },
            { value: 'existing', label: 'Use an existing role' },
          ]}
          onChange={value => onChoice(value as RoleChoice)}
        />
      </details>
      {choice === 'existing' ? (
        <ExistingRole value={existing} onChange={onExisting} />
      ) : (
        <details>
          <summary>The policy that is written</summary>
          <pre>{basicLogging(name || 'FUNCTION')}</pre>
        </details>
      )}
    </Panel>
  );
}
