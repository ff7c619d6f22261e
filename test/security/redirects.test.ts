/** Where a registry may not send anybody. */
import { describe, expect, it } from 'vitest';
import { redirected } from '../../src/transports/registry/http.ts';

describe('a redirect away from a registry elsewhere', () => {
  const url = new URL('https://registry.example/v2/app/blobs/x');
  const request = {
    method: 'GET',
    url,
    headers: { Authorization: 'Basic x', range: 'bytes=1-' },
  } as const;

  it.each([
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f000001/',
    'https://0.0.0.0/',
    'https://localhost/',
    'https://db.localhost./',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://[fe80::1]/',
    'http://registry.example/',
    'file:///etc/passwd',
  ])('to %s is refused', (location) => {
    expect(() => redirected(request, location)).toThrow(/^a redirect/);
  });

  it('to another host, port or scheme goes without the login, and keeps the rest', () => {
    for (const location of ['https://cdn.example/x', 'https://registry.example:444/x'])
      expect(redirected(request, location).headers).toEqual({ range: 'bytes=1-' });
    expect(redirected(request, '/elsewhere').headers).toEqual(request.headers);
  });
});
