#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "dlpu/checksum.hpp"
#include "dlpu/commands.hpp"
#include "dlpu/failure.hpp"
#include "dlpu/graph/weights.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/operator_text.hpp"
#include "dlpu/text.hpp"
#include "dlpu/typed_graph.hpp"

namespace dlpu::command {
namespace {

/// A name from a file's: letters, digits and single underscores.
std::string identifier(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool fits = std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 0x80;
    if (fits)
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0) name = "model_" + name;
  return name;
}

/// Puts a header together, part by part.
class HeaderWriter {
 public:
  HeaderWriter(const Model& model, std::string name)
      : model_(model), typed_(typed_graph(model)), view_(model.graph().view()), name_(std::move(name)) {}

  std::string write() {
    write_start();
    write_build();
    for (const Node& node : view_.nodes) {
      if (dlpu::detail::is_weighted(view_, node)) write_layer(node);
    }
    for (const std::int32_t constant : typed_.constants) write_constant(constant);
    write_weights();
    return std::move(text_);
  }
  [[nodiscard]] std::string policy() const {
    if (typed_.storage == ElementType::float32) return "dlpu::Unquantized";
    if (typed_.storage == ElementType::int8) return typed_.per_channel ? "dlpu::PerChannel" : "dlpu::PerTensor";
    const std::string_view type = typed_.storage == ElementType::int16 ? "std::int16_t" : "std::uint8_t";
    return fmt::format("dlpu::BasicPer{}dlpu::rounding::Reference, {}>",
                       typed_.per_channel ? "Channel<0, " : "Tensor<", type);
  }
  [[nodiscard]] const TypedGraph& typed() const { return typed_; }

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
    text_ += '\n';
  }

  void write_start() {
    line("// Written by dlpu generate from {}. Do not edit.",
         printable(std::filesystem::path(model_.path).filename().string()));
    line("//");
    line(
        "//     using Net = {}::Network<>;   // on the CPU; or Network<dlpu::soc::Artpec8, dlpu::Allow<dlpu::cpu>> "
        "...",
        name_);
    line("//     static Net::Arena arena;");
    line("//     static Net::Packed packed;");
    line("//     Net net{{{}::weights(), packed, arena}};", name_);
    line("//     auto scores = net.run(image);");
    line("\n#pragma once\n\n#include <array>\n#include <cstdint>\n#include <limits>\n");
    line("#include <dlpu/graph/network.hpp>\n#include <dlpu/soc/all.hpp>\n");
    line(
        "#ifdef __clang__\n#pragma clang diagnostic push\n#pragma clang diagnostic ignored "
        "\"-Woverlength-strings\"\n#endif\n");
    line("namespace {} {{\n", name_);
  }

  // The description

  [[nodiscard]] std::string variable(std::int32_t tensor) const {
    const TensorInfo& info = view_.tensor(tensor);
    if (info.role == TensorRole::constant) return fmt::format("c{}", position_of(tensor, typed_.constants));
    if (info.role == TensorRole::input) return fmt::format("in{}", position_of(tensor, view_.inputs));
    const Node& node = view_.nodes[static_cast<std::size_t>(info.producer)];
    const std::string name = fmt::format("x{}", info.producer);
    const bool is_list = returns_list(node.op);
    return is_list ? fmt::format("{}[{}]", name, position_of(tensor, view_.outputs_of(node))) : name;
  }
  [[nodiscard]] static std::size_t position_of(std::int32_t tensor, std::span<const std::int32_t> list) {
    return static_cast<std::size_t>(std::ranges::find(list, tensor) - list.begin());
  }
  [[nodiscard]] static bool returns_list(const Operator& op) {
    return op.is<op::Split>() || op.is<op::SplitV>() || op.is<op::Unpack>() || op.is<op::DetectionPostProcess>();
  }
  [[nodiscard]] bool is_used(std::int32_t tensor) const {
    const auto takes = [&](const Node& node) {
      const auto inputs = view_.inputs_of(node);
      return std::ranges::find(inputs, tensor) != inputs.end();
    };
    return std::ranges::any_of(view_.nodes, takes) || std::ranges::find(view_.outputs, tensor) != view_.outputs.end();
  }

  void write_build() {
    line("struct Model {{\n  static constexpr auto build(auto& g) {{");
    for (const std::int32_t input : view_.inputs) write_given(input, "input");
    for (const std::int32_t constant : typed_.constants) write_given(constant, "constant");
    for (const Node& node : view_.nodes) write_operator(node);
    std::string outputs;
    for (const std::int32_t output : view_.outputs) outputs += (outputs.empty() ? "" : ", ") + variable(output);
    line("    return {};", view_.outputs.size() == 1 ? outputs : "std::array{" + outputs + "}");
    line("  }}\n}};\n");
    line("/// How the file is quantized.\nusing Policy = {};", policy());
    line("template <class Soc = dlpu::soc::Cpu, class... Options>");
    line("using Network = dlpu::Network<Model, Soc, Policy, Options...>;\n");
  }
  void write_given(std::int32_t tensor, std::string_view function) {
    const TensorInfo& info = view_.tensor(tensor);
    const std::string element = info.type.element == typed_.storage ? "" : ", " + text_of(info.type.element);
    line("    {}g.{}({}, {}{});", is_used(tensor) ? fmt::format("const auto {} = ", variable(tensor)) : "", function,
         text_of(info.type.shape), quoted_text(to_string(info.name)), element);
  }
  void write_operator(const Node& node) {
    const OperatorText text = visit(node.op, [&](auto op) {
      if constexpr (requires { op.element; }) {
        if (op.element == typed_.storage) op.element = ElementType::activation;
      }
      return text_of(Operator(op));
    });
    const auto inputs = view_.inputs_of(node), outputs = view_.outputs_of(node);
    std::string operands;
    const std::size_t count = dlpu::detail::is_weighted(view_, node) ? 1 : inputs.size();
    for (std::size_t i = 0; i < count; ++i) operands += (i ? ", " : "") + variable(inputs[i]);
    if (text.takes_list) operands = "{" + operands + "}";
    if (!text.options.empty()) operands += ", " + text.options;
    const bool used = std::ranges::any_of(outputs, [&](std::int32_t tensor) { return is_used(tensor); });
    const std::string name = variable(outputs[0]);
    line("    {}g.{}({}, {});", used ? "const auto " + name.substr(0, name.find('[')) + " = " : "", text.function,
         operands, quoted_text(to_string(node.name)));
  }

  // The numbers

  void write_bytes(const std::string& name, std::span<const std::byte> bytes) {
    constexpr std::size_t on_a_line = 1024;
    line("alignas(64) inline constexpr char {}[] =", name);
    const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    for (std::size_t i = 0; i < all.size(); i += on_a_line) {
      line("    {}{}", quoted_text(all.substr(i, on_a_line)), i + on_a_line < all.size() ? "" : ";");
    }
  }
  [[nodiscard]] static std::string number_text(float value) { return text_of(value); }
  [[nodiscard]] static std::string number_text(bool value) { return value ? "true" : "false"; }
  [[nodiscard]] static std::string number_text(std::int64_t value) {
    const bool lowest = value == std::numeric_limits<std::int64_t>::min();  // no literal is so low
    return lowest ? "-9223372036854775807 - 1" : std::to_string(value);
  }
  [[nodiscard]] static std::string number_text(std::int32_t value) { return std::to_string(value); }
  template <class T>
  void write_list(const std::string& name, std::string_view type, std::span<const T> numbers) {
    std::string list, row;
    for (const T number : numbers) {
      row += (row.empty() ? "" : " ") + number_text(number) + ",";
      if (row.size() < 100) continue;
      list += "\n    " + row;
      row.clear();
    }
    list += "\n    " + row;
    line("inline constexpr {} {}[] = {{{}}};", type, name, list);
  }

  void write_layer(const Node& node) {
    const auto inputs = view_.inputs_of(node);
    const TensorData &filter = model_.file.parameters[inputs[1]], &bias = model_.file.parameters[inputs[2]];
    const std::size_t layer = layers_++;
    line("// {}", printable(to_string(node.name)));
    write_bytes(fmt::format("filter_{}", layer), filter.data);
    if (typed_.storage == ElementType::float32) return write_bytes(fmt::format("bias_{}", layer), bias.data);
    const std::string bias_name = fmt::format("bias_{}", layer);
    if (typed_.storage == ElementType::int16)
      write_list<std::int64_t>(bias_name, "std::int64_t", bias.as<std::int64_t>());
    else
      write_list<std::int32_t>(bias_name, "std::int32_t", bias.as<std::int32_t>());
    std::vector<float> scales(filter.scales.begin(), filter.scales.end());
    if (typed_.per_channel) {  // one scale stands for all channels
      const auto channels = static_cast<std::size_t>(view_.tensor(inputs[2]).type.shape.elements());
      scales.resize(channels, scales[0]);
    }
    write_list<float>(fmt::format("scales_{}", layer), "float", scales);
  }
  void write_constant(std::int32_t tensor) {
    const TensorInfo& info = view_.tensor(tensor);
    const TensorData& data = model_.file.parameters[tensor];
    const std::string name = fmt::format("constant_{}", position_of(tensor, typed_.constants));
    line("// {}", printable(to_string(info.name)));
    if (info.type.element == ElementType::int32) return write_list(name, "std::int32_t", data.as<std::int32_t>());
    if (info.type.element == ElementType::int64) return write_list(name, "std::int64_t", data.as<std::int64_t>());
    if (info.type.element != ElementType::boolean) return write_bytes(name, data.data);
    std::string list;
    for (const std::byte byte : data.data)
      list += std::string(list.empty() ? "" : ", ") + number_text(byte != std::byte{0});
    line("inline constexpr bool {}[] = {{{}}};", name, list);
  }

  [[nodiscard]] std::string constant_text(std::size_t number) const {
    switch (view_.tensor(typed_.constants[number]).type.element) {
      case ElementType::float32:
        return fmt::format("dlpu::numbers_in<float>(constant_{})", number);
      case ElementType::int8:
        return fmt::format("dlpu::numbers_in<std::int8_t>(constant_{})", number);
      case ElementType::uint8:
        return fmt::format("dlpu::numbers_in<std::uint8_t>(constant_{})", number);
      case ElementType::int16:
        return fmt::format("dlpu::numbers_in<std::int16_t>(constant_{})", number);
      default:
        return fmt::format("constant_{}", number);
    }
  }

  /// Zero points of filters, in the order of the layers.
  [[nodiscard]] std::vector<std::int32_t> zero_points() const {
    std::vector<std::int32_t> numbers;
    for (const Node& node : view_.nodes) {
      if (!dlpu::detail::is_weighted(view_, node)) continue;
      numbers.push_back(model_.file.parameters[view_.inputs_of(node)[1]].quantization.zero_point);
    }
    return numbers;
  }

  void write_weights() {
    const bool quantized = typed_.storage != ElementType::float32;
    if (quantized) write_activations();
    line("\n/// The weights, under the file's policy or one that stores numbers in the same way.");
    line("template <class P = Policy>\n[[nodiscard]] dlpu::NetworkWeights<Model, P> weights() {{");
    line("  using W = dlpu::NetworkWeights<Model, P>;");
    line("  return W{{");
    line("      typename W::Layers{{");
    const std::vector<std::int32_t> points = zero_points();
    for (std::size_t i = 0; i < layers_; ++i) {
      const std::string comma = i + 1 < layers_ ? "," : "";
      if (quantized) {
        line(
            "          typename W::template Layer<{0}>{{dlpu::numbers_in<dlpu::FilterOf<typename "
            "P::Storage>>(filter_{0}), "
            "bias_{0}, "
            "scales_{0}, {1}}}{2}",
            i, points[i], comma);
      } else {
        line(
            "          typename W::template Layer<{0}>{{dlpu::numbers_in<float>(filter_{0}), "
            "dlpu::numbers_in<float>(bias_{0}), {{}}, 0}}{1}",
            i, comma);
      }
    }
    line("      }},");
    line("      {},", quantized ? "activations" : "{}");
    line("      typename W::Constants{{");
    for (std::size_t i = 0; i < typed_.constants.size(); ++i) {
      line("          std::tuple_element_t<{}, typename W::Constants>({}){}", i, constant_text(i),
           i + 1 < typed_.constants.size() ? "," : "");
    }
    line("      }}}};\n}}\n");
    line("}}  // namespace {}\n", name_);
    line("#ifdef __clang__\n#pragma clang diagnostic pop\n#endif");
  }
  void write_activations() {
    std::vector<Quantization> quantizations(typed_.graph.tensors.size());
    for (std::size_t t = 0; t < typed_.tensors.size(); ++t) {
      const TensorRole role = view_.tensors[t].role;
      if (role == TensorRole::filter || role == TensorRole::bias || typed_.tensors[t] < 0) continue;
      quantizations[static_cast<std::size_t>(typed_.tensors[t])] = model_.quantization(static_cast<std::int32_t>(t));
    }
    line("// Scale and zero point of each tensor of the graph; those of weights stand with them.");
    line("inline constexpr std::array<dlpu::Quantization, {}> activations{{{{", quantizations.size());
    for (const Quantization& q : quantizations) line("    {{{}, {}}},", text_of(q.scale), q.zero_point);
    line("}}}};");
  }

  const Model& model_;
  TypedGraph typed_;
  GraphView view_;
  std::string name_, text_;
  std::size_t layers_ = 0;
};

}  // namespace

void generate(const GenerateOptions& options) {
  const Model model = open_model(options.model, options.weights);
  const std::string name =
      options.name.empty() ? identifier(std::filesystem::path(options.output).stem().string()) : options.name;
  if (identifier(name) != name) {
    throw Failure(fmt::format("--namespace: '{}' is no C++ name; take letters, digits and single underscores",
                              printable(name)));
  }
  HeaderWriter writer(model, name);
  const std::string text = writer.write();
  require(io::write_file(options.output, std::as_bytes(std::span(text))));
  const GraphView graph = model.graph().view();
  fmt::print("{}: namespace {}, {} operators, {} weights, policy {}\n", printable(options.output), name,
             graph.nodes.size(), parameter_count(graph), writer.policy());
  Json document = new_document("generate");
  document["model"] = model.path;
  document["header"] = options.output;
  document["namespace"] = name;
  document["policy"] = writer.policy();
  document["operators"] = graph.nodes.size();
  document["weights"] = parameter_count(graph);
  document["constants"] = writer.typed().constants.size();
  document["header_bytes"] = text.size();
  document["inputs"] = Json::array();
  for (const std::int32_t input : graph.inputs) {
    const TensorInfo& info = graph.tensor(input);
    document["inputs"].push_back({{"name", to_string(info.name)},
                                  {"type", to_string(info.type.element)},
                                  {"shape", shape_json(info.type.shape)}});
  }
  write_json(options.json, document);
}

}  // namespace dlpu::command
