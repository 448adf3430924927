// SPDX-License-Identifier: Apache-2.0
// music/tuning.c - Scala's files: scales (.scl) and keyboard mappings (.kbm), by Manuel Op de Coul's description of the formats.
//
//   .scl  lines that begin with ! are remarks; the first other line is the description, the second the count of degrees, then one degree
//         a line: cents where it has a point ("701.955"), a ratio otherwise ("3/2", "2"); what follows a blank is a remark too
//   .kbm  seven numbers, one a line: size of the pattern, first and last key, middle key, reference key, its frequency in Hz, the degree of the
//         octave; then the degrees of the pattern, x where a key has none; keys left out at the end have none
#include "attune/compose.h"
#include "base/base.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double cents_max = 12000, ratio_max = 1e9;

// --- Lines --------------------------------------------------------------------------------------------------------

typedef struct lines {
    att_text left;
    const char *name;
    unsigned number; // of the line last given
} lines;

// The next line that is no remark, without its end and outer blanks; false: there is none.
static bool next_line(lines *l, att_text *out)
{
    while (l->left.size) {
        const char *end = memchr(l->left.data, '\n', l->left.size);
        const size_t size = end ? (size_t)(end - l->left.data) : l->left.size;
        *out = (att_text){l->left.data, size};
        l->left = (att_text){l->left.data + size + (end != NULL), l->left.size - size - (end != NULL)};
        l->number++;
        if (out->size && out->data[0] == '!')
            continue;
        while (out->size && isspace((unsigned char)out->data[0]))
            out->data++, out->size--;
        while (out->size && isspace((unsigned char)out->data[out->size - 1]))
            out->size--;
        return true;
    }
    return false;
}

// Up to the first blank, as a string.
static bool first_word(att_text line, char *out, size_t size)
{
    size_t n = 0;
    while (n < line.size && !isspace((unsigned char)line.data[n]))
        n++;
    if (!n || n >= size || memchr(line.data, 0, n))
        return false;
    memcpy(out, line.data, n);
    out[n] = 0;
    return true;
}

static att_status refuse(const lines *l, att_text line, const char *expected, att_error *err)
{
    char shown[33];
    size_t n = 0;
    for (; n < line.size && n < sizeof shown - 1; n++)
        shown[n] = (char)(line.data[n] >= ' ' && line.data[n] < 127 ? line.data[n] : '?');
    shown[n] = 0;
    return ATT_FAIL(err, ATT_INVALID, "%s:%u: found \"%s\", expected %s", l->name, l->number, shown, expected);
}

static att_status missing(const lines *l, const char *expected, att_error *err)
{
    return ATT_FAIL(err, ATT_INVALID, "%s:%u: the file ends, expected %s", l->name, l->number + 1, expected);
}

static bool whole_number(const char *word, long low, long high, long *out)
{
    char *end;
    errno = 0;
    const long value = strtol(word, &end, 10);
    if (end == word || *end || errno || value < low || value > high)
        return false;
    *out = value;
    return true;
}

static bool decimal(const char *word, double low, double high, double *out)
{
    char *end;
    for (const char *c = word; *c; c++)
        if (!isdigit((unsigned char)*c) && *c != '.' && *c != '-' && *c != '+')
            return false; // no hexadecimal, no infinity
    // A point whatever the program's language is. The "C" locale needs no memory.
    const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), before = plain ? uselocale(plain) : (locale_t)0;
    const double value = strtod(word, &end);
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    if (end == word || *end || !(value >= low && value <= high))
        return false;
    *out = value;
    return true;
}

static att_status number_line(lines *l, long low, long high, const char *expected, long *out, att_error *err)
{
    att_text line;
    char word[64];
    if (!next_line(l, &line))
        return missing(l, expected, err);
    return first_word(line, word, sizeof word) && whole_number(word, low, high, out) ? ATT_OK : refuse(l, line, expected, err);
}

// --- Scales -------------------------------------------------------------------------------------------------------

static bool ratio(const char *word, double *cents)
{
    char *slash = NULL;
    double above, below = 1;
    char copy[64];
    snprintf(copy, sizeof copy, "%s", word);
    slash = strchr(copy, '/');
    if (slash)
        *slash = 0;
    if (!decimal(copy, 1, ratio_max, &above) || (slash && !decimal(slash + 1, 1, ratio_max, &below)))
        return false;
    *cents = 1200 * log2(above / below);
    return fabs(*cents) <= cents_max;
}

