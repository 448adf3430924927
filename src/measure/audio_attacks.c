// SPDX-License-Identifier: Apache-2.0
// measure/audio_attacks.c - what people do to music before they pass it on.
//
// Each attack takes one channel and gives one. Tempo is changed by waveform similarity overlap-add: windows of 60 ms are laid down every
// 30 ms, each taken from where, within 10 ms of its place, it goes on most like the one before (greatest correlation). Pitch is a change
// of tempo and then of rate. Filters are second-order sections (Bristow-Johnson's cookbook, 1994). MP3 goes through libsndfile's writer
// (LAME) at a constant rate of bits and back.
#include "measure/audio_attacks.h"

#include <math.h>
#include <samplerate.h>
#include <sndfile.h>

static const char *const names[ATT_AUDIO_ATTACK_COUNT] = {
#define X(name, text) text,
    ATT_AUDIO_ATTACKS(X)
#undef X
};

const char *att_audio_attack_name(att_audio_attack attack)
{
    return (unsigned)attack < ATT_COUNT_OF(names) ? names[attack] : "?";
}

// --- Steps, in place ----------------------------------------------------------------------------------------------

static double power_of(att_sound sound)
{
    double sum = 0;
    for (size_t i = 0; i < sound.frames; i++)
        sum += (double)sound.samples[i] * (double)sound.samples[i];
    return sound.frames ? sum / (double)sound.frames : 0;
}

static void white_noise(att_audio *a, double ratio_db, att_rng *rng)
{
    const double level = sqrt(power_of(att_audio_view(a)) * pow(10, -ratio_db / 10));
    for (size_t i = 0; i < a->frames; i++)
        a->samples[i] += (float)(level * att_rng_normal(rng));
}

// Three decades of leaky sums of white noise, 3 dB an octave within 0.05 dB (Kellet's filter, 1999).
static att_status pink_noise(att_audio *a, double ratio_db, att_rng *rng, att_error *err)
{
    static const double pole[] = {0.99765, 0.96300, 0.57000}, gain[] = {0.0990460, 0.2965164, 1.0526913};
    att_audio noise;
    const att_status status = att_audio_init(&noise, a->frames, 1, a->rate_hz, &a->host, err);
    double state[3] = {0};
    if (status)
        return status;
    for (size_t i = 0; i < noise.frames; i++) {
        const double white = att_rng_normal(rng);
        double sum = white * 0.1848;
        for (int k = 0; k < 3; k++)
            sum += state[k] = pole[k] * state[k] + gain[k] * white;
        noise.samples[i] = (float)sum;
    }
    const double level = sqrt(power_of(att_audio_view(a)) * pow(10, -ratio_db / 10) / power_of(att_audio_view(&noise)));
    for (size_t i = 0; i < a->frames; i++)
        a->samples[i] += (float)level * noise.samples[i];
    att_audio_deinit(&noise);
    return ATT_OK;
}

typedef enum filter_kind { LOW_PASS, HIGH_PASS, PEAKING } filter_kind;

static void filter(att_audio *a, filter_kind kind, double hz, double q, double gain_db)
{
    const double w = 2 * M_PI * fmin(hz, 0.45 * a->rate_hz) / a->rate_hz, c = cos(w), alpha = sin(w) / (2 * q), g = pow(10, gain_db / 40);
    double b0 = (1 - c) / 2, b1 = 1 - c, b2 = b0, a0 = 1 + alpha, a1 = -2 * c, a2 = 1 - alpha;
    if (kind == HIGH_PASS) {
        b0 = b2 = (1 + c) / 2;
        b1 = -(1 + c);
    } else if (kind == PEAKING) {
        b0 = 1 + alpha * g, b1 = -2 * c, b2 = 1 - alpha * g;
        a0 = 1 + alpha / g, a2 = 1 - alpha / g;
    }
    double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
    for (size_t i = 0; i < a->frames; i++) {
        const double x = a->samples[i], y = (b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2) / a0;
        x2 = x1, x1 = x, y2 = y1, y1 = y;
        a->samples[i] = (float)y;
    }
}

static void equalize(att_audio *a)
{
    static const double hz[] = {120, 400, 1000, 2500, 6000}, gain_db[] = {8, -8, 6, -8, 8};
    for (size_t i = 0; i < ATT_COUNT_OF(hz); i++)
        filter(a, PEAKING, hz[i], 1, gain_db[i]);
}

static void telephone(att_audio *a)
{
    for (int i = 0; i < 2; i++) {
        filter(a, HIGH_PASS, 300, 0.7071, 0);
        filter(a, LOW_PASS, 3400, 0.7071, 0);
    }
}

