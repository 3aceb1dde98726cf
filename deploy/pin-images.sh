#!/usr/bin/env bash
# Pins every image that deploy/ names to the digest that its registry gives for its version now: name:version@sha256:…
# Needs docker with buildx, and a network. Look at the changes (git diff) before you commit or deploy them.
set -euo pipefail
cd "$(dirname "$0")"

files=(compose.yaml Dockerfile kubernetes/valkey/valkey.yaml)
mapfile -t images < <(sed -nE 's/^( +image: |FROM )([a-z/]+:[^ @]+)(@sha256:[0-9a-f]+)?( AS .*)?$/\2/p' "${files[@]}" |
  grep -v '^zimogs:' | sort -u)

# All are asked first: either everything is pinned or nothing is touched.
declare -A digests
for image in "${images[@]}"; do
  digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}') || digest=''
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || {
    echo "The registry does not tell the digest of $image. Nothing was changed." >&2
    exit 1
  }
  digests[$image]=$digest
done
for image in "${images[@]}"; do
  sed -i -E "s#(image: |FROM )${image//./\\.}(@sha256:[0-9a-f]+)?#\1$image@${digests[$image]}#" "${files[@]}"
  echo "$image@${digests[$image]}"
done
