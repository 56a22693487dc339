#pragma once

/// The limits that Axis documents for ARTPEC-9, one rule each.

#include "dlpu/soc/conditions.hpp"
#include "dlpu/soc/table.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc::rule {

inline constexpr std::string_view artpec9_tips = "Axis developer documentation, Optimization Tips (ARTPEC-9)";
inline constexpr std::string_view artpec9_operators = "Axis developer documentation, Supported Ops (ARTPEC-9)";

// Of every operator.
DLPU_RULE(
    Artpec9EightBit,
    "ARTPEC-9 computes with int8 or uint8 only; quantize the network per channel or per tensor, or write Allow<cpu>",
    artpec9_tips);
DLPU_RULE(Artpec9FourDimensions, "ARTPEC-9 takes tensors of at most four dimensions; reshape", artpec9_tips);
DLPU_RULE(Artpec9BatchOfOne, "ARTPEC-9 takes one image at a time; use batch 1", artpec9_tips);
DLPU_RULE(Artpec9Depth,
          "ARTPEC-9 refuses most operators on tensors with too many channels; the limit is not published",
          artpec9_tips);

constexpr bool obeys(Artpec9EightBit, const OperatorFacts& facts) {
  return eight_bit_data(facts);
}
constexpr bool obeys(Artpec9FourDimensions, const OperatorFacts& facts) {
  return all_data(facts, [](const TensorType& type) { return type.shape.rank <= 4; });
}
constexpr bool obeys(Artpec9BatchOfOne, const OperatorFacts& facts) {
  return batch_of_one(facts);
}

// Convolutions and fully connected layers.
DLPU_RULE(
    Artpec9KernelSize,
    "ARTPEC-9 takes convolution kernels whose height and width are 1, 2, 3, 5, 7 or 9; use one of these, or write "
    "Allow<cpu>",
    artpec9_operators);
DLPU_RULE(
    Artpec9Stride,
    "ARTPEC-9 takes convolutions with stride 1 or 2, the same in height and width; use max pooling for other strides",
    artpec9_operators);
DLPU_RULE(Artpec9LargeKernelStride,
          "ARTPEC-9 takes convolution kernels above 7 only with stride 1; use a smaller kernel", artpec9_operators);
DLPU_RULE(Artpec9ConvolutionPadding,
          "ARTPEC-9 takes convolutions with SAME or VALID padding; use Padding::same or Padding::valid",
          artpec9_operators);
DLPU_RULE(Artpec9DepthMultiplier,
          "ARTPEC-9 takes depthwise convolutions only with a channel multiplier of 1; widen with a 1x1 convolution "
          "before it",
          artpec9_operators);
DLPU_RULE(Artpec9TransposeStride, "ARTPEC-9 takes transposed convolutions with stride 2 only; use stride 2",
          artpec9_operators);
DLPU_RULE(
    Artpec9ScaleProduct,
    "ARTPEC-9 wants input scale times filter scale over output scale above 0 and below 65536; calibrate again, or "
    "rescale the weights",
    artpec9_operators);

constexpr bool obeys(Artpec9KernelSize, const auto& conv, const OperatorFacts&) {
  constexpr auto listed = [](std::int32_t n) { return n == 1 || n == 2 || n == 3 || n == 5 || n == 7 || n == 9; };
  return listed(conv.kernel.height) && listed(conv.kernel.width);
}
constexpr bool obeys(Artpec9Stride, const auto& conv, const OperatorFacts&) {
  return conv.stride == Size2D(1) || conv.stride == Size2D(2);
}
constexpr bool obeys(Artpec9LargeKernelStride, const auto& conv, const OperatorFacts&) {
  return (conv.kernel.height <= 7 && conv.kernel.width <= 7) || conv.stride == Size2D(1);
}
constexpr bool obeys(Artpec9ConvolutionPadding, const auto& conv, const OperatorFacts&) {
  return conv.padding.kind != Padding::Kind::explicit_sides;
}
constexpr bool obeys(Artpec9DepthMultiplier, const auto& conv, const OperatorFacts&) {
  return conv.multiplier == 1;
}
constexpr bool obeys(Artpec9TransposeStride, const op::TransposeConv& conv, const OperatorFacts&) {
  return conv.stride == Size2D(2);
}
constexpr bool obeys(Artpec9ScaleProduct, const OperatorFacts& facts) {
  if (!scales_known(facts)) return true;
  const float product = input_quantization(facts, 0).scale * input_quantization(facts, 1).scale;
  const float ratio = product / output_quantization(facts).scale;
  return ratio > 0.0f && ratio < 65536.0f;
}

