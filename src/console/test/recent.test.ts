import { expect, test } from 'vitest';

import { cliCommand, commandName } from '../src/api/recent';

test('operations have the names that the CLI gives them', () => {
  expect(commandName('CreateTable')).toBe('create-table');
  expect(commandName('GetSMSAttributes')).toBe('get-sms-attributes');
  expect(commandName('ListMFADevices')).toBe('list-mfa-devices');
});

test('the input is quoted for a shell', () => {
  expect(cliCommand('sqs', 'ListQueues', {})).toBe('aws sqs list-queues');
  expect(cliCommand('sqs', 'SendMessage', { MessageBody: "it's" })).toBe(
    `aws sqs send-message --cli-input-json '{"MessageBody":"it'\\''s"}'`,
  );
});
