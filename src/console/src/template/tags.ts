/** Tags as CloudFormation has them, from the lists and the maps of AWS's operations. */
import type { Properties } from './template';

export function tagsOf(tags: { Key: string; Value: string }[]): Properties[string] {
  return tags.length > 0 ? tags.map(({ Key, Value }) => ({ Key, Value })) : undefined;
}

export function tagsOfMap(tags: Record<string, string>): Properties[string] {
  return tagsOf(Object.entries(tags).map(([Key, Value]) => ({ Key, Value })));
}
