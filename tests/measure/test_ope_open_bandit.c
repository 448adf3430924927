// SPDX-License-Identifier: Apache-2.0
// Open Bandit folders: figures equal to the printed digits, and bad lines named.
#include "check.h"
#include "measure/ope_open_bandit.h"

#include <sys/stat.h>

// Protocol and figures: docs/off-policy.md.
static const struct {
    const char *log, *target;
    const char *values[8]; // of `picks`
    const char *effective;
} figures[] = {
    {"random", "bts", {"0.00454268", "0.00461351", "0.00639980", "0.00466150", "0.00559376", "0.00514268", "0.00557557", "0.00511623"}, "2471.2"},
    {"bts", "random", {"0.00300863", "0.00318942", "0.00734173", "0.00335494", "0.00640810", "0.00555225", "0.00636086", "0.00544950"}, "655.7"},
};
static const char *const picks[] = {"ips", "snips", "dm", "dr", "switch-dr@2", "switch-dr@10", "dros@10", "dros@100"};

CHECK_TEST(the_figures_of_the_men_s_campaign_are_equal_to_the_printed_digits)
{
    CHECK_BEGIN();
    const char *folder = check_shared("open-bandit-men");
    if (!folder)
        CHECK_SKIP("no ../shared/data/open-bandit-men");
    for (size_t f = 0; f < 2; f++) {
        att_error err = {0};
        att_ope_log *log;
        att_ope_report *report;
        const att_open_bandit_options files = {figures[f].log, figures[f].target, "men"};
        att_ope_pick list[8];
        for (int i = 0; i < 8; i++)
            CHECK(att_ope_pick_parse(att_text_of(picks[i]), &list[i]));
        att_ope_options options = att_ope_options_default();
        options.picks = list;
        options.pick_count = 8;
        CHECK_OK_ERR(att_ope_log_open_bandit(&log, folder, &files, NULL, &err), &err);
        CHECK_OK_ERR(att_ope_evaluate(log, &options, NULL, &report, &err), &err);
        CHECK_EQ(report->parts[0].support.rows, 10000);
        for (int i = 0; i < 8; i++) {
            char digits[32];
            snprintf(digits, sizeof digits, "%.8f", report->parts[0].values[i].value);
            CHECK_STR(digits, figures[f].values[i]);
        }
        char digits[32];
        snprintf(digits, sizeof digits, "%.1f", report->parts[0].support.effective);
        CHECK_STR(digits, figures[f].effective);
        CHECK_EQ(report->part_count, 4);
        CHECK_EQ(att_ope_log_options_of(log)->logged_unknown, f == 1); // Thompson sampling learned while it logged
        att_ope_report_destroy(report);
        att_ope_log_destroy(log);
    }
}

#define HEAD ",timestamp,item_id,position,click,propensity_score,user_feature_0\n"
#define ITEMS ",item_id,item_feature_0,item_feature_1\n0,0,-0.5,aa\n1,1,0.25,bb\n"

static const char *folder_with(const char *rows, const char *items, const char *pi)
{
    const char *folder = check_folder();
    char path[512];
    snprintf(path, sizeof path, "%s/random", folder);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/random/all.csv", folder);
    check_write_file(path, rows, strlen(rows));
    snprintf(path, sizeof path, "%s/random/item_context.csv", folder);
    check_write_file(path, items, strlen(items));
    snprintf(path, sizeof path, "%s/pi_bts_all.csv", folder);
    check_write_file(path, pi, strlen(pi));
    return folder;
}

