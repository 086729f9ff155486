import { describe, expect, it } from 'vitest';
import { loadSdk } from './sdk.ts';

describe('an SDK', () => {
  it('is loaded when it is there', async () => {
    expect(await loadSdk('zod', () => import('zod'))).toHaveProperty('z');
  });

  it('says what to install when it is not there', async () => {
    const absent = '@example/absent-sdk';
    const loading = loadSdk(absent, async () => {
      throw Object.assign(new Error(`Cannot find package '${absent}'`), { code: 'ERR_MODULE_NOT_FOUND' });
    });
    await expect(loading).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(loading).rejects.toThrow('npm install @example/absent-sdk');
  });

  it('does not ask for an installation when the package itself is broken', async () => {
    const loading = loadSdk('sdk', async () => {
      throw new SyntaxError('Unexpected token');
    });
    await expect(loading).rejects.toThrow('the package sdk cannot be loaded');
  });
});
