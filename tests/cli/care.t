# Looking after a store.
$ attune version | grep -v ^helpers | head -8
attune <*>, licence of this build: Apache-2.0<*>
kernels: <*>
  sqlite         blessing           <*>
  jansson        MIT                <*>
  libyaml        MIT                <*>
  openblas       BSD-3-Clause       <*>
  libsodium      ISC                <*>
  xxhash         BSD-2-Clause       <*>
$ attune --version | head -1
attune <*>, licence of this build: Apache-2.0<*>
$ attune version --json | json_ok version licence kernels parts
1 object
$ attune completion bash >bash; bash -n bash && grep -q recommend bash && echo complete
complete
$ attune completion zsh | head -1; attune completion fish | tail -1
#compdef attune
complete -c attune -n '__fish_seen_subcommand_from completion' -l help
$ bash -c 'source ./bash; COMP_WORDS=(attune rec) COMP_CWORD=1; _attune; echo "${COMPREPLY[@]}"; COMP_WORDS=(attune train --k) COMP_CWORD=2; _attune; echo "${COMPREPLY[@]}"'
recommend
--kind
$ $HERE/town items >items.ndjson; $HERE/town events >events.ndjson; attune import items.ndjson events.ndjson -q; attune train -q --kind ease
model 1: <*>, learned from 360 preferences of 30 people for 30 items in <*> s
$ attune doctor
fine     the pages of the file are sound, every asset matches its hash
fine     30 people, 0 of them forgotten
fine     30 items, 0 of them only named by events so far
fine     391 log records in order: 360 events, 0 decisions
fine     attune.attune-models/00000001.model: whole
fine     attune.attune-models/00000001.index: whole
fine     attune.attune-models/00000001.context: whole
fine     model 1 is in force
fine     attune.attune-provenance: 31 entries as they were logged, 0 under a signed checkpoint
attune.attune: in good order
$ attune doctor --json | json_ok findings damage
1 object
$ attune doctor --store nothere
attune doctor: there is no store nothere; `attune init` makes one
[66]
$ ls -A | grep nothere
[1]
$ attune backup copy.attune
copy.attune is a whole copy of attune.attune
$ attune backup copy.attune
attune backup: backing up to copy.attune: it exists already
[73]
$ attune backup copy2.attune --json | json_ok store backup
1 object
$ attune info --store copy.attune | tail -n +2 >a; attune info | tail -n +2 >b; cmp a b && attune doctor --store copy.attune | tail -1
copy.attune: in good order
$ attune backup /nothere/copy.attune
attune backup: backing up to /nothere/copy.attune: <*> creating the copy: unable to open database file: No such file or directory
[66]
# Things that are no store.
$ echo hello >text; attune info --store text
attune info: text is not a store: it is no SQLite file, or its first page is damaged
[76]
$ attune doctor --store text
damage   text is not a store: it is no SQLite file, or its first page is damaged
         keep the file as it is, and bring back the newest backup
note     no model has been trained
         run: attune train
text: damaged
[76]
$ mkdir folder; attune info --store folder
attune info: folder is not a store: it is not a regular file
[76]
$ attune init --store text
attune init: text exists already, and is not a store
[73]
$ : >empty; attune info --store empty
attune info: there is no store empty; make one with: attune init --store empty
[66]
