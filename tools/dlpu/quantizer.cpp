#include "dlpu/quantizer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "dlpu/core/math.hpp"
#include "dlpu/failure.hpp"
#include "dlpu/io/npy.hpp"
#include "dlpu/text.hpp"

namespace dlpu::command {
namespace {

std::optional<quantize::Target> stored_as(const io::TfliteModel& file) {
  bool per_channel = false, power_of_two = true, any = false;
  ElementType storage = ElementType::float32;
  for (const Node& node : file.graph.nodes) {
    if (!::dlpu::detail::is_weighted(file.graph.view(), node)) continue;
    const auto inputs = file.graph.view().inputs_of(node);
    const ElementType input = file.graph.view().tensor(inputs[0]).type.element;
    if (!is_quantized(input)) continue;
    any = true;
    storage = input;
    const TensorData& filter = file.parameters[inputs[1]];
    per_channel = per_channel || filter.scales.size() > 1;
    power_of_two = power_of_two && math::is_power_of_two(filter.scales[0]) && filter.quantization.zero_point == 0 &&
                   math::is_power_of_two(file.parameters[inputs[0]].quantization.scale);
  }
  if (!any) return std::nullopt;
  const auto scheme = per_channel    ? quantize::Scheme::per_channel
                      : power_of_two ? quantize::Scheme::power_of_two
                                     : quantize::Scheme::per_tensor;
  return quantize::Target{scheme, storage};
}

template <class T>
void append(std::vector<float>& values, const io::NpyArray& array, std::size_t count, Quantization meaning) {
  const std::span<const T> stored(reinterpret_cast<const T*>(array.data().data()), count);
  for (const T value : stored) values.push_back(meaning.scale * static_cast<float>(value - meaning.zero_point));
}

Quantization meaning_of(const Source& source, const io::NpyArray& array, const InputMeaning& meaning) {
  if (meaning.scale) return {*meaning.scale, meaning.zero_point};
  if (source.stored && array.type() == source.input_type) return source.input;
  throw Failure(
      fmt::format("{}: the array is {}, and the network's input is {}; say what its numbers stand for with "
                  "--input-scale and --input-zero-point",
                  array.file_name(), to_string(array.type()), to_string(source.input_type)));
}

}  // namespace

Source open_source(const std::string& model, const std::string& weights) {
  Source source;
  source.path = model;
  source.file = open_model(model, weights).file;
  source.stored = stored_as(source.file);
  Result<quantize::FloatNetwork> network = quantize::float_network(source.file.graph, source.file.parameters);
  if (!network) throw Failure(model + ": " + network.error());
  source.network = *std::move(network);
  if (source.file.graph.inputs.size() == 1) {
    const std::int32_t input = source.file.graph.inputs[0];
    source.input = source.file.parameters[input].quantization;
    source.input_type = source.file.graph.tensors[static_cast<std::size_t>(input)].type.element;
  }
  return source;
}

std::vector<float> read_samples(const Source& source, const std::string& path, const InputMeaning& meaning,
                                std::size_t most) {
  if (source.network.graph.inputs.size() != 1) throw Failure(source.path + ": the network has several inputs");
  const AlignedBuffer file = value_of(io::read_file(path));
  const io::NpyArray array = value_of(io::NpyArray::parse(file.bytes(), path));
  const Shape& wanted =
      source.network.graph.tensors[static_cast<std::size_t>(source.network.graph.inputs[0])].type.shape;
  bool fits = array.shape().rank == wanted.rank && wanted.rank > 0;
  for (int i = 1; fits && i < wanted.rank; ++i) fits = array.shape()[i] == wanted[i];
  if (!fits || array.shape().elements() == 0 || array.shape()[0] % wanted[0] != 0) {
    throw Failure(
        fmt::format("{}: the array is {}, but samples for an input of {} are needed, end to end on the first axis",
                    path, to_string(array.shape()), to_string(wanted)));
  }
  const auto size = static_cast<std::size_t>(wanted.elements());
  std::size_t count = static_cast<std::size_t>(array.shape().elements());
  if (most != 0) count = std::min(count, most * size);
  std::vector<float> values;
  if (array.type() == ElementType::float32) {
    const auto all = value_of(array.finite_values(array.shape()));
    values.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
  } else if (array.type() == ElementType::uint8) {
    append<std::uint8_t>(values, array, count, meaning_of(source, array, meaning));
  } else if (array.type() == ElementType::int8) {
    append<std::int8_t>(values, array, count, meaning_of(source, array, meaning));
  } else if (array.type() == ElementType::int16) {
    append<std::int16_t>(values, array, count, meaning_of(source, array, meaning));
  } else {
    throw Failure(
        fmt::format("{}: samples are float32, int8, uint8 or int16, not {}", path, to_string(array.type())));
  }
  return values;
}

quantize::Scheme scheme_named(const std::string& name) {
  for (std::size_t i = 0; i < std::size(quantize::scheme_names); ++i) {
    if (quantize::scheme_names[i] == name) return static_cast<quantize::Scheme>(i);
  }
  throw Failure(fmt::format("--scheme: '{}' is no scheme; there is: {}", printable(name),
                            fmt::join(quantize::scheme_names, ", ")));
}

std::size_t worker_count() {
  return std::max(1u, std::thread::hardware_concurrency());
}

void show_progress(std::string_view what, std::size_t done, std::size_t all) {
  if (isatty(STDERR_FILENO) == 0 || all == 0) return;
  constexpr std::size_t width = 30;
  const std::string bar(done * width / all, '#');
  std::fprintf(stderr, "\r%-30s [%-30s] %zu/%zu%s", std::string(what).c_str(), bar.c_str(), done, all,
               done == all ? "\n" : "");
  std::fflush(stderr);
}

}  // namespace dlpu::command
