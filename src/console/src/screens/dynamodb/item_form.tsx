/** An item as a form: a row for each attribute, and below it those of its lists, maps and sets. */
import { ELEMENTS, TYPE_OPTIONS, TYPES, type Type } from '../../api/attribute_values';
import { Button } from '../../ui/controls';
import { Menu } from '../../ui/menu';
import { newNode, withType, type Node } from './item_tree';

interface FormProps {
  nodes: Node[];
  /** Names of attributes that stay, with their types. */
  keys: string[];
  onChange: (nodes: Node[]) => void;
}

export function ItemForm({ nodes, keys, onChange }: FormProps) {
  return (
    <div class="item-form">
      <ul class="nodes" aria-label="Attributes">
        {nodes.map((node, i) => (
          <Row
            key={node.id}
            node={node}
            path={node.name || `Attribute ${i + 1}`}
            kind={keys.includes(node.name) && i < keys.length ? 'key' : 'attribute'}
            onChange={changed => onChange(nodes.map(one => (one.id === node.id ? changed : one)))}
            onRemove={() => onChange(nodes.filter(one => one.id !== node.id))}
          />
        ))}
      </ul>
      <AddMenu label="Add new attribute" onAdd={type => onChange([...nodes, newNode(type)])} />
    </div>
  );
}

interface AddProps {
  label: string;
  name?: string;
  onAdd: (type: Type) => void;
}

function AddMenu({ label, name, onAdd }: AddProps) {
  return (
    <Menu
      label={label}
      name={name}
      items={TYPE_OPTIONS.map(type => ({ label: type.label, onChoose: () => onAdd(type.value as Type) }))}
    />
  );
}

interface RowProps {
  node: Node;
  /** Its name for screen readers: "lines › 2 › sku". */
  path: string;
  /** Keys keep name and type; elements have no name; those of sets have no type of their own either. */
  kind: 'key' | 'attribute' | 'element' | 'set element';
  onChange: (node: Node) => void;
  onRemove: () => void;
}

function Row({ node, path, kind, onChange, onRemove }: RowProps) {
  const compound = node.type === 'L' || node.type === 'M' || ELEMENTS[node.type];
  const named = kind === 'key' || kind === 'attribute';
  return (
    <li>
      <div class="node">
        {named ? (
          <input
            class="input"
            aria-label={`Name of ${path}`}
            placeholder="Attribute name"
            value={node.name}
            readOnly={kind === 'key'}
            required
            onInput={event => onChange({ ...node, name: event.currentTarget.value })}
          />
        ) : (
          <span class="hint">{path.split(' › ').at(-1)}</span>
        )}
        {compound ? (
          <span class="hint">{node.children.length} inside</span>
        ) : (
          <Value node={node} path={path} onChange={onChange} />
        )}
        {kind === 'key' ? (
          <span class="hint">{TYPES[node.type]}, key</span>
        ) : kind === 'set element' ? (
          <span class="hint">{TYPES[node.type]}</span>
        ) : (
          <select
            class="input"
            aria-label={`Type of ${path}`}
            value={node.type}
            onChange={event => onChange(withType(node, event.currentTarget.value as Type))}
          >
            {TYPE_OPTIONS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
        {kind === 'key' ? (
          <span />
        ) : (
          <Button label={`Remove ${path}`} onClick={onRemove}>
            Remove
          </Button>
        )}
      </div>
      {compound && <Children node={node} path={path} onChange={onChange} />}
    </li>
  );
}

interface ValueProps {
  node: Node;
  path: string;
  onChange: (node: Node) => void;
}

function Value({ node, path, onChange }: ValueProps) {
  const label = `Value of ${path}`;
  const change = (text: string) => onChange({ ...node, text });
  if (node.type === 'NULL') return <span class="hint">null</span>;
  if (node.type === 'BOOL')
    return (
      <select
        class="input"
        aria-label={label}
        value={node.text}
        onChange={event => change(event.currentTarget.value)}
      >
        <option>true</option>
        <option>false</option>
      </select>
    );
  if (node.type === 'S' && node.text.includes('\n'))
    return (
      <textarea
        class="input"
        aria-label={label}
        rows={Math.min(node.text.split('\n').length, 8)}
        value={node.text}
        onInput={event => change(event.currentTarget.value)}
      />
    );
  return (
    <input
      class={node.type === 'B' ? 'input mono' : 'input'}
      aria-label={label}
      placeholder={node.type === 'B' ? 'Base64' : node.type === 'S' ? 'Empty value' : ''}
      inputMode={node.type === 'N' ? 'decimal' : undefined}
      value={node.text}
      onInput={event => change(event.currentTarget.value)}
    />
  );
}

function Children({ node, path, onChange }: ValueProps) {
  const element = ELEMENTS[node.type];
  const set = (children: Node[]) => onChange({ ...node, children });
  const add = (type: Type) => set([...node.children, newNode(type)]);
  return (
    <div class="children">
      <ul class="nodes" aria-label={`Parts of ${path}`}>
        {node.children.map((child, i) => (
          <Row
            key={child.id}
            node={child}
            path={`${path} › ${node.type === 'M' ? child.name || `Attribute ${i + 1}` : i + 1}`}
            kind={element ? 'set element' : node.type === 'M' ? 'attribute' : 'element'}
            onChange={changed => set(node.children.map(one => (one.id === child.id ? changed : one)))}
            onRemove={() => set(node.children.filter(one => one.id !== child.id))}
          />
        ))}
      </ul>
      {element ? (
        <Button label={`Add element to ${path}`} onClick={() => add(element)}>
          Add element
        </Button>
      ) : (
        <AddMenu label="Insert a field" name={`Insert a field into ${path}`} onAdd={add} />
      )}
    </div>
  );
}