// Eight to one above -30 dB of the peak, 5 ms up and 100 ms down, made up to the old peak.
static void compress(att_audio *a)
{
    float peak = 1e-9f, after = 1e-9f;
    for (size_t i = 0; i < a->frames; i++)
        peak = fmaxf(peak, fabsf(a->samples[i]));
    const double up = exp(-1 / (0.005 * a->rate_hz)), down = exp(-1 / (0.1 * a->rate_hz)), edge = peak * pow(10, -30.0 / 20);
    double level = 0;
    for (size_t i = 0; i < a->frames; i++) {
        const double x = fabs((double)a->samples[i]);
        level = x > level ? up * level + (1 - up) * x : down * level + (1 - down) * x;
        if (level > edge)
            a->samples[i] *= (float)pow(level / edge, -7.0 / 8);
        after = fmaxf(after, fabsf(a->samples[i]));
    }
    for (size_t i = 0; i < a->frames; i++)
        a->samples[i] *= peak / after;
}

// Turned up by 12 dB beyond full scale and cut off there.
static void clip(att_audio *a)
{
    float peak = 1e-9f;
    for (size_t i = 0; i < a->frames; i++)
        peak = fmaxf(peak, fabsf(a->samples[i]));
    for (size_t i = 0; i < a->frames; i++)
        a->samples[i] = fminf(1, fmaxf(-1, a->samples[i] * 4 / peak));
}

static void mix_in(att_audio *a, att_sound other, double ratio_db)
{
    const double theirs = power_of(other), level = theirs > 0 ? sqrt(power_of(att_audio_view(a)) * pow(10, -ratio_db / 10) / theirs) : 0;
    for (size_t i = 0; i < ATT_MIN(a->frames, other.frames); i++)
        a->samples[i] += (float)level * other.samples[i];
}

// --- Steps that make another sound --------------------------------------------------------------------------------

static att_status replace(att_audio *a, att_audio *with, att_status status)
{
    if (status)
        return status;
    att_audio_deinit(a);
    *a = *with;
    return ATT_OK;
}

// Resampled by 1 / speed and played at the old rate.
static att_status change_speed(att_audio *a, double speed, att_error *err)
{
    att_audio out;
    att_status status = att_audio_init(&out, (size_t)((double)a->frames / speed), 1, a->rate_hz, &a->host, err);
    if (status)
        return status;
    SRC_DATA d = {.data_in = a->samples, .data_out = out.samples, .input_frames = (long)a->frames, .output_frames = (long)out.frames,
        .src_ratio = 1 / speed};
    const int bad = src_simple(&d, SRC_SINC_FASTEST, 1);
    if (bad)
        att_audio_deinit(&out), status = ATT_FAIL(err, ATT_INVALID, "speed: %s", src_strerror(bad));
    return replace(a, &out, status);
}

// The place in [from, to] whose next `size` samples go on most like those at `like`, in steps.
static size_t most_alike(att_sound s, size_t like, size_t from, size_t to, size_t size, size_t step)
{
    size_t best = from;
    double most = -1e300;
    for (size_t i = from; i <= to; i += step) {
        double dot = 0, energy = 1e-9;
        for (size_t k = 0; k < size; k += step) {
            dot += (double)s.samples[like + k] * (double)s.samples[i + k];
            energy += (double)s.samples[i + k] * (double)s.samples[i + k];
        }
        if (dot / sqrt(energy) > most) {
            most = dot / sqrt(energy);
            best = i;
        }
    }
    return best;
}

// In steps of 1/8000 s first, then sample by sample around the best.
static size_t goes_on_at(att_sound s, size_t like, size_t at, size_t reach, size_t size)
{
    const size_t step = ATT_MAX(1, s.rate_hz / 8000), last = s.frames - size, from = at > reach ? at - reach : 0;
    const size_t near = most_alike(s, like, from, ATT_MIN(at + reach, last), size, step);
    return most_alike(s, like, near > step ? near - step : 0, ATT_MIN(near + step, last), size, 1);
}

att_status att_audio_retimed_plain(att_audio *out, att_sound mono, double tempo, const att_host *host, att_error *err)
{
    const size_t half = mono.rate_hz * 30 / 1000, size = 2 * half, reach = mono.rate_hz / 100;
    const att_status status = att_audio_init(out, (size_t)((double)mono.frames / tempo), 1, mono.rate_hz, host, err);
    if (status || mono.frames < 2 * size + reach)
        return status;
    size_t taken = 0; // where the last window came from
    for (size_t to = 0, i = 0; to + size <= out->frames; to += half, i++) {
        const size_t ideal = (size_t)((double)to * tempo);
        if (ideal + size > mono.frames || taken + half + size > mono.frames)
            break;
        const size_t from = i ? goes_on_at(mono, taken + half, ideal, reach, size) : 0;
        for (size_t k = 0; k < size; k++) {
            const double s = sin(M_PI * (double)k / (double)size);
            out->samples[to + k] += (float)(s * s) * mono.samples[from + k];
        }
        taken = from;
    }
    return ATT_OK;
}

