#pragma once

/// ARTPEC-7: a Google Edge TPU. Its compiler maps one leading part of the network, the CPU runs the rest.

#include "dlpu/soc/conditions.hpp"
#include "dlpu/soc/table.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {
namespace rule {

inline constexpr std::string_view artpec7_tips = "Axis developer documentation, Optimization Tips (ARTPEC-7)";
inline constexpr std::string_view artpec7_operators = "Axis developer documentation, Supported Ops (ARTPEC-7)";
inline constexpr std::string_view coral_operators = "Coral, TensorFlow models on the Edge TPU";

DLPU_RULE(
    Artpec7EightBit,
    "ARTPEC-7 computes with int8 or uint8 only; quantize the network per channel or per tensor, or write Allow<cpu>",
    artpec7_tips);
DLPU_RULE(Artpec7InnermostThree,
          "ARTPEC-7 takes tensors of up to three dimensions, or with only the innermost three above 1; use batch 1",
          artpec7_tips);
DLPU_RULE(Artpec7EqualDilation, "ARTPEC-7 wants the same dilation in height and width; give one number",
          artpec7_operators);
DLPU_RULE(Artpec7PoolActivation,
          "ARTPEC-7 takes pooling only without a fused activation; put the activation on the operator before",
          artpec7_operators);
DLPU_RULE(Artpec7ConcatenationActivation,
          "ARTPEC-7 takes Concatenation only without a fused activation; put the activations on its inputs",
          artpec7_operators);
DLPU_RULE(Artpec7ConcatenationConstant,
          "ARTPEC-7 concatenates a constant only as one of exactly two inputs, and only if it is all zeros; use Pad",
          artpec7_operators);
DLPU_RULE(Artpec7FlatOutput, "ARTPEC-7 takes FullyConnected only with a one-dimensional output; use batch 1",
          artpec7_operators);
DLPU_RULE(Artpec7MeanBatch, "ARTPEC-7 does not average over the batch; average over height and width",
          artpec7_operators);
DLPU_RULE(Artpec7MeanChannels,
          "ARTPEC-7 averages over channels only where their number is a multiple of 4; add channels",
          artpec7_operators);
DLPU_RULE(Artpec7PadBatch, "ARTPEC-7 does not pad the batch; pad height, width or channels", artpec7_operators);
DLPU_RULE(Artpec7PadZero, "ARTPEC-7's documented operators include Pad with zeros, not PadV2; pad with zeros",
          artpec7_operators);
DLPU_RULE(Artpec7SoftmaxFlat,
          "ARTPEC-7 takes Softmax only of one dimension; reshape, or compute it in the application", coral_operators);
DLPU_RULE(Artpec7SoftmaxSize,
          "ARTPEC-7 takes Softmax of at most 16,000 elements; compute it in the application, or write Allow<cpu>",
          coral_operators);
DLPU_RULE(Artpec7FloatInput,
          "ARTPEC-7 leaves the quantization of float inputs to the CPU; give the network int8 or uint8 inputs, or "
          "write Allow<cpu>",
          coral_operators);
DLPU_RULE(Artpec7LargeReshape, "ARTPEC-7 may refuse Reshape of large tensors; the limit is not published",
          artpec7_operators);
DLPU_RULE(Artpec7PackBatch, "ARTPEC-7 does not pack along the batch; pack along another axis", artpec7_operators);
DLPU_RULE(Artpec7ResizeSize,
          "ARTPEC-7 may refuse to resize to some sizes, lest precision be lost; they are not published",
          artpec7_operators);
DLPU_RULE(Artpec7SliceStride,
          "ARTPEC-7 takes StridedSlice with strides of 1 only; use max pooling of 1x1 for other strides",
          coral_operators);
DLPU_RULE(Artpec7PReluSlopes,
          "ARTPEC-7 takes PRelu only with slopes along the channels; give one slope for each channel",
          artpec7_operators);
DLPU_RULE(Artpec7ReduceBatch, "ARTPEC-7 does not reduce over the batch; reduce over other axes", artpec7_operators);
DLPU_RULE(Artpec7Detection,
          "ARTPEC-7 leaves the post-processing of detections to the CPU; compute it in the application, or write "
          "Allow<cpu>",
          "google-coral/edgetpu, issue 515");
DLPU_RULE(Artpec7Squeeze,
          "ARTPEC-7 takes Squeeze only where it removes leading dimensions; dlpu reads Squeeze as Reshape",
          coral_operators);
DLPU_RULE(Artpec7NoLeakyRelu,
          "ARTPEC-7's documented operators do not include LeakyRelu; use Relu or Relu6, or write Allow<cpu>",
          artpec7_operators);
DLPU_RULE(Artpec7NoHardSwish,
          "ARTPEC-7's documented operators do not include HardSwish; use Relu6, or write Allow<cpu>",
          artpec7_operators);
DLPU_RULE(Artpec7NoTransposeConv,
          "ARTPEC-7's documented operators do not include TransposeConv; resize and convolve, or write Allow<cpu>",
          artpec7_operators);
DLPU_RULE(
    Artpec7NoDequantize,
    "ARTPEC-7's documented operators do not include Dequantize; give the network int8 or uint8 outputs, or write "
    "Allow<cpu>",
    artpec7_operators);
DLPU_RULE(Artpec7NotListed,
          "ARTPEC-7's documented operators do not include this one; choose another operator, or write Allow<cpu>",
          artpec7_operators);
DLPU_RULE(
    Artpec7OnePartition,
    "ARTPEC-7 runs the first operator that its compiler refuses, and every operator after it, on the CPU; change "
    "that first operator, or write Allow<cpu>",
    artpec7_tips);

constexpr bool obeys(Artpec7EightBit, const OperatorFacts& facts) {
  return eight_bit_data(facts);
}
constexpr bool obeys(Artpec7InnermostThree, const OperatorFacts& facts) {
  return all_data(facts, [](const TensorType& type) { return only_innermost(type.shape, 3); });
}
constexpr bool obeys(Artpec7EqualDilation, const auto& conv, const OperatorFacts&) {
  return conv.dilation.height == conv.dilation.width;
}
constexpr bool obeys(Artpec7PoolActivation, const auto& pool, const OperatorFacts&) {
  return pool.activation == Activation::none;
}
/// The graph does not hold the constant's data: that it is all zeros is taken on trust.
constexpr bool obeys(Artpec7ConcatenationConstant, const OperatorFacts& facts) {
  if (facts.inputs() == 2) return true;
  for (std::size_t i = 0; i < facts.inputs(); ++i) {
    if (input_tensor(facts, i).role == TensorRole::constant) return false;
  }
  return true;
}
constexpr bool obeys(Artpec7FlatOutput, const OperatorFacts& facts) {
  return only_innermost(facts.output(), 1);
}
constexpr bool obeys(Artpec7MeanBatch, const op::Mean& mean, const OperatorFacts& facts) {
  return !mean.axes.contains(0, facts.input().rank);
}
constexpr bool obeys(Artpec7MeanChannels, const op::Mean& mean, const OperatorFacts& facts) {
  const Shape& input = facts.input();
  return !mean.axes.contains(input.rank - 1, input.rank) || input.channels() % 4 == 0;
}
constexpr bool obeys(Artpec7PadBatch, const OperatorFacts& facts) {
  return facts.input()[0] == facts.output()[0];
}
constexpr bool obeys(Artpec7PadZero, const op::Pad& pad, const OperatorFacts&) {
  return pad.value == 0.0f;
}
constexpr bool obeys(Artpec7SoftmaxFlat, const OperatorFacts& facts) {
  return only_innermost(facts.input(), 1);
}
constexpr bool obeys(Artpec7SoftmaxSize, const OperatorFacts& facts) {
  return facts.input().elements() <= 16'000;
}
constexpr bool obeys(Artpec7PackBatch, const op::Pack& pack, const OperatorFacts& facts) {
  return pack.axis_in(facts.input().rank) != 0;
}
constexpr bool obeys(Artpec7SliceStride, const op::StridedSlice& slice, const OperatorFacts&) {
  for (const std::int32_t stride : slice.stride) {
    if (stride != 0 && stride != 1) return false;
  }
  return true;
}
constexpr bool obeys(Artpec7PReluSlopes, const OperatorFacts& facts) {
  return only_innermost(facts.input(1), 1);
}
constexpr bool obeys(Artpec7ReduceBatch, const auto& reduce, const OperatorFacts& facts) {
  return !reduce.axes.contains(0, facts.input().rank);
}
constexpr bool obeys(Artpec7FloatInput, const OperatorFacts& facts) {
  return is_eight_bit(facts.element(input_tensor(facts, 0).type));
}

}  // namespace rule

