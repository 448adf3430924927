// SPDX-License-Identifier: Apache-2.0
// apps/cli/cmd_items.c - the catalogue and the policy: items, takedown, policy.
#include "cli.h"

#include <stdlib.h>
#include <string.h>

// --- items --------------------------------------------------------------------------------------------------

typedef struct items_run {
    const cli *c;
    uint64_t left, seen;
    bool whole;
} items_run;

static void licence_text(const att_licence *licence, char *out, size_t size)
{
    char start[32] = "always", end[32] = "for ever", name[3];
    if (licence->start_ms != INT64_MIN)
        cli_time_text(licence->start_ms, start);
    if (licence->end_ms != INT64_MAX)
        cli_time_text(licence->end_ms, end);
    size_t at = (size_t)snprintf(out, size, "%s to %s,", start, end);
    for (uint32_t bit = 1; bit <= ATT_USE_ALL; bit <<= 1)
        if ((licence->uses & bit) && at < size)
            at += (size_t)snprintf(out + at, size - at, " %s", att_use_name(bit));
    for (size_t i = 0; i < licence->include_count && at < size; i++) {
        att_territory_name(licence->include[i], name);
        at += (size_t)snprintf(out + at, size - at, "%s%s", i ? "," : ", only ", name);
    }
    for (size_t i = 0; i < licence->exclude_count && at < size; i++) {
        att_territory_name(licence->exclude[i], name);
        at += (size_t)snprintf(out + at, size - at, "%s%s", i ? "," : ", not ", name);
    }
}

static json_t *territories_json(const att_territory *list, size_t count)
{
    json_t *array = json_array();
    char name[3];
    for (size_t i = 0; i < count; i++) {
        att_territory_name(list[i], name);
        json_array_append_new(array, json_string(name));
    }
    return array;
}

// The form that import reads.
static json_t *item_json(const att_item *item)
{
    json_t *tags = json_array(), *features = json_object(), *rights = json_array();
    for (size_t t = 0; t < item->tag_count; t++)
        json_array_append_new(tags, cli_json_text(item->tags[t]));
    for (size_t f = 0; f < item->feature_count; f++)
        json_object_setn_new(features, item->features[f].name.data, item->features[f].name.size, json_real(item->features[f].value));
    for (size_t l = 0; l < item->licence_count; l++) {
        const att_licence *licence = &item->licences[l];
        json_t *one = json_object(), *uses = json_array();
        if (licence->start_ms != INT64_MIN)
            json_object_set_new(one, "start", json_integer(licence->start_ms));
        if (licence->end_ms != INT64_MAX)
            json_object_set_new(one, "end", json_integer(licence->end_ms));
        if (licence->include_count)
            json_object_set_new(one, "include", territories_json(licence->include, licence->include_count));
        if (licence->exclude_count)
            json_object_set_new(one, "exclude", territories_json(licence->exclude, licence->exclude_count));
        for (uint32_t bit = 1; bit <= ATT_USE_ALL; bit <<= 1)
            if (licence->uses & bit)
                json_array_append_new(uses, json_string(att_use_name(bit)));
        json_object_set_new(one, "uses", uses);
        json_array_append_new(rights, one);
    }
    json_t *out = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "id", cli_json_text(item->id), "title",
        cli_json_text(item->title), "medium", cli_json_text(item->medium), "text", cli_json_text(item->text), "tags", tags,
        "features", features);
    if (item->vector_dim) {
        json_t *vector = json_array();
        for (size_t i = 0; i < item->vector_dim; i++)
            json_array_append_new(vector, json_real((double)item->vector[i]));
        json_object_set_new(out, "vector", vector);
    }
    if (item->duration_ms)
        json_object_set_new(out, "duration_ms", json_integer(item->duration_ms));
    if (item->published_at_ms)
        json_object_set_new(out, "published_at", json_integer(item->published_at_ms));
    json_object_set_new(out, "age_rating", json_integer(item->age_rating));
    json_object_set_new(out, "boost", json_real(item->boost));
    if (item->rights_known)
        json_object_set_new(out, "rights", rights);
    else
        json_decref(rights);
    if (item->licence_name.size)
        json_object_set_new(out, "licence", cli_json_text(item->licence_name));
    if (item->opt_outs)
        json_object_set_new(out, "opt_out", json_pack("[s]", att_use_name(item->opt_outs)));
    return out;
}