static att_status change_tempo(att_audio *a, double tempo, att_error *err)
{
    att_audio out;
    const att_status status = att_audio_retimed_plain(&out, att_audio_view(a), tempo, &a->host, err);
    return replace(a, &out, status);
}

static att_status change_pitch(att_audio *a, double semitones, att_error *err)
{
    const double ratio = pow(2, semitones / 12);
    const att_status status = change_tempo(a, 1 / ratio, err);
    return status ? status : change_speed(a, ratio, err);
}

// --- MP3 ----------------------------------------------------------------------------------------------------------

typedef struct tape {
    att_host host;
    ATT_VEC(unsigned char) bytes;
    size_t at;
} tape;

static sf_count_t tape_size(void *user)
{
    return (sf_count_t)((tape *)user)->bytes.count;
}

static sf_count_t tape_seek(sf_count_t offset, int whence, void *user)
{
    tape *t = user;
    const sf_count_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (sf_count_t)t->at : (sf_count_t)t->bytes.count;
    if (base + offset >= 0)
        t->at = (size_t)(base + offset);
    return (sf_count_t)t->at;
}

static sf_count_t tape_read(void *to, sf_count_t count, void *user)
{
    tape *t = user;
    const size_t got = t->at < t->bytes.count ? ATT_MIN((size_t)count, t->bytes.count - t->at) : 0;
    if (got)
        memcpy(to, t->bytes.items + t->at, got);
    t->at += got;
    return (sf_count_t)got;
}

static sf_count_t tape_write(const void *from, sf_count_t count, void *user)
{
    tape *t = user;
    const size_t end = t->at + (size_t)count;
    if (!ATT_VEC_RESERVE(&t->host, &t->bytes, end))
        return 0;
    memcpy(t->bytes.items + t->at, from, (size_t)count);
    t->bytes.count = ATT_MAX(t->bytes.count, end);
    t->at = end;
    return count;
}

static sf_count_t tape_tell(void *user)
{
    return (sf_count_t)((tape *)user)->at;
}

static const SF_VIRTUAL_IO tape_io = {tape_size, tape_seek, tape_read, tape_write, tape_tell};

enum { MP3_FORMAT = 0x230000 | 0x0082, SET_BITRATE_MODE = 0x1305, BLOCK = 1 << 14 }; // of libsndfile 1.1

// libsndfile's compression level for a constant rate: 320 kb/s at 0 and 32 at 1 for MPEG-1's sample rates, 160 and 8 below them.
static double level_for(double bits_per_s, uint32_t rate_hz)
{
    const double most = rate_hz >= 32000 ? 320000 : 160000, least = rate_hz >= 32000 ? 32000 : 8000;
    return fmin(1, fmax(0, (most - bits_per_s) / (most - least)));
}

static att_status write_mp3(const att_audio *a, double bits_per_s, tape *t, att_error *err)
{
    SF_INFO info = {.samplerate = (int)a->rate_hz, .channels = 1, .format = MP3_FORMAT};
    double level = level_for(bits_per_s, a->rate_hz);
    int constant = 0; // SF_BITRATE_MODE_CONSTANT
    SNDFILE *file = sf_open_virtual((SF_VIRTUAL_IO *)(uintptr_t)&tape_io, SFM_WRITE, &info, t);
    if (!file)
        return ATT_FAIL(err, ATT_UNSUPPORTED, "this libsndfile does not write MP3 at %u Hz: %s", a->rate_hz, sf_strerror(NULL));
    sf_command(file, SET_BITRATE_MODE, &constant, sizeof constant);
    sf_command(file, SFC_SET_COMPRESSION_LEVEL, &level, sizeof level);
    bool fine = true;
    for (size_t at = 0; fine && at < a->frames; at += BLOCK) {
        const sf_count_t count = (sf_count_t)ATT_MIN(a->frames - at, (size_t)BLOCK);
        fine = sf_writef_float(file, a->samples + at, count) == count;
    }
    fine = sf_close(file) == 0 && fine;
    return fine ? ATT_OK : ATT_FAIL(err, ATT_INVALID, "MP3: the encoder would not take it");
}

