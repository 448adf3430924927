// SPDX-License-Identifier: Apache-2.0
// music/prompt_words.c - what words about music mean. A table of ours: each row a meaning, its other names, and where it lies.
//
// The five numbers are energy, valence, arousal, brightness, harmonicity as the analyser scales them (0 … 1; N: it says nothing). They are
// our own reading of the words, not measured on people; docs/prompts.md says how to check them against a catalogue.
#include "music/prompt_words.h"

#include "base/base.h"

#define N (-1.0f)
#define GENRE(words, e, v, a, b, h) {words, ATT_PROMPT_GENRE, {e, v, a, b, h}, 0, 0, ATT_WISH_NONE}
#define MOOD(words, e, v, a, b, h) {words, ATT_PROMPT_MOOD, {e, v, a, b, h}, 0, 0, ATT_WISH_NONE}
#define PLAYED(words, e, v, a, b, h) {words, ATT_PROMPT_INSTRUMENT, {e, v, a, b, h}, 0, 0, ATT_WISH_NONE}

const att_prompt_word att_prompt_words[] = {
    GENRE("synth pop|synthpop|synth-pop|electropop|electro pop", 0.7f, 0.7f, 0.7f, 0.65f, 0.5f),
    GENRE("synthwave|synth wave|retrowave|outrun", 0.65f, 0.5f, 0.6f, 0.6f, 0.5f),
    GENRE("pop|popular", 0.65f, 0.7f, 0.6f, 0.6f, 0.5f),
    GENRE("rock|rocky", 0.75f, 0.5f, 0.7f, 0.6f, 0.4f),
    GENRE("indie|indie rock|indie pop", 0.55f, 0.5f, 0.55f, 0.5f, 0.5f),
    GENRE("punk|punk rock", 0.9f, 0.5f, 0.9f, 0.7f, 0.25f),
    GENRE("metal|heavy metal|death metal|thrash", 0.95f, 0.25f, 0.95f, 0.7f, 0.2f),
    GENRE("jazz|jazzy|bebop|swing", 0.45f, 0.6f, 0.45f, 0.4f, 0.65f),
    GENRE("blues|bluesy", 0.45f, 0.35f, 0.4f, 0.4f, 0.6f),
    GENRE("soul|neo soul|motown", 0.5f, 0.6f, 0.5f, 0.45f, 0.55f),
    GENRE("funk|funky", 0.7f, 0.8f, 0.7f, 0.55f, 0.4f),
    GENRE("disco|nu disco", 0.75f, 0.85f, 0.75f, 0.6f, 0.4f),
    GENRE("r&b|rnb|rhythm and blues", 0.5f, 0.55f, 0.5f, 0.45f, 0.5f),
    GENRE("hip hop|hip-hop|hiphop|rap|trap|boom bap", 0.65f, 0.45f, 0.6f, 0.45f, 0.3f),
    GENRE("house|deep house|tech house", 0.75f, 0.65f, 0.7f, 0.6f, 0.35f),
    GENRE("techno", 0.85f, 0.4f, 0.8f, 0.6f, 0.2f),
    GENRE("trance", 0.85f, 0.6f, 0.8f, 0.7f, 0.4f),
    GENRE("drum and bass|drum'n'bass|drum & bass|dnb|d&b|jungle", 0.9f, 0.5f, 0.9f, 0.65f, 0.2f),
    GENRE("dubstep", 0.9f, 0.35f, 0.85f, 0.6f, 0.2f),
    GENRE("electronic|electronica|electro|edm|dance", 0.75f, 0.6f, 0.7f, 0.65f, 0.35f),
    GENRE("ambient|drone", 0.1f, 0.5f, 0.1f, 0.35f, 0.85f),
    GENRE("lo-fi|lofi|lo fi|chillhop", 0.3f, 0.5f, 0.3f, 0.3f, 0.5f),
    GENRE("classical|orchestral|symphonic|baroque|symphony", 0.35f, 0.5f, 0.4f, 0.4f, 0.85f),
    GENRE("folk|folky|singer-songwriter|americana", 0.35f, 0.5f, 0.35f, 0.45f, 0.7f),
    GENRE("country|bluegrass", 0.55f, 0.7f, 0.5f, 0.5f, 0.6f),
    GENRE("reggae|ska|dub", 0.5f, 0.75f, 0.5f, 0.4f, 0.4f),
    GENRE("latin|salsa|samba|bossa nova|bossa|tango|reggaeton", 0.65f, 0.75f, 0.65f, 0.55f, 0.5f),
    GENRE("gospel|choral", 0.5f, 0.7f, 0.5f, 0.5f, 0.75f),
    GENRE("soundtrack|cinematic|film score|score", 0.5f, 0.4f, 0.5f, 0.45f, 0.75f),
    GENRE("world|afrobeat|celtic|klezmer", 0.55f, 0.6f, 0.55f, 0.5f, 0.55f),
    MOOD("happy|cheerful|joyful|sunny|fun|feel-good|feel good|glad|playful", N, 0.85f, 0.6f, 0.65f, N),
    MOOD("uplifting|upbeat|euphoric|hopeful|optimistic", 0.75f, 0.85f, 0.75f, 0.65f, N),
    MOOD("sad|melancholic|melancholy|mournful|gloomy|heartbroken|tearful|wistful", N, 0.15f, 0.25f, 0.3f, N),
    MOOD("calm|peaceful|relaxing|relaxed|chill|chilled|chillout|mellow|soothing|gentle|soft|quiet|serene", 0.15f, 0.6f, 0.15f, 0.35f, N),
    MOOD("energetic|powerful|driving|pumping|intense|lively|hard|banging", 0.9f, N, 0.9f, 0.65f, N),
    MOOD("aggressive|angry|furious|brutal|violent", 0.95f, 0.15f, 0.95f, 0.7f, 0.2f),
    MOOD("tense|anxious|dramatic|suspenseful|scary|eerie", 0.6f, 0.2f, 0.75f, N, N),
    MOOD("dark|moody|brooding|sinister", N, 0.25f, N, 0.15f, N),
    MOOD("bright|shiny|sparkling|airy", N, 0.65f, N, 0.85f, N),
    MOOD("warm|cosy|cozy", 0.35f, 0.65f, 0.35f, 0.3f, 0.7f),
    MOOD("romantic|tender|sensual|loving|intimate", 0.3f, 0.65f, 0.3f, 0.4f, 0.65f),
    MOOD("dreamy|ethereal|atmospheric|floating|spacey", 0.25f, 0.55f, 0.25f, 0.45f, 0.7f),
    MOOD("epic|heroic|triumphant|majestic", 0.85f, 0.65f, 0.85f, 0.6f, 0.6f),
    MOOD("groovy|danceable|rhythmic|bouncy", 0.65f, 0.75f, 0.65f, N, 0.35f),
    MOOD("acoustic|unplugged", 0.3f, N, 0.3f, 0.4f, 0.75f),
    MOOD("minimal|minimalist|sparse|simple", 0.3f, N, 0.3f, N, N),
    PLAYED("piano|pianos|keys", N, N, N, 0.4f, 0.75f),
    PLAYED("guitar|guitars|acoustic guitar|electric guitar", N, N, N, 0.5f, 0.55f),
    PLAYED("bass|bassline|bass line|bass guitar", N, N, N, 0.25f, N),
    PLAYED("drums|drum|percussion|beats|drumming", N, N, 0.6f, N, 0.25f),
    PLAYED("strings|violin|violins|cello|viola", N, N, N, 0.5f, 0.85f),
    PLAYED("brass|trumpet|trombone|horns|horn", N, N, N, 0.65f, 0.7f),
    PLAYED("saxophone|sax", N, N, N, 0.55f, 0.7f),
    PLAYED("flute|clarinet|oboe|woodwinds|woodwind", N, N, N, 0.5f, 0.85f),
    PLAYED("organ|church organ|hammond", N, N, N, 0.45f, 0.85f),
    PLAYED("synth|synths|synthesizer|synthesizers|pads|arpeggio|arpeggios", N, N, N, 0.6f, 0.5f),
    PLAYED("choir|chorus", N, N, N, 0.45f, 0.85f),
    PLAYED("harp|marimba|vibraphone|bells|xylophone", N, N, N, 0.6f, 0.8f),
    {"workout|gym|exercise|training|lifting|cardio", ATT_PROMPT_USE, {0.85f, 0.65f, 0.85f, 0.6f, N}, 110, 160, ATT_WISH_NONE},
    {"running|jogging|run|jog", ATT_PROMPT_USE, {0.8f, 0.65f, 0.8f, 0.6f, N}, 150, 185, ATT_WISH_NONE},
    {"focus|study|studying|concentration|concentrate|coding|work|working|reading", ATT_PROMPT_USE, {0.3f, 0.5f, 0.25f, 0.35f, 0.65f}, 0, 0, ATT_WISH_WITHOUT},
    {"sleep|sleeping|bedtime|lullaby", ATT_PROMPT_USE, {0.08f, 0.5f, 0.08f, 0.2f, 0.85f}, 40, 80, ATT_WISH_WITHOUT},
    {"commute|commuting|driving home|car|road trip", ATT_PROMPT_USE, {0.6f, 0.65f, 0.55f, 0.55f, N}, 0, 0, ATT_WISH_NONE},
    {"party|club|dancing|dancefloor|dance floor", ATT_PROMPT_USE, {0.85f, 0.8f, 0.85f, 0.65f, N}, 115, 135, ATT_WISH_NONE},
    {"meditation|yoga|spa|mindfulness", ATT_PROMPT_USE, {0.1f, 0.55f, 0.1f, 0.3f, 0.85f}, 0, 0, ATT_WISH_NONE},
    {"dinner|cooking|cafe|coffee", ATT_PROMPT_USE, {0.35f, 0.65f, 0.35f, 0.4f, 0.6f}, 0, 0, ATT_WISH_NONE},
};
const size_t att_prompt_word_count = ATT_COUNT_OF(att_prompt_words);

const att_tempo_word att_tempo_words[] = {
    {"very slow|largo|grave", 40, 60},
    {"slow|adagio|ballad|slowly", 55, 80},
    {"downtempo|down-tempo", 60, 100},
    {"walking pace|andante", 76, 108},
    {"mid-tempo|midtempo|mid tempo|medium tempo|moderate|moderato", 90, 120},
    {"uptempo|up-tempo|up tempo", 120, 160},
    {"fast|allegro|quick|quickly", 120, 168},
    {"very fast|presto|vivace", 160, 210},
};
const size_t att_tempo_word_count = ATT_COUNT_OF(att_tempo_words);
