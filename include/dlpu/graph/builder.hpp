#pragma once

/// Composes a graph, in constant expressions and at run time alike.
///
///     struct Net {
///       static constexpr auto build(auto& g) {
///         auto x = g.input({1, 96, 96, 3});
///         x = g.conv2d(x, {.filters = 16, .kernel = 3, .stride = 2});
///         return g.softmax(g.fully_connected(g.mean(x), {.units = 2}));
///       }
///     };
///
/// A description that breaks a rule does not stop the builder: it records the first broken rule and its
/// place, makes no more operators, and whoever uses the graph reports it.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "dlpu/graph/name_table.hpp"
#include "dlpu/graph/value.hpp"

namespace dlpu::inline DLPU_ABI {

class Builder {
 public:
  static constexpr std::size_t max_inputs = 16;             ///< of one operator
  static constexpr std::int64_t max_elements = 0x7FFFFFFF;  ///< of one tensor

 private:
  // Templates come before their callers: clang instantiates them for constant evaluation only if it has already seen
  // their definition.
  /// Appends the operator without outputs; -1 where its inputs are none. `more_inputs` are set later.
  constexpr std::int32_t begin_node(const Operator& op, std::span<const Value> inputs, std::string_view name,
                                    std::string_view kind, std::size_t more_inputs = 0) {
    if (graph_.problem) return -1;
    Node node;
    node.op = op;
    node.name = name.empty() ? numbered(kind) : named(name);
    const bool taken = (!name.empty() || digits_given_) && is_taken(node.name);
    for (const Value value : inputs) {
      if (!is_tensor(value)) {
        fail(graph_rule::NeedsInput::rule);
        return -1;
      }
    }
    if (inputs.size() > max_inputs) {
      fail(graph_rule::InputCount::rule);
      return -1;
    }
    node.inputs = add_edges(inputs);
    for (std::size_t i = 0; i < more_inputs; ++i) graph_.edges.push_back(-1);
    add_node(node);
    const auto index = static_cast<std::int32_t>(graph_.nodes.size()) - 1;
    if (!taken) return index;
    fail(graph_rule::UniqueName::rule, index);
    return -1;
  }

  constexpr Value accept(std::int32_t index, const Inferred& inferred) {
    if (inferred.problem) return fail(*inferred.problem, index);
    for (std::size_t i = 0; i < inferred.count; ++i) {
      if (!at_most(inferred.outputs[i].shape, max_elements)) return fail(graph_rule::TensorSize::rule, index);
    }
    Node& node = graph_.nodes[static_cast<std::size_t>(index)];
    std::array<Value, Inferred::max_outputs> outputs{};
    for (std::size_t i = 0; i < inferred.count; ++i) {
      outputs[i] = add_tensor({node.name, inferred.outputs[i], TensorRole::activation, index});
    }
    node.outputs = add_edges(std::span<const Value>(outputs.data(), inferred.count));
    return outputs[0];
  }

  using TypeArray = std::array<TensorType, max_inputs>;
  /// The types of an operator's inputs, put into `types`.
  constexpr TensorTypes input_types(std::int32_t index, TypeArray& types) const {
    const EdgeRange inputs = graph_.nodes[static_cast<std::size_t>(index)].inputs;
    const auto count = static_cast<std::size_t>(inputs.count);
    for (std::size_t i = 0; i < count; ++i) {
      types[i] =
          graph_.tensors[static_cast<std::size_t>(graph_.edges[static_cast<std::size_t>(inputs.first) + i])].type;
    }
    return {types.data(), count};
  }

  constexpr Values outputs_of(std::int32_t index) const {
    const EdgeRange outputs = graph_.nodes[static_cast<std::size_t>(index)].outputs;
    Values values{{}, static_cast<std::size_t>(outputs.count)};
    for (std::size_t i = 0; i < values.count; ++i) {
      values.all[i].tensor = graph_.edges[static_cast<std::size_t>(outputs.first) + i];
    }
    return values;
  }

  // One small template for each operator: it is compiled once for each of them by everybody who includes this.
  template <class Op>
  constexpr Value finish_node(const Op& op, std::int32_t index) {
    if (index < 0) return {};
    TypeArray types{};
    return accept(index, op.infer(input_types(index, types)));
  }

