// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_provenance.c - provenance: the log of where things come from, its key, its checkpoints, its check, cards.
#include "cli.h"

#include <stdlib.h>
#include <string.h>

enum { NOTES_MOST = 16, KEYS_MOST = 16, TEXT_MOST = 1 << 16 };

// --- Files ----------------------------------------------------------------------------------------------------

// PATH-provenance of the store, or with `suffix` what lies beside it.
static const char *beside(const cli *c, const char *suffix, char out[4200])
{
    snprintf(out, 4200, "%s%s%s", cli_store_path(c), ATT_PROVENANCE_SUFFIX, suffix);
    return out;
}

// The file that was named, else the store's.
static const char *log_path(const cli *c, int argument, char out[4200])
{
    return c->argument_count > argument ? c->arguments[argument] : beside(c, "", out);
}

// A whole small file; NULL: told why not.
static char *read_small(const cli *c, const char *path, int *code)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(TEXT_MOST + 1);
    const size_t got = file && text ? fread(text, 1, TEXT_MOST + 1, file) : 0;
    *code = !file ? 66 : !text ? 71 : got > TEXT_MOST ? 65 : 0;
    if (file)
        fclose(file);
    if (!*code) {
        text[got] = 0;
        return text;
    }
    free(text);
    fprintf(stderr, "attune %s: %s %s\n", c->command->name, path, *code == 66 ? "cannot be opened" : *code == 65 ? "has more than 64 KiB" : "needs memory");
    return NULL;
}

static bool is_there(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file)
        fclose(file);
    return file != NULL;
}

static int no_log(const cli *c, const char *path)
{
    fprintf(stderr, "attune %s: there is no %s: the first training begins it\n", c->command->name, path);
    return 66;
}

// --- log ------------------------------------------------------------------------------------------------------

typedef struct listing {
    const cli *c;
    att_provenance_kind kind; // NONE: all
    uint64_t first, count;    // of those that are listed
    bool counting;
    int code;
} listing;

static bool count_entry(void *user, const att_provenance_entry *entry, att_text line)
{
    listing *l = user;
    (void)line;
    l->count += !l->kind || entry->kind == l->kind;
    return true;
}

static const char *who_text(const att_provenance_entry *e, char out[96])
{
    if (e->who == ATT_PROVENANCE_NOBODY)
        return "";
    if (e->who == ATT_PROVENANCE_ERASED)
        return ", for a person: erased";
    if (!e->person.size)
        return ", for a person";
    snprintf(out, 96, ", for %.*s", (int)(e->person.size < 60 ? e->person.size : 60), e->person.data);
    return out;
}

static void print_entry(const cli *c, const att_provenance_entry *e)
{
    char at[32], who[96], hash[2 * ATT_HASH_SIZE + 1];
    cli_time_text(e->at_ms, at);
    att_hash_text(&e->content, hash);
    printf("%6llu  %s  %s%-7s%s %.*s", (unsigned long long)e->index, at, cli_paint(c, "bold"), att_provenance_kind_name(e->kind),
        cli_paint(c, "reset"), (int)e->subject.size, e->subject.data);
    if (att_hash_given(&e->content))
        printf("  %.12s", hash);
    if (e->licence.size)
        printf("  %.*s", (int)e->licence.size, e->licence.data);
    if (e->opt_out.size)
        printf(", opts out of: %.*s", (int)e->opt_out.size, e->opt_out.data);
    if (e->model.size)
        printf("  by %.*s", (int)e->model.size, e->model.data);
    if (e->parent_count)
        printf(" from %s", cli_count(e->parent_count, "parent", "parents"));
    if (e->learned)
        printf("  from %s, %llu opted out", cli_count(e->learned->inputs, "input", "inputs"), (unsigned long long)e->learned->opted_out);
    if (e->kind == ATT_PROVENANCE_ERASURE)
        printf(": %.*s", (int)e->note.size, e->note.data);
    printf("%s\n", who_text(e, who));
}

// {"entry": …, "leaf": hex, "person": "ann" or "erased"}
static int print_entry_json(const att_provenance_entry *e, att_text line)
{
    char leaf[2 * ATT_HASH_SIZE + 1];
    att_hash_text(&e->leaf, leaf);
    json_t *value = json_pack("{s:o,s:s}", "line", json_loadb(line.data, line.size, 0, NULL), "leaf", leaf);
    if (e->who == ATT_PROVENANCE_ERASED)
        json_object_set_new(value, "person", json_string("erased"));
    else if (e->person.size)
        json_object_set_new(value, "person", cli_json_text(e->person));
    return cli_print_json(value);
}

