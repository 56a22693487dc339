#pragma once

/// Blocks that networks repeat. A block is a constexpr function over the builder: write one of your own the same way.

#include <cstdint>
#include <string_view>

#include "dlpu/graph/builder.hpp"

namespace dlpu::inline DLPU_ABI {
namespace blocks {

/// Batch normalization's epsilon in Keras' applications.
inline constexpr float keras_epsilon = 1e-3f;

/// A convolution, batch normalization, then the activation. The normalization is folded into the weights when float
/// weights are loaded: `NAME.batch_norm.gamma`, `.beta`, `.mean`, `.variance`.
constexpr Value convolution(Builder& g, Value x, op::Conv2d op, std::string_view name,
                            float epsilon = keras_epsilon) {
  return g.batch_norm(g.conv2d(x, op, name), epsilon);
}

/// The same for a depthwise convolution.
constexpr Value depthwise(Builder& g, Value x, op::DepthwiseConv2d op, std::string_view name,
                          float epsilon = keras_epsilon) {
  return g.batch_norm(g.depthwise_conv2d(x, op, name), epsilon);
}

struct InvertedResidual {
  std::int32_t filters = 0;    ///< output channels; must be given
  std::int32_t expansion = 6;  ///< channels between, as a multiple of the input's; 1: no expansion
  Size2D kernel = 3;
  Size2D stride = 1;
  Size2D dilation = 1;
  Activation activation = Activation::relu6;
  float epsilon = keras_epsilon;
  bool residual = true;  ///< false: the input is not added, even where shapes agree
};

/// MobileNetV2's block (Sandler et al., 2018): expand, depthwise, project; the input is added where shapes agree.
/// Operators are named `block_N.expand`, `.depthwise`, `.project`, `.add`. `expanded` receives the expansion.
constexpr Value inverted_residual(Builder& g, Value x, const InvertedResidual& options, Value* expanded = nullptr) {
  const auto scope = g.numbered_scope("block");
  const std::int32_t channels = g.shape(x).channels();
  Value y = x;
  if (options.expansion != 1) {
    y = convolution(g, y, {.filters = channels * options.expansion, .kernel = 1, .activation = options.activation},
                    "expand", options.epsilon);
  }
  if (expanded) *expanded = y;
  y = depthwise(g, y,
                {.kernel = options.kernel,
                 .stride = options.stride,
                 .dilation = options.dilation,
                 .activation = options.activation},
                "depthwise", options.epsilon);
  y = convolution(g, y, {.filters = options.filters, .kernel = 1}, "project", options.epsilon);
  const bool residual = options.residual && options.stride == Size2D(1) && channels == options.filters;
  return residual ? g.add(x, y, {}, "add") : y;
}

/// The same with one regular convolution in the place of expansion and depthwise convolution, which accelerators
/// compute faster than their channel counts suggest (MobileNetV3-EdgeTPU, MobileDet). `block_N.expand`, `.project`,
/// `.add`; expansion 1 has the projection alone.
constexpr Value fused_residual(Builder& g, Value x, const InvertedResidual& options) {
  const auto scope = g.numbered_scope("block");
  const std::int32_t channels = g.shape(x).channels();
  Value y = x;
  if (options.expansion != 1) {
    y = convolution(g, y,
                    {.filters = channels * options.expansion,
                     .kernel = options.kernel,
                     .stride = options.stride,
                     .dilation = options.dilation,
                     .activation = options.activation},
                    "expand", options.epsilon);
  }
  y = convolution(g, y, {.filters = options.filters, .kernel = 1}, "project", options.epsilon);
  const bool residual = options.residual && options.stride == Size2D(1) && channels == options.filters;
  return residual ? g.add(x, y, {}, "add") : y;
}

struct Tucker {
  std::int32_t filters = 0;                      ///< output channels; must be given
  std::int32_t input_rank = 0, output_rank = 0;  ///< channels before and after the k x k convolution; must be given
  Size2D kernel = 3;
  Size2D stride = 1;
  Activation activation = Activation::relu6;
  float epsilon = keras_epsilon;
};

/// MobileDet's Tucker convolution (Xiong et al., 2020, https://arxiv.org/abs/2004.14525): a k x k convolution between
/// two 1 x 1 ones that compress. `block_N.compress`, `.convolution`, `.project`, `.add`.
constexpr Value tucker(Builder& g, Value x, const Tucker& options) {
  const auto scope = g.numbered_scope("block");
  const std::int32_t channels = g.shape(x).channels();
  Value y = convolution(g, x, {.filters = options.input_rank, .kernel = 1, .activation = options.activation},
                        "compress", options.epsilon);
  y = convolution(g, y,
                  {.filters = options.output_rank,
                   .kernel = options.kernel,
                   .stride = options.stride,
                   .activation = options.activation},
                  "convolution", options.epsilon);
  y = convolution(g, y, {.filters = options.filters, .kernel = 1}, "project", options.epsilon);
  return options.stride == Size2D(1) && channels == options.filters ? g.add(x, y, {}, "add") : y;
}

struct Separable {
  std::int32_t filters = 0;  ///< output channels; must be given
  Size2D kernel = 3;
  Size2D stride = 1;
  Activation activation = Activation::relu6;
  float epsilon = keras_epsilon;
};

/// MobileNetV1's block (Howard et al., 2017): depthwise, then pointwise. `block_N.depthwise`, `.pointwise`.
constexpr Value separable(Builder& g, Value x, const Separable& options) {
  const auto scope = g.numbered_scope("block");
  x = depthwise(g, x, {.kernel = options.kernel, .stride = options.stride, .activation = options.activation},
                "depthwise", options.epsilon);
  return convolution(g, x, {.filters = options.filters, .kernel = 1, .activation = options.activation}, "pointwise",
                     options.epsilon);
}

struct BasicResidual {
  std::int32_t filters = 0;  ///< output channels; must be given
  Size2D stride = 1;
  Activation activation = Activation::relu;
  float epsilon = keras_epsilon;
};

/// ResNet's basic block (He et al., 2015): two 3 x 3 convolutions and the input, which a 1 x 1 convolution brings to
/// the new shape where it changes. `block_N.conv_1`, `.conv_2`, `.shortcut`, `.add`.
constexpr Value basic_residual(Builder& g, Value x, const BasicResidual& options) {
  const auto scope = g.numbered_scope("block");
  Value y = convolution(
      g, x, {.filters = options.filters, .kernel = 3, .stride = options.stride, .activation = options.activation},
      "conv_1", options.epsilon);
  y = convolution(g, y, {.filters = options.filters, .kernel = 3}, "conv_2", options.epsilon);
  if (options.stride != Size2D(1) || g.shape(x).channels() != options.filters) {
    x = convolution(g, x, {.filters = options.filters, .kernel = 1, .stride = options.stride}, "shortcut",
                    options.epsilon);
  }
  return g.add(x, y, {.activation = options.activation}, "add");
}

/// ResNet's bottleneck block (He et al., 2015): 1 x 1, 3 x 3, 1 x 1, the last four times as wide. `options.filters` is
/// the width of the first two. The stride is in the 3 x 3 convolution (ResNet "v1.5"). `block_N.conv_1`, `.conv_2`,
/// `.conv_3`, `.shortcut`, `.add`.
constexpr Value bottleneck_residual(Builder& g, Value x, const BasicResidual& options) {
  const auto scope = g.numbered_scope("block");
  const std::int32_t filters = options.filters * 4;
  Value y = convolution(g, x, {.filters = options.filters, .kernel = 1, .activation = options.activation}, "conv_1",
                        options.epsilon);
  y = convolution(
      g, y, {.filters = options.filters, .kernel = 3, .stride = options.stride, .activation = options.activation},
      "conv_2", options.epsilon);
  y = convolution(g, y, {.filters = filters, .kernel = 1}, "conv_3", options.epsilon);
  if (options.stride != Size2D(1) || g.shape(x).channels() != filters) {
    x = convolution(g, x, {.filters = filters, .kernel = 1, .stride = options.stride}, "shortcut", options.epsilon);
  }
  return g.add(x, y, {.activation = options.activation}, "add");
}

}  // namespace blocks
}  // namespace dlpu::inline DLPU_ABI
