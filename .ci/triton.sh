#!/usr/bin/env bash
# Prints a folder with the Triton that the tests of kserve_v2 use, outside of the repository; nothing where it cannot run.
# It is what nvidia-pytriton carries: the server and its Python backend, for x86-64 and the Python of this machine.
set -euo pipefail
folder="${XDG_CACHE_HOME:-$HOME/.cache}/edge-orchestrator-tests/triton-0.7.0"
[ "$(uname -sm)" = 'Linux x86_64' ] && command -v python3 >/dev/null || exit 0
if [ ! -f "$folder/complete" ]; then
  rm -rf "$folder"
  timeout 120 python3 -m venv "$folder" >&2 || exit 0
  timeout 120 "$folder/bin/pip" install -q --no-deps --disable-pip-version-check nvidia-pytriton==0.7.0 'numpy<2' >&2 || exit 0
  touch "$folder/complete"
fi
packages="$(echo "$folder"/lib/python3*/site-packages)"
version="$(basename "$(dirname "$packages")")"
stub="$packages/pytriton/tritonserver/python_backend_stubs/${version#python}/triton_python_backend_stub"
[ -f "$stub" ] && ! ldd "$stub" | grep -q 'not found' || exit 0
echo "$folder"
