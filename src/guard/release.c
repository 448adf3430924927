// SPDX-License-Identifier: Apache-2.0
// guard/release.c - the check before a piece of music is let out.
//
// Each rule adds its reasons; the verdict is the worst of them. What cannot be checked is held, never allowed.
#include "attune/release.h"

#include "base/base.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

static const double floor_default = 0.9, hold_share = 0.75, near_floor = 1.1;

const char *att_release_verdict_name(att_release_verdict verdict)
{
    static const char *const names[] = {"allow", "hold", "deny"};
    return (unsigned)verdict < ATT_COUNT_OF(names) ? names[verdict] : "?";
}

const char *att_release_rule_name(att_release_rule rule)
{
    static const char *const names[] = {"copy", "style", "opted_out", "licence", "provenance", "silent"};
    return (unsigned)rule < ATT_COUNT_OF(names) ? names[rule] : "?";
}

// The least of the reasons goes when there are too many; a verdict never does.
static void add_reason(att_release_report *out, att_release_reason reason, const char *name)
{
    snprintf(reason.name, sizeof reason.name, "%s", name);
    out->verdict = ATT_MAX(out->verdict, reason.verdict);
    size_t at = ATT_MIN(out->reason_count, (size_t)ATT_RELEASE_REASONS_MAX);
    while (at > 0 && out->reasons[at - 1].verdict < reason.verdict)
        at--;
    if (at == ATT_RELEASE_REASONS_MAX)
        return;
    out->reason_count = ATT_MIN(out->reason_count + 1, (size_t)ATT_RELEASE_REASONS_MAX);
    memmove(out->reasons + at + 1, out->reasons + at, (out->reason_count - 1 - at) * sizeof *out->reasons);
    out->reasons[at] = reason;
}

// --- Opt-outs -----------------------------------------------------------------------------------------------------

static bool same_name(const char *a, size_t a_size, const char *b)
{
    size_t i = 0;
    while (i < a_size && b[i] && tolower((unsigned char)a[i]) == tolower((unsigned char)b[i]))
        i++;
    return i == a_size && !b[i];
}

// A name is opted out as a whole, or by any folder or file in it, with or without its ending: "…/Artist/Work.ogg" is by "Artist".
static bool is_opted_out(const att_release_rules *rules, const char *name)
{
    const size_t size = strlen(name);
    for (size_t r = 0; r < rules->opted_out_count; r++) {
        if (same_name(name, size, rules->opted_out[r]))
            return true;
        for (size_t from = 0, to; from < size; from = to + 1) {
            for (to = from; to < size && name[to] != '/';)
                to++;
            const char *dot = memchr(name + from, '.', to - from);
            for (const char *next = dot; next; next = memchr(dot + 1, '.', (size_t)(name + to - dot - 1)))
                dot = next;
            if (same_name(name + from, to - from, rules->opted_out[r]) ||
                (dot && same_name(name + from, (size_t)(dot - name) - from, rules->opted_out[r])))
                return true;
        }
    }
    return false;
}

static void check_opted_out(const att_release_rules *rules, const char *name, att_release_report *out)
{
    if (is_opted_out(rules, name))
        add_reason(out, (att_release_reason){.rule = ATT_RELEASE_OPTED_OUT, .verdict = ATT_RELEASE_DENY}, name);
}

static void check_inputs(const att_release_rules *rules, const att_release_work *work, att_release_report *out)
{
    if (rules->inputs_needed && work->input_count == 0)
        add_reason(out, (att_release_reason){.rule = ATT_RELEASE_PROVENANCE, .verdict = ATT_RELEASE_HOLD}, "");
    for (size_t i = 0; i < work->input_count; i++) {
        const att_release_input *input = &work->inputs[i];
        if (input->opted_out)
            add_reason(out, (att_release_reason){.rule = ATT_RELEASE_OPTED_OUT, .verdict = ATT_RELEASE_DENY}, input->name);
        else
            check_opted_out(rules, input->name, out);
        if (!input->licence || !*input->licence)
            add_reason(out, (att_release_reason){.rule = ATT_RELEASE_LICENCE, .verdict = ATT_RELEASE_HOLD}, input->name);
    }
}

