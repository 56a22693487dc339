#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>

#include "dlpu/checksum.hpp"
#include "dlpu/commands.hpp"
#include "dlpu/core/thread_pool.hpp"
#include "dlpu/inputs.hpp"
#include "dlpu/json_file.hpp"
#include "dlpu/text.hpp"
#include "dlpu/variant.hpp"

namespace dlpu::command {
namespace {

using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// Of the times of some runs, in microseconds.
struct Times {
  std::vector<double> runs;

  [[nodiscard]] double first() const { return runs.front(); }
  [[nodiscard]] double current() const { return runs.back(); }
  [[nodiscard]] double min() const { return std::ranges::min(runs); }
  [[nodiscard]] double max() const { return std::ranges::max(runs); }
  [[nodiscard]] double average() const {
    return std::accumulate(runs.begin(), runs.end(), 0.0) / static_cast<double>(runs.size());
  }
  [[nodiscard]] double median() const {
    std::vector<double> sorted = runs;
    std::ranges::sort(sorted);
    const std::size_t half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
  [[nodiscard]] double deviation() const {
    const double mean = average();
    double squares = 0.0;
    for (const double run : runs) squares += (run - mean) * (run - mean);
    return std::sqrt(squares / static_cast<double>(runs.size()));
  }
};

using Views = std::vector<std::span<const std::byte>>;

Times measure(Program& program, ThreadPool& pool, const Views& inputs, std::int32_t runs) {
  Times times;
  times.runs.reserve(static_cast<std::size_t>(runs));
  for (std::int32_t i = 0; i < runs; ++i) {
    const auto start = Clock::now();
    program.run(inputs, pool);
    times.runs.push_back(microseconds_since(start));
  }
  return times;
}

/// As LiteRT's benchmark_model prints them, in microseconds.
void print_times(const Times& times) {
  fmt::print("count={} first={:.0f} curr={:.0f} min={:.0f} max={:.0f} avg={:.1f} std={:.0f}\n", times.runs.size(),
             times.first(), times.current(), times.min(), times.max(), times.average(), times.deviation());
}

/// The average microseconds of each operator. Looking at the clock costs time too, so these are runs of their own.
std::vector<double> profile(Program& program, const Views& inputs, std::int32_t runs) {
  std::vector<double> averages(program.graph().nodes.size());
  for (std::int32_t i = 0; i < runs; ++i) {
    auto last = Clock::now();
    program.run(inputs, [&](std::size_t node) {
      const auto now = Clock::now();
      averages[node] += std::chrono::duration<double, std::micro>(now - last).count() / runs;
      last = now;
    });
  }
  return averages;
}

Json show_profile(const Model& model, const std::vector<double>& averages) {
  const double total = std::accumulate(averages.begin(), averages.end(), 0.0);
  const auto share = [&](double time) { return fmt::format("{:.1f} %", total > 0.0 ? 100.0 * time / total : 0.0); };
  Json json = Json::array();
  std::map<std::string_view, std::pair<int, double>> kinds;
  Table table({">operator", "type", ">avg us", ">share", ">MMAC", "name"});
  for (std::size_t i = 0; i < averages.size(); ++i) {
    const Node& node = model.graph().nodes[i];
    const std::int64_t macs = multiply_accumulates(model.graph().view(), node);
    const std::string number = std::to_string(model.file.file_operators[i]), name = to_string(node.name);
    table.add({number, std::string(name_of(node.op)), fmt::format("{:.1f}", averages[i]), share(averages[i]),
               fmt::format("{:.2f}", static_cast<double>(macs) * 1e-6), column_text(name)});
    json.push_back({{"operator", model.file.file_operators[i]},
                    {"type", name_of(node.op)},
                    {"name", name},
                    {"avg_us", averages[i]},
                    {"macs", macs}});
    auto& [count, time] = kinds[name_of(node.op)];
    ++count;
    time += averages[i];
  }
  table.print();
  Table summary({"type", ">count", ">avg us", ">share"});
  for (const auto& [kind, sums] : kinds) {
    summary.add(
        {std::string(kind), std::to_string(sums.first), fmt::format("{:.1f}", sums.second), share(sums.second)});
  }
  fmt::print("\n");
  summary.print();
  return json;
}

std::uint32_t output_checksum(const Program& program) {
  std::uint32_t checksum = 0;
  for (std::size_t i = 0; i < program.graph().outputs.size(); ++i) checksum = crc32(program.output(i), checksum);
  return checksum;
}

void add_times(Json& document, const Times& times) {
  document["count"] = times.runs.size();
  document["first_us"] = times.first();
  document["min_us"] = times.min();
  document["median_us"] = times.median();
  document["avg_us"] = times.average();
  document["max_us"] = times.max();
  document["std_us"] = times.deviation();
}

void add_memory(Json& document, const Program& program) {
  document["packed_bytes"] = program.packed_bytes();
  document["activation_bytes"] = program.activation_bytes();
  document["scratch_bytes"] = program.scratch_bytes();
  document["arena_bytes"] = program.arena_bytes();
}

}  // namespace

void benchmark(const BenchmarkOptions& options) {
  const Variant variant{parse_rounding("--rounding", options.rounding), isa::best_rung()};
  const auto start = Clock::now();
  const Model model = open_model(options.model, options.weights);
  const ProgramOptions how{.fusion = options.fuse ? FusionLimits{} : no_fusion,
                           .threads = static_cast<std::size_t>(options.threads),
                           .measure = options.measure};
  Program program = prepare(model, variant, how);
  ThreadPool pool(how.threads);
  const double init = microseconds_since(start);
  const Inputs inputs =
      options.inputs.empty() ? random_inputs(model, options.seed) : read_inputs(model, options.inputs);
  const Views views = inputs.views();

  fmt::print("{}: {}\n", printable(model.path), variant.name());
  const Times warmup = measure(program, pool, views, options.warmup_runs);
  if (!warmup.runs.empty()) print_times(warmup);
  const Times times = measure(program, pool, views, options.runs);
  print_times(times);
  const std::uint32_t checksum = output_checksum(program);
  const double first = warmup.runs.empty() ? times.first() : warmup.first();
  fmt::print(
      "Inference timings in us: Init: {:.0f}, First inference: {:.0f}, Warmup (avg): {:.1f}, Inference (avg): "
      "{:.1f}\n",
      init, first, warmup.runs.empty() ? 0.0 : warmup.average(), times.average());
  fmt::print("output CRC32: {:08x}\n", checksum);

  Json document = new_document("benchmark");
  document["model"] = model.path;
  document["rounding"] = to_string(variant.rounding);
  document["rung"] = isa::rung_names[variant.rung];
  document["num_threads"] = options.threads;
  document["fused"] = options.fuse;
  document["warmup_runs"] = options.warmup_runs;
  document["init_us"] = init;
  add_times(document, times);
  document["output_crc32"] = fmt::format("{:08x}", checksum);
  add_memory(document, program);
  document["macs"] = multiply_accumulates(model.graph().view());
  if (options.profile_operators) {
    fmt::print("\n");
    Program by_operator = prepare(model, variant, {.fusion = no_fusion});
    document["operators"] = show_profile(model, profile(by_operator, views, options.runs));
  }
  write_json(options.json, document);
}

}  // namespace dlpu::command