  template <class Op>
  constexpr Value weighted(Value x, const Op& op, std::string_view name, std::string_view kind) {
    const std::int32_t node = begin_node(op, {&x, 1}, name, kind, 2);
    if (node < 0) return {};
    if (tensor(x).type.element != ElementType::activation) return fail(graph_rule::WeightedElement::rule, node);
    const Value output = finish_node(op, node);
    if (output.tensor < 0) return output;
    const Shape in = tensor(x).type.shape;
    if (!at_most(op.filter_shape(in), max_elements)) return fail(graph_rule::TensorSize::rule, node);
    const Name own = graph_.nodes[static_cast<std::size_t>(node)].name;
    const Value filter = add_tensor({own, {op.filter_shape(in), ElementType::activation}, TensorRole::filter, -1});
    const Value bias = add_tensor({own, {{shape(output).channels()}, ElementType::int32}, TensorRole::bias, -1});
    EdgeRange& inputs = graph_.nodes[static_cast<std::size_t>(node)].inputs;
    graph_.edges[static_cast<std::size_t>(inputs.first) + 1] = filter.tensor;
    graph_.edges[static_cast<std::size_t>(inputs.first) + 2] = bias.tensor;
    inputs.count = 3;
    return output;
  }

 public:
  /// Any operator without weights, for operators that have no function of their own here.
  template <class Op>
  constexpr Value apply(const Op& op, std::initializer_list<Value> inputs, std::string_view name = {},
                        std::string_view kind = "operator") {
    static_assert(
        !requires { op.filter_shape(Shape{}); },
        "Builder::apply: this operator has weights; use its own function (g.conv2d, g.fully_connected ...)");
    return finish_node(op, begin_node(op, {inputs.begin(), inputs.size()}, name, kind));
  }
  /// The same for inputs whose number is not written down in the description.
  template <class Op>
  constexpr Value apply(const Op& op, std::span<const Value> inputs, std::string_view name = {},
                        std::string_view kind = "operator") {
    return finish_node(op, begin_node(op, inputs, name, kind));
  }

  /// The same for operators with several outputs.
  template <class Op>
  constexpr Values apply_many(const Op& op, std::initializer_list<Value> inputs, std::string_view name = {},
                              std::string_view kind = "operator") {
    return apply_many(op, std::span<const Value>(inputs.begin(), inputs.size()), name, kind);
  }
  template <class Op>
  constexpr Values apply_many(const Op& op, std::span<const Value> inputs, std::string_view name = {},
                              std::string_view kind = "operator") {
    const std::int32_t index = begin_node(op, inputs, name, kind);
    return finish_node(op, index).tensor < 0 ? Values{} : outputs_of(index);
  }

  /// A tensor that the caller gives. NHWC for images. Without names, inputs are `input`, `input_1`, `input_2` ...
  /// `element` where it is not stored as the policy says, such as uint8 pixels for an int8 network, which begins with
  /// `quantize`.
  constexpr Value input(const Shape& shape, std::string_view name = {},
                        ElementType element = ElementType::activation) {
    const Value value = given(shape, name, "input", element, TensorRole::input);
    if (value.tensor >= 0) graph_.inputs.push_back(value.tensor);
    return value;
  }
  /// A tensor whose data comes with the weights (`NetworkWeights::constants`, in this order), such as a scale per
  /// channel.
  constexpr Value constant(const Shape& shape, std::string_view name = {},
                           ElementType element = ElementType::activation) {
    return given(shape, name, "constant", element, TensorRole::constant);
  }
  /// A constant whose numbers follow from the description, such as the anchors of a detector: whoever loads float weights
  /// need not give them, `fill_constants` computes them. `element` is float32 or what the policy stores.
  constexpr Value constant(const Shape& shape, const Formula& formula, std::string_view name = {},
                           ElementType element = ElementType::activation) {
    return given(shape, name, "constant", element, TensorRole::constant, formula);
  }

  /// A condition of the description itself, such as a width above zero. The model lists the rule in its `rules`.
  constexpr void require(bool holds, const Rule& rule) {
    if (!holds) fail(rule);
  }
  /// Whether a rule was broken so far: nothing more is built then.
  [[nodiscard]] constexpr bool failed() const { return graph_.problem != nullptr; }

