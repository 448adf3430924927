// SPDX-License-Identifier: Apache-2.0
// store/model_record.c - a version of the model, its trial and the reason, as bytes.
//
//   offset  bytes  what                                   (all numbers little-endian)
//        0      2  form (1)
//        2      1  act: 1 trained and swapped in, 2 activated by hand, 3 rolled back, 4 refused
//        3      1  1: a trial was held and its new model was not worse; 2: it was; 0: there was none
//        4      4  dimensions
//        8      8  seq of the last record it learned from
//       16      8  when it was trained, Unix time in ms
//       24      8  events there were then
//       32      8  preferences there were then
//       40      8  preferences there were when this record was made
//       48      8  version it began from, 0: none
//       56      8  trainings since kind and parameters were chosen
//       64     16  checksum in the header of the .model file, zero: none was kept
//       80     16  kind of the model, zeros behind it
//       96      4  people of the trial
//      100      4  zero
//      104     72  nine doubles: NDCG@100 and recall@20 before, the same after; difference, low, high;
//                  margin, confidence
//      176      …  the reason, UTF-8, at most 199 bytes, to the end
#include "store/model_record.h"

#include "store/bytes.h"

#include <math.h>

enum { FORM = 1, HEAD_SIZE = 176, FIGURES = 9 };

// In the order of the table.
static void figures_of(att_duel *trial, double *out[FIGURES])
{
    double *const figures[FIGURES] = {&trial->before_ndcg_100, &trial->before_recall_20,
        &trial->after_ndcg_100, &trial->after_recall_20, &trial->difference, &trial->low,
        &trial->high, &trial->margin, &trial->confidence};
    memcpy(out, figures, sizeof figures);
}

size_t att_model_record_encode(const att_model_record *record, unsigned char *out)
{
    att_byte_writer writer = {out};
    att_duel trial = record->trial;
    double *figures[FIGURES];
    figures_of(&trial, figures);
    const size_t why_size = strnlen(record->why, ATT_MODEL_WHY_MAX);
    char kind[sizeof record->kind] = {0};
    memcpy(kind, record->kind, strnlen(record->kind, sizeof kind - 1));
    att_put_u16(&writer, FORM);
    att_put_u8(&writer, record->act);
    att_put_u8(&writer, !trial.people ? 0 : trial.not_worse ? 1 : 2);
    att_put_u32(&writer, record->dim);
    att_put_u64(&writer, record->log_seq);
    att_put_u64(&writer, (uint64_t)record->trained_ms);
    att_put_u64(&writer, record->events);
    att_put_u64(&writer, record->preferences);
    att_put_u64(&writer, record->preferences_now);
    att_put_u64(&writer, record->began_from);
    att_put_u64(&writer, record->generation);
    att_put(&writer, record->fingerprint, sizeof record->fingerprint);
    att_put(&writer, kind, sizeof kind);
    att_put_u32(&writer, trial.people);
    att_put_u32(&writer, 0);
    for (int i = 0; i < FIGURES; i++)
        att_put(&writer, figures[i], sizeof(double));
    att_put(&writer, record->why, why_size);
    return HEAD_SIZE + why_size;
}

static att_status take_trial(
    att_byte_reader *in, unsigned verdict, att_duel *trial, att_error *err)
{
    double *figures[FIGURES];
    figures_of(trial, figures);
    trial->people = att_take_u32(in);
    const uint32_t zero = att_take_u32(in);
    for (int i = 0; i < FIGURES; i++) {
        *figures[i] = att_take_f64(in);
        if (!isfinite(*figures[i]))
            return ATT_FAIL(err, ATT_CORRUPT, "model record: figure %d of the trial is not finite", i + 1);
    }
    if (zero != 0 || verdict > 2 || (verdict != 0) != (trial->people != 0))
        return ATT_FAIL(err, ATT_CORRUPT, "model record: a trial of %u people with verdict %u",
            trial->people, verdict);
    trial->not_worse = verdict == 1;
    trial->least = -trial->margin * (trial->before_ndcg_100 + trial->before_recall_20) / 2;
    return ATT_OK;
}

att_status att_model_record_decode(
    const unsigned char *data, size_t size, att_model_record *out, att_error *err)
{
    *out = (att_model_record){0};
    if (size == 0)
        return ATT_OK;
    att_byte_reader in = {.at = data, .left = size};
    const unsigned form = att_take_u16(&in);
    if (form > FORM)
        return ATT_FAIL(err, ATT_VERSION,
            "model record has form %u, this build reads up to %d: use a newer attune", form, FORM);
    if (form != FORM || size < HEAD_SIZE || size > ATT_MODEL_RECORD_SIZE_MAX)
        return ATT_FAIL(err, ATT_CORRUPT, "model record has form %u and %zu bytes, %d to %d belong there",
            form, size, HEAD_SIZE, ATT_MODEL_RECORD_SIZE_MAX);
    out->act = att_take_u8(&in);
    const unsigned verdict = att_take_u8(&in);
    out->dim = att_take_u32(&in);
    out->log_seq = att_take_u64(&in);
    out->trained_ms = (int64_t)att_take_u64(&in);
    out->events = att_take_u64(&in);
    out->preferences = att_take_u64(&in);
    out->preferences_now = att_take_u64(&in);
    out->began_from = att_take_u64(&in);
    out->generation = att_take_u64(&in);
    memcpy(out->fingerprint, att_take(&in, sizeof out->fingerprint), sizeof out->fingerprint);
    memcpy(out->kind, att_take(&in, sizeof out->kind), sizeof out->kind);
    if (out->act >= ATT_MODEL_ACT_COUNT || out->kind[sizeof out->kind - 1] != 0)
        return ATT_FAIL(err, ATT_CORRUPT, "model record has act %u and a kind without an end", out->act);
    const att_status status = take_trial(&in, verdict, &out->trial, err);
    if (!status && in.left)
        memcpy(out->why, in.at, in.left);
    return status;
}
