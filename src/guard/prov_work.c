// SPDX-License-Identifier: Apache-2.0
// guard/prov_work.c - what one piece of work took in and what came out of it, for programs that make or train without an engine.
//
// Something that is taken in is known by its bytes: the newest entry of the log with that content says its licence and what it opts out
// of, unless its owners say something else now, which is entered then. What was made here stands in the log already, as an output.
#include "attune/provenance.h"
#include "base/arena.h"
#include "base/base.h"
#include "base/names.h"
#include "guard/prov_counts.h"
#include "guard/prov_tree.h"

#include <unistd.h>

enum { APPENDED_AT_ONCE = 4096 };

typedef struct known { // of one content
    att_hash leaf;
    att_text licence, opt_out; // in `life`, or the caller's
    bool there, made_here;
} known;

typedef struct work {
    att_host host;
    const char *log;
    att_arena life;
    att_names contents; // in hex: row of `rows`
    ATT_VEC(known) rows;
    bool no_memory;
} work;

// --- What the log knows ---------------------------------------------------------------------------------------------

static uint32_t row_of(work *w, const att_hash *content, bool add)
{
    char hex[2 * ATT_HASH_SIZE + 1];
    att_hash_text(content, hex);
    return add ? att_names_add(&w->contents, att_text_of(hex)) : att_names_find(&w->contents, att_text_of(hex));
}

static bool see(void *user, const att_provenance_entry *entry, att_text line)
{
    work *w = user;
    (void)line;
    if (entry->kind != ATT_PROVENANCE_INPUT && entry->kind != ATT_PROVENANCE_OUTPUT)
        return true;
    const uint32_t row = row_of(w, &entry->content, false);
    if (row == ATT_NO_INDEX)
        return true;
    const known is = {entry->leaf, att_arena_text(&w->life, entry->licence), att_arena_text(&w->life, entry->opt_out), true,
        entry->kind == ATT_PROVENANCE_OUTPUT};
    w->no_memory |= !is.licence.data || !is.opt_out.data;
    w->rows.items[row] = is;
    return !w->no_memory;
}

static att_status look_up(work *w, const att_provenance_material *materials, size_t count, att_error *err)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t row = row_of(w, &materials[i].content, true);
        if (row == ATT_NO_INDEX || (row == w->rows.count && !ATT_VEC_PUSH(&w->host, &w->rows, ((known){0}))))
            return att_no_memory(err, count, "materials");
    }
    const att_status status = access(w->log, F_OK) == 0 ? att_provenance_each(w->log, NULL, 0, &w->host, see, w, err) : ATT_OK;
    return !status && w->no_memory ? att_no_memory(err, count, "materials") : status;
}

static void begin_work(work *w, const char *log, const att_host *host)
{
    *w = (work){.host = att_host_complete(host), .log = log};
    att_arena_init(&w->life, &w->host, 0);
    att_names_init(&w->contents, &w->host);
}

static void end_work(work *w)
{
    ATT_VEC_FREE(&w->host, &w->rows);
    att_names_deinit(&w->contents);
    att_arena_deinit(&w->life);
}

// --- Taking in ------------------------------------------------------------------------------------------------------

static att_status hash_all(const work *w, att_provenance_material *materials, size_t count, att_error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!att_progress_tell(&w->host, "hashing", i, count, "files"))
            return ATT_FAIL(err, ATT_CANCELLED, "hashing was stopped");
        const att_status status = att_hash_file(materials[i].file, &materials[i].content, err);
        if (status)
            return status;
    }
    return ATT_OK;
}

// What is to be entered of it, if anything. From now on the row says that.
static bool is_news(const att_provenance_material *m, known *k)
{
    const att_text opt_out = !m->told ? k->opt_out : m->opted_out ? ATT_LIT("train") : (att_text){0};
    const att_text licence = m->licence.size ? m->licence : k->licence;
    const bool same = k->made_here ? !m->told && !m->licence.size : att_text_equal(opt_out, k->opt_out) && att_text_equal(licence, k->licence);
    if (k->there && same)
        return false;
    *k = (known){.licence = licence, .opt_out = opt_out, .there = true};
    return true;
}

static att_status enter_news(work *w, att_provenance *log, att_text medium, const att_provenance_material *materials, size_t count, att_error *err)
{
    att_provenance_entry *batch = ATT_NEW(&w->life, att_provenance_entry, ATT_MIN(count + 1, (size_t)APPENDED_AT_ONCE));
    att_status status = batch ? ATT_OK : att_no_memory(err, count, "entries");
    size_t ready = 0;
    for (size_t i = 0; i < count && !status; i++) {
        known *k = &w->rows.items[row_of(w, &materials[i].content, false)];
        if (is_news(&materials[i], k))
            batch[ready++] = (att_provenance_entry){.kind = ATT_PROVENANCE_INPUT, .subject = materials[i].name, .medium = medium,
                .content = materials[i].content, .licence = k->licence, .opt_out = k->opt_out};
        if (ready == APPENDED_AT_ONCE || (ready && i + 1 == count)) {
            status = att_provenance_append(log, batch, ready, NULL, err);
            ready = 0;
        }
    }
    return status;
}