  constexpr Value conv2d(Value x, op::Conv2d op, std::string_view name = {}) {
    return weighted(x, op, name, "conv2d");
  }
  constexpr Value depthwise_conv2d(Value x, op::DepthwiseConv2d op, std::string_view name = {}) {
    return weighted(x, op, name, "depthwise_conv2d");
  }
  /// Takes any input shape: all but the batch dimension is flattened.
  constexpr Value fully_connected(Value x, op::FullyConnected op, std::string_view name = {}) {
    return weighted(x, op, name, "fully_connected");
  }
  constexpr Value add(Value a, Value b, op::Add op = {}, std::string_view name = {}) {
    return apply(op, {a, b}, name, "add");
  }
  constexpr Value relu(Value x, std::string_view name = {}) {
    return apply(op::Relu{Activation::relu}, {x}, name, "relu");
  }
  constexpr Value relu6(Value x, std::string_view name = {}) {
    return apply(op::Relu{Activation::relu6}, {x}, name, "relu6");
  }
  constexpr Value relu_n1_to_1(Value x, std::string_view name = {}) {
    return apply(op::Relu{Activation::relu_n1_to_1}, {x}, name, "relu_n1_to_1");
  }
  constexpr Value clamp(Value x, op::Clamp op, std::string_view name = {}) { return apply(op, {x}, name, "clamp"); }
  constexpr Value average_pool2d(Value x, op::AveragePool2d op, std::string_view name = {}) {
    return apply(op, {x}, name, "average_pool2d");
  }
  constexpr Value max_pool2d(Value x, op::MaxPool2d op, std::string_view name = {}) {
    return apply(op, {x}, name, "max_pool2d");
  }
  /// Without arguments: over height and width, [N, H, W, C] to [N, C].
  constexpr Value mean(Value x, op::Mean op = {}, std::string_view name = {}) { return apply(op, {x}, name, "mean"); }
  constexpr Value concatenation(std::initializer_list<Value> values, op::Concatenation op,
                                std::string_view name = {}) {
    return apply(op, values, name, "concatenation");
  }
  constexpr Value pad(Value x, op::Pad op, std::string_view name = {}) { return apply(op, {x}, name, "pad"); }
  constexpr Value reshape(Value x, op::Reshape op, std::string_view name = {}) {
    return apply(op, {x}, name, "reshape");
  }
  constexpr Value softmax(Value x, op::Softmax op = {}, std::string_view name = {}) {
    return apply(op, {x}, name, "softmax");
  }
  constexpr Value quantize(Value x, op::Quantize op = {}, std::string_view name = {}) {
    return apply(op, {x}, name, "quantize");
  }
  constexpr Value dequantize(Value x, op::Dequantize op = {}, std::string_view name = {}) {
    return apply(op, {x}, name, "dequantize");
  }

