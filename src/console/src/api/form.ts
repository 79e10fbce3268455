/** The input of the Query protocol: nested values become the names "A.member.1.B" and "M.entry.1.key". */
export type Value = string | number | boolean | undefined | Value[] | { [name: string]: Value } | MapOf;

/** A map, to be told apart from a structure. */
export class MapOf {
  constructor(
    readonly entries: Record<string, Value>,
    readonly names: { key: string; value: string } = { key: 'key', value: 'value' },
  ) {}

  /** The CLI's input has maps as objects. */
  toJSON(): Record<string, Value> {
    return this.entries;
  }
}

export function toForm(input: Record<string, Value>): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(input)) add(form, name, value);
  return form;
}

function add(form: URLSearchParams, name: string, value: Value): void {
  if (value === undefined) return;
  if (Array.isArray(value)) {
    if (value.length === 0) form.append(name, '');
    value.forEach((item, i) => add(form, `${name}.member.${i + 1}`, item));
  } else if (value instanceof MapOf) {
    Object.entries(value.entries).forEach(([key, item], i) => {
      form.append(`${name}.entry.${i + 1}.${value.names.key}`, key);
      add(form, `${name}.entry.${i + 1}.${value.names.value}`, item);
    });
  } else if (typeof value === 'object') {
    for (const [member, item] of Object.entries(value)) add(form, `${name}.${member}`, item);
  } else {
    form.append(name, String(value));
  }
}
