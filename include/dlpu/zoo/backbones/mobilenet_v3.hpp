#pragma once

#include <span>

#include "dlpu/zoo/backbones/backbone.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo::backbones {

/// One block of MobileNetV3.
struct MobileNetV3Row {
  std::int32_t kernel, expanded, filters, squeeze, hard_swish, stride;  ///< squeeze, hard_swish: 0 or 1
};

/// ReLU fused, or HardSwish as an operator of its own.
constexpr Value hard_swish_if(Builder& g, Value x, std::int32_t hard_swish, std::string_view name) {
  return hard_swish != 0 ? g.hard_swish(x, name) : x;
}

/// Squeeze and excitation (Hu et al., 2017) as MobileNetV3 has it: averages over the image, a quarter of the channels,
/// and relu6(y + 3) / 6 as the gate. `squeeze.pool`, `.reduce`, `.expand`, `.shifted`, `.gate`, `.scale`.
constexpr Value squeeze_excite(Builder& g, Value x) {
  const auto scope = g.scope("squeeze");
  const Shape shape = g.shape(x);
  if (g.failed()) return {};
  constexpr auto number = [](const Formula& formula, const Shape&, std::int64_t) { return formula.parameters[0]; };
  Value y = g.average_pool2d(x, {.kernel = {shape[1], shape[2]}}, "pool");
  y = g.conv2d(y, {.filters = multiple_of_8(shape.channels(), 4), .kernel = 1, .activation = Activation::relu},
               "reduce");
  y = g.conv2d(y, {.filters = shape.channels(), .kernel = 1}, "expand");
  const Value three = g.constant({1}, {number, {3.0f}}, "three");
  y = g.add(y, three, {Activation::relu6}, "shifted");
  const Value sixth = g.constant({1}, {number, {1.0f / 6.0f}}, "sixth");
  y = g.mul(y, sixth, {}, "gate");
  return g.mul(x, y, {}, "scale");
}

/// One block; `expanded` receives its expansion.
constexpr Value mobilenet_v3_block(Builder& g, Value x, const MobileNetV3Row& row, std::int32_t expanded_filters,
                                   std::int32_t filters, std::int32_t stride, std::int32_t dilation,
                                   Value& expanded) {
  const auto scope = g.numbered_scope("block");
  const Activation activation = row.hard_swish != 0 ? Activation::none : Activation::relu;
  const std::int32_t channels = g.shape(x).channels();
  Value y = x;
  if (expanded_filters != channels) {
    y = blocks::convolution(g, y, {.filters = expanded_filters, .kernel = 1, .activation = activation}, "expand");
    y = hard_swish_if(g, y, row.hard_swish, "expand_swish");
  }
  expanded = y;
  y = blocks::depthwise(
      g, y, {.kernel = row.kernel, .stride = stride, .dilation = dilation, .activation = activation}, "depthwise");
  y = hard_swish_if(g, y, row.hard_swish, "depthwise_swish");
  if (row.squeeze != 0) y = squeeze_excite(g, y);
  y = blocks::convolution(g, y, {.filters = filters, .kernel = 1}, "project");
  return stride == 1 && channels == filters ? g.add(x, y, {}, "add") : y;
}

/// MobileNetV3 (Howard et al., 2019, https://arxiv.org/abs/1905.02244) of a table of blocks; widths as in
/// https://github.com/tensorflow/models, research/slim/nets/mobilenet/mobilenet_v3.py.
constexpr FeatureMaps mobilenet_v3(Builder& g, Value image, std::span<const MobileNetV3Row> rows,
                                   std::int32_t last_filters, const BackboneOptions& options) {
  Trunk trunk = begin_trunk(g, image, scaled(16, options.width_percent), Activation::none);
  trunk.set(g.hard_swish(trunk.x, "stem_swish"));
  std::int32_t published_input = 16;
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin + 1;
    while (end < rows.size() && rows[end].filters == rows[begin].filters && rows[end].stride == 1) ++end;
    const auto in_stage = static_cast<std::int32_t>(end - begin);
    const std::int32_t repeats = repeated(in_stage, options.depth_percent);
    for (std::int32_t i = 0; i < repeats && !g.failed(); ++i) {
      const MobileNetV3Row& row = rows[begin + static_cast<std::size_t>(i < in_stage ? i : in_stage - 1)];
      const std::int32_t wanted = i == 0 ? row.stride : 1;
      const bool keeps_size = wanted == 2 && trunk.stride >= options.output_stride;
      const std::int32_t stride = keeps_size ? 1 : wanted;
      const std::int32_t channels = g.shape(trunk.x).channels();
      Value expanded{};
      trunk.x =
          mobilenet_v3_block(g, trunk.x, row, multiple_of_8(std::int64_t{channels} * row.expanded, published_input),
                             scaled(row.filters, options.width_percent), stride, trunk.dilation, expanded);
      if (stride == 2 && trunk.stride == 16) trunk.maps.expanded16 = expanded;
      if (keeps_size) trunk.dilation *= 2;
      trunk.stride *= stride;
      trunk.set(trunk.x);
      published_input = row.filters;
    }
    begin = end;
  }
  if (options.last_convolution != 0) {
    trunk.x = blocks::convolution(g, trunk.x, {.filters = scaled(last_filters, options.width_percent), .kernel = 1},
                                  "head");
    trunk.set(g.hard_swish(trunk.x, "head_swish"));
  }
  return trunk.maps;
}

constexpr FeatureMaps mobilenet_v3_large(Builder& g, Value image, const BackboneOptions& options) {
  constexpr MobileNetV3Row rows[] = {{3, 16, 16, 0, 0, 1},   {3, 64, 24, 0, 0, 2},   {3, 72, 24, 0, 0, 1},
                                     {5, 72, 40, 1, 0, 2},   {5, 120, 40, 1, 0, 1},  {5, 120, 40, 1, 0, 1},
                                     {3, 240, 80, 0, 1, 2},  {3, 200, 80, 0, 1, 1},  {3, 184, 80, 0, 1, 1},
                                     {3, 184, 80, 0, 1, 1},  {3, 480, 112, 1, 1, 1}, {3, 672, 112, 1, 1, 1},
                                     {5, 672, 160, 1, 1, 2}, {5, 960, 160, 1, 1, 1}, {5, 960, 160, 1, 1, 1}};
  return mobilenet_v3(g, image, rows, 960, options);
}
constexpr FeatureMaps mobilenet_v3_small(Builder& g, Value image, const BackboneOptions& options) {
  constexpr MobileNetV3Row rows[] = {{3, 16, 16, 1, 0, 2},  {3, 72, 24, 0, 0, 2},  {3, 88, 24, 0, 0, 1},
                                     {5, 96, 40, 1, 1, 2},  {5, 240, 40, 1, 1, 1}, {5, 240, 40, 1, 1, 1},
                                     {5, 120, 48, 1, 1, 1}, {5, 144, 48, 1, 1, 1}, {5, 288, 96, 1, 1, 2},
                                     {5, 576, 96, 1, 1, 1}, {5, 576, 96, 1, 1, 1}};
  return mobilenet_v3(g, image, rows, 576, options);
}

}  // namespace zoo::backbones
}  // namespace dlpu::inline DLPU_ABI
