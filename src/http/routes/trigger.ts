import { z } from 'zod';
import { AppError, noActiveConfig } from '../../domain/errors.ts';
import { isPathId } from '../../domain/id.ts';
import type { Orchestrator, TriggerRequest } from '../../station/orchestrator.ts';
import type { ApiServer } from '../api-server.ts';
import { type Part, partsOf } from '../form-parts.ts';
import { problems } from '../openapi.ts';
import { anyWrongBody, checked, textOf } from '../request-body.ts';

const MAX_FIELD_LENGTH = 1024;

const Field = z
  .string()
  .max(MAX_FIELD_LENGTH)
  .refine((text) => text.isWellFormed(), 'expected text that is valid Unicode')
  .nullish();

/** What a trigger says of the part: the JSON body, and the text parts of a multipart one. */
const TriggerFields = z
  .strictObject({ serial_number: Field, category: Field })
  .meta({ examples: [{ serial_number: 'SN-0042', category: 'phone' }] });

const IdempotencyKey = z
  .string()
  .min(1, 'an Idempotency-Key is not empty')
  .max(255, 'an Idempotency-Key has at most 255 characters')
  .meta({ examples: ['plc-3-part-1029'] });

const File = z.string().meta({ format: 'binary' });
const TriggerForm = z
  .object({
    image: File.optional().meta({ description: 'Replaces the picture of the first camera.' }),
    serial_number: Field,
    category: Field,
  })
  .catchall(File.meta({ description: 'A file part named after a camera id replaces the picture of that camera.' }));
const UploadForm = z.object({ image: File });

const Accepted = z
  .object({ item_id: z.string() })
  .meta({ examples: [{ item_id: '03a7adc7-59d5-4190-8160-4a71fd07cac5' }] });

const REFUSALS = {
  400: 'The body is malformed.',
  403: 'No config is active; this is said first, whatever the body.',
  413: 'The body is larger than the station accepts.',
  415: 'The body is neither JSON nor multipart.',
  422: 'A part, field or value is not what is expected.',
  503: 'As many items wait as may, or as can be decided within their deadline; `Retry-After` says when to ask again.',
  507: 'The disk of the station is full.',
} as const;

export function triggerRoutes(api: ApiServer, orchestrator: Orchestrator): void {
  /** Before the body is read: a station without a config takes no picture of 32 MB to refuse it. */
  const onRequest = async (): Promise<void> => {
    if ((orchestrator.configs.active() ?? null) === null) throw noActiveConfig();
  };

  api.post(
    '/trigger',
    {
      onRequest,
      schema: {
        tags: ['trigger'],
        operationId: 'trigger',
        summary: 'Inspect the part that is before the cameras now',
        description:
          'Answered once the item and the pictures that came with it are on disk; the inspection goes on behind it. A body is not needed. A request that is sent again with ' +
          'the same `Idempotency-Key` gets the same item, also at the same moment and after a restart.',
        headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }),
        requestBody: { 'application/json': TriggerFields, 'multipart/form-data': TriggerForm },
        response: { 200: Accepted, ...problems(REFUSALS) },
      },
    },
    async (request) => {
      const key = request.headers['idempotency-key'] ?? null;
      return { item_id: await orchestrator.trigger(triggerRequestOf(await partsOf(request), request.body, key)) };
    },
  );

  api.post(
    '/upload',
    {
      onRequest,
      errorHandler: anyWrongBody,
      schema: {
        tags: ['trigger'],
        operationId: 'upload',
        summary: 'Keep a picture as an item without inspecting it',
        description: 'It is stored as binary `0`, and the decision stays null.',
        requestBody: { 'multipart/form-data': UploadForm },
        response: { 200: Accepted, ...problems(REFUSALS) },
      },
    },
    async (request) => {
      const { images, fields } = formOf((await partsOf(request)) ?? []);
      const { image, ...others } = images;
      const strangers = [...Object.keys(others), ...Object.keys(fields)];
      if (strangers.length > 0) throw invalid(`${quoted(strangers[0])}: an upload takes one file, "image"`);
      if (image === undefined) throw invalid('image: an upload needs a multipart body with a file of this name');
      return { item_id: await orchestrator.upload(image) };
    },
  );
}

function triggerRequestOf(
  parts: readonly Part[] | undefined,
  body: unknown,
  idempotencyKey: string | null,
): TriggerRequest {
  const { images, fields } =
    parts === undefined ? { images: {}, fields: body === undefined ? {} : body } : formOf(parts);
  const { serial_number: serialNumber, category } = checked(TriggerFields, fields);
  return { serialNumber: serialNumber ?? null, category: category ?? null, idempotencyKey, images };
}

interface Form {
  readonly images: Record<string, Uint8Array>;
  readonly fields: Record<string, string>;
}

/** The parts by name: files and texts. Rejects with `REQUEST_INVALID` a name sent twice, and one where the other belongs. */
function formOf(parts: readonly Part[]): Form {
  const form: Form = { images: {}, fields: {} };
  const seen = new Set<string>();
  for (const { name, isFile, filename, bytes } of parts) {
    if (seen.has(name)) throw invalid(`${quoted(name)} was sent twice`);
    seen.add(name);
    const isField = name in TriggerFields.shape;
    if (isFile && isField) throw invalid(`${name}: expected a text, got a file`);
    if (!isFile && !isField)
      throw invalid(`${quoted(name)}: expected a file; texts are "serial_number" and "category"`);
    if (!isPathId(name)) throw invalid(`${quoted(name)} is no name of a camera`);
    if (!isFile) form.fields[name] = fieldTextOf(name, bytes);
    else if (!(filename === '' && bytes.length === 0)) form.images[name] = bytes;
    // The remaining case is the file field of a web form in which no file was chosen: as if it were not there.
  }
  return form;
}

function fieldTextOf(name: string, bytes: Uint8Array): string {
  const text = textOf(bytes);
  if (text === undefined) throw invalid(`${name}: expected text in UTF-8`);
  return text;
}

function quoted(name: string | undefined): string {
  return JSON.stringify((name ?? '').slice(0, 100));
}

function invalid(sentence: string): AppError {
  return new AppError('REQUEST_INVALID', sentence);
}