  constexpr Value transpose_conv(Value x, op::TransposeConv op, std::string_view name = {}) {
    return weighted(x, op, name, "transpose_conv");
  }
  constexpr Value resize_nearest_neighbor(Value x, op::ResizeNearestNeighbor op, std::string_view name = {}) {
    return apply(op, {x}, name, "resize_nearest_neighbor");
  }
  constexpr Value resize_bilinear(Value x, op::ResizeBilinear op, std::string_view name = {}) {
    return apply(op, {x}, name, "resize_bilinear");
  }
  constexpr Value slice(Value x, op::Slice op, std::string_view name = {}) { return apply(op, {x}, name, "slice"); }
  constexpr Value strided_slice(Value x, op::StridedSlice op, std::string_view name = {}) {
    return apply(op, {x}, name, "strided_slice");
  }
  constexpr Values split(Value x, op::Split op, std::string_view name = {}) {
    return apply_many(op, {x}, name, "split");
  }
  constexpr Values split_v(Value x, op::SplitV op, std::string_view name = {}) {
    return apply_many(op, {x}, name, "split_v");
  }
  constexpr Values unpack(Value x, op::Unpack op = {}, std::string_view name = {}) {
    return apply_many(op, {x}, name, "unpack");
  }
  constexpr Value pack(std::initializer_list<Value> values, op::Pack op = {}, std::string_view name = {}) {
    return apply(op, values, name, "pack");
  }
  constexpr Value transpose(Value x, op::Transpose op, std::string_view name = {}) {
    return apply(op, {x}, name, "transpose");
  }
  constexpr Value gather(Value x, Value indices, op::Gather op = {}, std::string_view name = {}) {
    return apply(op, {x, indices}, name, "gather");
  }
  constexpr Value space_to_depth(Value x, op::SpaceToDepth op, std::string_view name = {}) {
    return apply(op, {x}, name, "space_to_depth");
  }
  constexpr Value depth_to_space(Value x, op::DepthToSpace op, std::string_view name = {}) {
    return apply(op, {x}, name, "depth_to_space");
  }
  constexpr Value space_to_batch_nd(Value x, op::SpaceToBatchNd op, std::string_view name = {}) {
    return apply(op, {x}, name, "space_to_batch_nd");
  }
  constexpr Value batch_to_space_nd(Value x, op::BatchToSpaceNd op, std::string_view name = {}) {
    return apply(op, {x}, name, "batch_to_space_nd");
  }
  constexpr Value mirror_pad(Value x, op::MirrorPad op, std::string_view name = {}) {
    return apply(op, {x}, name, "mirror_pad");
  }
  /// Boxes, classes, scores and the number of detections.
  constexpr std::array<Value, 4> detection_post_process(Value boxes, Value scores, Value anchors,
                                                        op::DetectionPostProcess op, std::string_view name = {}) {
    const Values found = apply_many(op, {boxes, scores, anchors}, name, "detection_post_process");
    return {found[0], found[1], found[2], found[3]};
  }

  constexpr Value logistic(Value x, std::string_view name = {}) {
    return apply(op::Logistic{}, {x}, name, "logistic");
  }
  constexpr Value tanh(Value x, std::string_view name = {}) { return apply(op::Tanh{}, {x}, name, "tanh"); }
  constexpr Value hard_swish(Value x, std::string_view name = {}) {
    return apply(op::HardSwish{}, {x}, name, "hard_swish");
  }
  constexpr Value leaky_relu(Value x, op::LeakyRelu op = {}, std::string_view name = {}) {
    return apply(op, {x}, name, "leaky_relu");
  }
  constexpr Value prelu(Value x, Value alpha, std::string_view name = {}) {
    return apply(op::PRelu{}, {x, alpha}, name, "prelu");
  }
  constexpr Value elu(Value x, std::string_view name = {}) { return apply(op::Elu{}, {x}, name, "elu"); }
  constexpr Value exp(Value x, std::string_view name = {}) { return apply(op::Exp{}, {x}, name, "exp"); }
  constexpr Value log(Value x, std::string_view name = {}) { return apply(op::Log{}, {x}, name, "log"); }
  constexpr Value sqrt(Value x, std::string_view name = {}) { return apply(op::Sqrt{}, {x}, name, "sqrt"); }
  constexpr Value rsqrt(Value x, std::string_view name = {}) { return apply(op::Rsqrt{}, {x}, name, "rsqrt"); }
  constexpr Value square(Value x, std::string_view name = {}) { return apply(op::Square{}, {x}, name, "square"); }
  constexpr Value abs(Value x, std::string_view name = {}) { return apply(op::Abs{}, {x}, name, "abs"); }
  constexpr Value neg(Value x, std::string_view name = {}) { return apply(op::Neg{}, {x}, name, "neg"); }
  constexpr Value sub(Value a, Value b, op::Sub op = {}, std::string_view name = {}) {
    return apply(op, {a, b}, name, "sub");
  }
  constexpr Value mul(Value a, Value b, op::Mul op = {}, std::string_view name = {}) {
    return apply(op, {a, b}, name, "mul");
  }
  constexpr Value div(Value a, Value b, op::Div op = {}, std::string_view name = {}) {
    return apply(op, {a, b}, name, "div");
  }
  constexpr Value minimum(Value a, Value b, std::string_view name = {}) {
    return apply(op::Minimum{}, {a, b}, name, "minimum");
  }
  constexpr Value maximum(Value a, Value b, std::string_view name = {}) {
    return apply(op::Maximum{}, {a, b}, name, "maximum");
  }
  constexpr Value sum(Value x, op::Sum op = {}, std::string_view name = {}) { return apply(op, {x}, name, "sum"); }
  constexpr Value reduce_max(Value x, op::ReduceMax op = {}, std::string_view name = {}) {
    return apply(op, {x}, name, "reduce_max");
  }
  constexpr Value reduce_min(Value x, op::ReduceMin op = {}, std::string_view name = {}) {
    return apply(op, {x}, name, "reduce_min");
  }
  /// Without arguments: over the innermost dimension.
  constexpr Value arg_max(Value x, op::ArgMax op = {}, std::string_view name = {}) {
    return apply(op, {x}, name, "arg_max");
  }
  constexpr Value arg_min(Value x, op::ArgMin op = {}, std::string_view name = {}) {
    return apply(op, {x}, name, "arg_min");
  }
  constexpr Value l2_normalization(Value x, std::string_view name = {}) {
    return apply(op::L2Normalization{}, {x}, name, "l2_normalization");
  }
  constexpr Value batch_matmul(Value a, Value b, op::BatchMatMul op = {}, std::string_view name = {}) {
    return apply(op, {a, b}, name, "batch_matmul");
  }
  constexpr Value cast(Value x, op::Cast op, std::string_view name = {}) { return apply(op, {x}, name, "cast"); }
  /// `g.compare<Relation::less>(a, b)`: boolean.
  template <Relation R>
  constexpr Value compare(Value a, Value b, std::string_view name = {}) {
    return apply(op::Comparison<R>{}, {a, b}, name, "compare");
  }
  constexpr Value logical_and(Value a, Value b, std::string_view name = {}) {
    return apply(op::LogicalAnd{}, {a, b}, name, "logical_and");
  }
  constexpr Value logical_or(Value a, Value b, std::string_view name = {}) {
    return apply(op::LogicalOr{}, {a, b}, name, "logical_or");
  }
  constexpr Value logical_not(Value x, std::string_view name = {}) {
    return apply(op::LogicalNot{}, {x}, name, "logical_not");
  }