// Element by element.
DLPU_RULE(Artpec9AddShapes, "ARTPEC-9 adds element by element; give Add two inputs of the same shape",
          artpec9_operators);
DLPU_RULE(Artpec9ReluBounds, "ARTPEC-9 takes Relu whose lower bound is below its upper bound", artpec9_operators);
DLPU_RULE(
    Artpec9NoClamp,
    "ARTPEC-9's documented operators do not include Minimum and Maximum, of which a clamp is made; use relu, relu6 "
    "or relu_n1_to_1, or write Allow<cpu>",
    artpec9_operators);

DLPU_RULE(Artpec9MulConstant,
          "ARTPEC-9 multiplies by constants only: one factor for each channel, or one for all; use a 1x1 depthwise "
          "convolution, or write Allow<cpu>",
          artpec9_operators);
DLPU_RULE(Artpec9MulScalar,
          "ARTPEC-9 multiplies by one constant for all only where the stored numbers do not change: the scale does",
          artpec9_operators);
DLPU_RULE(Artpec9LeakyReluSlope,
          "ARTPEC-9 takes LeakyRelu with a slope above 0 and below 1; change alpha, or write Allow<cpu>",
          artpec9_operators);
DLPU_RULE(Artpec9LogisticScale,
          "ARTPEC-9 takes Logistic whose output has the scale 1/256 and the lowest number as zero point; quantize so",
          artpec9_operators);
DLPU_RULE(Artpec9TanhScale,
          "ARTPEC-9 takes Tanh whose output has the scale 1/128 and its zero point in the middle; quantize so",
          artpec9_operators);

constexpr bool obeys(Artpec9AddShapes, const OperatorFacts& facts) {
  return facts.input(0) == facts.input(1);
}
constexpr bool obeys(Artpec9MulConstant, const OperatorFacts& facts) {
  for (std::size_t i = 0; i < 2; ++i) {
    const TensorInfo& factor = input_tensor(facts, i);
    const Shape& shape = factor.type.shape;
    if (factor.role != TensorRole::constant || !only_innermost(shape, 1)) continue;
    if (shape.elements() == 1 || shape.channels() == facts.input(1 - i).channels()) return true;
  }
  return false;
}
constexpr bool obeys(Artpec9LeakyReluSlope, const op::LeakyRelu& relu, const OperatorFacts&) {
  return relu.alpha > 0.0f && relu.alpha < 1.0f;
}
/// Whether the output has this scale and, in int8, this zero point; in uint8 it is 128 more.
constexpr bool output_is(const OperatorFacts& facts, float scale, std::int32_t zero_point) {
  if (!scales_known(facts)) return true;
  const bool is_signed = facts.element(facts.graph.output_type(facts.node)) == ElementType::int8;
  return output_quantization(facts) == Quantization{scale, zero_point + (is_signed ? 0 : 128)};
}
constexpr bool obeys(Artpec9LogisticScale, const OperatorFacts& facts) {
  return output_is(facts, 1.0f / 256.0f, -128);
}
constexpr bool obeys(Artpec9TanhScale, const OperatorFacts& facts) {
  return output_is(facts, 1.0f / 128.0f, 0);
}

// Pooling and means.
DLPU_RULE(
    Artpec9AveragePool,
    "ARTPEC-9 takes average pools of 3x3 with stride 1 and Padding::same, or of 7x7 or 8x8 over an image of exactly "
    "that size; use one of these, or write Allow<cpu>",
    artpec9_operators);
DLPU_RULE(
    Artpec9MaxPool,
    "ARTPEC-9 takes max pools of 1x1, 2x2 or 3x3 with stride 2, and with stride 1 of up to 9x9 (Padding::valid) or "
    "17x17 (Padding::same); use one of these, or write Allow<cpu>",
    artpec9_operators);
DLPU_RULE(
    Artpec9MaxPoolSizes,
    "ARTPEC-9 takes max pools of 2x2 or 3x3 with stride 2 over even sizes with Padding::valid, over odd sizes with "
    "Padding::same",
    artpec9_operators);
DLPU_RULE(Artpec9MaxPoolWidth,
          "ARTPEC-9 takes max pools of 3x3 with stride 2 over images of at most 417 columns; use 2x2",
          artpec9_operators);
DLPU_RULE(Artpec9MaxPoolInput,
          "ARTPEC-9 takes max pools only over images at least as large as the pool; use a smaller pool",
          artpec9_operators);
