/** A template to read, copy and save; what it does not say; how it is deployed. */
import { useMemo } from 'preact/hooks';

import { shellQuoted } from '../../api/recent';
import { search, setSearch } from '../../router';
import { MOST_BYTES, MOST_DIRECT_BYTES, type Note, type Template } from '../../template/template';
import type { Value } from '../../template/references';
import { yaml } from '../../template/yaml';
import { Button, RadioGroup } from '../../ui/controls';
import { Code } from '../../ui/code';
import { download } from '../../ui/download';
import { attempt } from '../../ui/flash';
import { bytes } from '../../ui/format';
import { Copy, Notice, Panel } from '../../ui/layout';

type Format = 'yaml' | 'json';

const FORMATS: { value: Format; label: string; type: string }[] = [
  { value: 'yaml', label: 'YAML', type: 'application/yaml' },
  { value: 'json', label: 'JSON', type: 'application/json' },
];

interface ViewProps {
  template: Template;
  notes: Note[];
  /** Of the file, without its ending. */
  name: string;
}

export function TemplateView({ template, notes, name }: ViewProps) {
  const format = FORMATS.find(({ value }) => value === search.value.get('format')) ?? FORMATS[0]!;
  const text = useMemo(
    () =>
      format.value === 'json' ? `${JSON.stringify(template, null, 2)}\n` : yaml(template as unknown as Value),
    [template, format],
  );
  const size = useMemo(() => new TextEncoder().encode(text).length, [text]);
  const file = `${name.replace(/[^\w.-]+/g, '-')}.${format.value}`;
  return (
    <>
      <Panel
        title="Template"
        count={Object.keys(template.Resources).length}
        description={bytes(size)}
        actions={
          <>
            <Button
              onClick={() => attempt(() => navigator.clipboard.writeText(text), 'The template is copied.')}
            >
              Copy template
            </Button>
            <Button onClick={() => download(file, format.type, text)}>Download</Button>
          </>
        }
      >
        <RadioGroup
          legend="Format"
          inline
          value={format.value}
          options={FORMATS}
          onChange={value => setSearch({ format: value === 'yaml' ? undefined : value })}
        />
        {size > MOST_BYTES && (
          <Notice tone="warn">
            <p>CloudFormation takes templates of up to {bytes(MOST_BYTES)}: choose fewer services.</p>
          </Notice>
        )}
        <Code
          label="Template"
          language={format.value === 'json' ? 'json' : 'text'}
          value={text}
          height="60vh"
        />
      </Panel>
      <NotSaid notes={notes} />
      <Deploy template={template} file={file} large={size > MOST_DIRECT_BYTES} />
    </>
  );
}

function NotSaid({ notes }: { notes: Note[] }) {
  if (notes.length === 0) return null;
  return (
    <Panel
      title="Not in the template"
      count={notes.length}
      description="The template says it, too, in its Metadata"
    >
      <ul>
        {notes.map(({ resource, text }, at) => (
          <li key={at}>
            {resource && <strong>{resource}: </strong>}
            {text}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

interface DeployProps {
  template: Template;
  file: string;
  large: boolean;
}

function Deploy({ template, file, large }: DeployProps) {
  const named = Object.values(template.Resources).some(({ Type }) => Type.startsWith('AWS::IAM::'));
  const parameters = Object.keys(template.Parameters ?? {});
  const command = [
    'aws cloudformation deploy --stack-name orderly --template-file',
    shellQuoted(file),
    ...(large ? ['--s3-bucket BUCKET'] : []),
    ...(named ? ['--capabilities CAPABILITY_NAMED_IAM'] : []),
    ...(parameters.length > 0 ? ['--parameter-overrides', ...parameters.map(name => `${name}=…`)] : []),
  ].join(' ');
  return (
    <Panel title="Deploy" description="On AWS, or whatever else has CloudFormation">
      <Copy text={command} />
    </Panel>
  );
}
