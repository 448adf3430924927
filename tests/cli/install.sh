#!/usr/bin/env bash
# tests/cli/install.sh BUILD SOURCE MESON - what `make install` puts in place is enough for another program: headers that
# compile alone in C and C++, a pkg-config file, both libraries, pages that mandoc has no warning for, completions, a unit; and
# uninstalling takes all of it away again.
set -eu
build=$(realpath "$1") source=$(realpath "$2") meson=$3 cc=${CC:-cc} cxx=${CXX:-c++}
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT

"$meson" install -C "$build" --no-rebuild --destdir "$folder" >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
pc=$(find "$folder" -name attune.pc)
[ -n "$pc" ] || { echo "attune.pc is not installed"; exit 1; }
prefix=$folder$(sed -n 's/^prefix=//p' "$pc")
export PKG_CONFIG_PATH=${pc%/*}
config() { pkg-config --define-variable=prefix="$prefix" "$@" attune; }
echo "ok: version $(config --modversion) under $(sed -n 's/^prefix=//p' "$pc")"

grep -q "^ExecStart=$(sed -n 's/^prefix=//p' "$pc")/bin/attune serve " "$prefix/lib/systemd/system/attune.service"
for example in nginx.conf attune.default policy.yaml tiny.c; do [ -s "$prefix/share/doc/attune/examples/$example" ]; done
"$prefix/bin/attune" policy --check "$prefix/share/doc/attune/examples/policy.yaml" >/dev/null
echo "ok: a unit, and examples"

if "$prefix/bin/attune" music >/dev/null 2>&1 || [ $? = 64 ]; then # 69: this build has no music in it
    printf 'RIFF\044\000\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000data\012\000\000\000\001\000\002\000\003\000\004\000\005\000' >"$folder/five.wav"
    "$prefix/bin/attune" music analyze "$folder/five.wav" | grep -q '8000 Hz, 1 channel' || { echo "the installed helper reads no sound"; exit 1; }
    echo "ok: sound is read by the helper in libexec"
fi

for header in "$prefix"/include/attune/*.h; do
    name=attune/${header##*/}
    "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I "$prefix/include" -xc - <<<"#include <$name>"
    if command -v "$cxx" >/dev/null; then
        "$cxx" -std=c++11 -Wall -Wextra -Werror -fsyntax-only -I "$prefix/include" -xc++ - <<<"#include <$name>"
    fi
done
echo "ok: $(ls "$prefix"/include/attune/*.h | wc -l) headers, each alone, in C and C++"

mkdir "$folder/shared" "$folder/static"
# shellcheck disable=SC2046
"$cc" -o "$folder/tiny" "$source/examples/tiny.c" $(config --cflags --libs)
LD_LIBRARY_PATH=$(config --variable=libdir) "$folder/tiny" "$folder/shared" | grep -q '^1\. '
echo "ok: examples/tiny.c runs with the shared library"
# shellcheck disable=SC2046
"$cc" -o "$folder/tiny-static" "$source/examples/tiny.c" $(config --cflags) "$(config --variable=libdir)/libattune.a" \
    $(config --static --libs | sed 's/-lattune//')
"$folder/tiny-static" "$folder/static" | grep -q '^1\. '
echo "ok: and with the static one"

"$prefix/bin/attune" --version >/dev/null
pages=$(find "$prefix" -name 'attune*.1')
words() { "$prefix/bin/attune" "$@" --help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p'; }
# A group of commands of two words has no page of its own, each of its commands has.
for word in $(words); do
    if "$prefix/bin/attune" "$word" --help | head -n 1 | grep -q "^attune $word COMMAND"; then
        for second in $(words "$word"); do echo "$word-$second"; done
    else
        echo "$word"
    fi
done >"$folder/commands"
[ "$(wc -l <<<"$pages")" = $(($(wc -l <"$folder/commands") + 1)) ] || { cat "$folder/commands"; echo "are the commands, but these the pages: $pages"; exit 1; }
if command -v mandoc >/dev/null; then
    # shellcheck disable=SC2086
    mandoc -T lint -W warning $pages
    echo "ok: $(wc -l <<<"$pages") pages, and mandoc has no warning"
else
    echo "# skipped: no mandoc here to look the pages over"
fi
bash -n "$(find "$prefix" -path '*bash-completion*' -type f)"
for name in _attune attune.fish; do find "$prefix" -name $name | grep -q .; done
echo "ok: completion for bash, zsh and fish"
for command in $(tr - ' ' <"$folder/commands"); do
    for file in $(find "$prefix" -path '*completions*' -name 'attune.*' -type f) "$(find "$prefix" -name _attune)"; do
        grep -q "\b$command\b" "$file" || { echo "${file##*/} does not know the command $command"; exit 1; }
    done
done
echo "ok: each command in each completion"

DESTDIR=$folder ninja -C "$build" uninstall >"$folder/log" 2>&1 || { cat "$folder/log"; exit 1; }
left=$(find "$prefix" ! -type d 2>/dev/null || true)
[ -z "$left" ] || { echo "uninstalling leaves $left"; exit 1; }
echo "ok: uninstalling leaves nothing"
