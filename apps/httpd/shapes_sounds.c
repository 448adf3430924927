// SPDX-License-Identifier: Apache-2.0
// httpd/shapes_sounds.c - sounds, what can be done with them, and what it came to, field by field.
#include "routes.h"

static const char *action_of(unsigned action)
{
    static const char *const names[] = {"analyze", "know", "find", "learn", "stretch", "stems", "remix", "master", "check", "duplicates", "rates"};
    return action < sizeof names / sizeof names[0] ? names[action] : NULL;
}

static const char *format_of(unsigned format)
{
    static const char *const names[] = {"flac", "wav", "ogg"};
    return format < 3 ? names[format] : NULL;
}

static const char *method_of(unsigned method)
{
    static const char *const names[] = {"network", "classical"};
    return method < 2 ? names[method] : NULL;
}

static const char *profile_of(unsigned profile)
{
    size_t count;
    const att_master_profile *presets = att_master_presets(&count);
    return profile < count ? presets[profile].name : NULL;
}

static const char *verdict_of(unsigned verdict)
{
    return verdict <= ATT_RELEASE_DENY ? att_release_verdict_name((att_release_verdict)verdict) : NULL;
}

static const char *rule_of(unsigned rule)
{
    return rule <= ATT_RELEASE_SILENT ? att_release_rule_name((att_release_rule)rule) : NULL;
}

static const char *preset_of(unsigned preset)
{
    return att_remix_preset_name(preset);
}

#define SOUND_FIELDS                                                                                               \
    {"sound", SHAPE_TEXT, "BLAKE2b-256 of its bytes", .required = true}, {"seconds", SHAPE_NUMBER, "long", .required = true},  \
        {"rate_hz", SHAPE_WHOLE, "samples a second", .required = true}, {"channels", SHAPE_WHOLE, "of it", .required = true},  \
        {"size", SHAPE_WHOLE, "bytes", .required = true}, {"media_type", SHAPE_TEXT, "by its first bytes", .required = true}
static const shape_field sound_fields[] = {SOUND_FIELDS, {0}};
const shape httpd_shape_sound = {"Sound", "A sound file that is kept", sound_fields};

static const shape_field gain_fields[] = {{"drums", SHAPE_NUMBER, "dB", -60, 24}, {"bass", SHAPE_NUMBER, "dB", -60, 24},
    {"vocals", SHAPE_NUMBER, "dB", -60, 24}, {"other", SHAPE_NUMBER, "dB", -60, 24}, {0}};
static const shape shape_gains = {"StemGains", "How much louder or softer each stem is to be; left out: as it is", gain_fields};
static const char *stem_of(unsigned stem)
{
    return stem < ATT_STEM_COUNT ? att_stem_name((att_stem)stem) : NULL;
}
static const shape_field colour_fields[] = {{"drums", SHAPE_TEXT, "hash of a sound", 64, 64}, {"bass", SHAPE_TEXT, "likewise", 64, 64},
    {"vocals", SHAPE_TEXT, "likewise", 64, 64}, {"other", SHAPE_TEXT, "likewise", 64, 64}, {0}};
static const shape shape_colours = {"StemColours", "The sound whose colour a stem takes on; left out: it keeps its own", colour_fields};
static const shape_field input_fields[] = {{"name", SHAPE_TEXT, "of the work", 1, 255, .required = true},
    {"licence", SHAPE_TEXT, "left out: none", 1, 255}, {"opted_out", SHAPE_BOOL, "its people do not want that"}, {0}};
static const shape shape_input = {"SoundInput", "Something that a sound was made from", input_fields};

static const shape_field deleted_fields[] = {{"sound", SHAPE_TEXT, "its hash, under which nothing is found any more", .required = true}, {0}};
const shape httpd_shape_sound_deleted = {"SoundDeleted", "Its bytes have left the disk", deleted_fields};

