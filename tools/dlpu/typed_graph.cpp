#include "dlpu/typed_graph.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>
#include <type_traits>

#include "dlpu/failure.hpp"
#include "dlpu/graph/lowering/hybrid.hpp"
#include "dlpu/graph/weights.hpp"

namespace dlpu::command {
namespace {

bool is_weighted(const GraphView& graph, const Node& node) {
  return dlpu::detail::is_weighted(graph, node);
}

/// That of the first weighted operator, which leaves its storage to the policy; without one, of any tensor.
ElementType storage_of(const GraphView& graph) {
  for (const Node& node : graph.nodes) {
    if (is_weighted(graph, node)) return graph.input_type(node).element;
  }
  for (const TensorInfo& tensor : graph.tensors) {
    if (is_quantized(tensor.type.element)) return tensor.type.element;
  }
  return ElementType::float32;
}

class Converter {
 public:
  explicit Converter(const Model& model) : model_(model), view_(model.graph().view()) {
    result_.storage = storage_of(view_);
    result_.tensors.assign(view_.tensors.size(), -1);
  }

  TypedGraph convert() {
    check_operators();
    check_outputs();
    for (const std::int32_t input : view_.inputs) {
      const TensorInfo& info = view_.tensor(input);
      place(input, builder_.input(info.type.shape, own_name(info.name), open(info.type.element)));
    }
    add_constants();
    for (std::size_t i = 0; i < view_.nodes.size(); ++i) add_operator(i);
    std::vector<Value> outputs;
    for (const std::int32_t output : view_.outputs) outputs.push_back(value(output));
    result_.graph = std::move(builder_).finish(outputs);
    if (result_.graph.problem) throw Failure(model_.path + ": " + std::string(result_.graph.problem->sentence));
    return std::move(result_);
  }

 private:
  /// An element type as a description has it: open where it is that of the policy.
  [[nodiscard]] ElementType open(ElementType element) const {
    return element == result_.storage ? ElementType::activation : element;
  }
  /// A tensor's name in the file; none where another tensor has it too, so that the builder makes one up.
  [[nodiscard]] std::string_view own_name(const Name& name) {
    if (name.depth == 0) return {};
    const std::string_view text = name.parts[0].text;  // a file's names have one part
    return taken_.insert(text).second ? text : std::string_view{};
  }
  [[nodiscard]] Value value(std::int32_t tensor) const { return {result_.tensors[static_cast<std::size_t>(tensor)]}; }
  void place(std::int32_t tensor, Value made) { result_.tensors[static_cast<std::size_t>(tensor)] = made.tensor; }

  /// Why a `build` function cannot have this operator; empty where it can.
  [[nodiscard]] std::string problem_of(const Node& node) const {
    if (is_hybrid(view_, node)) {
      return "its filter is int8, but its input is float32, which only Program computes; quantize the whole network";
    }
    if (is_weighted(view_, node) && view_.input_type(node).element != result_.storage) {
      return fmt::format("it computes with {}, others with {}; a typed network has one storage type for weights",
                         to_string(view_.input_type(node).element), to_string(result_.storage));
    }
    if (result_.storage != ElementType::float32) return {};
    const auto quantized = [&](std::int32_t tensor) { return is_quantized(view_.tensor(tensor).type.element); };
    if (std::ranges::any_of(view_.inputs_of(node), quantized) ||
        std::ranges::any_of(view_.outputs_of(node), quantized)) {
      return "it stores quantized numbers between operators with float32 weights; quantize the whole network";
    }
    return {};
  }

  void check_operators() const {
    std::string problems;
    std::size_t count = 0;
    for (std::size_t i = 0; i < view_.nodes.size(); ++i) {
      const std::string problem = problem_of(view_.nodes[i]);
      if (problem.empty()) continue;
      problems += fmt::format("{}{}: {}", count++ ? "; " : "", describe_operator(model_, i), problem);
    }
    if (count == 0) return;
    throw Failure(fmt::format("{}: {} of its {} operators cannot be generated: {}", model_.path, count,
                              view_.nodes.size(), problems));
  }
  void check_outputs() const {
    for (const std::int32_t output : view_.outputs) {
      if (view_.tensor(output).producer >= 0) continue;
      throw Failure(fmt::format("{}: its output {} is made by no operator; a typed network cannot have it",
                                model_.path, describe(view_.tensor(output))));
    }
  }

  void add_constants() {
    for (std::size_t t = 0; t < view_.tensors.size(); ++t) {
      const auto tensor = static_cast<std::int32_t>(t);
      const TensorInfo& info = view_.tensors[t];
      if (info.role != TensorRole::constant) continue;
      place(tensor, builder_.constant(info.type.shape, own_name(info.name), open(info.type.element)));
      result_.constants.push_back(tensor);
    }
  }

  void add_operator(std::size_t index) {
    const Node& node = view_.nodes[index];
    std::array<Value, Builder::max_inputs> inputs{};
    const auto from = view_.inputs_of(node);
    const std::size_t count = is_weighted(view_, node) ? 1 : from.size();
    for (std::size_t i = 0; i < count; ++i) inputs[i] = value(from[i]);
    const Values made = visit(node.op, [&](auto op) {
      if constexpr (requires { op.element; }) op.element = open(op.element);
      return make(op, std::span<const Value>(inputs.data(), count), own_name(node.name));
    });
    const auto to = view_.outputs_of(node);
    for (std::size_t i = 0; i < to.size(); ++i) {
      if (i >= made.size() || made[i].tensor < 0) fail(index, "its description breaks a rule of the builder");
      place(to[i], made[i]);
    }
    if (is_weighted(view_, node)) {
      result_.per_channel = result_.per_channel || model_.file.parameters[from[1]].scales.size() > 1;
      place(from[1], {made[0].tensor + 1});  // the builder makes filter and bias after the output
      place(from[2], {made[0].tensor + 2});
    }
  }
  [[noreturn]] void fail(std::size_t index, std::string_view reason) {
    const Value none;
    const Graph graph = std::move(builder_).finish({&none, 1});
    throw Failure(fmt::format("{}: 1 of its {} operators cannot be generated: {}: {}", model_.path,
                              view_.nodes.size(), describe_operator(model_, index),
                              graph.problem ? graph.problem->sentence : reason));
  }

  template <class Op>
  Values make(const Op& op, std::span<const Value> inputs, std::string_view name) {
    const auto one = [](Value value) {
      Values values;
      values.all[0] = value;
      values.count = 1;
      return values;
    };
    if constexpr (std::is_same_v<Op, op::Conv2d>)
      return one(builder_.conv2d(inputs[0], op, name));
    else if constexpr (std::is_same_v<Op, op::DepthwiseConv2d>)
      return one(builder_.depthwise_conv2d(inputs[0], op, name));
    else if constexpr (std::is_same_v<Op, op::TransposeConv>)
      return one(builder_.transpose_conv(inputs[0], op, name));
    else if constexpr (std::is_same_v<Op, op::FullyConnected>)
      return one(builder_.fully_connected(inputs[0], op, name));
    else
      return builder_.apply_many(op, inputs, name);
  }

  const Model& model_;
  GraphView view_;
  Builder builder_;
  TypedGraph result_;
  std::set<std::string_view> taken_;
};

}  // namespace

TypedGraph typed_graph(const Model& model) {
  return Converter(model).convert();
}

}  // namespace dlpu::command
