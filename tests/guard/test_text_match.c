// SPDX-License-Identifier: Apache-2.0
// A phrase is found however it is disguised, never inside an innocent word, and by both searches alike.
#include "check.h"

#include "base/rng.h"
#include "guard/text_match.h"

#include <stdlib.h>

static const char list[] = "# mild words stand for worse ones\n"
                           "[insult deny]\n"
                           "blockhead\n"
                           "dumb bunny\n"
                           "nitwit*\n"
                           "ass\n"
                           "tit\n"
                           "[odd hold=0.4 deny=0.9]\n"
                           "*lard*\n"
                           "god\n"
                           "penis\n"
                           "+ collard greens\n"
                           "+ mallard\n";

typedef struct scene {
    att_host host;
    att_arena scratch;
    att_folding *folding;
    att_rules rules;
    att_vocabulary *words;
    att_matcher *matcher;
} scene;

static void open_scene(scene *s, const char *phrases, const char *known, bool plain)
{
    att_error err = {0};
    *s = (scene){.host = att_host_default()};
    att_arena_init(&s->scratch, &s->host, 0);
    CHECK_OK(att_folding_create(&s->folding, false, &s->host, NULL));
    CHECK_OK_ERR(att_rules_parse(&s->rules, "list", att_text_of(phrases), s->folding, &s->host, &err), &err);
    if (known) {
        att_folded text;
        CHECK_OK(att_vocabulary_create(&s->words, &s->host, NULL));
        CHECK(att_folding_text(s->folding, att_text_of(known), &s->scratch, &text));
        CHECK_OK(att_vocabulary_count(s->words, &text, NULL));
        CHECK_OK(att_vocabulary_close(s->words, 1, NULL));
    }
    CHECK_OK_ERR(att_matcher_create(&s->matcher, &s->rules, s->words, plain, &s->host, &err), &err);
}

static void close_scene(scene *s)
{
    att_matcher_destroy(s->matcher);
    att_vocabulary_destroy(s->words);
    att_rules_deinit(&s->rules);
    att_folding_destroy(s->folding);
    att_arena_deinit(&s->scratch);
}

static size_t find(scene *s, const char *text, att_phrase_match **out)
{
    att_folded folded;
    size_t count;
    att_arena_reset(&s->scratch);
    CHECK(att_folding_text(s->folding, att_text_of(text), &s->scratch, &folded));
    CHECK(att_matcher_find(s->matcher, &folded, &s->scratch, out, &count));
    return count;
}

// Exactly one match, of this phrase, over exactly this part of the text.
static void check_found(scene *s, const char *text, const char *phrase, const char *part)
{
    att_phrase_match *found;
    const size_t count = find(s, text, &found);
    if (count != 1)
        CHECK_NOTE("in \"%s\"", text);
    CHECK_EQ(count, 1);
    CHECK_TEXT(s->rules.phrases.items[found[0].phrase].written, phrase);
    CHECK_TEXT(((att_text){text + found[0].begin, found[0].end - found[0].begin}), part);
    CHECK(found[0].score > 0 && found[0].score <= 1);
}

static void check_nothing(scene *s, const char *text)
{
    att_phrase_match *found;
    const size_t count = find(s, text, &found);
    if (count)
        CHECK_NOTE("in \"%s\"", text);
    CHECK_EQ(count, 0);
}

CHECK_TEST(every_disguise_is_seen_through_and_the_original_shown)
{
    CHECK_BEGIN();
    for (int plain = 0; plain < 2; plain++) {
        scene s;
        open_scene(&s, list, NULL, plain);
        check_found(&s, "you blockhead, you", "blockhead", "blockhead");
        check_found(&s, "you BlockHead!", "blockhead", "BlockHead");
        check_found(&s, "bl\u200Bock\u00ADhead", "blockhead", "bl\u200Bock\u00ADhead");
        check_found(&s, "oh \uFF42\uFF4C\uFF4F\uFF43\uFF4B\uFF48\uFF45\uFF41\uFF44 oh", "blockhead",
            "\uFF42\uFF4C\uFF4F\uFF43\uFF4B\uFF48\uFF45\uFF41\uFF44");
        check_found(&s, "bl\u043E\u0441khe\u0430d", "blockhead", "bl\u043E\u0441khe\u0430d");
        check_found(&s, "b.l.o.c.k.h.e.a.d.", "blockhead", "b.l.o.c.k.h.e.a.d");
        check_found(&s, "a b l o c k h e a d", "blockhead", "b l o c k h e a d");
        check_found(&s, "bl0ckh3@d", "blockhead", "bl0ckh3@d");
        check_found(&s, "6|0(k#34d", "blockhead", "6|0(k#34d");
        check_found(&s, "bbbllloooockheeaad", "blockhead", "bbbllloooockheeaad");
        check_found(&s, "bl*ckhead", "blockhead", "bl*ckhead");
        check_found(&s, "b*******d!", "blockhead", "b*******d");
        check_found(&s, "dumb -- bunny", "dumb bunny", "dumb -- bunny");
        check_found(&s, "@$$", "ass", "@$$");
        check_found(&s, "&#98;lockhead", "blockhead", "&#98;lockhead");
        close_scene(&s);
    }
}

