// SPDX-License-Identifier: Apache-2.0
// measure/sim_words.c - titles and descriptions of things that do not exist.
//
// Every theme has its words, so that text tells something about the hidden place of an item, as a
// real description does: about, not exactly.
#include "measure/sim_world.h"

#include <ctype.h>
#include <stdio.h>

static const sim_theme themes[SIM_THEMES] = {
    {{"synthwave", "neo-noir", "racing"}, {"dark", "dreamy"}, 0.6f, 0.0f, 12,
        {"Neon", "Chrome", "Midnight", "Electric", "Wet", "Violet"},
        {"Highway", "Skyline", "Signal", "Engine", "Mirage", "Boulevard", "Turbine", "Headlight"},
        {"long drives after midnight", "a city that never quite sleeps", "speed and empty roads"}},
    {{"ambient", "nature film", "walking simulator"}, {"calm", "dreamy"}, -1.9f, 0.5f, 0,
        {"Quiet", "Slow", "Pale", "Drifting", "Soft", "Hollow"},
        {"Moss", "Tide", "Snowfield", "Meadow", "Cloud", "Estuary", "Morning", "Lichen"},
        {"water, stone and patience", "a valley at first light", "letting an evening go by"}},
    {{"metal", "action", "shooter"}, {"raw", "tense"}, 2.1f, -0.7f, 16,
        {"Iron", "Burning", "Savage", "Broken", "Blackened", "Final"},
        {"Hammer", "Siege", "Wolf", "Thunder", "Barricade", "Wrath", "Furnace", "Vanguard"},
        {"a last stand against the odds", "anger put to use", "what it costs to hold a line"}},
    {{"house", "musical", "rhythm game"}, {"energetic", "bright"}, 1.7f, 1.3f, 0,
        {"Golden", "Dizzy", "Velvet", "Glowing", "Restless", "Summer"},
        {"Floor", "Mirrorball", "Pulse", "Carnival", "Heatwave", "Parade", "Tambourine", "Sunrise"},
        {"dancing until the lights come on", "one perfect summer", "bodies moving together"}},
    {{"folk", "family film", "farming game"}, {"hopeful", "intimate"}, -0.9f, 1.2f, 0,
        {"Little", "Warm", "Honest", "Old", "Wooden", "Barefoot"},
        {"Orchard", "Kitchen", "Lantern", "Harvest", "Porch", "Sparrow", "Quilt", "Teapot"},
        {"a house full of people", "growing things and growing up", "neighbours who help"}},
    {{"orchestral", "fantasy", "role-playing game"}, {"epic", "hopeful"}, 0.5f, 0.5f, 6,
        {"Ancient", "Silver", "Hidden", "Crowned", "Wandering", "Ninth"},
        {"Dragon", "Kingdom", "Oath", "Tower", "Griffin", "Rune", "Ember", "Throne"},
        {"a quest beyond the known maps", "old magic waking up", "a promise made to a dying king"}},
    {{"space rock", "science fiction", "space strategy"}, {"epic", "tense"}, 0.2f, -0.2f, 6,
        {"Distant", "Orbital", "Silent", "Infinite", "Cold", "Stellar"},
        {"Nebula", "Station", "Comet", "Colony", "Horizon", "Satellite", "Voyager", "Eclipse"},
        {"the long dark between stars", "a signal from nobody", "colonists who cannot go home"}},
    {{"soul", "romance", "visual novel"}, {"melancholic", "intimate"}, -0.7f, -0.2f, 6,
        {"Tender", "Blue", "Lonely", "Borrowed", "Faded", "Secret"},
        {"Letter", "Heart", "September", "Balcony", "Kiss", "Farewell", "Perfume", "Window"},
        {"two people who meet too late", "love and its small mistakes", "a letter never sent"}},
    {{"hip-hop", "crime", "open world"}, {"raw", "energetic"}, 1.0f, -0.4f, 16,
        {"Concrete", "Crooked", "Hungry", "Loaded", "Northside", "Dirty"},
        {"Corner", "Hustle", "Alibi", "Block", "Getaway", "Ledger", "Kingpin", "Sirens"},
        {"making a name on hard streets", "a job that goes wrong", "loyalty with a price"}},
    {{"pop", "comedy", "party game"}, {"playful", "bright"}, 1.1f, 1.8f, 0,
        {"Silly", "Bubblegum", "Lucky", "Pink", "Accidental", "Sunny"},
        {"Monkey", "Weekend", "Sofa", "Disco", "Flamingo", "Honeymoon", "Banana", "Circus"},
        {"friends with a terrible plan", "everything going wrong nicely",
            "an afternoon of nonsense"}},
    {{"dark ambient", "horror", "survival horror"}, {"dark", "tense"}, 0.3f, -2.1f, 18,
        {"Rotten", "Nameless", "Drowned", "Whispering", "Buried", "Crimson"},
        {"Cellar", "Asylum", "Veil", "Hunger", "Marsh", "Effigy", "Coffin", "Shadow"},
        {"something behind the wall", "a village that keeps its dead", "nights without help"}},
    {{"jazz", "drama", "puzzle"}, {"intimate", "melancholic"}, -0.4f, 0.1f, 0,
        {"Patient", "Crooked", "Paper", "Subtle", "Unfinished", "Amber"},
        {"Clockwork", "Riddle", "Portrait", "Staircase", "Notebook", "Harbour", "Mosaic", "Cipher"},
        {"craft and the people who have it", "a family that does not talk",
            "one difficult idea, well made"}},
    {{"afrobeat", "adventure", "platformer"}, {"energetic", "hopeful"}, 1.3f, 0.9f, 6,
        {"Wild", "Roaring", "Painted", "Running", "Jungle", "Bold"},
        {"River", "Tiger", "Caravan", "Compass", "Island", "Canyon", "Drum", "Expedition"},
        {"running towards the unknown", "a map with one corner torn off",
            "an island with a heartbeat"}},
    {{"classical", "history", "grand strategy"}, {"epic", "calm"}, -1.0f, -0.3f, 6,
        {"Imperial", "Winter", "Marble", "Solemn", "Grand", "Lost"},
        {"Empire", "Sonata", "Treaty", "Cathedral", "Dynasty", "Fugue", "Archive", "Armada"},
        {"the fall of a great house", "how a treaty was really made",
            "a century told in one evening"}},
};

