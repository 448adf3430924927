// SPDX-License-Identifier: Apache-2.0
// Notes are those of others: the published example of Go's note package reads, verifies and is signed again to the same bytes;
// what is not of the form is refused with the line.
#include "check.h"

#include "guard/prov_note.h"

static const char public_key[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char private_key[] = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"; // published with it
static const char words[] = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
static const char example[] = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
                              "\xE2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

CHECK_TEST(the_published_example_verifies_and_signs_to_the_same)
{
    CHECK_BEGIN();
    att_note_key key;
    att_note_signer signer;
    att_note note;
    att_error err;
    char out[1024], text[ATT_PROVENANCE_KEY_TEXT_MAX];
    CHECK_OK_ERR(att_note_key_parse(&key, att_text_of(public_key), &err), &err);
    CHECK_OK_ERR(att_note_signer_parse(&signer, att_text_of(private_key), &err), &err);
    att_note_key_text(&key, text);
    CHECK_STR(text, public_key);
    att_note_key_text(&signer.key, text);
    CHECK_STR(text, public_key);
    att_note_signer_text(&signer, text);
    CHECK_STR(text, private_key);
    CHECK_OK_ERR(att_note_parse(&note, att_text_of(example), &err), &err);
    CHECK_TEXT(note.text, words);
    CHECK_EQ(note.signature_count, 1);
    CHECK_EQ(att_note_verify(&note, &key), ATT_NOTE_SIGNED);
    CHECK_OK_ERR(att_note_sign(&signer, att_text_of(words), out, sizeof out, &err), &err);
    CHECK_STR(out, example);
    CHECK_FAILS(att_note_sign(&signer, att_text_of(words), out, 100, &err), ATT_LIMIT);
}

CHECK_TEST(one_other_letter_is_a_forgery)
{
    CHECK_BEGIN();
    char copy[sizeof example];
    att_note_key key;
    att_note note;
    CHECK_OK(att_note_key_parse(&key, att_text_of(public_key), NULL));
    for (size_t i = 0; i < sizeof words - 1; i++) {
        memcpy(copy, example, sizeof copy);
        copy[i] ^= 1;
        if (att_note_parse(&note, att_text_of(copy), NULL)) // it became a control character
            continue;
        CHECK_EQ(att_note_verify(&note, &key), ATT_NOTE_FORGED);
    }
    att_note_signer other;
    CHECK_OK(att_note_signer_make(&other, "PeterNeumann", NULL));
    CHECK_OK(att_note_parse(&note, att_text_of(example), NULL));
    CHECK_EQ(att_note_verify(&note, &other.key), ATT_NOTE_UNKNOWN_KEY);
}

CHECK_TEST(what_is_not_of_the_form_is_refused)
{
    CHECK_BEGIN();
    static const struct {
        const char *text, *story;
    } notes[] = {{"", "an empty line"}, {"text\n", "an empty line"}, {"text\n\n", "without a signature"}, {"text\n\nno dash x\n", "signature 1"},
        {"text\n\n\xE2\x80\x94 name\n", "no name"}, {"text\n\n\xE2\x80\x94 name !!!!\n", "not base64"}, {"text\n\n\xE2\x80\x94 a+b AAAA\n", "no name"},
        {"te\txt\n\n\xE2\x80\x94 name AAAAAAAA\n", "control"}, {"text\n\n\xE2\x80\x94 name AAAAAAAA", "lines of signatures"}};
    static const struct {
        const char *text, *story;
    } keys[] = {{"", "NAME+HASH+KEY"}, {"name+123", "NAME+HASH+KEY"}, {"na me+00000000+AA", "NAME+HASH+KEY"}, {"name+0000000g+AAAA", "hexadecimal"},
        {"name+00000000+AAAA", "33 bytes"}, {"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "c74f20a3"},
        {"PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "of kind 2"}};
    static const struct {
        const char *text, *story;
    } checkpoints[] = {{"", "line 1"}, {"\n1\nAAAA\n", "line 1"}, {"o\nx\n", "line 2"}, {"o\n01\n", "line 2"}, {"o\n18446744073709551616\n", "line 2"},
        {"o\n1\nAAAA\n", "line 3"}, {"o\n1\n", "line 3"}};
    att_error err;
    att_note note;
    att_note_key key;
    att_checkpoint checkpoint;
    for (size_t i = 0; i < ATT_COUNT_OF(notes); i++) {
        CHECK_FAILS(att_note_parse(&note, att_text_of(notes[i].text), &err), ATT_INVALID);
        CHECK_HOLDS(err.text, notes[i].story);
    }
    for (size_t i = 0; i < ATT_COUNT_OF(keys); i++) {
        CHECK(att_note_key_parse(&key, att_text_of(keys[i].text), &err) != ATT_OK);
        CHECK_HOLDS(err.text, keys[i].story);
    }
    for (size_t i = 0; i < ATT_COUNT_OF(checkpoints); i++) {
        CHECK_FAILS(att_checkpoint_parse(&checkpoint, att_text_of(checkpoints[i].text), &err), ATT_INVALID);
        CHECK_HOLDS(err.text, checkpoints[i].story);
    }
    att_note_signer signer;
    CHECK_FAILS(att_note_signer_parse(&signer, att_text_of(public_key), &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "no private key");
    CHECK_FAILS(att_note_signer_make(&signer, "two words", &err), ATT_INVALID);
}

CHECK_TEST(a_checkpoint_reads_back)
{
    CHECK_BEGIN();
    char text[ATT_CHECKPOINT_SIZE_MAX];
    att_checkpoint checkpoint = {.origin = ATT_LIT("example.com/log"), .size = 18446744073709551615ull}, back;
    for (size_t i = 0; i < ATT_HASH_SIZE; i++)
        checkpoint.root.bytes[i] = (unsigned char)(i * 7);
    att_checkpoint_text(&checkpoint, text);
    CHECK_OK(att_checkpoint_parse(&back, att_text_of(text), NULL));
    CHECK_TEXT(back.origin, "example.com/log");
    CHECK(back.size == checkpoint.size);
    CHECK(memcmp(back.root.bytes, checkpoint.root.bytes, ATT_HASH_SIZE) == 0);
    // Lines behind the third are for others.
    strcat(text, "Timestamp: 1\n");
    CHECK_OK(att_checkpoint_parse(&back, att_text_of(text), NULL));
}

CHECK_MAIN(CHECK_CASE(the_published_example_verifies_and_signs_to_the_same), CHECK_CASE(one_other_letter_is_a_forgery),
    CHECK_CASE(what_is_not_of_the_form_is_refused), CHECK_CASE(a_checkpoint_reads_back))
