/** Paths below /_orderly/console/ and the screens that they show.  Every screen has an address that one can send. */
import { computed, signal } from '@preact/signals';
import type { ComponentChildren, ComponentType } from 'preact';

export type Params = Record<string, string>;

export interface Route {
  /** "sqs/queues/:queue": a part with a colon is a parameter, and "*" at the end takes the rest. */
  path: string;
  /** What the tab of the browser says. */
  title: string | ((params: Params) => string);
  load: () => Promise<{ default: ComponentType<Params> }>;
}

const BASE = import.meta.env.BASE_URL;

const place = signal(here());

/** The path without the base and without its first slash. */
export const path = computed(() => place.value.path);
export const search = computed(() => new URLSearchParams(place.value.search));

function here(): { path: string; search: string } {
  return {
    path: location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length) : '',
    search: location.search,
  };
}

addEventListener('popstate', () => (place.value = here()));

/** An address of the console: link`sqs/queues/${name}` encodes what is put in. */
export function link(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return parts.reduce((all, part, i) => all + encodeURIComponent(values[i - 1]!) + part);
}

export function href(to: string): string {
  return BASE + to;
}

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  history[options.replace ? 'replaceState' : 'pushState'](null, '', href(to));
  place.value = here();
  if (!options.replace) {
    scrollTo(0, 0);
    document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  }
}

/** Change the query of this address: tabs, filters, what is selected. */
export function setSearch(changes: Record<string, string | undefined>): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes))
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  const text = next.toString();
  navigate(path.value + (text ? `?${text}` : ''), { replace: true });
}

/** An address that somebody has typed may be wrong in its percent signs: it is taken as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function matchRoute(route: Route, at: string): Params | undefined {
  const wanted = route.path.split('/');
  const given = at.split('/').filter((part, i, all) => part !== '' || i < all.length - 1);
  const params: Params = {};
  for (const [i, part] of wanted.entries()) {
    if (part === '*') {
      params.rest = given.slice(i).map(decoded).join('/');
      return params;
    }
    const value = given[i];
    if (value === undefined) return part === '' && i === 0 ? params : undefined;
    if (part.startsWith(':')) params[part.slice(1)] = decoded(value);
    else if (part !== value) return undefined;
  }
  return given.length === wanted.length ? params : undefined;
}

interface LinkProps {
  to: string;
  class?: string;
  current?: boolean;
  label?: string;
  children: ComponentChildren;
}

export function Link({ to, class: name, current, label, children }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a
      href={href(to)}
      class={name}
      aria-current={current ? 'page' : undefined}
      aria-label={label}
      onClick={follow}
    >
      {children}
    </a>
  );
}
