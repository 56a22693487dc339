#pragma once

/// Networks that are written into .tflite files.

#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "dlpu/graph/blocks.hpp"
#include "dlpu/graph/builder.hpp"
#include "dlpu/io/tflite_writer.hpp"
#include "dlpu/quant/policy.hpp"
#include "support/networks.hpp"

namespace dlpu::written {

using PerTensorUint8 = BasicPerTensor<rounding::Reference, std::uint8_t>;

/// Whether LiteRT computes other bits than a policy from the same numbers.
template <class Policy>
inline constexpr bool rounds_otherwise = [] {
  if constexpr (Policy::quantized)
    return !std::is_same_v<typename Policy::Rounding, rounding::Reference>;
  else
    return false;
}();

template <class Policy>
[[nodiscard]] io::WriteOptions options() {
  return {.storage = element_type_of<typename Policy::Storage>};
}

/// Invented parameters, with the quantization that some operators' outputs must have.
template <class Policy>
[[nodiscard]] Parameters parameters_for(const Graph& graph) {
  Parameters parameters = networks::parameters_for<Policy>(graph);
  if constexpr (Policy::quantized) {
    const GraphView view = graph.view();
    for (const Node& node : view.nodes) {
      visit(node.op, [&]<class Op>(const Op&) {
        if constexpr (requires { Op::template fixed_output<typename Policy::Storage>(); }) {
          parameters[view.outputs_of(node)[0]].quantization = Op::template fixed_output<typename Policy::Storage>();
        }
      });
    }
  }
  return parameters;
}

/// Makes every activation an output, so that comparisons see each operator.
inline void make_all_outputs(Graph& graph) {
  graph.outputs.clear();
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    if (graph.tensors[t].producer >= 0) graph.outputs.push_back(static_cast<std::int32_t>(t));
  }
}

/// Every operator that is written, with every way in which it is written.
struct AllOperators {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 13, 11, 3}, "image");
    // Padding: SAME, explicit that is SAME, explicit that is neither, dilation.
    auto a = g.conv2d(x, {.filters = 8, .kernel = 3, .stride = 2, .activation = Activation::relu}, "same");
    auto b = g.conv2d(x, {.filters = 8, .kernel = 3, .stride = 2, .padding = Padding::sides(1, 1, 1, 1)}, "as_same");
    auto c =
        g.conv2d(x, {.filters = 8, .kernel = {3, 5}, .stride = 2, .padding = Padding::sides(2, 0, 1, 3)}, "sides");
    auto d = g.depthwise_conv2d(
        c, {.multiplier = 2, .kernel = 3, .padding = Padding::sides(0, 2, 2, 0), .activation = Activation::relu6},
        "depthwise_sides");
    auto e = g.depthwise_conv2d(d, {.kernel = 3, .dilation = 2}, "dilated");
    auto sum = g.add(g.add(a, b, {Activation::relu_n1_to_1}, "sum_ab"), c, {}, "sum");
    auto broadcast = g.add(sum, g.mean(sum, {.keep_dimensions = 1}, "mean_kept"), {}, "broadcast");
    // Activations of their own.
    auto r = g.relu(broadcast, "own_relu");
    r = g.relu6(g.add(r, sum), "own_relu6");
    auto n = g.relu_n1_to_1(broadcast, "own_relu_n1_to_1");
    // Pools.
    auto p = g.max_pool2d(broadcast, {.kernel = 3, .stride = 2, .padding = Padding::sides(2, 1, 1, 2)}, "max_sides");
    auto q = g.average_pool2d(broadcast, {.kernel = 3, .stride = 2, .padding = Padding::same}, "average_same");
    auto v = g.max_pool2d(q, {.kernel = 2, .activation = Activation::relu}, "max_valid");
    // Data movement.
    auto joined = g.concatenation({r, n, e}, {.axis = 3}, "joined");
    auto padded = g.pad(joined, {.before = {0, 1, 0, 0}, .after = {0, 2, 1, 0}}, "zeros");
    padded = g.pad(padded, {.before = {0, 0, 1, 0}, .after = {0, 0, 0, 1}, .value = 0.75f}, "numbers");
    auto rows = g.fully_connected(g.reshape(v, {{6, -1}}), {.units = 5, .activation = Activation::relu}, "rows");
    auto kept = g.fully_connected(g.average_pool2d(padded, {.kernel = 4, .stride = 4}, "small"),
                                  {.units = 7, .keep_dimensions = 1}, "kept");
    auto back = g.quantize(g.dequantize(kept, {}, "real"), {}, "stored");
    auto again = g.quantize(back, {}, "requantized");
    auto scalar = g.reshape(g.mean(back, {.axes = {0, 1, 2, 3}, .keep_dimensions = 1}, "mean_all"), {{}}, "scalar");
    return std::array<Value, 5>{g.softmax(g.mean(again), {.beta = 0.5f}), rows, p, padded, scalar};
  }
};