static bool print_item(void *user, const att_item *item)
{
    items_run *run = user;
    const cli *c = run->c;
    if (run->left == 0)
        return false;
    run->left--;
    run->seen++;
    if (c->json) {
        json_t *one = item_json(item);
        if (item->taken_down)
            json_object_set_new(one, "taken_down", json_true());
        return cli_print_json(one) == 0;
    }
    printf("%-12.*s %s%.*s%s  %.*s", (int)item->id.size, item->id.data, cli_paint(c, "bold"), (int)item->title.size,
        item->title.data, cli_paint(c, "reset"), (int)item->medium.size, item->medium.data);
    for (size_t t = 0; t < item->tag_count && (run->whole || t < 5); t++)
        printf("%s%.*s", t ? "," : "  ", (int)item->tags[t].size, item->tags[t].data);
    printf("%s\n", item->taken_down ? "  TAKEN DOWN" : "");
    if (!run->whole)
        return true;
    char published[32], licence[512];
    cli_time_text(item->published_at_ms, published);
    printf("  published %s, %.1f min, age %d, boost %+.2f\n", published, (double)item->duration_ms / 60000,
        item->age_rating, item->boost);
    for (size_t f = 0; f < item->feature_count; f++)
        printf("  %.*s %g\n", (int)item->features[f].name.size, item->features[f].name.data, item->features[f].value);
    for (size_t l = 0; l < item->licence_count; l++) {
        licence_text(&item->licences[l], licence, sizeof licence);
        printf("  licence: %s\n", licence);
    }
    if (!item->rights_known)
        puts("  no rights are known");
    if (item->licence_name.size)
        printf("  under %.*s\n", (int)item->licence_name.size, item->licence_name.data);
    if (item->opt_outs)
        printf("  opts out of: %s\n", att_use_name(item->opt_outs));
    if (item->text.size)
        printf("  %.*s\n", (int)item->text.size, item->text.data);
    return true;
}

static int run_delete(cli *c, const char *id)
{
    int code;
    att_engine *engine = cli_open(c, false, false, &code);
    if (!engine)
        return code;
    att_error err = {0};
    const att_status status = att_engine_item_delete(engine, att_text_of(id), att_text_of(cli_get(c, "reason")), &err);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:b}", "done", 1));
    if (!c->quiet)
        puts("deleted; what the log says of it stays");
    return 0;
}

static int run_items(cli *c)
{
    if (cli_get(c, "delete"))
        return run_delete(c, cli_get(c, "delete"));
    uint64_t limit = 50;
    if (!cli_must_whole(c, "limit", 1, UINT32_MAX, &limit))
        return 64;
    int code;
    att_engine *engine = cli_open(c, false, true, &code);
    if (!engine)
        return code;
    items_run run = {.c = c, .left = limit};
    att_error err = {0};
    att_status status;
    const char *id = cli_get(c, "id");
    if (id) {
        run.whole = true;
        status = att_engine_item_see(engine, att_text_of(id), print_item, &run, &err);
    } else {
        char query[1024] = "";
        for (int i = 0; i < c->argument_count; i++)
            snprintf(query + strlen(query), sizeof query - strlen(query), "%s%s", i ? " " : "", c->arguments[i]);
        status = att_engine_items_each(engine, att_text_of(query), print_item, &run, &err);
    }
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (!c->json && !c->quiet && run.seen == 0)
        fprintf(stderr, "nothing in the catalogue fits\n");
    return 0;
}

static const cli_option items_options[] = {{"id", 0, "ITEM", "this one, with all that is known of it"},
    {"limit", 0, "N", "at most so many; default 50"}, {"delete", 0, "ITEM", "take it out of the catalogue; the log keeps what it says of it"},
    {"reason", 0, "TEXT", "delete: kept in the log"}, {0}};
static const char *const items_examples[] = {"attune items jazz piano", "items with both words in id, title, medium or tags",
    "attune items --id m42", "one item, with its rights", "attune items --delete m42 --reason withdrawn", "it is in no slate and no list", NULL};
