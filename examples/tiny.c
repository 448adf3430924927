// SPDX-License-Identifier: Apache-2.0
// examples/tiny.c - the whole loop in one page: open a store, log events, train, ask for a slate, show it, feed back.
// tiny [FOLDER]: the store lies there, or in a new folder of its own.
#include <attune/attune.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static att_error err;

static void must(att_status status)
{
    if (status != ATT_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    char path[] = "/tmp/tiny-XXXXXX";
    const char *folder = argc > 1 ? argv[1] : mkdtemp(path);
    if (!folder || chdir(folder) != 0)
        return 1;
    att_engine *engine;
    const att_open_options options = {.create = true, .seed = 7, .threads = 1};
    must(att_engine_open(&engine, "tiny.attune", &options, NULL, &err));

    // Forty songs: the even ones are jazz, the odd ones metal. Thirty people: each loves one kind.
    const att_text jazz = att_text_of("jazz"), metal = att_text_of("metal");
    for (int i = 0; i < 40; i++) {
        char id[16];
        snprintf(id, sizeof id, "song-%d", i);
        const att_item item = {.id = att_text_of(id), .title = att_text_of(id), .medium = att_text_of("music"),
            .tags = i % 2 ? &metal : &jazz, .tag_count = 1};
        must(att_engine_items_put(engine, &item, 1, &err));
    }
    for (int person = 0; person < 30; person++)
        for (int i = person % 2; i < 40; i += 2 + 2 * (person % 3)) {
            char user[16], song[16];
            snprintf(user, sizeof user, "person-%d", person);
            snprintf(song, sizeof song, "song-%d", (i * 7 + person / 2 * 2) % 40);
            att_event event = att_event_empty();
            event.user = att_text_of(user);
            event.item = att_text_of(song);
            event.signal = ATT_SIGNAL_LIKE;
            event.at_ms = 1700000000000 + person * 60000 + i * 1000;
            must(att_engine_event(engine, &event, NULL, &err)); // on disk when it returns
        }
    must(att_engine_train(engine, NULL, NULL, &err));

    att_slate_memory *memory;
    att_slate slate;
    must(att_slate_memory_create(&memory, NULL, &err));
    att_request request = att_request_default();
    request.user = att_text_of("person-0");
    request.count = 5;
    request.explain = true;
    must(att_engine_decide(engine, &request, memory, &slate, &err));
    for (size_t i = 0; i < slate.count; i++)
        printf("%zu. %.*s  score %.3f, odds %.3f\n", i + 1, (int)slate.shown[i].title.size,
            slate.shown[i].title.data, slate.shown[i].score, slate.shown[i].propensity);

    att_event heard = att_event_empty(); // what came of it, joined by the decision's id
    heard.user = request.user;
    heard.item = slate.shown[0].item;
    heard.signal = ATT_SIGNAL_COMPLETE;
    heard.at_ms = slate.at_ms;
    heard.decision = slate.decision;
    must(att_engine_event(engine, &heard, NULL, &err));

    att_slate_memory_destroy(memory);
    att_engine_close(engine);
    printf("the store is %s/tiny.attune\n", folder);
    return 0;
}
