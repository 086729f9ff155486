// Makes sure that npm scripts run on Node 24: the one that comes with the dependencies on Linux, the system's elsewhere.
// Plain JavaScript on purpose: the Node that is too old for the product must still be able to read this file.
import { existsSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FLOOR = 24;
const inModules = (path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));

function refuse(sentence) {
  console.error(sentence);
  process.exit(1);
}

const bundled = `node-linux-${process.arch}`;
const hasBundled = process.platform === 'linux' && existsSync(inModules(`${bundled}/bin/node`));

// npm before 11 unpacks this machine's Node and takes its link away again together with the other architecture's.
if (hasBundled && !existsSync(inModules('.bin/node'))) {
  rmSync(inModules('.bin/node'), { force: true });
  symlinkSync(`../${bundled}/bin/node`, inModules('.bin/node'));
}

if (!hasBundled && Number(process.versions.node.split('.')[0]) < FLOOR) {
  const remedy =
    process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
      ? 'it comes with the dependencies: run `make dependencies`'
      : 'install it (macOS: `brew install node@24`, any system: https://nodejs.org) and put it first in PATH';
  refuse(`Node ${FLOOR} or later is needed, this is Node ${process.versions.node}: ${remedy}.`);
}

// npm on an old Node leaves out, without a word, every optional package that asks for a newer one.
if (!['', 'musl'].some((libc) => existsSync(inModules(`@img/sharp-${process.platform}${libc}-${process.arch}`)))) {
  refuse('The dependencies are incomplete, the image library is missing: run `make dependencies`.');
}
