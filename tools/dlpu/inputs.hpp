#pragma once

/// What goes into a network.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dlpu/core/aligned.hpp"
#include "dlpu/model.hpp"

namespace dlpu::command {

/// One array for each input of a network, in its order.
class Inputs {
 public:
  void add(AlignedBuffer bytes) { arrays_.push_back(std::move(bytes)); }
  /// What `Program::run` takes; valid until an array is added.
  [[nodiscard]] std::vector<std::span<const std::byte>> views() const;

 private:
  std::vector<AlignedBuffer> arrays_;
};

/// .npy files, one per input, whose shapes and element types must be those of the network.
[[nodiscard]] Inputs read_inputs(const Model& model, const std::vector<std::string>& paths);

/// A photograph (PNG, JPEG or BMP) for a network of one input [1, height, width, channels]: resized as `resize`
/// (image.hpp) does, in colour for 3 channels, grey for 1. A pixel p from 0 to 255 becomes what the element type
/// holds: uint8 p, int8 p - 128, float32 (p - 127.5) / 127.5.
[[nodiscard]] Inputs photo_input(const Model& model, const std::string& path);

/// The same numbers for the same seed on every machine: 8- and 16-bit integers over their whole range, float32 evenly
/// from -1 to 1; wider integers, which often are indices, and bool are 0.
[[nodiscard]] Inputs random_inputs(const Model& model, std::uint32_t seed);

}  // namespace dlpu::command
