/** "/" or Ctrl-K: any page and any resource, by its name. */
import { useMemo, useState } from 'preact/hooks';

import { navigate } from '../router';
import { finders, services, type Found } from '../screens';
import { Field } from '../ui/controls';
import { Dialog } from '../ui/dialog';
import { useResource } from '../ui/resource';

const SHOWN = 50;

const PAGES: Found[] = services.flatMap(group =>
  group.links.map(([name, to]) => ({ name, kind: group.title, to })),
);

export function Finder({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const { data } = useResource('finder', findAll);
  const results = useMemo(() => matches([...PAGES, ...(data ?? [])], text), [data, text]);

  const go = (found: Found | undefined) => {
    if (!found) return;
    onClose();
    navigate(found.to);
  };
  const byKey = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      setAt((at + step + results.length) % Math.max(results.length, 1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      go(results[at]);
    }
  };
  return (
    <Dialog title="Find" onClose={onClose} wide>
      <Field label="A page, a queue, a table, a function, an order" hint="orderId=O1234 finds an order's way">
        {attributes => (
          <input
            {...attributes}
            class="input"
            role="combobox"
            aria-expanded="true"
            aria-controls="found"
            aria-activedescendant={results.length ? `found-${at}` : undefined}
            autoFocus
            value={text}
            onInput={event => {
              setText(event.currentTarget.value);
              setAt(0);
            }}
            onKeyDown={byKey}
          />
        )}
      </Field>
      <ul class="results" id="found" role="listbox" aria-label="Found">
        {results.map((found, i) => (
          <li
            key={found.to}
            id={`found-${i}`}
            role="option"
            aria-selected={i === at}
            onClick={() => go(found)}
          >
            <span>{found.name}</span>
            <span class="hint">{found.kind}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** A service that refuses its list (a user without permission) is left out. */
async function findAll(): Promise<Found[]> {
  const lists = await Promise.allSettled(finders.map(finder => finder()));
  return lists.flatMap(list => (list.status === 'fulfilled' ? list.value : []));
}

function matches(all: Found[], text: string): Found[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = all.filter(({ name, kind }) => {
    const haystack = `${name} ${kind}`.toLowerCase();
    return words.every(word => haystack.includes(word));
  });
  // Those whose own name has the first word come before those of such a kind.
  found.sort(
    (a, b) =>
      Number(b.name.toLowerCase().includes(words[0] ?? '')) -
      Number(a.name.toLowerCase().includes(words[0] ?? '')),
  );
  if (text.trim())
    found.push({
      name: `Traces with "${text.trim()}"`,
      kind: 'Orders',
      to: `traces?text=${encodeURIComponent(text.trim())}`,
    });
  return found.slice(0, SHOWN);
}
