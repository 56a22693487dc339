#include "dlpu/candidate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dlpu/failure.hpp"
#include "dlpu/text.hpp"
#include "dlpu/zoo_networks.hpp"

namespace dlpu::command {
namespace {

/// "per tensor" and "per-tensor" are one scheme.
std::string with_spaces(std::string text) {
  std::ranges::replace(text, '-', ' ');
  return text;
}

PolicyFacts scheme_of(const std::string& text) {
  constexpr std::string_view known[] = {Unquantized::name, PerTensor::name, PerChannel::name, PowerOfTwo::name,
                                        PowerOfTwo16::name};
  const std::string name = with_spaces(text);
  std::string list;
  for (const std::string_view scheme : known) {
    if (scheme == name) return policy_named(scheme);
    list += std::string(scheme) + ", ";
  }
  throw Failure(
      fmt::format("--schemes: '{}' is no scheme; there is: {}stored, preferred, all", printable(text), list));
}

bool same(const PolicyFacts& a, const PolicyFacts& b) {
  return a.quantized == b.quantized && a.per_channel == b.per_channel && a.power_of_two == b.power_of_two &&
         a.storage == b.storage;
}

}  // namespace

Candidate::Candidate(const std::string& text) : name_(text) {
  if (text.starts_with("zoo:")) {
    open_ = find_zoo_network(text).build();
    return;
  }
  model_ = open_model(text);
  Result<Graph> open = model_->file.quantizable_graph();
  if (open) open_ = *std::move(open);
}

std::vector<PolicyFacts> Candidate::schemes_on(const soc::TargetInfo& target, const std::string& choice) const {
  const bool stored = choice == "stored" || (choice.empty() && model_.has_value());
  if (!is_open() || (stored && model_)) return {subject_of(*model_).policy};
  if (choice.empty() || choice == "preferred" || choice == "stored") return {policy_named(target.policies.front())};
  if (choice != "all") return {scheme_of(choice)};
  std::vector<PolicyFacts> schemes;
  for (const std::string_view policy : target.policies) schemes.push_back(policy_named(policy));
  return schemes;
}

Subject Candidate::subject(PolicyFacts policy) const {
  if (model_ && (!open_ || same(subject_of(*model_).policy, policy))) return subject_of(*model_);
  Subject subject{open_->view(), policy, {}, {}};
  if (model_) subject.file_operators = model_->file.file_operators;
  return subject;
}

}  // namespace dlpu::command
