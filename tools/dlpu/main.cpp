// The dlpu command: its options, and how it ends. Exit status 0: all went well; 1: an error, told in one line on standard
// error; 2: the command line itself is wrong.

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <string>

#include "dlpu/commands.hpp"
#include "dlpu/core/config.hpp"
#include "dlpu/text.hpp"

namespace {

using namespace dlpu::command;

constexpr const char* model_help = "a .tflite file, or zoo:NAME with --weights";
constexpr const char* rounding_help =
    "how accumulators become 8 bit: reference (as LiteRT's reference kernels, bit for bit), float (one float "
    "multiplication, as XNNPACK), single (one rounding)";

/// A command with its options, which live as long as the command line is read and obeyed.
template <class Options>
Options& add_command(CLI::App& app, CLI::App*& command, const char* name, const char* help,
                     void (*call)(const Options&)) {
  command = app.add_subcommand(name, help);
  const auto options = std::make_shared<Options>();
  command->add_option("--json", options->json, "write the results to this file as JSON")->type_name("FILE");
  command->callback([options, call] { call(*options); });
  return *options;
}

void add_weights(CLI::App& command, std::string& weights) {
  command.add_option("--weights", weights, "a .safetensors file with the weights of a network of the zoo")
      ->type_name("FILE");
}

void add_inputs(CLI::App& command, std::vector<std::string>& inputs) {
  command.add_option("--input", inputs, "the network's inputs in its order, one .npy file each")->type_name("FILE");
}

void add_image(CLI::App& command, std::string& image) {
  command
      .add_option(
          "--image", image,
          "a photograph (PNG, JPEG, BMP) as the input: resized (bilinear, antialiased), then uint8: the pixel, "
          "int8: pixel - 128, float32: (pixel - 127.5) / 127.5; grey for one channel")
      ->type_name("FILE")
      ->excludes("--input");
}

void add_run(CLI::App& app) {
  CLI::App* command = nullptr;
  RunOptions& options = add_command<RunOptions>(app, command, "run", "One inference", &run);
  command->add_option("model", options.model, model_help)->required()->type_name("MODEL");
  add_weights(*command, options.weights);
  add_inputs(*command, options.inputs);
  add_image(*command, options.image);
  command->add_option("--output", options.output_folder, "write output_0.npy, output_1.npy ... into this folder")
      ->type_name("DIR");
  command->add_option("--labels", options.labels, "names of the classes, one per line")->type_name("FILE");
  command->add_option("--top", options.top, "how many classes are printed")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  command->add_option("--threads", options.threads, "threads")->capture_default_str()->check(CLI::Range(1, 256));
  command->add_option("--rounding", options.rounding, rounding_help)->capture_default_str();
  command->add_option("--target", options.target,
                      "say what this chip does with the network, and stop where it cannot run it: TARGET or "
                      "TARGET@DEVICE of dlpu targets");
}

void add_benchmark(CLI::App& app) {
  CLI::App* command = nullptr;
  BenchmarkOptions& options = add_command<BenchmarkOptions>(app, command, "benchmark",
                                                            "How long inferences take on this machine", &benchmark);
  command->add_option("--graph", options.model, model_help)->required()->type_name("MODEL");
  add_weights(*command, options.weights);
  command->add_option("--num_threads", options.threads, "threads")->capture_default_str()->check(CLI::Range(1, 256));
  command->add_flag("!--no_fusion", options.fuse, "every operator by itself");
  command->add_flag("--measure_kernels", options.measure,
                    "choose instruction sets and fusion by running them before the first inference");
  command->add_option("--warmup_runs", options.warmup_runs, "runs before those that count")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000000));
  command->add_option("--num_runs", options.runs, "runs that count")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  command->add_option("--rounding", options.rounding, rounding_help)->capture_default_str();
  command->add_flag("--enable_op_profiling", options.profile_operators,
                    "the time of each operator, from as many runs again");
  add_inputs(*command, options.inputs);
  command->add_option("--seed", options.seed, "of the random inputs, where none are given")->capture_default_str();
}

void add_compare(CLI::App& app) {
  CLI::App* command = nullptr;
  CompareOptions& options = add_command<CompareOptions>(
      app, command, "compare", "The first operator whose output differs between two ways to compute", &compare);
  constexpr const char* side_help =
      "a rounding (reference, single, float), an instruction set (scalar, portable ...), both as ROUNDING@RUNG, a "
      "target, or a "
      "folder with layers/index.json and a .npy file per tensor";
  command->add_option("model", options.model, model_help)->required()->type_name("MODEL");
  add_weights(*command, options.weights);
  command->add_option("a", options.first, side_help)->required()->type_name("A");
  command->add_option("b", options.second, "the same")->required()->type_name("B");
  add_inputs(*command, options.inputs);
  add_image(*command, options.image);
  command->add_flag("--require-equal", options.require_equal, "a difference is an error");
}

