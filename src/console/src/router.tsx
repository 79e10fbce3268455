/** Paths below /_orderly/console/ and the screens that they show.  Every screen has an address that one can send. */
import { computed, signal } from '@preact/signals';
import type { ComponentChildren, ComponentType } from 'preact';

import { mayLeave } from './unsaved';

export type Params = Record<string, string>;

export interface Route {
  /** "sqs/queues/:queue": a part with a colon is a parameter, and "*" at the end takes the rest. */
  path: string;
  /** What the tab of the browser says. */
  title: string | ((params: Params) => string);
  load: () => Promise<{ default: ComponentType<Params> }>;
}

/** The account and the region of a page, unless they are those that the server begins with. */
export interface Realm {
  account?: string;
  region?: string;
}

const BASE = import.meta.env.BASE_URL;
const REALM_FORMS: [keyof Realm, RegExp][] = [
  ['account', /^\d{12}$/],
  ['region', /^[a-z]+(-[a-z]+)+-\d+$/],
];

const place = signal(here());
const realm = signal<Realm>({});

/** The path without the base and without its first slash. */
export const path = computed(() => place.value.path);
export const search = computed(() => new URLSearchParams(place.value.search));

function here(): { path: string; search: string } {
  const query = new URLSearchParams(location.search);
  for (const [name] of REALM_FORMS) query.delete(name);
  return {
    path: location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length) : '',
    search: query.toString(),
  };
}

/** What the address says. */
export function realmAsked(): Realm {
  const query = new URLSearchParams(location.search);
  const given = REALM_FORMS.filter(([name, form]) => form.test(query.get(name) ?? ''));
  return Object.fromEntries(given.map(([name]) => [name, query.get(name)]));
}

/** From now on every address names them: it shows the same in another tab. */
export function setRealm(next: Realm): void {
  realm.value = next;
  rewrite();
}

/** Let the address bar name the realm. */
function rewrite(): void {
  const { path, search } = place.peek();
  history.replaceState(null, '', href(search ? `${path}?${search}` : path));
}

addEventListener('popstate', () => {
  if (here().path !== place.peek().path && !mayLeave()) {
    const { path, search } = place.peek();
    history.pushState(null, '', href(search ? `${path}?${search}` : path));
    return;
  }
  place.value = here();
  rewrite();
});

/** An address of the console: link`sqs/queues/${name}` encodes what is put in. */
export function link(parts: TemplateStringsArray, ...values: (string | number)[]): string {
  return parts.reduce((all, part, i) => all + encodeURIComponent(values[i - 1]!) + part);
}

export function href(to: string): string {
  const [at, query] = to.split('?');
  const all = new URLSearchParams(query);
  for (const [name] of REALM_FORMS) if (realm.value[name]) all.set(name, realm.value[name]);
  return BASE + at + (all.size > 0 ? `?${all}` : '');
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
  const next = new URLSearchParams(search.value);
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
  /** In a tab of its own, because this page has what would be lost. */
  apart?: boolean;
  children: ComponentChildren;
}

export function Link({ to, class: name, current, label, apart, children }: LinkProps) {
  const follow = (event: MouseEvent) => {
    if (apart || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if (to.split('?')[0] === path.peek() || mayLeave()) navigate(to);
  };
  return (
    <a
      href={href(to)}
      class={name}
      aria-current={current ? 'page' : undefined}
      aria-label={label}
      target={apart ? '_blank' : undefined}
      rel={apart ? 'opener' : undefined /* with its session */}
      onClick={follow}
    >
      {children}
    </a>
  );
}
