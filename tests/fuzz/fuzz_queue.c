// SPDX-License-Identifier: Apache-2.0
// Whatever the bytes, reading a case record, a policy record or a checkpoint of the queue ends in a status; a record that
// decodes, encodes to the bytes it came from.
#include "guard/queue.h"
#include "store/case_record.h"
#include "store/policy_record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void read_record(const uint8_t *data, size_t size)
{
    att_case_record record;
    att_error err = {0};
    if (att_case_record_decode(data, size, &record, &err) != ATT_OK) {
        expect(err.status != ATT_OK && err.text[0] != 0);
        return;
    }
    unsigned char *bytes = malloc(size);
    expect(bytes && att_case_record_size(&record) == size);
    att_case_record_encode(&record, bytes);
    expect(memcmp(bytes, data, size) == 0);
    free(bytes);
}

static void read_policy_record(const uint8_t *data, size_t size)
{
    att_policy_record record;
    att_error err = {0};
    if (att_policy_record_decode(data, size, &record, &err) != ATT_OK) {
        expect(err.status != ATT_OK && err.text[0] != 0);
        return;
    }
    unsigned char *bytes = malloc(size);
    expect(bytes && att_policy_record_size(&record) == size);
    att_policy_record_encode(&record, bytes);
    expect(memcmp(bytes, data, size) == 0);
    free(bytes);
}

static void read_queue(const uint8_t *data, size_t size)
{
    const att_host host = att_host_complete(NULL);
    att_queue *queue = NULL;
    att_error err = {0};
    expect(att_queue_create(&queue, 3, &host, &err) == ATT_OK);
    const att_status status = att_queue_read(queue, 0, data, size, &err);
    expect(status == ATT_OK || err.text[0] != 0);
    for (size_t i = 0; i < queue->cases.count && !status; i++) {
        char id[ATT_CASE_ID_SIZE];
        expect(queue->cases.items[i].history.count > 0);
        att_queue_id(&queue->cases.items[i], id);
        expect(att_queue_find(queue, att_text_of(id)) == &queue->cases.items[i]);
        (void)att_queue_barred(queue, &queue->cases.items[i]);
    }
    att_queue_destroy(queue);
}

// A checkpoint of seed 0 with as many entries as there are pieces of 64 bytes: so that chance comes past the head.
static void read_made(const uint8_t *data, size_t size)
{
    enum { piece = 24, entry = 36 + 16 + piece };
    const size_t count = size / 32 < 64 ? size / 32 : 64;
    unsigned char *made = calloc(1, 24 + count * entry), *at = made + 24;
    const uint64_t last_seq = 1000, number = count;
    expect(made != NULL);
    memcpy(made + 8, &last_seq, 8);
    memcpy(made + 16, &number, 8);
    for (size_t i = 0; i < count; i++, at += entry) {
        const uint8_t *from = data + i * 32;
        const uint64_t seq = i + 1, text_seq = from[0] & 1 ? from[1] % (i + 1) : 0;
        const uint32_t user = from[2] & 3 ? from[3] : ATT_NO_INDEX, item = from[4] & 1 ? from[5] : ATT_NO_INDEX, payload = 16 + piece;
        const uint16_t form = 1, reason = 10, matched = 4;
        const uint32_t text = piece - 4 - 10 - 4;
        memcpy(at, &seq, 8);
        memcpy(at + 16, &text_seq, 8);
        memcpy(at + 24, &user, 4);
        memcpy(at + 28, &item, 4);
        memcpy(at + 32, &payload, 4);
        memcpy(at + 36, &form, 2);
        at[38] = (unsigned char)(1 + from[6] % (ATT_CASE_ACT_COUNT - 1));
        at[39] = 4;
        memcpy(at + 40, &reason, 2);
        memcpy(at + 42, &matched, 2);
        memcpy(at + 44, &text, 4);
        memcpy(at + 52, from + 8, piece);
    }
    read_queue(made, 24 + count * entry);
    free(made);
}

// The same of a policy record whose lengths agree.
static void read_made_policy(const uint8_t *data, size_t size)
{
    unsigned char made[8 + 64 + 600] = {1};
    if (size < 4)
        return;
    const size_t by = data[0] % 66, reason = (size_t)(data[1] | data[2] << 8) % 520, left = size - 4 < 600 ? size - 4 : 600;
    made[2] = data[3] % (ATT_POLICY_ACT_COUNT + 1);
    made[3] = (unsigned char)by;
    made[4] = (unsigned char)reason;
    made[5] = (unsigned char)(reason >> 8);
    memcpy(made + 8, data + 4, left);
    read_policy_record(made, 8 + left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_record(data, size);
    read_policy_record(data, size);
    read_queue(data, size);
    read_made(data, size);
    read_made_policy(data, size);
    return 0;
}