void add_generate(CLI::App& app) {
  CLI::App* command = nullptr;
  GenerateOptions& options = add_command<GenerateOptions>(
      app, command, "generate", "A C++ header with the network as a type and its weights", &generate);
  command->add_option("model", options.model, model_help)->required()->type_name("MODEL");
  add_weights(*command, options.weights);
  command->add_option("-o,--output", options.output, "the header")->required()->type_name("FILE");
  command->add_option("--namespace", options.name, "of what it declares; without it, the header's name")
      ->type_name("NAME");
}

void add_report(CLI::App& app) {
  CLI::App* command = nullptr;
  ReportOptions& options =
      add_command<ReportOptions>(app, command, "report", "What each chip does with networks, and why", &report);
  command->add_option("models", options.models, ".tflite files and zoo:NAME")->required()->type_name("MODEL");
  command->add_option("--target", options.target, "one TARGET or TARGET@DEVICE, or all")->capture_default_str();
  command->add_option(
      "--schemes", options.schemes,
      "as the numbers are stored: stored (files, the default), preferred (by each chip; the default of "
      "zoo networks), all, float32, per-tensor, per-channel or power-of-two; files must be in float32 for "
      "others than stored");
  command->add_option("--inputs", options.inputs, "images with known classes, [count, ...input shape]")
      ->type_name("x.npy");
  command->add_option("--labels", options.labels, "their classes")->type_name("y.npy");
  command
      ->add_option("--calibration", options.calibration,
                   "inputs from which a float model is quantized, for the accuracy of other schemes")
      ->type_name("x.npy");
  command
      ->add_option("--fps", options.fps,
                   "wanted inferences a second, one number or one per model: would the CPU alone do?")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::Range(0.001, 1000.0));
  command->add_flag("--together", options.together,
                    "all models on one device at the same time, at the rates of --fps");
  command
      ->add_option("--switch-ms", options.switch_ms,
                   "what changing from one model to another costs (not published; fetching weights comes on top)")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 10000.0));
  command
      ->add_option("--rows", options.rows,
                   "measured latencies of your own (see dlpu fit), which calibrate a camera or a new SoC")
      ->type_name("ROWS.csv");
  command->add_flag("-s,--show_operations", options.operations, "a table of operators for each target");
  command->add_option("--csv", options.csv, "write one line per operator")->type_name("FILE");
  command->add_option("--html", options.html, "write one self-contained page")->type_name("FILE");
}

void add_fit(CLI::App& app) {
  CLI::App* command = nullptr;
  FitOptions& options = add_command<FitOptions>(
      app, command, "fit",
      "Fits the latency model to measured rows, and says how wrong it is on rows it has not seen", &fit);
  command
      ->add_option(
          "rows", options.rows,
          "measured latencies: a CSV file with the columns target, device, model (a .tflite file, zoo:NAME or a "
          "published name) and latency_ms")
      ->required()
      ->type_name("ROWS.csv");
  command->add_option("--device", options.device, "print the rows of this device only")->type_name("NAME");
  command->add_flag("--onto-published", options.onto_published,
                    "start from what the published rows tell: one row of a new camera is enough");
  command->add_option("--write-header", options.header, "write the fit as a C++ header")->type_name("FILE");
}

/// Options of networks that are quantized here: their weights, and the samples for it.
template <class Options>
void add_calibration(CLI::App& command, Options& options) {
  command.add_option("model", options.model, "a .tflite file or zoo:NAME")->required()->type_name("MODEL");
  command.add_option("--weights", options.weights, "a .safetensors file, for networks of the zoo")->type_name("FILE");
  command.add_option("--calibration", options.calibration, "inputs to quantize with: a .npy file, [count, ...]")
      ->type_name("FILE");
  command.add_option("--calibration-count", options.calibration_count, "use only so many of them; 0: all")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 30));
  command
      .add_option(
          "--input-scale", options.input_scale,
          "integers in .npy files stand for scale * (integer - zero point); without it, for what they are to the "
          "network")
      ->check(CLI::PositiveNumber);
  command.add_option("--input-zero-point", options.input_zero_point, "see --input-scale")->capture_default_str();
}

