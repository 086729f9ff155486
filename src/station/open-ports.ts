import { kindFor } from '../domain/kind.ts';
import type { ModelForward } from '../ports/model-forward.ts';
import type { TelemetrySink } from '../ports/telemetry-sink.ts';
import type { StationContext } from './adapter-context.ts';
import type { EdgeConfig } from './edge-config.ts';
import { openedThings, openStorages, type Storages } from './open-storages.ts';

/** What `edge.json` chooses for the whole process, opened. */
export interface OpenPorts extends Storages {
  readonly modelForward: ModelForward;
  readonly telemetrySink: TelemetrySink;
}

/** Opens what `edge.json` chooses; closes what it opened when one of them cannot be. */
export async function openPorts(edge: EdgeConfig, context: StationContext): Promise<OpenPorts> {
  const { keep, close } = openedThings(context);
  try {
    const storages = keep(await openStorages(edge, context));
    const modelForward = keep(await openModelForward(edge, context));
    const telemetrySink = keep(await openTelemetrySink(edge, context));
    return { ...storages, modelForward, telemetrySink, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The model forward alone, for who only looks at models. */
export function openModelForward({ model_forward }: EdgeConfig, context: StationContext): Promise<ModelForward> {
  return kindFor(context.kinds.modelForwards, model_forward.type).open(model_forward as never, context);
}

function openTelemetrySink({ telemetry_sink }: EdgeConfig, context: StationContext): Promise<TelemetrySink> {
  return kindFor(context.kinds.telemetrySinks, telemetry_sink.type).open(telemetry_sink as never, context);
}
