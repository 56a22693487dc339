#include "dlpu/variant.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <span>

#include "dlpu/failure.hpp"
#include "dlpu/placed.hpp"
#include "dlpu/text.hpp"
#include "support/program_instances.hpp"

namespace dlpu::command {
namespace {

std::optional<std::size_t> index_in(std::span<const std::string_view> names, std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return i;
  }
  return std::nullopt;
}

std::span<const std::string_view> rungs_here() {
  return std::span(isa::rung_names).first(isa::best_rung() + 1);
}

/// A rung of this build that this machine, or DLPU_ISA, does not have is a failure, never replaced by a weaker one.
isa::Rung parse_rung(std::string_view text) {
  if (const auto rung = index_in(rungs_here(), text)) return *rung;
  throw Failure(fmt::format("'{}' is no instruction set of this machine; there is: {}", printable(text),
                            fmt::join(rungs_here(), ", ")));
}

/// A target computes as its stated arithmetic says, with the best instruction set of this machine.
Variant variant_of(const soc::TargetInfo& target) {
  if (target.policies[0] != PowerOfTwo::name) return {};
  throw Failure(
      fmt::format("{} computes with power-of-two scales ({}), which a .tflite file does not say; quantize the "
                  "network for it and compare the two files' outputs",
                  target.name, target.arithmetic.note));
}

}  // namespace

Rounding parse_rounding(std::string_view option, std::string_view text) {
  if (const auto rounding = index_in(rounding_names, text)) return static_cast<Rounding>(*rounding);
  throw Failure(
      fmt::format("{}: '{}' is no rounding; there is: {}", option, printable(text), fmt::join(rounding_names, ", ")));
}

std::string Variant::name() const {
  return fmt::format("{}@{}", to_string(rounding), isa::rung_names[rung]);
}

Variant parse_variant(std::string_view text) {
  Variant variant;
  if (soc::find_target(text.substr(0, text.find('@'))) != nullptr) {
    return variant_of(*parse_target(text).info);
  } else if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    variant.rounding = parse_rounding(text, text.substr(0, at));
    variant.rung = parse_rung(text.substr(at + 1));
  } else if (const auto rounding = index_in(rounding_names, text)) {
    variant.rounding = static_cast<Rounding>(*rounding);
  } else if (const auto rung = index_in(rungs_here(), text)) {
    variant.rung = *rung;
  } else {
    throw Failure(
        fmt::format("'{}' is neither a rounding ({}) nor an instruction set of this machine ({}) nor a target (dlpu "
                    "targets) nor a folder of layers",
                    printable(text), fmt::join(rounding_names, ", "), fmt::join(rungs_here(), ", ")));
  }
  return variant;
}

Program prepare(const Model& model, const Variant& variant, const ProgramOptions& options) {
  const isa::ScopedRungLimit limit(variant.rung);
  const io::TfliteModel& file = model.file;
  Result<Program> program =
      variant.rounding == Rounding::reference        ? file.program<BasicPerTensor<rounding::Reference>>(options)
      : variant.rounding == Rounding::single_product ? file.program<BasicPerTensor<rounding::Single>>(options)
                                                     : file.program<BasicPerTensor<rounding::Float>>(options);
  if (!program) throw Failure(model.path + ": " + program.error());
  return *std::move(program);
}

}  // namespace dlpu::command
