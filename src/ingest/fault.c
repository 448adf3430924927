// SPDX-License-Identifier: Apache-2.0
// ingest/fault.c - stories about bad lines.
#include "ingest/fault.h"

#include "ingest/utf8.h"

#include <stdio.h>

bool att_fault_set(att_fault *fault, const char *field, const char *format, ...)
{
    if (!fault)
        return false;
    snprintf(fault->field, sizeof fault->field, "%s", field);
    va_list args;
    va_start(args, format);
    vsnprintf(fault->reason, sizeof fault->reason, format, args);
    va_end(args);
    return false;
}

void att_fault_story(
    const att_fault *fault, const char *file, uint64_t line, char *out, size_t size)
{
    const bool named = fault->field[0] != 0;
    snprintf(out, size, "%s:%llu: %s%s%s%s", file, (unsigned long long)line,
        named ? "field \"" : "", fault->field, named ? "\": " : "", fault->reason);
}

att_excerpt att_excerpt_of(att_text text)
{
    att_excerpt out;
    size_t used = 0;
    for (size_t i = 0; i < text.size;) {
        const size_t wide = att_utf8_length(text.data + i, text.size - i);
        if (used + ATT_MAX(wide, 1) > 40) {
            memcpy(out.text + used, "...", 3);
            used += 3;
            break;
        }
        const unsigned char byte = (unsigned char)text.data[i];
        const bool prints = wide > 1 || (wide == 1 && byte >= 0x20 && byte != 0x7F);
        if (prints)
            memcpy(out.text + used, text.data + i, wide);
        else
            out.text[used] = '?';
        used += prints ? wide : 1;
        i += ATT_MAX(wide, 1);
    }
    out.text[used] = 0;
    return out;
}

enum { WORD_MAX = 24 };

// Edits between two words (insert, delete, replace, swap of neighbours); at most WORD_MAX bytes
// count.
static size_t distance(att_text a, att_text b)
{
    size_t rows[3][WORD_MAX + 1];
    const size_t width = ATT_MIN(b.size, (size_t)WORD_MAX),
                 height = ATT_MIN(a.size, (size_t)WORD_MAX);
    for (size_t j = 0; j <= width; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= height; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t best = above[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            best = ATT_MIN(best, above[j] + 1);
            best = ATT_MIN(best, row[j - 1] + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                best = ATT_MIN(best, two_above[j - 2] + 1);
            row[j] = best;
        }
    }
    return rows[height % 3][width];
}

void att_suggest(char *out, size_t size, att_text found, const char *const *names, size_t count)
{
    size_t best = 0, best_distance = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        const size_t edits = distance(found, att_text_of(names[i]));
        if (edits < best_distance) {
            best_distance = edits;
            best = i;
        }
    }
    if (count && best_distance <= 1 + found.size / 3 && best_distance < strlen(names[best])) {
        snprintf(out, size, "did you mean \"%s\"?", names[best]);
        return;
    }
    size_t used = (size_t)snprintf(out, size, "expected one of ");
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", names[i]);
}
