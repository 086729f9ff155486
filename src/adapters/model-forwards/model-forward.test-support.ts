import sharp from 'sharp';
import type { Image } from '../../domain/image.ts';
import type { Model } from '../../domain/model.ts';
import { identifyImage } from '../../vision/identify-image.ts';

/** A model as the inventory would give it, with what a test changes. */
export function testModel(change: Partial<Model> = {}): Model {
  return {
    name: 'caps',
    category: 'classification',
    version: '1',
    modelType: 'Mobilenet',
    imageResolution: [16, 16],
    labels: ['red', 'green', 'blue'],
    output: null,
    objectnessThreshold: 0.4,
    iouThreshold: 0.45,
    normalization: 'yolo',
    resize: 'cover',
    ...change,
  };
}

export function imageOf(bytes: Uint8Array): Image {
  const info = identifyImage(bytes);
  if (info === null) throw new Error('these bytes are no image');
  return { ...info, bytes };
}

/** A picture of one colour. */
export async function plainImage(background: string, width = 32, height = 24): Promise<Image> {
  return imageOf(
    await sharp({ create: { width, height, channels: 3, background } })
      .png()
      .toBuffer(),
  );
}
