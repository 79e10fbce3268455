/** A function's configuration, by sections as AWS's console has them; the chosen one is part of the address. */
import type { ComponentChildren } from 'preact';

import { search, setSearch } from '../../router';
import type { TabProps, Triggers } from './common';
import { Asynchronous, Destinations } from './asynchronous';
import { Concurrency } from './concurrency';
import { EnvironmentVariables, Tags } from './environment';
import { FunctionUrlSection } from './function_url';
import { General, Logging } from './general';
import { Permissions } from './permissions';
import { TriggersSection } from './triggers';

export interface ConfigurationProps extends TabProps {
  triggers: Triggers;
}

const SECTIONS: { id: string; label: string; content: (props: ConfigurationProps) => ComponentChildren }[] = [
  { id: 'general', label: 'General configuration', content: props => <General {...props} /> },
  { id: 'triggers', label: 'Triggers', content: props => <TriggersSection {...props} /> },
  { id: 'permissions', label: 'Permissions', content: props => <Permissions {...props} /> },
  { id: 'destinations', label: 'Destinations', content: props => <Destinations {...props} /> },
  { id: 'url', label: 'Function URL', content: props => <FunctionUrlSection {...props} /> },
  {
    id: 'environment',
    label: 'Environment variables',
    content: props => <EnvironmentVariables {...props} />,
  },
  { id: 'tags', label: 'Tags', content: props => <Tags {...props} /> },
  { id: 'concurrency', label: 'Concurrency', content: props => <Concurrency {...props} /> },
  { id: 'asynchronous', label: 'Asynchronous invocation', content: props => <Asynchronous {...props} /> },
  { id: 'logging', label: 'Monitoring and operations tools', content: props => <Logging {...props} /> },
];

export function ConfigurationTab(props: ConfigurationProps) {
  const chosen = SECTIONS.find(one => one.id === search.value.get('section')) ?? SECTIONS[0]!;
  return (
    <div class="configuration">
      <nav aria-label="Configuration">
        {SECTIONS.map(section => (
          <button
            key={section.id}
            type="button"
            aria-current={section === chosen ? 'true' : undefined}
            onClick={() => setSearch({ section: section.id })}
          >
            {section.label}
          </button>
        ))}
      </nav>
      <div>{chosen.content(props)}</div>
    </div>
  );
}
