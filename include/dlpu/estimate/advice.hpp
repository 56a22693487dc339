#pragma once

/// What to change in a network so that it runs better on a chip, with the gain that the latency model expects and the
/// source of the advice.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dlpu/estimate/placed_latency.hpp"
#include "dlpu/estimate/rule_text.hpp"

namespace dlpu::inline DLPU_ABI {
namespace estimate {

struct Advice {
  std::string text;
  std::string source;
  double gain_ms = 0;                  ///< of the estimated time; 0: none that the model knows
  std::vector<std::size_t> operators;  ///< those that it is about
};

/// A placed network on a device whose SoC the posterior knows.
struct AdviceQuestion {
  const LatencyPosterior& posterior;
  std::size_t soc;
  std::string_view device;
  PlacedNetwork network;
  PartitionRule partition;
  InputLayout input_layout;
};

namespace detail {

inline constexpr std::string_view model_source = "dlpu's latency model";

/// Collects advice on one network; each function looks for one thing to change.
class Adviser {
 public:
  explicit Adviser(const AdviceQuestion& question)
      : q_(question), now_(latency_of(q_.posterior, q_.soc, q_.device, q_.network)) {}

  [[nodiscard]] std::vector<Advice> all() {
    broken_rules();
    channel_widths();
    regular_convolutions();
    explicit_padding();
    large_strides();
    detections();
    cached_weights();
    input_size();
    std::ranges::stable_sort(found_, [](const Advice& a, const Advice& b) { return a.gain_ms > b.gain_ms; });
    return std::move(found_);
  }

 private:
  [[nodiscard]] const GraphView& graph() const { return q_.network.graph; }
  [[nodiscard]] const Node& node(std::size_t i) const { return graph().nodes[i]; }
  [[nodiscard]] bool accelerated(std::size_t i) const { return q_.network.checks[i].verdict != Verdict::cpu; }

  /// The time that one unit of a term's quantity takes.
  [[nodiscard]] double rate(Term term) const {
    Work unit;
    unit.convolution_gmac = unit.depthwise_gmac = unit.body_mb = unit.tail_mb = unit.operators = 1;
    unit.post_process_ms = 1;
    return q_.posterior.predict(q_.soc, q_.device, unit).parts_ms[static_cast<std::size_t>(term)];
  }

  void add(std::string text, std::string_view source, double gain, std::vector<std::size_t> operators) {
    found_.push_back({std::move(text), std::string(source), std::max(gain, 0.0), std::move(operators)});
  }

  /// Each rule that some operators break: the time without it, were they accelerated.
  void broken_rules() {
    std::vector<const Rule*> seen;
    for (const Check& check : q_.network.checks) {
      const bool follows = check.rule == q_.partition.rule;  // the fix is that of the first refused operator
      if (check.rule == nullptr || follows || std::ranges::find(seen, check.rule) != seen.end()) continue;
      seen.push_back(check.rule);
      std::vector<Check> mended(q_.network.checks.begin(), q_.network.checks.end());
      std::vector<std::size_t> operators;
      for (std::size_t i = 0; i < mended.size(); ++i) {
        if (mended[i].rule == check.rule) operators.push_back(i);
      }
      const bool is_first_cut = q_.partition.kind == PartitionRule::Kind::prefix && cuts_first(operators.front());
      for (Check& each : mended) {
        if (each.rule == check.rule || (is_first_cut && each.rule == q_.partition.rule)) each = {};
      }
      PlacedNetwork network = q_.network;
      network.checks = mended;
      double gain = now_.total.ms - latency_of(q_.posterior, q_.soc, q_.device, network).total.ms;
      for (const std::size_t i : operators) {
        if (is_activation(node(i).op)) gain += now_.operator_ms[i];  // one that the chip fuses into the convolution
      }
      std::string text = sentence_about(*check.rule, graph(), operators);
      add(std::move(text), check.rule->source, gain, std::move(operators));
    }
  }
  [[nodiscard]] bool cuts_first(std::size_t candidate) const {
    for (std::size_t i = 0; i < candidate; ++i) {
      if (!accelerated(i) && !node(i).op.is<op::Quantize>()) return false;
    }
    return true;
  }
  [[nodiscard]] static bool is_activation(const Operator& op) {
    return op.is<op::LeakyRelu>() || op.is<op::HardSwish>() || op.is<op::PRelu>() || op.is<op::Elu>() ||
           op.is<op::Clamp>() || op.is<op::Relu>();
  }

