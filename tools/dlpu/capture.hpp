#pragma once

/// What the operators of a network made of an input, in one run or as files tell it.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "dlpu/inputs.hpp"
#include "dlpu/variant.hpp"

namespace dlpu::command {

/// For each tensor of the graph its bytes, where they are known.
using Capture = std::vector<std::optional<std::vector<std::byte>>>;

/// Runs the network and keeps what every operator makes.
[[nodiscard]] Capture capture_run(const Model& model, const Variant& variant, const Inputs& inputs);

/// Reads a folder: index.json (or layers/index.json) is a list of {"file": "000.npy", "tensor": N, ...} with N the
/// tensor's number in the model's file. Tensors that the graph does not have are passed over.
[[nodiscard]] Capture read_capture(const Model& model, const std::string& folder);

}  // namespace dlpu::command
