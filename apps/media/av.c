// SPDX-License-Identifier: Apache-2.0
// apps/media/av.c - attune-audio-av: as attune-audio (apps/media/audio.c), for what libsndfile cannot open: the sound of MP4, WebM,
// Matroska, AAC and their like, by FFmpeg's libraries. As Debian builds those, this one program falls under the GPL.
//
// The containers are listed by name, and none may open another file: descriptor 3 is all there is.
#include "sandbox.h"
#include "say.h"

#include "attune/audio.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswresample/swresample.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTAINERS "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,aac,asf,flv,mpegts,mpeg,avi,ape,wv,tta,amr,ac3,eac3,dts,mp3,ogg,flac,wav,w64,aiff,caf,mpc,mpc8,tak,dsf"

typedef struct player {
    AVFormatContext *format;
    AVCodecContext *codec;
    SwrContext *converter;
    AVChannelLayout layout, from; // what is written; what comes
    int rate_hz, from_rate_hz, from_format, stream;
    float *samples;
    int capacity; // frames
    uint64_t frames;
} player;

static int on_read(void *opaque, uint8_t *out, int size)
{
    (void)opaque;
    const ssize_t n = read(ATT_HELPER_FILE, out, (size_t)size);
    return n > 0 ? (int)n : n == 0 ? AVERROR_EOF : AVERROR(EIO);
}

static int64_t on_seek(void *opaque, int64_t at, int whence)
{
    struct stat about;
    (void)opaque;
    if (whence & AVSEEK_SIZE)
        return fstat(ATT_HELPER_FILE, &about) == 0 ? about.st_size : AVERROR(EIO);
    return lseek(ATT_HELPER_FILE, at, whence & ~AVSEEK_FORCE);
}

static int refuse(int bad, const char *doing)
{
    char text[128] = "";
    av_strerror(bad, text, sizeof text);
    return say_story(bad == AVERROR(ENOMEM) ? ATT_LIMIT : ATT_INVALID, "%s: %s", doing, text);
}

static int open_format(player *p)
{
    enum { BUFFER = 1 << 16 };
    AVDictionary *options = NULL;
    unsigned char *buffer = av_malloc(BUFFER);
    p->format = avformat_alloc_context();
    if (!buffer || !p->format)
        return AVERROR(ENOMEM);
    p->format->pb = avio_alloc_context(buffer, BUFFER, 0, NULL, on_read, NULL, on_seek);
    if (!p->format->pb)
        return AVERROR(ENOMEM);
    av_dict_set(&options, "format_whitelist", CONTAINERS, 0);
    av_dict_set(&options, "protocol_whitelist", "none", 0);
    const int bad = avformat_open_input(&p->format, "", NULL, &options);
    av_dict_free(&options);
    return bad < 0 ? bad : avformat_find_stream_info(p->format, NULL);
}