/// Every operator that moves or picks data.
struct Movement {
  static constexpr auto build(auto& g) {
    auto x = g.input({2, 6, 8, 4}, "image");
    auto s = g.slice(x, {.begin = {1, 2, 0, 1}, .size = {1, -1, 7, 2}}, "slice");
    auto t = g.strided_slice(x,
                             {.begin = {0, -1, 1, 0},
                              .end = {0, -6, 7, 0},
                              .stride = {0, -2, 3, 2},
                              .begin_mask = 8,
                              .end_mask = 8,
                              .shrink_axis_mask = 4},
                             "strided");
    auto parts = g.split(x, {.axis = 2, .parts = 4}, "split");
    auto uneven = g.split_v(x, {.axis = -2, .parts = 3, .sizes = {1, -1, 2}}, "split_v");
    auto rows = g.unpack(x, {.axis = 1}, "unpack");
    auto packed = g.pack({rows[0], rows[5], rows[2]}, {.axis = -1}, "pack");
    auto turned = g.transpose(packed, {.order = {3, 1, 0, 2}}, "transpose");
    auto deep = g.depth_to_space(g.space_to_depth(x, {.block = 2}, "to_depth"), {.block = 4}, "to_space");
    auto batch = g.space_to_batch_nd(x, {.block = {2, 3}, .padding = {1, 1, 0, 1}}, "to_batch");
    auto unbatched = g.batch_to_space_nd(batch, {.block = {3, 2}, .crop = {1, 0, 0, 1}}, "from_batch");
    auto mirrored = g.mirror_pad(x, {.before = {0, 2, 1, 0}, .after = {0, 1, 0, 3}}, "reflect");
    auto again = g.mirror_pad(x, {.before = {1, 0, 0, 4}, .mirror = Mirror::symmetric}, "symmetric");
    auto nearest = g.resize_nearest_neighbor(x, {.size = {9, 5}}, "nearest");
    auto centers = g.resize_nearest_neighbor(x, {.size = {13, 3}, .half_pixel_centers = 1}, "nearest_centers");
    auto bilinear = g.resize_bilinear(x, {.size = {9, 5}, .align_corners = 1}, "bilinear_corners");
    auto smooth = g.resize_bilinear(x, {.size = {12, 20}, .half_pixel_centers = 1}, "bilinear_centers");
    auto up = g.transpose_conv(x, {.filters = 5, .kernel = 3, .stride = 2, .activation = Activation::relu}, "up");
    auto wide = g.transpose_conv(x, {.filters = 3, .kernel = {2, 5}, .padding = Padding::valid}, "wide");
    return std::array<Value, 16>{s,     t,       parts[1], uneven[1], turned, deep, unbatched, mirrored,
                                 again, nearest, centers,  bilinear,  smooth, up,   wide,      packed};
  }
};

