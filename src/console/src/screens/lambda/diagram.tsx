/** The function overview: what triggers the function, the function, and where its results go. */
import type { ComponentChildren } from 'preact';

import { Link, link, setSearch } from '../../router';
import { Button } from '../../ui/controls';
import { nameOf } from '../../ui/format';
import type { FunctionConfiguration } from '../../api/lambda';
import { runtimeName } from './runtimes';

export interface Node {
  arn: string;
  /** "Enabled", "Disabled", or why something goes on failing. */
  state?: string;
  label?: string;
}

interface DiagramProps {
  configuration: FunctionConfiguration;
  triggers: Node[];
  destinations: Node[];
  onAddTrigger: () => void;
}

export function Diagram({ configuration, triggers, destinations, onAddTrigger }: DiagramProps) {
  const layers = configuration.Layers?.length ?? 0;
  return (
    <div class="diagram">
      <Side title="Triggers" nodes={triggers}>
        <Button onClick={onAddTrigger}>Add trigger</Button>
      </Side>
      <div class="diagram-function">
        <strong>{configuration.FunctionName}</strong>
        <span class="hint">{runtimeName(configuration.Runtime)}</span>
        <button type="button" class="diagram-layers" onClick={() => setSearch({ tab: undefined })}>
          Layers ({layers})
        </button>
      </div>
      <Side title="Destinations" nodes={destinations}>
        <Button onClick={() => setSearch({ tab: 'configuration', section: 'destinations' })}>
          Add destination
        </Button>
      </Side>
    </div>
  );
}

function Side({ title, nodes, children }: { title: string; nodes: Node[]; children: ComponentChildren }) {
  return (
    <section class="diagram-side" aria-label={`${title} in the overview`}>
      {nodes.map(node => (
        <div class="diagram-node" key={`${node.arn}/${node.label}`}>
          <span class="hint">
            {kindOf(node.arn)}
            {node.label && ` · ${node.label}`}
          </span>
          <ResourceLink arn={node.arn} />
          {node.state && node.state !== 'Enabled' && <span class="hint">{node.state}</span>}
        </div>
      ))}
      {nodes.length === 0 && <p class="hint">{title === 'Triggers' ? 'No triggers' : 'No destinations'}</p>}
      <div>{children}</div>
    </section>
  );
}

const KINDS: Record<string, string> = { sqs: 'SQS', sns: 'SNS', dynamodb: 'DynamoDB', lambda: 'Lambda' };

export function kindOf(arn: string): string {
  const service = arn.split(':')[2] ?? '';
  return KINDS[service] ?? service;
}

/** The name of what an ARN means: of a table, for its stream. */
export function resourceName(arn: string): string {
  return /:table\/([^/]+)/.exec(arn)?.[1] ?? nameOf(arn);
}

export function ResourceLink({ arn }: { arn: string }) {
  const name = resourceName(arn);
  const to = {
    sqs: link`sqs/queues/${name}`,
    sns: link`sns/topics/${name}`,
    dynamodb: link`dynamodb/tables/${name}`,
    lambda: link`lambda/functions/${name}`,
  }[arn.split(':')[2] ?? ''];
  return to ? <Link to={to}>{name}</Link> : <>{name}</>;
}
