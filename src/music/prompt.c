// SPDX-License-Identifier: Apache-2.0
// music/prompt.c - words about music become constraints and a vector.
//
// The prompt is cut into words; at each word the first of these that fits takes as many as it can, and says what it took them for:
//   negation     no, not, without, except …: the next things are unwanted, up to a comma or "but"
//   numbers      [relation] N [to M] [unit]: BPM, seconds, minutes, hours, years, decades; "around 90" is 90 ± 5 %
//   keys         A minor, F# dorian, minor
//   levels       high, low, medium before a feature: "high energy"
//   words        of the table, the longest first (prompt_words.c); tempo words; vocals
// What nothing takes is told as not understood, but for words that carry no meaning here ("a", "with", "song").
//
// The vector is the mean of the words' places, axis by axis; an unwanted word pulls to the other side (1 - x) with half its weight.
#include "attune/prompt.h"
#include "base/base.h"
#include "ingest/utf8.h"
#include "music/prompt_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORDS_MAX = 400, WORD_SIZE = 32 };

typedef struct word {
    size_t begin, end; // bytes of the prompt
    char text[WORD_SIZE]; // in lower case; cut when it is longer, then it is in no table
    bool capital, ends_clause; // a comma or the like stands behind it
} word;

typedef struct reader {
    att_music_prompt *out;
    word words[WORDS_MAX];
    size_t count;
    bool unwanted;
    size_t no_begin, no_end; // words of the last negation
} reader;

const char *att_prompt_axis_name(att_prompt_axis axis)
{
    static const char *const names[ATT_AXIS_COUNT] = {"energy", "valence", "arousal", "brightness", "harmonicity"};
    return (unsigned)axis < ATT_AXIS_COUNT ? names[axis] : "?";
}

const char *att_prompt_kind_name(att_prompt_kind kind)
{
    static const char *const names[] = {"genre", "mood", "instrument", "use"};
    return (unsigned)kind < ATT_COUNT_OF(names) ? names[kind] : "?";
}

// --- Words ------------------------------------------------------------------------------------------------------

static bool is_inside(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '#' || c == '\'' || c == '&' || (unsigned char)c >= 0x80;
}

// A point or colon between digits is of the number: "0.5", "3:30".
static bool joins_digits(att_text t, size_t at)
{
    return (t.data[at] == '.' || t.data[at] == ':') && at && at + 1 < t.size && t.data[at - 1] >= '0' && t.data[at - 1] <= '9' &&
           t.data[at + 1] >= '0' && t.data[at + 1] <= '9';
}

static bool is_dash(att_text t, size_t at, size_t *size)
{
    *size = 1;
    if (t.data[at] == '-' || t.data[at] == '~')
        return true;
    *size = 3;
    return at + 2 < t.size && memcmp(t.data + at, "\xE2\x80", 2) == 0 && ((unsigned char)t.data[at + 2] & 0xFC) == 0x90; // dashes of Unicode
}