static int open_codec(player *p)
{
    const AVCodec *codec = NULL;
    p->stream = av_find_best_stream(p->format, AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
    if (p->stream < 0)
        return p->stream;
    for (unsigned i = 0; i < p->format->nb_streams; i++)
        if ((int)i != p->stream)
            p->format->streams[i]->discard = AVDISCARD_ALL;
    p->codec = avcodec_alloc_context3(codec);
    if (!p->codec)
        return AVERROR(ENOMEM);
    const int bad = avcodec_parameters_to_context(p->codec, p->format->streams[p->stream]->codecpar);
    p->codec->thread_count = 1;
    return bad < 0 ? bad : avcodec_open2(p->codec, codec, NULL);
}

// Head and shape are those of the first frame that comes out.
static bool begin(player *p, const AVFrame *frame)
{
    const AVStream *stream = p->format->streams[p->stream];
    if (av_channel_layout_copy(&p->layout, &frame->ch_layout) < 0)
        return false;
    p->rate_hz = frame->sample_rate;
    const double seconds = stream->duration > 0 ? (double)stream->duration * av_q2d(stream->time_base) : (double)p->format->duration / AV_TIME_BASE;
    return say_head((uint32_t)p->rate_hz, (uint32_t)p->layout.nb_channels, seconds > 0 && seconds < 1e6 ? (uint64_t)(seconds * p->rate_hz) : 0);
}

// A stream may change its shape on the way; what is written does not.
static int set_converter(player *p, const AVFrame *frame)
{
    if (p->converter && frame->sample_rate == p->from_rate_hz && frame->format == p->from_format && av_channel_layout_compare(&p->from, &frame->ch_layout) == 0)
        return 0;
    p->from_rate_hz = frame->sample_rate;
    p->from_format = frame->format;
    int bad = av_channel_layout_copy(&p->from, &frame->ch_layout);
    swr_free(&p->converter);
    if (bad >= 0)
        bad = swr_alloc_set_opts2(&p->converter, &p->layout, AV_SAMPLE_FMT_FLT, p->rate_hz, &p->from, p->from_format, p->from_rate_hz, 0, NULL);
    return bad < 0 ? bad : swr_init(p->converter);
}

static int write_frame(player *p, const AVFrame *frame)
{
    if (frame->nb_samples <= 0)
        return 0;
    if (p->frames == 0 && !begin(p, frame))
        return AVERROR(EPIPE);
    int bad = set_converter(p, frame);
    const int room = bad < 0 ? 0 : swr_get_out_samples(p->converter, frame->nb_samples);
    if (bad < 0 || room < 0)
        return bad < 0 ? bad : room;
    if (room > p->capacity) {
        bad = av_reallocp_array(&p->samples, (size_t)room, (size_t)p->layout.nb_channels * sizeof(float));
        p->capacity = bad < 0 ? 0 : room;
        if (bad < 0)
            return bad;
    }
    uint8_t *out[1] = {(uint8_t *)p->samples};
    const int made = swr_convert(p->converter, out, room, (const uint8_t **)(uintptr_t)frame->extended_data, frame->nb_samples);
    if (made < 0)
        return made;
    p->frames += (uint64_t)made;
    return made == 0 || say_samples(p->samples, (size_t)made * (size_t)p->layout.nb_channels) ? 0 : AVERROR(EPIPE);
}

// All frames that the decoder has; 0: it wants more.
static int drain(player *p, AVFrame *frame)
{
    for (;;) {
        int bad = avcodec_receive_frame(p->codec, frame);
        if (bad == AVERROR(EAGAIN) || bad == AVERROR_EOF)
            return 0;
        if (bad == 0)
            bad = write_frame(p, frame);
        av_frame_unref(frame);
        if (bad < 0)
            return bad;
    }
}

static int play(player *p)
{
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    int bad = packet && frame ? 0 : AVERROR(ENOMEM), damaged = 0;
    while (bad == 0 && (bad = av_read_frame(p->format, packet)) == 0) {
        if (packet->stream_index == p->stream) {
            const int its = avcodec_send_packet(p->codec, packet);
            damaged += its == AVERROR_INVALIDDATA; // one packet; the next may be well
            bad = its < 0 && its != AVERROR_INVALIDDATA ? its : drain(p, frame);
            bad = bad == AVERROR_INVALIDDATA ? 0 : bad;
        }
        av_packet_unref(packet);
    }
    if (bad == AVERROR_EOF) {
        avcodec_send_packet(p->codec, NULL);
        bad = drain(p, frame);
    }
    if (bad == 0 && p->frames == 0)
        bad = damaged ? AVERROR_INVALIDDATA : AVERROR_EOF;
    av_packet_free(&packet);
    av_frame_free(&frame);
    return bad;
}

int main(int argc, char **argv)
{
    player p = {0};
    av_log_set_level(AV_LOG_QUIET);
    if (!sandbox_limits(argc, argv) || !sandbox_close())
        return say_story(ATT_UNSUPPORTED, "the system lets no limits be set on the program that reads sound");
    int bad = open_format(&p);
    if (bad < 0)
        return refuse(bad, "not opened");
    bad = open_codec(&p);
    if (bad < 0)
        return bad == AVERROR_STREAM_NOT_FOUND ? say_story(ATT_INVALID, "there is no sound in it") : refuse(bad, "its sound is not understood");
    const int channels = p.codec->ch_layout.nb_channels, rate_hz = p.codec->sample_rate;
    if (channels < 1 || channels > ATT_AUDIO_CHANNELS_MAX)
        return say_story(ATT_LIMIT, "channels: found %d, expected 1 to %d", channels, ATT_AUDIO_CHANNELS_MAX);
    if (rate_hz < ATT_AUDIO_RATE_MIN_HZ || rate_hz > ATT_AUDIO_RATE_MAX_HZ)
        return say_story(ATT_LIMIT, "sample rate: found %d Hz, expected %d to %d", rate_hz, ATT_AUDIO_RATE_MIN_HZ, ATT_AUDIO_RATE_MAX_HZ);
    bad = play(&p);
    if (bad == AVERROR(EPIPE))
        return 1;
    if (bad < 0)
        return refuse(bad, "its sound cannot be decoded");
    return say_end() ? 0 : 1;
}
