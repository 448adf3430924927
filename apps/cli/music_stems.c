// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_stems.c - music stems: a track into four files that sum to it.
#include "cli.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

static json_t *decibels(double value)
{
    return isfinite(value) ? json_real(round(value * 10) / 10) : json_null();
}

static int write_stems(cli *c, const att_stems *stems, const char *folder)
{
    att_error err = {0};
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        snprintf(err.text, sizeof err.text, "making folder %s: %s", folder, strerror(errno));
        return cli_fail(c, ATT_IO, &err);
    }
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        char path[PATH_MAX];
        if ((size_t)snprintf(path, sizeof path, "%s/%s.wav", folder, att_stem_name((att_stem)s)) >= sizeof path)
            return cli_usage(c, "the folder's name is too long");
        const att_status status = att_audio_write(att_audio_view(&stems->stem[s]), path, &c->host, &err);
        if (status)
            return cli_fail(c, status, &err);
    }
    return 0;
}

static int tell(cli *c, const att_stems *stems, const char *folder)
{
    if (c->json) {
        json_t *list = json_array();
        for (int s = 0; s < ATT_STEM_COUNT; s++)
            json_array_append_new(list, json_pack("{s:s,s:o}", "stem", att_stem_name((att_stem)s), "expected_db", decibels(stems->expected_db[s])));
        return cli_print_json(json_pack("{s:s,s:s,s:o}", "file", c->arguments[0], "folder", folder, "stems", list));
    }
    for (int s = 0; s < ATT_STEM_COUNT; s++) {
        printf("%s/%s.wav", folder, att_stem_name((att_stem)s));
        if (isfinite(stems->expected_db[s]))
            printf("  expected SI-SDR %.1f dB\n", stems->expected_db[s]);
        else
            printf("  nothing found\n");
    }
    return 0;
}

static bool options_of(const cli *c, att_stems_options *out)
{
    const char *method = cli_get(c, "method");
    *out = (att_stems_options){.model = cli_get(c, "model")};
    if (method && strcmp(method, "classical") == 0)
        out->method = ATT_STEMS_CLASSICAL;
    return !method || out->method || strcmp(method, "network") == 0;
}

static int run_stems(cli *c)
{
    const char *folder = cli_get(c, "out");
    att_stems_options options;
    att_audio audio;
    att_stems stems;
    att_error err = {0};
    if (!folder)
        return cli_usage(c, "expected --out FOLDER");
    if (!options_of(c, &options))
        return cli_usage(c, "--method: expected network or classical");
    att_status status = att_audio_read(&audio, c->arguments[0], NULL, &c->host, &err);
    if (status)
        return cli_fail(c, status, &err);
    cli_progress_start(c);
    status = att_stems_separate(&stems, att_audio_view(&audio), &options, &c->host, &err);
    cli_progress_end();
    att_audio_deinit(&audio);
    if (status)
        return cli_fail(c, status, &err);
    const int bad = write_stems(c, &stems, folder);
    const int code = bad ? bad : tell(c, &stems, folder);
    att_stems_deinit(&stems);
    return code;
}

static const cli_option options[] = {{"out", 'o', "FOLDER", "where drums.wav, bass.wav, vocals.wav and other.wav go; made if absent"},
    {"method", 0, "NAME", "network (the default), or classical: nothing learned"}, {"model", 'm', "FILE", "a network of your own"},
    {NULL, 0, NULL, NULL}};
static const char *const examples[] = {"attune music stems song.flac --out song-stems", "four files that sum to the song",
    "attune music stems song.mp3 -o parts --method classical", "by medians and repetition alone", NULL};
const cli_command cli_music_stems = {"music stems", "Split a track into drums, bass, vocals and the rest", "FILE", 1, 1,
    "Writes four files that sum to the track, and says how well each is expected to be split, as SI-SDR in dB.", options, examples, run_stems};
