#!/usr/bin/env bash
# tests/packaging/unit.sh UNIT ATTUNE - what systemd says of attune.service without running it: nothing to complain about, and
# an exposure of at most 2.0 ("OK"), by the systemd that is here.
set -eu
command -v systemd-analyze >/dev/null || { echo "# skipped: no systemd-analyze here"; exit 77; }
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
attune=$(realpath "$2")
grep -q '^ExecStart=/[^ ]*/attune serve ' "$1"
sed -E "s|^ExecStart=[^ ]+|ExecStart=$attune|" "$1" >"$folder/attune.service"

said=$(systemd-analyze verify --man=no "$folder/attune.service" 2>&1) || { echo "$said"; exit 1; }
if grep -F attune.service <<<"$said"; then
    exit 1
fi
echo "ok: systemd-analyze verify has nothing to say"
systemd-analyze security --offline=true --threshold=20 "$folder/attune.service" >"$folder/security" 2>&1 || { cat "$folder/security"; exit 1; }
grep 'Overall exposure' "$folder/security"

# What stands in the unit is what the program takes.
# shellcheck disable=SC2013
for option in $(grep '^ExecStart=' "$1" | grep -o -- '--[a-z-]*'); do
    "$attune" serve --help | grep -q -- " $option " || { echo "attune serve has no $option"; exit 1; }
done
echo "ok: attune serve has each option of the unit"
