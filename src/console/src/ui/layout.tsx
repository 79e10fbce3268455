/** The parts of which pages are made. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { Link, path, search, setSearch } from '../router';
import { Button } from './controls';
import { CopyIcon, DoneIcon } from './icons';

interface PageProps {
  title: ComponentChildren;
  /** The way here: the name of each page and its address. */
  crumbs?: [string, string][];
  description?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ title, crumbs, description, actions, children }: PageProps) {
  return (
    <>
      {crumbs && (
        <nav class="crumbs" aria-label="Breadcrumbs">
          {crumbs.map(([name, to]) => (
            <Link key={to} to={to}>
              {name}
            </Link>
          ))}
        </nav>
      )}
      <header class="page-header">
        <div>
          <h1>{title}</h1>
          {description && <p class="description">{description}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

/** The pages of one service, above its page: "Tables", "Explore items", "PartiQL editor". */
export function Sections({ label, links }: { label: string; links: [string, string][] }) {
  return (
    <nav class="sections" aria-label={label}>
      {links.map(([name, to]) => (
        <Link key={to} to={to} current={path.value === to}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

interface PanelProps {
  title?: ComponentChildren;
  count?: number | string;
  description?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Panel({ title, count, description, actions, children }: PanelProps) {
  return (
    <section class="panel">
      {(title || actions) && (
        <header class="panel-header">
          <div>
            {title && (
              <h2>
                {title}
                {count !== undefined && <span class="count"> ({count})</span>}
              </h2>
            )}
            {description && <p class="description">{description}</p>}
          </div>
          {actions && <div class="actions">{actions}</div>}
        </header>
      )}
      <div class="panel-body">{children}</div>
    </section>
  );
}

/** Names and what they are, in columns. */
export function Facts({ facts }: { facts: [string, ComponentChildren][] }) {
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === undefined || value === '' ? '–' : value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface Tab {
  id: string;
  label: string;
  content: () => ComponentChildren;
}

/** The chosen tab is part of the address, under `name`. */
export function Tabs({ tabs, name = 'tab', label }: { tabs: Tab[]; name?: string; label: string }) {
  const chosen = tabs.find(tab => tab.id === search.value.get(name)) ?? tabs[0]!;
  const choose = (tab: Tab) => setSearch({ [name]: tab === tabs[0] ? undefined : tab.id });
  const byKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (!step) return;
    const next = tabs[(tabs.indexOf(chosen) + step + tabs.length) % tabs.length]!;
    choose(next);
    document.getElementById(`tab-${name}-${next.id}`)?.focus();
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} onKeyDown={byKey}>
        {tabs.map(tab => (
          <button
            key={tab.id}
            id={`tab-${name}-${tab.id}`}
            role="tab"
            type="button"
            aria-selected={tab === chosen}
            aria-controls={`panel-${name}`}
            tabIndex={tab === chosen ? 0 : -1}
            onClick={() => choose(tab)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`panel-${name}`} aria-labelledby={`tab-${name}-${chosen.id}`}>
        {chosen.content()}
      </div>
    </div>
  );
}

export type Tone = 'good' | 'bad' | 'warn' | 'note' | 'plain';

export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`badge badge-${tone}`}>{children}</span>;
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}

export function Loading() {
  return (
    <p class="loading" role="status">
      Loading…
    </p>
  );
}

/** A notice within a page: what one should know here. */
export function Notice({ tone = 'note', children }: { tone?: Tone; children: ComponentChildren }) {
  return <div class={`notice notice-${tone}`}>{children}</div>;
}

/** A text that is often wanted elsewhere: an ARN, a URL. */
export function Copy({ text, children }: { text: string; children?: ComponentChildren }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <span class="copy">
      <span class="mono">{children ?? text}</span>
      <Button kind="bare" label={copied ? 'Copied' : `Copy ${text}`} onClick={copy}>
        {copied ? <DoneIcon /> : <CopyIcon />}
      </Button>
    </span>
  );
}