  /// Channels are computed in whole groups: a width just above a multiple pays for a group that it hardly uses.
  void channel_widths() {
    const std::int64_t granule = q_.network.costs.channel_granule;
    if (granule <= 1) return;
    const double per_gmac = rate(Term::convolution);
    double gain = 0;
    std::vector<std::size_t> operators;
    for (std::size_t i = 0; i < graph().nodes.size(); ++i) {
      if (!accelerated(i) || !node(i).op.is<op::Conv2d>() || makes_result(i)) continue;
      const Shape& filter = graph().input_type(node(i), 1).shape;
      const std::int64_t out = filter[0];
      if (out % granule == 0) continue;
      operators.push_back(i);
      const double filled = 1e-9 * multiply_accumulates(graph(), node(i), granule);
      const auto groups = static_cast<double>((out + granule - 1) / granule);
      if (groups > 1) gain += per_gmac * filled / groups;
    }
    if (operators.empty()) return;
    const std::string count = std::to_string(operators.size());
    add(count + " convolutions have widths that are no multiple of " + std::to_string(granule) +
            ", but channels are computed in groups of so many; round each down for speed, or up at no cost",
        q_.network.costs.channel_granule_source, gain, std::move(operators));
  }
  /// Classes and box coordinates are as many as the task has.
  [[nodiscard]] bool makes_result(std::size_t i) const {
    const std::int32_t output = graph().outputs_of(node(i))[0];
    for (const Node& reader : graph().nodes) {
      for (const std::int32_t t : graph().inputs_of(reader)) {
        if (t == output) return reader.op.is<op::Reshape>() || reader.op.is<op::Softmax>();
      }
    }
    return true;
  }

  /// A 1x1 convolution and a depthwise one against one regular convolution of the depthwise kernel.
  void regular_convolutions() {
    const soc::Costs& costs = q_.network.costs;
    if (costs.regular_convolution_source.empty()) return;
    double gain = 0;
    std::vector<std::size_t> helped, all;
    for (std::size_t i = 0; i < graph().nodes.size(); ++i) {
      if (!accelerated(i) || !node(i).op.is<op::DepthwiseConv2d>()) continue;
      all.push_back(i);
      const std::int32_t before = graph().tensor(graph().inputs_of(node(i))[0]).producer;
      if (before < 0 || !node(static_cast<std::size_t>(before)).op.is<op::Conv2d>()) continue;
      const auto expansion = static_cast<std::size_t>(before);
      const Shape& widen = graph().input_type(node(expansion), 1).shape;
      if (widen[1] != 1 || widen[2] != 1) continue;
      const Shape &window = graph().input_type(node(i), 1).shape, &image = graph().output_type(node(i)).shape;
      const double granule = costs.channel_granule;
      const auto filled = [&](std::int32_t n) { return std::ceil(n / granule) * granule; };
      const double fused =
          1e-9 * image[1] * image[2] * window[1] * window[2] * filled(widen.channels()) * filled(image.channels());
      const double saved = now_.operator_ms[i] + now_.operator_ms[expansion] - rate(Term::convolution) * fused -
                           rate(Term::operators) - rate(Term::body) * fused_mb(expansion, i);
      if (saved <= 0) continue;
      gain += saved;
      helped.push_back(i);
    }
    if (all.empty()) return;
    const std::string count = helped.empty() ? ""
                                             : "; the model expects a gain from " + std::to_string(helped.size()) +
                                                   " of " + std::to_string(all.size());
    add("regular convolutions suit the chip better than depthwise ones: replace a widening 1x1 and the depthwise "
        "convolution behind it by one 3x3, with a backbone like ResNet-18 throughout" +
            count,
        costs.regular_convolution_source, gain, helped.empty() ? std::move(all) : std::move(helped));
  }
  [[nodiscard]] double fused_mb(std::size_t expansion, std::size_t depthwise) const {
    return 1e-6 * static_cast<double>(graph().input_type(node(expansion)).shape.elements() +
                                      graph().output_type(node(depthwise)).shape.elements());
  }

  void explicit_padding() {
    if (q_.network.costs.explicit_pad_source.empty()) return;
    double gain = 0;
    std::vector<std::size_t> operators;
    for (std::size_t i = 0; i < graph().nodes.size(); ++i) {
      if (!node(i).op.is<op::Pad>() || !accelerated(i)) continue;
      gain += now_.operator_ms[i];
      operators.push_back(i);
    }
    if (operators.empty()) return;
    add("explicit padding costs an operator of its own: let the convolution behind it pad (Padding::same)",
        q_.network.costs.explicit_pad_source, gain, std::move(operators));
  }