const cli_command cli_items = {"items", "Look into the catalogue", "[WORD…]", 0, 16,
    "With --json each line is an item in the form that import reads.", items_options, items_examples, run_items};

// --- takedown -------------------------------------------------------------------------------------------------

static int run_takedown(cli *c)
{
    int code;
    att_engine *engine = cli_open(c, false, false, &code);
    if (!engine)
        return code;
    att_error err = {0};
    const att_status status = att_engine_takedown(engine, att_text_of(c->arguments[0]), att_text_of(cli_get(c, "reason")), &err);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:b}", "done", 1));
    if (!c->quiet)
        puts("taken down; no slate shows it from now on");
    return 0;
}

static const cli_option takedown_options[] = {{"reason", 0, "TEXT", "kept in the log"}, {0}};
static const char *const takedown_examples[] = {"attune takedown m42 --reason 'court order 7/26'", "at once", NULL};
const cli_command cli_takedown = {"takedown", "Take an item out of every slate, at once", "ITEM", 1, 1,
    "Importing the item again puts it back.", takedown_options, takedown_examples, run_takedown};

// --- policy -----------------------------------------------------------------------------------------------------

static int print_policy(const cli *c, const att_policy *policy)
{
    const size_t size = att_policy_write(policy, NULL, 0);
    char *text = malloc(size + 1);
    if (!text)
        return cli_fail(c, ATT_NO_MEMORY, NULL);
    att_policy_write(policy, text, size + 1);
    const int code = c->json ? cli_print_json(json_pack("{s:s}", "policy", text)) : (fputs(text, stdout) < 0 ? 74 : 0);
    free(text);
    return code;
}

typedef struct policy_list {
    const cli *c;
    json_t *list; // NULL: text
    size_t count;
} policy_list;

static bool tell_version(void *user, const att_policy_version *v)
{
    policy_list *l = user;
    char at[32];
    l->count++;
    if (l->list) {
        json_array_append_new(l->list,
            json_pack("{s:I,s:b,s:b,s:b,s:s,s:I,s:I,s:o,s:o}", "version", (json_int_t)v->version, "active", (int)v->active, "staged",
                (int)v->staged, "discarded", (int)v->discarded, "act", att_policy_act_name(v->act), "made", (json_int_t)v->made_ms,
                "acted", (json_int_t)v->acted_ms, "by", cli_json_text(v->by), "reason", cli_json_text(v->reason)));
        return true;
    }
    cli_time_text(v->acted_ms, at);
    printf("%s%-8llu %s  %s%s%.*s%s%.*s\n", v->active ? "* " : "  ", (unsigned long long)v->version, at,
        v->act == ATT_POLICY_ACT_UNKNOWN ? "put in force" : att_policy_act_name(v->act), v->by.size ? " by " : "", (int)v->by.size,
        v->by.size ? v->by.data : "", v->reason.size ? ": " : "", (int)v->reason.size, v->reason.size ? v->reason.data : "");
    return true;
}

// --versions, --stage, --activate, --rollback, --discard, --show.
static int run_versions(cli *c)
{
    const char *stage = cli_get(c, "stage"), *why = cli_get(c, "reason"), *by = cli_get(c, "by") ? cli_get(c, "by") : "command line";
    const att_text reason = att_text_of(why ? why : "");
    uint64_t activate = 0, discard = 0, look = 0, version = 0;
    att_policy policy = att_policy_default();
    att_error err = {0};
    if (!cli_must_whole(c, "activate", 1, UINT64_MAX, &activate) || !cli_must_whole(c, "discard", 1, UINT64_MAX, &discard) ||
        !cli_must_whole(c, "show", 1, UINT64_MAX, &look))
        return 64;
    att_status status = stage ? att_policy_load(&policy, stage, &c->host, &err) : ATT_OK;
    if (status)
        return cli_fail(c, status, &err);
    int code;
    att_engine *engine = cli_open(c, false, look || cli_flag(c, "versions"), &code);
    if (!engine)
        return code;
    policy_list list = {.c = c, .list = c->json && cli_flag(c, "versions") ? json_array() : NULL};
    if (cli_flag(c, "versions"))
        status = att_engine_policies_each(engine, tell_version, &list, &err);
    else if (look)
        status = att_engine_policy_of(engine, look, &policy, &err);
    else if (stage)
        status = att_engine_policy_stage(engine, &policy, att_text_of(by), reason, &version, &err);
    else if (activate)
        status = att_engine_policy_activate(engine, version = activate, att_text_of(by), reason, &err);
    else if (discard)
        status = att_engine_policy_discard(engine, version = discard, att_text_of(by), reason, &err);
    else
        status = att_engine_policy_rollback(engine, att_text_of(by), reason, &version, &err);
    att_engine_close(engine);
    if (status)
        return json_decref(list.list), cli_fail(c, status, &err);
    if (look)
        return print_policy(c, &policy);
    if (list.list)
        return cli_print_json(json_pack("{s:o}", "policies", list.list));
    if (cli_flag(c, "versions"))
        return list.count || c->quiet ? 0 : (puts("no policy was ever set: the default is in force"), 0);
    if (c->json)
        return cli_print_json(json_pack("{s:I}", "version", (json_int_t)version));
    if (!c->quiet)
        printf("version %llu %s\n", (unsigned long long)version,
            stage ? "is staged; next: attune policy --activate VERSION" : discard ? "is discarded" : "is in force");
    return 0;
}