DLPU_RULE(
    Artpec9Mean,
    "ARTPEC-9 takes the mean over height and width only of 7x7 or 8x8 images; change the input size so that the "
    "last feature map has that size, or write Allow<cpu>",
    artpec9_operators);

constexpr bool obeys(Artpec9AveragePool, const op::AveragePool2d& pool, const OperatorFacts& facts) {
  if (pool.kernel == Size2D(3)) return pool.stride == Size2D(1) && pool.padding == Padding::same;
  return (pool.kernel == Size2D(7) || pool.kernel == Size2D(8)) && pool.kernel == image_size(facts) &&
         facts.output()[1] == 1 && facts.output()[2] == 1;
}
constexpr bool obeys(Artpec9MaxPool, const op::MaxPool2d& pool, const OperatorFacts&) {
  const bool same = pool.padding == Padding::same;
  if (!same && pool.padding != Padding::valid) return false;
  if (pool.stride == Size2D(1)) {
    const std::int32_t largest = same ? 17 : 9;
    return pool.kernel.height <= largest && pool.kernel.width <= largest;
  }
  return pool.stride == Size2D(2) && pool.kernel.height == pool.kernel.width && pool.kernel.height <= 3;
}
constexpr bool obeys(Artpec9MaxPoolSizes, const op::MaxPool2d& pool, const OperatorFacts& facts) {
  if (pool.stride != Size2D(2) || pool.kernel == Size2D(1)) return true;
  const std::int32_t rest = pool.padding == Padding::same ? 1 : 0;
  const Size2D image = image_size(facts);
  return image.height % 2 == rest && image.width % 2 == rest;
}
constexpr bool obeys(Artpec9MaxPoolWidth, const op::MaxPool2d& pool, const OperatorFacts& facts) {
  return pool.stride != Size2D(2) || pool.kernel != Size2D(3) || image_size(facts).width <= 417;
}
constexpr bool obeys(Artpec9MaxPoolInput, const op::MaxPool2d& pool, const OperatorFacts& facts) {
  const Size2D image = image_size(facts);
  return image.height >= pool.kernel.height && image.width >= pool.kernel.width;
}
constexpr bool obeys(Artpec9Mean, const op::Mean& mean, const OperatorFacts& facts) {
  const Shape& input = facts.input();
  if (input.rank != 4) return false;
  for (std::int32_t axis = 0; axis < 4; ++axis) {
    if (mean.axes.contains(axis, 4) != (axis == 1 || axis == 2)) return false;
  }
  return image_size(facts) == Size2D(7) || image_size(facts) == Size2D(8);
}

// Moving data.
DLPU_RULE(
    Artpec9ConcatenationChannels,
    "ARTPEC-9 concatenates along channels only where every input has a multiple of 16 channels; change their numbers",
    artpec9_operators);
DLPU_RULE(Artpec9ConcatenationScale,
          "ARTPEC-9 concatenates where the output scale is at least each input scale / 128; calibrate again",
          artpec9_operators);
DLPU_RULE(Artpec9PadAxes, "ARTPEC-9 pads height and width only; widen with a 1x1 convolution, or write Allow<cpu>",
          artpec9_operators);
DLPU_RULE(Artpec9PadSize, "ARTPEC-9 pads at most 7 elements per side; pad twice", artpec9_operators);
DLPU_RULE(Artpec9PadZero, "ARTPEC-9 pads with zeros only; pad with zeros, or write Allow<cpu>", artpec9_operators);
DLPU_RULE(Artpec9PadQuantization, "ARTPEC-9 pads only where input and output have the same scale and zero point",
          artpec9_operators);

DLPU_RULE(Artpec9SplitChannels, "ARTPEC-9 splits channels only into parts of a multiple of 16; change their number",
          artpec9_operators);
DLPU_RULE(Artpec9DepthToSpaceBlock, "ARTPEC-9 takes DepthToSpace with blocks of 2 only; use it twice for 4",
          artpec9_operators);
DLPU_RULE(Artpec9ResizeFactor,
          "ARTPEC-9 resizes an image of n rows or columns to 2n or 2n - 1 only; resize in steps, or write Allow<cpu>",
          artpec9_operators);
DLPU_RULE(
    Artpec9ResizeAccuracy,
    "ARTPEC-9 resizes less accurately where of height and width one becomes odd and the other even, and in some "
    "bilinear cases with align_corners or half_pixel_centers",
    artpec9_operators);

