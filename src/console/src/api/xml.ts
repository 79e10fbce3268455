/** The replies of the Query protocol.  A reply does not say which elements are lists or maps, but their members do:
 *  "member" elements are a list, "entry" elements with a key are a map. */
export type Xml = string | Xml[] | { [name: string]: Xml };

export function parseXml(text: string): Element {
  const document = new DOMParser().parseFromString(text, 'text/xml');
  if (document.querySelector('parsererror')) throw new Error('The reply is not XML.');
  return document.documentElement;
}

export function toValue(element: Element): Xml {
  const children = [...element.children];
  if (children.length === 0) return element.textContent ?? '';
  if (children.every(child => child.tagName === 'member')) return children.map(toValue);
  if (children.every(child => child.tagName === 'entry')) return Object.fromEntries(children.map(toEntry));
  return Object.fromEntries(children.map(child => [child.tagName, toValue(child)]));
}

function toEntry(entry: Element): [string, Xml] {
  const value = entry.children[1];
  return [entry.children[0]?.textContent ?? '', value ? toValue(value) : ''];
}

/** The text of the first element of that name below `element`. */
export function textOf(element: Element, name: string): string | undefined {
  return element.getElementsByTagName(name)[0]?.textContent ?? undefined;
}

/** An empty list is an empty text in XML. */
export function listOf<T>(value: unknown): T[] {
  return Array.isArray(value) ? (value as T[]) : [];
}
