// SPDX-License-Identifier: Apache-2.0
// guard/text_fold_icu.c - folding by ICU: normal forms, properties and the skeletons of UTS 39.
//
// Two of Unicode's skeletons are not what we want: "m" has the skeleton "rn", and I, 1, | all have "l". So a form that
// NFKC makes ASCII is taken from there, and a capital whose skeleton is "l" is an i.
#include "guard/text_fold.h"

#ifdef ATT_ICU
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>
#include <unicode/uversion.h>

enum { UNITS = 32 };

typedef struct units {
    UChar text[UNITS];
    int32_t count;
} units;

static units of_code(uint32_t code)
{
    units out = {.count = 0};
    UBool bad = 0;
    U16_APPEND(out.text, out.count, UNITS, (UChar32)code, bad);
    if (bad)
        out.count = 0;
    return out;
}

static units normal(const UNormalizer2 *form, const units *in)
{
    UErrorCode status = U_ZERO_ERROR;
    units out = *in;
    const int32_t count = unorm2_normalize(form, in->text, in->count, out.text, UNITS, &status);
    if (U_FAILURE(status) || count > UNITS)
        return *in;
    out.count = count;
    return out;
}

// Letters and digits of ASCII, lower case, at most `capacity`; 0: it is something else.
static uint8_t ascii_of(const units *in, uint32_t *out, size_t capacity)
{
    if (in->count < 1 || (size_t)in->count > capacity)
        return 0;
    for (int32_t i = 0; i < in->count; i++) {
        const UChar c = in->text[i];
        if (c >= 0x7F || c <= 0x20)
            return 0;
        out[i] = c >= 'A' && c <= 'Z' ? (uint32_t)(c + 32) : c;
    }
    return (uint8_t)in->count;
}

static units skeleton(const USpoofChecker *checker, const units *in)
{
    UErrorCode status = U_ZERO_ERROR;
    units out = {.count = 0};
    const int32_t count = uspoof_getSkeleton(checker, 0, in->text, in->count, out.text, UNITS, &status);
    out.count = U_FAILURE(status) || count > UNITS ? 0 : count;
    return out;
}

// What a letter looks like among a … z (or 0 … 9), 0: like none of them.
static uint32_t look(const USpoofChecker *checker, uint32_t code)
{
    const units in = of_code(code), seen = skeleton(checker, &in);
    uint32_t letters[2];
    const uint8_t count = ascii_of(&seen, letters, 2);
    if (count == 2)
        return letters[0] == 'r' && letters[1] == 'n' ? 'm' : 0;
    if (count == 1 && letters[0] == 'l' && u_isupper((UChar32)code))
        return 'i';
    return count == 1 && letters[0] >= 'a' && letters[0] <= 'z' ? letters[0] : 0;
}

static bool is_combining(UChar32 c)
{
    UErrorCode status = U_ZERO_ERROR;
    const int8_t type = u_charType(c);
    return (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK) && uscript_getScript(c, &status) == USCRIPT_INHERITED;
}

static uint8_t kind_of(UChar32 c)
{
    if (u_isUWhiteSpace(c) || c == 0x2800)
        return ATT_SYMBOL_SPACE;
    if (u_charDigitValue(c) >= 0)
        return ATT_SYMBOL_DIGIT;
    return u_isalpha(c) || (U_GET_GC_MASK(c) & U_GC_M_MASK) ? ATT_SYMBOL_LETTER : ATT_SYMBOL_MARK;
}

static bool put_narrow(uint32_t code, const units *nfkc, att_fold_of *out)
{
    out->count = ascii_of(nfkc, out->codes, ATT_FOLD_CODES_MAX);
    if (!out->count)
        return false;
    memcpy(out->own, out->codes, sizeof out->own);
    out->own_count = out->count;
    out->how = (uint8_t)(ATT_HOW_WIDTH | (u_isupper((UChar32)code) ? ATT_HOW_CASE : 0));
    out->kind = kind_of((UChar32)out->codes[0]);
    return true;
}