  /// A convolution computes what a larger stride then skips. How much that costs on the chip is not published.
  void large_strides() {
    if (q_.network.costs.pooling_source.empty()) return;
    std::vector<std::size_t> operators;
    for (std::size_t i = 0; i < graph().nodes.size(); ++i) {
      const Operator& op = node(i).op;
      const bool is_large = (op.is<op::Conv2d>() && above_two(op.as<op::Conv2d>().stride)) ||
                            (op.is<op::DepthwiseConv2d>() && above_two(op.as<op::DepthwiseConv2d>().stride));
      if (is_large && accelerated(i)) operators.push_back(i);
    }
    if (operators.empty()) return;
    add("the chip's convolutions have a stride of at most 2 of their own: for larger strides use pooling",
        q_.network.costs.pooling_source, 0, std::move(operators));
  }
  [[nodiscard]] static bool above_two(Size2D stride) { return stride.height > 2 || stride.width > 2; }

  /// Fewer detections cost the CPU less.
  void detections() {
    constexpr std::int32_t enough = 20;
    for (std::size_t i = 0; i < graph().nodes.size(); ++i) {
      if (!node(i).op.is<op::DetectionPostProcess>()) continue;
      op::DetectionPostProcess op = node(i).op.as<op::DetectionPostProcess>();
      if (op.max_detections <= enough && op.regular == 0) continue;
      const std::int32_t anchors = graph().input_type(node(i)).shape[1];
      const double before = post_process_ms(op, anchors);
      const std::string text =
          op.regular != 0 ? "class-by-class suppression (use_regular_nms) takes the CPU long; use the fast version"
                          : "the post-processing on the CPU looks for " + std::to_string(op.max_detections) +
                                " detections (max_detections); " + std::to_string(enough) + " cost less";
      op.regular = 0;
      op.max_detections = std::min(op.max_detections, enough);
      add(text, model_source, rate(Term::post_process) * (before - post_process_ms(op, anchors)), {i});
    }
  }

  void cached_weights() {
    if (now_.fetch_ms <= 0) return;
    add("the weights do not fit the chip's parameter cache of about 8 MB, and the rest is fetched for each "
        "inference; use a smaller network",
        soc::parameter_cache_source, now_.fetch_ms, {});
  }

  /// A smaller input makes everything cheaper but the weights; and where rows are padded, a multiple is for free.
  void input_size() {
    if (graph().inputs.empty()) return;
    const Shape& image = graph().tensor(graph().inputs[0]).type.shape;
    if (image.rank != 4 || image.channels() > 4) return;
    const std::int32_t align = q_.input_layout.row_multiple;
    if (align > 1 && image[2] % align != 0) {
      const std::int64_t wider = (std::int64_t{image[2]} + align - 1) / align * align;
      add("the input is " + std::to_string(image[2]) + " pixels wide, each row is padded to " +
              std::to_string(wider) + "; use a width that is a multiple of " + std::to_string(align),
          "AxisCommunications/acap-native-sdk-examples, object-detection-cv25", 0, {});
    }
    const std::int64_t side = std::min(image[1], image[2]);
    const std::int64_t smaller = (side * 4 / 5 + 16) / 32 * 32;  // a multiple of the stride that backbones end with
    if (smaller < 96 || smaller >= side) return;
    const double ratio = std::pow(static_cast<double>(smaller) / static_cast<double>(side), 2);
    const auto& parts = now_.total.parts_ms;
    const auto part = [&](Term term) { return parts[static_cast<std::size_t>(term)]; };
    const double scaled =
        part(Term::convolution) + part(Term::depthwise) + part(Term::body) + part(Term::tail) + now_.cpu_ms;
    add("a smaller input: " + std::to_string(smaller) + " instead of " + std::to_string(side) +
            " pixels, if the objects stay large enough",
        model_source, scaled * (1 - ratio), {});
  }

  const AdviceQuestion& q_;
  PlacedLatency now_;
  std::vector<Advice> found_;
};

}  // namespace detail

/// All advice on a network, what gains most first.
[[nodiscard]] inline std::vector<Advice> advise(const AdviceQuestion& question) {
  return detail::Adviser(question).all();
}

}  // namespace estimate
}  // namespace dlpu::inline DLPU_ABI
