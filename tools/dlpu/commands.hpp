#pragma once

/// The commands and their options. Each throws a `Failure` where something is wrong.

#include <cstdint>
#include <string>
#include <vector>

namespace dlpu::command {

struct RunOptions {
  std::string model;
  std::string weights;              ///< of a network of the zoo
  std::vector<std::string> inputs;  ///< .npy files
  std::string image;                ///< a photograph instead
  std::string output_folder;        ///< empty: outputs are not written
  std::string labels;
  std::int32_t top = 5;
  std::int32_t threads = 1;
  std::string rounding = "reference";
  std::string target;  ///< empty: not asked
  std::string json;
};
void run(const RunOptions& options);

struct BenchmarkOptions {
  std::string model;
  std::string weights;
  std::int32_t threads = 1;
  std::int32_t warmup_runs = 5;
  std::int32_t runs = 50;
  std::string rounding = "reference";
  bool fuse = true;
  bool profile_operators = false;
  std::vector<std::string> inputs;  ///< .npy files; none: random numbers
  std::uint32_t seed = 0;
  std::string json;
};
void benchmark(const BenchmarkOptions& options);

struct CompareOptions {
  std::string model;
  std::string weights;
  std::string first, second;  ///< ROUNDING, RUNG, ROUNDING@RUNG or a folder of layers
  std::vector<std::string> inputs;
  std::string image;
  bool require_equal = false;
  std::string json;
};
void compare(const CompareOptions& options);

struct GenerateOptions {
  std::string model;
  std::string weights;
  std::string output;  ///< the header
  std::string name;    ///< of the namespace; empty: the header's
  std::string json;
};
void generate(const GenerateOptions& options);

struct ReportOptions {
  std::vector<std::string> models;  ///< paths or zoo:NAME
  std::string target = "all";
  std::string json;
};
void report(const ReportOptions& options);

struct ListOptions {
  std::string json;
};
void list_targets(const ListOptions& options);

struct ZooOptions {
  std::string network;  ///< empty: all; zoo:NAME?key=value,... shows how one scales
  bool page = false;    ///< as docs/zoo.md
  std::string json;
};
void show_zoo(const ZooOptions& options);

}  // namespace dlpu::command