struct Artpec7 {
  static constexpr std::string_view name = "ARTPEC-7";
  static constexpr std::string_view key = "artpec7";
  static constexpr std::string_view larod_device = "google-edge-tpu-tflite";
  static constexpr std::int32_t larod_chip = 4;
  static constexpr std::string_view model_format = ".tflite after edgetpu_compiler";
  static constexpr std::string_view model_cache{};
  static constexpr std::string_view abi = "armv7hf";

  using policies = type_list<PerChannel, PerTensor>;  // equally fast; per channel is the more accurate
  using Preferred = PerChannel;
  using table = OperatorTable<
      type_list<rule::Artpec7EightBit, rule::Artpec7InnermostThree>,
      type_list<
          Row<op::Conv2d, rule::Artpec7EqualDilation>,           //
          Row<op::DepthwiseConv2d, rule::Artpec7EqualDilation>,  //
          Row<op::FullyConnected, rule::Artpec7FlatOutput>,      //
          Row<op::Add>,                                          //
          Row<op::Relu>,                                         //
          Row<op::Clamp>,                                        //
          Row<op::AveragePool2d, rule::Artpec7PoolActivation>,   //
          Row<op::MaxPool2d, rule::Artpec7PoolActivation>,       //
          Row<op::Mean, rule::Artpec7MeanBatch, rule::Artpec7MeanChannels>,
          Row<op::Concatenation, Stated<rule::Artpec7ConcatenationActivation>, rule::Artpec7ConcatenationConstant>,
          Row<op::Pad, rule::Artpec7PadBatch, rule::Artpec7PadZero>,  //
          Row<op::Reshape, Stated<rule::Artpec7LargeReshape>, Stated<rule::Artpec7Squeeze>>,
          Row<op::Softmax, rule::Artpec7SoftmaxFlat, rule::Artpec7SoftmaxSize>,
          Row<op::Quantize, rule::Artpec7FloatInput>,       //
          Row<op::Slice>,                                   //
          Row<op::StridedSlice, rule::Artpec7SliceStride>,  //
          Row<op::Split>,                                   //
          Row<op::Pack, rule::Artpec7PackBatch>,            //
          Row<op::SpaceToDepth>,                            //
          Row<op::ResizeNearestNeighbor, Stated<rule::Artpec7ResizeSize>>,
          Row<op::ResizeBilinear, Stated<rule::Artpec7ResizeSize>>,
          Missing<op::DetectionPostProcess, rule::Artpec7Detection>, Missing<op::LeakyRelu, rule::Artpec7NoLeakyRelu>,
          Missing<op::HardSwish, rule::Artpec7NoHardSwish>, Missing<op::TransposeConv, rule::Artpec7NoTransposeConv>,
          Missing<op::Dequantize, rule::Artpec7NoDequantize>,
          Row<op::Sub>,                                  //
          Row<op::Mul>,                                  //
          Row<op::Minimum>,                              //
          Row<op::Maximum>,                              //
          Row<op::Logistic>,                             //
          Row<op::Tanh>,                                 //
          Row<op::L2Normalization>,                      //
          Row<op::PRelu, rule::Artpec7PReluSlopes>,      //
          Row<op::ReduceMax, rule::Artpec7ReduceBatch>,  //
          Row<op::ReduceMin, rule::Artpec7ReduceBatch>>,
      rule::Artpec7NotListed>;
  using rules = joined<table::rules, type_list<rule::Artpec7OnePartition>>;

  static constexpr PartitionRule partition{PartitionRule::Kind::prefix, 0, &rule::Artpec7OnePartition::rule};
  static constexpr InputLayout input_layout{};
  static constexpr Arithmetic arithmetic{false, "assumed: TensorFlow Lite's reference arithmetic"};
  static constexpr std::array devices{Device{"Q1615 Mk III"}};
  /// The cache is quoted as about 8 MB; the compiler keeps a part for itself.
  static constexpr Costs costs{.parameter_cache_bytes = 7'500'000};

  /// A template, so that including a chip does not instantiate its whole table.
  template <class Table = table>
  [[nodiscard]] static constexpr Check check(const OperatorFacts& facts) {
    return Table::check(facts);
  }
};

}  // namespace soc
}  // namespace dlpu::inline DLPU_ABI