static const char *const media[SIM_MEDIA] = {"music", "film", "game"};
static const char *const subjects[] = {
    "friendship", "loss", "city", "sea", "winter", "road", "machines", "myth", "home", "revenge"};

const sim_theme *att_sim_theme(unsigned theme)
{
    assert(theme < SIM_THEMES);
    return &themes[theme];
}

const char *att_sim_medium(unsigned medium)
{
    assert(medium < SIM_MEDIA);
    return media[medium];
}

size_t att_sim_subjects(const char *const **out)
{
    *out = subjects;
    return ATT_COUNT_OF(subjects);
}

static const char *article(const char *word)
{
    return strchr("aeiou", word[0]) ? "An" : "A";
}

#define PICK(rng, array) ((array)[att_rng_below((rng), ATT_COUNT_OF(array))])

// A name that can be said: two or three syllables of an onset and a vowel, and perhaps an ending.
static void proper_name(att_rng *rng, char *out, size_t size)
{
    static const char *const onsets[] = {"b", "br", "c", "d", "dr", "f", "g", "h", "j", "k", "l",
        "m", "n", "p", "qu", "r", "s", "sh", "t", "th", "tr", "v", "w", "y", "z"};
    static const char *const vowels[] = {"a", "e", "i", "o", "u", "ae", "ia", "ou"};
    static const char *const endings[] = {"", "", "", "l", "n", "r", "s", "m", "nd", "th"};
    const uint64_t syllables = att_rng_below(rng, 3) ? 2 : 3;
    size_t used = 0;
    for (uint64_t i = 0; i < syllables && used + 8 < size; i++) {
        const char *onset = PICK(rng, onsets), *vowel = PICK(rng, vowels),
                   *ending = PICK(rng, endings);
        used += (size_t)snprintf(
            out + used, size - used, "%s%s%s", onset, vowel, i + 1 == syllables ? ending : "");
    }
    out[0] = (char)toupper((unsigned char)out[0]);
}

void att_sim_title(att_rng *rng, unsigned theme, unsigned medium, char *out, size_t size)
{
    const sim_theme *t = &themes[theme];
    const char *adjective = PICK(rng, t->adjectives), *noun = PICK(rng, t->nouns);
    const char *other = t->nouns[(size_t)(att_rng_below(rng, 7) + 1 + (uint64_t)(noun[0] & 7)) % 8];
    char name[48];
    proper_name(rng, name, sizeof name);
    switch (att_rng_below(rng, 9)) {
    case 0:
        snprintf(out, size, "%s %s", adjective, noun);
        break;
    case 1:
        snprintf(out, size, "The %s of %s", noun, name);
        break;
    case 2:
        snprintf(out, size, medium == SIM_GAME ? "%s: %s" : "%s's %s", name, noun);
        break;
    case 3:
        snprintf(out, size, "%s and %s", noun, strcmp(noun, other) ? other : name);
        break;
    case 4:
        snprintf(out, size, medium == SIM_MUSIC ? "No %s (%s mix)" : "No %s for %s", noun, name);
        break;
    case 5:
        snprintf(out, size, "%s, %s", adjective, name);
        break;
    case 6:
        snprintf(out, size, medium == SIM_MUSIC ? "%s in %s" : "Return to %s %s",
            medium == SIM_MUSIC ? noun : adjective, name);
        break;
    case 7:
        snprintf(out, size, "The %s %s of %s", adjective, noun, name);
        break;
    default:
        snprintf(out, size, "%s %s", name, noun);
    }
}

void att_sim_text(att_rng *rng, unsigned theme, unsigned second, unsigned medium,
    const char *subject, char *out, size_t size)
{
    static const char *const makers[SIM_MEDIA] = {"recorded by", "directed by", "designed by"};
    static const char *const kinds[SIM_MEDIA] = {"piece", "story", "world"};
    const sim_theme *t = &themes[theme], *s = &themes[second];
    char first[48], last[48];
    proper_name(rng, first, sizeof first);
    proper_name(rng, last, sizeof last);
    const char *mood = PICK(rng, t->moods), *about = PICK(rng, t->about), *genre = t->genre[medium];
    const char *noun = PICK(rng, t->nouns), *beside = PICK(rng, s->nouns);
    const char *flavour = s->genre[medium];
    switch (att_rng_below(rng, 3)) {
    case 0:
        snprintf(out, size, "%s %s %s %s %s %s %s: %s. With a touch of %s.", article(mood), mood,
            genre, kinds[medium], makers[medium], first, last, about, flavour);
        break;
    case 1:
        snprintf(out, size, "%s %s returns with %s, %s and full of %s. It is about %s.", first,
            last, genre, mood, subject, about);
        break;
    default:
        snprintf(out, size, "%s, where %s meets %s; %s by %s %s. %s %s %s about %s.", genre, noun,
            beside, mood, first, last, article(flavour), flavour, kinds[medium], subject);
        out[0] = (char)toupper((unsigned char)out[0]);
    }
}
