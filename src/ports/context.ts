/** Structured log with static messages; the shape of a pino logger. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What every adapter gets beside its options when it is opened. */
export interface AdapterContext {
  /** Absolute path of the edge root. */
  readonly root: string;
  /** What this station is called where several report to one place (`EDGE_NAME`, else the host's name); a path id. */
  readonly edgeName: string;
  /** The environment, for secrets and endpoints that an adapter takes by name; never logged. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  /** The options as someone wrote them, before `"${NAME}"` was replaced: what messages may show of them. */
  readonly written?: Readonly<Record<string, unknown>> | undefined;
}
