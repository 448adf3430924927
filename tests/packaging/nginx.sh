#!/usr/bin/env bash
# tests/packaging/nginx.sh CONF ATTUNE WORK - the example site in front of the service, in a real nginx: TLS and HTTP/2 there, the same
# request id on both sides, streams that are not kept back, and an upgrade of the service under load without a failed request.
#
# nginx comes from PATH, or from Debian's package unpacked (not installed) into WORK. Ports and paths of the site are rewritten.
set -euo pipefail
conf=$(realpath "$1") attune=$(realpath "$2") work=$(realpath -m "$3") here=$(realpath "$(dirname "$0")")
for tool in curl openssl; do command -v $tool >/dev/null || { echo "# skipped: no $tool here"; exit 77; }; done
curl --version | grep -q HTTP2 || { echo "# skipped: this curl speaks no HTTP/2"; exit 77; }
mkdir -p "$work"
nginx=$(PATH=$PATH:/usr/sbin command -v nginx || true)
if [ -z "$nginx" ]; then
    nginx=$work/unpacked/usr/sbin/nginx
    if [ ! -x "$nginx" ]; then
        (cd "$work" && apt-get download -qq nginx >download.log 2>&1 && dpkg-deb -x nginx_*.deb unpacked) ||
            { echo "# skipped: no nginx here, and Debian's package cannot be fetched: $(tail -n 1 "$work/download.log")"; exit 77; }
    fi
    "$nginx" -v 2>/dev/null || { echo "# skipped: the unpacked nginx lacks a library of this machine's"; exit 77; }
fi

folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid 2>/dev/null) 2>/dev/null || true; rm -rf "$folder"' EXIT
fail() {
    echo "$*"
    tail -n 5 "$folder"/*.log
    exit 1
}
free_port() {
    local port=$((20000 + RANDOM % 10000))
    while (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    echo $port
}

# --- The service and the site ---------------------------------------------------------------------------------------------------
export ATTUNE_STORE=$folder/town.attune
for what in items events; do sh "$here/../cli/town" $what >"$folder/$what.ndjson"; done
"$attune" init -q
"$attune" import -q "$folder/items.ndjson" "$folder/events.ndjson"
key=$("$attune" key create site --scopes all -q)
old=$(free_port) new=$((old + 1)) tls=$((old + 2))
serve() { # PORT
    "$attune" serve --port "$1" >"$folder/$1.out" 2>"$folder/$1.log" &
    echo $! >"$folder/$1.pid"
    curl -fsS --retry 90 --retry-connrefused --retry-delay 1 -o /dev/null "http://127.0.0.1:$1/ready"
}
stop() { # PORT
    local pid
    pid=$(cat "$folder/$1.pid")
    kill -TERM "$pid"
    wait "$pid" || fail "the service on $1 ended with $?"
    rm "$folder/$1.pid"
}
serve "$old"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=attune.example.org -addext subjectAltName=DNS:attune.example.org \
    -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
sed -e "s|listen 443 |listen 127.0.0.1:$tls |" -e "s|127.0.0.1:8080|127.0.0.1:$old|" -e "s|127.0.0.1:8081|127.0.0.1:$new|" \
    -e "s|/etc/ssl/attune.example.org.pem|$folder/cert.pem|" -e "s|/etc/ssl/private/attune.example.org.key|$folder/key.pem|" "$conf" >"$folder/site.conf"
cat >"$folder/nginx.conf" <<END
$([ "$(id -u)" != 0 ] || echo "user root;")
daemon off;
pid $folder/nginx.master;
error_log $folder/nginx.log warn;
events { worker_connections 256; }
http {
    log_format both '\$request_id \$status';
    access_log $folder/access.log both;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    include $folder/site.conf;
}
END
"$nginx" -q -t -c "$folder/nginx.conf" -e "$folder/nginx.log"
"$nginx" -c "$folder/nginx.conf" -e "$folder/nginx.log" &
echo $! >"$folder/nginx.pid"
site=https://attune.example.org:$tls
web() { curl -sS --http2 --cacert "$folder/cert.pem" --resolve "attune.example.org:$tls:127.0.0.1" -H "Authorization: Bearer $key" "$@"; }
web -f --retry 90 --retry-connrefused --retry-delay 1 -o /dev/null "$site/ready"

# --- TLS, HTTP/2, ids -----------------------------------------------------------------------------------------------------------
said=$(web -f -D "$folder/head" -o "$folder/slate" -w '%{http_version} %{http_code}' -d '{"user":"u1","count":5}' "$site/v1/decisions")
[ "$said" = "2 200" ] || fail "expected HTTP/2 and 200, found $said"
grep -q '"shown":\[{"item":"m' "$folder/slate" || fail "no slate: $(cat "$folder/slate")"
id=$(tr -d '\r' <"$folder/head" | sed -n 's/^x-request-id: //p')
[ ${#id} = 32 ] || fail "the request's id is \"$id\", expected nginx's own"
# Both write their line after the answer.
soon() {
    for _ in $(seq 300); do
        if "$@"; then return; fi
        sleep 0.1
    done
    return 1
}
soon grep -q "^$id 200" "$folder/access.log" || fail "nginx logs another id"
soon grep -q "\"request\":\"$id\".*\"route\":\"decide\",\"status\":200" "$folder/$old.log" || fail "the service logs another id"
[ "$(web -o /dev/null -w '%{http_code}' "$site/metrics")" = 404 ] || fail "/metrics is open to the world"
head -c 5000000 /dev/zero >"$folder/large"
[ "$(web -o /dev/null -w '%{http_code}' --data-binary @"$folder/large" "$site/v1/events/batch")" = 413 ] || fail "a large body passed"
echo "ok: TLS and HTTP/2 at nginx, one request id on both sides"

# --- Streams -------------------------------------------------------------------------------------------------------------------
# The last of five trainings waits for the others: what its stream says first must be here before it ends.
for n in 1 2 3 4 5; do job=$(web -f -d "{\"kind\":\"train\",\"key\":\"t$n\"}" "$site/v1/jobs" | sed -n 's/.*"id":"\([^"]*\)".*/\1/p'); done
mkfifo "$folder/stream"
web -N "$site/v1/jobs/$job/events" >"$folder/stream" &
exec 3<"$folder/stream"
first="" state=""
while IFS= read -r -t 90 line <&3; do
    case $line in event:*) first=$line && break ;; esac
