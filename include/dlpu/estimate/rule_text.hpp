#pragma once

/// The sentence of a rule in a text about certain operators.

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/graph/graph.hpp"

namespace dlpu::inline DLPU_ABI {
namespace estimate {

/// "CONV_2D, ADD and MUL": the types of these operators, each once.
[[nodiscard]] inline std::string types_of(const GraphView& graph, std::span<const std::size_t> operators) {
  std::vector<std::string_view> names;
  for (const std::size_t i : operators) {
    const std::string_view name = name_of(graph.nodes[i].op);
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += i == 0 ? "" : i + 1 == names.size() ? " and " : ", ";
    text += names[i];
  }
  return text;
}

/// A rule for all operators that a chip's list lacks calls each "this one", which a compile error sets beside the
/// operator's name. A text gives the names.
[[nodiscard]] inline std::string sentence_about(const Rule& rule, const GraphView& graph,
                                                std::span<const std::size_t> operators) {
  constexpr std::string_view unnamed = "this one";
  std::string sentence(rule.sentence);
  const std::size_t at = sentence.find(unnamed);
  if (at != std::string::npos) sentence.replace(at, unnamed.size(), types_of(graph, operators));
  return sentence;
}

}  // namespace estimate
}  // namespace dlpu::inline DLPU_ABI
