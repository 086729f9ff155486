/** Machine code of a WebAssembly file. A message carries it to another thread without a copy. */
export interface WasmCode {
  readonly [Symbol.toStringTag]: string;
}

interface WebAssembly {
  /** Compiles on threads of its own. Rejects when this machine cannot run the file. */
  compile(bytes: Uint8Array): Promise<WasmCode>;
  /** Makes memory and functions of it, and runs its start. */
  instantiate(code: WasmCode, imports: object): Promise<object>;
}

/** The part of the global of that name that is used here: neither the types of Node nor those of the language have it. */
export const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssembly };
