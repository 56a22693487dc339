#pragma once

/// One operator of a .tflite file on its way into a graph: what the functions in the table of operators work with.
///
/// A function takes the operator's options and operands, states what it needs (`require`), and ends with `emit`. The
/// first broken need is kept as the operator's problem; everything after it has no effect, so functions need not stop.

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dlpu/graph/builder.hpp"
#include "dlpu/graph/graph.hpp"
#include "dlpu/graph/parameters.hpp"
#include "dlpu/io/tflite/tensor.hpp"

namespace dlpu::inline DLPU_ABI {
namespace io::tflite {

/// A model while it is read.
struct ModelParts {
  std::vector<FileTensor> tensors;  ///< the file's
  Graph graph;
  std::vector<TensorData> data;            ///< one entry per tensor of the graph
  std::vector<std::int32_t> file_tensors;  ///< likewise: its number in the file, or -1
  std::vector<std::int32_t> file_operators;
  Parameters memory;  ///< what is not where kernels can use it in the file

  std::int32_t add(const TensorInfo& info, const TensorData& numbers, std::int32_t file_tensor) {
    graph.tensors.push_back(info);
    data.push_back(numbers);
    file_tensors.push_back(file_tensor);
    return static_cast<std::int32_t>(graph.tensors.size()) - 1;
  }
  EdgeRange add_edges(std::span<const std::int32_t> values) {
    const auto first = static_cast<std::int32_t>(graph.edges.size());
    graph.edges.insert(graph.edges.end(), values.begin(), values.end());
    return {first, static_cast<std::int32_t>(values.size())};
  }
  /// Data on the boundary that the widest element needs, copied only where the file has it elsewhere.
  [[nodiscard]] std::span<const std::byte> aligned(std::span<const std::byte> bytes) {
    return reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::int64_t) == 0 ? bytes : memory.keep(bytes);
  }
};

[[nodiscard]] inline Name name_from(std::string_view text) {
  Name name;
  name.push({text});
  return name;
}

class OperatorReader {
 public:
  /// `inputs` and `outputs` are numbers in `parts.tensors`; an input may be -1.
  OperatorReader(ModelParts& parts, const schema::Operator& source, std::int32_t index,
                 std::span<const std::int32_t> inputs, std::span<const std::int32_t> outputs)
      : parts_(parts), source_(source), index_(index), inputs_(inputs), outputs_(outputs) {}

  /// Why the operator cannot be read; empty while nothing is wrong.
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] bool failed() const { return !problem_.empty(); }
  bool fail(std::string reason) {
    if (problem_.empty()) problem_ = std::move(reason);
    return false;
  }
  /// Keeps `reason` unless `holds`; returns whether nothing is wrong so far.
  bool require(bool holds, std::string_view reason) {
    if (!holds) fail(std::string(reason));
    return !failed();
  }

  /// The operator computes with int32, int64 and bool as well.
  void take_numbers() { takes_numbers_ = true; }
  /// The operator takes stored numbers as they are: int8 and uint8 need no scale.
  void take_unscaled() { takes_unscaled_ = true; }

  // What the file says

  /// The operator's options, by the schema's accessor; all at their defaults where the file has none.
  template <class Options>
  [[nodiscard]] const Options& options(const Options* (schema::Operator::*accessor)() const) {
    if (const Options* found = (source_.*accessor)()) return *found;
    require(source_.builtin_options_type() == schema::BuiltinOptions::NONE, "it has the options of another operator");
    // A table without fields: the offset to its description, and the description (its size, the table's size).
    alignas(4) static constexpr std::uint8_t empty[] = {4, 0, 4, 0, 4, 0, 0, 0};
    return *reinterpret_cast<const Options*>(empty + 4);
  }
  /// The options of an operator that is no builtin one.
  [[nodiscard]] std::vector<std::uint8_t> custom_options() const { return values_of(source_.custom_options()); }
  bool expect(std::size_t fewest_inputs, std::size_t most_inputs, std::size_t outputs = 1) {
    if (inputs_.size() >= fewest_inputs && inputs_.size() <= most_inputs && outputs_.size() == outputs) {
      return !failed();
    }
    return fail("it has " + std::to_string(inputs_.size()) + " inputs and " + std::to_string(outputs_.size()) +
                " outputs, which this operator cannot have");
  }
  [[nodiscard]] std::size_t inputs() const { return inputs_.size(); }
  [[nodiscard]] bool has_input(std::size_t i) const { return i < inputs_.size() && inputs_[i] >= 0; }
  /// A tensor of the file; a scalar without data where the input is not there.
  [[nodiscard]] const FileTensor& input(std::size_t i) const {
    static const FileTensor none;
    return has_input(i) ? file_tensor(inputs_[i]) : none;
  }
  [[nodiscard]] const FileTensor& output(std::size_t i = 0) const { return file_tensor(outputs_[i]); }
  /// The values of an input that is known before running: integers such as a shape or axes. `most` bounds what a file makes
  /// the reader copy, for each of many operators that share a constant.
  [[nodiscard]] std::vector<std::int32_t> integers(std::size_t i, std::string_view what, std::size_t most = 64) {
    const FileTensor& tensor = input(i);
    const bool wide = tensor.is(ElementType::int64);
    if (!require(has_input(i) && tensor.constant && (wide || tensor.is(ElementType::int32)),
                 std::string(what) + " must be int32 or int64 numbers that are known before running")) {
      return {};
    }
    const std::size_t count = tensor.data.size() / (wide ? 8 : 4);
    if (!require(count <= most, std::string(what) + ": " + std::to_string(count) + " numbers, where at most " +
                                    std::to_string(most) + " make sense")) {
      return {};
    }
    std::vector<std::int32_t> values(count);
    bool fit = true;
    for (std::size_t k = 0; k < values.size(); ++k) {
      std::int64_t value = 0;
      if (wide) {
        std::memcpy(&value, tensor.data.data() + k * 8, 8);
      } else {
        std::memcpy(&values[k], tensor.data.data() + k * 4, 4);
        value = values[k];
      }
      fit = fit && value >= std::numeric_limits<std::int32_t>::min() &&
            value <= std::numeric_limits<std::int32_t>::max();
      values[k] = static_cast<std::int32_t>(value);
    }
    require(fit, std::string(what) + " has a number beyond 32 bits");
    return values;
  }

  [[nodiscard]] Activation activation(schema::FusedActivation fused) {
    require(fused >= schema::FusedActivation::NONE && fused <= schema::FusedActivation::RELU6,
            "its fused activation is none of NONE, RELU, RELU_N1_TO_1 and RELU6");
    return failed() ? Activation::none : static_cast<Activation>(fused);
  }
  [[nodiscard]] Padding padding(schema::PaddingMode mode) {
    require(mode == schema::PaddingMode::SAME || mode == schema::PaddingMode::VALID,
            "its padding is neither SAME nor VALID");
    return mode == schema::PaddingMode::VALID ? Padding::valid : Padding::same;
  }
  /// An input must be NHWC, and small enough that positions with a window around them fit 32 bits.
  bool require_image(std::size_t i) {
    const Shape& shape = input(i).shape;
    constexpr std::int32_t most = 1 << 24;
    return require(shape.rank == 4 && shape[1] <= most && shape[2] <= most,
                   "its input must have four dimensions, NHWC, with at most 2^24 rows and columns");
  }
  /// A kernel, stride or dilation, small enough that positions in an image fit 32 bits.
  [[nodiscard]] Size2D size(std::int32_t height, std::int32_t width, std::string_view what) {
    constexpr std::int32_t most = 1 << 14;
    require(height >= 1 && width >= 1 && height <= most && width <= most,
            std::string(what) + " must be from 1 to " + std::to_string(most));
    return failed() ? Size2D(1) : Size2D(height, width);
  }

  // What goes into the graph

  /// The graph's tensor for an input that is computed with: float32, or int8, uint8 or int16 with one scale.
  [[nodiscard]] std::int32_t operand(std::size_t i) {
    if (!require(has_input(i), "input " + std::to_string(i) + " is missing")) return -1;
    FileTensor& tensor = file_tensor(inputs_[i]);
    if (!computable(tensor, "input " + std::to_string(i))) return -1;
    if (tensor.graph_tensor < 0) {
      if (!require(tensor.constant,
                   "input " + std::to_string(i) + " has no data, and no operator before this one makes it")) {
        return -1;
      }
      tensor.graph_tensor =
          parts_.add({name_from(tensor.name), {tensor.shape, *tensor.element()}, TensorRole::constant},
                     {tensor.quantization(), {}, parts_.aligned(tensor.data)}, inputs_[i]);
    }
    return tensor.graph_tensor;
  }

  /// Any other tensor that the operator owns, such as a filter.
  std::int32_t add_tensor(const TensorInfo& info, const TensorData& numbers, std::int32_t file_tensor) {
    return parts_.add(info, numbers, file_tensor);
  }
  [[nodiscard]] ModelParts& parts() { return parts_; }
  [[nodiscard]] std::int32_t input_number(std::size_t i) const { return inputs_[i]; }
  /// The operator's name: that of its first output.
  [[nodiscard]] Name name() const { return name_from(output().name); }

  /// Gives an output its shape where the file leaves it open, as it often does for custom operators.
  void complete_output(std::size_t i, const Shape& shape) {
    FileTensor& tensor = file_tensor(outputs_[i]);
    if (tensor.shape.rank == 0) tensor.shape = shape;
  }

  /// Appends the operator. The shapes and element types of its outputs must be those that the file declares.
  template <class Op>
  void emit(const Op& op, std::span<const std::int32_t> inputs) {
    emit_part(op, inputs, 0, outputs_.size());
  }
  template <class Op>
  void emit(const Op& op, std::initializer_list<std::int32_t> inputs) {
    emit(op, std::span(inputs.begin(), inputs.size()));
  }
  /// Appends an operator that makes `count` of the outputs, from the `first` on: for what takes several of dlpu's.
  template <class Op>
  void emit_part(const Op& op, std::span<const std::int32_t> inputs, std::size_t first, std::size_t count) {
    require(inputs.size() <= Builder::max_inputs, "it has more than 16 inputs");
    if (failed()) return;
    std::array<TensorType, Builder::max_inputs> types{};
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      types[i] = parts_.graph.tensors[static_cast<std::size_t>(inputs[i])].type;
    }
    const Inferred inferred = op.infer(TensorTypes{types.data(), inputs.size()});
    if (inferred.problem) {
      fail(std::string(inferred.problem->sentence));
      return;
    }
    require(inferred.count == count, "it has a wrong number of outputs");
    for (std::size_t i = 0; i < count && !failed(); ++i) check_output(first + i, inferred.outputs[i]);
    if (failed()) return;
    const auto number = static_cast<std::int32_t>(parts_.graph.nodes.size());
    std::array<std::int32_t, Inferred::max_outputs> made{};
    for (std::size_t i = 0; i < count; ++i) made[i] = add_output(outputs_[first + i], number);
    Node node;
    node.op = op;
    node.name = name_from(output(first).name);
    node.inputs = parts_.add_edges(inputs);
    node.outputs = parts_.add_edges(std::span(made).first(count));
    parts_.graph.nodes.push_back(node);
    parts_.file_operators.push_back(index_);
  }
  /// Instead of an operator: its only output is known before running.
  void emit_constant(std::span<const std::byte> data) {
    if (failed()) return;
    FileTensor& tensor = file_tensor(outputs_[0]);
    tensor.constant = true;
    tensor.data = data;
  }

 private:
  [[nodiscard]] FileTensor& file_tensor(std::int32_t number) const {
    return parts_.tensors[static_cast<std::size_t>(number)];
  }
  bool computable(const FileTensor& tensor, const std::string& which) {
    if (tensor.element() && is_quantized(*tensor.element())) {
      require(takes_unscaled_ || !tensor.scales.empty(), which + " is " + tensor.type_name() + " without a scale");
      require(tensor.scales.size() <= 1, which + " has a scale per channel; only weights may");
      require(!tensor.is(ElementType::int16) || tensor.quantization().zero_point == 0,
              which + " is int16 with a zero point other than 0");
    } else {
      const bool number =
          tensor.is(ElementType::int32) || tensor.is(ElementType::int64) || tensor.is(ElementType::boolean);
      require(tensor.is(ElementType::float32) || (takes_numbers_ && number),
              which + " is " + tensor.type_name() + "; this operator computes with float32, int8, uint8 and int16");
    }
    return require(tensor.shape.elements() > 0, which + " has no elements");
  }
  void check_output(std::size_t i, const TensorType& expected) {
    const FileTensor& tensor = output(i);
    if (tensor.shape != expected.shape) {
      fail("its output would have the shape " + to_string(expected.shape) + ", but the file says " +
           to_string(tensor.shape));
    } else if (tensor.element() != expected.element) {
      fail("its output would be " + std::string(to_string(expected.element)) + ", but the file says " +
           tensor.type_name());
    } else {
      computable(tensor, "its output");
    }
  }
  std::int32_t add_output(std::int32_t number, std::int32_t producer) {
    FileTensor& tensor = file_tensor(number);
    tensor.graph_tensor =
        parts_.add({name_from(tensor.name), {tensor.shape, *tensor.element()}, TensorRole::activation, producer},
                   {tensor.quantization(), {}, {}}, number);
    return tensor.graph_tensor;
  }

  ModelParts& parts_;
  const schema::Operator& source_;
  std::int32_t index_;
  std::span<const std::int32_t> inputs_, outputs_;
  bool takes_numbers_ = false, takes_unscaled_ = false;
  std::string problem_;
};

}  // namespace io::tflite
}  // namespace dlpu::inline DLPU_ABI
