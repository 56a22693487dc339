#pragma once

/// The camera's own CPU, through TensorFlow Lite: runs everything, quantized or not, and is slow.

#include "dlpu/soc/table.hpp"

namespace dlpu::inline DLPU_ABI {
namespace soc {

struct Cpu {
  static constexpr std::string_view name = "CPU";
  static constexpr std::string_view key = "cpu";
  static constexpr std::string_view larod_device = "cpu-tflite";
  static constexpr std::int32_t larod_chip = 2;
  static constexpr std::string_view model_format = ".tflite";
  static constexpr std::string_view model_cache{};
  static constexpr std::string_view abi = "armv7hf or aarch64";

  using policies = type_list<Unquantized, PerChannel, PerTensor, PowerOfTwo, PowerOfTwo16>;
  using Preferred = Unquantized;
  using table = OperatorTable<type_list<>, type_list<>, void>;
  using rules = table::rules;

  static constexpr PartitionRule partition{};
  static constexpr InputLayout input_layout{};
  static constexpr Arithmetic arithmetic{
      true, "TensorFlow Lite's reference arithmetic; its optimized kernels may round differently"};
  static constexpr std::array<Device, 0> devices{};

  [[nodiscard]] static constexpr Check check(const OperatorFacts&) { return {}; }
};

}  // namespace soc
}  // namespace dlpu::inline DLPU_ABI
