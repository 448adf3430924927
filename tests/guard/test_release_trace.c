// SPDX-License-Identifier: Apache-2.0
// What a file was made from is read from the provenance log: inputs with their licences, through what was made on the way.
#include "check.h"

#include "attune/release.h"

#include <unistd.h>

static att_hash hash_of(const char *text)
{
    att_hash out;
    att_hash_of(text, strlen(text), &out);
    return out;
}

static void append(att_provenance *log, const att_provenance_entry *entry)
{
    att_error err;
    CHECK_OK_ERR(att_provenance_append(log, entry, 1, NULL, &err), &err);
}

// Two inputs (one opts out), a stem made from them, a song made from the stem and from something that nobody knows.
static const char *some_log(void)
{
    const char *path = check_path("provenance");
    att_provenance *log;
    att_error err;
    const att_hash loop = hash_of("loop"), voice = hash_of("voice"), stem = hash_of("stem"), song = hash_of("song"), lost = hash_of("lost");
    CHECK_OK_ERR(att_provenance_open(&log, path, &(att_provenance_options){.create = true}, NULL, &err), &err);
    append(log, &(att_provenance_entry){.kind = ATT_PROVENANCE_INPUT, .subject = att_text_of("a loop"), .content = loop, .licence = att_text_of("CC0-1.0")});
    append(log, &(att_provenance_entry){.kind = ATT_PROVENANCE_INPUT, .subject = att_text_of("a voice"), .content = voice,
                    .licence = att_text_of("CC-BY-4.0"), .opt_out = att_text_of("train")});
    const att_hash of_stem[] = {loop, voice}, of_song[] = {stem, lost};
    append(log, &(att_provenance_entry){.kind = ATT_PROVENANCE_OUTPUT, .subject = att_text_of("stem.wav"), .content = stem, .parents = of_stem, .parent_count = 2});
    append(log, &(att_provenance_entry){.kind = ATT_PROVENANCE_OUTPUT, .subject = att_text_of("song.wav"), .content = song, .parents = of_song, .parent_count = 2});
    att_provenance_close(log);
    return path;
}

static const att_release_input *named(const att_release_input *inputs, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(inputs[i].name, name) == 0)
            return &inputs[i];
    return NULL;
}

CHECK_TEST(inputs_are_found_through_what_was_made_on_the_way)
{
    CHECK_BEGIN();
    const char *log = some_log();
    att_release_trace *trace;
    att_error err;
    size_t count;
    check_write_file(check_path("song"), "song", 4);
    CHECK_OK_ERR(att_release_trace_create(&trace, log, check_path("song"), NULL, &err), &err);
    CHECK(att_release_trace_known(trace));
    const att_release_input *inputs = att_release_trace_inputs(trace, &count);
    CHECK_EQ(count, 3);
    const att_release_input *loop = named(inputs, count, "a loop"), *voice = named(inputs, count, "a voice");
    CHECK(loop && voice);
    CHECK_STR(loop->licence, "CC0-1.0");
    CHECK(!loop->opted_out && voice->opted_out);
    char hex[2 * ATT_HASH_SIZE + 1];
    const att_hash lost = hash_of("lost");
    att_hash_text(&lost, hex);
    CHECK(named(inputs, count, hex) && !named(inputs, count, hex)->licence);
    att_release_trace_destroy(trace);
    unlink(log);
}

CHECK_TEST(what_the_log_does_not_know_is_not_known)
{
    CHECK_BEGIN();
    const char *log = some_log();
    att_release_trace *trace;
    att_error err;
    size_t count;
    check_write_file(check_path("other"), "other", 5);
    CHECK_OK_ERR(att_release_trace_create(&trace, log, check_path("other"), NULL, &err), &err);
    CHECK(!att_release_trace_known(trace));
    att_release_trace_inputs(trace, &count);
    CHECK_EQ(count, 0);
    att_release_trace_destroy(trace);
    CHECK_FAILS(att_release_trace_create(&trace, log, check_path("gone"), NULL, &err), ATT_NOT_FOUND);
    unlink(log);
}

CHECK_TEST(a_log_that_does_not_hold_is_refused)
{
    CHECK_BEGIN();
    const char *log = some_log();
    att_release_trace *trace;
    att_error err;
    size_t size;
    char *bytes = check_read_file(log, &size);
    bytes[size / 2] ^= 1;
    check_write_file(log, bytes, size);
    check_write_file(check_path("song"), "song", 4);
    CHECK_FAILS(att_release_trace_create(&trace, log, check_path("song"), NULL, &err), ATT_CORRUPT);
    CHECK_HOLDS(err.text, "provenance");
    CHECK(trace == NULL);
    free(bytes);
    unlink(log);
}

CHECK_MAIN(CHECK_CASE(inputs_are_found_through_what_was_made_on_the_way), CHECK_CASE(what_the_log_does_not_know_is_not_known),
    CHECK_CASE(a_log_that_does_not_hold_is_refused))
