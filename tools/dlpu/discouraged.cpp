#include "dlpu/discouraged.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string_view>

namespace dlpu::command {
namespace {

constexpr std::string_view instead_of_transformers =
    "Axis does not recommend these for its cameras; choose a convolutional network such as ResNet, MobileNet or "
    "EfficientNet (Axis, Recommended model architecture)";
constexpr std::string_view instead_of_deformable =
    "Axis does not recommend these for its cameras; use regular convolutions (Axis, Recommended model architecture)";

/// Whether the message names one of these operators, as in "operator 3 (GELU, 'name of its output')".
bool names_one_of(std::string_view problem, std::initializer_list<std::string_view> operators) {
  return std::ranges::any_of(operators, [&](std::string_view name) {
    return problem.find(fmt::format("({}, '", name)) != std::string_view::npos;
  });
}

/// Whether a custom operator's name has that part, in capitals or not.
bool names_custom(std::string_view problem, std::string_view part) {
  constexpr std::string_view start = "(CUSTOM '";
  for (std::size_t at = problem.find(start); at != std::string_view::npos; at = problem.find(start, at + 1)) {
    std::string name(problem.substr(at + start.size(), problem.find('\'', at + start.size()) - at - start.size()));
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (name.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

std::string discouraged_kind(const GraphView& graph) {
  std::size_t products = 0, softmaxes = 0;
  for (const Node& node : graph.nodes) {
    products += node.op.is<op::BatchMatMul>() ? 1 : 0;
    softmaxes += node.op.is<op::Softmax>() ? 1 : 0;
  }
  if (products < 2 || softmaxes == 0) return {};
  return fmt::format("it looks like a vision transformer ({} BATCH_MATMUL, {} SOFTMAX): {}", products, softmaxes,
                     instead_of_transformers);
}

/// Deformable convolutions come as an operator of their own, or sample the image with GATHER_ND.
std::string discouraged_operators(const std::string& problem) {
  if (names_one_of(problem, {"BATCH_MATMUL", "GELU", "CUSTOM 'FlexErf'"})) {
    return fmt::format("; it looks like a vision transformer: {}", instead_of_transformers);
  }
  if (names_one_of(problem, {"GATHER_ND"}) || names_custom(problem, "deform")) {
    return fmt::format("; it looks like a network of deformable convolutions: {}", instead_of_deformable);
  }
  return {};
}

}  // namespace dlpu::command
