#!/usr/bin/env bash
# Installs zimogs on a Linux machine with systemd, from the checkout that this script lies in. Running it again brings
# everything into its state, after an upgrade and after a route was added; it replaces no settings and no secret.
set -euo pipefail

usage="usage: install.sh [--root DIR] [--client-secret FILE] [--secret SETTING FILE]... [--no-program]
  --root DIR             install below DIR, with users of its own, and start nothing
  --client-secret FILE   take the vendor's client secret from FILE, - for standard input
  --secret SETTING FILE  likewise any other: redis.url, webhooks.NAME.secrets, notifications.NAME.urls ...
  --no-program           leave the program in /opt/zimogs as it is"

root='' program=yes service='' service_group='' droppers=''
declare -A secrets=() # where they come from, by their place below /etc/zimogs
setting='[a-z]+(\.[a-z0-9_-]+)+'
while (($#)); do
  case $1 in
    --root | --client-secret) [[ -n ${2-} ]] || { echo "$1 needs a value. $usage" >&2; exit 2; } ;;&
    --root) root=$(realpath --canonicalize-missing -- "$2"); shift ;;
    --client-secret) secrets[client_secret]=$2; shift ;;
    --secret)
      [[ ${2-} =~ ^$setting$ && -n ${3-} ]] || { echo "--secret needs a setting and a file. $usage" >&2; exit 2; }
      place=secrets/zimogs_${2//./__}
      [[ $2 != eparaksts.client_secret ]] || place=client_secret
      secrets[$place]=$3
      shift 2
      ;;
    --no-program) program=no ;;
    --help) echo "$usage"; exit ;;
    *) echo "$usage" >&2; exit 2 ;;
  esac
  shift
done
[[ $(id -u) == 0 ]] || { echo "install.sh makes users and folders: run it as root." >&2; exit 1; }

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "zimogs needs Python 3.11 or newer: install python3 and python3-venv, or name one: PYTHON=... install.sh" >&2
  exit 1
}

for place in "${!secrets[@]}"; do
  # Looked at before anything is done: an empty one would take the place of the one that is there.
  secrets[$place]=$(cat -- "${secrets[$place]}")
  [[ -n ${secrets[$place]} ]] || { echo "install.sh was given an empty secret (${place##*/}), and did nothing." >&2; exit 1; }
done

source=$(cd "$(dirname "$0")/.." && pwd)
units=$source/deploy/systemd
opt=$root/opt/zimogs
settings=$root/etc/zimogs/zimogs.toml
umask 022

install_program() {
  local build
  build=$(mktemp -d)
  # Without the practice vendor, so that nobody can take it for the real one.
  cp -r "$source"/{pyproject.toml,README.md,LICENSE,requirements.lock,jobs,config,worker} "$build"
  install -d "$opt" "$root/usr/local/bin"
  [[ -x $opt/.venv/bin/python ]] || "$python" -m venv "$opt/.venv"
  "$opt/.venv/bin/pip" install --quiet --require-hashes -r "$build/requirements.lock"
  "$opt/.venv/bin/pip" install --quiet --no-deps --no-build-isolation --force-reinstall "$build"
  ln -sfn /opt/zimogs/.venv/bin/zimogs "$root/usr/local/bin/zimogs"
  rm -rf "$build"
  install_manual_and_completion
}

install_manual_and_completion() { # written by the program itself, so that they tell of the one that is installed
  local share=$root/usr/local/share
  install -d "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/site-functions" \
    "$share/fish/vendor_completions.d"
  "$opt/.venv/bin/python" -m worker.cli.manual > "$share/man/man1/zimogs.1"
  _ZIMOGS_COMPLETE=source_bash "$opt/.venv/bin/zimogs" > "$share/bash-completion/completions/zimogs"
  _ZIMOGS_COMPLETE=source_zsh "$opt/.venv/bin/zimogs" > "$share/zsh/site-functions/_zimogs"
  _ZIMOGS_COMPLETE=source_fish "$opt/.venv/bin/zimogs" > "$share/fish/vendor_completions.d/zimogs.fish"
}

make_users_and_folders() {
  install -D -m 0644 "$units/zimogs.sysusers.conf" "$root/etc/sysusers.d/zimogs.conf"
  install -D -m 0644 "$units/zimogs.tmpfiles.conf" "$root/etc/tmpfiles.d/zimogs.conf"
  systemd-sysusers --root="${root:-/}" "$root/etc/sysusers.d/zimogs.conf"
  make_folders "$root/etc/tmpfiles.d/zimogs.conf"
  IFS=: read -r _ _ service service_group _ < <(grep '^zimogs:' "$root/etc/passwd")
  IFS=: read -r _ _ droppers _ < <(grep '^zimogs-drop:' "$root/etc/group")
}

