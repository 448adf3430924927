#!/usr/bin/env bash
# tests/packaging/systemd.sh UNIT ATTUNE - the service under a real systemd, with its whole sandbox: ready when it says so, reload, restart
# after a crash, stop; and a start without keys, which is none.
#
# This machine's systemd runs as the first process of a PID namespace, with a cgroup, a network and a root of its own: this machine's
# root through an overlay whose changes lie in memory. Of its units only those that are needed are started.
set -euo pipefail

# --- Outside --------------------------------------------------------------------------------------------------------------------
outside() {
    local tool cgroup
    [ "$(id -u)" = 0 ] || { echo "# skipped: only root can start a systemd"; exit 77; }
    for tool in unshare pivot_root ip curl setpriv systemctl; do
        command -v $tool >/dev/null || { echo "# skipped: no $tool here"; exit 77; }
    done
    [ -x /lib/systemd/systemd ] || { echo "# skipped: no systemd here"; exit 77; }
    grep -q cgroup2 /proc/filesystems || { echo "# skipped: this kernel has no cgroup2"; exit 77; }
    folder=$(mktemp -d) init=""
    mkdir "$folder/root" "$folder/layer" "$folder/cgroups" "$folder/shared"
    trap 'clean' EXIT
    cp "$1" "$folder/shared/attune.service"
    cp "$2" "$folder/shared/attune"
    cp "$0" "$folder/shared/systemd.sh"
    mount -t cgroup2 cgroup2 "$folder/cgroups" 2>/dev/null && cgroup=$folder/cgroups/attune-test.$$ && mkdir "$cgroup" 2>/dev/null ||
        { echo "# skipped: no cgroup can be made here"; exit 77; }
    (
        echo $BASHPID >"$cgroup/cgroup.procs"
        exec unshare --mount --propagation private --pid --fork --kill-child --cgroup --uts --ipc --net \
            bash "$folder/shared/systemd.sh" boot "$folder"
    ) >"$folder/boot.log" 2>&1 &
    init=$!
    for _ in $(seq 2400); do
        [ ! -e "$folder/shared/code" ] || break
        kill -0 $init 2>/dev/null || break
        sleep 0.1
    done
    if [ ! -e "$folder/shared/log" ]; then
        echo "# skipped: systemd does not come up in a namespace here: $(tail -n 1 "$folder/boot.log")"
        exit 77
    fi
    cat "$folder/shared/log"
    [ -e "$folder/shared/code" ] || { echo "it did not end within four minutes"; exit 1; }
    exit "$(cat "$folder/shared/code")"
}

clean() {
    local cgroup=$folder/cgroups/attune-test.$$
    [ -z "$init" ] || kill -KILL "$init" 2>/dev/null || true # with --kill-child the whole namespace goes
    [ -z "$init" ] || wait "$init" 2>/dev/null || true
    for _ in $(seq 50); do
        find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [ -d "$cgroup" ] || break
        sleep 0.1
    done
    umount "$folder/cgroups" 2>/dev/null || true
    rm -rf "$folder"
}

# --- In between: the root, and systemd in it ----------------------------------------------------------------------------------------
boot() {
    local folder=$1 name
    mount -t tmpfs layer "$folder/layer"
    mkdir "$folder/layer/changed" "$folder/layer/work"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/layer/changed,workdir=$folder/layer/work" "$folder/root"
    cd "$folder/root"
    mount --bind "$folder/shared" mnt
    mount -t proc proc proc
    mount -t sysfs sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755 dev dev
    for name in null zero full random urandom tty; do
        : >dev/$name
        mount --bind /dev/$name dev/$name
    done
    mkdir dev/pts dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
    ln -s pts/ptmx dev/ptmx
    ln -s /proc/self/fd dev/fd
    mount -t tmpfs run run
    mount -t tmpfs tmp tmp
    ip link set lo up
    mkdir -p usr/local/bin var/lib/attune run/was etc/systemd/system
    cp mnt/attune usr/local/bin/attune
    chmod 755 usr/local/bin/attune
    sed 's|^ExecStart=[^ ]*|ExecStart=/usr/local/bin/attune|' mnt/attune.service >etc/systemd/system/attune.service
    printf '[Unit]\nDescription=only what is tried\nRequires=basic.target\nAfter=basic.target\n' >etc/systemd/system/tried.target
    printf '[Unit]\nAfter=basic.target dbus.socket\n[Service]\nType=oneshot\nExecStart=/bin/bash /mnt/systemd.sh inside\n' >etc/systemd/system/tried.service
    mkdir -p etc/systemd/system/tried.target.wants
    ln -s ../tried.service etc/systemd/system/tried.target.wants/tried.service
    pivot_root . run/was
    cd /
    umount -l /run/was
    container=lxc exec /lib/systemd/systemd --system --unit=tried.target --log-target=console --log-level=warning --show-status=no
}

