/** A dashboard's body: its widgets, where they are, and the time that it shows.  What the console does not know of it stays as
 *  it is.
 *
 *  https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
export type Properties = Record<string, unknown>;

export interface Widget {
  type: string;
  x?: number;
  y?: number;
  width?: number;
  height?: number;
  properties: Properties;
}

export interface Body {
  /** "-PT6H", or a moment. */
  start?: string;
  end?: string;
  periodOverride?: string;
  variables?: unknown[];
  widgets: Widget[];
}

export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const COLUMNS = 24;
export const MOST_ROWS = 1000;
const USUAL = 6;

export function isObject(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberIn(value: unknown, least: number, most: number): number | undefined {
  return typeof value === 'number' && value >= least && value <= most ? value : undefined;
}

/** Throws what keeps it from being shown; the server checks it whole when it is saved. */
export function parseBody(text: string): Body {
  const body = JSON.parse(text) as unknown;
  if (!isObject(body) || !Array.isArray(body.widgets))
    throw new Error('A dashboard is a JSON object with an array "widgets".');
  body.widgets.forEach((widget: unknown, at) => {
    if (!isObject(widget) || typeof widget.type !== 'string' || !isObject(widget.properties))
      throw new Error(`/widgets/${at} should be an object with "type" and "properties".`);
  });
  return body as unknown as Body;
}

export function bodyText(body: Body): string {
  return JSON.stringify(body, null, 2);
}

function placed({ x, y }: Widget): boolean {
  return numberIn(x, 0, COLUMNS) !== undefined && numberIn(y, 0, Infinity) !== undefined;
}

/** As AWS draws them: in the order of their rows, each as far up as it may, so that no row is empty.  Those without a place
 *  follow the others, where they are highest. */
export function placesOf(widgets: Widget[]): Place[] {
  const filled = new Array<number>(COLUMNS).fill(0);
  const places = new Map<Widget, Place>();
  const order = widgets
    .filter(placed)
    .sort((a, b) => a.y! - b.y! || a.x! - b.x!)
    .concat(widgets.filter(widget => !placed(widget)));
  for (const widget of order) {
    const width = Math.trunc(numberIn(widget.width, 1, COLUMNS) ?? USUAL);
    const height = Math.trunc(numberIn(widget.height, 1, MOST_ROWS) ?? USUAL);
    const top = (at: number) => Math.max(...filled.slice(at, at + width));
    const x = placed(widget)
      ? Math.min(Math.trunc(widget.x!), COLUMNS - width)
      : highest(top, COLUMNS - width);
    const y = top(x);
    filled.fill(y + height, x, x + width);
    places.set(widget, { x, y, width, height });
  }
  return widgets.map(widget => places.get(widget)!);
}

function highest(top: (at: number) => number, last: number): number {
  let found = 0;
  for (let at = 1; at <= last; at++) if (top(at) < top(found)) found = at;
  return found;
}

/** All get their places, so that the new widget moves none of the others. */
export function withWidget(body: Body, widget: Widget): Body {
  const widgets = [...body.widgets, widget];
  const places = placesOf(widgets);
  return { ...body, widgets: widgets.map((one, at) => (placed(one) ? one : { ...one, ...places[at] })) };
}

export function replaced(body: Body, at: number, widget: Widget): Body {
  return { ...body, widgets: body.widgets.map((one, i) => (i === at ? widget : one)) };
}

export function removed(body: Body, at: number): Body {
  return { ...body, widgets: body.widgets.filter((_, i) => i !== at) };
}

/** What a widget is called, for its heading and for the buttons that name it. */
export function titleOf(widget: Widget): string {
  return textOf(widget.properties.title) || NAMES[widget.type] || widget.type;
}

const NAMES: Record<string, string> = {
  metric: 'Metrics',
  text: 'Text',
  log: 'Logs',
  alarm: 'Alarms',
};
