#pragma once

/// A network of the zoo with weights from a .safetensors file.

#include <string>

#include "dlpu/io/tflite.hpp"

namespace dlpu::command {

/// `text` is zoo:NAME. The file has float weights, or those that `io::save_parameters` wrote: int8 or uint8, per tensor or
/// per channel, as the file says.
[[nodiscard]] io::TfliteModel zoo_model(const std::string& text, const std::string& weights_path);

}  // namespace dlpu::command
