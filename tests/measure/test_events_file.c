// SPDX-License-Identifier: Apache-2.0
// Files of "who, what, when": every form that is read, and every fault told with its place.
#include "check.h"
#include "measure/events_file.h"

typedef struct wanted {
    const char *name, *text, *columns;
    double min_rating;
    uint32_t events;
    bool untimed;
    const char *user, *item; // of the first event
    int64_t first_ms, last_ms;
} wanted;

static const wanted forms[] = {
    {"spaces, in order", "1 10\n1  12\r\n\n2 10 \n", NULL, 0, 3, true, "1", "10", 0, 2},
    {"spaces with times", "ann x 1000000000\nbo y 1000000007\n", NULL, 0, 2, false, "ann", "x",
        1000000000000, 1000000007000},
    {"MovieLens 1M", "1::1193::5::978300760\n1::661::3::978302109\n", NULL, 4, 1, false, "1",
        "1193", 978300760000, 978300760000},
    {"MovieLens 100K, tabs", "196\t242\t3\t881250949\n186\t302\t3\t891717742", NULL, 0, 2, false,
        "196", "242", 881250949000, 891717742000},
    {"ratings without a head", "A1,B1,5.0,1355270400\n", NULL, 0, 1, false, "A1", "B1",
        1355270400000, 1355270400000},
    {"a head line in its own order",
        "\"rating\",\"Timestamp\",note,movieId,userId\n4.5,1355270400123,hm,m7,u9\n", NULL, 4, 1,
        false, "u9", "m7", 1355270400123, 1355270400123},
    {"columns that were told", "B1,A1,5.0,1355270400\nB2,A1,1.0,1355270401\n",
        "item,user,rating,time", 2, 1, false, "A1", "B1", 1355270400000, 1355270400000},
    {"columns beside others", "7 A1 B1\n", "-,user,item", 0, 1, true, "A1", "B1", 0, 0},
};

CHECK_TEST(every_form_is_read)
{
    CHECK_BEGIN();
    for (size_t i = 0; i < ATT_COUNT_OF(forms); i++) {
        const wanted *w = &forms[i];
        att_dataset *dataset;
        att_dataset_info info;
        att_error err = {0};
        check_write_file(check_path("events"), w->text, strlen(w->text));
        CHECK_OK_ERR(att_dataset_events(
                         &dataset, check_path("events"), w->min_rating, w->columns, NULL, &err),
            &err);
        att_dataset_info_get(dataset, &info);
        CHECK_STR(info.name, "events");
        CHECK_EQ(info.preferences, w->events);
        CHECK_EQ(info.untimed, w->untimed);
        CHECK_EQ(info.first_ms, w->first_ms);
        CHECK_EQ(info.last_ms, w->last_ms);
        CHECK_TEXT(att_names_get(&dataset->users, 0), w->user);
        CHECK_TEXT(att_names_get(&dataset->items, 0), w->item);
        att_dataset_destroy(dataset);
    }
}

typedef struct fault {
    const char *text, *columns, *story;
} fault;

static const fault faults[] = {
    {"", NULL, "bad is empty"},
    {"\n\r\n", NULL, "bad is empty"},
    {"1 2\n1\n", NULL, "bad:2: 1 fields, expected 2"},
    {"1 2 3 4 5\n", NULL, "bad:1: 5 fields without a head line"},
    {"1::2::x::9\n", NULL, "bad:1: field \"rating\" is \"x\", expected a number"},
    {"1::2::3::4\n1::2::3::-4\n", NULL, "bad:2: field \"time\" is \"-4\", expected whole seconds"},
    {"1 2 99999999999999999999\n", NULL, "bad:1: field \"time\""},
    {"1,,5,9\n", NULL, "bad:1: field \"item\" has 0 bytes"},
    {"user,item\nann,x,9\n", NULL, "bad:2: 3 fields, expected 2"},
    {"1 2\n", "user,thing", "lack item"},
    {"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33\n",
        NULL, "more than 32 fields"},
};

CHECK_TEST(every_fault_is_told_with_file_line_and_field)
{
    CHECK_BEGIN();
    for (size_t i = 0; i < ATT_COUNT_OF(faults); i++) {
        att_dataset *dataset;
        att_error err = {0};
        CHECK_OK(att_dataset_create(&dataset, "test", NULL, NULL));
        CHECK_FAILS(att_events_parse(dataset, "bad", faults[i].text, strlen(faults[i].text), 0,
                        faults[i].columns, &err),
            i + 1 == ATT_COUNT_OF(faults) ? ATT_LIMIT : ATT_INVALID);
        CHECK_HOLDS(err.text, faults[i].story);
        att_dataset_destroy(dataset);
    }
    att_dataset *dataset;
    att_error err = {0};
    CHECK_OK(att_dataset_create(&dataset, "test", NULL, NULL));
    CHECK_FAILS(att_events_parse(dataset, "bad", "1 2\n1 \0\n", 8, 0, NULL, &err), ATT_INVALID);
    CHECK_HOLDS(err.text, "bad:2: the line holds a zero byte");
    att_dataset_destroy(dataset);
    CHECK_FAILS(att_dataset_events(&dataset, check_path("none"), 0, NULL, NULL, &err), ATT_NOT_FOUND);
    CHECK(dataset == NULL);
}

CHECK_TEST(running_out_of_memory_leaves_nothing_behind)
{
    CHECK_BEGIN();
    const char *text = "1 2 3\n4 5 6\n";
    check_write_file(check_path("events"), text, strlen(text));
    for (uint64_t fail_at = 1;; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        att_dataset *dataset;
        const att_status status =
            att_dataset_events(&dataset, check_path("events"), 0, NULL, &host, NULL);
        att_dataset_destroy(dataset);
        CHECK_EQ(heap.bytes_live, 0);
        if (status == ATT_OK)
            break;
        CHECK_EQ(status, ATT_NO_MEMORY);
    }
}

CHECK_MAIN(CHECK_CASE(every_form_is_read), CHECK_CASE(every_fault_is_told_with_file_line_and_field),
    CHECK_CASE(running_out_of_memory_leaves_nothing_behind))
