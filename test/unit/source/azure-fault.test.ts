/** What is made of Azure's published error codes, which Azurite has only some of. */
import {describe, expect, test} from '@jest/globals';
import type {AzureLogin} from '../../../src/source/azure-account.ts';
import {azureFault} from '../../../src/source/azure-fault.ts';
import type {StoreFault} from '../../../src/source/store.ts';

const KEY: AzureLogin = {kind: 'key', key: 'c2VjcmV0'};
const told = (parts: object, login: AzureLogin = KEY): StoreFault =>
  azureFault(Object.assign(new Error('a message with sig=secret in it'), parts), login) as StoreFault;
const service = (statusCode: number, code: string, headers: Record<string, string> = {}) => ({
  name: 'RestError',
  statusCode,
  code,
  response: {headers: {get: (name: string) => headers[name]}},
});

describe('an answer of the service', () => {
  test.each([
    [403, 'AuthorizationPermissionMismatch', 'denied', /may not read/, /Storage Blob Data Reader/],
    [403, 'AuthorizationFailure', 'denied', /not let in/, /firewall/],
    [403, 'AuthenticationFailed', 'denied', /does not take the key/, /azure\/login/],
    [403, 'KeyBasedAuthenticationNotPermitted', 'denied', /takes no keys/, /leave AZURE_STORAGE_KEY out/],
    [401, 'InvalidAuthenticationInfo', 'denied', /expired/, /azure\/login/],
    [403, 'SomethingNew', 'denied', /Azure answers 403 SomethingNew$/, /azure\/login/],
    [404, 'ContainerNotFound', 'refused', /no such container/, /container first/],
    [404, 'BlobNotFound', 'gone', /Azure answers 404 BlobNotFound$/, /^$/],
    [409, 'BlobArchived', 'refused', /archive tier/, /set-tier/],
    [412, 'ConditionNotMet', 'changed', /412/, /^$/],
    [503, 'ServerBusy', 'busy', /Azure answers 503 ServerBusy$/, /^$/],
    [500, 'sig=secret', 'busy', /Azure answers 500$/, /^$/],
  ])('%i %s is %s', (status, code, kind, message, hint) => {
    const fault = told(service(status, code));
    expect(fault.kind).toBe(kind);
    expect(fault.message).toMatch(message);
    expect(fault.hint).toMatch(hint);
    expect(fault.message + fault.hint).not.toMatch(/secret/);
  });

  test('asks for patience, and gets it', () => {
    expect(told(service(503, 'ServerBusy', {'retry-after': '7'})).retryAfterMs).toBe(7000);
  });

  test('to a SAS that has expired says so, whatever its code', () => {
    const login: AzureLogin = {kind: 'SAS', token: 'sv=2026-01-01&se=2026-01-02T03%3A04%3A05Z&sig=secret'};
    for (const code of ['AuthenticationFailed', 'AuthorizationFailure', ''])
      expect(told(service(403, code), login).message).toBe(
        'the SAS token has expired (2026-01-02T03:04:05.000Z)',
      );
    const good: AzureLogin = {kind: 'SAS', token: 'se=2999-01-01T00%3A00%3A00Z&sig=secret'};
    expect(told(service(403, 'AuthenticationFailed'), good).message).toMatch(/does not take the SAS/);
  });
});

describe('no answer', () => {
  test.each([
    ['CredentialUnavailableError', 'no credential', 'denied', /^no login was found$/],
    [
      'AggregateAuthenticationError',
      'az: AADSTS700024: secret',
      'denied',
      /^the login failed with AADSTS700024$/,
    ],
    ['AuthenticationError', 'invalid_client secret', 'denied', /^the login failed$/],
  ])('because of %s', (name, message, kind, words) => {
    const fault = azureFault(Object.assign(new Error(message), {name}), {kind: 'identity'}) as StoreFault;
    expect([fault.kind, fault.message]).toEqual([kind, expect.stringMatching(words)]);
    expect(fault.hint).toMatch(/az login|azure\/login/);
  });

  test.each([
    ['ECONNREFUSED', 'unreachable'],
    ['REQUEST_SEND_ERROR', 'unreachable'],
    ['ENOTFOUND', 'refused'],
    ['PARSE_ERROR', 'broken'],
  ])('because of %s', (code, kind) => {
    expect(told({name: 'RestError', code}).kind).toBe(kind);
  });

  test('but a bug of ours, which stays one', () => {
    const bug = new TypeError('undefined is not a function');
    expect(azureFault(bug, KEY)).toBe(bug);
  });
});
