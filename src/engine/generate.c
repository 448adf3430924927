// SPDX-License-Identifier: Apache-2.0
// engine/generate.c - a brief becomes items of the catalogue, step by step.
//
//   asked      the brief, with its canonical form, the first time
//   candidate  made; its bytes are an asset, its name in the catalogue is taken, it has no body yet
//   judged     analysed and held against the brief; when allowed or held it gets its body in the same commit, and when held a case
//   finished
//
// Each step is a commit. A job that was cut off between two of them goes on there, since making is a function of the brief: whoever asks
// again, in this process or another, makes what is missing and nothing twice. Nothing is locked while a world works.
#include "engine/made.h"
#include "engine/provenance.h"

#include "generate/judge.h"
#include "generate/world.h"
#include "signals/event.h"
#include "store/case_record.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#define ITEM_ID_SIZE 40

// --- What a job holds -----------------------------------------------------------------------------------------------

typedef struct job {
    att_engine *engine;
    const att_medium *world;
    att_arena life;
    att_brief brief;       // as its canonical form says
    att_text form, person; // person: as given
    att_latency latency;
    att_brief_hash hash;
    uint32_t wanted, tries;
    att_policy policy;
    att_generated *out;
} job;

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

typedef struct stopwatch {
    double wall_s, cpu_s;
} stopwatch;

static stopwatch start_watch(void)
{
    return (stopwatch){seconds_of(CLOCK_MONOTONIC), seconds_of(CLOCK_THREAD_CPUTIME_ID)};
}

// Since it was started; what a world spent elsewhere comes on top.
static stopwatch read_watch(const stopwatch *since, double elsewhere_s)
{
    const stopwatch now = start_watch();
    return (stopwatch){fmax(0, now.wall_s - since->wall_s), fmax(0, now.cpu_s - since->cpu_s) + elsewhere_s};
}

static void item_id(const att_brief_hash *hash, uint32_t index, char out[ITEM_ID_SIZE])
{
    char hex[65];
    att_hash_hex(hash->bytes, hex);
    snprintf(out, ITEM_ID_SIZE, "made-%.16s-%u", hex, index);
}

// A copy of what the ledger says of a candidate. False: it is not made yet.
static bool look_up(const job *j, uint32_t index, att_ledger_candidate *out)
{
    att_engine *engine = j->engine;
    pthread_rwlock_rdlock(&engine->state_lock);
    const att_ledger_candidate *found =
        engine->stale ? NULL : att_ledger_candidate_at(engine->ledger, att_ledger_find(engine->ledger, &j->hash), index);
    if (found)
        *out = *found;
    pthread_rwlock_unlock(&engine->state_lock);
    out->embedding = NULL; // not ours
    return found != NULL;
}

static void count_all(const job *j)
{
    att_engine *engine = j->engine;
    pthread_rwlock_rdlock(&engine->state_lock);
    if (!engine->stale) {
        const uint32_t brief = att_ledger_find(engine->ledger, &j->hash);
        j->out->allowed = att_ledger_count(engine->ledger, brief, ATT_MADE_ALLOW);
        j->out->held = att_ledger_count(engine->ledger, brief, ATT_MADE_HOLD);
        j->out->denied = att_ledger_count(engine->ledger, brief, ATT_MADE_DENY);
        j->out->candidates = j->out->allowed + j->out->held + j->out->denied + att_ledger_count(engine->ledger, brief, ATT_MADE_UNJUDGED);
    }
    pthread_rwlock_unlock(&engine->state_lock);
}

// --- Records --------------------------------------------------------------------------------------------------------

typedef struct brief_write {
    att_write write;
    const job *j;
    att_brief_act act;
    att_text text; // of a refusal
} brief_write;

