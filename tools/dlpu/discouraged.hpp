#pragma once

/// Kinds of network that Axis does not recommend for its cameras, with what it recommends instead.

#include <string>

#include "dlpu/graph/graph.hpp"

namespace dlpu::command {

/// Of a network that can be read: a sentence, or nothing.
[[nodiscard]] std::string discouraged_kind(const GraphView& graph);

/// Of a file some of whose operators cannot be read, by the message that names them: a sentence to add, or nothing.
[[nodiscard]] std::string discouraged_operators(const std::string& problem);

}  // namespace dlpu::command
