#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>

#include "dlpu/classes.hpp"
#include "dlpu/commands.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/placed.hpp"
#include "dlpu/quantizer.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

/// Class numbers of all samples, and how a scheme got them.
struct Predictions {
  std::vector<std::size_t> classes;
  double decibel = 200.0;
  Subject subject;
};

struct Row {
  Target target;
  std::string scheme, verdict;
  std::int32_t cpu_operators = 0, slow_operators = 0;
  double accuracy = 0.0, agreement = 0.0, decibel = 0.0;
};

std::vector<std::size_t> classes_of(const std::vector<float>& scores, std::size_t samples) {
  std::vector<std::size_t> classes;
  const std::size_t size = scores.size() / samples;
  for (std::size_t i = 0; i < samples; ++i) classes.push_back(best_class(std::span(scores).subspan(i * size, size)));
  return classes;
}

/// The quantized file itself: its own types at both ends.
std::vector<std::size_t> run_file(const Source& source, const quantize::Samples& samples) {
  std::vector<Program> programs;
  for (std::size_t i = 0; i < worker_count(); ++i) {
    const bool power_of_two = source.stored->scheme == quantize::Scheme::power_of_two;
    programs.push_back(value_of(power_of_two ? source.file.program<PowerOfTwo>() : source.file.program<PerTensor>()));
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
      classes[i] = best_class({reinterpret_cast<const float*>(stored.data()), stored.size() / sizeof(float)});
    else
      classes[i] = best_class(quantize::dequantized(stored, type, source.file.parameters[output].quantization));
    return true;
  });
  return classes;
}

/// How a network is quantized for a target.
struct Wanted {
  bool in_float = false;
  quantize::Target target;

  [[nodiscard]] std::string name() const {
    if (in_float) return std::string(Unquantized::name);
    const std::string scheme(quantize::scheme_names[static_cast<std::size_t>(target.scheme)]);
    return target.storage == ElementType::int16 ? scheme + ", 16 bit" : scheme;
  }
};

/// The CPU runs any file as it is; a chip of power-of-two scales any that has them, of 8 or 16 bits.
Wanted wanted_by(const soc::TargetInfo& info, const std::optional<quantize::Target>& stored,
                 ElementType power_of_two) {
  const std::string_view policy = info.policies.front();
  if (policy == Unquantized::name) return stored ? Wanted{false, *stored} : Wanted{true, {}};
  if (policy == PerChannel::name) return {false, {quantize::Scheme::per_channel, ElementType::int8}};
  if (policy == PowerOfTwo::name) {
    if (stored && stored->scheme == quantize::Scheme::power_of_two) return {false, *stored};
    return {false, {quantize::Scheme::power_of_two, power_of_two}};
  }
  return {false, {quantize::Scheme::per_tensor, ElementType::int8}};
}

std::string_view policy_name(quantize::Target target) {
  switch (target.scheme) {
    case quantize::Scheme::per_channel:
      return PerChannel::name;
    case quantize::Scheme::power_of_two:
      return target.storage == ElementType::int16 ? PowerOfTwo16::name : PowerOfTwo::name;
    default:
      return PerTensor::name;
  }
}

Subject subject_of(const GraphView& graph, quantize::Target target, const Parameters& parameters,
                   const std::vector<std::int32_t>& file_operators = {}) {
  Subject subject{graph, policy_named(policy_name(target)), {}, file_operators};
  for (const TensorData& data : parameters.tensors()) subject.quantization.push_back(data.quantization);
  return subject;
}

void write_csv(const std::string& path, const std::vector<Row>& rows) {
  if (path.empty()) return;
  std::string text = "target,device,scheme,verdict,cpu_operators,slow_operators,accuracy,agreement,decibel\n";
  for (const Row& row : rows) {
    text += fmt::format("{},{},{},{},{},{},{:.6f},{:.6f},{:.3f}\n", row.target.info->key, row.target.device_name(),
                        row.scheme, row.verdict, row.cpu_operators, row.slow_operators, row.accuracy, row.agreement,
                        row.decibel);
  }
  require(io::write_file(path, std::as_bytes(std::span(text))));
}

/// A network on the samples to judge it by, in each scheme once.
class Evaluator {
 public:
  explicit Evaluator(const EvaluateOptions& options)
      : source_(open_source(options.model, options.weights)),
        power_of_two_storage_(options.sixteen_bit ? ElementType::int16 : ElementType::int8),
        steps_(options.plain ? std::span<const quantize::Step>{} : quantize::all_steps) {
    const InputMeaning meaning{options.input_scale, options.input_zero_point};
    values_ = read_samples(source_, options.inputs, meaning, 0);
    samples_ = value_of(quantize::samples_of(source_.network.graph, values_));
    labels_ = read_class_numbers(options.labels);
    if (labels_.size() != samples_.count()) {
      throw Failure(fmt::format("{}: {} class numbers for {} samples of {}", options.labels, labels_.size(),
                                samples_.count(), options.inputs));
    }
    if (!options.calibration.empty()) {
      calibration_ =
          read_samples(source_, options.calibration, meaning, static_cast<std::size_t>(options.calibration_count));
    }
    compared_ = quantize::compared_tensor(source_.network.graph.view());
    wanted_ = value_of(quantize::float_outputs(source_.network, samples_, compared_, worker_count()));
    in_float_ = {classes_of(value_of(quantize::float_outputs(source_.network, samples_, output(), worker_count())),
                            samples_.count()),
                 200.0,
                 {source_.network.graph.view(), policy_facts<Unquantized>, {}, {}}};
  }