#define TASK_FIELDS                                                                                                \
    {"action", SHAPE_TEXT, "what to do", .name_of = action_of, .required = true},                                  \
        {"beats", SHAPE_BOOL, "of analyze: also each beat"},                                                       \
        {"seconds", SHAPE_NUMBER, "of analyze: no more than the first of it", 1, 86400},                           \
        {"name", SHAPE_TEXT, "of know: what it is known by; its hash when left out", 1, ATT_PRINT_NAME_MAX},        \
        {"artist", SHAPE_TEXT, "of learn: whose work it is", 1, ATT_STYLE_NAME_MAX - 1},                           \
        {"ratio", SHAPE_NUMBER, "of stretch: length of the output by that of the input", ATT_STRETCH_RATIO_MIN, ATT_STRETCH_RATIO_MAX}, \
        {"pitch_cents", SHAPE_NUMBER, "of stretch: higher or lower", -ATT_STRETCH_CENTS_MAX, ATT_STRETCH_CENTS_MAX}, \
        {"method", SHAPE_TEXT, "of stems and remix; network when left out", .name_of = method_of},                 \
        {"context", SHAPE_TEXT, "of remix: as a situation asks", .name_of = preset_of},                            \
        {"gains", SHAPE_OBJECT, "of remix", .shape = &shape_gains},                                                \
        {"mute", SHAPE_LIST, "of remix: stems that are left out", 0, ATT_STEM_COUNT, .of = SHAPE_TEXT, .name_of = stem_of},                           \
        {"swap", SHAPE_OBJECT, "of remix: the colours of other sounds", .shape = &shape_colours},                  \
        {"profile", SHAPE_TEXT, "of master", .name_of = profile_of},                                               \
        {"profile_yaml", SHAPE_TEXT, "of master: a profile of your own, as attune music master reads it", 1, 65536}, \
        {"among", SHAPE_LIST, "of find and check: sounds that are known, by their hashes; left out: those that the store knows. Of duplicates and rates: the other sounds", 1, 64, .of = SHAPE_TEXT}, \
        {"score", SHAPE_NUMBER, "of find, check, duplicates and rates: from this score it is one of them; 8 when left out", 1, 1000}, \
        {"floor", SHAPE_NUMBER, "of check and rates: the distance from every artist that the store knows; 0.9 when left out", 0.01, 1000}, \
        {"excerpts", SHAPE_WHOLE, "of rates: looked up of each sound; 1 when left out", 1, 100},                   \
        {"excerpt_s", SHAPE_NUMBER, "of rates: how long they are; 10 when left out", 3, 60},                       \
        {"seed", SHAPE_WHOLE, "of rates: another seed, other excerpts; 1 when left out", 0, 9e15},                 \
        {"provenance", SHAPE_BOOL, "of check: what it was made from, by the store's log of provenance"},           \
        {"inputs", SHAPE_LIST, "of check: what it was made from", 0, 256, .of = SHAPE_OBJECT, .shape = &shape_input}, \
        {"opted_out", SHAPE_LIST, "of check: names of works and people that are opted out", 0, 1024, .of = SHAPE_TEXT}, \
        {"format", SHAPE_TEXT, "of what is made; flac when left out", .name_of = format_of}

static const shape_field task_fields[] = {TASK_FIELDS, {"key", SHAPE_TEXT, "the same key again finds the job instead of making one", 1, 64}, {0}};
const shape httpd_shape_sound_task = {"SoundTask", "What to do with a sound", task_fields};
static const shape_field job_fields[] = {{"sound", SHAPE_TEXT, "its hash", 64, 64, .required = true}, TASK_FIELDS, {0}};
const shape httpd_shape_sound_job = {"SoundJob", "What to do with which sound", job_fields};

#define FIGURE(name, text) {name, SHAPE_NUMBER, text, .required = true}
#define FIGURE_OR_NULL(name, text) {name, SHAPE_NUMBER, text, .required = true, .nullable = true}
static const shape_field tempo_fields[] = {FIGURE("bpm", "beats a minute"), FIGURE("share", "of the evidence"), {0}};
static const shape shape_tempo = {"TempoGuess", "A reading of the tempo", tempo_fields};
static const shape_field section_fields[] = {FIGURE("begin_s", "from the start"), FIGURE("end_s", "from the start"),
    {"label", SHAPE_TEXT, "A, B, …: sections with one are alike", .required = true}, {0}};
