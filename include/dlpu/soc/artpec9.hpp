#pragma once

/// ARTPEC-9: many operators, each with exact limits; what breaks one of them runs on the CPU, one by one.

#include "dlpu/soc/artpec9_rules.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {

struct Artpec9 {
  static constexpr std::string_view name = "ARTPEC-9";
  static constexpr std::string_view key = "artpec9";
  static constexpr std::string_view larod_device = "a9-dlpu-tflite";
  static constexpr std::int32_t larod_chip = 0;
  static constexpr std::string_view model_format = ".tflite";
  static constexpr std::string_view model_cache =
      "compiled when first loaded; one cache in the firmware, one writable";
  static constexpr std::string_view abi = "aarch64";

  using policies = type_list<PerChannel, PerTensor>;
  using Preferred = PerChannel;
  using table = OperatorTable<
      type_list<rule::Artpec9EightBit, rule::Artpec9FourDimensions, rule::Artpec9BatchOfOne,
                Stated<rule::Artpec9Depth>>,
      type_list<
          Row<op::Conv2d, rule::Artpec9KernelSize, rule::Artpec9Stride, rule::Artpec9LargeKernelStride,
              rule::Artpec9ConvolutionPadding, rule::Artpec9ScaleProduct>,
          Row<op::DepthwiseConv2d, rule::Artpec9DepthMultiplier, rule::Artpec9KernelSize, rule::Artpec9Stride,
              rule::Artpec9LargeKernelStride, rule::Artpec9ConvolutionPadding, rule::Artpec9ScaleProduct>,
          Row<op::TransposeConv, rule::Artpec9KernelSize, rule::Artpec9TransposeStride, rule::Artpec9ScaleProduct>,
          Row<op::FullyConnected, rule::Artpec9ScaleProduct>, Row<op::Add, rule::Artpec9AddShapes>,
          Row<op::Relu, Stated<rule::Artpec9ReluBounds>>, Missing<op::Clamp, rule::Artpec9NoClamp>,
          Row<op::AveragePool2d, rule::Artpec9AveragePool>,
          Row<op::MaxPool2d, rule::Artpec9MaxPool, rule::Artpec9MaxPoolSizes, rule::Artpec9MaxPoolWidth,
              rule::Artpec9MaxPoolInput>,
          Row<op::Mean, rule::Artpec9Mean>,
          Row<op::Concatenation, rule::Artpec9ConcatenationChannels, rule::Artpec9ConcatenationScale>,
          Row<op::Pad, rule::Artpec9PadAxes, rule::Artpec9PadSize, rule::Artpec9PadZero,
              rule::Artpec9PadQuantization>,
          Row<op::Reshape>, Missing<op::Softmax, rule::Artpec9NoSoftmax>,
          Row<op::Quantize, rule::Artpec9FloatInput, rule::Artpec9RequantizeScale>,
          Row<op::Split, rule::Artpec9SplitChannels>, Row<op::DepthToSpace, rule::Artpec9DepthToSpaceBlock>,
          Row<op::ResizeNearestNeighbor, rule::Artpec9ResizeFactor, Stated<rule::Artpec9ResizeAccuracy>>,
          Row<op::ResizeBilinear, rule::Artpec9ResizeFactor, Stated<rule::Artpec9ResizeAccuracy>>,
          Row<op::Mul, rule::Artpec9MulConstant, Stated<rule::Artpec9MulScalar>>,
          Row<op::LeakyRelu, rule::Artpec9LeakyReluSlope>, Row<op::Logistic, rule::Artpec9LogisticScale>,
          Row<op::Tanh, rule::Artpec9TanhScale>, Missing<op::DetectionPostProcess, rule::Artpec9Detection>,
          Missing<op::HardSwish, rule::Artpec9NoHardSwish>, Missing<op::Slice, rule::Artpec9NoSlice>,
          Missing<op::StridedSlice, rule::Artpec9NoSlice>, Missing<op::Dequantize, rule::Artpec9NoDequantize>>,
      rule::Artpec9NotListed>;
  using rules = table::rules;

  static constexpr PartitionRule partition{};
  static constexpr InputLayout input_layout{};
  static constexpr Arithmetic arithmetic{
      false,
      "assumed: TensorFlow Lite's reference arithmetic; the device uses Winograd convolutions unless told not to"};
  static constexpr std::array devices{Device{"Q1728", 4096}};
  static constexpr Costs costs{
      .channel_granule = 16, .channel_granule_source = rule::artpec9_tips, .explicit_pad_source = rule::artpec9_tips};

  /// A template, so that including a chip does not instantiate its whole table.
  template <class Table = table>
  [[nodiscard]] static constexpr Check check(const OperatorFacts& facts) {
    return Table::check(facts);
  }
};

}  // namespace soc
}  // namespace dlpu::inline DLPU_ABI
