#pragma once

/// A detector for handwritten digits in grey scenes of 96 x 96 pixels: a few inverted residuals and the zoo's SSD head. Its
/// Python twin is tools/train_detector.py.

#include <dlpu/graph/blocks.hpp>
#include <dlpu/zoo/heads/ssd.hpp>

namespace detector {

inline constexpr int size = 96, most_detections = 10;

/// The backbone: maps at strides 8 and 16.
constexpr dlpu::zoo::FeatureMaps backbone(dlpu::Builder& g, dlpu::Value image, const dlpu::zoo::BackboneOptions&) {
  using dlpu::blocks::inverted_residual;
  dlpu::zoo::FeatureMaps maps;
  maps.stride2 = dlpu::blocks::convolution(
      g, image, {.filters = 16, .kernel = 3, .stride = 2, .activation = dlpu::Activation::relu6}, "stem");
  maps.stride4 = inverted_residual(g, maps.stride2, {.filters = 24, .expansion = 2, .stride = 2});
  maps.stride8 = inverted_residual(g, maps.stride4, {.filters = 32, .expansion = 4, .stride = 2});
  maps.stride8 = inverted_residual(g, maps.stride8, {.filters = 32, .expansion = 4});
  maps.stride16 = inverted_residual(g, maps.stride8, {.filters = 48, .expansion = 4, .stride = 2});
  maps.stride16 = inverted_residual(g, maps.stride16, {.filters = 48, .expansion = 4});
  return maps;
}

struct DigitDetector {
  static constexpr auto build(auto& g) {
    const auto image = g.input({1, size, size, 1});
    const auto maps = backbone(g, image, {});
    return dlpu::zoo::heads::ssd(g, maps,
                                 {.classes = 10,
                                  .max_detections = most_detections,
                                  .form = dlpu::zoo::heads::SsdForm::separable,
                                  .first_stride = 8,
                                  .levels = 2,
                                  .smallest = 0.25f,
                                  .largest = 0.4f,
                                  .score_threshold = 0.4f,
                                  .overlap_threshold = 0.45f});
  }
};

}  // namespace detector
