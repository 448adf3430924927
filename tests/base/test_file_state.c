// SPDX-License-Identifier: Apache-2.0
// A file that was written again, replaced or taken away is not the one that was read.
#include "check.h"

#include "base/file_state.h"

#include <stdio.h>
#include <unistd.h>

CHECK_TEST(what_changes_is_another_state_and_what_stays_is_the_same)
{
    CHECK_BEGIN();
    const char *path = check_path("list"), *other = check_path("list-new");
    const att_file_state none = att_file_state_of(path);
    CHECK(!none.there);
    check_write_file(path, "one", 3);
    const att_file_state first = att_file_state_of(path), again = att_file_state_of(path);
    CHECK(first.there && !att_file_state_same(&none, &first));
    CHECK(att_file_state_same(&first, &again));
    check_write_file(path, "four", 4);
    const att_file_state longer = att_file_state_of(path);
    CHECK(!att_file_state_same(&first, &longer));
    check_write_file(other, "five", 4); // as long, renamed into its place
    CHECK_EQ(rename(other, path), 0);
    const att_file_state replaced = att_file_state_of(path);
    CHECK(!att_file_state_same(&longer, &replaced));
    CHECK_EQ(unlink(path), 0);
    const att_file_state gone = att_file_state_of(path);
    CHECK(att_file_state_same(&none, &gone));
}

CHECK_TEST(a_link_that_leads_nowhere_is_there)
{
    CHECK_BEGIN();
    const char *path = check_path("link");
    CHECK_EQ(symlink("nowhere", path), 0);
    CHECK(att_file_state_of(path).there);
    check_write_file(check_path("plain"), "x", 1);
    CHECK(!att_file_state_of(check_path("plain/below")).there);
}

CHECK_MAIN(CHECK_CASE(what_changes_is_another_state_and_what_stays_is_the_same), CHECK_CASE(a_link_that_leads_nowhere_is_there))
