// SPDX-License-Identifier: Apache-2.0
// store/choice.c - a choice as bytes.
//
//   offset  bytes  what                                   (all numbers little-endian)
//        0      2  version (1)
//        2      1  bits: 1 apprentice (the host's option was shown), 2 counts as shown when display is confirmed
//        3      1  experiment arms, at most 8
//        4      2  options, 1 … 4096
//        6      2  features of the context, at most 4096
//        8      2  option that the learner drew
//       10      2  option that was shown
//       12      2  option of the greatest expected reward
//       14      2  zero
//       16      8  seed
//       24      8  rewards that the learner had learned from
//       32      8  policy: seq of its record
//       40      4  weight (float)
//       44      4  x arms: each arm
//     then: 1 size of the choice's name and its bytes; the context's features; and for each option: 1 size of its id and its
//     bytes, 4 probability (float), 2 features, the features. A feature: 1 size of the namespace, 1 size of the name, 4 value
//     (float), the bytes of both.
#include "store/choice.h"

#include "store/bytes.h"

#include <math.h>

enum { VERSION = 1, HEAD_SIZE = 44, ARMS_MAX = 8, FEATURE_LEAST = 6, OPTION_LEAST = 8 };
enum { APPRENTICE = 1, AWAITS_DISPLAY = 2 };

static size_t features_size(const att_choice_feature *features, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += FEATURE_LEAST + features[i].name_space.size + features[i].name.size;
    return size;
}

size_t att_choice_size(const att_choice_record *choice)
{
    size_t size = HEAD_SIZE + 4 * (size_t)choice->arm_count + 1 + choice->name.size +
                  features_size(choice->features, choice->feature_count);
    for (size_t a = 0; a < choice->option_count; a++)
        size += 1 + choice->options[a].id.size + 4 + 2 +
                features_size(choice->options[a].features, choice->options[a].feature_count);
    return size;
}

static void put_text(att_byte_writer *out, att_text text)
{
    att_put_u8(out, (uint8_t)text.size);
    att_put(out, text.data, text.size);
}

static void put_float(att_byte_writer *out, double value)
{
    const float narrow = (float)value;
    att_put(out, &narrow, sizeof narrow);
}

static void put_features(att_byte_writer *out, const att_choice_feature *features, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        att_put_u8(out, (uint8_t)features[i].name_space.size);
        att_put_u8(out, (uint8_t)features[i].name.size);
        put_float(out, features[i].value);
        att_put(out, features[i].name_space.data, features[i].name_space.size);
        att_put(out, features[i].name.data, features[i].name.size);
    }
}

void att_choice_encode(const att_choice_record *choice, unsigned char *bytes)
{
    att_byte_writer out = {bytes};
    assert(choice->arm_count <= ARMS_MAX && choice->option_count <= ATT_CHOICE_OPTIONS_MAX);
    att_put_u16(&out, VERSION);
    att_put_u8(&out, (uint8_t)((choice->apprentice ? APPRENTICE : 0) | (choice->awaits_display ? AWAITS_DISPLAY : 0)));
    att_put_u8(&out, choice->arm_count);
    att_put_u16(&out, (uint16_t)choice->option_count);
    att_put_u16(&out, (uint16_t)choice->feature_count);
    att_put_u16(&out, (uint16_t)choice->chosen);
    att_put_u16(&out, (uint16_t)choice->shown);
    att_put_u16(&out, (uint16_t)choice->greedy);
    att_put_u16(&out, 0);
    att_put_u64(&out, choice->seed);
    att_put_u64(&out, choice->rounds);
    att_put_u64(&out, choice->policy);
    att_put(&out, &choice->weight, 4);
    att_put(&out, choice->arms, 4 * (size_t)choice->arm_count);
    put_text(&out, choice->name);
    put_features(&out, choice->features, choice->feature_count);
    for (size_t a = 0; a < choice->option_count; a++) {
        put_text(&out, choice->options[a].id);
        att_put(&out, &choice->probabilities[a], 4);
        att_put_u16(&out, (uint16_t)choice->options[a].feature_count);
        put_features(&out, choice->options[a].features, choice->options[a].feature_count);
    }
}

static att_text take_text(att_byte_reader *in, size_t size)
{
    const unsigned char *at = att_take(in, size);
    return (att_text){at ? (const char *)at : "", at ? size : 0};
}

static att_status take_features(att_byte_reader *in, size_t count, att_arena *arena, const att_choice_feature **out, att_error *err)
{
    if (count > ATT_CHOICE_FEATURES_MAX || count > in->left / FEATURE_LEAST)
        return ATT_FAIL(err, ATT_CORRUPT, "choice record: %zu features do not fit into %zu bytes", count, in->left);
    att_choice_feature *features = ATT_NEW_RAW(arena, att_choice_feature, count);
    if (!features)
        return att_no_memory(err, count, "features");
    for (size_t i = 0; i < count; i++) {
        const size_t space = att_take_u8(in), name = att_take_u8(in);
        features[i].value = (double)att_take_f32(in);
        features[i].name_space = take_text(in, space);
        features[i].name = take_text(in, name);
        if (in->bad || !isfinite(features[i].value))
            return ATT_FAIL(err, ATT_CORRUPT, "choice record: feature %zu is cut off or not finite", i);
    }
    *out = features;
    return ATT_OK;
}