static const shape shape_section = {"SoundSection", "A part of a sound that is like itself", section_fields};
static const shape_field analysis_fields[] = {FIGURE("seconds", "long"), FIGURE("seconds_missing", "its head says so many more: it was cut off"),
    {"rate_hz", SHAPE_WHOLE, "samples a second", .required = true},
    {"channels", SHAPE_WHOLE, "of it", .required = true}, FIGURE_OR_NULL("loudness_lufs", "ITU-R BS.1770; null: silence"),
    FIGURE_OR_NULL("loudness_range_lu", "EBU Tech 3342"), FIGURE_OR_NULL("true_peak_dbtp", "greatest level between samples"),
    FIGURE_OR_NULL("crest_db", "peak by RMS"), FIGURE_OR_NULL("clipped_share", "of samples at full scale"),
    FIGURE_OR_NULL("tempo_bpm", "null: no beat was found"), FIGURE("tempo_confidence", "0 to 1"),
    {"tempos", SHAPE_LIST, "the likeliest first", .of = SHAPE_OBJECT, .shape = &shape_tempo, .required = true},
    {"beats_per_bar", SHAPE_WHOLE, "0: no beat", .required = true}, {"key", SHAPE_TEXT, "null: no pitch", .required = true, .nullable = true},
    FIGURE("key_confidence", "0 to 1"), FIGURE("tuning_cents", "of A against 440 Hz"), FIGURE("centroid_hz", "of the spectrum"),
    FIGURE("brightness", "0 to 1"), FIGURE("harmonicity", "0 to 1"), FIGURE("energy", "0 to 1"), FIGURE("valence", "0 to 1"), FIGURE("arousal", "0 to 1"),
    {"moods", SHAPE_LIST, "by a stated rule", .of = SHAPE_TEXT, .required = true},
    {"embedding", SHAPE_LIST, "of length 1: a dot product tells likeness", .of = SHAPE_NUMBER, .required = true},
    {"sections", SHAPE_LIST, "from the start to the end; none of silence", .of = SHAPE_OBJECT, .shape = &shape_section, .required = true}, {0}};
static const shape shape_analysis = {"SoundAnalysis", "What is in a sound (docs/music-analysis.md)", analysis_fields};
static const shape_field beat_fields[] = {FIGURE("at_s", "from the start"), {"in_bar", SHAPE_WHOLE, "1: the bar begins here", .required = true}, {0}};
static const shape shape_beat = {"Beat", "A beat", beat_fields};

static const shape_field made_fields[] = {{"name", SHAPE_TEXT, "what it is: the action, or the stem", .required = true}, SOUND_FIELDS,
    FIGURE_OR_NULL("loudness_lufs", "ITU-R BS.1770; null: silence"), {0}};
const shape httpd_shape_made_sound = {"MadeSound", "A sound that was made and is kept", made_fields};
static const shape_field stem_fields[] = {{"stem", SHAPE_TEXT, "which", .name_of = stem_of, .required = true},
    FIGURE_OR_NULL("expected_db", "SI-SDR that it is expected to have; null: nothing of it was found"),
    FIGURE_OR_NULL("least_db", "a remix turns it down to this and no further; null: it may be left out"), FIGURE("most_db", "and up to this"),
    FIGURE_OR_NULL("asked_db", "of remix; null: left out"), FIGURE_OR_NULL("gain_db", "as it was mixed; null: not at all"),
    FIGURE("colour_share", "of the way to the other sound's colour"), {"limited", SHAPE_BOOL, "less than was asked, since it was not split well enough", .required = true}, {0}};
static const shape shape_stem = {"SoundStem", "How well a stem was split, and how it was mixed", stem_fields};

static const shape_field context_fields[] = {{"context", SHAPE_TEXT, "which", .name_of = preset_of, .required = true},
    FIGURE_OR_NULL("drums", "dB; null: left out"), FIGURE_OR_NULL("bass", "likewise"), FIGURE_OR_NULL("vocals", "likewise"), FIGURE_OR_NULL("other", "likewise"), {0}};
static const shape shape_context_gains = {"ContextGains", "What a remix for a situation would do with this sound", context_fields};

static const shape_field figures_fields[] = {FIGURE_OR_NULL("loudness_lufs", "ITU-R BS.1770"), FIGURE_OR_NULL("loudness_range_lu", "EBU Tech 3342"),
    FIGURE_OR_NULL("true_peak_dbtp", "greatest level"), FIGURE_OR_NULL("crest_db", "peak by RMS"), FIGURE_OR_NULL("band_low_hz", "nearly all power is above"),
    FIGURE_OR_NULL("band_high_hz", "and below"), FIGURE_OR_NULL("tempo_bpm", "null: no beat"), {"key", SHAPE_TEXT, "of it", .required = true}, {0}};