static bool degree(att_text line, double *cents)
{
    char word[64];
    if (!first_word(line, word, sizeof word))
        return false;
    return strchr(word, '.') ? decimal(word, -cents_max, cents_max, cents) : ratio(word, cents);
}

att_status att_scale_parse(att_scale *out, att_text text, const char *name, att_error *err)
{
    static const char *const what = "a degree: cents with a point (701.955) or a ratio (3/2)";
    lines l = {text, name, 0};
    att_text line;
    long count = 0;
    memset(out, 0, sizeof *out);
    if (!next_line(&l, &line))
        return missing(&l, "a description", err);
    size_t size = ATT_MIN(line.size, sizeof out->name - 1);
    while (size && size < line.size && (line.data[size] & 0xc0) == 0x80)
        size--; // not within a letter
    memcpy(out->name, line.data, size);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)out->name[i] < ' ')
            out->name[i] = ' ';
    att_status status = number_line(&l, 1, 1000000, "the count of degrees, 1 or more", &count, err);
    if (!status && count > ATT_SCALE_DEGREES_MAX)
        status = ATT_FAIL(err, ATT_LIMIT, "%s:%u: %ld degrees, at most %d are read", name, l.number, count, ATT_SCALE_DEGREES_MAX);
    for (long i = 0; !status && i < count; i++) {
        if (!next_line(&l, &line))
            status = missing(&l, what, err);
        else if (!degree(line, &out->cents[i]))
            status = refuse(&l, line, what, err);
    }
    if (!status && out->cents[count - 1] < 1)
        status = ATT_FAIL(err, ATT_INVALID, "%s:%u: the last degree is the period, found %g cents, expected more than 1", name, l.number, out->cents[count - 1]);
    out->count = status ? 0 : (size_t)count;
    return status;
}

// --- Keyboard mappings ----------------------------------------------------------------------------------------------

static att_status pattern(att_keymap *out, lines *l, att_error *err)
{
    static const char *const what = "a degree of the scale, or x";
    for (int i = 0; i < 128; i++)
        out->degrees[i] = -1;
    for (int i = 0; i < out->size; i++) {
        att_text line;
        char word[64];
        long value = -1;
        if (!next_line(l, &line))
            break; // left out: no degree
        if (!first_word(line, word, sizeof word))
            return refuse(l, line, what, err);
        if (strcmp(word, "x") != 0 && strcmp(word, "X") != 0 && !whole_number(word, 0, ATT_SCALE_DEGREES_MAX, &value))
            return refuse(l, line, what, err);
        out->degrees[i] = (int16_t)value;
    }
    return ATT_OK;
}

att_status att_keymap_parse(att_keymap *out, att_text text, const char *name, att_error *err)
{
    static const char *const expected[] = {"the size of the pattern, 0 to 128", "the first key, 0 to 127", "the last key, 0 to 127", "the middle key, 0 to 127",
        "the reference key, 0 to 127", "the reference frequency in Hz, 1 to 20000", "the degree of the octave, 0 to 512"};
    lines l = {text, name, 0};
    att_text line;
    char word[64];
    long numbers[7] = {0};
    memset(out, 0, sizeof *out);
    att_status status = ATT_OK;
    for (int i = 0; !status && i < 7; i++) {
        if (i != 5)
            status = number_line(&l, 0, i == 0 ? 128 : i == 6 ? ATT_SCALE_DEGREES_MAX : 127, expected[i], &numbers[i], err);
        else if (!next_line(&l, &line))
            status = missing(&l, expected[i], err);
        else if (!first_word(line, word, sizeof word) || !decimal(word, 1, 20000, &out->reference_hz))
            status = refuse(&l, line, expected[i], err);
    }
    if (status)
        return status;
    if (numbers[1] > numbers[2])
        return ATT_FAIL(err, ATT_INVALID, "%s: the first key %ld lies above the last key %ld", name, numbers[1], numbers[2]);
    out->size = (int)numbers[0];
    out->first = (int)numbers[1];
    out->last = (int)numbers[2];
    out->middle = (int)numbers[3];
    out->reference_key = (int)numbers[4];
    out->octave_degree = (int)numbers[6];
    return pattern(out, &l, err);
}

// --- Pitches of keys ------------------------------------------------------------------------------------------------

