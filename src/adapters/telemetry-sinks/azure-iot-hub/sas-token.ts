import type { ModuleIdentity } from './module-identity.ts';

/** A shared access signature: the password of a module for a while. */
export interface SasToken {
  readonly password: string;
  /** Unix time in milliseconds. */
  readonly expiresAt: number;
}

/** A token for a module that is valid from now on for so many seconds. Rejects as signing does. */
export async function newSasToken(identity: ModuleIdentity, lifetimeS: number, signal: AbortSignal): Promise<SasToken> {
  const { hub, device, module } = identity;
  const resource = `${hub}/devices/${encodeURIComponent(device)}/modules/${encodeURIComponent(module)}`;
  const scope = encodeURIComponent(resource);
  const expiry = Math.floor(Date.now() / 1_000) + lifetimeS;
  const signature = encodeURIComponent(await identity.sign(`${scope}\n${expiry}`, signal));
  return {
    password: `SharedAccessSignature sr=${scope}&sig=${signature}&se=${expiry}`,
    expiresAt: expiry * 1_000,
  };
}