static att_status run_brief(att_engine *engine, att_write *write, att_error *err)
{
    const brief_write *b = (const brief_write *)write;
    const uint32_t known = att_ledger_find(engine->ledger, &b->j->hash);
    const bool has_form = known != ATT_NO_INDEX && engine->ledger->briefs.items[known].form;
    att_record record = att_record_blank(engine, ATT_RECORD_BRIEF);
    att_brief_record said = {.hash = b->j->hash, .latency = (uint8_t)b->j->latency, .text = b->text};
    att_bytes payload = {0};
    record.signal = (uint8_t)b->act;
    if (b->act == ATT_BRIEF_ASKED && has_form)
        record.signal = ATT_BRIEF_ASKED_AGAIN;
    else if (b->act == ATT_BRIEF_ASKED)
        said.text = b->j->form;
    att_status status = b->act == ATT_BRIEF_ASKED && b->j->person.size ? att_engine_user_number(engine, b->j->person, &record.user, err) : ATT_OK;
    if (!status)
        status = att_brief_record_encode(&said, &engine->host, &payload, err);
    record.payload = payload.items;
    record.payload_size = payload.count;
    if (!status)
        status = att_engine_append(engine, &record, 1, err);
    ATT_VEC_FREE(&engine->host, &payload);
    return status;
}

static att_status tell_brief(const job *j, att_brief_act act, att_text text, att_error *err)
{
    brief_write b = {.write.run = run_brief, .j = j, .act = act, .text = text};
    return att_engine_commit(j->engine, &b.write, err);
}

typedef struct candidate_write {
    att_write write;
    const job *j;
    uint32_t index;
    uint64_t seed;
    const att_made *made;
    stopwatch spent;
    bool added;
} candidate_write;

static att_status put_detail(att_engine *engine, const char *detail, size_t size, att_asset_hash *out, att_error *err)
{
    *out = (att_asset_hash){0};
    return size ? att_store_asset_put(engine->store, detail, size, ATT_LIT("application/json"), out, err) : ATT_OK;
}

static void list_texts(const char *first, size_t apart, size_t most, att_text *out, size_t *count)
{
    for (*count = 0; *count < most && first[*count * apart]; ++*count)
        out[*count] = att_text_of(first + *count * apart);
}

static att_status append_candidate(att_engine *engine, const candidate_write *c, att_error *err)
{
    const att_made *made = c->made;
    att_candidate_record said = {.brief = c->j->hash,
        .index = (uint16_t)c->index,
        .seed = c->seed,
        .size = made->size,
        .cpu_s = c->spent.cpu_s,
        .gpu_s = made->gpu_s,
        .wall_s = c->spent.wall_s,
        .medium = att_text_of(c->j->world->name),
        .kind = c->j->brief.kind,
        .media_type = att_text_of(made->media_type),
        .maker = att_text_of(made->maker),
        .title = att_text_of(made->title)};
    list_texts(made->tags[0], sizeof made->tags[0], ATT_COUNT_OF(made->tags), said.tags, &said.tag_count);
    list_texts(made->sources[0], sizeof made->sources[0], ATT_COUNT_OF(made->sources), said.sources, &said.source_count);
    char id[ITEM_ID_SIZE];
    item_id(&c->j->hash, c->index, id);
    att_record record = att_record_blank(engine, ATT_RECORD_CANDIDATE);
    att_bytes payload = {0};
    att_status status = att_store_asset_put(engine->store, made->data, made->size, said.media_type, &said.asset, err);
    if (!status)
        status = put_detail(engine, made->detail, made->detail_size, &said.detail, err);
    if (!status)
        status = att_engine_item_number(engine, att_text_of(id), &record.item, err);
    if (!status)
        status = att_candidate_record_encode(&said, &engine->host, &payload, err);
    record.payload = payload.items;
    record.payload_size = payload.count;
    if (!status)
        status = att_engine_append(engine, &record, 1, err);
    ATT_VEC_FREE(&engine->host, &payload);
    return status;
}

// Whoever made it meanwhile made the same.
static att_status run_candidate(att_engine *engine, att_write *write, att_error *err)
{
    candidate_write *c = (candidate_write *)write;
    c->added = !att_ledger_candidate_at(engine->ledger, att_ledger_find(engine->ledger, &c->j->hash), c->index);
    return c->added ? append_candidate(engine, c, err) : ATT_OK;
}

