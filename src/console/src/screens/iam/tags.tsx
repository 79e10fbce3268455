/** The tags of a role or a user. */
import { useState } from 'preact/hooks';

import { changeTags, type Kind, type Tag } from '../../api/iam';
import { Button, Pairs } from '../../ui/controls';
import { flash } from '../../ui/flash';
import { FormDialog } from '../../ui/form_dialog';
import { Empty, Panel } from '../../ui/layout';
import { Table } from '../../ui/table';

interface TagsProps {
  kind: Kind;
  name: string;
  tags: Tag[];
  reload: () => Promise<void>;
}

export function Tags({ kind, name, tags, reload }: TagsProps) {
  const [pairs, setPairs] = useState<[string, string][]>();
  const [opened, setOpened] = useState(tags);
  const open = () => {
    setOpened(tags);
    setPairs(tags.map(tag => [tag.Key, tag.Value]));
  };
  const save = async () => {
    const after = pairs!.filter(([key]) => key !== '').map(([Key, Value]) => ({ Key, Value }));
    await changeTags(kind, name, opened, after);
    flash('good', `The tags of ${name} were updated.`);
    await reload();
  };
  return (
    <Panel title="Tags" count={tags.length} actions={<Button onClick={open}>Manage tags</Button>}>
      <Table
        label="Tags"
        rows={tags}
        rowKey={tag => tag.Key}
        columns={[
          { id: 'key', title: 'Key', sort: tag => tag.Key, cell: tag => tag.Key },
          { id: 'value', title: 'Value', cell: tag => tag.Value },
        ]}
        empty={<Empty title="No tags" />}
      />
      {pairs && (
        <FormDialog
          title="Manage tags"
          submit="Save changes"
          wide
          onSave={save}
          onClose={() => setPairs(undefined)}
        >
          <Pairs label="Tags" pairs={pairs} addLabel="Add new tag" onChange={setPairs} />
        </FormDialog>
      )}
    </Panel>
  );
}
