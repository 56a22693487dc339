// Prints docs/supported_operators.md from the tables that give the verdicts, so that the page says the same:
//
//     supported_operators > docs/supported_operators.md
//     supported_operators --check docs/supported_operators.md      # exit status 1 where the page is out of date

#include <dlpu/soc/registry.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace dlpu;

using Columns = type_list<soc::Cpu, soc::Artpec7, soc::Artpec8, soc::Artpec8Observed, soc::Artpec9, soc::Cv25>;

enum class Consequence { broken, slow, stated };

struct Limit {
  const Rule* rule;
  Consequence consequence;
};

/// What a chip's table says of an operator.
struct Entry {
  bool runs = false;
  std::vector<Limit> limits;
};

template <class R>
void add_limit(std::type_identity<R>, std::vector<Limit>& limits) {
  limits.push_back({&R::rule, Consequence::broken});
}
template <class R>
void add_limit(std::type_identity<soc::Slow<R>>, std::vector<Limit>& limits) {
  limits.push_back({&R::rule, Consequence::slow});
}
template <class R>
void add_limit(std::type_identity<soc::Stated<R>>, std::vector<Limit>& limits) {
  limits.push_back({&R::rule, Consequence::stated});
}
template <class... Limits>
std::vector<Limit> limits_in(type_list<Limits...>) {
  std::vector<Limit> limits;
  (add_limit(std::type_identity<Limits>{}, limits), ...);
  return limits;
}

template <class Op, class... Limits>
void read_row(std::type_identity<Op>, std::type_identity<soc::Row<Op, Limits...>>, Entry& entry) {
  entry = {true, limits_in(type_list<Limits...>{})};
}
template <class Op, class R>
void read_row(std::type_identity<Op>, std::type_identity<soc::Missing<Op, R>>, Entry& entry) {
  entry = {false, limits_in(type_list<R>{})};
}
template <class Op, class OtherRow>
void read_row(std::type_identity<Op>, std::type_identity<OtherRow>, Entry&) {}

template <class Op, class... Rows>
Entry entry_in(type_list<Rows...>, Entry unlisted) {
  (read_row(std::type_identity<Op>{}, std::type_identity<Rows>{}, unlisted), ...);
  return unlisted;
}

template <class Soc, class Op>
Entry entry_of() {
  using Unlisted = typename Soc::table::unlisted;
  Entry unlisted{true, {}};
  if constexpr (!std::is_void_v<Unlisted>) unlisted = {false, limits_in(type_list<Unlisted>{})};
  return entry_in<Op>(typename Soc::table::rows{}, unlisted);
}

/// A chip without a list of operators takes all of them, by assumption.
template <class Soc>
constexpr bool unpublished = Soc::table::rows::size == 0 && !Soc::arithmetic.documented;

std::string cell(const Entry& entry) {
  if (!entry.runs) return "CPU";
  bool limited = false, slow = false;
  for (const Limit& limit : entry.limits) (limit.consequence == Consequence::slow ? slow : limited) = true;
  return limited ? "limits" : slow ? "yes, slow per channel" : "yes";
}

/// Markdown takes `<cpu>` for a tag.
std::string text(std::string_view view) {
  std::string escaped;
  for (char c : view) escaped += c == '<' ? std::string("&lt;") : std::string(1, c);
  return escaped;
}

std::string fallback(const PartitionRule& partition) {
  switch (partition.kind) {
    case PartitionRule::Kind::any:
      return "operator by operator";
    case PartitionRule::Kind::prefix:
      return "the first refused operator and all after it";
    case PartitionRule::Kind::at_most:
      return "operator by operator, at most " + std::to_string(partition.limit) + " partitions";
    case PartitionRule::Kind::whole:
      return "none";
  }
  return "";
}

std::string joined(std::span<const std::string_view> words) {
  std::string line;
  for (std::string_view word : words) line += (line.empty() ? "" : ", ") + text(word);
  return line;
}

std::string target_row(const soc::TargetInfo& target) {
  std::string input = text(to_string(target.input_layout.order));
  if (target.input_layout.row_multiple > 1) {
    input += ", rows padded to " + std::to_string(target.input_layout.row_multiple) + " bytes";
  }
  return "| " + text(target.name) + " | `" + text(target.key) + "` | " + text(target.larod_device) + " | " +
         (target.larod_chip ? std::to_string(target.larod_chip) : "none") + " | " + text(target.model_format) +
         " | " + joined(target.policies) + " | " + (target.key == "cpu" ? "-" : fallback(target.partition)) + " | " +
         input + " | " + text(target.arithmetic.note) + " |\n";
}

template <class Op, class... Socs>
std::string operator_row(type_list<Socs...>) {
  std::string row = "| " + text(Op::name) + " |";
  ((row += " " + (unpublished<Socs> ? "assumed" : cell(entry_of<Socs, Op>())) + " |"), ...);
  return row + "\n";
}

std::string limit_row(std::string_view op, const Limit& limit) {
  const char* remark = limit.consequence == Consequence::stated ? " (not checked)" : "";
  return "| " + text(op) + " | " + text(limit.rule->sentence) + remark + " | " + text(limit.rule->source) + " |\n";
}