// --- Copies -------------------------------------------------------------------------------------------------------

static att_status check_copies(const att_release_rules *rules, const att_release_work *work, att_release_report *out, att_error *err)
{
    const double deny = rules->deny_score > 0 ? rules->deny_score : ATT_PRINT_SCORE;
    const att_print_options options = {rules->hold_score > 0 ? fmin(rules->hold_score, deny) : hold_share * deny};
    att_print_match found[ATT_PRINT_FOUND_MAX];
    size_t count;
    if (!rules->prints)
        return ATT_OK;
    const att_status status = att_prints_find(rules->prints, work->sound, &options, found, &count, err);
    for (size_t i = 0; !status && i < count; i++) {
        const bool sure = found[i].score >= deny;
        const char *name = att_prints_get(rules->prints, found[i].index).name.data;
        add_reason(out,
            (att_release_reason){.rule = ATT_RELEASE_COPY, .verdict = sure ? ATT_RELEASE_DENY : ATT_RELEASE_HOLD, .value = found[i].score, .limit = deny,
                .match = found[i]},
            name);
        if (sure)
            check_opted_out(rules, name, out);
    }
    return att_while(err, status, "looking for copies");
}

// --- Style --------------------------------------------------------------------------------------------------------

static void judge_style(const att_release_rules *rules, const float *embedding, att_release_report *out)
{
    const double floor = rules->style_floor > 0 ? rules->style_floor : floor_default;
    out->nearest_distance = HUGE_VAL;
    for (size_t a = 0; a < att_styles_artists(rules->styles); a++) {
        const double distance = att_styles_distance(rules->styles, a, embedding, SIZE_MAX);
        const char *name = att_styles_artist(rules->styles, a);
        if (distance < out->nearest_distance) {
            out->nearest_distance = distance;
            snprintf(out->nearest_artist, sizeof out->nearest_artist, "%s", name);
        }
        if (distance >= near_floor * floor)
            continue;
        add_reason(out,
            (att_release_reason){.rule = ATT_RELEASE_STYLE, .verdict = distance < floor ? ATT_RELEASE_DENY : ATT_RELEASE_HOLD, .value = distance,
                .limit = floor},
            name);
        check_opted_out(rules, name, out);
    }
}

static att_status check_style(
    const att_release_rules *rules, const att_release_work *work, const att_host *host, att_release_report *out, att_error *err)
{
    float own[ATT_STYLE_DIM];
    if (!rules->styles)
        return ATT_OK;
    if (work->embedding) {
        judge_style(rules, work->embedding, out);
        return ATT_OK;
    }
    if (att_styles_dim(rules->styles) != ATT_STYLE_DIM)
        return ATT_FAIL(err, ATT_INVALID, "the artists' embeddings have %zu numbers, this build makes %d", att_styles_dim(rules->styles), ATT_STYLE_DIM);
    const att_status status = att_style_of(work->sound, own, host, err);
    if (status == ATT_INSUFFICIENT) {
        add_reason(out, (att_release_reason){.rule = ATT_RELEASE_SILENT, .verdict = ATT_RELEASE_HOLD}, "");
        return ATT_OK;
    }
    if (!status)
        judge_style(rules, own, out);
    return att_while(err, status, "measuring style");
}

static bool is_silent(att_sound sound)
{
    for (size_t i = 0; i < sound.frames * sound.channels; i++)
        if (fabsf(sound.samples[i]) > 1e-4f)
            return false;
    return true;
}

att_status att_release_check(
    const att_release_rules *rules, const att_release_work *work, const att_host *host, att_release_report *out, att_error *err)
{
    *out = (att_release_report){0};
    check_inputs(rules, work, out);
    if (is_silent(work->sound)) {
        add_reason(out, (att_release_reason){.rule = ATT_RELEASE_SILENT, .verdict = ATT_RELEASE_HOLD}, "");
        return ATT_OK;
    }
    const att_status status = check_copies(rules, work, out, err);
    return status ? status : check_style(rules, work, host, out, err);
}
