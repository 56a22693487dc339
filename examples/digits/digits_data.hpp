#pragma once

/// The digits network's files: trained float weights, images and what to expect of them.

#include <dlpu/dlpu.hpp>
#include <dlpu/io/file.hpp>
#include <dlpu/io/npy.hpp>
#include <dlpu/io/weights.hpp>
#include <dlpu/quantize/quantize.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "digits_net.hpp"

namespace digits {

inline constexpr int image_size = 8;  ///< pixels in height and in width
inline constexpr std::size_t pixels = image_size * image_size, classes = 10;

/// What the bytes of an image stand for: 16 is white, 1.0.
inline constexpr dlpu::PixelRange grey_values{0.0f, 255.0f / 16.0f};

/// The folder of this source, with the files.
inline std::filesystem::path source_folder() {
#ifdef DLPU_EXAMPLES_DIR
  return std::filesystem::path(DLPU_EXAMPLES_DIR) / "digits";
#else
  return std::filesystem::path(__FILE__).parent_path();
#endif
}

struct Data {
  dlpu::Parameters weights;                   ///< float32, batch normalizations folded in
  std::vector<float> calibration;             ///< [count, 8, 8, 1], real numbers
  std::vector<std::uint8_t> images;           ///< [count, 8, 8, 1], held back from training
  std::vector<std::int64_t> labels;           ///< [count]
  std::vector<float> expected_probabilities;  ///< [count, 10], from the trained network
};

/// The elements of a .npy file of rows with `row` elements each.
template <class T>
dlpu::Result<std::vector<T>> load_rows(const std::filesystem::path& path, std::size_t row) {
  const auto bytes = dlpu::io::read_file(path.string());
  if (!bytes) return dlpu::Error{bytes.error()};
  const auto array = dlpu::io::NpyArray::parse(bytes->bytes(), path.string());
  if (!array) return dlpu::Error{array.error()};
  const auto values = array->template values<T>();
  if (!values) return dlpu::Error{values.error()};
  if (values->empty() || values->size() % row != 0) {
    return dlpu::Error{path.string() + ": the shape " + to_string(array->shape()) + " is not one of rows of " +
                       std::to_string(row) + " elements"};
  }
  return std::vector<T>(values->begin(), values->end());
}

inline dlpu::Result<dlpu::Parameters> load_weights(const std::filesystem::path& path) {
  const auto bytes = dlpu::io::read_file(path.string());
  if (!bytes) return dlpu::Error{bytes.error()};
  const auto file = dlpu::io::SafeTensors::parse(bytes->bytes(), path.string());
  if (!file) return dlpu::Error{file.error()};
  return dlpu::io::load_float_weights(dlpu::graph_of<DigitsNet>.view(), *file);
}

inline dlpu::Result<Data> load_data(const std::filesystem::path& folder) {
  auto weights = load_weights(folder / "weights.safetensors");
  if (!weights) return dlpu::Error{weights.error()};
  auto calibration = load_rows<std::uint8_t>(folder / "calibration_images.npy", pixels);
  if (!calibration) return dlpu::Error{calibration.error()};
  auto images = load_rows<std::uint8_t>(folder / "test_images.npy", pixels);
  if (!images) return dlpu::Error{images.error()};
  auto labels = load_rows<std::int64_t>(folder / "test_labels.npy", 1);
  if (!labels) return dlpu::Error{labels.error()};
  auto expected = load_rows<float>(folder / "expected_logits.npy", classes);
  if (!expected) return dlpu::Error{expected.error()};
  if (images->size() != labels->size() * pixels || expected->size() != labels->size() * classes) {
    return dlpu::Error{folder.string() + ": images, labels and expected probabilities differ in number"};
  }
  Data data{*std::move(weights), {}, *std::move(images), *std::move(labels), *std::move(expected)};
  for (const std::uint8_t byte : *calibration) data.calibration.push_back(grey_values.real(byte));
  return data;
}

/// One image as a camera would deliver it.
inline dlpu::Frame frame(const Data& data, std::size_t index) {
  return {
      .pixels = std::span(data.images).subspan(index * pixels, pixels), .height = image_size, .width = image_size};
}

/// The parameters of the network under a policy: quantized after calibration, or the float weights (which `data`
/// keeps) as they are.
template <class Policy>
dlpu::Result<dlpu::Parameters> parameters_for(const Data& data) {
  if constexpr (Policy::quantized) {
    return dlpu::quantize::quantize_network<Policy>(dlpu::build_graph<DigitsNet>(), data.weights,
                                                    std::span(data.calibration));
  } else {
    return data.weights.borrowed();
  }
}

/// The class with the largest probability.
inline std::size_t class_of(std::span<const float> probabilities, std::size_t image_index) {
  const auto row = probabilities.subspan(image_index * classes, classes);
  return static_cast<std::size_t>(std::ranges::max_element(row) - row.begin());
}

/// Percent of the images whose class is right.
inline double accuracy(const Data& data, std::span<const float> probabilities) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < data.labels.size(); ++i) {
    right += static_cast<std::int64_t>(class_of(probabilities, i)) == data.labels[i] ? 1u : 0u;
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(data.labels.size());
}

/// NaN where a difference is.
inline float largest_difference(std::span<const float> a, std::span<const float> b) {
  float largest = 0.0f;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const float difference = std::abs(a[i] - b[i]);
    if (std::isnan(difference)) return difference;
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace digits