static int run_policy(cli *c)
{
    static const char *const of_versions[] = {"stage", "activate", "discard", "show"};
    bool versions = cli_flag(c, "versions") || cli_flag(c, "rollback");
    for (size_t i = 0; i < 4; i++)
        versions |= cli_get(c, of_versions[i]) != NULL;
    if (versions)
        return run_versions(c);
    att_policy policy = att_policy_default();
    if (cli_flag(c, "default"))
        return print_policy(c, &policy);
    att_error err = {0};
    const char *check = cli_get(c, "check"), *set = cli_get(c, "set");
    if (check || set) {
        const att_status status = att_policy_load(&policy, check ? check : set, &c->host, &err);
        if (status)
            return cli_fail(c, status, &err);
        if (check) {
            if (c->json)
                return cli_print_json(json_pack("{s:b}", "valid", 1));
            printf("%s is a valid policy\n", check);
            return 0;
        }
    }
    int code;
    att_engine *engine = cli_open(c, false, set == NULL, &code);
    if (!engine)
        return code;
    att_status status = ATT_OK;
    if (set)
        status = att_engine_policy_put(engine, &policy, att_text_of(cli_get(c, "by") ? cli_get(c, "by") : "command line"),
            att_text_of(cli_get(c, "reason") ? cli_get(c, "reason") : ""), NULL, &err);
    else
        policy = att_engine_policy(engine);
    att_engine_close(engine);
    if (status)
        return cli_fail(c, status, &err);
    if (!set)
        return print_policy(c, &policy);
    if (c->json)
        return cli_print_json(json_pack("{s:b}", "done", 1));
    puts("the policy is in force");
    return 0;
}

static const cli_option policy_options[] = {{"default", 0, NULL, "print the default policy with every key explained"},
    {"check", 0, "FILE", "only say whether it is valid"}, {"set", 0, "FILE", "put it in force"},
    {"versions", 0, NULL, "those that were set or staged, newest first; a star marks the one in force"},
    {"show", 0, "VERSION", "print this one"}, {"stage", 0, "FILE", "keep it, to be put in force later"},
    {"activate", 0, "VERSION", "put this one in force"}, {"rollback", 0, NULL, "put the one in force that was so before"},
    {"discard", 0, "VERSION", "mark it as of no more use"}, {"reason", 'r', "TEXT", "why; kept in the log"},
    {"by", 0, "NAME", "who; default \"command line\""}, {0}};
static const char *const policy_examples[] = {"attune policy --default > policy.yaml", "a file to edit",
    "attune policy --set policy.yaml", "validate it and put it in force",
    "attune policy --stage bolder.yaml --reason 'more surprise'", "a version that waits; its number is printed",
    "attune policy --activate 4711 --by mara", "it is in force", "attune policy --rollback", "and back", NULL};
const cli_command cli_policy = {"policy", "Print, check or set the policy: grades, weights, budget, rights", "", 0, 0,
    "Without options: the policy in force. A file needs only the keys it changes; an error names line and key.",
    policy_options, policy_examples, run_policy};
