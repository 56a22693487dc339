#pragma once

/// Outputs that say how much an image looks like each of a list of classes.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dlpu/model.hpp"

namespace dlpu::command {

/// float32, int8 or uint8 with only the innermost dimension above 1.
[[nodiscard]] bool is_class_vector(const TensorInfo& tensor);

/// All scores as real numbers.
[[nodiscard]] std::vector<float> scores_of(const Model& model, std::int32_t tensor, std::span<const std::byte> bytes);

struct RankedClass {
  std::size_t index = 0;
  float score = 0.0f;
};

/// The highest scores first, the lower index first among equals; NaN comes last.
[[nodiscard]] std::vector<RankedClass> top_classes(std::span<const float> scores, std::size_t count);

/// The class with the highest score; there must be one.
[[nodiscard]] std::size_t best_class(std::span<const float> scores);

/// The right classes of samples: a .npy file of int64, int32 or uint8.
[[nodiscard]] std::vector<std::int64_t> read_class_numbers(const std::string& path);

/// The names of classes, one per line.
[[nodiscard]] std::vector<std::string> read_labels(const std::string& path);

}  // namespace dlpu::command
