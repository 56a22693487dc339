#pragma once

/// What there is to do in a network: the quantities that its time on a chip depends on, per operator and in all.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dlpu/graph/placement.hpp"

namespace dlpu::inline DLPU_ABI {
namespace estimate {

/// The work of an operator, or the sum over operators. Units are those of the latency model's coefficients.
struct Work {
  double convolution_gmac = 0;  ///< 10^9 multiply-accumulates of regular convolutions, channels in whole granules
  double depthwise_gmac = 0;    ///< the same of depthwise convolutions
  double body_mb = 0;           ///< 10^6 bytes of data in and out, operators on images
  double tail_mb = 0;           ///< the same for operators of the tail: see `is_tail`
  double operators = 0;
  double post_process_ms = 0;  ///< of detections, on one core of a desktop computer: see `post_process_ms`
  double weight_mb = 0;        ///< 10^6 bytes of filters and biases

  constexpr Work& operator+=(const Work& other) {
    convolution_gmac += other.convolution_gmac;
    depthwise_gmac += other.depthwise_gmac;
    body_mb += other.body_mb;
    tail_mb += other.tail_mb;
    operators += other.operators;
    post_process_ms += other.post_process_ms;
    weight_mb += other.weight_mb;
    return *this;
  }
};

/// What the fast version of TFLite_Detection_PostProcess costs. It sorts one score per anchor and class, and meets each
/// anchor again for each detection that it keeps. Both factors are fitted to five measurements on one desktop core with 90
/// classes, and within 3 % of each:
///
///     anchors  max_detections  ms            anchors  max_detections  ms
///     1917     10              0.280         2034     20              0.360
///     1917     20              0.324         2034     100             0.755
///     1917     100             0.700
///
/// The regular version (class by class) took 6 to 59 ms there, depending on the scores; its cost here is the geometric mean.
[[nodiscard]] constexpr double post_process_ms(const op::DetectionPostProcess& op, std::int32_t anchors) {
  if (op.regular != 0) return 19.0;
  return 1e-6 * anchors * (1.38 * op.classes + 2.44 * op.max_detections);
}

namespace detail {

[[nodiscard]] constexpr std::int64_t whole_granules(std::int64_t channels, std::int64_t granule) {
  return (channels + granule - 1) / granule * granule;
}

[[nodiscard]] constexpr bool has_weights(const GraphView& graph, const Node& node) {
  return node.inputs.count > 1 && graph.tensor(graph.inputs_of(node)[1]).role == TensorRole::filter;
}

/// 10^6 bytes of data that an operator reads and writes; filters, biases and constants are not data.
[[nodiscard]] constexpr double data_mb(const GraphView& graph, const Node& node, ElementType storage) {
  std::size_t bytes = 0;
  const auto add = [&](std::span<const std::int32_t> tensors) {
    for (const std::int32_t t : tensors) {
      const TensorInfo& tensor = graph.tensor(t);
      const bool is_data = tensor.role == TensorRole::input || tensor.role == TensorRole::activation;
      if (is_data) bytes += bytes_of(tensor.type, storage);
    }
  };
  add(graph.inputs_of(node));
  add(graph.outputs_of(node));
  return static_cast<double>(bytes) * 1e-6;
}

/// Filters are stored as the policy says, biases as the sums are.
[[nodiscard]] constexpr double weight_mb(const GraphView& graph, const Node& node, ElementType storage) {
  double bytes = 0;
  for (const std::int32_t t : graph.inputs_of(node)) {
    const TensorInfo& tensor = graph.tensor(t);
    if (tensor.role == TensorRole::filter || tensor.role == TensorRole::bias)
      bytes += static_cast<double>(bytes_of(tensor, storage));
  }
  return bytes * 1e-6;
}

}  // namespace detail

/// Which operators are the tail: those from a Reshape on that lead to no weights any more. A YOLO network decodes its boxes
/// there, an SSD network gathers them. Their cost per byte is another than that of operators on images. (Dequantize and
/// the post-processing of detections move no bytes of an accelerator: they are known to run on the CPU.)
[[nodiscard]] inline std::vector<bool> find_tail(const GraphView& graph) {
  const std::size_t count = graph.nodes.size();
  std::vector<bool> leads_to_weights(count), tail(count);
  const auto producer = [&](std::int32_t t) { return graph.tensor(t).producer; };
  for (std::size_t i = count; i-- > 0;) {
    if (!leads_to_weights[i] && !detail::has_weights(graph, graph.nodes[i])) continue;
    for (const std::int32_t t : graph.inputs_of(graph.nodes[i])) {
      if (producer(t) >= 0) leads_to_weights[static_cast<std::size_t>(producer(t))] = true;
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Node& node = graph.nodes[i];
    bool behind = node.op.is<op::Reshape>();
    for (const std::int32_t t : graph.inputs_of(node)) {
      behind = behind || (producer(t) >= 0 && tail[static_cast<std::size_t>(producer(t))]);
    }
    tail[i] = behind && !leads_to_weights[i] && !detail::has_weights(graph, node);
  }
  return tail;
}

/// Multiply-accumulates of an operator with weights, its channels filled up to whole granules of `granule`; 0 of others.
[[nodiscard]] constexpr double multiply_accumulates(const GraphView& graph, const Node& node,
                                                    std::int64_t granule = 1) {
  if (!detail::has_weights(graph, node)) return 0;
  const Shape& filter = graph.input_type(node, 1).shape;
  // Each weight is used once per pixel of the output; in a transposed convolution, per pixel of the input.
  const Shape& image = node.op.is<op::TransposeConv>() ? graph.input_type(node).shape : graph.output_type(node).shape;
  if (image.channels() == 0 || filter.elements() == 0) return 0;
  const auto pixels = static_cast<double>(image.elements() / image.channels());
  const double exact = pixels * static_cast<double>(filter.elements());
  if (node.op.is<op::DepthwiseConv2d>() || granule <= 1) return exact;
  const std::int64_t in = filter.channels(), out = filter[0];
  const auto filled = static_cast<double>(detail::whole_granules(in, granule) * detail::whole_granules(out, granule));
  return exact / static_cast<double>(in * out) * filled;
}

/// The work of each operator under a policy that stores activations as `storage`. `granule`: see `soc::Costs`.
[[nodiscard]] inline std::vector<Work> work_of_operators(const GraphView& graph, ElementType storage,
                                                         std::int64_t granule) {
  const std::vector<bool> tail = find_tail(graph);
  std::vector<Work> works(graph.nodes.size());
  for (std::size_t i = 0; i < works.size(); ++i) {
    const Node& node = graph.nodes[i];
    Work& work = works[i];
    work.operators = 1;
    work.weight_mb = detail::weight_mb(graph, node, storage);
    const bool on_cpu_anyway = node.op.is<op::DetectionPostProcess>() || node.op.is<op::Dequantize>();
    if (!on_cpu_anyway) (tail[i] ? work.tail_mb : work.body_mb) = detail::data_mb(graph, node, storage);
    (node.op.is<op::DepthwiseConv2d>() ? work.depthwise_gmac : work.convolution_gmac) =
        1e-9 * multiply_accumulates(graph, node, granule);
    if (node.op.is<op::DetectionPostProcess>()) {
      const auto anchors = graph.input_type(node).shape[1];
      work.post_process_ms = post_process_ms(node.op.as<op::DetectionPostProcess>(), anchors);
    }
  }
  return works;
}

[[nodiscard]] inline Work sum_of(std::span<const Work> works) {
  Work sum;
  for (const Work& work : works) sum += work;
  return sum;
}

[[nodiscard]] inline Work work_of(const GraphView& graph, ElementType storage, std::int64_t granule) {
  return sum_of(work_of_operators(graph, storage, granule));
}

}  // namespace estimate
}  // namespace dlpu::inline DLPU_ABI
