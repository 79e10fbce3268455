/** A resource's page while there is nothing to show of it: it loads, does not exist, or may not be seen. */
import { AwsError } from '../api/errors';
import { Empty, Loading, Page } from './layout';
import { Problem } from './problem';
import type { Resource } from './resource';

/** Does the server say that it does not exist? */
export function isMissing({ error }: { error: unknown }): boolean {
  return error instanceof AwsError && error.missing;
}

interface AbsentProps {
  /** What it is: "queue". */
  kind: string;
  name: string;
  crumbs?: [string, string][];
  resource: Pick<Resource<unknown>, 'error' | 'loading' | 'reload'>;
}

export function Absent({ kind, name, crumbs, resource }: AbsentProps) {
  const { error, loading, reload } = resource;
  const missing = isMissing(resource) || (!error && !loading);
  return (
    <Page title={missing ? `There is no ${kind} ${name}` : name} crumbs={crumbs}>
      {missing && <Empty title="It may have been deleted, come later, or be of another account or region." />}
      <Problem error={error} retry={reload} />
      {loading && !error && <Loading />}
    </Page>
  );
}
