// SPDX-License-Identifier: Apache-2.0
// signals/policy_write.c - a policy as commented YAML, from the table of keys.
//
// Numbers are printed with the fewest digits that read back to the same bits.
#include "signals/policy.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct writer {
    char *out;
    size_t size, length;
} writer;

static void emit(writer *to, const char *format, ...) ATT_PRINTF(2, 3);
static void emit(writer *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const bool fits = to->length < to->size;
    const int length = vsnprintf(
        fits ? to->out + to->length : NULL, fits ? to->size - to->length : 0, format, args);
    va_end(args);
    to->length += length > 0 ? (size_t)length : 0;
}

static void emit_double(writer *to, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) { // zeros at the end are not printed
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    emit(to, "%s", text);
}

static void emit_value(writer *to, const att_policy *policy, const att_policy_field *field)
{
    const double value = att_policy_field_get(policy, field);
    if (field->kind == ATT_POLICY_BOOL)
        emit(to, "%s", value != 0 ? "true" : "false");
    else if (field->kind == ATT_POLICY_DIVERSITY)
        emit(to, "%s", att_diversity_name((att_diversity)value));
    else if (field->kind == ATT_POLICY_ALGORITHM)
        emit(to, "%s", att_choice_algorithm_name((att_choice_algorithm)value));
    else if (att_policy_kind_is_whole(field->kind))
        emit(to, "%lld", (long long)value);
    else
        emit_double(to, value);
}

static void emit_comment(writer *to, const att_policy_field *field)
{
    emit(to, "  # %s", field->comment);
    if (field->kind == ATT_POLICY_DIVERSITY)
        emit(to, ": none, mmr, dpp");
    else if (field->kind == ATT_POLICY_ALGORITHM)
        emit(to, ": regcb, epsilon, linucb, thompson, squarecb, cover, bagging");
    else if (field->kind != ATT_POLICY_BOOL && !field->group)
        emit(to, " (%.15g to %.15g)", field->low, field->high);
    emit(to, "\n");
}

// The keys of one signal stand in one line.
static size_t emit_group(
    writer *to, const att_policy *policy, const att_policy_field *fields, size_t count)
{
    size_t i = 0;
    emit(to, "  %s: {", fields[0].group);
    do {
        emit(to, "%s%s: ", i ? ", " : "", fields[i].key);
        emit_value(to, policy, &fields[i]);
        i++;
    } while (i < count && fields[i].group && strcmp(fields[i].group, fields[0].group) == 0);
    emit(to, "}\n");
    return i;
}

static void emit_section(writer *to, const char *section)
{
    emit(to, "\n%s:\n", section);
    if (strcmp(section, "signals") == 0)
        emit(to, "  # What each signal says about taste (grade) and what a decision earns by it "
                 "(reward), -1 to 1.\n");
}

static bool same_situation(const att_wish *a, const att_wish *b)
{
    return a->facet == b->facet && a->which == b->which;
}

static void emit_wish(writer *to, const att_wish *wish)
{
    emit(to, "    %s: {", wish->feature);
    if (!isinf(wish->least)) {
        emit(to, "least: ");
        emit_double(to, wish->least);
        emit(to, ", ");
    }
    if (!isinf(wish->most)) {
        emit(to, "most: ");
        emit_double(to, wish->most);
        emit(to, ", ");
    }
    emit(to, "tolerance: ");
    emit_double(to, wish->tolerance);
    emit(to, ", weight: ");
    emit_double(to, wish->weight);
    emit(to, "}\n");
}

// Those of one situation together, in the order in which situations come up first.
static void emit_situations(writer *to, const att_policy *policy)
{
    const att_wish *wishes = policy->situations.wish;
    const uint32_t count = policy->situations.count;
    emit(to, "\nsituations:\n"
             "  # What a situation (workout, sleep, loud, car …) wants of features that items carry, in place of the worlds' own wishes:\n"
             "  #   workout: {tempo_bpm: {least: 120, most: 140, tolerance: 10, weight: 1}}\n"
             "  # Beyond least … most the fit falls; weight 0 turns a wish off. docs/prompts.md has the worlds' wishes.\n");
    for (uint32_t i = 0; i < count; i++) {
        bool is_first = true;
        for (uint32_t k = 0; k < i; k++)
            is_first &= !same_situation(&wishes[k], &wishes[i]);
        if (!is_first)
            continue;
        emit(to, "  %s:\n", att_facet_class_name((att_facet)wishes[i].facet, wishes[i].which));
        for (uint32_t k = i; k < count; k++)
            if (same_situation(&wishes[k], &wishes[i]))
                emit_wish(to, &wishes[k]);
    }
}

static void emit_policy(writer *to, const att_policy *policy)
{
    size_t count;
    const att_policy_field *fields = att_policy_fields(&count);
    emit(to,
        "# Attune policy: everything a team may decide without touching code.\n"
        "# A file needs only the keys that it changes. What the rules mean: docs/signals.md.\n");
    for (size_t i = 0; i < count;) {
        if (i == 0 || strcmp(fields[i].section, fields[i - 1].section) != 0)
            emit_section(to, fields[i].section);
        emit_comment(to, &fields[i]);
        if (fields[i].group) {
            i += emit_group(to, policy, fields + i, count - i);
            continue;
        }
        emit(to, "  %s: ", fields[i].key);
        emit_value(to, policy, &fields[i]);
        emit(to, "\n");
        i++;
    }
    emit_situations(to, policy);
}

size_t att_policy_write(const att_policy *policy, char *out, size_t size)
{
    writer to = {.out = out, .size = size};
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    const locale_t before = plain ? uselocale(plain) : (locale_t)0;
    emit_policy(&to, policy);
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    return to.length;
}
