#pragma once

/// Post-training quantization with everything that may rescue its accuracy. Each step is tried on the calibration samples,
/// and stays only if it brings the quantized network clearly nearer to the float one: what helps one network harms another
/// (bias correction, say, some residual networks), and what hardly changes the samples may harm other inputs.

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dlpu/quantize/absorb_bias.hpp"
#include "dlpu/quantize/activation_ranges.hpp"
#include "dlpu/quantize/analytical_bias.hpp"
#include "dlpu/quantize/clip_filters.hpp"
#include "dlpu/quantize/compare.hpp"
#include "dlpu/quantize/equalize.hpp"
#include "dlpu/quantize/reconstruct.hpp"
#include "dlpu/quantize/refine.hpp"

namespace dlpu::inline DLPU_ABI {
namespace quantize {

enum class Step {
  equalize,
  absorb_bias,
  correct_bias,
  analytical_bias,  ///< instead of the one before: what its inputs are is expected, not observed
  clip_filters,
  round_weights,
  percentile,
  squared_error,
  reconstruct
};
inline constexpr std::string_view step_names[] = {
    "equalize",          "absorb bias", "correct bias", "correct bias analytically", "clip filters", "round weights",
    "percentile ranges", "mse ranges",  "reconstruct"};

/// The steps in the order in which they are tried. Biases come before filters are clipped and rounded: both leave the mean
/// of what they change to the bias. Ranges of activations come when weights no longer hide what they bring, and last what
/// mends the errors of all others. Where there are samples, observed inputs serve biases better than expected ones.
inline constexpr Step all_steps[] = {Step::equalize,      Step::absorb_bias, Step::correct_bias,  Step::clip_filters,
                                     Step::round_weights, Step::percentile,  Step::squared_error, Step::reconstruct};

/// One sample of so many is kept from `reconstruct`, which has the freedom to learn samples by heart, and judges it.
inline constexpr std::size_t unseen_every = 4;

/// What a step must gain to stay, in decibel: twice as much where a quarter of the samples judges. Found by trial, see
/// docs/quantization.md.
inline constexpr double least_gain = 0.5;
[[nodiscard]] constexpr double least_gain_of(Step step) {
  return step == Step::reconstruct ? 2.0 * least_gain : least_gain;
}

/// The ratio given to a network whose output no longer depends on its input, in decibel.
inline constexpr double silent = -200.0;
inline constexpr std::string_view silent_message =
    "quantization: the quantized network gives the same output for every sample, the float network does not; "
    "quantize per channel, or with all rescue steps";

/// What is done to a network before and while it is quantized.
struct Plan {
  RangeMethod ranges = RangeMethod::extremes;
  bool equalize = false, absorb_bias = false, clip_filters = false, reconstruct = false, analytical_bias = false;
  RefineOptions refine;

  [[nodiscard]] Plan with(Step step) const {
    Plan plan = *this;
    if (step == Step::percentile) plan.ranges = RangeMethod::percentile;
    if (step == Step::squared_error) plan.ranges = RangeMethod::squared_error;
    if (step == Step::equalize) plan.equalize = true;
    if (step == Step::absorb_bias) plan.absorb_bias = true;
    if (step == Step::clip_filters) plan.clip_filters = true;
    if (step == Step::correct_bias || step == Step::analytical_bias) {  // one or the other
      plan.refine.correct_bias = step == Step::correct_bias;
      plan.analytical_bias = step == Step::analytical_bias;
    }
    if (step == Step::round_weights) plan.refine.rounding = true;
    if (step == Step::reconstruct) plan.reconstruct = true;
    return plan;
  }
};

/// A float network made ready to be quantized, and what was observed in it; shared by plans that differ later only.
struct Prepared {
  bool equalized = false, absorbed = false;
  FloatNetwork network;
  std::vector<Extremes> extremes;
  EqualizationResult equalization;
  std::size_t absorbed_layers = 0;
  std::optional<std::array<Ranges, range_method_count>> ranges;
  std::vector<LayerInputs> inputs;  ///< empty until a plan needs them
  FilterBounds bounds;              ///< that clip, likewise
};

/// What became of a plan on the samples.
struct Outcome {
  Plan plan;
  std::shared_ptr<Prepared> prepared;
  QuantizedNetwork quantized;
  /// Signal-to-noise ratios of the compared tensor against the float network before all steps: over all samples, and over
  /// those that `reconstruct` is not shown.
  double decibel = 0.0, unseen = 0.0;

