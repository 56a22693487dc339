// A chip of one's own, in one file: its rules, its table of operators, and questions to it at compile time and at
// run time.

#include <dlpu/soc/all.hpp>

#include <cstdio>

namespace my {

using namespace dlpu;
namespace rule {

// A rule is one sentence with its source. The same sentence is the compile error and the line of the report.
DLPU_RULE(EightBit, "TinyChip computes with int8 only; quantize the network, or write Allow<cpu>",
          "TinyChip manual, 2.1");
DLPU_RULE(OddKernel, "TinyChip takes square kernels of 1 or 3; stack two of 3 instead of one of 5",
          "TinyChip manual, 3.4");
DLPU_RULE(NoMean, "TinyChip has no Mean; use an average pool of the image's size", "TinyChip manual, appendix A");
DLPU_RULE(NotListed, "TinyChip has no such operator; write Allow<cpu>", "TinyChip manual, appendix A");
DLPU_RULE(FourPartitions, "TinyChip loads networks of at most 4 partitions; replace operators that run on the CPU",
          "TinyChip manual, 5.2");

// What each rule asks.
constexpr bool obeys(EightBit, const OperatorFacts& facts) {
  return soc::eight_bit_data(facts);
}
constexpr bool obeys(OddKernel, const op::Conv2d& conv, const OperatorFacts&) {
  return conv.kernel == Size2D(1) || conv.kernel == Size2D(3);
}

}  // namespace rule

struct TinyChip {
  static constexpr std::string_view name = "TinyChip";
  static constexpr std::string_view key = "tinychip";
  static constexpr std::string_view larod_device = "";
  static constexpr std::int32_t larod_chip = 0;
  static constexpr std::string_view model_format = ".tflite";
  static constexpr std::string_view model_cache = "";
  static constexpr std::string_view abi = "aarch64";

  using policies = type_list<PerTensor>;
  using Preferred = PerTensor;
  using table = soc::OperatorTable<type_list<rule::EightBit>,
                                   type_list<soc::Row<op::Conv2d, rule::OddKernel>,  //
                                             soc::Row<op::AveragePool2d>,            //
                                             soc::Row<op::FullyConnected>,           //
                                             soc::Missing<op::Mean, rule::NoMean>>,
                                   rule::NotListed>;
  using rules = soc::joined<table::rules, type_list<rule::FourPartitions>>;

  static constexpr PartitionRule partition{PartitionRule::Kind::at_most, 4, &rule::FourPartitions::rule};
  static constexpr InputLayout input_layout{};
  static constexpr soc::Arithmetic arithmetic{};
  static constexpr std::array<soc::Device, 0> devices{};

  static constexpr Check check(const OperatorFacts& facts) { return table::check(facts); }
};
static_assert(SocTarget<TinyChip>);

struct Classifier {
  static constexpr auto build(auto& g) {
    auto x = g.input({1, 32, 32, 3});
    x = g.conv2d(x, {.filters = 16, .kernel = 3, .stride = 2});
    x = g.conv2d(x, {.filters = 16, .kernel = 5, .stride = 2});
    return g.softmax(g.fully_connected(g.mean(x), {.units = 10}));
  }
};

}  // namespace my

// A question never fails to compile, whatever the answer is.
static_assert(dlpu::placement<my::Classifier, my::TinyChip, dlpu::PerTensor>.cpu_operators == 3);
static_assert(dlpu::placement<my::Classifier, my::TinyChip, dlpu::PerTensor>.partitions == 4);

int main() {
  const auto& graph = dlpu::graph_of<my::Classifier>;
  const auto& placement = dlpu::placement<my::Classifier, my::TinyChip, dlpu::PerTensor>;
  for (std::size_t i = 0; i < placement.operators.size(); ++i) {
    const dlpu::Check& check = placement.operators[i];
    std::printf("%-18s %-12s %s\n", dlpu::to_string(graph.nodes[i].name).c_str(),
                std::string(to_string(check.verdict)).c_str(),
                check.rule ? std::string(check.rule->sentence).c_str() : "");
  }
  std::printf("%s on %s\n", std::string(to_string(placement.verdict)).c_str(),
              std::string(my::TinyChip::name).c_str());
}
