import { embeddedModelForward } from './embedded-model-forward.ts';
import { fakeModelForward } from './fake-model-forward.ts';
import { kserveV2ModelForward } from './kserve-v2-model-forward.ts';
import { tfServingModelForward } from './tf-serving-model-forward.ts';

/** Every model forward there is: register here. */
export const modelForwards = [
  embeddedModelForward,
  fakeModelForward,
  tfServingModelForward,
  kserveV2ModelForward,
] as const;
