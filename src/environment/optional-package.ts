import { AppError } from '../domain/errors.ts';

/**
 * An optional dependency, loaded when a station uses it. Rejects with `CONFIG_INVALID` and what to install where it is not
 * there.
 */
export async function optionalPackage<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
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