void add_quantize(CLI::App& app) {
  CLI::App* command = nullptr;
  QuantizeOptions& options = add_command<QuantizeOptions>(
      app, command, "quantize", "From float, or from another scheme, to the scheme that a chip wants",
      &quantize_network);
  add_calibration(*command, options);
  command->add_option("--scheme", options.scheme, "per-tensor, per-channel or power-of-two")->required();
  command->add_option("--storage", options.storage, "int8, uint8 or int16 (power-of-two)")->capture_default_str();
  command->add_option("--input-type", options.input_type, "int8, uint8, int16 or float32; without it, the storage");
  command->add_option("--output-type", options.output_type, "the same for the output");
  command->add_option("--ranges", options.ranges, "of activations: minmax, or percentile or mse where that helps")
      ->capture_default_str()
      ->check(CLI::IsMember({"minmax", "percentile", "mse"}));
  command->add_flag("--rescue", options.rescue,
                    "try all of the following steps; each stays only if it helps on the samples");
  command->add_flag("--equalize", options.equalize, "give channels the same range across layers");
  command->add_flag("--absorb-bias", options.absorb_bias, "move what is always there into the next layer's bias");
  command->add_flag("--clip-filters", options.clip_filters, "smaller filter scales that clip outliers");
  command->add_flag("--round-weights", options.round_weights, "round weights with regard to their inputs");
  command->add_flag("--correct-bias", options.correct_bias, "take the mean of each layer's error out of its bias");
  command->add_flag("--correct-bias-analytically", options.analytical_bias,
                    "the same from what its inputs are expected to be; needs no samples, and is no part of --rescue");
  command->add_flag("--reconstruct", options.reconstruct, "let each layer make up for the errors of those before it");
  command->add_flag("--diagnose", options.diagnose, "print what happened to each layer");
  command->add_option("--html", options.html, "write the diagnosis with pictures to this file")->type_name("FILE");
  command->add_option("-o,--output", options.output, "write the network to this .tflite file")->type_name("FILE");
}

void add_evaluate(CLI::App& app) {
  CLI::App* command = nullptr;
  EvaluateOptions& options = add_command<EvaluateOptions>(
      app, command, "evaluate", "Accuracy on every chip, in the scheme that it prefers", &evaluate);
  add_calibration(*command, options);
  command->add_option("--inputs", options.inputs, "a .npy file, [count, ...]")->required()->type_name("FILE");
  command->add_option("--labels", options.labels, "class numbers: a .npy file, [count]")
      ->required()
      ->type_name("FILE");
  command->add_option("--target", options.target, "one TARGET or TARGET@DEVICE, or all")->capture_default_str();
  command->add_flag("--16-bit", options.sixteen_bit, "power-of-two scales (CV25) with activations of 16 bits, not 8");
  command->add_flag("--plain", options.plain, "quantize without rescue steps");
  command->add_option("--csv", options.csv, "write the table to this file")->type_name("FILE");
}

void add_lists(CLI::App& app) {
  CLI::App* command = nullptr;
  add_command<ListOptions>(app, command, "targets", "The chips that dlpu knows, and what they take", &list_targets);
  ZooOptions& zoo_options =
      add_command<ZooOptions>(app, command, "zoo", "The networks that come with dlpu, and how one scales", &show_zoo);
  command->add_option("network", zoo_options.network, "show what width, depth and input size change of this one")
      ->type_name("zoo:NAME?key=value,...");
  command->add_flag("--page", zoo_options.page, "print docs/zoo.md")->excludes("network");
}

int fail(const std::string& message, int status) {
  std::fprintf(stderr, "dlpu: %s\n", printable(message).c_str());
  return status;
}

std::string version() {
  return "dlpu " + std::to_string(DLPU_VERSION_MAJOR) + "." + std::to_string(DLPU_VERSION_MINOR) + "." +
         std::to_string(DLPU_VERSION_PATCH);
}

/// A full disk behind standard output is an error too.
int finish() {
  return std::fflush(stdout) == 0 ? 0 : fail("standard output cannot be written", 1);
}

/// CLI11 says of an unknown command only that one is missing.
void check_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::string known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == argv[1]) return;
    known += (known.empty() ? "" : ", ") + command->get_name();
  }
  throw CLI::ValidationError(std::string("'") + argv[1] + "' is no command; there is: " + known);
}

int parse_and_call(CLI::App& app, int argc, char** argv) {
  try {
    check_command(app, argc, argv);
    app.parse(argc, argv);
    return finish();
  } catch (const CLI::Success& success) {  // --help and --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    const auto commands = app.get_subcommands();
    const std::string name = commands.empty() ? "" : commands.front()->get_name() + " ";
    return fail(name + error.what() + " (see dlpu " + name + "--help)", 2);
  } catch (const std::bad_alloc&) {
    return fail("out of memory", 1);
  } catch (const std::exception& error) {
    return fail(error.what(), 1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Neural networks for the deep learning processing units of network cameras", "dlpu");
  app.require_subcommand(1);
  app.set_version_flag("--version", version());
  add_run(app);
  add_benchmark(app);
  add_compare(app);
  add_generate(app);
  add_report(app);
  add_fit(app);
  add_quantize(app);
  add_evaluate(app);
  add_lists(app);
  return parse_and_call(app, argc, argv);
}