typedef struct judged_write {
    att_write write;
    const job *j;
    uint32_t index;
    const att_item *item; // NULL: denied
    const att_filtered_list *filtered;
    const att_analysis *analysis;
    const att_judgement *judgement;
    stopwatch spent;
} judged_write;

// Case and body come before the verdict: until that is there the item is barred.
static att_status put_item(att_engine *engine, const judged_write *w, uint32_t *index, att_error *err)
{
    att_status status = att_engine_put_body(engine, w->item, index, err);
    if (!status && w->filtered->count)
        status = att_engine_put_filtered(engine, &w->filtered->items[0], *index, err);
    if (status || w->judgement->verdict != ATT_MADE_HOLD)
        return status;
    char reasons[ATT_MADE_REASONS_MAX * (ATT_MADE_REASON_SIZE + 2)]; // with what stands between them
    size_t at = 0;
    for (size_t i = 0; i < w->judgement->reason_count; i++)
        at += (size_t)snprintf(reasons + at, sizeof reasons - at, "%s%s", i ? "; " : "", w->judgement->reasons[i]);
    assert(at < sizeof reasons);
    const att_case_record said = {.act = ATT_CASE_HELD, .score = NAN, .by = ATT_LIT("generate"), .reason = {reasons, at}};
    return att_engine_append_case(engine, ATT_RECORD_CASE, &said, *index, err);
}

static att_status append_judged(att_engine *engine, const judged_write *w, uint32_t item, att_error *err)
{
    const att_analysis *a = w->analysis;
    att_judged_record *said = ATT_NEW_ARRAY(&engine->host, att_judged_record, 1);
    if (!said)
        return att_no_memory(err, 1, "judgement");
    *said = (att_judged_record){.brief = w->j->hash,
        .index = (uint16_t)w->index,
        .verdict = (uint8_t)w->judgement->verdict,
        .cpu_s = w->spent.cpu_s,
        .gpu_s = a->gpu_s,
        .wall_s = w->spent.wall_s,
        .duration_ms = a->duration_ms,
        .reason_count = w->judgement->reason_count,
        .measure_count = a->measure_count,
        .embedding = a->embedding,
        .dim = a->dim};
    for (size_t i = 0; i < said->reason_count; i++)
        said->reasons[i] = att_text_of(w->judgement->reasons[i]);
    for (size_t i = 0; i < said->measure_count; i++)
        said->measures[i] = (att_feature){att_text_of(a->measures[i].name), a->measures[i].value};
    att_record record = att_record_blank(engine, ATT_RECORD_JUDGED);
    att_bytes payload = {0};
    record.item = item;
    record.signal = said->verdict;
    att_status status = put_detail(engine, a->detail, a->detail_size, &said->detail, err);
    if (!status)
        status = att_judged_record_encode(said, &engine->host, &payload, err);
    record.payload = payload.items;
    record.payload_size = payload.count;
    if (!status)
        status = att_engine_append(engine, &record, 1, err);
    ATT_VEC_FREE(&engine->host, &payload);
    ATT_FREE_ARRAY(&engine->host, said, 1);
    return status;
}

static att_status run_judged(att_engine *engine, att_write *write, att_error *err)
{
    const judged_write *w = (const judged_write *)write;
    const att_ledger_candidate *c =
        att_ledger_candidate_at(engine->ledger, att_ledger_find(engine->ledger, &w->j->hash), w->index);
    if (!c || c->judged_seq)
        return ATT_OK; // judged meanwhile
    uint32_t item = c->item;
    const att_status status = w->item ? put_item(engine, w, &item, err) : ATT_OK;
    return status ? status : append_judged(engine, w, item, err);
}

// --- Making ---------------------------------------------------------------------------------------------------------

