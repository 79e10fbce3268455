/** What a role's policies allow and it never used, and its policies without that. */
import type { LastAccessed, OwnPolicy, UsedStatement } from '../../api/iam';
import { listed, statementsOf, type PolicyDocument, type Statement } from './policy_text';

export interface Unused {
  policy: OwnPolicy;
  /** "2", or "2 (WriteItems)". */
  statement: string;
  actions: string[];
  /** No action of the statement was used. */
  whole: boolean;
}

export function unusedOf(policies: OwnPolicy[], { statements }: LastAccessed): Unused[] {
  return policies.flatMap(policy => {
    const written = statementsOf(policy.document);
    return statements
      .filter(statement => isOf(statement, policy))
      .map(statement => ({
        policy,
        statement: `${statement.statement}${statement.sid ? ` (${statement.sid})` : ''}`,
        actions: unusedActions(written[statement.statement - 1], statement),
        whole: !statement.used,
      }))
      .filter(({ actions, whole }) => whole || actions.length > 0);
  });
}

/** A group's policy may have the same name. */
function isOf(statement: UsedStatement, policy: OwnPolicy): boolean {
  return statement.group === undefined && statement.policy === keyOf(policy);
}

export function keyOf(policy: OwnPolicy): string {
  return policy.arn ?? policy.name;
}

function unusedActions(written: Statement | undefined, { used, actions }: UsedStatement): string[] {
  if (written?.NotAction !== undefined)
    return used ? [] : [`all but ${listed(written.NotAction).join(', ')}`];
  return listed(written?.Action).filter((_, i) => !used || actions?.[i] === false);
}

/**
 * The document without what was never used; a pattern that was used becomes the actions that were.  Undefined when
 * nothing of it is left; denials stay.
 */
export function narrowed(policy: OwnPolicy, found: LastAccessed): string | undefined {
  const statements = statementsOf(policy.document).flatMap((statement, i) => {
    if (statement.Effect === 'Deny') return [statement];
    const use = found.statements.find(used => isOf(used, policy) && used.statement === i + 1);
    if (use && !use.used) return [];
    if (!use?.actions || statement.Action === undefined) return [statement];
    const kept = listed(statement.Action).filter((_, at) => use.actions![at]);
    return [{ ...statement, Action: [...new Set(kept.flatMap(action => usedBy(action, found)))] }];
  });
  if (statements.length === 0) return undefined;
  const document = JSON.parse(policy.document) as PolicyDocument;
  return JSON.stringify({ ...document, Statement: statements }, null, 2);
}

function usedBy(pattern: string, { uses }: LastAccessed): string[] {
  if (!/[*?]/.test(pattern)) return [pattern];
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  const matches = new RegExp(`^${source}$`, 'i');
  return uses
    .map(({ action }) => action)
    .filter(action => matches.test(action))
    .sort();
}