static int floor_div(int a, int b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

// Any degree, also below the tonic and beyond the period.
static double degree_cents(const att_scale *scale, int degree)
{
    const int count = (int)scale->count, turns = floor_div(degree, count), rest = degree - turns * count;
    return turns * scale->cents[count - 1] + (rest ? scale->cents[rest - 1] : 0);
}

// The degree of a key; false: it has none.
static bool key_degree(const att_scale *scale, const att_keymap *map, int key, int *degree)
{
    const int from = key - map->middle;
    *degree = from;
    if (!map->size)
        return true;
    const int turns = floor_div(from, map->size), rest = from - turns * map->size;
    if (map->degrees[rest] < 0)
        return false;
    *degree = turns * (map->octave_degree ? map->octave_degree : (int)scale->count) + map->degrees[rest];
    return true;
}

void att_scale_keys(const att_scale *scale, const att_keymap *keymap, int middle, double cents[128], bool mapped[128])
{
    const att_keymap plain = {.first = 0, .last = 127, .middle = middle, .reference_key = middle, .reference_hz = 440 * exp2((middle - 69) / 12.0)};
    const att_keymap *map = keymap ? keymap : &plain;
    int degree = 0;
    const double reference = 6900 + 1200 * log2(map->reference_hz / 440);
    // A reference key without a degree stands where the next lower one with a degree does.
    int at = map->reference_key;
    while (at > 0 && !key_degree(scale, map, at, &degree))
        at--;
    const double shift = reference - degree_cents(scale, degree);
    for (int key = 0; key < 128; key++) {
        mapped[key] = key >= map->first && key <= map->last && key_degree(scale, map, key, &degree);
        cents[key] = mapped[key] ? shift + degree_cents(scale, degree) : 100.0 * key;
        mapped[key] = mapped[key] && cents[key] > -6000 && cents[key] < 20000;
    }
}

// --- Files ------------------------------------------------------------------------------------------------------------

static att_status read_text(const char *path, const att_host *host, char **out, size_t *size, att_error *err)
{
    FILE *file = fopen(path, "rb");
    *out = NULL;
    if (!file)
        return att_fail_errno(err, errno, "opening %s", path);
    att_status status = ATT_OK;
    *out = ATT_NEW_ARRAY(host, char, ATT_SCALE_BYTES_MAX + 1);
    if (!*out)
        status = att_no_memory(err, ATT_SCALE_BYTES_MAX, "bytes of a scale");
    *size = *out ? fread(*out, 1, ATT_SCALE_BYTES_MAX + 1, file) : 0;
    if (!status && ferror(file))
        status = att_fail_errno(err, errno, "reading %s", path);
    if (!status && *size > ATT_SCALE_BYTES_MAX)
        status = ATT_FAIL(err, ATT_LIMIT, "%s: more than %d bytes, that is no scale", path, ATT_SCALE_BYTES_MAX);
    fclose(file);
    return status;
}

static void drop_text(const att_host *host, char *text)
{
    if (text)
        ATT_FREE_ARRAY(host, text, ATT_SCALE_BYTES_MAX + 1);
}

att_status att_keymap_read(att_keymap *out, const char *path, const att_host *host, att_error *err)
{
    const att_host complete = att_host_complete(host);
    char *text;
    size_t size = 0;
    att_status status = read_text(path, &complete, &text, &size, err);
    if (!status)
        status = att_keymap_parse(out, (att_text){text, size}, path, err);
    drop_text(&complete, text);
    return status;
}

static att_status preset(att_scale *out, const char *name, att_error *err)
{
    char known[400] = "";
    for (size_t i = 0; i < att_scale_preset_count(); i++) {
        const att_scale_preset *p = att_scale_preset_at(i);
        if (strcasecmp(name, p->name) == 0) {
            memset(out, 0, sizeof *out);
            snprintf(out->name, sizeof out->name, "%s", p->name);
            out->count = p->count;
            memcpy(out->cents, p->cents, p->count * sizeof *p->cents);
            return ATT_OK;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", p->name);
    }
    return ATT_FAIL(err, ATT_INVALID, "scale: found \"%.40s\", expected a file that ends in .scl, or one of %s", name, known);
}

att_status att_scale_read(att_scale *out, const char *path_or_name, const att_host *host, att_error *err)
{
    const att_host complete = att_host_complete(host);
    const size_t length = strlen(path_or_name);
    if (length < 4 || strcasecmp(path_or_name + length - 4, ".scl") != 0)
        return preset(out, path_or_name, err);
    char *text;
    size_t size = 0;
    att_status status = read_text(path_or_name, &complete, &text, &size, err);
    if (!status)
        status = att_scale_parse(out, (att_text){text, size}, path_or_name, err);
    drop_text(&complete, text);
    return status;
}
