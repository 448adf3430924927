// SPDX-License-Identifier: Apache-2.0
// apps/cli/generate_make.c - generate make: a brief becomes items of the catalogue.
#include "generate.h"

#include <stdio.h>

static json_t *result_json(const att_generated *g)
{
    return json_pack("{s:s,s:i,s:i,s:i,s:i,s:i,s:f,s:f,s:f}", "brief", g->brief, "made", (int)g->made, "candidates", (int)g->candidates,
        "allowed", (int)g->allowed, "held", (int)g->held, "denied", (int)g->denied, "seconds", g->seconds, "cpu_s", g->cpu_s, "gpu_s", g->gpu_s);
}

// The taste of the person, where the brief has none.
static att_status take_taste(cli *c, att_engine *engine, brief_given *given, att_slate_memory *memory, att_error *err)
{
    att_request request = att_request_default();
    request.user = given->brief.person;
    request.context = given->brief.context;
    request.count = 1;
    (void)c;
    return att_engine_taste_features(engine, &request, memory, given->taste, ATT_BRIEF_TASTE_MAX, &given->brief.taste_count, err);
}

static int tell(const cli *c, const att_generated *g)
{
    if (c->json)
        return cli_print_json(result_json(g));
    printf("%s%.16s%s: %s", cli_paint(c, "bold"), g->brief, cli_paint(c, "reset"), cli_count(g->allowed, "candidate is allowed", "candidates are allowed"));
    if (g->held)
        printf(", %s for people (attune queue list)", cli_count(g->held, "is held", "are held"));
    if (g->denied)
        printf(", %s", cli_count(g->denied, "was denied", "were denied"));
    if (g->made)
        printf("; made %u in %.1f s, %.1f s of processors\n", g->made, g->seconds, g->cpu_s);
    else
        printf("; all were there\n");
    return 0;
}

static int make_it(cli *c, att_engine *engine, brief_given *given, att_slate_memory *memory, uint32_t candidates)
{
    att_error err = {0};
    att_generated out;
    const att_generate_options options = {.candidates = candidates};
    att_status status = ATT_OK;
    if (given->brief.person.size && !given->brief.taste_count)
        status = take_taste(c, engine, given, memory, &err);
    cli_progress_start(c);
    if (!status)
        status = att_engine_generate(engine, &given->brief, &options, &out, &err);
    cli_progress_end();
    return status ? cli_fail(c, status, &err) : tell(c, &out);
}

static int run_make(cli *c)
{
    brief_given given;
    uint64_t candidates = 0;
    int code = brief_take(c, c->argument_count ? c->arguments[0] : NULL, &given);
    if (!code && !cli_must_whole(c, "candidates", 1, ATT_BRIEF_CANDIDATES_MAX, &candidates))
        code = 64;
    att_engine *engine = code ? NULL : cli_open(c, false, false, &code);
    att_slate_memory *memory = NULL;
    att_error err = {0};
    const att_status status = engine ? att_slate_memory_create(&memory, &c->host, &err) : ATT_OK;
    if (status)
        code = cli_fail(c, status, &err);
    else if (engine)
        code = make_it(c, engine, &given, memory, (uint32_t)candidates);
    att_slate_memory_destroy(memory);
    att_engine_close(engine);
    brief_given_free(&given);
    return code;
}

static const cli_option options[] = {
    {"medium", 'm', "NAME", "the world that makes it; music when nothing says otherwise"},
    {"kind", 'k', "NAME", "class of asset: loop, song, ambient …"},
    {"prompt", 'p', "TEXT", "what is wanted, in words"},
    {"need", 'n', "LIST", "measures and bounds: tempo_bpm=118..122,loudness_lufs=-15..-13"},
    {"person", 0, "USER", "for the taste of this person; it is forgotten with them"},
    {"candidates", 'c', "N", "that are allowed or held, wanted; otherwise the policy's"},
    {"seed", 0, "N", "the same brief and seed make the same bytes; 1"},
    {"real-time", 0, NULL, "somebody waits for it; otherwise it is made ahead"},
    CLI_CONTEXT_OPTIONS,
    {NULL, 0, NULL, NULL}};
static const char *const examples[] = {
    "attune generate make --prompt 'calm piano, 70 BPM' --kind loop", "three candidates of it",
    "attune generate make brief.json --person ann", "a brief from a file, bent to Ann's taste",
    NULL};
const cli_command cli_generate_make = {"generate make", "Make items from a brief, check them, and put them in the catalogue", "[BRIEF.json]", 0, 1,
    "A brief names a medium, a kind, a prompt, needs (measures with bounds), a taste, a context and a seed. Candidates are made, analysed as "
    "foreign files are, and held against the brief: those that miss it are denied, doubtful ones wait in the queue, the others stand in slates from "
    "the next decision on. A brief that was asked for before is not made again. Ctrl-C stops; the same command goes on behind what was done.\n"
    "A file: {\"medium\": \"music\", \"kind\": \"loop\", \"prompt\": \"calm piano\", \"needs\": {\"tempo_bpm\": [68, 72]}, \"taste\": "
    "{\"energy\": 0.3}, \"seed\": 7, \"latency\": \"ahead\", \"person\": \"ann\"}. Options win over the file.",
    options, examples, run_make};
