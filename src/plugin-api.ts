import { defineCameraRule as cameraRule } from './domain/camera-rules/camera-rule.ts';
import { defineItemRule as itemRule } from './domain/item-rules/item-rule.ts';
import { defineBinaryStorage as binaryStorage } from './ports/binary-storage.ts';
import { defineCamera as camera } from './ports/camera.ts';
import { defineMetadataStorage as metadataStorage } from './ports/metadata-storage.ts';
import { defineModelForward as modelForward } from './ports/model-forward.ts';
import { defineTelemetrySink as telemetrySink } from './ports/telemetry-sink.ts';
import { definingFor } from './station/plugin-kinds.ts';

/** What a plugin imports from "edge-orchestrator": the functions and schemas that the built-in kinds are made with. */
export const defineCamera = definingFor('cameras', camera);
export const defineCameraRule = definingFor('cameraRules', cameraRule);
export const defineItemRule = definingFor('itemRules', itemRule);
export const defineBinaryStorage = definingFor('binaryStorages', binaryStorage);
export const defineMetadataStorage = definingFor('metadataStorages', metadataStorage);
export const defineModelForward = definingFor('modelForwards', modelForward);
export const defineTelemetrySink = definingFor('telemetrySinks', telemetrySink);
export { z } from 'zod';
export type { Decision } from './domain/decision.ts';
export { AppError } from './domain/errors.ts';
export { Labels } from './domain/labels.ts';