# --- Inside -----------------------------------------------------------------------------------------------------------------------
state() { systemctl show attune -p "$1" --value; }

fail() {
    echo "$*"
    systemctl status attune --no-pager --lines 20 || true
    exit 1
}

status() { curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $1" http://127.0.0.1:8080/v1/status; }

new_key() { setpriv --reuid attune --regid attune --clear-groups env -C / attune key create "$1" --scopes all --quiet --store /var/lib/attune/main.attune; }

try() {
    local pid one two
    PATH=/usr/local/bin:$PATH
    groupadd --system attune 2>/dev/null || true
    useradd --system --gid attune --home-dir /var/lib/attune attune 2>/dev/null || true
    chown attune:attune /var/lib/attune
    systemctl start attune
    [ "$(state ActiveState)" = inactive ] && [ "$(state ConditionResult)" = no ] || fail "without keys it is $(state ActiveState)"
    echo "ok: without keys it is not started, and that is no failure"

    one=$(new_key one)
    systemctl start attune || fail "it does not start"
    # Type=notify: systemctl comes back when it is ready, and not before.
    [ "$(status "$one")" = 200 ] || fail "it said that it is ready, and answers $(status "$one")"
    pid=$(state MainPID)
    grep -q '^Seccomp:.2$' "/proc/$pid/status" && grep -q '^CapBnd:.0*$' "/proc/$pid/status" && grep -q '^NoNewPrivs:.1$' "/proc/$pid/status" ||
        fail "it runs with rights that it should not have"
    ! nsenter -t "$pid" -m touch /usr/attune-was-here 2>/dev/null || fail "/usr can be written from inside"
    nsenter -t "$pid" -m touch /var/lib/attune/may-be-written || fail "its own folder cannot be written"
    curl -fs -H "Authorization: Bearer $one" -d '{"id":"m1","title":"One","medium":"music"}' -o /dev/null http://127.0.0.1:8080/v1/items/batch
    curl -fs -H "Authorization: Bearer $one" -d '{"user":"ann","item":"m1","signal":"like"}' -o /dev/null http://127.0.0.1:8080/v1/events
    curl -fs -H "Authorization: Bearer $one" -d '{"user":"ann","count":1}' http://127.0.0.1:8080/v1/decisions | grep -q '"item":"m1"' || fail "no slate"
    curl -fs -H "Authorization: Bearer $one" -d '{"kind":"train"}' -o /dev/null http://127.0.0.1:8080/v1/jobs
    for _ in $(seq 600); do
        curl -fs -H "Authorization: Bearer $one" http://127.0.0.1:8080/v1/jobs | grep -q '"state":"done"' && break
        sleep 0.1
    done
    curl -fs -H "Authorization: Bearer $one" http://127.0.0.1:8080/v1/jobs | grep -q '"state":"done"' || fail "a training does not end well in the sandbox"
    echo "ok: ready when systemd says so; a slate and a training in the sandbox"

    two=$(new_key two)
    systemctl reload attune || fail "it cannot be reloaded"
    # The unit's kill is through before the signal has been heeded.
    for _ in $(seq 100); do
        [ "$(status "$two")" = 401 ] || break
        sleep 0.1
    done
    [ "$(status "$two")" = 200 ] && [ "$(state MainPID)" = "$pid" ] || fail "after a reload the new key gets $(status "$two")"
    echo "ok: a reload takes a new key, in the same process"
    kill -KILL "$pid"
    for _ in $(seq 600); do
        [ "$(state NRestarts)" = 1 ] && [ "$(state ActiveState)" = active ] && break
        sleep 0.1
    done
    [ "$(status "$one")" = 200 ] && [ "$(state MainPID)" != "$pid" ] || fail "killed, it is $(state ActiveState) after $(state NRestarts) restarts"
    systemctl stop attune
    [ "$(state Result)" = success ] && [ "$(state ExecMainStatus)" = 0 ] || fail "it stopped with $(state Result), $(state ExecMainStatus)"
    echo "ok: started again after a crash; stopped with 0"
}

case $1 in
boot) boot "$2" ;;
inside)
    (try) >/mnt/log 2>&1 && code=0 || code=$?
    echo $code >/mnt/code.new && mv /mnt/code.new /mnt/code
    ;;
*) outside "$(realpath "$1")" "$(realpath "$2")" ;;
esac