  /// Says that a batch normalization stands between the convolution that made `x` and its fused activation.
  /// It is folded into the weights when float weights are loaded, so it costs nothing at run time.
  constexpr Value batch_norm(Value x, float epsilon = 1e-3f) {
    if (graph_.problem) return {};
    const std::int32_t producer = is_tensor(x) ? tensor(x).producer : -1;
    if (producer < 0 || !has_weights(graph_.nodes[static_cast<std::size_t>(producer)])) {
      return fail(graph_rule::BatchNormAfterConvolution::rule, producer);
    }
    graph_.nodes[static_cast<std::size_t>(producer)].batch_norm_epsilon = epsilon;
    return x;
  }

  /// The shape of a value; rank 0 once the description is broken.
  [[nodiscard]] constexpr Shape shape(Value x) const { return is_tensor(x) ? tensor(x).type.shape : Shape{}; }

  /// Prefixes the names of all operators made while it lives: `auto scope = g.scope("block", 2)` gives
  /// `block_2.`.
  class Scope {
   public:
    constexpr Scope(Builder& builder, NamePart part) : builder_(builder) {
      if (builder_.scope_.depth + 1 == Name::max_depth) builder_.fail(graph_rule::ScopeDepth::rule);
      builder_.scope_.push(part);
    }
    constexpr ~Scope() { builder_.scope_.pop(); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Builder& builder_;
  };
  [[nodiscard]] constexpr Scope scope(std::string_view text, std::int32_t index = -1) {
    return {*this, {text, index}};
  }
  /// A scope that numbers itself: the first of this name in the scope around it is `_0`.
  [[nodiscard]] constexpr Scope numbered_scope(std::string_view text) { return {*this, {text, next_index(text)}}; }