constexpr bool obeys(Artpec9SplitChannels, const OperatorFacts& facts) {
  return facts.output().channels() == facts.input().channels() || facts.output().channels() % 16 == 0;
}
constexpr bool obeys(Artpec9DepthToSpaceBlock, const op::DepthToSpace& op, const OperatorFacts&) {
  return op.block == 2;
}
constexpr bool obeys(Artpec9ResizeFactor, const auto& resize, const OperatorFacts& facts) {
  constexpr auto doubled = [](std::int32_t from, std::int32_t to) { return to == 2 * from || to == 2 * from - 1; };
  const Size2D image = image_size(facts);
  return doubled(image.height, resize.size.height) && doubled(image.width, resize.size.width);
}
constexpr bool obeys(Artpec9ConcatenationChannels, const op::Concatenation& concatenation,
                     const OperatorFacts& facts) {
  const std::int32_t rank = facts.output().rank;
  if (concatenation.axis_in(rank) != rank - 1) return true;
  for (std::size_t i = 0; i < facts.inputs(); ++i) {
    if (facts.input(i).channels() % 16 != 0) return false;
  }
  return true;
}
constexpr bool obeys(Artpec9ConcatenationScale, const OperatorFacts& facts) {
  if (!scales_known(facts)) return true;
  for (std::size_t i = 0; i < facts.inputs(); ++i) {
    if (output_quantization(facts).scale < input_quantization(facts, i).scale / 128.0f) return false;
  }
  return true;
}
/// Whether no side is padded by more than `limits[axis]`, for the tensor's dimensions from the outermost.
constexpr bool padded_within(const op::Pad& pad, const std::array<std::int32_t, Shape::max_rank>& limits) {
  for (std::size_t i = 0; i < limits.size(); ++i) {
    if (pad.before[i] > limits[i] || pad.after[i] > limits[i]) return false;
  }
  return true;
}
constexpr bool obeys(Artpec9PadAxes, const op::Pad& pad, const OperatorFacts& facts) {
  constexpr std::int32_t any = std::numeric_limits<std::int32_t>::max();
  return facts.input().rank == 4 && padded_within(pad, {0, any, any});
}
constexpr bool obeys(Artpec9PadSize, const op::Pad& pad, const OperatorFacts&) {
  return padded_within(pad, {7, 7, 7, 7, 7, 7});
}
constexpr bool obeys(Artpec9PadZero, const op::Pad& pad, const OperatorFacts&) {
  return pad.value == 0.0f;
}
constexpr bool obeys(Artpec9PadQuantization, const OperatorFacts& facts) {
  return !scales_known(facts) || input_quantization(facts) == output_quantization(facts);
}

// Quantization and what is missing.
DLPU_RULE(Artpec9FloatInput,
          "ARTPEC-9 computes with int8 or uint8 only; give the network int8 or uint8 inputs, or write Allow<cpu>",
          artpec9_tips);
DLPU_RULE(Artpec9RequantizeScale, "ARTPEC-9 requantizes where the output scale is at least the input scale / 128",
          artpec9_operators);
DLPU_RULE(
    Artpec9NoSoftmax,
    "ARTPEC-9's documented operators do not include Softmax; compute it in the application, or write Allow<cpu>",
    artpec9_operators);
DLPU_RULE(Artpec9Detection,
          "ARTPEC-9's documented operators do not include the post-processing of detections; compute it in the "
          "application, or write Allow<cpu>",
          artpec9_operators);
DLPU_RULE(Artpec9NoHardSwish,
          "ARTPEC-9's documented operators do not include HardSwish; use Relu6, or write Allow<cpu>",
          artpec9_operators);
DLPU_RULE(Artpec9NoSlice,
          "ARTPEC-9's documented operators do not include Slice and StridedSlice; use Split where the parts have a "
          "multiple of 16 channels, or write Allow<cpu>",
          artpec9_operators);
DLPU_RULE(
    Artpec9NoDequantize,
    "ARTPEC-9's documented operators do not include Dequantize; give the network int8 or uint8 outputs, or write "
    "Allow<cpu>",
    artpec9_operators);
DLPU_RULE(Artpec9NotListed,
          "ARTPEC-9's documented operators do not include this one; choose another operator, or write Allow<cpu>",
          artpec9_operators);

constexpr bool obeys(Artpec9FloatInput, const OperatorFacts& facts) {
  return is_eight_bit(facts.element(input_tensor(facts, 0).type));
}
constexpr bool obeys(Artpec9RequantizeScale, const OperatorFacts& facts) {
  return !scales_known(facts) || output_quantization(facts).scale >= input_quantization(facts).scale / 128.0f;
}

}  // namespace soc::rule
}  // namespace dlpu::inline DLPU_ABI
