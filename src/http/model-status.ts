import type { ServedModel } from '../station/served-models.ts';

/** Which versions there are and how they are, as TensorFlow Serving says it. */
export function statusOf({ version, problem }: ServedModel): object {
  const state = problem === null ? 'AVAILABLE' : 'END';
  const status = { error_code: problem === null ? 'OK' : 'FAILED_PRECONDITION', error_message: problem ?? '' };
  return { model_version_status: [{ version, state, status }] };
}

/** The one signature of a model: its input, and the fields of its answer. */
export function metadataOf({ name, version, hosted }: ServedModel): object {
  const { input, outputs } = hosted?.signature ?? { input: null, outputs: {} };
  const serving = {
    inputs:
      input === null
        ? {}
        : { inputs: tensorInfo('inputs', input.type === 'float32' ? 'DT_FLOAT' : 'DT_UINT8', input.shape) },
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([field, shape]) => [field, tensorInfo(field, 'DT_FLOAT', shape)]),
    ),
    method_name: 'tensorflow/serving/predict',
  };
  return {
    model_spec: { name, signature_name: '', version },
    metadata: { signature_def: { signature_def: { serving_default: serving } } },
  };
}

function tensorInfo(name: string, dtype: string, shape: readonly number[]): object {
  const dim = shape.map((size) => ({ size: String(size), name: '' }));
  return { dtype, tensor_shape: { dim, unknown_rank: false }, name };
}
