#include "dlpu/accuracy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <utility>

#include "dlpu/classes.hpp"
#include "dlpu/failure.hpp"
#include "dlpu/io/npy.hpp"
#include "dlpu/quantize/float_network.hpp"
#include "dlpu/quantize/quantize.hpp"
#include "dlpu/variant.hpp"

namespace dlpu::command {
namespace {

/// An array file: inputs of a network one behind the other, or labels.
struct ArrayFile {
  std::string path;
  AlignedBuffer file;
  io::NpyArray array;

  explicit ArrayFile(const std::string& name)
      : path(name), file(value_of(io::read_file(name))), array(value_of(io::NpyArray::parse(file.bytes(), name))) {}
};

template <class T>
T element_at(std::span<const std::byte> bytes, std::size_t i) {
  T value;
  std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

/// The i-th number as a real one: pixels (uint8) from -1 to 1 as photographs are given to float networks.
float real_at(const io::NpyArray& array, std::size_t i) {
  if (array.type() == ElementType::float32) return element_at<float>(array.data(), i);
  return (static_cast<float>(element_at<std::uint8_t>(array.data(), i)) - 127.5f) / 127.5f;
}

/// The samples of a file for the network's only input, [count, ...input shape].
class Samples {
 public:
  Samples(const std::string& path, const Model& model) : file_(path) {
    if (model.graph().inputs.size() != 1) throw Failure(model.path + ": accuracy needs a network of one input");
    input_ = model.graph().inputs[0];
    const TensorInfo& tensor = model.tensor(input_);
    const Shape &shape = file_.array.shape(), &wanted = tensor.type.shape;
    size_ = static_cast<std::size_t>(wanted.elements());
    const std::int64_t elements = shape.elements();
    const bool fits =
        shape.rank > 0 && shape[0] > 0 && size_ > 0 && elements == static_cast<std::int64_t>(size_) * shape[0];
    const ElementType type = file_.array.type();
    const bool known = type == tensor.type.element || type == ElementType::float32 || type == ElementType::uint8;
    if (!fits || !known) {
      throw Failure(fmt::format("{}: the array is {} {}, but it must hold inputs {} in uint8, float32 or {}", path,
                                to_string(type), to_string(shape), to_string(wanted),
                                to_string(tensor.type.element)));
    }
    count_ = static_cast<std::size_t>(shape[0]);
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] const std::string& path() const { return file_.path; }

  /// All samples as real numbers.
  [[nodiscard]] std::vector<float> reals() const {
    std::vector<float> values(count_ * size_);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = real_at(file_.array, i);
    return values;
  }

  /// One sample as a network stores its input: pixels keep their bits in 8-bit networks.
  void load(std::size_t sample, ElementType element, Quantization quantization, AlignedBuffer& input) const {
    const std::size_t first = sample * size_;
    const ElementType type = file_.array.type();
    for (std::size_t i = 0; i < size_; ++i) {
      std::byte* place = input.data() + i * element_bytes(element);
      if (type == element) {
        std::memcpy(place, file_.array.data().data() + (first + i) * element_bytes(element), element_bytes(element));
      } else if (element == ElementType::float32) {
        const float value = real_at(file_.array, first + i);
        std::memcpy(place, &value, sizeof value);
      } else if (type == ElementType::uint8 && element == ElementType::int8 && keeps_pixels_) {
        *place = element_at<std::byte>(file_.array.data(), first + i) ^ std::byte{0x80};
      } else {
        const float value = real_at(file_.array, first + i);
        visit_quantized(element, [&]<class T>(T) {
          const T stored = dlpu::detail::quantize_value<T>(value, quantization);
          std::memcpy(place, &stored, sizeof stored);
        });
      }
    }
  }
  /// Networks that dlpu quantized take real numbers in their own scale; files take pixels.
  void take_reals() { keeps_pixels_ = false; }

 private:
  ArrayFile file_;
  std::int32_t input_ = 0;
  std::size_t size_ = 0, count_ = 0;
  bool keeps_pixels_ = true;
};

/// A float network quantized, with the types of the file that would hold it.
template <class Policy>
Model quantized(const Model& model, const Graph& open, std::span<const float> samples) {
  Program program = prepare(model, {});
  quantize::Ranges ranges = value_of(quantize::observe_ranges(program, samples));
  Model result{model.path, {}};
  result.file.parameters =
      value_of(quantize::quantize_network<Policy>(open.view(), model.file.parameters, std::move(ranges)));
  result.file.graph = quantize::with_storage(open, element_type_of<typename Policy::Storage>);
  result.file.file_operators = model.file.file_operators;
  return result;
}

double accuracy_of(const Model& model, const Samples& samples, std::span<const std::int64_t> labels) {
  Program program = prepare(model, {});
  const TensorInfo& input = model.tensor(model.graph().inputs[0]);
  const std::int32_t output = model.graph().outputs.at(0);
  if (!is_class_vector(model.tensor(output))) {
    throw Failure(fmt::format("{}: --labels: the first output, {}, is no list of class scores", model.path,
                              describe(model.tensor(output))));
  }
  const Quantization quantization = model.quantization(model.graph().inputs[0]);
  AlignedBuffer buffer(bytes_of(input.type, input.type.element));
  std::size_t right = 0;
  for (std::size_t i = 0; i < samples.count(); ++i) {
    samples.load(i, input.type.element, quantization, buffer);
    const std::span<const std::byte> view = buffer.bytes();
    program.run({&view, 1});
    const std::vector<float> scores = scores_of(model, output, program.output(0));
    right += static_cast<std::int64_t>(best_class(scores)) == labels[i] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(samples.count());
}

}  // namespace

AccuracyOf::AccuracyOf(const Candidate& candidate, const ReportOptions& options)
    : candidate_(candidate), options_(options) {
  if (options.inputs.empty() != options.labels.empty()) {
    throw Failure("accuracy needs both --inputs and --labels");
  }
}

std::optional<double> AccuracyOf::under(PolicyFacts scheme) {
  const Model* model = candidate_.model();
  if (options_.inputs.empty() || model == nullptr) return {};
  const auto found = known_.find(scheme_name(scheme));
  if (found != known_.end()) return found->second;
  std::optional<double>& result = known_[scheme_name(scheme)];

  Samples samples(options_.inputs, *model);
  const std::vector<std::int64_t> labels = read_class_numbers(options_.labels);
  if (labels.size() != samples.count()) {
    throw Failure(fmt::format("{}: it has {} labels, but {} has {} inputs", options_.labels, labels.size(),
                              options_.inputs, samples.count()));
  }
  const bool as_stored = scheme_name(subject_of(*model).policy) == scheme_name(scheme);
  if (as_stored) return result = accuracy_of(*model, samples, labels);
  if (!candidate_.is_open() || options_.calibration.empty()) return result;
  samples.take_reals();
  const std::vector<float> calibration = Samples(options_.calibration, *model).reals();
  const Graph& open = *candidate_.open_graph();
  const bool wide = scheme.storage == ElementType::int16;
  const Model quantized_model = wide                  ? quantized<PowerOfTwo16>(*model, open, calibration)
                                : scheme.power_of_two ? quantized<PowerOfTwo>(*model, open, calibration)
                                : scheme.per_channel  ? quantized<PerChannel>(*model, open, calibration)
                                                      : quantized<PerTensor>(*model, open, calibration);
  return result = accuracy_of(quantized_model, samples, labels);
}

}  // namespace dlpu::command
