/** Who else may use a version of a layer: accounts, an organization, or everybody. */
import { useState } from 'preact/hooks';

import { changed } from '../../api/events';
import {
  addLayerVersionPermission,
  layerVersionPolicy,
  removeLayerVersionPermission,
  type LayerPermission,
} from '../../api/layers';
import { account } from '../../session';
import { RadioGroup, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { useResource } from '../../ui/resource';
import { PolicyStatements } from './policy_statements';

interface LayerVersionProps {
  name: string;
  version: number;
}

export function LayerPermissions({ name, version }: LayerVersionProps) {
  const policy = useResource(
    `lambda/layers/${name}/versions/${version}/policy`,
    signal => layerVersionPolicy(name, version, signal),
    { on: changed('lambda') },
  );
  return (
    <PolicyStatements
      description="Who else may use this version in functions"
      policy={policy}
      remove={sid => removeLayerVersionPermission(name, version, sid)}
      warning="Whom it let use the version can give it to no function any more. Functions that have it keep it."
      addition={close => (
        <AddPermission name={name} version={version} onDone={policy.reload} onClose={close} />
      )}
    />
  );
}

type Whom = 'account' | 'organization' | 'everybody';

const WHOM: { value: Whom; label: string }[] = [
  { value: 'account', label: 'AWS account' },
  { value: 'organization', label: 'AWS organization' },
  { value: 'everybody', label: 'All accounts' },
];

function AddPermission({
  name,
  version,
  onDone,
  onClose,
}: LayerVersionProps & { onDone: () => Promise<void>; onClose: () => void }) {
  const [whom, setWhom] = useState<Whom>('account');
  const [statement, setStatement] = useState('');
  const [principal, setPrincipal] = useState('');
  const [organization, setOrganization] = useState('');
  const save = async () => {
    const permission: LayerPermission = {
      StatementId: statement,
      Action: 'lambda:GetLayerVersion',
      Principal: whom === 'account' ? principal : '*',
      ...(whom === 'organization' && { OrganizationId: organization }),
    };
    await addLayerVersionPermission(name, version, permission);
    flash('good', `Added the statement ${statement}.`);
    await onDone();
  };
  return (
    <FormDialog title="Add permissions" onSave={save} onClose={onClose}>
      <TextField label="Statement ID" value={statement} onInput={setStatement} required />
      <RadioGroup
        legend="Principal type"
        inline
        value={whom}
        options={WHOM}
        onChange={value => setWhom(value as Whom)}
      />
      {whom === 'account' && (
        <TextField
          label="Principal"
          hint={`An account's id, or arn:aws:iam::${account.value}:root`}
          value={principal}
          onInput={setPrincipal}
          required
          mono
        />
      )}
      {whom === 'organization' && (
        <TextField
          label="Organization ID"
          hint="o-a1b2c3d4e5"
          value={organization}
          onInput={setOrganization}
          required
          mono
        />
      )}
    </FormDialog>
  );
}
