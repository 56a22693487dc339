// One network on five targets: a MobileNetV2 for handwritten digits, from trained float weights to the table of what
// each chip makes of it. The program fails where the accuracy is not what it has to be.
//
//     digits_demo [FOLDER]      the folder of weights.safetensors and the images; this source's by default

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "digits_data.hpp"

namespace {

using namespace dlpu;
using digits::Data;
using digits::DigitsNet;

constexpr double least_float_accuracy = 98.0;      // percent
constexpr double largest_accuracy_loss = 0.5;      // percentage points, to either side
constexpr float largest_float_difference = 1e-5f;  // of probabilities, against the framework that trained them
constexpr int passes = 5;                          // the fastest counts

/// What a target makes of the network.
struct Outcome {
  std::string_view target, policy;
  PlacementSummary placement;
  std::span<const Check> operators;
  std::vector<float> probabilities;  ///< [images, 10]
  double microseconds = 0;           ///< per image, on the CPU that runs this program
  std::size_t arena_bytes = 0;
};

template <class T>
T value_or_exit(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// Runs all images once: their probabilities one after the other, and the microseconds that `run` took in all.
template <class Net>
double run_images(Net& net, const Data& data, std::span<float> probabilities) {
  using Clock = std::chrono::steady_clock;
  auto input = net.input();
  Clock::duration time{};
  for (std::size_t i = 0; i < data.labels.size(); ++i) {
    value_or_exit(net.load(digits::frame(data, i), input, digits::grey_values));
    const auto start = Clock::now();
    const typename Net::Output output = net.run(input);
    time += Clock::now() - start;
    for (std::size_t c = 0; c < digits::classes; ++c) probabilities[i * digits::classes + c] = output.dequantize(c);
  }
  return std::chrono::duration<double, std::micro>(time).count();
}

/// Quantizes the network for a target, if its policy asks for it, and runs it. `Options` allow what the target does
/// not do at full speed; without them this would not compile.
template <class Soc, class Policy, class... Options>
Outcome run_on(const Data& data) {
  using Net = Network<DigitsNet, Soc, Policy, Options...>;
  static typename Net::Arena arena;
  static typename Net::Packed packed;
  const Parameters parameters = value_or_exit(digits::parameters_for<Policy>(data));
  const auto weights = value_or_exit(Net::Weights::from_parameters(parameters));
  Net net{weights, packed, arena};

  const auto& placed = placement<DigitsNet, Soc, Policy>;
  Outcome outcome{Soc::name, Policy::name, placed, placed.operators, {}, 0, Net::arena_bytes};
  outcome.probabilities.resize(data.labels.size() * digits::classes);
  double fastest = std::numeric_limits<double>::infinity();
  for (int pass = 0; pass < passes; ++pass) {
    fastest = std::min(fastest, run_images(net, data, outcome.probabilities));
  }
  outcome.microseconds = fastest / static_cast<double>(data.labels.size());
  return outcome;
}

/// Percent of the images that two runs put into the same class.
double agreement(const Outcome& a, const Outcome& b) {
  const std::size_t images = a.probabilities.size() / digits::classes;
  std::size_t same = 0;
  for (std::size_t i = 0; i < images; ++i) {
    same += digits::class_of(a.probabilities, i) == digits::class_of(b.probabilities, i) ? 1u : 0u;
  }
  return 100.0 * static_cast<double>(same) / static_cast<double>(images);
}

constexpr const char* row_format = "%-9s %-13s %9s %11s %11s %21s %8s %10s\n";

/// A number as text, so that headings and rows share one format.
std::string decimal(double value, int digits, const char* unit = "") {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f%s", digits, value, unit);
  return text;
}

void print_row(const Data& data, const Outcome& outcome, const Outcome& reference) {
  const PlacementSummary& placed = outcome.placement;
  const std::string counts = std::to_string(placed.accelerated_operators) + " / " +
                             std::to_string(placed.slow_operators) + " / " + std::to_string(placed.cpu_operators);
  const double difference = digits::largest_difference(outcome.probabilities, reference.probabilities);
  std::printf(row_format, std::string(outcome.target).c_str(), std::string(outcome.policy).c_str(),
              decimal(digits::accuracy(data, outcome.probabilities), 2, " %").c_str(),
              decimal(agreement(outcome, reference), 2, " %").c_str(), decimal(difference, 4).c_str(), counts.c_str(),
              std::to_string(outcome.arena_bytes).c_str(), decimal(outcome.microseconds, 1).c_str());
}

void print_table(const Data& data, std::span<const Outcome> outcomes) {
  std::printf(row_format, "", "", "", "same class", "largest", "operators", "arena", "host time");
  std::printf(row_format, "target", "policy", "accuracy", "as float", "difference", "accelerated/slow/CPU", "bytes",
              "us/image");
  for (const Outcome& outcome : outcomes) print_row(data, outcome, outcomes[0]);
}

void print_notes(const Data& data, const Outcome& reference) {
  std::printf(
      "\nComputed on this machine, with TensorFlow Lite's arithmetic, for CV25 with an assumed one: what the chips "
      "compute bit\nby bit and how fast is not published. Host time is that of run(), the fastest of %d passes.\n",
      passes);
  std::printf("float32 against the probabilities that the training framework computed: largest difference %.1e\n\n",
              static_cast<double>(digits::largest_difference(reference.probabilities, data.expected_probabilities)));
}

/// The names of all operators that a rule keeps from full speed.
std::string operators_under(const Rule* rule, std::span<const Check> operators) {
  std::string names;
  for (std::size_t i = 0; i < operators.size(); ++i) {
    if (operators[i].rule != rule) continue;
    if (!names.empty()) names += ", ";
    names += to_string(graph_of<DigitsNet>.nodes[i].name);
  }
  return names;
}

/// Why operators are slow or on the CPU: each rule once.
void print_reasons(const Outcome& outcome) {
  const std::span<const Check> operators = outcome.operators;
  for (std::size_t i = 0; i < operators.size(); ++i) {
    const Rule* rule = operators[i].rule;
    const bool told = std::ranges::count(operators.first(i), rule, &Check::rule) > 0;
    if (rule == nullptr || told) continue;
    std::printf("%s, %s: %s\n    %s\n    [%s]\n", std::string(outcome.target).c_str(),
                std::string(to_string(operators[i].verdict)).c_str(), operators_under(rule, operators).c_str(),
                std::string(rule->sentence).c_str(), std::string(rule->source).c_str());
  }
}

/// Whether the results are what they have to be; says which are not.
bool check(const Data& data, std::span<const Outcome> outcomes) {
  bool good = true;
  const auto expect = [&](bool condition, std::string_view target, const char* what) {
    if (!condition) std::fprintf(stderr, "%s: %s\n", std::string(target).c_str(), what);
    good = good && condition;
  };
  const double reference = digits::accuracy(data, outcomes[0].probabilities);
  expect(reference >= least_float_accuracy, "float32", "the accuracy is below 98 %");
  expect(
      digits::largest_difference(outcomes[0].probabilities, data.expected_probabilities) <= largest_float_difference,
      "float32", "the probabilities are not those of the training");
  for (const Outcome& outcome : outcomes) {
    const double loss = std::abs(digits::accuracy(data, outcome.probabilities) - reference);
    expect(loss <= largest_accuracy_loss, outcome.target, "the accuracy is more than 0.5 points away from float32");
  }
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  const Data data = value_or_exit(digits::load_data(argc > 1 ? argv[1] : digits::source_folder()));

  const Outcome outcomes[] = {
      run_on<soc::Cpu, Unquantized>(data),  // the reference for the others
      run_on<soc::Artpec7, PerChannel>(data),
      run_on<soc::Artpec8, PerTensor, Allow<cpu>>(data),
      run_on<soc::Artpec9, PerChannel, Allow<cpu>>(data),
      run_on<soc::Cv25, PowerOfTwo>(data),
  };

  std::printf("A MobileNetV2 for handwritten digits: %zu operators, %zu held-back images, kernels for %s\n\n",
              graph_of<DigitsNet>.nodes.size(), data.labels.size(),
              std::string(isa::rung_names[isa::best_rung()]).c_str());
  print_table(data, outcomes);
  print_notes(data, outcomes[0]);
  for (const Outcome& outcome : outcomes) print_reasons(outcome);
  return check(data, outcomes) ? 0 : 1;
}
