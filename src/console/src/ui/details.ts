/** What a list of names does not tell: asked for when its row comes into view, a few rows at once, and again when it has changed. */
import { useEffect, useReducer, useRef } from 'preact/hooks';

import { calmly } from './calm';

const AT_ONCE = 6;
/** Answers that come soon after each other are drawn together. */
const DRAWN_MILLISECONDS = 100;

export interface Details<T> {
  /** Undefined: not asked yet, or refused. */
  of: (name: string) => T | undefined;
  /** These rows are seen now; others that wait are not asked for any more. */
  want: (names: string[]) => void;
  /** It was told with the list. */
  know: (name: string, value: T) => void;
  /** What is known of these rows is old. */
  refresh: (names: string[]) => void;
  /** All that is known is old. */
  refreshAll: () => void;
  /** An event has told it. */
  change: (name: string, change: (before: T) => T) => void;
}

export function useDetails<T>(describe: (name: string, signal: AbortSignal) => Promise<T>): Details<T> {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const latest = useRef(describe);
  latest.current = describe;
  const book = useRef<Book<T>>();
  book.current ??= new Book(
    (name, signal) => latest.current(name, signal),
    () => redraw(0),
  );
  useEffect(() => () => book.current?.close(), []);
  return book.current;
}

class Book<T> implements Details<T> {
  private known = new Map<string, T | undefined>();
  private old = new Set<string>();
  private wanted: string[] = [];
  private stop = new AbortController();
  private calm = calmly(() => this.readAll());
  private drawing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private describe: (name: string, signal: AbortSignal) => Promise<T>,
    private draw: () => void,
  ) {}

  of = (name: string) => this.known.get(name);

  want = (names: string[]) => {
    this.wanted = names;
    if (this.next()) this.calm.ask();
  };

  know = (name: string, value: T) => {
    this.known.set(name, value);
    this.old.delete(name);
  };

  refresh = (names: string[]) => {
    for (const name of names) if (this.known.has(name)) this.old.add(name);
    if (this.next()) this.calm.ask();
  };

  refreshAll = () => this.refresh([...this.known.keys()]);

  change = (name: string, change: (before: T) => T) => {
    const before = this.known.get(name);
    if (before === undefined) return;
    this.known.set(name, change(before));
    this.redraw();
  };

  close() {
    this.calm.stop();
    clearTimeout(this.drawing);
    this.stop.abort();
  }

  private redraw(): void {
    this.drawing ??= setTimeout(() => {
      this.drawing = undefined;
      this.draw();
    }, DRAWN_MILLISECONDS);
  }

  private next(): string | undefined {
    return this.wanted.find(name => !this.known.has(name) || this.old.has(name));
  }

  private async readAll(): Promise<void> {
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.readOn()));
  }

  private async readOn(): Promise<void> {
    for (let name = this.next(); name !== undefined && !this.stop.signal.aborted; name = this.next()) {
      // Known from now on, so that nobody else asks for it.
      this.known.set(name, this.known.get(name));
      this.old.delete(name);
      const answer = await this.describe(name, this.stop.signal).catch(() => undefined);
      if (this.stop.signal.aborted) return;
      this.known.set(name, answer);
      this.redraw();
    }
  }
}
