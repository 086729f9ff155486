import type { Item } from '../domain/item.ts';
import { bindItemRule } from '../domain/item-rules/index.ts';
import type { GraphNode } from '../domain/model-graph.ts';
import type { DetectedObject, Location, Prediction } from '../domain/prediction.ts';
import { exampleItem } from '../ports/metadata-storage.contract.ts';
import type { LoadedModel } from '../ports/model-forward.ts';
import type { IdentifyImage } from './captured-picture.ts';
import type { Station, StationCamera, StationModel } from './station.ts';

export const never = new AbortController().signal;

/** What a test picture says of itself. */
interface TestPicture {
  readonly name?: string;
  readonly extension?: string;
  readonly width?: number;
  readonly height?: number;
  readonly complete?: boolean;
}

/** Bytes that `identifyTestPicture` knows as a picture. */
export function pictureOf(picture: TestPicture = {}): Uint8Array {
  return Buffer.from(`picture ${JSON.stringify(picture)}`);
}

/** Knows the pictures of `pictureOf`, and nothing else. */
export const identifyTestPicture: IdentifyImage = (bytes) => {
  const text = Buffer.from(bytes).toString();
  if (!text.startsWith('picture ')) return null;
  const { extension = 'jpg', width = 64, height = 48, complete = true } = JSON.parse(text.slice(8)) as TestPicture;
  return { mediaType: extension === 'png' ? 'image/png' : 'image/jpeg', extension, width, height, complete };
};

/** An item as its trigger makes it. */
export function newTestItem(id: string, change: Partial<Item> = {}): Item {
  return exampleItem(id, {
    inferences: {},
    camera_decisions: {},
    decision: null,
    state: 'Capture',
    stored_bytes: 0,
    warnings: [],
    binaries: [],
    timings_ms: {},
    ...change,
  });
}

export function classified(label: string, probability = 0.9): Prediction {
  return { kind: 'classification', label, probability };
}

export const LEFT_HALF: Location = [0, 0, 0.5, 1];

/** Objects with these labels, `object_1` first, each in its own place unless one is given. */
export function detected(...objects: readonly (string | Partial<DetectedObject>)[]): Prediction {
  const full = objects.map((object, index): DetectedObject => {
    const given = typeof object === 'string' ? { label: object } : object;
    return { position: index + 1, label: 'thing', location: LEFT_HALF, score: 0.9, ...given };
  });
  return { kind: 'detection', objects: full, warnings: [] };
}

export function testModel(
  node: Partial<GraphNode> & { readonly id: string },
  predict: Prediction | LoadedModel['predict'],
): StationModel {
  const modelName = node.modelName ?? node.id;
  return {
    node: { modelName, dependsOn: [], classToDetect: null, ...node },
    model: {
      name: modelName,
      category: 'classification',
      version: '1',
      modelType: 'Mobilenet',
      imageResolution: null,
      labels: null,
      output: null,
      objectnessThreshold: 0.4,
      iouThreshold: 0.45,
      normalization: 'none',
      resize: 'cover',
    },
    loaded: {
      digest: `digest of ${modelName}`,
      predict: typeof predict === 'function' ? predict : async () => predict,
      async close() {},
    },
  };
}

/** A camera that sees a good part, unless told otherwise. */
export function testCamera(change: Partial<StationCamera> = {}): StationCamera {
  return {
    id: 'front',
    metadata: { brightness: null, exposition: 100, position: 'front', source: 'folder' },
    capture: async () => pictureOf(),
    models: [testModel({ id: 'classifier' }, classified('good'))],
    rule: (labels) => (labels.length === 0 ? 'NO_DECISION' : labels.includes('bad') ? 'KO' : 'OK'),
    ruleName: 'test_rule',
    ...change,
  };
}

/** A station that says `KO` as soon as one camera does. */
export function testStation(cameras: readonly StationCamera[], change: Partial<Station> = {}): Station {
  return {
    configName: 'line',
    configDigest: 'digest of line',
    cameras,
    itemRule: bindItemRule({ name: 'min_threshold_ko_rule', parameters: { threshold: 1 } }),
    deadline: null,
    ...change,
  };
}
