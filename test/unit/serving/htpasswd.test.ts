import { describe, expect, test } from 'vitest';
import { createAuthenticator, parseHtpasswd } from '../../../src/serving/htpasswd.ts';

const HASH = '$2y$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS';

describe('parseHtpasswd', () => {
  test('reads users, and leaves comments and empty lines out', () => {
    const text = `# users\r\n\r\nrobot:${HASH}\r\nb.c@d:${HASH}\n`;
    expect([...parseHtpasswd(text, 'users').keys()]).toEqual(['robot', 'b.c@d']);
  });

  test.each([
    ['apr1', 'a:$apr1$8Vp1ViQd$0oIUDCO0WvbBQhRvYLd6s.'],
    ['SHA-1', 'a:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
    ['crypt', 'a:rqXexS6ZhobKA'],
    ['plain text', 'a:secret'],
    ['no colon', 'secret'],
    ['no user', `:${HASH}`],
    ['a cost that takes minutes', `a:${HASH.replace('$05$', '$20$')}`],
    ['a user that stands there twice', `robot:${HASH}`],
  ])('refuses %s with its line, and never shows the hash', (_, line) => {
    const parse = (): unknown => parseHtpasswd(`# x\nrobot:${HASH}\n${line}\n`, 'users');
    expect(parse).toThrowError(
      expect.objectContaining({ code: 'USAGE', context: { path: 'users', line: 3 } }),
    );
    expect(parse).not.toThrowError(/secret|\$2y|apr1\$/);
  });

  test('refuses a file without users', () => {
    expect(() => parseHtpasswd('# nobody\n', 'users')).toThrowError(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });
});

test('a password that was right is known again at once, and a wrong one is not', async () => {
  const authenticate = createAuthenticator(parseHtpasswd(`robot:${HASH}`, 'users'));
  expect(await authenticate(header('robot:correct-horse'))).toBe(true);
  expect(await authenticate(header('robot:correct-horse'))).toBe(true);
  expect(await authenticate(header('robot:correct-horse2'))).toBe(false);
  expect(await authenticate(header('robot2:correct-horse'))).toBe(false);
  expect(await authenticate(undefined)).toBe(false);
});

function header(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}