static att_status take_head(att_byte_reader *in, att_choice_record *out, att_error *err)
{
    const size_t size = in->left;
    if (size < HEAD_SIZE)
        return ATT_FAIL(err, ATT_CORRUPT, "choice record has %zu bytes, its head needs %d", size, HEAD_SIZE);
    const unsigned version = att_take_u16(in);
    if (version != VERSION)
        return ATT_FAIL(err, version > VERSION ? ATT_VERSION : ATT_CORRUPT,
            "choice record has version %u, this build reads %d", version, VERSION);
    const unsigned bits = att_take_u8(in);
    out->arm_count = att_take_u8(in);
    out->option_count = att_take_u16(in);
    out->feature_count = att_take_u16(in);
    out->chosen = att_take_u16(in);
    out->shown = att_take_u16(in);
    out->greedy = att_take_u16(in);
    const unsigned zero = att_take_u16(in);
    out->seed = att_take_u64(in);
    out->rounds = att_take_u64(in);
    out->policy = att_take_u64(in);
    out->weight = att_take_f32(in);
    out->apprentice = bits & APPRENTICE;
    out->awaits_display = bits & AWAITS_DISPLAY;
    if (bits > (APPRENTICE | AWAITS_DISPLAY) || zero)
        return ATT_FAIL(err, ATT_CORRUPT, "choice record has unknown bits");
    if (out->arm_count > ARMS_MAX)
        return ATT_FAIL(err, ATT_CORRUPT, "choice record names %u experiment arms, at most %d fit", out->arm_count, ARMS_MAX);
    if (out->option_count < 1 || out->option_count > ATT_CHOICE_OPTIONS_MAX || out->chosen >= out->option_count ||
        out->shown >= out->option_count || out->greedy >= out->option_count)
        return ATT_FAIL(err, ATT_CORRUPT, "choice record of %zu options shows option %u", out->option_count, out->shown);
    if (!(out->weight > 0 && out->weight <= 1e6f))
        return ATT_FAIL(err, ATT_CORRUPT, "choice record has weight %g, not in (0, 1e6]", (double)out->weight);
    return ATT_OK;
}

static att_status take_options(att_byte_reader *in, att_arena *arena, att_choice_record *out, att_error *err)
{
    if (out->option_count > in->left / OPTION_LEAST)
        return ATT_FAIL(err, ATT_CORRUPT, "choice record: %zu options do not fit into %zu bytes", out->option_count, in->left);
    att_choice_option *options = ATT_NEW(arena, att_choice_option, out->option_count);
    float *probabilities = ATT_NEW(arena, float, out->option_count);
    if (!options || !probabilities)
        return att_no_memory(err, out->option_count, "options");
    double total = 0;
    for (size_t a = 0; a < out->option_count; a++) {
        options[a].id = take_text(in, att_take_u8(in));
        probabilities[a] = att_take_f32(in);
        options[a].feature_count = att_take_u16(in);
        if (in->bad || !options[a].id.size || !(probabilities[a] >= 0 && probabilities[a] <= 1))
            return ATT_FAIL(err, ATT_CORRUPT, "choice record: option %zu is cut off, or its probability is not in [0, 1]", a);
        const att_status status = take_features(in, options[a].feature_count, arena, &options[a].features, err);
        if (status)
            return status;
        total += (double)probabilities[a];
    }
    if (!(fabs(total - 1) < 1e-3) || !(probabilities[out->chosen] > 0))
        return ATT_FAIL(err, ATT_CORRUPT, "choice record: the probabilities sum to %g", total);
    out->options = options;
    out->probabilities = probabilities;
    return ATT_OK;
}

att_status att_choice_decode(
    const unsigned char *data, size_t size, att_arena *arena, att_choice_record *out, att_error *err)
{
    *out = (att_choice_record){0};
    att_byte_reader in = {.at = data, .left = size};
    att_status status = take_head(&in, out, err);
    for (size_t a = 0; !status && a < out->arm_count; a++)
        out->arms[a] = att_take_u32(&in);
    if (status)
        return status;
    out->name = take_text(&in, att_take_u8(&in));
    if (in.bad || !out->name.size)
        return ATT_FAIL(err, ATT_CORRUPT, "choice record has no name");
    status = take_features(&in, out->feature_count, arena, &out->features, err);
    if (!status)
        status = take_options(&in, arena, out, err);
    if (!status && (in.bad || in.left))
        status = ATT_FAIL(err, ATT_CORRUPT, "choice record has %zu bytes too many", in.left);
    return status;
}
