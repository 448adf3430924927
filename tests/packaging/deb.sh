#!/usr/bin/env bash
# tests/packaging/deb.sh SOURCE - the Debian packages do what an administrator expects: they are built, installed by dpkg, the
# service starts from what was installed, gives a slate and stops; an upgrade and a removal keep the store, a purge leaves nothing.
#
# All of it in a root of its own: this machine's, read through an overlay whose changes lie in memory, with processes and network
# of its own. So nothing of this machine is changed, and every change that a package makes can be listed.
set -euo pipefail

# --- Outside: tools, packages, the other root -------------------------------------------------------------------------------
outside() {
    local source=$1 tool
    [ "$(id -u)" = 0 ] || { echo "# skipped: only root can install packages"; exit 77; }
    for tool in dpkg-deb dpkg-shlibdeps unshare setpriv ip adduser curl; do
        command -v "$tool" >/dev/null || { echo "# skipped: no $tool here"; exit 77; }
    done
    folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
    mkdir "$folder/root" "$folder/layer"
    unshare --mount --propagation private bash -c "$(declare -f mount_root); mount_root '$folder' '$folder'" 2>"$folder/why" ||
        { echo "# skipped: no overlay can be mounted here: $(tail -n 1 "$folder/why")"; exit 77; }

    "$source/scripts/deb" "$folder/packages"
    sums=$(cd "$folder/packages" && sha256sum -- *.deb)
    (umask 077 && TZ=Asia/Tokyo LC_ALL=C.UTF-8 "$source/scripts/deb" "$folder/again" >/dev/null)
    [ "$sums" = "$(cd "$folder/again" && sha256sum -- *.deb)" ] || { echo "packed twice, the packages differ"; exit 1; }
    echo "ok: packed twice, the same bytes"
    if command -v lintian >/dev/null; then
        lintian --allow-root --fail-on error,warning "$folder"/packages/*.deb
        echo "ok: lintian has no error and no warning"
    else
        echo "lintian is not here; it was not asked"
    fi
    cp "$0" "$folder/packages/deb.sh"
    unshare --mount --propagation private --pid --fork --kill-child --net bash -c "$(declare -f mount_root left_behind)
        set -euo pipefail
        mount_root '$folder' '$folder/packages'
        ip link set lo up
        chroot '$folder/root' env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 bash /mnt/deb.sh inside
        left_behind '$folder'"
}

# mount_root FOLDER MNT: FOLDER/root is this machine's root, changes go to FOLDER/layer; MNT stands at /mnt in it.
mount_root() {
    mount -t tmpfs layer "$1/layer" && mkdir "$1/layer/changed" "$1/layer/work" &&
        mount -t overlay overlay -o "lowerdir=/,upperdir=$1/layer/changed,workdir=$1/layer/work" "$1/root" &&
        mount -t proc proc "$1/root/proc" && mount --rbind /dev "$1/root/dev" && mount -t tmpfs tmp "$1/root/tmp" &&
        mount -t tmpfs run "$1/root/run" && mount --bind "$2" "$1/root/mnt"
}

# left_behind FOLDER: after the purge the root is what it was, but for what dpkg, ldconfig and the logs write down for themselves.
left_behind() {
    local changed=$1/layer/changed path left=""
    for path in passwd group shadow gshadow subuid subgid; do
        cmp -s "/etc/$path" "$1/root/etc/$path" || [ ! -e "/etc/$path" ] || left="$left etc/$path"
    done
    while IFS= read -r path; do
        case $path in
        var/lib/dpkg/* | var/log/* | var/cache/ldconfig/* | var/cache/man/* | var/cache/debconf/* | etc/ld.so.cache) ;;
        etc/passwd* | etc/group* | etc/shadow* | etc/gshadow* | etc/sub[ug]id* | etc/.pwd.lock) ;; # compared above; the others are copies of before
        *) [ -d "$changed/$path" ] && [ -d "/$path" ] || left="$left $path" ;;
        esac
    done < <(cd "$changed" && find . -mindepth 1 -printf '%P\n')
    [ -z "$left" ] || { echo "left behind after the purge:$left"; exit 1; }
    echo "ok: a purge leaves nothing behind"
}

# --- Inside: an administrator --------------------------------------------------------------------------------------------------
store=/var/lib/attune/main.attune

fail() {
    echo "$*"
    [ ! -f /tmp/serve.log ] || tail -n 5 /tmp/serve.log
    exit 1
}

as_attune() { setpriv --reuid attune --regid attune --clear-groups --no-new-privs --bounding-set=-all env -C / "$@"; }

# start: what systemd would run, from the unit and the file of options that were installed.
start() {
    local line
    line=$(sed -n 's/^ExecStart=//p' /lib/systemd/system/attune.service)
    # shellcheck disable=SC1091,SC2086,SC2154
    (. /etc/default/attune && cd / && umask 077 && exec setpriv --reuid attune --regid attune --clear-groups --no-new-privs --bounding-set=-all \
        ${line/\$ATTUNE_OPTIONS/$ATTUNE_OPTIONS}) >/tmp/serve.log 2>&1 &
    service=$!
    for _ in $(seq 900); do
        if curl -fs "$at/ready" >/dev/null; then return; fi
        kill -0 "$service" 2>/dev/null || fail "the service ended"
        sleep 0.1
    done
    fail "the service is not ready after 90 seconds"
}

stop() {
    kill -TERM "$service"
    wait "$service" || fail "the service ended with $?"
}

ask() { curl -fsS -H "Authorization: Bearer $key" "$@"; }

inside() {
    cd /
    if getent passwd attune >/dev/null || [ -e "$store" ]; then fail "attune is installed here already"; fi
    dpkg -i /mnt/*.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
    [ "$(stat -c '%U %G %a' /var/lib/attune)" = "attune attune 750" ] || fail "/var/lib/attune is $(stat -c '%U %G %a' /var/lib/attune)"
    [ "$(getent passwd attune | cut -d: -f6,7)" = /var/lib/attune:/usr/sbin/nologin ] || fail "user: $(getent passwd attune)"
    dpkg --verify attune libattune0 libattune-dev
    dpkg -L attune libattune0 libattune-dev | sed '/^$/d' | xargs -d '\n' ls -d >/dev/null
    # shellcheck disable=SC2046
    cc -o /tmp/tiny /usr/share/doc/libattune-dev/examples/tiny.c $(pkg-config --cflags --libs attune)
    (cd /tmp && ./tiny | grep -q '^1\. ')
    echo "ok: installed; a program built on the library runs"

    # As README.Debian says.
    condition=$(sed -n 's/^ConditionPathExists=//p' /lib/systemd/system/attune.service)
    [ ! -e "$condition" ] || fail "the unit would start before there is a key"
    key=$(as_attune attune key create app --scopes all --quiet --store "$store")
    [ -e "$condition" ] || fail "the unit would not start although there is a key"
    sed -i 's/8080/18080/' /etc/default/attune
    at=http://127.0.0.1:18080
    start
    for n in 1 2 3; do printf '{"id":"m%d","title":"Song %d","medium":"music","tags":["jazz"]}\n' $n $n; done | ask -o /dev/null --data-binary @- "$at/v1/items/batch"
    ask -o /dev/null -d '{"id":"e1","user":"ann","item":"m1","signal":"like"}' "$at/v1/events"
    slate=$(ask -d '{"user":"ann","count":2}' "$at/v1/decisions")
    grep -q '"shown":\[{"item":"m[123]"' <<<"$slate" || fail "no slate: $slate"
    [ "$(stat -c '%U %a' "$store")" = "attune 600" ] || fail "$store is $(stat -c '%U %a' "$store")"
    stop
    echo "ok: the service starts from what was installed, gives a slate, and stops"

    dpkg -i /mnt/attune_*.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
    grep -q 18080 /etc/default/attune || fail "an upgrade changed /etc/default/attune"
    start
    ask "$at/v1/people/ann" | grep -q '"m1"' || fail "an upgrade lost an event"
    stop
    dpkg -r attune >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
    [ -e "$store" ] && [ ! -e /usr/bin/attune ] || fail "a removal must keep the store and nothing else"
    echo "ok: an upgrade and a removal keep store, keys and settings"
    dpkg -P attune libattune-dev libattune0 >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log; exit 1; }
    if getent passwd attune >/dev/null || getent group attune >/dev/null; then fail "the user is still there"; fi
}

case $1 in
inside) inside ;;
*) outside "$(realpath "$1")" ;;
esac