CHECK_TEST(an_innocent_word_is_no_match)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, list, NULL, false);
    static const char *const innocent[] = {"blockheaded", "assets and classes", "Titan, title, petit", "good grief", "as is", "it's as's",
        "pen is red", "block-head", "s.a.s.s.y", "455", "dumbbunny", "a mallard ate collard greens", "b*d", "***", "h.e.a.d", ""};
    for (size_t i = 0; i < sizeof innocent / sizeof innocent[0]; i++)
        check_nothing(&s, innocent[i]);
    close_scene(&s);
}

CHECK_TEST(the_ends_of_a_phrase_are_as_the_list_says)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, list, NULL, false);
    check_found(&s, "nitwits", "nitwit*", "nitwit");
    check_found(&s, "nitwitted", "nitwit*", "nitwit");
    check_nothing(&s, "anitwit");
    check_found(&s, "collards and cards", "*lard*", "lard");
    close_scene(&s);
}

CHECK_TEST(a_known_word_is_not_a_doubled_or_joined_one)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, list, "good god pen is", false);
    check_nothing(&s, "good");
    check_found(&s, "gody godd", "god", "godd");
    check_nothing(&s, "pen-is");
    check_found(&s, "pe.nis", "penis", "pe.nis");
    close_scene(&s);
}

CHECK_TEST(a_list_with_a_mistake_is_refused_with_its_line)
{
    CHECK_BEGIN();
    static const struct {
        const char *text, *story;
    } bad[] = {{"blockhead\n", "list:1: found \"blockhead\" before any category"}, {"[a]\nb&b\n", "list:2: found \"b&b\""},
        {"[a]\n\nx\n", "list:3: \"x\" has 1 letters"}, {"[a\n", "list:1: found '['"}, {"[a deny=2]", "list:1: found \"deny=2\""},
        {"[a maybe]", "list:1: found \"maybe\""}, {"[none]", "list:1: \"none\" cannot"}, {"[]", "list:1: a category of 0 bytes"},
        {"[a]\n\xFF\xFE\n", "list:2: byte 1 is not UTF-8"}};
    scene s = {.host = att_host_default()};
    CHECK_OK(att_folding_create(&s.folding, false, &s.host, NULL));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        att_error err = {0};
        CHECK(att_rules_parse(&s.rules, "list", att_text_of(bad[i].text), s.folding, &s.host, &err) != ATT_OK);
        CHECK_HOLDS(err.text, bad[i].story);
    }
    att_folding_destroy(s.folding);
}

// A text of pieces that nearly are phrases.
static void random_text(att_rng *rng, char *out, size_t size)
{
    static const char *const pieces[] = {"blockhead", "bl0ck", "head", "ass", "$", "@", "s", "tit", "1", "!", " ", ".", "nitwit", "good", "go",
        "d", "\u043E", "\u200B", "*", "mallard", "lard", "pe", "nis", "dumb", "bunny", "ll", "i", "|"};
    size_t used = 0;
    for (uint64_t n = 1 + att_rng_below(rng, 24); n; n--) {
        const char *piece = pieces[att_rng_below(rng, sizeof pieces / sizeof pieces[0])];
        if (used + strlen(piece) + 1 > size)
            break;
        strcpy(out + used, piece);
        used += strlen(piece);
    }
}

