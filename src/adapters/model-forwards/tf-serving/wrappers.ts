import type { ModelCategory } from '../../../domain/model.ts';
import { servingClassification } from './classification.ts';
import { servingDetection } from './detection.ts';
import { servingDetectionAndClassification } from './detection-and-classification.ts';
import type { ServingWrapper } from './wrapper.ts';

/** The wrapper of each category. */
export const servingWrappers: Readonly<Record<ModelCategory, ServingWrapper>> = {
  classification: servingClassification,
  object_detection: servingDetection,
  object_detection_with_classification: servingDetectionAndClassification,
};
