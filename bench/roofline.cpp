/// How near each operator of a network comes to what the machine can do: its multiply-accumulates to the best rung's peak,
/// its bytes to what one core copies within its second-level cache.
///
///     build/release/bench/roofline MODEL.tflite ...
///
/// Prints a Markdown table for each network. Operators run one by one, without fusion; times are the least of many runs.
/// `roof` is the time that an operator would take at the tighter of the two bounds.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "dlpu/io/tflite.hpp"
#include "peak.hpp"
#include "support/program_instances.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Bytes read and written a second.
double copied_bytes() {
  constexpr std::size_t bytes = 128 * 1024;
  std::vector<char> from(bytes, 1), to(bytes);
  double least = 1e9;
  for (int i = 0; i < 2000; ++i) {
    const auto start = Clock::now();
    std::memcpy(to.data(), from.data(), bytes);
    asm volatile("" : : "r"(to.data()) : "memory");
    least = std::min(least, seconds_since(start));
  }
  return 2.0 * bytes / least;
}

struct Row {
  std::string name;
  double seconds = 1e9, macs = 0.0, bytes = 0.0;
};

Row row_of(const dlpu::GraphView& graph, const dlpu::Node& node) {
  Row row;
  row.name = std::string(dlpu::name_of(node.op)) + " " + dlpu::to_string(graph.output_type(node).shape);
  std::vector<dlpu::TensorType> inputs;
  for (const std::int32_t tensor : graph.inputs_of(node)) inputs.push_back(graph.tensor(tensor).type);
  row.macs = static_cast<double>(
      visit(node.op, [&](const auto& op) { return op.macs(inputs, graph.output_type(node).shape); }));
  const auto add = [&](std::span<const std::int32_t> tensors) {
    for (const std::int32_t t : tensors)
      row.bytes += static_cast<double>(bytes_of(graph.tensor(t), graph.tensor(t).type.element));
  };
  add(graph.inputs_of(node));
  add(graph.outputs_of(node));
  return row;
}

std::vector<Row> measure(const dlpu::io::TfliteModel& model) {
  dlpu::Program program = *model.program({.fusion = dlpu::no_fusion});
  const dlpu::GraphView graph = model.graph.view();
  std::vector<Row> rows;
  for (const dlpu::Node& node : graph.nodes) rows.push_back(row_of(graph, node));
  std::mt19937 random(1);
  std::vector<std::vector<std::byte>> inputs;
  for (const std::int32_t input : graph.inputs) {
    const dlpu::TensorInfo& info = graph.tensor(input);
    inputs.emplace_back(bytes_of(info, info.type.element));
    for (std::byte& byte : inputs.back()) byte = static_cast<std::byte>(random() >> 25);  // finite in float32 too
  }
  const std::vector<std::span<const std::byte>> views(inputs.begin(), inputs.end());
  const auto begin = Clock::now();
  for (int run = 0; run < 20 || seconds_since(begin) < 2.0; ++run) {
    auto last = Clock::now();
    program.run(views, [&](std::size_t node) {
      const auto now = Clock::now();
      rows[node].seconds = std::min(rows[node].seconds, std::chrono::duration<double>(now - last).count());
      last = Clock::now();
    });
  }
  return rows;
}

void print(const std::string& path, const std::vector<Row>& rows, double peak, double copied) {
  std::printf("\n%s: peak %.0f GMAC/s, %.0f GB/s\n\n", path.c_str(), peak * 1e-9, copied * 1e-9);
  std::printf("| operator | us | roof, us | GMAC/s | of peak | GB/s | of copying | nearer bound |\n");
  std::printf("| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n");
  double sum = 0.0, sum_roof = 0.0;
  for (const Row& row : rows) {
    const double compute = peak > 0.0 ? row.macs / peak : 0.0, move = row.bytes / copied;
    const double roof = std::max(compute, move);
    sum += row.seconds;
    sum_roof += roof;
    std::printf("| %s | %.1f | %.1f | %.1f | %.0f %% | %.1f | %.0f %% | %s |\n", row.name.c_str(), row.seconds * 1e6,
                roof * 1e6, row.macs / row.seconds * 1e-9, 100.0 * compute / row.seconds,
                row.bytes / row.seconds * 1e-9, 100.0 * move / row.seconds, compute > move ? "products" : "bytes");
  }
  std::printf("| all | %.1f | %.1f | | %.0f %% of the roof | | | |\n", sum * 1e6, sum_roof * 1e6,
              100.0 * sum_roof / sum);
}

}  // namespace

int main(int argc, char** argv) {
  const double copied = copied_bytes();
  for (int i = 1; i < argc; ++i) {
    const auto model = dlpu::io::open_tflite(argv[i]);
    if (!model) return std::fprintf(stderr, "%s\n", model.error().c_str()), 1;
    const bool is_float = model->graph.tensors[static_cast<std::size_t>(model->graph.inputs[0])].type.element ==
                          dlpu::ElementType::float32;
    print(argv[i], measure(*model), peak::of(dlpu::isa::best_rung(), is_float), copied);
  }
}
