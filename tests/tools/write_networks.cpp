// Writes networks as .tflite files, with inputs and what dlpu computes from them, for tools/check_written.py:
//
//     g++ -std=c++20 -O1 -Iinclude -Itests tests/tools/write_networks.cpp tests/support/rounding_*.cpp
//         -o write_networks -lgtest
//     ./write_networks FOLDER && python tools/check_written.py FOLDER

#include "../../examples/digits/digits_data.hpp"
#include "dlpu/dlpu.hpp"
#include "support/network_writer.hpp"

namespace {

using namespace dlpu;

template <class Policy>
void write_digits(const written::NetworkWriter& writer, const std::string& name, const digits::Data& data) {
  const Graph graph = build_graph<digits::DigitsNet>();
  const Parameters parameters = written::require(digits::parameters_for<Policy>(data));
  const Quantization quantization = parameters[graph.inputs[0]].quantization;
  std::vector<std::byte> images;
  for (const std::uint8_t pixel : data.images) {
    const float real = digits::grey_values.real(pixel);
    typename Policy::Storage stored{};
    if constexpr (Policy::quantized)
      stored = Policy::Activation::quantize(real, quantization);
    else
      stored = real;
    const auto bytes = std::as_bytes(std::span(&stored, 1));
    images.insert(images.end(), bytes.begin(), bytes.end());
  }
  writer.write<Policy>(name, graph, parameters, {images});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) written::fail(std::string("usage: ") + argv[0] + " FOLDER");
  std::filesystem::create_directories(argv[1]);
  const written::NetworkWriter writer(argv[1]);
  const digits::Data data = written::require(digits::load_data(digits::source_folder()));
  write_digits<Unquantized>(writer, "digits_float", data);
  write_digits<PerTensor>(writer, "digits_per_tensor", data);
  write_digits<PerChannel>(writer, "digits_per_channel", data);
  write_digits<written::PerTensorUint8>(writer, "digits_uint8", data);
  write_digits<PowerOfTwo>(writer, "digits_power_of_two", data);
  write_digits<PowerOfTwo16>(writer, "digits_power_of_two_16", data);
  writer.write_everywhere<written::AllOperators>("all_operators", 50);
  writer.write_in_16_bits<written::AllOperators>("all_operators", 50);
  writer.write_everywhere<written::Movement>("movement", 20);
  writer.write_everywhere<written::Functions>("functions", 20);
  const Graph positive = build_graph<written::FunctionsWithoutUint8>();
  writer.write_random<Unquantized>("functions_without_uint8_float", positive, 20);
  writer.write_random<PerTensor>("functions_without_uint8_per_tensor", positive, 20);
  const Graph sums = build_graph<written::Sums>();
  writer.write_random<Unquantized>("sums_float", sums, 20);
  writer.write_random<written::PerTensorUint8>("sums_uint8", sums, 20);
  const Graph detection = build_graph<written::Detection>();
  writer.write_random<Unquantized>("detection_float", detection, 20);
  writer.write_random<written::PerTensorUint8>("detection_uint8", detection, 20);
  const Graph clamps = build_graph<written::Clamps>();
  writer.write_random<Unquantized>("clamps_float", clamps, 50);
  writer.write_random<PerTensor>("clamps_per_tensor", clamps, 50);
  writer.write_random<written::PerTensorUint8>("clamps_uint8", clamps, 50);
  writer.write_everywhere<zoo::KwsDscnn>("kws_dscnn", 20);
  writer.write_everywhere<zoo::ResNet8>("resnet8", 10);
  writer.write_in_16_bits<zoo::KwsDscnn>("kws_dscnn", 20);
  writer.write_in_16_bits<zoo::ResNet8>("resnet8", 10);
  writer.write_everywhere<zoo::VwwMobileNetV1>("vww_mobilenet_v1", 5);
  writer.write_everywhere<zoo::MobileNetV2<zoo::Options{.width_percent = 35, .input = 96, .classes = 10}>>(
      "mobilenet_v2_35_96", 5);
  writer.write_in_16_bits<zoo::MobileNetV2<zoo::Options{.width_percent = 35, .input = 96, .classes = 10}>>(
      "mobilenet_v2_35_96", 5);
}
