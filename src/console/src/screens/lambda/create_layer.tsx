/** Lambda › Layers › Create layer; with a name in the address, Create version. */
import { useState } from 'preact/hooks';

import { publishLayerVersion } from '../../api/layers';
import { link, navigate, type Params } from '../../router';
import { Checkbox, Form, TextField } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { base64 } from './package';
import { SUPPORTED } from './runtimes';
import { ZipField, type ChosenZip } from './zip_field';

const ARCHITECTURES = ['x86_64', 'arm64'].map(value => ({ value, label: value }));

export default function CreateLayer({ name: given }: Params) {
  const [name, setName] = useState(given ?? '');
  const [description, setDescription] = useState('');
  const [license, setLicense] = useState('');
  const [architectures, setArchitectures] = useState<string[]>([]);
  const [runtimes, setRuntimes] = useState<string[]>([]);
  const [zip, setZip] = useState<ChosenZip>();
  const [error, setError] = useState<unknown>();
  const title = given ? `Create version: ${given}` : 'Create layer';
  const create = async () => {
    setError(undefined);
    const settings = {
      Description: description || undefined,
      LicenseInfo: license || undefined,
      CompatibleArchitectures: architectures.length > 0 ? architectures : undefined,
      CompatibleRuntimes: runtimes.length > 0 ? runtimes : undefined,
    };
    try {
      const { Version } = await publishLayerVersion(name, settings, base64(zip!.bytes));
      flash('good', `Successfully created layer ${name} version ${Version}.`);
      navigate(link`lambda/layers/${name}`);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Page
      title={title}
      crumbs={[
        ['Lambda', 'lambda/functions'],
        ['Layers', 'lambda/layers'],
        ...(given ? [[given, link`lambda/layers/${given}`] as [string, string]] : []),
      ]}
    >
      <Form
        label={title}
        submit="Create"
        cancel={() => navigate(given ? link`lambda/layers/${given}` : 'lambda/layers')}
        disabled={!zip}
        onSubmit={create}
      >
        <Panel title="Layer configuration">
          {!given && <TextField label="Name" value={name} onInput={setName} required />}
          <TextField label="Description" optional value={description} onInput={setDescription} />
          <ZipField
            hint="Python's modules are in python/, those of Node.js in nodejs/node_modules/"
            zip={zip}
            onChange={setZip}
          />
          <Several
            legend="Compatible architectures"
            options={ARCHITECTURES}
            chosen={architectures}
            onChange={setArchitectures}
          />
          <Several
            legend="Compatible runtimes"
            options={SUPPORTED}
            chosen={runtimes}
            onChange={setRuntimes}
          />
          <TextField label="License" optional value={license} onInput={setLicense} />
        </Panel>
        <Problem error={error} />
      </Form>
    </Page>
  );
}

interface SeveralProps {
  legend: string;
  options: { value: string; label: string }[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

function Several({ legend, options, chosen, onChange }: SeveralProps) {
  return (
    <fieldset class="radios inline">
      <legend>
        {legend}
        <i class="optional"> - optional</i>
      </legend>
      {options.map(({ value, label }) => (
        <Checkbox
          key={value}
          label={label}
          checked={chosen.includes(value)}
          onChange={on => onChange(on ? [...chosen, value] : chosen.filter(one => one !== value))}
        />
      ))}
    </fieldset>
  );
}