/// Functions that the format has in every storage, comparisons, extremes and Cast.
struct Functions {
  static constexpr auto build(auto& g) {
    auto x = g.input({2, 5, 6, 4}, "image");
    auto y = g.relu(x, "positive_part");
    auto h = g.hard_swish(g.leaky_relu(x, {.alpha = 0.3f}), "hard_swish");
    auto t = g.tanh(h, "tanh");
    auto l = g.logistic(h, "logistic");
    auto d = g.sub(t, y, {Activation::relu6}, "difference");
    auto m = g.mul(d, g.mean(x, {.keep_dimensions = 1}, "channel_means"), {}, "product");
    auto p = g.prelu(x, g.mean(x, {.axes = {0, 1, 2}}, "slopes"), "prelu");
    auto a = g.reduce_max(x, {.axes = {2}}, "largest");
    auto b = g.reduce_min(x, {.axes = {0, 3}}, "smallest");
    auto i = g.arg_max(x, {.axis = -1}, "arg_max");
    auto j = g.arg_min(x, {.axis = 1}, "arg_min");
    auto n = g.l2_normalization(p, "normalized");
    auto less = g.template compare<Relation::less>(x, y, "less");
    auto equal = g.template compare<Relation::greater_equal>(x, y, "greater_equal");
    auto both = g.logical_or(g.logical_and(less, equal), g.logical_not(less), "logic");
    auto c = g.cast(both, {.element = ElementType::float32}, "cast");
    return std::array<Value, 9>{l, a, b, i, j, n, both, c, m};
  }
};

/// What LiteRT has in float32 and int8 only.
struct FunctionsWithoutUint8 {
  static constexpr auto build(auto& g) {
    auto x = g.input({2, 5, 6, 4}, "image");
    auto y = g.clamp(x, {.low = 0.25f, .high = 1.0f}, "positive");
    auto a = g.exp(g.neg(g.abs(x, "abs"), "neg"), "exp");
    auto log = g.log(y, "log");
    auto root = g.sqrt(y, "sqrt");
    auto b = g.mul(log, g.mul(root, g.rsqrt(y, "rsqrt"), {}, "ones"), {}, "product");
    auto d = g.div(y, g.clamp(y, {.low = 0.5f, .high = 1.0f}, "divisor"), {}, "quotient");
    auto mm = g.batch_matmul(x, g.transpose(y, {.order = {0, 1, 3, 2}}), {}, "products");
    auto mt = g.batch_matmul(x, y, {.transpose_second = 1}, "products_transposed");
    return std::array<Value, 5>{a, b, d, mm, mt};
  }
};

/// In int8 LiteRT's reference kernel of SUM is not to be compared with.
struct Sums {
  static constexpr auto build(auto& g) {
    auto x = g.input({2, 5, 6, 4}, "image");
    return std::array<Value, 2>{g.sum(x, {.axes = {1, -1}, .keep_dimensions = 1}, "sum"),
                                g.sum(x, {.axes = {0, 2}}, "sum_without")};
  }
};

/// Detection; its inputs are the network's.
struct Detection {
  static constexpr auto build(auto& g) {
    auto boxes = g.input({1, 12, 4}, "boxes");
    auto scores = g.input({1, 12, 4}, "scores");
    auto anchors = g.clamp(g.input({12, 4}, "anchors"), {.low = 0.125f, .high = 2.0f}, "sizes");  // above zero
    return g.detection_post_process(boxes, scores, anchors,
                                    {.classes = 3, .max_detections = 5, .score_threshold = -2.0f}, "detection");
  }
};

/// Clamp is several operators in a file, which are not read as one again.
struct Clamps {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 4, 4, 8});
    auto a = g.clamp(x, {.low = -0.5f, .high = 0.75f}, "both");
    auto b = g.clamp(x, {.low = -0.25f, .high = std::numeric_limits<float>::infinity()}, "low");
    auto c = g.clamp(x, {.low = -std::numeric_limits<float>::infinity(), .high = 0.25f}, "high");
    auto d = g.clamp(x, {.low = 0.0f, .high = 6.0f}, "as_relu6");
    return std::array<Value, 4>{a, b, c, d};
  }
};

}  // namespace dlpu::written