static bool list_entry(void *user, const att_provenance_entry *entry, att_text line)
{
    listing *l = user;
    if ((l->kind && entry->kind != l->kind) || l->count++ < l->first)
        return !cli_interrupted();
    if (l->c->json)
        l->code = print_entry_json(entry, line);
    else
        print_entry(l->c, entry);
    return l->code == 0 && !cli_interrupted();
}

static att_status each(const cli *c, const char *path, att_provenance_seer *see, listing *l, att_error *err)
{
    char people[4200];
    snprintf(people, sizeof people, "%s-people", path);
    const char *user = cli_get(c, "user");
    if (user)
        return att_provenance_each_of(path, people, att_text_of(user), &c->host, see, l, err);
    return att_provenance_each(path, is_there(people) ? people : NULL, 0, &c->host, see, l, err);
}

static int run_log(cli *c)
{
    char own[4200];
    uint64_t last = 20;
    att_error err = {0};
    listing l = {.c = c};
    const char *path = log_path(c, 0, own), *kind = cli_get(c, "kind");
    if (kind && !att_provenance_kind_parse(att_text_of(kind), &l.kind))
        return cli_usage(c, "--kind is \"%s\", expected input, model, output or erasure", kind);
    if (!cli_must_whole(c, "last", 0, UINT64_MAX, &last))
        return 64;
    if (!is_there(path))
        return no_log(c, path);
    att_status status = each(c, path, count_entry, &l, &err);
    const uint64_t all = l.count;
    l.first = last && all > last ? all - last : 0;
    l.count = 0;
    if (!status)
        status = each(c, path, list_entry, &l, &err);
    if (status)
        return cli_fail(c, status, &err);
    if (!c->json && !c->quiet && l.first)
        printf("%s before these; --last 0 lists all\n", cli_count(l.first, "entry", "entries"));
    if (!c->json && !c->quiet && !all)
        puts("no entries");
    return l.code;
}

static const cli_option log_options[] = {{"kind", 'k', "NAME", "input, model, output or erasure alone"},
    {"last", 'n', "N", "so many of the newest; 0: all; default 20"}, {"user", 'u', "USER", "those made for this person alone"}, {0}};
static const char *const log_examples[] = {"attune provenance log", "the newest entries", "attune provenance log --kind model", "every model",
    "attune provenance log --last 0 --json", "every entry as it is hashed, with its leaf", NULL};
const cli_command cli_provenance_log = {"provenance log", "List what was learned from, learned and made", "[FILE]", 0, 1,
    "The log lies beside the store, in PATH-provenance. Every item that a model learned from stands in it with its licence and what it\n"
    "opts out of, every model with what it learned from, every output with its model, brief and parents. FILE is an export of it.\n"
    "Whom an output was made for stands in it under a key that `attune forget` destroys: then it says \"erased\".",
    log_options, log_examples, run_log};

// --- verify ---------------------------------------------------------------------------------------------------

typedef struct faults {
    const cli *c;
    json_t *list; // NULL: text
} faults;

static void see_fault(void *user, const att_provenance_fault *f)
{
    faults *all = user;
    if (!all->list) {
        printf("%s%-9s%s %s\n", cli_paint(all->c, "red"), att_provenance_fault_name(f->kind), cli_paint(all->c, "reset"), f->text);
        return;
    }
    json_array_append_new(all->list,
        json_pack("{s:s,s:I,s:I,s:I,s:I,s:s}", "kind", att_provenance_fault_name(f->kind), "entry", (json_int_t)f->entry, "last",
            (json_int_t)f->last, "level", (json_int_t)f->level, "offset", (json_int_t)f->offset, "text", f->text));
}

static size_t lines_of(const char *text)
{
    size_t count = 0;
    for (const char *at = text; at && *at; at += strcspn(at, "\n"), at += *at == '\n')
        count += *at != '\n';
    return count;
}

// Lines of a file with keys, or the key itself.
static size_t split_keys(char *text, const char *keys[KEYS_MOST])
{
    size_t count = 0;
    for (char *line = strtok(text, "\n"); line && count < KEYS_MOST; line = strtok(NULL, "\n"))
        keys[count++] = line;
    return count;
}

// --key, else what lies beside the log. NULL: none, or told why not.
static char *key_text(cli *c, const char *path, int *code)
{
    char own[4300];
    const char *key = cli_get(c, "key");
    *code = 0;
    snprintf(own, sizeof own, "%s-key.pub", path);
    if (key && strchr(key, '+'))
        return strdup(key);
    if (key || is_there(own))
        return read_small(c, key ? key : own, code);
    return NULL;
}