// The seconds of a job that are spent are spent whether it succeeds or not.
static void spend(const job *j, const stopwatch *spent, double gpu_s)
{
    j->out->cpu_s += spent->cpu_s;
    j->out->gpu_s += gpu_s;
}

static att_status make(const job *j, uint32_t index, att_made *made, att_error *err)
{
    candidate_write c = {.write.run = run_candidate, .j = j, .index = index, .made = made};
    const stopwatch since = start_watch();
    c.seed = att_brief_seed(&j->hash, j->brief.seed, index);
    att_status status = j->world->make(j->world, &j->brief, c.seed, made, &j->engine->host, err);
    c.spent = read_watch(&since, made->cpu_s);
    spend(j, &c.spent, made->gpu_s);
    if (!status)
        status = att_made_check(made, j->world, err);
    if (!status)
        status = att_engine_commit(j->engine, &c.write, err);
    j->out->made += !status && c.added;
    return status;
}

typedef struct refetch {
    att_made *made;
    att_asset_hash asset;
    att_status status;
    att_error *err;
} refetch;

static void copy_text(char *out, size_t size, att_text text)
{
    snprintf(out, size, "%.*s", ATT_TEXT_ARGS(text));
}

static bool read_made(void *user, const att_record *record)
{
    refetch *r = user;
    att_candidate_record said;
    r->status = att_candidate_record_decode(record->payload, record->payload_size, &said, r->err);
    if (r->status)
        return false;
    att_made *made = r->made;
    r->asset = said.asset;
    copy_text(made->media_type, sizeof made->media_type, said.media_type);
    copy_text(made->maker, sizeof made->maker, said.maker);
    copy_text(made->title, sizeof made->title, said.title);
    for (size_t i = 0; i < said.tag_count; i++)
        copy_text(made->tags[i], sizeof made->tags[i], said.tags[i]);
    return true;
}

// A candidate that was made before this call, from the store.
static att_status fetch(const job *j, const att_ledger_candidate *c, att_made *made, att_error *err)
{
    att_engine *engine = j->engine;
    refetch r = {.made = made, .err = err};
    att_bytes bytes = {0};
    pthread_mutex_lock(&engine->store_lock);
    att_status status = att_engine_record_see(engine, c->seq, read_made, &r, err);
    if (!status)
        status = r.status;
    if (!status)
        status = att_store_asset_get(engine->store, &r.asset, &bytes, err);
    pthread_mutex_unlock(&engine->store_lock);
    if (!status) {
        char media_type[sizeof made->media_type];
        memcpy(media_type, made->media_type, sizeof media_type);
        status = att_made_set(made, bytes.items, bytes.count, media_type, err);
    }
    ATT_VEC_FREE(&engine->host, &bytes);
    return status;
}

// --- Checking -------------------------------------------------------------------------------------------------------

static double novelty_of(const job *j, uint32_t index, const att_analysis *a, char nearest[ITEM_ID_SIZE])
{
    att_engine *engine = j->engine;
    pthread_rwlock_rdlock(&engine->state_lock);
    const att_ledger_candidate *own = att_ledger_candidate_at(engine->ledger, att_ledger_find(engine->ledger, &j->hash), index);
    uint32_t found = ATT_NO_INDEX;
    const uint32_t but = own ? (uint32_t)(own - engine->ledger->candidates.items) : ATT_NO_INDEX;
    const double novelty = att_ledger_novelty(engine->ledger, a->embedding, a->dim, but, &found);
    nearest[0] = 0;
    if (found != ATT_NO_INDEX)
        copy_text(nearest, ITEM_ID_SIZE, att_names_get(&engine->catalogue.ids, engine->ledger->candidates.items[found].item));
    pthread_rwlock_unlock(&engine->state_lock);
    return novelty;
}

// An analyser that cannot read what was made speaks against it; one that was stopped, or has no memory, says nothing.
static bool is_about_it(att_status status)
{
    return status == ATT_INVALID || status == ATT_CORRUPT || status == ATT_LIMIT || status == ATT_UNSUPPORTED;
}

