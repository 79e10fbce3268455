/** "/" or Ctrl-K: any page and any resource, by its name. */
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';

import { navigate } from '../router';
import { services } from '../screens';
import type { Found } from '../screens/found';
import { Field } from '../ui/controls';
import { Dialog } from '../ui/dialog';
import { finding, type Finding } from './finding';

const SHOWN = 50;

const PAGES: Found[] = services.flatMap(group =>
  group.links.map(([name, to]) => ({ name, kind: group.title, to })),
);

export function Finder({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const results = matches([...PAGES, ...useFinding(text)], text);
  const chosen = useRef<HTMLLIElement>(null);
  // The focus stays in the field, so the browser does not scroll to what the arrows choose. Before it is painted.
  useLayoutEffect(() => chosen.current?.scrollIntoView({ block: 'nearest' }), [at]);

  const go = (found: Found | undefined) => {
    if (!found) return;
    onClose();
    queueMicrotask(() => navigate(found.to)); // an open dialog would keep the focus from the new page
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
            ref={i === at ? chosen : undefined}
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

/** What is known of the resources; who types makes more of them known, until there is enough to show. */
function useFinding(text: string): Found[] {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [state, setState] = useState<Finding>();
  useEffect(() => {
    const life = new AbortController();
    setState(finding(life.signal, () => redraw(0)));
    return () => life.abort();
  }, []);
  useEffect(() => {
    const typed = new AbortController();
    const enough = () => text.trim() === '' || matching(state?.found() ?? [], text).length >= SHOWN;
    void state?.read(enough, typed.signal);
    return () => typed.abort();
  }, [state, text]);
  return state?.found() ?? [];
}

function matching(all: Found[], text: string): Found[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter(({ name, kind }) => {
    const haystack = `${name} ${kind}`.toLowerCase();
    return words.every(word => haystack.includes(word));
  });
}

function matches(all: Found[], text: string): Found[] {
  const word = text.toLowerCase().trim().split(/\s+/)[0]!;
  const found = matching(all, text);
  // What has the first word in its own name comes before what only is of a kind with that word.
  const named = ({ name }: Found) => Number(name.toLowerCase().includes(word));
  found.sort((a, b) => named(b) - named(a));
  if (text.trim())
    found.push({
      name: `Traces with "${text.trim()}"`,
      kind: 'Orders',
      to: `traces?text=${encodeURIComponent(text.trim())}`,
    });
  return found.slice(0, SHOWN);
}
