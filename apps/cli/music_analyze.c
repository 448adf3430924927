// SPDX-License-Identifier: Apache-2.0
// apps/cli/music_analyze.c - music analyze: what is in a sound file.
#include "cli.h"

#include <math.h>

static json_t *figure(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static int run_analyze(cli *c)
{
    att_audio audio;
    att_music_analysis a;
    att_error err = {0};
    att_status status = att_audio_read(&audio, c->arguments[0], NULL, &c->host, &err);
    if (status)
        return cli_fail(c, status, &err);
    status = att_music_analyse(att_audio_view(&audio), &a, &c->host, &err);
    att_audio_deinit(&audio);
    if (status)
        return cli_fail(c, status, &err);
    if (c->json)
        return cli_print_json(json_pack("{s:s,s:f,s:i,s:i,s:o,s:o,s:o}", "file", c->arguments[0], "seconds", a.seconds, "rate_hz", (int)a.rate_hz,
            "channels", (int)a.channels, "loudness_lufs", figure(a.loudness_lufs), "loudness_range_lu", figure(a.loudness_range_lu),
            "true_peak_dbtp", figure(a.true_peak_dbtp)));
    printf("%s: %.1f s, %u Hz, %s\n", c->arguments[0], a.seconds, a.rate_hz, cli_count(a.channels, "channel", "channels"));
    if (isfinite(a.loudness_lufs))
        printf("  loudness %.1f LUFS, range %.1f LU, true peak %.1f dBTP\n", a.loudness_lufs, a.loudness_range_lu, a.true_peak_dbtp);
    else
        printf("  silence\n");
    return 0;
}

static const cli_option no_options[] = {{NULL, 0, NULL, NULL}};
static const char *const examples[] = {"attune music analyze song.flac", "what is in it", NULL};
const cli_command cli_music_analyze = {"music analyze", "Say what is in a sound file: loudness", "FILE", 1, 1,
    "Any file that libsndfile opens. Loudness is ITU-R BS.1770's, its range EBU Tech 3342's.", no_options, examples, run_analyze};
