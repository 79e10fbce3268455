/** DynamoDB › Explore items › Create item, Edit item. */
import { useState } from 'preact/hooks';

import { fromPlain, isTyped, toPlain, type Item } from '../../api/attribute_values';
import { describeTable, type Table } from '../../api/dynamodb';
import { AwsError } from '../../api/errors';
import { changeItem, createItem, getItem, moveItem } from '../../api/items';
import { link, navigate, search, type Params } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Code } from '../../ui/code';
import { Checkbox, Form } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { Loading, Notice, Page, Panel } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import { useResource } from '../../ui/resource';
import { ItemForm } from './item_form';
import { itemOf, newNode, nodesOf, type Node } from './item_tree';
import { tableCrumbs } from './parts';
import { keyTypeOf } from './search';

export default function ItemPage({ table: name = '' }: Params) {
  const key = search.value.get('key');
  const copy = search.value.get('copy');
  const loaded = useResource(`dynamodb/item/${name}/${key ?? copy ?? ''}`, async signal => {
    const table = await describeTable(name, signal);
    const at = key ?? copy;
    return { table, item: at ? await getItem(name, JSON.parse(at) as Item, signal) : keysOnly(table) };
  });
  const title = key ? 'Edit item' : 'Create item';
  const gone = loaded.data && !loaded.data.item;
  if (isMissing(loaded)) return <Absent kind="table" name={name} crumbs={tableCrumbs()} resource={loaded} />;
  return (
    <Page
      title={gone ? 'The item does not exist any more' : title}
      crumbs={[...tableCrumbs(name), ['Items', link`dynamodb/tables/${name}/items`]]}
    >
      <Problem error={loaded.error} retry={loaded.reload} />
      {loaded.data?.item ? (
        <Editor table={loaded.data.table} item={loaded.data.item} editing={Boolean(key)} title={title} />
      ) : (
        !gone && loaded.loading && <Loading />
      )}
    </Page>
  );
}

function keysOnly(table: Table): Item {
  return itemOf(
    table.KeySchema.map(({ AttributeName }) => newNode(keyTypeOf(table, AttributeName), AttributeName)),
  );
}

type View = 'form' | 'json' | 'dynamodb';

interface EditorProps {
  table: Table;
  item: Item;
  editing: boolean;
  title: string;
}

/** What is being edited, in the view that is shown: the form's nodes or a text. */
interface Draft {
  view: View;
  nodes: Node[];
  text: string;
}

function draftOf(item: Item, view: View): Draft {
  return {
    view,
    nodes: view === 'form' ? nodesOf(item) : [],
    text: view === 'json' ? toPlain(item) : view === 'dynamodb' ? JSON.stringify(item, null, 2) : '',
  };
}

/** Throws if it is not an item.  In plain JSON, the sets of `before` stay sets. */
function itemOfDraft({ view, nodes, text }: Draft, before: Item): Item {
  if (view === 'form') return itemOf(nodes);
  if (view === 'json') return fromPlain(text, before);
  const value: unknown = JSON.parse(text);
  if (!isTyped(value))
    throw new Error('In DynamoDB JSON, each attribute is an object with its type: {"S": "text"}.');
  return value;
}

function Editor({ table, item, editing, title }: EditorProps) {
  const [draft, setDraft] = useState(() => draftOf(item, 'form'));
  /** The item at the last change of views: its sets stay sets. */
  const [before, setBefore] = useState(item);
  const [error, setError] = useState<unknown>();
  const back = () => navigate(link`dynamodb/tables/${table.TableName}/items`);
  const show = (view: View) => {
    try {
      const now = itemOfDraft(draft, before);
      setBefore(now);
      setDraft(draftOf(now, view));
      setError(undefined);
    } catch (problem) {
      setError(problem);
    }
  };
  const save = async () => {
    try {
      await write(table, editing ? item : undefined, itemOfDraft(draft, before));
      flash('good', editing ? 'The item was saved.' : 'The item was created.');
      back();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <Form label={title} submit={editing ? 'Save and close' : 'Create item'} cancel={back} onSubmit={save}>
      <Panel
        title="Attributes"
        actions={
          <div class="views" role="group" aria-label="View">
            <ViewButton view="form" label="Form" draft={draft} onShow={show} />
            <ViewButton view="json" label="JSON view" draft={draft} onShow={show} />
          </div>
        }
      >
        {draft.view === 'form' ? (
          <ItemForm
            nodes={draft.nodes}
            keys={table.KeySchema.map(key => key.AttributeName)}
            onChange={nodes => setDraft({ ...draft, nodes })}
          />
        ) : (
          <JsonView
            draft={draft}
            before={before}
            onShow={show}
            onText={text => setDraft({ ...draft, text })}
          />
        )}
      </Panel>
      <Problem error={error} />
      {editing && error instanceof AwsError && error.code === 'ConditionalCheckFailedException' && (
        <Notice tone="warn">
          The item, or an attribute that you have changed, was changed elsewhere since you opened it. Reload
          the page to see it as it is now.
        </Notice>
      )}
    </Form>
  );
}

interface ViewProps {
  view: View;
  label: string;
  draft: Draft;
  onShow: (view: View) => void;
}

function ViewButton({ view, label, draft, onShow }: ViewProps) {
  const pressed = (draft.view === 'form') === (view === 'form');
  return (
    <button type="button" class="button" aria-pressed={pressed} onClick={() => !pressed && onShow(view)}>
      {label}
    </button>
  );
}

interface JsonProps {
  draft: Draft;
  before: Item;
  onShow: (view: View) => void;
  onText: (text: string) => void;
}

function JsonView({ draft, before, onShow, onText }: JsonProps) {
  const sets = Object.entries(before)
    .filter(([, value]) => 'SS' in value || 'NS' in value || 'BS' in value || 'B' in value)
    .map(([name]) => name);
  const typed = draft.view === 'dynamodb';
  return (
    <>
      <Checkbox
        label="View DynamoDB JSON"
        hint="Each value with its type"
        checked={typed}
        onChange={on => onShow(on ? 'dynamodb' : 'json')}
      />
      {!typed && sets.length > 0 && (
        <Notice>{`What plain JSON cannot tell stays what it is, a set or binary: ${sets.join(', ')}.`}</Notice>
      )}
      <Code
        label={typed ? 'The item in DynamoDB JSON' : 'The item in JSON'}
        language="json"
        value={draft.text}
        onChange={onText}
      />
    </>
  );
}

async function write(table: Table, before: Item | undefined, item: Item): Promise<void> {
  const keys = table.KeySchema.map(key => key.AttributeName);
  const keyOf = (one: Item): Item => Object.fromEntries(keys.map(name => [name, one[name]!]));
  const [partition = ''] = keys;
  if (!before) return createItem(table.TableName, item, partition);
  if (JSON.stringify(keyOf(before)) === JSON.stringify(keyOf(item)))
    return changeItem(table.TableName, keys, before, item);
  return moveItem(table.TableName, keyOf(before), item, partition);
}
