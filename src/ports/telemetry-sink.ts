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

export interface TelemetrySink {
  /** Resolves when the sink has the message. Rejects with `TELEMETRY_FAILED`. */
  send(message: TelemetryMessage, signal: AbortSignal): Promise<void>;
  /** A second call does nothing. */
  close(): Promise<void>;
}

export interface TelemetrySinkKind<Type extends string, Shape extends z.ZodRawShape> extends Kind<Type, Shape> {
  open(options: z.output<z.ZodObject<Shape, z.core.$strict>>, context: AdapterContext): Promise<TelemetrySink>;
}

export function defineTelemetrySink<const Type extends string, Shape extends z.ZodRawShape>(
  kind: TelemetrySinkKind<Type, Shape>,
): TelemetrySinkKind<Type, Shape> {
  return kind;
}
