/** The page of a role, a user or a policy, with its deletion. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

import { navigate } from '../../router';
import { Absent, isMissing } from '../../ui/absent';
import { Button } from '../../ui/controls';
import { Confirm } from '../../ui/dialog';
import { attempt } from '../../ui/flash';
import { Loading, Page } from '../../ui/layout';
import { Problem } from '../../ui/problem';
import type { Resource } from '../../ui/resource';
import { crumbsOf } from './nav';

interface RemovablePageProps<T> {
  name: string;
  /** "Role": what it is. */
  kind: string;
  /** The list that has it. */
  list: Parameters<typeof crumbsOf>[0];
  description?: string;
  resource: Resource<T>;
  removable?: boolean;
  remove: () => Promise<unknown>;
  /** What its deletion means. */
  warning: string;
  content: (data: T) => ComponentChildren;
}

export function RemovablePage<T>(props: RemovablePageProps<T>) {
  const { name, kind, list, resource, removable = true, remove, warning, content } = props;
  const crumbs = crumbsOf(list);
  const [deleting, setDeleting] = useState(false);
  const confirmed = async () => {
    if (await attempt(remove, `${kind} ${name} deleted.`)) navigate(crumbs.at(-1)![1]);
  };
  if (isMissing(resource))
    return <Absent kind={kind.toLowerCase()} name={name} crumbs={crumbs} resource={resource} />;
  return (
    <Page
      title={name}
      crumbs={crumbs}
      description={props.description}
      actions={
        removable && (
          <Button kind="danger" onClick={() => setDeleting(true)}>
            Delete
          </Button>
        )
      }
    >
      <Problem error={resource.error} retry={resource.reload} />
      {resource.data ? content(resource.data) : resource.loading && <Loading />}
      {deleting && (
        <Confirm
          title={`Delete ${name}?`}
          action="Delete"
          typed={name}
          onConfirm={confirmed}
          onClose={() => setDeleting(false)}
        >
          <p>{warning}</p>
        </Confirm>
      )}
    </Page>
  );
}
