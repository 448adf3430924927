// SPDX-License-Identifier: Apache-2.0
// Whatever a note, a checkpoint or a key says, it is read or refused with a story; a key that is read is written as it was, and a
// checkpoint that is read reads back the same.
#include "guard/prov_note.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool condition)
{
    if (!condition)
        abort();
}

static void try_key(att_text text)
{
    att_note_key key, again;
    att_note_signer signer;
    att_error err = {0};
    char out[ATT_PROVENANCE_KEY_TEXT_MAX];
    if (att_note_key_parse(&key, text, &err) == ATT_OK) {
        att_note_key_text(&key, out);
        need(att_note_key_parse(&again, att_text_of(out), &err) == ATT_OK && memcmp(&key, &again, sizeof key) == 0);
    } else {
        need(err.text[0] != 0);
    }
    if (att_note_signer_parse(&signer, text, &err) == ATT_OK)
        need(signer.key.name[0] != 0);
}

static void try_checkpoint(att_text text)
{
    att_checkpoint checkpoint, again;
    att_error err = {0};
    char out[ATT_CHECKPOINT_SIZE_MAX];
    if (att_checkpoint_parse(&checkpoint, text, &err)) {
        need(err.text[0] != 0);
        return;
    }
    if (checkpoint.origin.size > ATT_NOTE_NAME_SIZE_MAX)
        return;
    att_checkpoint_text(&checkpoint, out);
    need(att_checkpoint_parse(&again, att_text_of(out), &err) == ATT_OK && again.size == checkpoint.size);
    need(memcmp(&again.root, &checkpoint.root, sizeof again.root) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char public_key[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const att_text text = {(const char *)data, size};
    att_note note;
    att_note_key key;
    att_error err = {0};
    if (size > 8192)
        return 0;
    need(att_note_key_parse(&key, att_text_of(public_key), NULL) == ATT_OK);
    if (att_note_parse(&note, text, &err) == ATT_OK) {
        need(note.text.size < size && note.signature_count > 0);
        (void)att_note_verify(&note, &key);
        try_checkpoint(note.text);
    } else {
        need(err.text[0] != 0);
    }
    try_checkpoint(text);
    try_key(text);
    return 0;
}
