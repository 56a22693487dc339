#pragma once

/// What the networks of the zoo can be scaled by, and the rules that the options obey.
///
/// A network is a function `Value network(Builder& g, const Options& options)`. It works in constant expressions, where
/// it is wrapped into a type (`zoo::MobileNetV2<zoo::Options{.classes = 2}>`), and at run time (`zoo::build`). For the
/// latter it never nests two calls of the builder in one expression, since their order is the compiler's choice.

#include <cstdint>
#include <string_view>

#include "dlpu/graph/builder.hpp"

namespace dlpu::inline DLPU_ABI {
namespace zoo {

/// Stands for "as the network was published" in an option.
inline constexpr std::int32_t published = -0x7FFFFFFF;

/// How a classifier averages over the image.
enum class Pooling : std::int32_t {
  as_published,
  average_pool,  ///< AveragePool2d, as TensorFlow 1's files have it
  mean,          ///< Mean, as Keras writes it
};

/// What a classifier makes of the averages.
enum class LastLayer : std::int32_t {
  as_published,
  convolution,  ///< a 1 x 1 convolution, then Reshape, as TensorFlow 1's files have it
  dense,        ///< Reshape where the averages are an image, then FullyConnected, as Keras writes it
};

/// Options of a network, as a template argument or at run time. What is left out is as published.
struct Options {
  std::int32_t width_percent = 100;         ///< channels relative to the published network; 1 to 1000
  std::int32_t depth_percent = 100;         ///< repeated blocks in each stage, likewise, rounded up; 1 to 1000
  std::int32_t input = published;           ///< height and width of the image, 8 to 4096
  std::int32_t channels = 3;                ///< of the image; 1 to 64
  std::int32_t classes = published;         ///< 1 to 100,000; detectors: without the background
  std::int32_t max_detections = published;  ///< of SSD detectors, 1 to the number of anchors
  Pooling pooling = Pooling::as_published;
  LastLayer last_layer = LastLayer::as_published;
  friend constexpr bool operator==(const Options&, const Options&) = default;
};

/// What networks give for options that are left out.
struct Published {
  std::int32_t width_percent = 100, depth_percent = 100;  ///< what the options' percents are of
  std::int32_t input = 224;
  std::int32_t classes = 1001;  ///< ImageNet's thousand and "background", as TensorFlow's files have it
  std::int32_t max_detections = 20;
  Pooling pooling = Pooling::average_pool;
  LastLayer last_layer = LastLayer::convolution;
};

namespace zoo_rule {
DLPU_RULE(Width, "zoo: the option width_percent must be from 1 to 1000; 100 is the published network", "");
DLPU_RULE(Depth, "zoo: the option depth_percent must be from 1 to 1000; 100 is the published network", "");
DLPU_RULE(Input, "zoo: the option input, height and width of the image, must be from 8 to 4096", "");
DLPU_RULE(Channels, "zoo: the option channels, of the image, must be from 1 to 64", "");
DLPU_RULE(Classes, "zoo: the option classes must be from 1 to 100000", "");
DLPU_RULE(Detections, "zoo: the option max_detections must be from 1 to the number of anchors", "");
DLPU_RULE(FeatureMap,
          "zoo: the head takes a feature map that this backbone does not have; choose a backbone with maps at the "
          "strides that the head names, such as backbones::mobilenet_v2",
          "");
DLPU_RULE(
    InputMultipleOf32,
    "zoo: this network joins feature maps of neighbouring strides, so the option input must be a multiple of 32", "");
DLPU_RULE(InputAbove32, "zoo: this detector's feature maps would be empty; the option input must be at least 33", "");
DLPU_RULE(Spectrogram,
          "zoo: this network takes spectrograms of 49 x 10 numbers; leave the options input and channels out", "");
using rules = type_list<Width, Depth, Input, Channels, Classes, Detections, FeatureMap, InputMultipleOf32,
                        InputAbove32, Spectrogram>;
}  // namespace zoo_rule

/// The options with everything that was left out filled in; rules that they break are the graph's problem.
[[nodiscard]] constexpr Options resolved(Builder& g, Options options, const Published& from) {
  if (options.input == published) options.input = from.input;
  if (options.classes == published) options.classes = from.classes;
  if (options.max_detections == published) options.max_detections = from.max_detections;
  if (options.pooling == Pooling::as_published) options.pooling = from.pooling;
  if (options.last_layer == LastLayer::as_published) options.last_layer = from.last_layer;
  const auto within = [](std::int32_t value, std::int32_t high) { return value >= 1 && value <= high; };
  g.require(within(options.width_percent, 1000), zoo_rule::Width::rule);
  g.require(within(options.depth_percent, 1000), zoo_rule::Depth::rule);
  g.require(options.input >= 8 && options.input <= 4096, zoo_rule::Input::rule);
  g.require(within(options.channels, 64), zoo_rule::Channels::rule);
  g.require(within(options.classes, 100'000), zoo_rule::Classes::rule);
  if (g.failed()) {  // numbers that can be computed with; nothing is built any more
    return {.input = from.input, .classes = from.classes, .max_detections = from.max_detections};
  }
  options.width_percent = options.width_percent * from.width_percent / 100;
  options.depth_percent = options.depth_percent * from.depth_percent / 100;
  return options;
}

/// The image that a network takes.
constexpr Value image(Builder& g, const Options& options) {
  return g.input({1, options.input, options.input, options.channels});
}

/// A fraction to the nearest multiple of 8, at least 8, and not more than a tenth below (TensorFlow models,
/// `_make_divisible`).
[[nodiscard]] constexpr std::int32_t multiple_of_8(std::int64_t numerator, std::int64_t denominator) {
  std::int64_t result = (numerator + 4 * denominator) / (8 * denominator) * 8;
  if (result < 8) result = 8;
  if (result * denominator * 10 < numerator * 9) result += 8;
  return static_cast<std::int32_t>(result);
}

/// Channels scaled by a width.
[[nodiscard]] constexpr std::int32_t scaled(std::int32_t channels, std::int32_t width_percent) {
  return multiple_of_8(std::int64_t{channels} * width_percent, 100);
}

/// Repeats of a block scaled by a depth, rounded up (Tan and Le, 2019, https://arxiv.org/abs/1905.11946).
[[nodiscard]] constexpr std::int32_t repeated(std::int32_t repeats, std::int32_t depth_percent) {
  const std::int32_t result = (repeats * depth_percent + 99) / 100;
  return result < 1 ? 1 : result;
}

/// A network function as a description for `Network`.
template <auto Function, Options O>
struct Described {
  using rules = zoo_rule::rules;
  static constexpr auto build(auto& g) { return Function(g, O); }
};

}  // namespace zoo
}  // namespace dlpu::inline DLPU_ABI