static att_status examine(const job *j, uint32_t index, const att_made *made, att_analysis *a, att_judgement *out, att_error *err)
{
    att_error why = {0};
    const att_medium *world = j->world;
    const att_host *host = &j->engine->host;
    att_status status = world->analyse(world, made->data, made->size, made->media_type, a, host, &why);
    if (!status)
        status = att_analysis_check(a, world, &why);
    if (is_about_it(status)) {
        a->measure_count = a->dim = 0;
        att_made_judge(out, ATT_MADE_DENY, "the analyser refused it: %s", why.text);
        return ATT_OK;
    }
    if (status) {
        if (err)
            *err = why;
        return status;
    }
    char nearest[ITEM_ID_SIZE];
    const double novelty = novelty_of(j, index, a, nearest);
    att_judge_brief(&j->brief, world, a, novelty, nearest, &j->policy, out);
    if (!world->check)
        return ATT_OK;
    status = world->check(world, att_engine_world_beside(j->engine, world), &j->brief, made->data, made->size, a, out, host, err);
    return att_while(err, status, "there is no verdict, and so it is not shown");
}

static bool is_new(att_text text, const char *const *tags, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (att_text_equal(text, att_text_of(tags[i])))
            return false;
    return text.size > 0;
}

typedef struct body {
    att_item item;
    char id[ITEM_ID_SIZE];
    const char *tag_texts[32];
    att_text tags[32];
    att_feature features[ATT_FEATURES_MAX];
    att_licence licence;
} body;

static void add_tags(body *b, const char *first, size_t apart, size_t most)
{
    for (size_t i = 0; i < most && first[i * apart] && b->item.tag_count < ATT_COUNT_OF(b->tags); i++)
        if (is_new(att_text_of(first + i * apart), b->tag_texts, b->item.tag_count)) {
            b->tag_texts[b->item.tag_count] = first + i * apart;
            b->tags[b->item.tag_count++] = att_text_of(first + i * apart);
        }
}

// Of several readings the first.
static void add_features(body *b, const att_analysis *a)
{
    for (size_t i = 0; i < a->measure_count; i++) {
        const att_text name = att_text_of(a->measures[i].name);
        bool known = false;
        for (size_t k = 0; k < b->item.feature_count; k++)
            known |= att_text_equal(b->features[k].name, name);
        if (!known)
            b->features[b->item.feature_count++] = (att_feature){name, a->measures[i].value};
    }
}

// What is made here is ours to show, everywhere and for good.
static void fill_body(const job *j, uint32_t index, const att_made *made, const att_analysis *a, body *b)
{
    item_id(&j->hash, index, b->id);
    b->licence = (att_licence){.start_ms = INT64_MIN, .end_ms = INT64_MAX, .uses = ATT_USE_ALL};
    b->item = (att_item){.id = att_text_of(b->id),
        .title = att_text_of(made->title),
        .medium = att_text_of(j->world->name),
        .tags = b->tags,
        .features = b->features,
        .duration_ms = a->duration_ms,
        .published_at_ms = j->engine->host.now_ms(j->engine->host.user),
        .rights_known = true,
        .licences = &b->licence,
        .licence_count = 1};
    add_tags(b, made->tags[0], sizeof made->tags[0], ATT_COUNT_OF(made->tags));
    add_tags(b, a->tags[0], sizeof a->tags[0], ATT_COUNT_OF(a->tags));
    add_features(b, a);
}