static int print_verdict(const cli *c, const char *path, const att_provenance_verdict *v, bool has_key, json_t *list)
{
    char root[2 * ATT_HASH_SIZE + 1];
    const int code = v->faults ? 76 : 0;
    att_hash_text(&v->root, root);
    if (c->json) {
        const int printed = cli_print_json(json_pack("{s:s,s:s,s:I,s:s,s:I,s:I,s:I,s:I,s:b,s:I,s:o}", "file", path, "origin", v->origin, "entries",
            (json_int_t)v->entries, "root", root, "checkpoints", (json_int_t)v->checkpoints, "signed_checkpoints",
            (json_int_t)v->signed_checkpoints, "outside_checkpoints", (json_int_t)v->outside_checkpoints, "covered", (json_int_t)v->covered,
            "signatures_checked", (int)has_key, "faults", (json_int_t)v->faults, "found", list));
        return printed ? printed : code;
    }
    if (c->quiet && !code)
        return 0;
    if (v->faults) {
        printf("%s%s: %s%s\n", cli_paint(c, "bold"), path, cli_count(v->faults, "fault", "faults"), cli_paint(c, "reset"));
        return code;
    }
    printf("%s of %s as they were logged: %llu inputs, %llu models, %llu outputs\n", cli_count(v->entries, "entry", "entries"), v->origin,
        (unsigned long long)v->kinds[ATT_PROVENANCE_INPUT], (unsigned long long)v->kinds[ATT_PROVENANCE_MODEL],
        (unsigned long long)v->kinds[ATT_PROVENANCE_OUTPUT]);
    printf("root %s\n", root);
    if (has_key)
        printf("%s rightly signed, over %llu of the entries\n", cli_count(v->signed_checkpoints + v->outside_checkpoints, "checkpoint", "checkpoints"),
            (unsigned long long)v->covered);
    else
        puts("no signature was checked: give the public key with --key");
    return 0;
}

static int verify(cli *c, const char *path, char *keys_text, char *const *notes, size_t note_count)
{
    const char *keys[KEYS_MOST];
    att_error err = {0};
    att_provenance_verdict v;
    faults all = {c, c->json ? json_array() : NULL};
    const att_provenance_check check = {keys, keys_text ? split_keys(keys_text, keys) : 0, (const char *const *)notes, note_count};
    cli_progress_start(c);
    const att_status status = att_provenance_verify(path, &check, &c->host, see_fault, &all, &v, &err);
    cli_progress_end();
    if (status) {
        json_decref(all.list);
        return cli_fail(c, status, &err);
    }
    return print_verdict(c, path, &v, keys_text != NULL, all.list);
}

static int run_verify(cli *c)
{
    char own[4200], *notes[NOTES_MOST], *files = NULL;
    size_t count = 0;
    int code = 0;
    const char *path = log_path(c, 0, own), *given = cli_get(c, "checkpoint");
    if (!is_there(path))
        return no_log(c, path);
    char *keys = key_text(c, path, &code);
    if (given && !code)
        files = strdup(given);
    char *file = files ? strtok(files, ",") : NULL;
    for (; file && count < NOTES_MOST && !code; file = strtok(NULL, ",")) {
        notes[count] = read_small(c, file, &code);
        count += notes[count] != NULL;
    }
    if (!code && file)
        code = cli_usage(c, "--checkpoint: more than %d files", NOTES_MOST);
    if (!code && lines_of(keys) > KEYS_MOST)
        code = cli_usage(c, "--key: more than %d keys", KEYS_MOST);
    if (!code)
        code = verify(c, path, keys, notes, count);
    while (count)
        free(notes[--count]);
    free(files);
    free(keys);
    return code;
}

static const cli_option verify_options[] = {{"key", 'k', "KEY", "public key, or a file with keys a line; otherwise FILE-key.pub where it is there"},
    {"checkpoint", 'c', "FILE", "a checkpoint that was kept elsewhere; several with commas"}, {0}};
static const char *const verify_examples[] = {"attune provenance verify", "the store's own log",
    "attune provenance verify log.prov --key attune.pub --checkpoint march.note", "an export, with a key and a checkpoint from elsewhere", NULL};
const cli_command cli_provenance_verify = {"provenance verify", "Check that nothing in the log was changed, with the file alone", "[FILE]", 0, 1,
    "Needs no store. Says which entry was changed, at which level of the tree a hash was, what is missing, what stands elsewhere,\n"
    "which signature is forged, and which two signed checkpoints cannot both be true. Exit code 76 when anything is found.\n"
    "Who holds the private key can make a new log that is right in itself: only a checkpoint that was kept elsewhere finds that.",
    verify_options, verify_examples, run_verify};

// --- card, export, key, checkpoint ------------------------------------------------------------------------------

typedef struct page {
    json_t *list; // NULL: printed
} page;

static bool card_line(void *user, att_text line)
{
    page *p = user;
    if (p->list)
        return json_array_append_new(p->list, cli_json_text(line)) == 0;
    return printf("%.*s\n", (int)line.size, line.data) >= 0;
}

