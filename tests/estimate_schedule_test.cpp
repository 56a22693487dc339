#include <gtest/gtest.h>

#include <array>

#include "dlpu/estimate/schedule.hpp"

namespace {

using namespace dlpu::estimate;

TEST(Schedule, OneModelThatFitsKeepsItsRate) {
  const std::array jobs{Job{10, 20, 5}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_TRUE(result.keeps_up);
  EXPECT_NEAR(result.jobs[0].achieved_rate, 10, 0.1);
  EXPECT_NEAR(result.utilization, 0.2, 0.01);
  EXPECT_EQ(result.switch_share, 0);  // there is nothing to change from
  EXPECT_EQ(result.jobs[0].worst_wait_ms, 0);
  EXPECT_EQ(result.stop, -1);
}

TEST(Schedule, OneModelThatIsTooSlowRunsAllTheTime) {
  const std::array jobs{Job{100, 20, 0}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_FALSE(result.keeps_up);
  EXPECT_NEAR(result.jobs[0].achieved_rate, 50, 0.1);
  EXPECT_NEAR(result.utilization, 1, 0.001);
  EXPECT_NEAR(result.demand, 2, 1e-9);
  EXPECT_NEAR(result.jobs[0].skipped_share, 0.5, 0.01);
}

// Two models of 10 ms at 20 a second each: 0.4 of the time. A job waits at most for the other's run and its own change.
TEST(Schedule, ChangingModelsCostsTimeAtEachChange) {
  const std::array jobs{Job{20, 10, 3}, Job{20, 10, 3}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_TRUE(result.keeps_up);
  EXPECT_NEAR(result.utilization, 40 * 0.013, 0.01);
  EXPECT_NEAR(result.switch_share, 40 * 0.003, 0.01);
  EXPECT_NEAR(result.jobs[1].worst_wait_ms, 16, 3.1);
}

// Without changes both would fit; with them neither does.
TEST(Schedule, ChangesAloneCanOverloadADevice) {
  const std::array cheap{Job{45, 10, 0}, Job{45, 10, 0}};
  const std::array dear{Job{45, 10, 5}, Job{45, 10, 5}};
  EXPECT_TRUE(simulate_schedule(cheap).keeps_up);
  const ScheduleResult result = simulate_schedule(dear);
  EXPECT_FALSE(result.keeps_up);
  EXPECT_LT(result.demand, 1);
}

TEST(Schedule, NamesTheModelToStop) {
  const std::array jobs{Job{10, 20, 1}, Job{5, 300, 1}, Job{2, 30, 1}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_FALSE(result.keeps_up);
  EXPECT_EQ(result.stop, 1);
}

TEST(Schedule, StoppingOneDoesNotAlwaysHelp) {
  const std::array jobs{Job{100, 30, 0}, Job{100, 30, 0}, Job{100, 30, 0}};
  EXPECT_EQ(simulate_schedule(jobs).stop, -1);
}

// A long job is never interrupted: the short one waits for its end.
TEST(Schedule, JobsAreNotInterrupted) {
  const std::array jobs{Job{3, 100, 0}, Job{50, 1, 0}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_GT(result.jobs[1].worst_wait_ms, 75);
  EXPECT_LE(result.jobs[1].worst_wait_ms, 101);
}

}  // namespace
