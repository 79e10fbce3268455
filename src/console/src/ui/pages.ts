/** Long lists: a page of AWS's API is loaded at a time, more as one scrolls. */
import { useEffect, useRef, useState } from 'preact/hooks';

import type { ServerEvent } from '../api/events';
import { useResource } from './resource';

export interface PageOf<T> {
  items: T[];
  /** The token of the next page. */
  next?: string;
}

/** What a Table needs to load on. */
export interface More {
  load: () => Promise<void>;
  loading: boolean;
  /** Loading waits for the button, and scrolling does not do it. */
  waits?: boolean;
}

export interface Pages<T> {
  rows: T[];
  error: unknown;
  loading: boolean;
  reload: () => Promise<void>;
  /** Undefined when all rows are there. */
  more: More | undefined;
}

/** `key` as for useResource(); an event of `on` loads as many pages anew as have been shown. */
export function usePages<T>(
  key: string,
  page: (token: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>,
  options: { on?: (event: ServerEvent) => boolean } = {},
): Pages<T> {
  const wanted = useRef(1);
  const [loadingMore, setLoadingMore] = useState(false);
  const [failed, setFailed] = useState<unknown>();
  // Before the effect of useResource(), which loads.
  useEffect(() => {
    wanted.current = 1;
  }, [key]);
  const loaded = useResource(
    key,
    async signal => {
      const items: T[] = [];
      let next: string | undefined;
      for (let i = 0; i < wanted.current && (i === 0 || next); i++) {
        const got = await page(next, signal);
        items.push(...got.items);
        next = got.next;
      }
      return { items, next };
    },
    options,
  );
  const [added, setAdded] = useState<PageOf<T> & { to: unknown }>();

  const base = loaded.data;
  const shown = base && added?.to === base ? added : base;
  const load = async () => {
    if (!shown?.next || loadingMore) return;
    setLoadingMore(true);
    try {
      const got = await page(shown.next, new AbortController().signal);
      wanted.current++;
      setAdded({ to: base, items: [...shown.items, ...got.items], next: got.next });
      setFailed(undefined);
    } catch (error) {
      setFailed(error);
    } finally {
      setLoadingMore(false);
    }
  };
  return {
    rows: shown?.items ?? EMPTY,
    error: loaded.error ?? failed,
    loading: loaded.loading,
    reload: loaded.reload,
    more: shown?.next ? { load, loading: loadingMore, waits: failed !== undefined } : undefined,
  };
}

const EMPTY: never[] = [];
