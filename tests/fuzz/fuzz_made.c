// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading a brief, a candidate, a judgement or a checkpoint of what was made ends in a status; a record that decodes,
// encodes to the bytes it came from; and a ledger that is fed with any of them stands.
#include "generate/ledger.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void compare(att_bytes *bytes, const uint8_t *data, size_t size, const att_host *host)
{
    expect(bytes->count == size && memcmp(bytes->items, data, size) == 0);
    ATT_VEC_FREE(host, bytes);
}

static void read_records(const uint8_t *data, size_t size, const att_host *host)
{
    static att_judged_record judged;
    att_brief_record brief;
    att_candidate_record candidate;
    att_error err = {0};
    att_bytes bytes = {0};
    if (att_brief_record_decode(data, size, &brief, &err) == ATT_OK) {
        expect(att_brief_record_encode(&brief, host, &bytes, &err) == ATT_OK);
        compare(&bytes, data, size, host);
    }
    if (att_candidate_record_decode(data, size, &candidate, &err) == ATT_OK) {
        expect(att_candidate_record_encode(&candidate, host, &bytes, &err) == ATT_OK);
        compare(&bytes, data, size, host);
    }
    if (att_judged_record_decode(data, size, &judged, &err) == ATT_OK) {
        expect(att_judged_record_encode(&judged, host, &bytes, &err) == ATT_OK);
        compare(&bytes, data, size, host);
    }
}

static void read_form(const uint8_t *data, size_t size, const att_host *host)
{
    att_arena arena;
    att_brief brief;
    uint32_t version;
    att_error err = {0};
    att_arena_init(&arena, host, 0);
    expect(att_brief_read((att_text){(const char *)data, size}, &arena, &brief, &version, &err) == ATT_OK || err.text[0]);
    att_arena_deinit(&arena);
}

static void read_checkpoint(const uint8_t *data, size_t size, const att_host *host)
{
    att_ledger_checkpoint checkpoint = {0};
    att_error err = {0};
    expect(att_ledger_read(&checkpoint, 0, data, size, host, &err) == ATT_OK || err.text[0]);
    ATT_VEC_FREE(host, &checkpoint.seqs);
}

// Records one behind the other: 1 kind, 1 item, 1 person, 1 act, 2 bytes of the payload.
static void feed_ledger(const uint8_t *data, size_t size, const att_host *host)
{
    att_ledger *ledger = NULL;
    att_error err = {0};
    uint64_t seq = 0;
    expect(att_ledger_create(&ledger, host, &err) == ATT_OK);
    while (size >= 6) {
        const size_t length = (size_t)(data[4] | data[5] << 8) % (size - 5);
        static const uint8_t kinds[] = {ATT_RECORD_BRIEF, ATT_RECORD_CANDIDATE, ATT_RECORD_JUDGED, ATT_RECORD_FORGET};
        const att_record record = {.seq = ++seq, .kind = kinds[data[0] % 4], .item = data[1] % 8, .user = data[2] % 4 ? data[2] % 4 : ATT_NO_INDEX,
            .signal = data[3] % ATT_BRIEF_ACT_COUNT, .value = NAN, .payload = data + 6, .payload_size = length};
        uint32_t item;
        expect(att_ledger_apply(ledger, &record, &item, &err) == ATT_OK || err.text[0]);
        data += 6 + length;
        size -= 6 + length;
    }
    for (uint32_t item = 0; item < 8; item++) {
        const att_ledger_candidate *c = att_ledger_of_item(ledger, item);
        expect(!c || (c->item == item && att_ledger_candidate_at(ledger, c->brief, c->index) == c));
    }
    att_ledger_destroy(ledger);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const att_host host = att_host_complete(NULL);
    read_records(data, size, &host);
    read_form(data, size, &host);
    read_checkpoint(data, size, &host);
    feed_ledger(data, size, &host);
    return 0;
}
