#pragma once

/// ARTPEC-8: operators outside the list fall back one by one, but a network in too many pieces does not load.

#include "dlpu/soc/conditions.hpp"
#include "dlpu/soc/table.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {

/// Axis' list for ARTPEC-8 lacks operators that its own YOLOv5n for ARTPEC-8 holds (Pad, Quantize, Logistic). No public source
/// says whether the list is incomplete or those operators run on the CPU.
enum class OperatorList {
  documented,  ///< the list as published
  observed,    ///< and the operators of the published YOLOv5n
};

namespace rule {

inline constexpr std::string_view artpec8_tips = "Axis developer documentation, Optimization Tips (ARTPEC-8)";
inline constexpr std::string_view artpec8_operators = "Axis developer documentation, Supported Ops (ARTPEC-8)";

DLPU_RULE(Artpec8EightBit,
          "ARTPEC-8 computes with int8 or uint8 only; quantize the network per tensor, or write Allow<cpu>",
          artpec8_tips);
DLPU_RULE(Artpec8PerTensor,
          "ARTPEC-8 runs per-channel convolutions slowly; quantize per tensor, or write Allow<slow>",
          "Axis developer documentation, Quantization");
DLPU_RULE(Artpec8ReluKind, "ARTPEC-8's documented operators are Relu and Relu6; use one of them, or write Allow<cpu>",
          artpec8_operators);
DLPU_RULE(Artpec8NoMean,
          "ARTPEC-8's documented operators do not include Mean; use an average pool of the image's size, or write "
          "Allow<cpu>",
          artpec8_operators);
DLPU_RULE(Artpec8NoPad,
          "ARTPEC-8's documented operators do not include Pad; let the convolution pad (Padding::same), or write "
          "Allow<cpu>",
          artpec8_operators);
DLPU_RULE(Artpec8PadZero, "ARTPEC-8 was observed to pad with zeros only; pad with zeros",
          "AxisCommunications/axis-model-zoo, YOLOv5n for ARTPEC-8");
DLPU_RULE(Artpec8NoQuantize,
          "ARTPEC-8's documented operators do not include Quantize; give the network int8 or uint8 inputs, or write "
          "Allow<cpu>",
          artpec8_operators);
DLPU_RULE(Artpec8FloatInput,
          "ARTPEC-8 computes with int8 or uint8 only; give the network int8 or uint8 inputs, or write Allow<cpu>",
          artpec8_tips);
DLPU_RULE(Artpec8NoLogistic,
          "ARTPEC-8's documented operators do not include Logistic; use tanh or hard_swish, or write Allow<cpu>",
          artpec8_operators);
DLPU_RULE(Artpec8CastElements,
          "ARTPEC-8 computes with int8 or uint8 only; cast between these and bool, or write Allow<cpu>",
          artpec8_tips);
DLPU_RULE(Artpec8Detection,
          "ARTPEC-8 leaves the post-processing of detections to the CPU; compute it in the application, or write "
          "Allow<cpu>",
          "AxisCommunications/acap-native-sdk-examples, issue 185");
DLPU_RULE(
    Artpec8NoLeakyRelu,
    "ARTPEC-8's documented operators do not include LeakyRelu, and zeros are cheap there; use Relu or Relu6, or "
    "write Allow<cpu>",
    artpec8_tips);
DLPU_RULE(Artpec8NoSub, "ARTPEC-8's documented operators do not include Sub; use Neg and Add, or write Allow<cpu>",
          artpec8_operators);
DLPU_RULE(
    Artpec8NoDequantize,
    "ARTPEC-8's documented operators do not include Dequantize; give the network int8 or uint8 outputs, or write "
    "Allow<cpu>",
    artpec8_operators);
DLPU_RULE(Artpec8NotListed,
          "ARTPEC-8's documented operators do not include this one; choose another operator, or write Allow<cpu>",
          artpec8_operators);
DLPU_RULE(Artpec8SixteenPartitions,
          "ARTPEC-8 does not load a network of more than 16 partitions, those on the CPU counted; replace operators "
          "that run on the CPU",
          "AxisCommunications/acap-computer-vision-sdk-examples, issue 141");

constexpr bool obeys(Artpec8EightBit, const OperatorFacts& facts) {
  return eight_bit_data(facts);
}
constexpr bool obeys(Artpec8PerTensor, const OperatorFacts& facts) {
  return !facts.policy.per_channel;
}
constexpr bool obeys(Artpec8ReluKind, const op::Relu& relu, const OperatorFacts&) {
  return relu.activation == Activation::relu || relu.activation == Activation::relu6;
}
constexpr bool obeys(Artpec8PadZero, const op::Pad& pad, const OperatorFacts&) {
  return pad.value == 0.0f;
}
constexpr bool obeys(Artpec8CastElements, const OperatorFacts& facts) {
  return all_data(facts, [&](const TensorType& type) {
    return is_eight_bit(facts.element(type)) || type.element == ElementType::boolean;
  });
}
constexpr bool obeys(Artpec8FloatInput, const OperatorFacts& facts) {
  return is_eight_bit(facts.element(input_tensor(facts, 0).type));
}

}  // namespace rule

