#pragma once

/// Networks to quantize and the samples to do it with, for dlpu quantize and dlpu evaluate.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dlpu/model.hpp"
#include "dlpu/quantize/rescue.hpp"
#include "support/program_instances.hpp"

namespace dlpu::command {

/// How the integers of a .npy file stand for real numbers; absent: as the network's own input.
struct InputMeaning {
  std::optional<float> scale;
  std::int32_t zero_point = 0;
};

/// A network in real numbers, whatever it was.
struct Source {
  std::string path;
  io::TfliteModel file;  ///< holds the names
  quantize::FloatNetwork network;
  std::optional<quantize::Target> stored;  ///< what the file was quantized as; none: float
  Quantization input;                      ///< of the file's input, where it is quantized
  ElementType input_type = ElementType::float32;
};

/// A .tflite file, or zoo:NAME with its weights.
[[nodiscard]] Source open_source(const std::string& model, const std::string& weights);

/// A .npy file [count, ...] as real numbers, at most `most` samples of it; 0: all.
[[nodiscard]] std::vector<float> read_samples(const Source& source, const std::string& path,
                                              const InputMeaning& meaning, std::size_t most);

/// "per-tensor" ...; another name is a failure that lists them.
[[nodiscard]] quantize::Scheme scheme_named(const std::string& name);

/// As many threads as the machine runs at once.
[[nodiscard]] std::size_t worker_count();

/// A bar on standard error where that is a terminal.
void show_progress(std::string_view what, std::size_t done, std::size_t all);

}  // namespace dlpu::command