  /// Declares the outputs, in order, and hands over the graph.
  [[nodiscard]] constexpr Graph finish(std::span<const Value> outputs) && {
    if (outputs.empty()) fail(graph_rule::NeedsOutput::rule);
    for (const Value output : outputs) {
      if (!is_tensor(output))
        fail(graph_rule::NeedsOutput::rule);
      else if (tensor(output).producer < 0)
        fail(graph_rule::OutputIsInput::rule);
      if (!graph_.problem) graph_.outputs.push_back(output.tensor);
    }
    return std::move(graph_);
  }

 private:
  struct Counter {
    Name scope;
    std::string_view text;
    std::int32_t next = 0;
  };

  /// Without a name, the first of its kind has the kind's name, the next ones a number too.
  constexpr Value given(const Shape& shape, std::string_view name, std::string_view kind, ElementType element,
                        TensorRole role, const Formula& formula = {}) {
    bool valid = shape.rank > 0 || role == TensorRole::constant;
    for (int i = 0; i < shape.rank; ++i) valid = valid && shape[i] >= 1;
    if (!valid) return fail(graph_rule::InputShape::rule);
    if (!at_most(shape, max_elements)) return fail(graph_rule::TensorSize::rule);
    Name own = named(name.empty() ? kind : name);
    if (const std::int32_t index = name.empty() ? next_index(kind) : 0; index > 0) {
      own.pop();
      own.push({kind, index});
    }
    if (is_taken(own)) return fail(graph_rule::UniqueName::rule);
    sources_.push_back(add_tensor({own, {shape, element}, role, -1, formula}));
    return sources_.back();
  }
  constexpr Value fail(const Rule& rule, std::int32_t node = -1) {
    if (!graph_.problem) {
      graph_.problem = &rule;
      graph_.problem_node = node;
    }
    return {};
  }
  constexpr Value add_tensor(const TensorInfo& info) {
    graph_.tensors.push_back(info);
    return {static_cast<std::int32_t>(graph_.tensors.size()) - 1};
  }
  constexpr EdgeRange add_edges(std::span<const Value> values) {
    const auto first = static_cast<std::int32_t>(graph_.edges.size());
    for (const Value value : values) graph_.edges.push_back(value.tensor);
    return {first, static_cast<std::int32_t>(values.size())};
  }
  /// False of what a broken description returned, and of most values of another builder.
  [[nodiscard]] constexpr bool is_tensor(Value value) const {
    return value.tensor >= 0 && static_cast<std::size_t>(value.tensor) < graph_.tensors.size();
  }
  [[nodiscard]] constexpr const TensorInfo& tensor(Value value) const {
    return graph_.tensors[static_cast<std::size_t>(value.tensor)];
  }
  [[nodiscard]] constexpr bool has_weights(const Node& node) const {
    if (node.inputs.count < 2) return false;
    const std::int32_t second = graph_.edges[static_cast<std::size_t>(node.inputs.first) + 1];
    return graph_.tensors[static_cast<std::size_t>(second)].role == TensorRole::filter;
  }
  [[nodiscard]] constexpr Name named(std::string_view text) {
    Name name = scope_;
    name.push(detail::name_part(text));
    digits_given_ = digits_given_ || name.parts[name.depth - 1].index >= 0;
    return name;
  }
  /// Whether an operator, an input or a constant has this name already.
  [[nodiscard]] constexpr bool is_taken(const Name& name) const {
    if (operator_names_.has(graph_.nodes, name)) return true;
    for (const Value source : sources_) {
      if (same_name(tensor(source).name, name)) return true;
    }
    return false;
  }
  constexpr void add_node(const Node& node) {
    operator_names_.add(node.name);
    graph_.nodes.push_back(node);
  }
  [[nodiscard]] constexpr Name numbered(std::string_view text) {
    Name name = scope_;
    name.push({text, next_index(text)});
    return name;
  }
  constexpr std::int32_t next_index(std::string_view text) {
    for (Counter& counter : counters_) {
      if (counter.text == text && counter.scope == scope_) return counter.next++;
    }
    counters_.push_back({scope_, text, 1});
    return 0;
  }

  Graph graph_;
  Name scope_;
  std::vector<Counter> counters_;
  NameTable operator_names_;
  std::vector<Value> sources_;  // inputs and constants
  bool digits_given_ = false;   // a name like `conv2d_0`, which numbering may make too
};

}  // namespace dlpu::inline DLPU_ABI