namespace detail {
using Artpec8Documented =
    type_list<Row<op::Conv2d, Slow<rule::Artpec8PerTensor>>,                                                      //
              Row<op::DepthwiseConv2d, Slow<rule::Artpec8PerTensor>>,                                             //
              Row<op::FullyConnected, Slow<rule::Artpec8PerTensor>>,                                              //
              Row<op::Add>,                                                                                       //
              Row<op::Relu, rule::Artpec8ReluKind>,                                                               //
              Row<op::Clamp>,                                                                                     //
              Row<op::AveragePool2d>,                                                                             //
              Row<op::MaxPool2d>,                                                                                 //
              Row<op::Concatenation>,                                                                             //
              Row<op::Reshape>,                                                                                   //
              Row<op::Softmax>,                                                                                   //
              Row<op::TransposeConv, Slow<rule::Artpec8PerTensor>>,                                               //
              Row<op::Slice>,                                                                                     //
              Row<op::StridedSlice>,                                                                              //
              Row<op::Gather>,                                                                                    //
              Row<op::Split>,                                                                                     //
              Row<op::Transpose>,                                                                                 //
              Row<op::ResizeNearestNeighbor>,                                                                     //
              Row<op::ResizeBilinear>,                                                                            //
              Row<op::Mul>,                                                                                       //
              Row<op::Div>,                                                                                       //
              Row<op::Minimum>,                                                                                   //
              Row<op::Maximum>,                                                                                   //
              Row<op::Tanh>,                                                                                      //
              Row<op::HardSwish>,                                                                                 //
              Row<op::Elu>,                                                                                       //
              Row<op::Square>,                                                                                    //
              Row<op::Sqrt>,                                                                                      //
              Row<op::Abs>,                                                                                       //
              Row<op::Neg>,                                                                                       //
              Row<op::ReduceMin>,                                                                                 //
              Row<op::ReduceMax>,                                                                                 //
              Row<op::ArgMin>,                                                                                    //
              Row<op::ArgMax>,                                                                                    //
              Row<op::Equal>,                                                                                     //
              Row<op::NotEqual>,                                                                                  //
              Row<op::Less>,                                                                                      //
              Row<op::LessEqual>,                                                                                 //
              Row<op::Greater>,                                                                                   //
              Row<op::GreaterEqual>,                                                                              //
              Row<op::LogicalNot>,                                                                                //
              Row<op::LogicalAnd>,                                                                                //
              Row<op::LogicalOr>,                                                                                 //
              Row<op::Cast, rule::Artpec8CastElements>,                                                           //
              Missing<op::DetectionPostProcess, rule::Artpec8Detection>, Missing<op::Mean, rule::Artpec8NoMean>,  //
              Missing<op::LeakyRelu, rule::Artpec8NoLeakyRelu>,                                                   //
              Missing<op::Sub, rule::Artpec8NoSub>,                                                               //
              Missing<op::Dequantize, rule::Artpec8NoDequantize>>;
using Artpec8Unlisted =
    type_list<Missing<op::Pad, rule::Artpec8NoPad>, Missing<op::Quantize, rule::Artpec8NoQuantize>,
              Missing<op::Logistic, rule::Artpec8NoLogistic>>;
using Artpec8Observed =
    type_list<Row<op::Pad, rule::Artpec8PadZero>, Row<op::Quantize, rule::Artpec8FloatInput>, Row<op::Logistic>>;
}  // namespace detail

template <OperatorList List>
struct BasicArtpec8 {
  static constexpr std::string_view name = List == OperatorList::documented ? "ARTPEC-8" : "ARTPEC-8 (observed)";
  static constexpr std::string_view key = List == OperatorList::documented ? "artpec8" : "artpec8_observed";
  static constexpr std::string_view larod_device = "axis-a8-dlpu-tflite";
  static constexpr std::int32_t larod_chip = 12;
  static constexpr std::string_view model_format = ".tflite";
  static constexpr std::string_view model_cache =
      "compiled when first loaded; 16 files of 64 MiB in all, oldest evicted";
  static constexpr std::string_view abi = "aarch64";

  using policies = type_list<PerTensor, PerChannel>;
  using Preferred = PerTensor;
  using table = OperatorTable<
      type_list<rule::Artpec8EightBit>,
      joined<detail::Artpec8Documented,
             std::conditional_t<List == OperatorList::documented, detail::Artpec8Unlisted, detail::Artpec8Observed>>,
      rule::Artpec8NotListed>;
  using rules = joined<typename table::rules, type_list<rule::Artpec8SixteenPartitions>>;

  static constexpr PartitionRule partition{PartitionRule::Kind::at_most, 16, &rule::Artpec8SixteenPartitions::rule};
  static constexpr InputLayout input_layout{};
  static constexpr Arithmetic arithmetic{false, "assumed: TensorFlow Lite's reference arithmetic"};
  static constexpr std::array devices{Device{"Q1656-LE", 2048}, Device{"P1465-LE"}};
  static constexpr Costs costs{.channel_granule = 6,
                               .channel_granule_source = rule::artpec8_tips,
                               .regular_convolution_source = rule::artpec8_tips,
                               .pooling_source = rule::artpec8_tips};

  /// A template, so that including a chip does not instantiate its whole table.
  template <class Table = table>
  [[nodiscard]] static constexpr Check check(const OperatorFacts& facts) {
    return Table::check(facts);
  }
};

/// By the documented list. A type of its own, so that messages print the short name.
struct Artpec8 : BasicArtpec8<OperatorList::documented> {};
/// With the operators that Axis' own YOLOv5n uses.
struct Artpec8Observed : BasicArtpec8<OperatorList::observed> {};

}  // namespace soc
}  // namespace dlpu::inline DLPU_ABI