static att_status refuse_opted_out(work *w, const att_provenance_material *materials, size_t count, att_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (w->rows.items[row_of(w, &materials[i].content, false)].opt_out.size)
            return ATT_FAIL(err, ATT_DENIED, "%.*s is opted out, as %s; nothing is made from it", ATT_TEXT_ARGS(materials[i].name),
                materials[i].told ? "was said" : "the log of provenance has it");
    return ATT_OK;
}

static att_status open_log(const work *w, att_provenance **out, att_error *err)
{
    const att_provenance_options options = {.create = true};
    return att_provenance_open(out, w->log, &options, &w->host, err);
}

att_status att_provenance_take(const char *log, att_text medium, att_provenance_material *materials, size_t count, const att_host *host, att_error *err)
{
    work w;
    att_provenance *opened = NULL;
    begin_work(&w, log, host);
    att_status status = hash_all(&w, materials, count, err);
    if (!status)
        status = look_up(&w, materials, count, err);
    if (!status)
        status = open_log(&w, &opened, err);
    if (!status)
        status = enter_news(&w, opened, medium, materials, count, err);
    att_provenance_close(opened);
    if (!status)
        status = refuse_opted_out(&w, materials, count, err);
    end_work(&w);
    return status;
}

// --- Giving out -----------------------------------------------------------------------------------------------------

// Each content once, in the order of the materials; -1 when it was there before.
static int64_t next_row(work *w, const att_provenance_material *m, bool *taken)
{
    const uint32_t row = row_of(w, &m->content, false);
    if (row == ATT_NO_INDEX || taken[row])
        return -1;
    taken[row] = true;
    return row;
}

static att_status append_and_sign(work *w, const att_provenance_entry *entry, att_error *err)
{
    att_provenance *log = NULL;
    att_error story = {0};
    att_status status = open_log(w, &log, err);
    if (!status)
        status = att_provenance_append(log, entry, 1, NULL, err);
    const att_status signature = status ? ATT_OK : att_provenance_checkpoint(log, NULL, &story);
    if (signature && signature != ATT_NOT_FOUND) // a log without a key is as good a tree
        status = ATT_FAIL(err, signature, "%s", story.text);
    att_provenance_close(log);
    return status;
}

static att_status give_output(work *w, att_provenance_entry *entry, const att_provenance_material *materials, size_t count, bool *taken, att_error *err)
{
    att_hash parents[ATT_PROVENANCE_PARENTS_MAX];
    entry->parents = parents;
    entry->parent_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (next_row(w, &materials[i], taken) < 0)
            continue;
        if (entry->parent_count == ATT_PROVENANCE_PARENTS_MAX)
            return ATT_FAIL(err, ATT_LIMIT, "more than %d things went into it", ATT_PROVENANCE_PARENTS_MAX);
        parents[entry->parent_count++] = materials[i].content;
    }
    return append_and_sign(w, entry, err);
}

static att_status give_model(work *w, att_provenance_entry *entry, const att_provenance_material *materials, size_t count, bool *taken, att_error *err)
{
    att_provenance_learned learned = {0};
    att_prov_counts counts = {0};
    att_tree tree = {0};
    att_hash nodes[ATT_TREE_LEVELS];
    for (size_t i = 0; i < count; i++) {
        const int64_t row = next_row(w, &materials[i], taken);
        if (row < 0)
            continue;
        const known *k = &w->rows.items[row];
        att_tree_add(&tree, &k->leaf, nodes);
        att_prov_counts_add(&counts, k->licence.size ? k->licence : ATT_LIT("not given"));
    }
    att_prov_counts_end(&counts);
    learned.inputs = tree.size;
    if (tree.size)
        att_tree_root(&tree, &learned.inputs_root);
    entry->learned = &learned;
    entry->counts = counts.counts;
    entry->count_count = counts.count;
    return append_and_sign(w, entry, err);
}

att_status att_provenance_give(const char *log, const att_provenance_entry *entry, const char *file, const att_provenance_material *materials,
    size_t count, const att_host *host, att_error *err)
{
    work w;
    att_provenance_entry given = *entry;
    begin_work(&w, log, host);
    bool *taken = ATT_NEW(&w.life, bool, count + 1);
    att_status status = taken ? att_hash_file(file, &given.content, err) : att_no_memory(err, count, "materials");
    if (!status)
        status = look_up(&w, materials, count, err);
    if (!status)
        status = (given.kind == ATT_PROVENANCE_MODEL ? give_model : give_output)(&w, &given, materials, count, taken, err);
    end_work(&w);
    return att_while(err, status, "the provenance of %s", file);
}