static int run_card(cli *c)
{
    char own[4200], name[300];
    att_error err = {0};
    page p = {c->json ? json_array() : NULL};
    const char *path = log_path(c, 1, own), *model = c->arguments[0];
    uint64_t version;
    snprintf(name, sizeof name, cli_whole(model, 1, UINT64_MAX, &version) ? "store/%s" : "%s", model);
    if (!is_there(path))
        return json_decref(p.list), no_log(c, path);
    const att_status status = att_provenance_card(path, att_text_of(name), &c->host, card_line, &p, &err);
    if (status)
        return json_decref(p.list), cli_fail(c, status, &err);
    return c->json ? cli_print_json(json_pack("{s:s,s:o}", "model", name, "lines", p.list)) : 0;
}

static const cli_option no_options[] = {{0}};
static const char *const card_examples[] = {"attune provenance card 3", "of the store's model 3", "attune provenance card store/3 log.prov >card.md",
    "from an export", NULL};
const cli_command cli_provenance_card = {"provenance card", "Print a model's card, from the log alone", "MODEL [FILE]", 1, 2,
    "Markdown: what the model is, what it learned from and what was left out, what is known of its quality, what was made with it.\n"
    "MODEL is the name it was logged under; a number is a model of the store. What was not logged is said to be not known.",
    no_options, card_examples, run_card};

static int run_export(cli *c)
{
    char own[4200];
    att_error err = {0};
    const char *path = beside(c, "", own);
    if (!is_there(path))
        return no_log(c, path);
    const att_status status = att_provenance_export(path, c->arguments[0], &c->host, &err);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:s}", "file", c->arguments[0]));
    if (!c->quiet)
        printf("wrote %s; check it anywhere: attune provenance verify %s --key KEY\n", c->arguments[0], c->arguments[0]);
    return 0;
}

static const char *const export_examples[] = {"attune provenance export log.prov", "for an auditor, with a checkpoint made just before", NULL};
const cli_command cli_provenance_export = {"provenance export", "Write a copy of the log for others", "FILE", 1, 1,
    "The copy is whole in itself: list, verify, prove and card read it with nothing else. No person is named in it.",
    no_options, export_examples, run_export};

static int run_key(cli *c)
{
    char own[4200], key[ATT_PROVENANCE_KEY_TEXT_MAX], name[64];
    att_error err = {0};
    const char *path = c->argument_count ? c->arguments[0] : beside(c, "-key", own), *wanted = cli_get(c, "name");
    if (wanted)
        snprintf(name, sizeof name, "%.63s", wanted);
    else
        snprintf(name, sizeof name, "attune");
    const att_status status = att_provenance_key_make(path, name, key, &c->host, &err);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:s}", "file", path, "public", key));
    if (!c->quiet)
        printf("the private key is in %s; the public one, for whoever checks:\n", path);
    puts(key);
    return 0;
}

static const cli_option key_options[] = {{"name", 0, "NAME", "who signs, without spaces and '+'; default attune"}, {0}};
static const char *const key_examples[] = {"attune provenance key --name example.com/attune", "make a pair for the store", NULL};
const cli_command cli_provenance_key = {"provenance key", "Make the pair of keys that checkpoints are signed with", "[FILE]", 0, 1,
    "Ed25519. The private key goes to PATH-provenance-key, or FILE, that its owner alone may read; the public one is printed, and lies\n"
    "beside it in .pub. Give the public key to whoever should be able to check. An existing key is never touched. Backups leave it out.",
    key_options, key_examples, run_key};

static int run_checkpoint(cli *c)
{
    char own[4200], note[ATT_CHECKPOINT_SIZE_MAX];
    att_error err = {0};
    att_provenance *log = NULL;
    const char *path = beside(c, "", own);
    if (!is_there(path))
        return no_log(c, path);
    const att_provenance_options options = {.key = cli_get(c, "key")};
    att_status status = att_provenance_open(&log, path, &options, &c->host, &err);
    if (!status)
        status = att_provenance_checkpoint(log, note, &err);
    att_provenance_close(log);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:s}", "note", note));
    fputs(note, stdout);
    return 0;
}

static const cli_option checkpoint_options[] = {{"key", 'k', "FILE", "private key; otherwise PATH-provenance-key"}, {0}};
static const char *const checkpoint_examples[] = {"attune provenance checkpoint >march.note", "sign what there is, and keep that elsewhere", NULL};
const cli_command cli_provenance_checkpoint = {"provenance checkpoint", "Sign how many entries there are and their root", "", 0, 0,
    "Prints a note of three lines and a signature, and keeps it in the log. Give it away, or print it in a place that you do not own:\n"
    "whoever has it can tell whether the log behind it was changed, by you too. Each training signs one where there is a key.",
    checkpoint_options, checkpoint_examples, run_checkpoint};
