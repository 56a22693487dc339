#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>

#include "dlpu/commands.hpp"
#include "dlpu/io/npy.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/placed.hpp"
#include "dlpu/quantizer.hpp"
#include "dlpu/text.hpp"
#include "dlpu/variant.hpp"

namespace dlpu::command {
namespace {

/// Class numbers of all samples, and how a scheme got them.
struct Predictions {
  std::vector<std::size_t> classes;
  double decibel = 200.0;
  Subject subject;
};

struct Row {
  std::string target, scheme, verdict;
  std::int32_t cpu_operators = 0, slow_operators = 0;
  double accuracy = 0.0, agreement = 0.0, decibel = 0.0;
};

std::vector<std::int64_t> read_class_numbers(const std::string& path) {
  const AlignedBuffer file = value_of(io::read_file(path));
  const io::NpyArray array = value_of(io::NpyArray::parse(file.bytes(), path));
  std::vector<std::int64_t> labels;
  if (array.type() == ElementType::int64) {
    const auto values = value_of(array.values<std::int64_t>());
    labels.assign(values.begin(), values.end());
  } else if (array.type() == ElementType::int32) {
    const auto values = value_of(array.values<std::int32_t>());
    labels.assign(values.begin(), values.end());
  } else {
    throw Failure(fmt::format("{}: class numbers are int32 or int64, not {}", path, to_string(array.type())));
  }
  return labels;
}

std::size_t largest(std::span<const float> scores) {
  return static_cast<std::size_t>(std::ranges::max_element(scores) - scores.begin());
}

std::vector<std::size_t> classes_of(const std::vector<float>& scores, std::size_t samples) {
  std::vector<std::size_t> classes;
  const std::size_t size = scores.size() / samples;
  for (std::size_t i = 0; i < samples; ++i) classes.push_back(largest(std::span(scores).subspan(i * size, size)));
  return classes;
}

/// The quantized file itself: its own types at both ends.
std::vector<std::size_t> run_file(const Source& source, const quantize::Samples& samples) {
  std::vector<Program> programs;
  for (std::size_t i = 0; i < worker_count(); ++i) {
    programs.push_back(value_of(source.stored->scheme == quantize::Scheme::power_of_two
                                    ? source.file.program<PowerOfTwo>()
                                    : source.file.program<PerTensor>()));
  }
  const std::int32_t output = source.file.graph.outputs[0];
  const ElementType type = source.file.graph.tensors[static_cast<std::size_t>(output)].type.element;
  std::vector<std::size_t> classes(samples.count());
  quantize::for_each_sample(samples.count(), programs.size(), [&](std::size_t worker, std::size_t i) {
    const auto input =
        source.input_type == ElementType::float32
            ? std::vector<std::byte>(std::as_bytes(samples[i]).begin(), std::as_bytes(samples[i]).end())
            : quantize::stored_input(samples[i], source.input_type, source.input);
    const std::span<const std::byte> bytes = input;
    programs[worker].run({&bytes, 1});
    const auto stored = programs[worker].output();
    if (type == ElementType::float32)
      classes[i] = largest({reinterpret_cast<const float*>(stored.data()), stored.size() / sizeof(float)});
    else
      classes[i] = largest(quantize::dequantized(stored, type, source.file.parameters[output].quantization));
    return true;
  });
  return classes;
}

Subject subject_for(const quantize::QuantizedNetwork& network, std::string_view scheme, GraphView graph) {
  Subject subject{graph, policy_named(scheme), {}, {}};
  for (const TensorData& data : network.parameters.tensors()) subject.quantization.push_back(data.quantization);
  return subject;
}

quantize::Target wanted_by(const soc::TargetInfo& target) {
  const std::string_view policy = target.policies.front();
  if (policy == PerChannel::name) return {quantize::Scheme::per_channel, ElementType::int8};
  if (policy == PowerOfTwo::name) return {quantize::Scheme::power_of_two, ElementType::int8};
  return {quantize::Scheme::per_tensor, ElementType::int8};
}

void write_csv(const std::string& path, const std::vector<Row>& rows) {
  if (path.empty()) return;
  std::string text = "target,scheme,verdict,cpu_operators,slow_operators,accuracy,agreement,decibel\n";
  for (const Row& row : rows) {
    text += fmt::format("{},{},{},{},{},{:.6f},{:.6f},{:.3f}\n", row.target, row.scheme, row.verdict,
                        row.cpu_operators, row.slow_operators, row.accuracy, row.agreement, row.decibel);
  }
  require(io::write_file(path, std::as_bytes(std::span(text))));
}

}  // namespace

void evaluate(const EvaluateOptions& options) {
  const Source source = open_source(options.model, options.weights);
  const InputMeaning meaning{options.input_scale, options.input_zero_point};
  const std::vector<float> values = read_samples(source, options.inputs, meaning, 0);
  const quantize::Samples samples = value_of(quantize::samples_of(source.network.graph, values));
  const std::vector<std::int64_t> labels = read_class_numbers(options.labels);
  if (labels.size() != samples.count()) {
    throw Failure(fmt::format("{}: {} class numbers for {} samples of {}", options.labels, labels.size(),
                              samples.count(), options.inputs));
  }
  std::vector<float> calibration;
  if (!options.calibration.empty()) {
    calibration =
        read_samples(source, options.calibration, meaning, static_cast<std::size_t>(options.calibration_count));
  }
  std::vector<Target> targets;
  if (options.target == "all") {
    for (const soc::TargetInfo& target : soc::targets) targets.push_back({&target, nullptr});
  } else {
    targets.push_back(parse_target(options.target));
  }

  const std::int32_t output = source.network.graph.outputs[0],
                     compared = quantize::compared_tensor(source.network.graph.view());
  const auto float_classes =
      classes_of(value_of(quantize::float_outputs(source.network, samples, output, worker_count())), samples.count());
  const auto wanted = value_of(quantize::float_outputs(source.network, samples, compared, worker_count()));
  std::vector<std::pair<quantize::Target, Predictions>> done;
  std::vector<quantize::QuantizedNetwork> kept;  // subjects are views of their graphs
  kept.reserve(targets.size());
  std::vector<Row> rows;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    show_progress("evaluating " + targets[i].name(), i, targets.size());
    const soc::TargetInfo& info = *targets[i].info;
    const bool in_float = info.policies.front() == Unquantized::name && !source.stored;
    // The CPU runs any file as it is.
    const quantize::Target scheme =
        info.policies.front() == Unquantized::name && source.stored ? *source.stored : wanted_by(info);
    Predictions now;
    std::string scheme_text = in_float ? std::string(Unquantized::name)
                                       : std::string(quantize::scheme_names[static_cast<std::size_t>(scheme.scheme)]);
    const auto found = std::ranges::find_if(done, [&](const auto& one) { return !in_float && one.first == scheme; });
    if (in_float) {
      now = {float_classes, 200.0, {source.network.graph.view(), policy_facts<Unquantized>, {}, {}}};
    } else if (found != done.end()) {
      now = found->second;
    } else if (source.stored && source.stored->scheme == scheme.scheme) {
      now = {run_file(source, samples),
             200.0,
             {source.file.graph.view(), policy_facts<PerTensor>, {}, source.file.file_operators}};
      const std::string_view policy = scheme.scheme == quantize::Scheme::per_channel  ? PerChannel::name
                                      : scheme.scheme == quantize::Scheme::per_tensor ? PerTensor::name
                                                                                      : PowerOfTwo::name;
      now.subject.policy = policy_named(policy);
      for (const TensorData& data : source.file.parameters.tensors())
        now.subject.quantization.push_back(data.quantization);
      done.emplace_back(scheme, now);
    } else {
      if (calibration.empty()) {
        throw Failure(
            fmt::format("{} wants {}, the network is {}; give --calibration, a .npy file of inputs to quantize with",
                        info.name, scheme_text, source.stored ? "quantized otherwise" : "in float32"));
      }
      const std::span<const quantize::Step> steps =
          options.plain ? std::span<const quantize::Step>{} : std::span<const quantize::Step>(quantize::all_steps);
      quantize::Rescue rescued = value_of(quantize::rescue(source.network, calibration, scheme, steps, worker_count(),
                                                           [](std::size_t, std::size_t) {}));
      kept.push_back(std::move(rescued.best.quantized));
      const quantize::QuantizedNetwork& network = kept.back();
      const auto outputs = value_of(quantize::quantized_outputs(network, samples, output, worker_count()));
      const auto logits = value_of(quantize::quantized_outputs(network, samples, compared, worker_count()));
      now = {classes_of(outputs, samples.count()), quantize::difference(wanted, logits).decibel(),
             subject_for(network, info.policies.front(), network.graph.view())};
      done.emplace_back(scheme, now);
    }
    Row row;
    const Placed placed = place_on(info, now.subject);
    row.target = targets[i].name();
    row.scheme = scheme_text;
    row.verdict = std::string(to_string(placed.summary.verdict));
    row.cpu_operators = placed.summary.cpu_operators;
    row.slow_operators = placed.summary.slow_operators;
    row.decibel = now.decibel;
    for (std::size_t k = 0; k < samples.count(); ++k) {
      row.accuracy += static_cast<std::int64_t>(now.classes[k]) == labels[k] ? 1.0 : 0.0;
      row.agreement += now.classes[k] == float_classes[k] ? 1.0 : 0.0;
    }
    row.accuracy /= static_cast<double>(samples.count());
    row.agreement /= static_cast<double>(samples.count());
    rows.push_back(row);
  }
  show_progress("evaluating", 1, 1);
  Table table({"target", "scheme", "verdict", ">on CPU", ">slow", ">accuracy", ">as float", ">signal to noise"});
  Json document = new_document("evaluate");
  document["rows"] = Json::array();
  for (const Row& row : rows) {
    table.add({row.target, row.scheme, row.verdict, std::to_string(row.cpu_operators),
               std::to_string(row.slow_operators), fmt::format("{:.2f} %", 100.0 * row.accuracy),
               fmt::format("{:.2f} %", 100.0 * row.agreement),
               row.decibel >= 200.0 ? "-" : fmt::format("{:.1f} dB", row.decibel)});
    const std::size_t at = row.target.find('@');
    document["rows"].push_back({{"target", row.target.substr(0, at)},
                                {"device", at == std::string::npos ? "" : row.target.substr(at + 1)},
                                {"scheme", row.scheme},
                                {"verdict", row.verdict},
                                {"cpu_operators", row.cpu_operators},
                                {"slow_operators", row.slow_operators},
                                {"accuracy", row.accuracy},
                                {"agreement", row.agreement},
                                {"decibel", row.decibel}});
  }
  table.print();
  write_csv(options.csv, rows);
  write_json(options.json, document);
}

}  // namespace dlpu::command