  [[nodiscard]] Row row_of(const Target& target) {
    const Wanted wanted = wanted_by(*target.info, source_.stored, power_of_two_storage_);
    const Predictions& predictions = wanted.in_float ? in_float_ : predictions_of(wanted, *target.info);
    const PlacementSummary placed = place_on(*target.info, predictions.subject).summary;
    Row row{target,
            wanted.name(),
            std::string(to_string(placed.verdict)),
            placed.cpu_operators,
            placed.slow_operators,
            0.0,
            0.0,
            predictions.decibel};
    for (std::size_t i = 0; i < samples_.count(); ++i) {
      row.accuracy += static_cast<std::int64_t>(predictions.classes[i]) == labels_[i] ? 1.0 : 0.0;
      row.agreement += predictions.classes[i] == in_float_.classes[i] ? 1.0 : 0.0;
    }
    row.accuracy /= static_cast<double>(samples_.count());
    row.agreement /= static_cast<double>(samples_.count());
    return row;
  }

 private:
  [[nodiscard]] std::int32_t output() const { return source_.network.graph.outputs[0]; }

  const Predictions& predictions_of(const Wanted& wanted, const soc::TargetInfo& info) {
    for (const auto& [target, predictions] : done_) {
      if (target == wanted.target) return predictions;
    }
    const bool as_stored =
        source_.stored && source_.stored->scheme == wanted.target.scheme &&
        (source_.stored->storage == ElementType::int16) == (wanted.target.storage == ElementType::int16);
    return done_.emplace_back(wanted.target, as_stored ? of_file() : quantized(wanted, info)).second;
  }

  [[nodiscard]] Predictions of_file() const {
    const io::TfliteModel& file = source_.file;
    return {run_file(source_, samples_), 200.0,
            subject_of(file.graph.view(), *source_.stored, file.parameters, file.file_operators)};
  }

  [[nodiscard]] Predictions quantized(const Wanted& wanted, const soc::TargetInfo& info) {
    if (calibration_.empty()) {
      throw Failure(
          fmt::format("{} wants {}, the network is {}; give --calibration, a .npy file of inputs to quantize with",
                      info.name, wanted.name(), source_.stored ? "quantized otherwise" : "in float32"));
    }
    quantize::Rescue rescued = value_of(quantize::rescue(source_.network, calibration_, wanted.target, steps_,
                                                         worker_count(), [](std::size_t, std::size_t) {}));
    const quantize::QuantizedNetwork& network = kept_.emplace_back(std::move(rescued.best.quantized));
    const auto outputs = value_of(quantize::quantized_outputs(network, samples_, output(), worker_count()));
    const auto logits = value_of(quantize::quantized_outputs(network, samples_, compared_, worker_count()));
    return {classes_of(outputs, samples_.count()), quantize::difference(wanted_, logits).decibel(),
            subject_of(network.graph.view(), wanted.target, network.parameters)};
  }

  Source source_;
  ElementType power_of_two_storage_;
  std::span<const quantize::Step> steps_;
  std::vector<float> values_, calibration_;
  quantize::Samples samples_;
  std::vector<std::int64_t> labels_;
  std::int32_t compared_ = -1;
  std::vector<float> wanted_;  // of the compared tensor, in float32
  Predictions in_float_;
  std::deque<std::pair<quantize::Target, Predictions>> done_;
  std::deque<quantize::QuantizedNetwork> kept_;  // subjects are views of their graphs
};

std::vector<Target> targets_of(const std::string& text) {
  if (text != "all") return {parse_target(text)};
  std::vector<Target> targets;
  for (const soc::TargetInfo& target : soc::targets) targets.push_back({&target, nullptr});
  return targets;
}

void print(const std::vector<Row>& rows) {
  Table table({"target", "scheme", "verdict", ">on CPU", ">slow", ">accuracy", ">as float", ">signal to noise"});
  for (const Row& row : rows) {
    table.add({row.target.name(), row.scheme, row.verdict, std::to_string(row.cpu_operators),
               std::to_string(row.slow_operators), fmt::format("{:.2f} %", 100.0 * row.accuracy),
               fmt::format("{:.2f} %", 100.0 * row.agreement),
               row.decibel >= 200.0 ? "-" : fmt::format("{:.1f} dB", row.decibel)});
  }
  table.print();
}

Json to_json(const std::vector<Row>& rows) {
  Json list = Json::array();
  for (const Row& row : rows) {
    list.push_back({{"target", row.target.info->key},
                    {"device", row.target.device ? Json(row.target.device->name) : Json()},
                    {"scheme", row.scheme},
                    {"verdict", row.verdict},
                    {"cpu_operators", row.cpu_operators},
                    {"slow_operators", row.slow_operators},
                    {"accuracy", row.accuracy},
                    {"agreement", row.agreement},
                    {"decibel", row.decibel}});
  }
  return list;
}

}  // namespace

void evaluate(const EvaluateOptions& options) {
  const std::vector<Target> targets = targets_of(options.target);
  Evaluator evaluator(options);
  std::vector<Row> rows;
  for (const Target& target : targets) {
    show_progress("evaluating " + target.name(), rows.size(), targets.size());
    rows.push_back(evaluator.row_of(target));
  }
  show_progress("evaluating", 1, 1);
  print(rows);
  write_csv(options.csv, rows);
  Json document = new_document("evaluate");
  document["rows"] = to_json(rows);
  write_json(options.json, document);
}

}  // namespace dlpu::command