static void add_word(reader *r, att_text t, size_t begin, size_t end)
{
    if (r->count == WORDS_MAX)
        return;
    word *w = &r->words[r->count++];
    *w = (word){.begin = begin, .end = end, .capital = t.data[begin] >= 'A' && t.data[begin] <= 'Z'};
    for (size_t i = 0; i < end - begin && i + 1 < WORD_SIZE; i++) {
        const char c = t.data[begin + i];
        w->text[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
}

// A dash stands as a word of its own between numbers, and cuts other words in two: "high-energy". A digit behind letters, or letters behind
// digits, is another word ("120bpm"), but for notes and decades.
static void cut_words(reader *r, att_text t)
{
    size_t dash;
    for (size_t at = 0; at < t.size;) {
        if (is_dash(t, at, &dash)) {
            if (t.data[at] == '~' || (r->count && r->words[r->count - 1].end == at && r->words[r->count - 1].text[0] <= '9') ||
                (at + dash < t.size && t.data[at + dash] >= '0' && t.data[at + dash] <= '9')) {
                add_word(r, t, at, at + dash);
                snprintf(r->words[r->count - 1].text, WORD_SIZE, "%s", t.data[at] == '~' ? "around" : "-");
            }
            at += dash;
        } else if (!is_inside(t.data[at])) {
            if (r->count && strchr(",;.!?()/", t.data[at]))
                r->words[r->count - 1].ends_clause = true;
            if (t.data[at] == '<' || t.data[at] == '>') {
                add_word(r, t, at, at + 1);
                snprintf(r->words[r->count - 1].text, WORD_SIZE, "%s", t.data[at] == '<' ? "under" : "over");
            }
            at++;
        } else {
            const bool number = t.data[at] >= '0' && t.data[at] <= '9';
            size_t end = at;
            while (end < t.size && ((is_inside(t.data[end]) && !(is_dash(t, end, &dash)) &&
                                        (!number || (t.data[end] >= '0' && t.data[end] <= '9'))) || (number && joins_digits(t, end))))
                end++;
            if (number && end < t.size && (t.data[end] == 's' || t.data[end] == 'S') && (end + 1 == t.size || !is_inside(t.data[end + 1])))
                end++; // 80s
            else if (number && end + 1 < t.size && t.data[end] == '\'' && t.data[end + 1] == 's')
                end += 2;
            end += end == at; // one byte at least
            add_word(r, t, at, end);
            at = end;
        }
    }
}

// --- What was understood ------------------------------------------------------------------------------------------

static void say(reader *r, size_t first, size_t count, const char *format, ...) ATT_PRINTF(4, 5);
static void say(reader *r, size_t first, size_t count, const char *format, ...)
{
    att_music_prompt *p = r->out;
    if (p->understood_count == ATT_PROMPT_SAID_MAX)
        return;
    att_prompt_said *said = &p->understood[p->understood_count++];
    const bool negated = r->unwanted && r->no_end == first && r->no_end > r->no_begin;
    *said = (att_prompt_said){.begin = r->words[negated ? r->no_begin : first].begin, .end = r->words[first + count - 1].end};
    va_list args;
    va_start(args, format);
    vsnprintf(said->meaning, sizeof said->meaning, format, args);
    va_end(args);
}

static const char *word_at(const reader *r, size_t at)
{
    return at < r->count ? r->words[at].text : "";
}

// The next of "no|not|without"; NULL: that was the last.
static const char *next_of(const char *list)
{
    const char *bar = strchr(list, '|');
    return bar ? bar + 1 : NULL;
}

static bool is_one_of(const char *text, const char *list)
{
    const size_t size = strlen(text);
    for (const char *at = list; size && at; at = next_of(at))
        if (strncmp(at, text, size) == 0 && (at[size] == '|' || at[size] == 0))
            return true;
    return false;
}

// How many words of the prompt from `at` on are one of the phrases of a list; 0: none. The longest.
static size_t match_phrases(const reader *r, size_t at, const char *list)
{
    size_t best = 0;
    char phrase[3 * WORD_SIZE + 3] = "";
    for (size_t n = 0; n < 3 && at + n < r->count; n++) {
        if (n && r->words[at + n - 1].ends_clause)
            break;
        const size_t used = strlen(phrase);
        snprintf(phrase + used, sizeof phrase - used, "%s%s", n ? " " : "", r->words[at + n].text);
        // Of the table's words too a dash is a blank.
        for (const char *p = list; p; p = next_of(p)) {
            size_t k = 0;
            while (phrase[k] && p[k] && p[k] != '|' && (p[k] == phrase[k] || (p[k] == '-' && phrase[k] == ' ')))
                k++;
            if (!phrase[k] && (!p[k] || p[k] == '|'))
                best = n + 1;
        }
    }
    return best;
}

// --- Numbers --------------------------------------------------------------------------------------------------------

typedef enum unit { UNIT_NONE, UNIT_BPM, UNIT_SECONDS, UNIT_MINUTES, UNIT_HOURS, UNIT_YEARS } unit;

static unit unit_of(const char *text)
{
    static const char *const names[] = {"", "bpm|beats", "s|sec|secs|second|seconds", "min|mins|minute|minutes", "h|hour|hours|hr", "year|years"};
    for (unsigned u = 1; u < ATT_COUNT_OF(names); u++)
        if (is_one_of(text, names[u]))
            return (unit)u;
    return UNIT_NONE;
}

typedef enum relation { EXACTLY, AROUND, UNDER, OVER, BETWEEN } relation;

// The relation before a number; *used: its words.
static relation relation_at(const reader *r, size_t at, size_t *used)
{
    static const struct {
        const char *phrases;
        relation relation;
    } all[] = {{"around|about|roughly|approximately|approx|circa|ca|near|some", AROUND},
        {"under|below|less than|slower than|at most|max|maximum|up to|no more than|shorter than|not over|before|no longer than|no faster than", UNDER},
        {"over|above|more than|faster than|at least|min|minimum|no less than|longer than|not under|after|from at least|no slower than", OVER},
        {"between|from", BETWEEN}};
    *used = 0;
    for (size_t i = 0; i < ATT_COUNT_OF(all); i++)
        if ((*used = match_phrases(r, at, all[i].phrases)))
            return all[i].relation;
    return EXACTLY;
}

// "120", "3:30" (as minutes and seconds), "0.5". False: no number.
static bool number_of(const char *text, double *out, bool *is_clock)
{
    char *end;
    *is_clock = false;
    if (text[0] < '0' || text[0] > '9')
        return false;
    *out = 0;
    for (end = (char *)(uintptr_t)text; *end >= '0' && *end <= '9'; end++)
        *out = 10 * *out + (*end - '0');
    if (*end == '.') {
        double place = 0.1;
        for (end++; *end >= '0' && *end <= '9'; end++, place /= 10)
            *out += place * (*end - '0');
    } else if (*end == ':') {
        double seconds = 0;
        for (end++; *end >= '0' && *end <= '9'; end++)
            seconds = 10 * seconds + (*end - '0');
        *out = 60 * *out + seconds;
        *is_clock = true;
    }
    return *end == 0 && *out < 1e6;
}

// "80s", "1980s", "90's". 0: none.
static int decade_of(const char *text)
{
    int year = 0, digits = 0;
    for (; text[digits] >= '0' && text[digits] <= '9' && digits < 5; digits++)
        year = 10 * year + (text[digits] - '0');
    if ((digits != 2 && digits != 4) || year % 10 || (strcmp(text + digits, "s") != 0 && strcmp(text + digits, "'s") != 0))
        return 0;
    return digits == 4 ? year : year >= 30 ? 1900 + year : 2000 + year;
}

static att_prompt_range range_of(relation is, double a, double b, double exact, double around)
{
    switch (is) {
    case AROUND:
        return (att_prompt_range){true, a - around, a + around};
    case UNDER:
        return (att_prompt_range){true, -HUGE_VAL, a};
    case OVER:
        return (att_prompt_range){true, a, HUGE_VAL};
    case BETWEEN:
        return (att_prompt_range){true, fmin(a, b), fmax(a, b)};
    default:
        return (att_prompt_range){true, a - exact, a + exact};
    }
}

static void say_range(reader *r, size_t first, size_t count, const char *what, const att_prompt_range *range, double scale, const char *of)
{
    if (!isfinite(range->least))
        say(r, first, count, "%s at most %g%s", what, range->most / scale, of);
    else if (!isfinite(range->most))
        say(r, first, count, "%s at least %g%s", what, range->least / scale, of);
    else
        say(r, first, count, "%s %g to %g%s", what, range->least / scale, range->most / scale, of);
}

// Two bounds of one thing are one range: "over 100 bpm, under 120 bpm".
static void bound(att_prompt_range *to, att_prompt_range by)
{
    if (to->given && ((!isfinite(to->least) && isfinite(by.least)) || (!isfinite(to->most) && isfinite(by.most)))) {
        by.least = fmax(by.least, to->least);
        by.most = fmin(by.most, to->most);
    }
    *to = by;
}

static void take_year(reader *r, size_t first, size_t used, att_prompt_range range)
{
    bound(&r->out->year, range);
    say_range(r, first, used, "years", &range, 1, "");
}

static size_t take_number(reader *r, size_t at)
{
    size_t used, more = 0;
    const relation is = relation_at(r, at, &used);
    double a, b = 0;
    bool clock, second = false;
    const size_t first = at + used;
    const int decade = decade_of(word_at(r, first));
    if (decade) {
        take_year(r, at, used + 1, is == UNDER ? range_of(UNDER, decade - 1, 0, 0, 0) : is == OVER ? range_of(OVER, decade, 0, 0, 0)
                                                                                               : range_of(BETWEEN, decade, decade + 9, 0, 0));
        return used + 1;
    }
    if (!number_of(word_at(r, first), &a, &clock))
        return 0;
    if (is_one_of(word_at(r, first + 1), "-|to|and|until") && number_of(word_at(r, first + 2), &b, &clock) && (is != EXACTLY || !is_one_of(word_at(r, first + 1), "and")))
        second = true, more = 2;
    const unit u = unit_of(word_at(r, first + more + 1));
    const size_t whole = used + 1 + more + (u != UNIT_NONE);
    const relation really = second ? BETWEEN : is == BETWEEN ? EXACTLY : is;
    if (u == UNIT_BPM || (u == UNIT_NONE && !clock && a >= 30 && a <= 300 && (!second || b <= 300))) {
        const att_prompt_range range = range_of(really, a, b, 1, 0.05 * a);
        bound(&r->out->tempo_bpm, range);
        say_range(r, at, whole, u ? "tempo" : "tempo (taken as BPM)", &range, 1, " BPM");
        return whole;
    }
    if (u == UNIT_SECONDS || u == UNIT_MINUTES || u == UNIT_HOURS || clock) {
        const double scale = u == UNIT_MINUTES && !clock ? 60 : u == UNIT_HOURS ? 3600 : 1;
        const att_prompt_range range = range_of(really, a * scale, b * scale, 0.1 * a * scale, 0.2 * a * scale);
        bound(&r->out->duration_s, range);
        say_range(r, at, whole, "length", &range, 1, " s");
        return whole;
    }
    if (a >= 1900 && a <= 2100) {
        take_year(r, at, used + 1 + more, range_of(really, really == UNDER ? a - 1 : a, b, 0, 2));
        return used + 1 + more;
    }
    return 0;
}

// --- Keys -------------------------------------------------------------------------------------------------------------

static const char *const modes = "major|minor|dorian|phrygian|lydian|mixolydian|aeolian|locrian|ionian|pentatonic|dur|moll|maj";

static const char *mode_name(const char *text)
{
    if (is_one_of(text, "dur|maj|ionian"))
        return "major";
    return is_one_of(text, "moll|aeolian") ? "minor" : text;
}

// "f#", "bb", or "f" with "sharp" behind it. -1: no note.
static int note_of(const reader *r, size_t at, size_t *used)
{
    static const int semitones[] = {9, 11, 0, 2, 4, 5, 7}; // a … g
    const char *text = word_at(r, at);
    if (text[0] < 'a' || text[0] > 'g')
        return -1;
    int note = semitones[text[0] - 'a'];
    *used = 1;
    if (strcmp(text + 1, "#") == 0 || strcmp(text + 1, "\xE2\x99\xAF") == 0)
        note++;
    else if (strcmp(text + 1, "b") == 0 || strcmp(text + 1, "\xE2\x99\xAD") == 0)
        note += 11;
    else if (text[1])
        return -1;
    else if (strcmp(word_at(r, at + 1), "sharp") == 0)
        note++, *used = 2;
    else if (strcmp(word_at(r, at + 1), "flat") == 0)
        note += 11, *used = 2;
    return note % 12;
}

static size_t take_key(reader *r, size_t at)
{
    static const char *const notes[] = {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"};
    att_music_prompt *p = r->out;
    size_t used = 0, before = match_phrases(r, at, "key of|in the key of|in");
    const int note = note_of(r, at + before, &used);
    const char *mode = word_at(r, at + before + used);
    const bool has_mode = is_one_of(mode, modes);
    if (r->unwanted)
        return 0;
    if (note >= 0 && (has_mode || (before && r->words[at + before].capital))) {
        p->tonic = note;
        if (has_mode)
            snprintf(p->mode, sizeof p->mode, "%s", mode_name(mode));
        say(r, at, before + used + has_mode, has_mode ? "key %s %s" : "key of %s%s", notes[note], has_mode ? p->mode : "");
        return before + used + has_mode;
    }
    if (!is_one_of(word_at(r, at), modes) || strcmp(word_at(r, at), "maj") == 0)
        return 0;
    snprintf(p->mode, sizeof p->mode, "%s", mode_name(word_at(r, at)));
    say(r, at, 1, "mode %s", p->mode);
    return 1;
}

// --- Levels and words ---------------------------------------------------------------------------------------------------

static void pull(att_music_prompt *p, unsigned axis, double to, double weight)
{
    p->vector[axis] = (p->vector[axis] * p->weight[axis] + to * weight) / (p->weight[axis] + weight);
    p->weight[axis] += weight;
}

// "high energy", "low brightness", "not too much energy".
static size_t take_level(reader *r, size_t at)
{
    static const char *const features[ATT_AXIS_COUNT] = {"energy|intensity", "valence|positivity", "arousal|excitement", "brightness|treble", "harmonicity"};
    static const struct {
        const char *phrases;
        double least, most;
    } levels[] = {{"very high", 0.8, 1}, {"high|lots of|much|more|full of", 0.65, 1}, {"medium|moderate|some|mid", 0.35, 0.65}, {"very low", 0, 0.2}, {"low|little|less", 0, 0.35}};
    for (size_t l = 0; l < ATT_COUNT_OF(levels); l++) {
        const size_t used = match_phrases(r, at, levels[l].phrases);
        for (unsigned a = 0; used && a < ATT_AXIS_COUNT; a++) {
            if (!is_one_of(word_at(r, at + used), features[a]))
                continue;
            double least = levels[l].least, most = levels[l].most;
            if (r->unwanted) { // not high: below; not low: above
                const bool was_high = most > 1 - least;
                most = was_high ? least : 1;
                least = was_high ? 0 : levels[l].most;
            }
            r->out->axes[a] = (att_prompt_range){true, least, most};
            pull(r->out, a, least <= 0 ? most / 2 : most >= 1 ? (1 + least) / 2 : (least + most) / 2, 2);
            say(r, at, used + 1, "%s %g to %g", att_prompt_axis_name((att_prompt_axis)a), least, most);
            return used + 1;
        }
    }
    return 0;
}

static void first_name(const char *words, char out[WORD_SIZE])
{
    const size_t size = strcspn(words, "|");
    snprintf(out, WORD_SIZE, "%.*s", (int)ATT_MIN(size, (size_t)WORD_SIZE - 1), words);
}

// Where a mood lies farthest from the middle: what "not sad" is about. ATT_AXIS_COUNT: nowhere far.
static unsigned telling_axis(const att_prompt_word *w)
{
    unsigned best = ATT_AXIS_COUNT;
    float far = 0.24f;
    for (unsigned a = 0; a < ATT_AXIS_COUNT; a++)
        if (w->axes[a] >= 0 && fabsf(w->axes[a] - 0.5f) > far) {
            far = fabsf(w->axes[a] - 0.5f);
            best = a;
        }
    return best;
}

static void take_meaning(reader *r, const att_prompt_word *w, size_t at, size_t used)
{
    att_music_prompt *p = r->out;
    char name[WORD_SIZE];
    first_name(w->words, name);
    if (p->term_count < ATT_PROMPT_TERMS_MAX)
        p->terms[p->term_count++] = (att_prompt_term){w->kind, w->words, r->unwanted};
    for (unsigned a = 0; a < ATT_AXIS_COUNT; a++) {
        if (w->axes[a] < 0)
            continue;
        pull(p, a, r->unwanted ? 1 - (double)w->axes[a] : (double)w->axes[a], r->unwanted ? 0.5 : 1);
        // "not sad" is a bound and no mere leaning.
        if (r->unwanted && w->kind == ATT_PROMPT_MOOD && a == telling_axis(w) && !p->axes[a].given)
            p->axes[a] = w->axes[a] < 0.5f ? (att_prompt_range){true, 0.4, 1} : (att_prompt_range){true, 0, 0.6};
    }
    if (!r->unwanted && w->tempo_most > 0 && !p->tempo_bpm.given)
        p->tempo_bpm = (att_prompt_range){true, (double)w->tempo_least, (double)w->tempo_most};
    if (!r->unwanted && w->vocals && !p->vocals)
        p->vocals = w->vocals;
    say(r, at, used, "%s%s: %s", r->unwanted ? "unwanted " : "", att_prompt_kind_name(w->kind), name);
}

static size_t take_word(reader *r, size_t at)
{
    const att_prompt_word *best = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < att_prompt_word_count; i++) {
        const size_t used = match_phrases(r, at, att_prompt_words[i].words);
        if (used > longest) {
            longest = used;
            best = &att_prompt_words[i];
        }
    }
    if (best)
        take_meaning(r, best, at, longest);
    return longest;
}

static size_t take_tempo_word(reader *r, size_t at)
{
    size_t longest = 0, used;
    const att_tempo_word *best = NULL;
    for (size_t i = 0; i < att_tempo_word_count; i++)
        if ((used = match_phrases(r, at, att_tempo_words[i].words)) > longest) {
            longest = used;
            best = &att_tempo_words[i];
        }
    if (!best)
        return 0;
    att_prompt_range range = {true, best->least, best->most};
    if (r->unwanted) // not slow: faster than that; not fast: slower
        range = best->most < 110 ? (att_prompt_range){true, best->most, HUGE_VAL} : (att_prompt_range){true, -HUGE_VAL, best->least};
    bound(&r->out->tempo_bpm, range);
    say_range(r, at, longest, "tempo", &range, 1, " BPM");
    return longest;
}

static size_t take_other(reader *r, size_t at)
{
    att_music_prompt *p = r->out;
    size_t used;
    if ((used = match_phrases(r, at, "vocals|vocal|voice|voices|singing|singer|lyrics|sung|words"))) {
        p->vocals = r->unwanted ? ATT_WISH_WITHOUT : ATT_WISH_WITH;
        say(r, at, used, r->unwanted ? "without vocals" : "with vocals");
    } else if ((used = match_phrases(r, at, "instrumental|instrumentals"))) {
        p->vocals = r->unwanted ? ATT_WISH_WITH : ATT_WISH_WITHOUT;
        say(r, at, used, r->unwanted ? "with vocals" : "without vocals");
    } else if ((used = match_phrases(r, at, "half-time|halftime|half time feel"))) {
        p->half_time = !r->unwanted;
        say(r, at, used, "half-time: felt at half the tempo");
    } else if ((used = match_phrases(r, at, "double-time|doubletime|double time feel"))) {
        p->double_time = !r->unwanted;
        say(r, at, used, "double-time: felt at twice the tempo");
    }
    return used;
}

// --- All of it ----------------------------------------------------------------------------------------------------------

static bool means_nothing(const char *text)
{
    return is_one_of(text, "a|an|the|with|and|or|for|song|songs|track|tracks|music|tune|tunes|piece|some|please|i|want|me|my|give|make|play|something|of|in|to|"
                           "that|is|at|very|really|feel|feeling|vibe|vibes|mood|style|sound|sounds|sounding|tempo|bpm|key|too|on|it|be|from|era|like|but|kind|"
                           "genre|need|would|i'd|by|as|any|also|bit|just|while|when|so|quite|s|'s|-|around|long|length|instruments|instrument");
}

static void ignore(reader *r, size_t at)
{
    att_music_prompt *p = r->out;
    if (!means_nothing(r->words[at].text) && p->ignored_count < ATT_PROMPT_SAID_MAX)
        p->ignored[p->ignored_count++] = (att_prompt_said){r->words[at].begin, r->words[at].end, "not understood"};
}

// "not" before what is wanted less; true when it was one.
static size_t take_negation(reader *r, size_t at)
{
    if (match_phrases(r, at, "no more than|no less than|not over|not under|no longer than|no faster than|no slower than"))
        return 0;
    const size_t used = match_phrases(r, at, "no|not|without|non|minus|except|avoid|never|nothing|isn't|don't|w/o|not too|not so|nor|neither|free of");
    if (used) {
        r->unwanted = true;
        r->no_begin = at;
        r->no_end = at + used;
    }
    return used;
}

static void read_words(reader *r)
{
    static size_t (*const takers[])(reader *, size_t) = {take_negation, take_number, take_key, take_level, take_other, take_tempo_word, take_word};
    for (size_t at = 0; at < r->count;) {
        size_t used = 0;
        if (is_one_of(r->words[at].text, "but|with"))
            r->unwanted = false;
        for (size_t t = 0; t < ATT_COUNT_OF(takers) && !used; t++)
            used = takers[t](r, at);
        if (!used) {
            ignore(r, at);
            used = 1;
        }
        for (size_t k = 0; k < used; k++)
            if (r->words[at + k].ends_clause)
                r->unwanted = false;
        at += used;
    }
}

static void begin(att_music_prompt *out)
{
    memset(out, 0, sizeof *out);
    out->tonic = -1;
}

att_status att_music_prompt_read(att_music_prompt *out, att_text prompt, att_error *err)
{
    begin(out);
    if (prompt.size > ATT_PROMPT_SIZE_MAX)
        return ATT_FAIL(err, ATT_LIMIT, "prompt: %zu bytes, at most %d are read", prompt.size, ATT_PROMPT_SIZE_MAX);
    for (size_t at = 0, step; at < prompt.size; at += step)
        if (!(step = (unsigned char)prompt.data[at] < 0x80 ? 1 : att_utf8_length(prompt.data + at, prompt.size - at)))
            return ATT_FAIL(err, ATT_INVALID, "prompt: byte %zu is not UTF-8", at + 1);
    reader r = {.out = out};
    cut_words(&r, prompt);
    read_words(&r);
    return ATT_OK;
}
