# Where things come from: what was learned from, learned and made; the log is checked with the file alone.
$ attune provenance | head -3
attune provenance COMMAND [OPTIONS] [ARGUMENTS]

  log         List what was learned from, learned and made
  verify      Check that nothing in the log was changed, with the file alone
  prove       Prove that an entry is in the log, or that a log begins another
  card        Print a model's card, from the log alone
  checkpoint  Sign how many entries there are and their root
  export      Write a copy of the log for others
  key         Make the pair of keys that checkpoints are signed with

More: attune provenance COMMAND --help
$ attune provenance verify
attune provenance verify: there is no attune.attune-provenance: the first training begins it
[66]
$ attune provenance log --kind gift
attune provenance log: --kind is "gift", expected input, model, output or erasure; see: attune provenance log --help
[64]
# Thirty songs, of which two opt out and one says its licence.
$ $HERE/town items | sed 's/"id":"m1",/"id":"m1","opt_out":["train"],/;s/"id":"m2",/"id":"m2","opt_out":["train"],/;s/"id":"m3",/"id":"m3","licence":"CC-BY-4.0",/' >items.ndjson; $HERE/town events >events.ndjson; attune import items.ndjson events.ndjson -q
$ attune items --id m1 | tail -1
  opts out of: train
$ attune provenance key --name example.com/town
the private key is in attune.attune-provenance-key; the public one, for whoever checks:
example.com/town+<*>+<*>
$ attune provenance key
attune provenance key: creating attune.attune-provenance-key: File exists
[73]
$ stat -c '%a' attune.attune-provenance-key attune.attune-provenance-key.pub
600
644
$ attune train -q --kind ease
model 1: ease, 64 dimensions, learned from 336 preferences of 30 people for 28 items in <*> s
$ attune provenance log --last 4
    27  <*>  input   m28  <*>  its own terms
    28  <*>  input   m29  <*>  its own terms
    29  <*>  input   m30  <*>  its own terms
    30  <*>  model   store/1  <*>  from 28 inputs, 2 opted out
27 entries before these; --last 0 lists all
$ attune provenance log --kind model --json | json_ok line leaf
1 object
$ attune provenance log --kind input --last 0 --json | grep -c '"opt_out": *"train"'
2
$ attune provenance verify
31 entries of attune/<*> as they were logged: 30 inputs, 1 models, 0 outputs
root <*>
1 checkpoint rightly signed, over 31 of the entries
$ attune provenance verify --json | json_ok file origin entries root checkpoints covered faults found
1 object
# A second training of the same things logs no input again.
$ attune train -q --kind ease; attune provenance log --kind input --last 0 | wc -l
model 2: ease, 64 dimensions, learned from 336 preferences of 30 people for 28 items in <*> s
30
$ attune provenance card 2 | sed "s,^,: ,"
: # Model card: store/2
: 
: | | |
: | --- | --- |
: | for | recommendation |
: | logged | <*> UTC, entry 31 |
: | SHA-256 of its file | <*> |
: | seed | <*> |
: 
: ## What it learned from
: 
: - 360 events up to record 391 of the store's log, from 2025-10-09 20:53 UTC to 2025-10-24 19:53 UTC
: - 336 preferences of 30 people for 28 items
: - 28 items that it could learn from; 2 more opt out of training and were left out
: - root of the tree over these inputs: `<*>`
: 
: | licence of the inputs | items |
: | --- | ---: |
: | CC-BY-4.0 | 1 |
: | its own terms | 27 |
: 
: ## What is known of it
: 
: ease with 64 dimensions. Chosen on held-out people: ease reg=<*> graded, NDCG@100 <*>, recall@20 <*>. Why it was put in force: asked for.
: 
: ## What was made with it
: 
: Nothing so far.
# Model card: store/2
# Model card: store/2
$ attune provenance card 9
attune provenance card: no model "store/9" is in attune.attune-provenance
[66]
$ attune provenance card store/1 --json | json_ok model lines
1 object
# Proofs are checked without the log.
$ attune provenance prove 7 >seven.json; json_ok proof entry size leaf root hashes <seven.json; attune provenance prove --check seven.json
1 object
it holds: entry 7 is in the log of 32 entries
compare the root, or the roots, with a signed checkpoint
$ attune provenance prove --from 31 >begins.json; attune provenance prove --check begins.json
it holds: the log of 31 entries begins that of 32
compare the root, or the roots, with a signed checkpoint
$ sed 's/"entry": *7/"entry":8/' seven.json >other.json; attune provenance prove --check other.json
attune provenance prove: the hashes do not lead to the root
[65]
$ attune provenance prove
attune provenance prove: expected an ENTRY, or --from N; see: attune provenance prove --help
[64]
$ attune provenance prove 99
attune provenance prove: a tree of 32 entries: there are 32, and at least 100 are needed
[66]
# An export for others: whole in itself.
$ attune provenance checkpoint >march.note; wc -l <march.note; attune provenance export log.prov
5
wrote log.prov; check it anywhere: attune provenance verify log.prov --key KEY
$ attune provenance verify log.prov --checkpoint "$(yes march.note | head -17 | paste -sd,)"
attune provenance verify: --checkpoint: more than 16 files; see: attune provenance verify --help
[64]
$ mkdir elsewhere; cp log.prov march.note elsewhere; cp attune.attune-provenance-key.pub elsewhere/key; cd elsewhere; attune provenance verify log.prov --key key --checkpoint march.note
32 entries of attune/<*> as they were logged: 30 inputs, 2 models, 0 outputs
root <*>
4 checkpoints rightly signed, over 32 of the entries
# One flipped byte is found, and where.
$ cd elsewhere; cp log.prov bad.prov; at=$(grep -abo '"m17"' bad.prov | head -1 | cut -d: -f1); printf X | dd of=bad.prov bs=1 seek=$((at + 2)) conv=notrunc 2>/dev/null; attune provenance verify bad.prov --key key
entry     entry 16 was changed: its bytes <*> to <*> do not give its leaf (level 0 of the tree)
root      the checkpoint of 31 entries (byte <*>) has another root: one of entries 0 to 30 is not what it was made of
root      the checkpoint of 32 entries (byte <*>) has another root: one of entries 0 to 31 is not what it was made of
root      the checkpoint of 32 entries (byte <*>) has another root: one of entries 0 to 31 is not what it was made of
bad.prov: 4 faults
[76]
$ cd elsewhere; head -c 5000 log.prov >cut.prov; attune provenance verify cut.prov --key key | tail -2
truncated entries <*> to 31 are missing: the file ends after 5000 bytes, its head speaks of <*>
cut.prov: 1 fault
$ cd elsewhere; sed 's/^32$/31/' march.note >forged.note; attune provenance verify log.prov --key key --checkpoint forged.note
signature the signature of the checkpoint of 31 entries that was kept elsewhere is not of the key that it names
log.prov: 1 fault
[76]
$ cd elsewhere; attune provenance verify log.prov | tail -1
no signature was checked: give the public key with --key
$ attune doctor | grep provenance
fine     attune.attune-provenance: 32 entries as they were logged, 32 under a signed checkpoint
$ attune backup copy.attune -q; ls copy.attune*; attune provenance verify copy.attune-provenance -q && echo whole
copy.attune is a whole copy of attune.attune
copy.attune
copy.attune-provenance
copy.attune-provenance-key.pub

copy.attune-models:
00000002.context
00000002.index
00000002.model
whole
$ for c in $(attune provenance --help | awk '/^  [a-z]+  /{print $1}'); do attune provenance $c --help; done | grep -v '^  attune' | awk 'length($0) > 140'
