#pragma once

/// LogicalAnd, LogicalOr and LogicalNot: shape rules, and the kernels for callers that bring their own buffers.

#include <cstdint>
#include <span>
#include <string_view>

#include "dlpu/kernels/reference/logical.hpp"
#include "dlpu/ops/pair_shape.hpp"

namespace dlpu::inline DLPU_ABI {
namespace logical_rule {
DLPU_RULE(NeedsOneInput, "LogicalNot: needs one input", "");
DLPU_RULE(BooleanInput, "A logical function: the inputs must be boolean; a comparison makes them so", "");
}  // namespace logical_rule

namespace op {

/// Both of two booleans, or at least one, element by element, with broadcasting as in `Add`.
template <bool Both>
struct LogicalPair {
  static constexpr std::string_view name = Both ? "LOGICAL_AND" : "LOGICAL_OR";
  using elements = type_list<bool>;
  using rules = type_list<pair_rule::NeedsTwoInputs, pair_rule::SameElement, pair_rule::ShapesMatch,
                          logical_rule::BooleanInput>;

  [[nodiscard]] constexpr bool both() const { return Both; }
  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    const Inferred inferred = infer_pair(inputs);
    if (!inferred.problem && inputs[0].element != ElementType::boolean) return logical_rule::BooleanInput::rule;
    return inferred;
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

using LogicalAnd = LogicalPair<true>;
using LogicalOr = LogicalPair<false>;

/// The opposite of each element.
struct LogicalNot {
  static constexpr std::string_view name = "LOGICAL_NOT";
  using elements = type_list<bool>;
  using rules = type_list<logical_rule::NeedsOneInput, logical_rule::BooleanInput>;

  [[nodiscard]] constexpr Inferred infer(TensorTypes inputs) const {
    if (inputs.size() != 1) return logical_rule::NeedsOneInput::rule;
    if (inputs[0].element != ElementType::boolean) return logical_rule::BooleanInput::rule;
    return inputs[0];
  }
  [[nodiscard]] constexpr std::int64_t macs(TensorTypes, const Shape&) const { return 0; }
};

}  // namespace op

namespace kernels {

/// LogicalAnd or LogicalOr on two shapes. Booleans are bytes: 0 is false, anything else true; results are 0 and 1.
class LogicalPair {
 public:
  constexpr LogicalPair(bool both, const Shape& first, const Shape& second)
      : both_(both), broadcast_(reference::broadcast(first, second)) {}

  constexpr void run(std::span<const std::uint8_t> first, std::span<const std::uint8_t> second,
                     std::span<std::uint8_t> output) const {
    DLPU_ASSERT(output.size() >= static_cast<std::size_t>(broadcast_.elements()));
    reference::logical_pair(broadcast_, both_, first.data(), second.data(), output.data());
  }

 private:
  bool both_;
  reference::Broadcast broadcast_;
};

/// LogicalNot of any number of booleans.
class LogicalNot {
 public:
  constexpr void run(std::span<const std::uint8_t> input, std::span<std::uint8_t> output) const {
    DLPU_ASSERT(output.size() == input.size());
    reference::logical_not(input, output);
  }
};

}  // namespace kernels
}  // namespace dlpu::inline DLPU_ABI