  /// What counts after a step.
  [[nodiscard]] double judged_for(Step step) const { return step == Step::reconstruct ? unseen : decibel; }
};

/// One line of the record.
struct StepResult {
  Step step = Step::equalize;
  double decibel = 0.0;  ///< of `reconstruct` over the samples that it was not shown
  bool kept = false;
};

struct Rescue {
  Outcome plain, best;
  std::vector<StepResult> steps;
};

namespace detail {

/// What plans are judged by.
struct Bench {
  const FloatNetwork& original;
  Samples samples;           ///< to calibrate with
  Samples judged;            ///< to compare on
  std::vector<float> shown;  ///< the samples that `reconstruct` may learn from
  std::vector<float> wanted;
  std::int32_t tensor = -1;
  Target target;
  std::size_t threads = 1;
};

[[nodiscard]] constexpr bool is_unseen(std::size_t sample) {
  return sample % unseen_every == unseen_every - 1;
}

/// Compares with what was wanted, and judges: a constant output is as bad as an error can be, whatever its power.
inline void judge(const Bench& bench, std::span<const float> found, Outcome& outcome) {
  const std::size_t count = bench.judged.count(), size = found.size() / count;
  SignalError all, unseen;
  for (std::size_t s = 0; s < count; ++s) {
    const SignalError one =
        difference(std::span(bench.wanted).subspan(s * size, size), found.subspan(s * size, size));
    all.add(one);
    if (is_unseen(s)) unseen.add(one);
  }
  const bool constant = gone_constant(bench.wanted, found, count);
  outcome.decibel = constant ? silent : all.decibel();
  outcome.unseen = constant || count < unseen_every ? silent : unseen.decibel();
}

[[nodiscard]] inline Result<std::shared_ptr<Prepared>> prepare(const Plan& plan, const Bench& bench) {
  auto prepared = std::make_shared<Prepared>();
  prepared->equalized = plan.equalize;
  prepared->absorbed = plan.absorb_bias;
  prepared->network = bench.original;
  Result<std::vector<Extremes>> extremes = observe_extremes(prepared->network, bench.samples, bench.threads);
  if (extremes && plan.equalize) {
    prepared->equalization = equalize(prepared->network, *extremes);
    extremes = observe_extremes(prepared->network, bench.samples, bench.threads);
  }
  if (extremes && plan.absorb_bias) {
    prepared->absorbed_layers = absorb_bias(prepared->network, *extremes);
    if (prepared->absorbed_layers > 0) extremes = observe_extremes(prepared->network, bench.samples, bench.threads);
  }
  if (!extremes) return Error{extremes.error()};
  prepared->extremes = *std::move(extremes);
  return prepared;
}

[[nodiscard]] inline Result<Ranges> ranges_for(const Plan& plan, const Bench& bench, Prepared& prepared) {
  if (plan.ranges == RangeMethod::extremes) return ranges_of(prepared.extremes);
  if (!prepared.ranges) {
    auto all = activation_ranges(prepared.network, bench.samples, prepared.extremes, bench.threads);
    if (!all) return Error{all.error()};
    prepared.ranges = *std::move(all);
  }
  return (*prepared.ranges)[static_cast<std::size_t>(plan.ranges)];
}

/// Changes the numbers of a network just quantized, as its plan says.
[[nodiscard]] inline Result<void> adjust(const Bench& bench, Outcome& outcome) {
  const Plan& plan = outcome.plan;
  const FloatNetwork& network = outcome.prepared->network;
  if (plan.refine.rounding || plan.refine.correct_bias)
    refine(network, outcome.prepared->inputs, plan.refine, bench.threads, outcome.quantized);
  if (plan.analytical_bias) {
    const auto input = static_cast<std::size_t>(network.graph.inputs[0]);
    const auto channels = static_cast<std::size_t>(network.graph.tensors[input].type.shape.channels());
    correct_bias_analytically(network, observed_moments(channels, bench.samples.values), outcome.quantized);
  }
  if (!plan.reconstruct || bench.shown.empty()) return {};
  return reconstruct(network, {bench.shown, bench.samples.size}, bench.threads, outcome.quantized);
}

/// Quantizes by a plan; what was prepared for another one is used again where it serves.
[[nodiscard]] inline Result<Outcome> carry_out(const Plan& plan, const Bench& bench,
                                               std::shared_ptr<Prepared> prepared = nullptr) {
  if (!prepared || prepared->equalized != plan.equalize || prepared->absorbed != plan.absorb_bias) {
    auto made = prepare(plan, bench);
    if (!made) return Error{made.error()};
    prepared = *std::move(made);
  }
  const FloatNetwork& network = prepared->network;
  const auto ranges = ranges_for(plan, bench, *prepared);
  if (!ranges) return Error{ranges.error()};
  if ((plan.clip_filters || plan.refine.rounding || plan.refine.correct_bias) && prepared->inputs.empty()) {
    auto observed = observe_layer_inputs(network, bench.samples, bench.threads);
    if (!observed) return Error{observed.error()};
    prepared->inputs = *std::move(observed);
  }
  if (plan.clip_filters && prepared->bounds.empty()) {
    auto found = with_policy(bench.target, [&]<class Policy>() -> Result<FilterBounds> {
      return best_filter_bounds<Policy>(network, prepared->inputs);
    });
    if (!found) return Error{found.error()};
    prepared->bounds = *std::move(found);
  }
  Result<QuantizedNetwork> quantized =
      quantize_as(network, *ranges, bench.target, plan.clip_filters ? prepared->bounds : FilterBounds{});
  if (!quantized) return Error{quantized.error()};
  Outcome outcome{plan, std::move(prepared), *std::move(quantized)};
  if (const auto done = adjust(bench, outcome); !done) return Error{done.error()};
  const auto found = quantized_outputs(outcome.quantized, bench.judged, bench.tensor, bench.threads);
  if (!found) return Error{found.error()};
  judge(bench, *found, outcome);
  return outcome;
}

[[nodiscard]] inline Result<Bench> bench_for(const FloatNetwork& network, std::span<const float> values,
                                             Target target, std::size_t threads) {
  const Result<Samples> samples = samples_of(network.graph, values);
  if (!samples) return Error{samples.error()};
  constexpr std::size_t most_judged = 200;
  Bench bench{network,  *samples,
              *samples, {},
              {},       compared_tensor(network.graph.view()),
              target,   std::max<std::size_t>(1, threads)};
  bench.judged.values = samples->values.first(std::min(samples->count(), most_judged) * samples->size);
  auto wanted = float_outputs(network, bench.judged, bench.tensor, bench.threads);
  if (!wanted) return Error{wanted.error()};
  bench.wanted = *std::move(wanted);
  for (std::size_t s = 0; s < samples->count(); ++s) {
    if (!is_unseen(s)) bench.shown.insert(bench.shown.end(), (*samples)[s].begin(), (*samples)[s].end());
  }
  return bench;
}

}  // namespace detail

/// Quantizes by one plan, whatever it brings. Errors: see `samples_of`, `observe_extremes`, `with_policy`; a network whose
/// output no longer depends on its input.
[[nodiscard]] inline Result<Outcome> quantize_by(const Plan& plan, const FloatNetwork& network,
                                                 std::span<const float> samples, Target target, std::size_t threads) {
  const auto bench = detail::bench_for(network, samples, target, threads);
  if (!bench) return Error{bench.error()};
  auto outcome = detail::carry_out(plan, *bench);
  if (outcome && outcome->decibel <= silent) return Error{std::string(silent_message)};
  return outcome;
}

/// Tries `steps` one after the other, each on top of those that were kept, and keeps what helps on the samples.
/// `progress(done, all)` is called before each trial.
template <class Progress>
[[nodiscard]] Result<Rescue> rescue(const FloatNetwork& network, std::span<const float> samples, Target target,
                                    std::span<const Step> steps, std::size_t threads, Progress progress) {
  const auto bench = detail::bench_for(network, samples, target, threads);
  if (!bench) return Error{bench.error()};
  progress(std::size_t{0}, steps.size() + 1);
  Result<Outcome> plain = detail::carry_out({}, *bench);
  if (!plain) return Error{plain.error()};
  std::optional<Outcome> best;
  Rescue result{*std::move(plain), {}, {}};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    progress(i + 1, steps.size() + 1);
    const Outcome& so_far = best ? *best : result.plain;
    Result<Outcome> tried = detail::carry_out(so_far.plan.with(steps[i]), *bench, so_far.prepared);
    if (!tried) return Error{tried.error()};
    const double decibel = tried->judged_for(steps[i]);
    const bool better = decibel >= so_far.judged_for(steps[i]) + least_gain_of(steps[i]);
    result.steps.push_back({steps[i], decibel, better});
    if (better) best = *std::move(tried);
  }
  if (!best) {  // nothing helped: the plain network again, since parameters do not copy
    Result<Outcome> again = detail::carry_out({}, *bench, result.plain.prepared);
    if (!again) return Error{again.error()};
    best = *std::move(again);
  }
  result.best = *std::move(best);
  if (result.best.decibel <= silent) return Error{std::string(silent_message)};
  return result;
}

}  // namespace quantize
}  // namespace dlpu::inline DLPU_ABI
