// Scales the channels of a network against each other by random factors from 1/100 to 100, in all ways that do not change
// what it computes in real numbers, and writes it in float32: what no training would leave, for dlpu evaluate.
//
//     g++ -std=c++20 -O1 -Iinclude -Itests tests/tools/scramble_channels.cpp tests/support/rounding_*.cpp -o scramble
//     ./scramble MODEL.tflite OUTPUT.tflite

#include <cmath>

#include "dlpu/io/tflite.hpp"
#include "dlpu/io/tflite_writer.hpp"
#include "dlpu/quantize/channel_scaling.hpp"
#include "support/network_writer.hpp"

int main(int argc, char** argv) {
  using namespace dlpu;
  if (argc != 3) written::fail(std::string("usage: ") + argv[0] + " MODEL.tflite OUTPUT.tflite");
  const io::TfliteModel model = written::require(io::open_tflite(argv[1]));
  quantize::FloatNetwork network = written::require(quantize::float_network(model.graph, model.parameters));
  networks::Uniform uniform(7);
  for (const quantize::ChannelGroup& group : quantize::channel_groups(network.graph)) {
    std::vector<float> factors(group.channels);
    for (float& factor : factors) factor = std::pow(100.0f, uniform(-1.0f, 1.0f));
    quantize::scale_channels(network, group, factors);
  }
  const Parameters parameters = network.parameters();
  const auto file =
      written::require(io::write_tflite(network.graph.view(), parameters, {.storage = ElementType::float32}));
  if (!io::write_file(argv[2], file)) written::fail(std::string(argv[2]) + ": cannot be written");
}
