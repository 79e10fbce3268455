/** A dashboard's variables: what each puts into the widgets.  A variable of a property sets the property wherever the widgets have it, be
 *  it a dimension of a metric or a member; one of a pattern replaces what a regular expression finds in their texts.
 *
 *  https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
import type { DataQuery } from '../../../api/metrics';
import { isObject, textOf, type Body, type Properties, type Widget } from './body';
import { metricRows, writtenRows } from './metric_rows';

export type InputType = 'input' | 'select' | 'radio';

export interface Choice {
  value: string;
  label?: string;
}

export interface Variable {
  type: 'property' | 'pattern';
  /** The property, or the regular expression. */
  replaces: string;
  inputType: InputType;
  id: string;
  label: string;
  values: Choice[];
  /** A search of metrics, and the dimension whose values are the choices. */
  search?: string;
  populateFrom?: string;
  defaultValue?: string;
  visible: boolean;
}

/** Those that are understood; the server checks them when a dashboard is saved. */
export function variablesOf(body: Pick<Body, 'variables'>): Variable[] {
  return (Array.isArray(body.variables) ? body.variables : []).flatMap(one => {
    const variable = isObject(one) ? readVariable(one) : undefined;
    return variable ? [variable] : [];
  });
}

function readVariable(one: Properties): Variable | undefined {
  const type = one.type === 'pattern' ? 'pattern' : 'property';
  const replaces = textOf(one[type]);
  const id = textOf(one.id);
  if (!replaces || !id) return undefined;
  return {
    type,
    replaces,
    id,
    inputType: one.inputType === 'select' || one.inputType === 'radio' ? one.inputType : 'input',
    label: textOf(one.label) ?? replaces,
    values: choicesIn(one.values),
    search: textOf(one.search),
    populateFrom: textOf(one.populateFrom),
    defaultValue: textOf(one.defaultValue),
    visible: one.visible !== false,
  };
}

function choicesIn(values: unknown): Choice[] {
  return (Array.isArray(values) ? values : []).flatMap((one: unknown) => {
    const value = isObject(one) ? textOf(one.value) : undefined;
    return value === undefined ? [] : [{ value, label: textOf((one as Properties).label) }];
  });
}

/** As in the body. */
export function writtenVariable(variable: Variable): Properties {
  const { type, replaces, values, defaultValue, search, populateFrom, ...rest } = variable;
  return {
    ...rest,
    type,
    [type]: replaces,
    ...(values.length > 0 && { values }),
    ...(search && { search, populateFrom }),
    ...(defaultValue !== undefined && { defaultValue }),
  };
}

const FIRST = '__FIRST';

/** Undefined: the widgets stay as they are written. */
export function valueOf(variable: Variable, asked: URLSearchParams, choices: Choice[]): string | undefined {
  const chosen = asked.get(addressOf(variable));
  if (chosen) return chosen;
  return variable.defaultValue === FIRST ? choices[0]?.value : variable.defaultValue;
}

/** The name of its value in the page's address. */
export function addressOf({ id }: Variable): string {
  return `var.${id}`;
}

export function applied(
  widgets: Widget[],
  values: { variable: Variable; value: string | undefined }[],
): Widget[] {
  return values.reduce((now, { variable, value }) => {
    if (value === undefined) return now;
    const pattern = variable.type === 'pattern' ? patternOf(variable.replaces) : undefined;
    if (variable.type === 'pattern' && !pattern) return now;
    const change = (properties: Properties) =>
      pattern
        ? replaced(properties, pattern, value)
        : setProperty(inFull(properties), variable.replaces, value);
    return now.map(widget => ({ ...widget, properties: change(widget.properties) as Properties }));
  }, widgets);
}

/** A row of metrics that repeats the one before is written in full, so that it has the dimension itself. */
function inFull(properties: Properties): Properties {
  if (!Array.isArray(properties.metrics)) return properties;
  try {
    return { ...properties, metrics: writtenRows(metricRows(properties.metrics)) };
  } catch {
    return properties;
  }
}

/** A text that is not a regular expression finds nothing. */
function patternOf(text: string): RegExp | undefined {
  try {
    return new RegExp(text, 'g');
  } catch {
    return undefined;
  }
}

function setProperty(value: unknown, property: string, to: string): unknown {
  if (Array.isArray(value)) return inMetric(value, property, to);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      name === property && typeof one !== 'object' ? sameKind(one, to) : setProperty(one, property, to),
    ]),
  );
}

/** A period is a number, whatever is typed. */
function sameKind(before: unknown, to: string): unknown {
  return typeof before === 'number' && to.trim() !== '' && Number.isFinite(Number(to)) ? Number(to) : to;
}

/** ["Namespace", "Name", "Dimension", "Value", …]: from the third on, every other text is a dimension. */
function inMetric(row: unknown[], property: string, to: string): unknown[] {
  return row.map((one, at) => {
    const isValue = typeof one === 'string' && at >= 3 && at % 2 === 1 && row[at - 1] === property;
    return isValue ? to : setProperty(one, property, to);
  });
}

function replaced(value: unknown, pattern: RegExp, to: string): unknown {
  if (typeof value === 'string') return value.replace(pattern, () => to);
  if (Array.isArray(value)) return value.map(one => replaced(one, pattern, to));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaced(one, pattern, to)]));
}

const DAY_SECONDS = 86_400;
const ID = 'search';

/** The search of a variable as a query whose labels are the values of the dimension. */
export function searchQuery({ search = '', populateFrom = '' }: Variable): DataQuery {
  return {
    Id: ID,
    Expression: `SEARCH('${search}', 'SampleCount', ${DAY_SECONDS})`,
    Label: `\${PROP('Dim.${populateFrom}')}`,
    Period: DAY_SECONDS,
  };
}
