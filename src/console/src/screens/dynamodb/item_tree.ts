/** An item as the form edits it: each attribute, and each part of a list or map, is a node with a text. */
import {
  contentOf,
  ELEMENTS,
  typeOf,
  type AttributeValue,
  type Item,
  type Type,
} from '../../api/attribute_values';

export interface Node {
  id: number;
  name: string;
  type: Type;
  /** The text of a String, Number or Binary; "true" or "false" of a Boolean. */
  text: string;
  children: Node[];
}

let lastId = 0;

export function newNode(type: Type, name = ''): Node {
  return { id: ++lastId, name, type, text: type === 'BOOL' ? 'true' : '', children: [] };
}

export function nodesOf(item: Item): Node[] {
  return Object.entries(item).map(([name, value]) => nodeOf(name, value));
}

function nodeOf(name: string, value: AttributeValue): Node {
  const node = newNode(typeOf(value), name);
  const content = contentOf(value);
  const element = ELEMENTS[node.type];
  if (element) node.children = (content as string[]).map(text => ({ ...newNode(element), text }));
  else if ('L' in value) node.children = value.L.map(one => nodeOf('', one));
  else if ('M' in value) node.children = nodesOf(value.M);
  else node.text = node.type === 'NULL' ? '' : String(content);
  return node;
}

/** Throws if two attributes have one name. */
export function itemOf(nodes: Node[]): Item {
  const item: Item = {};
  for (const node of nodes) {
    if (node.name in item) throw new Error(`Two attributes have the name "${node.name}".`);
    item[node.name] = valueOfNode(node);
  }
  return item;
}

function valueOfNode(node: Node): AttributeValue {
  if (ELEMENTS[node.type])
    return { [node.type]: node.children.map(child => child.text) } as unknown as AttributeValue;
  if (node.type === 'L') return { L: node.children.map(valueOfNode) };
  if (node.type === 'M') return { M: itemOf(node.children) };
  if (node.type === 'BOOL') return { BOOL: node.text === 'true' };
  if (node.type === 'NULL') return { NULL: true };
  return { [node.type]: node.text } as AttributeValue;
}

/** The node with another type: what can be kept is kept. */
export function withType(node: Node, type: Type): Node {
  const fresh = newNode(type, node.name);
  const element = ELEMENTS[type];
  if (element) return { ...fresh, children: node.children.map(child => ({ ...child, type: element })) };
  if (type === 'L') return { ...fresh, children: node.children };
  return ['S', 'N', 'B'].includes(type) ? { ...fresh, text: node.text } : fresh;
}
