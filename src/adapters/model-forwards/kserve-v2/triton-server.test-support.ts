import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installedFolder, without } from '../../../testing/needs.test-support.ts';
import { freePort } from '../../../testing/network.test-support.ts';

/** A model of a test: what stands in its configuration, and the Python that answers `x`. */
export interface TritonModel {
  readonly type: 'TYPE_FP32' | 'TYPE_UINT8' | 'TYPE_INT8';
  /** Above 0, the axis for the batch stands in no shape of the configuration. */
  readonly maxBatchSize?: number;
  readonly shape: readonly number[];
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  /** Lines that make `outputs`, a list of arrays, from the array `x`. */
  readonly python: readonly string[];
}

const START_TIMEOUT_MS = 60_000;

/** A folder with a virtual environment of Python that has nvidia-pytriton and numpy; undefined where there is none. */
export const tritonFolder = installedFolder('triton-0.7.0');

/** Ends the name of a test that needs Triton, where it is not. */
export const withoutTriton = without('triton', tritonFolder !== undefined);

/** Starts the server of that folder on any free port over models of a new repository; `stop` ends it. */
export async function startTriton(
  folder: string,
  repository: string,
  models: Readonly<Record<string, TritonModel>>,
): Promise<{ readonly url: string; stop(): void }> {
  const python = readdirSync(join(folder, 'lib')).find((name) => name.startsWith('python3')) ?? '';
  const packages = join(folder, 'lib', python, 'site-packages');
  const triton = join(packages, 'pytriton/tritonserver');
  const backends = join(repository, '.backends');
  await mkdir(join(backends, 'python'), { recursive: true });
  for (const file of ['libtriton_python.so', 'triton_python_backend_utils.py']) {
    await copyFile(join(triton, 'backends/python', file), join(backends, 'python', file));
  }
  const stub = 'triton_python_backend_stub';
  const ofPython = join(triton, 'python_backend_stubs', python.replace('python', ''), stub);
  if (existsSync(ofPython)) await copyFile(ofPython, join(backends, 'python', stub));
  for (const [name, model] of Object.entries(models)) await writeModel(join(repository, 'models', name), name, model);
  const port = await freePort();
  const child = spawn(
    join(triton, 'bin/tritonserver'),
    [
      `--model-repository=${join(repository, 'models')}`,
      `--backend-directory=${backends}`,
      '--http-address=127.0.0.1',
      `--http-port=${port}`,
      ...['--allow-grpc=false', '--allow-metrics=false', '--exit-timeout-secs=2'],
    ],
    { env: environmentOf(folder, packages), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const url = `http://127.0.0.1:${port}`;
  await readiness(child, url, () => said);
  return { url, stop: () => void child.kill('SIGKILL') };
}

function environmentOf(folder: string, packages: string): Record<string, string> {
  return {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    PYTHONPATH: packages,
    LD_LIBRARY_PATH: join(packages, 'nvidia_pytriton.libs'),
  };
}

async function writeModel(folder: string, name: string, model: TritonModel): Promise<void> {
  const outputs = model.outputs.map(
    ({ name: output, shape }) => `{ name: "${output}", data_type: TYPE_FP32, dims: [${shape.join(', ')}] }`,
  );
  const config = [
    `name: "${name}"`,
    'backend: "python"',
    `max_batch_size: ${model.maxBatchSize ?? 0}`,
    `input [{ name: "x", data_type: ${model.type}, dims: [${model.shape.join(', ')}] }]`,
    `output [${outputs.join(', ')}]`,
    'instance_group [{ kind: KIND_CPU, count: 1 }]',
  ];
  const names = model.outputs.map(({ name: output }) => `"${output}"`).join(', ');
  const code = [
    'import numpy as np',
    'import triton_python_backend_utils as pb',
    'class TritonPythonModel:',
    '    def execute(self, requests):',
    '        answers = []',
    '        for request in requests:',
    '            x = pb.get_input_tensor_by_name(request, "x").as_numpy()',
    ...model.python.map((line) => `            ${line}`),
    `            tensors = [pb.Tensor(n, np.asarray(o, np.float32)) for n, o in zip([${names}], outputs)]`,
    '            answers.append(pb.InferenceResponse(output_tensors=tensors))',
    '        return answers',
  ];
  await mkdir(join(folder, '1'), { recursive: true });
  await writeFile(join(folder, 'config.pbtxt'), `${config.join('\n')}\n`);
  await writeFile(join(folder, '1/model.py'), `${code.join('\n')}\n`);
}

async function readiness(child: ChildProcess, url: string, said: () => string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`${url}/v2/health/ready`).catch(() => null);
    if (answer?.ok === true) return;
    await sleep(100);
  }
  child.kill('SIGKILL');
  throw new Error(`Triton did not start: ${said().slice(-2000)}`);
}
