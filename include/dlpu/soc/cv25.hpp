#pragma once

/// CV25: Ambarella's vector processor. Its compiler quantizes the network and takes all of it or nothing; which
/// operators it takes is not published, so none is refused here.

#include "dlpu/soc/conditions.hpp"
#include "dlpu/soc/table.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {
namespace rule {

DLPU_RULE(
    Cv25PowerOfTwo,
    "CV25's compiler quantizes the network itself, to fixed point; use PowerOfTwo or PowerOfTwo16, dlpu's stand-ins "
    "for it",
    "Axis developer documentation, Model Conversion (CV25); that scales are powers of two is an assumption of dlpu");
DLPU_RULE(Cv25BatchOfOne, "CV25 takes one image at a time; use batch 1", "assumption of dlpu");
DLPU_RULE(Cv25Whole, "CV25 runs all operators of a network or none, there is no fallback to the CPU",
          "Axis developer documentation, Model Conversion (CV25), deduced: the whole network is compiled in advance");

constexpr bool obeys(Cv25PowerOfTwo, const OperatorFacts& facts) {
  return facts.policy.power_of_two;
}
constexpr bool obeys(Cv25BatchOfOne, const OperatorFacts& facts) {
  return batch_of_one(facts);
}

}  // namespace rule

struct Cv25 {
  static constexpr std::string_view name = "CV25";
  static constexpr std::string_view key = "cv25";
  static constexpr std::string_view larod_device = "ambarella-cvflow";
  static constexpr std::int32_t larod_chip = 6;
  static constexpr std::string_view model_format = "cavalry .bin, compiled from .onnx";
  static constexpr std::string_view model_cache{};
  static constexpr std::string_view abi = "aarch64";

  using policies = type_list<PowerOfTwo, PowerOfTwo16>;
  using Preferred = PowerOfTwo;
  using table =
      OperatorTable<type_list<rule::Cv25PowerOfTwo, rule::Cv25BatchOfOne>, type_list<>, void, Verdict::rejected>;
  using rules = table::rules;  // Cv25Whole is never reported: what breaks a rule above is rejected by that rule

  static constexpr PartitionRule partition{PartitionRule::Kind::whole, 0, &rule::Cv25Whole::rule};
  static constexpr InputLayout input_layout{FrameLayout::planar, 32};
  static constexpr Arithmetic arithmetic{false, "assumed: fixed point of 8 or 16 bits with power-of-two scales"};
  static constexpr std::array devices{Device{"M3085-V"}};

  /// A template, so that including a chip does not instantiate its whole table.
  template <class Table = table>
  [[nodiscard]] static constexpr Check check(const OperatorFacts& facts) {
    return Table::check(facts);
  }
};

}  // namespace soc
}  // namespace dlpu::inline DLPU_ABI
