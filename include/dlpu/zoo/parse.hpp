#pragma once

/// Networks of the zoo as text: `zoo:mobilenet_v2?width_percent=140,input=320`.

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "dlpu/core/result.hpp"
#include "dlpu/zoo/catalogue.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// A network with options.
struct Selection {
  const Network* network = nullptr;
  Options options;

  [[nodiscard]] Graph build() const { return network->build(options); }
};

namespace detail {

/// An option that is a number, by its name.
[[nodiscard]] inline std::int32_t* find_number(Options& options, std::string_view key) {
  struct Field {
    std::string_view name;
    std::int32_t Options::*member;
  };
  constexpr Field fields[] = {{"width_percent", &Options::width_percent},
                              {"depth_percent", &Options::depth_percent},
                              {"input", &Options::input},
                              {"channels", &Options::channels},
                              {"classes", &Options::classes},
                              {"max_detections", &Options::max_detections}};
  for (const Field& field : fields) {
    if (field.name == key) return &(options.*field.member);
  }
  return nullptr;
}

/// Sets one option; why it cannot be, or nothing.
[[nodiscard]] inline std::string set_option(Options& options, std::string_view key, std::string_view value) {
  if (key == "pooling") {
    if (value == "average_pool") return options.pooling = Pooling::average_pool, "";
    if (value == "mean") return options.pooling = Pooling::mean, "";
    return "pooling is average_pool or mean";
  }
  if (key == "last_layer") {
    if (value == "convolution") return options.last_layer = LastLayer::convolution, "";
    if (value == "dense") return options.last_layer = LastLayer::dense, "";
    return "last_layer is convolution or dense";
  }
  std::int32_t* const number = find_number(options, key);
  if (!number) {
    return "there is no option '" + std::string(key) +
           "'; options are width_percent, depth_percent, input, channels, classes, max_detections, pooling, "
           "last_layer";
  }
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), *number);
  if (error != std::errc{} || end != value.data() + value.size() || *number == published) {
    return "the option " + std::string(key) + " is a whole number, not '" + std::string(value) + "'";
  }
  return {};
}

}  // namespace detail

/// What `NAME?key=value,key=value` stands for, with or without `zoo:` in front.
///
/// Errors: an unknown name (the message lists the known ones), an unknown option, a value of the wrong kind. A value that
/// no network allows is the graph's `problem` once it is built.
[[nodiscard]] inline Result<Selection> parse(std::string_view text) {
  if (text.starts_with("zoo:")) text.remove_prefix(4);
  const std::string_view name = text.substr(0, text.find('?'));
  Selection selection{find(name), {}};
  if (!selection.network) {
    std::string known;
    for (const Network& network : catalogue()) known += (known.empty() ? "" : ", ") + std::string(network.name);
    return Error{"zoo: there is no network '" + std::string(name) + "'; known networks: " + known};
  }
  std::string_view rest = name.size() == text.size() ? std::string_view{} : text.substr(name.size() + 1);
  while (!rest.empty()) {
    const std::string_view option = rest.substr(0, rest.find(','));
    rest.remove_prefix(option.size() == rest.size() ? option.size() : option.size() + 1);
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos) {
      return Error{"zoo:" + std::string(name) + ": '" + std::string(option) + "' is no option; write key=value"};
    }
    const std::string problem =
        detail::set_option(selection.options, option.substr(0, equals), option.substr(equals + 1));
    if (!problem.empty()) return Error{"zoo:" + std::string(name) + ": " + problem};
  }
  return selection;
}

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI
