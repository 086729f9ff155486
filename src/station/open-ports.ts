import { binaryStorages } from '../adapters/binary-storages/index.ts';
import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import { metadataStorages } from '../adapters/metadata-storages/index.ts';
import { modelForwards } from '../adapters/model-forwards/index.ts';
import { telemetrySinks } from '../adapters/telemetry-sinks/index.ts';
import { kindFor } from '../domain/kind.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import type { AdapterContext } from '../ports/context.ts';
import type { Journal } from '../ports/journal.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import type { ModelForward } from '../ports/model-forward.ts';
import type { TelemetrySink } from '../ports/telemetry-sink.ts';
import type { EdgeConfig } from './edge-config.ts';
import { journalFile } from './root-files.ts';

/** What `edge.json` chooses for the whole process, opened. */
export interface OpenPorts {
  readonly binaryStorage: BinaryStorage;
  readonly metadataStorage: MetadataStorage;
  readonly modelForward: ModelForward;
  readonly telemetrySink: TelemetrySink;
  readonly journal: Journal;
  /** Whether the journal begins empty and may have to be filled from the metadata storage. */
  readonly isJournalEmpty: boolean;
  /** Closes them in the reverse order; a second call does nothing. */
  close(): Promise<void>;
}

/** Opens what `edge.json` chooses; closes what it opened when one of them cannot be. */
export async function openPorts(edge: EdgeConfig, context: AdapterContext): Promise<OpenPorts> {
  const opened: { close(): Promise<void> }[] = [];
  const keep = <Port extends { close(): Promise<void> }>(port: Port): Port => {
    opened.unshift(port);
    return port;
  };
  const close = async (): Promise<void> => {
    // one that cannot be closed does not keep the others open
    for (const port of opened.splice(0)) {
      await port.close().catch((error: unknown) => context.log.error({ err: error }, 'something could not be closed'));
    }
  };
  try {
    const binaryStorage = keep(await openBinaryStorage(edge, context));
    const metadataStorage = keep(await openMetadataStorage(edge, context));
    const { journal, isEmpty, setAside } = await openJournal(metadataStorage, context);
    keep(journal);
    if (setAside !== null) context.log.error({ reason: setAside }, 'data/journal.db was unreadable and is set aside');
    const modelForward = keep(await openModelForward(edge, context));
    const telemetrySink = keep(await openTelemetrySink(edge, context));
    const isJournalEmpty = isEmpty && metadataStorage.capacity === null;
    return { binaryStorage, metadataStorage, modelForward, telemetrySink, journal, isJournalEmpty, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The model forward alone, for who only looks at models. */
export function openModelForward({ model_forward }: EdgeConfig, context: AdapterContext): Promise<ModelForward> {
  return kindFor(modelForwards, model_forward.type).open(model_forward as never, context);
}

function openBinaryStorage({ binary_storage }: EdgeConfig, context: AdapterContext): Promise<BinaryStorage> {
  return kindFor(binaryStorages, binary_storage.type).open(binary_storage as never, context);
}

/** The metadata storage alone, for who reads it beside no station. */
export function openMetadataStorage(
  { metadata_storage }: EdgeConfig,
  context: AdapterContext,
): Promise<MetadataStorage> {
  return kindFor(metadataStorages, metadata_storage.type).open(metadata_storage as never, context);
}

function openTelemetrySink({ telemetry_sink }: EdgeConfig, context: AdapterContext): Promise<TelemetrySink> {
  return kindFor(telemetrySinks, telemetry_sink.type).open(telemetry_sink as never, context);
}

/** The index goes with what it indexes: in memory, and as large, where the records are in memory. */
export function openJournal(
  { capacity }: MetadataStorage,
  { root }: AdapterContext,
): ReturnType<typeof openSqliteJournal> {
  const file = journalFile(root);
  return openSqliteJournal(capacity === null ? { file, capacity } : { file: ':memory:', capacity, factsFile: file });
}
