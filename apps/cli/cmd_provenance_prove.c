// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_provenance_prove.c - provenance prove: short proofs out of the log, and their check without it.
#include "cli.h"

#include <string.h>

// --- As JSON --------------------------------------------------------------------------------------------------

static json_t *hash_json(const att_hash *hash)
{
    char hex[2 * ATT_HASH_SIZE + 1];
    att_hash_text(hash, hex);
    return json_string(hex);
}

static json_t *proof_json(const att_provenance_proof *p)
{
    json_t *hashes = json_array();
    for (size_t i = 0; i < p->hash_count; i++)
        json_array_append_new(hashes, hash_json(&p->hashes[i]));
    if (p->consistency)
        return json_pack("{s:s,s:I,s:I,s:o,s:o,s:o}", "proof", "consistency", "from", (json_int_t)p->first, "size", (json_int_t)p->size, "from_root",
            hash_json(&p->first_root), "root", hash_json(&p->root), "hashes", hashes);
    return json_pack("{s:s,s:I,s:I,s:o,s:o,s:o}", "proof", "inclusion", "entry", (json_int_t)p->index, "size", (json_int_t)p->size, "leaf",
        hash_json(&p->leaf), "root", hash_json(&p->root), "hashes", hashes);
}

static bool take_hash(const json_t *value, att_hash *out)
{
    return json_is_string(value) && att_hash_parse((att_text){json_string_value(value), json_string_length(value)}, out);
}

// NULL: it is read; else which key is wrong.
static const char *read_proof(const json_t *root, att_provenance_proof *out)
{
    const char *kind = json_string_value(json_object_get(root, "proof"));
    const json_t *hashes = json_object_get(root, "hashes"), *size = json_object_get(root, "size");
    *out = (att_provenance_proof){.consistency = kind && strcmp(kind, "consistency") == 0};
    const json_t *place = json_object_get(root, out->consistency ? "from" : "entry");
    if (!kind || (!out->consistency && strcmp(kind, "inclusion") != 0))
        return "proof";
    if (!json_is_integer(size) || json_integer_value(size) < 0)
        return "size";
    if (!json_is_integer(place) || json_integer_value(place) < 0)
        return out->consistency ? "from" : "entry";
    out->size = (uint64_t)json_integer_value(size);
    *(out->consistency ? &out->first : &out->index) = (uint64_t)json_integer_value(place);
    if (!take_hash(json_object_get(root, "root"), &out->root))
        return "root";
    if (!take_hash(json_object_get(root, out->consistency ? "from_root" : "leaf"), out->consistency ? &out->first_root : &out->leaf))
        return out->consistency ? "from_root" : "leaf";
    if (!json_is_array(hashes) || json_array_size(hashes) > ATT_PROOF_HASHES_MAX)
        return "hashes";
    for (; out->hash_count < json_array_size(hashes); out->hash_count++)
        if (!take_hash(json_array_get(hashes, out->hash_count), &out->hashes[out->hash_count]))
            return "hashes";
    return NULL;
}

// --- The command ----------------------------------------------------------------------------------------------

static int check_file(cli *c, const char *path)
{
    json_error_t story;
    att_error err = {0};
    att_provenance_proof proof;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &story);
    if (!root) {
        fprintf(stderr, "attune %s: %s: line %d: %s\n", c->command->name, path, story.line, story.text);
        return 65;
    }
    const char *wrong = read_proof(root, &proof);
    json_decref(root);
    if (wrong) {
        fprintf(stderr, "attune %s: %s: \"%s\" is not what it should be\n", c->command->name, path, wrong);
        return 65;
    }
    const att_status status = att_provenance_proof_check(&proof, &err);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:b}", "file", path, "holds", 1));
    if (c->quiet)
        return 0;
    if (proof.consistency)
        printf("it holds: the log of %llu entries begins that of %llu\n", (unsigned long long)proof.first, (unsigned long long)proof.size);
    else
        printf("it holds: entry %llu is in the log of %llu entries\n", (unsigned long long)proof.index, (unsigned long long)proof.size);
    puts("compare the root, or the roots, with a signed checkpoint");
    return 0;
}

static int run_prove(cli *c)
{
    char own[4200];
    uint64_t entry = 0, from = 0, size = 0;
    att_error err = {0};
    att_provenance_proof proof;
    const char *file = cli_get(c, "file");
    if (cli_get(c, "check"))
        return check_file(c, cli_get(c, "check"));
    if (!cli_must_whole(c, "from", 1, INT64_MAX, &from) || !cli_must_whole(c, "size", 1, INT64_MAX, &size))
        return 64;
    if ((c->argument_count == 1) == (from > 0))
        return cli_usage(c, "expected an ENTRY, or --from N");
    if (c->argument_count && !cli_whole(c->arguments[0], 0, INT64_MAX, &entry))
        return cli_usage(c, "\"%s\" is no number of an entry", c->arguments[0]);
    snprintf(own, sizeof own, "%s%s", cli_store_path(c), ATT_PROVENANCE_SUFFIX);
    const char *path = file ? file : own;
    const att_status status = from ? att_provenance_prove_consistency(path, from, size, &c->host, &proof, &err)
                                   : att_provenance_prove(path, entry, size, &c->host, &proof, &err);
    return status ? cli_fail(c, status, &err) : cli_print_json(proof_json(&proof));
}

static const cli_option prove_options[] = {{"from", 0, "N", "prove that the log of N entries begins the whole one"},
    {"size", 0, "N", "of the log of N entries; otherwise all there are"}, {"file", 'f', "FILE", "an export; otherwise the store's log"},
    {"check", 0, "FILE", "check a proof, without any log"}, {0}};
static const char *const prove_examples[] = {"attune provenance prove 7 >seven.json", "that entry 7 is in the log", "attune provenance prove --from 100",
    "that nothing of the first 100 entries was changed since", "attune provenance prove --check seven.json", "does it hold?", NULL};
const cli_command cli_provenance_prove = {"provenance prove", "Prove that an entry is in the log, or that a log begins another", "[ENTRY]", 0, 1,
    "A proof is a JSON object of a few hashes (RFC 6962), whatever the log's length, and is checked with them and a signed root alone.",
    prove_options, prove_examples, run_prove};