static const shape shape_figures = {"MasterFigures", "A sound as it was measured", figures_fields};
static const shape_field master_fields[] = {{"profile", SHAPE_TEXT, "its name", .required = true},
    {"before", SHAPE_OBJECT, "the input", .shape = &shape_figures, .required = true},
    {"after", SHAPE_OBJECT, "the output", .shape = &shape_figures, .required = true}, FIGURE("compress_ratio", "of the compressor"),
    FIGURE("gain_db", "to the loudness"), FIGURE("limit_most_db", "greatest reduction by the limiter"),
    {"identified", SHAPE_BOOL, "the same music by its fingerprint; false: too short or too empty to be", .required = true}, {0}};
static const shape shape_master = {"Mastered", "What mastering did (docs/mastering.md)", master_fields};

static const shape_field match_fields[] = {{"sound", SHAPE_TEXT, "of those that are known", .required = true}, FIGURE("from_s", "here"), FIGURE("to_s", "here"),
    FIGURE("there_from_s", "there"), FIGURE("there_to_s", "there"), FIGURE("tempo", "1.05: 5 % faster than there"), FIGURE("pitch_semitones", "above it"),
    FIGURE("score", "deviations above chance"), FIGURE("shared", "of its peaks"), {0}};
static const shape shape_match = {"SoundMatch", "A part of a sound that is in another", match_fields};
static const shape_field reason_fields[] = {{"rule", SHAPE_TEXT, "that speaks against it", .name_of = rule_of, .required = true},
    {"verdict", SHAPE_TEXT, "by that rule", .name_of = verdict_of, .required = true},
    {"name", SHAPE_TEXT, "of the sound, work or person; null: none", .required = true, .nullable = true}, FIGURE("value", "that was found"),
    FIGURE("limit", "that it was held against"), {0}};
static const shape shape_reason = {"ReleaseReason", "Why a sound may not be let out", reason_fields};
static const shape_field check_fields[] = {{"verdict", SHAPE_TEXT, "the worst of the reasons", .name_of = verdict_of, .required = true},
    {"reasons", SHAPE_LIST, "the worst first", .of = SHAPE_OBJECT, .shape = &shape_reason, .required = true},
    {"nearest_artist", SHAPE_TEXT, "of those that the store knows; null: none is", .required = true, .nullable = true},
    FIGURE_OR_NULL("nearest_distance", "in deviations of works"), {0}};
static const shape shape_check_result = {"ReleaseCheck", "Whether a sound may be let out (docs/fingerprint.md)", check_fields};

static const shape_field known_fields[] = {{"name", SHAPE_TEXT, "of the recording, or the artist", .required = true},
    {"added", SHAPE_BOOL, "false: a recording of this name was known already", .required = true},
    {"recordings", SHAPE_WHOLE, "that the store knows now; of learn 0", .required = true}, {"works", SHAPE_WHOLE, "likewise; of know 0", .required = true},
    {"artists", SHAPE_WHOLE, "that they are of", .required = true}, {0}};
static const shape shape_known = {"Known", "What this store knows from now on", known_fields};

static const shape_field pair_fields[] = {{"sound", SHAPE_TEXT, "hash", .required = true},
    {"match", SHAPE_OBJECT, "where it shares something with one before it", .shape = &shape_match, .required = true}, {0}};
static const shape shape_pair = {"SoundPair", "Two sounds that share something", pair_fields};
static const shape_field cluster_fields[] = {{"sounds", SHAPE_LIST, "hashes", .of = SHAPE_TEXT, .required = true}, {0}};
static const shape shape_cluster = {"SoundCluster", "Sounds of which each shares something with another of them", cluster_fields};

#define COUNT(name, text) {name, SHAPE_WHOLE, text, .required = true}
static const shape_field attack_fields[] = {{"attack", SHAPE_TEXT, "what was done to the excerpts", .required = true}, COUNT("looked", "excerpts of known recordings"),
    COUNT("found", "of them, whose recording came first"), COUNT("placed", "of these, at the right place"), COUNT("wrong", "taken for another recording"),
    {"found_share", SHAPE_LIST, "with its 95 % interval; null: none was looked up", .of = SHAPE_NUMBER, .required = true, .nullable = true},
    COUNT("foreign_looked", "excerpts of recordings that are not known"), COUNT("alarms", "of them, taken for one that is"),
    {"alarm_share", SHAPE_LIST, "likewise", .of = SHAPE_NUMBER, .required = true, .nullable = true}, {0}};