// Before the verdict: a job that was cut off in between logs it again, which harms nothing.
static att_status log_output(const job *j, uint32_t index, const att_made *made, const att_judgement *judgement, att_error *err)
{
    char id[ITEM_ID_SIZE], verdict[ATT_MADE_REASONS_MAX * ATT_MADE_REASON_SIZE + 32];
    item_id(&j->hash, index, id);
    int at = snprintf(verdict, sizeof verdict, "%s", att_made_verdict_name(judgement->verdict));
    for (size_t i = 0; i < judgement->reason_count; i++)
        at += snprintf(verdict + at, sizeof verdict - (size_t)at, "%s%s", i ? "; " : ": ", judgement->reasons[i]);
    const att_output output = {.item = att_text_of(id), .medium = att_text_of(j->world->name), .person = j->person, .verdict = att_text_of(verdict),
        .made = made, .brief = j->hash.bytes, .seed = att_brief_seed(&j->hash, j->brief.seed, index)};
    return att_engine_log_output(j->engine, &output, err);
}

static att_status judge(const job *j, uint32_t index, const att_made *made, att_error *err)
{
    att_analysis *a = ATT_NEW_ARRAY(&j->engine->host, att_analysis, 1);
    body *b = ATT_NEW_ARRAY(&j->engine->host, body, 1);
    att_judgement judgement = {0};
    att_filtered_list filtered = {0};
    att_status status = a && b ? ATT_OK : att_no_memory(err, 1, "judgement");
    if (!status) {
        judged_write w = {.write.run = run_judged, .j = j, .index = index, .analysis = a, .judgement = &judgement, .filtered = &filtered};
        att_analysis_init(a, &j->engine->host);
        const stopwatch since = start_watch();
        status = examine(j, index, made, a, &judgement, err);
        w.spent = read_watch(&since, a->cpu_s);
        spend(j, &w.spent, a->gpu_s);
        if (!status && judgement.verdict != ATT_MADE_DENY) {
            fill_body(j, index, made, a, b);
            w.item = &b->item;
            status = att_item_check(&b->item, err);
            if (!status)
                status = att_engine_filter_items(j->engine, &b->item, 1, &filtered, err);
        }
        if (!status)
            status = log_output(j, index, made, &judgement, err);
        if (!status)
            status = att_engine_commit(j->engine, &w.write, err);
        ATT_VEC_FREE(&j->engine->host, &filtered);
        att_analysis_deinit(a);
    }
    ATT_FREE_ARRAY(&j->engine->host, a, 1);
    ATT_FREE_ARRAY(&j->engine->host, b, 1);
    return status;
}

// --- The job --------------------------------------------------------------------------------------------------------

static att_status candidate(const job *j, uint32_t index, att_error *err)
{
    att_ledger_candidate known;
    att_made *made = ATT_NEW_ARRAY(&j->engine->host, att_made, 1);
    if (!made)
        return att_no_memory(err, 1, "candidate");
    att_made_init(made, &j->engine->host);
    const bool there = look_up(j, index, &known);
    att_status status = ATT_OK;
    if (!there)
        status = make(j, index, made, err);
    else if (!known.judged_seq)
        status = fetch(j, &known, made, err);
    if (!status && (!there || !known.judged_seq))
        status = judge(j, index, made, err);
    att_made_deinit(made);
    ATT_FREE_ARRAY(&j->engine->host, made, 1);
    return att_while(err, status, "candidate %u", index + 1);
}

static bool is_enough(const job *j, uint32_t judged)
{
    return j->out->allowed + j->out->held >= j->wanted || judged >= j->tries;
}

static bool is_all_there(const job *j)
{
    return is_enough(j, j->out->allowed + j->out->held + j->out->denied);
}

static att_status work(const job *j, att_error *err)
{
    att_status status = ATT_OK;
    for (uint32_t index = 0; !status; index++) {
        count_all(j);
        if (is_enough(j, index))
            break;
        if (!att_progress_tell(&j->engine->host, "generate", j->out->allowed + j->out->held, j->wanted, "candidates"))
            status = ATT_FAIL(err, ATT_CANCELLED, "it was cancelled; ask for the same brief to go on");
        else
            status = candidate(j, index, err);
    }
    att_error *none = NULL; // what stopped the job is the story to tell
    att_error why = err ? *err : (att_error){0};
    if (!status) {
        status = tell_brief(j, ATT_BRIEF_FINISHED, (att_text){0}, err);
        return status ? status : att_engine_provenance_sign(j->engine, err);
    }
    if (status == ATT_CANCELLED)
        (void)!tell_brief(j, ATT_BRIEF_STOPPED, (att_text){0}, none);
    else if (status == ATT_INVALID)
        (void)!tell_brief(j, ATT_BRIEF_REFUSED, att_text_of(why.text), none);
    return status;
}

