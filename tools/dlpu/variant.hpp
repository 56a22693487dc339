#pragma once

/// How a network is to be computed: the rounding of its accumulators and the instruction set.

#include <string>
#include <string_view>

#include "dlpu/isa/detect.hpp"
#include "dlpu/model.hpp"

namespace dlpu::command {

enum class Rounding { reference, single_product, float_product };

inline constexpr std::string_view rounding_names[] = {"reference", "single", "float"};

[[nodiscard]] constexpr std::string_view to_string(Rounding rounding) {
  return rounding_names[static_cast<std::size_t>(rounding)];
}

/// "reference", "single" or "float". `option` begins the message of the failure.
[[nodiscard]] Rounding parse_rounding(std::string_view option, std::string_view text);

struct Variant {
  Rounding rounding = Rounding::reference;
  isa::Rung rung = isa::best_rung();

  /// "reference@avx2"
  [[nodiscard]] std::string name() const;
};

/// A rounding, a rung, both as ROUNDING@RUNG, or a target.
[[nodiscard]] Variant parse_variant(std::string_view text);

/// Packs the weights and plans the memory. The model must outlive the result.
[[nodiscard]] Program prepare(const Model& model, const Variant& variant, const ProgramOptions& options = {});

}  // namespace dlpu::command
