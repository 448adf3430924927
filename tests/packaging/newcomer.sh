#!/usr/bin/env bash
# tests/packaging/newcomer.sh SOURCE [ATTUNE] - somebody with data of their own follows the README to a first slate, and drives the
# service by curl: the blocks of "Your own data" and "As a service" are run as they stand there, in one shell, in an empty folder.
#
# Without ATTUNE it begins where a newcomer begins, with a clone of SOURCE and `make program`, and tells how long all of it took.
# What is put in between: the blocks "With some weeks of data" are left out (they need some), the service's port is one that is free, and
# `attune` and `curl` are watched: each curl must be answered with success, and in JSON.
set -euo pipefail
source=$(realpath "$1") given=${2:+$(realpath "$2")}
command -v curl >/dev/null || { echo "# skipped: no curl here"; exit 77; }
folder=$(mktemp -d) service=""
# shellcheck disable=SC2154
trap '[ -z "$service" ] || kill "$service" 2>/dev/null || true; rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/own"

# blocks HEADING: the code under it, each block ended by a line "#end", but for what waits for more data.
blocks() {
    awk -v heading="## $1" '
        /^## / { inside = $0 == heading; later = 0 }
        inside && /With some weeks of data/ { later = 1 }
        inside && /^```/ { code = !code; if (!code) { if (!later) print "#end"; later = 0 } next }
        inside && code && !later' "$source/README.md"
}

port=$((20000 + RANDOM % 10000))
while (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
own=$(blocks "Your own data") served=$(blocks "As a service")
build=$(sed '/^#end$/,$d' <<<"$own") own=$(sed '1,/^#end$/d' <<<"$own")
[[ $build == "make program"* ]] || { echo "the README does not begin with make program, but: $build"; exit 1; }
[ "$(grep -c '^curl' <<<"$served")" -ge 5 ] || { echo "the README has fewer than five calls of curl"; exit 1; }

begun=$(date +%s%N)
if [ -z "$given" ]; then
    git clone -q "$source" "$folder/clone"
    (cd "$folder/clone" && eval "$build" </dev/null >"$folder/build.log" 2>&1) || { tail "$folder/build.log"; exit 1; }
    given=$folder/clone/build/apps/cli/attune
    echo "cloned and built in $((($(date +%s%N) - begun) / 1000000000)) s"
fi

cat >"$folder/bin/attune" <<END
#!/usr/bin/env bash
if [ "\$1" = serve ]; then
    exec "$given" "\$@" --port $port --quiet >"$folder/serve.log" 2>&1
fi
set -o pipefail
"$given" "\$@" | tee -a "$folder/said"
END
cat >"$folder/bin/curl" <<END
#!/usr/bin/env bash
for _ in {1..900}; do
    "$(command -v curl)" -fs http://127.0.0.1:$port/ready >/dev/null && break
    sleep 0.1
done
"$(command -v curl)" -sS --fail-with-body "\$@" >"$folder/answer" || { echo "curl \$*"; cat "$folder/answer"; exit 1; }
[[ \$(cat "$folder/answer") == "{"*"}" ]] || { echo "curl \$*: no JSON"; cat "$folder/answer"; exit 1; }
echo "\$(cat "$folder/answer")" >>"$folder/answers"
END
chmod +x "$folder/bin"/*
cat >"$folder/run" <<END
set -euo pipefail
cd "$folder/own"
PATH=$folder/bin:\$PATH
$own
date +%s%N >"$folder/slate-at"
${served//8080/$port}
echo \$! >"$folder/pid"
END
bash "$folder/run" >"$folder/log" 2>&1 </dev/null && code=0 || code=$?
service=$(cat "$folder/pid" 2>/dev/null || pgrep -f -- "serve --port $port" || true)
[ $code = 0 ] || { tail -n 30 "$folder/log"; cat "$folder/serve.log" 2>/dev/null || true; exit 1; }

[ "$(grep -cE '^ +[1-6]  (Blue in Green|So What|Naima|Black Dog|Kashmir|Peace Piece) ' "$folder/said")" = 6 ] ||
    { echo "the first slate has not all six"; cat "$folder/said"; exit 1; }
grep -q 'because you' "$folder/said" || { echo "no reasons in the slate"; exit 1; }
[ "$(grep -c '"shown":\[{"item":"m[1-6]"' "$folder/answers")" = 1 ] || { echo "curl got no slate"; cat "$folder/answers"; exit 1; }
[ "$(wc -l <"$folder/answers")" = "$(grep -c '^curl' <<<"$served")" ] || { echo "not every curl was answered"; exit 1; }
kill -TERM "$service"
for _ in {1..900}; do kill -0 "$service" 2>/dev/null || break; sleep 0.1; done
! kill -0 "$service" 2>/dev/null || { echo "the service does not stop"; exit 1; }
service=""
echo "ok: from an empty folder through the own-data section in $((($(cat "$folder/slate-at") - begun) / 1000000)) ms"
echo "ok: $(wc -l <"$folder/answers") calls by curl, each answered"
