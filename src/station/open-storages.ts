import { openSqliteJournal } from '../adapters/journal/sqlite-journal.ts';
import type { Destination } from '../domain/delivery.ts';
import { kindFor } from '../domain/kind.ts';
import type { BinaryStorage } from '../ports/binary-storage.ts';
import type { AdapterContext } from '../ports/context.ts';
import type { Journal } from '../ports/journal.ts';
import type { MetadataStorage } from '../ports/metadata-storage.ts';
import type { StationContext } from './adapter-context.ts';
import type { EdgeConfig } from './edge-config.ts';
import type { Kinds } from './kinds.ts';
import { journalFile } from './root-files.ts';

/** Where the items of a root are. */
export interface Storages {
  /** On the station itself: the chosen one, or `filesystem` where that is remote. */
  readonly binaryStorage: BinaryStorage;
  readonly metadataStorage: MetadataStorage;
  /** The chosen ones where they are remote, else null. */
  readonly remoteBinaryStorage: BinaryStorage | null;
  readonly remoteMetadataStorage: MetadataStorage | null;
  readonly journal: Journal;
  /** Where finished items are to be delivered to. */
  readonly destinations: readonly Destination[];
  /** Whether the journal begins empty and may have to be filled from the metadata storage. */
  readonly isJournalEmpty: boolean;
  /** Whether the items outlive the process. */
  readonly isDurable: boolean;
  /** Whether anything of an item is written to the disk of the station. */
  readonly isOnDisk: boolean;
  /** Closes them in the reverse order; a second call does nothing. */
  close(): Promise<void>;
}

export interface Closable {
  close(): Promise<void>;
}

/** Things that are opened one after the other, to be closed in the reverse order. */
export interface OpenedThings {
  keep<Thing extends Closable>(thing: Thing): Thing;
  /** One that cannot be closed does not keep the others open; a second call does nothing. */
  close(): Promise<void>;
}

export function openedThings({ log }: AdapterContext): OpenedThings {
  const opened: Closable[] = [];
  return {
    keep(thing) {
      opened.unshift(thing);
      return thing;
    },
    async close() {
      for (const thing of opened.splice(0)) {
        await thing.close().catch((error: unknown) => log.error({ err: error }, 'something could not be closed'));
      }
    },
  };
}

/** Opens what keeps the items; closes what it opened when one of them cannot be. */
export async function openStorages(edge: EdgeConfig, context: StationContext): Promise<Storages> {
  const { keep, close } = openedThings(context);
  const isRemoteBinary = kindFor(context.kinds.binaryStorages, edge.binary_storage.type).remote === true;
  const isRemoteMetadata = kindFor(context.kinds.metadataStorages, edge.metadata_storage.type).remote === true;
  try {
    const chosenBinary = keep(await openBinaryStorage(edge.binary_storage, context));
    const chosenMetadata = keep(await openMetadataStorage(edge.metadata_storage, context));
    const binaryStorage = isRemoteBinary ? keep(await openBinaryStorage(ON_DISK, context)) : chosenBinary;
    const metadataStorage = isRemoteMetadata ? keep(await openMetadataStorage(ON_DISK, context)) : chosenMetadata;
    const destinations = destinationsOf(edge, context.kinds);
    const { journal, isEmpty, setAside } = await openJournal(metadataStorage, destinations, context);
    keep(journal);
    if (setAside !== null) context.log.error({ reason: setAside }, 'data/journal.db was unreadable and is set aside');
    const isDurable = metadataStorage.capacity === null;
    return {
      binaryStorage,
      metadataStorage,
      remoteBinaryStorage: isRemoteBinary ? chosenBinary : null,
      remoteMetadataStorage: isRemoteMetadata ? chosenMetadata : null,
      journal,
      destinations,
      isJournalEmpty: isEmpty && isDurable,
      isDurable,
      isOnDisk: isDurable || isRemoteBinary || edge.binary_storage.type === ON_DISK.type,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What `edge.json` says of a port; it has passed the schema of the same list. */
type Chosen = Readonly<{ type: string }>;

const ON_DISK: Chosen = { type: 'filesystem' };

/** Where items go beyond the disk of the station. */
export function destinationsOf(
  { binary_storage, metadata_storage, telemetry_sink }: EdgeConfig,
  kinds: Kinds,
): readonly Destination[] {
  const destinations: Destination[] = [];
  if (kindFor(kinds.binaryStorages, binary_storage.type).remote === true) destinations.push('binary_storage');
  if (kindFor(kinds.metadataStorages, metadata_storage.type).remote === true) destinations.push('metadata_storage');
  if (kindFor(kinds.telemetrySinks, telemetry_sink.type).silent !== true) destinations.push('telemetry_sink');
  return destinations;
}

/** The metadata storage that keeps the items of the station itself, for who reads it beside no station. */
export function openLocalMetadataStorage(
  { metadata_storage }: EdgeConfig,
  context: StationContext,
): Promise<MetadataStorage> {
  const isRemote = kindFor(context.kinds.metadataStorages, metadata_storage.type).remote === true;
  return openMetadataStorage(isRemote ? ON_DISK : metadata_storage, context);
}

function openBinaryStorage(config: Chosen, context: StationContext): Promise<BinaryStorage> {
  return kindFor(context.kinds.binaryStorages, config.type).open(config as never, context);
}

function openMetadataStorage(config: Chosen, context: StationContext): Promise<MetadataStorage> {
  return kindFor(context.kinds.metadataStorages, config.type).open(config as never, context);
}

/** The index goes with what it indexes: in memory, and as large, where the records are in memory. */
export function openJournal(
  { capacity }: MetadataStorage,
  destinations: readonly Destination[],
  { root }: AdapterContext,
): ReturnType<typeof openSqliteJournal> {
  const file = journalFile(root);
  return openSqliteJournal(
    capacity === null
      ? { file, capacity, destinations }
      : { file: ':memory:', capacity, factsFile: file, destinations },
  );
}