done
state=$(web -f "$site/v1/jobs/$job" | sed -n 's/.*"state":"\([a-z]*\)".*/\1/p')
[ -n "$first" ] && [ "$state" != "done" ] || fail "the stream's first words (\"$first\") came when the job was \"$state\""
last=$(grep '^event:' <&3 | tail -n 1)
[ "$last" = "event: done" ] || fail "the stream ended with \"$last\""
echo "ok: a stream is not kept back ($first while the job was $state)"

# --- An upgrade under load --------------------------------------------------------------------------------------------------------
# Events and slates from four sides, one after the other without a pause, until told to stop; every answer must be 200.
request() { # WHAT PATH BODY: as lines of curl's configuration
    printf 'url = "%s%s"\ndata = "%s"\nheader = "Authorization: Bearer %s"\ncacert = "%s"\nresolve = "attune.example.org:%s:127.0.0.1"\n' \
        "$site" "$2" "${3//\"/\\\"}" "$key" "$folder/cert.pem" "$tls"
    printf 'silent\noutput = "/dev/null"\nwrite-out = "%%{http_code} %s\\n"\n' "$1"
}
# Of many people: one with over 600 events in a minute is taken for a bot, whose events are set aside.
storm() {
    local side=$1 round=0 n
    while [ ! -e "$folder/enough" ]; do
        round=$((round + 5))
        for n in $(seq "$round" $((round + 4))); do
            [ "$n" = "$round" ] || echo next
            request event /v1/events "{\"id\":\"up-$side-$n\",\"user\":\"u$side-$((n % 100))\",\"item\":\"m$((n % 30 + 1))\",\"signal\":\"like\"}"
            echo next
            request slate /v1/decisions "{\"user\":\"u$side-$((n % 100))\",\"count\":3}"
        done | curl -K - >>"$folder/answers.$side" 2>>"$folder/curl.log" || echo "curl ended with $?" >>"$folder/answers.$side"
    done
}
for side in 1 2 3 4; do storm $side & storms+=($!); done
for _ in 1 2 3; do
    sleep 0.5
    serve "$new"
    stop "$old"
    sleep 0.5
    serve "$old"
    stop "$new"
done
touch "$folder/enough"
wait "${storms[@]}"
answers=$(cat "$folder"/answers.* | wc -l)
bad=$(cat "$folder"/answers.* | grep -cv '^200 ' || true)
[ "$bad" = 0 ] || { sort "$folder"/answers.* | uniq -c; fail "$bad of $answers requests failed"; }
[ "$answers" -gt 100 ] || fail "only $answers requests in the storm"
events=$(cat "$folder"/answers.* | grep -c event)
stop "$old"
stored=$("$attune" info --json | sed -n 's/.*"events":\([0-9]*\).*/\1/p')
[ "$stored" = $((360 + events)) ] || fail "$events events were acknowledged in the storm, and the store has $((stored - 360))"
kill -QUIT "$(cat "$folder/nginx.pid")"
wait "$(cat "$folder/nginx.pid")"
rm "$folder/nginx.pid"
echo "ok: six changes of the service under $answers requests, none failed, none lost, none counted twice"
