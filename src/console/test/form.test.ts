import { expect, test } from 'vitest';

import { MapOf, toForm } from '../src/api/form';

test('lists, structures and maps become names with their places', () => {
  const form = toForm({
    TopicArn: 'arn',
    Attributes: new MapOf({ FifoTopic: 'true', DisplayName: 'x' }),
    Tags: [{ Key: 'a', Value: '1' }],
    Empty: [],
    Absent: undefined,
  });
  expect([...form]).toEqual([
    ['TopicArn', 'arn'],
    ['Attributes.entry.1.key', 'FifoTopic'],
    ['Attributes.entry.1.value', 'true'],
    ['Attributes.entry.2.key', 'DisplayName'],
    ['Attributes.entry.2.value', 'x'],
    ['Tags.member.1.Key', 'a'],
    ['Tags.member.1.Value', '1'],
    ['Empty', ''],
  ]);
});