static att_status through_mp3(att_audio *a, double bits_per_s, att_error *err)
{
    tape t = {.host = a->host};
    att_status status = write_mp3(a, bits_per_s, &t, err);
    t.at = 0;
    SF_INFO info = {0};
    SNDFILE *file = status ? NULL : sf_open_virtual((SF_VIRTUAL_IO *)(uintptr_t)&tape_io, SFM_READ, &info, &t);
    if (!status && (!file || info.channels != 1 || (uint32_t)info.samplerate != a->rate_hz))
        status = ATT_FAIL(err, ATT_INVALID, "MP3: what was written is not read again");
    if (!status) {
        memset(a->samples, 0, a->frames * sizeof *a->samples);
        sf_readf_float(file, a->samples, (sf_count_t)a->frames);
    }
    if (file)
        sf_close(file);
    ATT_VEC_FREE(&t.host, &t.bytes);
    return status;
}

// --- Attacks ------------------------------------------------------------------------------------------------------

static att_status combined(att_audio *a, att_rng *rng, att_error *err)
{
    const double tempo = 1 + 0.04 * (2 * att_rng_unit(rng) - 1), pitch = 0.8 * (2 * att_rng_unit(rng) - 1);
    att_status status = change_tempo(a, tempo, err);
    if (!status)
        status = change_pitch(a, pitch, err);
    if (status)
        return status;
    equalize(a);
    compress(a);
    status = pink_noise(a, 15, rng, err);
    return status ? status : through_mp3(a, 96000, err);
}

static att_status attack_with(att_audio *a, att_sound other, att_audio_attack attack, att_rng *rng, att_error *err)
{
    static const double percents[] = {-5, -2, -1, 1, 2, 5};
    if (attack >= ATT_AUDIO_TEMPO_DOWN_5 && attack <= ATT_AUDIO_TEMPO_UP_5)
        return change_tempo(a, 1 + percents[attack - ATT_AUDIO_TEMPO_DOWN_5] / 100, err);
    if (attack >= ATT_AUDIO_SPEED_DOWN_5 && attack <= ATT_AUDIO_SPEED_UP_5)
        return change_speed(a, 1 + percents[attack - ATT_AUDIO_SPEED_DOWN_5] / 100, err);
    switch (attack) {
    case ATT_AUDIO_MP3_64:
        return through_mp3(a, 64000, err);
    case ATT_AUDIO_MP3_32:
        return through_mp3(a, 32000, err);
    case ATT_AUDIO_WHITE_10:
        return white_noise(a, 10, rng), ATT_OK;
    case ATT_AUDIO_WHITE_0:
        return white_noise(a, 0, rng), ATT_OK;
    case ATT_AUDIO_PINK_10:
        return pink_noise(a, 10, rng, err);
    case ATT_AUDIO_PITCH_DOWN:
        return change_pitch(a, -1, err);
    case ATT_AUDIO_PITCH_UP:
        return change_pitch(a, 1, err);
    case ATT_AUDIO_EQUALIZED:
        return equalize(a), ATT_OK;
    case ATT_AUDIO_LOW_PASS:
        return filter(a, LOW_PASS, 1500, 0.7071, 0), ATT_OK;
    case ATT_AUDIO_TELEPHONE:
        return telephone(a), ATT_OK;
    case ATT_AUDIO_COMPRESSED:
        return compress(a), ATT_OK;
    case ATT_AUDIO_CLIPPED:
        return clip(a), ATT_OK;
    case ATT_AUDIO_MIXED_6:
        return mix_in(a, other, 6), ATT_OK;
    case ATT_AUDIO_MIXED_0:
        return mix_in(a, other, 0), ATT_OK;
    case ATT_AUDIO_COMBINED:
        return combined(a, rng, err);
    case ATT_AUDIO_REVERSED:
        for (size_t i = 0; i < a->frames / 2; i++) {
            const float first = a->samples[i];
            a->samples[i] = a->samples[a->frames - 1 - i];
            a->samples[a->frames - 1 - i] = first;
        }
        return ATT_OK;
    default:
        return ATT_OK;
    }
}

att_status att_audio_attacked(
    att_audio *out, att_sound sound, att_sound other, att_audio_attack attack, att_rng *rng, const att_host *host, att_error *err)
{
    att_status status = att_audio_init(out, sound.frames, 1, sound.rate_hz, host, err);
    if (status)
        return status;
    att_audio_mix(sound, out->samples);
    status = attack_with(out, other, attack, rng, err);
    if (attack == ATT_AUDIO_QUIET)
        for (size_t i = 0; i < out->frames; i++)
            out->samples[i] *= 0.1f;
    if (status)
        att_audio_deinit(out);
    return att_while(err, status, "%s", att_audio_attack_name(attack));
}
