#pragma once

/// The commands and their options. Each throws a `Failure` where something is wrong.

#include <cstdint>
#include <optional>
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
  bool measure = false;  ///< instruction sets and fusion are chosen by running them
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
  std::string schemes;          ///< "stored", "preferred", "all" or names; empty: stored, of the zoo preferred
  std::vector<double> fps;      ///< wanted inferences a second: one number for all models, or one each
  bool together = false;        ///< all models on one device at once
  double switch_ms = 1.0;       ///< what changing from one model to another costs, beside fetching weights
  std::string rows;             ///< measured latencies of one's own
  std::string inputs, labels;   ///< .npy files, for the accuracy
  std::string calibration;      ///< .npy file: inputs from which a float model is quantized
  bool operations = false;      ///< print a table of operators for each row
  std::string html, csv, json;  ///< files to write; empty: not
};
void report(const ReportOptions& options);

struct FitOptions {
  std::string rows;             ///< a CSV file of measured latencies
  std::string device;           ///< print the rows of this one only; empty: all
  bool onto_published = false;  ///< start from what the published rows tell, not from the priors
  std::string header;           ///< write the fit as a C++ header; empty: not
  std::string json;
};
void fit(const FitOptions& options);

struct QuantizeOptions {
  std::string model;    ///< path or zoo:NAME
  std::string weights;  ///< .safetensors, for networks of the zoo
  std::string scheme, storage = "int8", input_type, output_type;
  std::string calibration;             ///< .npy; empty: the file's own ranges
  std::int32_t calibration_count = 0;  ///< samples used; 0: all
  std::optional<float> input_scale;    ///< of .npy files of integers
  std::int32_t input_zero_point = 0;
  std::string ranges = "minmax";
  bool rescue = false, equalize = false, absorb_bias = false, clip_filters = false, correct_bias = false,
       round_weights = false, reconstruct = false, analytical_bias = false;
  bool diagnose = false;
  std::string output, html, json;
};
void quantize_network(const QuantizeOptions& options);

struct EvaluateOptions {
  std::string model, weights;
  std::string inputs, labels;  ///< .npy
  std::string target = "all";
  std::string calibration;  ///< .npy, for targets that want another scheme
  std::int32_t calibration_count = 0;
  std::optional<float> input_scale;
  std::int32_t input_zero_point = 0;
  bool sixteen_bit = false;  ///< where scales are powers of two
  bool plain = false;        ///< no rescue steps
  std::string csv, json;
};
void evaluate(const EvaluateOptions& options);

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
