import type { z } from 'zod';
import type { Decision } from '../domain/decision.ts';
import type { Kind } from '../domain/kind.ts';
import type { AdapterContext } from './context.ts';

/** What the world is told of a decided item. */
export interface TelemetryMessage {
  readonly item_id: string;
  readonly config: string;
  readonly decision: Decision;
}

/** A message on its way, with what a sink may need to file it. */
export interface Telemetry {
  readonly message: TelemetryMessage;
  /** When the part was triggered. */
  readonly receivedAt: Date;
}

export interface TelemetrySink {
  /**
   * Resolves when the sink has all of them, in this order; rejects with `TELEMETRY_FAILED` when it need not have any.
   * `REFUSED` instead when they are at fault, and not the sink: the same would be refused again. What is sent twice
   * counts once, by the id of the item, where the technology can tell.
   */
  send(telemetry: readonly Telemetry[], signal: AbortSignal): Promise<void>;
  /** Resolves when a message could be sent now; rejects with `TELEMETRY_FAILED` and the reason. */
  check(signal: AbortSignal): Promise<void>;
  /** A second call does nothing. */
  close(): Promise<void>;
}

export interface TelemetrySinkKind<Type extends string, Shape extends z.ZodRawShape> extends Kind<Type, Shape> {
  /** True: it tells nobody, so that there is nothing to deliver. */
  readonly silent?: boolean;
  /** Opens without asking the network, so that the sink may be away. */
  open(options: z.output<z.ZodObject<Shape, z.core.$strict>>, context: AdapterContext): Promise<TelemetrySink>;
}

export function defineTelemetrySink<const Type extends string, Shape extends z.ZodRawShape>(
  kind: TelemetrySinkKind<Type, Shape>,
): TelemetrySinkKind<Type, Shape> {
  return kind;
}