CHECK_TEST(a_bad_line_is_named)
{
    CHECK_BEGIN();
    static const struct {
        const char *rows, *items, *pi, *story;
    } cases[] = {
        {HEAD "0,t,2,1,0,0.5,x\n", ITEMS, "0.5\n0.5\n", "all.csv:2: field \"item_id\" is \"2\", expected a whole number from 0 to 1"},
        {HEAD "0,t,1,0,0,0.5,x\n", ITEMS, "0.5\n0.5\n", "all.csv:2: field \"position\" is \"0\", expected 1 to 16"},
        {HEAD "0,t,1,1,2,0.5,x\n", ITEMS, "0.5\n0.5\n", "all.csv:2: field \"click\" is \"2\", expected 0 or 1"},
        {HEAD "0,t,1,1,0,0.5,x\n1,t,1,1,0,0,x\n", ITEMS, "0.5\n0.5\n", "all.csv:3: field \"propensity_score\" is \"0\", expected more than 0"},
        {HEAD "0,t,1,1,0,nan,x\n", ITEMS, "0.5\n0.5\n", "field \"propensity_score\" is \"nan\""},
        {HEAD "0,t,1,1,0,0.5\n", ITEMS, "0.5\n0.5\n", "all.csv:2: 6 fields, expected 7 as in the first line"},
        {HEAD "0,\"t,1,1,0,0.5,x\n", ITEMS, "0.5\n0.5\n", "all.csv:2: column 3: found a quote that is never closed"},
        {"item_id,click\n", ITEMS, "0.5\n0.5\n", "all.csv:1: there is no column \"position\""},
        {HEAD, ITEMS, "0.5\n0.5\n", "all.csv holds no rows"},
        {"", ITEMS, "0.5\n0.5\n", "all.csv is empty"},
        {HEAD "0,t,1,1,0,0.5,x\n", "item_id\n1\n", "0.5\n0.5\n", "item_context.csv:2: field \"item_id\" is \"1\", expected 0"},
        {HEAD "0,t,1,1,0,0.5,x\n", ITEMS, "0.5\n", "pi_bts_all.csv: 1 lines, expected one for each of 2 items"},
        {HEAD "0,t,1,1,0,0.5,x\n", ITEMS, "0.5\n0.5\n0.5\n", "pi_bts_all.csv:3: more lines than the 2 items"},
        {HEAD "0,t,1,1,0,0.5,x\n", ITEMS, "0.5\n0.6\n", "column 1 sums to 1.1, expected 1"},
        {HEAD "0,t,1,1,0,0.5,x\n", ITEMS, "0.5\n1.6\n", "pi_bts_all.csv:2: field \"column 1\" is \"1.6\", expected a probability"},
        {HEAD "0,t,1,2,0,0.5,x\n", ITEMS, "0.5\n0.5\n", "has 1 columns, the log has 2 positions"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        att_error err = {0};
        att_ope_log *log;
        const att_open_bandit_options files = {"random", "bts", "all"};
        CHECK_FAILS(att_ope_log_open_bandit(&log, folder_with(cases[i].rows, cases[i].items, cases[i].pi), &files, NULL, &err), ATT_INVALID);
        CHECK_HOLDS(err.text, cases[i].story);
        CHECK(log == NULL);
    }
    att_ope_log *log;
    const att_open_bandit_options outside = {"../random", "bts", "all"}, missing = {"random", "bts", "men"};
    CHECK_FAILS(att_ope_log_open_bandit(&log, check_folder(), &outside, NULL, NULL), ATT_INVALID);
    CHECK_FAILS(att_ope_log_open_bandit(&log, check_folder(), &missing, NULL, NULL), ATT_NOT_FOUND);
}

CHECK_TEST(memory_may_run_out_anywhere)
{
    CHECK_BEGIN();
    const char *folder = folder_with(HEAD "0,t,0,1,0,0.5,x\n1,t,1,1,1,0.5,\"y \"\"z\"\"\"\n", ITEMS, "0.25\n0.75\n");
    att_status status = ATT_NO_MEMORY;
    uint64_t fail_at = 1;
    for (; status == ATT_NO_MEMORY && fail_at < 200; fail_at++) {
        check_heap heap = {.fail_at = fail_at};
        const att_host host = check_host(&heap);
        const att_open_bandit_options files = {"random", "bts", "all"};
        att_ope_log *log;
        status = att_ope_log_open_bandit(&log, folder, &files, &host, NULL);
        att_ope_log_destroy(log);
        CHECK_EQ(heap.bytes_live, 0);
    }
    CHECK_EQ(status, ATT_OK);
    CHECK(fail_at > 10);
}

CHECK_MAIN(CHECK_CASE(the_figures_of_the_men_s_campaign_are_equal_to_the_printed_digits), CHECK_CASE(a_bad_line_is_named),
    CHECK_CASE(memory_may_run_out_anywhere))