static const shape shape_attack = {"AttackRate", "How often sound is known again after this", attack_fields};
static const shape_field find_rate_fields[] = {COUNT("known", "recordings: two of three"), COUNT("foreign", "the others"), FIGURE("hours", "of the known ones"),
    FIGURE("bytes_per_hour", "of the features"), FIGURE("add_times", "sound is added so many times as fast as it plays"), FIGURE("look_s", "processor time of one look"),
    FIGURE_OR_NULL("foreign_most", "the highest score of a foreign excerpt"), FIGURE_OR_NULL("foreign_middle", "the median"),
    FIGURE_OR_NULL("alarm_bound", "chance of an alarm in one look"), FIGURE("score_least", "from which it was a match"),
    {"attacks", SHAPE_LIST, "that this build can do", .of = SHAPE_OBJECT, .shape = &shape_attack, .required = true}, {0}};
static const shape shape_find_rates = {"FindRates", "How well recordings are known again (docs/fingerprint.md)", find_rate_fields};
static const shape_field style_rate_fields[] = {COUNT("works", "of artists with two or more"), COUNT("own_nearest", "nearest to their own artist, each left out in turn"),
    FIGURE_OR_NULL("own_middle", "median distance to the own artist"), FIGURE_OR_NULL("other_middle", "to the nearest other"), FIGURE("floor", "that was asked about"),
    FIGURE_OR_NULL("own_below", "share nearer than that to their own"), FIGURE_OR_NULL("other_below", "to some other"), {0}};
static const shape shape_style_rates = {"StyleRates", "How well the artists that the store knows are told apart", style_rate_fields};
static const shape_field rates_fields[] = {{"recordings", SHAPE_OBJECT, "where among names sounds, otherwise null", .shape = &shape_find_rates, .required = true, .nullable = true},
    {"artists", SHAPE_OBJECT, "null: the store knows two works of none", .shape = &shape_style_rates, .required = true, .nullable = true}, {0}};
static const shape shape_rates = {"SoundRates", "What finding and checking are worth on these sounds", rates_fields};

static const shape_field result_fields[] = {{"action", SHAPE_TEXT, "what was done", .name_of = action_of, .required = true},
    {"sound", SHAPE_TEXT, "to which", .required = true},
    FIGURE_OR_NULL("loudness_lufs", "of the sound, where another was made of it; null: silence, or none was"),
    FIGURE_OR_NULL("turned_down_db", "of remix: all of it, so that nothing is clipped; otherwise null"),
    {"analysis", SHAPE_OBJECT, "of analyze, otherwise null", .shape = &shape_analysis, .required = true, .nullable = true},
    {"beats", SHAPE_LIST, "of analyze, where asked for", .of = SHAPE_OBJECT, .shape = &shape_beat, .required = true},
    {"made", SHAPE_LIST, "new sounds", .of = SHAPE_OBJECT, .shape = &httpd_shape_made_sound, .required = true},
    {"stems", SHAPE_LIST, "of stems and remix", .of = SHAPE_OBJECT, .shape = &shape_stem, .required = true},
    {"mastered", SHAPE_OBJECT, "of master, otherwise null", .shape = &shape_master, .required = true, .nullable = true},
    {"contexts", SHAPE_LIST, "of stems", .of = SHAPE_OBJECT, .shape = &shape_context_gains, .required = true},
    {"matches", SHAPE_LIST, "of find, the best first", .of = SHAPE_OBJECT, .shape = &shape_match, .required = true},
    {"duplicates", SHAPE_LIST, "of duplicates", .of = SHAPE_OBJECT, .shape = &shape_pair, .required = true},
    {"clusters", SHAPE_LIST, "of duplicates", .of = SHAPE_OBJECT, .shape = &shape_cluster, .required = true},
    {"rates", SHAPE_OBJECT, "of rates, otherwise null", .shape = &shape_rates, .required = true, .nullable = true},
    {"check", SHAPE_OBJECT, "of check, otherwise null", .shape = &shape_check_result, .required = true, .nullable = true},
    {"known", SHAPE_OBJECT, "of know and learn, otherwise null", .shape = &shape_known, .required = true, .nullable = true}, {0}};
const shape httpd_shape_sound_result = {"SoundResult", "What became of a sound", result_fields};
