import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../ports/context.test-support.ts';
import { secretOf } from './secret.ts';

describe('a secret', () => {
  it('comes from its environment variable, or from the file that another one names', async () => {
    const file = join(await temporaryFolder(), 'key');
    await writeFile(file, ' from the file\n');
    expect(await secretOf({ KEY: 'direct', KEY_FILE: file }, 'KEY')).toBe('direct');
    expect(await secretOf({ KEY_FILE: file }, 'KEY')).toBe('from the file');
    expect(await secretOf({}, 'KEY')).toBeUndefined();
  });

  it('in a file that is not there is an error that names the variable and no path', async () => {
    await expect(secretOf({ KEY_FILE: '/nowhere/key' }, 'KEY')).rejects.toThrow(
      'the file that KEY_FILE names does not exist',
    );
  });
});