make_folders() { # of a file in tmpfiles.d(5); unlike install(1), systemd-tmpfiles follows no link that a dropper laid
  systemd-tmpfiles --root="${root:-/}" --create "$@"
}

as_service() { # so that no link which the service may have laid leads root anywhere
  setpriv --reuid="$service" --regid="$service_group" --groups="$droppers" "$@"
}

write_settings() {
  chown -hR "$service:$service_group" "$root/etc/zimogs"
  if [[ ! -e $settings ]]; then
    sed -E 's#^(inbox|outbox|quarantine|data) = "([a-z]+)" *#\1 = "/var/lib/zimogs/\2"  #' \
      "$source/config/zimogs.example.toml" | as_service tee "$settings" > /dev/null
  fi
  as_service mkdir -p "$root/etc/zimogs/secrets"
  local place
  for place in "${!secrets[@]}"; do
    as_service tee "$root/etc/zimogs/$place" <<< "${secrets[$place]}" > /dev/null
  done
  as_service chmod -R u=rwX,go= "$root/etc/zimogs"
}

link_secrets() { # to where zimogs reads them, now and after each start of the machine; their names are the service's
  local links=$root/etc/tmpfiles.d/zimogs-secrets.conf
  as_service find "$root/etc/zimogs/secrets" -type f -printf '%f\n' | LC_ALL=C sort |
    sed -nE 's#^(zimogs_[a-z0-9_-]+)$#L+ /run/secrets/\1 - - - - /etc/zimogs/secrets/\1#p' > "$links"
  make_folders "$links"
}

make_route_folders() {
  local folders
  folders=$(list_route_folders)
  make_folders - <<< "$folders"
}

list_route_folders() { # as lines of tmpfiles.d(5); the settings are the service's, and may not say anything else there
  "$python" - "$settings" <<'PYTHON'
import re, sys, tomllib
try:
    with open(sys.argv[1], "rb") as file:
        routes = tomllib.load(file).get("routes", ())
except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
    sys.exit(f"{sys.argv[1]} is not valid TOML: {error}. Correct it, and run this again.")
for route in routes:
    if re.fullmatch("[a-z0-9]+(?:-[a-z0-9]+)*", route):
        print(f"d /var/lib/zimogs/inbox/{route} 3770 zimogs zimogs-drop -")
PYTHON
}

mend_earlier_versions() { # where droppers were in the group zimogs, which could do nearly everything
  # Not what a dropper made: what was too large to be read lies in quarantine as it was.
  local ours=(! -user "$service" -prune -o ! -type l)
  as_service find "$root/var/lib/zimogs/data" "$root/var/lib/zimogs/quarantine" "${ours[@]}" -exec chmod go-rwx {} +
  local sealed=("${ours[@]}" -group "$service_group" -exec chgrp "$droppers" {} +)
  as_service find "$root/var/lib/zimogs/outbox" -mindepth 1 "${sealed[@]}" -type d -exec chmod u=rwx,g=rxs,o= {} +
  as_service find "$root/var/lib/zimogs/outbox" -mindepth 1 "${sealed[@]}" -type f -exec chmod u=rw,g=r,o= {} +
  local members
  members=$(awk -F: '$1 == "zimogs" { print $4 }' "$root/etc/group")
  if [[ -n $members ]]; then
    echo "These may read what is the service's alone: $members. Move them: gpasswd -d NAME zimogs; usermod -aG zimogs-drop NAME"
  fi
}

start_service() {
  install -D -m 0644 "$units/zimogs.service" "$root/etc/systemd/system/zimogs.service"
  [[ -z $root && -d /run/systemd/system ]] || return 0
  systemctl daemon-reload
  systemctl enable zimogs
  # Not with the example's settings, with which it would end and be restarted for ever.
  if [[ -s /etc/zimogs/client_secret ]] && ! grep -q '^client_id = "YourClientId"' "$settings"; then
    systemctl restart zimogs
  fi
}

[[ $program == no ]] || install_program
make_users_and_folders
write_settings
link_secrets
make_route_folders
mend_earlier_versions
start_service

cat <<END
zimogs is installed. What is left to do:
  settings     /etc/zimogs/zimogs.toml, with the trust anchors beside it; then run install.sh again
  secrets      install.sh --client-secret FILE, and --secret SETTING FILE for any other
  droppers     usermod -aG zimogs-drop NAME, for each who may drop documents and collect sealed ones
  is it well?  sudo -u zimogs zimogs doctor --config /etc/zimogs/zimogs.toml
END
