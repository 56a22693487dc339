// Reads any bytes as a .tflite file and runs what they describe. A fuzzer for clang:
//
//     cmake -B build/fuzz -DCMAKE_CXX_COMPILER=clang++ -DDLPU_BUILD_FUZZERS=ON && cmake --build build/fuzz -t tflite_fuzz
//     mkdir corpus && build/fuzz/tests/fuzz/tflite_fuzz corpus tests/fixtures

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dlpu/io/tflite.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace dlpu;
  const Result<io::TfliteModel> model = io::read_tflite(std::as_bytes(std::span(data, size)), "fuzzed");
  if (!model) return 0;
  // What would only take long is left out: large networks are legal.
  std::uint64_t bytes = 0, macs = 0;
  for (const TensorInfo& tensor : model->graph.tensors) bytes += bytes_of(tensor.type, tensor.type.element);
  const GraphView graph = model->graph.view();
  for (const Node& node : graph.nodes) {
    const TensorType input = graph.input_type(node);
    macs += static_cast<std::uint64_t>(visit(node.op, [&](const auto& op) {
      return op.macs({&input, 1}, graph.output_type(node).shape);
    }));
  }
  if (bytes > (1 << 20) || macs > (1 << 24)) return 0;
  Result<Program> program = model->program();
  if (!program) return 0;
  std::vector<AlignedBuffer> inputs;
  std::vector<std::span<const std::byte>> spans;
  for (const std::int32_t input : graph.inputs) inputs.emplace_back(program->tensor(input).size());
  for (const AlignedBuffer& input : inputs) spans.push_back(input.bytes());
  program->run(spans);
  return 0;
}
