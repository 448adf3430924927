// SPDX-License-Identifier: Apache-2.0
// The numbers behind the long run, against tables and textbooks: Student's t, Wilson's interval, Kaplan and Meier's curve.
#include "check.h"
#include "measure/longrun.h"

#include <math.h>

CHECK_TEST(student_and_wilson_agree_with_the_tables)
{
    CHECK_BEGIN();
    CHECK_NEAR(att_student_cdf(-2.2281388519649385, 10), 0.025, 1e-12);
    CHECK_NEAR(att_student_cdf(0, 5), 0.5, 1e-15);
    CHECK_NEAR(att_normal_quantile(0.975), 1.959963984540054, 1e-12);
    // 8 of 10: Wilson's interval is 0.4901625 … 0.9433178.
    const att_interval w = att_wilson(8, 10, 0.95);
    CHECK_NEAR(w.low, 0.4901625, 1e-6);
    CHECK_NEAR(w.high, 0.9433178, 1e-6);
    CHECK(isnan(att_wilson(0, 0, 0.95).mean));
    CHECK_NEAR(att_wilson(0, 5, 0.95).low, 0, 0);
}

// The 6-mercaptopurine arm of Freireich et al. 1963, in weeks: the example of most textbooks.
CHECK_TEST(survival_of_the_textbook)
{
    CHECK_BEGIN();
    uint64_t churned[40] = {[6] = 3, [7] = 1, [10] = 1, [13] = 1, [16] = 1, [22] = 1, [23] = 1};
    uint64_t censored[40] = {[6] = 1,
        [9] = 1,
        [10] = 1,
        [11] = 1,
        [17] = 1,
        [19] = 1,
        [20] = 1,
        [25] = 1,
        [32] = 2,
        [34] = 1,
        [35] = 1};
    static const double alive[] = {1, 0.857142857, 0.806722689, 0.752941176, 0.690196078,
        0.627450980, 0.537815126, 0.448179272};
    static const uint64_t at_risk[] = {21, 21, 17, 15, 12, 11, 7, 6};
    att_survival_step steps[40];
    size_t count;
    att_kaplan_meier(churned, censored, 40, 0.95, steps, &count);
    CHECK_EQ(count, 8);
    for (size_t i = 0; i < count; i++) {
        CHECK_NEAR(steps[i].alive.mean, alive[i], 1e-8);
        CHECK_EQ(steps[i].at_risk, at_risk[i]);
    }
    // Greenwood's error at 6 weeks is 0.0763604; on log(-log S) the 95 % interval is 0.6197181 … 0.9515517.
    CHECK_NEAR(steps[1].alive.low, 0.6197181, 1e-6);
    CHECK_NEAR(steps[1].alive.high, 0.9515517, 1e-6);
}

CHECK_MAIN(
    CHECK_CASE(student_and_wilson_agree_with_the_tables), CHECK_CASE(survival_of_the_textbook))