static bool needs_name(const att_need *needs, size_t count, att_text name)
{
    for (size_t i = 0; i < count; i++)
        if (att_text_equal(needs[i].name, name))
            return true;
    return false;
}

// What the prompt asks for in numbers, beside what the brief says itself.
static att_status understand(job *j, const att_brief *brief, att_brief *out, att_error *err)
{
    att_need understood[ATT_BRIEF_NEEDS_MAX];
    *out = *brief;
    if (!j->world->understand || !brief->prompt.size)
        return ATT_OK;
    const size_t count = j->world->understand(j->world, brief->prompt, understood, ATT_COUNT_OF(understood));
    att_need *needs = ATT_NEW(&j->life, att_need, brief->need_count + count);
    if (!needs)
        return att_no_memory(err, count, "needs");
    if (brief->need_count)
        memcpy(needs, brief->needs, brief->need_count * sizeof *needs);
    out->needs = needs;
    for (size_t i = 0; i < count; i++)
        if (!needs_name(needs, brief->need_count, understood[i].name))
            needs[out->need_count++] = understood[i];
    return ATT_OK;
}

static att_status begin(job *j, const att_brief *given, const att_generate_options *options, att_error *err)
{
    uint32_t version;
    att_brief brief;
    j->world = att_engine_world_named(j->engine, given->medium);
    if (!j->world)
        return ATT_FAIL(err, ATT_UNSUPPORTED, "medium \"%.*s\": this build makes none", (int)ATT_MIN(given->medium.size, (size_t)40),
            given->medium.data);
    if (options && options->candidates > ATT_BRIEF_CANDIDATES_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "candidates: found %u, expected at most %d", options->candidates, ATT_BRIEF_CANDIDATES_MAX);
    if (given->person.size && att_id_check(given->person, false, "person", err))
        return ATT_INVALID;
    j->policy = att_engine_policy(j->engine);
    j->wanted = options && options->candidates ? options->candidates : j->policy.generation.candidates;
    j->tries = (uint32_t)ATT_MIN((uint64_t)j->wanted * j->policy.generation.attempts, UINT16_MAX);
    j->person = given->person;
    j->latency = given->latency;
    att_status status = understand(j, given, &brief, err);
    if (!status)
        status = att_brief_check(&brief, j->world, err);
    if (!status)
        status = att_brief_form(&brief, j->world, &j->life, &j->form, err);
    if (!status)
        status = att_brief_read(j->form, &j->life, &j->brief, &version, err);
    if (status)
        return status;
    j->hash = att_brief_hash_of(j->form);
    att_hash_hex(j->hash.bytes, j->out->brief);
    return ATT_OK;
}

att_status att_engine_generate(
    att_engine *engine, const att_brief *brief, const att_generate_options *options, att_generated *out, att_error *err)
{
    att_generated none;
    job j = {.engine = engine, .out = out ? out : &none};
    *j.out = (att_generated){0};
    att_status status = att_engine_refresh(engine, err);
    if (status)
        return status;
    const stopwatch since = start_watch();
    att_arena_init(&j.life, &engine->host, 0);
    status = begin(&j, brief, options, err);
    if (!status)
        status = tell_brief(&j, ATT_BRIEF_ASKED, (att_text){0}, err);
    count_all(&j);
    if (!status && !is_all_there(&j))
        status = work(&j, err);
    j.out->seconds = read_watch(&since, 0).wall_s;
    att_arena_deinit(&j.life);
    return att_while(err, status, "making %.*s", (int)ATT_MIN(brief->medium.size, (size_t)40), brief->medium.data);
}
