import { AppError } from '../domain/errors.ts';

/**
 * The SDK of a technology, loaded when a station uses it: one that does not never pays for it. Rejects with
 * `CONFIG_INVALID` and what to install where it is not there.
 */
export async function loadSdk<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    const sentence = isAbsent
      ? `the package ${name} is not installed: npm install ${name}`
      : `the package ${name} cannot be loaded`;
    throw new AppError('CONFIG_INVALID', sentence, { cause: error });
  }
}