template <class Soc, class Op>
std::string limit_rows() {
  std::string rows;
  for (const Limit& limit : entry_of<Soc, Op>().limits) rows += limit_row(Op::name, limit);
  return rows;
}

std::string speed_row(std::string_view advice, std::string_view source) {
  return source.empty() ? "" : "| speed | " + text(advice) + " | " + text(source) + " |\n";
}
/// What no rule is about, but estimates and advice go by.
std::string speed_rows(const soc::Costs& costs) {
  std::string rows;
  rows += speed_row("channels are computed in groups of " + std::to_string(costs.channel_granule) +
                        "; use widths that are multiples",
                    costs.channel_granule_source);
  rows += speed_row("regular convolutions are faster than depthwise ones", costs.regular_convolution_source);
  rows += speed_row("convolutions have a stride of at most 2 of their own; use pooling for larger ones",
                    costs.pooling_source);
  rows +=
      speed_row("an explicit Pad costs an operator of its own; let the convolution pad", costs.explicit_pad_source);
  if (costs.parameter_cache_bytes > 0) {
    rows += speed_row("weights beyond the parameter cache (about 8 MB, of which " +
                          std::to_string(costs.parameter_cache_bytes / 1000) +
                          " kB are counted on) are fetched for each inference",
                      soc::parameter_cache_source);
  }
  return rows;
}

template <class Soc, class... Ops>
std::string limits_section(type_list<Ops...>) {
  std::string rows;
  for (const Limit& limit : limits_in(typename Soc::table::requirements{}))
    rows += limit_row("every operator", limit);
  ((rows += limit_rows<Soc, Ops>()), ...);
  const PartitionRule partition = Soc::partition;
  if (partition.rule) rows += limit_row("the network", {partition.rule, Consequence::broken});
  rows += speed_rows(soc::costs_of<Soc>());
  if (rows.empty()) return "";
  return "\n## " + text(Soc::name) + "\n\n| operator | rule | source |\n| --- | --- | --- |\n" + rows;
}

constexpr const char* not_modelled = R"(
## Documented, but not modelled

- Operators that dlpu lacks and files therefore may not hold: AddN, Floor, FloorDiv, Gelu, GatherNd, LSTM, OneHot, Pow,
  ReduceAny, ReduceProd, Sin. Shuffled weights of FullyConnected, an ellipsis or a new axis of StridedSlice and a fused
  activation of Concatenation are refused when a file is read.
- A constant that ARTPEC-7 concatenates must be all zeros; its data is not looked at.
- ARTPEC-8: kernels of 3x3 are the fastest, zeros are skipped (also those that ReLU makes or that sparse weights have), an
  activation is fused into the convolution before it. The latency model has no term for these; its rows do not tell them.
- ARTPEC-8: the accelerator and the GPU do not run at the same time. ARTPEC-9: Relu6 is the preferred activation.
- Other backends of larod: the GPUs of ARTPEC-7 and ARTPEC-9, the accelerated CPU of ARTPEC-9 (Arm NN).
- larod's kinds of buffers and what they cost, the power controller that may deny a job, priorities of jobs.
- Compiler versions: an operator newer than the Edge TPU compiler is refused by it.
)";

template <class... Ops, class... Socs>
std::string page(type_list<Ops...> operators, type_list<Socs...> columns) {
  std::string out =
      "# Supported operators\n\n"
      "Printed by `tools/supported_operators.cpp` from the tables in `include/dlpu/soc/`; do not edit. The rules "
      "are\n"
      "documented facts with their sources. The arithmetic of the accelerators is not published: results are "
      "documented\n"
      "rules and TensorFlow Lite's arithmetic, not the hardware's bits.\n\n"
      "## Targets\n\n"
      "| target | key | larod device | larod-1 chip | model file | quantization, preferred first | fallback to the "
      "CPU | "
      "input | arithmetic |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  ((out += target_row(soc::target_info<Socs>)), ...);
  out +=
      "\n## Operators\n\n"
      "`yes`: runs on the target's own processor. `limits`: runs there within the limits below, otherwise on the "
      "CPU. "
      "`CPU`: not in\nthe documented list. `assumed`: no list is published.\n\n| operator |";
  ((out += " " + text(Socs::name) + " |"), ...);
  out += "\n| --- |";
  for (std::size_t i = 0; i < sizeof...(Socs); ++i) out += " --- |";
  out += "\n";
  ((out += operator_row<Ops>(columns)), ...);
  ((out += limits_section<Socs>(operators)), ...);
  return out + not_modelled;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string expected = page(Operators{}, Columns{});
  if (argc == 1) {
    std::fwrite(expected.data(), 1, expected.size(), stdout);
    return 0;
  }
  if (argc != 3 || std::string(argv[1]) != "--check") {
    std::fprintf(stderr, "usage: %s [--check PAGE]\n", argv[0]);
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string found((std::istreambuf_iterator<char>(file)), {});
  if (found == expected) return 0;
  std::fprintf(stderr, "%s is %s; run: supported_operators > %s\n", argv[2],
               file.is_open() ? "out of date" : "missing", argv[2]);
  return 1;
}
