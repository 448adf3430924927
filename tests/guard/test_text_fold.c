// SPDX-License-Identifier: Apache-2.0
// Whatever the letters are made of, a text folds to what an eye reads, and each letter knows its bytes.
#include "check.h"

#include "guard/text_fold.h"

typedef struct scene {
    att_host host;
    att_arena scratch;
    att_folding *folding;
} scene;

static void open_scene(scene *s, bool plain)
{
    s->host = att_host_default();
    att_arena_init(&s->scratch, &s->host, 0);
    CHECK_OK(att_folding_create(&s->folding, plain, &s->host, NULL));
}

static void close_scene(scene *s)
{
    att_folding_destroy(s->folding);
    att_arena_deinit(&s->scratch);
}

// The folded text as UTF-8. Static.
static const char *folded(scene *s, const char *text)
{
    static char out[512];
    att_folded result;
    size_t size = 0;
    CHECK(att_folding_text(s->folding, att_text_of(text), &s->scratch, &result));
    for (size_t i = 0; i < result.count; i++)
        size += att_fold_encode(result.symbols[i].code, out + size);
    out[size] = 0;
    return out;
}

static void check_disguises(scene *s)
{
    CHECK_STR(folded(s, "Bl\u200Bo\u00ADc\u2060k\uFE0F"), "block");
    CHECK_STR(folded(s, "b\u0336l\u0301o\u0308ck"), "block");
    CHECK_STR(folded(s, "\uFF22\uFF4C\uFF4F\uFF43\uFF4B"), "block");
    CHECK_STR(folded(s, "\U0001D41B\U0001D4F5\u24DE\U0001F132\U0001D55C"), "block");
    CHECK_STR(folded(s, "bl\u043E\u0441\u03BA"), "block");
    CHECK_STR(folded(s, "&#98;l&#x6f;ck &amp; co"), "block & co");
    CHECK_STR(folded(s, "cr\u00E8me \u00D8l \u0141\u00F3d\u017A"), "creme ol lodz");
    CHECK_STR(folded(s, "a\u3000b\u00A0c\td"), "a b c d");
    CHECK_STR(folded(s, "s|-|oe /\\pple d()g f() "), "shoe apple dog f() ");
}

CHECK_TEST(disguises_are_seen_through)
{
    CHECK_BEGIN();
    for (int plain = 0; plain < 2; plain++) {
        scene s;
        open_scene(&s, plain);
        check_disguises(&s);
        close_scene(&s);
    }
}

CHECK_TEST(a_word_of_another_script_keeps_its_letters)
{
    CHECK_BEGIN();
    for (int plain = 0; plain < 2; plain++) {
        scene s;
        open_scene(&s, plain);
        CHECK_STR(folded(&s, "\u0434\u043E\u043C"), "\u0434\u043E\u043C");        // "dom", the house
        CHECK_STR(folded(&s, "\u0422\u0430\u043C"), "\u0442\u0430\u043C");        // only faint likeness
        CHECK_STR(folded(&s, "bl\u043E\u0441k \u0434\u043E\u043C"), "block \u0434\u043E\u043C");
        CHECK_STR(folded(&s, "\u043D\u0435llo"), "hello"); // faint, but among Latin letters
        close_scene(&s);
    }
}

CHECK_TEST(every_symbol_knows_its_bytes)
{
    CHECK_BEGIN();
    scene s;
    att_folded result;
    static const char text[] = "a\u200B\uFF42 \u00DF&amp;\uFB01";
    open_scene(&s, false);
    CHECK(att_folding_text(s.folding, att_text_of(text), &s.scratch, &result));
    static const char *const expected[] = {"a", "\uFF42", " ", "\u00DF", "\u00DF", "&amp;", "\uFB01", "\uFB01"};
    if (att_fold_unicode_version()[0]) {
        CHECK_EQ(result.count, 8);
        for (size_t i = 0; i < result.count; i++) {
            const att_symbol *one = &result.symbols[i];
            CHECK_EQ(one->end - one->begin, strlen(expected[i]));
            CHECK(memcmp(text + one->begin, expected[i], strlen(expected[i])) == 0);
        }
    }
    CHECK(result.symbols[1].how & ATT_HOW_HIDDEN);
    CHECK(result.symbols[1].how & ATT_HOW_WIDTH);
    close_scene(&s);
}

CHECK_TEST(bytes_that_are_not_utf8_become_marks)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, false);
    CHECK_STR(folded(&s, "a\xFF\xC3z\xED\xA0\x80"), "a\uFFFD\uFFFDz\uFFFD\uFFFD\uFFFD");
    close_scene(&s);
}

CHECK_TEST(a_code_point_survives_encoding)
{
    CHECK_BEGIN();
    for (uint32_t code = 1; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
        char bytes[4];
        size_t size;
        if (code >= 0xD800 && code < 0xE000)
            continue;
        const size_t written = att_fold_encode(code, bytes);
        CHECK_EQ(att_fold_decode((att_text){bytes, written}, 0, &size), code);
        CHECK_EQ(size, written);
    }
}

CHECK_TEST(the_plain_twin_agrees_where_it_knows)
{
    CHECK_BEGIN();
    void *checker = att_fold_icu_create();
    int differ = 0, known = 0;
    if (!checker)
        CHECK_SKIP("this build has no ICU");
    for (uint32_t code = 0x80; code < 0x20000; code++) {
        att_fold_of icu;
        const att_fold_of plain = att_fold_plain(code);
        CHECK(att_fold_icu(checker, code, &icu));
        const bool letter = plain.count == 1 && plain.codes[0] >= 'a' && plain.codes[0] <= 'z';
        if (!letter && plain.count)
            continue;
        known++;
        const bool same = icu.count == plain.count && (plain.count == 0 || icu.codes[0] == plain.codes[0]);
        // Unassigned, or more than one letter in Unicode: the twin may be coarser there.
        if (!same && ++differ <= 20)
            CHECK_NOTE("U+%04X: %c by us, U+%04X (%u) by ICU", code, plain.count ? (char)plain.codes[0] : '-', icu.codes[0], icu.count);
    }
    att_fold_icu_destroy(checker);
    CHECK_NOTE("%d of %d differ", differ, known);
    CHECK(known > 1500);
    CHECK(differ * 100 < known);
}

CHECK_MAIN(CHECK_CASE(disguises_are_seen_through), CHECK_CASE(a_word_of_another_script_keeps_its_letters),
    CHECK_CASE(every_symbol_knows_its_bytes), CHECK_CASE(bytes_that_are_not_utf8_become_marks),
    CHECK_CASE(a_code_point_survives_encoding), CHECK_CASE(the_plain_twin_agrees_where_it_knows))
