#pragma once

/// Several networks on one device, simulated: they run concurrently but not in parallel, a job is never interrupted, and
/// which waiting job comes next is not documented; here it is the one that has waited longest.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "dlpu/core/config.hpp"

namespace dlpu::inline DLPU_ABI {
namespace estimate {

/// A network that wants to run `rate` times a second.
struct Job {
  double rate = 0;
  double run_ms = 0;     ///< one inference
  double switch_ms = 0;  ///< more, where another network ran before: weights into the cache
};

struct JobResult {
  double achieved_rate = 0;  ///< inferences a second
  double skipped_share = 0;  ///< of frames that came while one was waiting already
  double worst_wait_ms = 0;  ///< from a frame's arrival to the start with it, or with the newer one in its place
};

struct ScheduleResult {
  std::vector<JobResult> jobs;
  double utilization = 0;   ///< share of time in which the device is busy, switching included
  double switch_share = 0;  ///< share of time that goes into switching
  double demand = 0;        ///< share of time that all frames would need without switching; above 1 there is no way
  bool keeps_up = true;     ///< every job reaches 98 % of its rate
  /// The job without which the others' frames all run, the one that costs the least rate to stop; -1: none is needed, or
  /// stopping one does not help, or there is no other.
  std::int32_t stop = -1;
};

namespace detail {

[[nodiscard]] inline ScheduleResult simulate(std::span<const Job> jobs, double seconds) {
  struct State {
    double next_frame = 0, waiting_since = -1, arrived = 0, done = 0, skipped = 0, worst = 0;
  };
  std::vector<State> states(jobs.size());
  const double end = seconds * 1000;
  double now = 0, busy = 0, switching = 0;
  std::size_t last = jobs.size();
  const auto arrive = [&] {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      State& state = states[i];
      for (; jobs[i].rate > 0 && state.next_frame <= now; state.next_frame += 1000 / jobs[i].rate) {
        ++state.arrived;
        if (state.waiting_since >= 0) ++state.skipped;  // the newer frame takes the older one's place in the queue
        if (state.waiting_since < 0) state.waiting_since = state.next_frame;
      }
    }
  };
  while (now < end) {
    arrive();
    std::size_t chosen = jobs.size();
    double soonest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (jobs[i].rate > 0) soonest = std::min(soonest, states[i].next_frame);
      if (states[i].waiting_since < 0) continue;
      if (chosen == jobs.size() || states[i].waiting_since < states[chosen].waiting_since) chosen = i;
    }
    if (chosen == jobs.size()) {
      if (!(soonest < end)) break;
      now = soonest;
      continue;
    }
    State& state = states[chosen];
    const double extra = last == chosen || last == jobs.size() ? 0 : jobs[chosen].switch_ms;
    state.worst = std::max(state.worst, now - state.waiting_since + extra);
    state.waiting_since = -1;
    ++state.done;
    now += jobs[chosen].run_ms + extra;
    busy += jobs[chosen].run_ms + extra;
    switching += extra;
    last = chosen;
  }
  ScheduleResult result;
  const double span = std::max(now, end);
  for (const State& state : states) {
    result.jobs.push_back(
        {state.done / span * 1000, state.arrived > 0 ? state.skipped / state.arrived : 0, state.worst});
  }
  result.utilization = busy / span;
  result.switch_share = switching / span;
  for (const Job& job : jobs) result.demand += job.rate * job.run_ms / 1000;
  return result;
}

[[nodiscard]] inline bool keeps_up(const ScheduleResult& result, std::span<const Job> jobs) {
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (result.jobs[i].achieved_rate < 0.98 * jobs[i].rate) return false;
  }
  return true;
}

}  // namespace detail

/// A minute of the device's life, from a start at which every network gets its first frame; a frame that finds an older
/// one waiting replaces it. Rates must be finite and not negative, times positive. Every frame is a step of the
/// simulation.
[[nodiscard]] inline ScheduleResult simulate_schedule(std::span<const Job> jobs) {
  constexpr double seconds = 60;
  ScheduleResult result = detail::simulate(jobs, seconds);
  result.keeps_up = detail::keeps_up(result, jobs);
  if (result.keeps_up) return result;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    std::vector<Job> rest(jobs.begin(), jobs.end());
    rest[i].rate = 0;
    const bool others = std::ranges::any_of(rest, [](const Job& job) { return job.rate > 0; });
    if (!others || !detail::keeps_up(detail::simulate(rest, seconds), rest)) continue;
    const bool cheaper = result.stop < 0 || jobs[i].rate < jobs[static_cast<std::size_t>(result.stop)].rate;
    if (cheaper) result.stop = static_cast<std::int32_t>(i);
  }
  return result;
}

}  // namespace estimate
}  // namespace dlpu::inline DLPU_ABI
