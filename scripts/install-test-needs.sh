#!/bin/sh
# Installs what some tests need beyond npm, where it is missing: run by `make test_needs` and by CI. Without these things
# their tests are listed as not run. Programs that are built here go to the cache of the user, never into the repository.
set -u
cd "$(dirname "$0")/.."

# Where Go is when it was installed as its site says.
PATH="$PATH:/usr/local/go/bin"
programs="${XDG_CACHE_HOME:-$HOME/.cache}/edge-orchestrator/bin"
failed=0

say() { printf '%s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
is_missing() { [ ! -x "$programs/$1" ] && ! has "$1"; }
fail() {
  say "not installed: $*"
  failed=1
}
# Runs a command that says nothing unless it fails.
quietly() {
  if said=$("$@" 2>&1); then return 0; fi
  printf '%s\n' "$said" | tail -n 5 >&2
  return 1
}

install_from_debian() {
  packages=''
  has strace || packages="$packages strace"
  has ffmpeg || packages="$packages ffmpeg"
  has v4l2-ctl || packages="$packages v4l-utils"
  has openssl || packages="$packages openssl"
  rtsp_server="import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
  /usr/bin/python3 -c "$rtsp_server" 2>/dev/null ||
    packages="$packages python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good"
  if [ -z "$packages" ]; then return; fi
  if ! has apt-get || [ "$(id -u)" != 0 ]; then
    fail "$packages; as root: apt-get install -y$packages"
    return
  fi
  # shellcheck disable=SC2086 # several words on purpose
  get_packages() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; }
  say "installing$packages"
  get_packages >/dev/null 2>&1 || { quietly apt-get update -qq && quietly get_packages; } || fail "$packages"
}

# A server of Google Cloud Storage.
install_fake_gcs_server() {
  if ! is_missing fake-gcs-server; then return; fi
  if ! has go; then fail 'fake-gcs-server: it is built with Go, from https://go.dev/dl'; return; fi
  say 'building fake-gcs-server'
  GOBIN="$programs" quietly go install github.com/fsouza/fake-gcs-server@v1.56.1 || fail fake-gcs-server
}

# A server that speaks the protocol of MongoDB. `go install` makes one that ends at once: the file that tells its version
# is not in the module. So a copy of the module is built that has one.
install_ferretdb() {
  if ! is_missing ferretdb; then return; fi
  if ! has go; then fail 'ferretdb: it is built with Go, from https://go.dev/dl'; return; fi
  version=v1.24.2
  say "building ferretdb $version"
  source=$(mktemp -d)
  folder=$(go mod download -json "github.com/FerretDB/FerretDB@$version" 2>/dev/null | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
  if [ -n "$folder" ] && cp -R "$folder/." "$source" && chmod -R u+w "$source"; then
    printf '%s\n' "$version" >"$source/build/version/version.txt"
    (cd "$source" && quietly go build -o "$programs/ferretdb" ./cmd/ferretdb) || fail ferretdb
  else
    fail 'ferretdb: its source cannot be fetched'
  fi
  chmod -R u+w "$source" && rm -rf "$source"
}

# A Triton: nvidia-pytriton carries the server and its Python backend, for x86-64 and the Python of this machine.
install_triton() {
  folder="$programs/../triton-0.7.0"
  if [ -e "$folder/complete" ]; then return; fi
  if [ "$(uname -sm)" != 'Linux x86_64' ]; then fail 'triton: it exists for Linux on x86-64'; return; fi
  say 'installing triton'
  rm -rf "$folder"
  if quietly python3 -m venv "$folder" &&
    quietly "$folder/bin/pip" install -q --no-deps --disable-pip-version-check nvidia-pytriton==0.7.0 'numpy<2'; then
    touch "$folder/complete"
  else
    fail triton
  fi
}

mkdir -p "$programs"
install_from_debian
install_fake_gcs_server
install_ferretdb
install_triton
exit "$failed"