CHECK_TEST(both_searches_find_the_same)
{
    CHECK_BEGIN();
    scene fast, plain;
    if (!att_scanner_exists())
        CHECK_SKIP("this build has no vectorscan");
    open_scene(&fast, list, NULL, false);
    open_scene(&plain, list, NULL, true);
    size_t total = 0;
    for (uint64_t run = 0; run < 5000; run++) {
        att_rng rng = att_rng_stream(20261126, run);
        char text[512] = "";
        att_phrase_match *a, *b;
        random_text(&rng, text, sizeof text);
        const size_t count = find(&fast, text, &a);
        CHECK_EQ(find(&plain, text, &b), count);
        total += count;
        for (size_t i = 0; i < count; i++)
            CHECK(a[i].phrase == b[i].phrase && a[i].begin == b[i].begin && a[i].end == b[i].end && a[i].how == b[i].how);
    }
    CHECK(total > 1000);
    close_scene(&fast);
    close_scene(&plain);
}

CHECK_TEST(of_a_dictionary_only_the_words_themselves_are_found)
{
    CHECK_BEGIN();
    static const char path[] = "/usr/share/dict/british-english";
    FILE *file = fopen(path, "r");
    scene s;
    char line[256];
    size_t words = 0, found_count = 0;
    if (!file)
        CHECK_SKIP("no British word list (Debian: wbritish)");
    // Each of them lies inside dozens of innocent words.
    open_scene(&s, "[x]\nass\ntit\ncum\ncock\nanal\nrape\nhell\nsex\nhoe\nfag\npiss\narse\nspic\ntwat\nhomo\ndyke\ncoon\nchink\nslut\nwank\n", NULL,
        false);
    while (fgets(line, sizeof line, file)) {
        att_phrase_match *found;
        line[strcspn(line, "\n")] = 0;
        words++;
        if (!find(&s, line, &found))
            continue;
        found_count++;
        // A word by itself, or before an apostrophe.
        const att_text phrase = s.rules.phrases.items[found[0].phrase].written;
        CHECK_EQ(found[0].begin, 0);
        CHECK_EQ(found[0].end, phrase.size);
        CHECK(line[phrase.size] == 0 || line[phrase.size] == '\'');
    }
    fclose(file);
    CHECK_NOTE("%zu of %zu words", found_count, words);
    CHECK(words > 70000);
    close_scene(&s);
}

static char *repeated(const char *part, size_t times, const char *behind)
{
    const size_t size = strlen(part);
    char *out = malloc(size * times + strlen(behind) + 1);
    CHECK(out != NULL);
    for (size_t i = 0; i < times; i++)
        memcpy(out + i * size, part, size);
    memcpy(out + size * times, behind, strlen(behind) + 1);
    return out;
}

CHECK_TEST(a_text_full_of_allowed_words_hides_nothing)
{
    CHECK_BEGIN();
    for (int plain = 0; plain < 2; plain++) {
        scene s;
        open_scene(&s, "[insult]\nblockhead\ndumb*\n+ dumbwaiter\n", NULL, plain);
        char *text = repeated("dumbwaiter ", 6000, "you blockhead");
        check_found(&s, text, "blockhead", "blockhead");
        free(text);
        close_scene(&s);
    }
}

// Each symbol of the run may begin the phrase, and each such try reads the whole run: tried all, this would take hours.
CHECK_TEST(a_phrase_is_found_behind_a_run_of_a_hundred_thousand_letters)
{
    CHECK_BEGIN();
    scene s;
    open_scene(&s, "[insult]\nidiot\n*lard\n", NULL, false);
    char *text = repeated("1i", 100000, "diot");
    check_found(&s, text, "idiot", text);
    free(text);
    text = repeated("! | ", 100000, "idiot");
    check_found(&s, text, "idiot", "idiot");
    free(text);
    text = repeated("l", 200000, "ard");
    check_found(&s, text, "*lard", text);
    free(text);
    close_scene(&s);
}

CHECK_MAIN(CHECK_CASE(a_text_full_of_allowed_words_hides_nothing),
    CHECK_CASE(a_phrase_is_found_behind_a_run_of_a_hundred_thousand_letters), CHECK_CASE(every_disguise_is_seen_through_and_the_original_shown), CHECK_CASE(an_innocent_word_is_no_match),
    CHECK_CASE(the_ends_of_a_phrase_are_as_the_list_says), CHECK_CASE(a_known_word_is_not_a_doubled_or_joined_one),
    CHECK_CASE(a_list_with_a_mistake_is_refused_with_its_line), CHECK_CASE(both_searches_find_the_same),
    CHECK_CASE(of_a_dictionary_only_the_words_themselves_are_found))
