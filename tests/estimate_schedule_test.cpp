#include <gtest/gtest.h>

#include <array>

#include "dlpu/estimate/schedule.hpp"

namespace estimate_schedule_test {
namespace {

using namespace dlpu::estimate;

// A minute is simulated. Numbers in comments are milliseconds.
constexpr double minute = 60'000, exact = 1e-9;

// 600 runs of 20.
TEST(Schedule, OneModelThatFitsKeepsItsRate) {
  const std::array jobs{Job{10, 20, 5}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_TRUE(result.keeps_up);
  EXPECT_NEAR(result.jobs[0].achieved_rate, 10, exact);
  EXPECT_NEAR(result.utilization, 0.2, exact);
  EXPECT_NEAR(result.demand, 0.2, exact);
  EXPECT_EQ(result.switch_share, 0);  // there is nothing to change from
  EXPECT_EQ(result.jobs[0].worst_wait_ms, 0);
  EXPECT_EQ(result.jobs[0].skipped_share, 0);
  EXPECT_EQ(result.stop, -1);
}

// Frames come every 10, runs start every 20: at 20 the frame of 10 waits and that of 20 takes its place.
TEST(Schedule, OneModelThatIsTooSlowRunsAllTheTime) {
  const std::array jobs{Job{100, 20, 0}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_FALSE(result.keeps_up);
  EXPECT_NEAR(result.jobs[0].achieved_rate, 50, exact);
  EXPECT_NEAR(result.utilization, 1, exact);
  EXPECT_NEAR(result.demand, 2, exact);
  EXPECT_NEAR(result.jobs[0].skipped_share, 2999.0 / 5999, exact);
  EXPECT_NEAR(result.jobs[0].worst_wait_ms, 10, exact);
  EXPECT_EQ(result.stop, -1);  // it is the only one
}

// Every 50 both have a frame: 3 to change, 10 to run the first, 3 to change, 10 to run the second; only the very first run
// needs no change.
TEST(Schedule, ChangingModelsCostsTimeAtEachChange) {
  const std::array jobs{Job{20, 10, 3}, Job{20, 10, 3}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_TRUE(result.keeps_up);
  for (const JobResult& job : result.jobs) EXPECT_NEAR(job.achieved_rate, 20, exact);
  EXPECT_NEAR(result.utilization, (2400 * 10 + 2399 * 3) / minute, exact);
  EXPECT_NEAR(result.switch_share, 2399 * 3 / minute, exact);
  EXPECT_NEAR(result.demand, 0.4, exact);
  EXPECT_NEAR(result.jobs[0].worst_wait_ms, 3, exact);
  EXPECT_NEAR(result.jobs[1].worst_wait_ms, 3 + 10 + 3, exact);
}

// Two that are always wanted take turns: 4001 runs, of which all but the first change the model.
TEST(Schedule, ChangesTakeAThirdOfAnOverloadedDevice) {
  const std::array free{Job{200, 10, 0}, Job{200, 10, 0}}, dear{Job{200, 10, 5}, Job{200, 10, 5}};
  const ScheduleResult without = simulate_schedule(free), with = simulate_schedule(dear);
  EXPECT_NEAR(without.jobs[0].achieved_rate, 50, exact);
  EXPECT_NEAR(without.jobs[1].achieved_rate, 50, exact);
  EXPECT_EQ(without.switch_share, 0);
  const double span = 10 + 4000 * 15;
  EXPECT_NEAR(with.jobs[0].achieved_rate, 2001 / span * 1000, exact);
  EXPECT_NEAR(with.jobs[1].achieved_rate, 2000 / span * 1000, exact);
  EXPECT_NEAR(with.switch_share, 4000 * 5 / span, exact);
  EXPECT_NEAR(with.utilization, 1, exact);
  EXPECT_NEAR(with.demand, 4, exact);
  // A frame comes 5 after the start; until the next one run of the own model, one of the other and two changes go by.
  EXPECT_NEAR(with.jobs[0].worst_wait_ms, 30, exact);
  EXPECT_NEAR(with.jobs[1].worst_wait_ms, 30, exact);
}

// Without changes both would fit; with them neither does, and either may be stopped.
TEST(Schedule, ChangesAloneCanOverloadADevice) {
  const std::array cheap{Job{45, 10, 0}, Job{45, 10, 0}};
  const std::array dear{Job{45, 10, 5}, Job{45, 10, 5}};
  EXPECT_TRUE(simulate_schedule(cheap).keeps_up);
  const ScheduleResult result = simulate_schedule(dear);
  EXPECT_FALSE(result.keeps_up);
  EXPECT_NEAR(result.demand, 0.9, exact);
  EXPECT_EQ(result.stop, 0);
}

// In each 100: the first from 0 to 12, the second to 42, the first (frame of 20, then of 40) to 54, and for 60 and 80.
TEST(Schedule, ALongJobMakesAnotherMissFramesOfADeviceThatIsNotFull) {
  const std::array jobs{Job{50, 12, 0}, Job{10, 30, 0}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_FALSE(result.keeps_up);
  EXPECT_NEAR(result.jobs[0].achieved_rate, 40, exact);
  EXPECT_NEAR(result.jobs[1].achieved_rate, 10, exact);
  EXPECT_NEAR(result.jobs[0].skipped_share, 0.2, exact);
  EXPECT_NEAR(result.jobs[0].worst_wait_ms, 42 - 20, exact);
  EXPECT_NEAR(result.jobs[1].worst_wait_ms, 12, exact);
  EXPECT_NEAR(result.utilization, 0.78, exact);
  EXPECT_NEAR(result.demand, 0.9, exact);
  EXPECT_EQ(result.stop, 1);  // 10 frames a second are less than 50
}

TEST(Schedule, NamesTheModelToStop) {
  const std::array jobs{Job{10, 20, 1}, Job{5, 300, 1}, Job{2, 30, 1}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_FALSE(result.keeps_up);
  EXPECT_EQ(result.stop, 1);
}

// Without the second, the first still misses frames during the third: see above. Of the other two the third has the lower
// rate.
TEST(Schedule, StopsTheModelOfLowestRateThatHelps) {
  const std::array jobs{Job{50, 12, 0}, Job{5, 15, 0}, Job{10, 30, 0}};
  EXPECT_EQ(simulate_schedule(jobs).stop, 2);
  const std::array other_order{Job{10, 30, 0}, Job{5, 15, 0}, Job{50, 12, 0}};
  EXPECT_EQ(simulate_schedule(other_order).stop, 0);
}

TEST(Schedule, StoppingOneDoesNotAlwaysHelp) {
  const std::array jobs{Job{100, 30, 0}, Job{100, 30, 0}, Job{100, 30, 0}};
  EXPECT_EQ(simulate_schedule(jobs).stop, -1);
}

// The short one waits for the end of the long one.
TEST(Schedule, JobsAreNotInterrupted) {
  const std::array jobs{Job{4, 100, 0}, Job{50, 1, 0}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_NEAR(result.jobs[1].worst_wait_ms, 100, exact);
  EXPECT_NEAR(result.jobs[0].achieved_rate, 4, exact);
}

// A model that is not wanted costs nothing, and the other is never changed for it.
TEST(Schedule, AModelWithoutFramesTakesNoTime) {
  const std::array jobs{Job{10, 20, 5}, Job{0, 20, 5}};
  const ScheduleResult result = simulate_schedule(jobs);
  EXPECT_TRUE(result.keeps_up);
  EXPECT_EQ(result.jobs[1].achieved_rate, 0);
  EXPECT_NEAR(result.utilization, 0.2, exact);
  EXPECT_EQ(result.switch_share, 0);
}

}  // namespace
}  // namespace estimate_schedule_test