// Folded to lower case, without accents.
static uint8_t own_letters(uint32_t code, uint32_t *out, bool *accents)
{
    UErrorCode status = U_ZERO_ERROR;
    const units in = of_code(code), folded = normal(unorm2_getNFKCCasefoldInstance(&status), &in),
                apart = normal(unorm2_getNFDInstance(&status), &folded);
    uint8_t count = 0;
    for (int32_t at = 0; at < apart.count && count < ATT_FOLD_CODES_MAX;) {
        UChar32 c;
        U16_NEXT(apart.text, at, apart.count, c);
        if (is_combining(c))
            *accents = true;
        else if (!u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT))
            out[count++] = (uint32_t)(u_isUWhiteSpace(c) ? ' ' : c);
    }
    return count;
}

static void put_letters(const USpoofChecker *checker, uint32_t code, att_fold_of *out)
{
    bool accents = false;
    UErrorCode status = U_ZERO_ERROR;
    const UScriptCode script = uscript_getScript((UChar32)code, &status);
    out->own_count = own_letters(code, out->own, &accents);
    const uint32_t whole = look(checker, code);
    if (whole) {
        out->codes[0] = whole;
        out->count = 1;
        out->how |= ATT_HOW_LOOK;
    } else {
        for (uint8_t i = 0; i < out->own_count; i++) {
            const uint32_t seen = out->own[i] < 0x80 ? 0 : look(checker, out->own[i]);
            out->codes[i] = seen ? seen : out->own[i];
            out->how |= seen ? ATT_HOW_LOOK : 0;
        }
        out->count = out->own_count;
    }
    out->how |= (uint8_t)((accents ? ATT_HOW_ACCENT : 0) | (u_isupper((UChar32)code) ? ATT_HOW_CASE : 0));
    out->kind = out->count ? kind_of((UChar32)out->codes[0]) : ATT_SYMBOL_SPACE;
    out->script = script == USCRIPT_LATIN || script <= USCRIPT_INHERITED ? 0 : (uint8_t)(1 + script % 255);
}

bool att_fold_icu(void *checker, uint32_t code, att_fold_of *out)
{
    *out = (att_fold_of){.count = 0};
    UErrorCode status = U_ZERO_ERROR;
    const att_fold_of plain = att_fold_plain(code);
    const bool by_formula = code < 0x80 || (plain.how & ATT_HOW_WIDTH); // squared and flag letters have no NFKC
    if (by_formula || kind_of((UChar32)code) == ATT_SYMBOL_SPACE) {
        *out = plain;
        return true;
    }
    if (u_hasBinaryProperty((UChar32)code, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || is_combining((UChar32)code) ||
        u_charType((UChar32)code) == U_FORMAT_CHAR) {
        out->how = ATT_HOW_HIDDEN;
        return true;
    }
    const units in = of_code(code), nfkc = normal(unorm2_getNFKCInstance(&status), &in);
    if (put_narrow(code, &nfkc, out))
        return true;
    if (kind_of((UChar32)code) == ATT_SYMBOL_MARK) {
        *out = plain;
        if (plain.kind == ATT_SYMBOL_LETTER) {
            out->kind = ATT_SYMBOL_MARK;
            out->codes[0] = out->own[0] = code;
            out->how = 0;
        }
        return true;
    }
    put_letters(checker, code, out);
    if (plain.how & (ATT_HOW_LOOK | ATT_HOW_ACCENT)) { // small capitals, letters with a stroke: Unicode has neither skeleton nor parts
        const bool same = out->count == 1 && out->codes[0] < 0x80;
        if (!same) {
            out->codes[0] = plain.codes[0];
            out->count = 1;
            out->kind = ATT_SYMBOL_LETTER;
            out->how |= plain.how;
            out->faint = plain.faint;
        }
    }
    return true;
}

void *att_fold_icu_create(void)
{
    UErrorCode status = U_ZERO_ERROR;
    USpoofChecker *checker = uspoof_open(&status);
    return U_FAILURE(status) ? NULL : checker;
}

void att_fold_icu_destroy(void *checker)
{
    if (checker)
        uspoof_close(checker);
}

const char *att_fold_unicode_version(void)
{
    return U_UNICODE_VERSION;
}
#else
bool att_fold_icu(void *checker, uint32_t code, att_fold_of *out)
{
    (void)checker;
    (void)code;
    (void)out;
    return false;
}

void *att_fold_icu_create(void)
{
    return NULL;
}

void att_fold_icu_destroy(void *checker)
{
    (void)checker;
}

const char *att_fold_unicode_version(void)
{
    return "";
}
#endif
